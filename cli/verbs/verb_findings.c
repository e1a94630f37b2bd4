#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/message.h"
#include "cli/score_findings.h"
#include "cli/score_opts.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "cli/wrap.h"
#include "model/detect/detect.h"

#include <stdio.h>

struct request {
    bool json, csv;
    int fail_on; /* 0: never */
    uint64_t limit;
    bool anew; /* thresholds were given */
    const char *as_of;
    const char *path;    /* stands in the commands to type next; NULL: CASE */
    struct fb_shed shed; /* what full tables forgot */
};

static void put_hosts(struct fb_buf *b, const struct fb_finding *f, char separator)
{
    for (unsigned i = 0; i < f->nhosts; i++) {
        char a[FB_ADDR_STRLEN];
        fb_addr_format(&f->hosts[i], a);
        if (i)
            fb_buf_putc(b, separator);
        fb_buf_puts(b, a);
    }
    if (f->targets + 1 > f->nhosts)
        fb_buf_printf(b, "%c+%llu", separator, (unsigned long long)(f->targets + 1 - f->nhosts));
}

static void print_text(const struct fb_findings *l, size_t n, const struct request *q, struct fb_out *out)
{
    struct fb_buf t;
    fb_buf_init(&t, 1u << 16);
    for (size_t i = 0; i < n; i++) {
        const struct fb_finding *f = &l->f[i];
        char first[FB_TIME_STRLEN], last[FB_TIME_STRLEN];
        struct fb_buf *b = &out->buf;
        fb_time_format(f->first_ns, first);
        fb_time_format(f->last_ns, last);
        fb_buf_printf(b, "%zu. %s (severity %u, %s; sure: %u %%)  ", i + 1, fb_finding_kind_name(f->kind),
                      f->severity, fb_finding_severity_word(f->severity), f->confidence);
        put_hosts(b, f, ' ');
        if (f->has_port)
            fb_buf_printf(b, "  port %u", f->port);
        fb_buf_puts(b, "\n   ");
        fb_buf_clear(&t);
        fb_escape_term(&t, f->reason, strlen(f->reason));
        fb_put_wrapped(out, t.data, t.len, 3);
        fb_buf_printf(b, "\n   %llu session%s, %s to %s\n   next: ", (unsigned long long)f->sessions,
                      f->sessions == 1 ? "" : "s", first, last);
        fb_buf_clear(&t);
        fb_finding_next(f, q->path, &t);
        fb_cli_put_visible(b, fb_buf_cstr(&t));
        fb_buf_puts(b, "\n");
        if (fb_out_row(out) != FB_OK)
            break;
    }
    fb_buf_release(&t);
    if (n < l->n)
        fb_buf_printf(&out->buf, "... and %zu more\n", l->n - n);
    if (l->n == 0)
        fb_buf_puts(&out->buf, "no findings\n");
    size_t at = out->buf.len;
    fb_shed_put(&out->buf, &q->shed);
    if (out->buf.len > at)
        fb_buf_putc(&out->buf, '\n');
}

/* Beside a form that has no place for it. */
static void tell_shed(const struct fb_shed *s)
{
    struct fb_buf b;
    fb_buf_init(&b, 4096);
    fb_shed_put(&b, s);
    if (b.len)
        fb_cli_say("%s", fb_buf_cstr(&b));
    fb_buf_release(&b);
}

static void print_json(const struct fb_findings *l, size_t n, const struct request *q, struct fb_out *out)
{
    for (size_t i = 0; i < n; i++) {
        fb_finding_json(&l->f[i], i + 1, q->path, &out->buf);
        fb_buf_putc(&out->buf, '\n');
        if (fb_out_row(out) != FB_OK)
            return;
    }
}

static void csv_text(struct fb_buf *b, const char *text)
{
    fb_buf_putc(b, ',');
    fb_escape_csv(b, text, strlen(text), true);
}

static void print_csv(const struct fb_findings *l, size_t n, const struct request *q, struct fb_out *out)
{
    struct fb_buf t;
    fb_buf_init(&t, 1u << 16);
    fb_buf_puts(&out->buf,
                "rank,severity,confidence,kind,hosts,targets,port,service,subject,sessions,first,last,"
                "reason,next\r\n");
    for (size_t i = 0; i < n; i++) {
        const struct fb_finding *f = &l->f[i];
        struct fb_buf *b = &out->buf;
        char at[FB_TIME_STRLEN];
        fb_buf_printf(b, "%zu,%u,%u,%s", i + 1, f->severity, f->confidence, fb_finding_kind_name(f->kind));
        fb_buf_clear(&t);
        put_hosts(&t, f, ' ');
        csv_text(b, fb_buf_cstr(&t));
        fb_buf_printf(b, ",%llu,", (unsigned long long)f->targets);
        if (f->has_port)
            fb_buf_printf(b, "%u", f->port);
        csv_text(b, f->service);
        csv_text(b, f->subject);
        fb_buf_printf(b, ",%llu", (unsigned long long)f->sessions);
        fb_time_format(f->first_ns, at);
        csv_text(b, at);
        fb_time_format(f->last_ns, at);
        csv_text(b, at);
        csv_text(b, f->reason);
        fb_buf_clear(&t);
        fb_finding_next(f, q->path, &t);
        csv_text(b, fb_buf_cstr(&t));
        fb_buf_puts(b, "\r\n");
        if (fb_out_row(out) != FB_OK)
            break;
    }
    fb_buf_release(&t);
}

static int print(struct fb_case *c, const struct fb_findings *l, const struct request *q, struct fb_err *err)
{
    struct fb_out out;
    enum fb_status st = fb_out_open(&out, NULL, err);
    if (st != FB_OK)
        return fb_cli_fail(err);
    size_t n = q->limit && q->limit < l->n ? (size_t)q->limit : l->n;
    (q->json ? print_json : q->csv ? print_csv : print_text)(l, n, q, &out);
    if (q->json || q->csv)
        tell_shed(&q->shed);
    if (fb_out_close(&out, err) != FB_OK)
        return fb_cli_fail(err);
    return fb_fail_on_findings(c, q->fail_on, l, err);
}

/* Those of the newest layer. */
static enum fb_status kept(struct fb_case *c, struct fb_findings *l, struct fb_shed *shed, struct fb_err *err)
{
    struct fb_scoring s;
    FB_TRY(fb_scoring_read(c, &s, err));
    *shed = s.shed;
    fb_scoring_release(&s);
    return fb_scoring_findings(c, l, err);
}

static int run(struct request *q, const struct fb_detect_opts *o, char **argv, int nargs,
               const struct fb_ingest_opts *in)
{
    struct fb_source src;
    struct fb_err err = {0};
    int code = fb_source_open(&src, "findings", argv, nargs, in);
    if (code >= 0)
        return code;
    struct fb_findings l;
    fb_findings_init(&l, (size_t)o->v[FB_DO_MAX_FINDINGS]);
    enum fb_status st = q->as_of ? fb_layers_as_of(src.c, q->as_of, &err) : FB_OK;
    if (st == FB_OK)
        st = q->anew ? FB_ERR_NOTFOUND : kept(src.c, &l, &q->shed, &err);
    if (st == FB_ERR_NOTFOUND)
        st = fb_findings_anew(src.c, o, &l, &q->shed, &err);
    code = st == FB_OK ? print(src.c, &l, q, &err) : fb_cli_fail(&err);
    fb_findings_release(&l);
    return fb_source_close(&src, code);
}

int fb_verb_findings(int argc, char **argv)
{
    struct request q = {0};
    struct fb_opt_list set = {0};
    struct fb_detect_opts o;
    struct fb_ingest_opts in = FB_INGEST_OPTS_SCORED;
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &q.json, NULL, NULL, "JSON lines, one object a finding"},
        {0, "csv", FB_OPT_FLAG, &q.csv, NULL, NULL, "CSV"},
        {'n', "limit", FB_OPT_COUNT, &q.limit, "N", NULL, "no more than the N worst"},
        FB_DETECT_OPTION(set, "a threshold of a detector (docs/detectors.md); the detectors run anew"),
        FB_FAIL_ON_OPTION(q.fail_on),
        {0, "as-of", FB_OPT_TEXT, &q.as_of, "RUN|TIME", NULL,
         "findings as they stood after that run, or at that time"},
        FB_MODEL_OPTIONS(in),
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {
        "findings", "CASE|CAPTURE... [options]",
        "What a person should look at, worst first: scans, brute force, beacons, exfiltration, tunnels, "
        "mining and\n"
        "the like, and what the forest finds unlike the rest, each with who, what, when, how sure, why, the "
        "evidence and the next command to type.",
        "  fbforensics findings office.fbcase\n"
        "  fbforensics findings capture.pcap --json | jq -r '.severity, .reason'\n"
        "  fbforensics findings office.fbcase --set beacon_beats=20 --fail-on high\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code < 0 && q.json && q.csv)
        code = fb_cli_usage(help.verb, "--json and --csv exclude each other");
    if (code < 0)
        code = fb_detect_opts_take(help.verb, &set, &o);
    q.anew = set.n > 0;
    q.path = nargs == 1 ? argv[0] : NULL;
    if (code < 0)
        code = run(&q, &o, argv, nargs, &in);
    fb_opt_list_release(&set);
    return code;
}
