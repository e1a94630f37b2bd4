#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/case_layers.h"
#include "cli/message.h"
#include "cli/name_list.h"
#include "cli/name_run.h"
#include "cli/resolve_run.h"
#include "cli/rows.h"
#include "cli/source.h"
#include "cli/table.h"
#include "cli/verbs/verbs.h"

enum column { NAME, ADDRESS, SOURCE, FIRST, LAST, SAID, SESSIONS, CLIENTS, NCOLS };

static const char *const HEADING[NCOLS] = {"name", "address", "source",   "first",
                                           "last", "said",    "sessions", "clients"};

static void put_cell(struct fb_buf *b, const struct fb_listed_name *n, enum column col)
{
    char t[FB_TIME_STRLEN], a[FB_ADDR_STRLEN];
    switch (col) {
    case NAME:
        fb_buf_put(b, n->name.p, n->name.n);
        break;
    case ADDRESS:
        fb_buf_put(b, a, fb_addr_format(&n->addr, a));
        break;
    case SOURCE:
        fb_buf_puts(b, n->source);
        break;
    case FIRST:
    case LAST:
        fb_buf_put(b, t, fb_time_format(col == FIRST ? n->first_ns : n->last_ns, t));
        break;
    default:
        fb_buf_put_u64dec(b, col == SAID ? n->said : col == SESSIONS ? n->sessions : n->clients);
    }
}

static enum fb_status put_row(const struct fb_listed_name *n, enum fb_row_format format, struct fb_table *t,
                              struct fb_out *out, struct fb_buf *text)
{
    for (enum column col = 0; col < NCOLS; col++) {
        fb_buf_clear(text);
        put_cell(text, n, col);
        if (t) {
            fb_table_cell(t, text->data, text->len);
        } else if (format == FB_ROWS_JSON) {
            fb_buf_printf(&out->buf, "%s\"%s\":", col ? "," : "{", HEADING[col]);
            if (col >= SAID)
                fb_buf_put(&out->buf, text->data, text->len);
            else
                fb_escape_json(&out->buf, text->data, text->len);
        } else {
            fb_buf_puts(&out->buf, col ? "," : "");
            fb_escape_csv(&out->buf, text->data, text->len, col < SAID && col != FIRST && col != LAST);
        }
    }
    if (t)
        return fb_table_end_row(t);
    fb_buf_puts(&out->buf, format == FB_ROWS_JSON ? "}\n" : "\r\n");
    return fb_out_row(out);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* ASCII case does not count. */
static bool matches(struct fb_span hay, const char *needle)
{
    size_t n = needle ? strlen(needle) : 0;
    for (size_t i = 0; i + n <= hay.n; i++) {
        size_t k = 0;
        while (k < n && lower(hay.p[i + k]) == lower((uint8_t)needle[k]))
            k++;
        if (k == n)
            return true;
    }
    return n == 0;
}

struct wanted {
    const char *name, *source;
    struct fb_addr addr;
    bool has_addr;
    uint64_t limit;
};

static enum fb_status print(struct fb_case *c, const struct wanted *w, enum fb_row_format format,
                            struct fb_out *out, struct fb_err *err)
{
    static const bool right[NCOLS] = {[SAID] = true, [SESSIONS] = true, [CLIENTS] = true};
    struct fb_name_list *l;
    struct fb_table *t = NULL;
    struct fb_listed_name n;
    struct fb_buf text;
    FB_TRY(fb_name_list_new(c, &l, err));
    fb_buf_init(&text, 65536);
    enum fb_status st = FB_OK;
    if (format == FB_ROWS_TABLE)
        st = fb_table_new(out, HEADING, right, NCOLS, &t, err);
    if (t)
        fb_table_spare(t, "first,last,said,clients");
    if (format == FB_ROWS_CSV)
        fb_buf_puts(&out->buf, "name,address,source,first,last,said,sessions,clients\r\n");
    uint64_t shown = 0;
    for (size_t i = 0; st == FB_OK && (!w->limit || shown < w->limit) && fb_name_list_at(l, i, &n); i++) {
        if (!matches(n.name, w->name) || (w->source && strcmp(w->source, n.source) != 0) ||
            (w->has_addr && !fb_addr_eq(&w->addr, &n.addr)))
            continue;
        st = put_row(&n, format, t, out, &text);
        shown++;
    }
    if (t) {
        enum fb_status last = fb_table_finish(t);
        st = st == FB_OK ? last : st;
    }
    fb_buf_release(&text);
    fb_name_list_free(l);
    return st == FB_EOF ? FB_OK : st;
}

/* Sessions of a case get their names anew, as a layer. */
static enum fb_status name_again(struct fb_case *c, const struct fb_ingest_opts *in, struct fb_err *err)
{
    int64_t grace_ns;
    FB_TRY(fb_case_layers_grace(in, &grace_ns, err));
    return fb_names_run(c, grace_ns, NULL, err);
}

int fb_verb_names(int argc, char **argv)
{
    bool json = false, csv = false;
    const char *addr = NULL;
    struct wanted w = {0};
    struct fb_resolve_args resolve = FB_RESOLVE_ARGS_DEFAULT;
    struct fb_ingest_opts in = FB_INGEST_OPTS_DEFAULT;
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "JSON lines"},
        {0, "csv", FB_OPT_FLAG, &csv, NULL, NULL, "CSV"},
        {0, "name", FB_OPT_TEXT, &w.name, "TEXT", NULL, "names that contain TEXT"},
        {0, "address", FB_OPT_TEXT, &addr, "ADDR", NULL, "names of this address"},
        {0, "source", FB_OPT_TEXT, &w.source, "WORD", NULL,
         "dns, mdns, llmnr, nbns, ptr, dhcp, tls_sni, quic_sni, http_host or resolved"},
        {'n', "limit", FB_OPT_COUNT, &w.limit, "N", NULL, "no more than N names"},
        FB_NAME_GRACE_OPTION(in),
        FB_RESOLVE_OPTIONS(resolve),
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {
        "names", "CASE|CAPTURE... [options]",
        "Prints every name that the traffic gave to an address: who said "
        "so, when first and last, how often, how\n"
        "many sessions bear the name at one of their ends, and how many "
        "clients were told it or used it. No query\n"
        "is sent, but with --resolve: then the names that a resolver "
        "gives are kept in the case, with server and\n"
        "time, and listed with the source \"resolved\". With --name-grace the sessions of a "
        "case get their names anew, as a layer.",
        "  fbforensics names office.fbcase\n"
        "  fbforensics names office.fbcase --address 192.0.2.7\n"
        "  fbforensics names capture.pcap --source tls_sni --csv\n"
        "  fbforensics names office.fbcase --resolve --resolver "
        "192.0.2.53\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (json && csv)
        return fb_cli_usage(help.verb, "--json and --csv exclude each other");
    if (addr && !(w.has_addr = fb_addr_parse(addr, &w.addr)))
        return fb_cli_usage(help.verb, "%s: not an IP address", addr);
    code = fb_resolve_args_check(help.verb, &resolve);
    if (code >= 0)
        return code;
    struct fb_source src;
    code = fb_source_open(&src, help.verb, argv, nargs, &in);
    if (code >= 0)
        return code;
    struct fb_err err = {0};
    struct fb_out out;
    enum fb_status st = FB_OK;
    if (in.name_grace && src.is_case)
        st = name_again(src.c, &in, &err);
    if (st == FB_OK && resolve.on)
        st = fb_resolve_case(src.c, &resolve, w.has_addr ? &w.addr : NULL, in.quiet, &err);
    if (st == FB_OK)
        st = fb_out_open(&out, NULL, &err);
    if (st != FB_OK)
        return fb_source_close(&src, fb_cli_fail(&err));
    st = print(src.c, &w, json ? FB_ROWS_JSON : csv ? FB_ROWS_CSV : FB_ROWS_TABLE, &out, &err);
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
    return fb_source_close(&src, st != FB_OK || closed != FB_OK ? fb_cli_fail(&err) : FB_EXIT_OK);
}
