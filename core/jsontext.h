/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsontext.h: JSON text to jansson's values.
 *
 * jansson's own reader (2.14) ignores that a string of its grows no further: out of memory, it
 * leaves characters out and goes on.  A manifest must be read as it stands or not at all.  This
 * one is narrower, too: what a manifest cannot use is an error with a line, not a surprise later.
 */
#ifndef SSP_CORE_JSONTEXT_H
#define SSP_CORE_JSONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "sspi/wire.h"

struct json_t;

#define JSONTEXT_DEPTH 64 /* objects and arrays inside one another */

/* Why text was refused. */
struct jsontext_fault {
    bool no_memory; /* then nothing else is set */
    int line;       /* from 1 */
    char text[80];
};

/*
 * Read RFC 8259 text whole: UTF-8 without a byte order mark.  Refused are also: a key that its
 * object has already, \u0000, a lone surrogate, a number that is no integer or does not fit 64
 * bits, and more than JSONTEXT_DEPTH levels.  The value is the caller's to json_decref; NULL:
 * *fault says why.
 */
struct json_t *jsontext_read(struct span text, struct jsontext_fault *fault);

/*
 * What a string says: quoted is the string as it stands in text, with its quotes.  out has room
 * for quoted.len bytes; the result ends with NUL, and its length without is returned.
 * SIZE_MAX: not a string that jsontext_read would take.
 */
size_t jsontext_unquote(struct span quoted, char *out);

#endif
