/* MAC addresses and their vendors: blocks of any length from 1 to 48 bits, the longest that holds an address
 * wins; and what the address itself says. */
#ifndef FB_INTEL_OUI_H
#define FB_INTEL_OUI_H

#include "intel/packs/row_set.h"

/* Bits of the first octet (IEEE 802). */
#define FB_MAC_GROUP 0x01 /* multicast or broadcast: no address of one device */
#define FB_MAC_LOCAL                                                                                         \
    0x02 /* locally administered: chosen by software, mostly at random; no vendor stands behind              \
            it, and two devices may have the same */

/* Reads "00:11:22:33:44:55", with - or . between the octets, "0011.2233.4455" or 12 hex digits. */
bool fb_mac_parse(struct fb_span text, uint8_t mac[static 6]);

/* ---- reading sources ---- */

enum fb_oui_form {
    FB_OUI_NONE,
    FB_OUI_CSV,   /* IEEE: Registry,Assignment,Organization Name,... */
    FB_OUI_TXT,   /* IEEE: XX-XX-XX (hex) and XXXXXX-XXXXXX (base 16) lines */
    FB_OUI_MANUF, /* Wireshark: prefix[/bits], short name, long name between tabs */
};

/* Which form a text has, by its first lines. */
enum fb_oui_form fb_oui_recognise(struct fb_span text);

/* Adds the blocks of a text, which is changed. `bad`: lines that are neither a block nor anything else that
 * the form has. */
enum fb_status fb_oui_read(enum fb_oui_form form, uint8_t *p, size_t n, struct fb_row_set *set, uint64_t *bad,
                           struct fb_err *err);

/* Adds one block: the first `bits` bits of `prefix`, which are the high ones of 48. A vendor "Private" or ""
 * is kept as it is: somebody has the block and does not say who. */
enum fb_status fb_oui_add(struct fb_row_set *set, unsigned bits, uint64_t prefix, struct fb_span vendor,
                          struct fb_err *err);

/* Hex digits of a prefix: 6, 7, 9 ... digits, a bit length of 4 times their number. */
bool fb_oui_digits(struct fb_span hex, unsigned *bits, uint64_t *prefix);

/* ---- looking up ---- */

struct fb_ouis {
    struct fb_row_view rows;
    uint64_t *prefix; /* of each row */
    size_t from[50];  /* rows with `bits` bits are from[bits] ... from[bits + 1] - 1, sorted by prefix */
};

/* Borrows the bytes. FB_ERR_INPUT when rows are not in order. */
enum fb_status fb_ouis_open(struct fb_span body, struct fb_ouis *out, struct fb_err *err);
void fb_ouis_release(struct fb_ouis *o);

/* The vendor (borrowed) and the length of the block. Asks nothing of the local bit: the caller does. */
bool fb_ouis_find(const struct fb_ouis *o, const uint8_t mac[static 6], struct fb_span *vendor,
                  unsigned *bits);

#endif
