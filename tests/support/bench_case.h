/* The case that bench_store asks: usual sessions (store_gen.h) with one server that takes part in a fortieth
 * of them, and names of those they talk to, of which a twentieth ends in BENCH_SUFFIX. What is asked of it is
 * then of the size that the figures in docs speak of. */
#ifndef FB_TESTS_BENCH_CASE_H
#define FB_TESTS_BENCH_CASE_H

#include "tests/support/store_case.h"

#define BENCH_SERVER "198.18.0.7"
#define BENCH_SUFFIX ".cdn.example.com"

/* gen_usual with that server. Session 1 is the first. */
void bench_usual(struct gen *g, uint64_t number, struct gen_session *o);

/* Feeds n of them to a case that was begun, in the order in which they end, with their packets. Aborts with
 * a message when something fails. */
void bench_feed(struct fb_case *c, uint64_t n);

/* The name of its responder; false: it has none. Few names are common. */
#define BENCH_NAME_ROOM 64
bool bench_name(const struct fb_session *s, char out[static BENCH_NAME_ROOM]);

/* Adds the layer `names` to the finished case at `path`. */
void bench_add_names(const char *path, uint64_t n);

#endif
