/* SPDX-License-Identifier: Apache-2.0 */
/* check.h: is an AUTHENTICATE a good answer to the CHALLENGE that we sent? */
#ifndef NTLM_CHECK_H
#define NTLM_CHECK_H

#include "plugins/ntlm/avpair.h"
#include "plugins/ntlm/message.h"
#include "plugins/ntlm/ntlm.h"

#define NTLM_OEM_MAX 256u /* bytes of a name in OEM */

/*
 * What the checks work on and find out.  Holds secrets: ntlm_check_wipe.  Spans point into the
 * token, the context or the struct itself, which so must not be copied.
 */
struct ntlm_check {
    struct ssp_ctx *ctx; /* sent is NEGOTIATE and CHALLENGE; granted gets bits of the bindings */
    struct ntlm_users *users;
    struct span token;
    int64_t now; /* FILETIME, UTC */

    struct ntlm_challenge asked; /* our own CHALLENGE */
    struct ntlm_avs asked_avs;
    struct ntlm_authenticate m;
    struct ntlm_v2 v2;
    struct ntlm_avs avs;
    struct span user, domain; /* UTF-16LE; user empty: anonymous */
    uint8_t oem_user[2 * NTLM_OEM_MAX], oem_domain[2 * NTLM_OEM_MAX];
    struct secret exchange_key; /* KeyExchangeKey */
    struct secret session_key;  /* ExportedSessionKey */
};

/*
 * Everything that an acceptor has to look at; SEC_E_OK fills m, avs, user, domain and
 * session_key.  Each refusal's status is said where it is made, in check.c.
 */
SECURITY_STATUS ntlm_check_answer(struct ntlm_check *c);
void ntlm_check_wipe(struct ntlm_check *c);

#endif
