/* SPDX-License-Identifier: Apache-2.0 */
/*
 * psk.c: pre-shared keys (RFC 4279; RFC 8446 4.2.11), of a file with lines "identity:hexadecimal
 * key".  The file is read when a connection needs it, and its bytes do not stay.
 */
#include "config.h"

#include <string.h>

#include "plugins/tls/host.h"
#include "plugins/tls/secretfile.h"
#include "plugins/tls/tls.h"

#define PSK_FILE_MAX (4u << 20) /* octets */
#define KEY_MIN 16u             /* octets: RFC 9257 6 */
#define KEY_MAX 64u             /* octets; libssl would take more */

/* One line, in the memory of the file. */
struct psk_line {
    struct span identity; /* empty: nothing is said in this line */
    struct span hex;
};

/* --- lines ----------------------------------------------------------------------------------- */

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hex(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (hex_value(s.data[i]) < 0)
            return false;
    return s.len % 2 == 0;
}

static size_t decode_hex(struct span hex, uint8_t *to)
{
    for (size_t i = 0; i < hex.len / 2; i++)
        to[i] = (uint8_t)(hex_value(hex.data[2 * i]) << 4 | hex_value(hex.data[2 * i + 1]));
    return hex.len / 2;
}

/* The last ':' divides, for a key has none.  NULL, or what is wrong. */
static const char *get_line(struct span text, struct psk_line *out)
{
    const uint8_t *colon = text.len > 0 ? memrchr(text.data, ':', text.len) : NULL;

    *out = (struct psk_line){ 0 };
    if (text.len == 0 || text.data[0] == '#')
        return NULL;
    if (!colon || colon == text.data)
        return "not identity:key";
    struct span identity = span_of(text.data, (size_t)(colon - text.data));
    struct span hex = span_of(colon + 1, text.len - identity.len - 1);
    if (identity.len > PSK_MAX_IDENTITY_LEN || memchr(identity.data, '\0', identity.len))
        return "an identity that libssl does not take";
    if (!is_hex(hex))
        return "the key is not hexadecimal";
    if (hex.len < 2 * KEY_MIN || hex.len > 2 * KEY_MAX)
        return "the key is not of 16 to 64 octets";
    *out = (struct psk_line){ identity, hex };
    return NULL;
}

/* --- the file -------------------------------------------------------------------------------- */

static const char *path_of(const struct ssp_cred *cred)
{
    return tls_host->setting_text(cred->instance->settings, "psk_file", NULL);
}

static SECURITY_STATUS read_file(const struct ssp_cred *cred, struct tls_secret_file *out)
{
    return tls_secret_file_read(path_of(cred), TLS_NOT_GROUP, PSK_FILE_MAX, out);
}

/* The line of an identity, or, with data NULL, the first. */
static bool find_line(const struct tls_secret_file *file, struct span identity,
                      struct psk_line *out)
{
    struct span rest = span_of(file->data, file->len);

    while (rest.len > 0)
        if (!get_line(tls_next_line(&rest), out) && out->identity.len > 0 &&
            (!identity.data || span_eq(out->identity, identity)))
            return true;
    return false;
}

static SECURITY_STATUS check_lines(const char *path, const struct tls_secret_file *file)
{
    struct span rest = span_of(file->data, file->len);
    struct psk_line line;

    for (unsigned number = 1; rest.len > 0; number++) {
        const char *fault = get_line(tls_next_line(&rest), &line);

        if (fault)
            return refuse(SEC_E_NO_CREDENTIALS, "%s:%u: %s", path, number, fault);
    }
    return SEC_E_OK;
}

/* --- callbacks ------------------------------------------------------------------------------- */

/* 0: no key, and the handshake goes on without, or fails. */
static unsigned give_key(const struct psk_line *line, unsigned char *to, unsigned room)
{
    return line->hex.len / 2 > room ? 0 : (unsigned)decode_hex(line->hex, to);
}

static struct span own_identity(const struct ssp_cred *cred)
{
    return span_str(tls_host->setting_text(cred->instance->settings, "psk_identity", NULL));
}

static unsigned on_client(SSL *ssl, const char *hint, char *identity, unsigned identity_room,
                          unsigned char *to, unsigned room)
{
    const struct ssp_cred *cred = tls_ctx_of(ssl)->cred;
    TLS_SECRET_FILE_AUTO file = { 0 };
    struct psk_line line;

    (void)hint;
    if (read_file(cred, &file) < 0 || !find_line(&file, own_identity(cred), &line) ||
        line.identity.len >= identity_room)
        return 0;
    memcpy(identity, line.identity.data, line.identity.len);
    identity[line.identity.len] = '\0';
    return give_key(&line, to, room);
}

/* TLS 1.3 asks for the names of session tickets, too: those are none that a file has. */
static bool may_be_ours(struct span identity)
{
    for (size_t i = 0; i < identity.len; i++)
        if (identity.data[i] < ' ' || identity.data[i] == 0x7f)
            return false;
    return identity.len > 0;
}

static unsigned on_server(SSL *ssl, const char *identity, unsigned char *to, unsigned room)
{
    TLS_SECRET_FILE_AUTO file = { 0 };
    struct psk_line line;

    if (!identity || !may_be_ours(span_str(identity)) ||
        read_file(tls_ctx_of(ssl)->cred, &file) < 0)
        return 0;
    if (!find_line(&file, span_str(identity), &line)) {
        note("a client's pre-shared key has an identity that psk_file does not");
        return 0;
    }
    return give_key(&line, to, room);
}

/* --- setup ----------------------------------------------------------------------------------- */

static SECURITY_STATUS check_file(const struct ssp_cred *cred)
{
    TLS_SECRET_FILE_AUTO file = { 0 };
    struct psk_line line;
    SECURITY_STATUS status = read_file(cred, &file);

    if (status >= 0)
        status = check_lines(path_of(cred), &file);
    if (status < 0)
        return status;
    if (cred->use & SECPKG_CRED_OUTBOUND && !find_line(&file, own_identity(cred), &line))
        return refuse(SEC_E_NO_CREDENTIALS, "%s has no line for psk_identity", path_of(cred));
    return SEC_E_OK;
}

SECURITY_STATUS tls_psk_setup(const struct ssp_cred *cred, SSL_CTX *ssl_ctx)
{
    SECURITY_STATUS status;

    if (!path_of(cred))
        return cred->flags & SCH_USE_PRESHAREDKEY_ONLY
                   ? refuse(SEC_E_NO_CREDENTIALS, "pre-shared keys are wanted, but the settings "
                                                  "have no psk_file")
                   : SEC_E_OK;
    status = check_file(cred);
    if (status < 0)
        return status;
    if (cred->use & SECPKG_CRED_OUTBOUND)
        SSL_CTX_set_psk_client_callback(ssl_ctx, on_client);
    if (cred->use & SECPKG_CRED_INBOUND)
        SSL_CTX_set_psk_server_callback(ssl_ctx, on_server);
    return SEC_E_OK;
}
