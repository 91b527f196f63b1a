/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-tree.h: for tests of the registry: a folder of our own with manifests and modules in it,
 * and what was found wrong with them.  Include after cmocka.h.
 *
 * Modules are copied, because the folder that the build put them in may well be writable by a
 * group, and would be refused.
 */
#ifndef SSP_CORE_TEST_TREE_H
#define SSP_CORE_TEST_TREE_H

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sspi/sspi.h"

struct tree {
    char root[PATH_MAX - 256]; /* the folder of the manifest */
    char path[PATH_MAX];       /* the last that tree_path made */
};

static inline const char *tree_path(struct tree *t, const char *name)
{
    snprintf(t->path, sizeof t->path, "%s/%s", t->root, name);
    return t->path;
}

static inline void tree_make(struct tree *t)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(t->root, sizeof t->root, "%s/sspi-test-XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
    assert_non_null(mkdtemp(t->root));
    assert_int_equal(chmod(t->root, 0755), 0);
    assert_int_equal(mkdir(tree_path(t, "packages.d"), 0755), 0);
    assert_int_equal(chmod(t->path, 0755), 0);
    assert_int_equal(mkdir(tree_path(t, "modules"), 0755), 0);
    assert_int_equal(chmod(t->path, 0755), 0);
}

static inline int tree_remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

static inline void tree_remove(struct tree *t)
{
    (void)nftw(t->root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A file of that content, new, so that its inode differs from one that was there. */
static inline const char *tree_write_bytes(struct tree *t, const char *name, const void *bytes,
                                           size_t n)
{
    int fd;

    unlink(tree_path(t, name));
    fd = open(t->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0644), 0);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    assert_int_equal(close(fd), 0);
    return t->path;
}

static inline const char *tree_write(struct tree *t, const char *name, const char *text)
{
    return tree_write_bytes(t, name, text, strlen(text));
}

/* Copy a built module to modules/as. */
static inline const char *tree_module(struct tree *t, const char *built, const char *as)
{
    char from[PATH_MAX], to[64];
    char *bytes;
    long n;
    FILE *f;

    snprintf(from, sizeof from, "%s/%s", getenv("SSP_TEST_PACKAGES"), built);
    snprintf(to, sizeof to, "modules/%s", as);
    f = fopen(from, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    n = ftell(f);
    assert_true(n > 0);
    rewind(f);
    bytes = malloc((size_t)n);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)n, f), (size_t)n);
    fclose(f);
    (void)tree_write_bytes(t, to, bytes, (size_t)n);
    free(bytes);
    return t->path;
}

/* sspi.json with the tree's module folder, and more keys: ", \"key\": 1". */
static inline const char *tree_main(struct tree *t, const char *more)
{
    char text[PATH_MAX + 1024];

    snprintf(text, sizeof text, "{\n\"module_folder\": \"%s/modules\"%s\n}\n", t->root, more);
    return tree_write(t, "sspi.json", text);
}

/* What a check told. */
struct heard {
    int count;
    int fatal;
    int line;        /* of the last one */
    char file[512];  /* of the last one */
    char text[1024]; /* of the last one */
    char all[8192];  /* of all, each on a line */
};

static inline void hear(void *arg, bool fatal, const char *file, int line, const char *text)
{
    struct heard *h = arg;
    size_t used = strlen(h->all);

    h->count++;
    h->fatal += fatal;
    h->line = line;
    snprintf(h->file, sizeof h->file, "%s", file);
    snprintf(h->text, sizeof h->text, "%s", text);
    snprintf(h->all + used, sizeof h->all - used, "%s:%d: %s\n", file, line, text);
}

#endif
