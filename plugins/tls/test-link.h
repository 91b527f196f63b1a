/* SPDX-License-Identifier: Apache-2.0 */
/* test-link.h: a client and a server of libssl in one thread, for what is set in an SSL_CTX. */
#ifndef TLS_TEST_LINK_H
#define TLS_TEST_LINK_H

#include "plugins/tls/tls.h"

struct test_link {
    SSL *client, *server;
    struct ssp_ctx client_ctx, server_ctx; /* with cred alone: what callbacks look for */
    bool open;                             /* both sides have finished the handshake */
};

/*
 * Shakes hands, then passes an octet each way, so that tickets arrive.  The SSL_CTXs stay the
 * caller's; resume NULL: a new session.  The link is large: static or cleared.
 */
void test_link_open(struct test_link *link, SSL_CTX *client, struct ssp_cred *client_cred,
                    SSL_CTX *server, struct ssp_cred *server_cred, SSL_SESSION *resume);
void test_link_close(struct test_link *link);

/* For one version, with the test's certificate if it is for a server and certificate is true. */
SSL_CTX *test_ssl_ctx(int version, bool certificate);

#endif
