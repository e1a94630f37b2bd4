/* An SQLite VFS for files that nobody changes: reads that follow each other, as those of a blob's pages do,
 * are answered from pieces of 64 KiB instead of page by page. Everything else is the default VFS's.
 *
 * Only for connections with immutable=1: what was read once is not read again. Any thread. */
#ifndef FB_STORE_READ_VFS_H
#define FB_STORE_READ_VFS_H

/* Its name, for sqlite3_open_v2; NULL (the default VFS) when it could not be registered. */
const char *fb_read_vfs(void);

#endif
