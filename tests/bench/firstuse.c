/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firstuse.c: what a process pays before it knows which packages there are.
 *
 *     firstuse sspi LIBRARY      InitSecurityInterfaceA, EnumerateSecurityPackagesA: ours, WinPR's
 *     firstuse gss LIBRARY       gss_indicate_mechs
 *     firstuse module LIBRARY    nothing: the price of loading a module
 *
 * Prints nanoseconds to load the library, nanoseconds of the calls, how many packages they told
 * of, and how many modules of BENCH_MODULES (a folder) are in the process afterwards.  A process
 * has but one first time: the driver starts many.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sspi/sspi.h"

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Our header's table is WinPR's too: both are that of Windows. */
static long sspi_packages(void *library)
{
    PSecurityFunctionTableA (*init)(void) = NULL;
    PSecurityFunctionTableA table;
    PSecPkgInfoA info = NULL;
    ULONG n = 0;

    *(void **)&init = dlsym(library, "InitSecurityInterfaceA");
    table = init ? init() : NULL;
    if (!table || table->EnumerateSecurityPackagesA(&n, &info) != SEC_E_OK)
        return -1;
    return (long)n;
}

static long gss_mechanisms(void *library)
{
    struct set { /* gss_OID_set_desc */
        size_t count;
        void *elements;
    } *set = NULL;
    uint32_t (*indicate)(uint32_t *, struct set **) = NULL;
    uint32_t minor;

    *(void **)&indicate = dlsym(library, "gss_indicate_mechs");
    return indicate && indicate(&minor, &set) == 0 && set ? (long)set->count : -1;
}

/* Different files of the folder that are mapped. */
static unsigned loaded_modules(const char *folder)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[4096], last[4096] = "";
    unsigned n = 0;

    while (f && folder && fgets(line, sizeof line, f)) {
        char *path = strchr(line, '/');

        if (path && strncmp(path, folder, strlen(folder)) == 0 && strcmp(path, last) != 0) {
            memcpy(last, path, strlen(path) + 1);
            n++;
        }
    }
    if (f)
        fclose(f);
    return n;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    double began = now_ns();
    void *library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
    double loaded = now_ns();
    long n = -1;

    if (!library) {
        printf("no %s\n", dlerror());
        return 1;
    }
    if (strcmp(argv[1], "sspi") == 0)
        n = sspi_packages(library);
    else if (strcmp(argv[1], "gss") == 0)
        n = gss_mechanisms(library);
    else
        n = 0;
    double done = now_ns();

    if (n < 0) {
        printf("no packages\n");
        return 1;
    }
    printf("ok %.0f %.0f %ld %u\n", loaded - began, done - loaded, n,
           loaded_modules(getenv("BENCH_MODULES")));
    return 0;
}
