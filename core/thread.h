/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.h: variables of a thread, in memory that is there when the thread begins.
 *
 * A program may load this library with dlopen.  The usual model would then allocate a thread's
 * copy at its first use, and glibc ends the process if there is no memory for it.  The other one
 * takes a few bytes of what glibc keeps ready for such libraries; musl has them ready anyway.
 */
#ifndef SSP_CORE_THREAD_H
#define SSP_CORE_THREAD_H

#include <features.h>

#ifdef __GLIBC__
#define THREAD_LOCAL __thread __attribute__((tls_model("initial-exec")))
#else
#define THREAD_LOCAL _Thread_local
#endif

#endif
