/* Reading the filters of addresses that lie together. */
#include "store/addr_filter.h"
#include "store/case_impl.h"

struct fb_held_filters {
    struct fb_held_filters *next;
    uint64_t key;
    uint8_t *bytes; /* NULL: the case has no such blob */
    size_t n;
    struct fb_filter_blob blob;
};

void fb_held_filters_free(struct fb_held_filters *h)
{
    while (h) {
        struct fb_held_filters *next = h->next;
        free(h->bytes);
        free(h);
        h = next;
    }
}

/* Nothing is held beyond the ceiling but the blob that is asked for. */
static void trim(struct fb_case *c, size_t more)
{
    size_t total = more;
    for (struct fb_held_filters **at = &c->filters; *at; at = &(*at)->next) {
        total += sizeof **at + (*at)->n;
        if (total > FB_FILTERS_CACHE) {
            fb_held_filters_free(*at);
            *at = NULL;
            return;
        }
    }
}

/* The blob with this key, first in the list. */
static enum fb_status hold(struct fb_case *c, uint64_t key, struct fb_err *err)
{
    struct fb_held_filters **at = &c->filters, *h;
    while (*at && (*at)->key != key)
        at = &(*at)->next;
    h = *at;
    if (h) {
        *at = h->next;
    } else {
        h = calloc(1, sizeof *h);
        if (!h)
            return fb_err_nomem(err, "filters of addresses");
        h->key = key;
        enum fb_status st = fb_case_find_blob(c, key, &h->bytes, &h->n, err);
        if (st == FB_OK && h->bytes && !fb_filter_blob_read(h->bytes, h->n, &h->blob))
            st = fb_err_set(err, FB_ERR_VERIFY, "the case has filters of addresses that cannot be read");
        if (st != FB_OK) {
            fb_held_filters_free(h);
            return st;
        }
        trim(c, h->n);
    }
    h->next = c->filters;
    c->filters = h;
    return FB_OK;
}

enum fb_status fb_case_filter(struct fb_case *c, uint64_t window, struct fb_span *out, struct fb_err *err)
{
    FB_TRY(hold(c, fb_filter_key(window), err));
    *out = c->filters->blob.filter[window % FB_FILTER_WINDOWS];
    return FB_OK;
}

enum fb_status fb_case_may_have(struct fb_case *c, uint64_t window, const uint8_t *addrs, size_t n, bool *may,
                                struct fb_err *err)
{
    struct fb_span f;
    FB_TRY(fb_case_filter(c, window, &f, err));
    *may = f.n == 0;
    for (size_t i = 0; i < n && !*may; i++)
        *may = fb_addr_filter_may_have(f.p + FB_FILTER_SALT_BYTES, f.n - FB_FILTER_SALT_BYTES, addrs + 16 * i,
                                       fb_load_le64(f.p));
    return FB_OK;
}

/* Asked of the file and not of the list, which may be older than the filters while somebody writes. */
static enum fb_status has_chunk(struct fb_case *c, uint64_t window, bool *has, struct fb_err *err)
{
    sqlite3_stmt *st;
    c->internal++;
    enum fb_status got = fb_db_prepare(c->db, "SELECT 1 FROM main.chunk WHERE cid=?", &st, err);
    c->internal--;
    FB_TRY(got);
    sqlite3_bind_int64(st, 1, (sqlite3_int64)FB_CID(window, FB_KIND_SESSIONS, 0));
    int rc = sqlite3_step(st);
    *has = rc == SQLITE_ROW;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        got = fb_db_error(c->db, err, "cannot read the chunks of the case");
    sqlite3_finalize(st);
    return got;
}

static enum fb_status check_blob(struct fb_case *c, int64_t k, struct fb_err *err)
{
    uint64_t window = (uint64_t)k >> 24;
    if (k < 0 || fb_filter_key(window) != (uint64_t)k)
        return fb_err_set(err, FB_ERR_VERIFY, "the case has bytes with the key %lld, which nothing has",
                          (long long)k);
    for (unsigned i = 0; i < FB_FILTER_WINDOWS; i++) {
        struct fb_span f;
        FB_TRY(fb_case_filter(c, window + i, &f, err));
        if (!c->filters->bytes)
            return fb_err_set(err, FB_ERR_VERIFY, "the case has filters of addresses that are empty");
        bool has = true;
        if (f.n)
            FB_TRY(has_chunk(c, window + i, &has, err));
        if (!has)
            return fb_err_set(err, FB_ERR_VERIFY,
                              "the case has a filter of addresses for chunk %llu, which is not there",
                              (unsigned long long)FB_CID(window + i, FB_KIND_SESSIONS, 0));
    }
    return FB_OK;
}

enum fb_status fb_case_check_filters(struct fb_case *c, struct fb_err *err)
{
    sqlite3_stmt *st;
    /* What is held may be older than what this statement sees; all that is read while it runs is of one time.
     */
    fb_held_filters_free(c->filters);
    c->filters = NULL;
    c->internal++;
    enum fb_status got =
        fb_db_prepare(c->db, "SELECT k FROM main.chunk_grp WHERE (k>>22)&3=3 ORDER BY k", &st, err);
    c->internal--;
    FB_TRY(got);
    _Static_assert(FB_KIND_FILTERS == 3, "as in the statement above");
    int rc = SQLITE_DONE;
    while (got == FB_OK && (rc = sqlite3_step(st)) == SQLITE_ROW)
        got = check_blob(c, sqlite3_column_int64(st, 0), err);
    if (got == FB_OK && rc != SQLITE_DONE)
        got = fb_db_error(c->db, err, "cannot read the filters of addresses");
    sqlite3_finalize(st);
    return got;
}
