/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario.c: the whole job of the library, one public call after the other, and in each call
 * every allocation fails in its turn: see steps.h.  The calls that read the manifest, load modules
 * and start packages for the first time are made in processes of their own, one for each n.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sspi/exchange.h"
#include "sspi/schannel.h"
#include "sspi/security.h"
#include "sspi/sspix.h"
#include "tests/oom/steps.h"
#include "tests/root.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Variants of a call; which ones matter to it is the call's to know. */
#define WIDE 0x01
#define ALLOCATE 0x02
#define BOUND 0x04
#define EXTENDED 0x08
#define PACKED 0x10
#define SERVER 0x20
#define SCRIPT 0x40
#define EX_CALL 0x80
#define OTHERWISE 0x100 /* the other way, whatever that is */
#define KNOWN 0x200     /* in a process that has read the manifest, but loaded nothing yet */

/* --- the world ------------------------------------------------------------------------------- */

static CredHandle client_cred, server_cred, script_cred, made_cred;
static CtxtHandle client, server, spare;
static bool has_client, has_server, has_spare, has_made;

static struct token {
    char bytes[4096];
    ULONG len;
} negotiate, challenge, authenticate, no_token;

static ULONG flags_got;
static SecBuffer last_out;

#define USER u"alice"
#define PASSWORD u"Password"

/* The NT hash of "Password", [MS-NLMP] 4.2.2.1.2. */
#define USER_LINE                                                                                  \
    "alice:1000:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:A4F49C406510BDCAB6824EE7C30FD852:[U          ]:"  \
    "LCT-00000000:\n"

static struct {
    SEC_CHANNEL_BINDINGS head;
    char data[16];
} bindings = { { .cbApplicationDataLength = 16,
                 .dwApplicationDataOffset = sizeof(SEC_CHANNEL_BINDINGS) },
               "tls-unique:12345" };

static void begin_world(void)
{
    root_begin(NULL);
    root_write("users", "%s", USER_LINE);
    char *users = strdup(root_path("users"));
    root_write("packages.d/ntlm.json",
               "{\"name\": \"NTLM\", \"module\": \"ntlm.so\", \"aliases\": [\"NTLMSSP\"], "
               "\"comment\": \"NTLM Security Package\", \"rpc_id\": 10, \"max_token\": 2888, "
               "\"oids\": [\"1.3.6.1.4.1.311.2.2.10\"], \"settings\": {\"user_file\": \"%s\", "
               "\"target_names\": [\"host/server.test\", \"server\"], "
               "\"dns_computer\": \"server.test\"}}",
               users);
    root_write("packages.d/script.json",
               "{\"packages\": [{\"name\": \"Script\", \"module\": \"script.so\"},"
               "{\"name\": \"Other\", \"module\": \"script.so\", \"enabled\": false}]}");
    free(users);
}

static void drop_contexts(int how)
{
    (void)how;
    if (has_client)
        DeleteSecurityContext(&client);
    if (has_server)
        DeleteSecurityContext(&server);
    if (has_spare)
        DeleteSecurityContext(&spare);
    has_client = has_server = has_spare = false;
}

/* --- packages -------------------------------------------------------------------------------- */

static void *found; /* what a call gave to be freed */
static ULONG found_n;
static const char was[] = "was"; /* what a pointer points to before the call */

static void expect_nothing(int how)
{
    (void)how;
    found = (void *)(uintptr_t)was;
    found_n = 0;
}

static bool found_nothing(int how)
{
    (void)how;
    return (!found || found == was) && found_n == 0;
}

static bool found_something(int how)
{
    (void)how;
    return found && found != was;
}

static void drop_found(int how)
{
    (void)how;
    if (found && found != was)
        FreeContextBuffer(found);
    found = NULL;
}

static SECURITY_STATUS enumerate(int how)
{
    SecPkgInfoA *a = found;
    SecPkgInfoW *w = found;
    SECURITY_STATUS status = how & WIDE ? EnumerateSecurityPackagesW(&found_n, &w)
                                        : EnumerateSecurityPackagesA(&found_n, &a);

    found = how & WIDE ? (void *)w : (void *)a;
    return status;
}

/* All of the entry, so that a call that left something out is not taken for a good one. */
static bool is_ntlm(int how, const void *info)
{
    const SecPkgInfoA *a = info;
    const SecPkgInfoW *w = info;

    if (how & WIDE)
        return w->Name[0] == 'N' && w->Name[4] == 0 && w->Comment[20] == 'e' && w->wRPCID == 10 &&
               w->cbMaxToken == 2888;
    return strcmp(a->Name, "NTLM") == 0 && strcmp(a->Comment, "NTLM Security Package") == 0 &&
           a->wRPCID == 10 && a->cbMaxToken == 2888;
}

static bool enumerated(int how)
{
    return found_something(how) && found_n == 2 && is_ntlm(how, found);
}

static bool described(int how)
{
    return found_something(how) && is_ntlm(how, found);
}

static SECURITY_STATUS describe(int how)
{
    SecPkgInfoA *a = found;
    SecPkgInfoW *w = found;
    SECURITY_STATUS status = how & WIDE ? QuerySecurityPackageInfoW(u"ntlm", &w)
                                        : QuerySecurityPackageInfoA("NTLMSSP", &a);

    found = how & WIDE ? (void *)w : (void *)a;
    return status;
}

static SECURITY_STATUS describe_unknown(int how)
{
    SecPkgInfoW *w = NULL;

    (void)how;
    return QuerySecurityPackageInfoW(u"No such package", &w);
}

static SECURITY_STATUS switch_package(int how)
{
    (void)how;
    return AddSecurityPackageW(u"NTLM", NULL);
}

static SECURITY_STATUS reload(int how)
{
    (void)how;
    return sspi_reload();
}

/* Nothing of the manifest is missing. */
static bool reloaded(int how)
{
    bool good;

    (void)how;
    expect_nothing(0);
    good = enumerate(0) == SEC_E_OK && enumerated(0);
    drop_found(0);
    return good;
}

static size_t told;

static void count_package(void *arg, const struct sspi_package *package)
{
    (void)arg;
    told += package->enabled && package->status == SEC_E_OK;
}

static SECURITY_STATUS each_package(int how)
{
    told = 0;
    return sspi_each_package(how & OTHERWISE, count_package, NULL);
}

static bool told_two(int how)
{
    (void)how;
    return told == 2;
}

static void ignore_finding(void *arg, bool fatal, const char *file, int line, const char *text)
{
    (void)arg, (void)fatal, (void)file, (void)line, (void)text;
}

static SECURITY_STATUS check(int how)
{
    (void)how;
    return sspi_check(ignore_finding, NULL);
}

static void ignore_explanation(void *arg, unsigned depth, const char *name, const char *text)
{
    (void)arg, (void)depth, (void)name, (void)text;
}

static SECURITY_STATUS explain(int how)
{
    static const char token[] = "NTLMSSP\0\1\0\0\0\7\202\10\242\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

    return sspi_explain(how & OTHERWISE ? "NTLM" : NULL, token, 32, ignore_explanation, NULL);
}

/* --- accounts -------------------------------------------------------------------------------- */

static void no_bob(int how)
{
    (void)how;
    root_write("users", "%s", USER_LINE);
}

static void have_bob(int how)
{
    no_bob(how);
    (void)sspi_account_set("NTLM", "bob", "secret", 6, 0);
}

static SECURITY_STATUS set_account(int how)
{
    (void)how;
    return sspi_account_set("NTLM", "bob", "secret", 6, SSPI_ACCOUNT_CREATE);
}

static SECURITY_STATUS delete_account(int how)
{
    (void)how;
    return sspi_account_delete("NTLM", "bob");
}

static void count_account(void *arg, const char *user, bool disabled)
{
    (void)arg, (void)disabled;
    told += strcmp(user, "alice") == 0 || strcmp(user, "bob") == 0;
}

static SECURITY_STATUS each_account(int how)
{
    (void)how;
    told = 0;
    return sspi_account_each("NTLM", count_account, NULL);
}

/* --- credentials ----------------------------------------------------------------------------- */

static SEC_WINNT_AUTH_IDENTITY_A narrow_identity(void)
{
    return (SEC_WINNT_AUTH_IDENTITY_A){
        .User = (UCHAR *)(uintptr_t) "alice",
        .UserLength = 5,
        .Password = (UCHAR *)(uintptr_t) "Password",
        .PasswordLength = 8,
        .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
    };
}

static SEC_WINNT_AUTH_IDENTITY_EXW wide_identity(void)
{
    return (SEC_WINNT_AUTH_IDENTITY_EXW){
        .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
        .Length = sizeof(SEC_WINNT_AUTH_IDENTITY_EXW),
        .User = (USHORT *)(uintptr_t)USER,
        .UserLength = 5,
        .Password = (USHORT *)(uintptr_t)PASSWORD,
        .PasswordLength = 8,
        .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
        .PackageList = (USHORT *)(uintptr_t)u"ntlm",
        .PackageListLength = 4,
    };
}

static PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity; /* packed: _EX2 */

static SECURITY_STATUS acquire_as(int how, const char *package, const WCHAR *package_w, ULONG use,
                                  CredHandle *handle)
{
    SEC_WINNT_AUTH_IDENTITY_A a = narrow_identity();
    SEC_WINNT_AUTH_IDENTITY_EXW ex = wide_identity();
    void *id = how & PACKED ? identity : how & EXTENDED ? (void *)&ex : (void *)&a;
    TimeStamp until;

    if (how & SERVER)
        id = NULL;
    return how & WIDE ? AcquireCredentialsHandleW(u"principal", package_w, use, NULL, id, NULL,
                                                  NULL, handle, &until)
                      : AcquireCredentialsHandleA("principal", package, use, NULL, id, NULL, NULL,
                                                  handle, &until);
}

static void no_credential(int how)
{
    (void)how;
    SecInvalidateHandle(&made_cred);
}

static SECURITY_STATUS acquire(int how)
{
    ULONG use = how & SERVER ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND;
    SECURITY_STATUS status = how & SCRIPT ? acquire_as(how, "Script", u"Script", use, &made_cred)
                                          : acquire_as(how, "NTLM", u"NTLM", use, &made_cred);

    has_made = status >= 0;
    return status;
}

static bool acquired(int how)
{
    (void)how;
    return has_made && SecIsValidHandle(&made_cred);
}

static bool not_acquired(int how)
{
    (void)how;
    return !SecIsValidHandle(&made_cred);
}

static void drop_credential(int how)
{
    (void)how;
    if (has_made)
        FreeCredentialsHandle(&made_cred);
    has_made = false;
}

static SECURITY_STATUS ask_credential(int how)
{
    SecPkgCredentials_NamesA a = { .sUserName = found };
    SecPkgCredentials_NamesW w = { .sUserName = found };
    SECURITY_STATUS status =
        how & WIDE ? QueryCredentialsAttributesW(&client_cred, SECPKG_CRED_ATTR_NAMES, &w)
                   : QueryCredentialsAttributesA(&client_cred, SECPKG_CRED_ATTR_NAMES, &a);

    found = how & WIDE ? (void *)w.sUserName : (void *)a.sUserName;
    return status;
}

static SECURITY_STATUS add_credential(int how)
{
    (void)how;
    return AddCredentialsW(&client_cred, u"principal", u"NTLM", SECPKG_CRED_OUTBOUND, NULL, NULL,
                           NULL, NULL);
}

static SECURITY_STATUS change_password(int how)
{
    (void)how;
    return ChangeAccountPasswordW(u"NTLM", u"d", u"u", u"old", u"new", FALSE, 0, NULL);
}

/* --- the exchange, leg by leg ---------------------------------------------------------------- */

#define WANTS (ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY)

/* One leg; takes the place of *context and *has, and copies the token into *to. */
static SECURITY_STATUS leg(int how, CtxtHandle *context, bool *has, const struct token *from,
                           struct token *to, ULONG room)
{
    SecBuffer in[2] = { { from->len, SECBUFFER_TOKEN, (void *)(uintptr_t)from->bytes },
                        { sizeof bindings, SECBUFFER_CHANNEL_BINDINGS, &bindings } };
    SecBuffer out = { room, SECBUFFER_TOKEN, how & ALLOCATE ? NULL : to->bytes };
    SecBufferDesc in_desc = { SECBUFFER_VERSION, how & BOUND ? 2 : 1, in };
    SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &out };
    ULONG request = WANTS | (how & ALLOCATE ? ISC_REQ_ALLOCATE_MEMORY : 0);
    CtxtHandle *old = *has ? context : NULL;
    CtxtHandle fresh;
    SECURITY_STATUS status;

    SecInvalidateHandle(&fresh);
    flags_got = ~0u;
    if (how & SERVER)
        status = AcceptSecurityContext(&server_cred, old, &in_desc, request, 0, &fresh, &out_desc,
                                       &flags_got, NULL);
    else if (how & WIDE)
        status = InitializeSecurityContextW(&client_cred, old, u"host/server.test", request, 0, 0,
                                            &in_desc, 0, &fresh, &out_desc, &flags_got, NULL);
    else
        status = InitializeSecurityContextA(&client_cred, old, "host/server.test", request, 0, 0,
                                            &in_desc, 0, &fresh, &out_desc, &flags_got, NULL);
    last_out = out;
    if (status >= 0 && !*has)
        *context = fresh;
    *has = *has || status >= 0;
    to->len = status >= 0 ? out.cbBuffer : 0;
    if (how & ALLOCATE && out.pvBuffer) {
        memcpy(to->bytes, out.pvBuffer, out.cbBuffer);
        FreeContextBuffer(out.pvBuffer);
    }
    return status;
}

static bool no_token_came(int how)
{
    return flags_got == 0 && last_out.cbBuffer == 0 && !(how & ALLOCATE && last_out.pvBuffer);
}

static bool no_context_came(int how)
{
    return no_token_came(how) && !(how & SERVER ? has_server : has_client);
}

static bool token_came(int how)
{
    return last_out.cbBuffer > 0 && !(flags_got & ISC_RET_ALLOCATED_MEMORY) == !(how & ALLOCATE);
}

static SECURITY_STATUS client_first(int how)
{
    return leg(how & ~SERVER, &client, &has_client, &no_token, &negotiate, sizeof negotiate.bytes);
}

static SECURITY_STATUS server_first(int how)
{
    return leg(how | SERVER, &server, &has_server, &negotiate, &challenge, sizeof challenge.bytes);
}

static SECURITY_STATUS client_second(int how)
{
    return leg(how & ~SERVER, &client, &has_client, &challenge, &authenticate,
               sizeof authenticate.bytes);
}

static SECURITY_STATUS server_second(int how)
{
    struct token none;

    return leg(how | SERVER, &server, &has_server, &authenticate, &none, sizeof none.bytes);
}

static SECURITY_STATUS client_second_cramped(int how)
{
    return leg(how & ~SERVER, &client, &has_client, &challenge, &authenticate, 10);
}

static bool size_came(int how)
{
    (void)how;
    return last_out.cbBuffer > 10;
}

static void before_server_first(int how)
{
    (void)client_first(how);
}

static void before_client_second(int how)
{
    (void)client_first(how);
    (void)server_first(how);
}

static void before_cramped_again(int how)
{
    before_client_second(how);
    (void)client_second_cramped(how);
}

static void before_server_second(int how)
{
    before_client_second(how);
    (void)client_second(how);
}

static void established(int how)
{
    before_server_second(how);
    (void)server_second(how);
}

static SECURITY_STATUS complete(int how)
{
    SecBuffer b = { authenticate.len, SECBUFFER_TOKEN, authenticate.bytes };
    SecBufferDesc desc = { SECBUFFER_VERSION, 1, &b };

    (void)how;
    return CompleteAuthToken(&client, &desc);
}

static void drop_all(int how)
{
    drop_contexts(how);
    FreeCredentialsHandle(&client_cred);
    FreeCredentialsHandle(&server_cred);
    SecInvalidateHandle(&client_cred);
    SecInvalidateHandle(&server_cred);
}

/* All legs, as the first thing a process does. */
static SECURITY_STATUS log_on(int how)
{
    SECURITY_STATUS status;

    drop_all(how); /* of an earlier try */
    status = acquire_as(how, "NTLM", u"NTLM", SECPKG_CRED_OUTBOUND, &client_cred);
    if (status >= 0)
        status = acquire_as(how | SERVER, "NTLM", u"NTLM", SECPKG_CRED_INBOUND, &server_cred);
    if (status >= 0)
        status = client_first(how);
    if (status >= 0)
        status = server_first(how);
    if (status >= 0)
        status = client_second(how);
    return status < 0 ? status : server_second(how);
}

/* --- messages -------------------------------------------------------------------------------- */

static SECURITY_STATUS protect(int how)
{
    char data[] = "message", token[16];
    SecBuffer b[2] = { { 7, SECBUFFER_DATA, data }, { sizeof token, SECBUFFER_TOKEN, token } };
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
    ULONG qop;
    SECURITY_STATUS status = EncryptMessage(&client, 0, &desc, 0);

    (void)how;
    if (status >= 0)
        status = DecryptMessage(&server, &desc, 0, &qop);
    if (status >= 0)
        status = MakeSignature(&server, 0, &desc, 0);
    if (status >= 0)
        status = VerifySignature(&client, &desc, 0, &qop);
    told = strcmp(data, "message") == 0 ? 2 : 0;
    return status;
}

/* --- attributes ------------------------------------------------------------------------------ */

static ULONG attribute; /* which one the next steps ask for */
static void *answer[8];

static void before_query(int how)
{
    established(how & ~(WIDE | EX_CALL));
    memset(answer, 0, sizeof answer);
}

static SECURITY_STATUS query(int how)
{
    if (how & EX_CALL)
        return how & WIDE ? QueryContextAttributesExW(&server, attribute, answer, sizeof answer)
                          : QueryContextAttributesExA(&server, attribute, answer, sizeof answer);
    return how & WIDE ? QueryContextAttributesW(&server, attribute, answer)
                      : QueryContextAttributesA(&server, attribute, answer);
}

/* Where in the answer pointers may stand: after a failure there are none. */
static bool answered_nothing(int how)
{
    (void)how;
    if (attribute == SECPKG_ATTR_SESSION_KEY)
        return !answer[1];
    return !answer[0] && (attribute != SECPKG_ATTR_KEY_INFO || !answer[1]);
}

static void drop_answer(int how)
{
    if (attribute == SECPKG_ATTR_SESSION_KEY) {
        FreeContextBuffer(answer[1]);
    } else if (attribute != SECPKG_ATTR_SIZES && attribute != SECPKG_ATTR_LIFESPAN &&
               attribute != SECPKG_ATTR_FLAGS) {
        FreeContextBuffer(answer[0]);
        if (attribute == SECPKG_ATTR_KEY_INFO)
            FreeContextBuffer(answer[1]);
    }
    memset(answer, 0, sizeof answer);
    drop_contexts(how);
}

/* --- identities as objects ------------------------------------------------------------------- */

static PCWSTR strings[3];

static SECURITY_STATUS encode(int how)
{
    (void)how;
    return SspiEncodeStringsAsAuthIdentity(USER, u"DOMAIN", PASSWORD, &found);
}

static SECURITY_STATUS decode(int how)
{
    (void)how;
    return SspiEncodeAuthIdentityAsStrings(identity, &strings[0], &strings[1], &strings[2]);
}

static bool decoded(int how)
{
    (void)how;
    return strings[0] && strings[1] && strings[2] && strings[2][0] == 'P';
}

static bool decoded_nothing(int how)
{
    (void)how;
    return !strings[0] && !strings[1] && !strings[2];
}

static void drop_strings(int how)
{
    (void)how;
    for (size_t i = 0; i < COUNT(strings); i++) {
        SspiLocalFree((void *)(uintptr_t)strings[i]);
        strings[i] = NULL;
    }
}

static SECURITY_STATUS copy(int how)
{
    (void)how;
    return SspiCopyAuthIdentity(identity, &found);
}

static SECURITY_STATUS exclude(int how)
{
    return SspiExcludePackage(how & OTHERWISE ? NULL : identity, u"ntlm", &found);
}

static SECURITY_STATUS validate(int how)
{
    (void)how;
    return SspiValidateAuthIdentity(identity);
}

static SECURITY_STATUS compare(int how)
{
    SEC_WINNT_AUTH_IDENTITY_A other = narrow_identity();
    BOOLEAN same_user, same_identity;

    (void)how;
    return SspiCompareAuthIdentities(identity, &other, &same_user, &same_identity);
}

static SECURITY_STATUS marshal(int how)
{
    char *bytes = found;

    (void)how;
    SECURITY_STATUS status = SspiMarshalAuthIdentity(identity, &found_n, &bytes);
    found = bytes;
    return status;
}

static char *marshalled;
static ULONG marshalled_n;

static SECURITY_STATUS unmarshal(int how)
{
    (void)how;
    return SspiUnmarshalAuthIdentity(marshalled_n, marshalled, &found);
}

static SECURITY_STATUS host_name(int how)
{
    PWSTR name = found;

    (void)how;
    SECURITY_STATUS status = SspiGetTargetHostName(u"HTTP/www.example.org:80", &name);
    found = name;
    return status;
}

/* --- certificates ---------------------------------------------------------------------------- */

static const BYTE der[] = { 0x30, 1, 'a' };

static SECURITY_STATUS give(PCCERT_CONTEXT made)
{
    found = (void *)(uintptr_t)made;
    return made ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

static SECURITY_STATUS make_certificate(int how)
{
    (void)how;
    return give(CertCreateCertificateContext(X509_ASN_ENCODING, der, sizeof der));
}

static SECURITY_STATUS copy_certificate(int how)
{
    CERT_CONTEXT own = { .dwCertEncodingType = X509_ASN_ENCODING,
                         .pbCertEncoded = (BYTE *)(uintptr_t)der,
                         .cbCertEncoded = sizeof der };

    (void)how;
    return give(CertDuplicateCertificateContext(&own));
}

static SECURITY_STATUS open_certificate(int how)
{
    PCCERT_CONTEXT made = found;
    SECURITY_STATUS status = sspi_open_certificate("Script", "abc", "key", "secret", &made);

    (void)how;
    found = (void *)(uintptr_t)made;
    return status;
}

/* All of them, and it takes no memory. */
static SECURITY_STATUS walk_certificates(int how)
{
    PCCERT_CONTEXT first = found, next = NULL;

    (void)how;
    told = 0;
    while ((next = CertEnumCertificatesInStore(first->hCertStore, next)))
        told += next->cbCertEncoded == sizeof der;
    return SEC_E_OK;
}

static void before_walk(int how)
{
    (void)open_certificate(how);
}

static bool walked(int how)
{
    (void)how;
    return told == 3;
}

/* --- a whole exchange over a descriptor ------------------------------------------------------ */

static int ends[2];
static struct sspi_exchange *at_client, *at_server;

static void connect_both(int how)
{
    (void)how;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
        exit(99);
}

static void disconnect_both(int how)
{
    drop_contexts(how);
    sspi_exchange_free(at_client);
    sspi_exchange_free(at_server);
    at_client = at_server = NULL;
    close(ends[0]);
    close(ends[1]);
}

static SECURITY_STATUS start_both(int how)
{
    SecBuffer extra = { 5, SECBUFFER_APPLICATION_PROTOCOLS, (char[]){ "names" } };
    struct sspi_exchange_options o = {
        .size = sizeof o,
        .fd = ends[0],
        .credential = &client_cred,
        .target = "host/server.test",
        .request = WANTS,
        .bindings = how & BOUND ? &bindings.head : NULL,
        .bindings_length = how & BOUND ? sizeof bindings : 0,
        .package = how & WIDE ? "NTLM" : NULL,
        .extra = &extra, /* which NTLM passes over */
        .n_extra = how & BOUND ? 1 : 0,
    };
    SECURITY_STATUS status = sspi_exchange_start(&o, &at_client);

    o.fd = ends[1];
    o.server = true;
    o.credential = &server_cred;
    return status < 0 ? status : sspi_exchange_start(&o, &at_server);
}

/* The status of whichever side failed for want of memory, if one did. */
static SECURITY_STATUS step_both(void)
{
    SECURITY_STATUS c = SEC_I_CONTINUE_NEEDED, s = SEC_I_CONTINUE_NEEDED;
    short events;

    for (int i = 0; i < 100 && (c == SEC_I_CONTINUE_NEEDED || s == SEC_I_CONTINUE_NEEDED); i++) {
        if (c == SEC_I_CONTINUE_NEEDED)
            c = sspi_exchange_step(at_client, &events);
        if (s == SEC_I_CONTINUE_NEEDED)
            s = sspi_exchange_step(at_server, &events);
        if (c < 0 || s < 0)
            break;
    }
    if (c == SEC_E_INSUFFICIENT_MEMORY || s == SEC_E_INSUFFICIENT_MEMORY)
        return SEC_E_INSUFFICIENT_MEMORY;
    return c != SEC_E_OK ? c : s;
}

static SECURITY_STATUS exchange(int how)
{
    SECURITY_STATUS status;

    if (at_client) { /* again, after a failure: on a fresh connection */
        disconnect_both(how);
        connect_both(how);
    }
    status = start_both(how);
    if (status >= 0)
        status = step_both();
    if (status != SEC_E_OK)
        return status;
    has_client = sspi_exchange_take(at_client, &client) == SEC_E_OK;
    has_server = sspi_exchange_take(at_server, &server) == SEC_E_OK;
    return status;
}

static bool exchanged(int how)
{
    return has_client && has_server && protect(how) == SEC_E_OK && told_two(how);
}

/* --- all of it ------------------------------------------------------------------------------- */

static const struct job enumerating = { .call = enumerate,
                                        .prepare = expect_nothing,
                                        .worked = enumerated,
                                        .nothing = found_nothing,
                                        .clear = drop_found };
static const struct job describing = { .call = describe,
                                       .prepare = expect_nothing,
                                       .worked = described,
                                       .nothing = found_nothing,
                                       .clear = drop_found };
static const struct job describing_unknown = { .call = describe_unknown,
                                               .good = SEC_E_SECPKG_NOT_FOUND };
static const struct job switching = { .call = switch_package };
static const struct job reloading = { .call = reload, .worked = reloaded };
static const struct job telling = { .call = each_package, .worked = told_two };
static const struct job checking = { .call = check };
static const struct job explaining = { .call = explain };
static const struct job adding_account = { .call = set_account, .prepare = no_bob };
static const struct job telling_accounts = { .call = each_account,
                                             .prepare = have_bob,
                                             .worked = told_two };
static const struct job deleting_account = { .call = delete_account, .prepare = have_bob };
static const struct job acquiring = { .call = acquire,
                                      .prepare = no_credential,
                                      .worked = acquired,
                                      .nothing = not_acquired,
                                      .clear = drop_credential };
static const struct job asking_name = { .call = ask_credential,
                                        .prepare = expect_nothing,
                                        .worked = found_something,
                                        .nothing = found_nothing,
                                        .clear = drop_found };
static const struct job adding_credential = { .call = add_credential,
                                              .good = SEC_E_UNSUPPORTED_FUNCTION };
static const struct job changing_password = { .call = change_password,
                                              .good = SEC_E_UNSUPPORTED_FUNCTION };
static const struct job client_begins = { .call = client_first,
                                          .good = SEC_I_CONTINUE_NEEDED,
                                          .worked = token_came,
                                          .nothing = no_context_came,
                                          .clear = drop_contexts };
static const struct job server_begins = { .call = server_first,
                                          .good = SEC_I_CONTINUE_NEEDED,
                                          .prepare = before_server_first,
                                          .worked = token_came,
                                          .nothing = no_context_came,
                                          .clear = drop_contexts };
static const struct job client_ends = { .call = client_second,
                                        .prepare = before_client_second,
                                        .worked = token_came,
                                        .nothing = no_token_came,
                                        .clear = drop_contexts };
static const struct job client_is_cramped = { .call = client_second_cramped,
                                              .good = SEC_E_BUFFER_TOO_SMALL,
                                              .prepare = before_client_second,
                                              .worked = size_came,
                                              .nothing = no_token_came,
                                              .clear = drop_contexts };
static const struct job client_has_room = { .call = client_second,
                                            .prepare = before_cramped_again,
                                            .worked = token_came,
                                            .nothing = no_token_came,
                                            .clear = drop_contexts };
static const struct job server_ends = { .call = server_second,
                                        .prepare = before_server_second,
                                        .nothing = no_token_came,
                                        .clear = drop_contexts };
static const struct job logging_on = { .call = log_on, .clear = drop_all };
static const struct job completing = { .call = complete,
                                       .prepare = before_server_second,
                                       .clear = drop_contexts };
static const struct job protecting = {
    .call = protect, .prepare = established, .worked = told_two, .clear = drop_contexts
};
static const struct job querying = {
    .call = query, .prepare = before_query, .nothing = answered_nothing, .clear = drop_answer
};
static const struct job encoding = { .call = encode,
                                     .prepare = expect_nothing,
                                     .worked = found_something,
                                     .nothing = found_nothing,
                                     .clear = drop_found };
static const struct job decoding = {
    .call = decode, .worked = decoded, .nothing = decoded_nothing, .clear = drop_strings
};
static const struct job copying = { .call = copy,
                                    .prepare = expect_nothing,
                                    .worked = found_something,
                                    .nothing = found_nothing,
                                    .clear = drop_found };
static const struct job excluding = { .call = exclude,
                                      .prepare = expect_nothing,
                                      .worked = found_something,
                                      .nothing = found_nothing,
                                      .clear = drop_found };
static const struct job validating = { .call = validate };
static const struct job comparing = { .call = compare };
static const struct job marshalling = { .call = marshal,
                                        .prepare = expect_nothing,
                                        .worked = found_something,
                                        .nothing = found_nothing,
                                        .clear = drop_found };
static const struct job unmarshalling = { .call = unmarshal,
                                          .prepare = expect_nothing,
                                          .worked = found_something,
                                          .nothing = found_nothing,
                                          .clear = drop_found };
static const struct job naming_host = { .call = host_name,
                                        .prepare = expect_nothing,
                                        .worked = found_something,
                                        .nothing = found_nothing,
                                        .clear = drop_found };
static const struct job making_certificate = { .call = make_certificate,
                                               .prepare = expect_nothing,
                                               .worked = found_something,
                                               .nothing = found_nothing,
                                               .clear = drop_found };
static const struct job copying_certificate = { .call = copy_certificate,
                                                .prepare = expect_nothing,
                                                .worked = found_something,
                                                .nothing = found_nothing,
                                                .clear = drop_found };
static const struct job opening_certificate = { .call = open_certificate,
                                                .prepare = expect_nothing,
                                                .worked = found_something,
                                                .nothing = found_nothing,
                                                .clear = drop_found };
static const struct job walking_certificates = {
    .call = walk_certificates, .prepare = before_walk, .worked = walked, .clear = drop_found
};
static const struct job exchanging = {
    .call = exchange, .prepare = connect_both, .worked = exchanged, .clear = disconnect_both
};

/* Each as the first that its process does. */
static const struct step first_steps[] = {
    { "enumerating", &enumerating, 0 },
    { "reading the manifest by order", &reloading, 0 },
    { "checking the configuration", &checking, 0 },
    { "logging on", &logging_on, 0 },
    { "describing a package, W", &describing, WIDE | KNOWN },
    { "acquiring for a client", &acquiring, KNOWN },
    { "acquiring for a server, W", &acquiring, SERVER | WIDE | KNOWN },
    { "acquiring from another module", &acquiring, SCRIPT | SERVER | KNOWN },
    { "telling of all packages, loaded", &telling, OTHERWISE | KNOWN },
    { "explaining a token", &explaining, KNOWN },
    { "adding an account", &adding_account, KNOWN },
    { "opening a certificate", &opening_certificate, KNOWN },
};

/* With everything loaded. */
static const struct step steps[] = {
    { "enumerating", &enumerating, 0 },
    { "enumerating, W", &enumerating, WIDE },
    { "describing a package", &describing, 0 },
    { "describing a package, W", &describing, WIDE },
    { "describing an unknown package, W", &describing_unknown, 0 },
    { "switching a package on, W", &switching, 0 },
    { "reloading", &reloading, 0 },
    { "telling of all packages", &telling, 0 },
    { "telling of all packages, loaded", &telling, OTHERWISE },
    { "checking the configuration", &checking, 0 },
    { "explaining a token", &explaining, 0 },
    { "explaining a token of a package", &explaining, OTHERWISE },
    { "adding an account", &adding_account, 0 },
    { "telling of all accounts", &telling_accounts, 0 },
    { "deleting an account", &deleting_account, 0 },
    { "acquiring for a client", &acquiring, 0 },
    { "acquiring for a client, W", &acquiring, WIDE },
    { "acquiring with an extended identity", &acquiring, EXTENDED },
    { "acquiring with an extended identity, W", &acquiring, EXTENDED | WIDE },
    { "acquiring with a packed identity, W", &acquiring, PACKED | WIDE },
    { "acquiring for a server", &acquiring, SERVER },
    { "acquiring for a server, W", &acquiring, SERVER | WIDE },
    { "acquiring from another module", &acquiring, SCRIPT | SERVER },
    { "asking a credential its name", &asking_name, 0 },
    { "asking a credential its name, W", &asking_name, WIDE },
    { "adding to a credential, W", &adding_credential, 0 },
    { "changing a password, W", &changing_password, 0 },
    { "client's first leg", &client_begins, 0 },
    { "client's first leg, W, with bindings", &client_begins, WIDE | BOUND },
    { "client's first leg, allocating", &client_begins, ALLOCATE },
    { "server's first leg", &server_begins, SERVER },
    { "server's first leg, allocating, with bindings", &server_begins, SERVER | ALLOCATE | BOUND },
    { "client's second leg", &client_ends, 0 },
    { "client's second leg, W, with bindings", &client_ends, WIDE | BOUND },
    { "client's second leg, allocating", &client_ends, ALLOCATE },
    { "client's second leg without room", &client_is_cramped, 0 },
    { "client's second leg again with room", &client_has_room, 0 },
    { "server's second leg", &server_ends, 0 },
    { "server's second leg, with bindings", &server_ends, BOUND },
    { "server's second leg, W client, allocating", &server_ends, WIDE | ALLOCATE },
    { "completing", &completing, 0 },
    { "sealing and signing", &protecting, 0 },
    { "encoding an identity", &encoding, 0 },
    { "decoding an identity", &decoding, 0 },
    { "copying an identity", &copying, 0 },
    { "excluding a package", &excluding, 0 },
    { "excluding a package from nothing", &excluding, OTHERWISE },
    { "validating an identity", &validating, 0 },
    { "comparing identities", &comparing, 0 },
    { "marshalling an identity", &marshalling, 0 },
    { "unmarshalling an identity", &unmarshalling, 0 },
    { "a target's host name", &naming_host, 0 },
    { "making a certificate", &making_certificate, 0 },
    { "copying a certificate", &copying_certificate, 0 },
    { "opening a certificate", &opening_certificate, 0 },
    { "walking through certificates", &walking_certificates, 0 },
    { "a whole exchange", &exchanging, 0 },
    { "a whole exchange, all options", &exchanging, WIDE | BOUND },
};

static const struct {
    ULONG attribute;
    const char *name;
} attributes[] = {
    { SECPKG_ATTR_NAMES, "NAMES" },
    { SECPKG_ATTR_PACKAGE_INFO, "PACKAGE_INFO" },
    { SECPKG_ATTR_NEGOTIATION_INFO, "NEGOTIATION_INFO" },
    { SECPKG_ATTR_SESSION_KEY, "SESSION_KEY" },
    { SECPKG_ATTR_KEY_INFO, "KEY_INFO" },
    { SECPKG_ATTR_SIZES, "SIZES" },
    { SECPKG_ATTR_LIFESPAN, "LIFESPAN" },
    { SECPKG_ATTR_FLAGS, "FLAGS" },
};

static void know_manifest(void)
{
    (void)step_once(&(struct step){ "enumerating", &enumerating, 0 });
}

static void load_all(void)
{
    (void)step_once(&(struct step){ "loading", &telling, OTHERWISE });
}

static void run_attributes(void)
{
    static const int forms[] = { 0, WIDE, EX_CALL, EX_CALL | WIDE };
    static const char *const form_names[] = { "A", "W", "ExA", "ExW" };

    for (size_t i = 0; i < COUNT(attributes); i++) {
        for (size_t k = 0; k < COUNT(forms); k++) {
            char name[80];
            attribute = attributes[i].attribute;
            snprintf(name, sizeof name, "attribute %s, %s", attributes[i].name, form_names[k]);
            step_run(&(struct step){ name, &querying, forms[k] });
        }
    }
}

static bool set_up(void)
{
    return SspiEncodeStringsAsAuthIdentity(USER, u"", PASSWORD, &identity) == SEC_E_OK &&
           SspiMarshalAuthIdentity(identity, &marshalled_n, &marshalled) == SEC_E_OK &&
           acquire_as(0, "NTLM", NULL, SECPKG_CRED_OUTBOUND, &client_cred) == SEC_E_OK &&
           acquire_as(SERVER, "NTLM", NULL, SECPKG_CRED_INBOUND, &server_cred) == SEC_E_OK &&
           acquire_as(SERVER, "Script", NULL, SECPKG_CRED_INBOUND, &script_cred) == SEC_E_OK;
}

static void tear_down(void)
{
    FreeCredentialsHandle(&client_cred);
    FreeCredentialsHandle(&server_cred);
    FreeCredentialsHandle(&script_cred);
    SspiFreeAuthIdentity(identity);
    SspiLocalFree(marshalled);
    root_end();
}

int main(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : ""; /* steps whose name holds this */

    bool fails = steps_begin();

    begin_world();
    /*
     * glibc 2.36 ends the process if the first use of its name services, which adding an account
     * is, has no memory (nss_database.c:402, "cannot allocate memory for thread-local data").
     */
    (void)getpwnam("bob");
    for (size_t i = 0; fails && i < COUNT(first_steps); i++)
        if (strstr(first_steps[i].name, only))
            step_run_first(&first_steps[i], first_steps[i].how & KNOWN ? know_manifest : NULL,
                           load_all);
    if (!set_up()) {
        printf("Bail out! NTLM cannot be set up\n");
        root_end();
        return 99;
    }
    for (size_t i = 0; i < COUNT(steps); i++)
        if (strstr(steps[i].name, only))
            step_run(&steps[i]);
    if (strstr("attribute", only))
        run_attributes();
    tear_down();
    return steps_end() ? 0 : 1;
}
