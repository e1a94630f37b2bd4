/* The name join over a case: reads its facts and sessions in the order of time and writes the layer `names`.
 */
#ifndef FB_CLI_NAME_RUN_H
#define FB_CLI_NAME_RUN_H

#include "store/case.h"

/* A new layer of kind "names", unless no session has a name and none had one before. A name of a DNS answer
 * holds grace_ns beyond its TTL; the custody record says how long. `examiner` NULL: the user. The case is
 * complete. */
enum fb_status fb_names_run(struct fb_case *c, int64_t grace_ns, const char *examiner, struct fb_err *err);

/* The grace of the newest layer of names, as the custody log says; the usual one where it does not. */
enum fb_status fb_names_recorded_grace(struct fb_case *c, int64_t *grace_ns, struct fb_err *err);

#endif
