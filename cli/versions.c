#include "cli/versions.h"

#include <cjson/cJSON.h>
#include <lz4.h>
#include <lzma.h>
#include <openssl/crypto.h>
#include <pcap/pcap.h>
#include <sodium/version.h>
#include <zlib.h>
#include <zstd.h>

int fb_lib_version(size_t i, struct fb_lib_version *out)
{
    const struct fb_lib_version all[] = {
        {"cJSON", cJSON_Version()},
        {"libcrypto", OpenSSL_version(OPENSSL_VERSION_STRING)},
        {"liblzma", lzma_version_string()},
        {"libpcap", pcap_lib_version()},
        {"libsodium", sodium_version_string()},
        {"lz4", LZ4_versionString()},
        {"zlib", zlibVersion()},
        {"zstd", ZSTD_versionString()},
    };
    if (i >= sizeof all / sizeof *all)
        return 0;
    *out = all[i];
    return 1;
}
