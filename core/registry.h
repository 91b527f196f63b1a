/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h: the packages that the manifest names, loaded when first needed.
 *
 * A struct package is counted: the registry holds one as long as its manifest is in force,
 * each credential (and each imported context) one more.  After a reload an old package lives
 * until its last user is gone, then its instance is stopped.  Code is never unloaded.
 */
#ifndef SSP_CORE_REGISTRY_H
#define SSP_CORE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/settings.h"
#include "sspi/package.h"

/* Limits of the whole, from sspi.json. */
struct reg_limits {
    uint32_t handshake_timeout_ms; /* 30000; 0: none */
    uint32_t max_half_open;        /* server contexts of this process; 10000 */
    uint32_t max_legs;             /* of one exchange, calls with this context; 64 */
    uint32_t max_token;            /* bytes of one input token, where the package sets no own; 65536 */
};

struct package {
    /* From the manifest, always there. */
    const char *name;
    const char *comment;
    const char *const *aliases; /* NULL-ended */
    const char *const *oids;    /* NULL-ended */
    uint32_t capabilities;
    uint16_t version;
    uint16_t rpc_id;
    uint32_t max_token;
    int32_t rank;
    bool required;
    /* From the module, once reg_find gave this package: a copy, what is missing is NULL. */
    struct ssp_package calls;
    struct ssp_instance *instance;
    /* What else the registry keeps is its own. */
    struct package_state *state;
};

/*
 * The package of a name, alias, or dotted OID (compared without case), loaded and started; the
 * caller holds it (reg_drop).  use: SECPKG_CRED_*, for allow and deny.
 * Errors: SEC_E_SECPKG_NOT_FOUND (unknown, disabled, or its module is missing),
 * SEC_E_CANNOT_INSTALL (refused: trust, pin, ABI, disagreement with the manifest, settings),
 * SEC_E_UNSUPPORTED_FUNCTION (policy), SEC_E_INSUFFICIENT_MEMORY.
 */
SECURITY_STATUS reg_find(struct span name, uint32_t use, struct package **out);
/* As reg_find, but nothing is loaded: calls and instance may be empty. */
SECURITY_STATUS reg_peek(struct span name, struct package **out);
void reg_hold(struct package *package);
void reg_drop(struct package *package); /* NULL is allowed */

/* Every enabled package that policy lets this program see, by rank; say returns false to stop. */
SECURITY_STATUS reg_each(bool (*say)(void *arg, struct package *package), void *arg);

/*
 * Switch a package of the manifest on or off for this process, until the next reload; off is no longer found or listed, but who has it keeps it.  SEC_E_SECPKG_NOT_FOUND.
 */
SECURITY_STATUS reg_enable(struct span name, bool enable);

/* The same with the disabled, the broken, and those that policy keeps from this program. */
SECURITY_STATUS reg_each_any(bool (*say)(void *arg, struct package *package), void *arg);

/* The limits now in force.  Cheap; reads the manifest at first use. */
struct reg_limits reg_limits(void);

/* See sspi_reload in sspix.h. */
SECURITY_STATUS reg_reload(void);

/* From here on a fork finds our locks free.  All of the above see to it themselves. */
void reg_guard_forks(void);

#endif
