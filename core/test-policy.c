/* SPDX-License-Identifier: Apache-2.0 */
/* test-policy.c: allow and deny, by program and by direction. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/policy.h"

#define IN SECPKG_CRED_INBOUND
#define OUT SECPKG_CRED_OUTBOUND
#define BOTH SECPKG_CRED_BOTH

/* Does an entry of these keys let the program by? */
static bool allows(const char *keys, uint32_t use, const char *program)
{
    char text[1024];
    struct manifest m;
    bool yes;

    snprintf(text, sizeof text, "{ \"name\": \"A\", \"module\": \"a.so\"%s }", keys);
    assert_int_equal(mfst_defaults("/nowhere", &m), SEC_E_OK);
    assert_int_equal(mfst_parse(MFST_DROP_IN, "FILE", span_str(text), NULL, &m), SEC_E_OK);
    assert_int_equal(m.count, 1);
    assert_false(m.entries[0]->broken);
    yes = policy_allows_program(m.entries[0], use, program);
    mfst_free(&m);
    return yes;
}

static void without_rules_everyone_may(void **state)
{
    (void)state;
    assert_true(allows("", BOTH, "/bin/x"));
    assert_true(allows("", IN, NULL));
    assert_true(allows("", 0, NULL));
}

static void an_allow_list_keeps_all_others_out(void **state)
{
    static const char keys[] = ", \"allow\": [ { \"program\": \"/usr/sbin/sshd\" } ]";

    (void)state;
    assert_true(allows(keys, BOTH, "/usr/sbin/sshd"));
    assert_false(allows(keys, OUT, "/usr/sbin/sshd2"));
    assert_false(allows(keys, IN, "/usr/sbin"));
    assert_false(allows(keys, 0, "/bin/x"));
    assert_false(allows(keys, OUT, NULL));
    assert_false(allows(", \"allow\": []", OUT, "/bin/x"));
}

static void a_deny_rule_goes_before_an_allow_rule(void **state)
{
    static const char keys[] = ", \"allow\": [ { \"program\": \"/bin/*\" } ],"
                               "\"deny\": [ { \"program\": \"/bin/x\" } ]";

    (void)state;
    assert_true(allows(keys, BOTH, "/bin/y"));
    assert_false(allows(keys, OUT, "/bin/x"));
    assert_false(allows(", \"deny\": [ { \"program\": \"/bin/x\" } ]", OUT, NULL));
}

static void a_rule_may_be_of_one_direction(void **state)
{
    static const char deny[] = ", \"deny\": [ { \"direction\": \"inbound\" } ]";
    static const char allow[] = ", \"allow\": [ { \"direction\": \"outbound\" } ]";
    static const char each[] = ", \"allow\": [ { \"program\": \"/a\", \"direction\": \"inbound\" },"
                               "{ \"program\": \"/a\", \"direction\": \"outbound\" } ]";

    (void)state;
    assert_false(allows(deny, IN, "/bin/x"));
    assert_true(allows(deny, OUT, "/bin/x"));
    assert_false(allows(deny, BOTH, "/bin/x"));
    assert_true(allows(deny, 0, "/bin/x"));
    assert_false(allows(allow, IN, NULL));
    assert_true(allows(allow, OUT, NULL));
    assert_false(allows(allow, BOTH, "/bin/x"));
    assert_true(allows(each, BOTH, "/a"));
}

static void a_pattern_does_not_reach_into_folders(void **state)
{
    static const char keys[] = ", \"allow\": [ { \"program\": \"/opt/*/bin/s?\" } ]";

    (void)state;
    assert_true(allows(keys, OUT, "/opt/app/bin/sh"));
    assert_false(allows(keys, OUT, "/opt/a/b/bin/sh"));
    assert_false(allows(keys, OUT, "/opt/app/bin/s/"));
    assert_false(allows(keys, OUT, "/opt/app/bin/shh"));
}

static void the_program_is_the_one_that_runs(void **state)
{
    char exe[PATH_MAX], text[2 * PATH_MAX + 256];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    struct manifest m;

    (void)state;
    if (n < 0) {
        print_message("# no /proc/self/exe\n");
        skip();
    }
    exe[n] = '\0';
    snprintf(text, sizeof text,
             "{ \"packages\": [ { \"name\": \"A\", \"module\": \"a\", \"deny\": [ { \"program\": "
             "\"%s\" } ] }, { \"name\": \"B\", \"module\": \"a\", \"allow\": [ { \"program\": "
             "\"%s\" } ] } ] }",
             exe, exe);
    assert_int_equal(mfst_defaults("/nowhere", &m), SEC_E_OK);
    assert_int_equal(mfst_parse(MFST_DROP_IN, "FILE", span_str(text), NULL, &m), SEC_E_OK);
    assert_false(policy_allows(m.entries[0], OUT));
    assert_true(policy_allows(m.entries[1], OUT));
    mfst_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules_everyone_may),
        cmocka_unit_test(an_allow_list_keeps_all_others_out),
        cmocka_unit_test(a_deny_rule_goes_before_an_allow_rule),
        cmocka_unit_test(a_rule_may_be_of_one_direction),
        cmocka_unit_test(a_pattern_does_not_reach_into_folders),
        cmocka_unit_test(the_program_is_the_one_that_runs),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
