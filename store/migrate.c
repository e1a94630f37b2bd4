#include "store/migrate.h"

#include "store/case.h"
#include "store/chain.h"
#include "store/rec_dir.h"
#include "store/schema.h"

#include <fcntl.h>
#include <unistd.h>

/* Tables that are not there yet, empty. */
static enum fb_status create_missing(sqlite3 *db, struct fb_err *err)
{
    for (size_t i = 0; i < fb_schema_case.n; i++) {
        char sql[128];
        int64_t there = 0;
        snprintf(sql, sizeof sql, "SELECT count(*) FROM main.sqlite_schema WHERE name='%s'",
                 fb_schema_case.table[i].name);
        FB_TRY(fb_db_int(db, sql, 0, &there, err));
        if (!there)
            FB_TRY(fb_db_exec(db, fb_schema_case.table[i].sql, err));
    }
    return FB_OK;
}

/* Version 1 called the comments of captures `note` and had none of the tables that came with custody. */
static enum fb_status from_1(sqlite3 *db, struct fb_err *err)
{
    FB_TRY(fb_db_exec(db, "CREATE TEMP TABLE old AS SELECT * FROM main.note; DROP TABLE main.note", err));
    FB_TRY(create_missing(db, err));
    return fb_db_exec(db,
                      "INSERT INTO main.evidence_note(id, evidence, byte_off, pkt_no, kind, text) SELECT id, "
                      "evidence, byte_off, pkt_no, kind, text FROM temp.old; DROP TABLE temp.old",
                      err);
}

/* Version 2 had no record tables. What was sealed is the old file: the copy is not. */
static enum fb_status from_2(sqlite3 *db, struct fb_err *err)
{
    struct fb_digest records;
    char hex[FB_DIGEST_HEXLEN], sql[256];
    FB_TRY(create_missing(db, err));
    FB_TRY(fb_rec_digest_facts(db, &records, err));
    fb_hex(records.b, FB_DIGEST_LEN, hex);
    snprintf(sql, sizeof sql,
             "INSERT INTO main.case_info(key, value) SELECT 'records_digest', '%s' WHERE EXISTS (SELECT 1 "
             "FROM main.case_info WHERE key='complete')",
             hex);
    FB_TRY(fb_db_exec(db, sql, err));
    return fb_db_exec(db,
                      "DELETE FROM main.manifest; DELETE FROM main.seal; DELETE FROM main.signature; DELETE "
                      "FROM main.case_info WHERE key IN ('sealed', 'title', 'examiner')",
                      err);
}

/* The way from each older version to the next. */
static const struct fb_migrate_step steps_of_this_version[] = {
    {1, "custody log, layers, retention", from_1},
    {2, "record tables", from_2},
};
_Static_assert(sizeof steps_of_this_version / sizeof *steps_of_this_version == FB_CASE_SCHEMA_VERSION - 1,
               "a step for every version from 1 on");

static enum fb_status copy(sqlite3 *from, const char *to, sqlite3 **out, struct fb_err *err)
{
    /* Made here, so that nothing that exists, and no link, is ever written to. */
    int fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return fb_err_set(err, FB_ERR_USAGE, "%s: exists or cannot be created; give the copy another name",
                          to);
    close(fd);
    if (sqlite3_open_v2(to, out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) !=
        SQLITE_OK)
        return fb_err_set(err, FB_ERR_IO, "%s: cannot be opened", to);
    sqlite3_backup *b = sqlite3_backup_init(*out, "main", from, "main");
    int rc = b ? sqlite3_backup_step(b, -1) : SQLITE_ERROR;
    int end = sqlite3_backup_finish(b);
    if (rc != SQLITE_DONE || end != SQLITE_OK)
        return fb_db_error(*out, err, "cannot copy the case");
    return FB_OK;
}

static const struct fb_migrate_step *find(const struct fb_migrate_step *steps, size_t n, int version)
{
    for (size_t i = 0; i < n; i++)
        if (steps[i].from == version)
            return &steps[i];
    return NULL;
}

static enum fb_status take_step(sqlite3 *db, const struct fb_migrate_step *s, struct fb_err *err)
{
    char version[64];
    snprintf(version, sizeof version, "PRAGMA user_version=%d; COMMIT", s->from + 1);
    FB_TRY(fb_db_exec(db, "BEGIN IMMEDIATE", err));
    enum fb_status st = s->run(db, err);
    if (st == FB_OK)
        st = fb_db_exec(db, version, err);
    if (st != FB_OK) {
        fb_db_exec(db, "ROLLBACK", NULL);
        return fb_err_wrap(err, "from version %d to %d (%s)", s->from, s->from + 1, s->what);
    }
    return FB_OK;
}

/* The first thing that the new custody log says, or one more in an old one. */
static enum fb_status put_custody(sqlite3 *db, const struct fb_custody_entry *entry, int version,
                                  struct fb_err *err)
{
    static const struct fb_digest zeros;
    struct fb_custody_entry e = *entry;
    char inputs[64], outputs[64];
    snprintf(inputs, sizeof inputs, "{\"schema_version\":%d}", version);
    snprintf(outputs, sizeof outputs, "{\"schema_version\":%d}", FB_CASE_SCHEMA_VERSION);
    e.inputs_json = inputs;
    e.outputs_json = outputs;
    return fb_chain_append(db, &zeros, &e, NULL, err);
}

static enum fb_status run_steps(sqlite3 *db, const struct fb_migrate_step *steps, size_t n, int version,
                                const struct fb_custody_entry *entry, struct fb_err *err)
{
    int first = version;
    FB_TRY(fb_db_harden(db, err));
    FB_TRY(fb_db_exec(db, "PRAGMA query_only=OFF; PRAGMA journal_mode=DELETE", err));
    for (; version < FB_CASE_SCHEMA_VERSION; version++)
        FB_TRY(take_step(db, find(steps, n, version), err));
    return put_custody(db, entry, first, err);
}

/* The version of a case that can be migrated. */
static enum fb_status version_of(sqlite3 *db, const char *path, const struct fb_migrate_step *steps, size_t n,
                                 int *out, struct fb_err *err)
{
    int64_t app = 0, version = 0;
    FB_TRY(fb_db_harden(db, err));
    FB_TRY(fb_db_int(db, "PRAGMA application_id", 0, &app, err));
    FB_TRY(fb_db_int(db, "PRAGMA user_version", 0, &version, err));
    if (app != FB_CASE_APPLICATION_ID)
        return fb_err_set(err, FB_ERR_INPUT, "%s: this is not a case file", path);
    if (version > FB_CASE_SCHEMA_VERSION)
        return fb_err_set(err, FB_ERR_NEWER,
                          "%s: a newer version of fbforensics wrote this case; use that version", path);
    if (version == FB_CASE_SCHEMA_VERSION)
        return fb_err_set(err, FB_ERR_USAGE, "%s: this case has the present format, version %d", path,
                          FB_CASE_SCHEMA_VERSION);
    for (int64_t v = version; v < FB_CASE_SCHEMA_VERSION; v++)
        if (v < 0 || !find(steps, n, (int)v))
            return fb_err_set(err, FB_ERR_INPUT,
                              "%s: this case has a version number that was never used (%lld)", path,
                              (long long)version);
    *out = (int)version;
    return FB_OK;
}

static enum fb_status check_copy(const char *path, struct fb_err *err)
{
    struct fb_case *c = NULL;
    enum fb_status st = fb_case_open(path, &c, err);
    if (st == FB_OK)
        st = fb_case_check(c, err);
    fb_case_close(c);
    return st;
}

static enum fb_status migrate(sqlite3 *src, const char *to, const struct fb_migrate_step *steps, size_t n,
                              int version, const struct fb_custody_entry *entry, struct fb_err *err)
{
    sqlite3 *dst = NULL;
    enum fb_status st = copy(src, to, &dst, err);
    bool made = dst != NULL;
    if (st == FB_OK)
        st = run_steps(dst, steps, n, version, entry, err);
    if (sqlite3_close(dst) != SQLITE_OK && st == FB_OK)
        st = fb_err_set(err, FB_ERR_DB, "%s: cannot be closed", to);
    if (st == FB_OK)
        st = check_copy(to, err);
    if (st != FB_OK && made)
        unlink(to);
    return st;
}

enum fb_status fb_case_migrate_by(const char *from, const char *to, const struct fb_migrate_step *steps,
                                  size_t nsteps, const struct fb_custody_entry *entry, int *version,
                                  struct fb_err *err)
{
    sqlite3 *src = NULL;
    int v = 0;
    enum fb_status st = fb_db_open_any(from, &src, err);
    if (st == FB_OK)
        st = version_of(src, from, steps, nsteps, &v, err);
    if (st == FB_OK && version)
        *version = v;
    if (st == FB_OK)
        st = migrate(src, to, steps, nsteps, v, entry, err);
    sqlite3_close(src);
    return st;
}

enum fb_status fb_case_migrate(const char *from, const char *to, const struct fb_custody_entry *entry,
                               int *version, struct fb_err *err)
{
    return fb_case_migrate_by(from, to, steps_of_this_version,
                              sizeof steps_of_this_version / sizeof *steps_of_this_version, entry, version,
                              err);
}
