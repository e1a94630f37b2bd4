/* Reading DER (X.690): tag, length, value. Only definite lengths and tags of one byte, which is all that
 * certificates have (RFC 5280, section 4.1). Pure functions over borrowed bytes; nothing is allocated. */
#ifndef FB_INTEL_DER_H
#define FB_INTEL_DER_H

#include "base/cursor.h"

enum fb_der_tag {
    FB_DER_BOOLEAN = 0x01,
    FB_DER_INTEGER = 0x02,
    FB_DER_BIT_STRING = 0x03,
    FB_DER_OCTET_STRING = 0x04,
    FB_DER_OID = 0x06,
    FB_DER_UTC_TIME = 0x17,
    FB_DER_GENERALIZED_TIME = 0x18,
    FB_DER_SEQUENCE = 0x30,
    FB_DER_SET = 0x31,
    FB_DER_CONTEXT = 0x80,     /* [n] IMPLICIT of a primitive type: + n */
    FB_DER_CONSTRUCTED = 0xa0, /* [n] EXPLICIT, or IMPLICIT of a constructed type: + n */
};

struct fb_der {
    uint8_t tag;
    struct fb_span value;
    struct fb_span whole; /* with tag and length */
};

/* Takes the next element. False at the end, and with a failed cursor when there is none that is whole. */
bool fb_der_next(struct fb_cur *c, struct fb_der *out);

/* Takes the next element, which must have this tag; else false and a failed cursor. */
bool fb_der_take(struct fb_cur *c, unsigned tag, struct fb_span *value);

/* As fb_der_take, but false and nothing taken when the next element is another one. */
bool fb_der_option(struct fb_cur *c, unsigned tag, struct fb_span *value);

/* What is in the next element, which must have this tag; a failed cursor when it has not. */
struct fb_cur fb_der_enter(struct fb_cur *c, unsigned tag);

/* Takes an INTEGER: its bytes, two's complement, at least one and none too many. */
bool fb_der_integer(struct fb_cur *c, struct fb_span *value);

/* Up to eight bytes of an INTEGER as a number; false when it has more. */
bool fb_der_int64(struct fb_span value, int64_t *out);

/* The bits of a positive INTEGER without leading zeros; 0 for zero and below. */
size_t fb_der_bits(struct fb_span value);

#endif
