/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlscred.h: certificates and versions as an SCH_CREDENTIALS, and names of application
 * protocols: what --cert and its kin ask for.  For packages that bring their own stream.
 */
#ifndef SSPI_TOOL_TLSCRED_H
#define SSPI_TOOL_TLSCRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sspi/schannel.h>
#include <sspi/sspi.h>

#define TLSCRED_CERTS 16u
#define TLSCRED_NAMES_ROOM 1024u

enum tls_option {
    TLS_CERT = 512,
    TLS_KEY,
    TLS_KEY_PASSWORD,
    TLS_CA,
    TLS_ALPN,
    TLS_VERSIONS,
    TLS_NO_VERIFY,
    TLS_CLIENT_CERT
};

enum client_cert { CLIENT_CERT_NONE, CLIENT_CERT_OPTIONAL, CLIENT_CERT_REQUIRED };

struct tlscred_cert {
    const char *file;
    const char *key;           /* NULL: in the same file */
    const char *password_file; /* or NULL */
};

/* The words belong to the caller.  After tlscred_open the rest is what they have come to. */
struct tlscred {
    const char *first; /* option that was given; NULL: none */
    struct tlscred_cert certs[TLSCRED_CERTS];
    unsigned n_certs;
    struct tlscred_cert stray; /* a key before any certificate */
    const char *ca;
    uint32_t disabled; /* SP_PROT_* */
    bool no_verify;
    enum client_cert client_cert;         /* server */
    uint8_t names[TLSCRED_NAMES_ROOM];    /* SEC_APPLICATION_PROTOCOLS */
    size_t names_length;                  /* bytes; 0: none */
    PCCERT_CONTEXT opened[TLSCRED_CERTS]; /* certs, as far as they were opened */
    PCCERT_CONTEXT roots;
    TLS_PARAMETERS parameters;
    SCH_CREDENTIALS credentials;
};

/* Take an option.  false: its value cannot be, which is for the caller to say. */
bool tlscred_set(struct tlscred *t, int option, const char *value);

/* Options that contradict each other, in words; NULL: none. */
const char *tlscred_fault(const struct tlscred *t);

/* Open the files.  false: said. */
bool tlscred_open(struct tlscred *t, const char *package);
void tlscred_close(struct tlscred *t);

/* For AcquireCredentialsHandle, once open; NULL: the defaults. */
void *tlscred_auth_data(struct tlscred *t);

#endif
