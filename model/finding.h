/* A finding: something in the sessions that a person should look at, with who, what, when, how sure, why, the
 * evidence and what to type next.
 *
 * Findings are plain data without pointers and may be copied. A list owns its array. Everything is an
 * integer or text made from integers, so that the same sessions give the same findings on every machine.
 * One thread. */
#ifndef FB_MODEL_FINDING_H
#define FB_MODEL_FINDING_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Stored in cases by name; a bit of `also` each. */
enum fb_finding_kind {
    FB_FIND_ANOMALY = 0, /* of the forest */
    FB_FIND_BEACON,
    FB_FIND_PORT_SCAN,
    FB_FIND_HOST_SCAN,
    FB_FIND_BRUTE_FORCE,
    FB_FIND_EXFILTRATION,
    FB_FIND_DNS_TUNNEL,
    FB_FIND_ICMP_TUNNEL,
    FB_FIND_LONG_CONNECTION,
    FB_FIND_MINING,
    FB_FIND_STROBE,
    FB_FIND_FLOOD,
    FB_FIND_ODD_PORT,
    FB_FIND_EXPLOIT,
    FB_FIND_DOWNLOAD,
    FB_FIND_ODD_CLIENT,
    FB_FIND_ODD_CERT,
    FB_FIND_TOR,
    FB_FIND_LATERAL,
    FB_FIND_DGA,
    FB_FIND_POLICY,
    FB_FIND_KINDS
};

#define FB_FINDING_HOSTS_MAX    8
#define FB_FINDING_EVIDENCE_MAX 32

struct fb_finding {
    enum fb_finding_kind kind;
    unsigned severity;                          /* 1..100; docs/detectors.md says how it comes about */
    unsigned confidence;                        /* 1..100 */
    struct fb_addr hosts[FB_FINDING_HOSTS_MAX]; /* the one that acts, then the others */
    unsigned nhosts;
    uint64_t targets; /* hosts at the other end, also those that `hosts` has no room for */
    uint8_t ip_proto; /* 0: several */
    bool has_port;
    uint16_t port; /* of the responder */
    char service[40];
    char subject[128]; /* a domain, or the culprit features; "" when there is none */
    uint64_t sessions;
    uint64_t evidence[FB_FINDING_EVIDENCE_MAX]; /* session numbers, ascending: the first ones */
    unsigned nevidence;
    int64_t first_ns, last_ns; /* first packet of the first, last packet of the last session */
    char reason[640];
    char next[320]; /* holds the word CASE where the case's path belongs */
    uint32_t also;  /* bits 1 << kind: what else these sessions are */
};

struct fb_findings {
    struct fb_finding *f;
    size_t n, cap;
    size_t max;       /* no more than that many are kept */
    uint64_t dropped; /* what there was no room for: the least severe */
};

void fb_findings_init(struct fb_findings *l, size_t max);
void fb_findings_release(struct fb_findings *l);

/* Appends a copy. At the ceiling the least severe one goes. FB_ERR_NOMEM only. */
enum fb_status fb_findings_add(struct fb_findings *l, const struct fb_finding *f);

/* Worst first: severity, sessions, first time, kind, hosts, port, first session. Ties are none. */
void fb_findings_sort(struct fb_findings *l);

/* Findings about the same sessions become one: the more severe stays and names the other in `also` and in its
 * reason. Sorts. */
void fb_findings_join(struct fb_findings *l);

/* Whether `f` speaks of sessions of this kind between these two at that time. Scans speak only of those that
 * came to nothing (`in_vain`). */
bool fb_finding_covers(const struct fb_finding *f, const struct fb_addr *orig_h, const struct fb_addr *resp_h,
                       uint8_t ip_proto, uint16_t resp_p, int64_t ts_ns, bool in_vain);

const char *fb_finding_kind_name(enum fb_finding_kind k); /* "beacon", "port_scan" ... */
/* "low" below 40, "medium" below 60, "high" below 80, else "critical". */
const char *fb_finding_severity_word(unsigned severity);
const char *fb_finding_proto_name(uint8_t ip_proto); /* "tcp", "udp", "icmp", "other"; NULL for 0 */

/* One JSON object without a newline. `case_path` stands in `next` (NULL: the word CASE stays). */
void fb_finding_json(const struct fb_finding *f, size_t rank, const char *case_path, struct fb_buf *out);

/* The row of fb_finding_def, and back; false when the row is none. */
void fb_finding_put(const struct fb_finding *f, size_t rank, struct fb_buf *row);
bool fb_finding_get(const uint8_t *row, size_t n, struct fb_finding *f);

/* `next` with the case's path in place of CASE, quoted for a shell where it must be. */
void fb_finding_next(const struct fb_finding *f, const char *case_path, struct fb_buf *out);

#endif
