/* Devices: one record for each thing that has addresses, put together from facts about addresses and MACs.
 *
 * Facts come first, in the order of time; then sessions in the order of their numbers, each followed by what
 * it said of its ends; then fb_devices_finish merges by the rules of docs/devices.md, and the devices can be
 * read. Nothing here knows tables or files. Tables are bounded; what did not fit is counted. The order of
 * devices and of everything in them depends on the facts alone. One thread. */
#ifndef FB_INTEL_DEVICES_H
#define FB_INTEL_DEVICES_H

#include "intel/devices/device_rules.h"
#include "intel/lists/list_addr.h"
#include "intel/packs/intel.h"

#define FB_DEVICE_TENURES_MAX 32 /* times that an address changes its MAC */
#define FB_DEVICE_PROXY_ADDRS 16 /* IPv4 addresses for which a MAC answers ARP before that proves nothing */
#define FB_DEVICE_FRONT_ADDRS 4  /* local IPv4 addresses behind a MAC before its frames prove nothing */
#define FB_DEVICE_REMOTES     3  /* remote addresses behind a MAC that make it a router */

#define FB_DEVICE_NO_PACKET UINT64_MAX

/* Which packet. */
struct fb_device_at {
    int64_t ts_ns;
    uint64_t ordinal; /* FB_DEVICE_NO_PACKET: said by the description of an interface, not by a packet */
    uint64_t number;  /* of the session; 0: none */
};

/* ---- what is told ---- */

enum fb_device_fact_kind {
    FB_DEVICE_ARP,         /* `addr` says that its MAC is `mac` */
    FB_DEVICE_NDP,         /* the same of IPv6 */
    FB_DEVICE_LEASE,       /* a DHCP server gave `addr` to `mac` or to the client `text`, or both */
    FB_DEVICE_CLIENT,      /* the DHCP client with identifier `text` (raw) has the MAC `mac` */
    FB_DEVICE_SELF_NAME,   /* `sender` says by mDNS that the host `text` has the address `addr` */
    FB_DEVICE_PREFIX,      /* a router announced the prefix `text`, "ADDR/LEN" */
    FB_DEVICE_ROUTES,      /* `addr` or `mac` announced itself as a router: `text` says how */
    FB_DEVICE_RESOLVES,    /* `addr` answered a DNS query and offers recursion */
    FB_DEVICE_GIVES_LEASE, /* `addr` is a DHCP server */
    FB_DEVICE_SUBNET,      /* the network `text`, "ADDR/LEN", is that of a DHCP lease */
    FB_DEVICE_SELF, /* `mac`, `addr`, or both, tied together, are an interface of the host that captured;
                       `text` says which, `detail` is its network, "ADDR/LEN" */
    FB_DEVICE_SAID  /* `text` of kind `item` stands for `addr` or `mac` */
};

/* What is kept of a device, and what rules ask for. */
enum fb_device_item_kind {
    FB_DI_NAME, /* `detail` is the source: mdns, dhcp, nbns ... */
    FB_DI_PORT, /* "tcp/443", seen open; `detail` is the service that was recognised */
    FB_DI_ROLE, /* `detail`: why */
    FB_DI_TTL,  /* "64": the initial value nearest above what was seen */
    FB_DI_DHCP_CLASS,
    FB_DI_DHCP_PARAMS,
    FB_DI_USER_AGENT,
    FB_DI_HTTP_SERVER,
    FB_DI_SSH_SERVER,
    FB_DI_SSH_CLIENT,
    FB_DI_SMTP_SERVER,
    FB_DI_FTP_SERVER,
    FB_DI_SSDP_SERVER,
    FB_DI_SSDP_TYPE,
    FB_DI_MDNS_SERVICE, /* "_ipp._tcp" */
    FB_DI_MODEL,        /* of DNS-SD's _device-info */
    FB_DI_KINDS
};
const char *fb_device_item_word(enum fb_device_item_kind kind); /* "name" ... */

struct fb_device_fact {
    enum fb_device_fact_kind kind;
    enum fb_device_item_kind item; /* SAID */
    bool has_addr, has_mac;
    struct fb_addr addr, sender;
    uint8_t mac[6];
    struct fb_span text, detail;
    struct fb_device_at at;
};

struct fb_device_session {
    struct fb_device_at at;
    int64_t end_ns;
    struct fb_addr orig_h, resp_h;
    uint16_t resp_p;
    uint8_t ip_proto, orig_ttl, resp_ttl; /* 0: no packet */
    bool has_macs;                        /* and they are those of the ends: not inside of a tunnel */
    uint8_t orig_mac[6], resp_mac[6];
    uint64_t orig_bytes, resp_bytes; /* of IP packets; who sent none is no device because of this session */
    bool answered;                   /* the responder sent a packet */
    bool open;                       /* ... that shows that its port is open */
    const char *service;             /* "" when not recognised */
};

/* ---- making ---- */

struct fb_devices;

struct fb_devices_opts {
    size_t nodes_max, items_max;       /* addresses and MACs; names, ports and so on; 0: the default */
    const struct fb_list_range *local; /* exactly these networks are local; copied */
    size_t nlocal;                     /* 0: the evidence decides */
};

enum fb_status fb_devices_new(const struct fb_devices_opts *o, struct fb_devices **out, struct fb_err *err);
void fb_devices_free(struct fb_devices *d); /* accepts NULL */

/* Failures (no memory) stick and come out of fb_devices_finish. */
void fb_devices_fact(struct fb_devices *d, const struct fb_device_fact *f);
void fb_devices_session(struct fb_devices *d, const struct fb_device_session *s);

/* `k` (vendors) may be NULL; it and `rules` are borrowed until fb_devices_free. */
enum fb_status fb_devices_finish(struct fb_devices *d, const struct fb_intel *k,
                                 const struct fb_device_rules *rules, struct fb_err *err);

/* ---- reading ---- */

enum fb_device_why {
    FB_DEVICE_WHY_ALONE,  /* nothing ties it to anything else */
    FB_DEVICE_WHY_ARP,    /* address to MAC */
    FB_DEVICE_WHY_NDP,    /* address to MAC */
    FB_DEVICE_WHY_LEASE,  /* address to MAC or DHCP client */
    FB_DEVICE_WHY_FRAME,  /* address to MAC: the frames of its sessions */
    FB_DEVICE_WHY_EUI64,  /* IPv6 address to the MAC from which it was formed */
    FB_DEVICE_WHY_CLIENT, /* MAC to DHCP client */
    FB_DEVICE_WHY_MDNS,   /* address to address: one host name */
    FB_DEVICE_WHY_IFACE   /* address to MAC: one interface of the host that captured */
};
const char *fb_device_why_text(enum fb_device_why why);

enum fb_device_role {
    FB_ROLE_ROUTER = 1,
    FB_ROLE_RESOLVER = 2,
    FB_ROLE_DHCP = 4,
    FB_ROLE_SERVER = 8,
    FB_ROLE_CLIENT = 16,
    FB_ROLE_SELF = 32, /* captured */
};
/* "router,server": in the order above. */
void fb_device_roles_put(struct fb_buf *out, unsigned roles);

struct fb_device_addr {
    struct fb_addr addr;
    int64_t since_ns, until_ns; /* it had the address in [since, until): INT64_MIN, INT64_MAX are open ends */
    enum fb_device_why why;
    struct fb_device_at at; /* the first packet that says why, else the first of the address */
    bool local;
};

struct fb_device_mac {
    uint8_t mac[6];
    bool is_private;       /* locally administered: mostly random */
    struct fb_span vendor; /* n == 0: not known */
    enum fb_device_why why;
    struct fb_device_at at;
};

struct fb_device_item {
    enum fb_device_item_kind kind;
    uint32_t code; /* PORT: protocol << 16 | port; ROLE: enum fb_device_role */
    struct fb_span text, detail;
    uint64_t count;
    struct fb_device_at first;
    int64_t last_ns;
};

/* An answer of the rules. */
struct fb_device_guess {
    const struct fb_device_rule *rule; /* NULL: none fits */
    const struct fb_device_item
        *proof; /* what the first condition about an item fits; NULL: vendor and such */
};

struct fb_device {
    bool local;
    struct fb_device_addr *addrs; /* local and IPv4 first, ascending */
    struct fb_device_mac *macs;
    struct fb_device_item *items; /* by kind, code and text */
    size_t naddrs, nmacs, nitems;
    uint64_t items_shed;
    int64_t first_ns, last_ns;
    uint64_t opened, answered; /* sessions */
    uint64_t sent_bytes, received_bytes;
    unsigned roles; /* enum fb_device_role */
    struct fb_span vendor;
    struct fb_device_guess os, type;
};

/* Local ones first, those with most bytes first, then by address. */
size_t fb_devices_count(const struct fb_devices *d);
const struct fb_device *fb_devices_at(const struct fb_devices *d, size_t i);

/* A network that was taken for local, and why; false past the last. Only those with an address of a device.
 */
struct fb_device_net {
    struct fb_list_range range;
    const char *why;
    uint64_t addrs;
};
bool fb_devices_net(const struct fb_devices *d, size_t i, struct fb_device_net *out);

struct fb_devices_shed {
    uint64_t nodes;   /* times that an address or a MAC found no room */
    uint64_t items;   /* times that a name, port and so on found none */
    uint64_t tenures; /* times that an address changed its MAC once too often */
    uint64_t nets;    /* networks beyond what the table holds */
    uint64_t vetoed;  /* merges that were not made: docs/devices.md */
    uint64_t silent;  /* sessions whose responder never answered: it makes no device */
};
struct fb_devices_shed fb_devices_shed(const struct fb_devices *d);

#endif
