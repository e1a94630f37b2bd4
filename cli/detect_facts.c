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
        char text[FB_ADDR_STRLEN];
        *bytes += (uint32_t)item.n; /* a row has 64 KiB at most */
        if (item.n >= sizeof text || n == ADDRS_MAX)
            continue;
        memcpy(text, item.p, item.n);
        text[item.n] = '\0';
        n += strlen(text) == item.n && fb_addr_parse(text, &addrs[n]);
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

/* ---- names that clients gave to whom they spoke ---- */

struct named {
    struct fb_detect *d;
    struct fb_rec_cursor *cur[2];
    struct fb_err *err;
};

/* What a proxy is asked for names somebody else. */
static bool is_own_name(const struct fb_rec_def *def, const struct fb_rec_cell *cells)
{
    static const char connect[] = "CONNECT";
    const struct fb_rec_cell *method = &cells[FB_HTTP_METHOD], *uri = &cells[FB_HTTP_URI];
    if (def != &fb_http_def)
        return true;
    bool tunnel =
        !method->null && method->s.n == strlen(connect) && memcmp(method->s.p, connect, strlen(connect)) == 0;
    return !tunnel && (uri->null || uri->s.n == 0 || uri->s.p[0] == '/');
}

static enum fb_status name_responder(void *ctx, const struct fb_session *s)
{
    static const struct {
        const struct fb_rec_def *def;
        unsigned col;
    } from[] = {{&fb_tls_def, FB_TLS_SERVER_NAME}, {&fb_http_def, FB_HTTP_HOST}};
    struct named *n = ctx;
    for (size_t i = 0; i < 2; i++) {
        struct fb_rec_row row;
        enum fb_status st;
        fb_rec_seek(n->cur[i], s->number);
        while ((st = fb_rec_next(n->cur[i], &row, n->err)) == FB_OK) {
            const struct fb_rec_cell *name = &row.cells[from[i].col];
            if (!name->null && is_own_name(from[i].def, row.cells))
                FB_TRY(fb_detect_name(n->d, &s->resp_h, (const char *)name->s.p, name->s.n));
        }
        if (st != FB_EOF)
            return st;
    }
    return FB_OK;
}

static enum fb_status each_name(struct fb_case *c, struct fb_detect *d, struct fb_err *err)
{
    struct named n = {.d = d, .err = err};
    enum fb_status st = fb_rec_open(c, &fb_tls_def, FB_REC_NEWEST, &n.cur[0], err);
    if (st == FB_OK)
        st = fb_rec_open(c, &fb_http_def, FB_REC_NEWEST, &n.cur[1], err);
    if (st == FB_OK)
        st = fb_case_each_session(c, name_responder, &n, err);
    fb_rec_close(n.cur[0]);
    fb_rec_close(n.cur[1]);
    return st;
}

enum fb_status fb_detect_facts(struct fb_case *c, struct fb_detect *d, struct fb_err *err)
{
    FB_TRY(each_question(c, d, err));
    return each_name(c, d, err);
}
