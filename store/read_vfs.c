#include "store/read_vfs.h"

#include "store/db.h"

#include <pthread.h>

#define PIECE (64 << 10)

struct read_file {
    sqlite3_file base;
    sqlite3_file *real;    /* behind this struct */
    sqlite3_int64 at, end; /* what `piece` holds of the file */
    sqlite3_int64 next;    /* where the last read ended */
    uint8_t piece[PIECE];
};

static sqlite3_vfs *under;
static sqlite3_vfs own;
static const char *name;

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct read_file *)f)->real;
}

/* Fills the piece from `off` on, up to the end of the file. */
static bool read_piece(struct read_file *f, sqlite3_int64 off)
{
    sqlite3_int64 size = 0, n;
    f->at = f->end = 0;
    if (f->real->pMethods->xFileSize(f->real, &size) != SQLITE_OK || off >= size)
        return false;
    n = size - off < PIECE ? size - off : PIECE;
    if (f->real->pMethods->xRead(f->real, f->piece, (int)n, off) != SQLITE_OK)
        return false;
    f->at = off;
    f->end = off + n;
    return true;
}

static int file_read(sqlite3_file *file, void *to, int n, sqlite3_int64 off)
{
    struct read_file *f = (struct read_file *)file;
    bool follows = off == f->next && n <= PIECE, held = off >= f->at && off + n <= f->end;
    f->next = off + n;
    if (!held && follows)
        held = read_piece(f, off) && off + n <= f->end;
    /* What is not there whole, SQLite hears from the file itself. */
    if (!held)
        return f->real->pMethods->xRead(f->real, to, n, off);
    memcpy(to, f->piece + (off - f->at), (size_t)n);
    return SQLITE_OK;
}

static int file_close(sqlite3_file *f)
{
    return real_of(f)->pMethods ? real_of(f)->pMethods->xClose(real_of(f)) : SQLITE_OK;
}

static int file_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 off)
{
    (void)f, (void)p, (void)n, (void)off;
    return SQLITE_READONLY;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    (void)f, (void)size;
    return SQLITE_READONLY;
}

static int file_sync(sqlite3_file *f, int flags)
{
    return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int file_size(sqlite3_file *f, sqlite3_int64 *out)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), out);
}

static int file_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int file_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int file_is_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int file_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int file_traits(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

/* Version 1: no shared memory, no mapping. */
static const sqlite3_io_methods methods = {.iVersion = 1,
                                           .xClose = file_close,
                                           .xRead = file_read,
                                           .xWrite = file_write,
                                           .xTruncate = file_truncate,
                                           .xSync = file_sync,
                                           .xFileSize = file_size,
                                           .xLock = file_lock,
                                           .xUnlock = file_unlock,
                                           .xCheckReservedLock = file_is_reserved,
                                           .xFileControl = file_control,
                                           .xSectorSize = file_sector,
                                           .xDeviceCharacteristics = file_traits};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    if (!(flags & SQLITE_OPEN_MAIN_DB) || !(flags & SQLITE_OPEN_READONLY))
        return under->xOpen(under, path, file, flags, out_flags);
    struct read_file *f = (struct read_file *)file;
    f->base.pMethods = NULL;
    f->real = (sqlite3_file *)(void *)(f + 1);
    f->at = f->end = 0;
    f->next = -1;
    int rc = under->xOpen(under, path, f->real, flags, out_flags);
    if (rc == SQLITE_OK || f->real->pMethods)
        f->base.pMethods = &methods; /* SQLite closes what has methods, also after a failure */
    return rc;
}

static void make(void)
{
    under = sqlite3_vfs_find(NULL);
    if (!under)
        return;
    own = *under;
    own.pNext = NULL;
    own.zName = "fbforensics-read";
    own.szOsFile = (int)sizeof(struct read_file) + under->szOsFile;
    own.xOpen = vfs_open;
    if (sqlite3_vfs_register(&own, 0) == SQLITE_OK)
        name = own.zName;
}

const char *fb_read_vfs(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
    return name;
}
