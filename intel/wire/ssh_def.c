#include "intel/wire/ssh_def.h"

static const struct fb_rec_col cols[FB_SSH_NCOLS] = {
    [FB_SSH_VERSION] = {"version", FB_REC_INT},  [FB_SSH_CLIENT] = {"client", FB_REC_TEXT},
    [FB_SSH_SERVER] = {"server", FB_REC_TEXT},   [FB_SSH_CIPHER_ALG] = {"cipher_alg", FB_REC_TEXT},
    [FB_SSH_MAC_ALG] = {"mac_alg", FB_REC_TEXT}, [FB_SSH_COMPRESSION_ALG] = {"compression_alg", FB_REC_TEXT},
    [FB_SSH_KEX_ALG] = {"kex_alg", FB_REC_TEXT}, [FB_SSH_HOST_KEY_ALG] = {"host_key_alg", FB_REC_TEXT},
    [FB_SSH_HASSH] = {"hassh", FB_REC_TEXT},     [FB_SSH_HASSH_SERVER] = {"hassh_server", FB_REC_TEXT},
};

const struct fb_rec_def fb_ssh_def = {
    .name = "ssh", .id = 5, .order = FB_REC_EVENTS, .ncols = FB_SSH_NCOLS, .cols = cols};
