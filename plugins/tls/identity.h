/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h: what the files share that open, pack and take certificates with their keys. */
#ifndef TLS_IDENTITY_H
#define TLS_IDENTITY_H

#include "plugins/tls/tls.h"

/* What a file or URI holds. */
enum tls_content { TLS_CERTIFICATES = 1, TLS_KEY = 2 };

/* "scheme:...", for a loader of OSSL_STORE other than that for files. */
bool tls_is_uri(const char *where);
/* How much of a place may be told in a trace: behind the '?' of a URI there may be a PIN. */
int tls_place_len(const char *where);

/*
 * The contents that are wanted of one place, into *out, which is empty: the first certificate and
 * the first key; the other certificates are the chain.  What is not there stays NULL.
 * SEC_E_NO_CREDENTIALS: nothing is at that place, or no key could be read of it;
 * SEC_E_CERT_UNKNOWN: what is there is no certificate; SEC_E_LOGON_DENIED: the password;
 * SEC_E_ALGORITHM_MISMATCH: it is encrypted with what libcrypto does not have.
 */
SECURITY_STATUS tls_store_read(const char *where, unsigned wanted, struct span password,
                               struct tls_identity *out);
/*
 * As tls_identity_open, but without a key, where none is found and none was named, it is a
 * success too.
 */
SECURITY_STATUS tls_identity_read(const char *certificate, const char *key, struct span password,
                                  struct tls_identity *out);

/* Empties libcrypto's queue of errors, and says whether it was memory that failed. */
bool tls_memory_ended(void);

/* Leaves nothing behind. */
#define TLS_IDENTITY_AUTO __attribute__((cleanup(tls_identity_clear))) struct tls_identity

#endif
