#include "store/ahead.h"

#include <pthread.h>

#define NONE UINT64_MAX

struct fb_ahead {
    pthread_t thread;
    /* Set before the thread begins. */
    const struct fb_scan *of;
    uint64_t *held; /* windows that the scan's case has in memory, ascending */
    size_t nheld;
    /* The thread's own. */
    struct fb_case *c;
    struct fb_scan scan;
    uint64_t current; /* window that it stands on; NONE */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t change;
    struct fb_chunk *ready[FB_AHEAD_CHUNKS]; /* by window */
    size_t nready;
    uint64_t working; /* window that the thread reads now; NONE */
    uint64_t claimed; /* the last one that the caller took, or reads by itself */
    bool stop, done;
};

static uint64_t window_of(const struct fb_chunk *k)
{
    return fb_chunk_cid(k) >> 20;
}

/* ---- the thread ---- */

/* What the thread was at is finished: it goes to the caller, or away. */
static void publish(struct fb_ahead *a)
{
    struct fb_chunk *k = a->current == NONE ? NULL : fb_case_detach_chunk(a->c, a->current);
    a->current = NONE;
    if (k)
        fb_chunk_slim(k);
    pthread_mutex_lock(&a->lock);
    if (k && fb_chunk_failed(k, NULL) == FB_OK && a->nready < FB_AHEAD_CHUNKS) {
        a->ready[a->nready++] = k;
        k = NULL;
    }
    a->working = NONE;
    pthread_cond_broadcast(&a->change);
    pthread_mutex_unlock(&a->lock);
    fb_chunk_close(k);
}

static bool full(const struct fb_ahead *a)
{
    size_t bytes = 0;
    for (size_t i = 0; i < a->nready; i++)
        bytes += fb_chunk_bytes(a->ready[i]);
    return a->nready == FB_AHEAD_CHUNKS || bytes > FB_AHEAD_BYTES;
}

static bool is_held(const struct fb_ahead *a, uint64_t window)
{
    for (size_t i = 0; i < a->nheld; i++)
        if (a->held[i] == window)
            return true;
    return false;
}

/* Asked by the scan of the thread before it reads a chunk. */
static bool gate(void *ctx, uint64_t window)
{
    struct fb_ahead *a = ctx;
    publish(a);
    pthread_mutex_lock(&a->lock);
    while (!a->stop && full(a))
        pthread_cond_wait(&a->change, &a->lock);
    bool mine = !a->stop && window > a->claimed && !is_held(a, window);
    if (mine)
        a->current = a->working = window;
    if (a->stop)
        a->scan.hi = 0;
    pthread_mutex_unlock(&a->lock);
    return mine;
}

/* The scan of the thread: the same questions, to its own case. */
static bool copy_scan(struct fb_ahead *a)
{
    const struct fb_scan *of = a->of;
    struct fb_scan *s = &a->scan;
    fb_scan_init(s, a->c);
    s->lo = of->lo;
    s->hi = of->hi;
    s->next = (a->claimed + 1) * FB_CHUNK_ROWS + 1;
    s->nothing = of->nothing;
    s->list = of->list; /* read only; taken out before the scan is released */
    s->nlist = of->nlist;
    memcpy(s->cols, of->cols, sizeof s->cols);
    s->ncols = of->ncols;
    s->gate = gate;
    s->gate_ctx = a;
    for (unsigned i = 0; i < of->ntests; i++) {
        const struct fb_test *from = &of->test[i];
        struct fb_test *t = &s->test[s->ntests++];
        *t = *from;
        t->p = from->p ? malloc(from->n + 1) : NULL;
        t->codes = from->codes ? malloc(from->n / 16 * sizeof *t->codes) : NULL;
        if ((from->p && !t->p) || (from->codes && !t->codes))
            return false;
        if (t->p)
            memcpy(t->p, from->p, from->n + 1);
    }
    return true;
}

/* A second connection to the file that the caller has open. */
static bool open_case(struct fb_ahead *a)
{
    const struct fb_case *of = a->of->c;
    return fb_case_open_alone(of->path, &a->c, NULL) == FB_OK && a->c->shareable &&
           a->c->file_dev == of->file_dev && a->c->file_ino == of->file_ino &&
           fb_case_refresh(a->c, NULL) == FB_OK;
}

static void *work(void *arg)
{
    struct fb_ahead *a = arg;
    if (open_case(a) && copy_scan(a)) {
        /* Once for a page and column: the first row of it decodes what the others need. */
        while (fb_scan_next_page(&a->scan, NULL) == FB_OK)
            for (unsigned i = 0; i < a->scan.ncols; i++)
                (void)fb_chunk_value(fb_scan_chunk(&a->scan), a->scan.cols[i], fb_scan_row(&a->scan));
    }
    a->scan.list = NULL;
    if (a->c)
        fb_scan_release(&a->scan);
    publish(a);
    pthread_mutex_lock(&a->lock);
    a->done = true;
    pthread_cond_broadcast(&a->change);
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

/* ---- the caller ---- */

static bool note_held(struct fb_ahead *a, const struct fb_case *c)
{
    size_t n = 0;
    for (const struct fb_held_chunk *h = c->held; h; h = h->next)
        n++;
    a->held = malloc((n + 1) * sizeof *a->held);
    for (const struct fb_held_chunk *h = c->held; h && a->held; h = h->next)
        a->held[a->nheld++] = window_of(h->chunk);
    return a->held != NULL;
}

struct fb_ahead *fb_ahead_start(const struct fb_scan *s, uint64_t window)
{
    struct fb_ahead *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    *a = (struct fb_ahead){.of = s, .claimed = window, .working = NONE, .current = NONE};
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->change, NULL);
    if (note_held(a, s->c) && pthread_create(&a->thread, NULL, work, a) == 0)
        return a;
    pthread_cond_destroy(&a->change);
    pthread_mutex_destroy(&a->lock);
    free(a->held);
    free(a);
    return NULL;
}

void fb_ahead_stop(struct fb_ahead *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_broadcast(&a->change);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    for (size_t i = 0; i < a->nready; i++)
        fb_chunk_close(a->ready[i]);
    fb_case_close(a->c);
    pthread_cond_destroy(&a->change);
    pthread_mutex_destroy(&a->lock);
    free(a->held);
    free(a);
}

static struct fb_chunk *first_ready(struct fb_ahead *a)
{
    struct fb_chunk *k = a->ready[0];
    a->nready--;
    memmove(a->ready, a->ready + 1, a->nready * sizeof *a->ready);
    pthread_cond_broadcast(&a->change);
    return k;
}

struct fb_chunk *fb_ahead_take(struct fb_ahead *a, uint64_t window)
{
    struct fb_chunk *k = NULL;
    pthread_mutex_lock(&a->lock);
    a->claimed = window > a->claimed ? window : a->claimed;
    while (!k) {
        while (a->nready > 0 && window_of(a->ready[0]) < window)
            fb_chunk_close(first_ready(a));
        if (a->nready > 0 && window_of(a->ready[0]) == window)
            k = first_ready(a);
        else if (a->working == window)
            pthread_cond_wait(&a->change, &a->lock);
        else
            break;
    }
    pthread_mutex_unlock(&a->lock);
    return k;
}

size_t fb_ahead_settle(struct fb_ahead *a)
{
    pthread_mutex_lock(&a->lock);
    while (!a->done && !full(a))
        pthread_cond_wait(&a->change, &a->lock);
    size_t n = a->nready;
    pthread_mutex_unlock(&a->lock);
    return n;
}
