/* IEEE 802.11 data frames (802.11-2020, 9.3.2) and the radio headers in front of them: radiotap, Prism and
 * AVS. Management, control, empty and protected QoS frames hold nothing to follow. */
#include "ingest/decode_frame.h"

enum { DATA_MIN = 24, LLC_LEN = 8, SUBFRAME_LEN = 14, PRISM_LEN = 144 };
enum { FC1_DS = 0x03, FC1_PROTECTED = 0x40, SUBTYPE_EMPTY = 0x4, SUBTYPE_QOS = 0x8, QOS_AMSDU = 0x80 };

static enum fb_frame_kind llc(struct fb_decoder *d, struct fb_frame *f)
{
    static const uint8_t snap[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    const uint8_t *p = fb_cur_take(&f->c, LLC_LEN);
    if (p == NULL)
        return fb_frame_malformed(d);
    if (memcmp(p, snap, sizeof snap) != 0)
        return fb_frame_not_ip(d);
    return fb_link_ethertype(d, fb_load_be16(p + 6), false);
}

/* Which of the addresses are source and destination depends on the two DS bits. */
static void addresses(struct fb_frame *f, const uint8_t *p)
{
    static const uint8_t src_off[4] = {10, 10, 16, 24}, dst_off[4] = {4, 16, 4, 16};
    unsigned ds = p[1] & FC1_DS;
    memcpy(f->src_mac, p + src_off[ds], 6);
    memcpy(f->dst_mac, p + dst_off[ds], 6);
    f->has_macs = true;
}

enum fb_frame_kind fb_link_wifi(struct fb_decoder *d, struct fb_frame *f)
{
    const uint8_t *p = f->c.p;
    size_t n = fb_cur_left(&f->c);
    if (n <= DATA_MIN)
        return fb_frame_malformed(d);
    unsigned type = (p[0] >> 2) & 3U, subtype = p[0] >> 4;
    if (type != 2 || (subtype & SUBTYPE_EMPTY))
        return fb_frame_not_ip(d);
    size_t len = DATA_MIN + ((p[1] & FC1_DS) == FC1_DS ? 6U : 0U);
    bool qos = (subtype & SUBTYPE_QOS) != 0;
    if (qos && (p[1] & FC1_PROTECTED))
        return fb_frame_not_ip(d);
    if (n <= len + (qos ? 2U : 0U))
        return fb_frame_malformed(d);
    bool amsdu = qos && (p[len] & QOS_AMSDU);
    addresses(f, p);
    fb_cur_skip(&f->c, len + (qos ? 2U : 0U));
    return amsdu ? FB_FRAME_AMSDU : llc(d, f);
}

/* One subframe of an A-MSDU (9.3.2.2.2): what follows it goes on the stack and comes out when this one is
 * done. */
enum fb_frame_kind fb_link_amsdu(struct fb_decoder *d, struct fb_frame *f)
{
    const uint8_t *p = fb_cur_take(&f->c, SUBFRAME_LEN);
    if (p == NULL)
        return fb_frame_malformed(d);
    uint16_t len = fb_load_be16(p + 12);
    struct fb_cur sub = fb_cur_sub(&f->c, len);
    if (!fb_cur_ok(&sub))
        return fb_frame_malformed(d);
    struct fb_frame rest = *f;
    /* Subframes start at multiples of four; the last one is not padded. */
    uint32_t pad = (4U - (SUBFRAME_LEN + len) % 4U) % 4U;
    fb_cur_skip(&rest.c, pad);
    if (fb_cur_left(&rest.c) >= SUBFRAME_LEN) {
        rest.kind = FB_FRAME_AMSDU;
        fb_frame_push(d, &rest);
    }
    f->c = sub;
    f->tail = 0;
    memcpy(f->dst_mac, p, 6);
    memcpy(f->src_mac, p + 6, 6);
    return llc(d, f);
}

/* Skips a radio header of `len` bytes that must leave something. */
static enum fb_frame_kind radio_header(struct fb_decoder *d, struct fb_frame *f, uint32_t len)
{
    if (len < 4 || len >= fb_cur_left(&f->c))
        return fb_frame_malformed(d);
    fb_cur_skip(&f->c, len);
    return FB_FRAME_WIFI;
}

enum fb_frame_kind fb_link_radiotap(struct fb_decoder *d, struct fb_frame *f)
{
    return fb_cur_left(&f->c) <= 4 ? fb_frame_malformed(d) : radio_header(d, f, fb_load_le16(f->c.p + 2));
}

enum fb_frame_kind fb_link_avs(struct fb_decoder *d, struct fb_frame *f)
{
    return fb_cur_left(&f->c) <= 8 ? fb_frame_malformed(d) : radio_header(d, f, fb_load_be32(f->c.p + 4));
}

/* Drivers wrote AVS headers under the same link type; their magic number tells. */
enum fb_frame_kind fb_link_prism(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 8)
        return fb_frame_malformed(d);
    return (fb_load_be32(f->c.p) & 0xfffff000U) == 0x80211000U ? FB_FRAME_AVS : radio_header(d, f, PRISM_LEN);
}
