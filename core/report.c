/* SPDX-License-Identifier: Apache-2.0 */
/* report.c: tell people what is configured, and what is wrong with it. */
#include "config.h"

#include <stdlib.h>

#include "core/finding.h"
#include "core/manifest.h"
#include "core/package.h"
#include "core/registry.h"
#include "core/trace.h"
#include "sspi/sspix.h"

struct teller {
    bool load;
    bool no_memory;
    sspi_package_fn *say;
    void *arg;
};

static bool tell(void *arg, struct package *p)
{
    struct teller *t = arg;
    const struct mfst_entry *e = pkg_entry(p);
    SECURITY_STATUS status = t->load && e->enabled ? pkg_ready(p, NULL) : pkg_status(p);

    if (status == SEC_E_INSUFFICIENT_MEMORY) {
        t->no_memory = true;
        return false;
    }
    const struct sspi_package facts = {
        .size = sizeof facts,
        .name = p->name,
        .comment = p->comment,
        .aliases = p->aliases,
        .oids = p->oids,
        .manifest = e->path,
        .module = pkg_module(p),
        .capabilities = p->capabilities,
        .max_token = p->max_token,
        .rank = p->rank,
        .enabled = e->enabled,
        .required = p->required,
        .pinned = e->pinned,
        .loaded = pkg_is_loaded(p),
        .status = status,
    };
    t->say(t->arg, &facts);
    return true;
}

SECURITY_STATUS sspi_each_package(bool load, sspi_package_fn *say, void *arg)
{
    struct teller t = { .load = load, .say = say, .arg = arg };
    SECURITY_STATUS status;

    if (!say)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "sspi_each_package has nobody to tell");
    status = reg_each_any(tell, &t);
    return t.no_memory ? SEC_E_INSUFFICIENT_MEMORY : status;
}

/* Try one entry as a package of its own, so that nothing that is in use is touched. */
static SECURITY_STATUS try_entry(struct manifest *m, size_t i, struct findings *to)
{
    struct mfst_entry *e = m->entries[i];
    SECURITY_STATUS status;
    struct package *p;

    if (!e->enabled || e->broken)
        return SEC_E_OK; /* what is wrong with a broken one was told */
    p = pkg_new(e, m->module_folder, m->limits.max_token);
    if (!p)
        return SEC_E_INSUFFICIENT_MEMORY;
    m->entries[i] = NULL;
    status = pkg_ready(p, to);
    reg_drop(p);
    return status;
}

static SECURITY_STATUS check_all(struct findings *to)
{
    struct manifest m = { 0 };
    SECURITY_STATUS status = mfst_read_main(mfst_root(), to, &m);

    if (status == SEC_E_OK)
        status = mfst_read_packages(&m, to);
    for (size_t i = 0; status == SEC_E_OK && i < m.count; i++)
        if (try_entry(&m, i, to) == SEC_E_INSUFFICIENT_MEMORY)
            status = SEC_E_INSUFFICIENT_MEMORY;
    if (status == SEC_E_OK && m.count == 0)
        finding_note(to, m.root, 0, "no packages are configured");
    mfst_free(&m);
    return status;
}

SECURITY_STATUS sspi_check(sspi_finding_fn *say, void *arg)
{
    struct findings to = { .say = say, .arg = arg };
    SECURITY_STATUS status;

    reg_guard_forks();
    status = check_all(&to);
    if (status == SEC_E_OK && to.fatal)
        status = SEC_E_CANNOT_INSTALL;
    return status;
}
