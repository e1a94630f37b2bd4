/* suppress add: from a row that is known to be fine to an entry of a list, with the reason and who said so.
 */
#include "base/escape.h"
#include "cli/custody_entry.h"
#include "cli/lists_cases.h"
#include "cli/lists_load.h"
#include "cli/lists_verbs.h"
#include "cli/message.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "intel/lists/list_items.h"

#include <unistd.h>

struct suppress_args {
    struct fb_ingest_opts in;
    uint64_t session;
    const char *reason, *list, *out, *as, *examiner;
};

struct search {
    uint64_t number;
    bool found;
    struct fb_buf json;
    const char *description;
};

static enum fb_status on_session(void *ctx, const struct fb_session *s, const struct fb_list_subject *x)
{
    struct search *f = ctx;
    struct fb_list_pattern domain;
    const char *why;
    if (s->number != f->number)
        return FB_OK;
    f->found = true;
    struct fb_list_range ip = {x->resp.h, x->resp.h};
    struct fb_list_ports port = {s->resp_p, s->resp_p};
    struct fb_list_endpoint e = {.protocol = s->ip_proto == 1 ? FB_LIST_PROTO_ICMP : s->ip_proto,
                                 .description = f->description};
    const struct fb_list_name *name = x->resp.nnames ? x->resp.name : NULL;
    if (name && name->proof == FB_LIST_PROVEN && fb_list_pattern_parse(name->name, name->n, &domain, &why)) {
        e.domain = &domain;
        e.ndomains = 1;
    } else {
        e.ip = &ip;
        e.nips = 1;
    }
    if (s->ip_proto == 6 || s->ip_proto == 17 || s->ip_proto == 132) {
        e.port = &port;
        e.nports = 1;
    }
    fb_list_put_endpoint(&f->json, &e);
    return FB_EOF;
}

static int find_session(char **source, const struct suppress_args *a, struct search *f)
{
    struct fb_source src;
    struct fb_err err = {0};
    int code = fb_source_open(&src, "suppress", source, 1, &a->in);
    if (code >= 0)
        return code;
    enum fb_status st =
        fb_lists_each_session(src.c, &(struct fb_lists_how){.intel = NULL}, on_session, f, &err);
    if (st == FB_EOF)
        st = FB_OK;
    if (st == FB_OK && !f->found)
        st = fb_err_set(&err, FB_ERR_NOTFOUND, "there is no session %llu", (unsigned long long)a->session);
    code = fb_source_close(&src, FB_EXIT_OK);
    return st == FB_OK ? code : fb_cli_fail(&err);
}

/* The list as it is, if it is there, and the entry. */
static enum fb_status put_list(const struct suppress_args *a, const char *entry, struct fb_buf *out,
                               struct fb_err *err)
{
    struct fb_lists_policy p = {.strict = true};
    struct fb_lists_keys keys = {NULL, 0, 0};
    struct fb_lists_file f = {.bytes = NULL};
    struct fb_list_items items;
    enum fb_status st = FB_OK;
    const char *name = a->as ? a->as : "suppressed";
    fb_list_items_init(&items);
    if (a->list && access(a->list, F_OK) == 0) {
        st = fb_lists_keys_load(&p, &keys, err);
        if (st == FB_OK)
            st = fb_lists_read(a->list, &p, &keys, &f, err);
        if (st == FB_OK && f.list->nwhite == 0)
            st = fb_err_set(err, FB_ERR_USAGE, "%s: not a whitelist", a->list);
        if (st == FB_OK)
            st = fb_list_items_take(&items, f.list, NULL, err);
    }
    if (st == FB_OK)
        st = fb_list_items_add(&items, name, FB_LIST_ITEM_LIST, "white", err);
    if (st == FB_OK)
        st = fb_list_items_add(&items, name, FB_LIST_ITEM_ENDPOINT, entry, err);
    if (st == FB_OK)
        st = fb_list_items_unique(&items, err);
    if (st == FB_OK)
        st = fb_list_items_write(&items, true, f.list ? f.list->date : NULL, out, err);
    free(keys.key);
    fb_lists_file_release(&f);
    fb_list_items_release(&items);
    return st;
}

static int add(char **source, const struct suppress_args *a)
{
    struct fb_custody_entry who;
    struct fb_buf text, out;
    struct fb_err err = {0};
    struct search f = {.number = a->session};
    fb_custody_entry_fill(&who, "", NULL, a->examiner);
    fb_buf_init(&text, 8192);
    fb_buf_init(&f.json, 65536);
    fb_buf_init(&out, (size_t)1 << 30);
    fb_buf_printf(&text, "%s (session %llu, %s)", a->reason, (unsigned long long)a->session, who.who);
    f.description = fb_buf_cstr(&text);
    int code = find_session(source, a, &f);
    if (code == FB_EXIT_OK || code == FB_EXIT_DAMAGED) {
        enum fb_status st = text.failed || f.json.failed ? fb_err_nomem(&err, "an entry")
                                                         : put_list(a, fb_buf_cstr(&f.json), &out, &err);
        int saved = st == FB_OK ? fb_lists_save(a->out, &out) : fb_cli_fail(&err);
        code = saved == FB_EXIT_OK ? code : saved;
    }
    fb_buf_release(&text);
    fb_buf_release(&f.json);
    fb_buf_release(&out);
    return code;
}

int fb_verb_suppress(int argc, char **argv)
{
    struct suppress_args a = {.in = FB_INGEST_OPTS_DEFAULT};
    const struct fb_opt opts[] = {
        {0, "from-session", FB_OPT_COUNT, &a.session, "N", NULL, "number of the session"},
        {0, "reason", FB_OPT_TEXT, &a.reason, "TEXT", NULL, "why it is fine; stands in the entry"},
        {0, "list", FB_OPT_TEXT, &a.list, "FILE", NULL, "whitelist to add to; it may not be there yet"},
        {'o', "output", FB_OPT_TEXT, &a.out, "FILE", NULL, "a new file; default: standard output"},
        {0, "as", FB_OPT_TEXT, &a.as, "NAME", NULL, "name of the list in the file; default: suppressed"},
        {0, "examiner", FB_OPT_TEXT, &a.examiner, "NAME", NULL, "who says so; default: the user"},
        FB_INGEST_OPTIONS(a.in),
        {0}};
    static const struct fb_cli_help help = {
        "suppress", "add CASE|CAPTURE --from-session N --reason TEXT [--list FILE] [-o FILE]",
        "Writes a whitelist with an entry for what that session did: its proven name, else its address, with "
        "port and\n"
        "protocol. The reason, the session and who said so stand in the description. A list that was signed "
        "must be signed "
        "again.",
        "  fbforensics suppress add office.fbcase --from-session 4711 --reason 'backup, ticket 12' -o "
        "allowed.json\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs != 2 || strcmp(argv[0], "add") != 0)
        return fb_cli_usage(help.verb, "expected: suppress add CASE");
    if (!a.session || !a.reason || !*a.reason)
        return fb_cli_usage(help.verb, "--from-session N and --reason TEXT are needed");
    return add(argv + 1, &a);
}
