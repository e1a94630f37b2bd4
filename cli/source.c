#include "cli/source.h"

#include "cli/message.h"

#include <sys/stat.h>
#include <unistd.h>

/* A case by its content, or by its name: what is called .fbcase and is none deserves the message of the
 * store. */
static bool is_case(const char *path)
{
    struct stat st;
    size_t n = strlen(path);
    /* Also when it is a pipe, or a link that leads nowhere: those are nothing to wait for. */
    if (n > 7 && strcmp(path + n - 7, ".fbcase") == 0 && lstat(path, &st) == 0 && !S_ISDIR(st.st_mode))
        return true;
    if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    return fb_case_probe(path) || fb_encrypted_probe(path);
}

static int open_case(struct fb_source *s, const char *path, const struct fb_unlock *unlock)
{
    struct fb_err err = {0};
    struct fb_case_info info;
    enum fb_status st = fb_encrypted_probe(path) ? fb_unlock_open(path, unlock, &s->c, &err)
                                                 : fb_case_open(path, &s->c, &err);
    if (st == FB_OK)
        st = fb_case_info(s->c, &info, &err);
    if (st != FB_OK) {
        fb_case_close(s->c);
        s->c = NULL;
        return fb_cli_fail(&err);
    }
    s->is_case = true;
    s->damaged = info.damage_total > 0;
    if (!info.complete) {
        fb_cli_say("%s: warning: the case is incomplete: its ingest was interrupted", path);
        s->damaged = true;
    }
    return -1;
}

/* The first path at which nothing is, perhaps a word that was meant for something else; NULL: none. */
static const char *missing(char **paths, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(paths[i], "-") != 0 && access(paths[i], F_OK) != 0)
            return paths[i];
    return NULL;
}

int fb_source_open(struct fb_source *s, const char *verb, char **paths, int npaths,
                   const struct fb_ingest_opts *o)
{
    *s = (struct fb_source){0};
    if (npaths == 0)
        return fb_cli_usage(verb, "a case or a capture is needed");
    for (int i = 0; i < npaths; i++) {
        if (!is_case(paths[i]))
            continue;
        const char *gone = npaths > 1 ? missing(paths, npaths) : NULL;
        if (gone)
            return fb_cli_usage(verb, "%s: there is no such file", gone);
        if (npaths > 1)
            return fb_cli_usage(verb, "%s is a case, which stands alone: give one case, or captures",
                                paths[i]);
        if (fb_ingest_opts_decide(o))
            return fb_cli_usage(
                verb, "%s is a case: options that decide how a capture is read have no meaning", paths[i]);
        if (o->lists && o->lists->any)
            return fb_cli_usage(verb, "%s is a case: use lists apply, which keeps the verdicts", paths[i]);
        return open_case(s, paths[i], &o->unlock);
    }
    struct fb_err err = {0};
    enum fb_status st =
        fb_ingest_run((const char *const *)paths, (size_t)npaths, o, NULL, false, &s->c, &err);
    s->damaged = st == FB_ERR_DAMAGED;
    if (st != FB_OK && st != FB_ERR_DAMAGED)
        return fb_cli_fail(&err);
    return -1;
}

int fb_source_close(struct fb_source *s, int code)
{
    fb_case_close(s->c);
    s->c = NULL;
    return code == FB_EXIT_OK && s->damaged ? FB_EXIT_DAMAGED : code;
}

int fb_source_print_rows(struct fb_source *src, const struct fb_rows_opts *ro, const char *path)
{
    struct fb_err err = {0};
    struct fb_out out;
    enum fb_status st = fb_out_open(&out, path, &err);
    if (st != FB_OK)
        return fb_source_close(src, fb_cli_fail(&err));
    st = fb_rows_print(src->c, ro, &out, &err);
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
    return fb_source_close(src, st != FB_OK || closed != FB_OK ? fb_cli_fail(&err) : FB_EXIT_OK);
}
