#include "cli/message.h"
#include "cli/options.h"
#include "cli/verbs/verbs.h"
#include "model/features.h"

static void print_table(void)
{
    for (size_t i = 0; i < FB_NFEATURES; i++)
        printf("%-24s %-16s %s\n", fb_feature_defs[i].name, fb_feature_defs[i].unit,
               fb_feature_defs[i].formula);
}

int fb_verb_features(int argc, char **argv)
{
    bool doc = false;
    const struct fb_opt opts[] = {
        {0, "doc", FB_OPT_FLAG, &doc, NULL, NULL,
         "the whole page: ranges, edge cases, encodings, test vectors"},
        {0},
    };
    static const struct fb_cli_help help = {
        "features", "[--doc]", "The features that the model sees of a session, with units and formulas.",
        "  fbforensics features\n  fbforensics features --doc >features.md\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs)
        return fb_cli_usage(help.verb, "no argument is expected; \"%s\" was given", argv[0]);
    if (!doc) {
        print_table();
        return FB_EXIT_OK;
    }
    struct fb_buf page;
    fb_buf_init(&page, 1u << 20);
    fb_features_doc(&page);
    fwrite(page.data, 1, page.len, stdout);
    code = page.failed ? FB_EXIT_INTERNAL : FB_EXIT_OK;
    fb_buf_release(&page);
    return code;
}
