/* SPDX-License-Identifier: Apache-2.0 */
/* plug.c: a package whose calls cost nothing, so that what is measured is the way to them. */
#include "config.h"

#include "plug.h"

static const struct ssp_host *host;

struct ssp_cred {
    int unused;
};

struct ssp_ctx {
    uint32_t sizes;
};

static SECURITY_STATUS acquire(struct ssp_instance *instance, struct ssp_acquire *a,
                               struct ssp_cred **cred)
{
    (void)instance;
    (void)a;
    *cred = host->alloc(sizeof **cred);
    return *cred ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

static void free_cred(struct ssp_cred *cred)
{
    host->release(cred);
}

/* One leg without a token is the whole exchange. */
static SECURITY_STATUS initiate(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step)
{
    (void)cred;
    (void)step;
    *ctx = host->secret_alloc(sizeof **ctx);
    if (!*ctx)
        return SEC_E_INSUFFICIENT_MEMORY;
    (*ctx)->sizes = 16;
    return SEC_E_OK;
}

static void delete_ctx(struct ssp_ctx *ctx)
{
    host->secret_free(ctx);
}

static SECURITY_STATUS query(struct ssp_ctx *ctx, uint32_t attribute, void *buffer, uint32_t size)
{
    SecPkgContext_Sizes *sizes = buffer;

    (void)size;
    if (attribute != SECPKG_ATTR_SIZES)
        return SEC_E_UNSUPPORTED_FUNCTION;
    *sizes = (SecPkgContext_Sizes){ .cbMaxSignature = ctx->sizes, .cbSecurityTrailer = ctx->sizes };
    return SEC_E_OK;
}

static const struct ssp_package plug = {
    .abi = SSP_ABI,
    .size = sizeof plug,
    .name = PLUG_NAME,
    .comment = "calls that cost nothing",
    .capabilities = SECPKG_FLAG_CONNECTION,
    .version = 1,
    .rpc_id = SECPKG_ID_NONE,
    .max_token = 16,
    .acquire = acquire,
    .free_cred = free_cred,
    .initiate = initiate,
    .delete_ctx = delete_ctx,
    .query = query,
};

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *h)
{
    static const struct ssp_package *const packages[] = { &plug, NULL };

    if (h)
        host = h;
    return packages;
}
