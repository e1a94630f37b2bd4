/* lists make, augment, unused: lists and the sessions of a case. */
#include "base/escape.h"
#include "cli/lists_cases.h"
#include "cli/lists_load.h"
#include "cli/lists_verbs.h"
#include "cli/message.h"
#include "cli/source.h"
#include "intel/lists/list_make.h"

struct learn {
    struct fb_list_maker *maker;
    struct fb_list_judge *judge; /* NULL: every session counts; else those that do not conform */
    uint64_t *hits;              /* of each endpoint; NULL: not counted */
    uint64_t *black_hits;        /* of each blacklist */
    bool egress;                 /* sessions that do not leave are passed over */
    uint64_t taken;
    struct fb_err *err;
};

static enum fb_status on_session(void *ctx, const struct fb_session *s, const struct fb_list_subject *subject)
{
    struct learn *l = ctx;
    struct fb_list_verdict v = {.conformance = FB_LIST_NONCONFORMING};
    (void)s;
    if (l->judge)
        fb_list_judge(l->judge, subject, &v);
    if (l->hits && v.conformance == FB_LIST_CONFORMING)
        l->hits[v.active]++;
    for (size_t i = 0; l->black_hits && i < v.nhits; i++)
        l->black_hits[v.hit[i].black]++;
    bool stays = l->egress && !(subject->orig.local && !subject->resp.local);
    if (!l->maker || v.conformance != FB_LIST_NONCONFORMING || stays)
        return FB_OK;
    l->taken++;
    return fb_list_maker_add(l->maker, subject, l->err);
}

static int walk(const char *verb, char **source, const struct fb_ingest_opts *in,
                const struct fb_lists_policy *p, struct learn *l)
{
    struct fb_source src;
    struct fb_err err = {0};
    struct fb_intel *intel;
    char path[PATH_MAX];
    if (fb_intel_find_open(p->intel, path, &intel, &err) != FB_OK)
        return fb_cli_fail(&err);
    int code = fb_source_open(&src, verb, source, 1, in);
    if (code >= 0) {
        fb_intel_close(intel);
        return code;
    }
    l->err = &err;
    enum fb_status st = fb_lists_each_session(src.c, &(struct fb_lists_how){intel, p}, on_session, l, &err);
    fb_intel_close(intel);
    return fb_source_close(&src, st == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err));
}

/* ---- make, augment ---- */

struct make_args {
    struct fb_lists_policy p;
    struct fb_ingest_opts in;
    const char *out, *as, *date;
    bool process;
};

static void say_result(uint64_t sessions, size_t endpoints, uint64_t left_out)
{
    fb_cli_say("%llu session%s became %zu endpoint%s; %llu with addresses of content networks left out",
               (unsigned long long)sessions, sessions == 1 ? "" : "s", endpoints, endpoints == 1 ? "" : "s",
               (unsigned long long)left_out);
}

static int finish(struct learn *l, const struct make_args *a, struct fb_list_items *items, int code)
{
    struct fb_buf out;
    struct fb_err err = {0};
    uint64_t left_out;
    size_t before = items->n;
    fb_buf_init(&out, (size_t)2 << 30);
    enum fb_status st = fb_list_maker_finish(l->maker, a->as ? a->as : "learned", items, &left_out, &err);
    if (st == FB_OK)
        st = fb_list_items_unique(items, &err);
    if (st == FB_OK)
        st = fb_list_items_write(items, true, a->date, &out, &err);
    int saved = st == FB_OK ? fb_lists_save(a->out, &out) : fb_cli_fail(&err);
    if (saved == FB_EXIT_OK && !a->in.quiet)
        say_result(l->taken, items->n - before - (items->n > before), left_out);
    if (saved == FB_EXIT_OK && a->process && !a->in.quiet)
        fb_cli_say("no endpoint names a process: captures do not say which process a session was of");
    fb_buf_release(&out);
    return saved == FB_EXIT_OK ? code : saved;
}

/* `list` NULL: out of all sessions; else out of those that the list does not let through, added to it. */
static int make(char **args, const char *list, struct make_args *a, const char *verb)
{
    struct learn l = {.egress = a->p.scope == FB_LIST_SCOPE_EGRESS};
    struct fb_list_items items;
    struct fb_list_set *set = NULL;
    struct fb_list_file *const *file;
    struct fb_err err = {0};
    char *path[1] = {(char *)list};
    fb_list_items_init(&items);
    enum fb_status st = fb_list_maker_new(a->process, a->p.set.trust_ptr, &l.maker, &err);
    if (st == FB_OK && list)
        st = fb_lists_load(path, 1, &a->p, &set, NULL, &err);
    if (st == FB_OK && list && !fb_list_set_has_whitelists(set))
        st = fb_err_set(&err, FB_ERR_USAGE, "%s: not a whitelist", list);
    if (st == FB_OK && list)
        st = fb_list_judge_new(set, &l.judge, &err);
    if (st == FB_OK && list) {
        fb_list_set_files(set, &file);
        st = fb_list_items_take(&items, file[0], NULL, &err);
        a->date = a->date ? a->date : file[0]->date;
        a->as = a->as ? a->as : file[0]->white[0].name;
    }
    int code = st == FB_OK ? walk(verb, args, &a->in, &a->p, &l) : fb_cli_fail(&err);
    if (st == FB_OK && (code == FB_EXIT_OK || code == FB_EXIT_DAMAGED))
        code = finish(&l, a, &items, code);
    fb_list_judge_free(l.judge);
    fb_list_maker_free(l.maker);
    fb_list_items_release(&items);
    fb_list_set_free(set);
    return code;
}

/* `help` and `opts` are those of the verb; nlists: how many lists stand behind the case. */
static int make_verb(int argc, char **argv, const struct fb_cli_help *help, const struct fb_opt *opts,
                     struct make_args *a, int nlists)
{
    int nargs, code = fb_cli_parse(help, opts, argc, argv, &nargs);
    int64_t ns;
    struct fb_err err = {0};
    a->p.quiet = a->in.quiet;
    if (code < 0 && nargs != 1 + nlists)
        code = fb_cli_usage(help->verb,
                            nlists ? "a case and a list are needed" : "a case or a capture is needed");
    if (code < 0 && a->date && !fb_list_date_parse(a->date, &ns))
        code = fb_cli_usage(help->verb, "--date %s: expected a date such as 2024-01-31", a->date);
    if (code < 0 && fb_lists_policy_check(&a->p, &err) != FB_OK)
        code = fb_cli_fail(&err);
    if (code < 0)
        code = make(argv, nlists ? argv[1] : NULL, a, help->verb);
    fb_lists_policy_release(&a->p);
    return code;
}

/* What is written, and out of what. */
#define MAKE_OPTIONS(a)                                                                                      \
    {'o', "output", FB_OPT_TEXT, &(a).out, "FILE", NULL, "a new file; default: standard output"},            \
        {0, "as", FB_OPT_TEXT, &(a).as, "NAME", NULL, "name of the list that gets the endpoints"},           \
        {0, "date", FB_OPT_TEXT, &(a).date, "DATE", NULL, "date of the file"},                               \
        {0,                                                                                                  \
         "process",                                                                                          \
         FB_OPT_FLAG,                                                                                        \
         &(a).process,                                                                                       \
         NULL,                                                                                               \
         NULL,                                                                                               \
         "endpoints name the process too, where it is known"},                                               \
        FB_OPT_INTEL((a).p.intel), FB_INGEST_OPTIONS((a).in)

int fb_lists_make(int argc, char **argv)
{
    static const struct fb_cli_help help = {
        "lists make", "CASE|CAPTURE [-o FILE] [--as NAME] [--scope egress]",
        "Writes a whitelist that lets every session of the case through, or those that leave the "
        "local\nnetworks: by proven name, else by address; ports as ranges.",
        "  fbforensics lists make office.fbcase --as office -o office.json\n"};
    struct make_args a = {.in = FB_INGEST_OPTS_DEFAULT};
    const struct fb_opt opts[] = {FB_LISTS_SCOPE_OPTIONS(a.p), MAKE_OPTIONS(a), {0}};
    return make_verb(argc, argv, &help, opts, &a, 0);
}

int fb_lists_augment(int argc, char **argv)
{
    static const struct fb_cli_help help = {
        "lists augment", "CASE|CAPTURE LIST [-o FILE] [--as NAME]",
        "Writes the list with endpoints added for the sessions that it does not let through; --as names the "
        "list in the "
        "file\nthat gets them, by default the first.",
        "  fbforensics lists augment monday.fbcase office.json -o office.new.json\n"};
    struct make_args a = {.in = FB_INGEST_OPTS_DEFAULT};
    const struct fb_opt opts[] = {FB_LISTS_SCOPE_OPTIONS(a.p),
                                  FB_LISTS_CHOICE_OPTIONS(a.p),
                                  FB_LISTS_TRUST_OPTIONS(a.p),
                                  MAKE_OPTIONS(a),
                                  {0}};
    return make_verb(argc, argv, &help, opts, &a, 1);
}

/* ---- unused ---- */

static void put_hits(struct fb_buf *b, const struct fb_list_set *s, const struct learn *l, bool all,
                     bool json)
{
    const struct fb_list_active *a;
    const struct fb_list_black_active *black;
    size_t n = fb_list_set_endpoints(s, &a), nblack = fb_list_set_blacklists(s, &black);
    for (size_t i = 0; i < n + nblack; i++) {
        uint64_t hits = i < n ? l->hits[i] : l->black_hits[i - n];
        const char *name = i < n ? a[i].list->name : black[i - n].list->name;
        if (hits && !all)
            continue;
        if (json) {
            fb_buf_puts(b, "{\"list\":");
            fb_escape_json(b, name, strlen(name));
            fb_buf_printf(b, ",\"hits\":%llu", (unsigned long long)hits);
            if (i < n)
                fb_buf_printf(b, ",\"endpoint\":%u,\"line\":%u,\"value\":", a[i].endpoint->number,
                              a[i].endpoint->line);
        } else {
            fb_buf_printf(b, "%10llu  ", (unsigned long long)hits);
            fb_escape_term(b, name, strlen(name));
            if (i < n)
                fb_buf_printf(b, "[%u]  ", a[i].endpoint->number);
        }
        if (i < n)
            fb_list_put_endpoint(b, a[i].endpoint);
        fb_buf_puts(b, json ? "}\n" : "\n");
    }
}

static int unused(char **args, int n, const struct fb_lists_policy *p, const struct fb_ingest_opts *in,
                  bool all, bool json)
{
    struct learn l = {.taken = 0};
    struct fb_list_set *set = NULL;
    const struct fb_list_active *a;
    const struct fb_list_black_active *b;
    struct fb_err err = {0};
    struct fb_buf out;
    fb_buf_init(&out, (size_t)2 << 30);
    enum fb_status st = fb_lists_load(args + 1, n - 1, p, &set, NULL, &err);
    if (st == FB_OK)
        st = fb_list_judge_new(set, &l.judge, &err);
    if (st == FB_OK) {
        l.hits = calloc(fb_list_set_endpoints(set, &a) + 1, sizeof *l.hits);
        l.black_hits = calloc(fb_list_set_blacklists(set, &b) + 1, sizeof *l.black_hits);
        st = l.hits && l.black_hits ? FB_OK : fb_err_nomem(&err, "hit counts");
    }
    int code = st == FB_OK ? walk("lists unused", args, in, p, &l) : fb_cli_fail(&err);
    if (st == FB_OK && (code == FB_EXIT_OK || code == FB_EXIT_DAMAGED)) {
        put_hits(&out, set, &l, all, json);
        int saved = fb_lists_save(NULL, &out);
        code = saved == FB_EXIT_OK ? code : saved;
    }
    fb_buf_release(&out);
    fb_list_judge_free(l.judge);
    fb_list_set_free(set);
    free(l.hits);
    free(l.black_hits);
    return code;
}

int fb_lists_unused(int argc, char **argv)
{
    struct fb_lists_policy p = {.strict = false};
    struct fb_ingest_opts in = FB_INGEST_OPTS_DEFAULT;
    bool all = false, json = false;
    const struct fb_opt opts[] = {
        {'a', "all", FB_OPT_FLAG, &all, NULL, NULL, "also entries that decided sessions, with how many"},
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "JSON lines"},
        FB_LISTS_OPTIONS(p),
        FB_OPT_INTEL(p.intel),
        FB_INGEST_OPTIONS(in),
        {0}};
    static const struct fb_cli_help help = {
        "lists unused", "CASE|CAPTURE LIST... [--all] [--json]",
        "Prints the endpoints of whitelists, and the blacklists, that decided no session of the case. A "
        "session counts for\n"
        "the first endpoint that matches it.",
        "  fbforensics lists unused office.fbcase corporate.json\n"
        "  fbforensics lists unused office.fbcase corporate.json --all\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    p.quiet = in.quiet;
    if (code < 0 && (nargs == 0 || (nargs == 1 && !p.builtin)))
        code = fb_cli_usage(help.verb, "a case and a list are needed");
    if (code < 0)
        code = unused(argv, nargs, &p, &in, all, json);
    fb_lists_policy_release(&p);
    return code;
}
