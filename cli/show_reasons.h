/* Why the layers say of one session what they say: where its names come from, what decided the verdicts of
 * lists. One thread. */
#ifndef FB_CLI_SHOW_REASONS_H
#define FB_CLI_SHOW_REASONS_H

#include "base/buf.h"
#include "store/case.h"

/* Lines for `show`, after an empty one; nothing when no layer has a row for the session. */
enum fb_status fb_show_reasons_text(struct fb_buf *b, struct fb_case *c, uint64_t number, struct fb_err *err);

/* ,"names":{...},"list_verdict":{...}: the row of each layer, or null. */
enum fb_status fb_show_reasons_json(struct fb_buf *b, struct fb_case *c, uint64_t number, struct fb_err *err);

#endif
