/* Router and neighbour solicitations and advertisements and redirects, ICMPv6 types 133 to 137, with the
 * options that tell addresses. Ignored on purpose: compressed names in DNSSL, secure neighbour discovery. */
#include "intel/wire/ndp.h"

#include "base/memory.h"
#include "intel/wire/ndp_def.h"
#include "intel/wire/wire.h"

#include <stdlib.h>

#define LIST_MAX 4096

struct ndp_state {
    struct fb_addr orig_h, resp_h;
};

struct options {
    const uint8_t *source_mac, *target_mac;
    bool has_mtu;
    uint32_t mtu;
    struct fb_buf prefixes, rdnss, dnssl;
};

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    return flow->ip_proto == 58 && n >= 8 && p[0] >= 133 && p[0] <= 137 ? FB_WISH_YES : FB_WISH_NO;
}

static void *open_state(const struct fb_observed_flow *flow)
{
    struct ndp_state *st = fb_calloc(1, sizeof *st);
    if (st)
        *st = (struct ndp_state){flow->orig_h, flow->resp_h};
    return st;
}

static void add_prefix(struct fb_buf *list, struct fb_cur c)
{
    char text[FB_ADDR_STRLEN + 4];
    uint8_t bits = fb_cur_u8(&c);
    fb_cur_skip(&c, 13);
    const uint8_t *p = fb_cur_take(&c, 16);
    if (!p)
        return;
    struct fb_addr a = fb_addr_v6(p);
    unsigned n = fb_addr_format(&a, text);
    n += (unsigned)snprintf(text + n, sizeof text - n, "/%u", (unsigned)bits);
    fb_rec_item(list, text, n);
}

/* RFC 8106, section 5.1. */
static void add_resolvers(struct fb_buf *list, struct fb_cur c)
{
    char text[FB_ADDR_STRLEN];
    fb_cur_skip(&c, 6);
    while (fb_cur_left(&c) >= 16) {
        struct fb_addr a = fb_addr_v6(fb_cur_take(&c, 16));
        fb_rec_item(list, text, fb_addr_format(&a, text));
    }
}

/* RFC 8106, section 5.2: names in the form of DNS, padded with zeros. */
static void add_domains(struct fb_buf *list, struct fb_cur c)
{
    uint8_t name[256];
    size_t n = 0;
    fb_cur_skip(&c, 6);
    while (fb_cur_left(&c) > 0) {
        uint8_t len = fb_cur_u8(&c);
        const uint8_t *label = fb_cur_take(&c, len);
        if (!label || len > 63 || n + len + 1 > sizeof name)
            return;
        if (len == 0 && n > 0)
            fb_rec_item(list, name, n);
        if (len == 0) {
            n = 0;
            continue;
        }
        if (n > 0)
            name[n++] = '.';
        memcpy(name + n, label, len);
        n += len;
    }
}

static void read_options(struct options *o, struct fb_cur *c)
{
    while (fb_cur_left(c) >= 8) {
        uint8_t type = fb_cur_u8(c), len = fb_cur_u8(c);
        struct fb_cur body = fb_cur_sub(c, len ? len * 8U - 2 : SIZE_MAX);
        if (!fb_cur_ok(&body))
            return;
        if (type == 1)
            o->source_mac = fb_cur_take(&body, 6);
        else if (type == 2)
            o->target_mac = fb_cur_take(&body, 6);
        else if (type == 3)
            add_prefix(&o->prefixes, body);
        else if (type == 5) {
            fb_cur_skip(&body, 2);
            o->mtu = fb_cur_be32(&body);
            o->has_mtu = fb_cur_ok(&body);
        } else if (type == 25)
            add_resolvers(&o->rdnss, body);
        else if (type == 31)
            add_domains(&o->dnssl, body);
    }
}

static void int_cell(struct fb_buf *row, bool known, int64_t v)
{
    if (known)
        fb_rec_int(row, v);
    else
        fb_rec_null(row);
}

static void mac_cell(struct fb_buf *row, const uint8_t *mac)
{
    if (mac)
        fb_wire_mac_cell(row, mac);
    else
        fb_rec_null(row);
}

static void put(const struct ndp_state *st, const uint8_t *p, struct options *o, struct fb_cur c,
                const struct fb_seen *at, struct fb_observe_out *out)
{
    static const char *const names[] = {"rs", "ra", "ns", "na", "redirect"};
    uint8_t type = p[0];
    bool has_target = type >= 135;
    const uint8_t *target = has_target ? fb_cur_take(&c, 16) : NULL;
    if (type == 137)
        fb_cur_skip(&c, 16);
    if (type == 134)
        fb_cur_skip(&c, 8);
    if (!fb_cur_ok(&c))
        return;
    read_options(o, &c);
    struct fb_buf row;
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_rec_text(&row, names[type - 133]);
    fb_rec_addr(&row, at->from_orig ? &st->orig_h : &st->resp_h);
    fb_rec_addr(&row, at->from_orig ? &st->resp_h : &st->orig_h);
    struct fb_addr a = {{0}};
    if (target)
        a = fb_addr_v6(target);
    if (target && !fb_addr_is_v4(&a))
        fb_rec_addr(&row, &a);
    else
        fb_rec_null(&row);
    mac_cell(&row, o->source_mac);
    mac_cell(&row, o->target_mac);
    int_cell(&row, type == 134 || type == 136, type == 134 ? p[5] : p[4]);
    int_cell(&row, type == 134, fb_load_be16(p + 6));
    int_cell(&row, type == 134, p[4]);
    int_cell(&row, o->has_mtu, o->mtu);
    fb_wire_list_cell(&row, &o->prefixes);
    fb_wire_list_cell(&row, &o->rdnss);
    fb_wire_list_cell(&row, &o->dnssl);
    fb_wire_put(out, &fb_ndp_def, at, &row);
    fb_buf_release(&row);
}

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    struct fb_cur c = fb_cur_init(p, n);
    struct options o = {0};
    if (n < 8 || p[0] < 133 || p[0] > 137)
        return 0;
    fb_cur_skip(&c, 8);
    fb_buf_init(&o.prefixes, LIST_MAX);
    fb_buf_init(&o.rdnss, LIST_MAX);
    fb_buf_init(&o.dnssl, LIST_MAX);
    put(state, p, &o, c, at, out);
    fb_buf_release(&o.prefixes);
    fb_buf_release(&o.rdnss);
    fb_buf_release(&o.dnssl);
    return 0;
}

static void flip(void *state)
{
    struct ndp_state *st = state;
    *st = (struct ndp_state){st->resp_h, st->orig_h};
}

static void close_state(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    (void)at, (void)out;
    free(state);
}

static size_t bytes(const void *state)
{
    (void)state;
    return sizeof(struct ndp_state);
}

const struct fb_intel_proto fb_proto_ndp = {
    .name = "ndp",
    .wants = wants,
    .ops = {.open = open_state, .data = data, .flip = flip, .close = close_state, .bytes = bytes}};
