/* Scores and findings in summaries. */
#include "base/escape.h"
#include "cli/message.h"
#include "cli/scoring.h"
#include "cli/wrap.h"

#define DRIFT_SHOWN 4
#define KEY_WIDTH   16

static void put_key(struct fb_buf *b, const char *key)
{
    fb_buf_printf(b, "%-*s", KEY_WIDTH, key);
}

static void put_counts(struct fb_buf *b, const struct fb_scoring *s)
{
    put_key(b, "anomaly");
    fb_buf_printf(
        b, "%llu abnormal, %llu suspicious, %llu normal\n", (unsigned long long)s->level[FB_LEVEL_ABNORMAL],
        (unsigned long long)s->level[FB_LEVEL_SUSPICIOUS], (unsigned long long)s->level[FB_LEVEL_NORMAL]);
}

static void put_drift(struct fb_buf *b, const struct fb_scoring *s)
{
    if (!s->moved)
        return;
    put_key(b, "drift");
    fb_buf_printf(b,
                  "warning: these sessions are unlike those the model was trained on (%u of %u features); "
                  "scores mean less\n",
                  s->moved, FB_NFEATURES);
    const uint8_t *line = s->drift.data, *end = line + s->drift.len;
    for (unsigned i = 0; i < DRIFT_SHOWN && line < end; i++) {
        const uint8_t *stop = memchr(line, '\n', (size_t)(end - line));
        size_t n = stop ? (size_t)(stop - line) : (size_t)(end - line);
        fb_buf_puts(b, "                ");
        fb_escape_term(b, line, n);
        fb_buf_putc(b, '\n');
        line += n + 1;
    }
}

void fb_shed_put(struct fb_buf *b, const struct fb_shed *s)
{
    const struct {
        uint64_t n;
        const char *what;
    } part[] = {{s->pairs, "pairs"},
                {s->targets, "targets"},
                {s->names, "names"},
                {s->groups, "groups of anomalies"},
                {s->findings, "findings"}};
    const char *before = "tables were full, and findings may be missing: ", *after = "";
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (part[i].n) {
            fb_buf_printf(b, "%s%llu %s", before, (unsigned long long)part[i].n, part[i].what);
            before = ", ";
            after = " forgotten (max_pairs and others in docs/detectors.md)";
        }
    fb_buf_puts(b, after);
}

static void put_shed(struct fb_buf *b, const struct fb_shed *s)
{
    size_t from = b->len;
    put_key(b, "detectors");
    size_t with = b->len;
    fb_shed_put(b, s);
    if (b->len == with)
        b->len = from;
    else
        fb_buf_putc(b, '\n');
}

static void put_finding(struct fb_out *out, struct fb_buf *text, const struct fb_finding *f, size_t rank)
{
    char a[FB_ADDR_STRLEN];
    struct fb_buf *b = text;
    fb_buf_clear(b);
    fb_buf_printf(b, "%zu. %s (%s)", rank, fb_finding_kind_name(f->kind),
                  fb_finding_severity_word(f->severity));
    for (unsigned i = 0; i < f->nhosts && i < 2; i++) {
        fb_addr_format(&f->hosts[i], a);
        fb_buf_printf(b, " %s", a);
    }
    fb_buf_puts(b, ": ");
    fb_escape_term(b, f->reason, strlen(f->reason));
    fb_buf_printf(&out->buf, "%-*s", KEY_WIDTH, rank == 1 ? "findings" : "");
    fb_put_wrapped(out, b->data, b->len, KEY_WIDTH);
    fb_buf_putc(&out->buf, '\n');
}

static enum fb_status put_findings(struct fb_case *c, struct fb_out *out, const char *case_path,
                                   struct fb_err *err)
{
    struct fb_findings l;
    struct fb_buf *b = &out->buf, text;
    fb_buf_init(&text, 1u << 16);
    fb_findings_init(&l, SIZE_MAX);
    enum fb_status st = fb_scoring_findings(c, &l, err);
    for (size_t i = 0; st == FB_OK && i < l.n && i < FB_SCORING_SHOWN; i++)
        put_finding(out, &text, &l.f[i], i + 1);
    if (st == FB_OK && l.n == 0)
        fb_buf_printf(b, "%-16snone\n", "findings");
    if (st == FB_OK && l.n > FB_SCORING_SHOWN) {
        fb_buf_printf(b, "                and %zu more: fbforensics findings ", l.n - FB_SCORING_SHOWN);
        fb_escape_term(b, case_path ? case_path : "CASE", strlen(case_path ? case_path : "CASE"));
        fb_buf_putc(b, '\n');
    }
    fb_findings_release(&l);
    fb_buf_release(&text);
    return st;
}

enum fb_status fb_scoring_put_text(struct fb_case *c, struct fb_out *out, const char *case_path,
                                   struct fb_err *err)
{
    struct fb_buf *b = &out->buf;
    struct fb_scoring s;
    enum fb_status st = fb_scoring_read(c, &s, err);
    if (st == FB_ERR_NOTFOUND)
        return FB_OK;
    FB_TRY(st);
    put_key(b, "model");
    if (s.scored) {
        fb_escape_term(b, s.model, strlen(s.model));
        fb_buf_printf(b, s.from_file ? " (given)\n" : " (trained on %llu sessions of this case)\n",
                      (unsigned long long)s.train_rows);
        put_counts(b, &s);
        put_drift(b, &s);
    } else {
        const char *why = fb_scoring_why(&s);
        fb_buf_puts(b, "none, so no scores: ");
        fb_escape_term(b, why, strlen(why));
        fb_buf_putc(b, '\n');
    }
    put_shed(b, &s.shed);
    fb_scoring_release(&s);
    return put_findings(c, out, case_path, err);
}

static void put_string(struct fb_buf *b, const char *key, const char *s)
{
    fb_buf_printf(b, "\"%s\":", key);
    if (*s)
        fb_escape_json(b, s, strlen(s));
    else
        fb_buf_puts(b, "null");
    fb_buf_putc(b, ',');
}

static void put_numbers(struct fb_buf *b, const struct fb_scoring *s)
{
    const struct {
        const char *key;
        uint64_t v;
    } n[] = {
        {"run", (uint64_t)s->run_id},
        {"train_sessions", s->train_sessions},
        {"left_out", s->left_out},
        {"train_rows", s->train_rows},
        {"distinct_rows", s->distinct},
        {"scored_sessions", s->sessions},
        {"normal", s->level[FB_LEVEL_NORMAL]},
        {"suspicious", s->level[FB_LEVEL_SUSPICIOUS]},
        {"abnormal", s->level[FB_LEVEL_ABNORMAL]},
        {"findings", s->findings},
        {"shed_pairs", s->shed.pairs},
        {"shed_targets", s->shed.targets},
        {"shed_names", s->shed.names},
        {"shed_groups", s->shed.groups},
        {"shed_findings", s->shed.findings},
    };
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        fb_buf_printf(b, "\"%s\":%llu,", n[i].key, (unsigned long long)n[i].v);
}

enum fb_status fb_scoring_put_json(struct fb_case *c, struct fb_buf *b, struct fb_err *err)
{
    struct fb_scoring s;
    enum fb_status st = fb_scoring_read(c, &s, err);
    fb_buf_puts(b, "\"scoring\":");
    if (st == FB_ERR_NOTFOUND) {
        fb_buf_puts(b, "null");
        return FB_OK;
    }
    FB_TRY(st);
    fb_buf_putc(b, '{');
    put_string(b, "model_digest", s.model);
    put_string(b, "source", s.from_file ? "file" : "case");
    put_string(b, "why", s.why);
    put_numbers(b, &s);
    fb_buf_puts(b, "\"drift\":");
    if (!s.has_drift) {
        fb_buf_puts(b, "null}");
    } else {
        fb_buf_putc(b, '[');
        for (size_t at = 0; at < s.drift.len;) {
            const uint8_t *line = s.drift.data + at, *end = memchr(line, '\n', s.drift.len - at);
            size_t n = end ? (size_t)(end - line) : s.drift.len - at;
            fb_buf_puts(b, at ? "," : "");
            fb_escape_json(b, line, n);
            at += n + 1;
        }
        fb_buf_puts(b, "]}");
    }
    fb_scoring_release(&s);
    return FB_OK;
}
