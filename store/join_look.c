/* What must be known of all inputs before the first row is written. */
#include "store/join_int.h"

#include "store/join_twice.h"

struct open_ref {
    struct fb_join_open *open;
    size_t in;
};

struct look {
    struct fb_join *j;
    struct open_ref *ref; /* by key, input, number */
    size_t nref;
    struct fb_join_twice *twice;
};

static enum fb_status grow(void **array, size_t n, size_t size, struct fb_err *err)
{
    if (n && (n & (n - 1)))
        return FB_OK; /* room is doubled at powers of two */
    void *grown = realloc(*array, (n ? n * 2 : 1) * size);
    if (!grown)
        return fb_err_nomem(err, "the merge");
    *array = grown;
    return FB_OK;
}

static int by_old(const void *a, const void *b)
{
    uint64_t x = ((const struct fb_join_number *)a)->old, y = ((const struct fb_join_number *)b)->old;
    return (x > y) - (x < y);
}

static void unique_parents(struct fb_join_case *in)
{
    if (in->nparents == 0)
        return;
    qsort(in->parents, in->nparents, sizeof *in->parents, by_old);
    size_t kept = 1;
    for (size_t i = 1; i < in->nparents; i++)
        if (in->parents[i].old != in->parents[kept - 1].old)
            in->parents[kept++] = in->parents[i];
    in->nparents = kept;
}

static struct fb_join_number *parent_find(const struct fb_join_case *in, uint64_t old)
{
    struct fb_join_number want = {.old = old};
    return in->nparents ? bsearch(&want, in->parents, in->nparents, sizeof want, by_old) : NULL;
}

uint64_t fb_join_parent_now(const struct fb_join_case *in, uint64_t old)
{
    const struct fb_join_number *p = parent_find(in, old);
    return p ? p->now : 0;
}

static enum fb_status note_parents(struct fb_join_case *in, size_t *cap, const struct fb_session *s,
                                   struct fb_err *err)
{
    for (uint32_t i = 0; i < s->nparents; i++) {
        if (in->nparents == *cap)
            unique_parents(in); /* the inner sessions of one tunnel name the same few */
        if (in->nparents >= *cap / 2) {
            size_t more = *cap ? *cap * 2 : 64;
            struct fb_join_number *p = realloc(in->parents, more * sizeof *p);
            if (!p)
                return fb_err_nomem(err, "the merge");
            in->parents = p;
            *cap = more;
        }
        in->parents[in->nparents++] = (struct fb_join_number){.old = s->parents[i]};
    }
    return FB_OK;
}

/* Outer sessions, and sessions that were open at the end. */
static enum fb_status look_at_case(struct fb_join *j, struct fb_join_case *in, struct fb_err *err)
{
    FB_TRY(fb_join_cursor_start(&in->cur, in->c, err));
    size_t cap = 0;
    while (in->cur.has) {
        const struct fb_session *s = &in->cur.s;
        FB_TRY(note_parents(in, &cap, s, err));
        int64_t last;
        if (j->clock_by_sessions && !__builtin_add_overflow(s->ts_ns, s->duration_ns, &last) &&
            last > j->clock_end_ns)
            j->clock_end_ns = last;
        if (s->end_reason == FB_END_EVIDENCE) {
            FB_TRY(grow((void **)&in->open, in->nopen, sizeof *in->open, err));
            fb_join_end_of(s, in->last_ts_ns, &in->open[in->nopen++]);
        }
        FB_TRY(fb_join_cursor_next(&in->cur, err));
    }
    unique_parents(in);
    return FB_OK;
}

static int by_key(const void *a, const void *b)
{
    const struct open_ref *x = a, *y = b;
    int c = memcmp(x->open->key.b, y->open->key.b, sizeof x->open->key.b);
    if (c)
        return c;
    if (x->in != y->in)
        return x->in < y->in ? -1 : 1;
    return (x->open->number > y->open->number) - (x->open->number < y->open->number);
}

static enum fb_status index_open(struct look *k, struct fb_err *err)
{
    for (size_t i = 0; i < k->j->n; i++)
        k->nref += k->j->in[i].nopen;
    k->ref = calloc(k->nref ? k->nref : 1, sizeof *k->ref);
    if (!k->ref)
        return fb_err_nomem(err, "the merge");
    size_t n = 0;
    for (size_t i = 0; i < k->j->n; i++)
        for (size_t o = 0; o < k->j->in[i].nopen; o++)
            k->ref[n++] = (struct open_ref){&k->j->in[i].open[o], i};
    if (n)
        qsort(k->ref, n, sizeof *k->ref, by_key);
    return FB_OK;
}

static bool begins_with_syn(const struct fb_session *s)
{
    const char *h = s->history;
    return h[0] == 'S' || (h[0] == '^' && (h[1] == 'h' || h[1] == 'S'));
}

/* The session at hand has the ends of one that was open when its evidence ended, and comes before that one
 * would have ended. */
static void follow(struct look *k, size_t at, const struct fb_session *s)
{
    struct fb_join_key key;
    size_t lo = 0, hi = k->nref;
    fb_join_key_of(s, &key);
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (memcmp(k->ref[mid].open->key.b, key.b, sizeof key.b) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < k->nref && memcmp(k->ref[lo].open->key.b, key.b, sizeof key.b) == 0; lo++) {
        struct fb_join_open *o = k->ref[lo].open;
        if (k->ref[lo].in == at || !o->seen || o->followed || s->ts_ns >= o->due_ns ||
            s->ts_ns < k->j->in[k->ref[lo].in].last_ts_ns)
            continue;
        o->followed = true;
        if (o->closed && begins_with_syn(s)) {
            o->why = FB_END_REUSE;
            o->over = true;
        } else {
            k->j->report->sessions_continued++;
        }
    }
}

enum fb_status fb_join_repeated(struct fb_join_case *in, bool *repeated, bool *straddles, struct fb_err *err)
{
    *repeated = *straddles = false;
    if (!in->partial)
        return FB_OK;
    struct fb_join_cursor *cur = &in->cur;
    size_t chunk = cur->packet_chunk;
    uint32_t entry = cur->entry;
    bool any_old = false, any_new = false;
    const struct fb_packet_entry *e;
    enum fb_status st;
    while ((st = fb_join_cursor_packets(cur, &e, err)) == FB_OK) {
        struct fb_cur steps = fb_cur_init(e->steps, e->steps_bytes);
        uint64_t ordinal = e->first_ordinal;
        for (uint32_t i = 0; i < e->pkts && !(any_old && any_new); i++) {
            struct fb_packet_ref ref;
            if (i > 0)
                ordinal = fb_packet_step(&steps, ordinal);
            FB_TRY(fb_timeline_find(in->c, ordinal, &ref, err));
            bool old = ref.evidence < in->nev && in->ev[ref.evidence].repeated;
            any_old |= old;
            any_new |= !old;
        }
    }
    if (st != FB_EOF)
        return st;
    cur->packet_chunk = chunk;
    cur->entry = entry;
    *repeated = any_old && !any_new;
    *straddles = any_old && any_new;
    return FB_OK;
}

static enum fb_status look_at_session(struct look *k, struct fb_join_case *in, uint64_t number,
                                      struct fb_err *err)
{
    const struct fb_session *s = &in->cur.s;
    struct fb_join_number *p = parent_find(in, s->number);
    if (p)
        p->now = number;
    size_t at = (size_t)(in - k->j->in);
    if (k->nref)
        follow(k, at, s);
    struct fb_join_open *o = s->end_reason == FB_END_EVIDENCE ? fb_join_open_find(in, s->number) : NULL;
    if (o)
        o->seen = true;
    return fb_join_twice_see(k->twice, k->j, at, s, number, err);
}

static enum fb_status walk(struct look *k, struct fb_err *err)
{
    struct fb_join_case *in;
    struct fb_join_report *r = k->j->report;
    FB_TRY(fb_join_start(k->j, err));
    while ((in = fb_join_least(k->j))) {
        bool repeated, straddles;
        FB_TRY(fb_join_repeated(in, &repeated, &straddles, err));
        r->sessions_straddle += straddles;
        if (repeated)
            r->sessions_dropped++;
        else
            FB_TRY(look_at_session(k, in, ++r->sessions, err));
        FB_TRY(fb_join_cursor_next(&in->cur, err));
    }
    return FB_OK;
}

/* Those that nothing went on with and whose time came before all evidence ended. */
static void decide_ends(struct fb_join *j)
{
    for (size_t i = 0; i < j->n; i++)
        for (size_t o = 0; o < j->in[i].nopen; o++) {
            struct fb_join_open *open = &j->in[i].open[o];
            if (!open->followed && open->due_ns <= j->clock_end_ns)
                open->over = true;
            j->report->ends_resolved += open->seen && open->over;
        }
}

enum fb_status fb_join_look(struct fb_join *j, struct fb_err *err)
{
    struct look k = {.j = j};
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < j->n && st == FB_OK; i++)
        if (!j->in[i].dropped && (st = look_at_case(j, &j->in[i], err)) != FB_OK)
            fb_err_wrap(err, "%s", j->in[i].name);
    if (st == FB_OK)
        st = index_open(&k, err);
    if (st == FB_OK)
        st = fb_join_twice_new(&k.twice, err);
    if (st == FB_OK)
        st = walk(&k, err);
    if (st == FB_OK)
        decide_ends(j);
    fb_join_twice_free(k.twice);
    free(k.ref);
    return st;
}
