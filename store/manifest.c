#include "store/manifest.h"

#include "base/escape.h"

#include <string.h>

/* Tables whose rows are digested one by one. custody has its chain, chunk_grp and
 * record_grp the digests in chunk and record_chunk; manifest,
 * seal and signature come after the manifest. Ascending. */
static const char *const plain[] = {"case_info", "checkpoint",    "chunk",        "counter",      "damage",
                                    "evidence",  "evidence_note", "interface",    "layer",        "note",
                                    "purge",     "record_chunk",  "record_purge", "record_table", "retention",
                                    "run",       "tag",           "timeline_run", "verdict"};

static void put_cell(struct fb_digest_state *d, sqlite3_stmt *st, int col)
{
    int type = sqlite3_column_type(st, col);
    uint8_t kind = (uint8_t)type;
    double r;
    uint64_t bits;
    fb_digest_update(d, &kind, 1);
    switch (type) {
    case SQLITE_INTEGER:
        fb_digest_update_le64(d, (uint64_t)sqlite3_column_int64(st, col));
        break;
    case SQLITE_FLOAT:
        r = sqlite3_column_double(st, col);
        memcpy(&bits, &r, sizeof bits);
        fb_digest_update_le64(d, bits);
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
        const void *p =
            type == SQLITE_TEXT ? (const void *)sqlite3_column_text(st, col) : sqlite3_column_blob(st, col);
        fb_digest_update_field(d, p ? p : "", (size_t)sqlite3_column_bytes(st, col));
        break;
    }
    default:
        break;
    }
}

static enum fb_status digest_rows(sqlite3 *db, const char *sql, const char *name, struct fb_digest *out,
                                  uint64_t *nrows, struct fb_err *err)
{
    sqlite3_stmt *st;
    struct fb_digest_state d;
    int rc;
    FB_TRY(fb_db_prepare(db, sql, &st, err));
    fb_digest_init(&d, "fb table");
    fb_digest_update_field(&d, name, strlen(name));
    *nrows = 0;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(st); i++)
            put_cell(&d, st, i);
        ++*nrows;
    }
    enum fb_status got = rc == SQLITE_DONE ? FB_OK : fb_db_error(db, err, "cannot read the case");
    sqlite3_finalize(st);
    fb_digest_final(&d, out);
    return got;
}

static void put_member(struct fb_buf *out, const char *name, const struct fb_digest *d, uint64_t nrows)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(d->b, sizeof d->b, hex);
    fb_buf_printf(out, "\"%s\":{\"digest\":\"%s\",\"rows\":", name, hex);
    fb_buf_put_u64dec(out, nrows);
    fb_buf_putc(out, '}');
}

static enum fb_status put_rows(sqlite3 *db, const char *sql, const char *name, struct fb_buf *out,
                               struct fb_err *err)
{
    struct fb_digest d;
    uint64_t n;
    FB_TRY(digest_rows(db, sql, name, &d, &n, err));
    put_member(out, name, &d, n);
    return FB_OK;
}

static enum fb_status put_info(sqlite3 *db, const char *key, struct fb_buf *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(db, "SELECT value FROM main.case_info WHERE key=? ORDER BY id", &st, err));
    sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
    int rc = sqlite3_step(st);
    const void *text = rc == SQLITE_ROW ? sqlite3_column_text(st, 0) : NULL;
    fb_buf_printf(out, "\"%s\":", key);
    fb_escape_json(out, text ? text : "", text ? (size_t)sqlite3_column_bytes(st, 0) : 0);
    enum fb_status got =
        rc == SQLITE_ROW || rc == SQLITE_DONE ? FB_OK : fb_db_error(db, err, "cannot read the case");
    sqlite3_finalize(st);
    return got;
}

static enum fb_status put_head(sqlite3 *db, struct fb_buf *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    char hex[FB_DIGEST_HEXLEN] = "";
    FB_TRY(fb_db_prepare(db, "SELECT hash FROM main.custody ORDER BY seq DESC LIMIT 1", &st, err));
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW && sqlite3_column_bytes(st, 0) == FB_DIGEST_LEN)
        fb_hex(sqlite3_column_blob(st, 0), FB_DIGEST_LEN, hex);
    sqlite3_finalize(st);
    fb_buf_printf(out, "\"chain_head\":\"%s\"", hex);
    return hex[0] ? FB_OK : fb_err_set(err, FB_ERR_VERIFY, "the custody log of the case has no head");
}

static enum fb_status put_tables(sqlite3 *db, struct fb_buf *out, struct fb_err *err)
{
    fb_buf_puts(out, "\"tables\":{");
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT * FROM main.%s ORDER BY rowid", plain[i]);
        fb_buf_puts(out, i ? "," : "");
        FB_TRY(put_rows(db, sql, plain[i], out, err));
    }
    fb_buf_putc(out, '}');
    return FB_OK;
}

enum fb_status fb_manifest_build(sqlite3 *db, struct fb_buf *out, struct fb_err *err)
{
    fb_buf_putc(out, '{');
    FB_TRY(put_info(db, "case_digest", out, err));
    fb_buf_putc(out, ',');
    FB_TRY(put_head(db, out, err));
    fb_buf_putc(out, ',');
    FB_TRY(put_rows(db, "SELECT cid, content_hash, logical_hash FROM main.chunk ORDER BY cid", "chunks", out,
                    err));
    fb_buf_putc(out, ',');
    FB_TRY(put_info(db, "evidence_digest", out, err));
    fb_buf_puts(out, ",\"format\":1,");
    FB_TRY(put_info(db, "packet_index_digest", out, err));
    fb_buf_putc(out, ',');
    FB_TRY(put_tables(db, out, err));
    fb_buf_putc(out, '}');
    return out->failed ? fb_err_nomem(err, "the manifest") : FB_OK;
}

enum fb_status fb_layers_digest(sqlite3 *db, bool sidecar, struct fb_digest *out, struct fb_err *err)
{
    static const char *const table[] = {"layer", "note", "tag", "verdict", "signature"};
    struct fb_digest_state all;
    fb_digest_init(&all, "fb layers");
    for (size_t i = 0; i < (sidecar ? 5u : 4u); i++) {
        char sql[128];
        struct fb_digest d;
        uint64_t n;
        snprintf(sql, sizeof sql, "SELECT * FROM main.%s ORDER BY rowid", table[i]);
        FB_TRY(digest_rows(db, sql, table[i], &d, &n, err));
        fb_digest_update(&all, d.b, FB_DIGEST_LEN);
    }
    struct fb_digest tables;
    uint64_t ntables;
    /* The digest of a case without such layers is what it always was. */
    FB_TRY(digest_rows(db, "SELECT * FROM main.record_table WHERE run_id > 0 ORDER BY tid", "record_table",
                       &tables, &ntables, err));
    if (ntables > 0)
        fb_digest_update(&all, tables.b, FB_DIGEST_LEN);
    fb_digest_final(&all, out);
    return FB_OK;
}

void fb_manifest_digest(const void *body, size_t n, struct fb_digest *out)
{
    struct fb_digest_state d;
    fb_digest_init(&d, "fb manifest");
    fb_digest_update(&d, body, n);
    fb_digest_final(&d, out);
}

/* Where two manifests part, as the name of the last member that was begun before. */
static void name_member(const char *body, size_t at, char *out, size_t cap)
{
    size_t end = at, from;
    snprintf(out, cap, "its beginning");
    for (;;) {
        while (end > 0 && !(body[end] == ':' && body[end - 1] == '"'))
            end--;
        if (end < 2)
            return;
        for (from = end - 1; from > 0 && body[from - 1] != '"'; from--)
            ;
        int n = (int)(end - 1 - from);
        bool inner = (n == 6 && memcmp(body + from, "digest", 6) == 0) ||
                     (n == 4 && memcmp(body + from, "rows", 4) == 0);
        if (!inner) {
            snprintf(out, cap, "%.*s", n < 40 ? n : 40, body + from);
            return;
        }
        end = from - 1;
    }
}

enum fb_status fb_manifest_check(sqlite3 *db, const char *body, size_t n, struct fb_err *err)
{
    struct fb_buf now;
    fb_buf_init(&now, 1u << 20);
    enum fb_status st = fb_manifest_build(db, &now, err);
    if (st == FB_OK && (now.len != n || memcmp(now.data, body, n) != 0)) {
        size_t at = 0;
        char name[48];
        while (at < now.len && at < n && now.data[at] == (uint8_t)body[at])
            at++;
        name_member(fb_buf_cstr(&now), at < now.len ? at : now.len - 1, name, sizeof name);
        st = fb_err_set(err, FB_ERR_VERIFY,
                        "the manifest does not match the case: \"%s\" is not what was sealed", name);
    }
    fb_buf_release(&now);
    return st;
}
