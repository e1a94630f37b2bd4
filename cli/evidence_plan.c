#include "cli/evidence_plan.h"

#include "base/escape.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLE_BYTES ((size_t)65536)
#define PATH_BYTES   65536

/* ---- what a file is known by ---- */

static bool read_at(int fd, uint8_t *p, size_t n, uint64_t off)
{
    while (n > 0) {
        ssize_t got = pread(fd, p, n, (off_t)off);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
        off += (uint64_t)got;
    }
    return true;
}

/* False when it is no regular file or cannot be read. */
static bool sample_of(const char *path, uint64_t *size, char hex[static FB_DIGEST_HEXLEN])
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    uint8_t *buf = fd >= 0 ? malloc(SAMPLE_BYTES) : NULL;
    bool ok = buf && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0;
    struct fb_digest_state d;
    fb_digest_init(&d, "fb sample");
    if (ok) {
        *size = (uint64_t)st.st_size;
        size_t n = *size < SAMPLE_BYTES ? (size_t)*size : SAMPLE_BYTES;
        ok = read_at(fd, buf, n, 0);
        fb_digest_update(&d, buf, n);
        ok = ok && read_at(fd, buf, n, *size - n);
        fb_digest_update(&d, buf, n);
    }
    struct fb_digest out;
    fb_digest_final(&d, &out);
    fb_hex(out.b, sizeof out.b, hex);
    free(buf);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* ---- as JSON ---- */

void fb_plan_put(struct fb_buf *out, const struct fb_timeline *t)
{
    fb_buf_putc(out, '[');
    for (size_t i = 0; i < fb_timeline_nevidence(t); i++) {
        bool stream;
        uint64_t size = 0;
        char hex[FB_DIGEST_HEXLEN];
        const char *path = fb_timeline_source(t, i, &stream);
        char *real = stream ? NULL : realpath(path, NULL);
        fb_buf_puts(out, i ? ",{\"path\":" : "{\"path\":");
        fb_escape_json(out, path, strlen(path));
        if (real && sample_of(path, &size, hex)) {
            fb_buf_puts(out, ",\"real\":");
            fb_escape_json(out, real, strlen(real));
            fb_buf_puts(out, ",\"size\":");
            fb_buf_put_u64dec(out, size);
            fb_buf_printf(out, ",\"sample\":\"%s\"", hex);
        }
        fb_buf_putc(out, '}');
        free(real);
    }
    fb_buf_putc(out, ']');
}

static const char *text_of(const cJSON *o, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsString(v) ? v->valuestring : NULL;
}

static bool read_file(const cJSON *o, struct fb_plan_file *f)
{
    const char *path = text_of(o, "path"), *real = text_of(o, "real"), *sample = text_of(o, "sample");
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(o, "size");
    if (!path || !(f->path = strdup(path)))
        return false;
    f->stream = !real;
    if (f->stream)
        return true;
    if (!sample || strlen(sample) != FB_DIGEST_HEXLEN - 1 || !cJSON_IsNumber(size) ||
        !(size->valuedouble >= 0 && size->valuedouble < 9e15))
        return false;
    memcpy(f->sample, sample, sizeof f->sample);
    f->size_bytes = (uint64_t)size->valuedouble;
    return (f->real = strdup(real)) != NULL;
}

enum fb_status fb_plan_read(const char *json, struct fb_plan *out, struct fb_err *err)
{
    *out = (struct fb_plan){0};
    cJSON *root = cJSON_Parse(json);
    int n = cJSON_IsArray(root) ? cJSON_GetArraySize(root) : 0;
    bool ok = n > 0 && (out->file = calloc((size_t)n, sizeof *out->file)) != NULL;
    const cJSON *item, *list = ok ? root : NULL;
    cJSON_ArrayForEach(item, list)
    {
        ok = read_file(item, &out->file[out->n++]);
        if (!ok)
            break;
    }
    cJSON_Delete(root);
    if (ok)
        return FB_OK;
    fb_plan_release(out);
    return fb_err_set(
        err, FB_ERR_VERIFY,
        "the case does not say which evidence its run set out to read; ingest it into a new case");
}

void fb_plan_release(struct fb_plan *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->file[i].path);
        free(p->file[i].real);
    }
    free(p->file);
    *p = (struct fb_plan){0};
}

/* ---- finding the files ---- */

struct search {
    const struct fb_plan *plan;
    char **paths;   /* of each file of the plan, NULL: not found yet */
    bool *is_plans; /* given name i is a file of the plan, or a directory */
    bool nomem;
};

/* Offers one file to the search: true when it is the missing file `i`, or any (SIZE_MAX). */
static bool offer(struct search *s, size_t i, const char *path)
{
    uint64_t size;
    char hex[FB_DIGEST_HEXLEN];
    if (!sample_of(path, &size, hex))
        return false;
    size_t from = i == SIZE_MAX ? 0 : i, to = i == SIZE_MAX ? s->plan->n : i + 1;
    bool fits = false;
    for (size_t k = from; k < to; k++) {
        const struct fb_plan_file *f = &s->plan->file[k];
        if (f->stream || f->size_bytes != size || memcmp(f->sample, hex, sizeof hex) != 0)
            continue;
        fits = true;
        /* Equal files are each looked for: another name serves for the next one. */
        if (s->paths[k])
            continue;
        s->paths[k] = strdup(path);
        s->nomem = s->nomem || !s->paths[k];
        break;
    }
    return fits;
}

static void offer_directory(struct search *s, const char *dir)
{
    char *roots[2] = {strdup(dir), NULL};
    FTS *walk = roots[0] ? fts_open(roots, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
    s->nomem = s->nomem || !walk;
    for (FTSENT *e; walk && (e = fts_read(walk)) != NULL;)
        if (e->fts_info == FTS_F || e->fts_info == FTS_SL)
            offer(s, SIZE_MAX, e->fts_path);
    if (walk)
        fts_close(walk);
    free(roots[0]);
}

static void offer_beside(struct search *s, size_t i, const char *case_path)
{
    const char *slash = strrchr(case_path, '/'), *name = strrchr(s->plan->file[i].real, '/');
    struct fb_buf b;
    fb_buf_init(&b, PATH_BYTES);
    if (slash)
        fb_buf_put(&b, case_path, (size_t)(slash + 1 - case_path));
    fb_buf_puts(&b, name ? name + 1 : s->plan->file[i].real);
    offer(s, i, fb_buf_cstr(&b));
    fb_buf_release(&b);
}

static enum fb_status explain(const struct fb_plan_file *f, struct fb_err *err)
{
    struct fb_buf name;
    struct stat st;
    fb_buf_init(&name, PATH_BYTES);
    fb_escape_term(&name, f->path, strlen(f->path));
    enum fb_status got =
        f->stream
            ? fb_err_set(err, FB_ERR_NOTFOUND,
                         "%s was read once and cannot be opened again; name a file with the same bytes: "
                         "fbforensics ingest --resume FILE -o CASE",
                         fb_buf_cstr(&name))
        : stat(f->path, &st) == 0
            ? fb_err_set(
                  err, FB_ERR_VERIFY,
                  "%s: changed since its ingest was interrupted; name the original, or ingest what it is now "
                  "into a new case",
                  fb_buf_cstr(&name))
            : fb_err_set(
                  err, FB_ERR_NOTFOUND,
                  "%s: this evidence is not there any more; say where it is: fbforensics ingest --resume "
                  "FILE|DIR... -o CASE",
                  fb_buf_cstr(&name));
    fb_buf_release(&name);
    return got;
}

static enum fb_status search(struct search *s, const char *case_path, const char *const *given, size_t ngiven,
                             struct fb_err *err)
{
    const struct fb_plan *p = s->plan;
    for (size_t i = 0; i < ngiven; i++) {
        struct stat st;
        bool dir = strcmp(given[i], "-") != 0 && stat(given[i], &st) == 0 && S_ISDIR(st.st_mode);
        if (dir)
            offer_directory(s, given[i]);
        s->is_plans[i] = dir || (strcmp(given[i], "-") != 0 && offer(s, SIZE_MAX, given[i]));
    }
    size_t next = 0;
    for (size_t i = 0; i < p->n; i++) {
        while (p->file[i].stream && next < ngiven && s->is_plans[next])
            next++;
        if (p->file[i].stream && next < ngiven)
            s->paths[i] = strdup(given[next++]);
        else if (!p->file[i].stream && !s->paths[i] && !offer(s, i, p->file[i].path) &&
                 !offer(s, i, p->file[i].real))
            offer_beside(s, i, case_path);
        if (!s->paths[i])
            return s->nomem ? fb_err_nomem(err, "a path") : explain(&p->file[i], err);
    }
    for (; next < ngiven; next++)
        if (!s->is_plans[next])
            return fb_err_set(
                err, FB_ERR_VERIFY,
                "one of the named files is not the evidence that the interrupted ingest read, or was "
                "changed since (name %zu of %zu)",
                next + 1, ngiven);
    return FB_OK;
}

enum fb_status fb_plan_find(const struct fb_plan *p, const char *case_path, const char *const *given,
                            size_t ngiven, char **paths, struct fb_err *err)
{
    struct search s = {.plan = p, .paths = paths, .is_plans = calloc(ngiven + 1, sizeof *s.is_plans)};
    if (!s.is_plans)
        return fb_err_nomem(err, "the list of evidence");
    enum fb_status st = search(&s, case_path, given, ngiven, err);
    free(s.is_plans);
    for (size_t i = 0; st != FB_OK && i < p->n; i++) {
        free(paths[i]);
        paths[i] = NULL;
    }
    return st;
}
