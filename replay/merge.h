/* The ordered merge: what leaves the shards, put in the order of the timeline. Internal to replay/.
 *
 * Runs at the end of each epoch while no thread holds a shard. Numbers sessions by their first packets, joins
 * what one session tells about another (tunnel parents, announced data connections), and hands finished
 * sessions to the sink. */
#ifndef FB_REPLAY_MERGE_H
#define FB_REPLAY_MERGE_H

#include "base/err.h"
#include "replay/shard.h"

struct fb_merge;

/* `frames`: what was seen in frames without a session; borrowed. */
struct fb_merge *fb_merge_new(const struct fb_session_sink *sink, struct fb_sight *frames);
void fb_merge_free(struct fb_merge *m); /* accepts NULL */

/* Takes the events of all shards. A sink's failure comes back as its status. */
enum fb_status fb_merge_epoch(struct fb_merge *m, struct fb_shard *shards, unsigned nshards,
                              struct fb_err *err);

uint64_t fb_merge_sessions(const struct fb_merge *m); /* handed to the sink so far */

#endif
