/* QUIC behind its protection, which the target puts on itself, since no fuzzer finds a right tag: byte 0
 * picks the version; then packets: a byte with the side in its low bit, a byte of length, and that many bytes
 * (times 4) of plain frames. What is left goes in as a datagram as it is. */
#include "base/cursor.h"
#include "base/quic_crypto.h"
#include "intel/wire/proto.h"
#include "intel/wire/quic.h"

#include <openssl/evp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t dcid[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static void put(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                struct fb_span row)
{
    struct fb_rec_cell cells[FB_REC_COLS_MAX];
    (void)out, (void)at;
    if (!fb_rec_read(def, row, cells))
        abort();
}

static size_t initial(uint32_t version, bool of_client, uint32_t number, struct fb_span frames, uint8_t *out)
{
    struct fb_quic_keys k;
    uint8_t nonce[12], mask[32];
    int len;
    if (!fb_quic_initial_keys(version, dcid, sizeof dcid, of_client, &k))
        abort();
    uint8_t *p = out;
    *p++ = version == FB_QUIC_V2 ? 0xd3 : 0xc3;
    fb_store_be32(p, version);
    p[4] = 8;
    memcpy(p + 5, dcid, 8);
    p[13] = p[14] = 0; /* no connection id of its own, no token */
    fb_store_be16(p + 15, (uint16_t)(0x4000 | (4 + frames.n + 16)));
    p += 17;
    uint8_t *pn = p;
    fb_store_be32(p, number);
    p += 4;
    memcpy(nonce, k.iv, 12);
    for (unsigned i = 0; i < 4; i++)
        nonce[8 + i] ^= pn[i];
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (!c || !EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, k.key, nonce) ||
        !EVP_EncryptUpdate(c, NULL, &len, out, (int)(p - out)) ||
        !EVP_EncryptUpdate(c, p, &len, frames.p, (int)frames.n) || !EVP_EncryptFinal_ex(c, mask, &len) ||
        !EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, p + frames.n) ||
        !EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, k.hp, NULL) ||
        !EVP_EncryptUpdate(c, mask, &len, pn + 4, 16))
        abort();
    EVP_CIPHER_CTX_free(c);
    out[0] = (uint8_t)(out[0] ^ (mask[0] & 0x0f));
    for (unsigned i = 0; i < 4; i++)
        pn[i] ^= mask[1 + i];
    return (size_t)(p - out) + frames.n + 16;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t versions[] = {FB_QUIC_V1, FB_QUIC_V2, 0xff00001d, 0x54303531};
    static const struct fb_observed_flow flow = {.ip_proto = 17, .orig_p = 40000, .resp_p = 443};
    struct fb_cur c = fb_cur_init(data, size);
    struct fb_observe_out out = {put};
    struct fb_seen at = {0};
    uint8_t packet[1300];
    uint32_t version = versions[fb_cur_u8(&c) & 3];
    void *state = fb_proto_quic.ops.open(&flow);
    bool done = !state;
    while (!done && fb_cur_left(&c) > 2) {
        uint8_t side = fb_cur_u8(&c);
        size_t n = (size_t)fb_cur_u8(&c) * 4;
        n = n < fb_cur_left(&c) ? n : fb_cur_left(&c);
        struct fb_span frames = {fb_cur_take(&c, n), n};
        at.from_orig = side & 1;
        at.ordinal++;
        if (side & 2) {
            done = n > 0 && (fb_proto_quic.ops.data(state, &at, frames.p, n, &out) & FB_OBSERVE_DONE);
        } else {
            size_t len = initial(version, at.from_orig, (uint32_t)at.ordinal, frames, packet);
            done = fb_proto_quic.ops.data(state, &at, packet, len, &out) & FB_OBSERVE_DONE;
        }
        if (fb_proto_quic.ops.bytes(state) > 65536)
            abort();
    }
    if (state)
        fb_proto_quic.ops.close(state, &at, &out);
    return 0;
}
