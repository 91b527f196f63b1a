/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sspi.h: the Security Support Provider Interface: its types, numbers and calls.
 *
 * Names, values, layouts and the order of arguments are those of the Windows SDK's sspi.h, so that
 * a program written for Windows compiles and one built for WinPR or sspi-rs can load libsspi.so.
 * What holds for every call is said here, once.
 *
 * Roles.  A client acquires its credential with SECPKG_CRED_OUTBOUND and steps with
 * InitializeSecurityContext; a server acquires with SECPKG_CRED_INBOUND and steps with
 * AcceptSecurityContext.  The Windows CE page on authenticating a connection has these two flags
 * the wrong way round.
 *
 * Text.  The A form of a call takes and gives UTF-8, the W form UTF-16 in 16-bit units (u"..." in
 * C and C++; L"..." is 32 bits wide on Unix and does not fit).  Defining UNICODE makes the
 * unsuffixed names the W forms.  Names and passwords may hold unpaired surrogates; UTF-8 carries
 * each as three octets (WTF-8), and nothing is lost.  Text that a call only reads is const here;
 * the SDK leaves the const out.
 *
 * Sizes are in octets unless the field says characters: those are octets in the A form and 16-bit
 * units in the W form.
 *
 * Times.  Every TimeStamp counts 100 ns from 1601-01-01 00:00 UTC.  Windows documents local time
 * for expiry; here it is UTC everywhere.  "Never" is SSPI_TIME_NEVER, 0x7FFFFFFFFFFFFFFF.
 *
 * Memory.  Whatever a call allocates for its caller (package lists, names, keys, bindings, tokens
 * under *_REQ_ALLOCATE_MEMORY) belongs to the caller, who frees it with FreeContextBuffer, once
 * for each pointer the call has set.  Exceptions say so.  What the caller passes in is borrowed
 * for the length of the call.
 *
 * Handles.  A CredHandle or CtxtHandle is a number, not a pointer.  One that is zero, stale,
 * invented, freed or of the other kind gets SEC_E_INVALID_HANDLE from every call.  A credential
 * may be freed while contexts use it.
 *
 * Threads.  Every call may be made from any thread.  On one context, one thread may encrypt while
 * another decrypts; two handshake steps run one after the other; deleting it during another
 * thread's call is safe, and that call then finishes or gets SEC_E_INVALID_HANDLE.
 *
 * Statuses.  SEC_SUCCESS(status) is status >= 0: the SEC_I_ codes are successes.  Any call may
 * also give SEC_E_INSUFFICIENT_MEMORY (try again; nothing has changed) and SEC_E_INTERNAL_ERROR,
 * so they are not repeated below.  After a failure, what a call would have set is zero, NULL, an
 * invalid handle, or as it was before.
 *
 * unsigned long.  Windows programs keep flags in an `unsigned long`, which has 64 bits on most
 * Unix systems, where ULONG has 32.  Calls that set a ULONG take the address of either; the last
 * part of this file says how, and when a source must define SSPI_NO_ULONG_COMPAT.
 *
 * A program with Windows basic types of its own (DWORD, GUID, ...) defines SSPI_NO_WINDOWS_TYPES
 * before this header; they must have the sizes that stand here.
 */
#ifndef SSPI_SSPI_H
#define SSPI_SSPI_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SSPI_API __attribute__((__visibility__("default")))
#define SSPI_MAY_ALIAS __attribute__((__may_alias__))
#define SSPI_EXTENSION __extension__
#define SSPI_UNUSED __attribute__((__unused__))
#else
#define SSPI_API
#define SSPI_MAY_ALIAS
#define SSPI_EXTENSION
#define SSPI_UNUSED
#endif

#if defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__)
#define SSPI_BIG_ENDIAN (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
#else
#define SSPI_BIG_ENDIAN 0
#endif

#ifdef __cplusplus
#define SSPI_CAST(type, value) (static_cast<type>(value))
#define SSPI_INLINE inline
#else
#define SSPI_CAST(type, value) ((type)(value))
#define SSPI_INLINE static inline
#endif

/* ---- Basic types -------------------------------------------------------------------------- */

#ifndef SSPI_NO_WINDOWS_TYPES

#ifndef VOID
typedef void VOID;
#endif
typedef char CHAR;
typedef short SHORT;
typedef int INT;
typedef unsigned int UINT;
typedef int BOOL;
typedef uint8_t BYTE;
typedef uint8_t UCHAR;
typedef uint8_t BOOLEAN;
typedef uint16_t USHORT;
typedef uint16_t WORD;
typedef int32_t LONG; /* 32 bits, unlike long */
typedef uint32_t ULONG;
typedef uint32_t DWORD;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG;
typedef intptr_t INT_PTR;
typedef intptr_t LONG_PTR;
typedef uintptr_t UINT_PTR;
typedef uintptr_t ULONG_PTR;
typedef uintptr_t DWORD_PTR;
typedef size_t SIZE_T;

/* One UTF-16 unit, as in u"...": for C that is uint_least16_t, for C++ a type of its own. */
#ifdef __cplusplus
typedef char16_t WCHAR;
#else
typedef uint_least16_t WCHAR;
#endif

typedef void *PVOID;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef void *HANDLE;
typedef HANDLE *PHANDLE;
typedef BOOL *PBOOL;
typedef BYTE *PBYTE;
typedef BYTE *LPBYTE;
typedef UCHAR *PUCHAR;
typedef BOOLEAN *PBOOLEAN;
typedef USHORT *PUSHORT;
typedef LONG *PLONG;
typedef ULONG *PULONG;
typedef DWORD *PDWORD;
typedef DWORD *LPDWORD;
typedef CHAR *PCHAR;
typedef CHAR *PSTR;
typedef CHAR *LPSTR;
typedef const CHAR *PCSTR;
typedef const CHAR *LPCSTR;
typedef WCHAR *PWCHAR;
typedef WCHAR *PWSTR;
typedef WCHAR *LPWSTR;
typedef const WCHAR *PCWSTR;
typedef const WCHAR *LPCWSTR;

#ifdef UNICODE
typedef WCHAR TCHAR;
#else
typedef CHAR TCHAR;
#endif
typedef TCHAR *PTSTR;
typedef TCHAR *LPTSTR;
typedef const TCHAR *PCTSTR;
typedef const TCHAR *LPCTSTR;

#ifndef GUID_DEFINED
#define GUID_DEFINED
typedef struct _GUID {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    uint8_t Data4[8];
} GUID;
#endif

/* The halves stand in the machine's byte order, so that they and QuadPart are one number. */
typedef union _LARGE_INTEGER {
#if SSPI_BIG_ENDIAN
    SSPI_EXTENSION struct {
        LONG HighPart;
        DWORD LowPart;
    };
    struct {
        LONG HighPart;
        DWORD LowPart;
    } u;
#else
    SSPI_EXTENSION struct {
        DWORD LowPart;
        LONG HighPart;
    };
    struct {
        DWORD LowPart;
        LONG HighPart;
    } u;
#endif
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

/* A number for a logon session; only its equality means anything. */
typedef struct _LUID {
    DWORD LowPart;
    LONG HighPart;
} LUID, *PLUID;

#endif /* SSPI_NO_WINDOWS_TYPES */

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

/* Windows' calling conventions and far pointers have no counterpart here. */
#ifndef WINAPI
#define WINAPI
#endif
#ifndef SEC_ENTRY
#define SEC_ENTRY WINAPI
#endif
#ifndef SEC_FAR
#define SEC_FAR
#endif

/* TEXT("x"): a literal of TCHAR. */
#ifndef TEXT
#ifdef UNICODE
#define SSPI_TEXT(quote) u##quote
#else
#define SSPI_TEXT(quote) quote
#endif
#define TEXT(quote) SSPI_TEXT(quote)
#endif
#ifndef SEC_TEXT
#define SEC_TEXT TEXT
#endif

typedef CHAR SEC_CHAR;
typedef WCHAR SEC_WCHAR;
#ifdef UNICODE
typedef SEC_WCHAR *SECURITY_PSTR;
typedef const SEC_WCHAR *SECURITY_PCSTR;
#else
typedef SEC_CHAR *SECURITY_PSTR;
typedef const SEC_CHAR *SECURITY_PCSTR;
#endif

typedef LONG SECURITY_STATUS;

/*
 * A ULONG that a call sets.  It may alias, because it may be the low half of the caller's unsigned
 * long; a function that takes ULONG * in its place has a compatible type.
 */
typedef ULONG SSPI_MAY_ALIAS SSPI_ULONG_OUT;

/* 100 ns since 1601-01-01 00:00 UTC. */
typedef LARGE_INTEGER SECURITY_INTEGER, *PSECURITY_INTEGER;
typedef SECURITY_INTEGER TimeStamp;
typedef SECURITY_INTEGER *PTimeStamp;

#define SSPI_TIME_NEVER INT64_C(0x7FFFFFFFFFFFFFFF) /* in QuadPart: does not expire */

/* ---- Status codes ------------------------------------------------------------------------- */

/* Constants of type SECURITY_STATUS, fit for case labels.  Source: Windows SDK winerror.h. */
#define SEC_SUCCESS(Status) ((Status) >= 0)
#define SSPI_STATUS(code) SSPI_CAST(SECURITY_STATUS, code)

#define SEC_E_OK SSPI_STATUS(0x00000000)

/* Successes that ask for something more. */
#define SEC_I_CONTINUE_NEEDED SSPI_STATUS(0x00090312)       /* send the token, await the next */
#define SEC_I_COMPLETE_NEEDED SSPI_STATUS(0x00090313)       /* CompleteAuthToken, then send */
#define SEC_I_COMPLETE_AND_CONTINUE SSPI_STATUS(0x00090314) /* CompleteAuthToken, send, await */
#define SEC_I_LOCAL_LOGON SSPI_STATUS(0x00090315)           /* the peer is this machine */
#define SEC_I_GENERIC_EXTENSION_RECEIVED SSPI_STATUS(0x00090316) /* TLS extension; call again */
#define SEC_I_CONTEXT_EXPIRED SSPI_STATUS(0x00090317)        /* the peer has closed the context */
#define SEC_I_INCOMPLETE_CREDENTIALS SSPI_STATUS(0x00090320) /* TLS client certificate wanted */
#define SEC_I_RENEGOTIATE SSPI_STATUS(0x00090321)      /* TLS: give EXTRA to a handshake step */
#define SEC_I_NO_LSA_CONTEXT SSPI_STATUS(0x00090323)   /* no context on the LSA's side */
#define SEC_I_SIGNATURE_NEEDED SSPI_STATUS(0x0009035C) /* a signature is to be made first */
#define SEC_I_NO_RENEGOTIATION SSPI_STATUS(0x00090360) /* TLS: the peer will not renegotiate */
#define SEC_I_MESSAGE_FRAGMENT SSPI_STATUS(0x00090364) /* a part; send it and call again */
#define SEC_I_CONTINUE_NEEDED_MESSAGE_OK SSPI_STATUS(0x00090366) /* the same; no package here gives it */
#define SEC_I_ASYNC_CALL_PENDING SSPI_STATUS(0x00090368)         /* the answer comes later */

/* Failures. */
#define SEC_E_INSUFFICIENT_MEMORY SSPI_STATUS(0x80090300)
#define SEC_E_INVALID_HANDLE SSPI_STATUS(0x80090301)       /* not a live handle of this kind */
#define SEC_E_UNSUPPORTED_FUNCTION SSPI_STATUS(0x80090302) /* the package cannot do this */
#define SEC_E_NOT_SUPPORTED SEC_E_UNSUPPORTED_FUNCTION
#define SEC_E_TARGET_UNKNOWN SSPI_STATUS(0x80090303) /* no such target, or not a name */
#define SEC_E_INTERNAL_ERROR SSPI_STATUS(0x80090304) /* a fault of the library or package */
#define SEC_E_NO_SPM SEC_E_INTERNAL_ERROR
#define SEC_E_SECPKG_NOT_FOUND SSPI_STATUS(0x80090305)    /* no package of this name */
#define SEC_E_NOT_OWNER SSPI_STATUS(0x80090306)           /* the credential is another's */
#define SEC_E_CANNOT_INSTALL SSPI_STATUS(0x80090307)      /* the package's module was refused */
#define SEC_E_INVALID_TOKEN SSPI_STATUS(0x80090308)       /* malformed, or a buffer is missing */
#define SEC_E_CANNOT_PACK SSPI_STATUS(0x80090309)         /* cannot be marshalled */
#define SEC_E_QOP_NOT_SUPPORTED SSPI_STATUS(0x8009030A)   /* unknown quality of protection */
#define SEC_E_NO_IMPERSONATION SSPI_STATUS(0x8009030B)    /* no identity to take on */
#define SEC_E_LOGON_DENIED SSPI_STATUS(0x8009030C)        /* the proof of identity failed */
#define SEC_E_UNKNOWN_CREDENTIALS SSPI_STATUS(0x8009030D) /* the credential data make no sense */
#define SEC_E_NO_CREDENTIALS SSPI_STATUS(0x8009030E)      /* none there, or not for this role */
#define SEC_E_MESSAGE_ALTERED SSPI_STATUS(0x8009030F)     /* the signature does not match */
#define SEC_E_OUT_OF_SEQUENCE SSPI_STATUS(0x80090310)     /* replayed, lost or too late */
#define SEC_E_NO_AUTHENTICATING_AUTHORITY SSPI_STATUS(0x80090311) /* no KDC, no DC */
#define SEC_E_BAD_PKGID SSPI_STATUS(0x80090316)
#define SEC_E_CONTEXT_EXPIRED SSPI_STATUS(0x80090317)    /* its time or numbers are used up */
#define SEC_E_INCOMPLETE_MESSAGE SSPI_STATUS(0x80090318) /* stream: read more, call again */
#define SEC_E_INCOMPLETE_CREDENTIALS SSPI_STATUS(0x80090320)
#define SEC_E_BUFFER_TOO_SMALL SSPI_STATUS(0x80090321) /* cbBuffer says what it needs */
#define SEC_E_WRONG_PRINCIPAL SSPI_STATUS(0x80090322)  /* the peer is somebody else */
#define SEC_E_TIME_SKEW SSPI_STATUS(0x80090324)        /* the clocks differ too much */
#define SEC_E_UNTRUSTED_ROOT SSPI_STATUS(0x80090325)
#define SEC_E_ILLEGAL_MESSAGE SSPI_STATUS(0x80090326) /* TLS: against the protocol */
#define SEC_E_CERT_UNKNOWN SSPI_STATUS(0x80090327)
#define SEC_E_CERT_EXPIRED SSPI_STATUS(0x80090328)
#define SEC_E_ENCRYPT_FAILURE SSPI_STATUS(0x80090329)
#define SEC_E_DECRYPT_FAILURE SSPI_STATUS(0x80090330)
#define SEC_E_ALGORITHM_MISMATCH SSPI_STATUS(0x80090331) /* no algorithm in common */
#define SEC_E_SECURITY_QOS_FAILED SSPI_STATUS(0x80090332)
#define SEC_E_UNFINISHED_CONTEXT_DELETED SSPI_STATUS(0x80090333)
#define SEC_E_NO_TGT_REPLY SSPI_STATUS(0x80090334)
#define SEC_E_NO_IP_ADDRESSES SSPI_STATUS(0x80090335)
#define SEC_E_WRONG_CREDENTIAL_HANDLE SSPI_STATUS(0x80090336)
#define SEC_E_CRYPTO_SYSTEM_INVALID SSPI_STATUS(0x80090337)
#define SEC_E_MAX_REFERRALS_EXCEEDED SSPI_STATUS(0x80090338)
#define SEC_E_MUST_BE_KDC SSPI_STATUS(0x80090339)
#define SEC_E_STRONG_CRYPTO_NOT_SUPPORTED SSPI_STATUS(0x8009033A)
#define SEC_E_TOO_MANY_PRINCIPALS SSPI_STATUS(0x8009033B)
#define SEC_E_NO_PA_DATA SSPI_STATUS(0x8009033C)
#define SEC_E_PKINIT_NAME_MISMATCH SSPI_STATUS(0x8009033D)
#define SEC_E_SMARTCARD_LOGON_REQUIRED SSPI_STATUS(0x8009033E)
#define SEC_E_SHUTDOWN_IN_PROGRESS SSPI_STATUS(0x8009033F)
#define SEC_E_KDC_INVALID_REQUEST SSPI_STATUS(0x80090340)
#define SEC_E_KDC_UNABLE_TO_REFER SSPI_STATUS(0x80090341)
#define SEC_E_KDC_UNKNOWN_ETYPE SSPI_STATUS(0x80090342)
#define SEC_E_UNSUPPORTED_PREAUTH SSPI_STATUS(0x80090343)
#define SEC_E_DELEGATION_REQUIRED SSPI_STATUS(0x80090345)
#define SEC_E_BAD_BINDINGS SSPI_STATUS(0x80090346) /* channel bindings differ */
#define SEC_E_MULTIPLE_ACCOUNTS SSPI_STATUS(0x80090347)
#define SEC_E_NO_KERB_KEY SSPI_STATUS(0x80090348)
#define SEC_E_CERT_WRONG_USAGE SSPI_STATUS(0x80090349)
#define SEC_E_DOWNGRADE_DETECTED SSPI_STATUS(0x80090350)
#define SEC_E_SMARTCARD_CERT_REVOKED SSPI_STATUS(0x80090351)
#define SEC_E_ISSUING_CA_UNTRUSTED SSPI_STATUS(0x80090352)
#define SEC_E_REVOCATION_OFFLINE_C SSPI_STATUS(0x80090353)
#define SEC_E_PKINIT_CLIENT_FAILURE SSPI_STATUS(0x80090354)
#define SEC_E_SMARTCARD_CERT_EXPIRED SSPI_STATUS(0x80090355)
#define SEC_E_NO_S4U_PROT_SUPPORT SSPI_STATUS(0x80090356)
#define SEC_E_CROSSREALM_DELEGATION_FAILURE SSPI_STATUS(0x80090357)
#define SEC_E_REVOCATION_OFFLINE_KDC SSPI_STATUS(0x80090358)
#define SEC_E_ISSUING_CA_UNTRUSTED_KDC SSPI_STATUS(0x80090359)
#define SEC_E_KDC_CERT_EXPIRED SSPI_STATUS(0x8009035A)
#define SEC_E_KDC_CERT_REVOKED SSPI_STATUS(0x8009035B)
#define SEC_E_INVALID_PARAMETER SSPI_STATUS(0x8009035D) /* an argument is out of its range */
#define SEC_E_DELEGATION_POLICY SSPI_STATUS(0x8009035E)
#define SEC_E_POLICY_NLTM_ONLY SSPI_STATUS(0x8009035F) /* the SDK's spelling */
#define SEC_E_NO_CONTEXT SSPI_STATUS(0x80090361)
#define SEC_E_PKU2U_CERT_FAILURE SSPI_STATUS(0x80090362)
#define SEC_E_MUTUAL_AUTH_FAILED SSPI_STATUS(0x80090363) /* the server has not proved itself */
#define SEC_E_ONLY_HTTPS_ALLOWED SSPI_STATUS(0x80090365)
#define SEC_E_APPLICATION_PROTOCOL_MISMATCH SSPI_STATUS(0x80090367) /* TLS: no common ALPN name */
#define SEC_E_INVALID_UPN_NAME SSPI_STATUS(0x80090369)
#define SEC_E_EXT_BUFFER_TOO_SMALL SSPI_STATUS(0x8009036A)
#define SEC_E_INSUFFICIENT_BUFFERS SSPI_STATUS(0x8009036B)

/* Codes of other parts of Windows that TLS certificates give. */
#ifndef E_INVALIDARG
#define E_INVALIDARG SSPI_STATUS(0x80070057)
#endif
#ifndef CRYPT_E_REVOKED
#define CRYPT_E_REVOKED SSPI_STATUS(0x80092010)
#endif
#ifndef CRYPT_E_NO_REVOCATION_CHECK
#define CRYPT_E_NO_REVOCATION_CHECK SSPI_STATUS(0x80092012)
#endif
#ifndef CRYPT_E_REVOCATION_OFFLINE
#define CRYPT_E_REVOCATION_OFFLINE SSPI_STATUS(0x80092013)
#endif
#ifndef TRUST_E_CERT_SIGNATURE
#define TRUST_E_CERT_SIGNATURE SSPI_STATUS(0x80096004)
#endif
#ifndef CERT_E_EXPIRED
#define CERT_E_EXPIRED SSPI_STATUS(0x800B0101)
#endif
#ifndef CERT_E_UNTRUSTEDROOT
#define CERT_E_UNTRUSTEDROOT SSPI_STATUS(0x800B0109)
#endif
#ifndef CERT_E_CN_NO_MATCH
#define CERT_E_CN_NO_MATCH SSPI_STATUS(0x800B010F)
#endif

/* ---- Handles ------------------------------------------------------------------------------ */

/* A credential or a context.  The words mean nothing to the caller; a copy is the same handle. */
typedef struct _SecHandle {
    ULONG_PTR dwLower;
    ULONG_PTR dwUpper;
} SecHandle, *PSecHandle;

typedef SecHandle CredHandle;
typedef PSecHandle PCredHandle;
typedef SecHandle CtxtHandle;
typedef PSecHandle PCtxtHandle;

/* A word that no live handle has; Windows puts it into handles that were deleted. */
#define SEC_DELETED_HANDLE SSPI_CAST(ULONG_PTR, -2)

/*
 * SecInvalidateHandle(x) makes *x the handle that is never valid, all ones; SecIsValidHandle(x) is
 * TRUE unless a word of *x is all ones.  The second says nothing about whether the handle lives: a
 * zeroed one passes, and still gets SEC_E_INVALID_HANDLE from every call.
 */
SSPI_INLINE void sspi_invalidate_handle(SecHandle *handle)
{
    handle->dwLower = UINTPTR_MAX;
    handle->dwUpper = UINTPTR_MAX;
}

SSPI_INLINE BOOL sspi_is_valid_handle(const SecHandle *handle)
{
    return handle->dwLower != UINTPTR_MAX && handle->dwUpper != UINTPTR_MAX;
}

#define SecInvalidateHandle(x) sspi_invalidate_handle(x)
#define SecIsValidHandle(x) sspi_is_valid_handle(x)

/* ---- Buffers ------------------------------------------------------------------------------ */

/*
 * A piece of memory and its role.  On input cbBuffer is its length, or for an output buffer its
 * room; on output it is the length in use.  pvBuffer may be NULL only when cbBuffer is 0 or the
 * call allocates.  The memory stays the caller's and need not be aligned.  Compare types as
 * BufferType & ~SECBUFFER_ATTRMASK.
 */
typedef struct _SecBuffer {
    ULONG cbBuffer;   /* octets */
    ULONG BufferType; /* SECBUFFER_* | attribute bits */
    void *pvBuffer;
} SecBuffer, *PSecBuffer;

/* An array of buffers.  At most 64 in one call; a type that a package does not know is ignored. */
typedef struct _SecBufferDesc {
    ULONG ulVersion; /* SECBUFFER_VERSION */
    ULONG cBuffers;
    PSecBuffer pBuffers;
} SecBufferDesc, *PSecBufferDesc;

#define SECBUFFER_VERSION 0u

#define SECBUFFER_EMPTY 0u                            /* nothing, or room for what a call adds */
#define SECBUFFER_DATA 1u                             /* the message, worked on in place */
#define SECBUFFER_TOKEN 2u                            /* handshake token, or signature */
#define SECBUFFER_PKG_PARAMS 3u                       /* the package's own */
#define SECBUFFER_MISSING 4u                          /* cbBuffer: octets still to be read */
#define SECBUFFER_EXTRA 5u                            /* cbBuffer: trailing octets left over */
#define SECBUFFER_STREAM_TRAILER 6u                   /* cbTrailer of SECPKG_ATTR_STREAM_SIZES */
#define SECBUFFER_STREAM_HEADER 7u                    /* cbHeader of the same */
#define SECBUFFER_NEGOTIATION_INFO 8u                 /* SEC_NEGOTIATION_INFO */
#define SECBUFFER_PADDING 9u                          /* cbBlockSize of SECPKG_ATTR_SIZES */
#define SECBUFFER_STREAM 10u                          /* a whole protected message */
#define SECBUFFER_MECHLIST 11u                        /* SPNEGO's mechanism list */
#define SECBUFFER_MECHLIST_SIGNATURE 12u              /* and the MIC over it */
#define SECBUFFER_TARGET 13u                          /* obsolete */
#define SECBUFFER_CHANNEL_BINDINGS 14u                /* SEC_CHANNEL_BINDINGS and what follows it */
#define SECBUFFER_CHANGE_PASS_RESPONSE 15u            /* of ChangeAccountPassword */
#define SECBUFFER_TARGET_HOST 16u                     /* server's DNS name, UTF-16 */
#define SECBUFFER_ALERT 17u                           /* output: a TLS alert record */
#define SECBUFFER_APPLICATION_PROTOCOLS 18u           /* SEC_APPLICATION_PROTOCOLS */
#define SECBUFFER_SRTP_PROTECTION_PROFILES 19u        /* SEC_SRTP_PROTECTION_PROFILES */
#define SECBUFFER_SRTP_MASTER_KEY_IDENTIFIER 20u      /* SEC_SRTP_MASTER_KEY_IDENTIFIER */
#define SECBUFFER_TOKEN_BINDING 21u                   /* SEC_TOKEN_BINDING */
#define SECBUFFER_PRESHARED_KEY 22u                   /* SEC_PRESHAREDKEY */
#define SECBUFFER_PRESHARED_KEY_IDENTITY 23u          /* SEC_PRESHAREDKEY_IDENTITY */
#define SECBUFFER_DTLS_MTU 24u                        /* SEC_DTLS_MTU */
#define SECBUFFER_SEND_GENERIC_TLS_EXTENSION 25u      /* SEC_SEND_GENERIC_TLS_EXTENSION */
#define SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION 26u /* SEC_SUBSCRIBE_GENERIC_TLS_EXTENSION */
#define SECBUFFER_FLAGS 27u                       /* SEC_FLAGS: ISC_REQ_, ASC_REQ_ above bit 31 */
#define SECBUFFER_TRAFFIC_SECRETS 28u             /* SEC_TRAFFIC_SECRETS */
#define SECBUFFER_CERTIFICATE_REQUEST_CONTEXT 29u /* SEC_CERTIFICATE_REQUEST_CONTEXT */
#define SECBUFFER_CHANNEL_BINDINGS_RESULT 30u     /* SEC_CHANNEL_BINDINGS_RESULT */
#define SECBUFFER_APP_SESSION_STATE 31u           /* TLS session ticket: application's part */
#define SECBUFFER_SESSION_TICKET 32u              /* TLS session ticket */

#define SECBUFFER_ATTRMASK 0xF0000000u
#define SECBUFFER_READONLY 0x80000000u               /* is read, never written nor encrypted */
#define SECBUFFER_READONLY_WITH_CHECKSUM 0x10000000u /* the same, and the signature covers it */
#define SECBUFFER_RESERVED 0x60000000u

/* In a SECBUFFER_NEGOTIATION_INFO buffer: packages that Negotiate may use, e.g. u"!NTLM". */
typedef struct _SEC_NEGOTIATION_INFO {
    ULONG Size;       /* octets of this structure */
    ULONG NameLength; /* octets at Name */
    SEC_WCHAR *Name;
    void *Reserved;
} SEC_NEGOTIATION_INFO, *PSEC_NEGOTIATION_INFO;

/*
 * Channel bindings: the head of a SECBUFFER_CHANNEL_BINDINGS buffer and of what
 * SECPKG_ATTR_*_BINDINGS give.  Three strings of octets follow in the same buffer, each at an
 * offset from the start of this structure; offset + length must not pass cbBuffer, which is at
 * least 32.  A broken one gets SEC_E_INVALID_TOKEN, one that differs from the peer's
 * SEC_E_BAD_BINDINGS.  TLS bindings use the application data alone ("tls-server-end-point:" ...).
 */
typedef struct _SEC_CHANNEL_BINDINGS {
    ULONG dwInitiatorAddrType; /* RFC 2744 3.11; 0: none given */
    ULONG cbInitiatorLength;
    ULONG dwInitiatorOffset;
    ULONG dwAcceptorAddrType;
    ULONG cbAcceptorLength;
    ULONG dwAcceptorOffset;
    ULONG cbApplicationDataLength;
    ULONG dwApplicationDataOffset;
} SEC_CHANNEL_BINDINGS, *PSEC_CHANNEL_BINDINGS;

/* The newer form; magicNumber tells it from the older, whose first field is an address type. */
typedef struct _SEC_CHANNEL_BINDINGS_EX {
    ULONG magicNumber;       /* SEC_CHANNEL_BINDINGS_EX_MAGIC */
    ULONG flags;             /* SEC_CHANNEL_BINDINGS_AUDIT_BINDINGS */
    ULONG cbHeaderLength;    /* octets of this structure */
    ULONG cbStructureLength; /* and with what follows it */
    ULONG dwInitiatorAddrType;
    ULONG cbInitiatorLength;
    ULONG dwInitiatorOffset;
    ULONG dwAcceptorAddrType;
    ULONG cbAcceptorLength;
    ULONG dwAcceptorOffset;
    ULONG cbApplicationDataLength;
    ULONG dwApplicationDataOffset;
} SEC_CHANNEL_BINDINGS_EX, *PSEC_CHANNEL_BINDINGS_EX;

#define SEC_CHANNEL_BINDINGS_EX_MAGIC 0x58454243u       /* the octets "CBEX" */
#define SEC_CHANNEL_BINDINGS_AUDIT_BINDINGS 0x00000001u /* compare and report, do not refuse */
#define SEC_CHANNEL_BINDINGS_VALID_FLAGS SEC_CHANNEL_BINDINGS_AUDIT_BINDINGS

/* Output of a server's step, in a SECBUFFER_CHANNEL_BINDINGS_RESULT buffer. */
typedef struct _SEC_CHANNEL_BINDINGS_RESULT {
    ULONG flags;
} SEC_CHANNEL_BINDINGS_RESULT, *PSEC_CHANNEL_BINDINGS_RESULT;

#define SEC_CHANNEL_BINDINGS_RESULT_CLIENT_SUPPORT 0x00000001u    /* the client can send them */
#define SEC_CHANNEL_BINDINGS_RESULT_ABSENT 0x00000002u            /* it sent none */
#define SEC_CHANNEL_BINDINGS_RESULT_NOTVALID_MISMATCH 0x00000004u /* it sent others */
#define SEC_CHANNEL_BINDINGS_RESULT_NOTVALID_MISSING 0x00000008u  /* none, though required */
#define SEC_CHANNEL_BINDINGS_RESULT_VALID_MATCHED 0x00000010u     /* the same */
#define SEC_CHANNEL_BINDINGS_RESULT_VALID_PROXY 0x00000020u       /* excused: a proxy is between */
#define SEC_CHANNEL_BINDINGS_RESULT_VALID_MISSING 0x00000040u     /* excused: none, not required */
#define SEC_CHANNEL_BINDINGS_RESULT_NOTVALID                                                       \
    (SEC_CHANNEL_BINDINGS_RESULT_NOTVALID_MISMATCH | SEC_CHANNEL_BINDINGS_RESULT_NOTVALID_MISSING)
#define SEC_CHANNEL_BINDINGS_RESULT_VALID                                                          \
    (SEC_CHANNEL_BINDINGS_RESULT_VALID_MATCHED | SEC_CHANNEL_BINDINGS_RESULT_VALID_PROXY |         \
     SEC_CHANNEL_BINDINGS_RESULT_VALID_MISSING)

/* How application protocols are negotiated: NPN (obsolete) or ALPN (RFC 7301). */
typedef enum _SEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT {
    SecApplicationProtocolNegotiationExt_None = 0,
    SecApplicationProtocolNegotiationExt_NPN = 1,
    SecApplicationProtocolNegotiationExt_ALPN = 2
} SEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT,
    *PSEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT;

/* One list: each name is an octet of length and the name, best first. */
typedef struct _SEC_APPLICATION_PROTOCOL_LIST {
    SEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT ProtoNegoExt;
    USHORT ProtocolListSize; /* octets at ProtocolList */
    UCHAR ProtocolList[1];   /* starts at offset 6 and is as long as it says */
} SEC_APPLICATION_PROTOCOL_LIST, *PSEC_APPLICATION_PROTOCOL_LIST;

/* A SECBUFFER_APPLICATION_PROTOCOLS buffer.  Write it octet by octet: lists are packed. */
typedef struct _SEC_APPLICATION_PROTOCOLS {
    ULONG ProtocolListsSize;                        /* octets from offset 4 on */
    SEC_APPLICATION_PROTOCOL_LIST ProtocolLists[1]; /* the first name's length is at offset 10 */
} SEC_APPLICATION_PROTOCOLS, *PSEC_APPLICATION_PROTOCOLS;

/* SRTP protection profiles to offer or take (RFC 5764 4.1.2); sizes in octets. */
typedef struct _SEC_SRTP_PROTECTION_PROFILES {
    USHORT ProfilesSize;
    USHORT ProfilesList[1];
} SEC_SRTP_PROTECTION_PROFILES, *PSEC_SRTP_PROTECTION_PROFILES;

typedef struct _SEC_SRTP_MASTER_KEY_IDENTIFIER {
    UCHAR MasterKeyIdentifierSize; /* octets */
    UCHAR MasterKeyIdentifier[1];
} SEC_SRTP_MASTER_KEY_IDENTIFIER, *PSEC_SRTP_MASTER_KEY_IDENTIFIER;

/* Token binding parameters (RFC 8472). */
typedef struct _SEC_TOKEN_BINDING {
    UCHAR MajorVersion;
    UCHAR MinorVersion;
    USHORT KeyParametersSize; /* octets */
    UCHAR KeyParameters[1];
} SEC_TOKEN_BINDING, *PSEC_TOKEN_BINDING;

/* A TLS pre-shared key, and the name it goes by. */
typedef struct _SEC_PRESHAREDKEY {
    USHORT KeySize; /* octets */
    UCHAR Key[1];
} SEC_PRESHAREDKEY, *PSEC_PRESHAREDKEY;

typedef struct _SEC_PRESHAREDKEY_IDENTITY {
    USHORT KeyIdentitySize; /* octets */
    UCHAR KeyIdentity[1];
} SEC_PRESHAREDKEY_IDENTITY, *PSEC_PRESHAREDKEY_IDENTITY;

typedef struct _SEC_DTLS_MTU {
    USHORT PathMTU; /* octets, 200 to 65535 */
} SEC_DTLS_MTU, *PSEC_DTLS_MTU;

/* A TLS extension to put into a handshake message. */
typedef struct _SEC_SEND_GENERIC_TLS_EXTENSION {
    USHORT ExtensionType;
    USHORT HandshakeType;
    ULONG Flags;
    USHORT BufferSize; /* octets */
    UCHAR Buffer[1];
} SEC_SEND_GENERIC_TLS_EXTENSION, *PSEC_SEND_GENERIC_TLS_EXTENSION;

/* TLS extensions of the peer that the application wants to see. */
typedef struct _TLS_EXTENSION_SUBSCRIPTION {
    USHORT ExtensionType;
    USHORT HandshakeType;
} TLS_EXTENSION_SUBSCRIPTION, *PTLS_EXTENSION_SUBSCRIPTION;

typedef struct _SEC_SUBSCRIBE_GENERIC_TLS_EXTENSION {
    ULONG Flags;
    ULONG SubscriptionsCount;
    TLS_EXTENSION_SUBSCRIPTION Subscriptions[1];
} SEC_SUBSCRIBE_GENERIC_TLS_EXTENSION, *PSEC_SUBSCRIBE_GENERIC_TLS_EXTENSION;

/* The context of a TLS 1.3 CertificateRequest (RFC 8446 4.3.2). */
typedef struct _SEC_CERTIFICATE_REQUEST_CONTEXT {
    UCHAR cbCertificateRequestContext; /* octets */
    UCHAR rgCertificateRequestContext[1];
} SEC_CERTIFICATE_REQUEST_CONTEXT, *PSEC_CERTIFICATE_REQUEST_CONTEXT;

/* Request flags of 64 bits: the low half is or-ed with fContextReq. */
typedef struct _SEC_FLAGS {
    ULONGLONG Flags;
} SEC_FLAGS, *PSEC_FLAGS;

typedef enum _SEC_TRAFFIC_SECRET_TYPE {
    SecTrafficSecret_None = 0,
    SecTrafficSecret_Client = 1,
    SecTrafficSecret_Server = 2
} SEC_TRAFFIC_SECRET_TYPE,
    *PSEC_TRAFFIC_SECRET_TYPE;

#define SZ_ALG_MAX_SIZE 64 /* characters in a cryptographic algorithm's name, NUL included */

/* Keys of a TLS connection whose records the application protects itself (QUIC). */
typedef struct _SEC_TRAFFIC_SECRETS {
    SEC_WCHAR SymmetricAlgId[SZ_ALG_MAX_SIZE];
    SEC_WCHAR ChainingMode[SZ_ALG_MAX_SIZE];
    SEC_WCHAR HashAlgId[SZ_ALG_MAX_SIZE];
    USHORT KeySize;          /* octets */
    USHORT IvSize;           /* octets */
    USHORT MsgSequenceStart; /* offsets into the handshake messages */
    USHORT MsgSequenceEnd;
    SEC_TRAFFIC_SECRET_TYPE TrafficSecretType;
    USHORT TrafficSecretSize; /* octets */
    UCHAR TrafficSecret[1];
} SEC_TRAFFIC_SECRETS, *PSEC_TRAFFIC_SECRETS;

/* ---- Packages ----------------------------------------------------------------------------- */

/*
 * What a package says of itself.  An array of these and the strings in it are one allocation,
 * freed by the pointer to the first.
 */
typedef struct _SecPkgInfoA {
    ULONG fCapabilities; /* SECPKG_FLAG_* */
    USHORT wVersion;     /* 1 */
    USHORT wRPCID;       /* RPC's number for it, or SECPKG_ID_NONE */
    ULONG cbMaxToken;    /* octets of the longest token it makes */
    SEC_CHAR *Name;
    SEC_CHAR *Comment;
} SecPkgInfoA, *PSecPkgInfoA;

typedef struct _SecPkgInfoW {
    ULONG fCapabilities;
    USHORT wVersion;
    USHORT wRPCID;
    ULONG cbMaxToken;
    SEC_WCHAR *Name;
    SEC_WCHAR *Comment;
} SecPkgInfoW, *PSecPkgInfoW;

#define SECPKG_FLAG_INTEGRITY 0x00000001u                /* MakeSignature, VerifySignature */
#define SECPKG_FLAG_PRIVACY 0x00000002u                  /* EncryptMessage, DecryptMessage */
#define SECPKG_FLAG_TOKEN_ONLY 0x00000004u               /* needs the token buffer only */
#define SECPKG_FLAG_DATAGRAM 0x00000008u                 /* datagram contexts */
#define SECPKG_FLAG_CONNECTION 0x00000010u               /* connection contexts */
#define SECPKG_FLAG_MULTI_REQUIRED 0x00000020u           /* several legs */
#define SECPKG_FLAG_CLIENT_ONLY 0x00000040u              /* no server side */
#define SECPKG_FLAG_EXTENDED_ERROR 0x00000080u           /* error tokens for the peer */
#define SECPKG_FLAG_IMPERSONATION 0x00000100u            /* a server may act as the client */
#define SECPKG_FLAG_ACCEPT_WIN32_NAME 0x00000200u        /* takes Windows account names */
#define SECPKG_FLAG_STREAM 0x00000400u                   /* stream contexts */
#define SECPKG_FLAG_NEGOTIABLE 0x00000800u               /* Negotiate may choose it */
#define SECPKG_FLAG_GSS_COMPATIBLE 0x00001000u           /* tokens are GSS-API's */
#define SECPKG_FLAG_LOGON 0x00002000u                    /* logs users on */
#define SECPKG_FLAG_ASCII_BUFFERS 0x00004000u            /* tokens are text */
#define SECPKG_FLAG_FRAGMENT 0x00008000u                 /* can cut tokens to fit */
#define SECPKG_FLAG_MUTUAL_AUTH 0x00010000u              /* the server proves itself as well */
#define SECPKG_FLAG_DELEGATION 0x00020000u               /* the client may lend its credential */
#define SECPKG_FLAG_READONLY_WITH_CHECKSUM 0x00040000u   /* knows that buffer attribute */
#define SECPKG_FLAG_RESTRICTED_TOKENS 0x00080000u        /* Windows' restricted tokens */
#define SECPKG_FLAG_NEGO_EXTENDER 0x00100000u            /* extends Negotiate (NegoEx) */
#define SECPKG_FLAG_NEGOTIABLE2 0x00200000u              /* negotiated through NegoEx */
#define SECPKG_FLAG_APPCONTAINER_PASSTHROUGH 0x00400000u /* Windows' app containers */
#define SECPKG_FLAG_APPCONTAINER_CHECKS 0x00800000u      /* the same */
#define SECPKG_FLAG_CREDENTIAL_ISOLATION_ENABLED 0x01000000u /* keys in another process */
#define SECPKG_FLAG_APPLY_LOOPBACK 0x02000000u               /* treats loopback apart */

#define SECPKG_ID_NONE 0xFFFFu

/* For AddSecurityPackage. */
typedef struct _SECURITY_PACKAGE_OPTIONS {
    ULONG Size;          /* octets of this structure */
    ULONG Type;          /* SECPKG_OPTIONS_TYPE_* */
    ULONG Flags;         /* SECPKG_OPTIONS_PERMANENT */
    ULONG SignatureSize; /* octets at Signature */
    void *Signature;
} SECURITY_PACKAGE_OPTIONS, *PSECURITY_PACKAGE_OPTIONS;

#define SECPKG_OPTIONS_TYPE_UNKNOWN 0u
#define SECPKG_OPTIONS_TYPE_LSA 1u
#define SECPKG_OPTIONS_TYPE_SSPI 2u
#define SECPKG_OPTIONS_PERMANENT 0x00000001u

/* ---- Flags -------------------------------------------------------------------------------- */

/*
 * fCredentialUse.  A client asks for OUTBOUND, a server for INBOUND, a program that is both for
 * BOTH.  (The Windows CE page on authenticating a connection swaps the first two.)
 */
#define SECPKG_CRED_INBOUND 0x00000001u
#define SECPKG_CRED_OUTBOUND 0x00000002u
#define SECPKG_CRED_BOTH 0x00000003u
#define SECPKG_CRED_DEFAULT 0x00000004u
#define SECPKG_CRED_AUTOLOGON_RESTRICTED 0x00000010u   /* no default, no stored one */
#define SECPKG_CRED_PROCESS_POLICY_ONLY 0x00000020u    /* ask for the policy alone */
#define SECPKG_CRED_KERB_ANCHOR_DS_VERSION 0x00000040u /* Windows' own */
#define SECPKG_CRED_RESERVED 0xF0000000u

/* TargetDataRep: how the peer lays out its data.  Ignored; tokens do not depend on it. */
#define SECURITY_NATIVE_DREP 0x00000010u
#define SECURITY_NETWORK_DREP 0x00000000u

/*
 * What a client asks of its context (fContextReq) and what the context has (pfContextAttr).  The
 * four sets of flags give different meanings to a bit (0x40, and most from 0x1000 up): never mix
 * them.  A _RET_ flag tells what there is, not what was asked; the caller compares and decides.
 */
#define ISC_REQ_DELEGATE 0x00000001u           /* lend the credential to the server */
#define ISC_REQ_MUTUAL_AUTH 0x00000002u        /* the server must prove itself */
#define ISC_REQ_REPLAY_DETECT 0x00000004u      /* find repeated messages */
#define ISC_REQ_SEQUENCE_DETECT 0x00000008u    /* find lost and reordered messages */
#define ISC_REQ_CONFIDENTIALITY 0x00000010u    /* EncryptMessage will be used */
#define ISC_REQ_USE_SESSION_KEY 0x00000020u    /* a new session key */
#define ISC_REQ_PROMPT_FOR_CREDS 0x00000040u   /* ask the user; no package here does */
#define ISC_REQ_USE_SUPPLIED_CREDS 0x00000080u /* those of the input; TLS: or none */
#define ISC_REQ_ALLOCATE_MEMORY 0x00000100u    /* the call allocates output tokens */
#define ISC_REQ_USE_DCE_STYLE 0x00000200u      /* three legs, as DCE RPC has them */
#define ISC_REQ_DATAGRAM 0x00000400u           /* messages may be lost */
#define ISC_REQ_CONNECTION 0x00000800u         /* messages are kept apart by the transport */
#define ISC_REQ_CALL_LEVEL 0x00001000u
#define ISC_REQ_FRAGMENT_SUPPLIED 0x00002000u /* the input is a part */
#define ISC_REQ_EXTENDED_ERROR 0x00004000u    /* on failure, a token that tells the server */
#define ISC_REQ_STREAM 0x00008000u            /* an octet stream */
#define ISC_REQ_INTEGRITY 0x00010000u         /* MakeSignature will be used */
#define ISC_REQ_IDENTIFY 0x00020000u          /* the server may know the client, not act as it */
#define ISC_REQ_NULL_SESSION 0x00040000u      /* anonymous */
#define ISC_REQ_MANUAL_CRED_VALIDATION 0x00080000u /* TLS: the caller checks the certificate */
#define ISC_REQ_RESERVED1 0x00100000u
#define ISC_REQ_FRAGMENT_TO_FIT 0x00200000u /* cut output tokens to the buffer */
#define ISC_REQ_FORWARD_CREDENTIALS 0x00400000u
#define ISC_REQ_NO_INTEGRITY 0x00800000u /* do not sign, against the package's habit */
#define ISC_REQ_USE_HTTP_STYLE 0x01000000u
#define ISC_REQ_UNVERIFIED_TARGET_NAME 0x20000000u /* the target name came from the net */
#define ISC_REQ_CONFIDENTIALITY_ONLY 0x40000000u   /* encryption without signing will do */
/* Above bit 31, through a SECBUFFER_FLAGS buffer. */
#define ISC_REQ_MESSAGES UINT64_C(0x0000000100000000) /* TLS: messages, not records */
#define ISC_REQ_DEFERRED_CRED_VALIDATION UINT64_C(0x0000000200000000)
#define ISC_REQ_NO_POST_HANDSHAKE_AUTH UINT64_C(0x0000000400000000)
#define ISC_REQ_REUSE_SESSION_TICKETS UINT64_C(0x0000000800000000)
#define ISC_REQ_EXPLICIT_SESSION UINT64_C(0x0000001000000000)

#define ISC_RET_DELEGATE 0x00000001u
#define ISC_RET_MUTUAL_AUTH 0x00000002u
#define ISC_RET_REPLAY_DETECT 0x00000004u
#define ISC_RET_SEQUENCE_DETECT 0x00000008u
#define ISC_RET_CONFIDENTIALITY 0x00000010u
#define ISC_RET_USE_SESSION_KEY 0x00000020u
#define ISC_RET_USED_COLLECTED_CREDS 0x00000040u
#define ISC_RET_USED_SUPPLIED_CREDS 0x00000080u
#define ISC_RET_ALLOCATED_MEMORY 0x00000100u
#define ISC_RET_USED_DCE_STYLE 0x00000200u
#define ISC_RET_DATAGRAM 0x00000400u
#define ISC_RET_CONNECTION 0x00000800u
#define ISC_RET_INTERMEDIATE_RETURN 0x00001000u
#define ISC_RET_CALL_LEVEL 0x00002000u
#define ISC_RET_EXTENDED_ERROR 0x00004000u /* failures come with a token that tells the peer */
#define ISC_RET_STREAM 0x00008000u
#define ISC_RET_INTEGRITY 0x00010000u
#define ISC_RET_IDENTIFY 0x00020000u
#define ISC_RET_NULL_SESSION 0x00040000u
#define ISC_RET_MANUAL_CRED_VALIDATION 0x00080000u
#define ISC_RET_RESERVED1 0x00100000u
#define ISC_RET_FRAGMENT_ONLY 0x00200000u
#define ISC_RET_FORWARD_CREDENTIALS 0x00400000u
#define ISC_RET_USED_HTTP_STYLE 0x01000000u
#define ISC_RET_NO_ADDITIONAL_TOKEN 0x02000000u /* the peer sends nothing more */
#define ISC_RET_REAUTHENTICATION 0x08000000u
#define ISC_RET_CONFIDENTIALITY_ONLY 0x40000000u
#define ISC_RET_MESSAGES UINT64_C(0x0000000100000000)
#define ISC_RET_DEFERRED_CRED_VALIDATION UINT64_C(0x0000000200000000)
#define ISC_RET_NO_POST_HANDSHAKE_AUTH UINT64_C(0x0000000400000000)
#define ISC_RET_REUSE_SESSION_TICKETS UINT64_C(0x0000000800000000)
#define ISC_RET_EXPLICIT_SESSION UINT64_C(0x0000001000000000)

/* The same for a server.  From EXTENDED_ERROR up, each bit lies elsewhere than the client's. */
#define ASC_REQ_DELEGATE 0x00000001u
#define ASC_REQ_MUTUAL_AUTH 0x00000002u /* TLS: ask for a client certificate */
#define ASC_REQ_REPLAY_DETECT 0x00000004u
#define ASC_REQ_SEQUENCE_DETECT 0x00000008u
#define ASC_REQ_CONFIDENTIALITY 0x00000010u
#define ASC_REQ_USE_SESSION_KEY 0x00000020u
#define ASC_REQ_SESSION_TICKET 0x00000040u
#define ASC_REQ_ALLOCATE_MEMORY 0x00000100u
#define ASC_REQ_USE_DCE_STYLE 0x00000200u
#define ASC_REQ_DATAGRAM 0x00000400u
#define ASC_REQ_CONNECTION 0x00000800u
#define ASC_REQ_CALL_LEVEL 0x00001000u
#define ASC_REQ_FRAGMENT_SUPPLIED 0x00002000u
#define ASC_REQ_EXTENDED_ERROR 0x00008000u
#define ASC_REQ_STREAM 0x00010000u
#define ASC_REQ_INTEGRITY 0x00020000u
#define ASC_REQ_LICENSING 0x00040000u
#define ASC_REQ_IDENTIFY 0x00080000u
#define ASC_REQ_ALLOW_NULL_SESSION 0x00100000u    /* take anonymous clients */
#define ASC_REQ_ALLOW_NON_USER_LOGONS 0x00200000u /* and machine accounts */
#define ASC_REQ_ALLOW_CONTEXT_REPLAY 0x00400000u
#define ASC_REQ_FRAGMENT_TO_FIT 0x00800000u
#define ASC_REQ_NO_TOKEN 0x01000000u
#define ASC_REQ_PROXY_BINDINGS 0x04000000u         /* bindings name a proxy's channel */
#define ASC_REQ_ALLOW_MISSING_BINDINGS 0x10000000u /* take clients without bindings */
#define ASC_REQ_MESSAGES UINT64_C(0x0000000100000000)
#define ASC_REQ_EXPLICIT_SESSION UINT64_C(0x0000001000000000)

#define ASC_RET_DELEGATE 0x00000001u
#define ASC_RET_MUTUAL_AUTH 0x00000002u
#define ASC_RET_REPLAY_DETECT 0x00000004u
#define ASC_RET_SEQUENCE_DETECT 0x00000008u
#define ASC_RET_CONFIDENTIALITY 0x00000010u
#define ASC_RET_USE_SESSION_KEY 0x00000020u
#define ASC_RET_SESSION_TICKET 0x00000040u
#define ASC_RET_ALLOCATED_MEMORY 0x00000100u
#define ASC_RET_USED_DCE_STYLE 0x00000200u
#define ASC_RET_DATAGRAM 0x00000400u
#define ASC_RET_CONNECTION 0x00000800u
#define ASC_RET_CALL_LEVEL 0x00002000u /* not 0x1000, which is the request's */
#define ASC_RET_THIRD_LEG_FAILED 0x00004000u
#define ASC_RET_EXTENDED_ERROR 0x00008000u
#define ASC_RET_STREAM 0x00010000u
#define ASC_RET_INTEGRITY 0x00020000u
#define ASC_RET_LICENSING 0x00040000u
#define ASC_RET_IDENTIFY 0x00080000u
#define ASC_RET_NULL_SESSION 0x00100000u
#define ASC_RET_ALLOW_NON_USER_LOGONS 0x00200000u
#define ASC_RET_ALLOW_CONTEXT_REPLAY 0x00400000u
#define ASC_RET_FRAGMENT_ONLY 0x00800000u
#define ASC_RET_NO_TOKEN 0x01000000u
#define ASC_RET_NO_ADDITIONAL_TOKEN 0x02000000u
#define ASC_RET_NO_PROXY_BINDINGS 0x04000000u
#define ASC_RET_MISSING_BINDINGS 0x10000000u
#define ASC_RET_MESSAGES UINT64_C(0x0000000100000000)
#define ASC_RET_REUSE_SESSION_TICKETS UINT64_C(0x0000000800000000)
#define ASC_RET_EXPLICIT_SESSION UINT64_C(0x0000001000000000)

/* fQOP: quality of protection. */
#define SECQOP_WRAP_NO_ENCRYPT 0x80000001u /* EncryptMessage signs only */
#define SECQOP_WRAP_OOB_DATA 0x40000000u   /* TLS: DATA is an alert of two octets */

/* fFlags of ExportSecurityContext. */
#define SECPKG_CONTEXT_EXPORT_RESET_NEW 0x00000001u  /* the copy starts as if just established */
#define SECPKG_CONTEXT_EXPORT_DELETE_OLD 0x00000002u /* the context goes */
#define SECPKG_CONTEXT_EXPORT_TO_KERNEL 0x00000004u  /* Windows' own */

/* ---- Identities --------------------------------------------------------------------------- */

/*
 * User, domain and password for AcquireCredentialsHandle's pAuthData.  Lengths are in characters
 * without a terminating NUL: octets of UTF-8 under SEC_WINNT_AUTH_IDENTITY_ANSI, 16-bit units
 * under SEC_WINNT_AUTH_IDENTITY_UNICODE.  Flags must have exactly one of these two, whichever form
 * of the call is used.  A NULL string has length 0; a NULL User stands for the default
 * credential's.  "user@realm" goes into User with Domain empty.  The library copies what it keeps
 * and wipes its copy; the caller's stays the caller's.
 *
 * The first ULONG tells the forms apart: 0x200 is _EX, 0x201 is _EX2, else it is part of a
 * pointer.
 */
typedef struct _SEC_WINNT_AUTH_IDENTITY_A {
    UCHAR *User;
    ULONG UserLength;
    UCHAR *Domain;
    ULONG DomainLength;
    UCHAR *Password;
    ULONG PasswordLength;
    ULONG Flags; /* SEC_WINNT_AUTH_IDENTITY_* */
} SEC_WINNT_AUTH_IDENTITY_A, *PSEC_WINNT_AUTH_IDENTITY_A;

typedef struct _SEC_WINNT_AUTH_IDENTITY_W {
    USHORT *User;
    ULONG UserLength;
    USHORT *Domain;
    ULONG DomainLength;
    USHORT *Password;
    ULONG PasswordLength;
    ULONG Flags;
} SEC_WINNT_AUTH_IDENTITY_W, *PSEC_WINNT_AUTH_IDENTITY_W;

/* The same with a list of packages that Negotiate may use: names split by commas, "!" excludes. */
typedef struct _SEC_WINNT_AUTH_IDENTITY_EXA {
    ULONG Version; /* SEC_WINNT_AUTH_IDENTITY_VERSION */
    ULONG Length;  /* octets of this structure */
    UCHAR *User;
    ULONG UserLength;
    UCHAR *Domain;
    ULONG DomainLength;
    UCHAR *Password;
    ULONG PasswordLength;
    ULONG Flags;
    UCHAR *PackageList;
    ULONG PackageListLength; /* characters */
} SEC_WINNT_AUTH_IDENTITY_EXA, *PSEC_WINNT_AUTH_IDENTITY_EXA;

typedef struct _SEC_WINNT_AUTH_IDENTITY_EXW {
    ULONG Version;
    ULONG Length;
    USHORT *User;
    ULONG UserLength;
    USHORT *Domain;
    ULONG DomainLength;
    USHORT *Password;
    ULONG PasswordLength;
    ULONG Flags;
    USHORT *PackageList;
    ULONG PackageListLength;
} SEC_WINNT_AUTH_IDENTITY_EXW, *PSEC_WINNT_AUTH_IDENTITY_EXW;

/*
 * The form without pointers.  Strings are UTF-16 and follow in the same memory; offsets count from
 * the start of the structure, and lengths here are in octets.
 */
typedef struct _SEC_WINNT_AUTH_IDENTITY_EX2 {
    ULONG Version;           /* SEC_WINNT_AUTH_IDENTITY_VERSION_2 */
    USHORT cbHeaderLength;   /* octets of this structure */
    ULONG cbStructureLength; /* and with what follows it */
    ULONG UserOffset;
    USHORT UserLength;
    ULONG DomainOffset;
    USHORT DomainLength;
    ULONG PackedCredentialsOffset; /* SEC_WINNT_AUTH_PACKED_CREDENTIALS */
    USHORT PackedCredentialsLength;
    ULONG Flags;
    ULONG PackageListOffset;
    USHORT PackageListLength;
} SEC_WINNT_AUTH_IDENTITY_EX2, *PSEC_WINNT_AUTH_IDENTITY_EX2;

/* Octets at an offset from the start of the structure this is part of. */
typedef struct _SEC_WINNT_AUTH_BYTE_VECTOR {
    ULONG ByteArrayOffset;
    USHORT ByteArrayLength; /* octets */
} SEC_WINNT_AUTH_BYTE_VECTOR, *PSEC_WINNT_AUTH_BYTE_VECTOR;

typedef struct _SEC_WINNT_AUTH_DATA {
    GUID CredType; /* SEC_WINNT_AUTH_DATA_TYPE_* */
    SEC_WINNT_AUTH_BYTE_VECTOR CredData;
} SEC_WINNT_AUTH_DATA, *PSEC_WINNT_AUTH_DATA;

typedef struct _SEC_WINNT_AUTH_PACKED_CREDENTIALS {
    USHORT cbHeaderLength;    /* octets of this structure */
    USHORT cbStructureLength; /* and with what follows it */
    SEC_WINNT_AUTH_DATA AuthData;
} SEC_WINNT_AUTH_PACKED_CREDENTIALS, *PSEC_WINNT_AUTH_PACKED_CREDENTIALS;

/* CredData of type SEC_WINNT_AUTH_DATA_TYPE_PASSWORD. */
typedef struct _SEC_WINNT_AUTH_DATA_PASSWORD {
    SEC_WINNT_AUTH_BYTE_VECTOR UnicodePassword; /* UTF-16 */
} SEC_WINNT_AUTH_DATA_PASSWORD, *PSEC_WINNT_AUTH_DATA_PASSWORD;

static const GUID SEC_WINNT_AUTH_DATA_TYPE_PASSWORD SSPI_UNUSED = {
    0x28bfc32f, 0x10f6, 0x4738, { 0x98, 0xd1, 0x1a, 0xc0, 0x61, 0xdf, 0x71, 0x6a }
};

typedef union _SEC_WINNT_AUTH_IDENTITY_INFO {
    SEC_WINNT_AUTH_IDENTITY_EXW AuthIdExw;
    SEC_WINNT_AUTH_IDENTITY_EXA AuthIdExa;
    SEC_WINNT_AUTH_IDENTITY_A AuthId_a;
    SEC_WINNT_AUTH_IDENTITY_W AuthId_w;
    SEC_WINNT_AUTH_IDENTITY_EX2 AuthIdEx2;
} SEC_WINNT_AUTH_IDENTITY_INFO, *PSEC_WINNT_AUTH_IDENTITY_INFO;

/* Any of the forms above; see the Sspi* calls. */
typedef PVOID PSEC_WINNT_AUTH_IDENTITY_OPAQUE;

#define SEC_WINNT_AUTH_IDENTITY_VERSION 0x200u
#define SEC_WINNT_AUTH_IDENTITY_VERSION_2 0x201u

#define SEC_WINNT_AUTH_IDENTITY_ANSI 0x00000001u       /* text is UTF-8 here */
#define SEC_WINNT_AUTH_IDENTITY_UNICODE 0x00000002u    /* text is UTF-16 */
#define SEC_WINNT_AUTH_IDENTITY_MARSHALLED 0x00000004u /* all strings follow the structure */
#define SEC_WINNT_AUTH_IDENTITY_ONLY 0x00000008u       /* never fall back to the default one */
/* Encrypted identities need Windows' key services: SEC_E_UNSUPPORTED_FUNCTION. */
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED 0x00000010u
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED 0x00000020u
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED 0x00000040u
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED 0x00000080u
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_RESERVED 0x00010000u
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER 0x00020000u   /* User is NULL, not "" */
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN 0x00040000u /* Domain is NULL, not "" */
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_ID_PROVIDER 0x00080000u /* Domain names a provider */
/* What a credential dialogue may set; ignored here. */
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_USE_MASK 0xFF000000u
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_CREDPROV_DO_NOT_SAVE 0x80000000u
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_SAVE_CRED_BY_CALLER 0x80000000u
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_SAVE_CRED_CHECKED 0x40000000u
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_NO_CHECKBOX 0x20000000u
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_CREDPROV_DO_NOT_LOAD 0x10000000u
/* Options of Windows' SspiEncryptAuthIdentityEx. */
#define SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON 0x00000001u
#define SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS 0x00000002u
#define SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM 0x00000004u

/* ---- Credential attributes ---------------------------------------------------------------- */

#define SECPKG_CRED_ATTR_NAMES 1u                /* SecPkgCredentials_Names */
#define SECPKG_CRED_ATTR_SSI_PROVIDER 2u         /* SecPkgCredentials_SSIProvider */
#define SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS 3u   /* set: SecPkgCredentials_KdcProxySettingsW */
#define SECPKG_CRED_ATTR_KDC_NETWORK_SETTINGS 3u /* its newer name */
#define SECPKG_CRED_ATTR_CERT 4u                 /* SecPkgCredentials_Cert */
#define SECPKG_CRED_ATTR_PAC_BYPASS 5u           /* set */

/* Whose credential it is. */
typedef struct _SecPkgCredentials_NamesA {
    SEC_CHAR *sUserName;
} SecPkgCredentials_NamesA, *PSecPkgCredentials_NamesA;

typedef struct _SecPkgCredentials_NamesW {
    SEC_WCHAR *sUserName;
} SecPkgCredentials_NamesW, *PSecPkgCredentials_NamesW;

/* Who issued it; ProviderInfo is the package's. */
typedef struct _SecPkgCredentials_SSIProviderA {
    SEC_CHAR *sProviderName;
    ULONG ProviderInfoLength; /* octets */
    char *ProviderInfo;
} SecPkgCredentials_SSIProviderA, *PSecPkgCredentials_SSIProviderA;

typedef struct _SecPkgCredentials_SSIProviderW {
    SEC_WCHAR *sProviderName;
    ULONG ProviderInfoLength;
    char *ProviderInfo;
} SecPkgCredentials_SSIProviderW, *PSecPkgCredentials_SSIProviderW;

#define KDC_PROXY_SETTINGS_V1 1u
#define KDC_PROXY_SETTINGS_FLAGS_FORCEPROXY 0x1u

/* Kerberos through an HTTPS proxy [MS-KKDCP].  Offsets from the structure's start, octets. */
typedef struct _SecPkgCredentials_KdcProxySettingsW {
    ULONG Version;            /* KDC_PROXY_SETTINGS_V1 */
    ULONG Flags;              /* KDC_PROXY_SETTINGS_FLAGS_* */
    USHORT ProxyServerOffset; /* "host[:port[:path]]", UTF-16 */
    USHORT ProxyServerLength;
    USHORT ClientTlsCredOffset; /* optional */
    USHORT ClientTlsCredLength;
} SecPkgCredentials_KdcProxySettingsW, *PSecPkgCredentials_KdcProxySettingsW;

/* The certificate a credential rests on, DER. */
typedef struct _SecPkgCredentials_Cert {
    ULONG EncodedCertSize; /* octets */
    UCHAR *EncodedCert;
} SecPkgCredentials_Cert, *PSecPkgCredentials_Cert;

/* ---- Context attributes ------------------------------------------------------------------- */

/* The structure that each gives; 0x50 to 0x7F are TLS's, in schannel.h. */
#define SECPKG_ATTR_SIZES 0u        /* SecPkgContext_Sizes */
#define SECPKG_ATTR_NAMES 1u        /* SecPkgContext_Names */
#define SECPKG_ATTR_LIFESPAN 2u     /* SecPkgContext_Lifespan */
#define SECPKG_ATTR_DCE_INFO 3u     /* SecPkgContext_DceInfo */
#define SECPKG_ATTR_STREAM_SIZES 4u /* SecPkgContext_StreamSizes */
#define SECPKG_ATTR_DATAGRAM_SIZES SECPKG_ATTR_STREAM_SIZES
#define SECPKG_ATTR_KEY_INFO 5u          /* SecPkgContext_KeyInfo */
#define SECPKG_ATTR_AUTHORITY 6u         /* SecPkgContext_Authority */
#define SECPKG_ATTR_PROTO_INFO 7u        /* SecPkgContext_ProtoInfo */
#define SECPKG_ATTR_PASSWORD_EXPIRY 8u   /* SecPkgContext_PasswordExpiry */
#define SECPKG_ATTR_SESSION_KEY 9u       /* SecPkgContext_SessionKey */
#define SECPKG_ATTR_PACKAGE_INFO 10u     /* SecPkgContext_PackageInfo */
#define SECPKG_ATTR_USER_FLAGS 11u       /* SecPkgContext_UserFlags */
#define SECPKG_ATTR_NEGOTIATION_INFO 12u /* SecPkgContext_NegotiationInfo */
#define SECPKG_ATTR_NATIVE_NAMES 13u     /* SecPkgContext_NativeNames */
#define SECPKG_ATTR_FLAGS 14u            /* SecPkgContext_Flags */
#define SECPKG_ATTR_USE_VALIDATED 15u
#define SECPKG_ATTR_CREDENTIAL_NAME 16u          /* SecPkgContext_CredentialName */
#define SECPKG_ATTR_TARGET_INFORMATION 17u       /* SecPkgContext_TargetInformation */
#define SECPKG_ATTR_ACCESS_TOKEN 18u             /* SecPkgContext_AccessToken */
#define SECPKG_ATTR_TARGET 19u                   /* SecPkgContext_Target */
#define SECPKG_ATTR_AUTHENTICATION_ID 20u        /* SecPkgContext_AuthzID */
#define SECPKG_ATTR_LOGOFF_TIME 21u              /* SecPkgContext_LogoffTime */
#define SECPKG_ATTR_NEGO_KEYS 22u                /* SecPkgContext_NegoKeys */
#define SECPKG_ATTR_PROMPTING_NEEDED 24u         /* SecPkgContext_CredInfo */
#define SECPKG_ATTR_UNIQUE_BINDINGS 25u          /* SecPkgContext_Bindings: tls-unique */
#define SECPKG_ATTR_ENDPOINT_BINDINGS 26u        /* the same: tls-server-end-point */
#define SECPKG_ATTR_CLIENT_SPECIFIED_TARGET 27u  /* SecPkgContext_ClientSpecifiedTarget */
#define SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS 30u /* SecPkgContext_LastClientTokenStatus */
#define SECPKG_ATTR_NEGO_PKG_INFO 31u            /* SecPkgContext_NegoPackageInfo */
#define SECPKG_ATTR_NEGO_STATUS 32u              /* SecPkgContext_NegoStatus */
#define SECPKG_ATTR_CONTEXT_DELETED 33u
#define SECPKG_ATTR_DTLS_MTU 34u                  /* SEC_DTLS_MTU */
#define SECPKG_ATTR_APPLICATION_PROTOCOL 35u      /* SecPkgContext_ApplicationProtocol */
#define SECPKG_ATTR_NEGOTIATED_TLS_EXTENSIONS 36u /* SecPkgContext_NegotiatedTlsExtensions */
#define SECPKG_ATTR_IS_LOOPBACK 37u
#define SECPKG_ATTR_SUBJECT_SECURITY_ATTRIBUTES 128u /* SecPkgContext_SubjectAttributes */

/* Sizes for the message calls, octets.  Complete contexts only. */
typedef struct _SecPkgContext_Sizes {
    ULONG cbMaxToken;        /* the longest handshake token */
    ULONG cbMaxSignature;    /* MakeSignature's TOKEN */
    ULONG cbBlockSize;       /* what an encrypted message is a multiple of; 0 or 1: of nothing */
    ULONG cbSecurityTrailer; /* EncryptMessage's TOKEN */
} SecPkgContext_Sizes, *PSecPkgContext_Sizes;

/* Sizes of a stream's records, octets.  They hold for this context alone: always ask. */
typedef struct _SecPkgContext_StreamSizes {
    ULONG cbHeader;
    ULONG cbTrailer;
    ULONG cbMaximumMessage; /* the most EncryptMessage takes at once */
    ULONG cBuffers;         /* buffers to pass to it */
    ULONG cbBlockSize;
} SecPkgContext_StreamSizes, *PSecPkgContext_StreamSizes;

typedef SecPkgContext_StreamSizes SecPkgContext_DatagramSizes;
typedef PSecPkgContext_StreamSizes PSecPkgContext_DatagramSizes;

/* Who the client is. */
typedef struct _SecPkgContext_NamesA {
    SEC_CHAR *sUserName;
} SecPkgContext_NamesA, *PSecPkgContext_NamesA;

typedef struct _SecPkgContext_NamesW {
    SEC_WCHAR *sUserName;
} SecPkgContext_NamesW, *PSecPkgContext_NamesW;

/* When the context is good; tsExpiry is what ptsExpiry was given. */
typedef struct _SecPkgContext_Lifespan {
    TimeStamp tsStart;
    TimeStamp tsExpiry;
} SecPkgContext_Lifespan, *PSecPkgContext_Lifespan;

/* Authorization data for DCE RPC. */
typedef struct _SecPkgContext_DceInfo {
    ULONG AuthzSvc;
    void *pPac;
} SecPkgContext_DceInfo, *PSecPkgContext_DceInfo;

/* The algorithms in use; the two names are two allocations. */
typedef struct _SecPkgContext_KeyInfoA {
    SEC_CHAR *sSignatureAlgorithmName;
    SEC_CHAR *sEncryptAlgorithmName;
    ULONG KeySize;            /* bits */
    ULONG SignatureAlgorithm; /* the package's number */
    ULONG EncryptAlgorithm;
} SecPkgContext_KeyInfoA, *PSecPkgContext_KeyInfoA;

typedef struct _SecPkgContext_KeyInfoW {
    SEC_WCHAR *sSignatureAlgorithmName;
    SEC_WCHAR *sEncryptAlgorithmName;
    ULONG KeySize;
    ULONG SignatureAlgorithm;
    ULONG EncryptAlgorithm;
} SecPkgContext_KeyInfoW, *PSecPkgContext_KeyInfoW;

/* Who vouches for the peer: a realm, a domain, a certificate's issuer. */
typedef struct _SecPkgContext_AuthorityA {
    SEC_CHAR *sAuthorityName;
} SecPkgContext_AuthorityA, *PSecPkgContext_AuthorityA;

typedef struct _SecPkgContext_AuthorityW {
    SEC_WCHAR *sAuthorityName;
} SecPkgContext_AuthorityW, *PSecPkgContext_AuthorityW;

typedef struct _SecPkgContext_ProtoInfoA {
    SEC_CHAR *sProtocolName;
    ULONG majorVersion;
    ULONG minorVersion;
} SecPkgContext_ProtoInfoA, *PSecPkgContext_ProtoInfoA;

typedef struct _SecPkgContext_ProtoInfoW {
    SEC_WCHAR *sProtocolName;
    ULONG majorVersion;
    ULONG minorVersion;
} SecPkgContext_ProtoInfoW, *PSecPkgContext_ProtoInfoW;

typedef struct _SecPkgContext_PasswordExpiry {
    TimeStamp tsPasswordExpires;
} SecPkgContext_PasswordExpiry, *PSecPkgContext_PasswordExpiry;

typedef struct _SecPkgContext_LogoffTime {
    TimeStamp tsLogoffTime;
} SecPkgContext_LogoffTime, *PSecPkgContext_LogoffTime;

/* A secret: FreeContextBuffer wipes it.  Complete contexts only. */
typedef struct _SecPkgContext_SessionKey {
    ULONG SessionKeyLength; /* octets */
    UCHAR *SessionKey;
} SecPkgContext_SessionKey, *PSecPkgContext_SessionKey;

/* Keys that NegoEx signs its messages with: ours, and the peer's.  Two allocations, secret. */
typedef struct _SecPkgContext_NegoKeys {
    ULONG KeyType;    /* an RFC 3961 encryption type */
    USHORT KeyLength; /* octets */
    UCHAR *KeyValue;
    ULONG VerifyKeyType;
    USHORT VerifyKeyLength;
    UCHAR *VerifyKeyValue;
} SecPkgContext_NegoKeys, *PSecPkgContext_NegoKeys;

/* The package at work; free PackageInfo.  Answered during the handshake, too. */
typedef struct _SecPkgContext_PackageInfoA {
    PSecPkgInfoA PackageInfo;
} SecPkgContext_PackageInfoA, *PSecPkgContext_PackageInfoA;

typedef struct _SecPkgContext_PackageInfoW {
    PSecPkgInfoW PackageInfo;
} SecPkgContext_PackageInfoW, *PSecPkgContext_PackageInfoW;

typedef struct _SecPkgContext_UserFlags {
    ULONG UserFlags;
} SecPkgContext_UserFlags, *PSecPkgContext_UserFlags;

/* ISC_RET_* or ASC_RET_* of the context. */
typedef struct _SecPkgContext_Flags {
    ULONG Flags;
} SecPkgContext_Flags, *PSecPkgContext_Flags;

/* What Negotiate has chosen, as far as it has got; free PackageInfo. */
typedef struct _SecPkgContext_NegotiationInfoA {
    PSecPkgInfoA PackageInfo;
    ULONG NegotiationState; /* SECPKG_NEGOTIATION_* */
} SecPkgContext_NegotiationInfoA, *PSecPkgContext_NegotiationInfoA;

typedef struct _SecPkgContext_NegotiationInfoW {
    PSecPkgInfoW PackageInfo;
    ULONG NegotiationState;
} SecPkgContext_NegotiationInfoW, *PSecPkgContext_NegotiationInfoW;

#define SECPKG_NEGOTIATION_COMPLETE 0u
#define SECPKG_NEGOTIATION_OPTIMISTIC 1u
#define SECPKG_NEGOTIATION_IN_PROGRESS 2u
#define SECPKG_NEGOTIATION_DIRECT 3u /* the peer spoke the package without negotiating */
#define SECPKG_NEGOTIATION_TRY_MULTICRED 4u

/* The names as the protocol has them; two allocations. */
typedef struct _SecPkgContext_NativeNamesA {
    SEC_CHAR *sClientName;
    SEC_CHAR *sServerName;
} SecPkgContext_NativeNamesA, *PSecPkgContext_NativeNamesA;

typedef struct _SecPkgContext_NativeNamesW {
    SEC_WCHAR *sClientName;
    SEC_WCHAR *sServerName;
} SecPkgContext_NativeNamesW, *PSecPkgContext_NativeNamesW;

typedef struct _SecPkgContext_CredentialNameA {
    ULONG CredentialType;
    SEC_CHAR *sCredentialName;
} SecPkgContext_CredentialNameA, *PSecPkgContext_CredentialNameA;

typedef struct _SecPkgContext_CredentialNameW {
    ULONG CredentialType;
    SEC_WCHAR *sCredentialName;
} SecPkgContext_CredentialNameW, *PSecPkgContext_CredentialNameW;

/* As QuerySecurityContextToken gives it. */
typedef struct _SecPkgContext_AccessToken {
    void *AccessToken;
} SecPkgContext_AccessToken, *PSecPkgContext_AccessToken;

typedef struct _SecPkgContext_TargetInformation {
    ULONG MarshalledTargetInfoLength; /* octets */
    UCHAR *MarshalledTargetInfo;
} SecPkgContext_TargetInformation, *PSecPkgContext_TargetInformation;

typedef struct _SecPkgContext_AuthzID {
    ULONG AuthzIDLength; /* octets */
    char *AuthzID;
} SecPkgContext_AuthzID, *PSecPkgContext_AuthzID;

typedef struct _SecPkgContext_Target {
    ULONG TargetLength; /* octets */
    char *Target;
} SecPkgContext_Target, *PSecPkgContext_Target;

/* The service name that the client asked for, as the server sees it.  UTF-16 in both forms. */
typedef struct _SecPkgContext_ClientSpecifiedTarget {
    SEC_WCHAR *sTargetName;
} SecPkgContext_ClientSpecifiedTarget, *PSecPkgContext_ClientSpecifiedTarget;

/* Channel bindings of a TLS context, ready for another context's input; free Bindings. */
typedef struct _SecPkgContext_Bindings {
    ULONG BindingsLength; /* octets with what follows the structure */
    SEC_CHANNEL_BINDINGS *Bindings;
} SecPkgContext_Bindings, *PSecPkgContext_Bindings;

/* Was the token that the client made last its last one? */
typedef enum _SECPKG_ATTR_LCT_STATUS {
    SecPkgAttrLastClientTokenYes = 0,
    SecPkgAttrLastClientTokenNo = 1,
    SecPkgAttrLastClientTokenMaybe = 2
} SECPKG_ATTR_LCT_STATUS,
    *PSECPKG_ATTR_LCT_STATUS;

typedef struct _SecPkgContext_LastClientTokenStatus {
    SECPKG_ATTR_LCT_STATUS LastClientTokenStatus;
} SecPkgContext_LastClientTokenStatus, *PSecPkgContext_LastClientTokenStatus;

/* Where a credential came from. */
typedef enum _SECPKG_CRED_CLASS {
    SecPkgCredClass_None = 0,
    SecPkgCredClass_Ephemeral = 10,
    SecPkgCredClass_PersistedGeneric = 20,
    SecPkgCredClass_PersistedSpecific = 30,
    SecPkgCredClass_Explicit = 40
} SECPKG_CRED_CLASS,
    *PSECPKG_CRED_CLASS;

typedef struct _SecPkgContext_CredInfo {
    SECPKG_CRED_CLASS CredClass;
    ULONG IsPromptingNeeded; /* ask the user for another one? */
} SecPkgContext_CredInfo, *PSecPkgContext_CredInfo;

typedef struct _SecPkgContext_NegoPackageInfo {
    ULONG PackageMask; /* SECPKG_ATTR_NEGO_INFO_FLAG_* */
} SecPkgContext_NegoPackageInfo, *PSecPkgContext_NegoPackageInfo;

#define SECPKG_ATTR_NEGO_INFO_FLAG_NO_KERBEROS 0x1u
#define SECPKG_ATTR_NEGO_INFO_FLAG_NO_NTLM 0x2u

typedef struct _SecPkgContext_NegoStatus {
    ULONG LastStatus; /* a SECURITY_STATUS */
} SecPkgContext_NegoStatus, *PSecPkgContext_NegoStatus;

typedef struct _SecPkgContext_SubjectAttributes {
    void *AttributeInfo;
} SecPkgContext_SubjectAttributes, *PSecPkgContext_SubjectAttributes;

typedef enum _SEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS {
    SecApplicationProtocolNegotiationStatus_None = 0,
    SecApplicationProtocolNegotiationStatus_Success = 1,
    SecApplicationProtocolNegotiationStatus_SelectedClientOnly = 2
} SEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS,
    *PSEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS;

#define MAX_PROTOCOL_ID_SIZE 0xFF

/* The protocol that was agreed on, e.g. "h2": not terminated. */
typedef struct _SecPkgContext_ApplicationProtocol {
    SEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS ProtoNegoStatus;
    SEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT ProtoNegoExt;
    UCHAR ProtocolIdSize; /* octets in use */
    UCHAR ProtocolId[MAX_PROTOCOL_ID_SIZE];
} SecPkgContext_ApplicationProtocol, *PSecPkgContext_ApplicationProtocol;

typedef struct _SecPkgContext_NegotiatedTlsExtensions {
    ULONG ExtensionsCount;
    USHORT *Extensions; /* their types; one allocation */
} SecPkgContext_NegotiatedTlsExtensions, *PSecPkgContext_NegotiatedTlsExtensions;

/* ---- Names that are not Windows' ---------------------------------------------------------- */

/* Wine's and WinPR's, for programs written for them. */
#define ASC_REQ_FRAGMENT_NO_TOKEN ASC_REQ_NO_TOKEN /* Wine */
#define SEC_WINNT_AUTH_IDENTITY_EXTENDED 0x100u    /* WinPR's flags; mean nothing here */
#define SEC_WINNT_AUTH_IDENTITY_EXTENDED_v2 0x200u
#define SECPKG_CRED_ATTR_TICKET_LOGON 1200u /* WinPR's; no package here has it */

/* ---- Calls -------------------------------------------------------------------------------- */

/*
 * Source for all of them: Windows SDK sspi.h and Microsoft's reference pages.  Where a call has an
 * A and a W form, one description serves both.  Each has a pointer type, *_FN, for the tables
 * below.
 */

/* Windows' way to hand a package a key.  Taken, and never called. */
typedef void(SEC_ENTRY *SEC_GET_KEY_FN)(void *Arg, void *Principal, ULONG KeyVer, void **Key,
                                        SECURITY_STATUS *Status);

#ifdef __cplusplus
extern "C" {
#endif

/*
 * List the packages of the manifest: *pcPackages of them, at *ppPackageInfo.  No package is loaded
 * for it.  The whole list is one allocation.
 *
 * Errors: SEC_E_INVALID_PARAMETER for a NULL argument.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesA(SSPI_ULONG_OUT *pcPackages,
                                                              PSecPkgInfoA *ppPackageInfo);
SSPI_API SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesW(SSPI_ULONG_OUT *pcPackages,
                                                              PSecPkgInfoW *ppPackageInfo);
typedef SECURITY_STATUS(SEC_ENTRY *ENUMERATE_SECURITY_PACKAGES_FN_A)(SSPI_ULONG_OUT *,
                                                                     PSecPkgInfoA *);
typedef SECURITY_STATUS(SEC_ENTRY *ENUMERATE_SECURITY_PACKAGES_FN_W)(SSPI_ULONG_OUT *,
                                                                     PSecPkgInfoW *);

/*
 * Describe the package of this name or alias; letter case does not count.  *ppPackageInfo is one
 * allocation.
 *
 * Errors: SEC_E_SECPKG_NOT_FOUND, also for a NULL name; SEC_E_INVALID_PARAMETER for a NULL
 * ppPackageInfo.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoA(LPCSTR pszPackageName,
                                                             PSecPkgInfoA *ppPackageInfo);
SSPI_API SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoW(LPCWSTR pszPackageName,
                                                             PSecPkgInfoW *ppPackageInfo);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_SECURITY_PACKAGE_INFO_FN_A)(LPCSTR, PSecPkgInfoA *);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_SECURITY_PACKAGE_INFO_FN_W)(LPCWSTR, PSecPkgInfoW *);

/*
 * Acquire a credential of a package, for one role or both.  The package's module is loaded if it
 * is not yet.
 *
 *   pszPrincipal      whose credential; NULL for the process's own
 *   pszPackage        name or alias
 *   fCredentialUse    SECPKG_CRED_OUTBOUND for a client, _INBOUND for a server, _BOTH
 *   pvLogonId         a LUID on Windows; ignored
 *   pAuthData         a SEC_WINNT_AUTH_IDENTITY of any form, which the A and W calls both read
 *                     as its Flags say, or the package's own structure (schannel.h has TLS's);
 *                     NULL for the default credential.  Copied
 *   pGetKeyFn, pvGetKeyArgument   ignored
 *   phCredential      set to the credential; FreeCredentialsHandle frees it
 *   ptsExpiry         set to when it ends; may be NULL
 *
 * Errors: SEC_E_SECPKG_NOT_FOUND for a name that is NULL or unknown; SEC_E_CANNOT_INSTALL for a
 * package whose module cannot be loaded or was refused; SEC_E_INVALID_PARAMETER for a NULL
 * phCredential, for a fCredentialUse with neither role, and for an _EX identity shorter than it
 * says; SEC_E_UNKNOWN_CREDENTIALS for pAuthData that contradict themselves (Flags without ANSI or
 * UNICODE, NULL with a length, an unknown version, offsets past the end); SEC_E_NO_CREDENTIALS
 * where there is none for this role; SEC_E_UNSUPPORTED_FUNCTION for an encrypted identity;
 * SEC_E_ALGORITHM_MISMATCH where TLS is left no protocol version.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY
AcquireCredentialsHandleA(LPCSTR pszPrincipal, LPCSTR pszPackage, ULONG fCredentialUse,
                          void *pvLogonId, void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
                          void *pvGetKeyArgument, PCredHandle phCredential, PTimeStamp ptsExpiry);
SSPI_API SECURITY_STATUS SEC_ENTRY
AcquireCredentialsHandleW(LPCWSTR pszPrincipal, LPCWSTR pszPackage, ULONG fCredentialUse,
                          void *pvLogonId, void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
                          void *pvGetKeyArgument, PCredHandle phCredential, PTimeStamp ptsExpiry);
typedef SECURITY_STATUS(SEC_ENTRY *ACQUIRE_CREDENTIALS_HANDLE_FN_A)(LPCSTR, LPCSTR, ULONG, void *,
                                                                    void *, SEC_GET_KEY_FN, void *,
                                                                    PCredHandle, PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *ACQUIRE_CREDENTIALS_HANDLE_FN_W)(LPCWSTR, LPCWSTR, ULONG, void *,
                                                                    void *, SEC_GET_KEY_FN, void *,
                                                                    PCredHandle, PTimeStamp);

/*
 * Add a credential of another package to one that holds several (Negotiate's).  The arguments are
 * AcquireCredentialsHandle's.
 *
 * Errors: those of AcquireCredentialsHandle; SEC_E_INVALID_HANDLE; SEC_E_UNSUPPORTED_FUNCTION for
 * a package that holds one only.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY AddCredentialsA(PCredHandle hCredentials, LPCSTR pszPrincipal,
                                                   LPCSTR pszPackage, ULONG fCredentialUse,
                                                   void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
                                                   void *pvGetKeyArgument, PTimeStamp ptsExpiry);
SSPI_API SECURITY_STATUS SEC_ENTRY AddCredentialsW(PCredHandle hCredentials, LPCWSTR pszPrincipal,
                                                   LPCWSTR pszPackage, ULONG fCredentialUse,
                                                   void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
                                                   void *pvGetKeyArgument, PTimeStamp ptsExpiry);
typedef SECURITY_STATUS(SEC_ENTRY *ADD_CREDENTIALS_FN_A)(PCredHandle, LPCSTR, LPCSTR, ULONG, void *,
                                                         SEC_GET_KEY_FN, void *, PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *ADD_CREDENTIALS_FN_W)(PCredHandle, LPCWSTR, LPCWSTR, ULONG,
                                                         void *, SEC_GET_KEY_FN, void *,
                                                         PTimeStamp);

/*
 * Give a credential back.  Its handle dies at once; contexts made with it go on, and the secrets
 * are wiped after the last of them.
 *
 * Errors: SEC_E_INVALID_HANDLE, as for a second time.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY FreeCredentialsHandle(PCredHandle phCredential);
typedef SECURITY_STATUS(SEC_ENTRY *FREE_CREDENTIALS_HANDLE_FN)(PCredHandle);

/* The SDK spells the member of the A table without the s; this name serves both. */
#define FreeCredentialHandle FreeCredentialsHandle

/*
 * Ask for an attribute of a credential.  ulAttribute is SECPKG_CRED_ATTR_*, or a TLS credential's
 * SECPKG_ATTR_SUPPORTED_* (schannel.h); pBuffer points to the structure named there.  What its
 * pointers point to is the caller's to free.  The Ex form is told how many octets pBuffer has.
 *
 * Errors: SEC_E_INVALID_HANDLE; SEC_E_UNSUPPORTED_FUNCTION for an attribute that the package does
 * not have; SEC_E_INVALID_PARAMETER for a NULL pBuffer; SEC_E_BUFFER_TOO_SMALL for a cbBuffer
 * smaller than the structure.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesA(PCredHandle phCredential,
                                                               ULONG ulAttribute, void *pBuffer);
SSPI_API SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesW(PCredHandle phCredential,
                                                               ULONG ulAttribute, void *pBuffer);
SSPI_API SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExA(PCredHandle phCredential,
                                                                 ULONG ulAttribute, void *pBuffer,
                                                                 ULONG cbBuffer);
SSPI_API SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExW(PCredHandle phCredential,
                                                                 ULONG ulAttribute, void *pBuffer,
                                                                 ULONG cbBuffer);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_FN_A)(PCredHandle, ULONG, void *);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_FN_W)(PCredHandle, ULONG, void *);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A)(PCredHandle, ULONG, void *,
                                                                         ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W)(PCredHandle, ULONG, void *,
                                                                         ULONG);

/*
 * Change an attribute of a credential, from cbBuffer octets at pBuffer.  Contexts that exist
 * already may not see it.
 *
 * Errors: SEC_E_INVALID_HANDLE; SEC_E_UNSUPPORTED_FUNCTION for an attribute that cannot be set;
 * SEC_E_INVALID_PARAMETER for a NULL pBuffer or a value that does not fit the attribute.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesA(PCredHandle phCredential,
                                                             ULONG ulAttribute, void *pBuffer,
                                                             ULONG cbBuffer);
SSPI_API SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesW(PCredHandle phCredential,
                                                             ULONG ulAttribute, void *pBuffer,
                                                             ULONG cbBuffer);
typedef SECURITY_STATUS(SEC_ENTRY *SET_CREDENTIALS_ATTRIBUTES_FN_A)(PCredHandle, ULONG, void *,
                                                                    ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *SET_CREDENTIALS_ATTRIBUTES_FN_W)(PCredHandle, ULONG, void *,
                                                                    ULONG);

/*
 * Change an account's password through a package.  bImpersonating is TRUE when the process runs as
 * that client; dwReserved is 0; pOutput may be NULL, or hold a SECBUFFER_CHANGE_PASS_RESPONSE buffer
 * with room for what the authority answered.  SEC_E_BUFFER_TOO_SMALL means that this room did not
 * suffice: the password has been changed.
 *
 * Errors: SEC_E_SECPKG_NOT_FOUND; SEC_E_UNSUPPORTED_FUNCTION for a package that cannot;
 * SEC_E_LOGON_DENIED for a wrong old password; SEC_E_NO_AUTHENTICATING_AUTHORITY;
 * SEC_E_INVALID_PARAMETER for a NULL name or password.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordA(
    LPCSTR pszPackageName, LPCSTR pszDomainName, LPCSTR pszAccountName, LPCSTR pszOldPassword,
    LPCSTR pszNewPassword, BOOLEAN bImpersonating, ULONG dwReserved, PSecBufferDesc pOutput);
SSPI_API SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordW(
    LPCWSTR pszPackageName, LPCWSTR pszDomainName, LPCWSTR pszAccountName, LPCWSTR pszOldPassword,
    LPCWSTR pszNewPassword, BOOLEAN bImpersonating, ULONG dwReserved, PSecBufferDesc pOutput);
typedef SECURITY_STATUS(SEC_ENTRY *CHANGE_PASSWORD_FN_A)(LPCSTR, LPCSTR, LPCSTR, LPCSTR, LPCSTR,
                                                         BOOLEAN, ULONG, PSecBufferDesc);
typedef SECURITY_STATUS(SEC_ENTRY *CHANGE_PASSWORD_FN_W)(LPCWSTR, LPCWSTR, LPCWSTR, LPCWSTR,
                                                         LPCWSTR, BOOLEAN, ULONG, PSecBufferDesc);

/*
 * One step of the client's side of a handshake.
 *
 *   phCredential   an OUTBOUND credential; on later legs the same, or NULL
 *   phContext      NULL on the first leg, then the context
 *   pszTargetName  the server: an SPN, a host name, an account; as the package wants it
 *   fContextReq    ISC_REQ_* below bit 32; the rest goes through a SECBUFFER_FLAGS buffer
 *   Reserved1, TargetDataRep, Reserved2   ignored
 *   pInput         what the server sent, in the first SECBUFFER_TOKEN; a first leg has none, and
 *                  pInput may be NULL.  Also SECBUFFER_CHANNEL_BINDINGS and what TLS takes
 *   phNewContext   set to the context on the first leg; later the same variable or NULL
 *   pOutput        its first SECBUFFER_TOKEN receives the token for the server; with
 *                  ISC_REQ_ALLOCATE_MEMORY pvBuffer is set to memory for FreeContextBuffer, else
 *                  it and cbBuffer say where there is room
 *   pfContextAttr  set to ISC_RET_*, on every success
 *   ptsExpiry      set when the context is complete; may be NULL
 *
 * Send the token whenever cbBuffer is not 0, on SEC_E_OK as well, and on failure too: it tells the
 * server why (but not after SEC_E_BUFFER_TOO_SMALL, when cbBuffer is the size that is needed).  A
 * failure's token that does not fit into the buffer is lost: make room for cbMaxToken, or let
 * ISC_REQ_ALLOCATE_MEMORY see to it.  SEC_I_COMPLETE_NEEDED and SEC_I_COMPLETE_AND_CONTINUE want CompleteAuthToken before
 * it is sent.  SEC_I_CONTINUE_NEEDED and SEC_I_COMPLETE_AND_CONTINUE want the server's answer.
 * Then compare pfContextAttr with what is needed.
 *
 * If the first leg fails there is no context and nothing to delete.  If a later leg fails the
 * context is dead, and its handle is the caller's to delete; but after SEC_E_INCOMPLETE_MESSAGE,
 * SEC_E_BUFFER_TOO_SMALL and SEC_E_INSUFFICIENT_MEMORY it is as it was, and the same step may be
 * tried again: with more input, with the room that cbBuffer now asks for, or later.  A handshake
 * has a deadline: waiting too long between legs ends it with SEC_E_CONTEXT_EXPIRED, and that is
 * what every further leg of a dead context gets.
 *
 * Errors: SEC_E_INVALID_HANDLE for a handle that is none, for both NULL, for a context of another
 * credential's package or of a server, and for a NULL phNewContext on the first leg;
 * SEC_E_NO_CREDENTIALS for an INBOUND credential; SEC_E_INVALID_PARAMETER for a NULL
 * pfContextAttr, more than 64 buffers, or lengths that sum past 32 bits; SEC_E_INVALID_TOKEN for a
 * malformed message or bindings, a missing TOKEN buffer, a ulVersion that is not 0, or NULL with a
 * length; SEC_E_BUFFER_TOO_SMALL; SEC_E_OUT_OF_SEQUENCE for a step after the last;
 * SEC_E_TARGET_UNKNOWN; SEC_E_WRONG_PRINCIPAL; SEC_E_LOGON_DENIED; SEC_E_MUTUAL_AUTH_FAILED;
 * SEC_E_MESSAGE_ALTERED; SEC_E_BAD_BINDINGS; SEC_E_TIME_SKEW; SEC_E_NO_AUTHENTICATING_AUTHORITY;
 * SEC_E_UNSUPPORTED_FUNCTION for a request that the package must refuse; SEC_E_CONTEXT_EXPIRED;
 * and for TLS SEC_E_INCOMPLETE_MESSAGE and those of its alerts and certificates.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY InitializeSecurityContextA(
    PCredHandle phCredential, PCtxtHandle phContext, LPCSTR pszTargetName, ULONG fContextReq,
    ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
    PCtxtHandle phNewContext, PSecBufferDesc pOutput, SSPI_ULONG_OUT *pfContextAttr,
    PTimeStamp ptsExpiry);
SSPI_API SECURITY_STATUS SEC_ENTRY InitializeSecurityContextW(
    PCredHandle phCredential, PCtxtHandle phContext, LPCWSTR pszTargetName, ULONG fContextReq,
    ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
    PCtxtHandle phNewContext, PSecBufferDesc pOutput, SSPI_ULONG_OUT *pfContextAttr,
    PTimeStamp ptsExpiry);
typedef SECURITY_STATUS(SEC_ENTRY *INITIALIZE_SECURITY_CONTEXT_FN_A)(PCredHandle, PCtxtHandle,
                                                                     LPCSTR, ULONG, ULONG, ULONG,
                                                                     PSecBufferDesc, ULONG,
                                                                     PCtxtHandle, PSecBufferDesc,
                                                                     SSPI_ULONG_OUT *, PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *INITIALIZE_SECURITY_CONTEXT_FN_W)(PCredHandle, PCtxtHandle,
                                                                     LPCWSTR, ULONG, ULONG, ULONG,
                                                                     PSecBufferDesc, ULONG,
                                                                     PCtxtHandle, PSecBufferDesc,
                                                                     SSPI_ULONG_OUT *, PTimeStamp);

/*
 * One step of the server's side.  As InitializeSecurityContext, with an INBOUND credential,
 * ASC_REQ_* and ASC_RET_*, and always a token from the client in pInput.  A server should bound
 * its waiting for the client; the library bounds the life of a half-open context
 * (SEC_E_CONTEXT_EXPIRED) and their number (SEC_E_INSUFFICIENT_MEMORY).
 *
 * A failed step may leave an alert, reject or error in the output token: send it, then delete the
 * context if there is one.
 *
 * Errors: as InitializeSecurityContext, without the names of targets; SEC_E_NO_CREDENTIALS for an
 * OUTBOUND credential; SEC_E_INVALID_HANDLE for a client's context; SEC_E_INVALID_TOKEN for a
 * pInput without a TOKEN.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY
AcceptSecurityContext(PCredHandle phCredential, PCtxtHandle phContext, PSecBufferDesc pInput,
                      ULONG fContextReq, ULONG TargetDataRep, PCtxtHandle phNewContext,
                      PSecBufferDesc pOutput, SSPI_ULONG_OUT *pfContextAttr, PTimeStamp ptsExpiry);
typedef SECURITY_STATUS(SEC_ENTRY *ACCEPT_SECURITY_CONTEXT_FN)(PCredHandle, PCtxtHandle,
                                                               PSecBufferDesc, ULONG, ULONG,
                                                               PCtxtHandle, PSecBufferDesc,
                                                               SSPI_ULONG_OUT *, PTimeStamp);

/*
 * Finish the token in pToken, in place, before it is sent: after SEC_I_COMPLETE_NEEDED and
 * SEC_I_COMPLETE_AND_CONTINUE.  A package whose tokens need no finishing answers SEC_E_OK.
 *
 * Errors: SEC_E_INVALID_HANDLE; SEC_E_INVALID_TOKEN; SEC_E_OUT_OF_SEQUENCE.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY CompleteAuthToken(PCtxtHandle phContext, PSecBufferDesc pToken);
typedef SECURITY_STATUS(SEC_ENTRY *COMPLETE_AUTH_TOKEN_FN)(PCtxtHandle, PSecBufferDesc);

/*
 * Tell a context what to send next: a TLS close, alert or session option (schannel.h), as the only
 * SECBUFFER_TOKEN of pInput.  The next handshake step, with no input, makes the message.  Works on
 * a half-open context, too.
 *
 * Errors: SEC_E_INVALID_HANDLE; SEC_E_INVALID_TOKEN for a NULL pInput or no TOKEN;
 * SEC_E_INVALID_PARAMETER for a token that is cut or of an unknown type;
 * SEC_E_UNSUPPORTED_FUNCTION for a known one that is not supported, and for other packages.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY ApplyControlToken(PCtxtHandle phContext, PSecBufferDesc pInput);
typedef SECURITY_STATUS(SEC_ENTRY *APPLY_CONTROL_TOKEN_FN)(PCtxtHandle, PSecBufferDesc);

/*
 * Delete a context, complete or half-open.  The handle dies at once; the context and its secrets
 * go when the last call on it, in whatever thread, has returned.
 *
 * Errors: SEC_E_INVALID_HANDLE, as for a second time.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY DeleteSecurityContext(PCtxtHandle phContext);
typedef SECURITY_STATUS(SEC_ENTRY *DELETE_SECURITY_CONTEXT_FN)(PCtxtHandle);

/*
 * Ask for an attribute of a context.  pBuffer points to the structure that stands beside
 * SECPKG_ATTR_*; what its pointers point to is the caller's to free, each by itself unless the
 * structure says otherwise.  The Ex form is told how many octets pBuffer has.
 *
 * A context still in its handshake answers PACKAGE_INFO and NEGOTIATION_INFO, and what its package
 * can tell that early: TARGET and LAST_CLIENT_TOKEN_STATUS, as a rule.
 *
 * Errors: SEC_E_INVALID_HANDLE, also for an attribute that must wait until the handshake is done;
 * SEC_E_UNSUPPORTED_FUNCTION for one that the package does not have; SEC_E_INVALID_PARAMETER for a
 * NULL pBuffer; SEC_E_BUFFER_TOO_SMALL for a cbBuffer smaller than the structure;
 * SEC_E_NO_CREDENTIALS where TLS has no peer certificate.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY QueryContextAttributesA(PCtxtHandle phContext, ULONG ulAttribute,
                                                           void *pBuffer);
SSPI_API SECURITY_STATUS SEC_ENTRY QueryContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute,
                                                           void *pBuffer);
SSPI_API SECURITY_STATUS SEC_ENTRY QueryContextAttributesExA(PCtxtHandle phContext,
                                                             ULONG ulAttribute, void *pBuffer,
                                                             ULONG cbBuffer);
SSPI_API SECURITY_STATUS SEC_ENTRY QueryContextAttributesExW(PCtxtHandle phContext,
                                                             ULONG ulAttribute, void *pBuffer,
                                                             ULONG cbBuffer);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_FN_A)(PCtxtHandle, ULONG, void *);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_FN_W)(PCtxtHandle, ULONG, void *);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_EX_FN_A)(PCtxtHandle, ULONG, void *,
                                                                     ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_EX_FN_W)(PCtxtHandle, ULONG, void *,
                                                                     ULONG);

/*
 * Change an attribute of a context, from cbBuffer octets at pBuffer.
 *
 * Errors: SEC_E_INVALID_HANDLE; SEC_E_UNSUPPORTED_FUNCTION for an attribute that cannot be set;
 * SEC_E_INVALID_PARAMETER for a NULL pBuffer or a value that does not fit the attribute.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY SetContextAttributesA(PCtxtHandle phContext, ULONG ulAttribute,
                                                         void *pBuffer, ULONG cbBuffer);
SSPI_API SECURITY_STATUS SEC_ENTRY SetContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute,
                                                         void *pBuffer, ULONG cbBuffer);
typedef SECURITY_STATUS(SEC_ENTRY *SET_CONTEXT_ATTRIBUTES_FN_A)(PCtxtHandle, ULONG, void *, ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *SET_CONTEXT_ATTRIBUTES_FN_W)(PCtxtHandle, ULONG, void *, ULONG);

/*
 * Let the calling thread of a server act as the client, until RevertSecurityContext.
 *
 * Errors: SEC_E_INVALID_HANDLE; SEC_E_NO_IMPERSONATION for a client's context, one still in its
 * handshake, or a client that the system does not know; SEC_E_UNSUPPORTED_FUNCTION.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY ImpersonateSecurityContext(PCtxtHandle phContext);
typedef SECURITY_STATUS(SEC_ENTRY *IMPERSONATE_SECURITY_CONTEXT_FN)(PCtxtHandle);

/*
 * End what ImpersonateSecurityContext began, in the same thread.
 *
 * Errors: SEC_E_INVALID_HANDLE; SEC_E_NO_IMPERSONATION; SEC_E_UNSUPPORTED_FUNCTION.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY RevertSecurityContext(PCtxtHandle phContext);
typedef SECURITY_STATUS(SEC_ENTRY *REVERT_SECURITY_CONTEXT_FN)(PCtxtHandle);

/*
 * Get the client's access token from a server's context.  What a token is, and who ends it, is the
 * package's to say; Windows closes it with CloseHandle.
 *
 * Errors: SEC_E_INVALID_HANDLE; SEC_E_NO_IMPERSONATION for a client's context, or one still in its
 * handshake; SEC_E_INVALID_PARAMETER for a NULL Token; SEC_E_UNSUPPORTED_FUNCTION.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY QuerySecurityContextToken(PCtxtHandle phContext, void **Token);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_SECURITY_CONTEXT_TOKEN_FN)(PCtxtHandle, void **);

/*
 * Sign a message: the DATA buffers of pMessage, in order, into its TOKEN buffer, whose cbBuffer
 * says at first how much room there is (cbMaxSignature of SECPKG_ATTR_SIZES) and then how long the
 * signature is.  MessageSeqNo counts messages for datagram contexts; others count themselves.
 *
 * Errors: SEC_E_INVALID_HANDLE, also during the handshake; SEC_E_INVALID_TOKEN for a missing TOKEN
 * or DATA; SEC_E_BUFFER_TOO_SMALL; SEC_E_INVALID_PARAMETER for NULL with a length, too many
 * buffers, or too long a sum; SEC_E_QOP_NOT_SUPPORTED; SEC_E_UNSUPPORTED_FUNCTION for a context
 * without integrity, and for TLS; SEC_E_CONTEXT_EXPIRED when its time or its numbers are used up.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY MakeSignature(PCtxtHandle phContext, ULONG fQOP,
                                                 PSecBufferDesc pMessage, ULONG MessageSeqNo);
typedef SECURITY_STATUS(SEC_ENTRY *MAKE_SIGNATURE_FN)(PCtxtHandle, ULONG, PSecBufferDesc, ULONG);

/*
 * Check a message against its signature, buffers as MakeSignature's.  *pfQOP is set to the quality
 * of protection; pfQOP may be NULL.  A message that fails leaves the context alive.
 *
 * Errors: those of MakeSignature but SEC_E_BUFFER_TOO_SMALL; SEC_E_MESSAGE_ALTERED;
 * SEC_E_OUT_OF_SEQUENCE for one that is repeated, or comes out of turn.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY VerifySignature(PCtxtHandle phContext, PSecBufferDesc pMessage,
                                                   ULONG MessageSeqNo, SSPI_ULONG_OUT *pfQOP);
typedef SECURITY_STATUS(SEC_ENTRY *VERIFY_SIGNATURE_FN)(PCtxtHandle, PSecBufferDesc, ULONG,
                                                        SSPI_ULONG_OUT *);

/*
 * Encrypt a message in place.  NTLM, Kerberos and Negotiate take TOKEN (cbSecurityTrailer of
 * room), DATA and PADDING in any order; TLS takes STREAM_HEADER, DATA, STREAM_TRAILER and EMPTY in
 * this one, sized by SECPKG_ATTR_STREAM_SIZES.  READONLY buffers are left alone.  TOKEN, header
 * and trailer end with cbBuffer at what is in use.
 *
 * Errors: those of MakeSignature, of which SEC_E_UNSUPPORTED_FUNCTION means here a context without
 * confidentiality; SEC_E_ENCRYPT_FAILURE, as for a TLS record past cbMaximumMessage.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY EncryptMessage(PCtxtHandle phContext, ULONG fQOP,
                                                  PSecBufferDesc pMessage, ULONG MessageSeqNo);
typedef SECURITY_STATUS(SEC_ENTRY *ENCRYPT_MESSAGE_FN)(PCtxtHandle, ULONG, PSecBufferDesc, ULONG);

/*
 * Decrypt a message in place and check it: TOKEN and DATA, or one STREAM and an empty DATA that is
 * made to point into it.  TLS takes one DATA with all that was read and three EMPTY; it uses one
 * record, sets DATA to its plaintext, and EXTRA to what comes after it.  Search the buffers by
 * type afterwards.  *pfQOP is set; pfQOP may be NULL.
 *
 * TLS may also answer SEC_I_CONTEXT_EXPIRED (the peer has closed) and SEC_I_RENEGOTIATE (give
 * EXTRA to a handshake step, then go on).
 *
 * Errors: those of VerifySignature; SEC_E_INCOMPLETE_MESSAGE where a stream ends within a message:
 * nothing is used, read more (a MISSING buffer may say how much) and call again;
 * SEC_E_DECRYPT_FAILURE; SEC_E_ILLEGAL_MESSAGE.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY DecryptMessage(PCtxtHandle phContext, PSecBufferDesc pMessage,
                                                  ULONG MessageSeqNo, SSPI_ULONG_OUT *pfQOP);
typedef SECURITY_STATUS(SEC_ENTRY *DECRYPT_MESSAGE_FN)(PCtxtHandle, PSecBufferDesc, ULONG,
                                                       SSPI_ULONG_OUT *);

/* Windows CE's names for EncryptMessage and DecryptMessage. */
SSPI_API SECURITY_STATUS SEC_ENTRY SealMessage(PCtxtHandle phContext, ULONG fQOP,
                                               PSecBufferDesc pMessage, ULONG MessageSeqNo);
SSPI_API SECURITY_STATUS SEC_ENTRY UnsealMessage(PCtxtHandle phContext, PSecBufferDesc pMessage,
                                                 ULONG MessageSeqNo, SSPI_ULONG_OUT *pfQOP);

/*
 * Pack a context, so that another process may go on with it; one that is still in its handshake
 * only where the package says that it can.  pPackedContext->pvBuffer is
 * set to memory for FreeContextBuffer, which wipes it: it holds keys.  With
 * SECPKG_CONTEXT_EXPORT_DELETE_OLD the context is gone afterwards.  *pToken is set to the access
 * token, or NULL.
 *
 * Errors: SEC_E_INVALID_HANDLE, also for a dead context; SEC_E_INVALID_PARAMETER for a NULL
 * pPackedContext; SEC_E_UNSUPPORTED_FUNCTION for a package that cannot.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY ExportSecurityContext(PCtxtHandle phContext, ULONG fFlags,
                                                         PSecBuffer pPackedContext, void **pToken);
typedef SECURITY_STATUS(SEC_ENTRY *EXPORT_SECURITY_CONTEXT_FN)(PCtxtHandle, ULONG, PSecBuffer,
                                                               void **);

/*
 * Make a context from what ExportSecurityContext packed.  Token may be NULL.
 *
 * Errors: SEC_E_SECPKG_NOT_FOUND, also for a NULL name; SEC_E_INVALID_TOKEN for what was not
 * packed by this package; SEC_E_INVALID_HANDLE for a NULL phContext; SEC_E_UNSUPPORTED_FUNCTION.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY ImportSecurityContextA(LPCSTR pszPackage,
                                                          PSecBuffer pPackedContext, void *Token,
                                                          PCtxtHandle phContext);
SSPI_API SECURITY_STATUS SEC_ENTRY ImportSecurityContextW(LPCWSTR pszPackage,
                                                          PSecBuffer pPackedContext, void *Token,
                                                          PCtxtHandle phContext);
typedef SECURITY_STATUS(SEC_ENTRY *IMPORT_SECURITY_CONTEXT_FN_A)(LPCSTR, PSecBuffer, void *,
                                                                 PCtxtHandle);
typedef SECURITY_STATUS(SEC_ENTRY *IMPORT_SECURITY_CONTEXT_FN_W)(LPCWSTR, PSecBuffer, void *,
                                                                 PCtxtHandle);

/*
 * Wipe and free what another call allocated, whichever package made it.  NULL is SEC_E_OK.
 *
 * Errors: SEC_E_INVALID_HANDLE for a pointer that no call has given or that is freed already;
 * nothing is freed then.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY FreeContextBuffer(void *pvContextBuffer);
typedef SECURITY_STATUS(SEC_ENTRY *FREE_CONTEXT_BUFFER_FN)(void *);

/*
 * Switch a package of the manifest on, and off, for this process alone.  Which packages there are
 * is the administrator's to say, in the manifest; these calls never write it, and sspi_reload
 * undoes them.
 *
 * Errors: SEC_E_SECPKG_NOT_FOUND, also for a NULL name.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY AddSecurityPackageA(LPCSTR pszPackageName,
                                                       PSECURITY_PACKAGE_OPTIONS pOptions);
SSPI_API SECURITY_STATUS SEC_ENTRY AddSecurityPackageW(LPCWSTR pszPackageName,
                                                       PSECURITY_PACKAGE_OPTIONS pOptions);
SSPI_API SECURITY_STATUS SEC_ENTRY DeleteSecurityPackageA(LPCSTR pszPackageName);
SSPI_API SECURITY_STATUS SEC_ENTRY DeleteSecurityPackageW(LPCWSTR pszPackageName);

/* ---- Identities as opaque objects --------------------------------------------------------- */

/*
 * These make, read and free identities of any of the forms above.  What they give is freed by
 * SspiFreeAuthIdentity if it is an identity, else by SspiLocalFree; either takes both.  All of it
 * is wiped when freed.
 *
 * Errors of them all: SEC_E_INVALID_PARAMETER for a NULL argument that may not be NULL;
 * SEC_E_UNKNOWN_CREDENTIALS for an identity that contradicts itself; SEC_E_UNSUPPORTED_FUNCTION
 * for one that is encrypted.
 */

/*
 * Make an identity of three strings, each of which may be NULL: the third is the password, or what
 * SspiEncodeAuthIdentityAsStrings gave for one.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY SspiEncodeStringsAsAuthIdentity(
    PCWSTR pszUserName, PCWSTR pszDomainName, PCWSTR pszPackedCredentialsString,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity);

/*
 * The reverse: three allocations, of which the third is secret.  Any of the results may be NULL,
 * where the identity has no such part.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY
SspiEncodeAuthIdentityAsStrings(PSEC_WINNT_AUTH_IDENTITY_OPAQUE pAuthIdentity, PCWSTR *ppszUserName,
                                PCWSTR *ppszDomainName, PCWSTR *ppszPackedCredentialsString);

/* Is it well formed?  SEC_E_OK if so. */
SSPI_API SECURITY_STATUS SEC_ENTRY
SspiValidateAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);

SSPI_API SECURITY_STATUS SEC_ENTRY SspiCopyAuthIdentity(
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData, PSEC_WINNT_AUTH_IDENTITY_OPAQUE *AuthDataCopy);

/*
 * Are the two the same user, and the same user with the same credentials?  Each answer pointer may
 * be NULL.  Names compare without letter case, passwords in constant time.
 */
SSPI_API SECURITY_STATUS SEC_ENTRY SspiCompareAuthIdentities(
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity1, PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity2,
    PBOOLEAN SameSuppliedUser, PBOOLEAN SameSuppliedIdentity);

/* Wipe and free an identity that one of these calls made.  NULL does nothing. */
SSPI_API VOID SEC_ENTRY SspiFreeAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);

/* Wipe the password of an identity, whoever made it; it stays allocated.  NULL does nothing. */
SSPI_API VOID SEC_ENTRY SspiZeroAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);

/* Wipe and free what one of these calls gave.  NULL does nothing. */
SSPI_API VOID SEC_ENTRY SspiLocalFree(PVOID DataBuffer);

/* Pack an identity into one block of *AuthIdentityLength octets: an _EX2, for SspiLocalFree. */
SSPI_API SECURITY_STATUS SEC_ENTRY
SspiMarshalAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity,
                        SSPI_ULONG_OUT *AuthIdentityLength, char **AuthIdentityByteArray);

/* The reverse; the block is read only, checked in full, and needs no alignment. */
SSPI_API SECURITY_STATUS SEC_ENTRY
SspiUnmarshalAuthIdentity(ULONG AuthIdentityLength, char *AuthIdentityByteArray,
                          PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity);

/* Do its Flags say that it is encrypted?  FALSE for one that is not well formed. */
SSPI_API BOOLEAN SEC_ENTRY
SspiIsAuthIdentityEncrypted(PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData);

/* The host of a target name, "example.org" of "HTTP/example.org:80"; for SspiLocalFree. */
SSPI_API SECURITY_STATUS SEC_ENTRY SspiGetTargetHostName(PCWSTR pszTargetName, PWSTR *pszHostName);

/* Copy an identity, with "!package" added to its list: Negotiate will not use that package. */
SSPI_API SECURITY_STATUS SEC_ENTRY
SspiExcludePackage(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity, PCWSTR pszPackageName,
                   PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppNewAuthIdentity);

/* ---- The calls as tables ------------------------------------------------------------------ */

/*
 * What InitSecurityInterface gives, and what a module of Windows' own convention exports.
 * dwVersion says how far the table reaches: 1 as far as DecryptMessage, 2 SetContextAttributes, 3
 * SetCredentialsAttributes, 4 ChangeAccountPassword, 5 to the end.  Read nothing beyond.
 */
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION 1u
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_2 2u
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_3 3u
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_4 4u
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_5 5u

typedef struct _SECURITY_FUNCTION_TABLE_A {
    ULONG dwVersion;
    ENUMERATE_SECURITY_PACKAGES_FN_A EnumerateSecurityPackagesA;
    QUERY_CREDENTIALS_ATTRIBUTES_FN_A QueryCredentialsAttributesA;
    ACQUIRE_CREDENTIALS_HANDLE_FN_A AcquireCredentialsHandleA;
    FREE_CREDENTIALS_HANDLE_FN FreeCredentialsHandle;
    void *Reserved2; /* NULL */
    INITIALIZE_SECURITY_CONTEXT_FN_A InitializeSecurityContextA;
    ACCEPT_SECURITY_CONTEXT_FN AcceptSecurityContext;
    COMPLETE_AUTH_TOKEN_FN CompleteAuthToken;
    DELETE_SECURITY_CONTEXT_FN DeleteSecurityContext;
    APPLY_CONTROL_TOKEN_FN ApplyControlToken;
    QUERY_CONTEXT_ATTRIBUTES_FN_A QueryContextAttributesA;
    IMPERSONATE_SECURITY_CONTEXT_FN ImpersonateSecurityContext;
    REVERT_SECURITY_CONTEXT_FN RevertSecurityContext;
    MAKE_SIGNATURE_FN MakeSignature;
    VERIFY_SIGNATURE_FN VerifySignature;
    FREE_CONTEXT_BUFFER_FN FreeContextBuffer;
    QUERY_SECURITY_PACKAGE_INFO_FN_A QuerySecurityPackageInfoA;
    void *Reserved3; /* SealMessage, for old programs */
    void *Reserved4; /* UnsealMessage */
    EXPORT_SECURITY_CONTEXT_FN ExportSecurityContext;
    IMPORT_SECURITY_CONTEXT_FN_A ImportSecurityContextA;
    ADD_CREDENTIALS_FN_A AddCredentialsA;
    void *Reserved8; /* NULL */
    QUERY_SECURITY_CONTEXT_TOKEN_FN QuerySecurityContextToken;
    ENCRYPT_MESSAGE_FN EncryptMessage;
    DECRYPT_MESSAGE_FN DecryptMessage;
    SET_CONTEXT_ATTRIBUTES_FN_A SetContextAttributesA;
    SET_CREDENTIALS_ATTRIBUTES_FN_A SetCredentialsAttributesA;
    CHANGE_PASSWORD_FN_A ChangeAccountPasswordA;
    QUERY_CONTEXT_ATTRIBUTES_EX_FN_A QueryContextAttributesExA;
    QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A QueryCredentialsAttributesExA;
} SecurityFunctionTableA, *PSecurityFunctionTableA;

typedef struct _SECURITY_FUNCTION_TABLE_W {
    ULONG dwVersion;
    ENUMERATE_SECURITY_PACKAGES_FN_W EnumerateSecurityPackagesW;
    QUERY_CREDENTIALS_ATTRIBUTES_FN_W QueryCredentialsAttributesW;
    ACQUIRE_CREDENTIALS_HANDLE_FN_W AcquireCredentialsHandleW;
    FREE_CREDENTIALS_HANDLE_FN FreeCredentialsHandle;
    void *Reserved2;
    INITIALIZE_SECURITY_CONTEXT_FN_W InitializeSecurityContextW;
    ACCEPT_SECURITY_CONTEXT_FN AcceptSecurityContext;
    COMPLETE_AUTH_TOKEN_FN CompleteAuthToken;
    DELETE_SECURITY_CONTEXT_FN DeleteSecurityContext;
    APPLY_CONTROL_TOKEN_FN ApplyControlToken;
    QUERY_CONTEXT_ATTRIBUTES_FN_W QueryContextAttributesW;
    IMPERSONATE_SECURITY_CONTEXT_FN ImpersonateSecurityContext;
    REVERT_SECURITY_CONTEXT_FN RevertSecurityContext;
    MAKE_SIGNATURE_FN MakeSignature;
    VERIFY_SIGNATURE_FN VerifySignature;
    FREE_CONTEXT_BUFFER_FN FreeContextBuffer;
    QUERY_SECURITY_PACKAGE_INFO_FN_W QuerySecurityPackageInfoW;
    void *Reserved3;
    void *Reserved4;
    EXPORT_SECURITY_CONTEXT_FN ExportSecurityContext;
    IMPORT_SECURITY_CONTEXT_FN_W ImportSecurityContextW;
    ADD_CREDENTIALS_FN_W AddCredentialsW;
    void *Reserved8;
    QUERY_SECURITY_CONTEXT_TOKEN_FN QuerySecurityContextToken;
    ENCRYPT_MESSAGE_FN EncryptMessage;
    DECRYPT_MESSAGE_FN DecryptMessage;
    SET_CONTEXT_ATTRIBUTES_FN_W SetContextAttributesW;
    SET_CREDENTIALS_ATTRIBUTES_FN_W SetCredentialsAttributesW;
    CHANGE_PASSWORD_FN_W ChangeAccountPasswordW;
    QUERY_CONTEXT_ATTRIBUTES_EX_FN_W QueryContextAttributesExW;
    QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W QueryCredentialsAttributesExW;
} SecurityFunctionTableW, *PSecurityFunctionTableW;

typedef SecurityFunctionTableA SECURITY_FUNCTION_TABLE_A, *PSECURITY_FUNCTION_TABLE_A;
typedef SecurityFunctionTableW SECURITY_FUNCTION_TABLE_W, *PSECURITY_FUNCTION_TABLE_W;

/* The table of this library's calls.  It is static: nobody frees or writes it.  Never NULL. */
SSPI_API PSecurityFunctionTableA SEC_ENTRY InitSecurityInterfaceA(void);
SSPI_API PSecurityFunctionTableW SEC_ENTRY InitSecurityInterfaceW(void);
typedef PSecurityFunctionTableA(SEC_ENTRY *INIT_SECURITY_INTERFACE_A)(void);
typedef PSecurityFunctionTableW(SEC_ENTRY *INIT_SECURITY_INTERFACE_W)(void);

#ifdef __cplusplus
}
#endif

/* For a look-up by name: dlsym takes the ANSI ones. */
#define SECURITY_ENTRYPOINT_ANSIA "InitSecurityInterfaceA"
#define SECURITY_ENTRYPOINT_ANSIW "InitSecurityInterfaceW"
#define SECURITY_ENTRYPOINTA SEC_TEXT("InitSecurityInterfaceA")
#define SECURITY_ENTRYPOINTW SEC_TEXT("InitSecurityInterfaceW")

/* ---- Unsuffixed names --------------------------------------------------------------------- */

#ifdef UNICODE
#define SecPkgInfo SecPkgInfoW
#define PSecPkgInfo PSecPkgInfoW
#define SecPkgCredentials_Names SecPkgCredentials_NamesW
#define PSecPkgCredentials_Names PSecPkgCredentials_NamesW
#define SecPkgCredentials_SSIProvider SecPkgCredentials_SSIProviderW
#define PSecPkgCredentials_SSIProvider PSecPkgCredentials_SSIProviderW
#define SecPkgContext_Names SecPkgContext_NamesW
#define PSecPkgContext_Names PSecPkgContext_NamesW
#define SecPkgContext_KeyInfo SecPkgContext_KeyInfoW
#define PSecPkgContext_KeyInfo PSecPkgContext_KeyInfoW
#define SecPkgContext_Authority SecPkgContext_AuthorityW
#define PSecPkgContext_Authority PSecPkgContext_AuthorityW
#define SecPkgContext_ProtoInfo SecPkgContext_ProtoInfoW
#define PSecPkgContext_ProtoInfo PSecPkgContext_ProtoInfoW
#define SecPkgContext_PackageInfo SecPkgContext_PackageInfoW
#define PSecPkgContext_PackageInfo PSecPkgContext_PackageInfoW
#define SecPkgContext_NegotiationInfo SecPkgContext_NegotiationInfoW
#define PSecPkgContext_NegotiationInfo PSecPkgContext_NegotiationInfoW
#define SecPkgContext_NativeNames SecPkgContext_NativeNamesW
#define PSecPkgContext_NativeNames PSecPkgContext_NativeNamesW
#define SecPkgContext_CredentialName SecPkgContext_CredentialNameW
#define PSecPkgContext_CredentialName PSecPkgContext_CredentialNameW
#define SecurityFunctionTable SecurityFunctionTableW
#define PSecurityFunctionTable PSecurityFunctionTableW
#define SECURITY_FUNCTION_TABLE SECURITY_FUNCTION_TABLE_W
#define PSECURITY_FUNCTION_TABLE PSECURITY_FUNCTION_TABLE_W
#define SEC_WINNT_AUTH_IDENTITY SEC_WINNT_AUTH_IDENTITY_W
#define PSEC_WINNT_AUTH_IDENTITY PSEC_WINNT_AUTH_IDENTITY_W
#define _SEC_WINNT_AUTH_IDENTITY _SEC_WINNT_AUTH_IDENTITY_W
#define SEC_WINNT_AUTH_IDENTITY_EX SEC_WINNT_AUTH_IDENTITY_EXW
#define PSEC_WINNT_AUTH_IDENTITY_EX PSEC_WINNT_AUTH_IDENTITY_EXW
#define EnumerateSecurityPackages EnumerateSecurityPackagesW
#define QuerySecurityPackageInfo QuerySecurityPackageInfoW
#define AcquireCredentialsHandle AcquireCredentialsHandleW
#define AddCredentials AddCredentialsW
#define QueryCredentialsAttributes QueryCredentialsAttributesW
#define QueryCredentialsAttributesEx QueryCredentialsAttributesExW
#define SetCredentialsAttributes SetCredentialsAttributesW
#define ChangeAccountPassword ChangeAccountPasswordW
#define InitializeSecurityContext InitializeSecurityContextW
#define QueryContextAttributes QueryContextAttributesW
#define QueryContextAttributesEx QueryContextAttributesExW
#define SetContextAttributes SetContextAttributesW
#define ImportSecurityContext ImportSecurityContextW
#define AddSecurityPackage AddSecurityPackageW
#define DeleteSecurityPackage DeleteSecurityPackageW
#define InitSecurityInterface InitSecurityInterfaceW
#define ENUMERATE_SECURITY_PACKAGES_FN ENUMERATE_SECURITY_PACKAGES_FN_W
#define QUERY_SECURITY_PACKAGE_INFO_FN QUERY_SECURITY_PACKAGE_INFO_FN_W
#define ACQUIRE_CREDENTIALS_HANDLE_FN ACQUIRE_CREDENTIALS_HANDLE_FN_W
#define ADD_CREDENTIALS_FN ADD_CREDENTIALS_FN_W
#define QUERY_CREDENTIALS_ATTRIBUTES_FN QUERY_CREDENTIALS_ATTRIBUTES_FN_W
#define QUERY_CREDENTIALS_ATTRIBUTES_EX_FN QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W
#define SET_CREDENTIALS_ATTRIBUTES_FN SET_CREDENTIALS_ATTRIBUTES_FN_W
#define CHANGE_PASSWORD_FN CHANGE_PASSWORD_FN_W
#define INITIALIZE_SECURITY_CONTEXT_FN INITIALIZE_SECURITY_CONTEXT_FN_W
#define QUERY_CONTEXT_ATTRIBUTES_FN QUERY_CONTEXT_ATTRIBUTES_FN_W
#define QUERY_CONTEXT_ATTRIBUTES_EX_FN QUERY_CONTEXT_ATTRIBUTES_EX_FN_W
#define SET_CONTEXT_ATTRIBUTES_FN SET_CONTEXT_ATTRIBUTES_FN_W
#define IMPORT_SECURITY_CONTEXT_FN IMPORT_SECURITY_CONTEXT_FN_W
#define INIT_SECURITY_INTERFACE INIT_SECURITY_INTERFACE_W
#define SECURITY_ENTRYPOINT SECURITY_ENTRYPOINTW
#define SECURITY_ENTRYPOINT_ANSI SECURITY_ENTRYPOINT_ANSIW
#else
#define SecPkgInfo SecPkgInfoA
#define PSecPkgInfo PSecPkgInfoA
#define SecPkgCredentials_Names SecPkgCredentials_NamesA
#define PSecPkgCredentials_Names PSecPkgCredentials_NamesA
#define SecPkgCredentials_SSIProvider SecPkgCredentials_SSIProviderA
#define PSecPkgCredentials_SSIProvider PSecPkgCredentials_SSIProviderA
#define SecPkgContext_Names SecPkgContext_NamesA
#define PSecPkgContext_Names PSecPkgContext_NamesA
#define SecPkgContext_KeyInfo SecPkgContext_KeyInfoA
#define PSecPkgContext_KeyInfo PSecPkgContext_KeyInfoA
#define SecPkgContext_Authority SecPkgContext_AuthorityA
#define PSecPkgContext_Authority PSecPkgContext_AuthorityA
#define SecPkgContext_ProtoInfo SecPkgContext_ProtoInfoA
#define PSecPkgContext_ProtoInfo PSecPkgContext_ProtoInfoA
#define SecPkgContext_PackageInfo SecPkgContext_PackageInfoA
#define PSecPkgContext_PackageInfo PSecPkgContext_PackageInfoA
#define SecPkgContext_NegotiationInfo SecPkgContext_NegotiationInfoA
#define PSecPkgContext_NegotiationInfo PSecPkgContext_NegotiationInfoA
#define SecPkgContext_NativeNames SecPkgContext_NativeNamesA
#define PSecPkgContext_NativeNames PSecPkgContext_NativeNamesA
#define SecPkgContext_CredentialName SecPkgContext_CredentialNameA
#define PSecPkgContext_CredentialName PSecPkgContext_CredentialNameA
#define SecurityFunctionTable SecurityFunctionTableA
#define PSecurityFunctionTable PSecurityFunctionTableA
#define SECURITY_FUNCTION_TABLE SECURITY_FUNCTION_TABLE_A
#define PSECURITY_FUNCTION_TABLE PSECURITY_FUNCTION_TABLE_A
#define SEC_WINNT_AUTH_IDENTITY SEC_WINNT_AUTH_IDENTITY_A
#define PSEC_WINNT_AUTH_IDENTITY PSEC_WINNT_AUTH_IDENTITY_A
#define _SEC_WINNT_AUTH_IDENTITY _SEC_WINNT_AUTH_IDENTITY_A
#define SEC_WINNT_AUTH_IDENTITY_EX SEC_WINNT_AUTH_IDENTITY_EXA
#define PSEC_WINNT_AUTH_IDENTITY_EX PSEC_WINNT_AUTH_IDENTITY_EXA
#define EnumerateSecurityPackages EnumerateSecurityPackagesA
#define QuerySecurityPackageInfo QuerySecurityPackageInfoA
#define AcquireCredentialsHandle AcquireCredentialsHandleA
#define AddCredentials AddCredentialsA
#define QueryCredentialsAttributes QueryCredentialsAttributesA
#define QueryCredentialsAttributesEx QueryCredentialsAttributesExA
#define SetCredentialsAttributes SetCredentialsAttributesA
#define ChangeAccountPassword ChangeAccountPasswordA
#define InitializeSecurityContext InitializeSecurityContextA
#define QueryContextAttributes QueryContextAttributesA
#define QueryContextAttributesEx QueryContextAttributesExA
#define SetContextAttributes SetContextAttributesA
#define ImportSecurityContext ImportSecurityContextA
#define AddSecurityPackage AddSecurityPackageA
#define DeleteSecurityPackage DeleteSecurityPackageA
#define InitSecurityInterface InitSecurityInterfaceA
#define ENUMERATE_SECURITY_PACKAGES_FN ENUMERATE_SECURITY_PACKAGES_FN_A
#define QUERY_SECURITY_PACKAGE_INFO_FN QUERY_SECURITY_PACKAGE_INFO_FN_A
#define ACQUIRE_CREDENTIALS_HANDLE_FN ACQUIRE_CREDENTIALS_HANDLE_FN_A
#define ADD_CREDENTIALS_FN ADD_CREDENTIALS_FN_A
#define QUERY_CREDENTIALS_ATTRIBUTES_FN QUERY_CREDENTIALS_ATTRIBUTES_FN_A
#define QUERY_CREDENTIALS_ATTRIBUTES_EX_FN QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A
#define SET_CREDENTIALS_ATTRIBUTES_FN SET_CREDENTIALS_ATTRIBUTES_FN_A
#define CHANGE_PASSWORD_FN CHANGE_PASSWORD_FN_A
#define INITIALIZE_SECURITY_CONTEXT_FN INITIALIZE_SECURITY_CONTEXT_FN_A
#define QUERY_CONTEXT_ATTRIBUTES_FN QUERY_CONTEXT_ATTRIBUTES_FN_A
#define QUERY_CONTEXT_ATTRIBUTES_EX_FN QUERY_CONTEXT_ATTRIBUTES_EX_FN_A
#define SET_CONTEXT_ATTRIBUTES_FN SET_CONTEXT_ATTRIBUTES_FN_A
#define IMPORT_SECURITY_CONTEXT_FN IMPORT_SECURITY_CONTEXT_FN_A
#define INIT_SECURITY_INTERFACE INIT_SECURITY_INTERFACE_A
#define SECURITY_ENTRYPOINT SECURITY_ENTRYPOINTA
#define SECURITY_ENTRYPOINT_ANSI SECURITY_ENTRYPOINT_ANSIA
#endif

/* ---- unsigned long where a ULONG is set --------------------------------------------------- */

/*
 * These calls are also macros of their own names, for direct calls and for members of the tables
 * (table->DecryptMessage(...)) alike.  Their one ULONG * argument may be an unsigned long *, too:
 * the macro then zeroes the long and passes on the address of its low 32 bits.  The callee writes
 * through SSPI_ULONG_OUT, which may alias, so the compiler expects that write in an object of
 * another type.  ULONG *, DWORD *, void *, NULL and 0 pass unchanged, any other pointer is
 * diagnosed as ever, and the argument is evaluated once.
 *
 * A name without an argument list is not a macro: its address may be taken, and
 * (DecryptMessage)(...) calls past the macro.  An argument with bare commas in braces (a compound
 * literal) passes the macro by, so that such a call takes a ULONG * only; parentheses around the
 * literal bring it back.
 *
 * A source that defines or declares functions of these names (a provider, a mock, a class with
 * such methods) defines SSPI_NO_ULONG_COMPAT before it includes this header.
 */
#if !defined(SSPI_NO_ULONG_COMPAT) &&                                                              \
    (defined(__cplusplus) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L))

SSPI_INLINE SSPI_ULONG_OUT *sspi_low_half(unsigned long *p)
{
    void *whole = p;

    if (!p)
        return NULL;
    *p = 0;
    return SSPI_CAST(SSPI_ULONG_OUT *, whole) +
           (SSPI_BIG_ENDIAN ? sizeof *p / sizeof(SSPI_ULONG_OUT) - 1 : 0);
}

#ifdef __cplusplus
/* Overloads on the pointer's type; a null pointer constant fits the first one only. */
inline SSPI_ULONG_OUT *sspi_ulong_out(SSPI_ULONG_OUT *p)
{
    return p;
}
template <typename T> SSPI_ULONG_OUT *sspi_ulong_out(T *p) = delete;
template <> inline SSPI_ULONG_OUT *sspi_ulong_out(unsigned long *p)
{
    return sspi_low_half(p);
}
template <> inline SSPI_ULONG_OUT *sspi_ulong_out(void *p)
{
    return SSPI_CAST(SSPI_ULONG_OUT *, p);
}
#else
#define sspi_ulong_out(p)                                                                          \
    _Generic((p), unsigned long * : sspi_low_half((unsigned long *)(void *)(p)), default : (p))
#endif

/*
 * SSPI_WITH(n, args): the arguments, adapted by SSPI_ARGS_n if there are exactly n of them.
 * SSPI_IS_n_k is defined for k = n alone; it brings the adapter's name into second place.
 */
#define SSPI_WITH(n, ...) SSPI_PICK(SSPI_JOIN(SSPI_IS_##n##_, SSPI_COUNT(__VA_ARGS__)))(__VA_ARGS__)
#define SSPI_PICK(...) SSPI_SECOND(__VA_ARGS__, SSPI_AS_IS, )
#define SSPI_SECOND(first, second, ...) second
#define SSPI_AS_IS(...) __VA_ARGS__
#define SSPI_JOIN(a, b) SSPI_JOIN_(a, b)
#define SSPI_JOIN_(a, b) a##b
#define SSPI_COUNT(...)                                                                            \
    SSPI_COUNT_(__VA_ARGS__, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47,   \
                46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27,    \
                26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, \
                4, 3, 2, 1, 0)
#define SSPI_COUNT_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17,    \
                    a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,     \
                    a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47,     \
                    a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62,     \
                    a63, n, ...)                                                                   \
    n
#define SSPI_IS_ENUM_2 , SSPI_ARGS_ENUM
#define SSPI_IS_MARSHAL_3 , SSPI_ARGS_MARSHAL
#define SSPI_IS_QOP_4 , SSPI_ARGS_QOP
#define SSPI_IS_ACCEPT_9 , SSPI_ARGS_ACCEPT
#define SSPI_IS_INIT_12 , SSPI_ARGS_INIT

#define SSPI_ARGS_ENUM(out, a) sspi_ulong_out(out), a
#define SSPI_ARGS_MARSHAL(a, out, b) a, sspi_ulong_out(out), b
#define SSPI_ARGS_QOP(a, b, c, out) a, b, c, sspi_ulong_out(out)
#define SSPI_ARGS_ACCEPT(a, b, c, d, e, f, g, out, h) a, b, c, d, e, f, g, sspi_ulong_out(out), h
#define SSPI_ARGS_INIT(a, b, c, d, e, f, g, h, i, j, out, k)                                       \
    a, b, c, d, e, f, g, h, i, j, sspi_ulong_out(out), k

#define EnumerateSecurityPackagesA(...) EnumerateSecurityPackagesA(SSPI_WITH(ENUM, __VA_ARGS__))
#define EnumerateSecurityPackagesW(...) EnumerateSecurityPackagesW(SSPI_WITH(ENUM, __VA_ARGS__))
#define InitializeSecurityContextA(...) InitializeSecurityContextA(SSPI_WITH(INIT, __VA_ARGS__))
#define InitializeSecurityContextW(...) InitializeSecurityContextW(SSPI_WITH(INIT, __VA_ARGS__))
#define AcceptSecurityContext(...) AcceptSecurityContext(SSPI_WITH(ACCEPT, __VA_ARGS__))
#define VerifySignature(...) VerifySignature(SSPI_WITH(QOP, __VA_ARGS__))
#define DecryptMessage(...) DecryptMessage(SSPI_WITH(QOP, __VA_ARGS__))
#define UnsealMessage(...) UnsealMessage(SSPI_WITH(QOP, __VA_ARGS__))
#define SspiMarshalAuthIdentity(...) SspiMarshalAuthIdentity(SSPI_WITH(MARSHAL, __VA_ARGS__))

#endif /* SSPI_NO_ULONG_COMPAT */

#endif /* SSPI_SSPI_H */
