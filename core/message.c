/* SPDX-License-Identifier: Apache-2.0 */
/* message.c: signing and sealing: check, hold, lock one direction, call. */
#include "config.h"

#include "core/message.h"

#include "core/buffers.h"
#include "core/handle.h"
#include "core/trace.h"

/* Held and established, or NULL with the status. */
static struct context *hold_established(CtxtHandle handle, SECURITY_STATUS *status)
{
    struct context *c = hnd_hold(handle, HND_CONTEXT);

    if (!c) {
        *status = trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
        return NULL;
    }
    if (atomic_load_explicit(&c->state, memory_order_acquire) == CTX_ESTABLISHED)
        return c;
    hnd_drop(handle);
    *status = trace_refuse(SEC_E_INVALID_HANDLE, "the context is not established");
    return NULL;
}

/* With the lock of one direction: was it exported, and so ended, while we waited? */
static bool still_ours_locked(const struct context *c)
{
    return atomic_load_explicit(&c->state, memory_order_relaxed) == CTX_ESTABLISHED;
}

static SECURITY_STATUS cannot(const struct context *c, const char *what)
{
    return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s does not %s messages", c->messages->name,
                        what);
}

static SECURITY_STATUS protect(CtxtHandle handle, uint32_t qop, const SecBufferDesc *message,
                               uint32_t sequence, bool seal)
{
    struct ssp_buffers m;
    SECURITY_STATUS status = SEC_E_OK;
    struct context *c = hold_established(handle, &status);

    if (!c)
        return status;
    status = buf_message(message, &m);
    if (status == SEC_E_OK && !(seal ? c->messages->encrypt : c->messages->sign))
        status = cannot(c, seal ? "seal" : "sign");
    if (status == SEC_E_OK) {
        pthread_mutex_lock(&c->send);
        status = still_ours_locked(c)
                     ? (seal ? c->messages->encrypt : c->messages->sign)(c->messages_ctx, qop, m,
                                                                         sequence)
                     : SEC_E_INVALID_HANDLE;
        pthread_mutex_unlock(&c->send);
    }
    hnd_drop(handle);
    return status;
}

static SECURITY_STATUS unprotect(CtxtHandle handle, const SecBufferDesc *message,
                                 uint32_t sequence, uint32_t *qop, bool sealed)
{
    struct ssp_buffers m;
    uint32_t found = 0;
    SECURITY_STATUS status = SEC_E_OK;
    struct context *c = hold_established(handle, &status);

    if (!c)
        return status;
    status = buf_message(message, &m);
    if (status == SEC_E_OK && !(sealed ? c->messages->decrypt : c->messages->verify))
        status = cannot(c, sealed ? "open" : "verify");
    if (status == SEC_E_OK) {
        pthread_mutex_lock(&c->receive);
        status = still_ours_locked(c)
                     ? (sealed ? c->messages->decrypt : c->messages->verify)(c->messages_ctx, m,
                                                                             sequence, &found)
                     : SEC_E_INVALID_HANDLE;
        pthread_mutex_unlock(&c->receive);
    }
    hnd_drop(handle);
    *qop = status < 0 ? 0 : found;
    return status;
}

SECURITY_STATUS msg_sign(CtxtHandle handle, uint32_t qop, const SecBufferDesc *message,
                         uint32_t sequence)
{
    return protect(handle, qop, message, sequence, false);
}

SECURITY_STATUS msg_verify(CtxtHandle handle, const SecBufferDesc *message, uint32_t sequence,
                           uint32_t *qop)
{
    return unprotect(handle, message, sequence, qop, false);
}

SECURITY_STATUS msg_encrypt(CtxtHandle handle, uint32_t qop, const SecBufferDesc *message,
                            uint32_t sequence)
{
    return protect(handle, qop, message, sequence, true);
}

SECURITY_STATUS msg_decrypt(CtxtHandle handle, const SecBufferDesc *message, uint32_t sequence,
                            uint32_t *qop)
{
    return unprotect(handle, message, sequence, qop, true);
}
