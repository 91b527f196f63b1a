/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ours.c: exchanges and messages through libsspi, client and server in one process.
 *
 * The manifest that SSPI_CONFIG names has the packages, and the accounts they need.
 */
#include "config.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sspi/sspi.h"
#include "sspi/sspix.h"

#define USER "username"
#define DOMAIN "DOMAIN"
#define PASSWORD "P4ss123!"
#define ROOM 4096 /* bytes for a token */

/* What a case needs: which package. */
enum package { NTLM, NEGOTIATE };

static const char *const names[] = { "NTLM", "Negotiate" };

struct kept {
    CtxtHandle client, server;
};

struct pair {
    CredHandle client_cred, server_cred;
    CtxtHandle client, server;
    uint8_t *data;
    size_t bytes;
    uint8_t trailer[256];
    SecPkgContext_Sizes sizes;
    struct kept *kept;
    size_t n_kept;
    size_t room;
};

static void need(SECURITY_STATUS status, const char *what)
{
    const char *name = sspi_status_name(status);

    if (status != SEC_E_OK)
        bench_die("%s: %s (%#x)", what, name ? name : "?", (unsigned)status);
}

/* A TOKEN buffer, alone. */
struct room {
    uint8_t bytes[ROOM];
    SecBuffer buffer;
    SecBufferDesc all;
};

static SecBufferDesc *empty(struct room *r)
{
    r->buffer = (SecBuffer){ ROOM, SECBUFFER_TOKEN, r->bytes };
    r->all = (SecBufferDesc){ SECBUFFER_VERSION, 1, &r->buffer };
    return &r->all;
}

/* After a leg: complete it if need be.  true: this side is not done. */
static bool goes_on(SECURITY_STATUS status, CtxtHandle *context, struct room *token,
                    const char *what)
{
    if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE)
        need(CompleteAuthToken(context, &token->all), "CompleteAuthToken");
    if (status == SEC_I_CONTINUE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE)
        return true;
    if (status != SEC_I_COMPLETE_NEEDED)
        need(status, what);
    return false;
}

static void exchange(struct pair *p)
{
    const ULONG ask = ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT |
                      ISC_REQ_SEQUENCE_DETECT | ISC_REQ_USE_SESSION_KEY;
    const ULONG offer = ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY | ASC_REQ_REPLAY_DETECT |
                        ASC_REQ_SEQUENCE_DETECT | ASC_REQ_USE_SESSION_KEY;
    struct room to_server, to_client;
    bool client_on = true, server_on = true, first_c = true, first_s = true;
    char target[] = "host/server.example";
    ULONG flags;
    TimeStamp expiry;

    to_client.buffer.cbBuffer = 0;
    while (client_on || server_on) {
        if (client_on) {
            client_on = goes_on(InitializeSecurityContextA(
                                    &p->client_cred, first_c ? NULL : &p->client, target, ask, 0,
                                    SECURITY_NATIVE_DREP, first_c ? NULL : &to_client.all, 0,
                                    &p->client, empty(&to_server), &flags, &expiry),
                                &p->client, &to_server, "InitializeSecurityContext");
            first_c = false;
        }
        if (server_on) {
            server_on =
                goes_on(AcceptSecurityContext(&p->server_cred, first_s ? NULL : &p->server,
                                              &to_server.all, offer, SECURITY_NATIVE_DREP,
                                              &p->server, empty(&to_client), &flags, &expiry),
                        &p->server, &to_client, "AcceptSecurityContext");
            first_s = false;
        }
        if (client_on && to_client.buffer.cbBuffer == 0)
            bench_die("the client waits for a token that does not come");
    }
}

static void drop(struct pair *p)
{
    need(DeleteSecurityContext(&p->client), "DeleteSecurityContext");
    need(DeleteSecurityContext(&p->server), "DeleteSecurityContext");
}

static void acquire(struct pair *p, const char *package, const char *password)
{
    SEC_WINNT_AUTH_IDENTITY_A me = {
        .User = (UCHAR *)strdup(USER),
        .UserLength = sizeof USER - 1,
        .Domain = (UCHAR *)strdup(DOMAIN),
        .DomainLength = sizeof DOMAIN - 1,
        .Password = (UCHAR *)strdup(password),
        .PasswordLength = (ULONG)strlen(password),
        .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
    };
    TimeStamp expiry;

    need(AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &me, NULL, NULL,
                                   &p->client_cred, &expiry),
         "AcquireCredentialsHandle, client");
    need(AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                   &p->server_cred, &expiry),
         "AcquireCredentialsHandle, server");
    free(me.User);
    free(me.Domain);
    free(me.Password);
}

static void *set_up(const struct bench_case *c, unsigned thread)
{
    struct pair *p = bench_alloc(sizeof *p);

    (void)thread;
    acquire(p, names[c->arg], PASSWORD);
    return p;
}

static void op_exchange(void *state)
{
    exchange(state);
    drop(state);
}

static void *set_up_messages(const struct bench_case *c, unsigned thread)
{
    struct pair *p = set_up(c, thread);

    exchange(p);
    need(QueryContextAttributesA(&p->client, SECPKG_ATTR_SIZES, &p->sizes), "SIZES");
    bench_check(p->sizes.cbSecurityTrailer <= sizeof p->trailer);
    p->bytes = c->bytes;
    p->data = bench_alloc(c->bytes);
    return p;
}

static void op_seal_unseal(void *state)
{
    struct pair *p = state;
    SecBuffer part[2] = { { (ULONG)p->bytes, SECBUFFER_DATA, p->data },
                          { p->sizes.cbSecurityTrailer, SECBUFFER_TOKEN, p->trailer } };
    SecBufferDesc message = { SECBUFFER_VERSION, 2, part };
    ULONG qop;

    need(EncryptMessage(&p->client, 0, &message, 0), "EncryptMessage");
    need(DecryptMessage(&p->server, &message, 0, &qop), "DecryptMessage");
}

static void op_seal(void *state)
{
    struct pair *p = state;
    SecBuffer part[2] = { { (ULONG)p->bytes, SECBUFFER_DATA, p->data },
                          { p->sizes.cbSecurityTrailer, SECBUFFER_TOKEN, p->trailer } };
    SecBufferDesc message = { SECBUFFER_VERSION, 2, part };

    need(EncryptMessage(&p->client, 0, &message, 0), "EncryptMessage");
}

static void keep(void *state)
{
    struct pair *p = state;

    exchange(p);
    if (p->n_kept == p->room) {
        bench_check(p->room == 0); /* growing it here would be counted as theirs */
        p->room = 100000;
        p->kept = bench_alloc(p->room * sizeof *p->kept);
        memset(p->kept, 1, p->room * sizeof *p->kept);
    }
    p->kept[p->n_kept++] = (struct kept){ p->client, p->server };
}

static void delete_kept(void *state)
{
    struct pair *p = state;

    for (size_t i = 0; i < p->n_kept; i++) {
        need(DeleteSecurityContext(&p->kept[i].client), "DeleteSecurityContext");
        need(DeleteSecurityContext(&p->kept[i].server), "DeleteSecurityContext");
    }
    p->n_kept = 0;
}

static const char *info(void)
{
    static char text[64];

    snprintf(text, sizeof text, "OpenSSPI %s", sspi_version());
    return text;
}

#define MESSAGES(name, package)                                                                        \
    { name "/seal+unseal/64", set_up_messages, op_seal_unseal, 64, package, 0, NULL, NULL },           \
        { name "/seal+unseal/1024", set_up_messages, op_seal_unseal, 1024, package, 0, NULL, NULL },   \
        { name "/seal+unseal/16384", set_up_messages, op_seal_unseal, 16384, package, 0, NULL, NULL }, \
        { name "/seal+unseal/1048576",                                                                 \
          set_up_messages,                                                                             \
          op_seal_unseal,                                                                              \
          1048576,                                                                                     \
          package,                                                                                     \
          0,                                                                                           \
          NULL,                                                                                        \
          NULL },                                                                                      \
    {                                                                                                  \
        name "/seal/1024", set_up_messages, op_seal, 1024, package, 0, NULL, NULL                      \
    }

static const struct bench_case cases[] = {
    { "ntlm/exchange", set_up, op_exchange, 0, NTLM, 0, keep, delete_kept },
    MESSAGES("ntlm", NTLM),
    { "negotiate/exchange", set_up, op_exchange, 0, NEGOTIATE, 0, keep, delete_kept },
    MESSAGES("negotiate", NEGOTIATE),
};

int main(int argc, char **argv)
{
    static const struct bench_program program = { info, cases, sizeof cases / sizeof *cases };

    return bench_main(argc, argv, &program);
}
