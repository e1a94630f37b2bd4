#include "base/crypto_init.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

bool fb_crypto_init(void)
{
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 || !OSSL_LIB_CTX_get0_global_default())
        return false;
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    EVP_MD_free(md);
    return md != NULL;
}
