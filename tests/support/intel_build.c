#include "tests/support/intel_build.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum fb_status intel_read(struct fb_dataset_build *b, const void *p, size_t n,
                          struct fb_dataset_report *report, struct fb_err *err)
{
    struct fb_dataset_report r;
    struct fb_data_file f = {.data = malloc(n + 1), .n = n};
    assert_non_null(f.data);
    if (n)
        memcpy(f.data, p, n);
    f.data[n] = '\0';
    enum fb_status st = fb_dataset_build_file(b, "file", &f, report ? report : &r, err);
    fb_data_file_release(&f);
    return st;
}

void intel_pack(const char *const *texts, size_t n, struct fb_buf *out)
{
    struct fb_err err = {0};
    struct fb_pack_build *pack = malloc(sizeof *pack);
    assert_non_null(pack);
    fb_pack_build_init(pack);
    for (size_t i = 0; i < n; i++) {
        struct fb_dataset_build b;
        struct fb_dataset_about about = {.version = "1", .licence = "CC0-1.0"};
        snprintf(about.name, sizeof about.name, "set%zu", i);
        fb_dataset_build_init(&b);
        if (intel_read(&b, texts[i], strlen(texts[i]), NULL, &err) != FB_OK)
            fail_msg("text %zu: %s", i, err.msg);
        assert_int_equal(fb_dataset_build_finish(&b, &about, pack, &err), FB_OK);
        fb_dataset_build_release(&b);
    }
    fb_buf_init(out, FB_PACK_BYTES_MAX);
    assert_int_equal(fb_pack_build_finish(pack, out, &err), FB_OK);
    fb_pack_build_release(pack);
    free(pack);
}

struct fb_intel *intel_open(const char *const *texts, size_t n)
{
    struct fb_buf out;
    struct fb_intel *k = NULL;
    struct fb_err err = {0};
    intel_pack(texts, n, &out);
    if (fb_intel_open_bytes((struct fb_span){out.data, out.len}, &k, &err) != FB_OK)
        fail_msg("%s", err.msg);
    fb_buf_release(&out);
    return k;
}

const char *intel_says(const struct fb_intel *k, const char *addr)
{
    static char text[200];
    struct fb_addr a;
    struct fb_addr_intel i;
    assert_true(fb_addr_parse(addr, &a));
    fb_intel_addr(k, &a, &i);
    if (i.special)
        snprintf(text, sizeof text, "%s", i.special);
    else if (!i.asn && !i.country[0] && !i.owner.n)
        snprintf(text, sizeof text, "-");
    else
        snprintf(text, sizeof text, "AS%u %s %.*s", i.asn, i.country[0] ? i.country : "-", (int)i.owner.n,
                 i.owner.n ? (const char *)i.owner.p : "");
    return text;
}
