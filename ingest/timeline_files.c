#include "ingest/timeline_int.h"

#include "ingest/pathtext.h"

#include <errno.h>
#include <fts.h>
#include <sys/stat.h>

#define DIR_DEPTH_MAX 32

static int digit_run_cmp(const char **a, const char **b)
{
    const char *p = *a, *q = *b;
    while (*p == '0')
        p++;
    while (*q == '0')
        q++;
    size_t n = strspn(p, "0123456789"), m = strspn(q, "0123456789");
    *a = p + n;
    *b = q + m;
    return n != m ? (n < m ? -1 : 1) : memcmp(p, q, n);
}

int fb_natural_cmp(const char *a, const char *b)
{
    const char *x = a, *y = b;
    while (*x && *y) {
        if (*x >= '0' && *x <= '9' && *y >= '0' && *y <= '9') {
            int c = digit_run_cmp(&x, &y);
            if (c)
                return c;
        } else if (*x != *y) {
            break;
        } else {
            x++;
            y++;
        }
    }
    if (*x != *y)
        return (unsigned char)*x < (unsigned char)*y ? -1 : 1;
    return strcmp(a, b); /* 01 and 1 */
}

/* Names as capture programs write them: .pcap, .pcapng, .cap, .dmp, .ntar, also with a number or a
 * compression behind. */
static bool looks_like_capture(const char *name)
{
    static const char *const exts[] = {".pcap", ".cap", ".pcapng", ".ntar", ".dmp"};
    for (size_t i = 0; i < sizeof exts / sizeof *exts; i++) {
        const char *p = strcasestr(name, exts[i]);
        if (!p)
            continue;
        p += strlen(exts[i]);
        if (*p == '\0' || *p == '.' || *p == '-' || *p == '_' || (*p >= '0' && *p <= '9') ||
            strncasecmp(p, "ng", 2) == 0)
            return true;
    }
    return false;
}

static bool grow(void **p, size_t n, size_t *cap, size_t elem)
{
    if (n < *cap)
        return true;
    size_t want = *cap ? *cap * 2 : 16;
    void *q = realloc(*p, want * elem);
    if (!q)
        return false;
    *p = q;
    *cap = want;
    return true;
}

static enum fb_status add(struct fb_sources *s, const char *path, const struct stat *st, bool from_dir,
                          struct fb_err *err)
{
    if (s->n >= FB_TIMELINE_FILES_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "more than %zu files", FB_TIMELINE_FILES_MAX);
    void *p = s->v;
    if (!grow(&p, s->n, &s->cap, sizeof *s->v))
        return fb_err_nomem(err, "the list of files");
    s->v = p;
    struct fb_source f = {.path = strdup(path), .from_dir = from_dir, .dev = st->st_dev, .ino = st->st_ino};
    if (!f.path)
        return fb_err_nomem(err, "the list of files");
    f.stream = !S_ISREG(st->st_mode) || strcmp(path, "-") == 0;
    f.size_bytes = f.stream || st->st_size < 0 ? 0 : (uint64_t)st->st_size;
    f.order = s->n;
    s->v[s->n++] = f;
    return FB_OK;
}

static int fts_natural(const FTSENT **a, const FTSENT **b)
{
    return fb_natural_cmp((*a)->fts_name, (*b)->fts_name);
}

/* A file of a directory. Links to files are followed, links to directories are not, so that there are no
 * loops. */
static enum fb_status dir_entry(struct fb_sources *s, const FTSENT *e, struct fb_err *err)
{
    char name[FB_PATHTEXT_MAX];
    fb_pathtext(e->fts_path, name);
    struct stat st;
    switch (e->fts_info) {
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return fb_err_set(err, FB_ERR_IO, "%s: %s", name, strerror(e->fts_errno));
    case FTS_F:
    case FTS_SL:
        if (!looks_like_capture(e->fts_name) || stat(e->fts_path, &st) != 0 || !S_ISREG(st.st_mode))
            return FB_OK;
        return add(s, e->fts_path, &st, true, err);
    default:
        return FB_OK;
    }
}

static enum fb_status walk(struct fb_sources *s, const char *dir, struct fb_err *err)
{
    char *copy = strdup(dir);
    if (!copy)
        return fb_err_nomem(err, "a path");
    char *roots[2] = {copy, NULL};
    FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, fts_natural);
    enum fb_status st =
        fts ? FB_OK : fb_err_set(err, FB_ERR_IO, "a directory cannot be searched: %s", strerror(errno));
    for (FTSENT *e; st == FB_OK && (e = fts_read(fts)) != NULL;) {
        if (e->fts_info == FTS_D && e->fts_level > DIR_DEPTH_MAX)
            fts_set(fts, e, FTS_SKIP);
        st = dir_entry(s, e, err);
    }
    if (fts)
        fts_close(fts);
    free(copy);
    return st;
}

static int by_inode(const void *a, const void *b)
{
    const struct fb_source *x = a, *y = b;
    if (x->dev != y->dev)
        return x->dev < y->dev ? -1 : 1;
    if (x->ino != y->ino)
        return x->ino < y->ino ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int by_order(const void *a, const void *b)
{
    const struct fb_source *x = a, *y = b;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* The same file named twice is one piece of evidence: only its first mention stays. A file that was named
 * counts as named. */
static void drop_twins(struct fb_sources *s)
{
    qsort(s->v, s->n, sizeof *s->v, by_inode);
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (n && s->v[n - 1].dev == s->v[i].dev && s->v[n - 1].ino == s->v[i].ino) {
            s->v[n - 1].from_dir = s->v[n - 1].from_dir && s->v[i].from_dir;
            free(s->v[i].path);
        } else {
            s->v[n++] = s->v[i];
        }
    }
    s->n = n;
    qsort(s->v, s->n, sizeof *s->v, by_order);
}

enum fb_status fb_sources_collect(struct fb_sources *s, const char *const *paths, size_t npaths,
                                  struct fb_err *err)
{
    for (size_t i = 0; i < npaths; i++) {
        char name[FB_PATHTEXT_MAX];
        fb_pathtext(paths[i], name);
        struct stat st;
        bool std = strcmp(paths[i], "-") == 0;
        if ((std ? fstat(0, &st) : stat(paths[i], &st)) != 0)
            return fb_err_set(err, errno == ENOENT ? FB_ERR_INPUT : FB_ERR_IO, "%s: %s", name,
                              strerror(errno));
        if (!std && S_ISDIR(st.st_mode))
            FB_TRY(walk(s, paths[i], err));
        else
            FB_TRY(add(s, paths[i], &st, false, err));
    }
    if (s->n > 1)
        drop_twins(s);
    if (s->n == 0)
        return fb_err_set(err, FB_ERR_INPUT,
                          "no captures were found, expected files or directories that hold some");
    return FB_OK;
}

enum fb_status fb_sources_skip(struct fb_sources *s, size_t i, struct fb_err *err)
{
    void *p = s->skipped;
    if (!grow(&p, s->nskipped, &s->skipped_cap, sizeof *s->skipped))
        return fb_err_nomem(err, "the list of files");
    s->skipped = p;
    s->skipped[s->nskipped++] = s->v[i].path;
    memmove(&s->v[i], &s->v[i + 1], (s->n - i - 1) * sizeof *s->v);
    s->n--;
    return FB_OK;
}

void fb_sources_release(struct fb_sources *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->v[i].path);
        fb_reader_close(s->v[i].reader);
        fb_evidence_release(&s->v[i].ev);
    }
    free(s->v);
    for (size_t i = 0; i < s->nskipped; i++)
        free(s->skipped[i]);
    free(s->skipped);
    memset(s, 0, sizeof *s);
}
