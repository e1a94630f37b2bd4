/* What records say (RFC 1035, 3.3; 3596; 2782; 9460; NetBIOS: RFC 1002, 4.2). Ignored on purpose: signatures
 * and keys beyond that they are there. */
#include "intel/wire/dns_rdata.h"
#include "base/addr.h"
#include "intel/wire/dns_msg.h"
#include "intel/wire/dns_names.h"

#define STRINGS_MAX 256 /* of one TXT record */
#define SVCB_PARAMS 32

static void put_addr(struct fb_buf *out, const struct fb_addr *a)
{
    char text[FB_ADDR_STRLEN];
    fb_buf_put(out, text, fb_addr_format(a, text));
}

static bool put_v4(struct fb_cur *c, struct fb_buf *out)
{
    const uint8_t *p = fb_cur_take(c, 4);
    if (!p)
        return false;
    struct fb_addr a = fb_addr_v4(p);
    put_addr(out, &a);
    return true;
}

static bool put_v6(struct fb_cur *c, struct fb_buf *out)
{
    const uint8_t *p = fb_cur_take(c, 16);
    if (!p)
        return false;
    struct fb_addr a = fb_addr_v6(p);
    put_addr(out, &a);
    return true;
}

static bool put_name(const struct fb_dns_reader *r, struct fb_cur *c, struct fb_buf *out)
{
    struct fb_dns_name name;
    if (!fb_dns_get_name(r, c, &name))
        return false;
    fb_buf_put(out, name.text, name.n);
    return true;
}

/* "TXT 5 hello TXT 1 x" */
static bool put_strings(struct fb_cur *c, const char *word, struct fb_buf *out)
{
    for (int i = 0; fb_cur_left(c) > 0 && i < STRINGS_MAX; i++) {
        uint8_t n = fb_cur_u8(c);
        const uint8_t *p = fb_cur_take(c, n);
        if (!p)
            return false;
        fb_buf_puts(out, i ? " " : "");
        fb_buf_puts(out, word);
        fb_buf_putc(out, ' ');
        fb_buf_put_u64dec(out, n);
        fb_buf_putc(out, ' ');
        fb_buf_put(out, p, n);
    }
    return true;
}

/* NBSTAT: a count, then 15 bytes of name, its kind and two bytes of flags each. */
static bool put_node_names(struct fb_cur *c, struct fb_buf *out)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t names = fb_cur_u8(c);
    for (unsigned i = 0; i < names; i++) {
        const uint8_t *p = fb_cur_take(c, 18);
        if (!p)
            return false;
        size_t n = 15;
        while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == 0))
            n--;
        fb_buf_puts(out, i ? " " : "");
        fb_buf_put(out, p, n);
        const char kind[4] = {'<', hex[p[15] >> 4], hex[p[15] & 15], '>'};
        fb_buf_put(out, kind, sizeof kind);
    }
    return fb_cur_ok(c);
}

static struct fb_cur data_cursor(const struct fb_dns_rr *rr, size_t skip)
{
    struct fb_cur c = fb_cur_init(rr->data.p, rr->data.n);
    fb_cur_skip(&c, skip);
    return c;
}

static bool netbios_text(const struct fb_dns_rr *rr, struct fb_buf *out, bool *known)
{
    struct fb_cur c = data_cursor(rr, rr->type == FB_DNS_NB ? 2 : 0);
    *known = rr->type == FB_DNS_NB || rr->type == FB_DNS_SRV;
    if (rr->type == FB_DNS_NB)
        return put_v4(&c, out);
    return rr->type == FB_DNS_SRV && put_node_names(&c, out);
}

bool fb_dns_rr_text(const struct fb_dns_reader *r, const struct fb_dns_rr *rr, struct fb_buf *out)
{
    char own[FB_DNS_WORD];
    bool known = false;
    if (r->netbios) {
        bool ok = netbios_text(rr, out, &known);
        if (known)
            return ok;
    }
    struct fb_cur c = data_cursor(rr, 0);
    switch (rr->type) {
    case FB_DNS_A:
        return rr->data.n == 4 && put_v4(&c, out);
    case FB_DNS_AAAA:
        return rr->data.n == 16 && put_v6(&c, out);
    case FB_DNS_NS:
    case FB_DNS_CNAME:
    case FB_DNS_PTR:
    case FB_DNS_SOA:
    case FB_DNS_DNAME:
        return put_name(r, &c, out);
    case FB_DNS_MX:
    case FB_DNS_SVCB:
    case FB_DNS_HTTPS:
        fb_cur_skip(&c, 2);
        return put_name(r, &c, out);
    case FB_DNS_SRV:
        fb_cur_skip(&c, 6);
        return put_name(r, &c, out);
    case FB_DNS_TXT:
        return put_strings(&c, "TXT", out);
    case FB_DNS_SPF:
        return put_strings(&c, "SPF", out);
    default:
        if (fb_dns_type_known(rr->type)) {
            fb_buf_puts(out, fb_dns_type_name(rr->type, own));
        } else {
            fb_buf_puts(out, "<unknown type=");
            fb_buf_put_u64dec(out, rr->type);
            fb_buf_putc(out, '>');
        }
        return true;
    }
}

static void put_numbers(struct fb_cur *c, unsigned n, unsigned bytes, struct fb_buf *out)
{
    for (unsigned i = 0; i < n && fb_cur_left(c) >= bytes; i++) {
        fb_buf_puts(out, i ? " " : "");
        fb_buf_put_u64dec(out, bytes == 2 ? fb_cur_be16(c) : fb_cur_be32(c));
    }
}

static void put_alpn(struct fb_cur *c, struct fb_buf *out)
{
    for (bool first = true; fb_cur_left(c) > 0; first = false) {
        uint8_t n = fb_cur_u8(c);
        const uint8_t *p = fb_cur_take(c, n);
        if (!p)
            return;
        fb_buf_puts(out, first ? "" : ",");
        fb_buf_put(out, p, n);
    }
}

static void put_hints(struct fb_cur *c, bool v6, struct fb_buf *out)
{
    for (bool first = true; fb_cur_left(c) >= (v6 ? 16 : 4); first = false) {
        fb_buf_puts(out, first ? "" : ",");
        if (v6)
            put_v6(c, out);
        else
            put_v4(c, out);
    }
}

/* RFC 9460, 14.3.2. */
static void put_param(unsigned key, struct fb_cur *c, struct fb_buf *out)
{
    static const char *const word[] = {"mandatory", "alpn", "no-default-alpn", "port",
                                       "ipv4hint",  "ech",  "ipv6hint"};
    fb_buf_putc(out, ' ');
    if (key < sizeof word / sizeof *word) {
        fb_buf_puts(out, word[key]);
    } else {
        fb_buf_puts(out, "key");
        fb_buf_put_u64dec(out, key);
    }
    if (fb_cur_left(c) == 0)
        return;
    if (key == 1 || key == 3 || key == 4 || key == 6)
        fb_buf_putc(out, '=');
    if (key == 1)
        put_alpn(c, out);
    else if (key == 3)
        put_numbers(c, 1, 2, out);
    else if (key == 4 || key == 6)
        put_hints(c, key == 6, out);
}

/* NBSTAT: the flags of each name, then the node's unit id, which over Ethernet is its MAC. */
static void put_node_flags(struct fb_cur *c, struct fb_buf *out)
{
    uint8_t names = fb_cur_u8(c);
    for (unsigned i = 0; i < names; i++) {
        fb_cur_skip(c, 16);
        fb_buf_puts(out, i ? " " : "");
        fb_buf_put_u64dec(out, fb_cur_be16(c));
    }
    const uint8_t *mac = fb_cur_take(c, 6);
    if (mac)
        fb_buf_printf(out, " mac=%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                      mac[5]);
}

static void put_service(const struct fb_dns_reader *r, struct fb_cur *c, struct fb_buf *out)
{
    struct fb_dns_name target;
    put_numbers(c, 1, 2, out);
    if (!fb_dns_get_name(r, c, &target))
        return;
    for (int i = 0; i < SVCB_PARAMS && fb_cur_left(c) >= 4; i++) {
        unsigned key = fb_cur_be16(c);
        struct fb_cur value = fb_cur_sub(c, fb_cur_be16(c));
        if (!fb_cur_ok(&value))
            return;
        put_param(key, &value, out);
    }
}

void fb_dns_rr_detail(const struct fb_dns_reader *r, const struct fb_dns_rr *rr, struct fb_buf *out)
{
    struct fb_cur c = data_cursor(rr, 0);
    struct fb_dns_name name;
    if (r->netbios) {
        if (rr->type == FB_DNS_NB)
            put_numbers(&c, 1, 2, out);
        else if (rr->type == FB_DNS_SRV)
            put_node_flags(&c, out);
        return;
    }
    switch (rr->type) {
    case FB_DNS_MX:
        put_numbers(&c, 1, 2, out);
        break;
    case FB_DNS_SRV:
        put_numbers(&c, 3, 2, out);
        break;
    case FB_DNS_SOA:
        if (!fb_dns_get_name(r, &c, &name) || !fb_dns_get_name(r, &c, &name))
            break;
        fb_buf_put(out, name.text, name.n);
        fb_buf_putc(out, ' ');
        put_numbers(&c, 5, 4, out);
        break;
    case FB_DNS_SVCB:
    case FB_DNS_HTTPS:
        put_service(r, &c, out);
        break;
    default:
        break;
    }
}
