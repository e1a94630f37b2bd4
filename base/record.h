/* Records of a described kind: rows of named columns as bytes, the common currency of whoever finds something
 * out (observers, name join, lists, model) and of the case that keeps it.
 *
 * A definition is static data. A row is its cells in the order of the columns; each cell is a varint (0:
 * null; else length + 1) and the bytes: INT, TIME   the zigzag varint of the value ADDR        4 bytes (IPv4)
 * or 16 TEXT, BLOB  the bytes as they are; TEXT is untrusted and may hold any byte LIST        items, each a
 * varint length and bytes Which session and packet a row belongs to does not stand in the row: it travels
 * beside it. No state; any thread. */
#ifndef FB_BASE_RECORD_H
#define FB_BASE_RECORD_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/cursor.h"

#define FB_REC_COLS_MAX  40
#define FB_REC_BYTES_MAX 65536u /* of one row */

/* Stored in cases. */
enum fb_rec_type {
    FB_REC_INT = 1,
    FB_REC_TIME = 2, /* nanoseconds since 1970 */
    FB_REC_ADDR = 3,
    FB_REC_TEXT = 4,
    FB_REC_BLOB = 5,
    FB_REC_LIST = 6, /* of texts */
};

struct fb_rec_col {
    const char *name; /* lower-case, as SQL shows it */
    enum fb_rec_type type;
};

enum fb_rec_order {
    FB_REC_EVENTS = 1, /* rows are things seen in packets: ordinal, time and (0: none) session go with each */
    FB_REC_SESSIONS = 2, /* at most one row a session, in the order of session numbers */
    FB_REC_ROWS = 3,     /* neither: rows in the order in which they were written */
};

struct fb_rec_def {
    const char *name; /* of the table: "dns" */
    uint16_t id;      /* stored in cases; never used for something else */
    enum fb_rec_order order;
    size_t ncols;
    const struct fb_rec_col *cols;
};

struct fb_rec_cell {
    bool null;
    int64_t i;           /* INT, TIME */
    struct fb_addr addr; /* ADDR */
    struct fb_span s;    /* TEXT, BLOB, and the items of a LIST; borrowed from the row */
};

/* ---- making a row: one call a column, in order; failures stick to the buffer ---- */

void fb_rec_null(struct fb_buf *row);
void fb_rec_int(struct fb_buf *row, int64_t v); /* INT and TIME */
void fb_rec_addr(struct fb_buf *row, const struct fb_addr *a);
void fb_rec_bytes(struct fb_buf *row, const void *p, size_t n); /* TEXT, BLOB */
void fb_rec_text(struct fb_buf *row, const char *s);            /* NULL: null */
/* `items`: what fb_rec_item made; n items == 0 is an empty list, not null. */
void fb_rec_list(struct fb_buf *row, const struct fb_buf *items);
void fb_rec_item(struct fb_buf *items, const void *p, size_t n);

/* Any cell, as the calls above write it: rows that are equal are equal bytes. */
void fb_rec_put(struct fb_buf *row, enum fb_rec_type type, const struct fb_rec_cell *cell);

/* ---- reading ---- */

/* Takes a row apart into def->ncols cells. False when it is not a row of that definition: wrong number of
 * cells, a number that is none, an address of another length, a list that does not end where its cell ends.
 */
bool fb_rec_read(const struct fb_rec_def *def, struct fb_span row, struct fb_rec_cell *cells);

/* The bytes of one cell that is not null; `out->s` borrows them. False as above. */
bool fb_rec_cell(enum fb_rec_type type, struct fb_span bytes, struct fb_rec_cell *out);

/* The next item of a list cell; start with fb_cur_init(cell.s.p, cell.s.n). False at the end. */
bool fb_rec_next_item(struct fb_cur *list, struct fb_span *item);

#endif
