/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: the two clocks, in the units of the interface. */
#ifndef SSP_CORE_CLOCK_H
#define SSP_CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NEVER INT64_MAX /* FILETIME of what does not expire */

/* 100 ns since 1601-01-01 UTC, which is 11644473600 s before the Unix epoch. */
static inline int64_t clock_filetime(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return ((int64_t)t.tv_sec + INT64_C(11644473600)) * 10000000 + t.tv_nsec / 100;
}

static inline uint64_t clock_monotonic_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

#endif
