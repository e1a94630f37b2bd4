#include "base/escape.h"
#include "cli/info_print.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/source.h"
#include "cli/table.h"
#include "cli/verbs/verbs.h"

#define KINDS_MAX   1024 /* distinct pairs of protocol and service that are told apart */
#define KINDS_SHOWN 15
#define SERVICE_MAX 64

/* Sessions of one protocol and service. */
struct kind {
    uint8_t proto;
    char service[SERVICE_MAX];
    uint64_t sessions, pkts, bytes;
};

struct kinds {
    struct kind *item;
    size_t n, last; /* last: where the session before this one was counted */
    uint64_t left_out;
};

static bool same(const struct kind *k, const struct fb_session *s)
{
    return k->proto == s->proto && strncmp(k->service, s->service, SERVICE_MAX - 1) == 0;
}

static enum fb_status count(void *ctx, const struct fb_session *s)
{
    struct kinds *ks = ctx;
    size_t i = ks->last < ks->n && same(&ks->item[ks->last], s) ? ks->last : 0;
    while (i < ks->n && !same(&ks->item[i], s))
        i++;
    if (i == KINDS_MAX) {
        ks->left_out++;
        return FB_OK;
    }
    struct kind *k = &ks->item[i];
    if (i == ks->n) {
        ks->n++;
        k->proto = s->proto;
        snprintf(k->service, sizeof k->service, "%s", s->service);
    }
    k->sessions++;
    k->pkts += s->orig_pkts + s->resp_pkts;
    k->bytes += s->orig_bytes + s->resp_bytes;
    ks->last = i;
    return FB_OK;
}

static int most_first(const void *a, const void *b)
{
    const struct kind *x = a, *y = b;
    if (x->sessions != y->sessions)
        return x->sessions < y->sessions ? 1 : -1;
    if (x->proto != y->proto)
        return x->proto < y->proto ? -1 : 1;
    return strcmp(x->service, y->service);
}

static void cell_u64(struct fb_table *t, uint64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    fb_table_cell(t, text, n > 0 ? (size_t)n : 0);
}

static enum fb_status print_kinds(const struct kinds *ks, struct fb_out *out, struct fb_err *err)
{
    static const char *const heading[] = {"protocol", "service", "sessions", "packets", "payload"};
    static const bool right[] = {false, false, true, true, true};
    struct fb_table *t;
    FB_TRY(fb_table_new(out, heading, right, 5, &t, err));
    for (size_t i = 0; i < ks->n && i < KINDS_SHOWN; i++) {
        const struct kind *k = &ks->item[i];
        char bytes[FB_BYTES_STRLEN];
        const char *proto = fb_session_proto_name(k->proto);
        fb_table_cell(t, proto, strlen(proto));
        fb_table_cell(t, *k->service ? k->service : "-", strlen(*k->service ? k->service : "-"));
        cell_u64(t, k->sessions);
        cell_u64(t, k->pkts);
        fb_table_cell(t, bytes, fb_bytes_format_human(k->bytes, bytes));
        if (fb_table_end_row(t) == FB_EOF)
            break;
    }
    enum fb_status st = fb_table_finish(t);
    if (st == FB_OK && (ks->n > KINDS_SHOWN || ks->left_out))
        fb_buf_puts(&out->buf, "...\n");
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status print_summary(struct fb_case *c, struct fb_out *out, struct fb_err *err)
{
    FB_TRY(fb_info_print_text(c, out, false, err));
    struct kinds ks = {.item = calloc(KINDS_MAX, sizeof *ks.item)};
    if (!ks.item)
        return fb_err_nomem(err, "the summary");
    enum fb_status st = fb_case_each_session(c, count, &ks, err);
    if (st == FB_OK && ks.n) {
        qsort(ks.item, ks.n, sizeof *ks.item, most_first);
        fb_buf_putc(&out->buf, '\n');
        st = print_kinds(&ks, out, err);
    }
    free(ks.item);
    return st;
}

int fb_verb_summary(int argc, char **argv)
{
    struct fb_ingest_opts in = FB_INGEST_OPTS_SCORED;
    const struct fb_opt opts[] = {FB_MODEL_OPTIONS(in), FB_SOURCE_OPTIONS(in), {0}};
    static const struct fb_cli_help help = {
        NULL, "FILE...",
        "Reads captures into memory, or opens a case, and prints a summary. Nothing is written.",
        "  fbforensics office.pcapng\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    struct fb_source src;
    code = fb_source_open(&src, NULL, argv, nargs, &in);
    if (code >= 0)
        return code;
    struct fb_err err = {0};
    struct fb_out out;
    fb_out_open(&out, NULL, &err);
    enum fb_status st = print_summary(src.c, &out, &err);
    if (st == FB_OK && out.terminal && !src.is_case)
        fb_buf_puts(&out.buf, "\nto keep it: fbforensics ingest FILE... -o NAME.fbcase\n");
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
    return fb_source_close(&src, st != FB_OK || closed != FB_OK ? fb_cli_fail(&err) : FB_EXIT_OK);
}
