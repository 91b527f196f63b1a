/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.c: a package that does what its input token says, to try every path of the dispatcher.
 *
 * The first byte of a leg's token is an order, the rest is the reply; a client's first leg, which
 * has no token, is ordered by the target name.
 *
 *     c continue    o done    n complete needed    a complete and continue
 *     f refuse, reply as error token    i incomplete message    m out of memory
 *     b continue, with as many bytes as the rest says in decimal
 *     s sleep as many milliseconds, then continue
 *
 * Sealing turns each data byte over and writes "SEAL" into the token; signing writes "SIGN".
 *
 * A certificate's name is its content, one certificate for each letter; its key is the key's name,
 * and a password, if one is given, is "secret".
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sspi/package.h"

struct ssp_cred {
    uint32_t use;
};

struct ssp_ctx {
    uint32_t legs;
    bool initiator;
    bool completed;
};

static const struct ssp_host *host;

static SECURITY_STATUS acquire(struct ssp_instance *instance, struct ssp_acquire *a,
                               struct ssp_cred **cred)
{
    struct ssp_cred *c = host->secret_alloc(sizeof *c);

    (void)instance;
    if (!c)
        return SEC_E_INSUFFICIENT_MEMORY;
    c->use = a->use;
    *cred = c;
    return SEC_E_OK;
}

static void free_cred(struct ssp_cred *cred)
{
    host->secret_free(cred);
}

static SECURITY_STATUS reply(struct ssp_step *step, struct span bytes, SECURITY_STATUS status)
{
    uint8_t *room = bytes.len > 0 ? host->token_room(step->reply, bytes.len) : NULL;

    if (bytes.len > 0 && !room)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (room)
        memcpy(room, bytes.data, bytes.len);
    return status;
}

static long number(struct span text)
{
    char digits[16] = { 0 };

    memcpy(digits, text.data, text.len < 15 ? text.len : 15);
    return strtol(digits, NULL, 10);
}

static SECURITY_STATUS big_reply(struct ssp_step *step, size_t n)
{
    uint8_t *room = host->token_room(step->reply, n);

    if (!room)
        return SEC_E_INSUFFICIENT_MEMORY;
    for (size_t i = 0; i < n; i++)
        room[i] = (uint8_t)(i * 7);
    return SEC_I_CONTINUE_NEEDED;
}

static SECURITY_STATUS nap(long ms)
{
    const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
    return SEC_I_CONTINUE_NEEDED;
}

static SECURITY_STATUS obey(struct ssp_step *step, struct span order)
{
    struct span rest = { order.data + 1, order.len - 1 };
    SecBuffer *missing = ssp_buffer_find(step->in, SECBUFFER_EMPTY);

    switch (order.data[0]) {
    case 'c':
        return reply(step, rest, SEC_I_CONTINUE_NEEDED);
    case 'o':
        return reply(step, rest, SEC_E_OK);
    case 'n':
        return reply(step, rest, SEC_I_COMPLETE_NEEDED);
    case 'a':
        return reply(step, rest, SEC_I_COMPLETE_AND_CONTINUE);
    case 'f':
        (void)reply(step, rest, SEC_E_OK);
        return ssp_fail(host, SEC_E_LOGON_DENIED, "told to");
    case 'i':
        if (missing)
            *missing = (SecBuffer){ .BufferType = SECBUFFER_MISSING, .cbBuffer = 7 };
        return SEC_E_INCOMPLETE_MESSAGE;
    case 'm':
        return SEC_E_INSUFFICIENT_MEMORY;
    case 'b':
        return big_reply(step, (size_t)number(rest));
    case 's':
        return nap(number(rest));
    default:
        return ssp_fail(host, SEC_E_INVALID_TOKEN, "unknown order");
    }
}

static SECURITY_STATUS leg(struct ssp_ctx **ctx, struct ssp_step *step, bool initiator)
{
    struct span order = step->token.len > 0 ? step->token : step->target;

    if (order.len == 0)
        return ssp_fail(host, SEC_E_INVALID_TOKEN, "no order");
    if (!*ctx) {
        *ctx = host->secret_alloc(sizeof **ctx);
        if (!*ctx)
            return SEC_E_INSUFFICIENT_MEMORY;
        (*ctx)->initiator = initiator;
    }
    SECURITY_STATUS status = obey(step, order);
    if (status >= 0)
        (*ctx)->legs++;
    step->granted = initiator ? ISC_RET_INTEGRITY : ASC_RET_INTEGRITY;
    step->expiry = 42;
    return status;
}

static SECURITY_STATUS initiate(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step)
{
    (void)cred;
    return leg(ctx, step, true);
}

static SECURITY_STATUS accept_leg(struct ssp_cred *cred, struct ssp_ctx **ctx,
                                  struct ssp_step *step)
{
    (void)cred;
    return leg(ctx, step, false);
}

static SECURITY_STATUS complete(struct ssp_ctx *ctx, struct ssp_buffers token)
{
    SecBuffer *b = ssp_buffer_find(token, SECBUFFER_TOKEN);

    if (!b || b->cbBuffer == 0)
        return ssp_fail(host, SEC_E_INVALID_TOKEN, "no token to complete");
    *(uint8_t *)b->pvBuffer = '!';
    ctx->completed = true;
    return SEC_E_OK;
}

static void delete_ctx(struct ssp_ctx *ctx)
{
    host->secret_free(ctx);
}

static SECURITY_STATUS mark(struct ssp_buffers m, const char *word)
{
    SecBuffer *token = ssp_buffer_find(m, SECBUFFER_TOKEN);

    if (!token || token->cbBuffer < 4)
        return ssp_fail(host, SEC_E_BUFFER_TOO_SMALL, "no room for the mark");
    memcpy(token->pvBuffer, word, 4);
    token->cbBuffer = 4;
    return SEC_E_OK;
}

static SECURITY_STATUS check_mark(struct ssp_buffers m, const char *word)
{
    struct span token = ssp_buffer_span(ssp_buffer_find(m, SECBUFFER_TOKEN));

    return span_is(token, word, 4) ? SEC_E_OK
                                   : ssp_fail(host, SEC_E_MESSAGE_ALTERED, "not the mark");
}

static void turn_over(struct ssp_buffers m)
{
    for (uint32_t i = 0; i < m.count; i++) {
        uint8_t *p = m.all[i].pvBuffer;
        for (uint32_t k = 0; ssp_buffer_type(&m.all[i]) == SECBUFFER_DATA && k < m.all[i].cbBuffer;
             k++)
            p[k] = (uint8_t)~p[k];
    }
}

static SECURITY_STATUS sign(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq)
{
    (void)ctx, (void)qop, (void)seq;
    return mark(m, "SIGN");
}

static SECURITY_STATUS verify(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq,
                              uint32_t *qop)
{
    (void)ctx, (void)seq;
    *qop = 5;
    return check_mark(m, "SIGN");
}

static SECURITY_STATUS encrypt(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m,
                               uint32_t seq)
{
    (void)ctx, (void)qop, (void)seq;
    turn_over(m);
    return mark(m, "SEAL");
}

static SECURITY_STATUS decrypt(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq,
                               uint32_t *qop)
{
    (void)ctx, (void)seq;
    *qop = 6;
    turn_over(m);
    return check_mark(m, "SEAL");
}

static SECURITY_STATUS query(struct ssp_ctx *ctx, uint32_t attribute, void *buffer, uint32_t size)
{
    static const char name[] = "user \xc3\xa9"; /* e with acute */
    SecPkgContext_NamesA names;

    (void)ctx, (void)size;
    if (attribute == SECPKG_ATTR_SIZES) {
        *(SecPkgContext_Sizes *)buffer = (SecPkgContext_Sizes){ .cbMaxToken = 4096,
                                                                .cbMaxSignature = 4,
                                                                .cbSecurityTrailer = 4 };
        return SEC_E_OK;
    }
    if (attribute == SECPKG_ATTR_NAMES || attribute == SECPKG_ATTR_TARGET) {
        names.sUserName = host->alloc(sizeof name);
        if (!names.sUserName)
            return SEC_E_INSUFFICIENT_MEMORY;
        memcpy(names.sUserName, name, sizeof name);
        *(SecPkgContext_NamesA *)buffer = names;
        return SEC_E_OK;
    }
    return ssp_fail(host, SEC_E_UNSUPPORTED_FUNCTION, "attribute %u", attribute);
}

#define MOST_CERTIFICATES 8

static SECURITY_STATUS open_certificate(struct ssp_instance *instance, const char *certificate,
                                        const char *key, struct span password,
                                        const struct _CERT_CONTEXT **out)
{
    uint8_t der[MOST_CERTIFICATES][3];
    struct span all[MOST_CERTIFICATES];
    size_t n = 0;

    (void)instance;
    if (password.data && !span_is(password, "secret", 6))
        return ssp_fail(host, SEC_E_LOGON_DENIED, "not the password");
    for (; certificate[n] && n < MOST_CERTIFICATES; n++) {
        memcpy(der[n], (const uint8_t[]){ 0x30, 1, (uint8_t)certificate[n] }, sizeof der[n]);
        all[n] = span_of(der[n], sizeof der[n]);
    }
    return host->certificates_new(all, n, span_str(key), out);
}

static const uint32_t early[] = { SECPKG_ATTR_TARGET };

static const struct ssp_package script = {
    .abi = SSP_ABI,
    .size = sizeof script,
    .name = "Script",
    .comment = "Does as it is told",
    .capabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_CONNECTION,
    .version = 1,
    .rpc_id = SECPKG_ID_NONE,
    .max_token = 4096,
    .max_input = 8192,
    .early_attributes = early,
    .n_early_attributes = 1,
    .acquire = acquire,
    .free_cred = free_cred,
    .initiate = initiate,
    .accept = accept_leg,
    .complete = complete,
    .delete_ctx = delete_ctx,
    .sign = sign,
    .verify = verify,
    .encrypt = encrypt,
    .decrypt = decrypt,
    .query = query,
    .open_certificate = open_certificate,
};

/* The same under another name: a second package of one module. */
static struct ssp_package other;

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *h)
{
    static const struct ssp_package *const packages[] = { &script, &other, NULL };

    host = h;
    other = script;
    other.name = "Other";
    return packages;
}
