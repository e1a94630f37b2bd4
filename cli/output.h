/* Buffered output of rows to standard output or a new file.
 *
 * A verb appends to `buf` and calls fb_out_row after each row. A reader that goes away (broken pipe) is no
 * error: rows are dropped from then on and fb_out_row says so with FB_EOF, so that the verb can stop. One
 * thread. */
#ifndef FB_CLI_OUTPUT_H
#define FB_CLI_OUTPUT_H

#include "base/buf.h"
#include "base/err.h"

struct fb_out {
    struct fb_buf buf;
    int fd;
    bool is_file;  /* opened here */
    bool terminal; /* standard output is a terminal */
    bool gone;     /* broken pipe */
    bool ended;    /* write error, in `err` */
    const char *name;
    struct fb_err err;
};

/* `path` NULL or "-": standard output. An existing file is not overwritten (FB_ERR_USAGE). */
enum fb_status fb_out_open(struct fb_out *o, const char *path, struct fb_err *err);

/* A row is complete. FB_OK, FB_EOF (nobody reads any more) or the error of a write. */
enum fb_status fb_out_row(struct fb_out *o);

/* Writes what is held back; status as fb_out_row. */
enum fb_status fb_out_flush(struct fb_out *o);

/* Writes the rest; FB_OK also after a broken pipe. Releases everything. */
enum fb_status fb_out_close(struct fb_out *o, struct fb_err *err);

#endif
