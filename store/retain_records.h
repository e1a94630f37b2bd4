/* Retention of record tables. Not for other rooms. */
#ifndef FB_STORE_RETAIN_RECORDS_H
#define FB_STORE_RETAIN_RECORDS_H

#include "store/rec_dir.h"

/* Takes the rows of sessions out of all tables (`gone`: bit number - 1 is 1 for each session that is gone),
 * and events of no session before the cutoff; what their chunks were is remembered under the number of the
 * removal; 0: only counts. *rows gets how many went. */
enum fb_status fb_retain_records(struct fb_case *c, int64_t retention, const struct fb_buf *gone,
                                 int64_t cutoff_ns, uint64_t *rows, struct fb_err *err);

#endif
