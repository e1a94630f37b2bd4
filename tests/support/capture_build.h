/* Captures put together byte by byte for tests, and a reader that collects what comes out of them. */
#ifndef FB_TESTS_CAPTURE_BUILD_H
#define FB_TESTS_CAPTURE_BUILD_H

#include "base/buf.h"
#include "base/evidence.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

void cb_u16(struct fb_buf *b, bool be, uint32_t v);
void cb_u32(struct fb_buf *b, bool be, uint32_t v);
void cb_zero(struct fb_buf *b, size_t n);

void cb_pcap_header(struct fb_buf *b, bool be, uint32_t magic, uint32_t major, uint32_t minor,
                    uint32_t linktype);
/* One record whose `extra` bytes of longer headers are zero; the packet's bytes follow from `seed`. */
void cb_pcap_record(struct fb_buf *b, bool be, uint32_t sec, uint32_t frac, uint32_t caplen, uint32_t wirelen,
                    size_t extra, uint8_t seed);

void cb_ng_block(struct fb_buf *b, bool be, uint32_t type, const void *body, size_t n);
void cb_ng_shb(struct fb_buf *b, bool be);
/* `opts`: option bytes as they stand in the block, may be NULL */
void cb_ng_idb(struct fb_buf *b, bool be, uint32_t linktype, uint32_t snaplen, const struct fb_buf *opts);
void cb_ng_option(struct fb_buf *b, bool be, uint32_t code, const void *v, size_t n);
void cb_ng_epb(struct fb_buf *b, bool be, uint32_t iface, uint64_t ts, uint32_t caplen, uint32_t wirelen,
               const struct fb_buf *opts, uint8_t seed);

/* n ordinary packets one second apart from 1700000000 on, of 20 + i bytes. */
void cb_pcap_plain(struct fb_buf *b, unsigned n);
void cb_ng_plain(struct fb_buf *b, bool be, unsigned n);

#define CB_MAX 512
struct cb_packet {
    int64_t ts_ns;
    uint32_t caplen, wirelen, linktype, iface;
    uint64_t pkt_no, byte_off;
    uint64_t sum; /* of its bytes */
};

struct cb_result {
    enum fb_status opened, ended;
    struct fb_err err;
    size_t n; /* packets, the first CB_MAX of which are kept */
    struct cb_packet p[CB_MAX];
    struct fb_evidence ev;
};

/* Reads bytes to the end through blocks of `block` bytes with `head` bytes of room (0: the ordinary ones).
 * The caller calls cb_result_release. */
void cb_read(const void *data, size_t n, size_t block, size_t head, struct cb_result *out);
void cb_result_release(struct cb_result *r);
void cb_assert_prefix(const struct cb_result *part, const struct cb_result *whole);
void cb_assert_same(const struct cb_result *a, const struct cb_result *b);
bool cb_has_damage(const struct cb_result *r, const char *text);
bool cb_has_note(const struct cb_result *r, const char *kind, const char *text);

/* Writes a file below a fresh directory in /tmp; returns its path (to be freed). */
char *cb_temp_dir(void);
char *cb_write_file(const char *dir, const char *name, const void *p, size_t n);
void cb_remove_dir(char *dir); /* with all in it; frees the name */

#endif
