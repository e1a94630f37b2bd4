/* From a session to the tables. */
#include "base/hash.h"
#include "model/detect/detect_int.h"

#include <stdio.h>

#define PROBE_PKTS_MAX 12

/* A reset with an odd sequence number makes conn.log's counters claim gigabytes: no more payload can have
 * been sent than there were bytes in packets, 60 of each being headers in such a case. */
static uint64_t payload(uint64_t claimed, uint64_t ip_bytes, uint64_t pkts)
{
    if (claimed <= ip_bytes)
        return claimed;
    return ip_bytes > 60 * pkts ? ip_bytes - 60 * pkts : 0;
}

uint64_t fb_det_sent_bytes(const struct fb_session *s)
{
    return payload(s->orig_bytes, s->orig_ip_bytes, s->orig_pkts);
}

uint64_t fb_det_received_bytes(const struct fb_session *s)
{
    return payload(s->resp_bytes, s->resp_ip_bytes, s->resp_pkts);
}

static bool tcp_probe(const struct fb_session *s)
{
    if (fb_det_sent_bytes(s) || fb_det_received_bytes(s) || s->orig_pkts + s->resp_pkts > PROBE_PKTS_MAX)
        return false;
    switch (s->conn_state) {
    case FB_CS_OTH: /* FIN, NULL and Xmas scans; not what was cut out of a running connection */
        return s->orig_pkts <= 2 && !strpbrk(s->history, "AaDd^");
    case FB_CS_SHR: /* half of a conversation */
        return false;
    default:
        return true;
    }
}

bool fb_det_is_probe(const struct fb_session *s)
{
    switch (s->ip_proto) {
    case PROTO_TCP:
        return tcp_probe(s);
    case PROTO_UDP:
        return s->resp_pkts == 0 && s->orig_pkts > 0 && s->orig_pkts <= 3;
    case PROTO_ICMP:
        return s->orig_p == 8 && s->resp_pkts == 0;
    case PROTO_ICMP6:
        return s->orig_p == 128 && s->resp_pkts == 0;
    default:
        return false;
    }
}

static uint16_t port_of(const struct fb_session *s)
{
    bool icmp = s->ip_proto == PROTO_ICMP || s->ip_proto == PROTO_ICMP6;
    return icmp ? s->orig_p : s->resp_p;
}

static int64_t end_of(const struct fb_session *s)
{
    int64_t end;
    if (s->duration_ns <= 0)
        return s->ts_ns;
    return __builtin_add_overflow(s->ts_ns, s->duration_ns, &end) ? INT64_MAX : end;
}

/* Counts within a time that begins with the first one counted. */
static void count_within(int64_t seconds, int64_t ts_ns, int64_t *begin_ns, uint64_t *n, uint64_t *most)
{
    if (*n == 0 || span_ns(*begin_ns, ts_ns) >= seconds * NS_PER_S || ts_ns < *begin_ns) {
        *begin_ns = ts_ns;
        *n = 0;
    }
    if (++*n > *most)
        *most = *n;
}

/* More packets for its time than the one before; times below 1 ms count as 1 ms. */
static bool denser(const struct fb_session *s, const struct pair *p)
{
    uint64_t ms = (uint64_t)(s->duration_ns > 0 ? s->duration_ns / 1000000 : 0) + 1;
    uint64_t ms_before = (uint64_t)(p->flood_ns > 0 ? p->flood_ns / 1000000 : 0) + 1;
    return (unsigned __int128)s->orig_pkts * ms_before > (unsigned __int128)p->flood_pkts * ms;
}

static void pair_extremes(const struct fb_detect *d, struct pair *p, const struct fb_session *s)
{
    uint64_t bytes = fb_det_sent_bytes(s) + fb_det_received_bytes(s),
             most = s->orig_pkts > s->resp_pkts ? s->orig_pkts : s->resp_pkts;
    if (s->duration_ns > p->longest_ns) {
        p->longest_ns = s->duration_ns;
        p->longest_number = s->number;
        p->longest_bytes = bytes;
    }
    if (s->segments >= (uint64_t)OPT(d, BEACON_SEGMENTS) && s->segment_regularity_ppm > p->regularity_ppm) {
        p->regularity_ppm = s->segment_regularity_ppm;
        p->beat_number = s->number;
        p->beat_segments = s->segments;
        p->beat_gap_ns = (int64_t)(s->segment_gap_sum_ns / (s->segments - 1) & INT64_MAX);
        p->beat_first_ns = s->ts_ns;
        p->beat_last_ns = end_of(s);
    }
    if (s->resp_pkts == 0 && s->orig_pkts >= (uint64_t)OPT(d, FLOOD_PKTS) && denser(s, p)) {
        p->flood_pkts = s->orig_pkts;
        p->flood_number = s->number;
        p->flood_ns = s->duration_ns;
    }
    if (p->key.port == 53 && most > p->asked_pkts) {
        p->asked_pkts = most;
        p->asked_number = s->number;
        p->asked_bytes = bytes;
    }
}

/* A session as guessing a password makes it. */
static bool is_attempt(const struct fb_detect *d, const struct fb_session *s)
{
    uint64_t most = (uint64_t)OPT(d, BRUTE_BYTES);
    return s->ip_proto == PROTO_TCP && !fb_det_is_probe(s) &&
           s->duration_ns <= OPT(d, BRUTE_SECONDS) * NS_PER_S && fb_det_sent_bytes(s) <= most &&
           fb_det_received_bytes(s) <= most;
}

static void pair_chain(const struct fb_detect *d, struct pair *p, const struct fb_session *s)
{
    if (!is_attempt(d, s))
        return;
    p->attempts++;
    count_within(10, s->ts_ns, &p->burst_ns, &p->burst, &p->burst_max);
    bool near = p->chain && span_ns(p->last_start_ns, s->ts_ns) <= OPT(d, BRUTE_GAP_S) * NS_PER_S;
    p->chain = near ? p->chain + 1 : 1;
    if (p->chain > p->chain_max)
        p->chain_max = p->chain;
}

static enum fb_status gather_pair(struct fb_detect *d, const struct fb_session *s, bool *fresh)
{
    struct pair_key key = {
        .orig_h = s->orig_h, .resp_h = s->resp_h, .port = port_of(s), .ip_proto = s->ip_proto};
    struct pair *p = fb_dtab_get(&d->pairs, &key, fresh);
    if (!p)
        return FB_ERR_NOMEM;
    if (p->sessions == 0) {
        p->first_ns = s->ts_ns;
        p->last_ns = s->ts_ns;
    }
    pair_chain(d, p, s);
    p->sessions++;
    FB_TRY(fb_det_note(&p->evidence, s->number));
    p->last_start_ns = s->ts_ns;
    if (end_of(s) > p->last_ns)
        p->last_ns = end_of(s);
    p->orig_bytes += fb_det_sent_bytes(s);
    p->resp_bytes += fb_det_received_bytes(s);
    p->orig_pkts += s->orig_pkts;
    p->resp_pkts += s->resp_pkts;
    p->probes += fb_det_is_probe(s);
    p->damaged += s->ip_proto == PROTO_ICMP || s->ip_proto == PROTO_ICMP6 ? s->bad_checksum_pkts : 0;
    p->answered += s->resp_pkts > 0 && !fb_det_is_probe(s);
    if (!*p->service && *s->service)
        snprintf(p->service, sizeof p->service, "%s", s->service);
    count_within(60, s->ts_ns, &p->minute_ns, &p->minute, &p->minute_max);
    pair_extremes(d, p, s);
    if (fb_det_host_is_group(&s->resp_h) || fb_det_port_is_periodic(s->ip_proto, p->key.port))
        return FB_OK;
    uint64_t sent = fb_det_sent_bytes(s);
    return fb_det_series_add(d, &p->series, s->ts_ns, sent ? sent : fb_det_received_bytes(s));
}

static enum fb_status gather_host(struct fb_detect *d, const struct fb_session *s, bool new_peer,
                                  uint64_t *before)
{
    bool made;
    struct host *h = fb_dtab_get(&d->hosts, &s->orig_h, &made);
    if (!h)
        return FB_ERR_NOMEM;
    if (made)
        h->first_ns = s->ts_ns;
    *before = h->sent;
    h->sent += fb_det_sent_bytes(s);
    h->peers += new_peer;
    h->sessions++;
    return FB_OK;
}

static enum fb_status link_probe(struct link *l, const struct fb_session *s, bool fresh)
{
    uint64_t port = port_of(s);
    l->ports += fresh;
    if (!fb_det_is_probe(s))
        return FB_OK;
    l->failed_ports += fresh;
    l->failed_tcp += fresh && s->ip_proto == PROTO_TCP;
    if (l->probes++ == 0) {
        l->probe_first_ns = s->ts_ns;
        l->low_port = l->high_port = port;
    }
    l->low_port = port < l->low_port ? port : l->low_port;
    l->high_port = port > l->high_port ? port : l->high_port;
    l->probe_last_ns = end_of(s);
    return fb_det_note(&l->probe_evidence, s->number);
}

static enum fb_status gather_link(struct fb_detect *d, const struct fb_session *s, bool fresh)
{
    struct link_key key = {s->orig_h, s->resp_h};
    bool made;
    struct link *l = fb_dtab_get(&d->links, &key, &made);
    if (!l)
        return FB_ERR_NOMEM;
    uint64_t before, sent = fb_det_sent_bytes(s);
    FB_TRY(gather_host(d, s, made, &before));
    if (made) {
        l->first_ns = s->ts_ns;
        l->sent_before = before;
    }
    l->sessions++;
    l->orig_bytes += sent;
    l->resp_bytes += fb_det_received_bytes(s);
    if (end_of(s) > l->last_ns || made)
        l->last_ns = end_of(s);
    if (sent > l->largest) {
        l->largest = sent;
        l->largest_number = s->number;
        l->main_port = s->resp_p;
        l->main_proto = s->ip_proto;
    }
    if (sent)
        FB_TRY(fb_det_note(&l->send_evidence, s->number));
    if (s->ip_proto == PROTO_TCP || s->ip_proto == PROTO_UDP)
        return link_probe(l, s, fresh);
    return FB_OK;
}

static enum fb_status gather_fan(struct fb_detect *d, const struct fb_session *s, bool fresh)
{
    struct fan_key key = {.orig_h = s->orig_h, .port = port_of(s), .ip_proto = s->ip_proto};
    bool made, probe = fb_det_is_probe(s);
    struct fan *f = fb_dtab_get(&d->fans, &key, &made);
    if (!f)
        return FB_ERR_NOMEM;
    f->sessions++;
    f->hosts += fresh;
    f->failed += fresh && probe;
    if (made)
        f->all_first_ns = f->all_last_ns = s->ts_ns;
    if (end_of(s) > f->all_last_ns)
        f->all_last_ns = end_of(s);
    if (fb_det_port_is_coin(key.port)) {
        FB_TRY(fb_det_note(&f->all, s->number));
        fb_det_sample_add(&f->peers, &s->resp_h);
    }
    if (!probe)
        return FB_OK;
    if (f->probes++ == 0)
        f->first_ns = s->ts_ns;
    f->last_ns = end_of(s);
    FB_TRY(fb_det_note(&f->evidence, s->number));
    fb_det_sample_add(&f->sample, &s->resp_h);
    return FB_OK;
}

static enum fb_status gather_target(struct fb_detect *d, const struct fb_session *s, bool fresh)
{
    if (s->ip_proto != PROTO_TCP || (s->conn_state != FB_CS_S0 && s->conn_state != FB_CS_S1) ||
        !fb_det_is_probe(s))
        return FB_OK;
    struct target_key key = {.resp_h = s->resp_h, .port = s->resp_p, .ip_proto = s->ip_proto};
    bool made;
    struct target *t = fb_dtab_get(&d->targets, &key, &made);
    if (!t)
        return FB_ERR_NOMEM;
    if (made)
        t->first_ns = s->ts_ns;
    t->last_ns = end_of(s);
    t->half_open++;
    t->clients += fresh;
    count_within(60, s->ts_ns, &t->minute_ns, &t->minute, &t->minute_max);
    fb_det_sample_add(&t->sample, &s->orig_h);
    return fb_det_note(&t->evidence, s->number);
}

static enum fb_status gather_siege(struct fb_detect *d, const struct fb_session *s, bool fresh)
{
    if (s->ip_proto != PROTO_TCP || !fb_det_port_is_screen(s->resp_p) || fb_det_is_probe(s))
        return FB_OK;
    struct target_key key = {.resp_h = s->resp_h, .port = s->resp_p, .ip_proto = s->ip_proto};
    bool made;
    struct siege *g = fb_dtab_get(&d->sieges, &key, &made);
    if (!g)
        return FB_ERR_NOMEM;
    if (made)
        g->first_ns = g->last_ns = s->ts_ns;
    g->last_ns = end_of(s) > g->last_ns ? end_of(s) : g->last_ns;
    g->sessions++;
    g->attempts += is_attempt(d, s);
    g->clients += fresh;
    fb_det_sample_add(&g->sample, &s->orig_h);
    return fb_det_note(&g->evidence, s->number);
}

/* Whether this host tries that port of the other for the first time. */
static enum fb_status first_try(struct fb_detect *d, const struct fb_session *s, bool *fresh)
{
    static const struct fb_hash_key key = {0x6662666f72656e73ULL, 0x6465746563746f72ULL};
    struct {
        struct fb_addr a, b;
        uint8_t proto, port_high, port_low, zero;
    } id = {s->orig_h, s->resp_h, s->ip_proto, (uint8_t)(port_of(s) >> 8), (uint8_t)port_of(s), 0};
    int made = fb_dset_add(&d->seen, fb_siphash13(&key, &id, sizeof id));
    *fresh = made == 1;
    return made < 0 ? FB_ERR_NOMEM : FB_OK;
}

enum fb_status fb_det_gather(struct fb_detect *d, const struct fb_session *s)
{
    bool fresh, made;
    if (d->sessions++ == 0)
        d->first_ns = s->ts_ns;
    if (end_of(s) > d->last_ns || d->sessions == 1)
        d->last_ns = end_of(s);
    FB_TRY(gather_pair(d, s, &made));
    if (fb_det_host_is_group(&s->resp_h))
        return FB_OK;
    FB_TRY(first_try(d, s, &fresh));
    FB_TRY(gather_link(d, s, fresh));
    FB_TRY(gather_fan(d, s, fresh));
    FB_TRY(gather_siege(d, s, fresh));
    FB_TRY(fb_det_lateral(d, s));
    FB_TRY(fb_det_policies(d, s));
    return gather_target(d, s, fresh);
}
