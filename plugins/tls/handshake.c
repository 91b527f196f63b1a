/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handshake.c: the legs of InitializeSecurityContext and AcceptSecurityContext.
 *
 * libssl is given whole records only, so that what it has not used can be told exactly.  What it
 * writes is queued and goes with the leg, whether that succeeds or not: a failure has its alert.
 */
#include "config.h"

#include "plugins/tls/host.h"
#include "plugins/tls/native.h"
#include "plugins/tls/record.h"
#include "plugins/tls/tls.h"

/* --- input and output ------------------------------------------------------------------------ */

/* A leg's input as libssl is to have it. */
struct feed {
    struct span whole; /* records that are there whole, and of those only what may be used */
    size_t skipped;    /* octets before them that libssl has already */
    size_t missing;    /* of the record behind them; 0: none was begun */
};

/* What comes after n octets of a span, which may be none at all. */
static struct span behind(struct span s, size_t n)
{
    return n == 0 ? s : span_of(s.data + n, s.len - n);
}

/*
 * Count the whole records.  A fault behind good ones is left for the next leg, for the handshake
 * may end before it.  Data is never the handshake's in TLS 1.2, and until it is done not in 1.3.
 */
static SECURITY_STATUS gather(const struct ssp_ctx *ctx, struct span token, struct feed *feed)
{
    struct span rest = behind(token, feed->skipped);
    struct tls_record record;

    feed->whole = span_of(rest.data, 0);
    while (feed->whole.len < rest.len) {
        size_t at = feed->whole.len;
        SECURITY_STATUS status =
            tls_record_look(span_of(rest.data + at, rest.len - at), !ctx->met && at == 0, &record);

        if (status < 0)
            return at > 0 ? SEC_E_OK : status;
        feed->missing = record.missing;
        if (record.missing > 0)
            return SEC_E_OK;
        feed->whole.len += record.len;
    }
    return SEC_E_OK;
}

/* Tell what of the token was not used, or how much it lacks. */
static void tell(const struct ssp_step *step, uint32_t type, size_t n)
{
    SecBuffer *b = ssp_buffer_find(step->in, SECBUFFER_EMPTY);

    if (!b || n == 0)
        return;
    *b = (SecBuffer){ .BufferType = type, .cbBuffer = (uint32_t)n };
    if (type == SECBUFFER_EXTRA) /* the caller's own memory, which he may write on */
        b->pvBuffer = (void *)(uintptr_t)behind(step->token, step->token.len - n).data;
}

/* As many records of the queue as one datagram takes. */
static size_t next_datagram(const struct ssp_ctx *ctx)
{
    struct tls_record record;
    size_t n = 0;

    while (n < ctx->io.queued &&
           tls_datagram_look(span_of(ctx->io.queue + n, ctx->io.queued - n), &record) >= 0 &&
           (n == 0 || n + record.len <= ctx->mtu))
        n += record.len;
    return n;
}

/* The queue, or a datagram of it, into the reply. */
static SECURITY_STATUS flush(struct ssp_ctx *ctx, struct ssp_step *step)
{
    size_t n = ctx->datagram ? next_datagram(ctx) : ctx->io.queued;
    uint8_t *to;

    if (n == 0)
        return SEC_E_OK;
    to = tls_host->token_room(step->reply, n);
    if (!to)
        return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(to, ctx->io.queue, n);
    tls_io_shift(&ctx->io, n);
    return SEC_E_OK;
}

/* --- the end of a handshake ------------------------------------------------------------------ */

static bool is_encrypted(const struct ssp_ctx *ctx)
{
    return SSL_CIPHER_get_bits(SSL_get_current_cipher(ctx->ssl), NULL) > 0;
}

static bool peer_is_proved(const struct ssp_ctx *ctx)
{
    return !ctx->manual && SSL_get0_peer_certificate(ctx->ssl) &&
           SSL_get_verify_result(ctx->ssl) == X509_V_OK;
}

static uint32_t client_flags(const struct ssp_ctx *ctx)
{
    return ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT | ISC_RET_INTEGRITY |
           ISC_RET_EXTENDED_ERROR | (ctx->datagram ? ISC_RET_DATAGRAM : ISC_RET_STREAM) |
           (is_encrypted(ctx) ? ISC_RET_CONFIDENTIALITY : 0u) |
           (peer_is_proved(ctx) ? ISC_RET_MUTUAL_AUTH : 0u) |
           (ctx->manual ? ISC_RET_MANUAL_CRED_VALIDATION : 0u) |
           (ctx->certificate_offered ? ISC_RET_USED_SUPPLIED_CREDS : 0u);
}

static uint32_t server_flags(const struct ssp_ctx *ctx)
{
    return ASC_RET_REPLAY_DETECT | ASC_RET_SEQUENCE_DETECT | ASC_RET_INTEGRITY |
           ASC_RET_EXTENDED_ERROR | (ctx->datagram ? ASC_RET_DATAGRAM : ASC_RET_STREAM) |
           (is_encrypted(ctx) ? ASC_RET_CONFIDENTIALITY : 0u) |
           (peer_is_proved(ctx) ? ASC_RET_MUTUAL_AUTH : 0u);
}

static void establish(struct ssp_ctx *ctx)
{
    ctx->state = TLS_OPEN;
    ctx->granted = ctx->client ? client_flags(ctx) : server_flags(ctx);
    ctx->leg_due = ctx->heard = ctx->renegotiate = false;
    tls_measure(ctx);
    /* Not before: a handshake's many records would have libssl's buffers made again each time. */
    (void)SSL_set_mode(ctx->ssl, SSL_MODE_RELEASE_BUFFERS);
    tls_spare_buffers(ctx);
}

/* --- libssl's turn --------------------------------------------------------------------------- */

/* The peer's certificate request waits for a credential; the same input will come again. */
static SECURITY_STATUS wait_for_credential(struct ssp_ctx *ctx, size_t used)
{
    ctx->taken = used;
    return SEC_I_INCOMPLETE_CREDENTIALS;
}

static SECURITY_STATUS judge(struct ssp_ctx *ctx, const struct ssp_step *step,
                             const struct feed *feed, int result)
{
    size_t used = feed->skipped + feed->whole.len - ctx->io.in.len;

    if (feed->whole.len > ctx->io.in.len)
        ctx->met = true;
    switch (SSL_get_error(ctx->ssl, result)) {
    case SSL_ERROR_NONE:
        establish(ctx);
        tell(step, SECBUFFER_EXTRA, step->token.len - used);
        return SEC_E_OK;
    case SSL_ERROR_WANT_READ:
        tell(step, SECBUFFER_EXTRA, step->token.len - used);
        return SEC_I_CONTINUE_NEEDED;
    case SSL_ERROR_WANT_X509_LOOKUP:
        return wait_for_credential(ctx, used);
    case SSL_ERROR_ZERO_RETURN:
        (void)tls_give_up(ctx, SEC_E_CONTEXT_EXPIRED);
        return SEC_I_CONTEXT_EXPIRED;
    default:
        return tls_give_up(ctx, tls_failure(ctx));
    }
}

/* A record that none may be: libssl never sees it, so the alert is ours. */
static SECURITY_STATUS refuse_record(struct ssp_ctx *ctx, struct ssp_step *step,
                                     SECURITY_STATUS status)
{
    uint8_t *to = status == SEC_E_ILLEGAL_MESSAGE && !SSL_is_init_finished(ctx->ssl)
                      ? tls_host->token_room(step->reply, TLS_PLAIN_ALERT)
                      : NULL;

    if (to) {
        struct wire_out out = wire_out(to, TLS_PLAIN_ALERT);
        tls_put_alert(&out, TLS1_ALERT_FATAL, TLS1_ALERT_UNEXPECTED_MESSAGE);
    }
    return tls_give_up(ctx, status);
}

/* A leg of a stream from which nothing could be used yet. */
static bool is_incomplete(const struct ssp_ctx *ctx, const struct feed *feed)
{
    bool client_begins = ctx->client && SSL_in_before(ctx->ssl);

    return feed->whole.len == 0 && feed->skipped == 0 && !client_begins;
}

static SECURITY_STATUS shake(struct ssp_ctx *ctx, struct ssp_step *step, struct feed *feed)
{
    int result;

    ctx->io.in = feed->whole;
    tls_forget_errors();
    result = SSL_do_handshake(ctx->ssl);
    SECURITY_STATUS status = judge(ctx, step, feed, result);
    ctx->io.in = span_of(NULL, 0);
    if (ctx->io.failed)
        return tls_give_up(ctx, SEC_E_INTERNAL_ERROR);
    return status;
}

/* --- certificates for a server that asks ----------------------------------------------------- */

static SECURITY_STATUS use_credential(struct ssp_ctx *ctx, struct ssp_cred *cred)
{
    struct tls_material *m = tls_cred_material(cred);
    SECURITY_STATUS status = SEC_E_OK;

    for (size_t i = m->n_identities; i-- > 0 && status >= 0;) {
        const struct tls_identity *id = &m->identities[i];

        if (SSL_use_cert_and_key(ctx->ssl, id->cert, id->key, id->chain, 1) != 1)
            status = refuse(SEC_E_NO_CREDENTIALS, "certificate %zu cannot be used", i + 1);
    }
    tls_forget_errors();
    tls_material_drop(m);
    return status;
}

/* The answer to SEC_I_INCOMPLETE_CREDENTIALS. */
static SECURITY_STATUS take_credential(struct ssp_ctx *ctx, struct ssp_cred *cred,
                                       const struct ssp_step *step)
{
    SECURITY_STATUS status = SEC_E_OK;

    if (step->requested & ISC_REQ_USE_SUPPLIED_CREDS)
        ctx->certificate_offered = true;
    if (!ctx->certificate_due)
        return SEC_E_OK;
    if (cred != ctx->cred)
        status = use_credential(ctx, cred);
    else if (!(step->requested & ISC_REQ_USE_SUPPLIED_CREDS))
        return SEC_I_INCOMPLETE_CREDENTIALS;
    if (status >= 0) {
        ctx->certificate_offered = true;
        ctx->certificate_due = false;
    }
    return status;
}

/* --- legs by state --------------------------------------------------------------------------- */

static SECURITY_STATUS stream_leg(struct ssp_ctx *ctx, struct ssp_step *step, size_t skip)
{
    struct feed feed = { .skipped = skip < step->token.len ? skip : step->token.len };
    SECURITY_STATUS status = gather(ctx, step->token, &feed);

    if (status < 0)
        return refuse_record(ctx, step, status);
    if (is_incomplete(ctx, &feed)) {
        tell(step, SECBUFFER_MISSING, feed.missing ? feed.missing : TLS_RECORD_HEAD);
        return SEC_E_INCOMPLETE_MESSAGE;
    }
    return shake(ctx, step, &feed);
}

/* Nothing came: time to send the last flight again, if libssl's timer says so (RFC 6347 4.2.4). */
static SECURITY_STATUS wait_on(struct ssp_ctx *ctx)
{
    tls_forget_errors();
    if (DTLSv1_handle_timeout(ctx->ssl) < 0)
        return tls_give_up(ctx, tls_failure(ctx));
    return SEC_I_CONTINUE_NEEDED;
}

static SECURITY_STATUS datagram_leg(struct ssp_ctx *ctx, struct ssp_step *step, size_t skip)
{
    struct feed feed = { .skipped = skip < step->token.len ? skip : step->token.len };

    feed.whole = behind(step->token, feed.skipped);
    if (step->token.len == 0 && (!ctx->client || ctx->met))
        return wait_on(ctx);
    ctx->met = true;
    return shake(ctx, step, &feed);
}

static SECURITY_STATUS handshake_leg(struct ssp_ctx *ctx, struct ssp_cred *cred,
                                     struct ssp_step *step)
{
    bool resumed = ctx->certificate_due;
    SECURITY_STATUS status = take_credential(ctx, cred, step);

    if (status != SEC_E_OK)
        return status;
    size_t skip = resumed ? ctx->taken : 0;
    ctx->taken = 0;
    return ctx->datagram ? datagram_leg(ctx, step, skip) : stream_leg(ctx, step, skip);
}

/* TLS 1.2 renegotiates; TLS 1.3 asks a client to prove itself, or for new keys. */
static SECURITY_STATUS begin_again(struct ssp_ctx *ctx, const struct ssp_step *step)
{
    bool prove = !ctx->client && step->requested & ASC_REQ_MUTUAL_AUTH;
    int done;

    if (prove) {
        ctx->asked_peer = true;
        SECURITY_STATUS status = tls_verify_setup(ctx);
        if (status < 0)
            return status;
    }
    tls_forget_errors();
    if (SSL_version(ctx->ssl) != TLS1_3_VERSION) {
        done = SSL_renegotiate(ctx->ssl);
        ctx->hello_due = !ctx->client && done == 1;
    } else if (prove)
        done = SSL_verify_client_post_handshake(ctx->ssl);
    else
        done = SSL_key_update(ctx->ssl, SSL_KEY_UPDATE_REQUESTED);
    if (done == 1)
        return SEC_E_OK;
    ctx->renegotiate = false; /* what cannot be done now is not tried again with every leg */
    tls_forget_errors();
    return refuse(SEC_E_UNSUPPORTED_FUNCTION, "the peer does not take part in a new handshake");
}

/* Does the leg ask for a new handshake, rather than answer what came? */
static bool asks_again(const struct ssp_ctx *ctx, const struct ssp_step *step)
{
    if (ctx->renegotiate)
        return true;
    if (ctx->leg_due || ctx->heard || SSL_in_init(ctx->ssl) || step->token.len > 0)
        return false;
    return SSL_version(ctx->ssl) != TLS1_3_VERSION ||
           (!ctx->client && step->requested & ASC_REQ_MUTUAL_AUTH);
}

/* What DecryptMessage left for this leg: an answer that is written already, or one to be. */
static SECURITY_STATUS answer(struct ssp_ctx *ctx, struct ssp_step *step)
{
    struct feed feed = { .skipped = step->token.len };

    if (SSL_get_key_update_type(ctx->ssl) != SSL_KEY_UPDATE_NONE)
        (void)SSL_key_update(ctx->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
    return shake(ctx, step, &feed);
}

/* Only an SSL_peek has libssl look for a handshake that it does not know of yet. */
static SECURITY_STATUS shake_again(struct ssp_ctx *ctx, struct ssp_step *step, struct feed *feed)
{
    uint8_t none;
    int result;

    ctx->io.in = feed->whole;
    tls_forget_errors();
    result = SSL_peek(ctx->ssl, &none, sizeof none);
    SECURITY_STATUS status = judge(ctx, step, feed, result);
    ctx->io.in = span_of(NULL, 0);
    if (status != SEC_I_CONTINUE_NEEDED || SSL_in_init(ctx->ssl) || ctx->hello_due)
        return status;
    establish(ctx);
    return SEC_E_OK;
}

/* Up to the first record with data. */
static SECURITY_STATUS gather_handshake(const struct ssp_ctx *ctx, struct span token,
                                        struct feed *feed)
{
    struct tls_record record;
    size_t n = 0;
    SECURITY_STATUS status = gather(ctx, token, feed);

    while (status >= 0 && n < feed->whole.len) {
        status = tls_record_look(span_of(token.data + n, token.len - n), false, &record);
        if (status < 0 || record.type == TLS_APPLICATION_DATA)
            break;
        n += record.len;
    }
    feed->whole.len = n;
    return status;
}

static bool begins_with_data(const struct ssp_ctx *ctx, struct span token)
{
    struct tls_record record;
    SECURITY_STATUS status =
        ctx->datagram ? tls_datagram_look(token, &record) : tls_record_look(token, false, &record);

    return status >= 0 && record.type == TLS_APPLICATION_DATA;
}

static SECURITY_STATUS take_handshake(struct ssp_ctx *ctx, struct ssp_step *step)
{
    struct feed feed = { .whole = step->token };
    SECURITY_STATUS status = ctx->datagram ? SEC_E_OK : gather_handshake(ctx, step->token, &feed);

    if (status < 0)
        return tls_give_up(ctx, status);
    if (feed.whole.len == 0) {
        tell(step, SECBUFFER_MISSING, feed.missing);
        return SEC_E_INCOMPLETE_MESSAGE;
    }
    return shake_again(ctx, step, &feed);
}

/*
 * On an open connection the input is a renegotiation's, as in the first handshake, but only in
 * TLS 1.2 and before.  Data, and all of TLS 1.3, is DecryptMessage's.
 */
static SECURITY_STATUS more_input(struct ssp_ctx *ctx, struct ssp_step *step)
{
    bool going_on = SSL_in_init(ctx->ssl) || ctx->hello_due;
    bool data = SSL_version(ctx->ssl) == TLS1_3_VERSION || begins_with_data(ctx, step->token);

    if (step->token.len == 0)
        return going_on ? SEC_I_CONTINUE_NEEDED : SEC_E_OK;
    if (!data)
        return take_handshake(ctx, step);
    if (going_on && SSL_version(ctx->ssl) != TLS1_3_VERSION)
        return refuse(SEC_E_OUT_OF_SEQUENCE, "data came: that is for DecryptMessage");
    tell(step, SECBUFFER_EXTRA, step->token.len);
    return SEC_E_OK;
}

static SECURITY_STATUS open_leg(struct ssp_ctx *ctx, struct ssp_cred *cred, struct ssp_step *step)
{
    SECURITY_STATUS status = take_credential(ctx, cred, step);

    if (status == SEC_E_OK && asks_again(ctx, step))
        status = begin_again(ctx, step);
    else if (status == SEC_E_OK && !ctx->leg_due) {
        ctx->heard = false;
        return more_input(ctx, step);
    }
    if (status != SEC_E_OK)
        return status;
    ctx->renegotiate = ctx->leg_due = ctx->heard = false;
    status = answer(ctx, step);
    return status < 0 || status == SEC_I_INCOMPLETE_CREDENTIALS ? status : more_input(ctx, step);
}

/* --- endings --------------------------------------------------------------------------------- */

/* In the first handshake libssl sends no close_notify, so it goes in the clear. */
static SECURITY_STATUS send_alert(struct ssp_ctx *ctx, struct ssp_step *step, uint8_t level,
                                  uint8_t description)
{
    uint8_t *to = tls_host->token_room(step->reply, TLS_PLAIN_ALERT);

    if (!to)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out out = wire_out(to, TLS_PLAIN_ALERT);
    tls_put_alert(&out, level, description);
    ctx->state = TLS_CLOSED;
    return SEC_E_OK;
}

static SECURITY_STATUS close_leg(struct ssp_ctx *ctx, struct ssp_step *step)
{
    if (ctx->state == TLS_HANDSHAKE)
        return send_alert(ctx, step, TLS1_ALERT_WARNING, TLS1_ALERT_CLOSE_NOTIFY);
    tls_forget_errors();
    if (SSL_shutdown(ctx->ssl) < 0)
        return tls_give_up(ctx, tls_failure(ctx));
    ctx->state = TLS_CLOSED;
    ctx->closing = false;
    return SEC_E_OK;
}

static SECURITY_STATUS leg_by_state(struct ssp_ctx *ctx, struct ssp_cred *cred,
                                    struct ssp_step *step)
{
    if (ctx->state == TLS_FAILED)
        return refuse(ctx->why, "the connection has failed");
    if (ctx->state == TLS_CLOSED && step->token.len > 0) { /* it may have data behind a ticket */
        tell(step, SECBUFFER_EXTRA, step->token.len);
        return SEC_E_OK;
    }
    if (ctx->state == TLS_CLOSED)
        return SEC_I_CONTEXT_EXPIRED;
    if (ctx->closing)
        return close_leg(ctx, step);
    if (ctx->alert[0])
        return send_alert(ctx, step, ctx->alert[0], ctx->alert[1]);
    return ctx->state == TLS_HANDSHAKE ? handshake_leg(ctx, cred, step) : open_leg(ctx, cred, step);
}

static SECURITY_STATUS run_locked(struct ssp_ctx *ctx, struct ssp_cred *cred, struct ssp_step *step)
{
    /* A flight of datagrams goes one by one, each with a leg of its own. */
    bool more = ctx->datagram && ctx->io.queued > 0 && step->token.len == 0;
    SECURITY_STATUS status = more ? SEC_I_CONTINUE_NEEDED : leg_by_state(ctx, cred, step);

    if (status == SEC_E_INCOMPLETE_MESSAGE)
        return status;
    if (flush(ctx, step) < 0)
        return tls_give_up(ctx, SEC_E_INSUFFICIENT_MEMORY);
    if (status >= 0 && ctx->io.queued > 0)
        return SEC_I_MESSAGE_FRAGMENT;
    if (more && ctx->state == TLS_OPEN)
        status = SEC_E_OK;
    if (ctx->state == TLS_OPEN) {
        step->granted = ctx->granted;
        step->expiry = tls_expiry(ctx);
    }
    return status;
}

/* --- the two calls --------------------------------------------------------------------------- */

/* A server makes nothing of half a record: no context either. */
static SECURITY_STATUS look_first(const struct ssp_cred *cred, const struct ssp_step *step)
{
    struct tls_record record;
    SECURITY_STATUS status;

    if (!ssp_buffer_find(step->in, SECBUFFER_TOKEN))
        return refuse(SEC_E_INVALID_TOKEN, "a server begins with what the client sent");
    if (tls_is_datagram(cred, step))
        return SEC_E_OK;
    status = tls_record_look(step->token, true, &record);
    if (status < 0)
        return status;
    if (record.missing > 0) {
        tell(step, SECBUFFER_MISSING, record.missing);
        return SEC_E_INCOMPLETE_MESSAGE;
    }
    return SEC_E_OK;
}

static SECURITY_STATUS run(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step,
                           bool client)
{
    bool first = !*ctx;
    SECURITY_STATUS status = first ? tls_context_new(cred, step, client, ctx) : SEC_E_OK;

    if (status < 0)
        return status;
    pthread_mutex_lock(&(*ctx)->lock);
    status = run_locked(*ctx, cred, step);
    pthread_mutex_unlock(&(*ctx)->lock);
    if (first && status < 0) {
        tls_delete_ctx(*ctx);
        *ctx = NULL;
    }
    return status;
}

SECURITY_STATUS tls_initiate(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step)
{
    if (step->requested & (ISC_REQ_DELEGATE | ISC_REQ_PROMPT_FOR_CREDS))
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "TLS neither delegates nor prompts");
    return run(cred, ctx, step, true);
}

SECURITY_STATUS tls_accept(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step)
{
    SECURITY_STATUS status = *ctx ? SEC_E_OK : look_first(cred, step);

    return status < 0 ? status : run(cred, ctx, step, false);
}

/* --- ApplyControlToken ----------------------------------------------------------------------- */

static SECURITY_STATUS take_alert_locked(struct ssp_ctx *ctx, struct wire_in *in)
{
    uint32_t level = native_u32(in), number = native_u32(in);

    if (!wire_ok(in) || level < TLS1_ALERT_WARNING || level > TLS1_ALERT_FATAL || number > 255)
        return refuse(SEC_E_INVALID_PARAMETER, "an alert of level %u, number %u", level, number);
    if (number == TLS1_ALERT_CLOSE_NOTIFY) {
        ctx->closing = true;
        return SEC_E_OK;
    }
    if (ctx->state != TLS_HANDSHAKE)
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "libssl sends no alert of the application's");
    ctx->alert[0] = (uint8_t)level;
    ctx->alert[1] = (uint8_t)number;
    return SEC_E_OK;
}

static SECURITY_STATUS take_session_locked(struct ssp_ctx *ctx, struct wire_in *in)
{
    uint32_t flags = native_u32(in);

    if (!wire_ok(in) ||
        (flags != SSL_SESSION_ENABLE_RECONNECTS && flags != SSL_SESSION_DISABLE_RECONNECTS))
        return refuse(SEC_E_INVALID_PARAMETER, "a session token with flags 0x%x", flags);
    /* Never by way of this: see begin_client. */
    ctx->reconnects = flags == SSL_SESSION_ENABLE_RECONNECTS &&
                      (!ctx->manual || ctx->cred->flags & SCH_CRED_MANUAL_CRED_VALIDATION);
    if (flags == SSL_SESSION_DISABLE_RECONNECTS) {
        (void)SSL_CTX_remove_session(SSL_get_SSL_CTX(ctx->ssl), SSL_get_session(ctx->ssl));
        (void)SSL_set_num_tickets(ctx->ssl, 0);
        SSL_set_options(ctx->ssl, SSL_OP_NO_TICKET);
    }
    return SEC_E_OK;
}

static SECURITY_STATUS control_locked(struct ssp_ctx *ctx, struct wire_in *in)
{
    uint32_t type = native_u32(in);

    if (!wire_ok(in))
        return refuse(SEC_E_INVALID_PARAMETER, "a control token of %zu octets", in->all.len);
    switch (type) {
    case SCHANNEL_RENEGOTIATE:
        ctx->renegotiate = true;
        return SEC_E_OK;
    case SCHANNEL_SHUTDOWN:
        ctx->closing = true;
        return SEC_E_OK;
    case SCHANNEL_ALERT:
        return take_alert_locked(ctx, in);
    case SCHANNEL_SESSION:
        return take_session_locked(ctx, in);
    default:
        return refuse(SEC_E_INVALID_PARAMETER, "control token %u is unknown", type);
    }
}

SECURITY_STATUS tls_apply_control(struct ssp_ctx *ctx, struct ssp_buffers input)
{
    const SecBuffer *token = ssp_buffer_find(input, SECBUFFER_TOKEN);
    struct wire_in in = wire_in(ssp_buffer_span(token));

    if (!token)
        return refuse(SEC_E_INVALID_TOKEN, "no TOKEN in the input");
    pthread_mutex_lock(&ctx->lock);
    SECURITY_STATUS status = control_locked(ctx, &in);
    pthread_mutex_unlock(&ctx->lock);
    return status;
}
