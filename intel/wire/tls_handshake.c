#include "intel/wire/tls_handshake.h"

#include "intel/wire/wire.h"
#include "intel/wire/x509.h"

enum { CERTIFICATE = 11, SERVER_KEY_EXCHANGE = 12, CLIENT_KEY_EXCHANGE = 16 };

/* Zeek's letter for a handshake message (scripts/base/protocols/ssl). */
static char letter_of(uint8_t type)
{
    static const struct {
        uint8_t type;
        char letter;
    } letters[] = {
        {0, 'H'},  {1, 'C'},  {2, 'S'},  {3, 'V'},  {4, 'T'},  {5, 'E'},   {6, 'J'},
        {8, 'O'},  {11, 'X'}, {12, 'K'}, {13, 'R'}, {14, 'N'}, {15, 'Y'},  {16, 'G'},
        {20, 'F'}, {21, 'W'}, {22, 'U'}, {23, 'A'}, {24, 'P'}, {254, 'M'},
    };
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (letters[i].type == type)
            return letters[i].letter;
    return 'Z';
}

static void one_certificate(struct fb_tls_facts *f, struct fb_span der, bool from_client, size_t pos,
                            const struct fb_seen *at, struct fb_observe_out *out)
{
    struct fb_buf *subject = from_client ? &f->client_subject : &f->subject;
    struct fb_buf *issuer = from_client ? &f->client_issuer : &f->issuer;
    struct fb_x509_names names;
    fb_buf_init(&names.subject, subject->max);
    fb_buf_init(&names.issuer, issuer->max);
    fb_x509_observe(der, from_client, pos, &names, at, out);
    fb_rec_item(from_client ? &f->client_fps : &f->fps, names.fingerprint, strlen(names.fingerprint));
    if (pos == 0 && names.subject.data)
        fb_wire_keep(subject, (struct fb_span){names.subject.data, names.subject.len});
    if (pos == 0 && names.issuer.data)
        fb_wire_keep(issuer, (struct fb_span){names.issuer.data, names.issuer.len});
    fb_buf_release(&names.subject);
    fb_buf_release(&names.issuer);
}

/* RFC 5246, section 7.4.2. */
static void certificates(struct fb_tls_facts *f, struct fb_span body, bool from_client,
                         const struct fb_seen *at, struct fb_observe_out *out)
{
    struct fb_cur c = fb_cur_init(body.p, body.n);
    struct fb_cur list = fb_cur_sub(&c, fb_cur_be24(&c));
    if (f->fps.len > 0 && !from_client)
        return; /* a second chain, of a renegotiation */
    for (size_t i = 0; i < FB_TLS_CHAIN_MAX && fb_cur_left(&list) > 0; i++) {
        struct fb_cur der = fb_cur_sub(&list, fb_cur_be24(&list));
        if (!fb_cur_ok(&der))
            return;
        one_certificate(f, (struct fb_span){der.p, fb_cur_left(&der)}, from_client, i, at, out);
    }
}

/* RFC 8422, section 5.4: curve type 3 is a named curve. Only where the cipher suite is an ECDHE one: 0xc001
 * to 0xc0ff but for the Camellia and ARIA suites without EC, and the ChaCha20 ones. */
static void key_exchange(struct fb_tls_facts *f, struct fb_span body)
{
    bool may_be_ec = f->cipher >> 8 == 0xc0 || f->cipher >> 8 == 0xcc || f->cipher >> 8 == 0xd0;
    if (may_be_ec && body.n >= 4 && body.p[0] == 3 && body.p[3] > 0)
        f->group = fb_load_be16(body.p + 1);
}

bool fb_tls_handshake_reads(uint8_t type)
{
    return type == FB_TLS_CLIENT_HELLO || type == FB_TLS_SERVER_HELLO || type == CERTIFICATE ||
           type == SERVER_KEY_EXCHANGE;
}

bool fb_tls_handshake(struct fb_tls_facts *f, uint8_t type, struct fb_span body, bool from_client,
                      const struct fb_seen *at, struct fb_observe_out *out)
{
    bool ok = true;
    if (type == FB_TLS_CLIENT_HELLO)
        ok = fb_tls_client_hello(f, body, at);
    else if (type == FB_TLS_SERVER_HELLO)
        ok = fb_tls_server_hello(f, body, at);
    else if (type == CERTIFICATE)
        certificates(f, body, from_client, at, out);
    else if (type == SERVER_KEY_EXCHANGE)
        key_exchange(f, body);
    else if (type == CLIENT_KEY_EXCHANGE)
        f->key_exchange = true;
    if (ok)
        fb_tls_history(f, at->from_orig, letter_of(type));
    return ok;
}
