#include "cli/evidence_plan.h"
#include "cli/info_print.h"

#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/layer_counts.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/scoring.h"
#include "store/rectab.h"

#define DAMAGE_SHOWN   20
#define NOTES_SHOWN    20
#define EVIDENCE_SHOWN 10 /* files, in the short form */

static void put_key(struct fb_buf *b, const char *key)
{
    fb_buf_puts(b, key);
    for (size_t i = strlen(key); i < 16; i++)
        fb_buf_putc(b, ' ');
}

static void put_bytes(struct fb_buf *b, uint64_t bytes)
{
    char t[FB_BYTES_STRLEN];
    fb_buf_put_u64dec(b, bytes);
    fb_buf_puts(b, " bytes");
    if (bytes >= 1000) {
        fb_bytes_format_human(bytes, t);
        fb_buf_printf(b, " (%s)", t);
    }
}

static void put_span(struct fb_buf *b, int64_t first_ns, int64_t last_ns)
{
    char first[FB_TIME_STRLEN], last[FB_TIME_STRLEN], length[FB_TIME_STRLEN];
    int64_t d = 0;
    fb_time_format(first_ns, first);
    fb_time_format(last_ns, last);
    if (__builtin_sub_overflow(last_ns, first_ns, &d))
        d = INT64_MAX;
    fb_time_format_human(d, length);
    fb_buf_printf(b, "%s to %s (%s)\n", first, last, length);
}

static void put_digest(struct fb_buf *b, const char *key, const uint8_t *p, size_t n)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(p, n, hex);
    put_key(b, key);
    fb_buf_puts(b, hex);
    fb_buf_putc(b, '\n');
}

static void put_text(struct fb_buf *b, const char *s)
{
    fb_escape_term(b, s, strlen(s));
}

static void put_interfaces(struct fb_buf *b, const struct fb_evidence *e)
{
    for (size_t i = 0; i < e->nifaces; i++) {
        const struct fb_iface *f = &e->ifaces[i];
        fb_buf_printf(b, "  interface     %u.%u  link type %u, snap length %u, %llu packet%s", f->section,
                      f->id, f->linktype, f->snaplen, (unsigned long long)f->pkts, f->pkts == 1 ? "" : "s");
        if (f->name) {
            fb_buf_puts(b, ", ");
            put_text(b, f->name);
        }
        if (f->has_stats)
            fb_buf_printf(b, ", %llu received, %llu dropped", (unsigned long long)f->if_recv,
                          (unsigned long long)f->if_drop);
        fb_buf_putc(b, '\n');
    }
}

static void put_damage(struct fb_buf *b, const struct fb_evidence *e)
{
    size_t shown = e->ndamage < DAMAGE_SHOWN ? e->ndamage : DAMAGE_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        fb_buf_printf(b, "  damage        byte %llu, after packet %llu: ",
                      (unsigned long long)e->damage[i].byte_off, (unsigned long long)e->damage[i].pkt_no);
        fb_cli_put_visible(b, e->damage[i].what); /* the word of whoever made the case */
        fb_buf_putc(b, '\n');
    }
    if (e->damage_total > shown)
        fb_buf_printf(b, "  damage        and %llu more places\n",
                      (unsigned long long)(e->damage_total - shown));
}

static void put_notes(struct fb_buf *b, const struct fb_evidence *e)
{
    size_t shown = e->nnotes < NOTES_SHOWN ? e->nnotes : NOTES_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        fb_buf_printf(b, "  note          byte %llu: ", (unsigned long long)e->notes[i].byte_off);
        fb_cli_put_visible(b, e->notes[i].kind);
        fb_buf_puts(b, ": ");
        put_text(b, e->notes[i].text ? e->notes[i].text : "");
        fb_buf_putc(b, '\n');
    }
    if (e->notes_total > shown)
        fb_buf_printf(b, "  note          and %llu more\n", (unsigned long long)(e->notes_total - shown));
}

static void put_evidence(struct fb_buf *b, const struct fb_evidence *e, bool full)
{
    put_key(b, "evidence");
    put_text(b, e->path);
    fb_buf_putc(b, '\n');
    fb_buf_printf(b, "  format        %s", fb_evidence_format_name(e->format));
    if (e->compression != FB_COMP_NONE)
        fb_buf_printf(b, ", %s", fb_compression_name(e->compression));
    fb_buf_puts(b, ", ");
    put_bytes(b, e->size_bytes);
    fb_buf_printf(b, ", %llu packet%s\n", (unsigned long long)e->pkts, e->pkts == 1 ? "" : "s");
    put_digest(b, "  sha256", e->sha256, sizeof e->sha256);
    if (e->pkts && full) {
        put_key(b, "  time");
        put_span(b, e->first_ts_ns, e->last_ts_ns);
    }
    if (e->backward_pkts && full)
        fb_buf_printf(b, "  backwards     %llu packets are earlier than the one before them\n",
                      (unsigned long long)e->backward_pkts);
    if (full)
        put_interfaces(b, e);
    put_damage(b, e);
    if (full)
        put_notes(b, e);
}

static enum fb_status put_counters(struct fb_case *c, struct fb_buf *b)
{
    const char *name;
    uint64_t value;
    for (size_t i = 0; fb_case_counter(c, i, &name, &value, NULL) == FB_OK; i++) {
        if (value == 0)
            continue;
        fb_buf_puts(b, "counter         ");
        put_text(b, name);
        fb_buf_puts(b, " ");
        fb_buf_put_u64dec(b, value);
        fb_buf_putc(b, '\n');
    }
    return FB_OK;
}

static void put_incomplete(struct fb_buf *b, const struct fb_case_info *info)
{
    const struct fb_case_good *g = &info->good;
    struct fb_plan plan = {0};
    put_key(b, "incomplete");
    fb_buf_puts(b, "its ingest goes on or was interrupted; to go on: fbforensics ingest --resume CASE\n");
    put_key(b, "good to");
    if (g->sessions == 0) {
        fb_buf_puts(b, "packet 0: nothing is certain to be in it yet\n");
        return;
    }
    fb_buf_printf(b, "packet %llu", (unsigned long long)g->ordinal);
    if (g->pkt_no && fb_plan_read(info->plan_json, &plan, NULL) == FB_OK && g->evidence < plan.n) {
        fb_buf_printf(b, " (frame %llu of ", (unsigned long long)g->pkt_no);
        put_text(b, plan.file[g->evidence].path);
        fb_buf_putc(b, ')');
    }
    fb_plan_release(&plan);
    fb_buf_printf(b, ": the %llu sessions that began by then are in it, whole\n",
                  (unsigned long long)g->sessions);
}

static void put_totals(struct fb_buf *b, const struct fb_case_info *info)
{
    if (!info->complete)
        put_incomplete(b, info);
    put_key(b, "packets");
    fb_buf_put_u64dec(b, info->pkts);
    fb_buf_puts(b, ", ");
    put_bytes(b, info->wire_bytes);
    if (info->cap_bytes != info->wire_bytes) {
        fb_buf_puts(b, " on the wire, of which captured ");
        put_bytes(b, info->cap_bytes);
    }
    fb_buf_putc(b, '\n');
    put_key(b, "sessions");
    fb_buf_put_u64dec(b, info->sessions);
    fb_buf_putc(b, '\n');
    if (info->sessions_removed) {
        char t[FB_TIME_STRLEN];
        put_key(b, "removed");
        fb_time_format(info->removed_before_ns, t);
        fb_buf_printf(b, "%llu sessions that ended before %s\n", (unsigned long long)info->sessions_removed,
                      t);
    }
    if (info->pkts) {
        put_key(b, "time");
        put_span(b, info->first_ts_ns, info->last_ts_ns);
    }
    put_key(b, "damage");
    if (info->damage_total)
        fb_buf_printf(b, "%llu place%s\n", (unsigned long long)info->damage_total,
                      info->damage_total == 1 ? "" : "s");
    else
        fb_buf_puts(b, "none\n");
}

/* Tables of facts and layers; of layers, unless all is asked for, the newest of each name. */
static enum fb_status put_tables(struct fb_case *c, struct fb_buf *b, bool full, struct fb_err *err)
{
    struct fb_rec_info t;
    enum fb_status st;
    for (size_t i = 0; (st = fb_case_record_table(c, i, &t, err)) == FB_OK; i++) {
        if (t.run_id && !full && !t.newest)
            continue;
        put_key(b, "table");
        fb_buf_printf(b, "%s, %llu row%s", t.name, (unsigned long long)t.nrows, t.nrows == 1 ? "" : "s");
        if (t.run_id)
            fb_buf_printf(b, ", layer of run %lld", (long long)t.run_id);
        if (full && t.finished) {
            char hex[FB_DIGEST_HEXLEN];
            fb_hex(t.digest.b, FB_DIGEST_LEN, hex);
            fb_buf_printf(b, ", %s", hex);
        }
        fb_buf_putc(b, '\n');
    }
    return st == FB_EOF ? FB_OK : st;
}

enum fb_status fb_info_print_text(struct fb_case *c, struct fb_out *out, bool full, struct fb_err *err)
{
    struct fb_case_info info;
    FB_TRY(fb_case_info(c, &info, err));
    struct fb_buf *b = &out->buf;
    size_t shown = full || info.nevidence <= EVIDENCE_SHOWN ? (size_t)info.nevidence : EVIDENCE_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        struct fb_evidence e = {0};
        FB_TRY(fb_case_evidence(c, i, &e, err));
        put_evidence(b, &e, full);
        fb_evidence_release(&e);
        if (fb_out_row(out) == FB_EOF)
            return FB_OK;
    }
    if (shown < info.nevidence)
        fb_buf_printf(b, "evidence        and %llu more files\n",
                      (unsigned long long)(info.nevidence - shown));
    put_totals(b, &info);
    if (full)
        FB_TRY(put_counters(c, b));
    put_digest(b, "case digest", info.case_digest.b, FB_DIGEST_LEN);
    put_digest(b, "packet index", info.packet_index_digest.b, FB_DIGEST_LEN);
    put_digest(b, "evidence digest", info.evidence_digest.b, FB_DIGEST_LEN);
    put_digest(b, "records digest", info.records_digest.b, FB_DIGEST_LEN);
    FB_TRY(fb_scoring_put_text(c, out, NULL, err));
    FB_TRY(put_tables(c, b, full, err));
    if (info.complete) {
        struct fb_layer_counts n;
        FB_TRY(fb_layer_counts(c, &n, err));
        fb_layer_counts_text(b, &n);
    }
    if (full) {
        put_key(b, "made by");
        fb_buf_puts(b, "fbforensics ");
        put_text(b, info.tool_version ? info.tool_version : "");
        fb_buf_puts(b, " ");
        put_text(b, info.params_json ? info.params_json : "");
        fb_buf_putc(b, '\n');
    }
    fb_out_row(out);
    return FB_OK;
}
