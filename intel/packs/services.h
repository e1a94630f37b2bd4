/* Names of services by protocol and port, as IANA or /etc/services have them. */
#ifndef FB_INTEL_SERVICES_H
#define FB_INTEL_SERVICES_H

#include "intel/packs/row_set.h"

enum fb_services_form {
    FB_SERVICES_NONE,
    FB_SERVICES_CSV, /* IANA: Service Name,Port Number,Transport Protocol,Description,... */
    FB_SERVICES_ETC, /* name port/protocol aliases... # description */
};

enum fb_services_form fb_services_recognise(struct fb_span text);

/* Adds the services of a text, which is changed; the first name of a port stays. `bad`: lines that are no
 * service. Ranges of ports (IANA: 6000-6063) are one entry a port. */
enum fb_status fb_services_read(enum fb_services_form form, uint8_t *p, size_t n, struct fb_row_set *set,
                                uint64_t *bad, struct fb_err *err);

/* "tcp", "udp", "sctp", "dccp" in any case to the IP protocol number; 0: none of them. */
uint8_t fb_ip_proto_from_name(struct fb_span name);
const char *fb_ip_proto_name(uint8_t proto); /* "" when it is none of them */

struct fb_services {
    struct fb_row_view rows;
    uint32_t *key; /* protocol << 16 | port; ascending */
};

enum fb_status fb_services_open(struct fb_span body, struct fb_services *out, struct fb_err *err);
void fb_services_release(struct fb_services *s);

/* Name and description, borrowed; the description may be empty. */
bool fb_services_find(const struct fb_services *s, uint8_t ip_proto, uint16_t port, struct fb_span *name,
                      struct fb_span *about);

#endif
