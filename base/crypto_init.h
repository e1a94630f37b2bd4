/* libcrypto, made ready before its first use. */
#ifndef FB_BASE_CRYPTO_INIT_H
#define FB_BASE_CRYPTO_INIT_H

#include <stdbool.h>

/* False when libcrypto could not be set up: it must not be used then, since it takes for granted that its own
 * start succeeded (3.0 crashes in EVP_MD_fetch otherwise). No configuration file is read: what a digest is
 * does not depend on the machine. Any thread, any number of times. */
bool fb_crypto_init(void);

#endif
