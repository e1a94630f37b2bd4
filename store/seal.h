/* Sealing: the last custody record, a manifest, signatures, and a digest over every byte of the file. A
 * sealed case is mode 0444 and is never written again; what comes later goes to its sidecar (store/edit.h).
 *
 * The file digest stands in the file itself: table `seal` has one blob, 32 bytes of a marker and then a hole
 * that counts as zeros when the file is digested. The hole holds the digest and one signature for each row of
 * table `signature` (docs/case-format.md, "Seal"). So any byte that changes, be it in a page that nothing
 * uses, is noticed. */
#ifndef FB_STORE_SEAL_H
#define FB_STORE_SEAL_H

#include "store/custody.h"
#include "store/sign_key.h"

#define FB_SEAL_KEYS_MAX 16

struct fb_seal_opts {
    const struct fb_sign_key *const *key; /* who signs, at least one */
    size_t nkeys;
    const char *title, *examiner;         /* NULL: "" */
    const struct fb_custody_entry *entry; /* outputs are filled in here */
};

/* Checks the case, seals a copy, checks that, and puts it in place of the case in one step; a failure leaves
 * the case as it was. FB_ERR_USAGE: it is sealed already, or incomplete. */
enum fb_status fb_seal(const char *case_path, const struct fb_seal_opts *o, struct fb_err *err);

/* One more signature under a sealed case; it goes to the sidecar. FB_ERR_USAGE when this key has signed
 * already. */
enum fb_status fb_seal_sign_again(const char *case_path, const struct fb_sign_key *key,
                                  const struct fb_custody_entry *entry, struct fb_err *err);

#endif
