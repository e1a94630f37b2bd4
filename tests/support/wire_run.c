#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intel/wire/observer.h"
#include "intel/wire/proto.h"
#include "tests/support/wire_run.h"

#include <stdlib.h>
#include <string.h>

static void put_span(struct fb_buf *b, enum fb_rec_type type, struct fb_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (type == FB_REC_BLOB)
            fb_buf_printf(b, "%02x", s.p[i]);
        else if (s.p[i] < ' ' || s.p[i] > '~' || s.p[i] == '|')
            fb_buf_printf(b, "\\x%02x", s.p[i]);
        else
            fb_buf_putc(b, (char)s.p[i]);
    }
}

static void put_cell(struct fb_buf *b, enum fb_rec_type type, const struct fb_rec_cell *c)
{
    char text[FB_ADDR_STRLEN];
    struct fb_cur list = fb_cur_init(c->s.p, c->s.n);
    struct fb_span item;
    if (type == FB_REC_INT || type == FB_REC_TIME) {
        fb_buf_put_i64dec(b, c->i);
    } else if (type == FB_REC_ADDR) {
        fb_addr_format(&c->addr, text);
        fb_buf_puts(b, text);
    } else if (type == FB_REC_LIST) {
        for (bool first = true; fb_rec_next_item(&list, &item); first = false) {
            if (!first)
                fb_buf_putc(b, ',');
            put_span(b, type, item);
        }
    } else {
        put_span(b, type, c->s);
    }
}

static void put(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                struct fb_span row)
{
    struct wire_run *r = (struct wire_run *)(void *)out;
    struct fb_rec_cell cells[FB_REC_COLS_MAX];
    assert_true(fb_rec_read(def, row, cells));
    assert_true(at->ordinal <= r->ordinal);
    fb_buf_puts(&r->text, def->name);
    for (size_t i = 0; i < def->ncols; i++) {
        if (cells[i].null)
            continue;
        fb_buf_printf(&r->text, "|%s=", def->cols[i].name);
        put_cell(&r->text, def->cols[i].type, &cells[i]);
    }
    fb_buf_puts(&r->text, "|\n");
}

void wr_open(struct wire_run *r, uint8_t ip_proto, uint16_t port)
{
    struct fb_observed_flow f = {.ip_proto = ip_proto, .orig_p = 40000, .resp_p = port};
    f.orig_h = fb_addr_v4((const uint8_t[]){10, 0, 0, 1});
    f.resp_h = fb_addr_v4((const uint8_t[]){10, 0, 0, 2});
    *r = (struct wire_run){.out.put = put, .tcp = ip_proto == 6};
    fb_buf_init(&r->text, (size_t)16 << 20);
    r->state = fb_intel_observer.open(&f);
    assert_non_null(r->state);
}

static struct fb_seen seen(struct wire_run *r, bool from_orig)
{
    r->ordinal++;
    return (struct fb_seen){.ts_ns = (int64_t)r->ordinal, .ordinal = r->ordinal, .from_orig = from_orig};
}

static void deliver(struct wire_run *r, bool from_orig, const uint8_t *p, size_t n)
{
    if (r->done)
        return;
    struct fb_seen at = seen(r, from_orig);
    uint8_t *exact = malloc(n + (n == 0));
    assert_non_null(exact);
    memcpy(exact, p, n);
    r->done = fb_intel_observer.data(r->state, &at, exact, n, &r->out) & FB_OBSERVE_DONE;
    free(exact);
    assert_true(fb_intel_observer.bytes(r->state) < 2 * FB_STATE_BYTES_MAX);
}

void wr_say(struct wire_run *r, bool from_orig, const void *p, size_t n)
{
    size_t step = r->tcp && r->step ? r->step : n;
    for (size_t i = 0; i < n; i += step)
        deliver(r, from_orig, (const uint8_t *)p + i, n - i < step ? n - i : step);
}

void wr_gap(struct wire_run *r, bool from_orig, uint64_t n)
{
    struct fb_seen at = seen(r, from_orig);
    if (!r->done)
        r->done = fb_intel_observer.gap(r->state, &at, n, &r->out) & FB_OBSERVE_DONE;
}

void wr_frame(struct wire_run *r, uint16_t ethertype, const void *p, size_t n)
{
    static const uint8_t src[6] = {2, 0, 0, 0, 0, 1}, dst[6] = {255, 255, 255, 255, 255, 255};
    struct fb_seen at = seen(r, true);
    uint8_t *exact = malloc(n + (n == 0));
    assert_non_null(exact);
    memcpy(exact, p, n);
    fb_intel_observer.packet(&at, ethertype, src, dst, exact, n, &r->out);
    free(exact);
}

const char *wr_close(struct wire_run *r)
{
    struct fb_seen at = seen(r, true);
    fb_intel_observer.close(r->state, &at, &r->out);
    r->state = NULL;
    return fb_buf_cstr(&r->text);
}

void wr_release(struct wire_run *r)
{
    fb_buf_release(&r->text);
}

const char *wr_cell(const char *text, size_t line, const char *column)
{
    static char value[4096];
    for (; line > 0 && *text; line--)
        text = strchr(text, '\n') ? strchr(text, '\n') + 1 : "";
    size_t len = strlen(column);
    const char *end = strchr(text, '\n');
    for (const char *p = text; end && (p = strchr(p, '|')) && p < end; p++) {
        if (strncmp(p + 1, column, len) != 0 || p[1 + len] != '=')
            continue;
        const char *from = p + 2 + len, *to = strchr(from, '|');
        size_t n = to ? (size_t)(to - from) : 0;
        assert_true(n < sizeof value);
        memcpy(value, from, n);
        value[n] = 0;
        return value;
    }
    return "-";
}

size_t wr_lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

char *wr_play(const struct wr_step *steps, size_t n, uint16_t port, size_t step, size_t keep)
{
    struct wire_run r;
    wr_open(&r, 6, port);
    r.step = step;
    for (size_t i = 0; i < n && keep > 0; i++) {
        size_t part = steps[i].n < keep ? steps[i].n : keep;
        wr_say(&r, steps[i].from_orig, steps[i].p, part);
        keep -= part;
    }
    char *text = strdup(wr_close(&r));
    assert_non_null(text);
    wr_release(&r);
    return text;
}

static void same_in_pieces(const struct wr_step *steps, size_t n, uint16_t port)
{
    static const size_t pieces[] = {1, 2, 3, 7, 64, 1000};
    char *whole = wr_play(steps, n, port, 0, SIZE_MAX);
    assert_true(whole[0] != 0);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        char *cut = wr_play(steps, n, port, pieces[i], SIZE_MAX);
        assert_string_equal(cut, whole);
        free(cut);
    }
    free(whole);
}

/* Every byte of step k once another, or missing together with the next few. */
static void changed(const struct wr_step *steps, size_t n, uint16_t port, size_t k)
{
    uint8_t *copy = malloc(steps[k].n);
    assert_non_null(copy);
    for (size_t at = 0; at < steps[k].n; at += 1 + steps[k].n / 600) {
        memcpy(copy, steps[k].p, steps[k].n);
        copy[at] ^= (uint8_t)(1U << (at & 7));
        for (unsigned way = 0; way < 2; way++) {
            struct wire_run r;
            wr_open(&r, 6, port);
            for (size_t i = 0; i < n; i++) {
                if (i != k) {
                    wr_say(&r, steps[i].from_orig, steps[i].p, steps[i].n);
                    continue;
                }
                size_t lost = way && steps[k].n - at > 9 ? 9 : 0;
                wr_say(&r, steps[i].from_orig, copy, way ? at : steps[k].n);
                if (way) {
                    wr_gap(&r, steps[i].from_orig, lost ? lost : steps[k].n - at);
                    if (lost)
                        wr_say(&r, steps[i].from_orig, copy + at + lost, steps[k].n - at - lost);
                }
            }
            (void)wr_close(&r);
            wr_release(&r);
        }
    }
    free(copy);
}

void wr_torture(const struct wr_step *steps, size_t n, uint16_t port)
{
    size_t total = 0;
    same_in_pieces(steps, n, port);
    for (size_t i = 0; i < n; i++)
        total += steps[i].n;
    for (size_t keep = 0; keep < total; keep += 1 + total / 800)
        free(wr_play(steps, n, port, 0, keep));
    for (size_t k = 0; k < n; k++)
        changed(steps, n, port, k);
}
