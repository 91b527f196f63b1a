/* SPDX-License-Identifier: Apache-2.0 */
/* certs.c: certificates for tests. */
#include "config.h"

#include "tests/tls/certs.h"

#include <openssl/ec.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/root.h"

#define DAY 86400L

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "certs.c: %s\n", what);
    abort();
}

static EVP_PKEY *make_key(enum cert_key kind)
{
    switch (kind) {
    case CERT_RSA:
        return EVP_RSA_gen(2048u);
    case CERT_RSA_512:
        return EVP_RSA_gen(512u);
    case CERT_ED25519:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    default:
        return EVP_EC_gen("P-256");
    }
}

static void add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    must(extension && X509_add_ext(x, extension, -1), value);
    X509_EXTENSION_free(extension);
}

/* One that the words of OpenSSL's configuration cannot say. */
static void add_dns(X509 *x, const char *octets, size_t n)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();

    must(names && name && text && ASN1_STRING_set(text, octets, (int)n), "no memory");
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    must(sk_GENERAL_NAME_push(names, name) > 0 &&
             X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1,
         "no name");
    GENERAL_NAMES_free(names);
}

static const char *or_usual(const char *given, const char *usual)
{
    return given ? given : usual;
}

static void add_extensions(X509 *x, X509 *issuer, const struct cert_plan *plan)
{
    const char *usage =
        or_usual(plan->key_usage, plan->ca ? "critical,keyCertSign,cRLSign,digitalSignature"
                                           : "critical,digitalSignature,keyEncipherment");

    add_extension(x, issuer, NID_basic_constraints,
                  or_usual(plan->constraints, plan->ca ? "critical,CA:TRUE" : "CA:FALSE"));
    if (usage[0])
        add_extension(x, issuer, NID_key_usage, usage);
    if (plan->ca)
        return;
    if (!plan->usage || plan->usage[0])
        add_extension(x, issuer, NID_ext_key_usage, or_usual(plan->usage, "serverAuth"));
    if (plan->dns)
        add_dns(x, plan->dns, plan->dns_len);
    else if (!plan->no_san)
        add_extension(x, issuer, NID_subject_alt_name,
                      or_usual(plan->san, "DNS:localhost,IP:127.0.0.1"));
}

static void fill(X509 *x, const struct cert_plan *plan, EVP_PKEY *key, const struct cert *issuer)
{
    static long serial = 100;
    bool usual = plan->from == 0 && plan->until == 0;
    X509_NAME *name = X509_get_subject_name(x);

    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), plan->serial ? plan->serial : ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), usual ? -DAY : plan->from);
    X509_gmtime_adj(X509_getm_notAfter(x), usual ? 365 * DAY : plan->until);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)plan->name,
                                    plan->name_len ? (int)plan->name_len : -1, -1, 0),
         plan->name);
    X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer->x509) : name);
    X509_set_pubkey(x, key);
    add_extensions(x, issuer ? issuer->x509 : x, plan);
}

struct cert cert_make(const struct cert_plan *plan, const struct cert *issuer)
{
    struct cert made = { X509_new(), make_key(plan->key) };
    EVP_PKEY *signer = issuer ? issuer->key : made.key;
    const EVP_MD *md = plan->md5 ? EVP_md5() : EVP_sha256();

    must(made.x509 && made.key, "no memory");
    fill(made.x509, plan, made.key, issuer);
    if (EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519)
        md = NULL;
    must(X509_sign(made.x509, signer, md) > 0, "cannot sign");
    return made;
}

void cert_free(struct cert *cert)
{
    X509_free(cert->x509);
    EVP_PKEY_free(cert->key);
    *cert = (struct cert){ NULL, NULL };
}

static char *contents(BIO *bio)
{
    char *data;
    long n = BIO_get_mem_data(bio, &data);
    char *text = strndup(data, (size_t)n);

    must(text, "no memory");
    BIO_free(bio);
    return text;
}

static char *write_text(const char *name, char *text)
{
    root_write(name, "%s", text);
    free(text);
    return strdup(root_path(name));
}

char *cert_write(const char *name, const struct cert *const *certs, size_t n, bool key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    must(bio, "no memory");
    for (size_t i = 0; i < n; i++)
        must(PEM_write_bio_X509(bio, certs[i]->x509), "cannot write");
    if (key)
        must(PEM_write_bio_PrivateKey(bio, certs[0]->key, NULL, NULL, 0, NULL, NULL),
             "cannot write");
    return write_text(name, contents(bio));
}

/* --- revocation ------------------------------------------------------------------------------ */

static void add_revoked(X509_CRL *crl, const struct cert *revoked, ASN1_TIME *when)
{
    X509_REVOKED *entry = X509_REVOKED_new();

    must(entry && X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->x509)) &&
             X509_REVOKED_set_revocationDate(entry, when) && X509_CRL_add0_revoked(crl, entry),
         "cannot revoke");
}

char *crl_write_as(const char *name, const struct crl_plan *plan)
{
    bool usual = plan->from == 0 && plan->until == 0;
    const struct cert *signer = plan->signer ? plan->signer : plan->ca;
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *from = X509_gmtime_adj(NULL, usual ? -DAY : plan->from);
    ASN1_TIME *until = X509_gmtime_adj(NULL, usual ? 30 * DAY : plan->until);
    BIO *bio = BIO_new(BIO_s_mem());

    must(crl && from && until && bio, "no memory");
    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(plan->ca->x509));
    X509_CRL_set1_lastUpdate(crl, from);
    X509_CRL_set1_nextUpdate(crl, until);
    if (plan->revoked)
        add_revoked(crl, plan->revoked, from);
    must(X509_CRL_sign(crl, signer->key, EVP_sha256()) > 0 && PEM_write_bio_X509_CRL(bio, crl),
         "cannot sign");
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    X509_CRL_free(crl);
    return write_text(name, contents(bio));
}

char *crl_write(const char *name, const struct cert *ca, const struct cert *revoked)
{
    return crl_write_as(name, &(struct crl_plan){ .ca = ca, .revoked = revoked });
}

char *octets_write(const char *name, const void *octets, size_t n)
{
    FILE *f = fopen(root_path(name), "wb");

    must(f && fwrite(octets, 1, n, f) == n && fclose(f) == 0, name);
    return strdup(root_path(name));
}

char *pem_join(const char *name, const char *const *paths, size_t n)
{
    char all[32768];
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        FILE *f = fopen(paths[i], "rb");

        must(f, paths[i]);
        len += fread(all + len, 1, sizeof all - len, f);
        must(fclose(f) == 0 && len < sizeof all, paths[i]);
    }
    return octets_write(name, all, len);
}

static OCSP_BASICRESP *make_answer(const struct ocsp_plan *plan)
{
    bool usual = plan->from == 0 && plan->until == 0;
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(NULL, plan->about->x509, plan->issuer->x509);
    ASN1_TIME *from = X509_gmtime_adj(NULL, usual ? -3600 : plan->from);
    ASN1_TIME *until = X509_gmtime_adj(NULL, usual ? DAY : plan->until);

    must(basic && id && from && until &&
             OCSP_basic_add1_status(basic, id, plan->status, 0, from, from, until) &&
             OCSP_basic_sign(basic, plan->signer->x509, plan->signer->key, EVP_sha256(), NULL, 0) ==
                 1,
         "no answer");
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return basic;
}

char *ocsp_write(const char *name, const struct ocsp_plan *plan)
{
    OCSP_BASICRESP *basic = plan->answer == 0 ? make_answer(plan) : NULL;
    OCSP_RESPONSE *response = OCSP_response_create(plan->answer, basic);
    unsigned char *der = NULL;
    int n = i2d_OCSP_RESPONSE(response, &der);

    must(n > 0, "no answer");
    char *path = octets_write(name, der, (size_t)n);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    return path;
}
