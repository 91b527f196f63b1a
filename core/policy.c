/* SPDX-License-Identifier: Apache-2.0 */
/* policy.c: allow and deny. */
#include "config.h"

#include "core/policy.h"

#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/trace.h"

/* Read once: what a process runs does not change but by exec, which forgets us too. */
static char program_path[PATH_MAX];
static pthread_once_t program_once = PTHREAD_ONCE_INIT;

/*
 * The kernel's own word for the program, links resolved.  A program that was replaced since it
 * started is called "PATH (deleted)": an upgrade must not switch its rules off.
 */
static void read_program(void)
{
    static const char gone[] = " (deleted)";
    ssize_t n = readlink("/proc/self/exe", program_path, sizeof program_path);
    struct stat st;

    if (n <= 0 || (size_t)n >= sizeof program_path || program_path[0] != '/') {
        program_path[0] = '\0';
        trace_say("this program's path is not known: allow rules will not fit it");
        return;
    }
    program_path[n] = '\0';
    if ((size_t)n > sizeof gone - 1 && strcmp(program_path + n - (sizeof gone - 1), gone) == 0 &&
        stat(program_path, &st) != 0)
        program_path[(size_t)n - (sizeof gone - 1)] = '\0';
}

static bool fits(const struct mfst_rule *rule, uint32_t use, const char *program, bool if_unknown)
{
    if (!(rule->use & use))
        return false;
    if (!rule->program)
        return true;
    return program ? fnmatch(rule->program, program, FNM_PATHNAME) == 0 : if_unknown;
}

/* One direction. */
static bool allows_one(const struct mfst_entry *e, uint32_t use, const char *program)
{
    for (size_t i = 0; i < e->n_deny; i++)
        if (fits(&e->deny[i], use, program, true))
            return false;
    for (size_t i = 0; i < e->n_allow; i++)
        if (fits(&e->allow[i], use, program, false))
            return true;
    return !e->allow;
}

bool policy_allows_program(const struct mfst_entry *entry, uint32_t use, const char *program)
{
    bool in = allows_one(entry, SECPKG_CRED_INBOUND, program);
    bool out = allows_one(entry, SECPKG_CRED_OUTBOUND, program);

    use &= SECPKG_CRED_BOTH;
    if (use == 0)
        return in || out;
    return (in || !(use & SECPKG_CRED_INBOUND)) && (out || !(use & SECPKG_CRED_OUTBOUND));
}

bool policy_allows(const struct mfst_entry *entry, uint32_t use)
{
    if (!entry->allow && entry->n_deny == 0)
        return true;
    pthread_once(&program_once, read_program);
    return policy_allows_program(entry, use, *program_path ? program_path : NULL);
}
