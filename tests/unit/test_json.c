/* JSON: what RFC 8259 allows and nothing else, and where it stands. */
#include "base/json.h"
#include "tests/support/test_random.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

static bool good(const char *text, struct fb_json *j)
{
    return fb_json_parse(text, strlen(text), j, NULL) == FB_OK;
}

static void documents_are_taken_or_refused(void **state)
{
    (void)state;
    static const char *const RIGHT[] = {"{}",
                                        "[]",
                                        " [ ] ",
                                        "\"a\"",
                                        "0",
                                        "-0",
                                        "1.5e-3",
                                        "1E+2",
                                        "true",
                                        "\xef\xbb\xbf[]",
                                        "[1,\"\"]",
                                        "null",
                                        "\"\\/\"",
                                        "\"\\ud83d\\ude00\"",
                                        "{\"a\":{\"a\":1}}"};
    static const char *const WRONG[] = {"",
                                        " ",
                                        "[1,]",
                                        "{\"a\"}",
                                        "{\"a\":1,}",
                                        "{a:1}",
                                        "01",
                                        "+1",
                                        ".5",
                                        "1.",
                                        "1e",
                                        "-",
                                        "NaN",
                                        "'a'",
                                        "\"\\x\"",
                                        "\"\\u12\"",
                                        "\"\\ud800\"",
                                        "\"\\udc00\\ud800\"",
                                        "\"a\nb\"",
                                        "\"\xff\"",
                                        "\"\xc0\x80\"",
                                        "\"\xed\xa0\x80\"",
                                        "[1 2]",
                                        "[] []",
                                        "tru",
                                        "[",
                                        "{\"a\":1",
                                        "\"a",
                                        "{\"a\":1,\"a\":2}",
                                        "[//\n]",
                                        "{\"a\":1,\"\\u0061\":2}"};
    struct fb_json j;
    for (size_t i = 0; i < sizeof RIGHT / sizeof *RIGHT; i++) {
        if (!good(RIGHT[i], &j))
            fail_msg("%s was refused", RIGHT[i]);
        fb_json_release(&j);
    }
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        if (good(WRONG[i], &j))
            fail_msg("%s was taken", WRONG[i]);
}

static void nesting_has_a_bound(void **state)
{
    (void)state;
    char text[2 * FB_JSON_DEPTH_MAX + 3] = "";
    struct fb_json j;
    memset(text, '[', FB_JSON_DEPTH_MAX);
    memset(text + FB_JSON_DEPTH_MAX, ']', FB_JSON_DEPTH_MAX);
    assert_true(good(text, &j));
    fb_json_release(&j);
    memset(text, '[', FB_JSON_DEPTH_MAX + 1);
    memset(text + FB_JSON_DEPTH_MAX + 1, ']', FB_JSON_DEPTH_MAX + 1);
    assert_false(good(text, &j));
}

static void values_know_what_they_are_and_where(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\":\n[1,\"x\\u00e9\\ny\",\n-9223372036854775808],\"b\":9223372036854775808}";
    struct fb_json j;
    struct fb_buf scratch;
    struct fb_err err = {0};
    int64_t v;
    fb_buf_init(&scratch, 1024);
    assert_true(good(text, &j));
    uint32_t a = fb_json_member(&j, 0, "a"), b = fb_json_member(&j, 0, "b");
    assert_int_equal(fb_json_member(&j, 0, "c"), 0);
    assert_int_equal(j.node[a].type, FB_JSON_ARRAY);
    assert_int_equal(fb_json_line(&j, j.node[a].off), 2);
    assert_true(fb_json_int(&j, a + 1, &v));
    assert_int_equal(v, 1);
    struct fb_span s = fb_json_text(&j, a + 2, &scratch);
    assert_int_equal(s.n, 5);
    assert_memory_equal(s.p, "x\xc3\xa9\ny", 5);
    assert_int_equal(fb_json_line(&j, j.node[a + 3].off), 3);
    assert_true(fb_json_int(&j, a + 3, &v));
    assert_true(v == INT64_MIN);
    assert_false(fb_json_int(&j, b, &v)); /* beyond 64 bits: no number is rounded */
    assert_int_equal(j.node[a].after, b - 1);
    fb_json_release(&j);
    assert_int_equal(fb_json_parse("[1,\n x]", 7, &j, &err), FB_ERR_INPUT);
    assert_string_equal(err.msg, "byte 5 (line 2): expected a value");
    fb_buf_release(&scratch);
}

/* cJSON takes more than the RFC; what is taken here must be taken there too, and have the same shape. */
static void whatever_is_taken_another_parser_takes_too(void **state)
{
    (void)state;
    static const char seed[] =
        "{\"a\":[1,-2.5e3,\"x\\n\\u0041\",{}],\"b\":{\"c\":null,\"d\":[true,false]},\"e\":\"\"}";
    static const char letters[] = "{}[],:\"\\0123.eE+-ntu a";
    struct test_random r = {23};
    size_t taken = 0;
    for (int i = 0; i < 100000; i++) {
        char text[sizeof seed];
        struct fb_json j;
        memcpy(text, seed, sizeof seed);
        for (uint32_t k = tr_below(&r, 4); k > 0; k--) {
            size_t at = tr_below(&r, sizeof seed - 1);
            text[at] = letters[tr_below(&r, sizeof letters - 1)];
        }
        if (!good(text, &j))
            continue;
        cJSON *other = cJSON_ParseWithOpts(text, NULL, 1);
        if (!other)
            fail_msg("%s", text);
        assert_int_equal(cJSON_IsObject(other), j.node[0].type == FB_JSON_OBJECT);
        uint32_t members = 0;
        for (uint32_t k = 1; k < j.node[0].after; k = j.node[k + 1].after)
            members++;
        assert_int_equal(cJSON_GetArraySize(other), members);
        cJSON_Delete(other);
        fb_json_release(&j);
        taken++;
    }
    assert_in_range(taken, 20000, 90000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_taken_or_refused),
        cmocka_unit_test(nesting_has_a_bound),
        cmocka_unit_test(values_know_what_they_are_and_where),
        cmocka_unit_test(whatever_is_taken_another_parser_takes_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
