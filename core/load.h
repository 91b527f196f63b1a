/* SPDX-License-Identifier: Apache-2.0 */
/* load.h: from an entry of the manifest to a started package. */
#ifndef SSP_CORE_LOAD_H
#define SSP_CORE_LOAD_H

#include <stdbool.h>

#include "core/finding.h"
#include "core/manifest.h"
#include "sspi/package.h"

/*
 * Load the entry's module of that folder, hold it against what the manifest says, and start
 * the package: *calls is a copy of its table in which what the package does not have is NULL.
 * The entry must live until calls->stop.  A module once loaded stays, and is used again by the
 * next entry that names it, unless its file was replaced meanwhile: then the new one is loaded.
 * Errors: SEC_E_SECPKG_NOT_FOUND (no such file), SEC_E_CANNOT_INSTALL (owner or mode, pin, not
 * a module, ABI, name, capabilities, settings), SEC_E_INSUFFICIENT_MEMORY,
 * SEC_E_INTERNAL_ERROR (called from a module's entry), and what the package's start returns.
 */
SECURITY_STATUS load_package(const struct mfst_entry *entry, const char *folder,
                             struct findings *to, struct ssp_package *calls,
                             struct ssp_instance **instance);

/* Is what an earlier load_package loaded for the entry still what its file holds? */
bool load_is_current(const struct mfst_entry *entry, const char *folder);

/* Is this thread inside a module's entry function?  There other packages cannot be had. */
bool load_in_entry(void);

/* Around a fork, so that the child does not find the lock held by a thread it does not have. */
void load_before_fork(void);
void load_after_fork(void);

#endif
