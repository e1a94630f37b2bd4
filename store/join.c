#include "store/join_dup.h"
#include "store/row.h"

#include <unistd.h>

enum { PROTO_ICMP = 3 }; /* fb_session.proto */

void fb_join_key_of(const struct fb_session *s, struct fb_join_key *out)
{
    /* What ICMP has for ports differs by direction, and who began it is who asked. */
    int c = s->proto == PROTO_ICMP ? -1 : fb_addr_cmp(&s->orig_h, &s->resp_h);
    bool swap = c > 0 || (c == 0 && s->orig_p > s->resp_p);
    memcpy(out->b, (swap ? &s->resp_h : &s->orig_h)->b, 16);
    memcpy(out->b + 16, (swap ? &s->orig_h : &s->resp_h)->b, 16);
    fb_store_be16(out->b + 32, swap ? s->resp_p : s->orig_p);
    fb_store_be16(out->b + 34, swap ? s->orig_p : s->resp_p);
    out->b[36] = s->proto;
    out->b[37] = s->ip_proto;
}

struct writer {
    struct fb_join *j;
    struct fb_session_sink sink;
    struct fb_join_dup dup;
    uint64_t number;
    uint64_t parents[FB_ROW_PARENTS_MAX];
};

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void renumber_parents(struct writer *w, const struct fb_join_case *in, struct fb_session *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->nparents && n < sizeof w->parents / sizeof *w->parents; i++) {
        uint64_t now = fb_join_parent_now(in, s->parents[i]);
        if (now)
            w->parents[n++] = now;
    }
    if (n)
        qsort(w->parents, n, sizeof *w->parents, by_value);
    s->parents = w->parents;
    s->nparents = n;
}

static enum fb_status copy_packets(struct writer *w, struct fb_join_case *in, struct fb_err *err)
{
    const struct fb_packet_entry *e;
    enum fb_status st;
    while ((st = fb_join_cursor_packets(&in->cur, &e, err)) == FB_OK) {
        struct fb_packet_run run = {w->number, e->first_ordinal + in->base, e->pkts, e->steps,
                                    e->steps_bytes};
        st = (enum fb_status)w->sink.packets(w->sink.ctx, &run);
        if (st != FB_OK)
            return fb_err_set(err, st, "%s", fb_case_sink_error(w->j->out)->msg);
    }
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status copy_session(struct writer *w, struct fb_join_case *in, struct fb_err *err)
{
    struct fb_session s = in->cur.s;
    w->number++;
    FB_TRY(copy_packets(w, in, err));
    const struct fb_join_open *o = s.end_reason == FB_END_EVIDENCE ? fb_join_open_find(in, s.number) : NULL;
    if (o && o->over)
        s.end_reason = o->why;
    if (in->c->rec.kase.n > 0)
        FB_TRY(fb_join_note_number(in, s.number, w->number, err));
    s.number = w->number;
    s.first_ordinal += in->base;
    FB_TRY(fb_join_dup_count(&w->dup, &s, &s.uid_dup, err));
    fb_join_layers_see(w->j, in, &s);
    renumber_parents(w, in, &s);
    enum fb_status st = (enum fb_status)w->sink.session(w->sink.ctx, &s);
    return st == FB_OK ? FB_OK : fb_err_set(err, st, "%s", fb_case_sink_error(w->j->out)->msg);
}

static enum fb_status copy_all(struct fb_join *j, struct fb_err *err)
{
    struct writer *w = calloc(1, sizeof *w);
    if (!w)
        return fb_err_nomem(err, "the merge");
    w->j = j;
    w->sink = fb_case_sink(j->out);
    struct fb_join_case *in;
    enum fb_status st = fb_join_start(j, err);
    while (st == FB_OK && (in = fb_join_least(j))) {
        bool repeated, straddles;
        st = fb_join_repeated(in, &repeated, &straddles, err);
        if (st == FB_OK && !repeated)
            st = copy_session(w, in, err);
        if (st == FB_OK)
            st = fb_join_cursor_next(&in->cur, err);
    }
    fb_join_dup_release(&w->dup);
    free(w);
    return st;
}

static enum fb_status run_merge(struct fb_join *j, const char *path, const struct fb_case_run *run,
                                const struct fb_custody_entry *entry, struct fb_err *err)
{
    FB_TRY(fb_join_plan(j, err));
    FB_TRY(fb_join_look(j, err));
    FB_TRY(fb_join_layers_look(j, err));
    FB_TRY(fb_case_create(path, &j->out, err));
    FB_TRY(fb_join_write_runs(j, run, err));
    if (entry)
        FB_TRY(fb_custody_begin(j->out, entry, err));
    FB_TRY(copy_all(j, err));
    FB_TRY(fb_join_write_evidence(j, err));
    FB_TRY(fb_join_write_records(j, err));
    FB_TRY(fb_join_layers_write(j, err));
    return fb_case_finish(j->out, err);
}

enum fb_status fb_case_merge(struct fb_case *const *in, const char *const *names, size_t n, const char *path,
                             const struct fb_case_run *run, const struct fb_custody_entry *entry,
                             struct fb_case **out, struct fb_join_report *report, struct fb_err *err)
{
    *report = (struct fb_join_report){0};
    if (n == 0 || n > FB_JOIN_CASES_MAX)
        return fb_err_set(err, FB_ERR_USAGE, "%zu cases cannot be merged: 1 to %d can", n, FB_JOIN_CASES_MAX);
    struct fb_join j = {.n = n, .report = report};
    j.in = calloc(n, sizeof *j.in);
    if (!j.in)
        return fb_err_nomem(err, "the merge");
    for (size_t i = 0; i < n; i++)
        j.in[i] = (struct fb_join_case){.c = in[i], .name = names[i], .input = i};
    enum fb_status st = run_merge(&j, path, run, entry, err);
    for (size_t i = 0; i < n; i++) {
        fb_join_cursor_release(&j.in[i].cur);
        free(j.in[i].ev);
        free(j.in[i].parents);
        free(j.in[i].open);
    }
    fb_join_release_records(&j);
    free(j.in);
    free(j.wanted);
    if (st == FB_OK) {
        *out = j.out;
    } else if (j.out) {
        fb_case_close(j.out);
        if (path)
            unlink(path); /* half a merge is of no use */
    }
    return st;
}
