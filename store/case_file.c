#include "store/case_file.h"

#include "base/buf.h"
#include "store/case.h"
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Offsets in SQLite's file header (its file format, 1.3): write and read version, 2 = WAL. */
#define WRITE_VERSION_AT 18
#define READ_VERSION_AT  19
#define HEADER_BYTES     100

static enum fb_status failed(struct fb_err *err, const char *what)
{
    return fb_err_set(err, FB_ERR_IO, "cannot make the case file: %s: %s", what, strerror(errno));
}

static enum fb_status write_all(int fd, const uint8_t *p, size_t n, struct fb_err *err)
{
    while (n > 0) {
        ssize_t got = write(fd, p, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return failed(err, "writing");
        p += got;
        n -= (size_t)got;
    }
    return FB_OK;
}

/* Best effort: some file systems know no sync of directories. */
static void sync_directory(const char *path)
{
    struct fb_buf dir;
    fb_buf_init(&dir, 1u << 16);
    const char *slash = strrchr(path, '/');
    if (slash)
        fb_buf_put(&dir, path, slash == path ? 1 : (size_t)(slash - path));
    else
        fb_buf_putc(&dir, '.');
    int fd = open(fb_buf_cstr(&dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    fb_buf_release(&dir);
}

/* A log without its case was left by one that was removed; SQLite would play it into the new file. */
static enum fb_status remove_orphans(struct fb_buf *name, const char *path, struct fb_err *err)
{
    static const char *const suffix[] = {"-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
        fb_buf_clear(name);
        fb_buf_puts(name, path);
        fb_buf_puts(name, suffix[i]);
        if (!name->failed && unlink(fb_buf_cstr(name)) != 0 && errno != ENOENT)
            return failed(err, "removing what an earlier case left beside it");
    }
    return FB_OK;
}

/* The case goes first: its log alone is nothing, it without its log might be damaged. */
enum fb_status fb_case_remove(const char *path, struct fb_err *err)
{
    struct fb_buf name;
    if (unlink(path) != 0)
        return fb_err_set(err, FB_ERR_IO, "%s: cannot be removed: %s", path, strerror(errno));
    sync_directory(path);
    fb_buf_init(&name, 1u << 16);
    enum fb_status st = remove_orphans(&name, path, err);
    fb_buf_release(&name);
    return st;
}

static enum fb_status write_image(int fd, uint8_t *image, size_t n, struct fb_err *err)
{
    FB_BUG(n < HEADER_BYTES);
    image[WRITE_VERSION_AT] = image[READ_VERSION_AT] = 2;
    FB_TRY(write_all(fd, image, n, err));
    return fsync(fd) == 0 ? FB_OK : failed(err, "syncing");
}

/* A reader that asks whether somebody writes (fb_case_is_locked) is in the way for a moment only. */
static bool take_lock(int fd)
{
    for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return true; /* a file system without locks is taken as it is */
        if (tries == 20)
            return false;
        struct timespec ms5 = {.tv_nsec = 5000000};
        nanosleep(&ms5, NULL);
    }
    return true;
}

/* The name under which a case is born; one that was left by a kill is replaced. */
static enum fb_status open_newborn(struct fb_buf *name, const char *path, int *fd, struct fb_err *err)
{
    struct stat st;
    fb_buf_clear(name);
    fb_buf_puts(name, path);
    fb_buf_puts(name, ".new");
    if (name->failed)
        return fb_err_nomem(err, "a path");
    if (lstat(fb_buf_cstr(name), &st) == 0 && !S_ISREG(st.st_mode))
        return fb_err_set(err, FB_ERR_IO, "cannot make the case file: NAME.new exists and is no file");
    (void)unlink(fb_buf_cstr(name));
    do
        *fd = open(fb_buf_cstr(name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    while (*fd < 0 && errno == EINTR);
    return *fd >= 0 ? FB_OK : failed(err, "creating it");
}

enum fb_status fb_case_publish(sqlite3 *db, const char *path, int *lock_fd, struct fb_err *err)
{
    struct fb_buf name;
    fb_buf_init(&name, 1u << 16);
    sqlite3_int64 n = 0;
    uint8_t *image = sqlite3_serialize(db, "main", &n, 0);
    int fd = -1;
    enum fb_status st = image ? remove_orphans(&name, path, err) : fb_err_nomem(err, "the case");
    if (st == FB_OK)
        st = open_newborn(&name, path, &fd, err);
    if (st == FB_OK) {
        st = write_image(fd, image, (size_t)n, err);
        if (st == FB_OK && !take_lock(fd))
            st = failed(err, "locking");
        if (st == FB_OK && rename(fb_buf_cstr(&name), path) != 0)
            st = failed(err, "renaming");
        if (st != FB_OK) {
            (void)unlink(fb_buf_cstr(&name));
            close(fd);
        }
    }
    sqlite3_free(image);
    fb_buf_release(&name);
    if (st != FB_OK)
        return st;
    sync_directory(path);
    *lock_fd = fd;
    return FB_OK;
}

enum fb_status fb_case_lock(const char *path, int *lock_fd, struct fb_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return fb_err_set(err, FB_ERR_IO, "the case cannot be opened: %s", strerror(errno));
    if (!take_lock(fd)) {
        close(fd);
        return fb_err_set(err, FB_ERR_USAGE, "another process is writing to this case");
    }
    *lock_fd = fd;
    return FB_OK;
}

bool fb_case_is_locked(const char *path)
{
    uint8_t head[HEADER_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool wal = read(fd, head, sizeof head) == (ssize_t)sizeof head && head[READ_VERSION_AT] == 2;
    bool locked = wal && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return locked;
}

bool fb_case_has_log(const char *path)
{
    struct fb_buf name;
    struct stat st;
    fb_buf_init(&name, 1u << 16);
    fb_buf_puts(&name, path);
    fb_buf_puts(&name, "-wal");
    bool there = name.failed || lstat(fb_buf_cstr(&name), &st) == 0;
    fb_buf_release(&name);
    return there;
}

/* True when the whole log went into the file and is empty now. */
static enum fb_status checkpoint(sqlite3 *db, bool *all, struct fb_err *err)
{
    int rc = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    *all = rc == SQLITE_OK;
    return rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY ? FB_OK
                                                         : fb_db_error(db, err, "cannot settle the case");
}

enum fb_status fb_case_settle(sqlite3 *db, struct fb_err *err)
{
    bool all;
    FB_TRY(checkpoint(db, &all, err));
    if (!all)
        return FB_OK;
    /* Leaving WAL mode changes bytes of the first sector only; MEMORY: without a journal file for them, which
     * a reader could not play back. */
    int rc = sqlite3_exec(db, "PRAGMA journal_mode=MEMORY", NULL, NULL, NULL);
    return rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED
               ? FB_OK
               : fb_db_error(db, err, "cannot settle the case");
}
