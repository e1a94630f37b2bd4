/* The training sample: the k sessions with the lowest keyed hash of their identity (bottom-k sampling).
 *
 * Which sessions are in it depends on the set of sessions alone: not on order, shards, threads, how captures
 * were split, or how samples were merged. The same session offered twice (also out of two cases) counts once.
 * One thread at a time; the owner calls fb_sample_release. */
#ifndef FB_MODEL_SAMPLE_H
#define FB_MODEL_SAMPLE_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "model/features.h"

#define FB_SAMPLE_SIZE     12288u /* default */
#define FB_SAMPLE_SIZE_MAX (1u << 20)

struct fb_sample_row {
    uint64_t priority;
    struct fb_features f;
};

struct fb_sample {
    uint64_t seed;
    uint32_t size;  /* k */
    uint64_t seen;  /* sessions offered, each time they were */
    uint64_t spare; /* sessions left out by the caller (fb_sample_leave_out): told in the model card */
    struct fb_sample_row *rows; /* sorted and unique up to `sorted`, then as they came */
    size_t n, sorted, cap;
};

/* size 1 .. FB_SAMPLE_SIZE_MAX. The seed is that of the model: samples of different seeds do not merge. */
void fb_sample_init(struct fb_sample *s, uint64_t seed, uint32_t size);
void fb_sample_release(struct fb_sample *s);

/* Offers a session; `process` as for fb_features_of. FB_ERR_NOMEM. */
enum fb_status fb_sample_add(struct fb_sample *s, const struct fb_session *session, uint64_t process,
                             struct fb_err *err);
/* The same with features at hand; `uid`: what fb_session_uid gives, or any text that identifies the row. */
enum fb_status fb_sample_add_row(struct fb_sample *s, const char *uid, const struct fb_features *f,
                                 struct fb_err *err);
/* Counts a session that was left out on purpose (blacklisted, tagged). */
void fb_sample_leave_out(struct fb_sample *s);

/* Takes in another sample of the same seed and size (FB_ERR_USAGE otherwise), which stays as it is. */
enum fb_status fb_sample_merge(struct fb_sample *s, const struct fb_sample *other, struct fb_err *err);

/* Brings the rows into their canonical order, at most `size` of them; to be called before they are read. */
void fb_sample_settle(struct fb_sample *s);

/* Distinct feature rows; settles. FB_ERR_NOMEM. */
enum fb_status fb_sample_distinct(struct fb_sample *s, size_t *n, struct fb_err *err);

/* Appends the settled sample as bytes, equal for equal samples; reads it back (FB_ERR_INPUT: not a sample).
 */
void fb_sample_put(struct fb_sample *s, struct fb_buf *out);
enum fb_status fb_sample_get(struct fb_sample *s, struct fb_cur *in, struct fb_err *err);

#endif
