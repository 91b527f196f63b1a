/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c: tell what is in a token, field by field, for people. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "plugins/common/utf16.h"
#include "plugins/ntlm/avpair.h"
#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/message.h"
#include "plugins/ntlm/ntlm.h"

#define TEXT_MAX 255u /* bytes of a name that is shown; of a longer one only the length is */

/* Who listens, and how deep we are. */
struct teller {
    ssp_explain_fn *say;
    void *arg;
    unsigned depth;
};

static void tell(const struct teller *t, const char *name, const char *text)
{
    t->say(t->arg, t->depth, name, text);
}

/* What must not be shown is told as its length. */
static void tell_bytes(const struct teller *t, const char *name, struct span s)
{
    char text[32];

    (void)snprintf(text, sizeof text, s.len == 1 ? "%zu byte" : "%zu bytes", s.len);
    tell(t, name, s.len > 0 ? text : "none");
}

/* Names come from strangers: what could move a terminal, or is no text, is shown as '?'. */
static bool is_plain(uint16_t unit)
{
    return unit >= ' ' && (unit < 0x7f || unit > 0x9f) && (unit < 0xd800 || unit > 0xdfff);
}

static void tell_text(const struct teller *t, const char *name, struct span s, bool unicode)
{
    uint8_t units[2 * TEXT_MAX], text[3 * TEXT_MAX + 1];
    struct wire_in in = wire_in(s);
    struct wire_out wide = wire_out(units, sizeof units), out = wire_out(text, sizeof text - 1);

    if (s.len > TEXT_MAX) {
        tell_bytes(t, name, s);
        return;
    }
    while (wire_left(&in) >= (unicode ? 2 : 1)) {
        uint16_t unit = unicode ? wire_u16le(&in) : wire_u8(&in);

        wire_put_u16le(&wide, is_plain(unit) && (unicode || unit < 0x80) ? unit : '?');
    }
    utf16_put_as_utf8(&out, span_of(units, wide.len));
    text[out.len] = '\0';
    tell(t, name, (const char *)text);
}

static void tell_version(const struct teller *t, struct span version)
{
    struct wire_in in = wire_in(version);
    char text[48];

    if (version.len == 0) {
        tell(t, "Version", "none");
        return;
    }
    unsigned major = wire_u8(&in), minor = wire_u8(&in), build = wire_u16le(&in);
    (void)wire_span(&in, 3);
    (void)snprintf(text, sizeof text, "%u.%u build %u, NTLM revision %u", major, minor, build,
                   wire_u8(&in));
    tell(t, "Version", text);
}

static const struct {
    uint32_t bit;
    const char *name;
} flag_names[] = {
    { NTLM_UNICODE, "UNICODE" },
    { NTLM_OEM, "OEM" },
    { NTLM_REQUEST_TARGET, "REQUEST_TARGET" },
    { NTLM_SIGN, "SIGN" },
    { NTLM_SEAL, "SEAL" },
    { NTLM_DATAGRAM, "DATAGRAM" },
    { NTLM_LM_KEY, "LM_KEY" },
    { NTLM_NTLM, "NTLM" },
    { NTLM_ANONYMOUS, "ANONYMOUS" },
    { NTLM_DOMAIN_SUPPLIED, "OEM_DOMAIN_SUPPLIED" },
    { NTLM_WORKSTATION_SUPPLIED, "OEM_WORKSTATION_SUPPLIED" },
    { NTLM_ALWAYS_SIGN, "ALWAYS_SIGN" },
    { NTLM_TARGET_DOMAIN, "TARGET_TYPE_DOMAIN" },
    { NTLM_TARGET_SERVER, "TARGET_TYPE_SERVER" },
    { NTLM_ESS, "EXTENDED_SESSIONSECURITY" },
    { NTLM_IDENTIFY, "IDENTIFY" },
    { NTLM_NON_NT_KEY, "REQUEST_NON_NT_SESSION_KEY" },
    { NTLM_TARGET_INFO, "TARGET_INFO" },
    { NTLM_VERSION, "VERSION" },
    { NTLM_128, "128" },
    { NTLM_KEY_EXCH, "KEY_EXCH" },
    { NTLM_56, "56" },
};

static void tell_flags(struct teller *t, uint32_t flags)
{
    char text[16];
    uint32_t unknown = flags;

    (void)snprintf(text, sizeof text, "0x%08" PRIx32, flags);
    tell(t, "NegotiateFlags", text);
    t->depth++;
    for (size_t i = 0; i < sizeof flag_names / sizeof flag_names[0]; i++) {
        (void)snprintf(text, sizeof text, "0x%08" PRIx32, flag_names[i].bit);
        if (flags & flag_names[i].bit)
            tell(t, flag_names[i].name, text);
        unknown &= ~flag_names[i].bit;
    }
    (void)snprintf(text, sizeof text, "0x%08" PRIx32, unknown);
    if (unknown)
        tell(t, "reserved", text);
    t->depth--;
}

/* --- AV pairs ----------------------------------------------------------------------------- */

static const char *const av_names[NTLM_AV_KNOWN] = {
    [NTLM_AV_NB_COMPUTER] = "MsvAvNbComputerName",   [NTLM_AV_NB_DOMAIN] = "MsvAvNbDomainName",
    [NTLM_AV_DNS_COMPUTER] = "MsvAvDnsComputerName", [NTLM_AV_DNS_DOMAIN] = "MsvAvDnsDomainName",
    [NTLM_AV_DNS_TREE] = "MsvAvDnsTreeName",         [NTLM_AV_FLAGS] = "MsvAvFlags",
    [NTLM_AV_TIMESTAMP] = "MsvAvTimestamp",          [NTLM_AV_SINGLE_HOST] = "MsvAvSingleHost",
    [NTLM_AV_TARGET_NAME] = "MsvAvTargetName",       [NTLM_AV_BINDINGS] = "MsvAvChannelBindings",
};

static void tell_time(const struct teller *t, const char *name, uint64_t filetime)
{
    const uint64_t unix_epoch = UINT64_C(11644473600); /* in seconds after 1601 */
    char text[40] = "";
    struct tm tm;
    time_t seconds = (time_t)(filetime / 10000000 - unix_epoch);

    if (filetime / 10000000 < unix_epoch || filetime > INT64_MAX || !gmtime_r(&seconds, &tm) ||
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        (void)snprintf(text, sizeof text, "%" PRIu64 " (no date of our time)", filetime);
    tell(t, name, text);
}

static void tell_av_flags(const struct teller *t, struct span value)
{
    struct wire_in in = wire_in(value);
    uint32_t flags = wire_u32le(&in);
    char text[96];

    (void)snprintf(text, sizeof text, "0x%08" PRIx32 "%s%s%s", flags,
                   flags & NTLM_AVF_CONSTRAINED ? ", constrained account" : "",
                   flags & NTLM_AVF_MIC ? ", MIC present" : "",
                   flags & NTLM_AVF_UNVERIFIED_TARGET ? ", target name unverified" : "");
    tell(t, av_names[NTLM_AV_FLAGS], text);
}

static void tell_pair(const struct teller *t, uint16_t id, struct span value)
{
    char name[24];
    struct wire_in in = wire_in(value);
    bool zeros = true;

    switch (id) {
    case NTLM_AV_FLAGS:
        tell_av_flags(t, value);
        return;
    case NTLM_AV_TIMESTAMP:
        tell_time(t, av_names[id], wire_u64le(&in));
        return;
    case NTLM_AV_BINDINGS:
        while (wire_left(&in) > 0)
            zeros = wire_u8(&in) == 0 && zeros;
        tell(t, av_names[id], zeros ? "zeros: known, but none given" : "an MD5 of 16 bytes");
        return;
    case NTLM_AV_SINGLE_HOST:
        tell_bytes(t, av_names[id], value);
        return;
    default:
        break;
    }
    (void)snprintf(name, sizeof name, "AvId %u", id);
    if (id < NTLM_AV_KNOWN)
        tell_text(t, av_names[id], value, true);
    else
        tell_bytes(t, name, value);
}

/* As far as it can be read; then what is wrong with it. */
static SECURITY_STATUS tell_pairs(struct teller *t, struct span list)
{
    struct wire_in in = wire_in(list);
    struct ntlm_avs avs;
    const char *fault = ntlm_get_avs(list, &avs);
    uint16_t id = NTLM_AV_EOL;

    tell_bytes(t, "AvPairs", list);
    t->depth++;
    do {
        struct span value = ntlm_next_av(&in, &id);

        if (wire_ok(&in) && id != NTLM_AV_EOL)
            tell_pair(t, id, value);
    } while (wire_ok(&in) && id != NTLM_AV_EOL);
    if (!fault && wire_left(&in) > 0)
        tell_bytes(t, "behind the end", wire_rest(&in));
    if (fault)
        tell(t, "!", fault);
    t->depth--;
    return fault ? SEC_E_INVALID_TOKEN : SEC_E_OK;
}

/* --- messages ----------------------------------------------------------------------------- */

static SECURITY_STATUS tell_fault(const struct teller *t, const char *fault)
{
    tell(t, "!", fault);
    return SEC_E_INVALID_TOKEN;
}

static SECURITY_STATUS explain_negotiate(struct teller *t, struct span token)
{
    struct ntlm_negotiate m;
    const char *fault = ntlm_get_negotiate(token, &m);

    tell(t, "MessageType", "1 NEGOTIATE");
    if (fault)
        return tell_fault(t, fault);
    tell_flags(t, m.flags);
    tell_text(t, "DomainName", m.domain, false);
    tell_text(t, "Workstation", m.workstation, false);
    tell_version(t, m.version);
    return SEC_E_OK;
}

static SECURITY_STATUS explain_challenge(struct teller *t, struct span token)
{
    struct ntlm_challenge m;
    const char *fault = ntlm_get_challenge(token, &m);

    tell(t, "MessageType", "2 CHALLENGE");
    if (fault)
        return tell_fault(t, fault);
    tell_text(t, "TargetName", m.target_name, (m.flags & NTLM_UNICODE) != 0);
    tell_flags(t, m.flags);
    tell_bytes(t, "ServerChallenge", span_of(m.nonce, sizeof m.nonce));
    tell_version(t, m.version);
    return m.flags & NTLM_TARGET_INFO ? tell_pairs(t, m.target_info) : SEC_E_OK;
}

static SECURITY_STATUS explain_nt(struct teller *t, struct span nt)
{
    struct ntlm_v2 v2;
    SECURITY_STATUS status = SEC_E_OK;

    tell_bytes(t, "NtChallengeResponse", nt);
    t->depth++;
    if (nt.len == NTLM_V1_LEN) {
        tell(t, "kind", "NTLMv1");
    } else if (nt.len > 0) {
        const char *fault = ntlm_get_v2(nt, &v2);

        if (fault) {
            status = tell_fault(t, fault);
        } else {
            tell(t, "kind", "NTLMv2");
            tell_bytes(t, "NTProofStr", v2.proof);
            tell_time(t, "TimeStamp", v2.time);
            status = tell_pairs(t, v2.pairs);
        }
    }
    t->depth--;
    return status;
}

static SECURITY_STATUS explain_authenticate(struct teller *t, struct span token)
{
    struct ntlm_authenticate m;
    const char *fault = ntlm_get_authenticate(token, &m);
    bool unicode;

    tell(t, "MessageType", "3 AUTHENTICATE");
    if (fault)
        return tell_fault(t, fault);
    unicode = (m.flags & NTLM_UNICODE) != 0;
    tell_text(t, "DomainName", m.domain, unicode);
    tell_text(t, "UserName", m.user, unicode);
    tell_text(t, "Workstation", m.workstation, unicode);
    tell_flags(t, m.flags);
    tell_version(t, m.version);
    tell_bytes(t, "place for a MIC", m.mic);
    tell_bytes(t, "EncryptedRandomSessionKey", m.key);
    tell_bytes(t, "LmChallengeResponse", m.lm);
    return explain_nt(t, m.nt);
}

/* Somebody else's token is nothing to speak of; one that was meant to be NTLM is. */
static bool is_ours(struct span token)
{
    static const char signature[] = { 'N', 'T', 'L', 'M', 'S', 'S', 'P' };

    return token.len >= sizeof signature &&
           strncasecmp((const char *)token.data, signature, sizeof signature) == 0;
}

SECURITY_STATUS ntlm_explain(struct span token, ssp_explain_fn *say, void *arg)
{
    struct teller t = { .say = say, .arg = arg };

    switch (ntlm_type(token)) {
    case 1:
        return explain_negotiate(&t, token);
    case 2:
        return explain_challenge(&t, token);
    case 3:
        return explain_authenticate(&t, token);
    default:
        return is_ours(token) ? tell_fault(&t, "not an NTLM message")
                              : SEC_E_UNSUPPORTED_FUNCTION;
    }
}
