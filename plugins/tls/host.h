/* SPDX-License-Identifier: Apache-2.0 */
/* host.h: the services of the host, for every file of the package. */
#ifndef TLS_HOST_H
#define TLS_HOST_H

#include "sspi/package.h"

/* Set once, when the module is entered. */
extern const struct ssp_host *tls_host;

#define refuse(status, ...) ssp_fail(tls_host, (status), __VA_ARGS__)
#define note(...) ssp_note(tls_host, __VA_ARGS__)

#endif
