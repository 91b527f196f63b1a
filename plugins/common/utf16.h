/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf16.h: UTF-16LE as bytes of a message, and the UTF-8 that packages see.
 *
 * Inside, text is UTF-8 that keeps an unpaired surrogate as its three bytes, so both ways lose
 * nothing.  A pair has one spelling, the four bytes of its code point: two halves as three
 * bytes each are refused.
 */
#ifndef SSP_COMMON_UTF16_H
#define SSP_COMMON_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sspi/wire.h"

/* Put the text as UTF-16LE.  false: not UTF-8, and what was put is undefined. */
bool utf16_put(struct wire_out *out, struct span utf8);

/* Put UTF-16LE bytes as UTF-8.  A last odd byte is left out. */
void utf16_put_as_utf8(struct wire_out *out, struct span utf16);

/*
 * Upper case as RtlUpcaseUnicodeString knows it: one unit to one unit, the same everywhere, no
 * locale; surrogates stay as they are.
 */
uint16_t utf16_upper(uint16_t unit);

/* Put UTF-16LE bytes with each unit in upper case.  A last odd byte is left out. */
void utf16_put_upper(struct wire_out *out, struct span utf16);

/* Equal but for case?  A text of odd length equals none. */
bool utf16_same(struct span a, struct span b);

#endif
