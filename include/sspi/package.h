/* SPDX-License-Identifier: Apache-2.0 */
/*
 * package.h: all that a security package needs to know of the dispatcher.
 *
 * A module is a shared object that exports one symbol, ssp_package_entry.  It is handed the
 * host's services and answers with constant tables, one for each package it holds.  The host
 * has already resolved handles, checked every buffer, converted text, parsed the identity and
 * taken care of ISC_REQ_ALLOCATE_MEMORY, of deadlines and of limits; a package sees its own
 * objects, spans and flags, never a handle.
 *
 * Both tables carry an ABI number and their size.  The major part must match; tables grow only
 * at their ends.  A package built against an older minor version has a shorter table, and what
 * it lacks counts as NULL; before a package uses a member of struct ssp_host that its own
 * minimum version does not have, it checks host->size.
 *
 * Text: UTF-8 in which an unpaired UTF-16 surrogate is kept as its three bytes (ED A0 80 to
 * ED BF BF), so that nothing that a Windows caller passed is lost.  Text in spans may hold NUL.
 *
 * Threads: the calls of one package run in many threads at once.  For one context the host
 * serialises initiate, accept, complete, apply_control, set, export_ctx and delete_ctx among
 * themselves; sign and encrypt among themselves; verify and decrypt among themselves.  These
 * three groups run beside one another (but export_ctx waits for all of them), and query and
 * query_token beside all of them once the context is established (before, query counts to the
 * first group).  One credential serves many threads.
 *
 * Status: the calls return SEC_E_OK or another SECURITY_STATUS; negative is failure.  A NULL
 * member is answered with SEC_E_UNSUPPORTED_FUNCTION by the host.
 */
#ifndef SSPI_PACKAGE_H
#define SSPI_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "secret.h"
#include "sspi.h"
#include "wire.h"

#define SSP_ABI_MAJOR 1u /* another major: refused */
#define SSP_ABI_MINOR 1u /* counts the growths of the tables */
#define SSP_ABI (SSP_ABI_MAJOR << 16 | SSP_ABI_MINOR)

/* Each package defines its own. */
struct ssp_instance; /* one for each manifest entry that is in use: made by start */
struct ssp_cred;
struct ssp_ctx;

/* The host's, opaque to packages. */
struct ssp_settings; /* the "settings" object of the manifest entry */
struct ssp_token;    /* a token being written */

struct ssp_package;

struct _CERT_CONTEXT; /* schannel.h */

/*
 * A parsed SEC_WINNT_AUTH_IDENTITY of any form.  A member that was not given has data NULL; one
 * that was given empty has data non-NULL and len 0.  The host owns it: it lives for the call.
 */
struct ssp_identity {
    struct span user;
    struct span domain;
    struct span password;
    struct span package_list; /* of the _EX forms: "!ntlm,kerberos" */
    uint32_t flags;           /* SEC_WINNT_AUTH_IDENTITY_FLAGS_*, encoding bits removed */
};

/* SEC_CHANNEL_BINDINGS, checked and taken apart; spans point into the caller's buffer. */
struct ssp_bindings {
    uint32_t initiator_type;
    struct span initiator;
    uint32_t acceptor_type;
    struct span acceptor;
    struct span application_data; /* "tls-server-end-point:..." */
};

/*
 * SecBuffers of the caller, already checked: no NULL with a length, at most 64 of them, lengths
 * that add up within 32 bits.  BufferType still carries its attribute bits (SECBUFFER_READONLY,
 * SECBUFFER_READONLY_WITH_CHECKSUM); compare after masking, or use ssp_buffer_find.
 */
struct ssp_buffers {
    SecBuffer *all;
    uint32_t count;
};

static inline uint32_t ssp_buffer_type(const SecBuffer *b)
{
    return b->BufferType & ~(uint32_t)SECBUFFER_ATTRMASK;
}

/* The first buffer of a type, or NULL. */
static inline SecBuffer *ssp_buffer_find(struct ssp_buffers b, uint32_t type)
{
    for (uint32_t i = 0; i < b.count; i++)
        if (ssp_buffer_type(&b.all[i]) == type)
            return &b.all[i];
    return NULL;
}

static inline struct span ssp_buffer_span(const SecBuffer *b)
{
    return b ? (struct span){ (const uint8_t *)b->pvBuffer, b->cbBuffer } : (struct span){ NULL, 0 };
}

/* AcquireCredentialsHandle and AddCredentials. */
struct ssp_acquire {
    uint32_t size; /* of this struct, as the host knows it */
    uint32_t use;  /* SECPKG_CRED_INBOUND, _OUTBOUND or _BOTH */
    struct span principal;
    struct span package; /* the name that the caller gave; AddCredentials may name another one */
    const struct ssp_identity *identity; /* NULL: none given, use the default credentials */
    const void *raw;     /* pAuthData itself, for packages with SSP_TRAIT_RAW_AUTH_DATA */
    bool wide;           /* the call was the W form: text inside raw is UTF-16 */
    uint64_t deadline;   /* on the clock of host->monotonic_ms; 0: none */
    int64_t expiry;      /* out: FILETIME, UTC; preset to never */
};

/* One leg: InitializeSecurityContext or AcceptSecurityContext. */
struct ssp_step {
    uint32_t size;      /* of this struct, as the host knows it */
    uint32_t requested; /* ISC_REQ_* for initiate, ASC_REQ_* for accept: the bits differ */
    uint64_t requested64; /* the same with the bits above 32, from SECBUFFER_FLAGS */
    struct span token;    /* the first input TOKEN; empty when there was none */
    struct ssp_buffers in;  /* all input buffers; a stream package sets EXTRA and MISSING here */
    struct ssp_buffers out; /* all output buffers; the TOKEN one is the host's, see reply */
    const struct ssp_bindings *bindings; /* NULL: none given */
    struct span target;                  /* pszTargetName; data NULL: none given */
    uint64_t deadline; /* on the clock of host->monotonic_ms; 0: none.  Do not block past it */
    /*
     * Results.  A token put into reply goes to the caller with a success, and with a failure
     * too (an alert, a reject).  If the caller's room is too small the host keeps the token and
     * delivers it at the repeated call: the package is not called again.  (With a first leg there
     * is no context to keep it in: the leg begins anew.)
     */
    struct ssp_token *reply;
    uint32_t granted; /* ISC_RET_* or ASC_RET_*: what the context has; never an echo */
    uint64_t granted64;
    int64_t expiry; /* FILETIME, UTC; preset to never */
    /*
     * A package that only chose another one (Negotiate) may set this with its last leg: from
     * then on sign, verify, encrypt and decrypt go straight there.  The inner context stays the
     * package's own and must live until delete_ctx.
     */
    const struct ssp_package *messages;
    struct ssp_ctx *messages_ctx;
};

/* A setting that a package reads: the host refuses a manifest with another key or type. */
enum ssp_setting_type { SSP_TEXT = 1, SSP_INTEGER, SSP_BOOLEAN, SSP_LIST /* of text */, SSP_OBJECT };

struct ssp_setting {
    const char *name; /* NULL ends the list */
    enum ssp_setting_type type;
    const char *doc;            /* one line, for `sspi check` and the manual */
    const char *const *choices; /* SSP_TEXT: NULL-ended list of the allowed words, or NULL */
    int64_t min, max;           /* SSP_INTEGER: bounds, both 0 for none */
};

/* Which package can be used besides ours: for Negotiate, CredSSP and their like. */
struct ssp_use {
    const struct ssp_package *calls;
    struct ssp_instance *instance;
    void *held; /* the host's */
};

/* What the manifest says of a package; known without loading it. */
struct ssp_package_facts {
    uint32_t size;
    const char *name;
    uint32_t capabilities;   /* SECPKG_FLAG_* */
    const char *const *oids; /* dotted, NULL-ended */
    int32_t rank;            /* higher is preferred */
    bool required;
};

/* Says one line of an explanation: name and value, depth steps indented. */
typedef void ssp_explain_fn(void *arg, unsigned depth, const char *name, const char *text);
/* Says one account. */
typedef void ssp_account_fn(void *arg, const char *name, bool disabled);

/* What the host does for a package.  Grows only at its end. */
struct ssp_host {
    uint32_t abi;  /* SSP_ABI of the host */
    uint32_t size; /* sizeof(struct ssp_host) of the host */

    /* Memory that goes to the application: zeroed; FreeContextBuffer wipes and frees it. */
    void *(*alloc)(size_t n);
    void (*release)(void *p); /* the same, from the package's side; NULL is allowed */
    /* Memory for keys and passwords: zeroed, kept out of core dumps, wiped when freed. */
    void *(*secret_alloc)(size_t n);
    void (*secret_free)(void *p);

    /* A refusal: records where and why, gives status back.  See ssp_fail below. */
    SECURITY_STATUS (*fail)(const char *file, int line, const char *func, SECURITY_STATUS status,
                            const char *fmt, ...) __attribute__((format(printf, 5, 6)));
    /* A decision worth reading later.  See ssp_note below. */
    void (*note)(const char *file, int line, const char *func, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
    bool (*tracing)(void); /* false: fail and note would be dropped, do not prepare text */

    int64_t (*now)(void);           /* FILETIME, UTC */
    uint64_t (*monotonic_ms)(void); /* never goes back; no relation to any date */
    SECURITY_STATUS (*random)(void *p, size_t n); /* fails rather than give weak bytes */

    /* Settings, with what to use if absent.  Text lives as long as the instance. */
    const char *(*setting_text)(const struct ssp_settings *s, const char *name, const char *absent);
    int64_t (*setting_integer)(const struct ssp_settings *s, const char *name, int64_t absent);
    bool (*setting_boolean)(const struct ssp_settings *s, const char *name, bool absent);
    /* Item i of a list; NULL past the end (a single text counts as a list of one). */
    const char *(*setting_item)(const struct ssp_settings *s, const char *name, size_t i);
    /* A member that is an object; NULL if absent. */
    const struct ssp_settings *(*setting_object)(const struct ssp_settings *s, const char *name);

    /* Room for n more bytes at the end of a token; NULL when memory or the limit ends. */
    uint8_t *(*token_room)(struct ssp_token *t, size_t n);
    void (*token_clear)(struct ssp_token *t); /* back to empty */
    /* Tokens of a package's own, for calls into another package. */
    struct ssp_token *(*token_new)(void);
    struct span (*token_span)(const struct ssp_token *t);
    void (*token_free)(struct ssp_token *t);

    /*
     * Any form of SEC_WINNT_AUTH_IDENTITY, for packages that take one inside a struct of their
     * own.  The result is secret memory: identity_free.
     */
    SECURITY_STATUS (*identity_parse)(const void *auth_data, bool wide, struct ssp_identity **out);
    void (*identity_free)(struct ssp_identity *identity);

    /*
     * Other packages.  find loads if need be: by name, alias or dotted OID; policy applies.
     * each tells what the manifest has, in order of rank, and loads nothing; it stops when say
     * returns false.
     */
    SECURITY_STATUS (*package_find)(const char *name_or_oid, uint32_t use, struct ssp_use *out);
    void (*package_drop)(struct ssp_use *use);
    void (*package_each)(bool (*say)(void *arg, const struct ssp_package_facts *facts), void *arg);

    /* From here on: since 1.1. */

    /*
     * Certificates as DER, the leaf first, and perhaps the leaf's private key, in bytes that mean
     * something to this package only.  All is copied, the key into memory as of secret_alloc.
     * *out is the leaf; its hCertStore has them all.  CertFreeCertificateContext frees it, and
     * so does release.
     * Errors: SEC_E_INVALID_PARAMETER (none, or one that is not one whole DER SEQUENCE);
     * SEC_E_INSUFFICIENT_MEMORY.  *out is written on success only.
     */
    SECURITY_STATUS (*certificates_new)(const struct span *der, size_t n, struct span key,
                                        const struct _CERT_CONTEXT **out);
    /*
     * What is in a CERT_CONTEXT that the application passed.  Item 0 is that certificate itself,
     * the others are those that its hCertStore has beside it, in their order; {NULL, 0} past the
     * end.  A CERT_CONTEXT that the application filled in has its pbCertEncoded as item 0,
     * unchecked, and no others if its hCertStore is not one of ours.
     */
    struct span (*certificate_item)(const struct _CERT_CONTEXT *certificate, size_t i);
    /* Item i of an HCERTSTORE that the application passed; {NULL, 0} past the end or not ours. */
    struct span (*store_item)(const void *store, size_t i);
    /* The key that certificates_new was given; {NULL, 0}: none, not its leaf, or not ours. */
    struct span (*certificate_key)(const struct _CERT_CONTEXT *certificate);
    /* The spans of these three live as long as the application keeps what it passed. */
};

/* Traits of a package. */
#define SSP_TRAIT_RAW_AUTH_DATA 0x1u /* pAuthData is no identity: hand it over unparsed */
#define SSP_TRAIT_NO_DEFAULT_CREDS 0x2u /* outbound without identity: SEC_E_NO_CREDENTIALS */
#define SSP_TRAIT_OWN_INFO 0x4u /* query answers PACKAGE_INFO and NEGOTIATION_INFO itself */

/* What a package does for the host.  Grows only at its end; NULL: cannot. */
struct ssp_package {
    uint32_t abi;  /* SSP_ABI the package was built with */
    uint32_t size; /* sizeof(struct ssp_package) the package was built with */

    const char *name;           /* as in the manifest, e.g. "Echo"; compared without case */
    /* For people; what is told of a package, which need not be loaded, the manifest says. */
    const char *const *aliases; /* NULL-ended, or NULL */
    const char *comment;
    uint32_t capabilities;   /* SECPKG_FLAG_*; must be what the manifest says */
    uint16_t version;        /* SecPkgInfo.wVersion: 1 */
    uint16_t rpc_id;         /* SecPkgInfo.wRPCID, or SECPKG_ID_NONE */
    uint32_t max_token;      /* SecPkgInfo.cbMaxToken, bytes */
    uint32_t max_input;      /* longest input token the host lets through; 0: its own limit */
    uint32_t traits;         /* SSP_TRAIT_* */
    const char *const *oids; /* it speaks in SPNEGO: dotted, NULL-ended, or NULL */
    const struct ssp_setting *settings; /* ends with name NULL; NULL: none */
    /* SECPKG_ATTR_* that query answers before the context is established. */
    const uint32_t *early_attributes;
    size_t n_early_attributes;

    /*
     * start makes the instance from the settings, which live until stop; stop is called when
     * the last credential and context are gone.  Both NULL: instance is NULL everywhere.
     */
    SECURITY_STATUS (*start)(const struct ssp_settings *settings, struct ssp_instance **instance);
    void (*stop)(struct ssp_instance *instance);

    /* Credentials. *cred is written on success only. */
    SECURITY_STATUS (*acquire)(struct ssp_instance *instance, struct ssp_acquire *a,
                               struct ssp_cred **cred);
    SECURITY_STATUS (*add_cred)(struct ssp_cred *cred, struct ssp_acquire *a);
    void (*free_cred)(struct ssp_cred *cred);
    /* Buffers of query and set have the A layout: text is char *, got from host->alloc. */
    SECURITY_STATUS (*query_cred)(struct ssp_cred *cred, uint32_t attribute, void *buffer);
    SECURITY_STATUS (*set_cred)(struct ssp_cred *cred, uint32_t attribute, const void *buffer,
                                uint32_t size);
    SECURITY_STATUS (*change_password)(struct ssp_instance *instance, struct span domain,
                                       struct span user, struct span old_password,
                                       struct span new_password, bool impersonating,
                                       struct ssp_token *output);

    /*
     * The exchange.  *ctx is NULL with the first leg, and the package makes it.  After a failed
     * leg of a context that is not established the host calls delete_ctx and never step again, but
     * for SEC_E_INCOMPLETE_MESSAGE, SEC_E_INSUFFICIENT_MEMORY and SEC_E_BUFFER_TOO_SMALL, which
     * leave *ctx as it was.  An established context outlives a failed leg: whether messages go on
     * is the package's to say.
     * SEC_E_OK and SEC_I_COMPLETE_NEEDED establish the context, the latter once complete ran.
     * The credential of the first leg outlives the context; one that the application passed
     * only with a later leg (SEC_I_INCOMPLETE_CREDENTIALS) is sure to live for that call only.
     */
    SECURITY_STATUS (*initiate)(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step);
    SECURITY_STATUS (*accept)(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step);
    /* CompleteAuthToken: finishes the token in the caller's TOKEN buffer, in place. */
    SECURITY_STATUS (*complete)(struct ssp_ctx *ctx, struct ssp_buffers token);
    SECURITY_STATUS (*apply_control)(struct ssp_ctx *ctx, struct ssp_buffers input);
    void (*delete_ctx)(struct ssp_ctx *ctx);

    /* Messages, on the caller's buffers, in place.  cbBuffer of TOKEN shrinks to what is used. */
    SECURITY_STATUS (*sign)(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq);
    SECURITY_STATUS (*verify)(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq, uint32_t *qop);
    SECURITY_STATUS (*encrypt)(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq);
    SECURITY_STATUS (*decrypt)(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq, uint32_t *qop);

    /* size: bytes at buffer if the caller said (the Ex calls), else 0. */
    SECURITY_STATUS (*query)(struct ssp_ctx *ctx, uint32_t attribute, void *buffer, uint32_t size);
    SECURITY_STATUS (*set)(struct ssp_ctx *ctx, uint32_t attribute, const void *buffer,
                           uint32_t size);
    /* A context as bytes (SECPKG_CONTEXT_EXPORT_*), and back.  established: may be half-open. */
    SECURITY_STATUS (*export_ctx)(struct ssp_ctx *ctx, uint32_t flags, struct ssp_token *packed);
    SECURITY_STATUS (*import_ctx)(struct ssp_instance *instance, struct span packed,
                                  struct ssp_ctx **ctx, bool *established, bool *initiator);
    SECURITY_STATUS (*query_token)(struct ssp_ctx *ctx, void **token);

    /*
     * For SPNEGO: the mechListMIC was made or checked; per-message key state goes back to what
     * it was before it, sequence numbers do not ([MS-SPNG] 3.3.5.1).
     */
    SECURITY_STATUS (*reset_keys)(struct ssp_ctx *ctx);
    /* For NegoEx ([MS-NEGOEX] 3.1.5): the scheme's GUID as on the wire, and its metadata. */
    const uint8_t *negoex_scheme; /* 16 bytes, or NULL */
    SECURITY_STATUS (*query_metadata)(struct ssp_cred *cred, struct ssp_ctx **ctx,
                                      struct ssp_step *step, bool initiator);
    SECURITY_STATUS (*exchange_metadata)(struct ssp_cred *cred, struct ssp_ctx **ctx,
                                         struct ssp_step *step, bool initiator);

    /*
     * Tells what is in a token, field by field, and what is wrong with it; gives the status that
     * the package's own reader would.  Where nobody was named, the host asks all and prefers who
     * reads the token without fault; SEC_E_UNSUPPORTED_FUNCTION says that it is none of ours.
     */
    SECURITY_STATUS (*explain)(struct span token, ssp_explain_fn *say, void *arg);

    /* The accounts that a server of this package knows, where it keeps them itself. */
    SECURITY_STATUS (*account_set)(struct ssp_instance *instance, struct span user,
                                   struct span password, bool only_if_new, bool only_if_there);
    SECURITY_STATUS (*account_delete)(struct ssp_instance *instance, struct span user);
    SECURITY_STATUS (*account_each)(struct ssp_instance *instance, ssp_account_fn *say, void *arg);

    /* From here on: since 1.1. */

    /*
     * sspi_open_certificate: certificates and a private key from a file, or from wherever a URI
     * leads.  key NULL: it is where the certificate is; password.data NULL: none was given.
     * *out, of certificates_new, is written on success only.
     */
    SECURITY_STATUS (*open_certificate)(struct ssp_instance *instance, const char *certificate,
                                        const char *key, struct span password,
                                        const struct _CERT_CONTEXT **out);
};

/* The packages of a module: NULL-ended, constant. */
typedef const struct ssp_package *const *ssp_package_entry_fn(const struct ssp_host *host);

/* The one symbol of a module. */
#define SSP_PACKAGE_ENTRY "ssp_package_entry"
__attribute__((visibility("default"))) ssp_package_entry_fn ssp_package_entry;

/*
 * Refuse, and say why once, where it is first known:
 *
 *     return ssp_fail(host, SEC_E_INVALID_TOKEN, "target name ends past byte %zu", n);
 *
 * Neither text may hold a secret or the bytes of a token.
 */
#define ssp_fail(host, status, ...)                                                                \
    ((host)->fail(__FILE__, __LINE__, __func__, (status), __VA_ARGS__))
#define ssp_note(host, ...)                                                                        \
    do {                                                                                           \
        if ((host)->tracing())                                                                     \
            (host)->note(__FILE__, __LINE__, __func__, __VA_ARGS__);                               \
    } while (0)

#endif
