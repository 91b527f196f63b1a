/* SPDX-License-Identifier: Apache-2.0 */
/* ntlm-vectors.c: malformed and malicious NTLM messages, each with the status it must get. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugins/ntlm/host.h"
#include "plugins/ntlm/test-pair.h"
#include "plugins/ntlm/test-vectors.h"

/* "Secret-123!", the password of the vectors. */
static const char users[] = "alice:1000:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:"
                            "EC697E1A21698F7767B7CD195713091C:[U          ]:LCT-0:\n";

static SECURITY_STATUS negotiate(const struct vector *v, struct test_pair *p)
{
    return test_accept(&p->server, vector_bytes(v, "message"));
}

/* The client asks for all that the vectors' CHALLENGE offers. */
static SECURITY_STATUS challenge(const struct vector *v, struct test_pair *p)
{
    p->client.requested = TEST_SEAL;
    assert_int_equal(test_initiate(&p->client, span_of(NULL, 0)), SEC_I_CONTINUE_NEEDED);
    return test_initiate(&p->client, vector_bytes(v, "message"));
}

/* A server that has sent the CHALLENGE of the vector. */
static struct ssp_ctx *asked(const struct vector *v, struct ssp_instance *instance)
{
    struct ssp_ctx *ctx = ntlm_host->secret_alloc(sizeof *ctx);
    struct span first = vector_bytes(v, "negotiate"), second = vector_bytes(v, "challenge");

    assert_non_null(ctx);
    ctx->instance = instance;
    ctx->state = NTLM_CHALLENGED;
    ctx->sent = ntlm_host->secret_alloc(first.len + second.len);
    assert_non_null(ctx->sent);
    memcpy(ctx->sent, first.data, first.len);
    memcpy(ctx->sent + first.len, second.data, second.len);
    ctx->negotiate_len = first.len;
    ctx->sent_len = first.len + second.len;
    if (vector_has(v, "bindings")) {
        memcpy(ctx->bindings, vector_bytes(v, "bindings").data, sizeof ctx->bindings);
        ctx->has_bindings = true;
    }
    return ctx;
}

static SECURITY_STATUS authenticate(const struct vector *v, struct test_pair *p)
{
    if (vector_has(v, "now"))
        test_host.now = (int64_t)vector_number(v, "now");
    if (vector_has(v, "allow_null") && vector_number(v, "allow_null"))
        p->server.requested |= ASC_REQ_ALLOW_NULL_SESSION;
    if (vector_has(v, "allow_missing") && vector_number(v, "allow_missing"))
        p->server.requested |= ASC_REQ_ALLOW_MISSING_BINDINGS;
    p->server.ctx = asked(v, p->server.instance);
    return test_accept(&p->server, vector_bytes(v, "authenticate"));
}

/* The server's settings that a vector asks for. */
static void settings_of(const struct vector *v, struct test_setting settings[3], char spn[64])
{
    size_t n = 0;

    if (vector_has(v, "spn")) {
        struct span name = vector_text(v, "spn");

        assert_true(name.len < 64);
        memcpy(spn, name.data, name.len);
        spn[name.len] = '\0';
        settings[n++] = (struct test_setting){ "target_names", spn };
    }
    if (vector_has(v, "require_mic"))
        settings[n++] = (struct test_setting){ "require_mic",
                                               vector_number(v, "require_mic") ? "true" : "false" };
    settings[n] = (struct test_setting){ NULL, NULL };
}

static SECURITY_STATUS run(const struct vector *v, const char *file)
{
    struct test_setting server[4] = { { "user_file", file } };
    const struct test_options o = { .server = server };
    struct test_pair p;
    char spn[64];
    SECURITY_STATUS status;

    settings_of(v, server + 1, spn);
    test_pair_open(&p, &o);
    if (strcmp(v->op, "ntlm.hostile.negotiate") == 0)
        status = negotiate(v, &p);
    else if (strcmp(v->op, "ntlm.hostile.challenge") == 0)
        status = challenge(v, &p);
    else
        status = authenticate(v, &p);
    if (status == SEC_E_INVALID_TOKEN || status == SEC_E_LOGON_DENIED)
        assert_int_equal(test_host.last_status, status); /* said once, by who knew it first */
    test_pair_close(&p);                                 /* and nothing leaks */
    return status;
}

static void every_message_gets_its_status(void **state)
{
    struct vector v;
    char file[64];
    size_t n = 0;

    (void)state;
    test_write_file(file, users);
    assert_true(vectors_open("ntlm-hostile.txt"));
    for (; vectors_next(&v); n++) {
        SECURITY_STATUS got = run(&v, file);

        if (got != vector_status(&v)) {
            print_message("# %s: %#x (%s)\n", v.title, (unsigned)got, test_host.last);
            fail();
        }
    }
    vectors_close();
    (void)unlink(file);
    assert_int_equal(n, 129);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_gets_its_status),
    };

    return cmocka_run_group_tests_name("hostile ntlm messages", tests, NULL, NULL);
}
