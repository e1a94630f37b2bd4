/* Models in words and as JSON. */
#ifndef FB_CLI_MODEL_PRINT_H
#define FB_CLI_MODEL_PRINT_H

#include "model/model_file.h"

void fb_model_put_info(struct fb_buf *b, const struct fb_model *m, const struct fb_model_signature *sig,
                       bool json);

/* `asked`: keys were given; `known`: one of them signed. */
void fb_model_put_verify(struct fb_buf *b, const struct fb_model *m, const struct fb_model_signature *sig,
                         bool asked, bool known);

void fb_model_put_diff(struct fb_buf *b, const struct fb_model *a, const struct fb_model *other, bool json);

#endif
