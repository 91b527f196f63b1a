/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel.h: protected records over an established context.
 *
 * On the wire, for packages that protect messages (NTLM, Kerberos, Negotiate):
 *
 *     record    = length(4) content             length: of content, big-endian, not 0
 *     content   = body                          --protect none
 *               | t(2) p(2) token body padding  sign: MakeSignature; seal: EncryptMessage; t, p:
 *                                               sizes of token and padding, big-endian
 *     body      = type(1) data                  before it is protected
 *     type      = 0 welcome | 1 data | 2 end
 *     refusal   = length 0
 *
 * The server's first record is a welcome without data, or a refusal: so the client knows that it
 * is accepted, which it may not by its own last leg.  The type is inside what is protected.  Each
 * side ends with one end record, and a connection that ends without it was cut.  The sequence
 * numbers passed to the package count the records of each direction from 0.  Data of one record
 * is at most CHANNEL_CHUNK bytes.
 *
 * Packages that bring their own stream (TLS) get no records: data goes through EncryptMessage
 * as it is, close_notify is the end, an alert is a refusal, and what speaks that protocol may be
 * on the other side.
 */
#ifndef SSPI_TOOL_CHANNEL_H
#define SSPI_TOOL_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sspi/sspi.h>

#define CHANNEL_CHUNK 65536u

enum protect { PROTECT_NONE, PROTECT_SIGN, PROTECT_SEAL };

enum record_type { RECORD_WELCOME = 0, RECORD_DATA = 1, RECORD_END = 2 };

struct channel_options {
    int fd; /* the caller's; never closed here */
    bool server;
    bool stream; /* the package's own framing */
    enum protect protect;
    PCredHandle credential; /* these two live longer than the channel */
    PCtxtHandle context;
    const char *target;
    uint32_t request; /* as for the exchange */
};

struct channel;

/* surplus: what the exchange read too much.  NULL: *status says why. */
struct channel *channel_new(const struct channel_options *options, const void *surplus,
                            size_t length, SECURITY_STATUS *status);
void channel_free(struct channel *c); /* NULL is allowed; wipes */

/* ---- sending: one record at a time ---- */

bool channel_idle(const struct channel *c);  /* all that was put is sent */
bool channel_takes(const struct channel *c); /* idle, and no handshake of a stream is under way */
/* Where the next record's data goes, and how much at most.  Only while it takes one. */
uint8_t *channel_room(struct channel *c, size_t *most);
/* Protect the n bytes put there as a record of type, and queue it. */
SECURITY_STATUS channel_put(struct channel *c, enum record_type type, size_t n);
/* Queue a refusal in place of a record: for a stream, its alert. */
void channel_refuse(struct channel *c);
/* Send what goes without waiting.  false: errno. */
bool channel_flush(struct channel *c);

/* ---- receiving ---- */

enum channel_news {
    CHANNEL_RECORD,  /* a record is there */
    CHANNEL_MORE,    /* none that is whole */
    CHANNEL_REFUSED, /* the other side refuses; not of a stream, where it is bad */
    CHANNEL_BAD      /* what came is no good record: record->status */
};

struct record {
    enum record_type type;
    uint8_t *data; /* lives until channel_done */
    size_t len;
    SECURITY_STATUS status;
};

enum channel_news channel_next(struct channel *c, struct record *out);
/* The record from channel_next is done with; or what was bad is skipped, if it was framed. */
void channel_done(struct channel *c);
/* Read what is there without waiting: 1 some, 0 the end, -1 errno (EAGAIN: nothing yet). */
int channel_fill(struct channel *c);

#endif
