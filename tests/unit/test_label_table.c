/* Tables with a label, as `make auc` reads them. */
#include "tests/support/label_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool read_text(const char *text, uint32_t dims_max, struct label_table *t, char why[256])
{
    FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    assert_non_null(f);
    *why = '\0';
    bool ok = label_table_read(f, dims_max, t, why, 256);
    fclose(f);
    return ok;
}

/* `labels`: of the rows, a digit each. */
static void reads(const char *text, uint32_t dims, const char *labels)
{
    struct label_table t;
    char why[256];
    if (!read_text(text, 1024, &t, why))
        fail_msg("%s: %s", text, why);
    assert_int_equal(t.dims, dims);
    assert_int_equal(t.n, strlen(labels));
    for (size_t i = 0; i < t.n; i++)
        assert_int_equal(t.label[i], labels[i] - '0');
    label_table_release(&t);
}

static void refuses(const char *text, const char *sentence)
{
    struct label_table t;
    char why[256];
    assert_false(read_text(text, 8, &t, why));
    assert_string_equal(why, sentence);
    assert_null(t.x);
}

static void names_separators_quotes_and_line_ends_are_understood(void **state)
{
    (void)state;
    reads("1,2,0\n3,4,1\n", 2, "01");
    reads("a,b,label\n1,2,0\n3,4,1\n", 2, "01");
    reads("\xef\xbb\xbf"
          "a;b;c;label\r\n1;2;3;0\r\n\r\n3;4;5;1\r\n",
          3, "01");
    reads("\"a\",\"b\",\"y\"\n\"1\",\"2\",\"0\"\n3,4,\"1\"", 2, "01");
    reads("0,1,2,3\n7,8,9,0\n7,8,9,1\n", 3, "01");
    reads("0,1,2,label\n7,8,9,0\n7,8,9,1\n", 3, "01");
    reads("1\t2\t0\n3\t4\t1\n", 2, "01");
    reads("a,label\n1,0.0\n2,1.0\n3,0\n4,1\n", 1, "0101");
}

static void labels_are_numbers_or_words(void **state)
{
    (void)state;
    reads("1,normal\n1,attack\n1,Normal\n", 1, "010");
    reads("1,normal.\n1,smurf.\n1,neptune.\n", 1, "011");
    reads("1,'a'\n1,Outlier\n", 1, "01");
    reads("1,no\n1,yes\n", 1, "01");
    reads("1,1\n1,1\n1,2\n", 1, "001");
    reads("1,-1\n1,1\n1,1\n", 1, "100");
    reads("1,M\n1,B\n1,B\n", 1, "100");
    reads("1,0\n1,2\n1,3\n", 1, "011");
}

static void what_is_no_number_is_nan(void **state)
{
    (void)state;
    struct label_table t;
    char why[256];
    assert_true(read_text("1,,0\ntcp,NaN,1\n?,1e999,0\n", 8, &t, why));
    assert_true(t.x[0] == 1);
    for (size_t i = 1; i < 5; i++)
        assert_true(t.x[i] != t.x[i]);
    assert_true(t.x[5] > 1e308);
    label_table_release(&t);
}

static void what_cannot_be_used_is_refused_in_one_sentence(void **state)
{
    (void)state;
    refuses("", "no rows");
    refuses("a,b,label\n", "no rows");
    refuses("1\n2\n", "line 1: 1 columns, and there must be 2 to 9, the label last");
    refuses("1,2,3,4,5,6,7,8,9,0\n", "line 1: 10 columns, and there must be 2 to 9, the label last");
    refuses("1,2,0\n1,2\n", "line 2: 2 fields instead of 3");
    refuses("1,2,0\n1,2,3,4\n", "line 2: more than 3 fields");
    refuses("1,2,0\n1,2,\n", "line 2: there is no label");
    refuses("1,0\n2,0\n", "2 rows of one label: nothing to measure");
    refuses("1,a\n2,b\n3,c\n", "3 different labels, and none says which rows are normal");
    refuses("1,0\n2,0.0\n", "all labels say the same");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_separators_quotes_and_line_ends_are_understood),
        cmocka_unit_test(labels_are_numbers_or_words),
        cmocka_unit_test(what_is_no_number_is_nan),
        cmocka_unit_test(what_cannot_be_used_is_refused_in_one_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
