/* SPDX-License-Identifier: Apache-2.0 */
/* json.h: JSON written to a stream, item by item. */
#ifndef SSPI_TOOL_JSON_H
#define SSPI_TOOL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH 16

struct json {
    FILE *to;
    unsigned depth;
    bool begun[JSON_DEPTH]; /* has an item at this depth */
};

/* key is NULL inside a list and at the top.  what is '{' or '['. */
void json_open(struct json *j, const char *key, char what);
void json_close(struct json *j, char what); /* '}' or ']'; a newline after the last */

/* UTF-8; a byte that is not becomes U+FFFD, an unpaired surrogate its escape.  NULL: null. */
void json_text(struct json *j, const char *key, const char *text);
void json_number(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);

#endif
