/* SPDX-License-Identifier: Apache-2.0 */
/* server.c: the acceptor: a CHALLENGE for a NEGOTIATE, then judge the AUTHENTICATE. */
#include "config.h"

#include "plugins/ntlm/avpair.h"
#include "plugins/ntlm/check.h"
#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/message.h"
#include "plugins/ntlm/ntlm.h"

/* What we agree to, if the client offers it. */
#define AGREED                                                                                     \
    (NTLM_UNICODE | NTLM_OEM | NTLM_REQUEST_TARGET | NTLM_SIGN | NTLM_SEAL | NTLM_NTLM |           \
     NTLM_ALWAYS_SIGN | NTLM_ESS | NTLM_IDENTIFY | NTLM_VERSION | NTLM_128 | NTLM_KEY_EXCH |       \
     NTLM_56)

/* [MS-NLMP] 3.2.5.1.1. */
static SECURITY_STATUS answer_flags(const struct ssp_ctx *ctx, uint32_t offered, uint32_t *flags)
{
    uint32_t f = offered & AGREED;

    if (f & (NTLM_SIGN | NTLM_SEAL) && (!(f & NTLM_ESS) || !(f & NTLM_128)))
        return refuse(SEC_E_UNSUPPORTED_FUNCTION,
                      "signing needs extended session security and 128 bits; offered: %#x",
                      offered);
    if (f & NTLM_UNICODE)
        f &= ~NTLM_OEM;
    if (f & NTLM_REQUEST_TARGET)
        f |= ctx->instance->names.in_domain ? NTLM_TARGET_DOMAIN : NTLM_TARGET_SERVER;
    *flags = f | NTLM_TARGET_INFO;
    return SEC_E_OK;
}

/*
 * The server's pairs, in the order that Windows has them.  A client without Unicode (curl) knows
 * no MIC; the timestamp would ask for one, so it gets none.  check_mic tells such a client from
 * a better one that is kept in the dark.
 */
static void put_pairs(struct wire_out *out, const struct ntlm_names *names, bool timed, int64_t now)
{
    ntlm_put_av(out, NTLM_AV_NB_DOMAIN, names->nb_domain);
    ntlm_put_av(out, NTLM_AV_NB_COMPUTER, names->nb_computer);
    ntlm_put_av(out, NTLM_AV_DNS_DOMAIN, names->dns_domain);
    ntlm_put_av(out, NTLM_AV_DNS_COMPUTER, names->dns_computer);
    if (timed)
        ntlm_put_av_u64(out, NTLM_AV_TIMESTAMP, (uint64_t)now);
    ntlm_put_av_end(out);
}

#define PAIRS_MAX 4096u /* bytes: four names of 255 units and a little */

static SECURITY_STATUS make_challenge(const struct ssp_ctx *ctx, uint32_t flags,
                                      uint8_t pairs[PAIRS_MAX], struct ntlm_challenge *m)
{
    const struct ntlm_names *names = &ctx->instance->names;
    struct wire_out out = wire_out(pairs, PAIRS_MAX);
    bool unicode = (flags & NTLM_UNICODE) != 0;

    put_pairs(&out, names, unicode, ntlm_host->now());
    if (!wire_fits(&out))
        return refuse(SEC_E_INTERNAL_ERROR, "the names in the settings are too long");
    *m = (struct ntlm_challenge){ .flags = flags,
                                  .target_info = span_of(pairs, out.len),
                                  .version = ntlm_version };
    if (flags & NTLM_REQUEST_TARGET)
        m->target_name = unicode ? names->nb_domain : names->target_oem;
    return ntlm_host->random(m->nonce, sizeof m->nonce);
}

/* Both messages end to end: the MIC goes over them as they were. */
static SECURITY_STATUS keep_sent(struct ssp_ctx *ctx, struct span negotiate,
                                 const struct ntlm_challenge *m)
{
    struct wire_out count = wire_out(NULL, 0);

    wire_put_span(&count, negotiate);
    ntlm_put_challenge(&count, m);
    ctx->sent = ntlm_host->secret_alloc(count.len);
    if (!ctx->sent)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out out = wire_out(ctx->sent, count.len);
    wire_put_span(&out, negotiate);
    ntlm_put_challenge(&out, m);
    ctx->negotiate_len = negotiate.len;
    ctx->sent_len = count.len;
    return wire_fits(&out) ? SEC_E_OK
                           : refuse(SEC_E_INTERNAL_ERROR, "a name is too long for a CHALLENGE");
}

static SECURITY_STATUS send_challenge(struct ssp_cred *cred, struct ssp_ctx *ctx,
                                      struct ssp_step *step)
{
    struct ntlm_negotiate theirs;
    struct ntlm_challenge ours;
    uint8_t pairs[PAIRS_MAX];
    uint32_t flags = 0;

    if (!(cred->use & SECPKG_CRED_INBOUND))
        return refuse(SEC_E_NO_CREDENTIALS, "the credential is for clients only");
    if (ctx->requested & ASC_REQ_DATAGRAM)
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "connectionless NTLM");
    const char *fault = ntlm_get_negotiate(step->token, &theirs);
    if (fault)
        return refuse(SEC_E_INVALID_TOKEN, "NEGOTIATE: %s", fault);
    SECURITY_STATUS status = answer_flags(ctx, theirs.flags, &flags);
    if (status >= 0)
        status = make_challenge(ctx, flags, pairs, &ours);
    if (status >= 0)
        status = keep_sent(ctx, step->token, &ours);
    if (status < 0)
        return status;
    size_t n = ctx->sent_len - ctx->negotiate_len;
    uint8_t *reply = ntlm_host->token_room(step->reply, n);
    if (!reply)
        return SEC_E_INSUFFICIENT_MEMORY; /* the context is new and goes away whole */
    memcpy(reply, ctx->sent + ctx->negotiate_len, n);
    return SEC_I_CONTINUE_NEEDED;
}

static SECURITY_STATUS judge_answer(struct ssp_cred *cred, struct ssp_ctx *ctx,
                                    struct ssp_step *step)
{
    __attribute__((cleanup(ntlm_check_wipe))) struct ntlm_check c = {
        .ctx = ctx, .users = cred->users, .token = step->token, .now = ntlm_host->now()
    };

    if (!(cred->use & SECPKG_CRED_INBOUND))
        return refuse(SEC_E_NO_CREDENTIALS, "the credential is for clients only");
    SECURITY_STATUS status = ntlm_check_answer(&c);
    if (status >= 0)
        status = ntlm_keep_target(ctx, c.avs.value[NTLM_AV_TARGET_NAME]);
    if (status >= 0)
        status = ntlm_establish(ctx, c.m.flags, &c.session_key, c.user, c.domain);
    return status;
}

static const struct ntlm_leg server_legs[NTLM_STATES] = {
    [NTLM_START] = { .run = send_challenge, .next = NTLM_CHALLENGED },
    [NTLM_CHALLENGED] = { .run = judge_answer, .next = NTLM_DONE },
    [NTLM_DONE] = { 0 },
    [NTLM_FAILED] = { 0 },
};

SECURITY_STATUS ntlm_accept(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step)
{
    return ntlm_run_leg(server_legs, false, cred, ctx, step);
}
