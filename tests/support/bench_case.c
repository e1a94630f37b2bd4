#include "tests/support/bench_case.h"

#include "base/hash.h"
#include "intel/names_def.h"
#include "store/edit.h"
#include "store/rectab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fb_err last;

static void must(enum fb_status st)
{
    if (st == FB_OK)
        return;
    fprintf(stderr, "bench_case: %s\n", last.msg);
    exit(4);
}

void bench_usual(struct gen *g, uint64_t number, struct gen_session *o)
{
    static const uint8_t server[4] = {198, 18, 0, 7};
    gen_usual(g, number, o);
    if (o->s.service[0] && o->s.resp_p != 53 && fb_mix64(number) % 1000 < 65)
        o->s.resp_h = fb_addr_v4(server);
}

/* Sessions leave in the order in which they end: a ring of the ones that are open, replaced at random. */
#define OPEN 30000u

void bench_feed(struct fb_case *c, uint64_t n)
{
    struct fb_session_sink sink = fb_case_sink(c);
    struct gen g, pick;
    struct gen_session *open = calloc(OPEN, sizeof *open);
    uint8_t steps[4096];
    memset(steps, 2, sizeof steps);
    gen_init(&g, 1);
    gen_init(&pick, 2);
    for (uint64_t i = 0; open && i < n + OPEN; i++) {
        struct gen_session *slot = &open[i < n ? gen_below(&pick, OPEN) : i - n];
        if (slot->s.number) {
            slot->s.service = slot->service;
            slot->s.history = slot->history;
            slot->s.tunnel = slot->tunnel;
            uint32_t pkts = slot->s.evidence_pkts > 4000 ? 4000 : (uint32_t)slot->s.evidence_pkts;
            struct fb_packet_run run = {slot->s.number, slot->s.first_ordinal, pkts, steps, pkts - 1};
            if (sink.packets(sink.ctx, &run) != FB_OK || sink.session(sink.ctx, &slot->s) != FB_OK) {
                last = *fb_case_sink_error(c);
                must(last.status);
            }
            slot->s.number = 0;
        }
        if (i < n)
            bench_usual(&g, i + 1, slot);
    }
    free(open);
    must(fb_case_add_timeline_run(c, 0, 1, 1, g.ordinal, &last));
}

bool bench_name(const struct fb_session *o, char out[static BENCH_NAME_ROOM])
{
    uint64_t h = fb_mix64(o->number * 2 + 1), rank = h >> 32;
    if (!o->resp_pkts || (o->resp_p != 443 && o->resp_p != 80))
        return false;
    if (h % 1000 < 122)
        snprintf(out, BENCH_NAME_ROOM, "h%llu" BENCH_SUFFIX,
                 (unsigned long long)((rank & 2047) * (rank >> 11 & 2047) >> 11));
    else
        snprintf(out, BENCH_NAME_ROOM, "www%llu.site%llu.example", (unsigned long long)(rank % 5),
                 (unsigned long long)((rank & 0xffff) * (rank >> 16) >> 16));
    return true;
}

void bench_add_names(const char *path, uint64_t n)
{
    static const struct fb_custody_entry entry = {.what = "names",
                                                  .params_json = "{}",
                                                  .tool_version = "1",
                                                  .who = "bench",
                                                  .host = "here",
                                                  .at_ns = 7};
    struct fb_edit *e;
    struct fb_rec_writer *w;
    struct gen g;
    struct gen_session o;
    struct fb_buf row;
    int64_t run;
    gen_init(&g, 1);
    fb_buf_init(&row, 4096);
    must(fb_edit_open(path, &e, &last));
    must(fb_edit_layer(e, fb_names_def.name, &entry, NULL, &run, &last));
    must(fb_edit_record_open(e, &fb_names_def, run, &w, &last));
    for (uint64_t i = 1; i <= n; i++) {
        char name[BENCH_NAME_ROOM];
        bench_usual(&g, i, &o);
        if (!bench_name(&o.s, name))
            continue;
        fb_buf_clear(&row);
        for (size_t k = 0; k < FB_NAMES_NCOLS; k++) {
            if (k == FB_NAMES_RESP_DOMAIN)
                fb_rec_text(&row, name);
            else if (k == FB_NAMES_RESP_DOMAIN_SOURCE)
                fb_rec_text(&row, o.s.resp_p == 443 ? "tls_sni" : "http_host");
            else if (k == FB_NAMES_RESP_DOMAIN_CERTAINTY)
                fb_rec_int(&row, 100);
            else if (k == FB_NAMES_RESP_DOMAIN_SESSION)
                fb_rec_int(&row, (int64_t)i);
            else if (k == FB_NAMES_RESP_DOMAIN_TS)
                fb_rec_int(&row, o.s.ts_ns);
            else
                fb_rec_null(&row);
        }
        struct fb_rec_at at = {.number = i};
        must(fb_rec_write(w, &at, (struct fb_span){row.data, row.len}, &last));
    }
    fb_buf_release(&row);
    must(fb_rec_writer_finish(w, NULL, NULL, &last));
    fb_rec_writer_free(w);
    must(fb_edit_commit(e, &entry, &last));
    fb_edit_close(e);
}
