/* The tables of a case and of a sidecar, statement by statement. A file that has anything else is refused.
 * Not for other rooms. */
#ifndef FB_STORE_SCHEMA_H
#define FB_STORE_SCHEMA_H

#include "store/db.h"

struct fb_schema_table {
    const char *name, *sql;
};

struct fb_schema {
    const char *what;                    /* "case", "sidecar": for messages */
    const struct fb_schema_table *table; /* ascending by name */
    size_t n;
};

extern const struct fb_schema fb_schema_case, fb_schema_sidecar;

enum fb_status fb_schema_create(sqlite3 *db, const struct fb_schema *s, struct fb_err *err);
/* FB_ERR_VERIFY when the database has any other table, index, view or trigger, or one of them differently. */
enum fb_status fb_schema_check(sqlite3 *db, const struct fb_schema *s, struct fb_err *err);

#endif
