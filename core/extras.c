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

/* Does a package of this name explain the token?  A dry run first: only one that knows it speaks. */
static SECURITY_STATUS try_one(const char *name, struct span token, bool only_if_known,
                               sspi_explain_fn *say, void *arg)
{
    struct package *package;
    SECURITY_STATUS status = reg_find(span_str(name), SECPKG_CRED_BOTH, &package);

    if (status != SEC_E_OK)
        return status;
    if (!package->calls.explain)
        status = SEC_E_UNSUPPORTED_FUNCTION;
    else if (only_if_known)
        status = package->calls.explain(token, say_nothing, NULL);
    if (status != SEC_E_UNSUPPORTED_FUNCTION)
        status = package->calls.explain(token, say, arg);
    reg_drop(package);
    return status;
}

static SECURITY_STATUS try_all(struct span token, sspi_explain_fn *say, void *arg)
{
    struct explainers all = { .n = 0 };
    SECURITY_STATUS status = reg_each(collect, &all);
    bool explained = false;

    if (status == SEC_E_OK)
        status = SEC_E_UNSUPPORTED_FUNCTION;
    for (size_t i = 0; i < all.n; i++) {
        if (!explained) {
            status = try_one(all.packages[i]->name, token, true, say, arg);
            explained = status != SEC_E_UNSUPPORTED_FUNCTION && status != SEC_E_SECPKG_NOT_FOUND &&
                        status != SEC_E_CANNOT_INSTALL;
        }
        reg_drop(all.packages[i]);
    }
    return explained ? status : SEC_E_UNSUPPORTED_FUNCTION;
}

SECURITY_STATUS sspi_explain(const char *package, const void *token, size_t length,
                             sspi_explain_fn *say, void *arg)
{
    if (!say || (!token && length > 0))
        return trace_refuse(SEC_E_INVALID_PARAMETER, "no token, or nobody to tell");
    struct span bytes = span_of(token, length);
    SECURITY_STATUS status =
        package ? try_one(package, bytes, false, say, arg) : try_all(bytes, say, arg);
    if (status == SEC_E_UNSUPPORTED_FUNCTION)
        return trace_refuse(status, "no package explains this token");
    return status;
}

/* --- accounts ------------------------------------------------------------------------------- */

static SECURITY_STATUS find_accounts(const char *name, struct package **package)
{
    SECURITY_STATUS status = reg_find(span_str(name), SECPKG_CRED_INBOUND, package);

    if (status == SEC_E_OK && !(*package)->calls.account_set) {
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s keeps no accounts", (*package)->name);
        reg_drop(*package);
    }
    return status;
}

SECURITY_STATUS sspi_account_set(const char *package, const char *user, const void *password,
                                 size_t length, uint32_t flags)
{
    struct package *p;
    SECURITY_STATUS status = find_accounts(package, &p);

    if (status != SEC_E_OK)
        return status;
    if (!user || (!password && length > 0))
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
    SECURITY_STATUS status = find_accounts(package, &p);

    if (status != SEC_E_OK)
        return status;
    if (!user)
        status = trace_refuse(SEC_E_INVALID_PARAMETER, "no user");
    else if (!p->calls.account_delete)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s deletes no accounts", p->name);
    else
        status = p->calls.account_delete(p->instance, span_str(user));
    reg_drop(p);
    return status;
}

SECURITY_STATUS sspi_account_each(const char *package, sspi_account_fn *say, void *arg)
{
    struct package *p;
    SECURITY_STATUS status = find_accounts(package, &p);

    if (status != SEC_E_OK)
        return status;
    if (!say)
        status = trace_refuse(SEC_E_INVALID_PARAMETER, "nobody to tell");
    else if (!p->calls.account_each)
        status = trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s lists no accounts", p->name);
    else
        status = p->calls.account_each(p->instance, say, arg);
    reg_drop(p);
    return status;
}
