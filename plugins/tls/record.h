/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: the heads of records, so that libssl is given whole ones only. */
#ifndef TLS_RECORD_H
#define TLS_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "sspi/sspi.h"
#include "sspi/wire.h"

#define TLS_RECORD_HEAD 5u
#define TLS_RECORD_MAX (16384u + 2048u) /* RFC 5246 6.2.3; TLS 1.3 allows less, libssl checks */

enum tls_record_type {
    TLS_CHANGE_CIPHER_SPEC = 20,
    TLS_ALERT = 21,
    TLS_HANDSHAKE_RECORD = 22,
    TLS_APPLICATION_DATA = 23
};

/* The record that input begins with. */
struct tls_record {
    enum tls_record_type type;
    size_t len;     /* octets with the head; 0 until the head is there */
    size_t missing; /* octets still to come, 0: it is whole */
};

/*
 * SEC_E_INVALID_TOKEN: no TLS at all (first: nothing came before); SEC_E_ILLEGAL_MESSAGE: a record
 * that none may be.  An incomplete one is SEC_E_OK with missing set.
 */
SECURITY_STATUS tls_record_look(struct span input, bool first, struct tls_record *out);

/* The same of a datagram, whose records are whole: one that is not is SEC_E_ILLEGAL_MESSAGE. */
#define TLS_DATAGRAM_HEAD 13u
SECURITY_STATUS tls_datagram_look(struct span input, struct tls_record *out);

/* An alert in the clear: head, level, description. */
#define TLS_PLAIN_ALERT 7u
void tls_put_alert(struct wire_out *out, uint8_t level, uint8_t description);

#endif
