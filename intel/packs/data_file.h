/* A data set's file as bytes in memory: regular files only, plain or packed by gzip, up to a ceiling. The
 * caller owns `data` and may change it. One thread. */
#ifndef FB_INTEL_DATA_FILE_H
#define FB_INTEL_DATA_FILE_H

#include "base/err.h"

#include <stddef.h>

#define FB_DATA_FILE_MAX ((size_t)1 << 30) /* bytes, also after unpacking */

struct fb_data_file {
    uint8_t *data; /* n bytes and a NUL that is not counted */
    size_t n;
    uint8_t sha256[32]; /* of the file as it lies on disk */
};

enum fb_status fb_data_file_read(const char *path, struct fb_data_file *out, struct fb_err *err);
void fb_data_file_release(struct fb_data_file *f); /* accepts a zeroed one */

#endif
