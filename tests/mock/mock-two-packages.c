/* SPDX-License-Identifier: Apache-2.0 */
/* mock-two-packages.c: one module, two packages, and a count of how often it was asked. */
#include "sspi/package.h"

static int asked;

static SECURITY_STATUS account_each(struct ssp_instance *instance, ssp_account_fn *say, void *arg)
{
    (void)instance;
    say(arg, asked == 1 ? "asked once" : "asked more than once", false);
    return SEC_E_OK;
}

static const struct ssp_package first = {
    .abi = SSP_ABI,
    .size = sizeof first,
    .name = "First",
    .comment = "the first of two",
    .max_token = 1,
    .account_each = account_each,
};

static const struct ssp_package second = {
    .abi = SSP_ABI,
    .size = sizeof second,
    .name = "Second",
    .comment = "the second of two",
    .max_token = 2,
    .account_each = account_each,
};

static const struct ssp_package *const packages[] = { &first, &second, NULL };

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *host)
{
    (void)host;
    asked++;
    return packages;
}
