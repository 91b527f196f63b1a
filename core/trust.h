/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust.h: only what root or we ourselves put somewhere, and no one else can change, is used.
 *
 * The rule, for a file and for every folder above it: owned by root or by the effective user
 * (so root takes root's only), not writable by others, not writable by a group but root's
 * (gid 0).  A folder with the sticky bit, like /tmp, may be writable by all as long as the
 * next thing on the path passes the rule by its owner, because nobody else can then replace it.
 * Symbolic links are resolved first, and what they lead to is held to the rule.
 *
 * The path is walked with openat, each part without following links, and the result is an open
 * descriptor: what was checked is what is read.  POSIX access lists show in the group bits (as
 * their mask) and are refused there; other kinds of access lists are not looked at.
 */
#ifndef SSP_CORE_TRUST_H
#define SSP_CORE_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>

#include "core/finding.h"

/*
 * Open a folder for reading.  *fd is the caller's to close, *resolved (may be asked for with
 * non-NULL) a path without links to free().
 * Errors: SEC_E_SECPKG_NOT_FOUND if there is none, which is not told to anyone;
 * SEC_E_CANNOT_INSTALL for one that may not be used or read; SEC_E_INSUFFICIENT_MEMORY.
 */
SECURITY_STATUS trust_open_folder(const char *path, struct findings *to, int *fd, char **resolved);

/* The same for a regular file. *st is what fstat said of it. */
SECURITY_STATUS trust_open_file(const char *path, struct findings *to, int *fd, struct stat *st,
                                char **resolved);

/*
 * The same for a file of a folder that trust_open_folder gave; path is its whole path, for a
 * link that has to be resolved and for messages.  Cheaper, since the folder is known good.
 */
SECURITY_STATUS trust_open_in(int folder, const char *name, const char *path, struct findings *to,
                              int *fd, struct stat *st);

/* Same file, unchanged? */
bool trust_same_file(const struct stat *a, const struct stat *b);

#endif
