#include "cli/ingest_lists.h"

#include "cli/message.h"
#include "store/custody.h"

#include <cjson/cJSON.h>

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

/* ---- going on ---- */

void fb_ingest_lists_put(struct fb_buf *out, const struct fb_ingest_lists *l)
{
    if (!l || !l->any) {
        fb_buf_puts(out, "null");
        return;
    }
    fb_buf_putc(out, '{');
    fb_lists_ready_put(out, &l->ready, &l->policy);
    fb_buf_putc(out, '}');
}

/* The first ingest of the case: its lists as an object, or NULL. */
static enum fb_status on_record(void *ctx, const struct fb_custody_record *rec)
{
    cJSON **lists = ctx;
    if (strcmp(rec->e.what, "ingest-start") != 0)
        return FB_OK;
    cJSON *root = cJSON_Parse(rec->e.params_json);
    *lists =
        cJSON_DetachItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, "options"), "lists");
    cJSON_Delete(root);
    return FB_EOF;
}

/* Takes out where the files lay, and puts it into `names`. */
static void forget_paths(cJSON *lists, struct fb_buf *names)
{
    cJSON *l;
    cJSON_ArrayForEach(l, cJSON_GetObjectItemCaseSensitive(lists, "lists"))
    {
        const cJSON *file = cJSON_GetObjectItemCaseSensitive(l, "file");
        if (names && cJSON_IsString(file))
            fb_buf_printf(names, "%s%s", names->len ? ", " : "", file->valuestring);
        cJSON_DeleteItemFromObjectCaseSensitive(l, "file");
    }
}

static bool are_same(cJSON *recorded, const struct fb_ingest_lists *l)
{
    struct fb_buf text;
    fb_buf_init(&text, (size_t)32 << 20);
    fb_ingest_lists_put(&text, l);
    cJSON *given = text.failed ? NULL : cJSON_Parse(fb_buf_cstr(&text));
    forget_paths(given, NULL);
    bool same = given && cJSON_Compare(recorded, given, true);
    cJSON_Delete(given);
    fb_buf_release(&text);
    return same;
}

enum fb_status fb_ingest_lists_recorded(struct fb_case *c, const struct fb_ingest_lists *l,
                                        struct fb_err *err)
{
    cJSON *recorded = NULL;
    struct fb_buf names;
    enum fb_status st = fb_custody_each(c, on_record, &recorded, err);
    if (st == FB_EOF)
        st = FB_OK;
    fb_buf_init(&names, 4096);
    if (st == FB_OK && cJSON_IsObject(recorded)) {
        forget_paths(recorded, &names);
        if (!l || !l->any)
            st = fb_err_set(err, FB_ERR_USAGE,
                            "this case was begun with lists (%s); give them and their options again",
                            fb_buf_cstr(&names));
        else if (!are_same(recorded, l))
            st = fb_err_set(err, FB_ERR_USAGE,
                            "this case was begun with other lists (%s), or with other options of lists, than "
                            "those given now",
                            fb_buf_cstr(&names));
    }
    fb_buf_release(&names);
    cJSON_Delete(recorded);
    return st;
}
