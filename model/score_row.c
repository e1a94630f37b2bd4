#include "model/score_row.h"

#include "model/score_def.h"

#include <stdio.h>

#define CULPRITS_MAX 3
#define CULPRITS_PPM 600000

void fb_score_put(const struct fb_score *s, struct fb_buf *row)
{
    fb_rec_text(row, fb_level_name(s->level));
    fb_rec_int(row, s->score_ppm);
    fb_rec_int(row, s->p_ppm);
    fb_rec_int(row, s->rank);
    fb_rec_int(row, s->depth_q24);
}

void fb_explain_shorten(const struct fb_explanation *e, struct fb_explain_short *out)
{
    uint32_t told = 0;
    size_t len = 0;
    struct fb_buf words;
    out->culprits[0] = '\0';
    for (unsigned i = 0; i < CULPRITS_MAX && told < CULPRITS_PPM; i++) {
        int n = snprintf(out->culprits + len, sizeof out->culprits - len, "%s%s", i ? ", " : "",
                         fb_feature_defs[e->feature[i].feature].name);
        len += n > 0 ? (size_t)n : 0;
        told += e->feature[i].share_ppm;
    }
    fb_buf_init(&words, 4096);
    fb_explain_put_feature(&e->feature[0], &words);
    snprintf(out->statement, sizeof out->statement, "%s", fb_buf_cstr(&words));
    fb_buf_release(&words);
}

static void put_feature(const struct fb_explain_feature *f, struct fb_buf *b)
{
    static const char *const direction[] = {"low", "usual", "high"};
    const struct fb_feature_def *def = &fb_feature_defs[f->feature];
    fb_buf_printf(b, "{\"feature\":\"%s\",\"share_ppm\":%u,\"value\":%lld,\"direction\":\"%s\"", def->name,
                  f->share_ppm, (long long)f->value, direction[f->direction + 1]);
    fb_buf_printf(b, ",\"below_ppm\":%u,\"equal_ppm\":%u", f->below_ppm, f->equal_ppm);
    if (def->kind == FB_FK_CATEGORY)
        fb_buf_printf(b, ",\"count\":%u", f->count);
    else
        fb_buf_printf(b, ",\"normal_low\":%lld,\"normal_high\":%lld", (long long)f->normal_low,
                      (long long)f->normal_high);
    if (f->has_counterfactual)
        fb_buf_printf(b, ",\"counterfactual\":%lld}", (long long)f->counterfactual);
    else
        fb_buf_puts(b, ",\"counterfactual\":null}");
}

void fb_explain_json(const struct fb_explanation *e, struct fb_buf *out)
{
    fb_buf_putc(out, '[');
    for (unsigned i = 0; i < FB_NFEATURES; i++) {
        fb_buf_puts(out, i ? "," : "");
        put_feature(&e->feature[i], out);
    }
    fb_buf_putc(out, ']');
}

void fb_explanation_put(const struct fb_explanation *e, const struct fb_explain_short *s, struct fb_buf *row)
{
    struct fb_buf json;
    fb_buf_init(&json, 16384);
    fb_explain_json(e, &json);
    if (json.failed)
        row->failed = true;
    fb_rec_text(row, fb_level_name(e->score.level));
    fb_rec_int(row, e->score.percentile_ppm);
    fb_rec_text(row, s->culprits);
    fb_rec_text(row, s->statement);
    fb_rec_bytes(row, json.data, json.len);
    fb_buf_release(&json);
}
