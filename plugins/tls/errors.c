/* SPDX-License-Identifier: Apache-2.0 */
/* errors.c: alerts, certificates' faults and libssl's errors as statuses. */
#include "config.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include "plugins/tls/host.h"
#include "plugins/tls/tls.h"

/* The table of Microsoft's page on Schannel's error codes; what it lacks is ours. */
SECURITY_STATUS tls_alert_status(unsigned alert)
{
    switch (alert) {
    case TLS1_ALERT_CLOSE_NOTIFY:
        return SEC_I_CONTEXT_EXPIRED;
    case TLS1_ALERT_BAD_RECORD_MAC:
    case TLS1_ALERT_DECOMPRESSION_FAIL:
        return SEC_E_MESSAGE_ALTERED;
    case TLS1_ALERT_DECRYPTION_FAILED:
    case TLS1_ALERT_DECRYPT_ERROR:
        return SEC_E_DECRYPT_FAILURE;
    case TLS1_ALERT_BAD_CERTIFICATE:
    case TLS1_ALERT_UNSUPPORTED_CERT:
    case TLS1_ALERT_CERTIFICATE_UNKNOWN:
        return SEC_E_CERT_UNKNOWN;
    case TLS1_ALERT_CERTIFICATE_REVOKED:
        return CRYPT_E_REVOKED;
    case TLS1_ALERT_CERTIFICATE_EXPIRED:
        return SEC_E_CERT_EXPIRED;
    case TLS1_ALERT_UNKNOWN_CA:
        return SEC_E_UNTRUSTED_ROOT;
    case TLS1_ALERT_ACCESS_DENIED:
        return SEC_E_LOGON_DENIED;
    case TLS1_ALERT_PROTOCOL_VERSION:
        return SEC_E_UNSUPPORTED_FUNCTION;
    case TLS1_ALERT_INSUFFIENT_SECURITY:
        return SEC_E_ALGORITHM_MISMATCH;
    case TLS1_ALERT_INTERNAL_ERROR:
        return SEC_E_INTERNAL_ERROR;
    case TLS1_ALERT_USER_CANCELED:
        return SEC_E_UNFINISHED_CONTEXT_DELETED;
    case TLS1_ALERT_NO_APP_PROTOCOL:
        return SEC_E_APPLICATION_PROTOCOL_MISMATCH;
    case SSL_AD_CERTIFICATE_REQUIRED:
        return SEC_E_NO_CREDENTIALS;
    case SSL_AD_UNRECOGNIZED_NAME:
        return SEC_E_WRONG_PRINCIPAL;
    default:
        return SEC_E_ILLEGAL_MESSAGE;
    }
}

SECURITY_STATUS tls_verify_error_status(int error)
{
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
        return SEC_E_UNTRUSTED_ROOT;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
        return SEC_E_CERT_EXPIRED;
    case X509_V_ERR_CERT_REVOKED:
        return CRYPT_E_REVOKED;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_OCSP_VERIFY_NEEDED:
        return CRYPT_E_NO_REVOCATION_CHECK;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return SEC_E_WRONG_PRINCIPAL;
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_CERT_REJECTED:
        return SEC_E_CERT_WRONG_USAGE;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return SEC_E_ALGORITHM_MISMATCH;
    case X509_V_ERR_OUT_OF_MEM:
        return SEC_E_INSUFFICIENT_MEMORY;
    default:
        return SEC_E_CERT_UNKNOWN;
    }
}

/* What libssl calls it, without the alerts, whose reasons are SSL_AD_REASON_OFFSET and more. */
static SECURITY_STATUS reason_status(int reason)
{
    switch (reason) {
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
    case SSL_R_WRONG_SIGNATURE_TYPE:
    case SSL_R_WRONG_CIPHER_RETURNED:
    case SSL_R_WRONG_CURVE:
        return SEC_E_ALGORITHM_MISMATCH;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_UNKNOWN_PROTOCOL:
        return SEC_E_UNSUPPORTED_FUNCTION;
    case SSL_R_NO_APPLICATION_PROTOCOL:
        return SEC_E_APPLICATION_PROTOCOL_MISMATCH;
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
    case SSL_R_DECRYPTION_FAILED:
    case SSL_R_BLOCK_CIPHER_PAD_IS_WRONG:
    case SSL_R_DIGEST_CHECK_FAILED:
        return SEC_E_MESSAGE_ALTERED;
    case ERR_R_ASN1_LIB: /* what is no certificate */
    case ERR_R_X509_LIB:
        return SEC_E_CERT_UNKNOWN;
    case ERR_R_INTERNAL_ERROR:
        return SEC_E_INTERNAL_ERROR;
    case SSL_R_BAD_SIGNATURE:
        return SEC_E_DECRYPT_FAILURE;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return SEC_E_NO_CREDENTIALS;
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
        return SEC_E_INVALID_TOKEN;
    default:
        return SEC_E_ILLEGAL_MESSAGE;
    }
}

/* Reasons that all libraries share (ERR_R_*) are far above those of alerts. */
static bool is_alert(unsigned long error)
{
    int reason = ERR_GET_REASON(error);

    return ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET &&
           reason < SSL_AD_REASON_OFFSET + 256;
}

static SECURITY_STATUS error_status(const struct ssp_ctx *ctx, unsigned long error)
{
    int reason = ERR_GET_REASON(error);

    if (reason == ERR_R_MALLOC_FAILURE)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (ERR_GET_LIB(error) != ERR_LIB_SSL)
        return SEC_E_ILLEGAL_MESSAGE;
    if (reason == SSL_R_INVALID_STATUS_RESPONSE && ctx->status_fault)
        return ctx->status_fault;
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return tls_verify_error_status((int)SSL_get_verify_result(ctx->ssl));
    if (is_alert(error))
        return tls_alert_status((unsigned)(reason - SSL_AD_REASON_OFFSET));
    return reason_status(reason);
}

/* libssl's verdict: its own last error, for what other libraries found led to it. */
static unsigned long take_error(void)
{
    unsigned long error = 0, next;

    while ((next = ERR_get_error()) != 0)
        if (ERR_GET_LIB(next) == ERR_LIB_SSL || error == 0)
            error = next;
    return error;
}

void tls_forget_errors(void)
{
    if (ERR_peek_error() != 0)
        ERR_clear_error();
}

SECURITY_STATUS tls_failure(const struct ssp_ctx *ctx)
{
    unsigned long error = take_error();
    const char *words = error ? ERR_reason_error_string(error) : NULL;
    SECURITY_STATUS status = error ? error_status(ctx, error) : SEC_E_INTERNAL_ERROR;

    if (status == SEC_I_CONTEXT_EXPIRED) /* a fatal close_notify */
        status = SEC_E_ILLEGAL_MESSAGE;
    if (status == SEC_E_INSUFFICIENT_MEMORY)
        return status;
    if (ctx->ssl && ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return refuse(status, "the certificate of the %s: %s", ctx->client ? "server" : "client",
                      X509_verify_cert_error_string(SSL_get_verify_result(ctx->ssl)));
    if (is_alert(error))
        return refuse(status, "the peer gave up: %s", words ? words : "an unknown alert");
    return refuse(status, "%s", words ? words : "libssl failed without a reason");
}
