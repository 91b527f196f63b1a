/* SPDX-License-Identifier: Apache-2.0 */
/* entry.c: the one symbol of the module. */
#include "config.h"

#include "plugins/tls/host.h"
#include "plugins/tls/tls.h"

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *host)
{
    static const struct ssp_package *const packages[] = { &tls_package, NULL };

    tls_host = host;
    return packages;
}
