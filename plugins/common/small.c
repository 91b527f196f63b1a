/* SPDX-License-Identifier: Apache-2.0 */
/* small.c: MD4, MD5 and RC4 in plain C, for where OpenSSL has none. */
#include "config.h"

#include "plugins/common/small.h"

static uint32_t rotate(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | (~x & z);
}

static void words_of(const uint8_t block[64], uint32_t x[16])
{
    struct wire_in in = wire_in(span_of(block, 64));

    for (unsigned i = 0; i < 16; i++)
        x[i] = wire_u32le(&in);
}

/* RFC 1320 3.4: three rounds of sixteen steps. */
static void md4_compress(uint32_t state[4], const uint8_t block[64])
{
    static const uint8_t turn[3][4] = { { 3, 7, 11, 19 }, { 3, 5, 9, 13 }, { 3, 9, 11, 15 } };
    static const uint8_t third[16] = { 0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15 };
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], x[16];

    words_of(block, x);
    for (unsigned i = 0; i < 48; i++) {
        unsigned round = i / 16, n = i % 16;
        uint32_t f = round == 0 ? choose(b, c, d) + x[n]
                     : round == 1
                         ? ((b & c) | (b & d) | (c & d)) + x[n % 4 * 4 + n / 4] + 0x5a827999
                         : (b ^ c ^ d) + x[third[n]] + 0x6ed9eba1;
        uint32_t next = rotate(a + f, turn[round][n % 4]);

        a = d;
        d = c;
        c = b;
        b = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    explicit_bzero(x, sizeof x);
}

/* RFC 1321 3.4: four rounds of sixteen steps; sine[i] is 2^32 times |sin(i + 1)|. */
static void md5_compress(uint32_t state[4], const uint8_t block[64])
{
    static const uint8_t turn[4][4] = {
        { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
    };
    static const uint32_t sine[64] = {
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
        0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
        0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
        0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
        0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
        0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
        0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244,
        0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
        0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
        0xeb86d391
    };
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], x[16];

    words_of(block, x);
    for (unsigned i = 0; i < 64; i++) {
        unsigned round = i / 16;
        uint32_t f = round == 0   ? choose(b, c, d) + x[i]
                     : round == 1 ? choose(d, b, c) + x[(5 * i + 1) % 16]
                     : round == 2 ? (b ^ c ^ d) + x[(3 * i + 5) % 16]
                                  : (c ^ (b | ~d)) + x[7 * i % 16];
        uint32_t next = b + rotate(a + f + sine[i], turn[round][i % 4]);

        a = d;
        d = c;
        c = b;
        b = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    explicit_bzero(x, sizeof x);
}

static void md_open(struct small_md *m, void (*compress)(uint32_t *, const uint8_t *))
{
    *m = (struct small_md){ .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 },
                            .compress = compress };
}

void small_md4_open(struct small_md *m)
{
    md_open(m, md4_compress);
}

void small_md5_open(struct small_md *m)
{
    md_open(m, md5_compress);
}

void small_md_add(struct small_md *m, struct span data)
{
    for (size_t i = 0; i < data.len; i++) {
        m->block[m->len++ % 64] = data.data[i];
        if (m->len % 64 == 0)
            m->compress(m->state, m->block);
    }
}

void small_md_close(struct small_md *m, uint8_t digest[16])
{
    uint8_t bits[8];
    struct wire_out len = wire_out(bits, sizeof bits);
    struct wire_out out = wire_out(digest, 16);

    wire_put_u64le(&len, m->len * 8);
    small_md_add(m, span_of("\x80", 1));
    while (m->len % 64 != 56)
        small_md_add(m, span_of("", 1));
    small_md_add(m, span_of(bits, sizeof bits));
    for (unsigned i = 0; i < 4; i++)
        wire_put_u32le(&out, m->state[i]);
    explicit_bzero(m, sizeof *m);
}

void small_rc4_key(struct small_rc4 *r, struct span key)
{
    uint8_t j = 0;

    for (unsigned i = 0; i < 256; i++)
        r->s[i] = (uint8_t)i;
    for (unsigned i = 0; i < 256; i++) {
        uint8_t t = r->s[i];

        j = (uint8_t)(j + t + key.data[i % key.len]);
        r->s[i] = r->s[j];
        r->s[j] = t;
    }
    r->i = r->j = 0;
}

void small_rc4_run(struct small_rc4 *r, const uint8_t *in, uint8_t *out, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        uint8_t t = r->s[++r->i];

        r->j = (uint8_t)(r->j + t);
        r->s[r->i] = r->s[r->j];
        r->s[r->j] = t;
        out[k] = in[k] ^ r->s[(uint8_t)(t + r->s[r->i])];
    }
}
