/* SPDX-License-Identifier: Apache-2.0 */
/* test-vectors.h: read the test vectors of tests/data; ntlm-vectors.py there tells the form. */
#ifndef NTLM_TEST_VECTORS_H
#define NTLM_TEST_VECTORS_H

#include <stdbool.h>
#include <stdint.h>

#include "sspi/wire.h"

#define VECTOR_LINES 32

/* One block.  What it points to lives until the next is read. */
struct vector {
    char *op, *title;
    size_t n;
    struct {
        char *key, *value;
    } line[VECTOR_LINES];
};

/* Open tests/data/NAME; false: there is no such file. */
bool vectors_open(const char *name);
/* The next block; false: there are no more. */
bool vectors_next(struct vector *v);
void vectors_close(void);

bool vector_has(const struct vector *v, const char *key);
/* The value of a key, which must be there: bytes, text, number. */
struct span vector_bytes(const struct vector *v, const char *key);
struct span vector_text(const struct vector *v, const char *key);
uint64_t vector_number(const struct vector *v, const char *key);
/* Hexadecimal, or "-", as bytes in memory of exactly that size, which lives as the block does. */
struct span vector_hex(const char *hex);
/* UTF-8 as UTF-16LE, likewise. */
struct span vector_utf16(struct span utf8);
/* The number of "SEC_E_OK" and its like. */
int vector_status(const struct vector *v);

#endif
