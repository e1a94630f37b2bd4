#include "tests/support/model_gen.h"

#include "model/forest.h"

static float unit(struct test_random *r)
{
    return (float)(tr_next(r) >> 40) * 0x1p-24f;
}

float model_gen_normal(struct test_random *r)
{
    int64_t sum = 0;
    for (int i = 0; i < 12; i++)
        sum += (int64_t)(tr_next(r) >> 44); /* 20 bits */
    return (float)(sum - 6 * (1 << 20)) * 0x1p-20f;
}

void model_gen_clusters(uint64_t seed, float *x, size_t n, uint32_t dims)
{
    struct test_random r = {seed};
    float centre[5][FB_FOREST_DIMS_MAX], sd[5][FB_FOREST_DIMS_MAX];
    uint32_t width = fb_forest_width(dims);
    for (size_t k = 0; k < 5; k++)
        for (uint32_t j = 0; j < dims; j++) {
            centre[k][j] = 4 * unit(&r) - 2;
            sd[k][j] = 0.3f + 0.4f * unit(&r);
        }
    for (size_t i = 0; i < n; i++) {
        uint32_t k = tr_below(&r, 5);
        for (uint32_t j = 0; j < width; j++) {
            float spread = j < dims ? sd[k][j] * model_gen_normal(&r) : 0;
            x[i * width + j] = j < dims ? centre[k][j] + spread : 0;
        }
    }
}

/* middle * 2^(about +-spread), by integers. */
static uint64_t around(struct test_random *r, uint64_t middle, unsigned spread)
{
    uint64_t v = middle << spread >> tr_below(r, 2 * spread + 1);
    return v / 2 + tr_next(r) % (v + 1);
}

void model_gen_sessions(uint64_t seed, struct fb_features *rows, size_t n)
{
    static const struct {
        uint16_t port;
        uint8_t proto, share; /* of 100 */
        uint64_t pkts, in, out, ns;
    } KINDS[] = {
        {443, 6, 50, 40, 20000, 3000, 2000000000},       {53, 17, 30, 2, 200, 70, 20000000},
        {80, 6, 12, 20, 9000, 1000, 500000000},          {993, 6, 6, 100, 50000, 9000, 60000000000},
        {873, 6, 2, 4000, 200000, 5000000, 30000000000},
    };
    struct test_random r = {seed};
    for (size_t i = 0; i < n; i++) {
        uint32_t pick = tr_below(&r, 100);
        size_t k = 0;
        for (uint32_t upto = KINDS[0].share; pick >= upto && k < 4; upto += KINDS[++k].share)
            ;
        uint64_t pkts = around(&r, KINDS[k].pkts, 1) + 2;
        struct fb_session s = {
            .ip_proto = KINDS[k].proto,
            .orig_p = 40000,
            .resp_p = KINDS[k].port,
            .orig_pkts = pkts / 2,
            .resp_pkts = pkts - pkts / 2,
            .orig_ip_bytes = around(&r, KINDS[k].out, 2) + pkts * 20,
            .resp_ip_bytes = around(&r, KINDS[k].in, 2) + pkts * 20,
            .duration_ns = (int64_t)around(&r, KINDS[k].ns, 2),
            .segments = 2 + tr_below(&r, (uint32_t)pkts),
            .segment_regularity_ppm = 200000 + tr_below(&r, 400000),
        };
        s.segment_gap_sum_ns = (uint64_t)s.duration_ns * 8 / 10;
        if (tr_below(&r, 500) == 0) {
            s.orig_ip_bytes *= 1000;
            s.resp_p = (uint16_t)(2000 + tr_below(&r, 5000));
        }
        fb_features_of(&s, 0, &rows[i]);
    }
}
