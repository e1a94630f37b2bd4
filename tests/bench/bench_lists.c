/* A blacklist of five million ranges: seconds to read and build, bytes of its tables, look-ups per second. */
#include "intel/lists/list_judge.h"
#include "intel/lists/list_ranges.h"
#include "tests/support/test_random.h"

#include <stdlib.h>

#define RANGES  5000000u
#define LOOKUPS 10000000u

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool on_hit(void *ctx, uint32_t entry)
{
    uint64_t *sum = ctx;
    *sum += entry + 1;
    return true;
}

static void put_text(struct fb_buf *b)
{
    struct test_random r = {1};
    for (uint32_t i = 0; i < RANGES; i++) {
        uint32_t a = (uint32_t)tr_next(&r);
        fb_buf_printf(b, "%u.%u.%u.%u/%u\n", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255,
                      20 + (unsigned)tr_below(&r, 13));
    }
}

int main(void)
{
    static const struct fb_list_read_opts lenient;
    struct fb_buf b;
    struct fb_list_file *f = NULL;
    struct fb_list_ranges *t = NULL;
    struct test_random r = {2};
    uint64_t sum = 0;
    fb_buf_init(&b, (size_t)1 << 30);
    put_text(&b);
    double start = now();
    if (fb_list_read(b.data, b.len, "five-million.netset", &lenient, &f, NULL) != FB_OK)
        return 1;
    double read = now();
    if (fb_list_ranges_new(&t, NULL) != FB_OK)
        return 1;
    for (uint32_t i = 0; i < f->black[0].nv4; i++) {
        struct fb_list_range g = {{{[10] = 0xff, [11] = 0xff}}, {{[10] = 0xff, [11] = 0xff}}};
        fb_store_be32(g.lo.b + 12, f->black[0].v4[i].lo);
        fb_store_be32(g.hi.b + 12, f->black[0].v4[i].hi);
        if (fb_list_ranges_add(t, &g, i, NULL) != FB_OK)
            return 1;
    }
    if (fb_list_ranges_build(t, NULL, NULL, NULL) != FB_OK)
        return 1;
    double built = now();
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        struct fb_addr a = {{[10] = 0xff, [11] = 0xff}};
        fb_store_be32(a.b + 12, (uint32_t)tr_next(&r));
        fb_list_ranges_find(t, &a, on_hit, &sum);
    }
    double looked = now() - built;
    printf("blacklist of %u ranges: read %.2f s, built %.2f s, %.1f MB of tables, %.1f million look-ups/s "
           "(%.0f ns), sum %llu\n",
           RANGES, read - start, built - read, (double)fb_list_ranges_bytes(t) / 1e6, LOOKUPS / looked / 1e6,
           looked / LOOKUPS * 1e9, (unsigned long long)sum);
    fb_list_ranges_free(t);
    fb_list_file_free(f);
    fb_buf_release(&b);
    return 0;
}
