/* pcapng files: the walk from block to block, packets, and what to do where the walk breaks
 * (draft-ietf-opsawg-pcapng 3, 4.3, 4.4, appendix A). */
#include "ingest/pcapng_int.h"

#include <stdarg.h>

#define RESYNC_BLOCK_MAX ((uint32_t)1 << 20) /* larger blocks are not believed while searching */
#define EPB_FIXED        20                  /* interface, time, lengths */
#define OPTIONS_MAX      ((uint32_t)1 << 20) /* more options than this behind a packet is taken for a lie */
#define TRAILER          4

static uint32_t load32(const struct fb_reader *r, const uint8_t *p)
{
    return r->ng.big_endian ? fb_load_be32(p) : fb_load_le32(p);
}

/* Byte order of a section header by its magic number: 1 big, 0 little, -1 neither. */
static int section_order(const uint8_t *magic)
{
    return fb_load_be32(magic) == 0x1a2b3c4d ? 1 : fb_load_le32(magic) == 0x1a2b3c4d ? 0 : -1;
}

static bool known_type(uint32_t t)
{
    return (t >= FB_NG_IDB && t <= FB_NG_EPB) || t == FB_NG_JOURNAL || t == FB_NG_DSB || t == FB_NG_CUSTOM ||
           t == FB_NG_CUSTOM_NOCOPY || t == FB_NG_SHB;
}

static uint32_t pad4(uint32_t n)
{
    return (n + 3) & ~(uint32_t)3;
}

/* Do the fields of a packet block agree with its length? `p` is the block, at least 28 bytes of it. */
static bool packet_consistent(const struct fb_reader *r, const uint8_t *p, uint32_t type, uint32_t total)
{
    if (type == FB_NG_SPB)
        return r->ng.count > 0 && total >= 16 && total - 16 <= r->max_caplen + 3 &&
               load32(r, p + 8) >= total - 19;
    uint32_t id = load32(r, p + 8), cap = load32(r, p + 20);
    if (type == FB_NG_PB)
        id = r->ng.big_endian ? fb_load_be16(p + 8) : fb_load_le16(p + 8);
    return id < r->ng.count && cap <= r->max_caplen && total >= 32 + cap && total - 32 - cap <= OPTIONS_MAX;
}

/* Is there, at window offset `at`, the end of the stream or something that could be a block? */
static bool block_may_follow(struct fb_reader *r, size_t at)
{
    if (!fb_in_have(&r->in, at + 8))
        return r->in.n == at;
    const uint8_t *p = r->in.p + at;
    uint32_t type = load32(r, p), total = load32(r, p + 4);
    return type == FB_NG_SHB || (known_type(type) && total >= 12 && total <= FB_NG_BLOCK_MAX);
}

/* Does a whole and sound block stand at the window? Stricter than the walk, for places that nothing led to.
 */
static bool sound_block(struct fb_reader *r)
{
    struct fb_input *in = &r->in;
    if (!fb_in_have(in, 12))
        return false;
    uint32_t type = load32(r, in->p), total = load32(r, in->p + 4);
    bool section = fb_load_be32(in->p) == FB_NG_SHB;
    if (section) {
        int order = section_order(in->p + 8);
        if (order < 0)
            return false;
        total = order ? fb_load_be32(in->p + 4) : fb_load_le32(in->p + 4);
    } else if (!known_type(type)) {
        return false;
    }
    if (total < (section ? 28 : 12) || total > RESYNC_BLOCK_MAX || (total & 3) || !fb_in_have(in, total))
        return false;
    if (memcmp(in->p + 4, in->p + total - TRAILER, TRAILER) != 0)
        return false;
    if ((type == FB_NG_EPB || type == FB_NG_PB || type == FB_NG_SPB) && !section &&
        (total < (type == FB_NG_SPB ? 16 : 32) || !packet_consistent(r, in->p, type, total)))
        return false;
    return section || block_may_follow(r, total);
}

static bool resync(struct fb_reader *r)
{
    for (uint64_t k = 0; k < FB_RESYNC_MAX; k++) {
        if (!fb_in_have(&r->in, 12))
            return false;
        fb_in_skip(&r->in, 1);
        if (sound_block(r))
            return true;
    }
    return false;
}

/* As in pcap_file.c: one damage record that says what was found and how it went on. */
static enum fb_status damaged(struct fb_reader *r, uint64_t off, const char *what, struct fb_err *err)
{
    bool found = resync(r);
    if (r->in.status != FB_OK)
        return fb_reader_ended(r, err);
    enum fb_status st = found ? fb_evidence_add_damage(&r->ev, off, r->ev.pkts,
                                                       "%s; reading goes on with the block at byte %llu",
                                                       what, (unsigned long long)r->in.off)
                              : fb_evidence_add_damage(&r->ev, off, r->ev.pkts,
                                                       "%s; no sound block was found after it", what);
    if (st != FB_OK)
        return fb_err_nomem(err, "damage records");
    return found ? FB_OK : fb_reader_ended(r, err);
}

static enum fb_status local_damage(struct fb_reader *r, uint64_t off, struct fb_err *err, const char *fmt,
                                   ...) __attribute__((format(printf, 4, 5)));

static enum fb_status local_damage(struct fb_reader *r, uint64_t off, struct fb_err *err, const char *fmt,
                                   ...)
{
    char what[240];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return fb_evidence_add_damage(&r->ev, off, r->ev.pkts, "%s", what) == FB_OK
               ? FB_OK
               : fb_err_nomem(err, "damage records");
}

/* The stream ends before the block does. */
static enum fb_status cut_here(struct fb_reader *r, uint32_t type, uint32_t total, struct fb_err *err)
{
    struct fb_input *in = &r->in;
    if (in->status != FB_OK)
        return fb_reader_ended(r, err);
    char what[200];
    if (total)
        snprintf(what, sizeof what,
                 "the file ends inside a block of type 0x%08x after packet %llu: %zu of %u bytes are there",
                 type, (unsigned long long)r->ev.pkts, in->n, total);
    else
        snprintf(what, sizeof what,
                 "the file ends inside a block header after packet %llu: %zu of 12 bytes are there",
                 (unsigned long long)r->ev.pkts, in->n);
    uint64_t off = in->off;
    bool packet = type == FB_NG_EPB || type == FB_NG_PB || type == FB_NG_SPB;
    bool whole_claim = packet && in->n >= 28 && packet_consistent(r, in->p, type, total);
    size_t data_end = whole_claim && type != FB_NG_SPB ? 28 + (size_t)load32(r, in->p + 20) : 0;
    /* A packet whose lengths agree was cut. With options behind it the length may be a lie: then blocks
     * follow its data. */
    bool lie = !whole_claim || (data_end && total > 32 + pad4((uint32_t)data_end - 28) && data_end < in->n);
    if (total && !fb_input_damage(in) && lie) {
        fb_in_skip(in, data_end);
        return damaged(r, off, what, err);
    }
    FB_TRY(local_damage(r, in->off, err, "%s", what));
    return fb_reader_ended(r, err);
}

/* A block over 16 MiB: passed over without keeping it, when it is no packet and the file could hold it. */
static enum fb_status skip_huge(struct fb_reader *r, uint32_t type, uint32_t total, struct fb_err *err)
{
    uint64_t off = r->in.off, size = fb_input_raw_size(&r->in);
    char t[160];
    bool fits = r->ev.compression != FB_COMP_NONE || size == 0 || total <= size - off;
    bool packet =
        type == FB_NG_EPB || type == FB_NG_PB || type == FB_NG_SPB || type == FB_NG_IDB || type == FB_NG_SHB;
    if (packet || !fits || (total & 3)) {
        snprintf(t, sizeof t, "a block of type 0x%08x claims %u bytes, expected at most %u", type, total,
                 FB_NG_BLOCK_MAX);
        return damaged(r, off, t, err);
    }
    int n = snprintf(t, sizeof t, "block type 0x%08x, %u bytes, passed over", type, total);
    if (fb_evidence_add_note(&r->ev, off, r->ev.pkts, "huge-block", t, (size_t)n) != FB_OK)
        return fb_err_nomem(err, "notes");
    uint64_t done = fb_input_skip_far(&r->in, total - TRAILER);
    if (!fb_in_have(&r->in, TRAILER)) {
        if (r->in.status == FB_OK)
            FB_TRY(local_damage(r, off, err, "the file ends inside a block of %u bytes: %llu are there",
                                total, (unsigned long long)(done + r->in.n)));
        return fb_reader_ended(r, err);
    }
    if (load32(r, r->in.p) != total)
        return damaged(r, r->in.off, "a block over 16 MiB does not end in its own length", err);
    fb_in_skip(&r->in, TRAILER);
    return FB_OK;
}

/* The trailing length is not the leading one: which of them is right? */
static enum fb_status trailer_differs(struct fb_reader *r, uint32_t type, uint32_t total, struct fb_err *err)
{
    uint32_t trailer = load32(r, r->in.p + total - TRAILER);
    if (block_may_follow(r, total))
        return local_damage(
            r, r->in.off, err,
            "a block of type 0x%08x starts with length %u and ends with %u; the first one led to the next "
            "block and is used",
            type, total, trailer);
    char what[160];
    snprintf(what, sizeof what, "a block of type 0x%08x starts with length %u and ends with %u", type, total,
             trailer);
    FB_TRY(damaged(r, r->in.off, what, err));
    return FB_ERR_DAMAGED;
}

/* Looks at the byte order of a section header that stands at the window. */
static bool enter_section(struct fb_reader *r)
{
    if (!fb_in_have(&r->in, 12))
        return true; /* cut; found by the length */
    int order = section_order(r->in.p + 8);
    if (order < 0)
        return false;
    r->ng.big_endian = order == 1;
    return true;
}

/* The next whole block in the window. FB_ERR_DAMAGED: the window was moved past damage, look again. */
static enum fb_status next_block(struct fb_reader *r, struct fb_ng_block *b, struct fb_err *err)
{
    struct fb_input *in = &r->in;
    if (!fb_in_have(in, 12))
        return in->n == 0 || in->status != FB_OK ? fb_reader_ended(r, err) : cut_here(r, 0, 0, err);
    char what[160];
    uint32_t type = load32(r, in->p);
    if (type == FB_NG_SHB && !enter_section(r)) {
        FB_TRY(damaged(r, r->in.off, "a section header has no valid byte order mark", err));
        return FB_ERR_DAMAGED;
    }
    uint32_t total = load32(r, in->p + 4), least = type == FB_NG_SHB ? 28 : 12;
    if (total < least) {
        snprintf(what, sizeof what, "a block of type 0x%08x claims %u bytes, expected at least %u", type,
                 total, least);
        FB_TRY(damaged(r, r->in.off, what, err));
        return FB_ERR_DAMAGED;
    }
    if (total > FB_NG_BLOCK_MAX) {
        FB_TRY(skip_huge(r, type, total, err));
        return FB_ERR_DAMAGED;
    }
    if (!fb_in_have(in, total)) {
        FB_TRY(cut_here(r, type, total, err));
        return FB_ERR_DAMAGED;
    }
    if (load32(r, in->p + total - TRAILER) != total)
        FB_TRY(trailer_differs(r, type, total, err));
    if (total & 3)
        FB_TRY(local_damage(r, in->off, err,
                            "a block of type 0x%08x is %u bytes long, expected a multiple of 4", type,
                            total));
    *b = (struct fb_ng_block){type, total, in->off, in->p + 8, total - 12};
    return FB_OK;
}

/* Cursor behind the fixed fields of a packet block: data, padding, options. FB_EOF: the block is no usable
 * packet. */
static enum fb_status finish_packet(struct fb_reader *r, const struct fb_ng_block *b, struct fb_cur *c,
                                    uint32_t id, uint64_t ts, struct fb_record *rec, struct fb_err *err)
{
    if (id >= r->ng.count) {
        FB_TRY(local_damage(r, b->off, err,
                            "a packet block names interface %u, expected one of the %zu of this section", id,
                            r->ng.count));
        return FB_EOF;
    }
    if (!fb_cur_ok(c) || rec->caplen > fb_cur_left(c) || rec->caplen > r->max_caplen) {
        FB_TRY(local_damage(
            r, b->off, err, "a packet block of %u bytes claims %u captured bytes, expected at most %zu",
            b->total, rec->caplen, fb_cur_left(c) < r->max_caplen ? fb_cur_left(c) : (size_t)r->max_caplen));
        return FB_EOF;
    }
    rec->iface = (uint32_t)r->ng.base + id;
    const struct fb_iface *f = &r->ev.ifaces[rec->iface];
    rec->linktype = f->linktype;
    if (b->type == FB_NG_SPB)
        rec->ts_ns = r->ev.pkts ? r->last_ts_ns : 0;
    else if (f->tsresol == 6 && f->ts_offset_s == 0 && ts <= INT64_MAX / 1000)
        rec->ts_ns = (int64_t)ts * 1000;
    else
        rec->ts_ns = fb_ng_time(ts, f->tsresol, f->ts_offset_s);
    rec->data = fb_cur_take(c, rec->caplen);
    if (rec->wirelen < rec->caplen)
        rec->wirelen = rec->caplen;
    rec->byte_off = b->off;
    uint32_t pad = pad4(rec->caplen) - rec->caplen;
    if (b->type != FB_NG_SPB && fb_cur_left(c) >= (size_t)pad + 4) {
        fb_cur_skip(c, pad);
        FB_TRY(fb_ng_packet_options(r, c, b->off, r->ev.pkts + 1, err));
    }
    return FB_OK;
}

static enum fb_status take_packet(struct fb_reader *r, const struct fb_ng_block *b, struct fb_record *rec,
                                  struct fb_err *err)
{
    struct fb_cur c = fb_cur_init(b->body, b->nbody);
    uint32_t id = 0;
    uint64_t ts = 0;
    if (b->type == FB_NG_SPB) {
        r->ng.spb_seen = true;
        rec->wirelen = rec->caplen = fb_ng_u32(r, &c);
        uint32_t snap = r->ng.count ? r->ev.ifaces[r->ng.base].snaplen : 0;
        if (snap && rec->caplen > snap)
            rec->caplen = snap;
    } else {
        if (b->type == FB_NG_PB) {
            id = fb_ng_u16(r, &c);
            fb_cur_skip(&c, 2); /* drop count */
        } else {
            id = fb_ng_u32(r, &c);
        }
        ts = (uint64_t)fb_ng_u32(r, &c) << 32;
        ts |= fb_ng_u32(r, &c);
        rec->caplen = fb_ng_u32(r, &c);
        rec->wirelen = fb_ng_u32(r, &c);
    }
    return finish_packet(r, b, &c, id, ts, rec, err);
}

enum fb_status fb_pcapng_next(struct fb_reader *r, struct fb_record *rec, struct fb_err *err)
{
    for (;;) {
        struct fb_ng_block b;
        enum fb_status st = next_block(r, &b, err);
        if (st == FB_ERR_DAMAGED)
            continue;
        FB_TRY(st);
        if (b.type != FB_NG_EPB && b.type != FB_NG_SPB && b.type != FB_NG_PB) {
            st = fb_ng_take_block(r, &b, err);
            fb_in_skip(&r->in, b.total);
            FB_TRY(st);
            continue;
        }
        st = take_packet(r, &b, rec, err);
        fb_in_skip(&r->in, b.total);
        if (st == FB_EOF)
            continue;
        FB_TRY(st);
        return fb_reader_count(r, rec, !r->ng.spb_seen, err);
    }
}

/* One section header or interface block; anything else is FB_EOF. */
enum fb_status fb_pcapng_meta(struct fb_reader *r, struct fb_err *err)
{
    struct fb_input *in = &r->in;
    if (!fb_in_have(in, 12))
        return FB_EOF;
    bool section = fb_load_be32(in->p) == FB_NG_SHB;
    if (section && !enter_section(r))
        return FB_EOF;
    uint32_t type = load32(r, in->p), total = load32(r, in->p + 4);
    if ((!section && type != FB_NG_IDB) || total < (section ? 28 : 12) || total > FB_NG_BLOCK_MAX ||
        !fb_in_have(in, total))
        return FB_EOF;
    struct fb_ng_block b = {type, total, in->off, in->p + 8, total - 12};
    enum fb_status st = fb_ng_take_block(r, &b, err);
    fb_in_skip(in, total);
    return st;
}

enum fb_status fb_pcapng_begin(struct fb_reader *r, struct fb_err *err)
{
    struct fb_input *in = &r->in;
    if (!fb_in_have(in, 4) || fb_load_be32(in->p) != FB_NG_SHB)
        return FB_EOF;
    if (in->status != FB_OK)
        return FB_EOF;
    if (fb_in_have(in, 12) && section_order(in->p + 8) < 0)
        return fb_err_set(err, FB_ERR_INPUT,
                          "the pcapng section header has no valid byte order mark, expected 1a2b3c4d");
    r->ev.format = FB_FORMAT_PCAPNG;
    enum fb_status st = fb_pcapng_meta(r, err);
    if (st == FB_EOF)
        return fb_err_set(err, FB_ERR_INPUT,
                          "the pcapng section header is cut or has a wrong length: %zu bytes are there, "
                          "expected at least 28",
                          in->n);
    return st;
}
