#include "cli/message.h"
#include "cli/rows.h"
#include "cli/source.h"
#include "cli/verbs.h"

int fb_verb_export(int argc, char **argv)
{
    static const char *const formats[] = {"zeek-tsv", "zeek-json", "csv", "jsonl", NULL};
    static const enum fb_row_format format_of[] = {FB_ROWS_ZEEK_TSV, FB_ROWS_ZEEK_JSON, FB_ROWS_CSV,
                                                   FB_ROWS_JSON};
    int format = -1;
    const char *path = NULL;
    struct fb_ingest_opts in = FB_INGEST_OPTS_DEFAULT;
    const struct fb_opt opts[] = {
        {'F', "format", FB_OPT_CHOICE, &format, "FORMAT", formats,
         "zeek-tsv, zeek-json, csv or jsonl (needed)"},
        {'o', "output", FB_OPT_TEXT, &path, "OUT", NULL, "a new file; without it standard output"},
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {
        "export", "--format FORMAT CASE|CAPTURE... [-o OUT]",
        "Writes all sessions in a form that other programs read. zeek-tsv and zeek-json are Zeek's "
        "conn.log;\n"
        "csv and jsonl have every column that is known, times in RFC 3339 with nanoseconds.",
        "  fbforensics export --format zeek-json -C capture.pcap\n"
        "  fbforensics export --format csv office.fbcase -o office.csv\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (format < 0)
        return fb_cli_usage(help.verb, "--format is needed: zeek-tsv, zeek-json, csv or jsonl");
    struct fb_rows_opts ro = {.format = format_of[format]};
    fb_columns_all(&ro.columns);
    struct fb_source src;
    code = fb_source_open(&src, help.verb, argv, nargs, &in);
    return code >= 0 ? code : fb_source_print_rows(&src, &ro, path);
}
