#include "cli/message.h"
#include "cli/rows.h"
#include "cli/source.h"
#include "cli/table.h"
#include "cli/verbs/verbs.h"

#include <unistd.h>

static const char DEFAULT_COLUMNS[] =
    "number,ts,proto,id.orig_h,id.orig_p,id.resp_h,id.resp_p,service,duration,bytes,packets,conn_state";

/* With what layers say: where there is room, or nobody counts columns. */
static const char WIDE_COLUMNS[] =
    "number,ts,proto,id.orig_h,id.orig_p,id.resp_h,id.resp_p,resp_domain,service,duration,bytes,packets,"
    "conn_state,anomaly,tags";
#define WIDEST_TERMINAL 190

/* For terminals on which the columns above would have to be cut. */
static const char NARROW_COLUMNS[] = "number,ts,id.orig_h,id.resp_h,id.resp_p,service,bytes";
#define WIDE_TERMINAL 132

static const char *columns_for_output(void)
{
    if (!isatty(STDOUT_FILENO))
        return WIDE_COLUMNS;
    unsigned width = (unsigned)fb_table_terminal_width();
    return width < WIDE_TERMINAL ? NARROW_COLUMNS : width < WIDEST_TERMINAL ? DEFAULT_COLUMNS : WIDE_COLUMNS;
}

struct request {
    bool json, csv, zeek;
    const char *sort, *columns, *as_of;
    struct fb_rows_opts rows;
    struct fb_ingest_opts in;
    struct fb_ingest_lists lists;
};

/* Form, columns and order: -1, or the exit code after a message. */
static int choose(struct request *q, const char *verb)
{
    struct fb_rows_opts *ro = &q->rows;
    if (q->json + q->csv + q->zeek > 1)
        return fb_cli_usage(verb, "--json, --csv and --zeek exclude each other");
    ro->format = q->json ? FB_ROWS_JSON : q->csv ? FB_ROWS_CSV : q->zeek ? FB_ROWS_ZEEK_TSV : FB_ROWS_TABLE;
    if (q->columns && q->zeek)
        return fb_cli_usage(verb, "--zeek has Zeek's columns: leave --columns away");
    if (!q->columns)
        q->columns = q->json || q->csv ? "all" : columns_for_output();
    if (strcmp(q->columns, "all") == 0)
        fb_columns_all(&ro->columns);
    else if (!fb_columns_parse(verb, q->columns, &ro->columns))
        return FB_EXIT_USAGE;
    return q->sort && !fb_rows_parse_sort(verb, q->sort, ro) ? FB_EXIT_USAGE : -1;
}

static int print(char **argv, int nargs, struct request *q, const char *verb)
{
    struct fb_source src;
    struct fb_err err = {0};
    q->in.lists = &q->lists;
    int code = fb_source_open(&src, verb, argv, nargs, &q->in);
    if (code < 0 && q->as_of && fb_layers_as_of(src.c, q->as_of, &err) != FB_OK)
        code = fb_source_close(&src, fb_cli_fail(&err));
    return code >= 0 ? code : fb_source_print_rows(&src, &q->rows, NULL);
}

int fb_verb_sessions(int argc, char **argv)
{
    struct request q = {.in = FB_INGEST_OPTS_SCORED};
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &q.json, NULL, NULL, "JSON lines, all columns"},
        {0, "csv", FB_OPT_FLAG, &q.csv, NULL, NULL, "CSV, all columns"},
        {'z', "zeek", FB_OPT_FLAG, &q.zeek, NULL, NULL, "Zeek's conn.log (TSV)"},
        {'c', "columns", FB_OPT_TEXT, &q.columns, "A,B,C", NULL,
         "these columns, in this order; all: every column"},
        {'s', "sort", FB_OPT_TEXT, &q.sort, "FIELD[-desc]", NULL, "in the order of a column"},
        {0, "as-of", FB_OPT_TEXT, &q.as_of, "RUN|TIME", NULL,
         "names, verdicts and tags as they stood after that run, or at that time"},
        {'n', "limit", FB_OPT_COUNT, &q.rows.limit, "N", NULL, "no more than N sessions"},
        FB_ROW_FILTER_OPTIONS(q.rows.filter),
        FB_INGEST_LISTS_OPTIONS(q.lists),
        FB_MODEL_OPTIONS(q.in),
        FB_SOURCE_OPTIONS(q.in),
        {0},
    };
    static const struct fb_cli_help help = {
        "sessions", "CASE|CAPTURE... [options]",
        "Prints one line a session, in the order of their first packets unless --sort says otherwise.\n"
        "Times are UTC. A narrow terminal gets fewer columns unless --columns chooses them. Lists judge "
        "captures; for a\n"
        "case there is lists apply.",
        "  fbforensics sessions office.fbcase\n"
        "  fbforensics sessions office.fbcase --sort bytes-desc --limit 20\n"
        "  fbforensics sessions office.fbcase --domain '*.example.com' --anomaly abnormal\n"
        "  fbforensics sessions capture.pcap --blacklist feed.netset --tag blacklist:feed\n"
        "  fbforensics sessions capture.pcap --columns uid,id.orig_h,id.resp_h,history --csv\n"
        "  fbforensics sessions office.fbcase --json | jq 'select(.service==\"dns\")'\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code < 0)
        code = fb_row_filter_check(&q.rows.filter, help.verb);
    if (code < 0)
        code = choose(&q, help.verb);
    if (code < 0)
        code = fb_ingest_lists_open(&q.lists, help.verb, q.in.quiet);
    if (code < 0)
        code = print(argv, nargs, &q, help.verb);
    fb_ingest_lists_release(&q.lists);
    return code;
}
