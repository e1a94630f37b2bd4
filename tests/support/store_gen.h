/* Sessions made from a fixed seed: for tests of the case and for its bench. */
#ifndef FB_TESTS_STORE_GEN_H
#define FB_TESTS_STORE_GEN_H

#include "replay/session.h"

#include <stdbool.h>

struct gen {
    uint64_t x; /* SplitMix64 */
    int64_t ts;
    uint64_t ordinal;
};

/* A record with storage of its own for what it points to. */
struct gen_session {
    struct fb_session s;
    char service[64], history[64], tunnel[64];
    uint64_t parents[8];
};

void gen_init(struct gen *g, uint64_t seed);
uint64_t gen_u64(struct gen *g);
uint64_t gen_below(struct gen *g, uint64_t n);
/* Every field any value its type can hold, edges often. */
void gen_wild(struct gen *g, uint64_t number, struct gen_session *out);
/* What a busy network looks like: few clients, many servers, DNS, TLS, scans; most fields follow from each
 * other. */
void gen_usual(struct gen *g, uint64_t number, struct gen_session *out);
/* Field by field; returns the name of the first that differs, NULL when equal. */
const char *gen_differs(const struct fb_session *a, const struct fb_session *b);

#endif
