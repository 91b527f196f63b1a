/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-channel.c: channel.c alone, over a make-believe SSPI that this file defines.
 *
 * Messages: each byte is flipped; the token, of 20 bytes where 32 are announced, holds the
 * sequence number and a sum; sealing pads to a multiple of 8.  Streams: length in 2 bytes, then
 * 3 bytes of header that are announced as 5 at most, data, trailer of 2; a length of 0xffff is
 * the end, 0xfffe asks for legs of the handshake: each takes "leg", says "LEG", and is the last
 * if it comes with a dot.
 */
#include "config.h"

#define SSPI_NO_ULONG_COMPAT /* we define functions of these names */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <sspi/schannel.h>
#include <sspi/sspi.h>

#include "tools/channel.h"

#define TOKEN_SAID 32
#define TOKEN_USED 20
#define BLOCK 8

static int legs;      /* on an established stream */
static int buffers;   /* alive */
static ULONG control; /* ApplyControlToken's, until the next leg; 99: none */
static bool asks_certificate;
static bool altered; /* what was decrypted: the next leg says so */

/* ---- the make-believe ---- */

static SecBuffer *find(PSecBufferDesc d, ULONG type)
{
    for (ULONG i = 0; i < d->cBuffers; i++)
        if (d->pBuffers[i].BufferType == type)
            return &d->pBuffers[i];
    return NULL;
}

/* One that must be there. */
static SecBuffer *need(PSecBufferDesc d, ULONG type)
{
    SecBuffer *b = find(d, type);

    if (!b)
        abort();
    return b;
}

static uint8_t sum(const SecBuffer *b)
{
    uint8_t s = 7;

    for (ULONG i = 0; i < b->cbBuffer; i++)
        s = (uint8_t)(s * 31 + ((uint8_t *)b->pvBuffer)[i]);
    return s;
}

static void flip(SecBuffer *b)
{
    for (ULONG i = 0; i < b->cbBuffer; i++)
        ((uint8_t *)b->pvBuffer)[i] ^= 0x5a;
}

SECURITY_STATUS MakeSignature(PCtxtHandle c, ULONG qop, PSecBufferDesc m, ULONG sequence)
{
    SecBuffer *token = need(m, SECBUFFER_TOKEN);

    (void)c, (void)qop;
    assert_int_equal(token->cbBuffer, TOKEN_SAID);
    memset(token->pvBuffer, (int)sequence, TOKEN_USED);
    ((uint8_t *)token->pvBuffer)[TOKEN_USED - 1] = sum(need(m, SECBUFFER_DATA));
    token->cbBuffer = TOKEN_USED;
    return SEC_E_OK;
}

SECURITY_STATUS VerifySignature(PCtxtHandle c, PSecBufferDesc m, ULONG sequence,
                                SSPI_ULONG_OUT *qop)
{
    SecBuffer *token = need(m, SECBUFFER_TOKEN);
    uint8_t *p = token->pvBuffer;

    (void)c, (void)qop;
    if (token->cbBuffer != TOKEN_USED || p[TOKEN_USED - 1] != sum(need(m, SECBUFFER_DATA)))
        return SEC_E_MESSAGE_ALTERED;
    for (int i = 1; i < TOKEN_USED - 1; i++)
        if (p[i] != p[0])
            return SEC_E_MESSAGE_ALTERED;
    return p[0] == (uint8_t)sequence ? SEC_E_OK : SEC_E_OUT_OF_SEQUENCE;
}

static SECURITY_STATUS encrypt_stream(PSecBufferDesc m)
{
    SecBuffer *head = need(m, SECBUFFER_STREAM_HEADER), *data = need(m, SECBUFFER_DATA);
    SecBuffer *tail = need(m, SECBUFFER_STREAM_TRAILER);
    uint8_t *p = head->pvBuffer;

    assert_int_equal(head->cbBuffer, 5);
    assert_ptr_equal(p + 5, data->pvBuffer);
    p[0] = (uint8_t)(data->cbBuffer >> 8);
    p[1] = (uint8_t)data->cbBuffer;
    p[2] = 0x17;
    head->cbBuffer = 3;
    flip(data);
    memset(tail->pvBuffer, sum(data), 2);
    return SEC_E_OK;
}

SECURITY_STATUS EncryptMessage(PCtxtHandle c, ULONG qop, PSecBufferDesc m, ULONG sequence)
{
    SecBuffer *data = need(m, SECBUFFER_DATA), *padding;

    if (find(m, SECBUFFER_STREAM_HEADER))
        return encrypt_stream(m);
    padding = need(m, SECBUFFER_PADDING);
    assert_int_equal(padding->cbBuffer, BLOCK);
    padding->cbBuffer = (BLOCK - data->cbBuffer % BLOCK) % BLOCK;
    memset(padding->pvBuffer, 0x5a, padding->cbBuffer);
    flip(data);
    return MakeSignature(c, qop, m, sequence);
}

static SECURITY_STATUS decrypt_stream(PSecBufferDesc m)
{
    SecBuffer *b = m->pBuffers;
    uint8_t *p = b[0].pvBuffer;
    ULONG have = b[0].cbBuffer, n = have >= 2 ? (ULONG)(p[0] << 8 | p[1]) : 0;
    ULONG size = n >= 0xfffe ? 2 : n + 5;

    if (have < 2 || have < size)
        return SEC_E_INCOMPLETE_MESSAGE;
    if (have > size)
        b[3] = (SecBuffer){ have - size, SECBUFFER_EXTRA, p + size };
    b[0] = (SecBuffer){ 3, SECBUFFER_STREAM_HEADER, p };
    if (n == 0xffff)
        return SEC_I_CONTEXT_EXPIRED;
    if (n == 0xfffe)
        return SEC_I_RENEGOTIATE;
    b[1] = (SecBuffer){ n, SECBUFFER_DATA, p + 3 };
    altered = p[size - 1] != sum(&b[1]);
    if (altered)
        return SEC_E_MESSAGE_ALTERED;
    flip(&b[1]);
    return SEC_E_OK;
}

SECURITY_STATUS DecryptMessage(PCtxtHandle c, PSecBufferDesc m, ULONG sequence, SSPI_ULONG_OUT *qop)
{
    SecBuffer *data = need(m, SECBUFFER_DATA), *padding = find(m, SECBUFFER_PADDING);
    ULONG pad = padding ? padding->cbBuffer : 0;
    SECURITY_STATUS status;

    if (m->cBuffers == 4)
        return decrypt_stream(m);
    if ((data->cbBuffer + pad) % BLOCK != 0)
        return SEC_E_INVALID_TOKEN;
    status = VerifySignature(c, m, sequence, qop);
    if (status == SEC_E_OK)
        flip(data);
    return status;
}

SECURITY_STATUS QueryContextAttributesA(PCtxtHandle c, ULONG attribute, void *buffer)
{
    (void)c;
    if (attribute == SECPKG_ATTR_STREAM_SIZES)
        *(SecPkgContext_StreamSizes *)buffer = (SecPkgContext_StreamSizes){ 5, 2, 16384, 4, 1 };
    else
        *(SecPkgContext_Sizes *)buffer =
            (SecPkgContext_Sizes){ 100, TOKEN_SAID, BLOCK, TOKEN_SAID };
    return SEC_E_OK;
}

SECURITY_STATUS ApplyControlToken(PCtxtHandle c, PSecBufferDesc input)
{
    (void)c;
    memcpy(&control, input->pBuffers[0].pvBuffer, sizeof control);
    assert_int_equal(input->pBuffers[0].cbBuffer,
                     control == SCHANNEL_ALERT ? sizeof(SCHANNEL_ALERT_TOKEN) : sizeof control);
    return SEC_E_OK;
}

static void answer(PSecBufferDesc out, const char *text)
{
    buffers++;
    out->pBuffers[0].pvBuffer = strdup(text);
    out->pBuffers[0].cbBuffer = (ULONG)strlen(text);
}

static SECURITY_STATUS leg(PSecBufferDesc in, PSecBufferDesc out, ULONG request)
{
    SecBuffer *token = &in->pBuffers[0];
    const char *p = token->pvBuffer;
    ULONG what = control;

    legs++;
    control = 99;
    if (what != 99) {
        answer(out, what == SCHANNEL_ALERT ? "!" : "\xff\xff");
        return what == SCHANNEL_ALERT ? SEC_E_ILLEGAL_MESSAGE : SEC_I_CONTEXT_EXPIRED;
    }
    if (altered)
        answer(out, "?");
    if (altered || token->cbBuffer < 4)
        return altered ? SEC_E_MESSAGE_ALTERED : SEC_E_INCOMPLETE_MESSAGE;
    if (memcmp(p, "leg", 3) != 0) {
        answer(out, "!");
        return SEC_E_ILLEGAL_MESSAGE;
    }
    if (asks_certificate && !(request & ISC_REQ_USE_SUPPLIED_CREDS))
        return SEC_I_INCOMPLETE_CREDENTIALS;
    if (token->cbBuffer > 4)
        in->pBuffers[1] = (SecBuffer){ token->cbBuffer - 4, SECBUFFER_EXTRA, NULL };
    answer(out, "LEG");
    return p[3] == '.' ? SEC_E_OK : SEC_I_CONTINUE_NEEDED;
}

SECURITY_STATUS InitializeSecurityContextA(PCredHandle credential, PCtxtHandle context,
                                           LPCSTR target, ULONG request, ULONG reserved1,
                                           ULONG drep, PSecBufferDesc in, ULONG reserved2,
                                           PCtxtHandle fresh, PSecBufferDesc out,
                                           SSPI_ULONG_OUT *flags, PTimeStamp expiry)
{
    (void)credential, (void)context, (void)target, (void)reserved1, (void)drep;
    (void)reserved2, (void)fresh, (void)flags, (void)expiry;
    return leg(in, out, request);
}

SECURITY_STATUS AcceptSecurityContext(PCredHandle credential, PCtxtHandle context,
                                      PSecBufferDesc in, ULONG request, ULONG drep,
                                      PCtxtHandle fresh, PSecBufferDesc out, SSPI_ULONG_OUT *flags,
                                      PTimeStamp expiry)
{
    (void)credential, (void)context, (void)drep, (void)fresh, (void)flags, (void)expiry;
    return leg(in, out, request);
}

SECURITY_STATUS FreeContextBuffer(void *p)
{
    buffers--;
    free(p);
    return SEC_E_OK;
}

/* ---- the harness ---- */

static int sv[2];
static CredHandle credential = { 1, 1 };
static CtxtHandle context = { 2, 2 };

static int set_up(void **state)
{
    (void)state;
    legs = buffers = 0;
    control = 99;
    asks_certificate = altered = false;
    return socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
}

static int tear_down(void **state)
{
    (void)state;
    close(sv[0]);
    close(sv[1]);
    assert_int_equal(buffers, 0);
    return 0;
}

static struct channel *open_channel(int side, enum protect how, bool stream, const void *surplus,
                                    size_t n)
{
    struct channel_options o = { .fd = sv[side],
                                 .server = side == 1,
                                 .stream = stream,
                                 .protect = how,
                                 .credential = &credential,
                                 .context = &context };
    SECURITY_STATUS status = SEC_E_OK;
    struct channel *c = channel_new(&o, surplus, n, &status);

    assert_int_equal(status, SEC_E_OK);
    assert_non_null(c);
    return c;
}

static void put(struct channel *c, enum record_type type, const char *text)
{
    size_t most, n = strlen(text);
    uint8_t *room = channel_room(c, &most);

    assert_true(n <= most);
    memcpy(room, text, n);
    assert_int_equal(channel_put(c, type, n), SEC_E_OK);
    assert_true(channel_flush(c));
    assert_true(channel_idle(c));
}

static enum channel_news next(struct channel *c, struct record *r)
{
    enum channel_news news = channel_next(c, r);

    while (news == CHANNEL_MORE && channel_fill(c) == 1)
        news = channel_next(c, r);
    return news;
}

static void expect(struct channel *c, enum record_type type, const char *text)
{
    struct record r;

    assert_int_equal(next(c, &r), CHANNEL_RECORD);
    assert_int_equal(r.type, type);
    assert_int_equal(r.len, strlen(text));
    assert_memory_equal(r.data, text, r.len);
    channel_done(c);
}

/* ---- tests ---- */

static void records_arrive(void **state)
{
    (void)state;
    for (int how = PROTECT_NONE; how <= PROTECT_SEAL; how++) {
        struct channel *a = open_channel(1, (enum protect)how, false, NULL, 0);
        struct channel *b = open_channel(0, (enum protect)how, false, NULL, 0);

        put(a, RECORD_WELCOME, "");
        put(a, RECORD_DATA, "a first one");
        put(a, RECORD_DATA, "and a second");
        put(a, RECORD_END, "");
        expect(b, RECORD_WELCOME, "");
        expect(b, RECORD_DATA, "a first one");
        expect(b, RECORD_DATA, "and a second");
        expect(b, RECORD_END, "");
        channel_free(a);
        channel_free(b);
    }
}

static void a_sealed_record_looks_as_documented(void **state)
{
    struct channel *a = open_channel(1, PROTECT_SEAL, false, NULL, 0);
    uint8_t wire[64];

    (void)state;
    put(a, RECORD_DATA, "abc"); /* with its type 4 bytes, and 4 of padding */
    assert_int_equal(recv(sv[0], wire, sizeof wire, 0), 4 + 4 + TOKEN_USED + 4 + 4);
    assert_memory_equal(wire, "\0\0\0\x20\0\x14\0\4", 8);
    assert_int_equal(wire[8 + TOKEN_USED] ^ 0x5a, RECORD_DATA);
    assert_int_equal(wire[8 + TOKEN_USED + 1] ^ 0x5a, 'a');
    channel_free(a);
}

static void every_prefix_waits_for_more(void **state)
{
    struct channel *a = open_channel(1, PROTECT_SEAL, false, NULL, 0);
    uint8_t wire[64];
    struct record r;
    ssize_t n;

    (void)state;
    put(a, RECORD_DATA, "abc");
    n = recv(sv[0], wire, sizeof wire, 0);
    for (ssize_t cut = 0; cut <= n; cut++) {
        struct channel *b = open_channel(0, PROTECT_SEAL, false, wire, (size_t)cut);

        assert_int_equal(channel_next(b, &r), cut < n ? CHANNEL_MORE : CHANNEL_RECORD);
        channel_free(b);
    }
    channel_free(a);
}

static void a_record_repeated_or_changed_is_bad(void **state)
{
    struct channel *a = open_channel(1, PROTECT_SIGN, false, NULL, 0);
    struct channel *b;
    uint8_t wire[64];
    struct record r;
    ssize_t n;

    (void)state;
    put(a, RECORD_DATA, "abc");
    n = recv(sv[0], wire, sizeof wire / 2, 0);
    memcpy(wire + n, wire, (size_t)n);
    b = open_channel(0, PROTECT_SIGN, false, wire, 2 * (size_t)n);
    expect(b, RECORD_DATA, "abc");
    assert_int_equal(channel_next(b, &r), CHANNEL_BAD);
    assert_int_equal(r.status, SEC_E_OUT_OF_SEQUENCE);
    channel_free(b);
    for (ssize_t i = 0; i < n; i++) {
        wire[i] ^= 1;
        b = open_channel(0, PROTECT_SIGN, false, wire, (size_t)n);
        assert_int_not_equal(channel_next(b, &r), CHANNEL_RECORD);
        channel_free(b);
        wire[i] ^= 1;
    }
    channel_free(a);
}

static void what_cannot_be_a_record_is_bad(void **state)
{
    static const struct {
        enum protect how;
        const char *bytes;
        size_t n;
    } cases[] = {
        { PROTECT_SIGN, "\0\0\0\1x", 5 },         /* no room for the sizes */
        { PROTECT_SIGN, "\0\0\0\4\0\1\0\0", 8 },  /* a token past the end */
        { PROTECT_SIGN, "\0\0\0\5\0\1\0\1x", 9 }, /* with the padding past it */
        { PROTECT_SIGN, "\0\0\0\4\xff\xff\xff\xff", 8 },
        { PROTECT_NONE, "\0\0\0\1\3", 5 },       /* no such type */
        { PROTECT_NONE, "\xff\xff\xff\xff", 4 }, /* too long */
        { PROTECT_NONE, "\0\2\0\1", 4 },
    };
    struct record r;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct channel *c = open_channel(0, cases[i].how, false, cases[i].bytes, cases[i].n);

        assert_int_equal(channel_next(c, &r), CHANNEL_BAD);
        assert_true(r.status < 0);
        channel_free(c);
    }
}

static void a_refusal_is_known(void **state)
{
    struct channel *a = open_channel(1, PROTECT_SEAL, false, NULL, 0);
    struct channel *b = open_channel(0, PROTECT_SEAL, false, NULL, 0);
    struct record r;

    (void)state;
    channel_refuse(a);
    assert_true(channel_flush(a));
    assert_int_equal(next(b, &r), CHANNEL_REFUSED);
    channel_free(a);
    channel_free(b);
}

static void a_full_record_goes_through(void **state)
{
    struct channel *a = open_channel(1, PROTECT_SEAL, false, NULL, 0);
    struct channel *b = open_channel(0, PROTECT_SEAL, false, NULL, 0);
    struct record r;
    size_t most;
    uint8_t *room = channel_room(a, &most);

    (void)state;
    assert_int_equal(most, CHANNEL_CHUNK);
    memset(room, 'x', most);
    assert_int_equal(channel_put(a, RECORD_DATA, most), SEC_E_OK);
    while (!channel_idle(a)) {
        assert_true(channel_flush(a));
        assert_int_equal(channel_fill(b), 1);
    }
    assert_int_equal(next(b, &r), CHANNEL_RECORD);
    assert_int_equal(r.len, CHANNEL_CHUNK);
    assert_int_equal(r.data[most - 1], 'x');
    channel_free(a);
    channel_free(b);
}

static void a_stream_is_carried_and_ended(void **state)
{
    struct channel *a = open_channel(1, PROTECT_SEAL, true, NULL, 0);
    struct channel *b = open_channel(0, PROTECT_SEAL, true, NULL, 0);
    uint8_t wire[64];
    struct record r;
    ssize_t n;

    (void)state;
    put(a, RECORD_WELCOME, ""); /* nothing */
    put(a, RECORD_DATA, "one");
    n = recv(sv[0], wire, sizeof wire, 0);
    assert_int_equal(n, 3 + 3 + 2);
    assert_memory_equal(wire, "\0\3\x17", 3);
    send(sv[1], wire, (size_t)n, 0);
    put(a, RECORD_DATA, "and two");
    put(a, RECORD_END, "");
    expect(b, RECORD_DATA, "one");
    expect(b, RECORD_DATA, "and two");
    assert_int_equal(next(b, &r), CHANNEL_RECORD);
    assert_int_equal(r.type, RECORD_END);
    assert_int_equal(legs, 1);
    channel_free(a);
    channel_free(b);
}

/* A record without data: the stream had something to do. */
static void expect_nothing(struct channel *c)
{
    expect(c, RECORD_DATA, "");
}

/* What the channel has to say, on the other side. */
static void expect_said(struct channel *c, const char *text)
{
    char wire[64];

    assert_false(channel_idle(c));
    assert_true(channel_flush(c));
    assert_int_equal(recv(sv[1], wire, sizeof wire, MSG_DONTWAIT), strlen(text));
    assert_memory_equal(wire, text, strlen(text));
}

static void a_stream_may_ask_for_legs(void **state)
{
    struct channel *a = open_channel(1, PROTECT_SEAL, true, NULL, 0);
    struct channel *b = open_channel(0, PROTECT_SEAL, true, NULL, 0);
    struct record r;

    (void)state;
    put(a, RECORD_DATA, "before");
    send(sv[1], "\xff\xfeleg,leg.", 10, 0);
    put(a, RECORD_DATA, "after");
    expect(b, RECORD_DATA, "before");
    assert_true(channel_takes(b));
    expect_nothing(b);
    assert_false(channel_takes(b)); /* no data in between */
    expect_nothing(b);
    assert_int_equal(legs, 1);
    expect_said(b, "LEG");
    assert_true(channel_idle(b));
    assert_false(channel_takes(b));
    expect_nothing(b);
    expect_said(b, "LEG");
    assert_true(channel_takes(b));
    expect(b, RECORD_DATA, "after");
    assert_int_equal(channel_next(b, &r), CHANNEL_MORE);
    channel_free(a);
    channel_free(b);
}

static void a_leg_in_pieces_waits_for_more(void **state)
{
    static const char wire[] = "\xff\xfeleg,leg.\xff\xff";
    struct channel *c = open_channel(0, PROTECT_SEAL, true, NULL, 0);
    struct record r;

    (void)state;
    for (size_t i = 0; i + 1 < sizeof wire; i++) {
        while (channel_next(c, &r) == CHANNEL_RECORD)
            channel_done(c);
        send(sv[1], wire + i, 1, 0);
        assert_int_equal(channel_fill(c), 1);
    }
    assert_int_equal(channel_next(c, &r), CHANNEL_RECORD);
    assert_int_equal(r.type, RECORD_END);
    expect_said(c, "LEGLEG");
    channel_free(c);
}

static void after_our_end_no_leg_is_left(void **state)
{
    struct channel *c = open_channel(0, PROTECT_SEAL, true, NULL, 0);

    (void)state;
    assert_int_equal(channel_put(c, RECORD_END, 0), SEC_E_OK);
    expect_said(c, "\xff\xff");
    send(sv[1], "\xff\xfe\0\1\x17", 5, 0);
    send(sv[1], "\x3b\x14\x14", 3, 0); /* an a, flipped, and its sums */
    expect_nothing(c);
    expect(c, RECORD_DATA, "a");
    assert_int_equal(legs, 1);
    channel_free(c);
}

static void a_certificate_that_we_lack_is_done_without(void **state)
{
    static const char wire[] = "\xff\xfeleg.";
    struct channel *c = open_channel(0, PROTECT_SEAL, true, wire, sizeof wire - 1);

    (void)state;
    asks_certificate = true;
    expect_nothing(c);
    expect_nothing(c); /* the question */
    expect_nothing(c);
    assert_int_equal(legs, 2);
    expect_said(c, "LEG");
    channel_free(c);
}

static void a_leg_that_fails_says_its_alert(void **state)
{
    static const char wire[] = "\xff\xfewhat";
    struct channel *c = open_channel(0, PROTECT_SEAL, true, wire, sizeof wire - 1);
    struct record r;

    (void)state;
    expect_nothing(c);
    assert_int_equal(channel_next(c, &r), CHANNEL_BAD);
    assert_int_equal(r.status, SEC_E_ILLEGAL_MESSAGE);
    expect_said(c, "!");
    channel_free(c);
}

static void a_stream_refuses_by_an_alert(void **state)
{
    struct channel *c = open_channel(0, PROTECT_SEAL, true, NULL, 0);

    (void)state;
    channel_refuse(c);
    expect_said(c, "!");
    channel_free(c);
}

static void a_changed_stream_is_bad(void **state)
{
    static const char wire[] = "\0\1\x17xyz";
    struct channel *c = open_channel(0, PROTECT_SEAL, true, wire, 6);
    struct record r;

    (void)state;
    assert_int_equal(channel_next(c, &r), CHANNEL_BAD);
    assert_int_equal(r.status, SEC_E_MESSAGE_ALTERED);
    expect_said(c, "?");
    channel_free(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_arrive),
        TEST(a_sealed_record_looks_as_documented),
        TEST(every_prefix_waits_for_more),
        TEST(a_record_repeated_or_changed_is_bad),
        TEST(what_cannot_be_a_record_is_bad),
        TEST(a_refusal_is_known),
        TEST(a_full_record_goes_through),
        TEST(a_stream_is_carried_and_ended),
        TEST(a_stream_may_ask_for_legs),
        TEST(a_leg_in_pieces_waits_for_more),
        TEST(after_our_end_no_leg_is_left),
        TEST(a_certificate_that_we_lack_is_done_without),
        TEST(a_leg_that_fails_says_its_alert),
        TEST(a_stream_refuses_by_an_alert),
        TEST(a_changed_stream_is_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
