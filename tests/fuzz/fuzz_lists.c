/* libFuzzer target: any bytes as a list, and as a detached signature of one; what is a list judges a session,
 * and what is written out again is a list. */
#include "intel/lists/list_items.h"
#include "intel/lists/list_judge.h"
#include "intel/lists/list_sign.h"

static void judge(struct fb_list_set *s)
{
    struct fb_list_judge *j;
    struct fb_list_verdict v;
    struct fb_list_name name = {"www.example.com", 15, FB_LIST_PROVEN};
    struct fb_list_subject x = {.ip_proto = 6};
    x.resp = (struct fb_list_end){
        .h = {{[10] = 0xff, [11] = 0xff, [12] = 9}}, .port = 443, .name = &name, .nnames = 1};
    if (fb_list_judge_new(s, &j, NULL) != FB_OK)
        return;
    fb_list_judge(j, &x, &v);
    fb_list_judge_free(j);
}

static void write_again(const struct fb_list_file *f)
{
    static const struct fb_list_read_opts strict = {.strict = true};
    struct fb_list_items items;
    struct fb_list_file *again = NULL;
    struct fb_buf out;
    struct fb_err err = {0};
    fb_list_items_init(&items);
    fb_buf_init(&out, (size_t)1 << 28);
    if (fb_list_items_take(&items, f, "one", NULL) == FB_OK && items.n &&
        fb_list_items_unique(&items, NULL) == FB_OK &&
        fb_list_items_write(&items, f->form == FB_LIST_WHITELIST, NULL, &out, NULL) == FB_OK)
        FB_BUG(fb_list_read(out.data, out.len, "again", &strict, &again, &err) != FB_OK);
    fb_list_file_free(again);
    fb_buf_release(&out);
    fb_list_items_release(&items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fb_list_read_opts lenient;
    static const struct fb_list_set_opts none;
    struct fb_list_file *f;
    struct fb_list_set *s;
    struct fb_list_signature sig;
    struct fb_list_key key;
    struct fb_err err = {0};
    fb_list_minisign_key(data, size, &key);
    fb_list_verify_minisign("x", 1, data, size, &key, 1, &sig, &err);
    if (fb_list_read(data, size, "fuzz", &lenient, &f, &err) != FB_OK)
        return 0;
    fb_list_verify(data, size, f->signature, NULL, 0, &sig, &err);
    write_again(f);
    if (fb_list_set_new(&none, &s, &err) != FB_OK) {
        fb_list_file_free(f);
        return 0;
    }
    if (fb_list_set_add(s, f, &err) == FB_OK && fb_list_set_build(s, &err) == FB_OK)
        judge(s);
    fb_list_set_free(s);
    return 0;
}
