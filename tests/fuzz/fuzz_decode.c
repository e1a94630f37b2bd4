/* Records of any link type through one decoder. Input: link type (2 bytes, big-endian), then records: flags,
 * time step in seconds, length (2 bytes), bytes. Flags: bit 0 more on the wire than captured, bits 1 to 4 the
 * tunnel to enter UDP as. */
#include "base/cursor.h"
#include "base/timefmt.h"
#include "ingest/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Written so that the reads are not optimised away. */
static volatile unsigned sink;

static void check(const struct fb_packet *k)
{
    FB_BUG(k->payload_caplen > k->payload_bytes || k->depth > FB_TUNNEL_DEPTH_MAX);
    for (uint32_t i = 0; i < k->payload_caplen; i++)
        sink += k->payload[i];
    for (uint32_t i = 1; i < k->nfrag_ordinals; i++)
        FB_BUG(k->frag_ordinals[i] <= k->frag_ordinals[i - 1]);
}

static void drain(struct fb_decoder *d, enum fb_tunnel kind)
{
    struct fb_packet k;
    while (fb_decode_next(d, &k)) {
        check(&k);
        if (k.proto == FB_PROTO_UDP && kind >= FB_TUN_VXLAN && kind <= FB_TUN_GRE_UDP)
            (void)fb_decode_enter(d, &k, kind);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_decoder *d;
    struct fb_cur c = fb_cur_init(data, size);
    uint32_t linktype = fb_cur_be16(&c);
    struct fb_decode_opts opts = {
        .ignore_checksums = linktype & 0x8000, .frag_bytes_max = 1 << 16, .frag_max = 64};
    uint64_t ordinal = 0;
    int64_t now_ns = 0;
    if (fb_decoder_new(&opts, &d, NULL) != FB_OK)
        return 0;
    while (fb_cur_left(&c) > 4) {
        uint8_t flags = fb_cur_u8(&c);
        now_ns += fb_cur_u8(&c) * FB_NS_PER_S;
        size_t n = fb_cur_be16(&c);
        n = n < fb_cur_left(&c) ? n : fb_cur_left(&c);
        const uint8_t *p = fb_cur_take(&c, n);
        uint8_t *copy = malloc(n + 1);
        if (copy == NULL)
            break;
        memcpy(copy, p, n);
        struct fb_record rec = {
            .data = copy, .caplen = (uint32_t)n, .linktype = linktype & 0x7fff, .ts_ns = now_ns};
        rec.wirelen = rec.caplen + ((flags & 1) ? 1000 : 0);
        fb_decode_begin(d, &rec, ++ordinal, now_ns);
        drain(d, (flags >> 1) & 15);
        free(copy);
    }
    fb_decoder_free(d);
    return 0;
}
