#include "cli/pick.h"

#include <errno.h>
#include <unistd.h>

static bool parse_number(const char **p, uint64_t *out)
{
    if (**p < '0' || **p > '9')
        return false;
    char *end;
    errno = 0;
    *out = strtoull(*p, &end, 10);
    *p = end;
    return errno == 0;
}

static bool parse_range(const char *word, uint64_t *first, uint64_t *last)
{
    const char *p = word;
    if (!parse_number(&p, first))
        return false;
    *last = *first;
    if (*p == '-') {
        p++;
        if (!parse_number(&p, last))
            return false;
    }
    return *p == '\0';
}

static bool is_uid(const char *word)
{
    size_t n = strlen(word);
    static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return word[0] == 'C' && n >= 10 && n < FB_UID_STRLEN && strspn(word, base62) == n;
}

bool fb_pick_is(const char *word)
{
    uint64_t first, last;
    return (parse_range(word, &first, &last) || is_uid(word)) && access(word, F_OK) != 0;
}

int fb_pick_split(char **args, int nargs)
{
    int n = nargs;
    while (n > 1 && fb_pick_is(args[n - 1]))
        n--;
    return n;
}

struct search {
    const char *uid;
    uint64_t number;
};

static enum fb_status match_uid(void *ctx, const struct fb_session *s)
{
    struct search *f = ctx;
    char uid[FB_UID_STRLEN];
    fb_session_uid(s, uid);
    if (strcmp(uid, f->uid) != 0)
        return FB_OK;
    f->number = s->number;
    return FB_EOF;
}

static enum fb_status add(struct fb_pick *p, uint64_t first, uint64_t last, struct fb_err *err)
{
    if (last - first >= SIZE_MAX / 16 - p->n)
        return fb_err_nomem(err, "the chosen sessions");
    size_t more = (size_t)(last - first + 1);
    uint64_t *number = realloc(p->number, (p->n + more) * sizeof *number);
    if (!number)
        return fb_err_nomem(err, "the chosen sessions");
    p->number = number;
    for (uint64_t i = first; i <= last; i++)
        p->number[p->n++] = i;
    return FB_OK;
}

static enum fb_status resolve_one(struct fb_case *c, const char *word, uint64_t sessions, struct fb_pick *out,
                                  struct fb_err *err)
{
    uint64_t first, last;
    if (parse_range(word, &first, &last)) {
        if (sessions == 0)
            return fb_err_set(err, FB_ERR_NOTFOUND, "there is no session %s: there are no sessions at all",
                              word);
        if (first < 1 || first > last || last > sessions)
            return fb_err_set(err, FB_ERR_NOTFOUND, "there is no session %s: the case has sessions 1 to %llu",
                              word, (unsigned long long)sessions);
        return add(out, first, last, err);
    }
    struct search f = {.uid = word};
    enum fb_status st = fb_case_each_session(c, match_uid, &f, err);
    if (st != FB_OK && st != FB_EOF)
        return st;
    if (f.number == 0)
        return fb_err_set(err, FB_ERR_NOTFOUND, "there is no session with uid %s in the case", word);
    return add(out, f.number, f.number, err);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

enum fb_status fb_pick_resolve(struct fb_case *c, char **words, int n, struct fb_pick *out,
                               struct fb_err *err)
{
    *out = (struct fb_pick){0};
    struct fb_case_info info;
    FB_TRY(fb_case_info(c, &info, err));
    for (int i = 0; i < n; i++) {
        enum fb_status st = resolve_one(c, words[i], info.sessions, out, err);
        if (st != FB_OK) {
            fb_pick_release(out);
            return st;
        }
    }
    if (out->n == 0)
        return FB_OK;
    qsort(out->number, out->n, sizeof *out->number, by_value);
    size_t kept = 1;
    for (size_t i = 1; i < out->n; i++)
        if (out->number[i] != out->number[kept - 1])
            out->number[kept++] = out->number[i];
    out->n = kept;
    return FB_OK;
}

void fb_pick_release(struct fb_pick *p)
{
    free(p->number);
    *p = (struct fb_pick){0};
}
