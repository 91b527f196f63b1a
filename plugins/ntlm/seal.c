/* SPDX-License-Identifier: Apache-2.0 */
/* seal.c: sign, verify, seal and unseal messages on the caller's buffers. */
#include "config.h"

#include "plugins/ntlm/seal.h"

#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/host.h"

#define SIGNATURE_VERSION 1u
#define CHECKSUM_LEN 8u

static void way_open(struct ntlm_way *way, const struct secret *key, uint32_t flags,
                     bool from_client)
{
    SECRET_AUTO sign = { 0 };
    SECRET_AUTO seal = { 0 };

    ntlm_sign_key(key, from_client, &sign);
    ntlm_seal_key(key, flags, from_client, &seal);
    hmac_md5_key(&way->mac, secret_span(&sign));
    ntlm_rc4_key(&way->rc4, secret_span(&seal));
    memcpy(way->seal_key, seal.bytes, sizeof way->seal_key);
    way->seq = 0;
    way->broken = false;
}

void ntlm_session_open(struct ntlm_session *s, uint32_t flags, const struct secret *key,
                       bool client)
{
    s->flags = flags;
    memcpy(s->key, key->bytes, sizeof s->key);
    if (!ntlm_session_signs(s))
        return;
    way_open(&s->send, key, flags, client);
    way_open(&s->receive, key, flags, !client);
}

void ntlm_session_reset(struct ntlm_session *s)
{
    ntlm_rc4_key(&s->send.rc4, span_of(s->send.seal_key, NTLM_KEY_LEN));
    ntlm_rc4_key(&s->receive.rc4, span_of(s->receive.seal_key, NTLM_KEY_LEN));
}

bool ntlm_session_signs(const struct ntlm_session *s)
{
    return (s->flags & (NTLM_SIGN | NTLM_SEAL)) != 0;
}

/* --- which buffers count ------------------------------------------------------------------ */

static bool is_signed(const SecBuffer *b)
{
    return ssp_buffer_type(b) == SECBUFFER_DATA &&
           (!(b->BufferType & SECBUFFER_READONLY) ||
            b->BufferType & SECBUFFER_READONLY_WITH_CHECKSUM);
}

static bool is_sealed(const SecBuffer *b)
{
    return ssp_buffer_type(b) == SECBUFFER_DATA &&
           !(b->BufferType & (SECBUFFER_READONLY | SECBUFFER_READONLY_WITH_CHECKSUM));
}

static SECURITY_STATUS find_parts(struct ssp_buffers m, SecBuffer **token)
{
    *token = ssp_buffer_find(m, SECBUFFER_TOKEN);
    if (!*token || !ssp_buffer_find(m, SECBUFFER_DATA))
        return refuse(SEC_E_INVALID_TOKEN, "a message needs a TOKEN and a DATA buffer");
    return SEC_E_OK;
}

/* --- the checksum, [MS-NLMP] 3.4.4.2 -------------------------------------------------------- */

static void mac_open(const struct ntlm_way *way, uint32_t seq, struct md5 *run)
{
    const uint8_t le[4] = { (uint8_t)seq, (uint8_t)(seq >> 8), (uint8_t)(seq >> 16),
                            (uint8_t)(seq >> 24) };

    hmac_md5_open(&way->mac, run);
    md5_add(run, span_of(le, sizeof le));
}

/* The first 8 bytes of the HMAC, which the key exchange has encrypted as well. */
static void mac_close(struct ntlm_way *way, uint32_t flags, struct md5 *run,
                      uint8_t checksum[CHECKSUM_LEN])
{
    uint8_t mac[MD5_LEN];

    hmac_md5_close(&way->mac, run, mac);
    if (flags & NTLM_KEY_EXCH)
        ntlm_rc4_run(&way->rc4, mac, checksum, CHECKSUM_LEN);
    else
        memcpy(checksum, mac, CHECKSUM_LEN);
}

/* --- sending ------------------------------------------------------------------------------ */

/* [MS-NLMP] 3.4.3: seal what is to be sealed, and sign the plaintext. */
static SECURITY_STATUS protect(struct ntlm_session *s, struct ssp_buffers m, bool seal)
{
    struct ntlm_way *way = &s->send;
    SecBuffer *token;
    SECURITY_STATUS status = find_parts(m, &token);
    uint8_t checksum[CHECKSUM_LEN];
    struct md5 run;

    if (status < 0)
        return status;
    if (token->cbBuffer < NTLM_SIGNATURE_LEN)
        return refuse(SEC_E_BUFFER_TOO_SMALL, "TOKEN has %u bytes, a signature takes %u",
                      token->cbBuffer, NTLM_SIGNATURE_LEN);
    if (way->seq > UINT32_MAX)
        return refuse(SEC_E_CONTEXT_EXPIRED, "all 2^32 message numbers are used up");
    mac_open(way, (uint32_t)way->seq, &run);
    for (uint32_t i = 0; i < m.count; i++) {
        SecBuffer *b = &m.all[i];

        if (is_signed(b))
            md5_add(&run, ssp_buffer_span(b));
        if (seal && is_sealed(b))
            ntlm_rc4_run(&way->rc4, b->pvBuffer, b->pvBuffer, b->cbBuffer);
    }
    mac_close(way, s->flags, &run, checksum);
    struct wire_out out = wire_out(token->pvBuffer, token->cbBuffer);
    wire_put_u32le(&out, SIGNATURE_VERSION);
    wire_put(&out, checksum, sizeof checksum);
    wire_put_u32le(&out, (uint32_t)way->seq);
    token->cbBuffer = NTLM_SIGNATURE_LEN;
    way->seq++;
    return SEC_E_OK;
}

SECURITY_STATUS ntlm_sign(struct ntlm_session *s, uint32_t qop, struct ssp_buffers m)
{
    if (!ntlm_session_signs(s))
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "signing was not negotiated");
    if (qop != 0)
        return refuse(SEC_E_QOP_NOT_SUPPORTED, "quality of protection %#x", qop);
    return protect(s, m, false);
}

SECURITY_STATUS ntlm_encrypt(struct ntlm_session *s, uint32_t qop, struct ssp_buffers m)
{
    bool seal = qop != SECQOP_WRAP_NO_ENCRYPT;

    if (qop != 0 && seal)
        return refuse(SEC_E_QOP_NOT_SUPPORTED, "quality of protection %#x", qop);
    if (!ntlm_session_signs(s) || (seal && !(s->flags & NTLM_SEAL)))
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "sealing was not negotiated");
    return protect(s, m, seal);
}

/* --- receiving ------------------------------------------------------------------------------ */

struct signature {
    const uint8_t *checksum; /* CHECKSUM_LEN bytes */
    uint32_t seq;
};

static bool get_signature(struct span token, struct signature *out)
{
    struct wire_in in = wire_in(token);
    uint32_t version = wire_u32le(&in);

    out->checksum = wire_take(&in, CHECKSUM_LEN);
    out->seq = wire_u32le(&in);
    return wire_done(&in) && version == SIGNATURE_VERSION;
}

static void wipe_sealed(struct ssp_buffers m)
{
    for (uint32_t i = 0; i < m.count; i++)
        if (is_sealed(&m.all[i]) && m.all[i].cbBuffer > 0)
            explicit_bzero(m.all[i].pvBuffer, m.all[i].cbBuffer);
}

/*
 * Is this the message that is due?  [MS-NLMP] 3.4.4 only says that the checksum must agree; with
 * a key exchange it depends on the place in the RC4 stream, so a message repeated, left out or
 * overtaken has a bad checksum too.  The number in the clear tells these cases from damage.
 */
static SECURITY_STATUS check_turn(struct ntlm_way *way, uint32_t seq)
{
    if (way->broken)
        return refuse(SEC_E_MESSAGE_ALTERED, "an earlier message did not verify");
    if (way->seq > UINT32_MAX)
        return refuse(SEC_E_CONTEXT_EXPIRED, "all 2^32 message numbers are used up");
    if (seq != way->seq) {
        way->broken = true;
        return refuse(SEC_E_OUT_OF_SEQUENCE, "message number %u where %u was due", seq,
                      (uint32_t)way->seq);
    }
    return SEC_E_OK;
}

/* Unseal what is sealed, then check the signature over the plaintext. */
static SECURITY_STATUS unprotect(struct ntlm_session *s, struct span token, struct ssp_buffers m,
                                 bool sealed)
{
    struct ntlm_way *way = &s->receive;
    uint8_t checksum[CHECKSUM_LEN];
    struct signature sig;
    struct md5 run;

    if (!get_signature(token, &sig))
        return refuse(SEC_E_INVALID_TOKEN, "not a signature (%zu bytes)", token.len);
    SECURITY_STATUS status = check_turn(way, sig.seq);
    if (status < 0)
        return status;
    mac_open(way, sig.seq, &run);
    for (uint32_t i = 0; i < m.count; i++) {
        SecBuffer *b = &m.all[i];

        if (sealed && is_sealed(b))
            ntlm_rc4_run(&way->rc4, b->pvBuffer, b->pvBuffer, b->cbBuffer);
        if (is_signed(b))
            md5_add(&run, ssp_buffer_span(b));
    }
    mac_close(way, s->flags, &run, checksum);
    if (!secret_same(span_of(checksum, sizeof checksum), span_of(sig.checksum, CHECKSUM_LEN))) {
        way->broken = true;
        if (sealed)
            wipe_sealed(m);
        return refuse(SEC_E_MESSAGE_ALTERED, "message %u: checksum does not agree", sig.seq);
    }
    way->seq++;
    return SEC_E_OK;
}

SECURITY_STATUS ntlm_verify(struct ntlm_session *s, struct ssp_buffers m)
{
    SecBuffer *token;

    if (!ntlm_session_signs(s))
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "signing was not negotiated");
    SECURITY_STATUS status = find_parts(m, &token);
    return status < 0 ? status : unprotect(s, ssp_buffer_span(token), m, false);
}

/* Signature and ciphertext in one buffer; DATA comes to point at the plaintext in it. */
static SECURITY_STATUS decrypt_stream(struct ntlm_session *s, const SecBuffer *stream,
                                      SecBuffer *data)
{
    if (!data)
        return refuse(SEC_E_INVALID_TOKEN, "a STREAM needs a DATA buffer for the result");
    if (stream->cbBuffer < NTLM_SIGNATURE_LEN)
        return refuse(SEC_E_INVALID_TOKEN, "STREAM of %u bytes holds no signature",
                      stream->cbBuffer);
    SecBuffer rest = { .cbBuffer = stream->cbBuffer - NTLM_SIGNATURE_LEN,
                       .BufferType = SECBUFFER_DATA,
                       .pvBuffer = (uint8_t *)stream->pvBuffer + NTLM_SIGNATURE_LEN };
    SECURITY_STATUS status = unprotect(s, span_of(stream->pvBuffer, NTLM_SIGNATURE_LEN),
                                       (struct ssp_buffers){ &rest, 1 }, true);
    if (status < 0)
        return status;
    data->cbBuffer = rest.cbBuffer;
    data->pvBuffer = rest.pvBuffer;
    return SEC_E_OK;
}

SECURITY_STATUS ntlm_decrypt(struct ntlm_session *s, struct ssp_buffers m)
{
    SecBuffer *stream = ssp_buffer_find(m, SECBUFFER_STREAM);
    SecBuffer *token;

    if (!(s->flags & NTLM_SEAL))
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "sealing was not negotiated");
    if (stream && !ssp_buffer_find(m, SECBUFFER_TOKEN))
        return decrypt_stream(s, stream, ssp_buffer_find(m, SECBUFFER_DATA));
    SECURITY_STATUS status = find_parts(m, &token);
    return status < 0 ? status : unprotect(s, ssp_buffer_span(token), m, true);
}
