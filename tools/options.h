/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: values of options that more than one command takes. */
#ifndef SSPI_TOOL_OPTIONS_H
#define SSPI_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/channel.h"
#include "tools/net.h"

/* "none", "sign" or "seal". */
bool option_protect(const char *text, enum protect *out);

/* Seconds, with a fraction if need be, more than 0 and at most a day, in milliseconds. */
bool option_seconds(const char *text, uint32_t *ms);

/* A whole number from least to most. */
bool option_number(const char *text, long least, long most, long *out);

/* "HOST:PORT", "[ADDRESS]:PORT", ":PORT" (host: what is given, which may be NULL: refused). */
bool option_endpoint(const char *text, const char *host, struct endpoint *out);

#endif
