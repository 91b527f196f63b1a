/* SPDX-License-Identifier: Apache-2.0 */
/* message.c: read and write NEGOTIATE, CHALLENGE, AUTHENTICATE and the NTLMv2 answer. */
#include "config.h"

#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/message.h"

static const uint8_t signature[8] = "NTLMSSP"; /* with its NUL */

/* 10.0 build 0, NTLMSSP_REVISION_W2K3. */
const struct span ntlm_version = { (const uint8_t[]){ 10, 0, 0, 0, 0, 0, 0, 15 }, 8 };

#define NEGOTIATE_LEAST 16u  /* flags and no more: very old clients */
#define NEGOTIATE_HEADER 32u /* with both descriptors */
#define CHALLENGE_LEAST 32u
#define CHALLENGE_HEADER 48u /* with the descriptor of TargetInfo */
#define AUTHENTICATE_HEADER 64u
#define VERSION_LEN 8u
#define AUTHENTICATE_VERSION (AUTHENTICATE_HEADER + VERSION_LEN)
#define AUTHENTICATE_MIC (NTLM_MIC_OFFSET + NTLM_MIC_LEN)

/* A descriptor: Len, MaxLen, BufferOffset. */
struct field {
    uint16_t len;
    uint32_t off;
};

static struct field get_field(struct wire_in *in)
{
    struct field f = { .len = wire_u16le(in) };

    (void)wire_u16le(in); /* MaxLen: [MS-NLMP] says to ignore it */
    f.off = wire_u32le(in);
    return f;
}

/* What a descriptor points to: in the payload, which begins no sooner than at header. */
static struct span at_field(struct wire_in *in, struct field f, size_t header)
{
    if (f.len > 0 && f.off < header)
        in->bad = true;
    return wire_at(in, f.off, f.len);
}

/* Write a descriptor for s, and move on where the next one begins. */
static void put_field(struct wire_out *out, struct span s, size_t *off)
{
    wire_put_len16le(out, s.len);
    wire_put_len16le(out, s.len);
    wire_put_len32le(out, *off);
    *off += s.len;
}

static void put_head(struct wire_out *out, uint32_t type)
{
    wire_put(out, signature, sizeof signature);
    wire_put_u32le(out, type);
}

static void put_version(struct wire_out *out, struct span version)
{
    if (version.len == VERSION_LEN)
        wire_put_span(out, version);
    else
        wire_put_zeros(out, VERSION_LEN);
}

static bool is_message(struct wire_in *in, uint32_t type)
{
    struct span s = wire_span(in, sizeof signature);

    return wire_u32le(in) == type && span_is(s, signature, sizeof signature);
}

/* Both in [MS-NLMP] 2.2.2.5: one way to write text, and NTLM at all. */
static const char *flags_fault(uint32_t flags)
{
    if (!(flags & (NTLM_UNICODE | NTLM_OEM)))
        return "flags offer no way to write text";
    if (!(flags & NTLM_NTLM))
        return "flags do not offer NTLM";
    return NULL;
}

uint32_t ntlm_type(struct span token)
{
    struct wire_in in = wire_in(token);
    struct span s = wire_span(&in, sizeof signature);
    uint32_t type = wire_u32le(&in);

    return span_is(s, signature, sizeof signature) && type <= 3 ? type : 0;
}

/* [MS-NLMP] 2.2.1.1.  What is missing at the end counts as absent. */
const char *ntlm_get_negotiate(struct span token, struct ntlm_negotiate *out)
{
    struct wire_in in = wire_in(token);
    struct ntlm_negotiate m = { 0 };
    struct field domain = { 0 }, workstation = { 0 };

    if (token.len < NEGOTIATE_LEAST || !is_message(&in, 1))
        return "not a NEGOTIATE message";
    m.flags = wire_u32le(&in);
    if (flags_fault(m.flags))
        return flags_fault(m.flags);
    if (m.flags & NTLM_DOMAIN_SUPPLIED)
        domain = get_field(&in);
    else if (wire_left(&in) >= 8)
        (void)get_field(&in);
    if (m.flags & NTLM_WORKSTATION_SUPPLIED)
        workstation = get_field(&in);
    else if (wire_left(&in) >= 8)
        (void)get_field(&in);
    m.domain = at_field(&in, domain, in.pos);
    m.workstation = at_field(&in, workstation, in.pos);
    if (!wire_ok(&in))
        return "a name lies outside the message";
    if (m.flags & NTLM_VERSION && token.len >= NEGOTIATE_HEADER + VERSION_LEN)
        m.version = wire_at(&in, NEGOTIATE_HEADER, VERSION_LEN);
    *out = m;
    return NULL;
}

void ntlm_put_negotiate(struct wire_out *out, const struct ntlm_negotiate *m)
{
    size_t off = NEGOTIATE_HEADER + VERSION_LEN;

    put_head(out, 1);
    wire_put_u32le(out, m->flags);
    put_field(out, m->domain, &off);
    put_field(out, m->workstation, &off);
    put_version(out, m->version);
    wire_put_span(out, m->domain);
    wire_put_span(out, m->workstation);
}

/* What TargetInfo must be besides being there; the list itself is ntlm_get_avs' to judge. */
static const char *challenge_fault(const struct ntlm_challenge *m)
{
    if (flags_fault(m->flags))
        return flags_fault(m->flags);
    if (m->flags & NTLM_UNICODE && m->target_name.len % 2 != 0)
        return "target name of an odd length";
    if ((m->flags & NTLM_TARGET_DOMAIN) && (m->flags & NTLM_TARGET_SERVER))
        return "the target is called both a domain and a server";
    if (m->flags & NTLM_TARGET_INFO && m->target_info.len == 0)
        return "target information announced but empty";
    return NULL;
}

/* [MS-NLMP] 2.2.1.2.  Old servers end after Reserved, or even before it. */
const char *ntlm_get_challenge(struct span token, struct ntlm_challenge *out)
{
    struct wire_in in = wire_in(token);
    struct ntlm_challenge m = { 0 };
    size_t header = token.len < CHALLENGE_HEADER ? CHALLENGE_LEAST : CHALLENGE_HEADER;

    if (token.len < CHALLENGE_LEAST || !is_message(&in, 2))
        return "not a CHALLENGE message";
    struct field name = get_field(&in);
    m.flags = wire_u32le(&in);
    struct span nonce = wire_span(&in, sizeof m.nonce);
    if (m.flags & NTLM_TARGET_INFO) {
        (void)wire_span(&in, 8); /* Reserved */
        m.target_info = at_field(&in, get_field(&in), header);
    }
    m.target_name = at_field(&in, name, header);
    if (!wire_ok(&in))
        return "a part lies outside the message";
    if (m.flags & NTLM_VERSION && token.len >= CHALLENGE_HEADER + VERSION_LEN)
        m.version = wire_at(&in, CHALLENGE_HEADER, VERSION_LEN);
    if (challenge_fault(&m))
        return challenge_fault(&m);
    memcpy(m.nonce, nonce.data, sizeof m.nonce);
    *out = m;
    return NULL;
}

void ntlm_put_challenge(struct wire_out *out, const struct ntlm_challenge *m)
{
    size_t off = CHALLENGE_HEADER + VERSION_LEN;

    put_head(out, 2);
    put_field(out, m->target_name, &off);
    wire_put_u32le(out, m->flags);
    wire_put(out, m->nonce, sizeof m->nonce);
    wire_put_zeros(out, 8); /* Reserved */
    put_field(out, m->target_info, &off);
    put_version(out, m->version);
    wire_put_span(out, m->target_name);
    wire_put_span(out, m->target_info);
}

/* Where the payload begins: the least offset of what is not empty. */
static size_t payload_start(const struct field *f, size_t n, size_t end)
{
    size_t start = end;

    for (size_t i = 0; i < n; i++)
        if (f[i].len > 0 && f[i].off < start)
            start = f[i].off;
    return start;
}

/*
 * [MS-NLMP] 2.2.1.3.  Neither Version nor MIC is announced in the header: they are there if the
 * payload leaves them room.
 */
const char *ntlm_get_authenticate(struct span token, struct ntlm_authenticate *out)
{
    enum { LM, NT, DOMAIN, USER, WORKSTATION, KEY, FIELDS };
    struct wire_in in = wire_in(token);
    struct ntlm_authenticate m = { 0 };
    struct field f[FIELDS];
    struct span *const part[FIELDS] = {
        [LM] = &m.lm,
        [NT] = &m.nt,
        [DOMAIN] = &m.domain,
        [USER] = &m.user,
        [WORKSTATION] = &m.workstation,
        [KEY] = &m.key,
    };

    if (token.len < AUTHENTICATE_HEADER || !is_message(&in, 3))
        return "not an AUTHENTICATE message";
    for (unsigned i = 0; i < FIELDS; i++) {
        f[i] = get_field(&in);
        *part[i] = at_field(&in, f[i], AUTHENTICATE_HEADER);
    }
    m.flags = wire_u32le(&in);
    if (!wire_ok(&in))
        return "a part lies outside the message";
    size_t start = payload_start(f, FIELDS, token.len);
    if (start >= AUTHENTICATE_VERSION)
        m.version = wire_at(&in, AUTHENTICATE_HEADER, VERSION_LEN);
    if (start >= AUTHENTICATE_MIC)
        m.mic = wire_at(&in, NTLM_MIC_OFFSET, NTLM_MIC_LEN);
    *out = m;
    return NULL;
}

/* In the order that Windows writes the payload in. */
void ntlm_put_authenticate(struct wire_out *out, const struct ntlm_authenticate *m)
{
    size_t domain = m->mic.len > 0 ? AUTHENTICATE_MIC : AUTHENTICATE_VERSION;
    size_t user = domain + m->domain.len;
    size_t workstation = user + m->user.len;
    size_t lm = workstation + m->workstation.len;
    size_t nt = lm + m->lm.len;
    size_t key = nt + m->nt.len;

    put_head(out, 3);
    put_field(out, m->lm, &lm);
    put_field(out, m->nt, &nt);
    put_field(out, m->domain, &domain);
    put_field(out, m->user, &user);
    put_field(out, m->workstation, &workstation);
    put_field(out, m->key, &key);
    wire_put_u32le(out, m->flags);
    put_version(out, m->version);
    wire_put_zeros(out, m->mic.len > 0 ? NTLM_MIC_LEN : 0);
    wire_put_span(out, m->domain);
    wire_put_span(out, m->user);
    wire_put_span(out, m->workstation);
    wire_put_span(out, m->lm);
    wire_put_span(out, m->nt);
    wire_put_span(out, m->key);
}

/* [MS-NLMP] 2.2.2.7. */
const char *ntlm_get_v2(struct span nt, struct ntlm_v2 *out)
{
    struct wire_in in = wire_in(nt);
    struct ntlm_v2 m = { .proof = wire_span(&in, NTLM_PROOF_LEN) };

    if (nt.len < NTLM_V2_LEAST)
        return "NTLMv2 answer is too short";
    m.temp = wire_at(&in, NTLM_PROOF_LEN, wire_left(&in));
    if (wire_u8(&in) != 1 || wire_u8(&in) != 1)
        return "NTLMv2 answer is of an unknown kind";
    (void)wire_span(&in, 6); /* Reserved1, Reserved2 */
    m.time = wire_u64le(&in);
    m.nonce = wire_span(&in, NTLM_NONCE_LEN);
    (void)wire_span(&in, 4); /* Reserved3 */
    m.pairs = wire_rest(&in);
    *out = m;
    return NULL;
}

void ntlm_put_v2_head(struct wire_out *out, uint64_t time, struct span nonce)
{
    wire_put_u8(out, 1); /* RespType */
    wire_put_u8(out, 1); /* HiRespType */
    wire_put_zeros(out, 6);
    wire_put_u64le(out, time);
    wire_put_span(out, nonce);
    wire_put_zeros(out, 4);
}
