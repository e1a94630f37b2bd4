/* What devices are put together from: nodes (an address during a time, a MAC, a DHCP client) and items (what
 * is known of a node). Shared by the files devices*.c and device_*.c; not for other rooms. */
#ifndef FB_INTEL_DEVICE_TABLE_H
#define FB_INTEL_DEVICE_TABLE_H

#include "intel/devices/device_nets.h"
#include "intel/devices/devices.h"

#define FB_DEV_NONE UINT32_MAX

enum fb_dev_node_kind { FB_DEV_ADDR, FB_DEV_MAC, FB_DEV_CLIENT };

struct fb_dev_node {
    struct fb_addr key; /* MAC: 6 bytes and zeros; CLIENT: a digest of the identifier */
    uint8_t kind, why, frame_many, arp_seen, local; /* local: 0 not decided, 1 no, 2 yes */
    uint8_t nitems[FB_DI_KINDS];
    uint32_t items_shed;
    uint32_t parent; /* of the union; itself: a root */
    /* ADDR: */
    uint32_t mac, client; /* nodes that facts tie it to */
    uint32_t frame_mac;   /* what frames show, when no fact speaks */
    uint32_t next;        /* the same address at a later time */
    uint32_t last;        /* of the first of them: the latest */
    uint32_t ntenures;    /* of the first */
    int64_t since_ns;     /* not before this; the first tenure: INT64_MIN */
    /* MAC: */
    uint32_t arp_addrs, front_addrs; /* IPv4 addresses it answers for; those that frames show behind it */
    uint32_t nremote;                /* distinct remote addresses behind it, up to FB_DEVICE_REMOTES */
    struct fb_addr remote[FB_DEVICE_REMOTES];
    /* of a root: */
    uint32_t macs, v4s, device;
    bool has_private;
    /* what happened */
    struct fb_device_at why_at, first;
    int64_t last_ns;
    uint64_t opened, answered, sent_bytes, received_bytes;
};

struct fb_dev_item {
    uint32_t node;
    uint8_t kind;
    uint32_t code;
    size_t text_off, detail_off;
    uint32_t text_n, detail_n;
    uint64_t hash, count;
    struct fb_device_at first;
    int64_t last_ns;
};

/* An address that a host name got by mDNS. */
struct fb_dev_claim {
    uint64_t name; /* of a digest of the name in lower case: the order of merging depends on it */
    uint32_t node, sender;
    struct fb_device_at at;
};

struct fb_devices {
    size_t nodes_max, items_max;
    struct fb_dev_node *node;
    size_t nnodes, nodes_cap;
    uint32_t *node_slot, *item_slot; /* index + 1; powers of two */
    size_t node_slots, item_slots;
    struct fb_dev_item *item;
    size_t nitems, items_cap;
    struct fb_dev_claim *claim;
    size_t nclaims, claims_cap;
    uint32_t *claim_slot; /* index + 1 */
    struct fb_buf text;
    struct fb_dev_nets nets;
    struct fb_devices_shed shed;
    bool failed;
    /* after finish */
    struct fb_device *device;
    size_t ndevices;
    struct fb_device_addr *addrs;
    struct fb_device_mac *macs;
    struct fb_device_item *items;
};

/* Grows an array by doubling up to `max` elements; false when that is reached (*full set) or memory ran out.
 */
bool fb_dev_grow(void **array, size_t *cap, size_t need, size_t max, size_t size, bool *full);

/* The node, made when `make`; FB_DEV_NONE when there is none or no room. */
uint32_t fb_dev_node(struct fb_devices *d, enum fb_dev_node_kind kind, const struct fb_addr *key, bool make);
uint32_t fb_dev_mac(struct fb_devices *d, const uint8_t mac[static 6], bool make);
/* The tenure of an address at a time. Multicast, unspecified and broadcast addresses have none. */
uint32_t fb_dev_addr(struct fb_devices *d, const struct fb_addr *a, int64_t ts_ns, bool make);
/* A later tenure of the address whose first one is `first`. */
uint32_t fb_dev_tenure(struct fb_devices *d, uint32_t first, int64_t since_ns);

void fb_dev_seen(struct fb_devices *d, uint32_t node, const struct fb_device_at *at, int64_t end_ns);

/* Counts an item of the node. */
void fb_dev_add_item(struct fb_devices *d, uint32_t node, enum fb_device_item_kind kind, uint32_t code,
                     struct fb_span text, struct fb_span detail, const struct fb_device_at *at);

bool fb_dev_is_local(struct fb_devices *d, uint32_t node);

/* ---- device_merge.c ---- */

/* Unites nodes by the rules; afterwards `parent` of each node is its root. */
void fb_dev_merge(struct fb_devices *d);
/* A MAC that stands for more than itself: what is seen behind it proves nothing about it. */
bool fb_dev_mac_is_front(const struct fb_dev_node *mac);

/* ---- device_view.c ---- */

enum fb_status fb_dev_view(struct fb_devices *d, const struct fb_intel *k,
                           const struct fb_device_rules *rules, struct fb_err *err);
/* device_judge.c: os and type. */
void fb_dev_judge(struct fb_device *dev, const struct fb_device_rules *rules);

static inline struct fb_span fb_dev_text(const char *s)
{
    return (struct fb_span){(const uint8_t *)s, strlen(s)};
}

#endif
