/* SPDX-License-Identifier: Apache-2.0 */
/*
 * halfopen.c: the half-open server contexts of this process, by deadline.
 *
 * Lock order: a context's step before the list's.  half_admit, which goes the other way, takes
 * a context out of the list under the list's lock, and ends it by its handle afterwards.
 */
#include "config.h"

#include "core/halfopen.h"

#include "core/clock.h"
#include "core/handle.h"
#include "core/trace.h"

#define BUSY_MS 250 /* between two looks at an expired context that is at work */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct context *first, *last; /* earliest deadline first; no deadline counts as last */
static uint32_t count;               /* admitted: in the list, or about to be */

static uint64_t order_of(const struct context *c)
{
    return c->listed_deadline ? c->listed_deadline : UINT64_MAX;
}

static void unlink_locked(struct context *c)
{
    *(c->older ? &c->older->newer : &first) = c->newer;
    *(c->newer ? &c->newer->older : &last) = c->older;
    c->older = c->newer = NULL;
    c->listed = false;
}

/* From the end: deadlines mostly come in order. */
static void link_locked(struct context *c)
{
    struct context *before = last;

    while (before && order_of(before) > order_of(c))
        before = before->older;
    c->older = before;
    c->newer = before ? before->newer : first;
    *(c->older ? &c->older->newer : &first) = c;
    *(c->newer ? &c->newer->older : &last) = c;
    c->listed = true;
}

/* It is at work: it counts on, and is looked at again a little later. */
static void put_back(struct context *c)
{
    pthread_mutex_lock(&lock);
    if (!c->listed) {
        c->listed_deadline = clock_monotonic_ms() + BUSY_MS;
        link_locked(c);
        count++;
    }
    pthread_mutex_unlock(&lock);
}

/* End a context that was taken out of the list.  It may have gone, or be at work, meanwhile. */
static void expire(CtxtHandle handle)
{
    struct context *c = hnd_hold(handle, HND_CONTEXT);

    if (!c)
        return;
    if (pthread_mutex_trylock(&c->step) == 0) {
        if (atomic_load_explicit(&c->state, memory_order_relaxed) != CTX_ESTABLISHED)
            ctx_kill_locked(c);
        pthread_mutex_unlock(&c->step);
    } else {
        put_back(c);
    }
    hnd_drop(handle);
}

/* The handle of the first one past its deadline, out of the list and the count. */
static bool take_expired(uint64_t now, CtxtHandle *handle)
{
    pthread_mutex_lock(&lock);
    bool found = first && first->listed_deadline && first->listed_deadline < now;
    if (found) {
        *handle = first->handle;
        unlink_locked(first);
        count--;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

SECURITY_STATUS half_admit(uint32_t limit)
{
    uint64_t now = clock_monotonic_ms();
    CtxtHandle handle;

    /* Two for each newcomer: an idle server's secrets do not lie about for long after a flood. */
    for (int i = 0; i < 2 && take_expired(now, &handle); i++)
        expire(handle);
    pthread_mutex_lock(&lock);
    bool room = limit == 0 || count < limit;
    if (room)
        count++;
    pthread_mutex_unlock(&lock);
    return room ? SEC_E_OK
                : trace_refuse(SEC_E_INSUFFICIENT_MEMORY, "%u exchanges are half-open already",
                               limit);
}

void half_withdraw(void)
{
    pthread_mutex_lock(&lock);
    count--;
    pthread_mutex_unlock(&lock);
}

void half_list(struct context *context)
{
    pthread_mutex_lock(&lock);
    context->listed_deadline = context->deadline;
    link_locked(context);
    pthread_mutex_unlock(&lock);
}

void half_relist(struct context *context)
{
    pthread_mutex_lock(&lock);
    if (context->listed) {
        unlink_locked(context);
        context->listed_deadline = context->deadline;
        link_locked(context);
    }
    pthread_mutex_unlock(&lock);
}

void half_unlist(struct context *context)
{
    pthread_mutex_lock(&lock);
    if (context->listed) {
        unlink_locked(context);
        count--;
    }
    pthread_mutex_unlock(&lock);
}

void half_before_fork(void)
{
    pthread_mutex_lock(&lock);
}

void half_after_fork(void)
{
    pthread_mutex_unlock(&lock);
}
