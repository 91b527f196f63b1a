/* SPDX-License-Identifier: Apache-2.0 */
/* test-exchange.c: both sides of the package against each other. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugins/ntlm/avpair.h"
#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/message.h"
#include "plugins/ntlm/test-pair.h"

static char *name_of(struct ssp_ctx *ctx)
{
    static char copy[256];
    SecPkgContext_NamesA names = { 0 };

    assert_int_equal(ntlm_package.query(ctx, SECPKG_ATTR_NAMES, &names, 0), SEC_E_OK);
    assert_true(strlen(names.sUserName) < sizeof copy);
    memcpy(copy, names.sUserName, strlen(names.sUserName) + 1);
    ntlm_host->release(names.sUserName);
    return copy;
}

static void assert_same_key(struct test_pair *p)
{
    SecPkgContext_SessionKey a = { 0 }, b = { 0 };

    assert_int_equal(ntlm_package.query(p->client.ctx, SECPKG_ATTR_SESSION_KEY, &a, 0), SEC_E_OK);
    assert_int_equal(ntlm_package.query(p->server.ctx, SECPKG_ATTR_SESSION_KEY, &b, 0), SEC_E_OK);
    assert_int_equal(a.SessionKeyLength, 16);
    assert_int_equal(b.SessionKeyLength, 16);
    assert_memory_equal(a.SessionKey, b.SessionKey, 16);
    ntlm_host->release(a.SessionKey);
    ntlm_host->release(b.SessionKey);
}

static void plain_exchange_works(void **state)
{
    struct test_pair p;

    (void)state;
    test_pair_open(&p, NULL);
    assert_int_equal(test_exchange(&p), SEC_E_OK);
    assert_string_equal(name_of(p.server.ctx), "alice");
    assert_string_equal(name_of(p.client.ctx), "alice");
    assert_int_equal(p.client.granted, ISC_RET_CONNECTION);
    assert_int_equal(p.server.granted, ASC_RET_CONNECTION);
    assert_same_key(&p);
    test_pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_exchange_works),
    };

    return cmocka_run_group_tests_name("ntlm exchange", tests, NULL, NULL);
}
