/* SPDX-License-Identifier: Apache-2.0 */
/* halfopen.h: how many exchanges a server has begun and not ended, and an end to them. */
#ifndef SSP_CORE_HALFOPEN_H
#define SSP_CORE_HALFOPEN_H

#include "core/context.h"

/*
 * Make room for one more server context and count it: expired ones are ended first, the oldest
 * deadline before all.  SEC_E_INSUFFICIENT_MEMORY at the limit.
 */
SECURITY_STATUS half_admit(uint32_t limit);
/* An admission that came to nothing. */
void half_withdraw(void);

/* Put an admitted context, whose handle exists, into the list. */
void half_list(struct context *context);
/* Its deadline changed: if it is in the list, its place does too. */
void half_relist(struct context *context);
/* Take it out, if it is there: established, dead or deleted. */
void half_unlist(struct context *context);

/* For registry.c's fork handlers. */
void half_before_fork(void);
void half_after_fork(void);

#endif
