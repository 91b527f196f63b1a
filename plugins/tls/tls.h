/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.h: the objects of the package, and the calls that its files offer one another.
 *
 *     instance    what the manifest's settings say: roots, ticket keys, pre-shared keys
 *     credential  what AcquireCredentialsHandle was given, and the client's sessions
 *     material    a credential's SSL_CTX with its certificates as they are in the files now
 *     context     one connection: an SSL object over the caller's buffers
 *
 * libssl does the protocol; here are its boundaries: whole records in, records out, statuses.
 */
#ifndef TLS_TLS_H
#define TLS_TLS_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugins/tls/io.h"
#include "sspi/package.h"
#include "sspi/schannel.h"

/* --- instance -------------------------------------------------------------------------------- */

enum tls_ask { TLS_ASK_OFF, TLS_ASK_ALLOW, TLS_ASK_REQUIRE }; /* "off", "allow", "require" */

/* A key for session tickets: the parts of nginx's 80 octets. */
struct tls_ticket_key {
    uint8_t name[16];
    uint8_t hmac[32];
    uint8_t aes[32];
};

#define TLS_TICKET_KEYS 4 /* the first seals, all open */

/* One for each manifest entry.  Constant after start, but for what the lock guards. */
struct ssp_instance {
    const struct ssp_settings *settings; /* live as long as the instance */
    uint32_t protocols;                  /* SP_PROT_* of both roles that are on by default */
    enum tls_ask client_certificate;     /* server: asked for though the program does not */
    enum tls_ask ocsp;                   /* client: a stapled answer */
    bool client_renegotiation;           /* server: a client may begin one (TLS 1.2) */
    uint32_t session_seconds;
    struct tls_ticket_key *ticket_keys; /* secret memory */
    size_t n_ticket_keys;
    pthread_mutex_t lock;
    X509_STORE *roots; /* of the settings or the system, once needed; guarded by lock */
};

SECURITY_STATUS tls_start(const struct ssp_settings *settings, struct ssp_instance **out);
void tls_stop(struct ssp_instance *instance);
extern const struct ssp_setting tls_settings[];

/* --- certificates and keys (identity.c) ------------------------------------------------------ */

/* A certificate of ours with its key and what is sent with it. */
struct tls_identity {
    X509 *cert;
    EVP_PKEY *key;
    STACK_OF(X509) * chain;
    uint8_t *ocsp; /* DER, OPENSSL_malloc'ed: to be stapled; NULL: none */
    size_t ocsp_len;
};

/* One file of them, or a URI of an OSSL_STORE loader (pkcs11:).  key NULL: in the same file. */
SECURITY_STATUS tls_identity_open(const char *certificate, const char *key, struct span password,
                                  struct tls_identity *out);
/* What tls_identity_pack or an application's CERT_CONTEXT holds; SEC_E_NO_CREDENTIALS: no key. */
SECURITY_STATUS tls_identity_take(const CERT_CONTEXT *certificate, struct tls_identity *out);
bool tls_identity_copy(const struct tls_identity *from, struct tls_identity *to);
void tls_identity_clear(struct tls_identity *identity);
/* All that the settings name (malloc'ed), and a stamp of their files; n 0: none is named. */
SECURITY_STATUS tls_identities_of_settings(const struct ssp_settings *settings,
                                           struct tls_identity **out, size_t *n, int64_t *stamp);
/* Another number as soon as one of the files is another. */
int64_t tls_identities_stamp(const struct ssp_settings *settings);
/* The package's open_certificate. */
SECURITY_STATUS tls_open_certificate(struct ssp_instance *instance, const char *certificate,
                                     const char *key, struct span password,
                                     const CERT_CONTEXT **out);

/* --- credentials ----------------------------------------------------------------------------- */

/* Counted.  Constant once made. */
struct tls_material {
    atomic_uint refs;
    SSL_CTX *stream, *datagram; /* NULL: no such version is on */
    struct tls_identity *identities;
    size_t n_identities;
    uint8_t context[32]; /* of a server's sessions: where they may be resumed */
    bool by_name; /* more than one of a kind of key: chosen by the name that a client asks for */
};

void tls_material_drop(struct tls_material *material);

/* A client's sessions, by target; see session.c. */
struct tls_sessions;

struct tls_rule; /* of CRYPTO_SETTINGS; see rules.h */

struct tls_limits {
    uint32_t min_bits, max_bits; /* cipher strength; 0: no bound */
    bool null_ciphers;           /* suites without encryption are wanted too */
    bool null_only;              /* and no others */
    uint32_t n_algorithms;       /* SCHANNEL_CRED.palgSupportedAlgs; 0: all */
    ALG_ID *algorithms;          /* malloc'ed */
    uint32_t n_rules;            /* SCH_CREDENTIALS: what is off */
    struct tls_rule *rules;      /* malloc'ed */
};

/* Constant once made, but for what the lock guards. */
struct ssp_cred {
    struct ssp_instance *instance;
    uint32_t use;       /* SECPKG_CRED_INBOUND, _OUTBOUND */
    uint32_t flags;     /* SCH_* */
    uint32_t protocols; /* SP_PROT_*, of the roles that use allows */
    uint32_t session_seconds;
    struct tls_limits limits;
    struct tls_identity *given; /* certificates that the caller gave */
    size_t n_given;
    X509_STORE *roots; /* of hRootStore; NULL: the instance's */
    struct tls_sessions *sessions;
    pthread_mutex_t lock;
    struct tls_material *material; /* guarded by lock */
    uint64_t looked_ms;            /* when the files were looked at; guarded by lock */
    int64_t stamp;                 /* of the files as they were read; guarded by lock */
};

SECURITY_STATUS tls_acquire(struct ssp_instance *instance, struct ssp_acquire *a,
                            struct ssp_cred **out);
void tls_free_cred(struct ssp_cred *cred);
SECURITY_STATUS tls_query_cred(struct ssp_cred *cred, uint32_t attribute, void *buffer);
/* The material for a new connection, held; certificate files that have changed are read again. */
struct tls_material *tls_cred_material(struct ssp_cred *cred);
/*
 * The bounds of a credential (limits.c).  disable adds a rule; optional: a name that nobody knows
 * is no reason to refuse.  apply tells libssl what is left of the lists that the SSL_CTX has, and
 * switches off the versions that nothing is left for.  SEC_E_ALGORITHM_MISMATCH: nothing at all.
 */
SECURITY_STATUS tls_limits_disable(struct tls_limits *limits, const CRYPTO_SETTINGS *setting,
                                   bool optional);
SECURITY_STATUS tls_limits_apply(const struct ssp_cred *cred, SSL_CTX *ssl_ctx);
/* What libssl cannot be told: may a chain have this certificate, as its leaf or above it? */
bool tls_limits_allow(const struct tls_limits *limits, X509 *certificate, bool leaf);
void tls_limits_clear(struct tls_limits *limits);
/* pAuthData as SCHANNEL_CRED or SCH_CREDENTIALS, into a credential whose use is set. */
SECURITY_STATUS tls_read_auth_data(const void *raw, struct ssp_cred *cred);

/* --- what libssl is told (setup.c, verify.c, ocsp.c, psk.c, ticket.c) ------------------------ */

SECURITY_STATUS tls_material_new(struct ssp_cred *cred, struct tls_material **out);
/* X509_STORE of the instance's settings, a reference. */
SECURITY_STATUS tls_instance_roots(struct ssp_instance *instance, X509_STORE **out);
/* The store of hRootStore. */
SECURITY_STATUS tls_given_roots(const void *store, X509_STORE **out);
/* The revocation lists of the settings, whosever the roots are. */
SECURITY_STATUS tls_crls_load(const struct ssp_settings *settings, X509_STORE *store);
/* Purpose, name and revocation checks of one connection. */
SECURITY_STATUS tls_verify_setup(struct ssp_ctx *ctx);
/* SSL_CTX_set_cert_verify_callback's function for both roles. */
int tls_verify_chain(X509_STORE_CTX *store, void *unused);
/* Certificate status (OCSP): stapled by a server, asked for and read by a client. */
void tls_status_setup(SSL_CTX *ssl_ctx);
SECURITY_STATUS tls_psk_setup(const struct ssp_cred *cred, SSL_CTX *ssl_ctx);
SECURITY_STATUS tls_ticket_keys_read(struct ssp_instance *instance);
void tls_ticket_setup(SSL_CTX *ssl_ctx);

/* --- sessions of clients --------------------------------------------------------------------- */

struct tls_sessions *tls_sessions_new(void);
void tls_sessions_free(struct tls_sessions *sessions);
/* One to resume, the caller's; NULL: none. */
SSL_SESSION *tls_sessions_take(struct tls_sessions *sessions, struct span target, bool datagram);
/* Keeps the session on success, as SSL_CTX_sess_set_new_cb wants it. */
bool tls_sessions_put(struct tls_sessions *sessions, struct span target, SSL_SESSION *session);

/* --- contexts -------------------------------------------------------------------------------- */

enum tls_state {
    TLS_HANDSHAKE, /* the first */
    TLS_OPEN,
    TLS_CLOSED, /* we have said close_notify */
    TLS_FAILED  /* why says why */
};

/*
 * Secret memory.  The lock is taken by every call but deletion: one SSL object cannot be used in
 * two threads, and package.h lets a reader, a writer and queries run at once.
 */
struct ssp_ctx {
    pthread_mutex_t lock;
    struct ssp_cred *cred;
    struct tls_material *material;
    SSL *ssl;
    struct tls_io io;
    bool client, datagram;
    enum tls_state state;
    SECURITY_STATUS why;
    SECURITY_STATUS status_fault; /* client: of the stapled certificate status; 0: none */
    bool status_due;              /* client: its certificate is taken only with such a status */
    bool met;                     /* a whole record has come */
    bool renegotiate; /* SCHANNEL_RENEGOTIATE: the next leg begins one, or asks for new keys */
    uint32_t granted; /* ISC_RET_* or ASC_RET_* from OPEN on */
    char *target;     /* as given, UTF-8, NUL-ended, secret memory; NULL: none */
    /*
     * SEC_I_INCOMPLETE_CREDENTIALS: how much of that leg's input, which comes again, libssl has.
     * The next leg goes on without a certificate, or with the credential it brings.
     */
    bool certificate_due;
    bool certificate_offered; /* the application was asked once */
    size_t taken;
    /* SEC_I_RENEGOTIATE was given, and what libssl has to say to it waits for a leg. */
    bool leg_due;
    bool heard;           /* a handshake message came with the last record */
    unsigned key_updates; /* that came since the last data */
    bool hello_due; /* server: it asked for a renegotiation, and the client has not begun it */
    bool closing;   /* SCHANNEL_SHUTDOWN: the next leg says close_notify */
    bool peer_closed;
    uint8_t alert[2]; /* SCHANNEL_ALERT: the next leg sends it; alert[0] 0: none */
    bool reconnects;  /* sessions may be kept */
    bool manual;      /* the application validates the peer's certificate itself */
    bool asked_peer;  /* server: the client was asked for a certificate */
    uint8_t *alpn;    /* server: what the application speaks, as on the wire; malloc'ed */
    size_t alpn_len;
    uint32_t maximum; /* octets of data in a record, at most */
    uint16_t mtu;     /* datagrams: their longest payload */
    uint8_t header;   /* octets before the data of a record */
    uint8_t trailer;  /* octets after it, at most */
    uint8_t block;
    /* SECPKG_ATTR_KEYING_MATERIAL_INFO; secret memory. */
    struct tls_exporter {
        char *label;
        size_t label_len;
        uint8_t *context;
        size_t context_len;
        size_t wanted;
    } exporter;
    uint8_t address[128]; /* server of datagrams: the client's, for the cookie */
    size_t address_len;
};

#define TLS_LABEL_MAX 64 /* octets that the name of an exporter may have, and more than any has */

SECURITY_STATUS tls_initiate(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step);
SECURITY_STATUS tls_accept(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step);
SECURITY_STATUS tls_apply_control(struct ssp_ctx *ctx, struct ssp_buffers input);
void tls_delete_ctx(struct ssp_ctx *ctx);
/*
 * A handshake, or a message of one such as a ticket, leaves libssl with a buffer of 16 KiB even in
 * SSL_MODE_RELEASE_BUFFERS, until data is sent or comes.
 */
void tls_spare_buffers(struct ssp_ctx *ctx);
/* The connection is of no more use; gives status back. */
SECURITY_STATUS tls_give_up(struct ssp_ctx *ctx, SECURITY_STATUS status);
/* TLS or DTLS? */
bool tls_is_datagram(const struct ssp_cred *cred, const struct ssp_step *step);
SECURITY_STATUS tls_context_new(struct ssp_cred *cred, const struct ssp_step *step, bool client,
                                struct ssp_ctx **out);
/* false: a host name for certain, as nearly all are; libcrypto is slow to find that out. */
bool tls_may_be_address(const char *target);
/* Our context of an SSL object, in libssl's callbacks. */
struct ssp_ctx *tls_ctx_of(const SSL *ssl);

SECURITY_STATUS tls_encrypt(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq);
SECURITY_STATUS tls_decrypt(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq, uint32_t *qop);
/* Once the cipher is known. */
void tls_measure(struct ssp_ctx *ctx);

SECURITY_STATUS tls_query(struct ssp_ctx *ctx, uint32_t attribute, void *buffer, uint32_t size);
SECURITY_STATUS tls_set(struct ssp_ctx *ctx, uint32_t attribute, const void *buffer, uint32_t size);
/* As long as the peer's certificate lasts: FILETIME, or never. */
int64_t tls_expiry(const struct ssp_ctx *ctx);
#define TLS_EARLY_ATTRIBUTES 4
extern const uint32_t tls_early_attributes[TLS_EARLY_ATTRIBUTES];

/* --- what went wrong (errors.c) -------------------------------------------------------------- */

/* The status of an alert that came. */
SECURITY_STATUS tls_alert_status(unsigned alert);
/* The status of a certificate's fault, an X509_V_ERR_*. */
SECURITY_STATUS tls_verify_error_status(int error);
/*
 * Empties the thread's queue of errors, by which libssl judges its own calls.  Nearly always it is
 * empty, and to look costs a tenth of emptying it.
 */
void tls_forget_errors(void);
/* Why libssl failed, from its queue of errors, which is emptied; the trace has its words. */
SECURITY_STATUS tls_failure(const struct ssp_ctx *ctx);

extern const struct ssp_package tls_package;

#endif
