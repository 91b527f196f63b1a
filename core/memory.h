/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h: memory that applications free, and memory for secrets. */
#ifndef SSP_CORE_MEMORY_H
#define SSP_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Memory that FreeContextBuffer frees: zeroed, known to us by its address, so that a pointer
 * that is not ours is refused without being read.  NULL: out of memory.
 */
void *mem_result(size_t n);
/*
 * Wipe and free, or drop a reference to what is counted.  false: not a live result of ours
 * (nothing was done).  NULL: true.
 */
bool mem_result_free(const void *p);
/* Bytes asked for at p, 0 if it is not ours. */
size_t mem_result_size(const void *p);

/*
 * The same with a count of references, at first none.  Without one it is there for its kind only:
 * nobody else can hold, drop or free it.  When the last is dropped, by whomever, the kind's end is
 * called, without a lock, and sees to it that mem_counted_free is, in the end, or mem_wake.
 */
struct mem_kind {
    bool is_result; /* mem_result_free drops a reference */
    void (*end)(void *p);
};

void *mem_counted(const struct mem_kind *kind, size_t n); /* NULL: out of memory */
void mem_counted_free(void *p);                           /* NULL is allowed */
/* One more reference.  true: it is the first. */
bool mem_wake(void *p);
/* One more, or one less.  false: not a live one of that kind (nothing was done). */
bool mem_hold(const struct mem_kind *kind, const void *p);
bool mem_drop(const struct mem_kind *kind, const void *p);

/* Zeroed memory that core dumps leave out, wiped when freed.  For keys, passwords, contexts. */
void *mem_secret(size_t n);
void mem_secret_free(void *p); /* NULL is allowed */
/* Bytes now handed out by mem_secret, its overhead included; for the benchmark. */
size_t mem_secret_in_use(void);

/* For registry.c's fork handlers. */
void mem_before_fork(void);
void mem_after_fork(void);

#endif
