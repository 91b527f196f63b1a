/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loopback.h: does an answer come from this very process?
 *
 * Who relays our server's challenge to our own client gets an answer that is good for our
 * server (the reflection of MS08-068).  In one process it looks the same as a client that means
 * to talk to that server, so it is refused only where the setting `loopback` says that no client
 * of this process ever talks to a server of this process.
 *
 * The server challenges that our clients answered last are kept in a table of fixed size, without
 * locks: 1,024 of 64 random bits each, so that one is forgotten only after many more, and an old
 * one never equals a new one by chance.
 */
#ifndef NTLM_LOOPBACK_H
#define NTLM_LOOPBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "plugins/ntlm/message.h"

void ntlm_loopback_answered(const uint8_t server_nonce[NTLM_NONCE_LEN]);
bool ntlm_loopback_was_answered(const uint8_t server_nonce[NTLM_NONCE_LEN]);

#endif
