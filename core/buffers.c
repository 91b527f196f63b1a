/* SPDX-License-Identifier: Apache-2.0 */
/* buffers.c: the caller's SecBufferDesc, checked once for every package. */
#include "config.h"

#include "core/buffers.h"

#include "core/trace.h"

/* What each use of a descriptor says of a buffer that is NULL but not empty. */
enum null_rule { NULL_IS_TOKEN_FAULT, NULL_IS_FINE, NULL_IS_PARAMETER_FAULT };

static SECURITY_STATUS check_each(struct ssp_buffers b, enum null_rule rule)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < b.count; i++) {
        sum += b.all[i].cbBuffer;
        if (rule == NULL_IS_FINE || b.all[i].pvBuffer || b.all[i].cbBuffer == 0 ||
            ssp_buffer_type(&b.all[i]) == SECBUFFER_EMPTY ||
            ssp_buffer_type(&b.all[i]) == SECBUFFER_MISSING)
            continue;
        return trace_refuse(rule == NULL_IS_TOKEN_FAULT ? SEC_E_INVALID_TOKEN
                                                        : SEC_E_INVALID_PARAMETER,
                            "buffer %u is NULL but %u bytes long", i, b.all[i].cbBuffer);
    }
    if (rule != NULL_IS_FINE && sum > UINT32_MAX)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "the buffers are longer than 2^32 bytes");
    return SEC_E_OK;
}

static SECURITY_STATUS check(const SecBufferDesc *desc, enum null_rule rule,
                             struct ssp_buffers *out)
{
    struct ssp_buffers b = { 0 };

    *out = b;
    if (!desc)
        return SEC_E_OK;
    if (desc->ulVersion != SECBUFFER_VERSION)
        return trace_refuse(SEC_E_INVALID_TOKEN, "ulVersion of the buffers is %u, not %u",
                            desc->ulVersion, (unsigned)SECBUFFER_VERSION);
    if (desc->cBuffers > BUF_MAX)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "%u buffers, %u are allowed", desc->cBuffers,
                            BUF_MAX);
    if (!desc->pBuffers && desc->cBuffers > 0)
        return trace_refuse(SEC_E_INVALID_TOKEN, "pBuffers is NULL, cBuffers %u", desc->cBuffers);
    b = (struct ssp_buffers){ .all = desc->pBuffers, .count = desc->cBuffers };
    SECURITY_STATUS status = check_each(b, rule);
    if (status == SEC_E_OK)
        *out = b;
    return status;
}

SECURITY_STATUS buf_input(const SecBufferDesc *desc, struct ssp_buffers *out)
{
    return check(desc, NULL_IS_TOKEN_FAULT, out);
}

SECURITY_STATUS buf_output(const SecBufferDesc *desc, struct ssp_buffers *out)
{
    SECURITY_STATUS status = check(desc, NULL_IS_FINE, out);

    if (status != SEC_E_OK)
        return status;
    const SecBuffer *token = ssp_buffer_find(*out, SECBUFFER_TOKEN);
    if (token && token->BufferType & SECBUFFER_READONLY)
        return trace_refuse(SEC_E_INVALID_TOKEN, "the output TOKEN buffer is marked read-only");
    return SEC_E_OK;
}

SECURITY_STATUS buf_message(const SecBufferDesc *desc, struct ssp_buffers *out)
{
    *out = (struct ssp_buffers){ 0 };
    if (!desc)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "no message was given");
    return check(desc, NULL_IS_PARAMETER_FAULT, out);
}

/* The structure is this host's own memory: native byte order, of any alignment. */
static uint32_t native32(struct wire_in *in)
{
    struct span four = wire_span(in, 4);
    uint32_t v = 0;

    if (four.data)
        memcpy(&v, four.data, sizeof v);
    return v;
}

/* A length and an offset from the start of the structure. */
static struct span take_part(struct wire_in *in)
{
    uint32_t len = native32(in);
    uint32_t off = native32(in);

    return wire_at(in, off, len);
}

/* SEC_CHANNEL_BINDINGS; the _EX form has a magic, flags and two lengths before the same fields. */
static SECURITY_STATUS take_bindings(struct span all, struct ssp_bindings *out)
{
    struct wire_in in = wire_in(all);
    struct ssp_bindings b;

    b.initiator_type = native32(&in);
    if (b.initiator_type == SEC_CHANNEL_BINDINGS_EX_MAGIC) {
        (void)native32(&in); /* flags */
        uint32_t header = native32(&in), whole = native32(&in);
        if (header < sizeof(SEC_CHANNEL_BINDINGS_EX) || whole < header || whole > all.len)
            return trace_refuse(SEC_E_INVALID_TOKEN,
                                "channel bindings of %zu bytes say %u, with a header of %u",
                                all.len, whole, header);
        b.initiator_type = native32(&in);
    }
    b.initiator = take_part(&in);
    b.acceptor_type = native32(&in);
    b.acceptor = take_part(&in);
    b.application_data = take_part(&in);
    if (!wire_ok(&in))
        return trace_refuse(SEC_E_INVALID_TOKEN,
                            "channel bindings of %zu bytes point past their end", all.len);
    *out = b;
    return SEC_E_OK;
}

SECURITY_STATUS buf_bindings(struct ssp_buffers in, struct ssp_bindings *out, bool *present)
{
    const SecBuffer *buffer = ssp_buffer_find(in, SECBUFFER_CHANNEL_BINDINGS);
    struct ssp_bindings b;

    *present = false;
    if (!buffer)
        return SEC_E_OK;
    SECURITY_STATUS status = take_bindings(ssp_buffer_span(buffer), &b);
    if (status != SEC_E_OK)
        return status;
    *present = b.application_data.len > 0 || b.initiator.len > 0 || b.acceptor.len > 0;
    *out = b;
    return SEC_E_OK;
}

uint64_t buf_flags(struct ssp_buffers in)
{
    const SecBuffer *buffer = ssp_buffer_find(in, SECBUFFER_FLAGS);
    uint64_t flags = 0;

    if (buffer && buffer->cbBuffer >= sizeof flags)
        memcpy(&flags, buffer->pvBuffer, sizeof flags);
    return flags;
}
