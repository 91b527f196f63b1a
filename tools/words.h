/* SPDX-License-Identifier: Apache-2.0 */
/* words.h: flags in words. */
#ifndef SSPI_TOOL_WORDS_H
#define SSPI_TOOL_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* The manifest's word for a bit of SECPKG_FLAG_*; NULL if there is none. */
const char *capability_word(uint32_t bit);

/* The word for a bit of ISC_RET_* or, server, ASC_RET_*; NULL if it is not worth telling. */
const char *context_word(uint32_t bit, bool server);

#endif
