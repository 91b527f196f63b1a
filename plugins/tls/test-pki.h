/* SPDX-License-Identifier: Apache-2.0 */
/* test-pki.h: certificates for tests, made when they run, and a folder for files of them. */
#ifndef TLS_TEST_PKI_H
#define TLS_TEST_PKI_H

#include <openssl/x509.h>
#include <stddef.h>

#include "sspi/wire.h"

/* A root, what it certifies, and what that certifies: localhost, with two kinds of key. */
struct test_pki {
    EVP_PKEY *root_key, *middle_key, *leaf_key, *rsa_key;
    X509 *root, *middle, *leaf, *rsa_leaf;
    char folder[64]; /* for files; what is in it goes with it */
};

extern struct test_pki test_pki;

/* For cmocka's group; 0 is success. */
int test_pki_open(void **state);
int test_pki_close(void **state);

EVP_PKEY *test_key(const char *kind); /* "EC", "RSA", "ED25519" */
/* A certificate for DNS name, of a CA if ca; issuer NULL: its own. */
X509 *test_certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int ca);

/* The path of a file in the folder; lives until it is called some thirty times more. */
const char *test_path(const char *name);
/* Such a file, with the mode, anew; gives its path. */
const char *test_write(const char *name, struct span bytes, unsigned mode);

/* What a file is to hold: 'L' leaf, 'M' middle, 'R' root, 'K' the leaf's key, 'r' the RSA leaf,
 * 'k' its key, 'E' the leaf's key encrypted with "secret", '#' some text.  PEM. */
const char *test_write_pem(const char *name, const char *what);
/* PKCS#12 of leaf, key and chain. */
const char *test_write_pkcs12(const char *name, const char *password);

#endif
