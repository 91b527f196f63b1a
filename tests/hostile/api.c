/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.c: the interface misused: wrong handles, buffers, lengths, identities, orders of calls.
 * Each case has one status and leaves what a call sets defined.  The numbers are the rows of the
 * list of hostile inputs, part E; "Script" does as its token says (mock/script.c), NTLM is real.
 *
 * All of it goes through libsspi.so's exported calls, and what a call may read is often in a
 * block of exactly its size, so that the address sanitizer sees one octet too many.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sspi/exchange.h"
#include "sspi/schannel.h"
#include "sspi/security.h"
#include "sspi/sspix.h"
#include "tests/root.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define UNTOUCHED 0x5a5a5a5au

static CredHandle script_client, script_server, ntlm_client, ntlm_server;

/* --- making things -------------------------------------------------------------------------- */

/* A copy in a block of just its size; never NULL, also of nothing. */
static void *exact(const void *bytes, size_t n)
{
    char *p = malloc(n);

    if (!p && n > 0)
        abort();
    if (n > 0)
        memcpy(p, bytes, n);
    return p ? p : exact("", 1);
}

/* ASCII as UTF-16, in a block of just its size. */
static WCHAR *wide(const char *s)
{
    size_t n = strlen(s) + 1;
    WCHAR *w = malloc(n * sizeof *w);

    if (!w)
        abort();
    for (size_t i = 0; i < n; i++)
        w[i] = (WCHAR)s[i];
    return w;
}

static const WCHAR user_w[] = u"alice";
static const WCHAR password_w[] = u"Password";

static SEC_WINNT_AUTH_IDENTITY_W alice(void)
{
    return (SEC_WINNT_AUTH_IDENTITY_W){
        .User = (USHORT *)(uintptr_t)user_w,
        .UserLength = 5,
        .Password = (USHORT *)(uintptr_t)password_w,
        .PasswordLength = 8,
        .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
    };
}

static CredHandle acquire(const char *package, ULONG use, void *identity)
{
    CredHandle h;

    assert_int_equal(
        AcquireCredentialsHandleA(NULL, package, use, NULL, identity, NULL, NULL, &h, NULL),
        SEC_E_OK);
    return h;
}

static int begin(void **state)
{
    SEC_WINNT_AUTH_IDENTITY_W id = alice();

    (void)state;
    root_begin("\"max_legs\": 8, \"max_half_open\": 1000");
    root_write("packages.d/script.json",
               "{\"packages\": [{\"name\": \"Script\", \"module\": \"script.so\"},"
               "{\"name\": \"Other\", \"module\": \"script.so\"}]}");
    /* The NT hash of "Password", [MS-NLMP] 4.2.2.1.2. */
    root_write("users", "alice:1000:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:"
                        "A4F49C406510BDCAB6824EE7C30FD852:[U          ]:LCT-00000000:\n");
    char *users = strdup(root_path("users"));
    root_write("packages.d/ntlm.json",
               "{\"name\": \"NTLM\", \"module\": \"ntlm.so\", \"settings\": {\"user_file\": "
               "\"%s\", \"netbios_computer\": \"SERVER\", \"dns_computer\": \"server.test\"}}",
               users);
    free(users);
    script_client = acquire("Script", SECPKG_CRED_OUTBOUND, NULL);
    script_server = acquire("Script", SECPKG_CRED_INBOUND, NULL);
    ntlm_client = acquire("NTLM", SECPKG_CRED_OUTBOUND, &id);
    ntlm_server = acquire("NTLM", SECPKG_CRED_INBOUND, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(FreeCredentialsHandle(&script_client), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&script_server), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&ntlm_client), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&ntlm_server), SEC_E_OK);
    root_end();
    return 0;
}

/* --- one step, with all that can be said and all that comes back ---------------------------- */

enum side { CLIENT_A, CLIENT_W, SERVER, SIDES };

/*
 * The members up to out_desc are the arguments; a step starts from the good ones that good()
 * gives, and a test spoils what it is about.
 */
struct step {
    enum side side;
    PCredHandle credential;
    PCtxtHandle context;
    const char *target;
    ULONG request, reserved1, drep, reserved2;
    PSecBufferDesc input, output;
    PCtxtHandle new_context;
    ULONG *attributes;
    PTimeStamp expiry;

    /* What those point to. */
    SecBuffer in, out;
    SecBufferDesc in_desc, out_desc;
    CtxtHandle made;
    ULONG got;
    TimeStamp until;
    char room[4096];
};

/* A first leg of Script that works: order is what the package is to do. */
static struct step *good(struct step *s, enum side side, const char *order)
{
    *s = (struct step){ .side = side, .got = UNTOUCHED };
    s->credential = side == SERVER ? &script_server : &script_client;
    s->target = order;
    s->in = (SecBuffer){ (ULONG)strlen(order), SECBUFFER_TOKEN, (void *)(uintptr_t)order };
    s->in_desc = (SecBufferDesc){ SECBUFFER_VERSION, 1, &s->in };
    s->input = side == SERVER ? &s->in_desc : NULL;
    s->out = (SecBuffer){ sizeof s->room, SECBUFFER_TOKEN, s->room };
    s->out_desc = (SecBufferDesc){ SECBUFFER_VERSION, 1, &s->out };
    s->output = &s->out_desc;
    s->new_context = &s->made;
    s->attributes = &s->got;
    s->expiry = &s->until;
    SecInvalidateHandle(&s->made);
    return s;
}

static SECURITY_STATUS run(struct step *s)
{
    WCHAR *target = s->target ? wide(s->target) : NULL;
    SECURITY_STATUS status =
        s->side == SERVER
            ? AcceptSecurityContext(s->credential, s->context, s->input, s->request, s->drep,
                                    s->new_context, s->output, s->attributes, s->expiry)
        : s->side == CLIENT_A
            ? InitializeSecurityContextA(s->credential, s->context, s->target, s->request,
                                         s->reserved1, s->drep, s->input, s->reserved2,
                                         s->new_context, s->output, s->attributes, s->expiry)
            : InitializeSecurityContextW(s->credential, s->context, target, s->request,
                                         s->reserved1, s->drep, s->input, s->reserved2,
                                         s->new_context, s->output, s->attributes, s->expiry);

    free(target);
    return status;
}

/* Nothing may be mistaken for a result, nor for octets to send. */
static void check_nothing_came(const struct step *s)
{
    if (s->attributes)
        assert_int_equal(s->got, 0);
    if (s->new_context == &s->made)
        assert_false(SecIsValidHandle(&s->made));
    if (s->output == &s->out_desc && s->out_desc.cBuffers == 1 && s->out_desc.pBuffers == &s->out &&
        s->out_desc.ulVersion == SECBUFFER_VERSION && s->out.BufferType == SECBUFFER_TOKEN)
        assert_int_equal(s->out.cbBuffer, 0);
}

static void refused(struct step *s, SECURITY_STATUS status)
{
    assert_int_equal(run(s), status);
    check_nothing_came(s);
}

static void works(struct step *s, SECURITY_STATUS status)
{
    assert_int_equal(run(s), status);
    assert_int_not_equal(s->got, UNTOUCHED);
    if (!s->context) {
        assert_true(SecIsValidHandle(&s->made));
        assert_int_equal(DeleteSecurityContext(&s->made), SEC_E_OK);
    }
}

/* A context of Script's, half-open or established. */
static CtxtHandle script_context(enum side side, const char *order)
{
    struct step s;

    assert_true(run(good(&s, side, order)) >= 0);
    return s.made;
}

/* --- NTLM ----------------------------------------------------------------------------------- */

struct pair {
    CtxtHandle client, server;
    bool has_client, has_server;
    char negotiate[512], challenge[4096], authenticate[4096];
    ULONG n_negotiate, n_challenge, n_authenticate;
    void *client_bindings, *server_bindings;
    ULONG n_client_bindings, n_server_bindings;
};

/* One leg of NTLM; the output is room octets at out. */
static SECURITY_STATUS ntlm_leg(bool server, CtxtHandle *context, bool *has, ULONG request,
                                SecBuffer *in, ULONG n_in, void *out, ULONG *room)
{
    SecBufferDesc in_desc = { SECBUFFER_VERSION, n_in, in };
    SecBuffer token = { *room, SECBUFFER_TOKEN, out };
    SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &token };
    ULONG attributes;
    CtxtHandle *old = *has ? context : NULL;
    SECURITY_STATUS status =
        server ? AcceptSecurityContext(&ntlm_server, old, &in_desc, request, 0, context, &out_desc,
                                       &attributes, NULL)
               : InitializeSecurityContextA(&ntlm_client, old, NULL, request, 0, 0, &in_desc, 0,
                                            context, &out_desc, &attributes, NULL);

    *has = *has || status >= 0;
    *room = token.cbBuffer;
    return status;
}

#define CLIENT_WANTS (ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY)
#define SERVER_WANTS (ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY)

static SECURITY_STATUS pair_negotiate(struct pair *p)
{
    SecBuffer in[2] = { { 0, SECBUFFER_EMPTY, NULL },
                        { p->n_client_bindings, SECBUFFER_CHANNEL_BINDINGS, p->client_bindings } };

    p->n_negotiate = sizeof p->negotiate;
    return ntlm_leg(false, &p->client, &p->has_client, CLIENT_WANTS, in, p->client_bindings ? 2 : 1,
                    p->negotiate, &p->n_negotiate);
}

static SECURITY_STATUS pair_challenge(struct pair *p)
{
    SecBuffer in[2] = { { p->n_negotiate, SECBUFFER_TOKEN, p->negotiate },
                        { p->n_server_bindings, SECBUFFER_CHANNEL_BINDINGS, p->server_bindings } };

    p->n_challenge = sizeof p->challenge;
    return ntlm_leg(true, &p->server, &p->has_server, SERVER_WANTS, in, p->server_bindings ? 2 : 1,
                    p->challenge, &p->n_challenge);
}

static SECURITY_STATUS pair_authenticate(struct pair *p)
{
    SecBuffer in[2] = { { p->n_challenge, SECBUFFER_TOKEN, p->challenge },
                        { p->n_client_bindings, SECBUFFER_CHANNEL_BINDINGS, p->client_bindings } };

    p->n_authenticate = sizeof p->authenticate;
    return ntlm_leg(false, &p->client, &p->has_client, CLIENT_WANTS, in, p->client_bindings ? 2 : 1,
                    p->authenticate, &p->n_authenticate);
}

static SECURITY_STATUS pair_check(struct pair *p)
{
    SecBuffer in[2] = { { p->n_authenticate, SECBUFFER_TOKEN, p->authenticate },
                        { p->n_server_bindings, SECBUFFER_CHANNEL_BINDINGS, p->server_bindings } };
    char none[16];
    ULONG room = sizeof none;

    return ntlm_leg(true, &p->server, &p->has_server, SERVER_WANTS, in, p->server_bindings ? 2 : 1,
                    none, &room);
}

static void pair_half(struct pair *p)
{
    *p = (struct pair){ 0 };
    assert_int_equal(pair_negotiate(p), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(pair_challenge(p), SEC_I_CONTINUE_NEEDED);
}

static void pair_whole(struct pair *p)
{
    pair_half(p);
    assert_int_equal(pair_authenticate(p), SEC_E_OK);
    assert_int_equal(pair_check(p), SEC_E_OK);
}

static void pair_end(struct pair *p)
{
    if (p->has_client)
        assert_int_equal(DeleteSecurityContext(&p->client), SEC_E_OK);
    if (p->has_server)
        assert_int_equal(DeleteSecurityContext(&p->server), SEC_E_OK);
}

/* --- AcquireCredentialsHandle --------------------------------------------------------------- */

/* Both forms; what is given back must be no handle, or what was there. */
static void acquire_refused(const char *package, ULONG use, void *identity, SECURITY_STATUS status)
{
    WCHAR *name = package ? wide(package) : NULL;
    CredHandle h;
    TimeStamp t = { .QuadPart = 0 };

    SecInvalidateHandle(&h);
    assert_int_equal(
        AcquireCredentialsHandleA(NULL, package, use, NULL, identity, NULL, NULL, &h, &t), status);
    assert_false(SecIsValidHandle(&h));
    assert_int_equal(t.QuadPart, 0);
    assert_int_equal(AcquireCredentialsHandleW(NULL, name, use, NULL, identity, NULL, NULL, &h, &t),
                     status);
    assert_false(SecIsValidHandle(&h));
    assert_int_equal(t.QuadPart, 0);
    free(name);
}

/* 1, 2, 3 */
static void a_credential_needs_a_package_and_a_place(void **state)
{
    (void)state;
    acquire_refused(NULL, SECPKG_CRED_OUTBOUND, NULL, SEC_E_SECPKG_NOT_FOUND);
    acquire_refused("", SECPKG_CRED_OUTBOUND, NULL, SEC_E_SECPKG_NOT_FOUND);
    acquire_refused("No such package", SECPKG_CRED_OUTBOUND, NULL, SEC_E_SECPKG_NOT_FOUND);
    acquire_refused("Script\xff", SECPKG_CRED_OUTBOUND, NULL, SEC_E_SECPKG_NOT_FOUND);
    acquire_refused("../script", SECPKG_CRED_OUTBOUND, NULL, SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(AcquireCredentialsHandleA(NULL, "Script", SECPKG_CRED_OUTBOUND, NULL, NULL,
                                               NULL, NULL, NULL, NULL),
                     SEC_E_INVALID_PARAMETER);
    assert_int_equal(AcquireCredentialsHandleW(NULL, u"Script", SECPKG_CRED_OUTBOUND, NULL, NULL,
                                               NULL, NULL, NULL, NULL),
                     SEC_E_INVALID_PARAMETER);
}

/* 4, 5 */
static void a_credential_needs_a_role(void **state)
{
    static const ULONG uses[] = {
        0, SECPKG_CRED_DEFAULT, 0x80000000u, 0x80000003u, 0xffffffffu, 0x08, 0x100,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(uses); i++)
        acquire_refused("Script", uses[i], NULL, SEC_E_INVALID_PARAMETER);
}

/* Both packages refuse it the same way: the core reads identities. */
static void identity_refused(const void *identity, size_t size, SECURITY_STATUS status)
{
    void *p = exact(identity, size);

    acquire_refused("Script", SECPKG_CRED_OUTBOUND, p, status);
    acquire_refused("NTLM", SECPKG_CRED_OUTBOUND, p, status);
    free(p);
}

/* 6 */
static void an_identity_says_its_encoding(void **state)
{
    static const ULONG flags[] = { 0, 3, SEC_WINNT_AUTH_IDENTITY_ONLY, 0x10000 };
    SEC_WINNT_AUTH_IDENTITY_W id = alice();

    (void)state;
    for (size_t i = 0; i < COUNT(flags); i++) {
        id.Flags = flags[i];
        identity_refused(&id, sizeof id, SEC_E_UNKNOWN_CREDENTIALS);
    }
}

/* 7, 8 */
static void an_identitys_lengths_are_those_of_its_strings(void **state)
{
    static const ULONG lengths[] = { 0x80000000u, 0x7fffffffu, 0xffffffffu, 0x20000u };
    SEC_WINNT_AUTH_IDENTITY_W id = alice();

    (void)state;
    id.User = NULL;
    identity_refused(&id, sizeof id, SEC_E_UNKNOWN_CREDENTIALS);
    id = alice();
    id.DomainLength = 5;
    identity_refused(&id, sizeof id, SEC_E_UNKNOWN_CREDENTIALS);
    id = alice();
    id.Password = NULL;
    identity_refused(&id, sizeof id, SEC_E_UNKNOWN_CREDENTIALS);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        for (ULONG encoding = 1; encoding <= 2; encoding++) {
            id = alice();
            id.Flags = encoding;
            id.UserLength = lengths[i];
            identity_refused(&id, sizeof id, SEC_E_UNKNOWN_CREDENTIALS);
            id.UserLength = 5;
            id.PasswordLength = lengths[i];
            identity_refused(&id, sizeof id, SEC_E_UNKNOWN_CREDENTIALS);
        }
    }
}

/* Text of an identity in blocks of just their sizes: not an octet more is read. */
static void an_identitys_text_needs_no_terminator(void **state)
{
    SEC_WINNT_AUTH_IDENTITY_W id = alice();

    (void)state;
    id.User = exact(user_w, 10);
    id.Password = exact(password_w, 16);
    id.Domain = exact(u"D", 2);
    id.DomainLength = 1;
    SEC_WINNT_AUTH_IDENTITY_W *p = exact(&id, sizeof id);
    CredHandle h = acquire("NTLM", SECPKG_CRED_OUTBOUND, p);
    free(id.User);
    free(id.Password);
    free(id.Domain);
    memset(p, 0xff, sizeof *p); /* copied, not kept */
    free(p);
    SecPkgCredentials_NamesA names;
    assert_int_equal(QueryCredentialsAttributesA(&h, SECPKG_CRED_ATTR_NAMES, &names), SEC_E_OK);
    assert_string_equal(names.sUserName, "D\\alice");
    assert_int_equal(FreeContextBuffer(names.sUserName), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&h), SEC_E_OK);
}

/* 9, 10 */
static void an_extended_identity_is_of_a_known_version_and_length(void **state)
{
    SEC_WINNT_AUTH_IDENTITY_EXW ex = {
        .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
        .Length = sizeof ex,
        .User = (USHORT *)(uintptr_t)user_w,
        .UserLength = 5,
        .Password = (USHORT *)(uintptr_t)password_w,
        .PasswordLength = 8,
        .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
    };

    (void)state;
    CredHandle h = acquire("NTLM", SECPKG_CRED_OUTBOUND, &ex);
    assert_int_equal(FreeCredentialsHandle(&h), SEC_E_OK);
    ex.Version = 0x300;
    identity_refused(&ex, sizeof ex, SEC_E_UNKNOWN_CREDENTIALS);
    ex.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
    for (ULONG length = 0; length < sizeof ex; length += 4) {
        if (length == sizeof(SEC_WINNT_AUTH_IDENTITY_W))
            continue;
        ex.Length = length;
        /* What says that it is shorter is read no further than it says, but for its first words. */
        identity_refused(&ex, length < 8 ? 8 : length, SEC_E_INVALID_PARAMETER);
    }
    ex.Length = sizeof ex;
    ex.PackageListLength = 5;
    identity_refused(&ex, sizeof ex, SEC_E_UNKNOWN_CREDENTIALS);
}

/* A packed identity: header, then "alice" in UTF-16. */
struct packed {
    SEC_WINNT_AUTH_IDENTITY_EX2 h;
    WCHAR user[6];
};

static struct packed packed_alice(void)
{
    struct packed p = {
        .h = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2,
               .cbHeaderLength = sizeof p.h,
               .cbStructureLength = sizeof p,
               .UserOffset = offsetof(struct packed, user),
               .UserLength = 10,
               .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE },
    };

    memcpy(p.user, user_w, sizeof p.user);
    return p;
}

/* 11, 12 */
static void a_packed_identity_stays_within_itself(void **state)
{
    static const struct {
        ULONG offset;
        USHORT length;
    } wrong[] = {
        { sizeof(struct packed) + 1, 2 },
        { sizeof(struct packed), 2 },
        { 0xffffffffu, 10 },
        { 0xfffffff6u, 10 },
        { 0, 10 },
        { 4, 10 },
        { 48, 0xfffe },
        { 48, 14 },
        { 47, 10 },
        { 48, 9 },
        { 48, 1 },
    };
    struct packed p = packed_alice();

    (void)state;
    CredHandle h = acquire("Script", SECPKG_CRED_OUTBOUND, &p);
    assert_int_equal(FreeCredentialsHandle(&h), SEC_E_OK);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        p = packed_alice();
        p.h.UserOffset = wrong[i].offset;
        p.h.UserLength = wrong[i].length;
        identity_refused(&p, sizeof p, SEC_E_UNKNOWN_CREDENTIALS);
        p = packed_alice();
        p.h.DomainOffset = wrong[i].offset;
        p.h.DomainLength = wrong[i].length;
        identity_refused(&p, sizeof p, SEC_E_UNKNOWN_CREDENTIALS);
        p = packed_alice();
        p.h.PackedCredentialsOffset = wrong[i].offset;
        p.h.PackedCredentialsLength = wrong[i].length;
        identity_refused(&p, sizeof p, SEC_E_UNKNOWN_CREDENTIALS);
        p = packed_alice();
        p.h.PackageListOffset = wrong[i].offset;
        p.h.PackageListLength = wrong[i].length;
        identity_refused(&p, sizeof p, SEC_E_UNKNOWN_CREDENTIALS);
    }
    for (ULONG length = 0; length < sizeof p.h; length += 7) {
        p = packed_alice();
        p.h.cbStructureLength = length;
        identity_refused(&p, sizeof p, SEC_E_UNKNOWN_CREDENTIALS);
    }
}

/* 14 */
static void an_encrypted_identity_cannot_be_read(void **state)
{
    static const ULONG flags[] = {
        SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED,
        SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED,
        SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED,
        SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED,
    };
    SEC_WINNT_AUTH_IDENTITY_W id = alice();

    (void)state;
    for (size_t i = 0; i < COUNT(flags); i++) {
        id.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE | flags[i];
        identity_refused(&id, sizeof id, SEC_E_UNSUPPORTED_FUNCTION);
    }
}

/* --- handles -------------------------------------------------------------------------------- */

/* Every call that takes a context; each must say SEC_E_INVALID_HANDLE. */
static void no_context(PCtxtHandle h)
{
    char data[16] = "data";
    SecBuffer b[2] = { { 4, SECBUFFER_DATA, data }, { 4, SECBUFFER_TOKEN, data + 8 } };
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
    SecPkgContext_Sizes sizes = { .cbMaxToken = UNTOUCHED };
    ULONG qop = UNTOUCHED;
    void *token = data;

    assert_int_equal(DeleteSecurityContext(h), SEC_E_INVALID_HANDLE);
    assert_int_equal(CompleteAuthToken(h, &desc), SEC_E_INVALID_HANDLE);
    assert_int_equal(ApplyControlToken(h, &desc), SEC_E_INVALID_HANDLE);
    assert_int_equal(QueryContextAttributesA(h, SECPKG_ATTR_SIZES, &sizes), SEC_E_INVALID_HANDLE);
    assert_int_equal(QueryContextAttributesW(h, SECPKG_ATTR_SIZES, &sizes), SEC_E_INVALID_HANDLE);
    assert_int_equal(QueryContextAttributesExA(h, SECPKG_ATTR_SIZES, &sizes, sizeof sizes),
                     SEC_E_INVALID_HANDLE);
    assert_int_equal(QueryContextAttributesExW(h, SECPKG_ATTR_SIZES, &sizes, sizeof sizes),
                     SEC_E_INVALID_HANDLE);
    assert_int_equal(sizes.cbMaxToken, UNTOUCHED);
    assert_int_equal(SetContextAttributesA(h, 1, data, 4), SEC_E_INVALID_HANDLE);
    assert_int_equal(SetContextAttributesW(h, 1, data, 4), SEC_E_INVALID_HANDLE);
    assert_int_equal(ImpersonateSecurityContext(h), SEC_E_INVALID_HANDLE);
    assert_int_equal(RevertSecurityContext(h), SEC_E_INVALID_HANDLE);
    assert_int_equal(QuerySecurityContextToken(h, &token), SEC_E_INVALID_HANDLE);
    assert_int_equal(MakeSignature(h, 0, &desc, 0), SEC_E_INVALID_HANDLE);
    assert_int_equal(VerifySignature(h, &desc, 0, &qop), SEC_E_INVALID_HANDLE);
    assert_int_equal(EncryptMessage(h, 0, &desc, 0), SEC_E_INVALID_HANDLE);
    assert_int_equal(DecryptMessage(h, &desc, 0, &qop), SEC_E_INVALID_HANDLE);
    assert_int_equal(SealMessage(h, 0, &desc, 0), SEC_E_INVALID_HANDLE);
    assert_int_equal(UnsealMessage(h, &desc, 0, &qop), SEC_E_INVALID_HANDLE);
    assert_int_equal(ExportSecurityContext(h, 0, b, &token), SEC_E_INVALID_HANDLE);
    assert_int_equal(sspi_set_deadline(h, 10), SEC_E_INVALID_HANDLE);
    assert_string_equal(data, "data");
}

/* A context that is none, in a step with a good credential. */
static void no_context_to_step(PCtxtHandle h)
{
    struct step s;

    for (enum side side = 0; side < SIDES; side++) {
        good(&s, side, "c")->context = h;
        refused(&s, SEC_E_INVALID_HANDLE);
    }
}

static void no_credential(PCredHandle h)
{
    char buffer[64] = "";
    struct step s;

    assert_int_equal(FreeCredentialsHandle(h), SEC_E_INVALID_HANDLE);
    assert_int_equal(QueryCredentialsAttributesA(h, 1, buffer), SEC_E_INVALID_HANDLE);
    assert_int_equal(QueryCredentialsAttributesW(h, 1, buffer), SEC_E_INVALID_HANDLE);
    assert_int_equal(QueryCredentialsAttributesExA(h, 1, buffer, 64), SEC_E_INVALID_HANDLE);
    assert_int_equal(QueryCredentialsAttributesExW(h, 1, buffer, 64), SEC_E_INVALID_HANDLE);
    assert_int_equal(SetCredentialsAttributesA(h, 1, buffer, 64), SEC_E_INVALID_HANDLE);
    assert_int_equal(SetCredentialsAttributesW(h, 1, buffer, 64), SEC_E_INVALID_HANDLE);
    assert_int_equal(AddCredentialsA(h, NULL, "Script", SECPKG_CRED_BOTH, NULL, NULL, NULL, NULL),
                     SEC_E_INVALID_HANDLE);
    assert_int_equal(AddCredentialsW(h, NULL, u"Script", SECPKG_CRED_BOTH, NULL, NULL, NULL, NULL),
                     SEC_E_INVALID_HANDLE);
    for (enum side side = 0; side < SIDES; side++) {
        good(&s, side, "c")->credential = h;
        refused(&s, SEC_E_INVALID_HANDLE);
    }
}

/* 20, and NULL to all the others */
static void no_call_takes_a_null_handle(void **state)
{
    struct step s;

    (void)state;
    no_context(NULL);
    no_credential(NULL);
    for (enum side side = 0; side < SIDES; side++) {
        good(&s, side, "c")->credential = NULL;
        refused(&s, SEC_E_INVALID_HANDLE);
    }
}

/* 21, 22, 23, 24, 63: and near misses of live handles */
static void no_call_takes_a_handle_that_is_none(void **state)
{
    CtxtHandle live = script_context(SERVER, "chello"), gone = script_context(SERVER, "o");
    CredHandle freed = acquire("Script", SECPKG_CRED_BOTH, NULL);

    (void)state;
    assert_int_equal(DeleteSecurityContext(&gone), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&freed), SEC_E_OK);
    SecHandle forged[] = {
        { 0, 0 },
        { UINTPTR_MAX, UINTPTR_MAX },
        { SEC_DELETED_HANDLE, SEC_DELETED_HANDLE },
        { live.dwLower, 0 },
        { live.dwLower, live.dwUpper + 1 },
        { live.dwLower, live.dwUpper - 1 },
        { live.dwLower, live.dwUpper | UINT64_C(1) << 32 },
        { live.dwLower, live.dwUpper << 1 | UINT64_C(1) << 63 },
        { live.dwLower | UINT64_C(1) << 32, live.dwUpper },
        { live.dwLower + 1000000, live.dwUpper },
        { UINT32_MAX, live.dwUpper },
        { UINT32_MAX - 256, 1 },
        { (uintptr_t)&live, (uintptr_t)&live },
        gone,
        freed,
    };
    for (size_t i = 0; i < COUNT(forged); i++) {
        no_context(&forged[i]);
        no_context_to_step(&forged[i]);
        no_credential(&forged[i]);
    }
    no_context(&script_server);
    no_context_to_step(&script_server);
    no_credential(&live);
    assert_int_equal(DeleteSecurityContext(&live), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&live), SEC_E_INVALID_HANDLE);
}

/* Handles of chance; a fixed seed, so that a failure comes again. */
static void no_handle_is_found_by_guessing(void **state)
{
    uint64_t x = UINT64_C(0x9e3779b97f4a7c15);
    CtxtHandle live = script_context(SERVER, "c");

    (void)state;
    for (int i = 0; i < 200000; i++) {
        SecHandle h;
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        h.dwLower = i % 2 ? (uintptr_t)x : (uintptr_t)(x & 0xff);
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        h.dwUpper = (uintptr_t)x | UINT64_C(1) << 32; /* no generation is as large */
        assert_int_equal(DeleteSecurityContext(&h), SEC_E_INVALID_HANDLE);
        assert_int_equal(FreeCredentialsHandle(&h), SEC_E_INVALID_HANDLE);
    }
    assert_int_equal(DeleteSecurityContext(&live), SEC_E_OK);
}

/* A slot that is used again refuses the handle of its earlier life, however often. */
static void an_old_handle_never_comes_to_life(void **state)
{
    CtxtHandle old[64];

    (void)state;
    for (size_t i = 0; i < COUNT(old); i++) {
        old[i] = script_context(SERVER, "c");
        assert_int_equal(DeleteSecurityContext(&old[i]), SEC_E_OK);
    }
    CtxtHandle live = script_context(SERVER, "c");
    for (size_t i = 0; i < COUNT(old); i++) {
        assert_memory_not_equal(&old[i], &live, sizeof live);
        no_context(&old[i]);
    }
    assert_int_equal(DeleteSecurityContext(&live), SEC_E_OK);
}

/* 25 */
static void a_credential_is_for_its_side(void **state)
{
    struct step s;

    (void)state;
    for (enum side side = 0; side < SIDES; side++) {
        good(&s, side, "c")->credential = side == SERVER ? &script_client : &script_server;
        refused(&s, SEC_E_NO_CREDENTIALS);
        good(&s, side, "c")->credential = side == SERVER ? &ntlm_client : &ntlm_server;
        refused(&s, SEC_E_NO_CREDENTIALS);
    }
}

/* 26, 50: the context goes on after each mix-up */
static void a_context_stays_with_its_package_and_side(void **state)
{
    CredHandle other = acquire("Other", SECPKG_CRED_BOTH, NULL);
    CredHandle both = acquire("Script", SECPKG_CRED_BOTH, NULL);
    struct step s;

    (void)state;
    for (enum side side = 0; side < SIDES; side++) {
        CtxtHandle h = script_context(side, "c");
        good(&s, side, "o")->context = &h;
        s.credential = &other;
        refused(&s, SEC_E_INVALID_HANDLE);
        good(&s, side, "o")->context = &h;
        s.credential = side == SERVER ? &ntlm_server : &ntlm_client;
        refused(&s, SEC_E_INVALID_HANDLE);
        for (enum side wrong = 0; wrong < SIDES; wrong++) {
            if ((wrong == SERVER) == (side == SERVER))
                continue;
            good(&s, wrong, "o")->context = &h;
            s.credential = &both;
            refused(&s, SEC_E_INVALID_HANDLE);
            good(&s, wrong, "o")->context = &h;
            s.credential = NULL;
            refused(&s, SEC_E_INVALID_HANDLE);
        }
        good(&s, side, "o")->context = &h;
        s.input = &s.in_desc;
        works(&s, SEC_E_OK);
        assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
    }
    assert_int_equal(FreeCredentialsHandle(&both), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&other), SEC_E_OK);
}

/* 27 */
static void a_first_leg_needs_a_place_for_the_context(void **state)
{
    struct step s;

    (void)state;
    for (enum side side = 0; side < SIDES; side++) {
        good(&s, side, "c")->new_context = NULL;
        refused(&s, SEC_E_INVALID_HANDLE);
    }
}

/* 28, 29 */
static void flags_need_a_place_and_the_time_does_not(void **state)
{
    struct step s;

    (void)state;
    for (enum side side = 0; side < SIDES; side++) {
        good(&s, side, "c")->attributes = NULL;
        refused(&s, SEC_E_INVALID_PARAMETER);
        good(&s, side, "c")->expiry = NULL;
        works(&s, SEC_I_CONTINUE_NEEDED);
    }
}

/* 64 */
static void contexts_outlive_their_credential(void **state)
{
    CredHandle saved_client = ntlm_client, saved_server = ntlm_server;
    SEC_WINNT_AUTH_IDENTITY_W id = alice();
    struct pair p;

    (void)state;
    ntlm_client = acquire("NTLM", SECPKG_CRED_OUTBOUND, &id);
    ntlm_server = acquire("NTLM", SECPKG_CRED_INBOUND, NULL);
    pair_half(&p);
    assert_int_equal(FreeCredentialsHandle(&ntlm_client), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&ntlm_server), SEC_E_OK);
    assert_int_equal(pair_authenticate(&p), SEC_E_OK);
    assert_int_equal(pair_check(&p), SEC_E_OK);
    pair_end(&p);
    ntlm_client = saved_client;
    ntlm_server = saved_server;
}

/* --- buffers of a step ---------------------------------------------------------------------- */

/* 30 */
static void a_descriptor_is_of_the_known_version(void **state)
{
    static const ULONG versions[] = { 1, 2, 0x80000000u, 0xffffffffu };
    struct step s;

    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        for (enum side side = 0; side < SIDES; side++) {
            good(&s, side, "c")->in_desc.ulVersion = versions[i];
            s.input = &s.in_desc;
            refused(&s, SEC_E_INVALID_TOKEN);
            good(&s, side, "c")->out_desc.ulVersion = versions[i];
            refused(&s, SEC_E_INVALID_TOKEN);
        }
    }
}

/* 31, 37: a token comes and one goes, and neither has a buffer */
static void a_token_needs_its_buffer(void **state)
{
    struct step s;

    (void)state;
    good(&s, SERVER, "c")->in_desc.cBuffers = 0;
    refused(&s, SEC_E_INVALID_TOKEN);
    good(&s, SERVER, "c")->input = NULL;
    refused(&s, SEC_E_INVALID_TOKEN);
    good(&s, SERVER, "c")->in.BufferType = SECBUFFER_DATA;
    refused(&s, SEC_E_INVALID_TOKEN);
    good(&s, SERVER, "c")->credential = &ntlm_server;
    s.in_desc.cBuffers = 0;
    refused(&s, SEC_E_INVALID_TOKEN);
    for (enum side side = 0; side < SIDES; side++) {
        good(&s, side, "creply")->out_desc.cBuffers = 0;
        refused(&s, SEC_E_INVALID_TOKEN);
        good(&s, side, "creply")->output = NULL;
        refused(&s, SEC_E_INVALID_TOKEN);
        good(&s, side, "creply")->out.BufferType = SECBUFFER_DATA;
        refused(&s, SEC_E_INVALID_TOKEN);
        good(&s, side, "creply")->out.BufferType |= SECBUFFER_READONLY;
        refused(&s, SEC_E_INVALID_TOKEN);
    }
    good(&s, CLIENT_A, "host")->credential = &ntlm_client;
    s.output = NULL;
    refused(&s, SEC_E_INVALID_TOKEN);
}

/* 32 */
static void there_are_at_most_64_buffers(void **state)
{
    static const ULONG counts[] = { 65, 1000, 0x10000000u, 0xffffffffu };
    SecBuffer one = { 1, SECBUFFER_TOKEN, (void *)(uintptr_t) "c" };
    struct step s;

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        for (enum side side = 0; side < SIDES; side++) {
            SecBuffer *p = exact(&one, sizeof one); /* a count that lies is not followed */
            good(&s, side, "c")->in_desc = (SecBufferDesc){ SECBUFFER_VERSION, counts[i], p };
            s.input = &s.in_desc;
            refused(&s, SEC_E_INVALID_PARAMETER);
            good(&s, side, "c")->out_desc = (SecBufferDesc){ SECBUFFER_VERSION, counts[i], p };
            refused(&s, SEC_E_INVALID_PARAMETER);
            free(p);
        }
    }
    SecBuffer all[64];
    for (size_t i = 0; i < COUNT(all); i++)
        all[i] = (SecBuffer){ 0, 99, NULL };
    all[63] = one;
    SecBuffer *p = exact(all, sizeof all);
    good(&s, SERVER, "c")->in_desc = (SecBufferDesc){ SECBUFFER_VERSION, 64, p };
    works(&s, SEC_I_CONTINUE_NEEDED);
    free(p);
}

/* 33, 34, 60 */
static void buffers_are_where_they_say(void **state)
{
    SecBuffer two[2] = { { 0xffffffffu, SECBUFFER_TOKEN, two }, { 1, SECBUFFER_DATA, two } };
    struct step s;

    (void)state;
    for (enum side side = 0; side < SIDES; side++) {
        good(&s, side, "c")->in_desc.pBuffers = NULL;
        s.input = &s.in_desc;
        refused(&s, SEC_E_INVALID_TOKEN);
        good(&s, side, "c")->out_desc.pBuffers = NULL;
        refused(&s, SEC_E_INVALID_TOKEN);
        good(&s, side, "c")->in.pvBuffer = NULL;
        s.input = &s.in_desc;
        refused(&s, SEC_E_INVALID_TOKEN);
        good(&s, side, "c")->in_desc = (SecBufferDesc){ SECBUFFER_VERSION, 2, two };
        s.input = &s.in_desc;
        refused(&s, SEC_E_INVALID_PARAMETER);
    }
}

/* 35, 36: how much is needed is told, there is no context, and a second try works */
static void a_first_token_that_does_not_fit_makes_no_context(void **state)
{
    struct step s;

    (void)state;
    for (enum side side = 0; side < SIDES; side++) {
        for (int null = 0; null < 2; null++) {
            good(&s, side, "b3000")->out.cbBuffer = 10;
            s.out.pvBuffer = null ? NULL : s.room;
            assert_int_equal(run(&s), SEC_E_BUFFER_TOO_SMALL);
            assert_int_equal(s.out.cbBuffer, 3000);
            assert_int_equal(s.got, 0);
            assert_false(SecIsValidHandle(&s.made));
        }
        works(good(&s, side, "b3000"), SEC_I_CONTINUE_NEEDED);
        assert_int_equal(s.out.cbBuffer, 3000);
    }
}

/* 35 for NTLM: each token at every size that is too small, then at its own */
static void a_later_token_that_does_not_fit_waits(void **state)
{
    struct pair p;

    (void)state;
    pair_half(&p);
    SecBuffer in = { p.n_challenge, SECBUFFER_TOKEN, p.challenge };
    ULONG need = 0;
    for (ULONG cap = 0; cap == 0 || cap < need; cap += cap < 20 ? 1 : 37) {
        ULONG room = cap;
        char *small = exact(p.authenticate, cap);
        assert_int_equal(
            ntlm_leg(false, &p.client, &p.has_client, CLIENT_WANTS, &in, 1, small, &room),
            SEC_E_BUFFER_TOO_SMALL);
        assert_true(room > cap);
        assert_true(need == 0 || room == need);
        need = room;
        free(small);
    }
    char *fit = exact(p.authenticate, need);
    p.n_authenticate = need;
    assert_int_equal(
        ntlm_leg(false, &p.client, &p.has_client, CLIENT_WANTS, &in, 1, fit, &p.n_authenticate),
        SEC_E_OK);
    assert_int_equal(p.n_authenticate, need);
    memcpy(p.authenticate, fit, need);
    free(fit);
    assert_int_equal(pair_check(&p), SEC_E_OK);
    pair_end(&p);
}

/* 38, 39, 40 */
static void other_buffers_beside_the_first_token_do_not_matter(void **state)
{
    static const ULONG odd[] = { 99, SECBUFFER_PADDING, SECBUFFER_TARGET_HOST, 0x0fffffffu };
    char *token = exact("cfirst", 6), *second = exact("fsecond", 7);
    struct step s;

    (void)state;
    for (size_t i = 0; i < COUNT(odd); i++) {
        SecBuffer b[4] = { { 7, odd[i], second },
                           { 6, SECBUFFER_TOKEN | SECBUFFER_READONLY, token },
                           { 7, SECBUFFER_TOKEN, second },
                           { 0, odd[i] | SECBUFFER_READONLY_WITH_CHECKSUM, NULL } };
        SecBuffer *all = exact(b, sizeof b);
        good(&s, SERVER, "f")->in_desc = (SecBufferDesc){ SECBUFFER_VERSION, 4, all };
        works(&s, SEC_I_CONTINUE_NEEDED);
        assert_int_equal(s.out.cbBuffer, 5);
        assert_memory_equal(s.room, "first", 5);
        assert_memory_equal(all, b, sizeof b);
        free(all);
        SecBuffer out[2] = { { 3, odd[i], s.room + 100 }, { 20, SECBUFFER_TOKEN, s.room } };
        good(&s, SERVER, "creply")->out_desc = (SecBufferDesc){ SECBUFFER_VERSION, 2, out };
        works(&s, SEC_I_CONTINUE_NEEDED);
        assert_int_equal(out[1].cbBuffer, 5);
        assert_int_equal(out[0].cbBuffer, 3);
    }
    assert_memory_equal(token, "cfirst", 6);
    free(token);
    free(second);
}

/* 45, 46 */
static void what_is_reserved_does_not_matter(void **state)
{
    struct step s;

    (void)state;
    for (enum side side = 0; side < SIDES; side++) {
        good(&s, side, "c")->reserved1 = 0xffffffffu;
        s.reserved2 = 0xffffffffu;
        s.drep = 0xdeadbeefu;
        works(&s, SEC_I_CONTINUE_NEEDED);
    }
}

/* Request flags of 64 bits: eight octets, or they do not count; not one more is read. */
static void a_flags_buffer_is_read_no_further_than_it_goes(void **state)
{
    static const uint8_t ones[16] = { 0 };
    struct step s;

    (void)state;
    for (ULONG n = 0; n <= sizeof ones; n++) {
        char *token = exact("c", 1);
        void *flags = exact(ones, n);
        SecBuffer b[2] = { { 1, SECBUFFER_TOKEN, token }, { n, SECBUFFER_FLAGS, flags } };
        good(&s, SERVER, "c")->in_desc = (SecBufferDesc){ SECBUFFER_VERSION, 2, b };
        works(&s, SEC_I_CONTINUE_NEEDED);
        free(token);
        free(flags);
    }
}

/* 48 */
static void a_target_name_is_text(void **state)
{
    static const char *const wrong[] = { "\xff",          "c\x80",
                                         "c\xc0\x80",     "c\xed\xa0\x80",
                                         "c\xed\xbf\xbf", "c\xf4\x90\x80\x80",
                                         "c\xe2\x82",     "c\xed\xa0\xbd\xed\xb8\x80" };
    static const WCHAR wrong_w[][4] = {
        { 'c', 0xd800, 0 }, { 'c', 0xdfff, 0 }, { 'c', 0xdc00, 0xd800, 0 }, { 0xdbff, 'c', 0 }
    };
    struct step s;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        good(&s, CLIENT_A, wrong[i]);
        refused(&s, SEC_E_TARGET_UNKNOWN);
        good(&s, CLIENT_A, wrong[i])->credential = &ntlm_client;
        refused(&s, SEC_E_TARGET_UNKNOWN);
    }
    for (size_t i = 0; i < COUNT(wrong_w); i++) {
        good(&s, CLIENT_W, "");
        assert_int_equal(InitializeSecurityContextW(&script_client, NULL, wrong_w[i], 0, 0, 0, NULL,
                                                    0, &s.made, &s.out_desc, &s.got, NULL),
                         SEC_E_TARGET_UNKNOWN);
        check_nothing_came(&s);
    }
}

/* --- channel bindings ----------------------------------------------------------------------- */

static SEC_CHANNEL_BINDINGS bindings_of(ULONG length, ULONG offset)
{
    return (SEC_CHANNEL_BINDINGS){ .cbApplicationDataLength = length,
                                   .dwApplicationDataOffset = offset };
}

static SEC_CHANNEL_BINDINGS_EX bindings_ex_of(ULONG length, ULONG offset)
{
    return (SEC_CHANNEL_BINDINGS_EX){ .magicNumber = SEC_CHANNEL_BINDINGS_EX_MAGIC,
                                      .cbHeaderLength = sizeof(SEC_CHANNEL_BINDINGS_EX),
                                      .cbStructureLength = sizeof(SEC_CHANNEL_BINDINGS_EX) + length,
                                      .cbApplicationDataLength = length,
                                      .dwApplicationDataOffset = offset };
}

/* A first leg of each side with bindings of n octets, in a block of just that size. */
static void step_with_bindings(const void *bindings, size_t n, SECURITY_STATUS status)
{
    struct step s;

    for (enum side side = 0; side < SIDES; side++) {
        for (int ntlm = 0; ntlm < (side == SERVER ? 1 : 2); ntlm++) {
            char *token = exact("c", 1);
            void *p = exact(bindings, n);
            SecBuffer b[2] = { { (ULONG)n, SECBUFFER_CHANNEL_BINDINGS, p },
                               { side == SERVER, SECBUFFER_TOKEN, token } };
            SecBuffer *all = exact(b, sizeof b);
            good(&s, side, "c")->in_desc = (SecBufferDesc){ SECBUFFER_VERSION, 2, all };
            s.input = &s.in_desc;
            if (ntlm)
                s.credential = &ntlm_client;
            if (status < 0)
                refused(&s, status);
            else
                works(&s, status);
            free(all);
            free(p);
            free(token);
        }
    }
}

/* 41 */
static void bindings_that_are_cut_are_no_token(void **state)
{
    const SEC_CHANNEL_BINDINGS plain = bindings_of(0, 0);
    const SEC_CHANNEL_BINDINGS_EX ex = bindings_ex_of(0, 0);

    (void)state;
    for (size_t n = 0; n < sizeof plain; n++)
        step_with_bindings(&plain, n, SEC_E_INVALID_TOKEN);
    for (size_t n = 0; n < sizeof ex; n++)
        step_with_bindings(&ex, n, SEC_E_INVALID_TOKEN);
}

/* 42, 43: in each of the three places, both forms */
static void bindings_stay_within_their_buffer(void **state)
{
    struct {
        union {
            SEC_CHANNEL_BINDINGS plain;
            SEC_CHANNEL_BINDINGS_EX ex;
        } h;
        char data[8];
    } b;
    static const ULONG wrong[][2] = {
        /* length, offset */
        { 1, 0xffffffffu },           { 0xffffffffu, 1 },  { 0xffffffffu, 0xffffffffu },
        { 0x80000000u, 0x80000000u }, { 9, sizeof b.h },   { 1, sizeof b },
        { 8, sizeof b.h + 1 },        { sizeof b + 1, 0 }, { 1, sizeof b + 1 },
        { 0xfffffff0u, 32 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        ULONG n = wrong[i][0], at = wrong[i][1];
        memset(&b, 'x', sizeof b);
        b.h.plain = bindings_of(n, at);
        step_with_bindings(&b, sizeof b, SEC_E_INVALID_TOKEN);
        b.h.plain = bindings_of(8, sizeof b.h);
        b.h.plain.cbInitiatorLength = n, b.h.plain.dwInitiatorOffset = at;
        step_with_bindings(&b, sizeof b, SEC_E_INVALID_TOKEN);
        b.h.plain = bindings_of(8, sizeof b.h);
        b.h.plain.cbAcceptorLength = n, b.h.plain.dwAcceptorOffset = at;
        step_with_bindings(&b, sizeof b, SEC_E_INVALID_TOKEN);
        b.h.ex = bindings_ex_of(n, at);
        step_with_bindings(&b, sizeof b, SEC_E_INVALID_TOKEN);
        b.h.ex = bindings_ex_of(8, sizeof b.h);
        b.h.ex.cbAcceptorLength = n, b.h.ex.dwAcceptorOffset = at;
        step_with_bindings(&b, sizeof b, SEC_E_INVALID_TOKEN);
    }
    memset(&b, 'x', sizeof b);
    b.h.plain = bindings_of(8, sizeof b.h);
    step_with_bindings(&b, sizeof b, SEC_I_CONTINUE_NEEDED);
    b.h.ex = bindings_ex_of(8, sizeof b.h);
    step_with_bindings(&b, sizeof b, SEC_I_CONTINUE_NEEDED);
    /* What the extended form says of its own lengths. */
    b.h.ex.cbStructureLength = sizeof b + 1;
    step_with_bindings(&b, sizeof b, SEC_E_INVALID_TOKEN);
    b.h.ex.cbStructureLength = sizeof b.h.ex - 1;
    step_with_bindings(&b, sizeof b, SEC_E_INVALID_TOKEN);
    b.h.ex = bindings_ex_of(8, sizeof b.h);
    b.h.ex.cbHeaderLength--;
    step_with_bindings(&b, sizeof b, SEC_E_INVALID_TOKEN);
}

/* "tls-server-end-point:" and a hash, behind a plain header or an _EX one; free() it. */
static void *bindings_with(const char *data, bool ex, ULONG *size)
{
    size_t n = strlen(data),
           header = ex ? sizeof(SEC_CHANNEL_BINDINGS_EX) : sizeof(SEC_CHANNEL_BINDINGS);
    SEC_CHANNEL_BINDINGS plain = bindings_of((ULONG)n, (ULONG)header);
    SEC_CHANNEL_BINDINGS_EX extended = bindings_ex_of((ULONG)n, (ULONG)header);
    char *p = malloc(header + n);

    if (!p)
        abort();
    memcpy(p, ex ? (void *)&extended : (void *)&plain, header);
    memcpy(p + header, data, n);
    *size = (ULONG)(header + n);
    return p;
}

static SECURITY_STATUS logon_with(const char *client, bool client_ex, const char *server,
                                  bool server_ex)
{
    struct pair p = { 0 };

    if (client)
        p.client_bindings = bindings_with(client, client_ex, &p.n_client_bindings);
    if (server)
        p.server_bindings = bindings_with(server, server_ex, &p.n_server_bindings);
    assert_int_equal(pair_negotiate(&p), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(pair_challenge(&p), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(pair_authenticate(&p), SEC_E_OK);
    SECURITY_STATUS status = pair_check(&p);
    pair_end(&p);
    free(p.client_bindings);
    free(p.server_bindings);
    return status;
}

/* 44, and what bindings are for: the two forms say the same */
static void bindings_of_no_length_are_none(void **state)
{
    (void)state;
    assert_int_equal(logon_with("tls-unique:1", false, "tls-unique:1", false), SEC_E_OK);
    assert_int_equal(logon_with("tls-unique:1", true, "tls-unique:1", false), SEC_E_OK);
    assert_int_equal(logon_with("tls-unique:1", false, "tls-unique:1", true), SEC_E_OK);
    assert_int_equal(logon_with("tls-unique:1", false, "tls-unique:2", false), SEC_E_BAD_BINDINGS);
    assert_int_equal(logon_with("tls-unique:1", true, "tls-unique:2", true), SEC_E_BAD_BINDINGS);
    assert_int_equal(logon_with("", false, NULL, false), SEC_E_OK);
    assert_int_equal(logon_with("", true, NULL, false), SEC_E_OK);
    assert_int_equal(logon_with(NULL, false, "", false), SEC_E_OK);
    assert_int_equal(logon_with("tls-unique:1", false, "", true), SEC_E_OK);
    assert_int_equal(logon_with("", false, "tls-unique:1", false), SEC_E_BAD_BINDINGS);
}

/* --- contexts at the wrong time ------------------------------------------------------------- */

/* 49: and the session is none the worse for it */
static void a_complete_handshake_takes_no_further_token(void **state)
{
    struct pair p;
    char none[16];

    (void)state;
    pair_whole(&p);
    SecBuffer in = { p.n_challenge, SECBUFFER_TOKEN, p.challenge };
    ULONG room = sizeof none;
    assert_int_equal(ntlm_leg(false, &p.client, &p.has_client, 0, &in, 1, none, &room),
                     SEC_E_OUT_OF_SEQUENCE);
    assert_int_equal(room, 0);
    in = (SecBuffer){ p.n_authenticate, SECBUFFER_TOKEN, p.authenticate };
    room = sizeof none;
    assert_int_equal(ntlm_leg(true, &p.server, &p.has_server, 0, &in, 1, none, &room),
                     SEC_E_OUT_OF_SEQUENCE);
    assert_int_equal(room, 0);
    char data[] = "data", token[16];
    SecBuffer b[2] = { { 4, SECBUFFER_DATA, data }, { 16, SECBUFFER_TOKEN, token } };
    SecBufferDesc message = { SECBUFFER_VERSION, 2, b };
    assert_int_equal(EncryptMessage(&p.client, 0, &message, 0), SEC_E_OK);
    assert_int_equal(DecryptMessage(&p.server, &message, 0, NULL), SEC_E_OK);
    assert_string_equal(data, "data");
    pair_end(&p);
}

static void both_forms_refuse(PCtxtHandle h, ULONG attribute, void *buffer, SECURITY_STATUS status)
{
    assert_int_equal(QueryContextAttributesA(h, attribute, buffer), status);
    assert_int_equal(QueryContextAttributesW(h, attribute, buffer), status);
    assert_int_equal(QueryContextAttributesExA(h, attribute, buffer, 512), status);
    assert_int_equal(QueryContextAttributesExW(h, attribute, buffer, 512), status);
}

/* 51, 52, 55 */
static void an_attribute_is_known_and_has_a_place(void **state)
{
    static const ULONG unknown[] = { 0x7777, 200, 0x80000086u, 0xffffffffu,
                                     SECPKG_ATTR_REMOTE_CERT_CONTEXT };
    uint8_t buffer[512], before[512];
    struct pair p;
    CtxtHandle script = script_context(SERVER, "o");

    (void)state;
    memset(buffer, 0x5a, sizeof buffer);
    memcpy(before, buffer, sizeof before);
    pair_whole(&p);
    CtxtHandle all[] = { p.client, p.server, script };
    for (size_t i = 0; i < COUNT(all); i++) {
        for (size_t k = 0; k < COUNT(unknown); k++)
            both_forms_refuse(&all[i], unknown[k], buffer, SEC_E_UNSUPPORTED_FUNCTION);
        both_forms_refuse(&all[i], SECPKG_ATTR_SIZES, NULL, SEC_E_INVALID_PARAMETER);
        both_forms_refuse(&all[i], SECPKG_ATTR_PACKAGE_INFO, NULL, SEC_E_INVALID_PARAMETER);
        both_forms_refuse(&all[i], SECPKG_ATTR_NAMES, NULL, SEC_E_INVALID_PARAMETER);
        assert_int_equal(SetContextAttributesA(&all[i], SECPKG_ATTR_NAMES, buffer, 8),
                         SEC_E_UNSUPPORTED_FUNCTION);
        assert_int_equal(SetContextAttributesW(&all[i], 0x7777, buffer, 8),
                         SEC_E_UNSUPPORTED_FUNCTION);
        assert_int_equal(SetContextAttributesA(&all[i], SECPKG_ATTR_NAMES, NULL, 8),
                         SEC_E_INVALID_PARAMETER);
    }
    assert_memory_equal(buffer, before, sizeof before);
    assert_int_equal(QueryCredentialsAttributesA(&ntlm_client, 0x7777, buffer),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(QueryCredentialsAttributesW(&ntlm_client, SECPKG_CRED_ATTR_NAMES, NULL),
                     SEC_E_INVALID_PARAMETER);
    assert_int_equal(SetCredentialsAttributesA(&ntlm_client, 0x7777, buffer, 8),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_memory_equal(buffer, before, sizeof before);
    pair_end(&p);
    assert_int_equal(DeleteSecurityContext(&script), SEC_E_OK);
}

/* The Ex calls say how large the buffer is: it is written only if it all fits. */
static void an_answer_that_does_not_fit_is_not_written(void **state)
{
    static const struct {
        ULONG attribute;
        ULONG size;
    } sized[] = {
        { SECPKG_ATTR_SIZES, sizeof(SecPkgContext_Sizes) },
        { SECPKG_ATTR_NAMES, sizeof(SecPkgContext_NamesA) },
        { SECPKG_ATTR_LIFESPAN, sizeof(SecPkgContext_Lifespan) },
        { SECPKG_ATTR_KEY_INFO, sizeof(SecPkgContext_KeyInfoA) },
        { SECPKG_ATTR_SESSION_KEY, sizeof(SecPkgContext_SessionKey) },
        { SECPKG_ATTR_PACKAGE_INFO, sizeof(SecPkgContext_PackageInfoA) },
        { SECPKG_ATTR_NEGOTIATION_INFO, sizeof(SecPkgContext_NegotiationInfoA) },
        { SECPKG_ATTR_FLAGS, sizeof(SecPkgContext_Flags) },
    };
    struct pair p;

    (void)state;
    pair_whole(&p);
    for (size_t i = 0; i < COUNT(sized); i++) {
        for (ULONG n = 0; n < sized[i].size; n++) {
            void *buffer = exact("\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a"
                                 "\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a",
                                 n);
            assert_int_equal(QueryContextAttributesExA(&p.client, sized[i].attribute, buffer, n),
                             SEC_E_BUFFER_TOO_SMALL);
            assert_int_equal(QueryContextAttributesExW(&p.client, sized[i].attribute, buffer, n),
                             SEC_E_BUFFER_TOO_SMALL);
            free(buffer);
        }
    }
    pair_end(&p);
}

/* 53, 54, 56 */
static void a_half_open_context_tells_and_protects_nothing(void **state)
{
    static const ULONG waits[] = { SECPKG_ATTR_SIZES,        SECPKG_ATTR_SESSION_KEY,
                                   SECPKG_ATTR_NAMES,        SECPKG_ATTR_LIFESPAN,
                                   SECPKG_ATTR_STREAM_SIZES, SECPKG_ATTR_FLAGS };
    char data[16] = "data", buffer[512];
    struct pair p;

    (void)state;
    pair_half(&p);
    CtxtHandle all[] = { p.client, p.server, script_context(CLIENT_A, "c") };
    for (size_t i = 0; i < COUNT(all); i++) {
        SecBuffer b[2] = { { 4, SECBUFFER_DATA, data }, { 12, SECBUFFER_TOKEN, data + 4 } };
        SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
        for (size_t k = 0; k < COUNT(waits); k++)
            both_forms_refuse(&all[i], waits[k], buffer, SEC_E_INVALID_HANDLE);
        assert_int_equal(EncryptMessage(&all[i], 0, &desc, 0), SEC_E_INVALID_HANDLE);
        assert_int_equal(DecryptMessage(&all[i], &desc, 0, NULL), SEC_E_INVALID_HANDLE);
        assert_int_equal(MakeSignature(&all[i], 0, &desc, 0), SEC_E_INVALID_HANDLE);
        assert_int_equal(VerifySignature(&all[i], &desc, 0, NULL), SEC_E_INVALID_HANDLE);
        assert_int_equal(ImpersonateSecurityContext(&all[i]), SEC_E_NO_IMPERSONATION);
        assert_string_equal(data, "data");
    }
    assert_int_equal(DeleteSecurityContext(&all[2]), SEC_E_OK);
    pair_end(&p);
}

/* --- messages ------------------------------------------------------------------------------- */

/* 57 */
static void a_message_has_a_token_and_data(void **state)
{
    static const ULONG types[][2] = { { SECBUFFER_TOKEN, SECBUFFER_PADDING },
                                      { SECBUFFER_DATA, SECBUFFER_PADDING },
                                      { 99, SECBUFFER_EMPTY },
                                      { SECBUFFER_STREAM, SECBUFFER_PADDING } };
    struct pair p;
    char data[16], token[16];

    (void)state;
    pair_whole(&p);
    for (size_t i = 0; i < COUNT(types); i++) {
        SecBuffer b[2] = { { 16, types[i][0], data }, { 16, types[i][1], token } };
        SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
        assert_int_equal(EncryptMessage(&p.client, 0, &desc, 0), SEC_E_INVALID_TOKEN);
        assert_int_equal(MakeSignature(&p.client, 0, &desc, 0), SEC_E_INVALID_TOKEN);
        assert_int_equal(DecryptMessage(&p.client, &desc, 0, NULL), SEC_E_INVALID_TOKEN);
        assert_int_equal(VerifySignature(&p.client, &desc, 0, NULL), SEC_E_INVALID_TOKEN);
        desc.cBuffers = 0; /* 31 */
        assert_int_equal(EncryptMessage(&p.client, 0, &desc, 0), SEC_E_INVALID_TOKEN);
        assert_int_equal(DecryptMessage(&p.client, &desc, 0, NULL), SEC_E_INVALID_TOKEN);
    }
    pair_end(&p);
}

static void message_refused(PCtxtHandle h, PSecBufferDesc desc, SECURITY_STATUS status)
{
    ULONG qop = UNTOUCHED;

    assert_int_equal(EncryptMessage(h, 0, desc, 0), status);
    assert_int_equal(MakeSignature(h, 0, desc, 0), status);
    assert_int_equal(DecryptMessage(h, desc, 0, &qop), status);
    assert_int_equal(qop, 0);
    assert_int_equal(VerifySignature(h, desc, 0, &qop), status);
    assert_int_equal(qop, 0);
}

/* 30, 32, 33, 60, and NULL with a length */
static void a_messages_descriptor_makes_sense(void **state)
{
    CtxtHandle script = script_context(SERVER, "o");
    char data[16] = "data";
    struct pair p;

    (void)state;
    pair_whole(&p);
    CtxtHandle all[] = { p.client, script };
    for (size_t i = 0; i < COUNT(all); i++) {
        SecBuffer b[2] = { { 4, SECBUFFER_DATA, data }, { 12, SECBUFFER_TOKEN, data + 4 } };
        SecBufferDesc desc = { 1, 2, b };
        message_refused(&all[i], NULL, SEC_E_INVALID_PARAMETER);
        message_refused(&all[i], &desc, SEC_E_INVALID_TOKEN);
        desc = (SecBufferDesc){ SECBUFFER_VERSION, 65, b };
        message_refused(&all[i], &desc, SEC_E_INVALID_PARAMETER);
        desc.cBuffers = 0xffffffffu;
        message_refused(&all[i], &desc, SEC_E_INVALID_PARAMETER);
        desc = (SecBufferDesc){ SECBUFFER_VERSION, 2, NULL };
        message_refused(&all[i], &desc, SEC_E_INVALID_TOKEN);
        desc.pBuffers = b;
        b[0].pvBuffer = NULL;
        message_refused(&all[i], &desc, SEC_E_INVALID_PARAMETER);
        b[0] = (SecBuffer){ 0xfffffff4u, SECBUFFER_DATA, data };
        message_refused(&all[i], &desc, SEC_E_INVALID_PARAMETER);
        assert_string_equal(data, "data");
    }
    pair_end(&p);
    assert_int_equal(DeleteSecurityContext(&script), SEC_E_OK);
}

/* 58: every room that is too small; nothing is used up by the attempts */
static void a_signature_needs_its_room(void **state)
{
    char data[] = "data", token[16] = "";
    struct pair p;

    (void)state;
    pair_whole(&p);
    for (ULONG n = 0; n < 16; n++) {
        char *small = exact(token, n);
        SecBuffer b[2] = { { 4, SECBUFFER_DATA, data }, { n, SECBUFFER_TOKEN, small } };
        SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
        assert_int_equal(EncryptMessage(&p.client, 0, &desc, 0), SEC_E_BUFFER_TOO_SMALL);
        assert_int_equal(MakeSignature(&p.client, 0, &desc, 0), SEC_E_BUFFER_TOO_SMALL);
        assert_string_equal(data, "data");
        free(small);
    }
    char *just = exact(token, 16), *body = exact("data", 4);
    SecBuffer b[2] = { { 4, SECBUFFER_DATA, body }, { 16, SECBUFFER_TOKEN, just } };
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
    assert_int_equal(EncryptMessage(&p.client, 0, &desc, 0), SEC_E_OK);
    assert_int_equal(DecryptMessage(&p.server, &desc, 0, NULL), SEC_E_OK);
    assert_memory_equal(body, "data", 4);
    free(just);
    free(body);
    pair_end(&p);
}

/* 59: refused, or garbage within the two buffers: nothing around them changes */
static void a_signature_over_its_own_data_spoils_nothing_else(void **state)
{
    struct pair p;
    char block[96];

    (void)state;
    pair_whole(&p);
    for (size_t at = 0; at <= 48; at += 3) {
        memset(block, '#', sizeof block);
        SecBuffer b[2] = { { 32, SECBUFFER_DATA, block + 24 },
                           { 16, SECBUFFER_TOKEN, block + 8 + at } };
        SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
        SECURITY_STATUS status = EncryptMessage(&p.client, 0, &desc, 0);
        if (at + 8 + 16 <= 24 || at + 8 >= 56)
            assert_int_equal(status, SEC_E_OK);
        else
            assert_true(status == SEC_E_OK || status == SEC_E_INVALID_PARAMETER);
        size_t from = at + 8 < 24 ? at + 8 : 24, to = at + 24 > 56 ? at + 24 : 56;
        for (size_t i = 0; i < sizeof block; i++)
            assert_true((i >= from && i < to) || block[i] == '#');
    }
    pair_end(&p);
}

/* 61 */
static void an_unknown_quality_of_protection_is_refused(void **state)
{
    static const ULONG qops[] = { 1, 0x1234, 0x80000000u, SECQOP_WRAP_OOB_DATA, 0xffffffffu };
    char data[] = "data", token[16];
    struct pair p;

    (void)state;
    pair_whole(&p);
    for (size_t i = 0; i < COUNT(qops); i++) {
        SecBuffer b[2] = { { 4, SECBUFFER_DATA, data }, { 16, SECBUFFER_TOKEN, token } };
        SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
        assert_int_equal(EncryptMessage(&p.client, qops[i], &desc, 0), SEC_E_QOP_NOT_SUPPORTED);
        assert_int_equal(MakeSignature(&p.client, qops[i], &desc, 0), SEC_E_QOP_NOT_SUPPORTED);
        assert_string_equal(data, "data");
    }
    pair_end(&p);
}

/* 62 */
static void nobody_needs_to_ask_for_the_quality_of_protection(void **state)
{
    char data[] = "data", token[16];
    struct pair p;

    (void)state;
    pair_whole(&p);
    SecBuffer b[2] = { { 4, SECBUFFER_DATA, data }, { 16, SECBUFFER_TOKEN, token } };
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
    assert_int_equal(MakeSignature(&p.client, 0, &desc, 0), SEC_E_OK);
    assert_int_equal(VerifySignature(&p.server, &desc, 0, NULL), SEC_E_OK);
    pair_end(&p);
}

/* --- result memory -------------------------------------------------------------------------- */

static char in_static_memory[64];

static void not_ours(void *p)
{
    assert_int_equal(FreeContextBuffer(p), SEC_E_INVALID_HANDLE);
    SspiFreeAuthIdentity(p);
    SspiLocalFree(p);
}

/* 65, 66 */
static void only_what_was_handed_out_is_freed(void **state)
{
    char on_stack[64] = "";
    char *on_heap = exact(on_stack, 64);
    SecPkgInfoA *info;
    void *function;
    SECURITY_STATUS (*call)(void *) = FreeContextBuffer;

    (void)state;
    assert_int_equal(FreeContextBuffer(NULL), SEC_E_OK);
    SspiFreeAuthIdentity(NULL);
    SspiLocalFree(NULL);
    SspiZeroAuthIdentity(NULL);
    memcpy(&function, &call, sizeof function);
    not_ours(on_stack);
    not_ours(on_heap);
    not_ours(on_heap + 16);
    not_ours(in_static_memory);
    not_ours(function);
    for (uintptr_t i = 1; i < 64; i++)
        not_ours((void *)i);
    not_ours((void *)UINTPTR_MAX);
    free(on_heap);
    assert_int_equal(QuerySecurityPackageInfoA("Script", &info), SEC_E_OK);
    for (size_t i = 1; i < sizeof *info; i++)
        not_ours((char *)info + i);
    not_ours((char *)info - 16);
    not_ours(info->Name);
    not_ours(info->Comment);
    assert_string_equal(info->Name, "Script");
    assert_int_equal(FreeContextBuffer(info), SEC_E_OK);
    not_ours(info);
}

/* --- calls by the way ----------------------------------------------------------------------- */

/* 68, 69, 70 for packages that take no control tokens; 75 */
static void control_tokens_and_completion_are_checked(void **state)
{
    CtxtHandle script = script_context(SERVER, "o");
    ULONG four = 9;
    struct pair p;

    (void)state;
    pair_half(&p);
    CtxtHandle all[] = { p.client, p.server, script };
    for (size_t i = 0; i < COUNT(all); i++) {
        SecBuffer b = { sizeof four, SECBUFFER_TOKEN, &four };
        SecBufferDesc desc = { SECBUFFER_VERSION, 1, &b };
        assert_int_equal(ApplyControlToken(&all[i], NULL), SEC_E_INVALID_TOKEN);
        assert_int_equal(ApplyControlToken(&all[i], &desc), SEC_E_UNSUPPORTED_FUNCTION);
        assert_int_equal(CompleteAuthToken(&all[i], &desc), SEC_E_OK);
        assert_int_equal(CompleteAuthToken(&all[i], NULL), SEC_E_OK);
        desc.ulVersion = 1;
        assert_int_equal(ApplyControlToken(&all[i], &desc), SEC_E_INVALID_TOKEN);
        assert_int_equal(CompleteAuthToken(&all[i], &desc), SEC_E_INVALID_TOKEN);
        desc = (SecBufferDesc){ SECBUFFER_VERSION, 1000, &b };
        assert_int_equal(ApplyControlToken(&all[i], &desc), SEC_E_INVALID_PARAMETER);
        assert_int_equal(CompleteAuthToken(&all[i], &desc), SEC_E_INVALID_PARAMETER);
    }
    assert_int_equal(pair_authenticate(&p), SEC_E_OK); /* none of it did harm */
    assert_int_equal(pair_check(&p), SEC_E_OK);
    pair_end(&p);
    assert_int_equal(DeleteSecurityContext(&script), SEC_E_OK);
}

/* 71, 72 */
static void contexts_are_not_packed_by_packages_that_cannot(void **state)
{
    CtxtHandle made = { 1, 1 };
    void *token = &made;
    struct pair p;

    (void)state;
    pair_whole(&p);
    SecBuffer packed = { 5, SECBUFFER_EMPTY, in_static_memory };
    assert_int_equal(ExportSecurityContext(&p.client, 0, &packed, &token),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_null(token);
    assert_int_equal(
        ExportSecurityContext(&p.client, SECPKG_CONTEXT_EXPORT_DELETE_OLD, &packed, NULL),
        SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ExportSecurityContext(&p.client, 0, NULL, NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(ImportSecurityContextA("NTLM", &packed, NULL, &made),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_false(SecIsValidHandle(&made));
    assert_int_equal(ImportSecurityContextW(u"NTLM", &packed, NULL, &made),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ImportSecurityContextA("No such", &packed, NULL, &made),
                     SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(ImportSecurityContextA(NULL, &packed, NULL, &made), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(ImportSecurityContextA("NTLM", NULL, NULL, &made), SEC_E_INVALID_TOKEN);
    packed.pvBuffer = NULL;
    assert_int_equal(ImportSecurityContextW(u"NTLM", &packed, NULL, &made), SEC_E_INVALID_TOKEN);
    assert_int_equal(ImportSecurityContextA("NTLM", &packed, NULL, NULL), SEC_E_INVALID_HANDLE);
    pair_end(&p);
}

/* 73, 74 */
static void questions_about_packages_need_a_name_and_a_place(void **state)
{
    ULONG n = UNTOUCHED;
    SecPkgInfoA *a = NULL;
    SecPkgInfoW *w = NULL;

    (void)state;
    assert_int_equal(EnumerateSecurityPackagesA(NULL, &a), SEC_E_INVALID_PARAMETER);
    assert_int_equal(EnumerateSecurityPackagesW(NULL, &w), SEC_E_INVALID_PARAMETER);
    assert_int_equal(EnumerateSecurityPackagesA(&n, NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(EnumerateSecurityPackagesW(&n, NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(QuerySecurityPackageInfoA(NULL, &a), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(QuerySecurityPackageInfoW(NULL, &w), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(QuerySecurityPackageInfoA(NULL, NULL), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(QuerySecurityPackageInfoW(NULL, NULL), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(QuerySecurityPackageInfoA("Script", NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(QuerySecurityPackageInfoW(u"Script", NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(QuerySecurityPackageInfoA("", &a), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(AddSecurityPackageA(NULL, NULL), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(AddSecurityPackageW(u"No such", NULL), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(DeleteSecurityPackageA(NULL), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(DeleteSecurityPackageW(NULL), SEC_E_SECPKG_NOT_FOUND);
    assert_null(a);
    assert_null(w);
}

/* Our own calls are no more trusting than Microsoft's. */
static void our_own_calls_check_as_well(void **state)
{
    struct sspi_exchange *x = NULL;
    SECURITY_STATUS found;
    size_t n = 1;

    (void)state;
    assert_int_equal(sspi_explain("Script", NULL, 5, NULL, NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(sspi_account_set(NULL, "u", "p", 1, 0), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(sspi_account_set("NTLM", NULL, "p", 1, 0), SEC_E_INVALID_PARAMETER);
    assert_int_equal(sspi_account_set("NTLM", "u", NULL, 1, 0), SEC_E_INVALID_PARAMETER);
    assert_int_equal(sspi_account_delete("NTLM", NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(sspi_account_each("NTLM", NULL, NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(sspi_exchange_start(NULL, &x), SEC_E_INVALID_PARAMETER);
    assert_int_equal(sspi_exchange_step(NULL, NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(sspi_exchange_run(NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(sspi_exchange_wait(NULL), -1);
    assert_int_equal(sspi_exchange_flags(NULL), 0);
    assert_null(sspi_exchange_surplus(NULL, &n));
    assert_int_equal(n, 0);
    sspi_exchange_free(NULL);
    assert_null(x);
    assert_false(sspi_status_find(NULL, &found));
    assert_null(sspi_status_name(0x12345678));
    assert_null(sspi_status_text(0x12345678));
}

/* --- threads -------------------------------------------------------------------------------- */

#define THREADS 8

static void with_threads(void *(*work)(void *), void *(*meanwhile)(void *))
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
    if (meanwhile)
        (void)meanwhile(NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static CredHandle contested;
static atomic_bool stop;
static atomic_int begun, odd;

/* Contexts from a credential that may go at any time; those that were begun go on. */
static void *begin_contexts(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        CredHandle mine = contested;
        struct step s;
        good(&s, SERVER, "chello")->credential = &mine;
        SECURITY_STATUS status = run(&s);
        if (status == SEC_I_CONTINUE_NEEDED) {
            CtxtHandle h = s.made;
            good(&s, SERVER, "o")->context = &h;
            s.credential = NULL;
            if (run(&s) != SEC_E_OK || DeleteSecurityContext(&h) != SEC_E_OK)
                atomic_fetch_add(&odd, 1);
            atomic_fetch_add(&begun, 1);
        } else if (status != SEC_E_INVALID_HANDLE || SecIsValidHandle(&s.made)) {
            atomic_fetch_add(&odd, 1);
        }
    }
    return NULL;
}

static void *free_the_credential(void *arg)
{
    const struct timespec moment = { .tv_nsec = 3000000 };

    (void)arg;
    nanosleep(&moment, NULL);
    CredHandle mine = contested;
    if (FreeCredentialsHandle(&mine) != SEC_E_OK)
        atomic_fetch_add(&odd, 1);
    nanosleep(&moment, NULL);
    atomic_store(&stop, true);
    return NULL;
}

static void eight_threads_begin_contexts_while_the_credential_is_freed(void **state)
{
    (void)state;
    atomic_store(&begun, 0);
    atomic_store(&odd, 0);
    for (int round = 0; round < 10; round++) {
        contested = acquire("Script", SECPKG_CRED_INBOUND, NULL);
        atomic_store(&stop, false);
        with_threads(begin_contexts, free_the_credential);
        no_credential(&contested);
    }
    assert_int_equal(atomic_load(&odd), 0);
    assert_true(atomic_load(&begun) > 0);
}

/* 67, 63: eight threads delete what eight threads use; each handle is deleted once */
static CtxtHandle shared[16];
static atomic_int deleted;

static void *use_and_delete(void *arg)
{
    char data[16] = "data";
    struct step s;

    (void)arg;
    for (size_t i = 0; i < COUNT(shared); i++) {
        CtxtHandle h = shared[i];
        SecBuffer b[2] = { { 4, SECBUFFER_DATA, data }, { 12, SECBUFFER_TOKEN, data + 4 } };
        SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
        SecPkgContext_NamesA names;
        if (QueryContextAttributesA(&h, SECPKG_ATTR_NAMES, &names) == SEC_E_OK)
            (void)FreeContextBuffer(names.sUserName);
        (void)EncryptMessage(&h, 0, &desc, 0);
        good(&s, SERVER, "c")->context = &h;
        (void)run(&s);
        if (DeleteSecurityContext(&h) == SEC_E_OK)
            atomic_fetch_add(&deleted, 1);
        (void)sspi_set_deadline(&h, 1000);
    }
    return NULL;
}

static void a_context_is_deleted_once_by_however_many(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        atomic_store(&deleted, 0);
        for (size_t i = 0; i < COUNT(shared); i++)
            shared[i] = script_context(SERVER, i % 2 ? "c" : "o");
        with_threads(use_and_delete, NULL);
        assert_int_equal(atomic_load(&deleted), COUNT(shared));
    }
}

static void *results[256];
static atomic_int freed;

static void *free_results(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < COUNT(results); i++)
        if (FreeContextBuffer(results[i]) == SEC_E_OK)
            atomic_fetch_add(&freed, 1);
    return NULL;
}

static void a_result_is_freed_once_by_however_many(void **state)
{
    (void)state;
    atomic_store(&freed, 0);
    for (size_t i = 0; i < COUNT(results); i++) {
        SecPkgInfoA *info;
        assert_int_equal(QuerySecurityPackageInfoA("Script", &info), SEC_E_OK);
        results[i] = info;
    }
    with_threads(free_results, NULL);
    assert_int_equal(atomic_load(&freed), COUNT(results));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_credential_needs_a_package_and_a_place),
        cmocka_unit_test(a_credential_needs_a_role),
        cmocka_unit_test(an_identity_says_its_encoding),
        cmocka_unit_test(an_identitys_lengths_are_those_of_its_strings),
        cmocka_unit_test(an_identitys_text_needs_no_terminator),
        cmocka_unit_test(an_extended_identity_is_of_a_known_version_and_length),
        cmocka_unit_test(a_packed_identity_stays_within_itself),
        cmocka_unit_test(an_encrypted_identity_cannot_be_read),
        cmocka_unit_test(no_call_takes_a_null_handle),
        cmocka_unit_test(no_call_takes_a_handle_that_is_none),
        cmocka_unit_test(no_handle_is_found_by_guessing),
        cmocka_unit_test(an_old_handle_never_comes_to_life),
        cmocka_unit_test(a_credential_is_for_its_side),
        cmocka_unit_test(a_context_stays_with_its_package_and_side),
        cmocka_unit_test(a_first_leg_needs_a_place_for_the_context),
        cmocka_unit_test(flags_need_a_place_and_the_time_does_not),
        cmocka_unit_test(contexts_outlive_their_credential),
        cmocka_unit_test(a_descriptor_is_of_the_known_version),
        cmocka_unit_test(a_token_needs_its_buffer),
        cmocka_unit_test(there_are_at_most_64_buffers),
        cmocka_unit_test(buffers_are_where_they_say),
        cmocka_unit_test(a_first_token_that_does_not_fit_makes_no_context),
        cmocka_unit_test(a_later_token_that_does_not_fit_waits),
        cmocka_unit_test(other_buffers_beside_the_first_token_do_not_matter),
        cmocka_unit_test(what_is_reserved_does_not_matter),
        cmocka_unit_test(a_flags_buffer_is_read_no_further_than_it_goes),
        cmocka_unit_test(a_target_name_is_text),
        cmocka_unit_test(bindings_that_are_cut_are_no_token),
        cmocka_unit_test(bindings_stay_within_their_buffer),
        cmocka_unit_test(bindings_of_no_length_are_none),
        cmocka_unit_test(a_complete_handshake_takes_no_further_token),
        cmocka_unit_test(an_attribute_is_known_and_has_a_place),
        cmocka_unit_test(an_answer_that_does_not_fit_is_not_written),
        cmocka_unit_test(a_half_open_context_tells_and_protects_nothing),
        cmocka_unit_test(a_message_has_a_token_and_data),
        cmocka_unit_test(a_messages_descriptor_makes_sense),
        cmocka_unit_test(a_signature_needs_its_room),
        cmocka_unit_test(a_signature_over_its_own_data_spoils_nothing_else),
        cmocka_unit_test(an_unknown_quality_of_protection_is_refused),
        cmocka_unit_test(nobody_needs_to_ask_for_the_quality_of_protection),
        cmocka_unit_test(only_what_was_handed_out_is_freed),
        cmocka_unit_test(control_tokens_and_completion_are_checked),
        cmocka_unit_test(contexts_are_not_packed_by_packages_that_cannot),
        cmocka_unit_test(questions_about_packages_need_a_name_and_a_place),
        cmocka_unit_test(our_own_calls_check_as_well),
        cmocka_unit_test(eight_threads_begin_contexts_while_the_credential_is_freed),
        cmocka_unit_test(a_context_is_deleted_once_by_however_many),
        cmocka_unit_test(a_result_is_freed_once_by_however_many),
    };
    return cmocka_run_group_tests_name("misuse of the interface", tests, begin, end);
}
