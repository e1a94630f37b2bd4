#include "model/sample.h"

#include "base/hash.h"
#include "base/memory.h"

#define MAGIC    "FBSAMPL1"
#define KEY_WORD UINT64_C(0x66622073616d706c) /* the other half of the key of the priorities */

void fb_sample_init(struct fb_sample *s, uint64_t seed, uint32_t size)
{
    FB_BUG(size == 0 || size > FB_SAMPLE_SIZE_MAX);
    *s = (struct fb_sample){.seed = seed, .size = size};
}

void fb_sample_release(struct fb_sample *s)
{
    free(s->rows);
    s->rows = NULL;
    s->n = s->sorted = s->cap = 0;
}

/* By priority; the same session with other facts (cut differently) by its features. */
static int compare(const void *pa, const void *pb)
{
    const struct fb_sample_row *a = pa, *b = pb;
    if (a->priority != b->priority)
        return a->priority < b->priority ? -1 : 1;
    for (size_t i = 0; i < FB_NFEATURES; i++)
        if (a->f.v[i] != b->f.v[i])
            return a->f.v[i] < b->f.v[i] ? -1 : 1;
    return 0;
}

void fb_sample_settle(struct fb_sample *s)
{
    if (s->sorted == s->n)
        return;
    qsort(s->rows, s->n, sizeof *s->rows, compare);
    size_t kept = 0;
    for (size_t i = 0; i < s->n && kept < s->size; i++)
        if (kept == 0 || s->rows[i].priority != s->rows[kept - 1].priority)
            s->rows[kept++] = s->rows[i];
    s->n = s->sorted = kept;
}

static enum fb_status add(struct fb_sample *s, const struct fb_sample_row *row, struct fb_err *err)
{
    if (s->sorted == s->size && row->priority > s->rows[s->size - 1].priority)
        return FB_OK;
    if (s->n == s->cap && s->cap >= 2 * (size_t)s->size)
        fb_sample_settle(s);
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        if (cap > 2 * (size_t)s->size)
            cap = 2 * (size_t)s->size;
        struct fb_sample_row *rows = fb_realloc(s->rows, cap * sizeof *rows);
        if (!rows)
            return fb_err_nomem(err, "the training sample");
        s->rows = rows;
        s->cap = cap;
    }
    s->rows[s->n++] = *row;
    return FB_OK;
}

enum fb_status fb_sample_add_row(struct fb_sample *s, const char *uid, const struct fb_features *f,
                                 struct fb_err *err)
{
    struct fb_hash_key key = {s->seed, KEY_WORD};
    struct fb_sample_row row = {fb_siphash13(&key, uid, strlen(uid)), *f};
    s->seen++;
    return add(s, &row, err);
}

enum fb_status fb_sample_add(struct fb_sample *s, const struct fb_session *session, uint64_t process,
                             struct fb_err *err)
{
    struct fb_features f;
    char uid[FB_UID_STRLEN];
    fb_session_uid(session, uid);
    fb_features_of(session, process, &f);
    return fb_sample_add_row(s, uid, &f, err);
}

void fb_sample_leave_out(struct fb_sample *s)
{
    s->spare++;
}

enum fb_status fb_sample_merge(struct fb_sample *s, const struct fb_sample *other, struct fb_err *err)
{
    if (s->seed != other->seed || s->size != other->size)
        return fb_err_set(err, FB_ERR_USAGE, "samples of different seeds or sizes cannot be merged");
    for (size_t i = 0; i < other->n; i++)
        FB_TRY(add(s, &other->rows[i], err));
    s->seen += other->seen;
    s->spare += other->spare;
    return FB_OK;
}

static int compare_features(const void *pa, const void *pb)
{
    const struct fb_features *a = pa, *b = pb;
    for (size_t i = 0; i < FB_NFEATURES; i++)
        if (a->v[i] != b->v[i])
            return a->v[i] < b->v[i] ? -1 : 1;
    return 0;
}

enum fb_status fb_sample_distinct(struct fb_sample *s, size_t *n, struct fb_err *err)
{
    fb_sample_settle(s);
    *n = 0;
    if (s->n == 0)
        return FB_OK;
    struct fb_features *f = fb_malloc(s->n * sizeof *f);
    if (!f)
        return fb_err_nomem(err, "the training sample");
    for (size_t i = 0; i < s->n; i++)
        f[i] = s->rows[i].f;
    qsort(f, s->n, sizeof *f, compare_features);
    for (size_t i = 0; i < s->n; i++)
        *n += i == 0 || compare_features(&f[i - 1], &f[i]) != 0;
    free(f);
    return FB_OK;
}

void fb_sample_put(struct fb_sample *s, struct fb_buf *out)
{
    fb_sample_settle(s);
    fb_buf_put(out, MAGIC, 8);
    fb_buf_put_le64(out, s->seed);
    fb_buf_put_le64(out, s->size);
    fb_buf_put_le64(out, s->seen);
    fb_buf_put_le64(out, s->spare);
    fb_buf_put_le64(out, s->n);
    for (size_t i = 0; i < s->n; i++) {
        fb_buf_put_le64(out, s->rows[i].priority);
        for (size_t f = 0; f < FB_NFEATURES; f++)
            fb_buf_put_varint(out, (uint64_t)s->rows[i].f.v[f]);
    }
}

/* A row, checked: ascending priorities, features in their ranges. */
static bool get_row(struct fb_cur *in, const struct fb_sample *s, struct fb_sample_row *row)
{
    row->priority = fb_cur_le64(in);
    for (size_t f = 0; f < FB_NFEATURES; f++) {
        uint64_t v = fb_cur_varint(in);
        if (v > (uint64_t)fb_feature_defs[f].max)
            return false;
        row->f.v[f] = (int64_t)v;
    }
    return fb_cur_ok(in) && (s->n == 0 || row->priority > s->rows[s->n - 1].priority);
}

enum fb_status fb_sample_get(struct fb_sample *s, struct fb_cur *in, struct fb_err *err)
{
    const uint8_t *magic = fb_cur_take(in, 8);
    bool known = magic && memcmp(magic, MAGIC, 8) == 0;
    *s = (struct fb_sample){.seed = fb_cur_le64(in)};
    uint64_t size = fb_cur_le64(in);
    s->seen = fb_cur_le64(in);
    s->spare = fb_cur_le64(in);
    uint64_t n = fb_cur_le64(in);
    if (!known || !fb_cur_ok(in) || size == 0 || size > FB_SAMPLE_SIZE_MAX || n > size ||
        n > fb_cur_left(in) / (8 + FB_NFEATURES))
        return fb_err_set(err, FB_ERR_INPUT, "this is not a training sample");
    s->size = (uint32_t)size;
    for (uint64_t i = 0; i < n; i++) {
        struct fb_sample_row row;
        enum fb_status st = FB_ERR_INPUT;
        if (!get_row(in, s, &row))
            fb_err_set(err, FB_ERR_INPUT, "the training sample is damaged at row %llu",
                       (unsigned long long)i);
        else
            st = add(s, &row, err);
        if (st != FB_OK) {
            fb_sample_release(s);
            return st;
        }
    }
    s->sorted = s->n;
    return FB_OK;
}
