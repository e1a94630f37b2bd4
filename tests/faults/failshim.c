/* Makes calls of a program fail, for tests/faults/run.sh: LD_PRELOAD=failshim.so FAIL=KIND:N[+]:PATH program
 * ...
 *
 * KIND: malloc (malloc, calloc, realloc), write (write, pwrite: no space), read (read, pread: I/O error),
 * sync (fsync, fdatasync), open, or kill (SIGKILL before the N-th write, sync, rename or unlink). The N-th
 * call fails, with + all later ones too. Files count whose path holds PATH; 0 counts only. FAIL_COUNT names a
 * file that gets the number of calls. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

static atomic_long calls;
static long fail_at;
static bool sticky, ready;
static char kind[16], part[256];

__attribute__((constructor)) static void begin(void)
{
    const char *spec = getenv("FAIL");
    char plus = 0;
    if (!spec || sscanf(spec, "%15[^:]:%ld%c", kind, &fail_at, &plus) < 2)
        return;
    sticky = plus == '+';
    const char *p = strchr(spec, ':');
    p = p ? strchr(p + 1, ':') : NULL;
    snprintf(part, sizeof part, "%s", p ? p + 1 : "");
    ready = true;
}

__attribute__((destructor)) static void end(void)
{
    const char *name = getenv("FAIL_COUNT");
    ready = false;
    FILE *f = name ? fopen(name, "w") : NULL;
    if (f) {
        fprintf(f, "%ld\n", (long)calls);
        fclose(f);
    }
}

static bool is_mine_path(const char *path)
{
    return strstr(path, part) != NULL;
}

static bool is_mine(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0)
        return false;
    path[n] = '\0';
    return path[0] == '/' && is_mine_path(path);
}

/* True when this call is to fail. */
static bool strikes(const char *what)
{
    bool kills = strcmp(kind, "kill") == 0;
    if (!ready || (strcmp(kind, what) != 0 && !(kills && strcmp(what, "malloc") != 0 &&
                                                strcmp(what, "read") != 0 && strcmp(what, "open") != 0)))
        return false;
    long n = atomic_fetch_add(&calls, 1) + 1;
    if (fail_at == 0 || (n != fail_at && !(sticky && n > fail_at)))
        return false;
    if (kills)
        kill(getpid(), SIGKILL);
    return true;
}

static bool fails(const char *what, int fd, int error)
{
    if (!ready || !is_mine(fd) || !strikes(what))
        return false;
    errno = error;
    return true;
}

void *malloc(size_t n)
{
    return strikes("malloc") ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return strikes("malloc") ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return strikes("malloc") ? NULL : __libc_realloc(p, n);
}

ssize_t write(int fd, const void *p, size_t n)
{
    return fails("write", fd, ENOSPC) ? -1 : syscall(SYS_write, fd, p, n);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t off)
{
    return fails("write", fd, ENOSPC) ? -1 : syscall(SYS_pwrite64, fd, p, n, off);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t off)
{
    return pwrite64(fd, p, n, off);
}

ssize_t read(int fd, void *p, size_t n)
{
    return fails("read", fd, EIO) ? -1 : syscall(SYS_read, fd, p, n);
}

ssize_t pread64(int fd, void *p, size_t n, off64_t off)
{
    return fails("read", fd, EIO) ? -1 : syscall(SYS_pread64, fd, p, n, off);
}

ssize_t pread(int fd, void *p, size_t n, off_t off)
{
    return pread64(fd, p, n, off);
}

int fsync(int fd)
{
    return fails("sync", fd, EIO) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return fails("sync", fd, EIO) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int rename(const char *from, const char *to)
{
    if (is_mine_path(to) && strikes("rename"))
        return errno = EACCES, -1;
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
    if (is_mine_path(path) && strikes("unlink"))
        return errno = EACCES, -1;
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    if (is_mine_path(path) && strikes("open"))
        return errno = EMFILE, -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return open(path, flags, mode);
}
