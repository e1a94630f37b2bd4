/* The resolvers to ask: as the user writes them, or those of the system (/etc/resolv.conf). Any thread. */
#ifndef FB_INTEL_RESOLVE_SERVER_H
#define FB_INTEL_RESOLVE_SERVER_H

#include "base/addr.h"
#include "base/cursor.h"

struct fb_resolve_server {
    struct fb_addr addr;
    uint16_t port;
};

#define FB_RESOLVE_SERVERS_MAX   3 /* as resolv.conf(5) has them */
#define FB_RESOLVE_SERVER_STRLEN 56

/* ADDR, ADDR:PORT, or for IPv6 with a port [ADDR]:PORT. The port is 53 when there is none. */
bool fb_resolve_server_parse(const char *text, struct fb_resolve_server *out);
/* "192.0.2.53:53", "[2001:db8::53]:53"; returns the length without the NUL. */
unsigned fb_resolve_server_format(const struct fb_resolve_server *s,
                                  char out[static FB_RESOLVE_SERVER_STRLEN]);

/* The lines "nameserver ADDR" of resolv.conf(5). Returns how many there are, at most FB_RESOLVE_SERVERS_MAX.
 * Addresses with a zone (fe80::1%eth0) are passed over. */
size_t fb_resolve_servers_read(struct fb_span text, struct fb_resolve_server out[FB_RESOLVE_SERVERS_MAX]);

#endif
