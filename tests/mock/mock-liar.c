/* SPDX-License-Identifier: Apache-2.0 */
/* mock-liar.c: a module that is something else than its manifest says. */
#include "sspi/package.h"

static const char *const oids[] = { "1.2.3", NULL };

static const struct ssp_package liar = {
    .abi = SSP_ABI,
    .size = sizeof liar,
    .name = "Liar",
    .comment = "says one thing",
    .capabilities = SECPKG_FLAG_PRIVACY,
    .max_token = 100,
    .oids = oids,
};

static const struct ssp_package *const packages[] = { &liar, NULL };

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *host)
{
    (void)host;
    return packages;
}
