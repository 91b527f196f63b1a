/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gss.c: the peers behind MIT's GSS-API: gss-ntlmssp, and the price of MIT's own dispatcher.
 *
 * NTLM_USER_FILE has the account, by password or by NT hash: the driver starts one of each.
 */
#include "config.h"

#include "bench.h"

#include <stdio.h>
#include <string.h>

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#define CALLS 16 /* of what is measured in one operation, for the cheap ones */

struct kept {
    gss_ctx_id_t client, server;
};

struct pair {
    gss_cred_id_t client_cred, server_cred;
    gss_name_t target;
    gss_ctx_id_t client, server;
    char *data;
    size_t bytes;
    struct kept *kept;
    size_t n_kept;
    size_t room;
};

/* 1.3.6.1.4.1.311.2.2.10 */
static gss_OID mechanism(void)
{
    static char bytes[] = "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a";
    static gss_OID_desc ntlm = { sizeof bytes - 1, bytes };

    return &ntlm;
}

static void need(OM_uint32 major, const OM_uint32 *minor, const char *what)
{
    if (GSS_ERROR(major))
        bench_die("%s: %#x, %#x", what, major, *minor);
}

static gss_name_t name_of(const char *text, gss_OID type)
{
    char copy[64];
    gss_buffer_desc b = { strlen(text), copy };
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 minor;

    bench_check(b.length < sizeof copy);
    memcpy(copy, text, b.length + 1);
    need(gss_import_name(&minor, &b, type, &name), &minor, "gss_import_name");
    return name;
}

static void exchange(struct pair *p)
{
    const OM_uint32 ask =
        GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG;
    OM_uint32 client = GSS_S_CONTINUE_NEEDED, server = GSS_S_CONTINUE_NEEDED, minor, ignored;
    gss_buffer_desc to_server = GSS_C_EMPTY_BUFFER, to_client = GSS_C_EMPTY_BUFFER;

    p->client = GSS_C_NO_CONTEXT;
    p->server = GSS_C_NO_CONTEXT;
    while (client == GSS_S_CONTINUE_NEEDED || server == GSS_S_CONTINUE_NEEDED) {
        client = gss_init_sec_context(&minor, p->client_cred, &p->client, p->target, mechanism(),
                                      ask, 0, GSS_C_NO_CHANNEL_BINDINGS, &to_client, NULL,
                                      &to_server, NULL, NULL);
        need(client, &minor, "gss_init_sec_context");
        gss_release_buffer(&ignored, &to_client);
        if (to_server.length == 0)
            break;
        server = gss_accept_sec_context(&minor, &p->server, p->server_cred, &to_server,
                                        GSS_C_NO_CHANNEL_BINDINGS, NULL, NULL, &to_client, NULL,
                                        NULL, NULL);
        need(server, &minor, "gss_accept_sec_context");
        gss_release_buffer(&ignored, &to_server);
    }
    bench_check(client == GSS_S_COMPLETE && server == GSS_S_COMPLETE);
}

static void drop(struct pair *p)
{
    OM_uint32 minor;

    gss_delete_sec_context(&minor, &p->client, GSS_C_NO_BUFFER);
    gss_delete_sec_context(&minor, &p->server, GSS_C_NO_BUFFER);
}

static void *set_up(const struct bench_case *c, unsigned thread)
{
    struct pair *p = bench_alloc(sizeof *p);
    gss_OID_set_desc set = { 1, mechanism() };
    gss_name_t user = name_of("DOMAIN\\username", GSS_C_NT_USER_NAME);
    OM_uint32 minor;

    (void)c;
    (void)thread;
    p->target = name_of("host@server.example", GSS_C_NT_HOSTBASED_SERVICE);
    need(gss_acquire_cred(&minor, user, GSS_C_INDEFINITE, &set, GSS_C_INITIATE, &p->client_cred,
                          NULL, NULL),
         &minor, "gss_acquire_cred, client");
    need(gss_acquire_cred(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &set, GSS_C_ACCEPT,
                          &p->server_cred, NULL, NULL),
         &minor, "gss_acquire_cred, server");
    gss_release_name(&minor, &user);
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
    p->bytes = c->bytes;
    p->data = bench_alloc(c->bytes + 1);
    return p;
}

static void op_wrap_unwrap(void *state)
{
    struct pair *p = state;
    gss_buffer_desc in = { p->bytes, p->data }, wrapped, back;
    OM_uint32 minor;
    int sealed = 0;

    need(gss_wrap(&minor, p->client, 1, GSS_C_QOP_DEFAULT, &in, &sealed, &wrapped), &minor,
         "gss_wrap");
    bench_check(sealed);
    need(gss_unwrap(&minor, p->server, &wrapped, &back, &sealed, NULL), &minor, "gss_unwrap");
    bench_check(back.length == p->bytes && sealed);
    gss_release_buffer(&minor, &wrapped);
    gss_release_buffer(&minor, &back);
}

static void op_wrap(void *state)
{
    struct pair *p = state;
    gss_buffer_desc in = { p->bytes, p->data }, wrapped;
    OM_uint32 minor;
    int sealed = 0;

    need(gss_wrap(&minor, p->client, 1, GSS_C_QOP_DEFAULT, &in, &sealed, &wrapped), &minor,
         "gss_wrap");
    bench_check(sealed);
    gss_release_buffer(&minor, &wrapped);
}

static void op_context_time(void *state)
{
    struct pair *p = state;
    OM_uint32 minor, left;

    for (int i = 0; i < CALLS; i++)
        need(gss_context_time(&minor, p->client, &left), &minor, "gss_context_time");
}

static void op_inquire_context(void *state)
{
    struct pair *p = state;
    OM_uint32 minor, left, flags;
    int local, open;

    for (int i = 0; i < CALLS; i++)
        need(gss_inquire_context(&minor, p->client, NULL, NULL, &left, NULL, &flags, &local, &open),
             &minor, "gss_inquire_context");
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
    OM_uint32 minor;

    for (size_t i = 0; i < p->n_kept; i++) {
        gss_delete_sec_context(&minor, &p->kept[i].client, GSS_C_NO_BUFFER);
        gss_delete_sec_context(&minor, &p->kept[i].server, GSS_C_NO_BUFFER);
    }
    p->n_kept = 0;
}

static const char *info(void)
{
    return "gss-ntlmssp through MIT's GSS-API";
}

static const struct bench_case cases[] = {
    { "ntlm/exchange", set_up, op_exchange, 0, 0, 0, keep, delete_kept },
    { "ntlm/seal+unseal/64", set_up_messages, op_wrap_unwrap, 64, 0, 0, NULL, NULL },
    { "ntlm/seal+unseal/1024", set_up_messages, op_wrap_unwrap, 1024, 0, 0, NULL, NULL },
    { "ntlm/seal+unseal/16384", set_up_messages, op_wrap_unwrap, 16384, 0, 0, NULL, NULL },
    { "ntlm/seal+unseal/1048576", set_up_messages, op_wrap_unwrap, 1048576, 0, 0, NULL, NULL },
    { "ntlm/seal/1024", set_up_messages, op_wrap, 1024, 0, 0, NULL, NULL },
    { "dispatch/context_time", set_up_messages, op_context_time, 0, 0, CALLS, NULL, NULL },
    { "dispatch/inquire_context", set_up_messages, op_inquire_context, 0, 0, CALLS, NULL, NULL },
};

int main(int argc, char **argv)
{
    static const struct bench_program program = { info, cases, sizeof cases / sizeof *cases };

    return bench_main(argc, argv, &program);
}
