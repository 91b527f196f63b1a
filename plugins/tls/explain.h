/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h: tell what is in records of TLS and DTLS, for people. */
#ifndef TLS_EXPLAIN_H
#define TLS_EXPLAIN_H

#include "sspi/package.h"

/*
 * The explain of struct ssp_package.  A token is what went in one direction: records, one behind
 * the other.  What is encrypted is told as its length, and so are tickets, keys and signatures.
 * Returns SEC_E_OK for what can be read whole, an alert and the beginning of a message among it;
 * SEC_E_UNSUPPORTED_FUNCTION, with nothing said, if no record begins here;
 * SEC_E_INCOMPLETE_MESSAGE if the last record is cut, but SEC_E_INVALID_TOKEN with DTLS, where no
 * more can come; SEC_E_ILLEGAL_MESSAGE for what is against the protocol; SEC_E_CERT_UNKNOWN for a
 * certificate that is none; SEC_E_INSUFFICIENT_MEMORY.
 */
SECURITY_STATUS tls_explain(struct span token, ssp_explain_fn *say, void *arg);

#endif
