/* Named detectors: small rules whose findings say the numbers (docs/detectors.md).
 *
 * Sessions come in the order of their numbers, names at any time before the end; then the findings are taken.
 * Memory is bounded by the limits below; what a full table sheds is the same on every run and is counted.
 * Integers only: the same sessions give the same findings on every machine. The object owns all it keeps and
 * belongs to one thread. */
#ifndef FB_MODEL_DETECT_H
#define FB_MODEL_DETECT_H

#include "base/buf.h"
#include "base/cursor.h"
#include "model/finding.h"
#include "replay/session.h"

/* Thresholds, by their place in fb_detect_options[]. */
enum fb_detect_option {
    FB_DO_BEACON_BEATS,
    FB_DO_BEACON_INTERVAL_MS,
    FB_DO_BEACON_SPAN_S,
    FB_DO_BEACON_DISPERSION_PCT,
    FB_DO_BEACON_FANO_PCT,
    FB_DO_BEACON_SCORE,
    FB_DO_BEACON_SEGMENTS,
    FB_DO_BEACON_REGULARITY_PCT,
    FB_DO_SCAN_PORTS,
    FB_DO_SCAN_PORTS_NONE_OPEN,
    FB_DO_SCAN_HOSTS,
    FB_DO_SCAN_FAILED_PCT,
    FB_DO_BRUTE_SESSIONS,
    FB_DO_BRUTE_AT_ONCE,
    FB_DO_BRUTE_GAP_S,
    FB_DO_BRUTE_SECONDS,
    FB_DO_BRUTE_BYTES,
    FB_DO_BRUTE_SLOW,
    FB_DO_BRUTE_CLIENTS,
    FB_DO_BRUTE_ALL,
    FB_DO_EXFIL_BYTES,
    FB_DO_EXFIL_RATIO,
    FB_DO_EXFIL_TIMES,
    FB_DO_DNS_NAMES,
    FB_DO_DNS_LABEL,
    FB_DO_DNS_BYTES,
    FB_DO_DGA_NAMES,
    FB_DO_ICMP_BYTES,
    FB_DO_ICMP_DAMAGED,
    FB_DO_LONG_SECONDS,
    FB_DO_MINING_SECONDS,
    FB_DO_STROBE_MINUTE,
    FB_DO_FLOOD_PKTS,
    FB_DO_FLOOD_HALF_OPEN,
    FB_DO_WEB_ATTACKS,
    FB_DO_WEB_RECON,
    FB_DO_EXE_BYTES,
    FB_DO_AGENT_LETTERS,
    FB_DO_TOR_NAMES,
    FB_DO_LATERAL_BYTES,
    FB_DO_POLICY_PKTS,
    FB_DO_MAX_PAIRS,
    FB_DO_MAX_TARGETS,
    FB_DO_MAX_NAMES,
    FB_DO_MAX_FINDINGS,
    FB_DO_COUNT
};

struct fb_detect_option_def {
    const char *name;
    int64_t value, min, max; /* default and range */
    const char *doc;
};

extern const struct fb_detect_option_def fb_detect_options[FB_DO_COUNT];

struct fb_detect_opts {
    int64_t v[FB_DO_COUNT];
};

void fb_detect_defaults(struct fb_detect_opts *o);
/* "name=value" into `o`: FB_ERR_USAGE with a sentence when there is no such option or the number is out of
 * range. */
enum fb_status fb_detect_set(struct fb_detect_opts *o, const char *assignment, struct fb_err *err);

/* "name=value name=value" of those that differ from their defaults, in the order of the options; "" for none.
 */
void fb_detect_put(const struct fb_detect_opts *o, struct fb_buf *out);
#define FB_DETECT_TEXT_MAX 4096
/* Into `o`, over defaults. FB_ERR_USAGE as fb_detect_set, also for text that is too long. */
enum fb_status fb_detect_get(struct fb_detect_opts *o, const char *text, size_t n, struct fb_err *err);

struct fb_detect;

/* `o` NULL: defaults. NULL: out of memory. */
struct fb_detect *fb_detect_new(const struct fb_detect_opts *o);
void fb_detect_free(struct fb_detect *d);

enum fb_status fb_detect_session(struct fb_detect *d, const struct fb_session *s);

/* A question that was seen, with its answer when there was one. All borrowed. */
struct fb_detect_dns {
    uint64_t number; /* of the session; 0: none */
    int64_t ts_ns;
    struct fb_addr client, server;
    const char *query; /* as it was sent, without the last dot; any bytes */
    size_t query_len;
    uint16_t qtype;
    int rcode;             /* -1: no answer was seen */
    uint32_t answer_bytes; /* of the answer's records; 0: none */
    const struct fb_addr *addrs;
    size_t naddrs; /* addresses in the answer */
};

enum fb_status fb_detect_dns(struct fb_detect *d, const struct fb_detect_dns *q);

/* An end is known by a name. */
enum fb_status fb_detect_name(struct fb_detect *d, const struct fb_addr *host, const char *name, size_t n);

/* A request of HTTP with its reply, as far as they were seen; spans that are NULL were not. All borrowed. In
 * the order of session numbers, and of time within a session. */
struct fb_detect_http {
    const struct fb_session *s;
    int64_t ts_ns;
    struct fb_span method, host, uri, user_agent, referrer;
    struct fb_span content_type; /* of the reply */
    int64_t status;              /* 0: none */
    uint64_t request_bytes, response_bytes;
};

/* Also gives the name to the server, as fb_detect_name. */
enum fb_status fb_detect_http(struct fb_detect *d, const struct fb_detect_http *h);

/* A handshake. */
struct fb_detect_tls {
    const struct fb_session *s;
    struct fb_span server_name, subject, issuer; /* of the server's certificate */
    struct fb_span history;                      /* Zeek's letters of ssl.log */
    bool established;
};

enum fb_status fb_detect_tls(struct fb_detect *d, const struct fb_detect_tls *t);

/* What full tables forgot. */
struct fb_detect_shed {
    uint64_t pairs;   /* pairs of hosts and ports */
    uint64_t targets; /* targets that were not told apart any more */
    uint64_t names;   /* domains, and addresses with names */
};

/* Runs the rules and appends to `out` (sorted and joined). May be called again after more sessions. */
enum fb_status fb_detect_finish(struct fb_detect *d, struct fb_findings *out);
struct fb_detect_shed fb_detect_shed(const struct fb_detect *d);

#endif
