/* Model files on disk. */
#include "base/escape.h"
#include "model/model_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum fb_status fail(struct fb_err *err, enum fb_status st, const char *path, const char *why)
{
    struct fb_buf b;
    fb_buf_init(&b, 4096);
    fb_escape_term(&b, path, strlen(path));
    fb_err_set(err, st, "%s: %s", fb_buf_cstr(&b), why);
    fb_buf_release(&b);
    return st;
}

static bool write_all(int fd, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

/* Beside the file first, so that no half of a model is ever found under its name. */
static enum fb_status replace(const char *path, const struct fb_buf *bytes, struct fb_err *err)
{
    struct fb_buf part;
    fb_buf_init(&part, 65536);
    fb_buf_printf(&part, "%s.part", path);
    const char *name = fb_buf_cstr(&part);
    enum fb_status st = FB_OK;
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) {
        st = fail(err, FB_ERR_IO, path, strerror(errno));
    } else {
        bool ok = write_all(fd, bytes->data, bytes->len) && fsync(fd) == 0;
        int why = errno;
        ok = close(fd) == 0 && ok;
        if (!ok || rename(name, path) != 0) {
            st = fail(err, FB_ERR_IO, path, strerror(ok ? errno : why));
            unlink(name);
        }
    }
    fb_buf_release(&part);
    return st;
}

enum fb_status fb_model_save(const struct fb_model *m, const struct fb_model_signer *signer, const char *path,
                             struct fb_err *err)
{
    struct fb_buf bytes;
    fb_buf_init(&bytes, FB_MODEL_FILE_BYTES_MAX);
    enum fb_status st = fb_model_put(m, signer, &bytes, err);
    if (st == FB_OK)
        st = replace(path, &bytes, err);
    fb_buf_release(&bytes);
    return st;
}

static enum fb_status read_file(const char *path, struct fb_buf *out, struct fb_err *err)
{
    struct stat st;
    fb_buf_init(out, FB_MODEL_FILE_BYTES_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail(err, FB_ERR_INPUT, path, strerror(errno));
    enum fb_status rc = FB_OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        rc = fail(err, FB_ERR_INPUT, path, "this is not a model file");
    for (ssize_t k = 1; rc == FB_OK && k != 0;) {
        if (!fb_buf_reserve(out, 65536)) {
            rc = fail(err, FB_ERR_INPUT, path, "this file is too large for a model");
            break;
        }
        k = read(fd, out->data + out->len, 65536);
        if (k < 0 && errno != EINTR)
            rc = fail(err, FB_ERR_IO, path, strerror(errno));
        if (k > 0)
            out->len += (size_t)k;
    }
    close(fd);
    if (rc != FB_OK)
        fb_buf_release(out);
    return rc;
}

enum fb_status fb_model_load(const char *path, struct fb_model *out, struct fb_model_signature *sig,
                             struct fb_err *err)
{
    struct fb_buf bytes;
    FB_TRY(read_file(path, &bytes, err));
    enum fb_status st = fb_model_get(bytes.data, bytes.len, out, sig, err);
    fb_buf_release(&bytes);
    return st == FB_OK ? st : fb_err_wrap(err, "%s", path);
}
