/* SPDX-License-Identifier: Apache-2.0 */
/* test-text.c: UTF-16 and UTF-8, both ways, with surrogates of every kind. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>
#include <cmocka.h>

#include "core/text.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* malloc as text.c sees it (-Wl,--wrap=malloc). */
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
static bool no_memory;

void *__wrap_malloc(size_t n)
{
    return no_memory ? NULL : __real_malloc(n);
}

/* A copy in memory of exactly its size, so that ASan sees a stray read. */
static struct span tight(const void *bytes, size_t n)
{
    void *p = malloc(n);

    assert_true(p || n == 0);
    if (n > 0)
        memcpy(p, bytes, n);
    return span_of(p, n);
}

static void drop(struct span s)
{
    void *p;

    memcpy(&p, &s.data, sizeof p);
    free(p);
}

static void assert_round_trip(const SEC_WCHAR *units, size_t n)
{
    SEC_WCHAR back[8];
    char utf8[24];
    size_t len;

    assert_true(n <= COUNT(back));
    len = text_from_utf16(units, n, NULL);
    assert_true(len <= 3 * n);
    assert_int_equal(text_from_utf16(units, n, utf8), len);
    assert_true(text_is_utf8(span_of(utf8, len)));
    assert_int_equal(text_to_utf16(span_of(utf8, len), NULL), n);
    assert_int_equal(text_to_utf16(span_of(utf8, len), back), n);
    assert_memory_equal(back, units, n * sizeof *units);
}

static void every_unit_comes_back(void **state)
{
    (void)state;
    for (uint32_t u = 0; u <= 0xffff; u++)
        assert_round_trip(&(SEC_WCHAR){ (SEC_WCHAR)u }, 1);
}

static void every_pair_comes_back_as_four_bytes(void **state)
{
    (void)state;
    for (uint32_t c = 0x10000; c <= 0x10ffff; c++) {
        const SEC_WCHAR pair[2] = { (SEC_WCHAR)(0xd800 + ((c - 0x10000) >> 10)),
                                    (SEC_WCHAR)(0xdc00 + (c & 0x3ff)) };

        assert_int_equal(text_from_utf16(pair, 2, NULL), 4);
        assert_round_trip(pair, 2);
    }
}

/* The edges of each length of UTF-8, and of each kind of surrogate, in every order. */
static void every_sequence_of_classes_comes_back(void **state)
{
    static const SEC_WCHAR edge[] = { 0,      'A',    0x7f,   0x80,   0x7ff,  0x800,  0xd7ff,
                                      0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xfffd, 0xffff };
    SEC_WCHAR s[4];

    (void)state;
    for (size_t i = 0; i < COUNT(edge) * COUNT(edge) * COUNT(edge) * COUNT(edge); i++) {
        for (size_t k = 0, left = i; k < COUNT(s); k++, left /= COUNT(edge))
            s[k] = edge[left % COUNT(edge)];
        for (size_t n = 0; n <= COUNT(s); n++)
            assert_round_trip(s, n);
    }
}

static void known_text_has_its_known_bytes(void **state)
{
    /* RFC 3629 7, and Unicode's own U+10FFFF. */
    static const struct {
        const char16_t *units;
        const char *utf8;
    } known[] = {
        { u"A\u2262\u0391.", "A\xe2\x89\xa2\xce\x91." },
        { u"\ud55c\uad6d\uc5b4", "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4" },
        { u"\U000233b4", "\xf0\xa3\x8e\xb4" },
        { u"\U0010ffff", "\xf4\x8f\xbf\xbf" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        size_t n = text_wlen(known[i].units);
        char utf8[24];
        size_t len = text_from_utf16(known[i].units, n, utf8);

        assert_int_equal(len, strlen(known[i].utf8));
        assert_memory_equal(utf8, known[i].utf8, len);
    }
}

static void lone_surrogates_take_three_bytes(void **state)
{
    static const SEC_WCHAR low_high[2] = { 0xdc00, 0xd800 };
    char utf8[8];

    (void)state;
    assert_int_equal(text_from_utf16(&low_high[1], 1, utf8), 3);
    assert_memory_equal(utf8, "\xed\xa0\x80", 3);
    assert_int_equal(text_from_utf16(low_high, 2, utf8), 6);
    assert_memory_equal(utf8, "\xed\xb0\x80\xed\xa0\x80", 6);
    assert_true(text_is_utf8(span_str("\xed\xa0\x80")));
    assert_true(text_is_utf8(span_str("\xed\xbf\xbf")));
    assert_true(text_is_utf8(span_str("\xed\xb0\x80\xed\xa0\x80")));
    assert_true(text_is_utf8(span_str("\xed\xa0\x80 \xed\xb0\x80")));
    assert_true(text_is_utf8(span_str("\xed\xa0\x80\xed\xa0\x80")));
}

static void pair_as_two_times_three_bytes_is_refused(void **state)
{
    (void)state;
    assert_false(text_is_utf8(span_str("\xed\xa0\x80\xed\xb0\x80")));
    assert_false(text_is_utf8(span_str("\xed\xaf\xbf\xed\xbf\xbf")));
    assert_false(text_is_utf8(span_str("a\xed\xa0\x80\xed\xa0\x80\xed\xb0\x80z")));
}

static void what_is_not_utf8_is_refused(void **state)
{
    static const char *const bad[] = {
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf7\xbf\xbf\xbf",
        "\xf8\x88\x80\x80\x80",
        "\xfc\x84\x80\x80\x80\x80",
        "\xfe",
        "\xff", /* above U+10FFFF */
        "\x80",
        "\xbf",
        "a\x80",
        "\xc3\xa9\xa9", /* continuation out of place */
        "\xc3\x28",
        "\xe2\x28\xa1",
        "\xe2\x82\x28",
        "\xf0\x28\x8c\xbc",
        "\xf0\x90\x28\xbc",
        "\xf0\x90\x8d\x28",
        "\xc3\xc3",
        "\xe2\x82\xe2", /* continuation missing */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct span s = tight(bad[i], strlen(bad[i]));

        assert_true(text_to_utf16(s, NULL) == SIZE_MAX);
        assert_false(text_is_utf8(s));
        drop(s);
    }
}

static void every_cut_is_refused(void **state)
{
    static const char *const whole[] = { "\xc3\xa9", "\xe2\x82\xac", "\xed\xa0\x80",
                                         "\xf0\x90\x8d\x88" };

    (void)state;
    for (size_t i = 0; i < COUNT(whole); i++) {
        assert_true(text_is_utf8(span_str(whole[i])));
        for (size_t n = 1; n < strlen(whole[i]); n++) {
            struct span s = tight(whole[i], n);

            assert_false(text_is_utf8(s));
            drop(s);
        }
    }
}

/* So that two spellings of one text do not exist. */
static void bytes_that_are_taken_are_given_back(void **state)
{
    static const uint8_t edge[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
                                    0xaf, 0xb0, 0xbf, 0xc0, 0xed, 0xff };
    SEC_WCHAR units[8];
    char back[24];

    (void)state;
    for (uint32_t i = 0; i < 0x1000000; i++) {
        const uint8_t b[4] = { (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 0 };
        size_t n = text_to_utf16(span_of(b, 3), units);

        if (n != SIZE_MAX && (text_from_utf16(units, n, back) != 3 || memcmp(back, b, 3) != 0))
            fail_msg("%06x comes back otherwise", i);
    }
    for (uint32_t lead = 0xf0; lead <= 0xff; lead++) {
        for (size_t i = 0; i < COUNT(edge) * COUNT(edge) * COUNT(edge); i++) {
            const uint8_t b[4] = { (uint8_t)lead, edge[i % COUNT(edge)],
                                   edge[i / COUNT(edge) % COUNT(edge)],
                                   edge[i / COUNT(edge) / COUNT(edge)] };
            size_t n = text_to_utf16(span_of(b, 4), units);

            if (n != SIZE_MAX) {
                assert_int_equal(text_from_utf16(units, n, back), 4);
                assert_memory_equal(back, b, 4);
            }
        }
    }
}

static void empty_text_is_text(void **state)
{
    (void)state;
    assert_int_equal(text_wlen(NULL), 0);
    assert_int_equal(text_wlen(u""), 0);
    assert_int_equal(text_from_utf16(NULL, 0, NULL), 0);
    assert_int_equal(text_to_utf16(span_of(NULL, 0), NULL), 0);
    assert_true(text_is_utf8(span_of(NULL, 0)));
}

static void nul_is_a_character(void **state)
{
    (void)state;
    assert_int_equal(text_from_utf16(u"a\0b", 3, NULL), 3);
    assert_int_equal(text_to_utf16(span_of("a\0b", 3), NULL), 3);
}

static void copy_ends_with_nul(void **state)
{
    char *s = text_dup_utf16(u"caf\u00e9");

    (void)state;
    assert_non_null(s);
    assert_string_equal(s, "caf\xc3\xa9");
    free(s);
    assert_null(text_dup_utf16(NULL));
    no_memory = true;
    s = text_dup_utf16(u"x");
    no_memory = false;
    assert_null(s);
}

static void names_differ_in_more_than_case(void **state)
{
    (void)state;
    assert_true(text_same_name(span_str("Kerberos"), span_str("kERBEROS")));
    assert_true(text_same_name(span_of(NULL, 0), span_str("")));
    assert_false(text_same_name(span_str("NTLM"), span_str("NTL")));
    assert_false(text_same_name(span_str("a@"), span_str("a`")));
    assert_false(text_same_name(span_str("[z"), span_str("{z")));
    assert_false(text_same_name(span_str("\xc3\x89"), span_str("\xc3\xa9"))); /* E and e, acute */
}

static void assert_caseless(const char *a, const char *b, bool want)
{
    struct span one = tight(a, strlen(a)), other = tight(b, strlen(b));

    assert_int_equal(text_same_caseless(one, other), want);
    assert_int_equal(text_same_caseless(other, one), want);
    drop(one);
    drop(other);
}

static void letters_of_any_alphabet_have_capitals(void **state)
{
    (void)state;
    assert_caseless("", "", true);
    assert_caseless("alice_1", "ALICE_1", true);
    assert_caseless("J\u00fcrgen", "j\u00dcRGEN", true);
    assert_caseless("\u00ff", "\u0178", true);
    assert_caseless("\u0142\u00f3d\u017a", "\u0141\u00d3D\u0179", true);
    assert_caseless("\u03ac\u03bb\u03c6\u03b1", "\u0386\u039b\u03a6\u0391", true); /* Greek */
    assert_caseless("\u0438\u044f\u0454", "\u0418\u042f\u0404", true);             /* Cyrillic */
    assert_caseless("\u0561\u0586", "\u0531\u0556", true);                         /* Armenian */
    assert_caseless("\u1ea1\u01b0", "\u1ea0\u01af", true);                         /* Vietnamese */
    assert_caseless("\uff41", "\uff21", true);                                     /* full width */
    assert_caseless("\xed\xa0\x80x", "\xed\xa0\x80X", true); /* a lone surrogate is itself */
}

static void other_letters_are_only_themselves(void **state)
{
    (void)state;
    assert_caseless("alice", "alic", false);
    assert_caseless("alice", "", false);
    assert_caseless("alice", "alicf", false);
    assert_caseless("@", "`", false);
    assert_caseless("\u00d7", "\u00f7", false);    /* times, divided by */
    assert_caseless("\u0131", "I", false);         /* dotless i */
    assert_caseless("\u0130", "i", false);         /* I with dot */
    assert_caseless("\u017f", "s", false);         /* long s */
    assert_caseless("\u00df", "SS", false);        /* sharp s */
    assert_caseless("\u03c2", "\u03c3", false);    /* final sigma, sigma */
    assert_caseless("\u00b5", "\u03bc", false);    /* micro, mu */
    assert_caseless("\u212a", "k", false);         /* Kelvin */
    assert_caseless("\u00fcx", "u\u0308x", false); /* composed, decomposed */
    assert_caseless("\xff", "\xff", false);        /* not UTF-8 is no text */
    assert_caseless("a\xff", "A\xff", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_comes_back),
        cmocka_unit_test(every_pair_comes_back_as_four_bytes),
        cmocka_unit_test(every_sequence_of_classes_comes_back),
        cmocka_unit_test(known_text_has_its_known_bytes),
        cmocka_unit_test(lone_surrogates_take_three_bytes),
        cmocka_unit_test(pair_as_two_times_three_bytes_is_refused),
        cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(bytes_that_are_taken_are_given_back),
        cmocka_unit_test(empty_text_is_text),
        cmocka_unit_test(nul_is_a_character),
        cmocka_unit_test(copy_ends_with_nul),
        cmocka_unit_test(names_differ_in_more_than_case),
        cmocka_unit_test(letters_of_any_alphabet_have_capitals),
        cmocka_unit_test(other_letters_are_only_themselves),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
