/* SPDX-License-Identifier: Apache-2.0 */
/* cred.c: credentials: what the application gave, and its certificates as they are now. */
#include "config.h"

#include <stdlib.h>

#include "plugins/tls/host.h"
#include "plugins/tls/tls.h"

#define LOOK_MS 1000 /* how often the certificate files are looked at, at most */

/* What the manifest does not permit is off, whoever asks for it. */
static SECURITY_STATUS permit(struct ssp_cred *cred)
{
    const struct ssp_instance *instance = cred->instance;
    uint32_t roles = 0;

    if (cred->use & SECPKG_CRED_INBOUND)
        roles |= SP_PROT_X_SERVERS;
    if (cred->use & SECPKG_CRED_OUTBOUND)
        roles |= SP_PROT_X_CLIENTS;
    cred->protocols &= roles & (instance->protocols | SP_PROT_DTLS1_2);
    if (cred->protocols == 0)
        return refuse(SEC_E_ALGORITHM_MISMATCH,
                      "no version of TLS is left that the credential and the settings allow");
    return SEC_E_OK;
}

static SECURITY_STATUS fill(struct ssp_cred *cred, const struct ssp_acquire *a)
{
    SECURITY_STATUS status = SEC_E_OK;

    cred->protocols = cred->instance->protocols;
    cred->session_seconds = cred->instance->session_seconds;
    if (a->raw)
        status = tls_read_auth_data(a->raw, cred);
    if (status >= 0)
        status = permit(cred);
    if (status >= 0 && cred->use & SECPKG_CRED_OUTBOUND &&
        !(cred->flags & SCH_CRED_DISABLE_RECONNECTS) && !(cred->sessions = tls_sessions_new()))
        status = SEC_E_INSUFFICIENT_MEMORY;
    if (status >= 0)
        status = tls_material_new(cred, &cred->material);
    return status;
}

SECURITY_STATUS tls_acquire(struct ssp_instance *instance, struct ssp_acquire *a,
                            struct ssp_cred **out)
{
    struct ssp_cred *cred = tls_host->secret_alloc(sizeof *cred);

    if (!cred)
        return SEC_E_INSUFFICIENT_MEMORY;
    cred->instance = instance;
    cred->use = a->use;
    pthread_mutex_init(&cred->lock, NULL);
    SECURITY_STATUS status = fill(cred, a);
    if (status < 0) {
        tls_free_cred(cred);
        return status;
    }
    cred->looked_ms = tls_host->monotonic_ms();
    *out = cred;
    return SEC_E_OK;
}

void tls_free_cred(struct ssp_cred *cred)
{
    tls_material_drop(cred->material);
    tls_sessions_free(cred->sessions);
    for (size_t i = 0; i < cred->n_given; i++)
        tls_identity_clear(&cred->given[i]);
    free(cred->given);
    tls_limits_clear(&cred->limits);
    X509_STORE_free(cred->roots);
    pthread_mutex_destroy(&cred->lock);
    tls_host->secret_free(cred);
}

/* Files that cannot be read now are no reason to stop serving with what there was. */
static void look_at_files_locked(struct ssp_cred *cred)
{
    uint64_t now = tls_host->monotonic_ms();
    struct tls_material *fresh;

    if (cred->stamp == 0 || now - cred->looked_ms < LOOK_MS)
        return;
    cred->looked_ms = now;
    if (tls_identities_stamp(cred->instance->settings) == cred->stamp)
        return;
    if (tls_material_new(cred, &fresh) < 0) {
        note("the certificate files have changed, but not for the better: the old ones serve on");
        return;
    }
    note("the certificate files have changed and were read again");
    tls_material_drop(cred->material);
    cred->material = fresh;
}

struct tls_material *tls_cred_material(struct ssp_cred *cred)
{
    struct tls_material *m;

    pthread_mutex_lock(&cred->lock);
    look_at_files_locked(cred);
    m = cred->material;
    atomic_fetch_add(&m->refs, 1);
    pthread_mutex_unlock(&cred->lock);
    return m;
}
