/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dlopened.c: a program that loads libsspi.so at run time and takes the calls from its table, as
 * those written for WinPR do.  In its first call every allocation fails in its turn.  That is not
 * scenario.c's case over again: what belongs to a thread, the C library then sets up at its first
 * use, and ends the process if it cannot.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sspi/security.h"
#include "tests/oom/failalloc.h"
#include "tests/root.h"

#define N_MOST 1000u

/* A function by its name; NULL: there is none. */
static void look_up(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);

    memcpy(function, &symbol, sizeof symbol);
}

static PSecurityFunctionTableA calls(void)
{
    const char *build = getenv("SSP_TEST_BUILD");
    INIT_SECURITY_INTERFACE_A init;
    char path[1024];
    void *library;

    snprintf(path, sizeof path, "%s/.libs/libsspi.so", build ? build : ".");
    library = dlopen(path, RTLD_NOW);
    if (!library) {
        printf("Bail out! %s\n", dlerror());
        exit(99);
    }
    look_up(library, "InitSecurityInterfaceA", &init);
    return init();
}

static bool enumerates(PSecurityFunctionTableA table, SECURITY_STATUS *status)
{
    ULONG n = 0;
    PSecPkgInfoA info = NULL;

    *status = table->EnumerateSecurityPackagesA(&n, &info);
    return *status == SEC_E_OK && n == 1 && table->FreeContextBuffer(info) == SEC_E_OK;
}

/* In a process of its own: 0 well, 1 well and the due-th allocation was there to fail, 2 not. */
static int child(PSecurityFunctionTableA table, unsigned long due)
{
    void (*arm)(unsigned long, int);
    unsigned long (*disarm)(unsigned long *), failed = 0;
    SECURITY_STATUS status;
    bool good;

    look_up(RTLD_DEFAULT, "oom_arm", &arm);
    look_up(RTLD_DEFAULT, "oom_disarm", &disarm);
    if (arm)
        arm(due, 0);
    good = enumerates(table, &status);
    if (disarm)
        (void)disarm(&failed);
    good = good || (failed > 0 && status == SEC_E_INSUFFICIENT_MEMORY);
    return good && enumerates(table, &status) ? failed > 0 : 2;
}

/* The child's verdict; -1: it died, or never was. */
static int try_apart(PSecurityFunctionTableA table, unsigned long due)
{
    int result;
    pid_t pid = fork();

    if (pid == 0)
        _exit(child(table, due));
    if (pid < 0 || waitpid(pid, &result, 0) != pid || !WIFEXITED(result))
        return -1;
    return WEXITSTATUS(result);
}

int main(void)
{
    PSecurityFunctionTableA table = calls();
    unsigned long due = 0;
    int result;

    root_begin(NULL);
    root_write("packages.d/script.json", "{\"name\": \"Script\", \"module\": \"script.so\"}");
    do
        result = try_apart(table, ++due);
    while (result == 1 && due < N_MOST);
    root_end();
    printf("%sok 1 - the first call of a program that loads us at run time\n",
           result == 0 ? "" : "not ");
    if (result != 0)
        printf("# allocation %lu: verdict %d\n", due, result);
    printf("1..1\n");
    return result != 0;
}
