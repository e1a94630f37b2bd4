#include "base/escape.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/target.h"
#include "cli/verbs/verbs.h"

#define TEXT_MAX 65536u

static int add(const char *path, char *word, const char *text, const char *examiner)
{
    struct fb_cli_target target;
    struct fb_err err = {0};
    struct fb_cli_edit x;
    struct fb_buf options;
    int64_t id = 0;
    if (fb_target_resolve(path, word, &target, &err) != FB_OK)
        return fb_cli_fail(&err);
    fb_buf_init(&options, (size_t)1 << 20);
    fb_buf_printf(&options, "{\"kind\":\"%s\",\"target\":", target.t.kind);
    fb_escape_json(&options, target.name, strlen(target.name));
    fb_buf_puts(&options, ",\"text\":");
    fb_escape_json(&options, text, strlen(text));
    fb_buf_putc(&options, '}');
    enum fb_status st = fb_target_edit(path, "note", fb_buf_cstr(&options), examiner, &x, &err);
    if (st == FB_OK)
        st = fb_edit_note(x.e, x.run_id, &target.t, text, &id, &err);
    fb_buf_release(&options);
    char what[64];
    snprintf(what, sizeof what, "note %lld", (long long)id);
    return fb_target_done(&x, st, what, &err);
}

static int take_away(const char *path, uint64_t id, const char *examiner)
{
    struct fb_err err = {0};
    struct fb_cli_edit x;
    char options[64], what[64];
    snprintf(options, sizeof options, "{\"remove\":%llu}", (unsigned long long)id);
    snprintf(what, sizeof what, "note %llu removed", (unsigned long long)id);
    enum fb_status st = fb_target_edit(path, "note", options, examiner, &x, &err);
    if (st == FB_OK)
        st = fb_edit_remove_note(x.e, x.run_id, (int64_t)id, &err);
    return fb_target_done(&x, st, what, &err);
}

int fb_verb_note(int argc, char **argv)
{
    const char *examiner = NULL;
    uint64_t id = 0;
    const struct fb_opt opts[] = {
        {0, "remove", FB_OPT_COUNT, &id, "ID", NULL,
         "take this note away (a new row says so; nothing is erased)"},
        {0, "examiner", FB_OPT_TEXT, &examiner, "NAME", NULL, "who writes; default: the user"},
        {0},
    };
    static const struct fb_cli_help help = {
        "note", "CASE TARGET TEXT",
        "Writes a note. TARGET is the number or uid of a session, host:ADDRESS, or finding:NAME. Notes carry "
        "author and time, are never\n"
        "overwritten, and stand outside of the case digest. The notes of a sealed case go to NAME.fbnotes "
        "beside it.",
        "  fbforensics note office.fbcase 12 'same beacon as in March'\n"
        "  fbforensics note office.fbcase host:10.0.0.5 'laptop of the accountant' --examiner 'Alice Doe'\n"
        "  fbforensics note office.fbcase --remove 3\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (id && nargs == 1 && id < INT64_MAX)
        return take_away(argv[0], id, examiner);
    if (id || nargs != 3)
        return fb_cli_usage(help.verb, "a case, a target and a text are needed, or a case and --remove ID");
    if (!argv[2][0] || strlen(argv[2]) > TEXT_MAX)
        return fb_cli_usage(help.verb, "a note has 1 to %u bytes", TEXT_MAX);
    return add(argv[0], argv[1], argv[2], examiner);
}
