/* One-line messages: "fbforensics: ..." on stderr, results of a few words on standard output. Exit codes of
 * the program. Nothing is owned; one thread. */
#ifndef FB_CLI_MESSAGE_H
#define FB_CLI_MESSAGE_H

#include "base/buf.h"
#include "base/err.h"

enum fb_exit {
    FB_EXIT_OK = 0,
    FB_EXIT_FINDINGS = 1, /* findings at or above --fail-on */
    FB_EXIT_USAGE = 2,
    FB_EXIT_DAMAGED = 3, /* evidence damaged but usable */
    FB_EXIT_INPUT = 4,   /* input unusable */
    FB_EXIT_VERIFY = 5,
    FB_EXIT_INTERNAL = 70,
};

/* Text that is escaped for a terminal already, or claims to be: what a terminal would act on becomes visible,
 * backslashes stay as they are. */
void fb_cli_put_visible(struct fb_buf *out, const char *text);

/* Prints the line; control characters in what the format put together are made visible. */
void fb_cli_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same on standard output, without the name of the program in front: the result of a verb in a line. */
void fb_cli_tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints as fb_cli_say does, and returns FB_EXIT_USAGE. `verb` NULL: of the program; ends with where help is.
 */
int fb_cli_usage(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints the error and returns its exit code. */
int fb_cli_fail(const struct fb_err *err);

#endif
