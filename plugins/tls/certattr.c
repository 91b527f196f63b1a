/* SPDX-License-Identifier: Apache-2.0 */
/* certattr.c: what a context tells of certificates: whose they are, and what is in them. */
#include "config.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/utf16.h"
#include "plugins/tls/attributes.h"
#include "plugins/tls/host.h"

/* --- names and DER --------------------------------------------------------------------------- */

SECURITY_STATUS tls_give_name(const X509_NAME *name, char **out)
{
    const unsigned long form = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len;

    if (!bio)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (X509_NAME_print_ex(bio, name, 0, form) < 0) {
        BIO_free(bio);
        ERR_clear_error();
        return refuse(SEC_E_CANNOT_PACK, "a name in the certificate is no text");
    }
    len = BIO_get_mem_data(bio, &text);
    *out = tls_give(span_of(text, len > 0 ? (size_t)len : 0), 1);
    BIO_free(bio);
    return *out ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

void tls_pile_clear(struct tls_pile *pile)
{
    for (size_t i = 0; i < pile->n; i++)
        OPENSSL_free((void *)(uintptr_t)pile->der[i].data);
    free(pile->der);
    *pile = (struct tls_pile){ NULL, 0 };
}

static bool pile_add(struct tls_pile *pile, X509 *cert)
{
    uint8_t *der = NULL;
    int len = i2d_X509(cert, &der);

    if (len <= 0)
        return false;
    pile->der[pile->n++] = span_of(der, (size_t)len);
    return true;
}

bool tls_pile_make(X509 *leaf, STACK_OF(X509) * others, struct tls_pile *out)
{
    int n = others ? sk_X509_num(others) : 0;
    bool ok;

    *out = (struct tls_pile){ .der = calloc((size_t)n + 1, sizeof *out->der) };
    ok = out->der && pile_add(out, leaf);
    for (int i = 0; ok && i < n; i++) {
        X509 *cert = sk_X509_value(others, i);

        if (i > 0 || X509_cmp(cert, leaf) != 0)
            ok = pile_add(out, cert);
    }
    if (!ok)
        tls_pile_clear(out);
    return ok;
}

static SECURITY_STATUS give_certificates(X509 *leaf, STACK_OF(X509) * others, void *buffer)
{
    struct tls_pile pile;
    SECURITY_STATUS status;

    if (!tls_pile_make(leaf, others, &pile))
        return SEC_E_INSUFFICIENT_MEMORY;
    status = tls_host->certificates_new(pile.der, pile.n, span_of(NULL, 0),
                                        (const CERT_CONTEXT **)buffer);
    tls_pile_clear(&pile);
    return status;
}

/* --- whose certificates ---------------------------------------------------------------------- */

#define FINGERPRINT 32 /* octets of SHA-256 */

static bool fingerprint(X509 *cert, uint8_t out[EVP_MAX_MD_SIZE])
{
    return X509_digest(cert, EVP_sha256(), out, NULL) == 1;
}

int tls_remember_certificate(SSL *ssl, void *unused)
{
    uint8_t print[EVP_MAX_MD_SIZE];
    X509 *cert = SSL_get_certificate(ssl);

    (void)unused;
    if (SSL_session_reused(ssl) || !cert) /* a new ticket of an old session keeps what it has */
        return 1;
    if (!fingerprint(cert, print))
        return 0;
    return SSL_SESSION_set1_ticket_appdata(SSL_get0_session(ssl), print, FINGERPRINT);
}

/*
 * A resumed session says by itself whose the client is, but not who we were.  In TLS 1.3 it may
 * also be a pre-shared key, and we nobody.
 */
static X509 *certificate_of_session(const struct ssp_ctx *ctx)
{
    const struct tls_material *m = ctx->material;
    uint8_t print[EVP_MAX_MD_SIZE];
    void *kept = NULL;
    size_t len = 0;

    if (SSL_SESSION_get0_ticket_appdata(SSL_get0_session(ctx->ssl), &kept, &len) != 1 || len == 0)
        return SSL_version(ctx->ssl) != TLS1_3_VERSION && m->n_identities == 1
                   ? m->identities[0].cert
                   : NULL;
    for (size_t i = 0; i < m->n_identities; i++)
        if (fingerprint(m->identities[i].cert, print) &&
            span_is(span_of(kept, len), print, FINGERPRINT))
            return m->identities[i].cert;
    return NULL;
}

static bool proves_server(const SSL_CIPHER *cipher)
{
    int nid = cipher ? SSL_CIPHER_get_auth_nid(cipher) : NID_undef;

    return nid == NID_auth_any || nid == NID_auth_rsa || nid == NID_auth_ecdsa ||
           nid == NID_auth_dss;
}

X509 *tls_own_certificate(const struct ssp_ctx *ctx)
{
    int nid;

    /* A client signs if and only if it was asked and had something to answer. */
    if (ctx->client)
        return SSL_get_signature_type_nid(ctx->ssl, &nid) == 1 ? SSL_get_certificate(ctx->ssl)
                                                               : NULL;
    if (!proves_server(SSL_get_current_cipher(ctx->ssl)))
        return NULL;
    return SSL_session_reused(ctx->ssl) ? certificate_of_session(ctx)
                                        : SSL_get_certificate(ctx->ssl);
}

X509 *tls_server_certificate(const struct ssp_ctx *ctx)
{
    return ctx->client ? SSL_get0_peer_certificate(ctx->ssl) : tls_own_certificate(ctx);
}

static SECURITY_STATUS no_certificate(const struct ssp_ctx *ctx, bool ours)
{
    return refuse(SEC_E_NO_CREDENTIALS, "the %s has shown no certificate",
                  ctx->client == ours ? "client" : "server");
}

/*
 * The peer's, but only as proof of who it is: one that nobody checked, or that comes with a
 * handshake that is not done, is no such.
 */
static SECURITY_STATUS proven_peer(const struct ssp_ctx *ctx, X509 **out)
{
    X509 *cert = SSL_get0_peer_certificate(ctx->ssl);

    if (!cert)
        return no_certificate(ctx, false);
    if (ctx->manual)
        return refuse(SEC_E_NO_CREDENTIALS,
                      "the application checks the certificate of the peer itself: it alone knows "
                      "what the names there are worth");
    *out = cert;
    return SEC_E_OK;
}

/* The client's certificate, proven if it is not our own. */
static SECURITY_STATUS proven_client(const struct ssp_ctx *ctx, X509 **out)
{
    X509 *own;

    if (!ctx->client)
        return proven_peer(ctx, out);
    own = tls_own_certificate(ctx);
    if (!own)
        return no_certificate(ctx, true);
    *out = own;
    return SEC_E_OK;
}

/* --- names ----------------------------------------------------------------------------------- */

/* A subject that is empty, as where the alternative names say it all, names nobody. */
static SECURITY_STATUS give_subject(X509 *cert, char **out)
{
    const X509_NAME *name = X509_get_subject_name(cert);

    if (X509_NAME_entry_count(name) == 0)
        return refuse(SEC_E_NO_CREDENTIALS, "the subject of the certificate is empty");
    return tls_give_name(name, out);
}

SECURITY_STATUS tls_query_names(struct ssp_ctx *ctx, void *buffer)
{
    X509 *cert;
    SECURITY_STATUS status = proven_client(ctx, &cert);

    return status < 0 ? status : give_subject(cert, &((SecPkgContext_NamesA *)buffer)->sUserName);
}

/* The names that the protocol carried; "" for one that it did not. */
SECURITY_STATUS tls_query_native_names(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_NativeNamesA *names = buffer;
    const char *server =
        ctx->client ? ctx->target : SSL_get_servername(ctx->ssl, TLSEXT_NAMETYPE_host_name);
    char *client = NULL;
    X509 *cert;
    SECURITY_STATUS status = proven_client(ctx, &cert);

    if (status < 0 && !server)
        return status;
    status = status < 0 ? tls_give_text("", &client)
                        : tls_give_name(X509_get_subject_name(cert), &client);
    if (status >= 0)
        status = tls_give_text(server ? server : "", &names->sServerName);
    if (status < 0) {
        tls_host->release(client);
        return status;
    }
    names->sClientName = client;
    return SEC_E_OK;
}

SECURITY_STATUS tls_query_authority(struct ssp_ctx *ctx, void *buffer)
{
    X509 *cert;
    SECURITY_STATUS status = proven_peer(ctx, &cert);

    return status < 0 ? status
                      : tls_give_name(X509_get_issuer_name(cert),
                                      &((SecPkgContext_AuthorityA *)buffer)->sAuthorityName);
}

/* --- certificates ---------------------------------------------------------------------------- */

/*
 * Early, a client whose certificate is asked for may look at the server's first.  A server gets
 * to see only one whose key the client has proven to have.
 */
SECURITY_STATUS tls_query_remote_cert(struct ssp_ctx *ctx, void *buffer)
{
    X509 *cert = SSL_get0_peer_certificate(ctx->ssl);

    if (!ctx->client && SSL_in_init(ctx->ssl))
        return refuse(SEC_E_INVALID_HANDLE, "the handshake is not done");
    if (!cert)
        return no_certificate(ctx, false);
    return give_certificates(cert, SSL_get_peer_cert_chain(ctx->ssl), buffer);
}

SECURITY_STATUS tls_query_local_cert(struct ssp_ctx *ctx, void *buffer)
{
    X509 *cert = tls_own_certificate(ctx);
    STACK_OF(X509) *chain = NULL;

    if (!cert)
        return no_certificate(ctx, true);
    if (cert == SSL_get_certificate(ctx->ssl))
        (void)SSL_get0_chain_certs(ctx->ssl, &chain);
    for (size_t i = 0; !chain && i < ctx->material->n_identities; i++)
        if (ctx->material->identities[i].cert == cert)
            chain = ctx->material->identities[i].chain;
    return give_certificates(cert, chain, buffer);
}

/* Each certificate is its length, in the machine's byte order, and its DER. */
static SECURITY_STATUS pack_pile(const struct tls_pile *pile, SecPkgContext_Certificates *out)
{
    size_t total = 0;

    for (size_t i = 0; i < pile->n; i++)
        total += sizeof(uint32_t) + pile->der[i].len;
    out->pbCertificateChain = tls_host->alloc(total);
    if (!out->pbCertificateChain)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out block = wire_out(out->pbCertificateChain, total);
    for (size_t i = 0; i < pile->n; i++) {
        uint32_t len = (uint32_t)pile->der[i].len;

        wire_put(&block, &len, sizeof len);
        wire_put_span(&block, pile->der[i]);
    }
    out->cCertificates = (uint32_t)pile->n;
    out->cbCertificateChain = (uint32_t)total;
    return SEC_E_OK;
}

SECURITY_STATUS tls_query_remote_certificates(struct ssp_ctx *ctx, void *buffer)
{
    X509 *cert = SSL_get0_peer_certificate(ctx->ssl);
    struct tls_pile pile;
    SECURITY_STATUS status;

    if (!cert)
        return no_certificate(ctx, false);
    if (!tls_pile_make(cert, SSL_get_peer_cert_chain(ctx->ssl), &pile))
        return SEC_E_INSUFFICIENT_MEMORY;
    status = pack_pile(&pile, buffer);
    tls_pile_clear(&pile);
    return status;
}

/* UTF-16 with its NUL, as the SDK has it; len: octets of all. */
static SECURITY_STATUS give_wide_name(const X509_NAME *name, WCHAR **out, uint32_t *len)
{
    struct wire_out count = wire_out(NULL, 0);
    char *narrow;
    SECURITY_STATUS status = tls_give_name(name, &narrow);

    if (status < 0)
        return status;
    bool is_text = utf16_put(&count, span_str(narrow));
    WCHAR *wide = tls_host->alloc(count.len + sizeof *wide);
    struct wire_out units = wire_out(wide, count.len);
    if (wide && is_text)
        (void)utf16_put(&units, span_str(narrow));
    tls_host->release(narrow);
    if (!wide)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_in in = wire_in(span_of(wide, count.len));
    for (size_t i = 0; i < count.len / sizeof *wide; i++)
        wide[i] = wire_u16le(&in);
    *out = wide;
    *len = (uint32_t)(count.len + sizeof *wide);
    return SEC_E_OK;
}

SECURITY_STATUS tls_query_local_cert_info(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_CertInfo *info = buffer;
    X509 *cert = tls_own_certificate(ctx);
    SECURITY_STATUS status;

    if (info->dwVersion != KERN_CONTEXT_CERT_INFO_V1)
        return refuse(SEC_E_INVALID_PARAMETER, "dwVersion %u, not %u", info->dwVersion,
                      KERN_CONTEXT_CERT_INFO_V1);
    if (!cert)
        return no_certificate(ctx, true);
    status =
        give_wide_name(X509_get_subject_name(cert), &info->pwszSubjectName, &info->cbSubjectName);
    if (status < 0)
        return status;
    status = give_wide_name(X509_get_issuer_name(cert), &info->pwszIssuerName, &info->cbIssuerName);
    if (status < 0) {
        tls_host->release(info->pwszSubjectName);
        info->pwszSubjectName = NULL;
        return status;
    }
    info->dwKeySize = (uint32_t)EVP_PKEY_get_bits(X509_get0_pubkey(cert));
    return SEC_E_OK;
}

static struct span der_of(X509_NAME *name)
{
    const uint8_t *der = NULL;
    size_t len = 0;

    return X509_NAME_get0_der(name, &der, &len) == 1 ? span_of(der, len) : span_of(NULL, 0);
}

/* One allocation: the array, and behind it the names. */
SECURITY_STATUS tls_query_issuers(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_IssuerListInfoEx *list = buffer;
    const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(ctx->ssl);
    int n = names ? sk_X509_NAME_num(names) : 0;
    size_t total = (size_t)n * sizeof(CERT_NAME_BLOB);

    *list = (SecPkgContext_IssuerListInfoEx){ NULL, 0 };
    if (n == 0)
        return SEC_E_OK; /* any will do */
    for (int i = 0; i < n; i++)
        total += der_of(sk_X509_NAME_value(names, i)).len;
    list->aIssuers = tls_host->alloc(total);
    if (!list->aIssuers)
        return SEC_E_INSUFFICIENT_MEMORY;
    uint8_t *at = (uint8_t *)(list->aIssuers + n);
    for (int i = 0; i < n; i++) {
        struct span der = der_of(sk_X509_NAME_value(names, i));

        memcpy(at, der.data, der.len);
        list->aIssuers[i] = (CERT_NAME_BLOB){ (uint32_t)der.len, at };
        at += der.len;
    }
    list->cIssuers = (uint32_t)n;
    return SEC_E_OK;
}
