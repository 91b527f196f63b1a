/* SPDX-License-Identifier: Apache-2.0 */
/* test-host.c: a host for tests. */
#include "config.h"

#include "plugins/tls/test-host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plugins/tls/host.h"
#include "sspi/schannel.h"

struct test_host test_host;

/* --- memory: the size stands in front, so that what is freed can be checked to be wiped ------ */

static void *take(size_t n)
{
    size_t count = __atomic_add_fetch(&test_host.allocations, 1, __ATOMIC_RELAXED), *p;

    if (test_host.fail_at != 0 && count >= test_host.fail_at)
        return NULL;
    p = calloc(1, 2 * sizeof *p + n); /* two: keeps the alignment */
    if (!p)
        return NULL;
    p[0] = n;
    __atomic_fetch_add(&test_host.live, 1, __ATOMIC_RELAXED);
    return p + 2;
}

static void forget(const void *p);

static void give_back(void *p)
{
    if (!p)
        return;
    forget(p);
    size_t *head = (size_t *)p - 2;
    explicit_bzero(head, 2 * sizeof *head + head[0]);
    free(head);
    __atomic_fetch_sub(&test_host.live, 1, __ATOMIC_RELAXED);
}

/* --- trace ----------------------------------------------------------------------------------- */

__attribute__((format(printf, 5, 6))) static SECURITY_STATUS
fail(const char *file, int line, const char *func, SECURITY_STATUS status, const char *fmt, ...)
{
    va_list args;

    (void)func;
    va_start(args, fmt);
    (void)vsnprintf(test_host.last, sizeof test_host.last, fmt, args);
    va_end(args);
    test_host.last_status = status;
    if (getenv("TEST_TRACE"))
        fprintf(stderr, "%s:%d: %#x %s\n", file, line, (unsigned)status, test_host.last);
    return status;
}

__attribute__((format(printf, 4, 5))) static void say(const char *file, int line, const char *func,
                                                      const char *fmt, ...)
{
    va_list args;
    char text[512];

    (void)func;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (getenv("TEST_TRACE"))
        fprintf(stderr, "%s:%d: %s\n", file, line, text);
}

static bool tracing(void)
{
    return test_host.tracing;
}

/* --- clock and chance ------------------------------------------------------------------------ */

static int64_t now(void)
{
    return test_host.now;
}

static uint64_t monotonic_ms(void)
{
    return test_host.monotonic_ms;
}

static SECURITY_STATUS random_bytes(void *p, size_t n)
{
    static uint32_t state = 1;
    uint8_t *at = p;

    for (; n > 0; n--)
        *at++ = (uint8_t)(__atomic_add_fetch(&state, 0x9e3779b9u, __ATOMIC_RELAXED) >> 24);
    return test_host.no_random ? SEC_E_INTERNAL_ERROR : SEC_E_OK;
}

/* --- settings -------------------------------------------------------------------------------- */

static const char *nth(const struct ssp_settings *s, const char *name, size_t n)
{
    for (const struct test_setting *t = s ? s->all : NULL; t && t->name; t++)
        if (strcmp(t->name, name) == 0 && n-- == 0)
            return t->text;
    return NULL;
}

static const char *setting_text(const struct ssp_settings *s, const char *name, const char *absent)
{
    const char *text = nth(s, name, 0);

    return text ? text : absent;
}

static int64_t setting_integer(const struct ssp_settings *s, const char *name, int64_t absent)
{
    const char *text = nth(s, name, 0);

    return text ? strtoll(text, NULL, 10) : absent;
}

static bool setting_boolean(const struct ssp_settings *s, const char *name, bool absent)
{
    const char *text = nth(s, name, 0);

    return text ? strcmp(text, "true") == 0 : absent;
}

static const char *setting_item(const struct ssp_settings *s, const char *name, size_t i)
{
    return nth(s, name, i);
}

static const struct ssp_settings *setting_object(const struct ssp_settings *s, const char *name)
{
    (void)s;
    (void)name;
    return NULL;
}

/* --- tokens ---------------------------------------------------------------------------------- */

static uint8_t *token_room(struct ssp_token *t, size_t n)
{
    uint8_t *more = take(t->len + n);

    if (!more)
        return NULL;
    if (t->len > 0)
        memcpy(more, t->data, t->len);
    give_back(t->data);
    t->data = more;
    t->len += n;
    return more + (t->len - n);
}

static void token_clear(struct ssp_token *t)
{
    give_back(t->data);
    t->data = NULL;
    t->len = 0;
}

static struct ssp_token *token_new(void)
{
    return take(sizeof(struct ssp_token));
}

static struct span token_span(const struct ssp_token *t)
{
    return span_of(t->data, t->len);
}

static void token_free(struct ssp_token *t)
{
    if (t)
        token_clear(t);
    give_back(t);
}

/* --- certificates ---------------------------------------------------------------------------- */

/* One block of memory; its hCertStore points to itself. */
struct certificates {
    CERT_CONTEXT shown;
    size_t n;
    struct span key;
    struct span der[];
};

static const void *ours[16]; /* those that are alive; what else the tests pass is not followed */

static const struct certificates *find_ours(const void *p)
{
    for (size_t i = 0; p && i < sizeof ours / sizeof *ours; i++)
        if (ours[i] == p)
            return p;
    return NULL;
}

static void forget(const void *p)
{
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (ours[i] == p)
            ours[i] = NULL;
}

static bool remember(const void *p)
{
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (!ours[i]) {
            ours[i] = p;
            return true;
        }
    return false;
}

static struct span put_bytes(struct wire_out *out, struct span s)
{
    size_t at = out->len;

    wire_put_span(out, s);
    return out->data && s.data ? span_of(out->data + at, s.len) : span_of(NULL, 0);
}

static SECURITY_STATUS certificates_new(const struct span *der, size_t n, struct span key,
                                        const CERT_CONTEXT **out)
{
    size_t fixed = sizeof(struct certificates) + n * sizeof *der, bytes = key.len;

    for (size_t i = 0; i < n; i++)
        bytes += der[i].len;
    struct certificates *c = n > 0 ? take(fixed + bytes) : NULL;
    if (!c)
        return n > 0 ? SEC_E_INSUFFICIENT_MEMORY : SEC_E_INVALID_PARAMETER;
    struct wire_out room = wire_out((uint8_t *)c + fixed, bytes);
    for (size_t i = 0; i < n; i++)
        c->der[i] = put_bytes(&room, der[i]);
    c->key = put_bytes(&room, key);
    c->n = n;
    c->shown = (CERT_CONTEXT){ .dwCertEncodingType = X509_ASN_ENCODING,
                               .pbCertEncoded = (uint8_t *)c + fixed,
                               .cbCertEncoded = (uint32_t)c->der[0].len,
                               .hCertStore = c };
    if (!remember(c)) {
        give_back(c);
        return SEC_E_INTERNAL_ERROR;
    }
    *out = &c->shown;
    return SEC_E_OK;
}

static struct span store_item(const void *store, size_t i)
{
    const struct certificates *c = find_ours(store);

    return c && i < c->n ? c->der[i] : span_of(NULL, 0);
}

static struct span certificate_item(const CERT_CONTEXT *certificate, size_t i)
{
    if (!find_ours(certificate) && i == 0)
        return span_of(certificate->pbCertEncoded, certificate->cbCertEncoded);
    return store_item(certificate, i);
}

static struct span certificate_key(const CERT_CONTEXT *certificate)
{
    const struct certificates *c = find_ours(certificate);

    return c ? c->key : span_of(NULL, 0);
}

void test_free_certificate(const CERT_CONTEXT *certificate)
{
    const struct certificates *c = find_ours(certificate);

    if (c)
        give_back(c->shown.hCertStore);
}

const struct ssp_host test_host_table = {
    .abi = SSP_ABI,
    .size = sizeof test_host_table,
    .alloc = take,
    .release = give_back,
    .secret_alloc = take,
    .secret_free = give_back,
    .fail = fail,
    .note = say,
    .tracing = tracing,
    .now = now,
    .monotonic_ms = monotonic_ms,
    .random = random_bytes,
    .setting_text = setting_text,
    .setting_integer = setting_integer,
    .setting_boolean = setting_boolean,
    .setting_item = setting_item,
    .setting_object = setting_object,
    .token_room = token_room,
    .token_clear = token_clear,
    .token_new = token_new,
    .token_span = token_span,
    .token_free = token_free,
    .certificates_new = certificates_new,
    .certificate_item = certificate_item,
    .store_item = store_item,
    .certificate_key = certificate_key,
};

void test_host_open(void)
{
    test_host = (struct test_host){ .now = TEST_NOW, .monotonic_ms = 1, .tracing = true };
    tls_host = &test_host_table;
}
