/* Cases of one analysis into one.
 *
 * The sessions of all inputs are merged by the time of their first packets (ties: evidence order, then
 * number) and numbered anew; a session that only the end of its own evidence had ended gets the end that the
 * other evidence shows it to have had. Evidence counts once, by SHA-256. The packet index keeps the order
 * that packets had in their own case; the cases follow each other by the time of their first packet. Tables
 * of facts are merged by time; layers are not taken along. Memory does not grow with the number of sessions,
 * but with those that were open at the end of a case, and when there are facts with how often the inputs
 * interleave. One thread.
 */
#ifndef FB_STORE_JOIN_H
#define FB_STORE_JOIN_H

#include "store/custody.h"

#define FB_JOIN_CASES_MAX    256
#define FB_JOIN_EXAMPLES     10
#define FB_JOIN_SLACK_NS     1000000000LL /* that the clocks of two sensors may differ */
#define FB_JOIN_ACTIVE_MAX   (1u << 22)   /* sessions watched for a second sight of them */
#define FB_JOIN_PARAMS_DEPTH 8            /* merged cases inside merged cases */

/* Two records of what is taken for the same packets, as session numbers of the merged case. */
struct fb_join_pair {
    uint64_t first, second;
};

struct fb_join_report {
    uint64_t sessions;
    uint64_t cases_dropped;      /* all their evidence is in another case */
    uint64_t evidence_dropped;   /* evidence records that were there already */
    uint64_t sessions_dropped;   /* all their packets lie in evidence that counted already */
    uint64_t sessions_straddle;  /* kept, though some of their packets lie in evidence that counted already */
    uint64_t ends_resolved;      /* sessions whose end the other evidence decided */
    uint64_t sessions_continued; /* open at the end of one case, and the same flow goes on in the next */
    uint64_t sessions_twice;     /* seen by two sensors: see fb_join_pair */
    bool twice_incomplete;       /* too many sessions were open at once to watch all */
    struct fb_join_pair twice[FB_JOIN_EXAMPLES];
    size_t ntwice;
};

/* Merges n complete cases into a new case at `path` (NULL: in memory), open for reading in *out. All inputs
 * must have been made with the same parameters (FB_ERR_USAGE otherwise); `names` are what messages call them.
 * Two records count as the same packets seen twice when they come from different cases, have the same
 * addresses, ports and protocol, overlap in time (FB_JOIN_SLACK_NS allowed), and the one case's evidence had
 * not ended before the second began. */
enum fb_status fb_case_merge(struct fb_case *const *in, const char *const *names, size_t n, const char *path,
                             const struct fb_case_run *run, const struct fb_custody_entry *entry,
                             struct fb_case **out, struct fb_join_report *report, struct fb_err *err);

/* The i-th run of a case (0-based); FB_EOF past the last. Strings are borrowed until the next call. A merged
 * case has the merge as its first run, whose parameters are {"merge":[{"evidence":[..],"run":N},..]}: for
 * each input its run (rows further down) and its evidence (indices into the list of the run that names it).
 */
enum fb_status fb_case_run_at(struct fb_case *c, size_t i, struct fb_case_run *out, struct fb_err *err);

#endif
