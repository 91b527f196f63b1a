/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c: memory that applications free, and memory for secrets. */
#include "config.h"

#include "core/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* --- results: what FreeContextBuffer frees ------------------------------------------------ */

/*
 * In front of each result; the results whose addresses hash alike are one chain.  A pointer is
 * looked for by comparing addresses, never by reading what it points to.
 */
struct result {
    _Alignas(16) struct result *next;
    size_t size;
    const struct mem_kind *kind; /* NULL: a plain one, freed with its only reference */
    size_t references;           /* 0: kept by its kind, and to everybody else not there */
};

#define BUCKETS 4096u
#define SHARDS 16u /* locks; bucket b belongs to shard b % SHARDS */

static struct result *buckets[BUCKETS];
static pthread_mutex_t shards[SHARDS] = { [0 ... SHARDS - 1] = PTHREAD_MUTEX_INITIALIZER };

static unsigned bucket_of(const void *p)
{
    return (unsigned)(((uintptr_t)p >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 52) % BUCKETS;
}

static void *new_result(const struct mem_kind *kind, size_t references, size_t n)
{
    struct result *r = n <= SIZE_MAX - sizeof *r ? calloc(1, sizeof *r + n) : NULL;

    if (!r)
        return NULL;
    void *p = r + 1;
    unsigned b = bucket_of(p);
    r->size = n;
    r->kind = kind;
    r->references = references;
    pthread_mutex_lock(&shards[b % SHARDS]);
    r->next = buckets[b];
    buckets[b] = r;
    pthread_mutex_unlock(&shards[b % SHARDS]);
    return p;
}

static void wipe(struct result *r)
{
    explicit_bzero(r + 1, r->size);
    free(r);
}

void *mem_result(size_t n)
{
    return new_result(NULL, 1, n);
}

/* The link that points to p's header, or NULL. */
static struct result **find_locked(unsigned b, const void *p)
{
    for (struct result **at = &buckets[b]; *at; at = &(*at)->next)
        if (*at + 1 == p)
            return at;
    return NULL;
}

/* kind NULL: whatever the application frees. */
static bool is_live(const struct result *r, const struct mem_kind *kind)
{
    if (r->references == 0)
        return false;
    return kind ? r->kind == kind : !r->kind || r->kind->is_result;
}

bool mem_drop(const struct mem_kind *kind, const void *p)
{
    unsigned b = bucket_of(p);

    pthread_mutex_lock(&shards[b % SHARDS]);
    struct result **at = find_locked(b, p);
    struct result *r = at && is_live(*at, kind) ? *at : NULL;
    bool last = r && --r->references == 0;
    if (last && !r->kind)
        *at = r->next;
    pthread_mutex_unlock(&shards[b % SHARDS]);
    if (last && r->kind)
        r->kind->end(r + 1);
    else if (last)
        wipe(r);
    return r;
}

bool mem_result_free(const void *p)
{
    return !p || mem_drop(NULL, p);
}

size_t mem_result_size(const void *p)
{
    unsigned b = bucket_of(p);

    pthread_mutex_lock(&shards[b % SHARDS]);
    struct result **at = find_locked(b, p);
    size_t size = at ? (*at)->size : 0;
    pthread_mutex_unlock(&shards[b % SHARDS]);
    return size;
}

void *mem_counted(const struct mem_kind *kind, size_t n)
{
    return new_result(kind, 0, n);
}

void mem_counted_free(void *p)
{
    unsigned b = bucket_of(p);

    pthread_mutex_lock(&shards[b % SHARDS]);
    struct result **at = find_locked(b, p);
    struct result *r = at ? *at : NULL;
    if (r)
        *at = r->next;
    pthread_mutex_unlock(&shards[b % SHARDS]);
    if (r)
        wipe(r);
}

bool mem_wake(void *p)
{
    struct result *r = (struct result *)p - 1;
    unsigned b = bucket_of(p);

    pthread_mutex_lock(&shards[b % SHARDS]);
    bool first = r->references++ == 0;
    pthread_mutex_unlock(&shards[b % SHARDS]);
    return first;
}

bool mem_hold(const struct mem_kind *kind, const void *p)
{
    unsigned b = bucket_of(p);

    pthread_mutex_lock(&shards[b % SHARDS]);
    struct result **at = find_locked(b, p);
    bool live = at && is_live(*at, kind);
    if (live)
        (*at)->references++;
    pthread_mutex_unlock(&shards[b % SHARDS]);
    return live;
}

/* --- secrets: left out of core dumps, wiped when freed ------------------------------------ */

#if defined(__SANITIZE_ADDRESS__)
#define USE_POOL 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define USE_POOL 0
#endif
#endif
#ifndef USE_POOL
#define USE_POOL 1 /* under the address sanitizer malloc, whose bounds it knows */
#endif

/* In front of each secret.  A whole cache line is its neighbours' only as a whole. */
struct secret_head {
    size_t size;  /* bytes asked for */
    size_t block; /* bytes taken, this head included */
};

#define LINE 64u
#define CLASSES 64u             /* blocks of 1..64 lines come from pools */
#define POOL_BYTES (64u * 1024) /* what a pool asks the system for at a time */

struct free_block {
    struct free_block *next;
};

static struct pool {
    struct free_block *free; /* wiped */
    uint8_t *fresh;          /* never used yet */
    size_t left;             /* bytes at fresh */
} pools[CLASSES];

/* Pool c's is pool_locks[c % POOL_LOCKS]: a fork takes all, and checkers count how many one holds.
 */
#define POOL_LOCKS 16u
static pthread_mutex_t pool_locks[POOL_LOCKS] = { [0 ... POOL_LOCKS - 1] =
                                                      PTHREAD_MUTEX_INITIALIZER };

static pthread_mutex_t *lock_of(const struct pool *pool)
{
    return &pool_locks[(size_t)(pool - pools) % POOL_LOCKS];
}

static _Atomic size_t in_use;

static void *map_secret(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    (void)madvise(p, n, MADV_DONTDUMP); /* a kernel that cannot is no reason to refuse service */
    return p;
}

static void *from_pool(struct pool *pool, size_t block)
{
    void *p = NULL;

    pthread_mutex_lock(lock_of(pool));
    if (!pool->free && pool->left < block) {
        uint8_t *more = map_secret(POOL_BYTES);
        if (more) {
            pool->fresh = more;
            pool->left = POOL_BYTES;
        }
    }
    if (pool->free) {
        p = pool->free;
        pool->free = pool->free->next;
        explicit_bzero(p, sizeof(struct free_block));
    } else if (pool->left >= block) {
        p = pool->fresh;
        pool->fresh += block;
        pool->left -= block;
    }
    pthread_mutex_unlock(lock_of(pool));
    return p;
}

static void to_pool(struct pool *pool, void *p)
{
    struct free_block *block = p;

    pthread_mutex_lock(lock_of(pool));
    block->next = pool->free;
    pool->free = block;
    pthread_mutex_unlock(lock_of(pool));
}

void *mem_secret(size_t n)
{
    if (n > SIZE_MAX / 2)
        return NULL;
    size_t block = (n + sizeof(struct secret_head) + LINE - 1) / LINE * LINE;
    struct secret_head *head;

    if (!USE_POOL)
        head = calloc(1, block = n + sizeof *head);
    else if (block / LINE <= CLASSES)
        head = from_pool(&pools[block / LINE - 1], block);
    else
        head = map_secret(block);
    if (!head)
        return NULL;
    *head = (struct secret_head){ .size = n, .block = block };
    atomic_fetch_add_explicit(&in_use, block, memory_order_relaxed);
    return head + 1;
}

void mem_secret_free(void *p)
{
    if (!p)
        return;
    struct secret_head *head = (struct secret_head *)p - 1;
    size_t block = head->block;

    explicit_bzero(head, sizeof *head + head->size);
    atomic_fetch_sub_explicit(&in_use, block, memory_order_relaxed);
    if (!USE_POOL)
        free(head);
    else if (block / LINE <= CLASSES)
        to_pool(&pools[block / LINE - 1], head);
    else
        munmap(head, block);
}

size_t mem_secret_in_use(void)
{
    return atomic_load_explicit(&in_use, memory_order_relaxed);
}

/* --- forks ---------------------------------------------------------------------------------- */

void mem_before_fork(void)
{
    for (unsigned i = 0; i < SHARDS; i++)
        pthread_mutex_lock(&shards[i]);
    for (unsigned i = 0; i < POOL_LOCKS; i++)
        pthread_mutex_lock(&pool_locks[i]);
}

void mem_after_fork(void)
{
    for (unsigned i = 0; i < POOL_LOCKS; i++)
        pthread_mutex_unlock(&pool_locks[i]);
    for (unsigned i = 0; i < SHARDS; i++)
        pthread_mutex_unlock(&shards[i]);
}
