/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-settings.c: what the manifest's settings make of the TLS package, for programs that give no
 * credentials of their own: certificates chosen by name and kind, and replaced while it runs;
 * sessions that another process may resume; pre-shared keys; versions.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/root.h"
#include "tests/tls/certs.h"
#include "tests/tls/pair.h"

#define TLS12 SP_PROT_TLS1_3 /* what is off */
#define TLS13 SP_PROT_TLS1_2

static struct cert ca, leaf;
static char *roots, *ours;

static int begin(void **state)
{
    const struct cert *chain[] = { &leaf, &ca };

    (void)state;
    root_begin(NULL);
    ca = cert_make(&(struct cert_plan){ .name = "Test CA", .ca = true }, NULL);
    leaf = cert_make(&(struct cert_plan){ .name = "localhost" }, &ca);
    roots = cert_write("ca.pem", chain + 1, 1, false);
    ours = cert_write("server.pem", chain, 2, true);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cert_free(&leaf);
    cert_free(&ca);
    free(roots);
    free(ours);
    root_end();
    return 0;
}

/* Members of "settings" from now on; takes a printf format. */
__attribute__((format(printf, 1, 2))) static void settings(const char *fmt, ...)
{
    char members[4096];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(members, sizeof members, fmt, ap);
    va_end(ap);
    root_write("packages.d/schannel.json",
               "{\"name\": \"Schannel\", \"module\": \"tls.so\", \"settings\": {%s}}", members);
    assert_int_equal(sspi_reload(), SEC_E_OK);
}

/* pAuthData NULL: all is as the settings say. */
static SECURITY_STATUS by_settings(CredHandle *cred, ULONG use)
{
    TimeStamp expiry;

    return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "Schannel", use, NULL, NULL,
                                     NULL, NULL, cred, &expiry);
}

static bool remote_is(struct tls_end *e, const struct cert *cert)
{
    unsigned char *der = NULL;
    int n = i2d_X509(cert->x509, &der);
    PCCERT_CONTEXT got = NULL;
    bool same;

    assert_int_equal(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &got),
                     SEC_E_OK);
    same = got->cbCertEncoded == (DWORD)n && memcmp(got->pbCertEncoded, der, (size_t)n) == 0;
    CertFreeCertificateContext(got);
    OPENSSL_free(der);
    return same;
}

static bool is_resumed(struct tls_end *e)
{
    SecPkgContext_SessionInfo info = { 0 };

    assert_int_equal(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_SESSION_INFO, &info), SEC_E_OK);
    return info.dwFlags & SSL_SESSION_RECONNECT;
}

static ULONG protocol_of(struct tls_end *e)
{
    SecPkgContext_ConnectionInfo info = { 0 };

    assert_int_equal(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_CONNECTION_INFO, &info),
                     SEC_E_OK);
    return info.dwProtocol;
}

/* --- certificates ---------------------------------------------------------------------------- */

static void test_none(void **state)
{
    CredHandle server;

    (void)state;
    settings("\"ca_file\": \"%s\"", roots);
    assert_int_equal(by_settings(&server, SECPKG_CRED_INBOUND), SEC_E_NO_CREDENTIALS);
    settings("\"certificate\": \"%s-not\"", ours);
    assert_int_equal(by_settings(&server, SECPKG_CRED_INBOUND), SEC_E_NO_CREDENTIALS);
    settings("\"certificate\": \"%s\"", roots);
    assert_int_equal(by_settings(&server, SECPKG_CRED_INBOUND), SEC_E_NO_CREDENTIALS);
}

static void test_both_sides(void **state)
{
    CredHandle client, server;
    struct tls_pair p;

    (void)state;
    settings("\"certificate\": \"%s\", \"ca_file\": \"%s\"", ours, roots);
    assert_int_equal(by_settings(&server, SECPKG_CRED_INBOUND), SEC_E_OK);
    assert_int_equal(by_settings(&client, SECPKG_CRED_OUTBOUND), SEC_E_OK);
    pair_open(&p, &client, &server);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_true(pair_talks(&p));
    assert_true(remote_is(&p.client, &leaf));
    pair_close(&p);
    FreeCredentialsHandle(&client);
    FreeCredentialsHandle(&server);
}

/* Certificates of two names and two kinds of key: each client gets its own. */
static void test_choice(void **state)
{
    static const char *const names[] = { "a.test", "b.test" };
    static const enum cert_key keys[] = { CERT_EC, CERT_RSA };
    struct cert certs[4];
    char *files[4], san[64];
    CredHandle client, server;
    struct tls_pair p;

    (void)state;
    for (int i = 0; i < 4; i++) {
        snprintf(san, sizeof san, "DNS:%s", names[i / 2]);
        certs[i] = cert_make(
            &(struct cert_plan){ .name = names[i / 2], .san = san, .key = keys[i % 2] }, &ca);
        const struct cert *one = &certs[i];
        snprintf(san, sizeof san, "cert-%d.pem", i);
        files[i] = cert_write(san, &one, 1, true);
    }
    settings("\"certificate\": [\"%s\", \"%s\", \"%s\", \"%s\"]", files[0], files[1], files[2],
             files[3]);
    assert_int_equal(by_settings(&server, SECPKG_CRED_INBOUND), SEC_E_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(cred_open(&client, false, NULL, roots, 0, 0), SEC_E_OK);
        pair_open(&p, &client, &server);
        p.client.target = names[i];
        assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
        assert_true(remote_is(&p.client, &certs[2 * i]) || remote_is(&p.client, &certs[2 * i + 1]));
        pair_close(&p);
        FreeCredentialsHandle(&client);
    }
    FreeCredentialsHandle(&server);
    /* A client that signs with RSA only. */
    settings("\"certificate\": [\"%s\", \"%s\", \"%s\", \"%s\"], "
             "\"ciphers\": \"ECDHE-RSA-AES128-GCM-SHA256\", \"max_protocol\": \"1.2\"",
             files[0], files[1], files[2], files[3]);
    assert_int_equal(by_settings(&server, SECPKG_CRED_INBOUND), SEC_E_OK);
    assert_int_equal(cred_open(&client, false, NULL, roots, 0, 0), SEC_E_OK);
    pair_open(&p, &client, &server);
    p.client.target = "b.test";
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_true(remote_is(&p.client, &certs[3]));
    pair_close(&p);
    FreeCredentialsHandle(&client);
    FreeCredentialsHandle(&server);
    for (int i = 0; i < 4; i++) {
        cert_free(&certs[i]);
        free(files[i]);
    }
}

/* A new file is used by new connections within seconds, one that is broken is not. */
static void test_replaced(void **state)
{
    struct cert next = cert_make(&(struct cert_plan){ .name = "localhost" }, &ca);
    const struct cert *old_one = &leaf, *new_one = &next;
    char *file = cert_write("replaced.pem", &old_one, 1, true);
    CredHandle client, server;
    struct tls_pair p;

    (void)state;
    settings("\"certificate\": \"%s\"", file);
    assert_int_equal(by_settings(&server, SECPKG_CRED_INBOUND), SEC_E_OK);
    assert_int_equal(cred_open(&client, false, NULL, roots, SCH_CRED_DISABLE_RECONNECTS, 0),
                     SEC_E_OK);
    for (int i = 0; i < 3; i++) {
        pair_open(&p, &client, &server);
        assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
        assert_true(remote_is(&p.client, i == 0 ? &leaf : &next));
        pair_close(&p);
        if (i == 0)
            free(cert_write("replaced.pem", &new_one, 1, true));
        else
            root_write("replaced.pem", "what is this?");
        usleep(1100000); /* files are looked at once in a second */
    }
    FreeCredentialsHandle(&client);
    FreeCredentialsHandle(&server);
    cert_free(&next);
    free(file);
}

/* --- versions -------------------------------------------------------------------------------- */

static void agree(const char *min, const char *max, DWORD expected)
{
    CredHandle client, server;
    struct tls_pair p;

    settings("\"certificate\": \"%s\", \"ca_file\": \"%s\", \"min_protocol\": \"%s\", "
             "\"max_protocol\": \"%s\"",
             ours, roots, min, max);
    assert_int_equal(by_settings(&server, SECPKG_CRED_INBOUND), SEC_E_OK);
    assert_int_equal(by_settings(&client, SECPKG_CRED_OUTBOUND), SEC_E_OK);
    pair_open(&p, &client, &server);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_int_equal(protocol_of(&p.client), expected & SP_PROT_X_CLIENTS);
    assert_int_equal(protocol_of(&p.server), expected & SP_PROT_X_SERVERS);
    assert_true(pair_talks(&p));
    pair_close(&p);
    FreeCredentialsHandle(&client);
    FreeCredentialsHandle(&server);
}

static void test_versions(void **state)
{
    (void)state;
    agree("1.2", "1.3", SP_PROT_TLS1_3);
    agree("1.2", "1.2", SP_PROT_TLS1_2);
    agree("1.3", "1.3", SP_PROT_TLS1_3);
    agree("1.0", "1.0", SP_PROT_TLS1_0);
    agree("1.0", "1.1", SP_PROT_TLS1_1);
}

/* A program cannot have what the settings do not allow. */
static void test_no_old_versions(void **state)
{
    SCHANNEL_CRED old = { .dwVersion = SCHANNEL_CRED_VERSION,
                          .grbitEnabledProtocols = SP_PROT_TLS1_0 };
    CredHandle client;
    TimeStamp expiry;

    (void)state;
    settings("\"ca_file\": \"%s\"", roots);
    assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "Schannel",
                                               SECPKG_CRED_OUTBOUND, NULL, &old, NULL, NULL,
                                               &client, &expiry),
                     SEC_E_ALGORITHM_MISMATCH);
}

/* --- sessions across processes --------------------------------------------------------------- */

/* Two servers that know nothing of one another but the file of keys, as two processes. */
static void resume_elsewhere(DWORD off, bool same_keys)
{
    CredHandle client, server;
    struct tls_pair p;

    assert_int_equal(cred_open(&client, false, NULL, roots, 0, off), SEC_E_OK);
    for (int i = 0; i < 2; i++) {
        /* Settings that differ make another instance. */
        settings("\"certificate\": \"%s\", \"session_seconds\": %d%s%s%s", ours, 1000 + i,
                 same_keys ? ", \"ticket_key_file\": \"" : "",
                 same_keys ? root_path("ticket.key") : "", same_keys ? "\"" : "");
        assert_int_equal(by_settings(&server, SECPKG_CRED_INBOUND), SEC_E_OK);
        pair_open(&p, &client, &server);
        assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
        assert_int_equal(is_resumed(&p.client), i == 1 && same_keys);
        assert_true(pair_talks(&p));
        pair_close(&p);
        FreeCredentialsHandle(&server);
    }
    FreeCredentialsHandle(&client);
}

static void test_tickets(void **state)
{
    (void)state;
    /* Any 80 octets will do. */
    root_write("ticket.key", "%.80s",
               "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    resume_elsewhere(TLS12, true);
    resume_elsewhere(TLS13, true);
    resume_elsewhere(TLS12, false);
    resume_elsewhere(TLS13, false);
    root_write("ticket.key", "short");
    settings("\"certificate\": \"%s\", \"ticket_key_file\": \"%s\"", ours, root_path("ticket.key"));
    CredHandle server;
    assert_int_equal(by_settings(&server, SECPKG_CRED_INBOUND), SEC_E_CANNOT_INSTALL);
}

/* --- pre-shared keys ------------------------------------------------------------------------- */

static SECURITY_STATUS shake_with_psk(DWORD off)
{
    CredHandle client, server;
    struct tls_pair p;
    SECURITY_STATUS status;

    assert_int_equal(cred_open(&client, false, NULL, NULL, SCH_USE_PRESHAREDKEY_ONLY, off),
                     SEC_E_OK);
    assert_int_equal(cred_open(&server, true, NULL, NULL, SCH_USE_PRESHAREDKEY_ONLY, off),
                     SEC_E_OK);
    pair_open(&p, &client, &server);
    status = pair_shake(&p, 0);
    if (status == SEC_E_OK && !pair_talks(&p))
        status = SEC_E_INTERNAL_ERROR;
    pair_close(&p);
    FreeCredentialsHandle(&client);
    FreeCredentialsHandle(&server);
    return status;
}

static void test_psk(void **state)
{
    char *file;
    CredHandle client;

    (void)state;
    root_write("psk", "# who: what\nbob:00112233445566778899aabbccddeeff\n"
                      "alice:ffeeddccbbaa99887766554433221100\n");
    file = strdup(root_path("psk"));
    settings("\"psk_file\": \"%s\", \"psk_identity\": \"alice\"", file);
    assert_int_equal(shake_with_psk(TLS12), SEC_E_OK);
    assert_int_equal(shake_with_psk(TLS13), SEC_E_OK);
    settings("\"psk_file\": \"%s\", \"psk_identity\": \"carol\"", file);
    assert_int_equal(cred_open(&client, false, NULL, NULL, SCH_USE_PRESHAREDKEY_ONLY, 0),
                     SEC_E_NO_CREDENTIALS);
    chmod(file, 0644);
    settings("\"psk_file\": \"%s\", \"psk_identity\": \"alice\"", file);
    assert_int_equal(cred_open(&client, false, NULL, NULL, SCH_USE_PRESHAREDKEY_ONLY, 0),
                     SEC_E_NO_CREDENTIALS);
    free(file);
}

/* --- clients that are asked ------------------------------------------------------------------ */

static SECURITY_STATUS ask(const char *word, bool give, ULONG *granted)
{
    struct cert person =
        cert_make(&(struct cert_plan){ .name = "alice", .usage = "clientAuth" }, &ca);
    const struct cert *one = &person;
    char *file = cert_write("alice.pem", &one, 1, true);
    CredHandle client, server;
    struct tls_pair p;
    SECURITY_STATUS status;

    settings("\"certificate\": \"%s\", \"ca_file\": \"%s\", \"client_certificate\": \"%s\"", ours,
             roots, word);
    assert_int_equal(by_settings(&server, SECPKG_CRED_INBOUND), SEC_E_OK);
    assert_int_equal(cred_open(&client, false, give ? file : NULL, roots, 0, TLS12), SEC_E_OK);
    pair_open(&p, &client, &server);
    p.client.request = ISC_REQ_USE_SUPPLIED_CREDS;
    status = pair_shake(&p, 0);
    *granted = p.server.granted;
    pair_close(&p);
    FreeCredentialsHandle(&client);
    FreeCredentialsHandle(&server);
    cert_free(&person);
    free(file);
    return status;
}

static void test_client_certificate(void **state)
{
    ULONG granted;

    (void)state;
    assert_int_equal(ask("off", true, &granted), SEC_E_OK);
    assert_false(granted & ASC_RET_MUTUAL_AUTH);
    assert_int_equal(ask("allow", true, &granted), SEC_E_OK);
    assert_true(granted & ASC_RET_MUTUAL_AUTH);
    assert_int_equal(ask("allow", false, &granted), SEC_E_OK);
    assert_false(granted & ASC_RET_MUTUAL_AUTH);
    assert_int_equal(ask("require", true, &granted), SEC_E_OK);
    assert_true(granted & ASC_RET_MUTUAL_AUTH);
    assert_true(ask("require", false, &granted) < 0);
}

/* --- keys for who looks for faults ----------------------------------------------------------- */

static void test_keylog(void **state)
{
    CredHandle client, server;
    struct tls_pair p;
    struct stat file;

    (void)state;
    settings("\"certificate\": \"%s\", \"ca_file\": \"%s\", \"keylog_file\": \"%s\"", ours, roots,
             root_path("keys.log"));
    assert_int_equal(by_settings(&server, SECPKG_CRED_INBOUND), SEC_E_OK);
    assert_int_equal(by_settings(&client, SECPKG_CRED_OUTBOUND), SEC_E_OK);
    pair_open(&p, &client, &server);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_int_equal(stat(root_path("keys.log"), &file), 0);
    assert_true(file.st_size > 0);
    assert_int_equal(file.st_mode & 077, 0);
    pair_close(&p);
    FreeCredentialsHandle(&client);
    FreeCredentialsHandle(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_both_sides),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_no_old_versions),
        cmocka_unit_test(test_tickets),
        cmocka_unit_test(test_psk),
        cmocka_unit_test(test_client_certificate),
        cmocka_unit_test(test_keylog),
    };

    return cmocka_run_group_tests_name("tls-settings", tests, begin, end);
}
