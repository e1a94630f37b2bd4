/* Encrypted cases: the stream behind the header, into and out of files. */
#include "store/encrypt.h"

#include "base/cursor.h"
#include "base/digest.h"
#include "store/encrypt_header.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#define SS_KEY    crypto_secretstream_xchacha20poly1305_KEYBYTES
#define SS_HEADER crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define SS_EXTRA  crypto_secretstream_xchacha20poly1305_ABYTES
#define SS_FINAL  crypto_secretstream_xchacha20poly1305_TAG_FINAL

typedef crypto_secretstream_xchacha20poly1305_state stream_state;

/* ---- files ---- */

static enum fb_status io_error(struct fb_err *err, const char *path)
{
    return fb_err_set(err, FB_ERR_IO, "%s: %s", path, strerror(errno));
}

/* Neither a pipe nor a device: those could wait or never end. */
static enum fb_status open_regular(const char *path, int *fd, uint64_t *size, struct fb_err *err)
{
    struct stat st;
    *fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0)
        return errno == ENOENT ? fb_err_set(err, FB_ERR_INPUT, "%s: there is no such file", path)
                               : io_error(err, path);
    if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(*fd);
        *fd = -1;
        return fb_err_set(err, FB_ERR_INPUT, "%s: expected a regular file", path);
    }
    *size = (uint64_t)st.st_size;
    return FB_OK;
}

static enum fb_status create_new(const char *path, int *fd, struct fb_err *err)
{
    *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return FB_OK;
    return errno == EEXIST ? fb_err_set(err, FB_ERR_USAGE, "%s: exists; it is not written over", path)
                           : io_error(err, path);
}

/* Reads up to n bytes; *got is less only at the end of the file. */
static enum fb_status read_full(int fd, const char *path, void *p, size_t n, size_t *got, struct fb_err *err)
{
    *got = 0;
    while (*got < n) {
        ssize_t r = read(fd, (uint8_t *)p + *got, n - *got);
        if (r == 0)
            break;
        if (r > 0)
            *got += (size_t)r;
        else if (errno != EINTR)
            return io_error(err, path);
    }
    return FB_OK;
}

static enum fb_status write_full(int fd, const char *path, const void *p, size_t n, struct fb_err *err)
{
    for (size_t done = 0; done < n;) {
        ssize_t w = write(fd, (const uint8_t *)p + done, n - done);
        if (w >= 0)
            done += (size_t)w;
        else if (errno != EINTR)
            return io_error(err, path);
    }
    return FB_OK;
}

/* A new file becomes lasting, or goes away. */
static enum fb_status close_new(int fd, const char *path, enum fb_status st, struct fb_err *err)
{
    if (st == FB_OK && fsync(fd) != 0)
        st = io_error(err, path);
    if (close(fd) != 0 && st == FB_OK)
        st = io_error(err, path);
    if (st != FB_OK)
        unlink(path);
    return st;
}

bool fb_encrypted_probe(const char *path)
{
    uint8_t head[8];
    uint64_t size;
    size_t got = 0;
    int fd;
    if (open_regular(path, &fd, &size, NULL) != FB_OK)
        return false;
    bool is = read_full(fd, path, head, sizeof head, &got, NULL) == FB_OK && got == sizeof head &&
              memcmp(head, FB_ENC_MAGIC, sizeof head) == 0;
    close(fd);
    return is;
}

/* What every message is bound to: nobody can change who may open the file without its key. */
static void bind_header(const uint8_t *p, size_t n, struct fb_digest *out)
{
    struct fb_digest_state st;
    fb_digest_init(&st, "fb encryption");
    fb_digest_update(&st, p, n);
    fb_digest_final(&st, out);
}

/* ---- encrypting ---- */

struct pump {
    int in, out;
    const char *from, *to;
    uint64_t size; /* of `in` */
    struct fb_digest header;
    uint8_t *clear, *sealed; /* FB_ENC_MESSAGE, and SS_EXTRA more */
};

static enum fb_status encrypt_messages(struct pump *p, stream_state *ss, struct fb_err *err)
{
    for (uint64_t done = 0;;) {
        size_t want = p->size - done < FB_ENC_MESSAGE ? (size_t)(p->size - done) : FB_ENC_MESSAGE, got;
        FB_TRY(read_full(p->in, p->from, p->clear, want, &got, err));
        if (got != want)
            return fb_err_set(err, FB_ERR_IO, "%s: became shorter while it was read", p->from);
        done += got;
        uint8_t tag = done == p->size ? SS_FINAL : 0;
        crypto_secretstream_xchacha20poly1305_push(ss, p->sealed, NULL, p->clear, got, p->header.b,
                                                   sizeof p->header.b, tag);
        FB_TRY(write_full(p->out, p->to, p->sealed, got + SS_EXTRA, err));
        if (tag)
            return FB_OK;
    }
}

static enum fb_status encrypt_stream(struct pump *p, const struct fb_enc_to *who, struct fb_err *err)
{
    uint8_t key[SS_KEY], ss_header[SS_HEADER];
    stream_state ss;
    struct fb_buf header;
    fb_buf_init(&header, FB_ENC_HEADER_MAX);
    crypto_secretstream_xchacha20poly1305_keygen(key);
    enum fb_status st = fb_enc_header_put(&header, key, who, err);
    if (st == FB_OK) {
        bind_header(header.data, header.len, &p->header);
        crypto_secretstream_xchacha20poly1305_init_push(&ss, ss_header, key);
        st = write_full(p->out, p->to, header.data, header.len, err);
    }
    sodium_memzero(key, sizeof key);
    if (st == FB_OK)
        st = write_full(p->out, p->to, ss_header, sizeof ss_header, err);
    if (st == FB_OK)
        st = encrypt_messages(p, &ss, err);
    sodium_memzero(&ss, sizeof ss);
    fb_buf_release(&header);
    return st;
}

static enum fb_status pump_buffers(struct pump *p, struct fb_err *err)
{
    if (sodium_init() < 0)
        return fb_err_set(err, FB_ERR_IO, "there is no source of random numbers");
    p->clear = sodium_malloc(FB_ENC_MESSAGE);
    p->sealed = malloc(FB_ENC_MESSAGE + SS_EXTRA);
    return p->clear && p->sealed ? FB_OK : fb_err_nomem(err, "encryption");
}

static void pump_release(struct pump *p)
{
    sodium_free(p->clear);
    free(p->sealed);
    if (p->in >= 0)
        close(p->in);
}

enum fb_status fb_encrypt_file(const char *from, const char *to, const struct fb_enc_to *who,
                               struct fb_err *err)
{
    struct pump p = {.in = -1, .from = from, .to = to};
    enum fb_status st = pump_buffers(&p, err);
    if (st == FB_OK)
        st = open_regular(from, &p.in, &p.size, err);
    if (st == FB_OK && p.size == 0)
        st = fb_err_set(err, FB_ERR_INPUT, "%s: is empty", from);
    if (st == FB_OK)
        st = create_new(to, &p.out, err);
    if (st == FB_OK)
        st = close_new(p.out, to, encrypt_stream(&p, who, err), err);
    pump_release(&p);
    return st;
}

/* ---- decrypting ---- */

/* Where clear text goes. `begin` learns the number of bytes once the first message proved to be genuine. */
struct sink {
    enum fb_status (*begin)(struct sink *s, uint64_t bytes, struct fb_err *err);
    enum fb_status (*put)(struct sink *s, const uint8_t *p, size_t n, struct fb_err *err);
    int fd;
    const char *path;
    uint8_t *mem;
    size_t n, at;
};

static enum fb_status broken(struct fb_err *err, const char *path, uint64_t message)
{
    return fb_err_set(err, FB_ERR_VERIFY,
                      "%s: the encrypted case was cut or altered: message %llu of 64 KiB is not what was "
                      "written",
                      path, (unsigned long long)message);
}

/* Bytes of content in `body` bytes of messages; 0 when that cannot be. */
static uint64_t content_bytes(uint64_t body)
{
    uint64_t whole = body / (FB_ENC_MESSAGE + SS_EXTRA), rest = body % (FB_ENC_MESSAGE + SS_EXTRA);
    if (rest && rest <= SS_EXTRA)
        return 0;
    return whole * FB_ENC_MESSAGE + (rest ? rest - SS_EXTRA : 0);
}

static enum fb_status decrypt_messages(struct pump *p, stream_state *ss, uint64_t body, struct sink *s,
                                       struct fb_err *err)
{
    uint64_t total = content_bytes(body), done = 0;
    if (total == 0)
        return broken(err, p->from, body / (FB_ENC_MESSAGE + SS_EXTRA) + 1);
    for (uint64_t message = 1; done < total; message++) {
        size_t want = total - done < FB_ENC_MESSAGE ? (size_t)(total - done) : FB_ENC_MESSAGE, got;
        uint8_t tag = 0;
        FB_TRY(read_full(p->in, p->from, p->sealed, want + SS_EXTRA, &got, err));
        if (got != want + SS_EXTRA ||
            crypto_secretstream_xchacha20poly1305_pull(ss, p->clear, NULL, &tag, p->sealed, got, p->header.b,
                                                       sizeof p->header.b) != 0)
            return broken(err, p->from, message);
        if (done == 0)
            FB_TRY(s->begin(s, total, err));
        FB_TRY(s->put(s, p->clear, want, err));
        done += want;
        /* The last message says that it is the last; nothing follows it. */
        if ((tag == SS_FINAL) != (done == total))
            return fb_err_set(err, FB_ERR_VERIFY, "%s: the encrypted case was %s", p->from,
                              tag == SS_FINAL ? "made longer: bytes follow its end" : "cut");
    }
    return FB_OK;
}

static enum fb_status read_header(struct pump *p, const struct fb_enc_from *keys, uint8_t *file_key,
                                  uint64_t *body, struct fb_err *err)
{
    uint8_t header[FB_ENC_HEADER_MAX];
    size_t got, len;
    FB_TRY(read_full(p->in, p->from, header, FB_ENC_HEADER_MIN, &got, err));
    if (got < FB_ENC_HEADER_MIN)
        return fb_err_set(err, FB_ERR_INPUT, "%s: this is no encrypted case", p->from);
    struct fb_err why = {0};
    len = fb_enc_header_len(header, &why);
    if (len == 0)
        return fb_err_set(err, why.status, "%s: %s", p->from, why.msg);
    FB_TRY(read_full(p->in, p->from, header + FB_ENC_HEADER_MIN, len - FB_ENC_HEADER_MIN, &got, err));
    if (got != len - FB_ENC_HEADER_MIN || p->size < len + SS_HEADER)
        return fb_err_set(err, FB_ERR_VERIFY, "%s: the encrypted case was cut in its header", p->from);
    bind_header(header, len, &p->header);
    *body = p->size - len - SS_HEADER;
    enum fb_status st = fb_enc_header_open(header, len, keys, file_key, &why);
    return st == FB_OK ? FB_OK : fb_err_set(err, st, "%s: %s", p->from, why.msg);
}

static enum fb_status decrypt(const char *from, const struct fb_enc_from *keys, struct sink *s,
                              struct fb_err *err)
{
    struct pump p = {.in = -1, .from = from};
    uint8_t key[SS_KEY], ss_header[SS_HEADER];
    stream_state ss;
    uint64_t body = 0;
    size_t got = 0;
    enum fb_status st = pump_buffers(&p, err);
    if (st == FB_OK)
        st = open_regular(from, &p.in, &p.size, err);
    if (st == FB_OK)
        st = read_header(&p, keys, key, &body, err);
    if (st == FB_OK)
        st = read_full(p.in, from, ss_header, sizeof ss_header, &got, err);
    if (st == FB_OK && (got != sizeof ss_header ||
                        crypto_secretstream_xchacha20poly1305_init_pull(&ss, ss_header, key) != 0))
        st = broken(err, from, 1);
    sodium_memzero(key, sizeof key);
    if (st == FB_OK)
        st = decrypt_messages(&p, &ss, body, s, err);
    sodium_memzero(&ss, sizeof ss);
    pump_release(&p);
    return st;
}

static enum fb_status file_begin(struct sink *s, uint64_t bytes, struct fb_err *err)
{
    (void)bytes;
    return create_new(s->path, &s->fd, err);
}

static enum fb_status file_put(struct sink *s, const uint8_t *p, size_t n, struct fb_err *err)
{
    return write_full(s->fd, s->path, p, n, err);
}

enum fb_status fb_decrypt_file(const char *from, const char *to, const struct fb_enc_from *keys,
                               struct fb_err *err)
{
    struct sink s = {.begin = file_begin, .put = file_put, .fd = -1, .path = to};
    enum fb_status st = decrypt(from, keys, &s, err);
    return s.fd >= 0 ? close_new(s.fd, to, st, err) : st;
}

static enum fb_status memory_begin(struct sink *s, uint64_t bytes, struct fb_err *err)
{
    s->mem = bytes <= SIZE_MAX / 2 ? sodium_malloc((size_t)bytes) : NULL;
    s->n = (size_t)bytes;
    return s->mem ? FB_OK
                  : fb_err_set(err, FB_ERR_NOMEM,
                               "the case has %llu MiB and does not fit the memory: decrypt it to a file",
                               (unsigned long long)(bytes >> 20));
}

static enum fb_status memory_put(struct sink *s, const uint8_t *p, size_t n, struct fb_err *err)
{
    (void)err;
    FB_BUG(n > s->n - s->at);
    memcpy(s->mem + s->at, p, n);
    s->at += n;
    return FB_OK;
}

enum fb_status fb_decrypt_memory(const char *from, const struct fb_enc_from *keys, uint8_t **out, size_t *n,
                                 struct fb_err *err)
{
    struct sink s = {.begin = memory_begin, .put = memory_put, .fd = -1};
    enum fb_status st = decrypt(from, keys, &s, err);
    if (st != FB_OK) {
        sodium_free(s.mem);
        return st;
    }
    *out = s.mem;
    *n = s.n;
    return FB_OK;
}
