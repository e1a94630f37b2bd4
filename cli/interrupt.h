/* SIGINT and SIGTERM as a flag that long work looks at. A second signal ends the process at once. */
#ifndef FB_CLI_INTERRUPT_H
#define FB_CLI_INTERRUPT_H

#include <stdbool.h>

void fb_interrupt_catch(void); /* from here on signals set the flag */
bool fb_interrupt_pending(void);
void fb_interrupt_release(void); /* back to what they did before */

/* Ends the process by the signal that came, so that the caller's shell sees the truth. */
_Noreturn void fb_interrupt_die(void);

#endif
