/* The twelve features of a session: what the forest sees, and what the SQL table `features` shows.
 *
 * A feature is an integer in a stated fixed-point unit, computed from the session record alone (and the hash
 * of its process), exactly, in integers. Features are not stored: whoever needs them computes them again.
 * The table fb_feature_defs is the one source of names, units, ranges and test vectors; docs/features.md is
 * printed from it (fbforensics features --doc). No state; any thread. */
#ifndef FB_MODEL_FEATURES_H
#define FB_MODEL_FEATURES_H

#include "base/buf.h"
#include "replay/session.h"

/* The order is that of the model file and of every table; never changed. */
enum fb_feature {
    FB_F_PROCESS,
    FB_F_DURATION,
    FB_F_TOTAL_BYTES,
    FB_F_TOTAL_PACKETS,
    FB_F_SEGMENT_INTERARRIVAL,
    FB_F_INOUT_RATIO,
    FB_F_AVG_PACKET_SIZE,
    FB_F_INTERARRIVAL_REGULARITY,
    FB_F_PACKET_RATE,
    FB_F_MISSED_BYTES,
    FB_F_SEGMENTS,
    FB_F_DEST_PORT,
    FB_NFEATURES
};

struct fb_features {
    int64_t v[FB_NFEATURES]; /* in the units of fb_feature_defs */
};

/* How the model takes a feature in. */
enum fb_feature_kind {
    FB_FK_LOG = 1,      /* heavy tail: log2(1 + value / resolution) */
    FB_FK_LINEAR = 2,   /* value / resolution */
    FB_FK_CATEGORY = 3, /* by how rare the value is in training; its size means nothing */
};

/* What a person reads a value as; fb_feature_put_human. */
enum fb_feature_human {
    FB_FH_COUNT,
    FB_FH_BYTES,
    FB_FH_TIME,
    FB_FH_RATIO,
    FB_FH_RATE,
    FB_FH_PROCESS,
    FB_FH_PORT
};

#define FB_VECTOR_FIELDS 6

/* Fields of a session that stand in a test vector; all others are zero. */
struct fb_feature_vector {
    struct {
        const char *field; /* name in struct fb_session, or "process"; NULL ends */
        int64_t value;
    } in[FB_VECTOR_FIELDS];
    int64_t want;
};

struct fb_feature_def {
    const char *name;
    const char *unit;   /* "10^-6" or "ns" */
    uint32_t per_whole; /* how many of the unit make one of what people speak of (second, byte, packet) */
    int64_t max;        /* range 0 .. max */
    enum fb_feature_kind kind;
    enum fb_feature_human human;
    int64_t resolution; /* in the unit; > 0 */
    const char *formula;
    const char *edges;
    struct fb_feature_vector vectors[2];
};

extern const struct fb_feature_def fb_feature_defs[FB_NFEATURES];

/* `process`: fb_process_hash of the program that owns the session; 0: unknown. */
void fb_features_of(const struct fb_session *s, uint64_t process, struct fb_features *out);

/* A program's name or path as a number that says nothing about it to whoever lacks the key: SipHash-1-3, cut
 * to 63 bits, never 0. The same key gives the same number on each machine. */
uint64_t fb_process_hash(const uint8_t key[static 16], const void *name, size_t n);

/* The bucket of a destination (docs/features.md, dest_port): 0 .. FB_PORT_BUCKET_MAX. */
#define FB_PORT_BUCKET_MAX 33535
int64_t fb_port_bucket(uint8_t ip_proto, uint16_t orig_p, uint16_t resp_p);

/* Appends a value as a person reads it: "40.5 MB", "1.200 s", "tcp 443", "tcp 32768-65535". */
void fb_feature_put_human(struct fb_buf *out, enum fb_feature f, int64_t value);

/* Appends the page docs/features.md. */
void fb_features_doc(struct fb_buf *out);

/* Computes a vector of the table; false when a field of it is not one of a session. */
bool fb_feature_run_vector(enum fb_feature f, const struct fb_feature_vector *v, int64_t *got);

#endif
