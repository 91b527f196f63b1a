/* SPDX-License-Identifier: Apache-2.0 */
/* reply.h: the token of a leg, on its way into the caller's TOKEN buffer. */
#ifndef SSP_CORE_REPLY_H
#define SSP_CORE_REPLY_H

#include "core/host.h"

struct reply {
    SecBuffer *to; /* the caller's TOKEN buffer; NULL: there is none */
    bool allocate; /* ISC_REQ_ or ASC_REQ_ALLOCATE_MEMORY */
    bool delivered;
    bool sized; /* cbBuffer says what is needed */
    struct ssp_token token;
};

/*
 * Make the token ready to be written: straight into the caller's room if that can be, which it
 * cannot where that overlaps the input token.
 */
void reply_begin(struct reply *r, struct span input);

/*
 * Hand the token to the caller.  SEC_E_BUFFER_TOO_SMALL with the size in cbBuffer if it does not
 * fit, SEC_E_INVALID_TOKEN if there is no buffer for it: then r->token still holds it.
 */
SECURITY_STATUS reply_deliver(struct reply *r);

/* The delivery came to nothing after all. */
void reply_take_back(struct reply *r);

/* After a failure of the package: hand over a token for the peer, if there is a whole one. */
void reply_deliver_failure(struct reply *r);

/*
 * Before a call that failed returns: cbBuffer is 0 unless a token was delivered, or the size
 * it needs was.
 */
void reply_settle(struct reply *r, SECURITY_STATUS status);

#endif
