/* SPDX-License-Identifier: Apache-2.0 */
/* context.c: what both sides of an exchange do alike: legs, the start of a session, queries. */
#include "config.h"

#include "plugins/common/bindings.h"
#include "plugins/common/utf16.h"
#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/ntlm.h"

static const char anonymous_name[] = "NT AUTHORITY\\ANONYMOUS LOGON"; /* as Windows calls it */

/* What a leg brings that later legs need as well. */
static void take_request(struct ssp_ctx *ctx, const struct ssp_step *step)
{
    ctx->requested |= step->requested;
    if (step->bindings && ctx->instance->bindings != NTLM_BINDINGS_OFF) {
        bindings_md5(step->bindings, ctx->bindings);
        ctx->has_bindings = true;
    }
}

static struct ssp_ctx *new_ctx(struct ssp_instance *instance, bool client)
{
    struct ssp_ctx *ctx = ntlm_host->secret_alloc(sizeof *ctx);

    if (ctx) {
        ctx->instance = instance;
        ctx->client = client;
    }
    return ctx;
}

/*
 * Run the leg that is due; only here does the state move.  Without memory a leg leaves the
 * context as it was, so that it may be run again (package.h).
 */
static SECURITY_STATUS run_due(const struct ntlm_leg *legs, struct ssp_cred *cred,
                               struct ssp_ctx *ctx, struct ssp_step *step)
{
    const struct ntlm_leg *leg = &legs[ctx->state];

    if (!leg->run)
        return refuse(SEC_E_OUT_OF_SEQUENCE, "no leg is due in state %d", ctx->state);
    take_request(ctx, step);
    SECURITY_STATUS status = leg->run(cred, ctx, step);
    if (status < 0)
        ntlm_host->token_clear(step->reply);
    if (status != SEC_E_INSUFFICIENT_MEMORY)
        ctx->state = status < 0 ? NTLM_FAILED : leg->next;
    if (ctx->state == NTLM_DONE)
        step->granted = ctx->granted;
    return status;
}

SECURITY_STATUS ntlm_run_leg(const struct ntlm_leg *legs, bool client, struct ssp_cred *cred,
                             struct ssp_ctx **ctx, struct ssp_step *step)
{
    struct ssp_ctx *fresh = NULL;

    if (*ctx && (*ctx)->client != client)
        return refuse(SEC_E_INVALID_HANDLE, "the context belongs to the other side");
    if (!*ctx) {
        fresh = new_ctx(cred->instance, client);
        if (!fresh)
            return SEC_E_INSUFFICIENT_MEMORY;
    }
    SECURITY_STATUS status = run_due(legs, cred, fresh ? fresh : *ctx, step);
    if (fresh && status >= 0)
        *ctx = fresh;
    else if (fresh)
        ntlm_delete_ctx(fresh);
    return status;
}

static void forget_handshake(struct ssp_ctx *ctx)
{
    ntlm_host->secret_free(ctx->sent);
    ctx->sent = NULL;
    ctx->sent_len = ctx->negotiate_len = 0;
}

void ntlm_delete_ctx(struct ssp_ctx *ctx)
{
    if (!ctx)
        return;
    forget_handshake(ctx);
    ntlm_host->secret_free(ctx->name);
    ntlm_host->secret_free((void *)(uintptr_t)ctx->target.data);
    ntlm_host->secret_free(ctx); /* wipes the session */
}

/* --- the session -------------------------------------------------------------------------- */

void ntlm_put_name(struct wire_out *out, struct span user, struct span domain)
{
    if (user.len == 0) {
        wire_put_span(out, span_str(anonymous_name));
        return;
    }
    if (domain.len > 0) {
        utf16_put_as_utf8(out, domain);
        wire_put_u8(out, '\\');
    }
    utf16_put_as_utf8(out, user);
}

static SECURITY_STATUS keep_name(struct ssp_ctx *ctx, struct span user, struct span domain)
{
    struct wire_out count = wire_out(NULL, 0);

    ntlm_put_name(&count, user, domain);
    char *name = ntlm_host->secret_alloc(count.len + 1);
    if (!name)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out out = wire_out(name, count.len);
    ntlm_put_name(&out, user, domain);
    ctx->name = name;
    ctx->name_len = out.len;
    return SEC_E_OK;
}

SECURITY_STATUS ntlm_keep_target(struct ssp_ctx *ctx, struct span utf16)
{
    uint8_t *copy = ntlm_host->secret_alloc(utf16.len + 1); /* never of 0 bytes */

    if (!copy)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (utf16.len > 0)
        memcpy(copy, utf16.data, utf16.len);
    ntlm_host->secret_free((void *)(uintptr_t)ctx->target.data);
    ctx->target = span_of(copy, utf16.len);
    return SEC_E_OK;
}

/* ISC_RET_* and ASC_RET_* differ from 0x1000 on; NTLM has no mutual authentication to grant. */
static uint32_t granted_of(bool client, uint32_t flags, bool anonymous)
{
    uint32_t granted = client ? ISC_RET_CONNECTION : ASC_RET_CONNECTION;

    if (flags & (NTLM_SIGN | NTLM_SEAL))
        granted |= client ? ISC_RET_INTEGRITY | ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT
                          : ASC_RET_INTEGRITY | ASC_RET_REPLAY_DETECT | ASC_RET_SEQUENCE_DETECT;
    if (flags & NTLM_SEAL)
        granted |= client ? ISC_RET_CONFIDENTIALITY : ASC_RET_CONFIDENTIALITY;
    if (flags & NTLM_IDENTIFY)
        granted |= client ? ISC_RET_IDENTIFY : ASC_RET_IDENTIFY;
    if (anonymous)
        granted |= client ? ISC_RET_NULL_SESSION : ASC_RET_NULL_SESSION;
    return granted;
}

SECURITY_STATUS ntlm_establish(struct ssp_ctx *ctx, uint32_t flags, const struct secret *key,
                               struct span user, struct span domain)
{
    SECURITY_STATUS status = keep_name(ctx, user, domain);

    if (status < 0)
        return status;
    ntlm_session_open(&ctx->session, flags, key, ctx->client);
    ctx->granted |= granted_of(ctx->client, flags, user.len == 0);
    ctx->since = ntlm_host->now();
    forget_handshake(ctx);
    return SEC_E_OK;
}

/* --- attributes --------------------------------------------------------------------------- */

/* A copy that FreeContextBuffer frees, with room for n more zero bytes; NULL: no memory. */
static void *give(struct span s, size_t n)
{
    uint8_t *copy = ntlm_host->alloc(s.len + n);

    if (copy && s.len > 0)
        memcpy(copy, s.data, s.len);
    return copy;
}

static SECURITY_STATUS query_sizes(struct ssp_ctx *ctx, void *buffer)
{
    uint32_t n = ntlm_session_signs(&ctx->session) ? NTLM_SIGNATURE_LEN : 0;

    *(SecPkgContext_Sizes *)buffer = (SecPkgContext_Sizes){ .cbMaxToken = NTLM_MAX_TOKEN,
                                                            .cbMaxSignature = n,
                                                            .cbSecurityTrailer = n };
    return SEC_E_OK;
}

static SECURITY_STATUS query_names(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_NamesA *names = buffer;

    if (memchr(ctx->name, '\0', ctx->name_len))
        return refuse(SEC_E_CANNOT_PACK, "the name holds a NUL and cannot be told as a string");
    names->sUserName = give(span_of(ctx->name, ctx->name_len), 1);
    return names->sUserName ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

static SECURITY_STATUS query_lifespan(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_Lifespan *span = buffer;

    span->tsStart.QuadPart = ctx->since;
    span->tsExpiry.QuadPart = INT64_MAX; /* never, as the step's expiry says */
    return SEC_E_OK;
}

static SECURITY_STATUS query_flags(struct ssp_ctx *ctx, void *buffer)
{
    ((SecPkgContext_Flags *)buffer)->Flags = ctx->granted;
    return SEC_E_OK;
}

static SECURITY_STATUS query_session_key(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_SessionKey *key = buffer;

    key->SessionKey = give(span_of(ctx->session.key, NTLM_KEY_LEN), 0);
    if (!key->SessionKey)
        return SEC_E_INSUFFICIENT_MEMORY;
    key->SessionKeyLength = NTLM_KEY_LEN;
    return SEC_E_OK;
}

/* The algorithm numbers are those of Kerberos for the same algorithms ([MS-KILE] 3.1.5.2). */
static SECURITY_STATUS query_key_info(struct ssp_ctx *ctx, void *buffer)
{
    SecPkgContext_KeyInfoA *info = buffer;
    char *sign = give(span_str("HMAC-MD5"), 1);
    char *seal = give(span_str("RC4"), 1);

    (void)ctx;
    if (!sign || !seal) {
        ntlm_host->release(sign);
        ntlm_host->release(seal);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    *info = (SecPkgContext_KeyInfoA){ .sSignatureAlgorithmName = sign,
                                      .sEncryptAlgorithmName = seal,
                                      .KeySize = 8 * NTLM_KEY_LEN,
                                      .SignatureAlgorithm = (uint32_t)-138, /* HMAC-MD5 */
                                      .EncryptAlgorithm = (uint32_t)-140 /* RC4 */ };
    return SEC_E_OK;
}

static SECURITY_STATUS query_target(struct ssp_ctx *ctx, void *buffer)
{
    struct wire_out count = wire_out(NULL, 0);

    utf16_put_as_utf8(&count, ctx->target);
    char *text = ntlm_host->alloc(count.len + 1);
    if (!text)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out out = wire_out(text, count.len);
    utf16_put_as_utf8(&out, ctx->target);
    if (strlen(text) != count.len) {
        ntlm_host->release(text);
        return refuse(SEC_E_CANNOT_PACK, "the name holds a NUL and cannot be told as a string");
    }
    /* The struct names UTF-16, but at this boundary text is char * (package.h). */
    ((SecPkgContext_ClientSpecifiedTarget *)buffer)->sTargetName = (SEC_WCHAR *)(void *)text;
    return SEC_E_OK;
}

/* Is the token that the client sent last its last one? */
static SECURITY_STATUS query_last_token(struct ssp_ctx *ctx, void *buffer)
{
    if (ctx->client)
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "only a server can tell");
    ((SecPkgContext_LastClientTokenStatus *)buffer)->LastClientTokenStatus =
        ctx->state == NTLM_DONE ? SecPkgAttrLastClientTokenYes : SecPkgAttrLastClientTokenNo;
    return SEC_E_OK;
}

static const struct {
    uint32_t attribute;
    SECURITY_STATUS (*query)(struct ssp_ctx *ctx, void *buffer);
} queries[] = {
    { SECPKG_ATTR_SIZES, query_sizes },
    { SECPKG_ATTR_NAMES, query_names },
    { SECPKG_ATTR_LIFESPAN, query_lifespan },
    { SECPKG_ATTR_KEY_INFO, query_key_info },
    { SECPKG_ATTR_SESSION_KEY, query_session_key },
    { SECPKG_ATTR_FLAGS, query_flags },
    { SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, query_target },
    { SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, query_last_token },
};

const uint32_t ntlm_early_attributes[NTLM_EARLY_ATTRIBUTES] = {
    SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS,
};

SECURITY_STATUS ntlm_query(struct ssp_ctx *ctx, uint32_t attribute, void *buffer, uint32_t size)
{
    (void)size;
    if (ctx->state != NTLM_DONE && attribute != SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS)
        return refuse(SEC_E_INVALID_HANDLE, "the context is not established");
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        if (queries[i].attribute == attribute)
            return queries[i].query(ctx, buffer);
    return refuse(SEC_E_UNSUPPORTED_FUNCTION, "attribute %u", attribute);
}
