/* conn.log rows as Zeek writes them (field names, unset rules, microseconds). One thread. */
#ifndef FB_CLI_ZEEK_H
#define FB_CLI_ZEEK_H

#include "cli/fields.h"

/* One JSON object and a newline; unset fields are left out, as Zeek's JSON writer does. */
void fb_zeek_put_json(struct fb_buf *out, const struct fb_row *row);

/* The header of the TSV form, one row, and the last line. The times of #open and #close are those of the
 * first and last packet, so that the same evidence gives the same bytes. */
void fb_zeek_put_tsv_header(struct fb_buf *out, int64_t first_ts_ns);
void fb_zeek_put_tsv(struct fb_buf *out, const struct fb_row *row);
void fb_zeek_put_tsv_footer(struct fb_buf *out, int64_t last_ts_ns);

#endif
