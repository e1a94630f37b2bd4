#include "cli/lists_before.h"

#include "cli/lists_load.h"
#include "store/custody.h"

#include <cjson/cJSON.h>

struct reader {
    struct fb_lists_before *out;
    struct fb_err *err;
};

void fb_lists_before_release(struct fb_lists_before *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->path[i]);
    free(b->path);
    free(b->sha256);
    *b = (struct fb_lists_before){.n = 0};
}

static bool take(struct fb_lists_before *b, const char *path, const char *sha256)
{
    b->path[b->n] = strdup(path);
    if (!b->path[b->n])
        return false;
    snprintf(b->sha256[b->n], sizeof b->sha256[0], "%s", sha256);
    b->n++;
    return true;
}

/* The newest record counts, so each begins anew. */
static enum fb_status take_lists(struct fb_lists_before *b, const cJSON *lists, struct fb_err *err)
{
    const cJSON *l;
    fb_lists_before_release(b);
    size_t n = (size_t)cJSON_GetArraySize(lists) + 1;
    b->path = calloc(n, sizeof *b->path);
    b->sha256 = calloc(n, sizeof *b->sha256);
    bool good = b->path && b->sha256;
    cJSON_ArrayForEach(l, lists)
    {
        const cJSON *file = cJSON_GetObjectItemCaseSensitive(l, "file"),
                    *sha = cJSON_GetObjectItemCaseSensitive(l, "sha256");
        if (!cJSON_IsString(file) || !cJSON_IsString(sha))
            continue;
        if (strcmp(file->valuestring, FB_LISTS_BUILTIN_NAME) == 0)
            b->builtin = true;
        else
            good = good && take(b, file->valuestring, sha->valuestring);
    }
    return good ? FB_OK : fb_err_nomem(err, "the lists of the layer before");
}

static enum fb_status on_record(void *ctx, const struct fb_custody_record *rec)
{
    struct reader *r = ctx;
    if (strcmp(rec->e.what, "lists-apply") != 0)
        return FB_OK;
    cJSON *root = cJSON_Parse(rec->e.params_json);
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(root, "options");
    enum fb_status st = take_lists(r->out, cJSON_GetObjectItemCaseSensitive(options, "lists"), r->err);
    cJSON_Delete(root);
    return st;
}

enum fb_status fb_lists_before_read(struct fb_case *c, struct fb_lists_before *out, struct fb_err *err)
{
    struct reader r = {out, err};
    *out = (struct fb_lists_before){.n = 0};
    enum fb_status st = fb_custody_each(c, on_record, &r, err);
    if (st != FB_OK)
        fb_lists_before_release(out);
    return st;
}

void fb_lists_before_except(struct fb_lists_before *b, char *const *given, int n)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->n; i++) {
        bool again = false;
        for (int k = 0; k < n; k++)
            again |= strcmp(b->path[i], given[k]) == 0;
        if (again) {
            free(b->path[i]);
            continue;
        }
        b->path[kept] = b->path[i];
        memmove(b->sha256[kept++], b->sha256[i], sizeof b->sha256[0]);
    }
    b->n = kept;
}

enum fb_status fb_lists_before_check(const struct fb_lists_before *b, const struct fb_list_set *s,
                                     struct fb_err *err)
{
    struct fb_list_file *const *f;
    char hex[FB_DIGEST_HEXLEN];
    FB_BUG(fb_list_set_files(s, &f) < b->n);
    for (size_t i = 0; i < b->n; i++) {
        fb_hex(f[i]->sha256, sizeof f[i]->sha256, hex);
        if (strcmp(hex, b->sha256[i]) != 0)
            return fb_err_set(
                err, FB_ERR_VERIFY,
                "%s: not what it was when it was applied; to apply it as it is now, name it too", b->path[i]);
    }
    return FB_OK;
}
