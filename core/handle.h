/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle.h: what a CredHandle or CtxtHandle stands for.
 *
 * A handle is a slot number and that slot's generation, never a pointer.  Closing ends the
 * generation, so that a stale, copied, zeroed or invented handle finds nothing.  Whoever works
 * on an object holds it; the object goes with the last hold after the close.
 */
#ifndef SSP_CORE_HANDLE_H
#define SSP_CORE_HANDLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sspi/sspi.h"

enum hnd_kind { HND_CREDENTIAL = 1, HND_CONTEXT = 2 };

/* Called once, without a lock, in whichever thread lets go last. */
typedef void hnd_free_fn(void *object);

/* A new handle for an object, which is the table's from now on.  false: out of memory. */
bool hnd_open(enum hnd_kind kind, void *object, hnd_free_fn *free_object, SecHandle *handle);
/* The same, and held: for who still works on the object when others can see the handle. */
bool hnd_open_held(enum hnd_kind kind, void *object, hnd_free_fn *free_object, SecHandle *handle);

/* The object, kept alive until hnd_drop of the same handle; NULL: not a live one of that kind. */
static inline void *hnd_hold(SecHandle handle, enum hnd_kind kind);
static inline void hnd_drop(SecHandle handle);

/* End the handle; the object goes with its last hold.  false: not a live one of that kind. */
bool hnd_close(SecHandle handle, enum hnd_kind kind);

/* For registry.c's fork handlers. */
void hnd_before_fork(void);
void hnd_after_fork(void);

/* --- inside: holding is on the path of every call, so it is inline ------------------------- */

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
#define HND_KIND_SHIFT 30
#define HND_OPEN (UINT64_C(1) << 29)
#define HND_HOLDS (HND_OPEN - 1)

struct hnd_slot {
    _Alignas(64) _Atomic uint64_t word;
    void *object;
    hnd_free_fn *free_object;
    struct hnd_slot *next_free; /* while free */
    uint32_t index;
};

/*
 * Slots live in segments that never move and are never given back, so that a reader needs no
 * lock to walk there.
 */
#define HND_SEGMENT_BITS 10
#define HND_SEGMENT (1u << HND_SEGMENT_BITS) /* slots of one segment */
#define HND_SEGMENTS 16384u                  /* 2^24 slots in all */

extern struct hnd_slot *_Atomic hnd_segments[HND_SEGMENTS];

/* The last hold of a closed slot is gone. */
void hnd_finish(struct hnd_slot *slot);

/* NULL: no such slot. */
static inline struct hnd_slot *hnd_slot_at(uintptr_t index)
{
    if (index >= (uintptr_t)HND_SEGMENTS * HND_SEGMENT)
        return NULL;
    struct hnd_slot *segment =
        atomic_load_explicit(&hnd_segments[index >> HND_SEGMENT_BITS], memory_order_acquire);
    return segment ? &segment[index % HND_SEGMENT] : NULL;
}

/* The word of a live handle, less its holds; 0, which no open slot has, for what cannot be one. */
static inline uint64_t hnd_word_of(SecHandle handle, enum hnd_kind kind)
{
    uint64_t generation = handle.dwUpper;

    if (generation > UINT32_MAX)
        return 0;
    return generation << 32 | (uint64_t)kind << HND_KIND_SHIFT | HND_OPEN;
}

/* As hnd_hold, but gives the slot; NULL: not a live handle of that kind. */
static inline struct hnd_slot *hnd_take(SecHandle handle, enum hnd_kind kind)
{
    struct hnd_slot *slot = hnd_slot_at(handle.dwLower);
    uint64_t live = hnd_word_of(handle, kind);

    if (!slot || live == 0)
        return NULL;
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    do {
        if ((word & ~HND_HOLDS) != live)
            return NULL;
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word + 1,
                                                    memory_order_acquire, memory_order_relaxed));
    return slot;
}

static inline void hnd_release(struct hnd_slot *slot)
{
    uint64_t before = atomic_fetch_sub_explicit(&slot->word, 1, memory_order_acq_rel);

    if ((before & (HND_OPEN | HND_HOLDS)) == 1)
        hnd_finish(slot);
}

static inline void *hnd_hold(SecHandle handle, enum hnd_kind kind)
{
    struct hnd_slot *slot = hnd_take(handle, kind);

    return slot ? slot->object : NULL;
}

static inline void hnd_drop(SecHandle handle)
{
    struct hnd_slot *slot = hnd_slot_at(handle.dwLower);

    if (slot) /* always: it was held */
        hnd_release(slot);
}

#endif
