/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schannel.h: the TLS package's credentials, control tokens and attributes.
 *
 * Names, values and layouts are those of the Windows SDK's schannel.h, and what it needs of
 * wincrypt.h.  A program with these basic types of its own (ALG_ID, CERT_CONTEXT,
 * UNICODE_STRING, ...) defines SSPI_NO_WINCRYPT_TYPES before this header.
 * Ownership, text, times and threads are as sspi.h says.  Sizes are in octets.
 *
 * Handshake.  A client begins with no input and its host name as target.  Later each step takes
 * TOKEN (what was read) and EMPTY, and gives TOKEN and, if offered, ALERT; a server does so from
 * the start.  After the step:
 *
 *   the EMPTY is EXTRA          its cbBuffer trailing octets of TOKEN were not used: pass them to
 *                               the next step or, once complete, to DecryptMessage
 *   SEC_E_INCOMPLETE_MESSAGE    nothing was used: read more behind what there is, and repeat.  The
 *                               EMPTY may be MISSING, with the octets that are wanted at least.  On
 *                               a server's first step there is no context yet
 *   SEC_I_INCOMPLETE_CREDENTIALS  a client's server asks for a certificate: repeat the step with
 *                               another credential, or with ISC_REQ_USE_SUPPLIED_CREDS to go on
 *                               without one
 *   another failure             send TOKEN if it holds an alert, then delete the context
 *
 * Data.  EncryptMessage and DecryptMessage take four buffers, as sspi.h says, and one record at a
 * time.  To close: ApplyControlToken with SCHANNEL_SHUTDOWN, a step without input, send its TOKEN,
 * DeleteSecurityContext.
 *
 * Sources: Windows SDK schannel.h and Microsoft's pages on Schannel; RFC 8446, RFC 5246.
 */
#ifndef SSPI_SCHANNEL_H
#define SSPI_SCHANNEL_H

#include "sspi.h"

/* ---- Names -------------------------------------------------------------------------------- */

/* All of them stand for one package; the old ones are kept for old programs. */
#define UNISP_NAME_A "Microsoft Unified Security Protocol Provider"
#define UNISP_NAME_W u"Microsoft Unified Security Protocol Provider"
#define SCHANNEL_NAME_A "Schannel"
#define SCHANNEL_NAME_W u"Schannel"
#define DEFAULT_TLS_SSP_NAME_A "Default TLS SSP"
#define DEFAULT_TLS_SSP_NAME_W u"Default TLS SSP"
#define TLS1SP_NAME_A "Microsoft TLS 1.0"
#define TLS1SP_NAME_W u"Microsoft TLS 1.0"
#define SSL3SP_NAME_A "Microsoft SSL 3.0"
#define SSL3SP_NAME_W u"Microsoft SSL 3.0"
#define SSL2SP_NAME_A "Microsoft SSL 2.0"
#define SSL2SP_NAME_W u"Microsoft SSL 2.0"
#define PCT1SP_NAME_A "Microsoft PCT 1.0"
#define PCT1SP_NAME_W u"Microsoft PCT 1.0"

#ifdef UNICODE
#define UNISP_NAME UNISP_NAME_W
#define SCHANNEL_NAME SCHANNEL_NAME_W
#define DEFAULT_TLS_SSP_NAME DEFAULT_TLS_SSP_NAME_W
#define TLS1SP_NAME TLS1SP_NAME_W
#define SSL3SP_NAME SSL3SP_NAME_W
#define SSL2SP_NAME SSL2SP_NAME_W
#define PCT1SP_NAME PCT1SP_NAME_W
#else
#define UNISP_NAME UNISP_NAME_A
#define SCHANNEL_NAME SCHANNEL_NAME_A
#define DEFAULT_TLS_SSP_NAME DEFAULT_TLS_SSP_NAME_A
#define TLS1SP_NAME TLS1SP_NAME_A
#define SSL3SP_NAME SSL3SP_NAME_A
#define SSL2SP_NAME SSL2SP_NAME_A
#define PCT1SP_NAME PCT1SP_NAME_A
#endif

#define UNISP_RPC_ID 14u /* SecPkgInfo.wRPCID */

/* ---- Types of wincrypt.h ------------------------------------------------------------------ */

#ifndef SSPI_NO_WINCRYPT_TYPES

typedef unsigned int ALG_ID;  /* CALG_* */
typedef void *HCERTSTORE;     /* a collection of certificates; opaque */
typedef ULONG_PTR HCRYPTPROV; /* a key's provider; opaque */

/* Text of Length octets, not characters, and not terminated. */
typedef struct _UNICODE_STRING {
    USHORT Length;        /* octets */
    USHORT MaximumLength; /* octets at Buffer */
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;

/* A DER name or any other octets. */
typedef struct _CRYPTOAPI_BLOB {
    DWORD cbData;
    BYTE *pbData;
} CERT_NAME_BLOB, *PCERT_NAME_BLOB;

struct _CERT_INFO; /* a parsed certificate; not filled in here */

/*
 * A certificate.  Of those that a program passes in, dwCertEncodingType, pbCertEncoded,
 * cbCertEncoded and hCertStore are read.  Of those that a call gives, pCertInfo is NULL and
 * hCertStore stands for the certificates that came with it, itself among them; it is opaque and
 * lives as long as any of them.  They are for CertFreeCertificateContext and not to be changed;
 * a copy of the structure is a certificate of the program's own, without a private key.
 */
typedef struct _CERT_CONTEXT {
    DWORD dwCertEncodingType; /* X509_ASN_ENCODING */
    BYTE *pbCertEncoded;      /* DER */
    DWORD cbCertEncoded;
    struct _CERT_INFO *pCertInfo;
    HCERTSTORE hCertStore;
} CERT_CONTEXT, *PCERT_CONTEXT;
typedef const CERT_CONTEXT *PCCERT_CONTEXT;

#define X509_ASN_ENCODING 0x00000001u
#define PKCS_7_ASN_ENCODING 0x00010000u

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A certificate of DER that the program has; the bytes are copied.  It is alone in its hCertStore
 * and has no private key.  See sspi_open_certificate (sspix.h) for certificates in files.
 * NULL: dwCertEncodingType is without X509_ASN_ENCODING, the bytes are not one whole DER SEQUENCE,
 * or there is no memory.  What is inside the SEQUENCE is for those to check who use it.
 */
SSPI_API PCCERT_CONTEXT SEC_ENTRY CertCreateCertificateContext(DWORD dwCertEncodingType,
                                                               const BYTE *pbCertEncoded,
                                                               DWORD cbCertEncoded);

/*
 * One more reference to a certificate that a call gave: the same pointer, to be freed once more.
 * A certificate of the program's own is copied by its DER, as CertCreateCertificateContext does.
 * NULL: NULL was passed, or there was nothing to copy, or no memory.
 */
SSPI_API PCCERT_CONTEXT SEC_ENTRY CertDuplicateCertificateContext(PCCERT_CONTEXT pCertContext);

/*
 * Drop a reference to a certificate that a call gave, as FreeContextBuffer does.  Always TRUE, as
 * on Windows; NULL, and what is not such, do nothing.
 */
SSPI_API BOOL SEC_ENTRY CertFreeCertificateContext(PCCERT_CONTEXT pCertContext);

/*
 * The certificates of an hCertStore that a call gave, one after the other: the first with NULL,
 * the next with the one before, which is freed.  Each is to be freed, unless it is passed in
 * again.  NULL: that was the last one; or hCertStore is none of ours, or pPrevCertContext none of
 * hCertStore's.  No memory is needed.
 */
SSPI_API PCCERT_CONTEXT SEC_ENTRY CertEnumCertificatesInStore(HCERTSTORE hCertStore,
                                                              PCCERT_CONTEXT pPrevCertContext);

#ifdef __cplusplus
}
#endif

/* What SecPkgContext_ConnectionInfo names algorithms by. */
#define CALG_MD5 0x00008003u
#define CALG_SHA1 0x00008004u
#define CALG_SHA_256 0x0000800Cu
#define CALG_SHA_384 0x0000800Du
#define CALG_SHA_512 0x0000800Eu
#define CALG_3DES 0x00006603u
#define CALG_AES_128 0x0000660Eu
#define CALG_AES_192 0x0000660Fu
#define CALG_AES_256 0x00006610u
#define CALG_RC4 0x00006801u
#define CALG_RSA_KEYX 0x0000A400u
#define CALG_DH_EPHEM 0x0000AA02u
#define CALG_ECDH 0x0000AA05u
#define CALG_ECDH_EPHEM 0x0000AE06u

#endif /* SSPI_NO_WINCRYPT_TYPES */

/* ---- Protocols ---------------------------------------------------------------------------- */

/*
 * One bit for each version and role.  0 in a credential: the system's choice.  Bits of the other
 * role are ignored; if none is left, AcquireCredentialsHandle gives SEC_E_ALGORITHM_MISMATCH.
 * Versions before TLS 1.0 have numbers and no code.  The composites are those of the newest SDK.
 */
#define SP_PROT_NONE 0x00000000u
#define SP_PROT_ALL 0xFFFFFFFFu

#define SP_PROT_PCT1_SERVER 0x00000001u
#define SP_PROT_PCT1_CLIENT 0x00000002u
#define SP_PROT_SSL2_SERVER 0x00000004u
#define SP_PROT_SSL2_CLIENT 0x00000008u
#define SP_PROT_SSL3_SERVER 0x00000010u
#define SP_PROT_SSL3_CLIENT 0x00000020u
#define SP_PROT_TLS1_0_SERVER 0x00000040u
#define SP_PROT_TLS1_0_CLIENT 0x00000080u
#define SP_PROT_TLS1_1_SERVER 0x00000100u
#define SP_PROT_TLS1_1_CLIENT 0x00000200u
#define SP_PROT_TLS1_2_SERVER 0x00000400u
#define SP_PROT_TLS1_2_CLIENT 0x00000800u
#define SP_PROT_TLS1_3_SERVER 0x00001000u
#define SP_PROT_TLS1_3_CLIENT 0x00002000u
#define SP_PROT_DTLS1_0_SERVER 0x00010000u
#define SP_PROT_DTLS1_0_CLIENT 0x00020000u
#define SP_PROT_DTLS1_2_SERVER 0x00040000u
#define SP_PROT_DTLS1_2_CLIENT 0x00080000u
#define SP_PROT_UNI_SERVER 0x40000000u
#define SP_PROT_UNI_CLIENT 0x80000000u

/* Both roles of a version. */
#define SP_PROT_PCT1 (SP_PROT_PCT1_SERVER | SP_PROT_PCT1_CLIENT)
#define SP_PROT_SSL2 (SP_PROT_SSL2_SERVER | SP_PROT_SSL2_CLIENT)
#define SP_PROT_SSL3 (SP_PROT_SSL3_SERVER | SP_PROT_SSL3_CLIENT)
#define SP_PROT_TLS1_0 (SP_PROT_TLS1_0_SERVER | SP_PROT_TLS1_0_CLIENT)
#define SP_PROT_TLS1_1 (SP_PROT_TLS1_1_SERVER | SP_PROT_TLS1_1_CLIENT)
#define SP_PROT_TLS1_2 (SP_PROT_TLS1_2_SERVER | SP_PROT_TLS1_2_CLIENT)
#define SP_PROT_TLS1_3 (SP_PROT_TLS1_3_SERVER | SP_PROT_TLS1_3_CLIENT)
#define SP_PROT_DTLS1_0 (SP_PROT_DTLS1_0_SERVER | SP_PROT_DTLS1_0_CLIENT)
#define SP_PROT_DTLS1_2 (SP_PROT_DTLS1_2_SERVER | SP_PROT_DTLS1_2_CLIENT)
#define SP_PROT_UNI (SP_PROT_UNI_SERVER | SP_PROT_UNI_CLIENT)

/* Older names of the 1.0 versions. */
#define SP_PROT_TLS1_SERVER SP_PROT_TLS1_0_SERVER
#define SP_PROT_TLS1_CLIENT SP_PROT_TLS1_0_CLIENT
#define SP_PROT_TLS1 SP_PROT_TLS1_0
#define SP_PROT_DTLS_SERVER SP_PROT_DTLS1_0_SERVER
#define SP_PROT_DTLS_CLIENT SP_PROT_DTLS1_0_CLIENT
#define SP_PROT_DTLS SP_PROT_DTLS1_0

/* Every TLS 1.x; TLS 1.1, or 1.3, and later; every DTLS. */
#define SP_PROT_TLS1_X_SERVER                                                                      \
    (SP_PROT_TLS1_0_SERVER | SP_PROT_TLS1_1_SERVER | SP_PROT_TLS1_2_SERVER | SP_PROT_TLS1_3_SERVER)
#define SP_PROT_TLS1_X_CLIENT                                                                      \
    (SP_PROT_TLS1_0_CLIENT | SP_PROT_TLS1_1_CLIENT | SP_PROT_TLS1_2_CLIENT | SP_PROT_TLS1_3_CLIENT)
#define SP_PROT_TLS1_X (SP_PROT_TLS1_X_SERVER | SP_PROT_TLS1_X_CLIENT)
#define SP_PROT_TLS1_1PLUS_SERVER                                                                  \
    (SP_PROT_TLS1_1_SERVER | SP_PROT_TLS1_2_SERVER | SP_PROT_TLS1_3_SERVER)
#define SP_PROT_TLS1_1PLUS_CLIENT                                                                  \
    (SP_PROT_TLS1_1_CLIENT | SP_PROT_TLS1_2_CLIENT | SP_PROT_TLS1_3_CLIENT)
#define SP_PROT_TLS1_1PLUS (SP_PROT_TLS1_1PLUS_SERVER | SP_PROT_TLS1_1PLUS_CLIENT)
#define SP_PROT_TLS1_3PLUS_SERVER SP_PROT_TLS1_3_SERVER
#define SP_PROT_TLS1_3PLUS_CLIENT SP_PROT_TLS1_3_CLIENT
#define SP_PROT_TLS1_3PLUS (SP_PROT_TLS1_3PLUS_SERVER | SP_PROT_TLS1_3PLUS_CLIENT)
#define SP_PROT_DTLS1_X_SERVER (SP_PROT_DTLS1_0_SERVER | SP_PROT_DTLS1_2_SERVER)
#define SP_PROT_DTLS1_X_CLIENT (SP_PROT_DTLS1_0_CLIENT | SP_PROT_DTLS1_2_CLIENT)
#define SP_PROT_DTLS1_X (SP_PROT_DTLS1_X_SERVER | SP_PROT_DTLS1_X_CLIENT)

/* With SSL 3.0. */
#define SP_PROT_SSL3TLS1_SERVERS (SP_PROT_TLS1_SERVER | SP_PROT_SSL3_SERVER)
#define SP_PROT_SSL3TLS1_CLIENTS (SP_PROT_TLS1_CLIENT | SP_PROT_SSL3_CLIENT)
#define SP_PROT_SSL3TLS1 (SP_PROT_SSL3 | SP_PROT_TLS1)
#define SP_PROT_SSL3TLS1_X_SERVERS (SP_PROT_TLS1_X_SERVER | SP_PROT_SSL3_SERVER)
#define SP_PROT_SSL3TLS1_X_CLIENTS (SP_PROT_TLS1_X_CLIENT | SP_PROT_SSL3_CLIENT)
#define SP_PROT_SSL3TLS1_X (SP_PROT_SSL3 | SP_PROT_TLS1_X)

/* A role: as the first SDKs had it, and with every version. */
#define SP_PROT_SERVERS                                                                            \
    (SP_PROT_PCT1_SERVER | SP_PROT_SSL2_SERVER | SP_PROT_SSL3_SERVER | SP_PROT_TLS1_SERVER |       \
     SP_PROT_UNI_SERVER)
#define SP_PROT_CLIENTS                                                                            \
    (SP_PROT_PCT1_CLIENT | SP_PROT_SSL2_CLIENT | SP_PROT_SSL3_CLIENT | SP_PROT_TLS1_CLIENT |       \
     SP_PROT_UNI_CLIENT)
#define SP_PROT_X_SERVERS (SP_PROT_SERVERS | SP_PROT_TLS1_X_SERVER | SP_PROT_DTLS1_X_SERVER)
#define SP_PROT_X_CLIENTS (SP_PROT_CLIENTS | SP_PROT_TLS1_X_CLIENT | SP_PROT_DTLS1_X_CLIENT)

/* ---- Credentials -------------------------------------------------------------------------- */

struct _HMAPPER; /* Windows' account mappers; not used */

/*
 * AcquireCredentialsHandle's pAuthData, the older form.  The first word tells the forms apart.
 * All is copied.  NULL in place of it stands for the defaults.  A server needs a certificate with
 * its key (SEC_E_NO_CREDENTIALS); contradictions give SEC_E_UNKNOWN_CREDENTIALS.
 */
typedef struct _SCHANNEL_CRED {
    DWORD dwVersion;        /* SCHANNEL_CRED_VERSION */
    DWORD cCreds;           /* certificates at paCred, at most SCH_CRED_MAX_SUPPORTED_CERTS */
    PCCERT_CONTEXT *paCred; /* best first */
    HCERTSTORE hRootStore;  /* roots to trust, of a server's clients; NULL: the system's */
    DWORD cMappers;         /* 0 */
    struct _HMAPPER **aphMappers;
    DWORD cSupportedAlgs; /* 0: all */
    ALG_ID *palgSupportedAlgs;
    DWORD grbitEnabledProtocols;   /* SP_PROT_*; 0: the system's choice */
    DWORD dwMinimumCipherStrength; /* bits; 0: the system's choice, -1: no encryption will do */
    DWORD dwMaximumCipherStrength; /* bits; 0: the system's choice */
    DWORD dwSessionLifespan;       /* milliseconds a session may be resumed; 0: the default */
    DWORD dwFlags;                 /* SCH_* */
    DWORD dwCredFormat;            /* SCH_CRED_FORMAT_CERT_CONTEXT */
} SCHANNEL_CRED, *PSCHANNEL_CRED;

/* What an entry of CRYPTO_SETTINGS is about. */
typedef enum _eTlsAlgorithmUsage {
    TlsParametersCngAlgUsageKeyExchange = 0, /* RSA, ECDHE, DHE */
    TlsParametersCngAlgUsageSignature = 1,   /* RSA, ECDSA */
    TlsParametersCngAlgUsageCipher = 2,      /* AES */
    TlsParametersCngAlgUsageDigest = 3,      /* of the cipher suite: SHA256 */
    TlsParametersCngAlgUsageCertSig = 4      /* what certificates are signed with */
} eTlsAlgorithmUsage;

/* An algorithm to switch off. */
typedef struct _CRYPTO_SETTINGS {
    eTlsAlgorithmUsage eAlgorithmUsage;
    UNICODE_STRING strCngAlgId; /* CNG's name for it */
    DWORD cChainingModes;       /* 0: all; at most SCH_CRED_MAX_SUPPORTED_CHAINING_MODES */
    PUNICODE_STRING rgstrChainingModes;
    DWORD dwMinBitLength; /* keys of fewer bits are off; 0: no bound */
    DWORD dwMaxBitLength; /* keys of more bits are off; 0: no bound */
} CRYPTO_SETTINGS, *PCRYPTO_SETTINGS;

/* What is switched off, for all connections or for some application protocols. */
typedef struct _TLS_PARAMETERS {
    DWORD cAlpnIds; /* 0: for all; at most SCH_CRED_MAX_SUPPORTED_ALPN_IDS */
    PUNICODE_STRING rgstrAlpnIds;
    DWORD grbitDisabledProtocols; /* SP_PROT_* */
    DWORD cDisabledCrypto;        /* at most SCH_CRED_MAX_SUPPORTED_CRYPTO_SETTINGS */
    PCRYPTO_SETTINGS pDisabledCrypto;
    DWORD dwFlags; /* TLS_PARAMS_OPTIONAL */
} TLS_PARAMETERS, *PTLS_PARAMETERS;

#define TLS_PARAMS_OPTIONAL 0x00000001u /* the system's policy may overrule the entry */

/* The newer form, which TLS 1.3 on Windows needs: it says what is off, not what is on. */
typedef struct _SCH_CREDENTIALS {
    DWORD dwVersion; /* SCH_CREDENTIALS_VERSION */
    DWORD dwCredFormat;
    DWORD cCreds;
    PCCERT_CONTEXT *paCred;
    HCERTSTORE hRootStore;
    DWORD cMappers;
    struct _HMAPPER **aphMappers;
    DWORD dwSessionLifespan; /* milliseconds */
    DWORD dwFlags;
    DWORD cTlsParameters; /* at most SCH_CRED_MAX_SUPPORTED_PARAMETERS */
    PTLS_PARAMETERS pTlsParameters;
} SCH_CREDENTIALS, *PSCH_CREDENTIALS;

#define SCH_CRED_V1 1u /* the first three are refused */
#define SCH_CRED_V2 2u
#define SCH_CRED_VERSION SCH_CRED_V2
#define SCH_CRED_V3 3u
#define SCHANNEL_CRED_VERSION 4u
#define SCH_CREDENTIALS_VERSION 5u

#define SCH_CRED_MAX_SUPPORTED_ALGS 256u
#define SCH_CRED_MAX_SUPPORTED_CERTS 100u
#define SCH_CRED_MAX_SUPPORTED_PARAMETERS 16u
#define SCH_CRED_MAX_SUPPORTED_ALPN_IDS 16u
#define SCH_CRED_MAX_SUPPORTED_CRYPTO_SETTINGS 16u
#define SCH_CRED_MAX_SUPPORTED_CHAINING_MODES 16u
#define SCH_MAX_EXT_SUBSCRIPTIONS 2u

/* dwFlags.  A client checks the server's certificate unless told not to. */
#define SCH_CRED_NO_SYSTEM_MAPPER 0x00000002u       /* no account for a client's certificate */
#define SCH_CRED_NO_SERVERNAME_CHECK 0x00000004u    /* do not compare the server's name */
#define SCH_CRED_MANUAL_CRED_VALIDATION 0x00000008u /* the program checks the certificate */
#define SCH_CRED_NO_DEFAULT_CREDS 0x00000010u       /* client: no certificate of its own choice */
#define SCH_CRED_AUTO_CRED_VALIDATION 0x00000020u   /* check it; the default */
#define SCH_CRED_USE_DEFAULT_CREDS 0x00000040u      /* client: may choose a certificate itself */
#define SCH_CRED_DISABLE_RECONNECTS 0x00000080u     /* server: sessions cannot be resumed */
#define SCH_CRED_REVOCATION_CHECK_END_CERT 0x00000100u
#define SCH_CRED_REVOCATION_CHECK_CHAIN 0x00000200u
#define SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT 0x00000400u
#define SCH_CRED_IGNORE_NO_REVOCATION_CHECK 0x00000800u /* no revocation list is fine */
#define SCH_CRED_IGNORE_REVOCATION_OFFLINE 0x00001000u  /* so is one that cannot be had */
#define SCH_CRED_RESTRICTED_ROOTS 0x00002000u           /* trust hRootStore alone */
#define SCH_CRED_REVOCATION_CHECK_CACHE_ONLY 0x00004000u
#define SCH_CRED_CACHE_ONLY_URL_RETRIEVAL 0x00008000u /* fetch nothing from the net */
#define SCH_CRED_MEMORY_STORE_CERT 0x00010000u
#define SCH_CRED_CACHE_ONLY_URL_RETRIEVAL_ON_CREATE 0x00020000u
#define SCH_SEND_ROOT_CERT 0x00040000u        /* send the chain with its root */
#define SCH_CRED_SNI_CREDENTIAL 0x00080000u   /* server: for the name the client asks for */
#define SCH_CRED_SNI_ENABLE_OCSP 0x00100000u  /* server: staple an OCSP answer to it */
#define SCH_SEND_AUX_RECORD 0x00200000u       /* split records against BEAST */
#define SCH_USE_STRONG_CRYPTO 0x00400000u     /* no weak algorithms */
#define SCH_USE_PRESHAREDKEY_ONLY 0x00800000u /* no certificates */
#define SCH_USE_DTLS_ONLY 0x01000000u
#define SCH_ALLOW_NULL_ENCRYPTION 0x02000000u

/* dwCredFormat: what paCred points to.  Windows' kernel passes hashes; refused here. */
#define SCH_CRED_FORMAT_CERT_CONTEXT 0u
#define SCH_CRED_FORMAT_CERT_HASH 1u       /* SCHANNEL_CERT_HASH */
#define SCH_CRED_FORMAT_CERT_HASH_STORE 2u /* SCHANNEL_CERT_HASH_STORE */

#define SCH_CRED_MAX_STORE_NAME_SIZE 128 /* characters */
#define SCH_MACHINE_CERT_HASH 0x00000001u

typedef struct _SCHANNEL_CERT_HASH {
    DWORD dwLength; /* of this structure */
    DWORD dwFlags;  /* SCH_MACHINE_CERT_HASH */
    HCRYPTPROV hProv;
    BYTE ShaHash[20];
} SCHANNEL_CERT_HASH, *PSCHANNEL_CERT_HASH;

typedef struct _SCHANNEL_CERT_HASH_STORE {
    DWORD dwLength;
    DWORD dwFlags;
    HCRYPTPROV hProv;
    BYTE ShaHash[20];
    WCHAR pwszStoreName[SCH_CRED_MAX_STORE_NAME_SIZE];
} SCHANNEL_CERT_HASH_STORE, *PSCHANNEL_CERT_HASH_STORE;

/* Numbers of the refused credential versions and of wincrypt.h's key types, for old programs. */
#define SCH_CRED_X509_CERTCHAIN 1u
#define SCH_CRED_X509_CAPI 2u
#define SCH_CRED_CERT_CONTEXT 3u
#define SCHANNEL_SECRET_TYPE_CAPI 1u
#define SCHANNEL_SECRET_PRIVKEY 2u
#define SCHANNEL_MAC_KEY 0u
#define SCHANNEL_ENC_KEY 1u

/* ---- Control tokens ----------------------------------------------------------------------- */

/* The first word of what ApplyControlToken takes; RENEGOTIATE and SHUTDOWN are that word alone. */
#define SCHANNEL_RENEGOTIATE 0u
#define SCHANNEL_SHUTDOWN 1u /* the next handshake step, without input, makes a close_notify */
#define SCHANNEL_ALERT 2u    /* SCHANNEL_ALERT_TOKEN */
#define SCHANNEL_SESSION 3u  /* SCHANNEL_SESSION_TOKEN */

/* The next handshake step makes this alert. */
typedef struct _SCHANNEL_ALERT_TOKEN {
    DWORD dwTokenType;   /* SCHANNEL_ALERT */
    DWORD dwAlertType;   /* TLS1_ALERT_WARNING or TLS1_ALERT_FATAL */
    DWORD dwAlertNumber; /* TLS1_ALERT_* */
} SCHANNEL_ALERT_TOKEN, *PSCHANNEL_ALERT_TOKEN;

/* May this session be resumed? */
typedef struct _SCHANNEL_SESSION_TOKEN {
    DWORD dwTokenType; /* SCHANNEL_SESSION */
    DWORD dwFlags;     /* SSL_SESSION_*_RECONNECTS */
} SCHANNEL_SESSION_TOKEN, *PSCHANNEL_SESSION_TOKEN;

#define SSL_SESSION_ENABLE_RECONNECTS 0x00000001u
#define SSL_SESSION_DISABLE_RECONNECTS 0x00000002u

#define TLS1_ALERT_WARNING 1u
#define TLS1_ALERT_FATAL 2u

/* Alerts, and the status that one received gives. */
#define TLS1_ALERT_CLOSE_NOTIFY 0u           /* SEC_I_CONTEXT_EXPIRED */
#define TLS1_ALERT_UNEXPECTED_MESSAGE 10u    /* SEC_E_ILLEGAL_MESSAGE */
#define TLS1_ALERT_BAD_RECORD_MAC 20u        /* SEC_E_MESSAGE_ALTERED */
#define TLS1_ALERT_DECRYPTION_FAILED 21u     /* SEC_E_DECRYPT_FAILURE */
#define TLS1_ALERT_RECORD_OVERFLOW 22u       /* SEC_E_ILLEGAL_MESSAGE */
#define TLS1_ALERT_DECOMPRESSION_FAIL 30u    /* SEC_E_MESSAGE_ALTERED */
#define TLS1_ALERT_HANDSHAKE_FAILURE 40u     /* SEC_E_ILLEGAL_MESSAGE */
#define TLS1_ALERT_BAD_CERTIFICATE 42u       /* SEC_E_CERT_UNKNOWN */
#define TLS1_ALERT_UNSUPPORTED_CERT 43u      /* SEC_E_CERT_UNKNOWN */
#define TLS1_ALERT_CERTIFICATE_REVOKED 44u   /* CRYPT_E_REVOKED */
#define TLS1_ALERT_CERTIFICATE_EXPIRED 45u   /* SEC_E_CERT_EXPIRED */
#define TLS1_ALERT_CERTIFICATE_UNKNOWN 46u   /* SEC_E_CERT_UNKNOWN */
#define TLS1_ALERT_ILLEGAL_PARAMETER 47u     /* SEC_E_ILLEGAL_MESSAGE */
#define TLS1_ALERT_UNKNOWN_CA 48u            /* SEC_E_UNTRUSTED_ROOT */
#define TLS1_ALERT_ACCESS_DENIED 49u         /* SEC_E_LOGON_DENIED */
#define TLS1_ALERT_DECODE_ERROR 50u          /* SEC_E_ILLEGAL_MESSAGE */
#define TLS1_ALERT_DECRYPT_ERROR 51u         /* SEC_E_DECRYPT_FAILURE */
#define TLS1_ALERT_EXPORT_RESTRICTION 60u    /* SEC_E_ILLEGAL_MESSAGE */
#define TLS1_ALERT_PROTOCOL_VERSION 70u      /* SEC_E_UNSUPPORTED_FUNCTION */
#define TLS1_ALERT_INSUFFIENT_SECURITY 71u   /* SEC_E_ALGORITHM_MISMATCH; the SDK's spelling */
#define TLS1_ALERT_INTERNAL_ERROR 80u        /* SEC_E_INTERNAL_ERROR */
#define TLS1_ALERT_USER_CANCELED 90u         /* SEC_E_UNFINISHED_CONTEXT_DELETED */
#define TLS1_ALERT_NO_RENEGOTIATION 100u     /* SEC_I_NO_RENEGOTIATION, or SEC_E_ILLEGAL_MESSAGE */
#define TLS1_ALERT_UNSUPPORTED_EXT 110u      /* SEC_E_ILLEGAL_MESSAGE */
#define TLS1_ALERT_UNKNOWN_PSK_IDENTITY 115u /* SEC_E_ILLEGAL_MESSAGE */
#define TLS1_ALERT_NO_APP_PROTOCOL 120u      /* SEC_E_APPLICATION_PROTOCOL_MISMATCH */

/* ---- Attributes --------------------------------------------------------------------------- */

/* Of contexts, unless marked: K of a credential, S to set.  An unknown one:
 * SEC_E_UNSUPPORTED_FUNCTION. */
#define SECPKG_ATTR_ISSUER_LIST 0x50u         /* obsolete */
#define SECPKG_ATTR_REMOTE_CRED 0x51u         /* obsolete */
#define SECPKG_ATTR_LOCAL_CRED 0x52u          /* obsolete */
#define SECPKG_ATTR_REMOTE_CERT_CONTEXT 0x53u /* PCCERT_CONTEXT */
#define SECPKG_ATTR_LOCAL_CERT_CONTEXT 0x54u  /* PCCERT_CONTEXT */
#define SECPKG_ATTR_ROOT_STORE 0x55u          /* HCERTSTORE */
#define SECPKG_ATTR_SUPPORTED_ALGS 0x56u      /* K: SecPkgCred_SupportedAlgs */
#define SECPKG_ATTR_CIPHER_STRENGTHS 0x57u    /* K: SecPkgCred_CipherStrengths */
#define SECPKG_ATTR_SUPPORTED_PROTOCOLS 0x58u /* K: SecPkgCred_SupportedProtocols */
#define SECPKG_ATTR_ISSUER_LIST_EX 0x59u      /* SecPkgContext_IssuerListInfoEx */
#define SECPKG_ATTR_CONNECTION_INFO 0x5Au     /* SecPkgContext_ConnectionInfo */
#define SECPKG_ATTR_EAP_KEY_BLOCK 0x5Bu       /* SecPkgContext_EapKeyBlock */
#define SECPKG_ATTR_MAPPED_CRED_ATTR 0x5Cu    /* SecPkgContext_MappedCredAttr */
#define SECPKG_ATTR_SESSION_INFO 0x5Du        /* SecPkgContext_SessionInfo */
#define SECPKG_ATTR_APP_DATA 0x5Eu            /* also S: SecPkgContext_SessionAppData */
#define SECPKG_ATTR_REMOTE_CERTIFICATES 0x5Fu /* SecPkgContext_Certificates */
#define SECPKG_ATTR_CLIENT_CERT_POLICY 0x60u  /* K, S */
#define SECPKG_ATTR_CC_POLICY_RESULT 0x61u
#define SECPKG_ATTR_USE_NCRYPT 0x62u
#define SECPKG_ATTR_LOCAL_CERT_INFO 0x63u      /* SecPkgContext_CertInfo */
#define SECPKG_ATTR_CIPHER_INFO 0x64u          /* SecPkgContext_CipherInfo */
#define SECPKG_ATTR_EAP_PRF_INFO 0x65u         /* S: SecPkgContext_EapPrfInfo */
#define SECPKG_ATTR_SUPPORTED_SIGNATURES 0x66u /* SecPkgContext_SupportedSignatures */
#define SECPKG_ATTR_REMOTE_CERT_CHAIN 0x67u    /* PCCERT_CONTEXT */
#define SECPKG_ATTR_UI_INFO 0x68u              /* S */
#define SECPKG_ATTR_EARLY_START 0x69u          /* S: SecPkgContext_EarlyStart */
#define SECPKG_ATTR_KEYING_MATERIAL_INFO 0x6Au /* S: SecPkgContext_KeyingMaterialInfo */
#define SECPKG_ATTR_KEYING_MATERIAL 0x6Bu      /* SecPkgContext_KeyingMaterial */
#define SECPKG_ATTR_SRTP_PARAMETERS 0x6Cu      /* SecPkgContext_SrtpParameters */
#define SECPKG_ATTR_TOKEN_BINDING 0x6Du
#define SECPKG_ATTR_CONNECTION_INFO_EX 0x6Eu /* SecPkgContext_ConnectionInfoEx */
#define SECPKG_ATTR_KEYING_MATERIAL_TOKEN_BINDING 0x6Fu
#define SECPKG_ATTR_KEYING_MATERIAL_INPROC 0x70u /* SecPkgContext_KeyingMaterial_Inproc */
#define SECPKG_ATTR_CERT_CHECK_RESULT 0x71u
#define SECPKG_ATTR_CERT_CHECK_RESULT_INPROC 0x72u
#define SECPKG_ATTR_SESSION_TICKET_KEYS 0x73u /* K, S */
#define SECPKG_ATTR_SERIALIZED_REMOTE_CERT_CONTEXT_INPROC 0x74u
#define SECPKG_ATTR_SERIALIZED_REMOTE_CERT_CONTEXT 0x75u

/* The algorithms that a credential allows; one allocation. */
typedef struct _SecPkgCred_SupportedAlgs {
    DWORD cSupportedAlgs;
    ALG_ID *palgSupportedAlgs;
} SecPkgCred_SupportedAlgs, *PSecPkgCred_SupportedAlgs;

typedef struct _SecPkgCred_CipherStrengths {
    DWORD dwMinimumCipherStrength; /* bits */
    DWORD dwMaximumCipherStrength;
} SecPkgCred_CipherStrengths, *PSecPkgCred_CipherStrengths;

typedef struct _SecPkgCred_SupportedProtocols {
    DWORD grbitProtocol; /* SP_PROT_* */
} SecPkgCred_SupportedProtocols, *PSecPkgCred_SupportedProtocols;

/* Whose certificates the server takes, as DER names; one allocation, freed by aIssuers. */
typedef struct _SecPkgContext_IssuerListInfoEx {
    PCERT_NAME_BLOB aIssuers;
    DWORD cIssuers;
} SecPkgContext_IssuerListInfoEx, *PSecPkgContext_IssuerListInfoEx;

/*
 * What the connection uses.  Where the cipher authenticates by itself (AEAD), aiHash is the hash
 * that the keys are derived with and dwHashStrength 0, as on Windows.
 */
typedef struct _SecPkgContext_ConnectionInfo {
    DWORD dwProtocol; /* one bit of SP_PROT_* */
    ALG_ID aiCipher;
    DWORD dwCipherStrength; /* bits */
    ALG_ID aiHash;
    DWORD dwHashStrength; /* bits */
    ALG_ID aiExch;
    DWORD dwExchStrength; /* bits of the key or curve; 0: not known */
} SecPkgContext_ConnectionInfo, *PSecPkgContext_ConnectionInfo;

/* The same in words. */
typedef struct _SecPkgContext_ConnectionInfoEx {
    DWORD dwVersion; /* in: SECPKGCONTEXT_CONNECTION_INFO_EX_V1 */
    DWORD dwProtocol;
    WCHAR szCipher[SZ_ALG_MAX_SIZE];
    DWORD dwCipherStrength;
    WCHAR szHash[SZ_ALG_MAX_SIZE];
    DWORD dwHashStrength;
    WCHAR szExchange[SZ_ALG_MAX_SIZE];
    DWORD dwExchStrength;
} SecPkgContext_ConnectionInfoEx, *PSecPkgContext_ConnectionInfoEx;

#define SECPKGCONTEXT_CONNECTION_INFO_EX_V1 1u

/* The cipher suite and its parts. */
typedef struct _SecPkgContext_CipherInfo {
    DWORD dwVersion;         /* in: SECPKGCONTEXT_CIPHERINFO_V1 */
    DWORD dwProtocol;        /* the version as on the wire, 0x0303 for TLS 1.2 */
    DWORD dwCipherSuite;     /* IANA's number */
    DWORD dwBaseCipherSuite; /* the same without the curve that Windows adds to names */
    WCHAR szCipherSuite[SZ_ALG_MAX_SIZE];
    WCHAR szCipher[SZ_ALG_MAX_SIZE];
    DWORD dwCipherLen;      /* bits */
    DWORD dwCipherBlockLen; /* octets */
    WCHAR szHash[SZ_ALG_MAX_SIZE];
    DWORD dwHashLen; /* bits */
    WCHAR szExchange[SZ_ALG_MAX_SIZE];
    DWORD dwMinExchangeLen; /* bits */
    DWORD dwMaxExchangeLen;
    WCHAR szCertificate[SZ_ALG_MAX_SIZE];
    DWORD dwKeyType; /* IANA's number of the group, 0: none */
} SecPkgContext_CipherInfo, *PSecPkgContext_CipherInfo;

#define SECPKGCONTEXT_CIPHERINFO_V1 1u

/* Keys for EAP-TLS (RFC 5216).  Secret: wipe it. */
typedef struct _SecPkgContext_EapKeyBlock {
    BYTE rgbKeys[128];
    BYTE rgbIVs[64];
} SecPkgContext_EapKeyBlock, *PSecPkgContext_EapKeyBlock;

/* Which key derivation SECPKG_ATTR_EAP_KEY_BLOCK is to use. */
typedef struct _SecPkgContext_EapPrfInfo {
    DWORD dwVersion;
    DWORD cbPrfData;
    PBYTE pbPrfData;
} SecPkgContext_EapPrfInfo, *PSecPkgContext_EapPrfInfo;

typedef struct _SecPkgContext_MappedCredAttr {
    DWORD dwAttribute; /* SECPKG_CRED_ATTR_* */
    PVOID pvBuffer;
} SecPkgContext_MappedCredAttr, *PSecPkgContext_MappedCredAttr;

typedef struct _SecPkgContext_SessionInfo {
    DWORD dwFlags; /* SSL_SESSION_RECONNECT */
    DWORD cbSessionId;
    BYTE rgbSessionId[32];
} SecPkgContext_SessionInfo, *PSecPkgContext_SessionInfo;

#define SSL_SESSION_RECONNECT 0x00000001u /* an earlier session was resumed */

/* The program's own data, kept with the session. */
typedef struct _SecPkgContext_SessionAppData {
    DWORD dwFlags;
    DWORD cbAppData;
    PBYTE pbAppData;
} SecPkgContext_SessionAppData, *PSecPkgContext_SessionAppData;

/*
 * Signature schemes that the peer takes: the two octets of their numbers (RFC 8446 4.2.3) the
 * other way round, with the signature in the upper one and the hash in the lower.
 */
typedef struct _SecPkgContext_SupportedSignatures {
    WORD cSignatureAndHashAlgorithms;
    WORD *pSignatureAndHashAlgorithms;
} SecPkgContext_SupportedSignatures, *PSecPkgContext_SupportedSignatures;

/* The peer's certificates in one block: of each its length, a DWORD (not aligned), and its DER. */
typedef struct _SecPkgContext_Certificates {
    DWORD cCertificates;
    DWORD cbCertificateChain;
    PBYTE pbCertificateChain;
} SecPkgContext_Certificates, *PSecPkgContext_Certificates;

/* Our certificate's names; two allocations. */
typedef struct _SecPkgContext_CertInfo {
    DWORD dwVersion; /* in: KERN_CONTEXT_CERT_INFO_V1 */
    DWORD cbSubjectName;
    LPWSTR pwszSubjectName;
    DWORD cbIssuerName;
    LPWSTR pwszIssuerName;
    DWORD dwKeySize; /* bits */
} SecPkgContext_CertInfo, *PSecPkgContext_CertInfo;

#define KERN_CONTEXT_CERT_INFO_V1 0u

/* What SECPKG_ATTR_KEYING_MATERIAL is to export (RFC 5705, RFC 8446 7.5): set this first. */
typedef struct _SecPkgContext_KeyingMaterialInfo {
    WORD cbLabel; /* with its NUL */
    LPSTR pszLabel;
    WORD cbContextValue; /* 0: none */
    PBYTE pbContextValue;
    DWORD cbKeyingMaterial; /* octets to make */
} SecPkgContext_KeyingMaterialInfo, *PSecPkgContext_KeyingMaterialInfo;

/* The exported key.  A secret: FreeContextBuffer wipes it. */
typedef struct _SecPkgContext_KeyingMaterial {
    DWORD cbKeyingMaterial;
    PBYTE pbKeyingMaterial;
} SecPkgContext_KeyingMaterial, *PSecPkgContext_KeyingMaterial;

/* Both at once. */
typedef struct _SecPkgContext_KeyingMaterial_Inproc {
    WORD cbLabel;
    LPSTR pszLabel;
    WORD cbContextValue;
    PBYTE pbContextValue;
    DWORD cbKeyingMaterial;
    PBYTE pbKeyingMaterial;
} SecPkgContext_KeyingMaterial_Inproc, *PSecPkgContext_KeyingMaterial_Inproc;

typedef struct _SecPkgContext_EarlyStart {
    DWORD dwEarlyStartFlags; /* ENABLE_TLS_CLIENT_EARLY_START */
} SecPkgContext_EarlyStart, *PSecPkgContext_EarlyStart;

#define ENABLE_TLS_CLIENT_EARLY_START 0x00000001u /* send data before the server's Finished */

typedef struct _SecPkgContext_SrtpParameters {
    WORD ProtectionProfile; /* IANA's number */
    BYTE MasterKeyIdentifierSize;
    PBYTE MasterKeyIdentifier;
} SecPkgContext_SrtpParameters, *PSecPkgContext_SrtpParameters;

/* Obsolete: ISSUER_LIST, REMOTE_CRED, LOCAL_CRED, as the first versions of Schannel had them. */
typedef struct _SecPkgContext_IssuerListInfo {
    DWORD cbIssuerList;
    PBYTE pIssuerList;
} SecPkgContext_IssuerListInfo, *PSecPkgContext_IssuerListInfo;

typedef struct _SecPkgContext_RemoteCredentialInfo {
    DWORD cbCertificateChain;
    PBYTE pbCertificateChain;
    DWORD cCertificates;
    DWORD fFlags; /* RCRED_* */
    DWORD dwBits;
} SecPkgContext_RemoteCredentialInfo, *PSecPkgContext_RemoteCredentialInfo;

#define RCRED_STATUS_NOCRED 0x00000000u
#define RCRED_CRED_EXISTS 0x00000001u
#define RCRED_STATUS_UNKNOWN_ISSUER 0x00000002u

typedef struct _SecPkgContext_LocalCredentialInfo {
    DWORD cbCertificateChain;
    PBYTE pbCertificateChain;
    DWORD cCertificates;
    DWORD fFlags; /* LCRED_* */
    DWORD dwBits;
} SecPkgContext_LocalCredentialInfo, *PSecPkgContext_LocalCredentialInfo;

#define LCRED_STATUS_NOCRED 0x00000000u
#define LCRED_CRED_EXISTS 0x00000001u
#define LCRED_STATUS_UNKNOWN_ISSUER 0x00000002u

/* Wine's name, for programs written for it. */
#define SCH_CRED_REVOCATION_CHECK_CHAIN_END_CERT SCH_CRED_REVOCATION_CHECK_END_CERT

#endif
