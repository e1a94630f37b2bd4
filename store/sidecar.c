#include "store/sidecar.h"

#include "base/escape.h"
#include "store/schema.h"

#include <sys/stat.h>

char *fb_sidecar_path(const char *case_path)
{
    size_t n = strlen(case_path);
    if (n > 7 && strcmp(case_path + n - 7, ".fbcase") == 0)
        n -= 7;
    char *path = malloc(n + 9);
    if (path) {
        memcpy(path, case_path, n);
        memcpy(path + n, ".fbnotes", 9);
    }
    return path;
}

static enum fb_status fail(struct fb_err *err, enum fb_status st, const char *path, const char *what)
{
    struct fb_buf b;
    fb_buf_init(&b, 200);
    fb_escape_term(&b, path, strlen(path));
    fb_err_set(err, st, "%s: %s", fb_buf_cstr(&b), what);
    fb_buf_release(&b);
    return st;
}

static enum fb_status check_owner(sqlite3 *db, const char *path, const struct fb_seal_state *seal,
                                  struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(db, "SELECT value FROM sidecar_info WHERE key='manifest' ORDER BY id", &st, err));
    bool mine = seal && sqlite3_step(st) == SQLITE_ROW && sqlite3_column_bytes(st, 0) == FB_DIGEST_LEN &&
                memcmp(sqlite3_column_blob(st, 0), seal->manifest.b, FB_DIGEST_LEN) == 0;
    sqlite3_finalize(st);
    if (mine)
        return FB_OK;
    return fail(err, FB_ERR_VERIFY, path,
                seal ? "this sidecar belongs to another case; move it away, or put the case beside it that "
                       "it was made for"
                     : "there is a sidecar beside this case, which is not sealed: it belongs to another one; "
                       "move it away");
}

static enum fb_status check(sqlite3 *db, const char *path, const struct fb_seal_state *seal,
                            struct fb_err *err)
{
    int64_t app = 0, version = 0;
    FB_TRY(fb_db_harden(db, err));
    sqlite3_busy_timeout(db, 5000);
    if (fb_db_int(db, "PRAGMA application_id", 0, &app, err) != FB_OK || app != FB_SIDECAR_APPLICATION_ID)
        return fail(err, FB_ERR_VERIFY, path, "this is not the sidecar of a case; move it away");
    FB_TRY(fb_db_int(db, "PRAGMA user_version", 0, &version, err));
    if (version > FB_SIDECAR_SCHEMA_VERSION)
        return fail(err, FB_ERR_NEWER, path,
                    "a newer version of fbforensics wrote this sidecar; use that version");
    if (version != FB_SIDECAR_SCHEMA_VERSION)
        return fail(err, FB_ERR_VERIFY, path,
                    "an older version of fbforensics wrote this sidecar, for a case of that version; move it "
                    "away");
    FB_TRY(fb_schema_check(db, &fb_schema_sidecar, err));
    return check_owner(db, path, seal, err);
}

static enum fb_status open_read(const char *path, const struct fb_seal_state *seal, sqlite3 **out,
                                struct fb_err *err)
{
    struct stat st;
    if (lstat(path, &st) != 0 || (S_ISREG(st.st_mode) && st.st_size == 0))
        return fail(err, FB_ERR_NOTFOUND, path, "no such sidecar");
    if (!S_ISREG(st.st_mode))
        return fail(err, FB_ERR_VERIFY, path, "a sidecar is a regular file; move this one away");
    if (st.st_size > FB_SIDECAR_BYTES_MAX)
        return fail(err, FB_ERR_LIMIT, path, "this sidecar is larger than 4 GiB");
    int rc =
        sqlite3_open_v2(path, out, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    enum fb_status got =
        rc == SQLITE_OK ? check(*out, path, seal, err) : fail(err, FB_ERR_IO, path, "cannot be opened");
    if (got != FB_OK) {
        sqlite3_close(*out);
        *out = NULL;
    }
    return got;
}

enum fb_status fb_sidecar_open(const char *case_path, const struct fb_seal_state *seal, sqlite3 **out,
                               struct fb_err *err)
{
    char *path = fb_sidecar_path(case_path);
    if (!path)
        return fb_err_nomem(err, "a path");
    enum fb_status got = open_read(path, seal, out, err);
    free(path);
    return got;
}

static enum fb_status make(sqlite3 *db, const struct fb_seal_state *seal, struct fb_err *err)
{
    sqlite3_stmt *st;
    _Static_assert(FB_SIDECAR_SCHEMA_VERSION == 2, "as written here");
    FB_TRY(fb_db_exec(db, "PRAGMA application_id=0x4642434e; PRAGMA user_version=2", err));
    FB_TRY(fb_schema_create(db, &fb_schema_sidecar, err));
    FB_TRY(fb_db_prepare(db, "INSERT INTO sidecar_info(key, value) VALUES('manifest',?)", &st, err));
    sqlite3_bind_blob(st, 1, seal->manifest.b, FB_DIGEST_LEN, SQLITE_STATIC);
    enum fb_status got = fb_db_run(db, st, err);
    sqlite3_finalize(st);
    return got;
}

static enum fb_status open_write(sqlite3 *db, const char *path, const struct fb_seal_state *seal,
                                 struct fb_err *err)
{
    int64_t tables = 0;
    sqlite3_busy_timeout(db, 5000);
    FB_TRY(fb_db_exec(db, "PRAGMA trusted_schema=OFF; PRAGMA synchronous=FULL; BEGIN IMMEDIATE", err));
    FB_TRY(fb_db_int(db, "SELECT count(*) FROM sqlite_schema", 0, &tables, err));
    if (tables == 0)
        return make(db, seal, err);
    FB_TRY(check(db, path, seal, err));
    return fb_db_exec(db, "PRAGMA query_only=OFF", err);
}

enum fb_status fb_sidecar_open_write(const char *case_path, const struct fb_seal_state *seal, sqlite3 **out,
                                     struct fb_err *err)
{
    char *path = fb_sidecar_path(case_path);
    if (!path)
        return fb_err_nomem(err, "a path");
    struct stat st;
    enum fb_status got = FB_OK;
    *out = NULL;
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
        got = fail(err, FB_ERR_VERIFY, path, "a sidecar is a regular file; move this one away");
    else if (sqlite3_open_v2(path, out,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_EXRESCODE,
                             NULL) != SQLITE_OK)
        got = fail(err, FB_ERR_IO, path, "cannot be written");
    else
        got = open_write(*out, path, seal, err);
    if (got != FB_OK) {
        sqlite3_close(*out);
        *out = NULL;
    }
    free(path);
    return got;
}
