/* SPDX-License-Identifier: Apache-2.0 */
/* front-context.c: the exported calls on contexts and messages, A and W. */
#define SSPI_NO_ULONG_COMPAT
#include "config.h"

#include "core/front.h"

#include "core/attributes.h"
#include "core/context.h"
#include "core/message.h"
#include "core/trace.h"

static SECURITY_STATUS no_handle(void)
{
    return trace_refuse(SEC_E_INVALID_HANDLE, "the context handle is NULL");
}

/* --- the exchange --------------------------------------------------------------------------- */

/*
 * A name that is sent must be proper Unicode: what UTF-8 inside keeps of unpaired surrogates
 * (ED A0..BF) belongs to passwords only.
 */
static bool is_proper(struct span text)
{
    for (size_t i = 0; i + 1 < text.len; i++)
        if (text.data[i] == 0xed && text.data[i + 1] >= 0xa0)
            return false;
    return text_is_utf8(text);
}

/* status: what is wrong already.  However it fails, nothing stays that looks like a token. */
static SECURITY_STATUS step(struct ctx_leg *leg, SECURITY_STATUS status, PTimeStamp expiry,
                            SSPI_ULONG_OUT *attributes)
{
    if (status >= 0 && !attributes)
        status = trace_refuse(SEC_E_INVALID_PARAMETER, "pfContextAttr is NULL");
    else if (status >= 0 && leg->target.data && !is_proper(leg->target))
        status = trace_refuse(SEC_E_TARGET_UNKNOWN, "the target name is not valid text");
    status = status < 0 ? ctx_refuse(leg, status) : ctx_step(leg);
    if (attributes)
        *attributes = leg->granted;
    put_time(expiry, leg->expiry);
    return status;
}

static struct ctx_leg client_leg(PCredHandle credential, PCtxtHandle context, LPCSTR target,
                                 ULONG request, PSecBufferDesc input, PCtxtHandle new_context,
                                 PSecBufferDesc output)
{
    struct ctx_leg leg = {
        .initiator = true,
        .has_credential = credential,
        .has_context = context,
        .target = span_str(target),
        .request = request,
        .input = input,
        .output = output,
        .new_context = new_context,
    };

    if (credential)
        leg.credential = *credential;
    if (context)
        leg.context = *context;
    return leg;
}

SECURITY_STATUS SEC_ENTRY InitializeSecurityContextA(
    PCredHandle phCredential, PCtxtHandle phContext, LPCSTR pszTargetName, ULONG fContextReq,
    ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
    PCtxtHandle phNewContext, PSecBufferDesc pOutput, SSPI_ULONG_OUT *pfContextAttr,
    PTimeStamp ptsExpiry)
{
    struct ctx_leg leg = client_leg(phCredential, phContext, pszTargetName, fContextReq, pInput,
                                    phNewContext, pOutput);

    (void)Reserved1;
    (void)TargetDataRep; /* tokens of all packages have a byte order of their own */
    (void)Reserved2;
    return step(&leg, SEC_E_OK, ptsExpiry, pfContextAttr);
}

SECURITY_STATUS SEC_ENTRY InitializeSecurityContextW(
    PCredHandle phCredential, PCtxtHandle phContext, LPCWSTR pszTargetName, ULONG fContextReq,
    ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
    PCtxtHandle phNewContext, PSecBufferDesc pOutput, SSPI_ULONG_OUT *pfContextAttr,
    PTimeStamp ptsExpiry)
{
    NARROW_AUTO target = narrow(pszTargetName);
    struct ctx_leg leg = client_leg(phCredential, phContext, target.text, fContextReq, pInput,
                                    phNewContext, pOutput);

    (void)Reserved1;
    (void)TargetDataRep;
    (void)Reserved2;
    return step(&leg, target.failed ? SEC_E_INSUFFICIENT_MEMORY : SEC_E_OK, ptsExpiry,
                pfContextAttr);
}

SECURITY_STATUS SEC_ENTRY AcceptSecurityContext(PCredHandle phCredential, PCtxtHandle phContext,
                                                PSecBufferDesc pInput, ULONG fContextReq,
                                                ULONG TargetDataRep, PCtxtHandle phNewContext,
                                                PSecBufferDesc pOutput,
                                                SSPI_ULONG_OUT *pfContextAttr, PTimeStamp ptsExpiry)
{
    struct ctx_leg leg = {
        .has_credential = phCredential,
        .has_context = phContext,
        .request = fContextReq,
        .input = pInput,
        .output = pOutput,
        .new_context = phNewContext,
    };

    if (phCredential)
        leg.credential = *phCredential;
    if (phContext)
        leg.context = *phContext;
    (void)TargetDataRep;
    return step(&leg, SEC_E_OK, ptsExpiry, pfContextAttr);
}

SECURITY_STATUS SEC_ENTRY CompleteAuthToken(PCtxtHandle phContext, PSecBufferDesc pToken)
{
    return phContext ? ctx_complete(*phContext, pToken) : no_handle();
}

SECURITY_STATUS SEC_ENTRY ApplyControlToken(PCtxtHandle phContext, PSecBufferDesc pInput)
{
    return phContext ? ctx_control(*phContext, pInput) : no_handle();
}

SECURITY_STATUS SEC_ENTRY DeleteSecurityContext(PCtxtHandle phContext)
{
    return phContext ? ctx_delete(*phContext) : no_handle();
}

/* --- attributes ----------------------------------------------------------------------------- */

SECURITY_STATUS SEC_ENTRY QueryContextAttributesA(PCtxtHandle phContext, ULONG ulAttribute,
                                                  void *pBuffer)
{
    return phContext ? attr_query(*phContext, ulAttribute, pBuffer, 0) : no_handle();
}

SECURITY_STATUS SEC_ENTRY QueryContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute,
                                                  void *pBuffer)
{
    SECURITY_STATUS status = QueryContextAttributesA(phContext, ulAttribute, pBuffer);

    return status >= 0 && attr_widen_context(ulAttribute, pBuffer) < 0 ? SEC_E_INSUFFICIENT_MEMORY
                                                                       : status;
}

SECURITY_STATUS SEC_ENTRY QueryContextAttributesExA(PCtxtHandle phContext, ULONG ulAttribute,
                                                    void *pBuffer, ULONG cbBuffer)
{
    if (!phContext)
        return no_handle();
    SECURITY_STATUS status = attr_check_size(ulAttribute, cbBuffer);
    return status < 0 ? status : attr_query(*phContext, ulAttribute, pBuffer, cbBuffer);
}

SECURITY_STATUS SEC_ENTRY QueryContextAttributesExW(PCtxtHandle phContext, ULONG ulAttribute,
                                                    void *pBuffer, ULONG cbBuffer)
{
    SECURITY_STATUS status =
        QueryContextAttributesExA(phContext, ulAttribute, pBuffer, cbBuffer);

    return status >= 0 && attr_widen_context(ulAttribute, pBuffer) < 0 ? SEC_E_INSUFFICIENT_MEMORY
                                                                       : status;
}

SECURITY_STATUS SEC_ENTRY SetContextAttributesA(PCtxtHandle phContext, ULONG ulAttribute,
                                                void *pBuffer, ULONG cbBuffer)
{
    return phContext ? attr_set(*phContext, ulAttribute, pBuffer, cbBuffer) : no_handle();
}

SECURITY_STATUS SEC_ENTRY SetContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute,
                                                void *pBuffer, ULONG cbBuffer)
{
    return SetContextAttributesA(phContext, ulAttribute, pBuffer, cbBuffer);
}

/* --- acting for the peer -------------------------------------------------------------------- */

SECURITY_STATUS SEC_ENTRY ImpersonateSecurityContext(PCtxtHandle phContext)
{
    return phContext ? ctx_impersonate(*phContext) : no_handle();
}

SECURITY_STATUS SEC_ENTRY RevertSecurityContext(PCtxtHandle phContext)
{
    return phContext ? ctx_impersonate(*phContext) : no_handle();
}

SECURITY_STATUS SEC_ENTRY QuerySecurityContextToken(PCtxtHandle phContext, void **Token)
{
    if (!phContext)
        return no_handle();
    if (!Token)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "no place for the token");
    *Token = NULL;
    return ctx_token(*phContext, Token);
}

/* --- messages ------------------------------------------------------------------------------- */

SECURITY_STATUS SEC_ENTRY MakeSignature(PCtxtHandle phContext, ULONG fQOP, PSecBufferDesc pMessage,
                                        ULONG MessageSeqNo)
{
    return phContext ? msg_sign(*phContext, fQOP, pMessage, MessageSeqNo) : no_handle();
}

SECURITY_STATUS SEC_ENTRY VerifySignature(PCtxtHandle phContext, PSecBufferDesc pMessage,
                                          ULONG MessageSeqNo, SSPI_ULONG_OUT *pfQOP)
{
    uint32_t qop = 0;
    SECURITY_STATUS status =
        phContext ? msg_verify(*phContext, pMessage, MessageSeqNo, &qop) : no_handle();

    if (pfQOP)
        *pfQOP = qop;
    return status;
}

SECURITY_STATUS SEC_ENTRY EncryptMessage(PCtxtHandle phContext, ULONG fQOP, PSecBufferDesc pMessage,
                                         ULONG MessageSeqNo)
{
    return phContext ? msg_encrypt(*phContext, fQOP, pMessage, MessageSeqNo) : no_handle();
}

SECURITY_STATUS SEC_ENTRY DecryptMessage(PCtxtHandle phContext, PSecBufferDesc pMessage,
                                         ULONG MessageSeqNo, SSPI_ULONG_OUT *pfQOP)
{
    uint32_t qop = 0;
    SECURITY_STATUS status =
        phContext ? msg_decrypt(*phContext, pMessage, MessageSeqNo, &qop) : no_handle();

    if (pfQOP)
        *pfQOP = qop;
    return status;
}

/* The older names of the system of origin; the same calls. */
SECURITY_STATUS SEC_ENTRY SealMessage(PCtxtHandle phContext, ULONG fQOP, PSecBufferDesc pMessage,
                                      ULONG MessageSeqNo)
{
    return EncryptMessage(phContext, fQOP, pMessage, MessageSeqNo);
}

SECURITY_STATUS SEC_ENTRY UnsealMessage(PCtxtHandle phContext, PSecBufferDesc pMessage,
                                        ULONG MessageSeqNo, SSPI_ULONG_OUT *pfQOP)
{
    return DecryptMessage(phContext, pMessage, MessageSeqNo, pfQOP);
}

/* --- contexts as bytes ---------------------------------------------------------------------- */

SECURITY_STATUS SEC_ENTRY ExportSecurityContext(PCtxtHandle phContext, ULONG fFlags,
                                                PSecBuffer pPackedContext, void **pToken)
{
    if (!phContext)
        return no_handle();
    if (!pPackedContext)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "no place for the packed context");
    if (pToken)
        *pToken = NULL;
    return ctx_export(*phContext, fFlags, pPackedContext, pToken);
}

SECURITY_STATUS SEC_ENTRY ImportSecurityContextA(LPCSTR pszPackage, PSecBuffer pPackedContext,
                                                 void *Token, PCtxtHandle phContext)
{
    CtxtHandle made;

    (void)Token;
    if (!phContext)
        return no_handle();
    if (!pPackedContext || (!pPackedContext->pvBuffer && pPackedContext->cbBuffer > 0))
        return trace_refuse(SEC_E_INVALID_TOKEN, "no packed context");
    SecInvalidateHandle(&made);
    SECURITY_STATUS status = ctx_import(span_str(pszPackage), pPackedContext, &made);
    *phContext = made;
    return status;
}

SECURITY_STATUS SEC_ENTRY ImportSecurityContextW(LPCWSTR pszPackage, PSecBuffer pPackedContext,
                                                 void *Token, PCtxtHandle phContext)
{
    NARROW_AUTO package = narrow(pszPackage);

    if (phContext)
        SecInvalidateHandle(phContext);
    if (package.failed)
        return SEC_E_INSUFFICIENT_MEMORY;
    return ImportSecurityContextA(package.text, pPackedContext, Token, phContext);
}
