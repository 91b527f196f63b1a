/* SPDX-License-Identifier: Apache-2.0 */
/* crypto.c: MD4, HMAC-MD5 and RC4; crypto.h says where from and why. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "config.h"

#include "plugins/ntlm/crypto.h"

#if defined(OPENSSL_NO_MD4) || defined(OPENSSL_NO_DEPRECATED_3_0)
#define MD4_IS_SMALL 1
#include "plugins/common/small.h"
#else
#define MD4_IS_SMALL 0
#include <openssl/md4.h>
#endif

#define BLOCK 64u /* bytes, of MD5 */

void ntlm_md4(struct span data, struct secret *digest)
{
    secret_wipe(digest);
    digest->len = 16;
#if MD4_IS_SMALL
    struct small_md m;
    small_md4_open(&m);
    small_md_add(&m, data);
    small_md_close(&m, digest->bytes);
#else
    MD4_CTX m;
    MD4_Init(&m);
    if (data.len > 0)
        MD4_Update(&m, data.data, data.len);
    MD4_Final(digest->bytes, &m);
    explicit_bzero(&m, sizeof m);
#endif
}

void hmac_md5_key(struct hmac_md5 *h, struct span key)
{
    uint8_t block[BLOCK] = { 0 };
    struct md5 m;

    if (key.len > sizeof block) {
        md5_open(&m);
        md5_add(&m, key);
        md5_close(&m, block);
    } else if (key.len > 0) {
        memcpy(block, key.data, key.len);
    }
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36;
    md5_open(&m);
    md5_add(&m, span_of(block, sizeof block));
    md5_keep(&m, &h->inner);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36 ^ 0x5c;
    md5_open(&m);
    md5_add(&m, span_of(block, sizeof block));
    md5_keep(&m, &h->outer);
    explicit_bzero(block, sizeof block);
}

void hmac_md5_open(const struct hmac_md5 *h, struct md5 *run)
{
    md5_go_on(run, &h->inner);
}

void hmac_md5_close(const struct hmac_md5 *h, struct md5 *run, uint8_t mac[MD5_LEN])
{
    uint8_t inner[MD5_LEN];

    md5_close(run, inner);
    md5_go_on(run, &h->outer);
    md5_add(run, span_of(inner, sizeof inner));
    md5_close(run, mac);
    explicit_bzero(inner, sizeof inner);
}

void hmac_md5(struct span key, struct span a, struct span b, uint8_t mac[MD5_LEN])
{
    struct hmac_md5 h;
    struct md5 run;

    hmac_md5_key(&h, key);
    hmac_md5_open(&h, &run);
    md5_add(&run, a);
    md5_add(&run, b);
    hmac_md5_close(&h, &run, mac);
    explicit_bzero(&h, sizeof h);
}

void ntlm_rc4_key(struct ntlm_rc4 *r, struct span key)
{
#if RC4_IS_SMALL
    small_rc4_key(&r->state, key);
#else
    RC4_set_key(&r->state, (int)key.len, key.data);
#endif
}

void ntlm_rc4_run(struct ntlm_rc4 *r, const uint8_t *in, uint8_t *out, size_t n)
{
    if (n == 0)
        return;
#if RC4_IS_SMALL
    small_rc4_run(&r->state, in, out, n);
#else
    RC4(&r->state, n, in, out);
#endif
}
