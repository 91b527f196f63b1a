/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mock-table.c: a provider of the original convention, which exports a table of functions.  Its
 * package "Foreign" says hello in two legs and knows one user, Stra(sharp s)e with password secret.
 *
 * With MOCK_NARROW it is one that has the A calls only.
 */
#define SSPI_NO_ULONG_COMPAT
#include <stdlib.h>
#include <string.h>

#include "sspi/sspi.h"

#ifdef MOCK_NARROW
typedef char CHARACTER;
#define T(s) s
#define CALL(name) name##A
#define IDENTITY SEC_WINNT_AUTH_IDENTITY_A
#define IDENTITY_FLAG SEC_WINNT_AUTH_IDENTITY_ANSI
#define USER                                                                                       \
    "Stra\xc3\x9f"                                                                                 \
    "e"
#else
typedef SEC_WCHAR CHARACTER;
#define T(s) u##s
#define CALL(name) name##W
#define IDENTITY SEC_WINNT_AUTH_IDENTITY_W
#define IDENTITY_FLAG SEC_WINNT_AUTH_IDENTITY_UNICODE
#define USER u"Stra\u00dfe"
#endif

#define TOKEN_SIZE 64u

/* What is alive: handles in the low half, memory handed out in the high half. */
static unsigned alive;

static void *give(const void *bytes, size_t n)
{
    void *p = malloc(n ? n : 1);

    if (p)
        memcpy(p, bytes, n);
    alive += 0x10000u;
    return p;
}

static SECURITY_STATUS SEC_ENTRY free_buffer(void *p)
{
    free(p);
    alive -= 0x10000u;
    return SEC_E_OK;
}

static BOOL same(const CHARACTER *a, const CHARACTER *b)
{
    while (a && *a && *a == *b)
        a++, b++;
    return a && *a == *b;
}

static SECURITY_STATUS SEC_ENTRY package_info(const CHARACTER *name, CALL(PSecPkgInfo) * out)
{
    static CHARACTER text[] = T("Foreign"), comment[] = T("not from here");
    const CALL(SecPkgInfo) info = { .fCapabilities = SECPKG_FLAG_PRIVACY,
                                    .wVersion = 1,
                                    .wRPCID = 7,
                                    .cbMaxToken = TOKEN_SIZE,
                                    .Name = text,
                                    .Comment = comment };

    if (!same(name, text))
        return SEC_E_SECPKG_NOT_FOUND;
    *out = give(&info, sizeof info);
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY acquire(const CHARACTER *principal, const CHARACTER *package,
                                         ULONG use, void *logon, void *auth, SEC_GET_KEY_FN fn,
                                         void *arg, PCredHandle out, PTimeStamp expiry)
{
    const IDENTITY *id = auth;

    (void)principal, (void)logon, (void)fn, (void)arg, (void)expiry;
    if (!same(package, T("Foreign")))
        return SEC_E_SECPKG_NOT_FOUND;
    if (id && id->Flags != IDENTITY_FLAG)
        return SEC_E_UNKNOWN_CREDENTIALS;
    if (id && (!same((const CHARACTER *)id->User, USER) || id->Domain || id->DomainLength ||
               !same((const CHARACTER *)id->Password, T("secret")) || id->PasswordLength != 6))
        return SEC_E_LOGON_DENIED;
    out->dwLower = 4711;
    out->dwUpper = use;
    alive++;
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY free_handle(PSecHandle h)
{
    if (h->dwLower != 4711)
        return SEC_E_INVALID_HANDLE;
    alive--;
    return SEC_E_OK;
}

static SECURITY_STATUS put(PSecBufferDesc out, const char *text)
{
    size_t n = strlen(text);

    if (!out || out->cBuffers != 1 || out->pBuffers[0].BufferType != SECBUFFER_TOKEN)
        return SEC_E_INVALID_TOKEN;
    if (out->pBuffers[0].cbBuffer < n)
        return SEC_E_BUFFER_TOO_SMALL;
    memcpy(out->pBuffers[0].pvBuffer, text, n);
    out->pBuffers[0].cbBuffer = (ULONG)n;
    return SEC_E_OK;
}

static BOOL is(PSecBufferDesc in, const char *text)
{
    return in && in->cBuffers > 0 && in->pBuffers[0].cbBuffer == strlen(text) &&
           memcmp(in->pBuffers[0].pvBuffer, text, strlen(text)) == 0;
}

/* The last leg leaves the output as it was, as WinPR 2.11 does. */
static SECURITY_STATUS SEC_ENTRY initiate(PCredHandle cred, PCtxtHandle old,
                                          const CHARACTER *target, ULONG req, ULONG r1, ULONG drep,
                                          PSecBufferDesc in, ULONG r2, PCtxtHandle next,
                                          PSecBufferDesc out, SSPI_ULONG_OUT *attrs,
                                          PTimeStamp expiry)
{
    (void)r1, (void)drep, (void)r2;
    if (cred->dwUpper != SECPKG_CRED_OUTBOUND || (req & ISC_REQ_ALLOCATE_MEMORY))
        return SEC_E_INTERNAL_ERROR;
    expiry->QuadPart = 1000;
    *attrs = ISC_RET_CONFIDENTIALITY;
    if (!old) {
        if (!same(target, T("host/\u00e4")) || in)
            return SEC_E_TARGET_UNKNOWN;
        next->dwLower = 4711;
        next->dwUpper = 1;
        alive++;
        (void)put(out, "hello");
        return SEC_I_CONTINUE_NEEDED;
    }
    if (is(in, "go away")) {
        (void)put(out, "alert");
        return SEC_E_LOGON_DENIED;
    }
    return is(in, "WELCOME") ? SEC_E_OK : SEC_E_INVALID_TOKEN;
}

static SECURITY_STATUS SEC_ENTRY accept(PCredHandle cred, PCtxtHandle old, PSecBufferDesc in,
                                        ULONG req, ULONG drep, PCtxtHandle next, PSecBufferDesc out,
                                        SSPI_ULONG_OUT *attrs, PTimeStamp expiry)
{
    (void)req, (void)drep, (void)expiry;
    if (old || cred->dwUpper != SECPKG_CRED_INBOUND || !is(in, "hello"))
        return SEC_E_INVALID_TOKEN;
    next->dwLower = 4711;
    next->dwUpper = 2;
    alive++;
    *attrs = ASC_RET_CONFIDENTIALITY | ASC_RET_ALLOCATED_MEMORY;
    (void)put(out, "welcome");
    return SEC_I_COMPLETE_NEEDED;
}

static SECURITY_STATUS SEC_ENTRY complete(PCtxtHandle h, PSecBufferDesc token)
{
    char *at = token->pBuffers[0].pvBuffer;

    (void)h;
    for (ULONG i = 0; i < token->pBuffers[0].cbBuffer; i++)
        at[i] = (char)(at[i] & ~0x20);
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY query(PCtxtHandle h, ULONG attribute, void *buffer)
{
    static const CHARACTER name[] = USER;
    const void *nothing = NULL;

    if (h->dwLower != 4711)
        return SEC_E_INVALID_HANDLE;
    switch (attribute) {
    case SECPKG_ATTR_NAMES:
        ((CALL(SecPkgContext_Names) *)buffer)->sUserName = give(name, sizeof name);
        return SEC_E_OK;
    case SECPKG_ATTR_SIZES:
        *(SecPkgContext_Sizes *)buffer = (SecPkgContext_Sizes){ .cbMaxToken = TOKEN_SIZE };
        return SEC_E_OK;
    case SECPKG_ATTR_SESSION_KEY:
        *(SecPkgContext_SessionKey *)buffer =
            (SecPkgContext_SessionKey){ .SessionKeyLength = 3, .SessionKey = give("key", 3) };
        return SEC_E_OK;
    case SECPKG_ATTR_NATIVE_NAMES:
        memcpy(buffer, &nothing, sizeof nothing); /* no client's name, but a server's */
        ((CALL(SecPkgContext_NativeNames) *)buffer)->sServerName = give(name, sizeof name);
        return SEC_E_OK;
    case SECPKG_ATTR_USER_FLAGS:
        ((SecPkgContext_UserFlags *)buffer)->UserFlags = alive;
        return SEC_E_OK;
    case SECPKG_ATTR_PACKAGE_INFO:
        return package_info(T("Foreign"),
                            &((CALL(SecPkgContext_PackageInfo) *)buffer)->PackageInfo);
    default:
        return SEC_E_UNSUPPORTED_FUNCTION;
    }
}

static SECURITY_STATUS SEC_ENTRY encrypt(PCtxtHandle h, ULONG qop, PSecBufferDesc m, ULONG seq)
{
    (void)h, (void)qop;
    for (ULONG i = 0; i < m->cBuffers; i++)
        for (ULONG j = 0; j < m->pBuffers[i].cbBuffer; j++)
            ((BYTE *)m->pBuffers[i].pvBuffer)[j] ^= (BYTE)(0x55 + seq);
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY decrypt(PCtxtHandle h, PSecBufferDesc m, ULONG seq,
                                         SSPI_ULONG_OUT *qop)
{
    *qop = 9;
    return encrypt(h, 0, m, seq);
}

static SECURITY_STATUS SEC_ENTRY export_context(PCtxtHandle h, ULONG flags, PSecBuffer packed,
                                                void **token)
{
    (void)h, (void)token;
    if (flags & SECPKG_CONTEXT_EXPORT_DELETE_OLD)
        return SEC_E_INTERNAL_ERROR;
    packed->cbBuffer = 6;
    packed->pvBuffer = give("packed", 6);
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY import_context(const CHARACTER *package, PSecBuffer packed,
                                                void *token, PCtxtHandle h)
{
    (void)package, (void)token;
    if (packed->cbBuffer != 6)
        return SEC_E_INVALID_TOKEN;
    h->dwLower = 4711;
    alive++;
    return SEC_E_OK;
}

/* A table of version 1: nothing behind decrypt may be read. */
static const struct {
    CALL(SecurityFunctionTable) table;
    uintptr_t beyond[8];
} mine = {
    .table = {
        .dwVersion = 1,
        .CALL(AcquireCredentialsHandle) = acquire,
        .FreeCredentialsHandle = free_handle,
        .CALL(InitializeSecurityContext) = initiate,
        .AcceptSecurityContext = accept,
        .CompleteAuthToken = complete,
        .DeleteSecurityContext = free_handle,
        .CALL(QueryContextAttributes) = query,
        .FreeContextBuffer = free_buffer,
        .CALL(QuerySecurityPackageInfo) = package_info,
        .ExportSecurityContext = export_context,
        .CALL(ImportSecurityContext) = import_context,
        .EncryptMessage = encrypt,
        .DecryptMessage = decrypt,
        .CALL(SetContextAttributes) = (void *)1,
        .CALL(SetCredentialsAttributes) = (void *)1,
    },
};

CALL(PSecurityFunctionTable) SEC_ENTRY CALL(InitSecurityInterface)(void)
{
    const void *table = &mine.table;
    return (CALL(PSecurityFunctionTable))(uintptr_t)table;
}
