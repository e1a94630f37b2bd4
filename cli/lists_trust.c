/* The trust file: lines "KEY ID, newest date accepted in nanoseconds, name of the list", after a first line
 * that says what it is. */
#include "base/timefmt.h"
#include "cli/lists_load.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD     "fbforensics list trust 1\n"
#define TEXT_MAX ((size_t)16 << 20)

static bool trust_path(const struct fb_lists_policy *p, char path[static 4096])
{
    const char *home = getenv("HOME");
    int n = p->trust_file ? snprintf(path, 4096, "%s", p->trust_file)
            : home        ? snprintf(path, 4096, "%s/.local/state/fbforensics/list-trust", home)
                          : -1;
    return n > 0 && n < 4096;
}

/* The whole file; empty when there is none yet. */
static enum fb_status load(const char *path, struct fb_buf *text, struct fb_err *err)
{
    uint8_t *bytes;
    size_t n;
    fb_buf_init(text, TEXT_MAX);
    if (access(path, F_OK) != 0)
        return FB_OK;
    FB_TRY(fb_lists_read_bytes(path, &bytes, &n, err));
    bool good = n >= sizeof HEAD - 1 && memcmp(bytes, HEAD, sizeof HEAD - 1) == 0 && bytes[n - 1] == '\n' &&
                !memchr(bytes, 0, n);
    if (good)
        fb_buf_put(text, bytes + sizeof HEAD - 1, n - (sizeof HEAD - 1));
    free(bytes);
    return good && !text->failed
               ? FB_OK
               : fb_err_set(err, FB_ERR_INPUT, "%s: this is no file of trusted list dates", path);
}

/* The line of a key and a name; NULL. */
static char *find(char *text, const char *id, const char *name, int64_t *time_ns)
{
    size_t nid = strlen(id), nname = strlen(name);
    for (char *line = text; line && *line; line = strchr(line, '\n') + 1) {
        char *end;
        if (strncmp(line, id, nid) != 0 || line[nid] != ' ')
            continue;
        long long v = strtoll(line + nid + 1, &end, 10);
        if (*end == ' ' && strncmp(end + 1, name, nname) == 0 && end[1 + nname] == '\n') {
            *time_ns = v;
            return line;
        }
    }
    return NULL;
}

static size_t nlists(const struct fb_list_file *l)
{
    return l->nwhite + l->nblack;
}

static const char *list_name(const struct fb_list_file *l, size_t i)
{
    return i < l->nwhite ? l->white[i].name : l->black[i - l->nwhite].name;
}

static bool is_dated(const struct fb_lists_file *f)
{
    return f->state == FB_LIST_SIG_GOOD && f->has_time;
}

static enum fb_status fail_older(const struct fb_lists_file *f, const char *name, int64_t newest,
                                 struct fb_err *err)
{
    char known[FB_TIME_STRLEN], own[FB_TIME_STRLEN];
    fb_time_format(newest, known);
    if (!f->has_time)
        return fb_err_set(err, FB_ERR_VERIFY,
                          "%s: \"%s\" has no date, and one of %.10s was accepted before (--allow-rollback)",
                          f->list->name, name, known);
    fb_time_format(f->time_ns, own);
    return fb_err_set(
        err, FB_ERR_VERIFY,
        "%s: \"%s\" is of %.10s, older than the one of %.10s that was accepted before (--allow-rollback)",
        f->list->name, name, own, known);
}

enum fb_status fb_lists_trust_check(const struct fb_lists_policy *p, const struct fb_lists_file *f,
                                    struct fb_err *err)
{
    char path[4096];
    struct fb_buf text;
    int64_t newest;
    if (f->state != FB_LIST_SIG_GOOD || p->allow_rollback || !trust_path(p, path))
        return FB_OK;
    enum fb_status st = load(path, &text, err);
    for (size_t i = 0; st == FB_OK && i < nlists(f->list); i++) {
        fb_buf_cstr(&text);
        const char *name = list_name(f->list, i);
        if (text.len && find((char *)text.data, f->key.id, name, &newest) &&
            (!f->has_time || f->time_ns < newest))
            st = fail_older(f, name, newest, err);
    }
    fb_buf_release(&text);
    return st;
}

static void put_line(struct fb_buf *text, const struct fb_lists_file *f, const char *name)
{
    int64_t old;
    fb_buf_cstr(text);
    char *line = text->len ? find((char *)text->data, f->key.id, name, &old) : NULL;
    if (line && old >= f->time_ns)
        return;
    if (line) {
        char *next = strchr(line, '\n') + 1, *end = (char *)text->data + text->len;
        memmove(line, next, (size_t)(end - next));
        text->len -= (size_t)(next - line);
    }
    fb_buf_printf(text, "%s %lld %s\n", f->key.id, (long long)f->time_ns, name);
}

static bool make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool good = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!good)
            return false;
    }
    return true;
}

static enum fb_status store(char *path, const struct fb_buf *text, struct fb_err *err)
{
    char fresh[4200];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    int fd =
        make_folders(path) ? open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
    bool good = fd >= 0 && write(fd, HEAD, sizeof HEAD - 1) == (ssize_t)sizeof HEAD - 1 &&
                write(fd, text->data, text->len) == (ssize_t)text->len && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        good = close(fd) == 0 && good;
    if (good && rename(fresh, path) == 0)
        return FB_OK;
    return fb_err_set(err, FB_ERR_IO, "%s: %s", path, strerror(good ? errno : why));
}

enum fb_status fb_lists_trust_remember(const struct fb_lists_policy *p, const struct fb_lists_file *f, int n,
                                       struct fb_err *err)
{
    char path[4096];
    struct fb_buf text;
    bool any = false;
    for (int i = 0; i < n; i++)
        any |= is_dated(&f[i]);
    if (!any || !trust_path(p, path))
        return FB_OK;
    enum fb_status st = load(path, &text, err);
    for (int i = 0; i < n && st == FB_OK; i++)
        for (size_t k = 0; is_dated(&f[i]) && k < nlists(f[i].list); k++)
            put_line(&text, &f[i], list_name(f[i].list, k));
    if (st == FB_OK)
        st = text.failed ? fb_err_nomem(err, "dates of lists") : store(path, &text, err);
    fb_buf_release(&text);
    return st;
}
