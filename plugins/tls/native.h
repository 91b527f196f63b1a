/* SPDX-License-Identifier: Apache-2.0 */
/* native.h: numbers in structures of the application, which are in the machine's byte order. */
#ifndef TLS_NATIVE_H
#define TLS_NATIVE_H

#include <string.h>

#include "sspi/wire.h"

static inline uint32_t native_u32(struct wire_in *in)
{
    const uint8_t *p = wire_take(in, sizeof(uint32_t));
    uint32_t v = 0;

    if (p)
        memcpy(&v, p, sizeof v);
    return v;
}

static inline uint16_t native_u16(struct wire_in *in)
{
    const uint8_t *p = wire_take(in, sizeof(uint16_t));
    uint16_t v = 0;

    if (p)
        memcpy(&v, p, sizeof v);
    return v;
}

#endif
