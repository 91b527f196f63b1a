/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-again.c: what comes after the first handshake: new keys, renegotiation, a client that
 * proves itself later, sessions that are resumed.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/root.h"
#include "tests/tls/certs.h"
#include "tests/tls/pair.h"

#define TLS12 SP_PROT_TLS1_3 /* what is off */
#define TLS13 SP_PROT_TLS1_2

static struct cert ca, leaf, person;
static char *roots, *ours, *theirs;
static CredHandle server, client12, client13, alice12, alice13;

static int begin(void **state)
{
    const struct cert *chain[] = { &leaf, &ca }, *hers[] = { &person };

    (void)state;
    root_begin(NULL);
    ca = cert_make(&(struct cert_plan){ .name = "Test CA", .ca = true }, NULL);
    leaf = cert_make(&(struct cert_plan){ .name = "localhost" }, &ca);
    person = cert_make(&(struct cert_plan){ .name = "alice", .usage = "clientAuth" }, &ca);
    roots = cert_write("ca.pem", chain + 1, 1, false);
    ours = cert_write("server.pem", chain, 2, true);
    theirs = cert_write("alice.pem", hers, 1, true);
    root_write("packages.d/schannel.json",
               "{\"name\": \"Schannel\", \"module\": \"tls.so\", \"settings\": {}}");
    assert_int_equal(cred_open(&server, true, ours, roots, 0, 0), SEC_E_OK);
    assert_int_equal(cred_open(&client12, false, NULL, roots, 0, TLS12), SEC_E_OK);
    assert_int_equal(cred_open(&client13, false, NULL, roots, 0, TLS13), SEC_E_OK);
    assert_int_equal(cred_open(&alice12, false, theirs, roots, 0, TLS12), SEC_E_OK);
    assert_int_equal(cred_open(&alice13, false, theirs, roots, 0, TLS13), SEC_E_OK);
    return 0;
}

static int end(void **state)
{
    CredHandle *all[] = { &server, &client12, &client13, &alice12, &alice13 };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        FreeCredentialsHandle(all[i]);
    cert_free(&person);
    cert_free(&leaf);
    cert_free(&ca);
    free(roots);
    free(ours);
    free(theirs);
    root_end();
    return 0;
}

static SECURITY_STATUS control(struct tls_end *e, DWORD word)
{
    SecBuffer b = { sizeof word, SECBUFFER_TOKEN, &word };
    SecBufferDesc all = { SECBUFFER_VERSION, 1, &b };

    return ApplyControlToken(&e->ctx, &all);
}

static SECURITY_STATUS receive(struct tls_end *e)
{
    struct octets data;
    SECURITY_STATUS status = end_receive(e, &data);

    octets_clear(&data);
    return status;
}

static bool has_name(struct tls_end *e)
{
    PCCERT_CONTEXT cert = NULL;
    SECURITY_STATUS status =
        QueryContextAttributesA(&e->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert);

    CertFreeCertificateContext(cert);
    return status == SEC_E_OK;
}

static bool is_resumed(struct tls_end *e)
{
    SecPkgContext_SessionInfo info = { 0 };

    assert_int_equal(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_SESSION_INFO, &info), SEC_E_OK);
    return info.dwFlags & SSL_SESSION_RECONNECT;
}

/* --- new keys (RFC 8446 4.6.3) --------------------------------------------------------------- */

static void test_key_update(void **state)
{
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client13, &server);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_true(pair_talks(&p));
    assert_int_equal(control(&p.client, SCHANNEL_RENEGOTIATE), SEC_E_OK);
    assert_int_equal(end_leg_of(&p.client, 0), SEC_E_OK);
    assert_true(p.client.out.len > 0);
    pair_move(&p.client, &p.server);
    assert_int_equal(receive(&p.server), SEC_I_RENEGOTIATE);
    /* The answer must not come after data with the new keys. */
    assert_int_equal(end_send(&p.server, "x", 1), SEC_E_CONTEXT_EXPIRED);
    assert_int_equal(end_leg(&p.server), SEC_E_OK);
    assert_true(p.server.out.len > 0);
    pair_move(&p.server, &p.client);
    assert_int_equal(receive(&p.client), SEC_I_RENEGOTIATE);
    assert_int_equal(end_leg(&p.client), SEC_E_OK);
    assert_int_equal(p.client.out.len, 0);
    assert_true(pair_talks(&p));
    pair_close(&p);
}

/* --- renegotiation (RFC 5246, RFC 5746) ------------------------------------------------------ */

/* Legs there and back until a renegotiation is through. */
static void settle_again(struct tls_pair *p)
{
    for (int i = 0; i < 6; i++) {
        pair_move(&p->client, &p->server);
        if (p->server.in.len > 0)
            assert_true(end_leg(&p->server) >= 0);
        pair_move(&p->server, &p->client);
        if (p->client.in.len > 0)
            assert_true(end_leg(&p->client) >= 0);
    }
    assert_int_equal(p->client.status, SEC_E_OK);
    assert_int_equal(p->server.status, SEC_E_OK);
}

/* A server that wants to know, after all, who the client is. */
static void test_renegotiation(void **state)
{
    struct tls_pair p;

    (void)state;
    pair_open(&p, &alice12, &server);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_true(pair_talks(&p));
    assert_false(has_name(&p.server));
    p.server.request = ASC_REQ_MUTUAL_AUTH;
    assert_int_equal(end_leg_of(&p.server, 0), SEC_I_CONTINUE_NEEDED);
    pair_move(&p.server, &p.client);
    assert_int_equal(receive(&p.client), SEC_I_RENEGOTIATE);
    assert_int_equal(end_leg(&p.client), SEC_I_CONTINUE_NEEDED);
    settle_again(&p);
    assert_true(has_name(&p.server));
    assert_true(p.server.granted & ASC_RET_MUTUAL_AUTH);
    assert_true(pair_talks(&p));
    pair_close(&p);
}

/* Data that was on its way goes to DecryptMessage, and nothing of it is lost. */
static void test_data_meets_renegotiation(void **state)
{
    struct octets data;
    struct tls_pair p;

    (void)state;
    pair_open(&p, &alice12, &server);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_int_equal(end_send(&p.client, "on its way", 10), SEC_E_OK);
    pair_move(&p.client, &p.server);
    assert_int_equal(end_leg_of(&p.server, 0), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(end_leg(&p.server), SEC_E_OUT_OF_SEQUENCE);
    assert_int_equal(end_receive(&p.server, &data), SEC_E_OK);
    assert_int_equal(data.len, 10);
    octets_clear(&data);
    pair_move(&p.server, &p.client);
    assert_int_equal(receive(&p.client), SEC_I_RENEGOTIATE);
    assert_int_equal(end_leg(&p.client), SEC_I_CONTINUE_NEEDED);
    settle_again(&p);
    assert_true(pair_talks(&p));
    pair_close(&p);
}

/* Clients may not begin one, unless the settings say so. */
static void test_client_renegotiation(void **state)
{
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client12, &server);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_int_equal(control(&p.client, SCHANNEL_RENEGOTIATE), SEC_E_OK);
    assert_int_equal(end_leg_of(&p.client, 0), SEC_I_CONTINUE_NEEDED);
    pair_move(&p.client, &p.server);
    assert_int_equal(receive(&p.server), SEC_I_RENEGOTIATE);
    assert_int_equal(end_leg(&p.server), SEC_E_OK);
    assert_true(p.server.out.len > 0); /* no_renegotiation */
    pair_close(&p);
}

/* --- a client proves itself later (RFC 8446 4.6.2) ------------------------------------------- */

static void ask_later(struct tls_pair *p, CredHandle *client)
{
    pair_open(p, client, &server);
    assert_int_equal(pair_shake(p, 0), SEC_E_OK);
    assert_true(pair_talks(p));
    assert_false(has_name(&p->server));
    p->server.request = ASC_REQ_MUTUAL_AUTH;
    assert_int_equal(end_leg_of(&p->server, 0), SEC_E_OK);
    pair_move(&p->server, &p->client);
    assert_int_equal(receive(&p->client), SEC_I_RENEGOTIATE);
}

static void test_later(void **state)
{
    struct tls_pair p;

    (void)state;
    ask_later(&p, &alice13);
    assert_int_equal(end_leg(&p.client), SEC_E_OK);
    pair_move(&p.client, &p.server);
    while (p.server.in.len > 0)
        assert_int_equal(receive(&p.server), SEC_I_RENEGOTIATE);
    assert_int_equal(end_leg(&p.server), SEC_E_OK);
    assert_true(p.server.granted & ASC_RET_MUTUAL_AUTH);
    assert_true(has_name(&p.server));
    assert_true(pair_talks(&p));
    pair_close(&p);
}

/* Asked for a certificate it has not got, the application gives another credential. */
static void test_later_with_another(void **state)
{
    struct tls_pair p;

    (void)state;
    ask_later(&p, &client13);
    assert_int_equal(end_leg(&p.client), SEC_I_INCOMPLETE_CREDENTIALS);
    p.client.cred = &alice13;
    assert_int_equal(end_leg(&p.client), SEC_E_OK);
    pair_move(&p.client, &p.server);
    while (p.server.in.len > 0)
        assert_int_equal(receive(&p.server), SEC_I_RENEGOTIATE);
    assert_int_equal(end_leg(&p.server), SEC_E_OK);
    assert_true(has_name(&p.server));
    assert_true(pair_talks(&p));
    pair_close(&p);
}

/* --- sessions -------------------------------------------------------------------------------- */

static void resume(CredHandle *cred, bool forbidden)
{
    struct tls_pair p;

    for (int i = 0; i < 3; i++) {
        pair_open(&p, cred, &server);
        assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
        assert_int_equal(is_resumed(&p.client), i > 0 && !forbidden);
        assert_int_equal(is_resumed(&p.server), i > 0 && !forbidden);
        assert_true(pair_talks(&p));
        pair_close(&p);
    }
}

static void test_resumption(void **state)
{
    (void)state;
    CredHandle fresh;

    assert_int_equal(cred_open(&fresh, false, NULL, roots, 0, TLS12), SEC_E_OK);
    resume(&fresh, false);
    FreeCredentialsHandle(&fresh);
    assert_int_equal(cred_open(&fresh, false, NULL, roots, 0, TLS13), SEC_E_OK);
    resume(&fresh, false);
    FreeCredentialsHandle(&fresh);
    assert_int_equal(cred_open(&fresh, false, NULL, roots, SCH_CRED_DISABLE_RECONNECTS, TLS13),
                     SEC_E_OK);
    resume(&fresh, true);
    FreeCredentialsHandle(&fresh);
}

/* A session for one name is not used for another. */
static void test_session_of_another_name(void **state)
{
    CredHandle fresh;
    struct tls_pair p;

    (void)state;
    assert_int_equal(cred_open(&fresh, false, NULL, roots, 0, TLS13), SEC_E_OK);
    pair_open(&p, &fresh, &server);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_true(pair_talks(&p));
    pair_close(&p);
    pair_open(&p, &fresh, &server);
    p.client.target = "127.0.0.1";
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_false(is_resumed(&p.client));
    pair_close(&p);
    FreeCredentialsHandle(&fresh);
}

/* SCHANNEL_SESSION: this one is not to be resumed. */
static void test_no_reconnect(void **state)
{
    static const DWORD off[] = { SCHANNEL_SESSION, SSL_SESSION_DISABLE_RECONNECTS };
    SecBuffer b = { sizeof off, SECBUFFER_TOKEN, (void *)(uintptr_t)off };
    SecBufferDesc all = { SECBUFFER_VERSION, 1, &b };
    CredHandle fresh;
    struct tls_pair p;

    (void)state;
    assert_int_equal(cred_open(&fresh, false, NULL, roots, 0, TLS13), SEC_E_OK);
    pair_open(&p, &fresh, &server);
    assert_int_equal(end_leg(&p.client), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(ApplyControlToken(&p.client.ctx, &all), SEC_E_OK);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_true(pair_talks(&p));
    pair_close(&p);
    pair_open(&p, &fresh, &server);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_false(is_resumed(&p.client));
    pair_close(&p);
    FreeCredentialsHandle(&fresh);
}

/* --- threads --------------------------------------------------------------------------------- */

#define MESSAGES 500

struct reader {
    struct tls_end *e;
    struct octets wire;
    bool good;
};

static void *read_all(void *arg)
{
    struct reader *r = arg;

    octets_add(&r->e->in, r->wire.data, r->wire.len);
    r->good = true;
    while (r->e->in.len > 0 && r->good) {
        SECURITY_STATUS status = receive(r->e);

        r->good = status == SEC_E_OK || status == SEC_I_RENEGOTIATE;
    }
    return NULL;
}

/* One thread reads while another one writes and a third asks. */
static void *ask(void *arg)
{
    struct tls_end *e = arg;
    SecPkgContext_ConnectionInfo info;

    for (int i = 0; i < MESSAGES; i++)
        if (QueryContextAttributesA(&e->ctx, SECPKG_ATTR_CONNECTION_INFO, &info) != SEC_E_OK)
            return e;
    return NULL;
}

static void test_threads(void **state)
{
    struct tls_pair p;
    struct reader reader = { .e = &p.client };
    pthread_t threads[2];
    void *bad;

    (void)state;
    pair_open(&p, &client13, &server);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    for (int i = 0; i < MESSAGES; i++)
        assert_int_equal(end_send(&p.server, "from there", 10), SEC_E_OK);
    reader.wire = p.server.out;
    p.server.out = (struct octets){ NULL, 0 };
    assert_int_equal(pthread_create(&threads[0], NULL, read_all, &reader), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, ask, &p.client), 0);
    for (int i = 0; i < MESSAGES; i++)
        assert_int_equal(end_send(&p.client, "from here", 9), SEC_E_OK);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], &bad);
    assert_null(bad);
    assert_true(reader.good);
    octets_clear(&reader.wire);
    pair_move(&p.client, &p.server);
    for (int i = 0; i < MESSAGES; i++)
        assert_int_equal(receive(&p.server), SEC_E_OK);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_update),
        cmocka_unit_test(test_renegotiation),
        cmocka_unit_test(test_data_meets_renegotiation),
        cmocka_unit_test(test_client_renegotiation),
        cmocka_unit_test(test_later),
        cmocka_unit_test(test_later_with_another),
        cmocka_unit_test(test_resumption),
        cmocka_unit_test(test_session_of_another_name),
        cmocka_unit_test(test_no_reconnect),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests_name("tls-again", tests, begin, end);
}
