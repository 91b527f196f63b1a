/* SPDX-License-Identifier: Apache-2.0 */
/* front-credentials.c: the exported calls on credentials, A and W. */
#define SSPI_NO_ULONG_COMPAT
#include "config.h"

#include "core/front.h"

#include "core/attributes.h"
#include "core/buffers.h"
#include "core/credential.h"
#include "core/trace.h"
#include "sspi/schannel.h"

static SECURITY_STATUS no_handle(void)
{
    return trace_refuse(SEC_E_INVALID_HANDLE, "the credential handle is NULL");
}

/* no_memory: the request is not whole.  The outputs are written however it ends. */
static SECURITY_STATUS acquire(const struct cred_request *request, bool no_memory,
                               PCredHandle handle, PTimeStamp expiry_out)
{
    int64_t expiry = 0;
    CredHandle made;
    SECURITY_STATUS status;

    SecInvalidateHandle(&made);
    if (no_memory)
        status = SEC_E_INSUFFICIENT_MEMORY;
    else if (!request->package.data)
        status = trace_refuse(SEC_E_SECPKG_NOT_FOUND, "no package was named");
    else if (!handle)
        status = trace_refuse(SEC_E_INVALID_PARAMETER, "no place for the credential handle");
    else
        status = cred_acquire(request, &made, &expiry);
    if (handle)
        *handle = made;
    put_time(expiry_out, expiry);
    return status;
}

SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandleA(LPCSTR pszPrincipal, LPCSTR pszPackage,
                                                    ULONG fCredentialUse, void *pvLogonId,
                                                    void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
                                                    void *pvGetKeyArgument,
                                                    PCredHandle phCredential, PTimeStamp ptsExpiry)
{
    const struct cred_request request = {
        .principal = span_str(pszPrincipal),
        .package = span_str(pszPackage),
        .use = fCredentialUse,
        .auth_data = pAuthData,
    };

    (void)pvLogonId; /* a Windows logon session; no package of ours has one */
    (void)pGetKeyFn;
    (void)pvGetKeyArgument;
    return acquire(&request, false, phCredential, ptsExpiry);
}

SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandleW(LPCWSTR pszPrincipal, LPCWSTR pszPackage,
                                                    ULONG fCredentialUse, void *pvLogonId,
                                                    void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
                                                    void *pvGetKeyArgument,
                                                    PCredHandle phCredential, PTimeStamp ptsExpiry)
{
    NARROW_AUTO principal = narrow(pszPrincipal);
    NARROW_AUTO package = narrow(pszPackage);
    const struct cred_request request = {
        .principal = span_str(principal.text),
        .package = span_str(package.text),
        .use = fCredentialUse,
        .auth_data = pAuthData,
        .wide = true,
    };

    (void)pvLogonId;
    (void)pGetKeyFn;
    (void)pvGetKeyArgument;
    return acquire(&request, principal.failed || package.failed, phCredential, ptsExpiry);
}

static SECURITY_STATUS add(PCredHandle handle, const struct cred_request *request,
                           PTimeStamp expiry_out)
{
    int64_t expiry = 0;

    if (!handle)
        return no_handle();
    SECURITY_STATUS status = cred_add(*handle, request, &expiry);
    put_time(expiry_out, expiry);
    return status;
}

SECURITY_STATUS SEC_ENTRY AddCredentialsA(PCredHandle hCredentials, LPCSTR pszPrincipal,
                                          LPCSTR pszPackage, ULONG fCredentialUse, void *pAuthData,
                                          SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument,
                                          PTimeStamp ptsExpiry)
{
    const struct cred_request request = {
        .principal = span_str(pszPrincipal),
        .package = span_str(pszPackage),
        .use = fCredentialUse,
        .auth_data = pAuthData,
    };

    (void)pGetKeyFn;
    (void)pvGetKeyArgument;
    return add(hCredentials, &request, ptsExpiry);
}

SECURITY_STATUS SEC_ENTRY AddCredentialsW(PCredHandle hCredentials, LPCWSTR pszPrincipal,
                                          LPCWSTR pszPackage, ULONG fCredentialUse, void *pAuthData,
                                          SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument,
                                          PTimeStamp ptsExpiry)
{
    NARROW_AUTO principal = narrow(pszPrincipal);
    NARROW_AUTO package = narrow(pszPackage);
    const struct cred_request request = {
        .principal = span_str(principal.text),
        .package = span_str(package.text),
        .use = fCredentialUse,
        .auth_data = pAuthData,
        .wide = true,
    };

    (void)pGetKeyFn;
    (void)pvGetKeyArgument;
    if (principal.failed || package.failed)
        return SEC_E_INSUFFICIENT_MEMORY;
    return add(hCredentials, &request, ptsExpiry);
}

SECURITY_STATUS SEC_ENTRY FreeCredentialsHandle(PCredHandle phCredential)
{
    return phCredential ? cred_free(*phCredential) : no_handle();
}

SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesA(PCredHandle phCredential, ULONG ulAttribute,
                                                      void *pBuffer)
{
    return phCredential ? cred_query(*phCredential, ulAttribute, pBuffer) : no_handle();
}

SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesW(PCredHandle phCredential, ULONG ulAttribute,
                                                      void *pBuffer)
{
    SECURITY_STATUS status = QueryCredentialsAttributesA(phCredential, ulAttribute, pBuffer);

    return status >= 0 && attr_widen_credential(ulAttribute, pBuffer) < 0
               ? SEC_E_INSUFFICIENT_MEMORY
               : status;
}

/* A package is told no size, so the Ex forms answer only what is here. */
static const struct {
    uint32_t attribute;
    uint32_t size;
} sizes[] = {
    { SECPKG_CRED_ATTR_NAMES, sizeof(SecPkgCredentials_NamesA) },
    { SECPKG_CRED_ATTR_SSI_PROVIDER, sizeof(SecPkgCredentials_SSIProviderA) },
    { SECPKG_CRED_ATTR_CERT, sizeof(SecPkgCredentials_Cert) },
    { SECPKG_ATTR_SUPPORTED_ALGS, sizeof(SecPkgCred_SupportedAlgs) },
    { SECPKG_ATTR_CIPHER_STRENGTHS, sizeof(SecPkgCred_CipherStrengths) },
    { SECPKG_ATTR_SUPPORTED_PROTOCOLS, sizeof(SecPkgCred_SupportedProtocols) },
};

static SECURITY_STATUS check_size(uint32_t attribute, uint32_t size)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].attribute == attribute)
            return size >= sizes[i].size
                       ? SEC_E_OK
                       : trace_refuse(SEC_E_BUFFER_TOO_SMALL, "attribute %u in %u bytes", attribute,
                                      size);
    return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "attribute %u has no size that is known here",
                        attribute);
}

SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExA(PCredHandle phCredential, ULONG ulAttribute,
                                                        void *pBuffer, ULONG cbBuffer)
{
    SECURITY_STATUS status = check_size(ulAttribute, cbBuffer);

    return status < 0 ? status : QueryCredentialsAttributesA(phCredential, ulAttribute, pBuffer);
}

SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExW(PCredHandle phCredential, ULONG ulAttribute,
                                                        void *pBuffer, ULONG cbBuffer)
{
    SECURITY_STATUS status = check_size(ulAttribute, cbBuffer);

    return status < 0 ? status : QueryCredentialsAttributesW(phCredential, ulAttribute, pBuffer);
}

SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesA(PCredHandle phCredential, ULONG ulAttribute,
                                                    void *pBuffer, ULONG cbBuffer)
{
    return phCredential ? cred_set(*phCredential, ulAttribute, pBuffer, cbBuffer) : no_handle();
}

/* None of the structs that can be set holds text of the call's own form. */
SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesW(PCredHandle phCredential, ULONG ulAttribute,
                                                    void *pBuffer, ULONG cbBuffer)
{
    return SetCredentialsAttributesA(phCredential, ulAttribute, pBuffer, cbBuffer);
}

static SECURITY_STATUS give_answer(struct ssp_token *answer, PSecBufferDesc output)
{
    struct ssp_buffers out;
    SECURITY_STATUS status = buf_output(output, &out);
    SecBuffer *to = ssp_buffer_find(out, SECBUFFER_CHANGE_PASS_RESPONSE);

    if (status != SEC_E_OK || !to)
        return status;
    if (answer->len > 0 && (!to->pvBuffer || to->cbBuffer < answer->len))
        return trace_refuse(SEC_E_BUFFER_TOO_SMALL, "the answer takes %zu bytes", answer->len);
    if (answer->len > 0)
        memcpy(to->pvBuffer, answer->data, answer->len);
    to->cbBuffer = (ULONG)answer->len;
    return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordA(LPCSTR pszPackageName, LPCSTR pszDomainName,
                                                 LPCSTR pszAccountName, LPCSTR pszOldPassword,
                                                 LPCSTR pszNewPassword, BOOLEAN bImpersonating,
                                                 ULONG dwReserved, PSecBufferDesc pOutput)
{
    struct ssp_token answer = { 0 };
    struct package *package;

    (void)dwReserved;
    SECURITY_STATUS status = reg_find(span_str(pszPackageName), SECPKG_CRED_OUTBOUND, &package);
    if (status != SEC_E_OK)
        return status;
    if (!pszAccountName || !pszOldPassword || !pszNewPassword)
        status = trace_refuse(SEC_E_INVALID_PARAMETER, "account and both passwords are needed");
    else if (!package->calls.change_password)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s changes no passwords", package->name);
    else
        status = package->calls.change_password(package->instance, span_str(pszDomainName),
                                                span_str(pszAccountName), span_str(pszOldPassword),
                                                span_str(pszNewPassword), bImpersonating, &answer);
    SECURITY_STATUS given = give_answer(&answer, pOutput);
    token_reset(&answer);
    reg_drop(package);
    return status >= 0 && given < 0 ? given : status;
}

SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordW(LPCWSTR pszPackageName, LPCWSTR pszDomainName,
                                                 LPCWSTR pszAccountName, LPCWSTR pszOldPassword,
                                                 LPCWSTR pszNewPassword, BOOLEAN bImpersonating,
                                                 ULONG dwReserved, PSecBufferDesc pOutput)
{
    NARROW_AUTO package = narrow(pszPackageName);
    NARROW_AUTO domain = narrow(pszDomainName);
    NARROW_AUTO account = narrow(pszAccountName);
    NARROW_AUTO old = narrow(pszOldPassword);
    NARROW_AUTO fresh = narrow(pszNewPassword);

    if (package.failed || domain.failed || account.failed || old.failed || fresh.failed)
        return SEC_E_INSUFFICIENT_MEMORY;
    return ChangeAccountPasswordA(package.text, domain.text, account.text, old.text, fresh.text,
                                  bImpersonating, dwReserved, pOutput);
}
