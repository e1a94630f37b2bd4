#include "cli/message.h"
#include "cli/rec_print.h"
#include "cli/source.h"
#include "cli/table.h"
#include "cli/verbs/verbs.h"
#include "cli/zeek_dns.h"
#include "intel/wire/dns_def.h"

#include <unistd.h>

struct filter {
    const char *query, *type, *answer;
    bool failed, unanswered;
    struct fb_addr client;
    bool has_client;
};

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* ASCII case does not count. */
static bool contains(struct fb_span hay, const char *needle)
{
    size_t n = strlen(needle);
    for (size_t i = 0; i + n <= hay.n; i++) {
        size_t k = 0;
        while (k < n && lower(hay.p[i + k]) == lower((uint8_t)needle[k]))
            k++;
        if (k == n)
            return true;
    }
    return false;
}

static bool list_has(const struct fb_rec_cell *cell, const char *text)
{
    struct fb_cur list = fb_cur_init(cell->s.p, cell->null ? 0 : cell->s.n);
    struct fb_span item;
    while (fb_rec_next_item(&list, &item))
        if (contains(item, text))
            return true;
    return false;
}

static bool keep(void *ctx, const struct fb_rec_row *row)
{
    const struct filter *f = ctx;
    const struct fb_rec_cell *c = row->cells;
    if (f->query && (c[FB_DNS_QUERY_NAME].null || !contains(c[FB_DNS_QUERY_NAME].s, f->query)))
        return false;
    if (f->type && (c[FB_DNS_QTYPE_NAME].null || c[FB_DNS_QTYPE_NAME].s.n != strlen(f->type) ||
                    !contains(c[FB_DNS_QTYPE_NAME].s, f->type)))
        return false;
    if (f->answer && !list_has(&c[FB_DNS_ANSWERS], f->answer) &&
        !list_has(&c[FB_DNS_MORE_ANSWERS], f->answer))
        return false;
    if (f->has_client && !fb_addr_eq(&c[FB_DNS_CLIENT].addr, &f->client))
        return false;
    if (f->unanswered && !c[FB_DNS_RCODE].null)
        return false;
    return !f->failed || (!c[FB_DNS_RCODE].null && c[FB_DNS_RCODE].i != 0);
}

static int print(struct fb_source *src, const struct fb_rec_print *p, bool zeek)
{
    struct fb_err err = {0};
    struct fb_out out;
    enum fb_status st = fb_out_open(&out, NULL, &err);
    if (st != FB_OK)
        return fb_source_close(src, fb_cli_fail(&err));
    st = zeek ? fb_zeek_dns_print(src->c, NULL, &out, &err) : fb_rec_print(src->c, p, &out, &err);
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
    return fb_source_close(src, st != FB_OK || closed != FB_OK ? fb_cli_fail(&err) : FB_EXIT_OK);
}

int fb_verb_dns(int argc, char **argv)
{
    bool json = false, csv = false, zeek = false;
    const char *client = NULL, *columns = NULL;
    struct filter f = {0};
    struct fb_rec_print p = {.def = &fb_dns_def, .keep = keep, .ctx = &f};
    struct fb_ingest_opts in = FB_INGEST_OPTS_DEFAULT;
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "JSON lines, all columns"},
        {0, "csv", FB_OPT_FLAG, &csv, NULL, NULL, "CSV, all columns"},
        {'z', "zeek", FB_OPT_FLAG, &zeek, NULL, NULL, "Zeek's dns.log (TSV), every row"},
        {'c', "columns", FB_OPT_TEXT, &columns, "A,B,C", NULL, "these columns, in this order"},
        {0, "query", FB_OPT_TEXT, &f.query, "TEXT", NULL, "the name that was asked contains TEXT"},
        {0, "type", FB_OPT_TEXT, &f.type, "TYPE", NULL, "queries of this type: A, AAAA, PTR ..."},
        {0, "answer", FB_OPT_TEXT, &f.answer, "TEXT", NULL, "an answer contains TEXT"},
        {0, "client", FB_OPT_TEXT, &client, "ADDR", NULL, "asked by this address"},
        {0, "failed", FB_OPT_FLAG, &f.failed, NULL, NULL, "answered with an error"},
        {0, "unanswered", FB_OPT_FLAG, &f.unanswered, NULL, NULL, "without an answer"},
        {0, "session", FB_OPT_COUNT, &p.session, "N", NULL, "of one session"},
        {'n', "limit", FB_OPT_COUNT, &p.limit, "N", NULL, "no more than N rows"},
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {
        "dns", "CASE|CAPTURE... [options]",
        "Prints DNS transactions: one line for a query with its answer, a query that nobody answered, or an\n"
        "answer without a query; also those of mDNS, LLMNR and the NetBIOS name service.",
        "  fbforensics dns office.fbcase\n"
        "  fbforensics dns office.fbcase --query example.com --type A\n"
        "  fbforensics dns capture.pcap --client 10.0.0.5 --failed --csv\n"
        "  fbforensics dns office.fbcase --zeek > dns.log\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (json + csv + zeek > 1)
        return fb_cli_usage(help.verb, "--json, --csv and --zeek exclude each other");
    if (zeek && (f.query || f.type || f.answer || client || f.failed || f.unanswered || p.session ||
                 p.limit || columns))
        return fb_cli_usage(help.verb, "--zeek prints every row with Zeek's columns: no filters");
    if (client && !(f.has_client = fb_addr_parse(client, &f.client)))
        return fb_cli_usage(help.verb, "%s: not an IP address", client);
    p.format = json ? FB_ROWS_JSON : csv ? FB_ROWS_CSV : FB_ROWS_TABLE;
    p.columns = columns       ? columns
                : json || csv ? NULL
                              : "session,ts,client,server,qtype_name,query,rcode_name,answers";
    p.spare = columns ? NULL : "ts,server,rcode_name,session";
    struct fb_source src;
    code = fb_source_open(&src, help.verb, argv, nargs, &in);
    return code >= 0 ? code : print(&src, &p, zeek);
}
