/* SPDX-License-Identifier: Apache-2.0 */
/* test-sides.c: two sides of a connection for unit tests. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "plugins/tls/attributes.h"
#include "plugins/tls/host.h"
#include "plugins/tls/test-sides.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* --- the host -------------------------------------------------------------------------------- */

struct sides_host sides_host;

static bool runs_out(void)
{
    sides_host.allocations++;
    return sides_host.fail_at != 0 && sides_host.allocations >= sides_host.fail_at;
}

static void *take(size_t n)
{
    void *p = runs_out() ? NULL : calloc(1, n);

    assert_true(n > 0);
    sides_host.live += p != NULL;
    return p;
}

static void give_back(void *p)
{
    sides_host.live -= p != NULL;
    free(p);
}

__attribute__((format(printf, 5, 6))) static SECURITY_STATUS
record_refusal(const char *file, int line, const char *func, SECURITY_STATUS status,
               const char *fmt, ...)
{
    char text[512];
    va_list args;

    (void)func;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    sides_host.last_status = status;
    if (getenv("TEST_TRACE"))
        fprintf(stderr, "%s:%d: %#x %s\n", file, line, (unsigned)status, text);
    return status;
}

__attribute__((format(printf, 4, 5))) static void say(const char *file, int line, const char *func,
                                                      const char *fmt, ...)
{
    (void)file;
    (void)line;
    (void)func;
    (void)fmt;
}

static bool tracing(void)
{
    return true;
}

static uint64_t monotonic_ms(void)
{
    return 1;
}

/* The certificate as the application sees it, and behind it all of them: length, DER. */
static SECURITY_STATUS certificates_new(const struct span *der, size_t n, struct span key,
                                        const struct _CERT_CONTEXT **out)
{
    size_t total = sizeof(CERT_CONTEXT);
    CERT_CONTEXT *c;

    assert_true(n > 0 && key.len == 0);
    for (size_t i = 0; i < n; i++)
        total += sizeof(size_t) + der[i].len;
    c = take(total);
    if (!c)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out rest = wire_out(c + 1, total - sizeof *c);
    for (size_t i = 0; i < n; i++) {
        wire_put(&rest, &der[i].len, sizeof der[i].len);
        wire_put_span(&rest, der[i]);
    }
    *c = (CERT_CONTEXT){ .dwCertEncodingType = X509_ASN_ENCODING,
                         .pbCertEncoded = (BYTE *)(c + 1) + sizeof(size_t),
                         .cbCertEncoded = (DWORD)der[0].len,
                         .hCertStore = (void *)(uintptr_t)n };
    *out = c;
    return SEC_E_OK;
}

size_t sides_certificates(const CERT_CONTEXT *certificate)
{
    return (size_t)(uintptr_t)certificate->hCertStore;
}

struct span sides_certificate(const CERT_CONTEXT *certificate, size_t i)
{
    const uint8_t *at = (const uint8_t *)(certificate + 1);
    size_t len;

    for (;; at += len) {
        memcpy(&len, at, sizeof len);
        at += sizeof len;
        if (i-- == 0)
            return span_of(at, len);
    }
}

static const struct ssp_host host_table = {
    .abi = SSP_ABI,
    .size = sizeof host_table,
    .alloc = take,
    .release = give_back,
    .secret_alloc = take,
    .secret_free = give_back,
    .fail = record_refusal,
    .note = say,
    .tracing = tracing,
    .monotonic_ms = monotonic_ms,
    .certificates_new = certificates_new,
};

void sides_host_open(void)
{
    sides_host = (struct sides_host){ 0 };
    tls_host = &host_table;
}

/* --- certificates ---------------------------------------------------------------------------- */

EVP_PKEY *sides_key(const char *kind)
{
    static EVP_PKEY *rsa, *ec, *ed25519;
    EVP_PKEY **key = strcmp(kind, "RSA") == 0 ? &rsa : strcmp(kind, "EC") == 0 ? &ec : &ed25519;

    if (!*key && key == &rsa)
        *key = EVP_RSA_gen(2048);
    else if (!*key)
        *key = key == &ec ? EVP_EC_gen("P-256") : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    assert_non_null(*key);
    return *key;
}

static void add_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert_non_null(e);
    assert_int_equal(X509_add_ext(cert, e, -1), 1);
    X509_EXTENSION_free(e);
}

X509 *sides_cert(const char *kind, const char *subject, X509 *issuer, const char *issuer_kind,
                 const char *hash)
{
    static long serial = 1;
    X509 *cert = X509_new();
    X509_NAME *name = X509_NAME_new();
    EVP_PKEY *signer = sides_key(issuer ? issuer_kind : kind);

    assert_true(cert && name && X509_set_version(cert, X509_VERSION_3) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    if (subject[0])
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)subject, -1, -1, 0);
    X509_set_subject_name(cert, name);
    X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : name);
    X509_set_pubkey(cert, sides_key(kind));
    add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
    assert_true(X509_sign(cert, signer, hash ? EVP_get_digestbyname(hash) : NULL) > 0);
    X509_NAME_free(name);
    return cert;
}

bool sides_same_der(struct span der, X509 *cert)
{
    uint8_t *ours = NULL;
    int len = i2d_X509(cert, &ours);
    bool same = len > 0 && span_is(der, ours, (size_t)len);

    OPENSSL_free(ours);
    return same;
}

/* --- a connection ---------------------------------------------------------------------------- */

static int believe(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                       const unsigned char *in, unsigned in_len, void *unused)
{
    (void)ssl;
    (void)unused;
    assert_true(in_len > 1 && in[0] < in_len);
    *out = in + 1;
    *out_len = in[0];
    return SSL_TLSEXT_ERR_OK;
}

/* libssl's macros cast to char *, though they only read. */
static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

/* MD5 and SHA-1 signatures and short keys are what some of the tests are about. */
static SSL_CTX *make_ctx(const struct sides_wish *w)
{
    SSL_CTX *c = SSL_CTX_new(w->datagram ? DTLS_method() : TLS_method());

    assert_non_null(c);
    SSL_CTX_set_security_level(c, 0);
    SSL_CTX_set_options(c, SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS | SSL_OP_NO_QUERY_MTU | w->options);
    SSL_CTX_set_cert_verify_callback(c, believe, NULL);
    if (w->version) {
        SSL_CTX_set_min_proto_version(c, w->version);
        SSL_CTX_set_max_proto_version(c, w->version);
    }
    if (w->ciphers && w->version == TLS1_3_VERSION)
        assert_int_equal(SSL_CTX_set_ciphersuites(c, w->ciphers), 1);
    else if (w->ciphers)
        assert_int_equal(SSL_CTX_set_cipher_list(c, w->ciphers), 1);
    if (w->groups)
        assert_int_equal(SSL_CTX_set1_groups_list(c, text(w->groups)), 1);
    return c;
}

static void use(SSL_CTX *c, X509 *cert, const char *kind)
{
    assert_int_equal(SSL_CTX_use_certificate(c, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(c, sides_key(kind)), 1);
}

static const char *key_of(const struct sides_wish *w)
{
    return w->server_key ? w->server_key : "RSA";
}

SSL_CTX *sides_server(const struct sides_wish *w)
{
    SSL_CTX *c = make_ctx(w);

    SSL_CTX_set_dh_auto(c, 1);
    SSL_CTX_set_session_id_context(c, (const uint8_t *)"test", 4);
    SSL_CTX_set_session_ticket_cb(c, tls_remember_certificate, NULL, NULL);
    if (w->server)
        use(c, w->server, key_of(w));
    if (w->between)
        assert_int_equal(SSL_CTX_add1_chain_cert(c, w->between), 1);
    if (w->second)
        use(c, w->second, "EC");
    if (w->ask) {
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
        assert_int_equal(SSL_CTX_add_client_CA(c, w->server), 1);
    }
    if (w->alpn)
        SSL_CTX_set_alpn_select_cb(c, choose_alpn, NULL);
    return c;
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct sides *s = SSL_get_app_data(ssl);

    SSL_SESSION_free(s->session);
    s->session = session;
    return 1;
}

static SSL *make_client(struct sides *s, const struct sides_wish *w)
{
    SSL_CTX *c = make_ctx(w);
    SSL *ssl;

    if (w->client)
        use(c, w->client, "RSA");
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c, keep_session);
    ssl = SSL_new(c);
    SSL_CTX_free(c);
    assert_non_null(ssl);
    SSL_set_app_data(ssl, s);
    SSL_set_connect_state(ssl);
    SSL_set_tlsext_host_name(ssl, text("server.test"));
    if (w->signatures)
        assert_int_equal(SSL_set1_sigalgs_list(ssl, text(w->signatures)), 1);
    if (w->fragment)
        assert_int_equal(SSL_set_tlsext_max_fragment_length(ssl, w->fragment), 1);
    if (w->alpn) {
        uint8_t list[32] = { (uint8_t)strlen(w->alpn) };

        memcpy(list + 1, w->alpn, list[0]);
        assert_int_equal(SSL_set_alpn_protos(ssl, list, list[0] + 1u), 0);
    }
    if (w->session)
        assert_int_equal(SSL_set_session(ssl, w->session), 1);
    return ssl;
}

static SSL *make_server(const struct sides_wish *w)
{
    SSL_CTX *c = w->server_ctx;
    SSL *ssl;

    if (c)
        SSL_CTX_up_ref(c);
    else
        c = sides_server(w);
    ssl = SSL_new(c);
    SSL_CTX_free(c);
    assert_non_null(ssl);
    SSL_set_accept_state(ssl);
    return ssl;
}

static void fill(struct sides *s, struct ssp_ctx *ctx, const struct sides_wish *w, SSL *ssl)
{
    ctx->client = ctx == &s->client;
    ctx->datagram = w->datagram;
    ctx->ssl = ssl;
    ctx->mtu = 1096;
    ctx->material = &s->material[ctx->client ? 1 : 0];
    pthread_mutex_init(&ctx->lock, NULL);
    if (w->datagram)
        assert_true(SSL_set_mtu(ssl, ctx->mtu) > 0);
}

static void add_identity(struct sides *s, X509 *cert, const char *kind)
{
    struct tls_material *m = &s->material[0];

    m->identities = s->identities;
    if (cert)
        s->identities[m->n_identities++] =
            (struct tls_identity){ .cert = cert, .key = sides_key(kind) };
}

void sides_make(struct sides *s, const struct sides_wish *w)
{
    memset(s, 0, sizeof *s);
    add_identity(s, w->server, key_of(w));
    add_identity(s, w->second, "EC");
    fill(s, &s->client, w, make_client(s, w));
    fill(s, &s->server, w, make_server(w));
    s->client.target = text("server.test");
    s->to_client = BIO_new(BIO_s_mem());
    s->to_server = BIO_new(BIO_s_mem());
    assert_true(s->to_client && s->to_server);
    BIO_set_mem_eof_return(s->to_client, -1);
    BIO_set_mem_eof_return(s->to_server, -1);
    BIO_up_ref(s->to_client);
    BIO_up_ref(s->to_server);
    SSL_set_bio(s->client.ssl, s->to_client, s->to_server);
    BIO_up_ref(s->to_client);
    BIO_up_ref(s->to_server);
    SSL_set_bio(s->server.ssl, s->to_server, s->to_client);
}

/* Everything that has come, data apart, which there is none of yet. */
static void read_more(SSL *ssl)
{
    char octet;

    assert_int_equal(SSL_read(ssl, &octet, 1), -1);
}

bool sides_run(struct sides *s)
{
    for (int i = 0; i < 12; i++) {
        (void)SSL_do_handshake(i % 2 ? s->server.ssl : s->client.ssl);
        if (SSL_is_init_finished(s->client.ssl) && SSL_is_init_finished(s->server.ssl))
            break;
    }
    if (!SSL_is_init_finished(s->client.ssl) || !SSL_is_init_finished(s->server.ssl))
        return false;
    read_more(s->client.ssl);
    return true;
}

void sides_open(struct sides *s, const struct sides_wish *wish)
{
    struct ssp_ctx *both[] = { &s->client, &s->server };

    sides_make(s, wish);
    if (!sides_run(s)) {
        ERR_print_errors_fp(stderr);
        fail_msg("no handshake for %s", wish->ciphers ? wish->ciphers : "the wish");
    }
    for (size_t i = 0; i < COUNT(both); i++) {
        both[i]->state = TLS_OPEN;
        both[i]->granted = 1;
        tls_measure(both[i]);
    }
}

void sides_close(struct sides *s)
{
    struct ssp_ctx *both[] = { &s->client, &s->server };

    for (size_t i = 0; i < COUNT(both); i++) {
        SSL_set_shutdown(both[i]->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(both[i]->ssl);
        give_back(both[i]->exporter.label);
        give_back(both[i]->exporter.context);
        pthread_mutex_destroy(&both[i]->lock);
    }
    BIO_free(s->to_client);
    BIO_free(s->to_server);
    SSL_SESSION_free(s->session);
    ERR_clear_error();
}
