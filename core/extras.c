/* SPDX-License-Identifier: Apache-2.0 */
/* extras.c: what sspix.h offers beyond Microsoft's interface, but for what the registry tells. */
#define SSPI_NO_ULONG_COMPAT
#include "config.h"

#include "sspi/sspix.h"

#include "core/context.h"
#include "core/trace.h"

const char *sspi_version(void)
{
    return PACKAGE_VERSION;
}

SECURITY_STATUS sspi_set_deadline(PCtxtHandle phContext, uint32_t milliseconds)
{
    return phContext ? ctx_set_deadline(*phContext, milliseconds)
                     : trace_refuse(SEC_E_INVALID_HANDLE, "the context handle is NULL");
}

/* --- tokens explained ----------------------------------------------------------------------- */

#define MAX_EXPLAINERS 64

struct explainers {
    struct package *packages[MAX_EXPLAINERS]; /* held */
    size_t n;
};

static bool collect(void *arg, struct package *package)
{
    struct explainers *all = arg;

    reg_hold(package);
    all->packages[all->n++] = package;
    return all->n < MAX_EXPLAINERS;
}

static void say_nothing(void *arg, unsigned depth, const char *name, const char *text)
{
    (void)arg, (void)depth, (void)name, (void)text;
}

static SECURITY_STATUS try_one(const char *name, struct span token, sspi_explain_fn *say, void *arg)
{
    struct package *package;
    SECURITY_STATUS status = reg_find(span_str(name), SECPKG_CRED_BOTH, &package);

    if (status != SEC_E_OK)
        return status;
    status = package->calls.explain ? package->calls.explain(token, say, arg)
                                    : SEC_E_UNSUPPORTED_FUNCTION;
    reg_drop(package);
    return status;
}

/* A package that reads the token without fault knows it best; else the first that knows its kind.
 */
static SECURITY_STATUS find_explainer(struct span token, const struct explainers *all,
                                      size_t *which)
{
    SECURITY_STATUS best = SEC_E_UNSUPPORTED_FUNCTION;

    for (size_t i = 0; i < all->n && best < 0; i++) {
        SECURITY_STATUS status = try_one(all->packages[i]->name, token, say_nothing, NULL);
        bool knows = status != SEC_E_UNSUPPORTED_FUNCTION && status != SEC_E_SECPKG_NOT_FOUND &&
                     status != SEC_E_CANNOT_INSTALL;
        if (status == SEC_E_OK || (knows && best == SEC_E_UNSUPPORTED_FUNCTION)) {
            best = status;
            *which = i;
        }
    }
    return best;
}

static SECURITY_STATUS try_all(struct span token, sspi_explain_fn *say, void *arg)
{
    struct explainers all = { .n = 0 };
    size_t which = 0;
    SECURITY_STATUS status = reg_each(collect, &all);

    if (status == SEC_E_OK)
        status = find_explainer(token, &all, &which);
    if (status != SEC_E_UNSUPPORTED_FUNCTION && all.n > 0)
        status = try_one(all.packages[which]->name, token, say, arg);
    for (size_t i = 0; i < all.n; i++)
        reg_drop(all.packages[i]);
    return status;
}

SECURITY_STATUS sspi_explain(const char *package, const void *token, size_t length,
                             sspi_explain_fn *say, void *arg)
{
    if (!say || (!token && length > 0))
        return trace_refuse(SEC_E_INVALID_PARAMETER, "no token, or nobody to tell");
    struct span bytes = span_of(token, length);
    SECURITY_STATUS status =
        package ? try_one(package, bytes, say, arg) : try_all(bytes, say, arg);
    if (status == SEC_E_UNSUPPORTED_FUNCTION)
        return trace_refuse(status, "no package explains this token");
    return status;
}

/* --- certificates --------------------------------------------------------------------------- */

SECURITY_STATUS sspi_open_certificate(const char *package, const char *certificate, const char *key,
                                      const char *password, const struct _CERT_CONTEXT **out)
{
    struct package *p;

    if (!out)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "no place for the certificate");
    *out = NULL;
    SECURITY_STATUS status = reg_find(span_str(package), 0, &p);
    if (status != SEC_E_OK)
        return status;
    if (!p->calls.open_certificate)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s opens no certificates", p->name);
    else if (!certificate)
        status = trace_refuse(SEC_E_INVALID_PARAMETER, "no certificate was named");
    else
        status = p->calls.open_certificate(p->instance, certificate, key, span_str(password), out);
    reg_drop(p);
    return status;
}

/* --- accounts ------------------------------------------------------------------------------- */

SECURITY_STATUS sspi_account_set(const char *package, const char *user, const void *password,
                                 size_t length, uint32_t flags)
{
    struct package *p;
    SECURITY_STATUS status = reg_find(span_str(package), SECPKG_CRED_INBOUND, &p);

    if (status != SEC_E_OK)
        return status;
    if (!p->calls.account_set)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s keeps no accounts", p->name);
    else if (!user || (!password && length > 0))
        status = trace_refuse(SEC_E_INVALID_PARAMETER, "no user, or no password");
    else
        status = p->calls.account_set(p->instance, span_str(user), span_of(password, length),
                                      flags & SSPI_ACCOUNT_CREATE, flags & SSPI_ACCOUNT_CHANGE);
    reg_drop(p);
    return status;
}

SECURITY_STATUS sspi_account_delete(const char *package, const char *user)
{
    struct package *p;
    SECURITY_STATUS status = reg_find(span_str(package), SECPKG_CRED_INBOUND, &p);

    if (status != SEC_E_OK)
        return status;
    if (!p->calls.account_delete)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s deletes no accounts", p->name);
    else if (!user)
        status = trace_refuse(SEC_E_INVALID_PARAMETER, "no user");
    else
        status = p->calls.account_delete(p->instance, span_str(user));
    reg_drop(p);
    return status;
}

SECURITY_STATUS sspi_account_each(const char *package, sspi_account_fn *say, void *arg)
{
    struct package *p;
    SECURITY_STATUS status = reg_find(span_str(package), SECPKG_CRED_INBOUND, &p);

    if (status != SEC_E_OK)
        return status;
    if (!p->calls.account_each)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s lists no accounts", p->name);
    else if (!say)
        status = trace_refuse(SEC_E_INVALID_PARAMETER, "nobody to tell");
    else
        status = p->calls.account_each(p->instance, say, arg);
    reg_drop(p);
    return status;
}
