/* Row groups of records: up to 65,536 rows of one table, column by column (docs/case-format.md, "Record
 * chunks").
 *
 * A struct fb_rec_batch collects canonical rows and encodes them. A struct fb_rec_chunk reads one chunk:
 * columns are fetched and decoded when first asked for. Everything in it is untrusted; errors stick. Belongs
 * to one thread. */
#ifndef FB_STORE_REC_CHUNK_H
#define FB_STORE_REC_CHUNK_H

#include "base/digest.h"
#include "base/err.h"
#include "base/record.h"
#include "store/column.h"
#include "store/rectab.h"

#define FB_REC_ROWS      65536u
#define FB_REC_BATCH_MAX (8u << 20) /* bytes of the canonical rows of one chunk; at least one row */
#define FB_REC_GROUPS    (FB_REC_COLS_MAX + 1)

/* What the directory says of a chunk. */
struct fb_rec_meta {
    uint64_t rid;
    uint32_t nrows;
    uint64_t first_number, last_number; /* smallest and largest; 0 in ROWS */
    int64_t ts_min_ns, ts_max_ns;       /* EVENTS; 0 otherwise */
    uint64_t first_ordinal, last_ordinal;
};

/* ---- writing ---- */

/* Rows that come late are put where they belong while this much of what follows them is still held. */
#define FB_REC_HELD_ROWS  16384u
#define FB_REC_HELD_BYTES (2u << 20)

struct fb_rec_batch {
    const struct fb_rec_def *def;
    struct fb_buf rows, canon;
    struct fb_rec_at *at; /* `cap` of them */
    uint32_t *end;        /* of each row in `rows` */
    uint32_t n, cap;
    bool disordered; /* a row stands behind one of a later packet */
};

bool fb_rec_batch_init(struct fb_rec_batch *b, const struct fb_rec_def *def); /* false: out of memory */
/* Instead: room for more rows than a chunk has, to put them in order (rec_sort.c). */
bool fb_rec_batch_init_held(struct fb_rec_batch *b, const struct fb_rec_def *def);
void fb_rec_batch_release(struct fb_rec_batch *b);
void fb_rec_batch_clear(struct fb_rec_batch *b);

/* Puts the row in canonical form at the end of b->canon; its bytes. FB_ERR_USAGE when it is no row of the
 * definition, FB_ERR_LIMIT when it is too long. */
enum fb_status fb_rec_batch_check(struct fb_rec_batch *b, struct fb_span row, struct fb_err *err);
/* True when the row that was checked does not fit any more, or belongs to another window. */
bool fb_rec_batch_full(const struct fb_rec_batch *b, const struct fb_rec_at *at);
/* Adds the row that was checked; the batch is not full. */
enum fb_status fb_rec_batch_add(struct fb_rec_batch *b, const struct fb_rec_at *at, struct fb_err *err);

/* ---- rec_sort.c: events in the order of their packets ---- */

/* < 0, 0, > 0: by time, then by ordinal. */
int fb_rec_at_compare(const struct fb_rec_at *a, const struct fb_rec_at *b);
/* False: out of memory. Rows of one packet stay in the order in which they came. */
bool fb_rec_batch_sort(struct fb_rec_batch *b);
/* True when the row that was checked does not fit any more: then the first chunk is due. */
bool fb_rec_batch_held_full(const struct fb_rec_batch *b);
/* How many of the first rows make the next chunk. */
uint32_t fb_rec_batch_cut(const struct fb_rec_batch *b);
void fb_rec_batch_drop(struct fb_rec_batch *b, uint32_t n); /* the first n rows */

struct fb_rec_blobs {
    struct fb_rec_meta meta; /* without rid */
    struct fb_buf group[FB_REC_GROUPS];
    struct fb_digest content, logical;
};
/* Encodes the first n rows of a batch, at least one; the caller releases the blobs in any case. */
enum fb_status fb_rec_batch_encode(const struct fb_rec_batch *b, uint32_t n, struct fb_zip *zip,
                                   struct fb_rec_blobs *out, struct fb_err *err);
void fb_rec_blobs_release(struct fb_rec_blobs *b);

/* One row into a digest "fb record rows": `row` in canonical form. */
void fb_rec_digest_row(struct fb_digest_state *d, enum fb_rec_order order, const struct fb_rec_at *at,
                       struct fb_span row);
/* The first group that chunks of this order have: 0, or 1 when there is nothing beside the columns. */
static inline unsigned fb_rec_first_group(enum fb_rec_order order)
{
    return order == FB_REC_ROWS ? 1 : 0;
}

/* ---- reading ---- */

/* Fetches one group blob as an allocation that the chunk takes over. */
typedef enum fb_status (*fb_rec_fetch)(void *ctx, uint64_t rid, unsigned group, uint8_t **p, size_t *n,
                                       struct fb_err *err);

struct fb_rec_chunk;

/* `def`: as the case defines the table; borrowed, as `zip`. NULL when memory ran out. */
struct fb_rec_chunk *fb_rec_chunk_open(struct fb_zip *zip, const struct fb_rec_def *def,
                                       const struct fb_rec_meta *m, fb_rec_fetch fetch, void *ctx);
void fb_rec_chunk_close(struct fb_rec_chunk *k); /* accepts NULL */

const struct fb_rec_meta *fb_rec_chunk_meta(const struct fb_rec_chunk *k);
size_t fb_rec_chunk_bytes(const struct fb_rec_chunk *k); /* memory that it holds */

/* False on damage. row < nrows, col < ncols. The cell borrows from the chunk. */
bool fb_rec_chunk_at(struct fb_rec_chunk *k, uint32_t row, struct fb_rec_at *out);
bool fb_rec_chunk_cell(struct fb_rec_chunk *k, size_t col, uint32_t row, struct fb_rec_cell *out);
/* Whether a TEXT or ADDR column can hold these bytes (as in a cell); true also on damage. */
bool fb_rec_chunk_may_have(struct fb_rec_chunk *k, size_t col, struct fb_span bytes);
/* Of a TEXT column in SESSIONS: appends the number (uint64_t) of each session whose text is wanted, in their
 * order; `want` is asked once for each different text. False on damage. */
bool fb_rec_chunk_select(struct fb_rec_chunk *k, size_t col, bool (*want)(void *ctx, struct fb_span text),
                         void *ctx, struct fb_buf *numbers);
/* The rows of one session, as *n indices in the order of rows; borrowed. False on damage. */
bool fb_rec_chunk_find(struct fb_rec_chunk *k, uint64_t number, const uint32_t **rows, uint32_t *n);

/* FB_OK, or the first error that a read met. */
enum fb_status fb_rec_chunk_failed(const struct fb_rec_chunk *k, struct fb_err *err);

#endif
