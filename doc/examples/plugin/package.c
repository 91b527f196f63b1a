/* SPDX-License-Identifier: Apache-2.0 */
/* package.c: the table that the host sees, credentials, and what a context tells of itself. */
#include "example.h"

#define CALG_AES_256 0x6610u /* ALG_ID of wincrypt.h */
#define EX_NEVER INT64_C(0x7fffffffffffffff)

const struct ssp_host *ex_host;

static const char *const binding_words[] = { "off", "allow", "require", NULL };

static const struct ssp_setting settings[] = {
    { .name = "key_file", .type = SSP_TEXT, .doc = "user:key lines, key as 64 hex digits" },
    { .name = "server_name", .type = SSP_TEXT, .doc = "the target that clients must have meant" },
    { .name = "iterations",
      .type = SSP_INTEGER,
      .doc = "PBKDF2 iterations for passwords (600000)",
      .min = 1000,
      .max = 100000000 },
    { .name = "channel_bindings",
      .type = SSP_TEXT,
      .doc = "off, allow (default) or require",
      .choices = binding_words },
    { 0 },
};

/* The host has checked that it is one of the words. */
static enum ex_bindings rule(const char *word)
{
    if (strcmp(word, "off") == 0)
        return EX_BINDINGS_OFF;
    return strcmp(word, "require") == 0 ? EX_BINDINGS_REQUIRE : EX_BINDINGS_ALLOW;
}

static SECURITY_STATUS start(const struct ssp_settings *s, struct ssp_instance **out)
{
    struct ssp_instance *i = ex_host->secret_alloc(sizeof *i);
    SECURITY_STATUS status;

    if (!i)
        return SEC_E_INSUFFICIENT_MEMORY;
    i->key_file = ex_host->setting_text(s, "key_file", NULL);
    i->server_name = ex_host->setting_text(s, "server_name", NULL);
    i->iterations = ex_host->setting_integer(s, "iterations", 600000);
    i->bindings = rule(ex_host->setting_text(s, "channel_bindings", "allow"));
    i->decoy.len = EX_KEY;
    status = ex_host->random(i->decoy.bytes, EX_KEY);
    if (status < 0) {
        ex_host->secret_free(i);
        return status;
    }
    *out = i;
    return SEC_E_OK;
}

static void stop(struct ssp_instance *i)
{
    ex_host->secret_free(i);
}

/* Who we are and our key: from the identity's password, or without one from the file. */
static SECURITY_STATUS take_identity(struct ssp_cred *cred, const struct ssp_identity *id)
{
    const struct ssp_instance *i = cred->instance;

    if (!id || id->user.len == 0 || id->user.len > EX_NAME_MAX ||
        memchr(id->user.data, 0, id->user.len))
        return ssp_fail(ex_host, SEC_E_NO_CREDENTIALS, "a client needs a user of 1 to %d bytes",
                        EX_NAME_MAX);
    memcpy(cred->user, id->user.data, id->user.len);
    if (id->password.data)
        return ex_key_from_password(id->user, id->password, i->iterations, &cred->psk);
    if (!i->key_file)
        return ssp_fail(ex_host, SEC_E_NO_CREDENTIALS, "no password, and no key_file is set");
    return ex_key_from_file(i->key_file, id->user, &cred->psk);
}

static void free_cred(struct ssp_cred *cred)
{
    ex_host->secret_free(cred);
}

static SECURITY_STATUS acquire(struct ssp_instance *i, struct ssp_acquire *a, struct ssp_cred **out)
{
    struct ssp_cred *cred = ex_host->secret_alloc(sizeof *cred);
    SECURITY_STATUS status = SEC_E_OK;

    if (!cred)
        return SEC_E_INSUFFICIENT_MEMORY;
    cred->instance = i;
    cred->use = a->use;
    if (a->use & SECPKG_CRED_OUTBOUND)
        status = take_identity(cred, a->identity);
    if (status == SEC_E_OK && a->use & SECPKG_CRED_INBOUND && !i->key_file)
        status = ssp_fail(ex_host, SEC_E_NO_CREDENTIALS, "a server needs the setting key_file");
    if (status < 0)
        free_cred(cred);
    else
        *out = cred;
    return status;
}

/* Text for the application, which frees it.  NULL: no memory. */
static char *give_text(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = ex_host->alloc(n);

    if (copy)
        memcpy(copy, text, n);
    return copy;
}

static SECURITY_STATUS query_cred(struct ssp_cred *cred, uint32_t attribute, void *buffer)
{
    SecPkgCredentials_NamesA *names = buffer;

    if (attribute != SECPKG_CRED_ATTR_NAMES)
        return SEC_E_UNSUPPORTED_FUNCTION;
    names->sUserName = give_text(cred->user);
    return names->sUserName ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

static SECURITY_STATUS query_key_info(SecPkgContext_KeyInfoA *info)
{
    char *sign = give_text("AES-256-GMAC");
    char *encrypt = give_text("AES-256-GCM");

    if (!sign || !encrypt) {
        ex_host->release(sign);
        ex_host->release(encrypt);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    *info = (SecPkgContext_KeyInfoA){ .sSignatureAlgorithmName = sign,
                                      .sEncryptAlgorithmName = encrypt,
                                      .KeySize = 256,
                                      .EncryptAlgorithm = CALG_AES_256 };
    return SEC_E_OK;
}

static SECURITY_STATUS query_session_key(struct ssp_ctx *ctx, SecPkgContext_SessionKey *out)
{
    uint8_t *copy = ex_host->alloc(EX_KEY);

    if (!copy)
        return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(copy, ctx->keys.session.bytes, EX_KEY);
    *out = (SecPkgContext_SessionKey){ .SessionKeyLength = EX_KEY, .SessionKey = copy };
    return SEC_E_OK;
}

static SECURITY_STATUS query(struct ssp_ctx *ctx, uint32_t attribute, void *buffer, uint32_t size)
{
    SecPkgContext_NamesA *names = buffer;
    SecPkgContext_Lifespan *life = buffer;

    (void)size;
    switch (attribute) {
    case SECPKG_ATTR_SIZES:
        *(SecPkgContext_Sizes *)buffer = (SecPkgContext_Sizes){ .cbMaxToken = EX_TOKEN_MAX,
                                                                .cbMaxSignature = EX_TRAILER,
                                                                .cbBlockSize = 1,
                                                                .cbSecurityTrailer = EX_TRAILER };
        return SEC_E_OK;
    case SECPKG_ATTR_NAMES:
        names->sUserName = give_text(ctx->user);
        return names->sUserName ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
    case SECPKG_ATTR_LIFESPAN:
        life->tsStart.QuadPart = ctx->since;
        life->tsExpiry.QuadPart = EX_NEVER;
        return SEC_E_OK;
    case SECPKG_ATTR_FLAGS:
        ((SecPkgContext_Flags *)buffer)->Flags = ctx->granted;
        return SEC_E_OK;
    case SECPKG_ATTR_KEY_INFO:
        return query_key_info(buffer);
    case SECPKG_ATTR_SESSION_KEY:
        return query_session_key(ctx, buffer);
    default:
        return SEC_E_UNSUPPORTED_FUNCTION;
    }
}

/* 32473 is the enterprise number for examples (RFC 5612): a real package has one of its own. */
static const char *const oids[] = { "1.3.6.1.4.1.32473.1.1", NULL };

static const struct ssp_package example = {
    .abi = SSP_ABI,
    .size = sizeof example,
    .name = "Example-PSK",
    .comment = "Example: a shared key, proved by both sides",
    .capabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_CONNECTION |
                    SECPKG_FLAG_NEGOTIABLE | SECPKG_FLAG_MUTUAL_AUTH |
                    SECPKG_FLAG_READONLY_WITH_CHECKSUM,
    .version = 1,
    .rpc_id = SECPKG_ID_NONE,
    .max_token = EX_TOKEN_MAX,
    .max_input = EX_TOKEN_MAX,
    .traits = SSP_TRAIT_NO_DEFAULT_CREDS,
    .oids = oids,
    .settings = settings,
    .start = start,
    .stop = stop,
    .acquire = acquire,
    .free_cred = free_cred,
    .query_cred = query_cred,
    .initiate = ex_initiate,
    .accept = ex_accept,
    .complete = ex_complete,
    .delete_ctx = ex_delete,
    .sign = ex_sign,
    .verify = ex_verify,
    .encrypt = ex_encrypt,
    .decrypt = ex_decrypt,
    .query = query,
    .explain = ex_explain,
};

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *host)
{
    static const struct ssp_package *const packages[] = { &example, NULL };

    if (host->abi >> 16 != SSP_ABI_MAJOR)
        return NULL;
    ex_host = host;
    return packages;
}
