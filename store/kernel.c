#include "store/kernel.h"

#include "store/kernel_pages.h"
#include "store/zone.h"

void fb_key_from_number(int64_t v, uint8_t out[static FB_KEY_NUMBER_LEN])
{
    uint64_t u = (uint64_t)v ^ (uint64_t)1 << 63;
    for (unsigned i = 0; i < FB_KEY_NUMBER_LEN; i++)
        out[i] = (uint8_t)(u >> (56 - 8 * i));
}

int64_t fb_key_to_number(const uint8_t p[static FB_KEY_NUMBER_LEN])
{
    return (int64_t)(fb_load_be64(p) ^ (uint64_t)1 << 63);
}

/* ---- what can be summed up by ---- */

enum by_kind {
    BY_ALL,
    BY_NUMBER, /* at most 65,535 */
    BY_VLAN,   /* the same; FB_VLAN_NONE is no value */
    BY_NAME,   /* a number that shows as a name */
    BY_DICT,
    BY_ENDS
};

static const char *state_name(unsigned v)
{
    return fb_conn_state_name((enum fb_conn_state)v);
}

static const char *reason_name(unsigned v)
{
    return fb_end_reason_name((enum fb_end_reason)v);
}

static const char *proto_name(unsigned v)
{
    return fb_session_proto_name((uint8_t)v);
}

static const struct by {
    const char *name;
    uint8_t kind, col;
    const char *(*text)(unsigned v);
} bys[] = {
    {"all", BY_ALL, FB_COL_PROTO, NULL},
    {"orig_h", BY_DICT, FB_COL_ORIG_H, NULL},
    {"resp_h", BY_DICT, FB_COL_RESP_H, NULL},
    {"ip", BY_ENDS, FB_COL_ORIG_H, NULL},
    {"orig_p", BY_NUMBER, FB_COL_ORIG_P, NULL},
    {"resp_p", BY_NUMBER, FB_COL_RESP_P, NULL},
    {"proto", BY_NAME, FB_COL_PROTO, proto_name},
    {"ip_proto", BY_NUMBER, FB_COL_IP_PROTO, NULL},
    {"service", BY_DICT, FB_COL_SERVICE, NULL},
    {"conn_state", BY_NAME, FB_COL_CONN_STATE, state_name},
    {"history", BY_DICT, FB_COL_HISTORY, NULL},
    {"end_reason", BY_NAME, FB_COL_END_REASON, reason_name},
    {"vlan", BY_VLAN, FB_COL_VLAN, NULL},
    {"inner_vlan", BY_VLAN, FB_COL_INNER_VLAN, NULL},
    {"tunnel", BY_DICT, FB_COL_TUNNEL, NULL},
    {"orig_ttl", BY_NUMBER, FB_COL_ORIG_TTL, NULL},
    {"resp_ttl", BY_NUMBER, FB_COL_RESP_TTL, NULL},
};

const char fb_kernel_by_names[] = "all, orig_h, resp_h, ip, orig_p, resp_p, proto, ip_proto, service, "
                                  "conn_state, history, end_reason, vlan, inner_vlan, tunnel, orig_ttl, "
                                  "resp_ttl";

static const struct by *find_by(const char *name)
{
    for (size_t i = 0; i < sizeof bys / sizeof *bys; i++)
        if (strcmp(bys[i].name, name) == 0)
            return &bys[i];
    return NULL;
}

static enum fb_status add_number(struct fb_kernel *k, const struct by *by, unsigned v,
                                 const struct fb_tally *t, struct fb_err *err)
{
    uint8_t key[FB_KEY_NUMBER_LEN];
    const char *text;
    if (t->sessions == 0)
        return FB_OK;
    switch (by->kind) {
    case BY_ALL:
        return fb_groups_add(k->out, "all", 3, t, err);
    case BY_NAME:
        text = by->text(v);
        return fb_groups_add(k->out, text, strlen(text), t, err);
    default:
        fb_key_from_number(v, key);
        return fb_groups_add(k->out, key, by->kind == BY_VLAN && v == FB_VLAN_NONE ? 0 : sizeof key, t, err);
    }
}

/* ---- zone maps ---- */

static enum fb_status services_of_zone(struct fb_kernel *k, uint64_t cid, bool *done, struct fb_err *err)
{
    struct fb_zone_service s[FB_ZONE_SERVICES_MAX];
    sqlite3_stmt *st;
    size_t n = 0;
    k->c->internal++;
    enum fb_status got = fb_db_prepare(k->c->db, "SELECT zone FROM chunk WHERE cid=?", &st, err);
    k->c->internal--;
    FB_TRY(got);
    sqlite3_bind_int64(st, 1, (sqlite3_int64)cid);
    *done = sqlite3_step(st) == SQLITE_ROW && sqlite3_column_blob(st, 0) &&
            fb_zone_services(sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0), s, &n);
    for (size_t i = 0; i < n && *done && got == FB_OK; i++)
        got = fb_groups_add(k->out, s[i].name.p, s[i].name.n, &s[i].t, err);
    sqlite3_finalize(st);
    return got;
}

/* *done: the zone map of a chunk that lies wholly in the window told all. */
static enum fb_status by_zone(struct fb_kernel *k, const struct by *by, const struct fb_chunk_meta *m,
                              bool *done, struct fb_err *err)
{
    *done = false;
    if (by->col == FB_COL_SERVICE)
        return services_of_zone(k, m->cid, done, err);
    if (by->col != FB_COL_CONN_STATE && by->col != FB_COL_PROTO)
        return FB_OK;
    const struct fb_tally *t = by->col == FB_COL_PROTO ? m->zone.protos : m->zone.states;
    /* The last one has several values in it. */
    if (t[15].sessions && by->kind != BY_ALL)
        return FB_OK;
    for (unsigned v = 0; v < 16; v++)
        FB_TRY(add_number(k, by, v, &t[v], err));
    *done = true;
    return FB_OK;
}

/* ---- chunks ---- */

static enum fb_status by_numbers(struct fb_pages *p, unsigned col, struct fb_tally *sums, struct fb_err *err)
{
    uint64_t key[FB_PAGE_ROWS];
    enum fb_status st;
    while ((st = fb_pages_next(p, err)) == FB_OK) {
        FB_TRY(fb_pages_column(p, col, key, err));
        fb_pages_scatter(p, key, sums);
    }
    return st == FB_EOF ? FB_OK : st;
}

/* Sums by both ends; a session between an address and itself counts once. */
static enum fb_status by_ends(struct fb_pages *p, struct fb_tally *sums, struct fb_err *err)
{
    uint64_t orig[FB_PAGE_ROWS], resp[FB_PAGE_ROWS];
    enum fb_status st;
    while ((st = fb_pages_next(p, err)) == FB_OK) {
        FB_TRY(fb_pages_column(p, FB_COL_ORIG_H, orig, err));
        FB_TRY(fb_pages_column(p, FB_COL_RESP_H, resp, err));
        fb_pages_scatter(p, orig, sums);
        for (uint32_t i = 0; i < p->n; i++) {
            struct fb_tally t = fb_pages_tally(p, i);
            if (orig[i] != resp[i])
                fb_tally_add(&sums[resp[i]], &t);
        }
    }
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status by_codes(struct fb_kernel *k, struct fb_pages *p, const struct by *by,
                               struct fb_err *err)
{
    const struct fb_dict *d = fb_chunk_dict(p->held->chunk, (unsigned)fb_col_info[by->col].dict);
    if (!d)
        return fb_chunk_failed(p->held->chunk, err);
    struct fb_tally *sums = calloc(d->n + 1u, sizeof *sums);
    if (!sums)
        return fb_err_nomem(err, "sums of a chunk");
    enum fb_status st = by->kind == BY_ENDS ? by_ends(p, sums, err) : by_numbers(p, by->col, sums, err);
    for (uint32_t i = 0; i < d->n && st == FB_OK; i++) {
        struct fb_span e = fb_dict_entry(d, i);
        if (sums[i].sessions)
            st = fb_groups_add(k->out, e.p, e.n, &sums[i], err);
    }
    free(sums);
    return st;
}

#define NUMBERS 65536u

enum fb_status fb_kernel_by(struct fb_kernel *k, const char *name, enum fb_key_kind *kind, struct fb_err *err)
{
    const struct by *by = find_by(name);
    if (!by)
        return fb_err_set(err, FB_ERR_USAGE, "by: '%.60s' is none of %s", name, fb_kernel_by_names);
    bool is_dict = by->kind == BY_DICT || by->kind == BY_ENDS, done;
    *kind = by->kind == BY_NUMBER || by->kind == BY_VLAN ? FB_KEY_NUMBER
            : fb_col_info[by->col].dict == FB_DICT_ADDR  ? FB_KEY_ADDR
                                                         : FB_KEY_TEXT;
    struct fb_pages *p = fb_pages_new(k, false);
    /* Columns of numbers have one array for all chunks, dictionaries one for each. */
    struct fb_tally *sums = calloc(is_dict ? 1 : NUMBERS, sizeof *sums);
    const struct fb_chunk_meta *m;
    enum fb_status st = p && sums ? FB_OK : fb_err_nomem(err, "sums");
    while (st == FB_OK && (st = fb_pages_next_chunk(p, &m, err)) == FB_OK) {
        done = false;
        if (p->inside)
            st = by_zone(k, by, m, &done, err);
        if (st == FB_OK && !done)
            st = fb_pages_enter(p, err);
        if (st == FB_OK && !done)
            st = is_dict ? by_codes(k, p, by, err) : by_numbers(p, by->col, sums, err);
    }
    st = st == FB_EOF ? FB_OK : st;
    for (unsigned v = 0; v < NUMBERS && !is_dict && st == FB_OK; v++)
        st = add_number(k, by, v, &sums[v], err);
    free(sums);
    fb_pages_free(p);
    return st;
}

/* ---- time ---- */

struct bucket {
    int64_t start, last;
};

/* The bucket of a time; it ends where int64_t does. */
static struct bucket bucket_of(int64_t ts, int64_t len)
{
    int64_t over = ts % len;
    if (over < 0)
        over += len;
    int64_t rest = len - 1 - over;
    return (struct bucket){ts < INT64_MIN + over ? INT64_MIN : ts - over,
                           ts > INT64_MAX - rest ? INT64_MAX : ts + rest};
}

static enum fb_status add_bucket(struct fb_kernel *k, int64_t start, const struct fb_tally *t,
                                 struct fb_err *err)
{
    uint8_t key[FB_KEY_NUMBER_LEN];
    fb_key_from_number(start, key);
    return t->sessions ? fb_groups_add(k->out, key, sizeof key, t, err) : FB_OK;
}

/* Rows come nearly in the order of time: a run of rows in one bucket is added at once. */
static enum fb_status bucket_rows(struct fb_kernel *k, struct fb_pages *p, int64_t bucket, struct fb_err *err)
{
    enum fb_status st;
    struct fb_tally run = {0};
    struct bucket at = {0, -1};
    while ((st = fb_pages_next(p, err)) == FB_OK) {
        for (uint32_t i = 0; i < p->n; i++) {
            int64_t ts = (int64_t)p->ts[i];
            if (ts < at.start || ts > at.last) {
                FB_TRY(add_bucket(k, at.start, &run, err));
                run = (struct fb_tally){0};
                at = bucket_of(ts, bucket);
            }
            struct fb_tally t = fb_pages_tally(p, i);
            fb_tally_add(&run, &t);
        }
    }
    return st == FB_EOF ? add_bucket(k, at.start, &run, err) : st;
}

enum fb_status fb_kernel_timeline(struct fb_kernel *k, int64_t bucket_ns, struct fb_err *err)
{
    struct fb_pages *p = fb_pages_new(k, true);
    const struct fb_chunk_meta *m;
    enum fb_status st = p ? FB_OK : fb_err_nomem(err, "sums");
    while (st == FB_OK && (st = fb_pages_next_chunk(p, &m, err)) == FB_OK) {
        struct bucket first = bucket_of((int64_t)m->zone.lo[FB_COL_TS], bucket_ns);
        if (p->inside && first.last >= (int64_t)m->zone.hi[FB_COL_TS]) {
            for (unsigned v = 0; v < 16 && st == FB_OK; v++)
                st = add_bucket(k, first.start, &m->zone.protos[v], err);
            continue;
        }
        st = fb_pages_enter(p, err);
        if (st == FB_OK)
            st = bucket_rows(k, p, bucket_ns, err);
    }
    fb_pages_free(p);
    return st == FB_EOF ? FB_OK : st;
}
