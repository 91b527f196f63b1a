/* SPDX-License-Identifier: Apache-2.0 */
/* host.h: the services that packages are handed. */
#ifndef SSP_CORE_HOST_H
#define SSP_CORE_HOST_H

#include "sspi/package.h"

/* The one table, constant. */
extern const struct ssp_host host_table;

/*
 * A token being written.  It begins in memory of the caller's (cap bytes at data) and moves to
 * memory of its own, a mem_result, when that is too small.  limit: 0 for none.
 */
struct ssp_token {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t limit;
    bool own;    /* data is a mem_result of ours */
    bool failed; /* a token_room was refused: the token is not whole */
};

/* Frees the token's own memory, if any, and leaves it empty. */
void token_reset(struct ssp_token *t);

#endif
