#include "cli/model_print.h"

#include "base/escape.h"

#define CASES_SHOWN 10

static void put_hex(struct fb_buf *b, const uint8_t *p)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(p, FB_DIGEST_LEN, hex);
    fb_buf_puts(b, hex);
}

static void put_percent(struct fb_buf *b, uint32_t ppm)
{
    fb_buf_printf(b, "%u.%04u", ppm / 10000, ppm % 10000);
}

/* Parameters, by name: of both forms and of the difference. */
struct param {
    const char *name;
    uint64_t v;
};
#define NPARAMS 12

static void params_of(const struct fb_model *m, struct param p[static NPARAMS])
{
    const struct param all[NPARAMS] = {
        {"trees", m->forest.params.trees},
        {"tree_rows", m->forest.params.sample},
        {"extension", m->forest.params.ext},
        {"seed", m->params.forest.seed},
        {"suspicious_ppm", m->params.percentile_ppm[0]},
        {"abnormal_ppm", m->params.percentile_ppm[1]},
        {"min_distinct", m->params.min_distinct},
        {"train_sessions", m->seen},
        {"left_out", m->left_out},
        {"train_rows", m->rows},
        {"distinct_rows", m->distinct},
        {"split", m->forest.params.split}, /* 1, or 2: the published one (docs/model-format.md) */
    };
    memcpy(p, all, sizeof all);
}

/* The middle 98 % of training and the median; categories are told by how many values there were. */
static void put_feature(struct fb_buf *b, const struct fb_model *m, enum fb_feature f)
{
    const int64_t *q = m->quantile[f];
    fb_buf_printf(b, "  %-26s", fb_feature_defs[f].name);
    if (m->enc[f].kind == FB_FK_CATEGORY) {
        fb_buf_printf(b, "%u value%s\n", m->enc[f].ncats, m->enc[f].ncats == 1 ? "" : "s");
        return;
    }
    fb_feature_put_human(b, f, q[1]);
    fb_buf_puts(b, " to ");
    fb_feature_put_human(b, f, q[FB_MODEL_QUANTILES - 2]);
    fb_buf_puts(b, ", median ");
    fb_feature_put_human(b, f, q[FB_MODEL_QUANTILES / 2]);
    fb_buf_putc(b, '\n');
}

static void put_card(struct fb_buf *b, const struct fb_model *m, const struct fb_model_signature *sig)
{
    fb_buf_printf(b, "%-16s", "made by");
    fb_escape_term(b, m->card.tool, strlen(m->card.tool));
    if (*m->card.note) {
        fb_buf_printf(b, "\n%-16s", "note");
        fb_escape_term(b, m->card.note, strlen(m->card.note));
    }
    fb_buf_putc(b, '\n');
    for (uint32_t i = 0; i < m->card.ncases && i < CASES_SHOWN; i++) {
        fb_buf_printf(b, "%-16s", "of case");
        put_hex(b, m->card.cases[i].b);
        fb_buf_putc(b, '\n');
    }
    if (m->card.ncases > CASES_SHOWN)
        fb_buf_printf(b, "%-16sand %u more\n", "of case", m->card.ncases - CASES_SHOWN);
    fb_buf_printf(b, "%-16s", "signature");
    if (sig->present) {
        fb_buf_puts(b, "\"");
        fb_escape_term(b, sig->name, strlen(sig->name));
        fb_buf_puts(b, "\", key ");
        put_hex(b, sig->pub);
    } else {
        fb_buf_puts(b, "none");
    }
    fb_buf_putc(b, '\n');
}

static void put_text(struct fb_buf *b, const struct fb_model *m, const struct fb_model_signature *sig)
{
    static const char *const level[] = {"suspicious", "abnormal"};
    fb_buf_printf(b, "%-16s", "model");
    put_hex(b, m->digest.b);
    fb_buf_printf(b, "\n%-16s%u trees of %u sessions, extension %u, seed %llu%s\n", "forest",
                  m->forest.params.trees, m->forest.params.sample, m->forest.params.ext,
                  (unsigned long long)m->params.forest.seed,
                  m->forest.params.split == FB_SPLIT_PAPER ? ", splits as published" : "");
    fb_buf_printf(b, "%-16s%u of %llu sessions, %u of them distinct\n", "trained on", m->rows,
                  (unsigned long long)m->seen, m->distinct);
    if (m->left_out)
        fb_buf_printf(b, "%-16s%llu sessions that a blacklist matches\n", "left out",
                      (unsigned long long)m->left_out);
    for (int i = 0; i < 2; i++) {
        fb_buf_printf(b, "%-16sfrom percentile ", level[i]);
        put_percent(b, m->params.percentile_ppm[i]);
        fb_buf_printf(b, " on: score %u and more; %u training sessions of %u that may be\n",
                      fb_forest_score_ppm(&m->forest, m->threshold[i].depth_q24), m->threshold[i].count,
                      m->threshold[i].budget);
    }
    put_card(b, m, sig);
    fb_buf_puts(b, "normal range    the middle 98 % of training\n");
    for (unsigned f = 0; f < FB_NFEATURES; f++)
        put_feature(b, m, (enum fb_feature)f);
}

static void put_json(struct fb_buf *b, const struct fb_model *m, const struct fb_model_signature *sig)
{
    struct param p[NPARAMS];
    params_of(m, p);
    fb_buf_puts(b, "{\"model_digest\":\"");
    put_hex(b, m->digest.b);
    fb_buf_putc(b, '"');
    for (int i = 0; i < NPARAMS; i++)
        fb_buf_printf(b, ",\"%s\":%llu", p[i].name, (unsigned long long)p[i].v);
    fb_buf_puts(b, ",\"tool\":");
    fb_escape_json(b, m->card.tool, strlen(m->card.tool));
    fb_buf_puts(b, ",\"note\":");
    fb_escape_json(b, m->card.note, strlen(m->card.note));
    fb_buf_puts(b, ",\"cases\":[");
    for (uint32_t i = 0; i < m->card.ncases; i++) {
        fb_buf_puts(b, i ? ",\"" : "\"");
        put_hex(b, m->card.cases[i].b);
        fb_buf_putc(b, '"');
    }
    fb_buf_puts(b, "],\"signature\":");
    if (sig->present) {
        fb_buf_puts(b, "{\"name\":");
        fb_escape_json(b, sig->name, strlen(sig->name));
        fb_buf_puts(b, ",\"key\":\"");
        put_hex(b, sig->pub);
        fb_buf_puts(b, "\"}");
    } else {
        fb_buf_puts(b, "null");
    }
    fb_buf_puts(b, ",\"features\":[");
    for (unsigned f = 0; f < FB_NFEATURES; f++) {
        const int64_t *q = m->quantile[f];
        bool category = m->enc[f].kind == FB_FK_CATEGORY;
        fb_buf_printf(b, "%s{\"feature\":\"%s\"", f ? "," : "", fb_feature_defs[f].name);
        if (category)
            fb_buf_printf(b, ",\"values\":%u}", m->enc[f].ncats);
        else
            fb_buf_printf(b, ",\"normal_low\":%lld,\"median\":%lld,\"normal_high\":%lld}", (long long)q[1],
                          (long long)q[FB_MODEL_QUANTILES / 2], (long long)q[FB_MODEL_QUANTILES - 2]);
    }
    fb_buf_puts(b, "]}\n");
}

void fb_model_put_info(struct fb_buf *b, const struct fb_model *m, const struct fb_model_signature *sig,
                       bool json)
{
    (json ? put_json : put_text)(b, m, sig);
}

void fb_model_put_verify(struct fb_buf *b, const struct fb_model *m, const struct fb_model_signature *sig,
                         bool asked, bool known)
{
    fb_buf_puts(b, "ok           structure  every tree, number and length is what it can be\n");
    fb_buf_puts(b, "ok           digests    model digest ");
    put_hex(b, m->digest.b);
    fb_buf_putc(b, '\n');
    if (!sig->present) {
        fb_buf_puts(b, asked ? "NOT OK       signature  there is none\n"
                             : "not checked  signature  there is none\n");
        return;
    }
    fb_buf_printf(b, "%s signature  by \"", asked && !known ? "NOT OK      " : "ok          ");
    fb_escape_term(b, sig->name, strlen(sig->name));
    fb_buf_puts(b, "\", key ");
    put_hex(b, sig->pub);
    fb_buf_puts(b, !asked  ? ": the key is not known (--key)\n"
                   : known ? ": a key that was given\n"
                           : ": no key that was given\n");
}

/* ---- differences ---- */

static bool same_range(const struct fb_model *a, const struct fb_model *o, unsigned f)
{
    return memcmp(a->quantile[f], o->quantile[f], sizeof a->quantile[f]) == 0 &&
           a->enc[f].ncats == o->enc[f].ncats;
}

static void diff_text(struct fb_buf *b, const struct fb_model *a, const struct fb_model *o)
{
    struct param x[NPARAMS], y[NPARAMS];
    params_of(a, x);
    params_of(o, y);
    for (int i = 0; i < NPARAMS; i++)
        if (x[i].v != y[i].v)
            fb_buf_printf(b, "%-28s%llu -> %llu\n", x[i].name, (unsigned long long)x[i].v,
                          (unsigned long long)y[i].v);
    for (unsigned f = 0; f < FB_NFEATURES; f++) {
        if (same_range(a, o, f))
            continue;
        fb_buf_putc(b, '-');
        put_feature(b, a, (enum fb_feature)f);
        fb_buf_putc(b, '+');
        put_feature(b, o, (enum fb_feature)f);
    }
}

static void diff_json(struct fb_buf *b, const struct fb_model *a, const struct fb_model *o)
{
    struct param x[NPARAMS], y[NPARAMS];
    const char *comma = "";
    params_of(a, x);
    params_of(o, y);
    fb_buf_puts(b, "\"parameters\":{");
    for (int i = 0; i < NPARAMS; i++) {
        if (x[i].v == y[i].v)
            continue;
        fb_buf_printf(b, "%s\"%s\":[%llu,%llu]", comma, x[i].name, (unsigned long long)x[i].v,
                      (unsigned long long)y[i].v);
        comma = ",";
    }
    fb_buf_puts(b, "},\"features\":[");
    comma = "";
    for (unsigned f = 0; f < FB_NFEATURES; f++) {
        if (same_range(a, o, f))
            continue;
        fb_buf_printf(b, "%s\"%s\"", comma, fb_feature_defs[f].name);
        comma = ",";
    }
    fb_buf_putc(b, ']');
}

void fb_model_put_diff(struct fb_buf *b, const struct fb_model *a, const struct fb_model *other, bool json)
{
    bool equal = memcmp(a->digest.b, other->digest.b, FB_DIGEST_LEN) == 0;
    if (json) {
        fb_buf_printf(b, "{\"equal\":%s,", equal ? "true" : "false");
        diff_json(b, a, other);
        fb_buf_puts(b, "}\n");
    } else if (equal) {
        fb_buf_puts(b, "equal: one model, ");
        put_hex(b, a->digest.b);
        fb_buf_putc(b, '\n');
    } else {
        fb_buf_puts(b, "model                       ");
        put_hex(b, a->digest.b);
        fb_buf_puts(b, " -> ");
        put_hex(b, other->digest.b);
        fb_buf_putc(b, '\n');
        diff_text(b, a, other);
    }
}
