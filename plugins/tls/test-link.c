/* SPDX-License-Identifier: Apache-2.0 */
/* test-link.c: a client and a server of libssl, joined in memory. */
#include "config.h"

#include "plugins/tls/test-link.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/tls/test-pki.h"

static SSL *make(SSL_CTX *of, struct ssp_ctx *ctx, struct ssp_cred *cred, BIO *wire)
{
    SSL *ssl = SSL_new(of);

    if (!ssl)
        abort();
    ctx->cred = cred;
    SSL_set_app_data(ssl, ctx);
    SSL_set_bio(ssl, wire, wire);
    return ssl;
}

static bool pass(SSL *from, SSL *to)
{
    char octet = 'x', got = 0;

    return SSL_write(from, &octet, 1) == 1 && SSL_read(to, &got, 1) == 1 && got == 'x';
}

void test_link_open(struct test_link *link, SSL_CTX *client, struct ssp_cred *client_cred,
                    SSL_CTX *server, struct ssp_cred *server_cred, SSL_SESSION *resume)
{
    BIO *ends[2];
    int c = 0, s = 0;

    memset(link, 0, sizeof *link);
    if (BIO_new_bio_pair(&ends[0], 65536, &ends[1], 65536) != 1)
        abort();
    link->client = make(client, &link->client_ctx, client_cred, ends[0]);
    link->server = make(server, &link->server_ctx, server_cred, ends[1]);
    SSL_set_connect_state(link->client);
    SSL_set_accept_state(link->server);
    if (resume)
        (void)SSL_set_session(link->client, resume);
    for (int turn = 0; turn < 8 && (c != 1 || s != 1); turn++) {
        c = SSL_do_handshake(link->client);
        s = SSL_do_handshake(link->server);
    }
    link->open =
        c == 1 && s == 1 && pass(link->server, link->client) && pass(link->client, link->server);
    ERR_clear_error();
}

/* libssl takes sessions for broken whose connection ends without a farewell. */
void test_link_close(struct test_link *link)
{
    if (link->open) {
        (void)SSL_shutdown(link->client);
        (void)SSL_shutdown(link->server);
    }
    SSL_free(link->client);
    SSL_free(link->server);
    ERR_clear_error();
}

SSL_CTX *test_ssl_ctx(int version, bool certificate)
{
    SSL_CTX *c = SSL_CTX_new(TLS_method());

    if (!c || SSL_CTX_set_min_proto_version(c, version) != 1 ||
        SSL_CTX_set_max_proto_version(c, version) != 1)
        abort();
    if (certificate && SSL_CTX_use_cert_and_key(c, test_pki.leaf, test_pki.leaf_key, NULL, 1) != 1)
        abort();
    return c;
}
