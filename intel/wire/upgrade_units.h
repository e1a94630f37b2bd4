/* The messages by which a session goes over to TLS, or SOCKS lets a client through: how long one is, and what
 * it means for the session. No memory of its own; a talk belongs to one session. */
#ifndef FB_INTEL_UPGRADE_UNITS_H
#define FB_INTEL_UPGRADE_UNITS_H

#include "intel/wire/proto.h"

#define FB_UPGRADE_UNIT_MAX 1024 /* bytes of a message that are held */

enum fb_upgrade_kind {
    FB_UPGRADE_POSTGRESQL,
    FB_UPGRADE_MYSQL,
    FB_UPGRADE_RDP,
    FB_UPGRADE_LDAP,
    FB_UPGRADE_XMPP,
    FB_UPGRADE_SOCKS4,
    FB_UPGRADE_SOCKS5,
};

struct fb_upgrade_talk {
    enum fb_upgrade_kind kind;
    bool asked;        /* the client asked for TLS, or SOCKS for a connection, and waits for the reply */
    bool greeted;      /* the client said which methods it has (SOCKS 5) */
    bool chosen;       /* the server chose one */
    uint32_t asked_id; /* LDAP's message id */
};

enum fb_upgrade_step {
    FB_UPGRADE_ON,    /* the talk goes on */
    FB_UPGRADE_TLS,   /* TLS from the next byte of either side on */
    FB_UPGRADE_OPEN,  /* another protocol from the next byte on */
    FB_UPGRADE_NEVER, /* nothing will come of it */
};

/* Which protocol a session is by the first bytes of one side: the client's, with MySQL the server's. More
 * bytes do not change a YES. */
enum fb_wish fb_upgrade_first(const uint8_t *p, size_t n, enum fb_upgrade_kind *kind);

/* Bytes of the message that begins at p, n at most, and how many more of it come that nobody needs; 0: not
 * enough to say. Wherever the stream is cut, the same. */
size_t fb_upgrade_unit(const struct fb_upgrade_talk *t, bool client, const uint8_t *p, size_t n,
                       size_t *skip);

/* What a message of the client's or the server's does. */
enum fb_upgrade_step fb_upgrade_client(struct fb_upgrade_talk *t, const uint8_t *p, size_t n);
enum fb_upgrade_step fb_upgrade_server(struct fb_upgrade_talk *t, const uint8_t *p, size_t n);

#endif
