/* SPDX-License-Identifier: Apache-2.0 */
/* test-message.c: the codecs of the three messages, of AV pairs and of the NTLMv2 answer. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugins/ntlm/avpair.h"
#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/message.h"

#define CHARSET (NTLM_UNICODE | NTLM_NTLM)
static const uint8_t pairs[] = "\2\0\4\0D\0O\0\1\0\2\0S\0\7\0\10\0"
                               "12345678\0\0\0"; /* and the last NUL of the literal */

static uint8_t room[1024];

static struct span negotiate(void)
{
    const struct ntlm_negotiate m = {
        .flags = CHARSET | NTLM_VERSION | NTLM_DOMAIN_SUPPLIED | NTLM_WORKSTATION_SUPPLIED,
        .domain = span_str("DOMAIN"),
        .workstation = span_str("HOST"),
        .version = ntlm_version,
    };
    struct wire_out out = wire_out(room, sizeof room);

    ntlm_put_negotiate(&out, &m);
    assert_true(wire_fits(&out));
    return span_of(room, out.len);
}

static struct span challenge(void)
{
    const struct ntlm_challenge m = {
        .flags = CHARSET | NTLM_VERSION | NTLM_TARGET_INFO | NTLM_TARGET_SERVER,
        .nonce = "\1\2\3\4\5\6\7\10",
        .target_name = span_of("D\0O\0", 4),
        .target_info = span_of(pairs, sizeof pairs),
        .version = ntlm_version,
    };
    struct wire_out out = wire_out(room, sizeof room);

    ntlm_put_challenge(&out, &m);
    assert_true(wire_fits(&out));
    return span_of(room, out.len);
}

static struct span authenticate(bool with_mic)
{
    const struct ntlm_authenticate m = {
        .flags = CHARSET | NTLM_VERSION,
        .lm = span_str("lm lm lm lm lm lm lm lm "),
        .nt = span_str("nt nt nt nt nt nt nt nt nt nt nt nt nt nt nt nt "),
        .domain = span_of("D\0", 2),
        .user = span_of("u\0", 2),
        .workstation = span_of("w\0", 2),
        .key = span_str("0123456789abcdef"),
        .version = ntlm_version,
        .mic = span_str(with_mic ? "what is here now" : ""),
    };
    struct wire_out out = wire_out(room, sizeof room);

    ntlm_put_authenticate(&out, &m);
    assert_true(wire_fits(&out));
    return span_of(room, out.len);
}

static void what_is_put_is_got(void **state)
{
    struct ntlm_negotiate n = { 0 };
    struct ntlm_challenge c = { 0 };
    struct ntlm_authenticate a = { 0 };

    (void)state;
    assert_null(ntlm_get_negotiate(negotiate(), &n));
    assert_true(span_is(n.domain, "DOMAIN", 6) && span_is(n.workstation, "HOST", 4));
    assert_true(span_eq(n.version, ntlm_version));
    assert_null(ntlm_get_challenge(challenge(), &c));
    assert_memory_equal(c.nonce, "\1\2\3\4\5\6\7\10", 8);
    assert_true(span_is(c.target_name, "D\0O\0", 4));
    assert_true(span_is(c.target_info, pairs, sizeof pairs));
    assert_true(span_eq(c.version, ntlm_version));
    for (int mic = 0; mic < 2; mic++) {
        assert_null(ntlm_get_authenticate(authenticate(mic), &a));
        assert_int_equal(a.flags, CHARSET | NTLM_VERSION);
        assert_int_equal(a.lm.len, 24);
        assert_int_equal(a.nt.len, 48);
        assert_true(span_is(a.domain, "D\0", 2) && span_is(a.user, "u\0", 2));
        assert_true(span_is(a.workstation, "w\0", 2) && span_is(a.key, "0123456789abcdef", 16));
        assert_int_equal(a.mic.len, mic ? 16 : 0);
        if (mic) {
            assert_ptr_equal(a.mic.data, room + NTLM_MIC_OFFSET);
            assert_memory_equal(a.mic.data, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        }
    }
}

static void counting_and_writing_agree(void **state)
{
    const struct ntlm_challenge m = { .flags = CHARSET,
                                      .target_info = span_of(pairs, sizeof pairs) };
    struct wire_out count = wire_out(NULL, 0);

    (void)state;
    ntlm_put_challenge(&count, &m);
    uint8_t *exact = malloc(count.len);
    struct wire_out out = wire_out(exact, count.len);
    ntlm_put_challenge(&out, &m);
    assert_true(wire_fits(&out));
    free(exact);
}

typedef const char *any_reader(struct span token);

static const char *read_negotiate(struct span token)
{
    struct ntlm_negotiate m;

    memset(&m, 0x55, sizeof m);
    struct ntlm_negotiate before = m;
    const char *fault = ntlm_get_negotiate(token, &m);
    if (fault)
        assert_memory_equal(&m, &before, sizeof m); /* nothing was left behind */
    return fault;
}

static const char *read_challenge(struct span token)
{
    struct ntlm_challenge m;

    memset(&m, 0x55, sizeof m);
    struct ntlm_challenge before = m;
    const char *fault = ntlm_get_challenge(token, &m);
    if (fault)
        assert_memory_equal(&m, &before, sizeof m);
    return fault;
}

static const char *read_authenticate(struct span token)
{
    struct ntlm_authenticate m;

    memset(&m, 0x55, sizeof m);
    struct ntlm_authenticate before = m;
    const char *fault = ntlm_get_authenticate(token, &m);
    if (fault)
        assert_memory_equal(&m, &before, sizeof m);
    return fault;
}

/* Read n bytes of a message in memory of just that size. */
static const char *read_exact(any_reader *read, const void *bytes, size_t n)
{
    uint8_t *exact = malloc(n > 0 ? n : 1);

    memcpy(exact, bytes, n);
    const char *fault = read(span_of(exact, n));
    free(exact);
    return fault;
}

static void every_message_cut_short_is_refused(void **state)
{
    static any_reader *const read[] = { read_negotiate, read_challenge, read_authenticate };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct span token = i == 0 ? negotiate() : i == 1 ? challenge() : authenticate(true);

        for (size_t n = 0; n < token.len; n++)
            assert_non_null(read_exact(read[i], token.data, n));
        assert_null(read_exact(read[i], token.data, token.len));
    }
}

/* Set each descriptor of a message to extremes; whatever it says, no byte outside is touched. */
static void extremes_of_every_descriptor(void **state)
{
    static const uint16_t lengths[] = { 0, 1, 2, 15, 16, 17, 255, 0x7fff, 0x8000, 0xffff };
    static const uint32_t offsets[] = { 0,  1,   8,          63,         64,         72,
                                        88, 100, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff };
    static const struct {
        any_reader *read;
        int which;
        size_t first, n, header;
    } kinds[] = {
        { read_negotiate, 0, 16, 2, 32 },
        { read_challenge, 1, 12, 1, 48 },
        { read_challenge, 1, 40, 1, 48 },
        { read_authenticate, 2, 12, 6, 64 },
    };

    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (size_t d = 0; d < kinds[k].n; d++)
            for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
                for (size_t j = 0; j < sizeof offsets / sizeof offsets[0]; j++) {
                    uint8_t bytes[512];
                    struct span token = kinds[k].which == 0   ? negotiate()
                                        : kinds[k].which == 1 ? challenge()
                                                              : authenticate(true);
                    size_t at = kinds[k].first + 8 * d, len = lengths[i], off = offsets[j];

                    memcpy(bytes, token.data, token.len);
                    struct wire_out out = wire_out(bytes + at, 8);
                    wire_put_u16le(&out, lengths[i]);
                    wire_put_u16le(&out, 0xffff);
                    wire_put_u32le(&out, offsets[j]);
                    bool inside = len == 0 || (off >= kinds[k].header && off <= token.len &&
                                               len <= token.len - off);
                    const char *fault = read_exact(kinds[k].read, bytes, token.len);
                    if (!inside)
                        assert_non_null(fault);
                }
}

static void version_and_mic_need_room(void **state)
{
    struct ntlm_authenticate a = { 0 };
    uint8_t bytes[512];
    struct span token = authenticate(true);

    (void)state;
    memcpy(bytes, token.data, token.len);
    bytes[32] = 87; /* the domain's offset: the payload begins within the MIC */
    assert_null(ntlm_get_authenticate(span_of(bytes, token.len), &a));
    assert_int_equal(a.mic.len, 0);
    assert_int_equal(a.version.len, 8);
    bytes[32] = 71; /* within the version */
    assert_null(ntlm_get_authenticate(span_of(bytes, token.len), &a));
    assert_int_equal(a.version.len, 0);
    bytes[32] = 63;
    assert_non_null(ntlm_get_authenticate(span_of(bytes, token.len), &a));
}

static void a_length_that_does_not_fit_spoils_the_message(void **state)
{
    uint8_t *huge = calloc(1, 0x10000);
    const struct ntlm_authenticate m = { .nt = span_of(huge, 0x10000) };
    struct wire_out count = wire_out(NULL, 0);

    (void)state;
    ntlm_put_authenticate(&count, &m);
    assert_true(count.bad);
    free(huge);
}

static void types_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(ntlm_type(negotiate()), 1);
    assert_int_equal(ntlm_type(challenge()), 2);
    assert_int_equal(ntlm_type(authenticate(false)), 3);
    assert_int_equal(ntlm_type(span_str("NTLMSSP")), 0);
    assert_int_equal(ntlm_type(span_of("NTLMSSP\0\4\0\0\0", 12)), 0);
    assert_int_equal(ntlm_type(span_of(NULL, 0)), 0);
}

/* --- AV pairs --------------------------------------------------------------------------------- */

static void pairs_are_taken_apart(void **state)
{
    struct ntlm_avs avs = { 0 };

    (void)state;
    assert_null(ntlm_get_avs(span_of(pairs, sizeof pairs), &avs));
    assert_int_equal(avs.present, 1 << 1 | 1 << 2 | 1 << 7);
    assert_true(span_is(avs.value[NTLM_AV_NB_DOMAIN], "D\0O\0", 4));
    assert_true(span_is(avs.value[NTLM_AV_NB_COMPUTER], "S\0", 2));
    assert_true(ntlm_av_timestamp(&avs) == UINT64_C(0x3837363534333231));
    assert_int_equal(ntlm_av_flags(&avs), 0);
}

static void every_list_cut_short_is_refused(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof pairs; n++) {
        uint8_t *exact = malloc(n > 0 ? n : 1);
        struct ntlm_avs avs = { 0 };

        memcpy(exact, pairs, n);
        assert_non_null(ntlm_get_avs(span_of(exact, n), &avs));
        assert_int_equal(avs.present, 0);
        free(exact);
    }
}

/* Which lengths each id may have; an id we do not know may have any. */
static void lengths_must_suit_the_id(void **state)
{
    (void)state;
    for (uint16_t id = 1; id < 13; id++)
        for (uint16_t len = 0; len < 64; len++) {
            uint8_t list[80] = { 0 };
            struct wire_out out = wire_out(list, sizeof list);
            struct ntlm_avs avs = { 0 };
            bool fits = id == 6    ? len == 4
                        : id == 7  ? len == 8
                        : id == 8  ? len >= 48
                        : id == 10 ? len == 16
                        : id > 10  ? true
                                   : len % 2 == 0;

            ntlm_put_av(&out, id, span_of(list + 70, 0));
            out.len = 2;
            wire_put_u16le(&out, len);
            wire_put_zeros(&out, len);
            ntlm_put_av_end(&out);
            assert_true((ntlm_get_avs(span_of(list, out.len), &avs) == NULL) == fits);
        }
}

static void no_known_id_may_come_twice(void **state)
{
    (void)state;
    for (uint16_t id = 1; id < 13; id++) {
        static const uint8_t value[48];
        size_t len = id == 6 ? 4 : id == 7 ? 8 : id == 8 ? 48 : id == 10 ? 16 : 2;
        uint8_t list[256];
        struct wire_out out = wire_out(list, sizeof list);
        struct ntlm_avs avs = { 0 };

        ntlm_put_av(&out, id, span_of(value, len));
        ntlm_put_av(&out, id, span_of(value, len));
        ntlm_put_av_end(&out);
        assert_true((ntlm_get_avs(span_of(list, out.len), &avs) == NULL) == (id >= NTLM_AV_KNOWN));
    }
}

static void put_pairs_are_got(void **state)
{
    uint8_t list[64];
    struct wire_out out = wire_out(list, sizeof list);
    struct ntlm_avs avs = { 0 };

    (void)state;
    ntlm_put_av_u32(&out, NTLM_AV_FLAGS, 0x12345678);
    ntlm_put_av_u64(&out, NTLM_AV_TIMESTAMP, UINT64_C(0x0123456789abcdef));
    ntlm_put_av(&out, NTLM_AV_TARGET_NAME, span_of(NULL, 0));
    ntlm_put_av_end(&out);
    wire_put_zeros(&out, 4);
    assert_null(ntlm_get_avs(span_of(list, out.len), &avs));
    assert_int_equal(ntlm_av_flags(&avs), 0x12345678);
    assert_true(ntlm_av_timestamp(&avs) == UINT64_C(0x0123456789abcdef));
    assert_true(ntlm_has_av(&avs, NTLM_AV_TARGET_NAME));
    assert_int_equal(avs.value[NTLM_AV_TARGET_NAME].len, 0);
}

/* --- the NTLMv2 answer ------------------------------------------------------------------------ */

static void answers_are_taken_apart(void **state)
{
    uint8_t nt[64];
    struct wire_out out = wire_out(nt, sizeof nt);
    struct ntlm_v2 m = { 0 };

    (void)state;
    wire_put(&out, "0123456789abcdef", 16);
    ntlm_put_v2_head(&out, 77, span_str("nonsense"));
    ntlm_put_av_end(&out);
    assert_int_equal(out.len, NTLM_V2_LEAST);
    assert_null(ntlm_get_v2(span_of(nt, out.len), &m));
    assert_true(span_is(m.proof, "0123456789abcdef", 16));
    assert_true(span_is(m.temp, nt + 16, out.len - 16));
    assert_true(span_is(m.nonce, "nonsense", 8));
    assert_true(m.time == 77);
    assert_int_equal(m.pairs.len, 4);
    for (size_t n = 0; n < out.len; n++) {
        uint8_t *exact = malloc(n > 0 ? n : 1);

        memcpy(exact, nt, n);
        assert_non_null(ntlm_get_v2(span_of(exact, n), &m));
        free(exact);
    }
    nt[16] = 2;
    assert_non_null(ntlm_get_v2(span_of(nt, out.len), &m));
    nt[16] = 1;
    nt[17] = 0;
    assert_non_null(ntlm_get_v2(span_of(nt, out.len), &m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_got),
        cmocka_unit_test(counting_and_writing_agree),
        cmocka_unit_test(every_message_cut_short_is_refused),
        cmocka_unit_test(extremes_of_every_descriptor),
        cmocka_unit_test(version_and_mic_need_room),
        cmocka_unit_test(a_length_that_does_not_fit_spoils_the_message),
        cmocka_unit_test(types_are_told_apart),
        cmocka_unit_test(pairs_are_taken_apart),
        cmocka_unit_test(every_list_cut_short_is_refused),
        cmocka_unit_test(lengths_must_suit_the_id),
        cmocka_unit_test(no_known_id_may_come_twice),
        cmocka_unit_test(put_pairs_are_got),
        cmocka_unit_test(answers_are_taken_apart),
    };

    return cmocka_run_group_tests_name("ntlm messages", tests, NULL, NULL);
}
