/* The layers that a new case gets without being asked: names, verdicts of lists
 * that were given, then scores and findings. Facts end first; a
 * run that is killed between the two goes on with the layers (ingest --resume). */
#ifndef FB_CLI_CASE_LAYERS_H
#define FB_CLI_CASE_LAYERS_H

#include "cli/ingest_run.h"
#include "cli/scoring.h"

/* The grace of names that `o` asks for. FB_ERR_USAGE when what was given is no duration. */
enum fb_status fb_case_layers_grace(const struct fb_ingest_opts *o, int64_t *ns, struct fb_err *err);

struct fb_case_layers {
    const struct fb_ingest_lists *lists; /* borrowed; NULL: none */
    int64_t name_grace_ns;
    bool score;
    struct fb_scoring_how how;
    struct fb_model model; /* that was given */
    const char *path;      /* of its file; borrowed */
};

/* Loads the model that `o` names, if any, so that what is wrong with it is told before anything is read. */
enum fb_status fb_case_layers_init(struct fb_case_layers *l, const struct fb_ingest_opts *o,
                                   struct fb_err *err);
void fb_case_layers_release(struct fb_case_layers *l); /* accepts a zeroed one */

/* Appends run_params, a JSON object, with the members "model": "case", "none", or {"digest":..,"path":..},
 * "name_grace_ns", "thresholds" and "lists". For the custody log: the layers do not belong to the facts, so
 * they are none of the run's own parameters. */
void fb_case_layers_put_options(struct fb_buf *out, const char *run_params, const struct fb_case_layers *l);

/* Makes the layers of a complete case. */
enum fb_status fb_case_layers_run(struct fb_case *c, const struct fb_case_layers *l, struct fb_err *err);

/* Sets `o->score`, `o->model` and the grace of names to what the case's first ingest recorded; `path` is
 * allocated for the caller. FB_ERR_USAGE when `o` asks for something else. */
enum fb_status fb_case_layers_recorded(struct fb_case *c, struct fb_ingest_opts *o, char **path,
                                       struct fb_err *err);

/* Makes what is missing of the layers of a complete case, as it was recorded. FB_EOF when nothing is. */
enum fb_status fb_case_layers_complete(const char *case_path, const struct fb_ingest_opts *o,
                                       struct fb_case **out, struct fb_err *err);

#endif
