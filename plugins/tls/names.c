/* SPDX-License-Identifier: Apache-2.0 */
/* names.c: what the numbers of TLS are called. */
#include "config.h"

#include "plugins/tls/names.h"

#include <stdbool.h>
#include <stddef.h>

struct name {
    uint16_t number;
    const char *name;
};

static const struct name records[] = {
    { 20, "change_cipher_spec" }, { 21, "alert" },     { 22, "handshake" },
    { 23, "application_data" },   { 24, "heartbeat" },
};

static const struct name versions[] = {
    { 0x0002, "SSL 2.0" },  { 0x0300, "SSL 3.0" },  { 0x0301, "TLS 1.0" },
    { 0x0302, "TLS 1.1" },  { 0x0303, "TLS 1.2" },  { 0x0304, "TLS 1.3" },
    { 0xfefc, "DTLS 1.3" }, { 0xfefd, "DTLS 1.2" }, { 0xfeff, "DTLS 1.0" },
};

static const struct name messages[] = {
    { 0, "HelloRequest" },           { 1, "ClientHello" },       { 2, "ServerHello" },
    { 3, "HelloVerifyRequest" },     { 4, "NewSessionTicket" },  { 5, "EndOfEarlyData" },
    { 8, "EncryptedExtensions" },    { 11, "Certificate" },      { 12, "ServerKeyExchange" },
    { 13, "CertificateRequest" },    { 14, "ServerHelloDone" },  { 15, "CertificateVerify" },
    { 16, "ClientKeyExchange" },     { 20, "Finished" },         { 21, "CertificateURL" },
    { 22, "CertificateStatus" },     { 23, "SupplementalData" }, { 24, "KeyUpdate" },
    { 25, "CompressedCertificate" }, { 67, "NextProtocol" },
};

/* Those that are met, or that an audit looks for. */
static const struct name suites[] = {
    { 0x0001, "TLS_RSA_WITH_NULL_MD5" },
    { 0x0002, "TLS_RSA_WITH_NULL_SHA" },
    { 0x0004, "TLS_RSA_WITH_RC4_128_MD5" },
    { 0x0005, "TLS_RSA_WITH_RC4_128_SHA" },
    { 0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA" },
    { 0x0013, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA" },
    { 0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA" },
    { 0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA" },
    { 0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA" },
    { 0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA" },
    { 0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA" },
    { 0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA" },
    { 0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA" },
    { 0x003b, "TLS_RSA_WITH_NULL_SHA256" },
    { 0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256" },
    { 0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256" },
    { 0x0040, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256" },
    { 0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256" },
    { 0x006a, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256" },
    { 0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256" },
    { 0x008c, "TLS_PSK_WITH_AES_128_CBC_SHA" },
    { 0x008d, "TLS_PSK_WITH_AES_256_CBC_SHA" },
    { 0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256" },
    { 0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384" },
    { 0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" },
    { 0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384" },
    { 0x00a2, "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256" },
    { 0x00a3, "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384" },
    { 0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256" },
    { 0x00a9, "TLS_PSK_WITH_AES_256_GCM_SHA384" },
    { 0x00aa, "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256" },
    { 0x00ab, "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384" },
    { 0x00ae, "TLS_PSK_WITH_AES_128_CBC_SHA256" },
    { 0x00af, "TLS_PSK_WITH_AES_256_CBC_SHA384" },
    { 0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV" },
    { 0x1301, "TLS_AES_128_GCM_SHA256" },
    { 0x1302, "TLS_AES_256_GCM_SHA384" },
    { 0x1303, "TLS_CHACHA20_POLY1305_SHA256" },
    { 0x1304, "TLS_AES_128_CCM_SHA256" },
    { 0x1305, "TLS_AES_128_CCM_8_SHA256" },
    { 0x5600, "TLS_FALLBACK_SCSV" },
    { 0xc006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA" },
    { 0xc007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA" },
    { 0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA" },
    { 0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" },
    { 0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA" },
    { 0xc010, "TLS_ECDHE_RSA_WITH_NULL_SHA" },
    { 0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA" },
    { 0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA" },
    { 0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" },
    { 0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA" },
    { 0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" },
    { 0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384" },
    { 0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256" },
    { 0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384" },
    { 0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
    { 0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" },
    { 0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
    { 0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
    { 0xc09c, "TLS_RSA_WITH_AES_128_CCM" },
    { 0xc09d, "TLS_RSA_WITH_AES_256_CCM" },
    { 0xc09e, "TLS_DHE_RSA_WITH_AES_128_CCM" },
    { 0xc09f, "TLS_DHE_RSA_WITH_AES_256_CCM" },
    { 0xc0a0, "TLS_RSA_WITH_AES_128_CCM_8" },
    { 0xc0a1, "TLS_RSA_WITH_AES_256_CCM_8" },
    { 0xc0a2, "TLS_DHE_RSA_WITH_AES_128_CCM_8" },
    { 0xc0a3, "TLS_DHE_RSA_WITH_AES_256_CCM_8" },
    { 0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM" },
    { 0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM" },
    { 0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" },
    { 0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8" },
    { 0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
    { 0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
    { 0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
    { 0xccab, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256" },
};

static const struct name compressions[] = {
    { 0, "null" },
    { 1, "DEFLATE" },
    { 64, "LZS" },
};

static const struct name extensions[] = {
    { 0, "server_name" },
    { 1, "max_fragment_length" },
    { 2, "client_certificate_url" },
    { 3, "trusted_ca_keys" },
    { 4, "truncated_hmac" },
    { 5, "status_request" },
    { 6, "user_mapping" },
    { 7, "client_authz" },
    { 8, "server_authz" },
    { 9, "cert_type" },
    { 10, "supported_groups" },
    { 11, "ec_point_formats" },
    { 12, "srp" },
    { 13, "signature_algorithms" },
    { 14, "use_srtp" },
    { 15, "heartbeat" },
    { 16, "application_layer_protocol_negotiation" },
    { 17, "status_request_v2" },
    { 18, "signed_certificate_timestamp" },
    { 19, "client_certificate_type" },
    { 20, "server_certificate_type" },
    { 21, "padding" },
    { 22, "encrypt_then_mac" },
    { 23, "extended_master_secret" },
    { 24, "token_binding" },
    { 25, "cached_info" },
    { 27, "compress_certificate" },
    { 28, "record_size_limit" },
    { 33, "tls_cert_with_extern_psk" },
    { 34, "delegated_credential" },
    { 35, "session_ticket" },
    { 41, "pre_shared_key" },
    { 42, "early_data" },
    { 43, "supported_versions" },
    { 44, "cookie" },
    { 45, "psk_key_exchange_modes" },
    { 47, "certificate_authorities" },
    { 48, "oid_filters" },
    { 49, "post_handshake_auth" },
    { 50, "signature_algorithms_cert" },
    { 51, "key_share" },
    { 52, "transparency_info" },
    { 54, "connection_id" },
    { 55, "external_id_hash" },
    { 56, "external_session_id" },
    { 57, "quic_transport_parameters" },
    { 58, "ticket_request" },
    { 13172, "next_protocol_negotiation" },
    { 17513, "application_settings" },
    { 17613, "application_settings" },
    { 30032, "channel_id" },
    { 65037, "encrypted_client_hello" },
    { 65281, "renegotiation_info" },
};

static const struct name groups[] = {
    { 0x0013, "secp192r1" },
    { 0x0014, "secp224k1" },
    { 0x0015, "secp224r1" },
    { 0x0016, "secp256k1" },
    { 0x0017, "secp256r1" },
    { 0x0018, "secp384r1" },
    { 0x0019, "secp521r1" },
    { 0x001a, "brainpoolP256r1" },
    { 0x001b, "brainpoolP384r1" },
    { 0x001c, "brainpoolP512r1" },
    { 0x001d, "x25519" },
    { 0x001e, "x448" },
    { 0x001f, "brainpoolP256r1tls13" },
    { 0x0020, "brainpoolP384r1tls13" },
    { 0x0021, "brainpoolP512r1tls13" },
    { 0x0100, "ffdhe2048" },
    { 0x0101, "ffdhe3072" },
    { 0x0102, "ffdhe4096" },
    { 0x0103, "ffdhe6144" },
    { 0x0104, "ffdhe8192" },
    { 0x0200, "MLKEM512" },
    { 0x0201, "MLKEM768" },
    { 0x0202, "MLKEM1024" },
    { 0x11eb, "SecP256r1MLKEM768" },
    { 0x11ec, "X25519MLKEM768" },
    { 0x11ed, "SecP384r1MLKEM1024" },
    { 0x6399, "X25519Kyber768Draft00" },
};

static const struct name point_formats[] = {
    { 0, "uncompressed" },
    { 1, "ansiX962_compressed_prime" },
    { 2, "ansiX962_compressed_char2" },
};

static const struct name schemes[] = {
    { 0x0101, "rsa_pkcs1_md5" },
    { 0x0201, "rsa_pkcs1_sha1" },
    { 0x0202, "dsa_sha1" },
    { 0x0203, "ecdsa_sha1" },
    { 0x0301, "rsa_pkcs1_sha224" },
    { 0x0302, "dsa_sha224" },
    { 0x0303, "ecdsa_sha224" },
    { 0x0401, "rsa_pkcs1_sha256" },
    { 0x0402, "dsa_sha256" },
    { 0x0403, "ecdsa_secp256r1_sha256" },
    { 0x0501, "rsa_pkcs1_sha384" },
    { 0x0502, "dsa_sha384" },
    { 0x0503, "ecdsa_secp384r1_sha384" },
    { 0x0601, "rsa_pkcs1_sha512" },
    { 0x0602, "dsa_sha512" },
    { 0x0603, "ecdsa_secp521r1_sha512" },
    { 0x0804, "rsa_pss_rsae_sha256" },
    { 0x0805, "rsa_pss_rsae_sha384" },
    { 0x0806, "rsa_pss_rsae_sha512" },
    { 0x0807, "ed25519" },
    { 0x0808, "ed448" },
    { 0x0809, "rsa_pss_pss_sha256" },
    { 0x080a, "rsa_pss_pss_sha384" },
    { 0x080b, "rsa_pss_pss_sha512" },
    { 0x081a, "ecdsa_brainpoolP256r1tls13_sha256" },
    { 0x081b, "ecdsa_brainpoolP384r1tls13_sha384" },
    { 0x081c, "ecdsa_brainpoolP512r1tls13_sha512" },
    { 0x0904, "mldsa44" },
    { 0x0905, "mldsa65" },
    { 0x0906, "mldsa87" },
};

static const struct name psk_modes[] = {
    { 0, "psk_ke" },
    { 1, "psk_dhe_ke" },
};

static const struct name cert_types[] = {
    { 1, "rsa_sign" },          { 2, "dss_sign" },    { 3, "rsa_fixed_dh" },
    { 4, "dss_fixed_dh" },      { 64, "ecdsa_sign" }, { 65, "rsa_fixed_ecdh" },
    { 66, "ecdsa_fixed_ecdh" },
};

static const struct name alerts[] = {
    { 0, "close_notify" },
    { 10, "unexpected_message" },
    { 20, "bad_record_mac" },
    { 21, "decryption_failed" },
    { 22, "record_overflow" },
    { 30, "decompression_failure" },
    { 40, "handshake_failure" },
    { 41, "no_certificate" },
    { 42, "bad_certificate" },
    { 43, "unsupported_certificate" },
    { 44, "certificate_revoked" },
    { 45, "certificate_expired" },
    { 46, "certificate_unknown" },
    { 47, "illegal_parameter" },
    { 48, "unknown_ca" },
    { 49, "access_denied" },
    { 50, "decode_error" },
    { 51, "decrypt_error" },
    { 60, "export_restriction" },
    { 70, "protocol_version" },
    { 71, "insufficient_security" },
    { 80, "internal_error" },
    { 86, "inappropriate_fallback" },
    { 90, "user_canceled" },
    { 100, "no_renegotiation" },
    { 109, "missing_extension" },
    { 110, "unsupported_extension" },
    { 111, "certificate_unobtainable" },
    { 112, "unrecognized_name" },
    { 113, "bad_certificate_status_response" },
    { 114, "bad_certificate_hash_value" },
    { 115, "unknown_psk_identity" },
    { 116, "certificate_required" },
    { 120, "no_application_protocol" },
    { 121, "ech_required" },
};

#define TABLE(names)                                                                               \
    {                                                                                              \
        names, sizeof(names) / sizeof(names)[0]                                                    \
    }

static const struct {
    const struct name *names;
    size_t n;
} tables[] = {
    [TLS_RECORDS] = TABLE(records),
    [TLS_VERSIONS] = TABLE(versions),
    [TLS_MESSAGES] = TABLE(messages),
    [TLS_SUITES] = TABLE(suites),
    [TLS_COMPRESSIONS] = TABLE(compressions),
    [TLS_EXTENSIONS] = TABLE(extensions),
    [TLS_GROUPS] = TABLE(groups),
    [TLS_POINT_FORMATS] = TABLE(point_formats),
    [TLS_SCHEMES] = TABLE(schemes),
    [TLS_PSK_MODES] = TABLE(psk_modes),
    [TLS_CERT_TYPES] = TABLE(cert_types),
    [TLS_ALERTS] = TABLE(alerts),
};

/* RFC 8701: sent so that who cannot bear the unknown is found early. */
static bool is_grease(enum tls_kind kind, uint16_t number)
{
    switch (kind) {
    case TLS_VERSIONS:
    case TLS_SUITES:
    case TLS_EXTENSIONS:
    case TLS_GROUPS:
    case TLS_SCHEMES:
        return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff);
    case TLS_PSK_MODES:
        return number % 0x1f == 0x0b;
    default:
        return false;
    }
}

const char *tls_name(enum tls_kind kind, uint16_t number)
{
    for (size_t i = 0; i < tables[kind].n; i++)
        if (tables[kind].names[i].number == number)
            return tables[kind].names[i].name;
    return is_grease(kind, number) ? "GREASE" : NULL;
}
