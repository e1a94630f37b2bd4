/* A blacklist of five million ranges: seconds of CPU to read and to build, bytes, look-ups per second.
 *
 *   bench_lists [FILE]    with FILE the list is written there as well, for tests/bench/lists.py */
#include "intel/lists/list_judge.h"
#include "intel/lists/list_ranges.h"
#include "tests/support/test_random.h"

#include <stdlib.h>

#define RANGES  5000000u
#define LOOKUPS 10000000u

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
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

static bool write_file(const char *path, const struct fb_buf *b)
{
    FILE *f = fopen(path, "w");
    bool good = f && fwrite(b->data, 1, b->len, f) == b->len;
    return f && fclose(f) == 0 && good;
}

/* Ten million addresses, all of them random: the caches help as little as they can. */
static double look_up(const struct fb_list_ranges *t, uint64_t *sum)
{
    struct test_random r = {2};
    double start = now();
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        struct fb_addr a = {{[10] = 0xff, [11] = 0xff}};
        fb_store_be32(a.b + 12, (uint32_t)tr_next(&r));
        fb_list_ranges_find(t, &a, on_hit, sum);
    }
    return now() - start;
}

static enum fb_status build(const struct fb_blacklist *b, struct fb_list_ranges *t)
{
    for (uint32_t i = 0; i < b->nv4; i++) {
        struct fb_list_range g = {{{[10] = 0xff, [11] = 0xff}}, {{[10] = 0xff, [11] = 0xff}}};
        fb_store_be32(g.lo.b + 12, b->v4[i].lo);
        fb_store_be32(g.hi.b + 12, b->v4[i].hi);
        FB_TRY(fb_list_ranges_add(t, &g, i, NULL));
    }
    return fb_list_ranges_build(t, NULL, NULL, NULL);
}

int main(int argc, char **argv)
{
    static const struct fb_list_read_opts lenient;
    struct fb_buf b;
    struct fb_list_file *f = NULL;
    struct fb_list_ranges *t = NULL;
    uint64_t sum = 0;
    fb_buf_init(&b, (size_t)1 << 30);
    put_text(&b);
    if (argc > 1 && !write_file(argv[1], &b))
        return 1;
    double start = now();
    if (fb_list_read(b.data, b.len, "five-million.netset", &lenient, &f, NULL) != FB_OK)
        return 1;
    double read = now();
    if (fb_list_ranges_new(&t, NULL) != FB_OK || build(&f->black[0], t) != FB_OK)
        return 1;
    double built = now(), looked = look_up(t, &sum);
    printf("blacklist of %u ranges: read %.2f s, built %.2f s of CPU, %.1f MB of tables, %.1f million "
           "look-ups/s (%.0f ns), sum %llu\n",
           RANGES, read - start, built - read, (double)fb_list_ranges_bytes(t) / 1e6, LOOKUPS / looked / 1e6,
           looked / LOOKUPS * 1e9, (unsigned long long)sum);
    fb_list_ranges_free(t);
    fb_list_file_free(f);
    fb_buf_release(&b);
    return 0;
}
