/* Threads that walk shards. Internal to replay/.
 *
 * A batch is a set of packets, each queued for its shard with its bytes copied; run() lets the threads (the
 * caller's among them) take one shard after the other and returns when all are done. Which thread takes which
 * shard changes nothing. */
#ifndef FB_REPLAY_WORKERS_H
#define FB_REPLAY_WORKERS_H

#include "replay/shard.h"

struct fb_workers;

/* `threads` counts the caller's; at least 2. NULL when threads or memory are not to be had. */
struct fb_workers *fb_workers_new(unsigned threads, struct fb_shard *shards, unsigned nshards);
void fb_workers_free(struct fb_workers *w); /* accepts NULL */

/* Queues a packet; false when memory ran out. */
bool fb_workers_queue(struct fb_workers *w, unsigned shard, const struct fb_shard_pkt *sp);

/* Bytes queued since the last run. */
size_t fb_workers_queued(const struct fb_workers *w);

/* Processes the queues; with `epoch_end` each shard also does its housekeeping. */
void fb_workers_run(struct fb_workers *w, bool epoch_end);

#endif
