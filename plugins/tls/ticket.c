/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ticket.c: session tickets that several processes seal and open with the same keys.
 *
 * Files and tickets are those of nginx's ssl_session_ticket_key and OpenSSL's
 * SSL_CTX_set_tlsext_ticket_keys: AES-256 in CBC mode, then HMAC with SHA-256 (RFC 5077 4).
 */
#include "config.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "plugins/tls/host.h"
#include "plugins/tls/secretfile.h"
#include "plugins/tls/tls.h"

#define FILE_OCTETS 80u  /* name 16, HMAC key 32, AES key 32 */
#define SMALL_OCTETS 48u /* nginx's other form, for AES-128 */

/* --- keys ------------------------------------------------------------------------------------ */

static SECURITY_STATUS get_key(const char *path, struct span text, struct tls_ticket_key *out)
{
    struct wire_in in = wire_in(text);

    if (text.len == SMALL_OCTETS)
        return refuse(
            SEC_E_CANNOT_INSTALL,
            "%s has 48 octets, keys of AES-128; tickets are sealed with AES-256: make one "
            "of 80, as with openssl rand 80",
            path);
    if (text.len != FILE_OCTETS)
        return refuse(SEC_E_CANNOT_INSTALL, "%s has %zu octets, not 80", path, text.len);
    memcpy(out->name, wire_take(&in, sizeof out->name), sizeof out->name);
    memcpy(out->hmac, wire_take(&in, sizeof out->hmac), sizeof out->hmac);
    memcpy(out->aes, wire_take(&in, sizeof out->aes), sizeof out->aes);
    return SEC_E_OK;
}

static SECURITY_STATUS read_key(const char *path, struct tls_ticket_key *out)
{
    TLS_SECRET_FILE_AUTO file = { 0 };
    SECURITY_STATUS status = tls_secret_file_read(path, TLS_NOT_GROUP, 2 * FILE_OCTETS, &file);

    return status < 0 ? status : get_key(path, span_of(file.data, file.len), out);
}

static SECURITY_STATUS read_keys(struct ssp_instance *instance)
{
    const char *path;
    size_t n = 0;

    for (; (path = tls_host->setting_item(instance->settings, "ticket_key_file", n)) != NULL; n++) {
        if (n == TLS_TICKET_KEYS)
            return refuse(SEC_E_CANNOT_INSTALL, "more than %d files in ticket_key_file",
                          TLS_TICKET_KEYS);
        SECURITY_STATUS status = read_key(path, &instance->ticket_keys[n]);
        if (status < 0)
            return status;
    }
    instance->n_ticket_keys = n > 0 ? n : 1;
    return n > 0 ? SEC_E_OK
                 : tls_host->random(instance->ticket_keys, sizeof *instance->ticket_keys);
}

SECURITY_STATUS tls_ticket_keys_read(struct ssp_instance *instance)
{
    instance->ticket_keys = tls_host->secret_alloc(TLS_TICKET_KEYS * sizeof *instance->ticket_keys);
    return instance->ticket_keys ? read_keys(instance) : SEC_E_INSUFFICIENT_MEMORY;
}

/* --- tickets --------------------------------------------------------------------------------- */

static bool start_mac(EVP_MAC_CTX *mac, const struct tls_ticket_key *key)
{
    char digest[] = "SHA256";
    struct tls_ticket_key copy = *key; /* OSSL_PARAM takes no const */
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, copy.hmac, sizeof copy.hmac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    bool ok = EVP_MAC_CTX_set_params(mac, params) == 1;

    explicit_bzero(&copy, sizeof copy);
    return ok;
}

static int seal(const struct tls_ticket_key *key, uint8_t *name, uint8_t *iv,
                EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    if (tls_host->random(iv, EVP_MAX_IV_LENGTH) < 0 ||
        EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->aes, iv) != 1 ||
        !start_mac(mac, key))
        return -1;
    memcpy(name, key->name, sizeof key->name);
    return 1;
}

/*
 * 0: none of our keys, and a whole handshake follows; 2: a new ticket is due, as always in TLS 1.3,
 * whose clients use each but once (RFC 8446 C.4).
 */
static int open_with(const SSL *ssl, const struct ssp_instance *instance, const uint8_t *name,
                     const uint8_t *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    for (size_t i = 0; i < instance->n_ticket_keys; i++) {
        const struct tls_ticket_key *key = &instance->ticket_keys[i];

        if (!span_is(span_of(name, sizeof key->name), key->name, sizeof key->name))
            continue;
        if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->aes, iv) != 1 ||
            !start_mac(mac, key))
            return -1;
        return i == 0 && SSL_version(ssl) != TLS1_3_VERSION ? 1 : 2;
    }
    return 0;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int sealing)
{
    const struct ssp_instance *instance = tls_ctx_of(ssl)->cred->instance;

    return sealing ? seal(&instance->ticket_keys[0], name, iv, cipher, mac)
                   : open_with(ssl, instance, name, iv, cipher, mac);
}

void tls_ticket_setup(SSL_CTX *ssl_ctx)
{
    (void)SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl_ctx, on_ticket);
}
