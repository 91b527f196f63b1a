/* SPDX-License-Identifier: Apache-2.0 */
/* load.c: modules, and the packages in them. */
#include "config.h"

#include "core/load.h"

#include <dlfcn.h>
#include <errno.h>
#include <ltdl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/adapter.h"
#include "core/host.h"
#include "core/settings.h"
#include "core/sha256.h"
#include "core/text.h"
#include "core/thread.h"
#include "core/trace.h"
#include "core/trust.h"

#define ENTRY_WIDE "InitSecurityInterfaceW"
#define ENTRY_NARROW "InitSecurityInterfaceA"
#define MAX_TABLES 64u

/* A module that is loaded.  Never freed: its code is never unloaded. */
struct module {
    struct module *next;
    char *path; /* without links; NULL: part of this library */
    struct stat st;
    unsigned copy; /* how many other files this path named before */
    lt_dlhandle handle;
    ssp_package_entry_fn *entry;
    const struct ssp_package *const *tables; /* what entry answered; NULL: not asked yet */
    struct adapter_entries foreign;
};

/* What load_package works with. */
struct job {
    const struct mfst_entry *entry;
    struct findings *to;
    char *path; /* of the module, as the manifest says */
};

/* libltdl promises nothing about threads: every call to it is made under this lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct module *modules;
static bool ltdl_is_up;

static THREAD_LOCAL bool in_entry;

bool load_in_entry(void)
{
    return in_entry;
}

void load_before_fork(void)
{
    pthread_mutex_lock(&lock);
}

void load_after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

#define refuse(job, key, ...)                                                                      \
    finding_refuse((job)->to, SEC_E_CANNOT_INSTALL, (job)->entry->path,                            \
                   mfst_line((job)->entry, (key), NULL, -1), __VA_ARGS__)

/* --- the file -------------------------------------------------------------------------------- */

static SECURITY_STATUS hash_file(int fd, uint8_t digest[SHA256_SIZE])
{
    struct sha256 h;
    uint8_t part[16384];
    off_t at = 0;

    sha256_begin(&h);
    for (;;) {
        ssize_t n = pread(fd, part, sizeof part, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return SEC_E_CANNOT_INSTALL;
        if (n == 0)
            break;
        sha256_add(&h, part, (size_t)n);
        at += n;
    }
    sha256_end(&h, digest);
    return SEC_E_OK;
}

static SECURITY_STATUS check_pin(const struct job *job, int fd)
{
    uint8_t digest[SHA256_SIZE];

    if (!job->entry->pinned)
        return SEC_E_OK;
    if (hash_file(fd, digest) != SEC_E_OK)
        return refuse(job, "module", "%s cannot be read: %s", job->path, strerror(errno));
    for (size_t i = 0; i < sizeof digest; i++)
        if (digest[i] != job->entry->sha256[i])
            return refuse(job, "sha256", "%s is not the file that the pin is of", job->path);
    return SEC_E_OK;
}

/* --- libltdl --------------------------------------------------------------------------------- */

union symbol {
    /* POSIX lets an object pointer from dlsym stand for a function; ISO C does not. */
    void *object;
    ssp_package_entry_fn *entry;
    INIT_SECURITY_INTERFACE_W wide;
    INIT_SECURITY_INTERFACE_A narrow;
};

static const char *last_error_locked(void)
{
    const char *why = lt_dlerror();
    return why ? why : "no reason given";
}

static lt_dlhandle ltdl_open_locked(const char *path, char *why, size_t room)
{
    lt_dladvise how = NULL;
    lt_dlhandle handle = NULL;

    if (!ltdl_is_up && lt_dlinit() != 0) {
        snprintf(why, room, "lt_dlinit: %s", last_error_locked());
        lt_dlexit(); /* or the next lt_dlinit says yes and does nothing */
        return NULL;
    }
    ltdl_is_up = true;
    if (lt_dladvise_init(&how) == 0 && lt_dladvise_local(&how) == 0 &&
        lt_dladvise_resident(&how) == 0)
        handle = lt_dlopenadvise(path, how);
    if (!handle)
        snprintf(why, room, "%s", last_error_locked());
    if (how)
        lt_dladvise_destroy(&how);
    return handle;
}

/*
 * Load a file.  The system's loader goes first, all symbols at once: libltdl binds lazily, so
 * that a symbol which nobody has would end the program at its first use, and its own message
 * for any fault is "file not found".
 */
static lt_dlhandle open_once_locked(const char *path, char *why, size_t room)
{
    lt_dlhandle handle;
    void *now = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (!now) {
        const char *text = dlerror();
        snprintf(why, room, "%s", text ? text : "no reason given");
        return NULL;
    }
    handle = ltdl_open_locked(path, why, room);
    dlclose(now);
    return handle;
}

static bool has_memory(void)
{
    void *volatile p = malloc(1024); /* volatile: else the compiler knows that it succeeds */
    bool has = p;

    free(p);
    return has;
}

/*
 * Neither loader says reliably that memory ran out ("cannot open shared object file", "invalid
 * loader").  If it was that, a second try works, or there is none for us either.
 */
static SECURITY_STATUS open_locked(const char *path, lt_dlhandle *out, char *why, size_t room)
{
    *out = open_once_locked(path, why, room);
    if (!*out)
        *out = open_once_locked(path, why, room);
    if (*out)
        return SEC_E_OK;
    return has_memory() ? SEC_E_CANNOT_INSTALL : SEC_E_INSUFFICIENT_MEMORY;
}

/*
 * The path under which a file is loaded.  The system's loader knows a file by its path: one
 * that replaced another would be taken for it, so each further file gets one more "./".
 */
static char *name_of_copy(const char *path, unsigned copy)
{
    size_t folder = (size_t)(strrchr(path, '/') - path) + 1;
    size_t n = strlen(path);
    char *name = malloc(n + 2 * (size_t)copy + 1);

    if (!name)
        return NULL;
    memcpy(name, path, folder);
    for (unsigned i = 0; i < copy; i++)
        memcpy(name + folder + 2 * i, "./", 2);
    memcpy(name + folder + 2 * copy, path + folder, n - folder + 1);
    return name;
}

static struct module *find_locked(const char *path)
{
    struct module *m = modules; /* the newest is first */

    while (m && (!m->path || strcmp(m->path, path) != 0))
        m = m->next;
    return m;
}

/*
 * A symbol of the module itself.  dlsym also looks in what the module is linked with, and one
 * that is linked with this library would have us call ourselves without end.
 */
static void *symbol_locked(const struct module *m, const char *name)
{
    void *symbol = lt_dlsym(m->handle, name);
    struct stat st;
    Dl_info info;

    if (!symbol || dladdr(symbol, &info) == 0 || stat(info.dli_fname, &st) != 0)
        return NULL;
    return st.st_dev == m->st.st_dev && st.st_ino == m->st.st_ino ? symbol : NULL;
}

static void find_symbols_locked(struct module *m)
{
    m->entry = (union symbol){ .object = symbol_locked(m, SSP_PACKAGE_ENTRY) }.entry;
    m->foreign.wide = (union symbol){ .object = symbol_locked(m, ENTRY_WIDE) }.wide;
    m->foreign.narrow = (union symbol){ .object = symbol_locked(m, ENTRY_NARROW) }.narrow;
}

/* Load the file that was checked, and see that it was that file. */
static SECURITY_STATUS open_module_locked(const struct job *job, struct module *m)
{
    char why[512];
    struct stat now;
    char *name = name_of_copy(m->path, m->copy);

    if (!name)
        return SEC_E_INSUFFICIENT_MEMORY;
    SECURITY_STATUS status = open_locked(name, &m->handle, why, sizeof why);
    free(name);
    if (status == SEC_E_INSUFFICIENT_MEMORY)
        return status;
    if (status != SEC_E_OK)
        return refuse(job, "module", "%s cannot be loaded: %s", job->path, why);
    if (stat(m->path, &now) != 0 || !trust_same_file(&now, &m->st))
        return refuse(job, "module", "%s was replaced while it was loaded", job->path);
    find_symbols_locked(m);
    return SEC_E_OK;
}

static SECURITY_STATUS new_module_locked(const struct job *job, const char *path,
                                         const struct stat *st, unsigned copy, struct module **out)
{
    struct module *m = calloc(1, sizeof *m);
    SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;

    if (m && (m->path = strdup(path))) {
        m->st = *st;
        m->copy = copy;
        status = open_module_locked(job, m);
    }
    if (status != SEC_E_OK) {
        if (m)
            free(m->path);
        free(m);
        return status;
    }
    m->next = modules;
    modules = m;
    *out = m;
    return SEC_E_OK;
}

/* The same file: a change of its mode is nothing to us, one of its bytes is. */
static bool same_bytes(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static SECURITY_STATUS module_of_locked(const struct job *job, const char *path,
                                        const struct stat *st, struct module **out)
{
    struct module *old = find_locked(path);

    if (!old)
        return new_module_locked(job, path, st, 0, out);
    if (old->st.st_dev != st->st_dev || old->st.st_ino != st->st_ino)
        return new_module_locked(job, path, st, old->copy + 1, out);
    if (!same_bytes(&old->st, st))
        return refuse(job, "module", "%s was written over since this process loaded it", job->path);
    *out = old;
    return SEC_E_OK;
}

/* The checked and loaded module of a file. */
static SECURITY_STATUS module_of_file(const struct job *job, struct module **out)
{
    struct stat st;
    char *resolved;
    int fd;
    SECURITY_STATUS status = trust_open_file(job->path, job->to, &fd, &st, &resolved);

    if (status == SEC_E_SECPKG_NOT_FOUND)
        return finding_refuse(job->to, status, job->entry->path,
                              mfst_line(job->entry, "module", NULL, -1), "there is no module %s",
                              job->path);
    if (status != SEC_E_OK)
        return status;
    status = check_pin(job, fd);
    if (status == SEC_E_OK) {
        pthread_mutex_lock(&lock);
        status = module_of_locked(job, resolved, &st, out);
        pthread_mutex_unlock(&lock);
    }
    /* Open until now, so that no other file could get this one's inode. */
    close(fd);
    free(resolved);
    return status;
}

/* --- modules inside this library ------------------------------------------------------------- */

/*
 * As libtool makes it of -dlpreopen, but written by make (configure --enable-static-plugins);
 * not there in other builds.  A module NAME.so that was built in has its entry there as
 * NAME_LTX_ssp_package_entry.
 */
extern const lt_dlsymlist lt_libsspi_LTX_preloaded_symbols[]
    __attribute__((weak, visibility("hidden")));

static ssp_package_entry_fn *built_in_entry(const char *module)
{
    const char *dot = strchr(module, '.');
    size_t n = dot ? (size_t)(dot - module) : strlen(module);
    const lt_dlsymlist *s = lt_libsspi_LTX_preloaded_symbols;

    for (; s && s->name; s++) {
        if (strncmp(s->name, module, n) == 0 && strcmp(s->name + n, "_LTX_" SSP_PACKAGE_ENTRY) == 0)
            return (union symbol){ .object = s->address }.entry;
    }
    return NULL;
}

/* *out is NULL if no such module was built in. */
static SECURITY_STATUS module_built_in(const struct job *job, struct module **out)
{
    ssp_package_entry_fn *entry = built_in_entry(job->entry->module);
    struct module *m;

    *out = NULL;
    if (!entry)
        return SEC_E_OK;
    pthread_mutex_lock(&lock);
    for (m = modules; m && (m->path || m->entry != entry); m = m->next)
        ;
    if (!m && (m = calloc(1, sizeof *m))) {
        m->entry = entry;
        m->next = modules;
        modules = m;
    }
    pthread_mutex_unlock(&lock);
    *out = m;
    return m ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

static SECURITY_STATUS find_module(const struct job *job, struct module **out)
{
    SECURITY_STATUS status = module_built_in(job, out);

    if (status != SEC_E_OK || *out)
        return status;
    return module_of_file(job, out);
}

bool load_is_current(const struct mfst_entry *entry, const char *folder)
{
    char *path, *real = NULL;
    struct stat now;
    bool same = false;

    if (built_in_entry(entry->module))
        return true;
    if (asprintf(&path, "%s/%s", folder, entry->module) < 0)
        return false;
    real = realpath(path, NULL);
    free(path);
    if (real && stat(real, &now) == 0) {
        pthread_mutex_lock(&lock);
        const struct module *m = find_locked(real);
        same = m && m->st.st_dev == now.st_dev && m->st.st_ino == now.st_ino &&
               same_bytes(&m->st, &now);
        pthread_mutex_unlock(&lock);
    }
    free(real);
    return same;
}

/* --- the table ------------------------------------------------------------------------------- */

static SECURITY_STATUS check_table(const struct job *job, const struct ssp_package *theirs)
{
    if (theirs->abi >> 16 != SSP_ABI_MAJOR)
        return refuse(job, "module", "%s speaks version %u of the package ABI, we speak %u",
                      job->path, theirs->abi >> 16, SSP_ABI_MAJOR);
    if (theirs->size < offsetof(struct ssp_package, start))
        return refuse(job, "module", "%s has a package table of %u bytes, too few for a name",
                      job->path, theirs->size);
    if (!theirs->name || !*theirs->name)
        return refuse(job, "module", "%s has a package without a name", job->path);
    return SEC_E_OK;
}

/* Ask the module, once, what packages it has. */
static SECURITY_STATUS read_tables(const struct job *job, struct module *m)
{
    pthread_mutex_lock(&lock);
    if (!m->tables && m->entry) {
        in_entry = true;
        m->tables = m->entry(&host_table);
        in_entry = false;
    }
    pthread_mutex_unlock(&lock);
    if (!m->entry)
        return refuse(job, "module", "%s is no module: it has no %s", job->path, SSP_PACKAGE_ENTRY);
    if (!m->tables)
        return refuse(job, "module", "%s has no packages", job->path);
    return SEC_E_OK;
}

/* The module's table of the entry's name; NULL once the reason was told. */
static const struct ssp_package *find_table(const struct job *job,
                                            const struct ssp_package *const *tables)
{
    char names[256] = "";
    size_t used = 0;

    for (size_t i = 0; tables[i] && i < MAX_TABLES; i++) {
        if (check_table(job, tables[i]) != SEC_E_OK)
            return NULL;
        if (text_same_name(span_str(tables[i]->name), span_str(job->entry->name)))
            return tables[i];
        if (used < sizeof names - 1)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                     tables[i]->name);
    }
    (void)refuse(job, "name", "the manifest says %s, the module %s has %s", job->entry->name,
                 job->path, *names ? names : "nothing");
    return NULL;
}

static bool list_has(const char *const *list, const char *text)
{
    for (; list && *list; list++)
        if (strcmp(*list, text) == 0)
            return true;
    return false;
}

static bool same_lists(const char *const *a, const char *const *b)
{
    for (size_t i = 0; a && a[i]; i++)
        if (!list_has(b, a[i]))
            return false;
    for (size_t i = 0; b && b[i]; i++)
        if (!list_has(a, b[i]))
            return false;
    return true;
}

/* Where the manifest makes a statement, applications were told it: it has to be true. */
static SECURITY_STATUS check_agreement(const struct job *job, const struct ssp_package *calls)
{
    const struct mfst_entry *e = job->entry;

    if (e->has_capabilities && e->capabilities != calls->capabilities)
        return refuse(job, "capabilities", "the manifest says 0x%x, the module 0x%x",
                      e->capabilities, calls->capabilities);
    if (e->has_max_token && e->max_token != calls->max_token)
        return refuse(job, "max_token", "the manifest says %u, the module %u", e->max_token,
                      calls->max_token);
    if (e->has_oids && !same_lists(e->oids, calls->oids))
        return refuse(job, "oids", "the module speaks other mechanisms than the manifest says");
    return SEC_E_OK;
}

static SECURITY_STATUS adopt(const struct job *job, struct module *m, struct ssp_package *out)
{
    const struct ssp_package *theirs;
    struct ssp_package ours = { 0 };
    SECURITY_STATUS status = read_tables(job, m);

    if (status != SEC_E_OK)
        return status;
    theirs = find_table(job, m->tables);
    if (!theirs)
        return SEC_E_CANNOT_INSTALL;
    /* An older package knows fewer functions: those it lacks stay NULL. */
    memcpy(&ours, theirs, theirs->size < sizeof ours ? theirs->size : sizeof ours);
    status = check_agreement(job, &ours);
    if (status == SEC_E_OK)
        status = settings_check(job->entry, ours.settings, job->to);
    if (status == SEC_E_OK)
        *out = ours;
    return status;
}

/* --- starting -------------------------------------------------------------------------------- */

struct last_words {
    char text[256];
};

static void keep_words(SECURITY_STATUS status, const char *text, void *arg)
{
    struct last_words *last = arg;

    if (status < 0)
        snprintf(last->text, sizeof last->text, "%s", text);
}

static SECURITY_STATUS start(const struct job *job, const struct ssp_package *calls,
                             struct ssp_instance **instance)
{
    struct last_words last = { "" };
    struct ssp_instance *made = NULL;
    bool listen = job->to && job->to->say;
    SECURITY_STATUS status;

    if (!calls->start) {
        *instance = NULL;
        return SEC_E_OK;
    }
    if (listen)
        trace_hear(keep_words, &last);
    status = calls->start(job->entry->settings, &made);
    if (listen)
        trace_hear(NULL, NULL);
    if (status >= 0) {
        *instance = made;
        return SEC_E_OK;
    }
    if (status == SEC_E_INSUFFICIENT_MEMORY)
        return status;
    return finding_refuse(job->to, status, job->entry->path, job->entry->line,
                          "package %s would not start%s%s", job->entry->name,
                          *last.text ? ": " : "", last.text);
}

static SECURITY_STATUS open_foreign(const struct job *job, struct module *m,
                                    struct ssp_package *calls, struct ssp_instance **instance)
{
    struct ssp_package ours;
    struct ssp_instance *made;
    SECURITY_STATUS status;

    if (!m->foreign.wide && !m->foreign.narrow)
        return refuse(job, "module", "%s is no provider: it has neither %s nor %s", job->path,
                      ENTRY_WIDE, ENTRY_NARROW);
    status = adapter_open(job->entry, m->foreign, job->to, &ours, &made);
    if (status != SEC_E_OK)
        return status;
    status = check_agreement(job, &ours);
    if (status != SEC_E_OK) {
        ours.stop(made);
        return status;
    }
    *calls = ours;
    *instance = made;
    return SEC_E_OK;
}

static SECURITY_STATUS load(const struct job *job, struct ssp_package *calls,
                            struct ssp_instance **instance)
{
    struct ssp_package ours;
    struct module *m;
    SECURITY_STATUS status = find_module(job, &m);

    if (status != SEC_E_OK)
        return status;
    if (job->entry->interface == MFST_SSPI_TABLE)
        return open_foreign(job, m, calls, instance);
    status = adopt(job, m, &ours);
    if (status == SEC_E_OK)
        status = start(job, &ours, instance);
    if (status != SEC_E_OK)
        return status;
    *calls = ours;
    trace_say("package %s is loaded from %s", job->entry->name,
              m->path ? job->path : "this library itself");
    return SEC_E_OK;
}

SECURITY_STATUS load_package(const struct mfst_entry *entry, const char *folder,
                             struct findings *to, struct ssp_package *calls,
                             struct ssp_instance **instance)
{
    struct job job = { .entry = entry, .to = to };
    SECURITY_STATUS status;

    if (in_entry)
        return trace_refuse(SEC_E_INTERNAL_ERROR, "a module's entry asks for package %s",
                            entry->name);
    if (asprintf(&job.path, "%s/%s", folder, entry->module) < 0)
        return SEC_E_INSUFFICIENT_MEMORY;
    status = load(&job, calls, instance);
    free(job.path);
    return status;
}
