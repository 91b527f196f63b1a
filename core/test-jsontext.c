/* SPDX-License-Identifier: Apache-2.0 */
/* test-jsontext.c: JSON that is right gives what jansson's reader gives; what is wrong, a line. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/jsontext.h"

static struct jsontext_fault fault;

/* In memory of exactly its size, so that a stray read is seen. */
static json_t *read_bytes(const void *bytes, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    json_t *value;

    assert_non_null(copy);
    memcpy(copy, bytes, n);
    value = jsontext_read(span_of(copy, n), &fault);
    free(copy);
    return value;
}

/* As jansson's own reader reads it. */
static void good(const char *text)
{
    json_t *ours = read_bytes(text, strlen(text));
    json_t *theirs = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

    if (!ours)
        fail_msg("%s: line %d: %s", text, fault.line, fault.text);
    assert_non_null(theirs);
    assert_true(json_equal(ours, theirs));
    json_decref(ours);
    json_decref(theirs);
}

static void bad(const char *text, int line, const char *words)
{
    json_t *value = read_bytes(text, strlen(text));

    if (value || fault.line != line || !strstr(fault.text, words))
        fail_msg("wanted '%s' on line %d of %s, got %d %s", words, line, text, fault.line,
                 fault.text);
    assert_false(fault.no_memory);
}

static void what_is_json_is_read(void **state)
{
    (void)state;
    good("{}");
    good(" [ ] \n");
    good("[true,false,null]");
    good("{\"a\":{\"b\":[1,[2,{\"c\":\"d\"}]]},\"\":\"\"}");
    good("\t{ \"a\" :\r\n1 , \"b\":\n2 }\n");
    good("\"text\"");
    good("17");
}

static void numbers_are_64_bit_integers(void **state)
{
    static const char *const lone[] = { "-", "+1", "01", "-01", "00", ".5", "--1", "0x1", "1_000" };

    (void)state;
    good("[0, -0, 7, -7, 10, 9223372036854775807, -9223372036854775808]");
    bad("[\n9223372036854775808]", 2, "too big");
    bad("[\n-9223372036854775809]", 2, "too big");
    bad("[\n99999999999999999999999999999999]", 2, "too big");
    bad("[\n1.0]", 2, "must be an integer");
    bad("[\n1e3]", 2, "must be an integer");
    for (size_t i = 0; i < sizeof lone / sizeof *lone; i++)
        assert_null(read_bytes(lone[i], strlen(lone[i])));
}

static void strings_are_text(void **state)
{
    static const char *const none[] = { "[\"\x01\"]",
                                        "[\"\n\"]",
                                        "[\"\\\"]",
                                        "[\"\\x41\"]",
                                        "[\"\\u12\"]",
                                        "[\"\\u12g4\"]",
                                        "[\"\\u0000\"]",
                                        "[\"\\ud800\"]",
                                        "[\"\\udc00\"]",
                                        "[\"\\ud800\\n\"]",
                                        "[\"\\ud800\\u0041\"]",
                                        "[\"\\ud83d\\ud83d\"]",
                                        "[\"\xff\"]",
                                        "[\"\xc0\xaf\"]",
                                        "[\"\xed\xa0\x80\"]",
                                        "[\"\xe2\x82\"]",
                                        "[\"\xf4\x90\x80\x80\"]" };

    (void)state;
    good("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]");
    good("[\"\\u0041\\u00e4\\u20AC\\ud83d\\ude00\\uffff\"]");
    good("[\"Stra\xc3\x9f"
         "e \xe2\x82\xac \xf0\x9f\x98\x80\"]");
    good("{\"\\u006b\\u0065y\": \"\\\\u0041\"}");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(read_bytes(none[i], strlen(none[i])));
    bad("[\"abc", 1, "no end");
    bad("[\n\"abc\\\"", 2, "no end");
}

static void what_is_no_json_is_told_with_its_line(void **state)
{
    (void)state;
    bad("", 1, "ends where a value");
    bad("\n{", 2, "ends where a key");
    bad("{\n\"a\" 1}", 2, "':' is expected");
    bad("{\n\"a\":1 \"b\":2}", 2, "',' or '}' is expected");
    bad("{\"a\":1,\n}", 2, "a key is expected");
    bad("[1,\n]", 2, "']' where a value");
    bad("[1 2]", 1, "'2' where ',' or ']'");
    bad("{a:1}", 1, "'a' where a key");
    bad("[tru]", 1, "'t' where a value");
    bad("{}\n{}", 2, "'{' where the end of the file");
    bad("\xef\xbb\xbf{}", 1, "byte 0xef where a value");
    bad("// x\n{}", 1, "'/' where a value");
    bad("['a']", 1, "a value");
    bad("{\"a\":1,\n\"b\":2,\n\"\\u0061\":3}", 3, "duplicate key \"a\"");
    assert_null(read_bytes("{}\0", 3));
    assert_non_null(strstr(fault.text, "byte 0x00"));
    assert_null(read_bytes("[\0]", 3));
}

static void levels_are_counted(void **state)
{
    char text[2 * (JSONTEXT_DEPTH + 1) + 1];
    json_t *value;

    (void)state;
    memset(text, '[', JSONTEXT_DEPTH);
    memset(text + JSONTEXT_DEPTH, ']', JSONTEXT_DEPTH);
    value = read_bytes(text, 2 * JSONTEXT_DEPTH);
    assert_non_null(value);
    json_decref(value);
    memset(text, '[', JSONTEXT_DEPTH + 1);
    memset(text + JSONTEXT_DEPTH + 1, ']', JSONTEXT_DEPTH + 1);
    text[2 * (JSONTEXT_DEPTH + 1)] = '\0';
    bad(text, 1, "nested deeper than 64");
    /* Side by side is not inside one another. */
    good("[[],[],{},[[]],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
         "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
         "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]");
}

static void every_prefix_is_refused(void **state)
{
    static const char whole[] =
        "{ \"a\": [ 1, -2, true, null, \"x\\n\\u00e4\\ud83d\\ude00y\" ], \"\\u0062\": { } }";

    (void)state;
    good(whole);
    for (size_t n = 0; n < sizeof whole - 1; n++)
        assert_null(read_bytes(whole, n));
}

/* A byte changed to any other: no fault of memory, and never more than jansson would take. */
static void every_changed_byte_is_survived(void **state)
{
    static const char whole[] = "{\"a\":[1,-20,\"x\\u00e4\\ud83d\\ude00\",true],\"b\":{}}";
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;

    (void)state;
    for (size_t i = 0; i < sizeof whole - 1; i++) {
        for (int c = 0; c < 256; c++) {
            char text[sizeof whole];
            json_t *ours, *theirs;

            memcpy(text, whole, sizeof whole);
            text[i] = (char)c;
            ours = read_bytes(text, sizeof whole - 1);
            theirs = json_loadb(text, sizeof whole - 1, flags, NULL);
            assert_false(fault.no_memory);
            if (ours)
                assert_true(json_equal(ours, theirs));
            else
                assert_in_range(fault.line, 1, 2);
            json_decref(ours);
            json_decref(theirs);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_json_is_read),
        cmocka_unit_test(numbers_are_64_bit_integers),
        cmocka_unit_test(strings_are_text),
        cmocka_unit_test(what_is_no_json_is_told_with_its_line),
        cmocka_unit_test(levels_are_counted),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(every_changed_byte_is_survived),
    };
    return cmocka_run_group_tests_name("jsontext", tests, NULL, NULL);
}
