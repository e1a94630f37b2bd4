#include "store/gone.h"

#include "store/chunk.h"

void fb_gone_release(struct fb_gone_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->g[i].bits);
    free(list->g);
    *list = (struct fb_gone_list){0};
}

static uint32_t count_bits(const uint8_t *p, size_t n)
{
    uint32_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (uint32_t)__builtin_popcount(p[i]);
    return count;
}

/* Columns: cid, nrows, first_number, last_number, removed, gone. FB_ERR_VERIFY without a message: it cannot
 * be. */
static enum fb_status take_row(sqlite3_stmt *st, const struct fb_gone *before, struct fb_gone *g)
{
    int64_t cid = sqlite3_column_int64(st, 0), nrows = sqlite3_column_int64(st, 1);
    int64_t removed = sqlite3_column_int64(st, 4);
    if (cid < 0 || nrows <= 0 || nrows > FB_CHUNK_ROWS || removed <= 0 || removed > nrows)
        return FB_ERR_VERIFY;
    *g = (struct fb_gone){(uint64_t)cid >> 20, (uint32_t)nrows, (uint32_t)removed, NULL};
    int64_t first = (int64_t)(g->window * FB_CHUNK_ROWS + 1);
    if ((uint64_t)cid != FB_CID(g->window, FB_KIND_SESSIONS, 0) || (before && before->window >= g->window) ||
        sqlite3_column_int64(st, 2) != first || sqlite3_column_int64(st, 3) != first + nrows - 1)
        return FB_ERR_VERIFY;
    if (sqlite3_column_type(st, 5) == SQLITE_NULL)
        return removed == nrows ? FB_OK : FB_ERR_VERIFY;
    size_t n = ((size_t)nrows + 7) / 8;
    const uint8_t *bits = sqlite3_column_blob(st, 5);
    if (!bits || (size_t)sqlite3_column_bytes(st, 5) != n || removed == nrows ||
        count_bits(bits, n) != g->removed || (nrows % 8 && bits[n - 1] >> nrows % 8))
        return FB_ERR_VERIFY;
    g->bits = malloc(n);
    if (!g->bits)
        return FB_ERR_NOMEM;
    memcpy(g->bits, bits, n);
    return FB_OK;
}

static enum fb_status add_row(struct fb_gone_list *list, size_t *cap, sqlite3_stmt *st, struct fb_err *err)
{
    if (list->n == *cap) {
        *cap = *cap ? *cap * 2 : 16;
        struct fb_gone *grown = realloc(list->g, *cap * sizeof *grown);
        if (!grown)
            return fb_err_nomem(err, "the removed sessions");
        list->g = grown;
    }
    struct fb_gone *g = &list->g[list->n];
    enum fb_status got = take_row(st, list->n ? g - 1 : NULL, g);
    if (got == FB_ERR_NOMEM)
        return fb_err_nomem(err, "the removed sessions");
    if (got != FB_OK)
        return fb_err_set(err, got, "what the case says of the removed chunk %lld cannot be",
                          (long long)sqlite3_column_int64(st, 0));
    list->n++;
    list->removed += g->removed;
    list->removed_live += g->bits ? g->removed : 0;
    return FB_OK;
}

enum fb_status fb_gone_read(sqlite3 *db, struct fb_gone_list *list, struct fb_err *err)
{
    sqlite3_stmt *st;
    size_t cap = 0;
    int rc;
    fb_gone_release(list);
    FB_TRY(fb_db_prepare(db,
                         "SELECT cid, nrows, first_number, last_number, removed, gone FROM purge WHERE "
                         "kind=0 ORDER BY cid",
                         &st, err));
    enum fb_status got = FB_OK;
    while (got == FB_OK && (rc = sqlite3_step(st)) != SQLITE_DONE)
        got = rc == SQLITE_ROW ? add_row(list, &cap, st, err)
                               : fb_db_error(db, err, "cannot read what was removed from the case");
    sqlite3_finalize(st);
    return got;
}

const struct fb_gone *fb_gone_find(const struct fb_gone_list *list, uint64_t window)
{
    size_t lo = 0, hi = list->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (list->g[mid].window < window)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < list->n && list->g[lo].window == window ? &list->g[lo] : NULL;
}

bool fb_gone_number(const struct fb_gone_list *list, uint64_t number)
{
    if (list->n == 0 || number == 0)
        return false;
    const struct fb_gone *g = fb_gone_find(list, (number - 1) / FB_CHUNK_ROWS);
    uint32_t row = (uint32_t)((number - 1) % FB_CHUNK_ROWS);
    return g && row < g->nrows && fb_gone_row(g, row);
}
