/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c: take apart SEC_WINNT_AUTH_IDENTITY in all its forms; see identity.h. */
#include "config.h"

#include "core/identity.h"

#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/trace.h"

/* A and W differ in what the pointers point to, and in nothing else. */
_Static_assert(sizeof(SEC_WINNT_AUTH_IDENTITY_A) == sizeof(SEC_WINNT_AUTH_IDENTITY_W), "A is W");
_Static_assert(sizeof(SEC_WINNT_AUTH_IDENTITY_EXA) == sizeof(SEC_WINNT_AUTH_IDENTITY_EXW),
               "A is W");
_Static_assert(sizeof(SEC_WINNT_AUTH_IDENTITY_EX2) >= sizeof(SEC_WINNT_AUTH_IDENTITY_W),
               "ident_form may read a plain identity's length of either");

#define EX2_SIZE 48u           /* of the header, in memory and marshalled */
#define PACKED_SIZE 28u        /* of the header of a packed credential */
#define MARSHALLED_SIZE 44u    /* of the header of a marshalled identity without pointers */
#define EX2_MOST (512u * 1024) /* five lengths of 16 bits and padding come to less */
#define VERSION_LIMIT 0x10000u /* a first word from here on is part of a pointer */
#define FIRST_PAGE 4096u       /* nothing is mapped below */
#define HEADER_MOST 4096u      /* what says that it is longer is not a structure of ours */

_Static_assert(sizeof(SEC_WINNT_AUTH_IDENTITY_EX2) == EX2_SIZE, "the same in memory");
_Static_assert(sizeof(SEC_WINNT_AUTH_PACKED_CREDENTIALS) == PACKED_SIZE, "the same in memory");

/* The flags that the SDK has names for. */
#define FLAGS_KNOWN                                                                                \
    (IDENT_ENCODING | IDENT_ENCRYPTED | SEC_WINNT_AUTH_IDENTITY_MARSHALLED |                       \
     SEC_WINNT_AUTH_IDENTITY_ONLY | SEC_WINNT_AUTH_IDENTITY_FLAGS_RESERVED |                       \
     SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER | SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN |         \
     SEC_WINNT_AUTH_IDENTITY_FLAGS_ID_PROVIDER | SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_USE_MASK)

/* SEC_WINNT_AUTH_DATA_TYPE_PASSWORD as Windows marshals it. */
static const uint8_t wire_type_password[16] = { 0x2f, 0xc3, 0xbf, 0x28, 0xf6, 0x10, 0x38, 0x47,
                                                0x98, 0xd1, 0x1a, 0xc0, 0x61, 0xdf, 0x71, 0x6a };

enum encoding { UTF8, UTF16 /* units as this host has them, at any address */, UTF16LE };

/* One member as it was given: data NULL, not at all; len 0, empty.  len is in bytes. */
struct given {
    struct span bytes;
    enum encoding as;
};

/* An identity found but not yet copied: everything still lies with the caller. */
struct parts {
    struct given user, domain, password, package_list;
    uint32_t flags;
};

static size_t unit_size(enum encoding as)
{
    return as == UTF8 ? 1 : 2;
}

static bool has_one_encoding(uint32_t flags)
{
    uint32_t encoding = flags & IDENT_ENCODING;

    return encoding == SEC_WINNT_AUTH_IDENTITY_ANSI || encoding == SEC_WINNT_AUTH_IDENTITY_UNICODE;
}

/* Would this be a plain identity that could be taken?  Reads sizeof(plain), follows nothing. */
static bool plausibly_plain(const void *auth_data)
{
    SEC_WINNT_AUTH_IDENTITY_W id;

    memcpy(&id, auth_data, sizeof id);
    return (uintptr_t)id.User >= FIRST_PAGE && id.UserLength <= IDENT_MAX_CHARS &&
           id.DomainLength <= IDENT_MAX_CHARS && id.PasswordLength <= IDENT_MAX_CHARS &&
           (id.Domain || id.DomainLength == 0) && (id.Password || id.PasswordLength == 0) &&
           has_one_encoding(id.Flags) && (id.Flags & ~FLAGS_KNOWN) == 0;
}

/* What the versioned forms say of their own size, before more of them is read. */
static uint32_t ex_length(const void *auth_data)
{
    uint32_t length;

    memcpy(&length, (const uint8_t *)auth_data + offsetof(SEC_WINNT_AUTH_IDENTITY_EXW, Length),
           sizeof length);
    return length;
}

static uint32_t ex2_header(const void *auth_data)
{
    uint16_t header;

    memcpy(&header,
           (const uint8_t *)auth_data + offsetof(SEC_WINNT_AUTH_IDENTITY_EX2, cbHeaderLength),
           sizeof header);
    return header;
}

/*
 * A plain identity begins with a pointer, the others with their version.  Half of a pointer may
 * by chance be a small number.  Then the next word tells: the others have their own size there,
 * and where it is not the one we know, a plain identity must look right in every member to be
 * taken for one.  A size below that of a plain identity is never read past, and a size that no
 * structure has is half of a pointer in an identity that does not look right.
 */
enum ident_form ident_form(const void *auth_data)
{
    enum ident_form form;
    const void *first;
    uint32_t version, size, known;

    memcpy(&first, auth_data, sizeof first);
    memcpy(&version, auth_data, sizeof version);
    if (!first || version >= VERSION_LIMIT)
        return IDENT_PLAIN;
    if (version == SEC_WINNT_AUTH_IDENTITY_VERSION) {
        form = IDENT_EX;
        size = ex_length(auth_data);
        known = sizeof(SEC_WINNT_AUTH_IDENTITY_EXW);
    } else if (version == SEC_WINNT_AUTH_IDENTITY_VERSION_2) {
        form = IDENT_EX2;
        size = ex2_header(auth_data);
        known = EX2_SIZE;
    } else {
        return plausibly_plain(auth_data) ? IDENT_PLAIN : IDENT_NONE;
    }
    if (size != known && size >= sizeof(SEC_WINNT_AUTH_IDENTITY_W) && plausibly_plain(auth_data))
        return IDENT_PLAIN;
    return size <= HEADER_MOST ? form : IDENT_NONE;
}

uint32_t ident_flags(const void *auth_data)
{
    SEC_WINNT_AUTH_IDENTITY_W plain = { .Flags = 0 };
    SEC_WINNT_AUTH_IDENTITY_EXW ex = { .Flags = 0 };
    SEC_WINNT_AUTH_IDENTITY_EX2 ex2 = { .Flags = 0 };

    switch (ident_form(auth_data)) {
    case IDENT_PLAIN:
        memcpy(&plain, auth_data, sizeof plain);
        break;
    case IDENT_EX:
        if (ex_length(auth_data) >= sizeof ex)
            memcpy(&ex, auth_data, sizeof ex);
        break;
    case IDENT_EX2:
        if (ex2_header(auth_data) >= EX2_SIZE)
            memcpy(&ex2, auth_data, sizeof ex2);
        break;
    case IDENT_NONE:
        break;
    }
    return plain.Flags | ex.Flags | ex2.Flags;
}

/* What holds for the flags of every form.  utf16: the form has an encoding without a flag. */
static SECURITY_STATUS check_flags(const struct parts *parts, bool utf16)
{
    if (parts->flags & IDENT_ENCRYPTED)
        return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "identity is encrypted (flags 0x%x)",
                            (unsigned)parts->flags);
    if (!has_one_encoding(parts->flags) && !(utf16 && (parts->flags & IDENT_ENCODING) == 0))
        return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS,
                            "identity has flags 0x%x, not one of ANSI and UNICODE",
                            (unsigned)parts->flags);
    return SEC_E_OK;
}

static SECURITY_STATUS too_long(const char *what, uint32_t chars)
{
    return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS, "%s is %u characters long, the most is %u", what,
                        (unsigned)chars, IDENT_MAX_CHARS);
}

/* A member by its pointer and its length in characters. */
static SECURITY_STATUS at_pointer(const struct parts *parts, const char *what, const void *p,
                                  uint32_t chars, struct given *out)
{
    enum encoding as = parts->flags & SEC_WINNT_AUTH_IDENTITY_ANSI ? UTF8 : UTF16;

    if (!p && chars > 0)
        return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS, "%s is NULL but %u characters long", what,
                            (unsigned)chars);
    if (chars > IDENT_MAX_CHARS)
        return too_long(what, chars);
    *out = (struct given){ { p, chars * unit_size(as) }, as };
    return SEC_E_OK;
}

/* Bytes of a structure, counted from its start. */
struct place {
    uint32_t off, len; /* both 0: nothing was given */
};

static bool is_given(struct place at)
{
    return at.off != 0 || at.len != 0;
}

/* The bytes of a structure at a place; false: not behind its header, or not inside. */
static bool get_bytes(struct span all, uint32_t header, struct place at, struct span *out)
{
    if (at.off < header || at.off > all.len || at.len > all.len - at.off)
        return false;
    *out = span_of(all.data + at.off, at.len);
    return true;
}

static SECURITY_STATUS out_of_place(const char *what, struct place at, size_t size)
{
    return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS, "%s has %u bytes at %u, in a structure of %zu",
                        what, (unsigned)at.len, (unsigned)at.off, size);
}

/* A member by its place in a structure. */
static SECURITY_STATUS at_place(const char *what, struct span all, uint32_t header, struct place at,
                                enum encoding as, struct given *out)
{
    struct given g = { { NULL, 0 }, as };

    if (is_given(at) && !get_bytes(all, header, at, &g.bytes))
        return out_of_place(what, at, all.len);
    if (g.bytes.len % unit_size(as) != 0)
        return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS, "%s is UTF-16 of %zu bytes", what,
                            g.bytes.len);
    if (g.bytes.len / unit_size(as) > IDENT_MAX_CHARS)
        return too_long(what, at.len);
    *out = g;
    return SEC_E_OK;
}

/* What the forms with pointers have in common. */
static SECURITY_STATUS find_members(const SEC_WINNT_AUTH_IDENTITY_W *id, struct parts *parts)
{
    SECURITY_STATUS status;

    parts->flags = id->Flags;
    status = check_flags(parts, false);
    if (status >= 0)
        status = at_pointer(parts, "user", id->User, id->UserLength, &parts->user);
    if (status >= 0)
        status = at_pointer(parts, "domain", id->Domain, id->DomainLength, &parts->domain);
    if (status >= 0)
        status = at_pointer(parts, "password", id->Password, id->PasswordLength, &parts->password);
    return status;
}

static SECURITY_STATUS find_plain(const void *auth_data, struct parts *parts)
{
    SEC_WINNT_AUTH_IDENTITY_W id;

    memcpy(&id, auth_data, sizeof id);
    return find_members(&id, parts);
}

static SECURITY_STATUS find_ex(const void *auth_data, struct parts *parts)
{
    SEC_WINNT_AUTH_IDENTITY_EXW ex;
    SECURITY_STATUS status;

    if (ex_length(auth_data) < sizeof ex)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "extended identity of %u bytes, needs %zu",
                            (unsigned)ex_length(auth_data), sizeof ex);
    memcpy(&ex, auth_data, sizeof ex);
    status = find_members(&(SEC_WINNT_AUTH_IDENTITY_W){ ex.User, ex.UserLength, ex.Domain,
                                                        ex.DomainLength, ex.Password,
                                                        ex.PasswordLength, ex.Flags },
                          parts);
    if (status < 0)
        return status;
    return at_pointer(parts, "package list", ex.PackageList, ex.PackageListLength,
                      &parts->package_list);
}

/* SEC_WINNT_AUTH_IDENTITY_EX2 and SEC_WINNT_AUTH_PACKED_CREDENTIALS as numbers of this host. */
struct ex2 {
    uint32_t header, size;
    struct place user, domain, packed, package_list;
    uint32_t flags;
};

struct packed {
    uint32_t header, size;
    bool is_password;
    struct place data;
};

static void ex2_in_memory(const void *auth_data, struct ex2 *out)
{
    SEC_WINNT_AUTH_IDENTITY_EX2 h;

    memcpy(&h, auth_data, sizeof h);
    *out = (struct ex2){
        .header = h.cbHeaderLength,
        .size = h.cbStructureLength,
        .user = { h.UserOffset, h.UserLength },
        .domain = { h.DomainOffset, h.DomainLength },
        .packed = { h.PackedCredentialsOffset, h.PackedCredentialsLength },
        .package_list = { h.PackageListOffset, h.PackageListLength },
        .flags = h.Flags,
    };
}

/* Offset, length of 16 bits, padding to the next 32. */
static struct place get_place(struct wire_in *in)
{
    struct place at;

    at.off = wire_u32le(in);
    at.len = wire_u16le(in);
    (void)wire_u16le(in);
    return at;
}

static bool ex2_marshalled(struct span all, struct ex2 *out)
{
    struct wire_in in = wire_in(all);

    (void)wire_u32le(&in); /* Version */
    out->header = wire_u16le(&in);
    (void)wire_u16le(&in); /* padding */
    out->size = wire_u32le(&in);
    out->user = get_place(&in);
    out->domain = get_place(&in);
    out->packed = get_place(&in);
    out->flags = wire_u32le(&in);
    out->package_list = get_place(&in);
    return wire_ok(&in);
}

static void packed_in_memory(const uint8_t *at, struct packed *out)
{
    SEC_WINNT_AUTH_PACKED_CREDENTIALS h;

    memcpy(&h, at, sizeof h);
    out->header = h.cbHeaderLength;
    out->size = h.cbStructureLength;
    out->is_password =
        memcmp(&h.AuthData.CredType, &SEC_WINNT_AUTH_DATA_TYPE_PASSWORD, sizeof(GUID)) == 0;
    out->data =
        (struct place){ h.AuthData.CredData.ByteArrayOffset, h.AuthData.CredData.ByteArrayLength };
}

static void packed_marshalled(struct span all, struct packed *out)
{
    struct wire_in in = wire_in(all);

    out->header = wire_u16le(&in);
    out->size = wire_u16le(&in);
    out->is_password = span_is(wire_span(&in, 16), wire_type_password, 16);
    out->data = get_place(&in);
}

/* The password in a packed credential: offsets count from its own start, text is UTF-16. */
static SECURITY_STATUS find_password(struct parts *parts, struct span all, enum encoding utf16)
{
    struct packed p;
    SECURITY_STATUS status;

    if (all.len < PACKED_SIZE)
        return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS, "packed credentials of %zu bytes", all.len);
    if (utf16 == UTF16LE)
        packed_marshalled(all, &p);
    else
        packed_in_memory(all.data, &p);
    if (p.header < PACKED_SIZE || p.size < p.header || p.size > all.len)
        return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS,
                            "packed credentials of %u bytes, header %u, room %zu", (unsigned)p.size,
                            (unsigned)p.header, all.len);
    if (!p.is_password)
        return trace_refuse(SEC_E_UNSUPPORTED_FUNCTION, "packed credentials are no password");
    status =
        at_place("password", span_of(all.data, p.size), p.header, p.data, utf16, &parts->password);
    if (status >= 0 && !parts->password.bytes.data) /* a credential of that type is one given */
        parts->password.bytes = span_of(all.data, 0);
    return status;
}

/* utf16: which of the two byte orders; it tells memory from marshalled bytes. */
static SECURITY_STATUS find_ex2(struct parts *parts, struct span all, const struct ex2 *h,
                                enum encoding utf16)
{
    enum encoding as = h->flags & SEC_WINNT_AUTH_IDENTITY_ANSI ? UTF8 : utf16;
    struct span packed;
    SECURITY_STATUS status;

    parts->flags = h->flags;
    status = check_flags(parts, true);
    if (status >= 0)
        status = at_place("user", all, h->header, h->user, as, &parts->user);
    if (status >= 0)
        status = at_place("domain", all, h->header, h->domain, as, &parts->domain);
    if (status >= 0)
        status =
            at_place("package list", all, h->header, h->package_list, as, &parts->package_list);
    if (status < 0 || !is_given(h->packed))
        return status;
    if (!get_bytes(all, h->header, h->packed, &packed))
        return out_of_place("packed credential", h->packed, all.len);
    return find_password(parts, packed, utf16);
}

static SECURITY_STATUS check_ex2_size(const struct ex2 *h, size_t room)
{
    if (h->header < EX2_SIZE || h->size < h->header || h->size > room)
        return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS, "identity of %u bytes, header %u, room %zu",
                            (unsigned)h->size, (unsigned)h->header, room);
    return SEC_E_OK;
}

static SECURITY_STATUS find_ex2_in_memory(const void *auth_data, struct parts *parts)
{
    struct ex2 h;
    SECURITY_STATUS status;

    if (ex2_header(auth_data) < EX2_SIZE)
        return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS, "identity with a header of %u bytes",
                            (unsigned)ex2_header(auth_data));
    ex2_in_memory(auth_data, &h);
    status = check_ex2_size(&h, EX2_MOST);
    if (status < 0)
        return status;
    return find_ex2(parts, span_of(auth_data, h.size), &h, UTF16);
}

static SECURITY_STATUS find_ex2_marshalled(struct span all, struct parts *parts)
{
    struct ex2 h;
    SECURITY_STATUS status;

    if (!ex2_marshalled(all, &h))
        return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS, "marshalled identity of %zu bytes", all.len);
    status = check_ex2_size(&h, all.len);
    if (status < 0)
        return status;
    return find_ex2(parts, span_of(all.data, h.size), &h, UTF16LE);
}

/* A member of the other marshalled form: its length is in characters. */
static SECURITY_STATUS at_wide_offset(const struct parts *parts, const char *what, struct span all,
                                      struct place at, struct given *out)
{
    enum encoding as = parts->flags & SEC_WINNT_AUTH_IDENTITY_ANSI ? UTF8 : UTF16LE;

    if (at.len > IDENT_MAX_CHARS)
        return too_long(what, at.len);
    at.len *= (uint32_t)unit_size(as);
    return at_place(what, all, MARSHALLED_SIZE, at, as, out);
}

static struct place get_wide_place(struct wire_in *in)
{
    struct place at;

    at.off = wire_u32le(in);
    at.len = wire_u32le(in);
    return at;
}

/*
 * What SspiMarshalAuthIdentity of Windows makes of the forms with pointers.  It is not written
 * down by Microsoft; known from Wine's dlls/secur32/tests (test_SspiMarshalAuthIdentity), which
 * were run on Windows: eleven words, then text; four spare bytes follow the text.
 */
static SECURITY_STATUS find_marshalled(struct span all, struct parts *parts)
{
    struct wire_in in = wire_in(all);
    struct place user, domain, password, list;
    uint32_t header;
    SECURITY_STATUS status;

    (void)wire_u32le(&in); /* version */
    header = wire_u32le(&in);
    user = get_wide_place(&in);
    domain = get_wide_place(&in);
    password = get_wide_place(&in);
    parts->flags = wire_u32le(&in);
    list = get_wide_place(&in);
    if (!wire_ok(&in) || header != MARSHALLED_SIZE)
        return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS,
                            "marshalled identity of %zu bytes, header %u", all.len,
                            (unsigned)header);
    status = check_flags(parts, false);
    if (status >= 0)
        status = at_wide_offset(parts, "user", all, user, &parts->user);
    if (status >= 0)
        status = at_wide_offset(parts, "domain", all, domain, &parts->domain);
    if (status >= 0)
        status = at_wide_offset(parts, "password", all, password, &parts->password);
    if (status >= 0)
        status = at_wide_offset(parts, "package list", all, list, &parts->package_list);
    return status;
}

/* The flag says that a member is absent: text beside it contradicts it. */
static SECURITY_STATUS apply_null(const struct parts *parts, uint32_t flag, const char *what,
                                  struct given *g)
{
    if ((parts->flags & flag) == 0)
        return SEC_E_OK;
    if (g->bytes.len > 0)
        return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS,
                            "%s is %zu bytes long, but a flag says it is NULL", what, g->bytes.len);
    g->bytes.data = NULL;
    return SEC_E_OK;
}

/*
 * The block of the copies: the identity, room for the units of the longest member, the text.
 * Text takes at most three bytes for a unit of UTF-16, and one more so that an empty member at
 * the end still points into the block.
 */
static size_t text_room(const struct given *g)
{
    return g->as == UTF8 ? g->bytes.len : g->bytes.len / 2 * 3;
}

static size_t most_units(const struct parts *parts)
{
    const struct given *all[] = { &parts->user, &parts->domain, &parts->password,
                                  &parts->package_list };
    size_t most = 0;

    for (size_t i = 0; i < 4; i++)
        if (all[i]->as != UTF8 && all[i]->bytes.len / 2 > most)
            most = all[i]->bytes.len / 2;
    return most;
}

static void load_units(const struct given *g, SEC_WCHAR *units)
{
    if (g->as == UTF16) {
        memcpy(units, g->bytes.data, g->bytes.len);
        return;
    }
    for (size_t i = 0; i < g->bytes.len / 2; i++)
        units[i] = (SEC_WCHAR)(g->bytes.data[2 * i] | g->bytes.data[2 * i + 1] << 8);
}

/* Copy one member as UTF-8 to *at, and move *at behind it.  units is scratch. */
static SECURITY_STATUS copy_member(const char *what, const struct given *g, SEC_WCHAR *units,
                                   char **at, struct span *out)
{
    size_t n = g->bytes.len;

    if (!g->bytes.data)
        return SEC_E_OK;
    if (n > 0 && g->as == UTF8) {
        memcpy(*at, g->bytes.data, n);
        if (!text_is_utf8(span_of(*at, n)))
            return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS, "%s is ANSI but not UTF-8", what);
    } else if (n > 0) {
        load_units(g, units);
        n = text_from_utf16(units, n / 2, *at);
    }
    *out = span_of(*at, n);
    *at += n;
    return SEC_E_OK;
}

static SECURITY_STATUS copy_parts(struct parts *parts, struct ssp_identity **out)
{
    size_t units = most_units(parts);
    size_t room = text_room(&parts->user) + text_room(&parts->domain) +
                  text_room(&parts->password) + text_room(&parts->package_list) + 1;
    IDENT_AUTO id = mem_secret(sizeof *id + units * sizeof(SEC_WCHAR) + room);
    SEC_WCHAR *scratch;
    char *at;
    SECURITY_STATUS status;

    if (!id)
        return SEC_E_INSUFFICIENT_MEMORY;
    scratch = (SEC_WCHAR *)(id + 1);
    at = (char *)(scratch + units);
    id->flags = parts->flags & ~(IDENT_ENCODING | SEC_WINNT_AUTH_IDENTITY_MARSHALLED);
    status = copy_member("user", &parts->user, scratch, &at, &id->user);
    if (status >= 0)
        status = copy_member("domain", &parts->domain, scratch, &at, &id->domain);
    if (status >= 0)
        status = copy_member("password", &parts->password, scratch, &at, &id->password);
    if (status >= 0)
        status = copy_member("package list", &parts->package_list, scratch, &at, &id->package_list);
    if (status < 0)
        return status;
    explicit_bzero(scratch, units * sizeof(SEC_WCHAR));
    *out = id;
    id = NULL;
    return SEC_E_OK;
}

static SECURITY_STATUS finish(struct parts *parts, struct ssp_identity **out)
{
    SECURITY_STATUS status =
        apply_null(parts, SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER, "user", &parts->user);

    if (status >= 0)
        status =
            apply_null(parts, SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN, "domain", &parts->domain);
    return status < 0 ? status : copy_parts(parts, out);
}

/* Of a password what it says, of anything else the whole: it has no other use. */
static struct span ex2_secret(const void *auth_data)
{
    struct span none = { NULL, 0 }, packed, password;
    struct packed p;
    struct ex2 h;

    if (ex2_header(auth_data) < EX2_SIZE)
        return none;
    ex2_in_memory(auth_data, &h);
    if (h.size > EX2_MOST || !get_bytes(span_of(auth_data, h.size), h.header, h.packed, &packed))
        return none;
    if (packed.len < PACKED_SIZE)
        return packed;
    packed_in_memory(packed.data, &p);
    if (!p.is_password || p.header < PACKED_SIZE || !get_bytes(packed, p.header, p.data, &password))
        return packed;
    return password;
}

/* The bytes of a password; none if that would be a guess. */
static struct span secret_at(const void *p, uint32_t chars, uint32_t flags)
{
    size_t size = (flags & IDENT_ENCODING) == SEC_WINNT_AUTH_IDENTITY_UNICODE ? 2 : 1;

    return p && chars <= IDENT_MAX_CHARS ? span_of(p, chars * size) : span_of(NULL, 0);
}

struct span ident_secret(const void *auth_data)
{
    SEC_WINNT_AUTH_IDENTITY_W plain;
    SEC_WINNT_AUTH_IDENTITY_EXW ex;

    switch (auth_data ? ident_form(auth_data) : IDENT_NONE) {
    case IDENT_PLAIN:
        memcpy(&plain, auth_data, sizeof plain);
        return secret_at(plain.Password, plain.PasswordLength, plain.Flags);
    case IDENT_EX:
        if (ex_length(auth_data) < sizeof ex)
            break;
        memcpy(&ex, auth_data, sizeof ex);
        return secret_at(ex.Password, ex.PasswordLength, ex.Flags);
    case IDENT_EX2:
        return ex2_secret(auth_data);
    case IDENT_NONE:
        break;
    }
    return span_of(NULL, 0);
}

SECURITY_STATUS ident_parse(const void *auth_data, bool wide, struct ssp_identity **out)
{
    struct parts parts = { .flags = 0 };
    SECURITY_STATUS status = SEC_E_UNKNOWN_CREDENTIALS;
    uint32_t version;

    (void)wide; /* no form that we take leaves its encoding open */
    if (!auth_data)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "identity is NULL");
    switch (ident_form(auth_data)) {
    case IDENT_PLAIN:
        status = find_plain(auth_data, &parts);
        break;
    case IDENT_EX:
        status = find_ex(auth_data, &parts);
        break;
    case IDENT_EX2:
        status = find_ex2_in_memory(auth_data, &parts);
        break;
    case IDENT_NONE:
        memcpy(&version, auth_data, sizeof version);
        return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS, "identity of version 0x%x",
                            (unsigned)version);
    }
    return status < 0 ? status : finish(&parts, out);
}

SECURITY_STATUS ident_parse_marshalled(struct span marshalled, struct ssp_identity **out)
{
    struct parts parts = { .flags = 0 };
    struct wire_in in = wire_in(marshalled);
    uint32_t version = wire_u32le(&in);
    SECURITY_STATUS status;

    if (version == SEC_WINNT_AUTH_IDENTITY_VERSION)
        status = find_marshalled(marshalled, &parts);
    else if (version == SEC_WINNT_AUTH_IDENTITY_VERSION_2)
        status = find_ex2_marshalled(marshalled, &parts);
    else
        return trace_refuse(SEC_E_UNKNOWN_CREDENTIALS,
                            "marshalled identity of %zu bytes, version 0x%x", marshalled.len,
                            (unsigned)version);
    return status < 0 ? status : finish(&parts, out);
}

void ident_free(struct ssp_identity *identity)
{
    mem_secret_free(identity);
}
