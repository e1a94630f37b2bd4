/* Every name that a case has seen, with the address it stood for and who said so: counts over the table dns
 * and over the names of sessions. Memory is bounded: FB_ERR_LIMIT beyond it. One thread. */
#ifndef FB_CLI_NAME_LIST_H
#define FB_CLI_NAME_LIST_H

#include "base/buf.h"
#include "base/cursor.h"
#include "store/case.h"

struct fb_name_list;

struct fb_listed_name {
    struct fb_span name; /* raw bytes; upper and lower case as first seen */
    struct fb_addr addr;
    const char *source; /* dns, mdns, llmnr, nbns; tls_sni, quic_sni, http_host, dhcp, ptr; resolved */
    int64_t first_ns, last_ns;
    uint64_t said;     /* how often the traffic said so */
    uint64_t sessions; /* with this name at one of their ends */
    uint64_t clients;  /* different ones, that were told or opened such a session */
};

/* Collects; in the order of name, address and source. */
enum fb_status fb_name_list_new(struct fb_case *c, struct fb_name_list **out, struct fb_err *err);
void fb_name_list_free(struct fb_name_list *l); /* accepts NULL */
bool fb_name_list_at(const struct fb_name_list *l, size_t i, struct fb_listed_name *out);

#endif
