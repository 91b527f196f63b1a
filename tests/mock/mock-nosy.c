/* SPDX-License-Identifier: Apache-2.0 */
/* mock-nosy.c: a module that asks for another package before it even told its own. */
#include "sspi/package.h"

static SECURITY_STATUS answer;

static SECURITY_STATUS account_each(struct ssp_instance *instance, ssp_account_fn *say, void *arg)
{
    (void)instance;
    say(arg, answer == SEC_E_INTERNAL_ERROR ? "refused" : "let by", false);
    return SEC_E_OK;
}

static const struct ssp_package nosy = {
    .abi = SSP_ABI,
    .size = sizeof nosy,
    .name = "Nosy",
    .comment = "asks too early",
    .account_each = account_each,
};

static const struct ssp_package *const packages[] = { &nosy, NULL };

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *host)
{
    struct ssp_use use;

    answer = host->package_find("Good", SECPKG_CRED_OUTBOUND, &use);
    if (answer == SEC_E_OK)
        host->package_drop(&use);
    return packages;
}
