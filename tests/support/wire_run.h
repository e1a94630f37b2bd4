/* A session shown to the product's observer, and what it puts out as text: a line a record, "TABLE col=value
 * col=value ..." with the cells that are not null. Bytes are copied to buffers of their exact size first, so
 * that the sanitizers see every step outside. */
#ifndef FB_TESTS_WIRE_RUN_H
#define FB_TESTS_WIRE_RUN_H

#include "base/buf.h"
#include "base/observe.h"

struct wire_run {
    struct fb_observe_out out; /* first */
    struct fb_buf text;
    void *state;
    size_t step; /* bytes of a delivery over TCP; 0: all */
    uint64_t ordinal;
    bool tcp, done;
};

/* 10.0.0.1:40000 to 10.0.0.2:port. */
void wr_open(struct wire_run *r, uint8_t ip_proto, uint16_t port);
void wr_say(struct wire_run *r, bool from_orig, const void *p, size_t n);
void wr_gap(struct wire_run *r, bool from_orig, uint64_t n);
void wr_frame(struct wire_run *r, uint16_t ethertype, const void *p, size_t n);
/* Ends the session; the text is valid until wr_release. */
const char *wr_close(struct wire_run *r);
void wr_release(struct wire_run *r);

#define WR_C(r, lit) wr_say(r, true, lit, sizeof(lit) - 1)
#define WR_S(r, lit) wr_say(r, false, lit, sizeof(lit) - 1)

/* The value of a column in line `line` (from 0) of the text, or "-"; valid until the next call. */
const char *wr_cell(const char *text, size_t line, const char *column);
size_t wr_lines(const char *text);

/* One message of a conversation. */
struct wr_step {
    bool from_orig;
    const void *p;
    size_t n;
};
#define WR_STEP(orig, lit)                                                                                   \
    {                                                                                                        \
        orig, lit, sizeof(lit) - 1                                                                           \
    }

/* Plays the conversation in deliveries of `step` bytes, lets the first `keep` bytes of all through, and
 * returns the text; freed by the caller. */
char *wr_play(const struct wr_step *steps, size_t n, uint16_t port, size_t step, size_t keep);

/* The conversation says the same in deliveries of 1, 2, 3, 7, 64, 1000 bytes and all at once; does no harm
 * when it ends anywhere, nor when any byte is another, nor when any part is missing. */
void wr_torture(const struct wr_step *steps, size_t n, uint16_t port);

#endif
