/* SPDX-License-Identifier: Apache-2.0 */
/* test-pki.c: certificates for tests. */
#include "config.h"

#include "plugins/tls/test-pki.h"

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct test_pki test_pki;

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "the test's certificates: %s failed\n", what);
    abort();
}

EVP_PKEY *test_key(const char *kind)
{
    EVP_PKEY *key = strcmp(kind, "RSA") == 0  ? EVP_PKEY_Q_keygen(NULL, NULL, kind, (size_t)2048)
                    : strcmp(kind, "EC") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, kind, "P-256")
                                              : EVP_PKEY_Q_keygen(NULL, NULL, kind);

    need(key != NULL, kind);
    return key;
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx = { 0 };

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    need(extension && X509_add_ext(cert, extension, -1), value);
    X509_EXTENSION_free(extension);
}

X509 *test_certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int ca)
{
    static long serial = 1;
    X509 *cert = X509_new();
    char alternative[128];

    need(cert && X509_set_version(cert, X509_VERSION_3), "X509_new");
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 24L * 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert));
    X509_set_pubkey(cert, key);
    add_extension(cert, issuer ? issuer : cert, NID_basic_constraints,
                  ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (!ca) {
        (void)snprintf(alternative, sizeof alternative, "DNS:%s", name);
        add_extension(cert, issuer ? issuer : cert, NID_subject_alt_name, alternative);
    }
    need(X509_sign(cert, issuer_key, EVP_sha256()) > 0, "X509_sign");
    return cert;
}

int test_pki_open(void **state)
{
    struct test_pki *p = &test_pki;

    (void)state;
    p->root_key = test_key("EC");
    p->middle_key = test_key("EC");
    p->leaf_key = test_key("EC");
    p->rsa_key = test_key("RSA");
    p->root = test_certificate("Root", p->root_key, NULL, p->root_key, 1);
    p->middle = test_certificate("Middle", p->middle_key, p->root, p->root_key, 1);
    p->leaf = test_certificate("localhost", p->leaf_key, p->middle, p->middle_key, 0);
    p->rsa_leaf = test_certificate("localhost", p->rsa_key, p->middle, p->middle_key, 0);
    (void)snprintf(p->folder, sizeof p->folder, "/tmp/sspi-tls-XXXXXX");
    return mkdtemp(p->folder) ? 0 : -1;
}

int test_pki_close(void **state)
{
    struct test_pki *p = &test_pki;
    DIR *folder = opendir(p->folder);
    struct dirent *entry;

    (void)state;
    while (folder && (entry = readdir(folder)) != NULL)
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        (void)closedir(folder);
    (void)rmdir(p->folder);
    X509_free(p->root);
    X509_free(p->middle);
    X509_free(p->leaf);
    X509_free(p->rsa_leaf);
    EVP_PKEY_free(p->root_key);
    EVP_PKEY_free(p->middle_key);
    EVP_PKEY_free(p->leaf_key);
    EVP_PKEY_free(p->rsa_key);
    return 0;
}

const char *test_path(const char *name)
{
    static char paths[32][160];
    static unsigned next;
    char *path = paths[next++ % 32];

    (void)snprintf(path, sizeof *paths, "%s/%s", test_pki.folder, name);
    return path;
}

/* Written whole, beside it, and moved: the file is another one. */
const char *test_write(const char *name, struct span bytes, unsigned mode)
{
    const char *path = test_path(name), *fresh = test_path("fresh");
    FILE *f = fopen(fresh, "wb");

    need(f && fwrite(bytes.data, 1, bytes.len, f) == bytes.len && fclose(f) == 0 &&
             chmod(fresh, mode) == 0 && rename(fresh, path) == 0,
         path);
    return path;
}

static int put(BIO *out, char what)
{
    const struct test_pki *p = &test_pki;
    char secret[] = "secret";

    switch (what) {
    case 'L':
        return PEM_write_bio_X509(out, p->leaf);
    case 'M':
        return PEM_write_bio_X509(out, p->middle);
    case 'R':
        return PEM_write_bio_X509(out, p->root);
    case 'r':
        return PEM_write_bio_X509(out, p->rsa_leaf);
    case 'K':
        return PEM_write_bio_PKCS8PrivateKey(out, p->leaf_key, NULL, NULL, 0, NULL, NULL);
    case 'k':
        return PEM_write_bio_PKCS8PrivateKey(out, p->rsa_key, NULL, NULL, 0, NULL, NULL);
    case 'E':
        return PEM_write_bio_PKCS8PrivateKey(out, p->leaf_key, EVP_aes_256_cbc(), secret,
                                             sizeof secret - 1, NULL, NULL);
    default:
        return BIO_puts(out, "Some words that are no PEM at all\n") > 0;
    }
}

const char *test_write_pem(const char *name, const char *what)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;

    for (; *what; what++)
        need(put(out, *what) == 1, "PEM");
    long len = BIO_get_mem_data(out, &text);
    const char *path = test_write(name, span_of(text, (size_t)len), 0600);
    BIO_free(out);
    return path;
}

const char *test_write_pkcs12(const char *name, const char *password)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    uint8_t *der = NULL;

    /* The wrong way round, as some programs write it. */
    need(sk_X509_push(chain, test_pki.root) && sk_X509_push(chain, test_pki.middle), "chain");
    PKCS12 *p12 = PKCS12_create(password, "localhost", test_pki.leaf_key, test_pki.leaf, chain, 0,
                                0, 0, 0, 0);
    int len = p12 ? i2d_PKCS12(p12, &der) : 0;
    need(len > 0, "PKCS#12");
    const char *path = test_write(name, span_of(der, (size_t)len), 0600);
    OPENSSL_free(der);
    PKCS12_free(p12);
    sk_X509_free(chain);
    return path;
}
