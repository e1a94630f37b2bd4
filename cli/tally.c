#include "cli/tally.h"

#include "base/cursor.h"
#include "base/hash.h"
#include "base/timefmt.h"
#include "ingest/packet.h"
#include "intel/lists/list_domain.h"
#include "store/rectab.h"
#include "store/session_layers.h"

void fb_tally_release(struct fb_tally *t)
{
    for (uint32_t i = 0; i < t->n; i++)
        free(t->item[i].text);
    free(t->item);
    free(t->slot);
    *t = (struct fb_tally){0};
}

static uint32_t *slot_of(struct fb_tally *t, unsigned kind, const void *key, size_t len)
{
    uint8_t k[FB_TALLY_KEY_MAX + 1];
    k[0] = (uint8_t)kind;
    memcpy(k + 1, key, len);
    uint32_t i = (uint32_t)fb_siphash13(fb_hash_process_key(), k, len + 1) & (t->nslots - 1);
    for (; t->slot[i]; i = (i + 1) & (t->nslots - 1)) {
        const struct fb_tally_item *at = &t->item[t->slot[i] - 1];
        if (at->kind == kind && at->len == len && memcmp(at->key, key, len) == 0)
            break;
    }
    return &t->slot[i];
}

static bool grow(struct fb_tally *t)
{
    if (t->n < t->cap)
        return true;
    uint32_t cap = t->cap ? t->cap * 2 : 1024;
    struct fb_tally_item *item = realloc(t->item, cap * sizeof *item);
    if (item)
        t->item = item;
    uint32_t *slot = item ? calloc((size_t)cap * 2, sizeof *slot) : NULL;
    if (!slot)
        return false;
    free(t->slot);
    t->slot = slot;
    t->nslots = cap * 2;
    t->cap = cap;
    for (uint32_t i = 0; i < t->n; i++)
        *slot_of(t, item[i].kind, item[i].key, item[i].len) = i + 1;
    return true;
}

struct counting {
    struct fb_tally *t;
    unsigned side;
    struct fb_session_layers *layers;
    int64_t middle_ns;
    struct fb_err *err;
    /* Of the session at hand. */
    unsigned half;
    uint64_t bytes;
};

/* *out NULL: the ceiling is reached. */
static enum fb_status add_item(struct counting *k, unsigned kind, const void *key, size_t len,
                               struct fb_tally_item **out)
{
    struct fb_tally *t = k->t;
    if (!grow(t))
        return fb_err_nomem(k->err, "what is counted");
    uint32_t *slot = slot_of(t, kind, key, len);
    if (!*slot) {
        if (t->n == FB_TALLY_KEYS_MAX) {
            t->left_out++;
            *out = NULL;
            return FB_OK;
        }
        struct fb_tally_item *fresh = &t->item[t->n++];
        *fresh = (struct fb_tally_item){.kind = (uint8_t)kind, .len = (uint8_t)len};
        memcpy(fresh->key, key, len);
        *slot = t->n;
    }
    struct fb_tally_item *i = &t->item[*slot - 1];
    i->sessions[k->side][k->half]++;
    i->bytes[k->side] += k->bytes;
    *out = i;
    return FB_OK;
}

static enum fb_status add(struct counting *k, unsigned kind, const void *key, size_t len, const char *label)
{
    struct fb_tally_item *i;
    FB_TRY(add_item(k, kind, key, len, &i));
    if (i && label && *label && !i->label[0])
        snprintf(i->label, sizeof i->label, "%s", label);
    return FB_OK;
}

static enum fb_status add_name(struct counting *k, unsigned kind, const char *name, size_t n)
{
    return add(k, kind, name, n < FB_TALLY_KEY_MAX ? n : FB_TALLY_KEY_MAX, NULL);
}

static enum fb_status add_hosts(struct counting *k, const struct fb_session *s)
{
    uint8_t pair[32];
    FB_TRY(add(k, FB_TALLY_HOST, s->orig_h.b, 16, NULL));
    if (!fb_addr_eq(&s->orig_h, &s->resp_h))
        FB_TRY(add(k, FB_TALLY_HOST, s->resp_h.b, 16, NULL));
    memcpy(pair, s->orig_h.b, 16);
    memcpy(pair + 16, s->resp_h.b, 16);
    return add(k, FB_TALLY_TALKER, pair, sizeof pair, NULL);
}

static enum fb_status add_ports(struct counting *k, const struct fb_session *s)
{
    /* ICMP has types where others have ports. */
    uint8_t key[20];
    memcpy(key, s->resp_h.b, 16);
    fb_store_be16(key + 16, s->proto == FB_PROTO_ICMP ? s->orig_p : s->resp_p);
    key[18] = s->proto;
    key[19] = s->ip_proto;
    FB_TRY(add(k, FB_TALLY_PORT, key + 16, 4, NULL));
    return s->resp_pkts ? add(k, FB_TALLY_SERVICE, key, sizeof key, s->service) : FB_OK;
}

static bool has_failed(const struct fb_session *s)
{
    return s->conn_state == FB_CS_REJ || s->conn_state == FB_CS_RSTOS0 || s->conn_state == FB_CS_RSTRH ||
           s->conn_state == FB_CS_SH || s->conn_state == FB_CS_S0;
}

static enum fb_status add_rates(struct counting *k, const struct fb_session *s)
{
    const char *proto = fb_session_proto_name(s->proto);
    FB_TRY(add_name(k, FB_TALLY_RATE, "all sessions", 12));
    FB_TRY(add_name(k, FB_TALLY_RATE, proto, strlen(proto)));
    if (has_failed(s))
        FB_TRY(add_name(k, FB_TALLY_RATE, "without an answer or refused", 28));
    for (const char *p = s->service; *p;) {
        size_t n = strcspn(p, ",");
        FB_TRY(add_name(k, FB_TALLY_PROTOCOL, p, n));
        p += n + (p[n] == ',');
    }
    return FB_OK;
}

/* ---- what layers say ---- */

/* `what` is given when the cell holds it; a list holds what is not empty. */
static enum fb_status add_verdict(struct counting *k, const struct fb_session *s, enum fb_session_layer col,
                                  enum fb_tally_layer layer, const char *value, const char *what)
{
    struct fb_rec_cell cell;
    enum fb_rec_type type;
    struct fb_tally_item *i;
    FB_TRY(fb_session_layers_cell(k->layers, s->number, col, &cell, &type, k->err));
    bool is = !cell.null && (value ? type == FB_REC_TEXT && cell.s.n == strlen(value) &&
                                         memcmp(cell.s.p, value, cell.s.n) == 0
                                   : type == FB_REC_LIST && cell.s.n > 0);
    if (!is)
        return FB_OK;
    FB_TRY(add_item(k, FB_TALLY_VERDICT, what, strlen(what), &i));
    if (i)
        i->layer = (uint8_t)layer;
    return FB_OK;
}

/* What is no name, and could be anything, is not counted. */
static enum fb_status add_domain(struct counting *k, const struct fb_session *s, enum fb_session_layer col)
{
    struct fb_rec_cell cell;
    enum fb_rec_type type;
    struct fb_digest_state state;
    struct fb_digest key;
    struct fb_tally_item *i;
    char name[FB_LIST_NAME_MAX + 1];
    FB_TRY(fb_session_layers_cell(k->layers, s->number, col, &cell, &type, k->err));
    size_t n = cell.null || type != FB_REC_TEXT ? 0 : fb_list_name_normal(cell.s.p, cell.s.n, name);
    if (n == 0)
        return FB_OK;
    fb_digest_init(&state, "fb tally name");
    fb_digest_update(&state, name, n);
    fb_digest_final(&state, &key);
    FB_TRY(add_item(k, FB_TALLY_NAME, key.b, sizeof key.b, &i));
    if (!i || i->text)
        return FB_OK;
    i->layer = FB_TALLY_NAMES;
    i->text = strndup(name, n);
    return i->text ? FB_OK : fb_err_nomem(k->err, "what is counted");
}

static enum fb_status add_layers(struct counting *k, const struct fb_session *s)
{
    const bool *has = k->t->has[k->side];
    if (has[FB_TALLY_NAMES]) {
        FB_TRY(add_domain(k, s, FB_LAYER_RESP_DOMAIN));
        FB_TRY(add_domain(k, s, FB_LAYER_ORIG_DOMAIN));
    }
    if (has[FB_TALLY_LISTS]) {
        FB_TRY(add_verdict(k, s, FB_LAYER_CONFORMANCE, FB_TALLY_LISTS, "nonconforming", "nonconforming"));
        FB_TRY(add_verdict(k, s, FB_LAYER_BLACKLIST, FB_TALLY_LISTS, NULL, "blacklisted"));
    }
    if (has[FB_TALLY_SCORES]) {
        FB_TRY(add_verdict(k, s, FB_LAYER_ANOMALY, FB_TALLY_SCORES, "suspicious", "suspicious"));
        FB_TRY(add_verdict(k, s, FB_LAYER_ANOMALY, FB_TALLY_SCORES, "abnormal", "abnormal"));
    }
    return FB_OK;
}

static enum fb_status find_layers(struct fb_case *c, bool has[static FB_TALLY_LAYERS], struct fb_err *err)
{
    static const char *const NAME[] = {"", "names", "list_verdict", "score"};
    struct fb_rec_info t;
    enum fb_status st;
    has[FB_TALLY_FACTS] = true;
    for (size_t i = 0; (st = fb_case_record_table(c, i, &t, err)) == FB_OK; i++)
        for (unsigned k = 1; k < FB_TALLY_LAYERS; k++)
            has[k] |= t.newest && t.run_id && strcmp(t.name, NAME[k]) == 0;
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status on_session(void *ctx, const struct fb_session *s)
{
    struct counting *k = ctx;
    k->half = s->ts_ns >= k->middle_ns;
    k->bytes = s->orig_ip_bytes + s->resp_ip_bytes;
    k->t->sessions[k->side]++;
    FB_TRY(add_hosts(k, s));
    FB_TRY(add_ports(k, s));
    FB_TRY(add_rates(k, s));
    return add_layers(k, s);
}

enum fb_status fb_tally_case(struct fb_tally *t, unsigned side, struct fb_case *c, struct fb_err *err)
{
    struct fb_case_info info;
    FB_TRY(fb_case_info(c, &info, err));
    int64_t span = 0;
    if (info.pkts == 0 || __builtin_sub_overflow(info.last_ts_ns, info.first_ts_ns, &span) || span < 0)
        span = 0;
    t->span_ns[side] = span > FB_NS_PER_S ? span : FB_NS_PER_S;
    struct counting k = {.t = t, .side = side, .middle_ns = info.first_ts_ns + span / 2, .err = err};
    FB_TRY(find_layers(c, t->has[side], err));
    FB_TRY(fb_session_layers_open(c, &k.layers, err));
    enum fb_status st = fb_case_each_session(c, on_session, &k, err);
    fb_session_layers_close(k.layers);
    return st;
}

const char *fb_tally_kind_name(unsigned kind)
{
    static const char *const names[] = {"rate",     "host",   "service", "port",
                                        "protocol", "talker", "name",    "verdict"};
    return kind < FB_TALLY_KINDS ? names[kind] : "";
}

static void put_port(const uint8_t *key, char *out, size_t cap)
{
    unsigned port = fb_load_be16(key);
    if (key[2] == FB_PROTO_OTHER)
        snprintf(out, cap, "IP protocol %u", key[3]);
    else if (key[2] == FB_PROTO_ICMP)
        snprintf(out, cap, "type %u/icmp", port);
    else
        snprintf(out, cap, "%u/%s", port, fb_session_proto_name(key[2]));
}

void fb_tally_text(const struct fb_tally_item *i, char *out, size_t cap)
{
    char a[FB_ADDR_STRLEN] = "", b[FB_ADDR_STRLEN] = "";
    struct fb_addr x, y;
    if (i->text) {
        snprintf(out, cap, "%s", i->text);
        return;
    }
    if (i->len >= 16 && i->kind != FB_TALLY_VERDICT) {
        x = fb_addr_v6(i->key);
        fb_addr_format(&x, a);
    }
    switch (i->kind) {
    case FB_TALLY_HOST:
        snprintf(out, cap, "%s", a);
        break;
    case FB_TALLY_TALKER:
        y = fb_addr_v6(i->key + 16);
        fb_addr_format(&y, b);
        snprintf(out, cap, "%s %s", a, b);
        break;
    case FB_TALLY_SERVICE:
        put_port(i->key + 16, b, sizeof b);
        snprintf(out, cap, "%s %s", a, b);
        break;
    case FB_TALLY_PORT:
        put_port(i->key, out, cap);
        break;
    default:
        snprintf(out, cap, "%.*s", (int)i->len, (const char *)i->key);
        break;
    }
}
