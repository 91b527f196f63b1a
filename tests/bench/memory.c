/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c: what an established pair of contexts takes.
 *
 * Two figures, for either alone can hide something: what malloc handed out, which knows nothing of
 * pools that a library maps by itself, and anonymous resident memory, which knows everything but
 * counts whole pages.  The driver takes the larger.
 */
#include "config.h"

#include "bench.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

/* Anonymous memory that is resident, from the kernel. */
static int64_t anonymous(void)
{
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    char line[128];
    long long kib = 0, n;

    bench_check(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "Anonymous: %lld kB", &n) == 1)
            kib = n;
    fclose(f);
    return kib * 1024;
}

struct bench_bytes bench_bytes(void)
{
    struct mallinfo2 m = mallinfo2();

    return (struct bench_bytes){ .heap = (int64_t)(m.uordblks + m.hblkhd), .anon = anonymous() };
}

/* Free memory that is kept for later would hide what is asked for: give it back first. */
static struct bench_bytes settled(void)
{
    malloc_trim(0);
    return bench_bytes();
}

void bench_memory(const struct bench_case *c, unsigned pairs)
{
    if (!c->keep)
        bench_die("%s keeps no pairs", c->name);
    void *state = c->setup(c, 0);

    /* Pools and tables of the library grow once: as far as they go for some pairs. */
    for (unsigned i = 0; i < 50; i++)
        c->keep(state);
    c->delete_kept(state);
    struct bench_bytes before = settled();
    for (unsigned i = 0; i < pairs; i++)
        c->keep(state);
    struct bench_bytes with = bench_bytes();
    c->delete_kept(state);
    struct bench_bytes after = settled();
    printf("ok %.1f %.1f %.1f\n", (double)(with.heap - before.heap) / pairs,
           (double)(with.anon - before.anon) / pairs, (double)(after.heap - before.heap) / pairs);
}
