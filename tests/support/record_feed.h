/* Requests, handshakes and answers made by hand for the detectors, each with the session that it stands in.
 */
#ifndef FB_TESTS_RECORD_FEED_H
#define FB_TESTS_RECORD_FEED_H

#include "tests/support/detect_feed.h"

struct feed_request {
    const char *method, *host, *uri, *agent, *type; /* NULL: not seen */
    int64_t status;
    uint64_t sent, received;
};

/* The session of the last feed_tcp; several stand in one when it is called again. */
void feed_http(struct detect_feed *f, int64_t ms, const struct feed_request *r);
void feed_tls(struct detect_feed *f, const char *name, const char *subject, const char *issuer,
              const char *history, bool established);
/* A question to 10.0.0.53 that has that rcode for an answer. */
void feed_rcode(struct detect_feed *f, int64_t ms, const char *client, const char *name, int rcode);

#endif
