/* SPDX-License-Identifier: Apache-2.0 */
/* handle.c: the table of slots behind handles. */
#include "config.h"

#include "core/handle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * All that a call needs to know of a slot is in one atomic word, so that taking a hold is one
 * compare-and-swap on a cache line that only users of the same handle touch:
 *
 *     63..32  generation: never 0 in a handle
 *     31..30  enum hnd_kind; 0: the slot is free
 *     29      open: neither closed nor free
 *     28..0   holds
 *
 * A closed slot is not reused before its holds are gone, so a hold that was taken can always be
 * dropped by the same handle.
 */
#define OPEN (UINT64_C(1) << 29)
#define HOLDS (OPEN - 1)
#define IDENTITY_SHIFT 29

struct slot {
    _Alignas(64) _Atomic uint64_t word;
    void *object;
    hnd_free_fn *free_object;
    struct slot *next_free; /* while free */
    uint32_t index;
};

/*
 * Slots live in segments, each twice as long as the one before, which never move and are never
 * given back: a reader needs no lock to walk there.
 */
#define FIRST_SEGMENT_BITS 8
#define SEGMENTS 23 /* 2^31 slots in all */

static struct slot *_Atomic segments[SEGMENTS];

/* Opening and freeing only: */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot *first_free;
static uint32_t next_fresh; /* slots from here on were never used */

/* NULL: no such slot. */
static struct slot *slot_at(uintptr_t index)
{
    if (index > UINT32_MAX - (1u << FIRST_SEGMENT_BITS))
        return NULL;
    uint32_t at = (uint32_t)index + (1u << FIRST_SEGMENT_BITS);
    unsigned top = 31u - (unsigned)__builtin_clz(at);
    unsigned segment = top - FIRST_SEGMENT_BITS;
    struct slot *slots =
        segment < SEGMENTS ? atomic_load_explicit(&segments[segment], memory_order_acquire) : NULL;

    return slots ? &slots[at - (1u << top)] : NULL;
}

#define NO_IDENTITY UINT64_MAX /* more than the bits above the holds can say */

static uint64_t identity_of(SecHandle handle, enum hnd_kind kind)
{
    uint64_t generation = handle.dwUpper;

    if (generation == 0 || generation > UINT32_MAX)
        return NO_IDENTITY;
    return generation << 3 | (uint64_t)kind << 1 | 1;
}

static struct slot *fresh_slot_locked(void)
{
    struct slot *slot = slot_at(next_fresh);

    if (!slot) {
        uint32_t at = next_fresh + (1u << FIRST_SEGMENT_BITS);
        unsigned segment = 31u - (unsigned)__builtin_clz(at) - FIRST_SEGMENT_BITS;
        size_t bytes = sizeof(struct slot) << (segment + FIRST_SEGMENT_BITS);
        struct slot *slots = segment < SEGMENTS ? aligned_alloc(_Alignof(struct slot), bytes) : NULL;
        if (!slots)
            return NULL;
        for (size_t i = 0; i < bytes / sizeof *slots; i++)
            slots[i] = (struct slot){ 0 };
        atomic_store_explicit(&segments[segment], slots, memory_order_release);
        slot = slots;
    }
    slot->index = next_fresh++;
    return slot;
}

static struct slot *take_slot(void)
{
    pthread_mutex_lock(&lock);
    struct slot *slot = first_free;
    if (slot)
        first_free = slot->next_free;
    else
        slot = fresh_slot_locked();
    pthread_mutex_unlock(&lock);
    return slot;
}

static void give_back(struct slot *slot)
{
    /* A slot whose generations are used up stays empty for good. */
    if (atomic_load_explicit(&slot->word, memory_order_relaxed) >> 32 == UINT32_MAX)
        return;
    pthread_mutex_lock(&lock);
    slot->next_free = first_free;
    first_free = slot;
    pthread_mutex_unlock(&lock);
}

/* Closed, and the last hold gone: nobody else can reach the slot any more. */
static void finish(struct slot *slot)
{
    void *object = slot->object;
    hnd_free_fn *free_object = slot->free_object;
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);

    slot->object = NULL;
    atomic_store_explicit(&slot->word, word >> 32 << 32, memory_order_release);
    give_back(slot);
    free_object(object);
}

bool hnd_open(enum hnd_kind kind, void *object, hnd_free_fn *free_object, SecHandle *handle)
{
    struct slot *slot = take_slot();

    if (!slot)
        return false;
    uint64_t generation = (atomic_load_explicit(&slot->word, memory_order_relaxed) >> 32) + 1;
    slot->object = object;
    slot->free_object = free_object;
    atomic_store_explicit(&slot->word, generation << 32 | (uint64_t)kind << 30 | OPEN,
                          memory_order_release);
    *handle = (SecHandle){ .dwLower = slot->index, .dwUpper = (ULONG_PTR)generation };
    return true;
}

void *hnd_hold(SecHandle handle, enum hnd_kind kind)
{
    struct slot *slot = slot_at(handle.dwLower);
    uint64_t identity = identity_of(handle, kind);

    if (!slot)
        return NULL;
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    do {
        if (word >> IDENTITY_SHIFT != identity)
            return NULL;
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word + 1,
                                                    memory_order_acquire, memory_order_relaxed));
    return slot->object;
}

void hnd_drop(SecHandle handle)
{
    struct slot *slot = slot_at(handle.dwLower);
    uint64_t before = atomic_fetch_sub_explicit(&slot->word, 1, memory_order_acq_rel);

    if ((before & (OPEN | HOLDS)) == 1)
        finish(slot);
}

bool hnd_close(SecHandle handle, enum hnd_kind kind)
{
    struct slot *slot = slot_at(handle.dwLower);
    uint64_t identity = identity_of(handle, kind);

    if (!slot)
        return false;
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    do {
        if (word >> IDENTITY_SHIFT != identity)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word & ~OPEN,
                                                    memory_order_acq_rel, memory_order_relaxed));
    if ((word & HOLDS) == 0)
        finish(slot);
    return true;
}
