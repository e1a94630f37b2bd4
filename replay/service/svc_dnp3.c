/* DNP3 (IEEE 1815) over TCP and UDP: a link header with a good checksum, and a byte behind it, confirms; a
 * bad checksum takes the name back, other bytes only end the reading. */
#include "replay/service/svc.h"

#define DNP3_HEADER 10
#define DNP3_LOOK   11 /* Zeek waits for the transport byte before it looks at the link header */
#define DNP3_EMPTY  5  /* length of a frame without user data */

/* CRC-16/DNP over 8 bytes of header. */
static uint16_t crc(const uint8_t *p, size_t n)
{
    unsigned v = 0;
    for (size_t i = 0; i < n; i++) {
        v ^= p[i];
        for (unsigned bit = 0; bit < 8; bit++)
            v = (v & 1) ? v >> 1 ^ 0xa6bcU : v >> 1;
    }
    return (uint16_t)~v;
}

/* The header at p, of DNP3_LOOK bytes; false when it ends the reading. */
static bool header(struct svc *a, const uint8_t *p)
{
    if (p[0] != 0x05 || p[1] != 0x64)
        svc_leave(a);
    else if (crc(p, 8) != fb_load_le16(p + 8))
        svc_fail(a);
    else
        svc_confirm(a);
    a->settled = a->confirmed;
    return !a->gone;
}

/* User data: 16-byte blocks with two bytes of checksum each. */
static size_t body_bytes(uint8_t len)
{
    size_t user = (size_t)len - 5;
    return user + (user + 15) / 16 * 2;
}

static size_t parse_tcp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    if (n < DNP3_LOOK)
        return 0;
    if (!header(a, p) || p[2] <= DNP3_EMPTY)
        return n;
    svc_dir_of(a, from_orig)->skip = body_bytes(p[2]);
    return DNP3_HEADER;
}

static size_t parse_udp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    if (n >= DNP3_LOOK)
        (void)header(a, p);
    return n;
}

const struct svc_proto svc_dnp3_tcp = {
    .name = "dnp3_tcp", .hold = DNP3_LOOK, .partial_ok = true, .parse = parse_tcp};
const struct svc_proto svc_dnp3_udp = {.name = "dnp3_udp", .parse = parse_udp};
