/* Which networks are local: what --local says, or what the evidence of a case shows (docs/devices.md). */
#ifndef FB_CLI_LOCAL_NETS_H
#define FB_CLI_LOCAL_NETS_H

#include "cli/options.h"
#include "intel/lists/list_addr.h"
#include "store/case.h"

struct fb_local_nets {
    struct fb_list_range *range; /* owned */
    size_t n;
};
void fb_local_nets_release(struct fb_local_nets *l); /* accepts a zeroed one */

/* Option values "NET" and "NET,NET"; FB_ERR_USAGE names the one that is no network. */
enum fb_status fb_local_nets_parse(const struct fb_opt_list *values, struct fb_local_nets *out,
                                   struct fb_err *err);
/* The same for a verb: -1, or the exit code after a message. */
int fb_local_nets_read(const char *verb, const struct fb_opt_list *values, struct fb_local_nets *out);

/* Those in which the case has a device. */
enum fb_status fb_local_nets_of_case(struct fb_case *c, struct fb_local_nets *out, struct fb_err *err);

/* In one of them; without any: private, loopback, link-local and the like (fb_list_addr_is_local). */
bool fb_local_nets_have(const struct fb_local_nets *l, const struct fb_addr *a);

#endif
