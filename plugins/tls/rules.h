/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h: CRYPTO_SETTINGS, which say of algorithms that they are off. */
#ifndef TLS_RULES_H
#define TLS_RULES_H

#include "plugins/tls/tls.h"

#define TLS_NAME_MAX 32 /* characters; no name of an algorithm that we know is longer */

/* What CNG and we both know; rules.c has the names. */
enum tls_algorithm {
    ALG_UNKNOWN,
    ALG_NEVER, /* known to CNG alone */
    ALG_AES,
    ALG_CHACHA20,
    ALG_TRIPLE_DES,
    ALG_RC4,
    ALG_MD5,
    ALG_SHA1,
    ALG_SHA256,
    ALG_SHA384,
    ALG_SHA512,
    ALG_RSA,
    ALG_DSA,
    ALG_ECDSA,
    ALG_EDDSA,
    ALG_DH,
    ALG_ECDH,
    ALG_X25519,
    ALG_X448,
    ALG_P256,
    ALG_P384,
    ALG_P521,
    ALG_BRAINPOOL256,
    ALG_BRAINPOOL384,
    ALG_BRAINPOOL512,
    ALG_FFDHE2048,
    ALG_FFDHE3072,
    ALG_FFDHE4096,
    ALG_FFDHE6144,
    ALG_FFDHE8192
};

enum tls_mode { MODE_CBC = 1, MODE_GCM = 2, MODE_CCM = 4, MODE_OTHER = 8 };

/* One CRYPTO_SETTINGS.  With bounds, sizes outside of them are off; without, all are. */
struct tls_rule {
    eTlsAlgorithmUsage usage;
    enum tls_algorithm algorithm;
    unsigned modes; /* enum tls_mode; 0: all */
    uint32_t min_bits, max_bits;
};

/* By CNG's name for it, or libssl's for a group, in any case. */
enum tls_algorithm tls_algorithm_named(const char *text, size_t len);

static inline bool tls_rule_has_bounds(const struct tls_rule *rule)
{
    return rule->min_bits != 0 || rule->max_bits != 0;
}

/* bits 0: nobody knows before the handshake, so that a bound leaves nothing. */
bool tls_rule_is_outside(const struct tls_rule *rule, uint32_t bits);
/* Does any rule say so? */
bool tls_rules_off(const struct tls_limits *limits, eTlsAlgorithmUsage usage,
                   enum tls_algorithm algorithm, uint32_t bits);

#endif
