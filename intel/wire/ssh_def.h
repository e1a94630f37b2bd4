/* SSH sessions: one row each. Columns as in Zeek's ssh.log; what only guessing can tell (authentication) is
 * not there. */
#ifndef FB_INTEL_SSH_DEF_H
#define FB_INTEL_SSH_DEF_H

#include "base/record.h"

enum fb_ssh_col {
    FB_SSH_VERSION, /* 1 or 2 */
    FB_SSH_CLIENT,  /* banner */
    FB_SSH_SERVER,
    FB_SSH_CIPHER_ALG, /* from client to server */
    FB_SSH_MAC_ALG,
    FB_SSH_COMPRESSION_ALG,
    FB_SSH_KEX_ALG,
    FB_SSH_HOST_KEY_ALG,
    FB_SSH_HASSH,
    FB_SSH_HASSH_SERVER,
    FB_SSH_NCOLS
};

extern const struct fb_rec_def fb_ssh_def;

#endif
