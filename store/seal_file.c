/* The sealed file as bytes: its marker, its hole, its digest, and what is signed. */
#include "store/seal_impl.h"

#include "store/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK ((size_t)1 << 20)

void fb_seal_marker(const struct fb_digest *manifest, struct fb_digest *out)
{
    struct fb_digest_state d;
    fb_digest_init(&d, "fb seal hole");
    fb_digest_update(&d, manifest->b, FB_DIGEST_LEN);
    fb_digest_final(&d, out);
}

static bool read_block(int fd, uint8_t *p, size_t want, size_t *got)
{
    *got = 0;
    while (*got < want) {
        ssize_t n = read(fd, p + *got, want - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return true;
}

/* Counts the marker; *off is where the first one stands. Each block is looked at together with the end of the
 * one before. */
static bool find_marker(int fd, const struct fb_digest *marker, uint8_t *buf, uint64_t *off, unsigned *count)
{
    size_t kept = 0, got;
    uint64_t base = 0; /* file offset of buf[0] */
    *count = 0;
    do {
        if (!read_block(fd, buf + kept, BLOCK, &got))
            return false;
        size_t n = kept + got;
        for (const uint8_t *at = buf;
             (at = memmem(at, n - (size_t)(at - buf), marker->b, FB_DIGEST_LEN)) != NULL; at++)
            if ((*count)++ == 0)
                *off = base + (uint64_t)(at - buf);
        kept = n < FB_DIGEST_LEN - 1 ? n : FB_DIGEST_LEN - 1;
        memmove(buf, buf + n - kept, kept);
        base += n - kept;
    } while (got == BLOCK);
    return true;
}

static bool digest_around(int fd, uint64_t hole, size_t nhole, uint8_t *buf, struct fb_digest *out)
{
    struct fb_digest_state d;
    uint64_t base = 0;
    size_t got;
    fb_digest_init(&d, "fb sealed file");
    if (lseek(fd, 0, SEEK_SET) != 0)
        return false;
    do {
        if (!read_block(fd, buf, BLOCK, &got))
            return false;
        uint64_t from = hole > base ? hole : base, to = hole + nhole < base + got ? hole + nhole : base + got;
        if (from < to)
            memset(buf + (from - base), 0, (size_t)(to - from));
        fb_digest_update(&d, buf, got);
        base += got;
    } while (got == BLOCK);
    fb_digest_update_le64(&d, base);
    fb_digest_final(&d, out);
    return hole + nhole <= base;
}

enum fb_status fb_seal_file_digest(const char *path, const struct fb_digest *marker, size_t nhole,
                                   struct fb_digest *out, uint64_t *hole_off, struct fb_err *err)
{
    struct stat sb;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    uint8_t *buf = malloc(BLOCK + FB_DIGEST_LEN);
    uint64_t at = 0;
    unsigned count = 0;
    enum fb_status st = FB_OK;
    if (!buf)
        st = fb_err_nomem(err, "a block of the case");
    else if (fd < 0 || fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode) ||
             !find_marker(fd, marker, buf, &at, &count))
        st = fb_err_set(err, FB_ERR_IO, "the case file cannot be read: %s", strerror(errno));
    else if (count != 1)
        st = fb_err_set(err, FB_ERR_VERIFY, "the file has %s place for its own digest",
                        count ? "more than one" : "no");
    else if (!digest_around(fd, at + FB_DIGEST_LEN, nhole, buf, out))
        st = fb_err_set(err, FB_ERR_VERIFY, "the file ends before the place for its own digest does");
    if (hole_off)
        *hole_off = at + FB_DIGEST_LEN;
    if (fd >= 0)
        close(fd);
    free(buf);
    return st;
}

enum fb_status fb_seal_bytes_digest(const uint8_t *p, size_t n, const struct fb_digest *marker, size_t nhole,
                                    struct fb_digest *out, struct fb_err *err)
{
    static const uint8_t zeros[FB_SEAL_HOLE_BYTES(FB_SEAL_KEYS_MAX)];
    const uint8_t *at = memmem(p, n, marker->b, FB_DIGEST_LEN), *after = at ? at + FB_DIGEST_LEN : p + n;
    size_t left = n - (size_t)(after - p);
    if (!at || memmem(at + 1, n - (size_t)(at + 1 - p), marker->b, FB_DIGEST_LEN))
        return fb_err_set(err, FB_ERR_VERIFY, "the file has %s place for its own digest",
                          at ? "more than one" : "no");
    if (nhole > left || nhole > sizeof zeros)
        return fb_err_set(err, FB_ERR_VERIFY, "the file ends before the place for its own digest does");
    struct fb_digest_state d;
    fb_digest_init(&d, "fb sealed file");
    fb_digest_update(&d, p, n - left);
    fb_digest_update(&d, zeros, nhole);
    fb_digest_update(&d, after + nhole, left - nhole);
    fb_digest_update_le64(&d, n);
    fb_digest_final(&d, out);
    return FB_OK;
}

void fb_seal_message(const struct fb_digest *manifest, const struct fb_digest *file, const char *signer,
                     int64_t at_ns, uint8_t out[static FB_SEAL_MSG_LEN])
{
    static const char head[] = "fbforensics seal 1\n";
    _Static_assert(sizeof head - 1 + FB_DIGEST_LEN == FB_SEAL_MSG_LEN, "head and digest");
    struct fb_digest_state d;
    struct fb_digest all;
    fb_digest_init(&d, "fb signature");
    fb_digest_update(&d, manifest->b, FB_DIGEST_LEN);
    fb_digest_update(&d, file->b, FB_DIGEST_LEN);
    fb_digest_update_le64(&d, (uint64_t)at_ns);
    fb_digest_update_field(&d, signer, strlen(signer));
    fb_digest_final(&d, &all);
    memcpy(out, head, sizeof head - 1);
    memcpy(out + sizeof head - 1, all.b, FB_DIGEST_LEN);
}

/* ---- the seal as the tables have it ---- */

static enum fb_status read_body(sqlite3 *db, struct fb_seal_state *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(db, "SELECT body FROM main.manifest ORDER BY id", &st, err));
    int rc = sqlite3_step(st);
    enum fb_status got = FB_OK;
    if (rc == SQLITE_DONE) {
        got = fb_err_set(err, FB_ERR_NOTFOUND, "the case is not sealed");
    } else if (rc != SQLITE_ROW) {
        got = fb_db_error(db, err, "cannot read the manifest");
    } else if (sqlite3_column_type(st, 0) != SQLITE_TEXT) {
        got = fb_err_set(err, FB_ERR_VERIFY, "the manifest is malformed: it was altered");
    } else {
        const void *p = sqlite3_column_text(st, 0);
        out->nbody = (size_t)sqlite3_column_bytes(st, 0);
        out->body = malloc(out->nbody + 1);
        if (out->body && p) {
            memcpy(out->body, p, out->nbody);
            out->body[out->nbody] = '\0';
        } else {
            got = fb_err_nomem(err, "the manifest");
        }
    }
    if (got == FB_OK && sqlite3_step(st) != SQLITE_DONE)
        got = fb_err_set(err, FB_ERR_VERIFY, "the case has more than one manifest");
    sqlite3_finalize(st);
    return got;
}

static enum fb_status read_hole(sqlite3 *db, struct fb_seal_state *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    struct fb_digest marker;
    fb_seal_marker(&out->manifest, &marker);
    FB_TRY(fb_db_prepare(db, "SELECT z FROM main.seal ORDER BY id", &st, err));
    size_t n = sqlite3_step(st) == SQLITE_ROW ? (size_t)sqlite3_column_bytes(st, 0) : 0,
           fixed = 2 * FB_DIGEST_LEN;
    const uint8_t *p = n ? sqlite3_column_blob(st, 0) : NULL;
    bool good = p && n > fixed && n - FB_DIGEST_LEN <= sizeof out->hole && (n - fixed) % FB_SIG_LEN == 0 &&
                memcmp(p, marker.b, FB_DIGEST_LEN) == 0;
    if (good) {
        memcpy(out->hole, p + FB_DIGEST_LEN, n - FB_DIGEST_LEN);
        out->nkeys = (n - fixed) / FB_SIG_LEN;
        good = sqlite3_step(st) == SQLITE_DONE;
    }
    sqlite3_finalize(st);
    return good ? FB_OK
                : fb_err_set(err, FB_ERR_VERIFY, "the seal does not belong to the manifest, or was altered");
}

static enum fb_status read_head(struct fb_seal_state *out, struct fb_err *err)
{
    const char *hex = strstr(out->body, "\"chain_head\":\"");
    hex = hex ? hex + 14 : "";
    if (strlen(hex) < 2 * FB_DIGEST_LEN)
        return fb_err_set(err, FB_ERR_VERIFY, "the manifest does not name the head of the custody log");
    for (size_t i = 0; i < FB_DIGEST_LEN; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *hi = memchr(digits, hex[2 * i], 16), *lo = memchr(digits, hex[2 * i + 1], 16);
        if (!hi || !lo)
            return fb_err_set(err, FB_ERR_VERIFY, "the head of the custody log in the manifest is no digest");
        out->head.b[i] = (uint8_t)((hi - digits) << 4 | (lo - digits));
    }
    return FB_OK;
}

enum fb_status fb_seal_read(sqlite3 *db, struct fb_seal_state *out, struct fb_err *err)
{
    *out = (struct fb_seal_state){0};
    FB_TRY(read_body(db, out, err));
    fb_manifest_digest(out->body, out->nbody, &out->manifest);
    enum fb_status st = read_hole(db, out, err);
    if (st == FB_OK)
        st = read_head(out, err);
    if (st != FB_OK)
        fb_seal_state_release(out);
    return st;
}

void fb_seal_state_release(struct fb_seal_state *s)
{
    free(s->body);
    *s = (struct fb_seal_state){0};
}
