/* A handshake message of TLS (odd sizes: DTLS, QUIC by the first byte), and the same bytes as a certificate.
 */
#include "intel/wire/tls_facts.h"
#include "intel/wire/tls_handshake.h"
#include "intel/wire/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                struct fb_span row)
{
    struct fb_rec_cell cells[FB_REC_COLS_MAX];
    (void)out, (void)at;
    if (!fb_rec_read(def, row, cells))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_observe_out out = {put};
    struct fb_seen at = {.from_orig = true};
    struct fb_tls_facts f;
    struct fb_x509_names names;
    if (size < 2)
        return 0;
    struct fb_span body = {data + 2, size - 2};
    fb_tls_facts_init(&f, (enum fb_tls_transport)(data[0] % 3));
    (void)fb_tls_handshake(&f, data[1] & 31, body, true, &at, &out);
    (void)fb_tls_handshake(&f, FB_TLS_SERVER_HELLO, body, false, &at, &out);
    fb_tls_put(&f, &out);
    fb_tls_facts_release(&f);
    fb_buf_init(&names.subject, 1024);
    fb_buf_init(&names.issuer, 1024);
    fb_x509_observe(body, false, 0, &names, &at, &out);
    fb_buf_release(&names.subject);
    fb_buf_release(&names.issuer);
    return 0;
}
