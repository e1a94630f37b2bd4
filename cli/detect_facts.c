#include "cli/detect_facts.h"

#include "intel/wire/dns_def.h"
#include "intel/wire/http_def.h"
#include "intel/wire/tls_def.h"
#include "store/rectab.h"

#define ADDRS_MAX 64 /* of one answer */

/* The addresses among the answers, and the bytes of all of them. */
static size_t answers(const struct fb_rec_cell *list, struct fb_addr *addrs, uint32_t *bytes)
{
    size_t n = 0;
    struct fb_span item;
    *bytes = 0;
    if (list->null)
        return 0;
    struct fb_cur at = fb_cur_init(list->s.p, list->s.n);
    while (fb_rec_next_item(&at, &item)) {
        *bytes += (uint32_t)item.n; /* a row has 64 KiB at most */
        n += n < ADDRS_MAX && fb_addr_parse_n(item.p, item.n, &addrs[n]);
    }
    return n;
}

static enum fb_status hand_over(struct fb_detect *d, const struct fb_rec_row *row)
{
    const struct fb_rec_cell *c = row->cells, *name = &c[FB_DNS_QUERY_NAME], *protocol = &c[FB_DNS_PROTOCOL];
    struct fb_addr addrs[ADDRS_MAX];
    if (protocol->null || protocol->s.n != 3 || memcmp(protocol->s.p, "dns", 3) != 0 || name->null ||
        c[FB_DNS_CLIENT].null || c[FB_DNS_SERVER].null)
        return FB_OK;
    struct fb_detect_dns q = {
        .number = row->at.number,
        .ts_ns = row->at.ts_ns,
        .client = c[FB_DNS_CLIENT].addr,
        .server = c[FB_DNS_SERVER].addr,
        .query = (const char *)name->s.p,
        .query_len = name->s.n,
        .qtype = c[FB_DNS_QTYPE].null ? 0 : (uint16_t)c[FB_DNS_QTYPE].i,
        .rcode = c[FB_DNS_RCODE].null ? -1 : (int)(c[FB_DNS_RCODE].i & 0xffff),
        .addrs = addrs,
    };
    q.naddrs = answers(&c[FB_DNS_ANSWERS], addrs, &q.answer_bytes);
    return fb_detect_dns(d, &q);
}

static enum fb_status each_question(struct fb_case *c, struct fb_detect *d, struct fb_err *err)
{
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    FB_TRY(fb_rec_open(c, &fb_dns_def, FB_REC_NEWEST, &cur, err));
    enum fb_status st;
    while ((st = fb_rec_next(cur, &row, err)) == FB_OK)
        if ((st = hand_over(d, &row)) != FB_OK)
            break;
    fb_rec_close(cur);
    return st == FB_EOF ? FB_OK : st;
}

/* ---- requests and handshakes, with their sessions ---- */

struct spoken {
    struct fb_detect *d;
    struct fb_rec_cursor *http, *tls;
    struct fb_err *err;
};

/* NULL and empty for what is null. */
static struct fb_span text_of(const struct fb_rec_cell *c)
{
    return c->null ? (struct fb_span){0} : c->s;
}

static uint64_t count_of(const struct fb_rec_cell *c)
{
    return c->null || c->i < 0 ? 0 : (uint64_t)c->i;
}

static enum fb_status hand_request(struct fb_detect *d, const struct fb_session *s,
                                   const struct fb_rec_row *row)
{
    const struct fb_rec_cell *c = row->cells;
    return fb_detect_http(d, &(struct fb_detect_http){
                                 .s = s,
                                 .ts_ns = row->at.ts_ns,
                                 .method = text_of(&c[FB_HTTP_METHOD]),
                                 .host = text_of(&c[FB_HTTP_HOST]),
                                 .uri = text_of(&c[FB_HTTP_URI]),
                                 .user_agent = text_of(&c[FB_HTTP_USER_AGENT]),
                                 .referrer = text_of(&c[FB_HTTP_REFERRER]),
                                 .content_type = text_of(&c[FB_HTTP_CONTENT_TYPE]),
                                 .status = c[FB_HTTP_STATUS_CODE].null ? 0 : c[FB_HTTP_STATUS_CODE].i,
                                 .request_bytes = count_of(&c[FB_HTTP_REQUEST_BODY_LEN]),
                                 .response_bytes = count_of(&c[FB_HTTP_RESPONSE_BODY_LEN]),
                             });
}

static enum fb_status hand_handshake(struct fb_detect *d, const struct fb_session *s,
                                     const struct fb_rec_row *row)
{
    const struct fb_rec_cell *c = row->cells;
    return fb_detect_tls(d, &(struct fb_detect_tls){
                                .s = s,
                                .server_name = text_of(&c[FB_TLS_SERVER_NAME]),
                                .subject = text_of(&c[FB_TLS_SUBJECT]),
                                .issuer = text_of(&c[FB_TLS_ISSUER]),
                                .history = text_of(&c[FB_TLS_SSL_HISTORY]),
                                .established = count_of(&c[FB_TLS_ESTABLISHED]) != 0,
                            });
}

static enum fb_status of_session(void *ctx, const struct fb_session *s)
{
    struct spoken *n = ctx;
    struct fb_rec_row row;
    enum fb_status st;
    fb_rec_seek(n->http, s->number);
    while ((st = fb_rec_next(n->http, &row, n->err)) == FB_OK)
        FB_TRY(hand_request(n->d, s, &row));
    if (st != FB_EOF)
        return st;
    fb_rec_seek(n->tls, s->number);
    while ((st = fb_rec_next(n->tls, &row, n->err)) == FB_OK)
        FB_TRY(hand_handshake(n->d, s, &row));
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status each_session(struct fb_case *c, struct fb_detect *d, struct fb_err *err)
{
    struct spoken n = {.d = d, .err = err};
    enum fb_status st = fb_rec_open(c, &fb_tls_def, FB_REC_NEWEST, &n.tls, err);
    if (st == FB_OK)
        st = fb_rec_open(c, &fb_http_def, FB_REC_NEWEST, &n.http, err);
    if (st == FB_OK)
        st = fb_case_each_session(c, of_session, &n, err);
    fb_rec_close(n.tls);
    fb_rec_close(n.http);
    return st;
}

enum fb_status fb_detect_facts(struct fb_case *c, struct fb_detect *d, struct fb_err *err)
{
    FB_TRY(each_question(c, d, err));
    return each_session(c, d, err);
}
