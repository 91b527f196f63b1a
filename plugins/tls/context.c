/* SPDX-License-Identifier: Apache-2.0 */
/* context.c: the life of a connection's context. */
#include "config.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/tls/alpn.h"
#include "plugins/tls/host.h"
#include "plugins/tls/tls.h"

#define MTU_DEFAULT 1096 /* octets, as on Windows */

/* --- from libssl's objects to ours ----------------------------------------------------------- */

struct ssp_ctx *tls_ctx_of(const SSL *ssl)
{
    return SSL_get_app_data(ssl);
}

/* Which records hold data and which a message of the handshake, libssl says only here. */
static void on_message(int sent, int version, int type, const void *data, size_t len, SSL *ssl,
                       void *unused)
{
    struct ssp_ctx *ctx = tls_ctx_of(ssl);

    (void)version;
    (void)unused;
    if (sent || type != SSL3_RT_HANDSHAKE)
        return;
    ctx->heard = true;
    ctx->hello_due = false;
    if (len > 0 && *(const uint8_t *)data == SSL3_MT_KEY_UPDATE)
        ctx->key_updates++;
}

/* --- what the first leg brings --------------------------------------------------------------- */

bool tls_is_datagram(const struct ssp_cred *cred, const struct ssp_step *step)
{
    /* The bit is the same on both sides. */
    return step->requested & ISC_REQ_DATAGRAM || !(cred->protocols & SP_PROT_TLS1_X);
}

static SECURITY_STATUS keep_target(struct ssp_ctx *ctx, struct span target)
{
    if (!target.data || target.len == 0)
        return SEC_E_OK;
    if (memchr(target.data, 0, target.len))
        return refuse(SEC_E_WRONG_PRINCIPAL, "the target name has a NUL in it");
    ctx->target = tls_host->secret_alloc(target.len + 1);
    if (!ctx->target)
        return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(ctx->target, target.data, target.len);
    if (ctx->target[target.len - 1] == '.') /* the root, which certificates leave out */
        ctx->target[target.len - 1] = '\0';
    return SEC_E_OK;
}

bool tls_may_be_address(const char *target)
{
    size_t n = strlen(target);

    return strchr(target, ':') || (n > 0 && target[n - 1] >= '0' && target[n - 1] <= '9');
}

/* RFC 6066 3: names of hosts only, never addresses. */
static bool send_name(struct ssp_ctx *ctx)
{
    ASN1_OCTET_STRING *address;

    if (!ctx->target)
        return true;
    address = tls_may_be_address(ctx->target) ? a2i_IPADDRESS(ctx->target) : NULL;
    if (address) {
        ASN1_OCTET_STRING_free(address);
        return true;
    }
    tls_forget_errors();
    if (strlen(ctx->target) > TLSEXT_MAXLEN_host_name)
        return false;
    return SSL_set_tlsext_host_name(ctx->ssl, ctx->target) == 1;
}

static SECURITY_STATUS offer_protocols(struct ssp_ctx *ctx, struct ssp_buffers in)
{
    struct span list = { NULL, 0 };
    const SecBuffer *b = ssp_buffer_find(in, SECBUFFER_APPLICATION_PROTOCOLS);
    SECURITY_STATUS status = b ? tls_alpn_read(ssp_buffer_span(b), &list) : SEC_E_OK;

    if (status < 0 || list.len == 0)
        return status;
    if (ctx->client)
        return SSL_set_alpn_protos(ctx->ssl, list.data, (unsigned)list.len) == 0
                   ? SEC_E_OK
                   : SEC_E_INSUFFICIENT_MEMORY;
    ctx->alpn = malloc(list.len);
    if (!ctx->alpn)
        return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(ctx->alpn, list.data, list.len);
    ctx->alpn_len = list.len;
    return SEC_E_OK;
}

static void resume(struct ssp_ctx *ctx)
{
    SSL_SESSION *session;

    if (!ctx->cred->sessions || !ctx->target || !ctx->reconnects)
        return;
    session = tls_sessions_take(ctx->cred->sessions, span_str(ctx->target), ctx->datagram);
    if (session)
        (void)SSL_set_session(ctx->ssl, session); /* without it, a full handshake */
    SSL_SESSION_free(session);
}

static SECURITY_STATUS begin_client(struct ssp_ctx *ctx, const struct ssp_step *step)
{
    SSL_set_connect_state(ctx->ssl);
    SSL_set_post_handshake_auth(ctx->ssl, 1);
    ctx->manual = ctx->cred->flags & SCH_CRED_MANUAL_CRED_VALIDATION ||
                  step->requested & ISC_REQ_MANUAL_CRED_VALIDATION;
    /* What one connection did not verify must not be resumed by another that does. */
    if (step->requested & ISC_REQ_MANUAL_CRED_VALIDATION)
        ctx->reconnects = false;
    SECURITY_STATUS status = keep_target(ctx, step->target);
    if (status < 0)
        return status;
    if (!send_name(ctx))
        return refuse(SEC_E_WRONG_PRINCIPAL, "the target is too long for the name of a host");
    if (ctx->cred->instance->ocsp != TLS_ASK_OFF && !ctx->manual)
        (void)SSL_set_tlsext_status_type(ctx->ssl, TLSEXT_STATUSTYPE_ocsp);
    resume(ctx);
    return SEC_E_OK;
}

/* Whoever may answer later can only be someone who gets what is sent to this address. */
static void keep_address(struct ssp_ctx *ctx, struct ssp_buffers in)
{
    struct span address = ssp_buffer_span(ssp_buffer_find(in, SECBUFFER_EXTRA));

    ctx->address_len = address.len < sizeof ctx->address ? address.len : sizeof ctx->address;
    if (ctx->address_len > 0)
        memcpy(ctx->address, address.data, ctx->address_len);
    SSL_set_options(ctx->ssl, SSL_OP_COOKIE_EXCHANGE);
}

static SECURITY_STATUS begin_server(struct ssp_ctx *ctx, const struct ssp_step *step)
{
    SSL_set_accept_state(ctx->ssl);
    ctx->manual = ctx->cred->flags & SCH_CRED_MANUAL_CRED_VALIDATION;
    ctx->asked_peer = step->requested & ASC_REQ_MUTUAL_AUTH ||
                      ctx->cred->instance->client_certificate != TLS_ASK_OFF;
    if (ctx->datagram)
        keep_address(ctx, step->in);
    return SSL_set_session_id_context(ctx->ssl, ctx->material->context,
                                      sizeof ctx->material->context) == 1
               ? SEC_E_OK
               : SEC_E_INSUFFICIENT_MEMORY;
}

/* --- birth and death ------------------------------------------------------------------------- */

static SECURITY_STATUS make_ssl(struct ssp_ctx *ctx)
{
    SSL_CTX *c = ctx->datagram ? ctx->material->datagram : ctx->material->stream;
    BIO *bio;

    if (!c)
        return refuse(SEC_E_ALGORITHM_MISMATCH, "the credential has no version of DTLS");
    ctx->ssl = SSL_new(c);
    bio = ctx->ssl ? tls_io_bio(&ctx->io) : NULL;
    if (!bio || SSL_set_app_data(ctx->ssl, ctx) != 1) {
        BIO_free(bio);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    SSL_set_bio(ctx->ssl, bio, bio);
    SSL_set_msg_callback(ctx->ssl, on_message);
    if (ctx->datagram)
        SSL_set_mtu(ctx->ssl, ctx->mtu);
    return SEC_E_OK;
}

static SECURITY_STATUS begin(struct ssp_ctx *ctx, const struct ssp_step *step)
{
    SECURITY_STATUS status = make_ssl(ctx);

    if (status >= 0)
        status = ctx->client ? begin_client(ctx, step) : begin_server(ctx, step);
    if (status >= 0)
        status = offer_protocols(ctx, step->in);
    if (status >= 0)
        status = tls_verify_setup(ctx);
    return status;
}

SECURITY_STATUS tls_context_new(struct ssp_cred *cred, const struct ssp_step *step, bool client,
                                struct ssp_ctx **out)
{
    struct ssp_ctx *ctx = tls_host->secret_alloc(sizeof *ctx);

    if (!ctx)
        return SEC_E_INSUFFICIENT_MEMORY;
    pthread_mutex_init(&ctx->lock, NULL);
    ctx->cred = cred;
    ctx->client = client;
    ctx->reconnects = true;
    ctx->mtu = MTU_DEFAULT;
    ctx->material = tls_cred_material(cred);
    ctx->datagram = tls_is_datagram(cred, step);
    SECURITY_STATUS status = begin(ctx, step);
    if (status < 0) {
        tls_delete_ctx(ctx);
        return status;
    }
    *out = ctx;
    return SEC_E_OK;
}

void tls_delete_ctx(struct ssp_ctx *ctx)
{
    /* A connection that just ends is no reason to forget its session, as libssl would. */
    if (ctx->ssl && ctx->state != TLS_FAILED)
        SSL_set_shutdown(ctx->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ctx->ssl);
    tls_io_shift(&ctx->io, ctx->io.queued);
    tls_material_drop(ctx->material);
    free(ctx->alpn);
    tls_host->secret_free(ctx->target);
    tls_host->secret_free(ctx->exporter.label);
    tls_host->secret_free(ctx->exporter.context);
    pthread_mutex_destroy(&ctx->lock);
    tls_host->secret_free(ctx);
}

void tls_spare_buffers(struct ssp_ctx *ctx)
{
    if (!ctx->datagram) /* libssl writes datagrams without a look whether there is a buffer */
        (void)SSL_free_buffers(ctx->ssl);
}

SECURITY_STATUS tls_give_up(struct ssp_ctx *ctx, SECURITY_STATUS status)
{
    ctx->state = TLS_FAILED;
    /* Where memory ended, libssl cannot try again: who calls once more is told otherwise. */
    ctx->why = status == SEC_E_INSUFFICIENT_MEMORY ? SEC_E_INTERNAL_ERROR : status;
    return status;
}
