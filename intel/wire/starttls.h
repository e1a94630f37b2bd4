/* Protocols of which nothing is kept but that they may go over to TLS or to another protocol: IMAP, POP3, IRC
 * (lines); XMPP, LDAP, PostgreSQL, MySQL, RDP (TLS); SOCKS (anything). */
#ifndef FB_INTEL_STARTTLS_H
#define FB_INTEL_STARTTLS_H

#include "intel/wire/proto.h"

extern const struct fb_intel_proto fb_proto_mail_access; /* IMAP, POP3, IRC */
extern const struct fb_intel_proto fb_proto_upgrade;     /* the binary ones and XMPP */

#endif
