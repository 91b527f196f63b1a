/* SPDX-License-Identifier: Apache-2.0 */
/* status.c: the names of status codes, and what each means in a sentence. */
#include "config.h"

#include <stddef.h>

#include "core/text.h"
#include "sspi/sspix.h"

/* Codes of other facilities that our packages return too, as far as no header has them. */
#ifndef CRYPT_E_REVOKED
#define CRYPT_E_REVOKED ((SECURITY_STATUS)0x80092010)
#endif
#ifndef CRYPT_E_NO_REVOCATION_CHECK
#define CRYPT_E_NO_REVOCATION_CHECK ((SECURITY_STATUS)0x80092012)
#endif
#ifndef CRYPT_E_REVOCATION_OFFLINE
#define CRYPT_E_REVOCATION_OFFLINE ((SECURITY_STATUS)0x80092013)
#endif
#ifndef CERT_E_EXPIRED
#define CERT_E_EXPIRED ((SECURITY_STATUS)0x800B0101)
#endif
#ifndef CERT_E_UNTRUSTEDROOT
#define CERT_E_UNTRUSTEDROOT ((SECURITY_STATUS)0x800B0109)
#endif
#ifndef CERT_E_CN_NO_MATCH
#define CERT_E_CN_NO_MATCH ((SECURITY_STATUS)0x800B010F)
#endif
#ifndef TRUST_E_CERT_SIGNATURE
#define TRUST_E_CERT_SIGNATURE ((SECURITY_STATUS)0x80096004)
#endif
#ifndef E_INVALIDARG
#define E_INVALIDARG ((SECURITY_STATUS)0x80070057)
#endif

struct status {
    SECURITY_STATUS code;
    const char *name;
    const char *text; /* NULL: an alias; the code's own name is another entry */
};

#define CODE(name, text)                                                                           \
    {                                                                                              \
        name, #name, text                                                                          \
    }
#define ALIAS(name)                                                                                \
    {                                                                                              \
        name, #name, NULL                                                                          \
    }

static const struct status known[] = {
    CODE(SEC_E_OK, "The call did what was asked."),
    CODE(SEC_I_CONTINUE_NEEDED, "Send the token to the peer and pass its answer to the next call."),
    CODE(SEC_I_COMPLETE_NEEDED, "The token must go through CompleteAuthToken before it is sent."),
    CODE(SEC_I_COMPLETE_AND_CONTINUE,
         "The token must go through CompleteAuthToken before it is sent, and an answer follows."),
    CODE(SEC_I_LOCAL_LOGON, "The logon was made with local information only."),
    CODE(SEC_I_GENERIC_EXTENSION_RECEIVED,
         "The peer sent a TLS extension that the caller asked to see."),
    CODE(SEC_I_CONTEXT_EXPIRED, "The peer has closed its side of the protected connection."),
    CODE(SEC_I_INCOMPLETE_CREDENTIALS,
         "The server asks for a client certificate and the credentials hold none."),
    CODE(SEC_I_RENEGOTIATE, "The peer wants another handshake on this connection."),
    CODE(SEC_I_NO_LSA_CONTEXT, "The context has no counterpart in the local security authority."),
    CODE(SEC_I_SIGNATURE_NEEDED,
         "A signature must be made outside before the handshake can go on."),
    CODE(SEC_I_NO_RENEGOTIATION, "The peer declined to make another handshake."),
    CODE(SEC_I_MESSAGE_FRAGMENT, "The output is one fragment of a message and more follow."),
    CODE(SEC_I_CONTINUE_NEEDED_MESSAGE_OK,
         "The exchange is not over, but messages can be protected already."),
    CODE(SEC_I_ASYNC_CALL_PENDING, "The call was begun and will finish later."),
    CODE(SEC_E_INSUFFICIENT_MEMORY,
         "There is not enough memory, or a limit on open exchanges is reached."),
    CODE(SEC_E_INVALID_HANDLE, "The handle is not a live one of the kind that the call needs."),
    CODE(SEC_E_UNSUPPORTED_FUNCTION, "The package, or the policy, does not offer this function."),
    ALIAS(SEC_E_NOT_SUPPORTED),
    CODE(SEC_E_TARGET_UNKNOWN, "The named target is not known or cannot be reached."),
    CODE(SEC_E_INTERNAL_ERROR, "Something failed that should not be able to fail."),
    ALIAS(SEC_E_NO_SPM),
    CODE(SEC_E_SECPKG_NOT_FOUND, "There is no security package of that name."),
    CODE(SEC_E_NOT_OWNER, "The caller may not change what belongs to another."),
    CODE(SEC_E_CANNOT_INSTALL, "The security package, or the manifest that names it, was refused."),
    CODE(SEC_E_INVALID_TOKEN,
         "The token is malformed, or a buffer that the call needs is missing."),
    CODE(SEC_E_CANNOT_PACK, "The data cannot be put into the form asked for."),
    CODE(SEC_E_QOP_NOT_SUPPORTED, "The context does not offer this quality of protection."),
    CODE(SEC_E_NO_IMPERSONATION, "The context does not allow the client to be impersonated."),
    CODE(SEC_E_LOGON_DENIED, "The name, the password or the key is wrong."),
    CODE(SEC_E_UNKNOWN_CREDENTIALS,
         "The credentials are of a form that the package does not know."),
    CODE(SEC_E_NO_CREDENTIALS, "There are no credentials that could be used for this."),
    CODE(SEC_E_MESSAGE_ALTERED, "The message or its signature was changed on the way."),
    CODE(SEC_E_OUT_OF_SEQUENCE, "The message or the call came out of its order."),
    CODE(SEC_E_NO_AUTHENTICATING_AUTHORITY, "No server that could vouch for the name was reached."),
    CODE(SEC_E_BAD_PKGID, "The package's number is not a valid one."),
    CODE(SEC_E_CONTEXT_EXPIRED, "The context's time is over, or the exchange took too long."),
    CODE(SEC_E_INCOMPLETE_MESSAGE, "The message is not there in full; read more and call again."),
    CODE(SEC_E_INCOMPLETE_CREDENTIALS, "The credentials lack something that the exchange needs."),
    CODE(SEC_E_BUFFER_TOO_SMALL, "The caller's buffer is too small for the result."),
    CODE(SEC_E_WRONG_PRINCIPAL, "The peer is not the one that was asked for."),
    CODE(SEC_E_TIME_SKEW, "The clocks of the two sides differ too much."),
    CODE(SEC_E_UNTRUSTED_ROOT, "The certificate chain ends in an authority that is not trusted."),
    CODE(SEC_E_ILLEGAL_MESSAGE, "The message is not one that the protocol allows here."),
    CODE(SEC_E_CERT_UNKNOWN, "The certificate could not be processed."),
    CODE(SEC_E_CERT_EXPIRED, "The certificate is past its end, or not valid yet."),
    CODE(SEC_E_ENCRYPT_FAILURE, "The message could not be encrypted."),
    CODE(SEC_E_DECRYPT_FAILURE, "The message could not be decrypted."),
    CODE(SEC_E_ALGORITHM_MISMATCH, "The two sides have no algorithm in common."),
    CODE(SEC_E_SECURITY_QOS_FAILED, "The protection that was required could not be had."),
    CODE(SEC_E_UNFINISHED_CONTEXT_DELETED, "The context was deleted before its exchange was over."),
    CODE(SEC_E_NO_TGT_REPLY,
         "The peer did not send the ticket that a user-to-user exchange needs."),
    CODE(SEC_E_NO_IP_ADDRESSES, "This host has no address to put into the request."),
    CODE(SEC_E_WRONG_CREDENTIAL_HANDLE,
         "The credentials are not the ones that the context began with."),
    CODE(SEC_E_CRYPTO_SYSTEM_INVALID, "The cryptographic system is not usable."),
    CODE(SEC_E_MAX_REFERRALS_EXCEEDED, "The request was passed on between servers too many times."),
    CODE(SEC_E_MUST_BE_KDC, "Only a key distribution centre may do this."),
    CODE(SEC_E_STRONG_CRYPTO_NOT_SUPPORTED,
         "The peer's cryptography is stronger than allowed here."),
    CODE(SEC_E_TOO_MANY_PRINCIPALS, "The message names too many principals."),
    CODE(SEC_E_NO_PA_DATA, "The reply lacks the pre-authentication data that was expected."),
    CODE(SEC_E_PKINIT_NAME_MISMATCH, "The certificate is not for the account that was asked for."),
    CODE(SEC_E_SMARTCARD_LOGON_REQUIRED, "The account can log on with a smart card only."),
    CODE(SEC_E_SHUTDOWN_IN_PROGRESS, "The system is shutting down."),
    CODE(SEC_E_KDC_INVALID_REQUEST,
         "The key distribution centre got a request that it cannot read."),
    CODE(SEC_E_KDC_UNABLE_TO_REFER,
         "The key distribution centre knows no one to refer the request to."),
    CODE(SEC_E_KDC_UNKNOWN_ETYPE, "The key distribution centre does not know the encryption type."),
    CODE(SEC_E_UNSUPPORTED_PREAUTH,
         "The server asks for a pre-authentication that is not supported."),
    CODE(SEC_E_DELEGATION_REQUIRED, "The operation needs delegated credentials."),
    CODE(SEC_E_BAD_BINDINGS, "The channel bindings of the two sides differ or are missing."),
    CODE(SEC_E_MULTIPLE_ACCOUNTS, "The certificate belongs to more than one account."),
    CODE(SEC_E_NO_KERB_KEY, "There is no key for the service that the ticket is for."),
    CODE(SEC_E_CERT_WRONG_USAGE, "The certificate may not be used for this purpose."),
    CODE(SEC_E_DOWNGRADE_DETECTED,
         "Someone tried to make the two sides agree on something weaker."),
    CODE(SEC_E_SMARTCARD_CERT_REVOKED, "The certificate on the smart card was revoked."),
    CODE(SEC_E_ISSUING_CA_UNTRUSTED, "The issuer of the client's certificate is not trusted."),
    CODE(SEC_E_REVOCATION_OFFLINE_C,
         "Whether the client's certificate was revoked could not be found out."),
    CODE(SEC_E_PKINIT_CLIENT_FAILURE, "The client's certificate was not accepted for the logon."),
    CODE(SEC_E_SMARTCARD_CERT_EXPIRED, "The certificate on the smart card is past its end."),
    CODE(SEC_E_NO_S4U_PROT_SUPPORT, "The domain's servers cannot get tickets on behalf of users."),
    CODE(SEC_E_CROSSREALM_DELEGATION_FAILURE,
         "Delegation was asked for across realms that do not allow it."),
    CODE(SEC_E_REVOCATION_OFFLINE_KDC,
         "Whether the server's certificate was revoked could not be found out."),
    CODE(SEC_E_ISSUING_CA_UNTRUSTED_KDC,
         "The issuer of the domain controller's certificate is not trusted."),
    CODE(SEC_E_KDC_CERT_EXPIRED, "The domain controller's certificate is past its end."),
    CODE(SEC_E_KDC_CERT_REVOKED, "The domain controller's certificate was revoked."),
    CODE(SEC_E_INVALID_PARAMETER, "An argument has a value that the call does not take."),
    CODE(SEC_E_DELEGATION_POLICY,
         "Policy does not allow credentials to be delegated to this server."),
    CODE(SEC_E_POLICY_NLTM_ONLY, "Policy allows credentials to go to this server with NTLM only."),
    CODE(SEC_E_NO_CONTEXT, "The security package has no context yet."),
    CODE(SEC_E_PKU2U_CERT_FAILURE, "A peer-to-peer logon with certificates failed."),
    CODE(SEC_E_MUTUAL_AUTH_FAILED, "The peer did not prove its own identity."),
    CODE(SEC_E_ONLY_HTTPS_ALLOWED, "Only secure transport may be used for this."),
    CODE(SEC_E_APPLICATION_PROTOCOL_MISMATCH,
         "The two sides have no application protocol in common."),
    CODE(SEC_E_INVALID_UPN_NAME, "The user's principal name is not well formed."),
    CODE(SEC_E_EXT_BUFFER_TOO_SMALL, "The caller's buffer is too small for the extension."),
    CODE(SEC_E_INSUFFICIENT_BUFFERS, "The caller gave fewer buffers than the result needs."),
    CODE(CRYPT_E_REVOKED, "The certificate was revoked."),
    CODE(CRYPT_E_NO_REVOCATION_CHECK,
         "The certificate does not say where revocation can be looked up."),
    CODE(CRYPT_E_REVOCATION_OFFLINE,
         "The place where revocation is looked up could not be reached."),
    CODE(CERT_E_EXPIRED, "The certificate, or one above it, is not valid at this time."),
    CODE(CERT_E_UNTRUSTEDROOT, "The certificate chain ends in a root that is not trusted."),
    CODE(CERT_E_CN_NO_MATCH, "The certificate is not for the name that was asked for."),
    CODE(TRUST_E_CERT_SIGNATURE, "The signature on the certificate does not verify."),
    CODE(E_INVALIDARG, "An argument is not valid."),
};

static const struct status *find_code(SECURITY_STATUS code)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].code == code && known[i].text)
            return &known[i];
    return NULL;
}

const char *sspi_status_name(SECURITY_STATUS status)
{
    const struct status *s = find_code(status);
    return s ? s->name : NULL;
}

const char *sspi_status_text(SECURITY_STATUS status)
{
    const struct status *s = find_code(status);
    return s ? s->text : NULL;
}

bool sspi_status_find(const char *name, SECURITY_STATUS *status)
{
    if (!name || !status)
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (text_same_name(span_str(name), span_str(known[i].name))) {
            *status = known[i].code;
            return true;
        }
    }
    return false;
}
