/* What every verb that changes a case puts into the custody log: tool, build, who, where. */
#ifndef FB_CLI_CUSTODY_ENTRY_H
#define FB_CLI_CUSTODY_ENTRY_H

#include "base/buf.h"
#include "store/custody.h"

/* Fills all of `e` but inputs and outputs. `params_json`: canonical JSON of every parameter, borrowed.
 * `examiner` NULL: the name of the user (or the uid). The other texts live as long as the process. */
void fb_custody_entry_fill(struct fb_custody_entry *e, const char *what, const char *params_json,
                           const char *examiner);

/* {"argv":[...],"options":OPTIONS}: the parameters of a verb as a JSON object; `options_json` may be NULL. */
void fb_custody_put_params(struct fb_buf *out, const char *options_json);

#endif
