#include "store/db.h"

#include "base/buf.h"
#include "base/escape.h"
#include "store/case.h"
#include "store/case_file.h"
#include "store/read_vfs.h"
#include "store/schema.h"

#include <sys/stat.h>
#include <unistd.h>

enum fb_status fb_db_error(sqlite3 *db, struct fb_err *err, const char *doing)
{
    int rc = sqlite3_errcode(db) & 0xff;
    enum fb_status st = rc == SQLITE_NOMEM                            ? FB_ERR_NOMEM
                        : rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB ? FB_ERR_VERIFY
                                                                      : FB_ERR_DB;
    return fb_err_set(err, st, "%s: %s", doing, sqlite3_errmsg(db));
}

enum fb_status fb_db_exec(sqlite3 *db, const char *sql, struct fb_err *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? FB_OK
                                                                : fb_db_error(db, err, "the case database");
}

enum fb_status fb_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out, struct fb_err *err)
{
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK)
        return FB_OK;
    return fb_db_error(db, err, "the case database");
}

enum fb_status fb_db_run(sqlite3 *db, sqlite3_stmt *st, struct fb_err *err)
{
    int rc = sqlite3_step(st);
    enum fb_status got = rc == SQLITE_DONE ? FB_OK : fb_db_error(db, err, "cannot write to the case");
    sqlite3_reset(st);
    return got;
}

enum fb_status fb_db_int(sqlite3 *db, const char *sql, int64_t missing, int64_t *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(db, sql, &st, err));
    int rc = sqlite3_step(st);
    *out = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : missing;
    enum fb_status got =
        rc == SQLITE_ROW || rc == SQLITE_DONE ? FB_OK : fb_db_error(db, err, "cannot read the case");
    sqlite3_finalize(st);
    return got;
}

static enum fb_status refuse(struct fb_err *err, enum fb_status st, const char *path, const char *what)
{
    struct fb_buf b;
    fb_buf_init(&b, 300);
    fb_escape_term(&b, path, strlen(path));
    fb_err_set(err, st, "%s: %s", fb_buf_cstr(&b), what);
    fb_buf_release(&b);
    return st;
}

static enum fb_status create_schema(sqlite3 *db, struct fb_err *err)
{
    static const char settings[] =
        "PRAGMA page_size=4096; PRAGMA auto_vacuum=NONE; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF; "
        "PRAGMA application_id=0x46424341; PRAGMA user_version=3";
    FB_TRY(fb_db_exec(db, settings, err));
    FB_TRY(fb_db_exec(db, "BEGIN", err));
    FB_TRY(fb_schema_create(db, &fb_schema_case, err));
    return fb_db_exec(db, "COMMIT", err);
}

enum fb_status fb_db_create(const char *path, sqlite3 **out, struct fb_err *err)
{
    _Static_assert(FB_CASE_APPLICATION_ID == 0x46424341 && FB_CASE_SCHEMA_VERSION == 3,
                   "as written in create_schema()");
    struct stat st;
    if (path && lstat(path, &st) == 0)
        return refuse(err, FB_ERR_USAGE, path,
                      "this file exists already; give the case another name or remove the file first");
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(
        ":memory:", &db,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    enum fb_status got = rc == SQLITE_OK ? create_schema(db, err) : fb_err_nomem(err, "the case");
    if (got != FB_OK) {
        sqlite3_close(db);
        return got;
    }
    *out = db;
    return FB_OK;
}

/* ---- opening ---- */

enum how { TO_READ, TO_READ_ALONE, TO_WRITE }; /* alone: no journal beside it, nobody writes */

/* "file:" URI of a path; every byte that could mean something else is escaped. */
static void uri_of(struct fb_buf *b, const char *path, const char *query)
{
    fb_buf_puts(b, path[0] == '/' ? "file://" : "file:./");
    for (const char *p = path; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
                     strchr("/._-", *p);
        if (plain)
            fb_buf_putc(b, *p);
        else
            fb_buf_printf(b, "%%%02x", (unsigned)(uint8_t)*p);
    }
    fb_buf_puts(b, query);
}

/* What lies beside a case: nothing, a journal that belongs to it, or something that somebody put there. */
enum beside { BESIDE_NOTHING, BESIDE_JOURNAL, BESIDE_FOREIGN };

static enum beside look_beside(const char *path, const char *suffix, const struct stat *of_case)
{
    struct fb_buf b;
    struct stat st;
    fb_buf_init(&b, 1u << 16);
    fb_buf_puts(&b, path);
    fb_buf_puts(&b, suffix);
    const char *name = fb_buf_cstr(&b);
    enum beside got = BESIDE_NOTHING;
    if (b.failed)
        got = BESIDE_FOREIGN;
    else if (lstat(name, &st) == 0)
        got = S_ISREG(st.st_mode) && st.st_uid == of_case->st_uid ? BESIDE_JOURNAL : BESIDE_FOREIGN;
    fb_buf_release(&b);
    return got;
}

enum fb_status fb_db_harden(sqlite3 *db, struct fb_err *err)
{
    static const struct {
        int id, value;
    } limit[] = {{SQLITE_LIMIT_LENGTH, 64 << 20},
                 {SQLITE_LIMIT_SQL_LENGTH, 100000},
                 {SQLITE_LIMIT_COLUMN, 200},
                 {SQLITE_LIMIT_EXPR_DEPTH, 100},
                 {SQLITE_LIMIT_COMPOUND_SELECT, 20},
                 {SQLITE_LIMIT_VDBE_OP, 100000},
                 {SQLITE_LIMIT_FUNCTION_ARG, 20},
                 {SQLITE_LIMIT_ATTACHED, 0},
                 {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
                 {SQLITE_LIMIT_VARIABLE_NUMBER, 1000},
                 {SQLITE_LIMIT_TRIGGER_DEPTH, 1}};
    static const int on[] = {SQLITE_DBCONFIG_DEFENSIVE};
    static const int off[] = {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_TRIGGER,
                              SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION};
    for (size_t i = 0; i < sizeof limit / sizeof *limit; i++)
        sqlite3_limit(db, limit[i].id, limit[i].value);
    for (size_t i = 0; i < sizeof on / sizeof *on; i++)
        sqlite3_db_config(db, on[i], 1, (int *)NULL);
    for (size_t i = 0; i < sizeof off / sizeof *off; i++)
        sqlite3_db_config(db, off[i], 0, (int *)NULL);
    return fb_db_exec(
        db, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA query_only=ON; PRAGMA temp_store=MEMORY",
        err);
}

enum fb_status fb_db_check(sqlite3 *db, const char *path, struct fb_err *err)
{
    int64_t app = 0, version = 0;
    enum fb_status st = fb_db_int(db, "PRAGMA application_id", 0, &app, err);
    if (st == FB_ERR_VERIFY || (st == FB_OK && app != FB_CASE_APPLICATION_ID))
        return refuse(err, FB_ERR_INPUT, path, "this is not a case file");
    if (st != FB_OK)
        return refuse(err, st, path, sqlite3_errmsg(db));
    FB_TRY(fb_db_int(db, "PRAGMA user_version", 0, &version, err));
    if (version > FB_CASE_SCHEMA_VERSION)
        return refuse(err, FB_ERR_NEWER, path,
                      "a newer version of fbforensics wrote this case; use that version");
    if (version > 0 && version < FB_CASE_SCHEMA_VERSION)
        return refuse(err, FB_ERR_INPUT, path,
                      "an older version of fbforensics wrote this case; copy it into the present format: "
                      "fbforensics migrate CASE -o NEW");
    if (version != FB_CASE_SCHEMA_VERSION)
        return refuse(err, FB_ERR_INPUT, path, "this case has a version number that was never used");
    return fb_schema_check(db, &fb_schema_case, err);
}

static enum fb_status check_opened(sqlite3 *db, const char *path, struct fb_err *err)
{
    int64_t version;
    sqlite3_busy_timeout(db, 5000);
    enum fb_status st = fb_db_harden(db, err);
    if (st == FB_OK)
        st = fb_db_int(db, "PRAGMA schema_version", 0, &version, err);
    if (st != FB_OK && (sqlite3_extended_errcode(db) == SQLITE_READONLY_ROLLBACK ||
                        sqlite3_extended_errcode(db) == SQLITE_READONLY_RECOVERY))
        return refuse(
            err, FB_ERR_INPUT, path,
            "a change of this case was interrupted and its -journal or -wal waits beside it; repeat "
            "the change, or remove that file if it is not yours");
    if (st == FB_ERR_VERIFY)
        return refuse(err, FB_ERR_INPUT, path, "this is not a case file");
    return fb_db_check(db, path, err);
}

static enum fb_status open_uri(const char *path, enum how how, sqlite3 **db, struct fb_err *err)
{
    struct fb_buf uri;
    fb_buf_init(&uri, 1u << 16);
    uri_of(&uri, path, how == TO_WRITE ? "?mode=rw" : how == TO_READ ? "?mode=ro" : "?mode=ro&immutable=1");
    int rc = sqlite3_open_v2(fb_buf_cstr(&uri), db,
                             (how == TO_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                                 SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                             how == TO_READ_ALONE ? fb_read_vfs() : NULL);
    fb_buf_release(&uri);
    return rc == SQLITE_OK ? FB_OK : refuse(err, FB_ERR_IO, path, "cannot be opened");
}

enum purpose { FOR_READING, FOR_CHANGE, FOR_ANY_VERSION };

static enum fb_status open_real(const char *real, const char *path, const struct stat *sb,
                                enum purpose purpose, sqlite3 **db, struct fb_err *err)
{
    enum beside wal = look_beside(real, "-wal", sb), journal = look_beside(real, "-journal", sb);
    if (wal == BESIDE_FOREIGN || journal == BESIDE_FOREIGN)
        return refuse(
            err, FB_ERR_INPUT, path,
            "beside it lies a -wal or -journal that is no file of the case's owner; move it away first");
    bool alone = wal == BESIDE_NOTHING && journal == BESIDE_NOTHING && !fb_case_is_locked(real);
    bool write = purpose == FOR_CHANGE;
    FB_TRY(open_uri(real, write ? TO_WRITE : alone ? TO_READ_ALONE : TO_READ, db, err));
    if (write && sqlite3_db_readonly(*db, "main"))
        return refuse(err, FB_ERR_IO, path,
                      "this case cannot be written to: the file or its folder forbids it");
    if (purpose == FOR_ANY_VERSION)
        return FB_OK;
    FB_TRY(check_opened(*db, path, err));
    return write ? fb_db_exec(*db, "PRAGMA query_only=OFF; PRAGMA secure_delete=ON; PRAGMA synchronous=FULL",
                              err)
                 : FB_OK;
}

static enum fb_status open_file(const char *path, enum purpose purpose, sqlite3 **out, struct fb_err *err)
{
    struct stat sb;
    /* stat, not open: closing a descriptor of our own would drop SQLite's locks on the same file. */
    if (stat(path, &sb) != 0)
        return refuse(err, FB_ERR_INPUT, path, "no such case file");
    if (!S_ISREG(sb.st_mode))
        return refuse(err, FB_ERR_INPUT, path, "a case is a regular file");
    /* Where a link leads is where SQLite looks for a journal. */
    char *real = realpath(path, NULL);
    if (!real)
        return refuse(err, FB_ERR_IO, path, "cannot be opened");
    sqlite3 *db = NULL;
    enum fb_status got = open_real(real, path, &sb, purpose, &db, err);
    free(real);
    if (got != FB_OK) {
        sqlite3_close(db);
        return got;
    }
    *out = db;
    return FB_OK;
}

enum fb_status fb_db_open(const char *path, sqlite3 **out, struct fb_err *err)
{
    return open_file(path, FOR_READING, out, err);
}

enum fb_status fb_db_open_write(const char *path, sqlite3 **out, struct fb_err *err)
{
    return open_file(path, FOR_CHANGE, out, err);
}

enum fb_status fb_db_open_any(const char *path, sqlite3 **out, struct fb_err *err)
{
    return open_file(path, FOR_ANY_VERSION, out, err);
}

enum fb_status fb_db_open_memory(uint8_t *bytes, size_t n, const char *name, sqlite3 **out,
                                 struct fb_err *err)
{
    sqlite3 *db = NULL;
    enum fb_status got = FB_OK;
    if (sqlite3_open_v2(":memory:", &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                            SQLITE_OPEN_EXRESCODE,
                        NULL) != SQLITE_OK ||
        sqlite3_deserialize(db, "main", bytes, (sqlite3_int64)n, (sqlite3_int64)n,
                            SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
        got = fb_err_nomem(err, "a case in memory");
    if (got == FB_OK)
        got = check_opened(db, name, err);
    if (got != FB_OK) {
        sqlite3_close(db);
        return got;
    }
    *out = db;
    return FB_OK;
}

enum fb_status fb_db_open_fill(const char *path, sqlite3 **out, struct fb_err *err)
{
    static const char settings[] =
        "PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY; "
        "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864";
    sqlite3 *db = NULL;
    struct fb_buf uri;
    fb_buf_init(&uri, 1u << 16);
    uri_of(&uri, path, "?mode=rw");
    int rc = sqlite3_open_v2(
        fb_buf_cstr(&uri), &db,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    bool cut = uri.failed;
    fb_buf_release(&uri);
    enum fb_status got =
        cut || rc != SQLITE_OK ? refuse(err, FB_ERR_IO, path, "cannot be opened for writing") : FB_OK;
    if (got == FB_OK) {
        sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, (int *)NULL);
        /* Only readers are there besides us; a reader that recovers the log after a kill takes it for a
         * moment. */
        sqlite3_busy_timeout(db, 5000);
        got = fb_db_exec(db, settings, err);
    }
    if (got == FB_OK)
        got = fb_db_check(db, path, err);
    if (got != FB_OK) {
        sqlite3_close(db);
        return got;
    }
    *out = db;
    return FB_OK;
}
