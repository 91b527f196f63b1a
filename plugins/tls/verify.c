/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.c: whom to believe: roots, names, usage, revocation.
 *
 * libssl and libcrypto check the chain; here is what they are told, and what Schannel's flags
 * change of it.
 */
#include "config.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "plugins/tls/host.h"
#include "plugins/tls/tls.h"

#define ROOT_NAMES_MAX 64 /* told to clients; of more, as the system has, nobody can choose */
#define CHAIN_MAX 16      /* certificates between a leaf and its root, and more than any has */
#define REVOCATION_FLAGS                                                                           \
    (SCH_CRED_REVOCATION_CHECK_END_CERT | SCH_CRED_REVOCATION_CHECK_CHAIN |                        \
     SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT)

/* --- roots ----------------------------------------------------------------------------------- */

SECURITY_STATUS tls_crls_load(const struct ssp_settings *s, X509_STORE *store)
{
    const char *path;

    for (size_t i = 0; (path = tls_host->setting_item(s, "crl_file", i)) != NULL; i++) {
        X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());

        if (!lookup || X509_load_crl_file(lookup, path, X509_FILETYPE_PEM) <= 0) {
            ERR_clear_error();
            return refuse(SEC_E_NO_CREDENTIALS, "%s: no revocation list in PEM could be read",
                          path);
        }
    }
    return SEC_E_OK;
}

static SECURITY_STATUS load_roots(const struct ssp_settings *s, X509_STORE *store)
{
    const char *folder = tls_host->setting_text(s, "ca_folder", NULL);
    const char *path;
    size_t i = 0;

    for (; (path = tls_host->setting_item(s, "ca_file", i)) != NULL; i++) {
        if (X509_STORE_load_file(store, path) != 1) {
            ERR_clear_error();
            return refuse(SEC_E_NO_CREDENTIALS, "%s: no certificates in PEM could be read", path);
        }
    }
    if (folder && X509_STORE_load_path(store, folder) != 1)
        return refuse(SEC_E_NO_CREDENTIALS, "%s: cannot be used as a folder of roots", folder);
    if (!folder && i == 0 && X509_STORE_set_default_paths(store) != 1)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (folder || i > 0)
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    return SEC_E_OK;
}

static SECURITY_STATUS make_roots(const struct ssp_settings *s, X509_STORE **out)
{
    X509_STORE *store = X509_STORE_new();
    SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;

    if (store)
        status = load_roots(s, store);
    if (status >= 0)
        status = tls_crls_load(s, store);
    if (status < 0) {
        X509_STORE_free(store);
        return status;
    }
    *out = store;
    return SEC_E_OK;
}

SECURITY_STATUS tls_instance_roots(struct ssp_instance *instance, X509_STORE **out)
{
    SECURITY_STATUS status = SEC_E_OK;

    pthread_mutex_lock(&instance->lock);
    if (!instance->roots)
        status = make_roots(instance->settings, &instance->roots);
    if (status >= 0) {
        X509_STORE_up_ref(instance->roots);
        *out = instance->roots;
    }
    pthread_mutex_unlock(&instance->lock);
    return status;
}

/* --- one connection -------------------------------------------------------------------------- */

/* What the flags let pass of the faults that a certificate may have. */
static bool is_forgiven(struct ssp_ctx *ctx, X509_STORE_CTX *store)
{
    uint32_t flags = ctx->cred->flags;
    bool leaf = X509_STORE_CTX_get_error_depth(store) == 0;

    switch (X509_STORE_CTX_get_error(store)) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        if (flags & (SCH_CRED_IGNORE_NO_REVOCATION_CHECK | SCH_CRED_IGNORE_REVOCATION_OFFLINE))
            return true;
        /* A stapled answer will do as well: it is read later. */
        ctx->status_due = ctx->client && leaf && ctx->cred->instance->ocsp != TLS_ASK_OFF;
        return ctx->status_due;
    case X509_V_ERR_CRL_HAS_EXPIRED:
        return flags & SCH_CRED_IGNORE_REVOCATION_OFFLINE;
    default:
        return false;
    }
}

static int on_certificate(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

    if (!ok && is_forgiven(tls_ctx_of(ssl), store)) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    return ok;
}

/* What the credential rules out that libssl knows no word for. */
static int check_limits(const struct ssp_cred *cred, X509_STORE_CTX *store)
{
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);

    for (int i = 0; i < sk_X509_num(chain); i++) {
        if (tls_limits_allow(&cred->limits, sk_X509_value(chain, i), i == 0))
            continue;
        X509_STORE_CTX_set_error_depth(store, i);
        X509_STORE_CTX_set_error(store, i == 0 ? X509_V_ERR_EE_KEY_TOO_SMALL
                                               : X509_V_ERR_CA_KEY_TOO_SMALL);
        return 0;
    }
    return 1;
}

int tls_verify_chain(X509_STORE_CTX *store, void *unused)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct ssp_ctx *ctx = tls_ctx_of(ssl);

    (void)unused;
    if (!ctx->manual) {
        int good = X509_verify_cert(store);
        return good == 1 ? check_limits(ctx->cred, store) : good;
    }
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

/* A revocation list in the settings is there to be used. */
static unsigned long revocation_flags(const struct ssp_cred *cred)
{
    if (cred->flags &
        (SCH_CRED_REVOCATION_CHECK_CHAIN | SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT))
        return X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    if (cred->flags & SCH_CRED_REVOCATION_CHECK_END_CERT ||
        tls_host->setting_item(cred->instance->settings, "crl_file", 0))
        return X509_V_FLAG_CRL_CHECK;
    return 0;
}

/* RFC 6125; a literal address is compared with addresses only. */
static SECURITY_STATUS expect_name(struct ssp_ctx *ctx, X509_VERIFY_PARAM *param)
{
    if (ctx->cred->flags & SCH_CRED_NO_SERVERNAME_CHECK)
        return SEC_E_OK;
    if (!ctx->target)
        return refuse(SEC_E_WRONG_PRINCIPAL, "no target name to compare the server's with");
    if (ctx->target[0] == '.') /* to libcrypto it stands for every name below */
        return refuse(SEC_E_WRONG_PRINCIPAL, "the target begins with a dot: it is no host's");
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (tls_may_be_address(ctx->target) && X509_VERIFY_PARAM_set1_ip_asc(param, ctx->target) == 1)
        return SEC_E_OK;
    tls_forget_errors();
    if (X509_VERIFY_PARAM_set1_host(param, ctx->target, 0) != 1)
        return refuse(SEC_E_WRONG_PRINCIPAL, "the target is no name of a host");
    return SEC_E_OK;
}

static bool add_name(STACK_OF(X509_NAME) * names, X509 *cert)
{
    X509_NAME *name = cert ? X509_NAME_dup(X509_get_subject_name(cert)) : NULL;

    if (name && sk_X509_NAME_push(names, name))
        return true;
    X509_NAME_free(name);
    return !cert;
}

/* Clients are told whom we believe, where somebody chose that. */
static bool tell_roots(SSL *ssl, X509_STORE *roots)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(roots);
    STACK_OF(X509_NAME) * names;
    bool ok = true;

    if (sk_X509_OBJECT_num(objects) > ROOT_NAMES_MAX)
        return true;
    names = sk_X509_NAME_new_null();
    for (int i = 0; ok && names && i < sk_X509_OBJECT_num(objects); i++)
        ok = add_name(names, X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i)));
    if (!names || !ok) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return false;
    }
    SSL_set0_CA_list(ssl, names);
    return true;
}

/* Only who looks at certificates needs roots: the system's are long to read. */
static SECURITY_STATUS use_roots(struct ssp_ctx *ctx)
{
    X509_STORE *roots = ctx->cred->roots;
    SECURITY_STATUS status = SEC_E_OK;

    if (roots)
        X509_STORE_up_ref(roots);
    else
        status = tls_instance_roots(ctx->cred->instance, &roots);
    if (status < 0)
        return status;
    (void)SSL_set0_verify_cert_store(ctx->ssl, roots); /* takes our reference */
    return ctx->client || tell_roots(ctx->ssl, roots) ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

SECURITY_STATUS tls_verify_setup(struct ssp_ctx *ctx)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ctx->ssl);
    int mode = SSL_VERIFY_PEER;

    if (!ctx->manual && (ctx->client || ctx->asked_peer)) {
        SECURITY_STATUS status = use_roots(ctx);
        if (status < 0)
            return status;
    }
    X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX);
    X509_VERIFY_PARAM_set_flags(param, revocation_flags(ctx->cred) | X509_V_FLAG_TRUSTED_FIRST);
    if (ctx->client && !ctx->manual) {
        SECURITY_STATUS status = expect_name(ctx, param);
        if (status < 0)
            return status;
    }
    if (!ctx->client)
        mode = !ctx->asked_peer ? SSL_VERIFY_NONE
               : ctx->cred->instance->client_certificate == TLS_ASK_REQUIRE
                   ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                   : SSL_VERIFY_PEER;
    SSL_set_verify(ctx->ssl, mode, on_certificate);
    return SEC_E_OK;
}
