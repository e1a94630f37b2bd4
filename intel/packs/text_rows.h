/* Rows of a text table: CSV as RFC 4180 writes it (quoted fields may hold separators, quotes and line ends),
 * or fields between single tabs without quoting. Empty lines and lines that start with # are passed over.
 * Works on bytes that it may change: quotes are taken out in place. One thread. */
#ifndef FB_INTEL_TEXT_ROWS_H
#define FB_INTEL_TEXT_ROWS_H

#include "base/cursor.h"

#define FB_TEXT_FIELDS_MAX 32

struct fb_text_rows {
    uint8_t *p, *end;
    char sep;           /* ',' ';' or '\t' */
    uint64_t line;      /* of the row given last, from 1 */
    uint64_t next_line; /* where the next row starts */
};

struct fb_text_row {
    struct fb_span field[FB_TEXT_FIELDS_MAX]; /* without surrounding blanks; borrowed from the table */
    size_t n;                                 /* fields beyond the ceiling are left out */
};

/* A byte order mark is passed over. `sep` 0: the first of tab, comma and semicolon that the first row has. */
void fb_text_rows_init(struct fb_text_rows *r, uint8_t *p, size_t n, char sep);
bool fb_text_rows_next(struct fb_text_rows *r, struct fb_text_row *row);

/* The next line without its end and without surrounding blanks; false when there is none left. */
bool fb_text_line(struct fb_text_rows *r, struct fb_span *line);

struct fb_span fb_span_trim(struct fb_span s);
bool fb_span_is(struct fb_span s, const char *word);      /* equal */
bool fb_span_is_word(struct fb_span s, const char *word); /* equal but for the case of ASCII letters */

/* Decimal digits alone, at most `max`. */
bool fb_span_u64(struct fb_span s, uint64_t max, uint64_t *out);

#endif
