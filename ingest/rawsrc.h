/* The bytes of an evidence file as they lie on disk, block by block, and their SHA-256 on a thread of its
 * own. Belongs to one thread at a time (the reader's, or that of the decompressor until it is joined). */
#ifndef FB_INGEST_RAWSRC_H
#define FB_INGEST_RAWSRC_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct fb_rawsrc;

struct fb_rawsrc_opts {
    bool no_sha256;
    size_t block; /* bytes asked of each read(); at least 16 for files */
    size_t head;  /* writable bytes in front of each block */
};

enum fb_status fb_rawsrc_open(const char *path, const struct fb_rawsrc_opts *opts, struct fb_rawsrc **out,
                              struct fb_err *err);
/* Reads borrowed memory instead of a file: for tests and fuzzing. */
enum fb_status fb_rawsrc_open_mem(const uint8_t *data, size_t n, const struct fb_rawsrc_opts *opts,
                                  struct fb_rawsrc **out, struct fb_err *err);

/* The next block; FB_EOF when there is none. It may be used until the call after the next. */
enum fb_status fb_rawsrc_next(struct fb_rawsrc *s, uint8_t **p, size_t *n, struct fb_err *err);

/* Moves to an absolute offset. False when that cannot be done: a pipe, or the bytes between must be hashed.
 */
bool fb_rawsrc_seek(struct fb_rawsrc *s, uint64_t off);

uint64_t fb_rawsrc_size(const struct fb_rawsrc *s); /* bytes of the file as far as known; 0 for pipes */
uint64_t fb_rawsrc_done(const struct fb_rawsrc *s); /* bytes read; may be asked by any thread */

/* Reads what is left, joins the hash thread and writes the digest (zeros when none was asked for). */
enum fb_status fb_rawsrc_finish(struct fb_rawsrc *s, uint8_t sha256[static 32], struct fb_err *err);

void fb_rawsrc_close(struct fb_rawsrc *s); /* accepts NULL */

#endif
