/* SPDX-License-Identifier: Apache-2.0 */
/* test-attributes.c: what contexts and credentials answer, against what libssl itself says. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "plugins/tls/host.h"
#include "plugins/tls/native.h"
#include "plugins/tls/test-sides.h"
#include "sspi/sspix.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static X509 *root, *server_cert, *client_cert, *ec_cert;

static int set_up(void **unused)
{
    (void)unused;
    sides_host_open();
    root = sides_cert("EC", "Root, of all", NULL, NULL, "SHA256");
    server_cert = sides_cert("RSA", "server.test", root, "EC", "SHA384");
    client_cert = sides_cert("RSA", "J\xc3\xbcrgen \xf0\x9f\x98\x80 + Co", root, "EC", "SHA256");
    ec_cert = sides_cert("EC", "second.test", root, "EC", "SHA512");
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    X509_free(root);
    X509_free(server_cert);
    X509_free(client_cert);
    X509_free(ec_cert);
    return 0;
}

static int fresh_host(void **unused)
{
    (void)unused;
    sides_host_open();
    return 0;
}

static int nothing_left(void **unused)
{
    (void)unused;
    assert_int_equal(sides_host.live, 0);
    return 0;
}

static void *release(void *p)
{
    tls_host->release(p);
    return NULL;
}

#define ASK(ctx, attribute, out) assert_int_equal(tls_query((ctx), (attribute), (out), 0), SEC_E_OK)
#define REFUSED(ctx, attribute, out, status)                                                       \
    do {                                                                                           \
        assert_int_equal(tls_query((ctx), (attribute), (out), 0), (status));                       \
        assert_int_equal(sides_host.last_status, (status));                                        \
    } while (0)

/* A connection of one version with a certificate of both. */
static void open_both(struct sides *s, int version, const char *suite)
{
    struct sides_wish wish = { .version = version,
                               .ciphers = suite,
                               .server = server_cert,
                               .between = root,
                               .client = client_cert,
                               .ask = true,
                               .alpn = "h2" };

    sides_open(s, &wish);
}

/* --- sizes and states ------------------------------------------------------------------------ */

static void sizes_are_those_that_were_measured(void **unused)
{
    SecPkgContext_Sizes sizes;
    SecPkgContext_StreamSizes stream;
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256");
    ASK(&s.client, SECPKG_ATTR_SIZES, &sizes);
    assert_int_equal(sizes.cbSecurityTrailer, 29);
    assert_int_equal(sizes.cbBlockSize, 16);
    assert_int_equal(sizes.cbMaxSignature, 0);
    assert_int_equal(sizes.cbMaxToken, tls_package.max_token);
    ASK(&s.client, SECPKG_ATTR_STREAM_SIZES, &stream);
    assert_int_equal(stream.cbHeader, 13);
    assert_int_equal(stream.cbTrailer, 16);
    assert_int_equal(stream.cbMaximumMessage, 16384);
    assert_int_equal(stream.cBuffers, 4);
    assert_int_equal(stream.cbBlockSize, 16);
    sides_close(&s);
}

static void a_struct_that_is_too_small_is_refused(void **unused)
{
    SecPkgContext_CipherInfo info = { .dwVersion = 1 };
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_3_VERSION, NULL);
    assert_int_equal(tls_query(&s.client, SECPKG_ATTR_CIPHER_INFO, &info, sizeof info - 1),
                     SEC_E_BUFFER_TOO_SMALL);
    assert_int_equal(tls_query(&s.client, SECPKG_ATTR_CIPHER_INFO, &info, sizeof info), SEC_E_OK);
    sides_close(&s);
}

static void what_there_is_not_is_refused(void **unused)
{
    static const uint32_t attributes[] = {
        SECPKG_ATTR_SESSION_KEY,     SECPKG_ATTR_ISSUER_LIST,
        SECPKG_ATTR_REMOTE_CRED,     SECPKG_ATTR_LOCAL_CRED,
        SECPKG_ATTR_ROOT_STORE,      SECPKG_ATTR_APP_DATA,
        SECPKG_ATTR_USE_NCRYPT,      SECPKG_ATTR_UI_INFO,
        SECPKG_ATTR_SRTP_PARAMETERS, SECPKG_ATTR_TOKEN_BINDING,
        SECPKG_ATTR_DCE_INFO,        SECPKG_ATTR_EARLY_START,
        SECPKG_ATTR_DTLS_MTU,        0x12345678,
    };
    uint8_t buffer[1024] = { 0 };
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_3_VERSION, NULL);
    for (size_t i = 0; i < COUNT(attributes); i++) {
        REFUSED(&s.client, attributes[i], buffer, SEC_E_UNSUPPORTED_FUNCTION);
        assert_int_equal(tls_set(&s.client, attributes[i], buffer, sizeof buffer),
                         SEC_E_UNSUPPORTED_FUNCTION);
    }
    sides_close(&s);
}

/* The client stops where it is asked for its certificate, as SEC_I_INCOMPLETE_CREDENTIALS does. */
static int not_yet(SSL *ssl, void *unused)
{
    (void)ssl;
    (void)unused;
    return -1;
}

static void check_issuers(struct ssp_ctx *ctx)
{
    SecPkgContext_IssuerListInfoEx list;
    uint8_t *der = NULL;
    int len = i2d_X509_NAME(X509_get_subject_name(server_cert), &der);

    ASK(ctx, SECPKG_ATTR_ISSUER_LIST_EX, &list);
    assert_int_equal(list.cIssuers, 1);
    assert_true(
        span_is(span_of(list.aIssuers[0].pbData, list.aIssuers[0].cbData), der, (size_t)len));
    release(list.aIssuers);
    OPENSSL_free(der);
}

static void check_signatures(struct ssp_ctx *ctx)
{
    SecPkgContext_SupportedSignatures list;
    bool found = false;

    ASK(ctx, SECPKG_ATTR_SUPPORTED_SIGNATURES, &list);
    for (unsigned i = 0; i < list.cSignatureAndHashAlgorithms; i++) /* ecdsa_secp256r1_sha256 */
        found = found || list.pSignatureAndHashAlgorithms[i] == (3 << 8 | 4);
    assert_true(found);
    release(list.pSignatureAndHashAlgorithms);
}

static void look_early(int version)
{
    struct sides_wish wish = { .version = version, .server = server_cert, .ask = true };
    SecPkgContext_ConnectionInfo info;
    const CERT_CONTEXT *cert;
    struct sides s;

    sides_make(&s, &wish);
    SSL_set_cert_cb(s.client.ssl, not_yet, NULL);
    REFUSED(&s.client, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert, SEC_E_NO_CREDENTIALS);
    assert_false(sides_run(&s));
    assert_int_equal(SSL_get_error(s.client.ssl, SSL_do_handshake(s.client.ssl)),
                     SSL_ERROR_WANT_X509_LOOKUP);
    check_issuers(&s.client);
    check_signatures(&s.client);
    check_signatures(&s.server);
    ASK(&s.client, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert);
    assert_true(sides_same_der(sides_certificate(cert, 0), server_cert));
    release((void *)(uintptr_t)cert);
    REFUSED(&s.client, SECPKG_ATTR_CONNECTION_INFO, &info, SEC_E_INVALID_HANDLE);
    REFUSED(&s.client, SECPKG_ATTR_SIZES, &info, SEC_E_INVALID_HANDLE);
    REFUSED(&s.server, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert, SEC_E_INVALID_HANDLE);
    sides_close(&s);
}

static void a_client_may_look_before_it_shows_its_certificate(void **unused)
{
    (void)unused;
    look_early(TLS1_2_VERSION);
    look_early(TLS1_3_VERSION);
}

static void a_list_without_names_is_empty(void **unused)
{
    struct sides_wish wish = { .server = server_cert };
    SecPkgContext_IssuerListInfoEx list = { (void *)&wish, 7 };
    struct sides s;

    (void)unused;
    sides_open(&s, &wish);
    ASK(&s.client, SECPKG_ATTR_ISSUER_LIST_EX, &list);
    assert_null(list.aIssuers);
    assert_int_equal(list.cIssuers, 0);
    sides_close(&s);
}

/*
 * A client that renegotiates shows a certificate that is not its own, and stops before it would
 * have to prove that: nobody is told of it.
 */
static void half_a_handshake_proves_nothing(void **unused)
{
    struct sides_wish wish = { .version = TLS1_2_VERSION,
                               .server = server_cert,
                               .client = client_cert,
                               .ask = true,
                               .options = SSL_OP_ALLOW_CLIENT_RENEGOTIATION };
    SecPkgContext_NamesA names;
    SecPkgContext_StreamSizes sizes;
    const CERT_CONTEXT *cert;
    struct sides s;

    (void)unused;
    sides_open(&s, &wish);
    assert_int_equal(SSL_renegotiate(s.client.ssl), 1);
    (void)SSL_do_handshake(s.client.ssl);
    assert_int_equal(SSL_read(s.server.ssl, &names, 1), -1);
    assert_true(SSL_in_init(s.server.ssl));
    REFUSED(&s.server, SECPKG_ATTR_NAMES, &names, SEC_E_INVALID_HANDLE);
    REFUSED(&s.server, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert, SEC_E_INVALID_HANDLE);
    REFUSED(&s.server, SECPKG_ATTR_REMOTE_CERT_CHAIN, &cert, SEC_E_INVALID_HANDLE);
    ASK(&s.server, SECPKG_ATTR_STREAM_SIZES, &sizes);
    sides_close(&s);
}

/* --- names ----------------------------------------------------------------------------------- */

#define CLIENT_NAME "CN=J\xc3\xbcrgen \xf0\x9f\x98\x80 \\+ Co"
#define ROOT_NAME "CN=Root\\, of all"

static void the_client_s_name_is_its_subject(void **unused)
{
    static const int version[] = { TLS1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION };
    SecPkgContext_NamesA names;
    SecPkgContext_NativeNamesA native;
    struct sides s;

    (void)unused;
    for (size_t i = 0; i < COUNT(version); i++) {
        struct ssp_ctx *both[] = { &s.client, &s.server };

        open_both(&s, version[i], NULL);
        for (size_t k = 0; k < COUNT(both); k++) {
            ASK(both[k], SECPKG_ATTR_NAMES, &names);
            assert_string_equal(names.sUserName, CLIENT_NAME);
            release(names.sUserName);
            ASK(both[k], SECPKG_ATTR_NATIVE_NAMES, &native);
            assert_string_equal(native.sClientName, CLIENT_NAME);
            assert_string_equal(native.sServerName, "server.test");
            release(native.sClientName);
            release(native.sServerName);
        }
        sides_close(&s);
    }
}

/* Configured, but not asked for: it proves nothing to anybody. */
static void check_nameless(int version)
{
    struct sides_wish wish = { .version = version, .server = server_cert, .client = client_cert };
    SecPkgContext_NamesA names;
    SecPkgContext_NativeNamesA native;
    const CERT_CONTEXT *cert;
    struct sides s;

    sides_open(&s, &wish);
    REFUSED(&s.client, SECPKG_ATTR_NAMES, &names, SEC_E_NO_CREDENTIALS);
    REFUSED(&s.server, SECPKG_ATTR_NAMES, &names, SEC_E_NO_CREDENTIALS);
    REFUSED(&s.server, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert, SEC_E_NO_CREDENTIALS);
    REFUSED(&s.server, SECPKG_ATTR_AUTHORITY, &names, SEC_E_NO_CREDENTIALS);
    REFUSED(&s.client, SECPKG_ATTR_LOCAL_CERT_CONTEXT, &cert, SEC_E_NO_CREDENTIALS);
    ASK(&s.server, SECPKG_ATTR_NATIVE_NAMES, &native);
    assert_string_equal(native.sClientName, "");
    assert_string_equal(native.sServerName, "server.test");
    release(native.sClientName);
    release(native.sServerName);
    sides_close(&s);
}

static void without_a_certificate_there_is_no_name(void **unused)
{
    (void)unused;
    check_nameless(TLS1_VERSION);
    check_nameless(TLS1_2_VERSION);
    check_nameless(TLS1_3_VERSION);
}

static void a_name_that_nobody_checked_is_not_told(void **unused)
{
    SecPkgContext_NamesA names;
    SecPkgContext_NativeNamesA native;
    const CERT_CONTEXT *cert;
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_3_VERSION, NULL);
    s.server.manual = true;
    REFUSED(&s.server, SECPKG_ATTR_NAMES, &names, SEC_E_NO_CREDENTIALS);
    REFUSED(&s.server, SECPKG_ATTR_AUTHORITY, &names, SEC_E_NO_CREDENTIALS);
    ASK(&s.server, SECPKG_ATTR_NATIVE_NAMES, &native);
    assert_string_equal(native.sClientName, "");
    release(native.sClientName);
    release(native.sServerName);
    ASK(&s.server, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert); /* for who checks it himself */
    release((void *)(uintptr_t)cert);
    sides_close(&s);
}

static void a_subject_that_is_empty_is_no_name(void **unused)
{
    X509 *nobody = sides_cert("RSA", "", root, "EC", "SHA256");
    struct sides_wish wish = { .server = server_cert, .client = nobody, .ask = true };
    SecPkgContext_NamesA names;
    struct sides s;

    (void)unused;
    sides_open(&s, &wish);
    REFUSED(&s.server, SECPKG_ATTR_NAMES, &names, SEC_E_NO_CREDENTIALS);
    ASK(&s.server, SECPKG_ATTR_AUTHORITY, &names);
    release(names.sUserName);
    sides_close(&s);
    X509_free(nobody);
}

static void the_authority_is_the_issuer_of_the_peer(void **unused)
{
    SecPkgContext_AuthorityA authority;
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_3_VERSION, NULL);
    ASK(&s.client, SECPKG_ATTR_AUTHORITY, &authority);
    assert_string_equal(authority.sAuthorityName, ROOT_NAME);
    release(authority.sAuthorityName);
    sides_close(&s);
}

/* --- certificates ---------------------------------------------------------------------------- */

static void check_certificates(struct ssp_ctx *ctx, uint32_t attribute, X509 *leaf, size_t n)
{
    const CERT_CONTEXT *cert;

    ASK(ctx, attribute, &cert);
    assert_int_equal(sides_certificates(cert), n);
    assert_true(sides_same_der(span_of(cert->pbCertEncoded, cert->cbCertEncoded), leaf));
    if (n > 1)
        assert_true(sides_same_der(sides_certificate(cert, 1), root));
    release((void *)(uintptr_t)cert);
}

static void certificates_come_with_their_chains(void **unused)
{
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_3_VERSION, NULL);
    check_certificates(&s.client, SECPKG_ATTR_REMOTE_CERT_CONTEXT, server_cert, 2);
    check_certificates(&s.client, SECPKG_ATTR_REMOTE_CERT_CHAIN, server_cert, 2);
    check_certificates(&s.server, SECPKG_ATTR_LOCAL_CERT_CONTEXT, server_cert, 2);
    check_certificates(&s.server, SECPKG_ATTR_REMOTE_CERT_CONTEXT, client_cert, 1);
    check_certificates(&s.client, SECPKG_ATTR_LOCAL_CERT_CONTEXT, client_cert, 1);
    sides_close(&s);
}

static void certificates_as_a_block_are_lengths_and_octets(void **unused)
{
    SecPkgContext_Certificates block;
    X509 *want[2] = { server_cert, root };
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_2_VERSION, NULL);
    ASK(&s.client, SECPKG_ATTR_REMOTE_CERTIFICATES, &block);
    assert_int_equal(block.cCertificates, 2);
    struct wire_in in = wire_in(span_of(block.pbCertificateChain, block.cbCertificateChain));
    for (size_t i = 0; i < 2; i++) {
        uint32_t len = native_u32(&in);

        assert_true(sides_same_der(wire_span(&in, len), want[i]));
    }
    assert_true(wire_done(&in));
    release(block.pbCertificateChain);
    sides_close(&s);
}

static void our_certificate_s_names_are_utf16(void **unused)
{
    static const WCHAR subject[] = u"CN=J\u00fcrgen \U0001f600 \\+ Co",
                       issuer[] = u"CN=Root\\, of all";
    SecPkgContext_CertInfo info = { .dwVersion = KERN_CONTEXT_CERT_INFO_V1 };
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_3_VERSION, NULL);
    ASK(&s.client, SECPKG_ATTR_LOCAL_CERT_INFO, &info);
    assert_int_equal(info.cbSubjectName, sizeof subject);
    assert_memory_equal(info.pwszSubjectName, subject, sizeof subject);
    assert_int_equal(info.cbIssuerName, sizeof issuer);
    assert_memory_equal(info.pwszIssuerName, issuer, sizeof issuer);
    assert_int_equal(info.dwKeySize, 2048);
    release(info.pwszSubjectName);
    release(info.pwszIssuerName);
    info.dwVersion = 1;
    REFUSED(&s.client, SECPKG_ATTR_LOCAL_CERT_INFO, &info, SEC_E_INVALID_PARAMETER);
    sides_close(&s);
}

/* --- the connection -------------------------------------------------------------------------- */

static bool wide_is(const WCHAR *wide, const char *text)
{
    size_t i = 0;

    for (; text[i]; i++)
        if (wide[i] != (WCHAR)text[i])
            return false;
    return wide[i] == 0;
}

static void connection_info_has_windows_numbers(void **unused)
{
    SecPkgContext_ConnectionInfo info;
    SecPkgContext_ConnectionInfoEx ex = { .dwVersion = SECPKGCONTEXT_CONNECTION_INFO_EX_V1 };
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384");
    ASK(&s.server, SECPKG_ATTR_CONNECTION_INFO, &info);
    assert_int_equal(info.dwProtocol, SP_PROT_TLS1_2_SERVER);
    ASK(&s.client, SECPKG_ATTR_CONNECTION_INFO, &info);
    assert_int_equal(info.dwProtocol, SP_PROT_TLS1_2_CLIENT);
    assert_int_equal(info.aiCipher, CALG_AES_256);
    assert_int_equal(info.dwCipherStrength, 256);
    assert_int_equal(info.aiHash, CALG_SHA_384);
    assert_int_equal(info.dwHashStrength, 0);
    assert_int_equal(info.aiExch, CALG_ECDH_EPHEM);
    assert_int_equal(info.dwExchStrength, 255);
    ASK(&s.client, SECPKG_ATTR_CONNECTION_INFO_EX, &ex);
    assert_int_equal(ex.dwProtocol, SP_PROT_TLS1_2_CLIENT);
    assert_true(wide_is(ex.szCipher, "AES") && wide_is(ex.szHash, "SHA384"));
    assert_true(wide_is(ex.szExchange, "ECDH"));
    assert_int_equal(ex.dwExchStrength, 255);
    ex.dwVersion = 0;
    REFUSED(&s.client, SECPKG_ATTR_CONNECTION_INFO_EX, &ex, SEC_E_INVALID_PARAMETER);
    sides_close(&s);
}

/* What Windows 10 says of the same suite. */
static void cipher_info_is_cng_s(void **unused)
{
    SecPkgContext_CipherInfo info = { .dwVersion = SECPKGCONTEXT_CIPHERINFO_V1 };
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384");
    ASK(&s.client, SECPKG_ATTR_CIPHER_INFO, &info);
    assert_int_equal(info.dwProtocol, 0x303);
    assert_int_equal(info.dwCipherSuite, 0xc030);
    assert_int_equal(info.dwBaseCipherSuite, 0xc030);
    assert_true(wide_is(info.szCipherSuite, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"));
    assert_true(wide_is(info.szCipher, "AES"));
    assert_int_equal(info.dwCipherLen, 256);
    assert_int_equal(info.dwCipherBlockLen, 16);
    assert_true(wide_is(info.szHash, ""));
    assert_int_equal(info.dwHashLen, 0);
    assert_true(wide_is(info.szExchange, "ECDH"));
    assert_true(wide_is(info.szCertificate, "RSA"));
    assert_int_equal(info.dwKeyType, 0x1d);
    info.dwVersion = 2;
    REFUSED(&s.client, SECPKG_ATTR_CIPHER_INFO, &info, SEC_E_INVALID_PARAMETER);
    sides_close(&s);
}

static void a_mac_has_its_length(void **unused)
{
    SecPkgContext_CipherInfo info = { .dwVersion = SECPKGCONTEXT_CIPHERINFO_V1 };
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256");
    ASK(&s.client, SECPKG_ATTR_CIPHER_INFO, &info);
    assert_true(wide_is(info.szHash, "SHA256"));
    assert_int_equal(info.dwHashLen, 256);
    sides_close(&s);
}

static void key_and_protocol_are_named(void **unused)
{
    SecPkgContext_KeyInfoA key;
    SecPkgContext_ProtoInfoA protocol;
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384");
    ASK(&s.client, SECPKG_ATTR_KEY_INFO, &key);
    assert_string_equal(key.sSignatureAlgorithmName, "RSA");
    assert_int_equal(key.SignatureAlgorithm, 0x2400);
    assert_string_equal(key.sEncryptAlgorithmName, "AES");
    assert_int_equal(key.EncryptAlgorithm, CALG_AES_256);
    assert_int_equal(key.KeySize, 256);
    release(key.sSignatureAlgorithmName);
    release(key.sEncryptAlgorithmName);
    ASK(&s.client, SECPKG_ATTR_PROTO_INFO, &protocol);
    assert_string_equal(protocol.sProtocolName, "TLS");
    assert_int_equal(protocol.majorVersion, 1);
    assert_int_equal(protocol.minorVersion, 3);
    release(protocol.sProtocolName);
    sides_close(&s);
}

static void alpn_is_told_or_that_there_is_none(void **unused)
{
    struct sides_wish wish = { .server = server_cert };
    SecPkgContext_ApplicationProtocol protocol;
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_3_VERSION, NULL);
    ASK(&s.client, SECPKG_ATTR_APPLICATION_PROTOCOL, &protocol);
    assert_int_equal(protocol.ProtoNegoStatus, SecApplicationProtocolNegotiationStatus_Success);
    assert_int_equal(protocol.ProtoNegoExt, SecApplicationProtocolNegotiationExt_ALPN);
    assert_int_equal(protocol.ProtocolIdSize, 2);
    assert_memory_equal(protocol.ProtocolId, "h2", 2);
    sides_close(&s);
    sides_open(&s, &wish);
    ASK(&s.client, SECPKG_ATTR_APPLICATION_PROTOCOL, &protocol);
    assert_int_equal(protocol.ProtoNegoStatus, SecApplicationProtocolNegotiationStatus_None);
    assert_int_equal(protocol.ProtocolIdSize, 0);
    sides_close(&s);
}

static void flags_and_times_are_the_context_s(void **unused)
{
    const int64_t now = ((int64_t)time(NULL) + 11644473600) * 10000000;
    const int64_t day = INT64_C(864000000000), minute = 600000000;
    SecPkgContext_Lifespan span;
    SecPkgContext_Flags flags;
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_3_VERSION, NULL);
    s.client.granted = 0x8018;
    ASK(&s.client, SECPKG_ATTR_FLAGS, &flags);
    assert_int_equal(flags.Flags, 0x8018);
    ASK(&s.client, SECPKG_ATTR_LIFESPAN, &span);
    assert_in_range(span.tsStart.QuadPart, now - minute, now + minute);
    assert_in_range(span.tsExpiry.QuadPart, now + day - minute, now + day + minute);
    sides_close(&s);
    struct sides_wish wish = { .server = server_cert };
    sides_open(&s, &wish);
    ASK(&s.server, SECPKG_ATTR_LIFESPAN, &span);
    assert_true(span.tsExpiry.QuadPart == SSPI_TIME_NEVER);
    sides_close(&s);
}

/* --- channel bindings ------------------------------------------------------------------------ */

/* What is behind the prefix; the rest of the struct as the vectors have it. */
static size_t binding_of(struct ssp_ctx *ctx, uint32_t attribute, const char *prefix,
                         uint8_t out[64])
{
    static const SEC_CHANNEL_BINDINGS empty;
    SecPkgContext_Bindings b;
    size_t n, skip = strlen(prefix);

    ASK(ctx, attribute, &b);
    assert_memory_equal(b.Bindings, &empty,
                        offsetof(SEC_CHANNEL_BINDINGS, cbApplicationDataLength));
    assert_int_equal(b.Bindings->dwApplicationDataOffset, 32);
    n = b.Bindings->cbApplicationDataLength;
    assert_int_equal(b.BindingsLength, 32 + n);
    assert_true(n > skip && n - skip <= 64);
    assert_memory_equal(b.Bindings + 1, prefix, skip);
    memcpy(out, (uint8_t *)(b.Bindings + 1) + skip, n - skip);
    release(b.Bindings);
    return n - skip;
}

/* The same on both sides; gives what it is. */
static size_t both_bind(struct sides *s, uint32_t attribute, const char *prefix, uint8_t out[64])
{
    uint8_t other[64];
    size_t n = binding_of(&s->client, attribute, prefix, out);

    assert_int_equal(binding_of(&s->server, attribute, prefix, other), n);
    assert_memory_equal(out, other, n);
    return n;
}

/* A whole handshake, and one that resumes its session on the same server. */
static void open_twice(struct sides *first, struct sides *second, struct sides_wish *wish)
{
    wish->server_ctx = sides_server(wish);
    sides_open(first, wish);
    assert_non_null(first->session);
    wish->session = first->session;
    sides_open(second, wish);
    assert_int_equal(SSL_session_reused(second->client.ssl), 1);
    SSL_CTX_free(wish->server_ctx);
}

static void tls_unique_is_the_first_finished(void **unused)
{
    struct sides_wish wish = { .version = TLS1_2_VERSION, .server = server_cert };
    struct sides whole, resumed;
    uint8_t bound[64], finished[64];

    (void)unused;
    open_twice(&whole, &resumed, &wish);
    assert_int_equal(both_bind(&whole, SECPKG_ATTR_UNIQUE_BINDINGS, "tls-unique:", bound), 12);
    assert_int_equal(SSL_get_finished(whole.client.ssl, finished, 64), 12);
    assert_memory_equal(bound, finished, 12);
    assert_int_equal(both_bind(&resumed, SECPKG_ATTR_UNIQUE_BINDINGS, "tls-unique:", bound), 12);
    assert_int_equal(SSL_get_finished(resumed.server.ssl, finished, 64), 12);
    assert_memory_equal(bound, finished, 12);
    sides_close(&whole);
    sides_close(&resumed);
}

static void what_would_not_bind_is_refused(void **unused)
{
    struct sides_wish wish = { .version = TLS1_3_VERSION, .server = server_cert };
    SecPkgContext_Bindings b;
    struct sides s;

    (void)unused;
    sides_open(&s, &wish);
    REFUSED(&s.client, SECPKG_ATTR_UNIQUE_BINDINGS, &b, SEC_E_UNSUPPORTED_FUNCTION);
    sides_close(&s);
    wish.version = TLS1_2_VERSION;
    wish.options = SSL_OP_NO_EXTENDED_MASTER_SECRET;
    sides_open(&s, &wish);
    REFUSED(&s.client, SECPKG_ATTR_UNIQUE_BINDINGS, &b, SEC_E_UNSUPPORTED_FUNCTION);
    REFUSED(&s.client, SSPIX_ATTR_EXPORTER_BINDINGS, &b, SEC_E_UNSUPPORTED_FUNCTION);
    sides_close(&s);
}

static void tls_exporter_is_libssl_s_own(void **unused)
{
    static const struct {
        int version;
        bool datagram;
    } kinds[] = { { TLS1_3_VERSION, false }, { TLS1_2_VERSION, false }, { DTLS1_2_VERSION, true } };
    uint8_t bound[64], own[32];
    struct sides s;

    (void)unused;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct sides_wish wish = { .version = kinds[i].version,
                                   .datagram = kinds[i].datagram,
                                   .server = server_cert };

        sides_open(&s, &wish);
        assert_int_equal(both_bind(&s, SSPIX_ATTR_EXPORTER_BINDINGS, "tls-exporter:", bound), 32);
        assert_int_equal(SSL_export_keying_material(s.server.ssl, own, sizeof own,
                                                    "EXPORTER-Channel-Binding", 24,
                                                    (const uint8_t *)"", 0, 1),
                         1);
        assert_memory_equal(bound, own, 32);
        sides_close(&s);
    }
}

/* RFC 5929 4.1: of a certificate's signature, and what binds then. */
static const struct {
    const char *signature, *digest;
} end_points[] = {
    { "MD5", "SHA256" },    { "SHA1", "SHA256" },   { "SHA224", "SHA224" },
    { "SHA256", "SHA256" }, { "SHA384", "SHA384" }, { "SHA512", "SHA512" },
};

static void the_end_point_is_the_certificate_s_hash(void **unused)
{
    uint8_t bound[64], digest[64];
    unsigned n;
    struct sides s;

    (void)unused;
    for (size_t i = 0; i < COUNT(end_points); i++) {
        X509 *cert = sides_cert("RSA", "server.test", NULL, NULL, end_points[i].signature);
        struct sides_wish wish = { .version = i % 2 ? TLS1_2_VERSION : TLS1_3_VERSION,
                                   .server = cert };

        sides_open(&s, &wish);
        assert_int_equal(X509_digest(cert, EVP_get_digestbyname(end_points[i].digest), digest, &n),
                         1);
        assert_int_equal(
            both_bind(&s, SECPKG_ATTR_ENDPOINT_BINDINGS, "tls-server-end-point:", bound), n);
        assert_memory_equal(bound, digest, n);
        sides_close(&s);
        X509_free(cert);
    }
}

static void no_hash_binds_nothing(void **unused)
{
    X509 *cert = sides_cert("ED25519", "server.test", NULL, NULL, NULL);
    struct sides_wish wish = { .server = cert, .server_key = "ED25519" };
    SecPkgContext_Bindings b;
    struct sides s;

    (void)unused;
    sides_open(&s, &wish);
    REFUSED(&s.client, SECPKG_ATTR_ENDPOINT_BINDINGS, &b, SEC_E_UNSUPPORTED_FUNCTION);
    REFUSED(&s.server, SECPKG_ATTR_ENDPOINT_BINDINGS, &b, SEC_E_UNSUPPORTED_FUNCTION);
    sides_close(&s);
    X509_free(cert);
}

/* With two certificates a resumed session has to say which one it was made with. */
static const struct resumption {
    int version;
    bool second;
    uint64_t options;
    bool known;
} resumptions[] = {
    { TLS1_3_VERSION, true, 0, true },
    { TLS1_2_VERSION, true, 0, true },
    { TLS1_3_VERSION, true, SSL_OP_NO_TICKET, true },
    { TLS1_2_VERSION, false, SSL_OP_NO_TICKET, true },
    { TLS1_2_VERSION, true, SSL_OP_NO_TICKET, false },
};

static void check_bound(struct sides *s, bool known, const uint8_t *bound, size_t n)
{
    uint8_t again[64];
    SecPkgContext_Bindings b;

    if (known) {
        assert_int_equal(
            both_bind(s, SECPKG_ATTR_ENDPOINT_BINDINGS, "tls-server-end-point:", again), n);
        assert_memory_equal(bound, again, n);
    } else {
        REFUSED(&s->server, SECPKG_ATTR_ENDPOINT_BINDINGS, &b, SEC_E_NO_CREDENTIALS);
    }
}

/* The third connection has a ticket that was made when there was no certificate in sight. */
static void check_resumption(const struct resumption *r, bool rsa)
{
    struct sides_wish wish = { .version = r->version,
                               .server = server_cert,
                               .second = r->second ? ec_cert : NULL,
                               .options = r->options,
                               .signatures = "ECDSA+SHA256" };
    struct sides whole, resumed, third;
    uint8_t bound[64];
    size_t n;

    if (rsa)
        wish.signatures = "rsa_pss_rsae_sha256:RSA+SHA256";
    wish.server_ctx = sides_server(&wish);
    sides_open(&whole, &wish);
    n = both_bind(&whole, SECPKG_ATTR_ENDPOINT_BINDINGS, "tls-server-end-point:", bound);
    assert_int_equal(n, rsa ? 48 : 64);
    wish.session = whole.session;
    sides_open(&resumed, &wish);
    assert_int_equal(SSL_session_reused(resumed.server.ssl), 1);
    check_bound(&resumed, r->known, bound, n);
    wish.session = resumed.session ? resumed.session : whole.session;
    sides_open(&third, &wish);
    assert_int_equal(SSL_session_reused(third.server.ssl), 1);
    check_bound(&third, r->known, bound, n);
    SSL_CTX_free(wish.server_ctx);
    sides_close(&whole);
    sides_close(&resumed);
    sides_close(&third);
}

static void a_resumed_session_binds_as_the_first(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT(resumptions); i++) {
        check_resumption(&resumptions[i], true);
        if (resumptions[i].second)
            check_resumption(&resumptions[i], false);
    }
}

static void session_info_tells_a_resumed_one(void **unused)
{
    static const int version[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    SecPkgContext_SessionInfo info;
    SecPkgContext_NamesA names;
    struct sides whole, resumed;

    (void)unused;
    for (size_t i = 0; i < COUNT(version); i++) {
        struct sides_wish wish = {
            .version = version[i], .server = server_cert, .client = client_cert, .ask = true
        };

        open_twice(&whole, &resumed, &wish);
        ASK(&whole.server, SECPKG_ATTR_SESSION_INFO, &info);
        assert_int_equal(info.dwFlags, 0);
        assert_in_range(info.cbSessionId, 0, 32);
        ASK(&resumed.client, SECPKG_ATTR_SESSION_INFO, &info);
        assert_int_equal(info.dwFlags, SSL_SESSION_RECONNECT);
        ASK(&resumed.server, SECPKG_ATTR_NAMES, &names); /* who it was is in the session */
        assert_string_equal(names.sUserName, CLIENT_NAME);
        release(names.sUserName);
        sides_close(&whole);
        sides_close(&resumed);
    }
}

/* --- keys ------------------------------------------------------------------------------------ */

static void check_material(struct sides *s, const char *context)
{
    static char label[] = "EXPERIMENTAL key";
    uint8_t value[16] = { 0 }, own[40];
    SecPkgContext_KeyingMaterialInfo info = { sizeof label, label, (WORD)strlen(context), value,
                                              sizeof own };
    SecPkgContext_KeyingMaterial material;
    SecPkgContext_KeyingMaterial_Inproc once = {
        sizeof label - 1, label, (WORD)strlen(context), value, sizeof own, NULL
    };

    memcpy(value, context, strlen(context));
    assert_int_equal(SSL_export_keying_material(s->server.ssl, own, sizeof own, label,
                                                sizeof label - 1, value, strlen(context),
                                                context[0] != '\0'),
                     1);
    assert_int_equal(tls_set(&s->client, SECPKG_ATTR_KEYING_MATERIAL_INFO, &info, sizeof info),
                     SEC_E_OK);
    ASK(&s->client, SECPKG_ATTR_KEYING_MATERIAL, &material);
    assert_int_equal(material.cbKeyingMaterial, sizeof own);
    assert_memory_equal(material.pbKeyingMaterial, own, sizeof own);
    release(material.pbKeyingMaterial);
    ASK(&s->client, SECPKG_ATTR_KEYING_MATERIAL_INPROC, &once);
    assert_memory_equal(once.pbKeyingMaterial, own, sizeof own);
    release(once.pbKeyingMaterial);
}

static void keying_material_is_libssl_s_own(void **unused)
{
    static const int version[] = { TLS1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION };
    SecPkgContext_KeyingMaterial material;
    struct sides s;

    (void)unused;
    for (size_t i = 0; i < COUNT(version); i++) {
        struct sides_wish wish = { .version = version[i], .server = server_cert };

        sides_open(&s, &wish);
        REFUSED(&s.client, SECPKG_ATTR_KEYING_MATERIAL, &material, SEC_E_INVALID_PARAMETER);
        check_material(&s, "");
        check_material(&s, "context");
        sides_close(&s);
    }
}

static void requests_that_make_no_sense_are_refused(void **unused)
{
    static char label[TLS_LABEL_MAX + 2], reserved[] = "client finished", split[] = "a\0b";
    static uint8_t context[1];
    const SecPkgContext_KeyingMaterialInfo wrong[] = {
        { 0, label, 0, NULL, 32 },
        { 1, label, 0, NULL, 32 },
        { 5, NULL, 0, NULL, 32 },
        { sizeof split, split, 0, NULL, 32 },
        { TLS_LABEL_MAX + 1, memset(label, 'a', sizeof label - 1), 0, NULL, 32 },
        { 5, label, 1, NULL, 32 },
        { 5, label, 1, context, 0 },
        { 5, label, 1, context, 65536 },
    };
    SecPkgContext_KeyingMaterial_Inproc once = { sizeof reserved, reserved, 0, NULL, 32, NULL };
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_2_VERSION, NULL);
    label[0] = '\0';
    assert_int_equal(
        tls_set(&s.client, SECPKG_ATTR_KEYING_MATERIAL_INFO, &wrong[1], sizeof wrong[1]),
        SEC_E_INVALID_PARAMETER);
    label[0] = 'a';
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (i != 1)
            assert_int_equal(
                tls_set(&s.client, SECPKG_ATTR_KEYING_MATERIAL_INFO, &wrong[i], sizeof wrong[i]),
                SEC_E_INVALID_PARAMETER);
    assert_null(s.client.exporter.label);
    REFUSED(&s.client, SECPKG_ATTR_KEYING_MATERIAL_INPROC, &once, SEC_E_INVALID_PARAMETER);
    sides_close(&s);
}

/* P_hash of RFC 5246 5 with an empty secret, by HMAC alone. */
static void p_hash(const EVP_MD *md, const uint8_t *seed, size_t seed_len, uint8_t *out, size_t n)
{
    uint8_t a[EVP_MAX_MD_SIZE + 128], block[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    assert_non_null(HMAC(md, "", 0, seed, seed_len, a, &len));
    for (size_t at = 0; at < n; at += len) {
        memcpy(a + len, seed, seed_len);
        assert_non_null(HMAC(md, "", 0, a, len + seed_len, block, &len));
        for (size_t i = 0; i < len && at + i < n; i++)
            out[at + i] ^= block[i];
        assert_non_null(HMAC(md, "", 0, a, len, block, &len));
        memcpy(a, block, len);
    }
}

static const struct {
    int version;
    const char *suite, *md[2];
} vectors[] = {
    { TLS1_VERSION, NULL, { "MD5", "SHA1" } },
    { TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA", { "SHA256", NULL } },
    { TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", { "SHA384", NULL } },
};

static void eap_keys_are_rfc_5216_s(void **unused)
{
    static const char label[] = "client EAP encryption";
    uint8_t seed[21 + 64], iv[64], keys[128];
    SecPkgContext_EapKeyBlock block;
    struct sides s;

    (void)unused;
    memcpy(seed, label, 21);
    for (size_t i = 0; i < COUNT(vectors); i++) {
        open_both(&s, vectors[i].version, vectors[i].suite);
        ASK(&s.client, SECPKG_ATTR_EAP_KEY_BLOCK, &block);
        SSL_export_keying_material(s.server.ssl, keys, 128, label, 21, NULL, 0, 0);
        assert_memory_equal(block.rgbKeys, keys, 128);
        SSL_get_client_random(s.server.ssl, seed + 21, 32);
        SSL_get_server_random(s.server.ssl, seed + 53, 32);
        memset(iv, 0, sizeof iv);
        for (size_t k = 0; k < 2 && vectors[i].md[k]; k++)
            p_hash(EVP_get_digestbyname(vectors[i].md[k]), seed, sizeof seed, iv, sizeof iv);
        assert_memory_equal(block.rgbIVs, iv, sizeof iv);
        sides_close(&s);
    }
}

static void eap_keys_of_tls_1_3_are_rfc_9190_s(void **unused)
{
    static const uint8_t type = 13, none[64];
    uint8_t keys[128];
    SecPkgContext_EapKeyBlock block;
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_3_VERSION, NULL);
    ASK(&s.client, SECPKG_ATTR_EAP_KEY_BLOCK, &block);
    SSL_export_keying_material(s.server.ssl, keys, 128, "EXPORTER_EAP_TLS_Key_Material", 29, &type,
                               1, 1);
    assert_memory_equal(block.rgbKeys, keys, 128);
    assert_memory_equal(block.rgbIVs, none, sizeof none);
    sides_close(&s);
}

/* --- memory ---------------------------------------------------------------------------------- */

/* Where the pointers are that an answer is freed by. */
static const struct {
    uint32_t attribute;
    size_t at[2];
    unsigned n;
} allocated[] = {
    { SECPKG_ATTR_NAMES, { 0 }, 1 },
    { SECPKG_ATTR_AUTHORITY, { 0 }, 1 },
    { SECPKG_ATTR_PROTO_INFO, { 0 }, 1 },
    { SECPKG_ATTR_NATIVE_NAMES, { 0, sizeof(char *) }, 2 },
    { SECPKG_ATTR_KEY_INFO, { 0, sizeof(char *) }, 2 },
    { SECPKG_ATTR_UNIQUE_BINDINGS, { offsetof(SecPkgContext_Bindings, Bindings) }, 1 },
    { SECPKG_ATTR_ENDPOINT_BINDINGS, { offsetof(SecPkgContext_Bindings, Bindings) }, 1 },
    { SSPIX_ATTR_EXPORTER_BINDINGS, { offsetof(SecPkgContext_Bindings, Bindings) }, 1 },
    { SECPKG_ATTR_REMOTE_CERT_CONTEXT, { 0 }, 1 },
    { SECPKG_ATTR_LOCAL_CERT_CONTEXT, { 0 }, 1 },
    { SECPKG_ATTR_REMOTE_CERTIFICATES,
      { offsetof(SecPkgContext_Certificates, pbCertificateChain) },
      1 },
    { SECPKG_ATTR_LOCAL_CERT_INFO,
      { offsetof(SecPkgContext_CertInfo, pwszSubjectName),
        offsetof(SecPkgContext_CertInfo, pwszIssuerName) },
      2 },
    { SECPKG_ATTR_ISSUER_LIST_EX, { offsetof(SecPkgContext_IssuerListInfoEx, aIssuers) }, 1 },
    { SECPKG_ATTR_SUPPORTED_SIGNATURES,
      { offsetof(SecPkgContext_SupportedSignatures, pSignatureAndHashAlgorithms) },
      1 },
    { SECPKG_ATTR_KEYING_MATERIAL,
      { offsetof(SecPkgContext_KeyingMaterial, pbKeyingMaterial) },
      1 },
};

static void without_memory_nothing_is_left(void **unused)
{
    static char label[] = "EXPERIMENTAL";
    const SecPkgContext_KeyingMaterialInfo info = { sizeof label, label, 0, NULL, 32 };
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_2_VERSION, NULL);
    assert_int_equal(tls_set(&s.client, SECPKG_ATTR_KEYING_MATERIAL_INFO, &info, sizeof info), 0);
    for (size_t i = 0; i < COUNT(allocated); i++) {
        size_t live = sides_host.live, nth = 0;
        uint8_t buffer[1024] = { 0 };
        SECURITY_STATUS status;

        do {
            sides_host.fail_at = sides_host.allocations + ++nth;
            memset(buffer, 0, sizeof buffer);
            status = tls_query(&s.client, allocated[i].attribute, buffer, 0);
            if (status < 0)
                assert_int_equal(sides_host.live, live);
        } while (status == SEC_E_INSUFFICIENT_MEMORY);
        sides_host.fail_at = 0;
        assert_int_equal(status, SEC_E_OK);
        assert_true(nth > 1);
        for (unsigned k = 0; k < allocated[i].n; k++) {
            void *p;

            memcpy(&p, buffer + allocated[i].at[k], sizeof p);
            release(p);
        }
        assert_int_equal(sides_host.live, live);
    }
    sides_close(&s);
}

static void a_request_that_cannot_be_kept_leaves_the_old_one(void **unused)
{
    static char label[] = "EXPERIMENTAL", other[] = "EXPERIMENTAL too";
    const SecPkgContext_KeyingMaterialInfo first = { sizeof label, label, 0, NULL, 32 };
    const SecPkgContext_KeyingMaterialInfo second = { sizeof other, other, 0, NULL, 16 };
    struct sides s;

    (void)unused;
    open_both(&s, TLS1_3_VERSION, NULL);
    assert_int_equal(tls_set(&s.client, SECPKG_ATTR_KEYING_MATERIAL_INFO, &first, sizeof first), 0);
    for (size_t nth = 1; nth <= 2; nth++) {
        sides_host.fail_at = sides_host.allocations + nth;
        assert_int_equal(
            tls_set(&s.client, SECPKG_ATTR_KEYING_MATERIAL_INFO, &second, sizeof second),
            SEC_E_INSUFFICIENT_MEMORY);
        assert_int_equal(s.client.exporter.wanted, 32);
        assert_int_equal(s.client.exporter.label_len, sizeof label - 1);
    }
    sides_host.fail_at = 0;
    assert_int_equal(tls_set(&s.client, SECPKG_ATTR_KEYING_MATERIAL_INFO, &second, sizeof second),
                     0);
    assert_int_equal(s.client.exporter.wanted, 16);
    sides_close(&s);
}

/* --- credentials ----------------------------------------------------------------------------- */

static void make_cred(struct ssp_cred *cred, struct tls_material *m, struct tls_identity *identity,
                      const char *list)
{
    *m = (struct tls_material){ .stream = SSL_CTX_new(TLS_method()) };
    atomic_init(&m->refs, 1);
    assert_int_equal(SSL_CTX_set_cipher_list(m->stream, list), 1);
    SSL_CTX_set_security_level(m->stream, 1);
    if (identity) {
        m->identities = identity;
        m->n_identities = 1;
    }
    *cred = (struct ssp_cred){ .protocols = SP_PROT_TLS1_2_CLIENT, .material = m };
    pthread_mutex_init(&cred->lock, NULL);
}

static void free_cred(struct ssp_cred *cred)
{
    assert_int_equal(atomic_load(&cred->material->refs), 1);
    SSL_CTX_free(cred->material->stream);
    pthread_mutex_destroy(&cred->lock);
}

static void a_credential_tells_what_it_allows(void **unused)
{
    static const ALG_ID want[] = { CALG_AES_256, CALG_SHA_384, CALG_SHA1, CALG_ECDH_EPHEM,
                                   CALG_RSA_KEYX };
    struct tls_material m;
    struct ssp_cred cred;
    SecPkgCred_SupportedAlgs algs;
    SecPkgCred_CipherStrengths strengths;
    SecPkgCred_SupportedProtocols protocols;

    (void)unused;
    make_cred(&cred, &m, NULL, "ECDHE-RSA-AES256-GCM-SHA384:AES256-SHA");
    SSL_CTX_set_max_proto_version(m.stream, TLS1_2_VERSION);
    assert_int_equal(tls_query_cred(&cred, SECPKG_ATTR_SUPPORTED_ALGS, &algs), SEC_E_OK);
    for (size_t i = 0; i < COUNT(want); i++) {
        unsigned found = 0;

        for (unsigned k = 0; k < algs.cSupportedAlgs; k++)
            found += algs.palgSupportedAlgs[k] == want[i];
        assert_int_equal(found, 1);
    }
    assert_int_equal(algs.cSupportedAlgs, COUNT(want) + 1); /* and RSA's signature */
    release(algs.palgSupportedAlgs);
    assert_int_equal(tls_query_cred(&cred, SECPKG_ATTR_CIPHER_STRENGTHS, &strengths), SEC_E_OK);
    assert_int_equal(strengths.dwMinimumCipherStrength, 256);
    assert_int_equal(strengths.dwMaximumCipherStrength, 256);
    assert_int_equal(tls_query_cred(&cred, SECPKG_ATTR_SUPPORTED_PROTOCOLS, &protocols), SEC_E_OK);
    assert_int_equal(protocols.grbitProtocol, SP_PROT_TLS1_2_CLIENT);
    free_cred(&cred);
}

static void a_credential_has_a_name_if_it_has_a_certificate(void **unused)
{
    struct tls_identity identity = { .cert = client_cert };
    struct tls_material m;
    struct ssp_cred cred;
    SecPkgCredentials_NamesA names;
    SecPkgCredentials_Cert cert;

    (void)unused;
    make_cred(&cred, &m, &identity, "DEFAULT");
    assert_int_equal(tls_query_cred(&cred, SECPKG_CRED_ATTR_NAMES, &names), SEC_E_OK);
    assert_string_equal(names.sUserName, CLIENT_NAME);
    release(names.sUserName);
    assert_int_equal(tls_query_cred(&cred, SECPKG_CRED_ATTR_CERT, &cert), SEC_E_OK);
    assert_true(sides_same_der(span_of(cert.EncodedCert, cert.EncodedCertSize), client_cert));
    release(cert.EncodedCert);
    m.n_identities = 0;
    assert_int_equal(tls_query_cred(&cred, SECPKG_CRED_ATTR_NAMES, &names), SEC_E_NO_CREDENTIALS);
    assert_int_equal(tls_query_cred(&cred, SECPKG_CRED_ATTR_CERT, &cert), SEC_E_NO_CREDENTIALS);
    assert_int_equal(tls_query_cred(&cred, SECPKG_CRED_ATTR_SSI_PROVIDER, &cert),
                     SEC_E_UNSUPPORTED_FUNCTION);
    free_cred(&cred);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_host, nothing_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sizes_are_those_that_were_measured),
        TEST(a_struct_that_is_too_small_is_refused),
        TEST(what_there_is_not_is_refused),
        TEST(a_client_may_look_before_it_shows_its_certificate),
        TEST(a_list_without_names_is_empty),
        TEST(half_a_handshake_proves_nothing),
        TEST(the_client_s_name_is_its_subject),
        TEST(without_a_certificate_there_is_no_name),
        TEST(a_name_that_nobody_checked_is_not_told),
        TEST(a_subject_that_is_empty_is_no_name),
        TEST(the_authority_is_the_issuer_of_the_peer),
        TEST(certificates_come_with_their_chains),
        TEST(certificates_as_a_block_are_lengths_and_octets),
        TEST(our_certificate_s_names_are_utf16),
        TEST(connection_info_has_windows_numbers),
        TEST(cipher_info_is_cng_s),
        TEST(a_mac_has_its_length),
        TEST(key_and_protocol_are_named),
        TEST(alpn_is_told_or_that_there_is_none),
        TEST(flags_and_times_are_the_context_s),
        TEST(tls_unique_is_the_first_finished),
        TEST(what_would_not_bind_is_refused),
        TEST(tls_exporter_is_libssl_s_own),
        TEST(the_end_point_is_the_certificate_s_hash),
        TEST(no_hash_binds_nothing),
        TEST(a_resumed_session_binds_as_the_first),
        TEST(session_info_tells_a_resumed_one),
        TEST(keying_material_is_libssl_s_own),
        TEST(requests_that_make_no_sense_are_refused),
        TEST(eap_keys_are_rfc_5216_s),
        TEST(eap_keys_of_tls_1_3_are_rfc_9190_s),
        TEST(without_memory_nothing_is_left),
        TEST(a_request_that_cannot_be_kept_leaves_the_old_one),
        TEST(a_credential_tells_what_it_allows),
        TEST(a_credential_has_a_name_if_it_has_a_certificate),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
