/* SPDX-License-Identifier: Apache-2.0 */
/*
 * users.h: the users that the server side knows, from a file (smbpasswd.h).
 *
 * A file is read when it is first asked for and again when stat tells that it changed; between,
 * a look-up costs one stat and one probe of an index, however many users there are.  All calls
 * may be made from any thread.
 */
#ifndef NTLM_USERS_H
#define NTLM_USERS_H

#include "sspi/package.h"

struct ntlm_users;

/* Nothing is read yet.  NULL: no memory.  The result is held once. */
struct ntlm_users *ntlm_users_open(const char *path);
struct ntlm_users *ntlm_users_hold(struct ntlm_users *users); /* gives users */
void ntlm_users_drop(struct ntlm_users *users);               /* NULL is allowed */
const char *ntlm_users_path(const struct ntlm_users *users);

/*
 * The NT hash of a user, whose name is UTF-16LE in any case.  *found is false, and *hash is
 * zeros of the right length, for one who is not there, is disabled or has no hash: why is said
 * in the trace only.
 * Errors: SEC_E_NO_AUTHENTICATING_AUTHORITY if the file cannot be read or must not be trusted;
 * SEC_E_INSUFFICIENT_MEMORY.
 */
SECURITY_STATUS ntlm_users_find(struct ntlm_users *users, struct span name, struct secret *hash,
                                bool *found);

/* Each account of the file, in its order.  Errors as above. */
SECURITY_STATUS ntlm_users_each(struct ntlm_users *users, ssp_account_fn *say, void *arg);

struct stat;

/*
 * A whole file in secret memory, and what fstat said of it.  Refused: what is not a regular
 * file, belongs to neither root nor us, or may be written by everyone.  Errors as above.
 */
SECURITY_STATUS ntlm_users_read(const char *path, uint8_t **text, size_t *len, struct stat *file);

#endif
