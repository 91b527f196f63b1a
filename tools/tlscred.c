/* SPDX-License-Identifier: Apache-2.0 */
/* tlscred.c: certificates and versions as an SCH_CREDENTIALS. */
#include "config.h"

#include "tools/tlscred.h"

#include <string.h>

#include <sspi/sspix.h>
#include <sspi/wire.h>

#include "tools/password.h"
#include "tools/say.h"

/* ---- options ---- */

static bool add_cert(struct tlscred *t, const char *file)
{
    if (t->n_certs == TLSCRED_CERTS)
        return false;
    t->certs[t->n_certs++].file = file;
    return true;
}

/* What belongs to the last --cert; false: that has it. */
static bool complete_cert(struct tlscred *t, int option, const char *value)
{
    struct tlscred_cert *last = t->n_certs > 0 ? &t->certs[t->n_certs - 1] : &t->stray;
    const char **to = option == TLS_KEY ? &last->key : &last->password_file;

    if (*to)
        return false;
    *to = value;
    return true;
}

/* "h2,http/1.1" as a list of names behind their lengths. */
static void put_names(struct wire_out *out, const char *text)
{
    for (;;) {
        size_t n = strcspn(text, ",");

        if (n == 0 || n > MAX_PROTOCOL_ID_SIZE)
            out->bad = true;
        wire_put_u8(out, (uint8_t)n);
        wire_put(out, text, n);
        if (!text[n])
            return;
        text += n + 1;
    }
}

/* SEC_APPLICATION_PROTOCOLS, packed: this host's numbers at offsets 0, 4 and 8, names from 10. */
static bool set_names(struct tlscred *t, const char *text)
{
    const uint32_t kind = SecApplicationProtocolNegotiationExt_ALPN;
    struct wire_out out = wire_out(t->names, sizeof t->names);
    uint32_t all;
    uint16_t list;

    wire_put_zeros(&out, 10);
    put_names(&out, text);
    if (!wire_fits(&out) || t->names_length > 0)
        return false;
    all = (uint32_t)(out.len - 4);
    list = (uint16_t)(out.len - 10);
    memcpy(t->names, &all, sizeof all);
    memcpy(t->names + 4, &kind, sizeof kind);
    memcpy(t->names + 8, &list, sizeof list);
    t->names_length = out.len;
    return true;
}

static const uint32_t versions[] = { SP_PROT_TLS1_0, SP_PROT_TLS1_1, SP_PROT_TLS1_2,
                                     SP_PROT_TLS1_3 };

/* The number of "1.0" and so on, up to end; -1: none. */
static int version_of(const char *text, char end)
{
    if (text[0] != '1' || text[1] != '.' || text[2] < '0' || text[2] > '3' || text[3] != end)
        return -1;
    return text[2] - '0';
}

/* "1.2" and later, or "1.2:1.3". */
static bool set_versions(struct tlscred *t, const char *text)
{
    const char *colon = strchr(text, ':');
    int least = version_of(text, colon ? ':' : '\0');
    int most = colon ? version_of(colon + 1, '\0') : 3;

    if (least < 0 || most < least)
        return false;
    t->disabled = SP_PROT_TLS1_X;
    for (int i = least; i <= most; i++)
        t->disabled &= ~versions[i];
    return true;
}

static bool set_client_cert(struct tlscred *t, const char *text)
{
    static const char *const words[] = { "none", "optional", "required" };

    for (int i = 0; i < 3; i++) {
        if (strcmp(text, words[i]) == 0) {
            t->client_cert = (enum client_cert)i;
            return true;
        }
    }
    return false;
}

bool tlscred_set(struct tlscred *t, int option, const char *value)
{
    static const char *const names[] = {
        "--cert", "--key", "--key-password-file", "--ca",
        "--alpn", "--tls", "--no-verify",         "--client-cert"
    };

    if (option < TLS_CERT || option > TLS_CLIENT_CERT)
        return false;
    if (!t->first)
        t->first = names[option - TLS_CERT];
    switch (option) {
    case TLS_CERT:
        return add_cert(t, value);
    case TLS_CA:
        t->ca = value;
        return true;
    case TLS_ALPN:
        return set_names(t, value);
    case TLS_VERSIONS:
        return set_versions(t, value);
    case TLS_CLIENT_CERT:
        return set_client_cert(t, value);
    case TLS_NO_VERIFY:
        t->no_verify = true;
        return true;
    default:
        return complete_cert(t, option, value);
    }
}

const char *tlscred_fault(const struct tlscred *t)
{
    if (t->stray.key || t->stray.password_file)
        return "--key and --key-password-file come after their --cert";
    if (t->no_verify && t->ca)
        return "--no-verify and --ca contradict each other";
    if (t->no_verify && t->client_cert == CLIENT_CERT_REQUIRED)
        return "--no-verify and --client-cert required contradict each other";
    return NULL;
}

/* ---- files ---- */

static bool open_with(const char *package, const struct tlscred_cert *cert, const char *password,
                      PCCERT_CONTEXT *out)
{
    SECURITY_STATUS status = sspi_open_certificate(package, cert->file, cert->key, password, out);

    if (status == SEC_E_OK)
        return true;
    if (cert->key)
        say_status(status, "%s with the key in %s", cert->file, cert->key);
    else
        say_status(status, "%s", cert->file);
    return false;
}

static bool open_cert(const char *package, const struct tlscred_cert *cert, PCCERT_CONTEXT *out)
{
    PASSWORD_AUTO password = { 0 };

    if (!cert->password_file)
        return open_with(package, cert, NULL, out);
    return password_from_file(cert->password_file, &password) &&
           open_with(package, cert, password.bytes, out);
}

static bool open_files(struct tlscred *t, const char *package)
{
    const struct tlscred_cert ca = { .file = t->ca };

    for (unsigned i = 0; i < t->n_certs; i++)
        if (!open_cert(package, &t->certs[i], &t->opened[i]))
            return false;
    return !t->ca || open_cert(package, &ca, &t->roots);
}

bool tlscred_open(struct tlscred *t, const char *package)
{
    if (t->no_verify)
        say("WARNING: certificates are NOT verified; whoever is at the other side will do");
    if (!open_files(t, package)) {
        tlscred_close(t);
        return false;
    }
    t->parameters = (TLS_PARAMETERS){ .grbitDisabledProtocols = t->disabled };
    t->credentials = (SCH_CREDENTIALS){
        .dwVersion = SCH_CREDENTIALS_VERSION,
        .dwCredFormat = SCH_CRED_FORMAT_CERT_CONTEXT,
        .cCreds = t->n_certs,
        .paCred = t->n_certs > 0 ? t->opened : NULL,
        .hRootStore = t->roots ? t->roots->hCertStore : NULL,
        .dwFlags = (t->roots ? SCH_CRED_RESTRICTED_ROOTS : 0) |
                   (t->no_verify ? SCH_CRED_MANUAL_CRED_VALIDATION : 0),
        .cTlsParameters = t->disabled ? 1 : 0,
        .pTlsParameters = t->disabled ? &t->parameters : NULL,
    };
    return true;
}

void tlscred_close(struct tlscred *t)
{
    for (unsigned i = 0; i < t->n_certs; i++) {
        CertFreeCertificateContext(t->opened[i]);
        t->opened[i] = NULL;
    }
    CertFreeCertificateContext(t->roots);
    t->roots = NULL;
}

/* Application protocols and what is asked of clients are no part of it. */
void *tlscred_auth_data(struct tlscred *t)
{
    bool plain = t->n_certs == 0 && !t->roots && !t->disabled && !t->no_verify;

    return plain ? NULL : &t->credentials;
}
