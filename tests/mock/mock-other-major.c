/* SPDX-License-Identifier: Apache-2.0 */
/* mock-other-major.c: a module of another major version of the ABI. */
#include "sspi/package.h"

static const struct ssp_package newer = {
    .abi = (SSP_ABI_MAJOR + 1) << 16,
    .size = sizeof newer,
    .name = "Newer",
};

static const struct ssp_package *const packages[] = { &newer, NULL };

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *host)
{
    (void)host;
    return packages;
}
