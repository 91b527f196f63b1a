/* SPDX-License-Identifier: Apache-2.0 */
/* net.h: TCP by name, with messages that say what failed. */
#ifndef SSPI_TOOL_NET_H
#define SSPI_TOOL_NET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct endpoint {
    char host[256];
    char port[32];
};

#define NET_NAME 80 /* room for an address and a port in words */

/* Listen; where gets "ADDRESS:PORT", the port resolved.  -1: said. */
int net_listen(const struct endpoint *at, char where[NET_NAME]);

/* Connect before the deadline (clock.h); where gets the peer.  -1: said. */
int net_connect(const struct endpoint *to, uint64_t deadline, char where[NET_NAME]);

/*
 * Before a close, once the last word is said: wait, a second at most, until the other side has
 * read it and closes.  Closed at once with bytes unread, TCP resets the connection and the word
 * is lost.
 */
void net_linger(int fd);

/* "192.0.2.1:80", "[2001:db8::1]:80". */
void net_name(const struct sockaddr *address, socklen_t length, char where[NET_NAME]);

#endif
