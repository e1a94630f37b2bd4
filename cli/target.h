/* What a note or a tag is about, as it is named on the command line: a session by number or uid, host:ADDR,
 * finding:NAME. */
#ifndef FB_CLI_TARGET_H
#define FB_CLI_TARGET_H

#include "base/addr.h"
#include "cli/custody_entry.h"
#include "replay/session.h"
#include "store/edit.h"

struct fb_cli_target {
    struct fb_target t;
    char name[256]; /* what t.name points at */
};

/* Looks the target up in the case. FB_ERR_NOTFOUND when no session is meant, or none has the host. */
enum fb_status fb_target_resolve(const char *case_path, char *word, struct fb_cli_target *out,
                                 struct fb_err *err);

/* One edit of the analyst's. */
struct fb_cli_edit {
    struct fb_edit *e;
    int64_t run_id;
    struct fb_custody_entry entry;
    struct fb_buf params; /* what the entry points at */
};

/* Opens the case for one edit and begins its layer, which the caller fills. Custody log and layer say `what`,
 * by whom, with which parameters (`options_json`). fb_target_done follows in any case. */
enum fb_status fb_target_edit(const char *case_path, const char *what, const char *options_json,
                              const char *examiner, struct fb_cli_edit *x, struct fb_err *err);

/* Commits (when `st` is FB_OK), closes, prints `done` and returns the exit code. */
int fb_target_done(struct fb_cli_edit *x, enum fb_status st, const char *done, struct fb_err *err);

#endif
