/* Tunnels in echoes of ICMP. */
#include "model/detect/detect_int.h"

static bool is_echo(const struct pair_key *k)
{
    return (k->ip_proto == PROTO_ICMP && (k->port == 8 || k->port == 0)) ||
           (k->ip_proto == PROTO_ICMP6 && (k->port == 128 || k->port == 129));
}

/* Echoes and answers whose checksum is wrong, either way: no ping makes these, and no interface computes the
 * checksum of ICMP in its place. */
static uint64_t damaged_back(const struct fb_detect *d, const struct pair *p)
{
    static const uint16_t TYPE[] = {8, 0, 128, 129};
    uint64_t n = 0;
    for (size_t i = 0; i < sizeof TYPE / sizeof *TYPE; i++) {
        struct pair_key k = {
            .orig_h = p->key.resp_h, .resp_h = p->key.orig_h, .port = TYPE[i], .ip_proto = p->key.ip_proto};
        const struct pair *q = fb_dtab_find(&d->pairs, &k);
        n += q ? q->damaged : 0;
    }
    return n;
}

static enum fb_status report_damaged(const struct fb_detect *d, const struct pair *p, struct fb_findings *out)
{
    uint64_t least = (uint64_t)OPT(d, ICMP_DAMAGED), back = damaged_back(d, p);
    struct finding_maker m;
    if ((p->key.port != 8 && p->key.port != 128) || p->damaged < least || back < least)
        return FB_OK;
    fb_det_make_begin(&m, FB_FIND_ICMP_TUNNEL, &p->key.orig_h);
    fb_det_make_pair(&m, p);
    fb_buf_printf(&m.reason,
                  "%llu echoes and %llu messages back have a wrong checksum: no ping makes these, a program "
                  "that fills them with something else does.",
                  (unsigned long long)p->damaged, (unsigned long long)back);
    fb_det_make_severity(&m, 62, fb_points(p->damaged, least, 3, 15), 65);
    return fb_det_make_end(&m, out);
}

/* An echo's answer has what the echo had: other sizes are no ping. Large echoes are path tests now and then,
 * not by the hundred. */
static enum fb_status report_echoes(const struct fb_detect *d, const struct pair *p, struct fb_findings *out)
{
    uint64_t least = (uint64_t)OPT(d, ICMP_BYTES), pkts = p->orig_pkts + p->resp_pkts,
             bytes = p->orig_bytes + p->resp_bytes;
    if (pkts < 20 || bytes < least)
        return FB_OK;
    uint64_t a = p->orig_pkts ? p->orig_bytes / p->orig_pkts : 0,
             b = p->resp_pkts ? p->resp_bytes / p->resp_pkts : 0;
    uint64_t hi = a > b ? a : b, lo = a > b ? b : a;
    bool uneven = p->orig_pkts && p->resp_pkts && hi - lo > 8 + lo / 10,
         large = bytes / pkts >= 128 && pkts >= 50;
    if (!uneven && !large)
        return FB_OK;
    struct finding_maker m;
    fb_det_make_begin(&m, FB_FIND_ICMP_TUNNEL, &p->key.orig_h);
    fb_det_make_pair(&m, p);
    fb_buf_printf(&m.reason, "%llu echoes and %llu answers carry ", (unsigned long long)p->orig_pkts,
                  (unsigned long long)p->resp_pkts);
    fb_put_bytes(&m.reason, bytes);
    fb_buf_printf(&m.reason,
                  ": %llu bytes an echo, %llu an answer (a ping has 56, and an answer what was asked).",
                  (unsigned long long)a, (unsigned long long)b);
    fb_det_make_severity(&m, uneven ? 68 : 50, fb_points(bytes, least, 3, 20), uneven ? 85 : 50);
    return fb_det_make_end(&m, out);
}

enum fb_status fb_det_icmp_tunnels(struct fb_detect *d, struct fb_findings *out)
{
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < d->pairs.n && st == FB_OK; i++) {
        const struct pair *p = fb_dtab_at(&d->pairs, i);
        if (!is_echo(&p->key) || fb_det_host_is_group(&p->key.resp_h))
            continue;
        st = report_damaged(d, p, out);
        if (st == FB_OK)
            st = report_echoes(d, p, out);
    }
    return st;
}
