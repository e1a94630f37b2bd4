#include "cli/info_print.h"
#include "cli/message.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"

int fb_verb_info(int argc, char **argv)
{
    bool json = false;
    struct fb_ingest_opts in = FB_INGEST_OPTS_SCORED;
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "one JSON object"},
        FB_MODEL_OPTIONS(in),
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {
        "info", "CASE|CAPTURE... [--json]",
        "Prints what a case holds: its evidence with SHA-256, packets, sessions, damage, counters and the "
        "digests\n"
        "that are the same for the same evidence, wherever and whenever it was read.",
        "  fbforensics info office.fbcase\n"
        "  fbforensics info --json a.pcap b.pcap.gz | jq .case_digest\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    struct fb_source src;
    code = fb_source_open(&src, help.verb, argv, nargs, &in);
    if (code >= 0)
        return code;
    struct fb_err err = {0};
    struct fb_out out;
    fb_out_open(&out, NULL, &err);
    enum fb_status st =
        json ? fb_info_print_json(src.c, &out, &err) : fb_info_print_text(src.c, &out, true, &err);
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
    code = st != FB_OK || closed != FB_OK ? fb_cli_fail(&err) : FB_EXIT_OK;
    return fb_source_close(&src, code);
}
