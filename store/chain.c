#include "store/chain.h"

#include <time.h>

#define SELECT_ALL                                                                                           \
    "SELECT seq, what, params, tool, build, at, who, host, inputs, outputs, prev, hash FROM custody ORDER "  \
    "BY seq"

enum { C_SEQ, C_WHAT, C_PARAMS, C_TOOL, C_BUILD, C_AT, C_WHO, C_HOST, C_INPUTS, C_OUTPUTS, C_PREV, C_HASH };

static const char *text_or(const char *text, const char *without)
{
    return text ? text : without;
}

static void put(struct fb_digest_state *d, const char *text)
{
    fb_digest_update_field(d, text, strlen(text));
}

void fb_chain_hash(const struct fb_custody_record *r, struct fb_digest *out)
{
    struct fb_digest_state d;
    fb_digest_init(&d, "fb custody");
    fb_digest_update_le64(&d, r->seq);
    fb_digest_update_le64(&d, (uint64_t)r->e.at_ns);
    const char *text[] = {r->e.what, r->e.params_json, r->e.tool_version, r->e.build_json,
                          r->e.who,  r->e.host,        r->e.inputs_json,  r->e.outputs_json};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        put(&d, text[i]);
    fb_digest_update_field(&d, r->prev.b, sizeof r->prev.b);
    fb_digest_final(&d, out);
}

static int64_t wall_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Fills in what the entry leaves open. */
static void complete(struct fb_custody_record *r, const struct fb_custody_entry *e)
{
    r->e.what = text_or(e->what, "");
    r->e.params_json = text_or(e->params_json, "{}");
    r->e.tool_version = text_or(e->tool_version, "");
    r->e.build_json = text_or(e->build_json, "{}");
    r->e.who = text_or(e->who, "");
    r->e.host = text_or(e->host, "");
    r->e.inputs_json = text_or(e->inputs_json, "{}");
    r->e.outputs_json = text_or(e->outputs_json, "{}");
    r->e.at_ns = e->at_ns ? e->at_ns : wall_clock_ns();
}

static enum fb_status insert(sqlite3 *db, const struct fb_custody_record *r, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(
        db,
        "INSERT INTO custody(seq, what, params, tool, build, at, who, host, inputs, outputs, prev, hash) "
        "VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
        &st, err));
    const struct {
        int col;
        const char *text;
    } text[] = {{C_WHAT, r->e.what},
                {C_PARAMS, r->e.params_json},
                {C_TOOL, r->e.tool_version},
                {C_BUILD, r->e.build_json},
                {C_WHO, r->e.who},
                {C_HOST, r->e.host},
                {C_INPUTS, r->e.inputs_json},
                {C_OUTPUTS, r->e.outputs_json}};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        sqlite3_bind_text(st, text[i].col + 1, text[i].text, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, C_SEQ + 1, (sqlite3_int64)r->seq);
    sqlite3_bind_int64(st, C_AT + 1, r->e.at_ns);
    sqlite3_bind_blob(st, C_PREV + 1, r->prev.b, FB_DIGEST_LEN, SQLITE_STATIC);
    sqlite3_bind_blob(st, C_HASH + 1, r->hash.b, FB_DIGEST_LEN, SQLITE_STATIC);
    enum fb_status got = fb_db_run(db, st, err);
    sqlite3_finalize(st);
    return got;
}

static enum fb_status last_link(sqlite3 *db, struct fb_custody_record *r, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(db, "SELECT seq, hash FROM custody ORDER BY seq DESC LIMIT 1", &st, err));
    int rc = sqlite3_step(st);
    enum fb_status got = FB_OK;
    if (rc == SQLITE_ROW && sqlite3_column_bytes(st, 1) == FB_DIGEST_LEN && sqlite3_column_int64(st, 0) > 0) {
        r->seq = (uint64_t)sqlite3_column_int64(st, 0);
        memcpy(r->prev.b, sqlite3_column_blob(st, 1), FB_DIGEST_LEN);
    } else if (rc == SQLITE_ROW) {
        got = fb_err_set(err, FB_ERR_VERIFY, "the last custody record cannot be continued: it was altered");
    } else if (rc != SQLITE_DONE) {
        got = fb_db_error(db, err, "cannot read the custody log");
    }
    sqlite3_finalize(st);
    return got;
}

enum fb_status fb_chain_append(sqlite3 *db, const struct fb_digest *start, const struct fb_custody_entry *e,
                               struct fb_digest *head, struct fb_err *err)
{
    struct fb_custody_record r = {.prev = *start};
    FB_TRY(last_link(db, &r, err));
    r.seq++;
    complete(&r, e);
    fb_chain_hash(&r, &r.hash);
    if (head)
        *head = r.hash;
    return insert(db, &r, err);
}

/* False: a column has a kind that this program never writes. */
static bool take_record(sqlite3_stmt *st, struct fb_custody_record *r)
{
    const struct {
        int col;
        const char **to;
    } text[] = {{C_WHAT, &r->e.what},
                {C_PARAMS, &r->e.params_json},
                {C_TOOL, &r->e.tool_version},
                {C_BUILD, &r->e.build_json},
                {C_WHO, &r->e.who},
                {C_HOST, &r->e.host},
                {C_INPUTS, &r->e.inputs_json},
                {C_OUTPUTS, &r->e.outputs_json}};
    *r = (struct fb_custody_record){0};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        if (sqlite3_column_type(st, text[i].col) !=
            SQLITE_TEXT) /* asked before the value: a conversion changes it */
            return false;
        *text[i].to = (const char *)sqlite3_column_text(st, text[i].col);
        if (!*text[i].to || strlen(*text[i].to) != (size_t)sqlite3_column_bytes(st, text[i].col))
            return false;
    }
    for (int col = C_PREV; col <= C_HASH; col++) {
        if (sqlite3_column_type(st, col) != SQLITE_BLOB || sqlite3_column_bytes(st, col) != FB_DIGEST_LEN)
            return false;
        memcpy(col == C_PREV ? r->prev.b : r->hash.b, sqlite3_column_blob(st, col), FB_DIGEST_LEN);
    }
    r->seq = (uint64_t)sqlite3_column_int64(st, C_SEQ);
    r->e.at_ns = sqlite3_column_int64(st, C_AT);
    return sqlite3_column_type(st, C_AT) == SQLITE_INTEGER;
}

static enum fb_status check_link(const struct fb_custody_record *r, const struct fb_digest *before,
                                 uint64_t seq, const char *what, struct fb_err *err)
{
    struct fb_digest want;
    unsigned long long at = r->seq;
    if (r->seq != seq)
        return fb_err_set(err, FB_ERR_VERIFY, "%s %llu is missing: %llu stands in its place", what,
                          (unsigned long long)seq, at);
    fb_chain_hash(r, &want);
    if (memcmp(want.b, r->hash.b, FB_DIGEST_LEN) != 0)
        return fb_err_set(err, FB_ERR_VERIFY, "%s %llu does not match its hash: it was altered", what, at);
    if (memcmp(r->prev.b, before->b, FB_DIGEST_LEN) != 0)
        return fb_err_set(err, FB_ERR_VERIFY, "%s %llu does not follow from what stands before it", what, at);
    return FB_OK;
}

static enum fb_status take_link(sqlite3_stmt *st, struct fb_custody_record *r, const struct fb_digest *before,
                                uint64_t seq, const char *what, bool check, struct fb_err *err)
{
    if (!take_record(st, r))
        return fb_err_set(err, FB_ERR_VERIFY, "%s %llu is malformed: it was altered", what,
                          (unsigned long long)sqlite3_column_int64(st, C_SEQ));
    return check ? check_link(r, before, seq, what, err) : FB_OK;
}

enum fb_status fb_chain_walk(sqlite3 *db, const struct fb_digest *start, const char *what, bool check,
                             enum fb_status (*row)(void *ctx, const struct fb_custody_record *r), void *ctx,
                             struct fb_digest *head, uint64_t *nrecords, struct fb_err *err)
{
    sqlite3_stmt *st;
    struct fb_digest at = *start;
    uint64_t n = 0;
    enum fb_status got = FB_OK;
    int rc;
    FB_TRY(fb_db_prepare(db, SELECT_ALL, &st, err));
    while (got == FB_OK && (rc = sqlite3_step(st)) != SQLITE_DONE) {
        struct fb_custody_record r;
        if (rc != SQLITE_ROW) {
            got = fb_db_error(db, err, "cannot read the custody log");
            break;
        }
        got = take_link(st, &r, &at, n + 1, what, check, err);
        at = r.hash;
        n++;
        if (got == FB_OK && row)
            got = row(ctx, &r);
    }
    sqlite3_finalize(st);
    if (head)
        *head = at;
    if (nrecords)
        *nrecords = n;
    return got;
}
