/* SPDX-License-Identifier: Apache-2.0 */
/*
 * md5.h: MD5 that no openssl.cnf can switch off.
 *
 * NTLM, channel bindings and HMAC-MD5 are defined over MD5; it is no choice of ours, and a
 * configuration that makes FIPS the default provider must not break them.  So we call libcrypto's
 * MD5_Init and its kin: deprecated since 3.0, but they are OpenSSL's own code, go through no
 * provider, allocate nothing and cannot fail.  Measured per HMAC of 64 bytes with a new key:
 * 520 ns, against 720 to 3200 ns through EVP.  Where libcrypto was built without them, the
 * plain ones of small.h serve.
 */
#ifndef SSP_COMMON_MD5_H
#define SSP_COMMON_MD5_H

#include <openssl/opensslconf.h>
#include <stdint.h>

#include "sspi/wire.h"

#if defined(OPENSSL_NO_MD5) || defined(OPENSSL_NO_DEPRECATED_3_0)
#define MD5_IS_SMALL 1
#include "plugins/common/small.h"
#else
#define MD5_IS_SMALL 0
#include <openssl/md5.h>
#endif

#define MD5_LEN 16u

struct md5 {
#if MD5_IS_SMALL
    struct small_md run;
#else
    MD5_CTX run;
#endif
};

void md5_open(struct md5 *m);
void md5_add(struct md5 *m, struct span data);
/* The digest; wipes m. */
void md5_close(struct md5 *m, uint8_t digest[MD5_LEN]);

/*
 * Where a digest is after its first block of 64 bytes: all that is to be kept to go on from
 * there again and again, in 16 bytes instead of 92.
 */
struct md5_point {
    uint32_t state[4];
};

/* m has taken 64 bytes, no more and no less; wipes m. */
void md5_keep(struct md5 *m, struct md5_point *point);
void md5_go_on(struct md5 *m, const struct md5_point *point);

#endif
