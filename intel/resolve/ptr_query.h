/* One question about an address to a resolver, and what a message says in answer to it (RFC 1035, 3.5
 * and 4.1; RFC 3596, 2.5; aliases of the reverse zone: RFC 2317). No state; any thread.
 *
 * A reply is untrusted: it counts only when id, question and direction are those of the query. Names are
 * bytes as sent, in the text form of intel/wire/dns_msg.h. */
#ifndef FB_INTEL_PTR_QUERY_H
#define FB_INTEL_PTR_QUERY_H

#include "base/addr.h"
#include "base/buf.h"

#define FB_PTR_QUERY_BYTES 128 /* room for any question */
#define FB_PTR_NAMES_MAX   16  /* of one address; more are not kept */
#define FB_PTR_NAMES_BYTES 4096

/* Stored in cases as text. */
enum fb_ptr_outcome {
    FB_PTR_FOREIGN,   /* not the answer to this question: keep waiting */
    FB_PTR_TRUNCATED, /* ask again over TCP */
    FB_PTR_NAMED,
    FB_PTR_NO_NAME,  /* NXDOMAIN, or no PTR record */
    FB_PTR_REFUSED,  /* an error of the server: rcode */
    FB_PTR_NO_ANSWER /* in time: not made by fb_ptr_reply_read */
};
const char *fb_ptr_outcome_name(enum fb_ptr_outcome o); /* "named", "no name", "refused", "no answer"; "" */

struct fb_ptr_answer {
    enum fb_ptr_outcome outcome;
    uint16_t rcode;
    uint32_t ttl_s; /* the smallest of the records; NAMED */
    size_t nnames;
    size_t names_bytes;
    uint8_t
        names[FB_PTR_NAMES_BYTES]; /* the items of a LIST cell (base/record.h), in the order of the reply */
};

/* Writes the query, with recursion desired; returns its length. */
size_t fb_ptr_query_put(uint8_t out[static FB_PTR_QUERY_BYTES], uint16_t id, const struct fb_addr *a);

/* `p` is a whole message. Fills `out` and returns out->outcome. */
enum fb_ptr_outcome fb_ptr_reply_read(const struct fb_addr *a, uint16_t id, const uint8_t *p, size_t n,
                                      struct fb_ptr_answer *out);

#endif
