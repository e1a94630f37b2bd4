#include "cli/unlock.h"

#include "cli/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium/utils.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define PASS_MAX FB_ENC_PASSPHRASE_MAX

/* One line, without its end. -1: no line, or one that is too long. Byte by byte: nothing behind it is taken.
 */
static ssize_t read_line(int fd, char out[static PASS_MAX + 1])
{
    size_t n = 0;
    for (;;) {
        char ch;
        ssize_t r = read(fd, &ch, 1);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0 || ch == '\n')
            break;
        if (n == PASS_MAX)
            return -1;
        out[n++] = ch;
    }
    if (n && out[n - 1] == '\r')
        n--;
    out[n] = '\0';
    return n && strlen(out) == n ? (ssize_t)n : -1;
}

static enum fb_status from_file(const char *path, char out[static PASS_MAX + 1], struct fb_err *err)
{
    struct stat sb;
    int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fb_err_set(err, FB_ERR_INPUT, "%s: %s", path, strerror(errno));
    /* A pipe from a password manager will do; wait for it. */
    bool usable =
        fstat(fd, &sb) == 0 && (S_ISREG(sb.st_mode) || S_ISFIFO(sb.st_mode)) && fcntl(fd, F_SETFL, 0) == 0;
    ssize_t n = usable ? read_line(fd, out) : -1;
    close(fd);
    return n > 0
               ? FB_OK
               : fb_err_set(err, FB_ERR_INPUT, "%s: expected a first line of 1 to %d bytes", path, PASS_MAX);
}

static bool ask_line(int tty, const char *prompt, char out[static PASS_MAX + 1])
{
    struct termios old, quiet;
    if (tcgetattr(tty, &old) != 0)
        return false;
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    bool good = write(tty, prompt, strlen(prompt)) > 0 && tcsetattr(tty, TCSAFLUSH, &quiet) == 0;
    good = good && read_line(tty, out) > 0;
    tcsetattr(tty, TCSAFLUSH, &old);
    return write(tty, "\n", 1) == 1 && good;
}

static enum fb_status from_terminal(bool confirm, char out[static PASS_MAX + 1], struct fb_err *err)
{
    char again[PASS_MAX + 1];
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (tty < 0)
        return fb_err_set(err, FB_ERR_USAGE,
                          "a passphrase is needed and there is no terminal: give --passphrase-file");
    enum fb_status st = FB_OK;
    if (!ask_line(tty, "passphrase: ", out))
        st = fb_err_set(err, FB_ERR_USAGE, "no passphrase was given");
    else if (confirm && (!ask_line(tty, "once more: ", again) || strcmp(out, again) != 0))
        st = fb_err_set(err, FB_ERR_USAGE, "the passphrases differ");
    sodium_memzero(again, sizeof again);
    close(tty);
    return st;
}

enum fb_status fb_unlock_passphrase(const struct fb_unlock *u, bool confirm,
                                    char out[static FB_ENC_PASSPHRASE_MAX + 1], struct fb_err *err)
{
    return u->passphrase_file ? from_file(u->passphrase_file, out, err) : from_terminal(confirm, out, err);
}

static enum fb_status ask(void *ctx, char out[static FB_ENC_PASSPHRASE_MAX + 1], struct fb_err *err)
{
    return fb_unlock_passphrase(ctx, false, out, err);
}

/* What was given, as the store wants it; `secret` is room for the key. */
static enum fb_status keys_of(const struct fb_unlock *u, uint8_t secret[static FB_KEYFILE_BYTES],
                              struct fb_enc_from *out, struct fb_err *err)
{
    *out = (struct fb_enc_from){.ask = ask, .ctx = (void *)(uintptr_t)u};
    if (!u->identity)
        return FB_OK;
    FB_TRY(fb_keyfile_read(u->identity, FB_KEYFILE_SECRET, secret, err));
    out->secret = secret;
    if (!u->passphrase_file)
        out->ask = NULL; /* a key was given: a wrong one is an error, not a question */
    return FB_OK;
}

enum fb_status fb_unlock_open(const char *path, const struct fb_unlock *u, struct fb_case **out,
                              struct fb_err *err)
{
    uint8_t secret[FB_KEYFILE_BYTES], *bytes = NULL;
    struct fb_enc_from keys;
    size_t n = 0;
    enum fb_status st = keys_of(u, secret, &keys, err);
    if (st == FB_OK)
        st = fb_decrypt_memory(path, &keys, &bytes, &n, err);
    sodium_memzero(secret, sizeof secret);
    return st == FB_OK ? fb_case_open_memory(bytes, n, path, out, err) : st;
}

enum fb_status fb_unlock_to_file(const char *path, const struct fb_unlock *u, const char *to,
                                 struct fb_err *err)
{
    uint8_t secret[FB_KEYFILE_BYTES];
    struct fb_enc_from keys;
    enum fb_status st = keys_of(u, secret, &keys, err);
    if (st == FB_OK)
        st = fb_decrypt_file(path, to, &keys, err);
    sodium_memzero(secret, sizeof secret);
    return st;
}
