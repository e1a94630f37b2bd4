/* Record tables with made-up rows, for tests: each row follows from its index. */
#ifndef FB_TESTS_STORE_RECORDS_H
#define FB_TESTS_STORE_RECORDS_H

#include "store/rectab.h"

/* Every type, EVENTS ("looked"), SESSIONS ("named") and ROWS ("loose"). */
extern const struct fb_rec_def rec_events, rec_sessions, rec_rows;

/* Row i (from 0) of a table; released by the caller. `salt` makes other rows. */
void rec_make(const struct fb_rec_def *def, uint64_t i, unsigned salt, struct fb_rec_at *at,
              struct fb_buf *row);
/* The name of the first thing in which a row that was read differs from row i; NULL: nothing. */
const char *rec_differs(const struct fb_rec_def *def, uint64_t i, unsigned salt,
                        const struct fb_rec_row *got);
/* Puts rows [0, n) of rec_events into a case that is filled. */
void rec_fill(struct fb_case *c, uint64_t n);
/* Adds a layer with rows [0, n) of a table to the case; aborts when something fails. */
int64_t rec_layer(struct fb_case *c, const char *path, const struct fb_rec_def *def, uint64_t n,
                  unsigned salt, struct fb_digest *digest);

#endif
