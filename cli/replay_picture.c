#include "cli/replay_picture.h"

#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/screen.h"

void fb_picture_init(struct fb_picture *p, const char *path, size_t npaths, uint64_t speed, int64_t window_ns)
{
    *p = (struct fb_picture){.path = path, .npaths = npaths, .speed = speed, .window_ns = window_ns};
    fb_buf_init(&p->text, (size_t)4 << 20);
}

void fb_picture_release(struct fb_picture *p)
{
    fb_watch_release(&p->watch);
    fb_buf_release(&p->text);
    free(p->order);
    p->order = NULL;
}

static int newest_first(const void *pa, const void *pb)
{
    const struct fb_watched *a = *(const struct fb_watched *const *)pa;
    const struct fb_watched *b = *(const struct fb_watched *const *)pb;
    if (a->last_ns != b->last_ns)
        return a->last_ns > b->last_ns ? -1 : 1;
    return a->s.number > b->s.number ? -1 : a->s.number < b->s.number;
}

static bool put_in_order(struct fb_picture *p)
{
    if (p->cap < p->watch.n) {
        const struct fb_watched **order = realloc(p->order, p->watch.cap * sizeof *order);
        if (!order)
            return false;
        p->order = order;
        p->cap = p->watch.cap;
    }
    for (size_t i = 0; i < p->watch.n; i++)
        p->order[i] = &p->watch.item[i];
    if (p->watch.n)
        qsort(p->order, p->watch.n, sizeof *p->order, newest_first);
    return true;
}

/* The last part of the path, in what every terminal shows as one column a byte. */
static void put_name(struct fb_picture *p)
{
    const char *slash = strrchr(p->path, '/');
    for (const char *c = slash && slash[1] ? slash + 1 : p->path; *c; c++)
        fb_buf_putc(&p->text, *c >= ' ' && *c <= '~' ? *c : '?');
    if (p->npaths > 1)
        fb_buf_printf(&p->text, " and %zu more", p->npaths - 1);
}

static void put_top(struct fb_picture *p, const struct fb_engine_stats *s, uint64_t sessions)
{
    char now[FB_TIME_STRLEN], window[FB_TIME_STRLEN];
    fb_time_format(s->now_ns, now);
    fb_time_format_human(p->window_ns, window);
    put_name(p);
    if (p->speed)
        fb_buf_printf(&p->text, "  %.23s  x%llu", now, (unsigned long long)p->speed);
    else
        fb_buf_printf(&p->text, "  %.23s", now);
    fb_buf_printf(&p->text, "  packets %llu  sessions %llu  open %llu  active %zu%s (%s)\n",
                  (unsigned long long)s->pkts, (unsigned long long)sessions,
                  (unsigned long long)s->active_sessions, p->watch.n, p->watch.full ? "+" : "", window);
}

/* In front, where a narrow terminal does not cut it off. */
static void put_verdict(struct fb_picture *p, const struct fb_watched *v)
{
    const char *colon = v->tag ? strchr(v->tag, ':') : NULL;
    fb_buf_printf(&p->text, "%-17s  ", colon ? colon + 1 : "-");
    if (v->tag && v->score_ppm != FB_WATCH_NO_SCORE)
        fb_buf_printf(&p->text, "%u.%03u  ", v->score_ppm / 1000000, v->score_ppm % 1000000 / 1000);
    else
        fb_buf_puts(&p->text, "    -  ");
}

static void put_session(struct fb_picture *p, const struct fb_watched *v)
{
    char orig[FB_ADDR_STRLEN], resp[FB_ADDR_STRLEN], length[FB_TIME_STRLEN], ends[2][FB_ADDR_STRLEN + 8];
    const struct fb_session *s = &v->s;
    fb_addr_format(&s->orig_h, orig);
    fb_addr_format(&s->resp_h, resp);
    snprintf(ends[0], sizeof ends[0], "%s %u", orig, s->orig_p);
    snprintf(ends[1], sizeof ends[1], "%s %u", resp, s->resp_p);
    fb_time_format_human(s->duration_ns > 0 ? s->duration_ns : 0, length);
    if (p->online)
        put_verdict(p, v);
    fb_buf_printf(&p->text, "%8llu  %-6s  %-4.4s  %-22s  %-22s  %-8.8s  %10s  %10llu  %7llu  %s\n",
                  (unsigned long long)s->number,
                  v->open ? "open" : fb_end_reason_name((enum fb_end_reason)s->end_reason),
                  fb_session_proto_name(s->proto), ends[0], ends[1], *v->service ? v->service : "-", length,
                  (unsigned long long)(s->orig_bytes + s->resp_bytes),
                  (unsigned long long)(s->orig_pkts + s->resp_pkts),
                  fb_conn_state_name((enum fb_conn_state)s->conn_state));
}

void fb_picture_draw(struct fb_picture *p, const struct fb_engine_stats *s, uint64_t sessions)
{
    size_t rows, cols;
    fb_screen_size(&rows, &cols);
    fb_buf_clear(&p->text);
    put_top(p, s, sessions);
    if (p->online) {
        fb_replay_online_state(p->online, &p->text);
        fb_buf_printf(&p->text, "%-17s  %5s  ", "anomaly", "score");
    }
    fb_buf_printf(&p->text, "%8s  %-6s  %-4s  %-22s  %-22s  %-8s  %10s  %10s  %7s  %s\n", "number", "end",
                  "prot", "originator", "responder", "service", "duration", "bytes", "packets", "state");
    if (!put_in_order(p))
        return; /* the next picture may fit */
    for (size_t i = 0; i < p->watch.n && i + 3 + (p->online != NULL) < rows; i++)
        put_session(p, p->order[i]);
    if (!p->text.failed)
        fb_screen_draw(&p->text);
}
