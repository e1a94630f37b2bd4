/* The addresses at the ends of a case's sessions, and in how many sessions each stands. */
#ifndef FB_CLI_ADDR_COUNT_H
#define FB_CLI_ADDR_COUNT_H

#include "base/addr.h"
#include "store/case.h"

struct fb_addr_count {
    struct fb_addr addr;
    uint64_t sessions;
};

#define FB_ADDR_COUNT_MAX (1u << 22)

/* Those in most sessions first, ties by address; in one allocation that the caller frees. FB_ERR_LIMIT when a
 * case has more of them than FB_ADDR_COUNT_MAX. */
enum fb_status fb_addr_count(struct fb_case *c, struct fb_addr_count **out, size_t *n, struct fb_err *err);

#endif
