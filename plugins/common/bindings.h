/* SPDX-License-Identifier: Apache-2.0 */
/* bindings.h: channel bindings as NTLM and Kerberos carry them: one MD5. */
#ifndef SSP_COMMON_BINDINGS_H
#define SSP_COMMON_BINDINGS_H

#include <stdint.h>

#include "plugins/common/md5.h"
#include "sspi/package.h"

/* MD5 over gss_channel_bindings_struct, flattened as in RFC 4121 4.1.1.2 ([MS-NLMP] 2.2.2.1). */
void bindings_md5(const struct ssp_bindings *b, uint8_t digest[MD5_LEN]);

#endif
