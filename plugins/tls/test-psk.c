/* SPDX-License-Identifier: Apache-2.0 */
/* test-psk.c: pre-shared keys: the file, and handshakes with them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <unistd.h>

#include "plugins/tls/host.h"
#include "plugins/tls/test-host.h"
#include "plugins/tls/test-link.h"
#include "plugins/tls/test-pki.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f"
#define KEY_B "F0E0D0C0B0A0908070605040302010000102030405060708"
#define GOOD "# ours\n\nalice:" KEY_A "\r\nbob:the:builder:" KEY_B

/* One side: what its settings say, and a credential for it. */
struct side {
    struct test_setting list[3];
    struct ssp_settings settings;
    struct ssp_instance instance;
    struct ssp_cred cred;
};

static int setup(void **state)
{
    (void)state;
    test_host_open();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(test_host.live, 0);
    assert_int_equal(ERR_peek_error(), 0);
    return 0;
}

static void make_side(struct side *s, uint32_t use, const char *file, const char *identity)
{
    *s = (struct side){ .list = { { "psk_file", file },
                                  { identity ? "psk_identity" : NULL, identity } } };
    s->settings.all = s->list;
    s->instance.settings = &s->settings;
    s->cred.instance = &s->instance;
    s->cred.use = use;
}

static SECURITY_STATUS try_file(uint32_t use, const char *file, const char *identity)
{
    SSL_CTX *c = test_ssl_ctx(TLS1_2_VERSION, false);
    struct side s;

    make_side(&s, use, file, identity);
    SECURITY_STATUS status = tls_psk_setup(&s.cred, c);
    SSL_CTX_free(c);
    return status;
}

static void file_is_checked_at_once(void **state)
{
    static const char *const bad[] = {
        "alice",      "alice:",           ":" KEY_A,
        "alice:0001", "alice:" KEY_A "0", "alice:" KEY_A "0g",
        " \n",        "alice: " KEY_A,    "alice:" KEY_A KEY_A KEY_A KEY_A "00",
    };
    const char *good = test_write("good", span_str(GOOD), 0600);
    char name[300];

    (void)state;
    assert_int_equal(try_file(SECPKG_CRED_BOTH, good, NULL), SEC_E_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(
            try_file(SECPKG_CRED_INBOUND, test_write("bad", span_str(bad[i]), 0600), NULL),
            SEC_E_NO_CREDENTIALS);
        assert_non_null(strstr(test_host.last, "bad:1: "));
        assert_null(strstr(test_host.last, "0001"));
    }
    memset(name, 'n', sizeof name);
    memcpy(name + 257, ":" KEY_A, sizeof ":" KEY_A);
    assert_int_equal(try_file(SECPKG_CRED_INBOUND, test_write("bad", span_str(name), 0600), NULL),
                     SEC_E_NO_CREDENTIALS);
    assert_int_equal(
        try_file(SECPKG_CRED_INBOUND, test_write("bad", span_str(name + 1), 0600), NULL), SEC_E_OK);
    assert_int_equal(try_file(SECPKG_CRED_INBOUND, test_write("open", span_str(GOOD), 0640), NULL),
                     SEC_E_NO_CREDENTIALS);
    assert_int_equal(try_file(SECPKG_CRED_INBOUND, test_path("missing"), NULL),
                     SEC_E_NO_CREDENTIALS);
}

static void client_needs_a_line_of_its_own(void **state)
{
    const char *good = test_write("good", span_str(GOOD), 0600);

    (void)state;
    assert_int_equal(try_file(SECPKG_CRED_OUTBOUND, good, "alice"), SEC_E_OK);
    assert_int_equal(try_file(SECPKG_CRED_OUTBOUND, good, "bob:the:builder"), SEC_E_OK);
    assert_int_equal(try_file(SECPKG_CRED_OUTBOUND, good, "bob"), SEC_E_NO_CREDENTIALS);
    assert_int_equal(try_file(SECPKG_CRED_INBOUND, good, "bob"), SEC_E_OK);
    assert_int_equal(
        try_file(SECPKG_CRED_OUTBOUND, test_write("none", span_str("# none\n"), 0600), NULL),
        SEC_E_NO_CREDENTIALS);
}

static void without_a_file_nothing_is_set(void **state)
{
    SSL_CTX *c = test_ssl_ctx(TLS1_2_VERSION, false);
    struct side s;

    (void)state;
    make_side(&s, SECPKG_CRED_BOTH, NULL, NULL);
    s.list[0].name = NULL;
    assert_int_equal(tls_psk_setup(&s.cred, c), SEC_E_OK);
    s.cred.flags = SCH_USE_PRESHAREDKEY_ONLY;
    assert_int_equal(tls_psk_setup(&s.cred, c), SEC_E_NO_CREDENTIALS);
    SSL_CTX_free(c);
}

static SSL_CTX *make_ctx(struct side *s, int version)
{
    SSL_CTX *c = test_ssl_ctx(version, false);

    /* The usual TLS 1.2 list has DHE and ECDHE with pre-shared keys, too. */
    assert_int_equal(SSL_CTX_set_cipher_list(c, "PSK"), 1);
    assert_int_equal(tls_psk_setup(&s->cred, c), SEC_E_OK);
    return c;
}

/* With the client's file and identity, and the server's file: is it one key? */
static bool shake(int version, const char *client_file, const char *identity,
                  const char *server_file)
{
    static struct test_link link;
    struct side client, server;

    make_side(&client, SECPKG_CRED_OUTBOUND, client_file, identity);
    make_side(&server, SECPKG_CRED_INBOUND, server_file, NULL);
    SSL_CTX *c = make_ctx(&client, version), *s = make_ctx(&server, version);
    test_link_open(&link, c, &client.cred, s, &server.cred, NULL);
    bool open = link.open;
    test_link_close(&link);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    return open;
}

static void one_key_makes_a_connection(void **state)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    const char *good = test_write("good", span_str(GOOD), 0600);
    const char *other = test_write("other", span_str("alice:" KEY_B "\n"), 0600);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_true(shake(versions[i], good, "alice", good));
        assert_true(shake(versions[i], good, "bob:the:builder", good));
        assert_true(shake(versions[i], good, NULL, good)); /* the first line */
        assert_false(shake(versions[i], good, "alice", other));
        assert_false(shake(versions[i], good, "bob:the:builder", other));
    }
}

static void file_is_read_when_it_is_needed(void **state)
{
    static struct test_link link;
    const char *path = test_write("keys", span_str("alice:" KEY_B "\n"), 0600);
    const char *good = test_write("good", span_str(GOOD), 0600);
    struct side client, server;

    (void)state;
    make_side(&client, SECPKG_CRED_OUTBOUND, good, "alice");
    make_side(&server, SECPKG_CRED_INBOUND, path, NULL);
    SSL_CTX *c = make_ctx(&client, TLS1_2_VERSION), *s = make_ctx(&server, TLS1_2_VERSION);
    for (int i = 0; i < 3; i++) {
        test_link_open(&link, c, &client.cred, s, &server.cred, NULL);
        assert_int_equal(link.open, i == 1);
        test_link_close(&link);
        if (i == 0)
            (void)test_write("keys", span_str(GOOD), 0600);
        else
            (void)unlink(path);
    }
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(file_is_checked_at_once),        TEST(client_needs_a_line_of_its_own),
        TEST(without_a_file_nothing_is_set),  TEST(one_key_makes_a_connection),
        TEST(file_is_read_when_it_is_needed),
    };

    return cmocka_run_group_tests_name("tls psk", tests, test_pki_open, test_pki_close);
}
