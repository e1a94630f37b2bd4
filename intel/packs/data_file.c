#include "intel/packs/data_file.h"

#include "base/buf.h"
#include "base/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium/crypto_hash_sha256.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static enum fb_status fail(struct fb_err *err, enum fb_status st, const char *path, const char *why)
{
    struct fb_buf b;
    fb_buf_init(&b, 300);
    fb_escape_term(&b, path, strlen(path));
    fb_err_set(err, st, "%s: %s", b.failed ? "the file" : fb_buf_cstr(&b), why);
    fb_buf_release(&b);
    return st;
}

/* O_NONBLOCK: a FIFO must not hold the program up before it is refused. */
static enum fb_status open_regular(const char *path, int *fd, size_t *size, struct fb_err *err)
{
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return fail(err, errno == ENOENT ? FB_ERR_NOTFOUND : FB_ERR_IO, path, strerror(errno));
    if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(*fd);
        return fail(err, FB_ERR_INPUT, path, "not a regular file");
    }
    if (st.st_size < 0 || (uint64_t)st.st_size > FB_DATA_FILE_MAX) {
        close(*fd);
        return fail(err, FB_ERR_LIMIT, path, "larger than 1 GiB, which is the ceiling for a data set");
    }
    *size = (size_t)st.st_size;
    return FB_OK;
}

static enum fb_status read_all(const char *path, struct fb_data_file *out, struct fb_err *err)
{
    int fd;
    size_t size = 0, n = 0;
    FB_TRY(open_regular(path, &fd, &size, err));
    uint8_t *p = malloc(size + 1);
    ssize_t got = 1;
    while (p && n < size && got > 0) {
        got = read(fd, p + n, size - n);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            n += (size_t)got;
    }
    int why = errno;
    close(fd);
    if (!p)
        return fb_err_nomem(err, "a data set");
    if (got < 0) {
        free(p);
        return fail(err, FB_ERR_IO, path, strerror(why));
    }
    p[n] = '\0';
    crypto_hash_sha256(out->sha256, p, n);
    out->data = p;
    out->n = n;
    return FB_OK;
}

/* One or several gzip members (RFC 1952). */
static enum fb_status unpack(const char *path, struct fb_data_file *f, struct fb_err *err)
{
    z_stream z = {.next_in = f->data, .avail_in = (uInt)f->n};
    struct fb_buf out;
    enum fb_status st = FB_OK;
    fb_buf_init(&out, FB_DATA_FILE_MAX + 1);
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return fb_err_nomem(err, "a data set");
    for (;;) {
        if (!fb_buf_reserve(&out, 1u << 16)) {
            st = out.len + (1u << 16) > out.max
                     ? fail(err, FB_ERR_LIMIT, path, "more than 1 GiB when it is unpacked")
                     : fb_err_nomem(err, "a data set");
            break;
        }
        z.next_out = out.data + out.len;
        z.avail_out = 1u << 16;
        int rc = inflate(&z, Z_NO_FLUSH);
        out.len = (size_t)(z.next_out - out.data);
        if (rc == Z_STREAM_END && z.avail_in == 0)
            break;
        if (rc == Z_STREAM_END)
            rc = inflateReset(&z);
        if (rc != Z_OK) {
            st = fail(err, FB_ERR_INPUT, path, "the gzip stream is damaged or cut");
            break;
        }
    }
    inflateEnd(&z);
    if (st == FB_OK)
        fb_buf_cstr(&out); /* the NUL */
    if (st == FB_OK && out.failed)
        st = fb_err_nomem(err, "a data set");
    if (st != FB_OK) {
        fb_buf_release(&out);
        return st;
    }
    free(f->data);
    f->data = out.data;
    f->n = out.len;
    return FB_OK;
}

enum fb_status fb_data_file_read(const char *path, struct fb_data_file *out, struct fb_err *err)
{
    *out = (struct fb_data_file){0};
    enum fb_status st = read_all(path, out, err);
    if (st == FB_OK && out->n > 2 && out->data[0] == 0x1f && out->data[1] == 0x8b)
        st = unpack(path, out, err);
    if (st != FB_OK)
        fb_data_file_release(out);
    return st;
}

void fb_data_file_release(struct fb_data_file *f)
{
    free(f->data);
    *f = (struct fb_data_file){0};
}
