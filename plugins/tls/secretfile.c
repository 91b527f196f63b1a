/* SPDX-License-Identifier: Apache-2.0 */
/* secretfile.c: read small files that hold secrets, if nobody else can. */
#include "config.h"

#include "plugins/tls/secretfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/tls/host.h"

static SECURITY_STATUS check(const char *path, const struct stat *file, mode_t forbidden,
                             size_t most)
{
    if (!S_ISREG(file->st_mode))
        return refuse(SEC_E_NO_CREDENTIALS, "%s is not a regular file", path);
    if (file->st_uid != 0 && file->st_uid != geteuid())
        return refuse(SEC_E_NO_CREDENTIALS, "%s belongs to uid %u, not to root or %u", path,
                      (unsigned)file->st_uid, (unsigned)geteuid());
    if (file->st_mode & forbidden)
        return refuse(SEC_E_NO_CREDENTIALS, "%s holds a secret and has mode %04o: take away %04o",
                      path, (unsigned)file->st_mode & 07777u,
                      (unsigned)(file->st_mode & forbidden));
    if (file->st_size < 0 || (size_t)file->st_size > most)
        return refuse(SEC_E_NO_CREDENTIALS, "%s has %lld octets, of which %zu may be", path,
                      (long long)file->st_size, most);
    return SEC_E_OK;
}

static bool read_whole(int fd, uint8_t *to, size_t room, size_t *len)
{
    *len = 0;
    while (*len < room) {
        ssize_t n = read(fd, to + *len, room - *len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        *len += (size_t)n;
    }
    return true;
}

static SECURITY_STATUS read_open(int fd, const char *path, mode_t forbidden, size_t most,
                                 struct tls_secret_file *out)
{
    struct tls_secret_file file = { 0 };
    SECURITY_STATUS status;
    struct stat seen;

    if (fstat(fd, &seen) < 0)
        return refuse(SEC_E_NO_CREDENTIALS, "%s: %s", path, strerror(errno));
    status = check(path, &seen, forbidden, most);
    if (status < 0)
        return status;
    file.data = tls_host->secret_alloc((size_t)seen.st_size + 1);
    if (!file.data)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (!read_whole(fd, file.data, (size_t)seen.st_size, &file.len)) {
        tls_secret_file_free(&file);
        return refuse(SEC_E_NO_CREDENTIALS, "%s: %s", path, strerror(errno));
    }
    *out = file;
    return SEC_E_OK;
}

SECURITY_STATUS tls_secret_file_read(const char *path, mode_t forbidden, size_t most,
                                     struct tls_secret_file *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a pipe may not stop us */

    if (fd < 0)
        return refuse(SEC_E_NO_CREDENTIALS, "%s: %s", path, strerror(errno));
    SECURITY_STATUS status = read_open(fd, path, forbidden, most, out);
    (void)close(fd);
    return status;
}

void tls_secret_file_free(struct tls_secret_file *file)
{
    tls_host->secret_free(file->data);
    *file = (struct tls_secret_file){ 0 };
}

struct span tls_next_line(struct span *rest)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    struct span line = { rest->data, end ? (size_t)(end - rest->data) : rest->len };
    size_t taken = end ? line.len + 1 : line.len;

    *rest = span_of(rest->data + taken, rest->len - taken);
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}
