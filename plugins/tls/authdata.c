/* SPDX-License-Identifier: Apache-2.0 */
/* authdata.c: what AcquireCredentialsHandle was given: SCHANNEL_CRED or SCH_CREDENTIALS. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/tls/host.h"
#include "plugins/tls/tls.h"

#define NULL_STRENGTH UINT32_MAX /* -1 as a bound: no encryption */
#define KNOWN_PROTOCOLS (SP_PROT_TLS1_X | SP_PROT_DTLS1_X)

/* What both forms say. */
struct common {
    uint32_t format;
    uint32_t n_certificates;
    PCCERT_CONTEXT *certificates;
    HCERTSTORE roots;
    uint32_t lifespan_ms;
    uint32_t flags;
};

/* --- flags, certificates, roots -------------------------------------------------------------- */

static SECURITY_STATUS check_flags(uint32_t flags)
{
    static const struct {
        uint32_t both;
        const char *what;
    } contradictions[] = {
        { SCH_CRED_MANUAL_CRED_VALIDATION | SCH_CRED_AUTO_CRED_VALIDATION,
          "the peer's certificate to be checked, and not" },
        { SCH_CRED_NO_DEFAULT_CREDS | SCH_CRED_USE_DEFAULT_CREDS,
          "default certificates to be used, and not" },
    };

    for (size_t i = 0; i < sizeof contradictions / sizeof *contradictions; i++)
        if ((flags & contradictions[i].both) == contradictions[i].both)
            return refuse(SEC_E_UNKNOWN_CREDENTIALS, "dwFlags %#x want %s", flags,
                          contradictions[i].what);
    return SEC_E_OK;
}

/* An array that an application counts. */
static SECURITY_STATUS check_array(const char *name, const void *all, uint32_t n, uint32_t most)
{
    if (n > most)
        return refuse(SEC_E_UNKNOWN_CREDENTIALS, "%u items at %s, of which %u may be", n, name,
                      most);
    if (n > 0 && !all)
        return refuse(SEC_E_UNKNOWN_CREDENTIALS, "%s is NULL, with a count of %u", name, n);
    return SEC_E_OK;
}

static SECURITY_STATUS check_common(const struct common *c)
{
    if (c->format != SCH_CRED_FORMAT_CERT_CONTEXT)
        return refuse(SEC_E_UNKNOWN_CREDENTIALS, "dwCredFormat %u: only certificates are known",
                      c->format);
    SECURITY_STATUS status =
        check_array("paCred", c->certificates, c->n_certificates, SCH_CRED_MAX_SUPPORTED_CERTS);
    return status < 0 ? status : check_flags(c->flags);
}

static SECURITY_STATUS take_certificates(const struct common *c, struct ssp_cred *cred)
{
    if (c->n_certificates == 0)
        return SEC_E_OK;
    cred->given = calloc(c->n_certificates, sizeof *cred->given);
    if (!cred->given)
        return SEC_E_INSUFFICIENT_MEMORY;
    for (; cred->n_given < c->n_certificates; cred->n_given++) {
        PCCERT_CONTEXT certificate = c->certificates[cred->n_given];

        if (!certificate)
            return refuse(SEC_E_UNKNOWN_CREDENTIALS, "paCred[%zu] is NULL", cred->n_given);
        SECURITY_STATUS status = tls_identity_take(certificate, &cred->given[cred->n_given]);
        if (status < 0)
            return status;
    }
    return SEC_E_OK;
}

static SECURITY_STATUS take_common(const struct common *c, struct ssp_cred *cred)
{
    SECURITY_STATUS status = check_common(c);

    if (status < 0)
        return status;
    cred->flags = c->flags;
    cred->limits.null_ciphers |= (c->flags & SCH_ALLOW_NULL_ENCRYPTION) != 0;
    cred->session_seconds =
        c->lifespan_ms == 0 ? cred->instance->session_seconds : (c->lifespan_ms - 1) / 1000 + 1;
    status = take_certificates(c, cred);
    if (status >= 0 && c->roots)
        status = tls_given_roots(c->roots, &cred->roots);
    if (status >= 0 && cred->roots)
        status = tls_crls_load(cred->instance->settings, cred->roots);
    return status;
}

/* --- protocols ------------------------------------------------------------------------------- */

/* Where nobody names versions.  Datagrams are for those who ask for them. */
static uint32_t usual_protocols(const struct ssp_cred *cred)
{
    return cred->flags & SCH_USE_DTLS_ONLY ? SP_PROT_DTLS1_2
                                           : cred->instance->protocols & SP_PROT_TLS1_X;
}

static SECURITY_STATUS set_protocols(struct ssp_cred *cred, uint32_t wanted)
{
    uint32_t allowed = 0;

    if (cred->use & SECPKG_CRED_INBOUND)
        allowed |= SP_PROT_X_SERVERS;
    if (cred->use & SECPKG_CRED_OUTBOUND)
        allowed |= SP_PROT_X_CLIENTS;
    if (cred->flags & SCH_USE_DTLS_ONLY)
        allowed &= SP_PROT_DTLS1_X;
    cred->protocols = wanted & allowed & KNOWN_PROTOCOLS;
    if (cred->protocols == 0)
        return refuse(SEC_E_ALGORITHM_MISMATCH, "of the protocols %#x none is for this credential",
                      wanted);
    return SEC_E_OK;
}

/* --- SCHANNEL_CRED --------------------------------------------------------------------------- */

static SECURITY_STATUS read_strengths(uint32_t least, uint32_t most, struct tls_limits *out)
{
    if (most == NULL_STRENGTH && least != NULL_STRENGTH)
        return refuse(SEC_E_UNKNOWN_CREDENTIALS,
                      "dwMaximumCipherStrength is -1, dwMinimumCipherStrength %u", least);
    out->null_ciphers |= least == NULL_STRENGTH;
    out->null_only = most == NULL_STRENGTH;
    out->min_bits = least == NULL_STRENGTH ? 0 : least;
    out->max_bits = most == NULL_STRENGTH ? 0 : most;
    if (out->max_bits != 0 && out->min_bits > out->max_bits)
        return refuse(SEC_E_UNKNOWN_CREDENTIALS, "a cipher strength of %u to %u", least, most);
    return SEC_E_OK;
}

static SECURITY_STATUS copy_algorithms(const SCHANNEL_CRED *given, struct tls_limits *out)
{
    uint32_t n = given->cSupportedAlgs;
    SECURITY_STATUS status =
        check_array("palgSupportedAlgs", given->palgSupportedAlgs, n, SCH_CRED_MAX_SUPPORTED_ALGS);

    if (status < 0 || n == 0)
        return status;
    out->algorithms = calloc(n, sizeof *out->algorithms);
    if (!out->algorithms)
        return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(out->algorithms, given->palgSupportedAlgs, n * sizeof *out->algorithms);
    out->n_algorithms = n;
    return SEC_E_OK;
}

static SECURITY_STATUS read_schannel_cred(const void *raw, struct ssp_cred *cred)
{
    const SCHANNEL_CRED *given = raw;
    const struct common common = { .format = given->dwCredFormat,
                                   .n_certificates = given->cCreds,
                                   .certificates = given->paCred,
                                   .roots = given->hRootStore,
                                   .lifespan_ms = given->dwSessionLifespan,
                                   .flags = given->dwFlags };
    SECURITY_STATUS status = take_common(&common, cred);

    if (status >= 0)
        status = read_strengths(given->dwMinimumCipherStrength, given->dwMaximumCipherStrength,
                                &cred->limits);
    if (status >= 0)
        status = copy_algorithms(given, &cred->limits);
    if (status < 0)
        return status;
    return set_protocols(cred, given->grbitEnabledProtocols ? given->grbitEnabledProtocols
                                                            : usual_protocols(cred));
}

/* --- SCH_CREDENTIALS ------------------------------------------------------------------------- */

static SECURITY_STATUS check_parameters(const TLS_PARAMETERS *p)
{
    SECURITY_STATUS status =
        check_array("rgstrAlpnIds", p->rgstrAlpnIds, p->cAlpnIds, SCH_CRED_MAX_SUPPORTED_ALPN_IDS);

    if (status >= 0)
        status = check_array("pDisabledCrypto", p->pDisabledCrypto, p->cDisabledCrypto,
                             SCH_CRED_MAX_SUPPORTED_CRYPTO_SETTINGS);
    return status;
}

/* Takes from *protocols what is off.  Which application protocol it will be is not known yet. */
static SECURITY_STATUS read_parameters(const TLS_PARAMETERS *p, struct ssp_cred *cred,
                                       uint32_t *protocols)
{
    SECURITY_STATUS status = check_parameters(p);

    if (status >= 0 && p->cAlpnIds > 0) {
        note("TLS_PARAMETERS for %u application protocols alone are left out", p->cAlpnIds);
        return SEC_E_OK;
    }
    for (uint32_t i = 0; status >= 0 && i < p->cDisabledCrypto; i++)
        status = tls_limits_disable(&cred->limits, &p->pDisabledCrypto[i],
                                    p->dwFlags & TLS_PARAMS_OPTIONAL);
    if (status >= 0)
        *protocols &= ~p->grbitDisabledProtocols;
    return status;
}

static SECURITY_STATUS read_sch_credentials(const void *raw, struct ssp_cred *cred)
{
    const SCH_CREDENTIALS *given = raw;
    const struct common common = { .format = given->dwCredFormat,
                                   .n_certificates = given->cCreds,
                                   .certificates = given->paCred,
                                   .roots = given->hRootStore,
                                   .lifespan_ms = given->dwSessionLifespan,
                                   .flags = given->dwFlags };
    SECURITY_STATUS status = check_array("pTlsParameters", given->pTlsParameters,
                                         given->cTlsParameters, SCH_CRED_MAX_SUPPORTED_PARAMETERS);

    if (status >= 0)
        status = take_common(&common, cred);
    uint32_t protocols = usual_protocols(cred);
    for (uint32_t i = 0; status >= 0 && i < given->cTlsParameters; i++)
        status = read_parameters(&given->pTlsParameters[i], cred, &protocols);
    return status < 0 ? status : set_protocols(cred, protocols);
}

/* --- both ------------------------------------------------------------------------------------ */

SECURITY_STATUS tls_read_auth_data(const void *raw, struct ssp_cred *cred)
{
    uint32_t version;

    memcpy(&version, raw, sizeof version);
    switch (version) {
    case SCHANNEL_CRED_VERSION:
        return read_schannel_cred(raw, cred);
    case SCH_CREDENTIALS_VERSION:
        return read_sch_credentials(raw, cred);
    default:
        return refuse(SEC_E_UNKNOWN_CREDENTIALS,
                      "pAuthData begins with %u: neither SCHANNEL_CRED (4) nor SCH_CREDENTIALS (5)",
                      version);
    }
}
