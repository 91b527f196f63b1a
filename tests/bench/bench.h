/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench.h: the half of the benchmark that runs beside what is measured.
 *
 * Each library has a program of its own, for WinPR exports the same names as we do; libssl alone
 * is in one with ours.  It does what bench.py tells it on its standard input, one line each:
 *
 *     list                        the names of its cases, one a line, then an empty line
 *     run CASE THREADS MS         "ok NS OPS WAITS": thread CPU time per operation in nanoseconds,
 *                                 the mean of the threads; operations per second of all, by the
 *                                 wall; times per operation that a thread went to sleep
 *     memory CASE PAIRS           "ok HEAP ANON LEFT": bytes per pair, see memory.c
 *     info                        "ok TEXT": what is measured, with its version
 *
 * or "no REASON".  `program -n COUNT CASE` runs a case COUNT times inside bench_counted, for
 * valgrind --tool=callgrind --toggle-collect=bench_counted.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * setup is called once for each thread, in that thread, and what it gives lives until the
 * program ends.  op is what is measured.
 */
struct bench_case {
    const char *name;
    void *(*setup)(const struct bench_case *c, unsigned thread);
    void (*op)(void *state);
    size_t bytes;   /* of one message, for setup */
    long arg;       /* for setup */
    unsigned calls; /* of what is measured in one op; 0: one */
    /* For memory: make one more pair and keep it; delete all that are kept. */
    void (*keep)(void *state);
    void (*delete_kept)(void *state);
};

/* What a program has to say of itself; all members must be set. */
struct bench_program {
    const char *(*info)(void);
    const struct bench_case *cases;
    size_t n_cases;
};

/* The program's main, after it has read options of its own. */
int bench_main(int argc, char **argv, const struct bench_program *program);

/* Keeps a result alive and stops the compiler from moving calls past here. */
static inline void bench_use(void *p)
{
    __asm__ volatile("" : : "g"(p) : "memory");
}

/* A benchmark that goes wrong has no figure: say why and end. */
__attribute__((noreturn, format(printf, 1, 2))) void bench_die(const char *fmt, ...);
#define bench_check(x)                                                                             \
    do {                                                                                           \
        if (!(x))                                                                                  \
            bench_die("%s:%d: failed: %s", __FILE__, __LINE__, #x);                                \
    } while (0)

/* malloc that cannot fail; zeroed. */
void *bench_alloc(size_t n);

/* memory.c: bytes of this process now. */
struct bench_bytes {
    int64_t heap; /* handed out by malloc, mapped blocks included */
    int64_t anon; /* anonymous memory that is resident: all heaps, pools and stacks */
};

struct bench_bytes bench_bytes(void);
void bench_memory(const struct bench_case *c, unsigned pairs);

#endif
