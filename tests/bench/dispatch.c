/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch.c: what libsspi adds to a call of a package.
 *
 * The same function of the same module (plug.c) is called through QueryContextAttributesA and
 * straight through the package's table, in a loop over the same ten contexts.  BENCH_LIVE says
 * how many contexts are alive meanwhile; the ten are spread evenly among them, but two threads get
 * two that were made one after the other, so that a cache line shared by neighbours would show.
 */
#include "config.h"

#include "bench.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "plug.h"
#include "sspi/sspix.h"

#define IN_USE 10 /* contexts that are asked */

struct state {
    CtxtHandle asked[IN_USE];
    CtxtHandle own; /* this thread's, next to the other thread's */
    struct ssp_ctx *direct;
    SecPkgContext_Sizes sizes;
    atomic_uint holds;
};

static CredHandle credential;
static const struct ssp_package *volatile table; /* volatile: the call stays an indirect one */

static void need(SECURITY_STATUS status, const char *what)
{
    const char *name = sspi_status_name(status);

    if (status != SEC_E_OK)
        bench_die("%s: %s (%#x)", what, name ? name : "?", (unsigned)status);
}

static CtxtHandle new_context(void)
{
    CtxtHandle context;
    ULONG flags;
    TimeStamp expiry;

    need(InitializeSecurityContextA(&credential, NULL, NULL, 0, 0, SECURITY_NATIVE_DREP, NULL, 0,
                                    &context, NULL, &flags, &expiry),
         "InitializeSecurityContext");
    return context;
}

static unsigned long live(void)
{
    const char *text = getenv("BENCH_LIVE");
    unsigned long n = text ? strtoul(text, NULL, 10) : IN_USE;

    return n < IN_USE ? IN_USE : n;
}

static CtxtHandle asked[IN_USE];
static CtxtHandle neighbours[8];

/* Once for the process: everything that is to be alive. */
static void fill(void)
{
    unsigned long n = live();
    TimeStamp expiry;

    need(AcquireCredentialsHandleA(NULL, PLUG_NAME, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
                                   &credential, &expiry),
         "AcquireCredentialsHandle");
    for (unsigned long i = 0; i < n; i++) {
        CtxtHandle context = new_context();

        if (i % (n / IN_USE) == 0 && i / (n / IN_USE) < IN_USE)
            asked[i / (n / IN_USE)] = context;
    }
    for (size_t i = 0; i < sizeof neighbours / sizeof *neighbours; i++)
        neighbours[i] = new_context();
}

/* The module that libsspi has loaded is this very one: the same table, the same code. */
static void find_table(void)
{
    const char *path = getenv("BENCH_PLUG");
    void *module = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    ssp_package_entry_fn *entry = NULL;

    if (!module)
        bench_die("BENCH_PLUG: %s", path ? dlerror() : "not set");
    *(void **)&entry = dlsym(module, SSP_PACKAGE_ENTRY);
    bench_check(entry);
    table = entry(NULL)[0];
}

static void *set_up(const struct bench_case *c, unsigned thread)
{
    struct state *s = bench_alloc(sizeof *s + 128); /* no line shared with the other thread's */

    (void)c;
    for (int i = 0; i < IN_USE; i++)
        s->asked[i] = asked[i];
    s->own = neighbours[thread];
    s->direct = bench_alloc(128);
    return s;
}

static void op_direct(void *state)
{
    struct state *s = state;

    for (int i = 0; i < IN_USE; i++) {
        if (table->query(s->direct, SECPKG_ATTR_SIZES, &s->sizes, 0) != SEC_E_OK)
            bench_die("query");
        bench_use(&s->sizes);
    }
}

/* What any count of holds costs on this machine: two locked instructions, nobody else there. */
static void op_counted(void *state)
{
    struct state *s = state;

    for (int i = 0; i < IN_USE; i++) {
        atomic_fetch_add_explicit(&s->holds, 1, memory_order_acquire);
        if (table->query(s->direct, SECPKG_ATTR_SIZES, &s->sizes, 0) != SEC_E_OK)
            bench_die("query");
        bench_use(&s->sizes);
        atomic_fetch_sub_explicit(&s->holds, 1, memory_order_release);
    }
}

static void op_exported(void *state)
{
    struct state *s = state;

    for (int i = 0; i < IN_USE; i++) {
        if (QueryContextAttributesA(&s->asked[i], SECPKG_ATTR_SIZES, &s->sizes) != SEC_E_OK)
            bench_die("QueryContextAttributes");
        bench_use(&s->sizes);
    }
}

static void op_own(void *state)
{
    struct state *s = state;

    for (int i = 0; i < IN_USE; i++) {
        if (QueryContextAttributesA(&s->own, SECPKG_ATTR_SIZES, &s->sizes) != SEC_E_OK)
            bench_die("QueryContextAttributes");
        bench_use(&s->sizes);
    }
}

static const char *info(void)
{
    static char text[96];

    snprintf(text, sizeof text, "OpenSSPI %s, %lu contexts alive", sspi_version(), live());
    return text;
}

static const struct bench_case cases[] = {
    { "dispatch/direct", set_up, op_direct, 0, 0, IN_USE, NULL, NULL },
    { "dispatch/counted", set_up, op_counted, 0, 0, IN_USE, NULL, NULL },
    { "dispatch/export", set_up, op_exported, 0, 0, IN_USE, NULL, NULL },
    { "dispatch/own", set_up, op_own, 0, 0, IN_USE, NULL, NULL },
};

int main(int argc, char **argv)
{
    static const struct bench_program program = { info, cases, sizeof cases / sizeof *cases };

    setvbuf(stdout, NULL, _IOLBF, 0);
    fill();
    find_table();
    return bench_main(argc, argv, &program);
}
