/* SPDX-License-Identifier: Apache-2.0 */
/* channel.c: protected records over an established context. */
#include "config.h"

#include "tools/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <sspi/schannel.h>
#include <sspi/sspi.h>

#define PREFIX 4u
#define TYPE 1u
#define CONTENT_MOST (2 * CHANNEL_CHUNK) /* content of a record we take */
#define IN_ROOM (4 * CHANNEL_CHUNK)
#define CONTROL_ROOM CHANNEL_CHUNK /* for tokens of a stream after a record */

/*
 * On an established stream.  LEG_DUE: a leg of the handshake is to run with what there is, even
 * with nothing.  LEG_AWAITED: with what comes next.
 */
enum legs { LEG_NONE, LEG_DUE, LEG_AWAITED };

/* data[start..end) is in use; while receiving, the record given takes its first taken bytes. */
struct queue {
    uint8_t *data;
    size_t start;
    size_t end;
    size_t room;
};

/*
 * A record is built in out around the place of its data, which is at head: before it the
 * prefixes and a token of at most token bytes, after it at most tail bytes of padding.
 */
struct channel {
    struct channel_options o;
    uint32_t head;
    uint32_t token;
    uint32_t tail;
    uint32_t chunk;
    uint32_t sent;     /* records */
    uint32_t received; /* records */
    enum legs legs;
    bool ended; /* our end is put: no leg has anything to say after it */
    struct queue out;
    struct queue in;
    size_t taken;
};

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static size_t get_u16(const uint8_t *p)
{
    return (size_t)(p[0] << 8 | p[1]);
}

static void put_u16(uint8_t *p, size_t n)
{
    p[0] = (uint8_t)(n >> 8);
    p[1] = (uint8_t)n;
}

static void put_u32(uint8_t *p, size_t n)
{
    p[0] = (uint8_t)(n >> 24);
    p[1] = (uint8_t)(n >> 16);
    p[2] = (uint8_t)(n >> 8);
    p[3] = (uint8_t)n;
}

/* ---- birth and death ---- */

static SECURITY_STATUS measure_stream(struct channel *c)
{
    SecPkgContext_StreamSizes sizes = { 0 };
    SECURITY_STATUS status =
        QueryContextAttributesA(c->o.context, SECPKG_ATTR_STREAM_SIZES, &sizes);

    c->head = c->token = sizes.cbHeader;
    c->tail = sizes.cbTrailer;
    c->chunk = sizes.cbMaximumMessage < CHANNEL_CHUNK ? sizes.cbMaximumMessage : CHANNEL_CHUNK;
    return status;
}

static SECURITY_STATUS measure_messages(struct channel *c)
{
    SecPkgContext_Sizes sizes = { 0 };
    SECURITY_STATUS status = SEC_E_OK;

    c->chunk = CHANNEL_CHUNK;
    c->head = PREFIX;
    if (c->o.protect == PROTECT_NONE)
        return SEC_E_OK;
    status = QueryContextAttributesA(c->o.context, SECPKG_ATTR_SIZES, &sizes);
    c->token = c->o.protect == PROTECT_SIGN ? sizes.cbMaxSignature : sizes.cbSecurityTrailer;
    c->tail = c->o.protect == PROTECT_SEAL ? sizes.cbBlockSize : 0;
    c->head = 2 * PREFIX + c->token;
    return status;
}

static bool make_queues(struct channel *c)
{
    if (c->token >= CHANNEL_CHUNK / 2 || c->tail > CHANNEL_CHUNK / 4 || c->chunk == 0)
        return false;
    c->out.room = c->head + TYPE + c->chunk + c->tail + CONTROL_ROOM;
    c->out.data = calloc(1, c->out.room);
    c->in.room = IN_ROOM;
    c->in.data = calloc(1, c->in.room);
    return c->out.data && c->in.data;
}

struct channel *channel_new(const struct channel_options *options, const void *surplus,
                            size_t length, SECURITY_STATUS *status)
{
    struct channel *c = calloc(1, sizeof *c);

    if (!c) {
        *status = SEC_E_INSUFFICIENT_MEMORY;
        return NULL;
    }
    c->o = *options;
    *status = c->o.stream ? measure_stream(c) : measure_messages(c);
    if (*status == SEC_E_OK && (!make_queues(c) || length > c->in.room))
        *status = SEC_E_INSUFFICIENT_MEMORY;
    if (*status != SEC_E_OK) {
        channel_free(c);
        return NULL;
    }
    if (length > 0)
        memcpy(c->in.data, surplus, length);
    c->in.end = length;
    return c;
}

static void free_queue(struct queue *q)
{
    if (q->data)
        explicit_bzero(q->data, q->room);
    free(q->data);
}

void channel_free(struct channel *c)
{
    if (!c)
        return;
    free_queue(&c->in);
    free_queue(&c->out);
    free(c);
}

/* ---- sending ---- */

bool channel_idle(const struct channel *c)
{
    return c->out.start == c->out.end;
}

bool channel_takes(const struct channel *c)
{
    return channel_idle(c) && c->legs == LEG_NONE;
}

uint8_t *channel_room(struct channel *c, size_t *most)
{
    *most = c->chunk;
    return c->out.data + c->head + (c->o.stream ? 0 : TYPE);
}

/* Sign or seal length bytes at body; b[0] is the token, b[2] what follows the body. */
static SECURITY_STATUS protect(struct channel *c, uint8_t *body, size_t length, SecBuffer b[4])
{
    const bool stream = c->o.stream;
    SecBufferDesc all = { SECBUFFER_VERSION, 3, b };

    b[0] = (SecBuffer){ c->token, stream ? SECBUFFER_STREAM_HEADER : SECBUFFER_TOKEN,
                        body - c->token };
    b[1] = (SecBuffer){ (ULONG)length, SECBUFFER_DATA, body };
    b[2] = (SecBuffer){ c->tail, stream ? SECBUFFER_STREAM_TRAILER : SECBUFFER_PADDING,
                        body + length };
    b[3] = (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
    if (stream)
        all.cBuffers = 4;
    else if (c->tail == 0)
        all.cBuffers = 2;
    if (stream || c->o.protect == PROTECT_SEAL)
        return EncryptMessage(c->o.context, 0, &all, stream ? 0 : c->sent);
    return MakeSignature(c->o.context, 0, &all, c->sent);
}

/* The record around length bytes at head, protected: from start to end of out. */
static SECURITY_STATUS wrap(struct channel *c, size_t length)
{
    uint8_t *body = c->out.data + c->head;
    SecBuffer b[4] = { { 0 } };
    SECURITY_STATUS status = SEC_E_OK;
    bool bare = !c->o.stream && c->o.protect == PROTECT_NONE;

    if (!bare)
        status = protect(c, body, length, b);
    if (status != SEC_E_OK)
        return status < 0 ? status : SEC_E_INTERNAL_ERROR;
    if (b[0].cbBuffer > c->token || b[2].cbBuffer > c->tail)
        return SEC_E_INTERNAL_ERROR;
    /* A token shorter than it might be moves up to the body. */
    memmove(body - b[0].cbBuffer, body - c->token, b[0].cbBuffer);
    c->out.start = c->head - b[0].cbBuffer;
    c->out.end = c->head + length + b[2].cbBuffer;
    if (!c->o.stream) {
        if (!bare) {
            c->out.start -= PREFIX;
            put_u16(c->out.data + c->out.start, b[0].cbBuffer);
            put_u16(c->out.data + c->out.start + 2, b[2].cbBuffer);
        }
        length = c->out.end - c->out.start;
        c->out.start -= PREFIX;
        put_u32(c->out.data + c->out.start, length);
    }
    c->sent++;
    return SEC_E_OK;
}

static SecBuffer *find(SecBuffer *b, size_t n, ULONG type)
{
    for (size_t i = 0; i < n; i++)
        if ((b[i].BufferType & ~SECBUFFER_ATTRMASK) == type)
            return &b[i];
    return NULL;
}

/* How many of the last bytes, of n, were not used. */
static size_t unused(SecBuffer *b, size_t count, size_t n)
{
    const SecBuffer *extra = find(b, count, SECBUFFER_EXTRA);

    return extra && extra->cbBuffer <= n ? extra->cbBuffer : 0;
}

static SECURITY_STATUS queue_token(struct channel *c, const SecBuffer *token)
{
    struct queue *q = &c->out;

    if (token->cbBuffer > q->room - q->end)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (token->cbBuffer > 0)
        memcpy(q->data + q->end, token->pvBuffer, token->cbBuffer);
    q->end += token->cbBuffer;
    return SEC_E_OK;
}

/* A leg on the established context of a stream; what it has to say, if only an alert, is queued. */
static SECURITY_STATUS step_stream(struct channel *c, void *token, size_t length, size_t *left)
{
    SecBuffer in[2] = { { (ULONG)length, SECBUFFER_TOKEN, token }, { 0, SECBUFFER_EMPTY, NULL } };
    SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
    SecBufferDesc give = { SECBUFFER_VERSION, 2, in }, take = { SECBUFFER_VERSION, 1, &out };
    uint32_t request = c->o.request | ISC_REQ_ALLOCATE_MEMORY;
    CtxtHandle same = *c->o.context;
    TimeStamp expiry;
    ULONG flags = 0;
    SECURITY_STATUS status, queued;

    status = c->o.server
                 ? AcceptSecurityContext(c->o.credential, c->o.context, &give, request,
                                         SECURITY_NATIVE_DREP, &same, &take, &flags, &expiry)
                 : InitializeSecurityContextA(c->o.credential, c->o.context, c->o.target, request,
                                              0, SECURITY_NATIVE_DREP, &give, 0, &same, &take,
                                              &flags, &expiry);
    queued = queue_token(c, &out);
    if (out.pvBuffer)
        FreeContextBuffer(out.pvBuffer);
    *left = unused(in, 2, length);
    return status < 0 || queued == SEC_E_OK ? status : queued;
}

/* Have a stream say something of its own. */
static SECURITY_STATUS control_stream(struct channel *c, void *what, size_t length)
{
    SecBuffer b = { (ULONG)length, SECBUFFER_TOKEN, what };
    SecBufferDesc control = { SECBUFFER_VERSION, 1, &b };
    SECURITY_STATUS status = ApplyControlToken(c->o.context, &control);
    size_t left;

    if (status >= 0)
        status = step_stream(c, NULL, 0, &left);
    return status < 0 ? status : SEC_E_OK; /* SEC_I_CONTEXT_EXPIRED is as good */
}

static SECURITY_STATUS end_stream(struct channel *c)
{
    DWORD what = SCHANNEL_SHUTDOWN;

    c->ended = true;
    return control_stream(c, &what, sizeof what);
}

static void refuse_stream(struct channel *c)
{
    SCHANNEL_ALERT_TOKEN alert = { SCHANNEL_ALERT, TLS1_ALERT_FATAL, TLS1_ALERT_ACCESS_DENIED };

    (void)control_stream(c, &alert, sizeof alert); /* closed without it, it is cut: as good */
}

SECURITY_STATUS channel_put(struct channel *c, enum record_type type, size_t n)
{
    if (!c->o.stream) {
        c->out.data[c->head] = (uint8_t)type;
        return wrap(c, TYPE + n);
    }
    if (type == RECORD_DATA)
        return wrap(c, n);
    return type == RECORD_END ? end_stream(c) : SEC_E_OK;
}

void channel_refuse(struct channel *c)
{
    if (c->o.stream) {
        refuse_stream(c);
        return;
    }
    if (c->out.room - c->out.end < PREFIX)
        return;
    put_u32(c->out.data + c->out.end, 0);
    c->out.end += PREFIX;
}

bool channel_flush(struct channel *c)
{
    struct queue *q = &c->out;

    while (q->start < q->end) {
        ssize_t n =
            send(c->o.fd, q->data + q->start, q->end - q->start, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        q->start += (size_t)n;
    }
    q->start = q->end = 0;
    return true;
}

/* ---- receiving ---- */

/* Open content of n bytes at p; b[1] is then the body. */
static SECURITY_STATUS unprotect(struct channel *c, uint8_t *p, size_t n, SecBuffer b[3])
{
    SecBufferDesc all = { SECBUFFER_VERSION, 3, b };
    size_t token = n >= PREFIX ? get_u16(p) : 0;
    size_t padding = n >= PREFIX ? get_u16(p + 2) : 0;
    ULONG qop = 0;

    if (n < PREFIX || token + padding > n - PREFIX)
        return SEC_E_INVALID_TOKEN;
    b[0] = (SecBuffer){ (ULONG)token, SECBUFFER_TOKEN, p + PREFIX };
    b[1] = (SecBuffer){ (ULONG)(n - PREFIX - token - padding), SECBUFFER_DATA, p + PREFIX + token };
    b[2] = (SecBuffer){ (ULONG)padding, SECBUFFER_PADDING, p + n - padding };
    if (padding == 0)
        all.cBuffers = 2;
    if (c->o.protect == PROTECT_SIGN)
        return VerifySignature(c->o.context, &all, c->received, &qop);
    return DecryptMessage(c->o.context, &all, c->received, &qop);
}

static SECURITY_STATUS open_content(struct channel *c, uint8_t *p, size_t n, struct record *out)
{
    SecBuffer b[3] = { { 0 }, { (ULONG)n, SECBUFFER_DATA, p }, { 0 } };
    SECURITY_STATUS status = SEC_E_OK;
    uint8_t *body;

    if (c->o.protect != PROTECT_NONE)
        status = unprotect(c, p, n, b);
    if (status < 0)
        return status;
    body = b[1].pvBuffer;
    if (b[1].cbBuffer < TYPE || body[0] > RECORD_END)
        return SEC_E_INVALID_TOKEN;
    c->received++;
    out->type = (enum record_type)body[0];
    out->data = body + TYPE;
    out->len = b[1].cbBuffer - TYPE;
    return SEC_E_OK;
}

static enum channel_news next_record(struct channel *c, struct record *out)
{
    uint8_t *p = c->in.data + c->in.start;
    size_t have = c->in.end - c->in.start;
    size_t n = have >= PREFIX ? get_u32(p) : 0;

    if (have < PREFIX)
        return CHANNEL_MORE;
    if (n == 0)
        return CHANNEL_REFUSED;
    if (n > CONTENT_MOST) {
        out->status = SEC_E_INVALID_TOKEN;
        return CHANNEL_BAD;
    }
    if (have - PREFIX < n)
        return CHANNEL_MORE;
    c->taken = PREFIX + n;
    out->status = open_content(c, p + PREFIX, n, out);
    return out->status == SEC_E_OK ? CHANNEL_RECORD : CHANNEL_BAD;
}

/* A record of a stream that was decrypted, or asks for a leg of the handshake. */
static enum channel_news read_stream(struct channel *c, SECURITY_STATUS status, SecBuffer b[4],
                                     struct record *out)
{
    const SecBuffer *data = find(b, 4, SECBUFFER_DATA);
    size_t have = c->in.end - c->in.start, left;

    c->taken = have - unused(b, 4, have);
    if (status == SEC_I_CONTEXT_EXPIRED) {
        out->type = RECORD_END;
    } else if (status == SEC_I_RENEGOTIATE) {
        c->legs = c->ended ? LEG_NONE : LEG_DUE;
    } else if (status != SEC_E_OK) {
        out->status = status < 0 ? status : SEC_E_INTERNAL_ERROR;
        (void)step_stream(c, NULL, 0, &left); /* the other side's alert, if there is one */
    } else if (data) {
        out->data = data->pvBuffer;
        out->len = data->cbBuffer;
    }
    return out->status == SEC_E_OK ? CHANNEL_RECORD : CHANNEL_BAD;
}

/* What follows a leg that went well. */
static enum legs after_leg(struct channel *c, SECURITY_STATUS status, struct record *out)
{
    switch (status) {
    case SEC_I_CONTINUE_NEEDED:
    case SEC_I_CONTINUE_NEEDED_MESSAGE_OK:
        return LEG_AWAITED;
    case SEC_I_INCOMPLETE_CREDENTIALS: /* a certificate is asked for: go on without, once */
        out->status = c->o.request & ISC_REQ_USE_SUPPLIED_CREDS ? SEC_E_INTERNAL_ERROR : SEC_E_OK;
        c->o.request |= ISC_REQ_USE_SUPPLIED_CREDS;
        c->taken = 0;
        return LEG_DUE;
    case SEC_I_MESSAGE_FRAGMENT:
        return LEG_DUE;
    case SEC_I_CONTEXT_EXPIRED:
        out->type = RECORD_END;
        return LEG_NONE;
    default:
        return LEG_NONE;
    }
}

/* A leg of the handshake with what came: a record without data. */
static enum channel_news next_leg(struct channel *c, struct record *out)
{
    size_t have = c->in.end - c->in.start, left = 0;
    SECURITY_STATUS status;

    if (c->legs == LEG_AWAITED && have == 0)
        return CHANNEL_MORE;
    status = step_stream(c, c->in.data + c->in.start, have, &left);
    if (status == SEC_E_INCOMPLETE_MESSAGE) {
        c->legs = LEG_AWAITED;
        return CHANNEL_MORE;
    }
    c->taken = have - left;
    if (status < 0)
        out->status = status;
    else
        c->legs = after_leg(c, status, out);
    return out->status == SEC_E_OK ? CHANNEL_RECORD : CHANNEL_BAD;
}

static enum channel_news next_of_stream(struct channel *c, struct record *out)
{
    SecBuffer b[4] = { { (ULONG)(c->in.end - c->in.start), SECBUFFER_DATA,
                         c->in.data + c->in.start },
                       { 0 },
                       { 0 },
                       { 0 } };
    SecBufferDesc all = { SECBUFFER_VERSION, 4, b };
    SECURITY_STATUS status;
    ULONG qop = 0;

    if (c->legs != LEG_NONE)
        return next_leg(c, out);
    if (b[0].cbBuffer == 0)
        return CHANNEL_MORE;
    status = DecryptMessage(c->o.context, &all, 0, &qop);
    if (status == SEC_E_INCOMPLETE_MESSAGE)
        return CHANNEL_MORE;
    return read_stream(c, status, b, out);
}

enum channel_news channel_next(struct channel *c, struct record *out)
{
    *out = (struct record){ .type = RECORD_DATA };
    c->taken = 0;
    return c->o.stream ? next_of_stream(c, out) : next_record(c, out);
}

void channel_done(struct channel *c)
{
    c->in.start += c->taken;
    c->taken = 0;
    if (c->in.start == c->in.end)
        c->in.start = c->in.end = 0;
}

int channel_fill(struct channel *c)
{
    struct queue *q = &c->in;
    ssize_t n;

    if (q->start > 0) {
        memmove(q->data, q->data + q->start, q->end - q->start);
        q->end -= q->start;
        q->start = 0;
    }
    do
        n = recv(c->o.fd, q->data + q->end, q->room - q->end, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -1;
    q->end += (size_t)n;
    return n > 0;
}
