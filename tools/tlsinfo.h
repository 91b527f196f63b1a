/* SPDX-License-Identifier: Apache-2.0 */
/* tlsinfo.h: what a package with a stream of its own tells of an established context. */
#ifndef SSPI_TOOL_TLSINFO_H
#define SSPI_TOOL_TLSINFO_H

#include <stdbool.h>
#include <stdio.h>

#include <sspi/sspi.h>

/* Has the peer shown a certificate? */
bool tlsinfo_has_certificate(PCtxtHandle context);

/* Whom that is about; "nobody by name" where there is none. */
void tlsinfo_put_peer(FILE *to, PCtxtHandle context);

/* " (TLS 1.3, TLS_AES_256_GCM_SHA384, h2)": version, ciphers and ALPN, as far as there are any. */
void tlsinfo_put_terms(FILE *to, PCtxtHandle context);

#endif
