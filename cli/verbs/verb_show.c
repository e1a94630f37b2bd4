#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/frames.h"
#include "cli/intel_find.h"
#include "cli/message.h"
#include "cli/pick.h"
#include "cli/seen.h"
#include "cli/show_intel.h"
#include "cli/show_reasons.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"

#define RUNS_SHOWN 40

/* What is shown, gathered before anything is printed: a record's strings live only until the next call on the
 * case. */
struct shown {
    struct fb_case *c;
    struct fb_parents *parents;
    struct fb_session_layers *layers;
    struct fb_frames frames;
    struct fb_intel *intel; /* NULL: packs are turned off */
    uint64_t number;
    const char *source; /* as given, for the command that is suggested */
};

static void put_head(struct fb_buf *b, const struct fb_session *s)
{
    char orig[FB_ADDR_STRLEN], resp[FB_ADDR_STRLEN];
    fb_addr_format(&s->orig_h, orig);
    fb_addr_format(&s->resp_h, resp);
    bool v4 = fb_addr_is_v4(&s->orig_h);
    fb_buf_printf(b, v4 ? "session %llu  %s %s:%u > %s:%u\n\n" : "session %llu  %s [%s]:%u > [%s]:%u\n\n",
                  (unsigned long long)s->number, fb_session_proto_name(s->proto), orig, s->orig_p, resp,
                  s->resp_p);
}

static void put_line(struct fb_buf *b, const struct fb_field *f, const struct fb_row *row)
{
    struct fb_value v;
    fb_field_value(f, row, &v);
    if (v.kind == FB_VAL_UNSET)
        return;
    struct fb_buf raw;
    fb_buf_init(&raw, (size_t)64 << 20);
    fb_value_put(&raw, &v, row);
    fb_buf_puts(b, fb_field_name(f));
    for (size_t i = strlen(fb_field_name(f)); i < 24; i++)
        fb_buf_putc(b, ' ');
    fb_escape_term(b, raw.data, raw.len);
    if (v.kind == FB_VAL_DURATION) {
        fb_buf_puts(b, " s (");
        fb_value_put_human(b, &v, row);
        fb_buf_putc(b, ')');
    }
    fb_buf_putc(b, '\n');
    fb_buf_release(&raw);
}

static enum fb_status put_frames(struct shown *w, struct fb_buf *b, bool json, struct fb_err *err)
{
    struct fb_case_info info;
    FB_TRY(fb_case_info(w->c, &info, err));
    bool any = false;
    for (uint32_t i = 0; i < info.nevidence; i++) {
        struct fb_buf runs;
        fb_buf_init(&runs, (size_t)1 << 30);
        uint64_t n = fb_frames_put_runs(&runs, &w->frames, i, json ? SIZE_MAX - 1 : RUNS_SHOWN);
        struct fb_evidence e = {0};
        enum fb_status st = n ? fb_case_evidence(w->c, i, &e, err) : FB_OK;
        if (n && st == FB_OK && json) {
            fb_buf_puts(b, any ? ",{\"file\":" : "{\"file\":");
            fb_escape_json(b, e.path, strlen(e.path));
            fb_buf_printf(b, ",\"packets\":%llu,\"frames\":\"", (unsigned long long)n);
            fb_buf_put(b, runs.data, runs.len);
            fb_buf_puts(b, "\"}");
        } else if (n && st == FB_OK) {
            fb_buf_puts(b, "frames                  ");
            fb_escape_term(b, e.path, strlen(e.path));
            fb_buf_printf(b, ": %llu packets: ", (unsigned long long)n);
            fb_buf_put(b, runs.data, runs.len);
            fb_buf_putc(b, '\n');
        }
        any = any || n;
        fb_evidence_release(&e);
        fb_buf_release(&runs);
        if (st != FB_OK)
            return st;
    }
    return FB_OK;
}

static enum fb_status print_text(struct shown *w, struct fb_out *out, struct fb_err *err)
{
    struct fb_session s;
    FB_TRY(fb_case_session(w->c, w->number, &s, err));
    struct fb_row row = {&s, w->parents, w->layers, NULL};
    struct fb_buf *b = &out->buf;
    put_head(b, &s);
    for (size_t i = 0; i < fb_field_count(); i++)
        put_line(b, fb_field_at(i), &row);
    struct fb_buf filter;
    fb_buf_init(&filter, 4096);
    fb_session_put_display_filter(&filter, &s);
    fb_show_intel_text(b, w->intel, &s);
    enum fb_status st = fb_show_resolved_text(b, w->c, &s, err);
    if (st == FB_OK)
        st = fb_show_reasons_text(b, w->c, w->number, err);
    if (st == FB_OK)
        st = fb_seen_put_text(w->c, w->number, b, err);
    fb_buf_puts(b, "\n");
    if (st == FB_OK)
        st = put_frames(w, b, false, err);
    fb_buf_printf(b, "display filter          %s\n", fb_buf_cstr(&filter));
    fb_buf_puts(b, "cut out with            fbforensics packets ");
    fb_escape_term(b, w->source, strlen(w->source));
    fb_buf_printf(b, " %llu -o session-%llu.pcapng\n", (unsigned long long)w->number,
                  (unsigned long long)w->number);
    fb_buf_release(&filter);
    return st;
}

static enum fb_status print_json(struct shown *w, struct fb_out *out, struct fb_err *err)
{
    struct fb_session s;
    FB_TRY(fb_case_session(w->c, w->number, &s, err));
    struct fb_row row = {&s, w->parents, w->layers, NULL};
    struct fb_buf *b = &out->buf;
    fb_buf_putc(b, '{');
    for (size_t i = 0; i < fb_field_count(); i++) {
        struct fb_value v;
        fb_field_value(fb_field_at(i), &row, &v);
        fb_buf_printf(b, "\"%s\":", fb_field_name(fb_field_at(i)));
        fb_value_put_json(b, &v, &row);
        fb_buf_putc(b, ',');
    }
    fb_buf_puts(b, "\"intel\":");
    fb_show_intel_json(b, w->intel, &s);
    fb_buf_puts(b, ",\"resolved\":");
    FB_TRY(fb_show_resolved_json(b, w->c, &s, err));
    FB_TRY(fb_show_reasons_json(b, w->c, w->number, err));
    fb_buf_puts(b, ",\"display_filter\":\"");
    fb_session_put_display_filter(b, &s);
    fb_buf_puts(b, "\",\"seen\":");
    FB_TRY(fb_seen_put_json(w->c, w->number, b, err));
    fb_buf_puts(b, ",\"frames\":[");
    FB_TRY(put_frames(w, b, true, err));
    fb_buf_puts(b, "]}\n");
    return FB_OK;
}

static enum fb_status show(struct shown *w, char *word, bool json, struct fb_out *out, struct fb_err *err)
{
    struct fb_pick pick;
    FB_TRY(fb_pick_resolve(w->c, &word, 1, &pick, err));
    enum fb_status st = FB_OK;
    if (pick.n > 1)
        st = fb_err_set(err, FB_ERR_USAGE, "show: %s is more than one session", word);
    if (st == FB_OK) {
        w->number = pick.number[0];
        st = fb_parents_collect(w->c, NULL, &w->parents, err);
    }
    if (st == FB_OK)
        st = fb_session_layers_open(w->c, &w->layers, err);
    if (st == FB_OK)
        st = fb_frames_collect(w->c, pick.number, 1, &w->frames, err);
    if (st == FB_OK)
        st = json ? print_json(w, out, err) : print_text(w, out, err);
    if (st == FB_OK)
        st = fb_session_layers_failed(w->layers, err);
    fb_out_row(out);
    fb_pick_release(&pick);
    fb_frames_release(&w->frames);
    fb_parents_free(w->parents);
    fb_session_layers_close(w->layers);
    return st;
}

int fb_verb_show(int argc, char **argv)
{
    bool json = false;
    const char *as_of = NULL, *pack = NULL;
    struct fb_ingest_opts in = FB_INGEST_OPTS_SCORED;
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "one JSON object"},
        {0, "as-of", FB_OPT_TEXT, &as_of, "RUN|TIME", NULL,
         "tags as they stood after that run, or at that time"},
        FB_OPT_INTEL(pack),
        FB_MODEL_OPTIONS(in),
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {"show", "CASE|CAPTURE... NUMBER|UID",
                                            "Prints all that is known about one session, the frames of the "
                                            "evidence that it consists of, and a display\n"
                                            "filter for Wireshark.",
                                            "  fbforensics show office.fbcase 12\n"
                                            "  fbforensics show office.fbcase CHhAvVGS1DHFjwGM9 --json\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs < 2 || !fb_pick_is(argv[nargs - 1]))
        return fb_cli_usage(help.verb,
                            "a case or a capture is needed, and then the number or uid of a session");
    struct fb_source src;
    code = fb_source_open(&src, help.verb, argv, nargs - 1, &in);
    if (code >= 0)
        return code;
    struct fb_err err = {0};
    struct fb_out out;
    if (as_of && fb_layers_as_of(src.c, as_of, &err) != FB_OK)
        return fb_source_close(&src, fb_cli_fail(&err));
    struct shown w = {.c = src.c, .source = argv[0]};
    char path[PATH_MAX];
    if (fb_intel_find_open(pack, path, &w.intel, &err) != FB_OK)
        return fb_source_close(&src, fb_cli_fail(&err));
    fb_out_open(&out, NULL, &err);
    enum fb_status st = show(&w, argv[nargs - 1], json, &out, &err);
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
    fb_intel_close(w.intel);
    return fb_source_close(&src, st != FB_OK || closed != FB_OK ? fb_cli_fail(&err) : FB_EXIT_OK);
}
