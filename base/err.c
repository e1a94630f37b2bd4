#include "base/err.h"

#include <stdarg.h>
#include <unistd.h>

enum fb_status fb_err_set(struct fb_err *err, enum fb_status status, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(err->msg, sizeof err->msg, fmt, ap);
        va_end(ap);
        err->status = status;
    }
    return status;
}

enum fb_status fb_err_wrap(struct fb_err *err, const char *fmt, ...)
{
    if (!err)
        return FB_ERR_IO;
    char old[FB_ERR_MSG_MAX];
    memcpy(old, err->msg, sizeof old);
    old[sizeof old - 1] = '\0';
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n + 3 > sizeof err->msg)
        return err->status;
    size_t room = sizeof err->msg - (size_t)n - 3, len = strnlen(old, room);
    memcpy(err->msg + n, ": ", 2);
    memcpy(err->msg + n + 2, old, len);
    err->msg[(size_t)n + 2 + len] = '\0';
    return err->status;
}

enum fb_status fb_err_nomem(struct fb_err *err, const char *what)
{
    return fb_err_set(err, FB_ERR_NOMEM, "out of memory for %s", what);
}

int fb_status_exit_code(enum fb_status status)
{
    switch (status) {
    case FB_OK:
    case FB_EOF:
        return 0;
    case FB_ERR_USAGE:
        return 2;
    case FB_ERR_DAMAGED:
        return 3;
    case FB_ERR_VERIFY:
        return 5;
    case FB_ERR_INPUT:
    case FB_ERR_IO:
    case FB_ERR_DB:
    case FB_ERR_LIMIT:
    case FB_ERR_NOTFOUND:
    case FB_ERR_NEWER:
        return 4;
    case FB_ERR_NOMEM:
        break;
    }
    return 70;
}

_Noreturn void fb_bug(const char *cond, const char *file, int line)
{
    fprintf(stderr, "fbforensics: internal error: %s at %s:%d; please report this\n", cond, file, line);
    fflush(NULL);
    _exit(70);
}
