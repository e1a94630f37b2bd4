#include "ingest/rawsrc.h"

#include "base/crypto_init.h"
#include "ingest/blockring.h"
#include "ingest/pathtext.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_BYTES  16
#define FIFO_WAIT_MS 10000 /* for the first byte of a named pipe */

struct fb_rawsrc {
    struct fb_ring ring;
    int fd; /* -1: memory */
    const uint8_t *mem;
    size_t mem_left;
    uint64_t size;
    _Atomic uint64_t done;
    EVP_MD_CTX *md; /* NULL: no digest wanted */
    pthread_t hasher;
    bool threaded; /* the hash thread runs */
    bool regular, own_fd, eof;
    unsigned turn; /* next block when nobody hashes on a thread */
};

/* Consumer of the ring. It may keep nothing: the parser's use of a block is over before the ring comes round.
 */
static void *hash_main(void *arg)
{
    struct fb_rawsrc *s = arg;
    uint8_t *p;
    size_t n;
    while (fb_ring_take(&s->ring, 0, &p, &n))
        EVP_DigestUpdate(s->md, p, n);
    return NULL;
}

/* A file of one block is hashed where it is read: a thread would cost more than the digest. */
static enum fb_status start(struct fb_rawsrc *s, const struct fb_rawsrc_opts *opts, struct fb_err *err)
{
    if (!fb_ring_init(&s->ring, opts->head, opts->block))
        return fb_err_nomem(err, "read blocks");
    if (opts->no_sha256)
        return FB_OK;
    s->md = fb_crypto_init() ? EVP_MD_CTX_new() : NULL;
    if (!s->md || EVP_DigestInit_ex(s->md, EVP_sha256(), NULL) != 1)
        return fb_err_nomem(err, "SHA-256");
    if (s->regular && s->size <= opts->block)
        return FB_OK;
    s->threaded = pthread_create(&s->hasher, NULL, hash_main, s) == 0;
    return FB_OK;
}

static enum fb_status new_source(struct fb_rawsrc **out, struct fb_err *err)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return fb_err_nomem(err, "a reader");
    (*out)->fd = -1;
    return FB_OK;
}

/* A named pipe must have data soon: one that nobody writes to would hold a program up for ever. */
static enum fb_status await_writer(int fd, const char *name, struct fb_err *err)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int got = poll(&p, 1, FIFO_WAIT_MS);
    if (got < 0)
        return fb_err_set(err, FB_ERR_IO, "%s: %s", name, strerror(errno));
    if (got > 0)
        return FB_OK;
    return fb_err_set(err, FB_ERR_INPUT,
                      "%s: a pipe into which nobody wrote within %d s; standard input (-) waits longer", name,
                      FIFO_WAIT_MS / 1000);
}

/* `path` is looked at before it is opened: opening a device can have effects, opening a socket fails
 * obscurely. */
static enum fb_status open_path(struct fb_rawsrc *s, const char *path, struct fb_err *err)
{
    char name[FB_PATHTEXT_MAX];
    fb_pathtext(path, name);
    struct stat st;
    bool std = strcmp(path, "-") == 0;
    if ((std ? fstat(STDIN_FILENO, &st) : stat(path, &st)) != 0)
        return fb_err_set(err, errno == ENOENT ? FB_ERR_INPUT : FB_ERR_IO, "%s: %s", name, strerror(errno));
    if (!std && !S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
        return fb_err_set(err, FB_ERR_INPUT, "%s is %s, expected a file, a pipe or a directory of captures",
                          name, S_ISDIR(st.st_mode) ? "a directory" : "a device or socket");
    s->fd = std ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (s->fd < 0)
        return fb_err_set(err, FB_ERR_IO, "%s: %s", name, strerror(errno));
    s->own_fd = !std;
    if (fstat(s->fd, &st) != 0)
        return fb_err_set(err, FB_ERR_IO, "%s: %s", name, strerror(errno));
    s->regular = S_ISREG(st.st_mode);
    if (!std && S_ISFIFO(st.st_mode))
        FB_TRY(await_writer(s->fd, name, err));
    if (!std && fcntl(s->fd, F_SETFL, 0) != 0)
        return fb_err_set(err, FB_ERR_IO, "%s: %s", name, strerror(errno));
    if (s->regular) {
        s->size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
        (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return FB_OK;
}

enum fb_status fb_rawsrc_open(const char *path, const struct fb_rawsrc_opts *opts, struct fb_rawsrc **out,
                              struct fb_err *err)
{
    FB_TRY(new_source(out, err));
    enum fb_status st = open_path(*out, path, err);
    if (st == FB_OK)
        st = start(*out, opts, err);
    if (st != FB_OK) {
        fb_rawsrc_close(*out);
        *out = NULL;
    }
    return st;
}

enum fb_status fb_rawsrc_open_mem(const uint8_t *data, size_t n, const struct fb_rawsrc_opts *opts,
                                  struct fb_rawsrc **out, struct fb_err *err)
{
    FB_TRY(new_source(out, err));
    (*out)->mem = data;
    (*out)->mem_left = n;
    (*out)->size = n;
    (*out)->regular = true;
    enum fb_status st = start(*out, opts, err);
    if (st != FB_OK) {
        fb_rawsrc_close(*out);
        *out = NULL;
    }
    return st;
}

static enum fb_status read_some(struct fb_rawsrc *s, uint8_t *p, size_t *n, struct fb_err *err)
{
    if (s->fd < 0) {
        *n = s->mem_left < s->ring.block ? s->mem_left : s->ring.block;
        if (*n)
            memcpy(p, s->mem, *n);
        s->mem += *n;
        s->mem_left -= *n;
        return FB_OK;
    }
    /* A pipe may hand over a byte at a time; the first block must hold enough to tell the kind of file. */
    size_t least = fb_rawsrc_done(s) == 0 ? FIRST_BYTES : 1;
    *n = 0;
    while (*n < least) {
        ssize_t got = read(s->fd, p + *n, s->ring.block - *n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fb_err_set(err, FB_ERR_IO, "reading at byte %llu: %s",
                              (unsigned long long)fb_rawsrc_done(s) + *n, strerror(errno));
        if (got == 0)
            break;
        *n += (size_t)got;
    }
    return FB_OK;
}

enum fb_status fb_rawsrc_next(struct fb_rawsrc *s, uint8_t **p, size_t *n, struct fb_err *err)
{
    if (s->eof)
        return FB_EOF;
    uint8_t *slot = s->threaded ? fb_ring_slot(&s->ring) : s->ring.slot[s->turn++ % FB_RING_SLOTS];
    FB_TRY(read_some(s, slot, n, err));
    if (*n == 0) {
        s->eof = true;
        return FB_EOF;
    }
    atomic_fetch_add_explicit(&s->done, *n, memory_order_relaxed);
    *p = slot;
    if (s->threaded)
        fb_ring_push(&s->ring, *n);
    else if (s->md)
        EVP_DigestUpdate(s->md, slot, *n);
    return FB_OK;
}

bool fb_rawsrc_seek(struct fb_rawsrc *s, uint64_t off)
{
    if (!s->regular || s->md || off > s->size)
        return false;
    if (s->fd < 0) {
        uint64_t at = s->size - s->mem_left;
        s->mem += (int64_t)(off - at);
        s->mem_left = (size_t)(s->size - off);
    } else if (lseek(s->fd, (off_t)off, SEEK_SET) < 0) {
        return false;
    }
    s->eof = false;
    return true;
}

uint64_t fb_rawsrc_size(const struct fb_rawsrc *s)
{
    return s->size;
}

uint64_t fb_rawsrc_done(const struct fb_rawsrc *s)
{
    return atomic_load_explicit(&s->done, memory_order_relaxed);
}

static void join_hasher(struct fb_rawsrc *s)
{
    if (!s->threaded)
        return;
    fb_ring_end(&s->ring);
    pthread_join(s->hasher, NULL);
    s->threaded = false;
}

enum fb_status fb_rawsrc_finish(struct fb_rawsrc *s, uint8_t sha256[static 32], struct fb_err *err)
{
    memset(sha256, 0, 32);
    if (!s->md)
        return FB_OK;
    uint8_t *p;
    size_t n;
    enum fb_status st;
    do
        st = fb_rawsrc_next(s, &p, &n, err);
    while (st == FB_OK);
    join_hasher(s);
    if (st != FB_EOF)
        return st;
    unsigned len = 0;
    FB_BUG(EVP_DigestFinal_ex(s->md, sha256, &len) != 1 || len != 32);
    EVP_MD_CTX_free(s->md);
    s->md = NULL;
    return FB_OK;
}

void fb_rawsrc_close(struct fb_rawsrc *s)
{
    if (!s)
        return;
    join_hasher(s);
    EVP_MD_CTX_free(s->md);
    if (s->own_fd)
        close(s->fd);
    fb_ring_release(&s->ring);
    free(s);
}
