/* SPDX-License-Identifier: Apache-2.0 */
/* host.c: the services that packages are handed. */
#include "config.h"

#include "core/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/certificate.h"
#include "core/clock.h"
#include "core/identity.h"
#include "core/memory.h"
#include "core/registry.h"
#include "core/settings.h"
#include "core/trace.h"

static void release_result(void *p)
{
    (void)mem_result_free(p);
}

static SECURITY_STATUS random_bytes(void *p, size_t n)
{
    uint8_t *at = p;

    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return trace_refuse(SEC_E_INTERNAL_ERROR, "no random bytes: %s", strerror(errno));
        at += got;
        n -= (size_t)got;
    }
    return SEC_E_OK;
}

/* --- tokens ---------------------------------------------------------------------------------- */

static bool grow(struct ssp_token *t, size_t need)
{
    size_t cap = t->cap > need / 2 ? 2 * t->cap : need;
    uint8_t *more = mem_result(cap < 256 ? 256 : cap);

    if (!more)
        return false;
    if (t->len > 0)
        memcpy(more, t->data, t->len);
    if (t->own)
        release_result(t->data);
    t->data = more;
    t->cap = cap < 256 ? 256 : cap;
    t->own = true;
    return true;
}

static uint8_t *token_room(struct ssp_token *t, size_t n)
{
    bool fits = n <= SIZE_MAX / 4 - t->len && (t->limit == 0 || n <= t->limit - t->len);

    if (!fits || (n > t->cap - t->len && !grow(t, t->len + n))) {
        t->failed = true;
        return NULL;
    }
    t->len += n;
    return t->data + (t->len - n);
}

static void token_clear(struct ssp_token *t)
{
    t->len = 0;
    t->failed = false;
}

static struct ssp_token *token_new(void)
{
    return calloc(1, sizeof(struct ssp_token));
}

static struct span token_span(const struct ssp_token *t)
{
    return span_of(t->data, t->len);
}

void token_reset(struct ssp_token *t)
{
    if (t->own)
        release_result(t->data);
    *t = (struct ssp_token){ .limit = t->limit };
}

static void token_free(struct ssp_token *t)
{
    if (t)
        token_reset(t);
    free(t);
}

/* --- other packages -------------------------------------------------------------------------- */

static SECURITY_STATUS package_find(const char *name, uint32_t use, struct ssp_use *out)
{
    struct package *package;
    SECURITY_STATUS status = reg_find(span_str(name), use, &package);

    if (status != SEC_E_OK)
        return status;
    *out = (struct ssp_use){
        .calls = &package->calls, .instance = package->instance, .held = package
    };
    return SEC_E_OK;
}

static void package_drop(struct ssp_use *use)
{
    reg_drop(use->held);
    *use = (struct ssp_use){ 0 };
}

struct each {
    bool (*say)(void *arg, const struct ssp_package_facts *facts);
    void *arg;
};

static bool say_facts(void *arg, struct package *package)
{
    const struct each *each = arg;
    const struct ssp_package_facts facts = {
        .size = sizeof facts,
        .name = package->name,
        .capabilities = package->capabilities,
        .oids = package->oids,
        .rank = package->rank,
        .required = package->required,
    };

    return each->say(each->arg, &facts);
}

static void package_each(bool (*say)(void *arg, const struct ssp_package_facts *facts), void *arg)
{
    struct each each = { .say = say, .arg = arg };

    (void)reg_each(say_facts, &each);
}

const struct ssp_host host_table = {
    .abi = SSP_ABI,
    .size = sizeof host_table,
    .alloc = mem_result,
    .release = release_result,
    .secret_alloc = mem_secret,
    .secret_free = mem_secret_free,
    .fail = trace_fail,
    .note = trace_note,
    .tracing = trace_on,
    .now = clock_filetime,
    .monotonic_ms = clock_monotonic_ms,
    .random = random_bytes,
    .setting_text = settings_text,
    .setting_integer = settings_integer,
    .setting_boolean = settings_boolean,
    .setting_item = settings_item,
    .setting_object = settings_object,
    .token_room = token_room,
    .token_clear = token_clear,
    .token_new = token_new,
    .token_span = token_span,
    .token_free = token_free,
    .identity_parse = ident_parse,
    .identity_free = ident_free,
    .package_find = package_find,
    .package_drop = package_drop,
    .package_each = package_each,
    .certificates_new = cert_new,
    .certificate_item = cert_item,
    .store_item = cert_store_item,
    .certificate_key = cert_key,
};
