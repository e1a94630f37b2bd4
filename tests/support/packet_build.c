#include "tests/support/packet_build.h"
#include "base/addr.h"
#include "base/cursor.h"

#include <assert.h>
#include <string.h>

void pb_start(struct packet_build *b, const void *payload, size_t n)
{
    assert(n <= PB_ROOM - PB_FRONT);
    b->p = b->room + PB_FRONT;
    b->n = n;
    if (n > 0)
        memmove(b->p, payload, n);
}

void pb_front(struct packet_build *b, const void *bytes, size_t n)
{
    assert((size_t)(b->p - b->room) >= n);
    b->p -= n;
    b->n += n;
    memcpy(b->p, bytes, n);
}

void pb_back(struct packet_build *b, const void *bytes, size_t n)
{
    assert((size_t)(b->room + PB_ROOM - b->p) >= b->n + n);
    memcpy(b->p + b->n, bytes, n);
    b->n += n;
}

/* Word by word, as RFC 1071 says it; on purpose not the code under test. */
static uint32_t sum_words(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static uint16_t complement(uint32_t sum)
{
    return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

void pb_tcp(struct packet_build *b, uint16_t sport, uint16_t dport, uint8_t flags, uint32_t seq, uint32_t ack)
{
    uint8_t h[20] = {0};
    fb_store_be16(h, sport);
    fb_store_be16(h + 2, dport);
    fb_store_be32(h + 4, seq);
    fb_store_be32(h + 8, ack);
    h[12] = 5 << 4;
    h[13] = flags;
    fb_store_be16(h + 14, 8192);
    pb_front(b, h, sizeof h);
}

void pb_udp(struct packet_build *b, uint16_t sport, uint16_t dport)
{
    uint8_t h[8] = {0};
    fb_store_be16(h, sport);
    fb_store_be16(h + 2, dport);
    fb_store_be16(h + 4, (uint16_t)(b->n + 8));
    pb_front(b, h, sizeof h);
}

void pb_icmp(struct packet_build *b, uint8_t type, uint8_t code)
{
    const uint8_t h[8] = {type, code};
    pb_front(b, h, sizeof h);
}

static struct fb_addr parse(const char *text)
{
    struct fb_addr a;
    bool ok = fb_addr_parse(text, &a);
    assert(ok);
    (void)ok;
    return a;
}

static void set_transport_checksum(struct packet_build *b, const struct fb_addr *src,
                                   const struct fb_addr *dst, uint8_t proto, size_t addr_len)
{
    size_t at = proto == 6 ? 16 : proto == 17 ? 6 : 2;
    uint8_t pseudo[4] = {0, proto};
    if ((proto != 6 && proto != 17 && proto != 1 && proto != 58) || b->n < at + 2)
        return;
    fb_store_be16(pseudo + 2, (uint16_t)b->n);
    fb_store_be16(b->p + at, 0);
    uint32_t sum = 0;
    if (proto != 1) {
        sum = sum_words(sum, src->b + 16 - addr_len, addr_len);
        sum = sum_words(sum, dst->b + 16 - addr_len, addr_len);
        sum = sum_words(sum, pseudo, sizeof pseudo);
    }
    uint16_t c = complement(sum_words(sum, b->p, b->n));
    fb_store_be16(b->p + at, proto == 17 && c == 0 ? 0xffff : c);
}

void pb_fix_ip4(uint8_t *p)
{
    fb_store_be16(p + 10, 0);
    fb_store_be16(p + 10, complement(sum_words(0, p, (p[0] & 15U) * 4U)));
}

void pb_ip4_header(struct packet_build *b, const char *src, const char *dst, uint8_t proto, uint16_t id,
                   uint16_t frag)
{
    struct fb_addr s = parse(src), d = parse(dst);
    uint8_t h[20] = {0x45};
    fb_store_be16(h + 2, (uint16_t)(b->n + 20));
    fb_store_be16(h + 4, id);
    fb_store_be16(h + 6, frag);
    h[8] = 64;
    h[9] = proto;
    memcpy(h + 12, s.b + 12, 4);
    memcpy(h + 16, d.b + 12, 4);
    pb_fix_ip4(h);
    pb_front(b, h, sizeof h);
}

void pb_ip4(struct packet_build *b, const char *src, const char *dst, uint8_t proto)
{
    struct fb_addr s = parse(src), d = parse(dst);
    set_transport_checksum(b, &s, &d, proto, 4);
    pb_ip4_header(b, src, dst, proto, 1, 0);
}

void pb_ip6_header(struct packet_build *b, const char *src, const char *dst, uint8_t next)
{
    struct fb_addr s = parse(src), d = parse(dst);
    uint8_t h[40] = {0x60};
    fb_store_be16(h + 4, (uint16_t)b->n);
    h[6] = next;
    h[7] = 64;
    memcpy(h + 8, s.b, 16);
    memcpy(h + 24, d.b, 16);
    pb_front(b, h, sizeof h);
}

void pb_ip6(struct packet_build *b, const char *src, const char *dst, uint8_t next)
{
    struct fb_addr s = parse(src), d = parse(dst);
    set_transport_checksum(b, &s, &d, next, 16);
    pb_ip6_header(b, src, dst, next);
}

void pb_ethernet(struct packet_build *b, uint16_t ethertype)
{
    uint8_t h[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    fb_store_be16(h + 12, ethertype);
    pb_front(b, h, sizeof h);
}

void pb_vlan(struct packet_build *b, uint16_t id, uint16_t ethertype)
{
    uint8_t h[4];
    fb_store_be16(h, id);
    fb_store_be16(h + 2, ethertype);
    pb_front(b, h, sizeof h);
}
