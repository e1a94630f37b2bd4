#include "store/row.h"

static bool put_text(struct fb_buf *out, const char *s)
{
    size_t n = s ? strlen(s) : 0;
    if (n > FB_ROW_TEXT_MAX)
        return false;
    fb_buf_put(out, s, n);
    fb_buf_putc(out, '\0');
    return true;
}

static const char *get_text(struct fb_cur *c)
{
    size_t left = fb_cur_left(c), most = left < FB_ROW_TEXT_MAX + 1 ? left : FB_ROW_TEXT_MAX + 1;
    const uint8_t *nul = most ? memchr(c->p, 0, most) : NULL;
    if (!nul) {
        c->bad = true;
        c->p = c->end;
        return "";
    }
    return (const char *)fb_cur_take(c, (size_t)(nul - c->p) + 1);
}

static void put_numbers(struct fb_buf *out, const uint64_t *v, size_t n)
{
    if (!fb_buf_reserve(out, 10 * n))
        return;
    for (size_t i = 0; i < n; i++)
        out->len += fb_put_varint(out->data + out->len, v[i]);
}

bool fb_row_put(struct fb_buf *out, const struct fb_session *s, size_t *digested)
{
    size_t start = out->len;
    const uint64_t times[2] = {fb_zigzag(s->ts_ns), fb_zigzag(s->duration_ns)};
    put_numbers(out, times, 2);
    fb_buf_put(out, s->orig_h.b, 16);
    fb_buf_put(out, s->resp_h.b, 16);
    const uint8_t kinds[4] = {s->proto, s->ip_proto, s->conn_state, s->end_reason};
    fb_buf_put(out, kinds, sizeof kinds);
    const uint64_t counts[10] = {s->orig_p,        s->resp_p,       s->uid_dup,   s->orig_bytes,
                                 s->resp_bytes,    s->missed_bytes, s->orig_pkts, s->resp_pkts,
                                 s->orig_ip_bytes, s->resp_ip_bytes};
    put_numbers(out, counts, 10);
    bool fits = put_text(out, s->service) && put_text(out, s->history) && put_text(out, s->tunnel);
    const uint64_t vlans[2] = {s->vlan, s->inner_vlan};
    put_numbers(out, vlans, 2);
    uint8_t link[15] = {s->has_macs};
    memcpy(link + 1, s->orig_mac, 6);
    memcpy(link + 7, s->resp_mac, 6);
    link[13] = s->orig_ttl;
    link[14] = s->resp_ttl;
    fb_buf_put(out, link, sizeof link);
    fits = fits && s->nparents <= FB_ROW_PARENTS_MAX;
    fb_buf_put_varint(out, s->nparents);
    if (fits)
        put_numbers(out, s->parents, s->nparents);
    const uint64_t quality[12] = {s->segments,
                                  s->segment_gap_sum_ns,
                                  s->segment_regularity_ppm,
                                  fb_zigzag(s->syn_synack_ns),
                                  fb_zigzag(s->synack_ack_ns),
                                  s->orig_retrans_pkts,
                                  s->resp_retrans_pkts,
                                  s->orig_ooo_pkts,
                                  s->resp_ooo_pkts,
                                  s->orig_zero_window_pkts,
                                  s->resp_zero_window_pkts,
                                  s->bad_checksum_pkts};
    put_numbers(out, quality, 12);
    if (digested)
        *digested = out->len - start;
    const uint64_t index[2] = {s->first_ordinal, s->evidence_pkts};
    put_numbers(out, index, 2);
    return fits && !out->failed;
}

/* A varint that must fit `max`; the cursor fails otherwise. */
static uint64_t get_max(struct fb_cur *c, uint64_t max)
{
    uint64_t v = fb_cur_varint(c);
    if (v <= max)
        return v;
    c->bad = true;
    c->p = c->end;
    return 0;
}

static void get_link(struct fb_cur *c, struct fb_session *s)
{
    s->vlan = (uint16_t)get_max(c, UINT16_MAX);
    s->inner_vlan = (uint16_t)get_max(c, UINT16_MAX);
    const uint8_t *link = fb_cur_take(c, 15);
    if (!link)
        return;
    s->has_macs = link[0];
    memcpy(s->orig_mac, link + 1, 6);
    memcpy(s->resp_mac, link + 7, 6);
    s->orig_ttl = link[13];
    s->resp_ttl = link[14];
}

static void get_flow(struct fb_cur *c, struct fb_session *s)
{
    s->ts_ns = fb_unzigzag(fb_cur_varint(c));
    s->duration_ns = fb_unzigzag(fb_cur_varint(c));
    const uint8_t *flow = fb_cur_take(c, 36);
    if (!flow)
        return;
    s->orig_h = fb_addr_v6(flow);
    s->resp_h = fb_addr_v6(flow + 16);
    s->proto = flow[32];
    s->ip_proto = flow[33];
    s->conn_state = flow[34];
    s->end_reason = flow[35];
    s->orig_p = (uint16_t)get_max(c, UINT16_MAX);
    s->resp_p = (uint16_t)get_max(c, UINT16_MAX);
    s->uid_dup = (uint32_t)get_max(c, UINT32_MAX);
    uint64_t *counts[7] = {&s->orig_bytes, &s->resp_bytes,    &s->missed_bytes, &s->orig_pkts,
                           &s->resp_pkts,  &s->orig_ip_bytes, &s->resp_ip_bytes};
    for (size_t i = 0; i < 7; i++)
        *counts[i] = fb_cur_varint(c);
}

static void get_quality(struct fb_cur *c, struct fb_session *s)
{
    s->segments = fb_cur_varint(c);
    s->segment_gap_sum_ns = fb_cur_varint(c);
    s->segment_regularity_ppm = (uint32_t)get_max(c, UINT32_MAX);
    s->syn_synack_ns = fb_unzigzag(fb_cur_varint(c));
    s->synack_ack_ns = fb_unzigzag(fb_cur_varint(c));
    uint64_t *counts[7] = {&s->orig_retrans_pkts, &s->resp_retrans_pkts,     &s->orig_ooo_pkts,
                           &s->resp_ooo_pkts,     &s->orig_zero_window_pkts, &s->resp_zero_window_pkts,
                           &s->bad_checksum_pkts};
    for (size_t i = 0; i < 7; i++)
        *counts[i] = fb_cur_varint(c);
}

bool fb_row_get(struct fb_cur *c, struct fb_session *s, uint64_t *parents, size_t *digested)
{
    const uint8_t *start = c->p;
    get_flow(c, s);
    s->service = get_text(c);
    s->history = get_text(c);
    s->tunnel = get_text(c);
    get_link(c, s);
    s->nparents = (uint32_t)get_max(c, FB_ROW_PARENTS_MAX);
    for (uint32_t i = 0; i < s->nparents && fb_cur_ok(c); i++)
        parents[i] = fb_cur_varint(c);
    s->parents = parents;
    get_quality(c, s);
    if (digested)
        *digested = (size_t)(c->p - start);
    s->first_ordinal = fb_cur_varint(c);
    s->evidence_pkts = fb_cur_varint(c);
    return fb_cur_ok(c);
}
