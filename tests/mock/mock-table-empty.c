/* SPDX-License-Identifier: Apache-2.0 */
/* mock-table-empty.c: providers whose table is none: NULL, and one of version 0. */
#include "sspi/sspi.h"

PSecurityFunctionTableW SEC_ENTRY InitSecurityInterfaceW(void)
{
    return NULL;
}

PSecurityFunctionTableA SEC_ENTRY InitSecurityInterfaceA(void)
{
    static SecurityFunctionTableA none;
    return &none;
}
