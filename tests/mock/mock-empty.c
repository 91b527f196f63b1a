/* SPDX-License-Identifier: Apache-2.0 */
/* mock-empty.c: a module that, asked for its packages, gives nothing. */
#include "sspi/package.h"

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *host)
{
    (void)host;
    return NULL;
}
