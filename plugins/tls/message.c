/* SPDX-License-Identifier: Apache-2.0 */
/* message.c: EncryptMessage and DecryptMessage: a record at a time, where the caller has it. */
#include "config.h"

#include "plugins/tls/host.h"
#include "plugins/tls/record.h"
#include "plugins/tls/tls.h"

#define KEY_UPDATES_MAX 32 /* in a row: each has us derive keys, and costs the peer nothing */

/* --- sending --------------------------------------------------------------------------------- */

struct outgoing {
    SecBuffer *header, *data, *trailer;
};

static SECURITY_STATUS find_outgoing(struct ssp_buffers m, struct outgoing *out)
{
    out->header = ssp_buffer_find(m, SECBUFFER_STREAM_HEADER);
    out->data = ssp_buffer_find(m, SECBUFFER_DATA);
    out->trailer = ssp_buffer_find(m, SECBUFFER_STREAM_TRAILER);
    if (!out->header || !out->data || !out->trailer || out->header > out->data ||
        out->data > out->trailer)
        return refuse(SEC_E_INVALID_TOKEN,
                      "a message is STREAM_HEADER, DATA, STREAM_TRAILER, in this order");
    if (out->data->BufferType & SECBUFFER_ATTRMASK)
        return refuse(SEC_E_INVALID_TOKEN, "the data is read-only: it is encrypted in place");
    return SEC_E_OK;
}

static SECURITY_STATUS check_outgoing(const struct ssp_ctx *ctx, const struct outgoing *out)
{
    if (ctx->state == TLS_FAILED)
        return refuse(ctx->why, "the connection has failed");
    if (ctx->state == TLS_CLOSED)
        return refuse(SEC_E_CONTEXT_EXPIRED, "the connection was closed");
    /* In a handshake, libssl would first of all try to go on with that. */
    if (ctx->leg_due || SSL_in_init(ctx->ssl))
        return refuse(SEC_E_CONTEXT_EXPIRED, "a handshake is going on: a leg comes first");
    if (out->data->cbBuffer > ctx->maximum)
        return refuse(SEC_E_ENCRYPT_FAILURE, "%u octets of data, a record holds %u",
                      out->data->cbBuffer, ctx->maximum);
    if (out->header->cbBuffer < ctx->header || out->trailer->cbBuffer < ctx->trailer)
        return refuse(SEC_E_BUFFER_TOO_SMALL, "header and trailer take %u and %u octets",
                      ctx->header, ctx->trailer);
    return SEC_E_OK;
}

/* libssl has no record without data; there is nothing to send then. */
static SECURITY_STATUS send_locked(struct ssp_ctx *ctx, const struct outgoing *out)
{
    int n = (int)out->data->cbBuffer;
    struct tls_scatter *to = &ctx->io.out;

    *to = (struct tls_scatter){ .piece = { { out->header->pvBuffer, ctx->header, 0 },
                                           { out->data->pvBuffer, out->data->cbBuffer, 0 },
                                           { out->trailer->pvBuffer, ctx->trailer, 0 } },
                                .n = 3 };
    tls_forget_errors();
    if (n > 0 && (SSL_write(ctx->ssl, out->data->pvBuffer, n) != n || ctx->io.failed)) {
        to->n = 0;
        return tls_give_up(ctx, tls_failure(ctx));
    }
    to->n = 0;
    out->header->cbBuffer = (uint32_t)to->piece[0].used;
    out->trailer->cbBuffer = (uint32_t)to->piece[2].used;
    return SEC_E_OK;
}

SECURITY_STATUS tls_encrypt(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq)
{
    struct outgoing out;
    SECURITY_STATUS status = find_outgoing(m, &out);

    (void)seq;
    if (qop == SECQOP_WRAP_OOB_DATA)
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "libssl sends no alert of the application's");
    if (qop != 0)
        return refuse(SEC_E_QOP_NOT_SUPPORTED, "fQOP 0x%x", qop);
    if (status < 0)
        return status;
    pthread_mutex_lock(&ctx->lock);
    status = check_outgoing(ctx, &out);
    if (status >= 0)
        status = send_locked(ctx, &out);
    pthread_mutex_unlock(&ctx->lock);
    return status;
}

/* --- receiving ------------------------------------------------------------------------------- */

/* DATA, which becomes STREAM_HEADER, and three EMPTY for what else there is to say. */
struct incoming {
    SecBuffer *data, *empty[3];
    uint8_t *record;
    size_t len; /* of the record */
};

static SECURITY_STATUS find_incoming(struct ssp_buffers m, struct incoming *in)
{
    unsigned n = 0;

    *in = (struct incoming){ .data = ssp_buffer_find(m, SECBUFFER_DATA) };
    for (uint32_t i = 0; i < m.count && n < 3; i++)
        if (ssp_buffer_type(&m.all[i]) == SECBUFFER_EMPTY)
            in->empty[n++] = &m.all[i];
    if (!in->data || n < 3)
        return refuse(SEC_E_INVALID_TOKEN, "a message is DATA and three times EMPTY");
    if (in->data->BufferType & SECBUFFER_ATTRMASK)
        return refuse(SEC_E_INVALID_TOKEN, "the data is read-only: it is decrypted in place");
    in->record = in->data->pvBuffer;
    return SEC_E_OK;
}

/* A stream cannot go on after what is no record; a datagram more or less matters to nobody. */
static SECURITY_STATUS look(struct ssp_ctx *ctx, struct span input, struct tls_record *record)
{
    SECURITY_STATUS status;

    if (ctx->datagram)
        return tls_datagram_look(input, record);
    status = tls_record_look(input, false, record);
    return status < 0 ? tls_give_up(ctx, status) : status;
}

static SECURITY_STATUS check_incoming(struct ssp_ctx *ctx, struct incoming *in)
{
    struct tls_record record;
    SECURITY_STATUS status;

    if (ctx->state == TLS_FAILED)
        return refuse(ctx->why, "the connection has failed");
    if (ctx->peer_closed)
        return refuse(SEC_E_CONTEXT_EXPIRED, "the peer has closed the connection");
    status = look(ctx, ssp_buffer_span(in->data), &record);
    if (status < 0)
        return status;
    if (record.missing > 0) {
        *in->empty[0] =
            (SecBuffer){ .BufferType = SECBUFFER_MISSING, .cbBuffer = (uint32_t)record.missing };
        return SEC_E_INCOMPLETE_MESSAGE;
    }
    in->len = record.len;
    return SEC_E_OK;
}

/* The record's parts in the caller's buffers: header, n octets of data, trailer, what follows. */
static void report(const struct incoming *in, size_t header, size_t n)
{
    uint8_t *end = in->record + in->len;
    uint32_t left = in->data->cbBuffer - (uint32_t)in->len;

    *in->data = (SecBuffer){ (uint32_t)header, SECBUFFER_STREAM_HEADER, in->record };
    *in->empty[0] = (SecBuffer){ (uint32_t)n, SECBUFFER_DATA, in->record + header };
    *in->empty[1] = (SecBuffer){ (uint32_t)(in->len - header - n), SECBUFFER_STREAM_TRAILER,
                                 in->record + header + n };
    *in->empty[2] = left > 0 ? (SecBuffer){ left, SECBUFFER_EXTRA, end }
                             : (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
}

/* A record without data for the application: what was it? */
static SECURITY_STATUS no_data(struct ssp_ctx *ctx, const struct incoming *in)
{
    if (ctx->key_updates > KEY_UPDATES_MAX)
        return tls_give_up(
            ctx, refuse(SEC_E_ILLEGAL_MESSAGE, "%u times new keys, and no data", ctx->key_updates));
    if (ctx->certificate_due || ctx->io.queued > 0 || SSL_in_init(ctx->ssl) ||
        SSL_renegotiate_pending(ctx->ssl) ||
        SSL_get_key_update_type(ctx->ssl) != SSL_KEY_UPDATE_NONE)
        ctx->leg_due = true;
    if (ctx->leg_due || ctx->heard)
        return SEC_I_RENEGOTIATE;
    if (ctx->datagram && in->len > 0)
        return refuse(SEC_E_MESSAGE_ALTERED, "a datagram that is altered, or came before");
    return SEC_E_OK;
}

static SECURITY_STATUS judge(struct ssp_ctx *ctx, const struct incoming *in, int result)
{
    switch (SSL_get_error(ctx->ssl, result)) {
    case SSL_ERROR_NONE:
        ctx->key_updates = 0;
        return SEC_E_OK;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_X509_LOOKUP:
        return no_data(ctx, in);
    case SSL_ERROR_ZERO_RETURN:
        ctx->peer_closed = true;
        return SEC_I_CONTEXT_EXPIRED;
    default:
        return tls_give_up(ctx, tls_failure(ctx));
    }
}

static SECURITY_STATUS receive_locked(struct ssp_ctx *ctx, struct incoming *in)
{
    size_t header = ctx->header < in->len ? ctx->header : in->len;
    uint8_t spare; /* where a record is too short for data */
    bool short_one = header == in->len;
    int n;

    ctx->heard = false;
    ctx->io.in = span_of(in->record, in->len);
    tls_forget_errors();
    SSL_set_read_ahead(ctx->ssl, 1); /* head and body in one: there is this record only */
    n = SSL_read(ctx->ssl, short_one ? &spare : in->record + header,
                 short_one ? 1 : (int)(in->len - header));
    SSL_set_read_ahead(ctx->ssl, 0); /* a leg tells what it has not used */
    ctx->io.in = span_of(NULL, 0);
    SECURITY_STATUS status = judge(ctx, in, n);
    if (status < 0)
        return status;
    if (ctx->heard && !SSL_in_init(ctx->ssl)) {
        tls_measure(ctx);
        tls_spare_buffers(ctx);
    }
    report(in, header, n > 0 && !short_one ? (size_t)n : 0);
    return status;
}

SECURITY_STATUS tls_decrypt(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq, uint32_t *qop)
{
    struct incoming in;
    SECURITY_STATUS status = find_incoming(m, &in);

    (void)seq;
    if (qop)
        *qop = 0;
    if (status < 0)
        return status;
    pthread_mutex_lock(&ctx->lock);
    status = check_incoming(ctx, &in);
    if (status >= 0)
        status = receive_locked(ctx, &in);
    pthread_mutex_unlock(&ctx->lock);
    return status;
}
