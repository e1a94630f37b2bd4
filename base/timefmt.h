/* Packet time: nanoseconds since 1970-01-01T00:00:00Z in int64_t, so 1677 to 2262. No locale, no time zone
 * but UTC, no wall clock. */
#ifndef FB_BASE_TIMEFMT_H
#define FB_BASE_TIMEFMT_H

#include <stdbool.h>
#include <stdint.h>

#define FB_NS_PER_S    1000000000LL
#define FB_NS_PER_MS   1000000LL
#define FB_NS_PER_US   1000LL
#define FB_TIME_STRLEN 40

/* RFC 3339 in UTC with nine decimals: 2024-01-02T03:04:05.678901234Z. Returns the length without the NUL. */
unsigned fb_time_format(int64_t ts_ns, char out[static FB_TIME_STRLEN]);

/* Seconds with `decimals` (0..9) digits after the point, truncated towards zero: -1.500000. Zeek's form of
 * times and intervals is decimals = 6. Returns the length without the NUL. */
unsigned fb_time_format_seconds(int64_t ns, unsigned decimals, char out[static FB_TIME_STRLEN]);

/* A duration for people: 0.35 ms, 12.1 s, 3 m 07 s, 2 h 11 m, 3 d 04 h. Integer arithmetic, truncated. */
unsigned fb_time_format_human(int64_t ns, char out[static FB_TIME_STRLEN]);

/* Parses a point in time: RFC 3339 (date alone, date and time to minutes, seconds or up to nine decimals, Z
 * or +hh:mm offset, without either UTC) or seconds since 1970 with an optional fraction. False when it is
 * neither or lies outside int64_t nanoseconds. */
bool fb_time_parse(const char *text, int64_t *out_ns);

/* Parses a duration: a decimal number with the unit ns, us, ms, s, m, h or d (s when there is none). */
bool fb_duration_parse(const char *text, int64_t *out_ns);

#endif
