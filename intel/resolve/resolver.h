/* Asking resolvers for the names of addresses: the one place of this program that sends anything into a
 * network.
 *
 * Questions go out over UDP, each from a socket of its own (so its port is the kernel's choice) with a random
 * id, and once more over TCP when the answer was cut. No more than so many a second leave, no more than so
 * many wait at a time, each is repeated a given number of times (at the next server), and all of it ends
 * after a given time. Blocks the calling thread; holds no state between calls. */
#ifndef FB_INTEL_RESOLVER_H
#define FB_INTEL_RESOLVER_H

#include "base/err.h"
#include "intel/resolve/ptr_query.h"
#include "intel/resolve/resolve_server.h"

#define FB_RESOLVE_PARALLEL_MAX 64

struct fb_resolve_opts {
    const struct fb_resolve_server *server;
    size_t nservers;    /* at least 1 */
    uint64_t a_second;  /* queries, repeated ones and those over TCP included; at least 1 */
    unsigned parallel;  /* 1 .. FB_RESOLVE_PARALLEL_MAX */
    unsigned tries;     /* of each address, at least 1 */
    int64_t timeout_ns; /* of one try */
    int64_t total_ns;
    bool (*stop)(void); /* looked at several times a second; NULL: never */
};
#define FB_RESOLVE_OPTS_DEFAULT                                                                              \
    ((struct fb_resolve_opts){                                                                               \
        .a_second = 20, .parallel = 8, .tries = 2, .timeout_ns = 2000000000LL, .total_ns = 60000000000LL})

struct fb_resolved {
    const struct fb_ptr_answer *answer; /* also of one that did not come: NO_ANSWER */
    size_t server;                      /* that was asked last */
    int64_t asked_ns;                   /* by the wall clock, UTC: the last try */
    bool tcp;
};

/* Once for each address that was asked, in the order of the answers; `i` is its index. Borrowed. */
typedef void (*fb_resolved_put)(void *ctx, size_t i, const struct fb_resolved *r);

/* Addresses for which there was no time, or that came after a stop, are not asked and not put. FB_ERR_IO when
 * no socket can be had at all. */
enum fb_status fb_resolve(const struct fb_resolve_opts *o, const struct fb_addr *addr, size_t n,
                          fb_resolved_put put, void *ctx, struct fb_err *err);

#endif
