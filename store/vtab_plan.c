#include "store/vtab_plan.h"

#include "store/layer_match.h"
#include "store/vtab_columns.h"

#if SQLITE_VERSION_NUMBER < 3038000
#error "SQLite 3.38 or newer is needed (sqlite3_vtab_in)"
#endif

/* The plan string: two characters for each value, column ('A' + index) and operator; then the columns that
 * the statement uses, as a bit mask in hexadecimal digits. */
#define OP_EQ   '='
#define OP_IN   'i'
#define OP_GT   '>'
#define OP_GE   'g'
#define OP_LT   '<'
#define OP_LE   'l'
#define OP_LIKE '%'
#define OP_GLOB '*'

static bool is_number(unsigned kind)
{
    return kind == FB_V_INT || kind == FB_V_UINT;
}

static bool is_text(unsigned kind)
{
    return kind == FB_V_ADDR || kind == FB_V_TEXT || kind == FB_V_PROTO || kind == FB_V_STATE ||
           kind == FB_V_REASON;
}

/* The operator under which a constraint goes down; 0: it stays with SQLite. */
static char operator_of(sqlite3_index_info *info, int i, unsigned vcol)
{
    unsigned kind = fb_vcol_at(vcol).kind;
    bool in = sqlite3_vtab_in(info, i, -1) != 0;
    switch (info->aConstraint[i].op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
        if (kind == FB_V_NUMBER || kind == FB_V_IP)
            return in ? OP_IN : OP_EQ;
        if ((is_text(kind) || kind == FB_V_LAYER) &&
            sqlite3_stricmp(sqlite3_vtab_collation(info, i), "BINARY") != 0)
            return 0;
        return !in && (is_number(kind) || is_text(kind) || kind == FB_V_LAYER) ? OP_EQ : 0;
    case SQLITE_INDEX_CONSTRAINT_LIKE:
        return kind == FB_V_LAYER ? OP_LIKE : 0;
    case SQLITE_INDEX_CONSTRAINT_GLOB:
        return kind == FB_V_LAYER ? OP_GLOB : 0;
    case SQLITE_INDEX_CONSTRAINT_GT:
        return kind == FB_V_NUMBER || is_number(kind) ? OP_GT : 0;
    case SQLITE_INDEX_CONSTRAINT_GE:
        return kind == FB_V_NUMBER || is_number(kind) ? OP_GE : 0;
    case SQLITE_INDEX_CONSTRAINT_LT:
        return kind == FB_V_NUMBER || is_number(kind) ? OP_LT : 0;
    case SQLITE_INDEX_CONSTRAINT_LE:
        return kind == FB_V_NUMBER || is_number(kind) ? OP_LE : 0;
    default:
        return 0;
    }
}

/* Share of rows that a condition lets through: a guess for SQLite's choice of plans. */
static double share(unsigned kind, char op)
{
    if (op != OP_EQ && op != OP_IN && kind != FB_V_LAYER)
        return kind == FB_V_NUMBER || kind == FB_V_INT ? 0.25 : 0.5;
    switch (kind) {
    case FB_V_ADDR:
        return op == OP_IN ? 0.01 : 0.001;
    case FB_V_IP:
        return op == OP_IN ? 0.02 : 0.002;
    case FB_V_PROTO:
    case FB_V_STATE:
    case FB_V_REASON:
    case FB_V_TEXT:
    case FB_V_LAYER:
        return 0.1;
    default:
        return 0.01;
    }
}

int fb_plan_best_index(sqlite3_index_info *info, uint64_t total)
{
    char plan[2 * FB_SCAN_TESTS_MAX + 1];
    int n = 0;
    double rows = (double)total + 1, scanned = rows;
    for (int i = 0; i < info->nConstraint; i++) {
        int col = info->aConstraint[i].iColumn;
        unsigned vcol = col < 0 ? 0 : (unsigned)col;
        unsigned kind = fb_vcol_at(vcol).kind;
        bool is_ip = kind == FB_V_IP;
        /* `ip` has no value of its own: a plan that cannot push it down is no plan. */
        if (!info->aConstraint[i].usable && is_ip && info->aConstraint[i].op == SQLITE_INDEX_CONSTRAINT_EQ)
            return SQLITE_CONSTRAINT;
        char op = info->aConstraint[i].usable ? operator_of(info, i, vcol) : 0;
        if (!op || n == FB_SCAN_TESTS_MAX)
            continue;
        if (op == OP_IN)
            sqlite3_vtab_in(info, i, 1);
        plan[2 * n] = (char)('A' + vcol);
        plan[2 * n + 1] = op;
        info->aConstraintUsage[i].argvIndex = ++n;
        info->aConstraintUsage[i].omit = is_ip;
        rows *= share(kind, op);
        if (kind == FB_V_NUMBER && (op == OP_EQ || op == OP_IN)) {
            rows = scanned = op == OP_EQ ? 1 : 32;
            if (op == OP_EQ)
                info->idxFlags |= SQLITE_INDEX_SCAN_UNIQUE;
        } else if (vcol <= 1 || is_ip || kind == FB_V_LAYER) {
            scanned *= share(kind, op);
        }
    }
    plan[2 * n] = '\0';
    info->idxStr = sqlite3_mprintf("%s%llx", plan, (unsigned long long)info->colUsed);
    info->needToFreeIdxStr = 1;
    info->estimatedRows = rows < 1 ? 1 : (sqlite3_int64)rows;
    /* A page has to be decoded for the first row of it; after that a value costs little. */
    info->estimatedCost = 50 + scanned * 0.2 + rows;
    info->orderByConsumed = info->nOrderBy == 1 && info->aOrderBy[0].iColumn <= 0 && !info->aOrderBy[0].desc;
    return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

/* ---- values to tests ---- */

static struct fb_test *new_test(struct fb_scan *s, unsigned kind, unsigned col)
{
    struct fb_test *t = &s->test[s->ntests++];
    *t = (struct fb_test){.kind = (uint8_t)kind, .col = (uint8_t)col, .lo = INT64_MIN, .hi = INT64_MAX};
    return t;
}

/* Numbers of sessions below or above a bound; nothing is dropped that could match. */
static void bound_range(char op, int64_t v, int64_t *lo, int64_t *hi, bool *nothing)
{
    *lo = INT64_MIN;
    *hi = INT64_MAX;
    if (op == OP_EQ)
        *lo = *hi = v;
    else if (op == OP_GE)
        *lo = v;
    else if (op == OP_LE)
        *hi = v;
    else if (op == OP_GT && v < INT64_MAX)
        *lo = v + 1;
    else if (op == OP_LT && v > INT64_MIN)
        *hi = v - 1;
    else
        *nothing = true;
}

static void narrow_numbers(struct fb_scan *s, int64_t lo, int64_t hi)
{
    if (hi < 1)
        s->nothing = true;
    else if ((uint64_t)hi < s->hi)
        s->hi = (uint64_t)hi;
    if (lo > 0 && (uint64_t)lo > s->lo)
        s->lo = (uint64_t)lo;
}

static int add_bytes(struct fb_scan *s, unsigned kind, unsigned col, const void *p, size_t n)
{
    struct fb_test *t = new_test(s, kind, col);
    t->p = malloc(n + 1);
    t->codes = kind == FB_TEST_IP ? malloc(n / 16 * sizeof *t->codes) : NULL;
    if (!t->p || (kind == FB_TEST_IP && !t->codes))
        return SQLITE_NOMEM;
    memcpy(t->p, p, n);
    t->p[n] = '\0';
    t->n = n;
    return SQLITE_OK;
}

static void add_names(struct fb_scan *s, unsigned col, const char *text, const char *(*name)(unsigned),
                      unsigned count)
{
    int64_t lo = INT64_MAX, hi = INT64_MIN;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(name(i), text) != 0)
            continue;
        lo = i < lo ? i : lo;
        hi = i;
    }
    struct fb_test *t = new_test(s, FB_TEST_RANGE, col);
    t->lo = lo;
    t->hi = hi;
}

static const char *state_name(unsigned i)
{
    return fb_conn_state_name((enum fb_conn_state)i);
}

static const char *reason_name(unsigned i)
{
    return fb_end_reason_name((enum fb_end_reason)i);
}

static const char *proto_name(unsigned i)
{
    return fb_session_proto_name((uint8_t)i);
}

static int apply_text(struct fb_scan *s, const struct fb_vcol *v, sqlite3_value *value)
{
    const char *text =
        sqlite3_value_type(value) == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
    struct fb_addr a;
    /* What is no text is compared by SQLite. */
    if (!text)
        return SQLITE_OK;
    switch (v->kind) {
    case FB_V_PROTO:
        add_names(s, v->col, text, proto_name, 256);
        return SQLITE_OK;
    case FB_V_STATE:
        add_names(s, v->col, text, state_name, 256);
        return SQLITE_OK;
    case FB_V_REASON:
        add_names(s, v->col, text, reason_name, 256);
        return SQLITE_OK;
    case FB_V_ADDR:
        if (fb_addr_parse(text, &a))
            return add_bytes(s, FB_TEST_TEXT, v->col, a.b, sizeof a.b);
        s->nothing = true;
        return SQLITE_OK;
    default:
        return add_bytes(s, FB_TEST_TEXT, v->col, text, (size_t)sqlite3_value_bytes(value));
    }
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Every number of an IN list, sorted, so that each page is decoded once. */
static int apply_number_list(struct fb_scan *s, sqlite3_value *in)
{
    struct fb_buf b;
    fb_buf_init(&b, SIZE_MAX / 4);
    sqlite3_value *v;
    int rc = sqlite3_vtab_in_first(in, &v);
    for (; rc == SQLITE_OK && v; rc = sqlite3_vtab_in_next(in, &v)) {
        int type = sqlite3_value_numeric_type(v);
        int64_t i = sqlite3_value_int64(v);
        bool whole = type == SQLITE_INTEGER || (type == SQLITE_FLOAT && (double)i == sqlite3_value_double(v));
        uint64_t number = (uint64_t)i;
        if (whole && i > 0)
            fb_buf_put(&b, &number, sizeof number);
    }
    size_t n = b.len / sizeof(uint64_t), kept = 0;
    uint64_t *list = (uint64_t *)(void *)b.data;
    if (b.failed || (rc != SQLITE_OK && rc != SQLITE_DONE)) {
        fb_buf_release(&b);
        return SQLITE_NOMEM;
    }
    if (n == 0) {
        fb_buf_release(&b);
        s->nothing = true;
        return SQLITE_OK;
    }
    qsort(list, n, sizeof *list, by_number);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || list[i] != list[kept - 1])
            list[kept++] = list[i];
    /* Two lists at once: the second one is checked by SQLite. */
    if (s->list) {
        free(list);
        return SQLITE_OK;
    }
    s->list = list;
    s->nlist = kept;
    return SQLITE_OK;
}

static int apply_ip(struct fb_scan *s, sqlite3_value *value)
{
    struct fb_addr a;
    const char *text =
        sqlite3_value_type(value) == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
    if (text && fb_addr_parse(text, &a))
        return add_bytes(s, FB_TEST_IP, FB_COL_ORIG_H, a.b, sizeof a.b);
    s->nothing = true;
    return SQLITE_OK;
}

/* An IN list on `ip`: one test with all the addresses, so that a row with two of them comes once. */
static int apply_ip_list(struct fb_scan *s, sqlite3_value *in)
{
    struct fb_buf b;
    fb_buf_init(&b, SIZE_MAX / 4);
    sqlite3_value *v;
    struct fb_addr a;
    int rc = sqlite3_vtab_in_first(in, &v);
    for (; rc == SQLITE_OK && v; rc = sqlite3_vtab_in_next(in, &v)) {
        const char *text = sqlite3_value_type(v) == SQLITE_TEXT ? (const char *)sqlite3_value_text(v) : NULL;
        if (text && fb_addr_parse(text, &a))
            fb_buf_put(&b, a.b, sizeof a.b);
    }
    bool failed = b.failed || (rc != SQLITE_OK && rc != SQLITE_DONE);
    if (!failed && b.len == 0)
        s->nothing = true;
    rc = failed ? SQLITE_NOMEM : b.len ? add_bytes(s, FB_TEST_IP, FB_COL_ORIG_H, b.data, b.len) : SQLITE_OK;
    fb_buf_release(&b);
    return rc;
}

/* A text of a layer: the list of the sessions that have it. What is pushed down is looked at again by SQLite,
 * so that a text that no list can be made for is no loss. */
static void apply_layer(struct fb_scan *s, const struct fb_vcol *v, char op, sqlite3_value *value)
{
    const char *text =
        sqlite3_value_type(value) == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
    enum fb_match_kind kind = op == OP_LIKE ? FB_MATCH_LIKE : op == OP_GLOB ? FB_MATCH_GLOB : FB_MATCH_EQUAL;
    if (!text || s->list || strlen(text) != (size_t)sqlite3_value_bytes(value) ||
        !fb_layer_match(s->c, v->col, kind, text, &s->list, &s->nlist))
        return;
    s->nothing = s->nothing || s->nlist == 0;
}

static int apply_one(struct fb_scan *s, const struct fb_vcol *v, char op, sqlite3_value *value)
{
    if (op == OP_IN)
        return v->kind == FB_V_IP ? apply_ip_list(s, value) : apply_number_list(s, value);
    /* Nothing compares with NULL. */
    if (sqlite3_value_type(value) == SQLITE_NULL) {
        s->nothing = true;
        return SQLITE_OK;
    }
    if (v->kind == FB_V_LAYER) {
        apply_layer(s, v, op, value);
        return SQLITE_OK;
    }
    if (v->kind == FB_V_IP)
        return apply_ip(s, value);
    if (is_text(v->kind))
        return apply_text(s, v, value);
    if (sqlite3_value_type(value) != SQLITE_INTEGER)
        return SQLITE_OK;
    int64_t lo, hi;
    bool nothing = false;
    bound_range(op, sqlite3_value_int64(value), &lo, &hi, &nothing);
    s->nothing = s->nothing || nothing;
    if (v->kind == FB_V_NUMBER) {
        narrow_numbers(s, lo, hi);
        return SQLITE_OK;
    }
    struct fb_test *t = new_test(s, FB_TEST_RANGE, v->col);
    t->lo = lo;
    t->hi = hi;
    return SQLITE_OK;
}

/* Which stored columns a cell is made of. */
static void add_columns(struct fb_scan *s, const struct fb_vcol *v, uint64_t *have)
{
    static const uint8_t flow[] = {FB_COL_TS,     FB_COL_ORIG_H, FB_COL_RESP_H,   FB_COL_ORIG_P,
                                   FB_COL_RESP_P, FB_COL_PROTO,  FB_COL_IP_PROTO, FB_COL_UID_DUP};
    uint8_t own[2] = {v->col, FB_COL_HAS_MACS};
    const uint8_t *col = own;
    size_t n = v->kind == FB_V_MAC ? 2 : 1;
    if (v->kind == FB_V_NUMBER || v->kind == FB_V_IP)
        n = 0;
    else if (v->kind == FB_V_PARENTS)
        own[0] = FB_COL_NPARENTS;
    else if (v->kind == FB_V_UID || v->kind == FB_V_COMMUNITY) {
        col = flow;
        n = sizeof flow;
    }
    for (size_t i = 0; i < n; i++) {
        if (!(*have >> col[i] & 1))
            s->cols[s->ncols++] = col[i];
        *have |= (uint64_t)1 << col[i];
    }
}

int fb_plan_apply(const char *plan, int argc, sqlite3_value **argv, struct fb_scan *scan)
{
    int rc = SQLITE_OK;
    for (int i = 0; i < argc && rc == SQLITE_OK; i++) {
        struct fb_vcol v = fb_vcol_at((unsigned)(plan[2 * i] - 'A'));
        rc = apply_one(scan, &v, plan[2 * i + 1], argv[i]);
    }
    uint64_t used = strtoull(plan + 2 * argc, NULL, 16), have = 0;
    for (unsigned i = 0; i < fb_nvcols; i++)
        if (used >> i & 1)
            add_columns(scan, &fb_vcols[i], &have);
    return rc;
}
