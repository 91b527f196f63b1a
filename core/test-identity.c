/* SPDX-License-Identifier: Apache-2.0 */
/* test-identity.c: every form of an identity, whole, cut, lying and hostile. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <uchar.h>
#include <cmocka.h>

#include "core/identity.h"
#include "core/memory.h"
#include "core/text.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define ANSI SEC_WINNT_AUTH_IDENTITY_ANSI
#define UNICODE_ SEC_WINNT_AUTH_IDENTITY_UNICODE
#define PASSWORD_AT 56u /* of the packed credential in struct whole */

/* mem_secret as identity.c sees it (-Wl,--wrap=mem_secret). */
void *__real_mem_secret(size_t n);
void *__wrap_mem_secret(size_t n);
static bool no_memory;
static size_t block_size; /* of the last one given */

void *__wrap_mem_secret(size_t n)
{
    block_size = n;
    return no_memory ? NULL : __real_mem_secret(n);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return mem_secret_in_use() == 0 ? 0 : -1;
}

/* A copy in memory of exactly its size, so that ASan sees a stray read. */
static void *tight(const void *bytes, size_t n)
{
    void *p = malloc(n);

    assert_true(p || n == 0);
    if (n > 0)
        memcpy(p, bytes, n);
    return p;
}

static USHORT *wide(const char16_t *s)
{
    return tight(s, text_wlen(s) * 2);
}

static UCHAR *narrow(const char *s)
{
    return tight(s, strlen(s));
}

static void assert_text(struct span s, const char *want)
{
    if (!want) {
        assert_null(s.data);
        assert_int_equal(s.len, 0);
        return;
    }
    assert_non_null(s.data);
    assert_int_equal(s.len, strlen(want));
    assert_memory_equal(s.data, want, s.len);
}

/* Refused with this status, and nothing handed out. */
static void assert_refused(const void *auth_data, SECURITY_STATUS want)
{
    struct ssp_identity *const untouched = (struct ssp_identity *)(uintptr_t)8, *id = untouched;

    assert_int_equal(ident_parse(auth_data, true, &id), want);
    assert_ptr_equal(id, untouched);
    assert_int_equal(mem_secret_in_use(), 0);
}

static struct ssp_identity *parse(const void *auth_data)
{
    struct ssp_identity *id = NULL;

    assert_int_equal(ident_parse(auth_data, false, &id), SEC_E_OK);
    assert_non_null(id);
    return id;
}

/* --- forms with pointers ------------------------------------------------------------------- */

static void wide_identity_is_taken(void **state)
{
    SEC_WINNT_AUTH_IDENTITY_W w;

    (void)state;
    memset(&w, 0, sizeof w); /* what lies between the members is compared below */
    w.User = wide(u"J\u00fcrgen");
    w.UserLength = 6;
    w.Domain = wide(u"CORP");
    w.DomainLength = 4;
    w.Password = wide(u"s3\u20acret");
    w.PasswordLength = 6;
    w.Flags = UNICODE_;
    SEC_WINNT_AUTH_IDENTITY_W *copy = tight(&w, sizeof w);
    struct ssp_identity *id = parse(copy);

    assert_text(id->user, "J\xc3\xbcrgen");
    assert_text(id->domain, "CORP");
    assert_text(id->password, "s3\xe2\x82\xacret");
    assert_text(id->package_list, NULL);
    assert_int_equal(id->flags, 0);
    assert_memory_equal(copy, &w, sizeof w);
    ident_free(id);
    free(w.User);
    free(w.Domain);
    free(w.Password);
    free(copy);
}

static void narrow_identity_is_taken_by_its_flag(void **state)
{
    SEC_WINNT_AUTH_IDENTITY_A a = {
        narrow("J\xc3\xbcrgen"), 7, narrow("CORP"), 4, narrow("secret"), 6, ANSI
    };
    struct ssp_identity *id = parse(&a);

    (void)state;
    assert_text(id->user, "J\xc3\xbcrgen");
    assert_text(id->domain, "CORP");
    assert_text(id->password, "secret");
    ident_free(id);
    free(a.User);
    free(a.Domain);
    free(a.Password);
}

static void ansi_that_is_not_utf8_is_refused(void **state)
{
    static UCHAR latin1[] = { 'J', 0xfc, 'r' }, pair[] = { 0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80 };

    (void)state;
    assert_refused(&(SEC_WINNT_AUTH_IDENTITY_A){ .User = latin1, .UserLength = 3, .Flags = ANSI },
                   SEC_E_UNKNOWN_CREDENTIALS);
    assert_refused(
        &(SEC_WINNT_AUTH_IDENTITY_A){ .Password = latin1, .PasswordLength = 2, .Flags = ANSI },
        SEC_E_UNKNOWN_CREDENTIALS);
    assert_refused(&(SEC_WINNT_AUTH_IDENTITY_A){ .Domain = pair, .DomainLength = 6, .Flags = ANSI },
                   SEC_E_UNKNOWN_CREDENTIALS);
}

static void lone_surrogates_survive(void **state)
{
    static USHORT odd[] = { 'a', 0xd800, 'b', 0xdc00, 0xd83d, 0xde00 };
    struct ssp_identity *id = parse(&(SEC_WINNT_AUTH_IDENTITY_W){
        .Password = odd, .PasswordLength = COUNT(odd), .Flags = UNICODE_ });
    SEC_WCHAR back[COUNT(odd)];

    (void)state;
    assert_int_equal(text_to_utf16(id->password, back), COUNT(odd));
    assert_memory_equal(back, odd, sizeof odd);
    ident_free(id);
}

static void nul_belongs_to_the_text(void **state)
{
    static UCHAR user[] = "root\0x";
    struct ssp_identity *id =
        parse(&(SEC_WINNT_AUTH_IDENTITY_A){ .User = user, .UserLength = 6, .Flags = ANSI });

    (void)state;
    assert_int_equal(id->user.len, 6);
    assert_memory_equal(id->user.data, "root\0x", 6);
    ident_free(id);
}

static void flags_must_name_one_encoding(void **state)
{
    SEC_WINNT_AUTH_IDENTITY_W w = { .Flags = 0 };
    SEC_WINNT_AUTH_IDENTITY_EXW ex = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
                                       .Length = sizeof ex };

    (void)state;
    assert_refused(&w, SEC_E_UNKNOWN_CREDENTIALS);
    assert_refused(&ex, SEC_E_UNKNOWN_CREDENTIALS);
    w.Flags = ex.Flags = ANSI | UNICODE_;
    assert_refused(&w, SEC_E_UNKNOWN_CREDENTIALS);
    assert_refused(&ex, SEC_E_UNKNOWN_CREDENTIALS);
    w.Flags = ex.Flags = SEC_WINNT_AUTH_IDENTITY_MARSHALLED | SEC_WINNT_AUTH_IDENTITY_ONLY;
    assert_refused(&w, SEC_E_UNKNOWN_CREDENTIALS);
    assert_refused(&ex, SEC_E_UNKNOWN_CREDENTIALS);
}

static void other_flags_are_handed_on(void **state)
{
    struct ssp_identity *id = parse(&(SEC_WINNT_AUTH_IDENTITY_W){
        .Flags = UNICODE_ | SEC_WINNT_AUTH_IDENTITY_MARSHALLED | SEC_WINNT_AUTH_IDENTITY_ONLY |
                 SEC_WINNT_AUTH_IDENTITY_FLAGS_ID_PROVIDER });

    (void)state;
    assert_int_equal(id->flags,
                     SEC_WINNT_AUTH_IDENTITY_ONLY | SEC_WINNT_AUTH_IDENTITY_FLAGS_ID_PROVIDER);
    ident_free(id);
}

static void encrypted_identity_is_not_supported(void **state)
{
    static const ULONG bits[] = { 0x10, 0x20, 0x40, 0x80 };

    (void)state;
    for (size_t i = 0; i < COUNT(bits); i++) {
        SEC_WINNT_AUTH_IDENTITY_W w = { .Flags = UNICODE_ | bits[i] };
        SEC_WINNT_AUTH_IDENTITY_EXW ex = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
                                           .Length = sizeof ex,
                                           .Flags = ANSI | bits[i] };
        SEC_WINNT_AUTH_IDENTITY_EX2 ex2 = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2,
                                            .cbHeaderLength = sizeof ex2,
                                            .cbStructureLength = sizeof ex2,
                                            .Flags = bits[i] };

        assert_refused(&w, SEC_E_UNSUPPORTED_FUNCTION);
        assert_refused(&ex, SEC_E_UNSUPPORTED_FUNCTION);
        assert_refused(&ex2, SEC_E_UNSUPPORTED_FUNCTION);
        assert_int_equal(ident_flags(&w) & IDENT_ENCRYPTED, bits[i]);
        assert_int_equal(ident_flags(&ex) & IDENT_ENCRYPTED, bits[i]);
        assert_int_equal(ident_flags(&ex2) & IDENT_ENCRYPTED, bits[i]);
    }
}

static void absent_is_not_empty(void **state)
{
    void *nothing = tight("", 0);
    USHORT *empty = nothing ? nothing : (USHORT *)(uintptr_t)4096;
    struct ssp_identity *id =
        parse(&(SEC_WINNT_AUTH_IDENTITY_W){ .User = empty, .Password = empty, .Flags = UNICODE_ });

    (void)state;
    assert_text(id->user, "");
    assert_text(id->domain, NULL);
    assert_text(id->password, "");
    ident_free(id);
    id = parse(&(SEC_WINNT_AUTH_IDENTITY_W){ .User = empty,
                                             .Domain = empty,
                                             .Flags = UNICODE_ |
                                                      SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER |
                                                      SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN });
    assert_text(id->user, NULL);
    assert_text(id->domain, NULL);
    assert_text(id->password, NULL);
    ident_free(id);
    free(nothing);
}

static void text_that_a_flag_calls_null_is_refused(void **state)
{
    static UCHAR x[] = "x";

    (void)state;
    assert_refused(
        &(SEC_WINNT_AUTH_IDENTITY_A){
            .User = x, .UserLength = 1, .Flags = ANSI | SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER },
        SEC_E_UNKNOWN_CREDENTIALS);
    assert_refused(
        &(SEC_WINNT_AUTH_IDENTITY_A){ .Domain = x,
                                      .DomainLength = 1,
                                      .Flags = ANSI | SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN },
        SEC_E_UNKNOWN_CREDENTIALS);
}

static void null_with_a_length_is_refused(void **state)
{
    (void)state;
    assert_refused(&(SEC_WINNT_AUTH_IDENTITY_W){ .UserLength = 5, .Flags = UNICODE_ },
                   SEC_E_UNKNOWN_CREDENTIALS);
    assert_refused(&(SEC_WINNT_AUTH_IDENTITY_W){ .DomainLength = 1, .Flags = UNICODE_ },
                   SEC_E_UNKNOWN_CREDENTIALS);
    assert_refused(&(SEC_WINNT_AUTH_IDENTITY_A){ .PasswordLength = 5, .Flags = ANSI },
                   SEC_E_UNKNOWN_CREDENTIALS);
    assert_refused(&(SEC_WINNT_AUTH_IDENTITY_EXW){ .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
                                                   .Length = sizeof(SEC_WINNT_AUTH_IDENTITY_EXW),
                                                   .Flags = UNICODE_,
                                                   .PackageListLength = 5 },
                   SEC_E_UNKNOWN_CREDENTIALS);
}

static void too_long_is_refused_before_it_is_read(void **state)
{
    static const ULONG lengths[] = { IDENT_MAX_CHARS + 1, 65536,      0x7fffffff,
                                     0x80000000,          0x80000001, 0xffffffff };
    static USHORT x[1];
    static UCHAR y[1];

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        assert_refused(
            &(SEC_WINNT_AUTH_IDENTITY_W){ .User = x, .UserLength = lengths[i], .Flags = UNICODE_ },
            SEC_E_UNKNOWN_CREDENTIALS);
        assert_refused(&(SEC_WINNT_AUTH_IDENTITY_W){ .Password = x,
                                                     .PasswordLength = lengths[i],
                                                     .Flags = UNICODE_ },
                       SEC_E_UNKNOWN_CREDENTIALS);
        assert_refused(
            &(SEC_WINNT_AUTH_IDENTITY_A){ .Domain = y, .DomainLength = lengths[i], .Flags = ANSI },
            SEC_E_UNKNOWN_CREDENTIALS);
    }
}

static void the_longest_is_taken(void **state)
{
    USHORT *units = malloc(IDENT_MAX_CHARS * sizeof *units);
    struct ssp_identity *id;

    (void)state;
    assert_non_null(units);
    for (size_t i = 0; i < IDENT_MAX_CHARS; i++)
        units[i] = 0x20ac;
    id = parse(&(SEC_WINNT_AUTH_IDENTITY_W){ units, IDENT_MAX_CHARS, units, IDENT_MAX_CHARS, units,
                                             IDENT_MAX_CHARS, UNICODE_ });
    assert_int_equal(id->user.len, 3 * IDENT_MAX_CHARS);
    assert_int_equal(id->password.len, 3 * IDENT_MAX_CHARS);
    ident_free(id);
    free(units);
}

static void extended_identity_has_a_package_list(void **state)
{
    SEC_WINNT_AUTH_IDENTITY_EXW w = {
        SEC_WINNT_AUTH_IDENTITY_VERSION,
        sizeof w,
        wide(u"u"),
        1,
        wide(u"d"),
        1,
        wide(u"p"),
        1,
        UNICODE_,
        wide(u"!ntlm,kerberos"),
        14,
    };
    SEC_WINNT_AUTH_IDENTITY_EXA a = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
                                      .Length = sizeof a + 8, /* one that has grown */
                                      .Flags = ANSI,
                                      .PackageList = narrow("kerberos"),
                                      .PackageListLength = 8 };
    void *copy = tight(&w, sizeof w);
    struct ssp_identity *id = parse(copy);

    (void)state;
    assert_text(id->user, "u");
    assert_text(id->domain, "d");
    assert_text(id->password, "p");
    assert_text(id->package_list, "!ntlm,kerberos");
    ident_free(id);
    id = parse(&a);
    assert_text(id->user, NULL);
    assert_text(id->package_list, "kerberos");
    ident_free(id);
    free(copy);
    free(w.User);
    free(w.Domain);
    free(w.Password);
    free(w.PackageList);
    free(a.PackageList);
}

static void extended_identity_that_is_too_short_is_not_read(void **state)
{
    (void)state;
    for (ULONG length = 0; length < sizeof(SEC_WINNT_AUTH_IDENTITY_EXW); length++) {
        SEC_WINNT_AUTH_IDENTITY_EXW ex = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
                                           .Length = length,
                                           .Flags = UNICODE_ };
        void *copy = tight(&ex, length < 8 ? 8 : length);

        assert_refused(copy, SEC_E_INVALID_PARAMETER);
        assert_int_equal(ident_flags(copy), 0);
        assert_int_equal(ident_secret(copy).len, 0);
        free(copy);
    }
}

static void unknown_version_is_refused(void **state)
{
    static const ULONG versions[] = { 1, 2, 4, 5, 0x1ff, 0x202, 0x300, 0x4000, 0xffff };

    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        SEC_WINNT_AUTH_IDENTITY_EXW ex = { .Version = versions[i],
                                           .Length = sizeof ex,
                                           .Flags = UNICODE_ };

        assert_refused(&ex, SEC_E_UNKNOWN_CREDENTIALS);
        assert_int_equal(ident_form(&ex), IDENT_NONE);
        assert_int_equal(ident_flags(&ex), 0);
        assert_int_equal(ident_secret(&ex).len, 0);
    }
}

/* Memory whose address has 32 zero bits at its low end; NULL where the system gives none. */
static uint8_t *round_address(size_t n)
{
    static const uintptr_t high[] = { 0x5000, 0x7000, 0x2000 };

    for (size_t i = 0; sizeof(void *) == 8 && i < COUNT(high); i++) {
        void *want = (void *)(high[i] << 16 << 16);
        void *p = mmap(want, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == want)
            return p;
        if (p != MAP_FAILED)
            munmap(p, n);
    }
    return NULL;
}

static void pointer_that_looks_like_a_version_is_a_pointer(void **state)
{
    static const uint32_t versions[] = { 0x200, 0x201, 0x300, 0x8000 };
    uint8_t *page = round_address(0x10000);

    (void)state;
    if (!page) {
        print_message("# the system gives no page at a round address\n");
        skip();
    }
    for (size_t i = 0; i < COUNT(versions); i++) {
        uint8_t *user = page + versions[i];
        SEC_WINNT_AUTH_IDENTITY_A a = { user, 3, NULL, 0, user, 3, ANSI };
        SEC_WINNT_AUTH_IDENTITY_A *copy = tight(&a, sizeof a);
        struct ssp_identity *id;

        memcpy(user, "bob", 3);
        assert_int_equal(ident_form(copy), IDENT_PLAIN);
        id = parse(copy);
        assert_text(id->user, "bob");
        assert_text(id->password, "bob");
        ident_free(id);
        copy->Flags = ANSI | SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED;
        assert_refused(copy, SEC_E_UNSUPPORTED_FUNCTION);
        copy->Flags = 0;
        assert_refused(copy, SEC_E_UNKNOWN_CREDENTIALS);
        copy->Flags = ANSI;
        copy->UserLength = 0x80000000;
        assert_int_equal(ident_form(copy), IDENT_NONE);
        assert_refused(copy, SEC_E_UNKNOWN_CREDENTIALS);
        free(copy);
    }
    munmap(page, 0x10000);
}

/* Nothing is mapped at the lowest addresses, so such a pointer is none. */
static void pointer_into_the_first_page_is_refused(void **state)
{
    (void)state;
    for (uintptr_t p = 1; p < 4096; p += 7)
        assert_true(ident_form(&(SEC_WINNT_AUTH_IDENTITY_A){
                        .User = (UCHAR *)p, .UserLength = 1, .Flags = ANSI }) != IDENT_PLAIN);
    assert_refused(
        &(SEC_WINNT_AUTH_IDENTITY_A){ .User = (UCHAR *)8, .UserLength = 1, .Flags = ANSI },
        SEC_E_UNKNOWN_CREDENTIALS);
}

/* Where addresses have 39 bits, half of one may be as small as the size of a structure. */
static void short_pointer_that_looks_like_a_version_is_a_pointer(void **state)
{
    static const uintptr_t high[] = { 0x31, 0x3f, 0x55, 0x7f, 0xc0 };
    static UCHAR text[] = "x";

    (void)state;
    if (sizeof(void *) != 8) {
        print_message("# pointers are not 64 bits long\n");
        skip();
    }
    for (size_t i = 0; i < COUNT(high); i++)
        for (uintptr_t low = 0x1ff; low <= 0x202; low++) {
            SEC_WINNT_AUTH_IDENTITY_A a = {
                (UCHAR *)(high[i] << 16 << 16 | low), 5, text, 1, text, 1, ANSI
            };
            void *copy = tight(&a, sizeof a);

            assert_int_equal(ident_form(copy), IDENT_PLAIN);
            assert_int_equal(ident_flags(copy), ANSI);
            free(copy);
        }
}

static void version_that_looks_like_a_pointer_is_a_version(void **state)
{
    static USHORT text[] = { 'x' };
    SEC_WINNT_AUTH_IDENTITY_EXW ex = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
                                       .Length = sizeof ex,
                                       .User = text,
                                       .UserLength = 1,
                                       .Password = text,
                                       .PasswordLength = 1,
                                       .Flags = UNICODE_ };

    (void)state;
    assert_int_equal(ident_form(&ex), IDENT_EX);
    for (ex.Length = 0; ex.Length <= 4096; ex.Length++)
        assert_int_equal(ident_form(&ex), IDENT_EX);
    for (; ex.Length <= 70000; ex.Length++)
        assert_int_equal(ident_form(&ex), IDENT_NONE);
}

static void structures_may_lie_anywhere(void **state)
{
    static USHORT text[] = { 0x20ac, 'x' };
    uint8_t odd_text[1 + sizeof text], odd[1 + sizeof(SEC_WINNT_AUTH_IDENTITY_EXW)];
    void *at = odd_text + 1;
    SEC_WINNT_AUTH_IDENTITY_EXW ex = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
                                       .Length = sizeof ex,
                                       .UserLength = 2,
                                       .Flags = UNICODE_ };
    struct ssp_identity *id;

    (void)state;
    memcpy(odd_text + 1, text, sizeof text);
    memcpy(&ex.User, &at, sizeof at);
    memcpy(odd + 1, &ex, sizeof ex);
    id = parse(odd + 1);
    assert_text(id->user, "\xe2\x82\xacx");
    ident_free(id);
}

static void null_is_no_identity(void **state)
{
    (void)state;
    assert_refused(NULL, SEC_E_INVALID_PARAMETER);
    assert_int_equal(ident_secret(NULL).len, 0);
    ident_free(NULL);
}

/* --- the form without pointers ------------------------------------------------------------- */

/* User "us", domain "d", password "pw", list "!a", in this order and without gaps but one. */
struct whole {
    SEC_WINNT_AUTH_IDENTITY_EX2 h;
    USHORT user[2], domain[1], gap[1];
    SEC_WINNT_AUTH_PACKED_CREDENTIALS packed;
    USHORT password[2], list[2];
};

_Static_assert(offsetof(struct whole, packed) == PASSWORD_AT, "no padding before it");
_Static_assert(sizeof(struct whole) == 92, "nor behind");

static struct whole make_whole(void)
{
    return (struct whole){
        .h = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2,
               .cbHeaderLength = sizeof(SEC_WINNT_AUTH_IDENTITY_EX2),
               .cbStructureLength = sizeof(struct whole),
               .UserOffset = offsetof(struct whole, user),
               .UserLength = 4,
               .DomainOffset = offsetof(struct whole, domain),
               .DomainLength = 2,
               .PackedCredentialsOffset = offsetof(struct whole, packed),
               .PackedCredentialsLength = 32,
               .Flags = UNICODE_ | SEC_WINNT_AUTH_IDENTITY_MARSHALLED,
               .PackageListOffset = offsetof(struct whole, list),
               .PackageListLength = 4 },
        .user = { 'u', 's' },
        .domain = { 'd' },
        .packed = { .cbHeaderLength = sizeof(SEC_WINNT_AUTH_PACKED_CREDENTIALS),
                    .cbStructureLength = 32,
                    .AuthData = { .CredType = SEC_WINNT_AUTH_DATA_TYPE_PASSWORD,
                                  .CredData = { 28, 4 } } },
        .password = { 'p', 'w' },
        .list = { '!', 'a' },
    };
}

static void assert_whole(const struct ssp_identity *id)
{
    assert_text(id->user, "us");
    assert_text(id->domain, "d");
    assert_text(id->password, "pw");
    assert_text(id->package_list, "!a");
}

/* In memory of as many bytes as it says, and never fewer than its header. */
static void assert_whole_refused(const struct whole *w, SECURITY_STATUS want)
{
    size_t n = w->h.cbStructureLength < sizeof w->h ? sizeof w->h : w->h.cbStructureLength;
    void *copy = tight(w, n > sizeof *w ? sizeof *w : n);

    assert_refused(copy, want);
    free(copy);
}

static void self_relative_identity_is_taken(void **state)
{
    struct whole w = make_whole();
    void *copy = tight(&w, sizeof w);
    struct ssp_identity *id = parse(copy);

    (void)state;
    assert_int_equal(ident_form(copy), IDENT_EX2);
    assert_whole(id);
    assert_int_equal(id->flags, 0);
    assert_memory_equal(copy, &w, sizeof w);
    ident_free(id);
    free(copy);
}

static void self_relative_identity_needs_no_encoding_flag(void **state)
{
    struct whole w = make_whole();
    struct ssp_identity *id;

    (void)state;
    w.h.Flags = 0; /* as in Wine's dlls/secur32/tests, test_SspiMarshalAuthIdentity */
    id = parse(&w);
    assert_whole(id);
    ident_free(id);
    w.h.Flags = ANSI | UNICODE_;
    assert_whole_refused(&w, SEC_E_UNKNOWN_CREDENTIALS);
}

static void self_relative_identity_may_be_ansi(void **state)
{
    struct whole w = make_whole();
    struct ssp_identity *id;

    (void)state;
    w.h.Flags = ANSI;
    memcpy(w.user, "J\xc3\xbc", 3);
    w.h.UserLength = 3;
    w.h.DomainLength = 1;
    w.h.PackageListLength = 1;
    id = parse(&w);
    assert_text(id->user, "J\xc3\xbc");
    assert_text(id->domain, "d");
    assert_text(id->password, "pw");
    ident_free(id);
    w.h.UserLength = 2;
    assert_whole_refused(&w, SEC_E_UNKNOWN_CREDENTIALS);
}

static void offset_zero_is_absent_and_length_zero_empty(void **state)
{
    struct whole w = make_whole();
    struct ssp_identity *id;

    (void)state;
    w.h.UserOffset = w.h.UserLength = 0;
    w.h.DomainLength = 0;
    w.h.PackedCredentialsOffset = w.h.PackedCredentialsLength = 0;
    w.h.PackageListOffset = w.h.cbStructureLength; /* right behind the end, and empty */
    w.h.PackageListLength = 0;
    id = parse(&w);
    assert_text(id->user, NULL);
    assert_text(id->domain, "");
    assert_text(id->password, NULL);
    assert_text(id->package_list, "");
    ident_free(id);
    w.h.Flags |= SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN;
    id = parse(&w);
    assert_text(id->domain, NULL);
    ident_free(id);
}

static void packed_password_may_be_empty(void **state)
{
    struct whole w = make_whole();
    struct ssp_identity *id;

    (void)state;
    w.packed.AuthData.CredData.ByteArrayLength = 0;
    id = parse(&w);
    assert_text(id->password, "");
    ident_free(id);
    w.packed.AuthData.CredData.ByteArrayOffset = 0;
    id = parse(&w);
    assert_text(id->password, "");
    ident_free(id);
}

/* Everything that makes an _EX2 impossible, and the status of each. */
static void impossible_self_relative_identities_are_refused(void **state)
{
    const struct whole good = make_whole();
    struct whole w;

    (void)state;
#define REFUSED(member, value, status)                                                             \
    do {                                                                                           \
        w = good;                                                                                  \
        w.member = (value);                                                                        \
        assert_whole_refused(&w, (status));                                                        \
    } while (0)
#define UNKNOWN(member, value) REFUSED(member, value, SEC_E_UNKNOWN_CREDENTIALS)
    UNKNOWN(h.cbHeaderLength, 47);
    UNKNOWN(h.cbHeaderLength, 0);
    UNKNOWN(h.cbHeaderLength, 93); /* more than the whole */
    UNKNOWN(h.cbHeaderLength, 0xffff);
    UNKNOWN(h.cbHeaderLength, 50); /* the user begins inside */
    UNKNOWN(h.cbStructureLength, 0);
    UNKNOWN(h.cbStructureLength, 47);
    UNKNOWN(h.cbStructureLength, 0x80001);
    UNKNOWN(h.cbStructureLength, 0x80000000);
    UNKNOWN(h.cbStructureLength, 0xffffffff);
    UNKNOWN(h.UserOffset, 1);
    UNKNOWN(h.UserOffset, 0);
    UNKNOWN(h.UserOffset, 47);
    UNKNOWN(h.UserOffset, 89);
    UNKNOWN(h.UserOffset, 93);
    UNKNOWN(h.UserOffset, 0x7fffffff);
    UNKNOWN(h.UserOffset, 0xfffffffc);
    UNKNOWN(h.UserOffset, 0xffffffff);
    UNKNOWN(h.UserLength, 3);
    UNKNOWN(h.UserLength, 46);
    UNKNOWN(h.UserLength, 0xfffe);
    UNKNOWN(h.UserLength, 0xffff);
    UNKNOWN(h.DomainOffset, 4);
    UNKNOWN(h.DomainOffset, 91);
    UNKNOWN(h.DomainOffset, 0xffffffff);
    UNKNOWN(h.DomainLength, 1);
    UNKNOWN(h.DomainLength, 0xfffe);
    UNKNOWN(h.PackageListOffset, 40);
    UNKNOWN(h.PackageListOffset, 90);
    UNKNOWN(h.PackageListOffset, 0x80000000);
    UNKNOWN(h.PackageListLength, 3);
    UNKNOWN(h.PackageListLength, 6);
    UNKNOWN(h.PackedCredentialsOffset, 0);
    UNKNOWN(h.PackedCredentialsOffset, 16);
    UNKNOWN(h.PackedCredentialsOffset, 62);
    UNKNOWN(h.PackedCredentialsOffset, 0xffffffe0);
    UNKNOWN(h.PackedCredentialsLength, 0);
    UNKNOWN(h.PackedCredentialsLength, 27);
    UNKNOWN(h.PackedCredentialsLength, 31);
    UNKNOWN(h.PackedCredentialsLength, 38);
    UNKNOWN(h.PackedCredentialsLength, 0xffff);
    UNKNOWN(packed.cbHeaderLength, 0);
    UNKNOWN(packed.cbHeaderLength, 27);
    UNKNOWN(packed.cbHeaderLength, 29); /* the password begins inside */
    UNKNOWN(packed.cbHeaderLength, 0xffff);
    UNKNOWN(packed.cbStructureLength, 0);
    UNKNOWN(packed.cbStructureLength, 31);
    UNKNOWN(packed.cbStructureLength, 33);
    UNKNOWN(packed.cbStructureLength, 0xffff);
    UNKNOWN(packed.AuthData.CredData.ByteArrayOffset, 0);
    UNKNOWN(packed.AuthData.CredData.ByteArrayOffset, 4);
    UNKNOWN(packed.AuthData.CredData.ByteArrayOffset, 30);
    UNKNOWN(packed.AuthData.CredData.ByteArrayOffset, 0xfffffffc);
    UNKNOWN(packed.AuthData.CredData.ByteArrayLength, 3);
    UNKNOWN(packed.AuthData.CredData.ByteArrayLength, 6);
    UNKNOWN(packed.AuthData.CredData.ByteArrayLength, 0xfffe);
    REFUSED(packed.AuthData.CredType.Data1, 0x235f69ad, SEC_E_UNSUPPORTED_FUNCTION);
    REFUSED(packed.AuthData.CredType.Data4[7], 0, SEC_E_UNSUPPORTED_FUNCTION);
#undef UNKNOWN
#undef REFUSED
}

static void sizes_that_hold_nothing_must_still_agree(void **state)
{
    struct whole w = make_whole();

    (void)state;
    w.h.UserOffset = w.h.DomainOffset = w.h.PackageListOffset = 0;
    w.h.UserLength = w.h.DomainLength = w.h.PackageListLength = 0;
    w.packed.AuthData.CredData = (SEC_WINNT_AUTH_BYTE_VECTOR){ 0, 0 };
    w.packed.cbHeaderLength = 32;
    w.packed.cbStructureLength = 31;
    assert_whole_refused(&w, SEC_E_UNKNOWN_CREDENTIALS);
    w.h.PackedCredentialsOffset = w.h.PackedCredentialsLength = 0;
    w.h.cbHeaderLength = 92;
    w.h.cbStructureLength = 91;
    assert_whole_refused(&w, SEC_E_UNKNOWN_CREDENTIALS);
}

static void packed_credential_that_is_too_short_is_not_read(void **state)
{
    struct whole w = make_whole();
    void *copy;

    (void)state;
    w.h.PackageListOffset = w.h.PackageListLength = 0;
    for (USHORT n = 1; n < sizeof w.packed; n++) {
        w.h.PackedCredentialsLength = n;
        w.h.cbStructureLength = PASSWORD_AT + n;
        assert_whole_refused(&w, SEC_E_UNKNOWN_CREDENTIALS);
        copy = tight(&w, w.h.cbStructureLength);
        assert_int_equal(ident_secret(copy).len, n);
        free(copy);
    }
}

static void ansi_of_64k_is_too_long(void **state)
{
    const ULONG n = IDENT_MAX_CHARS + 1;
    SEC_WINNT_AUTH_IDENTITY_EX2 *h = malloc(sizeof *h + n);

    (void)state;
    assert_non_null(h);
    memset(h, 'x', sizeof *h + n);
    *h = (SEC_WINNT_AUTH_IDENTITY_EX2){ .Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2,
                                        .cbHeaderLength = sizeof *h,
                                        .cbStructureLength = (ULONG)sizeof *h + n,
                                        .UserOffset = sizeof *h,
                                        .UserLength = IDENT_MAX_CHARS,
                                        .Flags = ANSI };
    ident_free(parse(h));
    h->UserLength = (USHORT)n;
    assert_refused(h, SEC_E_UNKNOWN_CREDENTIALS);
    free(h);
}

static void header_that_is_too_short_is_not_read(void **state)
{
    const struct whole w = make_whole();

    (void)state;
    for (USHORT n = 0; n < sizeof w.h; n++) {
        SEC_WINNT_AUTH_IDENTITY_EX2 h = w.h;
        void *copy;

        h.cbHeaderLength = n;
        copy = tight(&h, n < 8 ? 8 : n);
        assert_refused(copy, SEC_E_UNKNOWN_CREDENTIALS);
        assert_int_equal(ident_flags(copy), 0);
        assert_int_equal(ident_secret(copy).len, 0);
        free(copy);
    }
}

static void every_shorter_structure_is_refused(void **state)
{
    struct whole w = make_whole();

    (void)state;
    for (ULONG n = 0; n < sizeof w; n++) {
        w.h.cbStructureLength = n;
        assert_whole_refused(&w, SEC_E_UNKNOWN_CREDENTIALS);
    }
}

/* --- marshalled ---------------------------------------------------------------------------- */

/* The same as make_whole, and what Windows makes of an _EX identity; see identity.c. */
static const char marshalled_ex2[] = "\x01\x02\0\0\x30\0\0\0\x5c\0\0\0" /* version, header, size */
                                     "\x30\0\0\0\x04\0\0\0"             /* user */
                                     "\x34\0\0\0\x02\0\0\0"             /* domain */
                                     "\x38\0\0\0\x20\0\0\0"             /* packed credentials */
                                     "\x06\0\0\0\x58\0\0\0\x04\0\0\0"   /* flags, package list */
                                     "u\0s\0d\0\0\0"                    /* and a gap */
                                     "\x1c\0\x20\0"                     /* header, size */
                                     "\x2f\xc3\xbf\x28\xf6\x10\x38\x47" /* type: */
                                     "\x98\xd1\x1a\xc0\x61\xdf\x71\x6a" /* a password */
                                     "\x1c\0\0\0\x04\0\0\0"             /* where it is */
                                     "p\0w\0!\0a";                      /* the last zero ends it */

static const char marshalled_ex[] = "\0\x02\0\0\x2c\0\0\0"           /* version, header */
                                    "\x2c\0\0\0\x02\0\0\0"           /* user */
                                    "\x30\0\0\0\x01\0\0\0"           /* domain */
                                    "\x32\0\0\0\x02\0\0\0\x06\0\0\0" /* password, flags */
                                    "\x36\0\0\0\x02\0\0\0"           /* package list */
                                    "u\0s\0d\0p\0w\0!\0a";

static const struct span marshalled[] = {
    { (const uint8_t *)marshalled_ex2, sizeof marshalled_ex2 },
    { (const uint8_t *)marshalled_ex, sizeof marshalled_ex },
};

static struct ssp_identity *unmarshal(struct span bytes)
{
    struct ssp_identity *id = NULL;

    assert_int_equal(ident_parse_marshalled(bytes, &id), SEC_E_OK);
    return id;
}

static void marshalled_identities_are_taken(void **state)
{
    static const char ansi[] = "\0\x02\0\0\x2c\0\0\0"
                               "\x2c\0\0\0\x02\0\0\0"           /* user */
                               "\x2e\0\0\0\x01\0\0\0"           /* domain */
                               "\x2f\0\0\0\x03\0\0\0\x01\0\0\0" /* password, flags */
                               "\0\0\0\0\0\0\0\0"
                               "usdpw!\0\0\0"; /* Windows leaves four more at the end */
    struct ssp_identity *id;

    (void)state;
    for (size_t i = 0; i < COUNT(marshalled); i++) {
        void *copy = tight(marshalled[i].data, marshalled[i].len);

        id = unmarshal(span_of(copy, marshalled[i].len));
        assert_whole(id);
        ident_free(id);
        free(copy);
    }
    id = unmarshal(span_of(ansi, sizeof ansi));
    assert_text(id->user, "us");
    assert_text(id->password, "pw!");
    assert_text(id->package_list, NULL);
    ident_free(id);
}

static void marshalled_identities_need_no_alignment(void **state)
{
    uint8_t odd[128];

    (void)state;
    for (size_t i = 0; i < COUNT(marshalled); i++)
        for (size_t shift = 0; shift < 8; shift++) {
            struct ssp_identity *id;

            memcpy(odd + shift, marshalled[i].data, marshalled[i].len);
            id = unmarshal(span_of(odd + shift, marshalled[i].len));
            assert_whole(id);
            ident_free(id);
        }
}

/* Refused, or taken with members that are inside the limits; never a stray read. */
static SECURITY_STATUS try_marshalled(const uint8_t *bytes, size_t n)
{
    void *copy = tight(bytes, n);
    struct ssp_identity *id = NULL;
    SECURITY_STATUS status = ident_parse_marshalled(span_of(copy, n), &id);

    if (status < 0) {
        assert_null(id);
        assert_true(status == SEC_E_UNKNOWN_CREDENTIALS || status == SEC_E_UNSUPPORTED_FUNCTION);
    } else {
        assert_true(text_is_utf8(id->user) && text_is_utf8(id->domain));
        assert_true(text_is_utf8(id->password) && text_is_utf8(id->package_list));
    }
    ident_free(id);
    free(copy);
    return status;
}

static void every_cut_is_refused(void **state)
{
    static const uint8_t bare_ex[44] = { 0x00, 0x02, 0, 0, 44, [32] = UNICODE_ };
    static const uint8_t bare_ex2[48] = { 0x01, 0x02, 0, 0, 48, 0, 0, 0, 48 };
    const struct span all[] = { marshalled[0], marshalled[1], span_of(bare_ex, sizeof bare_ex),
                                span_of(bare_ex2, sizeof bare_ex2) };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        assert_int_equal(try_marshalled(all[i].data, all[i].len), SEC_E_OK);
        for (size_t n = 0; n < all[i].len; n++)
            assert_int_equal(try_marshalled(all[i].data, n), SEC_E_UNKNOWN_CREDENTIALS);
    }
}

static void every_word_at_its_extremes_is_survived(void **state)
{
    static const uint32_t extreme[] = {
        0,      1,      2,       3,          27,       28,         43,         44,
        45,     47,     48,      49,         57,       58,         59,         63,
        64,     91,     92,      93,         255,      256,        0x7fff,     0x8000,
        0xfffe, 0xffff, 0x10000, 0x7fffffff, 1u << 31, 0xfffffff0, 0xfffffffe, 0xffffffff
    };
    uint8_t bytes[128];

    (void)state;
    for (size_t i = 0; i < COUNT(marshalled); i++)
        for (size_t at = 0; at + 4 <= marshalled[i].len; at += 2)
            for (size_t k = 0; k < COUNT(extreme); k++) {
                struct wire_out out = wire_out(bytes + at, 4);

                memcpy(bytes, marshalled[i].data, marshalled[i].len);
                wire_put_u32le(&out, extreme[k]);
                (void)try_marshalled(bytes, marshalled[i].len);
                memcpy(bytes, marshalled[i].data, marshalled[i].len);
                out = wire_out(bytes + at, 2);
                wire_put_u16le(&out, (uint16_t)extreme[k]);
                (void)try_marshalled(bytes, marshalled[i].len);
            }
}

static void hostile_marshalled_lengths_are_refused(void **state)
{
    static const struct {
        size_t which, at;
        uint32_t value;
    } bad[] = {
        { 0, 0, 0x202 },       { 0, 4, 47 },          { 0, 8, 93 },         { 0, 12, 91 },
        { 0, 12, 0xfffffffe }, { 0, 16, 5 },          { 0, 16, 0xfffe },    { 0, 28, 92 },
        { 0, 44, 1 },          { 1, 0, 0x1ff },       { 1, 4, 43 },         { 1, 4, 48 },
        { 1, 8, 57 },          { 1, 8, 43 },          { 1, 8, 0xfffffffc }, { 1, 12, 0x80000000 },
        { 1, 12, 0x80000002 }, { 1, 12, 0x7fffffff }, { 1, 12, 32768 },     { 1, 20, 6 },
        { 1, 32, 0 },          { 1, 32, 3 },          { 1, 36, 0 },         { 1, 36, 57 },
        { 1, 40, 3 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint8_t bytes[128];
        struct wire_out out = wire_out(bytes + bad[i].at, 4);

        memcpy(bytes, marshalled[bad[i].which].data, marshalled[bad[i].which].len);
        wire_put_u32le(&out, bad[i].value);
        assert_int_equal(try_marshalled(bytes, marshalled[bad[i].which].len),
                         SEC_E_UNKNOWN_CREDENTIALS);
    }
}

static void encrypted_marshalled_identity_is_not_supported(void **state)
{
    uint8_t bytes[128];

    (void)state;
    memcpy(bytes, marshalled_ex2, sizeof marshalled_ex2);
    bytes[36] = 0x12;
    assert_int_equal(try_marshalled(bytes, sizeof marshalled_ex2), SEC_E_UNSUPPORTED_FUNCTION);
    memcpy(bytes, marshalled_ex, sizeof marshalled_ex);
    bytes[32] = 0x82;
    assert_int_equal(try_marshalled(bytes, sizeof marshalled_ex), SEC_E_UNSUPPORTED_FUNCTION);
}

/* --- secrets and memory -------------------------------------------------------------------- */

static void secret_is_found_in_every_form(void **state)
{
    static USHORT text[] = { 'p', 'w' };
    static UCHAR octets[] = { 'p', 'w' };
    struct whole w = make_whole();
    SEC_WINNT_AUTH_IDENTITY_W plain = { .Password = text, .PasswordLength = 2, .Flags = UNICODE_ };
    SEC_WINNT_AUTH_IDENTITY_EXA ex = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
                                       .Length = sizeof ex,
                                       .Password = octets,
                                       .PasswordLength = 2,
                                       .Flags = ANSI };
    struct span s = ident_secret(&plain);

    (void)state;
    assert_ptr_equal(s.data, text);
    assert_int_equal(s.len, 4);
    plain.Flags = 0; /* units unknown: no more than is there for certain */
    assert_int_equal(ident_secret(&plain).len, 2);
    plain.PasswordLength = 0x80000000;
    assert_int_equal(ident_secret(&plain).len, 0);
    s = ident_secret(&ex);
    assert_ptr_equal(s.data, octets);
    assert_int_equal(s.len, 2);
    s = ident_secret(&w);
    assert_ptr_equal(s.data, w.password);
    assert_int_equal(s.len, 4);
    w.packed.AuthData.CredType.Data1++; /* a credential of another kind is secret as a whole */
    s = ident_secret(&w);
    assert_ptr_equal(s.data, &w.packed);
    assert_int_equal(s.len, 32);
    w.h.PackedCredentialsLength = 8;
    assert_int_equal(ident_secret(&w).len, 8);
    w.h.PackedCredentialsOffset = 0x80000000;
    assert_int_equal(ident_secret(&w).len, 0);
    w = make_whole();
    w.packed.cbHeaderLength = 0;
    w.packed.AuthData.CredData.ByteArrayOffset = 4;
    assert_int_equal(ident_secret(&w).len, 32);
    w = make_whole();
    w.h.cbStructureLength = 0x80000000;
    assert_int_equal(ident_secret(&w).len, 0);
}

static void utf16_does_not_stay_behind(void **state)
{
    static const uint8_t units[] = { 'p', 0, 'w', 0 };
    struct whole w = make_whole();
    struct ssp_identity *id;

    (void)state;
    w.h.PackageListOffset = w.h.PackageListLength = 0; /* so that the password is the last */
    id = parse(&w);
    assert_null(memmem(id, block_size, units, sizeof units));
    assert_non_null(memmem(id, block_size, "pw", 2));
    ident_free(id);
}

static void no_memory_is_said(void **state)
{
    struct whole w = make_whole();
    struct ssp_identity *id = NULL;

    (void)state;
    no_memory = true;
    assert_refused(&w, SEC_E_INSUFFICIENT_MEMORY);
    assert_refused(&(SEC_WINNT_AUTH_IDENTITY_W){ .Flags = UNICODE_ }, SEC_E_INSUFFICIENT_MEMORY);
    assert_int_equal(ident_parse_marshalled(marshalled[0], &id), SEC_E_INSUFFICIENT_MEMORY);
    no_memory = false;
    assert_null(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_identity_is_taken),
        cmocka_unit_test(narrow_identity_is_taken_by_its_flag),
        cmocka_unit_test(ansi_that_is_not_utf8_is_refused),
        cmocka_unit_test(lone_surrogates_survive),
        cmocka_unit_test(nul_belongs_to_the_text),
        cmocka_unit_test(flags_must_name_one_encoding),
        cmocka_unit_test(other_flags_are_handed_on),
        cmocka_unit_test(encrypted_identity_is_not_supported),
        cmocka_unit_test(absent_is_not_empty),
        cmocka_unit_test(text_that_a_flag_calls_null_is_refused),
        cmocka_unit_test(null_with_a_length_is_refused),
        cmocka_unit_test(too_long_is_refused_before_it_is_read),
        cmocka_unit_test(the_longest_is_taken),
        cmocka_unit_test(extended_identity_has_a_package_list),
        cmocka_unit_test(extended_identity_that_is_too_short_is_not_read),
        cmocka_unit_test(unknown_version_is_refused),
        cmocka_unit_test(pointer_that_looks_like_a_version_is_a_pointer),
        cmocka_unit_test(pointer_into_the_first_page_is_refused),
        cmocka_unit_test(short_pointer_that_looks_like_a_version_is_a_pointer),
        cmocka_unit_test(version_that_looks_like_a_pointer_is_a_version),
        cmocka_unit_test(structures_may_lie_anywhere),
        cmocka_unit_test(null_is_no_identity),
        cmocka_unit_test(self_relative_identity_is_taken),
        cmocka_unit_test(self_relative_identity_needs_no_encoding_flag),
        cmocka_unit_test(self_relative_identity_may_be_ansi),
        cmocka_unit_test(offset_zero_is_absent_and_length_zero_empty),
        cmocka_unit_test(packed_password_may_be_empty),
        cmocka_unit_test(impossible_self_relative_identities_are_refused),
        cmocka_unit_test(sizes_that_hold_nothing_must_still_agree),
        cmocka_unit_test(packed_credential_that_is_too_short_is_not_read),
        cmocka_unit_test(ansi_of_64k_is_too_long),
        cmocka_unit_test(header_that_is_too_short_is_not_read),
        cmocka_unit_test(every_shorter_structure_is_refused),
        cmocka_unit_test(marshalled_identities_are_taken),
        cmocka_unit_test(marshalled_identities_need_no_alignment),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(every_word_at_its_extremes_is_survived),
        cmocka_unit_test(hostile_marshalled_lengths_are_refused),
        cmocka_unit_test(encrypted_marshalled_identity_is_not_supported),
        cmocka_unit_test(secret_is_found_in_every_form),
        cmocka_unit_test(utf16_does_not_stay_behind),
        cmocka_unit_test(no_memory_is_said),
    };
    return cmocka_run_group_tests_name("identity", tests, NULL, nothing_is_left);
}
