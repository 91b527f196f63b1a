/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sha256.h: SHA-256 (FIPS 180-4), for the pins of modules and for nothing else.
 *
 * Our own, because the first use of libcrypto costs every application most of a millisecond
 * and what a pin needs is one hash of a public file.
 */
#ifndef SSP_CORE_SHA256_H
#define SSP_CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

struct sha256 {
    uint32_t state[8];
    uint64_t total; /* bytes given so far */
    uint8_t block[64];
};

void sha256_begin(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t n);
void sha256_end(struct sha256 *h, uint8_t digest[SHA256_SIZE]);

#endif
