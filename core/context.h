/* SPDX-License-Identifier: Apache-2.0 */
/* context.h: what a CtxtHandle stands for, and how it comes about. */
#ifndef SSP_CORE_CONTEXT_H
#define SSP_CORE_CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/credential.h"
#include "core/host.h"

/*
 * Half-open until the package says that it is done; then established for good.  The two _DUE
 * states wait for CompleteAuthToken.  Dead: a leg failed or the deadline passed; the package's
 * part is gone, only the handle is left for the application to delete.
 */
enum ctx_state {
    CTX_HALF_OPEN,
    CTX_COMPLETE_DUE,          /* SEC_I_COMPLETE_NEEDED was returned */
    CTX_COMPLETE_AND_CONTINUE, /* SEC_I_COMPLETE_AND_CONTINUE was returned */
    CTX_ESTABLISHED,
    CTX_DEAD,
};

/* A leg that is done, whose token did not fit into the caller's buffer. */
struct ctx_pending {
    bool due;
    SECURITY_STATUS status;
    uint32_t granted;
    int64_t expiry;
    struct ssp_token token; /* its own memory */
    struct ssp_token input; /* a copy of the leg's input token: the repeated call must bring it */
    uint32_t extra;         /* cbBuffer of SECBUFFER_EXTRA that the package set */
};

struct context {
    /* Read by every call, written before the context is established. */
    struct package *package; /* held */
    struct ssp_ctx *theirs;
    const struct ssp_package *messages; /* who signs and seals: package->calls or a delegate */
    struct ssp_ctx *messages_ctx;
    SECURITY_STATUS (*query)(struct ssp_ctx *, uint32_t, void *, uint32_t); /* package->calls' */
    _Atomic int state;                                                      /* enum ctx_state */
    bool initiator;

    pthread_mutex_t step;   /* serialises legs; guards all below */
    CredHandle credential;  /* of own */
    struct credential *own; /* of the first leg, held as long as we live; NULL: imported */
    uint32_t legs;
    uint64_t deadline; /* clock_monotonic_ms; 0: none */
    struct ctx_pending pending;
    /* In the list of half-open server contexts: halfopen.c's, under its lock. */
    struct context *older, *newer;
    uint64_t listed_deadline;
    CtxtHandle handle;
    bool listed;

    pthread_mutex_t send;    /* sign, encrypt */
    pthread_mutex_t receive; /* verify, decrypt */
};

/* One call of InitializeSecurityContext or AcceptSecurityContext, text as UTF-8. */
struct ctx_leg {
    bool initiator;
    bool has_credential;
    bool has_context; /* false: the first leg */
    CredHandle credential;
    CtxtHandle context;
    struct span target;
    uint32_t request;
    const SecBufferDesc *input;
    SecBufferDesc *output;
    CtxtHandle *new_context; /* may be NULL, but with the first leg */
    uint32_t granted;        /* out */
    int64_t expiry;          /* out */
};

/* Statuses as in sspi.h.  A failed first leg makes no handle. */
SECURITY_STATUS ctx_step(struct ctx_leg *leg);
/* A leg that is refused before it begins: leaves the outputs as ctx_step does.  Gives status. */
SECURITY_STATUS ctx_refuse(struct ctx_leg *leg, SECURITY_STATUS status);
SECURITY_STATUS ctx_complete(CtxtHandle handle, const SecBufferDesc *token);
SECURITY_STATUS ctx_control(CtxtHandle handle, const SecBufferDesc *input);
SECURITY_STATUS ctx_delete(CtxtHandle handle);
SECURITY_STATUS ctx_set_deadline(CtxtHandle handle, uint32_t milliseconds);

SECURITY_STATUS ctx_export(CtxtHandle handle, uint32_t flags, SecBuffer *packed, void **token);
SECURITY_STATUS ctx_import(struct span package, const SecBuffer *packed, CtxtHandle *handle);
SECURITY_STATUS ctx_token(CtxtHandle handle, void **token);
/* Both ways: nothing here takes on a client's identity in the operating system. */
SECURITY_STATUS ctx_impersonate(CtxtHandle handle);

/* --- between context.c, leg.c and transfer.c --- */

/* Half-open, holding the package; NULL: no memory.  ctx_free is what its handle is opened with. */
struct context *ctx_new(struct package *package, bool initiator);
void ctx_free(void *context);

enum ctx_state ctx_state(struct context *context);
void ctx_set_state(struct context *context, enum ctx_state state);
void ctx_establish(struct context *context);
/* Is this a failure that changed nothing, so that the call can be made again? */
bool ctx_may_retry(SECURITY_STATUS status);
/* The deadline of an exchange that begins now; 0: none. */
uint64_t ctx_first_deadline(void);
/* For exchange.c: what this thread begins ends by then (clock_monotonic_ms); 0 takes it back. */
void ctx_first_by(uint64_t deadline);
void ctx_drop_pending(struct ctx_pending *pending);

/* Has a context that is not established passed its deadline?  Then it is ended. */
bool ctx_is_late_locked(struct context *context);
/* End the package's part of a context that is not established.  Caller has context->step. */
void ctx_kill_locked(struct context *context);

#endif
