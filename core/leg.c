/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leg.c: one leg of an exchange.
 *
 * ctx_step holds the objects, checks the buffers, has the package do the leg, moves the state,
 * and delivers the token.  The rules on what survives which failure are those of sspi.h: a
 * failed first leg makes no handle; a failed later leg ends the exchange but leaves the handle
 * to be deleted; what can be tried again changes nothing.
 */
#include "config.h"

#include "core/context.h"

#include <string.h>

#include "core/buffers.h"
#include "core/clock.h"
#include "core/halfopen.h"
#include "core/handle.h"
#include "core/reply.h"
#include "core/trace.h"

/* --- one leg ------------------------------------------------------------------------------ */

/* A leg as it runs: what the caller gave, checked, and what the package makes of it. */
struct run {
    struct ctx_leg *leg;
    struct ssp_buffers in, out;
    struct reply reply;
    SecBuffer in_copy[BUF_MAX]; /* what the package may write on; only in.count are set */
    struct ssp_bindings bindings;
    struct ssp_step step;
    bool spoilt; /* the package went on, but its token was lost: nothing to try again */
};

static SECURITY_STATUS check_buffers(struct run *run)
{
    bool bound = false;
    SECURITY_STATUS status = buf_input(run->leg->input, &run->in);

    SECURITY_STATUS out_status = buf_output(run->leg->output, &run->out);

    /* ALLOCATE_MEMORY is the same bit on both sides. */
    run->reply = (struct reply){ .to = ssp_buffer_find(run->out, SECBUFFER_TOKEN),
                                 .allocate = run->leg->request & ISC_REQ_ALLOCATE_MEMORY };
    if (status == SEC_E_OK)
        status = out_status;
    if (status == SEC_E_OK)
        status = buf_bindings(run->in, &run->bindings, &bound);
    if (status != SEC_E_OK)
        return status;
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
        .reply = &run->reply.token,
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

/* EXTRA, MISSING and the like that the package left in its copy of the input buffers. */
static void report_input(struct run *run)
{
    for (uint32_t i = 0; i < run->in.count; i++)
        if (&run->in.all[i] != run->reply.to) /* one array for both: the token is the answer */
            run->in.all[i] = run->in_copy[i];
}

static SECURITY_STATUS call_package(struct context *c, const struct credential *cred,
                                    struct run *run)
{
    const struct ssp_package *calls = &c->package->calls;
    SECURITY_STATUS(*leg)
    (struct ssp_cred *, struct ssp_ctx **, struct ssp_step *) =
        c->initiator ? calls->initiate : calls->accept;

    if (!leg)
        return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s has no %s side", c->package->name,
                            c->initiator ? "client" : "server");
    SECURITY_STATUS status = check_size(c->package, run->step.token);
    if (status != SEC_E_OK)
        return status;
    reply_begin(&run->reply, run->step.token);
    /* The handshake's own is long past when an established context renegotiates. */
    run->step.deadline = ctx_state(c) == CTX_ESTABLISHED ? ctx_first_deadline() : c->deadline;
    status = leg(cred->theirs, &c->theirs, &run->step);
    if (status >= 0 && run->reply.token.failed) { /* a package that did not look */
        run->spoilt = true;
        status = SEC_E_INSUFFICIENT_MEMORY;
    }
    return status;
}

/* Where a leg that succeeded leads. */
static void advance(struct context *c, SECURITY_STATUS status, const struct ssp_step *step)
{
    if (ctx_state(c) == CTX_ESTABLISHED)
        return; /* a renegotiation: messages go on */
    if (step->messages && step->messages_ctx) {
        c->messages = step->messages;
        c->messages_ctx = step->messages_ctx;
    }
    if (status == SEC_I_COMPLETE_NEEDED)
        ctx_set_state(c, CTX_COMPLETE_DUE);
    else if (status == SEC_I_COMPLETE_AND_CONTINUE)
        ctx_set_state(c, CTX_COMPLETE_AND_CONTINUE);
    else if (status == SEC_E_OK)
        ctx_establish(c);
}

static void report(struct ctx_leg *leg, const struct run *run, uint32_t granted, int64_t expiry)
{
    /* What the core did itself, it says itself: 0x100 is ALLOCATED_MEMORY on both sides. */
    leg->granted = (granted & ~(uint32_t)ISC_RET_ALLOCATED_MEMORY) |
                   (run->reply.allocate ? ISC_RET_ALLOCATED_MEMORY : 0u);
    leg->expiry = expiry;
}

/* --- the first leg ------------------------------------------------------------------------ */

/* The handle exists only once nothing can fail any more. */
static SECURITY_STATUS open_handle(struct context *c, SECURITY_STATUS status, struct run *run)
{
    SECURITY_STATUS delivered = reply_deliver(&run->reply);

    if (delivered != SEC_E_OK)
        return delivered;
    if (!hnd_open_held(HND_CONTEXT, c, ctx_free, &c->handle)) {
        reply_take_back(&run->reply);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    /* From the moment the caller's variable is set, other threads may step, or delete it. */
    if (!c->initiator && ctx_state(c) == CTX_ESTABLISHED)
        half_withdraw();
    else if (!c->initiator)
        half_list(c);
    *run->leg->new_context = c->handle;
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
        reply_deliver_failure(&run->reply);
        return status;
    }
    c->legs = 1;
    advance(c, status, &run->step);
    status = open_handle(c, status, run);
    if (status < 0)
        token_reset(&run->reply.token); /* the retry starts afresh */
    return status;
}

/* The caller's hold on the credential becomes the context's: ctx_free drops it. */
static SECURITY_STATUS first_leg(struct credential *cred, struct run *run)
{
    bool server = !run->leg->initiator;
    SECURITY_STATUS status = server ? half_admit(reg_limits().max_half_open) : SEC_E_OK;
    struct context *c = NULL;

    if (status == SEC_E_OK) {
        c = ctx_new(cred->package, run->leg->initiator);
        if (!c && server)
            half_withdraw();
    }
    if (!c) {
        hnd_drop(run->leg->credential);
        return status < 0 ? status : SEC_E_INSUFFICIENT_MEMORY;
    }
    c->credential = run->leg->credential;
    c->own = cred;
    c->deadline = ctx_first_deadline();
    status = run_first(c, cred, run);
    if (status >= 0) {
        hnd_drop(c->handle);
        return status;
    }
    if (server)
        half_withdraw();
    ctx_free(c);
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
        .token = run->reply.token,
        .extra = extra ? extra->cbBuffer : 0,
    };
    run->reply.token = (struct ssp_token){ 0 };
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
    run->reply.token = p->token;
    SECURITY_STATUS status = reply_deliver(&run->reply);
    if (status != SEC_E_OK) {
        p->token = run->reply.token;
        return status;
    }
    p->token = (struct ssp_token){ 0 };
    report_extra(run, p->extra);
    report(run->leg, run, p->granted, p->expiry);
    const struct ssp_step step = { .granted = p->granted };
    status = p->status;
    ctx_drop_pending(p);
    advance(c, status, &step);
    return status;
}

/* May a leg run now? */
static SECURITY_STATUS check_turn(struct context *c)
{
    switch (ctx_state(c)) {
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
    if (ctx_is_late_locked(c))
        return trace_refuse(SEC_E_CONTEXT_EXPIRED, "the exchange's deadline has passed");
    uint32_t limit = reg_limits().max_legs;
    if (limit && c->legs >= limit) {
        ctx_kill_locked(c);
        return trace_refuse(SEC_E_OUT_OF_SEQUENCE, "more than %u legs", limit);
    }
    return SEC_E_OK;
}

static SECURITY_STATUS failed_leg(struct context *c, struct run *run, SECURITY_STATUS status)
{
    reply_deliver_failure(&run->reply);
    if (ctx_may_retry(status) && !run->spoilt)
        report_input(run); /* MISSING */
    else if (ctx_state(c) != CTX_ESTABLISHED)
        ctx_kill_locked(c);
    return status;
}

static SECURITY_STATUS later_leg_locked(struct context *c, const struct credential *cred,
                                        struct run *run)
{
    SECURITY_STATUS status = check_turn(c);

    if (status != SEC_E_OK)
        return status;
    if (c->pending.due)
        return deliver_pending(c, run);
    status = call_package(c, cred, run);
    if (status < 0)
        return failed_leg(c, run, status);
    c->legs++;
    SECURITY_STATUS delivered = reply_deliver(&run->reply);
    if (delivered != SEC_E_OK) {
        if (ctx_state(c) != CTX_ESTABLISHED && run->step.messages && run->step.messages_ctx) {
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
        *run->leg->new_context = run->leg->context;
    return status;
}

/* --- the call ----------------------------------------------------------------------------- */

static SECURITY_STATUS check_direction(const struct credential *cred, bool initiator)
{
    if (!(cred->use & (initiator ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND)))
        return trace_refuse(SEC_E_NO_CREDENTIALS, "a credential for the %s side",
                            initiator ? "server" : "client");
    return SEC_E_OK;
}

static SECURITY_STATUS step_first(struct run *run)
{
    struct ctx_leg *leg = run->leg;

    if (!leg->has_credential || !leg->new_context)
        return trace_refuse(SEC_E_INVALID_HANDLE, "the first leg needs a credential and a place "
                                                  "for the new context");
    struct credential *cred = hnd_hold(leg->credential, HND_CREDENTIAL);
    if (!cred)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such credential");
    SECURITY_STATUS status = check_direction(cred, leg->initiator);
    if (status == SEC_E_OK)
        return first_leg(cred, run);
    hnd_drop(leg->credential);
    return status;
}

/* The context's own credential serves on even when its handle was freed. */
static bool is_own(const struct context *c, CredHandle handle)
{
    return c->own && handle.dwLower == c->credential.dwLower &&
           handle.dwUpper == c->credential.dwUpper;
}

static SECURITY_STATUS step_with_credential(struct context *c, struct run *run)
{
    const struct ctx_leg *leg = run->leg;

    if (!leg->has_credential || is_own(c, leg->credential))
        return later_leg(c, NULL, run);
    struct credential *cred = hnd_hold(leg->credential, HND_CREDENTIAL);
    if (!cred)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such credential");
    SECURITY_STATUS status = check_direction(cred, leg->initiator);
    if (status == SEC_E_OK)
        status = later_leg(c, cred, run);
    hnd_drop(leg->credential);
    return status;
}

static SECURITY_STATUS step_later(struct run *run)
{
    CtxtHandle handle = run->leg->context;
    struct context *c = hnd_hold(handle, HND_CONTEXT);

    if (!c)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
    SECURITY_STATUS status = step_with_credential(c, run);
    hnd_drop(handle);
    return status;
}

/* Checks the buffers; whatever comes of it, run is fit for reply_settle. */
static SECURITY_STATUS begin(struct run *run, struct ctx_leg *leg)
{
    run->leg = leg;
    run->reply = (struct reply){ 0 };
    run->spoilt = false;
    leg->granted = 0;
    leg->expiry = 0;
    return check_buffers(run);
}

SECURITY_STATUS ctx_step(struct ctx_leg *leg)
{
    struct run run;
    SECURITY_STATUS status = begin(&run, leg);

    if (status == SEC_E_OK)
        status = leg->has_context ? step_later(&run) : step_first(&run);
    if (status < 0)
        reply_settle(&run.reply, status);
    return status;
}

SECURITY_STATUS ctx_refuse(struct ctx_leg *leg, SECURITY_STATUS status)
{
    struct run run;

    (void)begin(&run, leg);
    reply_settle(&run.reply, status);
    return status;
}
