/* A case built again from its evidence with the recorded parameters, and compared with what it says. */
#ifndef FB_CLI_RERUN_H
#define FB_CLI_RERUN_H

#include "cli/evidence_find.h"
#include "cli/ingest_run.h"
#include "store/case.h"

/* One evidence file of the case and what lies there now. */
struct fb_rerun_evidence {
    struct fb_evidence known;
    char *path;   /* what was read; NULL when nothing was found */
    bool changed; /* it is not what the case was made of */
};

struct fb_rerun {
    struct fb_case *recorded;
    const struct fb_ingest_opts *how; /* threads, progress; the rest is as recorded */
    struct fb_rerun_evidence *ev;
    size_t nev;
    struct fb_case *rebuilt;
};

/* Finds the evidence. A file that was changed is used when there is no other, so that what differs can be
 * named; one that is missing is FB_ERR_NOTFOUND. */
enum fb_status fb_rerun_find(struct fb_rerun *r, const struct fb_evidence_find *how, struct fb_err *err);

/* Builds the case anew, in memory. A merged case is built from its runs and merged again. */
enum fb_status fb_rerun_build(struct fb_rerun *r, struct fb_err *err);

void fb_rerun_release(struct fb_rerun *r); /* not the recorded case */

/* The first place where two cases differ. */
struct fb_first_difference {
    bool any;
    uint64_t number; /* session */
    char uid[FB_UID_STRLEN];
    char table[40];  /* "": sessions; otherwise the record table, and `number` is 0 for a row of no session */
    uint64_t record; /* of the table, from 1 */
    char field[40];  /* "session" when only one case has it, "packets" for the packet index */
    struct fb_buf recorded, rebuilt; /* values as text, not escaped */
};
enum fb_status fb_cases_compare(struct fb_case *recorded, struct fb_case *rebuilt,
                                struct fb_first_difference *out, struct fb_err *err);
struct fb_rec_def;
/* One table of two runs (0: of facts): adds to a result in which nothing differs yet. */
enum fb_status fb_record_table_compare(struct fb_case *recorded, int64_t recorded_run,
                                       struct fb_case *rebuilt, int64_t rebuilt_run,
                                       const struct fb_rec_def *def, struct fb_first_difference *out,
                                       struct fb_err *err);
/* Tables of facts: adds to a result in which nothing differs yet. */
enum fb_status fb_records_compare(struct fb_case *recorded, struct fb_case *rebuilt,
                                  struct fb_first_difference *out, struct fb_err *err);
void fb_first_difference_init(struct fb_first_difference *d);
void fb_first_difference_release(struct fb_first_difference *d);

#endif
