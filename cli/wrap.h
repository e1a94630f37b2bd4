/* Long sentences on a terminal. One thread. */
#ifndef FB_CLI_WRAP_H
#define FB_CLI_WRAP_H

#include "cli/output.h"

/* Puts n bytes of text, escaped already, whose first line has `indent` columns in front of it. On a terminal,
 * lines end at a blank before its last column and the next begins with `indent` blanks; elsewhere it stays
 * one line. No line end behind it. */
void fb_put_wrapped(struct fb_out *out, const void *text, size_t n, size_t indent);

#endif
