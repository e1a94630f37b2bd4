#include "cli/message.h"
#include "cli/rec_print.h"
#include "cli/rows.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "cli/zeek_dns.h"
#include "cli/zeek_wire.h"

struct export_args {
    int format;
    const char *table, *path, *key, *new_key;
    struct fb_ingest_opts in;
};

/* Places in the list of formats; from ZEEK_DNS on they are logs of record tables. */
enum { CSV = 2, JSONL = 3, ZEEK_DNS = 4, ZEEK_SSL, ZEEK_HTTP };

static const struct fb_rec_def *table_named(const char *name)
{
    const struct fb_rec_def *def;
    for (size_t i = 0; (def = fb_rec_known(i)) != NULL; i++)
        if (strcmp(def->name, name) == 0)
            return def;
    return NULL;
}

/* One record table, or a log that Zeek has for it. */
static int print_records(struct fb_source *src, const struct export_args *a, struct fb_pseudonym *p)
{
    struct fb_err err = {0};
    struct fb_out out;
    enum fb_status st = fb_out_open(&out, a->path, &err);
    if (st != FB_OK)
        return fb_source_close(src, fb_cli_fail(&err));
    if (a->format == ZEEK_DNS) {
        st = fb_zeek_dns_print(src->c, p, &out, &err);
    } else if (a->format > ZEEK_DNS) {
        st = fb_zeek_wire_print(src->c, a->format == ZEEK_SSL ? FB_ZEEK_SSL : FB_ZEEK_HTTP, p, &out, &err);
    } else {
        const struct fb_rec_print rp = {.def = table_named(a->table),
                                        .format = a->format == CSV ? FB_ROWS_CSV : FB_ROWS_JSON,
                                        .pseudonym = p};
        st = fb_rec_print(src->c, &rp, &out, &err);
    }
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
    return fb_source_close(src, st != FB_OK || closed != FB_OK ? fb_cli_fail(&err) : FB_EXIT_OK);
}

/* The exit code of a usage error, or -1. */
static int check(const struct export_args *a)
{
    if (a->format < 0)
        return fb_cli_usage(
            "export", "--format is needed: zeek-tsv, zeek-json, csv, jsonl, zeek-dns, zeek-ssl or zeek-http");
    if (a->table && a->format != CSV && a->format != JSONL)
        return fb_cli_usage("export", "--table is written as csv or jsonl");
    if (a->table && strcmp(a->table, "sessions") != 0 && !table_named(a->table))
        return fb_cli_usage("export", "there is no table \"%s\"; fbforensics info CASE lists those of a case",
                            a->table);
    return -1;
}

static int export(char **argv, int nargs, const struct export_args *a)
{
    static const enum fb_row_format format_of[] = {FB_ROWS_ZEEK_TSV, FB_ROWS_ZEEK_JSON, FB_ROWS_CSV,
                                                   FB_ROWS_JSON,     FB_ROWS_JSON,      FB_ROWS_JSON,
                                                   FB_ROWS_JSON};
    struct fb_rows_opts ro = {.format = format_of[a->format]};
    struct fb_err err = {0};
    struct fb_source src;
    fb_columns_all(&ro.columns);
    if (a->key && fb_pseudonym_open(a->key, &ro.pseudonym, &err) != FB_OK)
        return fb_cli_fail(&err);
    bool records = a->format >= ZEEK_DNS || (a->table && strcmp(a->table, "sessions") != 0);
    int code = fb_source_open(&src, "export", argv, nargs, &a->in);
    if (code < 0)
        code = records ? print_records(&src, a, ro.pseudonym) : fb_source_print_rows(&src, &ro, a->path);
    fb_pseudonym_close(ro.pseudonym);
    return code;
}

int fb_verb_export(int argc, char **argv)
{
    static const char *const formats[] = {"zeek-tsv", "zeek-json", "csv",       "jsonl",
                                          "zeek-dns", "zeek-ssl",  "zeek-http", NULL};
    struct export_args a = {.format = -1, .in = FB_INGEST_OPTS_SCORED};
    const struct fb_opt opts[] = {
        {'F', "format", FB_OPT_CHOICE, &a.format, "FORMAT", formats,
         "zeek-tsv, zeek-json, csv, jsonl, zeek-dns, zeek-ssl or zeek-http (needed)"},
        {'t', "table", FB_OPT_TEXT, &a.table, "NAME", NULL,
         "csv and jsonl: another table than sessions: dns, tls, http, x509, names ..."},
        {'o', "output", FB_OPT_TEXT, &a.path, "OUT", NULL, "a new file; without it standard output"},
        {0, "pseudonymize", FB_OPT_TEXT, &a.key, "KEYFILE", NULL,
         "pseudonyms for addresses, MACs and names, the same for the same key"},
        {0, "new-pseudonym-key", FB_OPT_TEXT, &a.new_key, "FILE", NULL, "make a key file instead"},
        FB_MODEL_OPTIONS(a.in),
        FB_SOURCE_OPTIONS(a.in),
        {0},
    };
    static const struct fb_cli_help help = {
        "export", "--format FORMAT CASE|CAPTURE... [-o OUT] [--pseudonymize KEYFILE]",
        "Writes all sessions in a form that other programs read. zeek-tsv and zeek-json are Zeek's "
        "conn.log, "
        "zeek-dns, zeek-ssl and zeek-http its dns.log, ssl.log and http.log;\n"
        "csv and jsonl have every column that is known, times in RFC 3339 with nanoseconds. With "
        "--pseudonymize\n"
        "addresses become others that share the same prefixes, names and MACs keyed hashes, the same in "
        "every "
        "table, and uids\n"
        "and community ids those of the pseudonyms; times, ports and counts stay.",
        "  fbforensics export --format zeek-json -C capture.pcap\n"
        "  fbforensics export --format csv office.fbcase -o office.csv\n"
        "  fbforensics export --format jsonl --table tls office.fbcase\n"
        "  fbforensics export --new-pseudonym-key team.key\n"
        "  fbforensics export --format zeek-tsv office.fbcase --pseudonymize team.key -o conn.log\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    struct fb_err err = {0};
    if (a.new_key && (nargs || a.key || a.path || a.table || a.format >= 0))
        return fb_cli_usage(help.verb, "--new-pseudonym-key stands alone");
    if (a.new_key)
        return fb_pseudonym_new_key(a.new_key, &err) == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
    code = check(&a);
    return code >= 0 ? code : export(argv, nargs, &a);
}
