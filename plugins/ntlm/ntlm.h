/* SPDX-License-Identifier: Apache-2.0 */
/* ntlm.h: the objects of the package, and the calls that its files offer one another. */
#ifndef NTLM_NTLM_H
#define NTLM_NTLM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugins/ntlm/seal.h"
#include "plugins/ntlm/users.h"
#include "sspi/package.h"

#define NTLM_MAX_TOKEN 2888u /* bytes; SecPkgInfo.cbMaxToken, as Windows has it */
#define NTLM_MAX_INPUT 8192u /* bytes; longer tokens are refused */
#define NTLM_NETBIOS_MAX 15u /* characters of a NetBIOS name */

/* The setting channel_bindings. */
enum ntlm_bindings_mode { NTLM_BINDINGS_OFF, NTLM_BINDINGS_ALLOW, NTLM_BINDINGS_REQUIRE };

/* Text made ready for the wire; data is NULL where it was not set. */
struct ntlm_names {
    struct span nb_computer, nb_domain, dns_computer, dns_domain; /* UTF-16LE */
    struct span workstation;                                      /* UTF-16LE */
    struct span target_oem; /* the name of the target in OEM, for clients without Unicode */
    bool in_domain;         /* the target is a domain, not this server */
};

/* One for each manifest entry.  Constant after start, but for users. */
struct ssp_instance {
    struct ntlm_names names;
    void *names_memory;
    struct span *targets; /* UTF-16LE, those of target_names */
    size_t n_targets;
    enum ntlm_bindings_mode bindings;
    bool require_mic;
    bool loopback;
    int64_t max_skew;         /* FILETIME units */
    const char *user_file;    /* as set, or NULL */
    pthread_mutex_t lock;     /* users */
    struct ntlm_users *users; /* of the last file asked for; see ntlm_instance_users */
};

SECURITY_STATUS ntlm_start(const struct ssp_settings *settings, struct ssp_instance **out);
void ntlm_stop(struct ssp_instance *instance);
extern const struct ssp_setting ntlm_settings[];

/* The users of the file that is set, held.  SEC_E_NO_CREDENTIALS: none is. */
SECURITY_STATUS ntlm_instance_users(struct ssp_instance *instance, struct ntlm_users **out);

/* Secret memory, one piece with its texts.  Constant once made. */
struct ssp_cred {
    struct ssp_instance *instance;
    uint32_t use;             /* SECPKG_CRED_INBOUND, _OUTBOUND */
    bool anonymous;           /* outbound: an identity of nothing */
    struct span user;         /* outbound, UTF-16LE */
    struct span domain;       /* outbound, UTF-16LE; empty for user@realm */
    struct secret hash;       /* outbound: NTOWFv1; the password is not kept */
    struct ntlm_users *users; /* inbound */
};

SECURITY_STATUS ntlm_acquire(struct ssp_instance *instance, struct ssp_acquire *a,
                             struct ssp_cred **out);
void ntlm_free_cred(struct ssp_cred *cred);
SECURITY_STATUS ntlm_query_cred(struct ssp_cred *cred, uint32_t attribute, void *buffer);
/* Put "DOMAIN\user" as UTF-8; "user" without a domain; without a user, the name of nobody. */
void ntlm_put_name(struct wire_out *out, struct span user, struct span domain);
/* NT hash of a password in UTF-8. */
SECURITY_STATUS ntlm_hash_password(struct span password, struct secret *hash);

enum ntlm_state { NTLM_START, NTLM_CHALLENGED, NTLM_DONE, NTLM_FAILED, NTLM_STATES };

struct ntlm_leg {
    SECURITY_STATUS (*run)(struct ssp_cred *cred, struct ssp_ctx *ctx, struct ssp_step *step);
    enum ntlm_state next;
};

/* Secret memory.  Up to DONE the handshake part is in use, from DONE the session. */
struct ssp_ctx {
    struct ssp_instance *instance;
    bool client;
    enum ntlm_state state;
    uint32_t granted; /* ISC_RET_* or ASC_RET_*, from DONE on */
    int64_t since;    /* FILETIME, from DONE on */
    char *name;       /* who logged on: "DOMAIN\user", UTF-8, NUL-ended; from DONE on */
    size_t name_len;
    struct span target; /* UTF-16LE, secret memory: the target name that the client gave */

    uint32_t offered;          /* client: flags of the NEGOTIATE */
    uint32_t requested;        /* ISC_REQ_* or ASC_REQ_* of all legs */
    uint8_t bindings[MD5_LEN]; /* of the application */
    bool has_bindings;
    uint8_t *sent; /* client: NEGOTIATE; server: NEGOTIATE, then CHALLENGE */
    size_t negotiate_len, sent_len;

    struct ntlm_session session;
};

SECURITY_STATUS ntlm_initiate(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step);
SECURITY_STATUS ntlm_accept(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step);

/* context.c: what both sides do alike. */
SECURITY_STATUS ntlm_run_leg(const struct ntlm_leg *legs, bool client, struct ssp_cred *cred,
                             struct ssp_ctx **ctx, struct ssp_step *step);
void ntlm_delete_ctx(struct ssp_ctx *ctx);
/* Begin the session; session flags, name and target come from the negotiation. */
SECURITY_STATUS ntlm_establish(struct ssp_ctx *ctx, uint32_t flags, const struct secret *key,
                               struct span user, struct span domain);
SECURITY_STATUS ntlm_keep_target(struct ssp_ctx *ctx, struct span utf16);
SECURITY_STATUS ntlm_query(struct ssp_ctx *ctx, uint32_t attribute, void *buffer, uint32_t size);
#define NTLM_EARLY_ATTRIBUTES 1
extern const uint32_t ntlm_early_attributes[NTLM_EARLY_ATTRIBUTES];

SECURITY_STATUS ntlm_explain(struct span token, ssp_explain_fn *say, void *arg);

extern const struct ssp_package ntlm_package;

#endif
