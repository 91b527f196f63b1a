/* SPDX-License-Identifier: Apache-2.0 */
/* setup.c: what libssl is told of a credential: one SSL_CTX for all its connections. */
#include "config.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/tls/alpn.h"
#include "plugins/tls/attributes.h"
#include "plugins/tls/host.h"
#include "plugins/tls/tls.h"

#define STRONG_LEVEL 2 /* 112 bits: no RC4, no 3DES, no SHA-1, no RSA below 2048 bits */

/* --- versions -------------------------------------------------------------------------------- */

static const struct {
    uint32_t bit; /* of both roles */
    int version;
    uint64_t off; /* SSL_OP_ that leaves it out */
    bool datagram;
} versions[] = {
    { SP_PROT_TLS1_0, TLS1_VERSION, SSL_OP_NO_TLSv1, false },
    { SP_PROT_TLS1_1, TLS1_1_VERSION, SSL_OP_NO_TLSv1_1, false },
    { SP_PROT_TLS1_2, TLS1_2_VERSION, SSL_OP_NO_TLSv1_2, false },
    { SP_PROT_TLS1_3, TLS1_3_VERSION, SSL_OP_NO_TLSv1_3, false },
    { SP_PROT_DTLS1_2, DTLS1_2_VERSION, SSL_OP_NO_DTLSv1_2, true },
};

#define VERSIONS (sizeof versions / sizeof *versions)

static bool has_version(uint32_t protocols, bool datagram)
{
    for (size_t i = 0; i < VERSIONS; i++)
        if (versions[i].datagram == datagram && protocols & versions[i].bit)
            return true;
    return false;
}

static bool set_versions(SSL_CTX *c, uint32_t protocols, bool datagram)
{
    int lowest = 0, highest = 0;

    for (size_t i = 0; i < VERSIONS; i++) {
        if (versions[i].datagram != datagram)
            continue;
        if (!(protocols & versions[i].bit)) {
            SSL_CTX_set_options(c, versions[i].off);
            continue;
        }
        lowest = lowest ? lowest : versions[i].version;
        highest = versions[i].version;
    }
    /* TLS 1.0 and 1.1 sign with SHA-1 and MD5, which libssl's levels above 0 refuse. */
    if (!datagram && lowest < TLS1_2_VERSION)
        SSL_CTX_set_security_level(c, 0);
    return SSL_CTX_set_min_proto_version(c, lowest) == 1 &&
           SSL_CTX_set_max_proto_version(c, highest) == 1;
}

/* --- algorithms ------------------------------------------------------------------------------ */

static SECURITY_STATUS set_lists(const struct ssp_settings *s, SSL_CTX *c)
{
    const char *list = tls_host->setting_text(s, "ciphers", NULL);
    const char *suites = tls_host->setting_text(s, "cipher_suites", NULL);
    const char *groups = tls_host->setting_text(s, "groups", NULL);

    if (list && SSL_CTX_set_cipher_list(c, list) != 1)
        return refuse(SEC_E_ALGORITHM_MISMATCH, "the setting ciphers leaves none: %s", list);
    if (suites && SSL_CTX_set_ciphersuites(c, suites) != 1)
        return refuse(SEC_E_ALGORITHM_MISMATCH, "the setting cipher_suites is wrong: %s", suites);
    /* Its macro casts away what its function does not change. */
    if (groups && SSL_CTX_set1_groups_list(c, (char *)(uintptr_t)groups) != 1)
        return refuse(SEC_E_ALGORITHM_MISMATCH, "the setting groups is wrong: %s", groups);
    return SEC_E_OK;
}

/* --- callbacks ------------------------------------------------------------------------------- */

static bool names_host(const struct tls_identity *identity, const char *name)
{
    return name && X509_check_host(identity->cert, name, 0, 0, NULL) == 1;
}

/* Every kind of key once: the first certificate for the name, else the first at all. */
static bool use_by_name(SSL *ssl, const struct tls_material *m, const char *name)
{
    SSL_certs_clear(ssl);
    for (int round = 0; round < 2; round++) {
        for (size_t i = m->n_identities; i-- > 0;) {
            const struct tls_identity *id = &m->identities[i];

            /* The second round, of those for the name, goes over the first. */
            if ((round == 1) == names_host(id, name) &&
                SSL_use_cert_and_key(ssl, id->cert, id->key, id->chain, 1) != 1)
                return false;
        }
    }
    return true;
}

/* May a client go on without a certificate? */
static int ask_for_certificate(struct ssp_ctx *ctx)
{
    if (ctx->material->n_identities > 0 || SSL_get_certificate(ctx->ssl) ||
        ctx->certificate_offered)
        return 1;
    ctx->certificate_due = true;
    return -1;
}

static int on_certificate_wanted(SSL *ssl, void *unused)
{
    struct ssp_ctx *ctx = tls_ctx_of(ssl);

    (void)unused;
    if (ctx->client)
        return ask_for_certificate(ctx);
    if (!ctx->material->by_name)
        return 1;
    return use_by_name(ssl, ctx->material, SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *in, unsigned in_len, void *unused)
{
    const struct ssp_ctx *ctx = tls_ctx_of(ssl);
    struct span chosen;

    (void)unused;
    if (!ctx->alpn)
        return SSL_TLSEXT_ERR_NOACK;
    chosen = tls_alpn_choose(span_of(ctx->alpn, ctx->alpn_len), span_of(in, in_len));
    if (chosen.len == 0)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen.data;
    *out_len = (unsigned char)chosen.len;
    return SSL_TLSEXT_ERR_OK;
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct ssp_ctx *ctx = tls_ctx_of(ssl);

    return ctx->client && ctx->reconnects && ctx->target && ctx->cred->sessions &&
           tls_sessions_put(ctx->cred->sessions, span_str(ctx->target), session);
}

static void on_key(const SSL *ssl, const char *line)
{
    const struct ssp_ctx *ctx = tls_ctx_of(ssl);
    const char *path = tls_host->setting_text(ctx->cred->instance->settings, "keylog_file", NULL);
    int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

    if (fd < 0)
        return;
    (void)dprintf(fd, "%s\n", line);
    (void)close(fd);
}

/* The cookie of a datagram's ClientHello (RFC 6347 4.2.1): the same client gets the same. */
static int make_cookie(SSL *ssl, unsigned char *cookie, unsigned *len)
{
    const struct ssp_ctx *ctx = tls_ctx_of(ssl);
    const struct tls_ticket_key *key = ctx->cred->instance->ticket_keys;
    unsigned n = 0;

    if (!HMAC(EVP_sha256(), key->hmac, sizeof key->hmac, ctx->address, ctx->address_len, cookie,
              &n))
        return 0;
    *len = n;
    return 1;
}

static int check_cookie(SSL *ssl, const unsigned char *cookie, unsigned len)
{
    unsigned char ours[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    return make_cookie(ssl, ours, &n) && secret_same(span_of(cookie, len), span_of(ours, n));
}

static void set_callbacks(const struct ssp_cred *cred, SSL_CTX *c)
{
    SSL_CTX_set_cert_verify_callback(c, tls_verify_chain, NULL);
    SSL_CTX_set_cert_cb(c, on_certificate_wanted, NULL);
    SSL_CTX_set_alpn_select_cb(c, on_alpn, NULL);
    SSL_CTX_sess_set_new_cb(c, on_session);
    SSL_CTX_set_cookie_generate_cb(c, make_cookie);
    SSL_CTX_set_cookie_verify_cb(c, check_cookie);
    tls_status_setup(c);
    if (tls_host->setting_text(cred->instance->settings, "keylog_file", NULL))
        SSL_CTX_set_keylog_callback(c, on_key);
}

/* --- sessions -------------------------------------------------------------------------------- */

/* XORed, for neither a store nor the settings promise an order. */
static bool add_sum(uint8_t sum[SHA256_DIGEST_LENGTH], X509 *cert)
{
    uint8_t one[SHA256_DIGEST_LENGTH];
    unsigned n = sizeof one;

    if (X509_digest(cert, EVP_sha256(), one, &n) != 1)
        return false;
    for (unsigned i = 0; i < sizeof one; i++)
        sum[i] ^= one[i];
    return true;
}

static bool add_roots(uint8_t sum[SHA256_DIGEST_LENGTH], X509_STORE *roots)
{
    STACK_OF(X509_OBJECT) *objects = roots ? X509_STORE_get0_objects(roots) : NULL;
    bool ok = true;

    for (int i = 0; ok && objects && i < sk_X509_OBJECT_num(objects); i++) {
        X509 *cert = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

        ok = !cert || add_sum(sum, cert);
    }
    return ok;
}

/*
 * A session remembers that its client was believed, and not by whom.  So it is good only where the
 * same would have been asked: the same server, the same roots, the same flags.
 */
static bool sum_up(const struct ssp_cred *cred, struct tls_material *m)
{
    const uint8_t flags[4] = { (uint8_t)cred->flags, (uint8_t)(cred->flags >> 8),
                               (uint8_t)(cred->flags >> 16), (uint8_t)(cred->flags >> 24) };
    bool ok = EVP_Q_digest(NULL, "SHA256", NULL, flags, sizeof flags, m->context, NULL) == 1 &&
              add_roots(m->context, cred->roots);

    for (size_t i = 0; ok && i < m->n_identities; i++)
        ok = add_sum(m->context, m->identities[i].cert);
    return ok;
}

static void set_sessions(const struct ssp_cred *cred, SSL_CTX *c)
{
    long mode = SSL_SESS_CACHE_BOTH;

    if (cred->flags & SCH_CRED_DISABLE_RECONNECTS) {
        mode = SSL_SESS_CACHE_OFF;
        SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
        (void)SSL_CTX_set_num_tickets(c, 0);
    } else if (!(cred->use & SECPKG_CRED_INBOUND)) {
        mode = SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL; /* session.c has them */
    }
    SSL_CTX_set_session_cache_mode(c, mode);
    SSL_CTX_set_timeout(c, cred->session_seconds);
    tls_ticket_setup(c);
    (void)SSL_CTX_set_session_ticket_cb(c, tls_remember_certificate, NULL, NULL);
}

/* --- an SSL_CTX ------------------------------------------------------------------------------ */

static void set_options(const struct ssp_cred *cred, SSL_CTX *c)
{
    /* The empty fragment of TLS 1.0 would break the promise of STREAM_SIZES. */
    /* And a client that is asked for a certificate must not answer with the session it has. */
    SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS |
                               SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                               SSL_OP_NO_QUERY_MTU);
    (void)SSL_CTX_set_dh_auto(c, 1); /* groups as strong as the key, for DHE up to TLS 1.2 */
    if (cred->instance->client_renegotiation)
        SSL_CTX_set_options(c, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    if (cred->flags & SCH_USE_STRONG_CRYPTO && SSL_CTX_get_security_level(c) < STRONG_LEVEL)
        SSL_CTX_set_security_level(c, STRONG_LEVEL);
    SSL_CTX_set_mode(c, SSL_MODE_AUTO_RETRY);
}

static SECURITY_STATUS use_identities(const struct tls_material *m, SSL_CTX *c)
{
    for (size_t i = m->n_identities; i-- > 0;) {
        const struct tls_identity *id = &m->identities[i];

        if (SSL_CTX_use_cert_and_key(c, id->cert, id->key, id->chain, 1) != 1) {
            unsigned long error = ERR_peek_last_error();
            const char *words = ERR_reason_error_string(error);

            ERR_clear_error();
            return refuse(SEC_E_ALGORITHM_MISMATCH, "certificate %zu cannot be used: %s", i + 1,
                          words ? words : "libssl does not say why");
        }
    }
    return SEC_E_OK;
}

static SECURITY_STATUS configure(struct ssp_cred *cred, struct tls_material *m, bool datagram,
                                 SSL_CTX *c)
{
    SECURITY_STATUS status;

    if (!set_versions(c, cred->protocols, datagram))
        return refuse(SEC_E_ALGORITHM_MISMATCH, "this libssl has none of the versions asked for");
    set_options(cred, c);
    set_callbacks(cred, c);
    set_sessions(cred, c);
    status = set_lists(cred->instance->settings, c);
    if (status >= 0)
        status = tls_limits_apply(cred, c);
    if (status >= 0)
        status = tls_psk_setup(cred, c);
    if (status >= 0)
        status = use_identities(m, c);
    return status;
}

static SECURITY_STATUS make_ssl_ctx(struct ssp_cred *cred, struct tls_material *m, bool datagram,
                                    SSL_CTX **out)
{
    SSL_CTX *c = SSL_CTX_new(datagram ? DTLS_method() : TLS_method());
    SECURITY_STATUS status = c ? configure(cred, m, datagram, c) : SEC_E_INSUFFICIENT_MEMORY;

    ERR_clear_error();
    if (status < 0) {
        SSL_CTX_free(c);
        return status;
    }
    *out = c;
    return SEC_E_OK;
}

/* --- material -------------------------------------------------------------------------------- */

void tls_material_drop(struct tls_material *m)
{
    if (!m || atomic_fetch_sub(&m->refs, 1) != 1)
        return;
    SSL_CTX_free(m->stream);
    SSL_CTX_free(m->datagram);
    for (size_t i = 0; i < m->n_identities; i++)
        tls_identity_clear(&m->identities[i]);
    free(m->identities);
    free(m);
}

static bool copy_identities(const struct ssp_cred *cred, struct tls_material *m)
{
    m->identities = cred->n_given ? calloc(cred->n_given, sizeof *m->identities) : NULL;
    if (cred->n_given && !m->identities)
        return false;
    for (; m->n_identities < cred->n_given; m->n_identities++)
        if (!tls_identity_copy(&cred->given[m->n_identities], &m->identities[m->n_identities]))
            return false;
    return true;
}

static SECURITY_STATUS find_identities(struct ssp_cred *cred, struct tls_material *m)
{
    bool by_settings = cred->use & SECPKG_CRED_INBOUND || cred->flags & SCH_CRED_USE_DEFAULT_CREDS;

    if (cred->n_given > 0 || !by_settings)
        return copy_identities(cred, m) ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
    return tls_identities_of_settings(cred->instance->settings, &m->identities, &m->n_identities,
                                      &cred->stamp);
}

/* Who believes a root has it. */
static void leave_roots_out(struct tls_material *m)
{
    for (size_t i = 0; i < m->n_identities; i++) {
        STACK_OF(X509) *chain = m->identities[i].chain;
        int last;

        while ((last = sk_X509_num(chain) - 1) >= 0 &&
               X509_get_extension_flags(sk_X509_value(chain, last)) & EXFLAG_SS)
            X509_free(sk_X509_pop(chain));
    }
}

static bool two_of_a_kind(const struct tls_material *m)
{
    for (size_t i = 0; i < m->n_identities; i++)
        for (size_t j = 0; j < i; j++)
            if (EVP_PKEY_get_base_id(m->identities[i].key) ==
                EVP_PKEY_get_base_id(m->identities[j].key))
                return true;
    return false;
}

static SECURITY_STATUS fill_material(struct ssp_cred *cred, struct tls_material *m)
{
    SECURITY_STATUS status = find_identities(cred, m);

    if (status < 0)
        return status;
    if (cred->use & SECPKG_CRED_INBOUND && m->n_identities == 0 &&
        !(cred->flags & SCH_USE_PRESHAREDKEY_ONLY))
        return refuse(SEC_E_NO_CREDENTIALS, "a server needs a certificate with its key: none was "
                                            "given, and the settings name none");
    m->by_name = two_of_a_kind(m);
    if (!(cred->flags & SCH_SEND_ROOT_CERT))
        leave_roots_out(m);
    if (!sum_up(cred, m))
        return SEC_E_INSUFFICIENT_MEMORY;
    if (has_version(cred->protocols, false))
        status = make_ssl_ctx(cred, m, false, &m->stream);
    if (status >= 0 && has_version(cred->protocols, true))
        status = make_ssl_ctx(cred, m, true, &m->datagram);
    if (status >= 0 && !m->stream && !m->datagram)
        status = refuse(SEC_E_ALGORITHM_MISMATCH, "no version of TLS is left to use");
    return status;
}

SECURITY_STATUS tls_material_new(struct ssp_cred *cred, struct tls_material **out)
{
    struct tls_material *m = calloc(1, sizeof *m);
    SECURITY_STATUS status;

    if (!m)
        return SEC_E_INSUFFICIENT_MEMORY;
    atomic_init(&m->refs, 1);
    status = fill_material(cred, m);
    if (status < 0) {
        tls_material_drop(m);
        return status;
    }
    *out = m;
    return SEC_E_OK;
}
