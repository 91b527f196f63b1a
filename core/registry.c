/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c: the packages of the manifest that is in force.
 *
 * What one reading of the manifest gave is a struct registry: never changed, counted, replaced
 * as a whole.  Who works with it holds it, so a reload disturbs nobody.
 */
#include "config.h"

#include "core/registry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/halfopen.h"
#include "core/handle.h"
#include "core/load.h"
#include "core/manifest.h"
#include "core/memory.h"
#include "core/package.h"
#include "core/policy.h"
#include "core/text.h"
#include "core/trace.h"
#include "sspi/sspix.h"

#define LOOK_AGAIN_MS 1000u

struct registry {
    atomic_uint refs;
    SECURITY_STATUS status; /* not SEC_E_OK: sspi.json cannot be used, there are no packages */
    bool follow;            /* look whether the files changed */
    size_t count;
    struct package *all[]; /* each held; by rank, the highest first */
};

/*
 * Locks, in the order in which one may be taken while another is held, which is also the order
 * around a fork: reload_lock (one reads the manifest at a time), that of load.c, that of
 * package.c, current_lock (for a moment, to take or swap the pointer); last those that nothing
 * is taken under: halfopen.c's, handle.c's, memory.c's.
 */
static pthread_mutex_t reload_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t current_lock = PTHREAD_MUTEX_INITIALIZER;
static struct registry *current;

static _Atomic uint64_t looked_at_ms; /* when the files were last looked at */
static uint64_t seen_stamp;           /* what they were then; 0: not known.  Under reload_lock */

static atomic_bool limits_known;
static struct {
    atomic_uint handshake_timeout_ms, max_half_open, max_legs, max_token;
} limits = { 30000, 10000, 64, 65536 };

/* --- forks ----------------------------------------------------------------------------------- */

static void before_fork(void)
{
    pthread_mutex_lock(&reload_lock);
    load_before_fork();
    pkg_before_fork();
    pthread_mutex_lock(&current_lock);
    half_before_fork();
    hnd_before_fork();
    mem_before_fork();
}

static void after_fork(bool in_child)
{
    mem_after_fork();
    hnd_after_fork();
    half_after_fork();
    pthread_mutex_unlock(&current_lock);
    pkg_after_fork(in_child);
    load_after_fork();
    pthread_mutex_unlock(&reload_lock);
}

static void after_fork_in_parent(void)
{
    after_fork(false);
}

static void after_fork_in_child(void)
{
    after_fork(true);
}

static void watch_forks(void)
{
    if (pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) != 0)
        trace_say("no memory to guard against forks");
}

void reg_guard_forks(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, watch_forks);
}

/* --- holding --------------------------------------------------------------------------------- */

static struct registry *hold_current(void)
{
    struct registry *r;

    pthread_mutex_lock(&current_lock);
    r = current;
    if (r)
        atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
    pthread_mutex_unlock(&current_lock);
    return r;
}

static void drop(struct registry *r)
{
    if (!r || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < r->count; i++)
        reg_drop(r->all[i]);
    free(r);
}

/* Puts r in force; gives what was, for the caller to drop when it holds no lock. */
static struct registry *swap_current(struct registry *r)
{
    struct registry *old;

    pthread_mutex_lock(&current_lock);
    old = current;
    current = r;
    pthread_mutex_unlock(&current_lock);
    return old;
}

/* --- building -------------------------------------------------------------------------------- */

static struct registry *new_registry(size_t room)
{
    struct registry *r = calloc(1, sizeof *r + room * sizeof(struct package *));

    if (r)
        atomic_init(&r->refs, 1);
    return r;
}

/* After those of the same rank: what was read first comes first. */
static void insert_by_rank(struct registry *r, struct package *package)
{
    size_t i = r->count++;

    for (; i > 0 && r->all[i - 1]->rank < package->rank; i--)
        r->all[i] = r->all[i - 1];
    r->all[i] = package;
}

/* The old object of the entry, held once more, if nothing that matters changed. */
static struct package *keep_old(const struct registry *old, const struct mfst_entry *entry,
                                const struct manifest *m)
{
    for (size_t i = 0; old && i < old->count; i++) {
        struct package *p = old->all[i];

        if (pkg_may_stay(p, entry, m->module_folder, m->limits.max_token)) {
            reg_hold(p);
            return p;
        }
    }
    return NULL;
}

/* The packages of m, which loses those entries that became packages. */
static struct registry *build(struct manifest *m, const struct registry *old)
{
    struct registry *r = new_registry(m->count);

    for (size_t i = 0; r && i < m->count; i++) {
        struct package *package = keep_old(old, m->entries[i], m);

        if (!package) {
            package = pkg_new(m->entries[i], m->module_folder, m->limits.max_token);
            if (!package) {
                drop(r);
                return NULL;
            }
            m->entries[i] = NULL;
        }
        insert_by_rank(r, package);
    }
    if (r)
        r->follow = m->follow;
    return r;
}

static void publish_limits(const struct reg_limits *l)
{
    atomic_store_explicit(&limits.handshake_timeout_ms, l->handshake_timeout_ms,
                          memory_order_relaxed);
    atomic_store_explicit(&limits.max_half_open, l->max_half_open, memory_order_relaxed);
    atomic_store_explicit(&limits.max_legs, l->max_legs, memory_order_relaxed);
    atomic_store_explicit(&limits.max_token, l->max_token, memory_order_relaxed);
}

static SECURITY_STATUS read_into(struct manifest *m, const struct registry *before,
                                 struct registry **out)
{
    SECURITY_STATUS status;

    trace_open(m->trace);
    status = mfst_read_packages(m, NULL);
    if (status != SEC_E_OK)
        return status;
    *out = build(m, before);
    return *out ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

/*
 * Read the manifest and put it in force.  If sspi.json cannot be used, what is in force stays;
 * if nothing is, that there is nothing is put in force, so that not every call reads it again.
 * *old is what is no more in force.
 */
static SECURITY_STATUS read_manifest_locked(struct registry **old)
{
    struct registry *before = hold_current(), *r = NULL;
    struct manifest m = { 0 };
    SECURITY_STATUS status = mfst_read_main(mfst_root(), NULL, &m);

    if (status == SEC_E_OK)
        status = read_into(&m, before, &r);
    if (status == SEC_E_OK)
        publish_limits(&m.limits);
    else if (status == SEC_E_CANNOT_INSTALL && !before && (r = new_registry(0)))
        r->status = status;
    if (r) {
        *old = swap_current(r);
        atomic_store_explicit(&limits_known, true, memory_order_release);
    }
    mfst_free(&m);
    drop(before);
    return status;
}

/* --- taking ---------------------------------------------------------------------------------- */

static bool is_time_to_look(void)
{
    uint64_t now = clock_monotonic_ms();
    uint64_t last = atomic_load_explicit(&looked_at_ms, memory_order_relaxed);

    return now - last >= LOOK_AGAIN_MS && atomic_compare_exchange_strong(&looked_at_ms, &last, now);
}

/* Read again if the files changed.  Another thread that is at it suffices. */
static void follow_files(void)
{
    struct registry *old = NULL;
    uint64_t stamp;

    if (!is_time_to_look() || pthread_mutex_trylock(&reload_lock) != 0)
        return;
    /* Before the reading: a change during it shows in the next stamp. */
    stamp = mfst_stamp(mfst_root());
    if (stamp != seen_stamp) {
        seen_stamp = stamp;
        (void)read_manifest_locked(&old);
    }
    pthread_mutex_unlock(&reload_lock);
    drop(old);
}

/* Read for the first time, if no other thread did meanwhile. */
static SECURITY_STATUS read_first(void)
{
    struct registry *old = NULL, *r;
    SECURITY_STATUS status = SEC_E_OK;

    reg_guard_forks();
    pthread_mutex_lock(&reload_lock);
    r = hold_current();
    if (!r) {
        atomic_store(&looked_at_ms, clock_monotonic_ms());
        status = read_manifest_locked(&old);
    }
    pthread_mutex_unlock(&reload_lock);
    drop(r);
    drop(old);
    return status == SEC_E_CANNOT_INSTALL ? SEC_E_OK : status; /* the registry tells that */
}

/* The registry in force, held. */
static SECURITY_STATUS take(struct registry **out)
{
    struct registry *r = hold_current();

    if (r && (r->follow || r->status != SEC_E_OK)) {
        follow_files();
        drop(r);
        r = hold_current();
    }
    if (!r) {
        SECURITY_STATUS status = read_first();
        if (status != SEC_E_OK)
            return status;
        r = hold_current();
    }
    if (!r)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (r->status != SEC_E_OK) {
        SECURITY_STATUS status = r->status;
        drop(r);
        return trace_refuse(status, "there are no packages: the manifest cannot be used");
    }
    *out = r;
    return SEC_E_OK;
}

SECURITY_STATUS reg_reload(void)
{
    struct registry *old = NULL;
    SECURITY_STATUS status;

    reg_guard_forks();
    pthread_mutex_lock(&reload_lock);
    seen_stamp = 0;
    status = read_manifest_locked(&old);
    pthread_mutex_unlock(&reload_lock);
    drop(old);
    return status;
}

SECURITY_STATUS sspi_reload(void)
{
    return reg_reload();
}

/* --- finding --------------------------------------------------------------------------------- */

static bool has_alias(const struct package *p, struct span name)
{
    for (size_t i = 0; p->aliases[i]; i++)
        if (text_same_name(span_str(p->aliases[i]), name))
            return true;
    return false;
}

/*
 * Several packages may speak one mechanism: the highest rank that is in use has it.  A broken
 * package keeps its mechanism only if it is required.
 */
static bool has_oid(const struct package *p, struct span name)
{
    const struct mfst_entry *e = pkg_entry(p);

    if (!pkg_is_enabled(p) || (e->broken && !e->required))
        return false;
    for (size_t i = 0; p->oids[i]; i++)
        if (span_eq(span_str(p->oids[i]), name))
            return true;
    return false;
}

static struct package *find(const struct registry *r, struct span name)
{
    for (size_t i = 0; i < r->count; i++)
        if (text_same_name(span_str(r->all[i]->name), name))
            return r->all[i];
    for (size_t i = 0; i < r->count; i++)
        if (has_alias(r->all[i], name))
            return r->all[i];
    for (size_t i = 0; i < r->count; i++)
        if (has_oid(r->all[i], name))
            return r->all[i];
    return NULL;
}

static SECURITY_STATUS check_use(const struct package *p, struct span name, uint32_t use)
{
    int n = name.len < 256 ? (int)name.len : 256;

    if (!p)
        return trace_refuse(SEC_E_SECPKG_NOT_FOUND, "no package is called '%.*s'", n,
                            (const char *)name.data);
    if (!pkg_is_enabled(p))
        return trace_refuse(SEC_E_SECPKG_NOT_FOUND, "package %s (%s:%d) is disabled", p->name,
                            pkg_entry(p)->path, pkg_entry(p)->line);
    if (!policy_allows(pkg_entry(p), use))
        return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION,
                            "%s:%d does not allow this program to use package %s so (use %u)",
                            pkg_entry(p)->path, pkg_entry(p)->line, p->name, use);
    return SEC_E_OK;
}

static SECURITY_STATUS find_and_hold(struct span name, uint32_t use, struct package **out)
{
    struct registry *r;
    struct package *p;
    SECURITY_STATUS status;

    if (load_in_entry())
        return trace_refuse(SEC_E_INTERNAL_ERROR, "a module's entry asks for another package");
    if (name.len == 0)
        return trace_refuse(SEC_E_SECPKG_NOT_FOUND, "a package was asked for without a name");
    status = take(&r);
    if (status != SEC_E_OK)
        return status;
    p = find(r, name);
    status = check_use(p, name, use);
    if (status == SEC_E_OK) {
        reg_hold(p);
        *out = p;
    }
    drop(r);
    return status;
}

SECURITY_STATUS reg_peek(struct span name, struct package **out)
{
    struct package *p = NULL;
    SECURITY_STATUS status = find_and_hold(name, 0, &p);

    if (status == SEC_E_OK && pkg_entry(p)->broken) {
        reg_drop(p);
        return trace_refuse(SEC_E_CANNOT_INSTALL, "the entry of %.*s is broken", (int)name.len,
                            (const char *)name.data);
    }
    if (status == SEC_E_OK)
        *out = p;
    return status;
}

SECURITY_STATUS reg_find(struct span name, uint32_t use, struct package **out)
{
    struct package *p = NULL;
    SECURITY_STATUS status = find_and_hold(name, use, &p);

    if (status != SEC_E_OK)
        return status;
    status = pkg_ready(p, NULL);
    if (status == SEC_E_OK)
        *out = p;
    else
        reg_drop(p);
    return status;
}

SECURITY_STATUS reg_enable(struct span name, bool enable)
{
    struct registry *r;
    SECURITY_STATUS status =
        load_in_entry() ? trace_refuse(SEC_E_INTERNAL_ERROR, "a module's entry switches packages")
                        : take(&r);

    if (status != SEC_E_OK)
        return status;
    struct package *p = name.len > 0 ? find(r, name) : NULL;
    if (p)
        pkg_enable(p, enable);
    else
        status = trace_refuse(SEC_E_SECPKG_NOT_FOUND, "no such package to switch");
    drop(r);
    return status;
}

/* --- telling --------------------------------------------------------------------------------- */

static bool is_offered(const struct package *p)
{
    const struct mfst_entry *e = pkg_entry(p);

    /* A broken one that is required is told, so that who requires it learns that it fails. */
    return pkg_is_enabled(p) && (!e->broken || e->required) && policy_allows(e, 0);
}

static SECURITY_STATUS each(bool any, bool (*say)(void *arg, struct package *package), void *arg)
{
    struct registry *r;
    SECURITY_STATUS status;

    if (load_in_entry())
        return trace_refuse(SEC_E_INTERNAL_ERROR, "a module's entry asks for other packages");
    status = take(&r);
    if (status != SEC_E_OK)
        return status;
    for (size_t i = 0; i < r->count; i++)
        if ((any || is_offered(r->all[i])) && !say(arg, r->all[i]))
            break;
    drop(r);
    return SEC_E_OK;
}

SECURITY_STATUS reg_each(bool (*say)(void *arg, struct package *package), void *arg)
{
    return each(false, say, arg);
}

SECURITY_STATUS reg_each_any(bool (*say)(void *arg, struct package *package), void *arg)
{
    return each(true, say, arg);
}

struct reg_limits reg_limits(void)
{
    struct registry *r;

    if (!atomic_load_explicit(&limits_known, memory_order_acquire) && take(&r) == SEC_E_OK)
        drop(r);
    return (struct reg_limits){
        .handshake_timeout_ms =
            atomic_load_explicit(&limits.handshake_timeout_ms, memory_order_relaxed),
        .max_half_open = atomic_load_explicit(&limits.max_half_open, memory_order_relaxed),
        .max_legs = atomic_load_explicit(&limits.max_legs, memory_order_relaxed),
        .max_token = atomic_load_explicit(&limits.max_token, memory_order_relaxed),
    };
}
