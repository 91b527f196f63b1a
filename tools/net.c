/* SPDX-License-Identifier: Apache-2.0 */
/* net.c: TCP by name. */
#include "config.h"

#include "tools/net.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/clock.h"
#include "tools/say.h"

#define LINGER_MS 1000

void net_name(const struct sockaddr *address, socklen_t length, char where[NET_NAME])
{
    char host[64], port[8];

    if (getnameinfo(address, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(where, NET_NAME, "unknown");
    else if (address->sa_family == AF_INET6)
        snprintf(where, NET_NAME, "[%s]:%s", host, port);
    else
        snprintf(where, NET_NAME, "%s:%s", host, port);
}

static struct addrinfo *resolve(const struct endpoint *e, int flags)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags };
    struct addrinfo *found = NULL;
    int error = getaddrinfo(e->host, e->port, &hints, &found);

    if (error == 0)
        return found;
    say("cannot find %s port %s: %s", e->host, e->port,
        error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    return NULL;
}

static int fail_close(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
    return -1;
}

static int listen_at(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    int on = 1;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, 128) < 0)
        return fail_close(fd);
    return fd;
}

int net_listen(const struct endpoint *at, char where[NET_NAME])
{
    struct addrinfo *all = resolve(at, AI_PASSIVE);
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    int fd = -1;

    if (!all)
        return -1;
    for (struct addrinfo *a = all; a && fd < 0; a = a->ai_next)
        fd = listen_at(a);
    freeaddrinfo(all);
    if (fd < 0) {
        say("cannot listen on %s port %s: %s", at->host, at->port, strerror(errno));
        return -1;
    }
    if (getsockname(fd, (struct sockaddr *)&bound, &length) == 0)
        net_name((struct sockaddr *)&bound, length, where);
    return fd;
}

/* Wait for a connection under way.  false: errno. */
static bool is_through(int fd, uint64_t deadline)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    int error = 0, ready;
    socklen_t length = sizeof error;

    do
        ready = poll(&p, 1, clock_left(deadline));
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        errno = ETIMEDOUT;
    if (ready <= 0)
        return false;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    errno = error;
    return error == 0;
}

static int connect_to(const struct addrinfo *a, uint64_t deadline)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);

    if (fd < 0)
        return -1;
    if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
        return fd;
    if (errno != EINPROGRESS || !is_through(fd, deadline))
        return fail_close(fd);
    return fd;
}

int net_connect(const struct endpoint *to, uint64_t deadline, char where[NET_NAME])
{
    struct addrinfo *all = resolve(to, 0);
    int fd = -1;

    if (!all)
        return -1;
    for (struct addrinfo *a = all; a && fd < 0; a = a->ai_next) {
        fd = connect_to(a, deadline);
        net_name(a->ai_addr, a->ai_addrlen, where);
    }
    freeaddrinfo(all);
    if (fd < 0)
        say("cannot connect to %s port %s: %s", to->host, to->port, strerror(errno));
    return fd;
}

void net_linger(int fd)
{
    uint64_t deadline = clock_after(LINGER_MS);
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char unread[4096];

    shutdown(fd, SHUT_WR);
    while (poll(&p, 1, clock_left(deadline)) > 0 && clock_left(deadline) > 0)
        if (recv(fd, unread, sizeof unread, MSG_DONTWAIT) <= 0)
            return;
}
