/* SPDX-License-Identifier: Apache-2.0 */
/* alpn.h: application protocols (RFC 7301): from SECBUFFER_APPLICATION_PROTOCOLS to the wire. */
#ifndef TLS_ALPN_H
#define TLS_ALPN_H

#include "sspi/sspi.h"
#include "sspi/wire.h"

/*
 * The list for ALPN in SEC_APPLICATION_PROTOCOLS, a span of it: names with their length in front,
 * checked; empty if there is none.
 */
SECURITY_STATUS tls_alpn_read(struct span buffer, struct span *out);

/* The first of ours that they have, a span of ours; empty: none. */
struct span tls_alpn_choose(struct span ours, struct span theirs);

#endif
