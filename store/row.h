/* The canonical row: one session as bytes, independent of how chunks are encoded (docs/case-format.md,
 * "Canonical row").
 *
 * It is what digests are computed over, and also how rows wait in memory and in spilled pieces. Strings stand
 * in it with their NUL, so a row that was read back borrows them from the bytes. */
#ifndef FB_STORE_ROW_H
#define FB_STORE_ROW_H

#include "base/buf.h"
#include "base/cursor.h"
#include "replay/session.h"

#define FB_ROW_TEXT_MAX    4096u /* bytes of service, history or tunnel path */
#define FB_ROW_PARENTS_MAX 4096u /* outer sessions */

/* Appends the digested part of a row, then the part outside the case digest (first ordinal, packet count).
 * `digested` (may be NULL) gets the length of the first part. False when a string or list is longer than the
 * format allows. */
bool fb_row_put(struct fb_buf *out, const struct fb_session *s, size_t *digested);

/* Reads one row. `parents` has room for FB_ROW_PARENTS_MAX numbers. s->number is left alone. `digested` as
 * above. */
bool fb_row_get(struct fb_cur *c, struct fb_session *s, uint64_t *parents, size_t *digested);

#endif
