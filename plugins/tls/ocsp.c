/* SPDX-License-Identifier: Apache-2.0 */
/* ocsp.c: certificate status that a server staples to its certificate (RFC 6066 8, RFC 6960). */
#include "config.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <string.h>

#include "plugins/tls/host.h"
#include "plugins/tls/tls.h"

#define SKEW_SECONDS 300 /* between the responder's clock and ours */

/* --- a server's part ------------------------------------------------------------------------- */

static const struct tls_identity *identity_in_use(struct ssp_ctx *ctx)
{
    X509 *cert = SSL_get_certificate(ctx->ssl);

    for (size_t i = 0; i < ctx->material->n_identities; i++)
        if (ctx->material->identities[i].cert == cert)
            return &ctx->material->identities[i];
    return NULL;
}

static int staple(struct ssp_ctx *ctx)
{
    const struct tls_identity *identity = identity_in_use(ctx);
    uint8_t *copy;

    if (!identity || !identity->ocsp)
        return SSL_TLSEXT_ERR_NOACK;
    copy = OPENSSL_memdup(identity->ocsp, identity->ocsp_len);
    if (!copy)
        return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ctx->ssl, copy, (long)identity->ocsp_len);
    return SSL_TLSEXT_ERR_OK;
}

/* --- a client's part ------------------------------------------------------------------------- */

/* The name of the server's certificate in an answer, or NULL. */
static OCSP_CERTID *name_of(SSL *ssl)
{
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);

    if (sk_X509_num(chain) < 1)
        return NULL;
    return OCSP_cert_to_id(NULL, sk_X509_value(chain, 0),
                           sk_X509_value(chain, sk_X509_num(chain) > 1 ? 1 : 0));
}

static SECURITY_STATUS read_single(OCSP_BASICRESP *basic, OCSP_CERTID *name)
{
    ASN1_GENERALIZEDTIME *revoked, *from, *until;
    int verdict, reason;

    if (!OCSP_resp_find_status(basic, name, &verdict, &reason, &revoked, &from, &until))
        return refuse(CRYPT_E_NO_REVOCATION_CHECK,
                      "the stapled status is about another certificate");
    /* What was revoked once stays so, however long ago that was said. */
    if (verdict == V_OCSP_CERTSTATUS_REVOKED)
        return refuse(CRYPT_E_REVOKED, "the certificate of the server is revoked, says its "
                                       "stapled status");
    if (!OCSP_check_validity(from, until, SKEW_SECONDS, -1))
        return refuse(CRYPT_E_REVOCATION_OFFLINE, "the stapled status is out of date");
    return verdict == V_OCSP_CERTSTATUS_GOOD
               ? SEC_E_OK
               : refuse(CRYPT_E_NO_REVOCATION_CHECK, "the responder does not know the server's "
                                                     "certificate");
}

static SECURITY_STATUS read_basic(SSL *ssl, OCSP_BASICRESP *basic)
{
    X509_STORE *roots = NULL;
    OCSP_CERTID *name;
    SECURITY_STATUS status;

    (void)SSL_get0_verify_cert_store(ssl, &roots);
    if (OCSP_basic_verify(basic, SSL_get0_verified_chain(ssl), roots, 0) != 1)
        return refuse(CRYPT_E_NO_REVOCATION_CHECK, "the stapled status is signed by nobody who "
                                                   "may");
    name = name_of(ssl);
    status = name ? read_single(basic, name) : SEC_E_INTERNAL_ERROR;
    OCSP_CERTID_free(name);
    return status;
}

static SECURITY_STATUS read_answer(SSL *ssl, const uint8_t *der, long len)
{
    OCSP_RESPONSE *answer = d2i_OCSP_RESPONSE(NULL, &der, len);
    OCSP_BASICRESP *basic =
        answer && OCSP_response_status(answer) == OCSP_RESPONSE_STATUS_SUCCESSFUL
            ? OCSP_response_get1_basic(answer)
            : NULL;
    SECURITY_STATUS status =
        basic ? read_basic(ssl, basic)
              : refuse(CRYPT_E_NO_REVOCATION_CHECK, "the stapled status cannot be read");

    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(answer);
    ERR_clear_error();
    return status;
}

static bool status_is_due(const struct ssp_ctx *ctx)
{
    return ctx->status_due || ctx->cred->instance->ocsp == TLS_ASK_REQUIRE;
}

static int judge(struct ssp_ctx *ctx)
{
    const uint8_t *der = NULL;
    long len = SSL_get_tlsext_status_ocsp_resp(ctx->ssl, &der);
    SECURITY_STATUS status;

    if (ctx->manual || (!der && !status_is_due(ctx)))
        return 1;
    if (der && len > 0)
        status = read_answer(ctx->ssl, der, len);
    else
        status = refuse(CRYPT_E_NO_REVOCATION_CHECK, "the server stapled no status");
    /* A status that nobody asked for counts where it says no. */
    if (status >= 0 || (!status_is_due(ctx) && status != CRYPT_E_REVOKED))
        return 1;
    ctx->status_fault = status;
    return 0;
}

static int on_status(SSL *ssl, void *unused)
{
    struct ssp_ctx *ctx = tls_ctx_of(ssl);

    (void)unused;
    return ctx->client ? judge(ctx) : staple(ctx);
}

void tls_status_setup(SSL_CTX *ssl_ctx)
{
    SSL_CTX_set_tlsext_status_cb(ssl_ctx, on_status);
}
