/* A protocol of lines between a client and a server that may go over to TLS: what SMTP, FTP, IMAP and POP3
 * share. A parser's state begins with a struct fb_lines. */
#ifndef FB_INTEL_LINES_H
#define FB_INTEL_LINES_H

#include "intel/wire/proto.h"
#include "intel/wire/wire.h"

#define FB_LINES_MAX 4096 /* bytes of a line; the rest of a longer one is passed over */

struct fb_lines {
    struct fb_wire_dir d[2];
    bool skip_rest[2]; /* of a line that is too long */
    bool after_gap[2];
    bool known, client_is_orig;
    bool done;
    uint64_t raw_left; /* bytes from the client that are no lines */
    void *tls;         /* state of intel/wire/tls.h, once the session went over */
};

struct fb_lines_ops {
    /* Is this first line the server's? */
    bool (*from_server)(struct fb_span line);
    void (*client)(struct fb_wire_call *call, struct fb_span line);
    void (*server)(struct fb_wire_call *call, struct fb_span line);
    /* Bytes that are no lines; returns how many of the n (at most raw_left) were used. NULL: all. */
    size_t (*raw)(struct fb_wire_call *call, const uint8_t *p, size_t n);
};

unsigned fb_lines_data(struct fb_lines *s, const struct fb_lines_ops *ops, const struct fb_seen *at,
                       const uint8_t *p, size_t n, struct fb_observe_out *out);
/* After a gap a side goes on at once when what follows looks like a whole line, else behind its newline. */
unsigned fb_lines_gap(struct fb_lines *s, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out);
void fb_lines_flip(struct fb_lines *s);
void fb_lines_close(struct fb_lines *s, const struct fb_seen *at, struct fb_observe_out *out);
size_t fb_lines_bytes(const struct fb_lines *s); /* without the struct */

/* From the next call on the session is TLS. */
void fb_lines_go_tls(struct fb_lines *s, const char *protocol);

#endif
