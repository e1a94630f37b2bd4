#include "intel/resolve/ptr_query.h"

#include "base/record.h"
#include "intel/wire/dns_msg.h"

#include <stdio.h>

#define NAME_MAX_TEXT 80 /* 32 nibbles with dots, ip6.arpa and a NUL */
#define ALIASES_MAX   8
#define RECORDS_MAX   512

enum { CLASS_IN = 1, RCODE_NXDOMAIN = 3, RECURSION_DESIRED = 0x0100, TRUNCATION_BIT = 9 };

const char *fb_ptr_outcome_name(enum fb_ptr_outcome o)
{
    static const char *const name[] = {[FB_PTR_NAMED] = "named",
                                       [FB_PTR_NO_NAME] = "no name",
                                       [FB_PTR_REFUSED] = "refused",
                                       [FB_PTR_NO_ANSWER] = "no answer"};
    return (unsigned)o < sizeof name / sizeof *name && name[o] ? name[o] : "";
}

static size_t reverse_name(const struct fb_addr *a, char out[static NAME_MAX_TEXT])
{
    static const char hex[] = "0123456789abcdef";
    if (fb_addr_is_v4(a))
        return (size_t)snprintf(out, NAME_MAX_TEXT, "%u.%u.%u.%u.in-addr.arpa", a->b[15], a->b[14], a->b[13],
                                a->b[12]);
    size_t n = 0;
    for (size_t i = 16; i-- > 0;) {
        out[n++] = hex[a->b[i] & 15];
        out[n++] = '.';
        out[n++] = hex[a->b[i] >> 4];
        out[n++] = '.';
    }
    memcpy(out + n, "ip6.arpa", 9);
    return n + 8;
}

static void put16(uint8_t *out, size_t *n, unsigned v)
{
    out[(*n)++] = (uint8_t)(v >> 8);
    out[(*n)++] = (uint8_t)v;
}

size_t fb_ptr_query_put(uint8_t out[static FB_PTR_QUERY_BYTES], uint16_t id, const struct fb_addr *a)
{
    char name[NAME_MAX_TEXT];
    size_t len = reverse_name(a, name), n = 0;
    put16(out, &n, id);
    put16(out, &n, RECURSION_DESIRED);
    put16(out, &n, 1);
    for (int i = 0; i < 3; i++)
        put16(out, &n, 0);
    for (size_t from = 0; from < len;) {
        size_t end = from;
        while (end < len && name[end] != '.')
            end++;
        out[n++] = (uint8_t)(end - from);
        memcpy(out + n, name + from, end - from);
        n += end - from;
        from = end + 1;
    }
    out[n++] = 0;
    put16(out, &n, FB_DNS_PTR);
    put16(out, &n, CLASS_IN);
    return n;
}

/* ASCII case does not count: servers may copy the question in another one. */
static bool same_name(const struct fb_dns_name *a, const uint8_t *p, size_t n)
{
    if (a->n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t x = a->text[i], y = p[i];
        x = x >= 'A' && x <= 'Z' ? (uint8_t)(x | 0x20) : x;
        y = y >= 'A' && y <= 'Z' ? (uint8_t)(y | 0x20) : y;
        if (x != y)
            return false;
    }
    return true;
}

/* The name that a record points at; n == 0: none. */
static void target_of(const struct fb_dns_reader *r, const struct fb_dns_rr *rr, struct fb_dns_name *out)
{
    struct fb_buf text = {.data = out->text, .cap = sizeof out->text, .max = sizeof out->text};
    out->n = fb_dns_rr_text(r, rr, &text) && !text.failed ? text.len : 0;
}

static bool next_answer(struct fb_dns_reader *r, struct fb_dns_rr *rr, int *left)
{
    return (*left)-- > 0 && fb_dns_next_rr(r, rr) && rr->section == FB_DNS_ANSWER;
}

/* Follows the aliases from the name that was asked, in whatever order the records stand. */
static void follow(const struct fb_dns_reader *answers, struct fb_dns_name *name)
{
    struct fb_dns_rr rr;
    for (int i = 0; i < ALIASES_MAX; i++) {
        struct fb_dns_reader r = *answers;
        int left = RECORDS_MAX;
        bool found = false;
        while (!found && next_answer(&r, &rr, &left))
            found =
                rr.type == FB_DNS_CNAME && rr.class == CLASS_IN && same_name(&rr.name, name->text, name->n);
        if (!found)
            return;
        target_of(&r, &rr, name);
    }
}

static void collect(const struct fb_dns_reader *answers, const struct fb_dns_name *name,
                    struct fb_ptr_answer *out)
{
    struct fb_dns_reader r = *answers;
    struct fb_buf names = {.data = out->names, .cap = sizeof out->names, .max = sizeof out->names};
    struct fb_dns_name target;
    struct fb_dns_rr rr;
    int left = RECORDS_MAX;
    while (out->nnames < FB_PTR_NAMES_MAX && next_answer(&r, &rr, &left)) {
        if (rr.type != FB_DNS_PTR || rr.class != CLASS_IN || !same_name(&rr.name, name->text, name->n))
            continue;
        target_of(&r, &rr, &target);
        if (target.n == 0 || (target.n == 1 && target.text[0] == '.') || target.n + 5 > names.max - names.len)
            continue;
        fb_rec_item(&names, target.text, target.n);
        out->ttl_s = out->nnames == 0 || rr.ttl < out->ttl_s ? rr.ttl : out->ttl_s;
        out->nnames++;
    }
    out->names_bytes = names.len;
}

enum fb_ptr_outcome fb_ptr_reply_read(const struct fb_addr *a, uint16_t id, const uint8_t *p, size_t n,
                                      struct fb_ptr_answer *out)
{
    char asked[NAME_MAX_TEXT];
    size_t len = reverse_name(a, asked);
    struct fb_dns_reader r;
    struct fb_dns_question q;
    out->outcome = FB_PTR_FOREIGN;
    out->rcode = 0;
    out->ttl_s = 0;
    out->nnames = out->names_bytes = 0;
    if (!fb_dns_begin(&r, p, n, false) || r.id != id || !fb_dns_is_reply(&r) ||
        fb_dns_opcode(&r) != FB_DNS_QUERY || r.count[0] != 1 || !fb_dns_next_question(&r, &q) ||
        q.type != FB_DNS_PTR || q.class != CLASS_IN || !same_name(&q.name, (const uint8_t *)asked, len))
        return out->outcome;
    out->rcode = r.flags & 15;
    if (r.flags >> TRUNCATION_BIT & 1)
        return out->outcome = FB_PTR_TRUNCATED;
    if (out->rcode != 0 && out->rcode != RCODE_NXDOMAIN)
        return out->outcome = FB_PTR_REFUSED;
    follow(&r, &q.name);
    collect(&r, &q.name, out);
    return out->outcome = out->nnames ? FB_PTR_NAMED : FB_PTR_NO_NAME;
}
