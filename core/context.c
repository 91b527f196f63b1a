/* SPDX-License-Identifier: Apache-2.0 */
/* context.c: the life of a context, and the calls on it that are no legs. */
#include "config.h"

#include "core/context.h"

#include <stdlib.h>

#include "core/buffers.h"
#include "core/clock.h"
#include "core/halfopen.h"
#include "core/handle.h"
#include "core/thread.h"
#include "core/trace.h"

/* --- life --------------------------------------------------------------------------------- */

enum ctx_state ctx_state(struct context *c)
{
    return (enum ctx_state)atomic_load_explicit(&c->state, memory_order_acquire);
}

void ctx_set_state(struct context *c, enum ctx_state state)
{
    atomic_store_explicit(&c->state, (int)state, memory_order_release);
}

void ctx_drop_pending(struct ctx_pending *p)
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
    ctx_drop_pending(&c->pending);
}

void ctx_kill_locked(struct context *c)
{
    ctx_set_state(c, CTX_DEAD);
    delete_theirs(c);
    half_unlist(c);
}

void ctx_free(void *object)
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

struct context *ctx_new(struct package *package, bool initiator)
{
    struct context *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    pthread_mutex_init(&c->step, NULL);
    pthread_mutex_init(&c->send, NULL);
    pthread_mutex_init(&c->receive, NULL);
    reg_hold(package);
    c->package = package;
    c->query = package->calls.query;
    c->initiator = initiator;
    return c;
}

void ctx_establish(struct context *c)
{
    if (!c->messages) {
        c->messages = &c->package->calls;
        c->messages_ctx = c->theirs;
    }
    ctx_set_state(c, CTX_ESTABLISHED);
    half_unlist(c);
}

/* What can be tried again: nothing has changed. */
bool ctx_may_retry(SECURITY_STATUS status)
{
    return status == SEC_E_INCOMPLETE_MESSAGE || status == SEC_E_INSUFFICIENT_MEMORY ||
           status == SEC_E_BUFFER_TOO_SMALL;
}

bool ctx_is_late_locked(struct context *c)
{
    bool late = c->deadline && clock_monotonic_ms() > c->deadline;

    if (late)
        ctx_kill_locked(c);
    return late;
}

static THREAD_LOCAL uint64_t sooner; /* 0: nothing */

void ctx_first_by(uint64_t deadline)
{
    sooner = deadline;
}

uint64_t ctx_first_deadline(void)
{
    uint32_t timeout = reg_limits().handshake_timeout_ms;
    uint64_t usual = timeout ? clock_monotonic_ms() + timeout : 0;

    return sooner && (!usual || sooner < usual) ? sooner : usual;
}

/* --- the calls ---------------------------------------------------------------------------- */

static SECURITY_STATUS complete_locked(struct context *c, struct ssp_buffers token)
{
    enum ctx_state state = ctx_state(c);

    if (state == CTX_DEAD)
        return trace_refuse(SEC_E_INVALID_HANDLE, "the exchange has failed");
    if (state != CTX_COMPLETE_DUE && state != CTX_COMPLETE_AND_CONTINUE)
        return SEC_E_OK; /* nothing is due: programs call it to be safe */
    if (ctx_is_late_locked(c))
        return trace_refuse(SEC_E_CONTEXT_EXPIRED, "the exchange's deadline has passed");
    SECURITY_STATUS status = SEC_E_OK;
    if (c->package->calls.complete)
        status = c->package->calls.complete(c->theirs, token);
    if (status < 0) {
        if (!ctx_may_retry(status))
            ctx_kill_locked(c);
        return status;
    }
    if (state == CTX_COMPLETE_DUE)
        ctx_establish(c);
    else
        ctx_set_state(c, CTX_HALF_OPEN);
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
        if (ctx_state(c) == CTX_DEAD)
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
    if (ctx_state(c) == CTX_ESTABLISHED) {
        status = trace_refuse(SEC_E_OUT_OF_SEQUENCE, "the context is established");
    } else if (ctx_state(c) == CTX_DEAD) {
        status = trace_refuse(SEC_E_INVALID_HANDLE, "the exchange has failed or run out of time");
    } else {
        c->deadline = milliseconds ? clock_monotonic_ms() + milliseconds : 0;
        half_relist(c);
    }
    pthread_mutex_unlock(&c->step);
    hnd_drop(handle);
    return status;
}

SECURITY_STATUS ctx_impersonate(CtxtHandle handle)
{
    struct context *c = hnd_hold(handle, HND_CONTEXT);

    if (!c)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
    bool has_client = ctx_state(c) == CTX_ESTABLISHED && !c->initiator;
    hnd_drop(handle);
    return has_client ? trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "impersonation is not offered")
                      : trace_refuse(SEC_E_NO_IMPERSONATION, "no established context of a server");
}

SECURITY_STATUS ctx_token(CtxtHandle handle, void **token)
{
    SECURITY_STATUS status;
    struct context *c = hnd_hold(handle, HND_CONTEXT);

    if (!c)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
    if (ctx_state(c) != CTX_ESTABLISHED || c->initiator)
        status = trace_refuse(SEC_E_NO_IMPERSONATION, "only an established server context has a "
                                                      "token");
    else if (!c->package->calls.query_token)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s gives no tokens", c->package->name);
    else
        status = c->package->calls.query_token(c->theirs, token);
    hnd_drop(handle);
    return status;
}
