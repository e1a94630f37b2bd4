/* Errors as values.
 *
 * Every call that can fail returns an fb_status and, where the cause is worth a sentence, fills the fb_err it
 * was given at the point of failure. Three classes never mix: damage in the input (counted, located, work
 * goes on: see evidence.h), failure of the environment or the request (a status), and a programming error
 * (FB_BUG, which aborts with exit code 70). Nothing here is shared between threads. */
#ifndef FB_BASE_ERR_H
#define FB_BASE_ERR_H

#include <stdbool.h>
#include <stdint.h>

/* The numbers are part of the interface and never change meaning. 2..5 equal the exit codes of the program.
 */
enum fb_status {
    FB_OK = 0,
    FB_EOF = 1,           /* no more; not an error */
    FB_ERR_USAGE = 2,     /* the caller asked for something that does not exist */
    FB_ERR_DAMAGED = 3,   /* input is damaged but part of it was used */
    FB_ERR_INPUT = 4,     /* input is not usable at all */
    FB_ERR_VERIFY = 5,    /* a digest, chain or signature does not hold */
    FB_ERR_NOMEM = 10,    /* allocation failed */
    FB_ERR_IO = 11,       /* a system call on a file failed */
    FB_ERR_LIMIT = 12,    /* a stated ceiling was reached */
    FB_ERR_NOTFOUND = 13, /* the thing asked for is not there */
    FB_ERR_DB = 14,       /* SQLite reported an error */
    FB_ERR_NEWER = 15,    /* written by a newer version of this program */
};

#define FB_ERR_MSG_MAX 384

/* One error. `msg` is a whole sentence without a trailing newline: what was found, what was expected, and
 * where it helps what to try. Names taken from input are already escaped in it. */
struct fb_err {
    enum fb_status status;
    char msg[FB_ERR_MSG_MAX];
};

/* Fills `err` (may be NULL) and returns `status`, so that `return fb_err_set(err, FB_ERR_IO, ...)` reads
 * well. */
enum fb_status fb_err_set(struct fb_err *err, enum fb_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of the message of `err`; keeps its status, which it returns. */
enum fb_status fb_err_wrap(struct fb_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Message and status for an allocation that failed. */
enum fb_status fb_err_nomem(struct fb_err *err, const char *what);

/* The program's exit code for a status: 0, 2..5 as they are, environment failures 4, the rest 70. */
int fb_status_exit_code(enum fb_status status);

#define FB_TRY(expr)                                                                                         \
    do {                                                                                                     \
        enum fb_status fb_try_st_ = (expr);                                                                  \
        if (fb_try_st_ != FB_OK)                                                                             \
            return fb_try_st_;                                                                               \
    } while (0)

/* A broken invariant of this program, never of its input. Stays on in release builds. */
#define FB_BUG(cond)                                                                                         \
    do {                                                                                                     \
        if (__builtin_expect(!!(cond), 0))                                                                   \
            fb_bug(#cond, __FILE__, __LINE__);                                                               \
    } while (0)
_Noreturn void fb_bug(const char *cond, const char *file, int line);

#endif
