/* Versions of this program and of the libraries that it runs with. */
#ifndef FB_CLI_VERSIONS_H
#define FB_CLI_VERSIONS_H

#include <stddef.h>

struct fb_lib_version {
    const char *name, *version; /* static, or owned by the library */
};

/* The i-th library; false past the last. */
int fb_lib_version(size_t i, struct fb_lib_version *out);

#endif
