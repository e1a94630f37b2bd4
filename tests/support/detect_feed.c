#include "tests/support/detect_feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define START_NS 1700000000000000000LL

static struct fb_addr addr(const char *text)
{
    struct fb_addr a;
    assert_true(fb_addr_parse(text, &a));
    return a;
}

void feed_begin(struct detect_feed *f, const char *set)
{
    struct fb_detect_opts o;
    fb_detect_defaults(&o);
    for (const char *p = set; p && *p;) {
        char one[64];
        size_t n = strcspn(p, " ");
        assert_true(n < sizeof one);
        memcpy(one, p, n);
        one[n] = '\0';
        assert_int_equal(fb_detect_set(&o, one, NULL), FB_OK);
        p += n + (p[n] == ' ');
    }
    *f = (struct detect_feed){.d = fb_detect_new(&o), .service = ""};
    assert_non_null(f->d);
    fb_findings_init(&f->l, 1000);
}

void feed_raw(struct detect_feed *f)
{
    f->s.number = ++f->number;
    assert_int_equal(fb_detect_session(f->d, &f->s), FB_OK);
}

static void base(struct detect_feed *f, int64_t ms, const char *orig, const char *resp, uint8_t proto,
                 uint16_t port)
{
    f->s = (struct fb_session){.ts_ns = START_NS + ms * 1000000,
                               .orig_h = addr(orig),
                               .resp_h = addr(resp),
                               .orig_p = (uint16_t)(40000 + f->number % 20000),
                               .resp_p = port,
                               .ip_proto = proto,
                               .service = f->service,
                               .history = "",
                               .tunnel = ""};
}

static void sizes(struct fb_session *s, uint64_t orig_bytes, uint64_t resp_bytes, uint64_t orig_pkts,
                  uint64_t resp_pkts)
{
    s->orig_bytes = orig_bytes;
    s->resp_bytes = resp_bytes;
    s->orig_pkts = orig_pkts;
    s->resp_pkts = resp_pkts;
    s->orig_ip_bytes = orig_bytes + 40 * orig_pkts;
    s->resp_ip_bytes = resp_bytes + 40 * resp_pkts;
}

void feed_tcp(struct detect_feed *f, int64_t ms, const char *orig, const char *resp, uint16_t port, int state,
              uint64_t orig_bytes, uint64_t resp_bytes, int64_t duration_ms)
{
    base(f, ms, orig, resp, 6, port);
    f->s.conn_state = (uint8_t)state;
    f->s.duration_ns = duration_ms * 1000000;
    bool silent = state == FB_CS_S0 || state == FB_CS_SH;
    sizes(&f->s, orig_bytes, resp_bytes, 2 + orig_bytes / 1400, silent ? 0 : 2 + resp_bytes / 1400);
    feed_raw(f);
}

void feed_udp(struct detect_feed *f, int64_t ms, const char *orig, const char *resp, uint16_t port,
              uint64_t pkts, uint64_t orig_bytes, uint64_t resp_bytes)
{
    base(f, ms, orig, resp, 17, port);
    f->s.conn_state = resp_bytes ? FB_CS_SF : FB_CS_S0;
    sizes(&f->s, orig_bytes, resp_bytes, pkts, resp_bytes ? pkts : 0);
    feed_raw(f);
}

void feed_icmp(struct detect_feed *f, int64_t ms, const char *orig, const char *resp, uint64_t pkts,
               uint64_t orig_bytes, uint64_t resp_bytes)
{
    base(f, ms, orig, resp, 1, 0);
    f->s.orig_p = 8;
    f->s.conn_state = FB_CS_OTH;
    f->s.duration_ns = (int64_t)pkts * 1000000000;
    sizes(&f->s, orig_bytes, resp_bytes, pkts, resp_bytes ? pkts : 0);
    feed_raw(f);
}

void feed_dns(struct detect_feed *f, int64_t ms, const char *client, const char *name, uint16_t qtype,
              uint32_t answer_bytes)
{
    struct fb_detect_dns q = {.number = 1,
                              .ts_ns = START_NS + ms * 1000000,
                              .client = addr(client),
                              .server = addr("10.0.0.53"),
                              .query = name,
                              .query_len = strlen(name),
                              .qtype = qtype,
                              .answer_bytes = answer_bytes};
    assert_int_equal(fb_detect_dns(f->d, &q), FB_OK);
}

static void check(const struct fb_finding *x)
{
    assert_in_range(x->severity, 1, 100);
    assert_in_range(x->confidence, 1, 100);
    assert_true(x->nhosts >= 1 && x->nhosts <= FB_FINDING_HOSTS_MAX);
    assert_true(x->sessions >= 1 && x->nevidence >= 1);
    for (unsigned i = 1; i < x->nevidence; i++)
        assert_true(x->evidence[i - 1] < x->evidence[i]);
    assert_true(x->first_ns <= x->last_ns);
    assert_true(*x->reason && strncmp(x->next, "fbforensics ", 12) == 0 && strstr(x->next, "CASE"));
}

void feed_finish(struct detect_feed *f)
{
    assert_int_equal(fb_detect_finish(f->d, &f->l), FB_OK);
    for (size_t i = 0; i < f->l.n; i++) {
        check(&f->l.f[i]);
        assert_true(i == 0 || f->l.f[i - 1].severity >= f->l.f[i].severity);
    }
}

const struct fb_finding *feed_kind(const struct detect_feed *f, enum fb_finding_kind k)
{
    for (size_t i = 0; i < f->l.n; i++)
        if (f->l.f[i].kind == k)
            return &f->l.f[i];
    return NULL;
}

const struct fb_finding *feed_expect(const struct detect_feed *f, enum fb_finding_kind k, const char *who,
                                     const char *words)
{
    const struct fb_finding *x = feed_kind(f, k);
    struct fb_addr a = addr(who);
    if (!x)
        fail_msg("no finding of kind %s among %zu", fb_finding_kind_name(k), f->l.n);
    assert_true(fb_addr_eq(&x->hosts[0], &a));
    if (!strstr(x->reason, words))
        fail_msg("\"%s\" is not in: %s", words, x->reason);
    return x;
}

void feed_expect_nothing(const struct detect_feed *f)
{
    if (f->l.n)
        fail_msg("%zu findings, the first: %s: %s", f->l.n, fb_finding_kind_name(f->l.f[0].kind),
                 f->l.f[0].reason);
}

void feed_end(struct detect_feed *f)
{
    fb_findings_release(&f->l);
    fb_detect_free(f->d);
}
