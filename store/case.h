/* The case file: one SQLite database that holds evidence records, runs, sessions and the packet index.
 * docs/case-format.md is the normative description of what lies in it.
 *
 * A struct fb_case is one open case, used by one thread. A case that is opened for reading is untrusted
 * input: SQLite's defensive settings are on, schema and every compressed chunk are checked before use. */
#ifndef FB_STORE_CASE_H
#define FB_STORE_CASE_H

#include "base/digest.h"
#include "base/err.h"
#include "base/evidence.h"
#include "replay/session.h"

struct fb_case;

#define FB_CASE_APPLICATION_ID 0x46424341 /* "FBCA" */
#define FB_CASE_SCHEMA_VERSION 3

/* Creates a case to write to. `path` NULL: in memory. Refuses to overwrite an existing file (FB_ERR_USAGE).
 */
enum fb_status fb_case_create(const char *path, struct fb_case **out, struct fb_err *err);

/* Opens an existing case read-only. FB_ERR_INPUT when it is no case, FB_ERR_NEWER when a newer version wrote
 * it. */
enum fb_status fb_case_open(const char *path, struct fb_case **out, struct fb_err *err);

/* Opens a case whose whole file lies in memory. `bytes` came from sodium_malloc and belongs to the case from
 * here on, also when this fails; it is wiped when the case is closed. `name` is for messages. */
enum fb_status fb_case_open_memory(uint8_t *bytes, size_t n, const char *name, struct fb_case **out,
                                   struct fb_err *err);

/* True when the file at `path` looks like a case (SQLite header and application id), without opening it as
 * one. */
bool fb_case_probe(const char *path);

void fb_case_close(struct fb_case *c); /* accepts NULL */

/* ---- writing: one run fills a fresh case ---- */

/* How a run was made. Parameters that decide results are part of the run's digest; the rest is custody
 * information. */
struct fb_case_run {
    const char *tool_version;
    const char *params_json;  /* canonical JSON of every option that decides results */
    const char *custody_json; /* when, who, host, command line, library versions: never digested */
};

/* What a run that goes on needs to find its evidence, kept in the file until finish. Before fb_case_begin,
 * which borrows it. */
void fb_case_set_plan(struct fb_case *c, const char *plan_json);

enum fb_status fb_case_begin(struct fb_case *c, const struct fb_case_run *run, struct fb_err *err);

/* Opens an incomplete case to go on with it: the caller feeds the sink the same sessions again, from the
 * first one. Windows that lie in the file already are compared and not written again (FB_ERR_VERIFY when they
 * differ), what else the interrupted run left is dropped. `run` is recorded beside the first one; its params
 * and version must be those of the first. FB_ERR_USAGE when the case is complete or another process writes to
 * it. */
enum fb_status fb_case_resume(const char *path, const struct fb_case_run *run, struct fb_case **out,
                              struct fb_err *err);

/* A complete case whose last step was interrupted: moves its log into the file. A case without a log stays as
 * it is. */
enum fb_status fb_case_tidy(const char *path, struct fb_err *err);

/* Removes a case with what SQLite keeps beside it. */
enum fb_status fb_case_remove(const char *path, struct fb_err *err);

/* How the writer learns which packet an ordinal is while the timeline runs; false: not known. For
 * fb_case_good. */
typedef bool (*fb_case_locate)(void *ctx, uint64_t ordinal, uint32_t *evidence, uint64_t *pkt_no);
void fb_case_set_locate(struct fb_case *c, fb_case_locate locate, void *ctx);

/* The sink for the session builder, bound to this case. Errors are kept and returned by fb_case_finish too.
 */
struct fb_session_sink fb_case_sink(struct fb_case *c);

/* The error behind a sink call that failed. */
const struct fb_err *fb_case_sink_error(const struct fb_case *c);

/* Puts what was written outside of windows into the file now; otherwise it goes there with the next window.
 */
enum fb_status fb_case_commit(struct fb_case *c, struct fb_err *err);

/* Evidence in timeline order (index 0, 1, 2 ...), after the last session. */
enum fb_status fb_case_add_evidence(struct fb_case *c, const struct fb_evidence *e, struct fb_err *err);

/* Which ordinals are which packets of which evidence (index): in the order of first_ordinal. */
enum fb_status fb_case_add_timeline_run(struct fb_case *c, uint32_t evidence, uint64_t first_ordinal,
                                        uint64_t first_pkt_no, uint64_t count, struct fb_err *err);

/* A counter of the run for `info` ("non_ip_pkts" ...), kept in the order of calls. */
enum fb_status fb_case_add_counter(struct fb_case *c, const char *name, uint64_t value, struct fb_err *err);

/* Writes what is left, computes the digests, marks the run as complete. The case can then be read through the
 * calls below. */
enum fb_status fb_case_finish(struct fb_case *c, struct fb_err *err);

/* ---- reading ---- */

/* Of an incomplete case: every session that began at or before this packet is in it, whole. */
struct fb_case_good {
    uint64_t sessions; /* their number; 0: nothing is certain yet, and the rest is 0 */
    uint64_t ordinal;
    uint32_t evidence; /* index in the plan */
    uint64_t pkt_no;   /* 0: not known */
};

struct fb_case_info {
    uint64_t sessions, pkts, cap_bytes, wire_bytes, nevidence, damage_total;
    int64_t first_ts_ns, last_ts_ns; /* over all evidence; valid when pkts > 0 */
    bool complete;
    uint64_t sessions_removed; /* by retention; not among `sessions` */
    int64_t
        removed_before_ns; /* the latest point in time that was asked for; valid when sessions_removed > 0 */
    struct fb_case_good good;     /* when it is not complete */
    const char *plan_json;        /* "" when there is none; borrowed from the case */
    bool sealed;                  /* signed and never written again: store/seal.h */
    struct fb_digest case_digest; /* over the logical session rows: equal for equal sessions, however the
                                     evidence was packed */
    struct fb_digest packet_index_digest; /* over (session, ordinals) */
    struct fb_digest evidence_digest;     /* over size and SHA-256 of the evidence, in timeline order */
    struct fb_digest records_digest;      /* over the tables of facts: store/rectab.h */
    const char *tool_version, *params_json, *custody_json; /* borrowed from the case */
};
enum fb_status fb_case_info(struct fb_case *c, struct fb_case_info *out, struct fb_err *err);

/* The i-th evidence record (0-based, timeline order); the caller releases it. */
enum fb_status fb_case_evidence(struct fb_case *c, size_t i, struct fb_evidence *out, struct fb_err *err);

/* Counters of the run, by index; FB_EOF past the last. `name` is borrowed from the case. */
enum fb_status fb_case_counter(struct fb_case *c, size_t i, const char **name, uint64_t *value,
                               struct fb_err *err);

/* One session by number; strings borrowed until the next call on the case. FB_ERR_NOTFOUND. */
enum fb_status fb_case_session(struct fb_case *c, uint64_t number, struct fb_session *out,
                               struct fb_err *err);

/* Walks all sessions in number order, decoding chunk by chunk (the fast way to export). `row` as above, until
 * it returns. */
enum fb_status fb_case_each_session(struct fb_case *c,
                                    enum fb_status (*row)(void *ctx, const struct fb_session *s), void *ctx,
                                    struct fb_err *err);

/* The same with a few columns only, which is several times faster. */
struct fb_session_ends {
    uint64_t number;
    int64_t ts_ns;
    struct fb_addr orig_h, resp_h;
};
enum fb_status fb_case_each_ends(struct fb_case *c,
                                 enum fb_status (*row)(void *ctx, const struct fb_session_ends *s), void *ctx,
                                 struct fb_err *err);

/* A packet of the evidence. */
struct fb_packet_ref {
    uint64_t ordinal;
    uint32_t evidence; /* index */
    uint64_t pkt_no;   /* frame number in that file */
};

/* The packets of a session, ascending by ordinal, in one allocation that the caller frees. */
enum fb_status fb_case_session_packets(struct fb_case *c, uint64_t number, struct fb_packet_ref **out,
                                       size_t *n, struct fb_err *err);

/* Decodes everything again and recomputes the three digests; FB_ERR_VERIFY names the first chunk that does
 * not hold. */
enum fb_status fb_case_check(struct fb_case *c, struct fb_err *err);

#endif
