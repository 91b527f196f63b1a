/* SPDX-License-Identifier: Apache-2.0 */
/* test-trust.c: owners, modes and links of a file and of every folder above it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "core/test-tree.h"
#include "core/trust.h"

struct fixture {
    struct tree tree;
    struct heard heard;
    struct findings to;
};

static int make(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    tree_make(&f->tree);
    f->to = (struct findings){ .say = hear, .arg = &f->heard };
    *state = f;
    return 0;
}

static int unmake(void **state)
{
    struct fixture *f = *state;

    tree_remove(&f->tree);
    free(f);
    return 0;
}

static SECURITY_STATUS try_file(struct fixture *f, const char *path)
{
    struct stat st;
    int fd = -1;
    SECURITY_STATUS status;

    memset(&f->heard, 0, sizeof f->heard);
    status = trust_open_file(path, &f->to, &fd, &st, NULL);
    if (status == SEC_E_OK)
        assert_int_equal(close(fd), 0);
    else
        assert_int_equal(fd, -1);
    return status;
}

static SECURITY_STATUS try_folder(struct fixture *f, const char *path)
{
    int fd = -1;
    SECURITY_STATUS status;

    memset(&f->heard, 0, sizeof f->heard);
    status = trust_open_folder(path, &f->to, &fd, NULL);
    if (status == SEC_E_OK)
        assert_int_equal(close(fd), 0);
    else
        assert_int_equal(fd, -1);
    return status;
}

static void a_file_of_ours_is_taken(void **state)
{
    struct fixture *f = *state;
    const char *path = tree_write(&f->tree, "file", "x");
    char *resolved = NULL, byte;
    struct stat st;
    int fd;

    assert_int_equal(trust_open_file(path, &f->to, &fd, &st, &resolved), SEC_E_OK);
    assert_int_equal(st.st_size, 1);
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(resolved[0], '/');
    assert_int_equal(f->heard.count, 0);
    free(resolved);
    close(fd);
}

static void a_file_of_the_system_is_taken(void **state)
{
    assert_int_equal(try_file(*state, "/etc/passwd"), SEC_E_OK);
    assert_int_equal(try_folder(*state, "/"), SEC_E_OK);
    assert_int_equal(try_folder(*state, "/etc"), SEC_E_OK);
}

static void what_is_not_there_is_not_told(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(try_file(f, tree_path(&f->tree, "nothing")), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(try_file(f, tree_path(&f->tree, "nothing/below")), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(try_folder(f, tree_path(&f->tree, "nothing")), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(f->heard.count, 0);
}

static void a_file_that_anyone_writes_is_refused(void **state)
{
    struct fixture *f = *state;
    const char *path = tree_write(&f->tree, "file", "x");

    assert_int_equal(chmod(path, 0646), 0);
    assert_int_equal(try_file(f, path), SEC_E_CANNOT_INSTALL);
    assert_int_equal(f->heard.fatal, 1);
    assert_string_equal(f->heard.file, path);
    assert_non_null(strstr(f->heard.text, "written by anyone"));
    assert_non_null(strstr(f->heard.text, "mode 0646"));
}

static void a_file_that_a_group_writes_is_refused_unless_it_is_roots(void **state)
{
    struct fixture *f = *state;
    const char *path = tree_write(&f->tree, "file", "x");
    struct stat st;

    assert_int_equal(chmod(path, 0664), 0);
    assert_int_equal(stat(path, &st), 0);
    if (st.st_gid == 0)
        assert_int_equal(try_file(f, path), SEC_E_OK);
    if (geteuid() == 0)
        assert_int_equal(chown(path, 0, 4711), 0);
    else if (st.st_gid == 0)
        return;
    assert_int_equal(try_file(f, path), SEC_E_CANNOT_INSTALL);
    assert_non_null(strstr(f->heard.text, "by a group"));
}

static void a_file_of_somebody_else_is_refused(void **state)
{
    struct fixture *f = *state;
    const char *path = tree_write(&f->tree, "file", "x");

    if (geteuid() != 0) {
        print_message("# only root can give a file away\n");
        skip();
    }
    assert_int_equal(chown(path, 4711, 0), 0);
    assert_int_equal(try_file(f, path), SEC_E_CANNOT_INSTALL);
    assert_non_null(strstr(f->heard.text, "neither root nor"));
}

static void a_folder_above_that_others_write_is_refused(void **state)
{
    struct fixture *f = *state;
    char deep[PATH_MAX];

    assert_int_equal(mkdir(tree_path(&f->tree, "packages.d/deep"), 0755), 0);
    snprintf(deep, sizeof deep, "%s", tree_write(&f->tree, "packages.d/deep/file", "x"));
    assert_int_equal(try_file(f, deep), SEC_E_OK);
    assert_int_equal(chmod(tree_path(&f->tree, "packages.d"), 0777), 0);
    assert_int_equal(try_file(f, deep), SEC_E_CANNOT_INSTALL);
    assert_non_null(strstr(f->heard.text, "packages.d can be written by anyone"));
    assert_int_equal(try_folder(f, tree_path(&f->tree, "packages.d/deep")), SEC_E_CANNOT_INSTALL);
    if (geteuid() != 0)
        return;
    assert_int_equal(chmod(tree_path(&f->tree, "packages.d"), 0755), 0);
    assert_int_equal(chown(f->tree.path, 4711, 0), 0);
    assert_int_equal(try_file(f, deep), SEC_E_CANNOT_INSTALL);
}

static void a_sticky_folder_is_passed_but_not_used_itself(void **state)
{
    struct fixture *f = *state;
    const char *file = tree_write(&f->tree, "packages.d/file", "x");
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s", file);
    assert_int_equal(chmod(tree_path(&f->tree, "packages.d"), 01777), 0);
    assert_int_equal(try_file(f, path), SEC_E_OK);
    assert_int_equal(try_folder(f, tree_path(&f->tree, "packages.d")), SEC_E_CANNOT_INSTALL);
    if (geteuid() != 0)
        return;
    assert_int_equal(chown(path, 4711, 0), 0);
    assert_int_equal(try_file(f, path), SEC_E_CANNOT_INSTALL);
}

static void a_link_is_followed_and_where_it_leads_is_checked(void **state)
{
    struct fixture *f = *state;
    char link[PATH_MAX], target[PATH_MAX];
    char *resolved = NULL;
    struct stat st;
    int fd;

    assert_int_equal(mkdir(tree_path(&f->tree, "open"), 0755), 0);
    snprintf(target, sizeof target, "%s", tree_write(&f->tree, "open/file", "x"));
    snprintf(link, sizeof link, "%s", tree_path(&f->tree, "packages.d/link"));
    assert_int_equal(symlink("../open/file", link), 0);
    assert_int_equal(trust_open_file(link, &f->to, &fd, &st, &resolved), SEC_E_OK);
    assert_string_equal(strrchr(resolved, '/'), "/file");
    free(resolved);
    close(fd);
    assert_int_equal(chmod(tree_path(&f->tree, "open"), 0777), 0);
    assert_int_equal(try_file(f, link), SEC_E_CANNOT_INSTALL);
    assert_non_null(strstr(f->heard.text, "/open can be written"));
    assert_int_equal(unlink(target), 0);
    assert_int_equal(try_file(f, link), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink(link, link), 0);
    assert_int_equal(try_file(f, link), SEC_E_CANNOT_INSTALL);
}

static void what_is_no_file_is_refused_without_waiting(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int s = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_int_equal(try_file(f, f->tree.root), SEC_E_CANNOT_INSTALL);
    assert_non_null(strstr(f->heard.text, "not a regular file"));
    assert_int_equal(mkfifo(tree_path(&f->tree, "fifo"), 0600), 0);
    assert_int_equal(try_file(f, f->tree.path), SEC_E_CANNOT_INSTALL);
    assert_int_equal(try_file(f, "/dev/null"), SEC_E_CANNOT_INSTALL);
    assert_int_equal(try_folder(f, tree_write(&f->tree, "file", "x")), SEC_E_CANNOT_INSTALL);
    assert_non_null(strstr(f->heard.text, "not a folder"));
    if (strlen(tree_path(&f->tree, "socket")) < sizeof address.sun_path) {
        snprintf(address.sun_path, sizeof address.sun_path, "%s", f->tree.path);
        assert_int_equal(bind(s, (const struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(try_file(f, f->tree.path), SEC_E_CANNOT_INSTALL);
    }
    close(s);
}

static void a_path_must_be_absolute(void **state)
{
    assert_int_equal(try_file(*state, "etc/passwd"), SEC_E_CANNOT_INSTALL);
    assert_int_equal(try_folder(*state, ""), SEC_E_CANNOT_INSTALL);
}

static void files_of_a_checked_folder_are_held_to_the_same(void **state)
{
    struct fixture *f = *state;
    const char *path = tree_write(&f->tree, "packages.d/file", "x");
    char whole[PATH_MAX];
    struct stat st;
    int folder, fd;

    snprintf(whole, sizeof whole, "%s", path);
    assert_int_equal(trust_open_folder(tree_path(&f->tree, "packages.d"), &f->to, &folder, NULL),
                     SEC_E_OK);
    assert_int_equal(trust_open_in(folder, "file", whole, &f->to, &fd, &st), SEC_E_OK);
    close(fd);
    assert_int_equal(trust_open_in(folder, "none", "/none", &f->to, &fd, &st),
                     SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(chmod(whole, 0666), 0);
    assert_int_equal(trust_open_in(folder, "file", whole, &f->to, &fd, &st), SEC_E_CANNOT_INSTALL);
    assert_int_equal(symlink("file", tree_path(&f->tree, "packages.d/link")), 0);
    assert_int_equal(trust_open_in(folder, "link", f->tree.path, &f->to, &fd, &st),
                     SEC_E_CANNOT_INSTALL);
    assert_int_equal(chmod(whole, 0644), 0);
    assert_int_equal(trust_open_in(folder, "link", f->tree.path, &f->to, &fd, &st), SEC_E_OK);
    close(fd);
    close(folder);
}

static void a_file_is_the_same_until_it_changes(void **state)
{
    struct fixture *f = *state;
    const char *path = tree_write(&f->tree, "file", "x");
    struct stat before, after;

    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(stat(path, &after), 0);
    assert_true(trust_same_file(&before, &after));
    after.st_mtim.tv_nsec++;
    assert_false(trust_same_file(&before, &after));
    after = before;
    after.st_ctim.tv_nsec++;
    assert_false(trust_same_file(&before, &after));
    after = before;
    after.st_ino++;
    assert_false(trust_same_file(&before, &after));
    after = before;
    after.st_size++;
    assert_false(trust_same_file(&before, &after));
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_file_of_ours_is_taken),
        IN_TREE(a_file_of_the_system_is_taken),
        IN_TREE(what_is_not_there_is_not_told),
        IN_TREE(a_file_that_anyone_writes_is_refused),
        IN_TREE(a_file_that_a_group_writes_is_refused_unless_it_is_roots),
        IN_TREE(a_file_of_somebody_else_is_refused),
        IN_TREE(a_folder_above_that_others_write_is_refused),
        IN_TREE(a_sticky_folder_is_passed_but_not_used_itself),
        IN_TREE(a_link_is_followed_and_where_it_leads_is_checked),
        IN_TREE(what_is_no_file_is_refused_without_waiting),
        IN_TREE(a_path_must_be_absolute),
        IN_TREE(files_of_a_checked_folder_are_held_to_the_same),
        IN_TREE(a_file_is_the_same_until_it_changes),
    };
    return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
