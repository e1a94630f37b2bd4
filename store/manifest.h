/* The manifest of a sealed case: what signatures sign (docs/case-format.md, "Manifest"). Not for other rooms.
 */
#ifndef FB_STORE_MANIFEST_H
#define FB_STORE_MANIFEST_H

#include "base/buf.h"
#include "base/digest.h"
#include "store/db.h"

/* The manifest of the database as it stands: canonical JSON of the three digests, the head of the custody
 * chain, one digest over the digests of all chunks, and one for each plain table. */
enum fb_status fb_manifest_build(sqlite3 *db, struct fb_buf *out, struct fb_err *err);

void fb_manifest_digest(const void *body, size_t n, struct fb_digest *out);

/* Over the rows of layer, note, tag and verdict, in a sidecar of signature, and of record_table for those
 * tables that belong to layers: what custody records bind. */
enum fb_status fb_layers_digest(sqlite3 *db, bool sidecar, struct fb_digest *out, struct fb_err *err);

/* Compares the stored manifest with the database. FB_ERR_VERIFY names the first member that differs. */
enum fb_status fb_manifest_check(sqlite3 *db, const char *body, size_t n, struct fb_err *err);

#endif
