#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "tests/support/engine_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINK_RAW = 101 };
#define TICK_PORT 65000

static void *grown(void *p, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return p;
    *cap = *cap ? *cap * 2 : 64;
    void *q = realloc(p, *cap * size);
    assert_non_null(q);
    return q;
}

static int on_packets(void *ctx, const struct fb_packet_run *run)
{
    struct engine_run *r = ctx;
    uint64_t ordinal = run->first_ordinal;
    struct fb_cur c = fb_cur_init(run->steps, run->steps_bytes);
    assert_true(run->pkts > 0);
    r->calls++;
    for (uint32_t i = 0; i < run->pkts; i++) {
        if (i > 0)
            ordinal += (uint64_t)fb_unzigzag(fb_cur_varint(&c));
        r->idx = grown(r->idx, r->nidx, &r->cap_idx, sizeof *r->idx);
        r->idx[r->nidx++] = (struct er_index){run->number, ordinal, r->calls};
    }
    assert_true(fb_cur_ok(&c));
    assert_int_equal(fb_cur_left(&c), 0);
    return FB_OK;
}

static void copy_text(char *out, size_t cap, const char *in)
{
    assert_true(strlen(in) < cap);
    memcpy(out, in, strlen(in) + 1);
}

static int on_session(void *ctx, const struct fb_session *s)
{
    struct engine_run *r = ctx;
    r->calls++;
    r->rec = grown(r->rec, r->nrec, &r->cap_rec, sizeof *r->rec);
    struct er_session *k = &r->rec[r->nrec++];
    *k = (struct er_session){.s = *s, .left = r->calls};
    copy_text(k->history, sizeof k->history, s->history);
    copy_text(k->service, sizeof k->service, s->service);
    copy_text(k->tunnel, sizeof k->tunnel, s->tunnel);
    assert_true(s->nparents <= 8);
    for (uint32_t i = 0; i < s->nparents; i++)
        k->parents[i] = s->parents[i];
    return FB_OK;
}

static int on_observed(void *ctx, const struct fb_observed *o)
{
    struct engine_run *r = ctx;
    struct fb_rec_cell cell;
    assert_int_equal(o->def->ncols, 1);
    assert_true(fb_rec_read(o->def, o->row, &cell));
    fb_buf_printf(&r->seen, "%llu %llu ", (unsigned long long)o->number, (unsigned long long)o->ordinal);
    fb_buf_put(&r->seen, cell.s.p, cell.s.n);
    fb_buf_putc(&r->seen, '\n');
    return FB_OK;
}

struct engine_run *er_new(const struct fb_engine_opts *opts)
{
    static const struct fb_engine_opts defaults;
    struct engine_run *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->host[0] = "10.0.0.1";
    r->host[1] = "192.0.2.1";
    r->port[0] = 40000;
    r->port[1] = 9000;
    r->isn[0] = 1000000;
    r->isn[1] = 5000000;
    struct fb_session_sink sink = {
        .ctx = r, .packets = on_packets, .session = on_session, .observed = on_observed};
    fb_buf_init(&r->seen, (size_t)1 << 30);
    struct fb_err err;
    assert_int_equal(fb_engine_new(opts ? opts : &defaults, &sink, &r->e, &err), FB_OK);
    return r;
}

void er_free(struct engine_run *r)
{
    fb_engine_free(r->e);
    free(r->rec);
    free(r->idx);
    fb_buf_release(&r->seen);
    free(r);
}

void er_feed_record(struct engine_run *r, const struct fb_record *rec, uint64_t ordinal)
{
    struct fb_err err;
    r->ordinal = ordinal;
    assert_int_equal(fb_engine_feed(r->e, rec, ordinal, &err), FB_OK);
}

static void feed(struct engine_run *r, int64_t ms, size_t caplen, uint32_t linktype)
{
    /* Exactly the captured bytes, so that a sanitizer sees a read past them. */
    uint8_t *copy = malloc(caplen ? caplen : 1);
    assert_non_null(copy);
    memcpy(copy, r->b.p, caplen);
    struct fb_record rec = {.data = copy,
                            .caplen = (uint32_t)caplen,
                            .wirelen = (uint32_t)r->b.n,
                            .linktype = linktype,
                            .ts_ns = ER_START_NS + ms * ER_MS,
                            .pkt_no = r->ordinal + 1};
    er_feed_record(r, &rec, r->ordinal + 1);
    free(copy);
}

void er_feed(struct engine_run *r, int64_t ms)
{
    feed(r, ms, r->b.n, LINK_RAW);
}

void er_feed_cut(struct engine_run *r, int64_t ms, size_t caplen)
{
    feed(r, ms, caplen, LINK_RAW);
}

void er_feed_link(struct engine_run *r, int64_t ms, uint32_t linktype)
{
    feed(r, ms, r->b.n, linktype);
}

static const uint8_t *filler(void)
{
    static uint8_t bytes[65536];
    memset(bytes, 0xa5, sizeof bytes);
    return bytes;
}

static void send_ip(struct engine_run *r, int dir, uint8_t proto4, uint8_t proto6)
{
    const char *src = r->host[dir], *dst = r->host[1 - dir];
    if (strchr(src, ':'))
        pb_ip6(&r->b, src, dst, proto6);
    else
        pb_ip4(&r->b, src, dst, proto4);
}

static uint8_t tcp_flags(const char *letters)
{
    static const char known[] = "FSRPA";
    uint8_t flags = 0;
    for (; *letters; letters++) {
        const char *k = strchr(known, *letters);
        if (k)
            flags |= (uint8_t)(1u << (k - known));
        else
            assert_int_equal(*letters, '-');
    }
    return flags;
}

static void play_one(struct engine_run *r, const char *step)
{
    char side = 0, flags[16] = "", opts[16] = "";
    long long ms = 0, seq = 0, ack = 0;
    unsigned len = 0;
    int n = sscanf(step, " %lld %c %15s %lld %lld %u %15s", &ms, &side, flags, &seq, &ack, &len, opts);
    assert_true(n >= 3 && (side == '>' || side == '<'));
    int dir = side == '<';
    pb_start(&r->b, filler(), len);
    pb_tcp(&r->b, r->port[dir], r->port[1 - dir], tcp_flags(flags), r->isn[dir] + (uint32_t)seq,
           strchr(flags, 'A') ? r->isn[1 - dir] + (uint32_t)ack : 0);
    if (strchr(opts, 'z'))
        fb_store_be16(r->b.p + 14, 0);
    if (strchr(opts, 'h'))
        r->b.p[12] = 3 << 4;
    send_ip(r, dir, 6, 6);
    size_t head = r->b.n - len;
    if (strchr(opts, 'c'))
        r->b.p[head - 3] ^= 0xff;
    er_feed_cut(r, ms, strchr(opts, 'x') ? head : r->b.n);
}

void er_play(struct engine_run *r, const char *steps)
{
    for (const char *p = steps; p; p = strchr(p, ';')) {
        if (*p == ';')
            p++;
        while (*p == ' ')
            p++;
        if (*p)
            play_one(r, p);
    }
}

void er_udp(struct engine_run *r, int64_t ms, int dir, size_t n)
{
    pb_start(&r->b, filler(), n);
    pb_udp(&r->b, r->port[dir], r->port[1 - dir]);
    send_ip(r, dir, 17, 17);
    er_feed(r, ms);
}

void er_icmp(struct engine_run *r, int64_t ms, int dir, uint8_t type, uint8_t code, size_t n)
{
    pb_start(&r->b, filler(), n);
    pb_icmp(&r->b, type, code);
    send_ip(r, dir, 1, 58);
    er_feed(r, ms);
}

void er_tick(struct engine_run *r, int64_t ms)
{
    char host[32];
    (void)snprintf(host, sizeof host, "172.16.%u.%u", (unsigned)(r->ordinal >> 8 & 255),
                   (unsigned)(r->ordinal & 255));
    pb_start(&r->b, filler(), 1);
    pb_udp(&r->b, TICK_PORT, TICK_PORT);
    pb_ip4(&r->b, host, "172.31.0.1", 17);
    er_feed(r, ms);
}

static int by_number(const void *pa, const void *pb)
{
    const struct er_session *a = pa, *b = pb;
    return a->s.number < b->s.number ? -1 : a->s.number > b->s.number;
}

static int by_number_and_ordinal(const void *pa, const void *pb)
{
    const struct er_index *a = pa, *b = pb;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->ordinal < b->ordinal ? -1 : a->ordinal > b->ordinal;
}

/* Each ordinal once per session, as many as the record says, and the first one among them. */
static void check_index(struct engine_run *r)
{
    struct er_index *v = malloc((r->nidx + 1) * sizeof *v);
    assert_non_null(v);
    if (r->nidx)
        memcpy(v, r->idx, r->nidx * sizeof *v);
    qsort(v, r->nidx, sizeof *v, by_number_and_ordinal);
    size_t k = 0;
    for (size_t i = 0; i < r->nrec; i++) {
        const struct fb_session *s = &r->rec[i].s;
        bool first = false;
        uint64_t n = 0;
        for (; k < r->nidx && v[k].number == s->number; k++, n++) {
            assert_true(v[k].left < r->rec[i].left);
            first = first || v[k].ordinal == s->first_ordinal;
            if (n > 0)
                assert_int_not_equal(v[k].ordinal, v[k - 1].ordinal);
        }
        assert_int_equal(n, s->evidence_pkts);
        assert_true(first);
    }
    assert_int_equal(k, r->nidx);
    free(v);
}

void er_finish(struct engine_run *r)
{
    struct fb_err err;
    struct fb_engine_stats st;
    assert_int_equal(fb_engine_finish(r->e, &err), FB_OK);
    fb_engine_stats(r->e, &st);
    assert_int_equal(st.sessions, r->nrec);
    assert_int_equal(st.active_sessions, 0);
    if (r->nrec)
        qsort(r->rec, r->nrec, sizeof *r->rec, by_number);
    for (size_t i = 0; i < r->nrec; i++) {
        struct er_session *k = &r->rec[i];
        assert_int_equal(k->s.number, i + 1);
        k->s.history = k->history;
        k->s.service = k->service;
        k->s.tunnel = k->tunnel;
        k->s.parents = k->parents;
    }
    check_index(r);
    size_t n = 0;
    for (size_t i = 0; i < r->nrec; i++)
        if (r->rec[i].s.resp_p != TICK_PORT)
            r->rec[n++] = r->rec[i];
    for (size_t i = 0; i < n; i++) {
        struct er_session *k = &r->rec[i];
        k->s.history = k->history;
        k->s.service = k->service;
        k->s.tunnel = k->tunnel;
        k->s.parents = k->parents;
    }
    r->nrec = n;
}

void er_text(const struct er_session *k, char *out, size_t cap)
{
    const struct fb_session *s = &k->s;
    char a[FB_ADDR_STRLEN], b[FB_ADDR_STRLEN], uid[FB_UID_STRLEN];
    fb_addr_format(&s->orig_h, a);
    fb_addr_format(&s->resp_h, b);
    fb_session_uid(s, uid);
    int n = snprintf(out, cap,
                     "%" PRIu64 " %s %" PRId64 "+%" PRId64 " %s:%u %s:%u %u/%u %s %s dup%u b%" PRIu64
                     "/%" PRIu64 " m%" PRIu64 " p%" PRIu64 "/%" PRIu64 " i%" PRIu64 "/%" PRIu64
                     " [%s] %s v%u.%u mac%u:%02x%02x ttl%u/%u t[%s]",
                     s->number, uid, s->ts_ns, s->duration_ns, a, s->orig_p, b, s->resp_p, s->proto,
                     s->ip_proto, fb_conn_state_name(s->conn_state), fb_end_reason_name(s->end_reason),
                     s->uid_dup, s->orig_bytes, s->resp_bytes, s->missed_bytes, s->orig_pkts, s->resp_pkts,
                     s->orig_ip_bytes, s->resp_ip_bytes, s->service, s->history, s->vlan, s->inner_vlan,
                     s->has_macs, s->orig_mac[5], s->resp_mac[5], s->orig_ttl, s->resp_ttl, s->tunnel);
    for (uint32_t i = 0; i < s->nparents && n > 0 && (size_t)n < cap; i++)
        n += snprintf(out + n, cap - (size_t)n, " ^%" PRIu64, s->parents[i]);
    assert_true(n > 0 && (size_t)n < cap);
    n += snprintf(out + n, cap - (size_t)n,
                  " s%" PRIu64 "/%" PRIu64 "/%u hs%" PRId64 "/%" PRId64 " r%" PRIu64 "/%" PRIu64 " o%" PRIu64
                  "/%" PRIu64 " z%" PRIu64 "/%" PRIu64 " c%" PRIu64 " first%" PRIu64 " ev%" PRIu64,
                  s->segments, s->segment_gap_sum_ns, s->segment_regularity_ppm, s->syn_synack_ns,
                  s->synack_ack_ns, s->orig_retrans_pkts, s->resp_retrans_pkts, s->orig_ooo_pkts,
                  s->resp_ooo_pkts, s->orig_zero_window_pkts, s->resp_zero_window_pkts, s->bad_checksum_pkts,
                  s->first_ordinal, s->evidence_pkts);
    assert_true((size_t)n < cap);
}

static void expect_text(const char *what, const char *got, const char *want, const char *file, int line)
{
    if (strcmp(got, want) == 0)
        return;
    print_error("%s is \"%s\" and not \"%s\"\n", what, got, want);
    _fail(file, line);
}

static void expect_number(const char *what, uint64_t got, uint64_t want, const char *file, int line)
{
    if (got == want)
        return;
    print_error("%s is %" PRIu64 " and not %" PRIu64 "\n", what, got, want);
    _fail(file, line);
}

void er_expect_(const struct engine_run *r, size_t i, const char *state, const char *history, const char *end,
                const char *file, int line)
{
    if (i >= r->nrec) {
        print_error("only %zu session(s)\n", r->nrec);
        _fail(file, line);
        return;
    }
    const struct fb_session *s = &r->rec[i].s;
    expect_text("history", s->history, history, file, line);
    expect_text("conn_state", fb_conn_state_name(s->conn_state), state, file, line);
    expect_text("end_reason", fb_end_reason_name(s->end_reason), end, file, line);
}

void er_expect_sizes_(const struct engine_run *r, size_t i, uint64_t ob, uint64_t rb, uint64_t op,
                      uint64_t rp, const char *file, int line)
{
    expect_number("sessions beyond this one", i < r->nrec, 1, file, line);
    const struct fb_session *s = &r->rec[i].s;
    expect_number("orig_bytes", s->orig_bytes, ob, file, line);
    expect_number("resp_bytes", s->resp_bytes, rb, file, line);
    expect_number("orig_pkts", s->orig_pkts, op, file, line);
    expect_number("resp_pkts", s->resp_pkts, rp, file, line);
}

void er_case_(const char *steps, const char *state, const char *history, const char *end, const char *file,
              int line)
{
    struct engine_run *r = er_new(NULL);
    er_play(r, steps);
    er_finish(r);
    expect_number("sessions", r->nrec, 1, file, line);
    er_expect_(r, 0, state, history, end, file, line);
    er_free(r);
}
