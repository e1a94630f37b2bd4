/* The uncompressed byte stream of an evidence file as a window that the format readers look through.
 *
 * fb_in_have(n) makes the next n bytes lie in one piece at `p`; fb_in_skip leaves them behind. Blocks are
 * parsed in place: a record that a block cuts is moved in front of the next block; only what is larger than
 * that room is put together in a buffer. What was looked at stays valid until the next call. Compressed files
 * are decompressed on a thread of their own. */
#ifndef FB_INGEST_INPUT_H
#define FB_INGEST_INPUT_H

#include "base/evidence.h"
#include "ingest/rawsrc.h"

/* No window is ever asked to be larger: pcapng blocks are parsed up to 16 MiB, pcap records up to this too.
 */
#define FB_IN_WINDOW_MAX ((size_t)40 << 20)

struct fb_in_stream; /* where blocks come from */

struct fb_input {
    const uint8_t *p; /* the window: n bytes, at stream offset off */
    size_t n;
    uint64_t off;
    uint8_t *rest; /* what follows the window in the current block, when the window lies in `big` */
    size_t nrest;
    uint8_t *big;
    size_t big_cap;
    size_t head;
    bool in_big;
    bool eof;              /* no block follows */
    enum fb_status status; /* FB_ERR_* once reading failed; then nothing more comes */
    struct fb_in_stream *stream;
};

struct fb_input_opts {
    bool no_sha256;
    size_t block, head; /* 0: 256 KiB and 64 KiB; tests take small ones */
    const uint8_t *mem; /* when set, read this instead of `path` */
    size_t mem_bytes;
};

enum fb_status fb_input_open(struct fb_input *in, const char *path, const struct fb_input_opts *opts,
                             struct fb_err *err);
void fb_input_release(struct fb_input *in);

bool fb_input_fill(struct fb_input *in, size_t n);

/* Are there n bytes in the window, or can they be brought there? If not, all that is left of the stream is in
 * it. */
static inline bool fb_in_have(struct fb_input *in, size_t n)
{
    return in->n >= n || fb_input_fill(in, n);
}

static inline void fb_in_skip(struct fb_input *in, size_t n)
{
    in->p += n;
    in->n -= n;
    in->off += n;
}

/* Leaves n bytes behind, however many, without keeping them; returns how many there were. */
uint64_t fb_input_skip_far(struct fb_input *in, uint64_t n);

bool fb_input_seek(struct fb_input *in, uint64_t off); /* plain files without a digest to compute */

enum fb_compression fb_input_compression(const struct fb_input *in);
const char *fb_input_damage(
    struct fb_input *in); /* at the end of the stream: what was wrong with the compression, or NULL */
const struct fb_err *fb_input_error(const struct fb_input *in);
uint64_t fb_input_raw_done(const struct fb_input *in);
uint64_t fb_input_raw_size(const struct fb_input *in);

/* Stops decompression, reads the rest of the file and completes its digest. */
enum fb_status fb_input_finish(struct fb_input *in, uint8_t sha256[static 32], struct fb_err *err);

#endif
