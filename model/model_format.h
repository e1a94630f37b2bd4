/* Constants of the model file that its writer and its reader share (docs/model-format.md). Within model/
 * only. */
#ifndef FB_MODEL_MODEL_FORMAT_H
#define FB_MODEL_MODEL_FORMAT_H

#include "base/cursor.h"
#include "model/model.h"

#define FB_MODEL_MAGIC  "FBMODEL\n"
#define FB_MODEL_SIGNED 1u /* the only flag */

/* What a signature is over: the digest of the file and the name of the signer. */
void fb_model_sign_message(const struct fb_digest *file, const char *name, struct fb_digest *out);

#endif
