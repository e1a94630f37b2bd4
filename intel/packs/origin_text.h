/* Address ranges out of CSV and TSV tables (docs/intel.md): iptoasn.com, DB-IP lite, ip-location-db, GeoLite2
 * ASN, ipinfo lite, Tor's geoip, and what looks like them. Ranges are two addresses (text, or decimal
 * integers) or one CIDR prefix. Columns are found by the names in the first row, else by the look of the
 * first rows. One thread. */
#ifndef FB_INTEL_ORIGIN_TEXT_H
#define FB_INTEL_ORIGIN_TEXT_H

#include "base/buf.h"
#include "intel/packs/origin_build.h"

struct fb_text_report {
    uint64_t rows, bad; /* rows read; rows that could not be understood */
    uint64_t bad_line;  /* the first of those, from 1 */
    char form[128];     /* "start, end, asn, owner (no header)" */
};

/* Reads the n bytes, which are changed. FB_ERR_INPUT when the columns cannot be told or more rows are bad
 * than good. */
enum fb_status fb_origin_text_read(uint8_t *p, size_t n, struct fb_origin_build *b,
                                   struct fb_text_report *report, struct fb_err *err);

/* "192.0.2.1", "2001:db8::", or the address as a decimal integer (IPv4 below 2^32). */
bool fb_addr_from_span(struct fb_span s, struct fb_addr *out);

/* "192.0.2.0/24", "2001:db8::/32": first and last address. Host bits are ignored. */
bool fb_prefix_from_span(struct fb_span s, struct fb_addr *first, struct fb_addr *last);

#endif
