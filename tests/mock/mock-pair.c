/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mock-pair.c: two packages that may need one another to start, and take their time about it, so
 * that two threads can meet inside.
 */
#include <stdlib.h>
#include <time.h>

#include "sspi/package.h"

static const struct ssp_host *host;

struct ssp_instance {
    struct ssp_use needed;
};

static SECURITY_STATUS start(const struct ssp_settings *settings, struct ssp_instance **instance)
{
    const char *needs = host->setting_text(settings, "needs", NULL);
    int64_t ms = host->setting_integer(settings, "pause_ms", 0);
    const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    struct ssp_instance *made = calloc(1, sizeof *made);
    SECURITY_STATUS status = SEC_E_OK;

    if (!made)
        return SEC_E_INSUFFICIENT_MEMORY;
    nanosleep(&pause, NULL);
    if (needs)
        status = host->package_find(needs, SECPKG_CRED_OUTBOUND, &made->needed);
    if (status != SEC_E_OK)
        free(made);
    else
        *instance = made;
    return status;
}

static void stop(struct ssp_instance *instance)
{
    if (instance->needed.calls)
        host->package_drop(&instance->needed);
    free(instance);
}

static const struct ssp_setting settings[] = {
    { .name = "needs", .type = SSP_TEXT, .doc = "a package to use" },
    { .name = "pause_ms", .type = SSP_INTEGER, .doc = "how long to wait before that" },
    { .name = NULL },
};

static const struct ssp_package left = {
    .abi = SSP_ABI,
    .size = sizeof left,
    .name = "Left",
    .settings = settings,
    .start = start,
    .stop = stop,
};

static const struct ssp_package right = {
    .abi = SSP_ABI,
    .size = sizeof right,
    .name = "Right",
    .settings = settings,
    .start = start,
    .stop = stop,
};

static const struct ssp_package *const packages[] = { &left, &right, NULL };

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *services)
{
    host = services;
    return packages;
}
