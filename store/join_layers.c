/* What people wrote about the merged cases: notes, tags and verdicts, each run of them with its author, time
 * and tool. They follow each other by time; sessions are named by their new numbers. */
#include "store/join_int.h"

#include "store/layers.h"

/* A session that somebody wrote about. */
struct fb_join_wanted {
    int64_t ts_ns;
    size_t input;
    uint64_t old, now; /* 0: not in the merged case */
    uint32_t dup;
    struct fb_join_key key;
    char uid[FB_UID_STRLEN]; /* in the merged case */
};

/* A run of one input that made rows. */
struct layer {
    int64_t at_ns; /* not below that of the run before it */
    size_t input;
    int64_t run_id;
};

struct note_id {
    int64_t old, now;
};

struct carrier {
    struct fb_join *j;
    struct fb_buf layers;   /* struct layer */
    struct fb_buf *notes;   /* of each input: struct note_id, ascending, for notes are only ever appended */
    int64_t run_id;         /* the last one given */
    int64_t first_note, id; /* of the last run that was written; the last note */
};

/* ---- sessions ---- */

static enum fb_status each_row(struct fb_case *c, const char *sql, int64_t bound, sqlite3_stmt **st,
                               struct fb_err *err)
{
    c->internal++;
    enum fb_status got = fb_db_prepare(c->db, sql, st, err);
    c->internal--;
    if (got == FB_OK && sqlite3_bind_parameter_count(*st) > 0)
        sqlite3_bind_int64(*st, 1, bound);
    return got;
}

static enum fb_status want_sessions(struct fb_join *j, size_t input, struct fb_buf *out, struct fb_err *err)
{
    static const char sql[] =
        "SELECT number FROM temp.note WHERE target_kind='session' AND number > 0 UNION "
        "SELECT number FROM temp.tag WHERE target_kind='session' AND number > 0 UNION "
        "SELECT number FROM temp.verdict WHERE target_kind='session' AND number > 0 ORDER BY 1";
    struct fb_case *c = j->in[input].c;
    sqlite3_stmt *st = NULL;
    int rc = SQLITE_DONE;
    enum fb_status got = each_row(c, sql, 0, &st, err);
    while (got == FB_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct fb_session s;
        struct fb_join_wanted w = {.input = input, .old = (uint64_t)sqlite3_column_int64(st, 0)};
        got = fb_case_session(c, w.old, &s, err);
        if (got == FB_ERR_NOTFOUND) { /* retention removed it: what was written about it names its uid */
            got = FB_OK;
            continue;
        }
        w.ts_ns = s.ts_ns;
        w.dup = s.uid_dup;
        fb_join_key_of(&s, &w.key);
        fb_buf_put(out, &w, sizeof w);
    }
    if (got == FB_OK && rc != SQLITE_DONE)
        got = fb_db_error(c->db, err, "cannot read notes, tags and verdicts");
    sqlite3_finalize(st);
    return got;
}

static int by_time(const void *a, const void *b)
{
    const struct fb_join_wanted *x = a, *y = b;
    if (x->ts_ns != y->ts_ns)
        return x->ts_ns < y->ts_ns ? -1 : 1;
    if (x->input != y->input)
        return x->input < y->input ? -1 : 1;
    return x->old < y->old ? -1 : x->old > y->old;
}

enum fb_status fb_join_layers_look(struct fb_join *j, struct fb_err *err)
{
    struct fb_buf all;
    fb_buf_init(&all, (size_t)1 << 30);
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < j->n && st == FB_OK; i++)
        st = want_sessions(j, i, &all, err);
    if (st == FB_OK && all.failed)
        st = fb_err_nomem(err, "notes, tags and verdicts");
    if (st != FB_OK) {
        fb_buf_release(&all);
        return st;
    }
    j->wanted = (struct fb_join_wanted *)(void *)all.data;
    j->nwanted = all.len / sizeof *j->wanted;
    if (j->nwanted)
        qsort(j->wanted, j->nwanted, sizeof *j->wanted, by_time);
    return FB_OK;
}

void fb_join_layers_see(struct fb_join *j, const struct fb_join_case *in, const struct fb_session *s)
{
    size_t lo = 0, hi = j->nwanted, input = (size_t)(in - j->in);
    struct fb_join_key key;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (j->wanted[mid].ts_ns < s->ts_ns)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == j->nwanted || j->wanted[lo].ts_ns != s->ts_ns)
        return;
    fb_join_key_of(s, &key);
    for (; lo < j->nwanted && j->wanted[lo].ts_ns == s->ts_ns; lo++) {
        struct fb_join_wanted *w = &j->wanted[lo];
        bool own = w->input == input && w->old == in->cur.s.number;
        /* The same session of a case that is not counted, for its evidence is in this one. */
        bool other = w->input != input && w->now == 0 && w->dup == in->cur.s.uid_dup &&
                     memcmp(&w->key, &key, sizeof key) == 0;
        if (!own && !other)
            continue;
        w->now = s->number;
        fb_session_uid(s, w->uid);
    }
}

static int by_number(const void *a, const void *b)
{
    const struct fb_join_wanted *x = a, *y = b;
    if (x->input != y->input)
        return x->input < y->input ? -1 : 1;
    return x->old < y->old ? -1 : x->old > y->old;
}

/* Once all sessions are there. */
static const struct fb_join_wanted *wanted(const struct fb_join *j, size_t input, uint64_t old)
{
    const struct fb_join_wanted key = {.input = input, .old = old};
    const struct fb_join_wanted *w =
        j->nwanted ? bsearch(&key, j->wanted, j->nwanted, sizeof key, by_number) : NULL;
    return w && w->now ? w : NULL;
}

/* ---- runs in the order of time ---- */

static int by_at(const void *a, const void *b)
{
    const struct layer *x = a, *y = b;
    if (x->at_ns != y->at_ns)
        return x->at_ns < y->at_ns ? -1 : 1;
    if (x->input != y->input)
        return x->input < y->input ? -1 : 1;
    return x->run_id < y->run_id ? -1 : x->run_id > y->run_id;
}

static enum fb_status collect(struct carrier *k, struct fb_err *err)
{
    for (size_t i = 0; i < k->j->n; i++) {
        struct fb_case *c = k->j->in[i].c;
        sqlite3_stmt *st = NULL;
        int rc = SQLITE_DONE;
        struct layer l = {.at_ns = INT64_MIN, .input = i};
        enum fb_status got = each_row(
            c, "SELECT run_id, at FROM temp.layer WHERE kind='analyst' ORDER BY run_id", 0, &st, err);
        while (got == FB_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
            int64_t at = sqlite3_column_int64(st, 1);
            l.run_id = sqlite3_column_int64(st, 0);
            l.at_ns = at > l.at_ns ? at : l.at_ns;
            fb_buf_put(&k->layers, &l, sizeof l);
        }
        if (got == FB_OK && rc != SQLITE_DONE)
            got = fb_db_error(c->db, err, "cannot read notes, tags and verdicts");
        sqlite3_finalize(st);
        FB_TRY(got);
    }
    if (k->layers.failed)
        return fb_err_nomem(err, "notes, tags and verdicts");
    if (k->layers.len)
        qsort(k->layers.data, k->layers.len / sizeof(struct layer), sizeof(struct layer), by_at);
    return FB_OK;
}

/* ---- rows ---- */

static enum fb_status note_map(struct carrier *k, size_t input, int64_t old, int64_t now, struct fb_err *err)
{
    struct note_id id = {old, now};
    fb_buf_put(&k->notes[input], &id, sizeof id);
    return k->notes[input].failed ? fb_err_nomem(err, "notes") : FB_OK;
}

static int by_old(const void *a, const void *b)
{
    int64_t x = ((const struct note_id *)a)->old, y = ((const struct note_id *)b)->old;
    return x < y ? -1 : x > y;
}

/* The note that was `old` in an input; 0: none. */
static int64_t note_now(const struct carrier *k, size_t input, int64_t old)
{
    const struct note_id *n = (const struct note_id *)(const void *)k->notes[input].data, key = {old, 0};
    size_t count = k->notes[input].len / sizeof *n;
    const struct note_id *at = count ? bsearch(&key, n, count, sizeof *n, by_old) : NULL;
    return at ? at->now : 0;
}

/* Columns 1 to 3 of a row are target_kind, target, number; of a session they are what they are now. */
static void bind_target(const struct fb_join *j, size_t input, sqlite3_stmt *from, sqlite3_stmt *to)
{
    const char *kind = (const char *)sqlite3_column_text(from, 1);
    bool session = kind && strcmp(kind, "session") == 0;
    const struct fb_join_wanted *w =
        session ? wanted(j, input, (uint64_t)sqlite3_column_int64(from, 3)) : NULL;
    sqlite3_bind_value(to, 3, sqlite3_column_value(from, 1));
    sqlite3_bind_value(to, 4, sqlite3_column_value(from, 2));
    if (w) {
        sqlite3_bind_text(to, 4, w->uid, -1, SQLITE_STATIC);
        sqlite3_bind_int64(to, 5, (sqlite3_int64)w->now);
    } else if (session) {
        sqlite3_bind_null(to, 5);
    } else {
        sqlite3_bind_value(to, 5, sqlite3_column_value(from, 3));
    }
}

static const struct {
    const char *from, *to;
    int ncols; /* of `from` */
} tables[] = {
    {"SELECT id, target_kind, target, number, text, removes FROM temp.note WHERE run_id=? ORDER BY id",
     "INSERT INTO note(id, run_id, target_kind, target, number, text, removes) VALUES(?,?,?,?,?,?,?)", 6},
    {"SELECT id, target_kind, target, number, tag, state FROM temp.tag WHERE run_id=? ORDER BY id",
     "INSERT INTO tag(id, run_id, target_kind, target, number, tag, state) VALUES(?,?,?,?,?,?,?)", 6},
    {"SELECT id, target_kind, target, number, verdict FROM temp.verdict WHERE run_id=? ORDER BY id",
     "INSERT INTO verdict(id, run_id, target_kind, target, number, verdict) VALUES(?,?,?,?,?,?)", 5},
};
enum { NOTES, TAGS, VERDICTS, NTABLES };

static enum fb_status copy_row(struct carrier *k, size_t table, const struct layer *l, sqlite3_stmt *from,
                               sqlite3_stmt *to, struct fb_err *err)
{
    sqlite3_clear_bindings(to); /* NULL as the id: the next one */
    sqlite3_bind_int64(to, 2, k->run_id);
    bind_target(k->j, l->input, from, to);
    for (int col = 4; col < tables[table].ncols; col++)
        sqlite3_bind_value(to, col + 2, sqlite3_column_value(from, col));
    if (table == NOTES) {
        if (sqlite3_column_type(from, 5) != SQLITE_NULL) {
            int64_t now = note_now(k, l->input, sqlite3_column_int64(from, 5));
            if (now == 0)
                return FB_OK; /* it takes away what is not there */
            sqlite3_bind_int64(to, 7, now);
        }
        sqlite3_bind_int64(to, 1, ++k->id);
        FB_TRY(note_map(k, l->input, sqlite3_column_int64(from, 0), k->id, err));
    }
    return fb_db_run(k->j->out->db, to, err);
}

static enum fb_status copy_table(struct carrier *k, size_t table, const struct layer *l, struct fb_err *err)
{
    struct fb_case *c = k->j->in[l->input].c;
    sqlite3_stmt *from = NULL, *to = NULL;
    int rc = SQLITE_DONE;
    enum fb_status st = each_row(c, tables[table].from, l->run_id, &from, err);
    if (st == FB_OK)
        st = fb_db_prepare(k->j->out->db, tables[table].to, &to, err);
    while (st == FB_OK && (rc = sqlite3_step(from)) == SQLITE_ROW)
        st = copy_row(k, table, l, from, to, err);
    if (st == FB_OK && rc != SQLITE_DONE)
        st = fb_db_error(c->db, err, "cannot read notes, tags and verdicts");
    sqlite3_finalize(from);
    sqlite3_finalize(to);
    return st;
}

/* A run that came with another case already (a copy of it was merged too): its notes are those. */
static enum fb_status map_copy(struct carrier *k, const struct layer *l, struct fb_err *err)
{
    sqlite3_stmt *from = NULL;
    int64_t now = k->first_note;
    enum fb_status st = each_row(k->j->in[l->input].c, tables[NOTES].from, l->run_id, &from, err);
    while (st == FB_OK && sqlite3_step(from) == SQLITE_ROW && now <= k->id)
        st = note_map(k, l->input, sqlite3_column_int64(from, 0), now++, err);
    sqlite3_finalize(from);
    return st;
}

static bool same_run(sqlite3_stmt *a, sqlite3_stmt *b)
{
    for (int i = 0; i < 5; i++) {
        const unsigned char *x = sqlite3_column_text(a, i), *y = sqlite3_column_text(b, i);
        if (strcmp(x ? (const char *)x : "", y ? (const char *)y : "") != 0)
            return false;
    }
    return true;
}

static enum fb_status put_layer(struct carrier *k, sqlite3_stmt *from, struct fb_err *err)
{
    sqlite3_stmt *to;
    FB_TRY(fb_db_prepare(k->j->out->db,
                         "INSERT INTO layer(run_id, kind, author, at, tool, params, digest) "
                         "VALUES(?,?,?,?,?,?,?)",
                         &to, err));
    sqlite3_bind_int64(to, 1, ++k->run_id);
    for (int col = 0; col < 6; col++)
        sqlite3_bind_value(to, col + 2, sqlite3_column_value(from, col));
    enum fb_status st = fb_db_run(k->j->out->db, to, err);
    sqlite3_finalize(to);
    k->first_note = k->id + 1;
    return st;
}

/* `before`: the row of the last run that was written; the caller ends both. */
static enum fb_status carry_one(struct carrier *k, const struct layer *l, sqlite3_stmt **before,
                                struct fb_err *err)
{
    static const char sql[] = "SELECT kind, author, at, tool, params, digest FROM temp.layer WHERE run_id=?";
    sqlite3_stmt *from = NULL;
    enum fb_status st = each_row(k->j->in[l->input].c, sql, l->run_id, &from, err);
    if (st == FB_OK && sqlite3_step(from) != SQLITE_ROW)
        st = fb_db_error(k->j->in[l->input].c->db, err, "cannot read notes, tags and verdicts");
    bool copy = st == FB_OK && *before && same_run(*before, from);
    if (copy) {
        st = map_copy(k, l, err);
    } else if (st == FB_OK) {
        st = put_layer(k, from, err);
        for (size_t t = 0; t < NTABLES && st == FB_OK; t++)
            st = copy_table(k, t, l, err);
    }
    sqlite3_stmt *done = copy ? from : *before;
    if (!copy)
        *before = from;
    sqlite3_finalize(done);
    return st;
}

static enum fb_status carry(struct carrier *k, struct fb_err *err)
{
    sqlite3_stmt *before = NULL;
    FB_TRY(collect(k, err));
    FB_TRY(fb_case_write_begin(k->j->out, err));
    FB_TRY(fb_db_int(k->j->out->db, "SELECT max(id) FROM run", 0, &k->run_id, err));
    const struct layer *l = (const struct layer *)(const void *)k->layers.data;
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < k->layers.len / sizeof *l && st == FB_OK; i++)
        st = carry_one(k, &l[i], &before, err);
    sqlite3_finalize(before);
    return st;
}

enum fb_status fb_join_layers_write(struct fb_join *j, struct fb_err *err)
{
    struct carrier k = {.j = j, .notes = calloc(j->n, sizeof *k.notes)};
    if (!k.notes)
        return fb_err_nomem(err, "notes, tags and verdicts");
    fb_buf_init(&k.layers, (size_t)1 << 30);
    for (size_t i = 0; i < j->n; i++)
        fb_buf_init(&k.notes[i], (size_t)1 << 30);
    if (j->nwanted)
        qsort(j->wanted, j->nwanted, sizeof *j->wanted, by_number);
    enum fb_status st = carry(&k, err);
    fb_buf_release(&k.layers);
    for (size_t i = 0; i < j->n; i++)
        fb_buf_release(&k.notes[i]);
    free(k.notes);
    return st;
}
