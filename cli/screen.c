#include "cli/screen.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l\033[H\033[2J"
#define LEAVE "\033[?25h\033[?1049l"

static volatile sig_atomic_t disturbed;
static const int fatal[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static void put(const char *p, size_t n)
{
    while (n) {
        ssize_t k = write(STDOUT_FILENO, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return;
        p += k;
        n -= (size_t)k;
    }
}

static void on_fatal(int sig)
{
    put(LEAVE, sizeof LEAVE - 1);
    signal(sig, SIG_DFL);
    raise(sig);
}

static void on_stop(int sig)
{
    int saved = errno;
    put(LEAVE, sizeof LEAVE - 1);
    (void)sig;
    raise(SIGSTOP);
    put(ENTER, sizeof ENTER - 1); /* here again after SIGCONT */
    disturbed = 1;
    errno = saved;
}

static void on_resize(int sig)
{
    (void)sig;
    disturbed = 1;
}

static void handle(int sig, void (*with)(int))
{
    struct sigaction sa = {.sa_handler = with}, old;
    sigemptyset(&sa.sa_mask);
    if (sigaction(sig, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction(sig, &sa, NULL);
}

void fb_screen_open(void)
{
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        handle(fatal[i], on_fatal);
    handle(SIGTSTP, on_stop);
    handle(SIGWINCH, on_resize);
    put(ENTER, sizeof ENTER - 1);
}

void fb_screen_close(void)
{
    put(LEAVE, sizeof LEAVE - 1);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        handle(fatal[i], SIG_DFL);
    handle(SIGTSTP, SIG_DFL);
    handle(SIGWINCH, SIG_DFL);
}

void fb_screen_size(size_t *rows, size_t *cols)
{
    struct winsize ws;
    bool told = ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0;
    *rows = told && ws.ws_row ? ws.ws_row : 24;
    *cols = told && ws.ws_col ? ws.ws_col : 80;
}

bool fb_screen_disturbed(void)
{
    bool was = disturbed != 0;
    disturbed = 0;
    return was;
}

void fb_screen_draw(const struct fb_buf *picture)
{
    struct fb_buf b;
    size_t rows, cols, row = 0;
    fb_screen_size(&rows, &cols);
    fb_buf_init(&b, (size_t)4 << 20);
    fb_buf_puts(&b, "\033[H");
    for (size_t at = 0; at < picture->len && row < rows; row++) {
        const uint8_t *line = picture->data + at, *end = memchr(line, '\n', picture->len - at);
        size_t n = end ? (size_t)(end - line) : picture->len - at;
        fb_buf_put(&b, line, n < cols ? n : cols);
        fb_buf_puts(&b, row + 1 < rows ? "\033[K\r\n" : "\033[K");
        at += n + 1;
    }
    fb_buf_puts(&b, "\033[J");
    if (!b.failed)
        put((const char *)b.data, b.len);
    fb_buf_release(&b);
}
