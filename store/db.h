/* SQLite as a case uses it: the schema, opening with defensive settings, statements with our errors. */
#ifndef FB_STORE_DB_H
#define FB_STORE_DB_H

#include "base/err.h"

#ifdef FB_SQLITE_EXTENSION
#include <sqlite3ext.h> /* fbcase.so calls the SQLite that loads it, through its table of functions */
extern const sqlite3_api_routines *sqlite3_api;
#else
#include <sqlite3.h>
#endif
#include <stddef.h>

/* Rows of table `chunk`: kinds, and how chunk ids are made (docs/case-format.md). */
enum fb_chunk_kind { FB_KIND_SESSIONS = 0, FB_KIND_PACKETS = 1, FB_KIND_SPILL = 2, FB_KIND_FILTERS = 3 };
#define FB_CID(window, kind, sub) ((uint64_t)(window) << 20 | (uint64_t)(kind) << 18 | (uint64_t)(sub))
#define FB_CID_SUBS               (1u << 18) /* chunks of one kind in one window */
#define FB_WINDOWS_MAX            ((uint64_t)1 << 38)

/* An empty case in memory. Refuses when there is something at `path` (NULL: not asked). */
enum fb_status fb_db_create(const char *path, sqlite3 **out, struct fb_err *err);
/* Opens a case file for the run that fills it; the schema is checked. */
enum fb_status fb_db_open_fill(const char *path, sqlite3 **out, struct fb_err *err);
/* Opens read-only with every check: a regular file, our application id, our version, our schema. */
enum fb_status fb_db_open(const char *path, sqlite3 **out, struct fb_err *err);

/* The same checks, for changing a case that exists: a journal that an interrupted change left is rolled back
 * first, every commit is durable, pages that are given up are zeroed. */
enum fb_status fb_db_open_write(const char *path, sqlite3 **out, struct fb_err *err);
/* Read-only, with checks of the file but none of its content, which may be of any version. */
enum fb_status fb_db_open_any(const char *path, sqlite3 **out, struct fb_err *err);
/* The same over the bytes of a file in memory, which stay the caller's and outlive the connection. `name` is
 * for messages. */
enum fb_status fb_db_open_memory(uint8_t *bytes, size_t n, const char *name, sqlite3 **out,
                                 struct fb_err *err);
/* Whether an open database is a case of this version: application id, version, schema. */
enum fb_status fb_db_check(sqlite3 *db, const char *name, struct fb_err *err);

/* Settings for statements over data that is not trusted. */
enum fb_status fb_db_harden(sqlite3 *db, struct fb_err *err);

/* FB_ERR_DB (FB_ERR_NOMEM, FB_ERR_VERIFY for a malformed file) with SQLite's message. */
enum fb_status fb_db_error(sqlite3 *db, struct fb_err *err, const char *doing);
enum fb_status fb_db_exec(sqlite3 *db, const char *sql, struct fb_err *err);
enum fb_status fb_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out, struct fb_err *err);
/* Runs a bound statement that returns no rows, and resets it. */
enum fb_status fb_db_run(sqlite3 *db, sqlite3_stmt *st, struct fb_err *err);
/* One integer; `missing` when there is no row. */
enum fb_status fb_db_int(sqlite3 *db, const char *sql, int64_t missing, int64_t *out, struct fb_err *err);

#endif
