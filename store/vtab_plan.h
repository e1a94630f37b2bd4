/* Planning for the SQL table `sessions`: what of a WHERE clause goes down to the chunks, and how it comes
 * back as a scan. */
#ifndef FB_STORE_VTAB_PLAN_H
#define FB_STORE_VTAB_PLAN_H

#include "store/vtab_scan.h"

/* xBestIndex. `total` sessions in the case. */
int fb_plan_best_index(sqlite3_index_info *info, uint64_t total);

/* Turns the plan string and its values into a scan that was initialised. SQLITE_OK, or SQLITE_NOMEM.
 * `ip_text` gets a copy of the text that `ip` was compared with, if it was compared with one text. */
int fb_plan_apply(const char *plan, int argc, sqlite3_value **argv, struct fb_scan *scan);

#endif
