/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http-server.c: an HTTP server that lets in whom a security package vouches for, and greets
 * them by name.  It shows the server's side of SSPI: one credential for the life of the process,
 * one context for each connection, AcceptSecurityContext until it is done.
 *
 *     http-server [--listen ADDRESS] [--port N] [--scheme NAME]... [--timeout SECONDS] [--once N]
 *
 * The scheme's name in HTTP is the package's name in SSPI: NTLM (the default), Negotiate.  Both
 * authenticate the connection, not the request ([MS-NTHT], RFC 4559): once it is done, what comes
 * over that connection is the user's.  A reverse proxy that shares its connections to the
 * server among its own clients would give one client's identity to the others: put none before it.
 *
 * Each connection has a thread, a limit on what it may send, and a deadline whenever it is
 * waited for.  There is no TLS here; behind TLS the server would give its channel bindings
 * (SECBUFFER_CHANNEL_BINDINGS) to AcceptSecurityContext as well.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sspi.h>
#include <sspix.h>

#include "http.h"

#define MAX_SCHEMES 4u
#define MAX_CONNECTIONS 64u
#define MAX_REFUSALS 3u /* for a connection; then it is closed */

struct scheme {
    const char *name;
    CredHandle cred;
};

struct server {
    struct scheme scheme[MAX_SCHEMES];
    size_t n_schemes;
    const char *address, *port;
    uint64_t timeout; /* ms */
    unsigned once;    /* connections to serve; 0: no end */
    int listener;
    int stop_pipe[2]; /* readable once the server is to end */

    pthread_mutex_t lock;
    pthread_cond_t fewer; /* a connection ended */
    unsigned connections;
};

struct connection {
    struct server *server;
    struct http_conn http;
    const struct scheme *scheme; /* of ctx; NULL: there is no ctx */
    CtxtHandle ctx;
    char *user; /* "DOMAIN\user", from FreeContextBuffer's memory; NULL: nobody yet */
    unsigned refusals;
};

/* What to answer a request with. */
struct answer {
    int code;
    const char *scheme; /* for a token: its scheme */
    char *token;        /* base64, malloc'd */
    bool close;
    bool body; /* false for HEAD */
};

static int stop_signal_fd = -1;

static void on_stop(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    (void)!write(stop_signal_fd, "", 1);
    errno = saved;
}

/*
 * The context of a connection.
 */

static void forget(struct connection *c)
{
    if (c->scheme)
        (void)DeleteSecurityContext(&c->ctx);
    c->scheme = NULL;
    if (c->user)
        (void)FreeContextBuffer(c->user);
    c->user = NULL;
}

static void complain(const char *where, SECURITY_STATUS status)
{
    const char *name = sspi_status_name(status);
    const char *text = sspi_status_text(status);

    fprintf(stderr, "%s: %s (%#x): %s\n", where, name ? name : "?", (unsigned)status,
            text ? text : "");
}

/* One leg.  The package's token, if any, is put into the answer whatever the status is. */
static SECURITY_STATUS accept_token(struct connection *c, struct scheme *scheme,
                                    struct answer *answer, void *token, size_t len)
{
    SecBuffer in = { (ULONG)len, SECBUFFER_TOKEN, token };
    SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
    SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in };
    SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &out };
    ULONG granted = 0;
    SECURITY_STATUS status =
        AcceptSecurityContext(&scheme->cred, c->scheme ? &c->ctx : NULL, &in_desc,
                              ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_CONNECTION, SECURITY_NATIVE_DREP,
                              &c->ctx, &out_desc, &granted, NULL);

    if (status >= 0)
        c->scheme = scheme; /* from here on there is a context, and it must be deleted */
    if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE) {
        SECURITY_STATUS completed = CompleteAuthToken(&c->ctx, &out_desc);
        if (completed < 0)
            status = completed;
        else
            status = status == SEC_I_COMPLETE_NEEDED ? SEC_E_OK : SEC_I_CONTINUE_NEEDED;
    }
    if (out.pvBuffer) {
        if (out.cbBuffer) {
            answer->scheme = scheme->name;
            answer->token = base64_encode(out.pvBuffer, out.cbBuffer);
        }
        (void)FreeContextBuffer(out.pvBuffer);
    }
    return status;
}

static SECURITY_STATUS learn_user(struct connection *c)
{
    SecPkgContext_NamesA names = { NULL };
    SECURITY_STATUS status = QueryContextAttributesA(&c->ctx, SECPKG_ATTR_NAMES, &names);

    if (status == SEC_E_OK)
        c->user = names.sUserName;
    return status;
}

static void authenticate(struct connection *c, struct scheme *scheme, struct answer *answer,
                         void *token, size_t len)
{
    /* A new exchange on an authenticated connection, or by another scheme, starts from nothing. */
    if (c->user || (c->scheme && c->scheme != scheme))
        forget(c);
    SECURITY_STATUS status = accept_token(c, scheme, answer, token, len);
    if (status == SEC_E_OK)
        status = learn_user(c);
    if (status == SEC_E_OK) {
        answer->code = 200;
        return;
    }
    answer->code = 401;
    if (status == SEC_I_CONTINUE_NEEDED)
        return;
    complain(scheme->name, status);
    forget(c);
    if (++c->refusals >= MAX_REFUSALS)
        answer->close = true;
}

static struct scheme *find_scheme(struct server *server, const char *value, const char **token,
                                  size_t *len)
{
    for (size_t i = 0; i < server->n_schemes; i++)
        if (http_find_scheme(value, server->scheme[i].name, token, len))
            return &server->scheme[i];
    return NULL;
}

/* 200, 400 or 401, by the Authorization field and by what went before on this connection. */
static void authorize(struct connection *c, const struct http_head *head, struct answer *answer)
{
    size_t from = 0;
    const char *value = http_field(head, "Authorization", &from);

    if (!value) {
        answer->code = c->user ? 200 : 401;
        return;
    }
    if (http_field(head, "Authorization", &from)) {
        *answer = (struct answer){ .code = 400, .close = true, .body = answer->body };
        return;
    }
    const char *text;
    size_t text_len, len;
    struct scheme *scheme = find_scheme(c->server, value, &text, &text_len);
    if (!scheme) {
        answer->code = 401;
        return;
    }
    unsigned char *token = base64_decode(text, text_len, &len);
    if (!token) {
        *answer = (struct answer){ .code = 400, .close = true, .body = answer->body };
        return;
    }
    authenticate(c, scheme, answer, token, len);
    explicit_bzero(token, len);
    free(token);
}

/*
 * Requests and responses.
 */

static const char *reason(int code)
{
    switch (code) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 413:
        return "Content Too Large";
    case 431:
        return "Request Header Fields Too Large";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Internal Server Error";
    }
}

static void put_challenges(const struct connection *c, const struct answer *answer, FILE *out)
{
    const struct server *server = c->server;

    if (answer->token)
        fprintf(out, "WWW-Authenticate: %s %s\r\n", answer->scheme, answer->token);
    else if (answer->code == 401)
        for (size_t i = 0; i < server->n_schemes; i++)
            fprintf(out, "WWW-Authenticate: %s\r\n", server->scheme[i].name);
}

static enum http_result respond(struct connection *c, const struct answer *answer)
{
    char *body = NULL, *all = NULL;
    size_t body_len = 0, all_len = 0;
    enum http_result result = HTTP_NO_MEMORY;
    FILE *out = open_memstream(&body, &body_len);

    if (out) {
        if (answer->code == 200)
            fprintf(out, "Hello %s\n", c->user);
        else
            fprintf(out, "%d %s\n", answer->code, reason(answer->code));
        if (fclose(out) == 0)
            out = open_memstream(&all, &all_len);
        else
            out = NULL;
    }
    if (out) {
        fprintf(out, "HTTP/1.1 %d %s\r\n", answer->code, reason(answer->code));
        put_challenges(c, answer, out);
        if (answer->code == 405)
            fputs("Allow: GET, HEAD\r\n", out);
        fprintf(out,
                "Content-Type: text/plain; charset=utf-8\r\n"
                "Cache-Control: no-store\r\n"
                "Content-Length: %zu\r\n"
                "Connection: %s\r\n\r\n",
                body_len, answer->close ? "close" : "keep-alive");
        if (answer->body)
            fwrite(body, 1, body_len, out);
        if (fclose(out) == 0)
            result = http_write(&c->http, all, all_len, http_now() + c->server->timeout);
    }
    free(all);
    free(body);
    return result;
}

/* What is wrong with a request before anyone asks who sends it; 0: nothing. */
static int fault(const struct http_head *head)
{
    size_t host = 0, coding = 0;
    bool there;
    uint64_t length;
    bool old = !strcmp(head->part[2], "HTTP/1.0");

    if (!old && strcmp(head->part[2], "HTTP/1.1") != 0)
        return 505;
    if (!http_number(head, "Content-Length", &there, &length))
        return 400;
    if (!old && (!http_field(head, "Host", &host) || http_field(head, "Host", &host)))
        return 400;
    if (length || http_field(head, "Transfer-Encoding", &coding))
        return 413; /* nobody has anything to tell us */
    if (strcmp(head->part[0], "GET") != 0 && strcmp(head->part[0], "HEAD") != 0)
        return 405;
    return 0;
}

static bool wants_close(const struct http_head *head)
{
    if (!strcmp(head->part[2], "HTTP/1.0"))
        return !http_has_word(head, "Connection", "keep-alive");
    return http_has_word(head, "Connection", "close");
}

/* True if another request may follow. */
static bool serve_request(struct connection *c)
{
    struct http_head head;
    struct answer answer = { .body = true };
    enum http_result result = http_read_head(&c->http, http_now() + c->server->timeout, &head);

    if (result == HTTP_OK) {
        answer.body = strcmp(head.part[0], "HEAD") != 0;
        answer.code = fault(&head);
        if (answer.code)
            answer.close = true;
        else
            authorize(c, &head, &answer);
        answer.close = answer.close || wants_close(&head);
        http_free_head(&head);
    } else {
        answer.close = true;
        if (result == HTTP_TOO_LONG)
            answer.code = 431;
        else if (result == HTTP_BROKEN)
            answer.code = 400;
        else if (result == HTTP_TIMEOUT && c->http.len)
            answer.code = 408;
        else
            return false;
    }
    result = respond(c, &answer);
    free(answer.token);
    return result == HTTP_OK && !answer.close;
}

/*
 * Let the other end read our last words: a socket that is closed with bytes unread is reset,
 * and they might get lost.
 */
static void linger(struct connection *c)
{
    uint64_t deadline = http_now() + 1000;

    (void)shutdown(c->http.fd, SHUT_WR);
    for (size_t n = 0; n < 64; n++) {
        c->http.len = 0;
        if (http_read_more(&c->http, deadline) != HTTP_OK)
            return;
    }
}

static void *serve(void *arg)
{
    struct connection *c = arg;
    struct server *server = c->server;

    while (serve_request(c))
        ;
    linger(c);
    forget(c);
    http_close(&c->http);
    free(c);

    (void)pthread_mutex_lock(&server->lock);
    server->connections--;
    (void)pthread_cond_signal(&server->fewer);
    (void)pthread_mutex_unlock(&server->lock);
    return NULL;
}

/*
 * The process.
 */

static void wait_for_fewer(struct server *server, unsigned than)
{
    (void)pthread_mutex_lock(&server->lock);
    while (server->connections >= than)
        (void)pthread_cond_wait(&server->fewer, &server->lock);
    (void)pthread_mutex_unlock(&server->lock);
}

/* Takes fd. */
static bool start(struct server *server, int fd)
{
    struct connection *c = calloc(1, sizeof *c);
    pthread_t thread;
    int one = 1;

    if (!c) {
        (void)close(fd);
        return false;
    }
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->server = server;
    http_open(&c->http, fd, server->stop_pipe[0]);
    (void)pthread_mutex_lock(&server->lock);
    server->connections++;
    (void)pthread_mutex_unlock(&server->lock);
    if (pthread_create(&thread, NULL, serve, c) == 0) {
        (void)pthread_detach(thread);
        return true;
    }
    (void)pthread_mutex_lock(&server->lock);
    server->connections--;
    (void)pthread_mutex_unlock(&server->lock);
    http_close(&c->http);
    free(c);
    return false;
}

/* Take connections until told to stop, or until there were as many as --once says. */
static void run(struct server *server)
{
    unsigned served = 0;

    while (!server->once || served < server->once) {
        struct pollfd fds[] = { { server->listener, POLLIN, 0 },
                                { server->stop_pipe[0], POLLIN, 0 } };
        wait_for_fewer(server, MAX_CONNECTIONS);
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        if (fds[1].revents)
            break;
        if (!fds[0].revents)
            continue;
        int fd = accept(server->listener, NULL, NULL);
        if (fd >= 0 && start(server, fd))
            served++;
        else if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
            (void)poll(NULL, 0, 100); /* until some connection ends */
    }
    wait_for_fewer(server, 1);
}

static bool listen_at(struct server *server)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int one = 1;
    int failed = getaddrinfo(server->address, server->port, &hints, &found);

    if (failed) {
        fprintf(stderr, "%s: %s\n", server->address, gai_strerror(failed));
        return false;
    }
    /* Non-blocking: a connection may be gone between poll and accept. */
    server->listener = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool good = server->listener >= 0 &&
                setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                bind(server->listener, found->ai_addr, found->ai_addrlen) == 0 &&
                listen(server->listener, 128) == 0 &&
                getsockname(server->listener, (struct sockaddr *)&bound, &len) == 0 &&
                getnameinfo((struct sockaddr *)&bound, len, host, sizeof host, port, sizeof port,
                            NI_NUMERICHOST | NI_NUMERICSERV) == 0;
    freeaddrinfo(found);
    if (!good) {
        perror(server->address);
        return false;
    }
    printf("listening on %s port %s\n", host, port);
    return fflush(stdout) == 0;
}

static bool acquire(struct server *server)
{
    for (size_t i = 0; i < server->n_schemes; i++) {
        struct scheme *scheme = &server->scheme[i];
        SECURITY_STATUS status = AcquireCredentialsHandleA(
            NULL, scheme->name, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &scheme->cred, NULL);
        if (status != SEC_E_OK) {
            complain(scheme->name, status);
            server->n_schemes = i;
            return false;
        }
    }
    return true;
}

static bool catch_signals(struct server *server)
{
    struct sigaction action = { .sa_handler = on_stop };

    if (pipe(server->stop_pipe) != 0)
        return false;
    for (size_t i = 0; i < 2; i++)
        (void)fcntl(server->stop_pipe[i], F_SETFD, FD_CLOEXEC);
    (void)fcntl(server->stop_pipe[1], F_SETFL, O_NONBLOCK);
    stop_signal_fd = server->stop_pipe[1];
    (void)sigemptyset(&action.sa_mask);
    return sigaction(SIGINT, &action, NULL) == 0 && sigaction(SIGTERM, &action, NULL) == 0;
}

static bool parse(struct server *server, int argc, char **argv)
{
    static const struct option options[] = {
        { "listen", required_argument, NULL, 'l' },  { "port", required_argument, NULL, 'p' },
        { "scheme", required_argument, NULL, 's' },  { "once", required_argument, NULL, 'o' },
        { "timeout", required_argument, NULL, 't' }, { NULL, 0, NULL, 0 },
    };
    int o;

    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (o) {
        case 'l':
            server->address = optarg;
            break;
        case 'p':
            server->port = optarg;
            break;
        case 's':
            if (server->n_schemes == MAX_SCHEMES)
                return false;
            server->scheme[server->n_schemes++].name = optarg;
            break;
        case 'o':
            server->once = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 't':
            server->timeout = 1000 * strtoul(optarg, NULL, 10);
            break;
        default:
            return false;
        }
    }
    if (!server->n_schemes)
        server->scheme[server->n_schemes++].name = "NTLM";
    return optind == argc && server->timeout > 0;
}

int main(int argc, char **argv)
{
    struct server server = {
        .address = "127.0.0.1",
        .port = "0",
        .timeout = 10000,
        .listener = -1,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .fewer = PTHREAD_COND_INITIALIZER,
    };

    if (!parse(&server, argc, argv)) {
        fputs("usage: http-server [--listen ADDRESS] [--port N] [--scheme NAME]...\n"
              "                   [--timeout SECONDS] [--once N]\n",
              stderr);
        return 2;
    }
    bool good = acquire(&server) && catch_signals(&server) && listen_at(&server);
    if (good)
        run(&server);
    if (server.listener >= 0)
        (void)close(server.listener);
    for (size_t i = 0; i < server.n_schemes; i++)
        (void)FreeCredentialsHandle(&server.scheme[i].cred);
    return good ? 0 : 1;
}
