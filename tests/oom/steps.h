/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.h: a call in which every allocation fails in its turn; for scenario.c and tls.c.
 *
 * Each call must then say SEC_E_INSUFFICIENT_MEMORY and leave its outputs defined, or do all that
 * it does with memory (asprintf, for one, can do without its second block); the same call made
 * again, with memory, must work as if nothing had been; and nothing may be lost on the way.  Two
 * ways to fail are tried: only the n-th allocation, and all from the n-th on.  Where a call cannot
 * do that, its job says so.
 *
 * Without failalloc.so (LD_PRELOAD) each call is made once and nothing fails: the run for
 * valgrind.
 */
#ifndef SSP_TESTS_STEPS_H
#define SSP_TESTS_STEPS_H

#include <stdbool.h>

#include "sspi/security.h"

struct job {
    SECURITY_STATUS (*call)(int how);
    SECURITY_STATUS good; /* what the call gives when there is memory */
    /* All may be NULL. */
    void (*prepare)(int how);
    bool (*worked)(int how);  /* after good: is it what was asked for? */
    bool (*nothing)(int how); /* after a failure: is nothing there that looks like a result? */
    void (*clear)(int how);
    /* May the call, for want of memory, fail with this status, too? */
    bool (*excused)(SECURITY_STATUS status);
    /* The call failed; made again it may give this, too, if not what is good. */
    bool (*ended)(SECURITY_STATUS first, SECURITY_STATUS again);
};

struct step {
    const char *name;
    const struct job *job;
    int how; /* variant of the call, for the job to know */
};

/* Finds failalloc.so: -> is it there? */
bool steps_begin(void);
/*
 * From now on only the first so many allocations of a call fail each in its turn, and of the
 * others about as many, evenly.  0, as at first: all.
 */
void steps_limit(unsigned long most);
/* One step: lines of TAP. */
void step_run(const struct step *s);
/*
 * The same, each time as the first that a process does after before (NULL: nothing).  after loads
 * all that a call that failed may have loaded more than one that did not.
 */
void step_run_first(const struct step *s, void (*before)(void), void (*after)(void));
/* Just the call; false: it did not work. */
bool step_once(const struct step *s);
/* The plan of TAP: -> was all well? */
bool steps_end(void);

#endif
