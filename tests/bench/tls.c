/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.c: TLS through libsspi, client and server in one process, beside libssl called directly.
 *
 * SSP_TEST_PACKAGES has the folder of the built modules.  Manifest and certificates are made in a
 * folder of this program's own.
 */
#include "config.h"

#include "tls.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "sspi/schannel.h"
#include "sspi/sspix.h"
#include "tests/root.h"
#include "tests/tls/pair.h"

#define ROOM 32768 /* octets of tokens that wait for one side */
#define ROUNDS 10  /* of legs in a handshake, and more than any has */

const struct tls_cipher tls_ciphers[4] = {
    { NULL, NULL, NULL, 0 },
    { "TLS_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", "AES-128-GCM", 12 },
    { "TLS_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", "AES-256-GCM", 12 },
    { "TLS_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", "ChaCha20-Poly1305", 12 },
};

struct kept {
    CtxtHandle client, server;
};

/* One for each plan, used by all threads as one program would. */
struct both {
    long plan;
    CredHandle client, server;
    struct both *next;
};

/* One side of a connection, and what came for it. */
struct side {
    bool server, begun, done;
    CredHandle *cred;
    CtxtHandle context;
    size_t n;
    uint8_t in[ROOM];
};

struct pair {
    struct both *both;
    struct side client, server;
    bool resumes; /* sessions are there */
    size_t bytes;
    SecPkgContext_StreamSizes sizes;
    uint8_t *record; /* header, data, trailer */
    struct kept *kept;
    size_t n_kept;
};

#define KEPT_MAX 100000

static void need(SECURITY_STATUS status, const char *what)
{
    const char *name = sspi_status_name(status);

    if (status != SEC_E_OK)
        bench_die("%s: %s (%#x)", what, name ? name : "?", (unsigned)status);
}

/* --- certificates ---------------------------------------------------------------------------- */

static pthread_mutex_t papers = PTHREAD_MUTEX_INITIALIZER;

static const struct tls_paper *ca_locked(void)
{
    static struct tls_paper ca;
    const struct cert *alone = &ca.cert;

    if (!ca.file) {
        ca.cert = cert_make(&(struct cert_plan){ .name = "Bench CA", .ca = true }, NULL);
        ca.file = cert_write("ca.pem", &alone, 1, false);
    }
    return &ca;
}

const struct tls_paper *tls_ca(void)
{
    const struct tls_paper *ca;

    pthread_mutex_lock(&papers);
    ca = ca_locked();
    pthread_mutex_unlock(&papers);
    return ca;
}

const struct tls_paper *tls_leaf(long plan)
{
    static struct tls_paper leaves[2];
    bool rsa = plan & PLAN_RSA;
    struct tls_paper *leaf = &leaves[rsa];

    pthread_mutex_lock(&papers);
    if (!leaf->file) {
        struct cert_plan says = { .name = TLS_HOST, .key = rsa ? CERT_RSA : CERT_EC };
        const struct cert *alone = &leaf->cert;

        leaf->cert = cert_make(&says, &ca_locked()->cert);
        leaf->file = cert_write(rsa ? "rsa.pem" : "ecdsa.pem", &alone, 1, true);
    }
    pthread_mutex_unlock(&papers);
    return leaf;
}

/* --- credentials ----------------------------------------------------------------------------- */

/* The suites are the manifest's: credentials keep the one that they were made with. */
static void set_cipher(const struct tls_cipher *cipher)
{
    static const char begin[] = "{\"name\": \"Schannel\", \"module\": \"tls.so\", \"settings\": {";

    if (cipher->suite)
        root_write("packages.d/schannel.json",
                   "%s\"cipher_suites\": \"%s\", \"ciphers\": \"%s\"}}\n", begin, cipher->suite,
                   cipher->cipher);
    else
        root_write("packages.d/schannel.json", "%s}}\n", begin);
    need(sspi_reload(), "sspi_reload");
}

static struct both *make_both(long plan)
{
    struct both *b = bench_alloc(sizeof *b);
    DWORD flags = plan & PLAN_RESUMED ? 0 : SCH_CRED_DISABLE_RECONNECTS;
    DWORD off = plan & PLAN_TLS12 ? SP_PROT_TLS1_3 : SP_PROT_TLS1_2;

    b->plan = plan;
    set_cipher(&tls_ciphers[plan & PLAN_CIPHER]);
    need(cred_open(&b->client, false, NULL, tls_ca()->file, flags, off), "client's credential");
    need(cred_open(&b->server, true, tls_leaf(plan)->file, NULL, flags, off),
         "server's credential");
    return b;
}

static struct both *both_of(long plan)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct both *all;
    struct both *b;

    pthread_mutex_lock(&lock);
    for (b = all; b && b->plan != plan; b = b->next)
        ;
    if (!b) {
        b = make_both(plan);
        b->next = all;
        all = b;
    }
    pthread_mutex_unlock(&lock);
    return b;
}

/* --- handshakes ------------------------------------------------------------------------------ */

/* What was not used stays. */
static void keep_extra(struct side *s, const SecBuffer *left)
{
    size_t n = left && left->BufferType == SECBUFFER_EXTRA ? left->cbBuffer : 0;

    memmove(s->in, s->in + s->n - n, n);
    s->n = n;
}

static SECURITY_STATUS call(struct side *s, SecBufferDesc *in, SecBufferDesc *out)
{
    CtxtHandle *context = s->begun ? &s->context : NULL;
    TimeStamp expiry;
    ULONG granted;

    if (s->server)
        return AcceptSecurityContext(s->cred, context, in, 0, SECURITY_NATIVE_DREP, &s->context,
                                     out, &granted, &expiry);
    return InitializeSecurityContextA(s->cred, context, TLS_HOST, 0, 0, SECURITY_NATIVE_DREP,
                                      s->begun ? in : NULL, 0, &s->context, out, &granted, &expiry);
}

/* One leg with what came; what it says goes to the other side. */
static void leg(struct side *s, struct side *other)
{
    SecBuffer in[2] = { { (ULONG)s->n, SECBUFFER_TOKEN, s->in }, { 0, SECBUFFER_EMPTY, NULL } };
    SecBuffer out = { (ULONG)(ROOM - other->n), SECBUFFER_TOKEN, other->in + other->n };
    SecBufferDesc give = { SECBUFFER_VERSION, 2, in }, take = { SECBUFFER_VERSION, 1, &out };
    SECURITY_STATUS status = call(s, &give, &take);

    if (status != SEC_I_CONTINUE_NEEDED)
        need(status, s->server ? "AcceptSecurityContext" : "InitializeSecurityContext");
    keep_extra(s, &in[1]);
    other->n += out.cbBuffer;
    s->begun = true;
    s->done = status == SEC_E_OK;
}

static SecBuffer *find(SecBuffer *b, ULONG type)
{
    for (int i = 0; i < 4; i++)
        if (b[i].BufferType == type)
            return &b[i];
    return NULL;
}

/* Tickets: records without data, after which a leg is asked for. */
static void settle(struct side *s, struct side *other)
{
    while (s->n > 0) {
        SecBuffer b[4] = { { (ULONG)s->n, SECBUFFER_DATA, s->in } };
        SecBufferDesc all = { SECBUFFER_VERSION, 4, b };
        SECURITY_STATUS status = DecryptMessage(&s->context, &all, 0, NULL);

        keep_extra(s, find(b, SECBUFFER_EXTRA));
        if (status == SEC_I_RENEGOTIATE)
            leg(s, other);
        else
            need(status, "DecryptMessage, tickets");
    }
}

static void check_resumption(struct pair *p)
{
    SecPkgContext_SessionInfo info;

    need(QueryContextAttributesA(&p->client.context, SECPKG_ATTR_SESSION_INFO, &info),
         "SESSION_INFO");
    bench_check(!(info.dwFlags & SSL_SESSION_RECONNECT) == !p->resumes);
}

static void begin(struct side *s, CredHandle *cred, bool server)
{
    s->server = server;
    s->begun = s->done = false;
    s->cred = cred;
    s->n = 0;
}

static void exchange(struct pair *p)
{
    struct side *c = &p->client, *s = &p->server;

    begin(c, &p->both->client, false);
    begin(s, &p->both->server, true);
    for (int i = 0; i < ROUNDS && !(c->done && s->done); i++) {
        if (!c->done)
            leg(c, s);
        if (!s->done)
            leg(s, c);
    }
    bench_check(c->done && s->done);
    settle(c, s);
    if (p->both->plan & PLAN_RESUMED)
        check_resumption(p);
}

static void drop(struct kept *k)
{
    need(DeleteSecurityContext(&k->client), "DeleteSecurityContext");
    need(DeleteSecurityContext(&k->server), "DeleteSecurityContext");
}

static void op_exchange(void *state)
{
    struct pair *p = state;

    exchange(p);
    drop(&(struct kept){ p->client.context, p->server.context });
}

static void *set_up(const struct bench_case *c, unsigned thread)
{
    struct pair *p = bench_alloc(sizeof *p);

    (void)thread;
    p->both = both_of(c->arg & ~(long)PLAN_TALK);
    p->bytes = c->arg & PLAN_TALK ? TLS_DATA_MAX : c->bytes;
    p->record = bench_alloc(TLS_DATA_MAX + 512);
    if (c->arg & PLAN_RESUMED && thread == 0) /* the first thread's sessions are there for all */
        op_exchange(p);
    p->resumes = c->arg & PLAN_RESUMED;
    return p;
}

/* --- messages -------------------------------------------------------------------------------- */

/* A record made and opened where it is. */
static void message(struct pair *p, CtxtHandle *from, CtxtHandle *to)
{
    uint8_t *data = p->record + p->sizes.cbHeader;
    SecBuffer b[4] = { { p->sizes.cbHeader, SECBUFFER_STREAM_HEADER, p->record },
                       { (ULONG)p->bytes, SECBUFFER_DATA, data },
                       { p->sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, data + p->bytes },
                       { 0, SECBUFFER_EMPTY, NULL } };
    SecBufferDesc all = { SECBUFFER_VERSION, 4, b };

    need(EncryptMessage(from, 0, &all, 0), "EncryptMessage");
    b[0] = (SecBuffer){ b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer, SECBUFFER_DATA, p->record };
    b[1] = b[2] = b[3] = (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
    need(DecryptMessage(to, &all, 0, NULL), "DecryptMessage");
    bench_check(b[1].BufferType == SECBUFFER_DATA && b[1].cbBuffer == p->bytes &&
                b[1].pvBuffer == data);
}

static void *set_up_messages(const struct bench_case *c, unsigned thread)
{
    struct pair *p = set_up(c, thread);

    exchange(p);
    need(QueryContextAttributesA(&p->client.context, SECPKG_ATTR_STREAM_SIZES, &p->sizes),
         "STREAM_SIZES");
    return p;
}

static void op_message(void *state)
{
    struct pair *p = state;

    message(p, &p->client.context, &p->server.context);
}

/* --- memory ---------------------------------------------------------------------------------- */

static void keep(void *state)
{
    struct pair *p = state;
    CtxtHandle *c = &p->client.context, *s = &p->server.context;

    exchange(p);
    if (p->bytes > 0) {
        need(QueryContextAttributesA(c, SECPKG_ATTR_STREAM_SIZES, &p->sizes), "STREAM_SIZES");
        message(p, c, s);
        message(p, s, c);
    }
    if (!p->kept) { /* growing it later would be counted as theirs */
        p->kept = bench_alloc(KEPT_MAX * sizeof *p->kept);
        memset(p->kept, 1, KEPT_MAX * sizeof *p->kept);
    }
    bench_check(p->n_kept < KEPT_MAX);
    p->kept[p->n_kept++] = (struct kept){ *c, *s };
}

static void delete_kept(void *state)
{
    struct pair *p = state;

    while (p->n_kept > 0)
        drop(&p->kept[--p->n_kept]);
}

/* --- the cases ------------------------------------------------------------------------------- */

static const char *info(void)
{
    static char text[128];

    snprintf(text, sizeof text, "OpenSSPI %s over %s", sspi_version(),
             OpenSSL_version(OPENSSL_VERSION));
    return text;
}

#define OURS(name, plan)                                                                           \
    {                                                                                              \
        "ours/" name, set_up, op_exchange, 0, plan, 0, keep, delete_kept                           \
    }
#define PEER(name, plan)                                                                           \
    {                                                                                              \
        "libssl/" name, peer_set_up, peer_exchange, 0, plan, 0, peer_keep, peer_delete_kept        \
    }
#define MESSAGE(name, set_up, op, bytes, plan)                                                     \
    {                                                                                              \
        name "/" #bytes, set_up, op, bytes, plan, 0, NULL, NULL                                    \
    }
#define EXCHANGES(name, plan) OURS(name, plan), PEER(name, plan)
#define MESSAGES(name, bytes, plan)                                                                \
    MESSAGE("ours/" name, set_up_messages, op_message, bytes, plan),                               \
        MESSAGE("libssl/" name, peer_set_up_messages, peer_message, bytes, plan),                  \
        MESSAGE("shared/" name, peer_set_up_messages, peer_message, bytes, (plan) | PLAN_SHARED),  \
        MESSAGE("raw/" name, raw_set_up, raw_message, bytes, plan)
#define SIZES(name, plan)                                                                          \
    MESSAGES(name, 64, plan), MESSAGES(name, 1024, plan), MESSAGES(name, 16384, plan)

static const struct bench_case cases[] = {
    EXCHANGES("tls13/full/ecdsa", 0),
    EXCHANGES("tls13/full/rsa", PLAN_RSA),
    EXCHANGES("tls13/resumed", PLAN_RESUMED),
    EXCHANGES("tls12/full/ecdsa", PLAN_TLS12),
    EXCHANGES("tls12/full/rsa", PLAN_TLS12 | PLAN_RSA),
    EXCHANGES("tls12/resumed", PLAN_TLS12 | PLAN_RESUMED),
    EXCHANGES("tls13/talk", PLAN_TALK),
    EXCHANGES("tls12/talk", PLAN_TLS12 | PLAN_TALK),
    SIZES("tls13/aes128", 1),
    SIZES("tls13/aes256", 2),
    SIZES("tls13/chacha20", 3),
    SIZES("tls12/aes256", PLAN_TLS12 | 2),
};

int main(int argc, char **argv)
{
    static const struct bench_program program = { info, cases, sizeof cases / sizeof *cases };

    root_begin(NULL);
    atexit(root_end);
    return bench_main(argc, argv, &program);
}
