/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.c: what a context is asked, and text in the answers. */
#include "config.h"

#include "core/attributes.h"

#include <string.h>

#include "core/handle.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/trace.h"

/* --- descriptions of packages ------------------------------------------------------------- */

static char *put_text(char *to, const char *text)
{
    size_t n = strlen(text) + 1;

    memcpy(to, text, n);
    return to + n;
}

SecPkgInfoA *attr_package_info(struct package *const *packages, size_t n)
{
    size_t size = n * sizeof(SecPkgInfoA);

    for (size_t i = 0; i < n; i++)
        size += strlen(packages[i]->name) + strlen(packages[i]->comment) + 2;
    SecPkgInfoA *info = mem_result(size);
    if (!info)
        return NULL;
    char *text = (char *)(info + n);
    for (size_t i = 0; i < n; i++) {
        const struct package *p = packages[i];
        info[i] = (SecPkgInfoA){ .fCapabilities = p->capabilities,
                                 .wVersion = p->version,
                                 .wRPCID = p->rpc_id,
                                 .cbMaxToken = p->max_token };
        info[i].Name = text;
        text = put_text(text, p->name);
        info[i].Comment = text;
        text = put_text(text, p->comment);
    }
    return info;
}

/* SIZE_MAX: not UTF-8. */
static size_t wide_units(const char *text)
{
    size_t n = text_to_utf16(span_str(text), NULL);

    return n == SIZE_MAX ? n : n + 1;
}

static SEC_WCHAR *put_wide(SEC_WCHAR *to, const char *text)
{
    to += text_to_utf16(span_str(text), to);
    *to = 0;
    return to + 1;
}

SecPkgInfoW *attr_widen_package_info(const SecPkgInfoA *info, size_t n)
{
    size_t units = 0;

    for (size_t i = 0; i < n; i++) {
        size_t name = wide_units(info[i].Name), comment = wide_units(info[i].Comment);
        if (name == SIZE_MAX || comment == SIZE_MAX)
            return NULL;
        units += name + comment;
    }
    SecPkgInfoW *wide = mem_result(n * sizeof *wide + units * sizeof(SEC_WCHAR));
    if (!wide)
        return NULL;
    SEC_WCHAR *text = (SEC_WCHAR *)(wide + n);
    for (size_t i = 0; i < n; i++) {
        wide[i] = (SecPkgInfoW){ .fCapabilities = info[i].fCapabilities,
                                 .wVersion = info[i].wVersion,
                                 .wRPCID = info[i].wRPCID,
                                 .cbMaxToken = info[i].cbMaxToken };
        wide[i].Name = text;
        text = put_wide(text, info[i].Name);
        wide[i].Comment = text;
        text = put_wide(text, info[i].Comment);
    }
    return wide;
}

/* --- text in answers ------------------------------------------------------------------------ */

/* Where an attribute's struct has pointers to text, or to a SecPkgInfo. */
struct layout {
    uint32_t attribute;
    uint8_t texts; /* how many of the two offsets count */
    bool info;     /* the first is a SecPkgInfo instead */
    uint8_t at[2];
};

#define AT(type, member) ((uint8_t)offsetof(type, member))

static const struct layout context_layouts[] = {
    { SECPKG_ATTR_NAMES, 1, false, { AT(SecPkgContext_NamesA, sUserName) } },
    { SECPKG_ATTR_KEY_INFO,
      2,
      false,
      { AT(SecPkgContext_KeyInfoA, sSignatureAlgorithmName),
        AT(SecPkgContext_KeyInfoA, sEncryptAlgorithmName) } },
    { SECPKG_ATTR_AUTHORITY, 1, false, { AT(SecPkgContext_AuthorityA, sAuthorityName) } },
    { SECPKG_ATTR_PROTO_INFO, 1, false, { AT(SecPkgContext_ProtoInfoA, sProtocolName) } },
    { SECPKG_ATTR_NATIVE_NAMES,
      2,
      false,
      { AT(SecPkgContext_NativeNamesA, sClientName),
        AT(SecPkgContext_NativeNamesA, sServerName) } },
    { SECPKG_ATTR_CREDENTIAL_NAME,
      1,
      false,
      { AT(SecPkgContext_CredentialNameA, sCredentialName) } },
    { SECPKG_ATTR_PACKAGE_INFO, 1, true, { AT(SecPkgContext_PackageInfoA, PackageInfo) } },
    { SECPKG_ATTR_NEGOTIATION_INFO, 1, true, { AT(SecPkgContext_NegotiationInfoA, PackageInfo) } },
};

/* UTF-16 in both forms, as in the SDK. */
static const struct layout always_wide = { SECPKG_ATTR_CLIENT_SPECIFIED_TARGET,
                                           1,
                                           false,
                                           { AT(SecPkgContext_ClientSpecifiedTarget,
                                                sTargetName) } };

static const struct layout credential_layouts[] = {
    { SECPKG_CRED_ATTR_NAMES, 1, false, { AT(SecPkgCredentials_NamesA, sUserName) } },
    { SECPKG_CRED_ATTR_SSI_PROVIDER,
      1,
      false,
      { AT(SecPkgCredentials_SSIProviderA, sProviderName) } },
};

static void *get_pointer(const void *buffer, uint8_t at)
{
    void *p;

    memcpy(&p, (const uint8_t *)buffer + at, sizeof p);
    return p;
}

static void set_pointer(void *buffer, uint8_t at, void *p)
{
    memcpy((uint8_t *)buffer + at, &p, sizeof p);
}

/* NULL: out of memory, or not UTF-8. */
static void *widen_text(const char *text)
{
    size_t units = wide_units(text);
    SEC_WCHAR *wide = units == SIZE_MAX ? NULL : mem_result(units * sizeof *wide);

    if (wide)
        (void)put_wide(wide, text);
    return wide;
}

static SECURITY_STATUS widen(const struct layout *layout, void *buffer)
{
    bool failed = false;

    for (unsigned i = 0; i < layout->texts; i++) {
        void *narrow = get_pointer(buffer, layout->at[i]);
        if (!narrow)
            continue;
        void *wide = layout->info ? (void *)attr_widen_package_info(narrow, 1) : widen_text(narrow);
        (void)mem_result_free(narrow);
        set_pointer(buffer, layout->at[i], wide);
        failed = failed || !wide;
    }
    for (unsigned i = 0; failed && i < layout->texts; i++) {
        (void)mem_result_free(get_pointer(buffer, layout->at[i]));
        set_pointer(buffer, layout->at[i], NULL);
    }
    return failed ? SEC_E_INSUFFICIENT_MEMORY : SEC_E_OK;
}

SECURITY_STATUS attr_widen_context(uint32_t attribute, void *buffer)
{
    for (size_t i = 0; i < sizeof context_layouts / sizeof *context_layouts; i++)
        if (context_layouts[i].attribute == attribute)
            return widen(&context_layouts[i], buffer);
    return SEC_E_OK;
}

SECURITY_STATUS attr_widen_credential(uint32_t attribute, void *buffer)
{
    for (size_t i = 0; i < sizeof credential_layouts / sizeof *credential_layouts; i++)
        if (credential_layouts[i].attribute == attribute)
            return widen(&credential_layouts[i], buffer);
    return SEC_E_OK;
}

/* --- how long an answer is -------------------------------------------------------------------- */

/* A and W forms are of one size.  What is not here the package must check itself. */
static const struct {
    uint32_t attribute;
    uint32_t size;
} sizes[] = {
    { SECPKG_ATTR_SIZES, sizeof(SecPkgContext_Sizes) },
    { SECPKG_ATTR_NAMES, sizeof(SecPkgContext_NamesA) },
    { SECPKG_ATTR_LIFESPAN, sizeof(SecPkgContext_Lifespan) },
    { SECPKG_ATTR_DCE_INFO, sizeof(SecPkgContext_DceInfo) },
    { SECPKG_ATTR_STREAM_SIZES, sizeof(SecPkgContext_StreamSizes) },
    { SECPKG_ATTR_KEY_INFO, sizeof(SecPkgContext_KeyInfoA) },
    { SECPKG_ATTR_AUTHORITY, sizeof(SecPkgContext_AuthorityA) },
    { SECPKG_ATTR_PROTO_INFO, sizeof(SecPkgContext_ProtoInfoA) },
    { SECPKG_ATTR_PASSWORD_EXPIRY, sizeof(SecPkgContext_PasswordExpiry) },
    { SECPKG_ATTR_SESSION_KEY, sizeof(SecPkgContext_SessionKey) },
    { SECPKG_ATTR_PACKAGE_INFO, sizeof(SecPkgContext_PackageInfoA) },
    { SECPKG_ATTR_USER_FLAGS, sizeof(SecPkgContext_UserFlags) },
    { SECPKG_ATTR_NEGOTIATION_INFO, sizeof(SecPkgContext_NegotiationInfoA) },
    { SECPKG_ATTR_NATIVE_NAMES, sizeof(SecPkgContext_NativeNamesA) },
    { SECPKG_ATTR_FLAGS, sizeof(SecPkgContext_Flags) },
    { SECPKG_ATTR_CREDENTIAL_NAME, sizeof(SecPkgContext_CredentialNameA) },
    { SECPKG_ATTR_TARGET_INFORMATION, sizeof(SecPkgContext_TargetInformation) },
    { SECPKG_ATTR_ACCESS_TOKEN, sizeof(SecPkgContext_AccessToken) },
    { SECPKG_ATTR_TARGET, sizeof(SecPkgContext_Target) },
    { SECPKG_ATTR_UNIQUE_BINDINGS, sizeof(SecPkgContext_Bindings) },
    { SECPKG_ATTR_ENDPOINT_BINDINGS, sizeof(SecPkgContext_Bindings) },
    { SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, sizeof(SecPkgContext_ClientSpecifiedTarget) },
    { SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, sizeof(SecPkgContext_LastClientTokenStatus) },
    { SECPKG_ATTR_APPLICATION_PROTOCOL, sizeof(SecPkgContext_ApplicationProtocol) },
};

SECURITY_STATUS attr_check_size(uint32_t attribute, uint32_t size)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].attribute == attribute && size < sizes[i].size)
            return trace_refuse(SEC_E_BUFFER_TOO_SMALL, "attribute %u takes %u bytes, not %u",
                                attribute, sizes[i].size, size);
    return size > 0 ? SEC_E_OK
                    : trace_refuse(SEC_E_BUFFER_TOO_SMALL, "attribute %u in no bytes", attribute);
}

/* --- asking --------------------------------------------------------------------------------- */

/* What the core knows of a context without asking its package. */
static SECURITY_STATUS answer_info(struct context *c, bool established, uint32_t attribute,
                                   void *buffer)
{
    SecPkgInfoA *info = attr_package_info(&c->package, 1);

    if (!info)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (attribute == SECPKG_ATTR_PACKAGE_INFO)
        *(SecPkgContext_PackageInfoA *)buffer = (SecPkgContext_PackageInfoA){ .PackageInfo = info };
    else
        *(SecPkgContext_NegotiationInfoA *)buffer = (SecPkgContext_NegotiationInfoA){
            .PackageInfo = info,
            .NegotiationState =
                established ? SECPKG_NEGOTIATION_COMPLETE : SECPKG_NEGOTIATION_IN_PROGRESS,
        };
    return SEC_E_OK;
}

static bool is_info(uint32_t attribute)
{
    return attribute == SECPKG_ATTR_PACKAGE_INFO || attribute == SECPKG_ATTR_NEGOTIATION_INFO;
}

static SECURITY_STATUS ask(struct context *c, bool established, uint32_t attribute, void *buffer,
                           uint32_t size)
{
    const struct ssp_package *calls = &c->package->calls;

    if (is_info(attribute) && !(calls->traits & SSP_TRAIT_OWN_INFO))
        return answer_info(c, established, attribute, buffer);
    if (!calls->query)
        return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s answers no attributes", calls->name);
    SECURITY_STATUS status = calls->query(c->theirs, attribute, buffer, size);
    if (status >= 0 && attribute == always_wide.attribute)
        status = widen(&always_wide, buffer);
    return status;
}

static bool may_ask_early(const struct context *c, uint32_t attribute)
{
    const struct ssp_package *calls = &c->package->calls;

    for (size_t i = 0; i < calls->n_early_attributes; i++)
        if (calls->early_attributes[i] == attribute)
            return true;
    return is_info(attribute);
}

/* Of a context that was not established a moment ago. */
static SECURITY_STATUS ask_early(struct context *c, uint32_t attribute, void *buffer, uint32_t size)
{
    SECURITY_STATUS status;

    pthread_mutex_lock(&c->step);
    int state = atomic_load_explicit(&c->state, memory_order_relaxed);
    if (state == CTX_DEAD || (state != CTX_ESTABLISHED && !may_ask_early(c, attribute)))
        status = trace_refuse(SEC_E_INVALID_HANDLE,
                              "attribute %u of a context that is not "
                              "established",
                              attribute);
    else
        status = ask(c, state == CTX_ESTABLISHED, attribute, buffer, size);
    pthread_mutex_unlock(&c->step);
    return status;
}

/* Out of line: with it inlined the usual case would save every register there is. */
__attribute__((noinline)) static SECURITY_STATUS ask_slowly(struct context *c, uint32_t attribute,
                                                            void *buffer, uint32_t size)
{
    if (!buffer)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "no buffer for attribute %u", attribute);
    if (atomic_load_explicit(&c->state, memory_order_acquire) == CTX_ESTABLISHED)
        return ask(c, true, attribute, buffer, size);
    return ask_early(c, attribute, buffer, size);
}

/* The usual case first: an established context, asked what its package answers. */
SECURITY_STATUS attr_query(CtxtHandle handle, uint32_t attribute, void *buffer, uint32_t size)
{
    SECURITY_STATUS status;
    struct hnd_slot *slot = hnd_take(handle, HND_CONTEXT);

    if (!slot)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
    struct context *c = slot->object;
    if (buffer && c->query && !is_info(attribute) && attribute != always_wide.attribute &&
        atomic_load_explicit(&c->state, memory_order_acquire) == CTX_ESTABLISHED)
        status = c->query(c->theirs, attribute, buffer, size);
    else
        status = ask_slowly(c, attribute, buffer, size);
    hnd_release(slot);
    return status;
}

SECURITY_STATUS attr_set(CtxtHandle handle, uint32_t attribute, const void *buffer, uint32_t size)
{
    SECURITY_STATUS status;
    struct context *c = hnd_hold(handle, HND_CONTEXT);

    if (!c)
        return trace_refuse(SEC_E_INVALID_HANDLE, "no such context");
    pthread_mutex_lock(&c->step);
    if (!buffer)
        status = trace_refuse(SEC_E_INVALID_PARAMETER, "no buffer for attribute %u", attribute);
    else if (atomic_load_explicit(&c->state, memory_order_relaxed) == CTX_DEAD)
        status = trace_refuse(SEC_E_INVALID_HANDLE, "the exchange has failed");
    else if (!c->package->calls.set)
        status =
            trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "%s takes no attributes", c->package->name);
    else
        status = c->package->calls.set(c->theirs, attribute, buffer, size);
    pthread_mutex_unlock(&c->step);
    hnd_drop(handle);
    return status;
}
