/* The two forms of the verb replay. Each returns the exit code of the program. */
#ifndef FB_CLI_REPLAY_H
#define FB_CLI_REPLAY_H

#include "cli/ingest_run.h"
#include "cli/replay_online.h"

struct fb_replay_opts {
    struct fb_ingest_opts in;
    const struct fb_opt_list *evidence;
    bool json;
    uint64_t speed; /* packet time per wall time; 0: as fast as it goes */
    int64_t window_ns, interval_ns;
    const struct fb_online_args *online; /* of captures */
    struct fb_online_opts online_opts;
};

/* Rebuilds a case and compares. */
int fb_replay_case(const char *path, const struct fb_replay_opts *o);

/* Walks captures by the packet clock and shows what the builder sees. */
int fb_replay_walk(const char *const *paths, size_t npaths, const struct fb_replay_opts *o);

#endif
