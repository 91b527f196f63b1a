/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c: where keys come from: a file, a password, an exchange. */
#include "example.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/hmac.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (1 << 20) /* bytes of a key file */

void ex_keys_wipe(struct ex_keys *keys)
{
    explicit_bzero(keys, sizeof *keys);
}

SECURITY_STATUS ex_key_from_password(struct span user, struct span password, int64_t iterations,
                                     struct secret *key)
{
    static const char prefix[] = "Example-PSK:";
    uint8_t salt[sizeof prefix - 1 + EX_NAME_MAX];
    struct wire_out out = wire_out(salt, sizeof salt);

    wire_put(&out, prefix, sizeof prefix - 1);
    wire_put_span(&out, user);
    if (!wire_fits(&out) || password.len > INT_MAX)
        return ssp_fail(ex_host, SEC_E_UNKNOWN_CREDENTIALS,
                        "a name of %zu bytes, a password of %zu", user.len, password.len);
    if (PKCS5_PBKDF2_HMAC((const char *)password.data, (int)password.len, salt, (int)out.len,
                          (int)iterations, EVP_sha256(), EX_KEY, key->bytes) != 1)
        return ssp_fail(ex_host, SEC_E_INTERNAL_ERROR, "OpenSSL made no key of the password");
    key->len = EX_KEY;
    return SEC_E_OK;
}

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool unhex(struct span hex, struct secret *key)
{
    if (hex.len != 2 * EX_KEY)
        return false;
    for (size_t i = 0; i < EX_KEY; i++) {
        int high = digit(hex.data[2 * i]), low = digit(hex.data[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        key->bytes[i] = (uint8_t)(high << 4 | low);
    }
    key->len = EX_KEY;
    return true;
}

/* The next part of text up to the mark, which is passed over; all of it if there is no mark. */
static struct span part(struct span *text, char mark)
{
    const uint8_t *end = text->len > 0 ? memchr(text->data, mark, text->len) : NULL;
    size_t n = end ? (size_t)(end - text->data) : text->len;
    size_t used = end ? n + 1 : n;
    struct span found = { text->data, n };

    *text = (struct span){ text->data + used, text->len - used };
    return found;
}

static SECURITY_STATUS find_user(const char *path, struct span text, struct span user,
                                 struct secret *key)
{
    for (unsigned number = 1; text.len > 0; number++) {
        struct span line = part(&text, '\n');
        struct span name = part(&line, ':');

        if (!span_eq(name, user))
            continue;
        if (!unhex(line, key))
            return ssp_fail(ex_host, SEC_E_LOGON_DENIED, "%s:%u: the key is not %d hex digits",
                            path, number, 2 * EX_KEY);
        return SEC_E_OK;
    }
    return ssp_fail(ex_host, SEC_E_LOGON_DENIED, "%s has no such user", path);
}

/* The whole of fd into memory that the caller gives to host->secret_free. */
static SECURITY_STATUS read_all(int fd, const char *path, uint8_t **text, size_t *length)
{
    struct stat st;
    uint8_t *data;
    size_t len = 0;
    ssize_t n;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_mode & (S_IRWXG | S_IRWXO) ||
        st.st_size > FILE_MAX)
        return ssp_fail(ex_host, SEC_E_NO_CREDENTIALS,
                        "%s: not a file of at most %d bytes that only its owner may use", path,
                        FILE_MAX);
    data = ex_host->secret_alloc((size_t)st.st_size + 1);
    if (!data)
        return SEC_E_INSUFFICIENT_MEMORY;
    while ((n = read(fd, data + len, (size_t)st.st_size - len)) > 0)
        len += (size_t)n;
    if (n < 0) {
        ex_host->secret_free(data);
        return ssp_fail(ex_host, SEC_E_NO_CREDENTIALS, "%s: error %d", path, errno);
    }
    *text = data;
    *length = len;
    return SEC_E_OK;
}

SECURITY_STATUS ex_key_from_file(const char *path, struct span user, struct secret *key)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    SECURITY_STATUS status;
    uint8_t *text = NULL;
    size_t len = 0;

    if (fd < 0)
        return ssp_fail(ex_host, SEC_E_NO_CREDENTIALS, "%s: error %d", path, errno);
    status = read_all(fd, path, &text, &len);
    close(fd);
    if (status < 0)
        return status;
    status = find_user(path, span_of(text, len), user, key);
    ex_host->secret_free(text);
    return status;
}

bool ex_absorb(uint8_t transcript[EX_HASH], struct span bytes)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool good = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(hash, transcript, EX_HASH) == 1 &&
                EVP_DigestUpdate(hash, bytes.data, bytes.len) == 1 &&
                EVP_DigestFinal_ex(hash, transcript, NULL) == 1;

    EVP_MD_CTX_free(hash);
    return good;
}

bool ex_hmac(struct span key, struct span data, uint8_t mac[EX_MAC])
{
    return HMAC(EVP_sha256(), key.data, (int)key.len, data.data, data.len, mac, NULL) != NULL;
}

/* RFC 5869 2.3 for one block: T(1) = HMAC(PRK, info | 0x01). */
static bool expand(const struct secret *prk, const char *label, struct secret *key)
{
    uint8_t info[64];
    struct wire_out out = wire_out(info, sizeof info);

    wire_put_span(&out, span_str("Example-PSK 1 "));
    wire_put_span(&out, span_str(label));
    wire_put_u8(&out, 1);
    key->len = EX_KEY;
    return wire_fits(&out) && ex_hmac(secret_span(prk), span_of(info, out.len), key->bytes);
}

bool ex_keys_derive(struct ex_keys *keys, const uint8_t transcript[EX_HASH])
{
    SECRET_AUTO prk = { .len = EX_KEY };

    /* RFC 5869 2.2: PRK = HMAC(salt, key).  Both nonces are in the salt. */
    return ex_hmac(span_of(transcript, EX_HASH), secret_span(&keys->psk), prk.bytes) &&
           expand(&prk, "server proof", &keys->mac[EX_CHALLENGE]) &&
           expand(&prk, "client proof", &keys->mac[EX_RESPONSE]) &&
           expand(&prk, "finish", &keys->mac[EX_FINISH]) &&
           expand(&prk, "to server", &keys->to_server) &&
           expand(&prk, "to client", &keys->to_client) &&
           expand(&prk, "session key", &keys->session);
}
