/* The language of the rules for types and systems. */
#include "intel/devices/device_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct fb_span text(const char *s)
{
    return (struct fb_span){(const uint8_t *)s, strlen(s)};
}

static void rules_that_say_nothing_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {{"os Linux", "x: line 1: no colon behind the result: \"Linux\""},
               {"\nkind a: port=1", "x: line 2: a rule begins with os or type: \"kind\""},
               {"os a:", "x: line 1: a rule without a condition: \"a\""},
               {"os a: colour=red", "x: line 1: no such field: \"colour\""},
               {"os a: port=", "x: line 1: no FIELD=PATTERN: \"port=\""},
               {"os a: os=b", "x: line 1: a rule of os cannot ask for os: \"os=b\""},
               {"os : port=1", "x: line 1: a result has 1 to 64 bytes: \"\""}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fb_device_rules r;
        struct fb_err err = {0};
        assert_int_equal(fb_device_rules_read("x", text(bad[i].text), &r, &err), FB_ERR_INPUT);
        assert_string_equal(err.msg, bad[i].message);
    }
}

static void patterns_match_as_a_slow_matcher_does(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool fits;
    } t[] = {{"", "", true},         {"*", "", true},        {"?", "", false},      {"a*b", "ab", true},
             {"a*b", "aXbXb", true}, {"a*b", "aXbX", false}, {"*a*a*", "a", false}, {"*a*a*", "xaxax", true},
             {"A?C", "abc", true},   {"abc", "abcd", false}, {"**x", "yyx", true},  {"x*y*z", "xyz", true},
             {"x*y*z", "xzy", false}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        assert_int_equal(fb_device_glob(text(t[i].pattern), text(t[i].text)), t[i].fits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_that_say_nothing_are_refused_with_their_line),
        cmocka_unit_test(patterns_match_as_a_slow_matcher_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
