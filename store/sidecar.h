/* The sidecar of a sealed case, NAME.fbnotes beside NAME.fbcase: what was written after sealing. It names its
 * case by the digest of the manifest, and its own custody chain starts from the chain head of the case
 * (docs/case-format.md, "Sidecar"). Not for other rooms. */
#ifndef FB_STORE_SIDECAR_H
#define FB_STORE_SIDECAR_H

#include "store/db.h"
#include "store/seal_impl.h"

#define FB_SIDECAR_APPLICATION_ID 0x4642434e /* "FBCN" */
#define FB_SIDECAR_SCHEMA_VERSION 2
#define FB_SIDECAR_BYTES_MAX      ((int64_t)4 << 30)
#define FB_SIDECAR_NOTES_MAX      ((size_t)64 << 20) /* bytes of layers, notes, tags and verdicts together */

/* Where the sidecar of a case lies; allocated. NULL when memory ran out. */
char *fb_sidecar_path(const char *case_path);

/* Opens read-only with every check. `seal` NULL: the case is not sealed, so that any sidecar is a stranger's.
 * FB_ERR_NOTFOUND: there is none. FB_ERR_VERIFY: it belongs to another case, or was altered. */
enum fb_status fb_sidecar_open(const char *case_path, const struct fb_seal_state *seal, sqlite3 **out,
                               struct fb_err *err);

/* Opens for writing, inside a transaction that the caller ends; made when there is none. */
enum fb_status fb_sidecar_open_write(const char *case_path, const struct fb_seal_state *seal, sqlite3 **out,
                                     struct fb_err *err);

#endif
