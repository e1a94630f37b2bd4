/* Devices as rows of a table, CSV, JSON lines, and one with all its reasons. Untrusted text is escaped. */
#ifndef FB_CLI_HOSTS_PRINT_H
#define FB_CLI_HOSTS_PRINT_H

#include "cli/output.h"
#include "cli/resolved_names.h"
#include "cli/rows.h"
#include "intel/devices/devices.h"

struct fb_hosts_opts {
    enum fb_row_format format; /* TABLE, CSV or JSON */
    bool local_only;
    uint64_t limit;                           /* 0: none */
    const struct fb_intel *k;                 /* may be NULL */
    const char *rules;                        /* name of the rule file */
    const struct fb_resolved_names *resolved; /* what resolvers said; may be NULL */
};

/* Every device a row; then, in tables and JSON, which networks are local and what found no room. */
enum fb_status fb_hosts_list(const struct fb_devices *d, const struct fb_hosts_opts *o, struct fb_out *out,
                             struct fb_err *err);

/* One device with all reasons and packets (hosts_show.c). */
void fb_hosts_show(const struct fb_device *v, const struct fb_hosts_opts *o, struct fb_buf *b);

/* One device as a JSON object (hosts_json.c). */
void fb_hosts_json(const struct fb_device *v, const struct fb_hosts_opts *o, struct fb_buf *b);
/* {"record":"networks",...} */
void fb_hosts_json_nets(const struct fb_devices *d, const struct fb_hosts_opts *o, struct fb_buf *b);

/* What is known against the open ports and the vendor of a device, taken together. */
enum fb_severity fb_hosts_criticality(const struct fb_device *v, const struct fb_intel *k);

#endif
