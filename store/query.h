/* SQL over a case. Tables: sessions, packets (virtual, over the compressed chunks), evidence, damage,
 * interfaces, notes, runs ... (docs/case-format.md). Statements can only read. */
#ifndef FB_STORE_QUERY_H
#define FB_STORE_QUERY_H

#include "store/case.h"

struct fb_query;

enum fb_cell_type { FB_CELL_NULL, FB_CELL_INT, FB_CELL_REAL, FB_CELL_TEXT, FB_CELL_BLOB };

struct fb_cell {
    enum fb_cell_type type;
    int64_t i;
    double r;
    const void *p; /* text (not NUL-terminated by contract) or blob, borrowed until the next step */
    size_t n;
};

/* Prepares one statement. FB_ERR_USAGE with SQLite's message and the place in the text when it is no valid
 * SELECT. */
enum fb_status fb_query_prepare(struct fb_case *c, const char *sql, struct fb_query **out,
                                struct fb_err *err);

/* Binds the i-th parameter (1-based). */
enum fb_status fb_query_bind_i64(struct fb_query *q, int i, int64_t v, struct fb_err *err);
enum fb_status fb_query_bind_text(struct fb_query *q, int i, const char *text, struct fb_err *err);

/* FB_OK: a row stands ready. FB_EOF: no more. */
enum fb_status fb_query_step(struct fb_query *q, struct fb_err *err);

int fb_query_ncols(const struct fb_query *q);
const char *fb_query_col_name(const struct fb_query *q, int col);
void fb_query_cell(const struct fb_query *q, int col, struct fb_cell *out);

void fb_query_close(struct fb_query *q); /* accepts NULL */

#endif
