/* Where the evidence of a case lies today, and whether it is still the same.
 *
 * A file is taken when its size and SHA-256 are those of the case. It is looked for at the recorded path,
 * beside the case by its name, and among what --evidence names. One thread. */
#ifndef FB_CLI_EVIDENCE_FIND_H
#define FB_CLI_EVIDENCE_FIND_H

#include "base/evidence.h"
#include "cli/options.h"

struct fb_evidence_find {
    const struct fb_opt_list *also; /* files and directories of --evidence */
    const char *case_path;          /* NULL for captures that were just read: then nothing is hashed again */
    bool trust;                     /* size alone decides */
    const char *const *taken;       /* files that stand for other evidence already; NULL: none */
    size_t ntaken;
};

/* `path` is allocated for the caller. FB_ERR_VERIFY when the file at the recorded path was changed and no
 * other fits, FB_ERR_NOTFOUND when there is none; both with a sentence. */
enum fb_status fb_evidence_find(const struct fb_evidence_find *how, const struct fb_evidence *known,
                                char **path, struct fb_err *err);

#endif
