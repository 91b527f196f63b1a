/* SPDX-License-Identifier: Apache-2.0 */
/* test-users.c: the file of users: read, looked up in, changed while read, hostile. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/common/utf16.h"
#include "plugins/ntlm/accounts.h"
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/ntlm.h"
#include "plugins/ntlm/smbpasswd.h"
#include "plugins/ntlm/test-pair.h"
#include "plugins/ntlm/users.h"

#define XS "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"
#define HASH "878D8014606CDA29677A44EFA1353FC7"
#define LINE(name, flags) name ":1000:" XS ":" HASH ":[" flags "]:LCT-5F000000:\n"

static struct smbpasswd_line line_of(const char *text)
{
    struct smbpasswd_line line = { 0 };

    assert_null(smbpasswd_get(span_str(text), &line));
    return line;
}

static void lines_are_taken_apart(void **state)
{
    struct smbpasswd_line l = line_of("bob:12:" XS ":" HASH ":[UD         ]:LCT-5F000000:note");
    struct secret hash = { 0 };

    (void)state;
    assert_true(span_is(l.name, "bob", 3) && span_is(l.uid, "12", 2));
    assert_true(l.has_hash && l.disabled && !l.no_password);
    assert_true(span_is(l.flags, "UD         ", 11));
    smbpasswd_hash(&l, &hash);
    assert_int_equal(hash.len, 16);
    assert_memory_equal(hash.bytes, "\x87\x8d\x80\x14", 4);
    assert_true(line_of("bob:1:" XS ":878d8014606cda29677a44efa1353fc7:").has_hash);
    assert_true(line_of("bob:1:" XS ":" HASH).has_hash); /* no ':' behind it */
    assert_false(line_of("bob:1:" XS ":" XS ":[U]:").has_hash);
    assert_false(line_of("bob:1:NO PASSWORDXXXXXXXXXXXXXXXXXXXXX:NO PASSWORDXXXXXXXXXXXXXXXXXXXXX:"
                         "[N]:")
                     .has_hash);
    assert_true(line_of("bob:1:" XS ":" HASH ":[N]:").no_password);
    assert_true(line_of("bob:1:" XS ":" HASH ":[UL]:").disabled);
    assert_false(line_of("bob:1:" XS ":" HASH ":Bob D. Nobody:/home/bob:").disabled);
    assert_int_equal(line_of("").name.len, 0);
    assert_int_equal(line_of("# bob:1:x").name.len, 0);
}

static void malformed_lines_are_named(void **state)
{
    static const char *const bad[] = {
        "bob",
        "bob:",
        "bob:1",
        "bob:1:" XS,
        ":1:" XS ":" HASH ":",
        "bob::" XS ":" HASH ":",
        "bob:x:" XS ":" HASH ":",
        "bob:1:" XS ":878D:",
        "bob:1:XX:" HASH ":",
        "bob:1:" XS ":878D8014606CDA29677A44EFA1353FCG:",
        "b\tb:1:" XS ":" HASH ":",
        "b\xff:1:" XS ":" HASH ":",
        " bob:1:" XS ":" HASH ":",
        "DOMAIN:bob:password",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct smbpasswd_line line;

        assert_non_null(smbpasswd_get(span_str(bad[i]), &line));
    }
}

static void lines_are_split_however_they_end(void **state)
{
    struct span rest = span_str("a\r\n\nb\n\r\nc");
    static const char *const want[] = { "a", "", "b", "", "c" };

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_true(rest.len > 0);
        struct span line = smbpasswd_next(&rest);
        assert_true(span_is(line, want[i], strlen(want[i])));
    }
    assert_int_equal(rest.len, 0);
}

/* --- looking up ------------------------------------------------------------------------------- */

static SECURITY_STATUS find(struct ntlm_users *users, const char *name, bool *found)
{
    uint8_t room[1024];
    struct wire_out out = wire_out(room, sizeof room);
    struct secret hash = { 0 };

    assert_true(utf16_put(&out, span_str(name)));
    SECURITY_STATUS status = ntlm_users_find(users, span_of(room, out.len), &hash, found);
    assert_int_equal(hash.len, 16);
    assert_true(status < 0 || *found == (hash.bytes[0] != 0));
    return status;
}

static bool knows(struct ntlm_users *users, const char *name)
{
    bool found = false;

    assert_int_equal(find(users, name, &found), SEC_E_OK);
    return found;
}

static struct ntlm_users *open_text(char path[64], const char *text)
{
    test_host_open();
    test_write_file(path, text);
    struct ntlm_users *users = ntlm_users_open(path);
    assert_non_null(users);
    return users;
}

static void close_text(struct ntlm_users *users, const char *path)
{
    ntlm_users_drop(users);
    (void)unlink(path);
    assert_int_equal(test_host.live, 0);
}

static void names_are_found_in_any_case(void **state)
{
    char path[64];
    struct ntlm_users *users =
        open_text(path, "# comment\r\n\n" LINE("Alice", "U          ")
                            LINE("\xc3\x89l\xc3\xa8ve", "U") LINE("dora", "UD")
                                LINE("nora", "UN") "broken line\n"
                                                   "zoe:1:" XS ":" XS ":[U]:\n" LINE("last", "U"));

    (void)state;
    assert_true(knows(users, "Alice") && knows(users, "ALICE") && knows(users, "alice"));
    assert_true(knows(users, "\xc3\xa9L\xc3\x88VE"));
    assert_true(knows(users, "last"));
    assert_false(knows(users, "dora") || knows(users, "nora") || knows(users, "zoe"));
    assert_false(knows(users, "") || knows(users, "alic") || knows(users, "alicee"));
    assert_false(knows(users, "# comment") || knows(users, "broken line"));
    close_text(users, path);
}

static void the_first_line_of_a_name_counts(void **state)
{
    char path[64];
    struct ntlm_users *users = open_text(path, LINE("alice", "UD") LINE("ALICE", "U"));

    (void)state;
    assert_false(knows(users, "alice"));
    close_text(users, path);
}

static void any_file_is_survived(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "\r\n\r\n",
        ":",
        ":::::::",
        "alice",
        "alice:1:" XS ":" HASH,
        "\xff\xfe\xfd",
        "a:1:" XS ":" HASH ":[",
        "a:1:" XS ":" HASH ":]",
        "a:1:" XS ":" HASH ":[]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char path[64];
        struct ntlm_users *users = open_text(path, texts[i]);
        bool found;

        assert_int_equal(find(users, "nobody", &found), SEC_E_OK);
        assert_false(found);
        close_text(users, path);
    }
}

/* Every prefix of a good file, and garbage of every length. */
static void files_cut_short_and_binary_are_survived(void **state)
{
    static const char whole[] = LINE("alice", "U") LINE("bob", "U          ");
    char path[64], bytes[512];
    struct ntlm_users *users = open_text(path, "");
    bool found;

    (void)state;
    for (size_t n = 0; n < sizeof bytes; n++) {
        int fd = open(path, O_WRONLY | O_TRUNC);

        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(n < sizeof whole ? whole[i] : (int)((i * 131 + n * 17) % 251));
        assert_int_equal(write(fd, bytes, n), n);
        close(fd);
        assert_int_equal(find(users, "alice", &found), SEC_E_OK);
        if (n < sizeof whole)
            assert_int_equal(found, n >= sizeof "alice:1000:" XS ":" HASH - 1);
    }
    close_text(users, path);
}

static void files_that_must_not_be_trusted_are_refused(void **state)
{
    char path[64], other[80];
    struct ntlm_users *users = open_text(path, LINE("alice", "U"));
    bool found;

    (void)state;
    assert_int_equal(chmod(path, 0602), 0);
    assert_int_equal(find(users, "alice", &found), SEC_E_NO_AUTHENTICATING_AUTHORITY);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(find(users, "alice", &found), SEC_E_OK);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 0), 0);
        assert_int_equal(find(users, "alice", &found), SEC_E_NO_AUTHENTICATING_AUTHORITY);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(find(users, "alice", &found), SEC_E_NO_AUTHENTICATING_AUTHORITY);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(find(users, "alice", &found), SEC_E_NO_AUTHENTICATING_AUTHORITY);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* and nobody ever writes to it */
    assert_int_equal(find(users, "alice", &found), SEC_E_NO_AUTHENTICATING_AUTHORITY);
    assert_int_equal(unlink(path), 0);
    (void)snprintf(other, sizeof other, "%s-real", path);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(find(users, "alice", &found), SEC_E_NO_AUTHENTICATING_AUTHORITY);
    close_text(users, path);
}

static void changes_are_seen(void **state)
{
    char path[64];
    struct ntlm_users *users = open_text(path, LINE("alice", "U          "));

    (void)state;
    assert_true(knows(users, "alice"));
    for (int i = 0; i < 20; i++) { /* in place, of the same length, in the same tick of the clock */
        int fd = open(path, O_WRONLY);
        const char *text = i % 2 ? LINE("alice", "U          ") : LINE("alice", "UD         ");

        assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
        close(fd);
        assert_int_equal(knows(users, "alice"), i % 2);
    }
    close_text(users, path);
}

static void an_unchanged_file_is_not_read_again(void **state)
{
    char path[64];
    struct ntlm_users *users = open_text(path, LINE("alice", "U"));
    const struct timespec wait = { .tv_nsec = 80 * 1000 * 1000 }; /* until it is settled */

    (void)state;
    (void)nanosleep(&wait, NULL);
    assert_true(knows(users, "alice"));
    size_t before = test_host.allocations;
    for (int i = 0; i < 100; i++)
        assert_true(knows(users, "ALICE"));
    assert_int_equal(test_host.allocations, before);
    close_text(users, path);
}

/* --- threads ---------------------------------------------------------------------------------- */

struct crowd {
    struct ntlm_users *users;
    _Atomic bool stop;
    _Atomic unsigned wrong;
};

static void *look_up(void *arg)
{
    struct crowd *crowd = arg;

    while (!crowd->stop) {
        bool found = false;
        struct secret hash = { 0 };
        SECURITY_STATUS status =
            ntlm_users_find(crowd->users, span_of("a\0l\0i\0c\0e\0", 10), &hash, &found);

        if (status != SEC_E_OK || !found)
            crowd->wrong++;
    }
    return NULL;
}

/* Replaced again and again by rename, the file is whole whenever it is read. */
static void look_ups_go_on_while_the_file_changes(void **state)
{
    char path[64];
    struct crowd crowd = { .users = open_text(path, LINE("alice", "U")) };
    pthread_t threads[3];
    struct secret hash = { .len = 16, .bytes = "0123456789abcdef" };

    (void)state;
    test_host.tracing = false;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, look_up, &crowd), 0);
    for (int i = 0; i < 100; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "user%d", i);
        assert_int_equal(ntlm_account_set(path, span_str(name), &hash, true, false), SEC_E_OK);
    }
    crowd.stop = true;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(crowd.wrong, 0);
    assert_true(knows(crowd.users, "user99"));
    char lock[80];
    (void)snprintf(lock, sizeof lock, "%s.lock", path);
    (void)unlink(lock);
    close_text(crowd.users, path);
}

/* --- changing --------------------------------------------------------------------------------- */

static char *content(const char *path)
{
    static char text[4096];
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static void drop_lock(const char *path)
{
    char lock[80];

    (void)snprintf(lock, sizeof lock, "%s.lock", path);
    assert_int_equal(unlink(lock), 0);
}

static const struct secret new_hash = { .len = 16,
                                        .bytes = "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20" };
#define NEW_HASH "0102030405060708090A0B0C0D0E0F10"

static void accounts_change_and_nothing_else_does(void **state)
{
    char path[64];
    struct ntlm_users *users =
        open_text(path, "# mine\n" LINE("Alice", "UN         ") "junk\n" LINE(
                            "bob", "UD         ") "carol:7:" XS ":" HASH ":");

    (void)state;
    assert_int_equal(ntlm_account_set(path, span_str("aLICE"), &new_hash, false, true), SEC_E_OK);
    char *text = content(path);
    assert_int_equal(strncmp(text, "# mine\nAlice:1000:" XS ":" NEW_HASH ":[U          ]:LCT-", 99),
                     0);
    assert_non_null(
        strstr(text, ":\njunk\n" LINE("bob", "UD         ") "carol:7:" XS ":" HASH ":"));
    assert_int_equal(ntlm_account_set(path, span_str("dave"), &new_hash, true, false), SEC_E_OK);
    text = content(path);
    assert_non_null(strstr(text, "carol:7:" XS ":" HASH ":\ndave:"));
    assert_true(knows(users, "dave") && knows(users, "alice"));
    assert_int_equal(ntlm_account_delete(path, span_str("BOB")), SEC_E_OK);
    text = content(path);
    assert_null(strstr(text, "bob"));
    assert_non_null(strstr(text, "junk\ncarol"));
    drop_lock(path);
    close_text(users, path);
}

static void conditions_of_a_change_hold(void **state)
{
    char path[64];
    struct ntlm_users *users = open_text(path, LINE("alice", "U"));
    char *before = strdup(content(path));

    (void)state;
    assert_int_equal(ntlm_account_set(path, span_str("ALICE"), &new_hash, true, false),
                     SEC_E_NOT_OWNER);
    assert_int_equal(ntlm_account_set(path, span_str("bob"), &new_hash, false, true),
                     SEC_E_TARGET_UNKNOWN);
    assert_int_equal(ntlm_account_delete(path, span_str("bob")), SEC_E_TARGET_UNKNOWN);
    assert_string_equal(content(path), before);
    free(before);
    drop_lock(path);
    close_text(users, path);
}

static void names_that_a_line_cannot_bear_are_refused(void **state)
{
    static const char *const bad[] = {
        "", "a:b", "a\nb", "a\rb", "\x7f", "#a", " a", "a ", "\xff"
    };
    char path[64], longest[SMBPASSWD_NAME_MAX + 2];
    struct ntlm_users *users = open_text(path, "");

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(ntlm_account_set(path, span_str(bad[i]), &new_hash, false, false),
                         SEC_E_INVALID_PARAMETER);
    assert_int_equal(ntlm_account_set(path, span_of("a\0b", 3), &new_hash, false, false),
                     SEC_E_INVALID_PARAMETER);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(ntlm_account_set(path, span_str(longest), &new_hash, false, false),
                     SEC_E_INVALID_PARAMETER);
    assert_int_equal(ntlm_account_set(path, span_str(longest + 1), &new_hash, false, false),
                     SEC_E_OK);
    assert_true(knows(users, longest + 1));
    drop_lock(path);
    close_text(users, path);
}

static void modes_and_links_stay(void **state)
{
    char path[64], link[80], lock[88];
    struct ntlm_users *users = open_text(path, "");
    struct stat file;

    (void)state;
    assert_int_equal(chmod(path, 0640), 0);
    (void)snprintf(link, sizeof link, "%s-link", path);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(ntlm_account_set(link, span_str("alice"), &new_hash, false, false), SEC_E_OK);
    assert_int_equal(lstat(link, &file), 0);
    assert_true(S_ISLNK(file.st_mode));
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0640);
    assert_true(knows(users, "alice"));
    drop_lock(path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(ntlm_account_set(path, span_str("alice"), &new_hash, false, false), SEC_E_OK);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600); /* a new one is for us alone */
    (void)snprintf(lock, sizeof lock, "%s.lock", path);
    assert_int_equal(stat(lock, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    drop_lock(path);
    close_text(users, path);
}

static void count_account(void *arg, const char *name, bool disabled)
{
    char *seen = arg;

    (void)strncat(seen, name, 200 - strlen(seen));
    (void)strncat(seen, disabled ? "- " : " ", 200 - strlen(seen));
}

static void accounts_are_told_in_order(void **state)
{
    char path[64], seen[256] = "";
    struct ntlm_users *users = open_text(path, LINE("b", "U") "junk\n" LINE("a", "UD"));

    (void)state;
    assert_int_equal(ntlm_users_each(users, count_account, seen), SEC_E_OK);
    assert_string_equal(seen, "b a- ");
    close_text(users, path);
}

/* Through the package's own table, as `sspi user` does it. */
static void the_table_keeps_accounts(void **state)
{
    struct test_pair p;
    char seen[256] = "";

    (void)state;
    test_pair_open(&p, NULL);
    const struct ssp_package *t = &ntlm_package;
    struct ssp_instance *i = p.server.instance;
    assert_int_equal(t->account_set(i, span_str("erin"), span_str("secret"), true, false),
                     SEC_E_OK);
    assert_non_null(strstr(content(p.file), "\nerin:65534:" XS ":" HASH ":[U          ]:LCT-"));
    assert_int_equal(t->account_each(i, count_account, seen), SEC_E_OK);
    assert_non_null(strstr(seen, "erin "));
    assert_int_equal(t->account_delete(i, span_str("erin")), SEC_E_OK);
    assert_null(strstr(content(p.file), "erin"));
    assert_int_equal(t->account_set(i, span_str("erin"), span_str("\xff"), true, false),
                     SEC_E_UNKNOWN_CREDENTIALS);
    drop_lock(p.file);
    test_pair_close(&p);
    (void)unsetenv("NTLM_USER_FILE");
    test_host_open();
    const struct ssp_settings none = { .all = NULL };
    assert_int_equal(t->start(&none, &i), SEC_E_OK);
    assert_int_equal(t->account_each(i, count_account, seen), SEC_E_NO_CREDENTIALS);
    t->stop(i);
}

/* --- running out of memory -------------------------------------------------------------------- */

static void every_allocation_may_fail(void **state)
{
    char path[64];
    struct ntlm_users *users = open_text(path, LINE("alice", "U"));

    (void)state;
    for (size_t n = 1;; n++) {
        bool found;

        test_host.allocations = 0;
        test_host.fail_at = n;
        SECURITY_STATUS status = find(users, "alice", &found);
        if (status == SEC_E_OK)
            status = ntlm_account_set(path, span_str("bob"), &new_hash, false, false);
        test_host.fail_at = 0;
        if (status == SEC_E_OK)
            break;
        assert_int_equal(status, SEC_E_INSUFFICIENT_MEMORY);
    }
    assert_true(knows(users, "alice") && knows(users, "bob"));
    drop_lock(path);
    close_text(users, path);
}

static void a_hundred_thousand_users_are_no_slower_to_find(void **state)
{
    char path[64], name[32];
    struct ntlm_users *users = open_text(path, "");
    const struct timespec wait = { .tv_nsec = 80 * 1000 * 1000 };
    FILE *f = fopen(path, "w");

    (void)state;
    assert_non_null(f);
    for (int i = 0; i < 100000; i++)
        fprintf(f, "user%d:%d:" XS ":" HASH ":[U          ]:LCT-5F000000:\n", i, i);
    fclose(f);
    (void)nanosleep(&wait, NULL);
    for (int i = 0; i < 100000; i += 997) {
        (void)snprintf(name, sizeof name, "USER%d", i);
        assert_true(knows(users, name));
    }
    assert_false(knows(users, "user100000"));
    close_text(users, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_taken_apart),
        cmocka_unit_test(malformed_lines_are_named),
        cmocka_unit_test(lines_are_split_however_they_end),
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(the_first_line_of_a_name_counts),
        cmocka_unit_test(any_file_is_survived),
        cmocka_unit_test(files_cut_short_and_binary_are_survived),
        cmocka_unit_test(files_that_must_not_be_trusted_are_refused),
        cmocka_unit_test(changes_are_seen),
        cmocka_unit_test(an_unchanged_file_is_not_read_again),
        cmocka_unit_test(look_ups_go_on_while_the_file_changes),
        cmocka_unit_test(accounts_change_and_nothing_else_does),
        cmocka_unit_test(conditions_of_a_change_hold),
        cmocka_unit_test(names_that_a_line_cannot_bear_are_refused),
        cmocka_unit_test(modes_and_links_stay),
        cmocka_unit_test(accounts_are_told_in_order),
        cmocka_unit_test(the_table_keeps_accounts),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_hundred_thousand_users_are_no_slower_to_find),
    };

    return cmocka_run_group_tests_name("ntlm users", tests, NULL, NULL);
}
