/* Findings as JSON and as rows of a case. */
#include "base/escape.h"
#include "base/timefmt.h"
#include "model/finding.h"
#include "model/finding_def.h"

#include <stdlib.h>

static bool plain_path(const char *s)
{
    static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
    return *s && *s != '-' && s[strspn(s, ok)] == '\0';
}

static void put_path(struct fb_buf *out, const char *path)
{
    if (plain_path(path)) {
        fb_buf_puts(out, path);
        return;
    }
    fb_buf_putc(out, '\'');
    for (const char *p = path; *p; p++)
        if (*p == '\'')
            fb_buf_puts(out, "'\\''");
        else
            fb_buf_putc(out, *p);
    fb_buf_putc(out, '\'');
}

void fb_finding_next(const struct fb_finding *f, const char *case_path, struct fb_buf *out)
{
    const char *at = case_path ? strstr(f->next, "CASE") : NULL;
    if (!at) {
        fb_buf_puts(out, f->next);
        return;
    }
    fb_buf_put(out, f->next, (size_t)(at - f->next));
    put_path(out, case_path);
    fb_buf_puts(out, at + 4);
}

static void json_text(struct fb_buf *out, const char *key, const char *v)
{
    fb_buf_printf(out, ",\"%s\":", key);
    fb_escape_json(out, v, strlen(v));
}

static void json_time(struct fb_buf *out, const char *key, int64_t ns)
{
    char t[FB_TIME_STRLEN];
    fb_time_format(ns, t);
    json_text(out, key, t);
}

static void json_lists(const struct fb_finding *f, struct fb_buf *out)
{
    fb_buf_puts(out, ",\"evidence\":[");
    for (unsigned i = 0; i < f->nevidence; i++) {
        if (i)
            fb_buf_putc(out, ',');
        fb_buf_put_u64dec(out, f->evidence[i]);
    }
    fb_buf_puts(out, "],\"also\":[");
    bool some = false;
    for (unsigned k = 0; k < FB_FIND_KINDS; k++)
        if (f->also & 1u << k) {
            fb_buf_printf(out, "%s\"%s\"", some ? "," : "", fb_finding_kind_name((enum fb_finding_kind)k));
            some = true;
        }
    fb_buf_putc(out, ']');
}

void fb_finding_json(const struct fb_finding *f, size_t rank, const char *case_path, struct fb_buf *out)
{
    const char *proto = fb_finding_proto_name(f->ip_proto);
    fb_buf_printf(out, "{\"rank\":%zu,\"severity\":%u,\"level\":\"%s\",\"kind\":\"%s\",\"hosts\":[", rank,
                  f->severity, fb_finding_severity_word(f->severity), fb_finding_kind_name(f->kind));
    for (unsigned i = 0; i < f->nhosts; i++) {
        char a[FB_ADDR_STRLEN];
        fb_addr_format(&f->hosts[i], a);
        fb_buf_printf(out, "%s\"%s\"", i ? "," : "", a);
    }
    fb_buf_printf(out, "],\"targets\":%llu,\"sessions\":%llu", (unsigned long long)f->targets,
                  (unsigned long long)f->sessions);
    json_time(out, "first", f->first_ns);
    json_time(out, "last", f->last_ns);
    json_text(out, "reason", f->reason);
    fb_buf_printf(out, ",\"confidence\":%u", f->confidence);
    if (proto)
        json_text(out, "proto", proto);
    if (f->has_port)
        fb_buf_printf(out, ",\"port\":%u", f->port);
    if (*f->service)
        json_text(out, "service", f->service);
    if (*f->subject)
        json_text(out, "subject", f->subject);
    json_lists(f, out);
    struct fb_buf next;
    fb_buf_init(&next, 8192);
    fb_finding_next(f, case_path, &next);
    json_text(out, "next", fb_buf_cstr(&next));
    fb_buf_release(&next);
    fb_buf_putc(out, '}');
}

static void put_hosts(const struct fb_finding *f, struct fb_buf *items, struct fb_buf *row)
{
    fb_buf_clear(items);
    for (unsigned i = 0; i < f->nhosts; i++) {
        char a[FB_ADDR_STRLEN];
        unsigned n = fb_addr_format(&f->hosts[i], a);
        fb_rec_item(items, a, n);
    }
    fb_rec_list(row, items);
}

static void put_evidence(const struct fb_finding *f, struct fb_buf *items, struct fb_buf *row)
{
    struct fb_buf t;
    fb_buf_init(&t, 32);
    fb_buf_clear(items);
    for (unsigned i = 0; i < f->nevidence; i++) {
        fb_buf_clear(&t);
        fb_buf_put_u64dec(&t, f->evidence[i]);
        fb_rec_item(items, t.data, t.len);
    }
    fb_rec_list(row, items);
    fb_buf_release(&t);
}

static void put_also(const struct fb_finding *f, struct fb_buf *items, struct fb_buf *row)
{
    fb_buf_clear(items);
    for (unsigned k = 0; k < FB_FIND_KINDS; k++)
        if (f->also & 1u << k) {
            const char *name = fb_finding_kind_name((enum fb_finding_kind)k);
            fb_rec_item(items, name, strlen(name));
        }
    fb_rec_list(row, items);
}

void fb_finding_put(const struct fb_finding *f, size_t rank, struct fb_buf *row)
{
    struct fb_buf items;
    fb_buf_init(&items, 4096);
    fb_rec_int(row, (int64_t)rank);
    fb_rec_int(row, f->severity);
    fb_rec_int(row, f->confidence);
    fb_rec_text(row, fb_finding_kind_name(f->kind));
    put_hosts(f, &items, row);
    fb_rec_int(row, (int64_t)f->targets);
    fb_rec_text(row, fb_finding_proto_name(f->ip_proto));
    if (f->has_port)
        fb_rec_int(row, f->port);
    else
        fb_rec_null(row);
    fb_rec_text(row, *f->service ? f->service : NULL);
    fb_rec_text(row, *f->subject ? f->subject : NULL);
    fb_rec_int(row, (int64_t)f->sessions);
    put_evidence(f, &items, row);
    fb_rec_int(row, f->first_ns);
    fb_rec_int(row, f->last_ns);
    fb_rec_text(row, f->reason);
    fb_rec_text(row, f->next);
    put_also(f, &items, row);
    if (items.failed)
        row->failed = true;
    fb_buf_release(&items);
}

static bool text_into(const struct fb_rec_cell *c, char *out, size_t cap)
{
    size_t n = c->null ? 0 : c->s.n;
    if (n >= cap || (n && memchr(c->s.p, 0, n)))
        return false;
    if (n)
        memcpy(out, c->s.p, n);
    out[n] = '\0';
    return true;
}

static int kind_of(struct fb_span s)
{
    for (int k = 0; k < FB_FIND_KINDS; k++) {
        const char *name = fb_finding_kind_name((enum fb_finding_kind)k);
        if (strlen(name) == s.n && memcmp(name, s.p, s.n) == 0)
            return k;
    }
    return -1;
}

static bool get_lists(const struct fb_rec_cell *c, struct fb_finding *f)
{
    struct fb_span item;
    char t[FB_ADDR_STRLEN];
    struct fb_cur l = fb_cur_init(c[FB_FINDING_HOSTS].s.p, c[FB_FINDING_HOSTS].s.n);
    while (fb_rec_next_item(&l, &item)) {
        if (f->nhosts == FB_FINDING_HOSTS_MAX || item.n >= sizeof t)
            return false;
        memcpy(t, item.p, item.n);
        t[item.n] = '\0';
        if (!fb_addr_parse(t, &f->hosts[f->nhosts++]))
            return false;
    }
    l = fb_cur_init(c[FB_FINDING_EVIDENCE].s.p, c[FB_FINDING_EVIDENCE].s.n);
    while (fb_rec_next_item(&l, &item)) {
        if (f->nevidence == FB_FINDING_EVIDENCE_MAX || item.n == 0 || item.n > 19)
            return false;
        uint64_t v = 0;
        for (size_t i = 0; i < item.n; i++) {
            if (item.p[i] < '0' || item.p[i] > '9')
                return false;
            v = v * 10 + (uint64_t)(item.p[i] - '0');
        }
        f->evidence[f->nevidence++] = v;
    }
    l = fb_cur_init(c[FB_FINDING_ALSO].s.p, c[FB_FINDING_ALSO].s.n);
    while (fb_rec_next_item(&l, &item)) {
        int k = kind_of(item);
        if (k >= 0)
            f->also |= 1u << k;
    }
    return true;
}

static uint8_t proto_number(const struct fb_rec_cell *c)
{
    if (c->null || c->s.n < 3)
        return 0;
    return memcmp(c->s.p, "tcp", 3) == 0   ? 6
           : memcmp(c->s.p, "udp", 3) == 0 ? 17
           : memcmp(c->s.p, "icm", 3) == 0 ? 1
                                           : 255;
}

static bool in_range(const struct fb_rec_cell *c, int64_t lo, int64_t hi)
{
    return !c->null && c->i >= lo && c->i <= hi;
}

bool fb_finding_get(const uint8_t *row, size_t n, struct fb_finding *f)
{
    struct fb_rec_cell c[FB_FINDING_NCOLS];
    *f = (struct fb_finding){0};
    if (!fb_rec_read(&fb_finding_def, (struct fb_span){row, n}, c))
        return false;
    int kind = c[FB_FINDING_KIND].null ? -1 : kind_of(c[FB_FINDING_KIND].s);
    if (kind < 0 || !in_range(&c[FB_FINDING_SEVERITY], 1, 100) ||
        !in_range(&c[FB_FINDING_CONFIDENCE], 1, 100) || !in_range(&c[FB_FINDING_TARGETS], 0, INT64_MAX) ||
        !in_range(&c[FB_FINDING_SESSIONS], 0, INT64_MAX) || c[FB_FINDING_FIRST].null ||
        c[FB_FINDING_LAST].null)
        return false;
    f->kind = (enum fb_finding_kind)kind;
    f->severity = (unsigned)c[FB_FINDING_SEVERITY].i;
    f->confidence = (unsigned)c[FB_FINDING_CONFIDENCE].i;
    f->targets = (uint64_t)c[FB_FINDING_TARGETS].i;
    f->sessions = (uint64_t)c[FB_FINDING_SESSIONS].i;
    f->first_ns = c[FB_FINDING_FIRST].i;
    f->last_ns = c[FB_FINDING_LAST].i;
    f->ip_proto = proto_number(&c[FB_FINDING_PROTO]);
    f->has_port = !c[FB_FINDING_PORT].null;
    if (f->has_port && !in_range(&c[FB_FINDING_PORT], 0, 65535))
        return false;
    f->port = f->has_port ? (uint16_t)c[FB_FINDING_PORT].i : 0;
    return text_into(&c[FB_FINDING_SERVICE], f->service, sizeof f->service) &&
           text_into(&c[FB_FINDING_SUBJECT], f->subject, sizeof f->subject) &&
           text_into(&c[FB_FINDING_REASON], f->reason, sizeof f->reason) &&
           text_into(&c[FB_FINDING_NEXT], f->next, sizeof f->next) && get_lists(c, f);
}
