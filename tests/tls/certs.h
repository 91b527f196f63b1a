/* SPDX-License-Identifier: Apache-2.0 */
/* certs.h: certificates for tests, made as they run. */
#ifndef SSP_TESTS_TLS_CERTS_H
#define SSP_TESTS_TLS_CERTS_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

enum cert_key { CERT_EC, CERT_RSA, CERT_ED25519, CERT_RSA_512 };

/* What a certificate says; what is left out is as in a good one of a server for localhost. */
struct cert_plan {
    const char *name;    /* CN */
    const char *san;     /* subjectAltName in OpenSSL's words; NULL: DNS:localhost,IP:127.0.0.1 */
    const char *usage;   /* extendedKeyUsage; NULL: serverAuth; "": none */
    bool no_san;
    bool ca;             /* basicConstraints CA:TRUE */
    enum cert_key key;
    long from, until;    /* seconds from now; both 0: since a day, for a year */
    bool md5;            /* signed with MD5 */
    long serial;         /* 0: another one each time */
};

/* A certificate and its key.  issuer NULL: signed by itself. */
struct cert {
    X509 *x509;
    EVP_PKEY *key;
};
struct cert cert_make(const struct cert_plan *plan, const struct cert *issuer);
void cert_free(struct cert *cert);

/* PEM into a file of the test's configuration (root.h): the certificates, then the key of the
 * first if asked for; -> its path, malloc'ed. */
char *cert_write(const char *name, const struct cert *const *certs, size_t n, bool key);
/* A list by the CA that revokes the certificate, or nothing (NULL); -> its path, malloc'ed. */
char *crl_write(const char *name, const struct cert *ca, const struct cert *revoked);

#endif
