/* What a case says of itself: totals, digests, run, counters. */
#include "store/case_impl.h"

enum fb_status fb_case_add_counter(struct fb_case *c, const char *name, uint64_t value, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_case_write_begin(c, err));
    FB_TRY(fb_db_prepare(c->db, "INSERT INTO counter(name, value) VALUES(?,?)", &st, err));
    sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 2, (sqlite3_int64)value);
    enum fb_status got = fb_db_run(c->db, st, err);
    sqlite3_finalize(st);
    return got;
}

static enum fb_status prepare(struct fb_case *c, const char *sql, sqlite3_stmt **st, struct fb_err *err)
{
    if (!c->reading)
        return fb_err_set(err, FB_ERR_USAGE, "this case is still being written");
    c->internal++;
    enum fb_status got = fb_db_prepare(c->db, sql, st, err);
    c->internal--;
    return got;
}

static enum fb_status keep_text(char **slot, const unsigned char *text, struct fb_err *err)
{
    free(*slot);
    *slot = strdup(text ? (const char *)text : "");
    return *slot ? FB_OK : fb_err_nomem(err, "the case");
}

enum fb_status fb_case_counter(struct fb_case *c, size_t i, const char **name, uint64_t *value,
                               struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(prepare(c, "SELECT name, value FROM counter ORDER BY id LIMIT 1 OFFSET ?", &st, err));
    sqlite3_bind_int64(st, 1, (sqlite3_int64)i);
    int rc = sqlite3_step(st);
    enum fb_status got = FB_EOF;
    if (rc == SQLITE_ROW) {
        got = keep_text(&c->counter_name, sqlite3_column_text(st, 0), err);
        *name = c->counter_name;
        *value = (uint64_t)sqlite3_column_int64(st, 1);
    } else if (rc != SQLITE_DONE) {
        got = fb_db_error(c->db, err, "cannot read the counters of the case");
    }
    sqlite3_finalize(st);
    return got;
}

static bool from_hex(const char *hex, struct fb_digest *out)
{
    if (!hex || strlen(hex) != FB_DIGEST_HEXLEN - 1)
        return false;
    for (size_t i = 0; i < 2 * FB_DIGEST_LEN; i++) {
        char ch = hex[i];
        int v = ch >= '0' && ch <= '9' ? ch - '0' : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
        if (v < 0)
            return false;
        out->b[i / 2] = (uint8_t)(i % 2 ? out->b[i / 2] | v : v << 4);
    }
    return true;
}

static enum fb_status take_info(struct fb_case *c, struct fb_case_info *out, sqlite3_stmt *st,
                                struct fb_err *err)
{
    const char *key = (const char *)sqlite3_column_text(st, 0);
    const struct {
        const char *key;
        struct fb_digest *to;
    } digest[] = {{"case_digest", &out->case_digest},
                  {"packet_index_digest", &out->packet_index_digest},
                  {"evidence_digest", &out->evidence_digest},
                  {"records_digest", &out->records_digest}};
    if (!key)
        return FB_OK;
    if (strcmp(key, "complete") == 0)
        out->complete = sqlite3_column_int64(st, 1) == 1;
    if (strcmp(key, "good_sessions") == 0)
        out->good.sessions = (uint64_t)sqlite3_column_int64(st, 1);
    if (strcmp(key, "good_ordinal") == 0)
        out->good.ordinal = (uint64_t)sqlite3_column_int64(st, 1);
    if (strcmp(key, "good_evidence") == 0)
        out->good.evidence = (uint32_t)sqlite3_column_int64(st, 1);
    if (strcmp(key, "good_frame") == 0)
        out->good.pkt_no = (uint64_t)sqlite3_column_int64(st, 1);
    if (strcmp(key, "plan") == 0)
        FB_TRY(keep_text(&c->info_text[3], sqlite3_column_text(st, 1), err));
    if (strcmp(key, "sealed") == 0)
        out->sealed = sqlite3_column_int64(st, 1) == 1;
    for (size_t i = 0; i < sizeof digest / sizeof *digest; i++)
        if (strcmp(key, digest[i].key) == 0 &&
            !from_hex((const char *)sqlite3_column_text(st, 1), digest[i].to))
            return fb_err_set(err, FB_ERR_VERIFY, "the %s of the case is no digest", digest[i].key);
    return FB_OK;
}

static enum fb_status read_info(struct fb_case *c, struct fb_case_info *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    enum fb_status got = FB_OK;
    int rc;
    FB_TRY(keep_text(&c->info_text[3], NULL, err));
    FB_TRY(prepare(c, "SELECT key, value FROM case_info ORDER BY id", &st, err));
    while (got == FB_OK && (rc = sqlite3_step(st)) != SQLITE_DONE)
        got = rc == SQLITE_ROW ? take_info(c, out, st, err) : fb_db_error(c->db, err, "cannot read the case");
    sqlite3_finalize(st);
    out->plan_json = c->info_text[3];
    return got;
}

static enum fb_status read_evidence(struct fb_case *c, struct fb_case_info *out, struct fb_err *err)
{
    static const char sql[] =
        "SELECT pkts, cap_bytes, wire_bytes, damage_total, first_ts, last_ts FROM evidence ORDER BY evidence";
    sqlite3_stmt *st;
    enum fb_status got = FB_OK;
    int rc;
    FB_TRY(prepare(c, sql, &st, err));
    while (got == FB_OK && (rc = sqlite3_step(st)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW) {
            got = fb_db_error(c->db, err, "cannot read the evidence records");
            break;
        }
        uint64_t pkts = (uint64_t)sqlite3_column_int64(st, 0);
        int64_t first = sqlite3_column_int64(st, 4), last = sqlite3_column_int64(st, 5);
        if (pkts && (out->pkts == 0 || first < out->first_ts_ns))
            out->first_ts_ns = first;
        if (pkts && (out->pkts == 0 || last > out->last_ts_ns))
            out->last_ts_ns = last;
        out->nevidence++;
        out->pkts += pkts;
        out->cap_bytes += (uint64_t)sqlite3_column_int64(st, 1);
        out->wire_bytes += (uint64_t)sqlite3_column_int64(st, 2);
        out->damage_total += (uint64_t)sqlite3_column_int64(st, 3);
    }
    sqlite3_finalize(st);
    return got;
}

static enum fb_status read_run(struct fb_case *c, struct fb_case_info *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(prepare(c, "SELECT tool_version, params, custody FROM run ORDER BY id LIMIT 1", &st, err));
    int rc = sqlite3_step(st);
    enum fb_status got = rc == SQLITE_ROW || rc == SQLITE_DONE
                             ? FB_OK
                             : fb_db_error(c->db, err, "cannot read the run of the case");
    for (int i = 0; i < 3 && got == FB_OK; i++)
        got = keep_text(&c->info_text[i], rc == SQLITE_ROW ? sqlite3_column_text(st, i) : NULL, err);
    sqlite3_finalize(st);
    out->tool_version = c->info_text[0];
    out->params_json = c->info_text[1];
    out->custody_json = c->info_text[2];
    return got;
}

static enum fb_status read_all(struct fb_case *c, struct fb_case_info *out, struct fb_err *err)
{
    FB_TRY(fb_case_refresh(c, err));
    for (size_t i = 0; i < c->sessions.n; i++)
        out->sessions += c->sessions.m[i].nrows;
    out->sessions -= c->gone.removed_live < out->sessions ? c->gone.removed_live : out->sessions;
    out->sessions_removed = c->gone.removed;
    if (c->gone.n) {
        c->internal++;
        enum fb_status st =
            fb_db_int(c->db, "SELECT max(cutoff) FROM retention", 0, &out->removed_before_ns, err);
        c->internal--;
        FB_TRY(st);
    }
    FB_TRY(read_info(c, out, err));
    FB_TRY(read_evidence(c, out, err));
    return read_run(c, out, err);
}

static enum fb_status transaction(struct fb_case *c, const char *sql, struct fb_err *err)
{
    c->internal++;
    enum fb_status st = fb_db_exec(c->db, sql, err);
    c->internal--;
    return st;
}

/* In one read transaction: the case may be written to meanwhile. */
enum fb_status fb_case_info(struct fb_case *c, struct fb_case_info *out, struct fb_err *err)
{
    *out = (struct fb_case_info){0};
    bool own = sqlite3_get_autocommit(c->db) != 0;
    if (own)
        FB_TRY(transaction(c, "BEGIN", err));
    enum fb_status st = read_all(c, out, err);
    if (own)
        (void)transaction(c, "COMMIT", NULL);
    return st;
}
