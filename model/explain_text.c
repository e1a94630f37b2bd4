/* Explanations in words. */
#include "model/explain.h"

static void put_percent(struct fb_buf *out, uint32_t ppm)
{
    fb_buf_printf(out, "%u.%u %%", ppm / 10000, ppm / 1000 % 10);
}

static void put_category(const struct fb_explain_feature *e, struct fb_buf *out)
{
    if (e->count == 0) {
        fb_buf_puts(out, " was never seen in training");
    } else {
        fb_buf_puts(out, " is ");
        put_percent(out, e->equal_ppm);
        fb_buf_puts(out, " of training");
    }
    if (e->has_counterfactual) {
        fb_buf_puts(out, "; with ");
        fb_feature_put_human(out, e->feature, e->counterfactual);
        fb_buf_puts(out, " it would be normal");
    }
}

static void put_number(const struct fb_explain_feature *e, struct fb_buf *out)
{
    fb_buf_puts(out, e->direction == FB_DIR_HIGH  ? " is high (normal "
                     : e->direction == FB_DIR_LOW ? " is low (normal "
                                                  : " lies in the normal range (");
    fb_feature_put_human(out, e->feature, e->normal_low);
    if (e->normal_high != e->normal_low) {
        fb_buf_puts(out, " to ");
        fb_feature_put_human(out, e->feature, e->normal_high);
    }
    fb_buf_putc(out, ')');
    if (e->has_counterfactual) {
        fb_buf_puts(out, e->counterfactual < e->value ? "; at " : "; from ");
        fb_feature_put_human(out, e->feature, e->counterfactual);
        fb_buf_puts(out,
                    e->counterfactual < e->value ? " or below it would be normal" : " on it would be normal");
    }
}

void fb_explain_put_feature(const struct fb_explain_feature *e, struct fb_buf *out)
{
    const struct fb_feature_def *d = &fb_feature_defs[e->feature];
    fb_buf_printf(out, "%s ", d->name);
    fb_feature_put_human(out, e->feature, e->value);
    if (d->kind == FB_FK_CATEGORY)
        put_category(e, out);
    else
        put_number(e, out);
}

void fb_explain_put_text(const struct fb_explanation *e, uint32_t most_ppm, struct fb_buf *out)
{
    uint32_t told = 0;
    fb_buf_printf(out, "%s: more anomalous than ", fb_level_name(e->score.level));
    fb_buf_printf(out, "%u.%02u %% of training\n", e->score.percentile_ppm / 10000,
                  e->score.percentile_ppm / 100 % 100);
    for (size_t i = 0; i < FB_NFEATURES && (i == 0 || told < most_ppm); i++) {
        fb_buf_puts(out, "  ");
        put_percent(out, e->feature[i].share_ppm);
        fb_buf_puts(out, "  ");
        fb_explain_put_feature(&e->feature[i], out);
        fb_buf_putc(out, '\n');
        told += e->feature[i].share_ppm;
    }
}
