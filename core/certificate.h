/* SPDX-License-Identifier: Apache-2.0 */
/* certificate.h: certificates that calls give to the application, for the packages. */
#ifndef SSP_CORE_CERTIFICATE_H
#define SSP_CORE_CERTIFICATE_H

#include "sspi/package.h"
#include "sspi/schannel.h"

/* The services of struct ssp_host; see there. */
SECURITY_STATUS cert_new(const struct span *der, size_t n, struct span key,
                         const struct _CERT_CONTEXT **out);
struct span cert_item(const struct _CERT_CONTEXT *shown, size_t i);
struct span cert_store_item(const void *store, size_t i);
struct span cert_key(const struct _CERT_CONTEXT *shown);

#endif
