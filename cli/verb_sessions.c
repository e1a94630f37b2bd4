#include "cli/message.h"
#include "cli/rows.h"
#include "cli/source.h"
#include "cli/table.h"
#include "cli/verbs.h"

#include <unistd.h>

static const char DEFAULT_COLUMNS[] =
    "number,ts,proto,id.orig_h,id.orig_p,id.resp_h,id.resp_p,service,duration,bytes,packets,conn_state";

/* For terminals on which the columns above would have to be cut. */
static const char NARROW_COLUMNS[] = "number,ts,id.orig_h,id.resp_h,id.resp_p,service,bytes";
#define WIDE_TERMINAL 132

static const char *columns_for_output(void)
{
    bool narrow = isatty(STDOUT_FILENO) && fb_table_terminal_width() < WIDE_TERMINAL;
    return narrow ? NARROW_COLUMNS : DEFAULT_COLUMNS;
}

int fb_verb_sessions(int argc, char **argv)
{
    static const char *const levels[] = {"all", "normal", "suspicious", "abnormal", NULL};
    static const char *const normal[] = {"normal", NULL}, *const anomalous[] = {"suspicious", "abnormal",
                                                                                NULL};
    int anomaly = 0;
    bool json = false, csv = false, zeek = false;
    const char *sort = NULL, *columns = NULL, *as_of = NULL;
    struct fb_rows_opts ro = {0};
    struct fb_ingest_opts in = FB_INGEST_OPTS_SCORED;
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "JSON lines, all columns"},
        {0, "csv", FB_OPT_FLAG, &csv, NULL, NULL, "CSV, all columns"},
        {'z', "zeek", FB_OPT_FLAG, &zeek, NULL, NULL, "Zeek's conn.log (TSV)"},
        {'c', "columns", FB_OPT_TEXT, &columns, "A,B,C", NULL,
         "these columns, in this order; all: every column"},
        {'s', "sort", FB_OPT_TEXT, &sort, "FIELD[-desc]", NULL, "in the order of a column"},
        {0, "as-of", FB_OPT_TEXT, &as_of, "RUN|TIME", NULL,
         "tags as they stood after that run, or at that time"},
        {0, "anomaly", FB_OPT_CHOICE, &anomaly, "LEVEL", levels,
         "only sessions of that level; suspicious: abnormal ones too"},
        {'n', "limit", FB_OPT_COUNT, &ro.limit, "N", NULL, "no more than N sessions"},
        FB_MODEL_OPTIONS(in),
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {
        "sessions", "CASE|CAPTURE... [options]",
        "Prints one line a session, in the order of their first packets unless --sort says otherwise.\n"
        "Times are UTC. A narrow terminal gets fewer columns unless --columns chooses them.",
        "  fbforensics sessions office.fbcase\n"
        "  fbforensics sessions office.fbcase --sort bytes-desc --limit 20\n"
        "  fbforensics sessions capture.pcap --columns uid,id.orig_h,id.resp_h,history --csv\n"
        "  fbforensics sessions office.fbcase --json | jq 'select(.service==\"dns\")'\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (json + csv + zeek > 1)
        return fb_cli_usage(help.verb, "--json, --csv and --zeek exclude each other");
    ro.anomaly = anomaly == 0 ? NULL : anomaly == 1 ? normal : anomalous + (anomaly == 3);
    ro.format = json ? FB_ROWS_JSON : csv ? FB_ROWS_CSV : zeek ? FB_ROWS_ZEEK_TSV : FB_ROWS_TABLE;
    if (columns && zeek)
        return fb_cli_usage(help.verb, "--zeek has Zeek's columns: leave --columns away");
    if (!columns)
        columns = json || csv ? "all" : columns_for_output();
    if (strcmp(columns, "all") == 0)
        fb_columns_all(&ro.columns);
    else if (!fb_columns_parse(help.verb, columns, &ro.columns))
        return FB_EXIT_USAGE;
    if (sort && !fb_rows_parse_sort(help.verb, sort, &ro))
        return FB_EXIT_USAGE;
    struct fb_source src;
    code = fb_source_open(&src, help.verb, argv, nargs, &in);
    struct fb_err err = {0};
    if (code < 0 && as_of && fb_layers_as_of(src.c, as_of, &err) != FB_OK)
        code = fb_source_close(&src, fb_cli_fail(&err));
    return code >= 0 ? code : fb_source_print_rows(&src, &ro, NULL);
}
