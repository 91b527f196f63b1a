/* SPDX-License-Identifier: Apache-2.0 */
/* md5.c: MD5 from libcrypto's low-level calls, or from small.c; md5.h says why. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "config.h"

#include "plugins/common/md5.h"

void md5_open(struct md5 *m)
{
#if MD5_IS_SMALL
    small_md5_open(&m->run);
#else
    MD5_Init(&m->run);
#endif
}

void md5_add(struct md5 *m, struct span data)
{
    if (data.len == 0)
        return;
#if MD5_IS_SMALL
    small_md_add(&m->run, data);
#else
    MD5_Update(&m->run, data.data, data.len);
#endif
}

void md5_close(struct md5 *m, uint8_t digest[MD5_LEN])
{
#if MD5_IS_SMALL
    small_md_close(&m->run, digest);
#else
    MD5_Final(digest, &m->run);
    explicit_bzero(m, sizeof *m);
#endif
}

#define BLOCK 64u

void md5_keep(struct md5 *m, struct md5_point *point)
{
#if MD5_IS_SMALL
    memcpy(point->state, m->run.state, sizeof point->state);
#else
    *point = (struct md5_point){ { m->run.A, m->run.B, m->run.C, m->run.D } };
#endif
    explicit_bzero(m, sizeof *m);
}

void md5_go_on(struct md5 *m, const struct md5_point *point)
{
    md5_open(m);
#if MD5_IS_SMALL
    memcpy(m->run.state, point->state, sizeof point->state);
    m->run.len = BLOCK;
#else
    m->run.A = point->state[0];
    m->run.B = point->state[1];
    m->run.C = point->state[2];
    m->run.D = point->state[3];
    m->run.Nl = BLOCK * 8; /* bits */
#endif
}
