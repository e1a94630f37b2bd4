/* From captures to a case: what every verb does when it is given captures instead of a case. */
#ifndef FB_CLI_INGEST_RUN_H
#define FB_CLI_INGEST_RUN_H

#include "base/buf.h"
#include "cli/ingest_lists.h"
#include "cli/options.h"
#include "cli/unlock.h"
#include "model/detect/detect.h"
#include "store/case.h"

/* Counter of sessions with tunnel parents, see parents.c. */
#define FB_COUNTER_TUNNELLED "tunnelled_sessions"

enum fb_progress_mode { FB_PROGRESS_AUTO, FB_PROGRESS_TEXT, FB_PROGRESS_JSON, FB_PROGRESS_NONE };

struct fb_ingest_opts {
    bool ignore_checksums;
    const char *filter;
    int64_t after_ns, before_ns;
    uint64_t threads, memory_bytes;
    bool score;        /* the verb wants scores and findings */
    bool no_model;     /* but the user does not */
    const char *model; /* file to score with; NULL: one that is trained on the case */
    const char
        *name_grace; /* a duration, as it was given; NULL: that of the run that is resumed, else 300 s */
    bool has_recorded_grace;
    int64_t recorded_grace_ns; /* of the run that is resumed */
    bool has_detect;           /* thresholds of the detectors were given: */
    struct fb_detect_opts detect;
    bool quiet;
    int progress; /* enum fb_progress_mode */
    const struct fb_ingest_lists
        *lists;              /* NULL: none; they judge the sessions, facts do not depend on them */
    struct fb_unlock unlock; /* of an encrypted case, for verbs that read cases */
};
#define FB_INGEST_OPTS_DEFAULT ((struct fb_ingest_opts){.after_ns = INT64_MIN, .before_ns = INT64_MAX})

extern const char *const fb_progress_choices[];

/* For verbs that show scores: captures get them as cases do. */
#define FB_INGEST_OPTS_SCORED                                                                                \
    ((struct fb_ingest_opts){.after_ns = INT64_MIN, .before_ns = INT64_MAX, .score = true})

#define FB_MODEL_OPTIONS(o)                                                                                  \
    {0,                                                                                                      \
     "model",                                                                                                \
     FB_OPT_TEXT,                                                                                            \
     &(o).model,                                                                                             \
     "FILE",                                                                                                 \
     NULL,                                                                                                   \
     "score captures with this model instead of their own"},                                                 \
    {                                                                                                        \
        0, "no-model", FB_OPT_FLAG, &(o).no_model, NULL, NULL, "no scores and no findings for captures"      \
    }

/* How long a name holds beyond its TTL: decides names, not facts. */
#define FB_NAME_GRACE_OPTION(o)                                                                              \
    {                                                                                                        \
        0, "name-grace", FB_OPT_TEXT, &(o).name_grace, "TIME", NULL,                                         \
            "names of DNS answers hold TIME (90s, 10m, 0s) beyond their TTL; default 300s"                   \
    }

/* The options of verbs that read a case or captures. */
#define FB_SOURCE_OPTIONS(o) FB_INGEST_OPTIONS(o), FB_UNLOCK_OPTIONS((o).unlock)

/* The entries of an option table that fill `o`: the same for every verb. */
#define FB_INGEST_OPTIONS(o)                                                                                  \
    {'C',                                                                                                     \
     "ignore-checksums",                                                                                      \
     FB_OPT_FLAG,                                                                                             \
     &(o).ignore_checksums,                                                                                   \
     NULL,                                                                                                    \
     NULL,                                                                                                    \
     "take packets with wrong checksums for good"},                                                           \
        {'f',                                                                                                 \
         "filter",                                                                                            \
         FB_OPT_TEXT,                                                                                         \
         &(o).filter,                                                                                         \
         "EXPR",                                                                                              \
         NULL,                                                                                                \
         "only packets that match (libpcap's language)"},                                                     \
        {0, "after", FB_OPT_TIME, &(o).after_ns, "TIME", NULL, "only packets at or after this time"},         \
        {0, "before", FB_OPT_TIME, &(o).before_ns, "TIME", NULL, "only packets before this time"},            \
        {0, "threads", FB_OPT_COUNT, &(o).threads, "N", NULL, "threads that build sessions"},                 \
        {0, "memory", FB_OPT_SIZE, &(o).memory_bytes, "SIZE", NULL, "ceiling for session state, default 1G"}, \
        {'q', "quiet", FB_OPT_FLAG, &(o).quiet, NULL, NULL, "no progress, no warnings"},                      \
    {                                                                                                         \
        0, "progress", FB_OPT_CHOICE, &(o).progress, "MODE", fb_progress_choices,                             \
            "auto, text, json (a line of JSON a second) or none; on stderr"                                   \
    }

/* True when an option that decides results differs from its default: such an option means nothing for a
 * finished case. */
bool fb_ingest_opts_decide(const struct fb_ingest_opts *o);

/* Command line of this process, for the custody record. */
void fb_ingest_set_argv(int argc, char **argv);
int fb_ingest_argv(char ***argv); /* borrowed; returns how many */

/* Who made a run, when and by which command line: this process, now. */
void fb_ingest_custody_json(struct fb_buf *out);

/* Reads the captures into a new case: at `case_path`, or in memory when it is NULL. `replace` removes an
 * existing case first. Damage is printed as warnings. FB_OK, FB_ERR_DAMAGED with an open case in *out, or an
 * error. An interrupt (SIGINT, SIGTERM) leaves a case that opens and says that it is incomplete, and then
 * ends the process by that signal. */
enum fb_status fb_ingest_run(const char *const *paths, size_t npaths, const struct fb_ingest_opts *o,
                             const char *case_path, bool replace, struct fb_case **out, struct fb_err *err);

/* The same for a case whose run was interrupted: `paths` are exactly the evidence that it set out to read,
 * `o` its recorded options. */
enum fb_status fb_ingest_go_on(const char *const *paths, size_t npaths, const struct fb_ingest_opts *o,
                               const char *case_path, struct fb_case **out, struct fb_err *err);

/* `ingest --resume`: reads options and plan from the case, finds the evidence (`given`: where it may lie now)
 * and goes on. FB_EOF when the case is complete: then *out is NULL, and what a last interrupted step left was
 * put in order. */
enum fb_status fb_ingest_resume(const char *case_path, const char *const *given, size_t ngiven,
                                const struct fb_ingest_opts *o, struct fb_case **out, struct fb_err *err);

#endif
