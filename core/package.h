/* SPDX-License-Identifier: Apache-2.0 */
/* package.h: one package of the registry, from its entry to its end. */
#ifndef SSP_CORE_PACKAGE_H
#define SSP_CORE_PACKAGE_H

#include <stdbool.h>

#include "core/finding.h"
#include "core/manifest.h"
#include "core/registry.h"

/*
 * A package of the entry, which it takes over; held once, by the caller.  NULL: no memory, and
 * the entry is still the caller's.  reg_hold and reg_drop count it.
 */
struct package *pkg_new(struct mfst_entry *entry, const char *folder, uint32_t default_max_token);

/*
 * Load and start it, if that is not done.  Threads that come meanwhile wait.  A failure stays
 * and is given to all who come later, but for SEC_E_INSUFFICIENT_MEMORY, which is tried again.
 * Packages that need one another to start get SEC_E_INTERNAL_ERROR instead of waiting forever.
 * Errors: those of load_package.
 */
SECURITY_STATUS pkg_ready(struct package *package, struct findings *to);

const struct mfst_entry *pkg_entry(const struct package *package);
/* As the entry says, unless it was switched on or off for this process. */
bool pkg_is_enabled(const struct package *package);
void pkg_enable(struct package *package, bool enable);
/* The module's path, for people. */
const char *pkg_module(const struct package *package);
bool pkg_is_loaded(const struct package *package);
/* What the last attempt to load gave; SEC_E_OK if there was none. */
SECURITY_STATUS pkg_status(const struct package *package);

/* Can this object go on under a manifest with that entry, module folder and default? */
bool pkg_may_stay(const struct package *package, const struct mfst_entry *entry, const char *folder,
                  uint32_t default_max_token);

/* For registry.c's fork handlers; see there for the order. */
void pkg_before_fork(void);
void pkg_after_fork(bool in_child);

#endif
