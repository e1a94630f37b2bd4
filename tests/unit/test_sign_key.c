/* Keys of examiners: what opens them, and what does not. */
#include "store/sign_key.h"
#include "tests/support/store_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct pair {
    char path[256], pub[300], case_path[256];
};

static void make(struct pair *p)
{
    struct fb_err err = {0};
    store_temp_path(p->case_path);
    snprintf(p->path, sizeof p->path, "%s", p->case_path);
    snprintf(p->pub, sizeof p->pub, "%s.pub", p->path);
    if (fb_key_create(p->path, "Alice Doe", "secret", 6, FB_KEY_COST_LOW, &err) != FB_OK)
        fail_msg("%s", err.msg);
}

static void drop(const struct pair *p)
{
    unlink(p->pub);
    store_remove(p->case_path);
}

static void a_key_signs_and_its_public_half_verifies(void **state)
{
    (void)state;
    struct pair p;
    struct fb_sign_key k;
    struct fb_public_key pub, of_secret;
    uint8_t sig[FB_SIG_LEN];
    struct stat st;
    make(&p);
    assert_int_equal(fb_key_load(p.path, "secret", 6, &k, NULL), FB_OK);
    assert_int_equal(fb_public_key_load(p.pub, &pub, NULL), FB_OK);
    assert_int_equal(fb_public_key_load(p.path, &of_secret, NULL), FB_OK);
    assert_string_equal(pub.name, "Alice Doe");
    assert_memory_equal(pub.pub, of_secret.pub, FB_PUBLIC_LEN);
    fb_key_sign(&k, "text", 4, sig);
    assert_true(fb_key_verify(pub.pub, "text", 4, sig));
    assert_false(fb_key_verify(pub.pub, "texu", 4, sig));
    sig[5] ^= 1;
    assert_false(fb_key_verify(pub.pub, "text", 4, sig));
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    fb_key_wipe(&k);
    drop(&p);
}

static void a_wrong_passphrase_opens_nothing(void **state)
{
    (void)state;
    struct pair p;
    struct fb_sign_key k;
    struct fb_err err = {0};
    make(&p);
    assert_int_equal(fb_key_load(p.path, "secreT", 6, &k, &err), FB_ERR_USAGE);
    assert_non_null(strstr(err.msg, "passphrase does not open"));
    assert_int_equal(fb_key_load(p.path, "", 0, &k, &err), FB_ERR_USAGE);
    assert_int_equal(fb_key_load(p.pub, "secret", 6, &k, &err), FB_ERR_INPUT);
    drop(&p);
}

static void a_key_is_never_overwritten_and_never_without_passphrase_or_name(void **state)
{
    (void)state;
    struct pair p;
    char other[300];
    make(&p);
    assert_int_equal(fb_key_create(p.path, "x", "y", 1, FB_KEY_COST_LOW, NULL), FB_ERR_USAGE);
    snprintf(other, sizeof other, "%.250s2", p.path);
    assert_int_equal(fb_key_create(other, "x", "", 0, FB_KEY_COST_LOW, NULL), FB_ERR_USAGE);
    assert_int_equal(fb_key_create(other, "", "y", 1, FB_KEY_COST_LOW, NULL), FB_ERR_USAGE);
    assert_int_equal(fb_key_create(other, "a\nb", "y", 1, FB_KEY_COST_LOW, NULL), FB_ERR_USAGE);
    assert_int_not_equal(access(other, F_OK), 0);
    drop(&p);
}

static size_t slurp(const char *path, char *buf, size_t cap)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(buf, 1, cap, f);
    fclose(f);
    return n;
}

static void spill(const char *path, const char *buf, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(buf, 1, n, f), n);
    fclose(f);
}

static void a_key_file_that_is_cut_or_altered_does_not_open(void **state)
{
    (void)state;
    struct pair p;
    struct fb_sign_key k;
    char good[4096], bad[4096];
    make(&p);
    size_t n = slurp(p.path, good, sizeof good);
    for (size_t cut = 0; cut < n; cut++) {
        spill(p.path, good, cut);
        assert_int_equal(fb_key_load(p.path, "secret", 6, &k, NULL), FB_ERR_INPUT);
    }
    const char *cost = strstr(good, "argon2id: "), *name = strstr(good, "name: ");
    for (size_t i = 0; i < n; i += 3) {
        memcpy(bad, good, n);
        bad[i] = bad[i] == '0' ? '1' : '0';
        if ((good + i >= name + 6 && good + i < strchr(name, '\n')) ||
            (good + i >= cost && good + i < strchr(cost, '\n')))
            continue; /* a name is free text; other costs take their time */
        spill(p.path, bad, n);
        enum fb_status st = fb_key_load(p.path, "secret", 6, &k, NULL);
        assert_true(st == FB_ERR_INPUT || st == FB_ERR_USAGE);
    }
    /* Nobody makes us spend a terabyte: the line with the cost is refused by itself. */
    size_t head = (size_t)(cost - good), tail = (size_t)(strchr(cost, '\n') - good);
    static const char greedy[] = "argon2id: 3 1048576";
    memcpy(bad, good, head);
    memcpy(bad + head, greedy, sizeof greedy - 1);
    memcpy(bad + head + sizeof greedy - 1, good + tail, n - tail);
    spill(p.path, bad, head + sizeof greedy - 1 + n - tail);
    assert_int_equal(fb_key_load(p.path, "secret", 6, &k, NULL), FB_ERR_INPUT);
    drop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_signs_and_its_public_half_verifies),
        cmocka_unit_test(a_wrong_passphrase_opens_nothing),
        cmocka_unit_test(a_key_is_never_overwritten_and_never_without_passphrase_or_name),
        cmocka_unit_test(a_key_file_that_is_cut_or_altered_does_not_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
