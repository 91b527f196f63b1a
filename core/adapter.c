/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adapter.c: calls of ours onto a foreign SecurityFunctionTable.
 *
 * Between the two lie: text (UTF-8 here, UTF-16 or what the A calls take there), who allocates
 * (results are copied into our memory and given back to their owner), and the token's buffer
 * (one of the package's stated size for each leg).  Buffers of messages go through untouched.
 */
#define SSPI_NO_ULONG_COMPAT
#include "config.h"

#include "core/adapter.h"

#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "core/memory.h"
#include "core/settings.h"
#include "core/text.h"
#include "core/trace.h"
#include "sspi/schannel.h"

/* Room for the largest answer that is handed on, SecPkgContext_CipherInfo. */
#define ANSWER_MAX 1024
#define TOKEN_MAX (1u << 24)

/* The two tables differ in the types of some arguments, never in where a member is. */
union table {
    SecurityFunctionTableW w;
    SecurityFunctionTableA a;
};

_Static_assert(sizeof(SecurityFunctionTableW) == sizeof(SecurityFunctionTableA) &&
                   offsetof(SecurityFunctionTableW, DecryptMessage) ==
                       offsetof(SecurityFunctionTableA, DecryptMessage),
               "the tables are of one shape");

struct ssp_instance {
    union table t; /* what the table's version does not reach is NULL */
    bool wide;     /* the W table */
    bool raw;      /* pAuthData goes through as the application gave it */
    void *name;    /* the foreign package's, as foreign text */
    char *comment;
    uint32_t max_token;
};

struct ssp_cred {
    struct ssp_instance *in;
    CredHandle h;
};

struct ssp_ctx {
    struct ssp_instance *in;
    CtxtHandle h;
};

static const struct ssp_setting settings[] = {
    { .name = "package",
      .type = SSP_TEXT,
      .doc = "the package's name in the module's table; the entry's own if absent" },
    { .name = "raw_auth_data",
      .type = SSP_BOOLEAN,
      .doc = "pAuthData is no identity: pass it on unread (false)" },
    { .name = "table_version",
      .type = SSP_INTEGER,
      .doc = "how far the module's table reaches, where its dwVersion says too little",
      .min = 1,
      .max = 5 },
    { .name = NULL },
};

/* --- text ------------------------------------------------------------------------------------ */

/*
 * The text as the foreign table takes it, ended, in secret memory since it may be a password.
 * Text that was not given stays NULL.  *chars may be asked for.
 */
static SECURITY_STATUS foreign_text(const struct ssp_instance *in, struct span s, void **out,
                                    uint32_t *chars)
{
    size_t n = in->wide ? text_to_utf16(s, NULL) : s.len;
    uint8_t *text;

    *out = NULL;
    if (chars)
        *chars = 0;
    if (!s.data)
        return SEC_E_OK;
    if (n > UINT32_MAX / 4)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "text that is not UTF-8, or too long");
    text = mem_secret((n + 1) * sizeof(SEC_WCHAR)); /* zeroed: it ends by itself */
    if (!text)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (in->wide)
        (void)text_to_utf16(s, (SEC_WCHAR *)(void *)text);
    else if (n > 0)
        memcpy(text, s.data, n);
    if (chars)
        *chars = (uint32_t)n;
    *out = text;
    return SEC_E_OK;
}

/* Foreign text as ours, in memory that the application will free; NULL stays NULL. */
static SECURITY_STATUS own_text(const struct ssp_instance *in, const void *text, char **out)
{
    size_t units = in->wide ? text_wlen(text) : text ? strlen(text) : 0;
    size_t n = in->wide ? text_from_utf16(text, units, NULL) : units;
    char *copy;

    *out = NULL;
    if (!text)
        return SEC_E_OK;
    copy = mem_result(n + 1);
    if (!copy)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (in->wide)
        (void)text_from_utf16(text, units, copy);
    else if (n > 0)
        memcpy(copy, text, n);
    *out = copy;
    return SEC_E_OK;
}

static void foreign_free(const struct ssp_instance *in, void *p)
{
    if (p && in->t.w.FreeContextBuffer)
        (void)in->t.w.FreeContextBuffer(p);
}

/* A foreign refusal, said once: what the other side does not trace is at least seen here. */
static SECURITY_STATUS from_foreign(const char *call, SECURITY_STATUS status)
{
    return status < 0 ? trace_refuse(status, "the foreign %s says so", call) : status;
}

/* --- credentials ----------------------------------------------------------------------------- */

/* Of one shape in both forms; the flag tells which. */
struct identity {
    SEC_WINNT_AUTH_IDENTITY_W w;
    void *user, *domain, *password; /* secret memory */
};

static void free_identity(struct identity *id)
{
    mem_secret_free(id->user);
    mem_secret_free(id->domain);
    mem_secret_free(id->password);
    *id = (struct identity){ 0 };
}

static SECURITY_STATUS make_identity(const struct ssp_instance *in, const struct ssp_identity *from,
                                     struct identity *id)
{
    uint32_t user = 0, domain = 0, password = 0;
    SECURITY_STATUS status = foreign_text(in, from->user, &id->user, &user);

    if (status == SEC_E_OK)
        status = foreign_text(in, from->domain, &id->domain, &domain);
    if (status == SEC_E_OK)
        status = foreign_text(in, from->password, &id->password, &password);
    id->w = (SEC_WINNT_AUTH_IDENTITY_W){
        .User = id->user,
        .UserLength = user,
        .Domain = id->domain,
        .DomainLength = domain,
        .Password = id->password,
        .PasswordLength = password,
        .Flags = from->flags |
                 (in->wide ? SEC_WINNT_AUTH_IDENTITY_UNICODE : SEC_WINNT_AUTH_IDENTITY_ANSI),
    };
    return status;
}

static SECURITY_STATUS call_acquire(const struct ssp_instance *in, void *principal,
                                    struct ssp_acquire *a, void *auth, CredHandle *h)
{
    TimeStamp expiry = { 0 };
    SECURITY_STATUS status =
        in->wide ? in->t.w.AcquireCredentialsHandleW(principal, in->name, a->use, NULL, auth, NULL,
                                                     NULL, h, &expiry)
                 : in->t.a.AcquireCredentialsHandleA(principal, in->name, a->use, NULL, auth, NULL,
                                                     NULL, h, &expiry);

    if (status >= 0 && expiry.QuadPart > 0)
        a->expiry = expiry.QuadPart;
    return from_foreign("AcquireCredentialsHandle", status);
}

/* The caller's pAuthData, which the foreign call does not change though its type says it may. */
static void *raw_auth_data(const struct ssp_acquire *a)
{
    return (void *)(uintptr_t)a->raw;
}

static SECURITY_STATUS acquire(struct ssp_instance *in, struct ssp_acquire *a,
                               struct ssp_cred **cred)
{
    struct ssp_cred *made = calloc(1, sizeof *made);
    struct identity id = { 0 };
    void *principal = NULL, *auth = NULL;
    SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;

    if (made) {
        made->in = in;
        status = foreign_text(in, a->principal, &principal, NULL);
    }
    if (status == SEC_E_OK && in->raw) {
        auth = raw_auth_data(a);
    } else if (status == SEC_E_OK && a->identity) {
        status = make_identity(in, a->identity, &id);
        auth = &id.w;
    }
    if (status == SEC_E_OK)
        status = call_acquire(in, principal, a, auth, &made->h);
    if (status >= 0)
        *cred = made;
    else
        free(made);
    mem_secret_free(principal);
    free_identity(&id);
    return status;
}

static void free_cred(struct ssp_cred *cred)
{
    if (cred->in->t.w.FreeCredentialsHandle)
        (void)cred->in->t.w.FreeCredentialsHandle(&cred->h);
    free(cred);
}

/* --- what answers are made of ---------------------------------------------------------------- */

enum what { NOTHING, TEXT, INFO, BYTES32 /* as many as the number says */ };

struct pointer {
    enum what what;
    uint16_t at;
    uint16_t length_at; /* BYTES32 */
};

/* An attribute's struct: how long it is and which of its members are pointers. */
struct layout {
    uint32_t attribute;
    uint16_t size;
    struct pointer pointers[2];
};

#define FLAT(attribute, type)                                                                      \
    {                                                                                              \
        (attribute), sizeof(type),                                                                 \
        {                                                                                          \
            {                                                                                      \
                NOTHING, 0, 0                                                                      \
            }                                                                                      \
        }                                                                                          \
    }
#define POINTER(what, type, member)                                                                \
    {                                                                                              \
        (what), offsetof(type, member), 0                                                          \
    }
#define COUNTED(type, member, length)                                                              \
    {                                                                                              \
        BYTES32, offsetof(type, member), offsetof(type, length)                                    \
    }

static const struct layout context_layouts[] = {
    FLAT(SECPKG_ATTR_SIZES, SecPkgContext_Sizes),
    FLAT(SECPKG_ATTR_LIFESPAN, SecPkgContext_Lifespan),
    FLAT(SECPKG_ATTR_STREAM_SIZES, SecPkgContext_StreamSizes),
    FLAT(SECPKG_ATTR_PASSWORD_EXPIRY, SecPkgContext_PasswordExpiry),
    FLAT(SECPKG_ATTR_USER_FLAGS, SecPkgContext_UserFlags),
    FLAT(SECPKG_ATTR_FLAGS, SecPkgContext_Flags),
    FLAT(SECPKG_ATTR_LOGOFF_TIME, SecPkgContext_LogoffTime),
    FLAT(SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, SecPkgContext_LastClientTokenStatus),
    FLAT(SECPKG_ATTR_NEGO_STATUS, SecPkgContext_NegoStatus),
    FLAT(SECPKG_ATTR_APPLICATION_PROTOCOL, SecPkgContext_ApplicationProtocol),
    FLAT(SECPKG_ATTR_CONNECTION_INFO, SecPkgContext_ConnectionInfo),
    FLAT(SECPKG_ATTR_CIPHER_INFO, SecPkgContext_CipherInfo),
    { SECPKG_ATTR_NAMES,
      sizeof(SecPkgContext_NamesA),
      { POINTER(TEXT, SecPkgContext_NamesA, sUserName) } },
    { SECPKG_ATTR_KEY_INFO,
      sizeof(SecPkgContext_KeyInfoA),
      { POINTER(TEXT, SecPkgContext_KeyInfoA, sSignatureAlgorithmName),
        POINTER(TEXT, SecPkgContext_KeyInfoA, sEncryptAlgorithmName) } },
    { SECPKG_ATTR_AUTHORITY,
      sizeof(SecPkgContext_AuthorityA),
      { POINTER(TEXT, SecPkgContext_AuthorityA, sAuthorityName) } },
    { SECPKG_ATTR_PROTO_INFO,
      sizeof(SecPkgContext_ProtoInfoA),
      { POINTER(TEXT, SecPkgContext_ProtoInfoA, sProtocolName) } },
    { SECPKG_ATTR_NATIVE_NAMES,
      sizeof(SecPkgContext_NativeNamesA),
      { POINTER(TEXT, SecPkgContext_NativeNamesA, sClientName),
        POINTER(TEXT, SecPkgContext_NativeNamesA, sServerName) } },
    { SECPKG_ATTR_CREDENTIAL_NAME,
      sizeof(SecPkgContext_CredentialNameA),
      { POINTER(TEXT, SecPkgContext_CredentialNameA, sCredentialName) } },
    { SECPKG_ATTR_CLIENT_SPECIFIED_TARGET,
      sizeof(SecPkgContext_ClientSpecifiedTarget),
      { POINTER(TEXT, SecPkgContext_ClientSpecifiedTarget, sTargetName) } },
    { SECPKG_ATTR_PACKAGE_INFO,
      sizeof(SecPkgContext_PackageInfoA),
      { POINTER(INFO, SecPkgContext_PackageInfoA, PackageInfo) } },
    { SECPKG_ATTR_NEGOTIATION_INFO,
      sizeof(SecPkgContext_NegotiationInfoA),
      { POINTER(INFO, SecPkgContext_NegotiationInfoA, PackageInfo) } },
    { SECPKG_ATTR_SESSION_KEY,
      sizeof(SecPkgContext_SessionKey),
      { COUNTED(SecPkgContext_SessionKey, SessionKey, SessionKeyLength) } },
    { SECPKG_ATTR_TARGET_INFORMATION,
      sizeof(SecPkgContext_TargetInformation),
      { COUNTED(SecPkgContext_TargetInformation, MarshalledTargetInfo,
                MarshalledTargetInfoLength) } },
    { SECPKG_ATTR_TARGET,
      sizeof(SecPkgContext_Target),
      { COUNTED(SecPkgContext_Target, Target, TargetLength) } },
    { SECPKG_ATTR_UNIQUE_BINDINGS,
      sizeof(SecPkgContext_Bindings),
      { COUNTED(SecPkgContext_Bindings, Bindings, BindingsLength) } },
    { SECPKG_ATTR_ENDPOINT_BINDINGS,
      sizeof(SecPkgContext_Bindings),
      { COUNTED(SecPkgContext_Bindings, Bindings, BindingsLength) } },
};

static const struct layout credential_layouts[] = {
    { SECPKG_CRED_ATTR_NAMES,
      sizeof(SecPkgCredentials_NamesA),
      { POINTER(TEXT, SecPkgCredentials_NamesA, sUserName) } },
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const struct layout *find_layout(const struct layout *list, size_t n, uint32_t attribute)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].attribute == attribute)
            return &list[i];
    return NULL;
}

/* A foreign SecPkgInfo as ours, with its strings in the same allocation. */
static SECURITY_STATUS own_info(const struct ssp_instance *in, const SecPkgInfoA *from, void **out)
{
    char *name = NULL, *comment = NULL;
    SecPkgInfoA *info = NULL;
    SECURITY_STATUS status;

    *out = NULL;
    if (!from)
        return SEC_E_OK;
    status = own_text(in, from->Name, &name);
    if (status == SEC_E_OK)
        status = own_text(in, from->Comment, &comment);
    if (status == SEC_E_OK) {
        size_t n = strlen(name ? name : "") + 1, m = strlen(comment ? comment : "") + 1;
        info = mem_result(sizeof *info + n + m);
        if (info) {
            *info = *from;
            info->Name = memcpy(info + 1, name ? name : "", n);
            info->Comment = memcpy((char *)(info + 1) + n, comment ? comment : "", m);
        } else {
            status = SEC_E_INSUFFICIENT_MEMORY;
        }
    }
    (void)mem_result_free(name);
    (void)mem_result_free(comment);
    *out = info;
    return status;
}

static SECURITY_STATUS own_bytes(const void *from, uint32_t n, void **out)
{
    *out = NULL;
    if (!from)
        return SEC_E_OK;
    *out = mem_result(n);
    if (!*out)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (n > 0)
        memcpy(*out, from, n);
    return SEC_E_OK;
}

/* One pointer of an answer, from the owner's memory into the application's. */
static SECURITY_STATUS own_pointer(const struct ssp_instance *in, const struct pointer *p,
                                   uint8_t *answer)
{
    void *theirs, *ours = NULL;
    char *text = NULL;
    uint32_t n = 0;
    SECURITY_STATUS status = SEC_E_OK;

    memcpy(&theirs, answer + p->at, sizeof theirs);
    if (p->what == TEXT) {
        status = own_text(in, theirs, &text);
        ours = text;
    } else if (p->what == INFO) {
        status = own_info(in, theirs, &ours);
    } else {
        memcpy(&n, answer + p->length_at, sizeof n);
        status = own_bytes(theirs, n, &ours);
    }
    foreign_free(in, theirs);
    memcpy(answer + p->at, &ours, sizeof ours);
    return status;
}

static void free_pointers(const struct layout *l, const uint8_t *answer)
{
    for (size_t i = 0; i < COUNT(l->pointers) && l->pointers[i].what != NOTHING; i++) {
        void *p;
        memcpy(&p, answer + l->pointers[i].at, sizeof p);
        (void)mem_result_free(p);
    }
}

/* The whole answer goes out, or nothing of it. */
static SECURITY_STATUS own_answer(const struct ssp_instance *in, const struct layout *l,
                                  uint8_t *answer, void *buffer)
{
    SECURITY_STATUS status = SEC_E_OK;

    for (size_t i = 0; i < COUNT(l->pointers) && l->pointers[i].what != NOTHING; i++) {
        SECURITY_STATUS one = own_pointer(in, &l->pointers[i], answer);
        status = one != SEC_E_OK ? one : status;
    }
    if (status == SEC_E_OK)
        memcpy(buffer, answer, l->size);
    else
        free_pointers(l, answer);
    return status;
}

static SECURITY_STATUS query_cred(struct ssp_cred *cred, uint32_t attribute, void *buffer)
{
    const struct layout *l = find_layout(credential_layouts, COUNT(credential_layouts), attribute);
    _Alignas(max_align_t) uint8_t answer[ANSWER_MAX] = { 0 };
    SECURITY_STATUS status;

    if (!l)
        return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "attribute %u of foreign credentials",
                            attribute);
    status = cred->in->wide
                 ? cred->in->t.w.QueryCredentialsAttributesW(&cred->h, attribute, answer)
                 : cred->in->t.a.QueryCredentialsAttributesA(&cred->h, attribute, answer);
    if (status < 0)
        return from_foreign("QueryCredentialsAttributes", status);
    return own_answer(cred->in, l, answer, buffer);
}

static SECURITY_STATUS set_cred(struct ssp_cred *cred, uint32_t attribute, const void *buffer,
                                uint32_t size)
{
    void *bytes = (void *)(uintptr_t)buffer;

    return from_foreign(
        "SetCredentialsAttributes",
        cred->in->wide ? cred->in->t.w.SetCredentialsAttributesW(&cred->h, attribute, bytes, size)
                       : cred->in->t.a.SetCredentialsAttributesA(&cred->h, attribute, bytes, size));
}

static SECURITY_STATUS query(struct ssp_ctx *ctx, uint32_t attribute, void *buffer, uint32_t size)
{
    const struct layout *l = find_layout(context_layouts, COUNT(context_layouts), attribute);
    _Alignas(max_align_t) uint8_t answer[ANSWER_MAX] = { 0 };
    SECURITY_STATUS status;

    if (!l)
        return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "attribute %u of a foreign context",
                            attribute);
    if (size != 0 && size < l->size)
        return trace_refuse(SEC_E_BUFFER_TOO_SMALL, "attribute %u takes %u bytes", attribute,
                            l->size);
    status = ctx->in->wide ? ctx->in->t.w.QueryContextAttributesW(&ctx->h, attribute, answer)
                           : ctx->in->t.a.QueryContextAttributesA(&ctx->h, attribute, answer);
    if (status < 0)
        return from_foreign("QueryContextAttributes", status);
    return own_answer(ctx->in, l, answer, buffer);
}

static SECURITY_STATUS set(struct ssp_ctx *ctx, uint32_t attribute, const void *buffer,
                           uint32_t size)
{
    void *bytes = (void *)(uintptr_t)buffer;

    return from_foreign("SetContextAttributes",
                        ctx->in->wide
                            ? ctx->in->t.w.SetContextAttributesW(&ctx->h, attribute, bytes, size)
                            : ctx->in->t.a.SetContextAttributesA(&ctx->h, attribute, bytes, size));
}

/* --- the exchange ---------------------------------------------------------------------------- */

static SecBufferDesc desc_of(struct ssp_buffers b)
{
    return (
        SecBufferDesc){ .ulVersion = SECBUFFER_VERSION, .cBuffers = b.count, .pBuffers = b.all };
}

/* One leg, while it is made. */
struct leg {
    struct ssp_ctx *ctx;
    bool first;
    SecBuffer token; /* one byte longer than any token of the package */
    SecBufferDesc in, out;
    CtxtHandle next;
    SSPI_ULONG_OUT granted;
    TimeStamp expiry;
};

static SECURITY_STATUS begin_leg(struct leg *leg, struct ssp_instance *in, struct ssp_ctx *ctx,
                                 struct ssp_step *step)
{
    *leg = (struct leg){ .ctx = ctx, .first = !ctx, .in = desc_of(step->in) };
    leg->token.BufferType = SECBUFFER_TOKEN;
    leg->token.cbBuffer = in->max_token + 1;
    leg->token.pvBuffer = calloc(1, leg->token.cbBuffer);
    if (leg->first && leg->token.pvBuffer && (leg->ctx = calloc(1, sizeof *leg->ctx))) {
        leg->ctx->in = in;
        SecInvalidateHandle(&leg->ctx->h);
    }
    if (!leg->token.pvBuffer || !leg->ctx) {
        free(leg->token.pvBuffer);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    leg->next = leg->ctx->h;
    return SEC_E_OK;
}

/*
 * The token.  Some providers (WinPR 2.11) leave cbBuffer as it was when they have none to send;
 * a buffer longer than any token of theirs makes that visible.
 */
static SECURITY_STATUS take_token(const struct leg *leg, const void *room, uint32_t max_token,
                                  struct ssp_step *step)
{
    uint32_t n = leg->token.cbBuffer;
    uint8_t *to;

    if (n == 0 || n == max_token + 1)
        return SEC_E_OK;
    if (n > max_token || leg->token.pvBuffer != room)
        return trace_refuse(SEC_E_INTERNAL_ERROR, "the foreign token is not where it should be");
    to = host_table.token_room(step->reply, n);
    if (!to)
        return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(to, room, n);
    return SEC_E_OK;
}

static void delete_ctx(struct ssp_ctx *ctx);

/*
 * A first leg that failed made no context.  A token that was made but cannot be kept ends the
 * exchange: the foreign context is a step ahead, so the leg cannot be repeated.
 */
static SECURITY_STATUS end_leg(struct leg *leg, void *room, SECURITY_STATUS status,
                               struct ssp_step *step, struct ssp_ctx **ctx)
{
    struct ssp_ctx *c = leg->ctx;
    SECURITY_STATUS taken = take_token(leg, room, c->in->max_token, step);

    free(room);
    if (status < 0) {
        if (leg->first)
            free(c);
        return status;
    }
    if (SecIsValidHandle(&leg->next))
        c->h = leg->next;
    if (taken < 0) {
        if (leg->first)
            delete_ctx(c);
        return SEC_E_INTERNAL_ERROR;
    }
    step->granted = leg->granted & ~(uint32_t)ISC_RET_ALLOCATED_MEMORY;
    if (leg->expiry.QuadPart > 0)
        step->expiry = leg->expiry.QuadPart;
    *ctx = c;
    return status;
}

static SECURITY_STATUS initiate(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step)
{
    struct ssp_instance *in = cred->in;
    uint32_t wanted = step->requested & ~(uint32_t)ISC_REQ_ALLOCATE_MEMORY;
    void *target, *room;
    struct leg leg;
    SECURITY_STATUS status = foreign_text(in, step->target, &target, NULL);

    if (status != SEC_E_OK)
        return status;
    status = begin_leg(&leg, in, *ctx, step);
    if (status != SEC_E_OK) {
        mem_secret_free(target);
        return status;
    }
    room = leg.token.pvBuffer;
    leg.out = desc_of((struct ssp_buffers){ &leg.token, 1 });
    CtxtHandle *old = leg.first ? NULL : &leg.ctx->h;
    SecBufferDesc *input = leg.in.cBuffers ? &leg.in : NULL;
    status = in->wide
                 ? in->t.w.InitializeSecurityContextW(&cred->h, old, target, wanted, 0,
                                                      SECURITY_NATIVE_DREP, input, 0, &leg.next,
                                                      &leg.out, &leg.granted, &leg.expiry)
                 : in->t.a.InitializeSecurityContextA(&cred->h, old, target, wanted, 0,
                                                      SECURITY_NATIVE_DREP, input, 0, &leg.next,
                                                      &leg.out, &leg.granted, &leg.expiry);
    mem_secret_free(target);
    return end_leg(&leg, room, from_foreign("InitializeSecurityContext", status), step, ctx);
}

static SECURITY_STATUS accept(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step)
{
    struct ssp_instance *in = cred->in;
    uint32_t wanted = step->requested & ~(uint32_t)ASC_REQ_ALLOCATE_MEMORY;
    void *room;
    struct leg leg;
    SECURITY_STATUS status = begin_leg(&leg, in, *ctx, step);

    if (status != SEC_E_OK)
        return status;
    room = leg.token.pvBuffer;
    leg.out = desc_of((struct ssp_buffers){ &leg.token, 1 });
    status = in->t.w.AcceptSecurityContext(&cred->h, leg.first ? NULL : &leg.ctx->h, &leg.in,
                                           wanted, SECURITY_NATIVE_DREP, &leg.next, &leg.out,
                                           &leg.granted, &leg.expiry);
    return end_leg(&leg, room, from_foreign("AcceptSecurityContext", status), step, ctx);
}

static SECURITY_STATUS complete(struct ssp_ctx *ctx, struct ssp_buffers token)
{
    SecBufferDesc desc = desc_of(token);
    return from_foreign("CompleteAuthToken", ctx->in->t.w.CompleteAuthToken(&ctx->h, &desc));
}

static SECURITY_STATUS apply_control(struct ssp_ctx *ctx, struct ssp_buffers input)
{
    SecBufferDesc desc = desc_of(input);
    return from_foreign("ApplyControlToken", ctx->in->t.w.ApplyControlToken(&ctx->h, &desc));
}

static void delete_ctx(struct ssp_ctx *ctx)
{
    if (ctx->in->t.w.DeleteSecurityContext && SecIsValidHandle(&ctx->h))
        (void)ctx->in->t.w.DeleteSecurityContext(&ctx->h);
    free(ctx);
}

/* --- messages, and the rest ------------------------------------------------------------------ */

static SECURITY_STATUS sign(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq)
{
    SecBufferDesc desc = desc_of(m);
    return from_foreign("MakeSignature", ctx->in->t.w.MakeSignature(&ctx->h, qop, &desc, seq));
}

static SECURITY_STATUS verify(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq,
                              uint32_t *qop)
{
    SecBufferDesc desc = desc_of(m);
    SSPI_ULONG_OUT met = 0;
    SECURITY_STATUS status = ctx->in->t.w.VerifySignature(&ctx->h, &desc, seq, &met);

    if (qop)
        *qop = met;
    return from_foreign("VerifySignature", status);
}

static SECURITY_STATUS encrypt(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m,
                               uint32_t seq)
{
    SecBufferDesc desc = desc_of(m);
    return from_foreign("EncryptMessage", ctx->in->t.w.EncryptMessage(&ctx->h, qop, &desc, seq));
}

static SECURITY_STATUS decrypt(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq,
                               uint32_t *qop)
{
    SecBufferDesc desc = desc_of(m);
    SSPI_ULONG_OUT met = 0;
    SECURITY_STATUS status = ctx->in->t.w.DecryptMessage(&ctx->h, &desc, seq, &met);

    if (qop)
        *qop = met;
    return from_foreign("DecryptMessage", status);
}

static SECURITY_STATUS query_token(struct ssp_ctx *ctx, void **token)
{
    return from_foreign("QuerySecurityContextToken",
                        ctx->in->t.w.QuerySecurityContextToken(&ctx->h, token));
}

/* The old context goes by our own delete_ctx, so the foreign side is not told to delete it. */
static SECURITY_STATUS export_ctx(struct ssp_ctx *ctx, uint32_t flags, struct ssp_token *packed)
{
    SecBuffer bytes = { 0 };
    void *token = NULL;
    SECURITY_STATUS status = ctx->in->t.w.ExportSecurityContext(
        &ctx->h, flags & ~SECPKG_CONTEXT_EXPORT_DELETE_OLD, &bytes, &token);

    if (status >= 0 && bytes.cbBuffer > 0) {
        uint8_t *to = host_table.token_room(packed, bytes.cbBuffer);
        if (to)
            memcpy(to, bytes.pvBuffer, bytes.cbBuffer);
        else
            status = SEC_E_INSUFFICIENT_MEMORY;
    }
    if (bytes.pvBuffer)
        explicit_bzero(bytes.pvBuffer, bytes.cbBuffer);
    foreign_free(ctx->in, bytes.pvBuffer);
    return from_foreign("ExportSecurityContext", status);
}

/* Which side it is, the foreign table does not tell. */
static SECURITY_STATUS import_ctx(struct ssp_instance *in, struct span packed, struct ssp_ctx **ctx,
                                  bool *established, bool *initiator)
{
    struct ssp_ctx *made = calloc(1, sizeof *made);
    SecBuffer bytes = { .cbBuffer = (uint32_t)packed.len,
                        .BufferType = SECBUFFER_EMPTY,
                        .pvBuffer = (void *)(uintptr_t)packed.data };
    SECURITY_STATUS status;

    if (!made)
        return SEC_E_INSUFFICIENT_MEMORY;
    made->in = in;
    status = in->wide ? in->t.w.ImportSecurityContextW(in->name, &bytes, NULL, &made->h)
                      : in->t.a.ImportSecurityContextA(in->name, &bytes, NULL, &made->h);
    if (status < 0) {
        free(made);
        return from_foreign("ImportSecurityContext", status);
    }
    *ctx = made;
    *established = true;
    *initiator = false;
    return status;
}

/* --- opening --------------------------------------------------------------------------------- */

/* How many bytes a table of that version has; see sspi.h. */
static size_t table_size(uint32_t version)
{
    static const size_t ends[] = {
        [1] = offsetof(SecurityFunctionTableW, SetContextAttributesW),
        [2] = offsetof(SecurityFunctionTableW, SetCredentialsAttributesW),
        [3] = offsetof(SecurityFunctionTableW, ChangeAccountPasswordW),
        [4] = offsetof(SecurityFunctionTableW, QueryContextAttributesExW),
    };

    return version < COUNT(ends) ? ends[version] : sizeof(SecurityFunctionTableW);
}

/*
 * The W table if there is one.  stated: a version from the manifest, for tables that reach
 * further than they say (WinPR 2.11 says 1 and has SetContextAttributes); 0: none.
 */
static bool read_table(struct adapter_entries entries, uint32_t stated, struct ssp_instance *in)
{
    const SecurityFunctionTableW *w = entries.wide ? entries.wide() : NULL;
    const SecurityFunctionTableA *a = !w && entries.narrow ? entries.narrow() : NULL;
    const void *table = w ? (const void *)w : a;
    uint32_t version = w ? w->dwVersion : a ? a->dwVersion : 0;

    if (version == 0)
        return false;
    in->wide = w != NULL;
    memcpy(&in->t, table, table_size(stated ? stated : version));
    return in->t.w.AcquireCredentialsHandleW && in->t.w.QuerySecurityPackageInfoW &&
           in->t.w.FreeContextBuffer;
}

/* Ask the foreign table about its package.  info->Name and Comment are not kept. */
static SECURITY_STATUS read_info(struct ssp_instance *in, SecPkgInfoA *info)
{
    SecPkgInfoW *wide = NULL;
    SecPkgInfoA *narrow = NULL;
    void *found;
    SECURITY_STATUS status = in->wide ? in->t.w.QuerySecurityPackageInfoW(in->name, &wide)
                                      : in->t.a.QuerySecurityPackageInfoA(in->name, &narrow);

    found = in->wide ? (void *)wide : narrow;
    if (status < 0)
        return status;
    if (!found)
        return SEC_E_SECPKG_NOT_FOUND;
    memcpy(info, found, sizeof *info);
    status = own_text(in, info->Comment, &in->comment);
    foreign_free(in, found);
    return status;
}

static void stop(struct ssp_instance *in)
{
    mem_secret_free(in->name);
    (void)mem_result_free(in->comment);
    free(in);
}

/* Only what the foreign table has, so that the rest is refused as anywhere. */
static void fill_calls(const struct mfst_entry *entry, const struct ssp_instance *in,
                       const SecPkgInfoA *info, struct ssp_package *calls)
{
    const SecurityFunctionTableW *t = &in->t.w;

    *calls = (struct ssp_package){
        .abi = SSP_ABI,
        .size = sizeof *calls,
        .name = entry->name,
        .aliases = entry->aliases,
        .comment = in->comment ? in->comment : "",
        .capabilities = info->fCapabilities,
        .version = info->wVersion,
        .rpc_id = info->wRPCID,
        .max_token = info->cbMaxToken,
        .traits = in->raw ? SSP_TRAIT_RAW_AUTH_DATA : 0,
        .oids = entry->oids, /* a foreign table cannot tell */
        .settings = settings,
        .stop = stop,
        .acquire = acquire,
        .free_cred = free_cred,
        .query_cred = t->QueryCredentialsAttributesW ? query_cred : NULL,
        .set_cred = t->SetCredentialsAttributesW ? set_cred : NULL,
        .initiate = t->InitializeSecurityContextW ? initiate : NULL,
        .accept = t->AcceptSecurityContext ? accept : NULL,
        .complete = t->CompleteAuthToken ? complete : NULL,
        .apply_control = t->ApplyControlToken ? apply_control : NULL,
        .delete_ctx = delete_ctx,
        .sign = t->MakeSignature ? sign : NULL,
        .verify = t->VerifySignature ? verify : NULL,
        .encrypt = t->EncryptMessage ? encrypt : NULL,
        .decrypt = t->DecryptMessage ? decrypt : NULL,
        .query = t->QueryContextAttributesW ? query : NULL,
        .set = t->SetContextAttributesW ? set : NULL,
        .export_ctx = t->ExportSecurityContext ? export_ctx : NULL,
        .import_ctx = t->ImportSecurityContextW ? import_ctx : NULL,
        .query_token = t->QuerySecurityContextToken ? query_token : NULL,
    };
}

static SECURITY_STATUS open_instance(const struct mfst_entry *entry, struct findings *to,
                                     struct ssp_instance *in, struct ssp_package *calls)
{
    const char *name = settings_text(entry->settings, "package", entry->name);
    SecPkgInfoA info;
    SECURITY_STATUS status = foreign_text(in, span_str(name), &in->name, NULL);

    if (status == SEC_E_OK)
        status = read_info(in, &info);
    if (status == SEC_E_INSUFFICIENT_MEMORY)
        return status;
    if (status != SEC_E_OK)
        return finding_refuse(
            to, SEC_E_CANNOT_INSTALL, entry->path, mfst_line(entry, "settings", "package", -1),
            "the module's table has no package %s (0x%08x)", name, (unsigned)status);
    if (info.cbMaxToken == 0 || info.cbMaxToken > TOKEN_MAX)
        return finding_refuse(to, SEC_E_CANNOT_INSTALL, entry->path, entry->line,
                              "the module's package %s states tokens of %u bytes", name,
                              info.cbMaxToken);
    in->max_token = info.cbMaxToken;
    fill_calls(entry, in, &info, calls);
    return SEC_E_OK;
}

SECURITY_STATUS adapter_open(const struct mfst_entry *entry, struct adapter_entries entries,
                             struct findings *to, struct ssp_package *calls,
                             struct ssp_instance **instance)
{
    SECURITY_STATUS status = settings_check(entry, settings, to);
    struct ssp_instance *in;

    if (status != SEC_E_OK)
        return status;
    in = calloc(1, sizeof *in);
    if (!in)
        return SEC_E_INSUFFICIENT_MEMORY;
    in->raw = settings_boolean(entry->settings, "raw_auth_data", false);
    if (!read_table(entries, (uint32_t)settings_integer(entry->settings, "table_version", 0), in))
        status = finding_refuse(to, SEC_E_CANNOT_INSTALL, entry->path,
                                mfst_line(entry, "module", NULL, -1),
                                "the module's table lacks what a provider has");
    else
        status = open_instance(entry, to, in, calls);
    if (status == SEC_E_OK)
        *instance = in;
    else
        stop(in);
    return status;
}
