/* libFuzzer target: a whole case file from memory, read through everything that reads. The header's
 * application id and version are put right, so that the fuzzer does not have to find them. */
#include "base/cursor.h"
#include "store/query.h"
#include "store/rectab.h"

#include <sodium.h>

static const char *const questions[] = {
    "SELECT * FROM sessions",
    "SELECT number, uid, community_id FROM sessions WHERE ip = '10.0.0.1' AND ts > 5",
    "SELECT count(*), sum(orig_bytes) FROM sessions GROUP BY service, conn_state",
    "SELECT * FROM packets WHERE number BETWEEN 2 AND 9",
    "SELECT * FROM evidence, damage, interface, note",
};

static enum fb_status touch(void *ctx, const struct fb_session *s)
{
    size_t *sum = ctx;
    *sum += strlen(s->service) + strlen(s->history) + strlen(s->tunnel);
    for (uint32_t i = 0; i < s->nparents; i++)
        *sum += (size_t)s->parents[i];
    return *sum == SIZE_MAX ? FB_EOF : FB_OK;
}

static void ask(struct fb_case *c, const char *sql)
{
    struct fb_query *q;
    if (fb_query_prepare(c, sql, &q, NULL) != FB_OK)
        return;
    for (unsigned rows = 0; rows < 2000 && fb_query_step(q, NULL) == FB_OK; rows++)
        for (int i = 0; i < fb_query_ncols(q); i++) {
            struct fb_cell cell;
            fb_query_cell(q, i, &cell);
        }
    fb_query_close(q);
}

static void read_all(struct fb_case *c)
{
    struct fb_case_info info;
    struct fb_err err = {0};
    size_t sum = 0;
    bool good = fb_case_check(c, &err) == FB_OK;
    enum fb_status st = fb_case_info(c, &info, &err);
    for (size_t i = 0; st == FB_OK && i < info.nevidence && i < 50; i++) {
        struct fb_evidence e = {0};
        fb_case_evidence(c, i, &e, &err);
        fb_evidence_release(&e);
    }
    st = fb_case_each_session(c, touch, &sum, &err);
    FB_BUG(good && st != FB_OK); /* what verifies can be read */
    for (uint64_t i = 1; i < 10; i++) {
        struct fb_packet_ref *ref = NULL;
        size_t n = 0;
        if (fb_case_session_packets(c, i, &ref, &n, &err) == FB_OK)
            free(ref);
    }
    struct fb_rec_info t;
    for (size_t i = 0; i < 100 && fb_case_record_table(c, i, &t, NULL) == FB_OK; i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "SELECT * FROM %s WHERE run = %lld", t.name, (long long)t.run_id);
        ask(c, sql);
    }
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        ask(c, questions[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_case *c;
    if (size < 512 || sodium_init() < 0)
        return 0;
    uint8_t *bytes = sodium_malloc(size);
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    fb_store_be32(bytes + 60, FB_CASE_SCHEMA_VERSION);
    fb_store_be32(bytes + 68, FB_CASE_APPLICATION_ID);
    if (fb_case_open_memory(bytes, size, "fuzz", &c, NULL) == FB_OK) {
        read_all(c);
        fb_case_close(c);
    }
    return 0;
}
