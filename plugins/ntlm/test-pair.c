/* SPDX-License-Identifier: Apache-2.0 */
/* test-pair.c: a client and a server of the package, over memory. */
#include "config.h"

#include "plugins/ntlm/test-pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/ntlm/host.h"

/* NT hash of "secret". */
#define SECRET_HASH "878D8014606CDA29677A44EFA1353FC7"

static const char users[] =
    "# users for tests\n"
    "alice:1000:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:" SECRET_HASH ":[U          ]:LCT-5F000000:\n"
    "dora:1001:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:" SECRET_HASH ":[UD         ]:LCT-5F000000:\n"
    "nora:1002:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:" SECRET_HASH ":[UN         ]:LCT-5F000000:\n"
    "\xc3\xa9l\xc3\xa8ve:1003:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:" SECRET_HASH ":[U   ]:LCT-0:\n"
    "alice@example.test:1004:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:" SECRET_HASH ":[U   ]:LCT-0:\n";

static void must(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "Bail out! test-pair: %s\n", what);
    abort();
}

void test_write_file(char *path, const char *text)
{
    const char *folder = getenv("TMPDIR");

    (void)snprintf(path, 64, "%s/ntlm-XXXXXX", folder && strlen(folder) < 40 ? folder : "/tmp");
    int fd = mkstemp(path);
    must(fd >= 0, "no temporary file");
    must(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "cannot write");
    must(close(fd) == 0, "cannot close");
}

static struct span given(const char *text)
{
    return text ? span_str(text) : span_of(NULL, 0);
}

static void open_client(struct test_end *end, const struct test_options *o)
{
    const struct ssp_settings settings = { .all = o->client };
    const char *user = o->user ? o->user : "alice";
    const struct ssp_identity identity = {
        .user = span_str(user),
        .domain = given(o->domain),
        .password = span_str(o->password ? o->password
                             : user[0]   ? "secret"
                                         : ""),
    };
    struct ssp_acquire a = { .size = sizeof a, .use = SECPKG_CRED_OUTBOUND, .identity = &identity };

    must(ntlm_package.start(&settings, &end->instance) == SEC_E_OK, "client does not start");
    must(ntlm_package.acquire(end->instance, &a, &end->cred) == SEC_E_OK, "no client credential");
    end->requested = o->isc;
}

static void open_server(struct test_end *end, const struct test_options *o)
{
    const struct ssp_settings settings = { .all = o->server };
    struct ssp_acquire a = { .size = sizeof a, .use = SECPKG_CRED_INBOUND };

    must(ntlm_package.start(&settings, &end->instance) == SEC_E_OK, "server does not start");
    must(ntlm_package.acquire(end->instance, &a, &end->cred) == SEC_E_OK, "no server credential");
    end->requested = o->asc;
}

void test_pair_open(struct test_pair *p, const struct test_options *o)
{
    static const struct test_options plain;

    if (!o)
        o = &plain;
    test_host_open();
    *p = (struct test_pair){ .file = "" };
    test_write_file(p->file, users);
    must(setenv("NTLM_USER_FILE", p->file, 1) == 0, "setenv");
    open_client(&p->client, o);
    open_server(&p->server, o);
}

static void end_close(struct test_end *end)
{
    if (end->ctx)
        ntlm_package.delete_ctx(end->ctx);
    end->ctx = NULL;
    ntlm_host->token_clear(&end->reply);
}

void test_pair_again(struct test_pair *p)
{
    end_close(&p->client);
    end_close(&p->server);
}

void test_pair_close(struct test_pair *p)
{
    test_pair_again(p);
    ntlm_package.free_cred(p->client.cred);
    ntlm_package.free_cred(p->server.cred);
    ntlm_package.stop(p->client.instance);
    ntlm_package.stop(p->server.instance);
    (void)unlink(p->file);
    must(test_host.live == 0, "memory was not given back");
}

typedef SECURITY_STATUS leg_fn(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step);

static SECURITY_STATUS run(struct test_end *end, struct span token, leg_fn *leg)
{
    struct ssp_step step = { .size = sizeof step,
                             .requested = end->requested,
                             .token = token,
                             .bindings = end->bindings,
                             .target = given(end->target),
                             .reply = &end->reply,
                             .expiry = INT64_MAX };

    ntlm_host->token_clear(&end->reply);
    SECURITY_STATUS status = leg(end->cred, &end->ctx, &step);
    must(status >= 0 || end->reply.len == 0, "a refusal left a token");
    end->granted = step.granted;
    return status;
}

SECURITY_STATUS test_initiate(struct test_end *end, struct span token)
{
    return run(end, token, ntlm_package.initiate);
}

SECURITY_STATUS test_accept(struct test_end *end, struct span token)
{
    return run(end, token, ntlm_package.accept);
}

struct span test_reply(const struct test_end *end)
{
    return span_of(end->reply.data, end->reply.len);
}

SECURITY_STATUS test_exchange(struct test_pair *p)
{
    SECURITY_STATUS status = test_initiate(&p->client, span_of(NULL, 0));

    if (status >= 0)
        status = test_accept(&p->server, test_reply(&p->client));
    if (status >= 0)
        status = test_initiate(&p->client, test_reply(&p->server));
    return status < 0 ? status : test_accept(&p->server, test_reply(&p->client));
}
