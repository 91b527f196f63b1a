/* SPDX-License-Identifier: Apache-2.0 */
/* root.c: a configuration of a test's own. */
#include "config.h"

#include "tests/root.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[512];

static void give_up(const char *what)
{
    perror(what);
    exit(99);
}

const char *root_path(const char *name)
{
    static char path[1024];

    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

void root_write(const char *name, const char *fmt, ...)
{
    FILE *f = fopen(root_path(name), "w");
    va_list ap;

    if (!f) {
        give_up(name);
        return;
    }
    va_start(ap, fmt);
    vfprintf(f, fmt, ap);
    va_end(ap);
    fclose(f);
    chmod(root_path(name), 0600);
}

void root_begin(const char *settings)
{
    const char *tmp = getenv("TMPDIR");
    const char *modules = getenv("SSP_TEST_PACKAGES");
    char folder[1024];

    snprintf(root, sizeof root, "%s/sspi-test-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(root) || mkdir(root_path("packages.d"), 0700) != 0)
        give_up(root);
    if (!realpath(modules ? modules : ".libs", folder))
        give_up("SSP_TEST_PACKAGES");
    root_write("sspi.json", "{ \"module_folder\": \"%s\"%s%s }\n", folder, settings ? ", " : "",
               settings ? settings : "");
    setenv("SSPI_CONFIG", root, 1);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

void root_end(void)
{
    if (root[0])
        nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    root[0] = '\0';
}
