/* A reader of captures that shares no code with the one under test or with the writer: for tests only, on
 * files that the tests wrote. Anything unexpected in a file ends the test. */
#ifndef FB_TESTS_CAPTURE_CHECK_H
#define FB_TESTS_CAPTURE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct check_packet {
    int64_t ts_ns;
    const uint8_t *p; /* inside the file's bytes */
    uint32_t captured, wire, linktype;
};

struct check_capture {
    uint8_t *file;
    size_t size;
    struct check_packet *packet;
    size_t n;
    uint32_t snaplen;
};

void check_capture_read(struct check_capture *c, const char *path);
void check_capture_release(struct check_capture *c);

/* Checksums that do not hold in the IP packet of an untagged Ethernet frame: bit 0 IPv4 header, bit 1 TCP,
 * UDP or ICMP. 0 for other frames, for fragments (transport) and for packets that were cut. */
unsigned check_bad_sums(const struct check_packet *p);

/* Runs `$B/PROGRAM ARGUMENTS` with its output in the file `out` (both streams); returns its exit code. */
int check_run(const char *program, const char *arguments, const char *out);

/* A new directory of the test's own under $B. */
const char *check_dir(void);
/* The directory's path, a slash, and the formatted name; good until the fourth call after this one. */
const char *check_path(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The whole file and its length, with a NUL behind; ends the test when it cannot be read. The caller frees
 * it. */
char *check_slurp(const char *path, size_t *n);

#endif
