#include "ingest/input.h"

#include "ingest/blockring.h"
#include "ingest/pathtext.h"
#include "ingest/unpack.h"

#include <stdatomic.h>

#define BLOCK_BYTES ((size_t)256 << 10)
#define HEAD_BYTES  ((size_t)64 << 10)

struct fb_in_stream {
    struct fb_rawsrc *raw;
    struct fb_unpack *unpack; /* NULL: plain */
    enum fb_compression comp;
    struct fb_ring ring; /* decompressed blocks */
    pthread_t thread;
    bool threaded, failed;
    atomic_bool stop; /* nobody wants more decompressed bytes */
    uint8_t *first;   /* the raw block that was read to tell the compression; used once */
    size_t nfirst;
    const char *damage;
    struct fb_err err; /* written by the thread that reads, read after it ended its ring */
};

static enum fb_status raw_next(struct fb_in_stream *s, uint8_t **p, size_t *n)
{
    if (s->first) {
        *p = s->first;
        *n = s->nfirst;
        s->first = NULL;
        return FB_OK;
    }
    return fb_rawsrc_next(s->raw, p, n, &s->err);
}

/* One decompressed block into out; 0 at the end, be it good, damaged (s->damage) or failed (s->failed). */
static size_t unpack_block(struct fb_in_stream *s, uint8_t *out, size_t cap)
{
    size_t n = 0;
    while (!atomic_load(&s->stop)) {
        enum fb_unpack_state u = fb_unpack_run(s->unpack, out, cap, &n);
        if (u == FB_UNPACK_BAD)
            s->damage = fb_unpack_damage(s->unpack);
        if (u != FB_UNPACK_MORE)
            break;
        uint8_t *p = NULL;
        size_t got = 0;
        enum fb_status st = raw_next(s, &p, &got);
        if (st != FB_OK && st != FB_EOF) {
            s->failed = true;
            break;
        }
        fb_unpack_feed(s->unpack, p, got);
    }
    return n;
}

static void *unpack_main(void *arg)
{
    struct fb_in_stream *s = arg;
    uint8_t *out;
    while ((out = fb_ring_slot(&s->ring)) != NULL) {
        size_t n = unpack_block(s, out, s->ring.block);
        if (n)
            fb_ring_push(&s->ring, n);
        if (n < s->ring.block)
            break;
    }
    fb_ring_end(&s->ring);
    return NULL;
}

/* The next block of the uncompressed stream; false at its end or when reading failed. */
static bool next_block(struct fb_input *in, uint8_t **p, size_t *n)
{
    struct fb_in_stream *s = in->stream;
    bool got;
    if (s->threaded) {
        got = fb_ring_take(&s->ring, 1, p, n);
        if (!got && s->failed)
            in->status = s->err.status;
    } else {
        enum fb_status st = raw_next(s, p, n);
        got = st == FB_OK;
        if (!got && st != FB_EOF)
            in->status = st;
    }
    in->eof = in->eof || !got;
    return got;
}

static void stop_thread(struct fb_in_stream *s)
{
    if (!s->threaded)
        return;
    atomic_store(&s->stop, true);
    fb_ring_abort(&s->ring);
    pthread_join(s->thread, NULL);
    s->threaded = false;
}

/* Looks at the first block, and sets up decompression when it is compressed. */
static enum fb_status start_stream(struct fb_in_stream *s, size_t head, size_t block, struct fb_err *err)
{
    enum fb_status st = fb_rawsrc_next(s->raw, &s->first, &s->nfirst, err);
    if (st == FB_EOF) {
        s->first = NULL;
        return FB_OK;
    }
    FB_TRY(st);
    s->comp = fb_unpack_detect(s->first, s->nfirst);
    if (s->comp == FB_COMP_NONE)
        return FB_OK;
    FB_TRY(fb_unpack_new(s->comp, &s->unpack, err));
    if (!fb_ring_init(&s->ring, head, block))
        return fb_err_nomem(err, "decompressed blocks");
    /* The first call of fb_unpack_run has nothing to work on. */
    uint8_t *p = NULL;
    size_t n = 0;
    FB_TRY(raw_next(s, &p, &n));
    fb_unpack_feed(s->unpack, p, n);
    if (pthread_create(&s->thread, NULL, unpack_main, s) != 0)
        return fb_err_set(err, FB_ERR_NOMEM, "no thread could be started for decompression");
    s->threaded = true;
    return FB_OK;
}

enum fb_status fb_input_open(struct fb_input *in, const char *path, const struct fb_input_opts *opts,
                             struct fb_err *err)
{
    memset(in, 0, sizeof *in);
    struct fb_in_stream *s = calloc(1, sizeof *s);
    if (!s)
        return fb_err_nomem(err, "a reader");
    in->stream = s;
    in->head = opts->head ? opts->head : HEAD_BYTES;
    struct fb_rawsrc_opts ro = {
        .no_sha256 = opts->no_sha256, .block = opts->block ? opts->block : BLOCK_BYTES, .head = in->head};
    enum fb_status st = opts->mem ? fb_rawsrc_open_mem(opts->mem, opts->mem_bytes, &ro, &s->raw, err)
                                  : fb_rawsrc_open(path, &ro, &s->raw, err);
    if (st == FB_OK) {
        st = start_stream(s, ro.head, ro.block, err);
        if (st != FB_OK) {
            char name[FB_PATHTEXT_MAX];
            fb_pathtext(path, name);
            fb_err_wrap(err, "%s", name);
        }
    }
    if (st != FB_OK)
        fb_input_release(in);
    return st;
}

void fb_input_release(struct fb_input *in)
{
    struct fb_in_stream *s = in->stream;
    if (s) {
        stop_thread(s);
        fb_unpack_free(s->unpack);
        fb_ring_release(&s->ring);
        fb_rawsrc_close(s->raw);
        free(s);
    }
    free(in->big);
    memset(in, 0, sizeof *in);
}

static bool big_reserve(struct fb_input *in, size_t n)
{
    size_t used = in->in_big ? (size_t)(in->p - in->big) : 0;
    if (in->in_big && used + n <= in->big_cap)
        return true;
    size_t cap = in->big_cap ? in->big_cap : 4096;
    while (cap < 2 * n)
        cap *= 2;
    if (cap > in->big_cap) {
        uint8_t *p = realloc(in->big, cap);
        if (!p) {
            in->status = fb_err_nomem(&in->stream->err, "a large record");
            return false;
        }
        if (in->in_big)
            in->p = p + used;
        in->big = p;
        in->big_cap = cap;
    }
    if (in->n)
        memmove(in->big, in->p, in->n);
    if (!in->in_big) {
        in->rest = NULL;
        in->nrest = 0;
    }
    in->p = in->big;
    in->in_big = true;
    return true;
}

/* Puts n bytes together in `big` out of the window, the rest of the block and the blocks that follow. */
static bool gather(struct fb_input *in, size_t n)
{
    if (n > FB_IN_WINDOW_MAX || !big_reserve(in, n))
        return false;
    while (in->n < n) {
        if (in->nrest == 0 && (in->eof || !next_block(in, &in->rest, &in->nrest)))
            return false;
        size_t k = n - in->n < in->nrest ? n - in->n : in->nrest;
        memcpy(in->big + (in->p - in->big) + in->n, in->rest, k);
        in->n += k;
        in->rest += k;
        in->nrest -= k;
    }
    return true;
}

bool fb_input_fill(struct fb_input *in, size_t n)
{
    while (in->n < n) {
        if (in->n == 0 && in->nrest) {
            in->p = in->rest;
            in->n = in->nrest;
            in->nrest = 0;
            in->in_big = false;
            continue;
        }
        if (in->nrest || in->n > in->head)
            return gather(in, n);
        uint8_t *b = NULL;
        size_t nb = 0;
        if (in->eof || in->status != FB_OK || !next_block(in, &b, &nb))
            return false;
        if (in->n)
            memcpy(b - in->n, in->p, in->n);
        in->p = b - in->n;
        in->n += nb;
        in->in_big = false;
    }
    return true;
}

uint64_t fb_input_skip_far(struct fb_input *in, uint64_t n)
{
    uint64_t done = 0;
    while (done < n && fb_in_have(in, 1)) {
        size_t k = n - done < in->n ? (size_t)(n - done) : in->n;
        fb_in_skip(in, k);
        done += k;
    }
    return done;
}

bool fb_input_seek(struct fb_input *in, uint64_t off)
{
    struct fb_in_stream *s = in->stream;
    if (s->unpack || !fb_rawsrc_seek(s->raw, off))
        return false;
    s->first = NULL;
    in->n = in->nrest = 0;
    in->in_big = in->eof = false;
    in->off = off;
    return true;
}

enum fb_compression fb_input_compression(const struct fb_input *in)
{
    return in->stream->comp;
}

const char *fb_input_damage(struct fb_input *in)
{
    return in->eof ? in->stream->damage : NULL;
}

const struct fb_err *fb_input_error(const struct fb_input *in)
{
    return &in->stream->err;
}

uint64_t fb_input_raw_done(const struct fb_input *in)
{
    return fb_rawsrc_done(in->stream->raw);
}

uint64_t fb_input_raw_size(const struct fb_input *in)
{
    return fb_rawsrc_size(in->stream->raw);
}

enum fb_status fb_input_finish(struct fb_input *in, uint8_t sha256[static 32], struct fb_err *err)
{
    stop_thread(in->stream);
    in->n = in->nrest = 0;
    in->eof = true;
    return fb_rawsrc_finish(in->stream->raw, sha256, err);
}
