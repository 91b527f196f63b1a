/* SPDX-License-Identifier: Apache-2.0 */
/* bench.c: run a case on pinned threads and tell its price in thread CPU time. */
#include "config.h"

#include "bench.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 8
#define MAX_CASES 96

/* What setup gave, by case and thread. */
static void *states[MAX_CASES][MAX_THREADS];

void bench_die(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    printf("no ");
    vprintf(fmt, args);
    printf("\n");
    va_end(args);
    fflush(stdout);
    _exit(1);
}

void *bench_alloc(size_t n)
{
    void *p = calloc(1, n);

    bench_check(p);
    return p;
}

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct worker {
    const struct bench_case *c;
    void **state;
    unsigned thread;
    double run_for; /* seconds */
    pthread_barrier_t *start;
    double cpu_per_op; /* seconds */
    double ops_per_s;
    double waits_per_op; /* times that it gave up its CPU by itself, as for a lock */
};

/*
 * The last CPU first: interrupts and the driver tend to live on the first.  BENCH_SKIP: leave out
 * so many, which another process has.
 */
static void pin(unsigned thread)
{
    const char *skip = getenv("BENCH_SKIP");
    unsigned long n = (unsigned long)sysconf(_SC_NPROCESSORS_ONLN);
    unsigned long nth = (thread + (skip ? strtoul(skip, NULL, 10) : 0)) % n;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(n - 1 - nth, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

/* How many operations take about a fifth of a millisecond; warms up on the way. */
static unsigned choose_batch(const struct bench_case *c, void *state, double run_for)
{
    double began = seconds(CLOCK_MONOTONIC), took;
    unsigned n = 0;

    do {
        c->op(state);
        n++;
        took = seconds(CLOCK_MONOTONIC) - began;
    } while (took < run_for / 10);
    double batch = 2e-4 * n / took;
    return batch < 1 ? 1 : batch > 1e6 ? 1000000 : (unsigned)batch;
}

static long waits(void)
{
    struct rusage use;

    return getrusage(RUSAGE_THREAD, &use) == 0 ? use.ru_nvcsw : 0;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    const struct bench_case *c = w->c;

    pin(w->thread);
    if (!*w->state)
        *w->state = c->setup(c, w->thread);
    void *state = *w->state;
    unsigned batch = choose_batch(c, state, w->run_for);
    uint64_t done = 0;

    pthread_barrier_wait(w->start);
    long waited = waits();
    double cpu = seconds(CLOCK_THREAD_CPUTIME_ID), began = seconds(CLOCK_MONOTONIC), took;
    do {
        for (unsigned i = 0; i < batch; i++)
            c->op(state);
        done += batch;
        took = seconds(CLOCK_MONOTONIC) - began;
    } while (took < w->run_for);
    cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
    waited = waits() - waited;
    done *= c->calls ? c->calls : 1;
    w->cpu_per_op = cpu / (double)done;
    w->ops_per_s = (double)done / took;
    w->waits_per_op = (double)waited / (double)done;
    return NULL;
}

static void run(const struct bench_case *c, void **state, unsigned threads, double run_for)
{
    struct worker w[MAX_THREADS];
    pthread_t id[MAX_THREADS];
    pthread_barrier_t start;
    double cpu = 0, ops = 0, waited = 0;

    pthread_barrier_init(&start, NULL, threads);
    for (unsigned i = 0; i < threads; i++) {
        w[i] = (struct worker){
            .c = c, .state = &state[i], .thread = i, .run_for = run_for, .start = &start
        };
        bench_check(pthread_create(&id[i], NULL, work, &w[i]) == 0);
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(id[i], NULL);
        cpu += w[i].cpu_per_op / threads;
        ops += w[i].ops_per_s;
        waited += w[i].waits_per_op / threads;
    }
    pthread_barrier_destroy(&start);
    printf("ok %.3f %.1f %.9f\n", cpu * 1e9, ops, waited);
}

static __attribute__((noinline)) void bench_counted(const struct bench_case *c, void *state,
                                                    unsigned long n)
{
    for (unsigned long i = 0; i < n; i++)
        c->op(state);
}

static size_t find(const struct bench_program *program, const char *name)
{
    for (size_t i = 0; i < program->n_cases; i++)
        if (strcmp(program->cases[i].name, name) == 0)
            return i;
    bench_die("no case %s", name);
}

static void list(const struct bench_program *program)
{
    for (size_t i = 0; i < program->n_cases; i++)
        puts(program->cases[i].name);
    puts("");
}

static void obey(const struct bench_program *program, const char *line)
{
    char word[16], name[64];
    unsigned a = 0, b = 0;
    int n = sscanf(line, "%15s %63s %u %u", word, name, &a, &b);

    if (n == 1 && strcmp(word, "list") == 0) {
        list(program);
    } else if (n == 1 && strcmp(word, "info") == 0) {
        printf("ok %s\n", program->info());
    } else if (n == 4 && strcmp(word, "run") == 0 && a >= 1 && a <= MAX_THREADS) {
        size_t i = find(program, name);

        run(&program->cases[i], states[i], a, b * 1e-3);
    } else if (n == 3 && strcmp(word, "memory") == 0 && a > 0) {
        bench_memory(&program->cases[find(program, name)], a);
    } else {
        bench_die("not understood: %s", line);
    }
}

static int count(const struct bench_program *program, const char *times, const char *name)
{
    const struct bench_case *c = &program->cases[find(program, name)];
    void *state = c->setup(c, 0);

    bench_counted(c, state, 3); /* what happens once only; callgrind's figure has it too */
    bench_counted(c, state, strtoul(times, NULL, 10));
    return 0;
}

int bench_main(int argc, char **argv, const struct bench_program *program)
{
    char line[128];

    bench_check(program->n_cases <= MAX_CASES);
    if (argc == 4 && strcmp(argv[1], "-n") == 0)
        return count(program, argv[2], argv[3]);
    if (argc > 1)
        bench_die("usage: %s [-n COUNT CASE]", argv[0]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin))
        obey(program, line);
    return 0;
}
