#include "cli/rerun.h"

#include "base/timefmt.h"
#include "store/join.h"

#include <cjson/cJSON.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static enum fb_status find_one(struct fb_rerun *r, struct fb_rerun_evidence *e,
                               const struct fb_evidence_find *how, struct fb_err *err)
{
    FB_TRY(fb_case_evidence(r->recorded, (size_t)(e - r->ev), &e->known, err));
    enum fb_status st = fb_evidence_find(how, &e->known, &e->path, err);
    if (st == FB_ERR_VERIFY && is_file(e->known.path)) {
        e->path = strdup(e->known.path);
        e->changed = true;
        st = e->path ? FB_OK : fb_err_nomem(err, "a path");
    }
    return st;
}

enum fb_status fb_rerun_find(struct fb_rerun *r, const struct fb_evidence_find *how, struct fb_err *err)
{
    struct fb_case_info info;
    struct fb_evidence_find each = *how;
    FB_TRY(fb_case_info(r->recorded, &info, err));
    size_t n = (size_t)info.nevidence;
    r->ev = calloc(n ? n : 1, sizeof *r->ev);
    /* Files of equal content are told apart: each stands for one piece of evidence. */
    const char **taken = calloc(n ? n : 1, sizeof *taken);
    enum fb_status st = r->ev && taken ? FB_OK : fb_err_nomem(err, "evidence records");
    each.taken = taken;
    while (st == FB_OK && r->nev < n) {
        struct fb_rerun_evidence *e = &r->ev[r->nev];
        st = find_one(r, e, &each, err);
        if (st == FB_OK)
            taken[each.ntaken++] = e->path;
        r->nev++;
    }
    free(taken);
    return st;
}

void fb_rerun_release(struct fb_rerun *r)
{
    for (size_t i = 0; i < r->nev; i++) {
        fb_evidence_release(&r->ev[i].known);
        free(r->ev[i].path);
    }
    free(r->ev);
    fb_case_close(r->rebuilt);
    r->ev = NULL;
    r->nev = 0;
    r->rebuilt = NULL;
}

/* ---- recorded parameters ---- */

static bool take_time(const cJSON *v, int64_t *ns)
{
    return cJSON_IsNull(v) || (cJSON_IsString(v) && fb_time_parse(v->valuestring, ns));
}

static bool take_param(const cJSON *v, struct fb_ingest_opts *o)
{
    const char *key = v->string ? v->string : "";
    if (strcmp(key, "after") == 0)
        return take_time(v, &o->after_ns);
    if (strcmp(key, "before") == 0)
        return take_time(v, &o->before_ns);
    if (strcmp(key, "filter") == 0) {
        o->filter = cJSON_IsString(v) ? v->valuestring : NULL;
        return cJSON_IsNull(v) || cJSON_IsString(v);
    }
    if (strcmp(key, "ignore_checksums") == 0) {
        o->ignore_checksums = cJSON_IsTrue(v);
        return cJSON_IsBool(v);
    }
    if (strcmp(key, "memory_bytes") == 0 && cJSON_IsNumber(v) && v->valuedouble >= 1 &&
        v->valuedouble <= 9007199254740992.0) {
        o->memory_bytes = (uint64_t)v->valuedouble;
        return true;
    }
    return false;
}

/* `o` borrows text from `params`. */
static enum fb_status take_params(const cJSON *params, struct fb_ingest_opts *o, struct fb_err *err)
{
    if (!cJSON_IsObject(params) || !params->child)
        return fb_err_set(err, FB_ERR_VERIFY, "the recorded parameters of the case cannot be read");
    for (const cJSON *v = params->child; v; v = v->next)
        if (!take_param(v, o))
            return fb_err_set(
                err, FB_ERR_NEWER,
                "the case was made with the parameter \"%.60s\", which this version cannot repeat",
                v->string ? v->string : "");
    return FB_OK;
}

/* ---- building ---- */

/* A run and the evidence (indices of the case) that it was made of. */
struct node {
    size_t run;
    uint32_t *ev;
    size_t nev;
};

static enum fb_status build(struct fb_rerun *r, const struct node *n, unsigned depth, struct fb_case **out,
                            struct fb_err *err);

static enum fb_status build_leaf(struct fb_rerun *r, const struct node *n, const cJSON *params,
                                 struct fb_case **out, struct fb_err *err)
{
    struct fb_ingest_opts o = FB_INGEST_OPTS_DEFAULT;
    o.threads = r->how->threads;
    /* Damage was told when the case was made; progress is told unless nothing is to be said. */
    bool by_itself = r->how->progress == FB_PROGRESS_AUTO && !r->how->quiet && isatty(STDERR_FILENO);
    o.progress = by_itself ? FB_PROGRESS_TEXT : r->how->progress;
    o.quiet = true;
    FB_TRY(take_params(params, &o, err));
    const char **paths = calloc(n->nev ? n->nev : 1, sizeof *paths);
    if (!paths)
        return fb_err_nomem(err, "the list of evidence");
    for (size_t i = 0; i < n->nev; i++)
        paths[i] = r->ev[n->ev[i]].path;
    enum fb_status st = fb_ingest_run(paths, n->nev, &o, NULL, false, out, err);
    free(paths);
    return st == FB_ERR_DAMAGED ? FB_OK : st;
}

static enum fb_status bad_merge(struct fb_err *err)
{
    return fb_err_set(err, FB_ERR_VERIFY, "the case does not say rightly what it was merged from");
}

static enum fb_status child_of(const struct node *parent, const cJSON *item, struct node *child,
                               struct fb_err *err)
{
    const cJSON *run = cJSON_GetObjectItemCaseSensitive(item, "run");
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(item, "evidence"), *e;
    if (!cJSON_IsNumber(run) || run->valuedouble < 1 || run->valuedouble > 1e6 || !cJSON_IsArray(list))
        return bad_merge(err);
    child->run = parent->run + (size_t)run->valuedouble;
    child->ev = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *child->ev);
    if (!child->ev)
        return fb_err_nomem(err, "the list of evidence");
    cJSON_ArrayForEach(e, list)
    {
        if (!cJSON_IsNumber(e) || e->valuedouble < 0 || e->valuedouble >= (double)parent->nev)
            return bad_merge(err);
        child->ev[child->nev++] = parent->ev[(size_t)e->valuedouble];
    }
    return FB_OK;
}

struct parts {
    struct fb_case *c[FB_JOIN_CASES_MAX];
    const char *name[FB_JOIN_CASES_MAX];
    size_t n;
};

static enum fb_status build_parts(struct fb_rerun *r, const struct node *n, const cJSON *list, unsigned depth,
                                  struct parts *p, struct fb_err *err)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        struct node child = {0};
        if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "dropped")))
            continue;
        if (p->n == FB_JOIN_CASES_MAX)
            return bad_merge(err);
        enum fb_status st = child_of(n, item, &child, err);
        if (st == FB_OK)
            st = build(r, &child, depth + 1, &p->c[p->n], err);
        free(child.ev);
        FB_TRY(st);
        p->name[p->n++] = "a part of the case";
    }
    return p->n ? FB_OK : bad_merge(err);
}

static enum fb_status build_merge(struct fb_rerun *r, const struct node *n, const cJSON *list, unsigned depth,
                                  struct fb_case **out, struct fb_err *err)
{
    struct fb_join_report report;
    struct fb_case_run run = {FB_VERSION, "{}", "{}"};
    struct parts *p = calloc(1, sizeof *p);
    if (!p)
        return fb_err_nomem(err, "the parts of a merged case");
    enum fb_status st = build_parts(r, n, list, depth, p, err);
    if (st == FB_OK)
        st = fb_case_merge(p->c, p->name, p->n, NULL, &run, NULL, out, &report, err);
    for (size_t i = 0; i < p->n; i++)
        fb_case_close(p->c[i]);
    free(p);
    return st;
}

static enum fb_status build(struct fb_rerun *r, const struct node *n, unsigned depth, struct fb_case **out,
                            struct fb_err *err)
{
    struct fb_case_run run;
    if (depth > FB_JOIN_PARAMS_DEPTH)
        return fb_err_set(err, FB_ERR_LIMIT, "the case was merged from merged cases more than %d levels deep",
                          FB_JOIN_PARAMS_DEPTH);
    enum fb_status st = fb_case_run_at(r->recorded, n->run, &run, err);
    if (st == FB_EOF)
        return bad_merge(err);
    FB_TRY(st);
    cJSON *params = cJSON_Parse(run.params_json);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(params, "merge");
    if (cJSON_IsArray(list))
        st = build_merge(r, n, list, depth, out, err);
    else
        st = build_leaf(r, n, params, out, err);
    cJSON_Delete(params);
    return st;
}

enum fb_status fb_rerun_build(struct fb_rerun *r, struct fb_err *err)
{
    struct node whole = {.ev = calloc(r->nev ? r->nev : 1, sizeof *whole.ev), .nev = r->nev};
    if (!whole.ev)
        return fb_err_nomem(err, "the list of evidence");
    for (size_t i = 0; i < r->nev; i++)
        whole.ev[i] = (uint32_t)i;
    enum fb_status st = build(r, &whole, 0, &r->rebuilt, err);
    free(whole.ev);
    return st;
}
