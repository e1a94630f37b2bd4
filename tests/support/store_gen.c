#include "tests/support/store_gen.h"

#include "base/hash.h"

void gen_init(struct gen *g, uint64_t seed)
{
    *g = (struct gen){.x = seed, .ts = 1700000000LL * 1000000000LL, .ordinal = 1};
}

uint64_t gen_u64(struct gen *g)
{
    g->x += 0x9e3779b97f4a7c15ULL;
    return fb_mix64(g->x);
}

uint64_t gen_below(struct gen *g, uint64_t n)
{
    return gen_u64(g) % n;
}

static uint64_t edge(struct gen *g)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     2,
                                     127,
                                     128,
                                     255,
                                     256,
                                     65535,
                                     65536,
                                     UINT32_MAX,
                                     (uint64_t)UINT32_MAX + 1,
                                     INT64_MAX,
                                     (uint64_t)INT64_MAX + 1,
                                     UINT64_MAX - 1,
                                     UINT64_MAX};
    uint64_t k = gen_below(g, 4);
    if (k == 0)
        return edges[gen_below(g, sizeof edges / sizeof *edges)];
    return gen_u64(g) >> gen_below(g, 64);
}

static void text(struct gen *g, char *out, size_t most)
{
    size_t n = gen_below(g, 3) ? gen_below(g, 12) : gen_below(g, most);
    for (size_t i = 0; i < n; i++)
        out[i] = (char)(1 + gen_below(g, 255));
    out[n] = '\0';
}

static void addr(struct gen *g, struct fb_addr *a)
{
    uint8_t v4[4] = {10, 0, (uint8_t)gen_below(g, 4), (uint8_t)gen_u64(g)};
    *a = fb_addr_v4(v4);
    if (gen_below(g, 3) == 0)
        for (unsigned i = 0; i < 16; i++)
            a->b[i] = gen_below(g, 4) ? (uint8_t)gen_u64(g) : 0;
}

void gen_wild(struct gen *g, uint64_t number, struct gen_session *o)
{
    struct fb_session *s = &o->s;
    memset(o, 0, sizeof *o);
    s->number = number;
    s->ts_ns = (int64_t)edge(g);
    s->duration_ns = (int64_t)edge(g);
    addr(g, &s->orig_h);
    addr(g, &s->resp_h);
    s->orig_p = (uint16_t)edge(g);
    s->resp_p = (uint16_t)edge(g);
    s->proto = (uint8_t)edge(g);
    s->ip_proto = (uint8_t)edge(g);
    s->conn_state = (uint8_t)gen_below(g, FB_CS_COUNT);
    s->end_reason = (uint8_t)gen_below(g, FB_END_COUNT);
    s->uid_dup = (uint32_t)edge(g);
    uint64_t *u64[] = {&s->orig_bytes,
                       &s->resp_bytes,
                       &s->missed_bytes,
                       &s->orig_pkts,
                       &s->resp_pkts,
                       &s->orig_ip_bytes,
                       &s->resp_ip_bytes,
                       &s->segments,
                       &s->segment_gap_sum_ns,
                       &s->orig_retrans_pkts,
                       &s->resp_retrans_pkts,
                       &s->orig_ooo_pkts,
                       &s->resp_ooo_pkts,
                       &s->orig_zero_window_pkts,
                       &s->resp_zero_window_pkts,
                       &s->bad_checksum_pkts,
                       &s->first_ordinal,
                       &s->evidence_pkts};
    for (size_t i = 0; i < sizeof u64 / sizeof *u64; i++)
        *u64[i] = edge(g);
    text(g, o->service, sizeof o->service);
    text(g, o->history, sizeof o->history);
    text(g, o->tunnel, sizeof o->tunnel);
    s->service = o->service;
    s->history = o->history;
    s->tunnel = o->tunnel;
    s->vlan = (uint16_t)edge(g);
    s->inner_vlan = gen_below(g, 2) ? FB_VLAN_NONE : (uint16_t)edge(g);
    s->has_macs = (uint8_t)gen_below(g, 2);
    for (unsigned i = 0; i < 6; i++) {
        s->orig_mac[i] = (uint8_t)(gen_below(g, 2) * 0xff);
        s->resp_mac[i] = (uint8_t)gen_u64(g);
    }
    s->orig_ttl = (uint8_t)gen_u64(g);
    s->resp_ttl = (uint8_t)gen_u64(g);
    s->nparents = gen_below(g, 4) ? 0 : (uint32_t)gen_below(g, 8);
    for (uint32_t i = 0; i < s->nparents; i++)
        o->parents[i] = edge(g);
    s->parents = o->parents;
    s->segment_regularity_ppm = (uint32_t)edge(g);
    s->syn_synack_ns = (int64_t)edge(g);
    s->synack_ack_ns = gen_below(g, 2) ? -1 : (int64_t)edge(g);
}

/* Small numbers are likely: n / k has the weight of rank. */
static uint64_t skewed(struct gen *g, uint64_t n)
{
    uint64_t a = gen_below(g, n), b = gen_below(g, n), c = gen_below(g, n);
    a = a < b ? a : b;
    return a < c ? a : c;
}

static struct fb_addr client(struct gen *g)
{
    uint64_t k = skewed(g, 3000);
    const uint8_t v4[4] = {10, (uint8_t)(k % 37), (uint8_t)(k / 37 % 8), (uint8_t)(10 + fb_mix64(k) % 240)};
    struct fb_addr a = fb_addr_v4(v4);
    if (fb_mix64(k) % 5 == 0) {
        memcpy(a.b, "\x20\x01\x0d\xb8\0\x12\0\0", 8);
        for (unsigned i = 8; i < 16; i++)
            a.b[i] = (uint8_t)(fb_mix64(k) >> (8 * (i - 8)));
    }
    return a;
}

static struct fb_addr server(struct gen *g)
{
    uint64_t k = skewed(g, 60000), h = fb_mix64(k / 300 + 7), h2 = fb_mix64(k);
    const uint8_t v4[4] = {(uint8_t)(20 + h % 180), (uint8_t)(h >> 8), (uint8_t)(h >> 16), (uint8_t)h2};
    return fb_addr_v4(v4);
}

static void dns(struct gen *g, struct gen_session *o)
{
    struct fb_session *s = &o->s;
    const uint8_t v4[4] = {10, 0, 5, (uint8_t)(53 + gen_below(g, 3))};
    s->resp_h = fb_addr_v4(v4);
    s->proto = 2;
    s->ip_proto = 17;
    s->resp_p = 53;
    s->conn_state = FB_CS_SF;
    s->orig_pkts = s->resp_pkts = 1;
    s->orig_bytes = 28 + gen_below(g, 30);
    s->resp_bytes = s->orig_bytes + 16 * (1 + gen_below(g, 6));
    s->duration_ns = (int64_t)(200000 + (gen_u64(g) >> (38 + gen_below(g, 8))));
    s->orig_ip_bytes = s->orig_bytes + 28;
    s->resp_ip_bytes = s->resp_bytes + 28;
    memcpy(o->service, "dns", 4);
    memcpy(o->history, "Dd", 3);
    s->end_reason = FB_END_IDLE;
    s->segments = 2;
}

static void tls(struct gen *g, struct gen_session *o)
{
    static const char *const hist[] = {"ShADadFf",  "ShADadfF", "ShADadFfR", "ShAdDaFf",
                                       "ShADadtFf", "ShADadR",  "ShADad"};
    struct fb_session *s = &o->s;
    s->resp_h = server(g);
    s->proto = 1;
    s->ip_proto = 6;
    s->resp_p = gen_below(g, 8) ? 443 : 80;
    unsigned h = (unsigned)skewed(g, 7);
    snprintf(o->history, sizeof o->history, "%s", hist[h]);
    snprintf(o->service, sizeof o->service, "%s", s->resp_p == 443 ? "ssl" : "http");
    s->conn_state = h < 5 ? FB_CS_SF : h == 5 ? FB_CS_RSTO : FB_CS_S1;
    s->end_reason = h < 5 ? FB_END_FIN : h == 5 ? FB_END_RST : FB_END_IDLE;
    s->orig_bytes = 517 + (gen_u64(g) >> (50 + gen_below(g, 6)));
    s->resp_bytes = 3300 + (gen_u64(g) >> (44 + gen_below(g, 10)));
    s->orig_pkts = 5 + s->resp_bytes / 2800 + gen_below(g, 4);
    s->resp_pkts = 5 + s->resp_bytes / 1420 + gen_below(g, 4);
    s->orig_ip_bytes = s->orig_bytes + 52 * s->orig_pkts + 8;
    s->resp_ip_bytes = s->resp_bytes + 52 * s->resp_pkts + 8;
    s->duration_ns = (int64_t)(gen_u64(g) >> (28 + gen_below(g, 10)));
    s->syn_synack_ns = (int64_t)(300000 + (gen_u64(g) >> (40 + gen_below(g, 4))));
    s->synack_ack_ns = (int64_t)(20000 + gen_below(g, 30000));
    s->segments = 4 + gen_below(g, 6);
    s->segment_gap_sum_ns = (uint64_t)s->duration_ns / 2 + gen_below(g, 100000);
    s->segment_regularity_ppm = (uint32_t)gen_below(g, 1000001);
}

static void scan(struct gen *g, struct gen_session *o)
{
    static const uint16_t ports[] = {22, 23, 80, 443, 445, 3389, 8080, 5900};
    struct fb_session *s = &o->s;
    uint64_t k = fb_mix64(gen_below(g, 40000));
    const uint8_t from[4] = {(uint8_t)(64 + k % 100), (uint8_t)(k >> 8), (uint8_t)(k >> 16),
                             (uint8_t)(k >> 24)};
    const uint8_t to[4] = {198, 51, 100, (uint8_t)gen_u64(g)};
    s->orig_h = fb_addr_v4(from);
    s->resp_h = fb_addr_v4(to);
    s->proto = 1;
    s->ip_proto = 6;
    s->resp_p = ports[gen_below(g, 8)];
    s->conn_state = FB_CS_S0;
    s->end_reason = FB_END_ATTEMPT;
    s->orig_pkts = 1 + gen_below(g, 5) / 4;
    s->orig_ip_bytes = s->orig_pkts * (40 + 4 * gen_below(g, 4));
    s->duration_ns = s->orig_pkts > 1 ? 1000000000 + (int64_t)gen_below(g, 1000000) : 0;
    memcpy(o->history, "S", 2);
}

void gen_usual(struct gen *g, uint64_t number, struct gen_session *o)
{
    struct fb_session *s = &o->s;
    memset(o, 0, sizeof *o);
    g->ts += 1 + (int64_t)(gen_u64(g) >> 39) / 4 * (int64_t)(1 + gen_below(g, 3));
    s->number = number;
    s->ts_ns = g->ts;
    s->orig_h = client(g);
    s->orig_p = (uint16_t)(32768 + gen_below(g, 28232));
    s->service = o->service;
    s->history = o->history;
    s->tunnel = o->tunnel;
    s->parents = o->parents;
    s->vlan = (uint16_t)(10 + s->orig_h.b[13] % 37);
    s->inner_vlan = FB_VLAN_NONE;
    s->has_macs = 1;
    memcpy(s->orig_mac, s->orig_h.b + 10, 6);
    memcpy(s->resp_mac, "\x02\0\0\0\0\x01", 6);
    s->syn_synack_ns = s->synack_ack_ns = -1;
    s->orig_ttl = 64;
    uint64_t u = gen_below(g, 100);
    if (u < 45)
        dns(g, o);
    else if (u < 85)
        tls(g, o);
    else
        scan(g, o);
    s->resp_ttl = s->resp_pkts ? (uint8_t)(s->resp_p == 53 ? 64 : 50 + s->resp_h.b[15] % 10) : 0;
    s->first_ordinal = g->ordinal;
    s->evidence_pkts = s->orig_pkts + s->resp_pkts;
    g->ordinal += s->evidence_pkts;
}

const char *gen_differs(const struct fb_session *a, const struct fb_session *b)
{
#define SAME(field)                                                                                          \
    if (a->field != b->field)                                                                                \
    return #field
#define SAME_BYTES(field)                                                                                    \
    if (memcmp(&a->field, &b->field, sizeof a->field) != 0)                                                  \
    return #field
#define SAME_TEXT(field)                                                                                     \
    if (strcmp(a->field, b->field) != 0)                                                                     \
    return #field
    SAME(number);
    SAME(ts_ns);
    SAME(duration_ns);
    SAME_BYTES(orig_h);
    SAME_BYTES(resp_h);
    SAME(orig_p);
    SAME(resp_p);
    SAME(proto);
    SAME(ip_proto);
    SAME(conn_state);
    SAME(end_reason);
    SAME(uid_dup);
    SAME(orig_bytes);
    SAME(resp_bytes);
    SAME(missed_bytes);
    SAME(orig_pkts);
    SAME(resp_pkts);
    SAME(orig_ip_bytes);
    SAME(resp_ip_bytes);
    SAME_TEXT(service);
    SAME_TEXT(history);
    SAME(vlan);
    SAME(inner_vlan);
    SAME(has_macs);
    SAME_BYTES(orig_mac);
    SAME_BYTES(resp_mac);
    SAME(orig_ttl);
    SAME(resp_ttl);
    SAME_TEXT(tunnel);
    SAME(nparents);
    for (uint32_t i = 0; i < a->nparents; i++)
        SAME(parents[i]);
    SAME(segments);
    SAME(segment_gap_sum_ns);
    SAME(segment_regularity_ppm);
    SAME(syn_synack_ns);
    SAME(synack_ack_ns);
    SAME(orig_retrans_pkts);
    SAME(resp_retrans_pkts);
    SAME(orig_ooo_pkts);
    SAME(resp_ooo_pkts);
    SAME(orig_zero_window_pkts);
    SAME(resp_zero_window_pkts);
    SAME(bad_checksum_pkts);
    SAME(first_ordinal);
    SAME(evidence_pkts);
    return NULL;
}
