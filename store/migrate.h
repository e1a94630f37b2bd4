/* Cases of older versions, brought into the present format on a copy. The case that is given is never
 * changed.
 *
 * A step turns the tables of one schema version into those of the next, in one transaction with the change of
 * the version number. What a step may not do is change what the case says: digests over logical rows must
 * hold afterwards, and are checked. */
#ifndef FB_STORE_MIGRATE_H
#define FB_STORE_MIGRATE_H

#include "store/custody.h"

#include <stddef.h>

struct sqlite3;

struct fb_migrate_step {
    int from; /* schema version that it starts at; it ends at from + 1 */
    const char *what;
    enum fb_status (*run)(struct sqlite3 *db, struct fb_err *err);
};

/* Migrates the case at `from` into a new file; `entry` goes into its custody log. FB_ERR_USAGE when `to`
 * exists or the case has this version already, FB_ERR_INPUT when there is no way from its version. A failure
 * leaves no file. `version` (may be NULL) gets the version that the case had. */
enum fb_status fb_case_migrate(const char *from, const char *to, const struct fb_custody_entry *entry,
                               int *version, struct fb_err *err);

/* The same with steps of the caller, ascending; for tests. */
enum fb_status fb_case_migrate_by(const char *from, const char *to, const struct fb_migrate_step *steps,
                                  size_t nsteps, const struct fb_custody_entry *entry, int *version,
                                  struct fb_err *err);

#endif
