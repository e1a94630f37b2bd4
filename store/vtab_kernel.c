/* The SQL functions top, rollup, timeline and pairs: tables with hidden columns for their arguments, filled
 * by the kernels when a statement asks (docs/sql-functions.md). */
#include "base/timefmt.h"
#include "store/kernel.h"
#include "store/ranking.h"

#define ARGS_MAX 5
#define TOP_MAX  1000000

enum out_kind { OUT_KEY, OUT_KEY_2, OUT_TIME, OUT_VALUE, OUT_SESSIONS, OUT_BYTES, OUT_PKTS, OUT_MEASURE };

struct out {
    const char *name;
    uint8_t kind, measure;
};

enum arg { ARG_BY, ARG_METRIC, ARG_N, ARG_BUCKET, ARG_T0, ARG_T1, ARG_COUNT };
static const char *const arg_name[ARG_COUNT] = {"by", "metric", "n", "bucket_seconds", "t0", "t1"};

#define SUMS                                                                                                 \
    {"sessions", OUT_SESSIONS, 0}, {"bytes", OUT_BYTES, 0}, {"orig_bytes", OUT_MEASURE, FB_M_ORIG_BYTES},    \
        {"resp_bytes", OUT_MEASURE, FB_M_RESP_BYTES}, {"packets", OUT_PKTS, 0},                              \
        {"orig_pkts", OUT_MEASURE, FB_M_ORIG_PKTS},                                                          \
    {                                                                                                        \
        "resp_pkts", OUT_MEASURE, FB_M_RESP_PKTS                                                             \
    }

enum fn_id { FN_TOP, FN_ROLLUP, FN_TIMELINE, FN_PAIRS };

static const struct fn {
    const char *name;
    enum fn_id id;
    struct out out[10];
    unsigned nout;
    uint8_t arg[ARGS_MAX];
    unsigned nargs;
} fns[] = {
    {"top",
     FN_TOP,
     {{"key", OUT_KEY, 0}, {"value", OUT_VALUE, 0}, {"sessions", OUT_SESSIONS, 0}},
     3,
     {ARG_BY, ARG_METRIC, ARG_N, ARG_T0, ARG_T1},
     5},
    {"rollup", FN_ROLLUP, {{"key", OUT_KEY, 0}, SUMS}, 8, {ARG_BY, ARG_T0, ARG_T1}, 3},
    {"timeline",
     FN_TIMELINE,
     {{"ts", OUT_KEY, 0}, {"time", OUT_TIME, 0}, SUMS},
     9,
     {ARG_BUCKET, ARG_T0, ARG_T1},
     3},
    {"pairs",
     FN_PAIRS,
     {{"orig_h", OUT_KEY, 0}, {"resp_h", OUT_KEY_2, 0}, SUMS},
     9,
     {ARG_N, ARG_T0, ARG_T1},
     3},
};
#define NFNS (sizeof fns / sizeof *fns)

struct vtab {
    sqlite3_vtab base;
    struct fb_case *c;
    const struct fn *fn;
};

struct cursor {
    sqlite3_vtab_cursor base;
    struct fb_groups groups;
    struct fb_ranked *row;
    size_t n, at;
    enum fb_key_kind key;
    sqlite3_value *arg[ARGS_MAX]; /* as given; NULL: not given */
};

/* ---- measures ---- */

static uint64_t value_sessions(const struct fb_tally *t)
{
    return t->sessions;
}

static uint64_t value_bytes(const struct fb_tally *t)
{
    return fb_add_sat(t->sum[FB_M_ORIG_BYTES], t->sum[FB_M_RESP_BYTES]);
}

static uint64_t value_pkts(const struct fb_tally *t)
{
    return fb_add_sat(t->sum[FB_M_ORIG_PKTS], t->sum[FB_M_RESP_PKTS]);
}

#define VALUE_OF(name, measure)                                                                              \
    static uint64_t name(const struct fb_tally *t)                                                           \
    {                                                                                                        \
        return t->sum[measure];                                                                              \
    }
VALUE_OF(value_orig_bytes, FB_M_ORIG_BYTES)
VALUE_OF(value_resp_bytes, FB_M_RESP_BYTES)
VALUE_OF(value_orig_pkts, FB_M_ORIG_PKTS)
VALUE_OF(value_resp_pkts, FB_M_RESP_PKTS)

#define WANT_BYTES (FB_WANT(FB_M_ORIG_BYTES) | FB_WANT(FB_M_RESP_BYTES))
#define WANT_PKTS  (FB_WANT(FB_M_ORIG_PKTS) | FB_WANT(FB_M_RESP_PKTS))

static const struct metric {
    const char *name;
    uint64_t (*value)(const struct fb_tally *t);
    unsigned want;
} metrics[] = {
    {"sessions", value_sessions, 0},
    {"bytes", value_bytes, WANT_BYTES},
    {"orig_bytes", value_orig_bytes, FB_WANT(FB_M_ORIG_BYTES)},
    {"resp_bytes", value_resp_bytes, FB_WANT(FB_M_RESP_BYTES)},
    {"packets", value_pkts, WANT_PKTS},
    {"orig_pkts", value_orig_pkts, FB_WANT(FB_M_ORIG_PKTS)},
    {"resp_pkts", value_resp_pkts, FB_WANT(FB_M_RESP_PKTS)},
};

static const struct metric *find_metric(const char *name)
{
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        if (strcmp(metrics[i].name, name) == 0)
            return &metrics[i];
    return NULL;
}

/* ---- connecting and planning ---- */

static int vt_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out,
                      char **msg)
{
    (void)msg;
    const struct fn *fn = NULL;
    for (size_t i = 0; i < NFNS && argc > 0; i++)
        if (strcmp(fns[i].name, argv[0]) == 0)
            fn = &fns[i];
    if (!fn)
        return SQLITE_ERROR;
    struct fb_case *c = aux;
    struct fb_buf ddl;
    fb_buf_init(&ddl, 4096);
    fb_buf_puts(&ddl, "CREATE TABLE x(");
    for (unsigned i = 0; i < fn->nout; i++)
        fb_buf_printf(&ddl, "%s%s", i ? ", " : "", fn->out[i].name);
    for (unsigned i = 0; i < fn->nargs; i++)
        fb_buf_printf(&ddl, ", %s HIDDEN", arg_name[fn->arg[i]]);
    fb_buf_putc(&ddl, ')');
    c->internal++; /* the authorizer sees the declaration as a table being made */
    int rc = sqlite3_declare_vtab(db, fb_buf_cstr(&ddl));
    c->internal--;
    fb_buf_release(&ddl);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    struct vtab *v = sqlite3_malloc(sizeof *v);
    if (!v)
        return SQLITE_NOMEM;
    *v = (struct vtab){.c = c, .fn = fn};
    *out = &v->base;
    return SQLITE_OK;
}

static int vt_disconnect(sqlite3_vtab *base)
{
    sqlite3_free(base);
    return SQLITE_OK;
}

/* The sums that the statement's columns are made of: no other is unpacked. */
static unsigned sums_of(const struct fn *fn, uint64_t used)
{
    unsigned want = fn->id == FN_PAIRS ? WANT_BYTES : 0; /* what they are ordered by */
    for (unsigned i = 0; i < fn->nout; i++) {
        if (!(used >> i & 1))
            continue;
        want |= fn->out[i].kind == OUT_BYTES     ? WANT_BYTES
                : fn->out[i].kind == OUT_PKTS    ? WANT_PKTS
                : fn->out[i].kind == OUT_MEASURE ? FB_WANT(fn->out[i].measure)
                                                 : 0;
    }
    return want;
}

/* idxNum: bit i is set when argument i comes to xFilter; from bit SUMS_AT on the sums that are wanted. */
#define SUMS_AT 8
static int vt_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    const struct fn *fn = ((struct vtab *)base)->fn;
    int from[ARGS_MAX] = {-1, -1, -1, -1, -1}, n = 0;
    for (int i = 0; i < info->nConstraint; i++) {
        int arg = info->aConstraint[i].iColumn - (int)fn->nout;
        if (arg < 0 || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        if (!info->aConstraint[i].usable)
            return SQLITE_CONSTRAINT;
        if (from[arg] < 0)
            from[arg] = i;
    }
    for (unsigned a = 0; a < fn->nargs; a++) {
        if (from[a] < 0)
            continue;
        info->aConstraintUsage[from[a]].argvIndex = ++n;
        info->aConstraintUsage[from[a]].omit = 1;
        info->idxNum |= 1 << a;
    }
    info->idxNum |= (int)(sums_of(fn, info->colUsed) << SUMS_AT);
    info->estimatedCost = 100000;
    info->estimatedRows = 100;
    return SQLITE_OK;
}

/* ---- cursors ---- */

static void clear(struct cursor *cur)
{
    for (unsigned i = 0; i < ARGS_MAX; i++)
        sqlite3_value_free(cur->arg[i]);
    free(cur->row);
    fb_groups_release(&cur->groups);
    sqlite3_vtab_cursor base = cur->base;
    *cur = (struct cursor){.base = base};
}

static int vt_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
    (void)base;
    struct cursor *cur = sqlite3_malloc(sizeof *cur);
    if (!cur)
        return SQLITE_NOMEM;
    memset(cur, 0, sizeof *cur);
    *out = &cur->base;
    return SQLITE_OK;
}

static int vt_close(sqlite3_vtab_cursor *base)
{
    clear((struct cursor *)base);
    sqlite3_free(base);
    return SQLITE_OK;
}

/* ---- arguments ---- */

static sqlite3_value *arg_of(const struct cursor *cur, enum arg which)
{
    const struct fn *fn = ((const struct vtab *)cur->base.pVtab)->fn;
    for (unsigned i = 0; i < fn->nargs; i++)
        if (fn->arg[i] == which && cur->arg[i] && sqlite3_value_type(cur->arg[i]) != SQLITE_NULL)
            return cur->arg[i];
    return NULL;
}

static enum fb_status text_arg(const struct cursor *cur, enum arg which, const char **out, struct fb_err *err)
{
    sqlite3_value *v = arg_of(cur, which);
    const char *text = v && sqlite3_value_type(v) == SQLITE_TEXT ? (const char *)sqlite3_value_text(v) : NULL;
    if (!text)
        return fb_err_set(err, FB_ERR_USAGE, "%s: a name in quotes is expected", arg_name[which]);
    *out = text;
    return FB_OK;
}

/* A whole number from 1 to max; `missing` 0: it must be given. */
static enum fb_status number_arg(const struct cursor *cur, enum arg which, int64_t missing, int64_t max,
                                 int64_t *out, struct fb_err *err)
{
    sqlite3_value *v = arg_of(cur, which);
    *out = v && sqlite3_value_type(v) == SQLITE_INTEGER ? sqlite3_value_int64(v) : v ? 0 : missing;
    return *out >= 1 && *out <= max
               ? FB_OK
               : fb_err_set(err, FB_ERR_USAGE, "%s: a whole number from 1 to %lld is expected",
                            arg_name[which], (long long)max);
}

/* A time: nanoseconds as the column ts has them, or text as RFC 3339. */
static enum fb_status time_arg(const struct cursor *cur, enum arg which, int64_t *out, bool *given,
                               struct fb_err *err)
{
    sqlite3_value *v = arg_of(cur, which);
    if (!v)
        return FB_OK;
    *given = true;
    if (sqlite3_value_type(v) == SQLITE_INTEGER) {
        *out = sqlite3_value_int64(v);
        return FB_OK;
    }
    const char *text = sqlite3_value_type(v) == SQLITE_TEXT ? (const char *)sqlite3_value_text(v) : NULL;
    return text && fb_time_parse(text, out)
               ? FB_OK
               : fb_err_set(err, FB_ERR_USAGE,
                            "%s: nanoseconds since 1970 or a time such as '2024-01-02T03:04:05Z' is expected",
                            arg_name[which]);
}

/* ---- filling ---- */

static enum fb_status fill_top(struct cursor *cur, struct fb_kernel *k, struct fb_err *err)
{
    const char *by, *name;
    int64_t n;
    FB_TRY(text_arg(cur, ARG_BY, &by, err));
    FB_TRY(text_arg(cur, ARG_METRIC, &name, err));
    FB_TRY(number_arg(cur, ARG_N, 10, TOP_MAX, &n, err));
    const struct metric *m = find_metric(name);
    if (!m)
        return fb_err_set(err, FB_ERR_USAGE,
                          "metric: '%.60s' is none of sessions, bytes, orig_bytes, resp_bytes, packets, "
                          "orig_pkts, resp_pkts",
                          name);
    k->want = m->want;
    FB_TRY(fb_kernel_by(k, by, &cur->key, err));
    cur->n = (size_t)n;
    cur->row = fb_rank_top(&cur->groups, m->value, &cur->n);
    return FB_OK;
}

static enum fb_status fill(struct cursor *cur, const struct vtab *v, unsigned want, struct fb_err *err)
{
    struct fb_kernel k = {.c = v->c, .t0_ns = INT64_MIN, .t1_ns = INT64_MAX, .want = want};
    bool from = false, to = false;
    int64_t n;
    const char *by;
    FB_TRY(fb_case_refresh(v->c, err));
    FB_TRY(time_arg(cur, ARG_T0, &k.t0_ns, &from, err));
    FB_TRY(time_arg(cur, ARG_T1, &k.t1_ns, &to, err));
    k.whole = !from && !to;
    k.no_end = !to;
    k.out = &cur->groups;
    fb_groups_init(&cur->groups, FB_GROUPS_BYTES_MAX);
    switch (v->fn->id) {
    case FN_TOP:
        FB_TRY(fill_top(cur, &k, err));
        break;
    case FN_ROLLUP:
        FB_TRY(text_arg(cur, ARG_BY, &by, err));
        FB_TRY(fb_kernel_by(&k, by, &cur->key, err));
        cur->row = fb_rank_by_key(&cur->groups, &cur->n);
        break;
    case FN_TIMELINE:
        FB_TRY(number_arg(cur, ARG_BUCKET, 0, INT64_MAX / FB_NS_PER_S, &n, err));
        FB_TRY(fb_kernel_timeline(&k, n * FB_NS_PER_S, err));
        cur->row = fb_rank_by_key(&cur->groups, &cur->n);
        break;
    case FN_PAIRS:
        FB_TRY(number_arg(cur, ARG_N, 10, TOP_MAX, &n, err));
        FB_TRY(fb_kernel_pairs(&k, err));
        cur->key = FB_KEY_PAIR;
        cur->n = (size_t)n;
        cur->row = fb_rank_top(&cur->groups, value_bytes, &cur->n);
        break;
    }
    return cur->row ? FB_OK : fb_err_nomem(err, "an answer");
}

static int vt_filter(sqlite3_vtab_cursor *base, int given, const char *plan, int argc, sqlite3_value **argv)
{
    (void)plan;
    struct cursor *cur = (struct cursor *)base;
    struct vtab *v = (struct vtab *)base->pVtab;
    struct fb_err err = {0};
    clear(cur);
    for (int a = 0, i = 0; a < ARGS_MAX && i < argc; a++) {
        if (!(given >> a & 1))
            continue;
        cur->arg[a] = sqlite3_value_dup(argv[i++]);
        if (!cur->arg[a])
            return SQLITE_NOMEM;
    }
    enum fb_status st = fill(cur, v, (unsigned)given >> SUMS_AT, &err);
    if (st == FB_OK)
        return SQLITE_OK;
    cur->n = 0;
    sqlite3_free(v->base.zErrMsg);
    v->base.zErrMsg =
        st == FB_ERR_USAGE ? sqlite3_mprintf("%s: %s", v->fn->name, err.msg) : sqlite3_mprintf("%s", err.msg);
    return st == FB_ERR_NOMEM ? SQLITE_NOMEM : st == FB_ERR_VERIFY ? SQLITE_CORRUPT_VTAB : SQLITE_ERROR;
}

static int vt_next(sqlite3_vtab_cursor *base)
{
    ((struct cursor *)base)->at++;
    return SQLITE_OK;
}

static int vt_eof(sqlite3_vtab_cursor *base)
{
    const struct cursor *cur = (const struct cursor *)base;
    return cur->at >= cur->n;
}

static int vt_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)((struct cursor *)base)->at + 1;
    return SQLITE_OK;
}

/* ---- cells ---- */

static void put_u64(sqlite3_context *x, uint64_t v)
{
    sqlite3_result_int64(x, v > INT64_MAX ? INT64_MAX : (sqlite3_int64)v);
}

static void put_addr(sqlite3_context *x, const uint8_t *p)
{
    char t[FB_ADDR_STRLEN];
    struct fb_addr a = fb_addr_v6(p);
    unsigned n = fb_addr_format(&a, t);
    sqlite3_result_text(x, t, (int)n, SQLITE_TRANSIENT);
}

/* No bytes: NULL, which is what the table sessions shows. */
static void put_key(sqlite3_context *x, enum fb_key_kind kind, struct fb_span key, unsigned part)
{
    if (key.n == 0)
        return;
    if (kind == FB_KEY_NUMBER)
        sqlite3_result_int64(x, fb_key_to_number(key.p));
    else if (kind == FB_KEY_TEXT)
        sqlite3_result_text(x, (const char *)key.p, (int)key.n, SQLITE_TRANSIENT);
    else
        put_addr(x, key.p + (size_t)16 * part);
}

static int vt_column(sqlite3_vtab_cursor *base, sqlite3_context *x, int col)
{
    const struct cursor *cur = (const struct cursor *)base;
    const struct fn *fn = ((const struct vtab *)base->pVtab)->fn;
    const struct fb_ranked *r = &cur->row[cur->at];
    char t[FB_TIME_STRLEN];
    if (col >= (int)fn->nout) {
        sqlite3_value *v = cur->arg[col - (int)fn->nout];
        if (v)
            sqlite3_result_value(x, v);
        return SQLITE_OK;
    }
    switch (fn->out[col].kind) {
    case OUT_KEY:
    case OUT_KEY_2:
        put_key(x, cur->key, r->key, fn->out[col].kind == OUT_KEY_2);
        break;
    case OUT_TIME:
        sqlite3_result_text(x, t, (int)fb_time_format(fb_key_to_number(r->key.p), t), SQLITE_TRANSIENT);
        break;
    case OUT_VALUE:
        put_u64(x, r->value);
        break;
    case OUT_SESSIONS:
        put_u64(x, r->g->t.sessions);
        break;
    case OUT_BYTES:
        put_u64(x, value_bytes(&r->g->t));
        break;
    case OUT_PKTS:
        put_u64(x, value_pkts(&r->g->t));
        break;
    default:
        put_u64(x, r->g->t.sum[fn->out[col].measure]);
    }
    return SQLITE_OK;
}

enum fb_status fb_vtab_register_kernels(struct fb_case *c, struct fb_err *err)
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
    for (size_t i = 0; i < NFNS; i++)
        if (sqlite3_create_module_v2(c->db, fns[i].name, &module, c, NULL) != SQLITE_OK)
            return fb_db_error(c->db, err, "the SQL functions of a case");
    return FB_OK;
}

void fb_vtab_remove_kernels(sqlite3 *db)
{
    for (size_t i = 0; i < NFNS; i++)
        sqlite3_create_module_v2(db, fns[i].name, NULL, NULL, NULL);
}
