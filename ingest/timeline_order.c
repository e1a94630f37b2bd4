#include "base/memory.h"
#include "ingest/pathtext.h"
#include "ingest/timeline_int.h"

#include <fcntl.h>
#include <unistd.h>

#define CMP_BLOCK 65536

enum fb_status fb_source_advance(struct fb_source *f, struct fb_err *err)
{
    enum fb_status st = fb_reader_next(f->reader, &f->head, err);
    f->has_head = st == FB_OK;
    if (st != FB_OK && st != FB_EOF) {
        char name[FB_PATHTEXT_MAX];
        fb_pathtext(f->path, name);
        fb_err_wrap(err, "%s", name);
    }
    if (st != FB_EOF)
        return st;
    FB_TRY(fb_reader_finish(f->reader, err));
    fb_reader_take_evidence(f->reader, &f->ev);
    fb_reader_close(f->reader);
    f->reader = NULL;
    f->done = true;
    return FB_OK;
}

/* Opens a file, keeps the time of its first packet and closes it. What cannot be opened twice stays open. */
static enum fb_status prescan(struct fb_source *f, const struct fb_reader_opts *opts, bool keep,
                              struct fb_err *err)
{
    struct fb_reader_opts o = *opts;
    if (!keep)
        o.no_sha256 = true;
    FB_TRY(fb_reader_open(f->path, &o, &f->reader, err));
    if (keep) {
        FB_TRY(fb_source_advance(f, err));
        f->has_first = f->has_head;
        f->first_ts_ns = f->has_head ? f->head.ts_ns : 0;
        return FB_OK;
    }
    struct fb_record rec;
    enum fb_status st = fb_reader_next(f->reader, &rec, err);
    f->has_first = st == FB_OK;
    if (f->has_first)
        f->first_ts_ns = rec.ts_ns;
    fb_reader_close(f->reader);
    f->reader = NULL;
    return st == FB_EOF ? FB_OK : st;
}

/* The files' bytes as they lie on disk. Files that cannot be read compare as equal; reading them later says
 * why. */
static int bytes_cmp(const char *a, const char *b)
{
    uint8_t *buf = fb_malloc(2 * CMP_BLOCK);
    int x = open(a, O_RDONLY | O_CLOEXEC), y = open(b, O_RDONLY | O_CLOEXEC), c = 0;
    ssize_t n = buf && x >= 0 && y >= 0 ? 1 : 0, m = n;
    while (c == 0 && n > 0 && n == m) {
        n = read(x, buf, CMP_BLOCK);
        m = read(y, buf + CMP_BLOCK, CMP_BLOCK);
        if (n < 0 || m < 0)
            break;
        c = memcmp(buf, buf + CMP_BLOCK, (size_t)(n < m ? n : m));
        if (c == 0 && n != m)
            c = n < m ? -1 : 1;
    }
    if (x >= 0)
        close(x);
    if (y >= 0)
        close(y);
    free(buf);
    return c;
}

static int timeline_order(const void *a, const void *b)
{
    const struct fb_source *x = a, *y = b;
    if (x->has_first != y->has_first)
        return x->has_first ? -1 : 1;
    if (x->has_first && x->first_ts_ns != y->first_ts_ns)
        return x->first_ts_ns < y->first_ts_ns ? -1 : 1;
    if (x->stream != y->stream)
        return x->stream ? 1 : -1;
    int c = x->stream ? 0 : bytes_cmp(x->path, y->path);
    return c ? c : x->order < y->order ? -1 : x->order > y->order;
}

enum fb_status fb_sources_order(struct fb_sources *s, const struct fb_reader_opts *opts, struct fb_err *err)
{
    for (size_t i = 0; i < s->n;) {
        struct fb_source *f = &s->v[i];
        /* The only file need not be opened twice. */
        enum fb_status st = prescan(f, opts, f->stream || s->n == 1, err);
        if (st == FB_ERR_INPUT && f->from_dir) {
            FB_TRY(fb_sources_skip(s, i, err));
            continue;
        }
        FB_TRY(st);
        i++;
    }
    if (s->n == 0)
        return fb_err_set(err, FB_ERR_INPUT, "none of the files found is a capture, expected pcap or pcapng");
    qsort(s->v, s->n, sizeof *s->v, timeline_order);
    return FB_OK;
}
