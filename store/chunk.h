/* Row groups of sessions: up to 65,536 sessions in number order, column by column (docs/case-format.md,
 * "Session chunks").
 *
 * A struct fb_chunk_writer turns canonical rows into blobs; it holds scratch space for one chunk and belongs
 * to one thread at a time. A struct fb_chunk reads one: groups are fetched when first needed, pages decoded
 * when first touched. Everything in it is untrusted. Errors stick: a failed read returns zero, and
 * fb_chunk_failed tells once per row. */
#ifndef FB_STORE_CHUNK_H
#define FB_STORE_CHUNK_H

#include "base/digest.h"
#include "base/err.h"
#include "store/case.h"
#include "store/column.h"
#include "store/dict.h"
#include "store/narrow.h"
#include "store/row.h"
#include "store/zone_tally.h"

#define FB_CHUNK_ROWS    65536u
#define FB_CHUNK_VERSION 1
#define FB_CHUNK_GROUPS  8
#define FB_BLOB_MAX      (48u << 20) /* bytes of any blob in a case */

/* Stream ids; stored in cases. */
enum fb_col {
    FB_COL_TS = 0,
    FB_COL_DURATION = 1,
    FB_COL_ORIG_H = 2, /* codes of FB_DICT_ADDR */
    FB_COL_RESP_H = 3,
    FB_COL_ORIG_P = 4,
    FB_COL_RESP_P = 5,
    FB_COL_PROTO = 6,
    FB_COL_IP_PROTO = 7,
    FB_COL_CONN_STATE = 8,
    FB_COL_SERVICE = 9,  /* codes of FB_DICT_SERVICE */
    FB_COL_HISTORY = 10, /* codes of FB_DICT_HISTORY */
    FB_COL_ORIG_BYTES = 11,
    FB_COL_RESP_BYTES = 12,
    FB_COL_MISSED_BYTES = 13,
    FB_COL_ORIG_PKTS = 14,
    FB_COL_RESP_PKTS = 15,
    FB_COL_ORIG_IP_BYTES = 16, /* stored as quotient and remainder (FB_COL_*_IP_Q, _R) */
    FB_COL_RESP_IP_BYTES = 17,
    FB_COL_UID_DUP = 18,
    FB_COL_END_REASON = 19,
    FB_COL_VLAN = 20,
    FB_COL_INNER_VLAN = 21,
    FB_COL_HAS_MACS = 22,
    FB_COL_ORIG_MAC = 23, /* codes of FB_DICT_MAC */
    FB_COL_RESP_MAC = 24,
    FB_COL_ORIG_TTL = 25,
    FB_COL_RESP_TTL = 26,
    FB_COL_TUNNEL = 27, /* codes of FB_DICT_TUNNEL */
    FB_COL_NPARENTS = 28,
    FB_COL_SEGMENTS = 29,
    FB_COL_SEGMENT_GAP_SUM = 30,
    FB_COL_SEGMENT_REGULARITY = 31,
    FB_COL_SYN_SYNACK = 32,
    FB_COL_SYNACK_ACK = 33,
    FB_COL_ORIG_RETRANS = 34,
    FB_COL_RESP_RETRANS = 35,
    FB_COL_ORIG_OOO = 36,
    FB_COL_RESP_OOO = 37,
    FB_COL_ORIG_ZERO_WINDOW = 38,
    FB_COL_RESP_ZERO_WINDOW = 39,
    FB_COL_BAD_CHECKSUM = 40,
    FB_COL_FIRST_ORDINAL = 41,
    FB_COL_EVIDENCE_PKTS = 42, /* stored less orig_pkts and resp_pkts */
    FB_COL_COUNT = 43,
    /* Streams that are no column of their own. */
    FB_COL_ORIG_IP_Q = 43,
    FB_COL_ORIG_IP_R = 44,
    FB_COL_RESP_IP_Q = 45,
    FB_COL_RESP_IP_R = 46,
    FB_COL_PARENTS = 47,        /* numbers of outer sessions, all rows one after the other */
    FB_STREAM_DICTS = 48,       /* + enum fb_dict_kind */
    FB_STREAM_ADDR_FILTER = 53, /* addr_filter.h */
    FB_STREAM_COUNT = 54
};

enum fb_dict_kind {
    FB_DICT_ADDR,
    FB_DICT_MAC,
    FB_DICT_SERVICE,
    FB_DICT_HISTORY,
    FB_DICT_TUNNEL,
    FB_DICT_KINDS
};

struct fb_col_info {
    uint8_t group;
    bool is_signed;
    bool zoned;   /* has its smallest and largest value in the zone map */
    int8_t dict;  /* enum fb_dict_kind of its codes; -1: a number */
    uint64_t max; /* largest value that the field holds; codes are checked against their dictionary */
};
extern const struct fb_col_info fb_col_info[FB_STREAM_COUNT];

/* Bytes of each entry of a dictionary; 0 when they differ. */
size_t fb_dict_fixed_len(unsigned kind);

/* ---- zone maps ---- */

struct fb_zone {
    uint64_t lo[FB_COL_COUNT], hi[FB_COL_COUNT]; /* zoned columns; signed ones in two's complement */
    struct fb_tally states[16], protos[16];      /* by conn_state and proto; the last one has the rest */
};
bool fb_zone_read(const uint8_t *p, size_t n, struct fb_zone *out); /* zone.c */

/* ---- writing ---- */

struct fb_chunk_writer; /* one per thread */

struct fb_chunk_blobs {
    uint32_t nrows;
    int64_t ts_min_ns, ts_max_ns;
    struct fb_buf group[FB_CHUNK_GROUPS];
    struct fb_buf zone;
    struct fb_buf filter;     /* of addresses, with its salt; for filter_set.h */
    struct fb_digest content; /* over the blobs */
    struct fb_digest logical; /* over the digested parts of the canonical rows */
};
void fb_chunk_blobs_release(struct fb_chunk_blobs *b);

struct fb_chunk_writer *fb_chunk_writer_new(void); /* NULL when memory ran out */
void fb_chunk_writer_free(struct fb_chunk_writer *w);

/* Encodes n canonical rows, in number order; the bytes are borrowed until the call returns. */
enum fb_status fb_chunk_write(struct fb_chunk_writer *w, const struct fb_span *rows, size_t n,
                              struct fb_chunk_blobs *out, struct fb_err *err);

void fb_chunk_content_digest(const struct fb_span *groups, size_t n, struct fb_digest *out);

/* ---- reading ---- */

/* Fetches one group blob as an allocation that the chunk takes over. */
typedef enum fb_status (*fb_chunk_fetch)(void *ctx, uint64_t cid, unsigned group, uint8_t **p, size_t *n,
                                         struct fb_err *err);

struct fb_chunk; /* one open chunk */

/* `first_number`: session number of its first row. `zip` is borrowed. NULL when memory ran out. */
struct fb_chunk *fb_chunk_open(struct fb_zip *zip, uint64_t cid, uint64_t first_number, uint32_t nrows,
                               fb_chunk_fetch fetch, void *ctx);
void fb_chunk_close(struct fb_chunk *c); /* accepts NULL */
/* Gives up the compressed form of groups of which a column is decoded as a whole: a scan went through it and
 * has left. What is asked of them later is fetched again. Borrowed bytes stay: they come from dictionaries.
 */
void fb_chunk_slim(struct fb_chunk *c);
/* From here on it is read with these: it has come to another thread. */
void fb_chunk_move(struct fb_chunk *c, struct fb_zip *zip, fb_chunk_fetch fetch, void *ctx);

uint64_t fb_chunk_cid(const struct fb_chunk *c);
uint64_t fb_chunk_first(const struct fb_chunk *c);
uint32_t fb_chunk_nrows(const struct fb_chunk *c);
size_t fb_chunk_bytes(const struct fb_chunk *c); /* memory that it holds */

/* A value of a column (a code for dictionary columns). `row` < nrows. */
uint64_t fb_chunk_value(struct fb_chunk *c, unsigned col, uint32_t row);
/* The page that holds a row's value of a column (a code, too), once it is decoded; NULL when it is not, or
 * the column is made of others. It stays until the chunk is closed. */
const struct fb_narrow *fb_chunk_page(const struct fb_chunk *c, unsigned col, uint32_t row);
/* Says that of a page only these rows (offsets in the page, ascending, at most FB_PICKS_MAX) will be asked
 * for: their columns are then decoded without being held. Other rows can still be had. n = 0: no more of this
 * page. */
void fb_chunk_focus(struct fb_chunk *c, uint32_t page, const uint16_t *rows, size_t n);
/* Up to FB_PAGE_ROWS values of page `page` of a column; returns how many, 0 on damage. A page that is not
 * held yet is decoded without being held. */
size_t fb_chunk_values(struct fb_chunk *c, unsigned col, uint32_t page, uint64_t out[static FB_PAGE_ROWS]);
/* False when no address of the list (n of 16 bytes each) is in the chunk; true when one may be. */
bool fb_chunk_may_have(struct fb_chunk *c, const uint8_t *addrs, size_t n);
/* Whether the chunk's filter of addresses is the one that its dictionary makes. */
bool fb_chunk_filter_holds(struct fb_chunk *c);
/* Whether `f`, a filter with its salt, is one of the chunk's dictionary. */
bool fb_chunk_filter_is(struct fb_chunk *c, struct fb_span f);
/* A dictionary, NULL on damage. */
const struct fb_dict *fb_chunk_dict(struct fb_chunk *c, unsigned kind);
/* The whole record; strings and parents are borrowed from the chunk. */
void fb_chunk_session(struct fb_chunk *c, uint32_t row, struct fb_session *out);
/* A few columns of it, which is several times cheaper. */
void fb_chunk_ends(struct fb_chunk *c, uint32_t row, struct fb_session_ends *out);
/* Outer sessions of a row. */
const uint64_t *fb_chunk_parents(struct fb_chunk *c, uint32_t row, uint32_t *n);

/* FB_OK, or the first error that a read met. */
enum fb_status fb_chunk_failed(const struct fb_chunk *c, struct fb_err *err);

#endif
