/* SPDX-License-Identifier: Apache-2.0 */
/* identities.c: the certificates that the settings name, and whether their files have changed. */
#include "config.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plugins/tls/host.h"
#include "plugins/tls/identity.h"
#include "plugins/tls/secretfile.h"

#define PASSWORD_FILE_MAX 4096u /* octets */

static const char *item(const struct ssp_settings *s, const char *name, size_t i)
{
    const char *text = tls_host->setting_item(s, name, i);

    return text && text[0] != '\0' ? text : NULL;
}

static size_t count_items(const struct ssp_settings *s, const char *name)
{
    size_t n = 0;

    while (tls_host->setting_item(s, name, n))
        n++;
    return n;
}

/* --- reading --------------------------------------------------------------------------------- */

/* password is the first line of file; data NULL: no such setting. */
static SECURITY_STATUS read_password(const struct ssp_settings *s, struct tls_secret_file *file,
                                     struct span *password)
{
    const char *path = tls_host->setting_text(s, "key_password_file", NULL);

    *password = span_of(NULL, 0);
    if (!path)
        return SEC_E_OK;
    SECURITY_STATUS status = tls_secret_file_read(path, TLS_NOT_OTHERS, PASSWORD_FILE_MAX, file);
    if (status < 0)
        return status;
    struct span rest = span_of(file->data, file->len);
    *password = tls_next_line(&rest);
    return SEC_E_OK;
}

static SECURITY_STATUS read_ocsp(const char *path, struct tls_identity *out)
{
    BIO *file = BIO_new_file(path, "rb");
    OCSP_RESPONSE *answer = file ? d2i_OCSP_RESPONSE_bio(file, NULL) : NULL;
    bool good = answer && OCSP_response_status(answer) == OCSP_RESPONSE_STATUS_SUCCESSFUL;
    int len = good ? i2d_OCSP_RESPONSE(answer, &out->ocsp) : 0;

    OCSP_RESPONSE_free(answer);
    BIO_free(file);
    ERR_clear_error();
    if (!file)
        return refuse(SEC_E_NO_CREDENTIALS, "%s cannot be opened", path);
    if (len <= 0)
        return refuse(SEC_E_CERT_UNKNOWN, "%s: no successful OCSP answer in DER", path);
    out->ocsp_len = (size_t)len;
    return SEC_E_OK;
}

static SECURITY_STATUS read_one(const struct ssp_settings *s, size_t i, struct span password,
                                struct tls_identity *out)
{
    const char *certificate = item(s, "certificate", i);
    const char *ocsp = item(s, "ocsp_response_file", i);

    if (!certificate)
        return refuse(SEC_E_NO_CREDENTIALS, "item %zu of the setting certificate is empty", i + 1);
    SECURITY_STATUS status = tls_identity_open(certificate, item(s, "key", i), password, out);
    if (status >= 0 && ocsp)
        status = read_ocsp(ocsp, out);
    return status;
}

/* Those that were read stay in all, also if one cannot be. */
static SECURITY_STATUS read_each(const struct ssp_settings *s, struct tls_identity *all, size_t n)
{
    TLS_SECRET_FILE_AUTO file = { 0 };
    struct span password;
    SECURITY_STATUS status = read_password(s, &file, &password);

    for (size_t i = 0; status >= 0 && i < n; i++)
        status = read_one(s, i, password, &all[i]);
    return status;
}

static SECURITY_STATUS check_counts(const struct ssp_settings *s, size_t n)
{
    static const char *const beside[] = { "key", "ocsp_response_file" };

    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        if (count_items(s, beside[i]) > n)
            return refuse(SEC_E_NO_CREDENTIALS, "the setting %s has more items than certificate",
                          beside[i]);
    return SEC_E_OK;
}

SECURITY_STATUS tls_identities_of_settings(const struct ssp_settings *s, struct tls_identity **out,
                                           size_t *n_out, int64_t *stamp)
{
    size_t n = count_items(s, "certificate");
    int64_t before = tls_identities_stamp(s); /* of a change while we read, the next look tells */
    SECURITY_STATUS status = check_counts(s, n);

    if (status < 0)
        return status;
    struct tls_identity *all = n > 0 ? calloc(n, sizeof *all) : NULL;
    if (n > 0 && !all)
        return SEC_E_INSUFFICIENT_MEMORY;
    status = n > 0 ? read_each(s, all, n) : SEC_E_OK;
    if (status < 0) {
        for (size_t i = 0; i < n; i++)
            tls_identity_clear(&all[i]);
        free(all);
        return status;
    }
    *out = all;
    *n_out = n;
    *stamp = before;
    return SEC_E_OK;
}

/* --- stamps ---------------------------------------------------------------------------------- */

/* FNV-1a, of 64 bits. */
static void mix(uint64_t *hash, uint64_t value)
{
    for (unsigned i = 0; i < sizeof value; i++) {
        *hash ^= value >> 8 * i & 0xff;
        *hash *= UINT64_C(0x100000001b3);
    }
}

/* A file that is missing has a stamp, too, other than when it is there. */
static void mix_file(uint64_t *hash, const char *path)
{
    struct stat file;

    if (tls_is_uri(path))
        return;
    if (stat(path, &file) < 0) {
        mix(hash, (uint64_t)errno);
        return;
    }
    mix(hash, (uint64_t)file.st_dev);
    mix(hash, (uint64_t)file.st_ino);
    mix(hash, (uint64_t)file.st_size);
    mix(hash, (uint64_t)file.st_mtim.tv_sec);
    mix(hash, (uint64_t)file.st_mtim.tv_nsec);
}

int64_t tls_identities_stamp(const struct ssp_settings *s)
{
    static const char *const lists[] = { "certificate", "key", "key_password_file",
                                         "ocsp_response_file" };
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    if (!tls_host->setting_item(s, "certificate", 0))
        return 0;
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        size_t n = count_items(s, lists[l]);

        for (size_t i = 0; i < n; i++)
            if (item(s, lists[l], i))
                mix_file(&hash, item(s, lists[l], i));
    }
    return (int64_t)(hash | 1); /* 0 is for no files at all */
}
