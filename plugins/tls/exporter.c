/* SPDX-License-Identifier: Apache-2.0 */
/* exporter.c: what other protocols take from a connection: channel bindings and keys. */
#include "config.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <string.h>

#include "plugins/tls/attributes.h"
#include "plugins/tls/host.h"

#define MATERIAL_MAX 65535u /* octets: RFC 8446 7.1 counts them in two */

/* --- channel bindings ------------------------------------------------------------------------ */

static SECURITY_STATUS give_bindings(const char *prefix, struct span value, void *buffer)
{
    struct span head = span_str(prefix);
    size_t n = head.len + value.len;
    SEC_CHANNEL_BINDINGS *bindings = tls_host->alloc(sizeof *bindings + n);

    if (!bindings)
        return SEC_E_INSUFFICIENT_MEMORY;
    bindings->cbApplicationDataLength = (uint32_t)n;
    bindings->dwApplicationDataOffset = sizeof *bindings;
    struct wire_out data = wire_out(bindings + 1, n);
    wire_put_span(&data, head);
    wire_put_span(&data, value);
    *(SecPkgContext_Bindings *)buffer =
        (SecPkgContext_Bindings){ (uint32_t)(sizeof *bindings + n), bindings };
    return SEC_E_OK;
}

/*
 * RFC 7627 1: without the extended master secret, whoever is in the middle can give two
 * connections the same keys, and what is made of them binds neither.
 */
static SECURITY_STATUS check_unique(const struct ssp_ctx *ctx)
{
    if (SSL_version(ctx->ssl) == TLS1_3_VERSION || SSL_get_extms_support(ctx->ssl) == 1)
        return SEC_E_OK;
    return refuse(SEC_E_UNSUPPORTED_FUNCTION,
                  "keys without the extended master secret do not bind: the peer is too old");
}

/* RFC 5929 3.1: the first Finished of the last handshake, which a resuming server sends. */
SECURITY_STATUS tls_query_unique(struct ssp_ctx *ctx, void *buffer)
{
    uint8_t finished[EVP_MAX_MD_SIZE];
    bool ours = ctx->client != (SSL_session_reused(ctx->ssl) == 1);
    SECURITY_STATUS status = check_unique(ctx);
    size_t n;

    if (SSL_version(ctx->ssl) == TLS1_3_VERSION)
        return refuse(SEC_E_UNSUPPORTED_FUNCTION,
                      "TLS 1.3 has no tls-unique (RFC 8446 C.5): SSPIX_ATTR_EXPORTER_BINDINGS");
    if (status < 0)
        return status;
    n = ours ? SSL_get_finished(ctx->ssl, finished, sizeof finished)
             : SSL_get_peer_finished(ctx->ssl, finished, sizeof finished);
    if (n == 0 || n > sizeof finished)
        return refuse(SEC_E_INTERNAL_ERROR, "libssl has kept no Finished");
    return give_bindings("tls-unique:", span_of(finished, n), buffer);
}

/* RFC 5929 4.1.  NULL: a signature without a hash (Ed25519), for which there is no rule. */
static const EVP_MD *end_point_hash(X509 *cert)
{
    int nid = NID_undef;

    if (X509_get_signature_info(cert, &nid, NULL, NULL, NULL) != 1 || nid == NID_undef)
        return NULL;
    return nid == NID_md5 || nid == NID_sha1 ? EVP_sha256() : EVP_get_digestbynid(nid);
}

SECURITY_STATUS tls_query_end_point(struct ssp_ctx *ctx, void *buffer)
{
    X509 *cert = tls_server_certificate(ctx);
    const EVP_MD *md = cert ? end_point_hash(cert) : NULL;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (!cert)
        return refuse(SEC_E_NO_CREDENTIALS,
                      SSL_session_reused(ctx->ssl)
                          ? "the resumed session does not say which certificate the server has"
                          : "the server has no certificate");
    if (!md || X509_digest(cert, md, digest, &n) != 1) {
        ERR_clear_error();
        return refuse(SEC_E_UNSUPPORTED_FUNCTION,
                      "the server's certificate is signed without a hash that could be used: "
                      "RFC 5929 4.1 leaves open what binds then");
    }
    return give_bindings("tls-server-end-point:", span_of(digest, n), buffer);
}

/* RFC 9266 2; the context is there and empty, which TLS 1.2 tells from none. */
SECURITY_STATUS tls_query_exporter(struct ssp_ctx *ctx, void *buffer)
{
    static const char label[] = "EXPORTER-Channel-Binding";
    uint8_t value[32];
    SECURITY_STATUS status = check_unique(ctx);

    if (status < 0)
        return status;
    if (SSL_export_keying_material(ctx->ssl, value, sizeof value, label, sizeof label - 1,
                                   (const uint8_t *)"", 0, 1) != 1)
        return tls_failure(ctx);
    status = give_bindings("tls-exporter:", span_of(value, sizeof value), buffer);
    explicit_bzero(value, sizeof value);
    return status;
}

/* --- keying material ------------------------------------------------------------------------- */

struct request {
    struct span label;
    struct span context; /* len 0: none */
    size_t wanted;
};

/* The label comes with its NUL, or without. */
static SECURITY_STATUS check_request(struct request *r)
{
    if (r->label.data && r->label.len > 0 && r->label.data[r->label.len - 1] == '\0')
        r->label.len--;
    if (!r->label.data || r->label.len == 0 || r->label.len > TLS_LABEL_MAX ||
        memchr(r->label.data, '\0', r->label.len))
        return refuse(SEC_E_INVALID_PARAMETER, "a label is text of 1 to %d octets", TLS_LABEL_MAX);
    if (r->context.len > 0 && !r->context.data)
        return refuse(SEC_E_INVALID_PARAMETER, "%zu octets of context at NULL", r->context.len);
    if (r->wanted == 0 || r->wanted > MATERIAL_MAX)
        return refuse(SEC_E_INVALID_PARAMETER, "%zu octets are no key", r->wanted);
    return SEC_E_OK;
}

/* RFC 5705 4, RFC 8446 7.5. */
static SECURITY_STATUS export(struct ssp_ctx *ctx, const struct request *r, uint8_t **out)
{
    uint8_t *key = tls_host->alloc(r->wanted);

    if (!key)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (SSL_export_keying_material(ctx->ssl, key, r->wanted, (const char *)r->label.data,
                                   r->label.len, r->context.data, r->context.len,
                                   r->context.len > 0) != 1) {
        tls_host->release(key);
        ERR_clear_error();
        return refuse(SEC_E_INVALID_PARAMETER,
                      "libssl exports no %zu octets under this label, or the label is reserved",
                      r->wanted);
    }
    *out = key;
    return SEC_E_OK;
}

static uint8_t *keep(struct span s)
{
    uint8_t *copy = tls_host->secret_alloc(s.len + 1); /* never of 0 octets */

    if (copy && s.len > 0)
        memcpy(copy, s.data, s.len);
    return copy;
}

SECURITY_STATUS tls_set_material(struct ssp_ctx *ctx, const void *buffer)
{
    const SecPkgContext_KeyingMaterialInfo *info = buffer;
    struct request r = { .label = span_of(info->pszLabel, info->cbLabel),
                         .context = span_of(info->pbContextValue, info->cbContextValue),
                         .wanted = info->cbKeyingMaterial };
    SECURITY_STATUS status = check_request(&r);

    if (status < 0)
        return status;
    struct tls_exporter fresh = { .label = (char *)keep(r.label),
                                  .label_len = r.label.len,
                                  .context = keep(r.context),
                                  .context_len = r.context.len,
                                  .wanted = r.wanted };
    if (!fresh.label || !fresh.context) {
        tls_host->secret_free(fresh.label);
        tls_host->secret_free(fresh.context);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    tls_host->secret_free(ctx->exporter.label);
    tls_host->secret_free(ctx->exporter.context);
    ctx->exporter = fresh;
    return SEC_E_OK;
}

SECURITY_STATUS tls_query_material(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_KeyingMaterial *material = buffer;
    const struct tls_exporter *set = &ctx->exporter;
    struct request r = { .label = span_of(set->label, set->label_len),
                         .context = span_of(set->context, set->context_len),
                         .wanted = set->wanted };
    SECURITY_STATUS status;

    if (!set->label)
        return refuse(SEC_E_INVALID_PARAMETER, "KEYING_MATERIAL_INFO has to be set first");
    status = export(ctx, &r, &material->pbKeyingMaterial);
    if (status >= 0)
        material->cbKeyingMaterial = (uint32_t)r.wanted;
    return status;
}

SECURITY_STATUS tls_query_material_at_once(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_KeyingMaterial_Inproc *material = buffer;
    struct request r = { .label = span_of(material->pszLabel, material->cbLabel),
                         .context = span_of(material->pbContextValue, material->cbContextValue),
                         .wanted = material->cbKeyingMaterial };
    SECURITY_STATUS status = check_request(&r);

    return status < 0 ? status : export(ctx, &r, &material->pbKeyingMaterial);
}

/* --- EAP ------------------------------------------------------------------------------------- */

#define RANDOM 32 /* octets of a hello's */

static const char eap_label[] = "client EAP encryption";

/* The hash of the PRF: MD5 and SHA-1 together before TLS 1.2, the suite's since. */
static const char *prf_hash(SSL *ssl)
{
    int version = SSL_version(ssl);
    const EVP_MD *md = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));

    if (version == TLS1_VERSION || version == TLS1_1_VERSION || version == DTLS1_VERSION)
        return "MD5-SHA1";
    return md && EVP_MD_is_a(md, "SHA384") ? "SHA384" : "SHA256";
}

/* PRF("", label, randoms), for which libssl has no call. */
static bool derive_vectors(SSL *ssl, uint8_t *out, size_t n)
{
    uint8_t seed[2 * RANDOM];
    const char *hash = prf_hash(ssl);
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX *prf = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)hash, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, (char[]){ "" }, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (char *)(uintptr_t)eap_label,
                                          sizeof eap_label - 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
        OSSL_PARAM_construct_end(),
    };
    bool ok = prf && SSL_get_client_random(ssl, seed, RANDOM) == RANDOM &&
              SSL_get_server_random(ssl, seed + RANDOM, RANDOM) == RANDOM &&
              EVP_KDF_derive(prf, out, n, params) == 1;

    EVP_KDF_CTX_free(prf);
    EVP_KDF_free(kdf);
    return ok;
}

/* RFC 9190 2.3: of TLS 1.3 there are keys alone, and they are those of EAP-TLS (type 13). */
static bool derive_new(SSL *ssl, SecPkgContext_EapKeyBlock *out)
{
    static const char label[] = "EXPORTER_EAP_TLS_Key_Material";
    static const uint8_t type = 13;

    return SSL_export_keying_material(ssl, out->rgbKeys, sizeof out->rgbKeys, label,
                                      sizeof label - 1, &type, sizeof type, 1) == 1;
}

/* RFC 5216 2.3. */
static bool derive_old(SSL *ssl, SecPkgContext_EapKeyBlock *out)
{
    return SSL_export_keying_material(ssl, out->rgbKeys, sizeof out->rgbKeys, eap_label,
                                      sizeof eap_label - 1, NULL, 0, 0) == 1 &&
           derive_vectors(ssl, out->rgbIVs, sizeof out->rgbIVs);
}

SECURITY_STATUS tls_query_eap(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_EapKeyBlock *block = buffer;
    bool ok;

    memset(block, 0, sizeof *block);
    ok = SSL_version(ctx->ssl) == TLS1_3_VERSION ? derive_new(ctx->ssl, block)
                                                 : derive_old(ctx->ssl, block);
    if (ok)
        return SEC_E_OK;
    explicit_bzero(block, sizeof *block);
    return tls_failure(ctx);
}
