#include "store/filter_set.h"

#include "store/addr_filter.h"

#include <stdlib.h>

#define VERSION 1

uint64_t fb_filter_key(uint64_t window)
{
    return FB_CID(window / FB_FILTER_WINDOWS * FB_FILTER_WINDOWS, FB_KIND_FILTERS, 0) * 16;
}

bool fb_filter_blob_read(const uint8_t *p, size_t n, struct fb_filter_blob *out)
{
    struct fb_cur c = fb_cur_init(p, n);
    bool good = fb_cur_u8(&c) == VERSION;
    for (unsigned i = 0; i < FB_FILTER_WINDOWS; i++) {
        uint64_t len = fb_cur_varint(&c);
        good = good && len <= FB_FILTER_MAX && (len == 0 || len > FB_FILTER_SALT_BYTES);
        out->filter[i] = (struct fb_span){NULL, (size_t)len};
    }
    for (unsigned i = 0; i < FB_FILTER_WINDOWS && good; i++)
        if (out->filter[i].n)
            out->filter[i].p = fb_cur_take(&c, out->filter[i].n);
    return good && fb_cur_ok(&c) && fb_cur_left(&c) == 0;
}

void fb_filter_set_release(struct fb_filter_set *s)
{
    for (size_t i = 0; i < s->n; i++)
        fb_buf_release(&s->item[i].bytes);
    free(s->item);
    *s = (struct fb_filter_set){0};
}

bool fb_filter_set_add(struct fb_filter_set *s, uint64_t window, const uint8_t *p, size_t n)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        struct fb_filter_item *grown = realloc(s->item, cap * sizeof *grown);
        if (!grown)
            return false;
        s->item = grown;
        s->cap = cap;
    }
    struct fb_filter_item *item = &s->item[s->n++];
    *item = (struct fb_filter_item){.window = window};
    fb_buf_init(&item->bytes, FB_FILTER_MAX);
    fb_buf_put(&item->bytes, p, n);
    s->held_bytes += n;
    return !item->bytes.failed;
}

static int by_window(const void *a, const void *b)
{
    uint64_t x = ((const struct fb_filter_item *)a)->window, y = ((const struct fb_filter_item *)b)->window;
    return x < y ? -1 : x > y;
}

struct statements {
    sqlite3_stmt *get, *put, *drop;
};

/* One blob: what it had, with `n` items in their places. */
static enum fb_status put_blob(sqlite3 *db, const struct statements *st, const struct fb_filter_item *item,
                               size_t n, struct fb_err *err)
{
    sqlite3_int64 key = (sqlite3_int64)fb_filter_key(item->window);
    struct fb_filter_blob blob = {0};
    sqlite3_bind_int64(st->get, 1, key);
    int rc = sqlite3_step(st->get);
    enum fb_status got = rc == SQLITE_ROW || rc == SQLITE_DONE ? FB_OK : fb_db_error(db, err, "the case");
    if (rc == SQLITE_ROW && !fb_filter_blob_read(sqlite3_column_blob(st->get, 0),
                                                 (size_t)sqlite3_column_bytes(st->get, 0), &blob))
        got = fb_err_set(err, FB_ERR_VERIFY, "the case has filters of addresses that cannot be read");
    for (size_t i = 0; i < n; i++)
        blob.filter[item[i].window % FB_FILTER_WINDOWS] =
            (struct fb_span){item[i].bytes.data, item[i].bytes.len};
    struct fb_buf out;
    fb_buf_init(&out, FB_FILTER_WINDOWS * (FB_FILTER_MAX + 16));
    fb_buf_putc(&out, VERSION);
    for (unsigned i = 0; i < FB_FILTER_WINDOWS; i++)
        fb_buf_put_varint(&out, blob.filter[i].n);
    size_t head = out.len;
    for (unsigned i = 0; i < FB_FILTER_WINDOWS; i++)
        fb_buf_put(&out, blob.filter[i].p, blob.filter[i].n);
    sqlite3_reset(st->get); /* what it lent has been copied */
    sqlite3_stmt *write = out.len == head ? st->drop : st->put;
    if (got == FB_OK && out.failed)
        got = fb_err_nomem(err, "filters of addresses");
    if (got == FB_OK) {
        sqlite3_bind_int64(write, 1, key);
        if (write == st->put)
            sqlite3_bind_blob64(write, 2, out.data, out.len, SQLITE_STATIC);
        got = fb_db_run(db, write, err);
    }
    fb_buf_release(&out);
    return got;
}

enum fb_status fb_filter_set_flush(struct fb_filter_set *s, sqlite3 *db, struct fb_err *err)
{
    struct statements st = {0};
    enum fb_status got = FB_OK;
    if (s->n == 0)
        return FB_OK;
    qsort(s->item, s->n, sizeof *s->item, by_window);
    got = fb_db_prepare(db, "SELECT z FROM chunk_grp WHERE k=?", &st.get, err);
    if (got == FB_OK)
        got = fb_db_prepare(db, "INSERT OR REPLACE INTO chunk_grp VALUES(?,?)", &st.put, err);
    if (got == FB_OK)
        got = fb_db_prepare(db, "DELETE FROM chunk_grp WHERE k=?", &st.drop, err);
    for (size_t i = 0, k; i < s->n && got == FB_OK; i = k) {
        for (k = i + 1; k < s->n && fb_filter_key(s->item[k].window) == fb_filter_key(s->item[i].window);)
            k++;
        got = put_blob(db, &st, s->item + i, k - i, err);
    }
    sqlite3_finalize(st.get);
    sqlite3_finalize(st.put);
    sqlite3_finalize(st.drop);
    fb_filter_set_release(s);
    return got;
}
