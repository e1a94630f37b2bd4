/* The sessions that were active of late, as someone who watches has them in mind: at most FB_WATCH_MAX,
 * ascending by number. One thread. */
#ifndef FB_CLI_WATCH_H
#define FB_CLI_WATCH_H

#include "base/err.h"
#include "replay/session.h"

#define FB_WATCH_MAX (1u << 18)

struct fb_watched {
    struct fb_session s; /* its texts are `service` below, and nothing else */
    char service[40];
    int64_t last_ns; /* time of its last packet */
    bool open;
    const char *tag;    /* NULL: not judged; a text that stays */
    uint32_t score_ppm; /* FB_WATCH_NO_SCORE */
};
#define FB_WATCH_NO_SCORE UINT32_MAX

struct fb_watch {
    struct fb_watched *item;
    size_t n, cap;
    bool full; /* sessions were left out */
};

void fb_watch_release(struct fb_watch *w);
/* A session as it is now, open or just ended. */
enum fb_status fb_watch_put(struct fb_watch *w, const struct fb_session *s, bool open, struct fb_err *err);
/* What the online model says of a session, if it is among them. */
void fb_watch_judge(struct fb_watch *w, uint64_t number, const char *tag, uint32_t score_ppm);
/* Forgets those without a packet since `since_ns`. */
void fb_watch_prune(struct fb_watch *w, int64_t since_ns);

#endif
