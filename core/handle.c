/* SPDX-License-Identifier: Apache-2.0 */
/* handle.c: opening and closing the slots behind handles. */
#include "config.h"

#include "core/handle.h"

#include <pthread.h>
#include <sys/mman.h>

struct hnd_slot *_Atomic hnd_segments[HND_SEGMENTS];

/* Opening and giving back only: */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hnd_slot *first_free;
static uint32_t next_fresh; /* slots from here on were never used */

#define SEGMENT_BYTES (HND_SEGMENT * sizeof(struct hnd_slot))

/* There in a program under the leak sanitizer, which does not look into mapped memory by itself. */
__attribute__((weak)) void __lsan_register_root_region(const void *p, size_t size);

/* Zeroed; pages come only as slots are used. */
static struct hnd_slot *new_segment(void)
{
    void *p = mmap(NULL, SEGMENT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    if (__lsan_register_root_region)
        __lsan_register_root_region(p, SEGMENT_BYTES);
    return p;
}

static struct hnd_slot *fresh_slot_locked(void)
{
    if (next_fresh == HND_SEGMENTS * HND_SEGMENT)
        return NULL;
    struct hnd_slot *slot = hnd_slot_at(next_fresh);
    if (!slot) {
        slot = new_segment();
        if (!slot)
            return NULL;
        atomic_store_explicit(&hnd_segments[next_fresh >> HND_SEGMENT_BITS], slot,
                              memory_order_release);
    }
    slot->index = next_fresh++;
    return slot;
}

static struct hnd_slot *take_slot(void)
{
    pthread_mutex_lock(&lock);
    struct hnd_slot *slot = first_free;
    if (slot)
        first_free = slot->next_free;
    else
        slot = fresh_slot_locked();
    pthread_mutex_unlock(&lock);
    return slot;
}

static void give_back(struct hnd_slot *slot)
{
    /* A slot whose generations are used up stays empty for good. */
    if (atomic_load_explicit(&slot->word, memory_order_relaxed) >> 32 == UINT32_MAX)
        return;
    pthread_mutex_lock(&lock);
    slot->next_free = first_free;
    first_free = slot;
    pthread_mutex_unlock(&lock);
}

/* Nobody else can reach the slot any more. */
void hnd_finish(struct hnd_slot *slot)
{
    void *object = slot->object;
    hnd_free_fn *free_object = slot->free_object;
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);

    slot->object = NULL;
    atomic_store_explicit(&slot->word, word >> 32 << 32, memory_order_release);
    give_back(slot);
    free_object(object);
}

static bool open_with(enum hnd_kind kind, void *object, hnd_free_fn *free_object, SecHandle *handle,
                      uint64_t holds)
{
    struct hnd_slot *slot = take_slot();

    if (!slot)
        return false;
    uint64_t generation = (atomic_load_explicit(&slot->word, memory_order_relaxed) >> 32) + 1;
    slot->object = object;
    slot->free_object = free_object;
    /* *handle may lie inside the object, which others can end once the word is there. */
    *handle = (SecHandle){ .dwLower = slot->index, .dwUpper = (ULONG_PTR)generation };
    atomic_store_explicit(&slot->word,
                          generation << 32 | (uint64_t)kind << HND_KIND_SHIFT | HND_OPEN | holds,
                          memory_order_release);
    return true;
}

bool hnd_open(enum hnd_kind kind, void *object, hnd_free_fn *free_object, SecHandle *handle)
{
    return open_with(kind, object, free_object, handle, 0);
}

bool hnd_open_held(enum hnd_kind kind, void *object, hnd_free_fn *free_object, SecHandle *handle)
{
    return open_with(kind, object, free_object, handle, 1);
}

bool hnd_close(SecHandle handle, enum hnd_kind kind)
{
    struct hnd_slot *slot = hnd_slot_at(handle.dwLower);
    uint64_t live = hnd_word_of(handle, kind);

    if (!slot || live == 0)
        return false;
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    do {
        if ((word & ~HND_HOLDS) != live)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word & ~HND_OPEN,
                                                    memory_order_acq_rel, memory_order_relaxed));
    if ((word & HND_HOLDS) == 0)
        hnd_finish(slot);
    return true;
}

void hnd_before_fork(void)
{
    pthread_mutex_lock(&lock);
}

void hnd_after_fork(void)
{
    pthread_mutex_unlock(&lock);
}
