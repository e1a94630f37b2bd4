#include "cli/fields.h"

#include "cli/message.h"
#include "cli/options.h"

/* How a column is got from the record. The plain kinds read the member at `offset`. */
enum source {
    U8,
    U16,
    U32,
    U64,
    TIME,
    DURATION, /* unset when not above zero */
    DELAY,    /* unset when negative */
    TTL,      /* unset when zero */
    VLAN,     /* unset when FB_VLAN_NONE */
    TEXT,     /* unset when empty */
    ADDR,
    MAC, /* unset without has_macs */
    END,
    UID,
    PROTO,
    STATE,
    REASON,
    BYTES,
    PACKETS,
    PARENTS,
    COMMUNITY,
    TAGS,
    LAYER, /* `offset`: in fb_session_layer_cols */
};

struct fb_field {
    const char *name;
    enum source source;
    size_t offset;
};

#define F(member) offsetof(struct fb_session, member)

static const struct fb_field FIELDS[] = {
    {"number", U64, F(number)},
    {"ts", TIME, F(ts_ns)},
    {"uid", UID, 0},
    {"id.orig_h", ADDR, F(orig_h)},
    {"id.orig_p", U16, F(orig_p)},
    {"id.resp_h", ADDR, F(resp_h)},
    {"id.resp_p", U16, F(resp_p)},
    {"proto", PROTO, 0},
    {"ip_proto", U8, F(ip_proto)},
    {"service", TEXT, F(service)},
    {"duration", DURATION, F(duration_ns)},
    {"end_ts", END, 0},
    {"orig_bytes", U64, F(orig_bytes)},
    {"resp_bytes", U64, F(resp_bytes)},
    {"bytes", BYTES, 0},
    {"conn_state", STATE, 0},
    {"end_reason", REASON, 0},
    {"missed_bytes", U64, F(missed_bytes)},
    {"history", TEXT, F(history)},
    {"orig_pkts", U64, F(orig_pkts)},
    {"orig_ip_bytes", U64, F(orig_ip_bytes)},
    {"resp_pkts", U64, F(resp_pkts)},
    {"resp_ip_bytes", U64, F(resp_ip_bytes)},
    {"packets", PACKETS, 0},
    {"tunnel", TEXT, F(tunnel)},
    {"tunnel_parents", PARENTS, 0},
    {"vlan", VLAN, F(vlan)},
    {"inner_vlan", VLAN, F(inner_vlan)},
    {"orig_mac", MAC, F(orig_mac)},
    {"resp_mac", MAC, F(resp_mac)},
    {"orig_ttl", TTL, F(orig_ttl)},
    {"resp_ttl", TTL, F(resp_ttl)},
    {"segments", U64, F(segments)},
    {"segment_gap_sum", DELAY, F(segment_gap_sum_ns)},
    {"segment_regularity_ppm", U32, F(segment_regularity_ppm)},
    {"syn_synack", DELAY, F(syn_synack_ns)},
    {"synack_ack", DELAY, F(synack_ack_ns)},
    {"orig_retrans_pkts", U64, F(orig_retrans_pkts)},
    {"resp_retrans_pkts", U64, F(resp_retrans_pkts)},
    {"orig_ooo_pkts", U64, F(orig_ooo_pkts)},
    {"resp_ooo_pkts", U64, F(resp_ooo_pkts)},
    {"orig_zero_window_pkts", U64, F(orig_zero_window_pkts)},
    {"resp_zero_window_pkts", U64, F(resp_zero_window_pkts)},
    {"bad_checksum_pkts", U64, F(bad_checksum_pkts)},
    {"evidence_pkts", U64, F(evidence_pkts)},
    {"first_ordinal", U64, F(first_ordinal)},
    {"community_id", COMMUNITY, 0},
    {"tags", TAGS, 0},
    {"resp_domain", LAYER, FB_LAYER_RESP_DOMAIN},
    {"resp_domain_source", LAYER, FB_LAYER_RESP_DOMAIN_SOURCE},
    {"orig_domain", LAYER, FB_LAYER_ORIG_DOMAIN},
    {"orig_domain_source", LAYER, FB_LAYER_ORIG_DOMAIN_SOURCE},
    {"score", LAYER, FB_LAYER_SCORE},
    {"anomaly", LAYER, FB_LAYER_ANOMALY},
    {"blacklist", LAYER, FB_LAYER_BLACKLIST},
    {"conformance", LAYER, FB_LAYER_CONFORMANCE},
};
#define NFIELDS (sizeof FIELDS / sizeof *FIELDS)
_Static_assert(NFIELDS <= FB_COLUMNS_MAX, "all columns fit one choice");

size_t fb_field_count(void)
{
    return NFIELDS;
}

const struct fb_field *fb_field_at(size_t i)
{
    return &FIELDS[i];
}

const char *fb_field_name(const struct fb_field *f)
{
    return f->name;
}

bool fb_field_is_number(const struct fb_field *f)
{
    switch (f->source) {
    case U8:
    case U16:
    case U32:
    case U64:
    case DURATION:
    case DELAY:
    case TTL:
    case VLAN:
    case BYTES:
    case PACKETS:
        return true;
    case LAYER:
        return f->offset == FB_LAYER_SCORE;
    default:
        return false;
    }
}

const struct fb_field *fb_field_find(const char *name, size_t n)
{
    for (size_t i = 0; i < NFIELDS; i++) {
        const char *own = FIELDS[i].name;
        bool with_id = strncmp(own, "id.", 3) == 0;
        if ((strlen(own) == n && memcmp(own, name, n) == 0) ||
            (with_id && strlen(own + 3) == n && memcmp(own + 3, name, n) == 0))
            return &FIELDS[i];
    }
    return NULL;
}

const char *fb_field_nearest(const char *name)
{
    const char *names[NFIELDS];
    for (size_t i = 0; i < NFIELDS; i++)
        names[i] = FIELDS[i].name;
    return fb_cli_nearest(name, names, NFIELDS);
}

static uint64_t load_uint(const struct fb_field *f, const char *at)
{
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;
    switch (f->source) {
    case U32:
        memcpy(&u32, at, sizeof u32);
        return u32;
    case U16:
    case VLAN:
        memcpy(&u16, at, sizeof u16);
        return u16;
    case U8:
    case TTL:
        return (uint8_t)*at;
    default:
        memcpy(&u64, at, sizeof u64);
        return u64;
    }
}

static void set_uint(struct fb_value *v, uint64_t u, bool set)
{
    v->u = u;
    v->kind = set ? FB_VAL_UINT : FB_VAL_UNSET;
}

static void set_time(struct fb_value *v, int64_t ns, enum fb_value_kind kind)
{
    v->i = ns;
    v->kind = kind;
}

static void set_text(struct fb_value *v, const char *text)
{
    v->text = text;
    v->kind = text && *text ? FB_VAL_TEXT : FB_VAL_UNSET;
}

static void set_mac(struct fb_value *v, const char *at)
{
    uint8_t mac[6];
    memcpy(mac, at, sizeof mac);
    snprintf(v->own, sizeof v->own, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
             mac[5]);
    set_text(v, v->own);
}

static int64_t end_of(const struct fb_session *s)
{
    int64_t end;
    if (s->duration_ns <= 0 || __builtin_add_overflow(s->ts_ns, s->duration_ns, &end))
        return s->ts_ns;
    return end;
}

static void value_of_plain(const struct fb_field *f, const struct fb_session *s, struct fb_value *v)
{
    const char *at = (const char *)s + f->offset;
    const char *text;
    uint64_t u;
    switch (f->source) {
    case TIME:
        set_time(v, s->ts_ns, FB_VAL_TIME);
        break;
    case DURATION:
    case DELAY:
        u = load_uint(f, at);
        if ((int64_t)u >= (f->source == DURATION ? 1 : 0))
            set_time(v, (int64_t)u, FB_VAL_DURATION);
        break;
    case TEXT:
        memcpy(&text, at, sizeof text);
        set_text(v, text);
        break;
    case ADDR:
        memcpy(&v->addr, at, sizeof v->addr);
        v->kind = FB_VAL_ADDR;
        break;
    case MAC:
        if (s->has_macs)
            set_mac(v, at);
        break;
    default:
        u = load_uint(f, at);
        set_uint(v, u, !(f->source == TTL && u == 0) && !(f->source == VLAN && u == FB_VLAN_NONE));
        break;
    }
}

/* An error is kept, and asked for at the end: fb_session_layers_failed. */
static void value_of_layer(unsigned col, const struct fb_row *row, struct fb_value *v)
{
    struct fb_rec_cell cell;
    enum fb_rec_type type;
    if (!row->layers ||
        fb_session_layers_cell(row->layers, row->s->number, col, &cell, &type, NULL) != FB_OK || cell.null)
        return;
    if (row->hide) {
        const struct fb_session_layer_col *at = &fb_session_layer_cols[col];
        fb_pseudonym_cell(row->hide, col, at->table, at->column, type, &cell);
        if (cell.null)
            return;
    }
    v->bytes = cell.s;
    switch (type) {
    case FB_REC_INT:
    case FB_REC_TIME:
        v->i = cell.i;
        v->kind = FB_VAL_INT;
        break;
    case FB_REC_LIST:
        v->kind = cell.s.n ? FB_VAL_LIST : FB_VAL_UNSET;
        break;
    case FB_REC_ADDR:
        v->addr = cell.addr;
        v->kind = FB_VAL_ADDR;
        break;
    default:
        v->kind = cell.s.n ? FB_VAL_BYTES : FB_VAL_UNSET;
        break;
    }
}

void fb_field_value(const struct fb_field *f, const struct fb_row *row, struct fb_value *v)
{
    const struct fb_session *s = row->s;
    const char *tags;
    v->kind = FB_VAL_UNSET;
    switch (f->source) {
    case END:
        set_time(v, end_of(s), FB_VAL_TIME);
        break;
    case UID:
        fb_session_uid(s, v->own);
        set_text(v, v->own);
        break;
    case COMMUNITY:
        fb_session_community_id(s, 0, v->own);
        set_text(v, v->own);
        break;
    case TAGS:
        /* An error is kept, and asked for at the end: fb_session_layers_failed. */
        if (row->layers && !row->hide && fb_session_layers_tags(row->layers, s->number, &tags, NULL) == FB_OK)
            set_text(v, tags);
        break;
    case PROTO:
        set_text(v, fb_session_proto_name(s->proto));
        break;
    case STATE:
        set_text(v, fb_conn_state_name(s->conn_state));
        break;
    case REASON:
        set_text(v, fb_end_reason_name(s->end_reason));
        break;
    case BYTES:
        set_uint(v, s->orig_bytes + s->resp_bytes, true);
        break;
    case PACKETS:
        set_uint(v, s->orig_pkts + s->resp_pkts, true);
        break;
    case LAYER:
        value_of_layer((unsigned)f->offset, row, v);
        break;
    case PARENTS:
        if (row->parents && s->nparents)
            v->kind = FB_VAL_UIDS;
        break;
    default:
        value_of_plain(f, s, v);
        break;
    }
}

void fb_columns_all(struct fb_columns *out)
{
    out->n = NFIELDS;
    for (size_t i = 0; i < NFIELDS; i++)
        out->field[i] = &FIELDS[i];
}

bool fb_columns_parse(const char *verb, const char *list, struct fb_columns *out)
{
    out->n = 0;
    for (const char *p = list;;) {
        size_t n = strcspn(p, ",");
        const struct fb_field *f = fb_field_find(p, n);
        if (!f || out->n == FB_COLUMNS_MAX) {
            char name[64];
            snprintf(name, sizeof name, "%.*s", n < sizeof name ? (int)n : (int)sizeof name - 1, p);
            const char *near = fb_field_nearest(name);
            if (f)
                fb_cli_usage(verb, "more than %d columns", FB_COLUMNS_MAX);
            else if (near)
                fb_cli_usage(verb, "there is no column \"%s\"; did you mean %s?", name, near);
            else
                fb_cli_usage(verb, "there is no column \"%s\"", name);
            return false;
        }
        out->field[out->n++] = f;
        p += n;
        if (*p++ == '\0')
            return true;
    }
}
