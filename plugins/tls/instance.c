/* SPDX-License-Identifier: Apache-2.0 */
/* instance.c: what the settings of the manifest make of the package. */
#include "config.h"

#include <string.h>

#include "plugins/tls/host.h"
#include "plugins/tls/tls.h"

#define SESSION_SECONDS 36000 /* ten hours, as on Windows */

static const char *const versions[] = { "1.0", "1.1", "1.2", "1.3", NULL };
static const char *const asks[] = { "off", "allow", "require", NULL };

const struct ssp_setting tls_settings[] = {
    { "certificate", SSP_LIST,
      "server: files with a certificate and its chain (PEM, DER, PKCS#12) or pkcs11: URIs, chosen "
      "by the name that a client asks for and by kind of key; read again when they change",
      NULL, 0, 0 },
    { "key", SSP_LIST, "the keys to them, in the same order (default: in the same files)", NULL, 0,
      0 },
    { "key_password_file", SSP_TEXT, "file whose first line opens the keys", NULL, 0, 0 },
    { "ocsp_response_file", SSP_LIST,
      "server: the OCSP answers (DER) to staple to them, in the same order; empty for none", NULL,
      0, 0 },
    { "ca_file", SSP_LIST, "files of roots in PEM (default: the system's)", NULL, 0, 0 },
    { "ca_folder", SSP_TEXT, "folder of roots, hashed as by openssl rehash", NULL, 0, 0 },
    { "crl_file", SSP_LIST, "files of revocation lists in PEM; where set, they are asked", NULL, 0,
      0 },
    { "min_protocol", SSP_TEXT, "lowest version of TLS (default 1.2)", versions, 0, 0 },
    { "max_protocol", SSP_TEXT, "highest version of TLS (default 1.3)", versions, 0, 0 },
    { "ciphers", SSP_TEXT, "cipher suites up to TLS 1.2, in OpenSSL's words", NULL, 0, 0 },
    { "cipher_suites", SSP_TEXT, "cipher suites of TLS 1.3", NULL, 0, 0 },
    { "groups", SSP_TEXT, "groups for the key exchange, best first, as X25519:P-256", NULL, 0, 0 },
    { "client_certificate", SSP_TEXT,
      "server: off (default): as the program asks; allow: always asked for; require: and needed",
      asks, 0, 0 },
    { "client_renegotiation", SSP_BOOLEAN,
      "server: clients may begin a renegotiation in TLS 1.2 (default false)", NULL, 0, 0 },
    { "ocsp", SSP_TEXT,
      "client: off: no status is asked for; allow (default): one that says revoked counts; "
      "require: no connection without one that says good",
      asks, 0, 0 },
    { "session_seconds", SSP_INTEGER, "how long a session can be resumed (default 36000)", NULL, 1,
      604800 },
    { "ticket_key_file", SSP_LIST,
      "server: files of 80 octets with the keys of session tickets, for all processes that share "
      "sessions; the first seals, all open (default: a key of this process)",
      NULL, 0, 0 },
    { "psk_file", SSP_TEXT, "file of pre-shared keys, a line each: identity:hexadecimal key", NULL,
      0, 0 },
    { "psk_identity", SSP_TEXT, "client: which of the pre-shared keys is ours", NULL, 0, 0 },
    { "keylog_file", SSP_TEXT,
      "for finding faults only: the keys of all connections are written there, and who has them "
      "reads everything",
      NULL, 0, 0 },
    { NULL, SSP_TEXT, NULL, NULL, 0, 0 },
};

static const uint32_t bits[] = { SP_PROT_TLS1_0, SP_PROT_TLS1_1, SP_PROT_TLS1_2, SP_PROT_TLS1_3 };

static size_t index_of(const char *const *words, const char *word)
{
    size_t i = 0;

    while (words[i + 1] && strcmp(words[i], word) != 0)
        i++;
    return i;
}

static SECURITY_STATUS read_versions(struct ssp_instance *instance, const struct ssp_settings *s)
{
    size_t low = index_of(versions, tls_host->setting_text(s, "min_protocol", "1.2"));
    size_t high = index_of(versions, tls_host->setting_text(s, "max_protocol", "1.3"));

    for (size_t i = low; i <= high; i++)
        instance->protocols |= bits[i];
    if (instance->protocols == 0)
        return refuse(SEC_E_CANNOT_INSTALL, "min_protocol is above max_protocol");
    return SEC_E_OK;
}

static enum tls_ask read_ask(const struct ssp_settings *s, const char *name, const char *absent)
{
    return (enum tls_ask)index_of(asks, tls_host->setting_text(s, name, absent));
}

static SECURITY_STATUS read_settings(struct ssp_instance *instance, const struct ssp_settings *s)
{
    SECURITY_STATUS status = read_versions(instance, s);

    instance->settings = s;
    instance->client_certificate = read_ask(s, "client_certificate", "off");
    instance->ocsp = read_ask(s, "ocsp", "allow");
    instance->client_renegotiation = tls_host->setting_boolean(s, "client_renegotiation", false);
    instance->session_seconds =
        (uint32_t)tls_host->setting_integer(s, "session_seconds", SESSION_SECONDS);
    if (status >= 0)
        status = tls_ticket_keys_read(instance);
    return status;
}

SECURITY_STATUS tls_start(const struct ssp_settings *settings, struct ssp_instance **out)
{
    struct ssp_instance *instance = tls_host->secret_alloc(sizeof *instance);

    if (!instance)
        return SEC_E_INSUFFICIENT_MEMORY;
    pthread_mutex_init(&instance->lock, NULL);
    SECURITY_STATUS status = read_settings(instance, settings);
    if (status < 0) {
        tls_stop(instance);
        return status;
    }
    *out = instance;
    return SEC_E_OK;
}

void tls_stop(struct ssp_instance *instance)
{
    if (!instance)
        return;
    X509_STORE_free(instance->roots);
    pthread_mutex_destroy(&instance->lock);
    tls_host->secret_free(instance->ticket_keys);
    tls_host->secret_free(instance);
}
