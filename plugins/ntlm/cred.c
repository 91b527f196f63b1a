/* SPDX-License-Identifier: Apache-2.0 */
/* cred.c: credentials: whom a client logs on as, and whose answers a server checks. */
#include "config.h"

#include "plugins/common/utf16.h"
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/keys.h"
#include "plugins/ntlm/ntlm.h"

SECURITY_STATUS ntlm_hash_password(struct span password, struct secret *hash)
{
    struct wire_out count = wire_out(NULL, 0);

    if (!utf16_put(&count, password))
        return refuse(SEC_E_UNKNOWN_CREDENTIALS, "the password is not UTF-8");
    uint8_t *utf16 = ntlm_host->secret_alloc(count.len + 1); /* never of 0 bytes */
    if (!utf16)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out out = wire_out(utf16, count.len);
    (void)utf16_put(&out, password);
    ntlm_ntowfv1(span_of(utf16, count.len), hash);
    ntlm_host->secret_free(utf16);
    return SEC_E_OK;
}

/* --- outbound ----------------------------------------------------------------------------- */

/* Whom to log on as, UTF-8. */
struct account {
    struct span user, domain;
    bool anonymous;
};

/*
 * "DOMAIN\user" without a domain of its own is taken apart, as Windows programs write it;
 * "user@realm" is not: the whole is the user then, and the domain is empty.
 */
static struct account split_account(const struct ssp_identity *id)
{
    const uint8_t *slash =
        id->user.len > 0 && id->domain.len == 0 ? memchr(id->user.data, '\\', id->user.len) : NULL;

    if (!slash)
        return (struct account){ .user = id->user, .domain = id->domain };
    size_t n = (size_t)(slash - id->user.data);
    return (struct account){ .user = span_of(slash + 1, id->user.len - n - 1),
                             .domain = span_of(id->user.data, n) };
}

/* An identity of an empty name and no password is nobody: the null session. */
static SECURITY_STATUS get_account(const struct ssp_identity *id, struct account *out)
{
    if (!id || !id->user.data)
        return refuse(SEC_E_NO_CREDENTIALS, "there is no identity to log on with");
    if (id->user.len == 0 && id->password.len == 0) {
        *out = (struct account){ .anonymous = true };
        return SEC_E_OK;
    }
    *out = split_account(id);
    if (out->user.len == 0)
        return refuse(SEC_E_UNKNOWN_CREDENTIALS, "a password, but no user name");
    return SEC_E_OK;
}

/* A credential with room for the names behind it, and them in it. */
static SECURITY_STATUS make_cred(const struct account *account, struct ssp_cred **out)
{
    struct wire_out count = wire_out(NULL, 0);

    if (!utf16_put(&count, account->user) || !utf16_put(&count, account->domain))
        return refuse(SEC_E_UNKNOWN_CREDENTIALS, "a name is not UTF-8");
    struct ssp_cred *cred = ntlm_host->secret_alloc(sizeof *cred + count.len);
    if (!cred)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out names = wire_out(cred + 1, count.len);
    (void)utf16_put(&names, account->user);
    cred->user = span_of(cred + 1, names.len);
    (void)utf16_put(&names, account->domain);
    cred->domain = span_of((uint8_t *)(cred + 1) + cred->user.len, names.len - cred->user.len);
    cred->anonymous = account->anonymous;
    *out = cred;
    return SEC_E_OK;
}

static SECURITY_STATUS fill_outbound(struct ssp_cred *cred, const struct ssp_identity *id)
{
    cred->use |= SECPKG_CRED_OUTBOUND;
    return cred->anonymous ? SEC_E_OK : ntlm_hash_password(id->password, &cred->hash);
}

/* --- both --------------------------------------------------------------------------------- */

/*
 * SECPKG_CRED_BOTH takes what there is, if it is anything; a leg on the side that is missing is
 * refused then.
 */
static SECURITY_STATUS fill_cred(struct ssp_cred *cred, const struct ssp_acquire *a,
                                 SECURITY_STATUS outbound)
{
    SECURITY_STATUS status = outbound;

    if (a->use & SECPKG_CRED_OUTBOUND && outbound >= 0)
        status = fill_outbound(cred, a->identity);
    if (status < 0 && status != SEC_E_NO_CREDENTIALS)
        return status;
    if (a->use & SECPKG_CRED_INBOUND) {
        SECURITY_STATUS inbound = ntlm_instance_users(cred->instance, &cred->users);

        if (inbound >= 0)
            cred->use |= SECPKG_CRED_INBOUND;
        else if (cred->use == 0 || inbound != SEC_E_NO_CREDENTIALS)
            return inbound;
    }
    return cred->use != 0 ? SEC_E_OK : status;
}

SECURITY_STATUS ntlm_acquire(struct ssp_instance *instance, struct ssp_acquire *a,
                             struct ssp_cred **out)
{
    struct account account = { 0 };
    struct ssp_cred *cred = NULL;
    SECURITY_STATUS outbound = SEC_E_OK;

    if (a->use & SECPKG_CRED_OUTBOUND)
        outbound = get_account(a->identity, &account);
    if (outbound < 0 && outbound != SEC_E_NO_CREDENTIALS)
        return outbound;
    SECURITY_STATUS status = make_cred(&account, &cred);
    if (!cred)
        return status;
    cred->instance = instance;
    status = fill_cred(cred, a, outbound);
    if (status < 0) {
        ntlm_free_cred(cred);
        return status;
    }
    *out = cred;
    return SEC_E_OK;
}

void ntlm_free_cred(struct ssp_cred *cred)
{
    if (!cred)
        return;
    ntlm_users_drop(cred->users);
    ntlm_host->secret_free(cred);
}

SECURITY_STATUS ntlm_query_cred(struct ssp_cred *cred, uint32_t attribute, void *buffer)
{
    SecPkgCredentials_NamesA *names = buffer;
    struct wire_out count = wire_out(NULL, 0);

    if (attribute != SECPKG_CRED_ATTR_NAMES)
        return refuse(SEC_E_UNSUPPORTED_FUNCTION, "credential attribute %u", attribute);
    if (!(cred->use & SECPKG_CRED_OUTBOUND))
        return refuse(SEC_E_NO_CREDENTIALS, "this credential logs on as nobody");
    ntlm_put_name(&count, cred->user, cred->domain);
    char *name = ntlm_host->alloc(count.len + 1);
    if (!name)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out out = wire_out(name, count.len);
    ntlm_put_name(&out, cred->user, cred->domain);
    names->sUserName = name;
    return SEC_E_OK;
}
