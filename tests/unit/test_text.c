/* Units for base/escape.c and base/timefmt.c: what traffic may put on a screen or into a table, and times. */
#include "base/escape.h"
#include "base/timefmt.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef void (*escaper)(struct fb_buf *, const void *, size_t);

static void check(escaper f, const char *in, size_t n, const char *want)
{
    struct fb_buf b;
    fb_buf_init(&b, 4096);
    f(&b, in, n);
    assert_string_equal(fb_buf_cstr(&b), want);
    fb_buf_release(&b);
}
#define CHECK(f, in, want) check(f, in, sizeof(in) - 1, want)

static void csv_text(struct fb_buf *b, const void *p, size_t n)
{
    fb_escape_csv(b, p, n, true);
}

static void csv_number(struct fb_buf *b, const void *p, size_t n)
{
    fb_escape_csv(b, p, n, false);
}

static void a_terminal_gets_no_control_from_traffic(void **state)
{
    (void)state;
    CHECK(fb_escape_term, "plain text", "plain text");
    CHECK(fb_escape_term, "\x1b[31mred\x07\r\n", "\\x1b[31mred\\x07\\x0d\\x0a");
    CHECK(fb_escape_term, "a\0b\x7f", "a\\x00b\\x7f");
    CHECK(fb_escape_term, "c:\\x41", "c:\\\\x41");
    CHECK(fb_escape_term,
          "\xc2\x9b"
          "2J",
          "\\u{009b}2J");
    CHECK(fb_escape_term, "\x9b", "\\x9b");
}

static void a_terminal_shows_bidirectional_and_invisible_characters(void **state)
{
    (void)state;
    CHECK(fb_escape_term, "exe\xe2\x80\xaegpj", "exe\\u{202e}gpj");
    CHECK(fb_escape_term, "\xe2\x81\xa6\xd8\x9c", "\\u{2066}\\u{061c}");
    CHECK(fb_escape_term, "a\xe2\x80\x8b\xef\xbb\xbf", "a\\u{200b}\\u{feff}");
    CHECK(fb_escape_term, "\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}");
    CHECK(fb_escape_term, "\xf3\xa0\x81\x81", "\\u{0e0041}");
    CHECK(fb_escape_term, "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x90\x8d",
          "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x90\x8d");
}

static void bytes_that_are_not_utf8_show_as_bytes(void **state)
{
    (void)state;
    CHECK(fb_escape_term, "\xc0\xaf", "\\xc0\\xaf");                   /* overlong slash */
    CHECK(fb_escape_term, "\xe0\x80\xaf", "\\xe0\\x80\\xaf");          /* overlong in three */
    CHECK(fb_escape_term, "\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"); /* overlong in four */
    CHECK(fb_escape_term, "\xed\xa0\x80\xed\xb0\x80", "\\xed\\xa0\\x80\\xed\\xb0\\x80"); /* surrogates */
    CHECK(fb_escape_term, "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");                   /* above U+10FFFF */
    CHECK(fb_escape_term, "\xe6\x97", "\\xe6\\x97");                                     /* cut */
    CHECK(fb_escape_term, "\xff\xfe", "\\xff\\xfe");
    CHECK(fb_escape_json, "\xc0\xaf.", "\"\xef\xbf\xbd\xef\xbf\xbd.\"");
    CHECK(fb_escape_json, "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK(fb_escape_html, "\xf8", "\xef\xbf\xbd");
    CHECK(csv_text, "\xf8", "\xef\xbf\xbd");
}

static void json_strings_stay_json(void **state)
{
    (void)state;
    CHECK(fb_escape_json, "", "\"\"");
    CHECK(fb_escape_json, "a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
    CHECK(fb_escape_json, "\b\f\n\r\t\0\x1b", "\"\\b\\f\\n\\r\\t\\u0000\\u001b\"");
    CHECK(fb_escape_json, "\x7f\xc2\x85\xe2\x80\xa8", "\"\\u007f\\u0085\\u2028\"");
    CHECK(fb_escape_json, "\xe2\x80\xaex\xe2\x80\x8b", "\"\\u202ex\\u200b\"");
    CHECK(fb_escape_json, "\xf3\xa0\x81\x81", "\"\\udb40\\udc41\"");
    CHECK(fb_escape_json, "\xf0\x9f\x90\x8d", "\"\xf0\x9f\x90\x8d\"");
}

static void csv_is_quoted_and_starts_no_formula(void **state)
{
    (void)state;
    CHECK(csv_text, "plain", "plain");
    CHECK(csv_text, "a,b", "\"a,b\"");
    CHECK(csv_text, "say \"x\"", "\"say \"\"x\"\"\"");
    CHECK(csv_text, "two\r\nlines", "two\\x0d\\x0alines");
    CHECK(csv_text, "=1+1", "'=1+1");
    CHECK(csv_text, "+1", "'+1");
    CHECK(csv_text, "-1", "'-1");
    CHECK(csv_text, "@SUM(A1)", "'@SUM(A1)");
    CHECK(csv_text, "\t=1", "'\\x09=1");
    CHECK(csv_text, "\r=1", "'\\x0d=1");
    CHECK(csv_text, "\xef\xbc\x9dSUM()", "'\xef\xbc\x9dSUM()");
    CHECK(csv_text, "\xef\xbc\x9cSUM()", "\xef\xbc\x9cSUM()");
    CHECK(csv_text, "=cmd|'/C calc'!A0,1", "\"'=cmd|'/C calc'!A0,1\"");
    CHECK(csv_number, "-1.5", "-1.5");
    CHECK(csv_text, "a\x1b[m\xe2\x80\xae", "a\\x1b[m\\u{202e}");
}

static void zeek_fields_keep_their_separators(void **state)
{
    (void)state;
    CHECK(fb_escape_zeek, "ssl,http", "ssl,http");
    CHECK(fb_escape_zeek, "a\tb\nc\rd", "a\\x09b\\x0ac\\x0dd");
    CHECK(fb_escape_zeek, "\\x09", "\\x5cx09");
    CHECK(fb_escape_zeek, "\xff\xc2\x85", "\\xff\\xc2\\x85");
    CHECK(fb_escape_zeek, "-", "\\x2d");
    CHECK(fb_escape_zeek, "--", "--");
    CHECK(fb_escape_zeek, "(empty)", "\\x28empty)");
}

static void html_holds_in_text_and_attributes(void **state)
{
    (void)state;
    CHECK(fb_escape_html, "<script>\"x\" & 'y'</script>",
          "&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/script&gt;");
    CHECK(fb_escape_html, "a\0\xe2\x80\xae\n", "a\\x00\\u{202e}\n");
}

static void an_escaped_text_stops_at_the_ceiling_of_its_buffer(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 6);
    fb_escape_term(&b, "\x01\x02", 2);
    assert_true(b.failed);
    assert_true(b.len <= 6);
    fb_buf_release(&b);
}

static void check_time(int64_t ns, const char *want)
{
    char t[FB_TIME_STRLEN];
    int64_t back = 0;
    assert_int_equal(fb_time_format(ns, t), strlen(want));
    assert_string_equal(t, want);
    assert_true(fb_time_parse(t, &back));
    assert_true(back == ns);
}

static void times_print_in_utc_and_come_back(void **state)
{
    (void)state;
    check_time(0, "1970-01-01T00:00:00.000000000Z");
    check_time(-1, "1969-12-31T23:59:59.999999999Z");
    check_time(1704164645678901234, "2024-01-02T03:04:05.678901234Z");
    check_time(1709164800LL * FB_NS_PER_S, "2024-02-29T00:00:00.000000000Z");
    check_time(951782400LL * FB_NS_PER_S, "2000-02-29T00:00:00.000000000Z");
    check_time(INT64_MAX, "2262-04-11T23:47:16.854775807Z");
    check_time(INT64_MIN, "1677-09-21T00:12:43.145224192Z");
}

static void check_seconds(int64_t ns, unsigned decimals, const char *want)
{
    char t[FB_TIME_STRLEN];
    assert_int_equal(fb_time_format_seconds(ns, decimals, t), strlen(want));
    assert_string_equal(t, want);
}

static void seconds_are_truncated_towards_zero(void **state)
{
    (void)state;
    check_seconds(1999999999, 6, "1.999999");
    check_seconds(-1500000000, 6, "-1.500000");
    check_seconds(-999, 6, "0.000000");
    check_seconds(1234567890123456789, 9, "1234567890.123456789");
    check_seconds(1999999999, 0, "1");
    check_seconds(INT64_MIN, 9, "-9223372036.854775808");
    check_seconds(5, 20, "0.000000005");
}

static void check_human(int64_t ns, const char *want)
{
    char t[FB_TIME_STRLEN];
    assert_int_equal(fb_time_format_human(ns, t), strlen(want));
    assert_string_equal(t, want);
}

static void durations_read_well(void **state)
{
    (void)state;
    check_human(0, "0 s");
    check_human(999, "999 ns");
    check_human(350 * FB_NS_PER_US, "0.35 ms");
    check_human(12199 * FB_NS_PER_MS, "12.1 s");
    check_human(187 * FB_NS_PER_S, "3 m 07 s");
    check_human((2 * 3600 + 11 * 60 + 59) * FB_NS_PER_S, "2 h 11 m");
    check_human((3 * 86400 + 4 * 3600) * FB_NS_PER_S, "3 d 04 h");
    check_human(-1500 * FB_NS_PER_MS, "-1.5 s");
    check_human(INT64_MIN, "-106751 d 23 h");
}

static int64_t parsed(const char *text)
{
    int64_t ns = 0;
    assert_true(fb_time_parse(text, &ns));
    return ns;
}

static void times_are_read_in_every_stated_form(void **state)
{
    (void)state;
    const int64_t day = 1704067200LL * FB_NS_PER_S; /* 2024-01-01 */
    assert_true(parsed("2024-01-01") == day);
    assert_true(parsed("2024-01-01T00:00Z") == day);
    assert_true(parsed("2024-01-01 00:00:00") == day);
    assert_true(parsed("2024-01-01T02:00:00+02:00") == day);
    assert_true(parsed("2023-12-31T23:30:00.5-00:30") == day + FB_NS_PER_S / 2);
    assert_true(parsed("2023-12-31T23:59:60Z") == day);
    assert_true(parsed("1704067200") == day);
    assert_true(parsed("1704067200.000000001") == day + 1);
    assert_true(parsed("-0.5") == -FB_NS_PER_S / 2);
    static const char *const bad[] = {
        "",
        "x",
        "2024-13-01",
        "2024-02-30",
        "2023-02-29",
        "2024-01-01T",
        "2024-01-01T24:00Z",
        "2024-01-01T00:60Z",
        "2024-01-01T00:00:61Z",
        "2024-01-01Zjunk",
        "2024-01-01T00:00:00.1234567890Z",
        "2263-01-01",
        "1677-01-01",
        "9223372037",
        "99999999999999999999",
        "1.",
        "1.x",
        "1e9",
        "2024-01-01T00:00+2:00",
        "--1",
    };
    int64_t ns;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (fb_time_parse(bad[i], &ns))
            fail_msg("\"%s\" was taken for a time", bad[i]);
}

static void check_duration(const char *text, int64_t want)
{
    int64_t ns = -1;
    assert_true(fb_duration_parse(text, &ns));
    assert_true(ns == want);
}

static void durations_are_read_with_their_units(void **state)
{
    (void)state;
    check_duration("5", 5 * FB_NS_PER_S);
    check_duration("0.25s", FB_NS_PER_S / 4);
    check_duration("1.5m", 90 * FB_NS_PER_S);
    check_duration("2h", 7200 * FB_NS_PER_S);
    check_duration("1d", 86400 * FB_NS_PER_S);
    check_duration("10ms", 10 * FB_NS_PER_MS);
    check_duration("7us", 7 * FB_NS_PER_US);
    check_duration("9ns", 9);
    static const char *const bad[] = {"",   "s",    "-1s",           "1 s",        "1.s",
                                      "1w", "1mss", "999999999999d", "9223372037s"};
    int64_t ns;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (fb_duration_parse(bad[i], &ns))
            fail_msg("\"%s\" was taken for a duration", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_gets_no_control_from_traffic),
        cmocka_unit_test(a_terminal_shows_bidirectional_and_invisible_characters),
        cmocka_unit_test(bytes_that_are_not_utf8_show_as_bytes),
        cmocka_unit_test(json_strings_stay_json),
        cmocka_unit_test(csv_is_quoted_and_starts_no_formula),
        cmocka_unit_test(zeek_fields_keep_their_separators),
        cmocka_unit_test(html_holds_in_text_and_attributes),
        cmocka_unit_test(an_escaped_text_stops_at_the_ceiling_of_its_buffer),
        cmocka_unit_test(times_print_in_utc_and_come_back),
        cmocka_unit_test(seconds_are_truncated_towards_zero),
        cmocka_unit_test(durations_read_well),
        cmocka_unit_test(times_are_read_in_every_stated_form),
        cmocka_unit_test(durations_are_read_with_their_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
