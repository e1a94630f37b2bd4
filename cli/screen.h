/* A terminal that shows one picture which is drawn anew: the alternate screen, left behind as it was found,
 * also on signals and while the process is stopped. Standard output; one per process. */
#ifndef FB_CLI_SCREEN_H
#define FB_CLI_SCREEN_H

#include "base/buf.h"

#include <stddef.h>

void fb_screen_open(void);
void fb_screen_close(void);

/* Rows and columns as they are now; 24 by 80 when the terminal does not say. */
void fb_screen_size(size_t *rows, size_t *cols);

/* True once after the size changed or the process went on after a stop. */
bool fb_screen_disturbed(void);

/* Shows lines ended by \n; what does not fit is cut. Text is ASCII without controls. */
void fb_screen_draw(const struct fb_buf *picture);

#endif
