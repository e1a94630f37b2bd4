/* What a layer of scores says about itself, and its model and findings. */
#include "cli/score_int.h"
#include "model/finding_def.h"
#include "model/model_file.h"
#include "model/score_def.h"

static enum fb_status put_row(struct fb_rec_writer *w, struct fb_buf *row, struct fb_err *err)
{
    struct fb_rec_at at = {0};
    if (row->failed)
        return fb_err_nomem(err, "a row of the scores");
    return fb_rec_write(w, &at, (struct fb_span){row->data, row->len}, err);
}

/* ---- the model ---- */

static enum fb_status put_parts(struct fb_rec_writer *w, const char *form, const struct fb_buf *bytes,
                                struct fb_err *err)
{
    enum fb_status st = FB_OK;
    struct fb_buf row;
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    for (size_t at = 0; at < bytes->len && st == FB_OK; at += FB_MODEL_PART_MAX) {
        size_t n = bytes->len - at < FB_MODEL_PART_MAX ? bytes->len - at : FB_MODEL_PART_MAX;
        fb_buf_clear(&row);
        fb_rec_text(&row, form);
        fb_rec_bytes(&row, bytes->data + at, n);
        st = put_row(w, &row, err);
    }
    fb_buf_release(&row);
    return st;
}

enum fb_status fb_score_keep_model(struct fb_edit *edit, int64_t run_id, const struct fb_model *given,
                                   struct fb_sample *sample, struct fb_err *err)
{
    struct fb_rec_writer *w = NULL;
    struct fb_buf bytes;
    enum fb_status st = FB_OK;
    fb_buf_init(&bytes, FB_MODEL_FILE_BYTES_MAX);
    if (given)
        st = fb_model_put(given, NULL, &bytes, err);
    else
        fb_sample_put(sample, &bytes);
    if (st == FB_OK && bytes.failed)
        st = fb_err_nomem(err, "the model");
    if (st == FB_OK)
        st = fb_edit_record_open(edit, &fb_model_part_def, run_id, &w, err);
    if (st == FB_OK)
        st = put_parts(w, given ? "file" : "sample", &bytes, err);
    if (st == FB_OK)
        st = fb_rec_writer_finish(w, NULL, NULL, err);
    fb_rec_writer_free(w);
    fb_buf_release(&bytes);
    return st;
}

/* ---- findings ---- */

enum fb_status fb_score_keep_findings(struct fb_edit *edit, int64_t run_id, const struct fb_findings *l,
                                      struct fb_err *err)
{
    struct fb_rec_writer *w = NULL;
    struct fb_buf row;
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    enum fb_status st = fb_edit_record_open(edit, &fb_finding_def, run_id, &w, err);
    for (size_t i = 0; i < l->n && st == FB_OK; i++) {
        fb_buf_clear(&row);
        fb_finding_put(&l->f[i], i + 1, &row);
        st = put_row(w, &row, err);
    }
    if (st == FB_OK)
        st = fb_rec_writer_finish(w, NULL, NULL, err);
    fb_rec_writer_free(w);
    fb_buf_release(&row);
    return st;
}

/* ---- the row ---- */

static void put_text(struct fb_buf *row, const char *s)
{
    fb_rec_text(row, *s ? s : NULL);
}

static void put_drift(struct fb_buf *row, const struct fb_scoring *s)
{
    struct fb_buf items;
    fb_buf_init(&items, FB_REC_BYTES_MAX);
    for (size_t at = 0; at < s->drift.len;) {
        const uint8_t *line = s->drift.data + at, *end = memchr(line, '\n', s->drift.len - at);
        size_t n = end ? (size_t)(end - line) : s->drift.len - at;
        fb_rec_item(&items, line, n);
        at += n + 1;
    }
    fb_rec_list(row, &items);
    fb_buf_release(&items);
}

static void put_params(struct fb_buf *row, const struct fb_scoring *s)
{
    fb_rec_int(row, s->params.forest.trees);
    fb_rec_int(row, s->params.forest.sample);
    fb_rec_int(row, s->params.forest.ext);
    fb_rec_int(row, (int64_t)s->params.forest.seed);
    fb_rec_int(row, s->params.percentile_ppm[0]);
    fb_rec_int(row, s->params.percentile_ppm[1]);
    fb_rec_int(row, s->params.min_distinct);
    fb_rec_int(row, s->sample_rows);
    fb_rec_int(row, s->blacklisted);
    if (s->lists_run)
        fb_rec_int(row, s->lists_run);
    else
        fb_rec_null(row);
}

static void put_thresholds(struct fb_buf *row, const struct fb_scoring *s)
{
    struct fb_buf thresholds;
    fb_buf_init(&thresholds, FB_DETECT_TEXT_MAX);
    fb_detect_put(&s->detect, &thresholds);
    put_text(row, fb_buf_cstr(&thresholds));
    fb_buf_release(&thresholds);
}

static void put_scoring(struct fb_buf *row, const struct fb_scoring *s)
{
    put_text(row, s->model);
    fb_rec_text(row, s->from_file ? "file" : "case");
    put_text(row, s->why);
    put_params(row, s);
    fb_rec_int(row, (int64_t)s->train_sessions);
    fb_rec_int(row, (int64_t)s->left_out);
    fb_rec_int(row, (int64_t)s->train_rows);
    fb_rec_int(row, (int64_t)s->distinct);
    fb_rec_int(row, (int64_t)s->sessions);
    for (int i = 0; i < 3; i++)
        fb_rec_int(row, (int64_t)s->level[i]);
    if (s->has_drift)
        fb_rec_int(row, s->moved);
    else
        fb_rec_null(row);
    put_drift(row, s);
    fb_rec_int(row, (int64_t)s->findings);
    put_text(row, s->features);
    fb_rec_int(row, (int64_t)s->shed.pairs);
    fb_rec_int(row, (int64_t)s->shed.targets);
    fb_rec_int(row, (int64_t)s->shed.names);
    fb_rec_int(row, (int64_t)s->shed.groups);
    fb_rec_int(row, (int64_t)s->shed.findings);
    put_thresholds(row, s);
}

enum fb_status fb_score_keep_row(struct fb_edit *edit, int64_t run_id, const struct fb_scoring *s,
                                 struct fb_err *err)
{
    struct fb_rec_writer *w = NULL;
    struct fb_buf row;
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    put_scoring(&row, s);
    enum fb_status st = fb_edit_record_open(edit, &fb_scoring_def, run_id, &w, err);
    if (st == FB_OK)
        st = put_row(w, &row, err);
    if (st == FB_OK)
        st = fb_rec_writer_finish(w, NULL, NULL, err);
    fb_rec_writer_free(w);
    fb_buf_release(&row);
    return st;
}
