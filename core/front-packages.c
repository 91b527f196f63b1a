/* SPDX-License-Identifier: Apache-2.0 */
/* front-packages.c: the exported calls on packages, result memory, and the function tables. */
#define SSPI_NO_ULONG_COMPAT
#include "config.h"

#include "core/front.h"

#include "core/attributes.h"
#include "core/memory.h"
#include "core/registry.h"
#include "core/trace.h"

/* --- what packages there are ------------------------------------------------------------------ */

struct listing {
    struct package **packages; /* not held: the registry is while reg_each runs */
    size_t n, room;
    bool failed;
    SecPkgInfoA *info;
};

static bool list_one(void *arg, struct package *package)
{
    struct listing *l = arg;

    if (l->n == l->room) {
        size_t room = l->room ? 2 * l->room : 16;
        struct package **more = reallocarray(l->packages, room, sizeof *more);
        if (!more) {
            l->failed = true;
            return false;
        }
        l->packages = more;
        l->room = room;
    }
    reg_hold(package);
    l->packages[l->n++] = package;
    return true;
}

static SECURITY_STATUS list_packages(ULONG *count, SecPkgInfoA **info)
{
    struct listing l = { 0 };
    SECURITY_STATUS status = reg_each(list_one, &l);

    if (status == SEC_E_OK) {
        *info = l.failed ? NULL : attr_package_info(l.packages, l.n);
        *count = (ULONG)l.n;
        status = *info ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
    }
    for (size_t i = 0; i < l.n; i++)
        reg_drop(l.packages[i]);
    free(l.packages);
    return status;
}

/* Frees info.  NULL: out of memory. */
static SecPkgInfoW *widen(SecPkgInfoA *info, size_t n)
{
    SecPkgInfoW *wide = attr_widen_package_info(info, n);

    (void)mem_result_free(info);
    return wide;
}

SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesA(SSPI_ULONG_OUT *pcPackages,
                                                     PSecPkgInfoA *ppPackageInfo)
{
    ULONG n = 0;
    SecPkgInfoA *info = NULL;

    if (!pcPackages || !ppPackageInfo)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "no place for the count or the list");
    SECURITY_STATUS status = list_packages(&n, &info);
    *pcPackages = status < 0 ? 0 : n;
    *ppPackageInfo = status < 0 ? NULL : info;
    return status;
}

SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesW(SSPI_ULONG_OUT *pcPackages,
                                                     PSecPkgInfoW *ppPackageInfo)
{
    ULONG n = 0;
    SecPkgInfoA *info = NULL;

    if (!pcPackages || !ppPackageInfo)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "no place for the count or the list");
    SECURITY_STATUS status = list_packages(&n, &info);
    SecPkgInfoW *wide = status < 0 ? NULL : widen(info, n);
    *pcPackages = wide ? n : 0;
    *ppPackageInfo = wide;
    return status >= 0 && !wide ? SEC_E_INSUFFICIENT_MEMORY : status;
}

SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoA(LPCSTR pszPackageName,
                                                    PSecPkgInfoA *ppPackageInfo)
{
    struct package *package;

    if (!pszPackageName)
        return trace_refuse(SEC_E_SECPKG_NOT_FOUND, "no package was named");
    if (!ppPackageInfo)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "no place for the package's description");
    *ppPackageInfo = NULL;
    SECURITY_STATUS status = reg_peek(span_str(pszPackageName), &package);
    if (status != SEC_E_OK)
        return status;
    *ppPackageInfo = attr_package_info(&package, 1);
    reg_drop(package);
    return *ppPackageInfo ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoW(LPCWSTR pszPackageName,
                                                    PSecPkgInfoW *ppPackageInfo)
{
    NARROW_AUTO name = narrow(pszPackageName);
    SecPkgInfoA *info = NULL;

    if (name.failed)
        return SEC_E_INSUFFICIENT_MEMORY;
    SECURITY_STATUS status = QuerySecurityPackageInfoA(name.text, ppPackageInfo ? &info : NULL);
    if (!ppPackageInfo)
        return status;
    *ppPackageInfo = status < 0 ? NULL : widen(info, 1);
    return status >= 0 && !*ppPackageInfo ? SEC_E_INSUFFICIENT_MEMORY : status;
}

/*
 * On Windows these change the list of the system.  Here the manifest is the system's list and
 * only its owner changes it; for this process a package of the manifest is switched on or off.
 */
SECURITY_STATUS SEC_ENTRY AddSecurityPackageA(LPCSTR pszPackageName,
                                              PSECURITY_PACKAGE_OPTIONS pOptions)
{
    (void)pOptions;
    return reg_enable(span_str(pszPackageName), true);
}

SECURITY_STATUS SEC_ENTRY AddSecurityPackageW(LPCWSTR pszPackageName,
                                              PSECURITY_PACKAGE_OPTIONS pOptions)
{
    NARROW_AUTO name = narrow(pszPackageName);

    return name.failed ? SEC_E_INSUFFICIENT_MEMORY : AddSecurityPackageA(name.text, pOptions);
}

SECURITY_STATUS SEC_ENTRY DeleteSecurityPackageA(LPCSTR pszPackageName)
{
    return reg_enable(span_str(pszPackageName), false);
}

SECURITY_STATUS SEC_ENTRY DeleteSecurityPackageW(LPCWSTR pszPackageName)
{
    NARROW_AUTO name = narrow(pszPackageName);

    return name.failed ? SEC_E_INSUFFICIENT_MEMORY : DeleteSecurityPackageA(name.text);
}

SECURITY_STATUS SEC_ENTRY FreeContextBuffer(void *pvContextBuffer)
{
    return mem_result_free(pvContextBuffer)
               ? SEC_E_OK
               : trace_refuse(SEC_E_INVALID_HANDLE, "not a buffer that was handed out");
}

/* --- the function tables ---------------------------------------------------------------------- */

static SecurityFunctionTableA table_a = {
    .dwVersion = SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_5,
    .EnumerateSecurityPackagesA = EnumerateSecurityPackagesA,
    .QueryCredentialsAttributesA = QueryCredentialsAttributesA,
    .AcquireCredentialsHandleA = AcquireCredentialsHandleA,
    .FreeCredentialsHandle = FreeCredentialsHandle,
    .InitializeSecurityContextA = InitializeSecurityContextA,
    .AcceptSecurityContext = AcceptSecurityContext,
    .CompleteAuthToken = CompleteAuthToken,
    .DeleteSecurityContext = DeleteSecurityContext,
    .ApplyControlToken = ApplyControlToken,
    .QueryContextAttributesA = QueryContextAttributesA,
    .ImpersonateSecurityContext = ImpersonateSecurityContext,
    .RevertSecurityContext = RevertSecurityContext,
    .MakeSignature = MakeSignature,
    .VerifySignature = VerifySignature,
    .FreeContextBuffer = FreeContextBuffer,
    .QuerySecurityPackageInfoA = QuerySecurityPackageInfoA,
    .Reserved3 = SealMessage, /* where programs of the origin find it */
    .Reserved4 = UnsealMessage,
    .ExportSecurityContext = ExportSecurityContext,
    .ImportSecurityContextA = ImportSecurityContextA,
    .AddCredentialsA = AddCredentialsA,
    .QuerySecurityContextToken = QuerySecurityContextToken,
    .EncryptMessage = EncryptMessage,
    .DecryptMessage = DecryptMessage,
    .SetContextAttributesA = SetContextAttributesA,
    .SetCredentialsAttributesA = SetCredentialsAttributesA,
    .ChangeAccountPasswordA = ChangeAccountPasswordA,
    .QueryContextAttributesExA = QueryContextAttributesExA,
    .QueryCredentialsAttributesExA = QueryCredentialsAttributesExA,
};

static SecurityFunctionTableW table_w = {
    .dwVersion = SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_5,
    .EnumerateSecurityPackagesW = EnumerateSecurityPackagesW,
    .QueryCredentialsAttributesW = QueryCredentialsAttributesW,
    .AcquireCredentialsHandleW = AcquireCredentialsHandleW,
    .FreeCredentialsHandle = FreeCredentialsHandle,
    .InitializeSecurityContextW = InitializeSecurityContextW,
    .AcceptSecurityContext = AcceptSecurityContext,
    .CompleteAuthToken = CompleteAuthToken,
    .DeleteSecurityContext = DeleteSecurityContext,
    .ApplyControlToken = ApplyControlToken,
    .QueryContextAttributesW = QueryContextAttributesW,
    .ImpersonateSecurityContext = ImpersonateSecurityContext,
    .RevertSecurityContext = RevertSecurityContext,
    .MakeSignature = MakeSignature,
    .VerifySignature = VerifySignature,
    .FreeContextBuffer = FreeContextBuffer,
    .QuerySecurityPackageInfoW = QuerySecurityPackageInfoW,
    .Reserved3 = SealMessage,
    .Reserved4 = UnsealMessage,
    .ExportSecurityContext = ExportSecurityContext,
    .ImportSecurityContextW = ImportSecurityContextW,
    .AddCredentialsW = AddCredentialsW,
    .QuerySecurityContextToken = QuerySecurityContextToken,
    .EncryptMessage = EncryptMessage,
    .DecryptMessage = DecryptMessage,
    .SetContextAttributesW = SetContextAttributesW,
    .SetCredentialsAttributesW = SetCredentialsAttributesW,
    .ChangeAccountPasswordW = ChangeAccountPasswordW,
    .QueryContextAttributesExW = QueryContextAttributesExW,
    .QueryCredentialsAttributesExW = QueryCredentialsAttributesExW,
};

PSecurityFunctionTableA SEC_ENTRY InitSecurityInterfaceA(void)
{
    return &table_a;
}

PSecurityFunctionTableW SEC_ENTRY InitSecurityInterfaceW(void)
{
    return &table_w;
}
