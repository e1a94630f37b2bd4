#include "model/score_memo.h"

#include "base/memory.h"

#include <stdlib.h>

#define SLOTS 16384u

struct slot {
    struct fb_features row;
    struct fb_score score; /* once its call has ended */
    uint32_t call;         /* that met the row; 0: free */
    uint32_t at;           /* of the row in the rows of that call that are to be scored */
};

struct fb_score_memo {
    struct slot slot[SLOTS];
    uint32_t call;
    /* Of a call: rows that are not known, their slots, and which of them each row is. */
    struct fb_features fresh[FB_SCORE_BATCH];
    struct fb_score score[FB_SCORE_BATCH];
    uint32_t slot_of[FB_SCORE_BATCH], fresh_of[FB_SCORE_BATCH];
};

#define KNOWN UINT32_MAX /* in fresh_of: `out` has the score already */

struct fb_score_memo *fb_score_memo_new(void)
{
    return fb_calloc(1, sizeof(struct fb_score_memo));
}

void fb_score_memo_free(struct fb_score_memo *m)
{
    free(m);
}

/* Cheap and good enough: a row that is hit by another is scored again. */
static uint32_t slot_of(const struct fb_features *row)
{
    uint64_t h = 0;
    for (size_t i = 0; i < FB_NFEATURES; i++)
        h = (h ^ (uint64_t)row->v[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ h >> 32;
    return (uint32_t)(h >> 40) % SLOTS;
}

static void look_up(struct fb_score_memo *memo, const struct fb_features *row, uint32_t *nfresh,
                    uint32_t *fresh_of, struct fb_score *out)
{
    uint32_t k = slot_of(row);
    struct slot *s = &memo->slot[k];
    if (s->call && memcmp(&s->row, row, sizeof *row) == 0) {
        *fresh_of = s->call == memo->call ? s->at : KNOWN;
        if (*fresh_of == KNOWN)
            *out = s->score;
        return;
    }
    s->row = *row;
    s->call = memo->call;
    s->at = *fresh_of = (*nfresh)++;
    memo->fresh[s->at] = *row;
    memo->slot_of[s->at] = k;
}

enum fb_status fb_score_memo_score(struct fb_score_memo *memo, const struct fb_model *m,
                                   const struct fb_features *rows, size_t n, unsigned threads,
                                   struct fb_score *out, struct fb_err *err)
{
    uint32_t nfresh = 0;
    FB_BUG(n > FB_SCORE_BATCH);
    memo->call++;
    for (size_t i = 0; i < n; i++)
        look_up(memo, &rows[i], &nfresh, &memo->fresh_of[i], &out[i]);
    FB_TRY(fb_model_score(m, memo->fresh, nfresh, threads, memo->score, err));
    for (uint32_t i = 0; i < nfresh; i++) {
        struct slot *s = &memo->slot[memo->slot_of[i]];
        if (s->call == memo->call && s->at == i)
            s->score = memo->score[i];
    }
    for (size_t i = 0; i < n; i++)
        if (memo->fresh_of[i] != KNOWN)
            out[i] = memo->score[memo->fresh_of[i]];
    return FB_OK;
}
