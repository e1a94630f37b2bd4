/* ClientHello and ServerHello: RFC 8446 section 4.1, RFC 5246 section 7.4.1; extensions by their RFCs. */
#include "intel/wire/tls_facts.h"
#include "intel/wire/tls_print.h"
#include "intel/wire/wire.h"

enum { EXT_SNI = 0, EXT_GROUPS = 10, EXT_POINTS = 11, EXT_SIGNATURES = 13, EXT_ALPN = 16, EXT_TICKET = 35 };
enum { EXT_PSK = 41, EXT_VERSIONS = 43, EXT_KEY_SHARE = 51 };

static struct fb_span all(struct fb_cur c)
{
    return (struct fb_span){c.p, fb_cur_left(&c)};
}

/* A list of two-byte values behind a length of len_bytes bytes. */
static struct fb_span list_of(struct fb_cur c, unsigned len_bytes)
{
    size_t n = len_bytes == 1 ? fb_cur_u8(&c) : fb_cur_be16(&c);
    struct fb_cur in = fb_cur_sub(&c, n);
    return fb_cur_ok(&in) ? all(in) : (struct fb_span){NULL, 0};
}

/* RFC 6066, section 3: the first host name. */
static void server_name(struct fb_tls_facts *f, struct fb_cur c)
{
    struct fb_cur names = fb_cur_sub(&c, fb_cur_be16(&c));
    while (fb_cur_left(&names) > 0) {
        uint8_t type = fb_cur_u8(&names);
        struct fb_cur name = fb_cur_sub(&names, fb_cur_be16(&names));
        if (fb_cur_ok(&name) && type == 0 && fb_cur_left(&name) > 0) {
            if (!f->server_name.data)
                fb_wire_keep(&f->server_name, all(name));
            return;
        }
    }
}

/* RFC 7301. The first name goes to `first`. */
static void protocols(struct fb_cur c, struct fb_buf *items, struct fb_span *first)
{
    struct fb_cur names = fb_cur_sub(&c, fb_cur_be16(&c));
    bool fresh = items->len == 0;
    for (unsigned i = 0; fb_cur_left(&names) > 0; i++) {
        struct fb_cur name = fb_cur_sub(&names, fb_cur_u8(&names));
        if (!fb_cur_ok(&name))
            return;
        if (i == 0)
            *first = all(name);
        if (fresh && i < 64)
            fb_rec_item(items, name.p, fb_cur_left(&name));
    }
}

static void client_extension(struct fb_tls_facts *f, struct fb_tls_hello *h, uint16_t type, struct fb_cur c)
{
    switch (type) {
    case EXT_SNI:
        h->has_sni = true;
        server_name(f, c);
        break;
    case EXT_GROUPS:
        h->groups = list_of(c, 2);
        break;
    case EXT_POINTS:
        h->point_formats = list_of(c, 1);
        break;
    case EXT_SIGNATURES:
        h->signature_algorithms = list_of(c, 2);
        break;
    case EXT_ALPN:
        protocols(c, &f->alpn, &h->alpn);
        break;
    case EXT_TICKET:
        f->has_ticket = fb_cur_left(&c) > 0;
        break;
    case EXT_PSK:
        f->has_psk = true;
        break;
    case EXT_VERSIONS:
        h->versions = list_of(c, 1);
        break;
    default:
        break;
    }
}

static void server_extension(struct fb_tls_facts *f, uint16_t type, struct fb_cur c)
{
    struct fb_buf items;
    struct fb_span name = {NULL, 0};
    switch (type) {
    case EXT_ALPN:
        fb_buf_init(&items, 4096);
        protocols(c, &items, &name);
        fb_buf_release(&items);
        if (name.n > 0)
            fb_wire_keep(&f->next_protocol, name);
        break;
    case EXT_PSK:
        f->resumed = f->has_psk;
        break;
    case EXT_VERSIONS:
        f->version = fb_cur_left(&c) == 2 ? fb_cur_be16(&c) : f->version;
        break;
    case EXT_KEY_SHARE:
        f->group = fb_cur_left(&c) >= 2 ? fb_cur_be16(&c) : f->group;
        break;
    default:
        break;
    }
}

/* Walks over the extensions; `f` hears of each. A list that is cut short is read as far as it goes. */
static void extensions(struct fb_tls_facts *f, struct fb_tls_hello *h, struct fb_cur *c, bool client)
{
    if (fb_cur_left(c) < 2)
        return;
    size_t n = fb_cur_be16(c);
    struct fb_cur list = fb_cur_sub(c, n < fb_cur_left(c) ? n : fb_cur_left(c));
    while (fb_cur_left(&list) >= 4) {
        uint16_t type = fb_cur_be16(&list);
        struct fb_cur body = fb_cur_sub(&list, fb_cur_be16(&list));
        if (!fb_cur_ok(&body))
            return;
        if (h->nextensions < FB_TLS_EXTENSIONS_MAX)
            h->extensions[h->nextensions++] = type;
        if (client)
            client_extension(f, h, type, body);
        else
            server_extension(f, type, body);
    }
}

static bool plausible(uint16_t version)
{
    return version >> 8 == 3 || version >> 8 == 0xfe || version == 2;
}

static char transport_letter(const struct fb_tls_facts *f)
{
    return f->transport == FB_TLS_QUIC ? 'q' : f->transport == FB_TLS_UDP ? 'd' : 't';
}

bool fb_tls_client_hello(struct fb_tls_facts *f, struct fb_span body, const struct fb_seen *at)
{
    struct fb_cur c = fb_cur_init(body.p, body.n);
    struct fb_tls_hello h = {.version = fb_cur_be16(&c)};
    fb_cur_skip(&c, 32);
    struct fb_cur id = fb_cur_sub(&c, fb_cur_u8(&c));
    if (f->transport == FB_TLS_UDP)
        fb_cur_skip(&c, fb_cur_u8(&c)); /* the cookie */
    struct fb_cur ciphers = fb_cur_sub(&c, fb_cur_be16(&c));
    fb_cur_skip(&c, fb_cur_u8(&c)); /* compression methods */
    if (!fb_cur_ok(&c) || !plausible(h.version) || fb_cur_left(&id) > 32)
        return false;
    f->session_id_len = (uint8_t)fb_cur_left(&id);
    memcpy(f->session_id, id.p, f->session_id_len);
    h.ciphers = all(ciphers);
    extensions(f, &h, &c, true);
    if (!f->client) {
        fb_tls_ja3(&h, f->ja3);
        fb_tls_ja4(&h, transport_letter(f), f->ja4);
        f->client_version = fb_tls_offered(&h);
        f->hello_at = *at;
    }
    f->client = true;
    return true;
}

bool fb_tls_v2_client_hello(struct fb_tls_facts *f, struct fb_span body, const struct fb_seen *at)
{
    struct fb_cur c = fb_cur_init(body.p, body.n);
    uint8_t type = fb_cur_u8(&c);
    uint16_t version = fb_cur_be16(&c);
    size_t ciphers = fb_cur_be16(&c), id = fb_cur_be16(&c), challenge = fb_cur_be16(&c);
    if (!fb_cur_ok(&c) || type != 1 || !plausible(version) || ciphers % 3 != 0 ||
        fb_cur_left(&c) != ciphers + id + challenge)
        return false;
    if (!f->client) {
        f->client_version = version;
        f->hello_at = *at;
    }
    f->client = true;
    return true;
}

/* SHA-256 of "HelloRetryRequest" (RFC 8446, section 4.1.3). */
static const uint8_t retry_random[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                         0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                         0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

bool fb_tls_server_hello(struct fb_tls_facts *f, struct fb_span body, const struct fb_seen *at)
{
    struct fb_cur c = fb_cur_init(body.p, body.n);
    struct fb_tls_hello h = {.version = fb_cur_be16(&c)};
    const uint8_t *random = fb_cur_take(&c, 32);
    bool draft = h.version >> 8 == 0x7f; /* drafts up to 21 have neither session id nor compression */
    struct fb_cur id = {0};
    if (!draft)
        id = fb_cur_sub(&c, fb_cur_u8(&c));
    uint16_t cipher = fb_cur_be16(&c);
    if (!draft)
        fb_cur_skip(&c, 1);
    if (!fb_cur_ok(&c) || !(plausible(h.version) || draft) || fb_cur_left(&id) > 32)
        return false;
    f->version = h.version;
    f->cipher = cipher;
    extensions(f, &h, &c, false);
    f->hello_retry = memcmp(random, retry_random, 32) == 0;
    if (!f->client && !f->server)
        f->hello_at = *at;
    f->server = true;
    if (!f->hello_retry)
        fb_tls_ja3s(&h, cipher, f->ja3s);
    size_t n = fb_cur_left(&id);
    if (n > 0 && n == f->session_id_len && memcmp(id.p, f->session_id, n) == 0 && f->version != 0x0304 &&
        !draft && f->version >> 8 != 0x7f)
        f->resumed = true;
    return true;
}
