/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: milliseconds that never go back, and deadlines on them (0: none). */
#ifndef SSPI_TOOL_CLOCK_H
#define SSPI_TOOL_CLOCK_H

#include <limits.h>
#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static inline uint64_t clock_after(uint32_t ms)
{
    return ms ? clock_ms() + ms : 0;
}

/* For poll: -1 without a deadline, 0 past it. */
static inline int clock_left(uint64_t deadline)
{
    uint64_t now = clock_ms();

    if (!deadline)
        return -1;
    if (now >= deadline)
        return 0;
    return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

#endif
