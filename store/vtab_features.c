#include "store/vtab_features.h"

#include "store/vtab_scan.h"

static const struct fb_feature_source *the_source;

void fb_case_set_features(const struct fb_feature_source *source)
{
    FB_BUG(source && source->n > FB_FEATURE_SOURCE_MAX);
    the_source = source;
}

struct vtab {
    sqlite3_vtab base;
    struct fb_case *c;
    const struct fb_feature_source *source;
};

struct cursor {
    sqlite3_vtab_cursor base;
    struct fb_scan scan;
    uint64_t number; /* whose features `v` holds; 0: none */
    int64_t v[FB_FEATURE_SOURCE_MAX];
    bool eof;
};

static int fail(sqlite3_vtab *v, enum fb_status st, const struct fb_err *err)
{
    sqlite3_free(v->zErrMsg);
    v->zErrMsg = sqlite3_mprintf("%s", err->msg);
    return st == FB_ERR_NOMEM ? SQLITE_NOMEM : st == FB_ERR_VERIFY ? SQLITE_CORRUPT_VTAB : SQLITE_ERROR;
}

static int vt_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out,
                      char **msg)
{
    (void)argc, (void)argv, (void)msg;
    struct fb_case *c = aux;
    const struct fb_feature_source *source = the_source;
    struct fb_buf ddl;
    if (!source)
        return SQLITE_ERROR;
    fb_buf_init(&ddl, 1u << 16);
    fb_buf_puts(&ddl, "CREATE TABLE features(number INTEGER");
    for (size_t i = 0; i < source->n; i++)
        fb_buf_printf(&ddl, ", %s INTEGER", source->name(i));
    fb_buf_putc(&ddl, ')');
    c->internal++; /* the authorizer sees the declaration as a table being made */
    int rc = sqlite3_declare_vtab(db, fb_buf_cstr(&ddl));
    c->internal--;
    fb_buf_release(&ddl);
    struct vtab *v = rc == SQLITE_OK ? sqlite3_malloc(sizeof *v) : NULL;
    if (!v)
        return rc == SQLITE_OK ? SQLITE_NOMEM : rc;
    sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    *v = (struct vtab){.c = c, .source = source};
    *out = &v->base;
    return SQLITE_OK;
}

static int vt_disconnect(sqlite3_vtab *base)
{
    sqlite3_free(base);
    return SQLITE_OK;
}

/* Bounds on the number go down: "=", ">" (or >=) and "<" (or <=) in the plan string, by value. SQLite checks
 * them again. */
static int vt_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    const struct fb_chunk_list *list = &((struct vtab *)base)->c->sessions;
    double rows = list->n ? (double)list->m[list->n - 1].last_number : 1000000;
    char plan[17];
    int n = 0;
    for (int i = 0; i < info->nConstraint && n < 16; i++) {
        unsigned char op = info->aConstraint[i].op;
        bool equal = op == SQLITE_INDEX_CONSTRAINT_EQ,
             above = op == SQLITE_INDEX_CONSTRAINT_GT || op == SQLITE_INDEX_CONSTRAINT_GE,
             below = op == SQLITE_INDEX_CONSTRAINT_LT || op == SQLITE_INDEX_CONSTRAINT_LE;
        if (!info->aConstraint[i].usable || info->aConstraint[i].iColumn != 0 || (!equal && !above && !below))
            continue;
        plan[n] = equal ? '=' : above ? '>' : '<';
        info->aConstraintUsage[i].argvIndex = ++n;
        rows = equal ? 1 : rows * 0.25;
        if (equal)
            info->idxFlags |= SQLITE_INDEX_SCAN_UNIQUE;
    }
    plan[n] = '\0';
    info->idxStr = sqlite3_mprintf("%s", plan);
    info->needToFreeIdxStr = 1;
    info->estimatedRows = rows < 1 ? 1 : (sqlite3_int64)rows;
    info->estimatedCost = 50 + rows * 2;
    info->orderByConsumed = info->nOrderBy == 1 && info->aOrderBy[0].iColumn <= 0 && !info->aOrderBy[0].desc;
    return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

static int vt_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
    struct cursor *cur = sqlite3_malloc(sizeof *cur);
    if (!cur)
        return SQLITE_NOMEM;
    memset(cur, 0, sizeof *cur);
    fb_scan_init(&cur->scan, ((struct vtab *)base)->c);
    *out = &cur->base;
    return SQLITE_OK;
}

static int vt_close(sqlite3_vtab_cursor *base)
{
    struct cursor *cur = (struct cursor *)base;
    fb_scan_release(&cur->scan);
    sqlite3_free(cur);
    return SQLITE_OK;
}

static int vt_next(sqlite3_vtab_cursor *base)
{
    struct cursor *cur = (struct cursor *)base;
    struct fb_err err = {0};
    enum fb_status st = fb_scan_next(&cur->scan, &err);
    cur->eof = st != FB_OK;
    return st == FB_OK || st == FB_EOF ? SQLITE_OK : fail(base->pVtab, st, &err);
}

static void bound(struct fb_scan *s, char op, sqlite3_value *value)
{
    if (sqlite3_value_type(value) == SQLITE_NULL)
        s->nothing = true;
    if (sqlite3_value_type(value) != SQLITE_INTEGER)
        return; /* what is no whole number is compared by SQLite */
    int64_t x = sqlite3_value_int64(value);
    if (op != '<' && x > 0 && (uint64_t)x > s->lo)
        s->lo = (uint64_t)x;
    if (op != '>' && x < 1)
        s->nothing = true;
    else if (op != '>' && (uint64_t)x < s->hi)
        s->hi = (uint64_t)x;
}

static int vt_filter(sqlite3_vtab_cursor *base, int num, const char *plan, int argc, sqlite3_value **argv)
{
    (void)num;
    struct cursor *cur = (struct cursor *)base;
    struct fb_err err = {0};
    fb_scan_release(&cur->scan);
    cur->number = 0;
    enum fb_status st = fb_case_refresh(cur->scan.c, &err);
    if (st != FB_OK)
        return fail(base->pVtab, st, &err);
    for (int i = 0; i < argc; i++)
        bound(&cur->scan, plan[i], argv[i]);
    return vt_next(base);
}

static int vt_eof(sqlite3_vtab_cursor *base)
{
    return ((struct cursor *)base)->eof;
}

static uint64_t number_of(const struct cursor *cur)
{
    return fb_chunk_first(fb_scan_chunk(&cur->scan)) + fb_scan_row(&cur->scan);
}

static int vt_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)number_of((struct cursor *)base);
    return SQLITE_OK;
}

static int vt_column(sqlite3_vtab_cursor *base, sqlite3_context *x, int col)
{
    struct cursor *cur = (struct cursor *)base;
    struct fb_chunk *k = fb_scan_chunk(&cur->scan);
    struct fb_err err = {0};
    uint64_t number = number_of(cur);
    if (col <= 0) {
        sqlite3_result_int64(x, (sqlite3_int64)number);
        return SQLITE_OK;
    }
    if (cur->number != number) {
        struct fb_session s;
        fb_chunk_session(k, fb_scan_row(&cur->scan), &s);
        enum fb_status st = fb_chunk_failed(k, &err);
        if (st != FB_OK)
            return fail(base->pVtab, st, &err);
        ((const struct vtab *)base->pVtab)->source->compute(&s, cur->v);
        cur->number = number;
    }
    sqlite3_result_int64(x, cur->v[col - 1]);
    return SQLITE_OK;
}

enum fb_status fb_vtab_register_features(struct fb_case *c, struct fb_err *err)
{
    static const sqlite3_module module = {
        .iVersion = 0,
        .xConnect = vt_connect,
        .xBestIndex = vt_best_index,
        .xDisconnect = vt_disconnect,
        .xOpen = vt_open,
        .xClose = vt_close,
        .xFilter = vt_filter,
        .xNext = vt_next,
        .xEof = vt_eof,
        .xColumn = vt_column,
        .xRowid = vt_rowid,
    };
    if (!the_source)
        return FB_OK;
    int rc = sqlite3_create_module_v2(c->db, "features", &module, c, NULL);
    return rc == SQLITE_OK ? FB_OK : fb_db_error(c->db, err, "the table of features");
}
