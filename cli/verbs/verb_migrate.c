#include "cli/custody_entry.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/verbs/verbs.h"
#include "store/case.h"
#include "store/migrate.h"

int fb_verb_migrate(int argc, char **argv)
{
    const char *to = NULL;
    const struct fb_opt opts[] = {
        {'o', "output", FB_OPT_TEXT, &to, "NEW", NULL, "the migrated copy, a new file (needed)"},
        {0},
    };
    static const struct fb_cli_help help = {"migrate", "CASE -o NEW",
                                            "Copies a case that an older version wrote into the format of "
                                            "this version, and checks the copy: every\n"
                                            "digest must hold. The case that was given stays as it is.",
                                            "  fbforensics migrate old.fbcase -o new.fbcase\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs != 1 || !to)
        return fb_cli_usage(help.verb, "one case and -o NEW are needed");
    struct fb_err err = {0};
    struct fb_custody_entry entry;
    struct fb_buf params;
    int version = 0;
    fb_buf_init(&params, (size_t)16 << 20);
    fb_custody_put_params(&params, NULL);
    fb_custody_entry_fill(&entry, "migrate", fb_buf_cstr(&params), NULL);
    enum fb_status st = fb_case_migrate(argv[0], to, &entry, &version, &err);
    fb_buf_release(&params);
    if (st != FB_OK)
        return fb_cli_fail(&err);
    fb_cli_tell("%s: version %d, from version %d", to, FB_CASE_SCHEMA_VERSION, version);
    return FB_EXIT_OK;
}
