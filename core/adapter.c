/* SPDX-License-Identifier: Apache-2.0 */
/* adapter.c: calls of ours onto a foreign SecurityFunctionTable. */
#include "config.h"

#include "core/adapter.h"

SECURITY_STATUS adapter_open(const struct mfst_entry *entry, struct adapter_entries entries,
                             struct findings *to, struct ssp_package *calls,
                             struct ssp_instance **instance)
{
    (void)entries;
    (void)calls;
    (void)instance;
    return finding_refuse(to, SEC_E_CANNOT_INSTALL, entry->path, entry->line, "not yet");
}
