#include "cli/diff_print.h"
#include "cli/message.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"

#define OPTION_MAX 1000000

static enum fb_status find_changes(struct fb_diff *d, struct fb_err *err)
{
    const struct fb_tally *t = &d->tally;
    FB_TRY(fb_noise_learn(t, d->noise, err));
    d->change = calloc(t->n ? t->n : 1, sizeof *d->change);
    if (!d->change)
        return fb_err_nomem(err, "the changes");
    for (uint32_t i = 0; i < t->n; i++) {
        struct fb_diff_change *c = &d->change[d->n];
        c->item = &t->item[i];
        if (!fb_tally_comparable(t, c->item))
            continue;
        fb_noise_judge(t, c->item, &d->noise[c->item->kind], &d->opts, &c->verdict);
        d->n += c->verdict.change != FB_SAME;
    }
    fb_diff_arrange(d);
    return FB_OK;
}

/* Counts one side; the exit code of a failure, or -1. */
static int count_side(struct fb_diff *d, unsigned side, char **path, const struct fb_ingest_opts *in,
                      bool *damaged)
{
    struct fb_source src;
    struct fb_err err = {0};
    int code = fb_source_open(&src, "diff", path, 1, in);
    if (code >= 0)
        return code;
    enum fb_status st = fb_tally_case(&d->tally, side, src.c, &err);
    if (st == FB_OK)
        st = fb_layer_counts(src.c, &d->layers[side], &err);
    code = fb_source_close(&src, st == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err));
    *damaged |= code == FB_EXIT_DAMAGED;
    return code == FB_EXIT_OK || code == FB_EXIT_DAMAGED ? -1 : code;
}

static int run(struct fb_diff *d, char **argv, const struct fb_ingest_opts *in)
{
    struct fb_err err = {0};
    bool damaged = false;
    for (unsigned side = 0; side < 2; side++) {
        d->name[side] = argv[side];
        int code = count_side(d, side, &argv[side], in, &damaged);
        if (code >= 0)
            return code;
    }
    if (d->tally.left_out && !in->quiet)
        fb_cli_say("warning: more than %u different hosts, pairs and services: some were not compared",
                   FB_TALLY_KEYS_MAX);
    enum fb_status st = find_changes(d, &err);
    if (st == FB_OK)
        st = fb_diff_print(d, &err);
    return st != FB_OK ? fb_cli_fail(&err) : damaged ? FB_EXIT_DAMAGED : FB_EXIT_OK;
}

int fb_verb_diff(int argc, char **argv)
{
    struct fb_diff d = {.opts = {.floor = 5, .sigma = 4, .ratio = 2}, .limit = 20};
    struct fb_ingest_opts in = FB_INGEST_OPTS_DEFAULT;
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &d.json, NULL, NULL, "JSON lines, one for each change"},
        {0, "floor", FB_OPT_COUNT, &d.opts.floor, "N", NULL,
         "sessions that make a key worth a line, default 5"},
        {0, "sigma", FB_OPT_COUNT, &d.opts.sigma, "N", NULL,
         "standard deviations that a change of rate must exceed, default 4"},
        {0, "ratio", FB_OPT_COUNT, &d.opts.ratio, "N", NULL, "factor by which a rate must change, default 2"},
        {0, "limit", FB_OPT_COUNT, &d.limit, "N", NULL, "lines of each kind, default 20; 0 for all"},
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {
        "diff", "A B",
        "What changed between two cases or captures: hosts, services, ports, protocols, talkers, names, "
        "verdicts of lists\n"
        "and of the model (when both cases have such layers) that are new, gone, or have another rate, with "
        "the numbers and why they count as a change. Rates are per hour of packet "
        "time.\n"
        "What comes and goes within each capture by itself is taken for noise: a key is new when it has more "
        "sessions\n"
        "than those that come and go within A have, and a rate has changed when it did so by more than it "
        "changes\n"
        "between the halves of each. Talkers are left out where one end is told of as new or gone.",
        "  fbforensics diff monday.fbcase tuesday.fbcase\n"
        "  fbforensics diff before.pcap after.pcap --json --floor 3\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs != 2)
        return fb_cli_usage(help.verb, "two cases or captures are needed");
    if (d.opts.floor < 1 || d.opts.sigma < 1 || d.opts.ratio < 1 || d.opts.floor > OPTION_MAX ||
        d.opts.sigma > OPTION_MAX || d.opts.ratio > OPTION_MAX)
        return fb_cli_usage(help.verb, "--floor, --sigma and --ratio are numbers from 1 to %d", OPTION_MAX);
    code = run(&d, argv, &in);
    fb_tally_release(&d.tally);
    free(d.change);
    return code;
}
