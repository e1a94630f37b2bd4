/* The digests of a case, from what its tables say of chunks and evidence (docs/case-format.md, "Digests"). */
#include "store/case_impl.h"

enum fb_status fb_case_digest_chunks(sqlite3 *db, enum fb_chunk_kind kind, struct fb_digest *out,
                                     uint64_t *nrows, struct fb_err *err)
{
    /* Of a chunk that retention touched counts what it was. */
    static const char sql[] =
        "SELECT nrows, logical_hash FROM (SELECT cid, nrows, logical_hash FROM chunk WHERE kind=?1 AND cid "
        "NOT IN (SELECT cid FROM purge) UNION ALL SELECT cid, nrows, logical_hash FROM purge WHERE kind=?1) "
        "ORDER BY cid";
    sqlite3_stmt *st;
    struct fb_digest_state d;
    enum fb_status got = FB_OK;
    int rc;
    FB_TRY(fb_db_prepare(db, sql, &st, err));
    sqlite3_bind_int(st, 1, (int)kind);
    fb_digest_init(&d, kind == FB_KIND_SESSIONS ? "fb case" : "fb packet index");
    *nrows = 0;
    while (got == FB_OK && (rc = sqlite3_step(st)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW) {
            got = fb_db_error(db, err, "cannot read the chunks of the case");
        } else if (sqlite3_column_bytes(st, 1) != FB_DIGEST_LEN || !sqlite3_column_blob(st, 1)) {
            got = fb_err_set(err, FB_ERR_VERIFY, "a chunk of the case has no digest");
        } else {
            uint64_t n = (uint64_t)sqlite3_column_int64(st, 0);
            fb_digest_update_le64(&d, n);
            fb_digest_update(&d, sqlite3_column_blob(st, 1), FB_DIGEST_LEN);
            *nrows += n;
        }
    }
    sqlite3_finalize(st);
    fb_digest_final(&d, out);
    return got;
}

enum fb_status fb_case_digest_evidence(sqlite3 *db, struct fb_digest *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    struct fb_digest_state d;
    enum fb_status got = FB_OK;
    int rc;
    FB_TRY(fb_db_prepare(db, "SELECT size, sha256 FROM evidence ORDER BY evidence", &st, err));
    fb_digest_init(&d, "fb evidence");
    while (got == FB_OK && (rc = sqlite3_step(st)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW) {
            got = fb_db_error(db, err, "cannot read the evidence records");
        } else if (sqlite3_column_bytes(st, 1) != 32 || !sqlite3_column_blob(st, 1)) {
            got = fb_err_set(err, FB_ERR_VERIFY, "an evidence record has no SHA-256");
        } else {
            fb_digest_update_le64(&d, (uint64_t)sqlite3_column_int64(st, 0));
            fb_digest_update(&d, sqlite3_column_blob(st, 1), 32);
        }
    }
    sqlite3_finalize(st);
    fb_digest_final(&d, out);
    return got;
}
