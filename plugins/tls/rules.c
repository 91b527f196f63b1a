/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c: read CRYPTO_SETTINGS, whose names are CNG's. */
#include "config.h"

#include "plugins/tls/rules.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/tls/host.h"

/* --- names ----------------------------------------------------------------------------------- */

struct name {
    const char *text; /* lower case */
    unsigned value;
};

/* CNG's identifiers of algorithms and curves, and what libssl calls groups. */
static const struct name algorithms[] = {
    { "aes", ALG_AES },
    { "chacha20_poly1305", ALG_CHACHA20 },
    { "3des", ALG_TRIPLE_DES },
    { "3des_112", ALG_NEVER },
    { "des", ALG_NEVER },
    { "desx", ALG_NEVER },
    { "rc2", ALG_NEVER },
    { "rc4", ALG_RC4 },
    { "md2", ALG_NEVER },
    { "md4", ALG_NEVER },
    { "md5", ALG_MD5 },
    { "sha1", ALG_SHA1 },
    { "sha256", ALG_SHA256 },
    { "sha384", ALG_SHA384 },
    { "sha512", ALG_SHA512 },
    { "rsa", ALG_RSA },
    { "rsa_sign", ALG_RSA },
    { "dsa", ALG_DSA },
    { "ecdsa", ALG_ECDSA },
    { "dh", ALG_DH },
    { "dhe", ALG_DH },
    { "ecdh", ALG_ECDH },
    { "ecdhe", ALG_ECDH },
    { "curve25519", ALG_X25519 },
    { "x25519", ALG_X25519 },
    { "x448", ALG_X448 },
    { "ecdh_p256", ALG_P256 },
    { "ecdsa_p256", ALG_P256 },
    { "nistp256", ALG_P256 },
    { "secp256r1", ALG_P256 },
    { "prime256v1", ALG_P256 },
    { "p-256", ALG_P256 },
    { "ecdh_p384", ALG_P384 },
    { "ecdsa_p384", ALG_P384 },
    { "nistp384", ALG_P384 },
    { "secp384r1", ALG_P384 },
    { "p-384", ALG_P384 },
    { "ecdh_p521", ALG_P521 },
    { "ecdsa_p521", ALG_P521 },
    { "nistp521", ALG_P521 },
    { "secp521r1", ALG_P521 },
    { "p-521", ALG_P521 },
    { "brainpoolp256r1", ALG_BRAINPOOL256 },
    { "brainpoolp384r1", ALG_BRAINPOOL384 },
    { "brainpoolp512r1", ALG_BRAINPOOL512 },
    { "ffdhe2048", ALG_FFDHE2048 },
    { "ffdhe3072", ALG_FFDHE3072 },
    { "ffdhe4096", ALG_FFDHE4096 },
    { "ffdhe6144", ALG_FFDHE6144 },
    { "ffdhe8192", ALG_FFDHE8192 },
    { NULL, ALG_UNKNOWN },
};

static const struct name modes[] = {
    { "chainingmodecbc", MODE_CBC },
    { "chainingmodegcm", MODE_GCM },
    { "chainingmodeccm", MODE_CCM },
    { "chainingmodecfb", MODE_OTHER },
    { "chainingmodeecb", MODE_OTHER },
    { "chainingmoden/a", MODE_OTHER },
    { NULL, 0 },
};

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Not strcasecmp, to which in Turkish an I is no i. */
static bool is_name(const char *name, const char *text, size_t len)
{
    if (strlen(name) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] != lower(text[i]))
            return false;
    return true;
}

/* The value of a name; 0: there is none. */
static unsigned find_name(const struct name *table, const char *text, size_t len)
{
    for (; table->text; table++)
        if (is_name(table->text, text, len))
            return table->value;
    return 0;
}

enum tls_algorithm tls_algorithm_named(const char *text, size_t len)
{
    return find_name(algorithms, text, len);
}

/* Text of an application as ASCII; "?" stands for what is none, or longer than any name. */
struct plain {
    char text[TLS_NAME_MAX + 1];
};

static struct plain plain_of(const UNICODE_STRING *s)
{
    struct plain p = { .text = "?" };
    size_t n = s->Length / sizeof *s->Buffer;

    if (!s->Buffer || n > TLS_NAME_MAX)
        return p;
    for (size_t i = 0; i < n; i++)
        p.text[i] = (char)(s->Buffer[i] > ' ' && s->Buffer[i] < 0x7f ? s->Buffer[i] : '?');
    p.text[n] = '\0';
    return p;
}

static unsigned find_unicode(const struct name *table, const UNICODE_STRING *s)
{
    struct plain p = plain_of(s);

    return find_name(table, p.text, strlen(p.text));
}

/* --- rules ----------------------------------------------------------------------------------- */

static SECURITY_STATUS read_modes(const CRYPTO_SETTINGS *setting, unsigned *out)
{
    *out = 0;
    if (setting->cChainingModes > SCH_CRED_MAX_SUPPORTED_CHAINING_MODES)
        return refuse(SEC_E_UNKNOWN_CREDENTIALS, "%u chaining modes", setting->cChainingModes);
    if (setting->cChainingModes > 0 && !setting->rgstrChainingModes)
        return refuse(SEC_E_UNKNOWN_CREDENTIALS, "rgstrChainingModes is NULL, with a count of %u",
                      setting->cChainingModes);
    for (uint32_t i = 0; i < setting->cChainingModes; i++) {
        unsigned mode = find_unicode(modes, &setting->rgstrChainingModes[i]);

        if (mode == 0)
            return refuse(SEC_E_UNKNOWN_CREDENTIALS, "no chaining mode that we know: %s",
                          plain_of(&setting->rgstrChainingModes[i]).text);
        *out |= mode;
    }
    return SEC_E_OK;
}

static SECURITY_STATUS add_rule(struct tls_limits *limits, const struct tls_rule *rule)
{
    struct tls_rule *more =
        reallocarray(limits->rules, (size_t)limits->n_rules + 1, sizeof *limits->rules);

    if (!more)
        return SEC_E_INSUFFICIENT_MEMORY;
    limits->rules = more;
    limits->rules[limits->n_rules++] = *rule;
    return SEC_E_OK;
}

/* A name that is not understood is refused: what is to be off must not stay on. */
SECURITY_STATUS tls_limits_disable(struct tls_limits *limits, const CRYPTO_SETTINGS *setting,
                                   bool optional)
{
    struct tls_rule rule = { .usage = setting->eAlgorithmUsage,
                             .algorithm = find_unicode(algorithms, &setting->strCngAlgId),
                             .min_bits = setting->dwMinBitLength,
                             .max_bits = setting->dwMaxBitLength };
    SECURITY_STATUS status = read_modes(setting, &rule.modes);

    if (rule.algorithm == ALG_UNKNOWN && status >= 0)
        status = refuse(SEC_E_UNKNOWN_CREDENTIALS, "no algorithm that we know: %s",
                        plain_of(&setting->strCngAlgId).text);
    if ((unsigned)rule.usage > TlsParametersCngAlgUsageCertSig && status >= 0)
        status =
            refuse(SEC_E_UNKNOWN_CREDENTIALS, "no usage of algorithms: %u", (unsigned)rule.usage);
    if (status < 0)
        return optional ? SEC_E_OK : status;
    return add_rule(limits, &rule);
}

void tls_limits_clear(struct tls_limits *limits)
{
    free(limits->algorithms);
    free(limits->rules);
    *limits = (struct tls_limits){ 0 };
}

bool tls_rule_is_outside(const struct tls_rule *rule, uint32_t bits)
{
    return !tls_rule_has_bounds(rule) || bits == 0 || bits < rule->min_bits ||
           (rule->max_bits != 0 && bits > rule->max_bits);
}

bool tls_rules_off(const struct tls_limits *limits, eTlsAlgorithmUsage usage,
                   enum tls_algorithm algorithm, uint32_t bits)
{
    for (uint32_t i = 0; i < limits->n_rules; i++)
        if (limits->rules[i].usage == usage && limits->rules[i].algorithm == algorithm &&
            tls_rule_is_outside(&limits->rules[i], bits))
            return true;
    return false;
}
