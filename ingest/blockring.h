/* A ring of equal blocks between one producing and one consuming thread. Each block has `head` writable bytes
 * in front of its data, where the parser puts a record that the block before cut, so that records are parsed
 * in place.
 *
 * The consumer may use a block until it has taken the one after the next; the producer waits for that. */
#ifndef FB_INGEST_BLOCKRING_H
#define FB_INGEST_BLOCKRING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_RING_SLOTS 4

struct fb_ring {
    uint8_t *slot[FB_RING_SLOTS]; /* start of the data; `head` bytes lie before it */
    size_t len[FB_RING_SLOTS];
    size_t head, block;
    uint64_t filled, taken, freed; /* blocks; freed <= taken <= filled <= freed + FB_RING_SLOTS */
    bool ended, aborted;
    pthread_mutex_t mu;
    pthread_cond_t cv;
};

bool fb_ring_init(struct fb_ring *r, size_t head,
                  size_t block); /* false: out of memory, nothing to release */
void fb_ring_release(struct fb_ring *r);

uint8_t *
fb_ring_slot(struct fb_ring *r); /* producer: waits for a block to fill; NULL when the consumer gave up */
void fb_ring_push(struct fb_ring *r, size_t n);
void fb_ring_end(struct fb_ring *r);

/* Consumer: waits for the next block; false at the end. Frees all taken blocks but the last `keep`. */
bool fb_ring_take(struct fb_ring *r, unsigned keep, uint8_t **p, size_t *n);
void fb_ring_abort(struct fb_ring *r); /* consumer: no more is wanted */

#endif
