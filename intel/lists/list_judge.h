/* What the active lists say of a session.
 *
 * The caller describes the session in neutral terms; the judge fills a verdict that borrows from the set and,
 * until the next call, from the judge. A judge belongs to one thread. */
#ifndef FB_INTEL_LIST_JUDGE_H
#define FB_INTEL_LIST_JUDGE_H

#include "intel/lists/list_set.h"

enum fb_list_proof {
    FB_LIST_PROVEN, /* by the traffic itself: a DNS answer to that client, SNI, Host, mDNS */
    FB_LIST_PTR,    /* who owns the address said so: counts only with trust_ptr */
    FB_LIST_HINT,   /* anything else: never satisfies a rule */
    FB_LIST_ALIAS,  /* a CNAME on the way from a proven name to the address: counts for blacklists only */
};

struct fb_list_name {
    const char *name; /* raw bytes from traffic */
    size_t n;
    enum fb_list_proof proof;
};

/* Texts may be NULL: not known, though the number is. */
struct fb_list_as {
    bool known;
    uint32_t number;
    const char *country, *owner;
};

struct fb_list_end {
    struct fb_addr h;
    uint16_t port;
    bool local; /* own or in a local network */
    const struct fb_list_name *name;
    size_t nnames; /* of which FB_LIST_SUBJECT_NAMES are looked at */
    struct fb_list_as as;
};

#define FB_LIST_SUBJECT_NAMES 16

struct fb_list_subject {
    struct fb_list_end orig, resp;
    uint8_t ip_proto;
    const char *process; /* short name; NULL: not known */
};

/* Criteria of an endpoint, as bits; the order in which they are named. */
enum fb_list_criterion {
    FB_LIST_BY_DOMAIN = 0x001,
    FB_LIST_BY_IP = 0x002,
    FB_LIST_BY_PORT = 0x004,
    FB_LIST_BY_PROTOCOL = 0x008,
    FB_LIST_BY_PROCESS = 0x010,
    FB_LIST_BY_AS_NUMBER = 0x020,
    FB_LIST_BY_AS_COUNTRY = 0x040,
    FB_LIST_BY_AS_OWNER = 0x080,
};
#define FB_LIST_BY_PLACE (FB_LIST_BY_DOMAIN | FB_LIST_BY_IP)
#define FB_LIST_BY_ALL   0x0ffu
/* Beside a criterion that failed: not because it is another, but because nobody knows it of this session. */
#define FB_LIST_NOT_KNOWN(criterion) ((unsigned)(criterion) << 8)
/* "domain", "as_number" ...: the keys of endpoints; "" for none. */
const char *fb_list_criterion_name(unsigned one);

enum fb_list_conformance { FB_LIST_UNKNOWN, FB_LIST_CONFORMING, FB_LIST_NONCONFORMING };
const char *fb_list_conformance_name(enum fb_list_conformance c);

#define FB_LIST_NEAR 3

struct fb_list_near {
    uint32_t active; /* index of the endpoint in the set */
    unsigned failed; /* criteria, with FB_LIST_NOT_KNOWN of those that are not known */
};

/* An entry of a blacklist that matched; one a list. */
struct fb_list_hit {
    uint32_t black; /* index of the list in the set */
    bool is_name;
    bool orig;      /* the originator's address or name; else the responder's */
    uint32_t entry; /* its number in the set */
    uint32_t line;
};

struct fb_list_verdict {
    enum fb_list_conformance conformance;
    bool out_of_scope;
    uint32_t active;    /* when conforming: index of the endpoint in the set */
    unsigned criterion; /* when conforming: what decided (one bit; 0: the endpoint states nothing) */
    const struct fb_list_pattern *domain; /* the pattern or range that matched, by criterion */
    const struct fb_list_range *ip;
    struct fb_list_near near[FB_LIST_NEAR]; /* when nonconforming */
    size_t nnear;
    const struct fb_list_hit *hit; /* in the order of the lists */
    size_t nhits;
};

struct fb_list_judge;
enum fb_status fb_list_judge_new(const struct fb_list_set *s, struct fb_list_judge **out, struct fb_err *err);
void fb_list_judge_free(struct fb_list_judge *j); /* accepts NULL */

void fb_list_judge(struct fb_list_judge *j, const struct fb_list_subject *subject,
                   struct fb_list_verdict *out);

/* The criteria that an endpoint states and the subject does not meet; 0: it matches. `trust_ptr` as in the
 * set. One at a time, without tables: for tests and for explanations. */
unsigned fb_list_endpoint_failures(const struct fb_list_endpoint *e, const struct fb_list_subject *subject,
                                   bool trust_ptr);

/* The entry of a hit as text: pattern or range. */
void fb_list_hit_entry(const struct fb_list_set *s, const struct fb_list_hit *h, struct fb_buf *out);

#endif
