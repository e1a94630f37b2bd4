/* Layers as a reader sees them: notes, tags and verdicts of case and sidecar together, newest state or an
 * older one.
 *
 * SQL sees them as views: `layer`, `note`, `tag`, `verdict` hold every row ever written; `notes`, `tags`,
 * `verdicts` hold the state of the chosen run. One thread. */
#ifndef FB_STORE_LAYERS_H
#define FB_STORE_LAYERS_H

#include "store/case.h"

/* From now on the views show what stood after that run. `text`: a run number, or a time (then the last run at
 * or before it). FB_ERR_USAGE when it is neither. */
enum fb_status fb_layers_as_of(struct fb_case *c, const char *text, struct fb_err *err);

/* The tags of sessions, loaded once. */
struct fb_session_tags;
enum fb_status fb_session_tags_load(struct fb_case *c, struct fb_session_tags **out, struct fb_err *err);
/* "a,b", sorted, borrowed; NULL when the session has none. */
const char *fb_session_tags_of(const struct fb_session_tags *t, uint64_t number);
void fb_session_tags_free(struct fb_session_tags *t); /* accepts NULL */

/* ---- for case_read.c ---- */

/* The same as fb_layers_as_of, by number. */
enum fb_status fb_layers_set_as_of(struct fb_case *c, int64_t run_id, struct fb_err *err);
/* Makes the views of an opened case and reads its sidecar. `path` NULL: a case in memory. */
enum fb_status fb_layers_attach(struct fb_case *c, const char *path, struct fb_err *err);

#endif
