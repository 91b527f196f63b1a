/* SPDX-License-Identifier: Apache-2.0 */
/* test-session.c: a client's sessions: whose they are, how often they serve, who makes room. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <pthread.h>

#include "plugins/tls/test-host.h"
#include "plugins/tls/tls.h"

static struct tls_sessions *sessions;

static int setup(void **state)
{
    (void)state;
    test_host_open();
    sessions = tls_sessions_new();
    return sessions ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tls_sessions_free(sessions);
    assert_int_equal(test_host.live, 0);
    return 0;
}

static SSL_SESSION *make(int version, unsigned id)
{
    SSL_SESSION *session = SSL_SESSION_new();

    assert_non_null(session);
    assert_int_equal(SSL_SESSION_set_protocol_version(session, version), 1);
    assert_int_equal(SSL_SESSION_set1_id(session, (const uint8_t *)&id, sizeof id), 1);
    (void)SSL_SESSION_set_time(session, time(NULL));
    (void)SSL_SESSION_set_timeout(session, 300);
    return session;
}

/* Puts one, as libssl's callback does: a session that is not kept stays the caller's. */
static bool put_session(const char *target, SSL_SESSION *session)
{
    if (tls_sessions_put(sessions, span_str(target), session))
        return true;
    SSL_SESSION_free(session);
    return false;
}

static bool put(const char *target, int version, unsigned id)
{
    return put_session(target, make(version, id));
}

/* The id of the session that is given for target; 0: none. */
static unsigned take_of(const char *target, bool datagram)
{
    SSL_SESSION *session = tls_sessions_take(sessions, span_str(target), datagram);
    unsigned id = 0, len;

    if (session)
        memcpy(&id, SSL_SESSION_get_id(session, &len), sizeof id);
    SSL_SESSION_free(session);
    return id;
}

static unsigned take(const char *target)
{
    return take_of(target, false);
}

static void session_of_tls_1_2_serves_again(void **state)
{
    (void)state;
    assert_int_equal(take("www.example.com"), 0);
    assert_true(put("www.example.com", TLS1_2_VERSION, 7));
    assert_int_equal(take("www.example.com"), 7);
    assert_int_equal(take("www.example.com"), 7);
    assert_true(put("www.example.com", TLS1_2_VERSION, 8));
    assert_int_equal(take("www.example.com"), 8);
}

static void ticket_of_tls_1_3_serves_once(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 6; i++)
        assert_true(put("host", TLS1_3_VERSION, i));
    for (unsigned i = 6; i >= 3; i--) /* four, and the newest first */
        assert_int_equal(take("host"), i);
    assert_int_equal(take("host"), 0);
}

static void targets_are_compared_without_case(void **state)
{
    (void)state;
    assert_true(put("WWW.Example.com", TLS1_2_VERSION, 1));
    assert_int_equal(take("www.eXAMPLE.COM"), 1);
    assert_int_equal(take("www.example.co"), 0);
    assert_int_equal(take("www.example.comm"), 0);
    assert_int_equal(take("vww.example.com"), 0);
    assert_int_equal(take(""), 0);
    assert_true(put("\xc3\x84@[`{", TLS1_2_VERSION, 2));
    assert_int_equal(take("\xc3\xa4@[`{"), 0);
    assert_int_equal(take("\xc3\x84`[@{"), 0);
    assert_int_equal(take("\xc3\x84@[`{"), 2);
}

static void streams_and_datagrams_are_apart(void **state)
{
    (void)state;
    assert_true(put("host", DTLS1_2_VERSION, 1));
    assert_int_equal(take("host"), 0);
    assert_int_equal(take_of("host", true), 1);
    assert_true(put("host", TLS1_2_VERSION, 2));
    assert_int_equal(take_of("host", true), 1);
    assert_int_equal(take("host"), 2);
}

static void what_cannot_be_resumed_is_not_kept(void **state)
{
    SSL_SESSION *bare = SSL_SESSION_new();
    char longest[1026];

    (void)state;
    assert_true(SSL_SESSION_set_protocol_version(bare, TLS1_2_VERSION));
    assert_false(put_session("host", bare)); /* neither id nor ticket */
    SSL_SESSION *old = make(TLS1_2_VERSION, 1);
    (void)SSL_SESSION_set_time(old, time(NULL) - 301);
    assert_false(put_session("host", old));
    assert_false(put("", TLS1_2_VERSION, 1));
    memset(longest, 'x', sizeof longest);
    longest[1025] = '\0';
    assert_false(put(longest, TLS1_2_VERSION, 1));
    longest[1024] = '\0';
    assert_true(put(longest, TLS1_2_VERSION, 1));
    assert_int_equal(take("host"), 0);
}

static void old_sessions_go(void **state)
{
    SSL_SESSION *session = make(TLS1_2_VERSION, 1);

    (void)state;
    assert_true(SSL_SESSION_up_ref(session));
    assert_true(put_session("host", session));
    assert_int_equal(take("host"), 1);
    (void)SSL_SESSION_set_time(session, time(NULL) - 300);
    assert_int_equal(take("host"), 0);
    (void)SSL_SESSION_set_time(session, time(NULL));
    assert_int_equal(take("host"), 0); /* it is gone, not only passed over */
    SSL_SESSION_free(session);
}

static void least_recently_used_makes_room(void **state)
{
    char name[16];

    (void)state;
    for (unsigned i = 1; i <= 64; i++) {
        (void)snprintf(name, sizeof name, "host%u", i);
        assert_true(put(name, TLS1_2_VERSION, i));
    }
    assert_int_equal(take("host1"), 1); /* used now */
    assert_true(put("host65", TLS1_2_VERSION, 65));
    assert_int_equal(take("host1"), 1);
    assert_int_equal(take("host2"), 0);
    assert_int_equal(take("host3"), 3);
    assert_int_equal(take("host65"), 65);
}

static void no_memory_keeps_no_session(void **state)
{
    (void)state;
    test_host.fail_at = test_host.allocations + 1;
    assert_false(put("host", TLS1_2_VERSION, 1));
    assert_null(tls_sessions_new());
    test_host.fail_at = 0;
    assert_int_equal(take("host"), 0);
    tls_sessions_free(NULL);
}

static void *hammer(void *arg)
{
    unsigned seed = *(unsigned *)arg;

    for (unsigned i = 0; i < 3000; i++) {
        char name[16];

        seed = seed * 1103515245u + 12345u;
        (void)snprintf(name, sizeof name, "host%u", seed >> 16 & 31);
        if (seed >> 24 & 1)
            (void)put(name, seed >> 25 & 1 ? TLS1_3_VERSION : TLS1_2_VERSION, seed >> 16 & 31);
        else
            (void)take(name);
    }
    return NULL;
}

static void many_threads_share_sessions(void **state)
{
    pthread_t threads[4];
    unsigned seeds[4] = { 1, 2, 3, 4 };

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &seeds[i]), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(session_of_tls_1_2_serves_again),    TEST(ticket_of_tls_1_3_serves_once),
        TEST(targets_are_compared_without_case),  TEST(streams_and_datagrams_are_apart),
        TEST(what_cannot_be_resumed_is_not_kept), TEST(old_sessions_go),
        TEST(least_recently_used_makes_room),     TEST(no_memory_keeps_no_session),
        TEST(many_threads_share_sessions),
    };

    return cmocka_run_group_tests_name("tls session", tests, NULL, NULL);
}
