/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h: UTF-16 of the W calls and UTF-8 inside.
 *
 * Inside, an unpaired surrogate is kept as its three bytes (as in WTF-8), so both ways lose
 * nothing: text_to_utf16(text_from_utf16(x)) == x for every sequence of units.  A pair has one
 * spelling, the four bytes of its code point: the two halves as three bytes each (CESU-8) are
 * refused as not UTF-8, so that two byte strings are the same text only if they are equal.
 * Who joins two texts must therefore join them as UTF-16 if the seam may fall inside a pair.
 */
#ifndef SSP_CORE_TEXT_H
#define SSP_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "sspi/sspi.h"
#include "sspi/wire.h"

/* Units before the terminator; NULL: 0. */
size_t text_wlen(const SEC_WCHAR *s);

/*
 * UTF-8 bytes that n units take, and those bytes at out (room for all; no terminator).
 * out NULL: count only.
 */
size_t text_from_utf16(const SEC_WCHAR *s, size_t n, char *out);

/*
 * Units that the UTF-8 text takes, and those units at out (no terminator).  out NULL: count
 * only.  SIZE_MAX: not UTF-8 (overlong, cut, above U+10FFFF, a pair as two times three bytes),
 * and what is at out is undefined; lone surrogates are let by.
 */
size_t text_to_utf16(struct span utf8, SEC_WCHAR *out);

bool text_is_utf8(struct span utf8);

/* A fresh NUL-ended copy as UTF-8; free().  NULL: no memory, or s is NULL. */
char *text_dup_utf16(const SEC_WCHAR *s);

/* ASCII letters without regard to case; the whole of both. */
bool text_same_name(struct span a, struct span b);

/*
 * Letters without regard to case, one code point for one, for the names of users and domains.
 * Windows compares them with its own table of capitals; where ours has no capital for a letter
 * the answer is that the texts differ.  false: also for what is not UTF-8.
 */
bool text_same_caseless(struct span a, struct span b);

#endif
