#include "cli/case_layers.h"

#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/name_run.h"
#include "intel/name_join.h"
#include "model/model_file.h"
#include "store/custody.h"
#include "store/rectab.h"

#include <cjson/cJSON.h>

enum fb_status fb_case_layers_grace(const struct fb_ingest_opts *o, int64_t *ns, struct fb_err *err)
{
    *ns = o->has_recorded_grace ? o->recorded_grace_ns : FB_NAME_GRACE_NS;
    if (o->name_grace && (!fb_duration_parse(o->name_grace, ns) || *ns < 0))
        return fb_err_set(err, FB_ERR_USAGE, "--name-grace %s: needs a duration such as 90s, 10m or 0s",
                          o->name_grace);
    return FB_OK;
}

enum fb_status fb_case_layers_init(struct fb_case_layers *l, const struct fb_ingest_opts *o,
                                   struct fb_err *err)
{
    *l = (struct fb_case_layers){
        .lists = o->lists, .score = o->score && !o->no_model, .path = o->no_model ? NULL : o->model};
    fb_scoring_defaults(&l->how);
    l->how.threads = (unsigned)(o->threads > 64 ? 64 : o->threads);
    FB_TRY(fb_case_layers_grace(o, &l->name_grace_ns, err));
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
    fb_buf_printf(out, "\"name_grace_ns\":%lld,\"thresholds\":\"", (long long)l->name_grace_ns);
    fb_detect_put(&l->how.detect, out);
    fb_buf_puts(out, "\",\"lists\":");
    fb_ingest_lists_put(out, l->lists);
    fb_buf_putc(out, '}');
}

enum fb_status fb_case_layers_run(struct fb_case *c, const struct fb_case_layers *l, struct fb_err *err)
{
    struct fb_scoring_how how = l->how;
    how.model = l->path ? &l->model : NULL;
    FB_TRY(fb_names_run(c, l->name_grace_ns, NULL, err));
    FB_TRY(
        fb_ingest_lists_apply(l->lists, c, err)); /* before training, which leaves out what is blacklisted */
    return l->score ? fb_scoring_run(c, &how, NULL, err) : FB_OK;
}

/* ---- going on ---- */

struct recorded {
    bool any; /* the first ingest got as far as to write it down */
    bool score, has_grace;
    int64_t grace_ns;
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
                *grace = cJSON_GetObjectItemCaseSensitive(options, "name_grace_ns"),
                *thresholds = cJSON_GetObjectItemCaseSensitive(options, "thresholds");
    enum fb_status st = FB_EOF; /* the first one counts */
    r->any = true;
    r->score = cJSON_IsObject(model) || (cJSON_IsString(model) && strcmp(model->valuestring, "case") == 0);
    r->has_grace = cJSON_IsNumber(grace) && grace->valuedouble >= 0 && grace->valuedouble < 9e18;
    r->grace_ns = r->has_grace ? (int64_t)grace->valuedouble : 0;
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
    int64_t ns, before = r->has_grace ? r->grace_ns : FB_NAME_GRACE_NS;
    if (o->name_grace && (fb_case_layers_grace(o, &ns, NULL) != FB_OK || ns != before))
        return false;
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
    if (!r.any)
        return FB_OK; /* it was killed before that: what is asked for now counts */
    if (!same_choice(o, &r)) {
        free(r.path);
        return fb_err_set(err, FB_ERR_USAGE,
                          "this case was begun with another choice of model, thresholds or grace of names "
                          "than the one given "
                          "now; leave it away, and it stays as it was");
    }
    *path = r.path;
    o->has_recorded_grace = r.has_grace;
    o->recorded_grace_ns = r.grace_ns;
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
    if (!judged)
        FB_TRY(fb_ingest_lists_recorded(c, o->lists, err));
    if (!names) {
        int64_t grace_ns;
        FB_TRY(fb_case_layers_grace(o, &grace_ns, err));
        FB_TRY(fb_names_run(c, grace_ns, NULL, err));
    }
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
