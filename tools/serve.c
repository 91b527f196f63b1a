/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c: sspi serve. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sspi/sspi.h>

#include "tools/net.h"
#include "tools/options.h"
#include "tools/say.h"
#include "tools/session.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: sspi serve --package NAME [--listen [HOST]:PORT] [OPTION]...\n"
    "\n"
    "Wait for connections, authenticate each, then write what comes from there to standard\n"
    "output; with --once also send standard input there, protected.  Each client is served\n"
    "by a process of its own, so that none waits for another.\n"
    "\n"
    "      --package NAME         the security package\n"
    "      --listen [HOST]:PORT   where (127.0.0.1:0); port 0 is any that is free\n"
    "      --principal NAME       whose credentials (the package's choice)\n"
    "      --once                 serve one client, and end as that ended\n"
    "      --echo                 send back what comes, rather than write it\n"
    "      --protect HOW          none, sign or seal (seal); the client's must be the same\n"
    "      --deadline SECONDS     for a client to authenticate (what the configuration says)\n"
    "      --max-clients N        at a time (64); others wait to be accepted\n"
    "      --allow-anonymous      let clients in that give no name\n"
    "  -h, --help                 this text\n"
    "\n"
    "With a package that brings its own stream, as Schannel does (TLS):\n"
    "\n"
    "      --cert FILE            our certificate and what it was issued by: PEM, DER, PKCS#12,\n"
    "                             or a pkcs11: URI (what the configuration says); repeatable\n"
    "      --key FILE             the key of the last --cert (in the same file)\n"
    "      --key-password-file FILE\n"
    "                             its password is FILE's first line\n"
    "      --client-cert HOW      none, optional or required (none)\n"
    "      --ca FILE              roots of clients to trust, instead of the system's\n"
    "      --no-verify            let in whoever shows a certificate\n"
    "      --alpn NAME[,NAME...]  application protocols that we speak, best first\n"
    "      --tls MIN[:MAX]        versions: 1.0, 1.1, 1.2, 1.3 (the package's choice)\n"
    "\n"
    "Exit status: 1 if the one client was refused or cut off, or if it cannot serve.\n";

#define CLIENTS_MOST 1024

struct server {
    struct session session;
    struct endpoint at;
    const char *principal;
    struct tlscred tls;
    bool once;
    long max_clients;
    int listener;
    pid_t clients[CLIENTS_MOST]; /* 0: free */
    long n_clients;
};

/* ---- signals: they arrive only while we wait ---- */

static volatile sig_atomic_t ending;

static void note_end(int number)
{
    ending = number;
}

static void note_child(int number)
{
    (void)number; /* it is enough that ppoll returns */
}

static void hold_signals(sigset_t *before)
{
    static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
    sigset_t held;

    sigemptyset(&held);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction a = { .sa_handler = numbers[i] == SIGCHLD ? note_child : note_end };
        struct sigaction old;

        sigemptyset(&a.sa_mask);
        sigaddset(&held, numbers[i]);
        /* One that is ignored (nohup) stays so, but for the one that we count by. */
        if (numbers[i] == SIGCHLD ||
            (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN))
            sigaction(numbers[i], &a, NULL);
    }
    sigprocmask(SIG_BLOCK, &held, before);
}

static void release_signals(const sigset_t *before)
{
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, before, NULL);
}

/* ---- clients ---- */

static void reap(struct server *v)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        for (long i = 0; i < v->max_clients; i++)
            if (v->clients[i] == pid) {
                v->clients[i] = 0;
                v->n_clients--;
            }
}

static void note_client(struct server *v, pid_t pid)
{
    for (long i = 0; i < v->max_clients; i++)
        if (v->clients[i] == 0) {
            v->clients[i] = pid;
            v->n_clients++;
            return;
        }
}

static void end_clients(const struct server *v)
{
    for (long i = 0; i < v->max_clients; i++)
        if (v->clients[i] > 0)
            kill(v->clients[i], SIGTERM);
}

static int serve_client(struct server *v, int fd, const char *peer)
{
    v->session.fd = fd;
    v->session.peer = peer;
    return session_run(&v->session);
}

static void spawn(struct server *v, int fd, const char *peer, const sigset_t *before)
{
    pid_t pid = fork();

    if (pid < 0) {
        say("%s: cannot make a process: %s", peer, strerror(errno));
        return;
    }
    if (pid > 0) {
        note_client(v, pid);
        return;
    }
    release_signals(before);
    close(v->listener);
    _exit(serve_client(v, fd, peer));
}

/* The next connection, or -1 if there is none after all. */
static int take_connection(const struct server *v, char peer[NET_NAME])
{
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    int fd = accept4(v->listener, (struct sockaddr *)&from, &length, SOCK_CLOEXEC);

    if (fd >= 0) {
        net_name((struct sockaddr *)&from, length, peer);
        return fd;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ECONNABORTED) {
        say("accept: %s", strerror(errno));
        poll(NULL, 0, 100); /* out of descriptors: not in a tight loop */
    }
    return -1;
}

static int serve_once(struct server *v)
{
    struct pollfd p = { .fd = v->listener, .events = POLLIN };
    char peer[NET_NAME];
    int fd = -1, result;

    while (fd < 0) {
        if (poll(&p, 1, -1) > 0)
            fd = take_connection(v, peer);
    }
    close(v->listener); /* others are told at once that there is nobody */
    result = serve_client(v, fd, peer);
    close(fd);
    return result;
}

static void serve_all(struct server *v)
{
    sigset_t before;
    char peer[NET_NAME];

    hold_signals(&before);
    while (!ending) {
        bool full = v->n_clients >= v->max_clients;
        struct pollfd p = { .fd = full ? -1 : v->listener, .events = POLLIN };
        int ready = ppoll(&p, 1, NULL, &before);
        int fd = ready > 0 ? take_connection(v, peer) : -1;

        reap(v);
        if (fd >= 0) {
            spawn(v, fd, peer, &before);
            close(fd);
        }
    }
    end_clients(v);
    release_signals(&before);
    signal((int)ending, SIG_DFL);
    raise((int)ending);
}

/* ---- beginning ---- */

static bool get_credential(struct server *v, PCredHandle out)
{
    SECURITY_STATUS status;
    TimeStamp expiry;

    if (!tlscred_open(&v->tls, v->session.package))
        return false;
    status = AcquireCredentialsHandleA(v->principal, v->session.package, SECPKG_CRED_INBOUND, NULL,
                                       tlscred_auth_data(&v->tls), NULL, NULL, out, &expiry);
    tlscred_close(&v->tls);
    if (status != SEC_E_OK)
        say_status(status, "%s: no credentials to serve with", v->session.package);
    return status == SEC_E_OK;
}

static int run(struct server *v)
{
    char where[NET_NAME] = "";
    CredHandle credential;
    int result = TOOL_FAILED;

    if (!get_credential(v, &credential))
        return TOOL_FAILED;
    v->session.credential = &credential;
    v->listener = net_listen(&v->at, where);
    if (v->listener >= 0) {
        fprintf(stderr, "listening on %s\n", where);
        if (v->once)
            result = serve_once(v);
        else
            serve_all(v);
    }
    FreeCredentialsHandle(&credential);
    return result;
}

enum {
    HELP = 'h',
    PACKAGE_OPTION = 256,
    LISTEN,
    PRINCIPAL,
    ONCE,
    ECHO_BACK,
    PROTECT,
    DEADLINE,
    MAX_CLIENTS,
    ANONYMOUS
};

/* false: the value cannot be, and that is said. */
static bool set(struct server *v, int c, const char *value)
{
    struct session *s = &v->session;
    bool good = true;

    if (c >= TLS_CERT)
        good = tlscred_set(&v->tls, c, value);
    else if (c == PACKAGE_OPTION)
        s->package = value;
    else if (c == PRINCIPAL)
        v->principal = value;
    else if (c == ONCE)
        v->once = true;
    else if (c == ECHO_BACK)
        s->echo = true;
    else if (c == ANONYMOUS)
        s->anonymous = true;
    else if (c == LISTEN)
        good = option_endpoint(value, "127.0.0.1", &v->at);
    else if (c == PROTECT)
        good = option_protect(value, &s->protect);
    else if (c == MAX_CLIENTS)
        good = option_number(value, 1, CLIENTS_MOST, &v->max_clients);
    else
        good = c == DEADLINE && option_seconds(value, &s->deadline_ms);
    if (!good && value)
        say("'%s' cannot be", value);
    return good;
}

static int complete(struct server *v, int count, char **words)
{
    if (count > 0)
        return say_usage("unexpected argument '%s'", words[0]);
    if (!v->session.package)
        return say_usage("which --package?");
    if (!session_find_package(&v->session))
        return TOOL_FAILED;
    if (!session_takes_tls(&v->session, &v->tls))
        return say_hint();
    v->session.tls = &v->tls;
    v->session.from = v->once ? STDIN_FILENO : -1;
    return run(v);
}

int serve_main(int argc, char **argv)
{
    static const struct option options[] = {
        { "package", required_argument, NULL, PACKAGE_OPTION },
        { "listen", required_argument, NULL, LISTEN },
        { "principal", required_argument, NULL, PRINCIPAL },
        { "once", no_argument, NULL, ONCE },
        { "echo", no_argument, NULL, ECHO_BACK },
        { "protect", required_argument, NULL, PROTECT },
        { "deadline", required_argument, NULL, DEADLINE },
        { "max-clients", required_argument, NULL, MAX_CLIENTS },
        { "allow-anonymous", no_argument, NULL, ANONYMOUS },
        { "client-cert", required_argument, NULL, TLS_CLIENT_CERT },
        { "cert", required_argument, NULL, TLS_CERT },
        { "key", required_argument, NULL, TLS_KEY },
        { "key-password-file", required_argument, NULL, TLS_KEY_PASSWORD },
        { "ca", required_argument, NULL, TLS_CA },
        { "no-verify", no_argument, NULL, TLS_NO_VERIFY },
        { "alpn", required_argument, NULL, TLS_ALPN },
        { "tls", required_argument, NULL, TLS_VERSIONS },
        { "help", no_argument, NULL, HELP },
        { 0 },
    };
    static struct server v = {
        .session = { .server = true, .to = STDOUT_FILENO, .protect = PROTECT_SEAL },
        .at = { "127.0.0.1", "0" },
        .max_clients = 64,
    };

    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == HELP) {
            fputs(help, stdout);
            return TOOL_OK;
        }
        if (!set(&v, c, optarg))
            return say_hint();
    }
    return complete(&v, argc - optind, argv + optind);
}
