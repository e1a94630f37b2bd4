#include "cli/evidence_plan.h"
#include "cli/info_print.h"
#include "cli/layer_counts.h"
#include "cli/scoring.h"

#include "base/escape.h"
#include "base/timefmt.h"
#include "store/rectab.h"

static void put_string(struct fb_buf *b, const char *key, const char *s)
{
    fb_buf_printf(b, "\"%s\":", key);
    if (s)
        fb_escape_json(b, s, strlen(s));
    else
        fb_buf_puts(b, "null");
}

static void put_count(struct fb_buf *b, const char *key, uint64_t v)
{
    fb_buf_printf(b, "\"%s\":", key);
    fb_buf_put_u64dec(b, v);
}

static void put_hex(struct fb_buf *b, const char *key, const uint8_t *p, size_t n)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(p, n, hex);
    put_string(b, key, hex);
}

static void put_time(struct fb_buf *b, const char *key, int64_t ns, bool set)
{
    char t[FB_TIME_STRLEN];
    fb_time_format(ns, t);
    put_string(b, key, set ? t : NULL);
}

static void put_interfaces(struct fb_buf *b, const struct fb_evidence *e)
{
    fb_buf_puts(b, "\"interfaces\":[");
    for (size_t i = 0; i < e->nifaces; i++) {
        const struct fb_iface *f = &e->ifaces[i];
        fb_buf_printf(b, "%s{\"section\":%u,\"id\":%u,\"linktype\":%u,\"snaplen\":%u,", i ? "," : "",
                      f->section, f->id, f->linktype, f->snaplen);
        put_string(b, "name", f->name);
        fb_buf_putc(b, ',');
        put_string(b, "description", f->description);
        fb_buf_putc(b, ',');
        put_string(b, "filter", f->filter);
        fb_buf_putc(b, ',');
        put_string(b, "os", f->os);
        fb_buf_putc(b, ',');
        put_count(b, "packets", f->pkts);
        if (f->has_stats) {
            fb_buf_putc(b, ',');
            put_count(b, "received", f->if_recv);
            fb_buf_putc(b, ',');
            put_count(b, "dropped", f->if_drop);
        }
        fb_buf_putc(b, '}');
    }
    fb_buf_putc(b, ']');
}

static void put_notes(struct fb_buf *b, const struct fb_evidence *e)
{
    fb_buf_puts(b, "\"notes\":[");
    for (size_t i = 0; i < e->nnotes; i++) {
        fb_buf_puts(b, i ? ",{" : "{");
        put_string(b, "kind", e->notes[i].kind);
        fb_buf_putc(b, ',');
        put_count(b, "offset", e->notes[i].byte_off);
        fb_buf_putc(b, ',');
        put_count(b, "packet", e->notes[i].pkt_no);
        fb_buf_putc(b, ',');
        put_string(b, "text", e->notes[i].text);
        fb_buf_putc(b, '}');
    }
    fb_buf_puts(b, "],");
    put_count(b, "notes_total", e->notes_total);
}

static void put_evidence(struct fb_buf *b, const struct fb_evidence *e)
{
    fb_buf_putc(b, '{');
    put_string(b, "file", e->path);
    fb_buf_putc(b, ',');
    put_count(b, "size", e->size_bytes);
    fb_buf_putc(b, ',');
    put_hex(b, "sha256", e->sha256, sizeof e->sha256);
    fb_buf_putc(b, ',');
    put_string(b, "format", fb_evidence_format_name(e->format));
    fb_buf_putc(b, ',');
    put_string(b, "compression", fb_compression_name(e->compression));
    fb_buf_putc(b, ',');
    put_count(b, "packets", e->pkts);
    fb_buf_putc(b, ',');
    put_count(b, "bytes", e->wire_bytes);
    fb_buf_putc(b, ',');
    put_count(b, "captured_bytes", e->cap_bytes);
    fb_buf_putc(b, ',');
    put_time(b, "first_ts", e->first_ts_ns, e->pkts > 0);
    fb_buf_putc(b, ',');
    put_time(b, "last_ts", e->last_ts_ns, e->pkts > 0);
    fb_buf_putc(b, ',');
    put_count(b, "backward_packets", e->backward_pkts);
    fb_buf_putc(b, ',');
    put_count(b, "damage_total", e->damage_total);
    fb_buf_putc(b, ',');
    put_interfaces(b, e);
    fb_buf_putc(b, ',');
    put_notes(b, e);
    fb_buf_putc(b, '}');
}

static void put_damage(struct fb_buf *b, const struct fb_evidence *e, bool *any)
{
    for (size_t i = 0; i < e->ndamage; i++) {
        fb_buf_puts(b, *any ? ",{" : "{");
        *any = true;
        put_string(b, "file", e->path);
        fb_buf_putc(b, ',');
        put_count(b, "offset", e->damage[i].byte_off);
        fb_buf_putc(b, ',');
        put_count(b, "packet", e->damage[i].pkt_no);
        fb_buf_putc(b, ',');
        put_string(b, "what", e->damage[i].what);
        fb_buf_putc(b, '}');
    }
}

/* Every session that began at or before this packet is in the case. */
static void put_good_to(struct fb_buf *b, const struct fb_case_info *info)
{
    struct fb_plan plan = {0};
    bool known = fb_plan_read(info->plan_json, &plan, NULL) == FB_OK && info->good.evidence < plan.n;
    fb_buf_puts(b, "\"good_to\":{");
    put_count(b, "ordinal", info->good.ordinal);
    fb_buf_putc(b, ',');
    put_string(b, "file", known && info->good.pkt_no ? plan.file[info->good.evidence].path : NULL);
    fb_buf_putc(b, ',');
    put_count(b, "frame", info->good.pkt_no);
    fb_buf_putc(b, ',');
    put_count(b, "sessions", info->good.sessions);
    fb_buf_puts(b, "},");
    fb_plan_release(&plan);
}

static void put_totals(struct fb_buf *b, const struct fb_case_info *info)
{
    put_count(b, "packets", info->pkts);
    fb_buf_putc(b, ',');
    put_count(b, "bytes", info->wire_bytes);
    fb_buf_putc(b, ',');
    put_count(b, "captured_bytes", info->cap_bytes);
    fb_buf_putc(b, ',');
    put_count(b, "sessions", info->sessions);
    if (info->sessions_removed) { /* by retention */
        fb_buf_putc(b, ',');
        put_count(b, "sessions_removed", info->sessions_removed);
        fb_buf_putc(b, ',');
        put_time(b, "removed_before", info->removed_before_ns, true);
    }
    fb_buf_putc(b, ',');
    put_time(b, "first_ts", info->first_ts_ns, info->pkts > 0);
    fb_buf_putc(b, ',');
    put_time(b, "last_ts", info->last_ts_ns, info->pkts > 0);
    fb_buf_printf(b, ",\"complete\":%s,", info->complete ? "true" : "false");
    if (!info->complete)
        put_good_to(b, info);
    put_hex(b, "case_digest", info->case_digest.b, FB_DIGEST_LEN);
    fb_buf_putc(b, ',');
    put_hex(b, "packet_index_digest", info->packet_index_digest.b, FB_DIGEST_LEN);
    fb_buf_putc(b, ',');
    put_hex(b, "evidence_digest", info->evidence_digest.b, FB_DIGEST_LEN);
    fb_buf_putc(b, ',');
    put_hex(b, "records_digest", info->records_digest.b, FB_DIGEST_LEN);
    fb_buf_putc(b, ',');
    put_count(b, "damage_total", info->damage_total);
}

/* The stored JSON is the word of whoever made the case, so it goes out as a string and not as structure. */
static void put_run(struct fb_buf *b, const struct fb_case_info *info)
{
    put_string(b, "tool_version", info->tool_version);
    fb_buf_putc(b, ',');
    put_string(b, "params", info->params_json);
    fb_buf_putc(b, ',');
    put_string(b, "custody", info->custody_json);
}

static void put_counters(struct fb_case *c, struct fb_buf *b)
{
    const char *name;
    uint64_t value;
    fb_buf_puts(b, "\"counters\":{");
    for (size_t i = 0; fb_case_counter(c, i, &name, &value, NULL) == FB_OK; i++) {
        if (i)
            fb_buf_putc(b, ',');
        fb_escape_json(b, name, strlen(name));
        fb_buf_putc(b, ':');
        fb_buf_put_u64dec(b, value);
    }
    fb_buf_putc(b, '}');
}

/* Two passes over the evidence, so that no more than one record is in memory. */
static enum fb_status put_all_evidence(struct fb_case *c, const struct fb_case_info *info, struct fb_out *out,
                                       struct fb_err *err)
{
    bool any = false;
    struct fb_evidence e;
    fb_buf_puts(&out->buf, "\"evidence\":[");
    for (size_t i = 0; i < info->nevidence; i++) {
        FB_TRY(fb_case_evidence(c, i, &e, err));
        fb_buf_puts(&out->buf, i ? "," : "");
        put_evidence(&out->buf, &e);
        fb_evidence_release(&e);
        fb_out_row(out);
    }
    fb_buf_puts(&out->buf, "],\"damage\":[");
    for (size_t i = 0; i < info->nevidence && info->damage_total; i++) {
        FB_TRY(fb_case_evidence(c, i, &e, err));
        put_damage(&out->buf, &e, &any);
        fb_evidence_release(&e);
        fb_out_row(out);
    }
    fb_buf_puts(&out->buf, "]");
    return FB_OK;
}

static enum fb_status put_tables(struct fb_case *c, struct fb_buf *b, struct fb_err *err)
{
    struct fb_rec_info t;
    enum fb_status st;
    fb_buf_puts(b, "\"tables\":[");
    for (size_t i = 0; (st = fb_case_record_table(c, i, &t, err)) == FB_OK; i++) {
        fb_buf_puts(b, i ? ",{" : "{");
        put_string(b, "name", t.name);
        fb_buf_printf(b, ",\"run\":%lld,\"newest\":%s,\"rows\":%llu,", (long long)t.run_id,
                      t.newest ? "true" : "false", (unsigned long long)t.nrows);
        put_hex(b, "digest", t.digest.b, t.finished ? FB_DIGEST_LEN : 0);
        fb_buf_putc(b, '}');
    }
    fb_buf_puts(b, "],");
    return st == FB_EOF ? FB_OK : st;
}

enum fb_status fb_info_print_json(struct fb_case *c, struct fb_out *out, struct fb_err *err)
{
    struct fb_case_info info;
    FB_TRY(fb_case_info(c, &info, err));
    struct fb_buf *b = &out->buf;
    fb_buf_putc(b, '{');
    put_totals(b, &info);
    fb_buf_putc(b, ',');
    put_run(b, &info);
    fb_buf_putc(b, ',');
    put_counters(c, b);
    fb_buf_putc(b, ',');
    FB_TRY(put_tables(c, b, err));
    if (info.complete) {
        struct fb_layer_counts n;
        FB_TRY(fb_layer_counts(c, &n, err));
        fb_layer_counts_json(b, &n);
    }
    FB_TRY(fb_scoring_put_json(c, b, err));
    fb_buf_putc(b, ',');
    FB_TRY(put_all_evidence(c, &info, out, err));
    fb_buf_puts(b, "}\n");
    fb_out_row(out);
    return FB_OK;
}
