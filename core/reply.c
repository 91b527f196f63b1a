/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c: the token of a leg, on its way into the caller's TOKEN buffer. */
#include "config.h"

#include "core/reply.h"

#include <string.h>

#include "core/memory.h"
#include "core/trace.h"

/* Some callers use one buffer for the token that comes and the one that goes. */
static bool overlap(const SecBuffer *room, struct span token)
{
    uintptr_t a = (uintptr_t)room->pvBuffer, b = (uintptr_t)token.data;

    return token.len > 0 && a < b + token.len && b < a + room->cbBuffer;
}

void reply_begin(struct reply *r, struct span input)
{
    bool usable = r->to && r->to->pvBuffer && !r->allocate && !overlap(r->to, input);

    r->token = usable ? (struct ssp_token){ .data = r->to->pvBuffer, .cap = r->to->cbBuffer }
                      : (struct ssp_token){ 0 };
}

/* With ALLOCATE_MEMORY: the token's memory itself becomes the caller's. */
static void give(struct reply *r)
{
    struct ssp_token *t = &r->token;

    r->to->pvBuffer = t->len > 0 ? t->data : NULL;
    r->to->cbBuffer = (uint32_t)t->len;
    if (t->len == 0)
        token_reset(t);
    *t = (struct ssp_token){ 0 };
}

SECURITY_STATUS reply_deliver(struct reply *r)
{
    struct ssp_token *t = &r->token;

    if (!r->to)
        return t->len == 0 ? SEC_E_OK
                           : trace_refuse(SEC_E_INVALID_TOKEN,
                                          "no output TOKEN buffer for %zu bytes", t->len);
    uint32_t room = r->to->pvBuffer ? r->to->cbBuffer : 0;
    if (!r->allocate && t->own && room < t->len) {
        r->to->cbBuffer = (uint32_t)t->len;
        r->sized = true;
        return trace_refuse(SEC_E_BUFFER_TOO_SMALL, "%u bytes of room, the token takes %zu", room,
                            t->len);
    }
    r->delivered = true;
    if (r->allocate) {
        give(r);
        return SEC_E_OK;
    }
    if (t->own && t->len > 0)
        memcpy(r->to->pvBuffer, t->data, t->len);
    r->to->cbBuffer = (uint32_t)t->len;
    token_reset(t);
    return SEC_E_OK;
}

void reply_take_back(struct reply *r)
{
    if (r->to && r->allocate)
        (void)mem_result_free(r->to->pvBuffer);
    r->delivered = false;
}

void reply_deliver_failure(struct reply *r)
{
    if (r->to && r->token.len > 0 && !r->token.failed)
        (void)reply_deliver(r);
    token_reset(&r->token);
}

void reply_settle(struct reply *r, SECURITY_STATUS status)
{
    if (!r->to || r->delivered || (r->sized && status == SEC_E_BUFFER_TOO_SMALL))
        return;
    r->to->cbBuffer = 0;
    if (r->allocate)
        r->to->pvBuffer = NULL;
}
