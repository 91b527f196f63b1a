/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authidentity.c: the Sspi* calls on identities.
 *
 * Applications see an identity as an opaque pointer.  What we hand out is always one block, a
 * SEC_WINNT_AUTH_IDENTITY_EX2 with its text behind it, got from mem_result, so that only a
 * pointer that is ours is ever freed.  What we are handed may be any form, ours or the caller's.
 */
#include "config.h"

#define SSPI_NO_ULONG_COMPAT
#include "sspi/sspi.h"

#include <stdlib.h>
#include <string.h>

#include "core/identity.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/trace.h"

#define HOST_MOST 255u /* RFC 1035 2.3.4 */

/* --- making one ---------------------------------------------------------------------------- */

/* In memory, or as bytes for elsewhere: then little-endian on every host, as on Windows. */
enum order { NATIVE, LITTLE };

static void store_header(uint8_t *at, const SEC_WINNT_AUTH_IDENTITY_EX2 *h, enum order order)
{
    struct wire_out out = wire_out(at, sizeof *h);

    if (order == NATIVE) {
        memcpy(at, h, sizeof *h);
        return;
    }
    wire_put_u32le(&out, h->Version);
    wire_put_u32le(&out, h->cbHeaderLength); /* 16 bits and padding; so are all lengths */
    wire_put_u32le(&out, h->cbStructureLength);
    wire_put_u32le(&out, h->UserOffset);
    wire_put_u32le(&out, h->UserLength);
    wire_put_u32le(&out, h->DomainOffset);
    wire_put_u32le(&out, h->DomainLength);
    wire_put_u32le(&out, h->PackedCredentialsOffset);
    wire_put_u32le(&out, h->PackedCredentialsLength);
    wire_put_u32le(&out, h->Flags);
    wire_put_u32le(&out, h->PackageListOffset);
    wire_put_u32le(&out, h->PackageListLength);
}

static void store_packed(uint8_t *at, const SEC_WINNT_AUTH_PACKED_CREDENTIALS *h, enum order order)
{
    struct wire_out out = wire_out(at, sizeof *h);
    const GUID *type = &h->AuthData.CredType;

    if (order == NATIVE) {
        memcpy(at, h, sizeof *h);
        return;
    }
    wire_put_u16le(&out, h->cbHeaderLength);
    wire_put_u16le(&out, h->cbStructureLength);
    wire_put_u32le(&out, type->Data1);
    wire_put_u16le(&out, type->Data2);
    wire_put_u16le(&out, type->Data3);
    wire_put(&out, type->Data4, sizeof type->Data4);
    wire_put_u32le(&out, h->AuthData.CredData.ByteArrayOffset);
    wire_put_u32le(&out, h->AuthData.CredData.ByteArrayLength);
}

static void store_units(uint8_t *at, struct span text, enum order order)
{
    SEC_WCHAR *units = (SEC_WCHAR *)(void *)at;
    size_t n = text_to_utf16(text, units);

    for (size_t i = 0; order == LITTLE && i < n; i++) {
        SEC_WCHAR unit = units[i];

        at[2 * i] = (uint8_t)unit;
        at[2 * i + 1] = (uint8_t)(unit >> 8);
    }
}

/* Units of UTF-16 at the end of out.  from: where the offset counts from. */
static void put_text(struct wire_out *out, struct span text, size_t from, size_t spare,
                     enum order order, ULONG *off, USHORT *len)
{
    size_t n = text_to_utf16(text, NULL);
    uint8_t *at;

    *off = 0;
    *len = 0;
    if (!text.data)
        return;
    if (n > (UINT16_MAX - spare) / 2) { /* SIZE_MAX, not UTF-8, is one of these */
        out->bad = true;
        return;
    }
    *off = (ULONG)(out->len - from);
    *len = (USHORT)(2 * n);
    at = wire_room(out, 2 * n);
    if (at)
        store_units(at, text, order);
}

static void put_password(struct wire_out *out, struct span password, enum order order,
                         SEC_WINNT_AUTH_IDENTITY_EX2 *h)
{
    SEC_WINNT_AUTH_PACKED_CREDENTIALS p = { .cbHeaderLength = sizeof p };
    size_t from;
    uint8_t *at;

    if (!password.data)
        return;
    wire_put_zeros(out, (8 - out->len % 8) % 8);
    from = out->len;
    at = wire_room(out, sizeof p);
    put_text(out, password, from, sizeof p, order, &p.AuthData.CredData.ByteArrayOffset,
             &p.AuthData.CredData.ByteArrayLength);
    p.AuthData.CredType = SEC_WINNT_AUTH_DATA_TYPE_PASSWORD;
    p.cbStructureLength = (USHORT)(out->len - from);
    h->PackedCredentialsOffset = (ULONG)from;
    h->PackedCredentialsLength = p.cbStructureLength;
    if (at)
        store_packed(at, &p, order);
}

static void put_identity(struct wire_out *out, const struct ssp_identity *id, enum order order)
{
    SEC_WINNT_AUTH_IDENTITY_EX2 h = {
        .Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2,
        .cbHeaderLength = sizeof h,
        .Flags = id->flags | SEC_WINNT_AUTH_IDENTITY_UNICODE | SEC_WINNT_AUTH_IDENTITY_MARSHALLED,
    };
    uint8_t *at = wire_room(out, sizeof h);

    put_text(out, id->user, 0, 0, order, &h.UserOffset, &h.UserLength);
    put_text(out, id->domain, 0, 0, order, &h.DomainOffset, &h.DomainLength);
    put_password(out, id->password, order, &h);
    put_text(out, id->package_list, 0, 0, order, &h.PackageListOffset, &h.PackageListLength);
    h.cbStructureLength = (ULONG)out->len;
    if (at)
        store_header(at, &h, order);
}

/* A block for the application.  SEC_E_CANNOT_PACK: longer than the form's lengths can say. */
static SECURITY_STATUS make_block(const struct ssp_identity *id, enum order order, void **out,
                                  ULONG *size)
{
    struct wire_out count = wire_out(NULL, 0), block;
    void *p;

    put_identity(&count, id, order);
    if (count.bad)
        return trace_refuse(SEC_E_CANNOT_PACK, "identity is too long for 16-bit lengths");
    p = mem_result(count.len);
    if (!p)
        return SEC_E_INSUFFICIENT_MEMORY;
    block = wire_out(p, count.len);
    put_identity(&block, id, order);
    *out = p;
    *size = (ULONG)count.len;
    return SEC_E_OK;
}

static SECURITY_STATUS make_identity(const struct ssp_identity *id,
                                     PSEC_WINNT_AUTH_IDENTITY_OPAQUE *out)
{
    ULONG size;

    return make_block(id, NATIVE, out, &size);
}

static SECURITY_STATUS null_argument(const char *call)
{
    return trace_refuse(SEC_E_INVALID_PARAMETER, "%s: an argument is NULL", call);
}

/* --- strings ------------------------------------------------------------------------------- */

static ULONG units_of(PCWSTR s)
{
    size_t n = text_wlen(s);

    return n > UINT32_MAX ? UINT32_MAX : (ULONG)n; /* ident_parse says how long is too long */
}

static USHORT *string_of(PCWSTR s)
{
    USHORT *units;

    memcpy(&units, &s, sizeof units); /* the struct lacks const; nobody writes there */
    return units;
}

SECURITY_STATUS SEC_ENTRY SspiEncodeStringsAsAuthIdentity(
    PCWSTR pszUserName, PCWSTR pszDomainName, PCWSTR pszPackedCredentialsString,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity)
{
    const SEC_WINNT_AUTH_IDENTITY_EXW strings = {
        .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
        .Length = sizeof strings,
        .User = string_of(pszUserName),
        .UserLength = units_of(pszUserName),
        .Domain = string_of(pszDomainName),
        .DomainLength = units_of(pszDomainName),
        .Password = string_of(pszPackedCredentialsString),
        .PasswordLength = units_of(pszPackedCredentialsString),
        .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
    };
    IDENT_AUTO id = NULL;
    SECURITY_STATUS status;

    if (!ppAuthIdentity)
        return null_argument("SspiEncodeStringsAsAuthIdentity");
    *ppAuthIdentity = NULL;
    /* So does Windows: Wine's dlls/secur32/tests, test_SspiEncodeStringsAsAuthIdentity. */
    if (!pszUserName && !pszDomainName && !pszPackedCredentialsString)
        return trace_refuse(SEC_E_INVALID_TOKEN, "identity of three NULL strings");
    status = ident_parse(&strings, true, &id);
    return status < 0 ? status : make_identity(id, ppAuthIdentity);
}

/* All NUL is what SspiZeroAuthIdentity leaves, and reads as an empty string, as on Windows. */
static bool fits_string(struct span text)
{
    size_t nuls = 0;

    for (size_t i = 0; i < text.len; i++)
        nuls += text.data[i] == 0;
    return nuls == 0 || nuls == text.len;
}

static SECURITY_STATUS make_string(const char *what, struct span text, PCWSTR *out)
{
    SEC_WCHAR *s;

    if (!text.data)
        return SEC_E_OK;
    if (!fits_string(text))
        return trace_refuse(SEC_E_CANNOT_PACK, "%s holds a NUL, a string cannot", what);
    s = mem_result((text_to_utf16(text, NULL) + 1) * sizeof *s);
    if (!s)
        return SEC_E_INSUFFICIENT_MEMORY;
    text_to_utf16(text, s);
    *out = s;
    return SEC_E_OK;
}

static void free_string(PCWSTR s)
{
    void *p;

    memcpy(&p, &s, sizeof p);
    (void)mem_result_free(p);
}

SECURITY_STATUS SEC_ENTRY
SspiEncodeAuthIdentityAsStrings(PSEC_WINNT_AUTH_IDENTITY_OPAQUE pAuthIdentity, PCWSTR *ppszUserName,
                                PCWSTR *ppszDomainName, PCWSTR *ppszPackedCredentialsString)
{
    IDENT_AUTO id = NULL;
    PCWSTR user = NULL, domain = NULL, password = NULL;
    SECURITY_STATUS status;

    if (!ppszUserName || !ppszDomainName)
        return null_argument("SspiEncodeAuthIdentityAsStrings");
    *ppszUserName = *ppszDomainName = NULL;
    if (ppszPackedCredentialsString)
        *ppszPackedCredentialsString = NULL;
    status = ident_parse(pAuthIdentity, true, &id);
    if (status >= 0)
        status = make_string("user", id->user, &user);
    if (status >= 0)
        status = make_string("domain", id->domain, &domain);
    if (status >= 0 && ppszPackedCredentialsString)
        status = make_string("password", id->password, &password);
    if (status < 0) {
        free_string(user);
        free_string(domain);
        return status; /* the password comes last, so there is none */
    }
    *ppszUserName = user;
    *ppszDomainName = domain;
    if (ppszPackedCredentialsString)
        *ppszPackedCredentialsString = password;
    return SEC_E_OK;
}

/* --- as a whole ---------------------------------------------------------------------------- */

SECURITY_STATUS SEC_ENTRY SspiValidateAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData)
{
    IDENT_AUTO id = NULL;

    return ident_parse(AuthData, true, &id);
}

SECURITY_STATUS SEC_ENTRY SspiCopyAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData,
                                               PSEC_WINNT_AUTH_IDENTITY_OPAQUE *AuthDataCopy)
{
    IDENT_AUTO id = NULL;
    SECURITY_STATUS status;

    if (!AuthDataCopy)
        return null_argument("SspiCopyAuthIdentity");
    *AuthDataCopy = NULL;
    status = ident_parse(AuthData, true, &id);
    return status < 0 ? status : make_identity(id, AuthDataCopy);
}

/* A member that was not given is the same only as one that was not given either. */
static bool same_name(struct span a, struct span b)
{
    return !a.data == !b.data && text_same_caseless(a, b);
}

static bool same_user(const struct ssp_identity *a, const struct ssp_identity *b)
{
    const uint32_t kind = SEC_WINNT_AUTH_IDENTITY_FLAGS_ID_PROVIDER; /* what domain means */

    return same_name(a->user, b->user) && same_name(a->domain, b->domain) &&
           (a->flags & kind) == (b->flags & kind);
}

/* What the packages would do alike with both. */
static bool same_use(const struct ssp_identity *a, const struct ssp_identity *b)
{
    const uint32_t use = SEC_WINNT_AUTH_IDENTITY_ONLY;

    return same_name(a->package_list, b->package_list) && (a->flags & use) == (b->flags & use);
}

SECURITY_STATUS SEC_ENTRY SspiCompareAuthIdentities(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity1,
                                                    PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity2,
                                                    PBOOLEAN SameSuppliedUser,
                                                    PBOOLEAN SameSuppliedIdentity)
{
    static const struct ssp_identity nobody; /* NULL: nothing was supplied */
    IDENT_AUTO a = NULL;
    IDENT_AUTO b = NULL;
    const struct ssp_identity *one, *other;
    bool user, password, use;
    SECURITY_STATUS status = SEC_E_OK;

    if (SameSuppliedUser)
        *SameSuppliedUser = FALSE;
    if (SameSuppliedIdentity)
        *SameSuppliedIdentity = FALSE;
    if (AuthIdentity1)
        status = ident_parse(AuthIdentity1, true, &a);
    if (status >= 0 && AuthIdentity2)
        status = ident_parse(AuthIdentity2, true, &b);
    if (status < 0)
        return status;
    one = a ? a : &nobody;
    other = b ? b : &nobody;
    user = !a == !b && same_user(one, other);
    password =
        !one->password.data == !other->password.data && secret_same(one->password, other->password);
    use = same_use(one, other);
    if (SameSuppliedUser)
        *SameSuppliedUser = user;
    if (SameSuppliedIdentity)
        *SameSuppliedIdentity = user && password && use;
    return SEC_E_OK;
}

VOID SEC_ENTRY SspiZeroAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData)
{
    struct span secret = ident_secret(AuthData);
    void *p;

    if (secret.len == 0)
        return;
    memcpy(&p, &secret.data, sizeof p); /* the caller's own memory: to be written is the wish */
    explicit_bzero(p, secret.len);
}

static void free_ours(const char *call, void *p)
{
    if (!mem_result_free(p))
        trace_say("%s: not a block of this library, left alone", call);
}

VOID SEC_ENTRY SspiFreeAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData)
{
    free_ours("SspiFreeAuthIdentity", AuthData);
}

VOID SEC_ENTRY SspiLocalFree(PVOID DataBuffer)
{
    free_ours("SspiLocalFree", DataBuffer);
}

SECURITY_STATUS SEC_ENTRY SspiMarshalAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity,
                                                  SSPI_ULONG_OUT *AuthIdentityLength,
                                                  char **AuthIdentityByteArray)
{
    IDENT_AUTO id = NULL;
    void *bytes;
    ULONG size;
    SECURITY_STATUS status;

    if (!AuthIdentityLength || !AuthIdentityByteArray)
        return null_argument("SspiMarshalAuthIdentity");
    *AuthIdentityLength = 0;
    *AuthIdentityByteArray = NULL;
    status = ident_parse(AuthIdentity, true, &id);
    if (status >= 0)
        status = make_block(id, LITTLE, &bytes, &size);
    if (status < 0)
        return status;
    *AuthIdentityLength = size;
    *AuthIdentityByteArray = bytes;
    return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY SspiUnmarshalAuthIdentity(ULONG AuthIdentityLength,
                                                    char *AuthIdentityByteArray,
                                                    PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity)
{
    IDENT_AUTO id = NULL;
    SECURITY_STATUS status;

    if (!ppAuthIdentity)
        return null_argument("SspiUnmarshalAuthIdentity");
    *ppAuthIdentity = NULL;
    if (!AuthIdentityByteArray)
        return null_argument("SspiUnmarshalAuthIdentity");
    status = ident_parse_marshalled(span_of(AuthIdentityByteArray, AuthIdentityLength), &id);
    return status < 0 ? status : make_identity(id, ppAuthIdentity);
}

BOOLEAN SEC_ENTRY SspiIsAuthIdentityEncrypted(PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData)
{
    return EncryptedAuthData && (ident_flags(EncryptedAuthData) & IDENT_ENCRYPTED) != 0;
}

/* --- target and packages ------------------------------------------------------------------- */

/* Where a unit of set stands in s, or the end. */
static size_t find_any(PCWSTR s, size_t from, size_t end, PCWSTR set)
{
    for (size_t i = from; i < end; i++)
        for (size_t k = 0; set[k] != 0; k++)
            if (s[i] == set[k])
                return i;
    return end;
}

/*
 * service/host[:port][/name][@REALM], or a host alone: [from, end) becomes that of the host.
 * An address of IPv6 may stand in brackets; without them it is known by its second colon.
 * Without a service, what has a realm is an account (user@realm) and has no host.
 */
static void find_host(PCWSTR s, size_t *from, size_t *end)
{
    size_t slash = find_any(s, 0, *end, u"/");
    bool service = slash < *end;
    size_t stop, colon;

    *from = service ? slash + 1 : 0;
    stop = find_any(s, *from, *end, service ? u"/@" : u"/@\\");
    if (!service && stop < *end) {
        *end = *from;
        return;
    }
    *end = stop;
    if (*from < *end && s[*from] == '[') {
        stop = find_any(s, ++*from, *end, u"]");
        *end = stop < *end ? stop : *from;
        return;
    }
    colon = find_any(s, *from, *end, u":");
    if (colon < *end && find_any(s, colon + 1, *end, u":") == *end)
        *end = colon;
}

static bool is_host(PCWSTR s, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++)
        if (s[i] <= ' ' || s[i] == 0x7f)
            return false;
    return from < end && end - from <= HOST_MOST;
}

SECURITY_STATUS SEC_ENTRY SspiGetTargetHostName(PCWSTR pszTargetName, PWSTR *pszHostName)
{
    size_t from, end;
    PWSTR host;

    if (!pszHostName)
        return null_argument("SspiGetTargetHostName");
    *pszHostName = NULL;
    if (!pszTargetName)
        return null_argument("SspiGetTargetHostName");
    end = text_wlen(pszTargetName);
    find_host(pszTargetName, &from, &end);
    if (!is_host(pszTargetName, from, end))
        return trace_refuse(SEC_E_TARGET_UNKNOWN, "no host in a target name of %zu characters",
                            text_wlen(pszTargetName));
    host = mem_result((end - from + 1) * sizeof *host);
    if (!host)
        return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(host, pszTargetName + from, (end - from) * sizeof *host);
    *pszHostName = host;
    return SEC_E_OK;
}

/* Is "!name" an entry of the list already? */
static bool is_excluded(struct span list, struct span name)
{
    struct wire_in in = wire_in(list);

    while (wire_left(&in) > 0) {
        struct span entry = { in.all.data + in.pos, 0 };

        while (wire_left(&in) > 0 && wire_u8(&in) != ',')
            entry.len++;
        if (entry.len > 0 && entry.data[0] == '!' &&
            text_same_name(span_of(entry.data + 1, entry.len - 1), name))
            return true;
    }
    return false;
}

static void put_list(struct wire_out *out, struct span list, struct span name)
{
    wire_put_span(out, list);
    if (is_excluded(list, name))
        return;
    if (list.len > 0)
        wire_put_u8(out, ',');
    wire_put_u8(out, '!');
    wire_put_span(out, name);
}

static SECURITY_STATUS exclude(struct ssp_identity id, struct span name,
                               PSEC_WINNT_AUTH_IDENTITY_OPAQUE *out)
{
    struct wire_out count = wire_out(NULL, 0), list;
    SECURITY_STATUS status;
    void *room;

    put_list(&count, id.package_list, name);
    room = mem_secret(count.len);
    if (!room)
        return SEC_E_INSUFFICIENT_MEMORY;
    list = wire_out(room, count.len);
    put_list(&list, id.package_list, name);
    id.package_list = span_of(room, list.len);
    status = make_identity(&id, out);
    mem_secret_free(room);
    return status;
}

SECURITY_STATUS SEC_ENTRY SspiExcludePackage(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity,
                                             PCWSTR pszPackageName,
                                             PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppNewAuthIdentity)
{
    static const struct ssp_identity nobody;
    IDENT_AUTO id = NULL;
    size_t n = text_wlen(pszPackageName);
    SECURITY_STATUS status;
    char *name;

    if (!ppNewAuthIdentity)
        return null_argument("SspiExcludePackage");
    *ppNewAuthIdentity = NULL;
    if (n == 0 || n > IDENT_MAX_CHARS || find_any(pszPackageName, 0, n, u"!,") < n)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "no package has a name of that kind");
    if (AuthIdentity) {
        status = ident_parse(AuthIdentity, true, &id);
        if (status < 0)
            return status;
    }
    name = text_dup_utf16(pszPackageName);
    if (!name)
        return SEC_E_INSUFFICIENT_MEMORY;
    status = exclude(id ? *id : nobody, span_str(name), ppNewAuthIdentity);
    free(name);
    return status;
}
