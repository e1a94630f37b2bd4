/* JSON (RFC 8259) as a flat array of nodes that know where they stand in the text: for every document that
 * somebody else wrote (lists, data sets). What this program wrote itself, the parameters in the custody log,
 * is read with cJSON instead, which is shorter to use and knows neither places nor numbers beyond a double,
 * nor refuses a key that stands twice.
 *
 * Everything is checked while parsing: grammar, UTF-8, surrogates, depth, and that no object has a key twice.
 * A node borrows from the text, which must outlive it. Children of node i are the nodes i+1 ... node[i].after
 * - 1, each followed by its own children; an object has keys and values in turn. One thread. */
#ifndef FB_BASE_JSON_H
#define FB_BASE_JSON_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"

#define FB_JSON_DEPTH_MAX 64
#define FB_JSON_BYTES_MAX ((size_t)1 << 30)

enum fb_json_type {
    FB_JSON_NULL,
    FB_JSON_FALSE,
    FB_JSON_TRUE,
    FB_JSON_NUMBER,
    FB_JSON_STRING,
    FB_JSON_ARRAY,
    FB_JSON_OBJECT,
};

struct fb_json_node {
    uint32_t off, end; /* bytes of the text, a string's quotes among them */
    uint32_t after;    /* index of the first node that is not inside this one */
    uint8_t type;      /* enum fb_json_type */
    bool escaped;      /* a string with backslashes */
};

struct fb_json {
    const uint8_t *text;
    size_t n;
    struct fb_json_node *node; /* node[0] is the document; owned */
    size_t nnodes;
};

/* FB_ERR_INPUT with byte offset, line and what was expected. */
enum fb_status fb_json_parse(const void *text, size_t n, struct fb_json *out, struct fb_err *err);
void fb_json_release(struct fb_json *j); /* accepts a zeroed one */

/* "a null", "a number" ... for messages. */
const char *fb_json_type_name(enum fb_json_type t);

/* Line of a byte offset, from 1. */
uint32_t fb_json_line(const struct fb_json *j, uint32_t off);

/* The bytes of a node as they stand in the text. */
struct fb_span fb_json_raw(const struct fb_json *j, uint32_t i);

/* A string without its escapes: borrowed from the text, or from `scratch`, which is overwritten. An empty
 * span when memory ran out (scratch->failed). */
struct fb_span fb_json_text(const struct fb_json *j, uint32_t i, struct fb_buf *scratch);

/* Digits with or without a minus sign, no fraction, no exponent, within int64_t. */
bool fb_json_int(const struct fb_json *j, uint32_t i, int64_t *out);

/* The value of a member of object i, or 0. */
uint32_t fb_json_member(const struct fb_json *j, uint32_t i, const char *key);

/* Order of two keys (string nodes) by UTF-16 code units, as RFC 8785 sorts them, or by code points. */
int fb_json_key_cmp(const struct fb_json *j, uint32_t a, uint32_t b, bool utf16);

/* Keys of object i in that order, as node indices in one allocation that the caller frees; NULL: none, or no
 * memory (*n tells). */
uint32_t *fb_json_keys(const struct fb_json *j, uint32_t i, bool utf16, size_t *n);

#endif
