/* SPDX-License-Identifier: Apache-2.0 */
/* packed.c: identities as CERT_CONTEXTs, which applications carry from call to call. */
#include "config.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/tls/host.h"
#include "plugins/tls/identity.h"

#define CHAIN_MAX 100      /* certificates beside a leaf that are taken from a CERT_CONTEXT */
#define PASSWORD_MAX 4096u /* octets */

/* --- keys ------------------------------------------------------------------------------------ */

/*
 * A key is packed as PKCS#8 (DER), which begins with the octet 0x30; or, if it does not leave the
 * token that it is in, as PLACE, the file or URI that leads there, a NUL and the password.  Secret
 * memory.
 */
#define PLACE 'P'

struct packed_key {
    uint8_t *data;
    size_t len;
};

static void packed_key_free(struct packed_key *packed)
{
    tls_host->secret_free(packed->data);
}

static bool pack_pkcs8(const EVP_PKEY *key, struct packed_key *out)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;

    if (len > 0)
        out->data = tls_host->secret_alloc((size_t)len);
    if (out->data) {
        uint8_t *at = out->data;

        out->len = (size_t)i2d_PKCS8_PRIV_KEY_INFO(info, &at);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    return out->data != NULL;
}

static SECURITY_STATUS pack_key(const EVP_PKEY *key, const char *where, struct span password,
                                struct packed_key *out)
{
    size_t n = strlen(where) + 1;

    if (!key || pack_pkcs8(key, out))
        return SEC_E_OK;
    if (password.len > PASSWORD_MAX)
        return refuse(SEC_E_LOGON_DENIED, "no password has %zu octets", password.len);
    out->len = 1 + n + password.len;
    out->data = tls_host->secret_alloc(out->len);
    if (!out->data)
        return SEC_E_INSUFFICIENT_MEMORY;
    out->data[0] = PLACE;
    memcpy(out->data + 1, where, n);
    if (password.len > 0)
        memcpy(out->data + 1 + n, password.data, password.len);
    return SEC_E_OK;
}

static SECURITY_STATUS take_pkcs8(struct span packed, EVP_PKEY **out)
{
    const uint8_t *at = packed.data;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)packed.len);

    *out = info ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    if (*out)
        return SEC_E_OK;
    return tls_memory_ended() ? SEC_E_INSUFFICIENT_MEMORY
                              : refuse(SEC_E_NO_CREDENTIALS, "the key of a certificate is damaged");
}

static SECURITY_STATUS take_key(struct span packed, struct tls_identity *out)
{
    const uint8_t *where = packed.data + 1, *end;

    if (packed.data[0] != PLACE)
        return take_pkcs8(packed, &out->key);
    end = memchr(where, '\0', packed.len - 1);
    if (!end)
        return refuse(SEC_E_NO_CREDENTIALS, "the key of a certificate is damaged");
    struct span password = span_of(end + 1, packed.len - 1 - (size_t)(end + 1 - where));
    if (password.len == 0)
        password.data = NULL;
    return tls_store_read((const char *)where, TLS_KEY, password, out);
}

/* --- certificates ---------------------------------------------------------------------------- */

/* Item i of what the application gave; it must be one certificate and nothing after it. */
static SECURITY_STATUS read_der(struct span der, size_t i, X509 **out)
{
    const uint8_t *at = der.data;
    X509 *cert = der.len <= INT32_MAX ? d2i_X509(NULL, &at, (long)der.len) : NULL;

    if (cert && at == der.data + der.len) {
        *out = cert;
        return SEC_E_OK;
    }
    X509_free(cert);
    if (tls_memory_ended())
        return SEC_E_INSUFFICIENT_MEMORY;
    return refuse(SEC_E_CERT_UNKNOWN, "item %zu of certificates (%zu octets) is none", i, der.len);
}

static SECURITY_STATUS take_chain(const CERT_CONTEXT *certificate, struct tls_identity *out)
{
    struct span der;

    out->chain = sk_X509_new_null();
    if (!out->chain)
        return SEC_E_INSUFFICIENT_MEMORY;
    for (size_t i = 1; (der = tls_host->certificate_item(certificate, i)).data != NULL; i++) {
        X509 *cert = NULL;

        if (i > CHAIN_MAX)
            return refuse(SEC_E_CERT_UNKNOWN, "a chain of more than %d certificates", CHAIN_MAX);
        SECURITY_STATUS status = read_der(der, i, &cert);
        if (status < 0)
            return status;
        if (!sk_X509_push(out->chain, cert)) {
            X509_free(cert);
            return SEC_E_INSUFFICIENT_MEMORY;
        }
    }
    return SEC_E_OK;
}

static SECURITY_STATUS take_leaf(const CERT_CONTEXT *certificate, struct tls_identity *out)
{
    struct span der = tls_host->certificate_item(certificate, 0);

    if (!(certificate->dwCertEncodingType & X509_ASN_ENCODING) || !der.data || der.len == 0)
        return refuse(SEC_E_CERT_UNKNOWN, "a CERT_CONTEXT without a certificate in DER");
    return read_der(der, 0, &out->cert);
}

static SECURITY_STATUS take_all(const CERT_CONTEXT *certificate, struct tls_identity *out)
{
    struct span key = tls_host->certificate_key(certificate);
    SECURITY_STATUS status = take_leaf(certificate, out);

    if (status < 0)
        return status;
    if (!key.data || key.len == 0)
        return refuse(SEC_E_NO_CREDENTIALS,
                      "a certificate without its private key: sspi_open_certificate gives both");
    status = take_chain(certificate, out);
    if (status >= 0)
        status = take_key(key, out);
    if (status < 0 || X509_check_private_key(out->cert, out->key) == 1)
        return status;
    return tls_memory_ended() ? SEC_E_INSUFFICIENT_MEMORY
                              : refuse(SEC_E_NO_CREDENTIALS,
                                       "the key is not that of the certificate it came with");
}

SECURITY_STATUS tls_identity_take(const CERT_CONTEXT *certificate, struct tls_identity *out)
{
    TLS_IDENTITY_AUTO identity = { 0 };

    ERR_clear_error();
    SECURITY_STATUS status = take_all(certificate, &identity);

    if (status < 0)
        return status;
    *out = identity;
    identity = (struct tls_identity){ 0 };
    return SEC_E_OK;
}

/* --- open_certificate ------------------------------------------------------------------------ */

/* The DER of all certificates, leaf first. */
struct ders {
    struct span *all; /* n of them; their data are OPENSSL_malloc'ed */
    size_t n;
};

static void ders_free(struct ders *ders)
{
    for (size_t i = 0; i < ders->n; i++)
        OPENSSL_free((void *)(uintptr_t)ders->all[i].data);
    free(ders->all);
}

static bool add_der(struct ders *ders, X509 *cert)
{
    uint8_t *der = NULL;
    int len = i2d_X509(cert, &der);

    if (len <= 0)
        return false;
    ders->all[ders->n++] = span_of(der, (size_t)len);
    return true;
}

static bool make_ders(const struct tls_identity *identity, struct ders *out)
{
    int n = identity->chain ? sk_X509_num(identity->chain) : 0;

    out->all = calloc((size_t)n + 1, sizeof *out->all);
    if (!out->all || !add_der(out, identity->cert))
        return false;
    for (int i = 0; i < n; i++)
        if (!add_der(out, sk_X509_value(identity->chain, i)))
            return false;
    return true;
}

SECURITY_STATUS tls_open_certificate(struct ssp_instance *instance, const char *certificate,
                                     const char *key, struct span password,
                                     const CERT_CONTEXT **out)
{
    TLS_IDENTITY_AUTO identity = { 0 };
    __attribute__((cleanup(packed_key_free))) struct packed_key packed = { 0 };
    __attribute__((cleanup(ders_free))) struct ders ders = { 0 };
    SECURITY_STATUS status = tls_identity_read(certificate, key, password, &identity);

    (void)instance;
    if (status >= 0)
        status = pack_key(identity.key, key ? key : certificate, password, &packed);
    if (status < 0)
        return status;
    if (!make_ders(&identity, &ders))
        return SEC_E_INSUFFICIENT_MEMORY;
    return tls_host->certificates_new(ders.all, ders.n, span_of(packed.data, packed.len), out);
}

/* --- hRootStore ------------------------------------------------------------------------------ */

static SECURITY_STATUS add_root(struct span der, size_t i, X509_STORE *store)
{
    X509 *cert = NULL;
    SECURITY_STATUS status = read_der(der, i, &cert);

    if (status >= 0 && X509_STORE_add_cert(store, cert) != 1)
        status = SEC_E_INSUFFICIENT_MEMORY;
    X509_free(cert);
    return status;
}

static SECURITY_STATUS add_roots(const void *given, X509_STORE *store)
{
    SECURITY_STATUS status = SEC_E_OK;
    struct span der;
    size_t i = 0;

    for (; status >= 0 && (der = tls_host->store_item(given, i)).data != NULL; i++)
        status = add_root(der, i, store);
    if (i == 0)
        return refuse(SEC_E_UNKNOWN_CREDENTIALS, "hRootStore is not one of certificates that "
                                                 "sspi_open_certificate or a query gave");
    return status;
}

SECURITY_STATUS tls_given_roots(const void *given, X509_STORE **out)
{
    ERR_clear_error();
    X509_STORE *store = X509_STORE_new();
    SECURITY_STATUS status = store ? add_roots(given, store) : SEC_E_INSUFFICIENT_MEMORY;

    if (status < 0) {
        X509_STORE_free(store);
        return status;
    }
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN); /* as with the settings' ca_file */
    *out = store;
    return SEC_E_OK;
}
