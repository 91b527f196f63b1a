/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-stream.c: a connection of TLS from its first octet to its last, as its calls tell it:
 * what was used of the input, what is missing, what is to be sent, which status comes when.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/root.h"
#include "tests/tls/certs.h"
#include "tests/tls/pair.h"

#define TLS12 SP_PROT_TLS1_3 /* what is off */
#define TLS13 SP_PROT_TLS1_2

static struct cert ca, leaf;
static char *roots, *ours;
static CredHandle client, server; /* of any version */

static int begin(void **state)
{
    const struct cert *chain[] = { &leaf, &ca };

    (void)state;
    root_begin("\"max_legs\": 100000");
    ca = cert_make(&(struct cert_plan){ .name = "Test CA", .ca = true }, NULL);
    leaf = cert_make(&(struct cert_plan){ .name = "localhost" }, &ca);
    roots = cert_write("ca.pem", chain + 1, 1, false);
    ours = cert_write("server.pem", chain, 2, true);
    root_write("packages.d/schannel.json",
               "{\"name\": \"Schannel\", \"module\": \"tls.so\", \"settings\": {}}");
    assert_int_equal(cred_open(&client, false, NULL, roots, 0, 0), SEC_E_OK);
    assert_int_equal(cred_open(&server, true, ours, NULL, 0, 0), SEC_E_OK);
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

/* --- handshakes ------------------------------------------------------------------------------ */

/* A pair whose client has those versions only. */
static void open_pair(struct tls_pair *p, CredHandle *cred, DWORD off)
{
    assert_int_equal(cred_open(cred, false, NULL, roots, 0, off), SEC_E_OK);
    pair_open(p, cred, &server);
}

static void close_pair(struct tls_pair *p, CredHandle *cred)
{
    pair_close(p);
    assert_int_equal(FreeCredentialsHandle(cred), SEC_E_OK);
}

static void test_handshake(void **state)
{
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client, &server);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_int_equal(p.client.granted & ~(ULONG)ISC_RET_ALLOCATED_MEMORY,
                     ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT | ISC_RET_CONFIDENTIALITY |
                         ISC_RET_INTEGRITY | ISC_RET_EXTENDED_ERROR | ISC_RET_STREAM |
                         ISC_RET_MUTUAL_AUTH);
    assert_int_equal(p.server.granted & ~(ULONG)ASC_RET_ALLOCATED_MEMORY,
                     ASC_RET_REPLAY_DETECT | ASC_RET_SEQUENCE_DETECT | ASC_RET_CONFIDENTIALITY |
                         ASC_RET_INTEGRITY | ASC_RET_EXTENDED_ERROR | ASC_RET_STREAM);
    assert_true(pair_talks(&p));
    pair_close(&p);
}

/* So many octets at a time: nothing is used of a record until it is whole. */
static void shake_in_pieces(DWORD off, size_t step)
{
    CredHandle cred;
    struct tls_pair p;

    open_pair(&p, &cred, off);
    assert_int_equal(pair_shake(&p, step), SEC_E_OK);
    assert_true(pair_talks(&p));
    close_pair(&p, &cred);
}

static void test_pieces(void **state)
{
    static const size_t steps[] = { 1, 2, 3, 5, 6, 100, 1000 };

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        shake_in_pieces(TLS12, steps[i]);
        shake_in_pieces(TLS13, steps[i]);
    }
}

/* What a partial record lacks is told exactly once its head is there; nothing comes of it. */
static void test_missing(void **state)
{
    struct tls_pair p;
    size_t whole;

    (void)state;
    pair_open(&p, &client, &server);
    assert_int_equal(end_leg(&p.client), SEC_I_CONTINUE_NEEDED);
    whole = p.client.out.len;
    pair_move(&p.client, &p.server);
    for (size_t n = 0; n < whole; n++) {
        assert_int_equal(end_leg_of(&p.server, n), SEC_E_INCOMPLETE_MESSAGE);
        assert_false(p.server.has_ctx);
        assert_int_equal(p.server.out.len, 0);
        assert_int_equal(p.server.missing, n < 5 ? 5 - n : whole - n);
    }
    assert_int_equal(end_leg(&p.server), SEC_I_CONTINUE_NEEDED);
    pair_close(&p);
}

/* The last flight and the first data in one: the data is left over. */
static void test_surplus(void **state)
{
    struct octets data;
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client, &server);
    assert_int_equal(end_leg(&p.client), SEC_I_CONTINUE_NEEDED);
    pair_move(&p.client, &p.server);
    assert_int_equal(end_leg(&p.server), SEC_I_CONTINUE_NEEDED);
    pair_move(&p.server, &p.client);
    assert_int_equal(end_leg(&p.client), SEC_E_OK);
    assert_int_equal(end_send(&p.client, "early", 5), SEC_E_OK);
    pair_move(&p.client, &p.server);
    assert_int_equal(end_leg(&p.server), SEC_E_OK);
    assert_true(p.server.in.len > 5);
    assert_int_equal(end_receive(&p.server, &data), SEC_E_OK);
    assert_int_equal(data.len, 5);
    assert_memory_equal(data.data, "early", 5);
    octets_clear(&data);
    assert_int_equal(p.server.in.len, 0);
    pair_close(&p);
}

/* --- data ------------------------------------------------------------------------------------ */

static void receive_is(struct tls_end *e, const void *expected, size_t n)
{
    struct octets data;

    assert_int_equal(end_receive(e, &data), SEC_E_OK);
    assert_int_equal(data.len, n);
    if (n > 0)
        assert_memory_equal(data.data, expected, n);
    octets_clear(&data);
}

/* Tickets and the like out of the way. */
static void settle(struct tls_pair *p)
{
    struct octets data;

    assert_int_equal(pair_shake(p, 0), SEC_E_OK);
    while (p->client.in.len > 0) {
        SECURITY_STATUS status = end_receive(&p->client, &data);

        octets_clear(&data);
        assert_true(status == SEC_I_RENEGOTIATE || status == SEC_E_OK);
        if (status == SEC_I_RENEGOTIATE)
            assert_int_equal(end_leg(&p->client), SEC_E_OK);
    }
}

static void records(DWORD off)
{
    static const size_t sizes[] = { 1, 15, 16, 17, 1000, 16383, 16384 };
    static uint8_t bytes[16384];
    CredHandle cred;
    struct tls_pair p;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    open_pair(&p, &cred, off);
    settle(&p);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_int_equal(end_send(&p.server, bytes, sizes[i]), SEC_E_OK);
    pair_move(&p.server, &p.client);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        receive_is(&p.client, bytes, sizes[i]);
    assert_int_equal(p.client.in.len, 0);
    close_pair(&p, &cred);
}

static void test_records(void **state)
{
    (void)state;
    records(TLS12);
    records(TLS13);
}

static void split_record(DWORD off)
{
    CredHandle cred;
    struct tls_pair p;
    struct octets data;

    open_pair(&p, &cred, off);
    settle(&p);
    assert_int_equal(end_send(&p.client, "a record in pieces", 18), SEC_E_OK);
    size_t whole = p.client.out.len;
    for (size_t n = 1; n < whole; n++) {
        pair_move_some(&p.client, &p.server, 1);
        assert_int_equal(end_receive(&p.server, &data), SEC_E_INCOMPLETE_MESSAGE);
        assert_int_equal(p.server.missing, n < 5 ? 5 - n : whole - n);
        octets_clear(&data);
    }
    pair_move(&p.client, &p.server);
    receive_is(&p.server, "a record in pieces", 18);
    close_pair(&p, &cred);
}

static void test_split_record(void **state)
{
    (void)state;
    split_record(TLS12);
    split_record(TLS13);
}

/* Nothing is sent for nothing; more than a record holds is refused; both leave it as it was. */
static void test_sizes(void **state)
{
    static const uint8_t much[16385];
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client, &server);
    settle(&p);
    assert_int_equal(end_send(&p.client, "", 0), SEC_E_OK);
    assert_int_equal(p.client.out.len, 0);
    assert_int_equal(end_send(&p.client, much, sizeof much), SEC_E_ENCRYPT_FAILURE);
    assert_int_equal(p.client.out.len, 0);
    assert_true(pair_talks(&p));
    pair_close(&p);
}

/* --- the end --------------------------------------------------------------------------------- */

static void close_both(DWORD off)
{
    CredHandle cred;
    struct tls_pair p;
    struct octets data;

    open_pair(&p, &cred, off);
    settle(&p);
    assert_int_equal(end_send(&p.client, "last", 4), SEC_E_OK);
    assert_int_equal(end_shut(&p.client), SEC_E_OK);
    assert_int_equal(end_send(&p.client, "late", 4), SEC_E_CONTEXT_EXPIRED);
    pair_move(&p.client, &p.server);
    receive_is(&p.server, "last", 4);
    assert_int_equal(end_receive(&p.server, &data), SEC_I_CONTEXT_EXPIRED);
    octets_clear(&data);
    assert_int_equal(p.server.in.len, 0);
    octets_add(&p.server.in, "\x17\3\3\0\1x", 6);
    assert_int_equal(end_receive(&p.server, &data), SEC_E_CONTEXT_EXPIRED);
    octets_clear(&p.server.in);
    /* The other direction is open still. */
    assert_int_equal(end_send(&p.server, "answer", 6), SEC_E_OK);
    assert_int_equal(end_shut(&p.server), SEC_E_OK);
    pair_move(&p.server, &p.client);
    receive_is(&p.client, "answer", 6);
    assert_int_equal(end_receive(&p.client, &data), SEC_I_CONTEXT_EXPIRED);
    octets_clear(&data);
    close_pair(&p, &cred);
}

static void test_close(void **state)
{
    (void)state;
    close_both(TLS12);
    close_both(TLS13);
}

/* Who has said goodbye reads on, tickets and all; a leg in between takes nothing. */
static void test_read_after_close(void **state)
{
    CredHandle cred;
    struct tls_pair p;
    struct octets data;
    SECURITY_STATUS status;

    (void)state;
    open_pair(&p, &cred, TLS13);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_int_equal(end_send(&p.server, "after tickets", 13), SEC_E_OK);
    pair_move(&p.server, &p.client);
    assert_int_equal(end_shut(&p.client), SEC_E_OK);
    while ((status = end_receive(&p.client, &data)) == SEC_I_RENEGOTIATE) {
        size_t left = p.client.in.len;

        octets_clear(&data);
        assert_int_equal(end_leg(&p.client), SEC_E_OK);
        assert_int_equal(p.client.in.len, left);
    }
    assert_int_equal(status, SEC_E_OK);
    assert_int_equal(data.len, 13);
    octets_clear(&data);
    close_pair(&p, &cred);
}

/* Half a handshake can be ended as well, and the other side hears it. */
static void test_close_early(void **state)
{
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client, &server);
    assert_int_equal(end_leg(&p.client), SEC_I_CONTINUE_NEEDED);
    pair_move(&p.client, &p.server);
    assert_int_equal(end_shut(&p.client), SEC_E_OK);
    assert_int_equal(p.client.out.len, 7);
    assert_int_equal(end_leg(&p.client), SEC_I_CONTEXT_EXPIRED);
    pair_close(&p);
}

static SECURITY_STATUS control(struct tls_end *e, const void *token, ULONG n)
{
    SecBuffer b = { n, SECBUFFER_TOKEN, (void *)(uintptr_t)token };
    SecBufferDesc all = { SECBUFFER_VERSION, 1, &b };

    return ApplyControlToken(&e->ctx, &all);
}

static void test_control(void **state)
{
    static const DWORD unknown = 9, bad_level[] = { SCHANNEL_ALERT, 3, 40 };
    static const DWORD alert[] = { SCHANNEL_ALERT, TLS1_ALERT_FATAL, TLS1_ALERT_ACCESS_DENIED };
    static const DWORD session[] = { SCHANNEL_SESSION, 7 };
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client, &server);
    assert_int_equal(end_leg(&p.client), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(control(&p.client, &unknown, sizeof unknown), SEC_E_INVALID_PARAMETER);
    assert_int_equal(control(&p.client, &unknown, 3), SEC_E_INVALID_PARAMETER);
    assert_int_equal(control(&p.client, bad_level, sizeof bad_level), SEC_E_INVALID_PARAMETER);
    assert_int_equal(control(&p.client, alert, 4), SEC_E_INVALID_PARAMETER);
    assert_int_equal(control(&p.client, session, sizeof session), SEC_E_INVALID_PARAMETER);
    pair_move(&p.client, &p.server);
    assert_int_equal(end_leg(&p.server), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(control(&p.client, alert, sizeof alert), SEC_E_OK);
    assert_int_equal(end_leg_of(&p.client, 0), SEC_E_OK);
    pair_move(&p.client, &p.server);
    assert_int_equal(end_leg(&p.server), SEC_E_LOGON_DENIED);
    pair_close(&p);
}

/* --- ALPN ------------------------------------------------------------------------------------ */

static void test_alpn(void **state)
{
    SecPkgContext_ApplicationProtocol got;
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client, &server);
    p.client.alpn = "\2h2\10http/1.1";
    p.server.alpn = "\4smtp\10http/1.1";
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_int_equal(QueryContextAttributesA(&p.client.ctx, SECPKG_ATTR_APPLICATION_PROTOCOL, &got),
                     SEC_E_OK);
    assert_int_equal(got.ProtoNegoStatus, SecApplicationProtocolNegotiationStatus_Success);
    assert_int_equal(got.ProtocolIdSize, 8);
    assert_memory_equal(got.ProtocolId, "http/1.1", 8);
    pair_close(&p);
}

static void test_no_common_alpn(void **state)
{
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client, &server);
    p.client.alpn = "\2h2";
    p.server.alpn = "\4smtp";
    assert_int_equal(pair_shake(&p, 0), SEC_E_APPLICATION_PROTOCOL_MISMATCH);
    assert_int_equal(p.server.status, SEC_E_APPLICATION_PROTOCOL_MISMATCH);
    assert_int_equal(p.client.status, SEC_E_APPLICATION_PROTOCOL_MISMATCH);
    pair_close(&p);
}

/* A server that says nothing of protocols goes on without. */
static void test_alpn_of_one(void **state)
{
    SecPkgContext_ApplicationProtocol got;
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client, &server);
    p.client.alpn = "\2h2";
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_int_equal(QueryContextAttributesA(&p.client.ctx, SECPKG_ATTR_APPLICATION_PROTOCOL, &got),
                     SEC_E_OK);
    assert_int_equal(got.ProtoNegoStatus, SecApplicationProtocolNegotiationStatus_None);
    pair_close(&p);
}

static void test_bad_alpn(void **state)
{
    struct tls_pair p;

    (void)state;
    pair_open(&p, &client, &server);
    p.client.alpn = "\3h2";
    assert_int_equal(end_leg(&p.client), SEC_E_INVALID_TOKEN);
    assert_false(p.client.has_ctx);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handshake),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_surplus),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_split_record),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_read_after_close),
        cmocka_unit_test(test_close_early),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_alpn),
        cmocka_unit_test(test_no_common_alpn),
        cmocka_unit_test(test_alpn_of_one),
        cmocka_unit_test(test_bad_alpn),
    };

    return cmocka_run_group_tests_name("tls-stream", tests, begin, end);
}
