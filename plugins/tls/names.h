/* SPDX-License-Identifier: Apache-2.0 */
/* names.h: what the numbers of TLS are called, as IANA's registries have them. */
#ifndef TLS_NAMES_H
#define TLS_NAMES_H

#include <stdint.h>

enum tls_kind {
    TLS_RECORDS,
    TLS_VERSIONS,
    TLS_MESSAGES,
    TLS_SUITES,
    TLS_COMPRESSIONS,
    TLS_EXTENSIONS,
    TLS_GROUPS,
    TLS_POINT_FORMATS,
    TLS_SCHEMES,
    TLS_PSK_MODES,
    TLS_CERT_TYPES,
    TLS_ALERTS,
};

/* The name of a number, "GREASE" for those of RFC 8701, or NULL. */
const char *tls_name(enum tls_kind kind, uint16_t number);

#endif
