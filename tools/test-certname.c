/* SPDX-License-Identifier: Apache-2.0 */
/* test-certname.c: names of certificates, put together here, in words. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/certname.h"

#define CN "\x06\x03\x55\x04\x03"
#define O "\x06\x03\x55\x04\x0a"

/* A value with its tag and length, as DER has it below 65536 bytes. */
static void put_value(struct wire_out *out, uint8_t tag, const void *data, size_t n)
{
    wire_put_u8(out, tag);
    if (n >= 256)
        wire_put_u8(out, 0x82);
    else if (n >= 128)
        wire_put_u8(out, 0x81);
    if (n >= 256)
        wire_put_u16be(out, (uint16_t)n);
    else
        wire_put_u8(out, (uint8_t)n);
    wire_put(out, data, n);
}

/* An attribute of this type (with its tag and length), in a SET of its own. */
static void put_part(struct wire_out *out, const char *type, uint8_t tag, const char *value,
                     size_t n)
{
    uint8_t text[2000], pair[2100], whole[2200];
    struct wire_out t = wire_out(text, sizeof text), p = wire_out(pair, sizeof pair);
    struct wire_out w = wire_out(whole, sizeof whole);

    wire_put(&t, type, strlen(type));
    put_value(&t, tag, value, n);
    put_value(&p, 0x30, text, t.len);
    put_value(&w, 0x31, pair, p.len);
    assert_true(wire_fits(&t) && wire_fits(&p) && wire_fits(&w));
    wire_put(out, whole, w.len);
}

/* A certificate as far as its subject, of the parts given. */
static struct span certificate(const struct wire_out *subject, bool version)
{
    static uint8_t whole[4096];
    uint8_t body[3500], outer[3600];
    struct wire_out b = wire_out(body, sizeof body), o = wire_out(outer, sizeof outer);
    struct wire_out w = wire_out(whole, sizeof whole);

    if (version)
        put_value(&b, 0xa0, "\x02\x01\x02", 3);
    put_value(&b, 0x02, "\x01", 1);
    put_value(&b, 0x30, "alg", 3);
    put_value(&b, 0x30, "issuer", 6);
    put_value(&b, 0x30, "validity", 8);
    put_value(&b, 0x30, subject->data, subject->len);
    put_value(&b, 0x30, "key", 3);
    put_value(&o, 0x30, body, b.len);
    put_value(&w, 0x30, outer, o.len);
    assert_true(wire_fits(&b) && wire_fits(&o) && wire_fits(&w));
    return span_of(whole, w.len);
}

static void expect(const struct wire_out *subject, const char *wanted)
{
    char text[4096];

    for (int version = 0; version < 2; version++) {
        struct wire_out out = wire_out(text, sizeof text);

        assert_true(certname_put(&out, certificate(subject, version)));
        assert_string_equal(text, wanted);
        assert_int_equal(out.len, strlen(wanted) + 1);
    }
}

/* One CommonName. */
static void expect_text(uint8_t tag, const char *value, size_t n, const char *wanted)
{
    uint8_t bytes[2300];
    struct wire_out subject = wire_out(bytes, sizeof bytes);

    put_part(&subject, CN, tag, value, n);
    expect(&subject, wanted);
}

static void the_last_part_comes_first(void **state)
{
    uint8_t bytes[200];
    struct wire_out subject = wire_out(bytes, sizeof bytes);

    (void)state;
    put_part(&subject, "\x06\x03\x55\x04\x06", 0x13, "DE", 2);
    put_part(&subject, O, 0x0c, "Example", 7);
    put_part(&subject, CN, 0x0c, "alice", 5);
    expect(&subject, "CN=alice,O=Example,C=DE");
}

static void parts_with_two_attributes(void **state)
{
    static const char both[] = "\x31\x16"
                               "\x30\x09" CN "\x0c\x02"
                               "ab"
                               "\x30\x09" O "\x0c\x02"
                               "cd";
    struct wire_out subject = wire_out((char[64]){ 0 }, 64);

    (void)state;
    wire_put(&subject, both, sizeof both - 1);
    expect(&subject, "CN=ab+O=cd");
}

static void types_that_have_no_name(void **state)
{
    struct wire_out subject = wire_out((char[64]){ 0 }, 64);

    (void)state;
    put_part(&subject, "\x06\x03\x55\x04\x7f", 0x0c, "x", 1);
    expect(&subject, "?=x");
}

static void no_value_looks_like_two(void **state)
{
    (void)state;
    expect_text(0x0c, "a,O=b", 5, "CN=a\\,O=b");
    expect_text(0x0c, "a+b\"c\\<>;", 9, "CN=a\\+b\\\"c\\\\\\<\\>\\;");
    expect_text(0x0c, " #a ", 4, "CN=\\ #a\\ ");
    expect_text(0x0c, "#", 1, "CN=\\#");
    expect_text(0x16, "good.org\0.bad.org", 17, "CN=good.org\\00.bad.org");
    expect_text(0x13, "\x1b[2J", 4, "CN=\\1B[2J");
    expect_text(0x0c, "", 0, "CN=");
}

static void text_of_other_kinds(void **state)
{
    (void)state;
    expect_text(0x0c, "J\xc3\xb6rg", 5, "CN=J\xc3\xb6rg");
    expect_text(0x14, "J\xf6rg", 4, "CN=J\\F6rg");
    expect_text(0x1e, "\0a\0b", 4, "CN=#00610062");
    expect_text(0x04, "", 0, "CN=#");
}

static void long_values(void **state)
{
    char value[1500], wanted[1504];

    (void)state;
    memset(value, 'x', sizeof value);
    for (size_t n = 120; n <= sizeof value; n += n < 300 ? 1 : 300) {
        memcpy(wanted, "CN=", 3);
        memcpy(wanted + 3, value, n);
        wanted[n + 3] = '\0';
        expect_text(0x0c, value, n, wanted);
    }
}

static void without_a_subject_there_is_no_name(void **state)
{
    struct wire_out subject = wire_out((char[8]){ 0 }, 8);
    struct wire_out text = wire_out((char[64]){ 0 }, 64);

    (void)state;
    assert_false(certname_put(&text, certificate(&subject, true)));
    assert_false(certname_put(&text, span_of(NULL, 0)));
    assert_false(certname_put(&text, span_str("\x30\x84\xff\xff\xff\xff")));
    assert_false(certname_put(&text, span_str("\x30\x80")));
    assert_false(certname_put(&text, span_str("\x30\x85\x01\x01\x01\x01\x01")));
}

static void more_parts_than_a_name_has(void **state)
{
    uint8_t bytes[1000];
    struct wire_out subject = wire_out(bytes, sizeof bytes);
    struct wire_out text = wire_out((char[1000]){ 0 }, 1000);

    (void)state;
    for (int i = 0; i < 33; i++)
        put_part(&subject, CN, 0x0c, "a", 1);
    assert_false(certname_put(&text, certificate(&subject, true)));
}

static void too_little_room(void **state)
{
    struct wire_out subject = wire_out((char[64]){ 0 }, 64);
    struct wire_out enough = wire_out((char[9]){ 0 }, 9), text = wire_out((char[8]){ 0 }, 8);

    (void)state;
    put_part(&subject, CN, 0x0c, "alice", 5);
    assert_true(certname_put(&enough, certificate(&subject, true)));
    assert_false(certname_put(&text, certificate(&subject, true)));
}

/* Whatever is cut off or changed, what is read stays inside: the sanitizers look on. */
static void damaged_certificates(void **state)
{
    struct wire_out subject = wire_out((char[64]){ 0 }, 64);
    char room[200];
    struct span whole;

    (void)state;
    put_part(&subject, CN, 0x0c, "alice", 5);
    whole = certificate(&subject, true);
    for (size_t n = 0; n < whole.len; n++) {
        uint8_t *part = malloc(n > 0 ? n : 1);
        struct wire_out text = wire_out(room, sizeof room);

        assert_non_null(part);
        memcpy(part, whole.data, n);
        assert_false(certname_put(&text, span_of(part, n)));
        free(part);
    }
    for (size_t i = 0; i < 8 * whole.len; i++) {
        uint8_t *bent = malloc(whole.len);
        struct wire_out text = wire_out(room, sizeof room);

        assert_non_null(bent);
        memcpy(bent, whole.data, whole.len);
        bent[i / 8] ^= (uint8_t)(1 << i % 8);
        (void)certname_put(&text, span_of(bent, whole.len));
        free(bent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_part_comes_first),
        cmocka_unit_test(parts_with_two_attributes),
        cmocka_unit_test(types_that_have_no_name),
        cmocka_unit_test(no_value_looks_like_two),
        cmocka_unit_test(text_of_other_kinds),
        cmocka_unit_test(long_values),
        cmocka_unit_test(without_a_subject_there_is_no_name),
        cmocka_unit_test(more_parts_than_a_name_has),
        cmocka_unit_test(too_little_room),
        cmocka_unit_test(damaged_certificates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
