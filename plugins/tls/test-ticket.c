/* SPDX-License-Identifier: Apache-2.0 */
/* test-ticket.c: keys of session tickets in files, and tickets between servers that share them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "plugins/tls/host.h"
#include "plugins/tls/test-host.h"
#include "plugins/tls/test-link.h"
#include "plugins/tls/test-pki.h"

static struct ssp_instance instance;
static struct ssp_cred cred = { .instance = &instance };

static int setup(void **state)
{
    (void)state;
    test_host_open();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tls_host->secret_free(instance.ticket_keys);
    memset(&instance, 0, sizeof instance);
    assert_int_equal(test_host.live, 0);
    assert_int_equal(ERR_peek_error(), 0);
    return 0;
}

/* 80 octets that count up from first. */
static struct span key_bytes(uint8_t first)
{
    static uint8_t bytes[4][80];
    static unsigned next;
    uint8_t *key = bytes[next++ % 4];

    for (unsigned i = 0; i < 80; i++)
        key[i] = (uint8_t)(first + i);
    return span_of(key, 80);
}

static SECURITY_STATUS read_keys(const struct test_setting *list)
{
    static struct ssp_settings settings;

    settings.all = list;
    tls_host->secret_free(instance.ticket_keys);
    instance = (struct ssp_instance){ .settings = &settings };
    return tls_ticket_keys_read(&instance);
}

/* --- keys ------------------------------------------------------------------------------------ */

static void keys_are_read_in_order(void **state)
{
    const struct test_setting list[] = {
        { "ticket_key_file", test_write("one", key_bytes(1), 0600) },
        { "ticket_key_file", test_write("two", key_bytes(100), 0400) },
        { NULL, NULL },
    };

    (void)state;
    assert_int_equal(read_keys(list), SEC_E_OK);
    assert_int_equal(instance.n_ticket_keys, 2);
    assert_int_equal(instance.ticket_keys[0].name[0], 1);
    assert_int_equal(instance.ticket_keys[0].hmac[0], 17);
    assert_int_equal(instance.ticket_keys[0].aes[0], 49);
    assert_int_equal(instance.ticket_keys[0].aes[31], 80);
    assert_int_equal(instance.ticket_keys[1].name[0], 100);
}

static void without_files_there_is_a_key_of_chance(void **state)
{
    const struct test_setting none[] = { { NULL, NULL } };
    uint8_t zero[32] = { 0 };

    (void)state;
    assert_int_equal(read_keys(none), SEC_E_OK);
    assert_int_equal(instance.n_ticket_keys, 1);
    assert_memory_not_equal(instance.ticket_keys[0].aes, zero, sizeof zero);
    test_host.no_random = true;
    assert_int_equal(read_keys(none), SEC_E_INTERNAL_ERROR);
}

static void wrong_files_are_refused(void **state)
{
    const char *good = test_write("good", key_bytes(1), 0600);
    const struct {
        const char *path;
        SECURITY_STATUS status;
        const char *said;
    } all[] = {
        { test_write("small", span_of(key_bytes(1).data, 48), 0600), SEC_E_CANNOT_INSTALL,
          "AES-128" },
        { test_write("short", span_of(key_bytes(1).data, 79), 0600), SEC_E_CANNOT_INSTALL,
          "79 octets" },
        { test_write("group", key_bytes(1), 0640), SEC_E_NO_CREDENTIALS, "0640" },
        { test_write("world", key_bytes(1), 0604), SEC_E_NO_CREDENTIALS, "0604" },
        { test_write("none", span_str(""), 0600), SEC_E_CANNOT_INSTALL, "0 octets" },
        { "/dev/zero", SEC_E_NO_CREDENTIALS, "regular" },
        { test_path("missing"), SEC_E_NO_CREDENTIALS, "No such file" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const struct test_setting list[] = { { "ticket_key_file", good },
                                             { "ticket_key_file", all[i].path },
                                             { NULL, NULL } };

        assert_int_equal(read_keys(list), all[i].status);
        assert_non_null(strstr(test_host.last, all[i].said));
    }
    const struct test_setting five[] = { { "ticket_key_file", good }, { "ticket_key_file", good },
                                         { "ticket_key_file", good }, { "ticket_key_file", good },
                                         { "ticket_key_file", good }, { NULL, NULL } };
    assert_int_equal(read_keys(five), SEC_E_CANNOT_INSTALL);
    assert_int_equal(read_keys(five + 1), SEC_E_OK);
}

static void memory_may_end_while_reading(void **state)
{
    const struct test_setting list[] = {
        { "ticket_key_file", test_write("one", key_bytes(1), 0600) }, { NULL, NULL }
    };
    SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;

    (void)state;
    for (size_t n = 1; status == SEC_E_INSUFFICIENT_MEMORY; n++) {
        test_host.fail_at = test_host.allocations + n;
        status = read_keys(list);
        test_host.fail_at = 0;
    }
    assert_int_equal(status, SEC_E_OK);
}

/* --- tickets --------------------------------------------------------------------------------- */

static SSL_SESSION *kept;

static int keep(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

static SSL_CTX *make_client(int version)
{
    SSL_CTX *c = test_ssl_ctx(version, false);

    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c, keep);
    return c;
}

/* Our server, or one with OpenSSL's own handling of the same keys. */
static SSL_CTX *make_server(int version, struct span theirs)
{
    SSL_CTX *c = test_ssl_ctx(version, true);

    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    if (theirs.data)
        assert_int_equal(
            SSL_CTX_set_tlsext_ticket_keys(c, (void *)(uintptr_t)theirs.data, (long)theirs.len), 1);
    else
        tls_ticket_setup(c);
    return c;
}

static bool same_ticket(const SSL_SESSION *a, const SSL_SESSION *b)
{
    struct span of_a, of_b;

    SSL_SESSION_get0_ticket(a, &of_a.data, &of_a.len);
    SSL_SESSION_get0_ticket(b, &of_b.data, &of_b.len);
    return span_eq(of_a, of_b);
}

/* A new session with one server, then another server: resumed there, and with a new ticket? */
struct outcome {
    bool resumed, renewed;
};

static struct outcome move(int version, SSL_CTX *from, SSL_CTX *to)
{
    SSL_CTX *client = make_client(version);
    static struct test_link link;
    struct outcome outcome;

    test_link_open(&link, client, &cred, from, &cred, NULL);
    assert_true(link.open);
    test_link_close(&link);
    assert_non_null(kept);
    SSL_SESSION *first = kept;
    kept = NULL;
    test_link_open(&link, client, &cred, to, &cred, first);
    assert_true(link.open);
    outcome = (struct outcome){ SSL_session_reused(link.client),
                                !same_ticket(first, SSL_get0_session(link.client)) };
    test_link_close(&link);
    SSL_SESSION_free(first);
    SSL_SESSION_free(kept);
    kept = NULL;
    SSL_CTX_free(client);
    SSL_CTX_free(from);
    SSL_CTX_free(to);
    return outcome;
}

static const struct span ours = { NULL, 0 };

static void read_one_key(uint8_t first)
{
    static struct test_setting list[2];

    list[0] = (struct test_setting){ "ticket_key_file", test_write("key", key_bytes(first), 0600) };
    assert_int_equal(read_keys(list), SEC_E_OK);
}

static void tickets_are_sealed_and_opened(void **state)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

    (void)state;
    read_one_key(1);
    for (size_t i = 0; i < 2; i++) {
        int v = versions[i];

        assert_true(move(v, make_server(v, ours), make_server(v, ours)).resumed);
        assert_true(move(v, make_server(v, key_bytes(1)), make_server(v, ours)).resumed);
        assert_true(move(v, make_server(v, ours), make_server(v, key_bytes(1))).resumed);
        assert_false(move(v, make_server(v, key_bytes(2)), make_server(v, ours)).resumed);
        assert_false(move(v, make_server(v, ours), make_server(v, key_bytes(2))).resumed);
    }
}

static void older_key_opens_and_the_ticket_is_renewed(void **state)
{
    const struct test_setting list[] = { { "ticket_key_file", test_write("a", key_bytes(9), 0600) },
                                         { "ticket_key_file", test_write("b", key_bytes(1), 0600) },
                                         { NULL, NULL } };
    int v = TLS1_2_VERSION;

    (void)state;
    assert_int_equal(read_keys(list), SEC_E_OK);
    struct outcome old = move(v, make_server(v, key_bytes(1)), make_server(v, ours));
    struct outcome now = move(v, make_server(v, key_bytes(9)), make_server(v, ours));
    assert_true(old.resumed && old.renewed);
    assert_true(now.resumed && !now.renewed);
    v = TLS1_3_VERSION;
    assert_true(move(v, make_server(v, key_bytes(1)), make_server(v, ours)).resumed);
}

static void tampered_ticket_is_not_opened(void **state)
{
    SSL_CTX *client = make_client(TLS1_2_VERSION), *server = make_server(TLS1_2_VERSION, ours);
    static struct test_link link;
    uint8_t der[4096], *at = der;

    (void)state;
    read_one_key(1);
    test_link_open(&link, client, &cred, server, &cred, NULL);
    test_link_close(&link);
    const unsigned char *ticket;
    size_t ticket_len;
    SSL_SESSION_get0_ticket(kept, &ticket, &ticket_len);
    int len = i2d_SSL_SESSION(kept, &at);
    uint8_t *inside = memmem(der, (size_t)len, ticket, ticket_len);
    assert_non_null(inside);
    for (size_t i = 0; i < ticket_len; i += 5) {
        const uint8_t *from = der;

        inside[i] ^= 1;
        SSL_SESSION *forged = d2i_SSL_SESSION(NULL, &from, len);
        inside[i] ^= 1;
        test_link_open(&link, client, &cred, server, &cred, forged);
        assert_true(link.open && !SSL_session_reused(link.client));
        test_link_close(&link);
        SSL_SESSION_free(forged);
    }
    SSL_SESSION_free(kept);
    kept = NULL;
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void no_chance_no_ticket(void **state)
{
    SSL_CTX *client = make_client(TLS1_2_VERSION), *server = make_server(TLS1_2_VERSION, ours);
    static struct test_link link;

    (void)state;
    read_one_key(1);
    test_host.no_random = true;
    test_link_open(&link, client, &cred, server, &cred, NULL);
    assert_false(link.open);
    test_link_close(&link);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(keys_are_read_in_order),        TEST(without_files_there_is_a_key_of_chance),
        TEST(wrong_files_are_refused),       TEST(memory_may_end_while_reading),
        TEST(tickets_are_sealed_and_opened), TEST(older_key_opens_and_the_ticket_is_renewed),
        TEST(tampered_ticket_is_not_opened), TEST(no_chance_no_ticket),
    };

    return cmocka_run_group_tests_name("tls ticket", tests, test_pki_open, test_pki_close);
}
