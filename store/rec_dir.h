/* Which record tables a case and its sidecar have, and their chunks as they are held in memory. Shared by the
 * files that read and write them; not for other rooms. */
#ifndef FB_STORE_REC_DIR_H
#define FB_STORE_REC_DIR_H

#include "store/case_impl.h"
#include "store/rec_chunk.h"

#define FB_REC_NAME_MAX        32 /* bytes of the name of a table or column */
#define FB_REC_TABLES_MAX      65536u
#define FB_REC_SUBS            ((uint64_t)1 << 28) /* chunks of one table */
#define FB_REC_RID(tid, sub)   ((uint64_t)(tid)*FB_REC_SUBS + (sub))
#define FB_REC_KEY(rid, group) ((uint64_t)(rid)*64 + (group))
#define FB_REC_CACHE_BYTES     ((size_t)96 << 20)

/* One row of record_table with its chunks. Counted references: a cursor outlives the directory. */
struct fb_rec_table {
    unsigned refs;
    sqlite3 *db; /* case or sidecar */
    uint64_t tid;
    int64_t run_id;
    uint64_t nrows;
    bool finished;
    struct fb_digest digest;
    struct fb_rec_def def; /* its pointers lead into this struct */
    char name[FB_REC_NAME_MAX + 1];
    char *cols_text;
    struct fb_rec_col col[FB_REC_COLS_MAX];
    char col_name[FB_REC_COLS_MAX][FB_REC_NAME_MAX + 1];
    struct fb_rec_meta *m; /* ascending by rid */
    size_t n;
};

/* A chunk in memory, most recently used first. */
struct fb_rec_held {
    struct fb_rec_held *next;
    struct fb_case *c;
    struct fb_rec_table *table; /* counted */
    struct fb_rec_chunk *chunk;
    unsigned pins;
};

/* ---- rec_def.c ---- */

/* Lower-case letters, digits and underscores, not too long, and no name that means something else. */
bool fb_rec_name_good(const char *name, size_t n);
/* True when SQL knows another thing by that name. */
bool fb_rec_name_taken(const char *name);
/* "name type,name type"; false when it does not fit. */
bool fb_rec_cols_write(const struct fb_rec_def *def, struct fb_buf *out);
/* Fills t->def.ncols, t->col, t->col_name from such a text. */
bool fb_rec_cols_read(const char *text, struct fb_rec_table *t);
/* A digest "fb record table" that begins with the definition. */
void fb_rec_table_digest_init(struct fb_digest_state *d, const struct fb_rec_def *def, const char *cols_text);
void fb_rec_table_digest_chunk(struct fb_digest_state *d, uint64_t nrows, const struct fb_digest *logical);
/* Digest "fb records" of all tables of facts in the database. */
enum fb_status fb_rec_digest_facts(sqlite3 *db, struct fb_digest *out, struct fb_err *err);

/* ---- rec_dir.c ---- */

/* Reads the directory of one database; what cannot be is FB_ERR_VERIFY. */
enum fb_status fb_rec_dir_read(struct fb_case *c, sqlite3 *db, struct fb_rec_dir *dir, struct fb_err *err);
void fb_rec_dir_release(struct fb_rec_dir *dir);
void fb_rec_table_let(struct fb_rec_table *t); /* gives a reference back; accepts NULL */

/* The table of that name and run (FB_REC_NEWEST: the newest that may be shown); NULL when there is none. A
 * reference is counted. */
struct fb_rec_table *fb_rec_find(struct fb_case *c, const char *name, int64_t run_id);
/* The newest of that name, shown or not. */
struct fb_rec_table *fb_rec_find_any(struct fb_case *c, const char *name);
/* Index of the first chunk whose last number is >= number; t->n when there is none. Only for SESSIONS. */
size_t fb_rec_table_chunk(const struct fb_rec_table *t, uint64_t number);

/* A chunk, held until it is let go as often as it was taken. */
enum fb_status fb_rec_take_chunk(struct fb_case *c, struct fb_rec_table *t, size_t i,
                                 struct fb_rec_held **out, struct fb_err *err);
void fb_rec_let_chunk(struct fb_rec_held *h); /* accepts NULL */
/* One group of a chunk as an allocation. */
enum fb_status fb_rec_blob(struct fb_case *c, sqlite3 *db, uint64_t rid, unsigned group, uint8_t **p,
                           size_t *n, struct fb_err *err);

/* Lets everything go that was read from the case (not from the sidecar), or everything. */
void fb_rec_forget(struct fb_case *c);
void fb_rec_forget_unused(struct fb_case *c); /* chunks of tables that no directory has */
void fb_rec_state_free(struct fb_case *c);

/* ---- rec_read.c ---- */

/* The rows of a table that satisfy ranges (all inclusive), in the order of the table. */
struct fb_rec_scan {
    struct fb_case *c;
    struct fb_rec_table *table; /* counted; NULL: no rows */
    uint64_t number_lo, number_hi, ordinal_lo, ordinal_hi;
    int64_t ts_lo_ns, ts_hi_ns;
    struct {
        size_t col;
        uint8_t *p; /* as in a cell; owned */
        size_t n;
    } equal[4]; /* a chunk whose dictionary lacks it is passed over; rows are not looked at */
    size_t nequal;
    bool nothing;
    /* where it stands */
    size_t next_chunk;
    struct fb_rec_held *held;
    const uint32_t *list; /* NULL: all rows of the chunk */
    uint32_t n, pos, row;
};

/* Takes over the reference to `table`. Ranges are open. */
void fb_rec_scan_init(struct fb_rec_scan *s, struct fb_case *c, struct fb_rec_table *table);
void fb_rec_scan_release(struct fb_rec_scan *s);
void fb_rec_scan_rewind(struct fb_rec_scan *s);
/* Moves to the first, then to each next row. FB_EOF after the last. */
enum fb_status fb_rec_scan_next(struct fb_rec_scan *s, struct fb_err *err);

/* ---- rec_write.c ---- */

/* Finishes the tables of facts. */
enum fb_status fb_rec_facts_finish(struct fb_case *c, struct fb_err *err);
void fb_rec_facts_free(struct fb_rec_facts *f); /* accepts NULL */
/* Puts a chunk's row and blobs into a database. */
enum fb_status fb_rec_put_chunk(sqlite3 *db, uint64_t rid, const struct fb_rec_blobs *b, size_t ncols,
                                struct fb_err *err);

/* ---- rec_check.c ---- */

/* Every chunk against its digests, and in a case that is complete every table against its own. `bytes`: no
 * row is decoded. */
enum fb_status fb_rec_check(struct fb_case *c, bool complete, bool bytes, struct fb_err *err);
/* The same for the tables of a sidecar that is open. */
enum fb_status fb_rec_check_side(struct fb_case *c, sqlite3 *side, struct fb_err *err);

/* ---- rec_cell.c ---- */

/* Text as SQL shows it: bytes that are not UTF-8, and NUL, as \xNN. */
void fb_rec_show_text(struct fb_buf *out, struct fb_span s);
/* A list as a JSON array of such texts. */
void fb_rec_show_list(struct fb_buf *out, struct fb_span s);
void fb_rec_result(sqlite3_context *x, enum fb_rec_type type, const struct fb_rec_cell *cell);

/* ---- vtab_records.c ---- */

/* Registers the tables that the program knows and those of the directory; again when that was read again. */
enum fb_status fb_vtab_register_records(struct fb_case *c, struct fb_err *err);
void fb_vtab_remove_records(struct fb_case *c);

#endif
