#include "ingest/unpack.h"

#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* 128 MiB windows: what `zstd --long` writes by default; xz -9 needs 65 MiB to decode. */
#define ZSTD_WINDOW_LOG 27
#define XZ_MEMORY       ((uint64_t)256 << 20)

enum step { STEP_GO, STEP_FRAME_END, STEP_BAD };

struct fb_unpack {
    enum fb_compression kind;
    union {
        z_stream gz;
        ZSTD_DStream *zstd;
        LZ4F_dctx *lz4;
        lzma_stream xz;
    } c;
    bool ready;
    const uint8_t *in;
    size_t in_left;
    bool last;    /* nothing will be fed any more */
    bool mid;     /* inside a member or frame */
    bool between; /* after the end of a member: padding or another one */
    const char *damage;
};

enum fb_compression fb_unpack_detect(const uint8_t *p, size_t n)
{
    static const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd}, lz4[] = {0x04, 0x22, 0x4d, 0x18},
                         xz[] = {0xfd, '7', 'z', 'X', 'Z', 0x00};
    if (n >= 2 && p[0] == 0x1f && p[1] == 0x8b)
        return FB_COMP_GZIP;
    if (n >= sizeof zstd && memcmp(p, zstd, sizeof zstd) == 0)
        return FB_COMP_ZSTD;
    /* A skippable frame in front: zstd's decoder passes over the lz4 ones too, they are the same. */
    if (n >= 4 && (p[0] & 0xf0) == 0x50 && p[1] == 0x2a && p[2] == 0x4d && p[3] == 0x18)
        return FB_COMP_ZSTD;
    if (n >= sizeof lz4 && memcmp(p, lz4, sizeof lz4) == 0)
        return FB_COMP_LZ4;
    if (n >= sizeof xz && memcmp(p, xz, sizeof xz) == 0)
        return FB_COMP_XZ;
    return FB_COMP_NONE;
}

static bool codec_init(struct fb_unpack *u)
{
    switch (u->kind) {
    case FB_COMP_GZIP:
        return inflateInit2(&u->c.gz, 15 + 16) == Z_OK;
    case FB_COMP_ZSTD:
        u->c.zstd = ZSTD_createDStream();
        return u->c.zstd &&
               !ZSTD_isError(ZSTD_DCtx_setParameter(u->c.zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG));
    case FB_COMP_LZ4:
        return !LZ4F_isError(LZ4F_createDecompressionContext(&u->c.lz4, LZ4F_VERSION));
    case FB_COMP_XZ:
        return lzma_stream_decoder(&u->c.xz, XZ_MEMORY, LZMA_CONCATENATED) == LZMA_OK;
    case FB_COMP_NONE:
        break;
    }
    return false;
}

enum fb_status fb_unpack_new(enum fb_compression kind, struct fb_unpack **out, struct fb_err *err)
{
    struct fb_unpack *u = calloc(1, sizeof *u);
    if (!u)
        return fb_err_nomem(err, "a decompressor");
    u->kind = kind;
    u->ready = codec_init(u);
    if (!u->ready) {
        fb_unpack_free(u);
        return fb_err_nomem(err, "a decompressor");
    }
    *out = u;
    return FB_OK;
}

void fb_unpack_free(struct fb_unpack *u)
{
    if (!u)
        return;
    if (u->kind == FB_COMP_GZIP && u->ready)
        inflateEnd(&u->c.gz);
    else if (u->kind == FB_COMP_ZSTD)
        ZSTD_freeDStream(u->c.zstd);
    else if (u->kind == FB_COMP_LZ4)
        LZ4F_freeDecompressionContext(u->c.lz4);
    else if (u->kind == FB_COMP_XZ && u->ready)
        lzma_end(&u->c.xz);
    free(u);
}

void fb_unpack_feed(struct fb_unpack *u, const uint8_t *p, size_t n)
{
    static const uint8_t nothing[1] = {0};
    u->in = n ? p : nothing;
    u->in_left = n;
    u->last = n == 0;
}

const char *fb_unpack_damage(const struct fb_unpack *u)
{
    return u->damage;
}

static enum step gzip_step(struct fb_unpack *u, uint8_t *out, size_t cap, size_t *made)
{
    z_stream *z = &u->c.gz;
    z->next_in = (Bytef *)(uintptr_t)u->in; /* zlib's field is not const; it does not write there */
    z->avail_in = (uInt)u->in_left;
    z->next_out = out;
    z->avail_out = (uInt)cap;
    int rc = inflate(z, Z_NO_FLUSH);
    *made = cap - z->avail_out;
    u->in += u->in_left - z->avail_in;
    u->in_left = z->avail_in;
    if (rc == Z_STREAM_END)
        return inflateReset(z) == Z_OK ? STEP_FRAME_END : STEP_BAD;
    if (rc == Z_OK || rc == Z_BUF_ERROR)
        return STEP_GO;
    u->damage = "the gzip data is corrupt, expected a valid deflate stream and checksum";
    return STEP_BAD;
}

static enum step zstd_step(struct fb_unpack *u, uint8_t *out, size_t cap, size_t *made)
{
    ZSTD_inBuffer in = {u->in, u->in_left, 0};
    ZSTD_outBuffer ob = {out, cap, 0};
    size_t rc = ZSTD_decompressStream(u->c.zstd, &ob, &in);
    *made = ob.pos;
    u->in += in.pos;
    u->in_left -= in.pos;
    if (!ZSTD_isError(rc))
        return rc == 0 ? STEP_FRAME_END : STEP_GO;
    u->damage = ZSTD_getErrorCode(rc) == ZSTD_error_frameParameter_windowTooLarge
                    ? "the zstd frame asks for a window over 128 MiB, which is not given"
                    : "the zstd data is corrupt, expected a valid frame";
    return STEP_BAD;
}

static enum step lz4_step(struct fb_unpack *u, uint8_t *out, size_t cap, size_t *made)
{
    size_t used = u->in_left;
    *made = cap;
    size_t rc = LZ4F_decompress(u->c.lz4, out, made, u->in, &used, NULL);
    if (LZ4F_isError(rc)) {
        *made = 0;
        u->damage = "the lz4 data is corrupt, expected a valid frame";
        return STEP_BAD;
    }
    u->in += used;
    u->in_left -= used;
    return rc == 0 ? STEP_FRAME_END : STEP_GO;
}

static enum step xz_step(struct fb_unpack *u, uint8_t *out, size_t cap, size_t *made)
{
    lzma_stream *z = &u->c.xz;
    z->next_in = u->in;
    z->avail_in = u->in_left;
    z->next_out = out;
    z->avail_out = cap;
    lzma_ret rc = lzma_code(z, u->last ? LZMA_FINISH : LZMA_RUN);
    *made = cap - z->avail_out;
    u->in = z->next_in;
    u->in_left = z->avail_in;
    if (rc == LZMA_STREAM_END)
        return STEP_FRAME_END;
    if (rc == LZMA_OK || (rc == LZMA_BUF_ERROR && !u->last))
        return STEP_GO;
    u->damage = rc == LZMA_BUF_ERROR ? "the xz stream ends early"
                : rc == LZMA_MEMLIMIT_ERROR
                    ? "the xz stream asks for more than 256 MiB to decode, which is not given"
                : rc == LZMA_FORMAT_ERROR ? "bytes that are no xz stream follow the last one"
                                          : "the xz data is corrupt, expected a valid stream";
    return STEP_BAD;
}

static enum step run_codec(struct fb_unpack *u, uint8_t *out, size_t cap, size_t *made)
{
    switch (u->kind) {
    case FB_COMP_GZIP:
        return gzip_step(u, out, cap, made);
    case FB_COMP_ZSTD:
        return zstd_step(u, out, cap, made);
    case FB_COMP_LZ4:
        return lz4_step(u, out, cap, made);
    default:
        return xz_step(u, out, cap, made);
    }
}

/* Between two members: zeros are padding (tape blocks, gzip's manual); anything but a member is told as what
 * it is. */
static bool next_member(struct fb_unpack *u)
{
    while (u->in_left && *u->in == 0) {
        u->in++;
        u->in_left--;
    }
    if (u->in_left == 0)
        return true;
    const uint8_t b = *u->in;
    bool known = u->kind == FB_COMP_GZIP   ? b == 0x1f
                 : u->kind == FB_COMP_ZSTD ? b == 0x28 || (b & 0xf0) == 0x50
                                           : b == 0x04 || (b & 0xf0) == 0x50;
    if (!known)
        u->damage = "bytes that are no compressed data follow the end of the compressed stream";
    return known;
}

/* The end of what was fed: more is needed, or the file ends here. */
static enum fb_unpack_state out_of_input(struct fb_unpack *u)
{
    static const char *const early[] = {
        [FB_COMP_GZIP] = "the gzip stream ends early, expected more data and its checksum",
        [FB_COMP_ZSTD] = "the zstd frame ends early",
        [FB_COMP_LZ4] = "the lz4 frame ends early",
        [FB_COMP_XZ] = "the xz stream ends early",
    };
    if (!u->last)
        return FB_UNPACK_MORE;
    if (!u->mid)
        return FB_UNPACK_END;
    u->damage = early[u->kind];
    return FB_UNPACK_BAD;
}

enum fb_unpack_state fb_unpack_run(struct fb_unpack *u, uint8_t *out, size_t cap, size_t *n)
{
    while (*n < cap) {
        if (u->between) {
            if (!next_member(u))
                return FB_UNPACK_BAD;
            if (u->in_left == 0)
                return out_of_input(u);
            u->between = false;
        }
        size_t made = 0, before = u->in_left;
        enum step s = run_codec(u, out + *n, cap - *n, &made);
        *n += made;
        if (s == STEP_BAD)
            return FB_UNPACK_BAD;
        if (s == STEP_FRAME_END) {
            u->mid = false;
            if (u->kind == FB_COMP_XZ)
                return FB_UNPACK_END;
            u->between = true;
            continue;
        }
        u->mid = u->mid || before > 0;
        if (made == 0 && u->in_left == 0)
            return out_of_input(u);
        if (made == 0 && u->in_left == before) {
            u->damage = "the decompressor makes no progress";
            return FB_UNPACK_BAD;
        }
    }
    return FB_UNPACK_FULL;
}
