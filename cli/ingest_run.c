#include "cli/ingest_run.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/memory.h"
#include "cli/case_layers.h"
#include "cli/custody_entry.h"
#include "cli/evidence_plan.h"
#include "cli/interrupt.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/run_record.h"
#include "ingest/timeline.h"
#include "intel/wire/observer.h"
#include "replay/engine.h"
#include "store/rectab.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRESS_EVERY_PKTS 1024
#define WARNINGS_PER_FILE   10

static char **saved_argv;
static int saved_argc;

void fb_ingest_set_argv(int argc, char **argv)
{
    saved_argc = argc;
    saved_argv = argv;
}

int fb_ingest_argv(char ***argv)
{
    *argv = saved_argv;
    return saved_argc;
}

void fb_ingest_custody_json(struct fb_buf *out)
{
    fb_run_custody_json(out, saved_argc, saved_argv);
}

bool fb_ingest_opts_decide(const struct fb_ingest_opts *o)
{
    return o->ignore_checksums || o->filter || o->after_ns != INT64_MIN || o->before_ns != INT64_MAX ||
           o->memory_bytes || o->model || o->no_model || o->has_detect;
}

struct run {
    struct fb_timeline *t;
    struct fb_engine *e;
    struct fb_case *c;
    struct fb_session_sink to_case;
    struct fb_case_layers layers;
    uint64_t sessions, tunnelled;
    struct fb_progress progress;
    const char *path; /* of the case; NULL: in memory */
    bool replace;     /* what is there */
    bool resume;      /* the case that is there goes on */
    uint64_t alloc_failures;
};

static int pass_packets(void *ctx, const struct fb_packet_run *pr)
{
    struct run *r = ctx;
    return r->to_case.packets(r->to_case.ctx, pr);
}

static int pass_session(void *ctx, const struct fb_session *s)
{
    struct run *r = ctx;
    r->sessions++;
    r->tunnelled += s->nparents > 0;
    return r->to_case.session(r->to_case.ctx, s);
}

static int pass_observed(void *ctx, const struct fb_observed *o)
{
    struct run *r = ctx;
    return fb_case_on_record(r->c, o);
}

static bool is_sealed(const char *path)
{
    struct fb_case *c = NULL;
    struct fb_case_info info = {0};
    struct stat sb;
    bool sealed =
        stat(path, &sb) == 0 && (sb.st_mode & 0222) == 0; /* also one that cannot be read as a case */
    if (fb_case_open(path, &c, NULL) == FB_OK && fb_case_info(c, &info, NULL) == FB_OK)
        sealed = info.sealed;
    fb_case_close(c);
    return sealed;
}

static enum fb_status remove_old_case(const char *path, struct fb_err *err)
{
    if (access(path, F_OK) != 0)
        return FB_OK;
    if (!fb_case_probe(path))
        return fb_err_set(err, FB_ERR_USAGE, "%s: exists and is no case; it is not replaced", path);
    if (is_sealed(path))
        return fb_err_set(err, FB_ERR_USAGE, "%s: this case is sealed; it is not replaced", path);
    return fb_case_remove(path, err);
}

/* The first record of the custody log; the second one follows when the case is finished. */
static enum fb_status begin_custody(struct fb_case *c, const char *what, const char *options_json,
                                    struct fb_err *err)
{
    struct fb_custody_entry e;
    struct fb_buf params;
    fb_buf_init(&params, (size_t)16 << 20);
    fb_custody_put_params(&params, options_json);
    fb_custody_entry_fill(&e, what, fb_buf_cstr(&params), NULL);
    enum fb_status st = params.failed ? fb_err_nomem(err, "the custody log") : fb_custody_begin(c, &e, err);
    fb_buf_release(&params);
    return st;
}

/* Which packet an ordinal is, of those that the timeline has given so far. */
static bool locate(void *ctx, uint64_t ordinal, uint32_t *evidence, uint64_t *pkt_no)
{
    const struct run *r = ctx;
    size_t n, lo = 0;
    const struct fb_timeline_run *run = fb_timeline_runs(r->t, &n);
    for (size_t hi = n; lo < hi;) {
        size_t mid = lo + (hi - lo) / 2;
        if (run[mid].first_ordinal + run[mid].count <= ordinal)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == n || run[lo].first_ordinal > ordinal)
        return false;
    *evidence = run[lo].evidence;
    *pkt_no = run[lo].first_pkt_no + (ordinal - run[lo].first_ordinal);
    return true;
}

static enum fb_status new_case(struct run *r, const struct fb_case_run *run, struct fb_err *err)
{
    struct fb_buf plan;
    fb_buf_init(&plan, (size_t)48 << 20);
    enum fb_status st = fb_case_create(r->path, &r->c, err);
    if (st == FB_OK && r->path) {
        fb_plan_put(&plan, r->t);
        fb_case_set_plan(r->c, plan.failed ? NULL : fb_buf_cstr(&plan));
    }
    if (st == FB_OK)
        st = fb_case_begin(r->c, run, err);
    fb_buf_release(&plan);
    return st;
}

static enum fb_status begin_case(struct run *r, const struct fb_ingest_opts *o, struct fb_err *err)
{
    struct fb_buf params, custody, options;
    fb_buf_init(&params, (size_t)1 << 20);
    fb_buf_init(&options, (size_t)1 << 20);
    fb_buf_init(&custody, (size_t)16 << 20);
    fb_run_params_json(&params, o);
    fb_run_custody_json(&custody, saved_argc, saved_argv);
    struct fb_case_run run = {FB_VERSION, fb_buf_cstr(&params), fb_buf_cstr(&custody)};
    enum fb_status st = FB_OK;
    if (!params.failed)
        fb_case_layers_put_options(&options, run.params_json, &r->layers);
    if (params.failed || custody.failed || options.failed)
        st = fb_err_set(err, FB_ERR_LIMIT, "the command line is too long to be recorded");
    if (st == FB_OK)
        st = r->resume ? fb_case_resume(r->path, &run, &r->c, err) : new_case(r, &run, err);
    if (st == FB_OK)
        fb_case_set_locate(r->c, locate, r);
    if (st == FB_OK)
        st = begin_custody(r->c, r->resume ? "ingest-resume" : "ingest", fb_buf_cstr(&options), err);
    if (st == FB_OK)
        st = fb_case_commit(r->c, err);
    fb_buf_release(&params);
    fb_buf_release(&custody);
    fb_buf_release(&options);
    return st;
}

static enum fb_status open_engine(struct run *r, const struct fb_ingest_opts *o, struct fb_err *err)
{
    struct fb_engine_opts eo = {
        .decode.ignore_checksums = o->ignore_checksums,
        .threads = o->threads > 64 ? 64 : (unsigned)o->threads,
        .memory_bytes = o->memory_bytes,
        .observer = &fb_intel_observer,
    };
    struct fb_session_sink sink = {
        .ctx = r, .packets = pass_packets, .session = pass_session, .observed = pass_observed};
    r->to_case = fb_case_sink(r->c);
    return fb_engine_new(&eo, &sink, &r->e, err);
}

_Noreturn static void stop_interrupted(struct run *r)
{
    fb_progress_end(&r->progress, r->t, r->sessions);
    struct fb_timeline_progress at;
    fb_timeline_progress(r->t, &at);
    fb_engine_free(r->e);
    fb_case_close(r->c);
    fb_timeline_close(r->t);
    if (r->path)
        fb_cli_say(
            "interrupted after %llu packets; %s is incomplete; go on with: fbforensics ingest --resume %s",
            (unsigned long long)at.pkts, r->path, r->path);
    fb_interrupt_die();
}

static enum fb_status feed_all(struct run *r, struct fb_err *err)
{
    struct fb_record rec;
    uint32_t evidence;
    uint64_t ordinal, n = 0;
    for (;;) {
        if (fb_interrupt_pending())
            stop_interrupted(r);
        enum fb_status st = fb_timeline_next(r->t, &rec, &evidence, &ordinal, err);
        if (st == FB_EOF)
            return FB_OK;
        if (st != FB_OK)
            return st;
        FB_TRY(fb_engine_feed(r->e, &rec, ordinal, err));
        if (++n % PROGRESS_EVERY_PKTS == 0)
            fb_progress_step(&r->progress, r->t, r->sessions);
    }
}

/* The sink's own message says more than the engine can. */
static enum fb_status prefer_sink_error(const struct run *r, enum fb_status st, struct fb_err *err)
{
    const struct fb_err *behind = fb_case_sink_error(r->c);
    if (st != FB_OK && behind && behind->status != FB_OK && err) {
        *err = *behind;
        return behind->status;
    }
    return st;
}

static enum fb_status add_counters(struct run *r, struct fb_err *err)
{
    struct fb_engine_stats es;
    fb_engine_stats(r->e, &es);
    const struct fb_decode_stats *d = fb_engine_decode_stats(r->e);
    const struct {
        const char *name;
        uint64_t value;
    } counter[] = {
        {"packets_fed", es.pkts},
        {"ip_packets", es.ip_pkts},
        {"sessions", es.sessions},
        {FB_COUNTER_TUNNELLED, r->tunnelled},
        {"shed_sessions", es.shed_sessions},
        {"non_ip_packets", d->non_ip_pkts},
        {"malformed_packets", d->malformed_pkts},
        {"bad_ip_checksum_packets", d->bad_ip_checksum_pkts},
        {"fragments", d->fragments},
        {"fragments_reassembled", d->frag_reassembled},
        {"fragments_expired", d->frag_expired},
        {"fragments_shed", d->frag_shed},
        {"depth_exceeded_packets", d->depth_exceeded_pkts},
        {"unknown_linktype_packets", d->unknown_linktype_pkts},
    };
    for (size_t i = 0; i < sizeof counter / sizeof *counter; i++)
        FB_TRY(fb_case_add_counter(r->c, counter[i].name, counter[i].value, err));
    return FB_OK;
}

static enum fb_status add_evidence(struct run *r, struct fb_err *err)
{
    for (size_t i = 0; i < fb_timeline_nevidence(r->t); i++)
        FB_TRY(fb_case_add_evidence(r->c, fb_timeline_evidence(r->t, i), err));
    size_t n;
    const struct fb_timeline_run *run = fb_timeline_runs(r->t, &n);
    for (size_t i = 0; i < n; i++)
        FB_TRY(fb_case_add_timeline_run(r->c, run[i].evidence, run[i].first_ordinal, run[i].first_pkt_no,
                                        run[i].count, err));
    return FB_OK;
}

static void warn_of_damage(const struct fb_evidence *e)
{
    size_t shown = e->ndamage < WARNINGS_PER_FILE ? e->ndamage : WARNINGS_PER_FILE;
    struct fb_buf path;
    fb_buf_init(&path, 65536);
    fb_escape_term(&path, e->path, strlen(e->path));
    for (size_t i = 0; i < shown; i++)
        fb_cli_say("%s: warning: damaged at byte %llu, after packet %llu: %s", fb_buf_cstr(&path),
                   (unsigned long long)e->damage[i].byte_off, (unsigned long long)e->damage[i].pkt_no,
                   e->damage[i].what);
    if (e->damage_total > shown)
        fb_cli_say("%s: warning: damaged at %llu more places; see: fbforensics info", fb_buf_cstr(&path),
                   (unsigned long long)(e->damage_total - shown));
    fb_buf_release(&path);
}

/* True when some evidence is damaged. */
static bool report_evidence(const struct run *r, bool quiet)
{
    bool damaged = false;
    size_t n;
    const char *const *skipped = fb_timeline_skipped(r->t, &n);
    for (size_t i = 0; i < n && !quiet; i++)
        fb_cli_say("%s: passed over, since it is no capture", skipped[i]);
    for (size_t i = 0; i < fb_timeline_nevidence(r->t); i++) {
        const struct fb_evidence *e = fb_timeline_evidence(r->t, i);
        if (e->damage_total == 0)
            continue;
        damaged = true;
        if (!quiet)
            warn_of_damage(e);
    }
    return damaged;
}

static enum fb_status do_run(struct run *r, const struct fb_ingest_opts *o, struct fb_err *err)
{
    if (r->path && r->replace)
        FB_TRY(remove_old_case(r->path, err));
    FB_TRY(begin_case(r, o, err));
    FB_TRY(open_engine(r, o, err));
    FB_TRY(feed_all(r, err));
    FB_TRY(fb_timeline_finish(r->t, err));
    FB_TRY(fb_engine_finish(r->e, err));
    if (fb_interrupt_pending())
        stop_interrupted(r);
    if (fb_alloc_failures() != r->alloc_failures)
        return fb_err_nomem(err, "reading the evidence");
    FB_TRY(add_evidence(r, err));
    FB_TRY(add_counters(r, err));
    FB_TRY(fb_case_finish(r->c, err));
    return fb_case_layers_run(r->c, &r->layers, err);
}

static bool is_complete(const char *path)
{
    struct fb_case *c;
    struct fb_case_info info = {0};
    if (fb_case_open(path, &c, NULL) != FB_OK)
        return false;
    bool complete = fb_case_info(c, &info, NULL) == FB_OK && info.complete;
    fb_case_close(c);
    return complete;
}

/* What a run that failed leaves: a request that cannot be served leaves nothing, a failure of the machine
 * leaves a case that can go on. */
static void after_failure(const struct run *r, bool began, struct fb_err *err)
{
    if (!r->path || !began || !err)
        return;
    if (!r->resume && (err->status == FB_ERR_USAGE || err->status == FB_ERR_INPUT)) {
        (void)fb_case_remove(r->path, NULL);
        return;
    }
    struct fb_err why = *err;
    if (is_complete(r->path)) {
        fb_err_set(
            err, why.status,
            "%.180s; the case is complete, but what was written last lies beside it; put it in order with: "
            "fbforensics ingest --resume %s",
            why.msg, r->path);
        return;
    }
    fb_err_set(err, why.status, "%.200s; the case is incomplete; go on with: fbforensics ingest --resume %s",
               why.msg, r->path);
}

static enum fb_status read_all(struct run *r, const char *const *paths, size_t npaths,
                               const struct fb_ingest_opts *o, struct fb_case **out, struct fb_err *err)
{
    struct fb_timeline_opts to = {.filter = o->filter, .after_ns = o->after_ns, .before_ns = o->before_ns};
    r->alloc_failures = fb_alloc_failures();
    FB_TRY(fb_timeline_open(paths, npaths, &to, &r->t, err));
    fb_progress_init(&r->progress, o);
    fb_interrupt_catch();
    enum fb_status st = do_run(r, o, err);
    bool began = r->e != NULL;
    if (st != FB_OK && r->c)
        st = prefer_sink_error(r, st, err);
    fb_interrupt_release();
    fb_progress_end(&r->progress, r->t, r->sessions);
    if (st == FB_OK) {
        *out = r->c;
        r->c = NULL;
        if (report_evidence(r, o->quiet))
            st = FB_ERR_DAMAGED;
    }
    fb_engine_free(r->e);
    fb_case_close(r->c);
    fb_timeline_close(r->t);
    if (st != FB_OK && st != FB_ERR_DAMAGED)
        after_failure(r, began, err);
    return st;
}

static enum fb_status run(struct run *r, const char *const *paths, size_t npaths,
                          const struct fb_ingest_opts *o, struct fb_case **out, struct fb_err *err)
{
    enum fb_status st = fb_case_layers_init(&r->layers, o, err);
    if (st == FB_OK)
        st = read_all(r, paths, npaths, o, out, err);
    fb_case_layers_release(&r->layers);
    return st;
}

enum fb_status fb_ingest_run(const char *const *paths, size_t npaths, const struct fb_ingest_opts *o,
                             const char *case_path, bool replace, struct fb_case **out, struct fb_err *err)
{
    struct run r = {.path = case_path, .replace = replace};
    return run(&r, paths, npaths, o, out, err);
}

enum fb_status fb_ingest_go_on(const char *const *paths, size_t npaths, const struct fb_ingest_opts *o,
                               const char *case_path, struct fb_case **out, struct fb_err *err)
{
    struct run r = {.path = case_path, .resume = true};
    return run(&r, paths, npaths, o, out, err);
}
