/* SPDX-License-Identifier: Apache-2.0 */
/* test-certificate.c: certificates are made, counted, walked through and opened; keys are kept. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/certificate.h"
#include "core/host.h"
#include "core/memory.h"
#include "core/test-tree.h"
#include "sspi/sspix.h"

#define DER(text) span_of("\x30" text, sizeof(text))
#define LEAF DER("\4leaf")
#define MIDDLE DER("\6middle")
#define ROOT DER("\4root")
#define NO_KEY span_of(NULL, 0)

static PCCERT_CONTEXT create(struct span der)
{
    return CertCreateCertificateContext(X509_ASN_ENCODING, der.data, (DWORD)der.len);
}

static PCCERT_CONTEXT chain(const char *key)
{
    const struct span der[] = { LEAF, MIDDLE, ROOT };
    PCCERT_CONTEXT made = NULL;

    assert_int_equal(host_table.certificates_new(der, 3, span_str(key), &made), SEC_E_OK);
    assert_non_null(made);
    return made;
}

/* As the application would fill it in. */
static CERT_CONTEXT own(struct span der, HCERTSTORE store)
{
    return (CERT_CONTEXT){ .dwCertEncodingType = X509_ASN_ENCODING,
                           .pbCertEncoded = (BYTE *)(uintptr_t)der.data,
                           .cbCertEncoded = (DWORD)der.len,
                           .hCertStore = store };
}

static bool holds(PCCERT_CONTEXT c, struct span der)
{
    return c && c->dwCertEncodingType == X509_ASN_ENCODING && c->pbCertEncoded != der.data &&
           span_eq(span_of(c->pbCertEncoded, c->cbCertEncoded), der) && !c->pCertInfo &&
           c->hCertStore;
}

static bool is_nothing(struct span s)
{
    return !s.data && s.len == 0;
}

/* No longer one that FreeContextBuffer knows. */
static bool is_gone(PCCERT_CONTEXT c)
{
    return FreeContextBuffer((void *)(uintptr_t)c) == SEC_E_INVALID_HANDLE;
}

/* --- making ---------------------------------------------------------------------------------- */

static void a_certificate_is_a_copy_of_its_bytes(void **state)
{
    PCCERT_CONTEXT c = create(LEAF);

    (void)state;
    assert_true(holds(c, LEAF));
    assert_true(CertFreeCertificateContext(c));
    assert_true(is_gone(c));
    c = CertCreateCertificateContext(X509_ASN_ENCODING | PKCS_7_ASN_ENCODING, LEAF.data, 6);
    assert_true(holds(c, LEAF));
    assert_int_equal(FreeContextBuffer((void *)(uintptr_t)c), SEC_E_OK);
    assert_true(is_gone(c));
}

static void a_certificate_is_one_whole_sequence(void **state)
{
    static const struct {
        const char *bytes;
        DWORD n;
    } wrong[] = {
        { "", 0 },
        { "\x30", 1 },
        { "\x30\1", 2 },   /* too short */
        { "\x30\1ab", 4 }, /* something after it */
        { "\x31\1a", 3 },  /* a SET */
        { "\x10\1a", 3 },  /* not constructed */
        { "\x30\x80"       /* no definite length */
          "a\0\0",
          5 },
        { "\x30\x81\1a", 4 }, /* a long form where the short one does */
        { "\x30\x82\0\1a", 5 },
        { "\x30\x81", 2 }, /* a length that is cut */
        { "\x30\x85\0\0\0\0\1a", 8 },
        { "\x30\xff", 2 },
        { "\x30\x84\xff\xff\xff\xff", 6 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        BYTE *exact = malloc(wrong[i].n + !wrong[i].n); /* so that a stray read is seen */
        memcpy(exact, wrong[i].bytes, wrong[i].n);
        assert_null(CertCreateCertificateContext(X509_ASN_ENCODING, exact, wrong[i].n));
        free(exact);
    }
    assert_null(CertCreateCertificateContext(X509_ASN_ENCODING, NULL, 6));
    assert_null(CertCreateCertificateContext(PKCS_7_ASN_ENCODING, LEAF.data, 6));
    assert_null(CertCreateCertificateContext(0, LEAF.data, 6));
}

static void lengths_of_all_sizes_are_read(void **state)
{
    static const struct {
        const char *head;
        size_t head_len, len;
    } sizes[] = {
        { "\x30\0", 2, 0 },           { "\x30\x7f", 2, 0x7f },          { "\x30\x81\x80", 3, 0x80 },
        { "\x30\x82\1\0", 4, 0x100 }, { "\x30\x83\1\0\0", 5, 0x10000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i].head_len + sizes[i].len;
        uint8_t *bytes = calloc(1, n);
        memcpy(bytes, sizes[i].head, sizes[i].head_len);
        PCCERT_CONTEXT c = create(span_of(bytes, n));
        assert_true(holds(c, span_of(bytes, n)));
        assert_null(create(span_of(bytes, n - 1)));
        CertFreeCertificateContext(c);
        free(bytes);
    }
}

static void packages_make_whole_chains_or_nothing(void **state)
{
    const struct span one_wrong[] = { LEAF, span_of("\x31\0", 2) };
    PCCERT_CONTEXT was = (PCCERT_CONTEXT)(uintptr_t)16, made = was;

    (void)state;
    assert_int_equal(host_table.certificates_new(one_wrong, 2, NO_KEY, &made),
                     SEC_E_INVALID_PARAMETER);
    assert_int_equal(host_table.certificates_new(one_wrong, 0, NO_KEY, &made),
                     SEC_E_INVALID_PARAMETER);
    assert_int_equal(host_table.certificates_new(&(struct span){ NULL, 0 }, 1, NO_KEY, &made),
                     SEC_E_INVALID_PARAMETER);
    assert_ptr_equal(made, was);
}

/* --- references ------------------------------------------------------------------------------ */

static void a_duplicate_is_the_same_once_more(void **state)
{
    PCCERT_CONTEXT c = create(LEAF);

    (void)state;
    assert_ptr_equal(CertDuplicateCertificateContext(c), c);
    assert_int_equal(FreeContextBuffer((void *)(uintptr_t)c), SEC_E_OK);
    assert_true(holds(c, LEAF));
    CertFreeCertificateContext(c);
    assert_true(is_gone(c));
    assert_null(CertDuplicateCertificateContext(NULL));
}

static void a_certificate_of_the_applications_own_is_copied(void **state)
{
    CERT_CONTEXT mine = own(LEAF, NULL), wrong = own(span_of("x", 1), NULL);
    PCCERT_CONTEXT c = CertDuplicateCertificateContext(&mine);

    (void)state;
    assert_ptr_not_equal(c, &mine);
    assert_true(holds(c, LEAF));
    CertFreeCertificateContext(c);
    assert_null(CertDuplicateCertificateContext(&wrong));
}

/* As a package gives one that knows no more than version 1.0 of the tables. */
static void a_certificate_in_a_plain_result_is_copied_and_freed(void **state)
{
    CERT_CONTEXT *plain = mem_result(sizeof *plain);

    (void)state;
    *plain = own(LEAF, NULL);
    PCCERT_CONTEXT c = CertDuplicateCertificateContext(plain);
    assert_ptr_not_equal(c, plain);
    assert_true(CertFreeCertificateContext(plain));
    assert_true(is_gone(plain));
    assert_true(holds(c, LEAF));
    CertFreeCertificateContext(c);
}

static void what_is_not_ours_is_not_freed(void **state)
{
    CERT_CONTEXT mine = own(LEAF, NULL);
    PCCERT_CONTEXT c = create(LEAF);

    (void)state;
    assert_true(CertFreeCertificateContext(NULL));
    assert_true(CertFreeCertificateContext(&mine));
    assert_true(CertFreeCertificateContext(c + 1));
    assert_int_equal(FreeContextBuffer(c->hCertStore), SEC_E_INVALID_HANDLE);
    assert_true(CertFreeCertificateContext(c->hCertStore));
    assert_true(holds(c, LEAF));
    CertFreeCertificateContext(c);
    assert_true(CertFreeCertificateContext(c));
}

/* --- stores ---------------------------------------------------------------------------------- */

static void a_walk_gives_each_certificate_once(void **state)
{
    PCCERT_CONTEXT leaf = chain(NULL), c = NULL;
    HCERTSTORE store = leaf->hCertStore;

    (void)state;
    c = CertEnumCertificatesInStore(store, c);
    assert_ptr_equal(c, leaf);
    c = CertEnumCertificatesInStore(store, c);
    assert_true(holds(c, MIDDLE));
    c = CertEnumCertificatesInStore(store, c);
    assert_true(holds(c, ROOT));
    assert_ptr_equal(c->hCertStore, store);
    PCCERT_CONTEXT last = c;
    assert_null(CertEnumCertificatesInStore(store, c));
    assert_true(is_gone(last));
    assert_true(holds(leaf, LEAF));
    CertFreeCertificateContext(leaf);
    assert_true(is_gone(leaf));
    assert_null(CertEnumCertificatesInStore(store, NULL));
}

static void a_store_lives_as_long_as_any_of_its_certificates(void **state)
{
    PCCERT_CONTEXT leaf = chain("key"), c;
    HCERTSTORE store = leaf->hCertStore;

    (void)state;
    c = CertEnumCertificatesInStore(store, CertDuplicateCertificateContext(leaf));
    CertFreeCertificateContext(leaf);
    assert_true(is_gone(leaf));
    assert_true(holds(c, MIDDLE));
    assert_true(span_eq(host_table.certificate_item(c, 1), LEAF));
    leaf = CertEnumCertificatesInStore(store, NULL);
    assert_true(holds(leaf, LEAF));
    assert_true(span_eq(host_table.certificate_key(leaf), span_str("key")));
    CertFreeCertificateContext(c);
    assert_true(is_gone(c));
    assert_true(span_eq(host_table.store_item(store, 1), MIDDLE));
    /* The last in the walk's own hands: the store ends under it. */
    c = CertEnumCertificatesInStore(store, leaf);
    c = CertEnumCertificatesInStore(store, c);
    assert_null(CertEnumCertificatesInStore(store, c));
    assert_true(is_nothing(host_table.store_item(store, 0)));
}

static void a_walk_stays_in_its_store(void **state)
{
    CERT_CONTEXT mine = own(LEAF, NULL);
    PCCERT_CONTEXT a = chain(NULL), b = create(ROOT);
    int nothing;

    (void)state;
    assert_null(CertEnumCertificatesInStore(NULL, NULL));
    assert_null(CertEnumCertificatesInStore(&nothing, NULL));
    assert_null(CertEnumCertificatesInStore((void *)(uintptr_t)a, NULL));
    assert_null(CertEnumCertificatesInStore(a->hCertStore, &mine));
    assert_null(CertEnumCertificatesInStore(a->hCertStore, CertDuplicateCertificateContext(b)));
    assert_null(CertEnumCertificatesInStore(NULL, b));
    assert_true(is_gone(b));
    assert_true(holds(a, LEAF));
    CertFreeCertificateContext(a);
}

/* --- what packages see ----------------------------------------------------------------------- */

static void a_package_sees_the_certificate_and_then_the_others(void **state)
{
    PCCERT_CONTEXT leaf = chain(NULL), c;

    (void)state;
    assert_true(span_eq(host_table.certificate_item(leaf, 0), LEAF));
    assert_true(span_eq(host_table.certificate_item(leaf, 1), MIDDLE));
    assert_true(span_eq(host_table.certificate_item(leaf, 2), ROOT));
    assert_true(is_nothing(host_table.certificate_item(leaf, 3)));
    assert_true(is_nothing(host_table.certificate_item(leaf, SIZE_MAX)));
    c = CertEnumCertificatesInStore(leaf->hCertStore, CertDuplicateCertificateContext(leaf));
    assert_true(span_eq(host_table.certificate_item(c, 0), MIDDLE));
    assert_true(span_eq(host_table.certificate_item(c, 1), LEAF));
    assert_true(span_eq(host_table.certificate_item(c, 2), ROOT));
    assert_true(is_nothing(host_table.certificate_item(c, 3)));
    assert_true(span_eq(host_table.store_item(c->hCertStore, 0), LEAF));
    assert_true(span_eq(host_table.store_item(c->hCertStore, 2), ROOT));
    assert_true(is_nothing(host_table.store_item(c->hCertStore, 3)));
    CertFreeCertificateContext(c);
    CertFreeCertificateContext(leaf);
}

static void a_package_sees_the_applications_own(void **state)
{
    PCCERT_CONTEXT leaf = chain("key");
    CERT_CONTEXT alone = own(DER("\1x"), &alone), with = own(DER("\1x"), leaf->hCertStore);
    CERT_CONTEXT copy = *leaf, empty = own(span_of(NULL, 0), NULL);

    (void)state;
    assert_true(span_eq(host_table.certificate_item(&alone, 0), DER("\1x")));
    assert_true(is_nothing(host_table.certificate_item(&alone, 1)));
    assert_true(span_eq(host_table.certificate_item(&with, 1), LEAF));
    assert_true(span_eq(host_table.certificate_item(&with, 3), ROOT));
    assert_true(is_nothing(host_table.certificate_item(&with, 4)));
    assert_true(span_eq(host_table.certificate_item(&copy, 1), MIDDLE));
    assert_true(is_nothing(host_table.certificate_key(&copy)));
    assert_true(is_nothing(host_table.certificate_item(&empty, 0)));
    assert_true(is_nothing(host_table.certificate_item(NULL, 0)));
    assert_true(is_nothing(host_table.store_item(NULL, 0)));
    assert_true(is_nothing(host_table.store_item(leaf, 0)));
    assert_true(is_nothing(host_table.certificate_key(NULL)));
    CertFreeCertificateContext(leaf);
}

static void a_key_belongs_to_the_first_certificate(void **state)
{
    size_t before = mem_secret_in_use();
    PCCERT_CONTEXT leaf = chain("key"), none = chain(NULL), c;

    (void)state;
    assert_true(mem_secret_in_use() > before);
    assert_true(span_eq(host_table.certificate_key(leaf), span_str("key")));
    assert_true(is_nothing(host_table.certificate_key(none)));
    c = CertEnumCertificatesInStore(leaf->hCertStore, CertDuplicateCertificateContext(leaf));
    assert_true(is_nothing(host_table.certificate_key(c)));
    CertFreeCertificateContext(c);
    CertFreeCertificateContext(none);
    host_table.release((void *)(uintptr_t)leaf);
    assert_true(is_gone(leaf));
    assert_int_equal(mem_secret_in_use(), before);
}

/* --- threads --------------------------------------------------------------------------------- */

#define THREADS 4

static atomic_bool go;

struct walker {
    pthread_t thread;
    PCCERT_CONTEXT mine; /* a reference of its own */
    bool good;
};

static bool walk_all(HCERTSTORE store)
{
    PCCERT_CONTEXT c = NULL;
    size_t n = 0;

    while ((c = CertEnumCertificatesInStore(store, c)))
        n += span_is(host_table.certificate_item(c, 0), c->pbCertEncoded, c->cbCertEncoded);
    return n == 3;
}

static void *walk(void *arg)
{
    struct walker *w = arg;
    HCERTSTORE store = w->mine->hCertStore;

    while (!atomic_load(&go))
        ;
    w->good = true;
    for (int i = 0; i < 500 && w->good; i++) {
        PCCERT_CONTEXT again = CertDuplicateCertificateContext(w->mine);
        w->good = walk_all(store) && again == w->mine;
        CertFreeCertificateContext(again);
    }
    CertFreeCertificateContext(w->mine);
    /* Others may still have it, and one of them is the last. */
    CertFreeCertificateContext(CertEnumCertificatesInStore(store, NULL));
    return NULL;
}

static void threads_share_a_store_and_one_is_the_last(void **state)
{
    size_t before = mem_secret_in_use();
    struct walker walkers[THREADS] = { 0 };
    PCCERT_CONTEXT leaf = chain("key");

    (void)state;
    atomic_store(&go, false);
    for (int i = 0; i < THREADS; i++) {
        walkers[i].mine = CertDuplicateCertificateContext(leaf);
        assert_int_equal(pthread_create(&walkers[i].thread, NULL, walk, &walkers[i]), 0);
    }
    CertFreeCertificateContext(leaf);
    atomic_store(&go, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(walkers[i].thread, NULL);
        assert_true(walkers[i].good);
    }
    assert_true(is_gone(leaf));
    assert_int_equal(mem_secret_in_use(), before);
}

static void *free_it(void *arg)
{
    struct walker *w = arg;

    while (!atomic_load(&go))
        ;
    w->good = FreeContextBuffer((void *)(uintptr_t)w->mine) == SEC_E_OK;
    return NULL;
}

static void a_reference_is_dropped_once_by_however_many(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct walker walkers[THREADS] = { 0 };
        PCCERT_CONTEXT c = CertDuplicateCertificateContext(chain("key"));
        int freed = 0;
        atomic_store(&go, false);
        for (int i = 0; i < THREADS; i++) {
            walkers[i].mine = c;
            assert_int_equal(pthread_create(&walkers[i].thread, NULL, free_it, &walkers[i]), 0);
        }
        atomic_store(&go, true);
        for (int i = 0; i < THREADS; i++) {
            pthread_join(walkers[i].thread, NULL);
            freed += walkers[i].good;
        }
        assert_int_equal(freed, 2);
    }
}

/* --- sspi_open_certificate ------------------------------------------------------------------- */

static struct tree tree;

static int make(void **state)
{
    (void)state;
    tree_make(&tree);
    (void)tree_main(&tree, "");
    (void)tree_module(&tree, "script.so", "script.so");
    (void)tree_module(&tree, "mock-good.so", "good.so");
    (void)tree_write(&tree, "packages.d/script.json",
                     "{ \"name\": \"Script\", \"module\": \"script.so\" }");
    (void)tree_write(&tree, "packages.d/good.json",
                     "{ \"name\": \"Good\", \"module\": \"good.so\" }");
    return setenv("SSPI_CONFIG", tree.root, 1);
}

static int unmake(void **state)
{
    (void)state;
    tree_remove(&tree);
    return 0;
}

static void a_package_opens_certificates(void **state)
{
    PCCERT_CONTEXT c = NULL;

    (void)state;
    assert_int_equal(sspi_open_certificate("script", "ab", NULL, NULL, &c), SEC_E_OK);
    assert_true(holds(c, DER("\1a")));
    assert_true(span_eq(host_table.certificate_item(c, 1), DER("\1b")));
    assert_true(is_nothing(host_table.certificate_key(c)));
    CertFreeCertificateContext(c);
    assert_int_equal(sspi_open_certificate("Script", "c", "key", "secret", &c), SEC_E_OK);
    assert_true(span_eq(host_table.certificate_key(c), span_str("key")));
    CertFreeCertificateContext(c);
}

static void a_certificate_that_is_not_opened_is_null(void **state)
{
    static const struct {
        const char *package, *certificate, *password;
        SECURITY_STATUS status;
    } cases[] = {
        { "Ghost", "a", NULL, SEC_E_SECPKG_NOT_FOUND },
        { NULL, "a", NULL, SEC_E_SECPKG_NOT_FOUND },
        { "Good", "a", NULL, SEC_E_UNSUPPORTED_FUNCTION },
        { "Script", NULL, NULL, SEC_E_INVALID_PARAMETER },
        { "Script", "", NULL, SEC_E_INVALID_PARAMETER },
        { "Script", "a", "wrong", SEC_E_LOGON_DENIED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PCCERT_CONTEXT c = (PCCERT_CONTEXT)(uintptr_t)16;
        assert_int_equal(sspi_open_certificate(cases[i].package, cases[i].certificate, "key",
                                               cases[i].password, &c),
                         cases[i].status);
        assert_null(c);
    }
    assert_int_equal(sspi_open_certificate("Script", "a", NULL, NULL, NULL),
                     SEC_E_INVALID_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_is_a_copy_of_its_bytes),
        cmocka_unit_test(a_certificate_is_one_whole_sequence),
        cmocka_unit_test(lengths_of_all_sizes_are_read),
        cmocka_unit_test(packages_make_whole_chains_or_nothing),
        cmocka_unit_test(a_duplicate_is_the_same_once_more),
        cmocka_unit_test(a_certificate_of_the_applications_own_is_copied),
        cmocka_unit_test(a_certificate_in_a_plain_result_is_copied_and_freed),
        cmocka_unit_test(what_is_not_ours_is_not_freed),
        cmocka_unit_test(a_walk_gives_each_certificate_once),
        cmocka_unit_test(a_store_lives_as_long_as_any_of_its_certificates),
        cmocka_unit_test(a_walk_stays_in_its_store),
        cmocka_unit_test(a_package_sees_the_certificate_and_then_the_others),
        cmocka_unit_test(a_package_sees_the_applications_own),
        cmocka_unit_test(a_key_belongs_to_the_first_certificate),
        cmocka_unit_test(threads_share_a_store_and_one_is_the_last),
        cmocka_unit_test(a_reference_is_dropped_once_by_however_many),
        cmocka_unit_test(a_package_opens_certificates),
        cmocka_unit_test(a_certificate_that_is_not_opened_is_null),
    };
    return cmocka_run_group_tests_name("certificate", tests, make, unmake);
}
