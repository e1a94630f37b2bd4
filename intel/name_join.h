/* The name join: which name each end of a session had, by what traffic said of it.
 *
 * A pass in the order of time: facts (rows of the tables dns and dhcp) are learnt before the sessions that
 * begin after them are named. The name of the responder is the first of: what its session asks for itself
 * (TLS or QUIC SNI, HTTP Host); the newest answer to its own client whose TTL, with a grace, covers the start
 * of the session; the newest such answer to anybody; what the host says of itself (mDNS, DHCP, LLMNR,
 * NetBIOS, PTR). The originator's is what it says of itself. With CNAMEs the name that was asked wins, and
 * the chain is kept. Depends on nothing but the facts and their order. One thread. */
#ifndef FB_INTEL_NAME_JOIN_H
#define FB_INTEL_NAME_JOIN_H

#include "base/addr.h"
#include "base/record.h"

struct fb_name_join;

struct fb_name_join_opts {
    int64_t grace_ns;     /* beyond a TTL; clients keep addresses longer than they should */
    uint32_t entries_max; /* addresses and who asked for them; 0 = 262144 */
};
#define FB_NAME_GRACE_NS (300LL * 1000000000)

/* Where a fact was seen. */
struct fb_name_at {
    int64_t ts_ns;
    uint64_t session;
};

/* What a session says of its own responder; source NULL: nothing. */
struct fb_own_name {
    const char *source; /* static */
    struct fb_span name;
    struct fb_name_at at;
};

struct fb_named_session {
    int64_t ts_ns;
    struct fb_addr orig_h, resp_h;
};

struct fb_name_join *fb_name_join_new(const struct fb_name_join_opts *o); /* NULL: out of memory */
void fb_name_join_free(struct fb_name_join *j);                           /* accepts NULL */

/* The columns of a table that are read here, so that nobody need fetch the others. */
struct fb_name_columns {
    uint8_t n, col[16];
};
extern const struct fb_name_columns fb_name_columns_dns, fb_name_columns_dhcp, fb_name_columns_tls,
    fb_name_columns_http;

/* Cells of a row of intel/wire/dns_def.h and intel/wire/dhcp_def.h. */
void fb_name_join_dns(struct fb_name_join *j, const struct fb_name_at *at, const struct fb_rec_cell *cells);
void fb_name_join_dhcp(struct fb_name_join *j, const struct fb_name_at *at, const struct fb_rec_cell *cells);

/* The own name out of cells of intel/wire/tls_def.h and intel/wire/http_def.h; false when they hold none. */
bool fb_own_name_tls(const struct fb_rec_cell *cells, struct fb_own_name *out);
bool fb_own_name_http(const struct fb_rec_cell *cells, struct fb_own_name *out);

/* Puts the session's row of intel/names_def.h in `row` (cleared first); false when it has no name. */
bool fb_name_join_session(struct fb_name_join *j, const struct fb_named_session *s,
                          const struct fb_own_name *own, struct fb_buf *row);

#endif
