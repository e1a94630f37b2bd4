/* A session builder under test: packets are made and fed, records and packet index are kept.
 *
 * Two hosts stand for most sessions: A, 10.0.0.1 port 40000, and B, 192.0.2.1 port 9000 (no likely server
 * port on either side, so that roles stay with who speaks first). Times are milliseconds after a fixed start.
 * Feeding aborts the test when the engine fails. */
#ifndef FB_TESTS_ENGINE_RUN_H
#define FB_TESTS_ENGINE_RUN_H

#include "base/buf.h"
#include "replay/engine.h"
#include "tests/support/packet_build.h"

#include <stdbool.h>

#define ER_START_NS 1700000000000000000LL
#define ER_MS       1000000LL

struct er_session {
    struct fb_session s; /* its strings point into this struct once the run is finished */
    char history[128], service[128], tunnel[64];
    uint64_t parents[8];
    uint64_t left; /* rises with every call of the sink */
};

struct engine_run {
    struct fb_engine *e;
    struct packet_build b;
    const char *host[2];
    uint16_t port[2];
    uint32_t isn[2];
    uint64_t ordinal; /* of the last record fed */
    struct er_session *rec;
    size_t nrec, cap_rec;
    struct er_index {
        uint64_t number, ordinal, left;
    } * idx;
    size_t nidx, cap_idx;
    uint64_t calls;     /* of the sink */
    struct fb_buf seen; /* lines "SESSION ORDINAL TEXT" of observed records of one text column */
};

struct engine_run *er_new(const struct fb_engine_opts *opts); /* NULL: defaults */
void er_free(struct engine_run *r);

/* Feeds the packet in r->b as raw IP (or another link type), `caplen` bytes of it captured. */
void er_feed(struct engine_run *r, int64_t ms);
void er_feed_cut(struct engine_run *r, int64_t ms, size_t caplen);
void er_feed_link(struct engine_run *r, int64_t ms, uint32_t linktype);
/* Any record at any ordinal above the last. */
void er_feed_record(struct engine_run *r, const struct fb_record *rec, uint64_t ordinal);

/* Steps of a TCP conversation, separated by ';': "MS DIR FLAGS SEQ ACK LEN OPTIONS". DIR is > (A to B) or <.
 * FLAGS are letters of SAFRP, or - for none. SEQ and ACK are relative to the initial numbers, so that a SYN
 * is 0 and the first payload byte 1. OPTIONS: z window 0, c bad checksum, x payload not captured, h bad
 * header length. Missing numbers are 0. */
void er_play(struct engine_run *r, const char *steps);

/* A UDP datagram of n bytes, A to B (dir 0) or back. */
void er_udp(struct engine_run *r, int64_t ms, int dir, size_t n);
void er_icmp(struct engine_run *r, int64_t ms, int dir, uint8_t type, uint8_t code, size_t n);

/* A packet of nobody's interest that moves the clock: its own session each time. */
void er_tick(struct engine_run *r, int64_t ms);

/* Ends the run; records are then in order of their numbers, ticks left out (their numbers stay). Checks what
 * holds for every run: each number once, each ordinal once per session, pieces before records, counts that
 * agree. */
void er_finish(struct engine_run *r);

/* All fields of record i as text. */
void er_text(const struct er_session *s, char *out, size_t cap);

/* The session has this state, history and end. */
#define er_expect(r, i, state, history, end) er_expect_(r, i, state, history, end, __FILE__, __LINE__)
void er_expect_(const struct engine_run *r, size_t i, const char *state, const char *history, const char *end,
                const char *file, int line);
/* Payload and packets of both sides. */
#define er_expect_sizes(r, i, ob, rb, op, rp) er_expect_sizes_(r, i, ob, rb, op, rp, __FILE__, __LINE__)
void er_expect_sizes_(const struct engine_run *r, size_t i, uint64_t ob, uint64_t rb, uint64_t op,
                      uint64_t rp, const char *file, int line);

/* Plays one conversation on a fresh engine and expects one session of it. */
#define er_case(steps, state, history, end) er_case_(steps, state, history, end, __FILE__, __LINE__)
void er_case_(const char *steps, const char *state, const char *history, const char *end, const char *file,
              int line);

#endif
