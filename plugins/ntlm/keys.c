/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c: the hashes, proofs and keys of NTLMv2 and extended session security. */
#include "config.h"

#include "plugins/ntlm/keys.h"

#include "plugins/common/utf16.h"
#include "plugins/ntlm/crypto.h"
#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/message.h"

void ntlm_ntowfv1(struct span password, struct secret *hash)
{
    ntlm_md4(password, hash);
}

/* [MS-NLMP] 3.3.2: HMAC_MD5(NTOWFv1, Upper(user) + domain). */
void ntlm_ntowfv2(const struct secret *hash, struct span user, struct span domain,
                  struct secret *key)
{
    struct wire_in in = wire_in(user);
    struct hmac_md5 h;
    struct md5 run;

    hmac_md5_key(&h, secret_span(hash));
    hmac_md5_open(&h, &run);
    while (wire_left(&in) > 0) {
        uint8_t room[64];
        struct wire_out out = wire_out(room, sizeof room);
        size_t n = wire_left(&in) < sizeof room ? wire_left(&in) : sizeof room;

        utf16_put_upper(&out, wire_span(&in, n));
        md5_add(&run, span_of(room, out.len));
    }
    md5_add(&run, domain);
    secret_wipe(key);
    key->len = NTLM_KEY_LEN;
    hmac_md5_close(&h, &run, key->bytes);
    explicit_bzero(&h, sizeof h);
}

void ntlm_proof(const struct secret *ntowfv2, struct span server_nonce, struct span temp,
                uint8_t proof[NTLM_KEY_LEN])
{
    hmac_md5(secret_span(ntowfv2), server_nonce, temp, proof);
}

void ntlm_lmv2(const struct secret *ntowfv2, struct span server_nonce, struct span client_nonce,
               uint8_t answer[NTLM_LMV2_LEN])
{
    hmac_md5(secret_span(ntowfv2), server_nonce, client_nonce, answer);
    memcpy(answer + MD5_LEN, client_nonce.data, NTLM_LMV2_LEN - MD5_LEN);
}

void ntlm_base_key(const struct secret *ntowfv2, const uint8_t proof[NTLM_KEY_LEN],
                   struct secret *key)
{
    secret_wipe(key);
    key->len = NTLM_KEY_LEN;
    hmac_md5(secret_span(ntowfv2), span_of(proof, NTLM_KEY_LEN), span_of(NULL, 0), key->bytes);
}

void ntlm_wrap_key(const struct secret *exchange_key, const uint8_t in[NTLM_KEY_LEN],
                   uint8_t out[NTLM_KEY_LEN])
{
    struct ntlm_rc4 r;

    ntlm_rc4_key(&r, secret_span(exchange_key));
    ntlm_rc4_run(&r, in, out, NTLM_KEY_LEN);
    explicit_bzero(&r, sizeof r);
}

/* [MS-NLMP] 3.1.5.1.2. */
void ntlm_mic(const struct secret *session_key, struct span negotiate, struct span challenge,
              struct span authenticate, uint8_t mic[NTLM_KEY_LEN])
{
    static const uint8_t zeros[NTLM_MIC_LEN];
    size_t rest = NTLM_MIC_OFFSET + NTLM_MIC_LEN;
    struct hmac_md5 h;
    struct md5 run;

    hmac_md5_key(&h, secret_span(session_key));
    hmac_md5_open(&h, &run);
    md5_add(&run, negotiate);
    md5_add(&run, challenge);
    md5_add(&run, span_of(authenticate.data, NTLM_MIC_OFFSET));
    md5_add(&run, span_of(zeros, sizeof zeros));
    md5_add(&run, span_of(authenticate.data + rest, authenticate.len - rest));
    hmac_md5_close(&h, &run, mic);
    explicit_bzero(&h, sizeof h);
}

/* MD5 of a key and one of four sentences, with its NUL. */
static void magic_key(struct span key, bool from_client, bool sealing, struct secret *out)
{
    static const char magic[2][2][64] = {
        { "session key to server-to-client signing key magic constant",
          "session key to server-to-client sealing key magic constant" },
        { "session key to client-to-server signing key magic constant",
          "session key to client-to-server sealing key magic constant" },
    };
    const char *sentence = magic[from_client][sealing];
    struct md5 run;

    md5_open(&run);
    md5_add(&run, key);
    md5_add(&run, span_of(sentence, strlen(sentence) + 1));
    secret_wipe(out);
    out->len = NTLM_KEY_LEN;
    md5_close(&run, out->bytes);
}

/* [MS-NLMP] 3.4.5.2. */
void ntlm_sign_key(const struct secret *session_key, bool from_client, struct secret *key)
{
    magic_key(secret_span(session_key), from_client, false, key);
}

/* [MS-NLMP] 3.4.5.3: 128 bits, or 56, or 40, of the session key. */
void ntlm_seal_key(const struct secret *session_key, uint32_t flags, bool from_client,
                   struct secret *key)
{
    size_t n = flags & NTLM_128 ? 16 : flags & NTLM_56 ? 7 : 5;

    magic_key(span_of(session_key->bytes, n), from_client, true, key);
}
