/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sspix.h: what this implementation offers beyond Microsoft's interface: reloading, deadlines,
 * names for status codes, a check of the configuration, tokens explained, accounts,
 * certificates from files.
 *
 * All calls may be made from any thread.  Text is UTF-8.
 */
#ifndef SSPI_SSPIX_H
#define SSPI_SSPIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sspi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The library's version, e.g. "0.1.0".  Static. */
SSPI_API const char *sspi_version(void);

/*
 * Read the manifest again.  Credentials and contexts that exist keep the package they started
 * with; calls after this one see the new manifest.  Errors: SEC_E_CANNOT_INSTALL if sspi.json
 * itself cannot be used (the old manifest stays), SEC_E_INSUFFICIENT_MEMORY.  A broken file in
 * packages.d takes down its own packages only, and the trace says why.
 */
SSPI_API SECURITY_STATUS sspi_reload(void);

/*
 * Give a half-open context a deadline of its own, in milliseconds from now, in place of the
 * manifest's handshake_timeout_ms.  0 takes the deadline away.  Past it the next leg returns
 * SEC_E_CONTEXT_EXPIRED and the context's secrets are gone.
 * Errors: SEC_E_INVALID_HANDLE, also for an exchange that is over; SEC_E_OUT_OF_SEQUENCE for a
 * context that is established.
 */
SSPI_API SECURITY_STATUS sspi_set_deadline(PCtxtHandle phContext, uint32_t milliseconds);

/* "SEC_E_LOGON_DENIED", or NULL for a code without a name.  Static. */
SSPI_API const char *sspi_status_name(SECURITY_STATUS status);
/* One plain sentence on what the code means, or NULL.  Static. */
SSPI_API const char *sspi_status_text(SECURITY_STATUS status);
/* The code of a name ("SEC_E_OK"), without regard to case; false if there is none. */
SSPI_API bool sspi_status_find(const char *name, SECURITY_STATUS *status);

/* One package of the manifest.  Pointers live for the call of the function they are given to. */
struct sspi_package {
    uint32_t size;       /* of this struct, as the library knows it; it grows at its end */
    const char *name;
    const char *comment;
    const char *const *aliases; /* NULL-ended */
    const char *const *oids;    /* NULL-ended, dotted */
    const char *manifest;       /* the file that names it */
    const char *module;         /* the module's path */
    uint32_t capabilities;      /* SECPKG_FLAG_* */
    uint32_t max_token;         /* bytes */
    int32_t rank;
    bool enabled;
    bool required;
    bool pinned; /* the manifest holds the module's sha256 */
    bool loaded; /* in this process */
    SECURITY_STATUS status; /* why it cannot be used, if it was tried; else SEC_E_OK */
};

typedef void sspi_package_fn(void *arg, const struct sspi_package *package);

/*
 * Tell of every package in the manifest, disabled ones too, in the order of rank.  With load
 * each enabled one is loaded first, and its status says how that went; without, nothing is.
 * Errors: SEC_E_CANNOT_INSTALL (no usable manifest), SEC_E_INSUFFICIENT_MEMORY.
 */
SSPI_API SECURITY_STATUS sspi_each_package(bool load, sspi_package_fn *say, void *arg);

/* One finding: file and line (0: the whole file), in words; fatal: packages are lost by it. */
typedef void sspi_finding_fn(void *arg, bool fatal, const char *file, int line, const char *text);

/*
 * Read the manifest afresh as the next process would, load every enabled module, check owners,
 * modes, pins, names and settings, and tell each thing that is wrong.
 * Returns SEC_E_OK if nothing fatal was found, else SEC_E_CANNOT_INSTALL.
 */
SSPI_API SECURITY_STATUS sspi_check(sspi_finding_fn *say, void *arg);

/* One line of an explanation, indented by depth steps; "!" as the name marks a fault. */
typedef void sspi_explain_fn(void *arg, unsigned depth, const char *name, const char *text);

/*
 * Have a package tell what is in a token, field by field, and what is wrong with it.  With
 * package NULL each package that can is asked, in order of rank, until one knows the token.
 * Returns the status that the package's own reader gives for the token;
 * SEC_E_SECPKG_NOT_FOUND; SEC_E_UNSUPPORTED_FUNCTION if none can explain tokens.
 */
SSPI_API SECURITY_STATUS sspi_explain(const char *package, const void *token, size_t length,
                                      sspi_explain_fn *say, void *arg);

#define SSPI_ACCOUNT_CREATE 1u /* refuse a name that is there (SEC_E_NOT_OWNER) */
#define SSPI_ACCOUNT_CHANGE 2u /* refuse one that is not there (SEC_E_TARGET_UNKNOWN) */

/*
 * The accounts that a package's server side keeps by itself (NTLM's user file).  password need
 * not end in NUL; it is not kept.  Errors: SEC_E_SECPKG_NOT_FOUND; SEC_E_UNSUPPORTED_FUNCTION
 * if the package keeps none; SEC_E_NO_CREDENTIALS if it has no place for them (no user file
 * set); SEC_E_NOT_OWNER (the name exists, or the file may not be written);
 * SEC_E_TARGET_UNKNOWN (no such account); SEC_E_INVALID_PARAMETER (a name that cannot be kept).
 */
SSPI_API SECURITY_STATUS sspi_account_set(const char *package, const char *user,
                                          const void *password, size_t length, uint32_t flags);
SSPI_API SECURITY_STATUS sspi_account_delete(const char *package, const char *user);
typedef void sspi_account_fn(void *arg, const char *user, bool disabled);
SSPI_API SECURITY_STATUS sspi_account_each(const char *package, sspi_account_fn *say, void *arg);

struct _CERT_CONTEXT; /* schannel.h */

/*
 * A certificate with its chain and its private key, for the credentials of a package that takes
 * them (TLS).  certificate: a file with PEM, DER or PKCS#12, or a URI that the package knows; key:
 * the same for the private key, or NULL if it is where the certificate is; password: of the key or
 * of the file, or NULL.  A certificate without a key may do, for a client's hRootStore.
 * *out is for CertFreeCertificateContext; its hCertStore has all certificates of the file, its own
 * first, and may serve as hRootStore.  NULL after a failure.
 * Errors: SEC_E_INVALID_PARAMETER (no certificate named, no place for it);
 * SEC_E_SECPKG_NOT_FOUND; SEC_E_UNSUPPORTED_FUNCTION if the package opens none;
 * SEC_E_INSUFFICIENT_MEMORY; and those of the package.
 */
SSPI_API SECURITY_STATUS sspi_open_certificate(const char *package, const char *certificate,
                                               const char *key, const char *password,
                                               const struct _CERT_CONTEXT **out);

/*
 * The channel's bindings by its keys, "tls-exporter" (RFC 9266), as SecPkgContext_Bindings: an
 * attribute of TLS contexts.  Every version has them, TLS 1.2 and before only with the extended
 * master secret (RFC 7627); without it SEC_E_UNSUPPORTED_FUNCTION.
 */
#define SSPIX_ATTR_EXPORTER_BINDINGS 0x4F535301u

#ifdef __cplusplus
}
#endif

#endif
