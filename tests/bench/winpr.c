/* SPDX-License-Identifier: Apache-2.0 */
/*
 * winpr.c: the peer WinPR: its NTLM through its SSPI table, client and server in one process.
 * The server is given the account's NT hash, the cheapest way it has to check a client.
 */
#include "config.h"

#include "bench.h"

#include <stdio.h>
#include <string.h>

#include <winpr/ntlm.h>
#include <winpr/ssl.h>
#include <winpr/sspi.h>
#include <winpr/version.h>
#include <winpr/wlog.h>

#define USER "username"
#define DOMAIN "DOMAIN"
#define PASSWORD "P4ss123!"
#define ROOM 4096 /* bytes for a token */

struct kept {
    CtxtHandle client, server;
};

struct pair {
    SecurityFunctionTableA *table;
    SEC_WINNT_AUTH_IDENTITY me;
    BYTE nt_hash[16];
    CredHandle client_cred, server_cred;
    CtxtHandle client, server;
    BYTE *data;
    size_t bytes;
    BYTE trailer[64];
    ULONG seq; /* WinPR wants the caller to count */
    SecPkgContext_Sizes sizes;
    struct kept *kept;
    size_t n_kept;
    size_t room;
};

static void need(SECURITY_STATUS status, const char *what)
{
    if (status != SEC_E_OK)
        bench_die("%s: %#x", what, (unsigned)status);
}

/* A TOKEN buffer, alone. */
struct room {
    BYTE bytes[ROOM];
    SecBuffer buffer;
    SecBufferDesc all;
};

static SecBufferDesc *empty(struct room *r)
{
    r->buffer = (SecBuffer){ ROOM, SECBUFFER_TOKEN, r->bytes };
    r->all = (SecBufferDesc){ SECBUFFER_VERSION, 1, &r->buffer };
    return &r->all;
}

/* Between the server's last leg and its completion the application says what the hash is. */
static SECURITY_STATUS check_client(struct pair *p, struct room *token)
{
    SecPkgContext_AuthIdentity who;
    SecPkgContext_AuthNtlmHash hash = { .Version = 1 };

    need(p->table->QueryContextAttributesA(&p->server, SECPKG_ATTR_AUTH_IDENTITY, &who), "who");
    memcpy(hash.NtlmHash, p->nt_hash, sizeof hash.NtlmHash);
    need(
        p->table->SetContextAttributesA(&p->server, SECPKG_ATTR_AUTH_NTLM_HASH, &hash, sizeof hash),
        "set the hash");
    return p->table->CompleteAuthToken(&p->server, &token->all);
}

static SECURITY_STATUS exchange(struct pair *p)
{
    const ULONG ask = ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONFIDENTIALITY | ISC_REQ_USE_SESSION_KEY;
    const ULONG offer = ASC_REQ_MUTUAL_AUTH | ASC_REQ_CONFIDENTIALITY | ASC_REQ_CONNECTION |
                        ASC_REQ_USE_SESSION_KEY | ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT;
    struct room negotiate, challenge, authenticate, none;
    SECURITY_STATUS status;
    ULONG flags;
    TimeStamp expiry;

    SecInvalidateHandle(&p->client);
    SecInvalidateHandle(&p->server);
    status = p->table->InitializeSecurityContextA(&p->client_cred, NULL, NULL, ask, 0,
                                                  SECURITY_NATIVE_DREP, NULL, 0, &p->client,
                                                  empty(&negotiate), &flags, &expiry);
    if (status != SEC_I_CONTINUE_NEEDED)
        bench_die("first leg: %#x", (unsigned)status);
    status = p->table->AcceptSecurityContext(&p->server_cred, NULL, &negotiate.all, offer,
                                             SECURITY_NATIVE_DREP, &p->server, empty(&challenge),
                                             &flags, &expiry);
    if (status != SEC_I_CONTINUE_NEEDED)
        bench_die("second leg: %#x", (unsigned)status);
    status = p->table->InitializeSecurityContextA(
        &p->client_cred, &p->client, NULL, ask, 0, SECURITY_NATIVE_DREP, &challenge.all, 0,
        &p->client, empty(&authenticate), &flags, &expiry);
    if (status == SEC_I_COMPLETE_NEEDED)
        status = p->table->CompleteAuthToken(&p->client, &authenticate.all);
    need(status, "third leg");
    status = p->table->AcceptSecurityContext(&p->server_cred, &p->server, &authenticate.all, offer,
                                             SECURITY_NATIVE_DREP, &p->server, empty(&none), &flags,
                                             &expiry);
    if (status != SEC_I_COMPLETE_NEEDED)
        bench_die("fourth leg: %#x", (unsigned)status);
    return check_client(p, &none);
}

static void drop(struct pair *p)
{
    need(p->table->DeleteSecurityContext(&p->client), "DeleteSecurityContext");
    need(p->table->DeleteSecurityContext(&p->server), "DeleteSecurityContext");
}

static struct pair *pair_of(const char *password)
{
    struct pair *p = bench_alloc(sizeof *p);
    char package[] = "NTLM", real[] = PASSWORD;
    TimeStamp expiry;

    p->table = InitSecurityInterfaceExA(SSPI_INTERFACE_WINPR);
    bench_check(p->table);
    bench_check(sspi_SetAuthIdentity(&p->me, USER, DOMAIN, password) > 0);
    bench_check(NTOWFv1A(real, sizeof real - 1, p->nt_hash));
    need(p->table->AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &p->me,
                                             NULL, NULL, &p->client_cred, &expiry),
         "AcquireCredentialsHandle, client");
    need(p->table->AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL,
                                             NULL, &p->server_cred, &expiry),
         "AcquireCredentialsHandle, server");
    return p;
}

static void *set_up(const struct bench_case *c, unsigned thread)
{
    (void)c;
    (void)thread;
    return pair_of(PASSWORD);
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
    p->bytes = c->bytes;
    p->data = bench_alloc(c->bytes + 1);
    return p;
}

static void op_seal(void *state)
{
    struct pair *p = state;
    SecBuffer part[2] = { { (ULONG)p->bytes, SECBUFFER_DATA, p->data },
                          { 16, SECBUFFER_TOKEN, p->trailer } };
    SecBufferDesc message = { SECBUFFER_VERSION, 2, part };

    need(p->table->EncryptMessage(&p->client, 0, &message, p->seq++), "EncryptMessage");
}

static void op_seal_unseal(void *state)
{
    struct pair *p = state;
    SecBuffer part[2] = { { (ULONG)p->bytes, SECBUFFER_DATA, p->data },
                          { 16, SECBUFFER_TOKEN, p->trailer } };
    SecBufferDesc message = { SECBUFFER_VERSION, 2, part };
    ULONG qop;

    op_seal(state);
    need(p->table->DecryptMessage(&p->server, &message, p->seq - 1, &qop), "DecryptMessage");
}

#define CALLS 16 /* of what is measured in one operation */

static void op_query_table(void *state)
{
    struct pair *p = state;

    for (int i = 0; i < CALLS; i++)
        need(p->table->QueryContextAttributesA(&p->client, SECPKG_ATTR_SIZES, &p->sizes), "SIZES");
}

/* The exported function.  WinPR spells it without the A; its A table calls it too. */
static void op_query_export(void *state)
{
    struct pair *p = state;

    for (int i = 0; i < CALLS; i++)
        need(QueryContextAttributes(&p->client, SECPKG_ATTR_SIZES, &p->sizes), "SIZES");
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
        p->table->DeleteSecurityContext(&p->kept[i].client);
        p->table->DeleteSecurityContext(&p->kept[i].server);
    }
    p->n_kept = 0;
}

static const char *info(void)
{
    return "WinPR " WINPR_VERSION_FULL ", NT hash given by the server";
}

static const struct bench_case cases[] = {
    { "ntlm/exchange", set_up, op_exchange, 0, 0, 0, keep, delete_kept },
    { "ntlm/seal+unseal/64", set_up_messages, op_seal_unseal, 64, 0, 0, NULL, NULL },
    { "ntlm/seal+unseal/1024", set_up_messages, op_seal_unseal, 1024, 0, 0, NULL, NULL },
    { "ntlm/seal+unseal/16384", set_up_messages, op_seal_unseal, 16384, 0, 0, NULL, NULL },
    { "ntlm/seal+unseal/1048576", set_up_messages, op_seal_unseal, 1048576, 0, 0, NULL, NULL },
    { "ntlm/seal/1024", set_up_messages, op_seal, 1024, 0, 0, NULL, NULL },
    { "dispatch/table", set_up_messages, op_query_table, 0, 0, CALLS, NULL, NULL },
    { "dispatch/export", set_up_messages, op_query_export, 0, 0, CALLS, NULL, NULL },
};

int main(int argc, char **argv)
{
    static const struct bench_program program = { info, cases, sizeof cases / sizeof *cases };

    WLog_SetLogLevel(WLog_GetRoot(), WLOG_OFF);
    winpr_InitializeSSL(WINPR_SSL_INIT_DEFAULT); /* loads the legacy provider: MD4, RC4 */
    /* A server that lets a wrong password pass has done no work to be measured. */
    bench_check(exchange(pair_of("wrong")) != SEC_E_OK);
    return bench_main(argc, argv, &program);
}
