/* The zone map of a session chunk: what can be said of its rows without decoding them (docs/case-format.md,
 * section 4). Written from true columns, read from untrusted bytes. Not for other rooms. */
#ifndef FB_STORE_ZONE_H
#define FB_STORE_ZONE_H

#include "base/buf.h"
#include "store/chunk.h"
#include "store/zone_tally.h"

/* Rows by service, where the services of a chunk are few and short; ascending by name. */
#define FB_ZONE_SERVICES_MAX 64u
#define FB_ZONE_NAMES_MAX    4096u /* bytes of all names */
#define FB_ZONE_BYTES_MAX    16384u

/* Which column each measure sums up. */
extern const uint8_t fb_measure_col[FB_M_COUNT];

struct fb_zone_service {
    struct fb_span name; /* borrowed */
    struct fb_tally t;
};

/* `services`: all n of the chunk, ascending; when they are more than FB_ZONE_SERVICES_MAX they are not read,
 * and the zone map says nothing of services. */
void fb_zone_write(const struct fb_zone *z, const struct fb_zone_service *services, size_t n,
                   struct fb_buf *out);

/* Appends the zone map that the rows of a chunk make. False: the chunk is damaged, or out of memory. */
bool fb_zone_rebuild(struct fb_chunk *k, struct fb_buf *out);

/* The services of a zone map; names are borrowed from p. False when it does not say or is malformed. */
bool fb_zone_services(const uint8_t *p, size_t n, struct fb_zone_service out[static FB_ZONE_SERVICES_MAX],
                      size_t *count);

#endif
