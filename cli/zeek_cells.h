/* Cells of Zeek's logs (TSV), for those that are made of record tables. */
#ifndef FB_CLI_ZEEK_CELLS_H
#define FB_CLI_ZEEK_CELLS_H

#include "base/buf.h"
#include "base/record.h"
#include "replay/session.h"

#define FB_ZEEK_HEAD "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"

int64_t fb_zeek_us(int64_t ns); /* Zeek sees microseconds, cut towards the past */
void fb_zeek_seconds(struct fb_buf *b, int64_t us);
void fb_zeek_int(struct fb_buf *b, const struct fb_rec_cell *c);
void fb_zeek_bool(struct fb_buf *b, bool v);
/* Raw bytes; inside a vector or set a comma is escaped as well. */
void fb_zeek_item(struct fb_buf *b, struct fb_span s, bool in_vector);
void fb_zeek_text(struct fb_buf *b, const struct fb_rec_cell *c); /* the root "." is empty */
/* A tab, then uid, addresses, ports and protocol; without the protocol when `proto` is NULL. Ends with a tab.
 */
void fb_zeek_id(struct fb_buf *b, const struct fb_session *s, const char *proto);

#endif
