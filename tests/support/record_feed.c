#include "tests/support/record_feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fb_span span(const char *s)
{
    return s ? (struct fb_span){(const uint8_t *)s, strlen(s)} : (struct fb_span){0};
}

void feed_http(struct detect_feed *f, int64_t ms, const struct feed_request *r)
{
    struct fb_detect_http h = {.s = &f->s,
                               .ts_ns = f->s.ts_ns + ms * 1000000,
                               .method = span(r->method),
                               .host = span(r->host),
                               .uri = span(r->uri),
                               .user_agent = span(r->agent),
                               .content_type = span(r->type),
                               .status = r->status,
                               .request_bytes = r->sent,
                               .response_bytes = r->received};
    assert_int_equal(fb_detect_http(f->d, &h), FB_OK);
}

void feed_tls(struct detect_feed *f, const char *name, const char *subject, const char *issuer,
              const char *history, bool established)
{
    struct fb_detect_tls t = {.s = &f->s,
                              .server_name = span(name),
                              .subject = span(subject),
                              .issuer = span(issuer),
                              .history = span(history),
                              .established = established};
    assert_int_equal(fb_detect_tls(f->d, &t), FB_OK);
}

void feed_rcode(struct detect_feed *f, int64_t ms, const char *client, const char *name, int rcode)
{
    struct fb_detect_dns q = {.number = ++f->number,
                              .ts_ns = 1700000000000000000LL + ms * 1000000,
                              .query = name,
                              .query_len = strlen(name),
                              .qtype = 1,
                              .rcode = rcode};
    assert_true(fb_addr_parse(client, &q.client) && fb_addr_parse("10.0.0.53", &q.server));
    assert_int_equal(fb_detect_dns(f->d, &q), FB_OK);
}
