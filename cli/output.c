#include "cli/output.h"

#include "base/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define OUT_MAX   ((size_t)256 << 20) /* ceiling of one row */
#define OUT_FLUSH ((size_t)128 << 10)

enum fb_status fb_out_open(struct fb_out *o, const char *path, struct fb_err *err)
{
    *o = (struct fb_out){.fd = STDOUT_FILENO, .name = "standard output"};
    fb_buf_init(&o->buf, OUT_MAX);
    if (!path || strcmp(path, "-") == 0) {
        fflush(stdout);
        o->terminal = isatty(STDOUT_FILENO) == 1;
        return FB_OK;
    }
    o->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (o->fd < 0 && errno == EEXIST)
        return fb_err_set(err, FB_ERR_USAGE, "%s: exists; output is not written over an existing file", path);
    if (o->fd < 0)
        return fb_err_set(err, FB_ERR_IO, "%s: %s", path, strerror(errno));
    o->is_file = true;
    o->name = path;
    return FB_OK;
}

static void flush(struct fb_out *o)
{
    size_t done = 0;
    while (done < o->buf.len && !o->gone && !o->ended) {
        ssize_t n = write(o->fd, o->buf.data + done, o->buf.len - done);
        if (n >= 0) {
            done += (size_t)n;
        } else if (errno == EPIPE) {
            o->gone = true;
        } else if (errno != EINTR) {
            o->ended = true;
            fb_err_set(&o->err, FB_ERR_IO, "%s: %s", o->name, strerror(errno));
        }
    }
    fb_buf_clear(&o->buf);
}

static enum fb_status state(const struct fb_out *o)
{
    return o->ended ? o->err.status : o->gone ? FB_EOF : FB_OK;
}

enum fb_status fb_out_row(struct fb_out *o)
{
    if (o->buf.failed && !o->ended) {
        o->ended = true;
        fb_err_set(&o->err, FB_ERR_LIMIT, "%s: a row is larger than %zu MiB", o->name, OUT_MAX >> 20);
    }
    if (o->buf.len >= OUT_FLUSH || o->terminal)
        flush(o);
    return state(o);
}

enum fb_status fb_out_flush(struct fb_out *o)
{
    flush(o);
    return state(o);
}

enum fb_status fb_out_close(struct fb_out *o, struct fb_err *err)
{
    fb_out_row(o);
    flush(o);
    if (o->is_file && close(o->fd) != 0 && !o->ended) {
        o->ended = true;
        fb_err_set(&o->err, FB_ERR_IO, "%s: %s", o->name, strerror(errno));
    }
    fb_buf_release(&o->buf);
    if (o->ended && err)
        *err = o->err;
    return o->ended ? o->err.status : FB_OK;
}
