/* SPDX-License-Identifier: Apache-2.0 */
/* cipher.c: cipher suites, groups and versions in the names and numbers of the interface. */
#include "config.h"

#include "plugins/tls/cipher.h"

#include <string.h>

#include "plugins/tls/host.h"
#include "plugins/tls/record.h"
#include "plugins/tls/tls.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

#define DATAGRAM_HEAD (TLS_RECORD_HEAD + 8u) /* RFC 6347 4.1: epoch and sequence number */
#define DATA_MAX 16384u                      /* RFC 8446 5.1 */

/* --- ciphers and hashes ---------------------------------------------------------------------- */

static const struct cipher {
    int nid;
    ALG_ID id;
    const char *name;
    uint8_t block, nonce, tag;
} ciphers[] = {
    { NID_aes_128_gcm, CALG_AES_128, "AES", 16, 8, 16 },
    { NID_aes_256_gcm, CALG_AES_256, "AES", 16, 8, 16 },
    { NID_aes_128_ccm, CALG_AES_128, "AES", 16, 8, 16 },
    { NID_aes_256_ccm, CALG_AES_256, "AES", 16, 8, 16 },
    { NID_chacha20_poly1305, 0, "CHACHA20_POLY1305", 1, 0, 16 },
    { NID_aes_128_cbc, CALG_AES_128, "AES", 16, 0, 0 },
    { NID_aes_256_cbc, CALG_AES_256, "AES", 16, 0, 0 },
    { NID_des_ede3_cbc, CALG_3DES, "3DES", 8, 0, 0 },
    { NID_rc4, CALG_RC4, "RC4", 1, 0, 0 },
    { NID_aria_128_gcm, 0, "ARIA", 16, 8, 16 },
    { NID_aria_256_gcm, 0, "ARIA", 16, 8, 16 },
    { NID_camellia_128_cbc, 0, "CAMELLIA", 16, 0, 0 },
    { NID_camellia_256_cbc, 0, "CAMELLIA", 16, 0, 0 },
    { NID_seed_cbc, 0, "SEED", 16, 0, 0 },
    { NID_undef, 0, "NULL", 1, 0, 0 },
};

static const struct hash {
    int nid;
    ALG_ID id;
    const char *name;
    uint32_t bits;
} hashes[] = {
    { NID_md5, CALG_MD5, "MD5", 128 },           { NID_sha1, CALG_SHA1, "SHA1", 160 },
    { NID_sha256, CALG_SHA_256, "SHA256", 256 }, { NID_sha384, CALG_SHA_384, "SHA384", 384 },
    { NID_sha512, CALG_SHA_512, "SHA512", 512 },
};

static const struct cipher *find_cipher(int nid)
{
    for (size_t i = 0; i < COUNT(ciphers); i++)
        if (ciphers[i].nid == nid)
            return &ciphers[i];
    return NULL;
}

static const struct hash *find_hash(int nid)
{
    for (size_t i = 0; i < COUNT(hashes); i++)
        if (hashes[i].nid == nid)
            return &hashes[i];
    return NULL;
}

/* RFC 6655 3: the only ones whose tag is short; libssl gives them the NID of the long ones. */
static bool has_short_tag(const char *name)
{
    return strstr(name, "_CCM_8") != NULL;
}

/* All of a suite but the hash that derives its keys, for which libssl looks long. */
static bool read_cipher(const SSL_CIPHER *cipher, struct tls_suite *out)
{
    const struct cipher *c = cipher ? find_cipher(SSL_CIPHER_get_cipher_nid(cipher)) : NULL;
    const char *name = cipher ? SSL_CIPHER_standard_name(cipher) : NULL;
    int bits = 0;

    if (!c || !name)
        return false;
    (void)SSL_CIPHER_get_bits(cipher, &bits);
    *out = (struct tls_suite){ .number = SSL_CIPHER_get_protocol_id(cipher),
                               .name = name,
                               .cipher = c->name,
                               .cipher_id = c->id,
                               .cipher_bits = (uint32_t)bits,
                               .block = c->block,
                               .nonce = c->nonce,
                               .tag = has_short_tag(name) ? 8 : c->tag,
                               .aead = SSL_CIPHER_is_aead(cipher) };
    return true;
}

static bool read_hash(int nid, struct tls_suite *out)
{
    const struct hash *h = find_hash(nid);

    if (!h)
        return false;
    out->hash = h->name;
    out->hash_id = h->id;
    if (out->aead)
        return true;
    out->hash_bits = h->bits;
    out->tag = (uint8_t)(h->bits / 8);
    return true;
}

/* What the length of records depends on. */
static bool read_shape(const SSL_CIPHER *cipher, struct tls_suite *out)
{
    return read_cipher(cipher, out) &&
           (out->aead || read_hash(SSL_CIPHER_get_digest_nid(cipher), out));
}

bool tls_suite_read(const SSL_CIPHER *cipher, struct tls_suite *out)
{
    const EVP_MD *md;

    if (!read_shape(cipher, out))
        return false;
    if (!out->aead)
        return true;
    md = SSL_CIPHER_get_handshake_digest(cipher);
    return md && read_hash(EVP_MD_get_type(md), out);
}

/* --- the agreement on keys ------------------------------------------------------------------- */

static const struct group {
    int nid;
    uint16_t number;
    uint16_t bits;
    bool curve;
} groups[] = {
    { NID_X9_62_prime256v1, 23, 256, true },
    { NID_secp384r1, 24, 384, true },
    { NID_secp521r1, 25, 521, true },
    { NID_X25519, 29, 255, true },
    { NID_X448, 30, 448, true },
    { NID_secp256k1, 22, 256, true },
    { NID_brainpoolP256r1, 26, 256, true },
    { NID_brainpoolP384r1, 27, 384, true },
    { NID_brainpoolP512r1, 28, 512, true },
    { NID_ffdhe2048, 256, 2048, false },
    { NID_ffdhe3072, 257, 3072, false },
    { NID_ffdhe4096, 258, 4096, false },
    { NID_ffdhe6144, 259, 6144, false },
    { NID_ffdhe8192, 260, 8192, false },
};

enum agreement { NOTHING, RSA_KEY, FIELD, CURVE };

static const struct tls_exchange agreements[] = {
    [NOTHING] = { .name = "" },
    [RSA_KEY] = { .name = "RSA", .id = CALG_RSA_KEYX },
    [FIELD] = { .name = "DH", .id = CALG_DH_EPHEM },
    [CURVE] = { .name = "ECDH", .id = CALG_ECDH_EPHEM },
};

static const struct {
    int nid;
    enum agreement agreement;
} exchanges[] = {
    { NID_kx_rsa, RSA_KEY },     { NID_kx_dhe, FIELD },     { NID_kx_ecdhe, CURVE },
    { NID_kx_rsa_psk, RSA_KEY }, { NID_kx_dhe_psk, FIELD }, { NID_kx_ecdhe_psk, CURVE },
};

static enum agreement agreement_of(const SSL_CIPHER *cipher)
{
    int nid = cipher ? SSL_CIPHER_get_kx_nid(cipher) : NID_undef;

    for (size_t i = 0; i < COUNT(exchanges); i++)
        if (exchanges[i].nid == nid)
            return exchanges[i].agreement;
    return NOTHING;
}

static const struct group *group_of(SSL *ssl)
{
    int nid = (int)SSL_get_negotiated_group(ssl);

    for (size_t i = 0; nid != NID_undef && i < COUNT(groups); i++)
        if (groups[i].nid == nid)
            return &groups[i];
    return NULL;
}

/* TLS 1.2 without a named group: a client has the server's key still, a server not even its own. */
static uint32_t temporary_bits(SSL *ssl)
{
    EVP_PKEY *key = NULL;
    int bits = 0;

    if (SSL_get_peer_tmp_key(ssl, &key) == 1)
        bits = EVP_PKEY_get_bits(key);
    EVP_PKEY_free(key);
    return bits > 0 ? (uint32_t)bits : 0;
}

void tls_exchange_read(SSL *ssl, EVP_PKEY *server_key, struct tls_exchange *out)
{
    enum agreement agreement = agreement_of(SSL_get_current_cipher(ssl));
    const struct group *group = group_of(ssl);

    /* A suite of TLS 1.3 says nothing of it. */
    if (agreement == NOTHING && group && SSL_version(ssl) == TLS1_3_VERSION)
        agreement = group->curve ? CURVE : FIELD;
    *out = agreements[agreement];
    if (agreement == RSA_KEY && server_key)
        out->bits = (uint32_t)EVP_PKEY_get_bits(server_key);
    if (agreement != FIELD && agreement != CURVE)
        return;
    out->group = group ? group->number : 0;
    out->bits = group ? group->bits : temporary_bits(ssl);
}

/* --- what a server proves itself with -------------------------------------------------------- */

static const struct tls_proof by_rsa = { "RSA", TLS_CALG_RSA_SIGN };
static const struct tls_proof by_ecdsa = { "ECDSA", TLS_CALG_ECDSA };
static const struct tls_proof by_nothing = { "", 0 };

struct tls_proof tls_proof_of(const SSL_CIPHER *cipher, EVP_PKEY *server_key)
{
    int kind = server_key ? EVP_PKEY_get_base_id(server_key) : EVP_PKEY_NONE;

    switch (cipher ? SSL_CIPHER_get_auth_nid(cipher) : NID_undef) {
    case NID_auth_rsa:
        return by_rsa;
    case NID_auth_ecdsa:
        return by_ecdsa;
    case NID_auth_any: /* TLS 1.3 */
        break;
    default:
        return by_nothing;
    }
    if (kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS)
        return by_rsa;
    return kind == EVP_PKEY_EC ? by_ecdsa : by_nothing;
}

void tls_suite_algorithms(const SSL_CIPHER *cipher, ALG_ID out[TLS_SUITE_ALGORITHMS])
{
    struct tls_suite suite;
    const ALG_ID exchange = agreements[agreement_of(cipher)].id;
    size_t n = 0;

    memset(out, 0, TLS_SUITE_ALGORITHMS * sizeof *out);
    if (!tls_suite_read(cipher, &suite))
        return;
    const ALG_ID all[] = { suite.cipher_id, suite.hash_id, exchange,
                           tls_proof_of(cipher, NULL).id };
    for (size_t i = 0; i < COUNT(all); i++)
        if (all[i])
            out[n++] = all[i];
}

/* --- versions -------------------------------------------------------------------------------- */

static const struct tls_version versions[] = {
    { TLS1_3_VERSION, SP_PROT_TLS1_3, 1, 3 },   { TLS1_2_VERSION, SP_PROT_TLS1_2, 1, 2 },
    { TLS1_1_VERSION, SP_PROT_TLS1_1, 1, 1 },   { TLS1_VERSION, SP_PROT_TLS1_0, 1, 0 },
    { DTLS1_2_VERSION, SP_PROT_DTLS1_2, 1, 2 }, { DTLS1_VERSION, SP_PROT_DTLS1_0, 1, 0 },
};

const struct tls_version *tls_version_of(const SSL *ssl)
{
    int number = SSL_version(ssl);

    for (size_t i = 0; i < COUNT(versions); i++)
        if (versions[i].number == number)
            return &versions[i];
    return NULL;
}

/* --- the length of records ------------------------------------------------------------------- */

/* RFC 6066 4; libssl cuts longer data into records of this length. */
static uint32_t agreed_maximum(const SSL *ssl)
{
    const SSL_SESSION *session = SSL_get0_session(ssl);
    unsigned code = session ? SSL_SESSION_get_max_fragment_length(session) : 0;

    return code >= 1 && code <= 4 ? 256u << code : DATA_MAX;
}

static uint32_t maximum_of(const struct ssp_ctx *ctx)
{
    uint32_t most = agreed_maximum(ctx->ssl);
    size_t fits = ctx->datagram ? DTLS_get_data_mtu(ctx->ssl) : most;

    return fits < most ? (uint32_t)fits : most;
}

/* The initialization vector of a block cipher, which TLS 1.0 takes from the record before. */
static uint8_t vector_of(const SSL *ssl, const struct tls_suite *suite)
{
    return SSL_version(ssl) == TLS1_VERSION ? 0 : suite->block;
}

/*
 * Padding comes to a block at most: libssl does not pad further.  Whether the MAC is made before
 * or after encryption (RFC 7366) changes only which lengths of data come to the most.
 */
void tls_measure(struct ssp_ctx *ctx)
{
    struct tls_suite suite;
    unsigned head = ctx->datagram ? DATAGRAM_HEAD : TLS_RECORD_HEAD;
    unsigned before = 0, after;

    if (!read_shape(SSL_get_current_cipher(ctx->ssl), &suite)) {
        note("the records of the connection's cipher suite are not known here");
        return;
    }
    after = suite.tag;
    if (SSL_version(ctx->ssl) == TLS1_3_VERSION)
        after += 1; /* RFC 8446 5.2: the type of what is in the record */
    else if (suite.aead)
        before = suite.nonce;
    else if (suite.block > 1) {
        before = vector_of(ctx->ssl, &suite);
        after += suite.block;
    }
    ctx->header = (uint8_t)(head + before);
    ctx->trailer = (uint8_t)after;
    ctx->block = suite.block;
    ctx->maximum = maximum_of(ctx);
}
