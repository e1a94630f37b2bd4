#include "intel/resolve/resolve_server.h"

#include "intel/wire/wire.h"

#include <stdio.h>

enum { PORT_DNS = 53 };

bool fb_resolve_server_parse(const char *text, struct fb_resolve_server *out)
{
    struct fb_span rest = {(const uint8_t *)text, strlen(text)}, addr;
    uint64_t port = PORT_DNS;
    if (rest.n && rest.p[0] == '[') {
        rest = (struct fb_span){rest.p + 1, rest.n - 1};
        if (!memchr(rest.p, ']', rest.n))
            return false;
        addr = fb_wire_split(&rest, ']');
        if (rest.n &&
            (rest.p[0] != ':' || !fb_wire_number((struct fb_span){rest.p + 1, rest.n - 1}, 65535, &port)))
            return false;
    } else if (fb_addr_parse_n(rest.p, rest.n, &out->addr)) {
        addr = rest;
    } else {
        addr = fb_wire_split(&rest, ':');
        if (!fb_wire_number(rest, 65535, &port))
            return false;
    }
    out->port = (uint16_t)port;
    return port > 0 && fb_addr_parse_n(addr.p, addr.n, &out->addr);
}

unsigned fb_resolve_server_format(const struct fb_resolve_server *s,
                                  char out[static FB_RESOLVE_SERVER_STRLEN])
{
    char a[FB_ADDR_STRLEN];
    fb_addr_format(&s->addr, a);
    return (unsigned)snprintf(out, FB_RESOLVE_SERVER_STRLEN, fb_addr_is_v4(&s->addr) ? "%s:%u" : "[%s]:%u", a,
                              s->port);
}

size_t fb_resolve_servers_read(struct fb_span text, struct fb_resolve_server out[FB_RESOLVE_SERVERS_MAX])
{
    size_t n = 0;
    while (text.n && n < FB_RESOLVE_SERVERS_MAX) {
        struct fb_span line = fb_wire_trim(fb_wire_split(&text, '\n')), word = line;
        for (size_t i = 0; i < line.n; i++)
            if (line.p[i] == ' ' || line.p[i] == '\t') {
                word.n = i;
                break;
            }
        if (!fb_wire_is(word, "nameserver"))
            continue;
        line = fb_wire_trim((struct fb_span){line.p + word.n, line.n - word.n});
        for (size_t i = 0; i < line.n; i++)
            if (line.p[i] == ' ' || line.p[i] == '\t')
                line.n = i;
        out[n].port = PORT_DNS;
        n += fb_addr_parse_n(line.p, line.n, &out[n].addr);
    }
    return n;
}
