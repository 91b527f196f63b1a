/* SPDX-License-Identifier: Apache-2.0 */
/* test-limits.c: what a credential's bounds leave of suites, groups and signatures. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "plugins/tls/host.h"
#include "plugins/tls/test-host.h"
#include "plugins/tls/test-link.h"
#include "plugins/tls/test-pki.h"

static struct ssp_settings settings;
static struct ssp_instance instance = { .settings = &settings };
static struct ssp_cred cred;
static SSL_CTX *ctx;

static int setup(void **state)
{
    (void)state;
    test_host_open();
    settings.all = NULL;
    cred = (struct ssp_cred){ .instance = &instance };
    ctx = SSL_CTX_new(TLS_method());
    return ctx ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tls_limits_clear(&cred.limits);
    SSL_CTX_free(ctx);
    assert_int_equal(test_host.live, 0);
    assert_int_equal(ERR_peek_error(), 0);
    return 0;
}

/* --- CRYPTO_SETTINGS in short ---------------------------------------------------------------- */

/* Text in ASCII as UTF-16; lives until the next sixteen. */
static UNICODE_STRING wide(const char *text)
{
    static WCHAR room[16][64];
    static unsigned next;
    WCHAR *to = room[next++ % 16];
    size_t n = strlen(text);

    assert_true(n <= 64);
    for (size_t i = 0; i < n; i++)
        to[i] = (WCHAR)(unsigned char)text[i];
    return (UNICODE_STRING){ (USHORT)(2 * n), (USHORT)(2 * n), to };
}

static SECURITY_STATUS disable_sized(eTlsAlgorithmUsage usage, const char *name, const char *mode,
                                     uint32_t least, uint32_t most)
{
    UNICODE_STRING chaining = wide(mode ? mode : "");
    const CRYPTO_SETTINGS setting = { .eAlgorithmUsage = usage,
                                      .strCngAlgId = wide(name),
                                      .cChainingModes = mode != NULL,
                                      .rgstrChainingModes = &chaining,
                                      .dwMinBitLength = least,
                                      .dwMaxBitLength = most };

    return tls_limits_disable(&cred.limits, &setting, false);
}

static void disable(eTlsAlgorithmUsage usage, const char *name)
{
    assert_int_equal(disable_sized(usage, name, NULL, 0, 0), SEC_E_OK);
}

#define EXCHANGE TlsParametersCngAlgUsageKeyExchange
#define SIGNATURE TlsParametersCngAlgUsageSignature
#define CIPHER TlsParametersCngAlgUsageCipher
#define DIGEST TlsParametersCngAlgUsageDigest
#define CERT_SIGNATURE TlsParametersCngAlgUsageCertSig

/* Has the SSL_CTX a suite whose name has text in it? */
static bool has(const char *text)
{
    STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(ctx);

    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++)
        if (strstr(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i)), text))
            return true;
    return false;
}

static void apply(void)
{
    assert_int_equal(tls_limits_apply(&cred, ctx), SEC_E_OK);
}

/* --- suites ---------------------------------------------------------------------------------- */

static void nothing_said_changes_nothing(void **state)
{
    int before = sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(ctx));

    (void)state;
    apply();
    assert_int_equal(sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(ctx)), before);
    assert_false(has("NULL"));
}

static void order_of_suites_stays(void **state)
{
    STACK_OF(SSL_CIPHER) *all = sk_SSL_CIPHER_dup(SSL_CTX_get_ciphers(ctx));

    (void)state;
    cred.limits.min_bits = 1;
    apply();
    STACK_OF(SSL_CIPHER) *left = SSL_CTX_get_ciphers(ctx);
    assert_int_equal(sk_SSL_CIPHER_num(left), sk_SSL_CIPHER_num(all));
    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++)
        assert_ptr_equal(sk_SSL_CIPHER_value(left, i), sk_SSL_CIPHER_value(all, i));
    sk_SSL_CIPHER_free(all);
}

static void strengths_are_bounds(void **state)
{
    (void)state;
    cred.limits.min_bits = 256;
    apply();
    assert_true(has("TLS_AES_256_GCM_SHA384") && has("ECDHE-ECDSA-AES256-GCM") && has("CHACHA20"));
    assert_false(has("AES_128") || has("AES128"));
    cred.limits.min_bits = 0;
    cred.limits.max_bits = 128;
    assert_int_equal(tls_limits_apply(&cred, ctx), SEC_E_ALGORITHM_MISMATCH);
}

static void weaker_suites_alone_are_possible(void **state)
{
    (void)state;
    cred.limits.max_bits = 128;
    apply();
    assert_true(has("TLS_AES_128_GCM_SHA256") && has("ECDHE-RSA-AES128-GCM-SHA256"));
    assert_false(has("256_") || has("AES256") || has("CHACHA20"));
}

static void null_ciphers_are_for_who_wants_them(void **state)
{
    (void)state;
    cred.limits.null_ciphers = true;
    cred.limits.min_bits = 256;
    apply();
    assert_true(has("NULL-SHA256") && has("AES256"));
    cred.limits.null_only = true;
    apply();
    assert_true(has("ECDHE-RSA-NULL-SHA"));
    assert_false(has("AES256-GCM"));
    assert_true(SSL_CTX_get_options(ctx) & SSL_OP_NO_TLSv1_3);
}

static void algorithms_are_chosen_by_class(void **state)
{
    ALG_ID ids[] = { CALG_AES_256, CALG_SHA_384, CALG_ECDH, 0x2203 /* CALG_ECDSA */ };

    (void)state;
    cred.limits.algorithms = OPENSSL_memdup(ids, sizeof ids);
    cred.limits.n_algorithms = 1;
    apply();
    assert_true(has("TLS_AES_256_GCM_SHA384") && has("ECDHE-RSA-AES256-SHA") &&
                has("DHE-RSA-AES256"));
    assert_false(has("CHACHA20") || has("AES128") || has("AES_128"));
    cred.limits.n_algorithms = 2;
    apply();
    assert_true(has("ECDHE-RSA-AES256-SHA384") && has("AES256-GCM-SHA384"));
    cred.limits.n_algorithms = 3;
    apply();
    assert_true(has("ECDHE-RSA-AES256-GCM-SHA384"));
    assert_false(has("-DHE") || has("PSK-AES256-GCM"));
    cred.limits.n_algorithms = 4;
    apply();
    assert_true(has("ECDHE-ECDSA-AES256-GCM-SHA384") && has("TLS_AES_256_GCM_SHA384"));
    assert_false(has("RSA"));
    ids[0] = CALG_RC4;
    memcpy(cred.limits.algorithms, ids, sizeof ids);
    assert_int_equal(tls_limits_apply(&cred, ctx), SEC_E_ALGORITHM_MISMATCH);
    OPENSSL_free(cred.limits.algorithms);
    cred.limits.algorithms = NULL;
}

/* Each names what goes and what stays of libssl's usual suites. */
static void settings_switch_suites_off(void **state)
{
    static const struct {
        eTlsAlgorithmUsage usage;
        const char *name, *mode;
        uint32_t least, most;
        const char *gone, *stays;
    } all[] = {
        { CIPHER, "AES", NULL, 0, 0, "AES", "CHACHA20" },
        { CIPHER, "AES", NULL, 256, 0, "AES128", "AES256" },
        { CIPHER, "AES", NULL, 0, 128, "AES256", "AES128" },
        { CIPHER, "AES", NULL, 256, 0, "TLS_AES_128", "TLS_AES_256" },
        { CIPHER, "aes", "ChainingModeGCM", 0, 0, "GCM", "AES128-SHA" },
        { CIPHER, "AES", "ChainingModeCBC", 0, 0, "AES128-SHA", "AES128-GCM" },
        { CIPHER, "AES", "ChainingModeCBC", 256, 0, "AES128-SHA", "AES256-SHA" },
        { CIPHER, "CHACHA20_POLY1305", NULL, 0, 0, "CHACHA20", "AES" },
        { CIPHER, "SHA384", NULL, 0, 0, "SHA384", "SHA256" },
        { DIGEST, "SHA384", NULL, 0, 0, "SHA384", "TLS_AES_128_GCM_SHA256" },
        { DIGEST, "SHA256", NULL, 0, 0, "SHA256", "TLS_AES_256_GCM_SHA384" },
        { EXCHANGE, "ECDH", NULL, 0, 0, "ECDHE-RSA", "TLS_AES_256" },
        { EXCHANGE, "DH", NULL, 0, 0, "DHE-RSA-AES128-GCM", NULL },
        { EXCHANGE, "DH", NULL, 2048, 0, "DHE-PSK-AES128-GCM", "ECDHE-RSA" },
        { SIGNATURE, "ECDSA", NULL, 0, 0, "ECDSA", "ECDHE-RSA" },
        { SIGNATURE, "RSA", NULL, 0, 0, "ECDHE-RSA", "ECDHE-ECDSA" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const char *gone = all[i].gone;

        SSL_CTX_free(ctx);
        ctx = SSL_CTX_new(TLS_method());
        tls_limits_clear(&cred.limits);
        assert_true(has(gone) && (!all[i].stays || has(all[i].stays)));
        assert_int_equal(
            disable_sized(all[i].usage, all[i].name, all[i].mode, all[i].least, all[i].most),
            SEC_E_OK);
        apply();
        if (gone[0] != 'D') /* "DHE" is in "ECDHE", too */
            assert_false(has(gone));
        assert_true(!all[i].stays || has(all[i].stays));
    }
    SSL_CTX_free(ctx);
    ctx = SSL_CTX_new(TLS_method());
    assert_int_equal(SSL_CTX_set_cipher_list(ctx, "DHE-RSA-AES128-GCM-SHA256:AES128-SHA"), 1);
    tls_limits_clear(&cred.limits);
    disable(EXCHANGE, "DH");
    apply();
    assert_false(has("DHE"));
    disable(EXCHANGE, "RSA");
    apply();
    assert_true(SSL_CTX_get_options(ctx) & SSL_OP_NO_TLSv1_2);
}

/* As curl tells the two CCM modes apart. */
static void short_tags_are_weak(void **state)
{
    static const char both[] = "TLS_AES_128_CCM_8_SHA256:TLS_AES_128_CCM_SHA256";

    (void)state;
    assert_int_equal(SSL_CTX_set_ciphersuites(ctx, both), 1);
    assert_int_equal(disable_sized(CIPHER, "AES", "ChainingModeCCM", 128, 0), SEC_E_OK);
    apply();
    assert_true(has("CCM_SHA256") && !has("CCM_8"));
    tls_limits_clear(&cred.limits);
    assert_int_equal(SSL_CTX_set_ciphersuites(ctx, both), 1);
    assert_int_equal(disable_sized(CIPHER, "AES", "ChainingModeCCM", 0, 64), SEC_E_OK);
    apply();
    assert_true(!has("CCM_SHA256") && has("CCM_8"));
}

static void preshared_keys_alone(void **state)
{
    (void)state;
    cred.flags = SCH_USE_PRESHAREDKEY_ONLY;
    apply();
    assert_true(has("PSK") && has("TLS_AES_128"));
    assert_false(has("ECDHE-RSA") || has("RSA-PSK"));
}

static void names_that_nobody_knows_are_refused(void **state)
{
    static WCHAR umlaut[] = { 'A', 0xc4, 'S' };
    CRYPTO_SETTINGS bad = { .eAlgorithmUsage = CIPHER, .strCngAlgId = { 6, 6, umlaut } };

    (void)state;
    assert_int_equal(tls_limits_disable(&cred.limits, &bad, false), SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(tls_limits_disable(&cred.limits, &bad, true), SEC_E_OK);
    assert_int_equal(disable_sized(CIPHER, "AESS", NULL, 0, 0), SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(disable_sized(CIPHER, "", NULL, 0, 0), SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(disable_sized(CIPHER, "AES", "ChainingModeXTS", 0, 0),
                     SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(disable_sized(5, "AES", NULL, 0, 0), SEC_E_UNKNOWN_CREDENTIALS);
    bad.strCngAlgId = wide("AES");
    bad.cChainingModes = 17;
    assert_int_equal(tls_limits_disable(&cred.limits, &bad, false), SEC_E_UNKNOWN_CREDENTIALS);
    bad.cChainingModes = 1;
    assert_int_equal(tls_limits_disable(&cred.limits, &bad, false), SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(cred.limits.n_rules, 0);
    disable(CIPHER, "RC2");
    apply();
    assert_true(has("AES"));
}

/* --- handshakes ------------------------------------------------------------------------------ */

static struct test_link link_;

/* Our limited client with a server of libssl's own choice, or with its one version. */
static bool shakes(int version)
{
    SSL_CTX *server = test_ssl_ctx(TLS1_2_VERSION, true);

    (void)SSL_CTX_set_max_proto_version(server, version ? version : TLS1_3_VERSION);
    (void)SSL_CTX_set_min_proto_version(server, version ? version : TLS1_2_VERSION);
    test_link_open(&link_, ctx, &cred, server, &cred, NULL);
    SSL_CTX_free(server);
    return link_.open;
}

static const char *version_of(void)
{
    const char *version = shakes(0) ? SSL_get_version(link_.client) : "none";

    test_link_close(&link_);
    return version;
}

static void versions_go_with_their_suites(void **state)
{
    (void)state;
    assert_string_equal(version_of(), "TLSv1.3");
    assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES128-SHA"), 1);
    assert_int_equal(disable_sized(CIPHER, "AES", "ChainingModeGCM", 0, 0), SEC_E_OK);
    disable(CIPHER, "CHACHA20_POLY1305");
    apply();
    assert_string_equal(version_of(), "TLSv1.2");
    SSL_CTX_free(ctx);
    ctx = SSL_CTX_new(TLS_method());
    tls_limits_clear(&cred.limits);
    disable(EXCHANGE, "ECDH_P521");
    disable(SIGNATURE, "RSA");
    assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ECDHE-RSA-AES128-SHA"), 1);
    apply();
    assert_string_equal(version_of(), "TLSv1.3");
    assert_false(shakes(TLS1_2_VERSION));
    test_link_close(&link_);
}

static int group_of(int version)
{
    int group = shakes(version) ? (int)SSL_get_negotiated_group(link_.client) : -1;

    test_link_close(&link_);
    return group;
}

/* In TLS 1.2 a server's key has to be of one of the groups, too: P-256 here. */
static void groups_are_switched_off(void **state)
{
    (void)state;
    assert_int_equal(group_of(TLS1_3_VERSION), NID_X25519);
    disable(EXCHANGE, "curve25519");
    apply();
    assert_int_equal(group_of(TLS1_2_VERSION), NID_X9_62_prime256v1);
    disable(EXCHANGE, "ECDH_P256");
    apply();
    assert_int_equal(group_of(TLS1_2_VERSION), -1);
    assert_int_equal(group_of(TLS1_3_VERSION), NID_X448);
    assert_int_equal(disable_sized(EXCHANGE, "ECDH", NULL, 500, 0), SEC_E_OK);
    apply();
    assert_int_equal(group_of(TLS1_3_VERSION), NID_secp521r1);
    disable(EXCHANGE, "ECDHE");
    apply();
    assert_int_equal(group_of(TLS1_3_VERSION), NID_ffdhe2048);
    disable(EXCHANGE, "DH");
    assert_int_equal(tls_limits_apply(&cred, ctx), SEC_E_ALGORITHM_MISMATCH);
}

static void groups_of_the_settings_are_the_base(void **state)
{
    static const struct test_setting list[] = { { "groups", "P-384:secp521r1:P-256" },
                                                { NULL, NULL } };

    (void)state;
    settings.all = list;
    disable(EXCHANGE, "nistP384");
    apply();
    assert_int_equal(group_of(TLS1_3_VERSION), NID_secp521r1);
    disable(EXCHANGE, "secP521r1");
    apply();
    assert_int_equal(group_of(TLS1_3_VERSION), NID_X9_62_prime256v1);
    disable(EXCHANGE, "secP256r1");
    assert_int_equal(tls_limits_apply(&cred, ctx), SEC_E_ALGORITHM_MISMATCH);
}

static void signatures_are_switched_off(void **state)
{
    (void)state;
    assert_true(shakes(TLS1_3_VERSION)); /* with a key for P-256 */
    test_link_close(&link_);
    assert_int_equal(disable_sized(SIGNATURE, "ECDSA", NULL, 0, 256), SEC_E_OK);
    apply();
    assert_true(shakes(TLS1_3_VERSION));
    test_link_close(&link_);
    assert_int_equal(disable_sized(SIGNATURE, "ECDSA", NULL, 384, 0), SEC_E_OK);
    apply();
    assert_false(shakes(TLS1_3_VERSION));
    test_link_close(&link_);
    disable(SIGNATURE, "ECDSA");
    disable(SIGNATURE, "RSA");
    apply(); /* Ed25519 */
    assert_false(shakes(TLS1_3_VERSION));
    test_link_close(&link_);
}

/* --- certificates ---------------------------------------------------------------------------- */

static bool allows(X509 *certificate, bool leaf)
{
    bool allowed = tls_limits_allow(&cred.limits, certificate, leaf);

    tls_limits_clear(&cred.limits);
    return allowed;
}

static void certificates_are_looked_at(void **state)
{
    X509 *by_rsa =
        test_certificate("localhost", test_pki.leaf_key, test_pki.root, test_pki.rsa_key, 0);

    (void)state;
    assert_true(allows(test_pki.leaf, true));
    disable(CERT_SIGNATURE, "ECDSA");
    assert_false(allows(test_pki.leaf, true));
    disable(CERT_SIGNATURE, "ECDSA");
    assert_true(allows(by_rsa, true));
    disable(CERT_SIGNATURE, "SHA256");
    assert_false(allows(by_rsa, false));
    disable(CERT_SIGNATURE, "SHA1");
    assert_true(allows(by_rsa, true));
    assert_int_equal(disable_sized(CERT_SIGNATURE, "RSA", NULL, 2049, 0), SEC_E_OK);
    assert_false(allows(by_rsa, true));
    assert_int_equal(disable_sized(CERT_SIGNATURE, "RSA", NULL, 2048, 0), SEC_E_OK);
    assert_true(allows(by_rsa, true));
    assert_int_equal(disable_sized(SIGNATURE, "RSA", NULL, 3072, 0), SEC_E_OK);
    assert_false(allows(test_pki.rsa_leaf, true));
    assert_int_equal(disable_sized(SIGNATURE, "RSA", NULL, 3072, 0), SEC_E_OK);
    assert_true(allows(test_pki.rsa_leaf, false));
    assert_int_equal(disable_sized(SIGNATURE, "RSA", NULL, 2048, 0), SEC_E_OK);
    assert_true(allows(test_pki.rsa_leaf, true));
    X509_free(by_rsa);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(nothing_said_changes_nothing),
        TEST(order_of_suites_stays),
        TEST(strengths_are_bounds),
        TEST(weaker_suites_alone_are_possible),
        TEST(null_ciphers_are_for_who_wants_them),
        TEST(algorithms_are_chosen_by_class),
        TEST(settings_switch_suites_off),
        TEST(short_tags_are_weak),
        TEST(preshared_keys_alone),
        TEST(names_that_nobody_knows_are_refused),
        TEST(versions_go_with_their_suites),
        TEST(groups_are_switched_off),
        TEST(groups_of_the_settings_are_the_base),
        TEST(signatures_are_switched_off),
        TEST(certificates_are_looked_at),
    };

    return cmocka_run_group_tests_name("tls limits", tests, test_pki_open, test_pki_close);
}
