/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.c: what a context is asked, and what of it may be set. */
#include "config.h"

#include "plugins/tls/attributes.h"

#include <string.h>
#include <time.h>

#include "plugins/tls/cipher.h"
#include "plugins/tls/host.h"
#include "sspi/sspix.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

#define FILETIME_EPOCH INT64_C(11644473600) /* seconds from 1601 to 1970 */
#define FILETIME_SECOND INT64_C(10000000)

#define MTU_MIN 200u /* octets, as on Windows */

/* --- text ------------------------------------------------------------------------------------ */

void *tls_give(struct span s, size_t n)
{
    uint8_t *copy = tls_host->alloc(s.len + n);

    if (copy && s.len > 0)
        memcpy(copy, s.data, s.len);
    return copy;
}

SECURITY_STATUS tls_give_text(const char *text, char **out)
{
    *out = tls_give(span_str(text), 1);
    return *out ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

/* Two of them, or none. */
static SECURITY_STATUS give_texts(const char *a, const char *b, char **out_a, char **out_b)
{
    SECURITY_STATUS status = tls_give_text(a, out_a);

    if (status >= 0)
        status = tls_give_text(b, out_b);
    if (status < 0) {
        tls_host->release(*out_a);
        *out_a = NULL;
    }
    return status;
}

/* --- sizes ----------------------------------------------------------------------------------- */

static SECURITY_STATUS query_sizes(struct ssp_ctx *ctx, void *buffer)
{
    *(SecPkgContext_Sizes *)buffer = (SecPkgContext_Sizes){
        .cbMaxToken = tls_package.max_token,
        .cbBlockSize = ctx->block,
        .cbSecurityTrailer = (uint32_t)ctx->header + ctx->trailer,
    };
    return SEC_E_OK;
}

static SECURITY_STATUS query_stream_sizes(struct ssp_ctx *ctx, void *buffer)
{
    *(SecPkgContext_StreamSizes *)buffer = (SecPkgContext_StreamSizes){
        .cbHeader = ctx->header,
        .cbTrailer = ctx->trailer,
        .cbMaximumMessage = ctx->maximum,
        .cBuffers = 4,
        .cbBlockSize = ctx->block,
    };
    return SEC_E_OK;
}

static SECURITY_STATUS query_mtu(struct ssp_ctx *ctx, void *buffer)
{
    if (!ctx->datagram)
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "this connection is a stream");
    ((SEC_DTLS_MTU *)buffer)->PathMTU = ctx->mtu;
    return SEC_E_OK;
}

static SECURITY_STATUS set_mtu(struct ssp_ctx *ctx, const void *buffer)
{
    uint16_t mtu = ((const SEC_DTLS_MTU *)buffer)->PathMTU;

    if (!ctx->datagram)
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "this connection is a stream");
    if (mtu < MTU_MIN)
        return refuse(SEC_E_INVALID_PARAMETER, "datagrams of %u octets, of %u at least", mtu,
                      MTU_MIN);
    if (SSL_set_mtu(ctx->ssl, mtu) == 0)
        return refuse(SEC_E_INVALID_PARAMETER, "libssl makes no datagrams of %u octets", mtu);
    ctx->mtu = mtu;
    if (!SSL_in_init(ctx->ssl)) /* else the handshake's end measures */
        tls_measure(ctx);
    return SEC_E_OK;
}

/* --- times and flags ------------------------------------------------------------------------- */

static int64_t filetime_of(const ASN1_TIME *time, int64_t absent)
{
    struct tm tm;

    if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
        return absent;
    return ((int64_t)timegm(&tm) + FILETIME_EPOCH) * FILETIME_SECOND;
}

int64_t tls_expiry(const struct ssp_ctx *ctx)
{
    X509 *cert = SSL_get0_peer_certificate(ctx->ssl);

    return filetime_of(cert ? X509_get0_notAfter(cert) : NULL, SSPI_TIME_NEVER);
}

/* From when the keys were agreed on. */
static SECURITY_STATUS query_lifespan(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_Lifespan *span = buffer;
    const SSL_SESSION *session = SSL_get0_session(ctx->ssl);

    span->tsStart.QuadPart =
        session ? (SSL_SESSION_get_time(session) + FILETIME_EPOCH) * FILETIME_SECOND : 0;
    span->tsExpiry.QuadPart = tls_expiry(ctx);
    return SEC_E_OK;
}

static SECURITY_STATUS query_flags(struct ssp_ctx *ctx, void *buffer)
{
    ((SecPkgContext_Flags *)buffer)->Flags = ctx->granted;
    return SEC_E_OK;
}

/* --- the cipher suite ------------------------------------------------------------------------ */

static EVP_PKEY *server_key(const struct ssp_ctx *ctx)
{
    X509 *cert = tls_server_certificate(ctx);

    return cert ? X509_get0_pubkey(cert) : NULL;
}

/* All that the answers about it are made of. */
struct connection {
    const struct tls_version *version;
    struct tls_suite suite;
    struct tls_exchange exchange;
    struct tls_proof proof;
};

static SECURITY_STATUS look(struct ssp_ctx *ctx, struct connection *out)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ctx->ssl);
    EVP_PKEY *key = server_key(ctx);

    out->version = tls_version_of(ctx->ssl);
    if (!out->version || !tls_suite_read(cipher, &out->suite))
        return refuse(SEC_E_INTERNAL_ERROR, "libssl uses %s, which is not known here",
                      cipher ? SSL_CIPHER_get_name(cipher) : "no cipher");
    tls_exchange_read(ctx->ssl, key, &out->exchange);
    out->proof = tls_proof_of(cipher, key);
    return SEC_E_OK;
}

static uint32_t protocol_of(const struct ssp_ctx *ctx, const struct tls_version *version)
{
    return version->protocol & (ctx->client ? SP_PROT_X_CLIENTS : SP_PROT_X_SERVERS);
}

static SECURITY_STATUS query_proto_info(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_ProtoInfoA *info = buffer;
    const struct tls_version *version = tls_version_of(ctx->ssl);
    SECURITY_STATUS status =
        version ? tls_give_text(ctx->datagram ? "DTLS" : "TLS", &info->sProtocolName)
                : refuse(SEC_E_INTERNAL_ERROR, "an unknown version");

    if (status < 0)
        return status;
    info->majorVersion = version->major;
    info->minorVersion = version->minor;
    return SEC_E_OK;
}

/* The signature is the server's: Windows tells the algorithm of its key here. */
static SECURITY_STATUS query_key_info(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_KeyInfoA *info = buffer;
    struct connection c;
    SECURITY_STATUS status = look(ctx, &c);

    if (status >= 0)
        status = give_texts(c.proof.name, c.suite.cipher, &info->sSignatureAlgorithmName,
                            &info->sEncryptAlgorithmName);
    if (status < 0)
        return status;
    info->KeySize = c.suite.cipher_bits;
    info->SignatureAlgorithm = c.proof.id;
    info->EncryptAlgorithm = c.suite.cipher_id;
    return SEC_E_OK;
}

static SECURITY_STATUS query_connection_info(struct ssp_ctx *ctx, void *buffer)
{
    struct connection c;
    SECURITY_STATUS status = look(ctx, &c);

    if (status < 0)
        return status;
    *(SecPkgContext_ConnectionInfo *)buffer = (SecPkgContext_ConnectionInfo){
        .dwProtocol = protocol_of(ctx, c.version),
        .aiCipher = c.suite.cipher_id,
        .dwCipherStrength = c.suite.cipher_bits,
        .aiHash = c.suite.hash_id,
        .dwHashStrength = c.suite.hash_bits,
        .aiExch = c.exchange.id,
        .dwExchStrength = c.exchange.bits,
    };
    return SEC_E_OK;
}

/* ASCII into the SDK's fixed fields, which are UTF-16 in both forms of the call. */
static void put_name(WCHAR to[SZ_ALG_MAX_SIZE], const char *name)
{
    size_t i = 0;

    for (; i < SZ_ALG_MAX_SIZE - 1 && name[i]; i++)
        to[i] = (WCHAR)name[i];
    memset(to + i, 0, (SZ_ALG_MAX_SIZE - i) * sizeof *to);
}

static SECURITY_STATUS query_connection_info_ex(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_ConnectionInfoEx *info = buffer;
    struct connection c;
    SECURITY_STATUS status;

    if (info->dwVersion != SECPKGCONTEXT_CONNECTION_INFO_EX_V1)
        return refuse(SEC_E_INVALID_PARAMETER, "dwVersion %u, not %u", info->dwVersion,
                      SECPKGCONTEXT_CONNECTION_INFO_EX_V1);
    status = look(ctx, &c);
    if (status < 0)
        return status;
    info->dwProtocol = protocol_of(ctx, c.version);
    put_name(info->szCipher, c.suite.cipher);
    info->dwCipherStrength = c.suite.cipher_bits;
    put_name(info->szHash, c.suite.hash);
    info->dwHashStrength = c.suite.hash_bits;
    put_name(info->szExchange, c.exchange.name);
    info->dwExchStrength = c.exchange.bits;
    return SEC_E_OK;
}

/* As CNG describes suites: the version as on the wire, no hash where the cipher needs none. */
static SECURITY_STATUS query_cipher_info(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_CipherInfo *info = buffer;
    struct connection c;
    SECURITY_STATUS status;

    if (info->dwVersion != SECPKGCONTEXT_CIPHERINFO_V1)
        return refuse(SEC_E_INVALID_PARAMETER, "dwVersion %u, not %u", info->dwVersion,
                      SECPKGCONTEXT_CIPHERINFO_V1);
    status = look(ctx, &c);
    if (status < 0)
        return status;
    info->dwProtocol = (uint32_t)c.version->number;
    info->dwCipherSuite = info->dwBaseCipherSuite = c.suite.number;
    put_name(info->szCipherSuite, c.suite.name);
    put_name(info->szCipher, c.suite.cipher);
    info->dwCipherLen = c.suite.cipher_bits;
    info->dwCipherBlockLen = c.suite.block;
    put_name(info->szHash, c.suite.aead ? "" : c.suite.hash);
    info->dwHashLen = c.suite.hash_bits;
    put_name(info->szExchange, c.exchange.name);
    info->dwMinExchangeLen = info->dwMaxExchangeLen = c.exchange.bits;
    put_name(info->szCertificate, c.proof.name);
    info->dwKeyType = c.exchange.group;
    return SEC_E_OK;
}

/* --- what the peer has asked for ------------------------------------------------------------- */

/* The SDK's order of the octets: the signature in the upper one, the hash in the lower. */
static SECURITY_STATUS query_signatures(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_SupportedSignatures *list = buffer;
    int n = SSL_get_sigalgs(ctx->ssl, 0, NULL, NULL, NULL, NULL, NULL);

    if (n <= 0)
        return refuse(SEC_E_UNSUPPORTED_FUNCTION,
                      "the peer has not said which signatures it takes");
    if (n > UINT16_MAX)
        n = UINT16_MAX;
    list->pSignatureAndHashAlgorithms = tls_host->alloc((size_t)n * sizeof(uint16_t));
    if (!list->pSignatureAndHashAlgorithms)
        return SEC_E_INSUFFICIENT_MEMORY;
    for (int i = 0; i < n; i++) {
        uint8_t signature = 0, hash = 0;

        (void)SSL_get_sigalgs(ctx->ssl, i, NULL, NULL, NULL, &signature, &hash);
        list->pSignatureAndHashAlgorithms[i] = (uint16_t)(signature << 8 | hash);
    }
    list->cSignatureAndHashAlgorithms = (uint16_t)n;
    return SEC_E_OK;
}

static SECURITY_STATUS query_protocol(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_ApplicationProtocol *protocol = buffer;
    const unsigned char *name = NULL;
    unsigned len = 0;

    memset(protocol, 0, sizeof *protocol);
    SSL_get0_alpn_selected(ctx->ssl, &name, &len);
    if (len == 0)
        return SEC_E_OK; /* SecApplicationProtocolNegotiationStatus_None */
    protocol->ProtoNegoStatus = SecApplicationProtocolNegotiationStatus_Success;
    protocol->ProtoNegoExt = SecApplicationProtocolNegotiationExt_ALPN;
    protocol->ProtocolIdSize = (uint8_t)len; /* RFC 7301 3.1: its length is an octet there */
    memcpy(protocol->ProtocolId, name, len);
    return SEC_E_OK;
}

static SECURITY_STATUS query_session_info(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_SessionInfo *info = buffer;
    const SSL_SESSION *session = SSL_get0_session(ctx->ssl);
    unsigned len = 0;
    const unsigned char *id = session ? SSL_SESSION_get_id(session, &len) : NULL;

    memset(info, 0, sizeof *info);
    info->dwFlags = SSL_session_reused(ctx->ssl) ? SSL_SESSION_RECONNECT : 0;
    if (!id || len > sizeof info->rgbSessionId)
        return SEC_E_OK;
    info->cbSessionId = len;
    memcpy(info->rgbSessionId, id, len);
    return SEC_E_OK;
}

/* --- the table ------------------------------------------------------------------------------- */

enum when {
    EARLY,  /* during the first handshake, too */
    OPEN,   /* from the end of the first one on */
    SETTLED /* while no handshake is under way: libssl tells of half a one what it has not checked
             */
};

/* The functions run with the lock held. */
static const struct query {
    uint32_t attribute;
    uint32_t size;
    enum when when;
    SECURITY_STATUS (*run)(struct ssp_ctx *ctx, void *buffer);
} queries[] = {
    { SECPKG_ATTR_SIZES, sizeof(SecPkgContext_Sizes), OPEN, query_sizes },
    { SECPKG_ATTR_NAMES, sizeof(SecPkgContext_NamesA), SETTLED, tls_query_names },
    { SECPKG_ATTR_LIFESPAN, sizeof(SecPkgContext_Lifespan), SETTLED, query_lifespan },
    { SECPKG_ATTR_STREAM_SIZES, sizeof(SecPkgContext_StreamSizes), OPEN, query_stream_sizes },
    { SECPKG_ATTR_KEY_INFO, sizeof(SecPkgContext_KeyInfoA), SETTLED, query_key_info },
    { SECPKG_ATTR_AUTHORITY, sizeof(SecPkgContext_AuthorityA), SETTLED, tls_query_authority },
    { SECPKG_ATTR_PROTO_INFO, sizeof(SecPkgContext_ProtoInfoA), SETTLED, query_proto_info },
    { SECPKG_ATTR_NATIVE_NAMES, sizeof(SecPkgContext_NativeNamesA), SETTLED,
      tls_query_native_names },
    { SECPKG_ATTR_FLAGS, sizeof(SecPkgContext_Flags), OPEN, query_flags },
    { SECPKG_ATTR_UNIQUE_BINDINGS, sizeof(SecPkgContext_Bindings), SETTLED, tls_query_unique },
    { SECPKG_ATTR_ENDPOINT_BINDINGS, sizeof(SecPkgContext_Bindings), SETTLED, tls_query_end_point },
    { SSPIX_ATTR_EXPORTER_BINDINGS, sizeof(SecPkgContext_Bindings), SETTLED, tls_query_exporter },
    { SECPKG_ATTR_DTLS_MTU, sizeof(SEC_DTLS_MTU), EARLY, query_mtu },
    { SECPKG_ATTR_APPLICATION_PROTOCOL, sizeof(SecPkgContext_ApplicationProtocol), SETTLED,
      query_protocol },
    { SECPKG_ATTR_REMOTE_CERT_CONTEXT, sizeof(PCCERT_CONTEXT), EARLY, tls_query_remote_cert },
    { SECPKG_ATTR_LOCAL_CERT_CONTEXT, sizeof(PCCERT_CONTEXT), SETTLED, tls_query_local_cert },
    { SECPKG_ATTR_REMOTE_CERT_CHAIN, sizeof(PCCERT_CONTEXT), SETTLED, tls_query_remote_cert },
    { SECPKG_ATTR_REMOTE_CERTIFICATES, sizeof(SecPkgContext_Certificates), SETTLED,
      tls_query_remote_certificates },
    { SECPKG_ATTR_LOCAL_CERT_INFO, sizeof(SecPkgContext_CertInfo), SETTLED,
      tls_query_local_cert_info },
    { SECPKG_ATTR_ISSUER_LIST_EX, sizeof(SecPkgContext_IssuerListInfoEx), EARLY,
      tls_query_issuers },
    { SECPKG_ATTR_SUPPORTED_SIGNATURES, sizeof(SecPkgContext_SupportedSignatures), EARLY,
      query_signatures },
    { SECPKG_ATTR_CONNECTION_INFO, sizeof(SecPkgContext_ConnectionInfo), SETTLED,
      query_connection_info },
    { SECPKG_ATTR_CONNECTION_INFO_EX, sizeof(SecPkgContext_ConnectionInfoEx), SETTLED,
      query_connection_info_ex },
    { SECPKG_ATTR_CIPHER_INFO, sizeof(SecPkgContext_CipherInfo), SETTLED, query_cipher_info },
    { SECPKG_ATTR_SESSION_INFO, sizeof(SecPkgContext_SessionInfo), SETTLED, query_session_info },
    { SECPKG_ATTR_KEYING_MATERIAL, sizeof(SecPkgContext_KeyingMaterial), SETTLED,
      tls_query_material },
    { SECPKG_ATTR_KEYING_MATERIAL_INPROC, sizeof(SecPkgContext_KeyingMaterial_Inproc), SETTLED,
      tls_query_material_at_once },
    { SECPKG_ATTR_EAP_KEY_BLOCK, sizeof(SecPkgContext_EapKeyBlock), SETTLED, tls_query_eap },
};

const uint32_t tls_early_attributes[TLS_EARLY_ATTRIBUTES] = {
    SECPKG_ATTR_ISSUER_LIST_EX,
    SECPKG_ATTR_SUPPORTED_SIGNATURES,
    SECPKG_ATTR_REMOTE_CERT_CONTEXT,
    SECPKG_ATTR_DTLS_MTU,
};

/* Why not, where more can be said than that there is no such attribute. */
static const struct {
    uint32_t attribute;
    const char *why;
} reasons[] = {
    { SECPKG_ATTR_SESSION_KEY, "TLS has no one session key: export keying material instead" },
    { SECPKG_ATTR_ISSUER_LIST, "obsolete, and its layout is written nowhere: ISSUER_LIST_EX" },
    { SECPKG_ATTR_REMOTE_CRED, "obsolete: REMOTE_CERT_CONTEXT" },
    { SECPKG_ATTR_LOCAL_CRED, "obsolete: LOCAL_CERT_CONTEXT" },
    { SECPKG_ATTR_NEGOTIATED_TLS_EXTENSIONS, "libssl does not keep which extensions it met" },
    { SECPKG_ATTR_EARLY_START, "libssl sends no data before the server's Finished" },
    { SECPKG_ATTR_APP_DATA, "sessions hold no data of the application's" },
    { SECPKG_ATTR_EAP_PRF_INFO, "export keying material with the label of the method instead" },
};

static SECURITY_STATUS unsupported(uint32_t attribute, const char *verb)
{
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (reasons[i].attribute == attribute)
            return refuse(SEC_E_UNSUPPORTED_FUNCTION, "attribute 0x%x: %s", attribute,
                          reasons[i].why);
    return refuse(SEC_E_UNSUPPORTED_FUNCTION, "attribute 0x%x cannot be %s", attribute, verb);
}

static SECURITY_STATUS query_locked(const struct query *q, struct ssp_ctx *ctx, void *buffer)
{
    if (q->when != EARLY && ctx->state == TLS_HANDSHAKE)
        return refuse(SEC_E_INVALID_HANDLE, "the context is not established");
    if (q->when == SETTLED && SSL_in_init(ctx->ssl))
        return refuse(SEC_E_INVALID_HANDLE, "%s",
                      ctx->state == TLS_FAILED ? "the connection has failed"
                                               : "another handshake is under way");
    return q->run(ctx, buffer);
}

SECURITY_STATUS tls_query(struct ssp_ctx *ctx, uint32_t attribute, void *buffer, uint32_t size)
{
    for (size_t i = 0; i < COUNT(queries); i++) {
        const struct query *q = &queries[i];

        if (q->attribute != attribute)
            continue;
        if (size > 0 && size < q->size)
            return refuse(SEC_E_BUFFER_TOO_SMALL, "attribute 0x%x takes %u octets, not %u",
                          attribute, q->size, size);
        pthread_mutex_lock(&ctx->lock);
        SECURITY_STATUS status = query_locked(q, ctx, buffer);
        pthread_mutex_unlock(&ctx->lock);
        return status;
    }
    return unsupported(attribute, "asked for");
}

static const struct {
    uint32_t attribute;
    uint32_t size;
    SECURITY_STATUS (*run)(struct ssp_ctx *ctx, const void *buffer);
} sets[] = {
    { SECPKG_ATTR_DTLS_MTU, sizeof(SEC_DTLS_MTU), set_mtu },
    { SECPKG_ATTR_KEYING_MATERIAL_INFO, sizeof(SecPkgContext_KeyingMaterialInfo),
      tls_set_material },
};

SECURITY_STATUS tls_set(struct ssp_ctx *ctx, uint32_t attribute, const void *buffer, uint32_t size)
{
    for (size_t i = 0; i < COUNT(sets); i++) {
        if (sets[i].attribute != attribute)
            continue;
        if (size < sets[i].size)
            return refuse(SEC_E_INVALID_PARAMETER, "attribute 0x%x is %u octets, not %u", attribute,
                          sets[i].size, size);
        pthread_mutex_lock(&ctx->lock);
        SECURITY_STATUS status = sets[i].run(ctx, buffer);
        pthread_mutex_unlock(&ctx->lock);
        return status;
    }
    return unsupported(attribute, "set");
}
