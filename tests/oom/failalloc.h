/* SPDX-License-Identifier: Apache-2.0 */
/* failalloc.h: what failalloc.so offers; the scenario finds it with dlsym. */
#ifndef SSP_TESTS_FAILALLOC_H
#define SSP_TESTS_FAILALLOC_H

#include <stddef.h>

/*
 * From now on count this thread's allocations and let the due-th fail, and if forever is set all
 * after it as well.  due 0: count only.
 */
void oom_arm(unsigned long due, int forever);
/* No more failures.  The allocations since oom_arm; *failed is how many of them failed. */
unsigned long oom_disarm(unsigned long *failed);
/* From where the first one that failed was asked for. */
void oom_tell_failure(int fd);

/*
 * From now on note what is allocated, in all threads, but for what the loaders allocate; forget
 * what was noted before.  with_traces: also from where, which takes its time.
 */
void oom_mark(int with_traces);
/* Of it, how many blocks are not freed yet, and from where some of them were asked for. */
size_t oom_live(void);
void oom_tell_live(int fd);

/* The C library's allocators, declared here because no header has the whole list. */
void *memalign(size_t alignment, size_t n);

#endif
