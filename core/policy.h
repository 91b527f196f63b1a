/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h: which programs may use a package, and on which side.
 *
 * A deny rule that fits refuses.  Where there is an allow list, what no rule of it fits is
 * refused too.  A rule fits if the direction is among its own and the path of the program, with
 * links resolved, is its path or matches its pattern (* and ? do not match a slash).  This
 * keeps programs from using a package by accident; it is no wall against a program that is
 * itself hostile, which could load the module without us.
 */
#ifndef SSP_CORE_POLICY_H
#define SSP_CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/manifest.h"

/* May this program use the entry so?  use: SECPKG_CRED_*; both: in both directions; 0: in any. */
bool policy_allows(const struct mfst_entry *entry, uint32_t use);

/*
 * The same for a program by name.  NULL: unknown, which no allow rule with a program fits and
 * every deny rule does.
 */
bool policy_allows_program(const struct mfst_entry *entry, uint32_t use, const char *program);

#endif
