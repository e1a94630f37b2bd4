/* lists merge, diff, import: lists out of lists. */
#include "base/escape.h"
#include "cli/lists_load.h"
#include "cli/lists_verbs.h"
#include "cli/message.h"
#include "intel/lists/list_items.h"

/* All lists of the files; they must all be whitelists, or all be none. */
static enum fb_status take_files(char **paths, int n, const struct fb_lists_policy *p, const char *rename,
                                 struct fb_list_items *items, bool *white, const char **date,
                                 struct fb_err *err)
{
    struct fb_lists_keys keys = {NULL, 0, 0};
    int64_t newest = INT64_MIN;
    enum fb_status st = fb_lists_keys_load(p, &keys, err);
    *date = NULL;
    for (int i = 0; i < n && st == FB_OK; i++) {
        struct fb_lists_file f;
        st = fb_lists_read(paths[i], p, &keys, &f, err);
        if (st != FB_OK)
            break;
        bool is_white = f.list->form == FB_LIST_WHITELIST;
        if (i && is_white != *white)
            st = fb_err_set(err, FB_ERR_USAGE, "%s: whitelists and blacklists do not go together", paths[i]);
        *white = is_white;
        if (st == FB_OK)
            st = fb_list_items_take(items, f.list, rename, err);
        if (st == FB_OK && f.list->has_time && f.list->time_ns > newest) {
            newest = f.list->time_ns;
            *date = fb_list_pool_text(&items->pool, f.list->date, strlen(f.list->date));
        }
        if (st == FB_OK && f.list->skipped)
            fb_cli_say("%s: %llu entries skipped, the first in line %u: %s", paths[i],
                       (unsigned long long)f.list->skipped, f.list->problem[0].line, f.list->problem[0].why);
        fb_lists_file_release(&f);
    }
    free(keys.key);
    return st;
}

static int write_merged(char **paths, int n, const struct fb_lists_policy *p, const char *rename,
                        const char *date, const char *out_path)
{
    struct fb_list_items items;
    struct fb_buf out;
    struct fb_err err = {0};
    bool white = false;
    const char *newest;
    fb_list_items_init(&items);
    fb_buf_init(&out, (size_t)2 << 30);
    enum fb_status st = take_files(paths, n, p, rename, &items, &white, &newest, &err);
    if (st == FB_OK)
        st = fb_list_items_unique(&items, &err);
    if (st == FB_OK)
        st = fb_list_items_write(&items, white, date ? date : newest, &out, &err);
    int code = st == FB_OK ? fb_lists_save(out_path, &out) : fb_cli_fail(&err);
    fb_buf_release(&out);
    fb_list_items_release(&items);
    return code;
}

static int merge_or_import(int argc, char **argv, const struct fb_cli_help *help, int most)
{
    struct fb_lists_policy p = {.strict = false};
    const char *out = NULL, *rename = NULL, *date = NULL;
    const struct fb_opt opts[] = {
        {'o', "output", FB_OPT_TEXT, &out, "FILE", NULL, "a new file; default: standard output"},
        {0, "as", FB_OPT_TEXT, &rename, "NAME", NULL, "one list of this name"},
        {0, "date", FB_OPT_TEXT, &date, "DATE", NULL, "date of the file; default: the newest one read"},
        FB_LISTS_TRUST_OPTIONS(p),
        {0}};
    int nargs, code = fb_cli_parse(help, opts, argc, argv, &nargs);
    int64_t ns;
    if (code < 0 && (nargs == 0 || nargs > most))
        code = fb_cli_usage(help->verb, most == 1 ? "one list is needed" : "lists are needed");
    if (code < 0 && date && !fb_list_date_parse(date, &ns))
        code = fb_cli_usage(help->verb, "--date %s: expected a date such as 2024-01-31", date);
    if (code < 0)
        code = write_merged(argv, nargs, &p, rename, date, out);
    fb_lists_policy_release(&p);
    return code;
}

int fb_lists_merge(int argc, char **argv)
{
    static const struct fb_cli_help help = {
        "lists merge", "LIST... [-o FILE] [--as NAME]",
        "Writes all lists as one file. Lists of one name become one, with every entry once, in the order of "
        "the command "
        "line.",
        "  fbforensics lists merge site-a.json site-b.json -o all.json\n"};
    return merge_or_import(argc, argv, &help, 10000);
}

int fb_lists_import(int argc, char **argv)
{
    static const struct fb_cli_help help = {
        "lists import", "LIST [-o FILE] [--as NAME]",
        "Writes a list of another form (plain text, FireHOL, hosts, abuse.ch CSV, MISP warninglist) as JSON.",
        "  fbforensics lists import firehol_level1.netset -o level1.json --date 2024-03-01\n"};
    return merge_or_import(argc, argv, &help, 1);
}

/* ---- diff ---- */

struct printer {
    struct fb_buf *out;
    bool json;
};

static void put_difference(void *ctx, const struct fb_list_item *it, bool in_b)
{
    struct printer *p = ctx;
    if (p->json) {
        fb_buf_printf(p->out, "{\"change\":\"%s\",\"list\":", in_b ? "added" : "removed");
        fb_escape_json(p->out, it->list, strlen(it->list));
        fb_buf_puts(p->out, ",\"value\":");
        if (it->kind == FB_LIST_ITEM_ENDPOINT)
            fb_buf_puts(p->out, it->text);
        else
            fb_escape_json(p->out, it->text, strlen(it->text));
        fb_buf_puts(p->out, "}\n");
        return;
    }
    fb_buf_puts(p->out, in_b ? "+ " : "- ");
    fb_escape_term(p->out, it->list, strlen(it->list));
    fb_buf_puts(p->out, it->kind == FB_LIST_ITEM_EXTENDS ? "  extends " : "  ");
    fb_escape_term(p->out, it->text, strlen(it->text));
    fb_buf_putc(p->out, '\n');
}

static int print_diff(char **paths, const struct fb_lists_policy *p, bool json)
{
    struct fb_list_items a, b;
    struct fb_buf out;
    struct fb_err err = {0};
    bool white;
    const char *date;
    uint64_t both = 0, either = 0;
    fb_list_items_init(&a);
    fb_list_items_init(&b);
    fb_buf_init(&out, (size_t)2 << 30);
    struct printer pr = {&out, json};
    enum fb_status st = take_files(paths, 1, p, NULL, &a, &white, &date, &err);
    if (st == FB_OK)
        st = take_files(paths + 1, 1, p, NULL, &b, &white, &date, &err);
    if (st == FB_OK)
        st = fb_list_items_diff(&a, &b, put_difference, &pr, &both, &either, &err);
    uint64_t per = either ? (either - both) * 10000 / either : 0; /* hundredths of a percent, truncated */
    fb_buf_printf(&out,
                  json ? "{\"different\":%llu,\"of\":%llu,\"percent\":%llu.%02llu}\n"
                       : "%llu of %llu entries differ: %llu.%02llu %%\n",
                  (unsigned long long)(either - both), (unsigned long long)either,
                  (unsigned long long)(per / 100), (unsigned long long)(per % 100));
    int code = st == FB_OK ? fb_lists_save(NULL, &out) : fb_cli_fail(&err);
    fb_buf_release(&out);
    fb_list_items_release(&a);
    fb_list_items_release(&b);
    return code;
}

int fb_lists_diff(int argc, char **argv)
{
    struct fb_lists_policy p = {.strict = false};
    bool json = false;
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "JSON lines"}, FB_LISTS_TRUST_OPTIONS(p), {0}};
    static const struct fb_cli_help help = {
        "lists diff", "OLD NEW [--json]",
        "Prints the entries that are in one of two files alone, and how much that is of all entries.",
        "  fbforensics lists diff corporate.json corporate.new.json\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code < 0 && nargs != 2)
        code = fb_cli_usage(help.verb, "two lists are needed");
    if (code < 0)
        code = print_diff(argv, &p, json);
    fb_lists_policy_release(&p);
    return code;
}
