/* SPDX-License-Identifier: Apache-2.0 */
/* test-seal.c: messages signed and sealed, against published values and against tampering. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/seal.h"
#include "plugins/ntlm/test-host.h"
#include "plugins/ntlm/test-vectors.h"

#define ALL (NTLM_SIGN | NTLM_SEAL | NTLM_ESS | NTLM_128 | NTLM_KEY_EXCH)
#define NO_EXCHANGE (NTLM_SIGN | NTLM_SEAL | NTLM_ESS | NTLM_128)

/* Both ends of one session. */
struct ends {
    struct ntlm_session client, server;
};

static void ends_open_key(struct ends *e, uint32_t flags, struct span key)
{
    struct secret secret = { 0 };

    test_host_open();
    assert_true(secret_set(&secret, key));
    memset(e, 0, sizeof *e);
    ntlm_session_open(&e->client, flags, &secret, true);
    ntlm_session_open(&e->server, flags, &secret, false);
}

static void ends_open(struct ends *e, uint32_t flags)
{
    ends_open_key(e, flags, span_str("0123456789abcdef"));
}

/* A message of one piece of data and its signature. */
struct message {
    uint8_t data[64], signature[16];
    SecBuffer buffer[2];
};

static struct ssp_buffers message(struct message *m, const char *text)
{
    *m = (struct message){ .data = "" };
    memcpy(m->data, text, strlen(text));
    m->buffer[0] = (SecBuffer){ (uint32_t)strlen(text), SECBUFFER_DATA, m->data };
    m->buffer[1] = (SecBuffer){ sizeof m->signature, SECBUFFER_TOKEN, m->signature };
    return (struct ssp_buffers){ m->buffer, 2 };
}

static struct ssp_buffers buffers(struct message *m)
{
    return (struct ssp_buffers){ m->buffer, 2 };
}

/* --- published values ------------------------------------------------------------------------- */

static struct span word(char **at)
{
    char *start = *at;
    size_t n = strcspn(start, " ");

    *at = start + n + strspn(start + n, " ");
    start[n] = '\0';
    return vector_hex(start);
}

/* One line: "c seal BYTES = BYTES MAC"; the other end then reads what was written. */
static void run_step(struct ends *e, const char *title, char *step)
{
    bool client = step[0] == 'c', seal = strncmp(step + 2, "seal", 4) == 0;
    struct ntlm_session *from = client ? &e->client : &e->server;
    struct ntlm_session *to = client ? &e->server : &e->client;
    uint8_t data[128], signature[16];
    char *at = strchr(step + 2, ' ') + 1;
    struct span plain = word(&at);

    at += 2; /* "= " */
    struct span want = word(&at), mac = word(&at);
    if (strncmp(step + 2, "reset", 5) == 0) {
        ntlm_rc4_key(&from->send.rc4, span_of(from->send.seal_key, NTLM_KEY_LEN));
        ntlm_rc4_key(&to->receive.rc4, span_of(to->receive.seal_key, NTLM_KEY_LEN));
        return;
    }
    assert_true(plain.len <= sizeof data);
    memcpy(data, plain.data, plain.len);
    SecBuffer b[2] = { { (uint32_t)plain.len, SECBUFFER_DATA, data },
                       { sizeof signature, SECBUFFER_TOKEN, signature } };
    struct ssp_buffers m = { b, 2 };
    assert_int_equal(seal ? ntlm_encrypt(from, 0, m) : ntlm_sign(from, 0, m), SEC_E_OK);
    if ((seal && !span_is(want, data, plain.len)) || !span_is(mac, signature, sizeof signature))
        fail_msg("%s: %s", title, step);
    assert_int_equal(seal ? ntlm_decrypt(to, m) : ntlm_verify(to, m), SEC_E_OK);
    assert_memory_equal(data, plain.data, plain.len);
}

static void vectors_agree(void **state)
{
    struct vector v;
    size_t n = 0;

    (void)state;
    assert_true(vectors_open("ntlm-vectors.txt"));
    while (vectors_next(&v)) {
        struct ends e;

        if (strcmp(v.op, "ntlm.messages") != 0)
            continue;
        ends_open_key(&e, (uint32_t)vector_number(&v, "flags"),
                      vector_bytes(&v, "exported_session_key"));
        for (size_t i = 0; i < v.n; i++)
            if (strcmp(v.line[i].key, "step") == 0)
                run_step(&e, v.title, v.line[i].value);
        n++;
    }
    vectors_close();
    assert_int_equal(n, 7);
}

static void reset_goes_back_to_the_first_keystream(void **state)
{
    struct ends e;
    struct message a, b;

    (void)state;
    ends_open(&e, ALL);
    message(&a, "mech list");
    assert_int_equal(ntlm_sign(&e.client, 0, buffers(&a)), SEC_E_OK);
    assert_int_equal(ntlm_verify(&e.server, buffers(&a)), SEC_E_OK);
    ntlm_session_reset(&e.client);
    ntlm_session_reset(&e.server);
    message(&b, "first data");
    assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&b)), SEC_E_OK);
    assert_int_equal(b.signature[12], 1); /* the counter went on */
    assert_int_equal(ntlm_decrypt(&e.server, buffers(&b)), SEC_E_OK);
    assert_memory_equal(b.data, "first data", 10);
}

/* --- tampering -------------------------------------------------------------------------------- */

static void every_bit_of_data_and_checksum_counts(void **state)
{
    static const uint32_t kinds[] = { ALL, NO_EXCHANGE };

    (void)state;
    for (size_t k = 0; k < 2; k++)
        for (size_t bit = 0; bit < 8 * (6 + 8); bit++) {
            struct ends e;
            struct message m;

            ends_open(&e, kinds[k]);
            message(&m, "secret");
            assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&m)), SEC_E_OK);
            uint8_t *at = bit / 8 < 6 ? &m.data[bit / 8] : &m.signature[4 + bit / 8 - 6];
            *at ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(ntlm_decrypt(&e.server, buffers(&m)), SEC_E_MESSAGE_ALTERED);
            assert_memory_equal(m.data, "\0\0\0\0\0\0", 6); /* nothing to see */
        }
}

static void every_bit_of_version_and_number_counts(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 64; bit++) {
        bool version = bit < 32;
        struct ends e;
        struct message m;

        ends_open(&e, ALL);
        message(&m, "secret");
        assert_int_equal(ntlm_sign(&e.client, 0, buffers(&m)), SEC_E_OK);
        m.signature[version ? bit / 8 : 8 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(ntlm_verify(&e.server, buffers(&m)),
                         version ? SEC_E_INVALID_TOKEN : SEC_E_OUT_OF_SEQUENCE);
    }
}

static void signatures_of_another_length_are_no_tokens(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 40; n++) {
        uint8_t *exact = malloc(n > 0 ? n : 1); /* ASan sees a stray read */
        struct ends e;
        struct message m;

        ends_open(&e, ALL);
        message(&m, "secret");
        assert_int_equal(ntlm_sign(&e.client, 0, buffers(&m)), SEC_E_OK);
        memset(exact, 0, n);
        memcpy(exact, m.signature, n < 16 ? n : 16);
        m.buffer[1] = (SecBuffer){ n, SECBUFFER_TOKEN, exact };
        assert_int_equal(ntlm_verify(&e.server, buffers(&m)),
                         n == 16 ? SEC_E_OK : SEC_E_INVALID_TOKEN);
        free(exact);
    }
}

static void lost_repeated_and_overtaken_messages_are_out_of_sequence(void **state)
{
    struct ends e;
    struct message first, second;

    (void)state;
    ends_open(&e, ALL);
    message(&first, "first");
    message(&second, "second");
    assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&first)), SEC_E_OK);
    struct message again = first;
    again.buffer[0].pvBuffer = again.data;
    again.buffer[1].pvBuffer = again.signature;
    assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&second)), SEC_E_OK);
    assert_int_equal(ntlm_decrypt(&e.server, buffers(&first)), SEC_E_OK);
    assert_int_equal(ntlm_decrypt(&e.server, buffers(&again)), SEC_E_OUT_OF_SEQUENCE);
    /* That cost the stream its step: nothing more is believed. */
    assert_int_equal(ntlm_decrypt(&e.server, buffers(&second)), SEC_E_MESSAGE_ALTERED);

    ends_open(&e, NO_EXCHANGE);
    message(&first, "first");
    message(&second, "second");
    assert_int_equal(ntlm_sign(&e.client, 0, buffers(&first)), SEC_E_OK);
    assert_int_equal(ntlm_sign(&e.client, 0, buffers(&second)), SEC_E_OK);
    assert_int_equal(ntlm_verify(&e.server, buffers(&second)), SEC_E_OUT_OF_SEQUENCE);
}

/* A2.13: the number is one too high, and the checksum agrees with it. */
static void a_number_with_its_own_checksum_is_out_of_sequence(void **state)
{
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, ALL);
    e.client.send.seq = 1;
    message(&m, "secret");
    assert_int_equal(ntlm_sign(&e.client, 0, buffers(&m)), SEC_E_OK);
    assert_int_equal(ntlm_verify(&e.server, buffers(&m)), SEC_E_OUT_OF_SEQUENCE);
}

static void own_messages_do_not_come_back(void **state)
{
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, ALL);
    message(&m, "secret");
    assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&m)), SEC_E_OK);
    assert_int_equal(ntlm_decrypt(&e.client, buffers(&m)), SEC_E_MESSAGE_ALTERED);
}

static void shortened_ciphertext_is_altered(void **state)
{
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, ALL);
    message(&m, "secret");
    assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&m)), SEC_E_OK);
    m.buffer[0].cbBuffer--;
    assert_int_equal(ntlm_decrypt(&e.server, buffers(&m)), SEC_E_MESSAGE_ALTERED);
}

/* A2.18: without a key exchange the checksum is the same, sealed or not. */
static void a_sealed_signature_fits_the_plaintext_where_it_can(void **state)
{
    static const uint32_t kinds[] = { NO_EXCHANGE, ALL };

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct ends e;
        struct message m;

        ends_open(&e, kinds[k]);
        message(&m, "secret");
        assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&m)), SEC_E_OK);
        memcpy(m.data, "secret", 6);
        assert_int_equal(ntlm_verify(&e.server, buffers(&m)),
                         k == 0 ? SEC_E_OK : SEC_E_MESSAGE_ALTERED);
    }
}

static void a_broken_direction_leaves_the_other_whole(void **state)
{
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, ALL);
    message(&m, "secret");
    assert_int_equal(ntlm_sign(&e.client, 0, buffers(&m)), SEC_E_OK);
    m.data[0] ^= 1;
    assert_int_equal(ntlm_verify(&e.server, buffers(&m)), SEC_E_MESSAGE_ALTERED);
    message(&m, "answer");
    assert_int_equal(ntlm_encrypt(&e.server, 0, buffers(&m)), SEC_E_OK);
    assert_int_equal(ntlm_decrypt(&e.client, buffers(&m)), SEC_E_OK);
}

/* Not only because the stream is out of step: without a key exchange the checksum needs none. */
static void nothing_is_believed_after_a_message_that_was_altered(void **state)
{
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, NO_EXCHANGE);
    message(&m, "secret");
    assert_int_equal(ntlm_sign(&e.client, 0, buffers(&m)), SEC_E_OK);
    m.data[0] ^= 1;
    assert_int_equal(ntlm_verify(&e.server, buffers(&m)), SEC_E_MESSAGE_ALTERED);
    m.data[0] ^= 1;
    assert_int_equal(ntlm_verify(&e.server, buffers(&m)), SEC_E_MESSAGE_ALTERED);
}

static void a_malformed_signature_breaks_nothing(void **state)
{
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, ALL);
    message(&m, "secret");
    assert_int_equal(ntlm_sign(&e.client, 0, buffers(&m)), SEC_E_OK);
    m.buffer[1].cbBuffer = 15;
    assert_int_equal(ntlm_verify(&e.server, buffers(&m)), SEC_E_INVALID_TOKEN);
    m.buffer[1].cbBuffer = 16;
    assert_int_equal(ntlm_verify(&e.server, buffers(&m)), SEC_E_OK);
}

/* --- buffers ---------------------------------------------------------------------------------- */

static void missing_and_small_buffers_are_named(void **state)
{
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, ALL);
    message(&m, "secret");
    assert_int_equal(ntlm_sign(&e.client, 0, (struct ssp_buffers){ m.buffer, 1 }),
                     SEC_E_INVALID_TOKEN);
    assert_int_equal(ntlm_sign(&e.client, 0, (struct ssp_buffers){ m.buffer + 1, 1 }),
                     SEC_E_INVALID_TOKEN);
    assert_int_equal(ntlm_decrypt(&e.client, (struct ssp_buffers){ m.buffer, 1 }),
                     SEC_E_INVALID_TOKEN);
    m.buffer[1].cbBuffer = 8;
    assert_int_equal(ntlm_sign(&e.client, 0, buffers(&m)), SEC_E_BUFFER_TOO_SMALL);
    assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&m)), SEC_E_BUFFER_TOO_SMALL);
    assert_memory_equal(m.data, "secret", 6); /* and nothing was done */
    assert_int_equal(e.client.send.seq, 0);
}

static void the_token_shrinks_to_what_is_used(void **state)
{
    uint8_t room[100];
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, ALL);
    message(&m, "");
    m.buffer[1] = (SecBuffer){ sizeof room, SECBUFFER_TOKEN, room };
    assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&m)), SEC_E_OK);
    assert_int_equal(m.buffer[1].cbBuffer, 16);
    assert_int_equal(ntlm_decrypt(&e.server, buffers(&m)), SEC_E_OK); /* of no data */
}

/* READONLY_WITH_CHECKSUM is signed, READONLY neither signed nor read. */
static void data_counts_as_its_bits_say(void **state)
{
    uint8_t sealed[2][4] = { "one", "two" }, checked[4] = "sum", outside[4] = "out", token[16];
    SecBuffer b[] = {
        { 3, SECBUFFER_DATA, sealed[0] },
        { 3, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, checked },
        { sizeof token, SECBUFFER_TOKEN, token },
        { 3, SECBUFFER_DATA | SECBUFFER_READONLY, outside },
        { 3, SECBUFFER_PADDING, outside },
        { 3, SECBUFFER_DATA, sealed[1] },
        { 0, SECBUFFER_TOKEN, NULL }, /* a second one is none of ours */
    };
    struct ssp_buffers m = { b, sizeof b / sizeof b[0] };
    struct ends e;

    (void)state;
    ends_open(&e, ALL);
    assert_int_equal(ntlm_encrypt(&e.client, 0, m), SEC_E_OK);
    assert_memory_equal(checked, "sum", 3);
    assert_memory_equal(outside, "out", 3);
    assert_memory_not_equal(sealed[0], "one", 3);
    assert_memory_not_equal(sealed[1], "two", 3);
    memcpy(outside, "???", 3);
    assert_int_equal(ntlm_decrypt(&e.server, m), SEC_E_OK);
    assert_memory_equal(sealed[0], "one", 3);
    assert_memory_equal(sealed[1], "two", 3);

    assert_int_equal(ntlm_encrypt(&e.client, 0, m), SEC_E_OK);
    checked[0] ^= 1;
    assert_int_equal(ntlm_decrypt(&e.server, m), SEC_E_MESSAGE_ALTERED);
    assert_int_equal(checked[0], 's' ^ 1); /* not ours to wipe */
    assert_memory_equal(sealed[0], "\0\0\0", 3);
}

/* Data in pieces is the same message as in one. */
static void pieces_make_one_message(void **state)
{
    uint8_t a[2] = "ab", c[3] = "cde", token[16];
    SecBuffer in_two[] = { { 2, SECBUFFER_DATA, a },
                           { 3, SECBUFFER_DATA, c },
                           { sizeof token, SECBUFFER_TOKEN, token } };
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, ALL);
    assert_int_equal(ntlm_encrypt(&e.client, 0, (struct ssp_buffers){ in_two, 3 }), SEC_E_OK);
    message(&m, "     ");
    memcpy(m.data, a, 2);
    memcpy(m.data + 2, c, 3);
    memcpy(m.signature, token, 16);
    assert_int_equal(ntlm_decrypt(&e.server, buffers(&m)), SEC_E_OK);
    assert_memory_equal(m.data, "abcde", 5);
}

static void streams_are_opened_in_place(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 16 + 6; n++) {
        struct ends e;
        struct message m;
        uint8_t *stream = malloc(n > 0 ? n : 1);

        ends_open(&e, ALL);
        message(&m, "secret");
        assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&m)), SEC_E_OK);
        memcpy(stream, m.signature, n < 16 ? n : 16);
        if (n > 16)
            memcpy(stream + 16, m.data, n - 16);
        SecBuffer b[2] = { { (uint32_t)n, SECBUFFER_STREAM, stream }, { 0, SECBUFFER_DATA, NULL } };
        SECURITY_STATUS want = n < 16    ? SEC_E_INVALID_TOKEN
                               : n == 22 ? SEC_E_OK
                                         : SEC_E_MESSAGE_ALTERED;
        assert_int_equal(ntlm_decrypt(&e.server, (struct ssp_buffers){ b, 2 }), want);
        if (want == SEC_E_OK) {
            assert_ptr_equal(b[1].pvBuffer, stream + 16);
            assert_int_equal(b[1].cbBuffer, 6);
            assert_memory_equal(b[1].pvBuffer, "secret", 6);
        } else {
            assert_null(b[1].pvBuffer);
        }
        free(stream);
    }
}

static void a_stream_needs_somewhere_to_tell_the_result(void **state)
{
    uint8_t stream[20] = { 1 };
    SecBuffer b = { sizeof stream, SECBUFFER_STREAM, stream };
    struct ends e;

    (void)state;
    ends_open(&e, ALL);
    assert_int_equal(ntlm_decrypt(&e.server, (struct ssp_buffers){ &b, 1 }), SEC_E_INVALID_TOKEN);
}

/* --- what was agreed -------------------------------------------------------------------------- */

static void what_was_not_agreed_is_not_done(void **state)
{
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, NTLM_ESS | NTLM_128);
    message(&m, "secret");
    assert_int_equal(ntlm_sign(&e.client, 0, buffers(&m)), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ntlm_verify(&e.client, buffers(&m)), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&m)), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ntlm_decrypt(&e.client, buffers(&m)), SEC_E_UNSUPPORTED_FUNCTION);
    ends_open(&e, NTLM_SIGN | NTLM_ESS | NTLM_128);
    assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&m)), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ntlm_decrypt(&e.client, buffers(&m)), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ntlm_sign(&e.client, 0, buffers(&m)), SEC_E_OK);
}

static void qualities_of_protection(void **state)
{
    static const uint32_t unknown[] = { 1, SECQOP_WRAP_OOB_DATA, 0x80000000, 0xffffffff };
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, ALL);
    message(&m, "secret");
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_int_equal(ntlm_sign(&e.client, unknown[i], buffers(&m)), SEC_E_QOP_NOT_SUPPORTED);
        assert_int_equal(ntlm_encrypt(&e.client, unknown[i], buffers(&m)), SEC_E_QOP_NOT_SUPPORTED);
    }
    assert_int_equal(ntlm_encrypt(&e.client, SECQOP_WRAP_NO_ENCRYPT, buffers(&m)), SEC_E_OK);
    assert_memory_equal(m.data, "secret", 6);
    assert_int_equal(ntlm_verify(&e.server, buffers(&m)), SEC_E_OK);
}

static void no_number_is_used_twice(void **state)
{
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, NO_EXCHANGE);
    e.client.send.seq = e.server.receive.seq = UINT32_MAX;
    message(&m, "last");
    assert_int_equal(ntlm_sign(&e.client, 0, buffers(&m)), SEC_E_OK);
    assert_int_equal(ntlm_verify(&e.server, buffers(&m)), SEC_E_OK);
    assert_int_equal(ntlm_sign(&e.client, 0, buffers(&m)), SEC_E_CONTEXT_EXPIRED);
    assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&m)), SEC_E_CONTEXT_EXPIRED);
    assert_memory_equal(m.data, "last", 4);
    assert_int_equal(ntlm_verify(&e.server, buffers(&m)), SEC_E_CONTEXT_EXPIRED);
}

static void nothing_is_allocated_for_a_message(void **state)
{
    struct ends e;
    struct message m;

    (void)state;
    ends_open(&e, ALL);
    message(&m, "secret");
    assert_int_equal(ntlm_encrypt(&e.client, 0, buffers(&m)), SEC_E_OK);
    assert_int_equal(ntlm_decrypt(&e.server, buffers(&m)), SEC_E_OK);
    assert_int_equal(test_host.allocations, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_agree),
        cmocka_unit_test(reset_goes_back_to_the_first_keystream),
        cmocka_unit_test(every_bit_of_data_and_checksum_counts),
        cmocka_unit_test(every_bit_of_version_and_number_counts),
        cmocka_unit_test(signatures_of_another_length_are_no_tokens),
        cmocka_unit_test(lost_repeated_and_overtaken_messages_are_out_of_sequence),
        cmocka_unit_test(a_number_with_its_own_checksum_is_out_of_sequence),
        cmocka_unit_test(own_messages_do_not_come_back),
        cmocka_unit_test(shortened_ciphertext_is_altered),
        cmocka_unit_test(a_sealed_signature_fits_the_plaintext_where_it_can),
        cmocka_unit_test(a_broken_direction_leaves_the_other_whole),
        cmocka_unit_test(nothing_is_believed_after_a_message_that_was_altered),
        cmocka_unit_test(a_malformed_signature_breaks_nothing),
        cmocka_unit_test(missing_and_small_buffers_are_named),
        cmocka_unit_test(the_token_shrinks_to_what_is_used),
        cmocka_unit_test(data_counts_as_its_bits_say),
        cmocka_unit_test(pieces_make_one_message),
        cmocka_unit_test(streams_are_opened_in_place),
        cmocka_unit_test(a_stream_needs_somewhere_to_tell_the_result),
        cmocka_unit_test(what_was_not_agreed_is_not_done),
        cmocka_unit_test(qualities_of_protection),
        cmocka_unit_test(no_number_is_used_twice),
        cmocka_unit_test(nothing_is_allocated_for_a_message),
    };

    return cmocka_run_group_tests_name("ntlm messages", tests, NULL, NULL);
}
