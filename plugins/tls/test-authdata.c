/* SPDX-License-Identifier: Apache-2.0 */
/* test-authdata.c: SCHANNEL_CRED and SCH_CREDENTIALS, read. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "plugins/tls/host.h"
#include "plugins/tls/test-host.h"
#include "plugins/tls/test-pki.h"
#include "plugins/tls/tls.h"

#define USUAL (SP_PROT_TLS1_2 | SP_PROT_TLS1_3)
#define ANY_CLIENT SECPKG_CRED_OUTBOUND
#define ANY_SERVER SECPKG_CRED_INBOUND

static struct ssp_instance instance = { .protocols = USUAL, .session_seconds = 36000 };
static const CERT_CONTEXT *opened;

static int setup(void **state)
{
    (void)state;
    test_host_open();
    return tls_open_certificate(NULL, test_write_pem("a.pem", "LMRK"), NULL, span_of(NULL, 0),
                                &opened) < 0
               ? -1
               : 0;
}

static int teardown(void **state)
{
    (void)state;
    test_free_certificate(opened);
    assert_int_equal(test_host.live, 0);
    assert_int_equal(ERR_peek_error(), 0);
    return 0;
}

/* As tls_free_cred does with what was taken. */
static void clear(struct ssp_cred *cred)
{
    for (size_t i = 0; i < cred->n_given; i++)
        tls_identity_clear(&cred->given[i]);
    free(cred->given);
    tls_limits_clear(&cred->limits);
    X509_STORE_free(cred->roots);
    *cred = (struct ssp_cred){ 0 };
}

static SECURITY_STATUS read_raw(const void *raw, uint32_t use, struct ssp_cred *cred)
{
    *cred = (struct ssp_cred){ .instance = &instance, .use = use };
    return tls_read_auth_data(raw, cred);
}

/* What a refused pAuthData leaves is whole enough to be freed. */
static SECURITY_STATUS try_raw(const void *raw, uint32_t use)
{
    struct ssp_cred cred;
    SECURITY_STATUS status = read_raw(raw, use, &cred);

    clear(&cred);
    return status;
}

static void versions_tell_the_forms_apart(void **state)
{
    SCHANNEL_CRED old = { .dwVersion = SCHANNEL_CRED_VERSION };
    SCH_CREDENTIALS new = { .dwVersion = SCH_CREDENTIALS_VERSION };

    (void)state;
    assert_int_equal(try_raw(&old, ANY_CLIENT), SEC_E_OK);
    assert_int_equal(try_raw(&new, ANY_CLIENT), SEC_E_OK);
    for (uint32_t v = 0; v < 8; v++) {
        old.dwVersion = v;
        if (v != SCHANNEL_CRED_VERSION && v != SCH_CREDENTIALS_VERSION)
            assert_int_equal(try_raw(&old, ANY_CLIENT), SEC_E_UNKNOWN_CREDENTIALS);
    }
}

static void protocols_are_those_of_the_role(void **state)
{
    static const struct {
        uint32_t use, enabled, flags, expected; /* 0: SEC_E_ALGORITHM_MISMATCH */
    } all[] = {
        { ANY_CLIENT, 0, 0, SP_PROT_TLS1_2_CLIENT | SP_PROT_TLS1_3_CLIENT },
        { ANY_SERVER, 0, 0, SP_PROT_TLS1_2_SERVER | SP_PROT_TLS1_3_SERVER },
        { SECPKG_CRED_BOTH, 0, 0, USUAL },
        { ANY_CLIENT, SP_PROT_TLS1_2, 0, SP_PROT_TLS1_2_CLIENT },
        { ANY_CLIENT, SP_PROT_TLS1_2_SERVER, 0, 0 },
        { SECPKG_CRED_BOTH, SP_PROT_TLS1_2_SERVER, 0, SP_PROT_TLS1_2_SERVER },
        { ANY_CLIENT, SP_PROT_TLS1_0_CLIENT, 0, SP_PROT_TLS1_0_CLIENT },
        { ANY_CLIENT, SP_PROT_SSL3_CLIENT | SP_PROT_SSL2_CLIENT, 0, 0 },
        { ANY_CLIENT, SP_PROT_UNI | SP_PROT_PCT1, 0, 0 },
        { ANY_CLIENT, SP_PROT_ALL, 0, SP_PROT_TLS1_X_CLIENT | SP_PROT_DTLS1_X_CLIENT },
        { ANY_SERVER, SP_PROT_DTLS1_2, 0, SP_PROT_DTLS1_2_SERVER },
        { ANY_SERVER, 0, SCH_USE_DTLS_ONLY, SP_PROT_DTLS1_2_SERVER },
        { ANY_SERVER, SP_PROT_ALL, SCH_USE_DTLS_ONLY, SP_PROT_DTLS1_X_SERVER },
        { ANY_SERVER, SP_PROT_TLS1_2, SCH_USE_DTLS_ONLY, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const SCHANNEL_CRED given = { .dwVersion = SCHANNEL_CRED_VERSION,
                                      .grbitEnabledProtocols = all[i].enabled,
                                      .dwFlags = all[i].flags };
        struct ssp_cred cred;

        assert_int_equal(read_raw(&given, all[i].use, &cred),
                         all[i].expected ? SEC_E_OK : SEC_E_ALGORITHM_MISMATCH);
        assert_int_equal(cred.protocols, all[i].expected);
        clear(&cred);
    }
}

static void newer_form_switches_protocols_off(void **state)
{
    static WCHAR name[] = { 'h', '2' };
    UNICODE_STRING alpn = { 4, 4, name };
    TLS_PARAMETERS p[2] = { { .grbitDisabledProtocols = SP_PROT_TLS1_2_CLIENT }, { 0 } };
    SCH_CREDENTIALS given = { .dwVersion = SCH_CREDENTIALS_VERSION,
                              .cTlsParameters = 2,
                              .pTlsParameters = p };
    struct ssp_cred cred;

    (void)state;
    assert_int_equal(read_raw(&given, ANY_CLIENT, &cred), SEC_E_OK);
    assert_int_equal(cred.protocols, SP_PROT_TLS1_3_CLIENT);
    clear(&cred);
    p[1].grbitDisabledProtocols = SP_PROT_TLS1_3;
    assert_int_equal(try_raw(&given, ANY_CLIENT), SEC_E_ALGORITHM_MISMATCH);
    p[1].cAlpnIds = 1;
    p[1].rgstrAlpnIds = &alpn;
    assert_int_equal(read_raw(&given, ANY_CLIENT, &cred), SEC_E_OK);
    assert_int_equal(cred.protocols, SP_PROT_TLS1_3_CLIENT);
    clear(&cred);
    given.dwFlags = SCH_USE_DTLS_ONLY;
    assert_int_equal(read_raw(&given, ANY_CLIENT, &cred), SEC_E_OK);
    assert_int_equal(cred.protocols, SP_PROT_DTLS1_2_CLIENT);
    clear(&cred);
}

static void flags_and_lifespan_are_kept(void **state)
{
    static const struct {
        uint32_t ms, seconds;
    } all[] = { { 0, 36000 }, { 1, 1 }, { 1000, 1 }, { 1001, 2 }, { UINT32_MAX, 4294968 } };
    SCH_CREDENTIALS given = { .dwVersion = SCH_CREDENTIALS_VERSION,
                              .dwFlags = SCH_USE_STRONG_CRYPTO | SCH_SEND_ROOT_CERT };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct ssp_cred cred;

        given.dwSessionLifespan = all[i].ms;
        assert_int_equal(read_raw(&given, ANY_CLIENT, &cred), SEC_E_OK);
        assert_int_equal(cred.session_seconds, all[i].seconds);
        assert_int_equal(cred.flags, given.dwFlags);
        clear(&cred);
    }
}

static void strengths_and_algorithms_are_kept(void **state)
{
    ALG_ID ids[] = { CALG_AES_256, CALG_SHA_384 };
    SCHANNEL_CRED given = { .dwVersion = SCHANNEL_CRED_VERSION,
                            .cSupportedAlgs = 2,
                            .palgSupportedAlgs = ids,
                            .dwMinimumCipherStrength = 128,
                            .dwMaximumCipherStrength = 256 };
    struct ssp_cred cred;

    (void)state;
    assert_int_equal(read_raw(&given, ANY_CLIENT, &cred), SEC_E_OK);
    ids[0] = 0;
    assert_int_equal(cred.limits.n_algorithms, 2);
    assert_int_equal(cred.limits.algorithms[0], CALG_AES_256);
    assert_int_equal(cred.limits.min_bits, 128);
    assert_int_equal(cred.limits.max_bits, 256);
    assert_false(cred.limits.null_ciphers);
    clear(&cred);
    given.dwMinimumCipherStrength = UINT32_MAX;
    assert_int_equal(read_raw(&given, ANY_CLIENT, &cred), SEC_E_OK);
    assert_true(cred.limits.null_ciphers && !cred.limits.null_only && cred.limits.min_bits == 0);
    clear(&cred);
    given.dwMaximumCipherStrength = UINT32_MAX;
    assert_int_equal(read_raw(&given, ANY_CLIENT, &cred), SEC_E_OK);
    assert_true(cred.limits.null_ciphers && cred.limits.null_only && cred.limits.max_bits == 0);
    clear(&cred);
    given.dwMinimumCipherStrength = 1;
    assert_int_equal(try_raw(&given, ANY_CLIENT), SEC_E_UNKNOWN_CREDENTIALS);
    given.dwMinimumCipherStrength = 256;
    given.dwMaximumCipherStrength = 128;
    assert_int_equal(try_raw(&given, ANY_CLIENT), SEC_E_UNKNOWN_CREDENTIALS);
}

static void null_encryption_may_be_allowed_by_a_flag(void **state)
{
    const SCH_CREDENTIALS given = { .dwVersion = SCH_CREDENTIALS_VERSION,
                                    .dwFlags = SCH_ALLOW_NULL_ENCRYPTION };
    struct ssp_cred cred;

    (void)state;
    assert_int_equal(read_raw(&given, ANY_CLIENT, &cred), SEC_E_OK);
    assert_true(cred.limits.null_ciphers && !cred.limits.null_only);
    clear(&cred);
}

static void certificates_and_roots_are_taken(void **state)
{
    PCCERT_CONTEXT both[] = { opened, opened };
    const SCHANNEL_CRED old = { .dwVersion = SCHANNEL_CRED_VERSION,
                                .cCreds = 2,
                                .paCred = both,
                                .hRootStore = opened->hCertStore };
    const SCH_CREDENTIALS new = { .dwVersion = SCH_CREDENTIALS_VERSION,
                                  .cCreds = 1,
                                  .paCred = both,
                                  .hRootStore = opened->hCertStore };
    struct ssp_cred cred;

    (void)state;
    assert_int_equal(read_raw(&old, ANY_SERVER, &cred), SEC_E_OK);
    assert_int_equal(cred.n_given, 2);
    assert_int_equal(X509_cmp(cred.given[1].cert, test_pki.leaf), 0);
    assert_int_equal(sk_X509_num(cred.given[1].chain), 2);
    assert_non_null(cred.roots);
    clear(&cred);
    assert_int_equal(read_raw(&new, ANY_CLIENT, &cred), SEC_E_OK);
    assert_int_equal(cred.n_given, 1);
    assert_non_null(cred.roots);
    clear(&cred);
}

static void failure_keeps_what_was_taken(void **state)
{
    PCCERT_CONTEXT all[] = { opened, NULL };
    SCHANNEL_CRED given = { .dwVersion = SCHANNEL_CRED_VERSION, .cCreds = 2, .paCred = all };
    CERT_CONTEXT bare = *opened;
    struct ssp_cred cred;

    (void)state;
    assert_int_equal(read_raw(&given, ANY_SERVER, &cred), SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(cred.n_given, 1);
    clear(&cred);
    all[1] = &bare;
    assert_int_equal(read_raw(&given, ANY_SERVER, &cred), SEC_E_NO_CREDENTIALS);
    assert_int_equal(cred.n_given, 1);
    clear(&cred);
}

static void wrong_counts_and_flags_are_refused(void **state)
{
    static PCCERT_CONTEXT many[101];
    static ALG_ID ids[257];
    const SCHANNEL_CRED bad[] = {
        { .cCreds = 1 },
        { .cCreds = 101, .paCred = many },
        { .cCreds = UINT32_MAX, .paCred = many },
        { .cSupportedAlgs = 1 },
        { .cSupportedAlgs = 257, .palgSupportedAlgs = ids },
        { .dwCredFormat = SCH_CRED_FORMAT_CERT_HASH },
        { .dwCredFormat = SCH_CRED_FORMAT_CERT_HASH_STORE, .cCreds = 1, .paCred = many },
        { .hRootStore = ids },
        { .dwFlags = SCH_CRED_MANUAL_CRED_VALIDATION | SCH_CRED_AUTO_CRED_VALIDATION },
        { .dwFlags = SCH_CRED_NO_DEFAULT_CREDS | SCH_CRED_USE_DEFAULT_CREDS },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        SCHANNEL_CRED given = bad[i];

        given.dwVersion = SCHANNEL_CRED_VERSION;
        assert_int_equal(try_raw(&given, ANY_CLIENT), SEC_E_UNKNOWN_CREDENTIALS);
    }
}

static void wrong_parameters_are_refused(void **state)
{
    static TLS_PARAMETERS p[17];
    static UNICODE_STRING names[17];
    static CRYPTO_SETTINGS settings[17];
    const TLS_PARAMETERS bad[] = {
        { .cAlpnIds = 1 },
        { .cAlpnIds = 17, .rgstrAlpnIds = names },
        { .cDisabledCrypto = 1 },
        { .cDisabledCrypto = 17, .pDisabledCrypto = settings },
        { .cDisabledCrypto = 1, .pDisabledCrypto = settings }, /* without a name */
    };
    SCH_CREDENTIALS given = { .dwVersion = SCH_CREDENTIALS_VERSION, .cTlsParameters = 1 };

    (void)state;
    assert_int_equal(try_raw(&given, ANY_CLIENT), SEC_E_UNKNOWN_CREDENTIALS);
    given.pTlsParameters = p;
    assert_int_equal(try_raw(&given, ANY_CLIENT), SEC_E_OK);
    given.cTlsParameters = 17;
    assert_int_equal(try_raw(&given, ANY_CLIENT), SEC_E_UNKNOWN_CREDENTIALS);
    given.cTlsParameters = 16;
    assert_int_equal(try_raw(&given, ANY_CLIENT), SEC_E_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        p[15] = bad[i];
        assert_int_equal(try_raw(&given, ANY_CLIENT), SEC_E_UNKNOWN_CREDENTIALS);
    }
}

static void memory_may_end_while_reading(void **state)
{
    PCCERT_CONTEXT all[] = { opened };
    const SCHANNEL_CRED given = { .dwVersion = SCHANNEL_CRED_VERSION, .cCreds = 1, .paCred = all };
    SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;

    (void)state;
    for (size_t n = 1; status == SEC_E_INSUFFICIENT_MEMORY; n++) {
        test_host.fail_at = test_host.allocations + n;
        status = try_raw(&given, ANY_SERVER);
        test_host.fail_at = 0;
    }
    assert_int_equal(status, SEC_E_OK);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(versions_tell_the_forms_apart),      TEST(protocols_are_those_of_the_role),
        TEST(newer_form_switches_protocols_off),  TEST(flags_and_lifespan_are_kept),
        TEST(strengths_and_algorithms_are_kept),  TEST(null_encryption_may_be_allowed_by_a_flag),
        TEST(certificates_and_roots_are_taken),   TEST(failure_keeps_what_was_taken),
        TEST(wrong_counts_and_flags_are_refused), TEST(wrong_parameters_are_refused),
        TEST(memory_may_end_while_reading),
    };

    return cmocka_run_group_tests_name("tls authdata", tests, test_pki_open, test_pki_close);
}
