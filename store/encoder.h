/* A thread that encodes windows while the caller goes on. Windows come back in the order in which they were
 * given. One caller thread; it must take what is done before it gives more than FB_ENCODER_DEPTH. */
#ifndef FB_STORE_ENCODER_H
#define FB_STORE_ENCODER_H

#include "store/window.h"

#define FB_ENCODER_DEPTH 2

struct fb_encoder;

struct fb_encoder *fb_encoder_new(void);    /* NULL when memory ran out or no thread could be started */
void fb_encoder_free(struct fb_encoder *e); /* accepts NULL; drops what was not taken */

/* Windows given and not taken yet. */
unsigned fb_encoder_pending(const struct fb_encoder *e);

/* Hands over a window, which the encoder frees. pending < FB_ENCODER_DEPTH. */
void fb_encoder_give(struct fb_encoder *e, struct fb_window *w);

/* The oldest result; the caller releases it. With `wait` until it is done; without: false when it is not.
 * pending > 0. */
bool fb_encoder_take(struct fb_encoder *e, bool wait, struct fb_window_blobs *out);

#endif
