#include "cli/frames.h"

#include "base/addr.h"
#include "ingest/packet.h"

static int by_ordinal(const void *a, const void *b)
{
    uint64_t x = ((const struct fb_packet_ref *)a)->ordinal, y = ((const struct fb_packet_ref *)b)->ordinal;
    return (x > y) - (x < y);
}

static enum fb_status append(struct fb_case *c, uint64_t number, struct fb_frames *out, struct fb_err *err)
{
    struct fb_packet_ref *more = NULL;
    size_t n = 0;
    FB_TRY(fb_case_session_packets(c, number, &more, &n, err));
    if (out->n == 0) {
        free(out->ref);
        *out = (struct fb_frames){more, n};
        return FB_OK;
    }
    struct fb_packet_ref *all = realloc(out->ref, (out->n + n + 1) * sizeof *all);
    if (!all) {
        free(more);
        return fb_err_nomem(err, "packet references");
    }
    if (n)
        memcpy(all + out->n, more, n * sizeof *more);
    out->ref = all;
    out->n += n;
    free(more);
    return FB_OK;
}

enum fb_status fb_frames_collect(struct fb_case *c, const uint64_t *number, size_t nsessions,
                                 struct fb_frames *out, struct fb_err *err)
{
    *out = (struct fb_frames){0};
    for (size_t i = 0; i < nsessions; i++) {
        enum fb_status st = append(c, number[i], out, err);
        if (st != FB_OK) {
            fb_frames_release(out);
            return st;
        }
    }
    if (out->n == 0)
        return FB_OK;
    qsort(out->ref, out->n, sizeof *out->ref, by_ordinal);
    size_t kept = 1;
    for (size_t i = 1; i < out->n; i++)
        if (out->ref[i].ordinal != out->ref[kept - 1].ordinal)
            out->ref[kept++] = out->ref[i];
    out->n = kept;
    return FB_OK;
}

void fb_frames_release(struct fb_frames *f)
{
    free(f->ref);
    *f = (struct fb_frames){0};
}

uint64_t fb_frames_put_runs(struct fb_buf *out, const struct fb_frames *f, uint32_t evidence, size_t max)
{
    uint64_t count = 0, first = 0, last = 0;
    size_t runs = 0;
    for (size_t i = 0; i <= f->n; i++) {
        bool end = i == f->n;
        if (!end && f->ref[i].evidence != evidence)
            continue;
        uint64_t frame = end ? 0 : f->ref[i].pkt_no;
        count += !end;
        if (count && !end && first && frame == last + 1) {
            last = frame;
            continue;
        }
        if (first && runs++ < max) {
            fb_buf_puts(out, runs > 1 ? ", " : "");
            fb_buf_put_u64dec(out, first);
            if (last > first) {
                fb_buf_puts(out, "..");
                fb_buf_put_u64dec(out, last);
            }
        }
        first = last = frame;
    }
    if (runs > max)
        fb_buf_puts(out, ", ...");
    return count;
}

void fb_session_put_display_filter(struct fb_buf *out, const struct fb_session *s)
{
    char a[FB_ADDR_STRLEN], b[FB_ADDR_STRLEN];
    fb_addr_format(&s->orig_h, a);
    fb_addr_format(&s->resp_h, b);
    bool v4 = fb_addr_is_v4(&s->orig_h);
    const char *ip = v4 ? "ip" : "ipv6";
    fb_buf_printf(out, "%s.addr == %s && %s.addr == %s", ip, a, ip, b);
    switch (s->proto) {
    case FB_PROTO_TCP:
        fb_buf_printf(out, " && tcp.port == %u && tcp.port == %u", s->orig_p, s->resp_p);
        break;
    case FB_PROTO_UDP:
        fb_buf_printf(out, " && udp.port == %u && udp.port == %u", s->orig_p, s->resp_p);
        break;
    case FB_PROTO_ICMP:
        fb_buf_puts(out, v4 ? " && icmp" : " && icmpv6");
        break;
    default:
        fb_buf_printf(out, " && %s == %u", v4 ? "ip.proto" : "ipv6.nxt", s->ip_proto);
        break;
    }
}
