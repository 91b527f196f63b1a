/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.c: which algorithms a credential leaves on.
 *
 * Strengths, ALG_IDs and CRYPTO_SETTINGS all say what a cipher suite, a group or a signature must
 * not be.  So each is held against them, one by one, and libssl is told the names that are left.
 */
#include "config.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/tls/host.h"
#include "plugins/tls/rules.h"

/* --- cipher suites --------------------------------------------------------------------------- */

/* The classes of ALG_IDs, and those that schannel.h lacks. */
#define CALG_CLASS(id) ((id) >> 13 & 7u)
#define CALG_RSA_SIGN 0x00002400u
#define CALG_DSS_SIGN 0x00002200u
#define CALG_ECDSA 0x00002203u
#define CALG_AES 0x00006611u
#define CALG_DH_SF 0x0000AA01u
enum { SIGNATURE_CLASS = 1, CIPHER_CLASS = 3, HASH_CLASS = 4, EXCHANGE_CLASS = 5 };

/* What a part of a suite is to CNG, and which ALG_IDs stand for it. */
struct part {
    int nid;
    enum tls_algorithm algorithm;
    unsigned mode;
    ALG_ID id, wider;
};

static const struct part parts[] = {
    { NID_aes_128_cbc, ALG_AES, MODE_CBC, CALG_AES_128, CALG_AES },
    { NID_aes_256_cbc, ALG_AES, MODE_CBC, CALG_AES_256, CALG_AES },
    { NID_aes_128_gcm, ALG_AES, MODE_GCM, CALG_AES_128, CALG_AES },
    { NID_aes_256_gcm, ALG_AES, MODE_GCM, CALG_AES_256, CALG_AES },
    { NID_aes_128_ccm, ALG_AES, MODE_CCM, CALG_AES_128, CALG_AES },
    { NID_aes_256_ccm, ALG_AES, MODE_CCM, CALG_AES_256, CALG_AES },
    { NID_chacha20_poly1305, ALG_CHACHA20, MODE_OTHER, 0, 0 },
    { NID_des_ede3_cbc, ALG_TRIPLE_DES, MODE_CBC, CALG_3DES, 0 },
    { NID_rc4, ALG_RC4, MODE_OTHER, CALG_RC4, 0 },
    { NID_md5, ALG_MD5, 0, CALG_MD5, 0 },
    { NID_sha1, ALG_SHA1, 0, CALG_SHA1, 0 },
    { NID_sha256, ALG_SHA256, 0, CALG_SHA_256, 0 },
    { NID_sha384, ALG_SHA384, 0, CALG_SHA_384, 0 },
    { NID_sha512, ALG_SHA512, 0, CALG_SHA_512, 0 },
    { NID_kx_rsa, ALG_RSA, 0, CALG_RSA_KEYX, 0 },
    { NID_kx_rsa_psk, ALG_RSA, 0, CALG_RSA_KEYX, 0 },
    { NID_kx_dhe, ALG_DH, 0, CALG_DH_EPHEM, CALG_DH_SF },
    { NID_kx_dhe_psk, ALG_DH, 0, CALG_DH_EPHEM, CALG_DH_SF },
    { NID_kx_ecdhe, ALG_ECDH, 0, CALG_ECDH_EPHEM, CALG_ECDH },
    { NID_kx_ecdhe_psk, ALG_ECDH, 0, CALG_ECDH_EPHEM, CALG_ECDH },
    { NID_auth_rsa, ALG_RSA, 0, CALG_RSA_SIGN, 0 },
    { NID_auth_dss, ALG_DSA, 0, CALG_DSS_SIGN, 0 },
    { NID_auth_ecdsa, ALG_ECDSA, 0, CALG_ECDSA, 0 },
    /* of certificates */
    { NID_rsaEncryption, ALG_RSA, 0, 0, 0 },
    { NID_rsassaPss, ALG_RSA, 0, 0, 0 },
    { NID_dsa, ALG_DSA, 0, 0, 0 },
    { NID_X9_62_id_ecPublicKey, ALG_ECDSA, 0, 0, 0 },
    { NID_ED25519, ALG_EDDSA, 0, 0, 0 },
    { NID_ED448, ALG_EDDSA, 0, 0, 0 },
};

static struct part part_of(int nid)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].nid == nid)
            return parts[i];
    return (struct part){ .nid = nid };
}

/* A cipher suite, taken apart. */
struct suite {
    const char *name;
    bool newest; /* of TLS 1.3: it says nothing of key exchange and signature */
    uint32_t bits;
    struct part cipher, exchange, signature, digest;
};

/* With a tag of 64 bits nothing is stronger than that: so do CNG and newer libssls count. */
static uint32_t strength_of(const SSL_CIPHER *c)
{
    const char *name = SSL_CIPHER_get_name(c);

    if (strstr(name, "CCM8") || strstr(name, "CCM_8"))
        return 64;
    return (uint32_t)SSL_CIPHER_get_bits(c, NULL);
}

static struct suite take_apart(const SSL_CIPHER *c)
{
    const EVP_MD *md = SSL_CIPHER_get_handshake_digest(c);
    int digest = SSL_CIPHER_is_aead(c) ? (md ? EVP_MD_get_type(md) : NID_undef)
                                       : SSL_CIPHER_get_digest_nid(c);

    return (struct suite){ .name = SSL_CIPHER_get_name(c),
                           .newest = SSL_CIPHER_get_kx_nid(c) == NID_kx_any,
                           .bits = strength_of(c),
                           .cipher = part_of(SSL_CIPHER_get_cipher_nid(c)),
                           .exchange = part_of(SSL_CIPHER_get_kx_nid(c)),
                           .signature = part_of(SSL_CIPHER_get_auth_nid(c)),
                           .digest = part_of(digest) };
}

static bool is_strong_enough(const struct tls_limits *limits, const struct suite *s)
{
    if (s->bits == 0)
        return limits->null_ciphers;
    return !limits->null_only && s->bits >= limits->min_bits &&
           (limits->max_bits == 0 || s->bits <= limits->max_bits);
}

/* Where no algorithm of a class is listed, all of that class will do. */
static bool is_listed(const struct tls_limits *limits, unsigned class, const struct part *part)
{
    bool any = false;

    for (uint32_t i = 0; i < limits->n_algorithms; i++) {
        ALG_ID id = limits->algorithms[i];

        if (CALG_CLASS(id) != class)
            continue;
        if (id == part->id || id == part->wider)
            return true;
        any = true;
    }
    return !any;
}

static bool is_supported(const struct tls_limits *limits, const struct suite *s)
{
    if (s->bits != 0 && !is_listed(limits, CIPHER_CLASS, &s->cipher))
        return false;
    if (!is_listed(limits, HASH_CLASS, &s->digest))
        return false;
    return s->newest || (is_listed(limits, EXCHANGE_CLASS, &s->exchange) &&
                         is_listed(limits, SIGNATURE_CLASS, &s->signature));
}

/* Some programs name the digest of a suite as a cipher, so that counts too. */
static bool hits_cipher(const struct tls_rule *rule, const struct suite *s)
{
    if (rule->algorithm == s->digest.algorithm)
        return true;
    return rule->algorithm == s->cipher.algorithm &&
           (rule->modes == 0 || rule->modes & s->cipher.mode) && tls_rule_is_outside(rule, s->bits);
}

/*
 * How long keys of RSA and DH are that make other keys shows too late: one with a bound is off as a
 * whole.  How long an RSA key is that signs, tls_limits_allow looks at.
 */
static bool hits(const struct tls_rule *rule, const struct suite *s)
{
    switch (rule->usage) {
    case TlsParametersCngAlgUsageKeyExchange:
        return rule->algorithm == s->exchange.algorithm &&
               (rule->algorithm != ALG_ECDH || !tls_rule_has_bounds(rule));
    case TlsParametersCngAlgUsageSignature:
        return rule->algorithm == s->signature.algorithm && !tls_rule_has_bounds(rule);
    case TlsParametersCngAlgUsageCipher:
        return hits_cipher(rule, s);
    case TlsParametersCngAlgUsageDigest:
        return rule->algorithm == s->digest.algorithm;
    default:
        return false;
    }
}

static bool stays(const struct ssp_cred *cred, const struct suite *s)
{
    const struct tls_limits *limits = &cred->limits;

    if (!is_strong_enough(limits, s) || !is_supported(limits, s))
        return false;
    if (cred->flags & SCH_USE_PRESHAREDKEY_ONLY && !s->newest && s->signature.nid != NID_auth_psk)
        return false;
    for (uint32_t i = 0; i < limits->n_rules; i++)
        if (hits(&limits->rules[i], s))
            return false;
    return true;
}

/* --- lists of names -------------------------------------------------------------------------- */

/* A list as libssl takes it, "a:b:c", in memory that grows. */
struct list {
    char *text; /* malloc'ed; NULL: empty */
    size_t len;
    bool failed; /* no memory */
};

static void list_add(struct list *list, const char *name, size_t len)
{
    char *more = list->failed ? NULL : realloc(list->text, list->len + len + 2);

    if (!more) {
        list->failed = true;
        return;
    }
    if (list->len > 0)
        more[list->len++] = ':';
    memcpy(more + list->len, name, len);
    list->len += len;
    more[list->len] = '\0';
    list->text = more;
}

static void list_free(struct list *list)
{
    free(list->text);
}

#define LIST_AUTO __attribute__((cleanup(list_free))) struct list

/* --- telling libssl -------------------------------------------------------------------------- */

/* What no list has unless it is named; with the certificates that a server has anyway. */
static const char null_suites[] = "ECDHE-ECDSA-NULL-SHA:ECDHE-RSA-NULL-SHA:NULL-SHA256:NULL-SHA";

static void add_suites(const struct ssp_cred *cred, SSL_CTX *c, struct list *older,
                       struct list *newest)
{
    STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(c);

    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
        struct suite s = take_apart(sk_SSL_CIPHER_value(all, i));

        if (stays(cred, &s))
            list_add(s.newest ? newest : older, s.name, strlen(s.name));
    }
}

/* What is there already, and the suites without encryption. */
static bool add_null_suites(SSL_CTX *c)
{
    STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(c);
    LIST_AUTO list = { 0 };

    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
        struct suite s = take_apart(sk_SSL_CIPHER_value(all, i));

        if (!s.newest)
            list_add(&list, s.name, strlen(s.name));
    }
    list_add(&list, null_suites, sizeof null_suites - 1);
    SSL_CTX_set_security_level(c, 0); /* any other has no room for them */
    return !list.failed && SSL_CTX_set_cipher_list(c, list.text) == 1;
}

/* TLS 1.3 shares no suite with those before it: without suites a version is none. */
static SECURITY_STATUS drop_versions(SSL_CTX *c, bool has_older, bool has_newest)
{
    bool older = has_older && SSL_CTX_get_min_proto_version(c) != TLS1_3_VERSION;
    int highest = (int)SSL_CTX_get_max_proto_version(c); /* 0: any */

    if (!older && !(has_newest && (highest == 0 || highest == TLS1_3_VERSION)))
        return refuse(SEC_E_ALGORITHM_MISMATCH, "the credential leaves no cipher suite");
    if (!has_newest)
        SSL_CTX_set_options(c, SSL_OP_NO_TLSv1_3);
    if (!has_older)
        SSL_CTX_set_options(c, SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2);
    return SEC_E_OK;
}

static SECURITY_STATUS set_suites(const struct ssp_cred *cred, SSL_CTX *c)
{
    LIST_AUTO older = { 0 };
    LIST_AUTO newest = { 0 };

    if (cred->limits.null_ciphers && !add_null_suites(c))
        return SEC_E_INSUFFICIENT_MEMORY;
    add_suites(cred, c, &older, &newest);
    if (older.failed || newest.failed)
        return SEC_E_INSUFFICIENT_MEMORY;
    SECURITY_STATUS status = drop_versions(c, older.text, newest.text);
    if (status < 0)
        return status;
    if ((newest.text && SSL_CTX_set_ciphersuites(c, newest.text) != 1) ||
        (older.text && SSL_CTX_set_cipher_list(c, older.text) != 1))
        return SEC_E_INSUFFICIENT_MEMORY;
    return SEC_E_OK;
}

/* libssl's own choice, where the settings name no groups. */
static const char usual_groups[] =
    "X25519:P-256:X448:P-521:P-384:ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192";

static const struct {
    enum tls_algorithm group, kind;
    uint32_t bits;
} groups[] = {
    { ALG_X25519, ALG_ECDH, 255 },       { ALG_X448, ALG_ECDH, 448 },
    { ALG_P256, ALG_ECDH, 256 },         { ALG_P384, ALG_ECDH, 384 },
    { ALG_P521, ALG_ECDH, 521 },         { ALG_BRAINPOOL256, ALG_ECDH, 256 },
    { ALG_BRAINPOOL384, ALG_ECDH, 384 }, { ALG_BRAINPOOL512, ALG_ECDH, 512 },
    { ALG_FFDHE2048, ALG_DH, 2048 },     { ALG_FFDHE3072, ALG_DH, 3072 },
    { ALG_FFDHE4096, ALG_DH, 4096 },     { ALG_FFDHE6144, ALG_DH, 6144 },
    { ALG_FFDHE8192, ALG_DH, 8192 },
};

/* One that we do not know is a curve, as far as rules go. */
static bool group_stays(const struct tls_limits *limits, enum tls_algorithm group)
{
    enum tls_algorithm kind = ALG_ECDH;
    uint32_t bits = 0;

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (groups[i].group == group) {
            kind = groups[i].kind;
            bits = groups[i].bits;
        }
    return !tls_rules_off(limits, TlsParametersCngAlgUsageKeyExchange, kind, bits) &&
           !tls_rules_off(limits, TlsParametersCngAlgUsageKeyExchange, group, bits);
}

/* Without a group TLS 1.3 has no key exchange, and TLS 1.2 none with curves. */
static SECURITY_STATUS set_groups(const struct ssp_cred *cred, SSL_CTX *c)
{
    const char *at = tls_host->setting_text(cred->instance->settings, "groups", usual_groups);
    LIST_AUTO left = { 0 };

    for (size_t n; *at; at += n + (at[n] == ':')) {
        char one[TLS_NAME_MAX + 1] = "";

        n = strcspn(at, ":");
        if (n > TLS_NAME_MAX || !group_stays(&cred->limits, tls_algorithm_named(at, n)))
            continue;
        memcpy(one, at, n);
        if (SSL_CTX_set1_groups_list(c, one) == 1) /* this libcrypto has it */
            list_add(&left, one, n);
    }
    ERR_clear_error();
    if (left.failed)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (!left.text)
        return refuse(SEC_E_ALGORITHM_MISMATCH, "the credential leaves no group for key exchange");
    return SSL_CTX_set1_groups_list(c, left.text) == 1 ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

/* In the order of libssl's own list, without what is weak. */
static const struct {
    const char *name;
    enum tls_algorithm kind, curve;
    uint32_t bits;
} signatures[] = {
    { "ecdsa_secp256r1_sha256", ALG_ECDSA, ALG_P256, 256 },
    { "ecdsa_secp384r1_sha384", ALG_ECDSA, ALG_P384, 384 },
    { "ecdsa_secp521r1_sha512", ALG_ECDSA, ALG_P521, 521 },
    { "ed25519", ALG_EDDSA, ALG_UNKNOWN, 256 },
    { "ed448", ALG_EDDSA, ALG_UNKNOWN, 456 },
    { "rsa_pss_pss_sha256", ALG_RSA, ALG_UNKNOWN, 0 },
    { "rsa_pss_pss_sha384", ALG_RSA, ALG_UNKNOWN, 0 },
    { "rsa_pss_pss_sha512", ALG_RSA, ALG_UNKNOWN, 0 },
    { "rsa_pss_rsae_sha256", ALG_RSA, ALG_UNKNOWN, 0 },
    { "rsa_pss_rsae_sha384", ALG_RSA, ALG_UNKNOWN, 0 },
    { "rsa_pss_rsae_sha512", ALG_RSA, ALG_UNKNOWN, 0 },
    { "rsa_pkcs1_sha256", ALG_RSA, ALG_UNKNOWN, 0 },
    { "rsa_pkcs1_sha384", ALG_RSA, ALG_UNKNOWN, 0 },
    { "rsa_pkcs1_sha512", ALG_RSA, ALG_UNKNOWN, 0 },
};

static bool signature_stays(const struct tls_limits *limits, size_t i)
{
    for (uint32_t r = 0; r < limits->n_rules; r++) {
        const struct tls_rule *rule = &limits->rules[r];

        if (rule->usage != TlsParametersCngAlgUsageSignature ||
            (rule->algorithm != signatures[i].kind && rule->algorithm != signatures[i].curve))
            continue;
        if (!tls_rule_has_bounds(rule) ||
            (signatures[i].bits && tls_rule_is_outside(rule, signatures[i].bits)))
            return false;
    }
    return true;
}

static SECURITY_STATUS set_signatures(const struct tls_limits *limits, SSL_CTX *c)
{
    LIST_AUTO left = { 0 };

    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        if (signature_stays(limits, i))
            list_add(&left, signatures[i].name, strlen(signatures[i].name));
    if (left.failed)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (!left.text)
        return refuse(SEC_E_ALGORITHM_MISMATCH, "the credential leaves no signature algorithm");
    return SSL_CTX_set1_sigalgs_list(c, left.text) == 1 ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

static bool has_rule_for(const struct tls_limits *limits, eTlsAlgorithmUsage usage)
{
    for (uint32_t i = 0; i < limits->n_rules; i++)
        if (limits->rules[i].usage == usage)
            return true;
    return false;
}

SECURITY_STATUS tls_limits_apply(const struct ssp_cred *cred, SSL_CTX *c)
{
    const struct tls_limits *limits = &cred->limits;
    SECURITY_STATUS status = SEC_E_OK;

    if (limits->min_bits || limits->max_bits || limits->null_ciphers || limits->n_algorithms ||
        limits->n_rules || cred->flags & SCH_USE_PRESHAREDKEY_ONLY)
        status = set_suites(cred, c);
    if (status >= 0 && has_rule_for(limits, TlsParametersCngAlgUsageKeyExchange))
        status = set_groups(cred, c);
    if (status >= 0 && has_rule_for(limits, TlsParametersCngAlgUsageSignature))
        status = set_signatures(limits, c);
    return status;
}

/* --- certificates ---------------------------------------------------------------------------- */

/* A signature with RSA is as long as the key that made it; others do not tell. */
static uint32_t signature_bits(const X509 *certificate, enum tls_algorithm kind)
{
    const ASN1_BIT_STRING *signature = NULL;

    X509_get0_signature(&signature, NULL, certificate);
    return kind == ALG_RSA && signature ? (uint32_t)signature->length * 8 : UINT32_MAX;
}

bool tls_limits_allow(const struct tls_limits *limits, X509 *certificate, bool leaf)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    int digest = NID_undef, kind = NID_undef;

    if (limits->n_rules == 0)
        return true;
    (void)X509_get_signature_info(certificate, &digest, &kind, NULL, NULL);
    enum tls_algorithm made_with = part_of(kind).algorithm;
    uint32_t bits = signature_bits(certificate, made_with);
    if (tls_rules_off(limits, TlsParametersCngAlgUsageCertSig, made_with, bits) ||
        tls_rules_off(limits, TlsParametersCngAlgUsageCertSig, part_of(digest).algorithm, bits))
        return false;
    if (!leaf || !key)
        return true;
    return !tls_rules_off(limits, TlsParametersCngAlgUsageSignature,
                          part_of(EVP_PKEY_get_base_id(key)).algorithm,
                          (uint32_t)EVP_PKEY_get_bits(key));
}
