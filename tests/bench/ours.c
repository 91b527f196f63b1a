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
#define TARGET "host/server.example"
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
    ULONG client_has, server_has; /* flags */
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

/* After a leg: its completion, if it wants one.  SEC_E_OK: this side is done. */
static SECURITY_STATUS finish(SECURITY_STATUS status, CtxtHandle *context, struct room *token)
{
    SECURITY_STATUS done = SEC_E_OK;

    if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE)
        done = CompleteAuthToken(context, &token->all);
    if (done < 0)
        return done;
    if (status == SEC_I_COMPLETE_AND_CONTINUE)
        return SEC_I_CONTINUE_NEEDED;
    return status == SEC_I_COMPLETE_NEEDED ? SEC_E_OK : status;
}

static SECURITY_STATUS step_client(struct pair *p, bool first, struct room *theirs,
                                   struct room *ours)
{
    const ULONG ask = ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT |
                      ISC_REQ_SEQUENCE_DETECT | ISC_REQ_USE_SESSION_KEY;
    TimeStamp expiry;
    SECURITY_STATUS status = InitializeSecurityContextA(
        &p->client_cred, first ? NULL : &p->client, TARGET, ask, 0, SECURITY_NATIVE_DREP,
        first ? NULL : &theirs->all, 0, &p->client, empty(ours), &p->client_has, &expiry);

    return finish(status, &p->client, ours);
}

static SECURITY_STATUS step_server(struct pair *p, bool first, struct room *theirs,
                                   struct room *ours)
{
    const ULONG offer = ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY | ASC_REQ_REPLAY_DETECT |
                        ASC_REQ_SEQUENCE_DETECT | ASC_REQ_USE_SESSION_KEY;
    TimeStamp expiry;
    SECURITY_STATUS status = AcceptSecurityContext(
        &p->server_cred, first ? NULL : &p->server, &theirs->all, offer, SECURITY_NATIVE_DREP,
        &p->server, empty(ours), &p->server_has, &expiry);

    return finish(status, &p->server, ours);
}

/* A whole exchange.  The first failure, of either side. */
static SECURITY_STATUS exchange(struct pair *p)
{
    SECURITY_STATUS client = SEC_I_CONTINUE_NEEDED, server = SEC_I_CONTINUE_NEEDED;
    struct room to_server, to_client;

    for (bool first = true; client != SEC_E_OK || server != SEC_E_OK; first = false) {
        if (client != SEC_E_OK)
            client = step_client(p, first, &to_client, &to_server);
        if (client >= 0 && server != SEC_E_OK)
            server = step_server(p, first, &to_server, &to_client);
        if (client < 0 || server < 0)
            return client < 0 ? client : server;
    }
    /* What was not obtained was not paid for. */
    bench_check(p->client_has & ISC_RET_CONFIDENTIALITY && p->server_has & ASC_RET_CONFIDENTIALITY);
    return SEC_E_OK;
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

static void free_credentials(struct pair *p)
{
    need(FreeCredentialsHandle(&p->client_cred), "FreeCredentialsHandle");
    need(FreeCredentialsHandle(&p->server_cred), "FreeCredentialsHandle");
}

/* A server that lets a wrong password pass has done no work to be measured. */
static void check_refusal(const char *package)
{
    struct pair p = { 0 };

    acquire(&p, package, "wrong");
    bench_check(exchange(&p) == SEC_E_LOGON_DENIED);
    drop(&p);
    free_credentials(&p);
}

static void *set_up(const struct bench_case *c, unsigned thread)
{
    struct pair *p = bench_alloc(sizeof *p);

    (void)thread;
    check_refusal(names[c->arg]);
    acquire(p, names[c->arg], PASSWORD);
    return p;
}

static void op_exchange(void *state)
{
    need(exchange(state), "exchange");
    drop(state);
}

static void *set_up_messages(const struct bench_case *c, unsigned thread)
{
    struct pair *p = set_up(c, thread);

    need(exchange(p), "exchange");
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

    need(exchange(p), "exchange");
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

#define EXCHANGE(name, package)                                                                    \
    {                                                                                              \
        name "/exchange", set_up, op_exchange, 0, package, 0, keep, delete_kept                    \
    }
#define SEAL(name, op, bytes, package)                                                             \
    {                                                                                              \
        name "/" #bytes, set_up_messages, op, bytes, package, 0, NULL, NULL                        \
    }

static const struct bench_case cases[] = {
    EXCHANGE("ntlm", NTLM),
    SEAL("ntlm/seal+unseal", op_seal_unseal, 64, NTLM),
    SEAL("ntlm/seal+unseal", op_seal_unseal, 1024, NTLM),
    SEAL("ntlm/seal+unseal", op_seal_unseal, 16384, NTLM),
    SEAL("ntlm/seal+unseal", op_seal_unseal, 1048576, NTLM),
    SEAL("ntlm/seal", op_seal, 1024, NTLM),
    EXCHANGE("negotiate", NEGOTIATE),
    SEAL("negotiate/seal+unseal", op_seal_unseal, 64, NEGOTIATE),
    SEAL("negotiate/seal+unseal", op_seal_unseal, 16384, NEGOTIATE),
};

int main(int argc, char **argv)
{
    static const struct bench_program program = { info, cases, sizeof cases / sizeof *cases };

    return bench_main(argc, argv, &program);
}
