/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http-client.c: fetch a page from a server, through a proxy if need be, that asks who we are.
 * It shows the client's side of SSPI: InitializeSecurityContext until it is done, once for each
 * party that asks (401 is the server, 407 the proxy), all over one connection.
 *
 *     http-client [--user 'DOMAIN\user'] [--password-file FILE] [--proxy HOST:PORT]
 *                 [--proxy-user U] [--proxy-password-file FILE] [--scheme NAME]...
 *                 [--timeout SECONDS] [--repeat N] [--verbose] http://HOST[:PORT]/PATH
 *
 * A password is read from the file, else from the environment (HTTP_PASSWORD,
 * HTTP_PROXY_PASSWORD), else from the terminal; never from the command line, which every user of
 * the machine can read.  Without --user the package's default credentials are used.
 *
 * A scheme is the package of that name.  Of those that the other end offers, the first of the
 * list is taken which this system has: Negotiate, then NTLM, unless --scheme says otherwise.
 *
 * Exit: 0 a page (2xx), 1 usage or no memory, 2 the network, 3 refused, 4 another HTTP status.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <sspi.h>
#include <sspix.h>

#include "http.h"

#define MAX_SCHEMES 4u
#define MAX_LEGS 12u       /* requests for one page */
#define MAX_DRAIN 1048576u /* bytes of an error page that we read for the connection's sake */
#define MAX_PASSWORD 1024u

enum exit_code { EXIT_DONE, EXIT_TROUBLE, EXIT_NETWORK, EXIT_REFUSED, EXIT_STATUS };

/* Who may ask for authentication: the server or the proxy. */
struct party {
    const char *name;
    int code;              /* 401, 407 */
    const char *challenge; /* the field in which it asks */
    const char *response;  /* and that in which we answer */
    char *target;          /* the service's name for the package */
    char *user;
    const char *password_file, *password_variable;

    const char *scheme; /* the package in use; NULL: none yet */
    CredHandle cred;    /* valid if scheme is set */
    CtxtHandle ctx;
    bool have_ctx;
    bool done;    /* ctx is established */
    char *answer; /* base64 of the token to send, or NULL */
    bool final;   /* that token, or the one sent last, was our last word */
};

struct client {
    const char *scheme[MAX_SCHEMES];
    size_t n_schemes;
    uint64_t timeout; /* ms, for each response */
    bool verbose;
    unsigned repeat;
    char *host, *port; /* of the URL */
    const char *path;
    char *proxy_host, *proxy_port; /* NULL: none */
    struct party server, proxy;
    struct http_conn conn; /* fd -1: not connected */
};

static void complain(const char *where, SECURITY_STATUS status)
{
    const char *name = sspi_status_name(status);
    const char *text = sspi_status_text(status);

    fprintf(stderr, "%s: %s (%#x): %s\n", where, name ? name : "?", (unsigned)status,
            text ? text : "");
}

/*
 * Passwords.
 */

static bool read_line(FILE *in, char *line, size_t room)
{
    if (!fgets(line, (int)room, in))
        return false;
    size_t len = strcspn(line, "\r\n");
    if (len + 1 == room)
        return false; /* there is more of it */
    line[len] = '\0';
    return true;
}

static bool read_file_line(const char *path, char *line, size_t room)
{
    FILE *in = fopen(path, "re");

    if (!in) {
        perror(path);
        return false;
    }
    setvbuf(in, NULL, _IONBF, 0); /* no copy of the password in stdio's memory */
    bool good = read_line(in, line, room);
    (void)fclose(in);
    return good;
}

static bool ask_terminal(const char *whose, char *line, size_t room)
{
    struct termios old, quiet;
    FILE *tty = fopen("/dev/tty", "r+e");

    if (!tty || tcgetattr(fileno(tty), &old) != 0) {
        fprintf(stderr, "no terminal to ask for the password of %s\n", whose);
        if (tty)
            (void)fclose(tty);
        return false;
    }
    setvbuf(tty, NULL, _IONBF, 0);
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
    fprintf(tty, "Password for %s: ", whose);
    bool good = read_line(tty, line, room);
    (void)tcsetattr(fileno(tty), TCSAFLUSH, &old);
    fputc('\n', tty);
    (void)fclose(tty);
    return good;
}

static bool get_password(const struct party *party, char *password)
{
    const char *given = getenv(party->password_variable);

    if (party->password_file)
        return read_file_line(party->password_file, password, MAX_PASSWORD);
    if (!given)
        return ask_terminal(party->user, password, MAX_PASSWORD);
    if (strlen(given) >= MAX_PASSWORD)
        return false;
    memcpy(password, given, strlen(given) + 1);
    return true;
}

/*
 * The exchange with one party.
 */

static void forget(struct party *party)
{
    if (party->have_ctx)
        (void)DeleteSecurityContext(&party->ctx);
    free(party->answer);
    party->have_ctx = party->done = party->final = false;
    party->answer = NULL;
}

static SECURITY_STATUS acquire_as(struct party *party, const char *scheme, char *password)
{
    char *backslash = strchr(party->user, '\\');
    char *user = backslash ? backslash + 1 : party->user;
    SEC_WINNT_AUTH_IDENTITY_A identity = {
        .User = (UCHAR *)user,
        .UserLength = (ULONG)strlen(user),
        .Domain = backslash ? (UCHAR *)party->user : NULL,
        .DomainLength = backslash ? (ULONG)(backslash - party->user) : 0,
        .Password = (UCHAR *)password,
        .PasswordLength = (ULONG)strlen(password),
        .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
    };

    return AcquireCredentialsHandleA(NULL, scheme, SECPKG_CRED_OUTBOUND, NULL, &identity, NULL,
                                     NULL, &party->cred, NULL);
}

static SECURITY_STATUS acquire(struct party *party, const char *scheme)
{
    char password[MAX_PASSWORD];
    SECURITY_STATUS status = SEC_E_NO_CREDENTIALS;

    if (!party->user)
        return AcquireCredentialsHandleA(NULL, scheme, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
                                         &party->cred, NULL);
    if (get_password(party, password))
        status = acquire_as(party, scheme, password);
    explicit_bzero(password, sizeof password);
    return status;
}

/* The token that comes with a scheme in the party's challenge fields; false if it is not there. */
static bool offers(const struct party *party, const struct http_head *head, const char *scheme,
                   const char **token, size_t *len)
{
    const char *value;
    size_t from = 0;

    while ((value = http_field(head, party->challenge, &from)))
        if (http_find_scheme(value, scheme, token, len))
            return true;
    return false;
}

/* Settle on the first scheme that the party offers and this system has. */
static SECURITY_STATUS choose(const struct client *client, struct party *party,
                              const struct http_head *head)
{
    SECURITY_STATUS status = SEC_E_SECPKG_NOT_FOUND;
    const char *token;
    size_t len;

    for (size_t i = 0; i < client->n_schemes && !party->scheme; i++) {
        const char *name = client->scheme[i];
        SecPkgInfoA *info = NULL;
        if (!offers(party, head, name, &token, &len))
            continue;
        status = QuerySecurityPackageInfoA(name, &info);
        if (status != SEC_E_OK)
            continue;
        (void)FreeContextBuffer(info);
        status = acquire(party, name);
        if (status != SEC_E_OK)
            return status;
        party->scheme = name;
    }
    return status;
}

/* Keep the token of a leg as the party's answer; frees it. */
static SECURITY_STATUS keep_answer(struct party *party, SecBuffer *out)
{
    free(party->answer);
    party->answer = out->cbBuffer ? base64_encode(out->pvBuffer, out->cbBuffer) : NULL;
    bool good = party->answer || !out->cbBuffer;
    (void)FreeContextBuffer(out->pvBuffer);
    return good ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

/* One leg; len 0 is the first. */
static SECURITY_STATUS step(struct party *party, void *token, size_t len)
{
    SecBuffer in = { (ULONG)len, SECBUFFER_TOKEN, token };
    SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
    SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in };
    SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &out };
    ULONG granted = 0;
    SECURITY_STATUS status = InitializeSecurityContextA(
        &party->cred, party->have_ctx ? &party->ctx : NULL, party->target,
        ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONNECTION, 0, SECURITY_NATIVE_DREP,
        len ? &in_desc : NULL, 0, &party->ctx, &out_desc, &granted, NULL);

    if (status >= 0)
        party->have_ctx = true; /* from here on it must be deleted */
    if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE) {
        SECURITY_STATUS completed = CompleteAuthToken(&party->ctx, &out_desc);
        if (completed < 0)
            status = completed;
        else
            status = status == SEC_I_COMPLETE_NEEDED ? SEC_E_OK : SEC_I_CONTINUE_NEEDED;
    }
    SECURITY_STATUS kept = keep_answer(party, &out);
    if (status < 0 || kept < 0)
        return status < 0 ? status : kept;
    party->done = party->final = status == SEC_E_OK;
    return status;
}

static SECURITY_STATUS take_token(struct party *party, const char *text, size_t text_len)
{
    size_t len;
    unsigned char *token = base64_decode(text, text_len, &len);

    if (!token || !len) {
        free(token);
        return SEC_E_INVALID_TOKEN;
    }
    SECURITY_STATUS status = step(party, token, len);
    free(token);
    return status;
}

/* A 401 or 407: make the next token.  A failure means that there is no getting in. */
static SECURITY_STATUS answer_challenge(const struct client *client, struct party *party,
                                        const struct http_head *head)
{
    const char *token = NULL;
    size_t len = 0;
    SECURITY_STATUS status;

    if (!party->scheme) {
        status = choose(client, party, head);
        if (status < 0)
            return status;
    }
    if (!offers(party, head, party->scheme, &token, &len))
        return SEC_E_LOGON_DENIED;
    if (party->have_ctx && !party->done && len)
        return take_token(party, token, len);
    /* Our last word was sent with this request and did not please, or it got no answer. */
    if (party->final || (party->have_ctx && !party->done))
        return SEC_E_LOGON_DENIED;
    forget(party);
    return step(party, NULL, 0);
}

/*
 * A page came: if the party's last word is still out, as with mutual authentication, it must
 * have come with it.
 */
static SECURITY_STATUS finish(struct party *party, const struct http_head *head)
{
    const char *token;
    size_t len;

    party->final = false; /* accepted: should it ask again, then for a new exchange */
    if (!party->have_ctx || party->done)
        return SEC_E_OK;
    if (!offers(party, head, party->scheme, &token, &len) || !len)
        return SEC_E_INCOMPLETE_MESSAGE;
    SECURITY_STATUS status = take_token(party, token, len);
    party->final = false;
    return status == SEC_I_CONTINUE_NEEDED ? SEC_E_INCOMPLETE_MESSAGE : status;
}

/*
 * The connection.
 */

/* What was authenticated was the connection, so it is forgotten with it. */
static void hang_up(struct client *client)
{
    http_close(&client->conn);
    forget(&client->server);
    forget(&client->proxy);
}

static int connect_to(const struct addrinfo *at, uint64_t timeout)
{
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd ready = { fd, POLLOUT, 0 };
    int failed = 0;
    socklen_t len = sizeof failed;

    if (fd < 0)
        return -1;
    if (connect(fd, at->ai_addr, at->ai_addrlen) == 0)
        return fd;
    if (errno == EINPROGRESS && poll(&ready, 1, (int)timeout) == 1 &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) == 0) {
        if (!failed)
            return fd;
        errno = failed;
    }
    failed = errno;
    (void)close(fd);
    errno = failed;
    return -1;
}

static bool dial(struct client *client)
{
    const char *host = client->proxy_host ? client->proxy_host : client->host;
    const char *port = client->proxy_host ? client->proxy_port : client->port;
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    int fd = -1;
    int failed = getaddrinfo(host, port, &hints, &found);

    if (failed) {
        fprintf(stderr, "%s: %s\n", host, gai_strerror(failed));
        return false;
    }
    for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next)
        fd = connect_to(at, client->timeout);
    freeaddrinfo(found);
    if (fd < 0) {
        fprintf(stderr, "%s port %s: %s\n", host, port, strerror(errno));
        return false;
    }
    http_open(&client->conn, fd, -1);
    return true;
}

static void put_authority(const struct client *client, FILE *out)
{
    bool v6 = strchr(client->host, ':') != NULL;

    fprintf(out, "%s%s%s:%s", v6 ? "[" : "", client->host, v6 ? "]" : "", client->port);
}

static enum http_result send_request(struct client *client)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct party *parties[] = { &client->server, &client->proxy };

    if (!out)
        return HTTP_NO_MEMORY;
    fputs("GET ", out);
    if (client->proxy_host) {
        fputs("http://", out);
        put_authority(client, out);
    }
    fprintf(out, "%s HTTP/1.1\r\nHost: ", client->path);
    put_authority(client, out);
    fputs("\r\nUser-Agent: sspi-http-client\r\nAccept: */*\r\n", out);
    for (size_t i = 0; i < 2; i++) {
        if (!parties[i]->answer)
            continue;
        fprintf(out, "%s: %s %s\r\n", parties[i]->response, parties[i]->scheme, parties[i]->answer);
        free(parties[i]->answer);
        parties[i]->answer = NULL;
    }
    fputs("\r\n", out);
    enum http_result result = fclose(out) == 0 ? HTTP_OK : HTTP_NO_MEMORY;
    if (result == HTTP_OK)
        result = http_write(&client->conn, text, len, http_now() + client->timeout);
    if (text)
        explicit_bzero(text, len);
    free(text);
    return result;
}

/*
 * Bodies.
 */

/* Where a body goes: to the user, or nowhere, and then only so much of it. */
struct sink {
    FILE *out;
    uint64_t room;
};

static enum http_result pour(struct http_conn *conn, struct sink *sink, size_t n)
{
    if (sink->out && fwrite(conn->bytes, 1, n, sink->out) != n)
        return HTTP_CUT;
    if (!sink->out && n > sink->room)
        return HTTP_TOO_LONG;
    if (!sink->out)
        sink->room -= n;
    http_use(conn, n);
    return HTTP_OK;
}

static enum http_result read_counted(struct client *client, struct sink *sink, uint64_t left)
{
    struct http_conn *conn = &client->conn;
    enum http_result result = HTTP_OK;

    while (left && result == HTTP_OK) {
        if (!conn->len)
            result = http_read_more(conn, http_now() + client->timeout);
        size_t n = conn->len < left ? conn->len : (size_t)left;
        if (result == HTTP_OK)
            result = pour(conn, sink, n);
        left -= n;
    }
    return result == HTTP_CLOSED ? HTTP_CUT : result;
}

/* A line of the chunked coding, without its CR LF, in at most room bytes. */
static enum http_result read_chunk_line(struct client *client, char *line, size_t room)
{
    struct http_conn *conn = &client->conn;

    for (;;) {
        char *end = conn->len ? memchr(conn->bytes, '\n', conn->len) : NULL;
        size_t n = end ? (size_t)(end - conn->bytes) + 1 : conn->len;
        if (n > room || (end && (n < 2 || end[-1] != '\r')))
            return HTTP_BROKEN;
        if (end) {
            memcpy(line, conn->bytes, n);
            line[n - 2] = '\0';
            http_use(conn, n);
            return HTTP_OK;
        }
        enum http_result result = http_read_more(conn, http_now() + client->timeout);
        if (result != HTTP_OK)
            return result == HTTP_CLOSED ? HTTP_CUT : result;
    }
}

static bool parse_chunk_size(const char *line, uint64_t *size)
{
    size_t n = strspn(line, "0123456789abcdefABCDEF");

    if (!n || n > 15 || !strchr("; \t", line[n]))
        return false;
    *size = strtoull(line, NULL, 16);
    return true;
}

/* RFC 9112 7.1. */
static enum http_result read_chunked(struct client *client, struct sink *sink)
{
    char line[4096];
    uint64_t size;

    for (;;) {
        enum http_result result = read_chunk_line(client, line, sizeof line);
        if (result != HTTP_OK)
            return result;
        if (!parse_chunk_size(line, &size))
            return HTTP_BROKEN;
        if (!size)
            break;
        result = read_counted(client, sink, size);
        if (result == HTTP_OK)
            result = read_chunk_line(client, line, sizeof line);
        if (result != HTTP_OK)
            return result;
        if (*line)
            return HTTP_BROKEN;
    }
    for (unsigned n = 0; n < HTTP_MAX_FIELDS; n++) { /* trailer fields, and the empty line */
        enum http_result result = read_chunk_line(client, line, sizeof line);
        if (result != HTTP_OK || !*line)
            return result;
    }
    return HTTP_TOO_LONG;
}

static enum http_result read_to_the_end(struct client *client, struct sink *sink)
{
    enum http_result result = HTTP_OK;

    while (result == HTTP_OK) {
        if (client->conn.len)
            result = pour(&client->conn, sink, client->conn.len);
        if (result == HTTP_OK)
            result = http_read_more(&client->conn, http_now() + client->timeout);
    }
    return result == HTTP_CLOSED ? HTTP_OK : result;
}

/* *keep: the connection can be used again. */
static enum http_result read_body(struct client *client, const struct http_head *head, FILE *out,
                                  bool *keep)
{
    struct sink sink = { out, MAX_DRAIN };
    bool counted;
    uint64_t length;

    *keep = !strcmp(head->part[0], "HTTP/1.1") ? !http_has_word(head, "Connection", "close")
                                               : http_has_word(head, "Connection", "keep-alive");
    if (http_has_word(head, "Proxy-Connection", "close"))
        *keep = false;
    if (!strcmp(head->part[1], "204") || !strcmp(head->part[1], "304"))
        return HTTP_OK;
    if (http_has_word(head, "Transfer-Encoding", "chunked"))
        return read_chunked(client, &sink);
    if (!http_number(head, "Content-Length", &counted, &length))
        return HTTP_BROKEN;
    if (counted)
        return read_counted(client, &sink, length);
    *keep = false;
    return read_to_the_end(client, &sink);
}

/*
 * A page.
 */

static enum http_result read_response(struct client *client, struct http_head *head, int *code)
{
    enum http_result result;

    for (;;) {
        result = http_read_head(&client->conn, http_now() + client->timeout, head);
        if (result != HTTP_OK)
            return result;
        if (strncmp(head->part[0], "HTTP/1.", 7) != 0 || strlen(head->part[1]) != 3 ||
            strspn(head->part[1], "0123456789") != 3) {
            http_free_head(head);
            return HTTP_BROKEN;
        }
        *code = (int)strtol(head->part[1], NULL, 10);
        if (client->verbose)
            fprintf(stderr, "%d %s\n", *code, head->part[2]);
        if (*code >= 200)
            return HTTP_OK;
        http_free_head(head); /* 1xx: the response is still to come */
    }
}

static enum exit_code network_trouble(enum http_result result)
{
    static const char *const text[] = {
        [HTTP_OK] = "no error",
        [HTTP_CLOSED] = "the connection was closed",
        [HTTP_CUT] = "the connection broke",
        [HTTP_TIMEOUT] = "no answer in time",
        [HTTP_TOO_LONG] = "the answer is too long",
        [HTTP_BROKEN] = "the answer is not HTTP/1",
        [HTTP_NO_MEMORY] = "out of memory",
    };

    fprintf(stderr, "http-client: %s\n", text[result]);
    return result == HTTP_NO_MEMORY ? EXIT_TROUBLE : EXIT_NETWORK;
}

static enum exit_code refused(const struct party *party, SECURITY_STATUS status)
{
    complain(party->name, status);
    return EXIT_REFUSED;
}

/* A response that asks for no more: print it and say how it was. */
static enum exit_code take_page(struct client *client, const struct http_head *head, int code)
{
    struct party *parties[] = { &client->server, &client->proxy };
    bool keep;

    for (size_t i = 0; i < 2; i++) {
        SECURITY_STATUS status = finish(parties[i], head);
        if (status < 0)
            return refused(parties[i], status);
    }
    enum http_result result = read_body(client, head, stdout, &keep);
    if (result != HTTP_OK)
        return network_trouble(result);
    if (!keep)
        hang_up(client);
    if (fflush(stdout) != 0)
        return EXIT_TROUBLE;
    return code >= 200 && code < 300 ? EXIT_DONE : EXIT_STATUS;
}

/* A 401 or 407: read the page that came with it, answer.  EXIT_DONE: ask for the page again. */
static enum exit_code take_challenge(struct client *client, struct party *party,
                                     const struct http_head *head)
{
    bool keep;
    SECURITY_STATUS status;

    enum http_result result = read_body(client, head, NULL, &keep);
    if (result == HTTP_TOO_LONG)
        keep = false;
    else if (result != HTTP_OK)
        return network_trouble(result);
    if (!keep) {
        bool begun = party->have_ctx && !party->done;
        if (begun || party->final)
            return refused(party, SEC_E_LOGON_DENIED);
        hang_up(client);
    }
    if (party == &client->server)
        client->proxy.final = false; /* it let the request pass */
    status = answer_challenge(client, party, head);
    return status < 0 ? refused(party, status) : EXIT_DONE;
}

static enum exit_code fetch(struct client *client)
{
    for (unsigned leg = 0; leg < MAX_LEGS; leg++) {
        struct http_head head;
        enum exit_code done;
        int code;
        bool fresh = client->conn.fd < 0;

        if (fresh && !dial(client))
            return EXIT_NETWORK;
        enum http_result result = send_request(client);
        if (result == HTTP_OK)
            result = read_response(client, &head, &code);
        if ((result == HTTP_CLOSED || result == HTTP_CUT) && !fresh && !leg) {
            hang_up(client); /* it was idle too long for the other end: once more */
            continue;
        }
        if (result != HTTP_OK)
            return network_trouble(result);
        bool asked =
            code == client->server.code || (code == client->proxy.code && client->proxy_host);
        if (!asked)
            done = take_page(client, &head, code);
        else
            done = take_challenge(
                client, code == client->server.code ? &client->server : &client->proxy, &head);
        http_free_head(&head);
        if (!asked || done != EXIT_DONE)
            return done;
    }
    fputs("http-client: there is no end to the questions\n", stderr);
    return EXIT_REFUSED;
}

/*
 * The command line.
 */

/* "HOST", "HOST:PORT" or "[ADDRESS]:PORT" into malloc'd parts. */
static bool split_authority(const char *text, size_t len, const char *default_port, char **host,
                            char **port)
{
    const char *end = text + len;
    const char *close = *text == '[' ? memchr(text, ']', len) : NULL;
    const char *colon = memchr(close ? close : text, ':', (size_t)(end - (close ? close : text)));
    const char *host_end = colon ? colon : end;

    if (close) {
        if (close + 1 != host_end)
            return false;
        text++;
        host_end = close;
    }
    if (text == host_end || (colon && colon + 1 == end))
        return false;
    *host = strndup(text, (size_t)(host_end - text));
    *port = colon ? strndup(colon + 1, (size_t)(end - colon) - 1) : strdup(default_port);
    return *host && *port;
}

/* Nothing that would end the request line or a field, or start another. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

static bool parse_url(struct client *client, const char *url)
{
    if (strncasecmp(url, "http://", 7) != 0 || !is_plain(url))
        return false;
    size_t len = strcspn(url + 7, "/?#");
    const char *path = url + 7 + len;
    if (*path && *path != '/')
        return false;
    client->path = *path ? path : "/";
    return !memchr(url + 7, '@', len) &&
           split_authority(url + 7, len, "80", &client->host, &client->port);
}

static char *service_name(const char *host)
{
    char *name = malloc(strlen(host) + sizeof "HTTP/");

    if (name)
        (void)snprintf(name, strlen(host) + sizeof "HTTP/", "HTTP/%s", host);
    return name;
}

static const struct option options[] = {
    { "user", required_argument, NULL, 'u' },
    { "password-file", required_argument, NULL, 'f' },
    { "proxy", required_argument, NULL, 'x' },
    { "proxy-user", required_argument, NULL, 'U' },
    { "proxy-password-file", required_argument, NULL, 'F' },
    { "scheme", required_argument, NULL, 's' },
    { "timeout", required_argument, NULL, 't' },
    { "repeat", required_argument, NULL, 'r' },
    { "verbose", no_argument, NULL, 'v' },
    { NULL, 0, NULL, 0 },
};

static bool take_option(struct client *client, int option)
{
    switch (option) {
    case 'u':
        client->server.user = optarg;
        return true;
    case 'f':
        client->server.password_file = optarg;
        return true;
    case 'x':
        return is_plain(optarg) && split_authority(optarg, strlen(optarg), "3128",
                                                   &client->proxy_host, &client->proxy_port);
    case 'U':
        client->proxy.user = optarg;
        return true;
    case 'F':
        client->proxy.password_file = optarg;
        return true;
    case 's':
        if (client->n_schemes == MAX_SCHEMES)
            return false;
        client->scheme[client->n_schemes++] = optarg;
        return true;
    case 't':
        client->timeout = 1000 * strtoul(optarg, NULL, 10);
        return client->timeout > 0 && client->timeout <= 3600000;
    case 'r':
        client->repeat = (unsigned)strtoul(optarg, NULL, 10);
        return client->repeat > 0;
    case 'v':
        client->verbose = true;
        return true;
    default:
        return false;
    }
}

static bool parse(struct client *client, int argc, char **argv)
{
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take_option(client, option))
            return false;
    if (optind + 1 != argc || !parse_url(client, argv[optind]))
        return false;
    if (!client->n_schemes) {
        client->scheme[client->n_schemes++] = "Negotiate";
        client->scheme[client->n_schemes++] = "NTLM";
    }
    client->server.target = service_name(client->host);
    client->proxy.target = service_name(client->proxy_host ? client->proxy_host : "");
    return client->server.target && client->proxy.target;
}

static void clean_up(struct client *client)
{
    struct party *parties[] = { &client->server, &client->proxy };

    hang_up(client);
    for (size_t i = 0; i < 2; i++) {
        if (parties[i]->scheme)
            (void)FreeCredentialsHandle(&parties[i]->cred);
        free(parties[i]->target);
    }
    free(client->host);
    free(client->port);
    free(client->proxy_host);
    free(client->proxy_port);
}

int main(int argc, char **argv)
{
    struct client client = {
        .timeout = 30000,
        .repeat = 1,
        .server = { .name = "server",
                    .code = 401,
                    .challenge = "WWW-Authenticate",
                    .response = "Authorization",
                    .password_variable = "HTTP_PASSWORD" },
        .proxy = { .name = "proxy",
                   .code = 407,
                   .challenge = "Proxy-Authenticate",
                   .response = "Proxy-Authorization",
                   .password_variable = "HTTP_PROXY_PASSWORD" },
    };
    enum exit_code code = EXIT_DONE;

    http_open(&client.conn, -1, -1);
    if (!parse(&client, argc, argv)) {
        fputs("usage: http-client [--user 'DOMAIN\\user'] [--password-file FILE]\n"
              "                   [--proxy HOST:PORT] [--proxy-user U]\n"
              "                   [--proxy-password-file FILE] [--scheme NAME]...\n"
              "                   [--timeout SECONDS] [--repeat N] [--verbose]\n"
              "                   http://HOST[:PORT]/PATH\n",
              stderr);
        code = EXIT_TROUBLE;
    }
    for (unsigned n = 0; n < client.repeat && code == EXIT_DONE; n++)
        code = fetch(&client);
    clean_up(&client);
    return (int)code;
}
