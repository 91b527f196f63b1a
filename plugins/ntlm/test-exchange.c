/* SPDX-License-Identifier: Apache-2.0 */
/* test-exchange.c: both sides of the package against each other. */
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
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/message.h"
#include "plugins/ntlm/test-pair.h"

static char *name_of(struct ssp_ctx *ctx)
{
    static char copy[256];
    SecPkgContext_NamesA names = { 0 };

    assert_int_equal(ntlm_package.query(ctx, SECPKG_ATTR_NAMES, &names, 0), SEC_E_OK);
    assert_true(strlen(names.sUserName) < sizeof copy);
    memcpy(copy, names.sUserName, strlen(names.sUserName) + 1);
    ntlm_host->release(names.sUserName);
    return copy;
}

static void assert_same_key(struct test_pair *p)
{
    SecPkgContext_SessionKey a = { 0 }, b = { 0 };

    assert_int_equal(ntlm_package.query(p->client.ctx, SECPKG_ATTR_SESSION_KEY, &a, 0), SEC_E_OK);
    assert_int_equal(ntlm_package.query(p->server.ctx, SECPKG_ATTR_SESSION_KEY, &b, 0), SEC_E_OK);
    assert_int_equal(a.SessionKeyLength, 16);
    assert_int_equal(b.SessionKeyLength, 16);
    assert_memory_equal(a.SessionKey, b.SessionKey, 16);
    ntlm_host->release(a.SessionKey);
    ntlm_host->release(b.SessionKey);
}

/* Seal one way, sign the other, through the package's table. */
static void assert_messages_pass(struct test_pair *p)
{
    uint8_t data[8] = "payload", token[16];
    SecBuffer b[2] = { { 7, SECBUFFER_DATA, data }, { sizeof token, SECBUFFER_TOKEN, token } };
    struct ssp_buffers m = { b, 2 };
    uint32_t qop = 99;

    assert_int_equal(ntlm_package.encrypt(p->client.ctx, 0, m, 0), SEC_E_OK);
    assert_memory_not_equal(data, "payload", 7);
    assert_int_equal(ntlm_package.decrypt(p->server.ctx, m, 0, &qop), SEC_E_OK);
    assert_memory_equal(data, "payload", 7);
    assert_int_equal(qop, 0);
    assert_int_equal(ntlm_package.sign(p->server.ctx, 0, m, 0), SEC_E_OK);
    assert_int_equal(ntlm_package.verify(p->client.ctx, m, 0, NULL), SEC_E_OK);
}

/* --- what is granted -------------------------------------------------------------------------- */

static void plain_exchange_works(void **state)
{
    struct test_pair p;

    (void)state;
    test_pair_open(&p, NULL);
    assert_int_equal(test_exchange(&p), SEC_E_OK);
    assert_string_equal(name_of(p.server.ctx), "alice");
    assert_string_equal(name_of(p.client.ctx), "alice");
    assert_int_equal(p.client.granted, ISC_RET_CONNECTION);
    assert_int_equal(p.server.granted, ASC_RET_CONNECTION);
    assert_same_key(&p);
    test_pair_close(&p);
}

static void granted_is_what_was_agreed(void **state)
{
    const uint32_t isc_signed = ISC_RET_INTEGRITY | ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT;
    const uint32_t asc_signed = ASC_RET_INTEGRITY | ASC_RET_REPLAY_DETECT | ASC_RET_SEQUENCE_DETECT;
    const struct {
        uint32_t isc, client, server;
    } cases[] = {
        { ISC_REQ_INTEGRITY, isc_signed, asc_signed },
        { ISC_REQ_REPLAY_DETECT, isc_signed, asc_signed },
        { ISC_REQ_SEQUENCE_DETECT, isc_signed, asc_signed },
        { ISC_REQ_CONFIDENTIALITY, isc_signed | ISC_RET_CONFIDENTIALITY,
          asc_signed | ASC_RET_CONFIDENTIALITY },
        { ISC_REQ_IDENTIFY, ISC_RET_IDENTIFY, ASC_RET_IDENTIFY },
        { ISC_REQ_MUTUAL_AUTH | ISC_REQ_DELEGATE, 0, 0 }, /* NTLM has neither */
        { 0, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct test_options o = { .isc = cases[i].isc };
        SecPkgContext_Flags flags;
        struct test_pair p;

        test_pair_open(&p, &o);
        assert_int_equal(test_exchange(&p), SEC_E_OK);
        assert_int_equal(p.client.granted, cases[i].client | ISC_RET_CONNECTION);
        assert_int_equal(p.server.granted, cases[i].server | ASC_RET_CONNECTION);
        assert_int_equal(ntlm_package.query(p.server.ctx, SECPKG_ATTR_FLAGS, &flags, 0), SEC_E_OK);
        assert_int_equal(flags.Flags, p.server.granted);
        test_pair_close(&p);
    }
}

static void nothing_is_granted_before_the_end(void **state)
{
    const struct test_options o = { .isc = TEST_SEAL };
    struct test_pair p;

    (void)state;
    test_pair_open(&p, &o);
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(p.client.granted, 0);
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(p.server.granted, 0);
    test_pair_close(&p);
}

static void messages_pass_both_ways(void **state)
{
    const struct test_options o = { .isc = TEST_SEAL };
    struct test_pair p;

    (void)state;
    test_pair_open(&p, &o);
    assert_int_equal(test_exchange(&p), SEC_E_OK);
    assert_messages_pass(&p);
    assert_int_equal(ntlm_package.reset_keys(p.client.ctx), SEC_E_OK);
    assert_int_equal(ntlm_package.reset_keys(p.server.ctx), SEC_E_OK);
    assert_messages_pass(&p);
    assert_same_key(&p);
    test_pair_close(&p);
}

/* --- who -------------------------------------------------------------------------------------- */

static void names_in_all_their_forms(void **state)
{
    static const struct {
        const char *user, *domain, *name;
    } cases[] = {
        { "alice", "CORP", "CORP\\alice" },
        { "CORP\\alice", NULL, "CORP\\alice" },
        { "CORP\\alice", "", "CORP\\alice" },
        { "\\alice", NULL, "alice" },
        { "ALICE", "corp", "corp\\ALICE" },
        { "alice@example.test", NULL, "alice@example.test" },
        { "\xc3\x89L\xc3\xa8VE",
          "\xc3\x89"
          "cole",
          "\xc3\x89"
          "cole\\\xc3\x89L\xc3\xa8VE" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct test_options o = { .user = cases[i].user, .domain = cases[i].domain };
        SecPkgCredentials_NamesA names = { NULL };
        struct test_pair p;

        test_pair_open(&p, &o);
        assert_int_equal(test_exchange(&p), SEC_E_OK);
        assert_string_equal(name_of(p.server.ctx), cases[i].name);
        assert_string_equal(name_of(p.client.ctx), cases[i].name);
        assert_int_equal(ntlm_package.query_cred(p.client.cred, SECPKG_CRED_ATTR_NAMES, &names),
                         SEC_E_OK);
        assert_string_equal(names.sUserName, cases[i].name);
        ntlm_host->release(names.sUserName);
        test_pair_close(&p);
    }
}

/* Whatever the reason, the peer gets one status, and the refusal says one thing. */
static void who_may_not_log_on_is_denied(void **state)
{
    static const struct {
        const char *user, *domain, *password;
    } cases[] = {
        { "alice", "CORP", "wrong" },
        { "alice", "", "" },
        { "alice", "", "Secret" },
        { "mallory", "", "secret" },
        { "mallory", "D", "" },
        { "dora", "", "secret" },
        { "nora", "", "secret" },
        { "nora", "", "" },
        { "alic", "", "secret" },
        { "\xed\xa0\x80", "", "x" }, /* half a pair is a name like any other */
        { "CORP\\alice", "OTHER", "secret" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct test_options o = { .user = cases[i].user,
                                        .domain = cases[i].domain,
                                        .password = cases[i].password };
        struct test_pair p;

        test_pair_open(&p, &o);
        assert_int_equal(test_exchange(&p), SEC_E_LOGON_DENIED);
        assert_string_equal(test_host.last, "unknown user or wrong password");
        test_pair_close(&p);
    }
}

static void nobody_is_let_in_where_allowed(void **state)
{
    const struct test_options refused = { .user = "", .isc = TEST_SEAL };
    const struct test_options allowed = { .user = "",
                                          .isc = TEST_SEAL,
                                          .asc = ASC_REQ_ALLOW_NULL_SESSION };
    struct test_pair p;

    (void)state;
    test_pair_open(&p, &refused);
    assert_int_equal(test_exchange(&p), SEC_E_LOGON_DENIED);
    test_pair_close(&p);
    test_pair_open(&p, &allowed);
    assert_int_equal(test_exchange(&p), SEC_E_OK);
    assert_true(p.client.granted & ISC_RET_NULL_SESSION);
    assert_true(p.server.granted & ASC_RET_NULL_SESSION);
    assert_string_equal(name_of(p.server.ctx), "NT AUTHORITY\\ANONYMOUS LOGON");
    assert_same_key(&p);
    assert_messages_pass(&p);
    test_pair_close(&p);
}

static void a_user_may_ask_for_the_null_session(void **state)
{
    const struct test_options o = { .isc = ISC_REQ_NULL_SESSION,
                                    .asc = ASC_REQ_ALLOW_NULL_SESSION };
    struct test_pair p;

    (void)state;
    test_pair_open(&p, &o);
    assert_int_equal(test_exchange(&p), SEC_E_OK);
    assert_string_equal(name_of(p.server.ctx), "NT AUTHORITY\\ANONYMOUS LOGON");
    assert_true(p.server.granted & ASC_RET_NULL_SESSION);
    test_pair_close(&p);
}

/* --- which service ---------------------------------------------------------------------------- */

static SECURITY_STATUS aim(const char *target, const struct test_setting *server)
{
    const struct test_options o = { .server = server };
    struct test_pair p;

    test_pair_open(&p, &o);
    p.client.target = target;
    SECURITY_STATUS status = test_exchange(&p);
    if (status == SEC_E_OK) {
        SecPkgContext_ClientSpecifiedTarget told = { NULL };

        assert_int_equal(
            ntlm_package.query(p.server.ctx, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &told, 0),
            SEC_E_OK);
        assert_string_equal((char *)told.sTargetName, target ? target : "");
        ntlm_host->release(told.sTargetName);
    }
    test_pair_close(&p);
    return status;
}

static void the_target_is_told_and_checked(void **state)
{
    static const struct test_setting names[] = { { "target_names", "HTTP/www.example.test" },
                                                 { "target_names", "db.example.test" },
                                                 { NULL, NULL } };

    (void)state;
    assert_int_equal(aim("cifs/anything", NULL), SEC_E_OK);
    assert_int_equal(aim(NULL, NULL), SEC_E_OK);
    assert_int_equal(aim("http/WWW.example.test", names), SEC_E_OK);
    assert_int_equal(aim("http/www.example.test:80", names), SEC_E_WRONG_PRINCIPAL);
    assert_int_equal(aim("MSSQL/db.example.test:1433", names), SEC_E_OK);
    assert_int_equal(aim("MSSQL/db.example.test/inst", names), SEC_E_OK);
    assert_int_equal(aim("db.example.test", names), SEC_E_OK);
    assert_int_equal(aim("MSSQL/db.example.test.evil", names), SEC_E_WRONG_PRINCIPAL);
    assert_int_equal(aim("db.example.test/host", names), SEC_E_WRONG_PRINCIPAL);
    assert_int_equal(aim("HTTP/other", names), SEC_E_WRONG_PRINCIPAL);
    assert_int_equal(aim(NULL, names), SEC_E_WRONG_PRINCIPAL);
    assert_int_equal(aim("\xff", NULL), SEC_E_TARGET_UNKNOWN);
}

static void the_target_of_the_first_leg_lasts(void **state)
{
    SecPkgContext_ClientSpecifiedTarget told = { NULL };
    struct test_pair p;

    (void)state;
    test_pair_open(&p, NULL);
    p.client.target = "cifs/files";
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    p.client.target = "cifs/elsewhere";
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_initiate(&p.client, test_reply(&p.server)), SEC_E_OK);
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_E_OK);
    assert_int_equal(
        ntlm_package.query(p.server.ctx, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &told, 0), SEC_E_OK);
    assert_string_equal((char *)told.sTargetName, "cifs/files");
    ntlm_host->release(told.sTargetName);
    test_pair_close(&p);
}

/* --- which channel ---------------------------------------------------------------------------- */

static const struct ssp_bindings here = { .application_data = { (const uint8_t *)"tls-unique:1",
                                                                12 } };
static const struct ssp_bindings there = { .application_data = { (const uint8_t *)"tls-unique:2",
                                                                 12 } };

static void bindings_are_checked_as_set(void **state)
{
    static const struct test_setting off[] = { { "channel_bindings", "off" }, { NULL, NULL } };
    static const struct test_setting allow[] = { { "channel_bindings", "allow" }, { NULL, NULL } };
    static const struct test_setting require[] = { { "channel_bindings", "require" },
                                                   { NULL, NULL } };
    const SECURITY_STATUS ok = SEC_E_OK, bad = SEC_E_BAD_BINDINGS;
    const struct {
        const struct test_setting *client, *server;
        const struct ssp_bindings *sent, *had;
        uint32_t asc;
        SECURITY_STATUS want;
    } cases[] = {
        { NULL, NULL, NULL, NULL, 0, ok },
        { NULL, NULL, &here, &here, 0, ok },
        { allow, allow, &here, &here, 0, ok },
        { NULL, NULL, &here, NULL, 0, ok },
        { NULL, NULL, &here, &there, 0, bad },
        { NULL, NULL, NULL, &here, 0, bad },
        { NULL, NULL, NULL, &here, ASC_REQ_ALLOW_MISSING_BINDINGS, bad }, /* zeros, not missing */
        { off, NULL, &here, &here, ASC_REQ_ALLOW_MISSING_BINDINGS, ok },
        { off, NULL, &here, &here, 0, bad },
        { NULL, off, &here, &there, 0, ok },
        { NULL, NULL, &here, &there, ASC_REQ_PROXY_BINDINGS, ok },
        { NULL, NULL, NULL, &there, ASC_REQ_PROXY_BINDINGS, bad },
        { NULL, require, &here, &here, 0, ok },
        { NULL, require, &here, NULL, 0, bad },
        { off, require, NULL, &here, ASC_REQ_ALLOW_MISSING_BINDINGS, bad },
        { require, NULL, &here, NULL, 0, ok },
        { require, NULL, NULL, NULL, 0, bad },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct test_options o = { .client = cases[i].client,
                                        .server = cases[i].server,
                                        .asc = cases[i].asc };
        struct test_pair p;

        test_pair_open(&p, &o);
        p.client.bindings = cases[i].sent;
        p.server.bindings = cases[i].had;
        SECURITY_STATUS status = test_exchange(&p);
        if (status != cases[i].want)
            fail_msg("case %zu: %#x", i, (unsigned)status);
        bool missing = (p.server.granted & ASC_RET_MISSING_BINDINGS) != 0;
        assert_int_equal(missing, cases[i].client == off && status == SEC_E_OK && cases[i].had);
        test_pair_close(&p);
    }
}

/* An application may give them with one leg only. */
static void bindings_of_any_leg_count(void **state)
{
    (void)state;
    for (int leg = 0; leg < 2; leg++) {
        static const struct test_setting require[] = { { "channel_bindings", "require" },
                                                       { NULL, NULL } };
        const struct test_options o = { .client = require, .server = require };
        struct test_pair p;

        test_pair_open(&p, &o);
        p.client.bindings = leg == 0 ? &here : NULL;
        p.server.bindings = leg == 0 ? &here : NULL;
        assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
        assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_I_CONTINUE_NEEDED);
        p.client.bindings = leg == 1 ? &here : NULL;
        p.server.bindings = leg == 1 ? &here : NULL;
        assert_int_equal(test_initiate(&p.client, test_reply(&p.server)), SEC_E_OK);
        assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_E_OK);
        test_pair_close(&p);
    }
}

/* --- time ------------------------------------------------------------------------------------- */

static SECURITY_STATUS exchange_later(const struct test_setting *server, int64_t hours)
{
    const struct test_options o = { .server = server };
    struct test_pair p;

    test_pair_open(&p, &o);
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_initiate(&p.client, test_reply(&p.server)), SEC_E_OK);
    test_host.now += hours * 3600 * 10000000;
    SECURITY_STATUS status = test_accept(&p.server, test_reply(&p.client));
    test_pair_close(&p);
    return status;
}

static void answers_do_not_keep(void **state)
{
    static const struct test_setting hour[] = { { "max_clock_skew", "3600" }, { NULL, NULL } };
    static const struct test_setting any[] = { { "max_clock_skew", "0" }, { NULL, NULL } };

    (void)state;
    assert_int_equal(exchange_later(NULL, 36), SEC_E_OK);
    assert_int_equal(exchange_later(NULL, 37), SEC_E_LOGON_DENIED);
    assert_int_equal(exchange_later(NULL, -37), SEC_E_LOGON_DENIED);
    assert_int_equal(exchange_later(hour, 1), SEC_E_OK);
    assert_int_equal(exchange_later(hour, 2), SEC_E_LOGON_DENIED);
    assert_int_equal(exchange_later(any, 1000), SEC_E_OK);
}

/* --- names of the server ---------------------------------------------------------------------- */

static void the_challenge_names_the_server_as_set(void **state)
{
    static const struct test_setting set[] = { { "netbios_computer", "SRV01" },
                                               { "netbios_domain", "CONTOSO" },
                                               { "dns_computer", "srv01.contoso.test" },
                                               { NULL, NULL } };
    const struct test_options o = { .server = set };
    struct ntlm_challenge c = { 0 };
    struct ntlm_avs avs = { 0 };
    struct test_pair p;

    (void)state;
    test_pair_open(&p, &o);
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_I_CONTINUE_NEEDED);
    assert_null(ntlm_get_challenge(test_reply(&p.server), &c));
    assert_null(ntlm_get_avs(c.target_info, &avs));
    assert_true(span_is(c.target_name, "C\0O\0N\0T\0O\0S\0O\0", 14));
    assert_true(c.flags & NTLM_TARGET_DOMAIN && !(c.flags & NTLM_TARGET_SERVER));
    assert_true(c.flags & NTLM_UNICODE && !(c.flags & NTLM_OEM)); /* one of them, not both */
    assert_true(span_is(avs.value[NTLM_AV_NB_COMPUTER], "S\0R\0V\0000\0001\0", 10));
    assert_true(span_eq(avs.value[NTLM_AV_NB_DOMAIN], c.target_name));
    assert_int_equal(avs.value[NTLM_AV_DNS_COMPUTER].len, 36);
    assert_true(span_is(avs.value[NTLM_AV_DNS_DOMAIN], "c\0o\0n\0t\0o\0s\0o\0.\0t\0e\0s\0t\0", 24));
    assert_true((int64_t)ntlm_av_timestamp(&avs) == TEST_NOW);
    test_pair_close(&p);
    test_pair_open(&p, NULL); /* a server on its own */
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_I_CONTINUE_NEEDED);
    assert_null(ntlm_get_challenge(test_reply(&p.server), &c));
    assert_true(c.flags & NTLM_TARGET_SERVER && !(c.flags & NTLM_TARGET_DOMAIN));
    test_pair_close(&p);
}

/* --- attributes ------------------------------------------------------------------------------- */

static void attributes_are_told_when_they_are_known(void **state)
{
    static const uint32_t late[] = { SECPKG_ATTR_SIZES,
                                     SECPKG_ATTR_NAMES,
                                     SECPKG_ATTR_LIFESPAN,
                                     SECPKG_ATTR_KEY_INFO,
                                     SECPKG_ATTR_SESSION_KEY,
                                     SECPKG_ATTR_FLAGS,
                                     SECPKG_ATTR_CLIENT_SPECIFIED_TARGET,
                                     999 };
    const struct test_options o = { .isc = TEST_SIGN };
    SecPkgContext_LastClientTokenStatus last;
    SecPkgContext_Sizes sizes;
    SecPkgContext_Lifespan life;
    SecPkgContext_KeyInfoA info;
    struct test_pair p;
    char room[64];

    (void)state;
    test_pair_open(&p, &o);
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_I_CONTINUE_NEEDED);
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++) {
        assert_int_equal(ntlm_package.query(p.server.ctx, late[i], room, 0), SEC_E_INVALID_HANDLE);
        assert_int_equal(ntlm_package.query(p.client.ctx, late[i], room, 0), SEC_E_INVALID_HANDLE);
    }
    assert_int_equal(ntlm_package.reset_keys(p.server.ctx), SEC_E_INVALID_HANDLE);
    assert_int_equal(
        ntlm_package.query(p.server.ctx, SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, &last, 0), SEC_E_OK);
    assert_int_equal(last.LastClientTokenStatus, SecPkgAttrLastClientTokenNo);
    assert_int_equal(test_initiate(&p.client, test_reply(&p.server)), SEC_E_OK);
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_E_OK);
    assert_int_equal(
        ntlm_package.query(p.server.ctx, SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, &last, 0), SEC_E_OK);
    assert_int_equal(last.LastClientTokenStatus, SecPkgAttrLastClientTokenYes);
    assert_int_equal(
        ntlm_package.query(p.client.ctx, SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, &last, 0),
        SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ntlm_package.query(p.client.ctx, SECPKG_ATTR_SIZES, &sizes, 0), SEC_E_OK);
    assert_int_equal(sizes.cbMaxToken, 2888);
    assert_int_equal(sizes.cbMaxSignature, 16);
    assert_int_equal(sizes.cbSecurityTrailer, 16);
    assert_int_equal(sizes.cbBlockSize, 0);
    assert_int_equal(ntlm_package.query(p.client.ctx, SECPKG_ATTR_LIFESPAN, &life, 0), SEC_E_OK);
    assert_true(life.tsStart.QuadPart == TEST_NOW && life.tsExpiry.QuadPart == INT64_MAX);
    assert_int_equal(ntlm_package.query(p.client.ctx, SECPKG_ATTR_KEY_INFO, &info, 0), SEC_E_OK);
    assert_string_equal(info.sSignatureAlgorithmName, "HMAC-MD5");
    assert_string_equal(info.sEncryptAlgorithmName, "RC4");
    assert_int_equal(info.KeySize, 128);
    ntlm_host->release(info.sSignatureAlgorithmName);
    ntlm_host->release(info.sEncryptAlgorithmName);
    assert_int_equal(ntlm_package.query(p.client.ctx, 999, room, 0), SEC_E_UNSUPPORTED_FUNCTION);
    test_pair_close(&p);
}

static void sizes_are_zero_where_nothing_is_signed(void **state)
{
    SecPkgContext_Sizes sizes;
    struct test_pair p;

    (void)state;
    test_pair_open(&p, NULL);
    assert_int_equal(test_exchange(&p), SEC_E_OK);
    assert_int_equal(ntlm_package.query(p.client.ctx, SECPKG_ATTR_SIZES, &sizes, 0), SEC_E_OK);
    assert_int_equal(sizes.cbMaxSignature, 0);
    assert_int_equal(sizes.cbSecurityTrailer, 0);
    test_pair_close(&p);
}

/* --- credentials ------------------------------------------------------------------------------ */

static SECURITY_STATUS acquire(uint32_t use, const struct ssp_identity *identity, bool with_file)
{
    static const struct test_setting file[] = { { "user_file", "/nonexistent" }, { NULL, NULL } };
    const struct ssp_settings settings = { .all = with_file ? file : NULL };
    struct ssp_acquire a = { .size = sizeof a, .use = use, .identity = identity };
    struct ssp_instance *instance;
    struct ssp_cred *cred = NULL;

    test_host_open();
    (void)unsetenv("NTLM_USER_FILE");
    assert_int_equal(ntlm_package.start(&settings, &instance), SEC_E_OK);
    SECURITY_STATUS status = ntlm_package.acquire(instance, &a, &cred);
    assert_true((status == SEC_E_OK) == (cred != NULL));
    ntlm_package.free_cred(cred);
    ntlm_package.stop(instance);
    assert_int_equal(test_host.live, 0);
    return status;
}

static void credentials_need_something_to_hold(void **state)
{
    const struct ssp_identity alice = { .user = span_str("alice"), .password = span_str("x") };
    const struct ssp_identity nameless = { .password = span_str("x") };
    const struct ssp_identity empty = { .user = span_of("", 0), .password = span_str("x") };
    const struct ssp_identity nobody = { .user = span_of("", 0) };
    const struct ssp_identity odd = { .user = span_str("\xff"), .password = span_str("x") };
    const struct ssp_identity no_text = { .user = span_str("a"), .password = span_str("\xff") };
    const struct ssp_identity half = { .user = span_str("CORP\\"), .password = span_str("x") };

    (void)state;
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, NULL, true), SEC_E_NO_CREDENTIALS);
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &nameless, true), SEC_E_NO_CREDENTIALS);
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &alice, false), SEC_E_OK);
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &nobody, false), SEC_E_OK);
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &empty, false), SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &odd, false), SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &no_text, false), SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &half, false), SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(acquire(SECPKG_CRED_INBOUND, NULL, true), SEC_E_OK);
    assert_int_equal(acquire(SECPKG_CRED_INBOUND, NULL, false), SEC_E_NO_CREDENTIALS);
    assert_int_equal(acquire(SECPKG_CRED_BOTH, &alice, true), SEC_E_OK);
    assert_int_equal(acquire(SECPKG_CRED_BOTH, &alice, false), SEC_E_OK); /* to send with */
    assert_int_equal(acquire(SECPKG_CRED_BOTH, NULL, true), SEC_E_OK);    /* to check with */
    assert_int_equal(acquire(SECPKG_CRED_BOTH, NULL, false), SEC_E_NO_CREDENTIALS);
    assert_int_equal(acquire(SECPKG_CRED_BOTH, &odd, true), SEC_E_UNKNOWN_CREDENTIALS);
}

static void a_credential_serves_the_side_it_is_for(void **state)
{
    struct test_pair p;

    (void)state;
    test_pair_open(&p, NULL);
    struct ssp_cred *swap = p.client.cred;
    p.client.cred = p.server.cred;
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_E_NO_CREDENTIALS);
    p.client.cred = swap;
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    swap = p.server.cred;
    p.server.cred = p.client.cred;
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_E_NO_CREDENTIALS);
    assert_null(p.server.ctx);
    p.server.cred = swap;
    test_pair_close(&p);
}

static void connectionless_contexts_are_not_to_be_had(void **state)
{
    const struct test_options o = { .isc = ISC_REQ_DATAGRAM, .asc = ASC_REQ_DATAGRAM };
    struct test_pair p;

    (void)state;
    test_pair_open(&p, &o);
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_E_UNSUPPORTED_FUNCTION);
    p.client.requested = 0;
    assert_int_equal(test_initiate(&p.client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(test_accept(&p.server, test_reply(&p.client)), SEC_E_UNSUPPORTED_FUNCTION);
    test_pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_exchange_works),
        cmocka_unit_test(granted_is_what_was_agreed),
        cmocka_unit_test(nothing_is_granted_before_the_end),
        cmocka_unit_test(messages_pass_both_ways),
        cmocka_unit_test(names_in_all_their_forms),
        cmocka_unit_test(who_may_not_log_on_is_denied),
        cmocka_unit_test(nobody_is_let_in_where_allowed),
        cmocka_unit_test(a_user_may_ask_for_the_null_session),
        cmocka_unit_test(the_target_is_told_and_checked),
        cmocka_unit_test(the_target_of_the_first_leg_lasts),
        cmocka_unit_test(bindings_are_checked_as_set),
        cmocka_unit_test(bindings_of_any_leg_count),
        cmocka_unit_test(answers_do_not_keep),
        cmocka_unit_test(the_challenge_names_the_server_as_set),
        cmocka_unit_test(attributes_are_told_when_they_are_known),
        cmocka_unit_test(sizes_are_zero_where_nothing_is_signed),
        cmocka_unit_test(credentials_need_something_to_hold),
        cmocka_unit_test(a_credential_serves_the_side_it_is_for),
        cmocka_unit_test(connectionless_contexts_are_not_to_be_had),
    };

    return cmocka_run_group_tests_name("ntlm exchange", tests, NULL, NULL);
}
