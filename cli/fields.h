/* The columns of a session as the command line names them: one table for tables, JSON lines, CSV, --columns
 * and --sort.
 *
 * A value is a number, a time or text; text is as it came and is escaped by whoever prints it. One thread. */
#ifndef FB_CLI_FIELDS_H
#define FB_CLI_FIELDS_H

#include "base/buf.h"
#include "base/cursor.h"
#include "cli/parents.h"
#include "cli/pseudonym_cell.h"
#include "replay/session.h"
#include "store/layers.h"
#include "store/session_layers.h"

#include <stdint.h>

enum fb_value_kind {
    FB_VAL_UNSET,
    FB_VAL_UINT,
    FB_VAL_TIME,
    FB_VAL_DURATION,
    FB_VAL_TEXT,
    FB_VAL_ADDR,
    FB_VAL_UIDS,
    FB_VAL_INT,   /* `i` */
    FB_VAL_BYTES, /* `bytes`: text that may hold any byte */
    FB_VAL_LIST,  /* `bytes`: items of a record's list */
};

struct fb_value {
    enum fb_value_kind kind;
    uint64_t u;
    int64_t i; /* nanoseconds */
    struct fb_addr addr;
    const char *text;     /* borrowed from the session or pointing at `own` */
    struct fb_span bytes; /* borrowed from the layers until they are asked about another session */
    char own[64];
};

struct fb_field; /* an entry of the table */

struct fb_row {
    const struct fb_session *s;
    struct fb_parents *parents;       /* may be NULL: tunnel parents are then unset */
    struct fb_session_layers *layers; /* may be NULL: what they say is then unset */
    struct fb_pseudonym_cells *hide;  /* NULL: what layers say as it is; else tags are unset */
};

size_t fb_field_count(void);
const struct fb_field *fb_field_at(size_t i);
const char *fb_field_name(const struct fb_field *f);
bool fb_field_is_number(const struct fb_field *f); /* right-aligned in tables */

/* By name, with or without the leading "id."; NULL when there is none. */
const struct fb_field *fb_field_find(const char *name, size_t n);

/* The most similar name, for messages; NULL. */
const char *fb_field_nearest(const char *name);

void fb_field_value(const struct fb_field *f, const struct fb_row *row, struct fb_value *out);

/* Text form without escaping: digits, RFC 3339, seconds with nine decimals, addresses, uids with commas;
 * nothing when unset. */
void fb_value_put(struct fb_buf *out, const struct fb_value *v, const struct fb_row *row);

/* Text form for people: durations and the like shortened. */
void fb_value_put_human(struct fb_buf *out, const struct fb_value *v, const struct fb_row *row);

/* JSON form; "null" when unset. */
void fb_value_put_json(struct fb_buf *out, const struct fb_value *v, const struct fb_row *row);

/* Bytes whose order under memcmp is the order of the values (unset first). */
void fb_value_put_key(struct fb_buf *out, const struct fb_value *v, const struct fb_row *row);

/* A choice of columns. */
#define FB_COLUMNS_MAX 64
struct fb_columns {
    const struct fb_field *field[FB_COLUMNS_MAX];
    size_t n;
};

void fb_columns_all(struct fb_columns *out);

/* From "a,b,c". False after a message (a usage error of `verb`). */
bool fb_columns_parse(const char *verb, const char *list, struct fb_columns *out);

#endif
