/* The file of a case that is being written: how it comes into being, who may write to it, how it is settled
 * at the end. Not for other rooms.
 *
 * A case appears whole: its first bytes (schema, run, plan) are written under another name, synced and
 * renamed, so that no kill and no power loss leaves a file at `path` that does not open. It is in SQLite's
 * WAL mode from its first byte, so that there is never a rollback journal, which a reader without write
 * access could not play back. */
#ifndef FB_STORE_CASE_FILE_H
#define FB_STORE_CASE_FILE_H

#include "base/err.h"

#include <sqlite3.h>

/* Writes the database `db` (in memory) to a new file at `path` and locks it for writing. *lock_fd is to be
 * closed after the last connection of this process to the file: closing it earlier would drop SQLite's locks.
 */
enum fb_status fb_case_publish(sqlite3 *db, const char *path, int *lock_fd, struct fb_err *err);

/* Locks an existing case for writing. FB_ERR_USAGE when another process is writing to it. */
enum fb_status fb_case_lock(const char *path, int *lock_fd, struct fb_err *err);

/* True when somebody is writing to the case. Not to be called while this process has a connection to it. */
bool fb_case_is_locked(const char *path);

/* True when a -wal lies beside the case. */
bool fb_case_has_log(const char *path);

/* Moves everything into the one file and out of WAL mode. When readers are in the way the case stays as good
 * as it is, with its log beside it; that is no error. */
enum fb_status fb_case_settle(sqlite3 *db, struct fb_err *err);

#endif
