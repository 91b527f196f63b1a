/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front.h: what the exported functions share.  Only front-*.c, extras.c and authidentity.c
 * export; below them text is UTF-8 and handles go by value.
 */
#ifndef SSP_CORE_FRONT_H
#define SSP_CORE_FRONT_H

#ifndef SSPI_NO_ULONG_COMPAT
#error "files that define exported functions define SSPI_NO_ULONG_COMPAT first"
#endif

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "sspi/sspi.h"

/* A W argument as UTF-8, wiped and freed on every way out: it may be a password. */
struct narrow {
    char *text; /* NULL: the argument was NULL, or there was no memory */
    bool failed;
};

static inline void narrow_free(struct narrow *n)
{
    if (n->text)
        explicit_bzero(n->text, strlen(n->text));
    free(n->text);
}

#define NARROW_AUTO __attribute__((cleanup(narrow_free))) struct narrow

static inline struct narrow narrow(const SEC_WCHAR *s)
{
    char *text = text_dup_utf16(s);

    return (struct narrow){ .text = text, .failed = s && !text };
}

static inline void put_time(PTimeStamp to, int64_t value)
{
    if (to)
        to->QuadPart = value;
}

#endif
