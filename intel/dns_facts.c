#include "intel/dns_facts.h"

#include "intel/wire/wire.h"

#define GROUP 0x8000u /* RFC 1002, 4.2.18: flag G */

struct fb_svcb_hints fb_svcb_hints(struct fb_span detail)
{
    return (struct fb_svcb_hints){.rest = detail};
}

bool fb_svcb_next_hint(struct fb_svcb_hints *h, struct fb_addr *out)
{
    for (;;) {
        while (h->list.n) {
            struct fb_span hint = fb_wire_split(&h->list, ',');
            if (fb_addr_parse_n(hint.p, hint.n, out))
                return true;
        }
        if (h->rest.n == 0)
            return false;
        struct fb_span param = fb_wire_split(&h->rest, ' ');
        if (fb_wire_starts(param, "ipv4hint=") || fb_wire_starts(param, "ipv6hint="))
            h->list = (struct fb_span){param.p + 9, param.n - 9};
    }
}

struct fb_span fb_svcb_host(struct fb_span asked, struct fb_span target)
{
    if (asked.n == 0 || asked.p[0] != '_')
        return asked;
    if (target.n && !(target.n == 1 && target.p[0] == '.'))
        return target;
    while (asked.n && asked.p[0] == '_')
        fb_wire_split(&asked, '.');
    return asked;
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "NAME<20>" and the blank behind it off `text`; the kind, or -1 at the end. Names may hold blanks. */
static int next_name(struct fb_span *text, struct fb_span *name)
{
    for (size_t i = 0; i + 4 <= text->n; i++) {
        const uint8_t *p = text->p + i;
        int hi = hex_digit(p[1]), lo = hex_digit(p[2]);
        bool ends = i + 4 == text->n || p[4] == ' ';
        if (p[0] != '<' || hi < 0 || lo < 0 || p[3] != '>' || !ends)
            continue;
        size_t used = i + 4 < text->n ? i + 5 : i + 4;
        *name = (struct fb_span){text->p, i};
        *text = (struct fb_span){text->p + used, text->n - used};
        return hi << 4 | lo;
    }
    return -1;
}

bool fb_netbios_node_host(struct fb_span text, struct fb_span detail, struct fb_span *name)
{
    uint64_t flags;
    int kind;
    while ((kind = next_name(&text, name)) >= 0) {
        if (!fb_wire_number(fb_wire_split(&detail, ' '), UINT16_MAX, &flags))
            return false;
        if ((kind == 0x00 || kind == 0x20) && !(flags & GROUP) && name->n)
            return true;
    }
    return false;
}
