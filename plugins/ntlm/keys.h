/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h: from a password to the keys of a session, [MS-NLMP] 3.3 and 3.4.5. */
#ifndef NTLM_KEYS_H
#define NTLM_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "sspi/secret.h"
#include "sspi/wire.h"

#define NTLM_KEY_LEN 16u
#define NTLM_LMV2_LEN 24u

/* NTOWFv1 of a password in UTF-16LE: the NT hash. */
void ntlm_ntowfv1(struct span password, struct secret *hash);

/* NTOWFv2; user and domain in UTF-16LE, the user in any case, the domain as it is sent. */
void ntlm_ntowfv2(const struct secret *hash, struct span user, struct span domain,
                  struct secret *key);

/* NTProofStr over what follows it in the answer. */
void ntlm_proof(const struct secret *ntowfv2, struct span server_nonce, struct span temp,
                uint8_t proof[NTLM_KEY_LEN]);

/* The LMv2 answer, 24 bytes. */
void ntlm_lmv2(const struct secret *ntowfv2, struct span server_nonce, struct span client_nonce,
               uint8_t answer[NTLM_LMV2_LEN]);

/* SessionBaseKey, which with NTLMv2 is KeyExchangeKey too. */
void ntlm_base_key(const struct secret *ntowfv2, const uint8_t proof[NTLM_KEY_LEN],
                   struct secret *key);

/* EncryptedRandomSessionKey, or back: RC4 is its own inverse. */
void ntlm_wrap_key(const struct secret *exchange_key, const uint8_t in[NTLM_KEY_LEN],
                   uint8_t out[NTLM_KEY_LEN]);

/*
 * The MIC over all three messages as they were sent, the last with zeros in place of its MIC,
 * beyond which it reaches.  mic may be that place.
 */
void ntlm_mic(const struct secret *session_key, struct span negotiate, struct span challenge,
              struct span authenticate, uint8_t mic[NTLM_KEY_LEN]);

/* SIGNKEY and SEALKEY with extended session security, for what the client or server sends. */
void ntlm_sign_key(const struct secret *session_key, bool from_client, struct secret *key);
void ntlm_seal_key(const struct secret *session_key, uint32_t flags, bool from_client,
                   struct secret *key);

#endif
