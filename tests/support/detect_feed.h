/* Sessions made by hand for the detectors. Addresses are text; times are milliseconds after a fixed start,
 * and must not fall. Feeding ends the test when the detectors fail. */
#ifndef FB_TESTS_DETECT_FEED_H
#define FB_TESTS_DETECT_FEED_H

#include "model/detect/detect.h"

struct detect_feed {
    struct fb_detect *d;
    uint64_t number; /* of the last session */
    struct fb_findings l;
    const char *service; /* of the sessions that follow */
    struct fb_session s; /* the last one; what feed_again changed stays */
};

/* `set`: thresholds separated by blanks, "scan_ports=5 max_pairs=64"; NULL: defaults. */
void feed_begin(struct detect_feed *f, const char *set);
void feed_tcp(struct detect_feed *f, int64_t ms, const char *orig, const char *resp, uint16_t port, int state,
              uint64_t orig_bytes, uint64_t resp_bytes, int64_t duration_ms);
void feed_udp(struct detect_feed *f, int64_t ms, const char *orig, const char *resp, uint16_t port,
              uint64_t pkts, uint64_t orig_bytes, uint64_t resp_bytes);
void feed_icmp(struct detect_feed *f, int64_t ms, const char *orig, const char *resp, uint64_t pkts,
               uint64_t orig_bytes, uint64_t resp_bytes);
void feed_raw(struct detect_feed *f); /* f->s as it stands, with the next number */
void feed_dns(struct detect_feed *f, int64_t ms, const char *client, const char *name, uint16_t qtype,
              uint32_t answer_bytes);

/* Takes the findings; checks what holds for each. */
void feed_finish(struct detect_feed *f);
/* The first finding of a kind, or NULL. */
const struct fb_finding *feed_kind(const struct detect_feed *f, enum fb_finding_kind k);
/* The kind is found, its first host is `who`, and its reason holds `words`. */
const struct fb_finding *feed_expect(const struct detect_feed *f, enum fb_finding_kind k, const char *who,
                                     const char *words);
void feed_expect_nothing(const struct detect_feed *f);
void feed_end(struct detect_feed *f);

#endif
