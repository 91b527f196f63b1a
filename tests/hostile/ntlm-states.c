/* SPDX-License-Identifier: Apache-2.0 */
/* ntlm-states.c: tokens out of turn, from elsewhere, bent on the way; and memory that runs out. */
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
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/keys.h"
#include "plugins/ntlm/message.h"
#include "plugins/ntlm/test-pair.h"

/* A copy of a token, so that it outlives the leg that made it. */
struct kept {
    uint8_t bytes[4096];
    size_t len;
};

static struct span keep(struct kept *k, struct span token)
{
    assert_true(token.len <= sizeof k->bytes);
    memcpy(k->bytes, token.data, token.len);
    k->len = token.len;
    return span_of(k->bytes, k->len);
}

static const struct test_options sealed = { .isc = TEST_SEAL };

/* The three tokens of an exchange that went well, the contexts of which are gone. */
static void three_tokens(struct test_pair *p, struct kept t[3])
{
    assert_int_equal(test_initiate(&p->client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_accept(&p->server, keep(&t[0], test_reply(&p->client))),
                     SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_initiate(&p->client, keep(&t[1], test_reply(&p->server))), SEC_E_OK);
    assert_int_equal(test_accept(&p->server, keep(&t[2], test_reply(&p->client))), SEC_E_OK);
    test_pair_again(p);
}

static struct span kept(const struct kept *k)
{
    return span_of(k->bytes, k->len);
}

/* --- out of turn ------------------------------------------------------------------------------ */

static void a_server_takes_only_what_is_due(void **state)
{
    struct test_pair p;
    struct kept t[3];

    (void)state;
    test_pair_open(&p, &sealed);
    three_tokens(&p, t);
    for (size_t first = 1; first < 3; first++) {
        assert_int_equal(test_accept(&p.server, kept(&t[first])), SEC_E_INVALID_TOKEN);
        assert_null(p.server.ctx); /* a first leg that fails leaves no context */
    }
    assert_int_equal(test_accept(&p.server, span_of(NULL, 0)), SEC_E_INVALID_TOKEN);
    for (size_t second = 0; second < 2; second++) {
        assert_int_equal(test_accept(&p.server, kept(&t[0])), SEC_I_CONTINUE_NEEDED);
        assert_int_equal(test_accept(&p.server, kept(&t[second])), SEC_E_INVALID_TOKEN);
        assert_non_null(p.server.ctx); /* one that fails later does: the caller deletes it */
        assert_int_equal(test_accept(&p.server, kept(&t[2])), SEC_E_OUT_OF_SEQUENCE);
        test_pair_again(&p);
    }
    assert_int_equal(test_accept(&p.server, kept(&t[0])), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_accept(&p.server, span_of(NULL, 0)), SEC_E_INVALID_TOKEN);
    test_pair_close(&p);
}

static void a_client_takes_only_what_is_due(void **state)
{
    struct test_pair p;
    struct kept t[3];

    (void)state;
    test_pair_open(&p, &sealed);
    three_tokens(&p, t);
    for (size_t first = 0; first < 3; first++) {
        assert_int_equal(test_initiate(&p.client, kept(&t[first])), SEC_E_INVALID_TOKEN);
        assert_null(p.client.ctx);
    }
    for (size_t second = 0; second < 3; second += 2) {
        assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
        assert_int_equal(test_initiate(&p.client, kept(&t[second])), SEC_E_INVALID_TOKEN);
        assert_non_null(p.client.ctx);
        test_pair_again(&p);
    }
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_E_INVALID_TOKEN);
    test_pair_close(&p);
}

static void nothing_comes_after_the_end(void **state)
{
    struct test_pair p;
    struct kept t[3];

    (void)state;
    test_pair_open(&p, &sealed);
    three_tokens(&p, t);
    assert_int_equal(test_exchange(&p), SEC_E_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(test_initiate(&p.client, kept(&t[i])), SEC_E_OUT_OF_SEQUENCE);
        assert_int_equal(test_accept(&p.server, kept(&t[i])), SEC_E_OUT_OF_SEQUENCE);
    }
    test_pair_close(&p);
}

static void a_context_stays_on_its_side(void **state)
{
    struct test_pair p;

    (void)state;
    test_pair_open(&p, &sealed);
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    p.server.ctx = p.client.ctx;
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_E_INVALID_HANDLE);
    p.server.ctx = NULL;
    test_pair_close(&p);
}

/* --- from elsewhere --------------------------------------------------------------------------- */

/* A2.7: an answer is good for one challenge only, be it of the same server at the same time. */
static void an_answer_to_another_challenge_is_denied(void **state)
{
    (void)state;
    for (int later = 0; later < 2; later++) {
        struct test_pair p;
        struct kept t[3];

        test_pair_open(&p, &sealed);
        three_tokens(&p, t);
        test_host.now += later * 10000000;
        assert_int_equal(test_accept(&p.server, kept(&t[0])), SEC_I_CONTINUE_NEEDED);
        assert_int_equal(test_accept(&p.server, kept(&t[2])), SEC_E_LOGON_DENIED);
        test_pair_close(&p);
    }
}

/* A2.35, where the setting says that this process does not talk to itself. */
static void our_own_clients_answer_is_denied_if_so_set(void **state)
{
    static const struct test_setting no[] = { { "loopback", "false" }, { NULL, NULL } };
    const struct test_options o = { .server = no };
    struct test_pair p;

    (void)state;
    test_pair_open(&p, &o);
    assert_int_equal(test_exchange(&p), SEC_E_LOGON_DENIED);
    test_pair_close(&p);
}

static void a_challenge_of_zeros_is_answered(void **state)
{
    static const uint8_t zeros[8];
    struct test_pair p;

    (void)state;
    test_pair_open(&p, &sealed);
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    test_host.nonce = zeros;
    test_host.nonce_len = sizeof zeros;
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_initiate(&p.client, test_reply(&p.server)), SEC_E_OK);
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_E_OK);
    test_pair_close(&p);
}

/* --- bent on the way -------------------------------------------------------------------------- */

/* Whichever bit of whichever message is flipped: the server does not say yes. */
static void no_bit_may_change_on_the_way(void **state)
{
    struct test_pair p;
    struct kept t[3];

    (void)state;
    test_pair_open(&p, &sealed);
    three_tokens(&p, t);
    test_host.tracing = false;
    for (size_t message = 0; message < 3; message++)
        for (size_t bit = 0; bit < 8 * t[message].len; bit++) {
            struct kept bent;
            SECURITY_STATUS status = test_initiate(&p.client, span_of(NULL, 0));

            assert_int_equal(status, SEC_I_CONTINUE_NEEDED);
            for (size_t i = 0; i < 3 && status >= 0; i++) {
                keep(&bent, test_reply(i == 1 ? &p.server : &p.client));
                if (i == message)
                    bent.bytes[bit / 8 % bent.len] ^= (uint8_t)(1 << bit % 8);
                status = i == 1 ? test_initiate(&p.client, kept(&bent))
                                : test_accept(&p.server, kept(&bent));
            }
            if (status >= 0)
                fail_msg("message %zu, bit %zu", message + 1, bit);
            test_pair_again(&p);
        }
    test_pair_close(&p);
}

static void no_byte_may_be_added_or_cut(void **state)
{
    struct test_pair p;
    struct kept t[3];

    (void)state;
    test_pair_open(&p, &sealed);
    three_tokens(&p, t);
    for (size_t n = 0; n < t[2].len; n++) {
        uint8_t *exact = malloc(n > 0 ? n : 1);

        memcpy(exact, t[2].bytes, n);
        assert_int_equal(test_accept(&p.server, kept(&t[0])), SEC_I_CONTINUE_NEEDED);
        assert_int_equal(test_accept(&p.server, span_of(exact, n)), SEC_E_INVALID_TOKEN);
        test_pair_again(&p);
        free(exact);
    }
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_initiate(&p.client, test_reply(&p.server)), SEC_E_OK);
    keep(&t[2], test_reply(&p.client));
    t[2].bytes[t[2].len++] = 0;
    assert_int_equal(test_accept(&p.server, kept(&t[2])), SEC_E_MESSAGE_ALTERED);
    test_pair_close(&p);
}

/* --- answers made by hand --------------------------------------------------------------------- */

/* What a client of ours would not send. */
struct forged {
    uint32_t flags;              /* to put in place of the server's */
    const char *user, *domain;   /* UTF-16LE or OEM, as the flags say; user of user_len bytes */
    size_t user_len, domain_len; /* bytes */
    bool no_hash;                /* the proof is made with a hash of zeros */
    uint16_t extra_av;           /* an AV id to add, empty; 0: none */
};

static const struct span alice_utf16 = { (const uint8_t *)"a\0l\0i\0c\0e\0", 10 };

/* Answer the server's challenge as alice with "secret"; no key exchange. */
static struct span forge(struct test_pair *p, const struct forged *f, struct kept *out)
{
    struct secret hash = { 0 }, ntowfv2 = { 0 };
    struct ntlm_challenge c = { 0 };
    uint8_t nt[1024];
    struct wire_out put = wire_out(nt, sizeof nt), all = wire_out(out->bytes, sizeof out->bytes);
    struct span target_info;

    assert_null(ntlm_get_challenge(test_reply(&p->server), &c));
    assert_int_equal(ntlm_hash_password(span_str("secret"), &hash), SEC_E_OK);
    if (f->no_hash)
        memset(hash.bytes, 0, hash.len);
    ntlm_ntowfv2(&hash, f->no_hash ? span_of(f->user, f->user_len) : alice_utf16, span_of(NULL, 0),
                 &ntowfv2);
    target_info = span_of(c.target_info.data, c.target_info.len - 4);
    wire_put_zeros(&put, 16);
    ntlm_put_v2_head(&put, (uint64_t)TEST_NOW, span_str("12345678"));
    wire_put_span(&put, target_info);
    if (f->extra_av)
        ntlm_put_av(&put, f->extra_av, span_of(NULL, 0));
    ntlm_put_av_end(&put);
    ntlm_proof(&ntowfv2, span_of(c.nonce, 8), span_of(nt + 16, put.len - 16), nt);
    const struct ntlm_authenticate m = {
        .flags = f->flags ? f->flags : c.flags & ~(NTLM_KEY_EXCH | NTLM_SIGN | NTLM_SEAL),
        .user = span_of(f->user, f->user_len),
        .domain = span_of(f->domain, f->domain_len),
        .nt = span_of(nt, put.len),
    };
    ntlm_put_authenticate(&all, &m);
    assert_true(wire_fits(&all));
    out->len = all.len;
    return kept(out);
}

/* curl: OEM only, no version, no signing (flags 0x00088206), and no MIC later. */
static const char curl_negotiate[] =
    "NTLMSSP\0\1\0\0\0\x06\x82\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

static SECURITY_STATUS like_curl(const struct forged *f, const struct test_options *o)
{
    struct test_pair p;
    struct kept k;

    test_pair_open(&p, o);
    assert_int_equal(test_accept(&p.server, span_of(curl_negotiate, 32)), SEC_I_CONTINUE_NEEDED);
    SECURITY_STATUS status = test_accept(&p.server, forge(&p, f, &k));
    if (status == SEC_E_OK)
        assert_int_equal(p.server.granted, ASC_RET_CONNECTION);
    test_pair_close(&p);
    return status;
}

static void a_client_without_unicode_is_welcome(void **state)
{
    const struct forged oem = { .user = "alice", .user_len = 5 };
    const struct forged unicode = { .user = "a\0l\0i\0c\0e\0",
                                    .user_len = 10,
                                    .flags = NTLM_UNICODE | NTLM_NTLM | NTLM_ESS };
    struct test_pair p;
    struct ntlm_challenge c = { 0 };
    struct ntlm_avs avs = { 0 };

    (void)state;
    assert_int_equal(like_curl(&oem, NULL), SEC_E_OK);
    assert_int_equal(like_curl(&unicode, NULL), SEC_E_OK);
    test_pair_open(&p, NULL);
    assert_int_equal(test_accept(&p.server, span_of(curl_negotiate, 32)), SEC_I_CONTINUE_NEEDED);
    assert_null(ntlm_get_challenge(test_reply(&p.server), &c));
    assert_true(c.flags & NTLM_OEM && !(c.flags & NTLM_UNICODE));
    assert_null(ntlm_get_avs(c.target_info, &avs));
    assert_false(ntlm_has_av(&avs, NTLM_AV_TIMESTAMP));
    test_pair_close(&p);
}

/*
 * Who stands between a good client and us may send a NEGOTIATE like curl's to get a CHALLENGE
 * without timestamp, so that the client's answer has no MIC.  The pairs give it away.
 */
static void a_better_client_kept_in_the_dark_is_noticed(void **state)
{
    const struct forged f = { .user = "alice", .user_len = 5, .extra_av = NTLM_AV_TARGET_NAME };
    static const struct test_setting old[] = { { "require_mic", "false" }, { NULL, NULL } };
    const struct test_options lax = { .server = old };

    (void)state;
    assert_int_equal(like_curl(&f, NULL), SEC_E_MESSAGE_ALTERED);
    assert_int_equal(like_curl(&f, &lax), SEC_E_OK);
}

/* Answer a NEGOTIATE of Unicode and flags. */
static SECURITY_STATUS by_hand(uint32_t flags, const struct forged *f, const struct test_options *o)
{
    const struct ntlm_negotiate n = { .flags = NTLM_UNICODE | NTLM_NTLM | NTLM_ESS | flags };
    uint8_t token[64];
    struct wire_out out = wire_out(token, sizeof token);
    struct test_pair p;
    struct kept k;

    test_pair_open(&p, o);
    ntlm_put_negotiate(&out, &n);
    assert_int_equal(test_accept(&p.server, span_of(token, out.len)), SEC_I_CONTINUE_NEEDED);
    SECURITY_STATUS status = test_accept(&p.server, forge(&p, f, &k));
    test_pair_close(&p);
    return status;
}

/* For one who may not log on the work is done with a hash of zeros, which proves nothing. */
static void the_hash_of_zeros_is_nobodys(void **state)
{
    static const struct test_setting old[] = { { "require_mic", "false" }, { NULL, NULL } };
    const struct test_options lax = { .server = old };
    const struct forged unknown = { .user = "z\0", .user_len = 2, .no_hash = true };
    const struct forged disabled = { .user = "d\0o\0r\0a\0", .user_len = 8, .no_hash = true };
    const struct forged known = { .user = "a\0l\0i\0c\0e\0", .user_len = 10 };

    (void)state;
    assert_int_equal(by_hand(0, &known, &lax), SEC_E_OK); /* so it is not the form that fails */
    assert_int_equal(by_hand(0, &unknown, &lax), SEC_E_LOGON_DENIED);
    assert_int_equal(by_hand(0, &disabled, &lax), SEC_E_LOGON_DENIED);
}

/* Without a MIC flags may be cleared on the way; signing with less is refused all the same. */
static void signing_with_less_is_refused(void **state)
{
    static const struct test_setting old[] = { { "require_mic", "false" }, { NULL, NULL } };
    const struct test_options lax = { .server = old };
    const uint32_t offered = NTLM_SIGN | NTLM_128, base = NTLM_UNICODE | NTLM_NTLM | NTLM_SIGN;
    struct forged f = { .user = "a\0l\0i\0c\0e\0", .user_len = 10 };

    (void)state;
    f.flags = base | NTLM_ESS | NTLM_128;
    assert_int_equal(by_hand(offered, &f, &lax), SEC_E_OK);
    f.flags = base | NTLM_128;
    assert_int_equal(by_hand(offered, &f, &lax), SEC_E_UNSUPPORTED_FUNCTION);
    f.flags = base | NTLM_ESS;
    assert_int_equal(by_hand(offered, &f, &lax), SEC_E_UNSUPPORTED_FUNCTION);
}

/* Nobody gives no answer at all; no user but an LM answer is a user without a name. */
static void nobody_has_no_lm_answer(void **state)
{
    static const struct {
        const char *lm;
        size_t len;
        SECURITY_STATUS want;
    } cases[] = {
        { "", 0, SEC_E_OK },
        { "", 1, SEC_E_OK }, /* one byte of zero */
        { "x", 1, SEC_E_LOGON_DENIED },
        { "123456789012345678901234", 24, SEC_E_LOGON_DENIED },
    };
    const struct test_options o = { .asc = ASC_REQ_ALLOW_NULL_SESSION };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct ntlm_authenticate m = { .flags = NTLM_OEM | NTLM_NTLM | NTLM_ANONYMOUS,
                                             .lm = span_of(cases[i].lm, cases[i].len) };
        uint8_t token[128];
        struct wire_out out = wire_out(token, sizeof token);
        struct test_pair p;

        ntlm_put_authenticate(&out, &m);
        test_pair_open(&p, &o);
        assert_int_equal(test_accept(&p.server, span_of(curl_negotiate, 32)),
                         SEC_I_CONTINUE_NEEDED);
        assert_int_equal(test_accept(&p.server, span_of(token, out.len)), cases[i].want);
        test_pair_close(&p);
    }
}

static void names_beyond_bounds_are_malformed(void **state)
{
    static char domain[2 * 300];
    const struct forged longest = {
        .user = "a\0l\0i\0c\0e\0", .user_len = 10, .domain = domain, .domain_len = 510
    };
    const struct forged longer = {
        .user = "a\0l\0i\0c\0e\0", .user_len = 10, .domain = domain, .domain_len = 512
    };
    const struct forged oem = { .user = domain, .user_len = 257 };
    const struct forged nul = { .user = "a\0l\0i\0c\0e\0\0\0", .user_len = 12 };
    struct test_pair p;
    struct kept t[3], k;

    (void)state;
    assert_int_equal(like_curl(&oem, NULL), SEC_E_INVALID_TOKEN);
    test_pair_open(&p, &sealed);
    three_tokens(&p, t);
    assert_int_equal(test_accept(&p.server, kept(&t[0])), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_accept(&p.server, forge(&p, &longer, &k)), SEC_E_INVALID_TOKEN);
    test_pair_again(&p);
    assert_int_equal(test_accept(&p.server, kept(&t[0])), SEC_I_CONTINUE_NEEDED);
    /* The domain is not the one of the proof; that without a domain is, but there is no MIC. */
    assert_int_equal(test_accept(&p.server, forge(&p, &longest, &k)), SEC_E_MESSAGE_ALTERED);
    test_pair_again(&p);
    assert_int_equal(test_accept(&p.server, kept(&t[0])), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_accept(&p.server, forge(&p, &nul, &k)), SEC_E_LOGON_DENIED);
    test_pair_close(&p);
}

/* --- challenges made by hand ------------------------------------------------------------------ */

/* The server's CHALLENGE with other flags and pairs, answered by our client. */
static SECURITY_STATUS answer_to(uint32_t clear, uint32_t set, struct span pairs,
                                 struct ntlm_authenticate *m, struct kept *k)
{
    struct ntlm_challenge c = { 0 };
    struct test_pair p;
    struct kept challenge;

    test_pair_open(&p, &sealed);
    p.client.target = "host/server";
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_I_CONTINUE_NEEDED);
    assert_null(ntlm_get_challenge(test_reply(&p.server), &c));
    c.flags = (c.flags & ~clear) | set;
    if (pairs.data)
        c.target_info = pairs;
    struct wire_out out = wire_out(challenge.bytes, sizeof challenge.bytes);
    ntlm_put_challenge(&out, &c);
    assert_true(wire_fits(&out));
    SECURITY_STATUS status = test_initiate(&p.client, span_of(challenge.bytes, out.len));
    if (status == SEC_E_OK)
        assert_null(ntlm_get_authenticate(keep(k, test_reply(&p.client)), m));
    test_pair_close(&p);
    return status;
}

static void a_weaker_challenge_is_not_answered(void **state)
{
    const struct span same = { NULL, 0 };
    struct ntlm_authenticate m = { 0 };
    struct kept k;

    (void)state;
    assert_int_equal(answer_to(NTLM_ESS, 0, same, &m, &k), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(answer_to(NTLM_128, 0, same, &m, &k), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(answer_to(NTLM_NTLM, 0, same, &m, &k), SEC_E_INVALID_TOKEN);
    /* Not signing at all is for the application to judge, by the flags it is granted. */
    assert_int_equal(answer_to(NTLM_128 | NTLM_SIGN | NTLM_SEAL, 0, same, &m, &k), SEC_E_OK);
    assert_int_equal(m.key.len, 0);
    assert_int_equal(answer_to(NTLM_SEAL, NTLM_DATAGRAM | 0x01000000, same, &m, &k), SEC_E_OK);
    assert_int_equal(m.flags & (NTLM_SEAL | NTLM_DATAGRAM | 0x01000000), 0);
}

/* CVE-2019-1166: pairs that only a client may make do not come back from us. */
static void pairs_of_a_client_in_a_challenge_are_dropped(void **state)
{
    uint8_t list[256];
    struct wire_out out = wire_out(list, sizeof list);
    static const uint8_t other[16] = "other bindings";
    struct ntlm_authenticate m = { 0 };
    struct ntlm_v2 v2 = { 0 };
    struct ntlm_avs avs = { 0 };
    struct kept k;

    (void)state;
    ntlm_put_av_u32(&out, NTLM_AV_FLAGS, 0);
    ntlm_put_av(&out, NTLM_AV_BINDINGS, span_of(other, sizeof other));
    ntlm_put_av(&out, NTLM_AV_TARGET_NAME, span_of("x\0", 2));
    ntlm_put_av(&out, 0x7777, span_str("kept"));
    ntlm_put_av_u64(&out, NTLM_AV_TIMESTAMP, 5);
    ntlm_put_av_end(&out);
    assert_int_equal(answer_to(0, 0, span_of(list, out.len), &m, &k), SEC_E_OK);
    assert_null(ntlm_get_v2(m.nt, &v2));
    assert_null(ntlm_get_avs(v2.pairs, &avs)); /* nothing is there twice */
    assert_int_equal(ntlm_av_flags(&avs), NTLM_AVF_MIC);
    assert_memory_equal(avs.value[NTLM_AV_BINDINGS].data, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_int_equal(avs.value[NTLM_AV_TARGET_NAME].len, 2 * strlen("host/server"));
    assert_true(v2.time == 5);
    assert_true(span_is(m.lm, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24));
    assert_int_equal(v2.pairs.data[0] | v2.pairs.data[1] << 8,
                     0x7777); /* unknown: kept, in place */
}

static void a_challenge_without_time_is_answered_without_mic(void **state)
{
    uint8_t list[16];
    struct wire_out out = wire_out(list, sizeof list);
    struct ntlm_authenticate m = { 0 };
    struct ntlm_v2 v2 = { 0 };
    struct kept k;

    (void)state;
    ntlm_put_av_end(&out);
    assert_int_equal(answer_to(0, 0, span_of(list, out.len), &m, &k), SEC_E_OK);
    assert_int_equal(m.mic.len, 0);
    assert_null(ntlm_get_v2(m.nt, &v2));
    assert_true((int64_t)v2.time == TEST_NOW);
    assert_memory_equal(m.lm.data + 16, v2.nonce.data, 8); /* a real LMv2 answer */
    assert_int_equal(answer_to(NTLM_TARGET_INFO, 0, span_of(list, 0), &m, &k), SEC_E_OK);
    assert_null(ntlm_get_v2(m.nt, &v2));
    assert_int_equal(v2.pairs.len, 8); /* the end, and Reserved4 */
}

static void a_server_of_oem_text_is_answered_in_it(void **state)
{
    const struct span same = { NULL, 0 };
    struct ntlm_authenticate m = { 0 };
    struct kept k;

    (void)state;
    assert_int_equal(answer_to(NTLM_UNICODE, NTLM_OEM, same, &m, &k), SEC_E_OK);
    assert_true(span_is(m.user, "alice", 5));
    assert_true(m.flags & NTLM_OEM && !(m.flags & NTLM_UNICODE));
}

/* --- memory that runs out --------------------------------------------------------------------- */

/* The leg is tried again after each failure, as the host does (package.h). */
static SECURITY_STATUS again(SECURITY_STATUS (*leg)(struct test_end *, struct span),
                             struct test_end *end, struct span token)
{
    SECURITY_STATUS status = leg(end, token);

    if (status != SEC_E_INSUFFICIENT_MEMORY)
        return status;
    test_host.fail_at = 0;
    return leg(end, token);
}

static void every_allocation_may_fail_once(void **state)
{
    bool more = true;

    (void)state;
    for (size_t n = 1; more; n++) {
        struct test_pair p;
        struct kept t;

        test_pair_open(&p, &sealed);
        p.client.target = "host/server";
        test_host.allocations = 0;
        test_host.fail_at = n;
        assert_int_equal(again(test_initiate, &p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
        keep(&t, test_reply(&p.client));
        assert_int_equal(again(test_accept, &p.server, kept(&t)), SEC_I_CONTINUE_NEEDED);
        keep(&t, test_reply(&p.server));
        assert_int_equal(again(test_initiate, &p.client, kept(&t)), SEC_E_OK);
        keep(&t, test_reply(&p.client));
        assert_int_equal(again(test_accept, &p.server, kept(&t)), SEC_E_OK);
        more = test_host.fail_at == 0; /* it was reached */
        test_host.fail_at = 0;
        test_pair_close(&p); /* nothing leaks */
    }
}

static void making_things_may_fail_anywhere(void **state)
{
    static const struct test_setting names[] = { { "target_names", "a/b" }, { NULL, NULL } };
    const struct ssp_settings settings = { .all = names };
    const struct ssp_identity alice = { .user = span_str("alice"), .password = span_str("x") };
    struct ssp_acquire a = { .size = sizeof a, .use = SECPKG_CRED_BOTH, .identity = &alice };
    SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;

    (void)state;
    assert_int_equal(setenv("NTLM_USER_FILE", "/nonexistent", 1), 0);
    for (size_t n = 1; status != SEC_E_OK; n++) {
        struct ssp_instance *instance = NULL;
        struct ssp_cred *cred = NULL;

        test_host_open();
        test_host.fail_at = n;
        status = ntlm_package.start(&settings, &instance);
        if (status == SEC_E_OK)
            status = ntlm_package.acquire(instance, &a, &cred);
        assert_true(status == SEC_E_OK || status == SEC_E_INSUFFICIENT_MEMORY);
        ntlm_package.free_cred(cred);
        ntlm_package.stop(instance);
        assert_int_equal(test_host.live, 0);
    }
}

static void answers_to_queries_may_fail(void **state)
{
    static const uint32_t attributes[] = { SECPKG_ATTR_NAMES, SECPKG_ATTR_SESSION_KEY,
                                           SECPKG_ATTR_KEY_INFO,
                                           SECPKG_ATTR_CLIENT_SPECIFIED_TARGET };
    struct test_pair p;

    (void)state;
    test_pair_open(&p, &sealed);
    assert_int_equal(test_exchange(&p), SEC_E_OK);
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        for (size_t n = 1; n <= (attributes[i] == SECPKG_ATTR_KEY_INFO ? 2 : 1); n++) {
            SecPkgContext_KeyInfoA room = { 0 }; /* the largest of them */

            test_host.allocations = 0;
            test_host.fail_at = n;
            assert_int_equal(ntlm_package.query(p.server.ctx, attributes[i], &room, 0),
                             SEC_E_INSUFFICIENT_MEMORY);
        }
    test_host.fail_at = 0;
    test_pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_takes_only_what_is_due),
        cmocka_unit_test(a_client_takes_only_what_is_due),
        cmocka_unit_test(nothing_comes_after_the_end),
        cmocka_unit_test(a_context_stays_on_its_side),
        cmocka_unit_test(an_answer_to_another_challenge_is_denied),
        cmocka_unit_test(our_own_clients_answer_is_denied_if_so_set),
        cmocka_unit_test(a_challenge_of_zeros_is_answered),
        cmocka_unit_test(no_bit_may_change_on_the_way),
        cmocka_unit_test(no_byte_may_be_added_or_cut),
        cmocka_unit_test(a_client_without_unicode_is_welcome),
        cmocka_unit_test(a_better_client_kept_in_the_dark_is_noticed),
        cmocka_unit_test(the_hash_of_zeros_is_nobodys),
        cmocka_unit_test(signing_with_less_is_refused),
        cmocka_unit_test(nobody_has_no_lm_answer),
        cmocka_unit_test(names_beyond_bounds_are_malformed),
        cmocka_unit_test(a_weaker_challenge_is_not_answered),
        cmocka_unit_test(pairs_of_a_client_in_a_challenge_are_dropped),
        cmocka_unit_test(a_challenge_without_time_is_answered_without_mic),
        cmocka_unit_test(a_server_of_oem_text_is_answered_in_it),
        cmocka_unit_test(every_allocation_may_fail_once),
        cmocka_unit_test(making_things_may_fail_anywhere),
        cmocka_unit_test(answers_to_queries_may_fail),
    };

    return cmocka_run_group_tests_name("hostile ntlm states", tests, NULL, NULL);
}
