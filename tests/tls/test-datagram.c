/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-datagram.c: DTLS 1.2: a flight goes in as many datagrams as it takes, a leg each; some are
 * lost, come twice or in another order.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/root.h"
#include "tests/tls/certs.h"
#include "tests/tls/pair.h"

#define MOST 64 /* datagrams under way */

/* Datagrams on their way to one side. */
struct road {
    struct octets datagrams[MOST];
    size_t n;
};

static struct cert ca, leaf;
static char *roots, *ours;
static CredHandle client, server;

static int begin(void **state)
{
    const struct cert *chain[] = { &leaf, &ca };

    (void)state;
    root_begin("\"max_legs\": 1000");
    ca = cert_make(&(struct cert_plan){ .name = "Test CA", .ca = true, .key = CERT_RSA }, NULL);
    leaf = cert_make(&(struct cert_plan){ .name = "localhost", .key = CERT_RSA }, &ca);
    roots = cert_write("ca.pem", chain + 1, 1, false);
    ours = cert_write("server.pem", chain, 2, true);
    root_write("packages.d/schannel.json",
               "{\"name\": \"Schannel\", \"module\": \"tls.so\", \"settings\": {}}");
    assert_int_equal(cred_open(&client, false, NULL, roots, SCH_USE_DTLS_ONLY, 0), SEC_E_OK);
    assert_int_equal(cred_open(&server, true, ours, NULL, SCH_USE_DTLS_ONLY, 0), SEC_E_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    FreeCredentialsHandle(&client);
    FreeCredentialsHandle(&server);
    cert_free(&leaf);
    cert_free(&ca);
    free(roots);
    free(ours);
    root_end();
    return 0;
}

/* --- roads ----------------------------------------------------------------------------------- */

static void send_one(struct road *road, struct octets *datagram)
{
    if (datagram->len == 0)
        return;
    assert_true(road->n < MOST);
    road->datagrams[road->n++] = *datagram;
    *datagram = (struct octets){ NULL, 0 };
}

static struct octets take(struct road *road, size_t i)
{
    struct octets taken = road->datagrams[i];

    memmove(&road->datagrams[i], &road->datagrams[i + 1],
            (road->n - i - 1) * sizeof *road->datagrams);
    road->n--;
    return taken;
}

static void lose_all(struct road *road)
{
    while (road->n > 0) {
        struct octets lost = take(road, 0);
        octets_clear(&lost);
    }
}

/* A leg with what came, and more without input as long as there is more to send. */
static SECURITY_STATUS step(struct tls_end *e, struct octets *came, struct road *to)
{
    SECURITY_STATUS status;

    e->in = came ? *came : (struct octets){ NULL, 0 };
    status = end_leg(e);
    octets_clear(&e->in);
    send_one(to, &e->out);
    while (status == SEC_I_MESSAGE_FRAGMENT) {
        status = end_leg_of(e, 0);
        send_one(to, &e->out);
    }
    return status;
}

/* Deliver all, in order or the last first, until the road is empty both ways. */
static void deliver(struct tls_pair *p, struct road *there, struct road *back, bool reversed)
{
    while (there->n + back->n > 0) {
        struct road *road = there->n > 0 ? there : back;
        struct tls_end *to = road == there ? &p->server : &p->client;
        struct octets d = take(road, reversed ? road->n - 1 : 0);

        if (to->done) {
            octets_clear(&d);
            continue;
        }
        assert_true(step(to, &d, road == there ? back : there) >= 0);
    }
}

/* --- tests ----------------------------------------------------------------------------------- */

static bool talks(struct tls_pair *p)
{
    struct octets got;
    bool same;

    if (end_send(&p->client, "ping", 4) != SEC_E_OK)
        return false;
    pair_move(&p->client, &p->server);
    if (end_receive(&p->server, &got) != SEC_E_OK)
        return false;
    same = got.len == 4 && memcmp(got.data, "ping", 4) == 0;
    octets_clear(&got);
    return same && p->server.in.len == 0;
}

static void shake(bool reversed)
{
    struct road there = { .n = 0 }, back = { .n = 0 };
    struct tls_pair p;

    pair_open(&p, &client, &server);
    assert_int_equal(step(&p.client, NULL, &there), SEC_I_CONTINUE_NEEDED);
    deliver(&p, &there, &back, reversed);
    assert_true(p.client.done && p.server.done);
    assert_true(p.client.granted & ISC_RET_DATAGRAM);
    assert_false(p.client.granted & ISC_RET_STREAM);
    assert_true(talks(&p));
    pair_close(&p);
}

static void test_handshake(void **state)
{
    (void)state;
    shake(false);
}

static void test_other_order(void **state)
{
    (void)state;
    shake(true);
}

/* Each datagram is no longer than the MTU, and a flight that is takes several. */
static void test_mtu(void **state)
{
    struct road there = { .n = 0 }, back = { .n = 0 };
    struct tls_pair p;
    CredHandle fresh; /* without a session, which would make short flights */
    USHORT mtu = 400, is = 0;

    (void)state;
    assert_int_equal(cred_open(&fresh, false, NULL, roots, SCH_USE_DTLS_ONLY, 0), SEC_E_OK);
    pair_open(&p, &fresh, &server);
    assert_int_equal(step(&p.client, NULL, &there), SEC_I_CONTINUE_NEEDED);
    struct octets hello = take(&there, 0);
    assert_int_equal(step(&p.server, &hello, &back), SEC_I_CONTINUE_NEEDED); /* a cookie */
    assert_int_equal(SetContextAttributesA(&p.server.ctx, SECPKG_ATTR_DTLS_MTU, &mtu, sizeof mtu),
                     SEC_E_OK);
    assert_int_equal(QueryContextAttributesA(&p.server.ctx, SECPKG_ATTR_DTLS_MTU, &is), SEC_E_OK);
    assert_int_equal(is, mtu);
    struct octets verify = take(&back, 0);
    assert_int_equal(step(&p.client, &verify, &there), SEC_I_CONTINUE_NEEDED);
    struct octets again = take(&there, 0);
    assert_int_equal(step(&p.server, &again, &back), SEC_I_CONTINUE_NEEDED);
    assert_true(back.n > 2);
    for (size_t i = 0; i < back.n; i++)
        assert_true(back.datagrams[i].len <= mtu);
    deliver(&p, &there, &back, false);
    assert_true(p.client.done && p.server.done);
    pair_close(&p);
    FreeCredentialsHandle(&fresh);
}

/* A lost flight is sent again once libssl's timer (a second) says so, and not before. */
static void test_loss(void **state)
{
    struct road there = { .n = 0 }, back = { .n = 0 };
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client, &server);
    assert_int_equal(step(&p.client, NULL, &there), SEC_I_CONTINUE_NEEDED);
    lose_all(&there);
    assert_int_equal(step(&p.client, NULL, &there), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(there.n, 0);
    usleep(1100000);
    assert_int_equal(step(&p.client, NULL, &there), SEC_I_CONTINUE_NEEDED);
    assert_true(there.n > 0);
    deliver(&p, &there, &back, false);
    assert_true(p.client.done && p.server.done);
    assert_true(talks(&p));
    pair_close(&p);
}

/* What is altered, or comes twice, is refused, and the connection goes on. */
static void test_bad_data(void **state)
{
    struct road there = { .n = 0 }, back = { .n = 0 };
    struct octets copy = { NULL, 0 }, got;
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client, &server);
    assert_int_equal(step(&p.client, NULL, &there), SEC_I_CONTINUE_NEEDED);
    deliver(&p, &there, &back, false);
    assert_int_equal(end_send(&p.client, "data", 4), SEC_E_OK);
    octets_add(&copy, p.client.out.data, p.client.out.len);
    p.client.out.data[p.client.out.len - 1] ^= 1;
    pair_move(&p.client, &p.server);
    assert_int_equal(end_receive(&p.server, &got), SEC_E_MESSAGE_ALTERED);
    octets_clear(&p.server.in);
    octets_add(&p.server.in, copy.data, copy.len);
    assert_int_equal(end_receive(&p.server, &got), SEC_E_OK);
    assert_int_equal(got.len, 4);
    octets_clear(&got);
    octets_add(&p.server.in, copy.data, copy.len);
    assert_int_equal(end_receive(&p.server, &got), SEC_E_MESSAGE_ALTERED);
    octets_clear(&p.server.in);
    octets_add(&p.server.in, "\x17\xfe\xfd", 3);
    assert_int_equal(end_receive(&p.server, &got), SEC_E_ILLEGAL_MESSAGE);
    octets_clear(&p.server.in);
    octets_clear(&copy);
    assert_true(talks(&p));
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handshake), cmocka_unit_test(test_other_order),
        cmocka_unit_test(test_mtu),       cmocka_unit_test(test_loss),
        cmocka_unit_test(test_bad_data),
    };

    return cmocka_run_group_tests_name("tls-datagram", tests, begin, end);
}
