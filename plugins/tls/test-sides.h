/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-sides.h: two sides of a connection for unit tests: plain libssl over memory, in contexts
 * that are filled in by hand, and a host whose memory can be made to run out.
 */
#ifndef TLS_TEST_SIDES_H
#define TLS_TEST_SIDES_H

#include <stddef.h>

#include "plugins/tls/tls.h"

/* --- the host -------------------------------------------------------------------------------- */

struct sides_host {
    size_t allocations; /* so far, of every kind */
    size_t fail_at;     /* this one and all later ones fail; 0: none do */
    size_t live;        /* pieces of memory not given back */
    SECURITY_STATUS last_status;
};

extern struct sides_host sides_host;
/* tls_host is this host, as in a fresh process. */
void sides_host_open(void);
/* How many certificates there are in what a query gave, and the DER of one. */
size_t sides_certificates(const CERT_CONTEXT *certificate);
struct span sides_certificate(const CERT_CONTEXT *certificate, size_t i);

/* --- certificates ---------------------------------------------------------------------------- */

/* "RSA", "EC" or "ED25519"; the same one at every call. */
EVP_PKEY *sides_key(const char *kind);
/* Signed by the key of the issuer, or by its own with NULL; hash NULL: of Ed25519. */
X509 *sides_cert(const char *kind, const char *subject, X509 *issuer, const char *issuer_kind,
                 const char *hash);
bool sides_same_der(struct span der, X509 *cert);

/* --- a connection ---------------------------------------------------------------------------- */

/* What is asked of it; whatever is 0 or NULL is libssl's choice. */
struct sides_wish {
    int version;
    bool datagram;
    const char *ciphers; /* a list of TLS 1.2's, or one suite of TLS 1.3 */
    const char *groups;
    const char *signatures; /* that the client takes */
    uint64_t options;       /* SSL_OP_* of both */
    uint8_t fragment;       /* RFC 6066's code for the length of records */
    X509 *server, *client;  /* certificates; server NULL: of the kind that the ciphers need */
    const char *server_key; /* its kind; NULL: "RSA" */
    X509 *second;           /* of the server, with a key of EC */
    X509 *between;          /* sent after server */
    bool ask;               /* the client for a certificate */
    const char *alpn;       /* one name, of both */
    SSL_SESSION *session;   /* to be resumed */
    SSL_CTX *server_ctx;    /* of sides_keep: tickets are opened by whom they were made by */
};

struct sides {
    struct ssp_ctx client, server;
    struct tls_material material[2];
    struct tls_identity identities[2];
    BIO *to_client, *to_server;
    SSL_SESSION *session; /* the last that the client was given */
};

/* The SSL_CTX of a server, for several connections. */
SSL_CTX *sides_server(const struct sides_wish *wish);
void sides_make(struct sides *s, const struct sides_wish *wish);
/* What comes of the handshake, both sides run as long as one moves: true if it is done. */
bool sides_run(struct sides *s);
/* Both of these, and both are TLS_OPEN and measured. */
void sides_open(struct sides *s, const struct sides_wish *wish);
void sides_close(struct sides *s);

#endif
