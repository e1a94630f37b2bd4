/* What the parsers of protocols on the wire share: bytes held back until a unit is whole, lines, and
 * cells of rows.
 *
 * A direction holds at most the `max` bytes of its parser. Parsers see bytes so that cutting the stream
 * elsewhere changes nothing: they decide on whole units, and on a unit that is too long at the same byte
 * however it arrives. No state of its own; a direction belongs to one session. */
#ifndef FB_INTEL_WIRE_H
#define FB_INTEL_WIRE_H

#include "base/observe.h"

struct fb_wire_dir {
    uint8_t *held;
    uint32_t n, cap;
    uint64_t skip; /* bytes to come that the parser does not want to see */
    bool dead;     /* nothing more is read here */
};

struct fb_wire_call {
    void *state;
    struct fb_wire_dir *dir;
    const struct fb_seen *at;
    struct fb_observe_out *out;
};

/* Returns how many of the n bytes were used; 0: not a whole unit yet. May set dir->skip and dir->dead. */
typedef size_t fb_wire_parse(struct fb_wire_call *call, const uint8_t *p, size_t n);

/* Hands bytes to the parser, keeping what it leaves for the next time. False when memory ran out or a unit is
 * longer than max, which kills the direction. */
bool fb_wire_feed(struct fb_wire_call *call, size_t max, fb_wire_parse *parse, const uint8_t *p, size_t n);

/* Bytes are missing. True when they lay in what is skipped anyway; else what was held is forgotten. */
bool fb_wire_gap(struct fb_wire_dir *d, uint64_t n);

void fb_wire_dir_release(struct fb_wire_dir *d);

/* A line up to its newline, which `line` leaves out together with a CR. Returns the bytes used, 0 when it is
 * not whole, and `max` with line->p == NULL when the first max bytes hold no newline. */
size_t fb_wire_line(const uint8_t *p, size_t n, size_t max, struct fb_span *line);

/* Cuts what is in front of the first `sep` off; all of it when there is none. */
struct fb_span fb_wire_split(struct fb_span *rest, uint8_t sep);
/* Without blanks, tabs and line ends at both ends. */
struct fb_span fb_wire_trim(struct fb_span s);
/* ASCII case does not count. `text` is a C string. */
bool fb_wire_is(struct fb_span s, const char *text);
bool fb_wire_starts(struct fb_span s, const char *text);
/* A decimal number with nothing else in it; false when it is none or above max. */
bool fb_wire_number(struct fb_span s, uint64_t max, uint64_t *out);

/* Replaces what the buffer holds by s, cut at its ceiling. */
void fb_wire_keep(struct fb_buf *b, struct fb_span s);
/* A TEXT cell: null when the buffer was never filled. */
void fb_wire_cell(struct fb_buf *row, const struct fb_buf *b);
/* A LIST cell: null when there is no item. */
void fb_wire_list_cell(struct fb_buf *row, const struct fb_buf *items);
/* A TEXT cell of aa:bb:cc:dd:ee:ff. */
void fb_wire_mac_cell(struct fb_buf *row, const uint8_t mac[static 6]);
void fb_wire_bool_cell(struct fb_buf *row, bool known, bool value);

/* Hands a finished row over, unless it did not fit. */
void fb_wire_put(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                 const struct fb_buf *row);

#endif
