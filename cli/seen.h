/* What was found in the payload of one session: its rows in all tables of facts and in the newest layers. */
#ifndef FB_CLI_SEEN_H
#define FB_CLI_SEEN_H

#include "base/buf.h"
#include "store/case.h"

/* Lines "dns  query=... answers=..." for `show`; escaped for a terminal. */
enum fb_status fb_seen_put_text(struct fb_case *c, uint64_t number, struct fb_buf *out, struct fb_err *err);

/* A JSON array of objects with table, ordinal, ts and the columns that are not null. */
enum fb_status fb_seen_put_json(struct fb_case *c, uint64_t number, struct fb_buf *out, struct fb_err *err);

#endif
