/* SPDX-License-Identifier: Apache-2.0 */
/* entry.c: the one symbol of the module. */
#include "config.h"

#include "plugins/ntlm/host.h"
#include "plugins/ntlm/ntlm.h"

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *host)
{
    static const struct ssp_package *const packages[] = { &ntlm_package, NULL };

    ntlm_host = host;
    return packages;
}
