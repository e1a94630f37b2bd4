/* What `info` prints, also used after ingest and by the summary. */
#ifndef FB_CLI_INFO_PRINT_H
#define FB_CLI_INFO_PRINT_H

#include "cli/output.h"
#include "store/case.h"

/* For people. `full`: every counter, interface and damage record; otherwise the main facts. */
enum fb_status fb_info_print_text(struct fb_case *c, struct fb_out *out, bool full, struct fb_err *err);

/* One JSON object. */
enum fb_status fb_info_print_json(struct fb_case *c, struct fb_out *out, struct fb_err *err);

#endif
