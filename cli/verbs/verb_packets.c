#include "base/escape.h"
#include "cli/cut.h"
#include "cli/message.h"
#include "cli/pick.h"
#include "cli/source.h"
#include "cli/table.h"
#include "cli/verbs/verbs.h"

#include <unistd.h>

struct asked {
    bool list, json, csv;
    const char *output;
    enum fb_capture_kind kind;
    struct fb_evidence_find find;
};

static void put_u64(struct fb_table *t, uint64_t v)
{
    struct fb_buf b;
    fb_buf_init(&b, 32);
    fb_buf_put_u64dec(&b, v);
    fb_table_cell(t, b.data, b.len);
    fb_buf_release(&b);
}

/* Evidence records, each read once. */
struct names {
    struct fb_evidence *e;
    size_t n;
};

static enum fb_status load_names(struct fb_case *c, struct names *names, struct fb_err *err)
{
    struct fb_case_info info;
    FB_TRY(fb_case_info(c, &info, err));
    names->e = calloc(info.nevidence ? info.nevidence : 1, sizeof *names->e);
    if (!names->e)
        return fb_err_nomem(err, "evidence");
    for (; names->n < info.nevidence; names->n++)
        FB_TRY(fb_case_evidence(c, names->n, &names->e[names->n], err));
    return FB_OK;
}

static void release_names(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        fb_evidence_release(&names->e[i]);
    free(names->e);
}

static enum fb_status list_table(const struct fb_frames *f, const struct names *names, struct fb_out *out,
                                 struct fb_err *err)
{
    static const char *const heading[] = {"ordinal", "frame", "file"};
    static const bool right[] = {true, true, false};
    struct fb_table *t;
    FB_TRY(fb_table_new(out, heading, right, 3, &t, err));
    for (size_t i = 0; i < f->n; i++) {
        const struct fb_packet_ref *r = &f->ref[i];
        const char *path = r->evidence < names->n ? names->e[r->evidence].path : "";
        put_u64(t, r->ordinal);
        put_u64(t, r->pkt_no);
        fb_table_cell(t, path, strlen(path));
        if (fb_table_end_row(t) != FB_OK)
            break;
    }
    enum fb_status st = fb_table_finish(t);
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status list_lines(const struct fb_frames *f, const struct names *names, bool json,
                                 struct fb_out *out)
{
    struct fb_buf *b = &out->buf;
    if (!json)
        fb_buf_puts(b, "ordinal,frame,file\r\n");
    for (size_t i = 0; i < f->n; i++) {
        const struct fb_packet_ref *r = &f->ref[i];
        const char *path = r->evidence < names->n ? names->e[r->evidence].path : "";
        fb_buf_puts(b, json ? "{\"ordinal\":" : "");
        fb_buf_put_u64dec(b, r->ordinal);
        fb_buf_puts(b, json ? ",\"frame\":" : ",");
        fb_buf_put_u64dec(b, r->pkt_no);
        fb_buf_puts(b, json ? ",\"file\":" : ",");
        if (json)
            fb_escape_json(b, path, strlen(path));
        else
            fb_escape_csv(b, path, strlen(path), true);
        fb_buf_puts(b, json ? "}\n" : "\r\n");
        if (fb_out_row(out) != FB_OK)
            break;
    }
    return FB_OK;
}

static enum fb_status list(struct fb_case *c, const struct fb_frames *f, const struct asked *a,
                           struct fb_err *err)
{
    struct names names = {0};
    struct fb_out out;
    fb_out_open(&out, NULL, err);
    enum fb_status st = load_names(c, &names, err);
    if (st == FB_OK)
        st = a->json || a->csv ? list_lines(f, &names, a->json, &out) : list_table(f, &names, &out, err);
    release_names(&names);
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? err : NULL);
    return st == FB_OK ? closed : st;
}

static enum fb_status run(struct fb_case *c, char **words, int n, const struct asked *a, struct fb_err *err)
{
    struct fb_pick pick;
    struct fb_frames frames = {0};
    FB_TRY(fb_pick_resolve(c, words, n, &pick, err));
    enum fb_status st = fb_frames_collect(c, pick.number, pick.n, &frames, err);
    if (st == FB_OK)
        st = a->list ? list(c, &frames, a, err) : fb_cut(c, &frames, &a->find, a->output, a->kind, err);
    if (st == FB_OK && !a->list && strcmp(a->output, "-") != 0)
        fb_cli_tell("%zu packets of %zu session%s: %s", frames.n, pick.n, pick.n == 1 ? "" : "s", a->output);
    fb_frames_release(&frames);
    fb_pick_release(&pick);
    return st;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* -1, or the code of a usage error. */
static int check(const char *verb, int nargs, int nsources, int format, struct asked *a)
{
    if (nargs == 0 || nsources == nargs)
        return fb_cli_usage(verb,
                            "a case or a capture is needed, and then sessions: numbers, ranges N-M or uids");
    if (a->list)
        return a->output ? fb_cli_usage(verb, "--list prints and --output writes: choose one") : -1;
    if (a->json || a->csv)
        return fb_cli_usage(verb, "--json and --csv are forms of --list");
    if (!a->output || !*a->output)
        return fb_cli_usage(verb, "-o OUT is needed (a new file, or - for standard output), or --list");
    bool standard_out = strcmp(a->output, "-") == 0;
    if (!standard_out && access(a->output, F_OK) == 0)
        return fb_cli_usage(verb, "%s exists; output is not written over an existing file", a->output);
    if (standard_out && isatty(STDOUT_FILENO))
        return fb_cli_usage(verb, "packets are not written to a terminal");
    a->kind =
        format == 0 || (format < 0 && ends_with(a->output, ".pcap")) ? FB_CAPTURE_PCAP : FB_CAPTURE_PCAPNG;
    return -1;
}

int fb_verb_packets(int argc, char **argv)
{
    static const char *const formats[] = {"pcap", "pcapng", NULL};
    int format = -1;
    struct asked a = {0};
    struct fb_opt_list also = {0};
    struct fb_ingest_opts in = FB_INGEST_OPTS_DEFAULT;
    const struct fb_opt opts[] = {
        {'o', "output", FB_OPT_TEXT, &a.output, "OUT", NULL, "a new .pcap or .pcapng file, or - (pcapng)"},
        {'F', "format", FB_OPT_CHOICE, &format, "FORMAT", formats, "pcap or pcapng, whatever OUT is called"},
        {'e', "evidence", FB_OPT_LIST, &also, "PATH", NULL,
         "a file or directory where evidence may lie; repeatable"},
        {0, "trust-evidence", FB_OPT_FLAG, &a.find.trust, NULL, NULL,
         "compare only the size of evidence, not its SHA-256"},
        {'l', "list", FB_OPT_FLAG, &a.list, NULL, NULL, "print file and frame number of each packet instead"},
        {'j', "json", FB_OPT_FLAG, &a.json, NULL, NULL, "the list as JSON lines"},
        {0, "csv", FB_OPT_FLAG, &a.csv, NULL, NULL, "the list as CSV"},
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {
        "packets", "CASE|CAPTURE... NUMBER|N-M|UID... -o OUT",
        "Cuts the packets of sessions out of the original evidence, plain or compressed, in the order of the "
        "timeline. Evidence\n"
        "is looked for where it lay, beside the case, and where --evidence says. A file that is not the same "
        "any more is refused.",
        "  fbforensics packets office.fbcase 12 -o session-12.pcapng\n"
        "  fbforensics packets office.fbcase 3-7 12 -o - | tshark -r -\n"
        "  fbforensics packets office.fbcase 12 --list\n"
        "  fbforensics packets office.fbcase 12 -o x.pcap --evidence /mnt/archive\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    int nsources = code < 0 ? fb_pick_split(argv, nargs) : 0;
    if (code < 0)
        code = check(help.verb, nargs, nsources, format, &a);
    struct fb_source src;
    if (code < 0)
        code = fb_source_open(&src, help.verb, argv, nsources, &in);
    if (code < 0) {
        struct fb_err err = {0};
        a.find.also = &also;
        a.find.case_path = src.is_case ? argv[0] : NULL;
        enum fb_status st = run(src.c, argv + nsources, nargs - nsources, &a, &err);
        code = fb_source_close(&src, st == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err));
    }
    fb_opt_list_release(&also);
    return code;
}
