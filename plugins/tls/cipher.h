/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cipher.h: cipher suites, groups and versions in the names and numbers of the interface.
 *
 * Names are CNG's where it has one, as Windows tells them; all of them are static.
 */
#ifndef TLS_CIPHER_H
#define TLS_CIPHER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "sspi/schannel.h"

/* The signatures' numbers of wincrypt.h, which schannel.h does without. */
#define TLS_CALG_ECDSA 0x00002203u
#define TLS_CALG_RSA_SIGN 0x00002400u

struct tls_suite {
    uint16_t number;  /* IANA's */
    const char *name; /* IANA's: "TLS_AES_128_GCM_SHA256" */
    const char *cipher;
    ALG_ID cipher_id; /* 0: has none */
    uint32_t cipher_bits;
    uint8_t block; /* octets; 1: a stream */
    uint8_t nonce; /* octets of it that TLS 1.2 puts before the data, if aead */
    uint8_t tag;   /* octets that authenticate a record, padding apart */
    bool aead;     /* the cipher authenticates by itself */
    /* Of the MAC; if aead, of the derivation of keys, and the bits are 0. */
    const char *hash;
    ALG_ID hash_id;
    uint32_t hash_bits;
};

/* false: no suite, or one of a cipher that is not known here. */
bool tls_suite_read(const SSL_CIPHER *cipher, struct tls_suite *out);

/* How the keys were agreed on; all 0 and "" where nothing was, as with a pre-shared key alone. */
struct tls_exchange {
    const char *name; /* "RSA", "DH", "ECDH" */
    ALG_ID id;
    uint32_t bits;  /* 0: libssl does not say */
    uint16_t group; /* IANA's number of a named group; 0: none */
};

/* server_key: of the server's certificate, or NULL. */
void tls_exchange_read(SSL *ssl, EVP_PKEY *server_key, struct tls_exchange *out);

/* What a server proves itself with: "RSA", "ECDSA"; "" and 0: none of these. */
struct tls_proof {
    const char *name;
    ALG_ID id;
};

struct tls_proof tls_proof_of(const SSL_CIPHER *cipher, EVP_PKEY *server_key);

struct tls_version {
    int number;        /* as on the wire */
    uint32_t protocol; /* SP_PROT_* of both roles */
    uint8_t major, minor;
};

/* NULL: none is agreed on. */
const struct tls_version *tls_version_of(const SSL *ssl);

/* The algorithms that a suite needs (ALG_ID); 0 ends the list. */
#define TLS_SUITE_ALGORITHMS 5
void tls_suite_algorithms(const SSL_CIPHER *cipher, ALG_ID out[TLS_SUITE_ALGORITHMS]);

#endif
