/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounts.h: change the file of users.
 *
 * One change at a time, whoever makes it: PATH.lock is locked (flock) meanwhile; the file itself
 * is replaced whole by rename, so a reader sees the old one or the new one.  Owner and mode stay
 * as they were, a new file is ours with mode 0600; lines that we do not understand, comments and
 * their order stay.  Names are compared without case.
 *
 * Errors: SEC_E_INVALID_PARAMETER (a name that a line cannot bear), SEC_E_NOT_OWNER (it must be
 * new but is there; the file or its folder may not be written), SEC_E_TARGET_UNKNOWN (it is not
 * there), SEC_E_NO_AUTHENTICATING_AUTHORITY (the file cannot be read or must not be trusted; or
 * another has had the lock for ten seconds), SEC_E_INTERNAL_ERROR (writing failed),
 * SEC_E_INSUFFICIENT_MEMORY.
 */
#ifndef NTLM_ACCOUNTS_H
#define NTLM_ACCOUNTS_H

#include <stdbool.h>

#include "sspi/package.h"

/* name: UTF-8.  hash: the NT hash. */
SECURITY_STATUS ntlm_account_set(const char *path, struct span name, const struct secret *hash,
                                 bool only_if_new, bool only_if_there);
SECURITY_STATUS ntlm_account_delete(const char *path, struct span name);

#endif
