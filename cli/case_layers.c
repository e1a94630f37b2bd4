#include "cli/case_layers.h"

#include "base/escape.h"
#include "cli/name_run.h"
#include "model/model_file.h"
#include "store/custody.h"
#include "store/rectab.h"

#include <cjson/cJSON.h>

enum fb_status fb_case_layers_init(struct fb_case_layers *l, const struct fb_ingest_opts *o,
                                   struct fb_err *err)
{
    *l = (struct fb_case_layers){
        .lists = o->lists, .score = o->score && !o->no_model, .path = o->no_model ? NULL : o->model};
    fb_scoring_defaults(&l->how);
    l->how.threads = (unsigned)(o->threads > 64 ? 64 : o->threads);
    if (o->has_detect)
        l->how.detect = o->detect;
    if (!l->path)
        return FB_OK;
    if (!l->score)
        return fb_err_set(err, FB_ERR_USAGE, "--model and --no-model exclude each other");
    return fb_model_load(l->path, &l->model, NULL, err);
}

void fb_case_layers_release(struct fb_case_layers *l)
{
    fb_model_release(&l->model);
    l->path = NULL;
}

void fb_case_layers_put_options(struct fb_buf *out, const char *run_params, const struct fb_case_layers *l)
{
    size_t n = strlen(run_params);
    FB_BUG(n < 2 || run_params[n - 1] != '}');
    fb_buf_put(out, run_params, n - 1);
    fb_buf_puts(out, ",\"model\":");
    if (l->path) {
        char hex[FB_DIGEST_HEXLEN];
        fb_hex(l->model.digest.b, FB_DIGEST_LEN, hex);
        fb_buf_printf(out, "{\"digest\":\"%s\",\"path\":", hex);
        fb_escape_json(out, l->path, strlen(l->path));
        fb_buf_puts(out, "},");
    } else {
        fb_buf_puts(out, l->score ? "\"case\"," : "\"none\",");
    }
    fb_buf_puts(out, "\"thresholds\":\"");
    fb_detect_put(&l->how.detect, out);
    fb_buf_puts(out, "\"}");
}

enum fb_status fb_case_layers_run(struct fb_case *c, const struct fb_case_layers *l, struct fb_err *err)
{
    struct fb_scoring_how how = l->how;
    how.model = l->path ? &l->model : NULL;
    FB_TRY(fb_names_run(c, err));
    FB_TRY(
        fb_ingest_lists_apply(l->lists, c, err)); /* before training, which leaves out what is blacklisted */
    return l->score ? fb_scoring_run(c, &how, NULL, err) : FB_OK;
}

/* ---- going on ---- */

struct recorded {
    bool score;
    char *path;
    struct fb_detect_opts detect;
    struct fb_err *err;
};

static enum fb_status on_record(void *ctx, const struct fb_custody_record *rec)
{
    struct recorded *r = ctx;
    if (strcmp(rec->e.what, "ingest-start") != 0)
        return FB_OK;
    cJSON *root = cJSON_Parse(rec->e.params_json);
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(root, "options"),
                *model = cJSON_GetObjectItemCaseSensitive(options, "model"),
                *path = cJSON_GetObjectItemCaseSensitive(model, "path"),
                *thresholds = cJSON_GetObjectItemCaseSensitive(options, "thresholds");
    enum fb_status st = FB_EOF; /* the first one counts */
    r->score = cJSON_IsObject(model) || (cJSON_IsString(model) && strcmp(model->valuestring, "case") == 0);
    if (cJSON_IsString(path) && !(r->path = strdup(path->valuestring)))
        st = fb_err_nomem(r->err, "a path");
    if (st == FB_EOF && cJSON_IsString(thresholds)) {
        enum fb_status got =
            fb_detect_get(&r->detect, thresholds->valuestring, strlen(thresholds->valuestring), r->err);
        st = got == FB_OK ? FB_EOF : got;
    }
    cJSON_Delete(root);
    return st;
}

static bool same_choice(const struct fb_ingest_opts *o, const struct recorded *r)
{
    if (o->has_detect && memcmp(&o->detect, &r->detect, sizeof o->detect) != 0)
        return false;
    if (o->no_model)
        return !r->score;
    return !o->model || r->path; /* the file may lie elsewhere now */
}

enum fb_status fb_case_layers_recorded(struct fb_case *c, struct fb_ingest_opts *o, char **path,
                                       struct fb_err *err)
{
    struct recorded r = {.err = err};
    *path = NULL;
    fb_detect_defaults(&r.detect);
    enum fb_status st = fb_custody_each(c, on_record, &r, err);
    if (st != FB_OK && st != FB_EOF) {
        free(r.path);
        return st;
    }
    if (!same_choice(o, &r)) {
        free(r.path);
        return fb_err_set(
            err, FB_ERR_USAGE,
            "this case was begun with another choice of model or thresholds than the one given now; leave it "
            "away, and it stays as it was");
    }
    *path = r.path;
    o->score = r.score;
    o->has_detect = true;
    o->detect = r.detect;
    if (!o->model)
        o->model = r.path;
    return FB_OK;
}

static enum fb_status has_table(struct fb_case *c, const char *name, bool *yes, struct fb_err *err)
{
    struct fb_rec_info t;
    enum fb_status st;
    *yes = false;
    for (size_t i = 0; (st = fb_case_record_table(c, i, &t, err)) == FB_OK; i++)
        *yes = *yes || strcmp(t.name, name) == 0;
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status complete(struct fb_case *c, struct fb_ingest_opts *o, struct fb_err *err)
{
    struct fb_case_info info;
    struct fb_case_layers l;
    bool names, now, scored, judged;
    FB_TRY(fb_case_info(c, &info, err));
    FB_TRY(has_table(c, "names", &names, err));
    FB_TRY(has_table(c, "scoring", &scored, err));
    FB_TRY(has_table(c, "list_verdict", &judged, err));
    if (info.sealed || scored)
        return FB_EOF;
    if (!names)
        FB_TRY(fb_names_run(c, err));
    FB_TRY(has_table(c, "names", &now, err));
    bool lists = !judged && o->lists && o->lists->any;
    if (lists)
        FB_TRY(fb_ingest_lists_apply(o->lists, c, err));
    if (!o->score)
        return names == now && !lists ? FB_EOF : FB_OK;
    enum fb_status st = fb_case_layers_init(&l, o, err);
    struct fb_scoring_how how = l.how;
    how.model = l.path ? &l.model : NULL;
    if (st == FB_OK)
        st = fb_scoring_run(c, &how, NULL, err);
    fb_case_layers_release(&l);
    return st;
}

enum fb_status fb_case_layers_complete(const char *case_path, const struct fb_ingest_opts *o,
                                       struct fb_case **out, struct fb_err *err)
{
    struct fb_ingest_opts recorded = *o;
    char *path = NULL;
    struct fb_case *c;
    *out = NULL;
    FB_TRY(fb_case_open(case_path, &c, err));
    enum fb_status st = fb_case_layers_recorded(c, &recorded, &path, err);
    if (st == FB_OK)
        st = complete(c, &recorded, err);
    free(path);
    if (st == FB_OK)
        *out = c;
    else
        fb_case_close(c);
    return st;
}
