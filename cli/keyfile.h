/* Small key files: a first line that says which kind of key it is, a second one with 32 bytes in hexadecimal.
 * Secret ones are made with mode 0600. One thread. */
#ifndef FB_CLI_KEYFILE_H
#define FB_CLI_KEYFILE_H

#include "base/err.h"

#define FB_KEYFILE_BYTES 32

enum fb_keyfile_kind { FB_KEYFILE_PSEUDONYM, FB_KEYFILE_SECRET, FB_KEYFILE_PUBLIC };

/* Writes a new file; FB_ERR_USAGE when it exists. */
enum fb_status fb_keyfile_write(const char *path, enum fb_keyfile_kind kind,
                                const uint8_t key[static FB_KEYFILE_BYTES], struct fb_err *err);

/* FB_ERR_INPUT when the file is not there or holds something else. */
enum fb_status fb_keyfile_read(const char *path, enum fb_keyfile_kind kind,
                               uint8_t key[static FB_KEYFILE_BYTES], struct fb_err *err);

/* Exactly 64 hexadecimal digits. */
bool fb_keyfile_parse_hex(const char *text, uint8_t key[static FB_KEYFILE_BYTES]);

#endif
