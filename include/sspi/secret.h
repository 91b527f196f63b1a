/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.h: bytes that must not outlive their use.
 *
 * A secret is its own type, so that no trace or print call takes one by
 * accident, and it is declared SECRET_AUTO, so that every way out wipes it.
 */
#ifndef SSPI_SECRET_H
#define SSPI_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire.h"

#define SECRET_MAX 64 /* longest key of any package, bytes (SHA-512 output) */

struct secret {
    size_t len; /* bytes in use, <= SECRET_MAX */
    uint8_t bytes[SECRET_MAX];
};

static inline void secret_wipe(struct secret *s)
{
    explicit_bzero(s, sizeof *s);
}

#define SECRET_AUTO __attribute__((cleanup(secret_wipe))) struct secret

static inline bool secret_set(struct secret *s, struct span from)
{
    secret_wipe(s);
    if (from.len > SECRET_MAX)
        return false;
    if (from.len > 0)
        memcpy(s->bytes, from.data, from.len);
    s->len = from.len;
    return true;
}

static inline struct span secret_span(const struct secret *s)
{
    return (struct span){ s->bytes, s->len };
}

/* Equal?  Takes the same time whatever the bytes; the length is not hidden. */
static inline bool secret_same(struct span a, struct span b)
{
    volatile uint8_t diff = 0;

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < b.len; i++)
        diff = (uint8_t)(diff | (a.data[i] ^ b.data[i]));
    return diff == 0;
}

static inline bool secret_equal(const struct secret *a, struct span b)
{
    return secret_same(secret_span(a), b);
}

#endif
