/* SPDX-License-Identifier: Apache-2.0 */
/* explain-message.h: the handshake messages. */
#ifndef TLS_EXPLAIN_MESSAGE_H
#define TLS_EXPLAIN_MESSAGE_H

#include "plugins/tls/teller.h"

/* What is in a message of a type, without its header. */
void tls_tell_message(struct tls_teller *t, uint8_t type, struct tls_part *m);

/* ClientHello and ServerHello (explain-hello.c). */
void tls_tell_client_hello(struct tls_teller *t, struct tls_part *m);
void tls_tell_server_hello(struct tls_teller *t, struct tls_part *m);
void tls_tell_encrypted_extensions(struct tls_teller *t, struct tls_part *m);
/* A list of 16-bit numbers, its length in width bytes, on one line. */
void tls_tell_numbers(struct tls_teller *t, struct tls_part *p, const char *name, unsigned width,
                      enum tls_kind kind);
/* The same of 8-bit numbers, whose length has one byte. */
void tls_tell_octets(struct tls_teller *t, struct tls_part *p, const char *name,
                     enum tls_kind kind);

/* A certificate, and a distinguished name, in DER (explain-cert.c). */
void tls_tell_certificate(struct tls_teller *t, struct span der, size_t at);
void tls_tell_authority(struct tls_teller *t, struct span der, size_t at);

#endif
