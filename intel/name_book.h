/* Which name an address had, for whom and until when: the memory of the name join.
 *
 * Entries are found by address and by who learnt them: a client, anybody, or the network (names that hosts
 * say of themselves). Each holds the newest few names. The number of entries is bounded: the one made first
 * goes first, so what is forgotten depends on the order of facts alone. One thread. */
#ifndef FB_INTEL_NAME_BOOK_H
#define FB_INTEL_NAME_BOOK_H

#include "base/addr.h"
#include "base/cursor.h"

struct fb_name_book;

/* A name as it was said; shared by the addresses of one answer. */
struct fb_said {
    uint32_t refs;
    int64_t ts_ns;
    uint64_t session;
    const char *source;
    uint32_t name_bytes, chain_bytes;
    uint8_t bytes[]; /* the name, then the items of the chain as in a LIST cell */
};

/* Who learnt a name, beside addresses of clients. */
extern const struct fb_addr fb_book_anybody, fb_book_network;

struct fb_name_book *fb_name_book_new(uint32_t entries_max); /* NULL: out of memory */
void fb_name_book_free(struct fb_name_book *b);              /* accepts NULL */

/* refs = 1, or NULL when memory ran out (counted, base/memory.h). */
struct fb_said *fb_said_new(const char *source, int64_t ts_ns, uint64_t session, struct fb_span name,
                            struct fb_span chain);
void fb_said_drop(struct fb_said *s); /* accepts NULL */

/* Adds a reference of its own. The same name of the same source replaces what was said before. */
void fb_name_book_add(struct fb_name_book *b, const struct fb_addr *addr, const struct fb_addr *who,
                      struct fb_said *said, int64_t until_ns);

/* The newest name whose time covers `at_ns`, with *until_ns; NULL when there is none. Borrowed until the next
 * add. */
const struct fb_said *fb_name_book_find(const struct fb_name_book *b, const struct fb_addr *addr,
                                        const struct fb_addr *who, int64_t at_ns, int64_t grace_ns,
                                        int64_t *until_ns);

#endif
