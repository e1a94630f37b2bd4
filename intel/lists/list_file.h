/* A list as it was read: whitelists or blacklists with all they say, where it was said, and what was not
 * understood. docs/lists.md describes the forms.
 *
 * A file owns everything it points at. Read by one thread, then constant. */
#ifndef FB_INTEL_LIST_FILE_H
#define FB_INTEL_LIST_FILE_H

#include "base/err.h"
#include "intel/lists/list_addr.h"
#include "intel/lists/list_domain.h"
#include "intel/lists/list_pool.h"

enum fb_list_form {
    FB_LIST_WHITELIST, /* JSON with whitelists */
    FB_LIST_BLACKLIST, /* JSON with blacklists */
    FB_LIST_ARRAY,     /* a JSON array of entries */
    FB_LIST_PLAIN,     /* one entry a line */
    FB_LIST_FIREHOL,   /* .ipset, .netset, and what `ipset save` writes */
    FB_LIST_HOSTS,     /* 0.0.0.0 name */
    FB_LIST_ABUSE_CH,  /* CSV with named columns */
    FB_LIST_MISP,      /* warninglist */
};
const char *fb_list_form_name(enum fb_list_form f);

struct fb_list_ports {
    uint16_t first, last;
};

#define FB_LIST_PROTO_NONE (-1) /* not stated */
#define FB_LIST_PROTO_ICMP 256  /* ICMP of either family */

/* NULL, or a count of 0: not stated. */
struct fb_list_endpoint {
    const struct fb_list_pattern *domain;
    size_t ndomains;
    const struct fb_list_range *ip;
    size_t nips;
    const struct fb_list_ports *port;
    size_t nports;
    int protocol; /* IP protocol number, or one of FB_LIST_PROTO_ */
    bool has_as_number;
    uint32_t as_number;
    const char *as_country, *as_owner, *process, *description;
    uint32_t number, line; /* its index in its list, from 0; in the file, from 1 */
};

/* Number or name (any case) of a protocol; FB_LIST_PROTO_NONE when there is none of that name. */
int fb_list_protocol(const void *name, size_t n);
/* "TCP" ..., or digits in `own`. */
const char *fb_list_protocol_name(int protocol, char own[static 12]);

bool fb_list_endpoint_says_nothing(const struct fb_list_endpoint *e);

struct fb_whitelist {
    const char *name;
    const char *const *extends;
    size_t nextends;
    const struct fb_list_endpoint *endpoint;
    size_t nendpoints;
    uint32_t line;
};

struct fb_list_v4 {
    uint32_t lo, hi, line;
};

struct fb_list_v6 {
    struct fb_list_range range;
    uint32_t line;
};

struct fb_list_named {
    const struct fb_list_pattern *pattern;
    uint32_t line;
};

/* The arrays are from the heap. */
struct fb_blacklist {
    const char *name, *description, *source_url, *last_updated; /* all but the name may be NULL */
    bool feed; /* somebody else's: does not match local ends unless asked to */
    struct fb_list_v4 *v4;
    struct fb_list_v6 *v6;
    struct fb_list_named *domain;
    size_t nv4, v4_cap, nv6, v6_cap, ndomains, domain_cap;
};

/* An entry that was skipped. */
struct fb_list_problem {
    uint32_t line;
    const char *entry; /* as it stands there, escaped for a terminal, cut */
    const char *why;
};

#define FB_LIST_PROBLEMS_KEPT 100

struct fb_list_file {
    const char *name; /* of the file, as it was given */
    enum fb_list_form form;
    const char *date; /* as it stands there; NULL */
    bool has_time;
    int64_t time_ns;       /* what the date means */
    const char *signature; /* NULL */
    uint8_t sha256[32];    /* of the bytes read */
    struct fb_whitelist *white;
    struct fb_blacklist *black;
    size_t nwhite, nblack;
    struct fb_list_problem problem[FB_LIST_PROBLEMS_KEPT];
    uint64_t skipped;    /* all problems */
    uint64_t irrelevant; /* rows of other kinds: hashes in a CSV, local names in a hosts file */
    struct fb_list_pool pool;
};

struct fb_list_read_opts {
    bool strict; /* a bad entry is an error */
};

/* Reads a list, whatever form it has. `name`: of the file, for messages and, without directories and ending,
 * as the name of a list that has none. FB_ERR_INPUT with byte or line and what was expected when it is no
 * list. */
enum fb_status fb_list_read(const void *bytes, size_t n, const char *name, const struct fb_list_read_opts *o,
                            struct fb_list_file **out, struct fb_err *err);
void fb_list_file_free(struct fb_list_file *f); /* accepts NULL */

/* Entries in all lists of the file: endpoints, or ranges and names. */
uint64_t fb_list_file_entries(const struct fb_list_file *f);

/* "2024-01-01", RFC 3339, or a date in words ("March 29th 2025"). */
bool fb_list_date_parse(const char *text, int64_t *time_ns);

#endif
