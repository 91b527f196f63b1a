/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pair.h: a client and a server of TLS in one process, over two queues of octets.
 *
 * Both go through the exported calls as an application does, and every buffer that the library
 * may read is a block of exactly its size, for the address sanitizer.
 */
#ifndef SSP_TESTS_TLS_PAIR_H
#define SSP_TESTS_TLS_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sspi/schannel.h"
#include "sspi/security.h"
#include "sspi/sspix.h"

struct octets {
    uint8_t *data;
    size_t len;
};
void octets_add(struct octets *to, const void *data, size_t n);
void octets_drop(struct octets *from, size_t n); /* off the front */
void octets_clear(struct octets *o);

/* One side.  in: what came and was not used; out: what is to go to the other side. */
struct tls_end {
    bool server, datagram;
    CredHandle *cred;
    CtxtHandle ctx;
    bool has_ctx, done;
    const char *target;
    ULONG request; /* more of ISC_REQ_* or ASC_REQ_* */
    ULONG granted;
    const char *alpn; /* names as on the wire, "\2h2"; NULL: none */
    struct octets in, out;
    SECURITY_STATUS status; /* of the last leg */
    unsigned legs;
    ULONG missing; /* of the last SEC_E_INCOMPLETE_MESSAGE */
};

struct tls_pair {
    struct tls_end client, server;
};

void pair_open(struct tls_pair *p, CredHandle *client, CredHandle *server);
void pair_close(struct tls_pair *p);

/* One leg with all of in, or with its first n octets. */
SECURITY_STATUS end_leg(struct tls_end *e);
SECURITY_STATUS end_leg_of(struct tls_end *e, size_t n);
/* All that one has for the other; with n, so many octets. */
void pair_move(struct tls_end *from, struct tls_end *to);
void pair_move_some(struct tls_end *from, struct tls_end *to, size_t n);
/*
 * Legs until both are done, or one has failed (its status), or nothing goes on any more
 * (SEC_I_CONTINUE_NEEDED).  step: octets that go over at a time, 0: all.
 */
SECURITY_STATUS pair_shake(struct tls_pair *p, size_t step);

/* A record with data, into out. */
SECURITY_STATUS end_send(struct tls_end *e, const void *data, size_t n);
/* The next record of in; what it held is in *data (to be cleared).  EXTRA stays in in. */
SECURITY_STATUS end_receive(struct tls_end *e, struct octets *data);
/* ApplyControlToken with SCHANNEL_SHUTDOWN, and the leg. */
SECURITY_STATUS end_shut(struct tls_end *e);
/* "ping" one way and "pong" the other. */
bool pair_talks(struct tls_pair *p);

/* Credentials from files; NULL: none.  flags: SCH_*; disabled: SP_PROT_*. */
SECURITY_STATUS cred_open(CredHandle *cred, bool server, const char *cert, const char *roots,
                          DWORD flags, DWORD disabled);

#endif
