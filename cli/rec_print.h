/* Rows of a record table (store/rectab.h) as a table for people, JSON lines or CSV. */
#ifndef FB_CLI_REC_PRINT_H
#define FB_CLI_REC_PRINT_H

#include "cli/rows.h"
#include "store/rectab.h"

struct fb_rec_print {
    const struct fb_rec_def *def;
    enum fb_row_format format; /* TABLE, JSON or CSV */
    /* "a,b,c" out of session, ordinal, ts and the columns of the definition; NULL: all of them. */
    const char *columns;
    const char *spare;                                     /* for fb_table_spare; NULL: none */
    uint64_t session;                                      /* only rows of this session; 0: of all */
    uint64_t limit;                                        /* 0: none */
    bool (*keep)(void *ctx, const struct fb_rec_row *row); /* NULL: every row */
    void *ctx;
    struct fb_pseudonym *pseudonym; /* NULL: values as they are */
};

/* Prints; FB_OK also when nobody reads any more. FB_ERR_USAGE: no such column. */
enum fb_status fb_rec_print(struct fb_case *c, const struct fb_rec_print *p, struct fb_out *out,
                            struct fb_err *err);

/* One cell as raw text, which the caller escapes for its medium; items of a list are joined by commas.
 * Nothing for null. */
void fb_rec_cell_text(struct fb_buf *out, enum fb_rec_type type, const struct fb_rec_cell *cell);

/* One cell that is not null as JSON. `text` is memory for the call. */
void fb_rec_cell_json(struct fb_buf *out, enum fb_rec_type type, const struct fb_rec_cell *cell,
                      struct fb_buf *text);

#endif
