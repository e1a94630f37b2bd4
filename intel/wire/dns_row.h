/* A row of the table dns out of a message. Shared by the files of the DNS parser. */
#ifndef FB_INTEL_DNS_ROW_H
#define FB_INTEL_DNS_ROW_H

#include "base/observe.h"
#include "intel/wire/dns_msg.h"

/* A query as it was seen. */
struct fb_dns_asked {
    struct fb_seen at;
    uint16_t id, flags, type, class, edns_udp_bytes;
    uint16_t name_bytes;
    const uint8_t *name;
};

struct fb_dns_sides {
    const char *protocol;
    bool netbios;
    struct fb_addr client, server;
};

/* A query alone. `reader` stands behind its questions, so that its records can follow; NULL: none do. */
void fb_dns_put_query(struct fb_observe_out *out, const struct fb_dns_sides *s, const struct fb_dns_asked *q,
                      struct fb_dns_reader *reader);

/* A reply: `reader` stands behind its questions, of which `question` is the first (NULL: none). `asked`: its
 * query, or NULL. */
void fb_dns_put_reply(struct fb_observe_out *out, const struct fb_dns_sides *s, const struct fb_seen *at,
                      struct fb_dns_reader *reader, const struct fb_dns_question *question,
                      const struct fb_dns_asked *asked);

#endif
