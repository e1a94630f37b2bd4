/* The ordered merge of what observers found. Internal to replay/. Runs within fb_merge_epoch, after sessions
 * got their numbers and before any leaves. */
#ifndef FB_REPLAY_MERGE_SEEN_H
#define FB_REPLAY_MERGE_SEEN_H

#include "base/err.h"
#include "replay/shard.h"

/* Memory of the merge, kept from one epoch to the next. Starts zeroed. */
struct fb_merge_seen {
    struct fb_seen_key *keys;
    size_t cap;
};

void fb_merge_seen_release(struct fb_merge_seen *m);

/* Hands the records of all shards and of `frames` to the sink in order, and clears them. */
enum fb_status fb_merge_seen(struct fb_merge_seen *m, struct fb_shard *shards, unsigned nshards,
                             struct fb_sight *frames, const struct fb_session_sink *sink, struct fb_err *err);

#endif
