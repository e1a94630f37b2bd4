/* Going on with an interrupted ingest. */
#include "cli/case_layers.h"
#include "cli/evidence_plan.h"
#include "cli/ingest_run.h"
#include "cli/run_record.h"

struct resumed {
    struct fb_ingest_opts opts;
    char *filter, *model;
    struct fb_plan plan;
    char **paths;
    bool complete;
};

/* Options that were given again must be those of the case. */
static enum fb_status same_options(const struct fb_ingest_opts *given, const char *recorded,
                                   struct fb_err *err)
{
    struct fb_buf b;
    fb_buf_init(&b, (size_t)1 << 20);
    fb_run_params_json(&b, given);
    bool same = !b.failed && strcmp(fb_buf_cstr(&b), recorded) == 0;
    fb_buf_release(&b);
    return same
               ? FB_OK
               : fb_err_set(
                     err, FB_ERR_USAGE,
                     "this case was begun with other options than those given now; leave them away, and they "
                     "stay as they were");
}

/* Of those that belong to the facts. */
static bool run_options_given(const struct fb_ingest_opts *given)
{
    struct fb_ingest_opts o = *given;
    o.model = NULL;
    o.no_model = false;
    return fb_ingest_opts_decide(&o);
}

static enum fb_status read_case(const char *path, const struct fb_ingest_opts *given, struct resumed *r,
                                struct fb_err *err)
{
    struct fb_case *c;
    struct fb_case_info info;
    FB_TRY(fb_case_open(path, &c, err));
    enum fb_status st = fb_case_info(c, &info, err);
    r->complete = st == FB_OK && info.complete;
    r->opts = *given;
    if (st == FB_OK && !r->complete) {
        if (run_options_given(given))
            st = same_options(given, info.params_json, err);
        if (st == FB_OK)
            st = fb_run_params_read(info.params_json, &r->opts, &r->filter, err);
        if (st == FB_OK)
            st = fb_plan_read(info.plan_json, &r->plan, err);
        if (st == FB_OK)
            st = fb_case_layers_recorded(c, &r->opts, &r->model, err);
        if (st == FB_OK)
            st = fb_ingest_lists_recorded(c, r->opts.lists, err);
    }
    fb_case_close(c);
    return st;
}

static enum fb_status go_on(const char *case_path, const char *const *given, size_t ngiven, struct resumed *r,
                            struct fb_case **out, struct fb_err *err)
{
    r->paths = calloc(r->plan.n, sizeof *r->paths);
    if (!r->paths)
        return fb_err_nomem(err, "the list of evidence");
    FB_TRY(fb_plan_find(&r->plan, case_path, given, ngiven, r->paths, err));
    return fb_ingest_go_on((const char *const *)r->paths, r->plan.n, &r->opts, case_path, out, err);
}

enum fb_status fb_ingest_resume(const char *case_path, const char *const *given, size_t ngiven,
                                const struct fb_ingest_opts *o, struct fb_case **out, struct fb_err *err)
{
    struct resumed r = {0};
    *out = NULL;
    enum fb_status st = read_case(case_path, o, &r, err);
    if (st == FB_OK && r.complete) {
        st = fb_case_tidy(case_path, err);
        if (st == FB_OK)
            st = fb_case_layers_complete(case_path, o, out, err);
    } else if (st == FB_OK) {
        st = go_on(case_path, given, ngiven, &r, out, err);
    }
    for (size_t i = 0; r.paths && i < r.plan.n; i++)
        free(r.paths[i]);
    free(r.paths);
    fb_plan_release(&r.plan);
    free(r.filter);
    free(r.model);
    return st;
}
