/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.c: certificates with their keys, from files and from wherever else OSSL_STORE has a
 * loader for: PEM, DER, PKCS#12, encrypted PKCS#8, pkcs11: URIs.
 */
#include "config.h"

#include "plugins/tls/identity.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

#include "plugins/tls/host.h"

#define FAULTS_MAX 1000       /* so that no loader keeps us for ever */
#define CERTIFICATES_MAX 1000 /* of one place; the bundles of the world's roots have 150 */

/* --- passwords ------------------------------------------------------------------------------- */

/* Who is asked for a password.  Nobody is ever prompted. */
struct answer {
    struct span password; /* data NULL: none was given */
    bool asked;
};

static int give_password(char *to, int room, int encrypting, void *arg)
{
    struct answer *answer = arg;

    (void)encrypting;
    answer->asked = true;
    if (!answer->password.data || room < 0 || answer->password.len > (size_t)room)
        return -1;
    memcpy(to, answer->password.data, answer->password.len);
    return (int)answer->password.len;
}

/* --- places ---------------------------------------------------------------------------------- */

bool tls_is_uri(const char *where)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char others[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";

    return strspn(where, letters) > 0 && where[strspn(where, others)] == ':';
}

int tls_place_len(const char *where)
{
    size_t n = tls_is_uri(where) ? strcspn(where, "?") : strlen(where);

    return n < INT_MAX ? (int)n : INT_MAX;
}

/* OSSL_STORE reads folders, too, waits for pipes, and says little of a file that is missing. */
static SECURITY_STATUS check_file(const char *path)
{
    struct stat file;

    if (stat(path, &file) < 0)
        return refuse(SEC_E_NO_CREDENTIALS, "%s: %s", path, strerror(errno));
    if (!S_ISREG(file.st_mode))
        return refuse(SEC_E_NO_CREDENTIALS, "%s is not a regular file", path);
    return SEC_E_OK;
}

static void look_who_reads(const char *where)
{
    struct stat file;

    if (!tls_is_uri(where) && stat(where, &file) == 0 && file.st_mode & S_IROTH)
        note("%s may be read by everyone: the private key in it is private no more", where);
}

/* libcrypto's queue of errors, which is emptied. */
struct reason {
    const char *words;
    bool memory;      /* there was too little */
    bool unsupported; /* an algorithm is missing */
};

static struct reason take_reason(void)
{
    struct reason reason = { .words = "there is none" };
    unsigned long error;

    while ((error = ERR_get_error()) != 0) {
        const char *words = ERR_reason_error_string(error);

        reason.words = words ? words : "libcrypto has no words for it";
        reason.memory |= ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
        reason.unsupported |=
            ERR_GET_LIB(error) == ERR_LIB_EVP && ERR_GET_REASON(error) == ERR_R_UNSUPPORTED;
    }
    return reason;
}

bool tls_memory_ended(void)
{
    return take_reason().memory;
}

static SECURITY_STATUS refuse_password(const char *where, const struct reason *reason,
                                       const struct answer *answer)
{
    int n = tls_place_len(where);

    if (!answer->password.data)
        return refuse(SEC_E_LOGON_DENIED, "%.*s needs a password, and none was given", n, where);
    if (reason->unsupported)
        return refuse(SEC_E_ALGORITHM_MISMATCH,
                      "%.*s is encrypted with what this libcrypto leaves out: its provider "
                      "\"legacy\" may have it",
                      n, where);
    return refuse(SEC_E_LOGON_DENIED, "%.*s: the password is wrong (%s)", n, where, reason->words);
}

static SECURITY_STATUS refuse_place(const char *where, unsigned wanted, const struct answer *answer)
{
    struct reason reason = take_reason();
    int n = tls_place_len(where);

    if (reason.memory)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (answer->asked)
        return refuse_password(where, &reason, answer);
    if (wanted & TLS_CERTIFICATES)
        return refuse(SEC_E_CERT_UNKNOWN, "%.*s: no certificate can be read of it: %s", n, where,
                      reason.words);
    return refuse(SEC_E_NO_CREDENTIALS, "%.*s: no private key can be read of it: %s", n, where,
                  reason.words);
}

/* --- reading --------------------------------------------------------------------------------- */

static bool add_to_chain(STACK_OF(X509) * *chain, X509 *cert)
{
    if (!*chain)
        *chain = sk_X509_new_null();
    return *chain && sk_X509_num(*chain) < CERTIFICATES_MAX && sk_X509_push(*chain, cert);
}

/* Takes cert, even if there is no room for it. */
static bool keep_certificate(X509 *cert, struct tls_identity *out)
{
    if (cert && !out->cert) {
        out->cert = cert;
        return true;
    }
    if (cert && add_to_chain(&out->chain, cert))
        return true;
    X509_free(cert);
    return false;
}

/* Takes info. */
static bool keep(OSSL_STORE_INFO *info, unsigned wanted, struct tls_identity *out)
{
    bool ok = true;

    switch (OSSL_STORE_INFO_get_type(info)) {
    case OSSL_STORE_INFO_CERT:
        if (wanted & TLS_CERTIFICATES)
            ok = keep_certificate(OSSL_STORE_INFO_get1_CERT(info), out);
        break;
    case OSSL_STORE_INFO_PKEY:
        if (wanted & TLS_KEY && !out->key)
            ok = (out->key = OSSL_STORE_INFO_get1_PKEY(info)) != NULL;
        break;
    default: /* parameters, public keys, revocation lists */
        break;
    }
    OSSL_STORE_INFO_free(info);
    return ok;
}

/* Of what cannot be read, *faults counts; text around PEM is not even that. */
static bool read_all(OSSL_STORE_CTX *store, unsigned wanted, struct tls_identity *out,
                     unsigned *faults)
{
    while (!OSSL_STORE_eof(store) && *faults < FAULTS_MAX) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info && !keep(info, wanted, out))
            return false;
        *faults += !info && !OSSL_STORE_eof(store);
    }
    return true;
}

/* Once something was found, the rest may be of kinds that we do not know. */
static SECURITY_STATUS judge(const char *where, unsigned wanted, unsigned faults,
                             const struct answer *answer, const struct tls_identity *found)
{
    if (wanted & TLS_CERTIFICATES && !found->cert)
        return refuse_place(where, wanted, answer);
    if (wanted & TLS_KEY && !found->key && (wanted == TLS_KEY || answer->asked))
        return refuse_place(where, TLS_KEY, answer);
    if (faults > 0)
        note("%.*s: %u of the things in it cannot be read, or are not needed", tls_place_len(where),
             where, faults);
    ERR_clear_error();
    return SEC_E_OK;
}

static SECURITY_STATUS read_store(const char *where, unsigned wanted, const UI_METHOD *ui,
                                  struct answer *answer, struct tls_identity *out)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(where, ui, answer, NULL, NULL);
    unsigned faults = 0;

    if (!store && answer->asked)
        return refuse_place(where, wanted, answer);
    if (!store)
        return refuse(SEC_E_NO_CREDENTIALS, "%.*s cannot be opened: %s", tls_place_len(where),
                      where, take_reason().words);
    /* Keys that are not wanted are not opened: no password is needed for them. */
    if (wanted == TLS_CERTIFICATES)
        (void)OSSL_STORE_expect(store, OSSL_STORE_INFO_CERT);
    if (wanted == TLS_KEY)
        (void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
    bool ok = read_all(store, wanted, out, &faults);
    (void)OSSL_STORE_close(store);
    return ok ? judge(where, wanted, faults, answer, out) : SEC_E_INSUFFICIENT_MEMORY;
}

SECURITY_STATUS tls_store_read(const char *where, unsigned wanted, struct span password,
                               struct tls_identity *out)
{
    struct answer answer = { .password = password };
    SECURITY_STATUS status = tls_is_uri(where) ? SEC_E_OK : check_file(where);

    if (status < 0)
        return status;
    ERR_clear_error(); /* what the application left there is not our reason */
    UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(give_password, 0);
    if (!ui)
        return SEC_E_INSUFFICIENT_MEMORY;
    status = read_store(where, wanted, ui, &answer, out);
    UI_destroy_method(ui);
    return status;
}

/* --- leaf and chain -------------------------------------------------------------------------- */

static bool has_key(X509 *cert, const EVP_PKEY *key)
{
    return X509_check_private_key(cert, key) == 1;
}

/* The certificate of the key becomes the leaf, wherever it was. */
static bool find_leaf(struct tls_identity *identity)
{
    if (has_key(identity->cert, identity->key))
        return true;
    for (int i = 0; i < sk_X509_num(identity->chain); i++) {
        X509 *cert = sk_X509_value(identity->chain, i);

        if (!has_key(cert, identity->key))
            continue;
        (void)sk_X509_set(identity->chain, i, identity->cert);
        identity->cert = cert;
        ERR_clear_error();
        return true;
    }
    ERR_clear_error();
    return false;
}

/* Puts the issuer of cert, if it is in the chain at or behind from, at from. */
static X509 *bring_issuer(STACK_OF(X509) * chain, int from, X509 *cert)
{
    for (int i = from; i < sk_X509_num(chain); i++) {
        X509 *issuer = sk_X509_value(chain, i);

        if (X509_check_issued(issuer, cert) != X509_V_OK)
            continue;
        (void)sk_X509_set(chain, i, sk_X509_value(chain, from));
        (void)sk_X509_set(chain, from, issuer);
        return issuer;
    }
    return NULL;
}

/* Each certifies the one before it (RFC 5246 7.4.2); PKCS#12 knows no order. */
static void sort_chain(struct tls_identity *identity)
{
    X509 *last = identity->cert;

    for (int i = 0; last && i < sk_X509_num(identity->chain); i++)
        last = bring_issuer(identity->chain, i, last);
    ERR_clear_error();
}

SECURITY_STATUS tls_identity_read(const char *certificate, const char *key, struct span password,
                                  struct tls_identity *out)
{
    TLS_IDENTITY_AUTO identity = { 0 };
    unsigned wanted = key ? TLS_CERTIFICATES : TLS_CERTIFICATES | TLS_KEY;
    SECURITY_STATUS status = tls_store_read(certificate, wanted, password, &identity);

    if (status >= 0 && key)
        status = tls_store_read(key, TLS_KEY, password, &identity);
    if (status < 0)
        return status;
    if (identity.key && !find_leaf(&identity))
        return refuse(SEC_E_NO_CREDENTIALS, "the key in %.*s is not that of a certificate in %.*s",
                      tls_place_len(key ? key : certificate), key ? key : certificate,
                      tls_place_len(certificate), certificate);
    if (identity.key) {
        sort_chain(&identity);
        look_who_reads(key ? key : certificate);
    }
    *out = identity;
    identity = (struct tls_identity){ 0 };
    return SEC_E_OK;
}

SECURITY_STATUS tls_identity_open(const char *certificate, const char *key, struct span password,
                                  struct tls_identity *out)
{
    TLS_IDENTITY_AUTO identity = { 0 };
    SECURITY_STATUS status = tls_identity_read(certificate, key, password, &identity);

    if (status < 0)
        return status;
    if (!identity.key)
        return refuse(SEC_E_NO_CREDENTIALS,
                      "%s: there is no private key in it, and no other "
                      "place is named for it",
                      certificate);
    *out = identity;
    identity = (struct tls_identity){ 0 };
    return SEC_E_OK;
}

/* --- values ---------------------------------------------------------------------------------- */

/* Its references are those of from, or, where that failed, NULL. */
static bool hold_all(const struct tls_identity *from, struct tls_identity *copy)
{
    if (from->cert && X509_up_ref(from->cert) == 1)
        copy->cert = from->cert;
    if (from->key && EVP_PKEY_up_ref(from->key) == 1)
        copy->key = from->key;
    if (from->chain)
        copy->chain = X509_chain_up_ref(from->chain);
    return copy->cert == from->cert && copy->key == from->key && !copy->chain == !from->chain;
}

bool tls_identity_copy(const struct tls_identity *from, struct tls_identity *to)
{
    TLS_IDENTITY_AUTO copy = { 0 };

    if (!hold_all(from, &copy))
        return false;
    if (from->ocsp) {
        copy.ocsp = OPENSSL_memdup(from->ocsp, from->ocsp_len);
        if (!copy.ocsp)
            return false;
        copy.ocsp_len = from->ocsp_len;
    }
    *to = copy;
    copy = (struct tls_identity){ 0 };
    return true;
}

void tls_identity_clear(struct tls_identity *identity)
{
    X509_free(identity->cert);
    EVP_PKEY_free(identity->key);
    sk_X509_pop_free(identity->chain, X509_free);
    OPENSSL_free(identity->ocsp);
    *identity = (struct tls_identity){ 0 };
}
