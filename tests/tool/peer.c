/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.c: the other end for tests of the sspi command, over TCP on 127.0.0.1.
 *
 *     peer connect PORT [HEX]     send the bytes, print in hex what comes until the end
 *     peer listen [HEX]           print the port; send the bytes to the first who comes, then
 *                                 say the end
 *     peer relay PORT N [flip]    print a port; carry bytes between the first who comes there
 *                                 and PORT, but cut both after N bytes from PORT, or with flip
 *                                 change the N-th
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in at(const char *port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                 .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static int fail(const char *what)
{
    perror(what);
    exit(99);
}

static int dial(const char *port)
{
    struct sockaddr_in a = at(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) < 0)
        return fail("connect");
    return fd;
}

static int await_one(void)
{
    struct sockaddr_in a = at("0");
    socklen_t length = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 1) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &length) < 0)
        return fail("listen");
    printf("%u\n", ntohs(a.sin_port));
    fflush(stdout);
    return accept(fd, NULL, NULL);
}

static void send_hex(int fd, const char *hex)
{
    unsigned byte;

    for (; hex && sscanf(hex, "%2x", &byte) == 1; hex += 2) {
        uint8_t b = (uint8_t)byte;

        if (send(fd, &b, 1, MSG_NOSIGNAL) != 1)
            return;
    }
}

static int show(int fd)
{
    uint8_t b;

    while (read(fd, &b, 1) == 1)
        printf("%02x", b);
    putchar('\n');
    return 0;
}

/* One read's worth from a to b; false: the end of a. */
static bool carry(int a, int b, long *left, bool flip)
{
    uint8_t buffer[4096];
    ssize_t n = read(a, buffer, sizeof buffer);

    if (n <= 0)
        return false;
    if (*left > 0 && *left <= n) {
        if (flip)
            buffer[*left - 1] ^= 1;
        else
            n = *left;
        *left -= n;
        if (!flip) {
            send(b, buffer, (size_t)n, MSG_NOSIGNAL);
            return false;
        }
        *left = -1;
    } else if (*left > 0) {
        *left -= n;
    }
    return send(b, buffer, (size_t)n, MSG_NOSIGNAL) == n;
}

static int relay(const char *port, long n, bool flip)
{
    int client = await_one();
    int server = dial(port);
    struct pollfd p[2] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
    long none = -1;

    while (poll(p, 2, -1) > 0) {
        if (p[0].revents && !carry(client, server, &none, false))
            break;
        if (p[1].revents && !carry(server, client, &n, flip))
            break;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    signal(SIGPIPE, SIG_IGN);
    alarm(60); /* no test takes so long; one that fails must not wait for ever */
    if (strcmp(what, "connect") == 0 && argc > 2) {
        int fd = dial(argv[2]);

        send_hex(fd, argv[3]);
        return show(fd);
    }
    if (strcmp(what, "listen") == 0) {
        int fd = await_one();

        send_hex(fd, argv[2]);
        shutdown(fd, SHUT_WR);
        return show(fd);
    }
    if (strcmp(what, "relay") == 0 && argc > 3)
        return relay(argv[2], strtol(argv[3], NULL, 10), argc > 4);
    return 2;
}
