/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h: a token out of what people have at hand: hex, base64, an HTTP header, the bytes. */
#ifndef SSPI_TOOL_BYTES_H
#define SSPI_TOOL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the input was taken for. */
enum bytes_form { BYTES_BINARY, BYTES_HEX, BYTES_BASE64, BYTES_HEADER };

/*
 * The token in n bytes of input, into out, which has room for n.  NULL: done; else what is wrong
 * with the input, in words.
 */
const char *bytes_read(const uint8_t *input, size_t n, uint8_t *out, size_t *length,
                       enum bytes_form *form);

#endif
