#include "base/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct fb_rec_col cols[] = {
    {"count", FB_REC_INT}, {"at", FB_REC_TIME},  {"host", FB_REC_ADDR},
    {"name", FB_REC_TEXT}, {"all", FB_REC_LIST},
};
static const struct fb_rec_def def = {"things", 900, FB_REC_ROWS, sizeof cols / sizeof *cols, cols};

static void make(struct fb_buf *row, const char *host)
{
    struct fb_addr a;
    struct fb_buf items;
    fb_buf_init(&items, 1000);
    fb_buf_init(row, 1000);
    assert_true(fb_addr_parse(host, &a));
    fb_rec_int(row, -5);
    fb_rec_null(row);
    fb_rec_addr(row, &a);
    fb_rec_bytes(row, "a\0b", 3);
    fb_rec_item(&items, "x", 1);
    fb_rec_item(&items, "", 0);
    fb_rec_list(row, &items);
    fb_buf_release(&items);
    assert_false(row->failed);
}

static void a_row_gives_back_its_cells(void **state)
{
    (void)state;
    static const char *const hosts[] = {"192.0.2.7", "2001:db8::7"};
    for (size_t i = 0; i < 2; i++) {
        struct fb_buf row;
        struct fb_rec_cell c[5];
        char text[FB_ADDR_STRLEN];
        make(&row, hosts[i]);
        assert_true(fb_rec_read(&def, (struct fb_span){row.data, row.len}, c));
        assert_int_equal(c[0].i, -5);
        assert_true(c[1].null);
        fb_addr_format(&c[2].addr, text);
        assert_string_equal(text, hosts[i]);
        assert_int_equal(c[3].s.n, 3);
        assert_memory_equal(c[3].s.p, "a\0b", 3);
        struct fb_cur list = fb_cur_init(c[4].s.p, c[4].s.n);
        struct fb_span item;
        assert_true(fb_rec_next_item(&list, &item));
        assert_int_equal(item.n, 1);
        assert_true(fb_rec_next_item(&list, &item));
        assert_int_equal(item.n, 0);
        assert_false(fb_rec_next_item(&list, &item));
        fb_buf_release(&row);
    }
}

static void a_cut_or_longer_row_is_refused(void **state)
{
    (void)state;
    struct fb_buf row;
    struct fb_rec_cell c[5];
    make(&row, "192.0.2.7");
    for (size_t n = 0; n < row.len; n++)
        assert_false(fb_rec_read(&def, (struct fb_span){row.data, n}, c));
    fb_buf_putc(&row, 0);
    assert_false(fb_rec_read(&def, (struct fb_span){row.data, row.len}, c));
    fb_buf_release(&row);
}

static void cells_of_the_wrong_form_are_refused(void **state)
{
    (void)state;
    static const struct fb_rec_def one[] = {
        {"i", 901, FB_REC_ROWS, 1, &cols[0]},
        {"a", 902, FB_REC_ROWS, 1, &cols[2]},
        {"l", 903, FB_REC_ROWS, 1, &cols[4]},
    };
    static const uint8_t long_int[] = {3, 0x00, 0x00};  /* two bytes where one number is */
    static const uint8_t short_addr[] = {4, 192, 0, 2}; /* three bytes */
    static const uint8_t cut_list[] = {3, 5, 'x'};      /* an item of five bytes in two */
    static const uint8_t mapped[] = {17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};
    struct fb_rec_cell c;
    assert_false(fb_rec_read(&one[0], (struct fb_span){long_int, sizeof long_int}, &c));
    assert_false(fb_rec_read(&one[1], (struct fb_span){short_addr, sizeof short_addr}, &c));
    assert_false(fb_rec_read(&one[1], (struct fb_span){mapped, sizeof mapped}, &c));
    assert_false(fb_rec_read(&one[2], (struct fb_span){cut_list, sizeof cut_list}, &c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_gives_back_its_cells),
        cmocka_unit_test(a_cut_or_longer_row_is_refused),
        cmocka_unit_test(cells_of_the_wrong_form_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
