#include "cli/evidence_find.h"

#include "base/crypto_init.h"
#include "base/digest.h"
#include "base/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES ((size_t)1 << 20)

enum match { MATCH, OTHER_SIZE, OTHER_DIGEST, NO_FILE };

static bool hash_fd(int fd, uint8_t out[static 32])
{
    EVP_MD_CTX *ctx = fb_crypto_init() ? EVP_MD_CTX_new() : NULL;
    uint8_t *buf = malloc(READ_BYTES);
    bool ok = ctx && buf && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
    while (ok) {
        ssize_t n = read(fd, buf, READ_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            ok = n == 0;
            break;
        }
        ok = EVP_DigestUpdate(ctx, buf, (size_t)n) == 1;
    }
    unsigned len = 0;
    ok = ok && EVP_DigestFinal_ex(ctx, out, &len) == 1 && len == 32;
    EVP_MD_CTX_free(ctx);
    free(buf);
    return ok;
}

static bool is_taken(const struct fb_evidence_find *how, const struct stat *file)
{
    struct stat st;
    for (size_t i = 0; i < how->ntaken; i++)
        if (stat(how->taken[i], &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino)
            return true;
    return false;
}

static enum match compare(const struct fb_evidence_find *how, const struct fb_evidence *known,
                          const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NO_FILE;
    enum match m = NO_FILE;
    uint8_t digest[32];
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || is_taken(how, &st))
        m = NO_FILE;
    else if ((uint64_t)st.st_size != known->size_bytes)
        m = OTHER_SIZE;
    else if (how->trust || !how->case_path)
        m = MATCH;
    else if (hash_fd(fd, digest))
        m = memcmp(digest, known->sha256, sizeof digest) == 0 ? MATCH : OTHER_DIGEST;
    close(fd);
    return m;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static enum match compare_in(const struct fb_evidence_find *how, const struct fb_evidence *known,
                             size_t dir_len, const char *name, char **path)
{
    struct fb_buf b;
    fb_buf_init(&b, 65536);
    fb_buf_put(&b, how->case_path, dir_len);
    fb_buf_puts(&b, name);
    enum match m = compare(how, known, fb_buf_cstr(&b));
    if (m == MATCH)
        *path = strdup(fb_buf_cstr(&b));
    fb_buf_release(&b);
    return m;
}

/* In the directory of the case: by the recorded path when that is a relative one, or by the file's name. */
static enum match beside_case(const struct fb_evidence_find *how, const struct fb_evidence *known,
                              char **path)
{
    const char *slash = how->case_path ? strrchr(how->case_path, '/') : NULL;
    if (!how->case_path || strcmp(known->path, "-") == 0)
        return NO_FILE;
    size_t dir_len = slash ? (size_t)(slash + 1 - how->case_path) : 0;
    if (known->path[0] != '/' && compare_in(how, known, dir_len, known->path, path) == MATCH)
        return MATCH;
    return compare_in(how, known, dir_len, base_name(known->path), path);
}

/* Files below the named places whose size and digest fit. */
static enum match among(const struct fb_evidence_find *how, const struct fb_evidence *known, char **path,
                        struct fb_err *err)
{
    if (!how->also || how->also->n == 0)
        return NO_FILE;
    char **roots = calloc(how->also->n + 1, sizeof *roots);
    if (!roots) {
        fb_err_nomem(err, "the list of evidence");
        return NO_FILE;
    }
    for (size_t i = 0; i < how->also->n; i++)
        roots[i] = strdup(how->also->item[i]);
    enum match m = NO_FILE;
    FTS *walk = fts_open(roots, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *e; walk && m != MATCH && (e = fts_read(walk)) != NULL;) {
        if (e->fts_info != FTS_F || (uint64_t)e->fts_statp->st_size != known->size_bytes)
            continue;
        m = compare(how, known, e->fts_path);
        if (m == MATCH)
            *path = strdup(e->fts_path);
    }
    if (walk)
        fts_close(walk);
    for (size_t i = 0; i < how->also->n; i++)
        free(roots[i]);
    free(roots);
    return m;
}

static enum fb_status explain(const struct fb_evidence *known, enum match at_path, struct fb_err *err)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(known->sha256, sizeof known->sha256, hex);
    struct fb_buf name;
    fb_buf_init(&name, 256);
    fb_escape_term(&name, known->path, strlen(known->path));
    const char *p = fb_buf_cstr(&name);
    unsigned long long size = known->size_bytes;
    enum fb_status st;
    if (strcmp(known->path, "-") == 0)
        st = fb_err_set(
            err, FB_ERR_NOTFOUND,
            "this evidence was read from standard input; name a file with the same bytes by --evidence "
            "(sha256 %s)",
            hex);
    else if (at_path == OTHER_SIZE)
        st = fb_err_set(err, FB_ERR_VERIFY,
                        "%s: changed since it was read: it had %llu bytes; the original can be "
                        "named by --evidence",
                        p, size);
    else if (at_path == OTHER_DIGEST)
        st = fb_err_set(err, FB_ERR_VERIFY,
                        "%s: changed since it was read: its SHA-256 was %s; the original can be "
                        "named by --evidence",
                        p, hex);
    else
        st = fb_err_set(err, FB_ERR_NOTFOUND,
                        "%s: this evidence is not there (%llu bytes, sha256 %s); say where it is "
                        "by --evidence",
                        p, size, hex);
    fb_buf_release(&name);
    return st;
}

enum fb_status fb_evidence_find(const struct fb_evidence_find *how, const struct fb_evidence *known,
                                char **path, struct fb_err *err)
{
    *path = NULL;
    enum match at_path = strcmp(known->path, "-") == 0 ? NO_FILE : compare(how, known, known->path);
    if (at_path == MATCH)
        *path = strdup(known->path);
    else if (beside_case(how, known, path) != MATCH && among(how, known, path, err) != MATCH)
        return explain(known, at_path, err);
    return *path ? FB_OK : fb_err_nomem(err, "a path");
}
