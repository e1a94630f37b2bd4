/* Two cases, session by session, up to the first difference. */
#include "base/buf.h"
#include "cli/fields.h"
#include "cli/rerun.h"
#include "store/row.h"

#define TEXT_MAX ((size_t)1 << 20)

struct compare {
    struct fb_case *other;
    uint64_t others; /* sessions of the other case */
    struct fb_first_difference *d;
    struct fb_buf row[2];
    struct fb_err *err;
};

void fb_first_difference_init(struct fb_first_difference *d)
{
    *d = (struct fb_first_difference){0};
    fb_buf_init(&d->recorded, TEXT_MAX);
    fb_buf_init(&d->rebuilt, TEXT_MAX);
}

void fb_first_difference_release(struct fb_first_difference *d)
{
    fb_buf_release(&d->recorded);
    fb_buf_release(&d->rebuilt);
}

static void name_it(struct fb_first_difference *d, const struct fb_session *s, const char *field)
{
    d->any = true;
    d->number = s->number;
    fb_session_uid(s, d->uid);
    snprintf(d->field, sizeof d->field, "%s", field);
}

static void put_numbers(struct fb_buf *out, const uint64_t *v, uint32_t n)
{
    fb_buf_puts(out, n ? "" : "none");
    for (uint32_t i = 0; i < n; i++) {
        fb_buf_puts(out, i ? "," : "");
        fb_buf_put_u64dec(out, v[i]);
    }
}

static bool is_compared(const char *name)
{
    return strcmp(name, "first_ordinal") != 0 && strcmp(name, "evidence_pkts") != 0 &&
           strcmp(name, "tunnel_parents") != 0;
}

static bool same_text(const struct fb_first_difference *d)
{
    return d->recorded.len == d->rebuilt.len &&
           (d->recorded.len == 0 || memcmp(d->recorded.data, d->rebuilt.data, d->recorded.len) == 0);
}

static void find_field(struct fb_first_difference *d, const struct fb_session *a, const struct fb_session *b)
{
    struct fb_row rows[2] = {{.s = a}, {.s = b}};
    struct fb_buf *text[2] = {&d->recorded, &d->rebuilt};
    for (size_t i = 0; i < fb_field_count(); i++) {
        const struct fb_field *f = fb_field_at(i);
        if (!is_compared(fb_field_name(f)))
            continue;
        for (int k = 0; k < 2; k++) {
            struct fb_value v;
            fb_field_value(f, &rows[k], &v);
            fb_buf_clear(text[k]);
            if (v.kind == FB_VAL_UNSET)
                fb_buf_puts(text[k], "unset");
            else
                fb_value_put(text[k], &v, &rows[k]);
        }
        if (!same_text(d)) {
            name_it(d, a, fb_field_name(f));
            return;
        }
    }
    fb_buf_clear(text[0]);
    fb_buf_clear(text[1]);
    put_numbers(text[0], a->parents, a->nparents);
    put_numbers(text[1], b->parents, b->nparents);
    name_it(d, a, same_text(d) ? "duration_ns" : "tunnel_parents");
    if (!same_text(d))
        return;
    fb_buf_clear(text[0]);
    fb_buf_clear(text[1]);
    fb_buf_put_i64dec(text[0], a->duration_ns); /* what is not above zero shows as unset */
    fb_buf_put_i64dec(text[1], b->duration_ns);
}

static bool equal_rows(struct compare *k, const struct fb_session *a, const struct fb_session *b)
{
    size_t n[2] = {0, 0};
    fb_buf_clear(&k->row[0]);
    fb_buf_clear(&k->row[1]);
    return fb_row_put(&k->row[0], a, &n[0]) && fb_row_put(&k->row[1], b, &n[1]) && n[0] == n[1] &&
           memcmp(k->row[0].data, k->row[1].data, n[0]) == 0;
}

static enum fb_status on_session(void *ctx, const struct fb_session *s)
{
    struct compare *k = ctx;
    struct fb_session o;
    if (s->number > k->others) {
        name_it(k->d, s, "session");
        fb_buf_puts(&k->d->recorded, "there");
        fb_buf_puts(&k->d->rebuilt, "missing");
        return FB_EOF;
    }
    FB_TRY(fb_case_session(k->other, s->number, &o, k->err));
    if (equal_rows(k, s, &o))
        return FB_OK;
    find_field(k->d, s, &o);
    return FB_EOF;
}

static void put_refs(struct fb_buf *b, const struct fb_packet_ref *p, size_t n, size_t at)
{
    if (at < n)
        fb_buf_printf(b, "%zu packets, of which number %zu is packet %llu of evidence %u", n, at + 1,
                      (unsigned long long)p[at].pkt_no, p[at].evidence);
    else
        fb_buf_printf(b, "%zu packets", n);
}

static enum fb_status compare_packets(struct compare *k, struct fb_case *recorded, uint64_t number)
{
    struct fb_packet_ref *p[2] = {NULL, NULL};
    size_t n[2] = {0, 0}, at = 0;
    struct fb_session s;
    enum fb_status st = fb_case_session_packets(recorded, number, &p[0], &n[0], k->err);
    if (st == FB_OK)
        st = fb_case_session_packets(k->other, number, &p[1], &n[1], k->err);
    while (at < n[0] && at < n[1] && p[0][at].ordinal == p[1][at].ordinal &&
           p[0][at].pkt_no == p[1][at].pkt_no && p[0][at].evidence == p[1][at].evidence)
        at++;
    if (st == FB_OK && (at < n[0] || at < n[1])) {
        st = fb_case_session(recorded, number, &s, k->err);
        if (st == FB_OK)
            name_it(k->d, &s, "packets");
        put_refs(&k->d->recorded, p[0], n[0], at);
        put_refs(&k->d->rebuilt, p[1], n[1], at);
    }
    free(p[0]);
    free(p[1]);
    return st;
}

static enum fb_status compare(struct compare *k, struct fb_case *recorded)
{
    struct fb_case_info a, b;
    FB_TRY(fb_case_info(recorded, &a, k->err));
    FB_TRY(fb_case_info(k->other, &b, k->err));
    k->others = b.sessions;
    enum fb_status st = fb_case_each_session(recorded, on_session, k, k->err);
    if (st != FB_OK && st != FB_EOF)
        return st;
    if (!k->d->any && b.sessions > a.sessions) {
        struct fb_session s;
        FB_TRY(fb_case_session(k->other, a.sessions + 1, &s, k->err));
        name_it(k->d, &s, "session");
        fb_buf_puts(&k->d->recorded, "missing");
        fb_buf_puts(&k->d->rebuilt, "there");
    }
    bool same_index = memcmp(a.packet_index_digest.b, b.packet_index_digest.b, FB_DIGEST_LEN) == 0;
    for (uint64_t n = 1; !same_index && !k->d->any && n <= a.sessions; n++)
        FB_TRY(compare_packets(k, recorded, n));
    if (k->d->any)
        return FB_OK;
    fb_buf_clear(&k->d->recorded);
    fb_buf_clear(&k->d->rebuilt);
    return fb_records_compare(recorded, k->other, k->d, k->err);
}

enum fb_status fb_cases_compare(struct fb_case *recorded, struct fb_case *rebuilt,
                                struct fb_first_difference *out, struct fb_err *err)
{
    struct compare k = {.other = rebuilt, .d = out, .err = err};
    fb_first_difference_init(out);
    fb_buf_init(&k.row[0], TEXT_MAX);
    fb_buf_init(&k.row[1], TEXT_MAX);
    enum fb_status st = compare(&k, recorded);
    fb_buf_release(&k.row[0]);
    fb_buf_release(&k.row[1]);
    return st;
}
