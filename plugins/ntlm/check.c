/* SPDX-License-Identifier: Apache-2.0 */
/* check.c: what an acceptor checks of an AUTHENTICATE, one by one, [MS-NLMP] 3.2.5.1.2. */
#include "config.h"

#include "plugins/ntlm/check.h"

#include "plugins/common/utf16.h"
#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/keys.h"
#include "plugins/ntlm/loopback.h"

#define DOMAIN_MAX 255u /* units */

/* Flags that a client may only leave as we offered them, or clear. */
#define NOT_TO_ADD (NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH | NTLM_128 | NTLM_56 | NTLM_ESS)

/* --- form ---------------------------------------------------------------------------------- */

static SECURITY_STATUS check_form(struct ntlm_check *c)
{
    size_t n = c->ctx->negotiate_len;
    struct span sent = span_of(c->ctx->sent + n, c->ctx->sent_len - n);
    const char *fault = ntlm_get_challenge(sent, &c->asked);

    if (!fault)
        fault = ntlm_get_avs(c->asked.target_info, &c->asked_avs);
    if (fault)
        return refuse(SEC_E_INTERNAL_ERROR, "our own CHALLENGE: %s", fault);
    fault = ntlm_get_authenticate(c->token, &c->m);
    if (fault)
        return refuse(SEC_E_INVALID_TOKEN, "AUTHENTICATE: %s", fault);
    return SEC_E_OK;
}

/*
 * OEM text as UTF-16LE.  The code page is the client's secret; those that still send OEM (curl)
 * send what the terminal gave them, so UTF-8 if it can be that, else each byte as one unit, as
 * curl itself reads it.
 */
static struct span widen(struct span oem, uint8_t *room, size_t n)
{
    struct wire_out out = wire_out(room, n);

    if (!utf16_put(&out, oem)) {
        out = wire_out(room, n);
        for (size_t i = 0; i < oem.len; i++)
            wire_put_u16le(&out, oem.data[i]);
    }
    return span_of(room, wire_fits(&out) ? out.len : 0);
}

/* Unicode where we offered it; where we did not, as the client says. */
static SECURITY_STATUS check_text(struct ntlm_check *c)
{
    const struct ntlm_authenticate *m = &c->m;
    bool unicode = (m->flags & NTLM_UNICODE) != 0;

    if (c->asked.flags & NTLM_UNICODE && !unicode)
        return refuse(SEC_E_INVALID_TOKEN, "Unicode was offered, but not taken");
    if (unicode && (m->user.len % 2 || m->domain.len % 2 || m->workstation.len % 2))
        return refuse(SEC_E_INVALID_TOKEN, "a name of an odd length");
    if (m->domain.len > DOMAIN_MAX * (unicode ? 2 : 1))
        return refuse(SEC_E_INVALID_TOKEN, "a domain name of %zu bytes", m->domain.len);
    if (!unicode && m->user.len > NTLM_OEM_MAX)
        return refuse(SEC_E_INVALID_TOKEN, "an OEM user name of %zu bytes", m->user.len);
    c->user = unicode ? m->user : widen(m->user, c->oem_user, sizeof c->oem_user);
    c->domain = unicode ? m->domain : widen(m->domain, c->oem_domain, sizeof c->oem_domain);
    return SEC_E_OK;
}

static SECURITY_STATUS check_flags(struct ntlm_check *c)
{
    uint32_t added = c->m.flags & ~c->asked.flags & NOT_TO_ADD;

    if (added)
        return refuse(SEC_E_INVALID_TOKEN, "flags %#x were not offered", added);
    return SEC_E_OK;
}

/* EncryptedRandomSessionKey: there if and only if there is a key exchange to do. */
static SECURITY_STATUS check_key_field(struct ntlm_check *c)
{
    bool exchange = (c->m.flags & NTLM_KEY_EXCH) != 0;
    bool needed = exchange && c->m.flags & (NTLM_SIGN | NTLM_SEAL);

    if (c->m.key.len == 0 ? needed : !exchange || c->m.key.len != NTLM_KEY_LEN)
        return refuse(SEC_E_INVALID_TOKEN, "a session key of %zu bytes", c->m.key.len);
    return SEC_E_OK;
}

/* --- the kind of answer -------------------------------------------------------------------- */

/* Level 5: NTLMv2 alone.  CVE-2019-1338: an LMv2 answer alone would carry no AV pairs. */
static SECURITY_STATUS check_kind(struct ntlm_check *c)
{
    if (c->user.len == 0)
        return refuse(SEC_E_LOGON_DENIED, "an answer without a user");
    if (c->m.nt.len == NTLM_V1_LEN)
        return refuse(SEC_E_LOGON_DENIED, "NTLMv1 is not accepted");
    if (c->m.nt.len == 0)
        return refuse(SEC_E_LOGON_DENIED, "LM and LMv2 alone are not accepted");
    if (c->m.lm.len != 0 && c->m.lm.len != NTLM_V1_LEN)
        return refuse(SEC_E_INVALID_TOKEN, "an LM answer of %zu bytes", c->m.lm.len);
    return SEC_E_OK;
}

static SECURITY_STATUS check_v2_form(struct ntlm_check *c)
{
    const char *fault = ntlm_get_v2(c->m.nt, &c->v2);

    if (!fault)
        fault = ntlm_get_avs(c->v2.pairs, &c->avs);
    return fault ? refuse(SEC_E_INVALID_TOKEN, "%s", fault) : SEC_E_OK;
}

/* --- the proof ----------------------------------------------------------------------------- */

static bool proves(struct ntlm_check *c, const struct secret *hash, struct span domain)
{
    SECRET_AUTO ntowfv2 = { 0 };
    uint8_t proof[NTLM_PROOF_LEN];

    ntlm_ntowfv2(hash, c->user, domain, &ntowfv2);
    ntlm_proof(&ntowfv2, span_of(c->asked.nonce, sizeof c->asked.nonce), c->v2.temp, proof);
    bool same = secret_same(span_of(proof, sizeof proof), c->v2.proof);
    explicit_bzero(proof, sizeof proof);
    if (same)
        ntlm_base_key(&ntowfv2, c->v2.proof.data, &c->exchange_key);
    return same;
}

/*
 * NTProofStr: with the domain as it was sent, then without one, for clients that leave it out
 * ([MS-NLMP] 3.2.5.1.2).  For one who may not log on we do the work all the same, with a hash of
 * zeros, and refuse in the same words.
 */
static SECURITY_STATUS check_proof(struct ntlm_check *c)
{
    SECRET_AUTO hash = { 0 };
    bool found;
    SECURITY_STATUS status = ntlm_users_find(c->users, c->user, &hash, &found);

    if (status < 0)
        return status;
    bool proven = proves(c, &hash, c->domain);
    if (!proven && c->domain.len > 0)
        proven = proves(c, &hash, span_of(NULL, 0));
    if (!proven || !found)
        return refuse(SEC_E_LOGON_DENIED, "unknown user or wrong password");
    return SEC_E_OK;
}

/* --- what the proof covers ----------------------------------------------------------------- */

/*
 * The pairs of our CHALLENGE must come back as they were: else the answer was made for another
 * server, or for one that a third party made of us (CVE-2019-1166, CVE-2015-0005).
 */
static SECURITY_STATUS check_target_info(struct ntlm_check *c)
{
    for (unsigned id = 1; id < NTLM_AV_KNOWN; id++) {
        if (!(NTLM_AV_SERVERS & 1u << id) || !ntlm_has_av(&c->asked_avs, id))
            continue;
        if (!ntlm_has_av(&c->avs, id) || !span_eq(c->avs.value[id], c->asked_avs.value[id]))
            return refuse(SEC_E_INVALID_TOKEN, "AV pair %u is not what we sent", id);
    }
    return SEC_E_OK;
}

static SECURITY_STATUS check_time(struct ntlm_check *c)
{
    uint64_t now = (uint64_t)c->now;
    uint64_t off = c->v2.time > now ? c->v2.time - now : now - c->v2.time;

    if (c->ctx->instance->max_skew > 0 && off > (uint64_t)c->ctx->instance->max_skew)
        return refuse(SEC_E_LOGON_DENIED, "the client's clock is off by %llu s",
                      (unsigned long long)(off / 10000000));
    return SEC_E_OK;
}

static SECURITY_STATUS open_session_key(struct ntlm_check *c)
{
    c->session_key = c->exchange_key;
    if (c->m.key.len > 0)
        ntlm_wrap_key(&c->exchange_key, c->m.key.data, c->session_key.bytes);
    return SEC_E_OK;
}

static SECURITY_STATUS verify_mic(struct ntlm_check *c)
{
    const struct ssp_ctx *ctx = c->ctx;
    uint8_t mic[NTLM_MIC_LEN];

    if (c->m.mic.len == 0) /* CVE-2019-1040: someone cut it out */
        return refuse(SEC_E_MESSAGE_ALTERED, "the MIC that the client speaks of is not there");
    ntlm_mic(&c->session_key, span_of(ctx->sent, ctx->negotiate_len),
             span_of(ctx->sent + ctx->negotiate_len, ctx->sent_len - ctx->negotiate_len), c->token,
             mic);
    bool same = secret_same(span_of(mic, sizeof mic), c->m.mic);
    explicit_bzero(mic, sizeof mic);
    if (!same)
        return refuse(SEC_E_MESSAGE_ALTERED, "the MIC does not agree: a message was altered");
    return SEC_E_OK;
}

/*
 * Whether there is a MIC is told by the AV pairs, which the proof covers, never by header flags
 * or offsets.  To a client without Unicode, too old for a MIC, we send no timestamp and ask for
 * none (server.c); but if its answer has pairs that only clients with a MIC send, someone else
 * hid from it that it might send one.
 */
static SECURITY_STATUS check_mic(struct ntlm_check *c)
{
    if (ntlm_av_flags(&c->avs) & NTLM_AVF_MIC)
        return verify_mic(c);
    if (!c->ctx->instance->require_mic)
        return SEC_E_OK;
    if (ntlm_has_av(&c->asked_avs, NTLM_AV_TIMESTAMP))
        return refuse(SEC_E_MESSAGE_ALTERED, "the client sent no MIC (see require_mic)");
    if (c->avs.present & (NTLM_AV_CLIENTS | 1u << NTLM_AV_TIMESTAMP))
        return refuse(SEC_E_MESSAGE_ALTERED, "a client that knows MICs was kept from sending one");
    return SEC_E_OK;
}

/* Behind the MIC, so that a flag cleared on the way is told for what it is. */
static SECURITY_STATUS check_strength(struct ntlm_check *c)
{
    uint32_t flags = c->m.flags;

    if (flags & (NTLM_SIGN | NTLM_SEAL) && (!(flags & NTLM_ESS) || !(flags & NTLM_128)))
        return refuse(SEC_E_UNSUPPORTED_FUNCTION,
                      "signing needs extended session security and 128 bits");
    return SEC_E_OK;
}

/* --- what the application wants ------------------------------------------------------------- */

static bool is_zeros(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.data[i] != 0)
            return false;
    return true;
}

/*
 * Zeros are a client that knows bindings and was given none: ALLOW_MISSING_BINDINGS is for
 * clients that know none.
 */
static SECURITY_STATUS check_bindings(struct ntlm_check *c)
{
    struct ssp_ctx *ctx = c->ctx;
    enum ntlm_bindings_mode mode = ctx->instance->bindings;
    struct span theirs = c->avs.value[NTLM_AV_BINDINGS];

    if (mode == NTLM_BINDINGS_OFF || (mode == NTLM_BINDINGS_ALLOW && !ctx->has_bindings))
        return SEC_E_OK;
    if (!ctx->has_bindings)
        return refuse(SEC_E_BAD_BINDINGS,
                      "channel_bindings is \"require\", but the application gave none");
    if (!ntlm_has_av(&c->avs, NTLM_AV_BINDINGS)) {
        if (mode == NTLM_BINDINGS_REQUIRE || !(ctx->requested & ASC_REQ_ALLOW_MISSING_BINDINGS))
            return refuse(SEC_E_BAD_BINDINGS, "the client sent no channel bindings");
        ctx->granted |= ASC_RET_MISSING_BINDINGS;
        return SEC_E_OK;
    }
    if (is_zeros(theirs))
        return refuse(SEC_E_BAD_BINDINGS, "the client's application gave no channel bindings");
    if (ctx->requested & ASC_REQ_PROXY_BINDINGS)
        return SEC_E_OK;
    if (!secret_same(theirs, span_of(ctx->bindings, sizeof ctx->bindings)))
        return refuse(SEC_E_BAD_BINDINGS, "the client's channel is not ours");
    return SEC_E_OK;
}

/* "HTTP/www.example.com" whole; an entry without '/' is a host, of any service and port. */
static bool target_fits(struct span entry, struct span target)
{
    struct wire_in in = wire_in(target);
    size_t start = 0, end = target.len;

    for (size_t at = 0; at + 2 <= entry.len; at += 2)
        if (entry.data[at] == '/' && entry.data[at + 1] == 0)
            return utf16_same(entry, target);
    for (size_t at = 0; wire_left(&in) >= 2; at += 2) {
        uint16_t unit = wire_u16le(&in);

        if (unit == '/' && start == 0)
            start = at + 2;
        else if ((unit == '/' || unit == ':') && start > 0 && end == target.len)
            end = at;
    }
    return utf16_same(entry, span_of(target.data + start, end - start));
}

static SECURITY_STATUS check_target_name(struct ntlm_check *c)
{
    const struct ssp_instance *instance = c->ctx->instance;
    struct span target = c->avs.value[NTLM_AV_TARGET_NAME];

    if (instance->n_targets == 0)
        return SEC_E_OK;
    for (size_t i = 0; target.len > 0 && i < instance->n_targets; i++)
        if (target_fits(instance->targets[i], target))
            return SEC_E_OK;
    return refuse(SEC_E_WRONG_PRINCIPAL, "the client means a service that is not in target_names");
}

static SECURITY_STATUS check_loopback(struct ntlm_check *c)
{
    if (!c->ctx->instance->loopback && ntlm_loopback_was_answered(c->asked.nonce))
        return refuse(SEC_E_LOGON_DENIED, "our own client answered our challenge (see loopback)");
    return SEC_E_OK;
}

static SECURITY_STATUS check_nobody(struct ntlm_check *c)
{
    if (!(c->ctx->requested & ASC_REQ_ALLOW_NULL_SESSION))
        return refuse(SEC_E_LOGON_DENIED, "a null session, which is not allowed here");
    c->exchange_key.len = NTLM_KEY_LEN; /* zeros, [MS-NLMP] 3.2.5.1.2 */
    return SEC_E_OK;
}

/* --- all in order -------------------------------------------------------------------------- */

typedef SECURITY_STATUS check_fn(struct ntlm_check *c);

static check_fn *const first_checks[] = { check_form, check_text, check_flags, NULL };

/*
 * The proof comes before all that it covers: an answer to another challenge is a wrong answer,
 * not a malformed one, and whoever does not know the password learns nothing of our policy.
 */
static check_fn *const user_checks[] = {
    check_kind,
    check_v2_form,
    check_key_field,
    check_proof,
    check_target_info,
    check_time,
    open_session_key,
    check_mic,
    check_strength,
    check_bindings,
    check_target_name,
    check_loopback,
    NULL,
};

static check_fn *const nobody_checks[] = {
    check_nobody,   check_key_field,   open_session_key, check_strength,
    check_bindings, check_target_name, check_loopback,   NULL,
};

static SECURITY_STATUS run_checks(check_fn *const *checks, struct ntlm_check *c)
{
    SECURITY_STATUS status = SEC_E_OK;

    while (*checks && status >= 0)
        status = (*checks++)(c);
    return status;
}

/* [MS-NLMP] 3.2.5.1.2: nobody is an empty user with no answer; the flag alone means nothing. */
static bool is_nobody(const struct ntlm_check *c)
{
    return c->user.len == 0 && c->m.nt.len == 0 &&
           (c->m.lm.len == 0 || (c->m.lm.len == 1 && c->m.lm.data[0] == 0));
}

SECURITY_STATUS ntlm_check_answer(struct ntlm_check *c)
{
    SECURITY_STATUS status = run_checks(first_checks, c);

    if (status < 0)
        return status;
    return run_checks(is_nobody(c) ? nobody_checks : user_checks, c);
}

void ntlm_check_wipe(struct ntlm_check *c)
{
    explicit_bzero(c, sizeof *c);
}
