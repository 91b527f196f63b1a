/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-legs.c: what the dispatcher promises about the legs of an exchange, whatever the package:
 * tried through the exported calls with a package that does as its token says (mock/script.c).
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sspi/security.h"
#include "sspi/sspix.h"
#include "tests/root.h"

static CredHandle client, server;
static char room[8192];

static CredHandle acquire(const char *package, ULONG use)
{
    CredHandle h;

    assert_int_equal(
        AcquireCredentialsHandleA(NULL, package, use, NULL, NULL, NULL, NULL, &h, NULL), SEC_E_OK);
    return h;
}

static int begin(void **state)
{
    (void)state;
    root_begin("\"max_legs\": 5, \"max_half_open\": 20, \"handshake_timeout_ms\": 60000");
    root_write("packages.d/script.json",
               "{\"packages\": [{\"name\": \"Script\", \"module\": \"script.so\", \"comment\": \"Does as it "
               "is told\", \"capabilities\": 19, \"max_token\": 4096, \"version\": 1},"
               "{\"name\": \"Other\", \"module\": \"script.so\", \"aliases\": [\"Another\"]}]}");
    client = acquire("Script", SECPKG_CRED_OUTBOUND);
    server = acquire("script", SECPKG_CRED_INBOUND);
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(FreeCredentialsHandle(&client), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&server), SEC_E_OK);
    root_end();
    return 0;
}

/* One call and what it left. */
struct call {
    SECURITY_STATUS status;
    unsigned long attributes; /* as Windows programs declare it */
    TimeStamp expiry;
    SecBuffer out;
    CtxtHandle new_context;
};

static struct call accept_with(CtxtHandle *context, const char *token, size_t len, ULONG request,
                               void *to, ULONG cap)
{
    struct call c = { .attributes = ~0ul, .out = { cap, SECBUFFER_TOKEN, to } };
    SecBuffer in = { (ULONG)len, SECBUFFER_TOKEN, (void *)(uintptr_t)token };
    SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in };
    SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &c.out };

    SecInvalidateHandle(&c.new_context);
    c.status = AcceptSecurityContext(&server, context, &in_desc, request, 0, &c.new_context,
                                     &out_desc, &c.attributes, &c.expiry);
    return c;
}

static struct call serve(CtxtHandle *context, const char *order)
{
    return accept_with(context, order, strlen(order), 0, room, sizeof room);
}

static CtxtHandle half_open(void)
{
    struct call c = serve(NULL, "chello");

    assert_int_equal(c.status, SEC_I_CONTINUE_NEEDED);
    assert_int_equal(c.out.cbBuffer, 5);
    assert_memory_equal(room, "hello", 5);
    return c.new_context;
}

static CtxtHandle established(void)
{
    struct call c = serve(NULL, "o");

    assert_int_equal(c.status, SEC_E_OK);
    return c.new_context;
}

/* --- success ---------------------------------------------------------------------------------- */

static void flags_are_the_packages_and_never_an_echo(void **state)
{
    (void)state;
    struct call c = accept_with(NULL, "o", 1, 0xffffffffu & ~(ULONG)ASC_REQ_ALLOCATE_MEMORY, room,
                                sizeof room);
    assert_int_equal(c.status, SEC_E_OK);
    assert_int_equal(c.attributes, ASC_RET_INTEGRITY);
    assert_int_equal(c.expiry.QuadPart, 42);
    assert_int_equal(DeleteSecurityContext(&c.new_context), SEC_E_OK);
}

static void a_client_begins_without_a_token(void **state)
{
    ULONG attributes;
    CtxtHandle h;
    SecBuffer out = { sizeof room, SECBUFFER_TOKEN, room };
    SecBufferDesc desc = { SECBUFFER_VERSION, 1, &out };

    (void)state;
    assert_int_equal(InitializeSecurityContextA(&client, NULL, "cone", 0, 0, 0, NULL, 0, &h, &desc,
                                                &attributes, NULL),
                     SEC_I_CONTINUE_NEEDED);
    assert_int_equal(out.cbBuffer, 3);
    assert_int_equal(attributes, ISC_RET_INTEGRITY);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void the_w_form_says_the_same(void **state)
{
    ULONG attributes;
    CtxtHandle h;
    SecBuffer out = { sizeof room, SECBUFFER_TOKEN, room };
    SecBufferDesc desc = { SECBUFFER_VERSION, 1, &out };
    PSecurityFunctionTableW table = InitSecurityInterfaceW();

    (void)state;
    assert_int_equal(table->InitializeSecurityContextW(&client, NULL, u"c\u00e9", 0, 0, 0, NULL, 0,
                                                       &h, &desc, &attributes, NULL),
                     SEC_I_CONTINUE_NEEDED);
    assert_int_equal(out.cbBuffer, 2);
    assert_memory_equal(room, "\xc3\xa9", 2);
    assert_int_equal(table->DeleteSecurityContext(&h), SEC_E_OK);
}

static void allocated_memory_is_the_callers_to_free(void **state)
{
    (void)state;
    struct call c = accept_with(NULL, "creply", 6, ASC_REQ_ALLOCATE_MEMORY, room, sizeof room);
    assert_int_equal(c.status, SEC_I_CONTINUE_NEEDED);
    assert_true(c.attributes & ASC_RET_ALLOCATED_MEMORY);
    assert_ptr_not_equal(c.out.pvBuffer, room);
    assert_int_equal(c.out.cbBuffer, 5);
    assert_memory_equal(c.out.pvBuffer, "reply", 5);
    assert_int_equal(FreeContextBuffer(c.out.pvBuffer), SEC_E_OK);
    assert_int_equal(FreeContextBuffer(c.out.pvBuffer), SEC_E_INVALID_HANDLE);
    c = accept_with(&c.new_context, "o", 1, ASC_REQ_ALLOCATE_MEMORY, NULL, 0);
    assert_int_equal(c.status, SEC_E_OK);
    assert_null(c.out.pvBuffer);
    assert_int_equal(c.out.cbBuffer, 0);
    assert_int_equal(DeleteSecurityContext(&c.new_context), SEC_E_OK);
}

static void one_buffer_may_serve_for_input_and_output(void **state)
{
    (void)state;
    memcpy(room, "cxyz", 4);
    struct call c = accept_with(NULL, room, 4, 0, room, sizeof room);
    assert_int_equal(c.status, SEC_I_CONTINUE_NEEDED);
    assert_int_equal(c.out.cbBuffer, 3);
    assert_memory_equal(room, "xyz", 3);
    assert_int_equal(DeleteSecurityContext(&c.new_context), SEC_E_OK);
}

/* --- completing ------------------------------------------------------------------------------- */

static void complete_and_continue_waits_for_complete_auth_token(void **state)
{
    (void)state;
    struct call c = serve(NULL, "aabc");
    CtxtHandle h = c.new_context;
    SecBufferDesc desc = { SECBUFFER_VERSION, 1, &c.out };

    assert_int_equal(c.status, SEC_I_COMPLETE_AND_CONTINUE);
    assert_int_equal(serve(&h, "o").status, SEC_E_OUT_OF_SEQUENCE);
    assert_int_equal(CompleteAuthToken(&h, &desc), SEC_E_OK);
    assert_int_equal(((char *)c.out.pvBuffer)[0], '!');
    assert_int_equal(serve(&h, "o").status, SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void complete_needed_establishes_only_once_completed(void **state)
{
    (void)state;
    struct call c = serve(NULL, "nabc");
    CtxtHandle h = c.new_context;
    SecBufferDesc desc = { SECBUFFER_VERSION, 1, &c.out };
    SecPkgContext_Sizes sizes;

    assert_int_equal(c.status, SEC_I_COMPLETE_NEEDED);
    assert_int_equal(QueryContextAttributesA(&h, SECPKG_ATTR_SIZES, &sizes), SEC_E_INVALID_HANDLE);
    assert_int_equal(CompleteAuthToken(&h, &desc), SEC_E_OK);
    assert_int_equal(QueryContextAttributesA(&h, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
    assert_int_equal(CompleteAuthToken(&h, &desc), SEC_E_OK); /* nothing is due */
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void a_failed_completion_ends_the_exchange(void **state)
{
    (void)state;
    struct call c = serve(NULL, "nabc");
    CtxtHandle h = c.new_context;
    SecBufferDesc none = { SECBUFFER_VERSION, 0, NULL };

    assert_int_equal(CompleteAuthToken(&h, &none), SEC_E_INVALID_TOKEN);
    assert_int_equal(CompleteAuthToken(&h, &none), SEC_E_INVALID_HANDLE);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

/* --- failure ------------------------------------------------------------------------------------ */

static void a_failed_first_leg_makes_no_handle(void **state)
{
    (void)state;
    struct call c = serve(NULL, "falert");
    assert_int_equal(c.status, SEC_E_LOGON_DENIED);
    assert_false(SecIsValidHandle(&c.new_context));
    assert_int_equal(c.attributes, 0);
    assert_int_equal(c.out.cbBuffer, 5); /* the peer is told why */
    assert_memory_equal(room, "alert", 5);
}

static void a_failed_later_leg_leaves_the_handle_to_delete(void **state)
{
    CtxtHandle h = half_open();

    (void)state;
    struct call c = serve(&h, "falert");
    assert_int_equal(c.status, SEC_E_LOGON_DENIED);
    assert_int_equal(c.out.cbBuffer, 5);
    assert_int_equal(serve(&h, "c").status, SEC_E_CONTEXT_EXPIRED);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_INVALID_HANDLE);
}

static void a_failure_without_token_leaves_no_length(void **state)
{
    CtxtHandle h = half_open();

    (void)state;
    struct call c = serve(&h, "f");
    assert_int_equal(c.out.cbBuffer, 0);
    c = accept_with(NULL, "f", 1, ASC_REQ_ALLOCATE_MEMORY, room, sizeof room);
    assert_int_equal(c.out.cbBuffer, 0);
    assert_null(c.out.pvBuffer);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void what_can_be_retried_changes_nothing(void **state)
{
    CtxtHandle h = half_open();

    (void)state;
    for (int i = 0; i < 20; i++) { /* more often than max_legs */
        assert_int_equal(serve(&h, "i").status, SEC_E_INCOMPLETE_MESSAGE);
        assert_int_equal(serve(&h, "m").status, SEC_E_INSUFFICIENT_MEMORY);
    }
    assert_int_equal(serve(&h, "o").status, SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void an_incomplete_message_says_what_is_missing(void **state)
{
    ULONG attributes;
    CtxtHandle h;
    SecBuffer in[2] = { { 1, SECBUFFER_TOKEN, room }, { 0, SECBUFFER_EMPTY, NULL } };
    SecBuffer out = { sizeof room, SECBUFFER_TOKEN, room };
    SecBufferDesc in_desc = { SECBUFFER_VERSION, 2, in }, out_desc = { SECBUFFER_VERSION, 1, &out };

    (void)state;
    room[0] = 'i';
    assert_int_equal(AcceptSecurityContext(&server, NULL, &in_desc, 0, 0, &h, &out_desc,
                                           &attributes, NULL),
                     SEC_E_INCOMPLETE_MESSAGE);
    assert_int_equal(in[1].BufferType, SECBUFFER_MISSING);
    assert_int_equal(in[1].cbBuffer, 7);
}

/* --- room for the token ------------------------------------------------------------------------- */

static void a_small_buffer_loses_nothing(void **state)
{
    CtxtHandle h = half_open();
    char small[10];

    (void)state;
    struct call c = accept_with(&h, "b3000", 5, 0, small, sizeof small);
    assert_int_equal(c.status, SEC_E_BUFFER_TOO_SMALL);
    assert_int_equal(c.out.cbBuffer, 3000);
    c = accept_with(&h, "b3000", 5, 0, NULL, 0);
    assert_int_equal(c.status, SEC_E_BUFFER_TOO_SMALL);
    assert_int_equal(c.out.cbBuffer, 3000);
    /* Another call in its place is refused, and the token still waits. */
    assert_int_equal(serve(&h, "o").status, SEC_E_INVALID_TOKEN);
    c = serve(&h, "b3000");
    assert_int_equal(c.status, SEC_I_CONTINUE_NEEDED);
    assert_int_equal(c.out.cbBuffer, 3000);
    assert_int_equal(c.attributes, ASC_RET_INTEGRITY);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal((uint8_t)room[i], (uint8_t)(i * 7));
    assert_int_equal(serve(&h, "o").status, SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void a_small_buffer_at_the_first_leg_makes_no_context(void **state)
{
    char small[10];

    (void)state;
    struct call c = accept_with(NULL, "b3000", 5, 0, small, sizeof small);
    assert_int_equal(c.status, SEC_E_BUFFER_TOO_SMALL);
    assert_int_equal(c.out.cbBuffer, 3000);
    assert_false(SecIsValidHandle(&c.new_context));
}

static void a_token_needs_a_token_buffer(void **state)
{
    ULONG attributes;
    CtxtHandle h = half_open();
    SecBuffer in = { 4, SECBUFFER_TOKEN, room };
    SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in };

    (void)state;
    memcpy(room, "oxyz", 4);
    assert_int_equal(
        AcceptSecurityContext(&server, &h, &in_desc, 0, 0, NULL, NULL, &attributes, NULL),
        SEC_E_INVALID_TOKEN);
    in.cbBuffer = 1; /* nothing to emit: none is needed, but it is another call */
    assert_int_equal(
        AcceptSecurityContext(&server, &h, &in_desc, 0, 0, NULL, NULL, &attributes, NULL),
        SEC_E_INVALID_TOKEN);
    struct call c = serve(&h, "oxyz");
    assert_int_equal(c.status, SEC_E_OK);
    assert_memory_equal(room, "xyz", 3);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
    h = half_open();
    room[0] = 'o';
    assert_int_equal(
        AcceptSecurityContext(&server, &h, &in_desc, 0, 0, NULL, NULL, &attributes, NULL),
        SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

/* --- limits ------------------------------------------------------------------------------------- */

static void too_many_legs_end_the_exchange(void **state)
{
    CtxtHandle h = half_open();

    (void)state;
    for (int i = 1; i < 5; i++)
        assert_int_equal(serve(&h, "c").status, SEC_I_CONTINUE_NEEDED);
    assert_int_equal(serve(&h, "c").status, SEC_E_OUT_OF_SEQUENCE);
    assert_int_equal(serve(&h, "o").status, SEC_E_CONTEXT_EXPIRED);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void a_token_over_the_packages_limit_is_refused(void **state)
{
    static char big[8193] = "c";

    (void)state;
    assert_int_equal(accept_with(NULL, big, 8193, 0, room, 0).status, SEC_E_INVALID_TOKEN);
    memset(big + 1, 'x', sizeof big - 1);
    struct call c = accept_with(NULL, big, 8192, 0, room, sizeof room);
    assert_int_equal(c.status, SEC_I_CONTINUE_NEEDED);
    assert_int_equal(DeleteSecurityContext(&c.new_context), SEC_E_OK);
}

static void sleep_ms(long ms)
{
    const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

static void past_its_deadline_an_exchange_is_over(void **state)
{
    CtxtHandle h = half_open();
    char *target;

    (void)state;
    assert_int_equal(sspi_set_deadline(&h, 20), SEC_E_OK);
    assert_int_equal(QueryContextAttributesA(&h, SECPKG_ATTR_TARGET, &target), SEC_E_OK);
    assert_int_equal(FreeContextBuffer(target), SEC_E_OK);
    sleep_ms(40);
    assert_int_equal(serve(&h, "o").status, SEC_E_CONTEXT_EXPIRED);
    assert_int_equal(QueryContextAttributesA(&h, SECPKG_ATTR_TARGET, &target),
                     SEC_E_INVALID_HANDLE);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void an_established_context_has_no_deadline(void **state)
{
    CtxtHandle h = established();

    (void)state;
    assert_int_equal(sspi_set_deadline(&h, 1), SEC_E_OUT_OF_SEQUENCE);
    assert_int_equal(sspi_set_deadline(NULL, 1), SEC_E_INVALID_HANDLE);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void a_flood_of_half_open_contexts_is_held_off(void **state)
{
    CtxtHandle h[20];

    (void)state;
    for (int i = 0; i < 20; i++)
        h[i] = half_open();
    assert_int_equal(serve(NULL, "c").status, SEC_E_INSUFFICIENT_MEMORY);
    /* One that ends makes room for one. */
    assert_int_equal(serve(&h[7], "o").status, SEC_E_OK);
    CtxtHandle more = half_open();
    assert_int_equal(serve(NULL, "c").status, SEC_E_INSUFFICIENT_MEMORY);
    assert_int_equal(DeleteSecurityContext(&more), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&h[8]), SEC_E_OK);
    assert_int_equal(serve(&h[9], "f").status, SEC_E_LOGON_DENIED);
    more = half_open();
    CtxtHandle another = half_open(), third = half_open();
    assert_int_equal(serve(NULL, "c").status, SEC_E_INSUFFICIENT_MEMORY);
    for (int i = 0; i < 20; i++)
        if (i != 8)
            assert_int_equal(DeleteSecurityContext(&h[i]), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&more), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&another), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&third), SEC_E_OK);
}

static void expired_ones_go_first_when_it_is_full(void **state)
{
    CtxtHandle h[20];

    (void)state;
    for (int i = 0; i < 20; i++)
        h[i] = half_open();
    assert_int_equal(sspi_set_deadline(&h[13], 10), SEC_E_OK);
    sleep_ms(30);
    CtxtHandle more = half_open();
    assert_int_equal(serve(&h[13], "o").status, SEC_E_CONTEXT_EXPIRED);
    assert_int_equal(serve(&h[12], "o").status, SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&more), SEC_E_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(DeleteSecurityContext(&h[i]), SEC_E_OK);
}

/* --- handles ------------------------------------------------------------------------------------ */

static void a_credential_serves_on_after_it_was_freed(void **state)
{
    CredHandle cred = acquire("Script", SECPKG_CRED_INBOUND), saved = server;

    (void)state;
    server = cred;
    CtxtHandle h = half_open();
    assert_int_equal(FreeCredentialsHandle(&cred), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&cred), SEC_E_INVALID_HANDLE);
    assert_int_equal(serve(NULL, "c").status, SEC_E_INVALID_HANDLE);
    assert_int_equal(serve(&h, "o").status, SEC_E_OK);
    server = saved;
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void sides_kinds_and_packages_do_not_mix(void **state)
{
    ULONG attributes;
    CtxtHandle made, h = half_open();
    CredHandle other = acquire("Another", SECPKG_CRED_BOTH), saved = server;
    SecBuffer in = { 1, SECBUFFER_TOKEN, room }, out = { sizeof room, SECBUFFER_TOKEN, room };
    SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, out_desc = { SECBUFFER_VERSION, 1, &out };

    (void)state;
    room[0] = 'o';
    /* the other side's call on this context, with a credential good for both */
    assert_int_equal(InitializeSecurityContextA(NULL, &h, NULL, 0, 0, 0, &in_desc, 0, &made,
                                                &out_desc, &attributes, NULL),
                     SEC_E_INVALID_HANDLE);
    /* a credential for the other direction */
    assert_int_equal(InitializeSecurityContextA(&server, NULL, "c", 0, 0, 0, NULL, 0, &made,
                                                &out_desc, &attributes, NULL),
                     SEC_E_NO_CREDENTIALS);
    /* another package's credential */
    server = other;
    assert_int_equal(serve(&h, "o").status, SEC_E_INVALID_HANDLE);
    /* a context where a credential belongs, and the other way about */
    server = h;
    assert_int_equal(serve(NULL, "c").status, SEC_E_INVALID_HANDLE);
    server = saved;
    assert_int_equal(DeleteSecurityContext(&server), SEC_E_INVALID_HANDLE);
    assert_int_equal(FreeCredentialsHandle(&h), SEC_E_INVALID_HANDLE);
    assert_int_equal(serve(&h, "o").status, SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&other), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

/* --- messages and attributes ---------------------------------------------------------------------- */

static void messages_go_to_the_package(void **state)
{
    CtxtHandle h = established();
    char data[] = "data";
    SecBuffer b[2] = { { 4, SECBUFFER_DATA, data }, { sizeof room, SECBUFFER_TOKEN, room } };
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
    unsigned long qop = 1;

    (void)state;
    assert_int_equal(MakeSignature(&h, 0, &desc, 0), SEC_E_OK);
    assert_int_equal(b[1].cbBuffer, 4);
    assert_int_equal(VerifySignature(&h, &desc, 0, &qop), SEC_E_OK);
    assert_int_equal(qop, 5);
    b[1].cbBuffer = 8;
    assert_int_equal(EncryptMessage(&h, 0, &desc, 0), SEC_E_OK);
    assert_memory_not_equal(data, "data", 4);
    assert_int_equal(UnsealMessage(&h, &desc, 0, NULL), SEC_E_OK);
    assert_memory_equal(data, "data", 4);
    assert_int_equal(VerifySignature(&h, &desc, 0, NULL), SEC_E_MESSAGE_ALTERED);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void a_half_open_context_protects_nothing(void **state)
{
    CtxtHandle h = half_open();
    char data[] = "data";
    SecBuffer b[2] = { { 4, SECBUFFER_DATA, data }, { sizeof room, SECBUFFER_TOKEN, room } };
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };

    (void)state;
    assert_int_equal(EncryptMessage(&h, 0, &desc, 0), SEC_E_INVALID_HANDLE);
    assert_int_equal(DecryptMessage(&h, &desc, 0, NULL), SEC_E_INVALID_HANDLE);
    assert_int_equal(MakeSignature(&h, 0, &desc, 0), SEC_E_INVALID_HANDLE);
    assert_int_equal(VerifySignature(&h, &desc, 0, NULL), SEC_E_INVALID_HANDLE);
    assert_memory_equal(data, "data", 4);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void names_come_in_both_forms(void **state)
{
    CtxtHandle h = established();
    SecPkgContext_NamesA a;
    SecPkgContext_NamesW w;

    (void)state;
    assert_int_equal(QueryContextAttributesA(&h, SECPKG_ATTR_NAMES, &a), SEC_E_OK);
    assert_string_equal(a.sUserName, "user \xc3\xa9");
    assert_int_equal(FreeContextBuffer(a.sUserName), SEC_E_OK);
    assert_int_equal(QueryContextAttributesW(&h, SECPKG_ATTR_NAMES, &w), SEC_E_OK);
    assert_memory_equal(w.sUserName, u"user \u00e9", 14);
    assert_int_equal(FreeContextBuffer(w.sUserName), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void the_core_tells_of_the_package(void **state)
{
    CtxtHandle h = half_open();
    SecPkgContext_PackageInfoA a;
    SecPkgContext_NegotiationInfoW w;

    (void)state;
    assert_int_equal(QueryContextAttributesA(&h, SECPKG_ATTR_PACKAGE_INFO, &a), SEC_E_OK);
    assert_string_equal(a.PackageInfo->Name, "Script");
    assert_string_equal(a.PackageInfo->Comment, "Does as it is told");
    assert_int_equal(a.PackageInfo->fCapabilities, 19);
    assert_int_equal(FreeContextBuffer(a.PackageInfo), SEC_E_OK);
    assert_int_equal(QueryContextAttributesW(&h, SECPKG_ATTR_NEGOTIATION_INFO, &w), SEC_E_OK);
    assert_int_equal(w.NegotiationState, SECPKG_NEGOTIATION_IN_PROGRESS);
    assert_memory_equal(w.PackageInfo->Name, u"Script", 14);
    assert_int_equal(FreeContextBuffer(w.PackageInfo), SEC_E_OK);
    assert_int_equal(serve(&h, "o").status, SEC_E_OK);
    assert_int_equal(QueryContextAttributesW(&h, SECPKG_ATTR_NEGOTIATION_INFO, &w), SEC_E_OK);
    assert_int_equal(w.NegotiationState, SECPKG_NEGOTIATION_COMPLETE);
    assert_int_equal(FreeContextBuffer(w.PackageInfo), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

static void what_a_package_cannot_do_is_said(void **state)
{
    CtxtHandle made, h = established();
    SecBuffer b = { 0 };
    SecBufferDesc desc = { SECBUFFER_VERSION, 1, &b };
    void *token;

    (void)state;
    assert_int_equal(ApplyControlToken(&h, &desc), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ExportSecurityContext(&h, 0, &b, NULL), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ImportSecurityContextA("Script", &b, NULL, &made), SEC_E_UNSUPPORTED_FUNCTION);
    assert_false(SecIsValidHandle(&made));
    assert_int_equal(QuerySecurityContextToken(&h, &token), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ImpersonateSecurityContext(&h), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(RevertSecurityContext(&h), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(SetContextAttributesA(&h, SECPKG_ATTR_NAMES, &b, sizeof b),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(SetCredentialsAttributesA(&server, SECPKG_CRED_ATTR_NAMES, &b, sizeof b),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(QueryCredentialsAttributesA(&server, SECPKG_CRED_ATTR_NAMES, &b),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(AddCredentialsA(&server, NULL, "Script", SECPKG_CRED_INBOUND, NULL, NULL, NULL,
                                     NULL),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ChangeAccountPasswordA("Script", "d", "u", "o", "n", FALSE, 0, &desc),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
}

/* --- threads ------------------------------------------------------------------------------------ */

static CtxtHandle contested;

static void *contest(void *arg)
{
    char mine[64], data[4];
    SecPkgContext_Sizes sizes;

    (void)arg;
    for (int i = 0; i < 300; i++) {
        CtxtHandle h = contested;
        SecBuffer b[2] = { { 4, SECBUFFER_DATA, data }, { sizeof mine, SECBUFFER_TOKEN, mine } };
        SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
        (void)QueryContextAttributesA(&h, SECPKG_ATTR_SIZES, &sizes);
        (void)EncryptMessage(&h, 0, &desc, 0);
        (void)DecryptMessage(&h, &desc, 0, NULL);
        (void)accept_with(&h, "c", 1, 0, mine, sizeof mine);
    }
    return NULL;
}

static void eight_threads_use_a_context_while_it_is_deleted(void **state)
{
    pthread_t threads[8];

    (void)state;
    for (int round = 0; round < 5; round++) {
        contested = round % 2 ? established() : half_open();
        CtxtHandle h = contested;
        for (int i = 0; i < 8; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, contest, NULL), 0);
        sleep_ms(2);
        assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
        for (int i = 0; i < 8; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(DeleteSecurityContext(&h), SEC_E_INVALID_HANDLE);
    }
}

static void *nap_on_it(void *arg)
{
    char mine[16];
    struct call c = accept_with(arg, "s100", 4, 0, mine, sizeof mine);

    return c.status == SEC_I_CONTINUE_NEEDED ? arg : NULL;
}

static void deleting_does_not_wait_and_does_not_hurt(void **state)
{
    pthread_t thread;
    void *result;
    CtxtHandle h = half_open(), copy = h;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, nap_on_it, &copy), 0);
    sleep_ms(30);
    assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
    assert_int_equal(serve(&h, "o").status, SEC_E_INVALID_HANDLE);
    pthread_join(thread, &result);
    assert_ptr_equal(result, &copy); /* the call that was under way came to its end */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_are_the_packages_and_never_an_echo),
        cmocka_unit_test(a_client_begins_without_a_token),
        cmocka_unit_test(the_w_form_says_the_same),
        cmocka_unit_test(allocated_memory_is_the_callers_to_free),
        cmocka_unit_test(one_buffer_may_serve_for_input_and_output),
        cmocka_unit_test(complete_and_continue_waits_for_complete_auth_token),
        cmocka_unit_test(complete_needed_establishes_only_once_completed),
        cmocka_unit_test(a_failed_completion_ends_the_exchange),
        cmocka_unit_test(a_failed_first_leg_makes_no_handle),
        cmocka_unit_test(a_failed_later_leg_leaves_the_handle_to_delete),
        cmocka_unit_test(a_failure_without_token_leaves_no_length),
        cmocka_unit_test(what_can_be_retried_changes_nothing),
        cmocka_unit_test(an_incomplete_message_says_what_is_missing),
        cmocka_unit_test(a_small_buffer_loses_nothing),
        cmocka_unit_test(a_small_buffer_at_the_first_leg_makes_no_context),
        cmocka_unit_test(a_token_needs_a_token_buffer),
        cmocka_unit_test(too_many_legs_end_the_exchange),
        cmocka_unit_test(a_token_over_the_packages_limit_is_refused),
        cmocka_unit_test(past_its_deadline_an_exchange_is_over),
        cmocka_unit_test(an_established_context_has_no_deadline),
        cmocka_unit_test(a_flood_of_half_open_contexts_is_held_off),
        cmocka_unit_test(expired_ones_go_first_when_it_is_full),
        cmocka_unit_test(a_credential_serves_on_after_it_was_freed),
        cmocka_unit_test(sides_kinds_and_packages_do_not_mix),
        cmocka_unit_test(messages_go_to_the_package),
        cmocka_unit_test(a_half_open_context_protects_nothing),
        cmocka_unit_test(names_come_in_both_forms),
        cmocka_unit_test(the_core_tells_of_the_package),
        cmocka_unit_test(what_a_package_cannot_do_is_said),
        cmocka_unit_test(eight_threads_use_a_context_while_it_is_deleted),
        cmocka_unit_test(deleting_does_not_wait_and_does_not_hurt),
    };
    return cmocka_run_group_tests_name("legs", tests, begin, end);
}
