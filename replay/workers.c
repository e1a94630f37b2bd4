#include "replay/workers.h"

#include <pthread.h>
#include <stdatomic.h>

#define BLOCK_BYTES (1u << 20)

/* Copies of packet bytes; blocks stay for the next batch. */
struct block {
    struct block *next;
    size_t used, cap;
    uint8_t data[];
};

struct queue {
    struct fb_shard_pkt *pkts;
    uint32_t n, cap;
};

struct fb_workers {
    struct fb_shard *shards;
    unsigned nshards, nthreads;
    pthread_t *threads;
    struct queue *queues;
    struct block *full, *spare;
    size_t queued;
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    uint64_t round;
    unsigned running;
    bool epoch_end, stop;
    atomic_uint next_shard;
};

static void walk(struct fb_workers *w)
{
    for (;;) {
        unsigned i = atomic_fetch_add(&w->next_shard, 1);
        if (i >= w->nshards)
            return;
        struct queue *q = &w->queues[i];
        for (uint32_t k = 0; k < q->n; k++)
            fb_shard_packet(&w->shards[i], &q->pkts[k]);
        q->n = 0;
        if (w->epoch_end)
            fb_shard_epoch_end(&w->shards[i]);
    }
}

static void *thread_main(void *arg)
{
    struct fb_workers *w = arg;
    uint64_t seen = 0;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (w->round == seen && !w->stop)
            pthread_cond_wait(&w->start, &w->lock);
        if (w->stop)
            break;
        seen = w->round;
        pthread_mutex_unlock(&w->lock);
        walk(w);
        pthread_mutex_lock(&w->lock);
        if (--w->running == 0)
            pthread_cond_signal(&w->done);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct fb_workers *fb_workers_new(unsigned threads, struct fb_shard *shards, unsigned nshards)
{
    struct fb_workers *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->shards = shards;
    w->nshards = nshards;
    w->queues = calloc(nshards, sizeof *w->queues);
    w->threads = calloc(threads, sizeof *w->threads);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->start, NULL);
    pthread_cond_init(&w->done, NULL);
    for (; w->queues && w->threads && w->nthreads + 1 < threads; w->nthreads++)
        if (pthread_create(&w->threads[w->nthreads], NULL, thread_main, w) != 0)
            break; /* fewer threads do the same work */
    if (w->nthreads == 0) {
        fb_workers_free(w);
        return NULL;
    }
    return w;
}

void fb_workers_free(struct fb_workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->start);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->nthreads; i++)
        pthread_join(w->threads[i], NULL);
    for (unsigned i = 0; w->queues && i < w->nshards; i++)
        free(w->queues[i].pkts);
    struct block *lists[] = {w->full, w->spare};
    for (int k = 0; k < 2; k++)
        for (struct block *b = lists[k], *next; b; b = next) {
            next = b->next;
            free(b);
        }
    free(w->queues);
    free(w->threads);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->start);
    pthread_cond_destroy(&w->done);
    free(w);
}

/* Room for n bytes, aligned for 64-bit values; NULL when memory ran out. */
static void *room(struct fb_workers *w, size_t n)
{
    n = (n + 7) & ~(size_t)7;
    if (!w->full || w->full->cap - w->full->used < n) {
        struct block *b = w->spare;
        if (b && b->cap >= n) {
            w->spare = b->next;
        } else {
            size_t cap = n > BLOCK_BYTES ? n : BLOCK_BYTES;
            b = malloc(sizeof *b + cap);
            if (!b)
                return NULL;
            b->cap = cap;
        }
        b->used = 0;
        b->next = w->full;
        w->full = b;
    }
    void *p = w->full->data + w->full->used;
    w->full->used += n;
    w->queued += n;
    return p;
}

bool fb_workers_queue(struct fb_workers *w, unsigned shard, const struct fb_shard_pkt *sp)
{
    struct queue *q = &w->queues[shard];
    if (q->n == q->cap) {
        uint32_t cap = q->cap ? q->cap * 2 : 256;
        struct fb_shard_pkt *p = realloc(q->pkts, cap * sizeof *p);
        if (!p)
            return false;
        q->pkts = p;
        q->cap = cap;
    }
    struct fb_shard_pkt *d = &q->pkts[q->n];
    *d = *sp;
    size_t n = sp->p.payload_caplen;
    uint8_t *bytes = room(w, n + 1);
    uint64_t *ords = sp->p.nfrag_ordinals ? room(w, sp->p.nfrag_ordinals * sizeof *ords) : NULL;
    if (!bytes || (sp->p.nfrag_ordinals && !ords))
        return false;
    if (n)
        memcpy(bytes, sp->p.payload, n);
    d->p.payload = bytes;
    if (ords) {
        memcpy(ords, sp->p.frag_ordinals, sp->p.nfrag_ordinals * sizeof *ords);
        d->p.frag_ordinals = ords;
    }
    q->n++;
    return true;
}

size_t fb_workers_queued(const struct fb_workers *w)
{
    return w->queued;
}

void fb_workers_run(struct fb_workers *w, bool epoch_end)
{
    pthread_mutex_lock(&w->lock);
    w->epoch_end = epoch_end;
    atomic_store(&w->next_shard, 0);
    w->running = w->nthreads;
    w->round++;
    pthread_cond_broadcast(&w->start);
    pthread_mutex_unlock(&w->lock);
    walk(w);
    pthread_mutex_lock(&w->lock);
    while (w->running)
        pthread_cond_wait(&w->done, &w->lock);
    pthread_mutex_unlock(&w->lock);
    while (w->full) {
        struct block *b = w->full;
        w->full = b->next;
        b->next = w->spare;
        w->spare = b;
    }
    w->queued = 0;
}
