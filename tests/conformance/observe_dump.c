/* observe_dump [-C] CAPTURE...: what the product's observer finds in captures, one JSON object a line: the
 * records with "_table", "_number" (of the session), "_ordinal" and "_ts", then the sessions ("_table":
 * "conn"). Without a case, so that parsers can be compared with other tools by themselves. -C: checksums do
 * not count. */
#include "base/digest.h"
#include "base/escape.h"
#include "ingest/timeline.h"
#include "intel/wire/observer.h"
#include "replay/engine.h"

#include <inttypes.h>

static void put_list(struct fb_buf *b, struct fb_span s)
{
    struct fb_cur c = fb_cur_init(s.p, s.n);
    struct fb_span item;
    for (const char *sep = "["; fb_rec_next_item(&c, &item); sep = ",") {
        fb_buf_puts(b, sep);
        fb_escape_json(b, item.p, item.n);
    }
    fb_buf_puts(b, s.n ? "]" : "[]");
}

static void put_cell(struct fb_buf *b, enum fb_rec_type type, const struct fb_rec_cell *c)
{
    char text[FB_ADDR_STRLEN];
    if (c->null) {
        fb_buf_puts(b, "null");
    } else if (type == FB_REC_INT || type == FB_REC_TIME) {
        fb_buf_put_i64dec(b, c->i);
    } else if (type == FB_REC_ADDR) {
        fb_escape_json(b, text, fb_addr_format(&c->addr, text));
    } else if (type == FB_REC_LIST) {
        put_list(b, c->s);
    } else if (type == FB_REC_BLOB) {
        fb_buf_putc(b, '"');
        for (size_t i = 0; i < c->s.n; i++)
            fb_buf_printf(b, "%02x", c->s.p[i]);
        fb_buf_putc(b, '"');
    } else {
        fb_escape_json(b, c->s.p, c->s.n);
    }
}

static int on_observed(void *ctx, const struct fb_observed *o)
{
    struct fb_buf b;
    struct fb_rec_cell cells[FB_REC_COLS_MAX];
    (void)ctx;
    if (!fb_rec_read(o->def, o->row, cells)) {
        fprintf(stderr, "%s: a row that is none\n", o->def->name);
        return FB_ERR_INPUT;
    }
    fb_buf_init(&b, 1 << 20);
    fb_buf_printf(&b, "{\"_table\":\"%s\",\"_number\":%" PRIu64 ",\"_ordinal\":%" PRIu64 ",\"_ts\":%" PRId64,
                  o->def->name, o->number, o->ordinal, o->ts_ns);
    for (size_t i = 0; i < o->def->ncols; i++) {
        fb_buf_printf(&b, ",\"%s\":", o->def->cols[i].name);
        put_cell(&b, o->def->cols[i].type, &cells[i]);
    }
    fb_buf_putc(&b, '}');
    puts(fb_buf_cstr(&b));
    fb_buf_release(&b);
    return FB_OK;
}

static int on_packets(void *ctx, const struct fb_packet_run *run)
{
    (void)ctx, (void)run;
    return FB_OK;
}

static int on_session(void *ctx, const struct fb_session *s)
{
    char orig[FB_ADDR_STRLEN], resp[FB_ADDR_STRLEN];
    (void)ctx;
    fb_addr_format(&s->orig_h, orig);
    fb_addr_format(&s->resp_h, resp);
    printf("{\"_table\":\"conn\",\"_number\":%" PRIu64 ",\"_ts\":%" PRId64
           ",\"orig_h\":\"%s\",\"orig_p\":%u,\"resp_h\":\"%s\",\"resp_p\":%u,\"proto\":\"%s\"}\n",
           s->number, s->ts_ns, orig, s->orig_p, resp, s->resp_p, fb_session_proto_name(s->proto));
    return FB_OK;
}

static enum fb_status feed(struct fb_timeline *t, struct fb_engine *e, struct fb_err *err)
{
    struct fb_record rec;
    uint32_t evidence;
    uint64_t ordinal;
    for (;;) {
        enum fb_status st = fb_timeline_next(t, &rec, &evidence, &ordinal, err);
        if (st != FB_OK)
            return st == FB_EOF ? fb_engine_finish(e, err) : st;
        FB_TRY(fb_engine_feed(e, &rec, ordinal, err));
    }
}

int main(int argc, char **argv)
{
    bool no_checksums = argc > 1 && strcmp(argv[1], "-C") == 0;
    int first = no_checksums ? 2 : 1;
    struct fb_err err = {0};
    struct fb_timeline *t = NULL;
    struct fb_engine *e = NULL;
    struct fb_timeline_opts to = {.after_ns = INT64_MIN, .before_ns = INT64_MAX};
    struct fb_engine_opts eo = {.decode.ignore_checksums = no_checksums, .observer = &fb_intel_observer};
    struct fb_session_sink sink = {.packets = on_packets, .session = on_session, .observed = on_observed};
    enum fb_status st =
        fb_timeline_open((const char *const *)(argv + first), (size_t)(argc - first), &to, &t, &err);
    if (st == FB_OK)
        st = fb_engine_new(&eo, &sink, &e, &err);
    if (st == FB_OK)
        st = feed(t, e, &err);
    if (st != FB_OK)
        fprintf(stderr, "%s\n", err.msg);
    fb_engine_free(e);
    fb_timeline_close(t);
    return st == FB_OK ? 0 : 1;
}
