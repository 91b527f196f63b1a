/* SPDX-License-Identifier: Apache-2.0 */
/* credential.h: what a CredHandle stands for. */
#ifndef SSP_CORE_CREDENTIAL_H
#define SSP_CORE_CREDENTIAL_H

#include "core/registry.h"

struct credential {
    struct package *package; /* held */
    struct ssp_cred *theirs;
    uint32_t use; /* SECPKG_CRED_* */
};

/* What AcquireCredentialsHandle and AddCredentials are told, as UTF-8. */
struct cred_request {
    struct span principal;
    struct span package;
    uint32_t use;
    const void *auth_data;
    bool wide; /* text inside auth_data is the W form's */
};

/* Statuses as in sspi.h; *expiry is written always. */
SECURITY_STATUS cred_acquire(const struct cred_request *request, CredHandle *handle,
                             int64_t *expiry);
SECURITY_STATUS cred_add(CredHandle handle, const struct cred_request *request, int64_t *expiry);
SECURITY_STATUS cred_free(CredHandle handle);
/* The A layout. */
SECURITY_STATUS cred_query(CredHandle handle, uint32_t attribute, void *buffer);
SECURITY_STATUS cred_set(CredHandle handle, uint32_t attribute, const void *buffer, uint32_t size);

#endif
