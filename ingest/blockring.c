#include "ingest/blockring.h"

#include <stdlib.h>
#include <string.h>

bool fb_ring_init(struct fb_ring *r, size_t head, size_t block)
{
    memset(r, 0, sizeof *r);
    r->head = head;
    r->block = block;
    uint8_t *mem = malloc((head + block) * FB_RING_SLOTS);
    if (!mem)
        return false;
    for (size_t i = 0; i < FB_RING_SLOTS; i++)
        r->slot[i] = mem + (head + block) * i + head;
    pthread_mutex_init(&r->mu, NULL);
    pthread_cond_init(&r->cv, NULL);
    return true;
}

void fb_ring_release(struct fb_ring *r)
{
    if (!r->slot[0])
        return;
    free(r->slot[0] - r->head);
    pthread_mutex_destroy(&r->mu);
    pthread_cond_destroy(&r->cv);
    memset(r, 0, sizeof *r);
}

uint8_t *fb_ring_slot(struct fb_ring *r)
{
    pthread_mutex_lock(&r->mu);
    while (!r->aborted && r->filled - r->freed == FB_RING_SLOTS)
        pthread_cond_wait(&r->cv, &r->mu);
    uint8_t *p = r->aborted ? NULL : r->slot[r->filled % FB_RING_SLOTS];
    pthread_mutex_unlock(&r->mu);
    return p;
}

void fb_ring_push(struct fb_ring *r, size_t n)
{
    pthread_mutex_lock(&r->mu);
    r->len[r->filled % FB_RING_SLOTS] = n;
    r->filled++;
    pthread_cond_broadcast(&r->cv);
    pthread_mutex_unlock(&r->mu);
}

void fb_ring_end(struct fb_ring *r)
{
    pthread_mutex_lock(&r->mu);
    r->ended = true;
    pthread_cond_broadcast(&r->cv);
    pthread_mutex_unlock(&r->mu);
}

bool fb_ring_take(struct fb_ring *r, unsigned keep, uint8_t **p, size_t *n)
{
    pthread_mutex_lock(&r->mu);
    if (r->taken > keep && r->freed < r->taken - keep) {
        r->freed = r->taken - keep;
        pthread_cond_broadcast(&r->cv);
    }
    while (r->taken == r->filled && !r->ended)
        pthread_cond_wait(&r->cv, &r->mu);
    bool got = r->taken < r->filled;
    if (got) {
        *p = r->slot[r->taken % FB_RING_SLOTS];
        *n = r->len[r->taken % FB_RING_SLOTS];
        r->taken++;
    }
    pthread_mutex_unlock(&r->mu);
    return got;
}

void fb_ring_abort(struct fb_ring *r)
{
    pthread_mutex_lock(&r->mu);
    r->aborted = true;
    pthread_cond_broadcast(&r->cv);
    pthread_mutex_unlock(&r->mu);
}
