/* SPDX-License-Identifier: Apache-2.0 */
/* test-load.c: modules that are right, and modules that are not what the manifest says. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/load.h"
#include "core/test-tree.h"

struct fixture {
    struct tree tree;
    struct heard heard;
    struct findings to;
    struct manifest m;
    struct ssp_package calls;
    struct ssp_instance *instance;
};

static int make(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    tree_make(&f->tree);
    f->to = (struct findings){ .say = hear, .arg = &f->heard };
    assert_int_equal(mfst_defaults(f->tree.root, &f->m), SEC_E_OK);
    *state = f;
    return 0;
}

static int unmake(void **state)
{
    struct fixture *f = *state;

    mfst_free(&f->m);
    tree_remove(&f->tree);
    free(f);
    return 0;
}

/* Load an entry of these keys; "line" 3 is where the keys begin. */
static SECURITY_STATUS try_load(struct fixture *f, const char *name, const char *module,
                                const char *keys)
{
    char text[2048], folder[PATH_MAX];
    SECURITY_STATUS status;

    mfst_free(&f->m);
    memset(&f->heard, 0, sizeof f->heard);
    memset(&f->calls, 0, sizeof f->calls);
    f->instance = NULL;
    snprintf(text, sizeof text, "{ \"name\": \"%s\",\n\"module\": \"%s\"%s%s }", name, module,
             *keys ? ",\n" : "", keys);
    assert_int_equal(mfst_parse(MFST_DROP_IN, "FILE", span_str(text), &f->to, &f->m), SEC_E_OK);
    assert_string_equal(f->heard.all, "");
    assert_int_equal(f->m.count, 1);
    snprintf(folder, sizeof folder, "%s", tree_path(&f->tree, "modules"));
    status = load_package(f->m.entries[0], folder, &f->to, &f->calls, &f->instance);
    if (status != SEC_E_OK) {
        assert_null(f->calls.name);
        assert_null(f->instance);
    }
    return status;
}

static void stop(struct fixture *f)
{
    if (f->calls.stop)
        f->calls.stop(f->instance);
}

static void loads(struct fixture *f, const char *name, const char *module, const char *keys)
{
    SECURITY_STATUS status = try_load(f, name, module, keys);

    if (status != SEC_E_OK)
        fail_msg("0x%x: %s", (unsigned)status, f->heard.all);
    assert_string_equal(f->heard.all, "");
}

/* Refused, on that line of the manifest, in those words. */
static void refused(struct fixture *f, const char *name, const char *module, const char *keys,
                    int line, const char *words)
{
    SECURITY_STATUS status = try_load(f, name, module, keys);

    if (status != SEC_E_CANNOT_INSTALL || f->heard.count != 1 || f->heard.line != line ||
        !strstr(f->heard.text, words))
        fail_msg("wanted '%s' on line %d, got 0x%x %s", words, line, (unsigned)status,
                 f->heard.all);
    assert_int_equal(f->heard.fatal, 1);
}

static void collect(void *arg, const char *name, bool disabled)
{
    char *all = arg;
    size_t used = strlen(all);

    (void)disabled;
    snprintf(all + used, 512 - used, "%s;", name);
}

static const char *accounts(struct fixture *f, char all[512])
{
    *all = '\0';
    assert_non_null(f->calls.account_each);
    assert_int_equal(f->calls.account_each(f->instance, collect, all), SEC_E_OK);
    return all;
}

/* --- what is right --------------------------------------------------------------------------- */

static void a_package_is_loaded_and_started_with_its_settings(void **state)
{
    struct fixture *f = *state;
    char all[512];

    (void)tree_module(&f->tree, "mock-good.so", "good.so");
    loads(f, "good", "good.so",
          "\"capabilities\": [\"integrity\", \"connection\"], \"max_token\": 4000,\n"
          "\"oids\": [\"2.25.77\", \"1.2.3.4\"],\n"
          "\"settings\": { \"number\": 7, \"flag\": false, \"list\": [\"p\", \"q\"],"
          "\"free\": -99999, \"inner\": { \"text\": \"deep\", \"any\": 1 } }");
    assert_string_equal(f->calls.name, "Good");
    assert_string_equal(accounts(f, all), "starts 1 stops 0;number 7;flag 0;p;q;deep;");
    assert_null(f->calls.encrypt);
    stop(f);
}

static void a_single_text_is_a_list_of_one(void **state)
{
    struct fixture *f = *state;
    char all[512];

    (void)tree_module(&f->tree, "mock-good.so", "good.so");
    loads(f, "Good", "good.so", "\"settings\": { \"list\": \"only\" }");
    assert_non_null(strstr(accounts(f, all), ";only;nothing inside;"));
    stop(f);
}

static void two_packages_share_a_module(void **state)
{
    struct fixture *f = *state;
    char all[512];

    (void)tree_module(&f->tree, "mock-two-packages.so", "two.so");
    loads(f, "First", "two.so", "");
    assert_int_equal(f->calls.max_token, 1);
    loads(f, "Second", "two.so", "");
    assert_int_equal(f->calls.max_token, 2);
    assert_string_equal(accounts(f, all), "asked once;");
}

/* The table ends after decrypt: what lies behind it is not taken for functions. */
static void a_package_of_an_older_minor_version_works(void **state)
{
    struct fixture *f = *state;

    (void)tree_module(&f->tree, "mock-old-abi-minor.so", "old.so");
    loads(f, "Old", "old.so", "\"max_token\": 1000");
    assert_non_null(f->calls.decrypt);
    assert_int_equal(f->calls.decrypt(NULL, (struct ssp_buffers){ NULL, 0 }, 0, NULL),
                     SEC_E_CONTEXT_EXPIRED);
    assert_null(f->calls.query);
    assert_null(f->calls.explain);
    assert_null(f->calls.account_each);
    assert_null(f->calls.open_certificate);
}

static void a_pin_that_fits_is_no_hindrance(void **state)
{
    struct fixture *f = *state;
    char keys[128], line[80], command[PATH_MAX + 32];
    FILE *p;

    (void)tree_module(&f->tree, "mock-liar.so", "liar.so");
    snprintf(command, sizeof command, "sha256sum '%s'", f->tree.path);
    p = popen(command, "r");
    assert_non_null(p);
    assert_non_null(fgets(line, sizeof line, p));
    pclose(p);
    snprintf(keys, sizeof keys, "\"sha256\": \"%.64s\"", line);
    loads(f, "Liar", "liar.so", keys);
}

/* --- what is wrong --------------------------------------------------------------------------- */

static void a_module_that_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(try_load(f, "A", "ghost.so", ""), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(f->heard.line, 2);
    assert_non_null(strstr(f->heard.text, "there is no module"));
}

static void what_is_no_module_is_refused(void **state)
{
    struct fixture *f = *state;

    (void)tree_write(&f->tree, "modules/text.so", "hello\n");
    refused(f, "A", "text.so", "", 2, "cannot be loaded");
    (void)tree_write(&f->tree, "modules/empty.so", "");
    refused(f, "A", "empty.so", "", 2, "cannot be loaded");
    (void)tree_module(&f->tree, "mock-no-entry.so", "no-entry.so");
    refused(f, "A", "no-entry.so", "", 2, "ssp_package_entry");
    refused(f, "A", "no-entry.so", "\"interface\": \"sspi-table\"", 2, "InitSecurityInterfaceW");
    (void)tree_module(&f->tree, "mock-empty.so", "empty.so");
    refused(f, "A", "empty.so", "", 2, "no packages");
}

/* Bound at once: a symbol that nobody has does not wait until it is called. */
static void a_module_with_an_unresolved_symbol_is_refused(void **state)
{
    struct fixture *f = *state;

    (void)tree_module(&f->tree, "mock-unresolved.so", "unresolved.so");
    refused(f, "A", "unresolved.so", "", 2, "mock_nobody_has_this");
}

static void another_major_version_is_refused(void **state)
{
    struct fixture *f = *state;

    (void)tree_module(&f->tree, "mock-other-major.so", "newer.so");
    refused(f, "Newer", "newer.so", "", 2, "version 2 of the package ABI");
    (void)tree_module(&f->tree, "mock-stump.so", "stump.so");
    refused(f, "Stump", "stump.so", "", 2, "table of 8 bytes");
}

static void a_module_must_own_to_what_the_manifest_says(void **state)
{
    struct fixture *f = *state;

    (void)tree_module(&f->tree, "mock-liar.so", "liar.so");
    refused(f, "Honest", "liar.so", "", 1, "manifest says Honest, the module");
    refused(f, "Liar", "liar.so", "\"capabilities\": [\"integrity\"]", 3,
            "says 0x1, the module 0x2");
    refused(f, "Liar", "liar.so", "\"max_token\": 99", 3, "says 99, the module 100");
    refused(f, "Liar", "liar.so", "\"oids\": [\"1.2.3\", \"1.2.4\"]", 3, "other mechanisms");
    refused(f, "Liar", "liar.so", "\"oids\": []", 3, "other mechanisms");
    loads(f, "Liar", "liar.so",
          "\"capabilities\": \"0x2\", \"max_token\": 100, \"oids\": [\"1.2.3\"]");
}

static void settings_must_be_ones_that_the_package_has(void **state)
{
    static const struct {
        const char *keys;
        int line;
        const char *words;
    } bad[] = {
        { "\"settings\": {\n\"nmuber\": 7 }", 4, "no setting \"nmuber\"" },
        { "\"settings\": {\n\n\"number\": \"7\" }", 5, "must be an integer" },
        { "\"settings\": {\n\"number\": 11 }", 4, "allowed are 1 to 10" },
        { "\"settings\": {\n\"number\": 0 }", 4, "allowed are 1 to 10" },
        { "\"settings\": {\n\"flag\": 1 }", 4, "true or false" },
        { "\"settings\": {\n\"start\": \"soon\" }", 4, "none of its words" },
        { "\"settings\": {\n\"start\": [] }", 4, "must be text" },
        { "\"settings\": {\n\"list\": 5 }", 4, "array of text" },
        { "\"settings\": {\n\"list\": [\"a\",\n5] }", 5, "an item is not text" },
        { "\"settings\": {\n\"inner\": [] }", 4, "must be an object" },
    };
    struct fixture *f = *state;

    (void)tree_module(&f->tree, "mock-good.so", "good.so");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(f, "Good", "good.so", bad[i].keys, bad[i].line, bad[i].words);
    (void)tree_module(&f->tree, "mock-liar.so", "liar.so");
    refused(f, "Liar", "liar.so", "\"settings\": {\n\"any\": 7 }", 4, "no setting \"any\"");
}

static void a_package_that_would_not_start_says_why(void **state)
{
    struct fixture *f = *state;

    (void)tree_module(&f->tree, "mock-good.so", "good.so");
    assert_int_equal(try_load(f, "Good", "good.so", "\"settings\": { \"start\": \"badly\" }"),
                     SEC_E_NO_CREDENTIALS);
    assert_string_equal(f->heard.text, "package Good would not start: the settings say so");
    assert_int_equal(try_load(f, "Good", "good.so", "\"settings\": { \"start\": \"poorly\" }"),
                     SEC_E_INSUFFICIENT_MEMORY);
    assert_int_equal(f->heard.count, 0);
}

static void a_pin_that_does_not_fit_is_refused(void **state)
{
    struct fixture *f = *state;

    (void)tree_module(&f->tree, "mock-good.so", "good.so");
    refused(f, "Good", "good.so",
            "\"sha256\": \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"", 3,
            "is not the file that the pin is of");
}

static void a_module_that_others_write_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(chmod(tree_module(&f->tree, "mock-good.so", "good.so"), 0777), 0);
    assert_int_equal(try_load(f, "Good", "good.so", ""), SEC_E_CANNOT_INSTALL);
    assert_non_null(strstr(f->heard.text, "can be written by anyone"));
    assert_int_equal(chmod(tree_path(&f->tree, "modules/good.so"), 0755), 0);
    assert_int_equal(chmod(tree_path(&f->tree, "modules"), 0777), 0);
    assert_int_equal(try_load(f, "Good", "good.so", ""), SEC_E_CANNOT_INSTALL);
}

static void an_entry_cannot_use_other_packages(void **state)
{
    struct fixture *f = *state;
    char all[512];

    (void)tree_module(&f->tree, "mock-nosy.so", "nosy.so");
    loads(f, "Nosy", "nosy.so", "");
    assert_string_equal(accounts(f, all), "refused;");
}

/* --- files that change ----------------------------------------------------------------------- */

/* An upgrade puts a new file under the old name: what was checked is what is loaded. */
static void a_file_that_replaced_another_is_loaded_anew(void **state)
{
    struct fixture *f = *state;
    char folder[PATH_MAX], a_so[PATH_MAX + 8];

    (void)tree_module(&f->tree, "mock-liar.so", "a.so");
    loads(f, "Liar", "a.so", "");
    snprintf(folder, sizeof folder, "%s", tree_path(&f->tree, "modules"));
    assert_true(load_is_current(f->m.entries[0], folder));
    /* Renamed over it, as installers do: the old file keeps its inode until then. */
    (void)tree_module(&f->tree, "mock-two-packages.so", "b.so");
    snprintf(a_so, sizeof a_so, "%s/a.so", folder);
    assert_int_equal(rename(f->tree.path, a_so), 0);
    assert_false(load_is_current(f->m.entries[0], folder));
    loads(f, "First", "a.so", "");
    assert_int_equal(f->calls.max_token, 1);
    refused(f, "Liar", "a.so", "", 1, "has First, Second");
}

static void a_file_that_was_written_over_is_refused(void **state)
{
    struct fixture *f = *state;
    struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = 1000000000 } };

    (void)tree_module(&f->tree, "mock-liar.so", "a.so");
    loads(f, "Liar", "a.so", "");
    assert_int_equal(utimensat(AT_FDCWD, tree_path(&f->tree, "modules/a.so"), times, 0), 0);
    refused(f, "Liar", "a.so", "", 2, "written over since");
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_package_is_loaded_and_started_with_its_settings),
        IN_TREE(a_single_text_is_a_list_of_one),
        IN_TREE(two_packages_share_a_module),
        IN_TREE(a_package_of_an_older_minor_version_works),
        IN_TREE(a_pin_that_fits_is_no_hindrance),
        IN_TREE(a_module_that_is_not_there_is_not_found),
        IN_TREE(what_is_no_module_is_refused),
        IN_TREE(a_module_with_an_unresolved_symbol_is_refused),
        IN_TREE(another_major_version_is_refused),
        IN_TREE(a_module_must_own_to_what_the_manifest_says),
        IN_TREE(settings_must_be_ones_that_the_package_has),
        IN_TREE(a_package_that_would_not_start_says_why),
        IN_TREE(a_pin_that_does_not_fit_is_refused),
        IN_TREE(a_module_that_others_write_is_refused),
        IN_TREE(an_entry_cannot_use_other_packages),
        IN_TREE(a_file_that_replaced_another_is_loaded_anew),
        IN_TREE(a_file_that_was_written_over_is_refused),
    };
    return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
