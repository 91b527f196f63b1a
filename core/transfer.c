/* SPDX-License-Identifier: Apache-2.0 */
/* transfer.c: contexts as bytes, and back. */
#include "config.h"

#include "core/context.h"

#include "core/halfopen.h"
#include "core/handle.h"
#include "core/trace.h"

static SECURITY_STATUS export_locked(struct context *c, uint32_t flags, struct ssp_token *packed)
{
    if (ctx_state(c) == CTX_DEAD)
        return trace_refuse(SEC_E_INVALID_HANDLE, "the exchange has failed");
    if (c->pending.due)
        return trace_refuse(SEC_E_OUT_OF_SEQUENCE, "a token is still to be delivered");
    if (!c->package->calls.export_ctx)
        return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s exports no contexts", c->package->name);
    SECURITY_STATUS status = c->package->calls.export_ctx(c->theirs, flags, packed);
    return status >= 0 && packed->failed ? SEC_E_INSUFFICIENT_MEMORY : status;
}

SECURITY_STATUS ctx_export(CtxtHandle handle, uint32_t flags, SecBuffer *packed, void **token)
{
    struct ssp_token bytes = { 0 };
    struct context *c = hnd_hold(handle, HND_CONTEXT);

    if (!c)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
    /* No message may move the counters meanwhile. */
    pthread_mutex_lock(&c->step);
    pthread_mutex_lock(&c->send);
    pthread_mutex_lock(&c->receive);
    SECURITY_STATUS status = export_locked(c, flags, &bytes);
    /* Who waits for these locks with a hold must not use the keys again: they are elsewhere now. */
    if (status >= 0 && flags & SECPKG_CONTEXT_EXPORT_DELETE_OLD)
        ctx_set_state(c, CTX_DEAD);
    pthread_mutex_unlock(&c->receive);
    pthread_mutex_unlock(&c->send);
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

/* A server's context that is half-open counts as one that began here. */
static SECURITY_STATUS open_imported(struct context *c, bool established, CtxtHandle *handle)
{
    bool counts = !established && !c->initiator;
    SECURITY_STATUS status = counts ? half_admit(reg_limits().max_half_open) : SEC_E_OK;

    if (status != SEC_E_OK)
        return status;
    c->deadline = established ? 0 : ctx_first_deadline();
    if (established)
        ctx_establish(c);
    if (!hnd_open_held(HND_CONTEXT, c, ctx_free, &c->handle)) {
        if (counts)
            half_withdraw();
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    if (counts)
        half_list(c);
    *handle = c->handle;
    hnd_drop(c->handle);
    return SEC_E_OK;
}

SECURITY_STATUS ctx_import(struct span name, const SecBuffer *packed, CtxtHandle *handle)
{
    bool established = false, initiator = false;
    struct package *package;
    SECURITY_STATUS status = reg_find(name, SECPKG_CRED_BOTH, &package);

    if (status != SEC_E_OK)
        return status;
    struct context *c = ctx_new(package, false);
    reg_drop(package); /* the context holds it */
    if (!c)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (!c->package->calls.import_ctx)
        status =
            trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s imports no contexts", c->package->name);
    else
        status = c->package->calls.import_ctx(c->package->instance, ssp_buffer_span(packed),
                                              &c->theirs, &established, &initiator);
    c->initiator = initiator;
    if (status >= 0)
        status = open_imported(c, established, handle);
    if (status < 0)
        ctx_free(c);
    return status;
}
