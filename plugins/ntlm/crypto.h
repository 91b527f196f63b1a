/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto.h: the three algorithms of NTLM besides MD5: MD4, HMAC-MD5 and RC4.
 *
 * All come from libcrypto's low-level calls, for the reasons that plugins/common/md5.h gives for
 * MD5, and one more.  Through EVP, MD4 and RC4 need the legacy provider: a private OSSL_LIB_CTX
 * with it loaded would shield us from openssl.cnf, but not from a distribution that ships no
 * legacy.so, nor from OPENSSL_MODULES.  The low-level calls need neither file nor setting; they
 * are the very code that the legacy provider calls.  They also cost no allocation: an EVP cipher
 * context of RC4 takes some 1,500 bytes in three pieces, RC4_KEY 1,032 in one.  Where libcrypto
 * was built without them, those of plugins/common/small.h serve; test-crypto holds all three
 * (low-level, small, EVP with the legacy provider) against one another.
 */
#ifndef NTLM_CRYPTO_H
#define NTLM_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "plugins/common/md5.h"
#include "sspi/secret.h"
#include "sspi/wire.h"

#if defined(OPENSSL_NO_RC4) || defined(OPENSSL_NO_DEPRECATED_3_0)
#define RC4_IS_SMALL 1
#include "plugins/common/small.h"
#else
#define RC4_IS_SMALL 0
#include <openssl/rc4.h>
#endif

/* MD4 of data as a 16-byte secret. */
void ntlm_md4(struct span data, struct secret *digest);

/* HMAC-MD5 (RFC 2104) under one key: what is left to do for a message is to add it. */
struct hmac_md5 {
    struct md5_point inner, outer; /* each after its padded key */
};

void hmac_md5_key(struct hmac_md5 *h, struct span key);
/* Begin a message: run takes it with md5_add. */
void hmac_md5_open(const struct hmac_md5 *h, struct md5 *run);
void hmac_md5_close(const struct hmac_md5 *h, struct md5 *run, uint8_t mac[MD5_LEN]);
/* All at once, over two parts; b may be empty. */
void hmac_md5(struct span key, struct span a, struct span b, uint8_t mac[MD5_LEN]);

struct ntlm_rc4 {
#if RC4_IS_SMALL
    struct small_rc4 state;
#else
    RC4_KEY state;
#endif
};

void ntlm_rc4_key(struct ntlm_rc4 *r, struct span key);
/* out may be in. */
void ntlm_rc4_run(struct ntlm_rc4 *r, const uint8_t *in, uint8_t *out, size_t n);

#endif
