/* Verification of a case: structure, chunks, digests, custody chain, manifest, every byte of a sealed file,
 * signatures, sidecar. The evidence itself is compared by the caller, who knows where it lies. */
#ifndef FB_STORE_VERIFY_H
#define FB_STORE_VERIFY_H

#include "store/case.h"
#include "store/sign_key.h"

enum fb_check_state { FB_CHECK_OK, FB_CHECK_FAILED, FB_CHECK_SKIPPED };

/* One thing checked: `name` is a word of this list, in this order: structure, complete, database, chunks,
 * numbers, digests, chain, manifest, file, signature (once for each), sidecar. `text` says what was found;
 * control characters in it are already visible. */
typedef void (*fb_verify_report)(void *ctx, const char *name, enum fb_check_state state, const char *text);

struct fb_verify_opts {
    const struct fb_public_key *key; /* known keys; a signature by any other is valid at most as "unknown" */
    size_t nkeys;
    struct fb_case
        *in_memory; /* an encrypted case that was opened; NULL: the file at `case_path`. Borrowed */
    bool quick;     /* bytes against their digests, but no row is decoded and digested again */
};

/* Reports everything that can be checked, also behind what does not hold. FB_OK: all of it holds;
 * FB_ERR_DAMAGED: what there is holds, but the case is incomplete; FB_ERR_VERIFY with the first broken link
 * in `err`; another status when nothing could be checked (no such file). With keys given, at least one
 * signature must be by each of them. */
enum fb_status fb_verify(const char *case_path, const struct fb_verify_opts *o, fb_verify_report report,
                         void *ctx, struct fb_err *err);

#endif
