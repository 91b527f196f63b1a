/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.h: a BIO over the caller's buffers, so that libssl reads and writes where the application
 * wants it and nothing is copied in between.
 */
#ifndef TLS_IO_H
#define TLS_IO_H

#include <openssl/bio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sspi/wire.h"

/* What is written goes to these pieces, one after the other, or, with n 0, to the queue. */
struct tls_scatter {
    struct {
        uint8_t *to;
        size_t room, used;
    } piece[3];
    unsigned n;
};

/* The queue is malloc'ed: records that wait for a leg to take them along. */
struct tls_io {
    struct span in; /* what may be read now, whole records; shrinks from the front */
    struct tls_scatter out;
    uint8_t *queue;
    size_t queued, room;
    bool failed; /* no memory or room: what was to be written is lost */
};

/* A BIO for both directions, or NULL.  io must outlive it. */
BIO *tls_io_bio(struct tls_io *io);
/* Take n octets off the front of the queue; its memory goes with the last. */
void tls_io_shift(struct tls_io *io, size_t n);

#endif
