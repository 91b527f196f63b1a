/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context.c: the legs of an exchange.
 *
 * ctx_step holds the objects, checks the buffers, has the package do the leg, moves the state
 * (nobody else does), and delivers the token.  The rules on what survives which failure are
 * those of sspi.h: a failed first leg makes no handle; a failed later leg ends the exchange but
 * leaves the handle to be deleted; what can be tried again changes nothing.
 */
#include "config.h"

#include "core/context.h"

#include <stdlib.h>
#include <string.h>

#include "core/buffers.h"
#include "core/clock.h"
#include "core/halfopen.h"
#include "core/handle.h"
#include "core/memory.h"
#include "core/trace.h"

/* --- life --------------------------------------------------------------------------------- */

static enum ctx_state state_of(struct context *c)
{
    return (enum ctx_state)atomic_load_explicit(&c->state, memory_order_acquire);
}

static void set_state(struct context *c, enum ctx_state state)
{
    atomic_store_explicit(&c->state, (int)state, memory_order_release);
}

static void drop_pending(struct ctx_pending *p)
{
    token_reset(&p->token);
    token_reset(&p->input);
    *p = (struct ctx_pending){ 0 };
}

static void delete_theirs(struct context *c)
{
    if (c->theirs && c->package->calls.delete_ctx)
        c->package->calls.delete_ctx(c->theirs);
    c->theirs = NULL;
    drop_pending(&c->pending);
}

void ctx_kill_locked(struct context *c)
{
    set_state(c, CTX_DEAD);
    delete_theirs(c);
    half_unlist(c);
}

static void free_context(void *object)
{
    struct context *c = object;

    half_unlist(c);
    delete_theirs(c);
    if (c->own)
        hnd_drop(c->credential);
    reg_drop(c->package);
    pthread_mutex_destroy(&c->step);
    pthread_mutex_destroy(&c->send);
    pthread_mutex_destroy(&c->receive);
    free(c);
}

static struct context *new_context(struct package *package, bool initiator)
{
    struct context *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    pthread_mutex_init(&c->step, NULL);
    pthread_mutex_init(&c->send, NULL);
    pthread_mutex_init(&c->receive, NULL);
    reg_hold(package);
    c->package = package;
    c->initiator = initiator;
    return c;
}

static void establish(struct context *c)
{
    if (!c->messages) {
        c->messages = &c->package->calls;
        c->messages_ctx = c->theirs;
    }
    set_state(c, CTX_ESTABLISHED);
    half_unlist(c);
}

/* --- one leg ------------------------------------------------------------------------------ */

/* What can be tried again: nothing has changed. */
static bool may_retry(SECURITY_STATUS status)
{
    return status == SEC_E_INCOMPLETE_MESSAGE || status == SEC_E_INSUFFICIENT_MEMORY ||
           status == SEC_E_BUFFER_TOO_SMALL;
}

/* A leg as it runs: what the caller gave, checked, and what the package makes of it. */
struct run {
    struct ctx_leg *leg;
    struct ssp_buffers in, out;
    SecBuffer *reply; /* the caller's TOKEN buffer, or NULL */
    bool allocate;    /* ISC_REQ_ or ASC_REQ_ALLOCATE_MEMORY: the same bit */
    SecBuffer in_copy[BUF_MAX]; /* what the package may write on; only in.count are set */
    struct ssp_bindings bindings;
    struct ssp_token token;
    struct ssp_step step;
};

static SECURITY_STATUS check_buffers(struct run *run)
{
    bool bound = false;
    SECURITY_STATUS status = buf_input(run->leg->input, &run->in);

    if (status == SEC_E_OK)
        status = buf_output(run->leg->output, &run->out);
    if (status == SEC_E_OK)
        status = buf_bindings(run->in, &run->bindings, &bound);
    if (status != SEC_E_OK)
        return status;
    run->reply = ssp_buffer_find(run->out, SECBUFFER_TOKEN);
    run->allocate = (run->leg->request & ISC_REQ_ALLOCATE_MEMORY) != 0;
    for (uint32_t i = 0; i < run->in.count; i++)
        run->in_copy[i] = run->in.all[i];
    run->step = (struct ssp_step){
        .size = sizeof run->step,
        .requested = run->leg->request,
        .requested64 = run->leg->request | buf_flags(run->in),
        .token = ssp_buffer_span(ssp_buffer_find(run->in, SECBUFFER_TOKEN)),
        .in = { .all = run->in_copy, .count = run->in.count },
        .out = run->out,
        .bindings = bound ? &run->bindings : NULL,
        .target = run->leg->target,
        .reply = &run->token,
        .expiry = CLOCK_NEVER,
    };
    return SEC_E_OK;
}

static SECURITY_STATUS check_size(const struct package *package, struct span token)
{
    size_t limit = package->calls.max_input ? package->calls.max_input : reg_limits().max_token;

    if (limit > 0 && token.len > limit)
        return trace_refuse(SEC_E_INVALID_TOKEN, "a token of %zu bytes, %s takes %zu", token.len,
                            package->name, limit);
    return SEC_E_OK;
}

/* Some callers use one buffer for the token that comes and the one that goes. */
static bool overlap(const SecBuffer *room, struct span token)
{
    uintptr_t a = (uintptr_t)room->pvBuffer, b = (uintptr_t)token.data;

    return token.len > 0 && a < b + token.len && b < a + room->cbBuffer;
}

/* The package writes straight into the caller's room, if that can be. */
static void write_to_caller(struct run *run)
{
    bool usable = run->reply && run->reply->pvBuffer && !run->allocate &&
                  !overlap(run->reply, run->step.token);

    run->token = usable ? (struct ssp_token){ .data = run->reply->pvBuffer,
                                              .cap = run->reply->cbBuffer }
                        : (struct ssp_token){ 0 };
}

/* EXTRA, MISSING and the like that the package left in its copy of the input buffers. */
static void report_input(struct run *run)
{
    for (uint32_t i = 0; i < run->in.count; i++)
        run->in.all[i] = run->in_copy[i];
}

/*
 * Hand the token to the caller.  SEC_E_BUFFER_TOO_SMALL with the size in cbBuffer if it does not
 * fit, SEC_E_INVALID_TOKEN if there is no buffer for it: then run->token still holds it.
 */
static SECURITY_STATUS deliver(struct run *run)
{
    struct ssp_token *t = &run->token;

    if (!run->reply)
        return t->len == 0 ? SEC_E_OK
                           : trace_refuse(SEC_E_INVALID_TOKEN,
                                          "no output TOKEN buffer for %zu bytes", t->len);
    if (run->allocate) {
        run->reply->pvBuffer = t->len > 0 ? t->data : NULL;
        run->reply->cbBuffer = (uint32_t)t->len;
        if (t->len == 0)
            token_reset(t);
        *t = (struct ssp_token){ 0 }; /* the caller's now */
        return SEC_E_OK;
    }
    if (t->own && t->len > 0) {
        if (!run->reply->pvBuffer || run->reply->cbBuffer < t->len) {
            uint32_t room = run->reply->pvBuffer ? run->reply->cbBuffer : 0;
            run->reply->cbBuffer = (uint32_t)t->len;
            return trace_refuse(SEC_E_BUFFER_TOO_SMALL, "%u bytes of room, the token takes %zu",
                                room, t->len);
        }
        memcpy(run->reply->pvBuffer, t->data, t->len);
    }
    run->reply->cbBuffer = (uint32_t)t->len;
    token_reset(t);
    return SEC_E_OK;
}

/* After a failure: a token for the peer if there is a whole one, and no stale lengths. */
static void deliver_failure(struct run *run)
{
    if (run->reply && run->token.len > 0 && !run->token.failed && deliver(run) == SEC_E_OK)
        return;
    if (run->reply)
        run->reply->cbBuffer = 0;
    if (run->reply && run->allocate)
        run->reply->pvBuffer = NULL;
    token_reset(&run->token);
}

static SECURITY_STATUS call_package(struct context *c, const struct credential *cred,
                                    struct run *run)
{
    const struct ssp_package *calls = &c->package->calls;
    SECURITY_STATUS (*leg)(struct ssp_cred *, struct ssp_ctx **, struct ssp_step *) =
        c->initiator ? calls->initiate : calls->accept;

    if (!leg)
        return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s has no %s side", c->package->name,
                            c->initiator ? "client" : "server");
    SECURITY_STATUS status = check_size(c->package, run->step.token);
    if (status != SEC_E_OK)
        return status;
    write_to_caller(run);
    run->step.deadline = c->deadline;
    status = leg(cred->theirs, &c->theirs, &run->step);
    if (status >= 0 && run->token.failed) /* a package that did not look */
        status = SEC_E_INSUFFICIENT_MEMORY;
    return status;
}

/* Where a leg that succeeded leads. */
static void advance(struct context *c, SECURITY_STATUS status, const struct ssp_step *step)
{
    if (state_of(c) == CTX_ESTABLISHED)
        return; /* a renegotiation: messages go on */
    if (step->messages && step->messages_ctx) {
        c->messages = step->messages;
        c->messages_ctx = step->messages_ctx;
    }
    if (status == SEC_I_COMPLETE_NEEDED)
        set_state(c, CTX_COMPLETE_DUE);
    else if (status == SEC_I_COMPLETE_AND_CONTINUE)
        set_state(c, CTX_COMPLETE_AND_CONTINUE);
    else if (status == SEC_E_OK)
        establish(c);
}

static void report(struct ctx_leg *leg, const struct run *run, uint32_t granted, int64_t expiry)
{
    /* What the core did itself, it says itself: 0x100 is ALLOCATED_MEMORY on both sides. */
    leg->granted = (granted & ~(uint32_t)ISC_RET_ALLOCATED_MEMORY) |
                   (run->allocate ? ISC_RET_ALLOCATED_MEMORY : 0u);
    leg->expiry = expiry;
}

/* --- the first leg ------------------------------------------------------------------------ */

static uint64_t first_deadline(void)
{
    uint32_t timeout = reg_limits().handshake_timeout_ms;

    return timeout ? clock_monotonic_ms() + timeout : 0;
}

/* The handle exists only once nothing can fail any more. */
static SECURITY_STATUS open_handle(struct context *c, SECURITY_STATUS status, struct run *run)
{
    CtxtHandle handle;
    SECURITY_STATUS delivered = deliver(run);

    if (delivered != SEC_E_OK)
        return delivered;
    if (!hnd_open(HND_CONTEXT, c, free_context, &handle)) {
        if (run->reply && run->allocate)
            (void)mem_result_free(run->reply->pvBuffer);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    c->handle = handle;
    *run->leg->new_context = handle;
    report_input(run);
    report(run->leg, run, run->step.granted, run->step.expiry);
    return status;
}

static SECURITY_STATUS run_first(struct context *c, const struct credential *cred, struct run *run)
{
    SECURITY_STATUS status = call_package(c, cred, run);

    if (status == SEC_E_INCOMPLETE_MESSAGE)
        report_input(run); /* MISSING */
    if (status < 0) {
        deliver_failure(run);
        return status;
    }
    c->legs = 1;
    advance(c, status, &run->step);
    status = open_handle(c, status, run);
    if (status == SEC_E_BUFFER_TOO_SMALL)
        token_reset(&run->token); /* the size stays in cbBuffer: the retry starts afresh */
    else if (status < 0)
        deliver_failure(run);
    return status;
}

/* The caller's hold on the credential becomes the context's: free_context drops it. */
static SECURITY_STATUS first_leg(struct credential *cred, struct run *run)
{
    bool server = !run->leg->initiator;
    SECURITY_STATUS status = server ? half_admit(reg_limits().max_half_open) : SEC_E_OK;
    struct context *c = NULL;

    if (status == SEC_E_OK) {
        c = new_context(cred->package, run->leg->initiator);
        if (!c && server)
            half_withdraw();
    }
    if (!c) {
        hnd_drop(*run->leg->credential);
        return status < 0 ? status : SEC_E_INSUFFICIENT_MEMORY;
    }
    c->credential = *run->leg->credential;
    c->own = cred;
    c->deadline = first_deadline();
    status = run_first(c, cred, run);
    if (server && (status < 0 || state_of(c) == CTX_ESTABLISHED))
        half_withdraw();
    else if (server)
        half_list(c);
    if (status < 0)
        free_context(c);
    return status;
}

/* --- later legs --------------------------------------------------------------------------- */

/* Keep a leg that is done until the caller comes with more room. */
static void keep_pending(struct context *c, struct run *run, SECURITY_STATUS status)
{
    const SecBuffer *extra = ssp_buffer_find(run->step.in, SECBUFFER_EXTRA);
    struct ctx_pending *p = &c->pending;
    struct span input = run->step.token;

    *p = (struct ctx_pending){
        .due = true,
        .status = status,
        .granted = run->step.granted,
        .expiry = run->step.expiry,
        .token = run->token,
        .extra = extra ? extra->cbBuffer : 0,
    };
    run->token = (struct ssp_token){ 0 };
    uint8_t *copy = input.len > 0 ? host_table.token_room(&p->input, input.len) : NULL;
    if (copy)
        memcpy(copy, input.data, input.len);
}

/* The first buffer after the token that can say what was not used of it. */
static void report_extra(struct run *run, uint32_t extra)
{
    const SecBuffer *token = ssp_buffer_find(run->in, SECBUFFER_TOKEN);
    SecBuffer *to = ssp_buffer_find(run->in, SECBUFFER_EMPTY);

    if (!to || !token || extra == 0 || extra > token->cbBuffer)
        return;
    *to = (SecBuffer){ .BufferType = SECBUFFER_EXTRA,
                       .cbBuffer = extra,
                       .pvBuffer = (uint8_t *)token->pvBuffer + (token->cbBuffer - extra) };
}

/* The same call again, after SEC_E_BUFFER_TOO_SMALL: the package did its part already. */
static SECURITY_STATUS deliver_pending(struct context *c, struct run *run)
{
    struct ctx_pending *p = &c->pending;

    /* Where no memory was left for the copy, the caller is believed. */
    if (!p->input.failed && !span_eq(run->step.token, host_table.token_span(&p->input)))
        return trace_refuse(SEC_E_INVALID_TOKEN,
                            "not the input of the call whose token is still to be delivered");
    run->token = p->token;
    SECURITY_STATUS status = deliver(run);
    if (status != SEC_E_OK) {
        p->token = run->token;
        return status;
    }
    p->token = (struct ssp_token){ 0 };
    report_extra(run, p->extra);
    report(run->leg, run, p->granted, p->expiry);
    const struct ssp_step step = { .granted = p->granted };
    status = p->status;
    drop_pending(p);
    advance(c, status, &step);
    return status;
}

/* May a leg run now? */
static SECURITY_STATUS check_turn(struct context *c)
{
    switch (state_of(c)) {
    case CTX_DEAD:
        return trace_refuse(SEC_E_CONTEXT_EXPIRED, "the exchange has failed or run out of time");
    case CTX_COMPLETE_DUE:
    case CTX_COMPLETE_AND_CONTINUE:
        return trace_refuse(SEC_E_OUT_OF_SEQUENCE, "CompleteAuthToken is due");
    case CTX_ESTABLISHED:
        return SEC_E_OK;
    case CTX_HALF_OPEN:
        break;
    }
    if (c->deadline && clock_monotonic_ms() > c->deadline) {
        ctx_kill_locked(c);
        return trace_refuse(SEC_E_CONTEXT_EXPIRED, "the exchange's deadline has passed");
    }
    uint32_t limit = reg_limits().max_legs;
    if (limit && c->legs >= limit) {
        ctx_kill_locked(c);
        return trace_refuse(SEC_E_OUT_OF_SEQUENCE, "more than %u legs", limit);
    }
    return SEC_E_OK;
}

static SECURITY_STATUS failed_leg(struct context *c, struct run *run, SECURITY_STATUS status)
{
    deliver_failure(run);
    if (may_retry(status))
        report_input(run); /* MISSING */
    else if (state_of(c) != CTX_ESTABLISHED)
        ctx_kill_locked(c);
    return status;
}

static SECURITY_STATUS later_leg_locked(struct context *c, const struct credential *cred,
                                        struct run *run)
{
    SECURITY_STATUS status = check_turn(c);

    if (status == SEC_E_OK && c->pending.due)
        return deliver_pending(c, run);
    if (status == SEC_E_OK) {
        status = call_package(c, cred, run);
        if (status < 0)
            return failed_leg(c, run, status);
    }
    if (status < 0) {
        deliver_failure(run);
        return status;
    }
    c->legs++;
    SECURITY_STATUS delivered = deliver(run);
    if (delivered != SEC_E_OK) {
        if (run->step.messages && run->step.messages_ctx) {
            c->messages = run->step.messages;
            c->messages_ctx = run->step.messages_ctx;
        }
        keep_pending(c, run, status);
        return delivered;
    }
    report_input(run);
    report(run->leg, run, run->step.granted, run->step.expiry);
    advance(c, status, &run->step);
    return status;
}

/* The credential of a later leg: the one given must be of the same package; else our own. */
static SECURITY_STATUS later_leg(struct context *c, struct credential *given, struct run *run)
{
    if (c->initiator != run->leg->initiator)
        return trace_refuse(SEC_E_INVALID_HANDLE, "a context of the other side");
    if (given && given->package != c->package)
        return trace_refuse(SEC_E_INVALID_HANDLE, "a context of %s with a credential of %s",
                            c->package->name, given->package->name);
    struct credential *cred = given ? given : c->own;
    if (!cred)
        return trace_refuse(SEC_E_INVALID_HANDLE, "an imported context needs a credential");
    pthread_mutex_lock(&c->step);
    SECURITY_STATUS status = later_leg_locked(c, cred, run);
    pthread_mutex_unlock(&c->step);
    if (status >= 0 && run->leg->new_context)
        *run->leg->new_context = *run->leg->context;
    return status;
}

/* --- the calls ---------------------------------------------------------------------------- */

static SECURITY_STATUS check_direction(const struct credential *cred, bool initiator)
{
    if (cred && !(cred->use & (initiator ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND)))
        return trace_refuse(SEC_E_NO_CREDENTIALS, "a credential for the %s side",
                            initiator ? "server" : "client");
    return SEC_E_OK;
}

static SECURITY_STATUS step_first(struct run *run)
{
    struct ctx_leg *leg = run->leg;

    if (!leg->credential || !leg->new_context)
        return trace_refuse(SEC_E_INVALID_HANDLE, "the first leg needs a credential and a place "
                                                  "for the new context");
    struct credential *cred = hnd_hold(*leg->credential, HND_CREDENTIAL);
    if (!cred)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such credential");
    SECURITY_STATUS status = check_direction(cred, leg->initiator);
    if (status == SEC_E_OK)
        return first_leg(cred, run);
    hnd_drop(*leg->credential);
    return status;
}

static SECURITY_STATUS step_later(struct run *run)
{
    const struct ctx_leg *leg = run->leg;
    struct credential *cred = NULL;
    SECURITY_STATUS status;
    struct context *c = hnd_hold(*leg->context, HND_CONTEXT);

    if (!c)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
    if (leg->credential && !(cred = hnd_hold(*leg->credential, HND_CREDENTIAL)) &&
        !(c->own && leg->credential->dwLower == c->credential.dwLower &&
          leg->credential->dwUpper == c->credential.dwUpper)) {
        /* The context's own credential serves on even though its handle was freed. */
        status = trace_refuse(SEC_E_INVALID_HANDLE, "no such credential");
    } else {
        status = check_direction(cred, leg->initiator);
        if (status == SEC_E_OK)
            status = later_leg(c, cred, run);
    }
    if (cred)
        hnd_drop(*leg->credential);
    hnd_drop(*leg->context);
    return status;
}

SECURITY_STATUS ctx_step(struct ctx_leg *leg)
{
    struct run run;

    run.leg = leg;
    leg->granted = 0;
    leg->expiry = 0;
    SECURITY_STATUS status = check_buffers(&run);
    if (status != SEC_E_OK)
        return status;
    run.token = (struct ssp_token){ 0 };
    return leg->context ? step_later(&run) : step_first(&run);
}

static SECURITY_STATUS complete_locked(struct context *c, struct ssp_buffers token)
{
    enum ctx_state state = state_of(c);

    if (state == CTX_DEAD)
        return trace_refuse(SEC_E_INVALID_HANDLE, "the exchange has failed");
    if (state != CTX_COMPLETE_DUE && state != CTX_COMPLETE_AND_CONTINUE)
        return SEC_E_OK; /* nothing is due: programs call it to be safe */
    SECURITY_STATUS status = SEC_E_OK;
    if (c->package->calls.complete)
        status = c->package->calls.complete(c->theirs, token);
    if (status < 0) {
        if (!may_retry(status))
            ctx_kill_locked(c);
        return status;
    }
    if (state == CTX_COMPLETE_DUE)
        establish(c);
    else
        set_state(c, CTX_HALF_OPEN);
    return status;
}

SECURITY_STATUS ctx_complete(CtxtHandle handle, const SecBufferDesc *token)
{
    struct ssp_buffers buffers;
    struct context *c = hnd_hold(handle, HND_CONTEXT);

    if (!c)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
    SECURITY_STATUS status = buf_input(token, &buffers);
    if (status == SEC_E_OK) {
        pthread_mutex_lock(&c->step);
        status = complete_locked(c, buffers);
        pthread_mutex_unlock(&c->step);
    }
    hnd_drop(handle);
    return status;
}

SECURITY_STATUS ctx_control(CtxtHandle handle, const SecBufferDesc *input)
{
    struct ssp_buffers buffers;
    struct context *c = hnd_hold(handle, HND_CONTEXT);

    if (!c)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
    SECURITY_STATUS status =
        input ? buf_input(input, &buffers) : trace_refuse(SEC_E_INVALID_TOKEN, "no control token");
    if (status == SEC_E_OK) {
        pthread_mutex_lock(&c->step);
        if (state_of(c) == CTX_DEAD)
            status = trace_refuse(SEC_E_INVALID_HANDLE, "the exchange has failed");
        else if (!c->package->calls.apply_control)
            status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s takes no control tokens",
                                  c->package->name);
        else
            status = c->package->calls.apply_control(c->theirs, buffers);
        pthread_mutex_unlock(&c->step);
    }
    hnd_drop(handle);
    return status;
}

SECURITY_STATUS ctx_delete(CtxtHandle handle)
{
    return hnd_close(handle, HND_CONTEXT) ? SEC_E_OK
                                          : trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
}

SECURITY_STATUS ctx_set_deadline(CtxtHandle handle, uint32_t milliseconds)
{
    SECURITY_STATUS status = SEC_E_OK;
    struct context *c = hnd_hold(handle, HND_CONTEXT);

    if (!c)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
    pthread_mutex_lock(&c->step);
    if (state_of(c) == CTX_ESTABLISHED) {
        status = trace_refuse(SEC_E_OUT_OF_SEQUENCE, "the context is established");
    } else {
        c->deadline = milliseconds ? clock_monotonic_ms() + milliseconds : 0;
        half_relist(c);
    }
    pthread_mutex_unlock(&c->step);
    hnd_drop(handle);
    return status;
}

/* --- contexts as bytes, and as logon tokens -------------------------------------------------- */

static SECURITY_STATUS export_locked(struct context *c, uint32_t flags, struct ssp_token *packed)
{
    if (state_of(c) == CTX_DEAD)
        return trace_refuse(SEC_E_INVALID_HANDLE, "the exchange has failed");
    if (!c->package->calls.export_ctx)
        return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s exports no contexts",
                            c->package->name);
    SECURITY_STATUS status = c->package->calls.export_ctx(c->theirs, flags, packed);
    return status >= 0 && packed->failed ? SEC_E_INSUFFICIENT_MEMORY : status;
}

SECURITY_STATUS ctx_export(CtxtHandle handle, uint32_t flags, SecBuffer *packed, void **token)
{
    struct ssp_token bytes = { 0 };
    struct context *c = hnd_hold(handle, HND_CONTEXT);

    if (!c)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
    pthread_mutex_lock(&c->step);
    SECURITY_STATUS status = export_locked(c, flags, &bytes);
    pthread_mutex_unlock(&c->step);
    if (status >= 0) {
        *packed = (SecBuffer){ .cbBuffer = (uint32_t)bytes.len,
                               .BufferType = packed->BufferType,
                               .pvBuffer = bytes.data };
        if (token)
            *token = NULL;
        if (flags & SECPKG_CONTEXT_EXPORT_DELETE_OLD)
            (void)hnd_close(handle, HND_CONTEXT);
    } else {
        token_reset(&bytes);
    }
    hnd_drop(handle);
    return status;
}

SECURITY_STATUS ctx_import(struct span name, const SecBuffer *packed, CtxtHandle *handle)
{
    bool established = false, initiator = false;
    struct package *package;
    SECURITY_STATUS status = reg_find(name, SECPKG_CRED_BOTH, &package);

    if (status != SEC_E_OK)
        return status;
    struct context *c = new_context(package, false);
    reg_drop(package); /* the context holds it */
    if (!c)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (!c->package->calls.import_ctx)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s imports no contexts",
                              c->package->name);
    else
        status = c->package->calls.import_ctx(c->package->instance, ssp_buffer_span(packed),
                                              &c->theirs, &established, &initiator);
    if (status >= 0) {
        c->initiator = initiator;
        c->deadline = established ? 0 : first_deadline();
        if (established)
            establish(c);
        if (!hnd_open(HND_CONTEXT, c, free_context, &c->handle))
            status = SEC_E_INSUFFICIENT_MEMORY;
    }
    if (status < 0)
        free_context(c);
    else
        *handle = c->handle;
    return status;
}

SECURITY_STATUS ctx_token(CtxtHandle handle, void **token)
{
    SECURITY_STATUS status;
    struct context *c = hnd_hold(handle, HND_CONTEXT);

    if (!c)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
    if (state_of(c) != CTX_ESTABLISHED || c->initiator)
        status = trace_refuse(SEC_E_NO_IMPERSONATION, "only an established server context has a "
                                                      "token");
    else if (!c->package->calls.query_token)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s gives no tokens", c->package->name);
    else
        status = c->package->calls.query_token(c->theirs, token);
    hnd_drop(handle);
    return status;
}
