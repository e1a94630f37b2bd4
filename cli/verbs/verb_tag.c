#include "base/escape.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/target.h"
#include "cli/verbs/verbs.h"

#define TAG_MAX 64u
#define OFF     '!' /* stands for the - of "-tag" while options are parsed */

static const char *const VERDICTS[] = {"none", "benign", "suspicious", "malicious", "undecided", NULL};

static bool is_tag(const char *t)
{
    static const char inner[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-";
    size_t n = strlen(t);
    return n > 0 && n <= TAG_MAX && strspn(t, inner) == n && strchr("_.:-", t[0]) == NULL;
}

static enum fb_status put_tags(struct fb_edit *e, int64_t run_id, const struct fb_target *t, char **tags,
                               int ntags, int verdict, struct fb_err *err)
{
    for (int i = 0; i < ntags; i++)
        FB_TRY(fb_edit_tag(e, run_id, t, tags[i] + 1, tags[i][0] == '+', err));
    return verdict < 0 ? FB_OK : fb_edit_verdict(e, run_id, t, verdict == 0 ? "" : VERDICTS[verdict], err);
}

static int apply(const char *path, char *word, char **tags, int ntags, int verdict, const char *examiner)
{
    struct fb_cli_target target;
    struct fb_err err = {0};
    struct fb_cli_edit x;
    struct fb_buf options;
    if (fb_target_resolve(path, word, &target, &err) != FB_OK)
        return fb_cli_fail(&err);
    fb_buf_init(&options, (size_t)1 << 20);
    fb_buf_printf(&options, "{\"kind\":\"%s\",\"tags\":[", target.t.kind);
    for (int i = 0; i < ntags; i++) /* is_tag leaves nothing to escape */
        fb_buf_printf(&options, "%s\"%c%s\"", i ? "," : "", tags[i][0] == '+' ? '+' : '-', tags[i] + 1);
    fb_buf_puts(&options, "],\"target\":");
    fb_escape_json(&options, target.name, strlen(target.name));
    fb_buf_printf(&options, verdict < 0 ? ",\"verdict\":null}" : ",\"verdict\":\"%s\"}",
                  verdict < 0 ? "" : VERDICTS[verdict]);
    enum fb_status st = fb_target_edit(path, "tag", fb_buf_cstr(&options), examiner, &x, &err);
    if (st == FB_OK)
        st = put_tags(x.e, x.run_id, &target.t, tags, ntags, verdict, &err);
    fb_buf_release(&options);
    return fb_target_done(&x, st, "tagged", &err);
}

/* The parser would take "-tag" for letters of options. What follows "--option" is its value. */
static void hide_minus(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!(strncmp(argv[i - 1], "--", 2) == 0 && !strchr(argv[i - 1], '=')) && argv[i][0] == '-' &&
            argv[i][1] != '-' && argv[i][1] != '\0' && strcmp(argv[i], "-h") != 0)
            argv[i][0] = OFF;
}

int fb_verb_tag(int argc, char **argv)
{
    const char *examiner = NULL;
    int verdict = -1;
    const struct fb_opt opts[] = {
        {0, "verdict", FB_OPT_CHOICE, &verdict, "WORD", VERDICTS,
         "benign, suspicious, malicious, undecided, or none"},
        {0, "examiner", FB_OPT_TEXT, &examiner, "NAME", NULL, "who decides; default: the user"},
        {0},
    };
    static const struct fb_cli_help help = {
        "tag", "CASE TARGET [+TAG | -TAG]... [--verdict WORD]",
        "Sets (+) and takes away (-) tags of a session, a host or a finding, or gives a verdict on it. "
        "TARGET is the number or uid of a\n"
        "session, host:ADDRESS, or finding:NAME. Nothing is overwritten: sessions and notes show an older "
        "state with --as-of.",
        "  fbforensics tag office.fbcase 12 +beacon +exfil\n"
        "  fbforensics tag office.fbcase 12 -exfil\n"
        "  fbforensics tag office.fbcase host:10.0.0.5 +accounting --verdict benign\n"};
    hide_minus(argc, argv);
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs < 2 || (nargs == 2 && verdict < 0))
        return fb_cli_usage(help.verb, "a case, a target, and +TAG, -TAG or --verdict are needed");
    for (int i = 0; i < nargs; i++)
        if (argv[i][0] == OFF)
            argv[i][0] = '-';
    for (int i = 2; i < nargs; i++)
        if ((argv[i][0] != '+' && argv[i][0] != '-') || !is_tag(argv[i] + 1))
            return fb_cli_usage(
                help.verb,
                "\"%s\" is no tag: + or -, then 1 to %u letters, digits and _ . : -, a letter or digit first",
                argv[i], TAG_MAX);
    return apply(argv[0], argv[1], argv + 2, nargs - 2, verdict, examiner);
}
