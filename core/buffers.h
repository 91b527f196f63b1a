/* SPDX-License-Identifier: Apache-2.0 */
/* buffers.h: the caller's SecBufferDesc, checked once for every package. */
#ifndef SSP_CORE_BUFFERS_H
#define SSP_CORE_BUFFERS_H

#include "sspi/package.h"

#define BUF_MAX 64u /* buffers of one call */

/*
 * Input of a leg, or of ApplyControlToken.  desc NULL gives no buffers.
 * Errors: SEC_E_INVALID_TOKEN (ulVersion, pBuffers NULL, a buffer NULL but not empty),
 * SEC_E_INVALID_PARAMETER (more than BUF_MAX, lengths beyond 32 bits in sum).
 */
SECURITY_STATUS buf_input(const SecBufferDesc *desc, struct ssp_buffers *out);

/* Output of a leg: as input, but room may be absent (NULL) whatever cbBuffer says. */
SECURITY_STATUS buf_output(const SecBufferDesc *desc, struct ssp_buffers *out);

/* A message: as input, but a buffer NULL with a length is SEC_E_INVALID_PARAMETER, and so is none. */
SECURITY_STATUS buf_message(const SecBufferDesc *desc, struct ssp_buffers *out);

/*
 * SECBUFFER_CHANNEL_BINDINGS among the buffers, plain or _EX, taken apart.  *present tells
 * whether there were any; bindings without application data and addresses count as none.
 * Errors: SEC_E_INVALID_TOKEN (too short, or an offset or length past the end).
 */
SECURITY_STATUS buf_bindings(struct ssp_buffers in, struct ssp_bindings *out, bool *present);

/* The 64-bit flags of SECBUFFER_FLAGS, 0 if there are none. */
uint64_t buf_flags(struct ssp_buffers in);

#endif
