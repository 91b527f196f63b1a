/* SPDX-License-Identifier: Apache-2.0 */
/* steps.c: a call in which every allocation fails in its turn. */
#include "config.h"

#include "tests/oom/steps.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sspi/sspix.h"
#include "tests/oom/failalloc.h"

#define N_MOST 100000u /* no call allocates as often */

/* --- the stand-ins, if they are there -------------------------------------------------------- */

static struct {
    void (*arm)(unsigned long due, int forever);
    unsigned long (*disarm)(unsigned long *failed);
    void (*tell_failure)(int fd);
    void (*mark)(int with_traces);
    size_t (*live)(void);
    void (*tell_live)(int fd);
} oom;

static void look_up(const char *name, void *function)
{
    void *symbol = dlsym(RTLD_DEFAULT, name);

    memcpy(function, &symbol, sizeof symbol);
}

bool steps_begin(void)
{
    look_up("oom_arm", &oom.arm);
    look_up("oom_disarm", &oom.disarm);
    look_up("oom_tell_failure", &oom.tell_failure);
    look_up("oom_mark", &oom.mark);
    look_up("oom_live", &oom.live);
    look_up("oom_tell_live", &oom.tell_live);
    return oom.arm;
}

/* --- which allocations ----------------------------------------------------------------------- */

static unsigned long most; /* 0: no limit */
static unsigned long all;  /* allocations of the call when there is memory */
static unsigned long tried;

void steps_limit(unsigned long limit)
{
    most = limit;
}

static unsigned long next(unsigned long n)
{
    unsigned long more = all > most ? all - most : 0;

    tried++;
    return most == 0 || n < most ? n + 1 : n + 1 + more / most;
}

/* --- a step ---------------------------------------------------------------------------------- */

static char said[512]; /* why a step failed */

static bool wrong(const char *what, unsigned long n, SECURITY_STATUS status)
{
    const char *name = sspi_status_name(status);

    snprintf(said, sizeof said, "allocation %lu: %s (%s, 0x%08x)", n, what, name ? name : "?",
             (unsigned)status);
    return false;
}

static bool is_good(const struct step *s, SECURITY_STATUS status)
{
    return status == s->job->good && (!s->job->worked || s->job->worked(s->how));
}

static bool may_be(const struct step *s, SECURITY_STATUS status)
{
    return status == SEC_E_INSUFFICIENT_MEMORY || (s->job->excused && s->job->excused(status));
}

static void clear(const struct step *s)
{
    if (s->job->clear)
        s->job->clear(s->how);
}

static void prepare(const struct step *s)
{
    if (s->job->prepare)
        s->job->prepare(s->how);
}

/* The call failed with status; it is made again, with memory. */
static bool try_again(const struct step *s, unsigned long n, SECURITY_STATUS status)
{
    if (!may_be(s, status))
        return wrong("bad status", n, status);
    if (s->job->nothing && !s->job->nothing(s->how))
        return wrong("outputs are not defined", n, status);
    SECURITY_STATUS again = s->job->call(s->how);
    return is_good(s, again) || (s->job->ended && s->job->ended(status, again)) ||
           wrong("the same call again", n, again);
}

/* The call with its n-th allocation failing.  *hit: there was an n-th. */
static bool try_at(const struct step *s, unsigned long n, bool forever, bool *hit)
{
    unsigned long failed = 0;
    SECURITY_STATUS status;
    bool good;

    prepare(s);
    oom.arm(n, forever);
    status = s->job->call(s->how);
    (void)oom.disarm(&failed);
    *hit = failed > 0;
    if (!*hit || status == s->job->good)
        good = is_good(s, status) || wrong("bad result", n, status);
    else
        good = try_again(s, n, status);
    clear(s);
    return good;
}

bool step_once(const struct step *s)
{
    prepare(s);
    if (oom.arm)
        oom.arm(0, false);
    SECURITY_STATUS status = s->job->call(s->how);
    if (oom.arm)
        all = oom.disarm(NULL);
    bool good = is_good(s, status) || wrong("without a failure", 0, status);
    clear(s);
    return good;
}

static size_t live_after(const struct step *s, int times)
{
    oom.mark(false);
    while (times-- > 0)
        (void)step_once(s);
    return oom.live();
}

/*
 * How many blocks are there after the call that were not before.  A call that puts something in
 * the place of something else (a reload) makes some, and takes as many away; but not more the
 * more often it is made.
 */
static bool find_usual(const struct step *s, size_t *usual)
{
    *usual = live_after(s, 2);
    return live_after(s, 4) <= *usual || live_after(s, 8) <= *usual ||
           wrong("memory is lost at each call", 0, SEC_E_OK);
}

/*
 * What is allocated once and kept (a table that grew, a pool) is no leak: so only what is lost
 * again at each of three more tries counts.
 */
static bool leaks(const struct step *s, unsigned long n, bool forever, size_t usual)
{
    bool hit;

    for (int i = 0; i < 3; i++) {
        oom.mark(true);
        (void)try_at(s, n, forever, &hit);
        if (oom.live() <= usual)
            return false;
    }
    return true;
}

static bool try_all(const struct step *s, bool forever)
{
    size_t usual;
    bool hit = true;

    if (!find_usual(s, &usual))
        return false;
    for (unsigned long n = 1; hit && n < N_MOST; n = next(n)) {
        oom.mark(false);
        if (!try_at(s, n, forever, &hit)) {
            oom.tell_failure(STDERR_FILENO);
            return false;
        }
        if (oom.live() > usual && leaks(s, n, forever, usual)) {
            oom.tell_failure(STDERR_FILENO);
            oom.tell_live(STDERR_FILENO);
            return wrong("memory is lost", n, SEC_E_OK);
        }
    }
    return true;
}

/* --- in a process of its own ----------------------------------------------------------------- */

enum verdict { NOT_HIT, HIT, FAILED };

static bool with_traces; /* of what is not given back */

/* A step in such a process, and around it. */
struct apart {
    const struct step *s;
    void (*before)(void), (*after)(void);
    bool forever;
    size_t usual;
};

/* What is told by it. */
struct answer {
    size_t live;
    unsigned long all;
    char said[sizeof said];
};

/* How many blocks are there after the call was made again and again, a failing one not counted. */
static size_t live_after_some(const struct apart *a, unsigned long n, bool *good, bool *hit)
{
    *hit = false;
    if (a->before)
        a->before();
    oom.mark(with_traces);
    if (n > 0)
        *good = try_at(a->s, n, a->forever, hit);
    else
        *good = step_once(a->s);
    unsigned long first = all;
    *good = *good && step_once(a->s) && step_once(a->s);
    all = first;
    if (*good)
        a->after(); /* a call that failed may have loaded more */
    return oom.live();
}

static enum verdict child(const struct apart *a, unsigned long n, int fd)
{
    struct answer answer;
    bool good, hit;

    answer.live = live_after_some(a, n, &good, &hit);
    if (good && n > 0 && answer.live > a->usual) {
        good = wrong("memory is lost", n, SEC_E_OK);
        oom.tell_live(STDERR_FILENO);
    }
    if (!good)
        oom.tell_failure(STDERR_FILENO);
    answer.all = all;
    memcpy(answer.said, said, sizeof said);
    if (write(fd, &answer, sizeof answer) < 0)
        return FAILED;
    return !good ? FAILED : hit ? HIT : NOT_HIT;
}

static enum verdict try_apart(const struct apart *a, unsigned long n, struct answer *answer)
{
    int fds[2], result = 0;
    pid_t pid;

    fflush(stdout);
    if (pipe(fds) != 0 || (pid = fork()) < 0) {
        wrong("pipe or fork", n, SEC_E_OK);
        return FAILED;
    }
    if (pid == 0) {
        close(fds[0]);
        _exit((int)child(a, n, fds[1]));
    }
    close(fds[1]);
    bool told = read(fds[0], answer, sizeof *answer) == sizeof *answer;
    close(fds[0]);
    if (waitpid(pid, &result, 0) != pid || !told || !WIFEXITED(result)) {
        snprintf(said, sizeof said, "allocation %lu: the process died (wait status %d)", n, result);
        return FAILED;
    }
    memcpy(said, answer->said, sizeof said);
    return (enum verdict)WEXITSTATUS(result);
}

static bool try_all_apart(struct apart *a)
{
    struct answer answer = { 0 };
    enum verdict v = try_apart(a, 0, &answer);
    unsigned long n = 0;

    if (v == FAILED)
        return false;
    a->usual = answer.live;
    all = answer.all;
    do {
        n = next(n);
        v = try_apart(a, n, &answer);
    } while (v == HIT && n < N_MOST);
    if (v == FAILED) {
        with_traces = true;
        (void)try_apart(a, n, &answer);
        with_traces = false;
    }
    return v == NOT_HIT;
}

/* --- telling --------------------------------------------------------------------------------- */

static unsigned told_of, failures;

static void tell(bool good, const char *when, const char *name, const char *how)
{
    told_of++;
    failures += !good;
    printf("%sok %u - %s%s%s\n", good ? "" : "not ", told_of, when, name, how);
    if (!good)
        printf("# %s\n", said);
    if (most > 0 && tried > 0)
        printf("# of %lu allocations %lu were tried\n", all, tried);
    tried = 0;
    fflush(stdout);
}

void step_run_first(const struct step *s, void (*before)(void), void (*after)(void))
{
    struct apart a = { .s = s, .before = before, .after = after };

    tell(try_all_apart(&a), "at first, ", s->name, ": each allocation");
    a.forever = true;
    tell(try_all_apart(&a), "at first, ", s->name, ": all from each allocation on");
}

void step_run(const struct step *s)
{
    if (!step_once(s) || !step_once(s)) { /* what is allocated once for all */
        tell(false, "", s->name, "");
        return;
    }
    if (!oom.arm) {
        tell(true, "", s->name, "");
        return;
    }
    tell(try_all(s, false), "", s->name, ": each allocation");
    tell(try_all(s, true), "", s->name, ": all from each allocation on");
}

bool steps_end(void)
{
    printf("1..%u\n", told_of);
    return failures == 0;
}
