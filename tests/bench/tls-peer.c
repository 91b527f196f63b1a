/* SPDX-License-Identifier: Apache-2.0 */
/* tls-peer.c: libssl called directly, with one SSL_CTX a side, and the AEAD below it. */
#include "config.h"

#include "tls.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#define ROUNDS 10      /* of calls in a handshake, and more than any has */
#define WIRE_EXTRA 512 /* octets that records may add to data */
#define RECORD_HEAD 5  /* octets, which are the additional data of TLS 1.3 */
#define TAG 16

struct kept {
    SSL *client, *server;
};

/* One for each plan, used by all threads as one program would. */
struct both {
    long plan;
    SSL_CTX *client, *server;
    struct both *next;
};

struct pair {
    const struct both *both;
    SSL *client, *server;
    SSL_SESSION *session; /* the newest: of TLS 1.3 each serves once */
    size_t bytes;
    uint8_t *out, *in, *wire;
    struct kept *kept;
    size_t n_kept;
};

#define KEPT_MAX 100000

static __attribute__((noreturn)) void die(const char *what)
{
    bench_die("libssl, %s: %s", what, ERR_reason_error_string(ERR_peek_last_error()));
}

/* --- one SSL_CTX a side ---------------------------------------------------------------------- */

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct pair *p = SSL_get_app_data(ssl);

    SSL_SESSION_free(p->session);
    p->session = session;
    return 1;
}

static void set_lists(SSL_CTX *c, const struct tls_cipher *cipher)
{
    if (cipher->suite)
        bench_check(SSL_CTX_set_ciphersuites(c, cipher->suite) == 1 &&
                    SSL_CTX_set_cipher_list(c, cipher->cipher) == 1);
}

static SSL_CTX *make_side(long plan, bool server)
{
    SSL_CTX *c = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    int version = plan & PLAN_TLS12 ? TLS1_2_VERSION : TLS1_3_VERSION;

    bench_check(c);
    SSL_CTX_set_min_proto_version(c, version);
    SSL_CTX_set_max_proto_version(c, version);
    set_lists(c, &tls_ciphers[plan & PLAN_CIPHER]);
    if (!(plan & PLAN_RESUMED)) {
        SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(c, 0);
    }
    return c;
}

static SSL_CTX *make_client(long plan)
{
    SSL_CTX *c = make_side(plan, false);

    X509_STORE_add_cert(SSL_CTX_get_cert_store(c), tls_ca()->cert.x509);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    if (plan & PLAN_RESUMED) {
        SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(c, on_session);
    }
    return c;
}

static SSL_CTX *make_server(long plan)
{
    const struct cert *leaf = &tls_leaf(plan)->cert;
    SSL_CTX *c = make_side(plan, true);

    bench_check(SSL_CTX_use_certificate(c, leaf->x509) == 1 &&
                SSL_CTX_use_PrivateKey(c, leaf->key) == 1);
    SSL_CTX_set_session_id_context(c, (const unsigned char *)"bench", 5);
    return c;
}

static const struct both *both_of(long plan)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct both *all;
    struct both *b;

    pthread_mutex_lock(&lock);
    for (b = all; b && b->plan != plan; b = b->next)
        ;
    if (!b) {
        b = bench_alloc(sizeof *b);
        *b = (struct both){ plan, make_client(plan), make_server(plan), all };
        all = b;
    }
    pthread_mutex_unlock(&lock);
    return b;
}

/* --- handshakes ------------------------------------------------------------------------------ */

static void begin(struct pair *p)
{
    BIO *there = BIO_new(BIO_s_mem()), *back = BIO_new(BIO_s_mem());

    p->client = SSL_new(p->both->client);
    p->server = SSL_new(p->both->server);
    bench_check(there && back && p->client && p->server);
    BIO_up_ref(there);
    BIO_up_ref(back);
    SSL_set_bio(p->client, back, there);
    SSL_set_bio(p->server, there, back);
    SSL_set_app_data(p->client, p);
    bench_check(SSL_set_tlsext_host_name(p->client, TLS_HOST) == 1 &&
                SSL_set1_host(p->client, TLS_HOST) == 1);
    SSL_set_connect_state(p->client);
    SSL_set_accept_state(p->server);
    if (p->session)
        bench_check(SSL_set_session(p->client, p->session) == 1);
}

static bool shake(SSL *ssl)
{
    int done = SSL_do_handshake(ssl);

    if (done != 1 && SSL_get_error(ssl, done) != SSL_ERROR_WANT_READ)
        die("handshake");
    return done == 1;
}

static void exchange(struct pair *p)
{
    bool resumes = p->session, client = false, server = false;
    char none;

    begin(p);
    for (int i = 0; i < ROUNDS && !(client && server); i++) {
        client = client || shake(p->client);
        server = server || shake(p->server);
    }
    bench_check(client && server && SSL_session_reused(p->client) == resumes);
    if (p->both->plan & PLAN_RESUMED) /* tickets of TLS 1.3 come now */
        bench_check(SSL_read(p->client, &none, 1) <= 0);
}

/* Sessions are forgotten where a connection ends without a word, so say that it was said. */
static void drop(struct kept *k)
{
    SSL_set_shutdown(k->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_set_shutdown(k->server, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(k->client);
    SSL_free(k->server);
}

void peer_exchange(void *state)
{
    struct pair *p = state;

    exchange(p);
    drop(&(struct kept){ p->client, p->server });
}

void *peer_set_up(const struct bench_case *c, unsigned thread)
{
    struct pair *p = bench_alloc(sizeof *p);

    (void)thread;
    p->both = both_of(c->arg & ~(long)PLAN_TALK);
    p->bytes = c->arg & PLAN_TALK ? TLS_DATA_MAX : c->bytes;
    p->out = bench_alloc(p->bytes + 1);
    p->in = bench_alloc(p->bytes + 1);
    p->wire = bench_alloc(p->bytes + WIRE_EXTRA);
    peer_exchange(p); /* for a session */
    bench_check(!(c->arg & PLAN_RESUMED) == !p->session);
    return p;
}

/* --- messages -------------------------------------------------------------------------------- */

static void message_read(SSL *to, uint8_t *in, size_t bytes)
{
    size_t got = 0;

    while (got < bytes) {
        int n = SSL_read(to, in + got, (int)(bytes - got));

        if (n <= 0)
            die("SSL_read");
        got += (size_t)n;
    }
}

static void message(struct pair *p, SSL *from, SSL *to)
{
    if (SSL_write(from, p->out, (int)p->bytes) != (int)p->bytes)
        die("SSL_write");
    if (SSL_get_wbio(from) != SSL_get_rbio(to)) {
        int n = BIO_read(SSL_get_wbio(from), p->wire, (int)(p->bytes + WIRE_EXTRA));

        bench_check(n > 0 && BIO_write(SSL_get_rbio(to), p->wire, n) == n);
    }
    message_read(to, p->in, p->bytes);
}

void *peer_set_up_messages(const struct bench_case *c, unsigned thread)
{
    struct bench_case of_pair = *c;
    struct pair *p;

    of_pair.arg &= ~(long)PLAN_SHARED;
    p = peer_set_up(&of_pair, thread);
    exchange(p);
    if (!(c->arg & PLAN_SHARED)) {
        SSL_set0_wbio(p->client, BIO_new(BIO_s_mem()));
        SSL_set0_rbio(p->server, BIO_new(BIO_s_mem()));
    }
    return p;
}

void peer_message(void *state)
{
    struct pair *p = state;

    message(p, p->client, p->server);
}

/* --- memory ---------------------------------------------------------------------------------- */

void peer_keep(void *state)
{
    struct pair *p = state;

    exchange(p);
    if (p->bytes > 0) {
        message(p, p->client, p->server);
        message(p, p->server, p->client);
    }
    if (!p->kept) { /* growing it later would be counted as theirs */
        p->kept = bench_alloc(KEPT_MAX * sizeof *p->kept);
        memset(p->kept, 1, KEPT_MAX * sizeof *p->kept);
    }
    bench_check(p->n_kept < KEPT_MAX);
    p->kept[p->n_kept++] = (struct kept){ p->client, p->server };
}

void peer_delete_kept(void *state)
{
    struct pair *p = state;

    while (p->n_kept > 0)
        drop(&p->kept[--p->n_kept]);
}

/* --- the AEAD alone -------------------------------------------------------------------------- */

struct raw {
    EVP_CIPHER_CTX *seal, *open;
    uint64_t count;
    size_t bytes, iv_len;
    uint8_t iv[16], head[RECORD_HEAD], tag[TAG];
    uint8_t *data;
};

void *raw_set_up(const struct bench_case *c, unsigned thread)
{
    const struct tls_cipher *cipher = &tls_ciphers[c->arg & PLAN_CIPHER];
    EVP_CIPHER *evp = EVP_CIPHER_fetch(NULL, cipher->evp, NULL);
    struct raw *r = bench_alloc(sizeof *r);
    static const uint8_t key[32] = { 1, 2, 3 };

    (void)thread;
    r->bytes = c->bytes;
    r->iv_len = cipher->iv;
    r->data = bench_alloc(c->bytes);
    r->seal = EVP_CIPHER_CTX_new();
    r->open = EVP_CIPHER_CTX_new();
    bench_check(evp && r->seal && r->open &&
                EVP_EncryptInit_ex2(r->seal, evp, key, r->iv, NULL) == 1 &&
                EVP_DecryptInit_ex2(r->open, evp, key, r->iv, NULL) == 1);
    EVP_CIPHER_free(evp);
    return r;
}

void raw_message(void *state)
{
    struct raw *r = state;
    uint8_t none[TAG];
    int n = 0;

    r->count++;
    memcpy(r->iv + r->iv_len - sizeof r->count, &r->count, sizeof r->count);
    bench_check(EVP_EncryptInit_ex2(r->seal, NULL, NULL, r->iv, NULL) == 1 &&
                EVP_EncryptUpdate(r->seal, NULL, &n, r->head, RECORD_HEAD) == 1 &&
                EVP_EncryptUpdate(r->seal, r->data, &n, r->data, (int)r->bytes) == 1 &&
                EVP_EncryptFinal_ex(r->seal, none, &n) == 1 &&
                EVP_CIPHER_CTX_ctrl(r->seal, EVP_CTRL_AEAD_GET_TAG, TAG, r->tag) == 1);
    bench_check(EVP_DecryptInit_ex2(r->open, NULL, NULL, r->iv, NULL) == 1 &&
                EVP_CIPHER_CTX_ctrl(r->open, EVP_CTRL_AEAD_SET_TAG, TAG, r->tag) == 1 &&
                EVP_DecryptUpdate(r->open, NULL, &n, r->head, RECORD_HEAD) == 1 &&
                EVP_DecryptUpdate(r->open, r->data, &n, r->data, (int)r->bytes) == 1 &&
                EVP_DecryptFinal_ex(r->open, none, &n) == 1);
}
