#include "cli/resolve_run.h"

#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/addr_count.h"
#include "cli/custody_entry.h"
#include "cli/interrupt.h"
#include "cli/message.h"
#include "cli/resolved_names.h"
#include "intel/packs/data_file.h"
#include "intel/resolve/resolved_def.h"
#include "intel/resolve/resolver.h"
#include "intel/special.h"
#include "store/edit.h"
#include "store/rectab.h"

#include <stdlib.h>

#define SYSTEM_FILE "/etc/resolv.conf"
#define MAX_ASKED   1000000u
#define ROWS_MAX    ((size_t)1 << 30)

/* One that was asked: where its row, but for the run, lies. */
struct asked {
    struct fb_addr addr;
    size_t off, len;
};

struct job {
    struct fb_resolve_server server[FB_RESOLVE_SERVERS_MAX];
    size_t nservers;
    struct fb_resolved_names *cache;
    struct fb_addr *addr; /* to ask */
    size_t naddrs;
    struct asked *asked;
    size_t nasked;
    struct fb_buf rows;
    uint64_t special, cached, beyond; /* addresses that are left out, and why */
    uint64_t of[FB_PTR_NO_ANSWER + 1];
};

int fb_resolve_args_check(const char *verb, const struct fb_resolve_args *r)
{
    const struct fb_resolve_args d = FB_RESOLVE_ARGS_DEFAULT;
    struct fb_resolve_server s;
    if (!r->on && (r->special || r->again || r->resolver || r->max != d.max || r->rate != d.rate ||
                   r->seconds != d.seconds || r->examiner))
        return fb_cli_usage(verb, "options about resolving need --resolve: without it no query is sent");
    if (r->resolver && !fb_resolve_server_parse(r->resolver, &s))
        return fb_cli_usage(verb, "--resolver %s: needs an address, ADDR:PORT or [ADDR]:PORT", r->resolver);
    if (r->max == 0 || r->max > MAX_ASKED)
        return fb_cli_usage(verb, "--resolve-max: from 1 to %u", MAX_ASKED);
    if (r->rate == 0 || r->rate > 10000)
        return fb_cli_usage(verb, "--resolve-rate: from 1 to 10000");
    if (r->seconds == 0 || r->seconds > 86400)
        return fb_cli_usage(verb, "--resolve-time: from 1 to 86400");
    return -1;
}

/* ---- whom to ask, and about what ---- */

static enum fb_status choose_servers(struct job *j, const struct fb_resolve_args *r, struct fb_err *err)
{
    struct fb_data_file f;
    if (r->resolver) {
        j->nservers = fb_resolve_server_parse(r->resolver, &j->server[0]);
        return FB_OK;
    }
    FB_TRY(fb_data_file_read(SYSTEM_FILE, &f, err));
    j->nservers = fb_resolve_servers_read((struct fb_span){f.data, f.n}, j->server);
    fb_data_file_release(&f);
    return j->nservers
               ? FB_OK
               : fb_err_set(err, FB_ERR_USAGE, SYSTEM_FILE " names no resolver: give one with --resolver");
}

static bool is(struct fb_span s, enum fb_ptr_outcome o)
{
    const char *t = fb_ptr_outcome_name(o);
    return s.n == strlen(t) && memcmp(s.p, t, s.n) == 0;
}

/* Whatever a server said is known; silence and errors may pass. */
static bool is_known(const struct job *j, const struct fb_addr *a)
{
    struct fb_resolved_entry e;
    return fb_resolved_names_find(j->cache, a, &e) &&
           (is(e.outcome, FB_PTR_NAMED) || is(e.outcome, FB_PTR_NO_NAME));
}

static enum fb_status choose_addrs(struct job *j, struct fb_case *c, const struct fb_resolve_args *r,
                                   const struct fb_addr *only, struct fb_err *err)
{
    struct fb_addr_count *all = NULL;
    size_t n = 0;
    FB_TRY(fb_addr_count(c, &all, &n, err));
    j->addr = calloc(n ? n : 1, sizeof *j->addr);
    for (size_t i = 0; j->addr && i < n; i++) {
        const struct fb_addr *a = &all[i].addr;
        if (only && !fb_addr_eq(a, only))
            continue;
        if (!r->special && fb_addr_special(a))
            j->special++;
        else if (!r->again && is_known(j, a))
            j->cached++;
        else if (j->naddrs == r->max)
            j->beyond++;
        else
            j->addr[j->naddrs++] = *a;
    }
    free(all);
    j->asked = j->addr ? calloc(j->naddrs ? j->naddrs : 1, sizeof *j->asked) : NULL;
    return j->asked ? FB_OK : fb_err_nomem(err, "addresses");
}

/* ---- answers ---- */

static void put_answer(void *ctx, size_t i, const struct fb_resolved *r)
{
    struct job *j = ctx;
    const struct fb_ptr_answer *a = r->answer;
    char server[FB_RESOLVE_SERVER_STRLEN];
    struct asked *k = &j->asked[j->nasked++];
    *k = (struct asked){.addr = j->addr[i], .off = j->rows.len};
    j->of[a->outcome]++;
    fb_rec_addr(&j->rows, &j->addr[i]);
    fb_rec_text(&j->rows, fb_ptr_outcome_name(a->outcome));
    if (a->nnames)
        fb_rec_bytes(&j->rows, a->names, a->names_bytes);
    else
        fb_rec_null(&j->rows);
    if (a->nnames)
        fb_rec_int(&j->rows, a->ttl_s);
    else
        fb_rec_null(&j->rows);
    if (a->outcome == FB_PTR_NO_ANSWER)
        fb_rec_null(&j->rows);
    else
        fb_rec_int(&j->rows, a->rcode);
    fb_rec_bytes(&j->rows, server, fb_resolve_server_format(&j->server[r->server], server));
    fb_rec_int(&j->rows, r->tcp);
    fb_rec_int(&j->rows, r->asked_ns);
    k->len = j->rows.len - k->off;
}

static int by_addr(const void *a, const void *b)
{
    return fb_addr_cmp(&((const struct asked *)a)->addr, &((const struct asked *)b)->addr);
}

/* ---- the layer ---- */

static void put_options(struct fb_buf *b, const struct job *j, const struct fb_resolve_args *r)
{
    char server[FB_RESOLVE_SERVER_STRLEN];
    fb_buf_printf(b, "{\"again\":%s,\"asked\":%zu,\"named\":%llu,\"no_answer\":%llu,\"no_name\":%llu,",
                  r->again ? "true" : "false", j->nasked, (unsigned long long)j->of[FB_PTR_NAMED],
                  (unsigned long long)j->of[FB_PTR_NO_ANSWER], (unsigned long long)j->of[FB_PTR_NO_NAME]);
    fb_buf_printf(b, "\"queries_a_second\":%llu,\"refused\":%llu,\"seconds\":%llu,\"servers\":[",
                  (unsigned long long)r->rate, (unsigned long long)j->of[FB_PTR_REFUSED],
                  (unsigned long long)r->seconds);
    for (size_t i = 0; i < j->nservers; i++) {
        fb_resolve_server_format(&j->server[i], server);
        fb_buf_printf(b, "%s\"%s\"", i ? "," : "", server);
    }
    fb_buf_printf(b, "],\"special\":%s}", r->special ? "true" : "false");
}

/* What is known already goes along, but for what was asked again. */
static enum fb_status put_cached(struct fb_rec_writer *w, const struct fb_resolved_entry *e,
                                 struct fb_buf *row, struct fb_err *err)
{
    const struct fb_rec_at at = {.number = 0};
    fb_buf_clear(row);
    fb_rec_addr(row, &e->addr);
    fb_rec_bytes(row, e->outcome.p, e->outcome.n);
    const struct fb_rec_cell cell[] = {{.null = e->names.n == 0, .s = e->names},
                                       {.null = e->ttl_s < 0, .i = e->ttl_s},
                                       {.null = e->rcode < 0, .i = e->rcode}};
    fb_rec_put(row, FB_REC_LIST, &cell[0]);
    fb_rec_put(row, FB_REC_INT, &cell[1]);
    fb_rec_put(row, FB_REC_INT, &cell[2]);
    fb_rec_bytes(row, e->server.p, e->server.n);
    fb_rec_int(row, e->tcp);
    fb_rec_int(row, e->asked_ns);
    fb_rec_int(row, e->by_run);
    return row->failed ? fb_err_nomem(err, "resolved names")
                       : fb_rec_write(w, &at, (struct fb_span){row->data, row->len}, err);
}

static enum fb_status put_asked(const struct job *j, struct fb_rec_writer *w, const struct asked *a,
                                int64_t run_id, struct fb_buf *row, struct fb_err *err)
{
    const struct fb_rec_at at = {.number = 0};
    fb_buf_clear(row);
    fb_buf_put(row, j->rows.data + a->off, a->len);
    fb_rec_int(row, run_id);
    return row->failed ? fb_err_nomem(err, "resolved names")
                       : fb_rec_write(w, &at, (struct fb_span){row->data, row->len}, err);
}

static enum fb_status write_rows(const struct job *j, struct fb_rec_writer *w, int64_t run_id,
                                 struct fb_err *err)
{
    struct fb_buf row;
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    enum fb_status st = FB_OK;
    size_t c = 0, a = 0, n = fb_resolved_names_count(j->cache);
    while (st == FB_OK && (c < n || a < j->nasked)) {
        struct fb_resolved_entry e = {.outcome = {NULL, 0}};
        if (c < n)
            e = fb_resolved_names_at(j->cache, c);
        int d = c == n ? 1 : a == j->nasked ? -1 : fb_addr_cmp(&e.addr, &j->asked[a].addr);
        if (d < 0)
            st = put_cached(w, &e, &row, err);
        else
            st = put_asked(j, w, &j->asked[a++], run_id, &row, err);
        c += d <= 0;
    }
    fb_buf_release(&row);
    return st;
}

static enum fb_status keep(struct job *j, struct fb_case *c, const struct fb_resolve_args *r,
                           struct fb_err *err)
{
    struct fb_custody_entry entry;
    struct fb_buf options, params;
    struct fb_edit *e = NULL;
    struct fb_rec_writer *w = NULL;
    int64_t run_id = 0;
    fb_buf_init(&options, 65536);
    fb_buf_init(&params, (size_t)16 << 20);
    put_options(&options, j, r);
    fb_custody_put_params(&params, fb_buf_cstr(&options));
    fb_custody_entry_fill(&entry, "resolve", fb_buf_cstr(&params), r->examiner);
    if (j->nasked)
        qsort(j->asked, j->nasked, sizeof *j->asked, by_addr);
    enum fb_status st = options.failed || params.failed || j->rows.failed
                            ? fb_err_nomem(err, "resolved names")
                            : fb_edit_open_for(c, &e, err);
    if (st == FB_OK)
        st = fb_edit_layer(e, "resolve", &entry, NULL, &run_id, err);
    if (st == FB_OK)
        st = fb_edit_record_open(e, &fb_resolved_def, run_id, &w, err);
    if (st == FB_OK)
        st = write_rows(j, w, run_id, err);
    if (st == FB_OK)
        st = fb_rec_writer_finish(w, NULL, NULL, err);
    fb_rec_writer_free(w);
    if (st == FB_OK)
        st = fb_edit_commit(e, &entry, err);
    fb_edit_close(e);
    fb_buf_release(&options);
    fb_buf_release(&params);
    return st;
}

/* ---- the whole ---- */

static void say_before(const struct job *j)
{
    char server[FB_RESOLVE_SERVER_STRLEN];
    fb_resolve_server_format(&j->server[0], server);
    fb_cli_say(
        "asking %s for the names of %zu addresses (known already: %llu; special, left out: %llu; beyond "
        "--resolve-max: %llu)",
        server, j->naddrs, (unsigned long long)j->cached, (unsigned long long)j->special,
        (unsigned long long)j->beyond);
}

static void say_after(const struct job *j)
{
    fb_cli_say(
        "%llu have a name, %llu have none, %llu refused, %llu without an answer, %zu not asked for want of "
        "time",
        (unsigned long long)j->of[FB_PTR_NAMED], (unsigned long long)j->of[FB_PTR_NO_NAME],
        (unsigned long long)j->of[FB_PTR_REFUSED], (unsigned long long)j->of[FB_PTR_NO_ANSWER],
        j->naddrs - j->nasked);
}

static enum fb_status ask(struct job *j, const struct fb_resolve_args *r, struct fb_err *err)
{
    struct fb_resolve_opts o = FB_RESOLVE_OPTS_DEFAULT;
    o.server = j->server;
    o.nservers = j->nservers;
    o.tries = j->nservers > 1 ? (unsigned)j->nservers : o.tries;
    o.a_second = r->rate;
    o.total_ns = (int64_t)r->seconds * FB_NS_PER_S;
    o.stop = fb_interrupt_pending;
    return fb_resolve(&o, j->addr, j->naddrs, put_answer, j, err);
}

/* So that nothing is asked whose answer could not be kept. */
static enum fb_status can_be_changed(struct fb_case *c, struct fb_err *err)
{
    struct fb_edit *e = NULL;
    enum fb_status st = fb_edit_open_for(c, &e, err);
    if (st == FB_OK)
        fb_edit_close(e);
    return st == FB_OK ? st : fb_err_wrap(err, "nothing was asked");
}

enum fb_status fb_resolve_case(struct fb_case *c, const struct fb_resolve_args *r, const struct fb_addr *only,
                               bool quiet, struct fb_err *err)
{
    struct job j = {.nservers = 0};
    bool interrupted = false;
    fb_buf_init(&j.rows, ROWS_MAX);
    enum fb_status st = can_be_changed(c, err);
    if (st == FB_OK)
        st = choose_servers(&j, r, err);
    if (st == FB_OK)
        st = fb_resolved_names_load(c, &j.cache, err);
    if (st == FB_OK)
        st = choose_addrs(&j, c, r, only, err);
    if (st == FB_OK && !quiet)
        say_before(&j);
    if (st == FB_OK && j.naddrs) {
        fb_interrupt_catch();
        st = ask(&j, r, err);
        interrupted = fb_interrupt_pending();
        if (st == FB_OK && !quiet)
            say_after(&j);
        if (st == FB_OK && j.nasked)
            st = keep(&j, c, r, err);
        if (interrupted && st == FB_OK)
            fb_interrupt_die();
        fb_interrupt_release();
    }
    fb_resolved_names_free(j.cache);
    free(j.addr);
    free(j.asked);
    fb_buf_release(&j.rows);
    return st;
}
