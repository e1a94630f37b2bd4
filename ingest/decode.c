#include "ingest/decode.h"
#include "ingest/decode_frame.h"

#include <stdlib.h>
#include <string.h>

#define FRAG_BYTES_DEFAULT (32U << 20)
#define FRAG_COUNT_DEFAULT 65535U

static fb_link_step *const link_steps[FB_FRAME_KINDS] = {
    [FB_FRAME_ETHERNET] = fb_link_ethernet,
    [FB_FRAME_VLAN] = fb_link_vlan,
    [FB_FRAME_MPLS] = fb_link_mpls,
    [FB_FRAME_PPPOE] = fb_link_pppoe,
    [FB_FRAME_PBB] = fb_link_pbb,
    [FB_FRAME_VNTAG] = fb_link_vntag,
    [FB_FRAME_SNAP] = fb_link_snap,
    [FB_FRAME_NULL] = fb_link_null,
    [FB_FRAME_LOOP] = fb_link_loop,
    [FB_FRAME_PPP] = fb_link_ppp,
    [FB_FRAME_PPP_SERIAL] = fb_link_ppp_serial,
    [FB_FRAME_CHDLC] = fb_link_chdlc,
    [FB_FRAME_SLL] = fb_link_sll,
    [FB_FRAME_SLL2] = fb_link_sll2,
    [FB_FRAME_FDDI] = fb_link_fddi,
    [FB_FRAME_WIFI] = fb_link_wifi,
    [FB_FRAME_RADIOTAP] = fb_link_radiotap,
    [FB_FRAME_PRISM] = fb_link_prism,
    [FB_FRAME_AVS] = fb_link_avs,
    [FB_FRAME_AMSDU] = fb_link_amsdu,
    [FB_FRAME_NFLOG] = fb_link_nflog,
};

/* LINKTYPE_ numbers of tcpdump.org/linktypes.html. */
static enum fb_frame_kind kind_of_linktype(uint32_t linktype)
{
    switch (linktype) {
    case 1:
        return FB_FRAME_ETHERNET;
    case 0:
        return FB_FRAME_NULL;
    case 108:
        return FB_FRAME_LOOP;
    case 9:
        return FB_FRAME_PPP;
    case 50:
        return FB_FRAME_PPP_SERIAL;
    case 51:
        return FB_FRAME_PPPOE;
    case 10:
        return FB_FRAME_FDDI;
    case 104:
        return FB_FRAME_CHDLC;
    case 105:
        return FB_FRAME_WIFI;
    case 113:
        return FB_FRAME_SLL;
    case 119:
        return FB_FRAME_PRISM;
    case 127:
        return FB_FRAME_RADIOTAP;
    case 163:
        return FB_FRAME_AVS;
    case 239:
        return FB_FRAME_NFLOG;
    case 276:
        return FB_FRAME_SLL2;
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
        return FB_FRAME_IP;
    default:
        return FB_FRAME_UNKNOWN;
    }
}

enum fb_status fb_decoder_new(const struct fb_decode_opts *opts, struct fb_decoder **out, struct fb_err *err)
{
    *out = NULL;
    struct fb_decoder *d = calloc(1, sizeof *d);
    if (d == NULL)
        return fb_err_nomem(err, "the packet decoder");
    if (opts != NULL)
        d->opts = *opts;
    if (d->opts.frag_bytes_max == 0)
        d->opts.frag_bytes_max = FRAG_BYTES_DEFAULT;
    if (d->opts.frag_max == 0)
        d->opts.frag_max = FRAG_COUNT_DEFAULT;
    d->defrag = fb_defrag_new(d->opts.frag_bytes_max, d->opts.frag_max);
    if (d->defrag == NULL) {
        free(d);
        return fb_err_nomem(err, "the table of fragments");
    }
    *out = d;
    return FB_OK;
}

void fb_decoder_free(struct fb_decoder *d)
{
    if (d == NULL)
        return;
    fb_defrag_free(d->defrag);
    free(d);
}

const struct fb_decode_stats *fb_decoder_stats(const struct fb_decoder *d)
{
    return &d->stats;
}

void fb_frame_push(struct fb_decoder *d, const struct fb_frame *f)
{
    FB_BUG(d->nstack >= FB_FRAME_STACK);
    d->stack[d->nstack++] = *f;
}

bool fb_frame_enter(struct fb_decoder *d, const struct fb_frame *f, enum fb_tunnel kind,
                    struct fb_frame *inner)
{
    if (f->depth >= FB_TUNNEL_DEPTH_MAX) {
        fb_count(&d->stats.depth_exceeded_pkts);
        return false;
    }
    *inner = *f;
    inner->tunnel[inner->depth++] = (uint8_t)kind;
    inner->kind = FB_FRAME_IP;
    inner->vlan = inner->inner_vlan = FB_NO_VLAN;
    inner->has_macs = false;
    memset(inner->src_mac, 0, sizeof inner->src_mac);
    memset(inner->dst_mac, 0, sizeof inner->dst_mac);
    inner->unknown_link = false;
    return true;
}

void fb_decode_begin(struct fb_decoder *d, const struct fb_record *rec, uint64_t ordinal, int64_t now_ns)
{
    fb_defrag_recycle(d->defrag);
    d->ts_ns = rec->ts_ns;
    d->now_ns = now_ns;
    d->ordinal = ordinal;
    d->enterable = false;
    d->fresh = true;
    d->nstack = 0;
    uint32_t wire = rec->wirelen > rec->caplen ? rec->wirelen : rec->caplen;
    d->cur = (struct fb_frame){
        .c = fb_cur_init(rec->data, rec->caplen),
        .tail = wire - rec->caplen,
        .kind = (uint8_t)kind_of_linktype(rec->linktype),
        .cut = wire > rec->caplen,
        .vlan = FB_NO_VLAN,
        .inner_vlan = FB_NO_VLAN,
    };
}

static void show_other(struct fb_decoder *d, const struct fb_frame *f)
{
    if (d->opts.other)
        d->opts.other(d->opts.other_ctx, d->other_type, f->has_macs ? f->src_mac : NULL,
                      f->has_macs ? f->dst_mac : NULL, f->c.p, fb_cur_left(&f->c));
    d->other_type = 0;
}

/* Every step takes at least one byte off the frame, stops, or hands over to IP; so this ends. */
static bool reach_ip(struct fb_decoder *d, struct fb_frame *f)
{
    while (f->kind > FB_FRAME_UNKNOWN)
        f->kind = (uint8_t)link_steps[f->kind](d, f);
    if (d->other_type)
        show_other(d, f);
    if (f->kind == FB_FRAME_UNKNOWN)
        f->unknown_link = true;
    return f->kind != FB_FRAME_STOP;
}

bool fb_decode_next(struct fb_decoder *d, struct fb_packet *out)
{
    d->enterable = false;
    while (d->fresh || d->nstack > 0) {
        if (!d->fresh)
            d->cur = d->stack[--d->nstack];
        d->fresh = false;
        if (reach_ip(d, &d->cur) && fb_ip_decode(d, &d->cur, out))
            return true;
    }
    return false;
}

enum fb_status fb_decode_enter(struct fb_decoder *d, const struct fb_packet *outer, enum fb_tunnel kind)
{
    /* Only the packet handed out last can be entered: the bytes of an earlier one may be gone. */
    FB_BUG(!d->enterable || outer->payload != d->cur.c.p);
    d->cur.tunnel_id = 0;
    struct fb_frame inner;
    enum fb_status st;
    if (kind == FB_TUN_GRE_UDP && d->cur.depth < FB_TUNNEL_DEPTH_MAX)
        st = fb_tunnel_gre(d, &d->cur, kind);
    else
        st = fb_frame_enter(d, &d->cur, kind, &inner) ? fb_tunnel_udp(d, &inner, kind) : FB_ERR_LIMIT;
    /* One way in: what is inside comes out once. */
    d->enterable = st != FB_OK;
    return st;
}
