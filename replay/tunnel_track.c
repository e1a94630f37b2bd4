#include "replay/tunnel_track.h"

#include "base/hash.h"
#include "base/timefmt.h"
#include "replay/service/service.h"
#include "replay/shard.h"

#define ENTRIES       4096
#define OUTER_IDLE_NS (60 * FB_NS_PER_S)

struct entry {
    struct fb_addr a, b; /* a sent the first packet */
    uint16_t a_p, b_p;
    uint16_t resp_p;
    bool used, resp_is_a;
    bool valid[2];     /* a packet of each side held, for Teredo's confirmation */
    uint16_t given_up; /* bit per enum fb_tunnel */
    int64_t last_ns;
    uint64_t parent;
};

struct fb_tunnel_track {
    struct entry entry[ENTRIES];
};

struct fb_tunnel_track *fb_tunnel_track_new(void)
{
    return calloc(1, sizeof(struct fb_tunnel_track));
}

void fb_tunnel_track_free(struct fb_tunnel_track *t)
{
    free(t);
}

bool fb_starts_flipped(const struct fb_packet *p)
{
    static const struct fb_addr broadcast = {
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    if (p->proto != FB_PROTO_TCP && p->proto != FB_PROTO_UDP)
        return false;
    bool syn = p->tcp_flags & FB_TCP_SYN, ack = p->tcp_flags & FB_TCP_ACK;
    if (p->proto == FB_PROTO_TCP && syn && !ack)
        return false;
    if (!fb_service_likely_server_port(p->proto, p->src_p) || fb_addr_eq(&p->dst, &broadcast))
        return false;
    if (!fb_service_likely_server_port(p->proto, p->dst_p))
        return true;
    return p->proto == FB_PROTO_TCP && !(syn && ack) && p->src_p < p->dst_p;
}

static enum fb_tunnel by_port(uint16_t port)
{
    switch (port) {
    case 4789:
        return FB_TUN_VXLAN;
    case 6081:
        return FB_TUN_GENEVE;
    case 3544:
        return FB_TUN_TEREDO;
    case 5072:
        return FB_TUN_AYIYA;
    case 2152:
    case 2123:
        return FB_TUN_GTPV1;
    case 4754:
        return FB_TUN_GRE_UDP;
    default:
        return FB_TUN_NONE;
    }
}

static bool is_teredo_address(const uint8_t *p)
{
    return p[0] == 0x20 && p[1] == 0x01 && p[2] == 0 && p[3] == 0;
}

/* An IPv6 header with a Teredo address, or Teredo's own prefixes in front of an IPv6 header (RFC
 * 4380, 5.1.1). */
static bool looks_like_teredo(const uint8_t *p, size_t n)
{
    bool prefixed = false;
    if (n >= 13 && p[0] == 0 && p[1] == 1) {
        size_t auth = 13u + p[2] + p[3];
        if (auth >= n)
            return false;
        p += auth;
        n -= auth;
        prefixed = true;
    }
    if (n >= 8 && p[0] == 0 && p[1] == 0) {
        p += 8;
        n -= 8;
        prefixed = true;
    }
    if (n < 40 || p[0] >> 4 != 6)
        return false;
    return prefixed || is_teredo_address(p + 8) || is_teredo_address(p + 24);
}

static enum fb_tunnel by_content(const struct fb_packet *p)
{
    const uint8_t *d = p->payload;
    size_t n = p->payload_caplen < p->payload_bytes ? p->payload_caplen : p->payload_bytes;
    if (n >= 8 && d[1] == 0x52 && d[2] == 0x11)
        return FB_TUN_AYIYA;
    if (n >= 40 && (d[0] >> 4 == 6 || d[0] == 0) && looks_like_teredo(d, n))
        return FB_TUN_TEREDO;
    return FB_TUN_NONE;
}

static bool same_flow(const struct entry *e, const struct fb_packet *p, bool *from_a)
{
    *from_a =
        e->a_p == p->src_p && e->b_p == p->dst_p && fb_addr_eq(&e->a, &p->src) && fb_addr_eq(&e->b, &p->dst);
    return *from_a || (e->a_p == p->dst_p && e->b_p == p->src_p && fb_addr_eq(&e->a, &p->dst) &&
                       fb_addr_eq(&e->b, &p->src));
}

void fb_tunnel_track_guess(struct fb_tunnel_track *t, const struct fb_packet *p, int64_t now_ns,
                           uint64_t ordinal, struct fb_tunnel_guess *out)
{
    *out = (struct fb_tunnel_guess){.kind = FB_TUN_NONE};
    if (p->flags & (FB_PKT_BAD_CHECKSUM | FB_PKT_BAD_HEADER))
        return;
    enum fb_tunnel content = FB_TUN_NONE;
    if (!by_port(p->src_p) && !by_port(p->dst_p) && (content = by_content(p)) == FB_TUN_NONE)
        return;
    uint64_t h = fb_shard_hash(p);
    struct entry *e = &t->entry[h % ENTRIES];
    bool from_a = true;
    if (!e->used || !same_flow(e, p, &from_a) || now_ns - e->last_ns >= OUTER_IDLE_NS) {
        bool flip = fb_starts_flipped(p);
        *e = (struct entry){.a = p->src,
                            .b = p->dst,
                            .a_p = p->src_p,
                            .b_p = p->dst_p,
                            .used = true,
                            .resp_is_a = flip,
                            .resp_p = flip ? p->src_p : p->dst_p,
                            .parent = fb_mix64(h ^ fb_mix64(ordinal)) | 1};
        from_a = true;
    }
    e->last_ns = now_ns;
    enum fb_tunnel kind = by_port(e->resp_p);
    if (kind == FB_TUN_NONE)
        kind = content != FB_TUN_NONE ? content : by_content(p);
    if (e->given_up & (1u << kind))
        return;
    /* GRE is the same tunnel whatever the ports around it (RFC 8086 spreads flows over source ports). */
    uint64_t parent = kind == FB_TUN_GRE_UDP ? fb_shard_ends_hash(p) | 1 : e->parent;
    *out = (struct fb_tunnel_guess){
        .kind = kind, .parent = parent, .entry = e, .from_orig = from_a != e->resp_is_a};
}

enum fb_tunnel fb_tunnel_track_result(struct fb_tunnel_track *t, const struct fb_tunnel_guess *g, bool held)
{
    (void)t;
    struct entry *e = g->entry;
    if (!held) {
        e->given_up |= (uint16_t)(1u << g->kind);
        return FB_TUN_NONE;
    }
    e->valid[g->from_orig] = true;
    /* delay_teredo_confirmation: only when both sides have spoken it. */
    if (g->kind == FB_TUN_TEREDO && !(e->valid[0] && e->valid[1]))
        return FB_TUN_NONE;
    return g->kind;
}
