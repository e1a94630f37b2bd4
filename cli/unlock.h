/* Keys for encrypted cases: options of every verb that reads a case, passphrases from a file or a terminal.
 * One thread. */
#ifndef FB_CLI_UNLOCK_H
#define FB_CLI_UNLOCK_H

#include "store/case.h"
#include "store/encrypt.h"

struct fb_unlock {
    const char *passphrase_file, *identity;
};

/* The entries of an option table that fill `u`. */
#define FB_UNLOCK_OPTIONS(u)                                                                                 \
    {0,                                                                                                      \
     "passphrase-file",                                                                                      \
     FB_OPT_TEXT,                                                                                            \
     &(u).passphrase_file,                                                                                   \
     "FILE",                                                                                                 \
     NULL,                                                                                                   \
     "first line: passphrase of an encrypted case (else the terminal is asked)"},                            \
    {                                                                                                        \
        0, "identity", FB_OPT_TEXT, &(u).identity, "FILE", NULL, "secret key that an encrypted case is for"  \
    }

/* A passphrase: the first line of u->passphrase_file, else FB_PASSPHRASE, else from the terminal, twice with
 * `confirm`. */
enum fb_status fb_unlock_passphrase(const struct fb_unlock *u, bool confirm,
                                    char out[static FB_ENC_PASSPHRASE_MAX + 1], struct fb_err *err);

/* Opens an encrypted case read-only, in memory. */
enum fb_status fb_unlock_open(const char *path, const struct fb_unlock *u, struct fb_case **out,
                              struct fb_err *err);

/* Decrypts into a new file. */
enum fb_status fb_unlock_to_file(const char *path, const struct fb_unlock *u, const char *to,
                                 struct fb_err *err);

#endif
