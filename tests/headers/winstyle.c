/* SPDX-License-Identifier: Apache-2.0 */
/*
 * winstyle.c: program text in the manner of Windows programs compiles, with and without UNICODE.
 *
 * With SSP_TEST_RUN it is a program: the tables' members are called through the header's macros,
 * over functions of our own, and what arrives in an unsigned long is checked.
 */
#ifndef SECURITY_WIN32
#define SECURITY_WIN32
#endif
#include <security.h>

#include <schannel.h>

#include <stdio.h>
#include <string.h>

#define MAX_PACKAGES 8

BOOL AuthenticateClient(PSecurityFunctionTable pTable, LPTSTR pszTarget);
BOOL ProtectMessages(PSecurityFunctionTable pTable, PCtxtHandle phContext);
BOOL SEC_ENTRY DescribeStatus(SECURITY_STATUS ss, LPCTSTR *ppszText);
void FillIdentity(SEC_WINNT_AUTH_IDENTITY *pIdentity);

static TCHAR g_szPackage[] = NEGOSSP_NAME;

/* An identity in both forms, as the SDK's samples fill it. */
void FillIdentity(SEC_WINNT_AUTH_IDENTITY *pIdentity)
{
    static TCHAR szUser[] = TEXT("ada");
    static TCHAR szDomain[] = TEXT("EXAMPLE");

    memset(pIdentity, 0, sizeof(*pIdentity));
#ifdef UNICODE
    pIdentity->User = (unsigned short *)szUser;
    pIdentity->Domain = (unsigned short *)szDomain;
    pIdentity->Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
#else
    pIdentity->User = (unsigned char *)szUser;
    pIdentity->Domain = (unsigned char *)szDomain;
    pIdentity->Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
#endif
    pIdentity->UserLength = sizeof(szUser) / sizeof(szUser[0]) - 1;
    pIdentity->DomainLength = sizeof(szDomain) / sizeof(szDomain[0]) - 1;
}

/* Statuses as case labels. */
BOOL SEC_ENTRY DescribeStatus(SECURITY_STATUS ss, LPCTSTR *ppszText)
{
    switch (ss) {
    case SEC_E_OK:
        *ppszText = TEXT("done");
        return TRUE;
    case SEC_I_CONTINUE_NEEDED:
    case SEC_I_COMPLETE_AND_CONTINUE:
        *ppszText = TEXT("more to come");
        return TRUE;
    case SEC_E_INVALID_TOKEN:
        *ppszText = TEXT("bad token");
        return FALSE;
    default:
        *ppszText = TEXT("failed");
        return SEC_SUCCESS(ss);
    }
}

/* A client over a function table, with its flags in an unsigned long and in a DWORD. */
BOOL AuthenticateClient(PSecurityFunctionTable pTable, LPTSTR pszTarget)
{
    SEC_WINNT_AUTH_IDENTITY identity;
    CredHandle hCred;
    CtxtHandle hContext;
    TimeStamp tsExpiry;
    SecBuffer OutBuffer, InBuffers[2];
    SecBufferDesc OutDesc, InDesc;
    unsigned long fContextAttr = 0;
    DWORD dwContextAttr = 0;
    ULONG fContextReq = ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONFIDENTIALITY | ISC_REQ_ALLOCATE_MEMORY;
    SECURITY_STATUS ss;
    BYTE bToken[16] = { 0 };

    SecInvalidateHandle(&hCred);
    SecInvalidateHandle(&hContext);
    if (SecIsValidHandle(&hCred) || SecIsValidHandle(&hContext))
        return FALSE;

    FillIdentity(&identity);
    ss = pTable->AcquireCredentialsHandle(NULL, g_szPackage, SECPKG_CRED_OUTBOUND, NULL, &identity,
                                          NULL, NULL, &hCred, &tsExpiry);
    if (!SEC_SUCCESS(ss))
        return FALSE;
    if (tsExpiry.QuadPart == SSPI_TIME_NEVER && tsExpiry.LowPart != 0xffffffff)
        return FALSE;

    OutBuffer.cbBuffer = 0;
    OutBuffer.BufferType = SECBUFFER_TOKEN;
    OutBuffer.pvBuffer = NULL;
    OutDesc.ulVersion = SECBUFFER_VERSION;
    OutDesc.cBuffers = 1;
    OutDesc.pBuffers = &OutBuffer;
    fContextReq &= ~ISC_REQ_MUTUAL_AUTH;

    ss = pTable->InitializeSecurityContext(&hCred, NULL, pszTarget, fContextReq, 0,
                                           SECURITY_NATIVE_DREP, NULL, 0, &hContext, &OutDesc,
                                           &fContextAttr, &tsExpiry);
    if (!SEC_SUCCESS(ss))
        goto cleanup;

    InBuffers[0].cbBuffer = sizeof(bToken);
    InBuffers[0].BufferType = SECBUFFER_TOKEN | SECBUFFER_READONLY;
    InBuffers[0].pvBuffer = bToken;
    InBuffers[1].cbBuffer = 0;
    InBuffers[1].BufferType = SECBUFFER_EMPTY;
    InBuffers[1].pvBuffer = NULL;
    InDesc.ulVersion = SECBUFFER_VERSION;
    InDesc.cBuffers = 2;
    InDesc.pBuffers = InBuffers;

    ss = pTable->InitializeSecurityContext(&hCred, &hContext, pszTarget, fContextReq, 0,
                                           SECURITY_NATIVE_DREP, &InDesc, 0, NULL, &OutDesc,
                                           &dwContextAttr, NULL);
    if (ss == SEC_I_COMPLETE_NEEDED || ss == SEC_I_COMPLETE_AND_CONTINUE)
        ss = pTable->CompleteAuthToken(&hContext, &OutDesc);
    if (OutBuffer.pvBuffer != NULL)
        pTable->FreeContextBuffer(OutBuffer.pvBuffer);
    pTable->DeleteSecurityContext(&hContext);
cleanup:
    pTable->FreeCredentialHandle(&hCred);
    return SEC_SUCCESS(ss) && (fContextAttr & ISC_RET_CONFIDENTIALITY) != 0 &&
           (unsigned long)dwContextAttr == fContextAttr;
}

/* Messages, with pfQOP in every form that may stand there. */
BOOL ProtectMessages(PSecurityFunctionTable pTable, PCtxtHandle phContext)
{
    SecPkgContext_Sizes Sizes;
    SecPkgContext_NegotiationInfo NegInfo;
    SecBuffer Buffers[2] = { { 0, SECBUFFER_DATA, NULL }, { 0, SECBUFFER_TOKEN, NULL } };
    SecBufferDesc Desc = { SECBUFFER_VERSION, 2, Buffers };
    unsigned long ulQop = ~0ul, aulQop[1] = { ~0ul }, *pulQop = aulQop;
    ULONG uQop = 0;
    DWORD dwQop = 0;
    SECURITY_STATUS ss;

    ss = pTable->QueryContextAttributes(phContext, SECPKG_ATTR_SIZES, &Sizes);
    ss |= pTable->QueryContextAttributes(phContext, SECPKG_ATTR_NEGOTIATION_INFO, &NegInfo);
    ss |= pTable->MakeSignature(phContext, 0, &Desc, 0);
    ss |= pTable->EncryptMessage(phContext, SECQOP_WRAP_NO_ENCRYPT, &Desc, 0);
    ss |= pTable->DecryptMessage(phContext, &Desc, 0, &ulQop);
    ss |= pTable->DecryptMessage(phContext, &Desc, 0, pulQop++);
    ss |= (*pTable).VerifySignature(phContext, &Desc, 0, &uQop);
    ss |= pTable->VerifySignature(phContext, &Desc, 0, &dwQop);
    ss |= pTable->VerifySignature(phContext, &Desc, 0, NULL);
    ss |= pTable->VerifySignature(phContext, &Desc, 0, 0);
    ss |= pTable->VerifySignature(phContext, &Desc, 0, (void *)0);
    /* A compound literal: bare with a ULONG, in parentheses with either. */
    ss |= pTable->VerifySignature(phContext, &(SecBufferDesc){ 0, 2, Buffers }, 0, &uQop);
    ss |= pTable->VerifySignature(phContext, (&(SecBufferDesc){ 0, 2, Buffers }), 0, &ulQop);
    ss |= (pTable->VerifySignature)(phContext, &Desc, 0, &uQop);
    return ss == SEC_E_OK && ulQop == SECQOP_WRAP_NO_ENCRYPT &&
           aulQop[0] == SECQOP_WRAP_NO_ENCRYPT && pulQop == aulQop + 1 &&
           uQop == SECQOP_WRAP_NO_ENCRYPT && dwQop == SECQOP_WRAP_NO_ENCRYPT;
}

#ifndef SSP_TEST_RUN

int CallDirectly(void);

/* The same without a table, and every call that sets a ULONG with an unsigned long. */
int CallDirectly(void)
{
    PSecPkgInfo pInfo = NULL;
    unsigned long cPackages = 0, fAttr = 0, ulQop = 0, cbIdentity = 0;
    ULONG uPackages = 0;
    CredHandle hCred = { 0, 0 };
    CtxtHandle hContext = { 0, 0 };
    SecBufferDesc Desc = { SECBUFFER_VERSION, 0, NULL };
    SCHANNEL_CRED SchannelCred = { 0 };
    SCHANNEL_ALERT_TOKEN Alert = { SCHANNEL_ALERT, TLS1_ALERT_FATAL, TLS1_ALERT_CLOSE_NOTIFY };
    static const BYTE abCert[] = { 0x30, 0x00 };
    PCCERT_CONTEXT pCert = NULL, pChainCert = NULL;
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE pIdentity = NULL;
    char *pbIdentity = NULL;
    INIT_SECURITY_INTERFACE pfnInit = InitSecurityInterface;
    DECRYPT_MESSAGE_FN pfnDecrypt = DecryptMessage;
    ENUMERATE_SECURITY_PACKAGES_FN pfnEnumerate = &EnumerateSecurityPackages;
    SECURITY_STATUS(SEC_ENTRY * pfnOld)
    (PCtxtHandle, PSecBufferDesc, ULONG, PULONG) = DecryptMessage;
    PSecurityFunctionTable pTable = pfnInit();
    TimeStamp ts;
    SECURITY_STATUS ss;

    if (pTable->dwVersion < SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_2)
        return 1;
    ss = EnumerateSecurityPackages(&cPackages, &pInfo);
    ss |= EnumerateSecurityPackages(&uPackages, &pInfo);
    ss |= EnumerateSecurityPackagesA(&cPackages, NULL);
    ss |= EnumerateSecurityPackagesW(&cPackages, NULL);
    ss |= pTable->EnumerateSecurityPackages(&cPackages, &pInfo);
    ss |= QuerySecurityPackageInfo(UNISP_NAME, &pInfo);
    SchannelCred.dwVersion = SCHANNEL_CRED_VERSION;
    SchannelCred.dwFlags = SCH_CRED_NO_DEFAULT_CREDS | SCH_USE_STRONG_CRYPTO;
    pCert = CertCreateCertificateContext(X509_ASN_ENCODING | PKCS_7_ASN_ENCODING, abCert,
                                         sizeof(abCert));
    SchannelCred.cCreds = 1;
    SchannelCred.paCred = &pCert;
    SchannelCred.grbitEnabledProtocols = SP_PROT_TLS1_2_CLIENT | SP_PROT_TLS1_3_CLIENT;
    ss |= AcquireCredentialsHandle(NULL, UNISP_NAME, SECPKG_CRED_OUTBOUND, NULL, &SchannelCred,
                                   NULL, NULL, &hCred, &ts);
    ss |= InitializeSecurityContextA(&hCred, NULL, "host", 0, 0, 0, NULL, 0, &hContext, &Desc,
                                     &fAttr, &ts);
    ss |= InitializeSecurityContextW(&hCred, NULL, u"host", 0, 0, 0, NULL, 0, &hContext, &Desc,
                                     &fAttr, &ts);
    ss |= InitializeSecurityContext(&hCred, NULL, TEXT("host"), 0, 0, 0, NULL, 0, &hContext, &Desc,
                                    &fAttr, &ts);
    ss |= AcceptSecurityContext(&hCred, NULL, &Desc, ASC_REQ_ALLOCATE_MEMORY, SECURITY_NATIVE_DREP,
                                &hContext, &Desc, &fAttr, &ts);
    ss |= VerifySignature(&hContext, &Desc, 0, &ulQop);
    ss |= DecryptMessage(&hContext, &Desc, 0, &ulQop);
    ss |= UnsealMessage(&hContext, &Desc, 0, &ulQop);
    ss |= SealMessage(&hContext, 0, &Desc, 0);
    ss |= pfnDecrypt(&hContext, &Desc, 0, NULL);
    ss |= pfnOld(&hContext, &Desc, 0, &uPackages);
    ss |= pfnEnumerate(&uPackages, &pInfo);
    ss |= SspiMarshalAuthIdentity(pIdentity, &cbIdentity, &pbIdentity);
    ss |= SspiMarshalAuthIdentity(pIdentity, &uPackages, &pbIdentity);
    ss |= SspiUnmarshalAuthIdentity((ULONG)cbIdentity, pbIdentity, &pIdentity);
    SspiLocalFree(pbIdentity);
    while ((pChainCert = CertEnumCertificatesInStore(pCert->hCertStore, pChainCert)) != NULL)
        CertFreeCertificateContext(CertDuplicateCertificateContext(pChainCert));
    if (!CertFreeCertificateContext(pCert))
        return 1;
    return ss == SEC_E_OK && cPackages <= MAX_PACKAGES && Alert.dwTokenType == SCHANNEL_ALERT;
}

#else

/* Functions behind the table: each sets its ULONG and nothing beside it. */
static SECURITY_STATUS SEC_ENTRY Acquire(SECURITY_PCSTR pszPrincipal, SECURITY_PCSTR pszPackage,
                                         ULONG fCredentialUse, void *pvLogonId, void *pAuthData,
                                         SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument,
                                         PCredHandle phCredential, PTimeStamp ptsExpiry)
{
    (void)pszPrincipal, (void)pszPackage, (void)fCredentialUse, (void)pvLogonId, (void)pAuthData;
    (void)pGetKeyFn, (void)pvGetKeyArgument;
    phCredential->dwLower = phCredential->dwUpper = 1;
    ptsExpiry->QuadPart = SSPI_TIME_NEVER;
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY Initialize(PCredHandle phCredential, PCtxtHandle phContext,
                                            SECURITY_PCSTR pszTargetName, ULONG fContextReq,
                                            ULONG Reserved1, ULONG TargetDataRep,
                                            PSecBufferDesc pInput, ULONG Reserved2,
                                            PCtxtHandle phNewContext, PSecBufferDesc pOutput,
                                            SSPI_ULONG_OUT *pfContextAttr, PTimeStamp ptsExpiry)
{
    (void)phCredential, (void)phContext, (void)pszTargetName, (void)Reserved1, (void)TargetDataRep;
    (void)pInput, (void)Reserved2, (void)phNewContext, (void)pOutput, (void)ptsExpiry;
    *pfContextAttr = fContextReq;
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY OneHandle(PSecHandle phHandle)
{
    (void)phHandle;
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY Query(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer)
{
    (void)phContext, (void)ulAttribute, (void)pBuffer;
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY Protect(PCtxtHandle phContext, ULONG fQOP, PSecBufferDesc pMessage,
                                         ULONG MessageSeqNo)
{
    (void)phContext, (void)fQOP, (void)pMessage, (void)MessageSeqNo;
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY Unprotect(PCtxtHandle phContext, PSecBufferDesc pMessage,
                                           ULONG MessageSeqNo, SSPI_ULONG_OUT *pfQOP)
{
    (void)phContext, (void)pMessage, (void)MessageSeqNo;
    if (pfQOP)
        *pfQOP = SECQOP_WRAP_NO_ENCRYPT;
    return SEC_E_OK;
}

int main(void)
{
    static TCHAR szTarget[] = TEXT("host/server");
    SecurityFunctionTable Table = {
        .dwVersion = SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION,
        .AcquireCredentialsHandle = Acquire,
        .FreeCredentialHandle = OneHandle,
        .InitializeSecurityContext = Initialize,
        .DeleteSecurityContext = OneHandle,
        .QueryContextAttributes = Query,
        .MakeSignature = Protect,
        .VerifySignature = Unprotect,
        .EncryptMessage = Protect,
        .DecryptMessage = Unprotect,
    };
    CtxtHandle hContext = { 1, 1 };
    LPCTSTR pszText = NULL;

    if (!AuthenticateClient(&Table, szTarget))
        return puts("flags went wrong on their way into an unsigned long"), 1;
    if (!ProtectMessages(&Table, &hContext))
        return puts("a quality of protection went wrong on its way"), 1;
    if (!DescribeStatus(SEC_I_CONTINUE_NEEDED, &pszText) ||
        DescribeStatus(SEC_E_INVALID_TOKEN, &pszText))
        return puts("a status went wrong"), 1;
    return 0;
}

#endif
