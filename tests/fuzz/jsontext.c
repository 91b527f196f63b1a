/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsontext.c: fuzzing of our JSON reader against jansson's.
 *
 * What ours takes, jansson takes too and means the same by it.  What jansson takes and ours does
 * not is a number that is no integer, nesting, or a NUL byte, over which jansson 2.14 may step.
 */
#include "config.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/jsontext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_narrower(const struct jsontext_fault *fault)
{
    /* Too big: a real number whose whole part alone is more than 64 bits hold. */
    return strstr(fault->text, "must be an integer") || strstr(fault->text, "is too big") ||
           strstr(fault->text, "nested deeper");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jsontext_fault fault;
    json_t *ours = jsontext_read(span_of(data, size), &fault);
    json_t *theirs =
        json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

    if (ours && (!theirs || !json_equal(ours, theirs)))
        abort();
    if (!ours && (fault.no_memory || fault.line < 1 || !*fault.text))
        abort();
    if (!ours && theirs && !is_narrower(&fault) && !memchr(data, '\0', size))
        abort();
    json_decref(ours);
    json_decref(theirs);
    return 0;
}
