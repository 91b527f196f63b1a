/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.h: what the two halves of the TLS benchmark share: ours through EncryptMessage and its kin
 * (tls.c), and libssl called directly (tls-peer.c).  Both are in one process, for they share the
 * engine: nothing but the way to it differs.
 */
#ifndef SSP_TESTS_BENCH_TLS_H
#define SSP_TESTS_BENCH_TLS_H

#include "bench.h"

#include "tests/tls/certs.h"

/* A case's arg: a sum of these. */
enum {
    PLAN_CIPHER = 7, /* mask: an index of tls_ciphers, or 0: as both sides prefer */
    PLAN_TLS12 = 8,  /* and no other version; else 1.3 */
    PLAN_RSA = 16,   /* the server's key; else P-256 */
    PLAN_RESUMED = 32,
    PLAN_TALK = 64, /* memory: after 16 KiB each way */
    /* What moves libssl's records. */
    PLAN_PIPE = 0,    /* BIO_read into a buffer, BIO_write into the peer's memory BIO */
    PLAN_SHARED = 128 /* one memory BIO, written by one side and read by the other */
};

struct tls_cipher {
    const char *suite, *cipher; /* of TLS 1.3; of TLS 1.2 */
    const char *evp;
    size_t iv;
};
extern const struct tls_cipher tls_ciphers[4]; /* the first has no names */

#define TLS_HOST "localhost"
#define TLS_DATA_MAX 16384 /* octets in a record */

/* Certificates, made once, for both halves and all threads. */
struct tls_paper {
    struct cert cert;
    char *file; /* with the key, but for the CA's */
};
const struct tls_paper *tls_ca(void);
const struct tls_paper *tls_leaf(long plan);

/* libssl called directly. */
void *peer_set_up(const struct bench_case *c, unsigned thread);
void peer_exchange(void *state);
void peer_keep(void *state);
void peer_delete_kept(void *state);
void *peer_set_up_messages(const struct bench_case *c, unsigned thread);
void peer_message(void *state);
/* The AEAD alone, in place: what nothing over it can be faster than. */
void *raw_set_up(const struct bench_case *c, unsigned thread);
void raw_message(void *state);

#endif
