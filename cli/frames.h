/* The packets of sessions as frame numbers: "1..3, 7", and Wireshark's display filters. */
#ifndef FB_CLI_FRAMES_H
#define FB_CLI_FRAMES_H

#include "base/buf.h"
#include "store/case.h"

struct fb_frames {
    struct fb_packet_ref *ref; /* ascending by ordinal, each once; owned */
    size_t n;
};

/* The union of the packets of `nsessions` sessions. */
enum fb_status fb_frames_collect(struct fb_case *c, const uint64_t *number, size_t nsessions,
                                 struct fb_frames *out, struct fb_err *err);
void fb_frames_release(struct fb_frames *f);

/* Frame numbers in evidence file `evidence`, with runs joined; at most `max` runs, then "...". Returns the
 * number of packets. */
uint64_t fb_frames_put_runs(struct fb_buf *out, const struct fb_frames *f, uint32_t evidence, size_t max);

/* A display filter for the addresses and ports of a session. */
void fb_session_put_display_filter(struct fb_buf *out, const struct fb_session *s);

#endif
