/* Open sessions of all shards in number order. Internal to replay/; called while no thread holds a shard and
 * after a merge, so that every session has its number. */
#ifndef FB_REPLAY_LOOK_H
#define FB_REPLAY_LOOK_H

#include "base/err.h"
#include "replay/shard.h"

enum fb_status fb_look(const struct fb_shard *shards, unsigned nshards, uint64_t since,
                       int (*row)(void *ctx, const struct fb_session *s), void *ctx, struct fb_err *err);

#endif
