#include "model/drift.h"

#include "model/model_derive.h"

void fb_drift_init(struct fb_drift *d)
{
    *d = (struct fb_drift){0};
}

void fb_drift_add(struct fb_drift *d, const struct fb_model *m, const struct fb_features *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (unsigned k = 0; k < FB_NFEATURES; k++) {
            enum fb_feature f = (enum fb_feature)k;
            int64_t v = fb_model_sketch_value(m, f, rows[i].v[f]);
            unsigned below = fb_model_quantiles_below(m, f, v, false);
            if (below < FB_MODEL_QUANTILES && m->quantile[f][below] == v)
                d->equal[f][below]++;
            else
                d->between[f][below]++;
            if (m->enc[f].kind == FB_FK_CATEGORY && fb_encoding_count(&m->enc[f], rows[i].v[f]) == 0)
                d->unseen[f]++;
        }
    }
    d->rows += n;
}

void fb_drift_merge(struct fb_drift *d, const struct fb_drift *other)
{
    for (size_t f = 0; f < FB_NFEATURES; f++) {
        for (size_t i = 0; i < FB_MODEL_QUANTILES; i++)
            d->equal[f][i] += other->equal[f][i];
        for (size_t i = 0; i <= FB_MODEL_QUANTILES; i++)
            d->between[f][i] += other->between[f][i];
        d->unseen[f] += other->unseen[f];
    }
    d->rows += other->rows;
}

/* Of `rows` and of the quantiles, what lies at or below a point; how far the two shares are apart. */
static uint32_t apart(uint64_t data, uint64_t rows, unsigned quantiles)
{
    uint64_t a = (uint64_t)((unsigned __int128)data * 1000000 / rows);
    uint64_t b = (uint64_t)quantiles * 1000000 / FB_MODEL_QUANTILES;
    return (uint32_t)(a > b ? a - b : b - a);
}

static void compare(const struct fb_drift *d, const struct fb_model *m, enum fb_feature f,
                    struct fb_drift_feature *out)
{
    const int64_t *q = m->quantile[f];
    uint64_t upto = 0; /* rows at or below the quantile at hand */
    bool median = false;
    *out = (struct fb_drift_feature){
        .feature = f, .train_median = q[FB_MODEL_QUANTILES / 2], .data_median = q[FB_MODEL_QUANTILES - 1]};
    for (unsigned i = 0; i < FB_MODEL_QUANTILES;) {
        unsigned next = fb_model_quantiles_below(m, f, q[i], true);
        upto += d->between[f][i];
        uint32_t before = apart(upto, d->rows, i);
        upto += d->equal[f][i];
        uint32_t after = apart(upto, d->rows, next);
        out->distance_ppm = before > out->distance_ppm ? before : out->distance_ppm;
        out->distance_ppm = after > out->distance_ppm ? after : out->distance_ppm;
        if (!median && upto * 2 >= d->rows) {
            median = true;
            out->data_median = q[i];
        }
        i = next;
    }
    out->unseen_ppm = (uint32_t)((unsigned __int128)d->unseen[f] * 1000000 / d->rows);
    out->moved = d->rows >= FB_DRIFT_MIN_ROWS && out->distance_ppm >= FB_DRIFT_WARN_PPM;
}

static int by_distance(const void *pa, const void *pb)
{
    const struct fb_drift_feature *a = pa, *b = pb;
    if (a->distance_ppm != b->distance_ppm)
        return a->distance_ppm > b->distance_ppm ? -1 : 1;
    return a->feature < b->feature ? -1 : 1;
}

void fb_drift_report(const struct fb_drift *d, const struct fb_model *m, struct fb_drift_report *out)
{
    *out = (struct fb_drift_report){.rows = d->rows};
    for (unsigned f = 0; f < FB_NFEATURES; f++) {
        out->feature[f].feature = (enum fb_feature)f;
        if (d->rows)
            compare(d, m, (enum fb_feature)f, &out->feature[f]);
        out->moved += out->feature[f].moved;
    }
    qsort(out->feature, FB_NFEATURES, sizeof *out->feature, by_distance);
}

static void put_bits(struct fb_buf *out, int64_t q16)
{
    fb_buf_printf(out, "%d.%d bits", (int)(q16 >> 16), (int)((q16 & 0xffff) * 10 >> 16));
}

void fb_drift_put_text(const struct fb_drift_report *r, struct fb_buf *out)
{
    for (size_t i = 0; i < r->moved; i++) {
        const struct fb_drift_feature *e = &r->feature[i];
        fb_buf_printf(out, "%s moved by %u.%u %%: ", fb_feature_defs[e->feature].name,
                      e->distance_ppm / 10000, e->distance_ppm / 1000 % 10);
        if (fb_feature_defs[e->feature].kind == FB_FK_CATEGORY) {
            fb_buf_puts(out, "median rarity ");
            put_bits(out, e->data_median);
            fb_buf_puts(out, ", in training ");
            put_bits(out, e->train_median);
            fb_buf_printf(out, "; %u.%u %% of the rows have a value that training did not have",
                          e->unseen_ppm / 10000, e->unseen_ppm / 1000 % 10);
        } else {
            fb_buf_puts(out, "median ");
            fb_feature_put_human(out, e->feature, e->data_median);
            fb_buf_puts(out, ", in training ");
            fb_feature_put_human(out, e->feature, e->train_median);
        }
        fb_buf_putc(out, '\n');
    }
}
