/* SPDX-License-Identifier: Apache-2.0 */
/* test-status.c: every code has one name and one sentence. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "sspi/sspix.h"

static void a_code_has_its_name_and_a_sentence(void **state)
{
    (void)state;
    assert_string_equal(sspi_status_name(SEC_E_OK), "SEC_E_OK");
    assert_string_equal(sspi_status_name(SEC_E_LOGON_DENIED), "SEC_E_LOGON_DENIED");
    assert_string_equal(sspi_status_name((SECURITY_STATUS)0x80092010), "CRYPT_E_REVOKED");
    assert_string_equal(sspi_status_name((SECURITY_STATUS)0x80070057), "E_INVALIDARG");
    assert_non_null(strstr(sspi_status_text(SEC_E_LOGON_DENIED), "password"));
}

static void a_code_with_two_names_gives_the_first(void **state)
{
    (void)state;
    assert_string_equal(sspi_status_name(SEC_E_NOT_SUPPORTED), "SEC_E_UNSUPPORTED_FUNCTION");
    assert_string_equal(sspi_status_name(SEC_E_NO_SPM), "SEC_E_INTERNAL_ERROR");
}

static void a_code_without_a_name_gives_nothing(void **state)
{
    (void)state;
    assert_null(sspi_status_name((SECURITY_STATUS)0x80090344)); /* a hole in the list */
    assert_null(sspi_status_text(1));
    assert_null(sspi_status_name(-1));
}

static void names_are_found_without_regard_to_case(void **state)
{
    SECURITY_STATUS status = 1;

    (void)state;
    assert_true(sspi_status_find("sec_e_bad_bindings", &status));
    assert_int_equal(status, SEC_E_BAD_BINDINGS);
    assert_true(sspi_status_find("SEC_E_NO_SPM", &status));
    assert_int_equal(status, SEC_E_INTERNAL_ERROR);
    assert_true(sspi_status_find("SEC_E_NOT_SUPPORTED", &status));
    assert_int_equal(status, SEC_E_UNSUPPORTED_FUNCTION);
}

static void what_is_no_name_is_not_found(void **state)
{
    static const char *const bad[] = { "", "SEC_E", "SEC_E_OK ", "0x80090308", "SEC_E_OKAY" };
    SECURITY_STATUS status = 77;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(sspi_status_find(bad[i], &status));
    assert_false(sspi_status_find(NULL, &status));
    assert_false(sspi_status_find("SEC_E_OK", NULL));
    assert_int_equal(status, 77);
}

/* Of the whole facility: a name leads back to its code, and no two codes share a sentence. */
static void names_and_codes_lead_to_one_another(void **state)
{
    const char *texts[256];
    size_t n = 0;

    (void)state;
    for (uint32_t half = 0; half < 2; half++) {
        for (uint32_t low = 0x300; low < 0x400; low++) {
            SECURITY_STATUS code = (SECURITY_STATUS)((half ? 0x80090000u : 0x00090000u) | low);
            const char *name = sspi_status_name(code), *text = sspi_status_text(code);
            SECURITY_STATUS back = 0;

            assert_true(!name == !text);
            if (!name)
                continue;
            assert_true(sspi_status_find(name, &back));
            assert_int_equal(back, code);
            assert_int_equal(text[strlen(text) - 1], '.');
            for (size_t i = 0; i < n; i++)
                assert_string_not_equal(texts[i], text);
            texts[n++] = text;
        }
    }
    /* specs/sspi.md section 2: 95 lines, of which SEC_E_OK is outside and two are aliases. */
    assert_int_equal(n, 92);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_has_its_name_and_a_sentence),
        cmocka_unit_test(a_code_with_two_names_gives_the_first),
        cmocka_unit_test(a_code_without_a_name_gives_nothing),
        cmocka_unit_test(names_are_found_without_regard_to_case),
        cmocka_unit_test(what_is_no_name_is_not_found),
        cmocka_unit_test(names_and_codes_lead_to_one_another),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
