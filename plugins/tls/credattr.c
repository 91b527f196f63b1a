/* SPDX-License-Identifier: Apache-2.0 */
/* credattr.c: what a credential is asked. */
#include "config.h"

#include <string.h>

#include "plugins/tls/attributes.h"
#include "plugins/tls/cipher.h"
#include "plugins/tls/host.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* --- algorithms ------------------------------------------------------------------------------ */

/* What is on, of streams and of datagrams. */
struct offer {
    ALG_ID algorithms[32]; /* without a double; more than there are */
    uint32_t n;
    uint32_t min_bits, max_bits;
};

static void offer_algorithm(struct offer *offer, ALG_ID id)
{
    for (uint32_t i = 0; i < offer->n; i++)
        if (offer->algorithms[i] == id)
            return;
    if (offer->n < COUNT(offer->algorithms))
        offer->algorithms[offer->n++] = id;
}

static void offer_suite(struct offer *offer, const SSL_CIPHER *cipher)
{
    ALG_ID ids[TLS_SUITE_ALGORITHMS];
    int bits = 0;

    tls_suite_algorithms(cipher, ids);
    for (size_t i = 0; ids[i]; i++)
        offer_algorithm(offer, ids[i]);
    /* TLS 1.3 suites leave it open. */
    if (SSL_CIPHER_get_kx_nid(cipher) == NID_kx_any)
        offer_algorithm(offer, CALG_ECDH_EPHEM);
    (void)SSL_CIPHER_get_bits(cipher, &bits);
    if (offer->max_bits == 0 || (uint32_t)bits < offer->min_bits)
        offer->min_bits = (uint32_t)bits;
    if ((uint32_t)bits > offer->max_bits)
        offer->max_bits = (uint32_t)bits;
}

/* Those of the list that versions and the security level leave. */
static bool offer_all(struct offer *offer, SSL_CTX *c)
{
    SSL *ssl = c ? SSL_new(c) : NULL;
    STACK_OF(SSL_CIPHER) *ciphers = ssl ? SSL_get1_supported_ciphers(ssl) : NULL;

    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++)
        offer_suite(offer, sk_SSL_CIPHER_value(ciphers, i));
    sk_SSL_CIPHER_free(ciphers);
    SSL_free(ssl);
    return !c || ssl;
}

static SECURITY_STATUS read_offer(const struct tls_material *m, struct offer *out)
{
    *out = (struct offer){ .n = 0 };
    return offer_all(out, m->stream) && offer_all(out, m->datagram) ? SEC_E_OK
                                                                    : SEC_E_INSUFFICIENT_MEMORY;
}

static SECURITY_STATUS query_algorithms(const struct ssp_cred *cred, const struct tls_material *m,
                                        void *buffer)
{
    SecPkgCred_SupportedAlgs *algs = buffer;
    struct offer offer;
    SECURITY_STATUS status = read_offer(m, &offer);

    (void)cred;
    if (status < 0)
        return status;
    algs->palgSupportedAlgs = tls_give(span_of(offer.algorithms, offer.n * sizeof(ALG_ID)),
                                       sizeof(ALG_ID)); /* never of 0 octets */
    if (!algs->palgSupportedAlgs)
        return SEC_E_INSUFFICIENT_MEMORY;
    algs->cSupportedAlgs = offer.n;
    return SEC_E_OK;
}

static SECURITY_STATUS query_strengths(const struct ssp_cred *cred, const struct tls_material *m,
                                       void *buffer)
{
    struct offer offer;
    SECURITY_STATUS status = read_offer(m, &offer);

    (void)cred;
    if (status >= 0)
        *(SecPkgCred_CipherStrengths *)buffer =
            (SecPkgCred_CipherStrengths){ offer.min_bits, offer.max_bits };
    return status;
}

static SECURITY_STATUS query_protocols(const struct ssp_cred *cred, const struct tls_material *m,
                                       void *buffer)
{
    (void)m;
    ((SecPkgCred_SupportedProtocols *)buffer)->grbitProtocol = cred->protocols;
    return SEC_E_OK;
}

/* --- identity -------------------------------------------------------------------------------- */

/* Of several, the one that was given first. */
static X509 *certificate_of(const struct tls_material *m)
{
    return m->n_identities > 0 ? m->identities[0].cert : NULL;
}

static SECURITY_STATUS no_certificate(void)
{
    return refuse(SEC_E_NO_CREDENTIALS, "the credential has no certificate");
}

static SECURITY_STATUS query_names(const struct ssp_cred *cred, const struct tls_material *m,
                                   void *buffer)
{
    X509 *cert = certificate_of(m);

    (void)cred;
    if (!cert)
        return no_certificate();
    return tls_give_name(X509_get_subject_name(cert),
                         &((SecPkgCredentials_NamesA *)buffer)->sUserName);
}

static SECURITY_STATUS query_certificate(const struct ssp_cred *cred, const struct tls_material *m,
                                         void *buffer)
{
    SecPkgCredentials_Cert *out = buffer;
    X509 *cert = certificate_of(m);
    struct tls_pile pile;

    (void)cred;
    if (!cert)
        return no_certificate();
    if (!tls_pile_make(cert, NULL, &pile))
        return SEC_E_INSUFFICIENT_MEMORY;
    out->EncodedCert = tls_give(pile.der[0], 0);
    if (out->EncodedCert)
        out->EncodedCertSize = (uint32_t)pile.der[0].len;
    tls_pile_clear(&pile);
    return out->EncodedCert ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

static const struct {
    uint32_t attribute;
    SECURITY_STATUS (*run)(const struct ssp_cred *cred, const struct tls_material *m, void *buffer);
} queries[] = {
    { SECPKG_ATTR_SUPPORTED_ALGS, query_algorithms },
    { SECPKG_ATTR_CIPHER_STRENGTHS, query_strengths },
    { SECPKG_ATTR_SUPPORTED_PROTOCOLS, query_protocols },
    { SECPKG_CRED_ATTR_NAMES, query_names },
    { SECPKG_CRED_ATTR_CERT, query_certificate },
};

SECURITY_STATUS tls_query_cred(struct ssp_cred *cred, uint32_t attribute, void *buffer)
{
    for (size_t i = 0; i < COUNT(queries); i++) {
        if (queries[i].attribute != attribute)
            continue;
        struct tls_material *m = tls_cred_material(cred);
        SECURITY_STATUS status = queries[i].run(cred, m, buffer);
        tls_material_drop(m);
        return status;
    }
    return refuse(SEC_E_UNSUPPORTED_FUNCTION, "attribute 0x%x of a credential", attribute);
}
