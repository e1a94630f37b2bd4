/* SSL and TLS (RFC 5246, 8446; SSLv2 hellos): confirmed by a complete ClientHello of a known version. Bytes
 * that are no records fail it. Ignored on purpose: what the messages say; handshake bodies are counted, not
 * kept. */
#include "replay/service/svc.h"

#define RECORD_HEADER  5
#define RECORD_MAX     (16384 + 2048)
#define HELLO_MAX      65536
#define TYPE_CCS       20
#define TYPE_HANDSHAKE 22
#define TYPE_APPDATA   23
#define TYPE_HEARTBEAT 24

struct ssl_dir {
    uint32_t record_left; /* of a handshake record */
    uint32_t message_left;
    uint8_t head[6]; /* type, length, version of the message at hand */
    uint8_t head_len;
    bool encrypted;
    bool seen;
};

struct ssl_state {
    struct ssl_dir d[2];
};

static bool known_version(uint8_t major, uint8_t minor)
{
    return (major == 3 && minor <= 4) || major == 0x7f;
}

static void message_done(struct svc *a, struct ssl_dir *d)
{
    if (d->head[0] == 1)
        svc_confirm(a);
    d->head_len = 0;
}

/* Bytes of handshake messages; returns false when they are none. */
static bool handshake(struct svc *a, struct ssl_dir *d, const uint8_t *p, size_t n)
{
    while (n > 0) {
        if (d->head_len < 6 && (d->head_len < 4 || d->message_left > 0)) {
            d->head[d->head_len++] = *p++;
            n--;
            if (d->head_len == 4)
                d->message_left = (uint32_t)d->head[1] << 16 | (uint32_t)d->head[2] << 8 | d->head[3];
            else if (d->head_len > 4)
                d->message_left--;
            if (d->head_len == 4 &&
                (d->message_left > HELLO_MAX * 4 || (d->head[0] == 1 && d->message_left < 38)))
                return false;
            if (d->head_len == 6 && d->head[0] == 1 && !known_version(d->head[4], d->head[5]))
                return false;
        } else {
            size_t k = n < d->message_left ? n : d->message_left;
            d->message_left -= (uint32_t)k;
            p += k;
            n -= k;
        }
        if (d->head_len >= 4 && d->message_left == 0)
            message_done(a, d);
    }
    return true;
}

/* SSLv2: two or three length bytes, CLIENT-HELLO with version 0x0002 or 0x03xx. */
static size_t version2(struct svc *a, const uint8_t *p, size_t n)
{
    if (n < 5)
        return 0;
    size_t len = ((size_t)p[0] & 0x7f) << 8 | p[1];
    bool hello = (p[0] & 0x80) && p[2] == 1 && ((p[3] == 0 && p[4] == 2) || (p[3] == 3 && p[4] <= 3));
    if (!hello || len < 9) {
        svc_fail(a);
        return n;
    }
    if (n < len + 2)
        return 0;
    svc_confirm(a);
    if (p[3] == 0) {
        /* True SSLv2 goes on with records of its own that nothing is learnt from. */
        a->dir[0].skip = a->dir[1].skip = UINT64_MAX;
        a->settled = true;
    }
    return len + 2;
}

static size_t handshake_bytes(struct svc *a, struct ssl_dir *d, const uint8_t *p, size_t n)
{
    size_t k = n < d->record_left ? n : d->record_left;
    d->record_left -= (uint32_t)k;
    if (!handshake(a, d, p, k))
        svc_fail(a);
    return k;
}

static bool good_record(const uint8_t *p, size_t len)
{
    bool type = p[0] >= TYPE_CCS && p[0] <= TYPE_HEARTBEAT;
    bool version = (p[1] == 3 && p[2] <= 4) || p[1] == 0x7f;
    return type && version && len <= RECORD_MAX;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct ssl_state *st = a->state;
    struct ssl_dir *d = &st->d[from_orig ? SVC_ORIG : SVC_RESP];
    if (d->record_left > 0)
        return handshake_bytes(a, d, p, n);
    if (n < RECORD_HEADER)
        return 0;
    size_t len = fb_load_be16(p + 3);
    if (!good_record(p, len)) {
        if (!d->seen)
            return version2(a, p, n);
        svc_fail(a);
        return n;
    }
    d->seen = true;
    if (p[0] == TYPE_HANDSHAKE && !d->encrypted) {
        d->record_left = (uint32_t)len;
        return RECORD_HEADER;
    }
    if (p[0] == TYPE_CCS || p[0] == TYPE_APPDATA)
        d->encrypted = true;
    if (st->d[0].encrypted && st->d[1].encrypted)
        a->settled = a->confirmed;
    svc_dir_of(a, from_orig)->skip = len;
    return RECORD_HEADER;
}

const struct svc_proto svc_ssl = {
    .name = "ssl", .hold = 32768, .state_bytes = sizeof(struct ssl_state), .parse = parse};
