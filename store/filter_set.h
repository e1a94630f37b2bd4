/* The filters of addresses of all session chunks (addr_filter.h) a second time, 64 chunks to a blob
 * (docs/case-format.md, section 4.1), so that a search for a rare address reads them in one piece and not
 * from as many places as there are chunks. They are derived: a chunk that has none here is asked itself. */
#ifndef FB_STORE_FILTER_SET_H
#define FB_STORE_FILTER_SET_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "store/db.h"

#define FB_FILTER_WINDOWS 64u         /* in a blob */
#define FB_FILTER_MAX     (1u << 20)  /* bytes of one filter with its salt */
#define FB_FILTERS_HELD   (8u << 20)  /* bytes that wait before they are written */
#define FB_FILTERS_CACHE  (32u << 20) /* bytes that a reader keeps */

/* ---- writing: one thread ---- */

struct fb_filter_item {
    uint64_t window;
    struct fb_buf bytes;
};

/* Zeroed is empty. */
struct fb_filter_set {
    struct fb_filter_item *item;
    size_t n, cap, held_bytes;
};

void fb_filter_set_release(struct fb_filter_set *s);
/* Copies the filter of a window's chunk (salt in front); n = 0: the chunk is gone. False: no memory. A window
 * comes once between two flushes. */
bool fb_filter_set_add(struct fb_filter_set *s, uint64_t window, const uint8_t *p, size_t n);
/* Writes what waits; what lies in the file for other windows stays. Inside the caller's transaction. */
enum fb_status fb_filter_set_flush(struct fb_filter_set *s, sqlite3 *db, struct fb_err *err);

/* ---- a blob, taken apart ---- */

struct fb_filter_blob {
    struct fb_span filter[FB_FILTER_WINDOWS]; /* n = 0: none; borrowed */
};
bool fb_filter_blob_read(const uint8_t *p, size_t n, struct fb_filter_blob *out); /* false: malformed */
/* Key in chunk_grp of the blob that has a window. */
uint64_t fb_filter_key(uint64_t window);

/* ---- reading ---- */

struct fb_case;
struct fb_held_filters; /* blobs that are held, the last used one first */
void fb_held_filters_free(struct fb_held_filters *h);

/* The filter of a window's chunk, its salt in front; an empty span when the case has none. Borrowed until the
 * next call. */
enum fb_status fb_case_filter(struct fb_case *c, uint64_t window, struct fb_span *out, struct fb_err *err);
/* False in *may: no address of the list (n of 16 bytes each) is in the chunk of the window. */
enum fb_status fb_case_may_have(struct fb_case *c, uint64_t window, const uint8_t *addrs, size_t n, bool *may,
                                struct fb_err *err);
/* Every blob is well-formed and speaks of chunks that are there. */
enum fb_status fb_case_check_filters(struct fb_case *c, struct fb_err *err);

#endif
