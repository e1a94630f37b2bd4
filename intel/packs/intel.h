/* What is known about an address, a MAC or a port, each answer with the data set that it comes from.
 *
 * Made of one pack and of what is built in: the special addresses, and a small list of services at risk.
 * Everything works without a pack; answers are then missing, and fb_intel_missing says which. Read-only once
 * open; any thread. Texts are untrusted and borrowed until fb_intel_close. */
#ifndef FB_INTEL_INTEL_H
#define FB_INTEL_INTEL_H

#include "intel/packs/pack.h"

struct fb_intel;

/* `path` NULL: what is built in alone. */
enum fb_status fb_intel_open(const char *path, struct fb_intel **out, struct fb_err *err);
/* The same from bytes in memory, which are copied. */
enum fb_status fb_intel_open_bytes(struct fb_span bytes, struct fb_intel **out, struct fb_err *err);
void fb_intel_close(struct fb_intel *k); /* accepts NULL */

/* Data sets: those of the pack in their order, then what is built in. */
size_t fb_intel_sets(const struct fb_intel *k);
const struct fb_dataset_info *fb_intel_set(const struct fb_intel *k, size_t i);
const struct fb_digest *fb_intel_digest(const struct fb_intel *k); /* of the pack; NULL without one */
bool fb_intel_has(const struct fb_intel *k, enum fb_dataset_kind kind);

/* Kinds that no data set of the pack has, as "origins, oui"; "" when all are there. */
const char *fb_intel_missing(const struct fb_intel *k, char out[static 64]);

struct fb_addr_intel {
    const char *special; /* fb_addr_special; nothing else is looked up then */
    uint32_t asn;        /* 0: not known */
    char country[3];     /* "": not known */
    struct fb_span owner;
    const struct fb_dataset_info *asn_set, *country_set, *owner_set; /* NULL when not known */
};
/* Each of AS number (with its owner) and country comes from the first data set that knows it. */
void fb_intel_addr(const struct fb_intel *k, const struct fb_addr *a, struct fb_addr_intel *out);

struct fb_mac_intel {
    bool group, local; /* FB_MAC_GROUP, FB_MAC_LOCAL: no vendor is looked up for a local address */
    struct fb_span vendor;
    unsigned bits; /* of the block; 0: none */
    const struct fb_dataset_info *set;
};
void fb_intel_mac(const struct fb_intel *k, const uint8_t mac[static 6], struct fb_mac_intel *out);

struct fb_port_intel {
    struct fb_span service, about; /* n == 0: not known */
    const struct fb_dataset_info *service_set;
    struct fb_risk risk; /* of severity none: not known */
    const struct fb_dataset_info *risk_set;
};
void fb_intel_port(const struct fb_intel *k, uint8_t ip_proto, uint16_t port, struct fb_port_intel *out);

/* What is known against a vendor; severity none: nothing. */
void fb_intel_vendor(const struct fb_intel *k, struct fb_span vendor, struct fb_risk *out,
                     const struct fb_dataset_info **set);

#endif
