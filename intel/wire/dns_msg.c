#include "intel/wire/dns_msg.h"

#include "intel/wire/dns_names.h"
#include "intel/wire/dns_rdata.h"

#define LABEL_MAX     63
#define NETBIOS_LABEL 32

bool fb_dns_begin(struct fb_dns_reader *r, const uint8_t *p, size_t n, bool netbios)
{
    *r = (struct fb_dns_reader){.msg = p, .len = n, .netbios = netbios, .c = fb_cur_init(p, n)};
    r->id = fb_cur_be16(&r->c);
    r->flags = fb_cur_be16(&r->c);
    for (int i = 0; i < 4; i++)
        r->count[i] = r->left[i] = fb_cur_be16(&r->c);
    return fb_cur_ok(&r->c);
}

static void put_label(struct fb_dns_name *out, const uint8_t *p, size_t n)
{
    if (out->n)
        out->text[out->n++] = '.';
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '.' || p[i] == '\\')
            out->text[out->n++] = '\\';
        out->text[out->n++] = p[i];
    }
}

/* RFC 1001, 14.1: sixteen bytes as two letters A to P each; the last is the kind of name, printed as <hh>. */
static bool put_netbios(struct fb_dns_name *out, const uint8_t *p)
{
    uint8_t name[16];
    for (int i = 0; i < 16; i++) {
        unsigned hi = p[2 * i] - (unsigned)'A', lo = p[2 * i + 1] - (unsigned)'A';
        if (hi > 15 || lo > 15)
            return false;
        name[i] = (uint8_t)(hi << 4 | lo);
    }
    static const char hex[] = "0123456789abcdef";
    size_t n = 15;
    while (n > 0 && (name[n - 1] == ' ' || name[n - 1] == 0))
        n--;
    put_label(out, name, n);
    out->text[out->n++] = '<';
    out->text[out->n++] = (uint8_t)hex[name[15] >> 4];
    out->text[out->n++] = (uint8_t)hex[name[15] & 15];
    out->text[out->n++] = '>';
    return true;
}

/* Where a name that is too long ends in the message: behind its first pointer or its root. */
static bool pass_name(struct fb_cur *c)
{
    for (;;) {
        uint8_t len = fb_cur_u8(c);
        if ((len & 0xc0) == 0xc0)
            fb_cur_skip(c, 1);
        else if (len > LABEL_MAX)
            c->bad = true;
        else
            fb_cur_skip(c, len);
        if (!fb_cur_ok(c) || len == 0 || len > LABEL_MAX)
            return fb_cur_ok(c);
    }
}

static enum fb_dns_form damaged(struct fb_cur *c, struct fb_dns_name *out)
{
    out->n = 0;
    c->bad = true;
    c->p = c->end;
    return FB_DNS_DAMAGED;
}

/* `c`: where the name begins; NULL when it stands behind its end already. */
static enum fb_dns_form too_long(struct fb_cur *c, struct fb_dns_name *out)
{
    out->n = 0;
    return !c || pass_name(c) ? FB_DNS_TOO_LONG : damaged(c, out);
}

/* One name, from cursor c of the message. A pointer must lead to a place before the piece that it ends, so
 * each jump goes further back, and 255 bytes of labels end the rest. FB_DNS_NAME_TEXT holds 255 bytes with
 * each of them escaped. */
enum fb_dns_form fb_dns_read_name(const struct fb_dns_reader *r, struct fb_cur *c, struct fb_dns_name *out)
{
    struct fb_cur at = *c;
    size_t room = FB_DNS_NAME_BYTES, from = (size_t)(c->p - r->msg);
    bool jumped = false, first = true;
    out->n = 0;
    for (;;) {
        uint8_t len = fb_cur_u8(&at);
        if ((len & 0xc0) == 0xc0) {
            size_t to = (size_t)(len & 0x3f) << 8 | fb_cur_u8(&at);
            if (!fb_cur_ok(&at) || to >= from || to < FB_DNS_HEADER)
                return damaged(c, out);
            if (!jumped)
                c->p = at.p;
            jumped = true;
            from = to;
            at = fb_cur_init(r->msg + to, r->len - to);
            continue;
        }
        const uint8_t *p = len <= LABEL_MAX ? fb_cur_take(&at, len) : NULL;
        if (!p || !fb_cur_ok(&at))
            return damaged(c, out);
        if (len + 1U > room)
            return too_long(jumped ? NULL : c, out);
        if (len == 0) {
            if (out->n == 0)
                out->text[out->n++] = '.';
            if (!jumped)
                c->p = at.p;
            return FB_DNS_GOOD;
        }
        room -= len + 1U;
        if (!(r->netbios && first && len == NETBIOS_LABEL && put_netbios(out, p)))
            put_label(out, p, len);
        first = false;
    }
}

bool fb_dns_get_name(const struct fb_dns_reader *r, struct fb_cur *c, struct fb_dns_name *out)
{
    if (fb_dns_read_name(r, c, out) == FB_DNS_GOOD)
        return true;
    damaged(c, out);
    return false;
}

bool fb_dns_next_question(struct fb_dns_reader *r, struct fb_dns_question *q)
{
    if (r->left[0] == 0 || !fb_cur_ok(&r->c))
        return false;
    r->left[0]--;
    if (!fb_dns_get_name(r, &r->c, &q->name))
        return false;
    q->type = fb_cur_be16(&r->c);
    q->class = fb_cur_be16(&r->c);
    return fb_cur_ok(&r->c);
}

bool fb_dns_next_rr(struct fb_dns_reader *r, struct fb_dns_rr *rr)
{
    struct fb_dns_question q;
    enum fb_dns_form form = FB_DNS_TOO_LONG;
    while (r->left[0] > 0)
        if (!fb_dns_next_question(r, &q))
            return false;
    while (form == FB_DNS_TOO_LONG) { /* whose record is passed over */
        int s = 1;
        while (s < 4 && r->left[s] == 0)
            s++;
        if (s == 4 || !fb_cur_ok(&r->c) || fb_cur_left(&r->c) == 0)
            return false;
        r->left[s]--;
        rr->section = (enum fb_dns_section)(s - 1);
        form = fb_dns_read_name(r, &r->c, &rr->name);
        rr->type = fb_cur_be16(&r->c);
        rr->class = fb_cur_be16(&r->c);
        rr->ttl = fb_cur_be32(&r->c);
        rr->data.n = fb_cur_be16(&r->c);
        rr->data.p = fb_cur_take(&r->c, rr->data.n);
    }
    return fb_cur_ok(&r->c);
}

static bool is_host_name(const struct fb_dns_name *name)
{
    for (size_t i = 0; i < name->n; i++) {
        uint8_t ch = name->text[i];
        bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
        if (!letter && ch != '-' && ch != '_' && ch != '.')
            return false;
    }
    return name->n > 0;
}

bool fb_dns_is_certain(const uint8_t *p, size_t n)
{
    struct fb_dns_reader r;
    struct fb_dns_question q;
    if (!fb_dns_begin(&r, p, n, false) || fb_dns_opcode(&r) != FB_DNS_QUERY || r.count[0] != 1)
        return false;
    bool reply = fb_dns_is_reply(&r);
    if (!reply && (r.count[1] || r.count[2] || r.count[3] > 2 || r.flags & 0x048f))
        return false;
    if (!fb_dns_next_question(&r, &q) || !is_host_name(&q.name) || !fb_dns_type_known(q.type) ||
        (q.class != 1 && q.class != 255))
        return false;
    struct fb_dns_rr rr;
    while (fb_dns_next_rr(&r, &rr))
        if (rr.type == FB_DNS_A && rr.data.n != 4)
            return false;
    return fb_cur_ok(&r.c) && fb_cur_left(&r.c) == 0 && r.left[1] + r.left[2] + r.left[3] == 0;
}
