/* The SQL table `packets`: which packets of the evidence belong to which session, in the order in which the
 * session took them. */
#include "store/case_impl.h"

enum { COL_NUMBER, COL_ORDINAL, COL_EVIDENCE, COL_PKT_NO };

struct vtab {
    sqlite3_vtab base;
    struct fb_case *c;
};

struct cursor {
    sqlite3_vtab_cursor base;
    uint64_t lo, hi; /* numbers asked for */
    uint64_t cid;    /* chunk it stands on; an index would not survive that the list is read again */
    uint32_t entry;
    uint32_t pkt;      /* in the entry */
    size_t steps_done; /* bytes of its steps taken */
    uint64_t number, ordinal;
    uint64_t place; /* of the packet among those of its session */
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
    c->internal++; /* the authorizer sees the declaration as a table being made */
    int rc = sqlite3_declare_vtab(
        db, "CREATE TABLE packets(number INTEGER, ordinal INTEGER, evidence INTEGER, pkt_no INTEGER)");
    c->internal--;
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

/* Bounds on the session number go down; idxNum says which: 1 equal, 2 lower, 4 upper. SQLite checks them
 * again. */
static int vt_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    (void)base;
    int arg[3] = {-1, -1, -1};
    for (int i = 0; i < info->nConstraint; i++) {
        if (!info->aConstraint[i].usable || info->aConstraint[i].iColumn != COL_NUMBER)
            continue;
        switch (info->aConstraint[i].op) {
        case SQLITE_INDEX_CONSTRAINT_EQ:
            arg[0] = i;
            break;
        case SQLITE_INDEX_CONSTRAINT_GT:
        case SQLITE_INDEX_CONSTRAINT_GE:
            arg[1] = i;
            break;
        case SQLITE_INDEX_CONSTRAINT_LT:
        case SQLITE_INDEX_CONSTRAINT_LE:
            arg[2] = i;
            break;
        default:
            break;
        }
    }
    int n = 0;
    double rows = 1e7;
    for (int k = 0; k < 3; k++) {
        if (arg[k] < 0 || (k > 0 && arg[0] >= 0))
            continue;
        info->aConstraintUsage[arg[k]].argvIndex = ++n;
        info->idxNum |= 1 << k;
        rows *= k == 0 ? 1e-6 : 0.25;
    }
    info->estimatedRows = (sqlite3_int64)rows;
    info->estimatedCost = 2000 + rows;
    info->orderByConsumed =
        info->nOrderBy == 1 && info->aOrderBy[0].iColumn == COL_NUMBER && !info->aOrderBy[0].desc;
    return SQLITE_OK;
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
    sqlite3_free(base);
    return SQLITE_OK;
}

/* The first chunk whose id is not below `cid`. */
static const struct fb_chunk_meta *chunk_from(const struct fb_case *c, uint64_t cid)
{
    size_t lo = 0, hi = c->packets.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->packets.m[mid].cid < cid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < c->packets.n ? &c->packets.m[lo] : NULL;
}

/* Stands on the first packet of the first entry at or after the place whose number is asked for. */
static enum fb_status settle(struct cursor *cur, struct fb_case *c, struct fb_err *err)
{
    for (;;) {
        const struct fb_chunk_meta *m = chunk_from(c, cur->cid);
        const struct fb_packet_chunk *k;
        if (!m || m->first_number > cur->hi)
            return FB_EOF;
        if (m->cid != cur->cid)
            cur->entry = 0;
        cur->cid = m->cid;
        FB_TRY(fb_case_packet_chunk(c, m, &k, err));
        while (cur->entry < k->n && k->entry[cur->entry].number < cur->lo)
            cur->entry++;
        if (cur->entry < k->n) {
            cur->place = k->entry[cur->entry].number == cur->number ? cur->place + 1 : 0;
            cur->number = k->entry[cur->entry].number;
            cur->ordinal = k->entry[cur->entry].first_ordinal;
            cur->pkt = 0;
            cur->steps_done = 0;
            return cur->number <= cur->hi ? FB_OK : FB_EOF;
        }
        cur->cid++;
        cur->entry = 0;
    }
}

static enum fb_status advance(struct cursor *cur, struct fb_case *c, struct fb_err *err)
{
    const struct fb_packet_chunk *k;
    /* Another cursor may have unpacked another chunk since. */
    const struct fb_chunk_meta *m = chunk_from(c, cur->cid);
    FB_BUG(!m || m->cid != cur->cid);
    FB_TRY(fb_case_packet_chunk(c, m, &k, err));
    const struct fb_packet_entry *e = &k->entry[cur->entry];
    if (++cur->pkt < e->pkts) {
        cur->place++;
        struct fb_cur steps = fb_cur_init(e->steps + cur->steps_done, e->steps_bytes - cur->steps_done);
        cur->ordinal = fb_packet_step(&steps, cur->ordinal);
        cur->steps_done = e->steps_bytes - fb_cur_left(&steps);
        return FB_OK;
    }
    cur->entry++;
    return settle(cur, c, err);
}

static int stand(struct cursor *cur, enum fb_status st, const struct fb_err *err)
{
    cur->eof = st != FB_OK;
    return st == FB_OK || st == FB_EOF ? SQLITE_OK : fail(cur->base.pVtab, st, err);
}

static int vt_next(sqlite3_vtab_cursor *base)
{
    struct cursor *cur = (struct cursor *)base;
    struct fb_err err = {0};
    return stand(cur, advance(cur, ((struct vtab *)base->pVtab)->c, &err), &err);
}

static int vt_filter(sqlite3_vtab_cursor *base, int num, const char *str, int argc, sqlite3_value **argv)
{
    (void)str, (void)argc;
    struct cursor *cur = (struct cursor *)base;
    struct fb_case *c = ((struct vtab *)base->pVtab)->c;
    struct fb_err err = {0};
    cur->lo = 1;
    cur->hi = INT64_MAX;
    for (int k = 0, arg = 0; k < 3; k++) {
        if (!(num & 1 << k))
            continue;
        sqlite3_value *v = argv[arg++];
        int64_t i = sqlite3_value_int64(v);
        if (sqlite3_value_type(v) != SQLITE_INTEGER)
            continue;
        if (k != 2 && i > 0)
            cur->lo = (uint64_t)i;
        if (k != 1)
            cur->hi = i > 0 ? (uint64_t)i : 0;
    }
    enum fb_status st = fb_case_refresh(c, &err);
    if (st == FB_OK) {
        size_t at = fb_chunk_list_find(&c->packets, cur->lo);
        cur->cid = at < c->packets.n ? c->packets.m[at].cid : UINT64_MAX;
        cur->entry = 0;
        cur->number = 0;
        st = settle(cur, c, &err);
    }
    return stand(cur, st, &err);
}

static int vt_eof(sqlite3_vtab_cursor *base)
{
    return ((struct cursor *)base)->eof;
}

static int vt_column(sqlite3_vtab_cursor *base, sqlite3_context *x, int col)
{
    const struct cursor *cur = (const struct cursor *)base;
    struct fb_packet_ref ref;
    struct fb_err err = {0};
    if (col == COL_NUMBER || col == COL_ORDINAL) {
        sqlite3_result_int64(x, (sqlite3_int64)(col == COL_NUMBER ? cur->number : cur->ordinal));
        return SQLITE_OK;
    }
    enum fb_status st = fb_timeline_find(((struct vtab *)base->pVtab)->c, cur->ordinal, &ref, &err);
    if (st != FB_OK)
        return fail(base->pVtab, st, &err);
    sqlite3_result_int64(x, col == COL_EVIDENCE ? (sqlite3_int64)ref.evidence : (sqlite3_int64)ref.pkt_no);
    return SQLITE_OK;
}

static int vt_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    const struct cursor *cur = (const struct cursor *)base;
    *out = (sqlite3_int64)(cur->number << 28 | (cur->place & 0xfffffff));
    return SQLITE_OK;
}

enum fb_status fb_vtab_register_packets(struct fb_case *c, struct fb_err *err)
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
    int rc = sqlite3_create_module_v2(c->db, "packets", &module, c, NULL);
    return rc == SQLITE_OK ? FB_OK : fb_db_error(c->db, err, "the table of packets");
}
