/* SPDX-License-Identifier: Apache-2.0 */
/* test-identity.c: certificates with their keys: opened, packed, taken, named by settings. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/tls/host.h"
#include "plugins/tls/identity.h"
#include "plugins/tls/test-host.h"
#include "plugins/tls/test-pki.h"

#define NO_PASSWORD span_of(NULL, 0)
#define SECRET span_str("secret")

static int setup(void **state)
{
    (void)state;
    test_host_open();
    return 0;
}

/* Whatever a test did: all memory is given back, and libcrypto's queue has nothing of ours. */
static int teardown(void **state)
{
    (void)state;
    assert_int_equal(test_host.live, 0);
    assert_int_equal(ERR_peek_error(), 0);
    return 0;
}

static void assert_is(X509 *cert, X509 *expected)
{
    assert_non_null(cert);
    assert_int_equal(X509_cmp(cert, expected), 0);
}

/* --- opening --------------------------------------------------------------------------------- */

static void open_whole(const char *certificate, const char *key, struct span password, int chain)
{
    TLS_IDENTITY_AUTO id = { 0 };

    assert_int_equal(tls_identity_open(certificate, key, password, &id), SEC_E_OK);
    assert_is(id.cert, test_pki.leaf);
    assert_int_equal(EVP_PKEY_eq(id.key, test_pki.leaf_key), 1);
    assert_int_equal(id.chain ? sk_X509_num(id.chain) : 0, chain);
    if (chain > 0)
        assert_is(sk_X509_value(id.chain, 0), test_pki.middle);
    if (chain > 1)
        assert_is(sk_X509_value(id.chain, 1), test_pki.root);
}

static void pem_is_read_in_any_order(void **state)
{
    (void)state;
    open_whole(test_write_pem("a.pem", "LMRK"), NULL, NO_PASSWORD, 2);
    open_whole(test_write_pem("b.pem", "KLM"), NULL, NO_PASSWORD, 1);
    open_whole(test_write_pem("c.pem", "RML#K#"), NULL, NO_PASSWORD, 2);
    open_whole(test_write_pem("d.pem", "#RLKM"), NULL, NO_PASSWORD, 2);
    open_whole(test_write_pem("e.pem", "LK"), NULL, NO_PASSWORD, 0);
}

static void key_may_have_a_file_of_its_own(void **state)
{
    const char *certificate = test_write_pem("cert.pem", "LM");

    (void)state;
    open_whole(certificate, test_write_pem("key.pem", "K"), NO_PASSWORD, 1);
    open_whole(certificate, test_write_pem("key.pem", "#LK"), NO_PASSWORD, 1);
    /* A key in the first file is not looked at then, nor its password asked for. */
    open_whole(test_write_pem("both.pem", "ELM"), test_path("key.pem"), NO_PASSWORD, 1);
}

static void file_uri_is_a_place_too(void **state)
{
    char uri[200];

    (void)state;
    (void)snprintf(uri, sizeof uri, "file:%s", test_write_pem("a.pem", "LK"));
    open_whole(uri, NULL, NO_PASSWORD, 0);
}

static void encrypted_key_needs_its_password(void **state)
{
    const char *path = test_write_pem("enc.pem", "LE");
    TLS_IDENTITY_AUTO id = { 0 };

    (void)state;
    open_whole(path, NULL, SECRET, 0);
    assert_int_equal(tls_identity_open(path, NULL, NO_PASSWORD, &id), SEC_E_LOGON_DENIED);
    assert_non_null(strstr(test_host.last, "none was given"));
    assert_int_equal(tls_identity_open(path, NULL, span_str("wrong"), &id), SEC_E_LOGON_DENIED);
    assert_non_null(strstr(test_host.last, path));
    assert_int_equal(tls_identity_open(path, NULL, span_str(""), &id), SEC_E_LOGON_DENIED);
    assert_null(id.cert);
}

static void pkcs12_is_read_and_its_chain_sorted(void **state)
{
    TLS_IDENTITY_AUTO id = { 0 };
    const char *path = test_write_pkcs12("a.p12", "secret");

    (void)state;
    open_whole(path, NULL, SECRET, 2);
    assert_int_equal(tls_identity_open(path, NULL, NO_PASSWORD, &id), SEC_E_LOGON_DENIED);
    assert_int_equal(tls_identity_open(path, NULL, span_str("wrong"), &id), SEC_E_LOGON_DENIED);
    open_whole(test_write_pkcs12("b.p12", ""), NULL, NO_PASSWORD, 2);
}

static void der_is_read(void **state)
{
    uint8_t *cert = NULL, *key = NULL;
    int cert_len = i2d_X509(test_pki.leaf, &cert);
    int key_len = i2d_PrivateKey(test_pki.leaf_key, &key);

    (void)state;
    const char *path = test_write("a.der", span_of(cert, (size_t)cert_len), 0600);
    open_whole(path, test_write("key.der", span_of(key, (size_t)key_len), 0600), NO_PASSWORD, 0);
    OPENSSL_free(cert);
    OPENSSL_free(key);
}

static void refusals_name_the_file_and_the_fault(void **state)
{
    const char *cert = test_write_pem("cert.pem", "L"), *key = test_write_pem("key.pem", "K");
    const char *other = test_write_pem("other.pem", "k"), *text = test_write_pem("text", "###");
    const char *nothing = test_write("empty", span_str(""), 0600), *none = test_path("none");
    const struct {
        const char *cert, *key;
        SECURITY_STATUS status;
        const char *said;
    } all[] = {
        { none, NULL, SEC_E_NO_CREDENTIALS, none },
        { cert, none, SEC_E_NO_CREDENTIALS, none },
        { cert, NULL, SEC_E_NO_CREDENTIALS, cert },
        { cert, other, SEC_E_NO_CREDENTIALS, other },
        { cert, text, SEC_E_NO_CREDENTIALS, text },
        { cert, cert, SEC_E_NO_CREDENTIALS, cert },
        { cert, nothing, SEC_E_NO_CREDENTIALS, nothing },
        { text, key, SEC_E_CERT_UNKNOWN, text },
        { key, NULL, SEC_E_CERT_UNKNOWN, key },
        { nothing, NULL, SEC_E_CERT_UNKNOWN, nothing },
        { "/dev/zero", NULL, SEC_E_NO_CREDENTIALS, "regular" },
        { test_pki.folder, NULL, SEC_E_NO_CREDENTIALS, "regular" },
        { "unheard-of:thing?pin-value=1234", NULL, SEC_E_NO_CREDENTIALS,
          "unheard-of:thing cannot" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        TLS_IDENTITY_AUTO id = { 0 };

        assert_int_equal(tls_identity_open(all[i].cert, all[i].key, NO_PASSWORD, &id),
                         all[i].status);
        assert_non_null(strstr(test_host.last, all[i].said));
        assert_null(id.cert);
        assert_null(id.key);
    }
}

static void damaged_files_are_refused(void **state)
{
    uint8_t *der = NULL;
    size_t len = (size_t)i2d_X509(test_pki.leaf, &der);

    (void)state;
    for (size_t n = 1; n < len; n += 7) {
        TLS_IDENTITY_AUTO id = { 0 };

        assert_true(tls_identity_read(test_write("cut.der", span_of(der, n), 0600), NULL,
                                      NO_PASSWORD, &id) < 0);
    }
    OPENSSL_free(der);
}

static void raise_memory_error(void)
{
    ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
}

/* libcrypto's queue is the application's as well: what is in it before is not our reason. */
static void errors_from_before_do_not_count(void **state)
{
    static uint8_t nonsense[] = { 0x30, 0x03, 0x02, 0x01 };
    const CERT_CONTEXT given = { X509_ASN_ENCODING, nonsense, sizeof nonsense, NULL, NULL };
    TLS_IDENTITY_AUTO id = { 0 };

    (void)state;
    raise_memory_error();
    assert_int_equal(tls_identity_open(test_write_pem("text", "#"), NULL, NO_PASSWORD, &id),
                     SEC_E_CERT_UNKNOWN);
    raise_memory_error();
    assert_int_equal(tls_identity_take(&given, &id), SEC_E_CERT_UNKNOWN);
    assert_false(tls_memory_ended());
    raise_memory_error();
    assert_true(tls_memory_ended());
}

static void copies_stand_alone(void **state)
{
    struct tls_identity id = { 0 }, copy = { 0 };

    (void)state;
    assert_int_equal(tls_identity_open(test_write_pem("a.pem", "LMK"), NULL, NO_PASSWORD, &id),
                     SEC_E_OK);
    id.ocsp = OPENSSL_memdup("answer", 6);
    id.ocsp_len = 6;
    assert_true(tls_identity_copy(&id, &copy));
    tls_identity_clear(&id);
    assert_null(id.cert);
    assert_is(copy.cert, test_pki.leaf);
    assert_is(sk_X509_value(copy.chain, 0), test_pki.middle);
    assert_memory_equal(copy.ocsp, "answer", 6);
    tls_identity_clear(&copy);
    tls_identity_clear(&copy);
}

/* --- CERT_CONTEXT ---------------------------------------------------------------------------- */

static void opened_certificate_can_be_taken(void **state)
{
    const CERT_CONTEXT *opened = NULL;
    TLS_IDENTITY_AUTO id = { 0 };

    (void)state;
    assert_int_equal(
        tls_open_certificate(NULL, test_write_pem("a.pem", "MRLE"), NULL, SECRET, &opened),
        SEC_E_OK);
    assert_int_equal(tls_identity_take(opened, &id), SEC_E_OK);
    test_free_certificate(opened);
    assert_is(id.cert, test_pki.leaf);
    assert_int_equal(EVP_PKEY_eq(id.key, test_pki.leaf_key), 1);
    assert_int_equal(sk_X509_num(id.chain), 2);
    assert_is(sk_X509_value(id.chain, 0), test_pki.middle);
}

static void bundle_of_roots_is_no_identity(void **state)
{
    const CERT_CONTEXT *opened = NULL;
    TLS_IDENTITY_AUTO id = { 0 };
    X509_STORE *store = NULL;

    (void)state;
    assert_int_equal(
        tls_open_certificate(NULL, test_write_pem("ca.pem", "RM"), NULL, NO_PASSWORD, &opened),
        SEC_E_OK);
    assert_int_equal(tls_identity_take(opened, &id), SEC_E_NO_CREDENTIALS);
    assert_int_equal(tls_given_roots(opened->hCertStore, &store), SEC_E_OK);
    assert_int_equal(sk_X509_OBJECT_num(X509_STORE_get0_objects(store)), 2);
    X509_STORE_free(store);
    test_free_certificate(opened);
    store = NULL;
    assert_int_equal(tls_given_roots(&store, &store), SEC_E_UNKNOWN_CREDENTIALS);
    assert_null(store);
}

static void certificate_of_the_application_is_checked(void **state)
{
    uint8_t der[2048] = { 0 }, *at = der; /* with room for what may not be behind it */
    uint32_t len = (uint32_t)i2d_X509(test_pki.leaf, &at);
    const struct {
        CERT_CONTEXT given;
        SECURITY_STATUS status;
    } all[] = {
        { { X509_ASN_ENCODING, der, len, NULL, NULL }, SEC_E_NO_CREDENTIALS },
        { { X509_ASN_ENCODING | PKCS_7_ASN_ENCODING, der, len, NULL, NULL }, SEC_E_NO_CREDENTIALS },
        { { X509_ASN_ENCODING, der, len - 1, NULL, NULL }, SEC_E_CERT_UNKNOWN },
        { { X509_ASN_ENCODING, der, len + 1, NULL, NULL }, SEC_E_CERT_UNKNOWN },
        { { X509_ASN_ENCODING, der, 0, NULL, NULL }, SEC_E_CERT_UNKNOWN },
        { { X509_ASN_ENCODING, NULL, 0, NULL, NULL }, SEC_E_CERT_UNKNOWN },
        { { PKCS_7_ASN_ENCODING, der, len, NULL, NULL }, SEC_E_CERT_UNKNOWN },
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        TLS_IDENTITY_AUTO id = { 0 };

        assert_int_equal(tls_identity_take(&all[i].given, &id), all[i].status);
        assert_null(id.cert);
    }
}

static void take_packed(const char *key, size_t len, SECURITY_STATUS status)
{
    uint8_t *der = NULL;
    struct span cert = { NULL, (size_t)i2d_X509(test_pki.leaf, &der) };
    const CERT_CONTEXT *packed = NULL;
    TLS_IDENTITY_AUTO id = { 0 };

    cert.data = der;
    assert_int_equal(tls_host->certificates_new(&cert, 1, span_of(key, len), &packed), SEC_E_OK);
    assert_int_equal(tls_identity_take(packed, &id), status);
    assert_int_equal(id.key != NULL, status == SEC_E_OK);
    test_free_certificate(packed);
    OPENSSL_free(der);
}

/* As it is with keys that stay in their token: here a file plays its part. */
static void key_may_be_packed_as_its_place(void **state)
{
    char text[200];

    (void)state;
    int n = snprintf(text, sizeof text, "Pfile:%s%csecret", test_write_pem("enc.pem", "E"), 0);
    take_packed(text, (size_t)n, SEC_E_OK);
    take_packed(text, (size_t)n - 1, SEC_E_LOGON_DENIED);
    take_packed(text, strlen(text) + 1, SEC_E_LOGON_DENIED);
    take_packed(text, strlen(text), SEC_E_NO_CREDENTIALS);
    n = snprintf(text, sizeof text, "P%s%c", test_write_pem("k.pem", "k"), 0);
    take_packed(text, (size_t)n, SEC_E_NO_CREDENTIALS);
    take_packed("0\x03\x02\x01", 4, SEC_E_NO_CREDENTIALS);
}

static void memory_may_end_while_packing(void **state)
{
    const char *path = test_write_pem("a.pem", "LMK");
    SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;

    (void)state;
    for (size_t n = 1; status == SEC_E_INSUFFICIENT_MEMORY; n++) {
        const CERT_CONTEXT *opened = NULL;

        test_host.fail_at = test_host.allocations + n;
        status = tls_open_certificate(NULL, path, NULL, NO_PASSWORD, &opened);
        test_host.fail_at = 0;
        assert_int_equal(opened != NULL, status == SEC_E_OK);
        test_free_certificate(opened);
        assert_int_equal(test_host.live, 0);
    }
    assert_int_equal(status, SEC_E_OK);
}

/* --- a token --------------------------------------------------------------------------------- */

/*
 * What a PKCS#11 provider would do: a key that does not leave it, and a PIN that it asks for.
 * Loaders outside of providers are deprecated, and short.
 */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

struct ossl_store_loader_ctx_st {
    int next; /* 0: the certificate, 1: the key */
};

static bool right_pin(const UI_METHOD *method, void *arg)
{
    char pin[16] = "";
    UI *ui = UI_new_method(method);

    (void)UI_add_user_data(ui, arg);
    (void)UI_add_input_string(ui, "PIN", 0, pin, 1, sizeof pin - 1);
    bool ok = UI_process(ui) == 0 && strcmp(pin, "secret") == 0;
    UI_free(ui);
    return ok;
}

static OSSL_STORE_LOADER_CTX *token_open(const OSSL_STORE_LOADER *loader, const char *uri,
                                         const UI_METHOD *method, void *arg)
{
    (void)loader;
    if (strncmp(uri, "token:early", 11) == 0 && !right_pin(method, arg))
        return NULL;
    return calloc(1, sizeof(OSSL_STORE_LOADER_CTX));
}

/* The public half of the key, which nobody can write as PKCS#8. */
static EVP_PKEY *half_key(void)
{
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(test_pki.leaf_key, &der);
    const uint8_t *at = der;
    EVP_PKEY *half = d2i_PUBKEY(NULL, &at, len);

    OPENSSL_free(der);
    return half;
}

static OSSL_STORE_INFO *token_load(OSSL_STORE_LOADER_CTX *token, const UI_METHOD *method, void *arg)
{
    switch (token->next++) {
    case 0:
        (void)X509_up_ref(test_pki.leaf);
        return OSSL_STORE_INFO_new_CERT(test_pki.leaf);
    case 1:
        return right_pin(method, arg) ? OSSL_STORE_INFO_new_PKEY(half_key()) : NULL;
    default:
        return NULL;
    }
}

static int token_eof(OSSL_STORE_LOADER_CTX *token)
{
    return token->next > 1;
}

static int token_error(OSSL_STORE_LOADER_CTX *token)
{
    return token->next > 2;
}

static int token_close(OSSL_STORE_LOADER_CTX *token)
{
    free(token);
    return 1;
}

static OSSL_STORE_LOADER *make_loader(void)
{
    OSSL_STORE_LOADER *loader = OSSL_STORE_LOADER_new(NULL, "token");

    assert_true(OSSL_STORE_LOADER_set_open(loader, token_open) &&
                OSSL_STORE_LOADER_set_load(loader, token_load) &&
                OSSL_STORE_LOADER_set_eof(loader, token_eof) &&
                OSSL_STORE_LOADER_set_error(loader, token_error) &&
                OSSL_STORE_LOADER_set_close(loader, token_close) &&
                OSSL_STORE_register_loader(loader));
    return loader;
}

static void key_in_a_token_is_used_there(void **state)
{
    OSSL_STORE_LOADER *loader = make_loader();
    const CERT_CONTEXT *opened = NULL;
    TLS_IDENTITY_AUTO id = { 0 };

    (void)state;
    assert_int_equal(tls_identity_open("token:a", NULL, NO_PASSWORD, &id), SEC_E_LOGON_DENIED);
    assert_int_equal(tls_identity_open("token:a", NULL, span_str("x"), &id), SEC_E_LOGON_DENIED);
    assert_int_equal(tls_identity_open("token:early", NULL, span_str("x"), &id),
                     SEC_E_LOGON_DENIED);
    assert_int_equal(tls_open_certificate(NULL, "token:a", NULL, SECRET, &opened), SEC_E_OK);
    assert_int_equal(tls_identity_take(opened, &id), SEC_E_OK);
    assert_int_equal(EVP_PKEY_eq(id.key, test_pki.leaf_key), 1);
    test_free_certificate(opened);
    assert_ptr_equal(OSSL_STORE_unregister_loader("token"), loader);
    OSSL_STORE_LOADER_free(loader);
}

#pragma GCC diagnostic pop

/* --- settings -------------------------------------------------------------------------------- */

static const char *write_ocsp(const char *name)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(NULL, test_pki.leaf, test_pki.middle);
    ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
    uint8_t *der = NULL;

    assert_non_null(OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, now, NULL));
    assert_int_equal(
        OCSP_basic_sign(basic, test_pki.middle, test_pki.middle_key, EVP_sha256(), NULL, 0), 1);
    OCSP_RESPONSE *answer = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    int len = i2d_OCSP_RESPONSE(answer, &der);
    const char *path = test_write(name, span_of(der, (size_t)len), 0644);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(answer);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(now);
    return path;
}

static SECURITY_STATUS read_settings(const struct test_setting *list, struct tls_identity **all,
                                     size_t *n, int64_t *stamp)
{
    const struct ssp_settings s = { list };

    *all = NULL;
    *n = 0;
    *stamp = 0;
    return tls_identities_of_settings(&s, all, n, stamp);
}

static void free_all(struct tls_identity *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        tls_identity_clear(&all[i]);
    free(all);
}

static void settings_name_certificates(void **state)
{
    const struct test_setting list[] = {
        { "certificate", test_write_pem("one.pem", "LME") },
        { "certificate", test_write_pem("two.pem", "rM") },
        { "key", "" },
        { "key", test_write_pem("two.key", "k") },
        { "key_password_file", test_write("password", span_str("secret\r\nand more\n"), 0640) },
        { "ocsp_response_file", write_ocsp("one.ocsp") },
        { NULL, NULL },
    };
    struct tls_identity *all;
    size_t n;
    int64_t stamp;

    (void)state;
    assert_int_equal(read_settings(list, &all, &n, &stamp), SEC_E_OK);
    assert_int_equal(n, 2);
    assert_is(all[0].cert, test_pki.leaf);
    assert_is(all[1].cert, test_pki.rsa_leaf);
    assert_true(all[0].ocsp_len > 100);
    assert_null(all[1].ocsp);
    assert_true(stamp != 0 && stamp == tls_identities_stamp(&(struct ssp_settings){ list }));
    free_all(all, n);
}

static void no_setting_is_no_certificate(void **state)
{
    const struct test_setting list[] = { { NULL, NULL } };
    struct tls_identity *all;
    size_t n;
    int64_t stamp;

    (void)state;
    assert_int_equal(read_settings(list, &all, &n, &stamp), SEC_E_OK);
    assert_true(n == 0 && !all && stamp == 0);
}

static void wrong_settings_are_refused(void **state)
{
    const char *cert = test_write_pem("one.pem", "LE");
    const char *good = test_write("password", span_str("secret"), 0600);
    const char *open = test_write("open", span_str("secret"), 0604);
    const char *writable = test_write("writable", span_str("secret"), 0620);
    const struct {
        struct test_setting list[4];
        SECURITY_STATUS status;
    } all[] = {
        { { { "certificate", cert } }, SEC_E_LOGON_DENIED },
        { { { "certificate", cert }, { "key_password_file", open } }, SEC_E_NO_CREDENTIALS },
        { { { "certificate", cert }, { "key_password_file", writable } }, SEC_E_NO_CREDENTIALS },
        { { { "certificate", cert }, { "key_password_file", "/dev/null" } }, SEC_E_NO_CREDENTIALS },
        { { { "certificate", cert }, { "key_password_file", test_path("x") } },
          SEC_E_NO_CREDENTIALS },
        { { { "certificate", cert }, { "key_password_file", cert } }, SEC_E_LOGON_DENIED },
        { { { "certificate", "" }, { "key_password_file", good } }, SEC_E_NO_CREDENTIALS },
        { { { "key", cert } }, SEC_E_NO_CREDENTIALS },
        { { { "certificate", cert },
            { "key_password_file", good },
            { "ocsp_response_file", cert } },
          SEC_E_CERT_UNKNOWN },
        { { { "certificate", cert },
            { "key_password_file", good },
            { "ocsp_response_file", test_path("x") } },
          SEC_E_NO_CREDENTIALS },
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct tls_identity *ids;
        size_t n;
        int64_t stamp;

        assert_int_equal(read_settings(all[i].list, &ids, &n, &stamp), all[i].status);
        assert_true(!ids && n == 0);
    }
}

/* The same bytes, as old, in another file: as a copy that keeps times makes it. */
static void replace_alike(const char *name, const char *what)
{
    struct stat before;

    assert_int_equal(stat(test_path(name), &before), 0);
    const struct timespec times[2] = { before.st_atim, before.st_mtim };
    assert_int_equal(utimensat(AT_FDCWD, test_write_pem(name, what), times, 0), 0);
}

static void changed_file_changes_the_stamp(void **state)
{
    const struct test_setting list[] = { { "certificate", test_write_pem("one.pem", "LK") },
                                         { "key", test_write_pem("one.key", "K") },
                                         { NULL, NULL } };
    const struct ssp_settings s = { list };
    const struct timespec past[2] = { { 1, 1 }, { 1, 1 } };
    int64_t before = tls_identities_stamp(&s), now;

    (void)state;
    assert_int_equal(tls_identities_stamp(&s), before);
    replace_alike("one.pem", "LK");
    now = tls_identities_stamp(&s);
    assert_true(now != before);
    assert_int_equal(utimensat(AT_FDCWD, list[1].text, past, 0), 0);
    before = tls_identities_stamp(&s);
    assert_true(now != before);
    (void)unlink(list[1].text);
    assert_true(tls_identities_stamp(&s) != before);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(pem_is_read_in_any_order),
        TEST(key_may_have_a_file_of_its_own),
        TEST(file_uri_is_a_place_too),
        TEST(encrypted_key_needs_its_password),
        TEST(pkcs12_is_read_and_its_chain_sorted),
        TEST(der_is_read),
        TEST(refusals_name_the_file_and_the_fault),
        TEST(damaged_files_are_refused),
        TEST(errors_from_before_do_not_count),
        TEST(copies_stand_alone),
        TEST(opened_certificate_can_be_taken),
        TEST(bundle_of_roots_is_no_identity),
        TEST(certificate_of_the_application_is_checked),
        TEST(key_may_be_packed_as_its_place),
        TEST(memory_may_end_while_packing),
        TEST(key_in_a_token_is_used_there),
        TEST(settings_name_certificates),
        TEST(no_setting_is_no_certificate),
        TEST(wrong_settings_are_refused),
        TEST(changed_file_changes_the_stamp),
    };

    return cmocka_run_group_tests(tests, test_pki_open, test_pki_close);
}
