/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-exchange.c: exchange.c alone, over a make-believe SSPI that this file defines.
 *
 * The package's protocol: client "1", server "2", client "3" and is done, server is done; each
 * token is its leg's letter, repeated.  As a stream each message begins with its length in one
 * byte.  The client's "X" makes the server fail and answer "E"; a client fails on "E".
 */
#include "config.h"

#define SSPI_NO_ULONG_COMPAT /* we define functions of these names */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/context.h"
#include "core/registry.h"
#include "core/trace.h"
#include "sspi/exchange.h"
#include "sspi/sspix.h"

/* ---- the make-believe ---- */

static struct {
    size_t token_size;       /* of the client's and server's tokens */
    bool stream;             /* the package frames by itself */
    bool client_says_x;      /* the client's first token is an X */
    bool client_fails_first; /* its first leg fails */
    bool complete;           /* tokens need CompleteAuthToken */
    bool asks_certificate;   /* SEC_I_INCOMPLETE_CREDENTIALS once */
    bool asks_aloud;         /* with a token */
    bool fragments;          /* the client's last token goes in two legs */
    uint32_t timeout_ms;
    int contexts; /* alive */
    int buffers;
    int legs_with_bindings;
    int legs_with_names; /* SECBUFFER_APPLICATION_PROTOCOLS of "names" */
    int legs;
    uint32_t deadline_seen;
} fake;

static CredHandle some_credential = { 7, 7 };

struct reg_limits reg_limits(void)
{
    return (struct reg_limits){ .handshake_timeout_ms = fake.timeout_ms };
}

void ctx_first_by(uint64_t deadline)
{
    (void)deadline;
}

SECURITY_STATUS trace_fail(const char *file, int line, const char *func, SECURITY_STATUS status,
                           const char *fmt, ...)
{
    (void)file, (void)line, (void)func, (void)fmt;
    return status;
}

SECURITY_STATUS sspi_set_deadline(PCtxtHandle context, uint32_t ms)
{
    (void)context;
    __atomic_store_n(&fake.deadline_seen, ms, __ATOMIC_RELAXED);
    return SEC_E_OK;
}

static void *new_buffer(size_t n)
{
    __atomic_add_fetch(&fake.buffers, 1, __ATOMIC_RELAXED);
    return calloc(1, n);
}

SECURITY_STATUS FreeContextBuffer(void *p)
{
    __atomic_sub_fetch(&fake.buffers, 1, __ATOMIC_RELAXED);
    free(p);
    return SEC_E_OK;
}

SECURITY_STATUS DeleteSecurityContext(PCtxtHandle context)
{
    assert_true(SecIsValidHandle(context));
    __atomic_sub_fetch(&fake.contexts, 1, __ATOMIC_RELAXED);
    return SEC_E_OK;
}

SECURITY_STATUS QuerySecurityPackageInfoA(LPCSTR name, PSecPkgInfoA *out)
{
    if (strcmp(name, "Fake") != 0)
        return SEC_E_SECPKG_NOT_FOUND;
    *out = new_buffer(sizeof **out);
    (*out)->fCapabilities = fake.stream ? SECPKG_FLAG_STREAM : 0;
    (*out)->cbMaxToken = 900000;
    return SEC_E_OK;
}

SECURITY_STATUS QueryContextAttributesA(PCtxtHandle context, ULONG attribute, void *buffer)
{
    SecPkgContext_PackageInfoA *info = buffer;

    (void)context;
    if (attribute == SECPKG_ATTR_FLAGS) {
        ((SecPkgContext_Flags *)buffer)->Flags = ISC_RET_CONFIDENTIALITY | ISC_RET_MUTUAL_AUTH;
        return SEC_E_OK;
    }
    assert_int_equal(attribute, SECPKG_ATTR_PACKAGE_INFO);
    return QuerySecurityPackageInfoA("Fake", &info->PackageInfo);
}

SECURITY_STATUS CompleteAuthToken(PCtxtHandle context, PSecBufferDesc token)
{
    uint8_t *p = token->pBuffers[0].pvBuffer;

    (void)context;
    p[token->pBuffers[0].cbBuffer - 1] = '!';
    return SEC_E_OK;
}

static void put_token(PSecBufferDesc out, char letter)
{
    SecBuffer *b = &out->pBuffers[0];
    size_t n = fake.token_size + (fake.stream ? 1 : 0);

    b->pvBuffer = new_buffer(n);
    b->cbBuffer = (ULONG)n;
    memset(b->pvBuffer, letter, n);
    if (fake.stream)
        ((uint8_t *)b->pvBuffer)[0] = (uint8_t)fake.token_size;
}

static void count_parts(PSecBufferDesc in)
{
    for (ULONG i = 0; in && i < in->cBuffers; i++) {
        SecBuffer *b = &in->pBuffers[i];

        if (b->BufferType == SECBUFFER_CHANNEL_BINDINGS)
            __atomic_add_fetch(&fake.legs_with_bindings, 1, __ATOMIC_RELAXED);
        if (b->BufferType != SECBUFFER_APPLICATION_PROTOCOLS)
            continue;
        assert_int_equal(b->cbBuffer, 5);
        assert_memory_equal(b->pvBuffer, "names", 5);
        __atomic_add_fetch(&fake.legs_with_names, 1, __ATOMIC_RELAXED);
        *b = (SecBuffer){ 0 }; /* as a package may */
    }
    __atomic_add_fetch(&fake.legs, 1, __ATOMIC_RELAXED);
}

/* The letter of the message that came; 0: none; 'i': cut short (MISSING said so). */
static char take_token(PSecBufferDesc in)
{
    SecBuffer *b = in && in->pBuffers[0].BufferType == SECBUFFER_TOKEN ? in->pBuffers : NULL;
    const uint8_t *p = b ? b->pvBuffer : NULL;
    size_t n;

    if (!p || b->cbBuffer == 0)
        return 0;
    if (!fake.stream)
        return (char)p[0];
    n = p[0] + (size_t)1;
    if (b->cbBuffer < n) {
        b[1] = (SecBuffer){ (ULONG)(n - b->cbBuffer), SECBUFFER_MISSING, NULL };
        return 'i';
    }
    if (b->cbBuffer > n)
        b[1] = (SecBuffer){ (ULONG)(b->cbBuffer - n), SECBUFFER_EXTRA, NULL };
    return (char)p[1];
}

static void new_context(PCtxtHandle out, bool server)
{
    __atomic_add_fetch(&fake.contexts, 1, __ATOMIC_RELAXED);
    *out = (CtxtHandle){ server, 1 };
}

static SECURITY_STATUS and_go_on(SECURITY_STATUS status)
{
    if (!fake.complete)
        return status;
    return status == SEC_E_OK ? SEC_I_COMPLETE_NEEDED : SEC_I_COMPLETE_AND_CONTINUE;
}

SECURITY_STATUS InitializeSecurityContextA(PCredHandle credential, PCtxtHandle context,
                                           LPCSTR target, ULONG request, ULONG reserved1,
                                           ULONG drep, PSecBufferDesc in, ULONG reserved2,
                                           PCtxtHandle fresh, PSecBufferDesc out,
                                           SSPI_ULONG_OUT *flags, PTimeStamp expiry)
{
    char got = take_token(in);

    (void)credential, (void)target, (void)reserved1, (void)drep, (void)reserved2, (void)expiry;
    count_parts(in);
    assert_true(request & ISC_REQ_ALLOCATE_MEMORY);
    if (!context && fake.client_fails_first)
        return SEC_E_NO_CREDENTIALS;
    if (!context)
        new_context(fresh, false);
    *flags = ISC_RET_CONFIDENTIALITY;
    if (got == 'i')
        return SEC_E_INCOMPLETE_MESSAGE;
    if (!got && context) { /* the second half of a last token in fragments */
        put_token(out, '3');
        return SEC_E_OK;
    }
    if (!got) {
        put_token(out, fake.client_says_x ? 'X' : '1');
        return and_go_on(SEC_I_CONTINUE_NEEDED);
    }
    if (got != '2')
        return got == 'E' ? SEC_E_WRONG_PRINCIPAL : SEC_E_INVALID_TOKEN;
    if (fake.asks_certificate && !(request & ISC_REQ_USE_SUPPLIED_CREDS)) {
        if (fake.asks_aloud)
            put_token(out, 'c');
        return SEC_I_INCOMPLETE_CREDENTIALS;
    }
    put_token(out, '3');
    return fake.fragments ? SEC_I_MESSAGE_FRAGMENT : and_go_on(SEC_E_OK);
}

SECURITY_STATUS AcceptSecurityContext(PCredHandle credential, PCtxtHandle context,
                                      PSecBufferDesc in, ULONG request, ULONG drep,
                                      PCtxtHandle fresh, PSecBufferDesc out, SSPI_ULONG_OUT *flags,
                                      PTimeStamp expiry)
{
    char got = take_token(in);

    (void)credential, (void)request, (void)drep, (void)expiry;
    count_parts(in);
    if (got == 'i')
        return SEC_E_INCOMPLETE_MESSAGE;
    *flags = ASC_RET_CONFIDENTIALITY;
    if (got == 'X')
        put_token(out, 'E');
    if (got != (context ? '3' : '1'))
        return SEC_E_LOGON_DENIED;
    if (!context) {
        new_context(fresh, true);
        put_token(out, '2');
        return and_go_on(SEC_I_CONTINUE_NEEDED);
    }
    if (fake.fragments && fake.legs_with_bindings == 0) {
        fake.legs_with_bindings = -1000; /* the first of two */
        return SEC_I_CONTINUE_NEEDED;
    }
    return SEC_E_OK;
}

/* ---- the harness ---- */

static int sv[2]; /* client, server */

static int set_up(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    fake.token_size = 10;
    return socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
}

static int tear_down(void **state)
{
    (void)state;
    close(sv[0]);
    close(sv[1]);
    assert_int_equal(fake.contexts, 0);
    assert_int_equal(fake.buffers, 0);
    return 0;
}

static struct sspi_exchange_options options(bool server)
{
    return (struct sspi_exchange_options){ .size = sizeof(struct sspi_exchange_options),
                                           .fd = sv[server],
                                           .server = server,
                                           .credential = &some_credential,
                                           .deadline_ms = 5000 };
}

static struct sspi_exchange *start(struct sspi_exchange_options o)
{
    struct sspi_exchange *x = NULL;

    assert_int_equal(sspi_exchange_start(&o, &x), SEC_E_OK);
    return x;
}

static struct sspi_exchange *start_named(bool server)
{
    struct sspi_exchange_options o = options(server);

    o.package = "Fake";
    return start(o);
}

/* Step whichever end can go on until both are through. */
static void step_both(struct sspi_exchange *x[2], SECURITY_STATUS status[2])
{
    short events[2];

    for (int i = 0; i < 2; i++)
        status[i] = sspi_exchange_step(x[i], &events[i]);
    while (status[0] == SEC_I_CONTINUE_NEEDED || status[1] == SEC_I_CONTINUE_NEEDED) {
        struct pollfd p[2];

        for (int i = 0; i < 2; i++)
            p[i] = (struct pollfd){ status[i] == SEC_I_CONTINUE_NEEDED ? sv[i] : -1, events[i], 0 };
        assert_true(poll(p, 2, 5000) > 0);
        for (int i = 0; i < 2; i++)
            if (p[i].revents)
                status[i] = sspi_exchange_step(x[i], &events[i]);
    }
}

static void both_succeed(struct sspi_exchange *client, struct sspi_exchange *server)
{
    struct sspi_exchange *x[2] = { client, server };
    SECURITY_STATUS status[2];

    step_both(x, status);
    assert_int_equal(status[0], SEC_E_OK);
    assert_int_equal(status[1], SEC_E_OK);
    sspi_exchange_free(client);
    sspi_exchange_free(server);
}

static void send_all(int fd, const void *p, size_t n)
{
    assert_int_equal(send(fd, p, n, MSG_NOSIGNAL), n);
}

static SECURITY_STATUS step_once(struct sspi_exchange *x)
{
    short events;

    return sspi_exchange_step(x, &events);
}

/* ---- tests ---- */

static void both_ends_step_from_one_poll_loop(void **state)
{
    (void)state;
    both_succeed(start(options(false)), start(options(true)));
}

static void nonblocking_descriptors_do_as_well(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        fcntl(sv[i], F_SETFL, O_NONBLOCK);
    both_succeed(start_named(false), start_named(true));
}

static void tokens_larger_than_the_socket_takes(void **state)
{
    int small = 4096;

    (void)state;
    fake.token_size = 900000;
    for (int i = 0; i < 2; i++)
        setsockopt(sv[i], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    both_succeed(start_named(false), start_named(true));
}

static void *run_server(void *arg)
{
    struct sspi_exchange *x = arg;

    return (void *)(intptr_t)sspi_exchange_run(x);
}

static void blocking_run_on_both_sides(void **state)
{
    struct sspi_exchange *client = start(options(false));
    struct sspi_exchange *server = start(options(true));
    CtxtHandle context;
    pthread_t thread;
    void *result;

    (void)state;
    pthread_create(&thread, NULL, run_server, server);
    assert_int_equal(sspi_exchange_run(client), SEC_E_OK);
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, SEC_E_OK);
    assert_int_equal(sspi_exchange_take(client, &context), SEC_E_OK);
    assert_int_equal(sspi_exchange_take(client, &context), SEC_E_OUT_OF_SEQUENCE);
    assert_int_equal(sspi_exchange_flags(client), ISC_RET_CONFIDENTIALITY);
    sspi_exchange_free(client);
    sspi_exchange_free(server);
    assert_int_equal(fake.contexts, 1);
    DeleteSecurityContext(&context);
}

/* Everything that the client sends, and what comes back, one byte at a time. */
static void trickle(struct sspi_exchange *client, struct sspi_exchange *server, int middle[2])
{
    SECURITY_STATUS c = SEC_I_CONTINUE_NEEDED, s = SEC_I_CONTINUE_NEEDED;
    uint8_t byte;

    for (int i = 0; i < 1000 && (c == SEC_I_CONTINUE_NEEDED || s == SEC_I_CONTINUE_NEEDED); i++) {
        c = step_once(client);
        s = step_once(server);
        for (int side = 0; side < 2; side++)
            if (recv(middle[side], &byte, 1, MSG_DONTWAIT) == 1)
                send_all(middle[!side], &byte, 1);
    }
    assert_int_equal(c, SEC_E_OK);
    assert_int_equal(s, SEC_E_OK);
}

static void trickle_between(void)
{
    int middle[2] = { -1, sv[0] };
    int end[2];
    struct sspi_exchange_options o = options(false);
    struct sspi_exchange *client, *server = start_named(true);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, end), 0);
    o.fd = end[0];
    middle[0] = end[1];
    client = start(o);
    trickle(client, server, middle);
    sspi_exchange_free(client);
    sspi_exchange_free(server);
    close(end[0]);
    close(end[1]);
}

static void one_byte_at_a_time(void **state)
{
    (void)state;
    trickle_between();
}

static void one_byte_at_a_time_as_a_stream(void **state)
{
    (void)state;
    fake.stream = true;
    trickle_between();
    /* 2 + 1 legs that do something, and at most two refusals of a cut message each. */
    assert_in_range(fake.legs, 4, 10);
}

static void stream_packages_get_no_frames(void **state)
{
    struct sspi_exchange *client = start(options(false));
    uint8_t wire[64];

    (void)state;
    fake.stream = true;
    assert_int_equal(step_once(client), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(recv(sv[1], wire, sizeof wire, MSG_DONTWAIT), 11);
    assert_memory_equal(wire,
                        "\x0a"
                        "1111111111",
                        11);
    sspi_exchange_free(client);
}

static void stream_surplus_is_kept(void **state)
{
    struct sspi_exchange *server;
    const char *surplus;
    size_t n;

    (void)state;
    fake.stream = true;
    fake.token_size = 2;
    server = start_named(true);
    send_all(sv[0],
             "\2"
             "11"
             "\2"
             "33data",
             10);
    assert_int_equal(sspi_exchange_run(server), SEC_E_OK);
    surplus = sspi_exchange_surplus(server, &n);
    assert_int_equal(n, 4);
    assert_memory_equal(surplus, "data", 4);
    sspi_exchange_free(server);
}

static void framed_surplus_is_kept(void **state)
{
    struct sspi_exchange *server = start(options(true));
    const char *surplus;
    size_t n;

    (void)state;
    send_all(sv[0],
             "\0\0\0\1"
             "1"
             "\0\0\0\1"
             "3"
             "more",
             14);
    assert_int_equal(sspi_exchange_run(server), SEC_E_OK);
    surplus = sspi_exchange_surplus(server, &n);
    assert_int_equal(n, 4);
    assert_memory_equal(surplus, "more", 4);
    sspi_exchange_free(server);
}

static void without_surplus_there_is_none(void **state)
{
    struct sspi_exchange *x = start(options(false));
    size_t n = 9;

    (void)state;
    assert_null(sspi_exchange_surplus(x, &n));
    assert_int_equal(n, 0);
    sspi_exchange_free(x);
}

static void a_peer_that_closes_in_mid_exchange(void **state)
{
    struct sspi_exchange *client = start(options(false));

    (void)state;
    assert_int_equal(step_once(client), SEC_I_CONTINUE_NEEDED);
    shutdown(sv[1], SHUT_RDWR);
    assert_int_equal(sspi_exchange_run(client), SEC_E_INCOMPLETE_MESSAGE);
    assert_int_equal(step_once(client), SEC_E_INCOMPLETE_MESSAGE);
    sspi_exchange_free(client);
}

static void writing_to_a_closed_peer_raises_no_signal(void **state)
{
    struct sspi_exchange *client;
    int old = sv[0];

    (void)state;
    signal(SIGPIPE, SIG_DFL); /* it would end the test */
    close(sv[1]);
    client = start(options(false));
    assert_int_equal(sspi_exchange_run(client), SEC_E_INCOMPLETE_MESSAGE);
    assert_int_equal(errno, EPIPE);
    sspi_exchange_free(client);

    /* and where send is not to be had */
    assert_int_equal(pipe(sv), 0);
    close(sv[0]);
    struct sspi_exchange_options o = options(false);
    o.fd = sv[1];
    client = start(o);
    assert_int_equal(sspi_exchange_run(client), SEC_E_INCOMPLETE_MESSAGE);
    sspi_exchange_free(client);
    sv[0] = old;
}

static void a_pipe_takes_a_long_token_bit_by_bit(void **state)
{
    struct sspi_exchange_options o = options(false);
    struct sspi_exchange *client;
    int ends[2];
    char sink[8192];
    size_t seen = 0;

    (void)state;
    fake.token_size = 300000;
    assert_int_equal(pipe(ends), 0);
    o.fd = ends[1];
    client = start(o);
    while (seen < 300004) {
        assert_true(step_once(client) == SEC_I_CONTINUE_NEEDED || seen > 200000);
        ssize_t n = read(ends[0], sink, sizeof sink);
        assert_true(n > 0);
        seen += (size_t)n;
    }
    sspi_exchange_free(client);
    close(ends[0]);
    close(ends[1]);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void a_silent_peer_meets_the_deadline(void **state)
{
    struct sspi_exchange_options o = options(true);
    struct sspi_exchange *server;
    double began = seconds();
    uint8_t told[8];

    (void)state;
    o.deadline_ms = 80;
    server = start(o);
    assert_in_range(sspi_exchange_wait(server), 1, 80);
    assert_int_equal(sspi_exchange_run(server), SEC_E_CONTEXT_EXPIRED);
    assert_true(seconds() - began >= 0.08 && seconds() - began < 2);
    assert_int_equal(sspi_exchange_wait(server), 0);
    assert_int_equal(recv(sv[0], told, sizeof told, MSG_DONTWAIT), 4);
    assert_memory_equal(told, "\0\0\0\0", 4);
    sspi_exchange_free(server);
}

static void trickling_does_not_move_the_deadline(void **state)
{
    struct sspi_exchange_options o = options(true);
    struct sspi_exchange *server;
    SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED;

    (void)state;
    fake.timeout_ms = 60; /* the manifest's, for want of another */
    o.deadline_ms = 0;
    server = start(o);
    send_all(sv[0], "\0\0\1\0", 4);
    for (int i = 0; i < 200 && status == SEC_I_CONTINUE_NEEDED; i++) {
        send_all(sv[0], "1", 1);
        usleep(1000);
        status = step_once(server);
    }
    assert_int_equal(status, SEC_E_CONTEXT_EXPIRED);
    sspi_exchange_free(server);
}

static void the_context_gets_the_deadline(void **state)
{
    struct sspi_exchange *client = start(options(false));

    (void)state;
    assert_int_equal(step_once(client), SEC_I_CONTINUE_NEEDED);
    assert_in_range(fake.deadline_seen, 4000, 5000);
    sspi_exchange_free(client);
}

static void no_deadline_at_all(void **state)
{
    struct sspi_exchange_options o = options(true);
    struct sspi_exchange *server;

    (void)state;
    o.deadline_ms = 0;
    server = start(o);
    assert_int_equal(sspi_exchange_wait(server), -1);
    sspi_exchange_free(server);
}

static void a_length_past_the_limit_is_refused(void **state)
{
    static const char *const lengths[] = { "\xff\xff\xff\xff", "\x80\0\0\0", "\0\x10\0\1" };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct sspi_exchange *server = start(options(true));
        char told[8];

        send_all(sv[0], lengths[i], 4);
        assert_int_equal(sspi_exchange_run(server), SEC_E_INVALID_TOKEN);
        assert_int_equal(recv(sv[0], told, sizeof told, MSG_DONTWAIT), 4);
        sspi_exchange_free(server);
    }
}

static void a_named_package_sets_the_limit(void **state)
{
    struct sspi_exchange *server = start_named(true);

    (void)state;
    send_all(sv[0], "\0\x0d\xbb\xa1", 4); /* 900001 */
    assert_int_equal(sspi_exchange_run(server), SEC_E_INVALID_TOKEN);
    sspi_exchange_free(server);
}

static void an_empty_frame_is_a_refusal(void **state)
{
    struct sspi_exchange *client = start(options(false));
    char wire[64];

    (void)state;
    send_all(sv[1], "\0\0\0\0", 4);
    assert_int_equal(sspi_exchange_run(client), SEC_E_LOGON_DENIED);
    assert_int_equal(recv(sv[1], wire, sizeof wire, MSG_DONTWAIT), 14); /* its token, no answer */
    sspi_exchange_free(client);
}

static void an_error_token_goes_out_with_the_failure(void **state)
{
    struct sspi_exchange *x[2] = { start(options(false)), start(options(true)) };
    SECURITY_STATUS status[2];

    (void)state;
    fake.client_says_x = true;
    step_both(x, status);
    assert_int_equal(status[0], SEC_E_WRONG_PRINCIPAL); /* the client's package read it */
    assert_int_equal(status[1], SEC_E_LOGON_DENIED);
    sspi_exchange_free(x[0]);
    sspi_exchange_free(x[1]);
}

static void a_failing_server_says_its_token_then_an_empty_frame(void **state)
{
    struct sspi_exchange *server = start(options(true));
    char wire[64];

    (void)state;
    send_all(sv[0], "\0\0\0\1X", 5);
    assert_int_equal(sspi_exchange_run(server), SEC_E_LOGON_DENIED);
    assert_int_equal(recv(sv[0], wire, sizeof wire, MSG_DONTWAIT), 18);
    assert_memory_equal(wire,
                        "\0\0\0\x0a"
                        "EEEEEEEEEE\0\0\0\0",
                        18);
    sspi_exchange_free(server);
}

static void a_failing_stream_server_says_its_token_only(void **state)
{
    struct sspi_exchange *server;
    char wire[64];

    (void)state;
    fake.stream = true;
    server = start_named(true);
    send_all(sv[0], "\1X", 2);
    assert_int_equal(sspi_exchange_run(server), SEC_E_LOGON_DENIED);
    assert_int_equal(recv(sv[0], wire, sizeof wire, MSG_DONTWAIT), 11);
    sspi_exchange_free(server);
}

static void a_client_whose_first_leg_fails_keeps_quiet(void **state)
{
    struct sspi_exchange *client = start(options(false));
    char wire[8];

    (void)state;
    fake.client_fails_first = true;
    assert_int_equal(sspi_exchange_run(client), SEC_E_NO_CREDENTIALS);
    assert_int_equal(recv(sv[1], wire, sizeof wire, MSG_DONTWAIT), -1);
    sspi_exchange_free(client);
}

static void tokens_are_completed_before_they_go_out(void **state)
{
    struct sspi_exchange *client = start(options(false));
    char wire[64];

    (void)state;
    fake.complete = true;
    assert_int_equal(step_once(client), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(recv(sv[1], wire, sizeof wire, MSG_DONTWAIT), 14);
    assert_int_equal(wire[13], '!');
    send_all(sv[1],
             "\0\0\0\1"
             "2",
             5);
    assert_int_equal(sspi_exchange_run(client), SEC_E_OK);
    assert_int_equal(recv(sv[1], wire, sizeof wire, MSG_DONTWAIT), 14);
    assert_int_equal(wire[13], '!');
    assert_int_equal(sspi_exchange_flags(client), ISC_RET_CONFIDENTIALITY | ISC_RET_MUTUAL_AUTH);
    sspi_exchange_free(client);
}

static void a_certificate_that_we_lack_is_done_without(void **state)
{
    (void)state;
    fake.asks_certificate = true;
    fake.stream = true;
    both_succeed(start(options(false)), start_named(true));
}

static void what_was_said_before_it_is_not_lost(void **state)
{
    struct sspi_exchange *client = start(options(false));
    char wire[64];

    (void)state;
    fake.asks_certificate = fake.asks_aloud = true;
    send_all(sv[1],
             "\0\0\0\1"
             "2",
             5);
    assert_int_equal(sspi_exchange_run(client), SEC_E_OK);
    assert_int_equal(recv(sv[1], wire, sizeof wire, MSG_DONTWAIT), 3 * 14);
    assert_int_equal(wire[4], '1');
    assert_int_equal(wire[14 + 4], 'c');
    assert_int_equal(wire[28 + 4], '3');
    sspi_exchange_free(client);
}

static void a_message_in_fragments_is_sent_whole(void **state)
{
    (void)state;
    fake.fragments = true;
    both_succeed(start(options(false)), start(options(true)));
}

static void bindings_are_there_at_every_leg(void **state)
{
    struct {
        SEC_CHANNEL_BINDINGS header;
        char data[8];
    } bindings = { .header = { .cbApplicationDataLength = 8, .dwApplicationDataOffset = 32 } };
    struct sspi_exchange_options c = options(false), s = options(true);

    (void)state;
    c.bindings = s.bindings = &bindings.header;
    c.bindings_length = s.bindings_length = sizeof bindings;
    both_succeed(start(c), start(s));
    assert_int_equal(fake.legs, 4);
    assert_int_equal(fake.legs_with_bindings, 4);
}

static void extra_buffers_go_with_the_first_leg(void **state)
{
    char names[] = "names";
    SecBuffer b[2] = { { 5, SECBUFFER_APPLICATION_PROTOCOLS, names }, { 0, 99, NULL } };
    struct sspi_exchange_options c = options(false), s = options(true);
    struct sspi_exchange *x[2];

    (void)state;
    c.extra = s.extra = b;
    c.n_extra = s.n_extra = 2;
    x[0] = start(c);
    x[1] = start(s);
    memset(b, 0, sizeof b); /* they were copied */
    memset(names, 0, sizeof names);
    both_succeed(x[0], x[1]);
    assert_int_equal(fake.legs, 4);
    assert_int_equal(fake.legs_with_names, 2);
}

static void and_again_when_that_is_repeated(void **state)
{
    SecBuffer b = { 5, SECBUFFER_APPLICATION_PROTOCOLS, (char[]){ "names" } };
    struct sspi_exchange_options s = options(true);
    struct sspi_exchange *server;

    (void)state;
    fake.stream = true;
    s.package = "Fake";
    s.extra = &b;
    s.n_extra = 1;
    server = start(s);
    send_all(sv[0],
             "\2"
             "1",
             2);
    assert_int_equal(step_once(server), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(fake.legs_with_names, 1);
    send_all(sv[0],
             "1"
             "\1"
             "3",
             3);
    assert_int_equal(sspi_exchange_run(server), SEC_E_OK);
    assert_int_equal(fake.legs_with_names, 2);
    assert_int_equal(fake.legs, 3);
    sspi_exchange_free(server);
}

static void extra_buffers_that_cannot_be(void **state)
{
    SecBuffer b[SSPI_EXCHANGE_EXTRA_MOST + 1] = { { 0 } };
    struct sspi_exchange_options o = options(false);
    struct sspi_exchange *x = NULL;

    (void)state;
    o.n_extra = 1;
    assert_int_equal(sspi_exchange_start(&o, &x), SEC_E_INVALID_PARAMETER);
    o.extra = b;
    o.n_extra = SSPI_EXCHANGE_EXTRA_MOST + 1;
    assert_int_equal(sspi_exchange_start(&o, &x), SEC_E_INVALID_PARAMETER);
    o.n_extra = SSPI_EXCHANGE_EXTRA_MOST;
    b[3].cbBuffer = 1; /* of nothing */
    assert_int_equal(sspi_exchange_start(&o, &x), SEC_E_INVALID_PARAMETER);
    assert_null(x);
}

/* A framing of the caller's: a line, "T token" or "R token". */
static size_t line_frame(void *arg, const void *token, size_t length, bool refused, void *out,
                         size_t room)
{
    char *line = out;

    (*(int *)arg)++;
    if (length + 2 > room)
        return length + 2;
    line[0] = refused ? 'R' : 'T';
    if (length > 0)
        memcpy(line + 1, token, length);
    line[length + 1] = '\n';
    return length + 2;
}

static int line_unframe(void *arg, const void *bytes, size_t length, const void **token,
                        size_t *token_length, size_t *used)
{
    const char *line = bytes;
    const char *end = memchr(line, '\n', length);

    (void)arg;
    if (line[0] != 'T' && line[0] != 'R')
        return -1;
    if (!end)
        return 0;
    *token = line + 1;
    *token_length = (size_t)(end - line) - 1;
    *used = (size_t)(end - line) + 1;
    return 1;
}

static void the_callers_own_framing(void **state)
{
    struct sspi_exchange_options c = options(false), s = options(true);
    int framed = 0;

    (void)state;
    fake.stream = true; /* which it replaces */
    fake.token_size = 5;
    c.frame = s.frame = line_frame;
    c.unframe = s.unframe = line_unframe;
    c.arg = s.arg = &framed;
    both_succeed(start(c), start(s));
    assert_int_equal(framed, 6);
}

static void the_callers_framing_hears_of_a_refusal(void **state)
{
    struct sspi_exchange_options s = options(true);
    struct sspi_exchange *server;
    int framed = 0;
    char wire[8];

    (void)state;
    s.frame = line_frame;
    s.unframe = line_unframe;
    s.arg = &framed;
    server = start(s);
    send_all(sv[0], "GET", 3);
    assert_int_equal(sspi_exchange_run(server), SEC_E_INVALID_TOKEN);
    assert_int_equal(recv(sv[0], wire, sizeof wire, MSG_DONTWAIT), 2);
    assert_memory_equal(wire, "R\n", 2);
    sspi_exchange_free(server);
}

static void options_that_cannot_be(void **state)
{
    struct sspi_exchange_options o = options(false);
    struct sspi_exchange *x = NULL;
    CredHandle none;

    (void)state;
    assert_int_equal(sspi_exchange_start(NULL, &x), SEC_E_INVALID_PARAMETER);
    assert_int_equal(sspi_exchange_start(&o, NULL), SEC_E_INVALID_PARAMETER);
    o.size = 8;
    assert_int_equal(sspi_exchange_start(&o, &x), SEC_E_INVALID_PARAMETER);
    o = options(false);
    o.fd = -1;
    assert_int_equal(sspi_exchange_start(&o, &x), SEC_E_INVALID_PARAMETER);
    o = options(false);
    o.frame = line_frame;
    assert_int_equal(sspi_exchange_start(&o, &x), SEC_E_INVALID_PARAMETER);
    o = options(false);
    o.credential = NULL;
    assert_int_equal(sspi_exchange_start(&o, &x), SEC_E_INVALID_PARAMETER);
    SecInvalidateHandle(&none);
    o.credential = &none;
    assert_int_equal(sspi_exchange_start(&o, &x), SEC_E_INVALID_HANDLE);
    o = options(false);
    o.package = "Nobody";
    assert_int_equal(sspi_exchange_start(&o, &x), SEC_E_SECPKG_NOT_FOUND);
    assert_null(x);
}

static void options_of_another_version(void **state)
{
    struct {
        struct sspi_exchange_options o;
        uint64_t later;
    } newer = { options(false), 0 };
    struct sspi_exchange_options older = options(false);
    struct sspi_exchange *x = NULL;

    (void)state;
    newer.o.size = sizeof newer;
    assert_int_equal(sspi_exchange_start(&newer.o, &x), SEC_E_OK);
    sspi_exchange_free(x);
    newer.later = 1;
    assert_int_equal(sspi_exchange_start(&newer.o, &x), SEC_E_INVALID_PARAMETER);
    older.size = offsetof(struct sspi_exchange_options, package);
    older.package = "Nobody"; /* past its end */
    assert_int_equal(sspi_exchange_start(&older, &x), SEC_E_OK);
    sspi_exchange_free(x);
}

static void nothing_is_taken_before_the_end(void **state)
{
    struct sspi_exchange *x = start(options(false));
    CtxtHandle context;

    (void)state;
    assert_int_equal(sspi_exchange_take(x, &context), SEC_E_OUT_OF_SEQUENCE);
    assert_int_equal(step_once(x), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_exchange_take(x, &context), SEC_E_OUT_OF_SEQUENCE);
    assert_int_equal(sspi_exchange_take(NULL, &context), SEC_E_INVALID_PARAMETER);
    sspi_exchange_free(x);
    sspi_exchange_free(NULL);
}

static void a_descriptor_that_is_none(void **state)
{
    struct sspi_exchange_options o = options(false);
    struct sspi_exchange *x;

    (void)state;
    o.fd = 12345;
    x = start(o);
    assert_int_equal(sspi_exchange_run(x), SEC_E_INTERNAL_ERROR);
    assert_int_equal(errno, EBADF);
    sspi_exchange_free(x);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_ends_step_from_one_poll_loop),
        TEST(nonblocking_descriptors_do_as_well),
        TEST(tokens_larger_than_the_socket_takes),
        TEST(blocking_run_on_both_sides),
        TEST(one_byte_at_a_time),
        TEST(one_byte_at_a_time_as_a_stream),
        TEST(stream_packages_get_no_frames),
        TEST(stream_surplus_is_kept),
        TEST(framed_surplus_is_kept),
        TEST(without_surplus_there_is_none),
        TEST(a_peer_that_closes_in_mid_exchange),
        TEST(writing_to_a_closed_peer_raises_no_signal),
        TEST(a_pipe_takes_a_long_token_bit_by_bit),
        TEST(a_silent_peer_meets_the_deadline),
        TEST(trickling_does_not_move_the_deadline),
        TEST(the_context_gets_the_deadline),
        TEST(no_deadline_at_all),
        TEST(a_length_past_the_limit_is_refused),
        TEST(a_named_package_sets_the_limit),
        TEST(an_empty_frame_is_a_refusal),
        TEST(an_error_token_goes_out_with_the_failure),
        TEST(a_failing_server_says_its_token_then_an_empty_frame),
        TEST(a_failing_stream_server_says_its_token_only),
        TEST(a_client_whose_first_leg_fails_keeps_quiet),
        TEST(tokens_are_completed_before_they_go_out),
        TEST(a_certificate_that_we_lack_is_done_without),
        TEST(what_was_said_before_it_is_not_lost),
        TEST(a_message_in_fragments_is_sent_whole),
        TEST(bindings_are_there_at_every_leg),
        TEST(extra_buffers_go_with_the_first_leg),
        TEST(and_again_when_that_is_repeated),
        TEST(extra_buffers_that_cannot_be),
        TEST(the_callers_own_framing),
        TEST(the_callers_framing_hears_of_a_refusal),
        TEST(options_that_cannot_be),
        TEST(options_of_another_version),
        TEST(nothing_is_taken_before_the_end),
        TEST(a_descriptor_that_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
