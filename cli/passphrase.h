/* Passphrases: from a file, from FB_PASSPHRASE, or from the terminal without echo. One thread. */
#ifndef FB_CLI_PASSPHRASE_H
#define FB_CLI_PASSPHRASE_H

#include "base/err.h"

#include <stddef.h>

#define FB_PASSPHRASE_MAX 1024 /* bytes */

struct fb_passphrase {
    char text[FB_PASSPHRASE_MAX + 1];
    size_t n;
};

/* `file` NULL: the variable, then the terminal, where `prompt` is shown; `twice` asks again and compares. Of
 * a file the first line counts. */
enum fb_status fb_passphrase_get(const char *file, const char *prompt, bool twice, struct fb_passphrase *out,
                                 struct fb_err *err);
void fb_passphrase_wipe(struct fb_passphrase *p);

#endif
