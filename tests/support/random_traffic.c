#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ingest/packet.h"
#include "tests/support/packet_build.h"
#include "tests/support/random_traffic.h"
#include "tests/support/test_random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIVE = 500, RAW = 101 };

enum conv_kind { CONV_TCP, CONV_UDP, CONV_ICMP, CONV_OTHER };

struct conv {
    enum conv_kind kind;
    char host[2][40];
    uint16_t port[2];
    uint32_t seq[2];
    int step, steps;
    bool v6, ends_by_rst, no_start;
    uint32_t wrap; /* 0 plain, 1 VXLAN, 2 IP in IP, 3 GRE */
    uint16_t frag_id;
};

struct maker {
    struct random_traffic *out;
    struct test_random r;
    struct packet_build b;
    struct conv conv[LIVE];
    int64_t now_ns;
    uint16_t next_frag_id;
    uint8_t payload[1500];
};

static void begin(struct maker *m, struct conv *c)
{
    static const uint16_t server[] = {80, 443, 22, 53, 9000, 9001, 123, 514};
    *c = (struct conv){.kind = CONV_TCP};
    uint32_t k = tr_below(&m->r, 100);
    c->kind = k < 60 ? CONV_TCP : k < 85 ? CONV_UDP : k < 95 ? CONV_ICMP : CONV_OTHER;
    c->v6 = tr_below(&m->r, 5) == 0;
    for (int i = 0; i < 2; i++)
        (void)snprintf(c->host[i], sizeof c->host[i], c->v6 ? "2001:db8:%d::%u" : "10.%d.0.%u", i,
                       1 + tr_below(&m->r, i ? 12 : 60));
    c->port[0] = (uint16_t)(40000 + tr_below(&m->r, 40));
    c->port[1] = server[tr_below(&m->r, sizeof server / sizeof *server)];
    c->seq[0] = (uint32_t)tr_next(&m->r);
    c->seq[1] = (uint32_t)tr_next(&m->r);
    c->steps = 1 + (int)tr_below(&m->r, tr_below(&m->r, 3) ? 14 : 60);
    c->ends_by_rst = tr_below(&m->r, 5) == 0;
    c->no_start = tr_below(&m->r, 6) == 0;
    c->wrap = c->v6 || tr_below(&m->r, 4) ? 0 : 1 + tr_below(&m->r, 3);
}

/* The packet in m->b, as it was captured. */
static void record(struct maker *m)
{
    struct random_traffic *t = m->out;
    if (tr_below(&m->r, 33) == 0)
        return; /* lost */
    int copies = tr_below(&m->r, 40) == 0 ? 2 : 1;
    for (int i = 0; i < copies; i++) {
        if (t->n == t->cap) {
            t->cap = t->cap ? t->cap * 2 : 4096;
            t->rec = realloc(t->rec, t->cap * sizeof *t->rec);
            assert_non_null(t->rec);
        }
        uint32_t caplen = (uint32_t)m->b.n;
        if (tr_below(&m->r, 50) == 0 && caplen > 60)
            caplen = 60 + tr_below(&m->r, caplen - 60);
        uint8_t *data = malloc(caplen);
        assert_non_null(data);
        memcpy(data, m->b.p, caplen);
        int64_t late = tr_below(&m->r, 60) == 0 ? (int64_t)tr_below(&m->r, 2000000000) : 0;
        if (late && tr_below(&m->r, 10) == 0)
            late *= 60;
        t->rec[t->n] = (struct fb_record){.data = data,
                                          .caplen = caplen,
                                          .wirelen = (uint32_t)m->b.n,
                                          .linktype = RAW,
                                          .ts_ns = m->now_ns - late,
                                          .pkt_no = t->n + 1};
        t->n++;
    }
    /* Reordering: the new packet changes places with one a little before. */
    if (t->n > 10 && tr_below(&m->r, 25) == 0) {
        size_t i = t->n - 1, k = i - 1 - tr_below(&m->r, 8);
        struct fb_record tmp = t->rec[i];
        t->rec[i] = t->rec[k];
        t->rec[k] = tmp;
    }
}

static void wrap_and_record(struct maker *m, const struct conv *c)
{
    static const uint8_t vni[8] = {8, 0, 0, 0, 0, 0, 42, 0}, gre[4] = {0, 0, 8, 0};
    if (c->wrap == 1) {
        pb_ethernet(&m->b, 0x0800);
        pb_front(&m->b, vni, sizeof vni);
        pb_udp(&m->b, (uint16_t)(50000 + tr_below(&m->r, 3)), 4789);
        pb_ip4(&m->b, "172.16.0.1", "172.16.0.2", 17);
    } else if (c->wrap == 2) {
        pb_ip4_header(&m->b, "172.16.0.3", "172.16.0.4", 4, 1, 0);
    } else if (c->wrap == 3) {
        pb_front(&m->b, gre, sizeof gre);
        pb_ip4_header(&m->b, "172.16.0.5", "172.16.0.6", 47, 1, 0);
    }
    record(m);
}

/* The IPv4 packet in m->b in fragments, in random order. */
static void fragment(struct maker *m, const struct conv *c, int dir, uint8_t proto)
{
    static uint8_t bytes[2048];
    size_t n = m->b.n - 20, part = 8 * (1 + tr_below(&m->r, 60));
    assert_true(n <= sizeof bytes);
    memcpy(bytes, m->b.p + 20, n);
    uint16_t id = ++m->next_frag_id;
    size_t parts = (n + part - 1) / part, first = tr_below(&m->r, (uint32_t)parts);
    for (size_t k = 0; k < parts; k++) {
        size_t i = (k + first) % parts, at = i * part, len = n - at < part ? n - at : part;
        pb_start(&m->b, bytes + at, len);
        pb_ip4_header(&m->b, c->host[dir], c->host[1 - dir], proto, id,
                      (uint16_t)((at + len < n ? 0x2000 : 0) | at / 8));
        wrap_and_record(m, c);
    }
}

static void send_ip(struct maker *m, const struct conv *c, int dir, uint8_t proto)
{
    if (c->v6)
        pb_ip6(&m->b, c->host[dir], c->host[1 - dir], proto == 1 ? 58 : proto);
    else
        pb_ip4(&m->b, c->host[dir], c->host[1 - dir], proto);
    if (tr_below(&m->r, 50) == 0 && m->b.n > 48)
        m->b.p[m->b.n - 1] ^= 0x3c; /* the checksum does not hold any more */
    if (!c->v6 && m->b.n > 100 && tr_below(&m->r, 12) == 0)
        fragment(m, c, dir, proto);
    else
        wrap_and_record(m, c);
}

static void tcp(struct maker *m, struct conv *c, int dir, uint8_t flags, uint32_t len)
{
    pb_start(&m->b, m->payload, len);
    uint32_t back = tr_below(&m->r, 20) == 0 ? tr_below(&m->r, 3000) : 0; /* repeats, or acknowledges less */
    pb_tcp(&m->b, c->port[dir], c->port[1 - dir], flags, c->seq[dir] - (len ? back : 0),
           flags & FB_TCP_ACK ? c->seq[1 - dir] - (len ? 0 : back) : 0);
    if (tr_below(&m->r, 50) == 0)
        m->b.p[14] = m->b.p[15] = 0; /* window */
    c->seq[dir] += len + (flags & (FB_TCP_SYN | FB_TCP_FIN) ? 1u : 0u);
    if (tr_below(&m->r, 60) == 0)
        c->seq[dir] += tr_below(&m->r, 5000); /* never captured */
    send_ip(m, c, dir, 6);
}

static void tcp_step(struct maker *m, struct conv *c)
{
    int k = c->step + (c->no_start ? 3 : 0);
    if (k == 0)
        tcp(m, c, 0, FB_TCP_SYN, tr_below(&m->r, 30) ? 0 : 40);
    else if (k == 1)
        tcp(m, c, 1, FB_TCP_SYN | FB_TCP_ACK, 0);
    else if (k == 2)
        tcp(m, c, 0, FB_TCP_ACK, 0);
    else if (c->step + 3 < c->steps)
        tcp(m, c, (int)tr_below(&m->r, 2), tr_below(&m->r, 2) ? FB_TCP_ACK : FB_TCP_ACK | FB_TCP_PSH,
            tr_below(&m->r, 3) ? 1 + tr_below(&m->r, 1400) : 0);
    else if (c->ends_by_rst)
        tcp(m, c, (int)tr_below(&m->r, 2), FB_TCP_RST | FB_TCP_ACK, 0);
    else if (c->step + 1 < c->steps)
        tcp(m, c, c->step % 2, FB_TCP_FIN | FB_TCP_ACK, tr_below(&m->r, 3) ? 0 : 17);
    else
        tcp(m, c, (int)tr_below(&m->r, 2), FB_TCP_ACK, 0);
}

static void step(struct maker *m, struct conv *c)
{
    int dir = c->step ? (int)tr_below(&m->r, 2) : 0;
    switch (c->kind) {
    case CONV_TCP:
        tcp_step(m, c);
        break;
    case CONV_UDP:
        pb_start(&m->b, m->payload, tr_below(&m->r, 1400));
        pb_udp(&m->b, c->port[dir], c->port[1 - dir]);
        send_ip(m, c, dir, 17);
        break;
    case CONV_ICMP:
        pb_start(&m->b, m->payload, tr_below(&m->r, 200));
        if (tr_below(&m->r, 4) == 0)
            pb_icmp(&m->b, c->v6 ? 1 : 3, (uint8_t)tr_below(&m->r, 3));
        else
            pb_icmp(&m->b, (uint8_t)(c->v6 ? 128 + dir : dir ? 0 : 8), 0);
        send_ip(m, c, dir, 1);
        break;
    default:
        pb_start(&m->b, m->payload, tr_below(&m->r, 200));
        send_ip(m, c, dir, c->port[1] % 2 ? 132 : 46);
        break;
    }
}

void rt_make(struct random_traffic *t, uint64_t seed, size_t npkts)
{
    struct maker *m = calloc(1, sizeof *m);
    assert_non_null(m);
    *t = (struct random_traffic){0};
    m->out = t;
    m->r.state = seed;
    m->now_ns = 1700000000000000000LL;
    for (size_t i = 0; i < sizeof m->payload; i++)
        m->payload[i] = (uint8_t)tr_next(&m->r);
    for (int i = 0; i < LIVE; i++)
        begin(m, &m->conv[i]);
    while (t->n < npkts) {
        m->now_ns += (int64_t)tr_below(&m->r, 2000000);
        uint32_t jump = tr_below(&m->r, 20000);
        if (jump < 20)
            m->now_ns += (int64_t)tr_below(&m->r, 12000) * 1000000;
        else if (jump == 20)
            m->now_ns += (int64_t)tr_below(&m->r, 600) * 1000000000;
        struct conv *c = &m->conv[tr_below(&m->r, LIVE)];
        step(m, c);
        if (++c->step >= c->steps)
            begin(m, c);
    }
    free(m);
}

void rt_free(struct random_traffic *t)
{
    for (size_t i = 0; i < t->n; i++)
        free((void *)(uintptr_t)t->rec[i].data);
    free(t->rec);
    *t = (struct random_traffic){0};
}
