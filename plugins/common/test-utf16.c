/* SPDX-License-Identifier: Apache-2.0 */
/* test-utf16.c: text to and from UTF-16LE, and upper case. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugins/common/utf16.h"

static bool converts(const char *utf8, const char *utf16, size_t n)
{
    uint8_t room[64];
    struct wire_out out = wire_out(room, sizeof room);

    return utf16_put(&out, span_str(utf8)) && span_is(span_of(room, out.len), utf16, n);
}

static void text_becomes_utf16(void **state)
{
    (void)state;
    assert_true(converts("", "", 0));
    assert_true(converts("a\xc3\xa9", "a\0\xe9\0", 4));
    assert_true(converts("\xe2\x82\xac", "\xac\x20", 2));
    assert_true(converts("\xf0\x9f\x94\x91", "\x3d\xd8\x11\xdd", 4));
    assert_true(converts("\xed\xa0\x80", "\0\xd8", 2)); /* a lone half is kept */
    assert_true(converts("\xed\xb0\x80\xed\xa0\x80", "\0\xdc\0\xd8", 4));
}

static void what_is_not_utf8_is_refused(void **state)
{
    static const char *const bad[] = {
        "\x80",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "a\xe2\x82",
        "\xe2\x28\xa1",
        "\xc3",
        "\xed\xa0\x80\xed\xb0\x80", /* a pair in two halves */
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct wire_out count = wire_out(NULL, 0);
        size_t n = strlen(bad[i]);
        char *exact = malloc(n);

        memcpy(exact, bad[i], n);
        assert_false(utf16_put(&count, span_of(exact, n)));
        free(exact);
    }
}

/* Every unit, alone and behind and before half a pair, survives both ways. */
static void nothing_is_lost(void **state)
{
    (void)state;
    for (uint32_t u = 0; u <= 0xffff; u++) {
        const uint8_t units[6] = { 0x3d, 0xd8, (uint8_t)u, (uint8_t)(u >> 8), 0x11, 0xdd };
        uint8_t text[16], back[16];
        struct wire_out out = wire_out(text, sizeof text);

        utf16_put_as_utf8(&out, span_of(units, sizeof units));
        struct wire_out again = wire_out(back, sizeof back);
        assert_true(utf16_put(&again, span_of(text, out.len)));
        assert_int_equal(again.len, sizeof units);
        assert_memory_equal(back, units, sizeof units);
    }
}

static void an_odd_byte_is_left_out(void **state)
{
    uint8_t text[8];
    struct wire_out out = wire_out(text, sizeof text), up = wire_out(text, sizeof text);

    (void)state;
    utf16_put_as_utf8(&out, span_of("a\0b", 3));
    assert_true(span_is(span_of(text, out.len), "a", 1));
    utf16_put_upper(&up, span_of("a\0b", 3));
    assert_true(span_is(span_of(text, up.len), "A", 2));
    assert_false(utf16_same(span_of("a\0b", 3), span_of("a\0b", 3)));
}

/* As Windows and Samba have it; the units that are easily got wrong. */
static void upper_case_is_windows_own(void **state)
{
    static const struct {
        uint16_t unit, upper;
    } cases[] = {
        { 'a', 'A' },       { 'z', 'Z' },       { '{', '{' },       { '`', '`' },
        { 0x00df, 0x00df }, /* sharp s has no one-unit upper case */
        { 0x0149, 0x0149 }, /* nor has this */
        { 0x0131, 0x0131 }, /* dotless i: would not map back */
        { 0x017f, 0x017f }, { 0x00b5, 0x00b5 }, { 0x01c5, 0x01c5 }, { 0x1e9b, 0x1e9b },
        { 0x00e9, 0x00c9 }, { 0x00f7, 0x00f7 }, { 0x00ff, 0x0178 }, { 0x0103, 0x0102 },
        { 0x0138, 0x0138 }, { 0x0219, 0x0218 }, { 0x03b1, 0x0391 }, { 0x03c2, 0x03a3 },
        { 0x03c3, 0x03a3 }, { 0x0451, 0x0401 }, { 0x0561, 0x0531 }, { 0x1d7d, 0x2c63 },
        { 0x1f80, 0x1f88 }, { 0x1f51, 0x1f59 }, { 0x1f52, 0x1f52 }, { 0x2c65, 0x023a },
        { 0x10d0, 0x10d0 }, /* Georgian: Unicode 11 came too late */
        { 0xab70, 0xab70 }, { 0xff41, 0xff21 }, { 0xd801, 0xd801 }, { 0xdc28, 0xdc28 },
        { 0xffff, 0xffff },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(utf16_upper(cases[i].unit), cases[i].upper);
}

/* What is upper case stays, but for nothing; how many units change is known. */
static void upper_case_is_final(void **state)
{
    size_t n = 0;

    (void)state;
    for (uint32_t u = 0; u <= 0xffff; u++) {
        uint16_t up = utf16_upper((uint16_t)u);

        assert_int_equal(utf16_upper(up), up);
        n += up != u;
    }
    assert_int_equal(n, 973);
}

static void names_compare_without_case(void **state)
{
    (void)state;
    assert_true(utf16_same(span_of("a\0\xe9\0", 4), span_of("A\0\xc9\0", 4)));
    assert_false(utf16_same(span_of("a\0", 2), span_of("a\0a\0", 4)));
    assert_false(utf16_same(span_of("s\0s\0", 4), span_of("\xdf\0", 2)));
    assert_true(utf16_same(span_of(NULL, 0), span_of(NULL, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_utf16),
        cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(an_odd_byte_is_left_out),
        cmocka_unit_test(upper_case_is_windows_own),
        cmocka_unit_test(upper_case_is_final),
        cmocka_unit_test(names_compare_without_case),
    };

    return cmocka_run_group_tests_name("utf16", tests, NULL, NULL);
}
