/* SPDX-License-Identifier: Apache-2.0 */
/*
 * small.h: MD4, MD5 and RC4 of our own, slow and plain, for an OpenSSL that was built without
 * them (OPENSSL_NO_MD4, no-deprecated and the like).  test-small checks them against OpenSSL's
 * wherever it has them; nothing else uses them there.
 */
#ifndef SSP_COMMON_SMALL_H
#define SSP_COMMON_SMALL_H

#include <stddef.h>
#include <stdint.h>

#include "sspi/wire.h"

/* A running MD4 (RFC 1320) or MD5 (RFC 1321): the two differ only in the compression. */
struct small_md {
    uint32_t state[4];
    uint64_t len; /* bytes taken so far */
    uint8_t block[64];
    void (*compress)(uint32_t state[4], const uint8_t block[64]);
};

void small_md4_open(struct small_md *m);
void small_md5_open(struct small_md *m);
void small_md_add(struct small_md *m, struct span data);
/* The digest; wipes m. */
void small_md_close(struct small_md *m, uint8_t digest[16]);

struct small_rc4 {
    uint8_t s[256];
    uint8_t i, j;
};

void small_rc4_key(struct small_rc4 *r, struct span key); /* 1 to 256 bytes */
/* out may be in. */
void small_rc4_run(struct small_rc4 *r, const uint8_t *in, uint8_t *out, size_t n);

#endif
