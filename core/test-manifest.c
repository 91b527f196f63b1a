/* SPDX-License-Identifier: Apache-2.0 */
/* test-manifest.c: manifests that are right, and every way for one to be wrong. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <jansson.h>

#include "core/manifest.h"
#include "core/settings.h"
#include "core/test-tree.h"

struct fixture {
    struct tree tree;
    struct heard heard;
    struct findings to;
    struct manifest m;
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

/* In memory of exactly its size, so that a stray read is seen. */
static SECURITY_STATUS parse_bytes(struct fixture *f, enum mfst_kind kind, const void *bytes,
                                   size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    SECURITY_STATUS status;

    assert_non_null(copy);
    memcpy(copy, bytes, n);
    memset(&f->heard, 0, sizeof f->heard);
    f->to.fatal = false;
    status = mfst_parse(kind, "FILE", span_of(copy, n), &f->to, &f->m);
    free(copy);
    return status;
}

static SECURITY_STATUS parse(struct fixture *f, enum mfst_kind kind, const char *text)
{
    return parse_bytes(f, kind, text, strlen(text));
}

/* The entry of a drop-in with nothing wrong. */
static const struct mfst_entry *good(struct fixture *f, const char *text)
{
    size_t before = f->m.count;

    assert_int_equal(parse(f, MFST_DROP_IN, text), SEC_E_OK);
    assert_string_equal(f->heard.all, "");
    assert_int_equal(f->m.count, before + 1);
    assert_false(f->m.entries[before]->broken);
    return f->m.entries[before];
}

/* One fault, on that line, in those words. */
static void wrong(struct fixture *f, enum mfst_kind kind, const char *text, int line,
                  const char *words)
{
    (void)parse(f, kind, text);
    if (f->heard.count != 1 || f->heard.line != line || !strstr(f->heard.text, words))
        fail_msg("wanted '%s' on line %d of %s\ngot %s", words, line, text, f->heard.all);
    assert_true(f->to.fatal);
    assert_string_equal(f->heard.file, "FILE");
}

/* --- what is right --------------------------------------------------------------------------- */

static void an_entry_needs_a_name_and_a_module_only(void **state)
{
    const struct mfst_entry *e = good(*state, "{ \"name\": \"A\", \"module\": \"a.so\" }");

    assert_string_equal(e->name, "A");
    assert_string_equal(e->module, "a.so");
    assert_string_equal(e->comment, "");
    assert_null(e->aliases[0]);
    assert_null(e->oids[0]);
    assert_int_equal(e->interface, MFST_SSP);
    assert_true(e->enabled);
    assert_false(e->required);
    assert_false(e->has_capabilities || e->has_oids || e->has_max_token || e->pinned);
    assert_int_equal(e->version, 1);
    assert_int_equal(e->rpc_id, 0xffff);
    assert_int_equal(e->rank, 0);
    assert_null(e->allow);
    assert_int_equal(e->n_deny, 0);
    assert_non_null(e->settings);
    assert_int_equal(settings_integer(e->settings, "anything", 5), 5);
}

static void an_entry_may_have_every_key(void **state)
{
    const struct mfst_entry *e = good(
        *state,
        "{ \"$schema\": \"x\", \"name\": \"A b\", \"module\": \"a.so\", \"interface\": "
        "\"sspi-table\",\n"
        "\"aliases\": [\"B\", \"C\"], \"comment\": \"Stra\\u00dfe\", \"enabled\": false,\n"
        "\"required\": true, \"capabilities\": [\"integrity\", \"privacy\", \"negotiable\"],\n"
        "\"oids\": [\"1.3.6.1.4.1.311.2.2.10\", \"2.999.4294967295\"], \"rank\": -5,\n"
        "\"version\": 2, \"rpc_id\": 10, \"max_token\": 2888,\n"
        "\"settings\": { \"n\": 3, \"t\": \"x\", \"b\": true, \"l\": [\"p\", \"q\"] },\n"
        "\"sha256\": \"00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100\",\n"
        "\"allow\": [ { \"program\": \"/usr/sbin/*\", \"direction\": \"inbound\" }, {\"program\": "
        "\"/x\"} ],\n"
        "\"deny\": [ { \"direction\": \"outbound\" } ] }");

    assert_string_equal(e->name, "A b");
    assert_string_equal(e->aliases[1], "C");
    assert_null(e->aliases[2]);
    assert_string_equal(e->comment, "Stra\xc3\x9f"
                                    "e");
    assert_int_equal(e->interface, MFST_SSPI_TABLE);
    assert_false(e->enabled);
    assert_true(e->required && e->has_capabilities && e->has_oids && e->has_max_token);
    assert_int_equal(e->capabilities, 0x803);
    assert_string_equal(e->oids[1], "2.999.4294967295");
    assert_int_equal(e->rank, -5);
    assert_int_equal(e->version, 2);
    assert_int_equal(e->rpc_id, 10);
    assert_int_equal(e->max_token, 2888);
    assert_true(e->pinned);
    assert_int_equal(e->sha256[1], 0x11);
    assert_int_equal(e->sha256[16], 0xff);
    assert_int_equal(e->n_allow, 2);
    assert_string_equal(e->allow[0].program, "/usr/sbin/*");
    assert_int_equal(e->allow[0].use, SECPKG_CRED_INBOUND);
    assert_int_equal(e->allow[1].use, SECPKG_CRED_BOTH);
    assert_null(e->deny[0].program);
    assert_int_equal(e->deny[0].use, SECPKG_CRED_OUTBOUND);
    assert_int_equal(settings_integer(e->settings, "n", 0), 3);
    assert_string_equal(settings_text(e->settings, "t", ""), "x");
    assert_true(settings_boolean(e->settings, "b", false));
    assert_string_equal(settings_item(e->settings, "l", 1), "q");
    assert_null(settings_item(e->settings, "l", 2));
}

static void capabilities_may_be_a_number(void **state)
{
    assert_int_equal(good(*state, "{\"name\":\"A\",\"module\":\"a\",\"capabilities\":\"0x82b37\"}")
                         ->capabilities,
                     0x82b37);
    assert_int_equal(
        good(*state, "{\"name\":\"B\",\"module\":\"a\",\"capabilities\":535351}")->capabilities,
        535351);
    assert_int_equal(
        good(*state, "{\"name\":\"C\",\"module\":\"a\",\"capabilities\":[]}")->capabilities, 0);
}

static void a_file_may_hold_several_packages(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse(f, MFST_DROP_IN,
                           "{ \"packages\": [\n"
                           "  { \"name\": \"A\", \"module\": \"a.so\" },\n"
                           "  { \"name\": \"B\", \"module\": \"a.so\" } ] }"),
                     SEC_E_OK);
    assert_int_equal(f->m.count, 2);
    assert_int_equal(f->m.entries[0]->line, 2);
    assert_int_equal(f->m.entries[1]->line, 3);
    assert_int_equal(mfst_line(f->m.entries[1], "module", NULL, -1), 3);
}

static void the_main_file_has_limits_and_packages(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse(f, MFST_MAIN,
                           "{ \"handshake_timeout_ms\": 0, \"max_half_open\": 5, \"max_legs\": 6,\n"
                           "\"max_token\": 1024, \"module_folder\": \"/m\", \"reload\": "
                           "\"changed\", \"trace\": \"json:/t\",\n"
                           "\"packages\": [ { \"name\": \"A\", \"module\": \"a.so\" } ] }"),
                     SEC_E_OK);
    assert_string_equal(f->heard.all, "");
    assert_int_equal(f->m.limits.handshake_timeout_ms, 0);
    assert_int_equal(f->m.limits.max_half_open, 5);
    assert_int_equal(f->m.limits.max_legs, 6);
    assert_int_equal(f->m.limits.max_token, 1024);
    assert_string_equal(f->m.module_folder, "/m");
    assert_string_equal(f->m.trace, "json:/t");
    assert_true(f->m.follow);
    assert_int_equal(f->m.count, 1);
}

static void an_empty_object_changes_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse(f, MFST_MAIN, "{}"), SEC_E_OK);
    assert_int_equal(f->m.limits.handshake_timeout_ms, 30000);
    assert_int_equal(f->m.limits.max_half_open, 10000);
    assert_int_equal(f->m.limits.max_legs, 64);
    assert_int_equal(f->m.limits.max_token, 65536);
    assert_null(f->m.trace);
    assert_false(f->m.follow);
}

/* --- what is wrong --------------------------------------------------------------------------- */

static void a_broken_main_file_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *words;
    } bad[] = {
        { "", 1, "expected" },
        { "{", 1, "expected" },
        { "{\n\"max_legs\": 5,\n", 3, "expected" },
        { "[]", 1, "must hold an object" },
        { "{}{}", 1, "the end of the file is expected" },
        { "{\n\"max_legs\": 5,\n\"max_legs\": 5 }", 3, "duplicate" },
        { "{\n\n\"max_leg\": 5 }", 3, "unknown key \"max_leg\"" },
        { "{\n\"Max_legs\": 5 }", 2, "unknown key" },
        { "{\n\"max_legs\": \"5\" }", 2, "must be an integer" },
        { "{\n\"max_legs\": 5.0 }", 2, "must be an integer" },
        { "{\n\"max_legs\": 0 }", 2, "allowed are 1 to" },
        { "{\n\"max_legs\": -1 }", 2, "allowed are 1 to" },
        { "{\n\"handshake_timeout_ms\": 4294967296 }", 2, "allowed are" },
        { "{\n\"max_token\": 99999999999999999999999999 }", 2, "too big" },
        { "{\n\"max_token\": null }", 2, "must be an integer" },
        { "{\n\"module_folder\": \"lib\" }", 2, "absolute" },
        { "{\n\"module_folder\": 1 }", 2, "absolute" },
        { "{\n\"trace\": \"here\" }", 2, "absolute path" },
        { "{\n\"trace\": \"json:\" }", 2, "absolute path" },
        { "{\n\"trace\": [] }", 2, "absolute path" },
        { "{\n\"reload\": \"always\" }", 2, "\"never\" or \"changed\"" },
        { "{\n\"reload\": true }", 2, "\"never\" or \"changed\"" },
        { "{\n\"packages\": {} }", 2, "must be an array" },
        { "{\n\"$schema\": 1 }", 2, "must be text" },
        { "{ \"module_folder\": \"/a\\u0000b\" }", 1, "stand for no text" },
        { "{ \"module_folder\": \"/a\\nb\" }", 1, "absolute" },
        { "{ \"comment\": \"\xff\" }", 1, "stand for no text" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fixture *f = *state;

        wrong(f, MFST_MAIN, bad[i].text, bad[i].line, bad[i].words);
        assert_int_equal(parse(f, MFST_MAIN, bad[i].text), SEC_E_CANNOT_INSTALL);
        assert_int_equal(f->m.count, 0);
    }
}

static void a_broken_entry_is_told_with_its_line(void **state)
{
    static const struct {
        const char *text; /* behind name and module on line 1 */
        int line;
        const char *words;
    } bad[] = {
        { "\n\"modul\": 1", 2, "unknown key \"modul\"" },
        { "\n\"interface\": \"gss\"", 2, "\"ssp\" or \"sspi-table\"" },
        { "\n\"aliases\": \"B\"", 2, "must be an array" },
        { "\n\"aliases\": [\n\"B\",\n5]", 4, "must be text" },
        { "\n\"aliases\": [\"B\",\n\"b\"]", 3, "twice" },
        { "\n\"aliases\": [\"\"]", 2, "empty" },
        { "\n\"comment\": {}", 2, "must be text" },
        { "\n\"comment\": \"a\\tb\"", 2, "control" },
        { "\n\"enabled\": 1", 2, "true or false" },
        { "\n\"required\": \"yes\"", 2, "true or false" },
        { "\n\"capabilities\": [\"integrity\",\n\"Privacy\"]", 3, "\"Privacy\"" },
        { "\n\"capabilities\": [\"integrity\",\n\"integrity\"]", 3, "twice" },
        { "\n\"capabilities\": [1]", 2, "name of one" },
        { "\n\"capabilities\": \"integrity\"", 2, "0x82b37" },
        { "\n\"capabilities\": \"0x\"", 2, "0x82b37" },
        { "\n\"capabilities\": \"0x123456789\"", 2, "0x82b37" },
        { "\n\"capabilities\": -1", 2, "allowed" },
        { "\n\"capabilities\": 4294967296", 2, "allowed" },
        { "\n\"capabilities\": true", 2, "array of words" },
        { "\n\"oids\": [\"1.2\",\n\"1\"]", 3, "object identifier" },
        { "\n\"oids\": [\"1.2\", \"1.2\"]", 2, "twice" },
        { "\n\"oids\": {}", 2, "array" },
        { "\n\"rank\": 2147483648", 2, "allowed" },
        { "\n\"rank\": \"1\"", 2, "integer" },
        { "\n\"version\": 65536", 2, "allowed" },
        { "\n\"rpc_id\": -1", 2, "allowed" },
        { "\n\"max_token\": 0", 2, "allowed" },
        { "\n\"settings\": []", 2, "must be an object" },
        { "\n\"sha256\": \"abc\"", 2, "64 hexadecimal" },
        { "\n\"sha256\": \"g0112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100\"", 2,
          "no hexadecimal" },
        { "\n\"allow\": {}", 2, "array" },
        { "\n\"allow\": [\n{}]", 3, "rule" },
        { "\n\"allow\": [\n{\n\"programs\": \"/x\" }]", 4, "unknown key" },
        { "\n\"deny\": [{\n\"program\": \"x\" }]", 3, "absolute" },
        { "\n\"deny\": [{\n\"direction\": \"in\" }]", 3,
          "\"inbound\" or \"outbound\" or \"both\"" },
        { "\n\"deny\": [ 1 ]", 2, "rule" },
        { "\n\"packages_\": [ 1 ]", 2, "unknown" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fixture *f = *state;
        char text[512];

        snprintf(text, sizeof text, "{ \"name\": \"A\", \"module\": \"a.so\", %s }", bad[i].text);
        wrong(f, MFST_DROP_IN, text, bad[i].line, bad[i].words);
        assert_int_equal(f->m.count, 1);
        assert_true(f->m.entries[0]->broken);
        assert_string_equal(f->m.entries[0]->name, "A");
        mfst_free(&f->m);
    }
}

static void a_name_and_a_module_must_be_usable(void **state)
{
    struct fixture *f = *state;
    char text[512];

    wrong(f, MFST_DROP_IN, "{ \"module\": \"a.so\" }", 1, "has no name");
    wrong(f, MFST_DROP_IN, "{ \"name\": \"\", \"module\": \"a.so\" }", 1, "empty");
    wrong(f, MFST_DROP_IN, "{ \"name\": 5, \"module\": \"a.so\" }", 1, "must be text");
    wrong(f, MFST_DROP_IN, "{ \"name\": \"a\\nb\", \"module\": \"a.so\" }", 1, "control");
    snprintf(text, sizeof text, "{ \"module\": \"a.so\", \"name\": \"%0256d\" }", 1);
    wrong(f, MFST_DROP_IN, text, 1, "longer than 255");
    assert_int_equal(f->m.count, 0);
    wrong(f, MFST_DROP_IN, "{ \"name\": \"A\" }", 1, "no module");
    wrong(f, MFST_DROP_IN, "{ \"name\": \"B\", \"module\": \"../a.so\" }", 1, "plain file");
    wrong(f, MFST_DROP_IN, "{ \"name\": \"C\", \"module\": \"/a.so\" }", 1, "plain file");
    wrong(f, MFST_DROP_IN, "{ \"name\": \"D\", \"module\": \".a.so\" }", 1, "plain file");
    wrong(f, MFST_DROP_IN, "{ \"name\": \"E\", \"module\": \"a.la\" }", 1, "libtool");
    wrong(f, MFST_DROP_IN, "{ \"name\": \"F\", \"module\": \"\" }", 1, "empty");
    assert_int_equal(f->m.count, 6);
}

static void every_fault_of_an_entry_is_told(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse(f, MFST_DROP_IN,
                           "{ \"name\": \"A\",\n\"rank\": \"x\",\n\"module\": \"\",\n"
                           "\"foo\": 1,\n\"aliases\": [5] }"),
                     SEC_E_OK);
    assert_int_equal(f->heard.count, 4);
    assert_int_equal(f->m.count, 1);
    assert_true(f->m.entries[0]->broken);
}

static void a_broken_entry_takes_no_other_down(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse(f, MFST_DROP_IN,
                           "{ \"packages\": [ { \"name\": \"A\", \"module\": \"a.so\" }, 5,\n"
                           "{ \"name\": \"B\" }, { \"name\": \"C\", \"module\": \"c.so\" } ] }"),
                     SEC_E_OK);
    assert_int_equal(f->heard.count, 2);
    assert_int_equal(f->m.count, 3);
    assert_false(f->m.entries[0]->broken);
    assert_true(f->m.entries[1]->broken);
    assert_false(f->m.entries[2]->broken);
}

static void a_list_file_has_no_other_keys(void **state)
{
    struct fixture *f = *state;

    wrong(f, MFST_DROP_IN, "{\n\"packages\": [],\n\"name\": \"A\" }", 3, "unknown key \"name\"");
    wrong(f, MFST_DROP_IN, "{\n\"packages\": [],\n\"max_legs\": 1 }", 3, "unknown key");
}

static void a_name_is_taken_by_the_first(void **state)
{
    struct fixture *f = *state;

    (void)good(f, "{ \"name\": \"A\", \"module\": \"a.so\", \"aliases\": [\"B\"] }");
    wrong(f, MFST_DROP_IN, "{ \"module\": \"b.so\",\n\"name\": \"a\" }", 2,
          "\"a\" is already the name of a package in FILE:1");
    wrong(f, MFST_DROP_IN, "{ \"module\": \"b.so\",\n\"name\": \"b\" }", 2, "already");
    assert_int_equal(f->m.count, 1);
    wrong(f, MFST_DROP_IN, "{ \"name\": \"C\", \"module\": \"b.so\",\n\"aliases\": [\"b\"] }", 2,
          "already");
    assert_int_equal(f->m.count, 2);
    assert_true(f->m.entries[1]->broken);
    assert_null(f->m.entries[1]->aliases[0]);
    wrong(f, MFST_DROP_IN, "{ \"name\": \"D\", \"module\": \"b.so\", \"aliases\": [\"d\"] }", 1,
          "own name");
    (void)good(f, "{ \"name\": \"B2\", \"module\": \"b.so\" }");
}

static void object_identifiers_are_checked(void **state)
{
    static const char *const bad[] = {
        "",        ".",        "1.",          "1..2",
        ".1.2",    "3.1",      "1.40",        "0.40",
        "1.02",    "1.2.x",    "1.2.-3",      "1.2.4294967296",
        "1.2 ",    "1,2",      "99999999999", "1.99999999999999999999",
        "urn:1.2", "iso.1.2.3"
    };
    static const char *const fine[] = { "0.0", "1.39", "2.40", "2.999.1.0.4294967295" };
    char text[256];

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fixture *f = *state;
        snprintf(text, sizeof text, "{\"name\":\"A\",\"module\":\"a\",\"oids\":[\"%s\"]}", bad[i]);
        wrong(f, MFST_DROP_IN, text, 1, "object identifier");
        mfst_free(&f->m);
    }
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        struct fixture *f = *state;
        snprintf(text, sizeof text, "{\"name\":\"A\",\"module\":\"a\",\"oids\":[\"%s\"]}", fine[i]);
        (void)good(f, text);
        mfst_free(&f->m);
    }
}

static void deep_nesting_ends_in_an_error(void **state)
{
    struct fixture *f = *state;
    size_t n = 200000;
    char *text = malloc(n + 1);

    assert_non_null(text);
    memset(text, '[', n);
    text[n] = '\0';
    wrong(f, MFST_DROP_IN, text, 1, "nested deeper");
    free(text);
}

/* The line of what comes after it is still right. */
static void nesting_in_settings_is_skipped_rightly(void **state)
{
    struct fixture *f = *state;
    char text[512] = "{\"name\":\"A\",\"module\":\"a\",\"settings\":{\"x\":";
    size_t n = strlen(text);

    memset(text + n, '[', 60);
    memset(text + n + 60, ']', 60);
    snprintf(text + n + 120, sizeof text - n - 120, "},\n\"foo\":1}");
    wrong(f, MFST_DROP_IN, text, 2, "unknown key \"foo\"");
}

static void every_prefix_of_a_good_file_is_refused(void **state)
{
    static const char whole[] =
        "{ \"packages\": [ { \"name\": \"A\", \"module\": \"a.so\", \"oids\": [\"1.2.3\"], "
        "\"settings\": { \"x\": [1, -25, null, \"\\u00e4\"] } } ] }";
    struct fixture *f = *state;

    for (size_t n = 0; n < sizeof whole - 1; n++) {
        assert_int_equal(parse_bytes(f, MFST_DROP_IN, whole, n), SEC_E_CANNOT_INSTALL);
        assert_int_equal(f->heard.count, 1);
        assert_int_equal(f->m.count, 0);
    }
    assert_int_equal(parse_bytes(f, MFST_DROP_IN, whole, sizeof whole), SEC_E_CANNOT_INSTALL);
    assert_int_equal(parse_bytes(f, MFST_DROP_IN, whole, sizeof whole - 1), SEC_E_OK);
    assert_int_equal(f->m.count, 1);
}

/* --- on disk --------------------------------------------------------------------------------- */

static SECURITY_STATUS read_tree(struct fixture *f)
{
    struct manifest m;
    SECURITY_STATUS status;

    memset(&f->heard, 0, sizeof f->heard);
    mfst_free(&f->m);
    status = mfst_read_main(f->tree.root, &f->to, &m);
    if (status != SEC_E_OK)
        return status;
    f->m = m;
    return mfst_read_packages(&f->m, &f->to);
}

static void drop_ins_are_read_in_the_order_of_their_names(void **state)
{
    struct fixture *f = *state;

    (void)tree_write(&f->tree, "sspi.json",
                     "{\"packages\": [{\"name\": \"Z\", \"module\": \"z\"}]}");
    (void)tree_write(&f->tree, "packages.d/b.json", "{\"name\": \"B\", \"module\": \"b\"}");
    (void)tree_write(&f->tree, "packages.d/a.json", "{\"name\": \"A\", \"module\": \"a\"}");
    (void)tree_write(&f->tree, "packages.d/10-c.json", "{\"name\": \"C\", \"module\": \"c\"}");
    (void)tree_write(&f->tree, "packages.d/.hidden.json", "broken");
    (void)tree_write(&f->tree, "packages.d/a.json~", "broken");
    (void)tree_write(&f->tree, "packages.d/a.json.dpkg-new", "broken");
    (void)tree_write(&f->tree, "packages.d/.json", "broken");
    assert_int_equal(read_tree(f), SEC_E_OK);
    assert_string_equal(f->heard.all, "");
    assert_int_equal(f->m.count, 4);
    assert_string_equal(f->m.entries[0]->name, "Z");
    assert_string_equal(f->m.entries[1]->name, "C");
    assert_string_equal(f->m.entries[2]->name, "A");
    assert_string_equal(f->m.entries[3]->name, "B");
    assert_non_null(strstr(f->m.entries[3]->path, "/packages.d/b.json"));
}

static void nothing_there_gives_the_defaults(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(rmdir(tree_path(&f->tree, "packages.d")), 0);
    assert_int_equal(read_tree(f), SEC_E_OK);
    assert_int_equal(f->m.limits.max_legs, 64);
    assert_int_equal(rmdir(tree_path(&f->tree, "modules")), 0);
    assert_int_equal(rmdir(f->tree.root), 0);
    assert_int_equal(read_tree(f), SEC_E_OK);
    assert_int_equal(f->m.count, 0);
    assert_int_equal(f->heard.count, 0);
}

static void a_file_that_anyone_writes_is_not_read(void **state)
{
    struct fixture *f = *state;

    (void)tree_write(&f->tree, "packages.d/a.json", "{\"name\": \"A\", \"module\": \"a\"}");
    assert_int_equal(
        chmod(tree_write(&f->tree, "packages.d/b.json", "{\"name\": \"B\", \"module\": \"b\"}"),
              0666),
        0);
    assert_int_equal(read_tree(f), SEC_E_OK);
    assert_int_equal(f->m.count, 1);
    assert_int_equal(f->heard.fatal, 1);
    assert_string_equal(f->heard.file, f->tree.path);
    assert_int_equal(chmod(tree_write(&f->tree, "sspi.json", "{}"), 0666), 0);
    assert_int_equal(read_tree(f), SEC_E_CANNOT_INSTALL);
}

static void a_folder_that_anyone_writes_is_not_read(void **state)
{
    struct fixture *f = *state;

    (void)tree_write(&f->tree, "packages.d/a.json", "{\"name\": \"A\", \"module\": \"a\"}");
    assert_int_equal(chmod(tree_path(&f->tree, "packages.d"), 0777), 0);
    assert_int_equal(read_tree(f), SEC_E_OK);
    assert_int_equal(f->m.count, 0);
    assert_int_equal(f->heard.fatal, 1);
    assert_int_equal(chmod(tree_path(&f->tree, "packages.d"), 0755), 0);
    assert_int_equal(chmod(f->tree.root, 0777), 0);
    assert_int_equal(read_tree(f), SEC_E_CANNOT_INSTALL);
}

static void a_link_is_read_where_it_leads(void **state)
{
    struct fixture *f = *state;

    (void)tree_write(&f->tree, "modules/a", "{\"name\": \"A\", \"module\": \"a\"}");
    assert_int_equal(symlink("../modules/a", tree_path(&f->tree, "packages.d/a.json")), 0);
    assert_int_equal(symlink("nowhere", tree_path(&f->tree, "packages.d/b.json")), 0);
    assert_int_equal(symlink("/dev/zero", tree_path(&f->tree, "packages.d/c.json")), 0);
    assert_int_equal(mkdir(tree_path(&f->tree, "packages.d/d.json"), 0755), 0);
    assert_int_equal(read_tree(f), SEC_E_OK);
    assert_int_equal(f->m.count, 1);
    assert_int_equal(f->heard.count, 3);
    assert_non_null(strstr(f->heard.all, "b.json:0: is a link to nothing"));
    assert_non_null(strstr(f->heard.all, "d.json:0: is not a regular file"));
}

static void a_huge_file_is_not_read(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(truncate(tree_write(&f->tree, "packages.d/a.json", "{"), (1 << 20) + 1), 0);
    assert_int_equal(read_tree(f), SEC_E_OK);
    assert_int_equal(f->heard.fatal, 1);
    assert_non_null(strstr(f->heard.text, "longer than"));
}

static void a_stamp_changes_with_the_files(void **state)
{
    struct fixture *f = *state;
    uint64_t stamp[7];

    stamp[0] = mfst_stamp(f->tree.root);
    (void)tree_write(&f->tree, "sspi.json", "{}");
    stamp[1] = mfst_stamp(f->tree.root);
    (void)tree_write(&f->tree, "packages.d/a.json", "{}");
    stamp[2] = mfst_stamp(f->tree.root);
    (void)tree_write(&f->tree, "packages.d/a.json", "{} ");
    stamp[3] = mfst_stamp(f->tree.root);
    assert_int_equal(chmod(tree_path(&f->tree, "packages.d/a.json"), 0600), 0);
    stamp[4] = mfst_stamp(f->tree.root);
    assert_int_equal(unlink(tree_path(&f->tree, "packages.d/a.json")), 0);
    stamp[5] = mfst_stamp(f->tree.root);
    stamp[6] = mfst_stamp("/nowhere/at/all");
    for (size_t i = 0; i < 7; i++) {
        assert_int_not_equal(stamp[i], 0);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(stamp[i], stamp[j]);
    }
    assert_int_equal(mfst_stamp(f->tree.root), stamp[5]);
}

static void parse_file(struct fixture *f, enum mfst_kind kind, const char *path)
{
    char text[16384];
    FILE *in = fopen(path, "rb");
    size_t n;

    assert_non_null(in);
    n = fread(text, 1, sizeof text, in);
    fclose(in);
    assert_int_equal(parse_bytes(f, kind, text, n), SEC_E_OK);
    assert_string_equal(f->heard.all, "");
}

static void the_shipped_manifest_has_nothing_wrong(void **state)
{
    struct fixture *f = *state;
    char path[PATH_MAX];
    glob_t files;

    snprintf(path, sizeof path, "%s/conf/sspi.json", getenv("SSP_TEST_SRC"));
    parse_file(f, MFST_MAIN, path);
    snprintf(path, sizeof path, "%s/conf/packages.d/*.json", getenv("SSP_TEST_SRC"));
    assert_int_equal(glob(path, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        parse_file(f, MFST_DROP_IN, files.gl_pathv[i]);
    assert_true(f->m.count >= files.gl_pathc);
    globfree(&files);
}

/* --- the schema ------------------------------------------------------------------------------ */

static json_t *load_schema(const char *name)
{
    char path[PATH_MAX];
    json_t *schema;

    snprintf(path, sizeof path, "%s/conf/schema/%s", getenv("SSP_TEST_SRC"), name);
    schema = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(schema);
    return schema;
}

static json_t *definition(json_t *schema, const char *name)
{
    json_t *d = json_object_get(json_object_get(schema, "$defs"), name);

    assert_non_null(d);
    assert_true(json_is_false(json_object_get(d, "additionalProperties")));
    return json_object_get(d, "properties");
}

/* A key that the schema has is one that the reader knows, and no other. */
static void same_keys(struct fixture *f, enum mfst_kind kind, json_t *properties, const char *also)
{
    static const char *const all[] = { "$schema",       "aliases",       "allow",
                                       "capabilities",  "comment",       "deny",
                                       "enabled",       "interface",     "module",
                                       "module_folder", "name",          "oids",
                                       "packages",      "rank",          "reload",
                                       "required",      "rpc_id",        "settings",
                                       "sha256",        "trace",         "version",
                                       "direction",     "program",       "max_legs",
                                       "max_token",     "max_half_open", "handshake_timeout_ms" };
    size_t met = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[128];
        bool known;

        snprintf(text, sizeof text, "{ %s\"%s\": [[]] }",
                 strcmp(all[i], "packages") == 0 ? "" : also, all[i]);
        (void)parse(f, kind, text);
        known = !strstr(f->heard.all, "unknown key");
        met += known;
        if (known != (json_object_get(properties, all[i]) != NULL))
            fail_msg("%s is known to one only", all[i]);
        mfst_free(&f->m);
    }
    assert_int_equal(met, json_object_size(properties));
}

static void the_schema_and_the_reader_know_the_same_keys(void **state)
{
    json_t *package = load_schema("package.schema.json"), *main_ = load_schema("sspi.schema.json");
    json_t *entry = definition(package, "package");

    same_keys(*state, MFST_MAIN, json_object_get(main_, "properties"), "");
    /* "packages" makes another kind of file of it. */
    assert_int_equal(json_object_set_new(entry, "packages", json_true()), 0);
    same_keys(*state, MFST_DROP_IN, entry, "");
    same_keys(*state, MFST_DROP_IN, definition(package, "list"), "\"packages\": [], ");
    json_decref(package);
    json_decref(main_);
}

static void the_schema_and_the_reader_know_the_same_capabilities(void **state)
{
    json_t *schema = load_schema("package.schema.json"), *word;
    json_t *forms =
        json_object_get(json_object_get(definition(schema, "package"), "capabilities"), "oneOf");
    json_t *words = json_object_get(json_object_get(json_array_get(forms, 2), "items"), "enum");
    uint32_t all = 0;
    size_t i;

    json_array_foreach(words, i, word)
    {
        struct fixture *f = *state;
        char text[128];

        snprintf(text, sizeof text, "{\"name\":\"A\",\"module\":\"a\",\"capabilities\":[\"%s\"]}",
                 json_string_value(word));
        all |= good(f, text)->capabilities;
        mfst_free(&f->m);
    }
    assert_int_equal(all, 0x3ffffff); /* SECPKG_FLAG_INTEGRITY to SECPKG_FLAG_APPLY_LOOPBACK */
    json_decref(schema);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(an_entry_needs_a_name_and_a_module_only),
        IN_TREE(an_entry_may_have_every_key),
        IN_TREE(capabilities_may_be_a_number),
        IN_TREE(a_file_may_hold_several_packages),
        IN_TREE(the_main_file_has_limits_and_packages),
        IN_TREE(an_empty_object_changes_nothing),
        IN_TREE(a_broken_main_file_is_refused_with_its_line),
        IN_TREE(a_broken_entry_is_told_with_its_line),
        IN_TREE(a_name_and_a_module_must_be_usable),
        IN_TREE(every_fault_of_an_entry_is_told),
        IN_TREE(a_broken_entry_takes_no_other_down),
        IN_TREE(a_list_file_has_no_other_keys),
        IN_TREE(a_name_is_taken_by_the_first),
        IN_TREE(object_identifiers_are_checked),
        IN_TREE(deep_nesting_ends_in_an_error),
        IN_TREE(nesting_in_settings_is_skipped_rightly),
        IN_TREE(every_prefix_of_a_good_file_is_refused),
        IN_TREE(drop_ins_are_read_in_the_order_of_their_names),
        IN_TREE(nothing_there_gives_the_defaults),
        IN_TREE(a_file_that_anyone_writes_is_not_read),
        IN_TREE(a_folder_that_anyone_writes_is_not_read),
        IN_TREE(a_link_is_read_where_it_leads),
        IN_TREE(a_huge_file_is_not_read),
        IN_TREE(a_stamp_changes_with_the_files),
        IN_TREE(the_shipped_manifest_has_nothing_wrong),
        IN_TREE(the_schema_and_the_reader_know_the_same_keys),
        IN_TREE(the_schema_and_the_reader_know_the_same_capabilities),
    };
    return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
