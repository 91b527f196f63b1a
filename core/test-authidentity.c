/* SPDX-License-Identifier: Apache-2.0 */
/* test-authidentity.c: the Sspi* calls on identities. */
#include "config.h"

#define SSPI_NO_ULONG_COMPAT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>
#include <cmocka.h>

#include "core/identity.h"
#include "core/memory.h"
#include "core/text.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define UNTOUCHED ((void *)(uintptr_t)8)

/* What the library allocates with (-Wl,--wrap=...): counted, and made to fail at the n-th call. */
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_mem_secret(size_t n);
void *__wrap_mem_secret(size_t n);
void *__real_mem_result(size_t n);
void *__wrap_mem_result(size_t n);
bool __real_mem_result_free(const void *p);
bool __wrap_mem_result_free(const void *p);
static bool armed;
static size_t calls_left; /* until one fails */
static long results;      /* handed out and not freed */

static bool fails(void)
{
    return armed && calls_left-- == 0;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_mem_secret(size_t n)
{
    return fails() ? NULL : __real_mem_secret(n);
}

void *__wrap_mem_result(size_t n)
{
    void *p = fails() ? NULL : __real_mem_result(n);

    results += p != NULL;
    return p;
}

bool __wrap_mem_result_free(const void *p)
{
    bool freed = __real_mem_result_free(p);

    results -= p && freed;
    return freed;
}

static int nothing_is_left(void **state)
{
    (void)state;
    return mem_secret_in_use() == 0 && results == 0 ? 0 : -1;
}

static void *tight(const void *bytes, size_t n)
{
    void *p = malloc(n);

    assert_true(p || n == 0);
    if (n > 0)
        memcpy(p, bytes, n);
    return p;
}

static bool same_units(PCWSTR a, PCWSTR b)
{
    size_t n = text_wlen(a);

    return n == text_wlen(b) && memcmp(a, b, n * sizeof *a) == 0;
}

static void assert_string(PCWSTR s, PCWSTR want)
{
    if (!want) {
        assert_null(s);
        return;
    }
    assert_non_null(s);
    assert_true(same_units(s, want));
    assert_int_equal(mem_result_size(s), (text_wlen(want) + 1) * sizeof *want);
}

static void drop(const void *p)
{
    void *q;

    memcpy(&q, &p, sizeof q);
    SspiLocalFree(q);
}

static PSEC_WINNT_AUTH_IDENTITY_OPAQUE make(PCWSTR user, PCWSTR domain, PCWSTR password)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;

    assert_int_equal(SspiEncodeStringsAsAuthIdentity(user, domain, password, &id), SEC_E_OK);
    assert_non_null(id);
    return id;
}

static void assert_strings(PSEC_WINNT_AUTH_IDENTITY_OPAQUE id, PCWSTR user, PCWSTR domain,
                           PCWSTR password)
{
    PCWSTR u = UNTOUCHED, d = UNTOUCHED, p = UNTOUCHED;

    assert_int_equal(SspiEncodeAuthIdentityAsStrings(id, &u, &d, &p), SEC_E_OK);
    assert_string(u, user);
    assert_string(d, domain);
    assert_string(p, password);
    drop(u);
    drop(d);
    drop(p);
}

/* --- strings ------------------------------------------------------------------------------- */

static void identity_is_one_self_relative_block(void **state)
{
    SEC_WINNT_AUTH_IDENTITY_EX2 *id = make(u"user", u"domain", u"pass");

    (void)state;
    assert_int_equal(id->Version, SEC_WINNT_AUTH_IDENTITY_VERSION_2);
    assert_int_equal(id->cbHeaderLength, sizeof *id);
    assert_int_equal(mem_result_size(id), id->cbStructureLength);
    assert_int_equal(id->Flags,
                     SEC_WINNT_AUTH_IDENTITY_UNICODE | SEC_WINNT_AUTH_IDENTITY_MARSHALLED);
    assert_int_equal(id->UserOffset, 48);
    assert_int_equal(id->UserLength, 8);
    assert_int_equal(id->DomainOffset, 56);
    assert_int_equal(id->DomainLength, 12);
    assert_int_equal(id->PackedCredentialsOffset % 8, 0);
    assert_int_equal(id->PackedCredentialsLength, 28 + 8);
    assert_int_equal(id->PackageListOffset, 0);
    assert_int_equal(id->PackageListLength, 0);
    assert_memory_equal((uint8_t *)id + 48, u"userdomain", 20);
    SspiFreeAuthIdentity(id);
}

static void strings_come_back(void **state)
{
    static const char16_t odd[] = { 'a', 0xd800, 0x20ac, 0xdc00, 0xd83d, 0xde00, 0 };
    static const PCWSTR texts[] = { NULL, u"", u"x", u"J\u00fcrgen", odd };

    (void)state;
    for (size_t i = 1; i < COUNT(texts) * COUNT(texts) * COUNT(texts); i++) {
        PCWSTR user = texts[i % COUNT(texts)], domain = texts[i / COUNT(texts) % COUNT(texts)];
        PCWSTR password = texts[i / COUNT(texts) / COUNT(texts)];
        PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(user, domain, password);

        assert_strings(id, user, domain, password);
        assert_int_equal(SspiValidateAuthIdentity(id), SEC_E_OK);
        SspiFreeAuthIdentity(id);
    }
}

static void nothing_is_no_identity(void **state)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = UNTOUCHED;

    (void)state;
    assert_int_equal(SspiEncodeStringsAsAuthIdentity(NULL, NULL, NULL, &id), SEC_E_INVALID_TOKEN);
    assert_null(id);
    assert_int_equal(SspiEncodeStringsAsAuthIdentity(u"u", NULL, NULL, NULL),
                     SEC_E_INVALID_PARAMETER);
}

static void strings_that_are_too_long_are_refused(void **state)
{
    SEC_WCHAR *s = calloc(IDENT_MAX_CHARS + 2, sizeof *s);
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = UNTOUCHED;

    (void)state;
    assert_non_null(s);
    for (size_t i = 0; i <= IDENT_MAX_CHARS; i++)
        s[i] = 'x';
    assert_int_equal(SspiEncodeStringsAsAuthIdentity(s, NULL, NULL, &id),
                     SEC_E_UNKNOWN_CREDENTIALS);
    assert_null(id);
    s[IDENT_MAX_CHARS] = 0;
    id = make(s, s, NULL);
    assert_strings(id, s, s, NULL);
    SspiFreeAuthIdentity(id);
    /* A password shares the 16-bit length of its packed credential with 28 bytes of header. */
    assert_int_equal(SspiEncodeStringsAsAuthIdentity(NULL, NULL, s, &id), SEC_E_CANNOT_PACK);
    assert_null(id);
    s[(0xffff - 28) / 2 + 1] = 0;
    assert_int_equal(SspiEncodeStringsAsAuthIdentity(NULL, NULL, s, &id), SEC_E_CANNOT_PACK);
    s[(0xffff - 28) / 2] = 0;
    id = make(NULL, NULL, s);
    assert_strings(id, NULL, NULL, s);
    SspiFreeAuthIdentity(id);
    free(s);
}

static void foreign_forms_give_strings(void **state)
{
    static UCHAR user[] = "J\xc3\xbcrgen", password[] = "pw";
    SEC_WINNT_AUTH_IDENTITY_A a = { user, 7, NULL, 0, password, 2, SEC_WINNT_AUTH_IDENTITY_ANSI };

    (void)state;
    assert_strings(&a, u"J\u00fcrgen", NULL, u"pw");
}

static void text_with_nul_is_no_string(void **state)
{
    static UCHAR nul[] = "a\0b";
    SEC_WINNT_AUTH_IDENTITY_A a = { .User = nul,
                                    .UserLength = 3,
                                    .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
    PCWSTR u = UNTOUCHED, d = UNTOUCHED, p = UNTOUCHED;

    (void)state;
    assert_int_equal(SspiEncodeAuthIdentityAsStrings(&a, &u, &d, &p), SEC_E_CANNOT_PACK);
    assert_null(u);
    assert_null(d);
    assert_null(p);
    a = (SEC_WINNT_AUTH_IDENTITY_A){ .User = nul,
                                     .UserLength = 1,
                                     .Domain = nul,
                                     .DomainLength = 1,
                                     .Password = nul,
                                     .PasswordLength = 3,
                                     .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
    assert_int_equal(SspiEncodeAuthIdentityAsStrings(&a, &u, &d, &p), SEC_E_CANNOT_PACK);
    assert_null(u);
    assert_null(d);
    assert_null(p);
}

static void strings_need_somewhere_to_go(void **state)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"u", u"d", u"p");
    PCWSTR u = UNTOUCHED, d = UNTOUCHED;

    (void)state;
    assert_int_equal(SspiEncodeAuthIdentityAsStrings(id, NULL, &d, NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(SspiEncodeAuthIdentityAsStrings(id, &u, NULL, NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(SspiEncodeAuthIdentityAsStrings(NULL, &u, &d, NULL), SEC_E_INVALID_PARAMETER);
    assert_null(u);
    assert_null(d);
    assert_int_equal(SspiEncodeAuthIdentityAsStrings(id, &u, &d, NULL), SEC_E_OK);
    assert_string(u, u"u");
    drop(u);
    drop(d);
    SspiFreeAuthIdentity(id);
}

/* --- as a whole ---------------------------------------------------------------------------- */

static void validate_says_what_is_wrong(void **state)
{
    SEC_WINNT_AUTH_IDENTITY_W w = { .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };

    (void)state;
    assert_int_equal(SspiValidateAuthIdentity(&w), SEC_E_OK);
    w.UserLength = 5;
    assert_int_equal(SspiValidateAuthIdentity(&w), SEC_E_UNKNOWN_CREDENTIALS);
    w = (SEC_WINNT_AUTH_IDENTITY_W){ .Flags = 0x12 };
    assert_int_equal(SspiValidateAuthIdentity(&w), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(SspiValidateAuthIdentity(NULL), SEC_E_INVALID_PARAMETER);
}

static void copy_stands_alone(void **state)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"u", NULL, u"pw"), copy = NULL;

    (void)state;
    assert_int_equal(SspiCopyAuthIdentity(id, &copy), SEC_E_OK);
    assert_ptr_not_equal(copy, id);
    assert_int_equal(mem_result_size(copy), mem_result_size(id));
    assert_memory_equal(copy, id, mem_result_size(id));
    SspiFreeAuthIdentity(id);
    assert_strings(copy, u"u", NULL, u"pw");
    SspiFreeAuthIdentity(copy);
    copy = UNTOUCHED;
    assert_int_equal(SspiCopyAuthIdentity(NULL, &copy), SEC_E_INVALID_PARAMETER);
    assert_null(copy);
    assert_int_equal(SspiCopyAuthIdentity(NULL, NULL), SEC_E_INVALID_PARAMETER);
}

static void copy_of_a_foreign_form_keeps_all_of_it(void **state)
{
    static UCHAR x[] = "x", list[] = "!ntlm";
    SEC_WINNT_AUTH_IDENTITY_EXA ex = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
                                       .Length = sizeof ex,
                                       .User = x,
                                       .UserLength = 1,
                                       .Domain = x,
                                       .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI |
                                                SEC_WINNT_AUTH_IDENTITY_ONLY,
                                       .PackageList = list,
                                       .PackageListLength = 5 };
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE copy;
    struct ssp_identity *id;

    (void)state;
    assert_int_equal(SspiCopyAuthIdentity(&ex, &copy), SEC_E_OK);
    assert_strings(copy, u"x", u"", NULL);
    assert_int_equal(ident_parse(copy, false, &id), SEC_E_OK);
    assert_int_equal(id->flags, SEC_WINNT_AUTH_IDENTITY_ONLY);
    assert_true(span_is(id->package_list, "!ntlm", 5));
    ident_free(id);
    SspiFreeAuthIdentity(copy);
}

static void assert_same(PSEC_WINNT_AUTH_IDENTITY_OPAQUE a, PSEC_WINNT_AUTH_IDENTITY_OPAQUE b,
                        BOOLEAN want_user, BOOLEAN want_identity)
{
    BOOLEAN user = 7, identity = 7;

    assert_int_equal(SspiCompareAuthIdentities(a, b, &user, &identity), SEC_E_OK);
    assert_int_equal(user, want_user);
    assert_int_equal(identity, want_identity);
    assert_int_equal(SspiCompareAuthIdentities(b, a, &user, NULL), SEC_E_OK);
    assert_int_equal(user, want_user);
    assert_int_equal(SspiCompareAuthIdentities(b, a, NULL, &identity), SEC_E_OK);
    assert_int_equal(identity, want_identity);
}

static void names_compare_without_case_and_passwords_exactly(void **state)
{
    static const struct {
        PCWSTR user, domain, password;
        BOOLEAN same_user, same_identity;
    } other[] = {
        { u"J\u00fcrgen", u"Corp", u"Secret", TRUE, TRUE },
        { u"J\u00dcRGEN", u"CORP", u"Secret", TRUE, TRUE },
        { u"j\u00dcrgEN", u"cORP", u"Secret", TRUE, TRUE },
        { u"J\u00fcrgen", u"Corp", u"secret", TRUE, FALSE },
        { u"J\u00fcrgen", u"Corp", u"Secre", TRUE, FALSE },
        { u"J\u00fcrgen", u"Corp", u"Secret1", TRUE, FALSE },
        { u"J\u00fcrgen", u"Corp", u"", TRUE, FALSE },
        { u"J\u00fcrgen", u"Corp", NULL, TRUE, FALSE },
        { u"Jurgen", u"Corp", u"Secret", FALSE, FALSE },
        { u"J\u00fcrge", u"Corp", u"Secret", FALSE, FALSE },
        { u"J\u00fcrgenx", u"Corp", u"Secret", FALSE, FALSE },
        { u"J\u00fcrgen", u"Cor", u"Secret", FALSE, FALSE },
        { u"J\u00fcrgen", u"", u"Secret", FALSE, FALSE },
        { u"J\u00fcrgen", NULL, u"Secret", FALSE, FALSE },
        { NULL, u"Corp", u"Secret", FALSE, FALSE },
    };
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE one = make(u"J\u00fcrgen", u"Corp", u"Secret");

    (void)state;
    for (size_t i = 0; i < COUNT(other); i++) {
        PSEC_WINNT_AUTH_IDENTITY_OPAQUE two =
            make(other[i].user, other[i].domain, other[i].password);

        assert_same(one, two, other[i].same_user, other[i].same_identity);
        SspiFreeAuthIdentity(two);
    }
    SspiFreeAuthIdentity(one);
}

static void absent_and_empty_are_not_the_same(void **state)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE absent = make(u"u", u"d", NULL), empty = make(u"u", u"d", u"");
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE nowhere = make(u"u", NULL, NULL), bare = make(u"u", u"", NULL);

    (void)state;
    assert_same(nowhere, bare, FALSE, FALSE);
    SspiFreeAuthIdentity(nowhere);
    SspiFreeAuthIdentity(bare);
    assert_same(absent, empty, TRUE, FALSE);
    assert_same(absent, absent, TRUE, TRUE);
    assert_same(empty, empty, TRUE, TRUE);
    SspiFreeAuthIdentity(absent);
    SspiFreeAuthIdentity(empty);
}

static void forms_do_not_matter_to_a_comparison(void **state)
{
    static UCHAR u[] = "U", d[] = "D", p[] = "pw";
    SEC_WINNT_AUTH_IDENTITY_A a = { u, 1, d, 1, p, 2, SEC_WINNT_AUTH_IDENTITY_ANSI };
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"u", u"d", u"pw");

    (void)state;
    assert_same(&a, id, TRUE, TRUE);
    a.Flags |= SEC_WINNT_AUTH_IDENTITY_ONLY;
    assert_same(&a, id, TRUE, FALSE);
    a.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI | SEC_WINNT_AUTH_IDENTITY_FLAGS_ID_PROVIDER;
    assert_same(&a, id, FALSE, FALSE);
    SspiFreeAuthIdentity(id);
}

static void package_lists_tell_identities_apart(void **state)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"u", u"d", u"pw"), less = NULL;

    (void)state;
    assert_int_equal(SspiExcludePackage(id, u"NTLM", &less), SEC_E_OK);
    assert_same(id, less, TRUE, FALSE);
    SspiFreeAuthIdentity(id);
    SspiFreeAuthIdentity(less);
}

static void null_identity_is_like_itself_only(void **state)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"", NULL, NULL);
    SEC_WINNT_AUTH_IDENTITY_W bare = { .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };

    (void)state;
    assert_same(NULL, NULL, TRUE, TRUE);
    assert_same(NULL, id, FALSE, FALSE);
    assert_same(NULL, &bare, FALSE, FALSE);
    SspiFreeAuthIdentity(id);
}

static void comparison_with_nonsense_is_refused(void **state)
{
    SEC_WINNT_AUTH_IDENTITY_W bad = { .Flags = 0 };
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"u", NULL, NULL);
    BOOLEAN user = 7, identity = 7;

    (void)state;
    assert_int_equal(SspiCompareAuthIdentities(&bad, id, &user, &identity),
                     SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(user, FALSE);
    assert_int_equal(identity, FALSE);
    assert_int_equal(SspiCompareAuthIdentities(id, &bad, NULL, NULL), SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(SspiCompareAuthIdentities(id, id, NULL, NULL), SEC_E_OK);
    SspiFreeAuthIdentity(id);
}

/* As on Windows: Wine's dlls/secur32/tests, test_SspiEncodeStringsAsAuthIdentity. */
static void zero_leaves_all_but_the_password(void **state)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"u", u"d", u"Secret");
    size_t n = mem_result_size(id);
    PCWSTR u, d, p;

    (void)state;
    assert_non_null(memmem(id, n, u"Secret", 12));
    SspiZeroAuthIdentity(id);
    assert_null(memmem(id, n, u"S", 2));
    assert_null(memmem(id, n, u"t", 2));
    assert_int_equal(SspiEncodeAuthIdentityAsStrings(id, &u, &d, &p), SEC_E_OK);
    assert_string(u, u"u");
    assert_string(d, u"d");
    assert_non_null(p);
    assert_int_equal(text_wlen(p), 0);
    drop(u);
    drop(d);
    drop(p);
    SspiFreeAuthIdentity(id);
    SspiZeroAuthIdentity(NULL);
}

static void zero_wipes_foreign_forms_in_place(void **state)
{
    USHORT text[] = { 'p', 'w', '!' };
    UCHAR octets[] = { 'p', 'w', '!' };
    SEC_WINNT_AUTH_IDENTITY_W w = { .Password = text,
                                    .PasswordLength = 2,
                                    .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };
    SEC_WINNT_AUTH_IDENTITY_EXA ex = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
                                       .Length = sizeof ex,
                                       .Password = octets,
                                       .PasswordLength = 2,
                                       .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };

    (void)state;
    SspiZeroAuthIdentity(&w);
    assert_memory_equal(text, u"\0\0!", 6);
    SspiZeroAuthIdentity(&ex);
    assert_memory_equal(octets, "\0\0!", 3);
    text[0] = 'p';
    w.PasswordLength = 0x80000000;
    SspiZeroAuthIdentity(&w);
    assert_int_equal(text[0], 'p');
}

static void only_our_own_is_freed(void **state)
{
    int on_stack = 1;
    void *on_heap = malloc(64);
    uint8_t *id = make(u"u", u"d", u"p");

    (void)state;
    SspiFreeAuthIdentity(NULL);
    SspiLocalFree(NULL);
    SspiFreeAuthIdentity(&on_stack);
    SspiLocalFree(&on_stack);
    SspiFreeAuthIdentity(on_heap);
    SspiLocalFree(on_heap);
    SspiFreeAuthIdentity(id + 8);
    assert_strings(id, u"u", u"d", u"p");
    SspiFreeAuthIdentity(id);
    SspiFreeAuthIdentity(id); /* no longer ours */
    SspiLocalFree(id);
    free(on_heap);
    id = make(u"u", u"d", u"p");
    SspiLocalFree(id);
}

static void encryption_is_seen_in_the_flags(void **state)
{
    static const ULONG bits[] = { 0x10, 0x20, 0x40, 0x80 };
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"u", NULL, NULL);
    SEC_WINNT_AUTH_IDENTITY_EXW ex = { .Version = 0x300, .Length = sizeof ex, .Flags = 0x12 };

    (void)state;
    assert_int_equal(SspiIsAuthIdentityEncrypted(NULL), FALSE);
    assert_int_equal(SspiIsAuthIdentityEncrypted(id), FALSE);
    assert_int_equal(SspiIsAuthIdentityEncrypted(&ex), FALSE);
    for (size_t i = 0; i < COUNT(bits); i++) {
        SEC_WINNT_AUTH_IDENTITY_W w = { .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE | bits[i] };

        assert_int_equal(SspiIsAuthIdentityEncrypted(&w), TRUE);
        ((SEC_WINNT_AUTH_IDENTITY_EX2 *)id)->Flags = bits[i];
        assert_int_equal(SspiIsAuthIdentityEncrypted(id), TRUE);
    }
    SspiFreeAuthIdentity(id);
}

/* --- marshalling --------------------------------------------------------------------------- */

static void marshalled_identity_comes_back(void **state)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"J\u00fcrgen", u"", u"pw"), less, back;
    char *bytes;
    ULONG n;

    (void)state;
    assert_int_equal(SspiExcludePackage(id, u"NTLM", &less), SEC_E_OK);
    assert_int_equal(SspiMarshalAuthIdentity(less, &n, &bytes), SEC_E_OK);
    assert_int_equal(mem_result_size(bytes), n);
    assert_int_equal(SspiUnmarshalAuthIdentity(n, bytes, &back), SEC_E_OK);
    assert_same(less, back, TRUE, TRUE);
    assert_memory_equal(less, back, mem_result_size(less));
    SspiLocalFree(bytes);
    SspiFreeAuthIdentity(id);
    SspiFreeAuthIdentity(less);
    SspiFreeAuthIdentity(back);
}

static void marshalled_bytes_are_the_same_on_every_host(void **state)
{
    static const char want[] = "\x01\x02\0\0\x30\0\0\0\x58\0\0\0" /* version, header, size */
                               "\x30\0\0\0\x04\0\0\0"             /* user */
                               "\x34\0\0\0\x04\0\0\0"             /* domain */
                               "\x38\0\0\0\x20\0\0\0"             /* packed credentials */
                               "\x06\0\0\0\0\0\0\0\0\0\0\0"       /* flags, package list */
                               "u\0\xac\x20"
                               "d\0d\0"
                               "\x1c\0\x20\0"                     /* header, size */
                               "\x2f\xc3\xbf\x28\xf6\x10\x38\x47" /* type: */
                               "\x98\xd1\x1a\xc0\x61\xdf\x71\x6a" /* a password */
                               "\x1c\0\0\0\x04\0\0\0"             /* where it is */
                               "p\0w";                            /* the last zero ends it */
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"u\u20ac", u"dd", u"pw");
    char *bytes;
    ULONG n;

    (void)state;
    assert_int_equal(SspiMarshalAuthIdentity(id, &n, &bytes), SEC_E_OK);
    assert_int_equal(n, sizeof want);
    assert_memory_equal(bytes, want, sizeof want);
    SspiLocalFree(bytes);
    SspiFreeAuthIdentity(id);
}

static void marshalling_needs_its_arguments(void **state)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"u", NULL, NULL), back = UNTOUCHED;
    SEC_WINNT_AUTH_IDENTITY_W bad = { .Flags = 0 };
    char *bytes = UNTOUCHED, none[1];
    ULONG n = 7;

    (void)state;
    assert_int_equal(SspiMarshalAuthIdentity(id, NULL, &bytes), SEC_E_INVALID_PARAMETER);
    assert_int_equal(SspiMarshalAuthIdentity(id, &n, NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(SspiMarshalAuthIdentity(NULL, &n, &bytes), SEC_E_INVALID_PARAMETER);
    assert_int_equal(n, 0);
    assert_null(bytes);
    n = 7;
    bytes = UNTOUCHED;
    assert_int_equal(SspiMarshalAuthIdentity(&bad, &n, &bytes), SEC_E_UNKNOWN_CREDENTIALS);
    assert_int_equal(n, 0);
    assert_null(bytes);
    assert_int_equal(SspiUnmarshalAuthIdentity(5, NULL, &back), SEC_E_INVALID_PARAMETER);
    assert_null(back);
    assert_int_equal(SspiUnmarshalAuthIdentity(0, none, NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(SspiUnmarshalAuthIdentity(0, none, &back), SEC_E_UNKNOWN_CREDENTIALS);
    SspiFreeAuthIdentity(id);
}

/* What Windows makes of an _EX identity: Wine's dlls/secur32/tests, test_SspiMarshalAuthIdentity.
 */
static void windows_marshalled_identity_is_taken(void **state)
{
    static const char windows[] = "\0\x02\0\0\x2c\0\0\0"
                                  "\x2c\0\0\0\x04\0\0\0"           /* user */
                                  "\x34\0\0\0\x01\0\0\0"           /* domain */
                                  "\x36\0\0\0\x02\0\0\0\x06\0\0\0" /* password, flags */
                                  "\0\0\0\0\0\0\0\0"
                                  "u\0s\0e\0r\0"
                                  "d\0p\0w\0\0\0\0"; /* and four spare bytes */
    void *copy = tight(windows, sizeof windows);
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;

    (void)state;
    assert_int_equal(SspiUnmarshalAuthIdentity(sizeof windows, copy, &id), SEC_E_OK);
    assert_strings(id, u"user", u"d", u"pw");
    SspiFreeAuthIdentity(id);
    free(copy);
}

static void every_cut_is_refused(void **state)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"user", u"domain", u"password");
    char *bytes;
    ULONG n;

    (void)state;
    assert_int_equal(SspiMarshalAuthIdentity(id, &n, &bytes), SEC_E_OK);
    for (ULONG cut = 0; cut < n; cut++) {
        PSEC_WINNT_AUTH_IDENTITY_OPAQUE back = UNTOUCHED;
        char *copy = tight(bytes, cut);

        assert_int_equal(SspiUnmarshalAuthIdentity(cut, copy ? copy : bytes, &back),
                         SEC_E_UNKNOWN_CREDENTIALS);
        assert_null(back);
        free(copy);
    }
    SspiLocalFree(bytes);
    SspiFreeAuthIdentity(id);
}

/* What is taken must hold together: every other call takes it too. */
static void every_byte_at_its_extremes_is_survived(void **state)
{
    static const uint8_t extreme[] = { 0x00, 0x01, 0x02, 0x30, 0x7f, 0x80, 0xfe, 0xff };
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"user", u"domain", u"password");
    char *bytes;
    ULONG n;

    (void)state;
    assert_int_equal(SspiMarshalAuthIdentity(id, &n, &bytes), SEC_E_OK);
    for (ULONG at = 0; at < n; at++)
        for (size_t k = 0; k < COUNT(extreme); k++) {
            PSEC_WINNT_AUTH_IDENTITY_OPAQUE back;
            char *copy = tight(bytes, n);

            memcpy(copy + at, &extreme[k], 1);
            if (SspiUnmarshalAuthIdentity(n, copy, &back) >= 0) {
                assert_int_equal(SspiValidateAuthIdentity(back), SEC_E_OK);
                assert_same(back, back, TRUE, TRUE);
                SspiZeroAuthIdentity(back);
                SspiFreeAuthIdentity(back);
            }
            free(copy);
        }
    SspiLocalFree(bytes);
    SspiFreeAuthIdentity(id);
}

/* --- target and packages ------------------------------------------------------------------- */

static void host_is_found_in_a_target_name(void **state)
{
    static const struct {
        PCWSTR target, host;
    } known[] = {
        { u"HTTP/host:80@REALM", u"host" },
        { u"HTTP/www.example.org", u"www.example.org" },
        { u"HTTP/www.example.org:8080", u"www.example.org" },
        { u"HTTP/www.example.org@EXAMPLE.ORG", u"www.example.org" },
        { u"ldap/dc1.corp.example/corp.example", u"dc1.corp.example" },
        { u"ldap/dc1:389/corp.example@CORP", u"dc1" },
        { u"MSSQLSvc/db:INSTANCE", u"db" },
        { u"HTTP/[2001:db8::1]:443", u"2001:db8::1" },
        { u"HTTP/[2001:db8::1]", u"2001:db8::1" },
        { u"HTTP/2001:db8::1", u"2001:db8::1" },
        { u"HTTP/192.0.2.1:443", u"192.0.2.1" },
        { u"www.example.org", u"www.example.org" },
        { u"www.example.org:443", u"www.example.org" },
        { u"HTTP/b\u00fccher.example", u"b\u00fccher.example" },
        { u"HTTP/host:", u"host" },
        { u"", NULL },
        { u"/", NULL },
        { u"host/", NULL },
        { u"host/:80", NULL },
        { u"host/@REALM", NULL },
        { u"host//name", NULL },
        { u"HTTP/[]:80", NULL },
        { u"HTTP/[::1", NULL },
        { u"user@REALM", NULL },
        { u"DOMAIN\\user", NULL },
        { u"HTTP/a b", NULL },
        { u"HTTP/a\n", NULL },
        { u"HTTP/a\x7f", NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        void *copy = tight(known[i].target, (text_wlen(known[i].target) + 1) * 2);
        PWSTR host = UNTOUCHED;

        assert_int_equal(SspiGetTargetHostName(copy, &host),
                         known[i].host ? SEC_E_OK : SEC_E_TARGET_UNKNOWN);
        assert_string(host, known[i].host);
        SspiLocalFree(host);
        free(copy);
    }
}

static void host_has_a_longest(void **state)
{
    SEC_WCHAR target[300] = u"HTTP/";
    PWSTR host;

    (void)state;
    for (size_t i = 0; i < 255; i++)
        target[5 + i] = 'x';
    assert_int_equal(SspiGetTargetHostName(target, &host), SEC_E_OK);
    assert_int_equal(text_wlen(host), 255);
    SspiLocalFree(host);
    target[5 + 255] = 'x';
    assert_int_equal(SspiGetTargetHostName(target, &host), SEC_E_TARGET_UNKNOWN);
    assert_null(host);
    host = UNTOUCHED;
    assert_int_equal(SspiGetTargetHostName(NULL, &host), SEC_E_INVALID_PARAMETER);
    assert_null(host);
    assert_int_equal(SspiGetTargetHostName(u"x", NULL), SEC_E_INVALID_PARAMETER);
}

static void assert_list(PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity, const char *want)
{
    struct ssp_identity *id;

    assert_int_equal(ident_parse(identity, false, &id), SEC_E_OK);
    assert_int_equal(id->package_list.len, strlen(want));
    assert_memory_equal(id->package_list.data, want, id->package_list.len);
    ident_free(id);
}

static void excluded_package_goes_to_the_end_of_the_list(void **state)
{
    static const struct {
        const char *list, *want;
    } known[] = {
        { "", "!NTLM" },
        { "!kerberos", "!kerberos,!NTLM" },
        { "kerberos,ntlm", "kerberos,ntlm,!NTLM" },
        { "!ntlm", "!ntlm" },
        { "a,!Ntlm,b", "a,!Ntlm,b" },
        { "!ntlmx", "!ntlmx,!NTLM" },
        { "!ntl", "!ntl,!NTLM" },
        { ",,", ",,,!NTLM" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        SEC_WINNT_AUTH_IDENTITY_EXA ex = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
                                           .Length = sizeof ex,
                                           .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
                                           .PackageList =
                                               tight(known[i].list, strlen(known[i].list)),
                                           .PackageListLength = (ULONG)strlen(known[i].list) };
        PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;

        assert_int_equal(SspiExcludePackage(&ex, u"NTLM", &id), SEC_E_OK);
        assert_list(id, known[i].want);
        SspiFreeAuthIdentity(id);
        free(ex.PackageList);
    }
}

static void exclusion_keeps_the_rest(void **state)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = make(u"u", u"d", u"p"), less, least;

    (void)state;
    assert_int_equal(SspiExcludePackage(id, u"NTLM", &less), SEC_E_OK);
    assert_int_equal(SspiExcludePackage(less, u"Kerberos", &least), SEC_E_OK);
    assert_strings(least, u"u", u"d", u"p");
    assert_list(least, "!NTLM,!Kerberos");
    SspiFreeAuthIdentity(id);
    SspiFreeAuthIdentity(less);
    SspiFreeAuthIdentity(least);
}

static void exclusion_begins_with_nobody(void **state)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;

    (void)state;
    assert_int_equal(SspiExcludePackage(NULL, u"NTLM", &id), SEC_E_OK);
    assert_strings(id, NULL, NULL, NULL);
    assert_list(id, "!NTLM");
    SspiFreeAuthIdentity(id);
}

static void what_names_no_package_is_not_excluded(void **state)
{
    static const PCWSTR bad[] = { NULL, u"", u"!ntlm", u"a,b", u"," };
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        id = UNTOUCHED;
        assert_int_equal(SspiExcludePackage(NULL, bad[i], &id), SEC_E_INVALID_PARAMETER);
        assert_null(id);
    }
    assert_int_equal(SspiExcludePackage(NULL, u"NTLM", NULL), SEC_E_INVALID_PARAMETER);
    id = UNTOUCHED;
    assert_int_equal(SspiExcludePackage(&(SEC_WINNT_AUTH_IDENTITY_W){ .Flags = 0 }, u"NTLM", &id),
                     SEC_E_UNKNOWN_CREDENTIALS);
    assert_null(id);
}

static void list_that_grows_too_long_cannot_be_packed(void **state)
{
    SEC_WINNT_AUTH_IDENTITY_EXA ex = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
                                       .Length = sizeof ex,
                                       .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
                                       .PackageList = malloc(IDENT_MAX_CHARS),
                                       .PackageListLength = IDENT_MAX_CHARS };
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = UNTOUCHED;

    (void)state;
    assert_non_null(ex.PackageList);
    memset(ex.PackageList, 'x', IDENT_MAX_CHARS);
    assert_int_equal(SspiExcludePackage(&ex, u"NTLM", &id), SEC_E_CANNOT_PACK);
    assert_null(id);
    free(ex.PackageList);
}

/* --- memory that ends ---------------------------------------------------------------------- */

static PSEC_WINNT_AUTH_IDENTITY_OPAQUE sample, result;
static PCWSTR strings[3];
static char *packed;
static ULONG packed_size;

static SECURITY_STATUS do_encode(void)
{
    return SspiEncodeStringsAsAuthIdentity(u"u", u"d", u"p", &result);
}

static SECURITY_STATUS do_strings(void)
{
    return SspiEncodeAuthIdentityAsStrings(sample, &strings[0], &strings[1], &strings[2]);
}

static SECURITY_STATUS do_validate(void)
{
    return SspiValidateAuthIdentity(sample);
}

static SECURITY_STATUS do_copy(void)
{
    return SspiCopyAuthIdentity(sample, &result);
}

static SECURITY_STATUS do_compare(void)
{
    return SspiCompareAuthIdentities(sample, sample, NULL, NULL);
}

static SECURITY_STATUS do_marshal(void)
{
    return SspiMarshalAuthIdentity(sample, &packed_size, &packed);
}

static SECURITY_STATUS do_unmarshal(void)
{
    static char bytes[48] = { 1, 2, 0, 0, 48, 0, 0, 0, 48 };

    return SspiUnmarshalAuthIdentity(sizeof bytes, bytes, &result);
}

static SECURITY_STATUS do_host(void)
{
    PWSTR host;
    SECURITY_STATUS status = SspiGetTargetHostName(u"HTTP/h", &host);

    strings[0] = host;
    return status;
}

static SECURITY_STATUS do_exclude(void)
{
    return SspiExcludePackage(sample, u"NTLM", &result);
}

static void drop_all(bool expect_none)
{
    for (size_t i = 0; i < COUNT(strings); i++) {
        assert_true(!expect_none || !strings[i]);
        drop(strings[i]);
        strings[i] = NULL;
    }
    assert_true(!expect_none || (!result && !packed && packed_size == 0));
    SspiFreeAuthIdentity(result);
    SspiLocalFree(packed);
    result = NULL;
    packed = NULL;
    packed_size = 0;
}

static void every_allocation_may_fail(void **state)
{
    static const struct {
        SECURITY_STATUS (*call)(void);
        size_t allocations; /* at least */
    } calls[] = {
        { do_encode, 2 },    { do_strings, 4 }, { do_validate, 1 },
        { do_copy, 2 },      { do_compare, 2 }, { do_marshal, 2 },
        { do_unmarshal, 2 }, { do_host, 1 },    { do_exclude, 4 },
    };

    (void)state;
    sample = make(u"user", u"domain", u"password");
    for (size_t i = 0; i < COUNT(calls); i++) {
        size_t n = 0;

        for (;; n++) {
            SECURITY_STATUS status;

            calls_left = n;
            armed = true;
            status = calls[i].call();
            armed = false;
            drop_all(status < 0);
            assert_int_equal(mem_secret_in_use(), 0);
            assert_int_equal(results, 1); /* the sample */
            if (status >= 0)
                break;
            assert_int_equal(status, SEC_E_INSUFFICIENT_MEMORY);
        }
        assert_true(n >= calls[i].allocations);
    }
    SspiFreeAuthIdentity(sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_is_one_self_relative_block),
        cmocka_unit_test(strings_come_back),
        cmocka_unit_test(nothing_is_no_identity),
        cmocka_unit_test(strings_that_are_too_long_are_refused),
        cmocka_unit_test(foreign_forms_give_strings),
        cmocka_unit_test(text_with_nul_is_no_string),
        cmocka_unit_test(strings_need_somewhere_to_go),
        cmocka_unit_test(validate_says_what_is_wrong),
        cmocka_unit_test(copy_stands_alone),
        cmocka_unit_test(copy_of_a_foreign_form_keeps_all_of_it),
        cmocka_unit_test(names_compare_without_case_and_passwords_exactly),
        cmocka_unit_test(absent_and_empty_are_not_the_same),
        cmocka_unit_test(forms_do_not_matter_to_a_comparison),
        cmocka_unit_test(package_lists_tell_identities_apart),
        cmocka_unit_test(null_identity_is_like_itself_only),
        cmocka_unit_test(comparison_with_nonsense_is_refused),
        cmocka_unit_test(zero_leaves_all_but_the_password),
        cmocka_unit_test(zero_wipes_foreign_forms_in_place),
        cmocka_unit_test(only_our_own_is_freed),
        cmocka_unit_test(encryption_is_seen_in_the_flags),
        cmocka_unit_test(marshalled_identity_comes_back),
        cmocka_unit_test(marshalled_bytes_are_the_same_on_every_host),
        cmocka_unit_test(marshalling_needs_its_arguments),
        cmocka_unit_test(windows_marshalled_identity_is_taken),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(every_byte_at_its_extremes_is_survived),
        cmocka_unit_test(host_is_found_in_a_target_name),
        cmocka_unit_test(host_has_a_longest),
        cmocka_unit_test(excluded_package_goes_to_the_end_of_the_list),
        cmocka_unit_test(exclusion_keeps_the_rest),
        cmocka_unit_test(exclusion_begins_with_nobody),
        cmocka_unit_test(what_names_no_package_is_not_excluded),
        cmocka_unit_test(list_that_grows_too_long_cannot_be_packed),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("authidentity", tests, NULL, nothing_is_left);
}
