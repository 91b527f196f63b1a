/* SPDX-License-Identifier: Apache-2.0 */
/* message.h: signing, sealing, and what is asked of a context. */
#ifndef SSP_CORE_MESSAGE_H
#define SSP_CORE_MESSAGE_H

#include "core/context.h"

/* Statuses as in sspi.h.  SEC_E_INVALID_HANDLE before the context is established. */
SECURITY_STATUS msg_sign(CtxtHandle handle, uint32_t qop, const SecBufferDesc *message,
                         uint32_t sequence);
SECURITY_STATUS msg_verify(CtxtHandle handle, const SecBufferDesc *message, uint32_t sequence,
                           uint32_t *qop);
SECURITY_STATUS msg_encrypt(CtxtHandle handle, uint32_t qop, const SecBufferDesc *message,
                            uint32_t sequence);
SECURITY_STATUS msg_decrypt(CtxtHandle handle, const SecBufferDesc *message, uint32_t sequence,
                            uint32_t *qop);

#endif
