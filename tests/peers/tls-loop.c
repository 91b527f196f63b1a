/* SPDX-License-Identifier: Apache-2.0 */
/* tls-loop.c: see tls-loop.h. */
#include "tls-loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define READ_ROOM 4096 /* less than a record, so that records are met in parts */
#define DATAGRAM_ROOM 65536
#define DATAGRAM_DATA 1000 /* octets in a message, so that a record fits a datagram */
#define TRIES 10           /* of a flight of datagrams, a second or more each */

/* What a step of the handshake is given. */
enum input {
    NOTHING, /* no buffer: the first step of a client, a renegotiation, after a control token */
    WHAT_IS_THERE
};

static void *need(void *p)
{
    if (!p) {
        fputs("tls-peer: out of memory\n", stderr);
        exit(2);
    }
    return p;
}

static SECURITY_STATUS at(struct loop *loop, const char *where, SECURITY_STATUS status)
{
    loop->where = where;
    return status;
}

/*
 * The socket.
 */

static SECURITY_STATUS write_all(struct loop *loop, const void *data, size_t len)
{
    const char *p = data;

    while (len) {
        ssize_t n = send(loop->fd, p, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return at(loop, "send", LOOP_EOF);
        p += n;
        len -= (size_t)n;
    }
    return SEC_E_OK;
}

/* Read some behind what there is. */
static SECURITY_STATUS read_more(struct loop *loop)
{
    size_t room = loop->datagram ? DATAGRAM_ROOM : READ_ROOM;
    ssize_t n;

    if (loop->room - loop->in.len < room) {
        loop->room = loop->in.len + room;
        loop->in.data = need(realloc(loop->in.data, loop->room));
    }
    do
        n = recv(loop->fd, loop->in.data + loop->in.len, room, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return at(loop, "recv", LOOP_SILENCE);
    if (n <= 0)
        return at(loop, "recv", LOOP_EOF);
    loop->in.len += (size_t)n;
    return SEC_E_OK;
}

/* Keep the last octets of what was read; the others are used. */
static void keep(struct loop *loop, size_t rest)
{
    if (rest > loop->in.len) {
        fprintf(stderr, "tls-peer: %zu octets left over of %zu\n", rest, loop->in.len);
        exit(2);
    }
    if (rest)
        memmove(loop->in.data, loop->in.data + loop->in.len - rest, rest);
    loop->in.len = rest;
}

/*
 * The handshake.
 */

static SECURITY_STATUS call(struct loop *loop, SecBufferDesc *in, SecBufferDesc *out)
{
    CtxtHandle *old = loop->have_ctx ? &loop->ctx : NULL;
    ULONG granted = 0;
    TimeStamp expiry;
    SECURITY_STATUS status;

    if (loop->client)
        status = InitializeSecurityContextA(loop->cred, old, loop->target, loop->request, 0, 0, in,
                                            0, &loop->ctx, out, &granted, &expiry);
    else
        status = AcceptSecurityContext(loop->cred, old, in, loop->request, 0, &loop->ctx, out,
                                       &granted, &expiry);
    if (status >= 0) {
        loop->have_ctx = true;
        loop->granted = granted;
    }
    loop->steps++;
    return at(loop, loop->client ? "initialize" : "accept", status);
}

static void note_alert(struct loop *loop, const SecBuffer *token)
{
    const unsigned char *p = token->pvBuffer;

    if (token->cbBuffer == 7 && p[0] == 21)
        memcpy(loop->alert, p + 5, 2);
}

/*
 * Send what a step gave, whether it failed or not.  A peer that has hung up may have said why, so
 * that it cannot be sent is no failure: what is read next tells.
 */
static void deliver(struct loop *loop, const SecBuffer *token, bool failed)
{
    if (!token->pvBuffer || !token->cbBuffer)
        return;
    if (failed)
        loop->failure_token = token->cbBuffer;
    note_alert(loop, token);
    (void)write_all(loop, token->pvBuffer, token->cbBuffer);
}

static void give_back(struct loop *loop, SecBuffer *buffers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (loop->own_room) {
            free(buffers[i].pvBuffer);
        } else if (buffers[i].pvBuffer && FreeContextBuffer(buffers[i].pvBuffer) != SEC_E_OK) {
            fputs("tls-peer: a token cannot be freed\n", stderr);
            exit(2);
        }
    }
}

static SecBufferDesc give_input(struct loop *loop, enum input input, SecBuffer *in)
{
    SecBufferDesc desc = { SECBUFFER_VERSION, 0, in };

    if (input == WHAT_IS_THERE) {
        in[desc.cBuffers++] = (SecBuffer){ (ULONG)loop->in.len, SECBUFFER_TOKEN, loop->in.data };
        in[desc.cBuffers++] = (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
    }
    if (!loop->have_ctx && loop->alpn.len)
        in[desc.cBuffers++] =
            (SecBuffer){ (ULONG)loop->alpn.len, SECBUFFER_APPLICATION_PROTOCOLS, loop->alpn.data };
    if (loop->datagram && !loop->client)
        in[desc.cBuffers++] = (SecBuffer){ sizeof loop->address, SECBUFFER_EXTRA, &loop->address };
    return desc;
}

/* Where our own memory is too small for the token, the same call once more, with more. */
static bool needs_room(struct loop *loop, SECURITY_STATUS status, const SecBuffer *token)
{
    if (status != SEC_E_BUFFER_TOO_SMALL || !loop->own_room || token->cbBuffer <= loop->own_room)
        return false;
    loop->own_room = token->cbBuffer;
    return true;
}

static SECURITY_STATUS step(struct loop *loop, enum input input)
{
    SecBuffer in[4], out[3];
    SecBufferDesc out_desc = { SECBUFFER_VERSION, 3, out };
    SECURITY_STATUS status;
    bool again;

    do {
        SecBufferDesc in_desc = give_input(loop, input, in);
        void *own = loop->own_room ? need(malloc(loop->own_room)) : NULL;
        out[0] = (SecBuffer){ (ULONG)loop->own_room, SECBUFFER_TOKEN, own };
        out[1] = (SecBuffer){ 0, SECBUFFER_ALERT, NULL };
        out[2] = (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
        status = call(loop, in_desc.cBuffers ? &in_desc : NULL, &out_desc);
        again = needs_room(loop, status, out);
        if (!again)
            deliver(loop, out, status < 0);
        give_back(loop, out, 3);
    } while (again);
    if (input == WHAT_IS_THERE && status >= 0 && status != SEC_I_INCOMPLETE_CREDENTIALS)
        keep(loop, in[1].BufferType == SECBUFFER_EXTRA ? in[1].cbBuffer : 0);
    return status;
}

/* The server wants a certificate that the credential has not. */
static void answer_request(struct loop *loop)
{
    loop->asked = true;
    if (loop->spare)
        loop->cred = loop->spare;
    else
        loop->request |= ISC_REQ_USE_SUPPLIED_CREDS;
}

/* What comes next, and how it goes into the next step: a flight that is not answered goes again. */
static SECURITY_STATUS await(struct loop *loop, enum input *input)
{
    SECURITY_STATUS status = read_more(loop);

    *input = WHAT_IS_THERE;
    if (status != LOOP_SILENCE || !loop->datagram || ++loop->tries == TRIES)
        return status;
    *input = NOTHING;
    return SEC_E_OK;
}

static SECURITY_STATUS decrypt(struct loop *loop);

/* Data of the old connection in the middle of a new handshake: kept for loop_receive. */
static SECURITY_STATUS take_early(struct loop *loop)
{
    SECURITY_STATUS status = decrypt(loop);
    size_t len = loop->early.len;

    if (status == SEC_E_INCOMPLETE_MESSAGE)
        return read_more(loop);
    if (status != SEC_E_OK)
        return status;
    loop->early.data = need(realloc(loop->early.data, len + loop->data.len + 1));
    memcpy(loop->early.data + len, loop->data.data, loop->data.len);
    loop->early.len += loop->data.len;
    loop->data.len = 0;
    return status;
}

static SECURITY_STATUS handshake(struct loop *loop, enum input input)
{
    for (;;) {
        SECURITY_STATUS status = step(loop, input);
        switch (status) {
        case SEC_E_INCOMPLETE_MESSAGE:
            status = await(loop, &input);
            if (status != SEC_E_OK)
                return status;
            break;
        case SEC_E_OUT_OF_SEQUENCE:
            if (!loop->sizes.cbMaximumMessage)
                return status;
            status = take_early(loop);
            if (status != SEC_E_OK)
                return status;
            break;
        case SEC_I_INCOMPLETE_CREDENTIALS:
            answer_request(loop);
            break;
        case SEC_I_MESSAGE_FRAGMENT:
            input = NOTHING;
            break;
        case SEC_I_CONTINUE_NEEDED:
        case SEC_I_CONTINUE_NEEDED_MESSAGE_OK:
            input = WHAT_IS_THERE;
            if (!loop->in.len)
                status = await(loop, &input);
            if (status < 0)
                return status;
            break;
        default:
            return status;
        }
    }
}

static SECURITY_STATUS ask_sizes(struct loop *loop)
{
    return at(loop, "sizes",
              QueryContextAttributesA(&loop->ctx, SECPKG_ATTR_STREAM_SIZES, &loop->sizes));
}

SECURITY_STATUS loop_handshake(struct loop *loop)
{
    SECURITY_STATUS status = loop->client ? SEC_E_OK : read_more(loop);

    if (status == SEC_E_OK)
        status = handshake(loop, loop->client ? NOTHING : WHAT_IS_THERE);
    return status == SEC_E_OK ? ask_sizes(loop) : status;
}

static SECURITY_STATUS control(struct loop *loop, void *token, size_t len)
{
    SecBuffer buffer = { (ULONG)len, SECBUFFER_TOKEN, token };
    SecBufferDesc desc = { SECBUFFER_VERSION, 1, &buffer };

    return at(loop, "control", ApplyControlToken(&loop->ctx, &desc));
}

SECURITY_STATUS loop_renegotiate(struct loop *loop, enum loop_again how)
{
    DWORD token = SCHANNEL_RENEGOTIATE;
    SECURITY_STATUS status = how == LOOP_BY_TOKEN ? control(loop, &token, sizeof token) : SEC_E_OK;

    if (status == SEC_E_OK)
        status = handshake(loop, NOTHING);
    return status == SEC_E_OK ? ask_sizes(loop) : status;
}

/*
 * Messages.
 */

static SECURITY_STATUS send_message(struct loop *loop, const void *data, size_t len)
{
    ULONG header = loop->sizes.cbHeader, trailer = loop->sizes.cbTrailer;
    unsigned char *all = need(malloc(header + len + trailer));
    SecBuffer b[] = {
        { header, SECBUFFER_STREAM_HEADER, all },
        { (ULONG)len, SECBUFFER_DATA, all + header },
        { trailer, SECBUFFER_STREAM_TRAILER, all + header + len },
        { 0, SECBUFFER_EMPTY, NULL },
    };
    SecBufferDesc desc = { SECBUFFER_VERSION, 4, b };

    memcpy(all + header, data, len);
    SECURITY_STATUS status = at(loop, "encrypt", EncryptMessage(&loop->ctx, 0, &desc, 0));
    if (status == SEC_E_OK) {
        /* A header that is shorter than its room is followed by a gap. */
        memmove(all + b[0].cbBuffer, all + header, len + b[2].cbBuffer);
        status = write_all(loop, all, b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer);
    }
    free(all);
    return status;
}

SECURITY_STATUS loop_send(struct loop *loop, const void *data, size_t len)
{
    const char *p = data;
    size_t most = loop->datagram ? DATAGRAM_DATA : loop->sizes.cbMaximumMessage;
    SECURITY_STATUS status;

    do {
        size_t n = len < most ? len : most;
        status = send_message(loop, p, n);
        p += n;
        len -= n;
    } while (status == SEC_E_OK && len);
    return status;
}

static const SecBuffer *find(const SecBuffer *buffers, size_t n, ULONG type)
{
    for (size_t i = 0; i < n; i++)
        if (buffers[i].BufferType == type)
            return &buffers[i];
    return NULL;
}

/* One record, if a whole one is there, into loop->data. */
static SECURITY_STATUS decrypt(struct loop *loop)
{
    SecBuffer b[] = {
        { (ULONG)loop->in.len, SECBUFFER_DATA, loop->in.data },
        { 0, SECBUFFER_EMPTY, NULL },
        { 0, SECBUFFER_EMPTY, NULL },
        { 0, SECBUFFER_EMPTY, NULL },
    };
    SecBufferDesc desc = { SECBUFFER_VERSION, 4, b };
    SECURITY_STATUS status = at(loop, "decrypt", DecryptMessage(&loop->ctx, &desc, 0, NULL));

    loop->data.len = 0;
    if (status < 0)
        return status;
    const SecBuffer *data = find(b, 4, SECBUFFER_DATA);
    const SecBuffer *extra = find(b, 4, SECBUFFER_EXTRA);
    if (status == SEC_E_OK && data && data->cbBuffer) {
        loop->data.data = need(realloc(loop->data.data, data->cbBuffer));
        loop->data.len = data->cbBuffer;
        memcpy(loop->data.data, data->pvBuffer, data->cbBuffer);
    }
    keep(loop, extra ? extra->cbBuffer : 0);
    return status;
}

/* The peer wants another handshake, or told something that belongs to one. */
static SECURITY_STATUS again(struct loop *loop)
{
    SECURITY_STATUS status = handshake(loop, WHAT_IS_THERE);

    loop->renegotiations++;
    return status == SEC_E_OK ? ask_sizes(loop) : status;
}

/* What was kept in a handshake. */
static bool give_early(struct loop *loop)
{
    struct bytes old = loop->data;

    if (!loop->early.len)
        return false;
    loop->data = loop->early;
    loop->early = (struct bytes){ old.data, 0 };
    return true;
}

SECURITY_STATUS loop_receive(struct loop *loop)
{
    loop->data.len = 0;
    for (;;) {
        if (give_early(loop))
            return SEC_E_OK;
        SECURITY_STATUS status = loop->in.len ? decrypt(loop) : SEC_E_INCOMPLETE_MESSAGE;
        if (status == SEC_E_MESSAGE_ALTERED && loop->datagram) {
            keep(loop, 0); /* one that came again, or late */
            continue;
        }
        if (status == SEC_E_INCOMPLETE_MESSAGE)
            status = read_more(loop);
        else if (status == SEC_I_RENEGOTIATE)
            status = again(loop);
        else if (status == SEC_I_CONTEXT_EXPIRED)
            loop->closed = true;
        if (status != SEC_E_OK || loop->data.len)
            return status;
    }
}

/*
 * The end.
 */

SECURITY_STATUS loop_shutdown(struct loop *loop)
{
    DWORD token = SCHANNEL_SHUTDOWN;
    SECURITY_STATUS status = control(loop, &token, sizeof token);

    if (status == SEC_E_OK)
        status = step(loop, NOTHING);
    return status == SEC_I_CONTEXT_EXPIRED ? SEC_E_OK : status;
}

void loop_end(struct loop *loop)
{
    if (loop->have_ctx && DeleteSecurityContext(&loop->ctx) != SEC_E_OK)
        fputs("tls-peer: the context cannot be deleted\n", stderr);
    loop->have_ctx = false;
    free(loop->in.data);
    free(loop->data.data);
    free(loop->early.data);
    loop->in = loop->data = loop->early = (struct bytes){ NULL, 0 };
    loop->room = 0;
}
