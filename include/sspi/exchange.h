/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h: a whole authentication exchange over a file descriptor, with a deadline, so that
 * no application writes that loop by hand.
 *
 * Blocking:
 *
 *     struct sspi_exchange_options o = { .size = sizeof o, .fd = fd, .credential = &cred,
 *                                        .target = "host/server", .deadline_ms = 10000 };
 *     struct sspi_exchange *x;
 *     SECURITY_STATUS status = sspi_exchange_start(&o, &x);
 *     if (status >= 0)
 *         status = sspi_exchange_run(x);
 *     if (status == SEC_E_OK)
 *         status = sspi_exchange_take(x, &context);
 *     sspi_exchange_free(x);
 *
 * From an event loop: make fd non-blocking and call sspi_exchange_step whenever poll says that
 * what it asked for is there, or the time that sspi_exchange_wait gives is up.
 *
 * On the wire each token is preceded by its length, four bytes, big-endian.  A server that
 * refuses sends the package's error token if there is one, then an empty frame; so a client
 * that is done and waits for data reads an empty frame where it was refused.  Packages that
 * bring their own framing (SECPKG_FLAG_STREAM without SECPKG_FLAG_NEGOTIABLE, as TLS) get none.
 * frame and unframe replace this by the application's own.
 */
#ifndef SSPI_EXCHANGE_H
#define SSPI_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sspi.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sspi_exchange;

/*
 * Wrap a token for the wire: write to out at most room bytes, give the size needed.  Called
 * first with room 0.  refused marks the end of an exchange that failed (its token may be empty).
 */
typedef size_t sspi_frame_fn(void *arg, const void *token, size_t length, bool refused, void *out,
                             size_t room);
/*
 * Find one message at the start of length bytes from the wire.  1: it is whole; *token and
 * *token_length tell where the token is, *used how many bytes the message takes.  0: more bytes
 * are needed.  -1: this is no such message (SEC_E_INVALID_TOKEN).  An empty token is a refusal.
 */
typedef int sspi_unframe_fn(void *arg, const void *bytes, size_t length, const void **token,
                            size_t *token_length, size_t *used);

struct sspi_exchange_options {
    uint32_t size; /* sizeof(struct sspi_exchange_options) */
    int fd;        /* the caller's; never closed here */
    bool server;
    PCredHandle credential; /* must live until the exchange is freed */
    const char *target;     /* client: the service's name, UTF-8; may be NULL */
    uint32_t request;       /* ISC_REQ_* or ASC_REQ_*; ALLOCATE_MEMORY is seen to */
    uint32_t deadline_ms;   /* for the whole exchange; 0: the manifest's handshake_timeout_ms */
    const SEC_CHANNEL_BINDINGS *bindings; /* or NULL */
    uint32_t bindings_length;             /* bytes, with the data behind the header */
    sspi_frame_fn *frame;                 /* both or none */
    sspi_unframe_fn *unframe;
    void *arg;
    /*
     * The package's name as given to AcquireCredentialsHandle, or NULL.  A server whose package
     * brings its own framing needs it, since nothing else tells before the first read; a client
     * finds out from its own first leg.  Named, its longest token is the limit from the start.
     */
    const char *package;
    /*
     * Buffers that go with the first leg, as SECBUFFER_APPLICATION_PROTOCOLS does; copied.  A
     * first leg that is repeated, since the peer's message was not whole, has them again.
     */
    const SecBuffer *extra;
    uint32_t n_extra; /* at most SSPI_EXCHANGE_EXTRA_MOST */
};

#define SSPI_EXCHANGE_EXTRA_MOST 8u

/*
 * Begin.  Nothing is sent yet.  Errors: SEC_E_INVALID_PARAMETER, SEC_E_INVALID_HANDLE,
 * SEC_E_INSUFFICIENT_MEMORY.  *out is written on success only; sspi_exchange_free.
 */
SSPI_API SECURITY_STATUS sspi_exchange_start(const struct sspi_exchange_options *options,
                                             struct sspi_exchange **out);

/*
 * Go on as far as it goes without waiting.  SEC_I_CONTINUE_NEEDED: wait for *events (POLLIN,
 * POLLOUT) on the descriptor, then step again.  SEC_E_OK: established.  Failure: that of the
 * package; SEC_E_CONTEXT_EXPIRED at the deadline; SEC_E_INCOMPLETE_MESSAGE if the peer closed
 * the connection in mid-exchange; SEC_E_LOGON_DENIED if it said that it refuses;
 * SEC_E_INTERNAL_ERROR with errno set if the descriptor fails.  After a failure the token for
 * the peer, if any, has been sent as far as the descriptor took it.
 */
SSPI_API SECURITY_STATUS sspi_exchange_step(struct sspi_exchange *exchange, short *events);

/* Milliseconds until the deadline, for poll; -1: there is none. */
SSPI_API int sspi_exchange_wait(const struct sspi_exchange *exchange);

/* Step until it is over, waiting with poll.  Works on a blocking descriptor as well. */
SSPI_API SECURITY_STATUS sspi_exchange_run(struct sspi_exchange *exchange);

/*
 * The established context becomes the caller's (DeleteSecurityContext).
 * SEC_E_OUT_OF_SEQUENCE before SEC_E_OK or at the second time.
 */
SSPI_API SECURITY_STATUS sspi_exchange_take(struct sspi_exchange *exchange, PCtxtHandle context);

/* What the context has: ISC_RET_* or ASC_RET_*. */
SSPI_API uint32_t sspi_exchange_flags(const struct sspi_exchange *exchange);

/*
 * Bytes that were read beyond the last token: the start of what follows.  They live as long as
 * the exchange.
 */
SSPI_API const void *sspi_exchange_surplus(const struct sspi_exchange *exchange, size_t *length);

/* Ends an exchange and deletes its context unless it was taken.  NULL is allowed. */
SSPI_API void sspi_exchange_free(struct sspi_exchange *exchange);

#ifdef __cplusplus
}
#endif

#endif
