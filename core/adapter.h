/* SPDX-License-Identifier: Apache-2.0 */
/* adapter.h: a foreign SecurityFunctionTable seen as a package of ours. */
#ifndef SSP_CORE_ADAPTER_H
#define SSP_CORE_ADAPTER_H

#include "core/finding.h"
#include "core/manifest.h"
#include "sspi/package.h"

/* What a module that follows the provider convention exports; one of them may be NULL. */
struct adapter_entries {
    INIT_SECURITY_INTERFACE_W wide;
    INIT_SECURITY_INTERFACE_A narrow;
};

/*
 * Make a package of the one that the foreign table calls by the entry's setting "package"
 * (default: the entry's own name).  *instance is freed by calls->stop.
 * Errors: SEC_E_CANNOT_INSTALL (no table, no such package in it, not what the manifest says, a
 * wrong setting), SEC_E_INSUFFICIENT_MEMORY.
 */
SECURITY_STATUS adapter_open(const struct mfst_entry *entry, struct adapter_entries entries,
                             struct findings *to, struct ssp_package *calls,
                             struct ssp_instance **instance);

#endif
