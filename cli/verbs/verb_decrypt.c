#include "cli/message.h"
#include "cli/options.h"
#include "cli/unlock.h"
#include "cli/verbs/verbs.h"

int fb_verb_decrypt(int argc, char **argv)
{
    const char *to = NULL;
    struct fb_unlock u = {0};
    const struct fb_opt opts[] = {
        {'o', "output", FB_OPT_TEXT, &to, "CASE", NULL, "the case, a new file (needed)"},
        FB_UNLOCK_OPTIONS(u),
        {0},
    };
    static const struct fb_cli_help help = {
        "decrypt", "CASE.fbenc -o CASE [--passphrase-file FILE | --identity FILE]",
        "Writes the case that was encrypted, byte for byte. Reading verbs do not need it: they open an\n"
        "encrypted case in memory.",
        "  fbforensics decrypt office.fbenc -o office.fbcase\n"
        "  fbforensics decrypt office.fbenc -o office.fbcase --identity anna.key\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs != 1 || !to)
        return fb_cli_usage(help.verb, "one encrypted case and -o CASE are needed");
    struct fb_err err = {0};
    return fb_unlock_to_file(argv[0], &u, to, &err) == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
}
