/* DNS messages (RFC 1035, 3596, 2782, 9460), also those of mDNS (RFC 6762), LLMNR (RFC 4795) and the NetBIOS
 * name service (RFC 1002, 4.2), which share the form.
 *
 * A reader walks a message from its header through its sections; it borrows the message and allocates
 * nothing. Names come out as text: labels joined by dots, with a backslash in front of dots and backslashes
 * inside a label, so that different names never look the same; other bytes as they are, and upper and lower
 * case as sent. The root is ".". NetBIOS names are decoded: "NAME<20>". Any thread. */
#ifndef FB_INTEL_DNS_MSG_H
#define FB_INTEL_DNS_MSG_H

#include "base/buf.h"
#include "base/cursor.h"

#define FB_DNS_HEADER     12
#define FB_DNS_NAME_BYTES 255 /* on the wire */
#define FB_DNS_NAME_TEXT  512 /* as text, at most */

enum {
    FB_DNS_A = 1,
    FB_DNS_NS = 2,
    FB_DNS_CNAME = 5,
    FB_DNS_SOA = 6,
    FB_DNS_PTR = 12,
    FB_DNS_MX = 15,
    FB_DNS_TXT = 16,
    FB_DNS_AAAA = 28,
    FB_DNS_NB = 32,  /* over NetBIOS; NIMLOC elsewhere */
    FB_DNS_SRV = 33, /* over NetBIOS: NBSTAT */
    FB_DNS_DNAME = 39,
    FB_DNS_OPT = 41,
    FB_DNS_SVCB = 64,
    FB_DNS_HTTPS = 65,
    FB_DNS_SPF = 99,
};

enum { FB_DNS_QUERY = 0, FB_DNS_REGISTRATION = 5 }; /* opcodes; 5 is UPDATE in DNS */

enum fb_dns_section { FB_DNS_ANSWER = 0, FB_DNS_AUTHORITY = 1, FB_DNS_ADDITIONAL = 2, FB_DNS_END = 3 };

struct fb_dns_name {
    size_t n;
    uint8_t text[FB_DNS_NAME_TEXT];
};

struct fb_dns_question {
    struct fb_dns_name name;
    uint16_t type, class;
};

struct fb_dns_rr {
    enum fb_dns_section section;
    struct fb_dns_name name;
    uint16_t type, class;
    uint32_t ttl;
    struct fb_span data;
};

struct fb_dns_reader {
    const uint8_t *msg;
    size_t len;
    bool netbios;
    struct fb_cur c;
    uint16_t id, flags;
    uint16_t count[4]; /* questions, answers, authority, additional: as the header says */
    uint16_t left[4];  /* of them not read yet */
};

static inline bool fb_dns_is_reply(const struct fb_dns_reader *r)
{
    return r->flags >> 15;
}

static inline unsigned fb_dns_opcode(const struct fb_dns_reader *r)
{
    return r->flags >> 11 & 15;
}

/* False when there is no whole header. */
bool fb_dns_begin(struct fb_dns_reader *r, const uint8_t *p, size_t n, bool netbios);

/* The next question; false after the last, or when it is damaged (then r->c has failed and nothing more
 * comes). */
bool fb_dns_next_question(struct fb_dns_reader *r, struct fb_dns_question *q);

/* The next record; false after the last, or when it is damaged. Questions that were not read are passed over.
 */
bool fb_dns_next_rr(struct fb_dns_reader *r, struct fb_dns_rr *rr);

/* What the record says, as text, in the words of Zeek's dns.log: addresses, names, "TXT 5 hello",
 * "<unknown type=N>". False, with nothing useful in `out`, when the data is not of its type's form. */
bool fb_dns_rr_text(const struct fb_dns_reader *r, const struct fb_dns_rr *rr, struct fb_buf *out);

/* What the text leaves out: MX preference; SRV priority, weight and port; SOA contact and its five numbers;
 * SVCB priority and parameters; NetBIOS flags, of a node status all of
 * them and the MAC. Nothing for other types. */
void fb_dns_rr_detail(const struct fb_dns_reader *r, const struct fb_dns_rr *rr, struct fb_buf *out);

/* True when the message is DNS beyond doubt: one question of a known type and class, host name characters,
 * counts that fit a query or an answer, and records that end exactly where the message ends. */
bool fb_dns_is_certain(const uint8_t *p, size_t n);

#endif
