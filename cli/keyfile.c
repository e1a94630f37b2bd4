#include "cli/keyfile.h"

#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium/utils.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX 256 /* bytes that a key file can have */

static const struct {
    const char *head, *what;
    mode_t mode;
} KIND[] = {
    [FB_KEYFILE_PSEUDONYM] = {"fbforensics-pseudonym-key-1", "a pseudonym key", 0600},
    [FB_KEYFILE_SECRET] = {"fbforensics-x25519-secret-1", "a secret key", 0600},
    [FB_KEYFILE_PUBLIC] = {"fbforensics-x25519-public-1", "a public key", 0644},
};

enum fb_status fb_keyfile_write(const char *path, enum fb_keyfile_kind kind,
                                const uint8_t key[static FB_KEYFILE_BYTES], struct fb_err *err)
{
    char text[FILE_MAX], hex[2 * FB_KEYFILE_BYTES + 1];
    fb_hex(key, FB_KEYFILE_BYTES, hex);
    int n = snprintf(text, sizeof text, "%s\n%s\n", KIND[kind].head, hex);
    enum fb_status st = FB_OK;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, KIND[kind].mode);
    if (fd < 0) {
        st = errno == EEXIST ? fb_err_set(err, FB_ERR_USAGE, "%s: exists; a key is not written over", path)
                             : fb_err_set(err, FB_ERR_IO, "%s: %s", path, strerror(errno));
    } else {
        if (write(fd, text, (size_t)n) != n || fsync(fd) != 0)
            st = fb_err_set(err, FB_ERR_IO, "%s: %s", path, strerror(errno));
        if (close(fd) != 0 && st == FB_OK)
            st = fb_err_set(err, FB_ERR_IO, "%s: %s", path, strerror(errno));
        if (st != FB_OK)
            unlink(path);
    }
    sodium_memzero(text, sizeof text);
    sodium_memzero(hex, sizeof hex);
    return st;
}

bool fb_keyfile_parse_hex(const char *text, uint8_t key[static FB_KEYFILE_BYTES])
{
    size_t n = 0;
    return strlen(text) == 2 * FB_KEYFILE_BYTES &&
           sodium_hex2bin(key, FB_KEYFILE_BYTES, text, 2 * FB_KEYFILE_BYTES, NULL, &n, NULL) == 0 &&
           n == FB_KEYFILE_BYTES;
}

/* Head, line end, digits, perhaps a line end. */
static bool parse(char *text, size_t n, enum fb_keyfile_kind kind, uint8_t *key)
{
    size_t head = strlen(KIND[kind].head);
    if (n && text[n - 1] == '\n')
        text[--n] = '\0';
    return n > head && memcmp(text, KIND[kind].head, head) == 0 && text[head] == '\n' &&
           fb_keyfile_parse_hex(text + head + 1, key);
}

enum fb_status fb_keyfile_read(const char *path, enum fb_keyfile_kind kind,
                               uint8_t key[static FB_KEYFILE_BYTES], struct fb_err *err)
{
    char text[FILE_MAX + 1] = "";
    struct stat sb;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return fb_err_set(err, FB_ERR_INPUT, "%s: %s", path, strerror(errno));
    bool regular = fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) && sb.st_size <= FILE_MAX;
    ssize_t n = regular ? read(fd, text, FILE_MAX) : -1;
    close(fd);
    bool good = n > 0 && parse(text, (size_t)n, kind, key);
    sodium_memzero(text, sizeof text);
    return good ? FB_OK
                : fb_err_set(err, FB_ERR_INPUT, "%s: this is not %s; it starts with the line %s", path,
                             KIND[kind].what, KIND[kind].head);
}
