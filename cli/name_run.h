/* The name join over a case: reads its facts and sessions in the order of time and writes the layer `names`.
 */
#ifndef FB_CLI_NAME_RUN_H
#define FB_CLI_NAME_RUN_H

#include "store/case.h"

/* A new layer of kind "names", unless no session has a name. The case is complete. */
enum fb_status fb_names_run(struct fb_case *c, struct fb_err *err);

#endif
