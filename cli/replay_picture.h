/* What a walk through captures looks like on a terminal: a line on top, and the sessions of the window, those
 * with the newest packet first. */
#ifndef FB_CLI_REPLAY_PICTURE_H
#define FB_CLI_REPLAY_PICTURE_H

#include "base/buf.h"
#include "cli/replay_online.h"
#include "cli/watch.h"
#include "replay/engine.h"

struct fb_picture {
    struct fb_watch watch;
    struct fb_buf text;
    const struct fb_watched **order; /* scratch */
    size_t cap;
    const char *path; /* borrowed */
    size_t npaths;
    uint64_t speed;
    int64_t window_ns;
    const struct fb_replay_online *online; /* NULL: no verdicts; borrowed */
};

void fb_picture_init(struct fb_picture *p, const char *path, size_t npaths, uint64_t speed,
                     int64_t window_ns);
void fb_picture_release(struct fb_picture *p);

/* Puts the picture together and shows it. */
void fb_picture_draw(struct fb_picture *p, const struct fb_engine_stats *s, uint64_t sessions);

#endif
