/* SPDX-License-Identifier: Apache-2.0 */
/* tcp.h: sockets, and nothing of SSPI, so that client.c and server.c show nothing else. */
#ifndef TCP_H
#define TCP_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

/* A connection to host and port, or -1. */
static inline int tcp_connect(const char *host, const char *port)
{
    const struct addrinfo want = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    int fd = -1;

    if (getaddrinfo(host, port, &want, &found) != 0)
        return -1;
    for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

/* The first connection that comes to a port of this host, or -1. */
static inline int tcp_accept(const char *host, const char *port)
{
    const struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *a = NULL;
    int fd, on = 1, connection = -1;

    if (getaddrinfo(host, port, &want, &a) != 0)
        return -1;
    fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 1) == 0)
        connection = accept(fd, NULL, NULL);
    if (fd >= 0)
        close(fd);
    freeaddrinfo(a);
    return connection;
}

/* All n bytes, or false. */
static inline bool tcp_write(int fd, const void *data, size_t n)
{
    const char *p = data;
    ssize_t done = 0;

    for (; n > 0 && (done = send(fd, p, n, MSG_NOSIGNAL)) > 0; n -= (size_t)done)
        p += done;
    return n == 0;
}

static inline bool tcp_read(int fd, void *data, size_t n)
{
    char *p = data;
    ssize_t done = 0;

    for (; n > 0 && (done = recv(fd, p, n, 0)) > 0; n -= (size_t)done)
        p += done;
    return n == 0;
}

/* The same behind a length of four bytes. */
static inline bool tcp_put(int fd, const void *data, uint32_t n)
{
    const uint8_t length[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                                (uint8_t)n };

    return tcp_write(fd, length, sizeof length) && tcp_write(fd, data, n);
}

/* *n: the room at data, then what came.  false: more than that, or the connection ended. */
static inline bool tcp_get(int fd, void *data, uint32_t *n)
{
    uint8_t length[4];
    uint32_t came;

    if (!tcp_read(fd, length, sizeof length))
        return false;
    came = (uint32_t)length[0] << 24 | (uint32_t)length[1] << 16 | (uint32_t)length[2] << 8 |
           length[3];
    if (came > *n)
        return false;
    *n = came;
    return tcp_read(fd, data, came);
}

#endif
