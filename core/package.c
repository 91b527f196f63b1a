/* SPDX-License-Identifier: Apache-2.0 */
/* package.c: loading a package once, whoever asks first, and stopping it after the last. */
#include "config.h"

#include "core/package.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/load.h"
#include "core/thread.h"
#include "core/trace.h"

enum stage { NEW, LOADING, READY, FAILED };

/* A thread, as far as it loads packages. */
struct loader {
    struct package_state *waits_for; /* NULL: it does not wait.  Under the lock */
};

/*
 * NEW to LOADING to READY or FAILED; out of memory leads from LOADING back to NEW.  READY and
 * FAILED are for good.  calls and instance of the package are written by the loader while
 * LOADING, and may be read by all once READY was seen.
 */
struct package_state {
    struct package shown; /* what others see */
    atomic_uint refs;
    atomic_int stage;
    atomic_bool enabled;        /* as the entry says, until pkg_enable */
    SECURITY_STATUS status;     /* FAILED: why.  Under the lock */
    struct loader *loader;      /* LOADING: who.  Under the lock */
    struct package_state *next; /* LOADING: the next one that is.  Under the lock */
    struct mfst_entry *entry;
    char *folder;
    char *module; /* its path */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t settled = PTHREAD_COND_INITIALIZER; /* some package is no more LOADING */
static struct package_state *loading;

static THREAD_LOCAL struct loader me;

/* --- making and freeing ---------------------------------------------------------------------- */

static void free_state(struct package_state *p)
{
    if (p) {
        free(p->folder);
        free(p->module);
    }
    free(p);
}

struct package *pkg_new(struct mfst_entry *entry, const char *folder, uint32_t default_max_token)
{
    struct package_state *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->folder = strdup(folder);
    if (asprintf(&p->module, "%s/%s", folder, entry->module ? entry->module : "") < 0)
        p->module = NULL;
    if (!p->folder || !p->module) {
        free_state(p);
        return NULL;
    }
    atomic_init(&p->refs, 1);
    atomic_init(&p->stage, NEW);
    atomic_init(&p->enabled, entry->enabled);
    p->entry = entry;
    p->shown = (struct package){
        .name = entry->name,
        .comment = entry->comment,
        .aliases = entry->aliases,
        .oids = entry->oids,
        .capabilities = entry->capabilities,
        .version = entry->version,
        .rpc_id = entry->rpc_id,
        .max_token = entry->has_max_token ? entry->max_token : default_max_token,
        .rank = entry->rank,
        .required = entry->required,
        .state = p,
    };
    return &p->shown;
}

void reg_hold(struct package *package)
{
    atomic_fetch_add_explicit(&package->state->refs, 1, memory_order_relaxed);
}

void reg_drop(struct package *package)
{
    struct package_state *p = package ? package->state : NULL;

    if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (atomic_load(&p->stage) == READY && p->shown.calls.stop)
        p->shown.calls.stop(p->shown.instance);
    mfst_free_entry(p->entry);
    free_state(p);
}

const struct mfst_entry *pkg_entry(const struct package *package)
{
    return package->state->entry;
}

bool pkg_is_enabled(const struct package *package)
{
    return atomic_load_explicit(&package->state->enabled, memory_order_relaxed);
}

void pkg_enable(struct package *package, bool enable)
{
    atomic_store_explicit(&package->state->enabled, enable, memory_order_relaxed);
}

const char *pkg_module(const struct package *package)
{
    return package->state->module;
}

bool pkg_is_loaded(const struct package *package)
{
    return atomic_load_explicit(&package->state->stage, memory_order_acquire) == READY;
}

SECURITY_STATUS pkg_status(const struct package *package)
{
    const struct package_state *p = package->state;
    SECURITY_STATUS status;

    if (p->entry->broken)
        return SEC_E_CANNOT_INSTALL;
    pthread_mutex_lock(&lock);
    status = atomic_load(&p->stage) == FAILED ? p->status : SEC_E_OK;
    pthread_mutex_unlock(&lock);
    return status;
}

bool pkg_may_stay(const struct package *package, const struct mfst_entry *entry, const char *folder,
                  uint32_t default_max_token)
{
    const struct package_state *p = package->state;
    int stage = atomic_load(&p->stage);

    if (!mfst_same_entry(p->entry, entry) || strcmp(p->folder, folder) != 0)
        return false;
    if (pkg_is_enabled(package) != entry->enabled)
        return false; /* it was switched for this process, which a reload undoes */
    if (!entry->has_max_token && p->shown.max_token != default_max_token)
        return false;
    return stage == NEW || stage == LOADING || (stage == READY && load_is_current(entry, folder));
}

/* --- loading --------------------------------------------------------------------------------- */

/* Would waiting for p be waiting for ourselves? */
static bool leads_to_me_locked(const struct package_state *p)
{
    while (p && p->loader && p->loader != &me)
        p = p->loader->waits_for;
    return p && p->loader == &me;
}

/* True: p is ours to load now.  Else *status is what became of it, or why we cannot wait. */
static bool claim_locked(struct package_state *p, SECURITY_STATUS *status)
{
    while (atomic_load(&p->stage) == LOADING) {
        if (leads_to_me_locked(p)) {
            *status = SEC_E_INTERNAL_ERROR;
            return false;
        }
        me.waits_for = p;
        pthread_cond_wait(&settled, &lock);
        me.waits_for = NULL;
    }
    if (atomic_load(&p->stage) != NEW) {
        *status = atomic_load(&p->stage) == READY ? SEC_E_OK : p->status;
        return false;
    }
    atomic_store(&p->stage, LOADING);
    p->loader = &me;
    p->next = loading;
    loading = p;
    return true;
}

static void settle(struct package_state *p, SECURITY_STATUS status)
{
    struct package_state **at = &loading;
    enum stage stage = status == SEC_E_OK                    ? READY
                       : status == SEC_E_INSUFFICIENT_MEMORY ? NEW
                                                             : FAILED;

    pthread_mutex_lock(&lock);
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    p->loader = NULL;
    p->status = status;
    atomic_store_explicit(&p->stage, stage, memory_order_release);
    pthread_cond_broadcast(&settled);
    pthread_mutex_unlock(&lock);
}

SECURITY_STATUS pkg_ready(struct package *package, struct findings *to)
{
    struct package_state *p = package->state;
    SECURITY_STATUS status = SEC_E_OK;
    bool mine;

    if (pkg_is_loaded(package))
        return SEC_E_OK;
    if (p->entry->broken)
        return trace_refuse(SEC_E_CANNOT_INSTALL, "package %s: its entry %s:%d is broken",
                            package->name, p->entry->path, p->entry->line);
    pthread_mutex_lock(&lock);
    mine = claim_locked(p, &status);
    pthread_mutex_unlock(&lock);
    if (mine) {
        status = load_package(p->entry, p->folder, to, &p->shown.calls, &p->shown.instance);
        settle(p, status);
    } else if (status == SEC_E_INTERNAL_ERROR) {
        (void)trace_refuse(status,
                           "package %s cannot be had: it is just starting, and waits for "
                           "who asks, or failed so before",
                           package->name);
    } else if (status != SEC_E_OK) {
        (void)trace_refuse(status, "package %s could not be loaded before", package->name);
    }
    return status;
}

/* --- forks ----------------------------------------------------------------------------------- */

void pkg_before_fork(void)
{
    pthread_mutex_lock(&lock);
}

/* The child has none of the other threads: what they were loading is to be begun again. */
void pkg_after_fork(bool in_child)
{
    struct package_state **at = &loading;

    while (in_child && *at) {
        struct package_state *p = *at;

        if (p->loader == &me) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        p->loader = NULL;
        atomic_store(&p->stage, NEW);
    }
    if (in_child)
        pthread_cond_init(&settled, NULL);
    pthread_mutex_unlock(&lock);
}
