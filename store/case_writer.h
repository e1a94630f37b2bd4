/* The writer of a case, shared by case_write.c and case_resume.c. Not for other files. */
#ifndef FB_STORE_CASE_WRITER_H
#define FB_STORE_CASE_WRITER_H

#include "store/case_impl.h"
#include "store/encoder.h"

struct fb_case_writer {
    struct fb_window **window; /* by index; NULL: not begun, or handed over */
    size_t nwindows, cap;
    uint64_t done_windows; /* windows that are in the file */
    size_t held_bytes, ceiling;
    struct fb_encoder *encoder;
    struct fb_zip spill_zip; /* fast: what it writes is read once */
    struct fb_buf scratch;
    struct fb_filter_set filters; /* of windows that are in the file */
    uint64_t sessions;            /* delivered */
    bool began, in_txn;
    bool resumed;          /* windows may lie in the file already */
    uint64_t good_windows; /* the first ones that are all in the file */
    fb_case_locate locate; /* NULL: packets are known by ordinal alone */
    void *locate_ctx;
    const char *plan_json; /* borrowed until begin; may be NULL */
    int lock_fd;           /* -1: in memory */
    sqlite3_stmt *put_chunk, *put_blob, *del_blob, *get_blob;
    struct fb_err err; /* the first failure of a sink call */
};

/* ---- case_write.c ---- */

enum fb_status fb_case_writer_new(struct fb_case *c, struct fb_err *err);
/* Prepares statements; from here on windows can be written. */
enum fb_status fb_case_writer_start(struct fb_case *c, struct fb_err *err);
enum fb_status fb_case_put_run(struct fb_case *c, const struct fb_case_run *run, struct fb_err *err);

/* ---- case_resume.c: rows of case_info that exist while the case is incomplete ---- */

enum fb_status fb_case_put_plan(struct fb_case *c, const char *plan_json, struct fb_err *err);
/* Says up to which packet the file is good, after the window `b` went into it. */
enum fb_status fb_case_note_progress(struct fb_case *c, const struct fb_window_blobs *b, struct fb_err *err);
enum fb_status fb_case_drop_progress(struct fb_case *c, struct fb_err *err);

/* Whether the window lies in the file already. FB_ERR_VERIFY when it is there and came out differently now.
 */
enum fb_status fb_case_compare_window(struct fb_case *c, const struct fb_window_blobs *b, bool *there,
                                      struct fb_err *err);

#endif
