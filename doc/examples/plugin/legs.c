/* SPDX-License-Identifier: Apache-2.0 */
/*
 * legs.c: what is done with each token.
 *
 * A leg reserves room for its reply before it changes the context, for after
 * SEC_E_INSUFFICIENT_MEMORY the host may call it again.
 */
#include "example.h"

static SECURITY_STATUS broken(void)
{
    return ssp_fail(ex_host, SEC_E_INTERNAL_ERROR, "OpenSSL failed");
}

/* What the last bytes of a token must be.  The transcript moves on past all but them. */
static bool mac_of(struct ssp_ctx *ctx, enum ex_type type, struct span token, uint8_t mac[EX_MAC])
{
    if (!ex_absorb(ctx->transcript, span_of(token.data, token.len - EX_MAC)))
        return false;
    if (type == EX_CHALLENGE && !ex_keys_derive(&ctx->keys, ctx->transcript))
        return false;
    return ex_hmac(secret_span(&ctx->keys.mac[type]), span_of(ctx->transcript, EX_HASH), mac);
}

/* Put the mac at the end of a token of ours. */
static SECURITY_STATUS prove(struct ssp_ctx *ctx, enum ex_type type, uint8_t *token, size_t len)
{
    uint8_t *mac = token + len - EX_MAC;

    if (!mac_of(ctx, type, span_of(token, len), mac) ||
        !ex_absorb(ctx->transcript, span_of(mac, EX_MAC)))
        return broken();
    return SEC_E_OK;
}

/* Check the mac at the end of a token of theirs. */
static SECURITY_STATUS check(struct ssp_ctx *ctx, const struct ex_message *m, struct span token)
{
    uint8_t mac[EX_MAC];

    if (!mac_of(ctx, m->type, token, mac))
        return broken();
    if (!secret_same(m->mac, span_of(mac, sizeof mac)))
        return ssp_fail(ex_host, SEC_E_LOGON_DENIED, "token %d was made with another key", m->type);
    return ex_absorb(ctx->transcript, m->mac) ? SEC_E_OK : broken();
}

/* Write a token of ours to the reply; its mac is zeros.  NULL: no room. */
static uint8_t *reply(struct ssp_step *step, const struct ex_message *m, size_t *len)
{
    struct wire_out count = wire_out(NULL, 0);
    struct wire_out out;

    ex_put_message(&count, m);
    out = wire_out(ex_host->token_room(step->reply, count.len), count.len);
    ex_put_message(&out, m);
    *len = out.len;
    return wire_fits(&out) ? out.data : NULL;
}

/* SHA-256 of the channel's bindings; zeros: none were given. */
static bool hash_bindings(const struct ssp_bindings *b, uint8_t hash[EX_HASH])
{
    memset(hash, 0, EX_HASH);
    return !b || EVP_Digest(b->application_data.data, b->application_data.len, hash, NULL,
                            EVP_sha256(), NULL) == 1;
}

/* The exchange is over: what only it needed goes, what messages need comes. */
static SECURITY_STATUS establish(struct ssp_ctx *ctx)
{
    SECRET_AUTO session = ctx->keys.session;
    bool good = ex_direction_open(
                    &ctx->send, ctx->server ? &ctx->keys.to_client : &ctx->keys.to_server, true) &&
                ex_direction_open(&ctx->receive,
                                  ctx->server ? &ctx->keys.to_server : &ctx->keys.to_client, false);

    ex_keys_wipe(&ctx->keys);
    ctx->keys.session = session;
    if (!good)
        return broken();
    ctx->since = ex_host->now();
    ctx->granted |= ctx->server
                        ? ASC_RET_REPLAY_DETECT | ASC_RET_SEQUENCE_DETECT |
                              ASC_RET_CONFIDENTIALITY | ASC_RET_INTEGRITY | ASC_RET_USE_SESSION_KEY
                        : ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT |
                              ISC_RET_CONFIDENTIALITY | ISC_RET_INTEGRITY | ISC_RET_USE_SESSION_KEY;
    return SEC_E_OK;
}

SECURITY_STATUS ex_send_hello(struct ssp_ctx *ctx, struct ssp_step *step)
{
    uint8_t nonce[EX_NONCE];
    struct ex_message m = { .type = EX_HELLO,
                            .nonce = span_of(nonce, sizeof nonce),
                            .user = span_str(ctx->user),
                            .target = step->target };
    SECURITY_STATUS status;
    uint8_t *token;
    size_t len;

    if (step->target.len > EX_NAME_MAX)
        return ssp_fail(ex_host, SEC_E_TARGET_UNKNOWN, "a target's name of %zu bytes",
                        step->target.len);
    status = ex_host->random(nonce, sizeof nonce);
    if (status < 0)
        return status;
    token = reply(step, &m, &len);
    if (!token)
        return SEC_E_INSUFFICIENT_MEMORY;
    return ex_absorb(ctx->transcript, span_of(token, len)) ? SEC_I_CONTINUE_NEEDED : broken();
}

/* A stranger gets a key too, that nobody knows, so that nobody can ask who is there. */
static SECURITY_STATUS find_key(struct ssp_ctx *ctx, struct span user)
{
    const struct ssp_instance *i = ctx->instance;
    SECURITY_STATUS status = ex_key_from_file(i->key_file, user, &ctx->keys.psk);

    if (status != SEC_E_LOGON_DENIED)
        return status;
    ctx->keys.psk.len = EX_KEY;
    return ex_hmac(secret_span(&i->decoy), user, ctx->keys.psk.bytes) ? SEC_E_OK : broken();
}

SECURITY_STATUS ex_answer_hello(struct ssp_ctx *ctx, struct ssp_step *step)
{
    const char *ours = ctx->instance->server_name;
    uint8_t nonce[EX_NONCE];
    struct ex_message answer = { .type = EX_CHALLENGE, .nonce = span_of(nonce, sizeof nonce) };
    struct ex_message hello;
    SECURITY_STATUS status = ex_get_message(step->token, EX_HELLO, &hello);
    uint8_t *token;
    size_t len;

    if (status < 0)
        return status;
    if (ours && !span_eq(hello.target, span_str(ours)))
        return ssp_fail(ex_host, SEC_E_WRONG_PRINCIPAL, "the client meant another server");
    status = find_key(ctx, hello.user);
    if (status < 0)
        return status;
    status = ex_host->random(nonce, sizeof nonce);
    if (status < 0)
        return status;
    token = reply(step, &answer, &len);
    if (!token)
        return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(ctx->user, hello.user.data, hello.user.len);
    if (!ex_absorb(ctx->transcript, step->token))
        return broken();
    status = prove(ctx, EX_CHALLENGE, token, len);
    return status < 0 ? status : SEC_I_CONTINUE_NEEDED;
}

/* The server has proved itself.  Our own proof waits for CompleteAuthToken. */
SECURITY_STATUS ex_answer_challenge(struct ssp_ctx *ctx, struct ssp_step *step)
{
    uint8_t bindings[EX_HASH];
    struct ex_message answer = { .type = EX_RESPONSE, .bindings = span_of(bindings, EX_HASH) };
    struct ex_message challenge;
    SECURITY_STATUS status = ex_get_message(step->token, EX_CHALLENGE, &challenge);
    size_t len;

    if (status < 0)
        return status;
    if (!hash_bindings(step->bindings, bindings))
        return broken();
    if (!reply(step, &answer, &len))
        return SEC_E_INSUFFICIENT_MEMORY;
    status = check(ctx, &challenge, step->token);
    if (status < 0)
        return status;
    ctx->granted |= ISC_RET_MUTUAL_AUTH;
    return SEC_I_COMPLETE_AND_CONTINUE;
}

/* Was the client on the channel that we are on? */
static SECURITY_STATUS check_bindings(struct ssp_ctx *ctx, const struct ssp_bindings *ours,
                                      struct span theirs)
{
    static const uint8_t none[EX_HASH];
    enum ex_bindings rule = ctx->instance->bindings;
    uint8_t hash[EX_HASH];

    if (rule == EX_BINDINGS_OFF || (rule == EX_BINDINGS_ALLOW && !ours))
        return SEC_E_OK;
    if (!hash_bindings(ours, hash))
        return broken();
    if (rule == EX_BINDINGS_ALLOW && span_is(theirs, none, sizeof none))
        return SEC_E_OK;
    if (!ours || !span_is(theirs, hash, sizeof hash))
        return ssp_fail(ex_host, SEC_E_BAD_BINDINGS, "the client was on another channel, or none");
    return SEC_E_OK;
}

SECURITY_STATUS ex_answer_response(struct ssp_ctx *ctx, struct ssp_step *step)
{
    const struct ex_message answer = { .type = EX_FINISH };
    struct ex_message response;
    SECURITY_STATUS status = ex_get_message(step->token, EX_RESPONSE, &response);
    size_t len;

    if (status < 0)
        return status;
    if (!reply(step, &answer, &len))
        return SEC_E_INSUFFICIENT_MEMORY;
    status = check(ctx, &response, step->token);
    if (status == SEC_E_OK)
        status = check_bindings(ctx, step->bindings, response.bindings);
    if (status < 0)
        return status;
    ctx->granted |= ASC_RET_MUTUAL_AUTH;
    return SEC_I_COMPLETE_NEEDED;
}

SECURITY_STATUS ex_check_finish(struct ssp_ctx *ctx, struct ssp_step *step)
{
    struct ex_message finish;
    SECURITY_STATUS status = ex_get_message(step->token, EX_FINISH, &finish);

    if (status == SEC_E_OK)
        status = check(ctx, &finish, step->token);
    return status < 0 ? status : establish(ctx);
}

/* CompleteAuthToken: the mac over the token as the application is about to send it. */
static SECURITY_STATUS complete_token(struct ssp_ctx *ctx, enum ex_type type, SecBuffer *token)
{
    struct ex_message m;
    SECURITY_STATUS status = ex_get_message(ssp_buffer_span(token), type, &m);

    return status < 0 ? status : prove(ctx, type, token->pvBuffer, token->cbBuffer);
}

SECURITY_STATUS ex_complete_response(struct ssp_ctx *ctx, SecBuffer *token)
{
    return complete_token(ctx, EX_RESPONSE, token);
}

SECURITY_STATUS ex_complete_finish(struct ssp_ctx *ctx, SecBuffer *token)
{
    SECURITY_STATUS status = complete_token(ctx, EX_FINISH, token);

    return status < 0 ? status : establish(ctx);
}
