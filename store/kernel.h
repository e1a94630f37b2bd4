/* Sums over the sessions of a case, page by page of columns instead of row by row: what the SQL functions
 * top, rollup, timeline and pairs do (docs/sql-functions.md). Chunks whose zone map tells the answer are not
 * decoded. Not for other rooms.
 *
 * Keys in the groups sort as bytes in the order of what they stand for: numbers as 8 bytes big-endian with
 * the sign bit flipped, addresses as 16 bytes, pairs as two addresses, texts as they are; no bytes: no value
 * (NULL). */
#ifndef FB_STORE_KERNEL_H
#define FB_STORE_KERNEL_H

#include "store/case_impl.h"
#include "store/groups.h"

enum fb_key_kind { FB_KEY_NUMBER, FB_KEY_TEXT, FB_KEY_ADDR, FB_KEY_PAIR };

#define FB_WANT(measure) (1u << (measure))

struct fb_kernel {
    struct fb_case *c;
    int64_t t0_ns, t1_ns; /* sessions with t0 <= ts < t1 */
    bool whole;           /* no window */
    bool no_end;          /* t1 was not given: also those at INT64_MAX */
    unsigned want;        /* FB_WANT(...) of the sums that are needed; sessions are always counted */
    struct fb_groups *out;
};

/* What `by` may be, for messages. */
extern const char fb_kernel_by_names[];

/* By the values of a column. `by`: a column of the table sessions, "ip" (each session counts for both ends,
 * once when they are equal) or "all" (one group). FB_ERR_USAGE for any other name. */
enum fb_status fb_kernel_by(struct fb_kernel *k, const char *by, enum fb_key_kind *kind, struct fb_err *err);

/* By time: groups of bucket_ns > 0 that start at multiples of it; the key is the start. */
enum fb_status fb_kernel_timeline(struct fb_kernel *k, int64_t bucket_ns, struct fb_err *err);

/* By (orig_h, resp_h). */
enum fb_status fb_kernel_pairs(struct fb_kernel *k, struct fb_err *err);

#define FB_KEY_NUMBER_LEN 8
void fb_key_from_number(int64_t v, uint8_t out[static FB_KEY_NUMBER_LEN]);
int64_t fb_key_to_number(const uint8_t p[static FB_KEY_NUMBER_LEN]);

#endif
