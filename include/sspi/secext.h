/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secext.h: the forms in which Windows writes the name of an account.
 *
 * The SDK's secext.h also declares GetUserNameEx, TranslateName and their kin.  This library has
 * none of them, so they are not declared; the enumeration serves programs that pass it along.
 * Source: Windows SDK secext.h.
 */
#ifndef SSPI_SECEXT_H
#define SSPI_SECEXT_H

typedef enum _EXTENDED_NAME_FORMAT {
    NameUnknown = 0,
    NameFullyQualifiedDN = 1,  /* CN=Ada Example,OU=Users,DC=example,DC=org */
    NameSamCompatible = 2,     /* EXAMPLE\ada */
    NameDisplay = 3,           /* Ada Example */
    NameUniqueId = 6,          /* a GUID in braces */
    NameCanonical = 7,         /* example.org/Users/Ada Example */
    NameUserPrincipal = 8,     /* ada@example.org */
    NameCanonicalEx = 9,       /* as canonical, with a line feed for the last slash */
    NameServicePrincipal = 10, /* HTTP/www.example.org */
    NameDnsDomain = 12,        /* example.org\ada */
    NameGivenName = 13,        /* Ada */
    NameSurname = 14           /* Example */
} EXTENDED_NAME_FORMAT,
    *PEXTENDED_NAME_FORMAT;

#endif
