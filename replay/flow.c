#include "replay/flow.h"

#include "base/cursor.h"
#include "ingest/decode_names.h"
#include "replay/history.h"
#include "replay/service/service.h"
#include "replay/tcp.h"

#define SWAP2(a)                                                                                             \
    do {                                                                                                     \
        __typeof__((a)[0]) swap_tmp_ = (a)[0];                                                               \
        (a)[0] = (a)[1];                                                                                     \
        (a)[1] = swap_tmp_;                                                                                  \
    } while (0)

void fb_flow_flip(struct fb_flow *f, struct fb_tcp *tcp)
{
    SWAP2(f->addr);
    SWAP2(f->port);
    SWAP2(f->pkts);
    SWAP2(f->ip_bytes);
    SWAP2(f->chk_cnt);
    SWAP2(f->ttl);
    uint8_t mac[6];
    memcpy(mac, f->mac[0], 6);
    memcpy(f->mac[0], f->mac[1], 6);
    memcpy(f->mac[1], mac, 6);
    if (tcp) {
        SWAP2(tcp->end);
        SWAP2(tcp->first_seen);
        tcp->is_partial = false;
    }
    if (f->service)
        fb_service_flip(f->service);
    f->flags ^= FB_FLOW_OBSERVE_FLIP;
    fb_history_put(f, '^');
}

static bool put_step(struct fb_flow *f, struct fb_pool *nodes, const uint8_t *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (f->pk_inline_used < FB_PKLIST_INLINE) {
            f->pk_inline[f->pk_inline_used++] = b[i];
            continue;
        }
        struct fb_pklist_node *tail = f->pk_tail ? fb_pool_at(nodes, f->pk_tail) : NULL;
        if (!tail || tail->used == FB_PKLIST_BYTES) {
            uint32_t idx = fb_pool_take(nodes);
            if (!idx)
                return false;
            if (tail)
                tail->next = idx;
            else
                f->pk_head = idx;
            f->pk_tail = idx;
            tail = fb_pool_at(nodes, idx);
        }
        tail->bytes[tail->used++] = b[i];
    }
    f->piece_bytes += n;
    return true;
}

bool fb_flow_add_ordinal(struct fb_flow *f, struct fb_pool *nodes, uint64_t ordinal)
{
    if (f->evidence_pkts && ordinal == f->last_ordinal)
        return true; /* a second packet of the session in one record */
    f->evidence_pkts++;
    if (f->piece_pkts == 0) {
        f->piece_first_ordinal = f->last_ordinal = ordinal;
        f->piece_pkts = 1;
        return true;
    }
    uint8_t b[10];
    uint32_t n = (uint32_t)fb_put_varint(b, fb_zigzag((int64_t)(ordinal - f->last_ordinal)));
    f->last_ordinal = ordinal;
    f->piece_pkts++;
    return put_step(f, nodes, b, n);
}

bool fb_flow_take_piece(struct fb_flow *f, struct fb_pool *nodes, struct fb_buf *steps,
                        struct fb_packet_run *run)
{
    fb_buf_clear(steps);
    fb_buf_put(steps, f->pk_inline, f->pk_inline_used);
    for (uint32_t i = f->pk_head; i;) {
        const struct fb_pklist_node *node = fb_pool_at(nodes, i);
        fb_buf_put(steps, node->bytes, node->used);
        uint32_t next = node->next;
        fb_pool_give(nodes, i);
        i = next;
    }
    *run = (struct fb_packet_run){f->number, f->piece_first_ordinal, f->piece_pkts, steps->data, steps->len};
    f->pk_head = f->pk_tail = 0;
    f->pk_inline_used = 0;
    f->piece_pkts = f->piece_bytes = 0;
    return !steps->failed;
}

/* Segments: a run of payload packets, ended by PSH or by silence; an open one that falls silent ends at its
 * last payload. */
void fb_flow_payload_packet(struct fb_flow *f, int64_t ts_ns, bool psh, int64_t idle_ns)
{
    bool open = f->flags & FB_FLOW_SEG_OPEN;
    if (open && ts_ns - f->seg_last_ns >= idle_ns)
        open = false;
    if (!open) {
        if (f->segments > 0) {
            int64_t gap = ts_ns - f->seg_last_ns;
            uint64_t g = gap > 0 ? (uint64_t)gap : 0, us = g / 1000;
            f->seg_gap_sum_ns += g;
            f->seg_gap_sq_us2 += (unsigned __int128)us * us;
        }
        f->segments++;
    }
    f->seg_last_ns = ts_ns;
    if (psh)
        f->flags &= (uint16_t)~FB_FLOW_SEG_OPEN;
    else
        f->flags |= FB_FLOW_SEG_OPEN;
}

/* (sum of gaps)^2 / (n * sum of squared gaps): 1 for equal gaps, 1/n when one gap holds all the time (Cauchy,
 * Schwarz). */
static uint32_t regularity_ppm(const struct fb_flow *f)
{
    if (f->segments < 3)
        return 0;
    unsigned __int128 n = f->segments - 1, sum = f->seg_gap_sum_ns / 1000, sq = f->seg_gap_sq_us2 * n;
    if (sq == 0)
        return 1000000;
    unsigned __int128 ppm = sum * sum * 1000000 / sq;
    return ppm > 1000000 ? 1000000 : (uint32_t)ppm;
}

static enum fb_conn_state plain_conn_state(const struct fb_flow *f)
{
    if (f->proto != FB_PROTO_UDP)
        return FB_CS_OTH;
    if (f->udp_sent[FB_ORIG])
        return f->udp_sent[FB_RESP] ? FB_CS_SF : FB_CS_S0;
    return f->udp_sent[FB_RESP] ? FB_CS_SHR : FB_CS_OTH;
}

/* text: service, NUL, tunnel path, NUL. */
static void fill_texts(const struct fb_flow *f, char *text, size_t cap, struct fb_session *s)
{
    const char *names = f->service ? fb_service_names(f->service) : "";
    int n = snprintf(text, cap, "%s%s%s", f->announced ? f->announced : "", f->announced && *names ? "," : "",
                     names);
    size_t used = n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;
    s->service = text;
    s->tunnel = "";
    if (!f->tunnel)
        return;
    char *path = text + used + 1;
    size_t left = cap - used - 1, len = 0;
    if (left < 2)
        return;
    path[0] = '\0';
    for (int i = 0; i < FB_TUNNEL_DEPTH_MAX && f->tunnel->path[i]; i++) {
        int k = snprintf(path + len, left - len, "%s%s", i ? "/" : "", fb_tunnel_name(f->tunnel->path[i]));
        if (k < 0 || (size_t)k >= left - len)
            break;
        len += (size_t)k;
    }
    s->tunnel = path;
    s->parents = f->tunnel->parents;
    s->nparents = f->tunnel->nparents;
}

static void fill_tcp(const struct fb_flow *f, const struct fb_tcp *t, struct fb_session *s)
{
    const struct fb_tcp_end *o = &t->end[FB_ORIG], *r = &t->end[FB_RESP];
    s->orig_bytes = fb_tcp_size(t, FB_ORIG);
    s->resp_bytes = fb_tcp_size(t, FB_RESP);
    s->conn_state = (uint8_t)fb_tcp_conn_state(f, t);
    s->syn_synack_ns = t->syn_synack_ns;
    s->synack_ack_ns = t->synack_ack_ns;
    s->orig_retrans_pkts = o->rexmit_cnt - o->ooo_cnt;
    s->resp_retrans_pkts = r->rexmit_cnt - r->ooo_cnt;
    s->orig_ooo_pkts = o->ooo_cnt;
    s->resp_ooo_pkts = r->ooo_cnt;
    s->orig_zero_window_pkts = o->win0_cnt;
    s->resp_zero_window_pkts = r->win0_cnt;
}

void fb_flow_record(const struct fb_flow *f, const struct fb_tcp *tcp, char *text, size_t text_cap,
                    struct fb_session *s)
{
    *s = (struct fb_session){
        .number = f->number,
        .ts_ns = f->ts_ns,
        .duration_ns = f->last_ns - f->ts_ns,
        .orig_h = f->addr[FB_ORIG],
        .resp_h = f->addr[FB_RESP],
        .orig_p = f->port[FB_ORIG],
        .resp_p = f->port[FB_RESP],
        .proto = f->proto,
        .ip_proto = f->ip_proto,
        .conn_state = (uint8_t)plain_conn_state(f),
        .end_reason = f->end_reason,
        .uid_dup = f->uid_dup,
        .orig_bytes = f->payload_bytes[FB_ORIG],
        .resp_bytes = f->payload_bytes[FB_RESP],
        .missed_bytes = f->missed_bytes,
        .orig_pkts = f->pkts[FB_ORIG],
        .resp_pkts = f->pkts[FB_RESP],
        .orig_ip_bytes = f->ip_bytes[FB_ORIG],
        .resp_ip_bytes = f->ip_bytes[FB_RESP],
        .history = fb_history_text(f),
        .vlan = f->vlan,
        .inner_vlan = f->inner_vlan,
        .has_macs = (f->flags & FB_FLOW_HAS_MACS) != 0,
        .orig_ttl = f->ttl[FB_ORIG],
        .resp_ttl = f->ttl[FB_RESP],
        .segments = f->segments,
        .segment_gap_sum_ns = f->seg_gap_sum_ns,
        .segment_regularity_ppm = regularity_ppm(f),
        .syn_synack_ns = -1,
        .synack_ack_ns = -1,
        .bad_checksum_pkts = (uint64_t)f->chk_cnt[0] + f->chk_cnt[1],
        .first_ordinal = f->first_ordinal,
        .evidence_pkts = f->evidence_pkts,
    };
    memcpy(s->orig_mac, f->mac[FB_ORIG], 6);
    memcpy(s->resp_mac, f->mac[FB_RESP], 6);
    fill_texts(f, text, text_cap, s);
    if (tcp)
        fill_tcp(f, tcp, s);
}
