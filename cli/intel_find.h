/* Where the intelligence pack lies: --intel PATH, else $FB_INTEL, else intel.fbpack in
 * $XDG_DATA_HOME/fbforensics (by default ~/.local/share), /usr/local/share/fbforensics and
 * /usr/share/fbforensics, whichever is there first. "none" turns everything off. */
#ifndef FB_CLI_INTEL_FIND_H
#define FB_CLI_INTEL_FIND_H

#include "base/err.h"
#include "intel/packs/intel.h"

#include <limits.h>

#define FB_OPT_INTEL(var)                                                                                    \
    {                                                                                                        \
        0, "intel", FB_OPT_TEXT, &(var), "PACK", NULL,                                                       \
            "the intelligence pack (default: $FB_INTEL, else the installed one); none: do not use any"       \
    }

/* Writes the path; "" when there is no pack. False when packs are turned off. `given` may be NULL. */
bool fb_intel_find(const char *given, char path[static PATH_MAX]);

/* Where `intel install` writes without --pack: $FB_INTEL, else the user's own directory. False when neither
 * is known. */
bool fb_intel_home(char path[static PATH_MAX]);

/* Finds and opens. *out stays NULL when packs are turned off; what is built in is there also without a pack.
 * `path` as fb_intel_find fills it. */
enum fb_status fb_intel_find_open(const char *given, char path[static PATH_MAX], struct fb_intel **out,
                                  struct fb_err *err);

#endif
