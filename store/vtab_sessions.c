/* The SQL table `sessions` over compressed chunks. It is eponymous: nothing in the file's schema names it. */
#include "base/timefmt.h"
#include "store/rec_dir.h"
#include "store/session_layers.h"
#include "store/vtab_columns.h"
#include "store/vtab_plan.h"

struct vtab {
    sqlite3_vtab base;
    struct fb_case *c;
};

struct cursor {
    sqlite3_vtab_cursor base;
    struct fb_scan scan;
    struct fb_session_layers *layers; /* NULL until one is asked about */
    bool eof;
    /* Pages of numbers that cells of this page of the scan were taken from. */
    struct quick {
        const struct fb_narrow *page;
        uint64_t at; /* scan.pages */
    } quick[FB_COL_COUNT];
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
    struct fb_buf ddl;
    fb_buf_init(&ddl, 1u << 16);
    fb_buf_puts(&ddl, "CREATE TABLE sessions(");
    for (unsigned i = 0; i < fb_vcol_count(); i++) {
        struct fb_vcol v = fb_vcol_at(i);
        fb_buf_printf(&ddl, "%s%s %s", i ? ", " : "", v.name, v.decl);
    }
    fb_buf_putc(&ddl, ')');
    struct fb_case *c = aux;
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
    *v = (struct vtab){.c = c};
    *out = &v->base;
    return SQLITE_OK;
}

static int vt_disconnect(sqlite3_vtab *base)
{
    sqlite3_free(base);
    return SQLITE_OK;
}

static int vt_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    const struct fb_chunk_list *list = &((struct vtab *)base)->c->sessions;
    return fb_plan_best_index(info, list->n ? list->m[list->n - 1].last_number : 1000000);
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
    fb_session_layers_close(cur->layers);
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

static int vt_filter(sqlite3_vtab_cursor *base, int num, const char *plan, int argc, sqlite3_value **argv)
{
    (void)num;
    struct cursor *cur = (struct cursor *)base;
    struct fb_err err = {0};
    fb_scan_release(&cur->scan);
    memset(cur->quick, 0, sizeof cur->quick); /* the pages may go with their chunks */
    fb_session_layers_close(cur->layers);
    cur->layers = NULL;
    enum fb_status st = fb_case_refresh(cur->scan.c, &err);
    if (st != FB_OK)
        return fail(base->pVtab, st, &err);
    int rc = fb_plan_apply(plan, argc, argv, &cur->scan);
    return rc == SQLITE_OK ? vt_next(base) : rc;
}

static int vt_eof(sqlite3_vtab_cursor *base)
{
    return ((struct cursor *)base)->eof;
}

static int vt_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    const struct fb_scan *s = &((struct cursor *)base)->scan;
    *out = (sqlite3_int64)(fb_chunk_first(fb_scan_chunk(s)) + fb_scan_row(s));
    return SQLITE_OK;
}

/* ---- cells ---- */

static struct fb_span text_of(struct fb_chunk *k, unsigned col, uint32_t row)
{
    uint32_t code = (uint32_t)fb_chunk_value(k, col, row);
    const struct fb_dict *d = fb_chunk_dict(k, (unsigned)fb_col_info[col].dict);
    return d && fb_chunk_failed(k, NULL) == FB_OK ? fb_dict_entry(d, code) : (struct fb_span){NULL, 0};
}

static void put_addr(sqlite3_context *x, struct fb_span bytes)
{
    if (!bytes.p)
        return;
    struct fb_addr a = fb_addr_v6(bytes.p);
    char t[FB_ADDR_STRLEN];
    unsigned n = fb_addr_format(&a, t);
    sqlite3_result_text(x, t, (int)n, SQLITE_TRANSIENT);
}

static void put_mac(sqlite3_context *x, struct fb_chunk *k, unsigned col, uint32_t row)
{
    if (!fb_chunk_value(k, FB_COL_HAS_MACS, row))
        return;
    struct fb_span m = text_of(k, col, row);
    char t[18];
    if (m.p)
        sqlite3_result_text(x, t,
                            snprintf(t, sizeof t, "%02x:%02x:%02x:%02x:%02x:%02x", m.p[0], m.p[1], m.p[2],
                                     m.p[3], m.p[4], m.p[5]),
                            SQLITE_TRANSIENT);
}

static void put_parents(sqlite3_context *x, struct fb_case *c, struct fb_chunk *k, uint32_t row)
{
    uint32_t n;
    const uint64_t *p = fb_chunk_parents(k, row, &n);
    struct fb_buf b;
    fb_buf_init(&b, (size_t)FB_ROW_PARENTS_MAX * FB_UID_STRLEN);
    for (uint32_t i = 0; i < n; i++) {
        struct fb_session s;
        char uid[FB_UID_STRLEN];
        /* An outer session that is not in the case (yet) has no uid to show. */
        if (fb_case_session(c, p[i], &s, NULL) != FB_OK)
            continue;
        fb_session_uid(&s, uid);
        if (b.len)
            fb_buf_putc(&b, ',');
        fb_buf_puts(&b, uid);
    }
    if (b.len)
        sqlite3_result_text(x, (const char *)b.data, (int)b.len, SQLITE_TRANSIENT);
    fb_buf_release(&b);
}

static void put_name(sqlite3_context *x, const char *name)
{
    if (*name)
        sqlite3_result_text(x, name, -1, SQLITE_STATIC);
}

/* uid and Community ID need only the flow; the rest of the record is not decoded. */
static void put_id(sqlite3_context *x, struct fb_chunk *k, unsigned kind, uint32_t row)
{
    struct fb_session s = {.ts_ns = (int64_t)fb_chunk_value(k, FB_COL_TS, row)};
    struct fb_span o = text_of(k, FB_COL_ORIG_H, row), r = text_of(k, FB_COL_RESP_H, row);
    if (!o.p || !r.p)
        return;
    s.orig_h = fb_addr_v6(o.p);
    s.resp_h = fb_addr_v6(r.p);
    s.orig_p = (uint16_t)fb_chunk_value(k, FB_COL_ORIG_P, row);
    s.resp_p = (uint16_t)fb_chunk_value(k, FB_COL_RESP_P, row);
    s.proto = (uint8_t)fb_chunk_value(k, FB_COL_PROTO, row);
    s.ip_proto = (uint8_t)fb_chunk_value(k, FB_COL_IP_PROTO, row);
    s.uid_dup = (uint32_t)fb_chunk_value(k, FB_COL_UID_DUP, row);
    char t[FB_COMMUNITY_ID_STRLEN > FB_UID_STRLEN ? FB_COMMUNITY_ID_STRLEN : FB_UID_STRLEN];
    if (kind == FB_V_UID)
        fb_session_uid(&s, t);
    else
        fb_session_community_id(&s, 0, t);
    if (*t)
        sqlite3_result_text(x, t, -1, SQLITE_TRANSIENT);
}

static void put_number(sqlite3_context *x, unsigned kind, uint64_t v)
{
    char t[FB_TIME_STRLEN];
    switch (kind) {
    case FB_V_UINT:
        sqlite3_result_int64(x, v > INT64_MAX ? INT64_MAX : (sqlite3_int64)v);
        break;
    case FB_V_UNSET:
        if ((int64_t)v != -1)
            sqlite3_result_int64(x, (sqlite3_int64)v);
        break;
    case FB_V_VLAN:
        if (v != FB_VLAN_NONE)
            sqlite3_result_int64(x, (sqlite3_int64)v);
        break;
    case FB_V_TIME:
        sqlite3_result_text(x, t, (int)fb_time_format((int64_t)v, t), SQLITE_TRANSIENT);
        break;
    case FB_V_PROTO:
        put_name(x, fb_session_proto_name((uint8_t)v));
        break;
    case FB_V_STATE:
        put_name(x, fb_conn_state_name((enum fb_conn_state)v));
        break;
    case FB_V_REASON:
        put_name(x, fb_end_reason_name((enum fb_end_reason)v));
        break;
    default:
        sqlite3_result_int64(x, (sqlite3_int64)v);
    }
}

/* Plain numbers, which aggregates ask for by the million, come out of their page directly once it is known.
 */
static bool put_quick(sqlite3_context *x, const struct cursor *cur, const struct fb_vcol *v)
{
    const struct quick *q = &cur->quick[v->col];
    if (v->kind - (unsigned)FB_V_INT > FB_V_UINT - FB_V_INT || q->at != cur->scan.pages)
        return false;
    uint64_t value = fb_narrow_at(q->page, cur->scan.sel[cur->scan.at]);
    sqlite3_result_int64(x, v->kind == FB_V_UINT && value > INT64_MAX ? INT64_MAX : (sqlite3_int64)value);
    return true;
}

static void remember(struct cursor *cur, const struct fb_vcol *v)
{
    const struct fb_narrow *page = fb_chunk_page(fb_scan_chunk(&cur->scan), v->col, fb_scan_row(&cur->scan));
    if (page)
        cur->quick[v->col] = (struct quick){page, cur->scan.pages};
}

static void put_cell(sqlite3_context *x, const struct cursor *cur, const struct fb_vcol *v)
{
    struct fb_chunk *k = fb_scan_chunk(&cur->scan);
    uint32_t row = fb_scan_row(&cur->scan);
    struct fb_span text;
    switch (v->kind) {
    case FB_V_NUMBER:
        sqlite3_result_int64(x, (sqlite3_int64)(fb_chunk_first(k) + row));
        break;
    case FB_V_ADDR:
        put_addr(x, text_of(k, v->col, row));
        break;
    case FB_V_TEXT:
        text = text_of(k, v->col, row);
        if (text.n)
            sqlite3_result_text(x, (const char *)text.p, (int)text.n, SQLITE_TRANSIENT);
        break;
    case FB_V_MAC:
        put_mac(x, k, v->col, row);
        break;
    case FB_V_UID:
    case FB_V_COMMUNITY:
        put_id(x, k, v->kind, row);
        break;
    case FB_V_PARENTS:
        put_parents(x, cur->scan.c, k, row);
        break;
    default:
        put_number(x, v->kind, fb_chunk_value(k, v->col, row));
    }
}

/* A column of a layer, or the tags. */
static enum fb_status put_layer(sqlite3_context *x, struct cursor *cur, const struct fb_vcol *v,
                                struct fb_err *err)
{
    uint64_t number = fb_chunk_first(fb_scan_chunk(&cur->scan)) + fb_scan_row(&cur->scan);
    struct fb_rec_cell cell;
    enum fb_rec_type type;
    const char *tags;
    if (!cur->layers)
        FB_TRY(fb_session_layers_open(cur->scan.c, &cur->layers, err));
    if (v->kind == FB_V_LAYER) {
        FB_TRY(fb_session_layers_cell(cur->layers, number, v->col, &cell, &type, err));
        fb_rec_result(x, type, &cell);
        return FB_OK;
    }
    FB_TRY(fb_session_layers_tags(cur->layers, number, &tags, err));
    cell = (struct fb_rec_cell){.null = !tags, .s = {(const uint8_t *)tags, tags ? strlen(tags) : 0}};
    fb_rec_result(x, FB_REC_TEXT, &cell);
    return FB_OK;
}

static int vt_column(sqlite3_vtab_cursor *base, sqlite3_context *x, int col)
{
    struct cursor *cur = (struct cursor *)base;
    if ((unsigned)col < fb_nvcols && put_quick(x, cur, &fb_vcols[col]))
        return SQLITE_OK;
    if ((unsigned)col >= fb_nvcols) {
        struct fb_vcol v = fb_vcol_at((unsigned)col);
        struct fb_err layer_err = {0};
        enum fb_status st = put_layer(x, cur, &v, &layer_err);
        return st == FB_OK ? SQLITE_OK : fail(base->pVtab, st, &layer_err);
    }
    if (fb_vcols[col].kind == FB_V_IP) {
        sqlite3_result_error(
            x, "ip stands for either end of a session: use it as ip = '...' or ip IN (...), joined by AND",
            -1);
        return SQLITE_OK;
    }
    put_cell(x, cur, &fb_vcols[col]);
    remember(cur, &fb_vcols[col]);
    /* Once for each cell: nothing is cleared that is not needed. */
    if (fb_chunk_failed(fb_scan_chunk(&cur->scan), NULL) == FB_OK)
        return SQLITE_OK;
    struct fb_err err = {0};
    return fail(base->pVtab, fb_chunk_failed(fb_scan_chunk(&cur->scan), &err), &err);
}

enum fb_status fb_vtab_register_sessions(struct fb_case *c, struct fb_err *err)
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
    int rc = sqlite3_create_module_v2(c->db, "sessions", &module, c, NULL);
    return rc == SQLITE_OK ? FB_OK : fb_db_error(c->db, err, "the table of sessions");
}
