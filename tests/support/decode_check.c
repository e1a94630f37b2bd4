#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/decode_check.h"

#include <stdlib.h>
#include <string.h>

void dc_init(struct decode_check *c, const struct fb_decode_opts *opts)
{
    memset(c, 0, sizeof *c);
    assert_int_equal(fb_decoder_new(opts, &c->d, NULL), FB_OK);
}

void dc_release(struct decode_check *c)
{
    fb_decoder_free(c->d);
    free(c->copy);
}

static void collect(struct decode_check *c)
{
    while (c->npkts < DC_PACKETS && fb_decode_next(c->d, &c->pkt[c->npkts])) {
        const struct fb_packet *k = &c->pkt[c->npkts++];
        assert_true(k->payload_caplen <= k->payload_bytes);
        /* The packet entered is the last one handed out, so what is left waits. */
        if (k->proto == FB_PROTO_UDP)
            return;
    }
}

unsigned dc_feed_cut(struct decode_check *c, uint32_t linktype, const uint8_t *p, size_t n, size_t wire)
{
    free(c->copy);
    c->copy = malloc(n > 0 ? n : 1);
    assert_non_null(c->copy);
    memcpy(c->copy, p, n);
    struct fb_record rec = {.data = c->copy,
                            .caplen = (uint32_t)n,
                            .wirelen = (uint32_t)wire,
                            .linktype = linktype,
                            .ts_ns = c->now_ns};
    c->npkts = 0;
    fb_decode_begin(c->d, &rec, ++c->ordinal, c->now_ns);
    collect(c);
    return c->npkts;
}

unsigned dc_feed(struct decode_check *c, uint32_t linktype, const uint8_t *p, size_t n)
{
    return dc_feed_cut(c, linktype, p, n, n);
}

enum fb_status dc_enter(struct decode_check *c, enum fb_tunnel kind)
{
    assert_true(c->npkts > 0);
    enum fb_status st = fb_decode_enter(c->d, &c->pkt[c->npkts - 1], kind);
    if (st == FB_OK)
        collect(c);
    return st;
}

void dc_expect(const struct fb_packet *k, const char *src, unsigned src_p, const char *dst, unsigned dst_p)
{
    char text[FB_ADDR_STRLEN];
    fb_addr_format(&k->src, text);
    assert_string_equal(text, src);
    fb_addr_format(&k->dst, text);
    assert_string_equal(text, dst);
    assert_int_equal(k->src_p, src_p);
    assert_int_equal(k->dst_p, dst_p);
}

/* Written so that the reads are not optimised away. */
static volatile unsigned sink;

static unsigned touch(const struct decode_check *c)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < c->npkts; i++)
        for (uint32_t j = 0; j < c->pkt[i].payload_caplen; j++)
            sum += c->pkt[i].payload[j];
    return sum;
}

void dc_cut_everywhere(uint32_t linktype, const uint8_t *p, size_t n)
{
    struct decode_check c;
    dc_init(&c, NULL);
    for (size_t cut = 0; cut <= n; cut++) {
        for (unsigned kind = FB_TUN_VXLAN; kind <= FB_TUN_GRE_UDP; kind++) {
            for (unsigned whole = 0; whole < 2; whole++) {
                (void)dc_feed_cut(&c, linktype, p, cut, whole ? n : cut);
                /* Further in as long as that yields another packet. */
                for (unsigned seen = 0; c.npkts > seen && c.pkt[c.npkts - 1].proto == FB_PROTO_UDP;) {
                    seen = c.npkts;
                    if (dc_enter(&c, kind) != FB_OK)
                        break;
                }
                sink += touch(&c);
            }
        }
    }
    dc_release(&c);
}
