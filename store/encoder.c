#include "store/encoder.h"

#include <pthread.h>

struct fb_encoder {
    struct fb_window_encoder *scratch; /* the thread's */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t given, done;
    /* Under the lock. Rings of FB_ENCODER_DEPTH: windows [taken, n_given), of them [taken, n_done) are
     * results. */
    struct fb_window *in[FB_ENCODER_DEPTH];
    struct fb_window_blobs out[FB_ENCODER_DEPTH];
    unsigned n_given, n_done, n_taken;
    bool stop;
};

static void *work(void *arg)
{
    struct fb_encoder *e = arg;
    pthread_mutex_lock(&e->lock);
    for (;;) {
        while (!e->stop && e->n_done == e->n_given)
            pthread_cond_wait(&e->given, &e->lock);
        if (e->stop)
            break;
        unsigned at = e->n_done % FB_ENCODER_DEPTH;
        struct fb_window *w = e->in[at];
        pthread_mutex_unlock(&e->lock);
        fb_window_encode(e->scratch, w, &e->out[at]);
        fb_window_free(w);
        pthread_mutex_lock(&e->lock);
        e->n_done++;
        pthread_cond_signal(&e->done);
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

struct fb_encoder *fb_encoder_new(void)
{
    struct fb_encoder *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->given, NULL);
    pthread_cond_init(&e->done, NULL);
    e->scratch = fb_window_encoder_new();
    e->started = e->scratch && pthread_create(&e->thread, NULL, work, e) == 0;
    if (e->started)
        return e;
    fb_encoder_free(e);
    return NULL;
}

void fb_encoder_free(struct fb_encoder *e)
{
    if (!e)
        return;
    if (e->started) {
        pthread_mutex_lock(&e->lock);
        e->stop = true;
        pthread_cond_signal(&e->given);
        pthread_mutex_unlock(&e->lock);
        pthread_join(e->thread, NULL);
    }
    for (; e->n_taken != e->n_given; e->n_taken++) {
        if (e->n_taken < e->n_done)
            fb_window_blobs_release(&e->out[e->n_taken % FB_ENCODER_DEPTH]);
        else
            fb_window_free(e->in[e->n_taken % FB_ENCODER_DEPTH]);
    }
    fb_window_encoder_free(e->scratch);
    pthread_cond_destroy(&e->given);
    pthread_cond_destroy(&e->done);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

unsigned fb_encoder_pending(const struct fb_encoder *e)
{
    return e->n_given - e->n_taken; /* both are the caller's */
}

void fb_encoder_give(struct fb_encoder *e, struct fb_window *w)
{
    FB_BUG(fb_encoder_pending(e) >= FB_ENCODER_DEPTH);
    pthread_mutex_lock(&e->lock);
    e->in[e->n_given++ % FB_ENCODER_DEPTH] = w;
    pthread_cond_signal(&e->given);
    pthread_mutex_unlock(&e->lock);
}

bool fb_encoder_take(struct fb_encoder *e, bool wait, struct fb_window_blobs *out)
{
    FB_BUG(fb_encoder_pending(e) == 0);
    pthread_mutex_lock(&e->lock);
    while (wait && e->n_done == e->n_taken)
        pthread_cond_wait(&e->done, &e->lock);
    bool got = e->n_done != e->n_taken;
    if (got) {
        *out = e->out[e->n_taken % FB_ENCODER_DEPTH];
        e->n_taken++;
    }
    pthread_mutex_unlock(&e->lock);
    return got;
}
