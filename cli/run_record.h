/* How a run was made, as JSON for the case: what decides results (digested) apart from who, when and where
 * (custody). */
#ifndef FB_CLI_RUN_RECORD_H
#define FB_CLI_RUN_RECORD_H

#include "base/buf.h"
#include "cli/ingest_run.h"

/* Canonical: keys in order, no spaces, every option with its effective value. */
void fb_run_params_json(struct fb_buf *out, const struct fb_ingest_opts *o);

/* The options of a run that was recorded; what does not decide results stays as it is. `filter` is allocated
 * for the caller. FB_ERR_VERIFY when the text is none of ours. */
enum fb_status fb_run_params_read(const char *json, struct fb_ingest_opts *o, char **filter,
                                  struct fb_err *err);

void fb_run_custody_json(struct fb_buf *out, int argc, char **argv);

#endif
