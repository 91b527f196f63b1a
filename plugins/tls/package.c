/* SPDX-License-Identifier: Apache-2.0 */
/* package.c: the table of the package: every call of package.h, and who does it. */
#include "config.h"

#include "plugins/tls/explain.h"
#include "plugins/tls/host.h"
#include "plugins/tls/tls.h"

const struct ssp_host *tls_host;

#define TOKEN_MAX 0x6000u     /* bytes; SecPkgInfo.cbMaxToken, as Windows has it */
#define INPUT_MAX 0x40000000u /* bytes: what is read from a stream is as long as it is */

/* libssl cannot move a connection to another process (but sessions: see ticket_key_file). */
static SECURITY_STATUS export_ctx(struct ssp_ctx *ctx, uint32_t flags, struct ssp_token *packed)
{
    (void)ctx;
    (void)flags;
    (void)packed;
    return refuse(SEC_E_UNSUPPORTED_FUNCTION,
                  "libssl cannot take a connection out of its process; sessions can be resumed in "
                  "another one, with the same ticket_key_file");
}

const struct ssp_package tls_package = {
    .abi = SSP_ABI,
    .size = sizeof(struct ssp_package),
    .name = "Schannel",
    .comment = "Schannel Security Package",
    .capabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_CONNECTION |
                    SECPKG_FLAG_DATAGRAM | SECPKG_FLAG_MULTI_REQUIRED | SECPKG_FLAG_EXTENDED_ERROR |
                    SECPKG_FLAG_ACCEPT_WIN32_NAME | SECPKG_FLAG_STREAM | SECPKG_FLAG_MUTUAL_AUTH,
    .version = 1,
    .rpc_id = UNISP_RPC_ID,
    .max_token = TOKEN_MAX,
    .max_input = INPUT_MAX,
    .traits = SSP_TRAIT_RAW_AUTH_DATA,
    .settings = tls_settings,
    .early_attributes = tls_early_attributes,
    .n_early_attributes = TLS_EARLY_ATTRIBUTES,
    .start = tls_start,
    .stop = tls_stop,
    .acquire = tls_acquire,
    .free_cred = tls_free_cred,
    .query_cred = tls_query_cred,
    .initiate = tls_initiate,
    .accept = tls_accept,
    .apply_control = tls_apply_control,
    .delete_ctx = tls_delete_ctx,
    .encrypt = tls_encrypt,
    .decrypt = tls_decrypt,
    .query = tls_query,
    .set = tls_set,
    .export_ctx = export_ctx,
    .explain = tls_explain,
    .open_certificate = tls_open_certificate,
};
