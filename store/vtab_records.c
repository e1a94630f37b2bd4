/* Record tables in SQL: one eponymous virtual table for each, read-only. The columns are those that the
 * program knows and those that the newest table of the case has besides; what a table lacks is NULL. */
#include "base/escape.h"
#include "base/utf8.h"
#include "store/rec_dir.h"

#define COLS_MAX (2 * FB_REC_COLS_MAX)

/* What stands before the columns of the definition, by order. */
enum place { AT_NUMBER, AT_TS, AT_ORDINAL, AT_COLUMN, AT_RUN };

struct module {
    struct fb_case *c;
    char name[FB_REC_NAME_MAX + 1];
};

struct vtab {
    sqlite3_vtab base;
    struct fb_case *c;
    char name[FB_REC_NAME_MAX + 1];
    enum fb_rec_order order;
    size_t ncols;
    char col_name[COLS_MAX][FB_REC_NAME_MAX + 1];
    enum fb_rec_type type[COLS_MAX];
};

struct cursor {
    sqlite3_vtab_cursor base;
    struct fb_rec_scan scan;
    int map[COLS_MAX]; /* column of the table at hand; -1: it has none */
    bool eof;
};

static int fail(sqlite3_vtab *v, enum fb_status st, const struct fb_err *err)
{
    sqlite3_free(v->zErrMsg);
    v->zErrMsg = sqlite3_mprintf("%s", err->msg);
    return st == FB_ERR_NOMEM ? SQLITE_NOMEM : st == FB_ERR_VERIFY ? SQLITE_CORRUPT_VTAB : SQLITE_ERROR;
}

/* ---- columns ---- */

static int places(enum fb_rec_order order)
{
    return order == FB_REC_EVENTS ? 3 : order == FB_REC_SESSIONS ? 1 : 0;
}

/* What SQL's column is; *col gets the column of the definition. */
static enum place place_of(const struct vtab *v, int sql_col, size_t *col)
{
    int before = places(v->order);
    if (sql_col < before)
        return sql_col <= 0 ? AT_NUMBER : sql_col == 1 ? AT_TS : AT_ORDINAL;
    *col = (size_t)(sql_col - before);
    return *col < v->ncols ? AT_COLUMN : AT_RUN;
}

static void add_columns(struct vtab *v, const struct fb_rec_def *def)
{
    for (size_t i = 0; i < def->ncols; i++) {
        size_t at = 0;
        while (at < v->ncols && strcmp(v->col_name[at], def->cols[i].name) != 0)
            at++;
        if (at < v->ncols || at == COLS_MAX)
            continue;
        snprintf(v->col_name[at], sizeof v->col_name[at], "%s", def->cols[i].name);
        v->type[at] = def->cols[i].type;
        v->ncols++;
    }
}

static const struct fb_rec_def *known_by_name(const char *name)
{
    const struct fb_rec_def *def;
    for (size_t i = 0; (def = fb_rec_known(i)) != NULL; i++)
        if (strcmp(def->name, name) == 0)
            return def;
    return NULL;
}

static const char *sql_type(enum fb_rec_type type)
{
    return type == FB_REC_INT || type == FB_REC_TIME ? "INTEGER" : type == FB_REC_BLOB ? "BLOB" : "TEXT";
}

static int declare(sqlite3 *db, struct vtab *v)
{
    static const char *const before[] = {"", "number INTEGER, ", "",
                                         "number INTEGER, ts INTEGER, ordinal INTEGER, "};
    struct fb_buf ddl;
    fb_buf_init(&ddl, 1u << 16);
    /* The names are lower-case letters, digits and underscores, some of which are words of SQL. */
    fb_buf_printf(&ddl, "CREATE TABLE x(%s", before[places(v->order)]);
    for (size_t i = 0; i < v->ncols; i++)
        fb_buf_printf(&ddl, "\"%s\" %s, ", v->col_name[i], sql_type(v->type[i]));
    fb_buf_puts(&ddl, "run INTEGER HIDDEN)");
    v->c->internal++; /* the authorizer sees the declaration as a table being made */
    int rc = ddl.failed ? SQLITE_NOMEM : sqlite3_declare_vtab(db, fb_buf_cstr(&ddl));
    v->c->internal--;
    fb_buf_release(&ddl);
    return rc;
}

static int vt_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out,
                      char **msg)
{
    (void)argc, (void)argv, (void)msg;
    const struct module *m = aux;
    struct vtab *v = sqlite3_malloc(sizeof *v);
    if (!v)
        return SQLITE_NOMEM;
    memset(v, 0, sizeof *v);
    v->c = m->c;
    snprintf(v->name, sizeof v->name, "%s", m->name);
    const struct fb_rec_def *known = known_by_name(m->name);
    struct fb_rec_table *t = fb_rec_find(m->c, m->name, FB_REC_NEWEST);
    if (!t) /* only layers of runs that are not shown */
        t = fb_rec_find_any(m->c, m->name);
    v->order = known ? known->order : t ? t->def.order : FB_REC_ROWS;
    if (known)
        add_columns(v, known);
    if (t && t->def.order == v->order)
        add_columns(v, &t->def);
    fb_rec_table_let(t);
    int rc = declare(db, v);
    if (rc != SQLITE_OK) {
        sqlite3_free(v);
        return rc;
    }
    sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    *out = &v->base;
    return SQLITE_OK;
}

static int vt_disconnect(sqlite3_vtab *base)
{
    sqlite3_free(base);
    return SQLITE_OK;
}

/* ---- planning: two characters for each value, column ('!' + index) and operator ---- */

static char operator_of(const struct vtab *v, sqlite3_index_info *info, int i)
{
    size_t col = 0;
    int sql_col = info->aConstraint[i].iColumn;
    enum place at = place_of(v, sql_col, &col);
    unsigned char op = info->aConstraint[i].op;
    if (!info->aConstraint[i].usable || sql_col < 0)
        return 0;
    if (at == AT_COLUMN) {
        bool text = v->type[col] == FB_REC_TEXT || v->type[col] == FB_REC_ADDR;
        return text && op == SQLITE_INDEX_CONSTRAINT_EQ &&
                       sqlite3_stricmp(sqlite3_vtab_collation(info, i), "BINARY") == 0
                   ? '='
                   : 0;
    }
    switch (op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
        return '=';
    case SQLITE_INDEX_CONSTRAINT_GT:
    case SQLITE_INDEX_CONSTRAINT_GE:
        return at == AT_RUN ? 0 : op == SQLITE_INDEX_CONSTRAINT_GT ? '>' : 'g';
    case SQLITE_INDEX_CONSTRAINT_LT:
    case SQLITE_INDEX_CONSTRAINT_LE:
        return at == AT_RUN ? 0 : op == SQLITE_INDEX_CONSTRAINT_LT ? '<' : 'l';
    default:
        return 0;
    }
}

static uint64_t rows_of(const struct vtab *v)
{
    struct fb_rec_table *t = fb_rec_find(v->c, v->name, FB_REC_NEWEST);
    uint64_t n = t ? t->nrows : 0;
    fb_rec_table_let(t);
    return n;
}

#define TESTS_MAX 16

static int vt_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    const struct vtab *v = (const struct vtab *)base;
    char plan[2 * TESTS_MAX + 1];
    int n = 0;
    double rows = (double)rows_of(v) + 1, scanned = rows;
    for (int i = 0; i < info->nConstraint && n < TESTS_MAX; i++) {
        char op = operator_of(v, info, i);
        if (!op)
            continue;
        size_t col = 0;
        enum place at = place_of(v, info->aConstraint[i].iColumn, &col);
        plan[2 * n] = (char)('!' + info->aConstraint[i].iColumn);
        plan[2 * n + 1] = op;
        info->aConstraintUsage[i].argvIndex = ++n;
        if (at == AT_NUMBER && op == '=') {
            /* A few rows for a session, from a chunk or two that are held from one lookup to the next. */
            double few = v->order == FB_REC_SESSIONS ? 1 : 8;
            rows = few < rows ? few : rows;
            scanned = rows * 2;
            if (v->order == FB_REC_SESSIONS)
                info->idxFlags |= SQLITE_INDEX_SCAN_UNIQUE;
        } else if (at == AT_COLUMN) {
            rows *= 0.05;
        } else if (at != AT_RUN) {
            rows *= 0.25;
            scanned *= 0.25;
        }
    }
    plan[2 * n] = '\0';
    info->idxStr = sqlite3_mprintf("%s", plan);
    info->needToFreeIdxStr = 1;
    info->estimatedRows = rows < 1 ? 1 : (sqlite3_int64)rows;
    info->estimatedCost = 20 + scanned * 0.2 + rows;
    info->orderByConsumed = v->order == FB_REC_SESSIONS && info->nOrderBy == 1 &&
                            info->aOrderBy[0].iColumn == 0 && !info->aOrderBy[0].desc;
    return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

/* ---- values to ranges ---- */

static void narrow(int64_t *lo, int64_t *hi, char op, int64_t x, bool *nothing)
{
    if ((op == '>' && x == INT64_MAX) || (op == '<' && x == INT64_MIN)) {
        *nothing = true;
        return;
    }
    int64_t from = op == '>' ? x + 1 : x, to = op == '<' ? x - 1 : x;
    if ((op == '=' || op == '>' || op == 'g') && from > *lo)
        *lo = from;
    if ((op == '=' || op == '<' || op == 'l') && to < *hi)
        *hi = to;
}

static void narrow_unsigned(uint64_t *lo, uint64_t *hi, char op, int64_t x, bool *nothing)
{
    int64_t l = *lo > INT64_MAX ? INT64_MAX : (int64_t)*lo, h = *hi > INT64_MAX ? INT64_MAX : (int64_t)*hi;
    narrow(&l, &h, op, x, nothing);
    *nothing = *nothing || h < 0 || l > h;
    *lo = l < 0 ? 0 : (uint64_t)l;
    *hi = h < 0 ? 0 : h == INT64_MAX ? UINT64_MAX : (uint64_t)h;
}

/* Chunks without the text or address are passed over. What has \x in it may be the shown form of bytes. */
static int add_equal(struct fb_rec_scan *s, enum fb_rec_type type, int col, sqlite3_value *value)
{
    struct fb_addr a;
    const char *text =
        sqlite3_value_type(value) == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
    size_t n = text ? (size_t)sqlite3_value_bytes(value) : 0;
    if (!text || s->nequal == sizeof s->equal / sizeof *s->equal || memchr(text, '\\', n))
        return SQLITE_OK;
    const void *p = text;
    if (type == FB_REC_ADDR) {
        if (!fb_addr_parse(text, &a))
            return SQLITE_OK;
        p = fb_addr_is_v4(&a) ? a.b + 12 : a.b;
        n = fb_addr_is_v4(&a) ? 4 : 16;
    }
    uint8_t *copy = malloc(n + 1);
    if (!copy)
        return SQLITE_NOMEM;
    memcpy(copy, p, n);
    s->equal[s->nequal].col = (size_t)col;
    s->equal[s->nequal].p = copy;
    s->equal[s->nequal++].n = n;
    return SQLITE_OK;
}

static int apply(const struct vtab *v, struct cursor *cur, int sql_col, char op, sqlite3_value *value)
{
    struct fb_rec_scan *s = &cur->scan;
    size_t col = 0;
    enum place at = place_of(v, sql_col, &col);
    if (sqlite3_value_type(value) == SQLITE_NULL) {
        s->nothing = true; /* nothing compares with NULL */
        return SQLITE_OK;
    }
    if (at == AT_COLUMN)
        return cur->map[col] < 0 ? SQLITE_OK : add_equal(s, v->type[col], cur->map[col], value);
    if (at == AT_RUN || sqlite3_value_type(value) != SQLITE_INTEGER)
        return SQLITE_OK; /* what is no whole number is compared by SQLite */
    int64_t x = sqlite3_value_int64(value);
    if (at == AT_NUMBER)
        narrow_unsigned(&s->number_lo, &s->number_hi, op, x, &s->nothing);
    else if (at == AT_ORDINAL)
        narrow_unsigned(&s->ordinal_lo, &s->ordinal_hi, op, x, &s->nothing);
    else
        narrow(&s->ts_lo_ns, &s->ts_hi_ns, op, x, &s->nothing);
    return SQLITE_OK;
}

/* ---- the cursor ---- */

static int vt_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
    struct cursor *cur = sqlite3_malloc(sizeof *cur);
    if (!cur)
        return SQLITE_NOMEM;
    memset(cur, 0, sizeof *cur);
    fb_rec_scan_init(&cur->scan, ((struct vtab *)base)->c, NULL);
    *out = &cur->base;
    return SQLITE_OK;
}

static int vt_close(sqlite3_vtab_cursor *base)
{
    struct cursor *cur = (struct cursor *)base;
    fb_rec_scan_release(&cur->scan);
    sqlite3_free(cur);
    return SQLITE_OK;
}

static int vt_next(sqlite3_vtab_cursor *base)
{
    struct cursor *cur = (struct cursor *)base;
    struct fb_err err = {0};
    enum fb_status st = fb_rec_scan_next(&cur->scan, &err);
    cur->eof = st != FB_OK;
    return st == FB_OK || st == FB_EOF ? SQLITE_OK : fail(base->pVtab, st, &err);
}

static void map_columns(const struct vtab *v, struct cursor *cur)
{
    const struct fb_rec_table *t = cur->scan.table;
    for (size_t i = 0; i < v->ncols; i++) {
        cur->map[i] = -1;
        for (size_t k = 0; t && k < t->def.ncols; k++)
            if (strcmp(t->col[k].name, v->col_name[i]) == 0 && t->col[k].type == v->type[i])
                cur->map[i] = (int)k;
    }
}

static int vt_filter(sqlite3_vtab_cursor *base, int num, const char *plan, int argc, sqlite3_value **argv)
{
    (void)num;
    struct cursor *cur = (struct cursor *)base;
    const struct vtab *v = (const struct vtab *)base->pVtab;
    struct fb_err err = {0};
    int64_t run = FB_REC_NEWEST;
    size_t col;
    enum fb_status st = fb_case_refresh(v->c, &err);
    if (st != FB_OK)
        return fail(base->pVtab, st, &err);
    for (int i = 0; i < argc; i++)
        if (place_of(v, plan[2 * i] - '!', &col) == AT_RUN && sqlite3_value_type(argv[i]) == SQLITE_INTEGER)
            run = sqlite3_value_int64(argv[i]);
    struct fb_rec_table *t = run < FB_REC_NEWEST ? NULL : fb_rec_find(v->c, v->name, run);
    if (t && t->def.order != v->order) {
        fb_rec_table_let(t);
        t = NULL;
    }
    fb_rec_scan_release(&cur->scan);
    fb_rec_scan_init(&cur->scan, v->c, t);
    map_columns(v, cur);
    int rc = SQLITE_OK;
    for (int i = 0; i < argc && rc == SQLITE_OK; i++)
        rc = apply(v, cur, plan[2 * i] - '!', plan[2 * i + 1], argv[i]);
    return rc == SQLITE_OK ? vt_next(base) : rc;
}

static int vt_eof(sqlite3_vtab_cursor *base)
{
    return ((struct cursor *)base)->eof;
}

static int vt_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    const struct fb_rec_scan *s = &((struct cursor *)base)->scan;
    uint64_t sub = fb_rec_chunk_meta(s->held->chunk)->rid % FB_REC_SUBS;
    *out = (sqlite3_int64)(sub * FB_REC_ROWS + s->row + 1);
    return SQLITE_OK;
}

static int vt_column(sqlite3_vtab_cursor *base, sqlite3_context *x, int sql_col)
{
    struct cursor *cur = (struct cursor *)base;
    const struct vtab *v = (const struct vtab *)base->pVtab;
    struct fb_rec_chunk *k = cur->scan.held->chunk;
    struct fb_rec_at at = {0};
    struct fb_rec_cell cell;
    struct fb_err err = {0};
    size_t col = 0;
    switch (place_of(v, sql_col, &col)) {
    case AT_NUMBER:
        if (fb_rec_chunk_at(k, cur->scan.row, &at) && at.number > 0)
            sqlite3_result_int64(x, (sqlite3_int64)at.number);
        break;
    case AT_TS:
        if (fb_rec_chunk_at(k, cur->scan.row, &at))
            sqlite3_result_int64(x, at.ts_ns);
        break;
    case AT_ORDINAL:
        if (fb_rec_chunk_at(k, cur->scan.row, &at))
            sqlite3_result_int64(x, (sqlite3_int64)at.ordinal);
        break;
    case AT_RUN:
        sqlite3_result_int64(x, cur->scan.table->run_id);
        break;
    case AT_COLUMN:
        if (cur->map[col] >= 0 && fb_rec_chunk_cell(k, (size_t)cur->map[col], cur->scan.row, &cell))
            fb_rec_result(x, v->type[col], &cell);
        break;
    }
    enum fb_status st = fb_rec_chunk_failed(k, &err);
    return st == FB_OK ? SQLITE_OK : fail(base->pVtab, st, &err);
}

/* ---- registration ---- */

static const sqlite3_module record_module = {
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

static enum fb_status add_module(struct fb_case *c, const char *name, struct fb_err *err)
{
    for (size_t i = 0; i < c->rec.nnames; i++)
        if (strcmp(c->rec.names[i], name) == 0)
            return FB_OK;
    char **grown = realloc(c->rec.names, (c->rec.nnames + 1) * sizeof *grown);
    if (grown)
        c->rec.names = grown;
    struct module *m = grown ? calloc(1, sizeof *m) : NULL;
    char *copy = m ? strdup(name) : NULL;
    if (!copy) {
        free(m);
        return fb_err_nomem(err, "the tables of the case");
    }
    c->rec.names[c->rec.nnames++] = copy;
    m->c = c;
    snprintf(m->name, sizeof m->name, "%s", name);
    return sqlite3_create_module_v2(c->db, name, &record_module, m, free) == SQLITE_OK
               ? FB_OK
               : fb_db_error(c->db, err, "the tables of the case");
}

enum fb_status fb_vtab_register_records(struct fb_case *c, struct fb_err *err)
{
    const struct fb_rec_def *def;
    for (size_t i = 0; (def = fb_rec_known(i)) != NULL; i++)
        FB_TRY(add_module(c, def->name, err));
    for (size_t i = 0; i < c->rec.kase.n; i++)
        FB_TRY(add_module(c, c->rec.kase.t[i]->name, err));
    for (size_t i = 0; i < c->rec.side.n; i++)
        FB_TRY(add_module(c, c->rec.side.t[i]->name, err));
    return FB_OK;
}

void fb_vtab_remove_records(struct fb_case *c)
{
    for (size_t i = 0; i < c->rec.nnames; i++)
        sqlite3_create_module_v2(c->db, c->rec.names[i], NULL, NULL, NULL);
}
