#include "cli/ingest_lists.h"

#include "cli/message.h"

/* Options that say how to judge mean nothing without something to judge by. */
static bool says_how(const struct fb_lists_policy *p)
{
    return p->scope || p->set.match_local || p->set.trust_ptr || p->strict || p->require_signature ||
           p->allow_rollback || p->keys_dir || p->trust_file || p->intel || p->keys.n || p->names.n ||
           p->local.n;
}

int fb_ingest_lists_open(struct fb_ingest_lists *l, const char *verb, bool quiet)
{
    struct fb_err err = {0};
    size_t n = l->white.n + l->black.n;
    l->any = n > 0 || l->policy.builtin;
    if (!l->any && says_how(&l->policy))
        return fb_cli_usage(verb, "options of lists have no meaning without --whitelist, --blacklist or "
                                  "--builtin");
    if (!l->any)
        return -1;
    char **path = calloc(n + 1, sizeof *path);
    if (!path) {
        fb_err_nomem(&err, "lists");
        return fb_cli_fail(&err);
    }
    for (size_t i = 0; i < n; i++)
        path[i] = (char *)(i < l->white.n ? l->white.item[i] : l->black.item[i - l->white.n]);
    l->policy.by_kind = true;
    l->policy.nwhite = (int)l->white.n;
    l->policy.quiet = quiet;
    enum fb_status st = fb_lists_ready_open(path, (int)n, &l->policy, &l->ready, &err);
    free(path);
    return st == FB_OK ? -1 : fb_cli_fail(&err);
}

void fb_ingest_lists_release(struct fb_ingest_lists *l)
{
    fb_lists_ready_release(&l->ready);
    fb_lists_policy_release(&l->policy);
    fb_opt_list_release(&l->white);
    fb_opt_list_release(&l->black);
}

enum fb_status fb_ingest_lists_apply(const struct fb_ingest_lists *l, struct fb_case *c, struct fb_err *err)
{
    struct fb_edit *e = NULL;
    int64_t run_id;
    if (!l || !l->any)
        return FB_OK;
    struct fb_lists_layer layer = {.with = &l->ready, .keep = true};
    enum fb_status st = fb_lists_layer_judge(&layer, c, err);
    if (st == FB_OK)
        st = fb_edit_open_for(c, &e, err);
    if (st == FB_OK)
        st = fb_lists_layer_write(&layer, &l->policy, e, NULL, &run_id, err);
    fb_lists_layer_release(&layer);
    return st;
}
