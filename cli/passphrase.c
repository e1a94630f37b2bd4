#include "cli/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium/utils.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

void fb_passphrase_wipe(struct fb_passphrase *p)
{
    sodium_memzero(p, sizeof *p);
}

/* Reads up to the end of the line or of the file. */
static bool read_line(int fd, struct fb_passphrase *out)
{
    char c;
    ssize_t got;
    out->n = 0;
    for (;;) {
        got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || c == '\n')
            break;
        if (c == '\0' || out->n == sizeof out->text - 1)
            return false;
        out->text[out->n++] = c;
    }
    if (out->n && out->text[out->n - 1] == '\r')
        out->n--;
    out->text[out->n] = '\0';
    return got >= 0 && out->n > 0;
}

static enum fb_status from_file(const char *path, struct fb_passphrase *out, struct fb_err *err)
{
    struct stat sb;
    int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fb_err_set(err, FB_ERR_INPUT, "%s: %s", path, strerror(errno));
    /* A pipe from a password manager will do; wait for it. */
    bool ok = fstat(fd, &sb) == 0 && (S_ISREG(sb.st_mode) || S_ISFIFO(sb.st_mode)) &&
              fcntl(fd, F_SETFL, 0) == 0 && read_line(fd, out);
    close(fd);
    return ok ? FB_OK
              : fb_err_set(err, FB_ERR_INPUT, "%s: the first line should be a passphrase of 1 to %d bytes",
                           path, FB_PASSPHRASE_MAX);
}

static bool say(int fd, const char *text)
{
    return write(fd, text, strlen(text)) >= 0;
}

static bool ask(int tty, const char *prompt, struct fb_passphrase *out)
{
    struct termios before, quiet;
    if (tcgetattr(tty, &before) != 0)
        return false;
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    quiet.c_lflag |= ECHONL;
    if (tcsetattr(tty, TCSAFLUSH, &quiet) != 0)
        return false;
    bool ok = say(tty, prompt) && read_line(tty, out);
    tcsetattr(tty, TCSAFLUSH, &before);
    return ok;
}

static enum fb_status from_terminal(const char *prompt, bool twice, struct fb_passphrase *out,
                                    struct fb_err *err)
{
    struct fb_passphrase again = {.n = 0};
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0)
        return fb_err_set(
            err, FB_ERR_USAGE,
            "a passphrase is needed and there is no terminal: use --passphrase-file or FB_PASSPHRASE");
    enum fb_status st = FB_OK;
    if (!ask(tty, prompt, out))
        st = fb_err_set(err, FB_ERR_USAGE, "no passphrase was given");
    else if (twice && (!ask(tty, "the same again: ", &again) || again.n != out->n ||
                       sodium_memcmp(again.text, out->text, out->n) != 0))
        st = fb_err_set(err, FB_ERR_USAGE, "the two passphrases differ");
    fb_passphrase_wipe(&again);
    close(tty);
    return st;
}

enum fb_status fb_passphrase_get(const char *file, const char *prompt, bool twice, struct fb_passphrase *out,
                                 struct fb_err *err)
{
    if (file)
        return from_file(file, out, err);
    const char *env = getenv("FB_PASSPHRASE");
    if (!env)
        return from_terminal(prompt, twice, out, err);
    out->n = strlen(env);
    if (out->n == 0 || out->n >= sizeof out->text)
        return fb_err_set(err, FB_ERR_USAGE, "FB_PASSPHRASE should have 1 to %d bytes", FB_PASSPHRASE_MAX);
    memcpy(out->text, env, out->n + 1);
    return FB_OK;
}
