/* SPDX-License-Identifier: Apache-2.0 */
/* test-cipher.c: what is told of suites, against libssl; what is promised of records, measured. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugins/tls/cipher.h"
#include "plugins/tls/record.h"
#include "plugins/tls/test-sides.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static X509 *rsa_cert, *ec_cert;

static int set_up(void **unused)
{
    (void)unused;
    sides_host_open();
    rsa_cert = sides_cert("RSA", "server.test", NULL, NULL, "SHA256");
    ec_cert = sides_cert("EC", "server.test", NULL, NULL, "SHA256");
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    X509_free(rsa_cert);
    X509_free(ec_cert);
    return 0;
}

static struct sides_wish wish_of(int version, bool datagram, const char *suite)
{
    bool ec = strstr(suite, "ECDSA") != NULL;

    return (struct sides_wish){ .version = version,
                                .datagram = datagram,
                                .ciphers = suite,
                                .server = ec ? ec_cert : rsa_cert,
                                .server_key = ec ? "EC" : "RSA" };
}

/* --- the length of records ------------------------------------------------------------------- */

static const struct sizes {
    int version;
    const char *suite;
    uint64_t options;
    unsigned header, trailer, block;
} sizes[] = {
    { TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 0, 5, 17, 16 },
    { TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", 0, 5, 17, 16 },
    { TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", 0, 5, 17, 1 },
    { TLS1_3_VERSION, "TLS_AES_128_CCM_SHA256", 0, 5, 17, 16 },
    { TLS1_3_VERSION, "TLS_AES_128_CCM_8_SHA256", 0, 5, 9, 16 },
    { TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", 0, 13, 16, 16 },
    { TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", 0, 13, 16, 16 },
    { TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", 0, 5, 16, 1 },
    { TLS1_2_VERSION, "ECDHE-ECDSA-AES256-CCM", 0, 13, 16, 16 },
    { TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM8", 0, 13, 8, 16 },
    { TLS1_2_VERSION, "DHE-RSA-AES256-CCM8", 0, 13, 8, 16 },
    { TLS1_2_VERSION, "ECDHE-ARIA128-GCM-SHA256", 0, 13, 16, 16 },
    { TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA", 0, 21, 36, 16 },
    { TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256", 0, 21, 48, 16 },
    { TLS1_2_VERSION, "ECDHE-RSA-AES256-SHA384", 0, 21, 64, 16 },
    { TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA", SSL_OP_NO_ENCRYPT_THEN_MAC, 21, 36, 16 },
    { TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256", SSL_OP_NO_ENCRYPT_THEN_MAC, 21, 48, 16 },
    { TLS1_2_VERSION, "ECDHE-RSA-AES256-SHA384", SSL_OP_NO_ENCRYPT_THEN_MAC, 21, 64, 16 },
    { TLS1_2_VERSION, "AES256-SHA256", 0, 21, 48, 16 },
    { TLS1_2_VERSION, "CAMELLIA128-SHA", 0, 21, 36, 16 },
    { TLS1_2_VERSION, "NULL-SHA256", 0, 5, 32, 1 },
    { TLS1_1_VERSION, "ECDHE-RSA-AES256-SHA", 0, 21, 36, 16 },
    { TLS1_1_VERSION, "ECDHE-RSA-AES256-SHA", SSL_OP_NO_ENCRYPT_THEN_MAC, 21, 36, 16 },
    { TLS1_VERSION, "ECDHE-RSA-AES256-SHA", 0, 5, 36, 16 },
    { TLS1_VERSION, "ECDHE-RSA-AES256-SHA", SSL_OP_NO_ENCRYPT_THEN_MAC, 5, 36, 16 },
    { DTLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", 0, 21, 16, 16 },
    { DTLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", 0, 13, 16, 1 },
    { DTLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM8", 0, 21, 8, 16 },
    { DTLS1_2_VERSION, "ECDHE-RSA-AES128-SHA", 0, 29, 36, 16 },
    { DTLS1_2_VERSION, "ECDHE-RSA-AES256-SHA384", SSL_OP_NO_ENCRYPT_THEN_MAC, 29, 64, 16 },
    { DTLS1_VERSION, "ECDHE-RSA-AES128-SHA", 0, 29, 36, 16 },
};

/* Octets of the one record that n octets of data become, and the other side reads. */
static size_t record_of(struct ssp_ctx *from, struct ssp_ctx *to, BIO *way, int n)
{
    static uint8_t data[17000], back[17000];
    size_t head = from->datagram ? 13 : 5;
    uint8_t *record;
    size_t len;

    assert_int_equal(SSL_write(from->ssl, data, n), n);
    len = (size_t)BIO_get_mem_data(way, &record);
    assert_true(len >= head);
    assert_int_equal(record[0], TLS_APPLICATION_DATA);
    assert_int_equal(len, head + (size_t)(record[head - 2] << 8 | record[head - 1])); /* only one */
    assert_int_equal(SSL_read(to->ssl, back, sizeof back), n);
    return len;
}

static void measure(const struct sizes *want)
{
    bool datagram = want->version == DTLS1_2_VERSION || want->version == DTLS1_VERSION;
    struct sides_wish wish = wish_of(want->version, datagram, want->suite);
    struct sides s;
    size_t most = 0, least = SIZE_MAX;

    wish.options = want->options;
    sides_open(&s, &wish);
    assert_int_equal(s.client.header, want->header);
    assert_int_equal(s.client.trailer, want->trailer);
    assert_int_equal(s.client.block, want->block);
    assert_int_equal(s.server.header, want->header);
    assert_int_equal(s.server.trailer, want->trailer);
    for (int n = 1; n <= 300; n++) {
        size_t extra = record_of(&s.client, &s.server, s.to_server, n) - (size_t)n - want->header;

        most = extra > most ? extra : most;
        least = extra < least ? extra : least;
        assert_int_equal(record_of(&s.server, &s.client, s.to_client, n),
                         (size_t)n + want->header + extra);
    }
    assert_int_equal(most, want->trailer); /* the bound is kept, and met */
    assert_int_equal(most - least, want->trailer > 32 ? 15 : 0);
    sides_close(&s);
}

static void records_are_as_long_as_promised(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        print_message("%s %x\n", sizes[i].suite, (unsigned)sizes[i].version);
        measure(&sizes[i]);
    }
}

/* --- the most that a record holds ------------------------------------------------------------ */

static void a_stream_s_record_holds_16384(void **unused)
{
    struct sides_wish wish = { .server = rsa_cert };
    struct sides s;

    (void)unused;
    sides_open(&s, &wish);
    assert_int_equal(s.client.maximum, 16384);
    record_of(&s.client, &s.server, s.to_server, 16384);
    sides_close(&s);
}

static void a_shorter_record_that_was_agreed_on_counts(void **unused)
{
    static const int version[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    struct sides s;

    (void)unused;
    for (size_t i = 0; i < COUNT(version); i++) {
        struct sides_wish wish = { .version = version[i],
                                   .server = rsa_cert,
                                   .fragment = TLSEXT_max_fragment_length_1024 };

        sides_open(&s, &wish);
        assert_int_equal(s.client.maximum, 1024);
        assert_int_equal(s.server.maximum, 1024);
        record_of(&s.client, &s.server, s.to_server, 1024);
        record_of(&s.server, &s.client, s.to_client, 1024);
        sides_close(&s);
    }
}

/* The longest data fits, and with another block it would not. */
static void check_datagrams(struct ssp_ctx *from, struct ssp_ctx *to, BIO *way)
{
    unsigned slack = from->block > 1 ? from->block : 0;
    size_t len = record_of(from, to, way, (int)from->maximum);

    assert_true(len <= from->mtu);
    assert_true(len + slack + 1 > from->mtu || len + 2 * slack > from->mtu);
}

static void datagrams_keep_to_the_mtu(void **unused)
{
    static const uint16_t mtu[] = { 256, 300, 576, 1096, 1500, 9000 };
    struct sides s;

    (void)unused;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        if (sizes[i].version != DTLS1_2_VERSION)
            continue;
        struct sides_wish wish = wish_of(DTLS1_2_VERSION, true, sizes[i].suite);
        wish.options = sizes[i].options;
        sides_open(&s, &wish);
        assert_in_range(s.server.maximum, 900, 1096 - 1);
        for (size_t k = 0; k < COUNT(mtu); k++) {
            SEC_DTLS_MTU set = { mtu[k] }, got = { 0 };

            assert_int_equal(tls_set(&s.client, SECPKG_ATTR_DTLS_MTU, &set, sizeof set), 0);
            assert_int_equal(tls_query(&s.client, SECPKG_ATTR_DTLS_MTU, &got, 0), 0);
            assert_int_equal(got.PathMTU, mtu[k]);
            check_datagrams(&s.client, &s.server, s.to_server);
        }
        sides_close(&s);
    }
}

static void the_mtu_may_be_set_before_the_handshake(void **unused)
{
    struct sides_wish wish = wish_of(DTLS1_2_VERSION, true, "ECDHE-RSA-AES128-GCM-SHA256");
    SEC_DTLS_MTU mtu = { 500 };
    struct sides s;

    (void)unused;
    sides_make(&s, &wish);
    assert_int_equal(tls_set(&s.client, SECPKG_ATTR_DTLS_MTU, &mtu, sizeof mtu), SEC_E_OK);
    assert_int_equal(s.client.header, 0);
    assert_true(sides_run(&s));
    tls_measure(&s.client);
    assert_int_equal(s.client.maximum, 500 - 13 - 8 - 16);
    sides_close(&s);
}

static void a_long_datagram_is_still_a_record(void **unused)
{
    struct sides_wish wish = wish_of(DTLS1_2_VERSION, true, "ECDHE-RSA-AES128-GCM-SHA256");
    SEC_DTLS_MTU mtu = { 65535 };
    struct sides s;

    (void)unused;
    sides_open(&s, &wish);
    assert_int_equal(tls_set(&s.client, SECPKG_ATTR_DTLS_MTU, &mtu, sizeof mtu), SEC_E_OK);
    assert_int_equal(s.client.maximum, 16384);
    mtu.PathMTU = 199;
    assert_int_equal(tls_set(&s.client, SECPKG_ATTR_DTLS_MTU, &mtu, sizeof mtu),
                     SEC_E_INVALID_PARAMETER);
    assert_int_equal(s.client.mtu, 65535);
    assert_int_equal(tls_set(&s.client, SECPKG_ATTR_DTLS_MTU, &mtu, 1), SEC_E_INVALID_PARAMETER);
    sides_close(&s);
}

/* --- suites ---------------------------------------------------------------------------------- */

static const struct suite {
    int version;
    const char *name;
    uint16_t number;
    const char *cipher;
    ALG_ID cipher_id;
    uint32_t bits;
    const char *hash;
    ALG_ID hash_id;
    uint32_t hash_bits;
    const char *exchange;
    ALG_ID exchange_id;
    const char *proof;
} suites[] = {
    { TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", 0x1302, "AES", CALG_AES_256, 256, "SHA384",
      CALG_SHA_384, 0, "ECDH", CALG_ECDH_EPHEM, "RSA" },
    { TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", 0x1303, "CHACHA20_POLY1305", 0, 256, "SHA256",
      CALG_SHA_256, 0, "ECDH", CALG_ECDH_EPHEM, "RSA" },
    { TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", 0xc02f, "AES", CALG_AES_128, 128, "SHA256",
      CALG_SHA_256, 0, "ECDH", CALG_ECDH_EPHEM, "RSA" },
    { TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", 0xc02c, "AES", CALG_AES_256, 256, "SHA384",
      CALG_SHA_384, 0, "ECDH", CALG_ECDH_EPHEM, "ECDSA" },
    { TLS1_2_VERSION, "ECDHE-RSA-AES256-SHA384", 0xc028, "AES", CALG_AES_256, 256, "SHA384",
      CALG_SHA_384, 384, "ECDH", CALG_ECDH_EPHEM, "RSA" },
    { TLS1_2_VERSION, "DHE-RSA-AES128-SHA256", 0x67, "AES", CALG_AES_128, 128, "SHA256",
      CALG_SHA_256, 256, "DH", CALG_DH_EPHEM, "RSA" },
    { TLS1_2_VERSION, "AES128-SHA", 0x2f, "AES", CALG_AES_128, 128, "SHA1", CALG_SHA1, 160, "RSA",
      CALG_RSA_KEYX, "RSA" },
};

static void check_suite(const struct suite *want, struct ssp_ctx *ctx)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ctx->ssl);
    EVP_PKEY *key = sides_key(strcmp(want->proof, "ECDSA") == 0 ? "EC" : "RSA");
    struct tls_suite suite;
    struct tls_exchange exchange;

    assert_true(tls_suite_read(cipher, &suite));
    assert_int_equal(suite.number, want->number);
    assert_string_equal(suite.name, SSL_CIPHER_standard_name(cipher));
    assert_string_equal(suite.cipher, want->cipher);
    assert_int_equal(suite.cipher_id, want->cipher_id);
    assert_int_equal(suite.cipher_bits, want->bits);
    assert_string_equal(suite.hash, want->hash);
    assert_int_equal(suite.hash_id, want->hash_id);
    assert_int_equal(suite.hash_bits, want->hash_bits);
    tls_exchange_read(ctx->ssl, key, &exchange);
    assert_string_equal(exchange.name, want->exchange);
    assert_int_equal(exchange.id, want->exchange_id);
    assert_string_equal(tls_proof_of(cipher, key).name, want->proof);
    assert_int_equal(tls_version_of(ctx->ssl)->number, want->version);
}

static void suites_are_told_by_their_parts(void **unused)
{
    struct sides s;

    (void)unused;
    for (size_t i = 0; i < COUNT(suites); i++) {
        struct sides_wish wish = wish_of(suites[i].version, false, suites[i].name);

        if (strcmp(suites[i].proof, "ECDSA") == 0) {
            wish.server = ec_cert;
            wish.server_key = "EC";
        }
        sides_open(&s, &wish);
        check_suite(&suites[i], &s.client);
        check_suite(&suites[i], &s.server);
        sides_close(&s);
    }
}

/* Every suite that this libssl has, but for those of GOST and the like, has its row. */
static void no_suite_is_unknown(void **unused)
{
    SSL_CTX *c = SSL_CTX_new(TLS_method());
    STACK_OF(SSL_CIPHER) * all;

    (void)unused;
    assert_int_equal(SSL_CTX_set_cipher_list(c, "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), 1);
    all = SSL_CTX_get_ciphers(c);
    assert_true(sk_SSL_CIPHER_num(all) > 100);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(all, i);
        struct tls_suite suite;

        if (strstr(SSL_CIPHER_get_name(cipher), "GOST"))
            continue;
        if (!tls_suite_read(cipher, &suite))
            fail_msg("%s is not known", SSL_CIPHER_get_name(cipher));
    }
    SSL_CTX_free(c);
}

static const struct {
    int version;
    const char *suite, *group;
    uint32_t bits; /* as the client knows it; the server does not know DH's without a name */
    uint16_t number;
} exchanges[] = {
    { TLS1_3_VERSION, NULL, "X25519", 255, 29 },
    { TLS1_3_VERSION, NULL, "P-256", 256, 23 },
    { TLS1_3_VERSION, NULL, "P-521", 521, 25 },
    { TLS1_3_VERSION, NULL, "ffdhe3072", 3072, 257 },
    { TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", "P-384", 384, 24 },
    { TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", "X448", 448, 30 },
    { TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256", NULL, 2048, 0 },
    { TLS1_2_VERSION, "AES128-GCM-SHA256", NULL, 2048, 0 },
};

static void the_strength_of_the_exchange_is_its_group_s(void **unused)
{
    struct tls_exchange exchange;
    struct sides s;

    (void)unused;
    for (size_t i = 0; i < COUNT(exchanges); i++) {
        struct sides_wish wish = { .version = exchanges[i].version,
                                   .ciphers = exchanges[i].suite,
                                   .groups = exchanges[i].group,
                                   .server = rsa_cert };

        sides_open(&s, &wish);
        tls_exchange_read(s.client.ssl, sides_key("RSA"), &exchange);
        assert_int_equal(exchange.bits, exchanges[i].bits);
        assert_int_equal(exchange.group, exchanges[i].number);
        tls_exchange_read(s.server.ssl, sides_key("RSA"), &exchange);
        assert_int_equal(exchange.group, exchanges[i].number);
        if (exchange.id != CALG_DH_EPHEM || exchange.group)
            assert_int_equal(exchange.bits, exchanges[i].bits);
        sides_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_as_long_as_promised),
        cmocka_unit_test(a_stream_s_record_holds_16384),
        cmocka_unit_test(a_shorter_record_that_was_agreed_on_counts),
        cmocka_unit_test(datagrams_keep_to_the_mtu),
        cmocka_unit_test(the_mtu_may_be_set_before_the_handshake),
        cmocka_unit_test(a_long_datagram_is_still_a_record),
        cmocka_unit_test(suites_are_told_by_their_parts),
        cmocka_unit_test(no_suite_is_unknown),
        cmocka_unit_test(the_strength_of_the_exchange_is_its_group_s),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
