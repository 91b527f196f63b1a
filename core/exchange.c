/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c: tokens to and fro over a descriptor until a context is established, or not. */
#include "config.h"

#include "sspi/exchange.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/context.h"
#include "core/registry.h"
#include "core/trace.h"
#include "sspi/sspix.h"

#define PREFIX 4 /* bytes of a frame's length */
#define TOKEN_LEAST                                                                                \
    65536u /* what cbMaxToken says is what a package makes; a peer's may be longer */
#define TOKEN_MOST 1048576u /* and no longer than this whatever it says */
#define CHUNK 16384u        /* bytes asked for in one read */
#define TOKEN_PARTS 2u      /* input buffers: the token, and what the package says of it */
#define IN_MOST (TOKEN_PARTS + 1u + SSPI_EXCHANGE_EXTRA_MOST)

/*
 * LEG: the package's turn, with the message in token.  READ: its next message is awaited.
 * WRITE: out holds bytes for the peer; next says what follows.  OVER: result says how it ended.
 */
enum state { LEG, READ, WRITE, OVER };

enum turn { GO_ON, WAIT };

struct bytes {
    uint8_t *data;
    size_t len;
    size_t cap;
};

/*
 * token and used describe the message at the start of in, valid in LEG only; token is empty at a
 * client's first leg.  context is live while has_context.  want counts for raw streams: the
 * package is not asked again before in holds so many bytes.
 */
struct sspi_exchange {
    int fd;
    bool server;
    bool plain;  /* fd is no socket */
    bool raw;    /* the package brings its own framing, and no caller's replaces it */
    bool known;  /* raw and limit are the package's own */
    bool spoken; /* something went out, or may have */
    bool has_context;
    enum state state;
    enum state next;
    SECURITY_STATUS result;
    int error; /* errno of a descriptor that failed */
    short events;
    uint32_t request;
    uint32_t flags;
    uint64_t deadline; /* ms on CLOCK_MONOTONIC; 0: none */
    size_t limit;      /* longest token taken */
    size_t want;
    CredHandle credential;
    CtxtHandle context;
    char *target;
    SEC_CHANNEL_BINDINGS *bindings;
    uint32_t bindings_length;
    SecBuffer extra[SSPI_EXCHANGE_EXTRA_MOST];
    uint32_t n_extra;
    sspi_frame_fn *frame; /* NULL: ours */
    sspi_unframe_fn *unframe;
    void *arg;
    const uint8_t *token;
    size_t token_length;
    size_t used;
    struct bytes in;
    struct bytes out;
    size_t sent; /* bytes of out */
};

/* ---- time ---- */

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool is_late(const struct sspi_exchange *x)
{
    return x->deadline && now_ms() >= x->deadline;
}

int sspi_exchange_wait(const struct sspi_exchange *x)
{
    uint64_t now = now_ms();

    if (!x || !x->deadline)
        return -1;
    if (now >= x->deadline)
        return 0;
    return x->deadline - now > INT_MAX ? INT_MAX : (int)(x->deadline - now);
}

/* ---- bytes; they may hold keys, so they are wiped, and never moved by realloc ---- */

static void bytes_free(struct bytes *b)
{
    if (b->data)
        explicit_bzero(b->data, b->cap);
    free(b->data);
    *b = (struct bytes){ 0 };
}

/* Room for n more at the end; NULL: no memory. */
static uint8_t *bytes_room(struct bytes *b, size_t n)
{
    size_t cap = b->cap ? b->cap : 1024;

    if (n > SIZE_MAX / 4 - b->len)
        return NULL;
    while (cap - b->len < n)
        cap *= 2;
    if (cap > b->cap) {
        struct bytes more = { malloc(cap), b->len, cap };

        if (!more.data)
            return NULL;
        if (b->len > 0)
            memcpy(more.data, b->data, b->len);
        bytes_free(b);
        *b = more;
    }
    return b->data + b->len;
}

/* The first n bytes are done with. */
static void bytes_drop(struct bytes *b, size_t n)
{
    size_t left = b->len - n;

    if (n == 0)
        return;
    memmove(b->data, b->data + n, left);
    explicit_bzero(b->data + left, n);
    b->len = left;
}

/* ---- framing ---- */

static size_t put_prefix(uint8_t *out, size_t n)
{
    out[0] = (uint8_t)(n >> 24);
    out[1] = (uint8_t)(n >> 16);
    out[2] = (uint8_t)(n >> 8);
    out[3] = (uint8_t)n;
    return PREFIX;
}

/* Our framing: length, token; after a refusal one frame more, an empty one. */
static size_t frame_plainly(const void *token, size_t length, bool refused, uint8_t *out,
                            size_t room)
{
    size_t need = (length > 0 ? PREFIX + length : 0) + (refused ? PREFIX : 0);
    size_t at = 0;

    if (need > room)
        return need;
    if (length > 0) {
        at += put_prefix(out, length);
        memcpy(out + at, token, length);
        at += length;
    }
    if (refused)
        put_prefix(out + at, 0);
    return need;
}

static size_t frame_token(struct sspi_exchange *x, const void *token, size_t length, bool refused,
                          uint8_t *out, size_t room)
{
    if (x->frame)
        return x->frame(x->arg, token, length, refused, out, room);
    if (!x->raw)
        return frame_plainly(token, length, refused, out, room);
    if (length > 0 && length <= room)
        memcpy(out, token, length);
    return length;
}

/* Append a token, framed, to what goes out. */
static SECURITY_STATUS queue(struct sspi_exchange *x, const void *token, size_t length,
                             bool refused)
{
    size_t need = frame_token(x, token, length, refused, NULL, 0);
    uint8_t *room;

    if (need == 0)
        return SEC_E_OK;
    room = bytes_room(&x->out, need);
    if (!room)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (frame_token(x, token, length, refused, room, need) != need)
        return trace_refuse(SEC_E_INTERNAL_ERROR, "frame gave two sizes for one token");
    x->out.len += need;
    return SEC_E_OK;
}

/* As sspi_unframe_fn. */
static int unframe_plainly(struct sspi_exchange *x)
{
    const uint8_t *p = x->in.data;
    size_t n;

    if (x->in.len < PREFIX)
        return 0;
    n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | (size_t)p[3];
    if (n > x->limit)
        return -1;
    if (n > x->in.len - PREFIX)
        return 0;
    x->token = p + PREFIX;
    x->token_length = n;
    x->used = PREFIX + n;
    return 1;
}

static int unframe_by_caller(struct sspi_exchange *x)
{
    const void *token = NULL;
    size_t length = 0;
    size_t used = 0;
    int found = x->unframe(x->arg, x->in.data, x->in.len, &token, &length, &used);

    if (found != 1)
        return found == 0 ? 0 : -1;
    if (used == 0 || used > x->in.len || length > x->limit)
        return -1;
    x->token = token;
    x->token_length = length;
    x->used = used;
    return 1;
}

/* Is a message whole at the start of in?  1, 0, -1 as sspi_unframe_fn. */
static int find_message(struct sspi_exchange *x)
{
    if (x->in.len == 0)
        return 0;
    if (!x->raw)
        return x->unframe ? unframe_by_caller(x) : unframe_plainly(x);
    if (x->in.len < x->want)
        return x->want > x->limit ? -1 : 0;
    x->token = x->in.data;
    x->token_length = x->in.len;
    x->used = x->in.len;
    return 1;
}

/* ---- the descriptor ---- */

static bool is_ready(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };

    return poll(&p, 1, 0) > 0;
}

/* write without SIGPIPE: held back in this thread, and taken away if it was ours. */
static ssize_t write_quietly(int fd, const void *data, size_t n)
{
    sigset_t pipe_only, before, pending;
    ssize_t done;
    int error;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigemptyset(&pending);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    done = write(fd, data, n);
    error = errno;
    if (done < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE)) {
        const struct timespec none = { 0 };

        while (sigtimedwait(&pipe_only, NULL, &none) < 0 && errno == EINTR)
            ;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return done;
}

/* Neither of these waits, whether the descriptor is a blocking one or not. */
static ssize_t put(struct sspi_exchange *x, const void *data, size_t n)
{
    if (!x->plain) {
        ssize_t done = send(x->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (done >= 0 || errno != ENOTSOCK)
            return done;
        x->plain = true;
    }
    if (!is_ready(x->fd, POLLOUT)) {
        errno = EAGAIN;
        return -1;
    }
    /* A pipe that is ready takes this much at least without waiting. */
    return write_quietly(x->fd, data, n < PIPE_BUF ? n : PIPE_BUF);
}

static ssize_t get(struct sspi_exchange *x, void *data, size_t n)
{
    if (!x->plain) {
        ssize_t done = recv(x->fd, data, n, MSG_DONTWAIT);

        if (done >= 0 || errno != ENOTSOCK)
            return done;
        x->plain = true;
    }
    if (!is_ready(x->fd, POLLIN)) {
        errno = EAGAIN;
        return -1;
    }
    return read(x->fd, data, n);
}

/* Send what out holds.  1: all of it; 0: as much as went; -1: errno. */
static int flush(struct sspi_exchange *x)
{
    while (x->sent < x->out.len) {
        ssize_t n = put(x, x->out.data + x->sent, x->out.len - x->sent);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
        x->sent += (size_t)n;
    }
    bytes_drop(&x->out, x->out.len);
    x->sent = 0;
    return 1;
}

/* ---- the end ---- */

static enum turn end(struct sspi_exchange *x, SECURITY_STATUS status)
{
    x->result = status;
    x->state = OVER;
    if (status != SEC_E_OK && x->has_context) {
        DeleteSecurityContext(&x->context);
        x->has_context = false;
    }
    return GO_ON;
}

/*
 * It fails on our side: the peer is told, as far as the descriptor takes it now.  A client that
 * has said nothing yet keeps quiet, since what its peer speaks may not be known.
 */
static enum turn refuse(struct sspi_exchange *x, SECURITY_STATUS status, const void *token,
                        size_t length)
{
    if ((x->server || x->spoken || length > 0) && queue(x, token, length, true) == SEC_E_OK)
        (void)flush(x);
    return end(x, status);
}

static enum turn end_by_descriptor(struct sspi_exchange *x, const char *what)
{
    int error = errno;
    bool gone = error == EPIPE || error == ECONNRESET;
    SECURITY_STATUS status = gone ? SEC_E_INCOMPLETE_MESSAGE : SEC_E_INTERNAL_ERROR;

    x->error = error;
    return end(x, trace_refuse(status, "%s failed in mid-exchange (errno %d)", what, error));
}

/* ---- the package's turn ---- */

static void take_info(struct sspi_exchange *x, const SecPkgInfoA *info)
{
    const uint32_t both = SECPKG_FLAG_STREAM | SECPKG_FLAG_NEGOTIABLE;

    x->known = true;
    x->raw = !x->unframe && (info->fCapabilities & both) == SECPKG_FLAG_STREAM;
    x->limit = info->cbMaxToken < TOKEN_LEAST ? TOKEN_LEAST : info->cbMaxToken;
    if (x->limit > TOKEN_MOST)
        x->limit = TOKEN_MOST;
}

/* What the first leg leaves to do: the context gets the deadline, we learn who the package is. */
static void meet_context(struct sspi_exchange *x)
{
    SecPkgContext_PackageInfoA info = { 0 };

    x->has_context = true;
    if (x->deadline) {
        int left = sspi_exchange_wait(x);

        /* An established context refuses, which is as good; 0 would take the deadline away. */
        (void)sspi_set_deadline(&x->context, left > 0 ? (uint32_t)left : 1);
    }
    if (x->known)
        return;
    if (QueryContextAttributesA(&x->context, SECPKG_ATTR_PACKAGE_INFO, &info) == SEC_E_OK &&
        info.PackageInfo) {
        take_info(x, info.PackageInfo);
        x->raw = x->raw && !x->server; /* a server has read a frame already */
        FreeContextBuffer(info.PackageInfo);
    }
}

/*
 * The token is finished in place.  Only this may establish the context, so that the flags of the
 * leg before are not the last word.
 */
static SECURITY_STATUS complete(struct sspi_exchange *x, SECURITY_STATUS status,
                                PSecBufferDesc token)
{
    SECURITY_STATUS completed = CompleteAuthToken(&x->context, token);
    SecPkgContext_Flags flags = { 0 };

    if (completed < 0) {
        token->pBuffers[0].cbBuffer = 0; /* not a token yet, so not for the peer */
        return completed;
    }
    if (status == SEC_I_COMPLETE_NEEDED &&
        QueryContextAttributesA(&x->context, SECPKG_ATTR_FLAGS, &flags) == SEC_E_OK)
        x->flags = flags.Flags;
    return status;
}

/* How many: the token, room for what the package says of it, the bindings, at first the extras. */
static ULONG gather(const struct sspi_exchange *x, SecBuffer in[IN_MOST])
{
    void *token = (void *)(uintptr_t)x->token; /* SecBuffer knows no const; it is read only */
    ULONG n = TOKEN_PARTS;

    in[0] = (SecBuffer){ (ULONG)x->token_length, SECBUFFER_TOKEN, token };
    in[1] = (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
    if (x->bindings)
        in[n++] = (SecBuffer){ x->bindings_length, SECBUFFER_CHANNEL_BINDINGS, x->bindings };
    for (uint32_t i = 0; !x->has_context && i < x->n_extra; i++)
        in[n++] = x->extra[i];
    return n;
}

static SECURITY_STATUS call_package(struct sspi_exchange *x, SecBuffer *in, ULONG n, SecBuffer *out)
{
    SecBufferDesc give = { SECBUFFER_VERSION, n, in };
    SecBufferDesc take = { SECBUFFER_VERSION, 1, out };
    PCtxtHandle old = x->has_context ? &x->context : NULL;
    CtxtHandle fresh;
    TimeStamp expiry;
    ULONG flags = 0;
    SECURITY_STATUS status;

    SecInvalidateHandle(&fresh);
    ctx_first_by(old ? 0 : x->deadline);
    if (x->server) {
        status = AcceptSecurityContext(&x->credential, old, &give, x->request, SECURITY_NATIVE_DREP,
                                       &fresh, &take, &flags, &expiry);
    } else {
        if (!old) /* no token at a client's first leg: what else there is, or nothing */
            give = (SecBufferDesc){ SECBUFFER_VERSION, n - TOKEN_PARTS, in + TOKEN_PARTS };
        status = InitializeSecurityContextA(&x->credential, old, x->target, x->request, 0,
                                            SECURITY_NATIVE_DREP, give.cBuffers ? &give : NULL, 0,
                                            &fresh, &take, &flags, &expiry);
    }
    ctx_first_by(0);
    if (status < 0)
        return status;
    x->flags = flags;
    if (SecIsValidHandle(&fresh))
        x->context = fresh;
    if (!old)
        meet_context(x);
    if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE)
        return complete(x, status, &take);
    return status;
}

/* What of the input the package has used up; told by an EXTRA buffer if it is not all. */
static size_t consumed(const struct sspi_exchange *x, const SecBuffer *said)
{
    bool extra = (said->BufferType & ~SECBUFFER_ATTRMASK) == SECBUFFER_EXTRA;

    if (!x->raw || !extra)
        return x->used;
    return said->cbBuffer <= x->used ? x->used - said->cbBuffer : 0;
}

/* A stream's message is cut: the package is asked again when there is more of it. */
static enum turn await_rest(struct sspi_exchange *x, const SecBuffer *said)
{
    bool missing = (said->BufferType & ~SECBUFFER_ATTRMASK) == SECBUFFER_MISSING;

    size_t more = missing && said->cbBuffer > 0 ? said->cbBuffer : 1;
    x->want = x->in.len + (more < x->limit ? more : x->limit);
    x->state = READ;
    return GO_ON;
}

/* What follows a leg that went well, once its token is out.  false: a status we do not know. */
static bool choose_next(struct sspi_exchange *x, SECURITY_STATUS status)
{
    switch (status) {
    case SEC_E_OK:
    case SEC_I_COMPLETE_NEEDED:
        x->next = OVER;
        return true;
    case SEC_I_CONTINUE_NEEDED:
    case SEC_I_COMPLETE_AND_CONTINUE:
    case SEC_I_CONTINUE_NEEDED_MESSAGE_OK:
        x->next = READ;
        return true;
    case SEC_I_MESSAGE_FRAGMENT: /* the rest of our own message comes first */
        x->next = LEG;
        return true;
    default:
        return false;
    }
}

static enum turn settle(struct sspi_exchange *x, SECURITY_STATUS status, const SecBuffer *said,
                        const SecBuffer *out)
{
    size_t done = consumed(x, said);
    bool stuck = x->used > 0 && done == 0; /* more bytes must come before we ask again */
    SECURITY_STATUS queued;

    if (!choose_next(x, status)) {
        /* SEC_I_CONTEXT_EXPIRED is the peer's orderly goodbye, which ends it all the same. */
        status = status == SEC_I_CONTEXT_EXPIRED ? SEC_E_INCOMPLETE_MESSAGE : SEC_E_INTERNAL_ERROR;
        return refuse(x, trace_refuse(status, "the package gave up in mid-exchange"), out->pvBuffer,
                      out->cbBuffer);
    }
    bytes_drop(&x->in, done);
    x->token = NULL;
    x->token_length = 0;
    x->used = 0;
    x->want = stuck ? x->in.len + 1 : 1;
    queued = out->cbBuffer > 0 ? queue(x, out->pvBuffer, out->cbBuffer, false) : SEC_E_OK;
    if (queued != SEC_E_OK)
        return end(x, queued);
    x->state = WRITE;
    return GO_ON;
}

/* A certificate is asked for: go on without, with the same input.  Nothing said yet is lost. */
static enum turn go_without(struct sspi_exchange *x, const SecBuffer *out)
{
    SECURITY_STATUS queued =
        out->cbBuffer > 0 ? queue(x, out->pvBuffer, out->cbBuffer, false) : SEC_E_OK;

    if (queued != SEC_E_OK)
        return end(x, queued);
    x->request |= ISC_REQ_USE_SUPPLIED_CREDS;
    x->state = WRITE;
    x->next = LEG;
    return GO_ON;
}

static enum turn do_leg(struct sspi_exchange *x)
{
    SecBuffer in[IN_MOST];
    SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
    SECURITY_STATUS status = call_package(x, in, gather(x, in), &out);
    enum turn turn;

    if (status == SEC_I_INCOMPLETE_CREDENTIALS && !x->server &&
        !(x->request & ISC_REQ_USE_SUPPLIED_CREDS)) {
        turn = go_without(x, &out);
    } else if (status == SEC_E_INCOMPLETE_MESSAGE && x->raw && x->token_length > 0) {
        turn = await_rest(x, &in[1]);
    } else if (status < 0) {
        turn = refuse(x, status, out.pvBuffer, out.cbBuffer);
    } else {
        turn = settle(x, status, &in[1], &out);
    }
    if (out.pvBuffer)
        FreeContextBuffer(out.pvBuffer);
    return turn;
}

/* ---- reading and writing ---- */

static enum turn do_write(struct sspi_exchange *x)
{
    int sent;

    x->spoken = x->spoken || x->out.len > 0;
    sent = flush(x);
    if (sent < 0)
        return end_by_descriptor(x, "write");
    if (sent == 0) {
        x->events = POLLOUT;
        return WAIT;
    }
    if (x->next == OVER)
        return end(x, SEC_E_OK);
    x->state = x->next;
    return GO_ON;
}

static enum turn read_more(struct sspi_exchange *x)
{
    uint8_t *room;
    ssize_t n;

    if (x->in.len > 2 * x->limit + TOKEN_LEAST) /* only a caller's unframe can be that hungry */
        return refuse(x, trace_refuse(SEC_E_INVALID_TOKEN, "no end to a message"), NULL, 0);
    room = bytes_room(&x->in, CHUNK);
    if (!room)
        return end(x, SEC_E_INSUFFICIENT_MEMORY);
    do
        n = get(x, room, CHUNK);
    while (n < 0 && errno == EINTR);
    if (n > 0) {
        x->in.len += (size_t)n;
        return GO_ON;
    }
    if (n == 0)
        return end(x, trace_refuse(SEC_E_INCOMPLETE_MESSAGE,
                                   "the peer closed the connection in mid-exchange"));
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return end_by_descriptor(x, "read");
    x->events = POLLIN;
    return WAIT;
}

static enum turn do_read(struct sspi_exchange *x)
{
    int found = find_message(x);

    if (found < 0)
        return refuse(x,
                      trace_refuse(SEC_E_INVALID_TOKEN,
                                   "what came is no message, or longer than %zu bytes", x->limit),
                      NULL, 0);
    if (found == 0)
        return read_more(x);
    if (x->token_length == 0)
        return end(x, trace_refuse(SEC_E_LOGON_DENIED, "the peer refuses"));
    x->state = LEG;
    return GO_ON;
}

static enum turn advance(struct sspi_exchange *x)
{
    if (is_late(x))
        return refuse(x, trace_refuse(SEC_E_CONTEXT_EXPIRED, "the exchange's deadline is past"),
                      NULL, 0);
    switch (x->state) {
    case LEG:
        return do_leg(x);
    case READ:
        return do_read(x);
    case WRITE:
        return do_write(x);
    case OVER:
        break;
    }
    return GO_ON;
}

SECURITY_STATUS sspi_exchange_step(struct sspi_exchange *x, short *events)
{
    if (!x)
        return SEC_E_INVALID_PARAMETER;
    x->events = 0;
    while (x->state != OVER && advance(x) == GO_ON)
        ;
    if (events)
        *events = x->events;
    if (x->state != OVER)
        return SEC_I_CONTINUE_NEEDED;
    if (x->error)
        errno = x->error;
    return x->result;
}

SECURITY_STATUS sspi_exchange_run(struct sspi_exchange *x)
{
    struct pollfd p = { .fd = x ? x->fd : -1 };
    SECURITY_STATUS status = sspi_exchange_step(x, &p.events);

    while (status == SEC_I_CONTINUE_NEEDED) {
        if (poll(&p, 1, sspi_exchange_wait(x)) < 0 && errno != EINTR) {
            end_by_descriptor(x, "poll");
            return x->result;
        }
        status = sspi_exchange_step(x, &p.events);
    }
    return status;
}

/* ---- birth and death ---- */

/* The caller's options as this version knows them; what an older caller lacks is zero. */
static bool read_options(const struct sspi_exchange_options *from, struct sspi_exchange_options *o)
{
    const size_t first_version = offsetof(struct sspi_exchange_options, package);
    const uint8_t *bytes = (const uint8_t *)from;

    *o = (struct sspi_exchange_options){ 0 };
    if (!from || from->size < first_version)
        return false;
    for (size_t i = sizeof *o; i < from->size; i++)
        if (bytes[i] != 0)
            return false; /* a wish from after our time, which we cannot grant */
    memcpy(o, from, from->size < sizeof *o ? from->size : sizeof *o);
    if (o->fd < 0 || !o->credential || !o->frame != !o->unframe)
        return false;
    if (o->n_extra > SSPI_EXCHANGE_EXTRA_MOST || (o->n_extra > 0 && !o->extra))
        return false;
    for (uint32_t i = 0; i < o->n_extra; i++)
        if (o->extra[i].cbBuffer > 0 && !o->extra[i].pvBuffer)
            return false;
    return !o->bindings || o->bindings_length >= sizeof *o->bindings;
}

static bool copy_extra(struct sspi_exchange *x, const SecBuffer *from)
{
    SecBuffer *to = &x->extra[x->n_extra];

    *to = *from;
    to->pvBuffer = malloc(from->cbBuffer > 0 ? from->cbBuffer : 1);
    if (!to->pvBuffer)
        return false;
    if (from->cbBuffer > 0)
        memcpy(to->pvBuffer, from->pvBuffer, from->cbBuffer);
    x->n_extra++;
    return true;
}

static bool copy_parts(struct sspi_exchange *x, const struct sspi_exchange_options *o)
{
    if (o->target) {
        x->target = strdup(o->target);
        if (!x->target)
            return false;
    }
    if (o->bindings) {
        x->bindings = malloc(o->bindings_length);
        if (!x->bindings)
            return false;
        memcpy(x->bindings, o->bindings, o->bindings_length);
        x->bindings_length = o->bindings_length;
    }
    for (uint32_t i = 0; i < o->n_extra; i++)
        if (!copy_extra(x, &o->extra[i]))
            return false;
    return true;
}

static SECURITY_STATUS ask_package(struct sspi_exchange *x, const char *name)
{
    PSecPkgInfoA info = NULL;
    SECURITY_STATUS status = QuerySecurityPackageInfoA(name, &info);

    if (status != SEC_E_OK)
        return status;
    take_info(x, info);
    FreeContextBuffer(info);
    return SEC_E_OK;
}

static SECURITY_STATUS set_up(struct sspi_exchange *x, const struct sspi_exchange_options *o)
{
    uint32_t ms = o->deadline_ms ? o->deadline_ms : reg_limits().handshake_timeout_ms;

    x->fd = o->fd;
    x->server = o->server;
    x->state = o->server ? READ : LEG;
    x->request = o->request | ISC_REQ_ALLOCATE_MEMORY; /* the ASC_REQ_ bit is the same */
    x->deadline = ms ? now_ms() + ms : 0;
    x->limit = TOKEN_MOST;
    x->want = 1;
    x->credential = *o->credential;
    x->frame = o->frame;
    x->unframe = o->unframe;
    x->arg = o->arg;
    if (!copy_parts(x, o))
        return SEC_E_INSUFFICIENT_MEMORY;
    return o->package ? ask_package(x, o->package) : SEC_E_OK;
}

SECURITY_STATUS sspi_exchange_start(const struct sspi_exchange_options *options,
                                    struct sspi_exchange **out)
{
    struct sspi_exchange_options o;
    struct sspi_exchange *x;
    SECURITY_STATUS status;

    if (!out || !read_options(options, &o))
        return trace_refuse(SEC_E_INVALID_PARAMETER, "options that cannot be");
    if (!SecIsValidHandle(o.credential))
        return trace_refuse(SEC_E_INVALID_HANDLE, "the credential is none");
    x = calloc(1, sizeof *x);
    if (!x)
        return SEC_E_INSUFFICIENT_MEMORY;
    status = set_up(x, &o);
    if (status != SEC_E_OK) {
        sspi_exchange_free(x);
        return status;
    }
    *out = x;
    return SEC_E_OK;
}

SECURITY_STATUS sspi_exchange_take(struct sspi_exchange *x, PCtxtHandle context)
{
    if (!x || !context)
        return SEC_E_INVALID_PARAMETER;
    if (x->state != OVER || x->result != SEC_E_OK || !x->has_context)
        return SEC_E_OUT_OF_SEQUENCE;
    *context = x->context;
    x->has_context = false;
    return SEC_E_OK;
}

uint32_t sspi_exchange_flags(const struct sspi_exchange *x)
{
    return x ? x->flags : 0;
}

const void *sspi_exchange_surplus(const struct sspi_exchange *x, size_t *length)
{
    if (length)
        *length = x ? x->in.len : 0;
    return x && x->in.len > 0 ? x->in.data : NULL;
}

void sspi_exchange_free(struct sspi_exchange *x)
{
    if (!x)
        return;
    if (x->has_context)
        DeleteSecurityContext(&x->context);
    bytes_free(&x->in);
    bytes_free(&x->out);
    while (x->n_extra > 0)
        free(x->extra[--x->n_extra].pvBuffer);
    free(x->target);
    free(x->bindings);
    free(x);
}
