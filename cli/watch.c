#include "cli/watch.h"

void fb_watch_release(struct fb_watch *w)
{
    free(w->item);
    *w = (struct fb_watch){0};
}

static size_t find(const struct fb_watch *w, uint64_t number)
{
    size_t lo = 0, hi = w->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->item[mid].s.number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static enum fb_status make_room(struct fb_watch *w, struct fb_err *err)
{
    if (w->n < w->cap)
        return FB_OK;
    size_t cap = w->cap ? w->cap * 2 : 256;
    struct fb_watched *item = realloc(w->item, cap * sizeof *item);
    if (!item)
        return fb_err_nomem(err, "the sessions on show");
    w->item = item;
    w->cap = cap;
    return FB_OK;
}

enum fb_status fb_watch_put(struct fb_watch *w, const struct fb_session *s, bool open, struct fb_err *err)
{
    size_t at = find(w, s->number);
    if (at == w->n || w->item[at].s.number != s->number) {
        if (w->n == FB_WATCH_MAX) {
            w->full = true;
            return FB_OK;
        }
        FB_TRY(make_room(w, err));
        memmove(&w->item[at + 1], &w->item[at], (w->n - at) * sizeof *w->item);
        w->n++;
        w->item[at].tag = NULL;
        w->item[at].score_ppm = FB_WATCH_NO_SCORE;
    }
    struct fb_watched *v = &w->item[at];
    *v = (struct fb_watched){
        .s = *s, .open = open, .last_ns = s->ts_ns, .tag = v->tag, .score_ppm = v->score_ppm};
    snprintf(v->service, sizeof v->service, "%s", s->service);
    v->s.service = v->s.history = v->s.tunnel = NULL;
    v->s.parents = NULL;
    v->s.nparents = 0;
    if (s->duration_ns > 0)
        v->last_ns += s->duration_ns; /* times are within 1896 to 2189, see engine.h */
    return FB_OK;
}

void fb_watch_judge(struct fb_watch *w, uint64_t number, const char *tag, uint32_t score_ppm)
{
    size_t at = find(w, number);
    if (at == w->n || w->item[at].s.number != number)
        return;
    w->item[at].tag = tag;
    w->item[at].score_ppm = score_ppm;
}

void fb_watch_prune(struct fb_watch *w, int64_t since_ns)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->n; i++)
        if (w->item[i].last_ns >= since_ns)
            w->item[kept++] = w->item[i];
    w->n = kept;
}
