/* The writer of a record table, shared by rec_write.c and rec_order.c. */
#ifndef FB_STORE_REC_WRITER_H
#define FB_STORE_REC_WRITER_H

#include "store/rec_dir.h"

/* From where to where a chunk of events goes. */
struct fb_rec_span {
    struct fb_rec_at first, last;
    struct fb_rec_meta meta; /* without rid */
};

struct fb_rec_writer {
    sqlite3 *db;
    struct fb_case *facts; /* the case that is filled; NULL: an edit, which has its own transaction */
    struct fb_rec_batch batch;
    struct fb_buf cols_text;
    struct fb_zip *zip, own_zip;
    int64_t run_id;
    uint64_t tid; /* 0: its row is not in the file yet */
    uint64_t subs, nrows, last_number;
    struct fb_digest_state digest;
    bool finished;

    bool held;                /* events: rows are held to be put in order */
    bool reordering;          /* part of a transaction that somebody else ends */
    bool disordered;          /* a chunk begins before the end of the one before it */
    struct fb_rec_span *span; /* of each chunk; facts only */
    size_t span_cap;
};

/* A table of facts; `held`: rows are put in order. */
enum fb_status fb_rec_writer_facts(struct fb_case *c, const struct fb_rec_def *def, struct fb_zip *zip,
                                   bool held, struct fb_rec_writer **out, struct fb_err *err);
/* Writes all rows that are held. */
enum fb_status fb_rec_writer_flush(struct fb_rec_writer *w, struct fb_err *err);

/* ---- rec_order.c ---- */

/* Writes a table of events anew whose chunks are each in order, but not one after the other. */
enum fb_status fb_rec_put_in_order(struct fb_rec_writer *w, struct fb_err *err);

#endif
