/* What the files of the case share. Not for other rooms. */
#ifndef FB_STORE_CASE_IMPL_H
#define FB_STORE_CASE_IMPL_H

#include "store/case.h"
#include "store/chunk.h"
#include "store/db.h"
#include "store/filter_set.h"
#include "store/gone.h"
#include "store/packet_chunk.h"

/* One row of table `chunk`. */
struct fb_chunk_meta {
    uint64_t cid, first_number, last_number;
    uint32_t nrows;
    struct fb_zone zone; /* sessions only */
};

struct fb_chunk_list {
    struct fb_chunk_meta *m; /* ascending by cid, which is ascending by number */
    size_t n;
};

/* A session chunk that is held, most recently used first. */
struct fb_held_chunk {
    struct fb_held_chunk *next;
    struct fb_chunk *chunk;
    unsigned pins; /* cursors that stand on it */
};
#define FB_CHUNK_CACHE_BYTES ((size_t)192 << 20)

/* Record tables: rec_dir.h. */
struct fb_rec_table;
struct fb_rec_held;
struct fb_rec_facts; /* the writers of a case that is filled */
struct fb_rec_dir {
    struct fb_rec_table **t; /* by run, then id */
    size_t n;
};
struct fb_rec_state {
    struct fb_rec_dir kase, side;
    struct sqlite3 *side_db; /* open while the case is; NULL: no sidecar */
    struct fb_rec_held *held;
    struct fb_rec_facts *facts;
    char **names; /* tables that SQL knows */
    size_t nnames;
};

struct fb_timeline_block; /* case_timeline.c */
struct fb_case_writer;    /* case_write.c */

struct fb_case {
    sqlite3 *db;
    char *path;                    /* NULL: in memory */
    struct fb_case_writer *writer; /* NULL once finished, and for a case that was opened */
    bool reading;                  /* may be read */
    bool shareable; /* nobody changes it, and it holds no lock: a second connection can read it */
    uint64_t file_dev, file_ino; /* which file; when shareable */
    bool skip_sidecar;           /* verification looks at the sidecar by itself */
    bool guest;      /* fbcase.so: the connection is somebody else's, no statement is kept on it */
    uint8_t *secret; /* the whole file, decrypted; from sodium_malloc */
    size_t secret_bytes;

    /* Reading. */
    struct fb_zip zip;
    struct fb_chunk_list sessions, packets;
    struct fb_gone_list gone; /* what retention removed */
    int64_t data_version;     /* of the database when the lists were read; 0: never */
    struct fb_held_chunk *held;
    struct fb_held_filters *filters;
    uint64_t packet_cid; /* which packet chunk is unpacked, UINT64_MAX for none */
    struct fb_packet_chunk packet_chunk;
    struct fb_timeline_block *timeline;
    sqlite3_stmt *get_version;
    unsigned internal; /* > 0 while statements of our own are prepared: the authorizer lets them pass */
    struct fb_rec_state rec;
    bool has_as_of; /* layers of runs above `as_of` are not shown */
    int64_t as_of;
    struct fb_custody_keep *custody; /* what the run that is written says of itself; chain.h */
    /* Borrowed by callers. */
    char *info_text[4];
    char *counter_name;
};

/* ---- case_write.c ---- */

/* Ceiling in bytes for sessions that wait in memory; for tests. */
void fb_case_set_window_ceiling(struct fb_case *c, size_t bytes);
#define FB_WINDOW_CEILING ((size_t)96 << 20)

/* A transaction for records that are written outside of chunks; committed with the next chunk or at the end.
 */
enum fb_status fb_case_write_begin(struct fb_case *c, struct fb_err *err);
struct fb_zip *fb_case_write_zip(struct fb_case *c);

/* ---- case_timeline.c ---- */

enum fb_status fb_timeline_flush(struct fb_case *c, struct fb_err *err);
/* Which packet an ordinal is. */
enum fb_status fb_timeline_find(struct fb_case *c, uint64_t ordinal, struct fb_packet_ref *out,
                                struct fb_err *err);
void fb_timeline_free(struct fb_timeline_block *t);

/* Ordinals in a row that are packets in a row of one evidence. */
struct fb_timeline_piece {
    uint32_t evidence;
    uint64_t first_ordinal, first_pkt_no, count;
};
/* All of them in order. `row` may not read the timeline of this case. */
enum fb_status fb_timeline_each(struct fb_case *c,
                                enum fb_status (*row)(void *ctx, const struct fb_timeline_piece *r),
                                void *ctx, struct fb_err *err);

/* ---- case_read.c ---- */

/* Makes a connection ready for reading: statements, limits, virtual tables, authorizer. */
enum fb_status fb_case_start_reading(struct fb_case *c, struct fb_err *err);
/* fb_case_open without the sidecar. */
enum fb_status fb_case_open_alone(const char *path, struct fb_case **out, struct fb_err *err);
void fb_case_stop_reading(struct fb_case *c);
/* A case on a connection that can write (`only_read`: that could not), for changes that are one transaction;
 * everything that opening checks is checked. Pages that are given up are zeroed. */
enum fb_status fb_case_open_to_change(const char *path, bool only_read, struct fb_case **out,
                                      struct fb_err *err);
/* Brings the chunk lists up to date. */
enum fb_status fb_case_refresh(struct fb_case *c, struct fb_err *err);
/* Opens the file again, so that changes of it are seen: a connection to a case that nobody writes to may not
 * notice them. The case cannot be used any more when this fails. */
enum fb_status fb_case_reopen(struct fb_case *c, struct fb_err *err);
/* Forgets all that was read: the database was changed through this connection. */
void fb_case_forget(struct fb_case *c);
/* Index of the first chunk whose last number is >= number; list->n when there is none. */
size_t fb_chunk_list_find(const struct fb_chunk_list *list, uint64_t number);
/* A session chunk, held until it is let go as often as it was taken. */
enum fb_status fb_case_take_chunk(struct fb_case *c, const struct fb_chunk_meta *m,
                                  struct fb_held_chunk **out, struct fb_err *err);
/* The same for a chunk that was read elsewhere, which the case takes over. */
enum fb_status fb_case_adopt_chunk(struct fb_case *c, struct fb_chunk *k, struct fb_held_chunk **out,
                                   struct fb_err *err);
/* Takes the chunk of a window out of the case; NULL when it is not held, or taken. The caller closes it. */
struct fb_chunk *fb_case_detach_chunk(struct fb_case *c, uint64_t window);
void fb_case_let_chunk(struct fb_case *c, struct fb_held_chunk *h); /* accepts NULL */
/* A blob as an allocation. */
enum fb_status fb_case_blob(struct fb_case *c, uint64_t cid, unsigned group, uint8_t **p, size_t *n,
                            struct fb_err *err);
/* The blob with a key of chunk_grp; *p NULL when there is none. */
enum fb_status fb_case_find_blob(struct fb_case *c, uint64_t k, uint8_t **p, size_t *n, struct fb_err *err);
/* Unpacks a packet chunk; borrowed until the next call. */
enum fb_status fb_case_packet_chunk(struct fb_case *c, const struct fb_chunk_meta *m,
                                    const struct fb_packet_chunk **out, struct fb_err *err);

/* ---- case_check.c ---- */

/* fb_case_check in parts, in this order; the last two of them mean something for a complete case only.
 * FB_CHECK_BYTES is FB_CHECK_CHUNKS without decoding anything: what is compressed against its digests. */
enum fb_check_part { FB_CHECK_DATABASE, FB_CHECK_CHUNKS, FB_CHECK_NUMBERS, FB_CHECK_DIGESTS, FB_CHECK_BYTES };
enum fb_status fb_case_check_part(struct fb_case *c, enum fb_check_part part, struct fb_err *err);

/* ---- case_digest.c ---- */

/* Digest over the logical digests of all chunks of one kind; *nrows gets the number of rows. */
enum fb_status fb_case_digest_chunks(sqlite3 *db, enum fb_chunk_kind kind, struct fb_digest *out,
                                     uint64_t *nrows, struct fb_err *err);
enum fb_status fb_case_digest_evidence(sqlite3 *db, struct fb_digest *out, struct fb_err *err);

/* ---- vtab_sessions.c, vtab_packets.c ---- */

enum fb_status fb_vtab_register_sessions(struct fb_case *c, struct fb_err *err);
enum fb_status fb_vtab_register_packets(struct fb_case *c, struct fb_err *err);
enum fb_status fb_vtab_register_features(struct fb_case *c, struct fb_err *err); /* vtab_features.c */
enum fb_status fb_vtab_register_kernels(struct fb_case *c, struct fb_err *err);  /* vtab_kernel.c */
void fb_vtab_remove_kernels(sqlite3 *db);

#endif
