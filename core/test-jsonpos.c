/* SPDX-License-Identifier: Apache-2.0 */
/* test-jsonpos.c: lines of values, and text that is no JSON. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/jsonpos.h"

static const char text[] = "\n"                                          /* 1 */
                           "{ \"a\": 1,\n"                               /* 2 */
                           "  \"b\" :\n"                                 /* 3 */
                           "    [ 1, \"]}\\\"\", { \"c\": [[], {}] },\n" /* 4 */
                           "      { \"a\": true,\n"                      /* 5 */
                           "        \"d\\u0065\": null,\n"               /* 6 */
                           "        \"f\": -1.5e3 } ],\n"                /* 7 */
                           "  \"\": 0 }\n";                              /* 8 */

#define KEY(name)                                                                                  \
    {                                                                                              \
        .key = (name)                                                                              \
    }
#define ITEM(i)                                                                                    \
    {                                                                                              \
        .index = (i)                                                                               \
    }
#define LINE(...)                                                                                  \
    jsonpos_line(span_str(text), (const struct jsonpos_step[]){ __VA_ARGS__ },                     \
                 sizeof((const struct jsonpos_step[]){ __VA_ARGS__ }) /                            \
                     sizeof(struct jsonpos_step))

static void a_path_leads_to_a_line(void **state)
{
    (void)state;
    assert_int_equal(jsonpos_line(span_str(text), NULL, 0), 2);
    assert_int_equal(LINE(KEY("a")), 2);
    assert_int_equal(LINE(KEY("b")), 3);
    assert_int_equal(LINE(KEY("b"), ITEM(0)), 4);
    assert_int_equal(LINE(KEY("b"), ITEM(2)), 4);
    assert_int_equal(LINE(KEY("b"), ITEM(2), KEY("c"), ITEM(1)), 4);
    assert_int_equal(LINE(KEY("b"), ITEM(3)), 5);
    assert_int_equal(LINE(KEY("b"), ITEM(3), KEY("a")), 5);
    assert_int_equal(LINE(KEY("b"), ITEM(3), KEY("f")), 7);
    assert_int_equal(LINE(KEY("")), 8);
}

static void a_key_may_be_written_with_escapes(void **state)
{
    (void)state;
    assert_int_equal(LINE(KEY("b"), ITEM(3), KEY("de")), 6);
}

static void a_path_to_nowhere_ends_at_the_last_that_was_found(void **state)
{
    (void)state;
    assert_int_equal(LINE(KEY("nowhere")), 2);
    assert_int_equal(LINE(KEY("b"), ITEM(9)), 3);
    assert_int_equal(LINE(KEY("b"), ITEM(3), KEY("x")), 5);
    assert_int_equal(LINE(KEY("a"), KEY("b")), 2);
    assert_int_equal(LINE(ITEM(0)), 2);
}

static void every_prefix_is_read_within_its_bounds(void **state)
{
    const struct jsonpos_step path[] = { KEY("b"), ITEM(3), KEY("f") };

    (void)state;
    for (size_t n = 0; n < sizeof text; n++) {
        char *part = malloc(n ? n : 1);
        int line;

        assert_non_null(part);
        memcpy(part, text, n);
        line = jsonpos_line(span_of(part, n), path, 3);
        assert_in_range(line, 1, 9);
        free(part);
    }
}

static void what_is_no_json_is_survived(void **state)
{
    static const char *const bad[] = {
        "]",    "}{",          "{\"b\"", "{\"b\":[", "{\"b\":[,,,,", "\"",
        "\"\\", "{\"b\":]]]]", "{:::",   "[[[[[[[[", "{\"b\\\":1}",  "\\"
    };
    const struct jsonpos_step path[] = { KEY("b"), ITEM(3), KEY("f") };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(jsonpos_line(span_str(bad[i]), path, 3), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_leads_to_a_line),
        cmocka_unit_test(a_key_may_be_written_with_escapes),
        cmocka_unit_test(a_path_to_nowhere_ends_at_the_last_that_was_found),
        cmocka_unit_test(every_prefix_is_read_within_its_bounds),
        cmocka_unit_test(what_is_no_json_is_survived),
    };
    return cmocka_run_group_tests_name("jsonpos", tests, NULL, NULL);
}
