/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-verify.c: which certificates are believed, by clients and by servers, and what each fault
 * of one is called on both sides: by who found it, and by the other, who has only the alert.
 * Numbers are the rows of the list of hostile inputs, part D.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/ocsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/root.h"
#include "tests/tls/certs.h"
#include "tests/tls/handmade.h"
#include "tests/tls/pair.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY 86400L

#define OK SEC_E_OK
#define UNTRUSTED SEC_E_UNTRUSTED_ROOT
#define UNKNOWN SEC_E_CERT_UNKNOWN
#define EXPIRED SEC_E_CERT_EXPIRED
#define USAGE SEC_E_CERT_WRONG_USAGE
#define PRINCIPAL SEC_E_WRONG_PRINCIPAL
#define REVOKED CRYPT_E_REVOKED
#define NO_CHECK CRYPT_E_NO_REVOCATION_CHECK
#define OFFLINE CRYPT_E_REVOCATION_OFFLINE
#define ILLEGAL SEC_E_ILLEGAL_MESSAGE

/* What is off for a client; a fault is the same in both versions, where nothing else is said. */
static const DWORD versions[] = { SP_PROT_TLS1_3, SP_PROT_TLS1_2 };
static const char *const version_names[] = { "1.2", "1.3" };

/* good: of localhost. */
static struct cert ca, mid, good, other_ca, person;
static char *roots, *other_roots, *ours, *hers;

static void manifest(const char *settings)
{
    root_write("packages.d/schannel.json",
               "{\"name\": \"Schannel\", \"module\": \"tls.so\", \"settings\": {%s}}", settings);
    (void)sspi_reload();
}

/* A file with a certificate, its key and those above it. */
static char *write_chain(const char *name, const struct cert *leaf, const struct cert *issuer,
                         const struct cert *above)
{
    const struct cert *all[] = { leaf, issuer, above };

    return cert_write(name, all, 1u + (issuer != NULL) + (above != NULL), true);
}

static char *write_roots(const char *name, const struct cert *root)
{
    return cert_write(name, &root, 1, false);
}

static int begin(void **state)
{
    (void)state;
    root_begin("\"max_legs\": 1000");
    ca = cert_make(&(struct cert_plan){ .name = "Test CA", .ca = true }, NULL);
    mid = cert_make(&(struct cert_plan){ .name = "Test CA, second", .ca = true }, &ca);
    other_ca = cert_make(&(struct cert_plan){ .name = "Another CA", .ca = true }, NULL);
    good = cert_make(&(struct cert_plan){ .name = "localhost" }, &ca);
    person = cert_make(&(struct cert_plan){ .name = "alice", .usage = "clientAuth" }, &ca);
    roots = write_roots("ca.pem", &ca);
    other_roots = write_roots("other-ca.pem", &other_ca);
    ours = write_chain("server.pem", &good, NULL, NULL);
    hers = write_chain("alice.pem", &person, NULL, NULL);
    manifest("");
    return 0;
}

static int end(void **state)
{
    struct cert *certs[] = { &ca, &mid, &good, &other_ca, &person };
    char *paths[] = { roots, other_roots, ours, hers };

    (void)state;
    for (size_t i = 0; i < COUNT(certs); i++)
        cert_free(certs[i]);
    for (size_t i = 0; i < COUNT(paths); i++)
        free(paths[i]);
    root_end();
    return 0;
}

/* All that is wrong in a test is told, not only what comes first. */
static unsigned faults;

__attribute__((format(printf, 1, 2))) static void complain(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprint_error(fmt, ap);
    va_end(ap);
    print_error("\n");
    faults++;
}

static int look_back(void **state)
{
    unsigned n = faults;

    (void)state;
    faults = 0;
    return n == 0 ? 0 : -1;
}

/* --- a connection and how it ends ------------------------------------------------------------ */

/* What the alert of one says to the other, who may be done with the handshake. */
static SECURITY_STATUS hear(struct tls_end *from, struct tls_end *to)
{
    struct octets data;
    SECURITY_STATUS status;

    pair_move(from, to);
    if (!to->done)
        return end_leg(to);
    do {
        status = end_receive(to, &data);
        octets_clear(&data);
    } while (status >= 0 && status != SEC_I_CONTEXT_EXPIRED && to->in.len > 0);
    return status;
}

static bool failed(const struct tls_end *e)
{
    return e->status < 0;
}

struct ends {
    SECURITY_STATUS client, server;
};

/* The status of who finds fault, and that which the other derives; both OK: they talk. */
static struct ends connect_them(struct tls_pair *p)
{
    struct ends met;

    if (pair_shake(p, 0) == SEC_E_OK)
        return pair_talks(p) ? (struct ends){ SEC_E_OK, SEC_E_OK }
                             : (struct ends){ SEC_E_INTERNAL_ERROR, SEC_E_INTERNAL_ERROR };
    met = (struct ends){ p->client.status, p->server.status };
    if (failed(&p->client) && !failed(&p->server) && p->client.has_ctx)
        met.server = hear(&p->client, &p->server);
    else if (failed(&p->server) && !failed(&p->client))
        met.client = hear(&p->server, &p->client);
    return met;
}

static void ends_are(const char *what, unsigned version, struct ends met, struct ends expected)
{
    if (met.client != expected.client || met.server != expected.server)
        complain("%s, TLS %s: client 0x%08x, server 0x%08x; expected 0x%08x, 0x%08x", what,
                 version_names[version], (unsigned)met.client, (unsigned)met.server,
                 (unsigned)expected.client, (unsigned)expected.server);
}

static void must_open(CredHandle *cred, bool server, const char *cert, const char *ca_file,
                      DWORD flags, DWORD off)
{
    SECURITY_STATUS status = cred_open(cred, server, cert, ca_file, flags, off);

    if (status != SEC_E_OK)
        fail_msg("no credential with %s: 0x%08x", cert ? cert : "no certificate", (unsigned)status);
}

/* --- a server's certificate ------------------------------------------------------------------ */

/* How a client of such flags, that asks for target, meets the server of that file. */
struct meeting {
    const char *what;
    const char *file;  /* of the server's certificate; NULL: the settings' */
    const char *roots; /* the client's; NULL: the settings' */
    const char *target;
    DWORD flags;   /* the client's, SCH_* */
    ULONG request; /* the client's, ISC_REQ_* */
    struct ends expected;
};

static void meet_with(const struct meeting *m, CredHandle *server, unsigned version)
{
    CredHandle client;
    struct tls_pair p;

    must_open(&client, false, NULL, m->roots, m->flags, versions[version]);
    pair_open(&p, &client, server);
    p.client.target = m->target;
    p.client.request = m->request;
    ends_are(m->what, version, connect_them(&p), m->expected);
    pair_close(&p);
    FreeCredentialsHandle(&client);
}

static void meet(const struct meeting *m)
{
    CredHandle server;

    must_open(&server, true, m->file, NULL, 0, 0);
    for (unsigned version = 0; version < COUNT(versions); version++)
        meet_with(m, &server, version);
    FreeCredentialsHandle(&server);
}

enum issuer { BY_CA, BY_ITSELF, BY_ANOTHER, BY_SECOND, BY_LEAF, BY_ODD };

/* client, server: the statuses; those of the server are what libssl's alerts say. */
static const struct {
    const char *what;
    struct cert_plan plan;
    enum issuer issuer;
    struct ends expected;
} faulty[] = {
    { "a good one", { .name = "localhost" }, BY_CA, { OK, OK } },
    { "a good one of RSA", { .name = "localhost", .key = CERT_RSA }, BY_CA, { OK, OK } },
    { "a good one of Ed25519", { .name = "localhost", .key = CERT_ED25519 }, BY_CA, { OK, OK } },
    { "by a second CA", { .name = "localhost" }, BY_SECOND, { OK, OK } },
    { "without extendedKeyUsage", { .name = "localhost", .usage = "" }, BY_CA, { OK, OK } },
    { "for anything",
      { .name = "localhost", .usage = "serverAuth,clientAuth" },
      BY_CA,
      { OK, OK } },
    { "54: self-signed", { .name = "localhost" }, BY_ITSELF, { UNTRUSTED, UNTRUSTED } },
    { "54: self-signed, a CA",
      { .name = "localhost", .constraints = "critical,CA:TRUE", .key_usage = "" },
      BY_ITSELF,
      { UNTRUSTED, UNTRUSTED } },
    { "54: by another CA", { .name = "localhost" }, BY_ANOTHER, { UNTRUSTED, UNTRUSTED } },
    { "55: expired",
      { .name = "localhost", .from = -10 * DAY, .until = -1 },
      BY_CA,
      { EXPIRED, EXPIRED } },
    { "55: not yet valid",
      { .name = "localhost", .from = DAY, .until = 10 * DAY },
      BY_CA,
      { EXPIRED, UNKNOWN } },
    { "55: valid for no time",
      { .name = "localhost", .from = DAY, .until = -DAY },
      BY_CA,
      { EXPIRED, UNKNOWN } },
    { "56: another host",
      { .name = "example.com", .san = "DNS:example.com" },
      BY_CA,
      { PRINCIPAL, UNKNOWN } },
    { "56: the name is no subjectAltName",
      { .name = "localhost", .san = "DNS:example.com" },
      BY_CA,
      { PRINCIPAL, UNKNOWN } },
    { "56: only an address",
      { .name = "example.com", .san = "IP:127.0.0.1" },
      BY_CA,
      { PRINCIPAL, UNKNOWN } },
    { "56: a mailbox",
      { .name = "example.com", .san = "email:a@localhost" },
      BY_CA,
      { PRINCIPAL, UNKNOWN } },
    { "56: a common name, which will do",
      { .name = "localhost", .no_san = true },
      BY_CA,
      { OK, OK } },
    { "57: a common name with a NUL",
      { .name = "localhost\0.example.com", .name_len = 22, .no_san = true },
      BY_CA,
      { PRINCIPAL, UNKNOWN } },
    { "57: a name with a NUL",
      { .name = "example.com", .dns = "localhost\0.example.com", .dns_len = 22 },
      BY_CA,
      { PRINCIPAL, UNKNOWN } },
    { "57: a name with a NUL at its end",
      { .name = "example.com", .dns = "localhost", .dns_len = 10 },
      BY_CA,
      { PRINCIPAL, UNKNOWN } },
    { "58: *", { .name = "x", .san = "DNS:*" }, BY_CA, { PRINCIPAL, UNKNOWN } },
    { "60: for clients",
      { .name = "localhost", .usage = "clientAuth" },
      BY_CA,
      { USAGE, UNKNOWN } },
    { "60: for mail",
      { .name = "localhost", .usage = "emailProtection" },
      BY_CA,
      { USAGE, UNKNOWN } },
    { "60: for OCSP", { .name = "localhost", .usage = "OCSPSigning" }, BY_CA, { USAGE, UNKNOWN } },
    { "61: by a leaf", { .name = "localhost" }, BY_LEAF, { UNKNOWN, UNTRUSTED } },
    { "61: by one that may sign but is no CA",
      { .name = "localhost" },
      BY_ODD,
      { UNKNOWN, UNTRUSTED } },
};

/* The chain of an issuer that is no CA, or none of ours. */
static char *write_faulty(size_t i)
{
    const struct cert_plan odd = { .name = "almost a CA",
                                   .key_usage = "critical,keyCertSign,digitalSignature" };
    struct cert issuer = { NULL, NULL }, leaf;
    enum issuer by = faulty[i].issuer;

    if (by == BY_LEAF || by == BY_ODD)
        issuer = cert_make(by == BY_ODD ? &odd : &(struct cert_plan){ .name = "a leaf" }, &ca);
    const struct cert *made_by = by == BY_CA        ? &ca
                                 : by == BY_SECOND  ? &mid
                                 : by == BY_ANOTHER ? &other_ca
                                 : by == BY_ITSELF  ? NULL
                                                    : &issuer;
    leaf = cert_make(&faulty[i].plan, made_by);
    char *path = write_chain("faulty.pem", &leaf, made_by, by >= BY_LEAF ? &ca : NULL);
    cert_free(&leaf);
    cert_free(&issuer);
    return path;
}

static void test_server_certificates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(faulty); i++) {
        char *file = write_faulty(i);

        meet(&(struct meeting){ .what = faulty[i].what,
                                .file = file,
                                .roots = roots,
                                .target = "localhost",
                                .expected = faulty[i].expected });
        free(file);
    }
}

/* The same, where the client looks itself, or not at the name. */
static void test_unchecked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(faulty); i++) {
        char *file = write_faulty(i);
        struct meeting m = { .what = faulty[i].what,
                             .file = file,
                             .roots = roots,
                             .target = "localhost",
                             .flags = SCH_CRED_MANUAL_CRED_VALIDATION,
                             .expected = { OK, OK } };

        meet(&m);
        m.flags = 0;
        m.request = ISC_REQ_MANUAL_CRED_VALIDATION;
        meet(&m);
        m.request = 0;
        m.flags = SCH_CRED_NO_SERVERNAME_CHECK;
        m.expected = faulty[i].expected;
        if (m.expected.client == PRINCIPAL)
            m.expected = (struct ends){ OK, OK };
        meet(&m);
        free(file);
    }
}

/* Whom nobody but the program has looked at is not called proved. */
static void test_manual_is_not_mutual(void **state)
{
    CredHandle client, server;
    struct tls_pair p;

    (void)state;
    must_open(&client, false, NULL, roots, 0, 0);
    must_open(&server, true, ours, NULL, 0, 0);
    pair_open(&p, &client, &server);
    p.client.request = ISC_REQ_MANUAL_CRED_VALIDATION;
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_false(p.client.granted & ISC_RET_MUTUAL_AUTH);
    assert_true(p.client.granted & ISC_RET_MANUAL_CRED_VALIDATION);
    pair_close(&p);
    pair_open(&p, &client, &server);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_true(p.client.granted & ISC_RET_MUTUAL_AUTH);
    assert_false(p.client.granted & ISC_RET_MANUAL_CRED_VALIDATION);
    pair_close(&p);
    FreeCredentialsHandle(&client);
    FreeCredentialsHandle(&server);
}

/* --- names ----------------------------------------------------------------------------------- */

#define LABEL63 "a23456789012345678901234567890123456789012345678901234567890123"
#define LONG_NAME                                                                                  \
    LABEL63 "." LABEL63 "." LABEL63 "."                                                            \
            "a2345678901234567890123456789012345678901234567890123456789.b"

static const struct {
    const char *san, *target;
    bool good;
} names[] = {
    { "DNS:example.com", "example.com", true },
    { "DNS:example.com", "EXAMPLE.com", true },
    { "DNS:EXAMPLE.COM", "example.com", true },
    { "DNS:example.com", "example.com.", true },
    { "DNS:example.com", "example.com..", false },
    { "DNS:example.com", "www.example.com", false },
    { "DNS:www.example.com", "example.com", false },
    { "DNS:example.com", "example.co", false },
    { "DNS:example.com", "example.comm", false },
    { "DNS:example.com", "xexample.com", false },
    { "DNS:example.com", "com", false },
    { "DNS:example.com", ".", false },
    { "DNS:example.com", "..", false },
    { "DNS:example.com", ".example.com", false },
    { "DNS:www.example.com", ".example.com", false },
    { "DNS:www.example.com", ".com", false },
    { "DNS:example.com", "example.com ", false },
    { "DNS:example.com", " example.com", false },
    { "DNS:example.com", "example.com/", false },
    { "DNS:example.com", "host/example.com", false },
    { "DNS:example.com", "example.com:443", false },
    { "DNS:example.com", "*.com", false },
    { "DNS:example.com", "*", false },
    { "DNS:example.com", "example\xc2\xad.com", false },
    { "DNS:*.example.com", "www.example.com", true },
    { "DNS:*.example.com", "WWW.EXAMPLE.COM.", true },
    { "DNS:*.example.com", "a.b.example.com", false },
    { "DNS:*.example.com", "example.com", false },
    { "DNS:*.example.com", ".example.com", false },
    { "DNS:*.example.com", "xn--caf-dma.example.com", true },
    { "DNS:w*.example.com", "www.example.com", false },
    { "DNS:*w.example.com", "www.example.com", false },
    { "DNS:xn--*.example.com", "xn--caf-dma.example.com", false },
    { "DNS:www.*.com", "www.example.com", false },
    { "DNS:*.*.com", "www.example.com", false },
    { "DNS:*.com", "example.com", false }, /* 58 */
    { "DNS:*", "example", false },
    { "DNS:*.", "example.", false },
    { "DNS:**.example.com", "www.example.com", false },
    { "DNS:xn--caf-dma.example", "xn--caf-dma.example", true },
    { "DNS:xn--caf-dma.example", "XN--CAF-DMA.example", true },
    { "DNS:xn--caf-dma.example", "caf\xc3\xa9.example", false },
    { "DNS:" LONG_NAME, LONG_NAME, true },
    { "DNS:" LONG_NAME, LABEL63 "." LABEL63, false },
    { "DNS:a_b.example.com", "a_b.example.com", true },
    { "IP:127.0.0.1", "127.0.0.1", true },
    { "IP:127.0.0.1", "127.0.0.1.", true },
    { "IP:127.0.0.1", "127.0.0.2", false },
    { "IP:127.0.0.1", "127.1", false },
    { "IP:127.0.0.1", "::ffff:127.0.0.1", false },
    { "IP:::1", "::1", true },
    { "IP:::1", "0:0:0:0:0:0:0:1", true },
    { "IP:::1", "[::1]", false },
    { "DNS:127.0.0.1", "127.0.0.1", false },
    { "DNS:*.0.0.1", "127.0.0.1", false },
    { "DNS:example.com,IP:127.0.0.1", "example.com", true },
    { "URI:https://example.com/", "example.com", false },
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct cert leaf =
            cert_make(&(struct cert_plan){ .name = "no name of a host", .san = names[i].san }, &ca);
        char *file = write_chain("named.pem", &leaf, NULL, NULL), what[600];
        struct ends no = { PRINCIPAL, UNKNOWN };

        snprintf(what, sizeof what, "%s for %s", names[i].san, names[i].target);
        /* What can be the name of no host is refused before there is a server. */
        if (names[i].target[0] == '.')
            no.server = OK;
        meet(&(struct meeting){ .what = what,
                                .file = file,
                                .roots = roots,
                                .target = names[i].target,
                                .expected = names[i].good ? (struct ends){ OK, OK } : no });
        cert_free(&leaf);
        free(file);
    }
}

/* 59: an address is never a common name; 57: nor is a name that some subjectAltName overrules. */
static void test_common_names(void **state)
{
    static const struct {
        const char *cn, *target;
        bool good;
    } cases[] = {
        { "127.0.0.1", "127.0.0.1", false },    { "::1", "::1", false },
        { "example.com", "example.com", true }, { "*.example.com", "www.example.com", true },
        { "*.com", "example.com", false },      { "*", "localhost", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cert leaf =
            cert_make(&(struct cert_plan){ .name = cases[i].cn, .no_san = true }, &ca);
        char *file = write_chain("named.pem", &leaf, NULL, NULL);
        const struct ends yes = { OK, OK }, no = { PRINCIPAL, UNKNOWN };

        meet(&(struct meeting){ .what = cases[i].cn,
                                .file = file,
                                .roots = roots,
                                .target = cases[i].target,
                                .expected = cases[i].good ? yes : no });
        cert_free(&leaf);
        free(file);
    }
}

/* Without a name there is none to compare: only who says so goes on. */
static void test_no_target(void **state)
{
    static const struct {
        const char *target;
        DWORD flags;
        ULONG request;
        struct ends expected;
    } cases[] = {
        { NULL, 0, 0, { PRINCIPAL, OK } },
        { "", 0, 0, { PRINCIPAL, OK } },
        { ".", 0, 0, { PRINCIPAL, OK } },
        { NULL, SCH_CRED_NO_SERVERNAME_CHECK, 0, { OK, OK } },
        { "", SCH_CRED_NO_SERVERNAME_CHECK, 0, { OK, OK } },
        { NULL, SCH_CRED_MANUAL_CRED_VALIDATION, 0, { OK, OK } },
        { NULL, 0, ISC_REQ_MANUAL_CRED_VALIDATION, { OK, OK } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        meet(&(struct meeting){ .what = "no target",
                                .file = ours,
                                .roots = roots,
                                .target = cases[i].target,
                                .flags = cases[i].flags,
                                .request = cases[i].request,
                                .expected = cases[i].expected });
}

/* More than a name of a host can be (RFC 6066 3; 255 octets in libssl). */
static void test_long_target(void **state)
{
    CredHandle client;
    char target[4096];
    struct tls_pair p;

    (void)state;
    must_open(&client, false, NULL, roots, 0, 0);
    for (size_t n = 250; n < sizeof target; n = n < 260 ? n + 1 : 2 * n) {
        memset(target, 'a', n);
        target[n] = '\0';
        pair_open(&p, &client, NULL);
        p.client.target = target;
        assert_int_equal(end_leg(&p.client), n > 255 ? PRINCIPAL : SEC_I_CONTINUE_NEEDED);
        assert_int_equal(p.client.has_ctx, n <= 255);
        pair_close(&p);
    }
    FreeCredentialsHandle(&client);
}

/* --- chains ---------------------------------------------------------------------------------- */

#define CHAIN_ROOM 102

/* A leaf below n CAs, the first of them by the root; -> the file. */
static char *write_long_chain(size_t n)
{
    struct cert made[CHAIN_ROOM];
    const struct cert *all[CHAIN_ROOM];
    char name[32];

    for (size_t i = 0; i <= n; i++) {
        snprintf(name, sizeof name, i < n ? "CA %zu" : "leaf below %zu", i);
        made[i] =
            cert_make(&(struct cert_plan){ .name = name, .ca = i < n }, i ? &made[i - 1] : &ca);
        all[n - i] = &made[i];
    }
    char *path = cert_write("long.pem", all, n + 1, true);
    for (size_t i = 0; i <= n; i++)
        cert_free(&made[i]);
    return path;
}

/* 62 */
static void test_long_chains(void **state)
{
    static const struct {
        size_t n;
        struct ends expected;
    } cases[] = {
        { 1, { OK, OK } },
        { 15, { OK, OK } },
        { 17, { UNKNOWN, UNTRUSTED } },
        { 100, { UNKNOWN, UNTRUSTED } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *file = write_long_chain(cases[i].n), what[32];

        snprintf(what, sizeof what, "62: below %zu CAs", cases[i].n);
        meet(&(struct meeting){ .what = what,
                                .file = file,
                                .roots = roots,
                                .target = "localhost",
                                .flags = SCH_CRED_NO_SERVERNAME_CHECK,
                                .expected = cases[i].expected });
        free(file);
    }
}

/* What a CA above the leaf may lack. */
static void test_second_cas(void **state)
{
    static const struct {
        const char *what;
        struct cert_plan plan;
        bool sent;
        struct ends expected;
    } cases[] = {
        { "a CA for none below it",
          { .name = "CA", .ca = true, .constraints = "critical,CA:TRUE,pathlen:0" },
          true,
          { OK, OK } },
        { "a CA that is not sent", { .name = "CA", .ca = true }, false, { UNTRUSTED, UNTRUSTED } },
        { "a CA that expired",
          { .name = "CA", .ca = true, .from = -10 * DAY, .until = -DAY },
          true,
          { EXPIRED, EXPIRED } },
        { "61: a CA that may not sign",
          { .name = "CA", .ca = true, .key_usage = "critical,digitalSignature" },
          true,
          { UNKNOWN, UNTRUSTED } },
        { "61: a CA that says it is none",
          { .name = "CA", .ca = true, .constraints = "critical,CA:FALSE" },
          true,
          { UNKNOWN, UNTRUSTED } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cert second = cert_make(&cases[i].plan, &ca);
        struct cert leaf = cert_make(&(struct cert_plan){ .name = "localhost" }, &second);
        char *file = write_chain("second.pem", &leaf, cases[i].sent ? &second : NULL, NULL);

        meet(&(struct meeting){ .what = cases[i].what,
                                .file = file,
                                .roots = roots,
                                .target = "localhost",
                                .expected = cases[i].expected });
        cert_free(&leaf);
        cert_free(&second);
        free(file);
    }
}

/* A CA below a CA that is for none below it. */
static void test_path_length(void **state)
{
    struct cert first = cert_make(
        &(struct cert_plan){
            .name = "CA", .ca = true, .constraints = "critical,CA:TRUE,pathlen:0" },
        &ca);
    struct cert second = cert_make(&(struct cert_plan){ .name = "CA below", .ca = true }, &first);
    struct cert leaf = cert_make(&(struct cert_plan){ .name = "localhost" }, &second);
    char *file = write_chain("path.pem", &leaf, &second, &first);

    (void)state;
    meet(&(struct meeting){ .what = "61: a CA where none may be",
                            .file = file,
                            .roots = roots,
                            .target = "localhost",
                            .expected = { UNKNOWN, UNTRUSTED } });
    cert_free(&leaf);
    cert_free(&second);
    cert_free(&first);
    free(file);
}

/* A root that says what it is a root of: the server's own certificate, a CA below the real one. */
static void test_partial_roots(void **state)
{
    struct cert leaf = cert_make(&(struct cert_plan){ .name = "localhost" }, &mid);
    char *file = write_chain("partial.pem", &leaf, &mid, NULL);
    char *by_itself = write_roots("leaf-root.pem", &leaf),
         *by_mid = write_roots("mid-root.pem", &mid);
    struct meeting m = { .what = "the CA above it is a root",
                         .file = file,
                         .roots = by_mid,
                         .target = "localhost",
                         .expected = { OK, OK } };

    (void)state;
    meet(&m);
    m.what = "it is a root itself";
    m.roots = by_itself;
    meet(&m);
    m.what = "the root is another";
    m.roots = other_roots;
    m.expected = (struct ends){ UNTRUSTED, UNTRUSTED };
    meet(&m);
    cert_free(&leaf);
    free(file);
    free(by_itself);
    free(by_mid);
}

/* --- weak ones ------------------------------------------------------------------------------- */

/* No server of ours shows them, so the flight is made by hand: TLS 1.2, which shows them openly. */
static void put_shown(struct octets *to, const struct cert *const *shown, size_t n)
{
    bool ec = EVP_PKEY_get_base_id(shown[0]->key) == EVP_PKEY_EC;
    struct octets der[3] = { { NULL, 0 } };

    for (size_t i = 0; i < n; i++)
        der[i].len = (size_t)i2d_X509(shown[i]->x509, &der[i].data);
    put_hello(to, &(struct hello){
                      .server = true, .ciphers = ec ? "\xc0\x2b" : "\xc0\x2f", .n_ciphers = 2 });
    put_certificate_list(to, der, n);
    for (size_t i = 0; i < n; i++)
        OPENSSL_free(der[i].data);
}

static void show(const char *what, const struct cert *const *shown, size_t n,
                 SECURITY_STATUS expected, uint8_t alert)
{
    CredHandle client;
    struct tls_pair p;

    must_open(&client, false, NULL, roots, 0, SP_PROT_TLS1_3);
    pair_open(&p, &client, NULL);
    assert_int_equal(end_leg(&p.client), SEC_I_CONTINUE_NEEDED);
    octets_clear(&p.client.out);
    put_shown(&p.client.in, shown, n);
    if (end_leg(&p.client) != expected)
        complain("%s: 0x%08x, expected 0x%08x", what, (unsigned)p.client.status,
                 (unsigned)expected);
    if (expected < 0 && (p.client.out.len != 7 || p.client.out.data[6] != alert))
        complain("%s: not alert %u but %u", what, alert,
                 p.client.out.len ? p.client.out.data[p.client.out.len - 1] : 0u);
    pair_close(&p);
    FreeCredentialsHandle(&client);
}

/* 63, 64.  There is no ECDSA with MD5. */
static void test_weak(void **state)
{
    struct cert rsa =
        cert_make(&(struct cert_plan){ .name = "RSA", .ca = true, .key = CERT_RSA }, &ca);
    struct cert small =
        cert_make(&(struct cert_plan){ .name = "localhost", .key = CERT_RSA_512 }, &ca);
    struct cert small_ca =
        cert_make(&(struct cert_plan){ .name = "weak CA", .ca = true, .key = CERT_RSA_512 }, &ca);
    struct cert below = cert_make(&(struct cert_plan){ .name = "localhost" }, &small_ca);
    struct cert md5 = cert_make(&(struct cert_plan){ .name = "localhost", .md5 = true }, &rsa);
    struct cert md5_ca =
        cert_make(&(struct cert_plan){ .name = "MD5 CA", .ca = true, .md5 = true }, &rsa);
    struct cert below_md5 = cert_make(&(struct cert_plan){ .name = "localhost" }, &md5_ca);
    struct cert *all[] = { &rsa, &small, &small_ca, &below, &md5, &md5_ca, &below_md5 };

    (void)state;
#define SHOW(what, expected, alert, ...)                                                           \
    show(what, (const struct cert *[]){ __VA_ARGS__ },                                             \
         sizeof((const struct cert *[]){ __VA_ARGS__ }) / sizeof(struct cert *), expected, alert)
    SHOW("a good one", SEC_I_CONTINUE_NEEDED, 0, &good);
    SHOW("63: RSA of 512 bits", SEC_E_ALGORITHM_MISMATCH, 42, &small);
    SHOW("63: of a CA", SEC_E_ALGORITHM_MISMATCH, 42, &below, &small_ca);
    SHOW("64: MD5", SEC_E_ALGORITHM_MISMATCH, 42, &md5, &rsa);
    SHOW("64: of a CA", SEC_E_ALGORITHM_MISMATCH, 42, &below_md5, &md5_ca, &rsa);
    for (size_t i = 0; i < COUNT(all); i++)
        cert_free(all[i]);
}

/* And no server of ours begins with one. */
static void test_weak_of_our_own(void **state)
{
    static const struct cert_plan plans[] = { { .name = "localhost", .key = CERT_RSA_512 },
                                              { .name = "localhost", .md5 = true } };
    struct cert rsa =
        cert_make(&(struct cert_plan){ .name = "RSA", .ca = true, .key = CERT_RSA }, &ca);

    (void)state;
    for (size_t i = 0; i < COUNT(plans); i++) {
        struct cert weak = cert_make(&plans[i], &rsa);
        char *file = write_chain("weak.pem", &weak, NULL, NULL);
        CredHandle server;

        assert_int_equal(cred_open(&server, true, file, NULL, 0, 0), SEC_E_ALGORITHM_MISMATCH);
        cert_free(&weak);
        free(file);
    }
    cert_free(&rsa);
}

/* --- revocation lists ------------------------------------------------------------------------ */

/* The servers: one that may be revoked, and one below a CA that may be. */
enum { LEAF = 0, BELOW = 1 };

enum list { NONE, EMPTY, LISTED, STALE, STALE_LISTED, FORGED, MID_EMPTY, MID_LISTED, LISTS };

#define END_CERT SCH_CRED_REVOCATION_CHECK_END_CERT
#define CHAIN SCH_CRED_REVOCATION_CHECK_CHAIN
#define NOT_ROOT SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT
#define IGNORE_NONE SCH_CRED_IGNORE_NO_REVOCATION_CHECK
#define IGNORE_OFFLINE SCH_CRED_IGNORE_REVOCATION_OFFLINE
#define MANUAL SCH_CRED_MANUAL_CRED_VALIDATION

static const struct {
    const char *what;
    int server;
    enum list list;
    DWORD flags;
    struct ends expected;
} by_list[] = {
    { "no list", LEAF, NONE, 0, { OK, OK } },
    { "no list, wanted", LEAF, NONE, END_CERT, { NO_CHECK, UNTRUSTED } },
    { "no list, wanted of all", LEAF, NONE, CHAIN, { NO_CHECK, UNTRUSTED } },
    { "no list, wanted of all but the root", LEAF, NONE, NOT_ROOT, { NO_CHECK, UNTRUSTED } },
    { "no list, ignored", LEAF, NONE, END_CERT | IGNORE_NONE, { OK, OK } },
    { "no list, ignored as offline", LEAF, NONE, END_CERT | IGNORE_OFFLINE, { OK, OK } },
    { "no list for all, ignored", BELOW, NONE, CHAIN | IGNORE_NONE, { OK, OK } },
    { "no list, manual", LEAF, NONE, END_CERT | MANUAL, { OK, OK } },
    { "an empty list", LEAF, EMPTY, 0, { OK, OK } },
    { "an empty list, wanted", LEAF, EMPTY, END_CERT, { OK, OK } },
    { "an empty list, wanted of all", LEAF, EMPTY, CHAIN, { OK, OK } },
    { "listed", LEAF, LISTED, 0, { REVOKED, REVOKED } },
    { "listed, wanted", LEAF, LISTED, END_CERT, { REVOKED, REVOKED } },
    { "listed, wanted of all", LEAF, LISTED, CHAIN, { REVOKED, REVOKED } },
    { "listed, wanted of all but the root", LEAF, LISTED, NOT_ROOT, { REVOKED, REVOKED } },
    { "listed, faults ignored",
      LEAF,
      LISTED,
      END_CERT | IGNORE_NONE | IGNORE_OFFLINE,
      { REVOKED, REVOKED } },
    { "listed, manual", LEAF, LISTED, END_CERT | MANUAL, { OK, OK } },
    { "listed, the name not checked",
      LEAF,
      LISTED,
      SCH_CRED_NO_SERVERNAME_CHECK,
      { REVOKED, REVOKED } },
    { "a stale list", LEAF, STALE, END_CERT, { EXPIRED, EXPIRED } },
    { "a stale list, ignored", LEAF, STALE, END_CERT | IGNORE_OFFLINE, { OK, OK } },
    { "a stale list, another fault ignored",
      LEAF,
      STALE,
      END_CERT | IGNORE_NONE,
      { EXPIRED, EXPIRED } },
    { "listed in a stale list, ignored",
      LEAF,
      STALE_LISTED,
      END_CERT | IGNORE_OFFLINE,
      { REVOKED, REVOKED } },
    { "a forged list", LEAF, FORGED, END_CERT, { UNKNOWN, SEC_E_DECRYPT_FAILURE } },
    { "a forged list, faults ignored",
      LEAF,
      FORGED,
      END_CERT | IGNORE_NONE | IGNORE_OFFLINE,
      { UNKNOWN, SEC_E_DECRYPT_FAILURE } },
    { "the CA listed, the leaf wanted", BELOW, MID_LISTED, END_CERT, { OK, OK } },
    { "the CA listed, all wanted", BELOW, MID_LISTED, CHAIN, { REVOKED, REVOKED } },
    { "the CA listed, all but the root wanted", BELOW, MID_LISTED, NOT_ROOT, { REVOKED, REVOKED } },
    { "the CA listed, all wanted, faults ignored",
      BELOW,
      MID_LISTED,
      CHAIN | IGNORE_NONE | IGNORE_OFFLINE,
      { REVOKED, REVOKED } },
    { "only the leaf's list, all wanted", BELOW, MID_EMPTY, CHAIN, { OK, OK } },
};

/* The list or lists of each kind; the second CA has one of its own that is empty. */
static void write_lists(char *paths[LISTS])
{
    char *empty = crl_write("crl-empty", &ca, NULL), *mids = crl_write("crl-mid", &mid, NULL);
    char *listed = crl_write("crl-mid-listed", &ca, &mid);
    const char *const both[] = { empty, mids }, *const worse[] = { listed, mids };

    paths[NONE] = NULL;
    paths[EMPTY] = crl_write("crl-none", &ca, NULL);
    paths[LISTED] = crl_write("crl-listed", &ca, &good);
    paths[STALE] = crl_write_as("crl-stale", &(struct crl_plan){ &ca, NULL, NULL, -9 * DAY, -DAY });
    paths[STALE_LISTED] =
        crl_write_as("crl-old", &(struct crl_plan){ &ca, NULL, &good, -9 * DAY, -DAY });
    paths[FORGED] =
        crl_write_as("crl-forged", &(struct crl_plan){ .ca = &ca, .signer = &other_ca });
    paths[MID_EMPTY] = pem_join("crl-both", both, 2);
    paths[MID_LISTED] = pem_join("crl-worse", worse, 2);
    free(empty);
    free(mids);
    free(listed);
}

/* from_settings: the roots are of the settings, as the lists are, or else of hRootStore. */
static void use_lists(const char *lists, bool from_settings)
{
    char settings[2048];

    snprintf(settings, sizeof settings, "\"ocsp\": \"off\"%s%s%s%s%s%s",
             lists ? ", \"crl_file\": [\"" : "", lists ? lists : "", lists ? "\"]" : "",
             from_settings ? ", \"ca_file\": [\"" : "", from_settings ? roots : "",
             from_settings ? "\"]" : "");
    manifest(settings);
}

static void test_lists(void **state)
{
    struct cert leaf = cert_make(&(struct cert_plan){ .name = "localhost" }, &mid);
    char *below = write_chain("below.pem", &leaf, &mid, NULL), *lists[LISTS];

    (void)state;
    write_lists(lists);
    for (size_t i = 0; i < COUNT(by_list); i++) {
        for (int from_settings = 0; from_settings < 2; from_settings++) {
            char what[128];

            snprintf(what, sizeof what, "%s, roots of %s", by_list[i].what,
                     from_settings ? "the settings" : "the program");
            use_lists(lists[by_list[i].list], from_settings);
            meet(&(struct meeting){ .what = what,
                                    .file = by_list[i].server == LEAF ? ours : below,
                                    .roots = from_settings ? NULL : roots,
                                    .target = "localhost",
                                    .flags = by_list[i].flags,
                                    .expected = by_list[i].expected });
        }
    }
    manifest("");
    for (size_t i = 0; i < LISTS; i++)
        free(lists[i]);
    cert_free(&leaf);
    free(below);
}

/* --- stapled answers ------------------------------------------------------------------------- */

enum stapled {
    NO_ANSWER,
    GOOD,
    BAD,
    DONT_KNOW,
    OLD,
    OLD_BAD,
    EARLY,
    OF_ANOTHER,
    BY_STRANGER,
    BY_LEAF_ITSELF,
    BY_DELEGATE,
    BY_FALSE_DELEGATE,
    ANSWERS
};

enum ask { ALLOW, REQUIRE, OFF };
static const char *const asks[] = { "allow", "require", "off" };

/* The server gets bad_certificate_status_response for all of them. */
static const struct {
    const char *what;
    enum stapled answer;
    SECURITY_STATUS allowed, required, flagged; /* flagged: REVOCATION_CHECK_END_CERT, no list */
} by_answer[] = {
    { "no answer", NO_ANSWER, OK, NO_CHECK, NO_CHECK },
    { "good", GOOD, OK, OK, OK },
    { "revoked", BAD, REVOKED, REVOKED, REVOKED },
    { "unknown", DONT_KNOW, OK, NO_CHECK, NO_CHECK },
    { "old", OLD, OK, OFFLINE, OFFLINE },
    { "old and revoked", OLD_BAD, REVOKED, REVOKED, REVOKED },
    { "of the future", EARLY, OK, OFFLINE, OFFLINE },
    { "about another", OF_ANOTHER, OK, NO_CHECK, NO_CHECK },
    { "by a stranger", BY_STRANGER, OK, NO_CHECK, NO_CHECK },
    { "by the server", BY_LEAF_ITSELF, OK, NO_CHECK, NO_CHECK },
    { "by a responder", BY_DELEGATE, OK, OK, OK },
    { "by one that is no responder", BY_FALSE_DELEGATE, OK, NO_CHECK, NO_CHECK },
};

static struct cert responder, no_responder;

static struct ocsp_plan plan_of(enum stapled answer)
{
    const struct cert *const signers[ANSWERS] = { [BY_STRANGER] = &other_ca,
                                                  [BY_LEAF_ITSELF] = &good,
                                                  [BY_DELEGATE] = &responder,
                                                  [BY_FALSE_DELEGATE] = &no_responder };
    struct ocsp_plan plan = { .about = answer == OF_ANOTHER ? &person : &good,
                              .issuer = &ca,
                              .signer = signers[answer] ? signers[answer] : &ca };

    if (answer == BAD || answer == OLD_BAD)
        plan.status = V_OCSP_CERTSTATUS_REVOKED;
    if (answer == DONT_KNOW)
        plan.status = V_OCSP_CERTSTATUS_UNKNOWN;
    if (answer == OLD || answer == OLD_BAD) {
        plan.from = -9 * DAY;
        plan.until = -DAY;
    }
    if (answer == EARLY) {
        plan.from = DAY;
        plan.until = 2 * DAY;
    }
    return plan;
}

/* A server that staples the answer, from the settings. */
static void open_stapling(CredHandle *server, enum stapled answer)
{
    struct ocsp_plan plan = plan_of(answer);
    char *file = answer == NO_ANSWER ? NULL : ocsp_write("answer.der", &plan);
    char settings[1024];

    snprintf(settings, sizeof settings, "\"certificate\": [\"%s\"]%s%s%s", ours,
             file ? ", \"ocsp_response_file\": [\"" : "", file ? file : "", file ? "\"]" : "");
    manifest(settings);
    must_open(server, true, NULL, NULL, 0, 0);
    free(file);
}

static void staple(size_t i, CredHandle *server, enum ask ask, DWORD flags,
                   SECURITY_STATUS expected)
{
    char settings[64], what[128];
    struct meeting m = { .what = what,
                         .roots = roots,
                         .target = "localhost",
                         .flags = flags,
                         .expected = { expected, expected == OK ? OK : ILLEGAL } };

    snprintf(settings, sizeof settings, "\"ocsp\": \"%s\"", asks[ask]);
    snprintf(what, sizeof what, "%s, %s, flags 0x%x", by_answer[i].what, asks[ask],
             (unsigned)flags);
    manifest(settings);
    for (unsigned version = 0; version < COUNT(versions); version++)
        meet_with(&m, server, version);
}

static void test_stapled(void **state)
{
    (void)state;
    responder = cert_make(&(struct cert_plan){ .name = "OCSP", .usage = "OCSPSigning" }, &ca);
    no_responder = cert_make(&(struct cert_plan){ .name = "no OCSP" }, &ca);
    for (size_t i = 0; i < COUNT(by_answer); i++) {
        CredHandle server;

        open_stapling(&server, by_answer[i].answer);
        staple(i, &server, ALLOW, 0, by_answer[i].allowed);
        staple(i, &server, REQUIRE, 0, by_answer[i].required);
        staple(i, &server, OFF, 0, OK);
        staple(i, &server, ALLOW, END_CERT, by_answer[i].flagged);
        staple(i, &server, ALLOW, END_CERT | IGNORE_NONE, by_answer[i].allowed);
        staple(i, &server, REQUIRE, MANUAL, OK);
        FreeCredentialsHandle(&server);
    }
    cert_free(&responder);
    cert_free(&no_responder);
    manifest("");
}

/* What no client could read is not stapled: the server does not begin with it. */
static void test_unreadable_answers(void **state)
{
    char *files[] = { octets_write("garbage.der", "garbage", 7),
                      ocsp_write("later.der",
                                 &(struct ocsp_plan){ .answer = OCSP_RESPONSE_STATUS_TRYLATER }) };

    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        char settings[1024];
        CredHandle server;

        snprintf(settings, sizeof settings,
                 "\"certificate\": [\"%s\"], \"ocsp_response_file\": [\"%s\"]", ours, files[i]);
        manifest(settings);
        assert_int_equal(cred_open(&server, true, NULL, NULL, 0, 0), UNKNOWN);
        free(files[i]);
    }
    manifest("");
}

/* --- a client's certificate ------------------------------------------------------------------ */

static SECURITY_STATUS remote_of(struct tls_end *e)
{
    PCCERT_CONTEXT remote = NULL;
    SECURITY_STATUS status =
        QueryContextAttributesA(&e->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &remote);

    CertFreeCertificateContext(remote);
    return status;
}

struct visit {
    const char *what;
    const char *file; /* of the client's certificate; NULL: it has none */
    ULONG request;    /* the client's */
    DWORD flags;      /* the server's */
    ULONG asks;       /* the server's, ASC_REQ_* */
    struct ends expected;
    SECURITY_STATUS remote; /* where all is well: REMOTE_CERT_CONTEXT of the server */
};

static void visit_one(const struct visit *v, CredHandle *client, CredHandle *server,
                      unsigned version)
{
    struct tls_pair p;
    bool mutual;

    pair_open(&p, client, server);
    p.client.request = v->request;
    p.server.request = v->asks;
    struct ends met = connect_them(&p);
    ends_are(v->what, version, met, v->expected);
    if (met.server == OK && met.client == OK) {
        SECURITY_STATUS remote = remote_of(&p.server);

        mutual = p.server.granted & ASC_RET_MUTUAL_AUTH;
        if (remote != v->remote || mutual != (remote == OK && !(v->flags & MANUAL)))
            complain("%s: certificate 0x%08x, %s", v->what, (unsigned)remote,
                     mutual ? "mutual" : "not mutual");
    }
    pair_close(&p);
}

/* expected of 1.2; 1.3 differs in the alert for who has none, and is given where it does. */
static void visit(const struct visit *v, const struct ends *expected13)
{
    CredHandle client, server;

    must_open(&server, true, ours, roots, v->flags, 0);
    for (unsigned version = 0; version < COUNT(versions); version++) {
        struct visit now = *v;

        if (version == 1 && expected13)
            now.expected = *expected13;
        must_open(&client, false, v->file, roots, 0, versions[version]);
        visit_one(&now, &client, &server, version);
        FreeCredentialsHandle(&client);
    }
    FreeCredentialsHandle(&server);
}

#define MUTUAL ASC_REQ_MUTUAL_AUTH
#define SUPPLIED ISC_REQ_USE_SUPPLIED_CREDS

/* 81, 82 */
static void test_client_certificates(void **state)
{
    const struct visit cases[] = {
        { "not asked", NULL, 0, 0, 0, { OK, OK }, SEC_E_NO_CREDENTIALS },
        { "not asked, with one", hers, 0, 0, 0, { OK, OK }, SEC_E_NO_CREDENTIALS },
        { "asked", hers, 0, 0, MUTUAL, { OK, OK }, OK },
        { "asked, and says so", hers, SUPPLIED, 0, MUTUAL, { OK, OK }, OK },
        { "82: asked, has none", NULL, SUPPLIED, 0, MUTUAL, { OK, OK }, SEC_E_NO_CREDENTIALS },
        { "81: asked, to be told",
          NULL,
          0,
          0,
          MUTUAL,
          { SEC_I_INCOMPLETE_CREDENTIALS, SEC_I_CONTINUE_NEEDED },
          OK },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        visit(&cases[i], NULL);
}

static const struct {
    const char *what;
    struct cert_plan plan;
    enum issuer issuer;
    struct ends expected;
} strangers[] = {
    { "a good one", { .name = "alice", .usage = "clientAuth" }, BY_CA, { OK, OK } },
    { "without a name",
      { .name = "alice", .usage = "clientAuth", .no_san = true },
      BY_CA,
      { OK, OK } },
    { "for anything", { .name = "alice", .usage = "" }, BY_CA, { OK, OK } },
    { "of another CA",
      { .name = "alice", .usage = "clientAuth" },
      BY_ANOTHER,
      { UNTRUSTED, UNTRUSTED } },
    { "of her own",
      { .name = "alice", .usage = "clientAuth" },
      BY_ITSELF,
      { UNTRUSTED, UNTRUSTED } },
    { "expired",
      { .name = "alice", .usage = "clientAuth", .from = -9 * DAY, .until = -DAY },
      BY_CA,
      { EXPIRED, EXPIRED } },
    { "for servers", { .name = "alice" }, BY_CA, { UNKNOWN, USAGE } },
    { "by a second CA", { .name = "alice", .usage = "clientAuth" }, BY_SECOND, { OK, OK } },
};

static void test_strangers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(strangers); i++) {
        enum issuer by = strangers[i].issuer;
        const struct cert *issuer = by == BY_CA        ? &ca
                                    : by == BY_SECOND  ? &mid
                                    : by == BY_ANOTHER ? &other_ca
                                                       : NULL;
        struct cert leaf = cert_make(&strangers[i].plan, issuer);
        char *file = write_chain("stranger.pem", &leaf, by == BY_SECOND ? issuer : NULL, NULL);
        struct visit v = { .what = strangers[i].what,
                           .file = file,
                           .asks = MUTUAL,
                           .expected = strangers[i].expected,
                           .remote = OK };

        visit(&v, NULL);
        /* Where the program looks itself, all are let in. */
        v.flags = MANUAL;
        v.expected = (struct ends){ OK, OK };
        visit(&v, NULL);
        cert_free(&leaf);
        free(file);
    }
}

/* A revoked client: the lists and flags are the same on both sides. */
static void test_revoked_client(void **state)
{
    char *list = crl_write("crl-alice", &ca, &person), settings[1024];
    struct visit v = { .what = "a revoked client",
                       .file = hers,
                       .flags = END_CERT,
                       .asks = MUTUAL,
                       .expected = { REVOKED, REVOKED } };

    (void)state;
    snprintf(settings, sizeof settings, "\"crl_file\": [\"%s\"]", list);
    manifest(settings);
    visit(&v, NULL);
    v.flags = 0;
    visit(&v, NULL);
    manifest("");
    v.what = "no list for a client";
    v.flags = END_CERT;
    v.expected = (struct ends){ UNTRUSTED, NO_CHECK };
    visit(&v, NULL);
    v.flags = END_CERT | IGNORE_NONE;
    v.expected = (struct ends){ OK, OK };
    visit(&v, NULL);
    free(list);
}

/* What the settings say of clients' certificates. */
static void test_settings(void **state)
{
    const struct ends none12 = { ILLEGAL, SEC_E_NO_CREDENTIALS };
    const struct ends none13 = { SEC_E_NO_CREDENTIALS, SEC_E_NO_CREDENTIALS };
    struct visit v = { .what = "allow, with one", .file = hers, .expected = { OK, OK } };

    (void)state;
    manifest("\"client_certificate\": \"allow\"");
    visit(&v, NULL);
    v = (struct visit){ .what = "allow, with none",
                        .request = SUPPLIED,
                        .expected = { OK, OK },
                        .remote = SEC_E_NO_CREDENTIALS };
    visit(&v, NULL);
    manifest("\"client_certificate\": \"require\"");
    v = (struct visit){ .what = "require, with one", .file = hers, .expected = { OK, OK } };
    visit(&v, NULL);
    v = (struct visit){ .what = "require, with none", .request = SUPPLIED, .expected = none12 };
    visit(&v, &none13);
    v = (struct visit){ .what = "require, with none, manual",
                        .request = SUPPLIED,
                        .flags = MANUAL,
                        .expected = none12 };
    visit(&v, &none13);
    manifest("");
}

/* 81: the same input again, until there is an answer: another credential, or that there is none. */
static void answer_request(unsigned version, bool with_one, unsigned repeats)
{
    CredHandle client, server, alice;
    struct tls_pair p;

    must_open(&server, true, ours, roots, 0, 0);
    must_open(&client, false, NULL, roots, 0, versions[version]);
    must_open(&alice, false, hers, roots, 0, versions[version]);
    pair_open(&p, &client, &server);
    p.server.request = MUTUAL;
    assert_int_equal(pair_shake(&p, 0), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(p.client.status, SEC_I_INCOMPLETE_CREDENTIALS);
    size_t left = p.client.in.len;
    assert_true(left > 0);
    for (unsigned i = 0; i < repeats; i++) {
        assert_int_equal(end_leg(&p.client), SEC_I_INCOMPLETE_CREDENTIALS);
        assert_int_equal(p.client.in.len, left);
        assert_int_equal(p.client.out.len, 0);
    }
    if (with_one)
        p.client.cred = &alice;
    else
        p.client.request |= SUPPLIED;
    assert_true(end_leg(&p.client) >= 0);
    assert_int_equal(pair_shake(&p, 0), SEC_E_OK);
    assert_int_equal(remote_of(&p.server), with_one ? OK : SEC_E_NO_CREDENTIALS);
    assert_int_equal(!!(p.server.granted & ASC_RET_MUTUAL_AUTH), with_one);
    assert_true(pair_talks(&p));
    pair_close(&p);
    FreeCredentialsHandle(&alice);
    FreeCredentialsHandle(&client);
    FreeCredentialsHandle(&server);
}

static void test_incomplete_credentials(void **state)
{
    (void)state;
    for (unsigned version = 0; version < COUNT(versions); version++)
        for (unsigned repeats = 0; repeats < 3; repeats += 2)
            for (int with_one = 0; with_one < 2; with_one++)
                answer_request(version, with_one, repeats);
}

/* Given up in the middle of the question, nothing is left. */
static void test_no_answer(void **state)
{
    CredHandle client, server;
    struct tls_pair p;

    (void)state;
    must_open(&server, true, ours, roots, 0, 0);
    must_open(&client, false, NULL, roots, 0, 0);
    pair_open(&p, &client, &server);
    p.server.request = MUTUAL;
    assert_int_equal(pair_shake(&p, 0), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(p.client.status, SEC_I_INCOMPLETE_CREDENTIALS);
    pair_close(&p);
    FreeCredentialsHandle(&client);
    FreeCredentialsHandle(&server);
}

int main(void)
{
#define TRY(test) cmocka_unit_test_teardown(test, look_back)
    const struct CMUnitTest tests[] = {
        TRY(test_server_certificates),
        TRY(test_unchecked),
        TRY(test_manual_is_not_mutual),
        TRY(test_names),
        TRY(test_common_names),
        TRY(test_no_target),
        TRY(test_long_target),
        TRY(test_long_chains),
        TRY(test_second_cas),
        TRY(test_path_length),
        TRY(test_partial_roots),
        TRY(test_weak),
        TRY(test_weak_of_our_own),
        TRY(test_lists),
        TRY(test_stapled),
        TRY(test_unreadable_answers),
        TRY(test_client_certificates),
        TRY(test_strangers),
        TRY(test_revoked_client),
        TRY(test_settings),
        TRY(test_incomplete_credentials),
        TRY(test_no_answer),
    };

    return cmocka_run_group_tests_name("tls-verify", tests, begin, end);
}
