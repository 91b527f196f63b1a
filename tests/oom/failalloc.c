/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failalloc.c: memory that runs out when a test says so.  Loaded with LD_PRELOAD; what it offers
 * to the test is in failalloc.h.
 *
 * It stands in for the C library's allocators, so that what jansson, libltdl, the loader and the
 * C library itself allocate on our behalf fails as well.  Only the thread that armed it is hit.
 */
#include "config.h"

#include "tests/oom/failalloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMES 24
#define EXPORTED __attribute__((visibility("default")))

/* The C library's own, under the names that it keeps for stand-ins like this. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);
void __libc_free(void *p);

typedef void *mmap_fn(void *, size_t, int, int, int, off_t);

/* --- when to fail ---------------------------------------------------------------------------- */

/* The model is for what is loaded at the start: reading these allocates nothing. */
static __thread struct {
    bool armed, busy, forever;
    unsigned long due, seen, failed;
} me __attribute__((tls_model("initial-exec")));

static struct {
    int n;
    void *frames[FRAMES];
} failure;

static bool fails(void)
{
    if (!me.armed || me.busy)
        return false;
    me.seen++;
    if (me.due == 0 || me.seen < me.due || (me.seen > me.due && !me.forever))
        return false;
    if (me.failed++ == 0) {
        me.busy = true;
        failure.n = backtrace(failure.frames, FRAMES);
        me.busy = false;
    }
    errno = ENOMEM;
    return true;
}

EXPORTED void oom_arm(unsigned long due, int forever)
{
    me.due = due;
    me.forever = forever != 0;
    me.seen = me.failed = 0;
    me.armed = true;
}

EXPORTED unsigned long oom_disarm(unsigned long *failed)
{
    me.armed = false;
    if (failed)
        *failed = me.failed;
    return me.seen;
}

EXPORTED void oom_tell_failure(int fd)
{
    backtrace_symbols_fd(failure.frames, failure.n, fd);
}

/* --- what is not given back ------------------------------------------------------------------ */

struct block {
    void *p; /* NULL: never used; GONE: freed */
    size_t size;
};

#define BLOCKS 32768u /* a power of 2 */
#define GONE ((void *)blocks)

static struct block blocks[BLOCKS];
static struct trace {
    int n;
    void *frames[FRAMES];
} traces[BLOCKS]; /* of the block in the same place; touched only if traces are wanted */
static struct code {
    uintptr_t from, size;
} loader, ltdl; /* where theirs is */
static atomic_bool marked, traced;
static atomic_flag held = ATOMIC_FLAG_INIT;
static size_t live, lost; /* lost: not recorded, the table was full */

static void lock(void)
{
    while (atomic_flag_test_and_set_explicit(&held, memory_order_acquire))
        ;
}

static void unlock(void)
{
    atomic_flag_clear_explicit(&held, memory_order_release);
}

/* p's own record; else, if free is wanted, one that can be had. */
static struct block *find(void *p, bool want_free)
{
    size_t at = ((uintptr_t)p >> 4) * 0x9e3779b1u;
    struct block *spare = NULL;

    for (size_t i = 0; i < BLOCKS; i++) {
        struct block *b = &blocks[(at + i) % BLOCKS];
        if (b->p == p)
            return b;
        if (b->p == GONE && !spare)
            spare = b;
        if (!b->p)
            return want_free ? (spare ? spare : b) : NULL;
    }
    return want_free ? spare : NULL;
}

static bool is_in(const void *p, const struct code *code)
{
    return (uintptr_t)p - code->from < code->size;
}

/*
 * The system's loader keeps what it has of a library that it loaded in part, and libltdl (2.4.7)
 * loses some of its own when lt_dlinit or lt_dlopen has no memory: neither is a loss of ours.
 * caller: who called the stand-in.
 */
static void *came(void *p, size_t size, const void *caller)
{
    struct trace trace = { 0 };

    if (!p || me.busy || !atomic_load_explicit(&marked, memory_order_relaxed) ||
        is_in(caller, &loader) || is_in(caller, &ltdl))
        return p;
    if (atomic_load_explicit(&traced, memory_order_relaxed)) {
        me.busy = true;
        trace.n = backtrace(trace.frames, FRAMES);
        me.busy = false;
    }
    lock();
    struct block *b = find(p, true);
    if (b)
        *b = (struct block){ .p = p, .size = size };
    else
        lost++;
    if (b && trace.n > 0)
        traces[b - blocks] = trace;
    live++;
    unlock();
    return p;
}

static void went(void *p)
{
    if (!p || !atomic_load_explicit(&marked, memory_order_relaxed))
        return;
    lock();
    struct block *b = find(p, false);
    if (b) {
        b->p = GONE;
        live--;
    }
    unlock();
}

EXPORTED void oom_mark(int with_traces)
{
    lock();
    memset(blocks, 0, sizeof blocks);
    live = lost = 0;
    atomic_store(&traced, with_traces != 0);
    atomic_store(&marked, true);
    unlock();
}

EXPORTED size_t oom_live(void)
{
    return live + lost;
}

static void tell(int fd, const char *text)
{
    size_t n = strlen(text);

    if (write(fd, text, n) < 0)
        return;
}

EXPORTED void oom_tell_live(int fd)
{
    int left = 8; /* blocks to tell of */

    for (size_t i = 0; i < BLOCKS && left > 0 && atomic_load(&traced); i++) {
        if (!blocks[i].p || blocks[i].p == GONE)
            continue;
        tell(fd, "# a block that was not freed:\n");
        backtrace_symbols_fd(traces[i].frames, traces[i].n, fd);
        left--;
    }
}

/* --- the stand-ins --------------------------------------------------------------------------- */

static mmap_fn *real_mmap;

static int find_code(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct code code = { .from = info->dlpi_addr };

    (void)size, (void)arg;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD)
            code.size = info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
    if (info->dlpi_addr == getauxval(AT_BASE))
        loader = code;
    else if (strstr(info->dlpi_name, "/libltdl.so"))
        ltdl = code;
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    void *frames[2];
    void *symbol = dlsym(RTLD_NEXT, "mmap");

    memcpy(&real_mmap, &symbol, sizeof symbol);
    (void)backtrace(frames, 2); /* the first call loads a library */
    (void)dl_iterate_phdr(find_code, NULL);
}

EXPORTED void *malloc(size_t n)
{
    return fails() ? NULL : came(__libc_malloc(n), n, __builtin_return_address(0));
}

EXPORTED void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : came(__libc_calloc(n, size), n * size, __builtin_return_address(0));
}

EXPORTED void *realloc(void *p, size_t n)
{
    if (fails())
        return NULL;
    void *to = __libc_realloc(p, n);
    if (to || n == 0)
        went(p);
    return came(to, n, __builtin_return_address(0));
}

EXPORTED void *reallocarray(void *p, size_t n, size_t size)
{
    if (size > 0 && n > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, n * size);
}

EXPORTED void *memalign(size_t alignment, size_t n)
{
    return fails() ? NULL : came(__libc_memalign(alignment, n), n, __builtin_return_address(0));
}

EXPORTED void *aligned_alloc(size_t alignment, size_t n)
{
    return memalign(alignment, n);
}

EXPORTED int posix_memalign(void **out, size_t alignment, size_t n)
{
    int saved = errno;
    void *p = memalign(alignment, n);

    errno = saved;
    if (!p)
        return ENOMEM;
    *out = p;
    return 0;
}

EXPORTED void free(void *p)
{
    went(p);
    __libc_free(p);
}

EXPORTED void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
    return flags & MAP_ANONYMOUS && fails() ? MAP_FAILED
                                            : real_mmap(at, n, protection, flags, fd, offset);
}

#if defined(__LP64__)
EXPORTED void *mmap64(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
    return mmap(at, n, protection, flags, fd, offset);
}
#endif
