/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonpos.h: the line of a value in JSON text.
 *
 * The JSON library tells lines for faults of syntax only; what is wrong with a well-formed
 * manifest (an unknown key, a number out of bounds) is found here, when it must be told.
 */
#ifndef SSP_CORE_JSONPOS_H
#define SSP_CORE_JSONPOS_H

#include <stddef.h>

#include "sspi/wire.h"

/* One step down: to the member of that key, or with key NULL to item index of an array. */
struct jsonpos_step {
    const char *key;
    size_t index;
};

/*
 * The line, from 1, on which the member's key or the array's item begins that the steps lead
 * to.  If they lead nowhere, the line of the last thing that was found on the way.  Text that
 * is not JSON gives some line of it, and is never read past its end.
 */
int jsonpos_line(struct span text, const struct jsonpos_step *steps, size_t n_steps);

#endif
