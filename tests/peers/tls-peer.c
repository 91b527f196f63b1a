/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls-peer.c: our side of a test with another TLS implementation: a client or a server over a
 * real socket, on the public headers only.  For each connection it prints a line of name=value:
 *
 *     status=SEC_E_OK where=-          or the failure, and in which call
 *     end=closed                       the peer's close_notify; eof; open: we did not wait for it
 *     protocol= cipher= alpn= resumed= of the connection; "-" where there is none
 *     certificate=                     the peer's, DER in hex
 *     chain=                           how many certificates the peer sent
 *     endpoint= unique= exporter-bindings= exporter=
 *                                      channel bindings and exported key, in hex
 *     sent= received= echoed=          octets of messages
 *     steps= renegotiations= asked= issuers= alert= failure_token= granted=
 *                                      what happened: see struct loop
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "sspi/sspix.h"
#include "tls-loop.h"

#define MOST_CERTIFICATES 8
#define SMALL_ROOM 4u     /* octets: less than any token */
#define LINE_LENGTH 20000 /* octets of a line that is to be echoed: more than a record holds */

static char package[] = UNISP_NAME_A;

enum client_certificate { NONE, OPTIONAL, REQUIRED };

struct file {
    const char *certificate, *key, *password;
    PCCERT_CONTEXT opened;
};

struct options {
    bool client;
    struct sockaddr_in address;
    char *target;
    struct file files[MOST_CERTIFICATES], roots;
    unsigned n_files;
    uint32_t disabled; /* SP_PROT_* */
    bool old;          /* SCHANNEL_CRED rather than SCH_CREDENTIALS */
    uint32_t flags;    /* of the credential */
    uint32_t request;  /* more ISC_REQ_ or ASC_REQ_ */
    struct bytes alpn;
    enum client_certificate client_certificate;
    bool when_asked; /* a client's certificate is in a second credential */
    unsigned connections;
    const char *send, *until; /* what a client says, and what it waits for */
    size_t bytes;             /* or how much it has echoed */
    bool hear;                /* or that it only waits for something to come */
    bool http;                /* a server answers a request and closes */
    enum loop_again renegotiate;
    bool ask_later; /* a server wants the client's certificate when it renegotiates */
    bool no_shutdown, datagram;
    bool own_memory;      /* for tokens, at first too small */
    const char *exporter; /* label */
};

/* What of a connection is told at its end. */
struct report {
    SECURITY_STATUS status;
    const char *where, *end;
    size_t sent, received, echoed;
};

static void *need(void *p)
{
    if (!p) {
        fputs("tls-peer: out of memory\n", stderr);
        exit(2);
    }
    return p;
}

static void give_up(const char *what)
{
    perror(what);
    exit(2);
}

static const char *name_of(SECURITY_STATUS status)
{
    static char number[16];
    const char *name = sspi_status_name(status);

    if (status == LOOP_EOF)
        return "EOF";
    if (status == LOOP_SILENCE)
        return "SILENCE";
    if (name)
        return name;
    snprintf(number, sizeof number, "%#x", (unsigned)status);
    return number;
}

static void refuse(SECURITY_STATUS status, const char *where)
{
    printf("status=%s where=%s\n", name_of(status), where);
    exit(1);
}

/*
 * Credentials.
 */

static void open_file(struct file *file)
{
    SECURITY_STATUS status =
        sspi_open_certificate(package, file->certificate, file->key, file->password, &file->opened);

    if (status != SEC_E_OK)
        refuse(status, "open-certificate");
}

/* The older form says what is on. */
static uint32_t enabled(const struct options *o)
{
    uint32_t all = o->client
                       ? SP_PROT_TLS1_2_CLIENT | SP_PROT_TLS1_3_CLIENT | SP_PROT_DTLS1_2_CLIENT
                       : SP_PROT_TLS1_2_SERVER | SP_PROT_TLS1_3_SERVER | SP_PROT_DTLS1_2_SERVER;

    return all & ~o->disabled;
}

static CredHandle acquire(struct options *o, bool with_certificate)
{
    PCCERT_CONTEXT certificates[MOST_CERTIFICATES];
    DWORD n = with_certificate ? o->n_files : 0;
    HCERTSTORE roots = o->roots.opened ? o->roots.opened->hCertStore : NULL;
    TLS_PARAMETERS parameters = { .grbitDisabledProtocols = o->disabled };
    SCH_CREDENTIALS now = {
        .dwVersion = SCH_CREDENTIALS_VERSION,
        .cCreds = n,
        .paCred = n ? certificates : NULL,
        .hRootStore = roots,
        .dwFlags = o->flags,
        .cTlsParameters = o->disabled ? 1 : 0,
        .pTlsParameters = o->disabled ? &parameters : NULL,
    };
    SCHANNEL_CRED old = {
        .dwVersion = SCHANNEL_CRED_VERSION,
        .cCreds = n,
        .paCred = n ? certificates : NULL,
        .hRootStore = roots,
        .dwFlags = o->flags,
        .grbitEnabledProtocols = o->disabled ? enabled(o) : 0,
    };
    void *data = o->old ? (void *)&old : (void *)&now;
    CredHandle cred;
    TimeStamp expiry;

    for (DWORD i = 0; i < n; i++)
        certificates[i] = o->files[i].opened;
    SECURITY_STATUS status = AcquireCredentialsHandleA(
        NULL, package, o->client ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND, NULL, data, NULL,
        NULL, &cred, &expiry);
    if (status != SEC_E_OK)
        refuse(status, "acquire");
    return cred;
}

/*
 * What a connection is.
 */

static void put_hex(const char *name, const void *data, size_t len)
{
    const unsigned char *p = data;

    printf(" %s=%s", name, len ? "" : "-");
    for (size_t i = 0; i < len; i++)
        printf("%02x", p[i]);
}

static void put_wide(const char *name, const WCHAR *text)
{
    printf(" %s=", name);
    while (*text) {
        putchar(*text > 0x20 && *text < 0x7f ? (char)*text : '?');
        text++;
    }
}

static const char *protocol_name(DWORD bit)
{
    switch (bit) {
    case SP_PROT_TLS1_2_CLIENT:
    case SP_PROT_TLS1_2_SERVER:
        return "TLS1.2";
    case SP_PROT_TLS1_3_CLIENT:
    case SP_PROT_TLS1_3_SERVER:
        return "TLS1.3";
    case SP_PROT_DTLS1_2_CLIENT:
    case SP_PROT_DTLS1_2_SERVER:
        return "DTLS1.2";
    default:
        return "other";
    }
}

static void put_cipher(CtxtHandle *ctx)
{
    SecPkgContext_ConnectionInfo connection = { 0 };
    SecPkgContext_CipherInfo cipher = { .dwVersion = SECPKGCONTEXT_CIPHERINFO_V1 };
    SECURITY_STATUS status = QueryContextAttributesA(ctx, SECPKG_ATTR_CONNECTION_INFO, &connection);

    printf(" protocol=%s",
           status == SEC_E_OK ? protocol_name(connection.dwProtocol) : name_of(status));
    status = QueryContextAttributesA(ctx, SECPKG_ATTR_CIPHER_INFO, &cipher);
    if (status == SEC_E_OK)
        put_wide("cipher", cipher.szCipherSuite);
    else
        printf(" cipher=%s", name_of(status));
}

static void put_alpn(CtxtHandle *ctx)
{
    SecPkgContext_ApplicationProtocol alpn = { 0 };
    SECURITY_STATUS status = QueryContextAttributesA(ctx, SECPKG_ATTR_APPLICATION_PROTOCOL, &alpn);

    if (status != SEC_E_OK)
        printf(" alpn=%s", name_of(status));
    else if (alpn.ProtoNegoStatus == SecApplicationProtocolNegotiationStatus_Success)
        printf(" alpn=%.*s", (int)alpn.ProtocolIdSize, (const char *)alpn.ProtocolId);
    else
        printf(" alpn=-");
}

static void put_resumed(CtxtHandle *ctx)
{
    SecPkgContext_SessionInfo session = { 0 };
    SECURITY_STATUS status = QueryContextAttributesA(ctx, SECPKG_ATTR_SESSION_INFO, &session);

    if (status == SEC_E_OK)
        printf(" resumed=%d", (session.dwFlags & SSL_SESSION_RECONNECT) != 0);
    else
        printf(" resumed=%s", name_of(status));
}

static void put_certificate(CtxtHandle *ctx)
{
    PCCERT_CONTEXT certificate = NULL;
    SecPkgContext_Certificates chain = { 0 };

    if (QueryContextAttributesA(ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &certificate) == SEC_E_OK &&
        certificate) {
        put_hex("certificate", certificate->pbCertEncoded, certificate->cbCertEncoded);
        (void)CertFreeCertificateContext(certificate);
    } else {
        put_hex("certificate", NULL, 0);
    }
    if (QueryContextAttributesA(ctx, SECPKG_ATTR_REMOTE_CERTIFICATES, &chain) == SEC_E_OK)
        (void)FreeContextBuffer(chain.pbCertificateChain);
    printf(" chain=%u", (unsigned)chain.cCertificates);
}

/* What stands behind "tls-unique:" or "tls-server-end-point:". */
static void put_bindings(CtxtHandle *ctx, const char *name, ULONG attribute)
{
    SecPkgContext_Bindings bindings = { 0, NULL };
    SECURITY_STATUS status = QueryContextAttributesA(ctx, attribute, &bindings);

    if (status != SEC_E_OK) {
        printf(" %s=%s", name, name_of(status));
        return;
    }
    const char *data = (const char *)bindings.Bindings + bindings.Bindings->dwApplicationDataOffset;
    size_t len = bindings.Bindings->cbApplicationDataLength;
    const char *colon = memchr(data, ':', len);
    size_t skip = colon ? (size_t)(colon + 1 - data) : 0;
    put_hex(name, data + skip, len - skip);
    (void)FreeContextBuffer(bindings.Bindings);
}

static void put_exporter(CtxtHandle *ctx, const char *label)
{
    char copy[256];
    SecPkgContext_KeyingMaterialInfo info = { .pszLabel = copy, .cbKeyingMaterial = 20 };
    SecPkgContext_KeyingMaterial material = { 0 };

    snprintf(copy, sizeof copy, "%s", label);
    info.cbLabel = (WORD)(strlen(copy) + 1);
    SECURITY_STATUS status =
        SetContextAttributesA(ctx, SECPKG_ATTR_KEYING_MATERIAL_INFO, &info, sizeof info);
    if (status == SEC_E_OK)
        status = QueryContextAttributesA(ctx, SECPKG_ATTR_KEYING_MATERIAL, &material);
    if (status != SEC_E_OK) {
        printf(" exporter=%s", name_of(status));
        return;
    }
    put_hex("exporter", material.pbKeyingMaterial, material.cbKeyingMaterial);
    (void)FreeContextBuffer(material.pbKeyingMaterial);
}

static void put_issuers(CtxtHandle *ctx)
{
    SecPkgContext_IssuerListInfoEx issuers = { NULL, 0 };

    if (QueryContextAttributesA(ctx, SECPKG_ATTR_ISSUER_LIST_EX, &issuers) == SEC_E_OK)
        (void)FreeContextBuffer(issuers.aIssuers);
    printf(" issuers=%u", (unsigned)issuers.cIssuers);
}

static void put_connection(const struct options *o, struct loop *loop)
{
    CtxtHandle *ctx = &loop->ctx;

    put_cipher(ctx);
    put_alpn(ctx);
    put_resumed(ctx);
    put_certificate(ctx);
    if (o->client)
        put_issuers(ctx);
    put_bindings(ctx, "endpoint", SECPKG_ATTR_ENDPOINT_BINDINGS);
    put_bindings(ctx, "unique", SECPKG_ATTR_UNIQUE_BINDINGS);
    put_bindings(ctx, "exporter-bindings", SSPIX_ATTR_EXPORTER_BINDINGS);
    if (o->exporter)
        put_exporter(ctx, o->exporter);
}

static void put_end(const struct report *r, const struct loop *loop)
{
    printf(" status=%s where=%s end=%s sent=%zu received=%zu echoed=%zu steps=%u"
           " renegotiations=%u asked=%d alert=%u failure_token=%zu granted=%#x\n",
           name_of(r->status), r->status == SEC_E_OK ? "-" : r->where, r->end, r->sent, r->received,
           r->echoed, loop->steps, loop->renegotiations, loop->asked, loop->alert[1],
           loop->failure_token, (unsigned)loop->granted);
    fflush(stdout);
}

/*
 * A client: says lines, each of which comes back.
 */

/* Everything that was received, to find an answer in. */
struct heard {
    char *text;
    size_t len;
};

static bool contains(const struct heard *heard, const char *text, size_t len)
{
    for (size_t i = 0; i + len <= heard->len; i++)
        if (!memcmp(heard->text + i, text, len))
            return true;
    return false;
}

static SECURITY_STATUS hear(struct loop *loop, struct report *r, struct heard *heard)
{
    SECURITY_STATUS status = loop_receive(loop);

    r->received += loop->data.len;
    if (status != SEC_E_OK || !loop->data.len)
        return status;
    heard->text = need(realloc(heard->text, heard->len + loop->data.len));
    memcpy(heard->text + heard->len, loop->data.data, loop->data.len);
    heard->len += loop->data.len;
    return status;
}

/* Say something, and listen until something was heard. */
static SECURITY_STATUS say(struct loop *loop, struct report *r, const char *text, size_t len,
                           const char *until, size_t until_len)
{
    struct heard heard = { NULL, 0 };
    SECURITY_STATUS status = loop_send(loop, text, len);

    if (status == SEC_E_OK)
        r->sent += len;
    while (status == SEC_E_OK && !contains(&heard, until, until_len))
        status = hear(loop, r, &heard);
    if (status == SEC_E_OK)
        r->echoed += until_len;
    free(heard.text);
    return status;
}

/* Digits only: some peers take letters at the start of what they read for commands. */
static SECURITY_STATUS say_lines(struct loop *loop, struct report *r, size_t bytes)
{
    SECURITY_STATUS status = SEC_E_OK;
    char *line = need(malloc(LINE_LENGTH));

    for (unsigned n = 0; status == SEC_E_OK && bytes; n++) {
        size_t len = bytes < LINE_LENGTH ? bytes : LINE_LENGTH;
        for (size_t i = 0; i < len; i++)
            line[i] = (char)('0' + (i + n) % 10);
        line[len - 1] = '\n';
        status = say(loop, r, line, len, line, len);
        bytes -= len;
    }
    free(line);
    return status;
}

static SECURITY_STATUS talk(const struct options *o, struct loop *loop, struct report *r)
{
    const char *until = o->until ? o->until : o->send;

    if (o->hear)
        return loop_receive(loop);
    if (o->send)
        return say(loop, r, o->send, strlen(o->send), until, strlen(until));
    return say_lines(loop, r, o->bytes);
}

static SECURITY_STATUS client_talk(const struct options *o, struct loop *loop, struct report *r)
{
    SECURITY_STATUS status = talk(o, loop, r);

    if (status != SEC_E_OK || o->renegotiate == LOOP_NEVER)
        return status;
    status = loop_renegotiate(loop, o->renegotiate);
    return status == SEC_E_OK ? talk(o, loop, r) : status;
}

/*
 * A server: gives back what it gets.
 */

/* The request as the body of the answer. */
static SECURITY_STATUS answer(struct loop *loop, struct report *r, const struct heard *heard)
{
    char head[128];
    int n =
        snprintf(head, sizeof head,
                 "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", heard->len);
    SECURITY_STATUS status = loop_send(loop, head, (size_t)n);

    if (status == SEC_E_OK)
        status = loop_send(loop, heard->text, heard->len);
    if (status == SEC_E_OK)
        r->echoed += heard->len;
    return status;
}

static SECURITY_STATUS serve_http(struct loop *loop, struct report *r)
{
    struct heard heard = { NULL, 0 };
    SECURITY_STATUS status = SEC_E_OK;

    while (status == SEC_E_OK && !contains(&heard, "\r\n\r\n", 4))
        status = hear(loop, r, &heard);
    if (status == SEC_E_OK)
        status = answer(loop, r, &heard);
    free(heard.text);
    return status;
}

/* SEC_I_CONTEXT_EXPIRED, the good end, as SEC_E_OK. */
static SECURITY_STATUS serve_echo(const struct options *o, struct loop *loop, struct report *r)
{
    enum loop_again again = o->renegotiate;

    for (;;) {
        SECURITY_STATUS status = loop_receive(loop);
        if (status != SEC_E_OK)
            return status == SEC_I_CONTEXT_EXPIRED ? SEC_E_OK : status;
        r->received += loop->data.len;
        status = loop_send(loop, loop->data.data, loop->data.len);
        if (status != SEC_E_OK)
            return status;
        r->echoed += loop->data.len;
        if (again == LOOP_NEVER)
            continue;
        if (o->ask_later)
            loop->request |= ASC_REQ_MUTUAL_AUTH;
        status = loop_renegotiate(loop, again);
        if (status != SEC_E_OK)
            return status;
        again = LOOP_NEVER;
    }
}

static bool has_certificate(struct loop *loop)
{
    PCCERT_CONTEXT certificate = NULL;

    if (QueryContextAttributesA(&loop->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &certificate) !=
        SEC_E_OK)
        return false;
    (void)CertFreeCertificateContext(certificate);
    return certificate != NULL;
}

static SECURITY_STATUS server_talk(const struct options *o, struct loop *loop, struct report *r)
{
    SECURITY_STATUS status = SEC_E_OK;

    if (o->client_certificate == REQUIRED && !has_certificate(loop)) {
        (void)loop_shutdown(loop);
        loop->where = "client-certificate";
        return SEC_E_NO_CREDENTIALS;
    }
    if (o->http)
        status = serve_http(loop, r);
    else
        status = serve_echo(o, loop, r);
    return status;
}

/*
 * Connections.
 */

/* Our close_notify, and then the peer's, if it sends one. */
static void finish(const struct options *o, struct loop *loop, struct report *r)
{
    SECURITY_STATUS status = o->no_shutdown ? SEC_E_OK : loop_shutdown(loop);

    if (status != SEC_E_OK) {
        r->status = status;
        r->where = loop->where;
        return;
    }
    if (!o->datagram && !o->no_shutdown)
        (void)shutdown(loop->fd, SHUT_WR);
    while (!loop->closed && status == SEC_E_OK && !o->no_shutdown && !o->datagram)
        status = loop_receive(loop);
    r->end = loop->closed ? "closed" : status == LOOP_EOF ? "eof" : "open";
}

static bool run(const struct options *o, int fd, CredHandle *cred, CredHandle *spare)
{
    struct loop loop = { .client = o->client,
                         .datagram = o->datagram,
                         .fd = fd,
                         .cred = cred,
                         .spare = spare,
                         .target = o->target,
                         .alpn = o->alpn,
                         .request = o->request,
                         .own_room = o->own_memory ? SMALL_ROOM : 0 };
    socklen_t address_len = sizeof loop.address;
    struct report r = { .end = "open" };

    (void)getpeername(fd, (struct sockaddr *)&loop.address, &address_len);
    r.status = loop_handshake(&loop);
    if (r.status == SEC_E_OK)
        r.status = o->client ? client_talk(o, &loop, &r) : server_talk(o, &loop, &r);
    r.where = loop.where;
    if (r.status == LOOP_EOF)
        r.end = "eof";
    if (loop.have_ctx && loop.sizes.cbMaximumMessage)
        put_connection(o, &loop);
    if (r.status == SEC_E_OK)
        finish(o, &loop, &r);
    put_end(&r, &loop);
    loop_end(&loop);
    close(fd);
    return r.status == SEC_E_OK;
}

/* A datagram that is not answered in a second may be lost. */
static void set_patience(const struct options *o, int fd)
{
    struct timeval patience = { .tv_sec = o->datagram ? 1 : LOOP_PATIENCE };

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
        give_up("SO_RCVTIMEO");
}

static int new_socket(const struct options *o)
{
    int one = 1;
    int fd = socket(AF_INET, o->datagram ? SOCK_DGRAM : SOCK_STREAM, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0)
        give_up("socket");
    set_patience(o, fd);
    return fd;
}

static int dial(const struct options *o)
{
    int fd = new_socket(o);

    if (connect(fd, (const struct sockaddr *)&o->address, sizeof o->address) != 0)
        give_up("connect");
    return fd;
}

static int listen_at(struct options *o)
{
    int fd = new_socket(o);
    socklen_t len = sizeof o->address;

    if (bind(fd, (const struct sockaddr *)&o->address, sizeof o->address) != 0 ||
        (!o->datagram && listen(fd, 16) != 0) ||
        getsockname(fd, (struct sockaddr *)&o->address, &len) != 0)
        give_up("listen");
    return fd;
}

/* The next client of a datagram server gets the socket; a new one listens in its place. */
static int next_datagram_client(struct options *o, int *listener)
{
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    char first;
    int fd = *listener;

    if (recvfrom(fd, &first, 1, MSG_PEEK, (struct sockaddr *)&from, &len) < 0)
        give_up("recvfrom");
    *listener = listen_at(o);
    if (connect(fd, (const struct sockaddr *)&from, len) != 0)
        give_up("connect");
    return fd;
}

static int next_client(struct options *o, int *listener)
{
    int fd;

    if (o->datagram)
        return next_datagram_client(o, listener);
    fd = accept(*listener, NULL, NULL);
    if (fd < 0)
        give_up("accept");
    set_patience(o, fd);
    return fd;
}

static bool connections(struct options *o, CredHandle *cred, CredHandle *spare)
{
    bool good = true;
    int listener = -1;

    if (!o->client) {
        struct timeval forever = { 0 };
        listener = listen_at(o);
        (void)setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever);
        printf("listening %u\n", ntohs(o->address.sin_port));
        fflush(stdout);
    }
    for (unsigned i = 0; i < o->connections; i++) {
        int fd = o->client ? dial(o) : next_client(o, &listener);
        if (!run(o, fd, cred, spare))
            good = false;
    }
    if (listener >= 0)
        close(listener);
    return good;
}

/*
 * The command line.
 */

static int usage(void)
{
    fputs("usage: tls-peer client|server [ADDRESS:]PORT [options]\n"
          "  --cert FILE [--key FILE] [--password TEXT]   ours; may be repeated\n"
          "  --ca FILE                    whom to trust\n"
          "  --min VERSION --max VERSION  1.2, 1.3\n"
          "  --alpn NAME,...  --old  --cred-flags HEX  --flags HEX  --connections N  --dtls\n"
          "  --exporter LABEL  --renegotiate step|token  --no-shutdown  --own-memory\n"
          " a client: --target NAME  --when-asked  --send TEXT [--until TEXT]  --bytes N  --hear\n"
          " a server: --client-cert none|optional|required  --ask-later  --http\n",
          stderr);
    return 2;
}

static bool parse_address(struct options *o, const char *text)
{
    const char *colon = strrchr(text, ':');
    char host[64] = "127.0.0.1";

    if (colon)
        snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    o->address.sin_family = AF_INET;
    o->address.sin_port = htons((uint16_t)strtoul(colon ? colon + 1 : text, NULL, 10));
    return inet_pton(AF_INET, host, &o->address.sin_addr) == 1;
}

/* What is off: with "1.3" as the least version all before it, and so on. */
static bool parse_version(struct options *o, const char *version, bool least)
{
    static const uint32_t before_1_2 = SP_PROT_TLS1_0 | SP_PROT_TLS1_1 | SP_PROT_DTLS1_0;

    if (strcmp(version, "1.2") && strcmp(version, "1.3"))
        return false;
    if (least)
        o->disabled |=
            strcmp(version, "1.3") ? before_1_2 : before_1_2 | SP_PROT_TLS1_2 | SP_PROT_DTLS1_2;
    else if (!strcmp(version, "1.2"))
        o->disabled |= SP_PROT_TLS1_3;
    return true;
}

/* SEC_APPLICATION_PROTOCOLS, octet by octet: sizes are not where a C structure has them. */
static bool parse_alpn(struct options *o, char *list)
{
    uint8_t *p = need(calloc(1, 10 + strlen(list) + 1));
    size_t len = 10;
    char *save = NULL;

    for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
        size_t n = strlen(name);
        if (n > 255)
            return false;
        p[len++] = (uint8_t)n;
        memcpy(p + len, name, n);
        len += n;
    }
    uint32_t lists = (uint32_t)len - 4, ext = SecApplicationProtocolNegotiationExt_ALPN;
    uint16_t names = (uint16_t)(len - 10);
    memcpy(p, &lists, 4);
    memcpy(p + 4, &ext, 4);
    memcpy(p + 8, &names, 2);
    o->alpn = (struct bytes){ p, len };
    return len > 10;
}

static bool parse_client_certificate(struct options *o, const char *word)
{
    static const char *const words[] = { "none", "optional", "required" };

    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(word, words[i]))
            continue;
        o->client_certificate = (enum client_certificate)i;
        return true;
    }
    return false;
}

/* --key and --password belong to the last --cert. */
static bool parse_file(struct options *o, int option, const char *value)
{
    if (option == 'c') {
        if (o->n_files == MOST_CERTIFICATES)
            return false;
        o->files[o->n_files++].certificate = value;
        return true;
    }
    if (!o->n_files)
        return false;
    if (option == 'k')
        o->files[o->n_files - 1].key = value;
    else
        o->files[o->n_files - 1].password = value;
    return true;
}

static const struct option long_options[] = {
    { "cert", required_argument, NULL, 'c' },
    { "key", required_argument, NULL, 'k' },
    { "password", required_argument, NULL, 'p' },
    { "ca", required_argument, NULL, 'r' },
    { "min", required_argument, NULL, 'm' },
    { "max", required_argument, NULL, 'M' },
    { "alpn", required_argument, NULL, 'a' },
    { "old", no_argument, NULL, 'o' },
    { "cred-flags", required_argument, NULL, 'F' },
    { "flags", required_argument, NULL, 'f' },
    { "connections", required_argument, NULL, 'n' },
    { "dtls", no_argument, NULL, 'd' },
    { "own-memory", no_argument, NULL, 'O' },
    { "exporter", required_argument, NULL, 'e' },
    { "renegotiate", required_argument, NULL, 'R' },
    { "no-shutdown", no_argument, NULL, 'S' },
    { "target", required_argument, NULL, 't' },
    { "when-asked", no_argument, NULL, 'w' },
    { "send", required_argument, NULL, 's' },
    { "until", required_argument, NULL, 'u' },
    { "bytes", required_argument, NULL, 'b' },
    { "hear", no_argument, NULL, 'H' },
    { "client-cert", required_argument, NULL, 'C' },
    { "ask-later", no_argument, NULL, 'L' },
    { "http", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static bool parse_option(struct options *o, int option)
{
    switch (option) {
    case 'c':
    case 'k':
    case 'p':
        return parse_file(o, option, optarg);
    case 'r':
        o->roots.certificate = optarg;
        return true;
    case 'm':
    case 'M':
        return parse_version(o, optarg, option == 'm');
    case 'a':
        return parse_alpn(o, optarg);
    case 'o':
        o->old = true;
        return true;
    case 'F':
        o->flags |= (uint32_t)strtoul(optarg, NULL, 16);
        return true;
    case 'f':
        o->request |= (uint32_t)strtoul(optarg, NULL, 16);
        return true;
    case 'n':
        o->connections = (unsigned)strtoul(optarg, NULL, 10);
        return true;
    case 'd':
        o->datagram = true;
        return true;
    case 'O':
        o->own_memory = true;
        return true;
    case 'e':
        o->exporter = optarg;
        return true;
    case 'R':
        o->renegotiate = strcmp(optarg, "token") ? LOOP_BY_STEP : LOOP_BY_TOKEN;
        return true;
    case 'L':
        o->ask_later = true;
        return true;
    case 'S':
        o->no_shutdown = true;
        return true;
    case 't':
        o->target = optarg;
        return true;
    case 'w':
        o->when_asked = true;
        return true;
    case 's':
        o->send = optarg;
        return true;
    case 'u':
        o->until = optarg;
        return true;
    case 'b':
        o->bytes = strtoul(optarg, NULL, 10);
        return true;
    case 'H':
        o->hear = true;
        return true;
    case 'C':
        return parse_client_certificate(o, optarg);
    case 'h':
        o->http = true;
        return true;
    default:
        return false;
    }
}

static bool parse(struct options *o, int argc, char **argv)
{
    bool good = argc > 2 && (!strcmp(argv[1], "client") || !strcmp(argv[1], "server")) &&
                parse_address(o, argv[2]);
    int option;

    if (!good)
        return false;
    o->client = !strcmp(argv[1], "client");
    optind = 3;
    while (good && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        good = parse_option(o, option);
    return good && optind == argc;
}

static void set_request(struct options *o)
{
    if (o->client)
        o->request |= ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT | ISC_REQ_CONFIDENTIALITY |
                      ISC_REQ_EXTENDED_ERROR | (o->own_memory ? 0 : ISC_REQ_ALLOCATE_MEMORY) |
                      (o->datagram ? ISC_REQ_DATAGRAM : ISC_REQ_STREAM);
    else
        o->request |= ASC_REQ_SEQUENCE_DETECT | ASC_REQ_REPLAY_DETECT | ASC_REQ_CONFIDENTIALITY |
                      ASC_REQ_EXTENDED_ERROR | (o->own_memory ? 0 : ASC_REQ_ALLOCATE_MEMORY) |
                      (o->datagram ? ASC_REQ_DATAGRAM : ASC_REQ_STREAM) |
                      (o->client_certificate == NONE ? 0 : ASC_REQ_MUTUAL_AUTH);
}

int main(int argc, char **argv)
{
    struct options o = { .connections = 1 };
    CredHandle cred, spare;

    if (!parse(&o, argc, argv))
        return usage();
    set_request(&o);
    for (unsigned i = 0; i < o.n_files; i++)
        open_file(&o.files[i]);
    if (o.roots.certificate)
        open_file(&o.roots);
    cred = acquire(&o, !o.when_asked);
    if (o.when_asked)
        spare = acquire(&o, true);

    bool good = connections(&o, &cred, o.when_asked ? &spare : NULL);

    for (unsigned i = 0; i < o.n_files; i++)
        (void)CertFreeCertificateContext(o.files[i].opened);
    if (o.roots.opened)
        (void)CertFreeCertificateContext(o.roots.opened);
    free(o.alpn.data);
    if (FreeCredentialsHandle(&cred) != SEC_E_OK ||
        (o.when_asked && FreeCredentialsHandle(&spare) != SEC_E_OK))
        return 3;
    return good ? 0 : 1;
}
