/* What the newest layer of scores says. All of it is the word of whoever made the case. */
#include "cli/score_int.h"
#include "model/finding_def.h"
#include "model/model_file.h"
#include "model/score_def.h"

static enum fb_status not_there(struct fb_err *err)
{
    return fb_err_set(err, FB_ERR_NOTFOUND,
                      "this case has no scores; make them with: fbforensics score CASE");
}

static enum fb_status odd(struct fb_err *err)
{
    return fb_err_set(err, FB_ERR_VERIFY, "the case's table scoring cannot be read");
}

/* ---- the row ---- */

static bool take_int(const struct fb_rec_cell *c, int64_t max, uint64_t *out)
{
    *out = c->null ? 0 : (uint64_t)c->i;
    return c->null || (c->i >= 0 && c->i <= max);
}

static bool take_u32(const struct fb_rec_cell *c, uint32_t *out)
{
    uint64_t v;
    bool ok = take_int(c, UINT32_MAX, &v);
    *out = (uint32_t)v;
    return ok;
}

static void take_text(const struct fb_rec_cell *c, char *out, size_t size)
{
    size_t n = c->null ? 0 : c->s.n < size ? c->s.n : size - 1;
    if (n)
        memcpy(out, c->s.p, n);
    out[n] = '\0';
}

static bool take_params(const struct fb_rec_cell *c, struct fb_scoring *s)
{
    uint64_t black, lists;
    fb_model_params_default(&s->params);
    s->params.forest.seed = c[FB_SCORING_SEED].null ? 0 : (uint64_t)c[FB_SCORING_SEED].i;
    bool ok = take_u32(&c[FB_SCORING_TREES], &s->params.forest.trees) &&
              take_u32(&c[FB_SCORING_TREE_ROWS], &s->params.forest.sample) &&
              take_u32(&c[FB_SCORING_EXTENSION], &s->params.forest.ext) &&
              take_u32(&c[FB_SCORING_SUSPICIOUS], &s->params.percentile_ppm[0]) &&
              take_u32(&c[FB_SCORING_ABNORMAL], &s->params.percentile_ppm[1]) &&
              take_u32(&c[FB_SCORING_MIN_DISTINCT], &s->params.min_distinct) &&
              take_u32(&c[FB_SCORING_SAMPLE_ROWS], &s->sample_rows) &&
              take_int(&c[FB_SCORING_BLACKLISTED], 1, &black) &&
              take_int(&c[FB_SCORING_LISTS_RUN], INT64_MAX, &lists);
    s->blacklisted = ok && black;
    s->lists_run = ok ? (int64_t)lists : 0;
    const struct fb_rec_cell *t = &c[FB_SCORING_THRESHOLDS];
    ok = ok &&
         fb_detect_get(&s->detect, t->null ? "" : (const char *)t->s.p, t->null ? 0 : t->s.n, NULL) == FB_OK;
    return ok && s->sample_rows >= 1 && s->sample_rows <= FB_SAMPLE_SIZE_MAX;
}

static bool take_row(const struct fb_rec_cell *c, struct fb_scoring *s)
{
    uint64_t moved;
    struct fb_span line;
    take_text(&c[FB_SCORING_MODEL], s->model, sizeof s->model);
    take_text(&c[FB_SCORING_WHY], s->why, sizeof s->why);
    take_text(&c[FB_SCORING_FEATURES], s->features, sizeof s->features);
    s->scored = *s->model != '\0';
    s->from_file = !c[FB_SCORING_SOURCE].null && c[FB_SCORING_SOURCE].s.n == 4 &&
                   memcmp(c[FB_SCORING_SOURCE].s.p, "file", 4) == 0;
    struct fb_cur list =
        fb_cur_init(c[FB_SCORING_DRIFT].s.p, c[FB_SCORING_DRIFT].null ? 0 : c[FB_SCORING_DRIFT].s.n);
    while (fb_rec_next_item(&list, &line)) {
        fb_buf_put(&s->drift, line.p, line.n);
        fb_buf_putc(&s->drift, '\n');
    }
    s->has_drift = !c[FB_SCORING_MOVED].null;
    bool ok = take_params(c, s) && take_int(&c[FB_SCORING_TRAIN_SESSIONS], INT64_MAX, &s->train_sessions) &&
              take_int(&c[FB_SCORING_LEFT_OUT], INT64_MAX, &s->left_out) &&
              take_int(&c[FB_SCORING_TRAIN_ROWS], INT64_MAX, &s->train_rows) &&
              take_int(&c[FB_SCORING_DISTINCT], INT64_MAX, &s->distinct) &&
              take_int(&c[FB_SCORING_SESSIONS], INT64_MAX, &s->sessions) &&
              take_int(&c[FB_SCORING_NORMAL], INT64_MAX, &s->level[FB_LEVEL_NORMAL]) &&
              take_int(&c[FB_SCORING_SUSPECT], INT64_MAX, &s->level[FB_LEVEL_SUSPICIOUS]) &&
              take_int(&c[FB_SCORING_ABNORMALS], INT64_MAX, &s->level[FB_LEVEL_ABNORMAL]) &&
              take_int(&c[FB_SCORING_MOVED], FB_NFEATURES, &moved) &&
              take_int(&c[FB_SCORING_FINDINGS], INT64_MAX, &s->findings) &&
              take_int(&c[FB_SCORING_SHED_PAIRS], INT64_MAX, &s->shed.pairs) &&
              take_int(&c[FB_SCORING_SHED_TARGETS], INT64_MAX, &s->shed.targets) &&
              take_int(&c[FB_SCORING_SHED_NAMES], INT64_MAX, &s->shed.names) &&
              take_int(&c[FB_SCORING_SHED_GROUPS], INT64_MAX, &s->shed.groups) &&
              take_int(&c[FB_SCORING_SHED_FINDINGS], INT64_MAX, &s->shed.findings);
    s->moved = ok ? (unsigned)moved : 0;
    return ok;
}

static enum fb_status newest_run(struct fb_case *c, int64_t *run_id, struct fb_err *err)
{
    struct fb_rec_info t;
    enum fb_status st;
    *run_id = 0;
    for (size_t i = 0; (st = fb_case_record_table(c, i, &t, err)) == FB_OK; i++)
        if (t.newest && t.run_id && strcmp(t.name, fb_scoring_def.name) == 0)
            *run_id = t.run_id;
    return st != FB_EOF ? st : *run_id ? FB_OK : not_there(err);
}

enum fb_status fb_scoring_read(struct fb_case *c, struct fb_scoring *out, struct fb_err *err)
{
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    *out = (struct fb_scoring){0};
    fb_buf_init(&out->drift, FB_REC_BYTES_MAX);
    FB_TRY(newest_run(c, &out->run_id, err));
    FB_TRY(fb_rec_open(c, &fb_scoring_def, out->run_id, &cur, err));
    enum fb_status st = fb_rec_next(cur, &row, err);
    if (st == FB_EOF || (st == FB_OK && !take_row(row.cells, out)))
        st = odd(err);
    fb_rec_close(cur);
    if (st != FB_OK)
        fb_scoring_release(out);
    return st;
}

/* ---- the model ---- */

static enum fb_status read_parts(struct fb_case *c, int64_t run_id, struct fb_buf *bytes, bool *is_file,
                                 struct fb_err *err)
{
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    enum fb_status st;
    FB_TRY(fb_rec_open(c, &fb_model_part_def, run_id, &cur, err));
    while ((st = fb_rec_next(cur, &row, err)) == FB_OK) {
        const struct fb_rec_cell *form = &row.cells[FB_MODEL_PART_FORM],
                                 *part = &row.cells[FB_MODEL_PART_BYTES];
        *is_file = !form->null && form->s.n == 4 && memcmp(form->s.p, "file", 4) == 0;
        if (!part->null)
            fb_buf_put(bytes, part->s.p, part->s.n);
    }
    fb_rec_close(cur);
    return st != FB_EOF ? st : bytes->failed ? fb_err_nomem(err, "the model") : FB_OK;
}

static enum fb_status train_again(const struct fb_buf *bytes, const struct fb_scoring *s,
                                  struct fb_model *out, struct fb_err *err)
{
    struct fb_sample sample;
    struct fb_cur in = fb_cur_init(bytes->data, bytes->len);
    FB_TRY(fb_sample_get(&sample, &in, err));
    enum fb_status st = fb_model_train(&sample, &s->params, 1, out, err);
    fb_sample_release(&sample);
    return st;
}

const char *fb_scoring_why(const struct fb_scoring *s)
{
    static const char before[] = "no model: ";
    size_t n = sizeof before - 1;
    return strncmp(s->why, before, n) == 0 ? s->why + n : s->why;
}

enum fb_status fb_scoring_model(struct fb_case *c, const struct fb_scoring *s, struct fb_model *out,
                                struct fb_err *err)
{
    char hex[FB_DIGEST_HEXLEN];
    struct fb_buf bytes;
    bool is_file = false;
    if (!s->scored)
        return fb_err_set(err, FB_ERR_NOTFOUND, "this case has no model: %.300s", fb_scoring_why(s));
    fb_buf_init(&bytes, FB_MODEL_FILE_BYTES_MAX);
    enum fb_status st = read_parts(c, s->run_id, &bytes, &is_file, err);
    if (st == FB_OK && is_file)
        st = fb_model_get(bytes.data, bytes.len, out, NULL, err);
    else if (st == FB_OK)
        st = train_again(&bytes, s, out, err);
    fb_buf_release(&bytes);
    FB_TRY(st);
    fb_hex(out->digest.b, FB_DIGEST_LEN, hex);
    if (strcmp(hex, s->model) == 0)
        return FB_OK;
    fb_model_release(out);
    return fb_err_set(err, FB_ERR_VERIFY,
                      "what the case keeps of its model gives another one: digest %s instead of %s", hex,
                      s->model);
}

/* ---- findings ---- */

enum fb_status fb_scoring_findings(struct fb_case *c, struct fb_findings *out, struct fb_err *err)
{
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    struct fb_buf bytes;
    int64_t run_id;
    enum fb_status st;
    FB_TRY(newest_run(c, &run_id, err));
    FB_TRY(fb_rec_open(c, &fb_finding_def, run_id, &cur, err));
    fb_buf_init(&bytes, FB_REC_BYTES_MAX);
    while ((st = fb_rec_next(cur, &row, err)) == FB_OK) {
        struct fb_finding f;
        fb_buf_clear(&bytes);
        for (size_t i = 0; i < fb_finding_def.ncols; i++)
            fb_rec_put(&bytes, fb_finding_def.cols[i].type, &row.cells[i]);
        if (!fb_finding_get(bytes.data, bytes.len, &f))
            st = fb_err_set(err, FB_ERR_VERIFY, "the case's table findings cannot be read");
        else if (fb_findings_add(out, &f) != FB_OK)
            st = fb_err_nomem(err, "findings");
        if (st != FB_OK)
            break;
    }
    fb_rec_close(cur);
    fb_buf_release(&bytes);
    return st == FB_EOF ? FB_OK : st;
}
