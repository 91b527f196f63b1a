/* SPDX-License-Identifier: Apache-2.0 */
/* test-registry.c: packages found, loaded once, reloaded, refused, and told. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

#include "core/registry.h"
#include "core/test-tree.h"
#include "core/trace.h"
#include "sspi/sspix.h"

/* Each test has a manifest of its own; the process goes from one to the next by a reload. */
static int make(void **state)
{
    struct tree *t = calloc(1, sizeof *t);

    assert_non_null(t);
    tree_make(t);
    (void)tree_main(t, "");
    assert_int_equal(setenv("SSPI_CONFIG", t->root, 1), 0);
    *state = t;
    return 0;
}

static int unmake(void **state)
{
    tree_remove(*state);
    free(*state);
    return 0;
}

#define GOOD "{ \"name\": \"Good\", \"module\": \"good.so\" "

static void with_good(struct tree *t, const char *keys)
{
    char text[1024];

    (void)tree_module(t, "mock-good.so", "good.so");
    snprintf(text, sizeof text, "%s%s }", GOOD, keys);
    (void)tree_write(t, "packages.d/good.json", text);
    assert_int_equal(sspi_reload(), SEC_E_OK);
}

static struct package *find_as(const char *name, uint32_t use)
{
    struct package *p = NULL;

    assert_int_equal(reg_find(span_str(name), use, &p), SEC_E_OK);
    assert_non_null(p);
    return p;
}

static struct package *find(const char *name)
{
    return find_as(name, SECPKG_CRED_BOTH);
}

static void refuses_as(const char *name, uint32_t use, SECURITY_STATUS wanted)
{
    struct package *p = NULL;

    assert_int_equal(reg_find(span_str(name), use, &p), wanted);
    assert_null(p);
}

static void refuses(const char *name, SECURITY_STATUS wanted)
{
    refuses_as(name, SECPKG_CRED_BOTH, wanted);
}

static void collect(void *arg, const char *name, bool disabled)
{
    char *all = arg;
    size_t used = strlen(all);

    (void)disabled;
    snprintf(all + used, 256 - used, "%s;", name);
}

/* "starts N stops M", as the mock counts them since its module was loaded. */
static const char *counts(struct package *p)
{
    static char all[256];

    *all = '\0';
    assert_int_equal(p->calls.account_each(p->instance, collect, all), SEC_E_OK);
    *strchr(all, ';') = '\0';
    return all;
}

static bool add_name(void *arg, struct package *p)
{
    char *all = arg;
    size_t used = strlen(all);

    snprintf(all + used, 256 - used, "%s ", p->name);
    return true;
}

static const char *names(void)
{
    static char all[256];

    *all = '\0';
    assert_int_equal(reg_each(add_name, all), SEC_E_OK);
    return all;
}

static void wait_ms(long ms)
{
    const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

/* --- finding --------------------------------------------------------------------------------- */

static void packages_are_told_by_rank_and_none_is_loaded(void **state)
{
    struct tree *t = *state;

    /* There are no modules at all. */
    (void)tree_write(t, "packages.d/a.json", "{\"name\": \"A\", \"module\": \"a\", \"rank\": 1}");
    (void)tree_write(t, "packages.d/b.json", "{\"name\": \"B\", \"module\": \"b\", \"rank\": 7}");
    (void)tree_write(t, "packages.d/c.json", "{\"name\": \"C\", \"module\": \"c\", \"rank\": 1}");
    (void)tree_write(t, "packages.d/d.json",
                     "{\"name\": \"D\", \"module\": \"d\", \"enabled\": false}");
    (void)tree_write(t, "packages.d/e.json", "{\"name\": \"E\", \"module\": \"e\"}");
    assert_int_equal(sspi_reload(), SEC_E_OK);
    assert_string_equal(names(), "B A C E ");
}

static void a_package_has_what_the_manifest_says(void **state)
{
    struct package *p;

    (void)tree_write(*state, "packages.d/a.json",
                     "{\"name\": \"A\", \"module\": \"a\", \"comment\": \"c\", \"rpc_id\": 3,"
                     "\"version\": 2, \"capabilities\": 5, \"aliases\": [\"B\"], \"oids\": "
                     "[\"1.2.3\"], \"required\": true}");
    assert_int_equal(sspi_reload(), SEC_E_OK);
    assert_int_equal(reg_peek(span_str("a"), &p), SEC_E_OK);
    assert_string_equal(p->comment, "c");
    assert_string_equal(p->aliases[0], "B");
    assert_string_equal(p->oids[0], "1.2.3");
    assert_int_equal(p->rpc_id, 3);
    assert_int_equal(p->version, 2);
    assert_int_equal(p->capabilities, 5);
    assert_int_equal(p->max_token, 65536); /* not stated: what the host lets through */
    assert_true(p->required);
    assert_null(p->calls.name);
    reg_drop(p);
}

static void names_aliases_and_oids_find_the_same_package(void **state)
{
    struct package *a, *b, *c;

    with_good(*state, ", \"aliases\": [\"Other Name\"], \"oids\": [\"1.2.3.4\", \"2.25.77\"]");
    a = find("gOOD");
    b = find("OTHER name");
    c = find("2.25.77");
    assert_ptr_equal(a, b);
    assert_ptr_equal(a, c);
    assert_non_null(a->calls.account_each);
    assert_non_null(a->instance);
    reg_drop(a);
    reg_drop(b);
    reg_drop(c);
}

static void what_is_no_name_finds_nothing(void **state)
{
    struct package *p = NULL;

    with_good(*state, "");
    refuses("", SEC_E_SECPKG_NOT_FOUND);
    refuses("Goo", SEC_E_SECPKG_NOT_FOUND);
    refuses("Good ", SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(reg_find((struct span){ NULL, 0 }, 0, &p), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(reg_find(span_of("Good\0", 5), 0, &p), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(reg_peek(span_str(""), &p), SEC_E_SECPKG_NOT_FOUND);
    assert_null(p);
}

static void of_two_that_speak_a_mechanism_the_higher_rank_has_it(void **state)
{
    struct tree *t = *state;
    struct package *p;

    (void)tree_write(t, "packages.d/a.json",
                     "{\"name\": \"A\", \"module\": \"a\", \"oids\": [\"1.2.3\"]}");
    (void)tree_write(t, "packages.d/b.json",
                     "{\"name\": \"B\", \"module\": \"b\", \"oids\": [\"1.2.3\"], \"rank\": 2}");
    (void)tree_write(t, "packages.d/c.json",
                     "{\"name\": \"C\", \"module\": \"c\", \"oids\": [\"1.2.3\"], \"rank\": 3,"
                     "\"enabled\": false}");
    assert_int_equal(sspi_reload(), SEC_E_OK);
    assert_int_equal(reg_peek(span_str("1.2.3"), &p), SEC_E_OK);
    assert_string_equal(p->name, "B");
    reg_drop(p);
}

static void a_disabled_package_is_not_found(void **state)
{
    with_good(*state, ", \"enabled\": false");
    refuses("Good", SEC_E_SECPKG_NOT_FOUND);
    assert_string_equal(names(), "");
}

static void policy_is_asked_for_the_use(void **state)
{
    with_good(*state, ", \"deny\": [ { \"direction\": \"inbound\" } ]");
    refuses_as("Good", SECPKG_CRED_INBOUND, SEC_E_UNSUPPORTED_FUNCTION);
    refuses_as("Good", SECPKG_CRED_BOTH, SEC_E_UNSUPPORTED_FUNCTION);
    reg_drop(find_as("Good", SECPKG_CRED_OUTBOUND));
    assert_string_equal(names(), "Good ");
    with_good(*state, ", \"deny\": [ { \"program\": \"/**\" }, { \"direction\": \"both\" } ]");
    refuses_as("Good", SECPKG_CRED_OUTBOUND, SEC_E_UNSUPPORTED_FUNCTION);
    assert_string_equal(names(), "");
}

/* --- broken things --------------------------------------------------------------------------- */

static void a_broken_file_takes_down_its_own_packages_only(void **state)
{
    struct tree *t = *state;

    (void)tree_write(t, "packages.d/a.json", "{ \"name\": \"A\", ");
    (void)tree_write(t, "packages.d/b.json", "{ \"name\": \"B\", \"module\": \"b\", \"x\": 1 }");
    with_good(t, "");
    refuses("A", SEC_E_SECPKG_NOT_FOUND);
    refuses("B", SEC_E_CANNOT_INSTALL);
    reg_drop(find("Good"));
    assert_string_equal(names(), "Good ");
}

/* So that Negotiate fails rather than fall to something weaker in silence. */
static void a_broken_package_that_is_required_is_told(void **state)
{
    (void)tree_write(*state, "packages.d/b.json",
                     "{ \"name\": \"B\", \"module\": \"b\", \"x\": 1, \"required\": true }");
    assert_int_equal(sspi_reload(), SEC_E_OK);
    assert_string_equal(names(), "B ");
    refuses("B", SEC_E_CANNOT_INSTALL);
}

static void of_two_packages_of_one_name_the_first_stays(void **state)
{
    struct tree *t = *state;

    (void)tree_write(t, "packages.d/a.json", "{ \"name\": \"GOOD\", \"module\": \"none.so\" }");
    with_good(t, "");
    assert_string_equal(names(), "GOOD ");
    refuses("Good", SEC_E_SECPKG_NOT_FOUND);
}

static void a_failure_stays_until_the_manifest_is_read_again(void **state)
{
    struct tree *t = *state;

    (void)tree_write(t, "packages.d/good.json", GOOD "}");
    assert_int_equal(sspi_reload(), SEC_E_OK);
    refuses("Good", SEC_E_SECPKG_NOT_FOUND);
    (void)tree_module(t, "mock-good.so", "good.so");
    refuses("Good", SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(sspi_reload(), SEC_E_OK);
    reg_drop(find("Good"));
}

static void lack_of_memory_does_not_stay(void **state)
{
    with_good(*state, ", \"settings\": { \"start\": \"poorly\" }");
    refuses("Good", SEC_E_INSUFFICIENT_MEMORY);
    with_good(*state, ", \"settings\": { \"start\": \"badly\" }");
    refuses("Good", SEC_E_NO_CREDENTIALS);
    refuses("Good", SEC_E_NO_CREDENTIALS);
    with_good(*state, ", \"settings\": { \"start\": \"poorly at first\" }");
    refuses("Good", SEC_E_INSUFFICIENT_MEMORY);
    reg_drop(find("Good"));
}

/* --- reloading ------------------------------------------------------------------------------- */

static void a_reload_keeps_what_did_not_change(void **state)
{
    struct tree *t = *state;
    struct package *before, *after;

    with_good(t, "");
    before = find("Good");
    assert_string_equal(counts(before), "starts 1 stops 0");
    (void)tree_write(t, "packages.d/x.json", "{ \"name\": \"X\", \"module\": \"x\" }");
    assert_int_equal(sspi_reload(), SEC_E_OK);
    after = find("Good");
    assert_ptr_equal(before, after);
    assert_string_equal(counts(after), "starts 1 stops 0");
    assert_string_equal(names(), "Good X ");
    reg_drop(before);
    reg_drop(after);
}

static void a_changed_package_lives_until_its_last_user_is_gone(void **state)
{
    struct tree *t = *state;
    struct package *before, *after;

    with_good(t, "");
    before = find("Good");
    (void)tree_write(t, "packages.d/good.json", GOOD ", \"comment\": \"new\" }");
    assert_int_equal(sspi_reload(), SEC_E_OK);
    after = find("Good");
    assert_ptr_not_equal(before, after);
    assert_string_equal(before->comment, "");
    assert_string_equal(after->comment, "new");
    assert_string_equal(counts(after), "starts 2 stops 0");
    reg_drop(before);
    assert_string_equal(counts(after), "starts 2 stops 1");
    reg_drop(after);
}

static void a_package_that_was_taken_out_goes_on_for_its_users(void **state)
{
    struct tree *t = *state;
    struct package *p;

    with_good(t, "");
    p = find("Good");
    assert_int_equal(unlink(tree_path(t, "packages.d/good.json")), 0);
    assert_int_equal(sspi_reload(), SEC_E_OK);
    refuses("Good", SEC_E_SECPKG_NOT_FOUND);
    assert_string_equal(counts(p), "starts 1 stops 0");
    reg_drop(p);
}

static void a_replaced_module_is_loaded_at_a_reload(void **state)
{
    struct tree *t = *state;
    struct package *before, *after;
    char to[PATH_MAX + 16];

    with_good(t, "");
    before = find("Good");
    (void)tree_module(t, "mock-good.so", "new.so");
    snprintf(to, sizeof to, "%s/modules/good.so", t->root);
    assert_int_equal(rename(t->path, to), 0);
    assert_int_equal(sspi_reload(), SEC_E_OK);
    after = find("Good");
    assert_ptr_not_equal(before, after);
    assert_ptr_not_equal((const void *)before->calls.name, (const void *)after->calls.name);
    assert_string_equal(counts(after), "starts 1 stops 0");
    reg_drop(before);
    reg_drop(after);
}

static void a_broken_main_file_leaves_the_old_manifest_in_force(void **state)
{
    struct tree *t = *state;

    (void)tree_main(t, ", \"max_legs\": 9");
    with_good(t, "");
    assert_int_equal(reg_limits().max_legs, 9);
    (void)tree_main(t, ", \"max_legs\": 8, \"foo\": 1");
    assert_int_equal(sspi_reload(), SEC_E_CANNOT_INSTALL);
    assert_int_equal(reg_limits().max_legs, 9);
    reg_drop(find("Good"));
    (void)tree_main(t, ", \"max_legs\": 8");
    assert_int_equal(sspi_reload(), SEC_E_OK);
    assert_int_equal(reg_limits().max_legs, 8);
    assert_int_equal(reg_limits().handshake_timeout_ms, 30000);
}

static void changes_are_followed_if_so_set(void **state)
{
    struct tree *t = *state;

    (void)tree_main(t, ", \"reload\": \"changed\"");
    with_good(t, "");
    wait_ms(1050);
    assert_string_equal(names(), "Good ");
    (void)tree_write(t, "packages.d/x.json", "{ \"name\": \"X\", \"module\": \"x\" }");
    assert_string_equal(names(), "Good "); /* not at every call */
    wait_ms(1050);
    assert_string_equal(names(), "Good X ");
    (void)tree_main(t, "");
    wait_ms(1050);
    assert_string_equal(names(), "Good X ");
    assert_int_equal(unlink(tree_path(t, "packages.d/x.json")), 0);
    wait_ms(1050);
    assert_string_equal(names(), "Good X ");
}

/* --- threads and forks ----------------------------------------------------------------------- */

static void *find_in_thread(void *name)
{
    struct package *p = NULL;
    SECURITY_STATUS status = reg_find(span_str(name), SECPKG_CRED_BOTH, &p);

    reg_drop(p);
    return (void *)(intptr_t)status;
}

static void *find_and_count(void *arg)
{
    struct package *p = NULL;

    (void)arg;
    if (reg_find(span_str("Good"), SECPKG_CRED_BOTH, &p) != SEC_E_OK)
        return NULL;
    return p; /* held */
}

static void many_threads_start_a_package_once(void **state)
{
    pthread_t threads[8];
    struct package *first = NULL;

    with_good(*state, "");
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, find_and_count, NULL), 0);
    for (size_t i = 0; i < 8; i++) {
        void *p;
        pthread_join(threads[i], &p);
        assert_non_null(p);
        assert_true(!first || first == p);
        first = p;
    }
    assert_string_equal(counts(first), "starts 1 stops 0");
    for (size_t i = 0; i < 8; i++)
        reg_drop(first);
}

static void with_pair(struct tree *t, const char *left, const char *right)
{
    char text[1024];

    (void)tree_module(t, "mock-pair.so", "pair.so");
    snprintf(text, sizeof text,
             "{ \"packages\": [ { \"name\": \"Left\", \"module\": \"pair.so\", \"settings\": {%s} "
             "}, { \"name\": \"Right\", \"module\": \"pair.so\", \"settings\": {%s} } ] }",
             left, right);
    (void)tree_write(t, "packages.d/pair.json", text);
    assert_int_equal(sspi_reload(), SEC_E_OK);
}

static void a_package_may_need_another_to_start(void **state)
{
    struct package *left, *right;

    with_pair(*state, "\"needs\": \"Right\"", "");
    left = find("Left");
    right = find("Right");
    reg_drop(left);
    reg_drop(right);
}

static void packages_that_need_one_another_fail_and_do_not_hang(void **state)
{
    with_pair(*state, "\"needs\": \"Left\"", "");
    refuses("Left", SEC_E_INTERNAL_ERROR);
    with_pair(*state, "\"needs\": \"Right\"", "\"needs\": \"Left\"");
    refuses("Left", SEC_E_INTERNAL_ERROR);
    refuses("Right", SEC_E_INTERNAL_ERROR);
}

static void two_threads_that_wait_for_one_another_do_not_hang(void **state)
{
    pthread_t left, right;
    void *left_status, *right_status;
    char left_name[] = "Left", right_name[] = "Right";

    with_pair(*state, "\"needs\": \"Right\", \"pause_ms\": 100",
              "\"needs\": \"Left\", \"pause_ms\": 100");
    assert_int_equal(pthread_create(&left, NULL, find_in_thread, left_name), 0);
    assert_int_equal(pthread_create(&right, NULL, find_in_thread, right_name), 0);
    pthread_join(left, &left_status);
    pthread_join(right, &right_status);
    assert_int_equal((SECURITY_STATUS)(intptr_t)left_status, SEC_E_INTERNAL_ERROR);
    assert_int_equal((SECURITY_STATUS)(intptr_t)right_status, SEC_E_INTERNAL_ERROR);
}

/* A slow start is nobody else's business. */
static void a_package_is_found_while_another_starts(void **state)
{
    struct timespec before, after;
    pthread_t slow;
    void *status;
    char name[] = "Left";

    with_pair(*state, "\"pause_ms\": 600", "");
    assert_int_equal(pthread_create(&slow, NULL, find_in_thread, name), 0);
    wait_ms(100);
    clock_gettime(CLOCK_MONOTONIC, &before);
    reg_drop(find("Right"));
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_in_range(
        (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000, 0, 300);
    pthread_join(slow, &status);
    assert_int_equal((SECURITY_STATUS)(intptr_t)status, SEC_E_OK);
}

static void a_child_loads_what_a_lost_thread_was_loading(void **state)
{
    pthread_t slow;
    void *status;
    int code;
    pid_t child;
    char name[] = "Left";

    with_pair(*state, "\"pause_ms\": 400", "");
    assert_int_equal(pthread_create(&slow, NULL, find_in_thread, name), 0);
    wait_ms(100);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct package *p = NULL;
        alarm(10);
        _exit(reg_find(span_str("Left"), SECPKG_CRED_BOTH, &p) == SEC_E_OK &&
                      sspi_reload() == SEC_E_OK
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    pthread_join(slow, &status);
    assert_int_equal((SECURITY_STATUS)(intptr_t)status, SEC_E_OK);
}

static atomic_bool enough;

static void *use_all_the_time(void *arg)
{
    while (!enough) {
        struct package *p = NULL;
        if (reg_find(span_str("Good"), SECPKG_CRED_OUTBOUND, &p) != SEC_E_OK)
            return arg;
        reg_drop(p);
        (void)reg_limits();
    }
    return NULL;
}

static void reloads_disturb_nobody(void **state)
{
    struct tree *t = *state;
    pthread_t threads[3];
    void *failed;
    char whose[] = "mine";

    with_good(t, "");
    enough = false;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_all_the_time, whose), 0);
    for (int i = 0; i < 60; i++) {
        char text[128];
        /* Every other time something new. */
        snprintf(text, sizeof text, "%s, \"comment\": \"%d\" }", GOOD, i / 2);
        (void)tree_write(t, "packages.d/good.json", text);
        assert_int_equal(sspi_reload(), SEC_E_OK);
    }
    enough = true;
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

/* --- telling --------------------------------------------------------------------------------- */

struct told {
    char text[2048];
};

static void write_down(void *arg, const struct sspi_package *p)
{
    struct told *told = arg;
    size_t used = strlen(told->text);

    assert_int_equal(p->size, sizeof *p);
    assert_non_null(p->module);
    assert_non_null(strstr(p->manifest, "packages.d/"));
    snprintf(told->text + used, sizeof told->text - used, "%s%s%s%s%s=%x\n", p->name,
             p->enabled ? "" : " off", p->required ? " required" : "", p->pinned ? " pinned" : "",
             p->loaded ? " loaded" : "", (unsigned)p->status);
}

static void all_packages_are_told_with_how_they_are(void **state)
{
    struct tree *t = *state;
    struct told told = { "" };

    (void)tree_write(t, "packages.d/a.json",
                     "{\"packages\": [ {\"name\": \"Off\", \"module\": \"a\", \"enabled\": false},"
                     "{\"name\": \"Broken\", \"module\": \"a\", \"x\": 1},"
                     "{\"name\": \"Ghost\", \"module\": \"ghost.so\", \"required\": true, "
                     "\"sha256\": "
                     "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"} ] }");
    with_good(t, ", \"rank\": 1");
    assert_int_equal(sspi_each_package(false, write_down, &told), SEC_E_OK);
    assert_string_equal(told.text, "Good=0\nOff off=0\nBroken=80090307\nGhost required pinned=0\n");
    *told.text = '\0';
    assert_int_equal(sspi_each_package(true, write_down, &told), SEC_E_OK);
    assert_string_equal(told.text, "Good loaded=0\nOff off=0\nBroken=80090307\n"
                                   "Ghost required pinned=80090305\n");
    assert_int_equal(sspi_each_package(true, NULL, NULL), SEC_E_INVALID_PARAMETER);
}

static void a_check_finds_nothing_wrong_where_nothing_is(void **state)
{
    struct heard heard = { 0 };

    with_good(*state, "");
    assert_int_equal(sspi_check(hear, &heard), SEC_E_OK);
    assert_string_equal(heard.all, "");
}

static void a_check_tells_all_that_is_wrong(void **state)
{
    struct tree *t = *state;
    struct heard heard = { 0 };
    struct package *p;

    with_good(t, "");
    p = find("Good");
    (void)tree_write(t, "packages.d/a.json", "{ \"name\": \"A\",\n\"modul\": 5 }");
    (void)tree_write(t, "packages.d/b.json", "{ \"name\": \"B\",\n\"module\": \"none.so\" }");
    (void)tree_write(t, "packages.d/good.json", GOOD ",\n\"settings\": {\n\"number\": 77 } }");
    assert_int_equal(chmod(tree_write(t, "packages.d/z.json", "{}"), 0666), 0);
    assert_int_equal(sspi_check(hear, &heard), SEC_E_CANNOT_INSTALL);
    assert_int_equal(heard.count, 5);
    assert_int_equal(heard.fatal, 5);
    assert_non_null(strstr(heard.all, "a.json:2: unknown key \"modul\""));
    assert_non_null(strstr(heard.all, "a.json:1: the package names no module"));
    assert_non_null(strstr(heard.all, "b.json:2: there is no module"));
    assert_non_null(strstr(heard.all, "good.json:3: setting number is 77"));
    assert_non_null(strstr(heard.all, "z.json:0: can be written by anyone"));
    /* What is in use is not touched. */
    assert_string_equal(counts(p), "starts 1 stops 0");
    reg_drop(p);
    reg_drop(find("Good"));
    assert_int_equal(sspi_check(NULL, NULL), SEC_E_CANNOT_INSTALL);
}

static void a_check_says_why_a_package_would_not_start(void **state)
{
    struct heard heard = { 0 };

    with_good(*state, ", \"settings\": { \"start\": \"badly\" }");
    assert_int_equal(sspi_check(hear, &heard), SEC_E_CANNOT_INSTALL);
    assert_non_null(strstr(heard.text, "would not start: the settings say so"));
}

static void an_empty_manifest_is_worth_a_word(void **state)
{
    struct heard heard = { 0 };

    (void)state;
    assert_int_equal(sspi_check(hear, &heard), SEC_E_OK);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.fatal, 0);
}

static void the_folder_of_the_manifest_must_be_absolute(void **state)
{
    struct heard heard = { 0 };

    (void)state;
    assert_int_equal(setenv("SSPI_CONFIG", "here", 1), 0);
    assert_int_equal(sspi_check(hear, &heard), SEC_E_CANNOT_INSTALL);
    assert_int_equal(sspi_reload(), SEC_E_CANNOT_INSTALL);
}

/* --- a fresh process ------------------------------------------------------------------------- */

/*
 * In a child, since here the manifest was read long ago.  A main file that cannot be used means
 * no packages, until it can be; nobody has to call for that.
 */
static int start_with_a_broken_main_file(void)
{
    struct tree t;
    struct package *p = NULL;

    snprintf(t.root, sizeof t.root, "%s", getenv("SSPI_CONFIG"));
    if (reg_find(span_str("Good"), SECPKG_CRED_BOTH, &p) != SEC_E_CANNOT_INSTALL)
        return 1;
    if (reg_limits().max_legs != 64)
        return 2;
    if (reg_find(span_str("Good"), SECPKG_CRED_BOTH, &p) != SEC_E_CANNOT_INSTALL)
        return 3;
    (void)tree_main(&t, ", \"max_legs\": 7");
    wait_ms(1050);
    if (reg_find(span_str("Good"), SECPKG_CRED_BOTH, &p) != SEC_E_OK)
        return 4;
    reg_drop(p);
    return reg_limits().max_legs == 7 ? 0 : 5;
}

static void a_process_that_began_with_a_broken_main_file_recovers(void **state)
{
    struct tree *t = *state;
    int status;
    pid_t child;

    with_good(t, "");
    (void)tree_main(t, ", \"foo\": 1");
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", "test-registry", "child", (char *)NULL);
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(packages_are_told_by_rank_and_none_is_loaded),
        IN_TREE(a_package_has_what_the_manifest_says),
        IN_TREE(names_aliases_and_oids_find_the_same_package),
        IN_TREE(what_is_no_name_finds_nothing),
        IN_TREE(of_two_that_speak_a_mechanism_the_higher_rank_has_it),
        IN_TREE(a_disabled_package_is_not_found),
        IN_TREE(policy_is_asked_for_the_use),
        IN_TREE(a_broken_file_takes_down_its_own_packages_only),
        IN_TREE(a_broken_package_that_is_required_is_told),
        IN_TREE(of_two_packages_of_one_name_the_first_stays),
        IN_TREE(a_failure_stays_until_the_manifest_is_read_again),
        IN_TREE(lack_of_memory_does_not_stay),
        IN_TREE(a_reload_keeps_what_did_not_change),
        IN_TREE(a_changed_package_lives_until_its_last_user_is_gone),
        IN_TREE(a_package_that_was_taken_out_goes_on_for_its_users),
        IN_TREE(a_replaced_module_is_loaded_at_a_reload),
        IN_TREE(a_broken_main_file_leaves_the_old_manifest_in_force),
        IN_TREE(changes_are_followed_if_so_set),
        IN_TREE(many_threads_start_a_package_once),
        IN_TREE(a_package_may_need_another_to_start),
        IN_TREE(packages_that_need_one_another_fail_and_do_not_hang),
        IN_TREE(two_threads_that_wait_for_one_another_do_not_hang),
        IN_TREE(a_package_is_found_while_another_starts),
        IN_TREE(a_child_loads_what_a_lost_thread_was_loading),
        IN_TREE(reloads_disturb_nobody),
        IN_TREE(all_packages_are_told_with_how_they_are),
        IN_TREE(a_check_finds_nothing_wrong_where_nothing_is),
        IN_TREE(a_check_tells_all_that_is_wrong),
        IN_TREE(a_check_says_why_a_package_would_not_start),
        IN_TREE(an_empty_manifest_is_worth_a_word),
        IN_TREE(the_folder_of_the_manifest_must_be_absolute),
        IN_TREE(a_process_that_began_with_a_broken_main_file_recovers),
    };

    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return start_with_a_broken_main_file();
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
