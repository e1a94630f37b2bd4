/* Exfiltration: one host sends another far more than it gets back, than it sends to others, and than others
 * send. */
#include "base/memory.h"
#include "model/detect/detect_int.h"

#include <stdlib.h>

#define INSIDE_FACTOR 10 /* between private addresses: backups and file servers are normal */
#define PEERS_MIN     3  /* with fewer other peers there is nothing to compare a host with */

struct sent {
    struct fb_addr who;
    uint64_t bytes;
    size_t link;
};

static int by_who(const void *a, const void *b)
{
    const struct sent *x = a, *y = b;
    int c = fb_addr_cmp(&x->who, &y->who);
    if (c)
        return c;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? -1 : 1;
    return x->link < y->link ? -1 : x->link > y->link;
}

static int by_bytes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

struct usual {
    uint64_t own;     /* median of what the host sends to a peer */
    uint64_t network; /* median of all links */
    size_t peers;
};

/* A host that used to send: bytes a second before, against those since. 0: nothing to compare with. */
static uint64_t times_the_past(const struct fb_detect *d, const struct link *l)
{
    const struct host *h = fb_dtab_find(&d->hosts, &l->key.orig_h);
    int64_t before = h ? span_ns(h->first_ns, l->first_ns) : 0, during = span_ns(l->first_ns, l->last_ns);
    if (before < 60 * NS_PER_S || l->sent_before == 0)
        return 0;
    uint64_t was = fb_scale(l->sent_before, NS_PER_S, (uint64_t)before) + 1;
    return fb_scale(l->orig_bytes, NS_PER_S, (uint64_t)(during > NS_PER_S ? during : NS_PER_S)) / was;
}

static enum fb_status report(const struct fb_detect *d, const struct link *l, const struct usual *u,
                             struct fb_findings *out)
{
    struct finding_maker m;
    bool outside = !fb_det_host_is_private(&l->key.resp_h);
    uint64_t past = times_the_past(d, l), ratio = l->orig_bytes / (l->resp_bytes ? l->resp_bytes : 1);
    fb_det_make_begin(&m, FB_FIND_EXFILTRATION, &l->key.orig_h);
    fb_det_make_host(&m, &l->key.resp_h);
    m.f.targets = 1;
    m.f.ip_proto = l->main_proto;
    m.f.sessions = l->sessions;
    m.f.first_ns = l->first_ns;
    m.f.last_ns = l->last_ns;
    fb_det_make_evidence(&m, &l->send_evidence);
    fb_buf_puts(&m.reason, "Sent ");
    fb_put_bytes(&m.reason, l->orig_bytes);
    fb_buf_puts(&m.reason, outside ? " out to one host and got " : " to one host inside and got ");
    fb_put_bytes(&m.reason, l->resp_bytes);
    fb_buf_printf(&m.reason, " back, in %llu session%s of ", (unsigned long long)l->sessions,
                  l->sessions == 1 ? "" : "s");
    fb_put_time(&m.reason, span_ns(l->first_ns, l->last_ns));
    if (u->peers >= PEERS_MIN) {
        fb_buf_puts(&m.reason, "; to its other peers it sends ");
        fb_put_bytes(&m.reason, u->own);
        fb_buf_puts(&m.reason, " (median)");
    }
    fb_buf_puts(&m.reason, ", others send ");
    fb_put_bytes(&m.reason, u->network);
    if (past >= 2)
        fb_buf_printf(&m.reason, "; %llu times as fast as before", (unsigned long long)past);
    if (l->sessions > 1 && l->largest * 10 >= l->orig_bytes * 9)
        fb_buf_printf(&m.reason, "; session %llu has nearly all of it",
                      (unsigned long long)l->largest_number);
    fb_buf_putc(&m.reason, '.');
    uint64_t least = (uint64_t)OPT(d, EXFIL_BYTES) * (outside ? 1 : INSIDE_FACTOR);
    unsigned points = fb_points(l->orig_bytes, least, 3, 20) + (past >= 10 ? 5 : 0) + (outside ? 5 : 0) +
                      (ratio >= 20 ? 5 : 0);
    fb_det_make_severity(&m, 50, points,
                         40 + fb_points(l->orig_bytes, u->network + 1, 3, 40) +
                             (u->peers >= PEERS_MIN ? 15 : 0));
    return fb_det_make_end(&m, out);
}

/* The median of what the host sends to its other peers: the sorted run [a, b) without item x. */
static struct usual usual_of(const struct sent *s, size_t a, size_t b, size_t x, const uint64_t *all,
                             size_t nall)
{
    struct usual u = {.peers = b - a - 1, .network = all[(nall - 1) / 2]};
    if (u.peers) {
        size_t k = a + (u.peers - 1) / 2;
        u.own = s[k < x ? k : k + 1].bytes;
    }
    return u;
}

static enum fb_status one(const struct fb_detect *d, const struct sent *s, size_t a, size_t b, size_t x,
                          const uint64_t *all, size_t nall, struct fb_findings *out)
{
    const struct link *l = fb_dtab_at(&d->links, s[x].link);
    uint64_t least =
        (uint64_t)OPT(d, EXFIL_BYTES) * (fb_det_host_is_private(&l->key.resp_h) ? INSIDE_FACTOR : 1);
    uint64_t times = (uint64_t)OPT(d, EXFIL_TIMES);
    if (l->orig_bytes < least || l->orig_bytes / (uint64_t)OPT(d, EXFIL_RATIO) < l->resp_bytes)
        return FB_OK;
    struct usual u = usual_of(s, a, b, x, all, nall);
    if (nall > 1 && l->orig_bytes / times < u.network)
        return FB_OK;
    if (u.peers >= PEERS_MIN && l->orig_bytes / times < u.own)
        return FB_OK;
    return report(d, l, &u, out);
}

enum fb_status fb_det_exfil(struct fb_detect *d, struct fb_findings *out)
{
    size_t n = d->links.n;
    struct sent *s = fb_malloc((n + 1) * sizeof *s);
    uint64_t *all = fb_malloc((n + 1) * sizeof *all);
    enum fb_status st = s && all ? FB_OK : FB_ERR_NOMEM;
    for (size_t i = 0; i < n && st == FB_OK; i++) {
        const struct link *l = fb_dtab_at(&d->links, i);
        s[i] = (struct sent){l->key.orig_h, l->orig_bytes, i};
        all[i] = l->orig_bytes;
    }
    if (st == FB_OK && n) {
        qsort(s, n, sizeof *s, by_who);
        qsort(all, n, sizeof *all, by_bytes);
    }
    for (size_t a = 0, b; a < n && st == FB_OK; a = b) {
        for (b = a + 1; b < n && fb_addr_eq(&s[b].who, &s[a].who);)
            b++;
        for (size_t x = a; x < b && st == FB_OK; x++)
            st = one(d, s, a, b, x, all, n, out);
    }
    free(s);
    free(all);
    return st;
}
