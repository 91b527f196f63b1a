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
    const char *name;  /* CN */
    const char *san;   /* subjectAltName in OpenSSL's words; NULL: DNS:localhost,IP:127.0.0.1 */
    const char *usage; /* extendedKeyUsage; NULL: serverAuth; "": none */
    bool no_san;
    bool ca; /* basicConstraints CA:TRUE */
    enum cert_key key;
    long from, until; /* seconds from now; both 0: since a day, for a year */
    bool md5;         /* signed with MD5 */
    long serial;      /* 0: another one each time */
    size_t name_len;  /* octets of name, NULs among them; 0: as long as its text */
    const char *dns;  /* instead of san: one dNSName of dns_len octets, whatever they are */
    size_t dns_len;
    const char *constraints; /* basicConstraints in OpenSSL's words; NULL: as ca says */
    const char *key_usage;   /* NULL: as ca says; "": none */
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
struct crl_plan {
    const struct cert *ca;      /* in whose name it is */
    const struct cert *signer;  /* NULL: the CA */
    const struct cert *revoked; /* NULL: nothing */
    long from, until;           /* seconds from now; both 0: since a day, for a month */
};
char *crl_write_as(const char *name, const struct crl_plan *plan);
/* Several PEM files in one; -> its path, malloc'ed. */
char *pem_join(const char *name, const char *const *paths, size_t n);

/* An OCSP answer in DER, of one who may sign for the issuer, or may not; -> its path, malloc'ed. */
struct ocsp_plan {
    const struct cert *about, *issuer, *signer;
    int status;       /* V_OCSP_CERTSTATUS_* */
    int answer;       /* OCSP_RESPONSE_STATUS_*; but for 0 (successful) it says nothing more */
    long from, until; /* seconds from now; both 0: since an hour, for a day */
};
char *ocsp_write(const char *name, const struct ocsp_plan *plan);
/* Any octets in a file; -> its path, malloc'ed. */
char *octets_write(const char *name, const void *octets, size_t n);

#endif
