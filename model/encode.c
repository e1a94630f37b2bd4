#include "model/encode.h"

#include "base/memory.h"
#include "model/fixlog.h"

#define CODE_MAX (INT64_C(1) << 30)

static int32_t cut(int64_t code)
{
    return (int32_t)(code > CODE_MAX ? CODE_MAX : code < -CODE_MAX ? -CODE_MAX : code);
}

/* The category, or where it would stand. */
static uint32_t find(const struct fb_encoding *e, int64_t value)
{
    uint32_t low = 0, high = e->ncats;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (e->cats[mid].value < value)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

int32_t fb_encode(const struct fb_encoding *e, int64_t value)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int64_t code = 0;
    switch (e->kind) {
    case FB_FK_LOG:
        code = fb_log2_q16(size + (uint64_t)e->resolution) - fb_log2_q16((uint64_t)e->resolution);
        code = value < 0 ? -code : code;
        break;
    case FB_FK_LINEAR: {
        /* Resolutions are below 2^31: from 2^47 on the result lies beyond the cut. */
        uint64_t q = size < UINT64_C(1) << 47 ? (size << 16) / (uint64_t)e->resolution : (uint64_t)CODE_MAX;
        code = q > (uint64_t)CODE_MAX ? CODE_MAX : (int64_t)q;
        code = value < 0 ? -code : code;
        break;
    }
    case FB_FK_CATEGORY: {
        uint32_t i = find(e, value);
        return i < e->ncats && e->cats[i].value == value ? e->cats[i].code_q16 : e->unseen_q16;
    }
    }
    return cut(code);
}

uint32_t fb_encoding_count(const struct fb_encoding *e, int64_t value)
{
    uint32_t i = find(e, value);
    return i < e->ncats && e->cats[i].value == value ? e->cats[i].count : 0;
}

void fb_encode_row(const struct fb_encoding enc[static FB_NFEATURES], const struct fb_features *f,
                   float out[static FB_NFEATURES])
{
    for (size_t i = 0; i < FB_NFEATURES; i++)
        out[i] = (float)fb_encode(&enc[i], f->v[i]) * 0x1p-16f;
}

void fb_encoding_set_codes(struct fb_encoding *e, uint32_t rows)
{
    e->unseen_q16 = cut(fb_log2_q16((uint64_t)rows + e->ncats + 1));
    for (uint32_t i = 0; i < e->ncats; i++)
        e->cats[i].code_q16 = cut((int64_t)e->unseen_q16 - fb_log2_q16((uint64_t)e->cats[i].count + 1));
}

static int by_value(const void *pa, const void *pb)
{
    int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;
    return a < b ? -1 : a > b;
}

static enum fb_status count_values(struct fb_encoding *e, const struct fb_features *rows, size_t n, size_t f,
                                   struct fb_err *err)
{
    int64_t *v = fb_malloc(n * sizeof *v);
    if (!v)
        return fb_err_nomem(err, "the categories");
    uint32_t distinct = 0;
    for (size_t i = 0; i < n; i++)
        v[i] = rows[i].v[f];
    qsort(v, n, sizeof *v, by_value);
    for (size_t i = 0; i < n; i++)
        distinct += i == 0 || v[i] != v[i - 1];
    e->cats = fb_calloc(distinct, sizeof *e->cats);
    for (size_t i = 0; e->cats && i < n; i++) {
        if (i == 0 || v[i] != v[i - 1])
            e->cats[e->ncats++].value = v[i];
        e->cats[e->ncats - 1].count++;
    }
    free(v);
    return e->cats ? FB_OK : fb_err_nomem(err, "the categories");
}

enum fb_status fb_encodings_train(const struct fb_features *rows, size_t n,
                                  struct fb_encoding enc[static FB_NFEATURES], struct fb_err *err)
{
    FB_BUG(n == 0 || n > UINT32_MAX / 4);
    for (size_t f = 0; f < FB_NFEATURES; f++)
        enc[f] = (struct fb_encoding){.kind = fb_feature_defs[f].kind,
                                      .resolution = fb_feature_defs[f].resolution};
    for (size_t f = 0; f < FB_NFEATURES; f++) {
        if (enc[f].kind != FB_FK_CATEGORY)
            continue;
        enum fb_status st = count_values(&enc[f], rows, n, f, err);
        if (st != FB_OK) {
            fb_encodings_release(enc);
            return st;
        }
        fb_encoding_set_codes(&enc[f], (uint32_t)n);
    }
    return FB_OK;
}

void fb_encodings_release(struct fb_encoding enc[static FB_NFEATURES])
{
    for (size_t f = 0; f < FB_NFEATURES; f++) {
        free(enc[f].cats);
        enc[f] = (struct fb_encoding){0};
    }
}
