/* SPDX-License-Identifier: Apache-2.0 */
/* credential.c: acquiring credentials from packages, and what is asked of them. */
#include "config.h"

#include "core/credential.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/handle.h"
#include "core/identity.h"
#include "core/trace.h"

/* Bits of fCredentialUse that mean something; the upper four are reserved and refused. */
#define USE_KNOWN                                                                                  \
    (SECPKG_CRED_BOTH | SECPKG_CRED_DEFAULT | SECPKG_CRED_AUTOLOGON_RESTRICTED |                   \
     SECPKG_CRED_PROCESS_POLICY_ONLY | SECPKG_CRED_KERB_ANCHOR_DS_VERSION)

static void free_credential(void *object)
{
    struct credential *cred = object;

    if (cred->theirs && cred->package->calls.free_cred)
        cred->package->calls.free_cred(cred->theirs);
    reg_drop(cred->package);
    free(cred);
}

static SECURITY_STATUS check_use(uint32_t use)
{
    if ((use & SECPKG_CRED_BOTH) == 0 || use & ~(uint32_t)USE_KNOWN)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "fCredentialUse 0x%x", use);
    return SEC_E_OK;
}

/* What the package is told; *identity is the caller's to free. */
static SECURITY_STATUS prepare(const struct ssp_package *calls, const struct cred_request *request,
                               struct ssp_identity **identity, struct ssp_acquire *out)
{
    uint32_t timeout = reg_limits().handshake_timeout_ms;
    SECURITY_STATUS status = SEC_E_OK;

    *out = (struct ssp_acquire){
        .size = sizeof *out,
        .use = request->use & SECPKG_CRED_BOTH,
        .principal = request->principal,
        .package = request->package,
        .raw = request->auth_data,
        .wide = request->wide,
        .deadline = timeout ? clock_monotonic_ms() + timeout : 0,
        .expiry = CLOCK_NEVER,
    };
    if (request->auth_data && !(calls->traits & SSP_TRAIT_RAW_AUTH_DATA))
        status = ident_parse(request->auth_data, request->wide, identity);
    else if (!request->auth_data && calls->traits & SSP_TRAIT_NO_DEFAULT_CREDS &&
             request->use & SECPKG_CRED_OUTBOUND)
        status = trace_refuse(SEC_E_NO_CREDENTIALS, "%s needs an identity", calls->name);
    out->identity = *identity;
    return status;
}

static SECURITY_STATUS acquire_theirs(struct credential *cred, const struct cred_request *request,
                                      int64_t *expiry)
{
    const struct ssp_package *calls = &cred->package->calls;
    struct ssp_identity *identity = NULL;
    struct ssp_acquire a;

    if (!calls->acquire)
        return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s acquires no credentials", calls->name);
    SECURITY_STATUS status = prepare(calls, request, &identity, &a);
    if (status == SEC_E_OK)
        status = calls->acquire(cred->package->instance, &a, &cred->theirs);
    ident_free(identity);
    if (status >= 0)
        *expiry = a.expiry;
    return status;
}

SECURITY_STATUS cred_acquire(const struct cred_request *request, CredHandle *handle,
                             int64_t *expiry)
{
    struct package *package = NULL;
    SECURITY_STATUS status = check_use(request->use);

    *expiry = 0;
    if (status == SEC_E_OK)
        status = reg_find(request->package, request->use, &package);
    if (status != SEC_E_OK)
        return status;
    struct credential *cred = calloc(1, sizeof *cred);
    if (!cred) {
        reg_drop(package);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    *cred = (struct credential){ .package = package, .use = request->use & SECPKG_CRED_BOTH };
    status = acquire_theirs(cred, request, expiry);
    if (status >= 0 && !hnd_open(HND_CREDENTIAL, cred, free_credential, handle))
        status = SEC_E_INSUFFICIENT_MEMORY;
    if (status < 0) {
        *expiry = 0;
        free_credential(cred);
    }
    return status;
}

SECURITY_STATUS cred_add(CredHandle handle, const struct cred_request *request, int64_t *expiry)
{
    struct ssp_identity *identity = NULL;
    struct ssp_acquire a;

    *expiry = 0;
    struct credential *cred = hnd_hold(handle, HND_CREDENTIAL);
    if (!cred)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such credential");
    const struct ssp_package *calls = &cred->package->calls;
    SECURITY_STATUS status = check_use(request->use);
    if (status == SEC_E_OK && !calls->add_cred)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s adds no credentials", calls->name);
    if (status == SEC_E_OK)
        status = prepare(calls, request, &identity, &a);
    if (status == SEC_E_OK) {
        status = calls->add_cred(cred->theirs, &a);
        *expiry = status >= 0 ? a.expiry : 0;
    }
    ident_free(identity);
    hnd_drop(handle);
    return status;
}

SECURITY_STATUS cred_free(CredHandle handle)
{
    return hnd_close(handle, HND_CREDENTIAL)
               ? SEC_E_OK
               : trace_refuse(SEC_E_INVALID_HANDLE, "no such credential");
}

SECURITY_STATUS cred_query(CredHandle handle, uint32_t attribute, void *buffer)
{
    SECURITY_STATUS status;
    struct credential *cred = hnd_hold(handle, HND_CREDENTIAL);

    if (!cred)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such credential");
    if (!buffer)
        status = trace_refuse(SEC_E_INVALID_PARAMETER, "no buffer for attribute %u", attribute);
    else if (!cred->package->calls.query_cred)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s answers no credential attributes",
                              cred->package->name);
    else
        status = cred->package->calls.query_cred(cred->theirs, attribute, buffer);
    hnd_drop(handle);
    return status;
}

SECURITY_STATUS cred_set(CredHandle handle, uint32_t attribute, const void *buffer, uint32_t size)
{
    SECURITY_STATUS status;
    struct credential *cred = hnd_hold(handle, HND_CREDENTIAL);

    if (!cred)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such credential");
    if (!buffer)
        status = trace_refuse(SEC_E_INVALID_PARAMETER, "no buffer for attribute %u", attribute);
    else if (!cred->package->calls.set_cred)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s takes no credential attributes",
                              cred->package->name);
    else
        status = cred->package->calls.set_cred(cred->theirs, attribute, buffer, size);
    hnd_drop(handle);
    return status;
}
