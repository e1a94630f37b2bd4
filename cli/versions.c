#include "cli/versions.h"

#include "store/query.h"

#include <cjson/cJSON.h>
#include <lz4.h>
#include <lzma.h>
#include <openssl/crypto.h>
#include <pcap/pcap.h>
#include <sodium/version.h>
#include <zlib.h>
#include <zstd.h>

/* Only store/ may know SQLite, so SQLite is asked in its own language, through an empty case. */
static const char *sqlite_version(void)
{
    static char version[32];
    if (version[0])
        return version;
    const struct fb_case_run run = {FB_VERSION, "{}", "{}"};
    struct fb_case *c = NULL;
    struct fb_query *q = NULL;
    snprintf(version, sizeof version, "unknown");
    if (fb_case_create(NULL, &c, NULL) == FB_OK && fb_case_begin(c, &run, NULL) == FB_OK &&
        fb_case_finish(c, NULL) == FB_OK &&
        fb_query_prepare(c, "SELECT sqlite_version()", &q, NULL) == FB_OK &&
        fb_query_step(q, NULL) == FB_OK) {
        struct fb_cell cell;
        fb_query_cell(q, 0, &cell);
        if (cell.type == FB_CELL_TEXT && cell.n < sizeof version)
            snprintf(version, sizeof version, "%.*s", (int)cell.n, (const char *)cell.p);
    }
    fb_query_close(q);
    fb_case_close(c);
    return version;
}

int fb_lib_version(size_t i, struct fb_lib_version *out)
{
    const struct fb_lib_version all[] = {
        {"SQLite", sqlite_version()},
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
