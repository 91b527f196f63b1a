/* SPDX-License-Identifier: Apache-2.0 */
/* package.c: the table of the package: every call of package.h, and who does it. */
#include "config.h"

#include "plugins/ntlm/accounts.h"
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/ntlm.h"

const struct ssp_host *ntlm_host;

static SECURITY_STATUS sign(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq)
{
    (void)seq; /* for connectionless contexts only, [MS-NLMP] 3.4.4 */
    return ntlm_sign(&ctx->session, qop, m);
}

static SECURITY_STATUS verify(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq,
                              uint32_t *qop)
{
    (void)seq;
    if (qop)
        *qop = 0;
    return ntlm_verify(&ctx->session, m);
}

static SECURITY_STATUS encrypt(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m,
                               uint32_t seq)
{
    (void)seq;
    return ntlm_encrypt(&ctx->session, qop, m);
}

static SECURITY_STATUS decrypt(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq,
                               uint32_t *qop)
{
    (void)seq;
    if (qop)
        *qop = 0;
    return ntlm_decrypt(&ctx->session, m);
}

static SECURITY_STATUS reset_keys(struct ssp_ctx *ctx)
{
    if (ctx->state != NTLM_DONE)
        return refuse(SEC_E_INVALID_HANDLE, "the context is not established");
    ntlm_session_reset(&ctx->session);
    return SEC_E_OK;
}

static SECURITY_STATUS account_set(struct ssp_instance *instance, struct span user,
                                   struct span password, bool only_if_new, bool only_if_there)
{
    SECRET_AUTO hash = { 0 };
    struct ntlm_users *users;
    SECURITY_STATUS status = ntlm_instance_users(instance, &users);

    if (status < 0)
        return status;
    status = ntlm_hash_password(password, &hash);
    if (status >= 0)
        status = ntlm_account_set(ntlm_users_path(users), user, &hash, only_if_new, only_if_there);
    ntlm_users_drop(users);
    return status;
}

static SECURITY_STATUS account_delete(struct ssp_instance *instance, struct span user)
{
    struct ntlm_users *users;
    SECURITY_STATUS status = ntlm_instance_users(instance, &users);

    if (status < 0)
        return status;
    status = ntlm_account_delete(ntlm_users_path(users), user);
    ntlm_users_drop(users);
    return status;
}

static SECURITY_STATUS account_each(struct ssp_instance *instance, ssp_account_fn *say, void *arg)
{
    struct ntlm_users *users;
    SECURITY_STATUS status = ntlm_instance_users(instance, &users);

    if (status < 0)
        return status;
    status = ntlm_users_each(users, say, arg);
    ntlm_users_drop(users);
    return status;
}

static const char *const oids[] = { "1.3.6.1.4.1.311.2.2.10", NULL };

const struct ssp_package ntlm_package = {
    .abi = SSP_ABI,
    .size = sizeof(struct ssp_package),
    .name = "NTLM",
    .comment = "NTLM Security Package",
    /* Windows' 0x82b37 less IMPERSONATION, LOGON and RESTRICTED_TOKENS, which are not to be had. */
    .capabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_TOKEN_ONLY |
                    SECPKG_FLAG_CONNECTION | SECPKG_FLAG_MULTI_REQUIRED |
                    SECPKG_FLAG_ACCEPT_WIN32_NAME | SECPKG_FLAG_NEGOTIABLE,
    .version = 1,
    .rpc_id = 10,
    .max_token = NTLM_MAX_TOKEN,
    .max_input = NTLM_MAX_INPUT,
    .traits = SSP_TRAIT_NO_DEFAULT_CREDS,
    .oids = oids,
    .settings = ntlm_settings,
    .early_attributes = ntlm_early_attributes,
    .n_early_attributes = NTLM_EARLY_ATTRIBUTES,
    .start = ntlm_start,
    .stop = ntlm_stop,
    .acquire = ntlm_acquire,
    .free_cred = ntlm_free_cred,
    .query_cred = ntlm_query_cred,
    .initiate = ntlm_initiate,
    .accept = ntlm_accept,
    .delete_ctx = ntlm_delete_ctx,
    .sign = sign,
    .verify = verify,
    .encrypt = encrypt,
    .decrypt = decrypt,
    .query = ntlm_query,
    .reset_keys = reset_keys,
    .explain = ntlm_explain,
    .account_set = account_set,
    .account_delete = account_delete,
    .account_each = account_each,
};
