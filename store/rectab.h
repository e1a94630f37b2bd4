/* Tables of records in a case (base/record.h): facts that were found in payload, and layers that were
 * computed from them (docs/case-format.md, "Record tables").
 *
 * Facts are written by the run that fills a case, one table for each definition; a layer's table belongs to
 * the run number of its layer, so that one name can have many of them, of which the newest counts. Rows are
 * kept in compressed chunks, column by column; each table has a digest over its logical rows (ordinals are
 * not part of it: the same packets in other files give the same digest). One thread, that of the case. */
#ifndef FB_STORE_RECTAB_H
#define FB_STORE_RECTAB_H

#include "base/observe.h"
#include "base/record.h"
#include "store/case.h"

struct fb_edit;

/* Where and when a row belongs. SESSIONS: only `number` counts; ROWS: nothing does. */
struct fb_rec_at {
    uint64_t number; /* of the session; 0: none */
    uint64_t ordinal;
    int64_t ts_ns;
};

/* ---- facts, while a case is filled ---- */

/* Adds a row to the table of o->def, which begins with its first row. Between fb_case_begin and
 * fb_case_finish. FB_ERR_USAGE when the row is not one of its definition. */
enum fb_status fb_case_put_record(struct fb_case *c, const struct fb_observed *o, struct fb_err *err);
/* The same for a sink: `c` is the case, a failure is kept as that of any sink call (fb_case_sink_error). */
int fb_case_on_record(void *c, const struct fb_observed *o);

/* ---- layers, in an edit ---- */

struct fb_rec_writer;

/* A table of the layer that `run_id` names. `def` is borrowed until the writer is freed. */
enum fb_status fb_edit_record_open(struct fb_edit *e, const struct fb_rec_def *def, int64_t run_id,
                                   struct fb_rec_writer **out, struct fb_err *err);
/* SESSIONS: numbers ascend. `row` is borrowed for the call. */
enum fb_status fb_rec_write(struct fb_rec_writer *w, const struct fb_rec_at *at, struct fb_span row,
                            struct fb_err *err);
/* Writes what is left. A table that is not finished makes the case one that `verify` refuses. `nrows` and
 * `digest` may be NULL. */
enum fb_status fb_rec_writer_finish(struct fb_rec_writer *w, uint64_t *nrows, struct fb_digest *digest,
                                    struct fb_err *err);
void fb_rec_writer_free(struct fb_rec_writer *w); /* accepts NULL */

/* ---- reading ---- */

#define FB_REC_NEWEST (-1) /* the newest layer, or that of --as-of; of facts the only one */

struct fb_rec_row {
    struct fb_rec_at at;
    const struct fb_rec_cell *cells; /* def->ncols of them */
};

struct fb_rec_cursor;

/* Stands before the first row. A case that lacks the table has no rows. Columns are those of `def`, which is
 * borrowed; what the case does not have of them is null, what it has with another type is FB_ERR_VERIFY. */
enum fb_status fb_rec_open(struct fb_case *c, const struct fb_rec_def *def, int64_t run_id,
                           struct fb_rec_cursor **out, struct fb_err *err);
/* The next row, FB_EOF after the last. Borrowed until the next call on the cursor. */
enum fb_status fb_rec_next(struct fb_rec_cursor *cur, struct fb_rec_row *row, struct fb_err *err);
/* Of the rows to come only these columns (of `def`) are read; all others are null. */
void fb_rec_only(struct fb_rec_cursor *cur, const uint8_t *cols, size_t ncols);
/* From here on only the rows of one session, in the order of the table. Cheap when numbers ascend. */
void fb_rec_seek(struct fb_rec_cursor *cur, uint64_t number);
/* All rows again. */
void fb_rec_rewind(struct fb_rec_cursor *cur);
void fb_rec_close(struct fb_rec_cursor *cur); /* accepts NULL */

/* ---- what there is ---- */

struct fb_rec_info {
    const char *name;      /* borrowed until the next call on the case */
    const char *cols_text; /* "name type,name type" */
    uint16_t id;
    enum fb_rec_order order;
    int64_t run_id; /* 0: facts */
    uint64_t nrows; /* as written: retention does not change it */
    struct fb_digest digest;
    bool finished;
    bool newest; /* the one that is shown under its name */
};

/* The i-th table of the case and its sidecar: facts by id, then layers by run. FB_EOF past the last. */
enum fb_status fb_case_record_table(struct fb_case *c, size_t i, struct fb_rec_info *out, struct fb_err *err);

/* The i-th definition that the program knows; NULL past the last. Tables in other cases may have others. */
const struct fb_rec_def *fb_rec_known(size_t i);

#endif
