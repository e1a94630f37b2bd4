/* Identifiers that are functions of the session row: uid and Community ID v1. */
#include "replay/session.h"

#include "base/cursor.h"
#include "base/digest.h"
#include "base/err.h"
#include "ingest/packet.h"
#include "replay/icmp_pairs.h"

#include <openssl/sha.h>

static bool is_one_way(const struct fb_session *s)
{
    return s->proto == FB_PROTO_ICMP && fb_icmp_counterpart(s->ip_proto, s->orig_p) < 0;
}

/* True when the responder's end comes first in the direction-free order of (address, port). */
static bool ends_swapped(const struct fb_session *s)
{
    int c = fb_addr_cmp(&s->orig_h, &s->resp_h);
    return !is_one_way(s) && (c > 0 || (c == 0 && s->orig_p > s->resp_p));
}

void fb_session_uid(const struct fb_session *s, char out[static FB_UID_STRLEN])
{
    static const char digit[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    bool swap = ends_swapped(s);
    const struct fb_addr *a = swap ? &s->resp_h : &s->orig_h, *b = swap ? &s->orig_h : &s->resp_h;
    uint8_t t[32 + 4 + 2 + 8 + 4];
    memcpy(t, a->b, 16);
    memcpy(t + 16, b->b, 16);
    fb_store_be16(t + 32, swap ? s->resp_p : s->orig_p);
    fb_store_be16(t + 34, swap ? s->orig_p : s->resp_p);
    t[36] = s->proto;
    t[37] = s->ip_proto;
    fb_store_be64(t + 38, (uint64_t)s->ts_ns);
    fb_store_be32(t + 46, s->uid_dup);
    struct fb_digest_state st;
    struct fb_digest d;
    fb_digest_init(&st, "fb.uid");
    fb_digest_update(&st, t, sizeof t);
    fb_digest_final(&st, &d);
    /* 18 digits of base 62 carry 107 bits: two 64-bit words give nine digits each. */
    out[0] = 'C';
    for (int w = 0; w < 2; w++) {
        uint64_t v = fb_load_be64(d.b + 8 * w);
        for (int i = 0; i < 9; i++) {
            out[1 + 9 * w + i] = digit[v % 62];
            v /= 62;
        }
    }
    out[19] = '\0';
}

static void base64_sha1(const uint8_t in[static SHA_DIGEST_LENGTH], char *out)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < SHA_DIGEST_LENGTH; i += 3) {
        int left = SHA_DIGEST_LENGTH - i;
        uint32_t v =
            (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0u);
        *out++ = digit[v >> 18];
        *out++ = digit[v >> 12 & 63];
        *out++ = left > 1 ? digit[v >> 6 & 63] : '=';
        *out++ = left > 2 ? digit[v & 63] : '=';
    }
    *out = '\0';
}

/* https://github.com/corelight/community-id-spec, version 1. Equal addresses are ordered by the ports as
 * numbers, as the specification's text says. */
void fb_session_community_id(const struct fb_session *s, uint16_t seed,
                             char out[static FB_COMMUNITY_ID_STRLEN])
{
    bool swap = ends_swapped(s);
    const struct fb_addr *a = swap ? &s->resp_h : &s->orig_h, *b = swap ? &s->orig_h : &s->resp_h;
    bool v4 = fb_addr_is_v4(&s->orig_h) && fb_addr_is_v4(&s->resp_h);
    size_t off = v4 ? 12 : 0, len = 16 - off;
    uint8_t t[2 + 32 + 2 + 4];
    size_t n = 0;
    fb_store_be16(t, seed);
    n += 2;
    memcpy(t + n, a->b + off, len);
    n += len;
    memcpy(t + n, b->b + off, len);
    n += len;
    t[n++] = s->ip_proto;
    t[n++] = 0;
    if (s->proto != FB_PROTO_OTHER || s->ip_proto == 132) {
        fb_store_be16(t + n, swap ? s->resp_p : s->orig_p);
        fb_store_be16(t + n + 2, swap ? s->orig_p : s->resp_p);
        n += 4;
    }
    uint8_t sha[SHA_DIGEST_LENGTH];
    SHA1(t, n, sha);
    out[0] = '1';
    out[1] = ':';
    base64_sha1(sha, out + 2);
}
