#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/history.h"

#include <string.h>

static void letters_stand_once_a_side(void **state)
{
    (void)state;
    struct fb_flow f = {0};
    fb_history_once(&f, FB_ORIG, 'S');
    fb_history_once(&f, FB_RESP, 'H');
    fb_history_once(&f, FB_ORIG, 'A');
    fb_history_once(&f, FB_ORIG, 'A');
    fb_history_once(&f, FB_RESP, 'A');
    fb_history_once(&f, FB_RESP, 'H');
    assert_string_equal(fb_history_text(&f), "ShAa");
    assert_int_equal(f.history_len, 4);
    fb_history_clear(&f);
}

static void a_mark_is_fresh_once_and_writes_nothing(void **state)
{
    (void)state;
    struct fb_flow f = {0};
    for (char c = 'A'; c <= 'Z'; c++)
        for (int dir = FB_ORIG; dir <= FB_RESP; dir++) {
            assert_true(fb_history_mark(&f, dir, c));
            assert_false(fb_history_mark(&f, dir, c));
        }
    assert_string_equal(fb_history_text(&f), "");
}

static void scaled_letters_come_at_powers_of_ten(void **state)
{
    (void)state;
    struct fb_flow f = {0};
    uint32_t count = 0;
    size_t at[] = {1, 10, 100, 1000, 10000, 100000};
    size_t k = 0;
    for (size_t i = 1; i <= 200000; i++) {
        uint8_t before = f.history_len;
        fb_history_scaled(&f, FB_RESP, 'T', &count);
        assert_int_equal(f.history_len - before, k < 6 && i == at[k]);
        k += k < 6 && i == at[k];
    }
    assert_int_equal(count, 200000);
    assert_string_equal(fb_history_text(&f), "tttttt");
}

static void a_full_counter_stays(void **state)
{
    (void)state;
    struct fb_flow f = {0};
    uint32_t count = UINT32_MAX;
    fb_history_scaled(&f, FB_ORIG, 'T', &count);
    assert_true(count == UINT32_MAX);
    assert_string_equal(fb_history_text(&f), "");
}

static void long_histories_are_kept_up_to_the_ceiling(void **state)
{
    (void)state;
    struct fb_flow f = {0};
    char want[FB_HISTORY_MAX + 40];
    for (size_t i = 0; i < sizeof want - 1; i++) {
        char c = (char)('a' + i % 26);
        want[i] = c;
        fb_history_put(&f, c);
        size_t len = i + 1 < FB_HISTORY_MAX ? i + 1 : FB_HISTORY_MAX;
        assert_int_equal(strlen(fb_history_text(&f)), len);
        assert_memory_equal(fb_history_text(&f), want, len);
    }
    fb_history_clear(&f);
    assert_string_equal(fb_history_text(&f), "");
    fb_history_put(&f, '^');
    assert_string_equal(fb_history_text(&f), "^");
    fb_history_clear(&f);
}

static void clearing_keeps_which_letters_stood(void **state)
{
    (void)state;
    struct fb_flow f = {0};
    fb_history_once(&f, FB_ORIG, 'S');
    fb_history_clear(&f);
    fb_history_once(&f, FB_ORIG, 'S');
    fb_history_once(&f, FB_ORIG, 'A');
    assert_string_equal(fb_history_text(&f), "A");
    fb_history_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_stand_once_a_side),
        cmocka_unit_test(a_mark_is_fresh_once_and_writes_nothing),
        cmocka_unit_test(scaled_letters_come_at_powers_of_ten),
        cmocka_unit_test(a_full_counter_stays),
        cmocka_unit_test(long_histories_are_kept_up_to_the_ceiling),
        cmocka_unit_test(clearing_keeps_which_letters_stood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
