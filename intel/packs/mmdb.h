/* MaxMind DB files (format 2.0, github.com/maxmind/MaxMind-DB), read as untrusted input.
 *
 * fb_mmdb_open checks the whole file before anything is looked up: the metadata, that tree and data lie
 * within the file (in 64 bits), that every record of the tree leads to a node, to nothing or into the data,
 * that the tree has no cycle, and that every entry of it is well-formed: known types, sizes within the
 * section, pointers that lead to no pointer, 16 levels at most, 4,096 values at most. Total work is bounded
 * by the size of the file. Own code rather than libmaxminddb, which has to be handed a file that was checked
 * by somebody else: the check is most of a reader. Borrows the bytes. One thread. */
#ifndef FB_INTEL_MMDB_H
#define FB_INTEL_MMDB_H

#include "base/addr.h"
#include "base/cursor.h"
#include "base/err.h"

#define FB_MMDB_DEPTH_MAX  16
#define FB_MMDB_VALUES_MAX 4096

enum fb_mmdb_type {
    FB_MMDB_POINTER = 1,
    FB_MMDB_STRING = 2,
    FB_MMDB_DOUBLE = 3,
    FB_MMDB_BYTES = 4,
    FB_MMDB_UINT16 = 5,
    FB_MMDB_UINT32 = 6,
    FB_MMDB_MAP = 7,
    FB_MMDB_INT32 = 8,
    FB_MMDB_UINT64 = 9,
    FB_MMDB_UINT128 = 10,
    FB_MMDB_ARRAY = 11,
    FB_MMDB_BOOL = 14,
    FB_MMDB_FLOAT = 15,
};

struct fb_mmdb_value {
    enum fb_mmdb_type type;
    uint32_t n;   /* MAP: pairs, ARRAY: items, BOOL: 0 or 1; else bytes */
    size_t at;    /* where its bytes or its first item stand in the section */
    size_t after; /* where the value after it stands, for a value that is no MAP or ARRAY; a pointer was
                     followed, so this is after the pointer */
};

struct fb_mmdb {
    struct fb_span tree, data; /* parts of the file */
    uint32_t nodes;
    unsigned record_bits; /* 24, 28, 32 */
    unsigned ip_bits;     /* 32 or 128 */
    uint64_t build_epoch; /* seconds since 1970 */
    char type[64];        /* database_type, "" when it is longer or no plain text */
    uint32_t *same;       /* per node: what all records below it say, or FB_MMDB_MIXED; owned */
};

#define FB_MMDB_MIXED UINT32_MAX

/* FB_ERR_INPUT says what does not hold. */
enum fb_status fb_mmdb_open(struct fb_span file, struct fb_mmdb *out, struct fb_err *err);
void fb_mmdb_release(struct fb_mmdb *m); /* accepts a zeroed one */

/* True when the bytes end like such a file does. */
bool fb_mmdb_is(struct fb_span file);

/* The record (0 left, 1 right) of a node, node < nodes: below `nodes` another node, equal nothing, above
 * nodes + 16 + an offset in the data. */
uint32_t fb_mmdb_record(const struct fb_mmdb *m, uint32_t node, unsigned side);

/* Part of fb_mmdb_open: checks the tree and fills m->same. */
enum fb_status fb_mmdb_check_tree(struct fb_mmdb *m, struct fb_err *err);

/* ---- values in a section; safe on any bytes ---- */

/* The value at `at`, a pointer followed. False when it is none. */
bool fb_mmdb_value(struct fb_span section, size_t at, struct fb_mmdb_value *out);

/* Checks a value with all that is in it. `after`: where the next one stands. `work` is lowered by the number
 * of values seen; false at 0. */
bool fb_mmdb_check_value(struct fb_span section, size_t at, size_t *after, uint64_t *work);

/* Finds a key in a map of a checked value. */
bool fb_mmdb_member(struct fb_span section, const struct fb_mmdb_value *map, const char *key,
                    struct fb_mmdb_value *out);

struct fb_span fb_mmdb_text(struct fb_span section, const struct fb_mmdb_value *v); /* "" when no STRING */
bool fb_mmdb_uint(struct fb_span section, const struct fb_mmdb_value *v, uint64_t *out);

#endif
