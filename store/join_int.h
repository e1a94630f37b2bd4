/* What the files of the merge share. Not for others. */
#ifndef FB_STORE_JOIN_INT_H
#define FB_STORE_JOIN_INT_H

#include "store/case_impl.h"
#include "store/join.h"

/* Addresses, ports and protocols without a direction. */
struct fb_join_key {
    uint8_t b[38];
};
void fb_join_key_of(const struct fb_session *s, struct fb_join_key *out);

/* An evidence record of one input. */
struct fb_join_evidence {
    uint8_t sha256[32];
    uint64_t size_bytes;
    int64_t first_ts_ns, last_ts_ns;
    bool has_pkts;
    bool repeated;   /* another case of the merge counts it */
    uint32_t merged; /* its index in the merged case */
};

/* A session that the end of its case's evidence had ended. */
struct fb_join_open {
    struct fb_join_key key;
    uint64_t number; /* in its case */
    int64_t due_ns;  /* packet clock at which it would have ended */
    uint8_t why;     /* enum fb_end_reason */
    bool closed;     /* a TCP session that both or one of its ends had closed */
    bool seen;       /* it has come in the order of the merge */
    bool followed;   /* and a session of another case with the same ends before it was due */
    bool over;       /* it ended, by `why` */
};

struct fb_join_number {
    uint64_t old, now;
};

/* Sessions that follow each other in an input and in the merged case. */
struct fb_join_span {
    uint64_t old, now, count;
};

/* Walks the sessions of one input with their packets, in number order. */
struct fb_join_cursor {
    struct fb_case *c;
    struct fb_chunk *chunk;
    size_t next_chunk, packet_chunk;
    uint32_t row, entry;
    bool has;            /* `s` stands ready */
    struct fb_session s; /* strings borrowed from the chunk */
    uint32_t evidence;   /* of its first packet; index in its case */
};

struct fb_join_case {
    struct fb_case *c;
    const char *name;
    size_t input;
    struct fb_join_evidence *ev;
    size_t nev;
    bool dropped, partial; /* partial: some of its evidence is repeated */
    int64_t first_ts_ns, last_ts_ns;
    uint64_t base, ordinals; /* merged ordinal = base + ordinal */
    struct fb_join_number *parents;
    size_t nparents;
    struct fb_join_open *open; /* ascending by number */
    size_t nopen;
    struct fb_join_span *span; /* ascending; only when the case has tables of facts */
    size_t nspans, span_cap;
    struct fb_join_cursor cur;
};

struct fb_join_wanted;

struct fb_join {
    struct fb_join_case *in; /* in merged order */
    size_t n;
    int64_t clock_end_ns;   /* packet clock at the end of all evidence */
    bool clock_by_sessions; /* packets that were passed over moved no clock: sessions tell where it stood */
    struct fb_case *out;
    struct fb_join_report *report;
    struct fb_join_wanted *wanted; /* join_layers.c */
    size_t nwanted;
    struct fb_rec_table **table; /* of facts; references are counted */
    size_t ntables;
};

/* ---- join_layers.c ---- */

/* Reads which sessions of the inputs notes, tags and verdicts speak of; then takes each session of the merged
 * case as it is written, and in the end writes the rows. */
enum fb_status fb_join_layers_look(struct fb_join *j, struct fb_err *err);
void fb_join_layers_see(struct fb_join *j, const struct fb_join_case *in, const struct fb_session *s);
enum fb_status fb_join_layers_write(struct fb_join *j, struct fb_err *err);

/* ---- join_cursor.c ---- */

enum fb_status fb_join_cursor_start(struct fb_join_cursor *cur, struct fb_case *c, struct fb_err *err);
enum fb_status fb_join_cursor_next(struct fb_join_cursor *cur, struct fb_err *err);
void fb_join_cursor_release(struct fb_join_cursor *cur);
/* The next piece of the packet index of the session at hand; FB_EOF when there is none left. */
enum fb_status fb_join_cursor_packets(struct fb_join_cursor *cur, const struct fb_packet_entry **e,
                                      struct fb_err *err);
/* Starts all cursors, and finds the input whose session is next; NULL at the end. */
enum fb_status fb_join_start(struct fb_join *j, struct fb_err *err);
struct fb_join_case *fb_join_least(struct fb_join *j);

/* ---- join_plan.c, join_write.c ---- */

/* Reads what the inputs say of themselves and decides order, evidence and what is dropped. */
enum fb_status fb_join_plan(struct fb_join *j, struct fb_err *err);
enum fb_status fb_join_write_runs(struct fb_join *j, const struct fb_case_run *run, struct fb_err *err);
enum fb_status fb_join_write_evidence(struct fb_join *j, struct fb_err *err);

/* ---- join_records.c ---- */

/* A session that the merged case has, in the order of numbers. */
enum fb_status fb_join_note_number(struct fb_join_case *in, uint64_t old, uint64_t now, struct fb_err *err);
/* The tables of facts, after all sessions. */
enum fb_status fb_join_write_records(struct fb_join *j, struct fb_err *err);
void fb_join_release_records(struct fb_join *j);

/* ---- join_end.c ---- */

/* When and how a session would have ended had its evidence gone on. */
void fb_join_end_of(const struct fb_session *s, int64_t case_end_ns, struct fb_join_open *out);
struct fb_join_open *fb_join_open_find(const struct fb_join_case *in, uint64_t number);

/* ---- join_look.c ---- */

/* Reads all inputs, in the order of the merge, before anything is written: numbers of outer sessions, ends,
 * sessions seen twice. */
enum fb_status fb_join_look(struct fb_join *j, struct fb_err *err);
uint64_t fb_join_parent_now(const struct fb_join_case *in, uint64_t old);
/* True when the session at hand is not to be counted: all its packets lie in repeated evidence. */
enum fb_status fb_join_repeated(struct fb_join_case *in, bool *repeated, bool *straddles, struct fb_err *err);

#endif
