/* SPDX-License-Identifier: Apache-2.0 */
/* test-explain.c: what is told of a token, and what is not. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugins/ntlm/avpair.h"
#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/message.h"
#include "plugins/ntlm/ntlm.h"
#include "plugins/ntlm/test-pair.h"
#include "plugins/ntlm/test-vectors.h"

struct told {
    char text[8192];
    size_t len;
};

static void hear(void *arg, unsigned depth, const char *name, const char *text)
{
    struct told *told = arg;
    int n = snprintf(told->text + told->len, sizeof told->text - told->len, "%*s%s: %s\n",
                     (int)(2 * depth), "", name, text);

    assert_true(n > 0 && (size_t)n < sizeof told->text - told->len);
    told->len += (size_t)n;
}

static SECURITY_STATUS explain(struct span token, struct told *told)
{
    *told = (struct told){ .len = 0 };
    return ntlm_package.explain(token, hear, told);
}

static void a_negotiate_is_told(void **state)
{
    static const char token[] = "NTLMSSP\0\1\0\0\0\x07\x82\x08\xa2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                "\x06\x01\xb1\x1d\0\0\0\x0f";
    struct told told;

    (void)state;
    assert_int_equal(explain(span_of(token, 40), &told), SEC_E_OK);
    assert_string_equal(told.text, "MessageType: 1 NEGOTIATE\n"
                                   "NegotiateFlags: 0xa2088207\n"
                                   "  UNICODE: 0x00000001\n"
                                   "  OEM: 0x00000002\n"
                                   "  REQUEST_TARGET: 0x00000004\n"
                                   "  NTLM: 0x00000200\n"
                                   "  ALWAYS_SIGN: 0x00008000\n"
                                   "  EXTENDED_SESSIONSECURITY: 0x00080000\n"
                                   "  VERSION: 0x02000000\n"
                                   "  128: 0x20000000\n"
                                   "  56: 0x80000000\n"
                                   "DomainName: \n"
                                   "Workstation: \n"
                                   "Version: 6.1 build 7601, NTLM revision 15\n");
}

/* The capture of a real Windows client. */
static void a_whole_exchange_is_told_without_its_secrets(void **state)
{
    static const char *const parts[] = {
        "MessageType: 3 AUTHENTICATE\n",
        "place for a MIC: 16 bytes\n",
        "kind: NTLMv2\n",
        "LmChallengeResponse: 24 bytes\n",
        "NTProofStr: 16 bytes\n",
        "MIC present",
        "MsvAvChannelBindings: an MD5 of 16 bytes\n",
        "MsvAvTargetName: ",
        "MsvAvSingleHost: 48 bytes\n",
        "TimeStamp: 20",
    };
    struct vector v;
    struct told told;

    (void)state;
    assert_true(vectors_open("ntlm-vectors.txt"));
    do
        assert_true(vectors_next(&v));
    while (strcmp(v.op, "ntlm.flow") != 0);
    assert_int_equal(explain(vector_bytes(&v, "challenge"), &told), SEC_E_OK);
    assert_non_null(strstr(told.text, "MessageType: 2 CHALLENGE\n"));
    assert_non_null(strstr(told.text, "ServerChallenge: 8 bytes\n"));
    assert_int_equal(explain(vector_bytes(&v, "authenticate"), &told), SEC_E_OK);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!strstr(told.text, parts[i]))
            fail_msg("%s is not told", parts[i]);
    vectors_close();
}

static void what_is_wrong_is_told(void **state)
{
    struct vector v;
    struct told told;
    size_t n = 0;

    (void)state;
    assert_true(vectors_open("ntlm-hostile.txt"));
    while (vectors_next(&v)) {
        bool auth = strcmp(v.op, "ntlm.hostile.auth") == 0;
        SECURITY_STATUS status =
            explain(vector_bytes(&v, auth ? "authenticate" : "message"), &told);

        if (status == SEC_E_UNSUPPORTED_FUNCTION) { /* too short to be anybody's */
            assert_string_equal(told.text, "");
            continue;
        }
        assert_true(status == SEC_E_OK || status == SEC_E_INVALID_TOKEN);
        assert_true((status == SEC_E_OK) == !strstr(told.text, "!: "));
        n += status == SEC_E_INVALID_TOKEN;
        if (status == SEC_E_INVALID_TOKEN && strcmp(v.title, "CHA type 3") != 0)
            assert_int_equal(vector_status(&v), SEC_E_INVALID_TOKEN);
    }
    vectors_close();
    assert_true(n > 60);
    assert_int_equal(explain(span_str("GET / HTTP/1.1"), &told), SEC_E_UNSUPPORTED_FUNCTION);
    assert_string_equal(told.text, "");
    assert_int_equal(explain(span_str("ntlmssp, or so"), &told), SEC_E_INVALID_TOKEN);
    assert_string_equal(told.text, "!: not an NTLM message\n");
}

static void every_prefix_is_survived(void **state)
{
    struct test_pair p;
    struct told told;

    (void)state;
    test_pair_open(&p, NULL);
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_initiate(&p.client, test_reply(&p.server)), SEC_E_OK);
    for (size_t end = 0; end < 2; end++) {
        struct span token = test_reply(end == 0 ? &p.server : &p.client);

        for (size_t n = 0; n < token.len; n++) {
            uint8_t *exact = malloc(n > 0 ? n : 1);

            memcpy(exact, token.data, n);
            assert_int_equal(explain(span_of(exact, n), &told),
                             n < 7 ? SEC_E_UNSUPPORTED_FUNCTION : SEC_E_INVALID_TOKEN);
            free(exact);
        }
    }
    test_pair_close(&p);
}

static void names_cannot_write_on_the_terminal(void **state)
{
    const struct ntlm_negotiate m = { .flags = NTLM_OEM | NTLM_NTLM | NTLM_DOMAIN_SUPPLIED,
                                      .domain = span_str("\x1b[31mred\n!: x\x7f") };
    uint8_t token[128];
    struct wire_out out = wire_out(token, sizeof token);
    struct told told;

    (void)state;
    ntlm_put_negotiate(&out, &m);
    assert_int_equal(explain(span_of(token, out.len), &told), SEC_E_OK);
    assert_non_null(strstr(told.text, "DomainName: ?[31mred?!: x?\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_negotiate_is_told),
        cmocka_unit_test(a_whole_exchange_is_told_without_its_secrets),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(every_prefix_is_survived),
        cmocka_unit_test(names_cannot_write_on_the_terminal),
    };

    return cmocka_run_group_tests_name("ntlm explain", tests, NULL, NULL);
}
