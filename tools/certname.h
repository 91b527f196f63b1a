/* SPDX-License-Identifier: Apache-2.0 */
/* certname.h: whom a certificate is about, in words. */
#ifndef SSPI_TOOL_CERTNAME_H
#define SSPI_TOOL_CERTNAME_H

#include <stdbool.h>

#include <sspi/wire.h>

/*
 * The subject of an X.509 certificate in DER as RFC 4514 writes it, "CN=alice,O=Example", with
 * its NUL; types without a short name are shown as '?', values that are no text in hex.
 * false: it is no certificate, has no such name, or text has no room for it.
 */
bool certname_put(struct wire_out *text, struct span der);

#endif
