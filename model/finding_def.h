/* How findings are kept in a case: one row a finding, worst first (docs/case-format.md). Static data. */
#ifndef FB_MODEL_FINDING_DEF_H
#define FB_MODEL_FINDING_DEF_H

#include "base/record.h"

/* Columns, in the order of the row. Stored in cases: new ones only at the end. */
enum fb_finding_col {
    FB_FINDING_RANK,       /* INT, from 1 */
    FB_FINDING_SEVERITY,   /* INT, 1..100 */
    FB_FINDING_CONFIDENCE, /* INT, 1..100 */
    FB_FINDING_KIND,       /* TEXT, fb_finding_kind_name */
    FB_FINDING_HOSTS,      /* LIST of addresses as text; the one that acts first */
    FB_FINDING_TARGETS,    /* INT, hosts at the other end, listed or not */
    FB_FINDING_PROTO,      /* TEXT, null: several */
    FB_FINDING_PORT,       /* INT, null: several or none */
    FB_FINDING_SERVICE,    /* TEXT, null: unknown */
    FB_FINDING_SUBJECT,    /* TEXT, a name or the culprit features; null: none */
    FB_FINDING_SESSIONS,   /* INT, how many */
    FB_FINDING_EVIDENCE,   /* LIST of session numbers as decimal text, the first ones */
    FB_FINDING_FIRST,      /* TIME */
    FB_FINDING_LAST,       /* TIME */
    FB_FINDING_REASON,     /* TEXT */
    FB_FINDING_NEXT,       /* TEXT, the command to type next, with CASE where the case stands */
    FB_FINDING_ALSO,       /* LIST of the kinds that the same sessions would be findings of; may be empty */
    FB_FINDING_NCOLS
};

extern const struct fb_rec_def fb_finding_def;

#endif
