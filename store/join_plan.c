/* Which cases and which evidence count, in which order, and the records of them in the merged case. */
#include "store/join_int.h"

static enum fb_status take_evidence(struct fb_join_case *in, struct fb_err *err)
{
    struct fb_case_info info;
    FB_TRY(fb_case_info(in->c, &info, err));
    if (!info.complete)
        return fb_err_set(err, FB_ERR_USAGE, "the case is incomplete: its ingest was interrupted");
    in->ev = calloc(info.nevidence ? (size_t)info.nevidence : 1, sizeof *in->ev);
    if (!in->ev)
        return fb_err_nomem(err, "evidence records");
    in->first_ts_ns = INT64_MAX;
    in->last_ts_ns = INT64_MIN;
    for (; in->nev < info.nevidence; in->nev++) {
        struct fb_evidence e;
        struct fb_join_evidence *v = &in->ev[in->nev];
        enum fb_status st = fb_case_evidence(in->c, in->nev, &e, err);
        if (st == FB_OK) {
            memcpy(v->sha256, e.sha256, sizeof v->sha256);
            v->size_bytes = e.size_bytes;
            v->has_pkts = e.pkts > 0;
            v->first_ts_ns = v->has_pkts ? e.first_ts_ns : INT64_MAX;
            v->last_ts_ns = v->has_pkts ? e.last_ts_ns : INT64_MIN;
        }
        fb_evidence_release(&e);
        FB_TRY(st);
        if (v->first_ts_ns < in->first_ts_ns)
            in->first_ts_ns = v->first_ts_ns;
        if (v->last_ts_ns > in->last_ts_ns)
            in->last_ts_ns = v->last_ts_ns;
    }
    return FB_OK;
}

static enum fb_status end_of_timeline(void *ctx, const struct fb_timeline_piece *r)
{
    struct fb_join_case *in = ctx;
    in->ordinals = r->first_ordinal + r->count - 1;
    return r->count <= INT64_MAX && r->first_ordinal <= INT64_MAX - r->count ? FB_OK : FB_ERR_VERIFY;
}

static int evidence_cmp(const struct fb_join_evidence *a, const struct fb_join_evidence *b)
{
    if (a->first_ts_ns != b->first_ts_ns)
        return a->first_ts_ns < b->first_ts_ns ? -1 : 1;
    int c = memcmp(a->sha256, b->sha256, sizeof a->sha256);
    return c ? c : (a->size_bytes > b->size_bytes) - (a->size_bytes < b->size_bytes);
}

/* Time of the first packet; then what the evidence is, so that the order of arguments changes nothing. */
static int case_order(const void *pa, const void *pb)
{
    const struct fb_join_case *a = pa, *b = pb;
    if (a->first_ts_ns != b->first_ts_ns)
        return a->first_ts_ns < b->first_ts_ns ? -1 : 1;
    for (size_t i = 0; i < a->nev && i < b->nev; i++) {
        int c = evidence_cmp(&a->ev[i], &b->ev[i]);
        if (c)
            return c;
    }
    if (a->nev != b->nev)
        return a->nev < b->nev ? -1 : 1;
    return a->input < b->input ? -1 : a->input > b->input;
}

static bool same_evidence(const struct fb_join_evidence *a, const struct fb_join_evidence *b)
{
    return a->size_bytes == b->size_bytes && memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0;
}

static const struct fb_join_evidence *find_in(const struct fb_join_case *in, const struct fb_join_evidence *e)
{
    for (size_t i = 0; i < in->nev; i++)
        if (same_evidence(&in->ev[i], e))
            return &in->ev[i];
    return NULL;
}

static bool holds_all(const struct fb_join_case *big, const struct fb_join_case *small)
{
    for (size_t i = 0; i < small->nev; i++)
        if (!find_in(big, &small->ev[i]))
            return false;
    return true;
}

/* A case whose evidence another one has too is not counted; of equals the first stays. */
static void drop_covered(struct fb_join *j)
{
    for (size_t i = 0; i < j->n; i++)
        for (size_t k = 0; k < j->n && !j->in[i].dropped; k++) {
            if (k == i || j->in[k].dropped || !holds_all(&j->in[k], &j->in[i]))
                continue;
            j->in[i].dropped = !holds_all(&j->in[i], &j->in[k]) || k < i;
            j->report->cases_dropped += j->in[i].dropped;
        }
}

static void mark_repeated(struct fb_join *j)
{
    for (size_t i = 0; i < j->n; i++)
        for (size_t e = 0; e < j->in[i].nev; e++) {
            struct fb_join_evidence *v = &j->in[i].ev[e];
            v->repeated = j->in[i].dropped;
            for (size_t k = 0; k < i && !v->repeated; k++)
                v->repeated = !j->in[k].dropped && find_in(&j->in[k], v);
            j->report->evidence_dropped += v->repeated;
            j->in[i].partial |= v->repeated && !j->in[i].dropped;
        }
}

static int evidence_order(const void *pa, const void *pb)
{
    const struct fb_join_evidence *a = *(struct fb_join_evidence *const *)pa;
    const struct fb_join_evidence *b = *(struct fb_join_evidence *const *)pb;
    int c = evidence_cmp(a, b);
    return c ? c : (a->merged > b->merged) - (a->merged < b->merged);
}

/* Indices in the merged case, by the time of the first packet. */
static enum fb_status order_evidence(struct fb_join *j, struct fb_err *err)
{
    size_t n = 0, all = 0;
    for (size_t i = 0; i < j->n; i++)
        all += j->in[i].nev;
    struct fb_join_evidence **list = calloc(all ? all : 1, sizeof *list);
    if (!list)
        return fb_err_nomem(err, "evidence records");
    for (size_t i = 0; i < j->n; i++)
        for (size_t e = 0; e < j->in[i].nev; e++)
            if (!j->in[i].ev[e].repeated) {
                j->in[i].ev[e].merged = (uint32_t)n; /* the order among equals, until they are sorted */
                list[n++] = &j->in[i].ev[e];
            }
    if (n)
        qsort(list, n, sizeof *list, evidence_order);
    for (size_t i = 0; i < n; i++)
        list[i]->merged = (uint32_t)i;
    for (size_t i = 0; i < j->n; i++)
        for (size_t e = 0; e < j->in[i].nev; e++) {
            struct fb_join_evidence *v = &j->in[i].ev[e];
            for (size_t k = 0; k < n && v->repeated; k++)
                if (same_evidence(list[k], v)) {
                    v->merged = (uint32_t)k;
                    break;
                }
        }
    free(list);
    return FB_OK;
}

/* Parameters of the run that decides: a merged case has those of its first input. */
static enum fb_status deciding_params(struct fb_join_case *in, char **out, struct fb_err *err)
{
    struct fb_case_run run;
    enum fb_status st = FB_OK;
    for (size_t i = 0; st == FB_OK; i++) {
        st = fb_case_run_at(in->c, i, &run, err);
        if (st == FB_OK && strncmp(run.params_json, "{\"merge\":", 9) != 0) {
            *out = strdup(run.params_json);
            return *out ? FB_OK : fb_err_nomem(err, "the merge");
        }
    }
    return st == FB_EOF ? fb_err_set(err, FB_ERR_VERIFY, "the case does not say how it was made") : st;
}

static enum fb_status check_params(struct fb_join *j, struct fb_err *err)
{
    char *first = NULL, *own = NULL;
    enum fb_status st = deciding_params(&j->in[0], &first, err);
    for (size_t i = 1; i < j->n && st == FB_OK; i++) {
        st = deciding_params(&j->in[i], &own, err);
        if (st == FB_OK && strcmp(first, own) != 0)
            st = fb_err_set(err, FB_ERR_USAGE,
                            "made with other parameters (%.120s) than %s (%.120s); cases of one analysis "
                            "are made alike",
                            own, j->in[0].name, first);
        if (st != FB_OK)
            fb_err_wrap(err, "%s", j->in[i].name);
        free(own);
        own = NULL;
    }
    static const char *const none[] = {"\"after\":null", "\"before\":null", "\"filter\":null"};
    for (size_t i = 0; i < 3 && st == FB_OK; i++)
        j->clock_by_sessions |= strstr(first, none[i]) == NULL;
    free(first);
    return st;
}

enum fb_status fb_join_plan(struct fb_join *j, struct fb_err *err)
{
    FB_TRY(check_params(j, err));
    for (size_t i = 0; i < j->n; i++) {
        enum fb_status st = take_evidence(&j->in[i], err);
        if (st == FB_OK && fb_timeline_each(j->in[i].c, end_of_timeline, &j->in[i], err) != FB_OK)
            st = fb_err_set(err, FB_ERR_VERIFY, "the timeline of the case is damaged");
        if (st != FB_OK)
            return fb_err_wrap(err, "%s", j->in[i].name);
    }
    qsort(j->in, j->n, sizeof *j->in, case_order);
    drop_covered(j);
    mark_repeated(j);
    FB_TRY(order_evidence(j, err));
    uint64_t base = 0;
    j->clock_end_ns = INT64_MIN;
    for (size_t i = 0; i < j->n; i++) {
        if (j->in[i].dropped)
            continue;
        j->in[i].base = base;
        if (__builtin_add_overflow(base, j->in[i].ordinals, &base) || base > INT64_MAX)
            return fb_err_set(err, FB_ERR_LIMIT, "the cases together have too many packets");
        if (!j->clock_by_sessions && j->in[i].last_ts_ns > j->clock_end_ns)
            j->clock_end_ns = j->in[i].last_ts_ns;
    }
    return FB_OK;
}
