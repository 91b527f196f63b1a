/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-bindings.c: Extended Protection from end to end: what a TLS context says of its channel
 * goes straight into an NTLM context over it.  A man in the middle, who has a TLS connection to
 * each side, passes NTLM's tokens on and is found out.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tests/root.h"
#include "tests/tls/certs.h"
#include "tests/tls/pair.h"

#define TLS12 SP_PROT_TLS1_3 /* what is off */
#define TLS13 SP_PROT_TLS1_2

static struct cert ca, leaf, other;
static char *roots, *ours, *his;
static CredHandle server, impostor, client12, client13, ntlm_client, ntlm_server;

static SECURITY_STATUS open_ntlm(CredHandle *cred, ULONG use, void *identity)
{
    TimeStamp expiry;

    return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "NTLM", use, NULL, identity,
                                     NULL, NULL, cred, &expiry);
}

static void write_packages(void)
{
    char *users;

    root_write("packages.d/schannel.json",
               "{\"name\": \"Schannel\", \"module\": \"tls.so\", \"settings\": {}}");
    /* The NT hash of "Password", [MS-NLMP] 4.2.2.1.2. */
    root_write("users", "alice:1000:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:"
                        "A4F49C406510BDCAB6824EE7C30FD852:[U          ]:LCT-00000000:\n");
    users = strdup(root_path("users"));
    root_write("packages.d/ntlm.json",
               "{\"name\": \"NTLM\", \"module\": \"ntlm.so\", \"settings\": {\"user_file\": "
               "\"%s\", \"netbios_computer\": \"SERVER\", \"channel_bindings\": \"require\"}}",
               users);
    free(users);
}

static int begin(void **state)
{
    const struct cert *chain[] = { &leaf, &ca }, *mitm[] = { &other, &ca };
    SEC_WINNT_AUTH_IDENTITY_A alice = { .User = (unsigned char *)(uintptr_t) "alice",
                                        .UserLength = 5,
                                        .Password = (unsigned char *)(uintptr_t) "Password",
                                        .PasswordLength = 8,
                                        .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };

    (void)state;
    root_begin(NULL);
    ca = cert_make(&(struct cert_plan){ .name = "Test CA", .ca = true }, NULL);
    leaf = cert_make(&(struct cert_plan){ .name = "localhost" }, &ca);
    other = cert_make(&(struct cert_plan){ .name = "localhost" }, &ca);
    roots = cert_write("ca.pem", chain + 1, 1, false);
    ours = cert_write("server.pem", chain, 2, true);
    his = cert_write("impostor.pem", mitm, 2, true);
    write_packages();
    assert_int_equal(cred_open(&server, true, ours, NULL, 0, 0), SEC_E_OK);
    assert_int_equal(cred_open(&impostor, true, his, NULL, 0, 0), SEC_E_OK);
    assert_int_equal(cred_open(&client12, false, NULL, roots, 0, TLS12), SEC_E_OK);
    assert_int_equal(cred_open(&client13, false, NULL, roots, 0, TLS13), SEC_E_OK);
    assert_int_equal(open_ntlm(&ntlm_client, SECPKG_CRED_OUTBOUND, &alice), SEC_E_OK);
    assert_int_equal(open_ntlm(&ntlm_server, SECPKG_CRED_INBOUND, NULL), SEC_E_OK);
    return 0;
}

static int end(void **state)
{
    CredHandle *all[] = { &server, &impostor, &client12, &client13, &ntlm_client, &ntlm_server };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        FreeCredentialsHandle(all[i]);
    cert_free(&other);
    cert_free(&leaf);
    cert_free(&ca);
    free(roots);
    free(ours);
    free(his);
    root_end();
    return 0;
}

/* --- NTLM over a channel --------------------------------------------------------------------- */

/* One leg of NTLM with these bindings; what it says is in *token. */
static SECURITY_STATUS ntlm_leg(bool is_server, CtxtHandle *ctx, bool *has,
                                const SecPkgContext_Bindings *bindings, struct octets *token)
{
    SecBuffer in[2] = { { (ULONG)token->len, SECBUFFER_TOKEN, token->data },
                        { (ULONG)bindings->BindingsLength, SECBUFFER_CHANNEL_BINDINGS,
                          bindings->Bindings } };
    SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
    SecBufferDesc give = { SECBUFFER_VERSION, 2, in }, take = { SECBUFFER_VERSION, 1, &out };
    ULONG flags = ISC_REQ_ALLOCATE_MEMORY, granted; /* the same on both sides */
    TimeStamp expiry;
    CtxtHandle *old = *has ? ctx : NULL;
    SECURITY_STATUS status =
        is_server
            ? AcceptSecurityContext(&ntlm_server, old, &give, flags, SECURITY_NATIVE_DREP, ctx,
                                    &take, &granted, &expiry)
            : InitializeSecurityContextA(&ntlm_client, old, NULL, flags, 0, SECURITY_NATIVE_DREP,
                                         &give, 0, ctx, &take, &granted, &expiry);

    octets_clear(token);
    octets_add(token, out.pvBuffer, out.cbBuffer);
    if (out.pvBuffer)
        FreeContextBuffer(out.pvBuffer);
    *has = *has || status >= 0;
    return status;
}

/* The status that an NTLM server gives to a client, each over its own end of some channel. */
static SECURITY_STATUS log_on(const SecPkgContext_Bindings *of_client,
                              const SecPkgContext_Bindings *of_server)
{
    CtxtHandle c, s;
    bool has_c = false, has_s = false;
    struct octets token = { NULL, 0 };
    SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED;

    while (status == SEC_I_CONTINUE_NEEDED) {
        if (ntlm_leg(false, &c, &has_c, of_client, &token) < 0)
            fail_msg("the client of NTLM failed");
        status = ntlm_leg(true, &s, &has_s, of_server, &token);
    }
    octets_clear(&token);
    if (has_c)
        DeleteSecurityContext(&c);
    if (has_s)
        DeleteSecurityContext(&s);
    return status;
}

static SecPkgContext_Bindings bindings_of(struct tls_end *e, ULONG attribute)
{
    SecPkgContext_Bindings b = { 0 };

    assert_int_equal(QueryContextAttributesA(&e->ctx, attribute, &b), SEC_E_OK);
    assert_true(b.BindingsLength > sizeof(SEC_CHANNEL_BINDINGS));
    return b;
}

static void try_both(CredHandle *client, ULONG attribute)
{
    struct tls_pair honest, to_him, from_him;
    SecPkgContext_Bindings c, s, lured, reached;

    pair_open(&honest, client, &server);
    assert_int_equal(pair_shake(&honest, 0), SEC_E_OK);
    c = bindings_of(&honest.client, attribute);
    s = bindings_of(&honest.server, attribute);
    assert_int_equal(c.BindingsLength, s.BindingsLength);
    assert_memory_equal(c.Bindings, s.Bindings, c.BindingsLength);
    assert_int_equal(log_on(&c, &s), SEC_E_OK);

    /* The client believes the impostor's certificate, which is good; he passes its tokens on. */
    pair_open(&to_him, client, &impostor);
    pair_open(&from_him, client, &server);
    assert_int_equal(pair_shake(&to_him, 0), SEC_E_OK);
    assert_int_equal(pair_shake(&from_him, 0), SEC_E_OK);
    lured = bindings_of(&to_him.client, attribute);
    reached = bindings_of(&from_him.server, attribute);
    assert_int_equal(log_on(&lured, &reached), SEC_E_BAD_BINDINGS);

    FreeContextBuffer(c.Bindings);
    FreeContextBuffer(s.Bindings);
    FreeContextBuffer(lured.Bindings);
    FreeContextBuffer(reached.Bindings);
    pair_close(&honest);
    pair_close(&to_him);
    pair_close(&from_him);
}

static void test_endpoint(void **state)
{
    (void)state;
    try_both(&client12, SECPKG_ATTR_ENDPOINT_BINDINGS);
    try_both(&client13, SECPKG_ATTR_ENDPOINT_BINDINGS);
}

static void test_unique(void **state)
{
    (void)state;
    try_both(&client12, SECPKG_ATTR_UNIQUE_BINDINGS);
}

static void test_exporter(void **state)
{
    (void)state;
    try_both(&client12, SSPIX_ATTR_EXPORTER_BINDINGS);
    try_both(&client13, SSPIX_ATTR_EXPORTER_BINDINGS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoint),
        cmocka_unit_test(test_unique),
        cmocka_unit_test(test_exporter),
    };

    return cmocka_run_group_tests_name("tls-bindings", tests, begin, end);
}
