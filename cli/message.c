#include "cli/message.h"

#include "base/escape.h"
#include "base/utf8.h"

#include <limits.h>
#include <stdarg.h>

void fb_cli_put_visible(struct fb_buf *out, const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n;) {
        uint32_t cp = 0;
        unsigned len = fb_utf8_decode((const uint8_t *)text + i, n - i, &cp);
        size_t step = len ? len : 1;
        if (len == 0 || fb_utf8_is_control(cp))
            fb_escape_term(out, text + i, step);
        else
            fb_buf_put(out, text + i, step);
        i += step;
    }
}

/* Without memory: what a terminal might act on becomes a question mark. */
static void put_line_plain(FILE *f, const char *text)
{
    for (; *text; text++)
        fputc(*text >= ' ' && *text <= '~' ? *text : '?', f);
    fputc('\n', f);
}

static void put_visible_line(FILE *f, const char *before, const char *text)
{
    struct fb_buf b;
    fb_buf_init(&b, 65536);
    fb_buf_puts(&b, before);
    fb_cli_put_visible(&b, text);
    fb_buf_putc(&b, '\n');
    if (b.failed)
        put_line_plain(f, text);
    else
        fwrite(b.data, 1, b.len, f);
    fb_buf_release(&b);
}

static void put_line(const char *text)
{
    put_visible_line(stderr, "fbforensics: ", text);
}

__attribute__((format(printf, 2, 0))) static void say(const char *prefix, const char *fmt, va_list ap,
                                                      const char *suffix)
{
    char text[2048];
    int n = snprintf(text, sizeof text, "%s", prefix);
    size_t at = n < 0 ? 0 : (size_t)n;
    n = vsnprintf(text + at, sizeof text - at, fmt, ap);
    if (n > 0)
        at = at + (size_t)n < sizeof text ? at + (size_t)n : sizeof text - 1;
    snprintf(text + at, sizeof text - at, "%s", suffix);
    put_line(text);
}

void fb_cli_say(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say("", fmt, ap, "");
    va_end(ap);
}

void fb_cli_tell(const char *fmt, ...)
{
    char text[2 * PATH_MAX + 256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    put_visible_line(stdout, "", text);
}

int fb_cli_usage(const char *verb, const char *fmt, ...)
{
    char prefix[64] = "", suffix[96];
    if (verb)
        snprintf(prefix, sizeof prefix, "%s: ", verb);
    snprintf(suffix, sizeof suffix, "; see: fbforensics %s%s--help", verb ? verb : "", verb ? " " : "");
    va_list ap;
    va_start(ap, fmt);
    say(prefix, fmt, ap, suffix);
    va_end(ap);
    return FB_EXIT_USAGE;
}

int fb_cli_fail(const struct fb_err *err)
{
    put_line(err->msg[0] ? err->msg : "it failed, and nothing is known of why");
    return fb_status_exit_code(err->status);
}
