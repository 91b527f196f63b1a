/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls-loop.h: a TLS connection over a socket, on the public calls only: the handshake and message
 * loops of schannel.h as an application for Windows has them.
 *
 * Functions give the status that the package gave, and remember in which call.  A peer that is
 * gone without a close_notify, or says nothing for LOOP_PATIENCE seconds, gives LOOP_EOF or
 * LOOP_SILENCE.
 */
#ifndef PEERS_TLS_LOOP_H
#define PEERS_TLS_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "line.h"
#include "sspi/schannel.h"
#include "sspi/sspi.h"

#define LOOP_PATIENCE 10 /* seconds */

/* Not from any package: a status has its top bits otherwise. */
#define LOOP_EOF ((SECURITY_STATUS)0xA0000001)
#define LOOP_SILENCE ((SECURITY_STATUS)0xA0000002)

/* How another handshake is asked for: by a step that is given nothing, or after a control token. */
enum loop_again { LOOP_NEVER, LOOP_BY_STEP, LOOP_BY_TOKEN };

struct loop {
    bool client;
    bool datagram;                   /* DTLS: each recv gives a datagram, and each token is one */
    struct sockaddr_storage address; /* of the peer: what a DTLS server's cookies are made of */
    int fd;
    CredHandle *cred;
    CredHandle *spare; /* with a certificate, for when the server asks; NULL: go on without */
    char *target;      /* client: the server's name, or NULL */
    struct bytes alpn; /* SEC_APPLICATION_PROTOCOLS, or empty */
    uint32_t request;  /* ISC_REQ_ or ASC_REQ_ */

    size_t own_room; /* of our own memory for tokens, which grows; 0: the library's */

    CtxtHandle ctx;
    bool have_ctx;
    uint32_t granted; /* ISC_RET_ or ASC_RET_ */
    SecPkgContext_StreamSizes sizes;

    struct bytes in;   /* read and not used yet */
    size_t room;       /* at in.data */
    struct bytes data; /* what loop_receive gave last; points into memory of its own */

    struct bytes early; /* data that came in the middle of a handshake */
    unsigned tries;     /* of datagrams that nobody answered */

    /* What happened. */
    const char *where;       /* the call that gave the status */
    unsigned steps;          /* of the handshake */
    unsigned renegotiations; /* SEC_I_RENEGOTIATE from DecryptMessage */
    bool asked;              /* SEC_I_INCOMPLETE_CREDENTIALS */
    bool closed;             /* the peer's close_notify was there */
    unsigned char alert[2];  /* level and number of an unencrypted alert that was sent; 0: none */
    size_t failure_token;    /* octets that were sent together with a failure */
};

/* From the first octet to SEC_E_OK.  A failure's token is sent. */
SECURITY_STATUS loop_handshake(struct loop *loop);

/* All of it, in as many messages as that takes. */
SECURITY_STATUS loop_send(struct loop *loop, const void *data, size_t len);

/*
 * Some octets, in loop->data until the next call.  SEC_I_CONTEXT_EXPIRED: the peer closed.
 * Handshakes that the peer asks for are made on the way.
 */
SECURITY_STATUS loop_receive(struct loop *loop);

/*
 * Another handshake: TLS 1.2 renegotiates; in TLS 1.3 a server asks for a certificate, and a token
 * makes new keys.
 */
SECURITY_STATUS loop_renegotiate(struct loop *loop, enum loop_again how);

/* Send a close_notify; the context remains. */
SECURITY_STATUS loop_shutdown(struct loop *loop);

/* Delete the context and free what there is; the socket and the credentials stay. */
void loop_end(struct loop *loop);

#endif
