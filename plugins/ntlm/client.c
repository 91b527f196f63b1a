/* SPDX-License-Identifier: Apache-2.0 */
/* client.c: the initiator: NEGOTIATE, then an NTLMv2 answer to the CHALLENGE. */
#include "config.h"

#include "plugins/common/utf16.h"
#include "plugins/ntlm/avpair.h"
#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/loopback.h"
#include "plugins/ntlm/message.h"
#include "plugins/ntlm/ntlm.h"

/* What every NEGOTIATE of ours offers; the same as Windows', without the LM session key. */
#define OFFERED                                                                                    \
    (NTLM_UNICODE | NTLM_OEM | NTLM_REQUEST_TARGET | NTLM_NTLM | NTLM_ALWAYS_SIGN | NTLM_ESS |     \
     NTLM_VERSION | NTLM_128 | NTLM_56)

#define TARGET_MAX 1024u /* units of a target name: more is no service name */

/* [MS-NLMP] 3.1.1.2: the application's wishes as flags. */
static uint32_t wanted_flags(uint32_t requested)
{
    uint32_t flags = OFFERED;

    if (requested & (ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT))
        flags |= NTLM_SIGN | NTLM_KEY_EXCH;
    if (requested & ISC_REQ_CONFIDENTIALITY)
        flags |= NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH;
    if (requested & ISC_REQ_IDENTIFY)
        flags |= NTLM_IDENTIFY;
    return flags;
}

/* The service that the application means, kept from the first leg that names it. */
static SECURITY_STATUS take_target(struct ssp_ctx *ctx, struct span target)
{
    uint8_t room[2 * TARGET_MAX];
    struct wire_out out = wire_out(room, sizeof room);

    if (ctx->target.data || target.len == 0)
        return SEC_E_OK;
    if (!utf16_put(&out, target) || !wire_fits(&out))
        return refuse(SEC_E_TARGET_UNKNOWN, "the target name is too long, or not UTF-8");
    return ntlm_keep_target(ctx, span_of(room, out.len));
}

/* [MS-NLMP] 3.1.5.1.1. */
static SECURITY_STATUS send_negotiate(struct ssp_cred *cred, struct ssp_ctx *ctx,
                                      struct ssp_step *step)
{
    struct ntlm_negotiate m = { .flags = wanted_flags(ctx->requested), .version = ntlm_version };
    struct wire_out count = wire_out(NULL, 0);

    if (!(cred->use & SECPKG_CRED_OUTBOUND))
        return refuse(SEC_E_NO_CREDENTIALS, "the credential is for servers only");
    if (step->token.len > 0)
        return refuse(SEC_E_INVALID_TOKEN, "a token before the first was sent");
    if (ctx->requested & ISC_REQ_DATAGRAM)
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "connectionless NTLM");
    SECURITY_STATUS status = take_target(ctx, step->target);
    if (status < 0)
        return status;
    ntlm_put_negotiate(&count, &m);
    ctx->sent = ntlm_host->secret_alloc(count.len);
    uint8_t *reply = ntlm_host->token_room(step->reply, count.len);
    if (!ctx->sent || !reply)
        return SEC_E_INSUFFICIENT_MEMORY; /* the context is new and goes away whole */
    struct wire_out out = wire_out(ctx->sent, count.len);
    ntlm_put_negotiate(&out, &m);
    memcpy(reply, ctx->sent, count.len);
    ctx->sent_len = ctx->negotiate_len = count.len;
    ctx->offered = m.flags;
    return SEC_I_CONTINUE_NEEDED;
}

/* --- the answer --------------------------------------------------------------------------- */

/* All that the second leg works with. */
struct answer {
    struct ntlm_challenge challenge;
    struct ntlm_avs avs; /* of the challenge */
    uint32_t flags;      /* as they will be */
    bool anonymous;
    bool with_mic;
    uint64_t time;
    uint8_t nonce[NTLM_NONCE_LEN]; /* ChallengeFromClient */
    uint8_t lm[NTLM_LMV2_LEN];
    uint8_t key[NTLM_KEY_LEN]; /* EncryptedRandomSessionKey */
    struct secret session_key;
    uint8_t *nt; /* secret memory: the NTLMv2 answer */
    size_t nt_len;
    uint8_t *token; /* the AUTHENTICATE, in the reply */
    size_t token_len;
};

static void answer_wipe(struct answer *a)
{
    ntlm_host->secret_free(a->nt);
    explicit_bzero(a, sizeof *a);
}

/* Read the CHALLENGE, and see that what it leaves of our offer is enough. */
static SECURITY_STATUS read_challenge(const struct ssp_ctx *ctx, struct span token,
                                      struct answer *a)
{
    const char *fault = ntlm_get_challenge(token, &a->challenge);
    uint32_t theirs = a->challenge.flags;

    if (!fault && theirs & NTLM_TARGET_INFO)
        fault = ntlm_get_avs(a->challenge.target_info, &a->avs);
    if (fault)
        return refuse(SEC_E_INVALID_TOKEN, "CHALLENGE: %s", fault);
    a->flags = (ctx->offered & theirs) | (theirs & NTLM_TARGET_INFO);
    if (a->flags & NTLM_UNICODE)
        a->flags &= ~NTLM_OEM;
    if (!(a->flags & NTLM_ESS))
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "the server has no extended session security");
    if (a->flags & (NTLM_SIGN | NTLM_SEAL) && !(a->flags & NTLM_128))
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "the server has no 128-bit keys");
    return SEC_E_OK;
}

/* Only now: the application may give them with any leg. */
static SECURITY_STATUS check_bindings(const struct ssp_ctx *ctx, const struct answer *a)
{
    if (ctx->instance->bindings != NTLM_BINDINGS_REQUIRE)
        return SEC_E_OK;
    if (!ctx->has_bindings)
        return refuse(SEC_E_BAD_BINDINGS,
                      "channel_bindings is \"require\", but the application gave none");
    if (!(a->flags & NTLM_TARGET_INFO) || a->anonymous)
        return refuse(SEC_E_BAD_BINDINGS, "there is no place for channel bindings in the answer");
    return SEC_E_OK;
}

static void warn_of_challenge(const struct answer *a)
{
    static const uint8_t zeros[NTLM_NONCE_LEN];

    if (memcmp(a->challenge.nonce, zeros, sizeof zeros) == 0)
        note("the server's challenge is all zeros: the server is broken, or worse");
    if (!a->with_mic && !a->anonymous)
        note("the server sent no timestamp, so the exchange goes without a MIC");
}

/*
 * The AV list of the answer: the server's pairs but for those that only a client may make
 * (CVE-2019-1166), then ours.  [MS-NLMP] 3.1.5.1.2 and 2.2.2.1.
 */
static void put_pairs(struct wire_out *out, const struct ssp_ctx *ctx, const struct answer *a)
{
    struct wire_in in = wire_in(a->challenge.target_info);
    uint32_t flags = a->with_mic ? NTLM_AVF_MIC : 0;
    uint16_t id = NTLM_AV_EOL;

    while (wire_left(&in) > 0) {
        struct span value = ntlm_next_av(&in, &id);

        if (id == NTLM_AV_EOL)
            break;
        if (id >= NTLM_AV_KNOWN || !(NTLM_AV_CLIENTS & 1u << id))
            ntlm_put_av(out, id, value);
    }
    if (ctx->requested & ISC_REQ_UNVERIFIED_TARGET_NAME)
        flags |= NTLM_AVF_UNVERIFIED_TARGET;
    if (flags)
        ntlm_put_av_u32(out, NTLM_AV_FLAGS, flags);
    if (a->flags & NTLM_TARGET_INFO) {
        /* Zeros, if there are none, say that we know bindings; "off" is a client that does not. */
        if (ctx->instance->bindings != NTLM_BINDINGS_OFF)
            ntlm_put_av(out, NTLM_AV_BINDINGS, span_of(ctx->bindings, sizeof ctx->bindings));
        ntlm_put_av(out, NTLM_AV_TARGET_NAME, ctx->target);
    }
    ntlm_put_av_end(out);
    wire_put_zeros(out, 4); /* Reserved4, behind the list */
}

static void put_temp(struct wire_out *out, const struct ssp_ctx *ctx, const struct answer *a)
{
    ntlm_put_v2_head(out, a->time, span_of(a->nonce, sizeof a->nonce));
    put_pairs(out, ctx, a);
}

/* NtChallengeResponse, LmChallengeResponse and SessionBaseKey, [MS-NLMP] 3.3.2. */
static SECURITY_STATUS make_v2(const struct ssp_cred *cred, const struct ssp_ctx *ctx,
                               struct answer *a, struct secret *base_key)
{
    struct span server_nonce = span_of(a->challenge.nonce, sizeof a->challenge.nonce);
    struct wire_out count = wire_out(NULL, 0);
    SECRET_AUTO ntowfv2 = { 0 };

    put_temp(&count, ctx, a);
    a->nt_len = NTLM_PROOF_LEN + count.len;
    a->nt = ntlm_host->secret_alloc(a->nt_len);
    if (!a->nt)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out out = wire_out(a->nt + NTLM_PROOF_LEN, count.len);
    put_temp(&out, ctx, a);
    if (!wire_fits(&out))
        return refuse(SEC_E_INVALID_TOKEN, "the server's target information is too long");
    ntlm_ntowfv2(&cred->hash, cred->user, cred->domain, &ntowfv2);
    ntlm_proof(&ntowfv2, server_nonce, span_of(a->nt + NTLM_PROOF_LEN, count.len), a->nt);
    ntlm_base_key(&ntowfv2, a->nt, base_key);
    if (!ntlm_has_av(&a->avs, NTLM_AV_TIMESTAMP)) /* else zeros, as Windows sends them */
        ntlm_lmv2(&ntowfv2, server_nonce, span_of(a->nonce, sizeof a->nonce), a->lm);
    return SEC_E_OK;
}

/* [MS-NLMP] 3.1.5.1.2: a key of our own, if the key exchange is on. */
static SECURITY_STATUS make_session_key(struct answer *a, const struct secret *exchange_key)
{
    a->session_key = *exchange_key;
    if (!(a->flags & NTLM_KEY_EXCH))
        return SEC_E_OK;
    SECURITY_STATUS status = ntlm_host->random(a->session_key.bytes, NTLM_KEY_LEN);
    if (status >= 0)
        ntlm_wrap_key(exchange_key, a->session_key.bytes, a->key);
    return status;
}

static SECURITY_STATUS make_answer(const struct ssp_cred *cred, const struct ssp_ctx *ctx,
                                   struct answer *a)
{
    SECRET_AUTO base_key = { .len = NTLM_KEY_LEN }; /* nobody's: zeros */
    SECURITY_STATUS status = SEC_E_OK;

    if (!(a->flags & (NTLM_SIGN | NTLM_SEAL)))
        a->flags &= ~NTLM_KEY_EXCH;
    if (a->anonymous) {
        a->flags |= NTLM_ANONYMOUS;
    } else {
        bool timed = ntlm_has_av(&a->avs, NTLM_AV_TIMESTAMP);

        a->with_mic = timed;
        a->time = timed ? ntlm_av_timestamp(&a->avs) : (uint64_t)ntlm_host->now();
        status = ntlm_host->random(a->nonce, sizeof a->nonce);
        if (status >= 0)
            status = make_v2(cred, ctx, a, &base_key);
    }
    return status < 0 ? status : make_session_key(a, &base_key);
}

/* --- the AUTHENTICATE --------------------------------------------------------------------- */

/*
 * A name as the server wants it, in room if it must be written anew.  OEM has no meaning that
 * both ends share; we write UTF-8, as curl and its like do, which is right for ASCII.
 */
static struct span wire_name(const struct answer *a, struct span utf16, uint8_t *room, size_t n)
{
    struct wire_out out = wire_out(room, n);

    if (a->flags & NTLM_UNICODE)
        return utf16;
    utf16_put_as_utf8(&out, utf16);
    return span_of(room, wire_fits(&out) ? out.len : 0);
}

static SECURITY_STATUS write_answer(const struct ssp_cred *cred, const struct ssp_ctx *ctx,
                                    struct answer *a, struct ssp_token *reply)
{
    static const uint8_t no_mic_yet[NTLM_MIC_LEN];
    const struct span nothing = { NULL, 0 };
    uint8_t room[3][512];
    struct ntlm_authenticate m = {
        .flags = a->flags,
        .lm = a->anonymous ? span_of("", 1) : span_of(a->lm, sizeof a->lm),
        .nt = span_of(a->nt, a->nt_len),
        .domain = a->anonymous ? nothing : wire_name(a, cred->domain, room[0], sizeof room[0]),
        .user = a->anonymous ? nothing : wire_name(a, cred->user, room[1], sizeof room[1]),
        .workstation = wire_name(a, ctx->instance->names.workstation, room[2], sizeof room[2]),
        .key = span_of(a->key, a->flags & NTLM_KEY_EXCH ? sizeof a->key : 0),
        .version = ntlm_version,
        .mic = span_of(no_mic_yet, a->with_mic ? sizeof no_mic_yet : 0),
    };
    struct wire_out count = wire_out(NULL, 0);

    if (m.user.len == 0 && !a->anonymous)
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "the user name is too long for OEM text");
    ntlm_put_authenticate(&count, &m);
    a->token = ntlm_host->token_room(reply, count.len);
    a->token_len = count.len;
    if (!a->token)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out out = wire_out(a->token, a->token_len);
    ntlm_put_authenticate(&out, &m);
    if (!wire_fits(&out))
        return refuse(SEC_E_UNKNOWN_CREDENTIALS, "a name is too long for the message");
    return SEC_E_OK;
}

static SECURITY_STATUS answer_challenge(struct ssp_cred *cred, struct ssp_ctx *ctx,
                                        struct ssp_step *step)
{
    __attribute__((cleanup(answer_wipe))) struct answer a = { 0 };
    SECURITY_STATUS status = read_challenge(ctx, step->token, &a);

    a.anonymous = cred->anonymous || (ctx->requested & ISC_REQ_NULL_SESSION) != 0;
    if (status >= 0)
        status = check_bindings(ctx, &a);
    if (status >= 0)
        status = take_target(ctx, step->target);
    if (status >= 0)
        status = make_answer(cred, ctx, &a);
    if (status >= 0)
        status = write_answer(cred, ctx, &a, step->reply);
    if (status < 0)
        return status;
    if (a.with_mic)
        ntlm_mic(&a.session_key, span_of(ctx->sent, ctx->negotiate_len), step->token,
                 span_of(a.token, a.token_len), a.token + NTLM_MIC_OFFSET);
    warn_of_challenge(&a);
    ntlm_loopback_answered(a.challenge.nonce);
    return ntlm_establish(ctx, a.flags, &a.session_key, a.anonymous ? span_of(NULL, 0) : cred->user,
                          cred->domain);
}

static const struct ntlm_leg client_legs[NTLM_STATES] = {
    [NTLM_START] = { .run = send_negotiate, .next = NTLM_CHALLENGED },
    [NTLM_CHALLENGED] = { .run = answer_challenge, .next = NTLM_DONE },
    [NTLM_DONE] = { 0 },
    [NTLM_FAILED] = { 0 },
};

SECURITY_STATUS ntlm_initiate(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step)
{
    return ntlm_run_leg(client_legs, true, cred, ctx, step);
}
