#include "store/layers.h"

#include "base/buf.h"
#include "base/timefmt.h"
#include "store/case_impl.h"
#include "store/rec_dir.h"
#include "store/seal_impl.h"
#include "store/sidecar.h"

/* Views live in the temporary schema, so that nothing a case holds is ever run. */
static const char views[] =
    "CREATE TEMP TABLE side_layer(run_id, kind, author, at, tool, params, digest);"
    "CREATE TEMP TABLE side_note(id, run_id, target_kind, target, number, text, removes);"
    "CREATE TEMP TABLE side_tag(id, run_id, target_kind, target, number, tag, state);"
    "CREATE TEMP TABLE side_verdict(id, run_id, target_kind, target, number, verdict);"
    "CREATE TEMP TABLE as_of(run_id);"
    "INSERT INTO temp.as_of VALUES(9223372036854775807);"
    "CREATE TEMP VIEW layer AS SELECT * FROM main.layer UNION ALL SELECT * FROM temp.side_layer;"
    "CREATE TEMP VIEW note AS SELECT * FROM main.note UNION ALL SELECT * FROM temp.side_note;"
    "CREATE TEMP VIEW tag AS SELECT * FROM main.tag UNION ALL SELECT * FROM temp.side_tag;"
    "CREATE TEMP VIEW verdict AS SELECT * FROM main.verdict UNION ALL SELECT * FROM temp.side_verdict;"
    "CREATE TEMP VIEW notes AS SELECT n.id, n.run_id, n.target_kind, n.target, n.number, n.text, l.author, "
    "l.at "
    "FROM temp.note n LEFT JOIN temp.layer l ON l.run_id = n.run_id "
    "WHERE n.removes IS NULL AND n.run_id <= (SELECT run_id FROM temp.as_of) AND n.id NOT IN (SELECT removes "
    "FROM temp.note WHERE "
    "removes IS NOT NULL AND run_id <= (SELECT run_id FROM temp.as_of));"
    "CREATE TEMP VIEW tags AS SELECT t.id, t.run_id, t.target_kind, t.target, t.number, t.tag, l.author, "
    "l.at FROM "
    "(SELECT max(id) AS id, run_id, target_kind, target, number, tag, state FROM temp.tag WHERE run_id <= "
    "(SELECT run_id FROM "
    "temp.as_of) GROUP BY target_kind, target, tag) t LEFT JOIN temp.layer l ON l.run_id = t.run_id WHERE "
    "t.state = 1;"
    "CREATE TEMP VIEW verdicts AS SELECT v.id, v.run_id, v.target_kind, v.target, v.number, v.verdict, "
    "l.author, l.at FROM "
    "(SELECT max(id) AS id, run_id, target_kind, target, number, verdict FROM temp.verdict WHERE run_id <= "
    "(SELECT run_id FROM "
    "temp.as_of) GROUP BY target_kind, target) v LEFT JOIN temp.layer l ON l.run_id = v.run_id WHERE "
    "v.verdict <> ''";

static const struct {
    const char *from, *to;
    int ncols;
} copied[] = {
    {"SELECT * FROM main.layer ORDER BY run_id", "INSERT INTO temp.side_layer VALUES(?,?,?,?,?,?,?)", 7},
    {"SELECT * FROM main.note ORDER BY id", "INSERT INTO temp.side_note VALUES(?,?,?,?,?,?,?)", 7},
    {"SELECT * FROM main.tag ORDER BY id", "INSERT INTO temp.side_tag VALUES(?,?,?,?,?,?,?)", 7},
    {"SELECT * FROM main.verdict ORDER BY id", "INSERT INTO temp.side_verdict VALUES(?,?,?,?,?,?)", 6},
};

static enum fb_status copy_rows(sqlite3 *side, sqlite3 *db, size_t i, size_t *total, struct fb_err *err)
{
    sqlite3_stmt *from, *to = NULL;
    int rc;
    FB_TRY(fb_db_prepare(side, copied[i].from, &from, err));
    enum fb_status got = fb_db_prepare(db, copied[i].to, &to, err);
    while (got == FB_OK && (rc = sqlite3_step(from)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW) {
            got = fb_db_error(side, err, "cannot read the sidecar");
            break;
        }
        for (int col = 0; col < copied[i].ncols; col++) {
            sqlite3_bind_value(to, col + 1, sqlite3_column_value(from, col));
            *total += 16 + (size_t)sqlite3_value_bytes(sqlite3_column_value(from, col));
        }
        got = *total > FB_SIDECAR_NOTES_MAX
                  ? fb_err_set(err, FB_ERR_LIMIT, "notes, tags and verdicts of the sidecar exceed 64 MiB")
                  : fb_db_run(db, to, err);
    }
    sqlite3_finalize(from);
    sqlite3_finalize(to);
    return got;
}

/* `copied_before`: this connection has its rows already. */
static enum fb_status read_sidecar(struct fb_case *c, const char *path, bool copied_before,
                                   struct fb_err *err)
{
    struct fb_seal_state seal;
    sqlite3 *side = NULL;
    enum fb_status st = fb_seal_read(c->db, &seal, err);
    if (st != FB_OK && st != FB_ERR_NOTFOUND)
        return st;
    st = fb_sidecar_open(path, st == FB_OK ? &seal : NULL, &side, err);
    fb_seal_state_release(&seal);
    if (st == FB_ERR_NOTFOUND)
        return FB_OK;
    FB_TRY(st);
    size_t total = 0;
    st = fb_db_exec(c->db, "SAVEPOINT sidecar", err);
    for (size_t i = 0; i < sizeof copied / sizeof *copied && st == FB_OK && !copied_before; i++)
        st = copy_rows(side, c->db, i, &total, err);
    if (st == FB_OK)
        st = fb_db_exec(c->db, "RELEASE sidecar", err);
    if (st == FB_OK)
        st = fb_rec_dir_read(c, side, &c->rec.side, err);
    if (st == FB_OK)
        c->rec.side_db = side; /* its record tables are read where they are */
    else
        sqlite3_close(side);
    return st;
}

enum fb_status fb_layers_attach(struct fb_case *c, const char *path, struct fb_err *err)
{
    int64_t there = 0, query_only = 0;
    c->internal++;
    enum fb_status st =
        fb_db_int(c->db, "SELECT count(*) FROM temp.sqlite_schema WHERE name='side_verdict'", 0, &there, err);
    /* A guest's connection is left as it was. */
    if (st == FB_OK)
        st = fb_db_int(c->db, "PRAGMA query_only", 0, &query_only, err);
    if (st == FB_OK)
        st = fb_db_exec(c->db, "PRAGMA query_only=OFF", err);
    if (st == FB_OK && !there)
        st = fb_db_exec(c->db, views, err);
    if (st == FB_OK && path && !c->skip_sidecar)
        st = read_sidecar(c, path, there > 0, err);
    if (st == FB_OK && (query_only || !c->guest))
        st = fb_db_exec(c->db, "PRAGMA query_only=ON", err);
    c->internal--;
    return st;
}

/* ---- as of ---- */

static enum fb_status set_run(struct fb_case *c, const char *sql, int64_t value, struct fb_err *err)
{
    sqlite3_stmt *st = NULL;
    c->internal++;
    enum fb_status got = fb_db_exec(c->db, "PRAGMA query_only=OFF", err);
    if (got == FB_OK)
        got = fb_db_prepare(c->db, sql, &st, err);
    if (got == FB_OK) {
        sqlite3_bind_int64(st, 1, value);
        got = fb_db_run(c->db, st, err);
    }
    sqlite3_finalize(st);
    if (got == FB_OK)
        got = fb_db_exec(c->db, "PRAGMA query_only=ON", err);
    c->internal--;
    return got;
}

static enum fb_status keep_as_of(struct fb_case *c, struct fb_err *err)
{
    c->internal++;
    enum fb_status st = fb_db_int(c->db, "SELECT run_id FROM temp.as_of", 0, &c->as_of, err);
    c->internal--;
    c->has_as_of = st == FB_OK;
    return st;
}

enum fb_status fb_layers_set_as_of(struct fb_case *c, int64_t run_id, struct fb_err *err)
{
    FB_TRY(set_run(c, "UPDATE temp.as_of SET run_id=?", run_id, err));
    return keep_as_of(c, err);
}

enum fb_status fb_layers_as_of(struct fb_case *c, const char *text, struct fb_err *err)
{
    size_t digits = strspn(text, "0123456789");
    int64_t at_ns;
    if (digits > 0 && digits < 10 && text[digits] == '\0')
        FB_TRY(set_run(c, "UPDATE temp.as_of SET run_id=?", (int64_t)strtoull(text, NULL, 10), err));
    else if (fb_time_parse(text, &at_ns))
        FB_TRY(set_run(
            c, "UPDATE temp.as_of SET run_id=(SELECT coalesce(max(run_id), 0) FROM temp.layer WHERE at <= ?)",
            at_ns, err));
    else
        return fb_err_set(err, FB_ERR_USAGE,
                          "--as-of takes the number of a run, or a time such as 2024-01-31T12:00:00Z");
    return keep_as_of(c, err);
}

/* ---- tags of sessions ---- */

struct fb_session_tags {
    uint64_t *number; /* ascending, each once */
    size_t *off;      /* of its text */
    size_t n, cap;
    struct fb_buf text;
};

void fb_session_tags_free(struct fb_session_tags *t)
{
    if (!t)
        return;
    free(t->number);
    free(t->off);
    fb_buf_release(&t->text);
    free(t);
}

static bool add_tag(struct fb_session_tags *t, uint64_t number, const char *tag)
{
    if (t->n && t->number[t->n - 1] == number) {
        t->text.data[t->text.len - 1] = ','; /* in place of the NUL */
    } else {
        if (t->n == t->cap) {
            size_t cap = t->cap ? t->cap * 2 : 64;
            uint64_t *numbers = realloc(t->number, cap * sizeof *numbers);
            if (numbers)
                t->number = numbers;
            size_t *offs = numbers ? realloc(t->off, cap * sizeof *offs) : NULL;
            if (!offs)
                return false;
            t->off = offs;
            t->cap = cap;
        }
        t->number[t->n] = number;
        t->off[t->n++] = t->text.len;
    }
    fb_buf_put(&t->text, tag, strlen(tag) + 1);
    return !t->text.failed;
}

enum fb_status fb_session_tags_load(struct fb_case *c, struct fb_session_tags **out, struct fb_err *err)
{
    sqlite3_stmt *st = NULL;
    int rc = SQLITE_DONE;
    struct fb_session_tags *t = calloc(1, sizeof *t);
    if (!t)
        return fb_err_nomem(err, "the tags");
    fb_buf_init(&t->text, (size_t)256 << 20);
    c->internal++;
    enum fb_status got = fb_db_prepare(
        c->db,
        "SELECT number, tag FROM temp.tags WHERE target_kind='session' AND number > 0 ORDER BY number, tag",
        &st, err);
    while (got == FB_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        const char *tag = (const char *)sqlite3_column_text(st, 1);
        if (tag && !add_tag(t, (uint64_t)sqlite3_column_int64(st, 0), tag))
            got = fb_err_nomem(err, "the tags");
    }
    if (got == FB_OK && rc != SQLITE_DONE)
        got = fb_db_error(c->db, err, "cannot read the tags");
    sqlite3_finalize(st);
    c->internal--;
    if (got == FB_OK)
        *out = t;
    else
        fb_session_tags_free(t);
    return got;
}

const char *fb_session_tags_of(const struct fb_session_tags *t, uint64_t number)
{
    size_t lo = 0, hi = t ? t->n : 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->number[mid] < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return t && lo < t->n && t->number[lo] == number ? (const char *)t->text.data + t->off[lo] : NULL;
}
