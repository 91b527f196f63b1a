/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h: the three messages of NTLM, [MS-NLMP] 2.2.1.  Pure: bytes in, bytes out.
 *
 * A reader returns NULL, or what is wrong with the token in a few words; every such fault is
 * SEC_E_INVALID_TOKEN.  *out is written whole on success and not at all otherwise; its spans
 * point into the token.  What is announced with length 0 is empty wherever its offset points.
 */
#ifndef NTLM_MESSAGE_H
#define NTLM_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "sspi/wire.h"

#define NTLM_NONCE_LEN 8u
#define NTLM_MIC_LEN 16u
#define NTLM_MIC_OFFSET 72u /* of the MIC in an AUTHENTICATE that has one */

/* Version of what we send: no product's ([MS-NLMP] 2.2.2.10 calls it informational). */
extern const struct span ntlm_version;

/* The type of a token, 1 to 3; 0: not NTLM. */
uint32_t ntlm_type(struct span token);

struct ntlm_negotiate {
    uint32_t flags;
    struct span domain;      /* OEM; empty unless DOMAIN_SUPPLIED */
    struct span workstation; /* OEM; empty unless WORKSTATION_SUPPLIED */
    struct span version;     /* 8 bytes; empty unless VERSION */
};

const char *ntlm_get_negotiate(struct span token, struct ntlm_negotiate *out);
void ntlm_put_negotiate(struct wire_out *out, const struct ntlm_negotiate *m);

struct ntlm_challenge {
    uint32_t flags;
    uint8_t nonce[NTLM_NONCE_LEN]; /* ServerChallenge */
    struct span target_name;       /* UTF-16LE if UNICODE, else OEM */
    struct span target_info;       /* AV list; empty unless TARGET_INFO */
    struct span version;
};

const char *ntlm_get_challenge(struct span token, struct ntlm_challenge *out);
void ntlm_put_challenge(struct wire_out *out, const struct ntlm_challenge *m);

struct ntlm_authenticate {
    uint32_t flags;
    struct span lm;     /* LmChallengeResponse */
    struct span nt;     /* NtChallengeResponse */
    struct span domain; /* these three UTF-16LE if UNICODE, else OEM */
    struct span user;
    struct span workstation;
    struct span key;     /* EncryptedRandomSessionKey */
    struct span version; /* empty if the payload begins before its end */
    struct span mic;     /* 16 bytes that are a MIC if the client says so in its AV pairs;
                            empty if the payload leaves no room for it */
};

const char *ntlm_get_authenticate(struct span token, struct ntlm_authenticate *out);
/* Room for the MIC is left, as zeros, if m->mic is not empty; what it holds is not read. */
void ntlm_put_authenticate(struct wire_out *out, const struct ntlm_authenticate *m);

/* An NTLMv2 answer, NTLMv2_CLIENT_CHALLENGE behind its proof, [MS-NLMP] 2.2.2.7, 2.2.2.8. */
struct ntlm_v2 {
    struct span proof; /* NTProofStr */
    struct span temp;  /* all behind it: what the proof is made over */
    uint64_t time;     /* FILETIME, UTC */
    struct span nonce; /* ChallengeFromClient */
    struct span pairs; /* AV list, and whatever follows its end */
};

#define NTLM_V1_LEN 24u   /* of an NTLMv1 answer, an LM answer, an LMv2 answer */
#define NTLM_V2_LEAST 48u /* of an NTLMv2 answer */
#define NTLM_PROOF_LEN 16u

const char *ntlm_get_v2(struct span nt, struct ntlm_v2 *out);
/* The part behind the proof, without the pairs. */
void ntlm_put_v2_head(struct wire_out *out, uint64_t time, struct span nonce);

#endif
