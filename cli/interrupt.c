#include "cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static struct sigaction old_int, old_term;

static void on_signal(int sig)
{
    caught = sig;
}

void fb_interrupt_catch(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&sa.sa_mask);
    caught = 0;
    sigaction(SIGINT, &sa, &old_int);
    sigaction(SIGTERM, &sa, &old_term);
    if (old_int.sa_handler == SIG_IGN) /* started in the background by a script */
        sigaction(SIGINT, &old_int, NULL);
}

bool fb_interrupt_pending(void)
{
    return caught != 0;
}

void fb_interrupt_release(void)
{
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
}

_Noreturn void fb_interrupt_die(void)
{
    struct sigaction sa = {.sa_handler = SIG_DFL};
    sigemptyset(&sa.sa_mask);
    int sig = caught ? (int)caught : SIGTERM;
    sigaction(sig, &sa, NULL);
    raise(sig);
    _exit(128 + sig);
}
