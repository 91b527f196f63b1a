/* SPDX-License-Identifier: Apache-2.0 */
/* states.c: which token comes when, on either side. */
#include "example.h"

/*
 * One leg: what runs when the application steps, or calls CompleteAuthToken, and what is then
 * awaited.  A leg that fails ends the exchange.
 */
struct leg {
    SECURITY_STATUS (*step)(struct ssp_ctx *ctx, struct ssp_step *step);
    SECURITY_STATUS (*complete)(struct ssp_ctx *ctx, SecBuffer *token);
    enum ex_state next;
};

static const struct leg client_legs[] = {
    [EX_START] = { .step = ex_send_hello, .next = EX_WAITING },
    [EX_WAITING] = { .step = ex_answer_challenge, .next = EX_INCOMPLETE },
    [EX_INCOMPLETE] = { .complete = ex_complete_response, .next = EX_LAST },
    [EX_LAST] = { .step = ex_check_finish, .next = EX_DONE },
    [EX_DONE] = { 0 },
    [EX_FAILED] = { 0 },
};

static const struct leg server_legs[] = {
    [EX_START] = { .step = ex_answer_hello, .next = EX_WAITING },
    [EX_WAITING] = { .step = ex_answer_response, .next = EX_INCOMPLETE },
    [EX_INCOMPLETE] = { .complete = ex_complete_finish, .next = EX_DONE },
    [EX_LAST] = { 0 },
    [EX_DONE] = { 0 },
    [EX_FAILED] = { 0 },
};

static const struct leg *due(const struct ssp_ctx *ctx)
{
    return ctx->server ? &server_legs[ctx->state] : &client_legs[ctx->state];
}

/* The one place that moves the state. */
static SECURITY_STATUS moved(struct ssp_ctx *ctx, SECURITY_STATUS status)
{
    if (status == SEC_E_INSUFFICIENT_MEMORY)
        return status;
    ctx->state = status < 0 ? EX_FAILED : due(ctx)->next;
    if (status < 0)
        ex_keys_wipe(&ctx->keys);
    return status;
}

static SECURITY_STATUS run(struct ssp_ctx *ctx, struct ssp_step *step)
{
    SECURITY_STATUS status;

    if (!due(ctx)->step)
        return ssp_fail(ex_host, SEC_E_OUT_OF_SEQUENCE, "no token is due in state %d", ctx->state);
    status = moved(ctx, due(ctx)->step(ctx, step));
    if (status < 0)
        ex_host->token_clear(step->reply); /* we have none to say that it failed */
    step->granted = ctx->granted;
    return status;
}

/* A first leg that fails leaves no context. */
static SECURITY_STATUS begin(struct ssp_cred *cred, bool server, struct ssp_step *step,
                             struct ssp_ctx **out)
{
    struct ssp_ctx *ctx = ex_host->secret_alloc(sizeof *ctx);
    SECURITY_STATUS status;

    if (!ctx)
        return SEC_E_INSUFFICIENT_MEMORY;
    ctx->instance = cred->instance;
    ctx->server = server;
    if (!server) {
        memcpy(ctx->user, cred->user, sizeof ctx->user);
        ctx->keys.psk = cred->psk;
    }
    status = run(ctx, step);
    if (status < 0)
        ex_delete(ctx);
    else
        *out = ctx;
    return status;
}

SECURITY_STATUS ex_initiate(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step)
{
    return *ctx ? run(*ctx, step) : begin(cred, false, step, ctx);
}

SECURITY_STATUS ex_accept(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step)
{
    return *ctx ? run(*ctx, step) : begin(cred, true, step, ctx);
}

SECURITY_STATUS ex_complete(struct ssp_ctx *ctx, struct ssp_buffers token)
{
    SecBuffer *b = ssp_buffer_find(token, SECBUFFER_TOKEN);

    if (!due(ctx)->complete)
        return ssp_fail(ex_host, SEC_E_OUT_OF_SEQUENCE, "no token waits for its completion");
    if (!b || !b->pvBuffer)
        return ssp_fail(ex_host, SEC_E_INVALID_TOKEN, "no TOKEN buffer to complete");
    return moved(ctx, due(ctx)->complete(ctx, b));
}

void ex_delete(struct ssp_ctx *ctx)
{
    if (!ctx)
        return;
    ex_direction_close(&ctx->send);
    ex_direction_close(&ctx->receive);
    ex_host->secret_free(ctx); /* wipes */
}
