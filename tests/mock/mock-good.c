/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mock-good.c: a module with nothing wrong, whose package tells what happened to it: its
 * "accounts" are the settings it was started with and how often it was started and stopped.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sspi/package.h"

static const struct ssp_host *host;
static atomic_int starts, stops;

struct ssp_instance {
    const struct ssp_settings *settings;
    struct ssp_use needed;
};

static SECURITY_STATUS start(const struct ssp_settings *settings, struct ssp_instance **instance)
{
    const char *how = host->setting_text(settings, "start", "well");
    const char *needs = host->setting_text(settings, "needs", NULL);
    struct ssp_instance *made;

    starts++;
    if (strcmp(how, "badly") == 0)
        return ssp_fail(host, SEC_E_NO_CREDENTIALS, "the settings say so");
    if (strcmp(how, "poorly") == 0 || (strcmp(how, "poorly at first") == 0 && starts == 1))
        return SEC_E_INSUFFICIENT_MEMORY;
    made = calloc(1, sizeof *made);
    if (!made)
        return SEC_E_INSUFFICIENT_MEMORY;
    made->settings = settings;
    if (needs) {
        SECURITY_STATUS status = host->package_find(needs, SECPKG_CRED_OUTBOUND, &made->needed);
        if (status != SEC_E_OK) {
            free(made);
            return status;
        }
    }
    *instance = made;
    return SEC_E_OK;
}

static void stop(struct ssp_instance *instance)
{
    stops++;
    if (instance->needed.calls)
        host->package_drop(&instance->needed);
    free(instance);
}

static SECURITY_STATUS account_each(struct ssp_instance *instance, ssp_account_fn *say, void *arg)
{
    const struct ssp_settings *inner = host->setting_object(instance->settings, "inner");
    char line[128];

    snprintf(line, sizeof line, "starts %d stops %d", starts, stops);
    say(arg, line, false);
    snprintf(line, sizeof line, "number %lld",
             (long long)host->setting_integer(instance->settings, "number", -1));
    say(arg, line, false);
    snprintf(line, sizeof line, "flag %d", host->setting_boolean(instance->settings, "flag", true));
    say(arg, line, false);
    for (size_t i = 0; host->setting_item(instance->settings, "list", i); i++)
        say(arg, host->setting_item(instance->settings, "list", i), false);
    say(arg, host->setting_text(inner, "text", "nothing inside"), false);
    return SEC_E_OK;
}

static const char *const ways[] = { "well", "badly", "poorly", "poorly at first", NULL };
static const char *const oids[] = { "1.2.3.4", "2.25.77", NULL };

static const struct ssp_setting settings[] = {
    { .name = "start", .type = SSP_TEXT, .doc = "how to start", .choices = ways },
    { .name = "needs", .type = SSP_TEXT, .doc = "a package to use" },
    { .name = "number", .type = SSP_INTEGER, .doc = "any from 1 to 10", .min = 1, .max = 10 },
    { .name = "free", .type = SSP_INTEGER, .doc = "any" },
    { .name = "flag", .type = SSP_BOOLEAN, .doc = "yes or no" },
    { .name = "list", .type = SSP_LIST, .doc = "some words" },
    { .name = "inner", .type = SSP_OBJECT, .doc = "more" },
    { .name = NULL },
};

static const struct ssp_package good = {
    .abi = SSP_ABI,
    .size = sizeof good,
    .name = "Good",
    .comment = "a mock",
    .capabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_CONNECTION,
    .version = 1,
    .rpc_id = SECPKG_ID_NONE,
    .max_token = 4000,
    .oids = oids,
    .settings = settings,
    .start = start,
    .stop = stop,
    .account_each = account_each,
};

static const struct ssp_package *const packages[] = { &good, NULL };

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *services)
{
    host = services;
    return packages;
}
