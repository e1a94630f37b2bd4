#include "cli/message.h"
#include "cli/rows.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "cli/zeek_dns.h"
#include "cli/zeek_wire.h"

/* Formats that are logs of their own, behind those of sessions. */
enum log { LOG_DNS, LOG_SSL, LOG_HTTP };

static int print_log(struct fb_source *src, enum log log, const char *path)
{
    struct fb_err err = {0};
    struct fb_out out;
    enum fb_status st = fb_out_open(&out, path, &err);
    if (st != FB_OK)
        return fb_source_close(src, fb_cli_fail(&err));
    st = log == LOG_DNS ? fb_zeek_dns_print(src->c, &out, &err)
                        : fb_zeek_wire_print(src->c, log == LOG_SSL ? FB_ZEEK_SSL : FB_ZEEK_HTTP, &out, &err);
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
    return fb_source_close(src, st != FB_OK || closed != FB_OK ? fb_cli_fail(&err) : FB_EXIT_OK);
}

int fb_verb_export(int argc, char **argv)
{
    static const char *const formats[] = {"zeek-tsv", "zeek-json", "csv",       "jsonl",
                                          "zeek-dns", "zeek-ssl",  "zeek-http", NULL};
    static const enum fb_row_format format_of[] = {FB_ROWS_ZEEK_TSV, FB_ROWS_ZEEK_JSON, FB_ROWS_CSV,
                                                   FB_ROWS_JSON};
    const int first_log = sizeof format_of / sizeof *format_of;
    int format = -1;
    const char *path = NULL, *key = NULL, *new_key = NULL;
    struct fb_ingest_opts in = FB_INGEST_OPTS_SCORED;
    const struct fb_opt opts[] = {
        {'F', "format", FB_OPT_CHOICE, &format, "FORMAT", formats,
         "zeek-tsv, zeek-json, csv, jsonl, zeek-dns, zeek-ssl or zeek-http (needed)"},
        {'o', "output", FB_OPT_TEXT, &path, "OUT", NULL, "a new file; without it standard output"},
        {0, "pseudonymize", FB_OPT_TEXT, &key, "KEYFILE", NULL,
         "pseudonyms for addresses and MACs, the same for the same key"},
        {0, "new-pseudonym-key", FB_OPT_TEXT, &new_key, "FILE", NULL, "make a key file instead"},
        FB_MODEL_OPTIONS(in),
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {
        "export", "--format FORMAT CASE|CAPTURE... [-o OUT] [--pseudonymize KEYFILE]",
        "Writes all sessions in a form that other programs read. zeek-tsv and zeek-json are Zeek's "
        "conn.log, "
        "zeek-dns, zeek-ssl and zeek-http its dns.log, ssl.log and http.log;\n"
        "csv and jsonl have every column that is known, times in RFC 3339 with nanoseconds. With "
        "--pseudonymize\n"
        "addresses become others that share the same prefixes, MACs keyed hashes, and uids and community ids "
        "those of\n"
        "the pseudonyms; times, ports and counts stay.",
        "  fbforensics export --format zeek-json -C capture.pcap\n"
        "  fbforensics export --format csv office.fbcase -o office.csv\n"
        "  fbforensics export --new-pseudonym-key team.key\n"
        "  fbforensics export --format zeek-tsv office.fbcase --pseudonymize team.key -o conn.log\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    struct fb_err err = {0};
    if (new_key && (nargs || key || path || format >= 0))
        return fb_cli_usage(help.verb, "--new-pseudonym-key stands alone");
    if (new_key)
        return fb_pseudonym_new_key(new_key, &err) == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
    if (format < 0)
        return fb_cli_usage(help.verb,
                            "--format is needed: zeek-tsv, zeek-json, csv, jsonl, zeek-dns, zeek-ssl or "
                            "zeek-http");
    if (format >= first_log && key)
        return fb_cli_usage(help.verb, "%s has names, for which there are no pseudonyms", formats[format]);
    struct fb_rows_opts ro = {.format = format >= first_log ? FB_ROWS_JSON : format_of[format]};
    fb_columns_all(&ro.columns);
    if (key && fb_pseudonym_open(key, &ro.pseudonym, &err) != FB_OK)
        return fb_cli_fail(&err);
    struct fb_source src;
    code = fb_source_open(&src, help.verb, argv, nargs, &in);
    if (code < 0)
        code = format >= first_log ? print_log(&src, (enum log)(format - first_log), path)
                                   : fb_source_print_rows(&src, &ro, path);
    fb_pseudonym_close(ro.pseudonym);
    return code;
}
