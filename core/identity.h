/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h: SEC_WINNT_AUTH_IDENTITY in all its forms, taken apart once for every package. */
#ifndef SSP_CORE_IDENTITY_H
#define SSP_CORE_IDENTITY_H

#include <stdbool.h>

#include "sspi/package.h"

/* Longest user, domain, password and package list, in characters as the form counts them. */
#define IDENT_MAX_CHARS 32767u

/* The flags that say how the text is written, and those of text that only Windows can read. */
#define IDENT_ENCODING (SEC_WINNT_AUTH_IDENTITY_ANSI | SEC_WINNT_AUTH_IDENTITY_UNICODE)
#define IDENT_ENCRYPTED                                                                            \
    (SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED |                                             \
     SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED |                                              \
     SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED |                                                \
     SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED)

/*
 * Take apart any form: SEC_WINNT_AUTH_IDENTITY (ANSI or UNICODE by its flag), _EX, _EX2.  wide:
 * the call was the W form, which decides what a PackageList of the EX form is made of only
 * where no flag says so (and every form we take has that flag, or is UTF-16 by definition).
 * *out is secret memory that holds copies: ident_free.
 * A pointer that is NULL, an offset that is 0, and the flags NULL_USER and NULL_DOMAIN mean
 * that a member was not given; length 0 without them, that it was given empty.  In the flags of
 * *out, those of the encoding and MARSHALLED are removed.
 * Errors: SEC_E_UNKNOWN_CREDENTIALS (flags, versions, lengths, offsets that cannot be, ANSI text
 * that is not UTF-8), SEC_E_INVALID_PARAMETER (NULL, a _EX whose Length is too short),
 * SEC_E_UNSUPPORTED_FUNCTION (an encrypted one, a packed credential that is no password),
 * SEC_E_INSUFFICIENT_MEMORY.
 */
SECURITY_STATUS ident_parse(const void *auth_data, bool wide, struct ssp_identity **out);
void ident_free(struct ssp_identity *identity); /* NULL is allowed */

/* An identity of one's own, freed on every way out; set it to NULL to let it go. */
#define IDENT_AUTO __attribute__((cleanup(ident_auto_free))) struct ssp_identity *
static inline void ident_auto_free(struct ssp_identity **identity)
{
    ident_free(*identity);
}

/*
 * The same for the bytes of SspiMarshalAuthIdentity, which may come from anywhere: nothing but
 * marshalled is read.  Two forms, both little-endian, as Windows writes them: _EX2, and the
 * one that stands for the other structures (version 0x200, offsets in place of pointers).
 * Errors: as above.
 */
SECURITY_STATUS ident_parse_marshalled(struct span marshalled, struct ssp_identity **out);

/* Which form a pointer points to, and what its flags are; reads the header only. */
enum ident_form { IDENT_NONE /* none of ours */, IDENT_PLAIN, IDENT_EX, IDENT_EX2 };
enum ident_form ident_form(const void *auth_data);
uint32_t ident_flags(const void *auth_data);

/*
 * The bytes at the caller's in which an identity of any form holds its secret: those of the
 * password, or a whole packed credential of another kind.  Empty for NULL, for none, and where
 * lengths cannot be.
 */
struct span ident_secret(const void *auth_data);

#endif
