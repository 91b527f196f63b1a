/* SPDX-License-Identifier: Apache-2.0 */
/* mock-stump.c: a module whose table is too short to hold a name. */
#include "sspi/package.h"

static const struct {
    uint32_t abi;
    uint32_t size;
} stump = { SSP_ABI, 8 };

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *host)
{
    static const struct ssp_package *packages[2];
    const void *table = &stump;

    (void)host;
    packages[0] = table;
    return packages;
}
