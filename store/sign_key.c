#include "store/sign_key.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_HEAD "fbforensics secret key 1\n"
#define PUBLIC_HEAD "fbforensics public key 1\n"
#define FILE_MAX    4096u
#define MEM_MAX_MIB 1024u /* what a key file from a stranger may make us spend */
#define OPS_MAX     16u
#define BOX_LEN     (crypto_secretbox_MACBYTES + 64)

/* A locked secret key, as its file has it. */
struct locked {
    struct fb_public_key id;
    uint32_t ops, mem_mib;
    uint8_t salt[crypto_pwhash_SALTBYTES], nonce[crypto_secretbox_NONCEBYTES], box[BOX_LEN];
};

static enum fb_status fail(struct fb_err *err, enum fb_status st, const char *path, const char *what)
{
    struct fb_buf b;
    fb_buf_init(&b, 256);
    fb_escape_term(&b, path, strlen(path));
    fb_err_set(err, st, "%s: %s", fb_buf_cstr(&b), what);
    fb_buf_release(&b);
    return st;
}

/* ---- writing ---- */

static void put_hex(struct fb_buf *b, const char *key, const uint8_t *p, size_t n)
{
    fb_buf_puts(b, key);
    for (size_t i = 0; i < n; i++)
        fb_buf_printf(b, "%02x", p[i]);
    fb_buf_putc(b, '\n');
}

static enum fb_status write_file(const char *path, mode_t mode, const struct fb_buf *b, struct fb_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return fail(err, errno == EEXIST ? FB_ERR_USAGE : FB_ERR_IO, path,
                    errno == EEXIST ? "this file exists already; a key is never overwritten"
                                    : strerror(errno));
    bool ok = write(fd, b->data, b->len) == (ssize_t)b->len && fsync(fd) == 0;
    int why = errno;
    if (close(fd) == 0 && ok)
        return FB_OK;
    unlink(path);
    return fail(err, FB_ERR_IO, path, strerror(why));
}

static bool derive(const struct locked *k, const void *pass, size_t npass, uint8_t out[static 32])
{
    return crypto_pwhash(out, 32, pass, npass, k->salt, k->ops, (size_t)k->mem_mib << 20,
                         crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static void put_secret(struct fb_buf *b, const struct locked *k)
{
    fb_buf_printf(b, SECRET_HEAD "name: %s\n", k->id.name);
    put_hex(b, "public: ", k->id.pub, sizeof k->id.pub);
    fb_buf_printf(b, "argon2id: %u %u\n", k->ops, k->mem_mib);
    put_hex(b, "salt: ", k->salt, sizeof k->salt);
    put_hex(b, "nonce: ", k->nonce, sizeof k->nonce);
    put_hex(b, "box: ", k->box, sizeof k->box);
}

static enum fb_status write_pair(const char *path, const struct locked *k, struct fb_err *err)
{
    struct fb_buf secret, public, pub_path;
    fb_buf_init(&secret, FILE_MAX);
    fb_buf_init(&public, FILE_MAX);
    fb_buf_init(&pub_path, 65536);
    put_secret(&secret, k);
    fb_buf_printf(&public, PUBLIC_HEAD "name: %s\n", k->id.name);
    put_hex(&public, "public: ", k->id.pub, sizeof k->id.pub);
    fb_buf_printf(&pub_path, "%s.pub", path);
    enum fb_status st = write_file(path, 0600, &secret, err);
    if (st == FB_OK) {
        st = write_file(fb_buf_cstr(&pub_path), 0644, &public, err);
        if (st != FB_OK)
            unlink(path);
    }
    fb_buf_release(&secret);
    fb_buf_release(&public);
    fb_buf_release(&pub_path);
    return st;
}

enum fb_status fb_key_create(const char *path, const char *name, const void *pass, size_t npass,
                             enum fb_key_cost cost, struct fb_err *err)
{
    struct locked k = {.ops = cost == FB_KEY_COST_LOW ? 1 : 3, .mem_mib = cost == FB_KEY_COST_LOW ? 8 : 256};
    uint8_t sec[64], lock[32];
    if (sodium_init() < 0)
        return fb_err_set(err, FB_ERR_IO, "libsodium cannot be started");
    if (!*name || strlen(name) >= sizeof k.id.name || strcspn(name, "\r\n") != strlen(name))
        return fb_err_set(err, FB_ERR_USAGE, "the name of a key is one line of 1 to %d bytes",
                          FB_KEY_NAME_MAX - 1);
    if (npass == 0)
        return fb_err_set(err, FB_ERR_USAGE, "an empty passphrase protects nothing");
    snprintf(k.id.name, sizeof k.id.name, "%s", name);
    crypto_sign_keypair(k.id.pub, sec);
    randombytes_buf(k.salt, sizeof k.salt);
    randombytes_buf(k.nonce, sizeof k.nonce);
    enum fb_status st = derive(&k, pass, npass, lock) ? FB_OK : fb_err_nomem(err, "the passphrase");
    if (st == FB_OK) {
        crypto_secretbox_easy(k.box, sec, sizeof sec, k.nonce, lock);
        st = write_pair(path, &k, err);
    }
    sodium_memzero(sec, sizeof sec);
    sodium_memzero(lock, sizeof lock);
    return st;
}

/* ---- reading ---- */

static enum fb_status read_file(const char *path, char out[static FILE_MAX + 1], struct fb_err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail(err, FB_ERR_INPUT, path, strerror(errno));
    ssize_t n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, out, FILE_MAX) : -1;
    close(fd);
    if (n < 0 || memchr(out, 0, (size_t)n))
        return fail(err, FB_ERR_INPUT, path, "this is not a key file");
    out[n] = '\0';
    return FB_OK;
}

/* Takes `word` and what follows up to the end of the line; NULL when something else stands there. */
static char *take_line(char **at, const char *word)
{
    size_t n = strlen(word);
    char *line = *at, *end = strchr(line, '\n');
    if (!end || strncmp(line, word, n) != 0)
        return NULL;
    *end = '\0';
    *at = end + 1;
    return line + n;
}

static bool take_hex(char **at, const char *word, uint8_t *out, size_t n)
{
    const char *hex = take_line(at, word);
    size_t got = 0;
    return hex && strlen(hex) == 2 * n && sodium_hex2bin(out, n, hex, 2 * n, NULL, &got, NULL) == 0 &&
           got == n;
}

static bool take_id(char **at, struct fb_public_key *id)
{
    const char *name = take_line(at, "name: ");
    if (!name || !*name || strlen(name) >= sizeof id->name)
        return false;
    snprintf(id->name, sizeof id->name, "%s", name);
    return take_hex(at, "public: ", id->pub, sizeof id->pub);
}

static bool take_cost(char **at, struct locked *k)
{
    const char *text = take_line(at, "argon2id: ");
    char *end;
    if (!text || *text < '0' || *text > '9')
        return false;
    unsigned long ops = strtoul(text, &end, 10);
    if (*end != ' ' || end[1] < '0' || end[1] > '9')
        return false;
    unsigned long mem = strtoul(end + 1, &end, 10);
    k->ops = (uint32_t)ops;
    k->mem_mib = (uint32_t)mem;
    return *end == '\0' && ops >= 1 && ops <= OPS_MAX && mem >= 1 && mem <= MEM_MAX_MIB;
}

static bool take_locked(char *text, struct locked *k)
{
    char *at = text + strlen(SECRET_HEAD);
    return strncmp(text, SECRET_HEAD, strlen(SECRET_HEAD)) == 0 && take_id(&at, &k->id) &&
           take_cost(&at, k) && take_hex(&at, "salt: ", k->salt, sizeof k->salt) &&
           take_hex(&at, "nonce: ", k->nonce, sizeof k->nonce) &&
           take_hex(&at, "box: ", k->box, sizeof k->box) && *at == '\0';
}

enum fb_status fb_key_load(const char *path, const void *pass, size_t npass, struct fb_sign_key *out,
                           struct fb_err *err)
{
    char text[FILE_MAX + 1];
    struct locked k;
    uint8_t lock[32];
    if (sodium_init() < 0)
        return fb_err_set(err, FB_ERR_IO, "libsodium cannot be started");
    FB_TRY(read_file(path, text, err));
    if (!take_locked(text, &k))
        return fail(err, FB_ERR_INPUT, path, "this is not a secret key, or it is damaged");
    out->id = k.id;
    if (!derive(&k, pass, npass, lock))
        return fb_err_nomem(err, "the passphrase");
    bool opened = crypto_secretbox_open_easy(out->sec, k.box, sizeof k.box, k.nonce, lock) == 0;
    sodium_memzero(lock, sizeof lock);
    if (!opened)
        return fail(err, FB_ERR_USAGE, path, "the passphrase does not open this key");
    /* The second half of libsodium's secret key is the public key. */
    if (memcmp(out->sec + 32, k.id.pub, FB_PUBLIC_LEN) == 0)
        return FB_OK;
    fb_key_wipe(out);
    return fail(err, FB_ERR_INPUT, path, "the public key in this file is not that of its secret key");
}

void fb_key_wipe(struct fb_sign_key *k)
{
    sodium_memzero(k, sizeof *k);
}

enum fb_status fb_public_key_load(const char *path, struct fb_public_key *out, struct fb_err *err)
{
    char text[FILE_MAX + 1];
    struct locked k;
    FB_TRY(read_file(path, text, err));
    char *at = text + strlen(PUBLIC_HEAD);
    if (strncmp(text, PUBLIC_HEAD, strlen(PUBLIC_HEAD)) == 0)
        return take_id(&at, out) && *at == '\0' ? FB_OK
                                                : fail(err, FB_ERR_INPUT, path, "this public key is damaged");
    if (!take_locked(text, &k))
        return fail(err, FB_ERR_INPUT, path, "this is not a key file");
    *out = k.id;
    return FB_OK;
}

void fb_key_sign(const struct fb_sign_key *k, const void *msg, size_t n, uint8_t sig[static FB_SIG_LEN])
{
    crypto_sign_detached(sig, NULL, msg, n, k->sec);
}

bool fb_key_verify(const uint8_t pub[static FB_PUBLIC_LEN], const void *msg, size_t n,
                   const uint8_t sig[static FB_SIG_LEN])
{
    return crypto_sign_verify_detached(sig, msg, n, pub) == 0;
}
