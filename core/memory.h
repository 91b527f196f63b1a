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
/* Wipe and free.  false: not a live result of ours (nothing was done).  NULL: true. */
bool mem_result_free(void *p);
/* Bytes asked for at p, 0 if it is not ours. */
size_t mem_result_size(const void *p);

/* Zeroed memory that core dumps leave out, wiped when freed.  For keys, passwords, contexts. */
void *mem_secret(size_t n);
void mem_secret_free(void *p); /* NULL is allowed */
/* Bytes now handed out by mem_secret, its overhead included; for the benchmark. */
size_t mem_secret_in_use(void);

/* For registry.c's fork handlers. */
void mem_before_fork(void);
void mem_after_fork(void);

#endif
