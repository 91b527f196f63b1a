/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal.h: signing and sealing of messages with extended session security, [MS-NLMP] 3.4.
 *
 * What is sent and what is received have their own keys, RC4 streams and counters and share
 * nothing that changes, so one thread may send while another receives.  No call allocates.
 */
#ifndef NTLM_SEAL_H
#define NTLM_SEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "plugins/ntlm/crypto.h"
#include "plugins/ntlm/keys.h"
#include "sspi/package.h"

#define NTLM_SIGNATURE_LEN 16u

/* One direction. */
struct ntlm_way {
    struct hmac_md5 mac; /* with the signing key */
    struct ntlm_rc4 rc4; /* one stream for all messages */
    uint8_t seal_key[NTLM_KEY_LEN];
    uint64_t seq; /* number of the next message; above UINT32_MAX: there is none */
    bool broken;  /* received what did not verify: the stream is out of step */
};

/* All that is secret in an established context, to be wiped by one call. */
struct ntlm_session {
    uint32_t flags;            /* as negotiated, NTLM_* */
    uint8_t key[NTLM_KEY_LEN]; /* ExportedSessionKey */
    struct ntlm_way send, receive;
};

/* Make the keys; flags have ESS if SIGN or SEAL. */
void ntlm_session_open(struct ntlm_session *s, uint32_t flags, const struct secret *key,
                       bool client);
/* The RC4 streams back to their beginnings, the counters as they are ([MS-SPNG] 3.3.5.1). */
void ntlm_session_reset(struct ntlm_session *s);
/* May messages be signed?  Sealing, where negotiated, signs as well. */
bool ntlm_session_signs(const struct ntlm_session *s);

/*
 * The message calls of the package, on the caller's buffers.  DATA is sealed and signed, but
 * with READONLY_WITH_CHECKSUM only signed, and with READONLY neither; TOKEN takes or holds the
 * 16 bytes of the signature.
 *
 * Errors: SEC_E_UNSUPPORTED_FUNCTION (not negotiated), SEC_E_QOP_NOT_SUPPORTED,
 * SEC_E_INVALID_TOKEN (a buffer is missing, a signature of another length or version),
 * SEC_E_BUFFER_TOO_SMALL (TOKEN to write), SEC_E_MESSAGE_ALTERED, SEC_E_OUT_OF_SEQUENCE,
 * SEC_E_CONTEXT_EXPIRED (2^32 messages are through).  After MESSAGE_ALTERED and OUT_OF_SEQUENCE
 * nothing more can be received: the next message is MESSAGE_ALTERED whatever it is.  What
 * decrypt wrote of a message that did not verify is wiped.
 *
 * encrypt with SECQOP_WRAP_NO_ENCRYPT signs only.  The signature does not tell, so the peer
 * must call verify for such a message.
 */
SECURITY_STATUS ntlm_sign(struct ntlm_session *s, uint32_t qop, struct ssp_buffers m);
SECURITY_STATUS ntlm_verify(struct ntlm_session *s, struct ssp_buffers m);
SECURITY_STATUS ntlm_encrypt(struct ntlm_session *s, uint32_t qop, struct ssp_buffers m);
/* TOKEN and DATA; or STREAM (signature, then ciphertext) and a DATA that is made to point in it. */
SECURITY_STATUS ntlm_decrypt(struct ntlm_session *s, struct ssp_buffers m);

#endif
