/* Small cases for tests. */
#ifndef FB_TESTS_STORE_CASE_H
#define FB_TESTS_STORE_CASE_H

#include "store/case.h"
#include "tests/support/store_gen.h"

enum store_order { STORE_START_ORDER, STORE_SHUFFLED, STORE_BACKWARD };

/* n sessions with numbers from 1; freed by the caller. */
struct gen_session *store_make_sessions(uint64_t n, bool wild);

/* Writes and finishes a case: two evidence records, three packets for each session (ordinals 3i+1, 3i+3,
 * 3i+2: with a step back), one session in 50 in two pieces. `ceiling` 0: the usual one. Aborts with the
 * message when something fails. */
struct fb_case *store_write_case(const char *path, const struct gen_session *all, uint64_t n,
                                 enum store_order order, size_t ceiling);

/* The same, with something more before it is finished; NULL: nothing. */
struct fb_case *store_write_case_with(const char *path, const struct gen_session *all, uint64_t n,
                                      enum store_order order, size_t ceiling,
                                      void (*extra)(struct fb_case *c, void *ctx), void *ctx);

/* A path for a file that does not exist, in a directory of its own below TMPDIR; remove with store_remove. */
void store_temp_path(char out[static 256]);
void store_remove(const char *path);

#endif
