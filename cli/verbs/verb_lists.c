#include "cli/lists_verbs.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/verbs/verbs.h"

static const struct sub {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} SUBS[] = {
    {"check", fb_lists_check, "read lists and say what is wrong with them"},
    {"show", fb_lists_show, "the entries of lists"},
    {"match", fb_lists_match, "what lists say of an address or a name"},
    {"apply", fb_lists_apply, "judge all sessions of a case and keep the verdicts as a layer"},
    {"unused", fb_lists_unused, "entries and how many sessions of a case they decided"},
    {"make", fb_lists_make, "a whitelist out of sessions"},
    {"augment", fb_lists_augment, "a whitelist and the exceptions of a case"},
    {"merge", fb_lists_merge, "several lists as one file"},
    {"diff", fb_lists_diff, "what two lists do not have in common"},
    {"import", fb_lists_import, "a list of another form as JSON"},
    {"sign", fb_lists_sign, "sign a list"},
    {"verify", fb_lists_verify, "check the signature of a list"},
    {"keygen", fb_lists_keygen, "make a key pair"},
};
#define NSUBS (sizeof SUBS / sizeof *SUBS)

int fb_lists_save(const char *path, const struct fb_buf *text)
{
    struct fb_err err = {0};
    struct fb_out out;
    if (text->failed)
        return fb_err_nomem(&err, "a list"), fb_cli_fail(&err);
    if (fb_out_open(&out, path, &err) != FB_OK)
        return fb_cli_fail(&err);
    fb_buf_put(&out.buf, text->data, text->len);
    fb_out_row(&out);
    return fb_out_close(&out, &err) == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
}

static int print_help(void)
{
    fputs("usage: fbforensics lists SUBCOMMAND ...\n\n"
          "Whitelists, blacklists and feeds: read, checked, signed, applied to sessions. docs/lists.md has "
          "the forms.\n\n"
          "subcommands:\n",
          stdout);
    for (size_t i = 0; i < NSUBS; i++)
        printf("  %-8s %s\n", SUBS[i].name, SUBS[i].help);
    fputs("\nfbforensics lists SUBCOMMAND --help says more about each.\n\n"
          "exit codes: 0 done, 1 findings (apply --fail-on), 2 usage, 3 evidence damaged but used, 4 input "
          "unusable,\n"
          "5 verification failed, 70 internal error\n\nexamples:\n"
          "  fbforensics lists check corporate.json\n"
          "  fbforensics lists make office.fbcase -o corporate.json\n"
          "  fbforensics lists apply office.fbcase corporate.json firehol_level1.netset\n",
          stdout);
    return FB_EXIT_OK;
}

int fb_verb_lists(int argc, char **argv)
{
    const char *names[NSUBS];
    if (argc < 2)
        return fb_cli_usage("lists", "a subcommand is needed");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_help();
    for (size_t i = 0; i < NSUBS; i++) {
        names[i] = SUBS[i].name;
        if (strcmp(argv[1], SUBS[i].name) == 0)
            return SUBS[i].run(argc - 1, argv + 1);
    }
    const char *near = fb_cli_nearest(argv[1], names, NSUBS);
    return near ? fb_cli_usage("lists", "\"%s\" is no subcommand; did you mean %s?", argv[1], near)
                : fb_cli_usage("lists", "\"%s\" is no subcommand", argv[1]);
}
