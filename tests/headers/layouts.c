/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layouts.c: the public structures have the sizes and offsets of the Windows SDK on 64 bits.
 *
 * Only compiled, never run.  Source: specs/vectors/sspi_layouts.json, every entry, with the
 * forms A and W where a structure has them.
 */
#include <stddef.h>

#include "schannel.h"
#include "security.h"

/* Size and alignment of a type; offset and size of a member.  32-bit systems are left out. */
#define size(type, bytes, align)                                                                   \
    _Static_assert(sizeof(void *) != 8 || (sizeof(type) == (bytes) && _Alignof(type) == (align)),  \
                   "layout of " #type)
#define at(type, member, offset, bytes)                                                            \
    _Static_assert(sizeof(void *) != 8 || (offsetof(type, member) == (offset) &&                   \
                                           sizeof(((type *)0)->member) == (bytes)),                \
                   "layout of " #type "." #member)

#define low_first(little, big) (SSPI_BIG_ENDIAN ? (big) : (little))

size(SecHandle, 16, 8);
at(SecHandle, dwLower, 0, 8);
at(SecHandle, dwUpper, 8, 8);

size(SecBuffer, 16, 8);
at(SecBuffer, cbBuffer, 0, 4);
at(SecBuffer, BufferType, 4, 4);
at(SecBuffer, pvBuffer, 8, 8);

size(SecBufferDesc, 16, 8);
at(SecBufferDesc, ulVersion, 0, 4);
at(SecBufferDesc, cBuffers, 4, 4);
at(SecBufferDesc, pBuffers, 8, 8);

size(TimeStamp, 8, 8);
at(TimeStamp, QuadPart, 0, 8);
at(TimeStamp, LowPart, low_first(0, 4), 4);
at(TimeStamp, HighPart, low_first(4, 0), 4);
at(TimeStamp, u.LowPart, low_first(0, 4), 4);
at(TimeStamp, u.HighPart, low_first(4, 0), 4);

size(SecPkgInfoA, 32, 8);
at(SecPkgInfoA, fCapabilities, 0, 4);
at(SecPkgInfoA, wVersion, 4, 2);
at(SecPkgInfoA, wRPCID, 6, 2);
at(SecPkgInfoA, cbMaxToken, 8, 4);
at(SecPkgInfoA, Name, 16, 8);
at(SecPkgInfoA, Comment, 24, 8);

size(SecPkgInfoW, 32, 8);
at(SecPkgInfoW, fCapabilities, 0, 4);
at(SecPkgInfoW, wVersion, 4, 2);
at(SecPkgInfoW, wRPCID, 6, 2);
at(SecPkgInfoW, cbMaxToken, 8, 4);
at(SecPkgInfoW, Name, 16, 8);
at(SecPkgInfoW, Comment, 24, 8);

size(SEC_WINNT_AUTH_IDENTITY_A, 48, 8);
at(SEC_WINNT_AUTH_IDENTITY_A, User, 0, 8);
at(SEC_WINNT_AUTH_IDENTITY_A, UserLength, 8, 4);
at(SEC_WINNT_AUTH_IDENTITY_A, Domain, 16, 8);
at(SEC_WINNT_AUTH_IDENTITY_A, DomainLength, 24, 4);
at(SEC_WINNT_AUTH_IDENTITY_A, Password, 32, 8);
at(SEC_WINNT_AUTH_IDENTITY_A, PasswordLength, 40, 4);
at(SEC_WINNT_AUTH_IDENTITY_A, Flags, 44, 4);

size(SEC_WINNT_AUTH_IDENTITY_W, 48, 8);
at(SEC_WINNT_AUTH_IDENTITY_W, User, 0, 8);
at(SEC_WINNT_AUTH_IDENTITY_W, UserLength, 8, 4);
at(SEC_WINNT_AUTH_IDENTITY_W, Domain, 16, 8);
at(SEC_WINNT_AUTH_IDENTITY_W, DomainLength, 24, 4);
at(SEC_WINNT_AUTH_IDENTITY_W, Password, 32, 8);
at(SEC_WINNT_AUTH_IDENTITY_W, PasswordLength, 40, 4);
at(SEC_WINNT_AUTH_IDENTITY_W, Flags, 44, 4);

size(SEC_WINNT_AUTH_IDENTITY_EXA, 72, 8);
at(SEC_WINNT_AUTH_IDENTITY_EXA, Version, 0, 4);
at(SEC_WINNT_AUTH_IDENTITY_EXA, Length, 4, 4);
at(SEC_WINNT_AUTH_IDENTITY_EXA, User, 8, 8);
at(SEC_WINNT_AUTH_IDENTITY_EXA, UserLength, 16, 4);
at(SEC_WINNT_AUTH_IDENTITY_EXA, Domain, 24, 8);
at(SEC_WINNT_AUTH_IDENTITY_EXA, DomainLength, 32, 4);
at(SEC_WINNT_AUTH_IDENTITY_EXA, Password, 40, 8);
at(SEC_WINNT_AUTH_IDENTITY_EXA, PasswordLength, 48, 4);
at(SEC_WINNT_AUTH_IDENTITY_EXA, Flags, 52, 4);
at(SEC_WINNT_AUTH_IDENTITY_EXA, PackageList, 56, 8);
at(SEC_WINNT_AUTH_IDENTITY_EXA, PackageListLength, 64, 4);

size(SEC_WINNT_AUTH_IDENTITY_EXW, 72, 8);
at(SEC_WINNT_AUTH_IDENTITY_EXW, Version, 0, 4);
at(SEC_WINNT_AUTH_IDENTITY_EXW, Length, 4, 4);
at(SEC_WINNT_AUTH_IDENTITY_EXW, User, 8, 8);
at(SEC_WINNT_AUTH_IDENTITY_EXW, UserLength, 16, 4);
at(SEC_WINNT_AUTH_IDENTITY_EXW, Domain, 24, 8);
at(SEC_WINNT_AUTH_IDENTITY_EXW, DomainLength, 32, 4);
at(SEC_WINNT_AUTH_IDENTITY_EXW, Password, 40, 8);
at(SEC_WINNT_AUTH_IDENTITY_EXW, PasswordLength, 48, 4);
at(SEC_WINNT_AUTH_IDENTITY_EXW, Flags, 52, 4);
at(SEC_WINNT_AUTH_IDENTITY_EXW, PackageList, 56, 8);
at(SEC_WINNT_AUTH_IDENTITY_EXW, PackageListLength, 64, 4);

size(SEC_WINNT_AUTH_IDENTITY_EX2, 48, 4);
at(SEC_WINNT_AUTH_IDENTITY_EX2, Version, 0, 4);
at(SEC_WINNT_AUTH_IDENTITY_EX2, cbHeaderLength, 4, 2);
at(SEC_WINNT_AUTH_IDENTITY_EX2, cbStructureLength, 8, 4);
at(SEC_WINNT_AUTH_IDENTITY_EX2, UserOffset, 12, 4);
at(SEC_WINNT_AUTH_IDENTITY_EX2, UserLength, 16, 2);
at(SEC_WINNT_AUTH_IDENTITY_EX2, DomainOffset, 20, 4);
at(SEC_WINNT_AUTH_IDENTITY_EX2, DomainLength, 24, 2);
at(SEC_WINNT_AUTH_IDENTITY_EX2, PackedCredentialsOffset, 28, 4);
at(SEC_WINNT_AUTH_IDENTITY_EX2, PackedCredentialsLength, 32, 2);
at(SEC_WINNT_AUTH_IDENTITY_EX2, Flags, 36, 4);
at(SEC_WINNT_AUTH_IDENTITY_EX2, PackageListOffset, 40, 4);
at(SEC_WINNT_AUTH_IDENTITY_EX2, PackageListLength, 44, 2);

size(SEC_WINNT_AUTH_BYTE_VECTOR, 8, 4);
at(SEC_WINNT_AUTH_BYTE_VECTOR, ByteArrayOffset, 0, 4);
at(SEC_WINNT_AUTH_BYTE_VECTOR, ByteArrayLength, 4, 2);

size(GUID, 16, 4);
at(GUID, Data1, 0, 4);
at(GUID, Data2, 4, 2);
at(GUID, Data3, 6, 2);
at(GUID, Data4, 8, 8);

size(SEC_WINNT_AUTH_DATA, 24, 4);
at(SEC_WINNT_AUTH_DATA, CredType, 0, 16);
at(SEC_WINNT_AUTH_DATA, CredData, 16, 8);

size(SEC_WINNT_AUTH_PACKED_CREDENTIALS, 28, 4);
at(SEC_WINNT_AUTH_PACKED_CREDENTIALS, cbHeaderLength, 0, 2);
at(SEC_WINNT_AUTH_PACKED_CREDENTIALS, cbStructureLength, 2, 2);
at(SEC_WINNT_AUTH_PACKED_CREDENTIALS, AuthData, 4, 24);

size(SEC_CHANNEL_BINDINGS, 32, 4);
at(SEC_CHANNEL_BINDINGS, dwInitiatorAddrType, 0, 4);
at(SEC_CHANNEL_BINDINGS, cbInitiatorLength, 4, 4);
at(SEC_CHANNEL_BINDINGS, dwInitiatorOffset, 8, 4);
at(SEC_CHANNEL_BINDINGS, dwAcceptorAddrType, 12, 4);
at(SEC_CHANNEL_BINDINGS, cbAcceptorLength, 16, 4);
at(SEC_CHANNEL_BINDINGS, dwAcceptorOffset, 20, 4);
at(SEC_CHANNEL_BINDINGS, cbApplicationDataLength, 24, 4);
at(SEC_CHANNEL_BINDINGS, dwApplicationDataOffset, 28, 4);

size(SEC_CHANNEL_BINDINGS_EX, 48, 4);
at(SEC_CHANNEL_BINDINGS_EX, magicNumber, 0, 4);
at(SEC_CHANNEL_BINDINGS_EX, flags, 4, 4);
at(SEC_CHANNEL_BINDINGS_EX, cbHeaderLength, 8, 4);
at(SEC_CHANNEL_BINDINGS_EX, cbStructureLength, 12, 4);
at(SEC_CHANNEL_BINDINGS_EX, dwInitiatorAddrType, 16, 4);
at(SEC_CHANNEL_BINDINGS_EX, cbInitiatorLength, 20, 4);
at(SEC_CHANNEL_BINDINGS_EX, dwInitiatorOffset, 24, 4);
at(SEC_CHANNEL_BINDINGS_EX, dwAcceptorAddrType, 28, 4);
at(SEC_CHANNEL_BINDINGS_EX, cbAcceptorLength, 32, 4);
at(SEC_CHANNEL_BINDINGS_EX, dwAcceptorOffset, 36, 4);
at(SEC_CHANNEL_BINDINGS_EX, cbApplicationDataLength, 40, 4);
at(SEC_CHANNEL_BINDINGS_EX, dwApplicationDataOffset, 44, 4);

size(SEC_CHANNEL_BINDINGS_RESULT, 4, 4);
at(SEC_CHANNEL_BINDINGS_RESULT, flags, 0, 4);

size(SEC_NEGOTIATION_INFO, 24, 8);
at(SEC_NEGOTIATION_INFO, Size, 0, 4);
at(SEC_NEGOTIATION_INFO, NameLength, 4, 4);
at(SEC_NEGOTIATION_INFO, Name, 8, 8);
at(SEC_NEGOTIATION_INFO, Reserved, 16, 8);

size(SEC_APPLICATION_PROTOCOL_LIST, 8, 4);
at(SEC_APPLICATION_PROTOCOL_LIST, ProtoNegoExt, 0, 4);
at(SEC_APPLICATION_PROTOCOL_LIST, ProtocolListSize, 4, 2);
at(SEC_APPLICATION_PROTOCOL_LIST, ProtocolList, 6, 1);

size(SEC_APPLICATION_PROTOCOLS, 12, 4);
at(SEC_APPLICATION_PROTOCOLS, ProtocolListsSize, 0, 4);
at(SEC_APPLICATION_PROTOCOLS, ProtocolLists, 4, 8);

size(SEC_DTLS_MTU, 2, 2);
at(SEC_DTLS_MTU, PathMTU, 0, 2);

size(SEC_FLAGS, 8, 8);
at(SEC_FLAGS, Flags, 0, 8);

size(SecPkgContext_Sizes, 16, 4);
at(SecPkgContext_Sizes, cbMaxToken, 0, 4);
at(SecPkgContext_Sizes, cbMaxSignature, 4, 4);
at(SecPkgContext_Sizes, cbBlockSize, 8, 4);
at(SecPkgContext_Sizes, cbSecurityTrailer, 12, 4);

size(SecPkgContext_StreamSizes, 20, 4);
at(SecPkgContext_StreamSizes, cbHeader, 0, 4);
at(SecPkgContext_StreamSizes, cbTrailer, 4, 4);
at(SecPkgContext_StreamSizes, cbMaximumMessage, 8, 4);
at(SecPkgContext_StreamSizes, cBuffers, 12, 4);
at(SecPkgContext_StreamSizes, cbBlockSize, 16, 4);

size(SecPkgContext_NamesA, 8, 8);
at(SecPkgContext_NamesA, sUserName, 0, 8);

size(SecPkgContext_NamesW, 8, 8);
at(SecPkgContext_NamesW, sUserName, 0, 8);

size(SecPkgContext_Lifespan, 16, 8);
at(SecPkgContext_Lifespan, tsStart, 0, 8);
at(SecPkgContext_Lifespan, tsExpiry, 8, 8);

size(SecPkgContext_DceInfo, 16, 8);
at(SecPkgContext_DceInfo, AuthzSvc, 0, 4);
at(SecPkgContext_DceInfo, pPac, 8, 8);

size(SecPkgContext_KeyInfoA, 32, 8);
at(SecPkgContext_KeyInfoA, sSignatureAlgorithmName, 0, 8);
at(SecPkgContext_KeyInfoA, sEncryptAlgorithmName, 8, 8);
at(SecPkgContext_KeyInfoA, KeySize, 16, 4);
at(SecPkgContext_KeyInfoA, SignatureAlgorithm, 20, 4);
at(SecPkgContext_KeyInfoA, EncryptAlgorithm, 24, 4);

size(SecPkgContext_KeyInfoW, 32, 8);
at(SecPkgContext_KeyInfoW, sSignatureAlgorithmName, 0, 8);
at(SecPkgContext_KeyInfoW, sEncryptAlgorithmName, 8, 8);
at(SecPkgContext_KeyInfoW, KeySize, 16, 4);
at(SecPkgContext_KeyInfoW, SignatureAlgorithm, 20, 4);
at(SecPkgContext_KeyInfoW, EncryptAlgorithm, 24, 4);

size(SecPkgContext_AuthorityA, 8, 8);
at(SecPkgContext_AuthorityA, sAuthorityName, 0, 8);

size(SecPkgContext_AuthorityW, 8, 8);
at(SecPkgContext_AuthorityW, sAuthorityName, 0, 8);

size(SecPkgContext_ProtoInfoA, 16, 8);
at(SecPkgContext_ProtoInfoA, sProtocolName, 0, 8);
at(SecPkgContext_ProtoInfoA, majorVersion, 8, 4);
at(SecPkgContext_ProtoInfoA, minorVersion, 12, 4);

size(SecPkgContext_ProtoInfoW, 16, 8);
at(SecPkgContext_ProtoInfoW, sProtocolName, 0, 8);
at(SecPkgContext_ProtoInfoW, majorVersion, 8, 4);
at(SecPkgContext_ProtoInfoW, minorVersion, 12, 4);

size(SecPkgContext_PasswordExpiry, 8, 8);
at(SecPkgContext_PasswordExpiry, tsPasswordExpires, 0, 8);

size(SecPkgContext_LogoffTime, 8, 8);
at(SecPkgContext_LogoffTime, tsLogoffTime, 0, 8);

size(SecPkgContext_SessionKey, 16, 8);
at(SecPkgContext_SessionKey, SessionKeyLength, 0, 4);
at(SecPkgContext_SessionKey, SessionKey, 8, 8);

size(SecPkgContext_NegoKeys, 32, 8);
at(SecPkgContext_NegoKeys, KeyType, 0, 4);
at(SecPkgContext_NegoKeys, KeyLength, 4, 2);
at(SecPkgContext_NegoKeys, KeyValue, 8, 8);
at(SecPkgContext_NegoKeys, VerifyKeyType, 16, 4);
at(SecPkgContext_NegoKeys, VerifyKeyLength, 20, 2);
at(SecPkgContext_NegoKeys, VerifyKeyValue, 24, 8);

size(SecPkgContext_PackageInfoA, 8, 8);
at(SecPkgContext_PackageInfoA, PackageInfo, 0, 8);

size(SecPkgContext_PackageInfoW, 8, 8);
at(SecPkgContext_PackageInfoW, PackageInfo, 0, 8);

size(SecPkgContext_UserFlags, 4, 4);
at(SecPkgContext_UserFlags, UserFlags, 0, 4);

size(SecPkgContext_Flags, 4, 4);
at(SecPkgContext_Flags, Flags, 0, 4);

size(SecPkgContext_NegotiationInfoA, 16, 8);
at(SecPkgContext_NegotiationInfoA, PackageInfo, 0, 8);
at(SecPkgContext_NegotiationInfoA, NegotiationState, 8, 4);

size(SecPkgContext_NegotiationInfoW, 16, 8);
at(SecPkgContext_NegotiationInfoW, PackageInfo, 0, 8);
at(SecPkgContext_NegotiationInfoW, NegotiationState, 8, 4);

size(SecPkgContext_NativeNamesA, 16, 8);
at(SecPkgContext_NativeNamesA, sClientName, 0, 8);
at(SecPkgContext_NativeNamesA, sServerName, 8, 8);

size(SecPkgContext_NativeNamesW, 16, 8);
at(SecPkgContext_NativeNamesW, sClientName, 0, 8);
at(SecPkgContext_NativeNamesW, sServerName, 8, 8);

size(SecPkgContext_CredentialNameA, 16, 8);
at(SecPkgContext_CredentialNameA, CredentialType, 0, 4);
at(SecPkgContext_CredentialNameA, sCredentialName, 8, 8);

size(SecPkgContext_CredentialNameW, 16, 8);
at(SecPkgContext_CredentialNameW, CredentialType, 0, 4);
at(SecPkgContext_CredentialNameW, sCredentialName, 8, 8);

size(SecPkgContext_AccessToken, 8, 8);
at(SecPkgContext_AccessToken, AccessToken, 0, 8);

size(SecPkgContext_TargetInformation, 16, 8);
at(SecPkgContext_TargetInformation, MarshalledTargetInfoLength, 0, 4);
at(SecPkgContext_TargetInformation, MarshalledTargetInfo, 8, 8);

size(SecPkgContext_AuthzID, 16, 8);
at(SecPkgContext_AuthzID, AuthzIDLength, 0, 4);
at(SecPkgContext_AuthzID, AuthzID, 8, 8);

size(SecPkgContext_Target, 16, 8);
at(SecPkgContext_Target, TargetLength, 0, 4);
at(SecPkgContext_Target, Target, 8, 8);

size(SecPkgContext_ClientSpecifiedTarget, 8, 8);
at(SecPkgContext_ClientSpecifiedTarget, sTargetName, 0, 8);

size(SecPkgContext_Bindings, 16, 8);
at(SecPkgContext_Bindings, BindingsLength, 0, 4);
at(SecPkgContext_Bindings, Bindings, 8, 8);

size(SecPkgContext_LastClientTokenStatus, 4, 4);
at(SecPkgContext_LastClientTokenStatus, LastClientTokenStatus, 0, 4);

size(SecPkgContext_CredInfo, 8, 4);
at(SecPkgContext_CredInfo, CredClass, 0, 4);
at(SecPkgContext_CredInfo, IsPromptingNeeded, 4, 4);

size(SecPkgContext_NegoPackageInfo, 4, 4);
at(SecPkgContext_NegoPackageInfo, PackageMask, 0, 4);

size(SecPkgContext_NegoStatus, 4, 4);
at(SecPkgContext_NegoStatus, LastStatus, 0, 4);

size(SecPkgContext_SubjectAttributes, 8, 8);
at(SecPkgContext_SubjectAttributes, AttributeInfo, 0, 8);

size(SecPkgContext_ApplicationProtocol, 264, 4);
at(SecPkgContext_ApplicationProtocol, ProtoNegoStatus, 0, 4);
at(SecPkgContext_ApplicationProtocol, ProtoNegoExt, 4, 4);
at(SecPkgContext_ApplicationProtocol, ProtocolIdSize, 8, 1);
at(SecPkgContext_ApplicationProtocol, ProtocolId, 9, 255);

size(SecPkgContext_NegotiatedTlsExtensions, 16, 8);
at(SecPkgContext_NegotiatedTlsExtensions, ExtensionsCount, 0, 4);
at(SecPkgContext_NegotiatedTlsExtensions, Extensions, 8, 8);

size(SecPkgCredentials_NamesA, 8, 8);
at(SecPkgCredentials_NamesA, sUserName, 0, 8);

size(SecPkgCredentials_NamesW, 8, 8);
at(SecPkgCredentials_NamesW, sUserName, 0, 8);

size(SecPkgCredentials_SSIProviderA, 24, 8);
at(SecPkgCredentials_SSIProviderA, sProviderName, 0, 8);
at(SecPkgCredentials_SSIProviderA, ProviderInfoLength, 8, 4);
at(SecPkgCredentials_SSIProviderA, ProviderInfo, 16, 8);

size(SecPkgCredentials_SSIProviderW, 24, 8);
at(SecPkgCredentials_SSIProviderW, sProviderName, 0, 8);
at(SecPkgCredentials_SSIProviderW, ProviderInfoLength, 8, 4);
at(SecPkgCredentials_SSIProviderW, ProviderInfo, 16, 8);

size(SecPkgCredentials_KdcProxySettingsW, 16, 4);
at(SecPkgCredentials_KdcProxySettingsW, Version, 0, 4);
at(SecPkgCredentials_KdcProxySettingsW, Flags, 4, 4);
at(SecPkgCredentials_KdcProxySettingsW, ProxyServerOffset, 8, 2);
at(SecPkgCredentials_KdcProxySettingsW, ProxyServerLength, 10, 2);
at(SecPkgCredentials_KdcProxySettingsW, ClientTlsCredOffset, 12, 2);
at(SecPkgCredentials_KdcProxySettingsW, ClientTlsCredLength, 14, 2);

size(SecPkgCredentials_Cert, 16, 8);
at(SecPkgCredentials_Cert, EncodedCertSize, 0, 4);
at(SecPkgCredentials_Cert, EncodedCert, 8, 8);

size(SCHANNEL_CRED, 80, 8);
at(SCHANNEL_CRED, dwVersion, 0, 4);
at(SCHANNEL_CRED, cCreds, 4, 4);
at(SCHANNEL_CRED, paCred, 8, 8);
at(SCHANNEL_CRED, hRootStore, 16, 8);
at(SCHANNEL_CRED, cMappers, 24, 4);
at(SCHANNEL_CRED, aphMappers, 32, 8);
at(SCHANNEL_CRED, cSupportedAlgs, 40, 4);
at(SCHANNEL_CRED, palgSupportedAlgs, 48, 8);
at(SCHANNEL_CRED, grbitEnabledProtocols, 56, 4);
at(SCHANNEL_CRED, dwMinimumCipherStrength, 60, 4);
at(SCHANNEL_CRED, dwMaximumCipherStrength, 64, 4);
at(SCHANNEL_CRED, dwSessionLifespan, 68, 4);
at(SCHANNEL_CRED, dwFlags, 72, 4);
at(SCHANNEL_CRED, dwCredFormat, 76, 4);

size(UNICODE_STRING, 16, 8);
at(UNICODE_STRING, Length, 0, 2);
at(UNICODE_STRING, MaximumLength, 2, 2);
at(UNICODE_STRING, Buffer, 8, 8);

size(CRYPTO_SETTINGS, 48, 8);
at(CRYPTO_SETTINGS, eAlgorithmUsage, 0, 4);
at(CRYPTO_SETTINGS, strCngAlgId, 8, 16);
at(CRYPTO_SETTINGS, cChainingModes, 24, 4);
at(CRYPTO_SETTINGS, rgstrChainingModes, 32, 8);
at(CRYPTO_SETTINGS, dwMinBitLength, 40, 4);
at(CRYPTO_SETTINGS, dwMaxBitLength, 44, 4);

size(TLS_PARAMETERS, 40, 8);
at(TLS_PARAMETERS, cAlpnIds, 0, 4);
at(TLS_PARAMETERS, rgstrAlpnIds, 8, 8);
at(TLS_PARAMETERS, grbitDisabledProtocols, 16, 4);
at(TLS_PARAMETERS, cDisabledCrypto, 20, 4);
at(TLS_PARAMETERS, pDisabledCrypto, 24, 8);
at(TLS_PARAMETERS, dwFlags, 32, 4);

size(SCH_CREDENTIALS, 72, 8);
at(SCH_CREDENTIALS, dwVersion, 0, 4);
at(SCH_CREDENTIALS, dwCredFormat, 4, 4);
at(SCH_CREDENTIALS, cCreds, 8, 4);
at(SCH_CREDENTIALS, paCred, 16, 8);
at(SCH_CREDENTIALS, hRootStore, 24, 8);
at(SCH_CREDENTIALS, cMappers, 32, 4);
at(SCH_CREDENTIALS, aphMappers, 40, 8);
at(SCH_CREDENTIALS, dwSessionLifespan, 48, 4);
at(SCH_CREDENTIALS, dwFlags, 52, 4);
at(SCH_CREDENTIALS, cTlsParameters, 56, 4);
at(SCH_CREDENTIALS, pTlsParameters, 64, 8);

size(CERT_CONTEXT, 40, 8);
at(CERT_CONTEXT, dwCertEncodingType, 0, 4);
at(CERT_CONTEXT, pbCertEncoded, 8, 8);
at(CERT_CONTEXT, cbCertEncoded, 16, 4);
at(CERT_CONTEXT, pCertInfo, 24, 8);
at(CERT_CONTEXT, hCertStore, 32, 8);

size(SCHANNEL_CERT_HASH, 40, 8);
at(SCHANNEL_CERT_HASH, dwLength, 0, 4);
at(SCHANNEL_CERT_HASH, dwFlags, 4, 4);
at(SCHANNEL_CERT_HASH, hProv, 8, 8);
at(SCHANNEL_CERT_HASH, ShaHash, 16, 20);

size(SCHANNEL_CERT_HASH_STORE, 296, 8);
at(SCHANNEL_CERT_HASH_STORE, dwLength, 0, 4);
at(SCHANNEL_CERT_HASH_STORE, dwFlags, 4, 4);
at(SCHANNEL_CERT_HASH_STORE, hProv, 8, 8);
at(SCHANNEL_CERT_HASH_STORE, ShaHash, 16, 20);
at(SCHANNEL_CERT_HASH_STORE, pwszStoreName, 36, 256);

size(SCHANNEL_ALERT_TOKEN, 12, 4);
at(SCHANNEL_ALERT_TOKEN, dwTokenType, 0, 4);
at(SCHANNEL_ALERT_TOKEN, dwAlertType, 4, 4);
at(SCHANNEL_ALERT_TOKEN, dwAlertNumber, 8, 4);

size(SCHANNEL_SESSION_TOKEN, 8, 4);
at(SCHANNEL_SESSION_TOKEN, dwTokenType, 0, 4);
at(SCHANNEL_SESSION_TOKEN, dwFlags, 4, 4);

size(SecPkgContext_ConnectionInfo, 28, 4);
at(SecPkgContext_ConnectionInfo, dwProtocol, 0, 4);
at(SecPkgContext_ConnectionInfo, aiCipher, 4, 4);
at(SecPkgContext_ConnectionInfo, dwCipherStrength, 8, 4);
at(SecPkgContext_ConnectionInfo, aiHash, 12, 4);
at(SecPkgContext_ConnectionInfo, dwHashStrength, 16, 4);
at(SecPkgContext_ConnectionInfo, aiExch, 20, 4);
at(SecPkgContext_ConnectionInfo, dwExchStrength, 24, 4);

size(SecPkgContext_ConnectionInfoEx, 404, 4);
at(SecPkgContext_ConnectionInfoEx, dwVersion, 0, 4);
at(SecPkgContext_ConnectionInfoEx, dwProtocol, 4, 4);
at(SecPkgContext_ConnectionInfoEx, szCipher, 8, 128);
at(SecPkgContext_ConnectionInfoEx, dwCipherStrength, 136, 4);
at(SecPkgContext_ConnectionInfoEx, szHash, 140, 128);
at(SecPkgContext_ConnectionInfoEx, dwHashStrength, 268, 4);
at(SecPkgContext_ConnectionInfoEx, szExchange, 272, 128);
at(SecPkgContext_ConnectionInfoEx, dwExchStrength, 400, 4);

size(SecPkgContext_CipherInfo, 680, 4);
at(SecPkgContext_CipherInfo, dwVersion, 0, 4);
at(SecPkgContext_CipherInfo, dwProtocol, 4, 4);
at(SecPkgContext_CipherInfo, dwCipherSuite, 8, 4);
at(SecPkgContext_CipherInfo, dwBaseCipherSuite, 12, 4);
at(SecPkgContext_CipherInfo, szCipherSuite, 16, 128);
at(SecPkgContext_CipherInfo, szCipher, 144, 128);
at(SecPkgContext_CipherInfo, dwCipherLen, 272, 4);
at(SecPkgContext_CipherInfo, dwCipherBlockLen, 276, 4);
at(SecPkgContext_CipherInfo, szHash, 280, 128);
at(SecPkgContext_CipherInfo, dwHashLen, 408, 4);
at(SecPkgContext_CipherInfo, szExchange, 412, 128);
at(SecPkgContext_CipherInfo, dwMinExchangeLen, 540, 4);
at(SecPkgContext_CipherInfo, dwMaxExchangeLen, 544, 4);
at(SecPkgContext_CipherInfo, szCertificate, 548, 128);
at(SecPkgContext_CipherInfo, dwKeyType, 676, 4);

size(SecPkgContext_EapKeyBlock, 192, 1);
at(SecPkgContext_EapKeyBlock, rgbKeys, 0, 128);
at(SecPkgContext_EapKeyBlock, rgbIVs, 128, 64);

size(SecPkgContext_MappedCredAttr, 16, 8);
at(SecPkgContext_MappedCredAttr, dwAttribute, 0, 4);
at(SecPkgContext_MappedCredAttr, pvBuffer, 8, 8);

size(SecPkgContext_SessionInfo, 40, 4);
at(SecPkgContext_SessionInfo, dwFlags, 0, 4);
at(SecPkgContext_SessionInfo, cbSessionId, 4, 4);
at(SecPkgContext_SessionInfo, rgbSessionId, 8, 32);

size(SecPkgContext_SessionAppData, 16, 8);
at(SecPkgContext_SessionAppData, dwFlags, 0, 4);
at(SecPkgContext_SessionAppData, cbAppData, 4, 4);
at(SecPkgContext_SessionAppData, pbAppData, 8, 8);

size(SecPkgContext_EapPrfInfo, 16, 8);
at(SecPkgContext_EapPrfInfo, dwVersion, 0, 4);
at(SecPkgContext_EapPrfInfo, cbPrfData, 4, 4);
at(SecPkgContext_EapPrfInfo, pbPrfData, 8, 8);

size(SecPkgContext_SupportedSignatures, 16, 8);
at(SecPkgContext_SupportedSignatures, cSignatureAndHashAlgorithms, 0, 2);
at(SecPkgContext_SupportedSignatures, pSignatureAndHashAlgorithms, 8, 8);

size(SecPkgContext_Certificates, 16, 8);
at(SecPkgContext_Certificates, cCertificates, 0, 4);
at(SecPkgContext_Certificates, cbCertificateChain, 4, 4);
at(SecPkgContext_Certificates, pbCertificateChain, 8, 8);

size(SecPkgContext_IssuerListInfoEx, 16, 8);
at(SecPkgContext_IssuerListInfoEx, aIssuers, 0, 8);
at(SecPkgContext_IssuerListInfoEx, cIssuers, 8, 4);

size(SecPkgContext_CertInfo, 40, 8);
at(SecPkgContext_CertInfo, dwVersion, 0, 4);
at(SecPkgContext_CertInfo, cbSubjectName, 4, 4);
at(SecPkgContext_CertInfo, pwszSubjectName, 8, 8);
at(SecPkgContext_CertInfo, cbIssuerName, 16, 4);
at(SecPkgContext_CertInfo, pwszIssuerName, 24, 8);
at(SecPkgContext_CertInfo, dwKeySize, 32, 4);

size(SecPkgContext_KeyingMaterialInfo, 40, 8);
at(SecPkgContext_KeyingMaterialInfo, cbLabel, 0, 2);
at(SecPkgContext_KeyingMaterialInfo, pszLabel, 8, 8);
at(SecPkgContext_KeyingMaterialInfo, cbContextValue, 16, 2);
at(SecPkgContext_KeyingMaterialInfo, pbContextValue, 24, 8);
at(SecPkgContext_KeyingMaterialInfo, cbKeyingMaterial, 32, 4);

size(SecPkgContext_KeyingMaterial, 16, 8);
at(SecPkgContext_KeyingMaterial, cbKeyingMaterial, 0, 4);
at(SecPkgContext_KeyingMaterial, pbKeyingMaterial, 8, 8);

size(SecPkgContext_KeyingMaterial_Inproc, 48, 8);
at(SecPkgContext_KeyingMaterial_Inproc, cbLabel, 0, 2);
at(SecPkgContext_KeyingMaterial_Inproc, pszLabel, 8, 8);
at(SecPkgContext_KeyingMaterial_Inproc, cbContextValue, 16, 2);
at(SecPkgContext_KeyingMaterial_Inproc, pbContextValue, 24, 8);
at(SecPkgContext_KeyingMaterial_Inproc, cbKeyingMaterial, 32, 4);
at(SecPkgContext_KeyingMaterial_Inproc, pbKeyingMaterial, 40, 8);

size(SecPkgContext_EarlyStart, 4, 4);
at(SecPkgContext_EarlyStart, dwEarlyStartFlags, 0, 4);

size(SecPkgContext_SrtpParameters, 16, 8);
at(SecPkgContext_SrtpParameters, ProtectionProfile, 0, 2);
at(SecPkgContext_SrtpParameters, MasterKeyIdentifierSize, 2, 1);
at(SecPkgContext_SrtpParameters, MasterKeyIdentifier, 8, 8);

size(SecPkgCred_SupportedAlgs, 16, 8);
at(SecPkgCred_SupportedAlgs, cSupportedAlgs, 0, 4);
at(SecPkgCred_SupportedAlgs, palgSupportedAlgs, 8, 8);

size(SecPkgCred_CipherStrengths, 8, 4);
at(SecPkgCred_CipherStrengths, dwMinimumCipherStrength, 0, 4);
at(SecPkgCred_CipherStrengths, dwMaximumCipherStrength, 4, 4);

size(SecPkgCred_SupportedProtocols, 4, 4);
at(SecPkgCred_SupportedProtocols, grbitProtocol, 0, 4);

size(SecurityFunctionTableA, 256, 8);
at(SecurityFunctionTableA, dwVersion, 0, 4);
at(SecurityFunctionTableA, EnumerateSecurityPackagesA, 8, 8);
at(SecurityFunctionTableA, QueryCredentialsAttributesA, 16, 8);
at(SecurityFunctionTableA, AcquireCredentialsHandleA, 24, 8);
at(SecurityFunctionTableA, FreeCredentialsHandle, 32, 8);
at(SecurityFunctionTableA, Reserved2, 40, 8);
at(SecurityFunctionTableA, InitializeSecurityContextA, 48, 8);
at(SecurityFunctionTableA, AcceptSecurityContext, 56, 8);
at(SecurityFunctionTableA, CompleteAuthToken, 64, 8);
at(SecurityFunctionTableA, DeleteSecurityContext, 72, 8);
at(SecurityFunctionTableA, ApplyControlToken, 80, 8);
at(SecurityFunctionTableA, QueryContextAttributesA, 88, 8);
at(SecurityFunctionTableA, ImpersonateSecurityContext, 96, 8);
at(SecurityFunctionTableA, RevertSecurityContext, 104, 8);
at(SecurityFunctionTableA, MakeSignature, 112, 8);
at(SecurityFunctionTableA, VerifySignature, 120, 8);
at(SecurityFunctionTableA, FreeContextBuffer, 128, 8);
at(SecurityFunctionTableA, QuerySecurityPackageInfoA, 136, 8);
at(SecurityFunctionTableA, Reserved3, 144, 8);
at(SecurityFunctionTableA, Reserved4, 152, 8);
at(SecurityFunctionTableA, ExportSecurityContext, 160, 8);
at(SecurityFunctionTableA, ImportSecurityContextA, 168, 8);
at(SecurityFunctionTableA, AddCredentialsA, 176, 8);
at(SecurityFunctionTableA, Reserved8, 184, 8);
at(SecurityFunctionTableA, QuerySecurityContextToken, 192, 8);
at(SecurityFunctionTableA, EncryptMessage, 200, 8);
at(SecurityFunctionTableA, DecryptMessage, 208, 8);
at(SecurityFunctionTableA, SetContextAttributesA, 216, 8);
at(SecurityFunctionTableA, SetCredentialsAttributesA, 224, 8);
at(SecurityFunctionTableA, ChangeAccountPasswordA, 232, 8);
at(SecurityFunctionTableA, QueryContextAttributesExA, 240, 8);
at(SecurityFunctionTableA, QueryCredentialsAttributesExA, 248, 8);

size(SecurityFunctionTableW, 256, 8);
at(SecurityFunctionTableW, dwVersion, 0, 4);
at(SecurityFunctionTableW, EnumerateSecurityPackagesW, 8, 8);
at(SecurityFunctionTableW, QueryCredentialsAttributesW, 16, 8);
at(SecurityFunctionTableW, AcquireCredentialsHandleW, 24, 8);
at(SecurityFunctionTableW, FreeCredentialsHandle, 32, 8);
at(SecurityFunctionTableW, Reserved2, 40, 8);
at(SecurityFunctionTableW, InitializeSecurityContextW, 48, 8);
at(SecurityFunctionTableW, AcceptSecurityContext, 56, 8);
at(SecurityFunctionTableW, CompleteAuthToken, 64, 8);
at(SecurityFunctionTableW, DeleteSecurityContext, 72, 8);
at(SecurityFunctionTableW, ApplyControlToken, 80, 8);
at(SecurityFunctionTableW, QueryContextAttributesW, 88, 8);
at(SecurityFunctionTableW, ImpersonateSecurityContext, 96, 8);
at(SecurityFunctionTableW, RevertSecurityContext, 104, 8);
at(SecurityFunctionTableW, MakeSignature, 112, 8);
at(SecurityFunctionTableW, VerifySignature, 120, 8);
at(SecurityFunctionTableW, FreeContextBuffer, 128, 8);
at(SecurityFunctionTableW, QuerySecurityPackageInfoW, 136, 8);
at(SecurityFunctionTableW, Reserved3, 144, 8);
at(SecurityFunctionTableW, Reserved4, 152, 8);
at(SecurityFunctionTableW, ExportSecurityContext, 160, 8);
at(SecurityFunctionTableW, ImportSecurityContextW, 168, 8);
at(SecurityFunctionTableW, AddCredentialsW, 176, 8);
at(SecurityFunctionTableW, Reserved8, 184, 8);
at(SecurityFunctionTableW, QuerySecurityContextToken, 192, 8);
at(SecurityFunctionTableW, EncryptMessage, 200, 8);
at(SecurityFunctionTableW, DecryptMessage, 208, 8);
at(SecurityFunctionTableW, SetContextAttributesW, 216, 8);
at(SecurityFunctionTableW, SetCredentialsAttributesW, 224, 8);
at(SecurityFunctionTableW, ChangeAccountPasswordW, 232, 8);
at(SecurityFunctionTableW, QueryContextAttributesExW, 240, 8);
at(SecurityFunctionTableW, QueryCredentialsAttributesExW, 248, 8);
