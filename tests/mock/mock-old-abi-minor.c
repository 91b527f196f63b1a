/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mock-old-abi-minor.c: a module as one built long ago would be.
 *
 * The table below is a frozen copy of the beginning of struct ssp_package, version 1.0, and ends
 * after decrypt.  It must never follow package.h: if this module stops working, so do those
 * that people built.
 */
#include "sspi/package.h"

struct old_package {
    uint32_t abi;
    uint32_t size;
    const char *name;
    const char *const *aliases;
    const char *comment;
    uint32_t capabilities;
    uint16_t version;
    uint16_t rpc_id;
    uint32_t max_token;
    uint32_t max_input;
    uint32_t traits;
    const char *const *oids;
    const struct ssp_setting *settings;
    const uint32_t *early_attributes;
    size_t n_early_attributes;
    SECURITY_STATUS (*start)(const struct ssp_settings *settings, struct ssp_instance **instance);
    void (*stop)(struct ssp_instance *instance);
    SECURITY_STATUS(*acquire)
    (struct ssp_instance *instance, struct ssp_acquire *a, struct ssp_cred **cred);
    SECURITY_STATUS (*add_cred)(struct ssp_cred *cred, struct ssp_acquire *a);
    void (*free_cred)(struct ssp_cred *cred);
    SECURITY_STATUS (*query_cred)(struct ssp_cred *cred, uint32_t attribute, void *buffer);
    SECURITY_STATUS(*set_cred)
    (struct ssp_cred *cred, uint32_t attribute, const void *buffer, uint32_t size);
    SECURITY_STATUS(*change_password)
    (struct ssp_instance *instance, struct span domain, struct span user, struct span old_password,
     struct span new_password, bool impersonating, struct ssp_token *output);
    SECURITY_STATUS (*initiate)(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step);
    SECURITY_STATUS (*accept)(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step);
    SECURITY_STATUS (*complete)(struct ssp_ctx *ctx, struct ssp_buffers token);
    SECURITY_STATUS (*apply_control)(struct ssp_ctx *ctx, struct ssp_buffers input);
    void (*delete_ctx)(struct ssp_ctx *ctx);
    SECURITY_STATUS (*sign)(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq);
    SECURITY_STATUS(*verify)
    (struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq, uint32_t *qop);
    SECURITY_STATUS(*encrypt)
    (struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq);
    SECURITY_STATUS(*decrypt)
    (struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq, uint32_t *qop);
};

static SECURITY_STATUS decrypt(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq,
                               uint32_t *qop)
{
    (void)ctx, (void)m, (void)seq, (void)qop;
    return SEC_E_CONTEXT_EXPIRED;
}

/* What lies behind a short table is not the host's to read: here it is no function. */
static const struct {
    struct old_package table;
    uintptr_t beyond[64];
} old = {
    .table = {
        .abi = 1u << 16,
        .size = sizeof(struct old_package),
        .name = "Old",
        .comment = "from long ago",
        .version = 1,
        .rpc_id = 0xffff,
        .max_token = 1000,
        .decrypt = decrypt,
    },
    .beyond = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 },
};

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *host)
{
    static const struct ssp_package *packages[2];
    const void *table = &old;

    (void)host;
    packages[0] = table;
    return packages;
}
