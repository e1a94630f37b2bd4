/* lists check, show, match: lists without a case. */
#include "base/digest.h"
#include "base/escape.h"
#include "cli/lists_load.h"
#include "cli/lists_verbs.h"
#include "cli/local_nets.h"
#include "cli/message.h"
#include "cli/output.h"
#include "intel/lists/list_items.h"
#include "intel/lists/list_verdict_row.h"

/* ---- check ---- */

static void warn_endpoints(const struct fb_list_set *s)
{
    const struct fb_list_active *a;
    size_t n = fb_list_set_endpoints(s, &a);
    for (size_t i = 0; i < n; i++)
        if (fb_list_endpoint_says_nothing(a[i].endpoint))
            fb_cli_say("%s: line %u: warning: endpoint %u of \"%s\" states nothing and matches everything",
                       a[i].file->name, a[i].endpoint->line, a[i].endpoint->number, a[i].list->name);
    struct fb_list_file *const *f;
    n = fb_list_set_files(s, &f);
    for (size_t i = 0; i < n; i++)
        if (f[i]->date && !f[i]->has_time)
            fb_cli_say("%s: warning: \"%.60s\" is no date that can be compared", f[i]->name, f[i]->date);
}

int fb_lists_check(int argc, char **argv)
{
    struct fb_lists_policy p = {.strict = false};
    bool json = false;
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "a JSON array, an object a list"},
        FB_LISTS_CHOICE_OPTIONS(p),
        FB_LISTS_TRUST_OPTIONS(p),
        {0}};
    static const struct fb_cli_help help = {
        "lists check", "LIST... [options]",
        "Reads lists together, whatever their form, and says what is wrong: bad entries with their line, "
        "unknown keys,\n"
        "inheritance that leads nowhere, signatures, endpoints that match everything.",
        "  fbforensics lists check corporate.json base.json\n  fbforensics lists check --strict "
        "feed.netset\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code < 0 && nargs == 0)
        code = fb_cli_usage(help.verb, "a list is needed");
    struct fb_list_set *s = NULL;
    struct fb_err err = {0};
    struct fb_buf about;
    fb_buf_init(&about, (size_t)16 << 20);
    if (code < 0) {
        code = fb_lists_load(argv, nargs, &p, &s, &about, &err) == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
        if (s)
            warn_endpoints(s);
    }
    struct fb_list_file *const *f;
    size_t n = s ? fb_list_set_files(s, &f) : 0;
    for (size_t i = 0; i < n && !json; i++)
        fb_cli_tell("%s: %s, %llu entries, %llu skipped", f[i]->name, fb_list_form_name(f[i]->form),
                    (unsigned long long)fb_list_file_entries(f[i]), (unsigned long long)f[i]->skipped);
    if (s && json)
        printf("%s\n", fb_buf_cstr(&about));
    fb_list_set_free(s);
    fb_buf_release(&about);
    fb_lists_policy_release(&p);
    return code;
}

/* ---- show ---- */

static const char *const KINDS[] = {"list",    "description", "source", "updated",
                                    "extends", "endpoint",    "range",  "domain"};

static enum fb_status put_item(struct fb_out *out, const struct fb_list_item *it, bool json)
{
    if (json) {
        fb_buf_puts(&out->buf, "{\"list\":");
        fb_escape_json(&out->buf, it->list, strlen(it->list));
        fb_buf_printf(&out->buf, ",\"kind\":\"%s\",\"value\":", KINDS[it->kind]);
        if (it->kind == FB_LIST_ITEM_ENDPOINT)
            fb_buf_puts(&out->buf, it->text);
        else
            fb_escape_json(&out->buf, it->text, strlen(it->text));
        fb_buf_puts(&out->buf, "}\n");
    } else {
        fb_escape_term(&out->buf, it->list, strlen(it->list));
        fb_buf_printf(&out->buf, "  %s  ", KINDS[it->kind]);
        fb_escape_term(&out->buf, it->text, strlen(it->text));
        fb_buf_putc(&out->buf, '\n');
    }
    return fb_out_row(out);
}

static enum fb_status show(char **paths, int n, const struct fb_lists_policy *p, bool json,
                           struct fb_err *err)
{
    struct fb_list_set *s;
    struct fb_list_items items;
    struct fb_list_file *const *f;
    struct fb_out out;
    FB_TRY(fb_lists_load(paths, n, p, &s, NULL, err));
    fb_list_items_init(&items);
    size_t nfiles = fb_list_set_files(s, &f);
    enum fb_status st = fb_out_open(&out, NULL, err), closed;
    for (size_t i = 0; i < nfiles && st == FB_OK; i++)
        st = fb_list_items_take(&items, f[i], NULL, err);
    for (size_t i = 0; i < items.n && st == FB_OK; i++)
        st = put_item(&out, &items.item[i], json);
    closed = fb_out_close(&out, st == FB_OK ? err : NULL);
    fb_list_items_release(&items);
    fb_list_set_free(s);
    return st == FB_OK || st == FB_EOF ? closed : st;
}

int fb_lists_show(int argc, char **argv)
{
    struct fb_lists_policy p = {.strict = false};
    bool json = false;
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "JSON lines"},
        {0, "builtin", FB_OPT_FLAG, &p.builtin, NULL, NULL, "also the built-in whitelist of infrastructure"},
        FB_LISTS_TRUST_OPTIONS(p),
        {0}};
    static const struct fb_cli_help help = {
        "lists show", "LIST... [--json]", "Prints the entries of lists as they were understood, one a line.",
        "  fbforensics lists show corporate.json\n"
        "  fbforensics lists show --builtin\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    struct fb_err err = {0};
    if (code < 0 && nargs == 0 && !p.builtin)
        code = fb_cli_usage(help.verb, "a list is needed");
    if (code < 0)
        code = show(argv, nargs, &p, json, &err) == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
    fb_lists_policy_release(&p);
    return code;
}

/* ---- match ---- */

struct question {
    const char *process, *protocol;
    uint64_t port, as_number;
    const char *country, *owner;
    bool json;
};

static void put_answer(struct fb_buf *b, const struct fb_list_set *s, const struct fb_list_verdict *v)
{
    const struct fb_list_active *a;
    const struct fb_list_black_active *black;
    fb_list_set_endpoints(s, &a);
    fb_list_set_blacklists(s, &black);
    fb_buf_puts(b, fb_list_conformance_name(v->conformance));
    if (v->conformance == FB_LIST_CONFORMING) {
        fb_buf_printf(b, ": %s[%u] by ", a[v->active].list->name, a[v->active].endpoint->number);
        fb_list_put_criterion(b, v);
    }
    fb_buf_putc(b, '\n');
    for (size_t i = 0; i < v->nnear; i++) {
        fb_buf_puts(b, "nearest ");
        fb_list_put_near(b, s, &v->near[i]);
        fb_buf_putc(b, '\n');
    }
    for (size_t i = 0; i < v->nhits; i++) {
        fb_buf_printf(b, "blacklist:%s ", black[v->hit[i].black].list->name);
        fb_list_put_hit(b, s, &v->hit[i]);
        fb_buf_putc(b, '\n');
    }
}

static void put_answer_json(struct fb_buf *b, const struct fb_list_set *s, const struct fb_list_verdict *v)
{
    const struct fb_list_active *a;
    const struct fb_list_black_active *black;
    struct fb_buf t;
    fb_buf_init(&t, (size_t)1 << 20);
    fb_list_set_endpoints(s, &a);
    fb_list_set_blacklists(s, &black);
    fb_buf_printf(b, "{\"conformance\":\"%s\"", fb_list_conformance_name(v->conformance));
    if (v->conformance == FB_LIST_CONFORMING) {
        fb_buf_puts(b, ",\"list\":");
        fb_escape_json(b, a[v->active].list->name, strlen(a[v->active].list->name));
        fb_buf_printf(b, ",\"endpoint\":%u,\"criterion\":", a[v->active].endpoint->number);
        fb_list_put_criterion(&t, v);
        fb_escape_json(b, t.data, t.len);
    }
    fb_buf_puts(b, ",\"nearest\":[");
    for (size_t i = 0; i < v->nnear; i++) {
        fb_buf_clear(&t);
        fb_list_put_near(&t, s, &v->near[i]);
        fb_buf_puts(b, i ? "," : "");
        fb_escape_json(b, t.data, t.len);
    }
    fb_buf_puts(b, "],\"blacklists\":[");
    for (size_t i = 0; i < v->nhits; i++) {
        const char *name = black[v->hit[i].black].list->name;
        fb_buf_clear(&t);
        fb_list_hit_entry(s, &v->hit[i], &t);
        fb_buf_puts(b, i ? ",{\"list\":" : "{\"list\":");
        fb_escape_json(b, name, strlen(name));
        fb_buf_puts(b, ",\"entry\":");
        fb_escape_json(b, t.data, t.len);
        fb_buf_printf(b, ",\"line\":%u}", v->hit[i].line);
    }
    fb_buf_puts(b, "]}\n");
    fb_buf_release(&t);
}

/* An address, a name, or both as NAME@ADDRESS. False when it is neither. */
static bool make_subject(char *word, const struct question *q, const struct fb_local_nets *local,
                         struct fb_list_subject *x, struct fb_list_name *name)
{
    char *at = strchr(word, '@'), *addr = at ? at + 1 : word;
    int protocol = q->protocol ? fb_list_protocol(q->protocol, strlen(q->protocol)) : 6;
    *x = (struct fb_list_subject){.ip_proto = (uint8_t)(protocol == FB_LIST_PROTO_ICMP ? 1 : protocol),
                                  .process = q->process};
    x->orig.local = true;
    x->orig.h = (struct fb_addr){{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
    x->resp.h = (struct fb_addr){{0}}; /* :: is on no list */
    x->resp.port = (uint16_t)q->port;
    x->resp.as = (struct fb_list_as){q->as_number || q->country || q->owner, (uint32_t)q->as_number,
                                     q->country, q->owner};
    bool is_addr = fb_addr_parse(addr, &x->resp.h);
    if (at && !is_addr)
        return false;
    if (at)
        *at = '\0';
    if (at || !is_addr) {
        *name = (struct fb_list_name){word, strlen(word), FB_LIST_PROVEN};
        x->resp.name = name;
        x->resp.nnames = 1;
    }
    x->resp.local = is_addr && (fb_list_addr_is_local(&x->resp.h) || fb_local_nets_have(local, &x->resp.h));
    return protocol != FB_LIST_PROTO_NONE;
}

static enum fb_status judge(const struct fb_list_set *s, const struct fb_list_subject *x, bool json,
                            struct fb_buf *out, struct fb_err *err)
{
    struct fb_list_judge *j = NULL;
    struct fb_list_verdict v;
    FB_TRY(fb_list_judge_new(s, &j, err));
    fb_list_judge(j, x, &v);
    if (json)
        put_answer_json(out, s, &v);
    else
        put_answer(out, s, &v);
    fb_list_judge_free(j);
    return FB_OK;
}

static int match(char **args, int n, const struct question *q, const struct fb_lists_policy *p)
{
    struct fb_list_subject x;
    struct fb_list_name name;
    struct fb_list_set *s = NULL;
    struct fb_local_nets local;
    struct fb_buf b;
    struct fb_err err = {0};
    int code = fb_local_nets_read("lists match", &p->local, &local);
    if (code >= 0)
        return code;
    bool good = q->port <= 65535 && make_subject(args[0], q, &local, &x, &name);
    fb_local_nets_release(&local);
    if (!good)
        return fb_cli_usage("lists match",
                            "expected an address, a name or NAME@ADDRESS, a port and a protocol");
    fb_buf_init(&b, (size_t)1 << 20);
    enum fb_status st = fb_lists_load(args + 1, n - 1, p, &s, NULL, &err);
    if (st == FB_OK)
        st = judge(s, &x, q->json, &b, &err);
    code = st == FB_OK ? fb_lists_save(NULL, &b) : fb_cli_fail(&err);
    fb_buf_release(&b);
    fb_list_set_free(s);
    return code;
}

int fb_lists_match(int argc, char **argv)
{
    struct fb_lists_policy p = {.strict = false};
    struct question q = {.port = 443};
    const struct fb_opt opts[] = {
        {'p', "port", FB_OPT_COUNT, &q.port, "N", NULL, "port of the responder; default 443"},
        {0, "protocol", FB_OPT_TEXT, &q.protocol, "NAME", NULL, "TCP (default), UDP, ICMP ..."},
        {0, "process", FB_OPT_TEXT, &q.process, "NAME", NULL, "short name of the process"},
        {0, "as-number", FB_OPT_COUNT, &q.as_number, "N", NULL, "autonomous system of the responder"},
        {0, "as-country", FB_OPT_TEXT, &q.country, "CC", NULL, "its country"},
        {0, "as-owner", FB_OPT_TEXT, &q.owner, "NAME", NULL, "its owner"},
        {'j', "json", FB_OPT_FLAG, &q.json, NULL, NULL, "one JSON object"},
        FB_LISTS_OPTIONS(p),
        {0}};
    static const struct fb_cli_help help = {
        "lists match", "ADDRESS|NAME|NAME@ADDRESS LIST... [options]",
        "Says what the lists say of a session from a local host to that address or proven name: the endpoint "
        "that\n"
        "matches, or the nearest ones and what they lack; every blacklist with entry and line.",
        "  fbforensics lists match 198.51.100.7 feed.netset\n"
        "  fbforensics lists match www.example.com --port 443 corporate.json\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code < 0 && (nargs == 0 || (nargs == 1 && !p.builtin)))
        code = fb_cli_usage(help.verb, "an address or a name, and a list are needed");
    if (code < 0)
        code = match(argv, nargs, &q, &p);
    fb_lists_policy_release(&p);
    return code;
}
