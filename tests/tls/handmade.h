/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handmade.h: records and messages of TLS written by hand, right or wrong, and records sealed with
 * keys that a key log tells: what no honest peer would say.
 */
#ifndef SSP_TESTS_TLS_HANDMADE_H
#define SSP_TESTS_TLS_HANDMADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/tls/pair.h"

/* --- octets ---------------------------------------------------------------------------------- */

/* A number of so many octets, the highest first. */
void put_number(struct octets *to, unsigned width, uint64_t v);
/* Room for a length, -> where; and that length of all that came behind it since. */
size_t put_room(struct octets *to, unsigned width);
void put_length(struct octets *to, unsigned width, size_t at);

/* --- records --------------------------------------------------------------------------------- */

enum { CHANGE_CIPHER_SPEC = 20, ALERT, HANDSHAKE, APPLICATION_DATA };
enum { WARNING = 1, FATAL };
#define HEAD 5u /* octets */

/* One in the clear, of version 0x0303. */
void put_record(struct octets *to, unsigned type, const void *body, size_t n);
/* A message of the handshake, without a record around it. */
void put_message(struct octets *to, unsigned type, const void *body, size_t n);
/* The record that begins at at: its octets with the head; 0: none is whole there. */
size_t record_at(const struct octets *o, size_t at);

/* --- hellos ---------------------------------------------------------------------------------- */

/* What is left out is as in a good one; octets are as on the wire, without their length. */
struct hello {
    bool server;
    unsigned version; /* 0: 0x0303 */
    const void *random;
    const char *ciphers;
    size_t n_ciphers;
    const char *compressions;
    size_t n_compressions;
    const char *extensions;
    size_t n_extensions;
    int lie; /* added to the length of the extensions */
};

/* The message in a record, or in as many as it needs. */
void put_hello(struct octets *to, const struct hello *hello);
/* A message in records of at most n octets. */
void put_in_records(struct octets *to, const struct octets *message, size_t n);

/* Certificate of TLS 1.2, in records. */
void put_certificate_list(struct octets *to, const struct octets *der, size_t n);

/* --- sealed records -------------------------------------------------------------------------- */

/* One direction of a connection.  seq: of the next record. */
struct seal {
    bool tls13;
    uint8_t key[32], iv[12];
    size_t key_len;
    uint64_t seq;
    uint8_t secret[48]; /* TLS 1.3: what the keys are made of */
    size_t secret_len;
};

/*
 * The keys of one direction by the file of a setting keylog_file: of the connection whose
 * ClientHello and ServerHello begin these flights.  label: NULL for TLS 1.2 (AES-GCM only), else
 * one of the file's, "CLIENT_TRAFFIC_SECRET_0".
 */
struct seal seal_of(const char *keylog, const char *label, bool by_server,
                    const struct octets *client_hello, const struct octets *server_hello);
/* padding: zeros behind the type, in TLS 1.3. */
void put_sealed(struct octets *to, struct seal *s, unsigned type, const void *body, size_t n,
                size_t padding);
/* The keys that come after a KeyUpdate (RFC 8446 7.2). */
void seal_update(struct seal *s);

#endif
